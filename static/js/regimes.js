/**
 * How much can be shown: the rate of shared accesses, and which of four ways of showing them it calls for.
 *
 * `each`: every access. `changes`: only CASes and changes of shared memory. `incidents`: a consistent state twice a
 * second and one whole incident at a time. `flow`: sums.
 */

export const REGIMES = Object.freeze(["each", "changes", "incidents", "flow"]);

/** Displayed accesses a second up to which the first three regimes go. */
export const LIMITS = Object.freeze([5, 40, 2000]);

const UP = 1.2;
const DOWN = 0.9;
const CALM_MS = 1000;
const WINDOW_MS = 2000;
const SAMPLE_MS = 50;

/** The regime for a rate; slow to come down, so that it does not flicker where a rate lies at a limit. */
export class RegimeChooser {
    constructor() {
        this.index = 0;
        this._calmSince = null;
    }

    get regime() {
        return REGIMES[this.index];
    }

    /**
     * @param {number} rate  accesses a second
     * @param {number} now  milliseconds
     */
    update(rate, now) {
        let up = this.index;
        while (up < LIMITS.length && rate > LIMITS[up] * UP) {
            up += 1;
        }
        if (up > this.index) {
            this.index = up;
            this._calmSince = null;
            return;
        }
        if (this.index === 0 || rate > LIMITS[this.index - 1] * DOWN) {
            this._calmSince = null;
            return;
        }
        this._calmSince ??= now;
        if (now - this._calmSince >= CALM_MS) {
            this.index = LIMITS.findIndex((limit) => rate <= limit * DOWN);
            this._calmSince = null;
        }
    }
}

/** Accesses a second over the last two seconds, from a running count. */
export class RateMeter {
    constructor() {
        this.clear();
    }

    clear() {
        this._samples = [];
        this.rate = 0;
    }

    /** @param {number} now  milliseconds @param {number} count  so far; never falls */
    sample(now, count) {
        const samples = this._samples;
        if (samples.length > 0 && now - samples.at(-1).now < SAMPLE_MS) {
            return;
        }
        samples.push({ now, count });
        while (samples.length > 2 && now - samples[1].now >= WINDOW_MS) {
            samples.shift();
        }
        const [oldest] = samples;
        // Against a full window from the start: a first burst of a few accesses is no high rate.
        this.rate = ((count - oldest.count) * 1000) / Math.max(WINDOW_MS, now - oldest.now);
    }
}

const FLOW_MS = 500;

/** Sums over the last half second. */
export class FlowMeter {
    constructor() {
        this.clear();
    }

    clear() {
        this._samples = [];
    }

    /** @param {number} now @param {import("./state.js").State} state @param {number} depth */
    sample(now, state, depth) {
        const { wins, losses, operations } = state.counts;
        this._samples.push({ now, wins, losses, operations, depth });
        while (this._samples.length > 2 && now - this._samples[1].now >= FLOW_MS) {
            this._samples.shift();
        }
    }

    /** The `flow` of a frame. */
    read() {
        const oldest = this._samples[0];
        const newest = this._samples.at(-1);
        const depths = this._samples.map(({ depth }) => depth);
        return {
            won: newest.wins - oldest.wins,
            lost: newest.losses - oldest.losses,
            operations: newest.operations - oldest.operations,
            depth: newest.depth,
            depthMin: Math.min(...depths),
            depthMax: Math.max(...depths),
            seconds: (newest.now - oldest.now) / 1000,
        };
    }
}
