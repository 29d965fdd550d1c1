/**
 * The timing of one transition.
 *
 * Where a pointer swings, it swings first, to where its new target still stands, and everything else settles into the
 * new picture after it: so one sees what the access changed before the picture makes room for it.
 */

const SETTLE_AFTER = 0.7;
const BOUNCE_AT = 0.5;

const easings = {
    inOut: (t) => (t < 0.5 ? 4 * t ** 3 : 1 - (-2 * t + 2) ** 3 / 2),
    in: (t) => t * t,
    out: (t) => 1 - (1 - t) ** 3,
};

/** Numbers as a function of time: segments one after the other. */
class Track {
    constructor(segments) {
        this.segments = segments;
        this.end = segments[segments.length - 1].end;
    }

    /** @returns {number[]} */
    at(now) {
        const segment = this.segments.find(({ end }) => now < end);
        if (!segment) return this.segments[this.segments.length - 1].to;
        const share = Math.max(0, (now - segment.start) / (segment.end - segment.start));
        const eased = easings[segment.ease](share);
        return segment.to.map((to, index) => {
            const from = segment.from[index] ?? to;
            return from + (to - from) * eased;
        });
    }
}

export class Motion {
    /**
     * @param {number} now
     * @param {number} duration  of one movement; 0 for none
     * @param {boolean} swings  whether a pointer swings in this transition
     */
    constructor(now, duration, swings) {
        this.still = duration === 0;
        this.now = now;
        this._duration = duration;
        this._settle = now + (swings ? duration * SETTLE_AFTER : 0);
    }

    /** When the picture begins to settle; before that only what swings or bounces moves. */
    get settle() {
        return this._settle;
    }

    /**
     * @param {number[]} from
     * @param {number[]} to
     * @param {{kind: "swing" | "bounce" | "prompt", at?: number[]} | null} via  `prompt`: straight there, with what
     *     swings
     * @returns {Track}
     */
    track(from, to, via) {
        if (this.still) return new Track([{ start: this.now, end: this.now, from: to, to, ease: "out" }]);
        if (via?.kind === "bounce") {
            const turn = this.now + this._duration * BOUNCE_AT;
            return new Track([
                { start: this.now, end: turn, from, to: via.at, ease: "in" },
                { start: turn, end: turn + this._duration, from: via.at, to, ease: "out" },
            ]);
        }
        if (via?.kind === "prompt") {
            return new Track([{ start: this.now, end: this.now + this._duration, from, to, ease: "inOut" }]);
        }
        const settled = {
            start: this._settle, end: this._settle + this._duration, from: via?.at ?? from, to, ease: "inOut",
        };
        if (via === null) return new Track([settled]);
        return new Track([{ start: this.now, end: this._settle, from, to: via.at, ease: "inOut" }, settled]);
    }

    /** From an opacity to full, together with everything that settles. */
    fadeIn(from) {
        return this._fade(from, 1, this._settle);
    }

    /** The same at once. */
    fadeNow(from) {
        return this._fade(from, 1, this.now);
    }

    /** To nothing; what left because a pointer swung fades after that, unless it is `prompt`. */
    fadeOut(from, prompt) {
        return this._fade(from, 0, prompt ? this.now : this._settle);
    }

    _fade(from, to, start) {
        const end = start + this._duration;
        return new Track([{ start, end, from: [from], to: [to], ease: "out" }]);
    }
}
