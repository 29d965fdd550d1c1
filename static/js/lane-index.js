/**
 * What happened on each lane, indexed for drawing: operations, marks (CAS results, faults) and spans (waits,
 * delays, frozen
 * stretches), built record by record as they come.
 *
 * What must hold:
 * - Within a lane the starts ascend, and so do the ends: whatever lies between two times is found by search,
 *   never by a scan.
 * - Counts before a row are stored with the row (`lossesBefore` and the like), so the total of any stretch is one
 *   subtraction, exact however
 *   many rows it has. They wrap at 2^32; differences are taken modulo 2^32.
 * - Memory is bounded by history's ring: `dropBefore` forgets what history has forgotten.
 */

import { Columns } from "./columns.js";

export const Mark = Object.freeze({ WON: 1, LOST: 2, HELP_WON: 3, HELP_LOST: 4, FAULT: 5, KILLED: 6, MEMORY: 7 });
export const Span = Object.freeze({ DELAY: 1, BACKOFF: 2, WAIT: 3, FROZEN: 4, KILLED: 5 });

/** Whether a mark is that of something that must not happen: an operation raised, or freed memory was used. */
export const isFault = (kind) => kind === Mark.FAULT || kind === Mark.MEMORY;

/** What is still going on has no end yet. */
export const OPEN = Infinity;
/** The operation's index where its BEGIN was not seen. */
export const UNKNOWN_OPERATION = 0xffff;

const OPERATION_SHAPE = {
    start: Float64Array, end: Float64Array, startPosition: Float64Array, endPosition: Float64Array,
    operation: Uint16Array, argument: Uint32Array, number: Uint32Array, result: Uint32Array, outcome: Uint8Array,
    attempts: Uint32Array, losses: Uint32Array, faulted: Uint8Array,
};
const MARK_SHAPE = {
    time: Float64Array, position: Float64Array, kind: Uint8Array, cell: Uint32Array,
    attemptsBefore: Uint32Array, lossesBefore: Uint32Array,
};
const SPAN_SHAPE = {
    start: Float64Array, end: Float64Array, startPosition: Float64Array, endPosition: Float64Array,
    kind: Uint8Array, microseconds: Uint32Array, injectedBefore: Uint32Array,
};

/** One lane's operations, marks and spans. */
export class Lane {
    /** @param {number} number */
    constructor(number) {
        this.number = number;
        this.operations = new Columns(OPERATION_SHAPE);
        this.marks = new Columns(MARK_SHAPE);
        this.spans = new Columns(SPAN_SHAPE);
        this.clear();
    }

    clear() {
        this.operations.clear();
        this.marks.clear();
        this.spans.clear();
        this.openOperation = -1;
        this.openSpan = -1;
        this.waiting = false;
        this.attempts = 0;
        this.losses = 0;
        this.injected = 0;
        this.lastTime = 0;
        this.lastPosition = -1;
    }

    begin(time, position, operation, argument, number) {
        this.closeOperation(time, position);
        const row = this.operations.push();
        const columns = this.operations.columns;
        columns.start[row] = time;
        columns.end[row] = OPEN;
        columns.startPosition[row] = position;
        columns.endPosition[row] = OPEN;
        columns.operation[row] = operation;
        columns.argument[row] = argument;
        columns.number[row] = number;
        columns.result[row] = 0;
        columns.outcome[row] = 0;
        columns.attempts[row] = 0;
        columns.losses[row] = 0;
        columns.faulted[row] = 0;
        this.openOperation = this.operations.id(row);
    }

    /** The row of the operation under way; one that began before the first record seen gets a row here. */
    current(time, position) {
        const row = this.openOperation < 0 ? -1 : this.operations.row(this.openOperation);
        if (row >= 0) {
            return row;
        }
        this.begin(time, position, UNKNOWN_OPERATION, 0, 0);
        return this.operations.row(this.openOperation);
    }

