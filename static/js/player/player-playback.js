/** A Playback that moves in whole steps of a schedule, and can stand before the first of them. */

import { Playback } from "../playback.js";

/** Kinds that stand beside what a step does: nothing is said of them. */
const BESIDE = ["BEGIN", "LOCAL", "FAULT", "WIDE", "END", "STOPPED"];

export class PlayerPlayback extends Playback {
    /**
     * Show the state after a step, and tell of what it did.
     * @param {{ first: number, records: number } | null} step  null: the start, before any
     * @param {boolean} onwards  it follows the shown step: what it changed may move
     */
    showStep(step, onwards) {
        this.hold();
        if (step === null || !onwards) this._cursor.seek((step === null ? 0 : step.first) - 1);
        if (step === null) return;
        const main = this._mainRecord(step);
        for (let taken = 0; taken < step.records; taken += 1) {
            const next = this.position + 1;
            this._cursor.take(next, next === main);
        }
    }

    /** The position of the record that says what the step did; its last one where all stand beside. */
    _mainRecord({ first, records }) {
        const { history, fold } = this.timeline;
        for (let position = first; position < first + records; position += 1) {
            if (!BESIDE.includes(fold.layout.kindName(history.kindAt(position)))) return position;
        }
        return first + records - 1;
    }

    /** Tell the listeners now, not with the next animation frame. */
    flush() {
        this.tick(this._clock());
    }
}
