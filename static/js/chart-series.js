/**
 * The last minute of `counters` messages as columns for uPlot. No DOM.
 *
 * What must hold: times ascend; a value that a side did not send at a time is `undefined` (the line goes on
 * through it), one that does not
 * exist, in a paused run or before the first attempt, is `null` (the line breaks).
 */

export const WINDOW_S = 60;
/** Without word for so long the line breaks. */
const SILENCE_S = 2;
/** Retries a second are counted over this long, or the lines of a slow run would be combs. */
const RATE_S = 1;

export class ChartSeries {
    /** @param {number} sides */
    constructor(sides) {
        this.sides = Array.from({ length: sides }, () => newSide());
        /** @type {number[]} seconds */
        this.times = [];
    }

    clear() {
        this.times.length = 0;
        this.sides = this.sides.map(() => newSide());
    }

    /** Takes a message of one side. @param {number} number @param {object} counters */
    add(number, counters) {
        const side = this.sides[number];
        const time = Math.max(counters.time / 1e9, this.times.at(-1) ?? 0);
        if (side.latest !== null && counters.time < side.latest.time) {
            side.marks.length = 0;
        }
        const silent = side.at !== null && time - side.at > SILENCE_S;
        if (silent) {
            this.row(time - SILENCE_S / 2, side, null);
        }
        side.at = time;
        side.latest = counters;
        this.row(time, side, counters.paused ? null : counters);
        this.trim(time - WINDOW_S);
    }

    /** Adds a moment with what one side said, or null for a break. */
    row(time, side, counters) {
        this.times.push(Math.max(time, this.times.at(-1) ?? 0));
        for (const other of this.sides) {
            const values = other === side ? side.values(counters) : [undefined, undefined, []];
            other.operations.push(values[0]);
            other.retryRate.push(values[1]);
            const retriesOf = (lane) => (other === side ? (values[2][lane] ?? null) : undefined);
            other.retries.forEach((column, lane) => column.push(retriesOf(lane)));
        }
    }

    trim(before) {
        const count = this.times.findIndex((time) => time >= before);
        if (count > 50) {
            this.times.splice(0, count);
            for (const side of this.sides) {
                for (const column of [side.operations, side.retryRate, ...side.retries]) {
                    column.splice(0, count);
                }
            }
        }
    }

    /** Lanes that any message of the side had. */
    lanes(number) {
        return this.sides[number].retries.length;
    }
}

function newSide() {
    const side = { operations: [], retryRate: [], retries: [], marks: [], latest: null, at: null, attempted: false };
    side.values = (counters) => (counters === null ? breakSide(side) : valuesOf(side, counters));
    return side;
}

function breakSide(side) {
    side.marks.length = 0;
    return [null, null, side.retries.map(() => null)];
}

function valuesOf(side, counters) {
    while (side.retries.length < counters.lanes.length) {
        side.retries.push(side.operations.map(() => null));
    }
    const losses = counters.lanes.map((lane) => lane.losses);
    side.marks.push({ time: counters.time / 1e9, losses });
    while (side.marks.length > 2 && side.marks[1].time <= counters.time / 1e9 - RATE_S) {
        side.marks.shift();
    }
    const [from] = side.marks;
    const seconds = counters.time / 1e9 - from.time;
    const since = (count, lane) => Math.max(count - (from.losses[lane] ?? 0), 0) / seconds;
    const retries = losses.map((count, lane) => (seconds > 0 ? since(count, lane) : null));
    side.attempted ||= counters.totals.attempts > 0;
    return [counters.rates.operations, side.attempted ? counters.rates.retry_rate * 100 : null, retries];
}
