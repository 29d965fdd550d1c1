/**
 * From Watch to Step: the shown moment of a run as a program and a schedule that lead to the same state.
 *
 * It goes back to the last moment at which every thread stood between two operations. What was inside then is put in
 * first; what the threads began since is their program; and each shared access since is one step of the schedule.
 * Pure functions over a model: nothing here draws, asks or navigates.
 */

import { isObject } from "./layout.js";
import { pointersOf, spread, textsOf } from "./scenes/graph-reading.js";
import { integerOf, isActive, rootValue, walk } from "./scenes/reading.js";
import { readRing } from "./scenes/ring-reading.js";

const MOST_RECORDS = 12_000;
export const MOST_STEPS = 2000;
export const MOST_THREADS = 8;
export const MOST_OPERATIONS = 24;
export const MOST_INSIDE = 150;

/** Kinds of records that are a step of their thread. */
const STEPS = [
    "ALLOCATE", "REUSE", "LOAD", "STORE", "EXCHANGE", "CAS_WON", "CAS_LOST", "LOCK_WAIT", "LOCK_ACQUIRED",
    "LOCK_RELEASED", "RETIRE", "FREE",
];

/** Why a moment cannot be taken over, in words for a person. */
export class Unsteppable extends Error {}

/**
 * The parameters of the Step page for the moment after the record at `position`.
 * @param {object} context  of the side: layout, names, timeline, history, entry
 * @param {number} position
 * @returns {{ structure: string, start: string, program: string, schedule: string }}
 * @throws {Unsteppable}
 */
export function takeOver(context, position) {
    const { entry, timeline } = context;
    if (!entry.labs.includes("step")) throw new Unsteppable(`${entry.title} cannot be stepped.`);
    const from = findStill(context, position);
    const start = contents(context, timeline.seek(from));
    const story = retell(context, from + 1, position);
    if (story.programs.length === 0) return { structure: entry.key, start, program: entry.program, schedule: "" };
    return {
        structure: entry.key,
        start,
        program: story.programs.map((calls) => calls.join("; ")).join(" | "),
        schedule: story.schedule,
    };
}

/** The last position, not after `position`, after which every thread stands between two operations. */
function findStill(context, position) {
    const { timeline, history, layout } = context;
    const { BEGIN, END, FAULT, LOST } = layout.kinds;
    const active = new Set(
        timeline.seek(position).lanes.filter((lane) => isActive(lane)).map(({ lane }) => lane),
    );
    const oldest = Math.max(timeline.unbrokenFrom, position - MOST_RECORDS);
    for (let at = position; at >= oldest; at -= 1) {
        if (active.size === 0 && isWhole(context, at)) return at;
        const record = history.read(at);
        if (record.kind === LOST) break;
        if (record.kind === BEGIN) active.delete(record.lane);
        else if (record.kind === END || (record.kind === FAULT && record.aux === 0)) active.add(record.lane);
    }
    if (active.size === 0 && isWhole(context, oldest - 1)) return oldest - 1;
    throw new Unsteppable(
        "There is no moment shortly before this one at which every thread stood between two operations. " +
            "Step takes over small runs: slow this one down, or use fewer threads.",
    );
}

/** Whether what is inside can be put in again: a queue whose tail stands apart cannot, nor can one that is too full. */
function isWhole(context, at) {
    const { names, timeline, entry } = context;
    const state = timeline.seek(at);
    if ([...state.locks.values()].some(({ holder }) => holder >= 0)) return false;
    if (entry.scene !== "queue") return true;
    const view = { names, state };
    return walk(view, rootValue(view, "head")).ids.at(-1) === rootValue(view, "tail");
}

/** The operations that make a new structure what this one is. */
function contents({ names, entry }, state) {
    const view = { names, state, entry };
    const fill = FILLS[entry.family];
    const operations = fill && !names.root("stripe 0") ? fill(view, entry.operations.map(({ name }) => name)) : null;
    if (operations === null) throw new Unsteppable(`What is inside ${entry.title} cannot be taken over.`);
    if (operations.length > MOST_INSIDE) {
        throw new Unsteppable(
            `Step takes over small runs, with at most ${MOST_INSIDE} operations to fill the structure; ` +
                `here it takes ${operations.length}.`,
        );
    }
    return operations.join("; ");
}

/** By family: the operations that fill a structure as in a view; null where none would. */
const FILLS = {
    stack: (view, [push]) => items(view).reverse().map((value) => `${push} ${value}`),
    queue: (view, [enqueue]) => items(view).slice(1).map((value) => `${enqueue} ${value}`),
    counter: (view, [increment]) => Array.from({ length: integerOf(rootValue(view, "value")) ?? 0 }, () => increment),
    map: fillMap,
    state: fillState,
    accounts: fillAccounts,
    ring: fillRing,
};

