/**
 * The horizontal axis of lanes: which stretch of the run is in view, in nanoseconds or in record positions.
 *
 * No DOM. Several lanes may share one axis (a duel): each tells what it holds, the axis spans them all, and
 * whoever changes the window changes it
 * for all. The window is in one of three modes: `follow` (its right edge stays at the newest), `fit` (all that is
 * held), `free`
 * (where the person put it).
 */

import { count } from "./format.js";

export const SECOND = 1e9;
const FIRST_SPAN = { time: 16 * SECOND, position: 400 };
const LEAST_SPAN = { time: 2000, position: 8 };
const EDGE = 0.02;

/** @typedef {{value: number, label: string, base: boolean}} Tick */

/**
 * How moments are told and shown. `least` is the smallest distance between two ticks in nanoseconds, `lead` how far a
 * bar reaches beyond its first and last moment, `home` the mode that a new run begins in, `fits` the least that a fit
 * shows.
 *
 * @typedef {{ least: number, lead: number, home: "follow" | "fit", fits: number, tick: (value: number) => string,
 *             moment: (value: number) => string, duration: (length: number) => string, only: boolean }} Moments
 * @type {Moments}
 */
export const TIMES = Object.freeze({
    least: 0,
    lead: 0,
    home: "follow",
    fits: LEAST_SPAN.time,
    tick: (value) => `${count(value / SECOND)} s`,
    moment: (value) => formatTime(value),
    duration: (length) => formatDuration(length),
    only: false,
});

/** Moments of an execution under a schedule, where a step is a second. @type {Moments} */
export const STEP_TIMES = Object.freeze({
    least: SECOND,
    lead: SECOND / 2,
    home: "fit",
    fits: 12 * SECOND,
    tick: (value) => (value === 0 ? "start" : `step ${count(value / SECOND)}`),
    moment: (value) => `step ${count(value / SECOND)}`,
    duration: (length) => stepsText(length),
    only: true,
});

function stepsText(length) {
    const steps = Math.round(length / SECOND) + 1;
    return steps === 1 ? "1 step" : `${count(steps)} steps`;
}

/** @param {Moments} [moments] @returns {TimeAxis} */
export function createTimeAxis(moments = TIMES) {
    return new TimeAxis(moments);
}

export class TimeAxis {
    constructor(moments = TIMES) {
        this.moments = moments;
        /** @type {"time" | "position"} */
        this.unit = "time";
        this.mode = moments.home;
        this.from = 0;
        this.to = FIRST_SPAN.time;
        this.byItself = false;
        this.listeners = new Set();
        this.holders = new Map();
    }

    /** Width of the window. */
    get span() {
        return this.to - this.from;
    }

    /**
     * @param {(byItself: boolean) => void} listener `byItself`: the window followed the run
     * @returns {() => void} what ends it
     */
    onChange(listener) {
        this.listeners.add(listener);
        return () => this.listeners.delete(listener);
    }

    /** What one of the lanes that share this axis holds, in both units. @param {object} holder */
    hold(holder, limits) {
        this.holders.set(holder, limits);
        this.byItself = true;
        if (this.mode === "follow") {
            this.followNewest();
        } else if (this.mode === "fit") {
            this.showAll();
        }
        this.byItself = false;
    }

    /** @param {object} holder */
    release(holder) {
        this.holders.delete(holder);
    }

    /** From the oldest to the newest that any of the lanes holds. */
    limits() {
        let first = Infinity;
        let last = -Infinity;
        for (const limits of this.holders.values()) {
            first = Math.min(first, limits[this.unit].first);
            last = Math.max(last, limits[this.unit].last);
        }
        return last >= first ? { first, last } : { first: 0, last: 0 };
    }

    /** @param {number} from @param {number} to */
    setWindow(from, to) {
        if (from !== this.from || to !== this.to) {
            this.from = from;
            this.to = to;
            for (const listener of this.listeners) {
                listener(this.byItself);
            }
        }
    }

    /** Keeps the newest at the right edge; a young run grows from the left edge. */
    followNewest() {
        const { first, last } = this.limits();
        const to = Math.max(last + this.span * EDGE, first + this.span * (1 - EDGE));
        this.mode = "follow";
        this.setWindow(to - this.span, to);
    }

    /** All that is held. */
    showAll() {
        const { first, last } = this.limits();
        const [lead, least] = this.unit === "time" ? [this.moments.lead, this.moments.fits] : [0, LEAST_SPAN.position];
        const span = Math.max(last - first + 2 * lead, least) / (1 - 2 * EDGE);
        this.mode = "fit";
        this.setWindow(first - lead - span * EDGE, first - lead + span * (1 - EDGE));
    }

