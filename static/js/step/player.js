/**
 * The playback of an execution under a schedule: it counts steps, not records. All records of a step pass together, and
 * a frame tells of one of them, the access itself.
 *
 * What must hold: the shown state is always that after a whole step. Step 0 is the start, before any record.
 */

import { Playback } from "../playback.js";

const STEP_MS = 800;
const LONGEST_LAG_MS = 1000;
const STEP_NS = 1e9;
const MOST_STEPS_A_TICK = 20;
/** Records beside the one that a step is about. */
const BESIDE = ["BEGIN", "END", "LOCAL", "WIDE", "STARTED", "STOPPED"];

export class StepPlayback extends Playback {
    /** Empty, held; there is no run to follow, whatever the model says. */
    reset() {
        super.reset(false);
        this._ends = [-1];
        this._step = 0;
        this._main = null;
        /** @type {(step: number) => boolean} whether the next step may be shown now */
        this.mayShow ??= () => true;
    }

    /**
     * Which records belong to which step.
     * @param {number[]} ends  for each step the position of its last record; `ends[0]`, of the start, is -1
     */
    setSteps(ends) {
        this._ends = ends;
        this._step = Math.min(this._step, this.steps);
        this._changed = true;
    }

    /** How many steps there are. */
    get steps() {
        return this._ends.length - 1;
    }

    /** The shown step; 0: the start. */
    get step() {
        return this._step;
    }

    get regime() {
        return "each";
    }

    _rate() {
        return this.mode === "replay" ? (this.speed * 1000) / STEP_MS : 0;
    }

    /** Hold, and show the state after a step, or the one before the first step that may not be shown yet. */
    seekStep(step) {
        this.hold();
        const wanted = Math.min(this.steps, Math.max(0, Math.round(step)));
        let next = this._step;
        while (next < wanted && this.mayShow(next + 1)) next += 1;
        this.jump(Math.min(next, wanted));
    }

    /** The same, whatever may be shown. */
    jump(step) {
        this.hold();
        this._step = Math.min(this.steps, Math.max(0, Math.round(step)));
        this._cursor.seek(this._ends[this._step]);
        this._main = null;
    }

    /** Hold, and show the step that the record at `position` belongs to. */
    seek(position) {
        this.seekStep(this.stepAt(position));
    }

    seekTime(time) {
        this.seekStep(Math.floor(time / STEP_NS + 1e-6));
    }

    /** The first step at whose end the record at `position` has happened. */
    stepAt(position) {
        let low = 0;
        let high = this.steps;
        while (low < high) {
            const middle = Math.floor((low + high) / 2);
            if (this._ends[middle] >= position) high = middle;
            else low = middle + 1;
        }
        return low;
    }

    stepForward() {
        this.hold();
        if (this._step < this.steps && this.mayShow(this._step + 1)) this._take();
    }

    stepBack() {
        this.seekStep(this._step - 1);
    }

    goLive() {
        this._stopAt?.arm();
        this.seekStep(this.steps);
    }

    /** Play to the last step; from there, all of it again. */
    play() {
        this.hold();
        if (this.steps === 0) return;
        if (this._step >= this.steps) this.seekStep(0);
        this._stopAt?.arm();
        this._until = this.steps;
        this._setMode("replay");
        this._dueAt = this._clock();
    }

    /** Play on from here to a step, but do not begin again. */
    playOn(until = this.steps) {
        if (this._step >= until) return;
        this.play();
        this._until = until;
    }

    _take() {
        this._step += 1;
        const first = this.position + 1;
        for (let position = first; position <= this._ends[this._step]; position += 1) this._cursor.take(position);
        this._main = null;
        this._changed = true;
        return first;
    }

    _replay(now) {
        if (now - this._dueAt > LONGEST_LAG_MS) this._dueAt = now;
        for (let taken = 0; this._dueAt <= now && this.mode === "replay" && taken < MOST_STEPS_A_TICK; taken += 1) {
            if (!this.mayShow(this._step + 1)) {
                this.hold();
                return;
            }
            const first = this._take();
            this._dueAt += STEP_MS / this.speed;
            if (first <= this.position) this._findTrigger(first);
            if (this.mode === "replay" && this._step >= this._until) this._setMode("held");
        }
    }

    frame() {
        const frame = super.frame();
        frame.current = this._told();
        frame.shown = this._tellOnce(frame.shown, frame.current);
        return { ...frame, first: -1, step: this._step, steps: this.steps, time: this._step * STEP_NS };
    }

    /** Only the access of the last step is told of: of several steps in one frame nobody could read the others. */
    _tellOnce(shown, told) {
        return shown.map((item) =>
            item.record.position === told.record?.position ? item : { ...item, narration: null },
        );
    }

    _mainOf(items) {
        const { kinds } = this.timeline.fold.layout;
        const beside = BESIDE.map((name) => kinds[name]);
        const fault = items.findLast(({ record }) => record.kind === kinds.FAULT);
        const access = items.find(({ record }) => !beside.includes(record.kind));
        return fault ?? access ?? items.findLast(({ narration }) => narration !== null) ?? null;
    }

    /** What the shown step did, shaped like an entry of `shown`. */
    _told() {
        this._main ??= this._describeStep();
        return this._main;
    }

    _describeStep() {
        const first = this._ends[Math.max(0, this._step - 1)] + 1;
        if (this._step === 0 || first > this.position) return START;
        const state = this.timeline.before(first);
        const items = [];
        for (let position = first; position <= this.position; position += 1) {
            const item = this._cursor._describe(state, position);
            this.timeline.fold.apply(state, item.record);
            items.push(item);
        }
        return this._mainOf(items) ?? START;
    }
}

const NOTHING_YET = "Nothing has moved yet. Choose which thread takes the first step.";
const START = Object.freeze({
    record: null,
    narration: { text: NOTHING_YET, parts: [{ text: NOTHING_YET, lane: null, kind: "plain" }] },
    won: false,
    lost: false,
    changed: false,
});