    end(time, position, operation, attempts, result, outcome) {
        const row = this.current(time, position);
        const columns = this.operations.columns;
        columns.operation[row] = operation;
        columns.attempts[row] = attempts;
        columns.result[row] = result;
        columns.outcome[row] = outcome;
        this.closeOperation(time, position);
    }

    closeOperation(time, position) {
        const row = this.openOperation < 0 ? -1 : this.operations.row(this.openOperation);
        if (row >= 0) {
            this.operations.columns.end[row] = time;
            this.operations.columns.endPosition[row] = position;
        }
        this.openOperation = -1;
    }

    mark(time, position, kind, cell) {
        const operation = this.current(time, position);
        const row = this.marks.push();
        const columns = this.marks.columns;
        columns.time[row] = time;
        columns.position[row] = position;
        columns.kind[row] = kind;
        columns.cell[row] = cell;
        columns.attemptsBefore[row] = this.attempts;
        columns.lossesBefore[row] = this.losses;
        if (kind === Mark.WON || kind === Mark.LOST) {
            this.attempts = (this.attempts + 1) >>> 0;
            this.operations.columns.attempts[operation] += 1;
        }
        if (kind === Mark.LOST) {
            this.losses = (this.losses + 1) >>> 0;
            this.operations.columns.losses[operation] += 1;
        }
        if (isFault(kind)) {
            this.operations.columns.faulted[operation] = 1;
        }
    }

    startSpan(time, position, kind, microseconds) {
        this.closeSpan(time, position);
        const row = this.spans.push();
        const columns = this.spans.columns;
        columns.start[row] = time;
        columns.end[row] = OPEN;
        columns.startPosition[row] = position;
        columns.endPosition[row] = OPEN;
        columns.kind[row] = kind;
        columns.microseconds[row] = microseconds;
        columns.injectedBefore[row] = this.injected;
        if (kind === Span.DELAY) {
            this.injected = (this.injected + 1) >>> 0;
        }
        this.openSpan = this.spans.id(row);
    }

    /** Ends the open span here; a sleep ends no later than it was told to. */
    closeSpan(time, position) {
        const row = this.openSpan < 0 ? -1 : this.spans.row(this.openSpan);
        if (row >= 0) {
            const columns = this.spans.columns;
            columns.end[row] = Math.min(time, plannedEnd(columns, row));
            columns.endPosition[row] = position;
        }
        this.openSpan = -1;
    }

    /** Forgets what ended before `position`. */
    dropBefore(position) {
        this.operations.dropTo(this.operations.lowerBound("endPosition", position));
        this.spans.dropTo(this.spans.lowerBound("endPosition", position));
        this.marks.dropTo(this.marks.lowerBound("position", position));
    }
}

/** When a sleep or backoff is over by its own length; waits and frozen stretches have none. */
export function plannedEnd(columns, row) {
    const kind = columns.kind[row];
    const timed = kind === Span.BACKOFF || kind === Span.DELAY;
    return timed && columns.microseconds[row] > 0 ? columns.start[row] + columns.microseconds[row] * 1000 : OPEN;
}

/** All lanes of one side of a run. */
export class LaneIndex {
    /**
     * @param {Record<string, number>} kinds record kinds by name, as in `hello.layout`
     * @param {(site: number) => boolean} isDecisive whether a site's CAS is decisive; the others are help
     */
    constructor(kinds, isDecisive) {
        /** @type {Lane[]} */
        this.lanes = [];
        this.takers = takersByKind(kinds, isDecisive);
        this.lostKind = kinds.LOST;
        this.clear();
    }

    clear() {
        this.lanes.length = 0;
        this.nextPosition = 0;
        this.nextSequence = -1;
        this.lastTime = 0;
    }

    /** The lane with that number, made when it is new. @param {number} number */
    lane(number) {
        while (this.lanes.length <= number) {
            this.lanes.push(new Lane(this.lanes.length));
        }
        return this.lanes[number];
    }