    /** @param {number} factor below 1 comes nearer @param {number} [anchor] what stays where it is */
    zoom(factor, anchor = this.mode === "follow" ? this.limits().last : (this.from + this.to) / 2) {
        const { first, last } = this.limits();
        const widest = Math.max(FIRST_SPAN[this.unit], (last - first) * 1.1);
        const span = Math.min(Math.max(this.span * factor, LEAST_SPAN[this.unit]), widest);
        const share = (anchor - this.from) / this.span;
        const from = anchor - share * span;
        if (this.mode !== "follow") {
            this.mode = "free";
        }
        this.setWindow(from, from + span);
        if (this.mode === "follow") {
            this.followNewest();
        }
    }

    /** Moves the window, not beyond what is held. Reaching the newest follows it again. @param {number} distance */
    pan(distance) {
        const { first, last } = this.limits();
        const room = this.span * (1 - EDGE);
        const from = Math.min(Math.max(this.from + distance, first - room), last - this.span + room);
        const newest = last + this.span * EDGE;
        const reached = this.to < newest && from + this.span >= newest;
        this.mode = "free";
        this.setWindow(from, from + this.span);
        if (reached) {
            this.followNewest();
        }
    }

    /** Shows a value: where it is out of view the window moves so that it stands at `share` of its width. */
    reveal(value, share = 0.75) {
        if (value < this.from || value > this.to) {
            this.mode = "free";
            const from = value - this.span * share;
            this.setWindow(from, from + this.span);
        }
    }

    /** @param {"time" | "position"} unit */
    setUnit(unit) {
        if (unit !== this.unit) {
            this.unit = unit;
            this.mode = "follow";
            this.from = 0;
            this.to = FIRST_SPAN[unit];
            this.followNewest();
        }
    }

    /** Ticks at round values, no closer than `gap` on a scale of `width`. @returns {Tick[]} */
    ticks(width, gap = 110) {
        const step = roundStep((this.span * gap) / width, this.unit === "position" ? 1 : this.moments.least);
        return this.unit === "position" ? positionTicks(this, step) : timeTicks(this, step);
    }
}

/** The next of 1, 2, 5, 10, … that is at least `least`. */
export function roundStep(least, smallest = 0) {
    const power = 10 ** Math.floor(Math.log10(least));
    const step = [1, 2, 5, 10].map((factor) => factor * power).find((value) => value >= least * 0.999);
    return Math.max(step, smallest);
}

function values(axis, step) {
    const found = [];
    for (let index = Math.max(Math.ceil(axis.from / step), 0); index * step <= axis.to; index += 1) {
        found.push(index * step);
    }
    return found;
}

function positionTicks(axis, step) {
    return values(axis, step).map((value) => ({ value, label: count(value), base: false }));
}

/**
 * Steps below a second count from the last whole second (or ms, or µs) before them: "12.003 s",
 * "+200 µs", "+400 µs".
 */
function timeTicks(axis, step) {
    if (step >= SECOND) {
        return values(axis, step).map((value) => ({ value, label: axis.moments.tick(value), base: false }));
    }
    const coarse = step >= 1e6 ? SECOND : step >= 1e3 ? 1e6 : 1e3;
    return values(axis, step).map((value) => {
        const base = Math.floor(value / coarse + 1e-9) * coarse;
        const rest = Math.round(value - base);
        return rest === 0
            ? { value, label: formatTime(base), base: true }
            : { value, label: `${base > 0 ? "+" : ""}${formatDuration(rest)}`, base: false };
    });
}

/** A moment of the run, as exactly as it needs to be: "12 s", "12.4 s", "12.003 s". @param {number} nanoseconds */
export function formatTime(nanoseconds) {
    const seconds = nanoseconds / SECOND;
    const isWhole = (value) => Math.abs(value - Math.round(value)) < 1e-4;
    const digits = [0, 1, 3, 6].find((places) => isWhole(seconds * 10 ** places));
    return `${seconds.toFixed(digits ?? 9)} s`;
}

/** A length of time in the unit that suits it: "640 ns", "12.5 µs", "3.2 ms", "1.25 s". @param {number} nanoseconds */
export function formatDuration(nanoseconds) {
    const [unit, size] = [["s", SECOND], ["ms", 1e6], ["µs", 1e3], ["ns", 1]].find(
        (entry) => nanoseconds >= entry[1],
    ) ?? ["ns", 1];
    return `${Number((nanoseconds / size).toPrecision(3))} ${unit}`;
}

/** A value as exactly as a picture with a given resolution shows it: to the power of ten below. */
export function roundTo(value, resolution) {
    const step = 10 ** Math.max(Math.floor(Math.log10(resolution)), 0);
    return Math.round(value / step) * step;
}
