/** From history to the lanes' index: reads the ring's bytes directly, no object a record. */

/**
 * Takes over what history has received since the last call.
 * @param {import("./lane-index.js").LaneIndex} index
 * @param {import("./history.js").History} history
 * @param {number} most records at a time; the rest follows with the next call, so that no frame is held up
 * @returns {boolean} whether all has been taken
 */
export function feedIndex(index, history, most) {
    if (history.last + 1 < index.nextPosition) {
        index.clear();
    }
    if (history.first > index.nextPosition) {
        index.cut();
        index.nextSequence = -1;
        index.nextPosition = history.first;
    }
    const last = Math.min(history.last, index.nextPosition + most - 1);
    history.spans(index.nextPosition, last, (chunk, start, count, position) => {
        takeChunk(index, history.layout, chunk, start, count, position);
    });
    index.dropBefore(history.first);
    return last === history.last;
}

function takeChunk(index, { at, bytes: size, words: stride }, { bytes, halves, words }, start, count, position) {
    for (let record = start; record < start + count; record += 1) {
        const word = record * stride;
        const byte = record * size;
        index.add(
            position + record - start,
            words[word + at.sequence],
            words[word + at.time] + words[word + at.timeHigh] * 4294967296,
            bytes[byte + at.lane],
            bytes[byte + at.kind],
            halves[word * 2 + at.site],
            words[word + at.cell],
            words[word + at.before],
            words[word + at.after],
            words[word + at.aux],
        );
    }
}

/** What the lanes hold, in both units of the axis; `now` is the run's time. */
export function heldLimits(index, history, now) {
    const empty = history.last < history.first;
    return {
        time: { first: empty ? 0 : history.timeAt(history.first), last: Math.max(now, index.lastTime) },
        position: { first: history.first, last: Math.max(history.last, history.first) },
    };
}

/**
 * The time of a run between two messages of the engine. It stands still while the run is paused and when the engine has
 * not been heard of for half a second.
 */
export class RunClock {
    constructor() {
        this.reset();
    }

    reset() {
        this.time = 0;
        this.heard = 0;
        this.running = false;
    }

    /** A `counters` message came. @param {{time: number, paused: boolean}} counters @param {number} now */
    hear(counters, now) {
        this.time = counters.time;
        this.heard = now;
        this.running = !counters.paused;
    }

    stop() {
        this.running = false;
    }

    /** Whether time goes on at `now` (milliseconds of the page). */
    goesOn(now) {
        return this.running && now - this.heard < 500;
    }

    read(now) {
        return this.running ? this.time + Math.min(now - this.heard, 500) * 1e6 : this.time;
    }
}