    /** Takes one record; `sequence` is the 32-bit one of the record. They come in order of position. */
    add(position, sequence, time, laneNumber, kind, site, cell, before, after, aux) {
        if (kind === this.lostKind || (sequence !== this.nextSequence && this.nextSequence >= 0)) {
            this.cut();
        }
        this.nextPosition = position + 1;
        if (kind === this.lostKind) {
            this.nextSequence = (after + 1) >>> 0;
            return;
        }
        this.nextSequence = (sequence + 1) >>> 0;
        const lane = this.lane(laneNumber);
        const at = time > lane.lastTime ? time : lane.lastTime;
        if (lane.openSpan >= 0) {
            lane.closeSpan(at, position);
        }
        const take = this.takers[kind];
        if (take !== undefined) {
            take(lane, at, position, site, cell, before, after, aux);
        }
        lane.lastTime = at;
        lane.lastPosition = position;
        this.lastTime = at > this.lastTime ? at : this.lastTime;
    }

    /**
     * Records are missing here. What was under way ended somewhere in the gap; it is drawn to its lane's last record.
     */
    cut() {
        for (const lane of this.lanes) {
            lane.closeSpan(lane.lastTime, lane.lastPosition);
            lane.closeOperation(lane.lastTime, lane.lastPosition);
            lane.waiting = false;
        }
    }

    /** Forgets what lies wholly before a position. @param {number} position */
    dropBefore(position) {
        for (const lane of this.lanes) {
            lane.dropBefore(position);
        }
    }
}

/** For each record kind what it does to its lane: an array, for one call a record. */
function takersByKind(kinds, isDecisive) {
    const takers = [];
    takers[kinds.BEGIN] = (lane, time, position, site, operation, _before, argument, number) =>
        lane.begin(time, position, operation, argument, number);
    takers[kinds.END] = (lane, time, position, site, operation, attempts, result, outcome) =>
        lane.end(time, position, operation, attempts, result, outcome);
    takers[kinds.CAS_WON] = (lane, time, position, site, cell) =>
        lane.mark(time, position, isDecisive(site) ? Mark.WON : Mark.HELP_WON, cell);
    takers[kinds.CAS_LOST] = (lane, time, position, site, cell) =>
        lane.mark(time, position, isDecisive(site) ? Mark.LOST : Mark.HELP_LOST, cell);
    takers[kinds.FAULT] = (lane, time, position, site, cell, _before, _after, goesOn) => {
        lane.mark(time, position, goesOn ? Mark.MEMORY : Mark.FAULT, cell);
        if (!goesOn) {
            lane.closeOperation(time, position);
        }
    };
    const spans = { BACKOFF: Span.BACKOFF, DELAY: Span.DELAY, FROZEN: Span.FROZEN };
    for (const [name, span] of Object.entries(spans)) {
        takers[kinds[name]] = (lane, time, position, site, cell, before, after) =>
            lane.startSpan(time, position, span, after);
    }
    return addStops(takers, kinds);
}

/** Locks, thawing and the ends of threads. */
function addStops(takers, kinds) {
    takers[kinds.LOCK_WAIT] = (lane, time, position) => {
        lane.waiting = true;
        lane.startSpan(time, position, Span.WAIT, 0);
    };
    takers[kinds.LOCK_ACQUIRED] = (lane) => {
        lane.waiting = false;
    };
    takers[kinds.THAWED] = (lane, time, position) => {
        if (lane.waiting) {
            lane.startSpan(time, position, Span.WAIT, 0);
        }
    };
    takers[kinds.KILLED] = (lane, time, position, site, cell) => {
        lane.mark(time, position, Mark.KILLED, cell);
        lane.startSpan(time, position, Span.KILLED, 0);
    };
    takers[kinds.STOPPED] = (lane, time, position) => lane.closeOperation(time, position);
    return takers;
}
