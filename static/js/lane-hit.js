/** What lies at a place on the lanes, what to say about it, and what a stretch of a lane adds up to. No DOM. */

import { isFault, Mark, OPEN, Span, UNKNOWN_OPERATION } from "./lane-index.js";
import { columnsOf } from "./lane-draw.js";
import { lostBetween } from "./lane-density.js";
import { formatDuration, formatTime } from "./time-axis.js";
import { threadName } from "./dom.js";
import { count } from "./format.js";

const REACH_PIXELS = 8;
const MARK_WORDS = {
    [Mark.WON]: "won the CAS", [Mark.LOST]: "lost the CAS", [Mark.HELP_WON]: "helped with a CAS",
    [Mark.HELP_LOST]: "lost a helping CAS", [Mark.FAULT]: "raised", [Mark.KILLED]: "was killed",
    [Mark.MEMORY]: "used freed memory",
};
const SPAN_WORDS = {
    [Span.DELAY]: "injected delay", [Span.BACKOFF]: "backoff", [Span.WAIT]: "waits for the lock",
    [Span.FROZEN]: "frozen", [Span.KILLED]: "killed",
};

/** @typedef {{lane: number, kind: "mark" | "span" | "operation" | "empty", row: number, value: number}} Hit */

/**
 * What a lane has at an axis value: the nearest mark within reach, else the stretch, else the operation, else nothing.
 * @returns {Hit}
 */
export function hitAt(lane, value, view) {
    const names = columnsOf(view.axis.unit);
    const reach = (REACH_PIXELS / view.width) * view.axis.span;
    const mark = nearest(lane.marks, names.at, value);
    if (mark >= 0 && Math.abs(lane.marks.columns[names.at][mark] - value) <= reach) {
        return { lane: lane.number, kind: "mark", row: mark, value };
    }
    const kinds = [["span", lane.spans], ["operation", lane.operations]];
    for (const [kind, table] of value > view.now ? [] : kinds) {
        const row = table.lowerBound(names.end, value);
        if (row < table.end && table.columns[names.start][row] <= value) {
            return { lane: lane.number, kind, row, value };
        }
    }
    return { lane: lane.number, kind: "empty", row: -1, value };
}

function nearest(table, name, value) {
    const after = table.lowerBound(name, value);
    const column = table.columns[name];
    if (after > table.head && (after === table.end || value - column[after - 1] < column[after] - value)) {
        return after - 1;
    }
    return after < table.end ? after : -1;
}

/** The operation before (−1) or after (+1) an axis value on a lane: its start on the axis, or null at the end. */
export function neighbour(lane, value, direction, unit) {
    const names = columnsOf(unit);
    const starts = lane.operations.columns[names.start];
    const next = lane.operations.lowerBound(names.start, value);
    const row = direction < 0 ? next - 1 : next < lane.operations.end && starts[next] <= value ? next + 1 : next;
    return row >= lane.operations.head && row < lane.operations.end ? { value: starts[row], row } : null;
}

/** Operations that returned in the stretch, decisive CAS in it and how many of them were lost: exact. */
export function totalsBetween(lane, from, to, unit) {
    const names = columnsOf(unit);
    const ended = lane.operations.lowerBound(names.end, from);
    const first = lane.marks.lowerBound(names.at, from);
    const last = lane.marks.lowerBound(names.at, to, first);
    return {
        operations: lane.operations.lowerBound(names.end, to, ended) - ended,
        attempts: lostBetween(lane, "attempts", first, last),
        losses: lostBetween(lane, "losses", first, last),
    };
}

/** "12 operations, 3 of 15 CAS lost". */
export function describeTotals({ operations, attempts, losses }) {
    const words = operations === 1 ? "1 operation" : `${count(operations)} operations`;
    return attempts === 0 ? words : `${words}, ${count(losses)} of ${count(attempts)} CAS lost`;
}

/**
 * A sentence for what a hit found.
 * @param {Hit} hit @param {import("./lane-index.js").Lane} lane
 * @param {{call(operation: number, argument: number): string, message(id: number): string, cell(id: number):
 *     string, moment?(time: number): string, duration?(length: number): string}} words
 */
export function describeHit(hit, lane, words) {
    const thread = threadName(hit.lane);
    if (hit.kind === "mark") {
        return describeMark(thread, lane.marks.columns, hit.row, words);
    }
    if (hit.kind === "span") {
        return describeSpan(thread, lane.spans.columns, hit.row, words);
    }
    if (hit.kind === "operation") {
        return describeOperation(thread, lane.operations.columns, hit.row, words);
    }
    return `${thread}: between operations`;
}

function describeMark(thread, columns, row, words) {
    const kind = columns.kind[row];
    const what = isFault(kind)
        ? `: ${words.message(columns.cell[row])},`
        : kind === Mark.KILLED ? "" : ` on ${words.cell(columns.cell[row])}`;
    return `${thread} ${MARK_WORDS[kind]}${what} at ${(words.moment ?? formatTime)(roundTime(columns.time[row]))}`;
}

function describeSpan(thread, columns, row, { duration = formatDuration }) {
    const length = columns.end[row] === OPEN ? "still" : duration(columns.end[row] - columns.start[row]);
    const yielded = columns.kind[row] === Span.DELAY && columns.microseconds[row] === 0;
    return `${thread} ${SPAN_WORDS[columns.kind[row]]}${yielded ? " (a yield)" : ""}, ${length}`;
}

function describeOperation(thread, columns, row, words) {
    const unknown = columns.operation[row] === UNKNOWN_OPERATION;
    const call = unknown ? "an operation begun earlier" : words.call(columns.operation[row], columns.argument[row]);
    const losses = columns.losses[row];
    const end = columns.end[row];
    const length = end === OPEN ? "not returned yet" : (words.duration ?? formatDuration)(end - columns.start[row]);
    return `${thread} ${call}: ${losses === 0 ? "no CAS lost" : `${count(losses)} CAS lost`}, ${length}`;
}

/** Microseconds are as fine as a sentence gets. @param {number} nanoseconds */
export function roundTime(nanoseconds) {
    return Math.round(nanoseconds / 1000) * 1000;
}
