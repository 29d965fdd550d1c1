/**
 * What can be played: an answer of `GET /api/step`, or a walk through a state graph, which looks alike. Knows no DOM.
 */

import { Execution } from "../step/execution.js";
import { formatSchedule, sharedMoves } from "../step/schedule.js";
import { fromBase64 } from "./data.js";

/** @typedef {import("../step/schedule.js").Move} Move */

export class Path extends Execution {
    /**
     * @param {object} answer  as `GET /api/step` gives it
     * @param {Uint8Array} records
     */
    constructor(answer, records = fromBase64(answer.records)) {
        super(answer);
        this._records = records;
    }

    bytes() {
        return this._records;
    }

    /** Whether its first moves are these. @param {Move[]} moves */
    beginsWith(moves) {
        return sharedMoves(this.moves, moves) === moves.length;
    }

    /** Faults up to a step; those of the whole show with its last one. */
    faultsUntil(step) {
        return super.faultsUntil(step).filter(({ thread }) => thread >= 0 || step === this.length);
    }
}

/** A state graph, and the walks through it. */
export class Graph {
    /**
     * @param {object} description  docs/protocol.md, State graph
     * @param {object} spec  what was explored, as an answer has it
     * @param {import("../layout.js").Layout} layout
     */
    constructor(description, spec, layout) {
        Object.assign(this, description, { spec, layout });
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
        const answer = {
            ...found,
            spec: { ...this.spec, schedule: formatSchedule(moves) },
            names: this.names,
            snapshot: this.snapshot,
            count: found.steps.reduce((sum, step) => sum + step.records, 0),
            faults: [...found.faults, ...faults],
            outcome: end.outcome ?? { kind: "running", message: "" },
            account: end.account ?? null,
            problems: [],
        };
        return new Path(answer, this._number(pieces));
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
