/**
 * What was tried: the schedules of one structure, programs and rules, as branches of a tree. Kept for as long as the
 * tab is open. No DOM.
 *
 * What must hold: a schedule that goes on from another one takes its place; one that is the beginning of another is no
 * branch of its own.
 *
 * @typedef {{ schedule: string, end: string, faults: { step: number, kind: string }[] }} Path  `end` is the outcome's
 *     kind
 * @typedef {Path & { moves: import("./schedule.js").Move[], age: number, parent: number, from: number }} Branch  it
 *     leaves the branch `parent` (-1: it is the first) after step `from`; `age` counts from the oldest
 */

import { parseSchedule, sharedMoves } from "./schedule.js";
import { subjectKey } from "./spec.js";

const NAME = "lockfree-lab.tried";
const MOST_PATHS = 40;
const MOST_SUBJECTS = 12;

export class Tried {
    /** @param {{ getItem(name: string): string | null, setItem(name: string, text: string): void } | null} storage */
    constructor(storage) {
        this.storage = storage;
        /** @type {Map<string, Path[]>} by subject, the one used last at the end */
        this.subjects = new Map(this.read());
    }

    read() {
        try {
            const kept = JSON.parse(this.storage?.getItem(NAME) ?? "[]");
            return Array.isArray(kept) ? kept.filter((item) => Array.isArray(item) && Array.isArray(item[1])) : [];
        } catch {
            return []; // storage is off, or holds something else
        }
    }

    write() {
        try {
            this.storage?.setItem(NAME, JSON.stringify([...this.subjects]));
        } catch {
            // Full or off: the tree lasts until the page is closed.
        }
    }

    /** @param {import("./execution.js").Execution} execution */
    add(execution) {
        if (execution.length === 0) return;
        const key = subjectKey(execution.spec);
        const paths = this.subjects.get(key) ?? [];
        const path = {
            schedule: execution.schedule(),
            end: execution.outcome.kind,
            faults: execution.faults.map(({ step, kind }) => ({ step, kind })),
        };
        const kept = grown(paths, path, execution.moves);
        this.subjects.delete(key);
        this.subjects.set(key, kept.slice(-MOST_PATHS));
        while (this.subjects.size > MOST_SUBJECTS) this.subjects.delete(this.subjects.keys().next().value);
        this.write();
    }

    /** Forget what was tried with this subject. */
    forget(spec) {
        this.subjects.delete(subjectKey(spec));
        this.write();
    }

    /** @returns {Branch[]} */
    branches(spec) {
        return branchesOf(this.subjects.get(subjectKey(spec)) ?? []);
    }
}

/** The paths with one more: in the place of the one that it goes on from, nowhere if another one goes on from it. */
function grown(paths, path, moves) {
    for (const [index, other] of paths.entries()) {
        const theirs = parseSchedule(other.schedule);
        const shared = sharedMoves(theirs, moves);
        if (shared === moves.length && theirs.length > moves.length) return paths;
        if (shared === theirs.length) return paths.with(index, path);
    }
    return [...paths, path];
}

/**
 * The tree: each path leaves that one of the earlier paths with which it shares most. Under a branch stand those that
 * leave it, the latest fork first: so no line crosses another.
 * @param {Path[]} paths
 * @returns {Branch[]}
 */
export function branchesOf(paths) {
    const branches = [];
    for (const [age, path] of paths.entries()) {
        const moves = parseSchedule(path.schedule);
        let left = null;
        let from = 0;
        for (const other of branches) {
            const shared = sharedMoves(other.moves, moves);
            if (left === null || shared > from) [left, from] = [other, shared];
        }
        const branch = { ...path, moves, age, parent: -1, from, children: [] };
        left?.children.push(branch);
        branches.push(branch);
    }
    return branches.length > 0 ? inOrder(branches[0], -1, []) : [];
}

function inOrder({ children, ...branch }, parent, rows) {
    const row = rows.push({ ...branch, parent }) - 1;
    for (const child of children.toSorted((one, other) => other.from - one.from)) inOrder(child, row, rows);
    return rows;
}

/** The branch that a schedule is, or is the beginning of; -1: none. */
export function branchOf(branches, moves) {
    return branches.findIndex((branch) => sharedMoves(branch.moves, moves) === moves.length);
}