/** The values of a chain, from its head. */
function items(view) {
    return walk(view, rootValue(view, "head")).ids.map((id) => view.names.value(view.state.nodes.get(id).value));
}

/** A tree's shape follows from its keys, whatever the order in which they come. */
function fillMap(view, [set]) {
    const root = rootValue(view, "root");
    const tree = { layers: [], parents: new Map(), known: new Set() };
    if (root !== 0) spread(view, root, tree);
    return [...tree.known].map((id) => `${set} ${view.names.value(view.state.nodes.get(id).value).replace(": ", ", ")}`);
}

function fillState(view, [set]) {
    const version = view.state.nodes.get(rootValue(view, "state"));
    const [pointer] = pointersOf(view, version);
    const holder = pointer ? view.state.nodes.get(pointer.target) : version;
    return textsOf(view, holder).map((text) => `${set} ${text}`);
}

/** Both accounts begin with the same: what one has more than the other was moved. */
function fillAccounts(view, [moveRight, moveLeft]) {
    const pair = view.state.nodes.get(rootValue(view, "balances"));
    const balances = pair ? pair.cells.map((cell) => view.state.cells.get(cell).value) : (
        ["left", "right"].map((name) => rootValue(view, name)));
    const [left, right] = balances.map(integerOf);
    const moved = (right - left) / 2;
    if (!Number.isInteger(moved)) return null;
    return moved === 0 ? [] : [moved > 0 ? `${moveRight} ${moved}` : `${moveLeft} ${-moved}`];
}

/** Items stand in the slots in which they stood; how often the ring has been round is not taken over. */
function fillRing(view, [put, get]) {
    const { head, tail, slots } = readRing(view);
    const turns = Array.from({ length: head % slots.length }, () => [`${put} 0`, get]).flat();
    const inside = Array.from({ length: tail - head }, (_, index) => slots[(head + index) % slots.length].value);
    return [...turns, ...inside.map((value) => `${put} ${view.names.value(value)}`)];
}

/** What happened from one record to another, as the threads' programs and a schedule. */
function retell({ history, names, layout }, from, to) {
    const { BEGIN, KILLED, ALLOCATE, REUSE, STORE } = layout.kinds;
    const steps = new Set(STEPS.map((kind) => layout.kinds[kind]));
    const threads = new Map();
    const programs = [];
    const moves = [];
    const making = new Map(); // by lane: where it makes the node that its next stores fill, which is one step with them
    const threadOf = (lane) => {
        if (!threads.has(lane)) {
            threads.set(lane, programs.length);
            programs.push([]);
        }
        return threads.get(lane);
    };
    for (let position = from; position <= to; position += 1) {
        const { kind, lane, cell, after, site } = history.read(position);
        if (kind === STORE && making.get(lane) === site) continue;
        if (kind === ALLOCATE || kind === REUSE) making.set(lane, site);
        else if (steps.has(kind)) making.delete(lane);
        if (kind === BEGIN) programs[threadOf(lane)].push(callOf(names, cell, after));
        else if (kind === KILLED && threads.has(lane)) moves.push(`.k${threadOf(lane) + 1}.`);
        else if (steps.has(kind)) moves.push(String(threadOf(lane) + 1));
    }
    checkStory(programs, moves);
    const schedule = moves.join("").replace(/\.+/g, ".").replace(/^\.|\.$/g, "");
    return { programs, schedule };
}

function callOf(names, operation, argument) {
    const { name, takes_value: takesValue } = names.operation(operation);
    if (!takesValue) return name;
    return `${name} ${isObject(argument) ? names.bareText(argument) : names.value(argument)}`;
}

function checkStory(programs, moves) {
    const longest = Math.max(0, ...programs.map((calls) => calls.length));
    const problems = [
        [programs.length > MOST_THREADS, `${programs.length} threads; Step has room for ${MOST_THREADS}`],
        [longest > MOST_OPERATIONS, `${longest} operations of one thread; Step has room for ${MOST_OPERATIONS}`],
        [moves.length > MOST_STEPS, `${moves.length} accesses; Step has room for ${MOST_STEPS}`],
    ];
    const found = problems.find(([isTooMuch]) => isTooMuch);
    if (found) {
        throw new Unsteppable(
            `Since every thread last stood between two operations there were ${found[1]}. ` +
                "Slow the run down, or use fewer threads.",
        );
    }
}
