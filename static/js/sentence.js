/**
 * Builds a narration part by part, and answers what the writers of sentences ask of the state before the record.
 */

import { inWorkers, isObject, laneName } from "./layout.js";
import { emptyLane } from "./state.js";

export class Sentence {
    constructor(layout, names, state, record) {
        this.layout = layout;
        this.names = names;
        this.state = state;
        this.record = record;
        /** The lane before the record. */
        this.lane = state.lanes[record.lane] ?? emptyLane(record.lane);
        this.site = names.site(record.site);
        this._parts = [];
    }

    _part(text, kind, lane = null) {
        this._parts.push({ text, lane, kind });
        return this;
    }

    /** Words. */
    plain(text) {
        return this._part(text, "plain");
    }

    /** A lane's name; the record's own where none is given. */
    thread(lane = this.record.lane) {
        return this._part(laneName(lane), "thread", lane);
    }

    /** The name of a cell; the record's own where none is given. */
    cell(id = this.record.cell) {
        return this._part(this.names.cellName(this.state, id), "cell");
    }

    /** A value: a node's name, a number, a text, None. */
    value(code) {
        const isNode = isObject(code) && this.names.text(code) === null;
        return this._part(this.names.value(code), isNode ? "node" : "code");
    }

    /** Source code: the name of a local, a call. */
    code(text) {
        return this._part(text, "code");
    }

    /** The operation that the lane is in, as a call. */
    call() {
        return this.code(this.names.call(this.lane.operation, this.lane.argument));
    }

    /** True where the lane is in an operation. */
    get isBusy() {
        return this.lane.operation >= 0;
    }

    /** The state's cell that the record is about, undefined where it is not known. */
    get target() {
        return this.state.cells.get(this.record.cell);
    }

    /** Merges neighbouring words and returns the narration. */
    finish() {
        const parts = [];
        for (const part of this._parts) {
            const last = parts.at(-1);
            if (part.kind === "plain" && last?.kind === "plain") {
                last.text += part.text;
            } else {
                parts.push({ ...part });
            }
        }
        for (const part of parts) if (part.kind === "plain") part.text = inWorkers(part.text);
        return { text: parts.map(({ text }) => text).join(""), parts };
    }
}

const ONES = ["no", "one", "two", "three", "four", "five", "six"];

/** `one retry`, `two retries`, `12 retries`. */
export function count(number, one, many = `${one}s`) {
    return `${ONES[number] ?? number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

const ORDINALS = ["", "first", "second", "third", "fourth", "fifth", "sixth"];

/** `second`, `12th`. */
export function ordinal(number) {
    if (number < ORDINALS.length) {
        return ORDINALS[number];
    }
    const isTeen = number % 100 >= 11 && number % 100 <= 13;
    return `${number}${isTeen ? "th" : (["th", "st", "nd", "rd"][number % 10] ?? "th")}`;
}

/** Microseconds, as a person would say them. */
export function duration(microseconds) {
    if (microseconds < 1000) {
        return `${microseconds} µs`;
    }
    return microseconds < 1_000_000 ? `${round(microseconds / 1000)} ms` : `${round(microseconds / 1_000_000)} s`;
}

function round(number) {
    return String(Number(number.toPrecision(3)));
}
