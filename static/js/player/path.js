/**
 * An execution that can be played: from an answer of `GET /api/step`, or from a walk through a state graph. Both look
 * alike from here on. Knows no DOM.
 *
 * A *move* is `{ thread, kill }`; step k is what the k-th move did, and step 0 the start.
 */

import { fromBase64 } from "./data.js";

/** @typedef {{ thread: number, kill: boolean }} MoveTaken */

export class Path {
    /**
     * @param {object} answer  as `GET /api/step` gives it, `records` as bytes
     * @param {MoveTaken[]} moves
     */
    constructor(answer, moves) {
        Object.assign(this, answer);
        this.moves = moves;
    }

    get length() {
        return this.steps.length;
    }

    /** What a thread does next after a step, or null. */
    nextOf(thread, step) {
        for (let index = step - 1; index >= 0; index -= 1) {
            if (this.steps[index].thread === thread) return this.steps[index].next;
        }
        return this.threads[thread].next;
    }

    /** Faults up to a step, those of the end too where it is the last one. */
    faultsUntil(step) {
        return this.faults.filter((fault) => fault.step <= step && (fault.thread >= 0 || step === this.length));
    }

    /** Whether its first moves are these. */
    beginsWith(moves) {
        return moves.every(({ thread, kill }, index) => {
            const own = this.moves[index];
            return own !== undefined && own.thread === thread && own.kill === kill;
        });
    }

    /** As a recording, which a Model loads. */
    recording() {
        const { names, snapshot, count, records } = this;
        return { header: { names, snapshot, first: 0, count }, bytes: records };
    }
}

/** @param {object} answer  of `GET /api/step` */
export function pathOfAnswer(answer) {
    const moves = answer.steps.map(({ thread, kill }) => ({ thread, kill }));
    return new Path({ ...answer, records: fromBase64(answer.records) }, moves);
}

/** A state graph, and the walks through it. */
export class Graph {
    /**
     * @param {object} description  docs/protocol.md, State graph
     * @param {import("../layout.js").Layout} layout
     */
    constructor(description, layout) {
        Object.assign(this, description);
        this.layout = layout;
    }

    /** The states along a schedule, from the start; shorter than it where a move cannot be made. */
    along(moves) {
        const states = [0];
        for (const { thread, kill } of moves) {
            const edge = kill ? null : this.states[states.at(-1)].edges[thread];
            if (!edge) break;
            states.push(edge.to);
        }
        return states;
    }

    /** Whether every one of these moves is a way through the graph. A death is none. */
    holds(moves) {
        return this.along(moves).length === moves.length + 1;
    }

    /** The execution under a schedule that it holds. */
    walk(moves) {
        const states = this.along(moves);
        const threads = this.threads.map((thread, index) => this._thread(thread, index));
        const found = { steps: [], faults: [], threads };
        const pieces = moves.map(({ thread }, index) => this._take(found, states[index], thread, index + 1));
        const end = this.states[states.at(-1)];
        found.threads.forEach((thread, index) => (thread.stuck = end.stuck[index]));
        const faults = (end.faults ?? []).map((fault) => ({ ...fault, step: moves.length }));
        return new Path({
            ...found,
            names: this.names,
            snapshot: this.snapshot,
            records: this._number(pieces),
            count: found.steps.reduce((sum, step) => sum + step.records, 0),
            faults: [...found.faults, ...faults],
            outcome: end.outcome ?? { kind: "running", message: "" },
            account: end.account ?? null,
            problems: [],
        }, moves);
    }

    /** The shortest way from one state to the nearest one for which something holds, as moves; null where there is none. */
    way(from, isWanted) {
        const cameFrom = new Map([[from, null]]);
        for (const state of cameFrom.keys()) { // grows meanwhile
            if (isWanted(state)) return this._back(cameFrom, state);
            this.states[state].edges.forEach((edge, thread) => {
                if (edge && !cameFrom.has(edge.to)) cameFrom.set(edge.to, { state, thread });
            });
        }
        return null;
    }

    _back(cameFrom, state) {
        const moves = [];
        for (let at = cameFrom.get(state); at !== null; at = cameFrom.get(at.state)) {
            moves.unshift({ thread: at.thread, kill: false });
        }
        return moves;
    }

    _thread({ calls }, index) {
        const bare = calls.map((text) => ({ text, result: null, first: null, last: null }));
        return { calls: bare, next: this._next(this.states[0].next[index]), stuck: null };
    }

    _next(index) {
        return index < 0 ? null : this.nexts[index];
    }

    /** Adds a step to what was found. @returns {Uint8Array} its records, without times and sequence numbers */
    _take(found, from, thread, step) {
        const edge = this.states[from].edges[thread];
        const bytes = fromBase64(edge.records);
        const { calls } = found.threads[thread];
        if (edge.begins) calls.find((call) => call.first === null).first = step;
        const ended = edge.result !== undefined && calls.find((call) => call.last === null);
        if (ended) Object.assign(ended, { result: edge.result, last: step });
        for (const fault of edge.faults ?? []) found.faults.push({ ...fault, step, thread });
        const last = found.steps.at(-1);
        found.steps.push({
            thread, kill: false, text: edge.text,
            first: last ? last.first + last.records : 0,
            records: bytes.length / this.layout.bytes,
            next: this._next(this.states[edge.to].next[thread]),
        });
        return bytes;
    }

    /** One run of records from those of all steps: step k happens at second k, and sequence numbers have no holes. */
    _number(pieces) {
        const { at, words, bytes: size } = this.layout;
        const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
        const numbers = new Uint32Array(all.buffer);
        let filled = 0;
        pieces.forEach((piece, index) => {
            all.set(piece, filled);
            const time = (index + 1) * 1e9;
            for (const end = filled + piece.length; filled < end; filled += size) {
                const base = (filled / size) * words;
                numbers[base + at.time] = time % 2 ** 32;
                numbers[base + at.timeHigh] = Math.floor(time / 2 ** 32);
                numbers[base + at.sequence] = filled / size;
            }
        });
        return all;
    }
}

/** The shortest text that `--schedule` and the page's address read as these moves. @param {MoveTaken[]} moves */
export function scheduleText(moves) {
    const parts = [];
    let digits = "";
    for (let index = 0; index < moves.length;) {
        const { thread, kill } = moves[index];
        let count = 1;
        while (moves[index + count]?.thread === thread && moves[index + count].kill === kill) count += 1;
        index += count;
        if (!kill && count < 4) {
            digits += String(thread + 1).repeat(count);
            continue;
        }
        if (digits) parts.push(digits);
        digits = "";
        parts.push(...(kill ? Array(count).fill(`k${thread + 1}`) : [`${thread + 1}x${count}`]));
    }
    return [...parts, ...(digits ? [digits] : [])].join(".");
}

/** The moves that such a text stands for, up to what is not well formed. @returns {MoveTaken[]} */
export function readSchedule(text) {
    const moves = [];
    const add = (number, times = 1, kill = false) => {
        for (let count = 0; count < times; count += 1) moves.push({ thread: Number(number) - 1, kill });
    };
    for (const part of text.split(".")) {
        const [, thread, times] = /^([1-9])x(\d{1,3})$/.exec(part) ?? [];
        const [, killed] = /^k([1-9])$/.exec(part) ?? [];
        if (killed) add(killed, 1, true);
        else if (thread) add(thread, Number(times));
        else if (/^[1-9]+$/.test(part)) [...part].forEach((digit) => add(digit));
        else break;
    }
    return moves;
}
