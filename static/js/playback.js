/**
 * What is shown: follows the run, stands still, or plays over the buffer; once an animation frame it tells its
 * listeners.
 *
 * Records are folded into `timeline.edge` as they come, whatever is shown. Nothing waits in a queue but positions of
 * the ring, so a hidden tab or a held view costs no memory, and the run is never held up.
 *
 * Replay is true to the run's own time as far as eyes can follow: between two beats (accesses and other events that a
 * viewer must see) pass the milliseconds that passed in the run, but at least 250 and at most 1,000, divided by the
 * speed.
 */

import { Cursor } from "./cursor.js";
import { decodeInteger, isInteger } from "./layout.js";
import { LiveView } from "./live.js";
import { FlowMeter, LIMITS, RateMeter, RegimeChooser } from "./regimes.js";
import { Trigger } from "./triggers.js";

const SHORTEST_BEAT_MS = 250;
const LONGEST_BEAT_MS = 1000;
const MOST_BEATS_A_TICK = 20;
const FLOW_INTERVAL_MS = 45; // numbers alone move then; drawing them more often than they can be read costs frames
export const SPEED_MIN = 0.1;
export const SPEED_MAX = 10;

export class Playback {
    /**
     * @param {object} options
     * @param {import("./timeline.js").Timeline} options.timeline
     * @param {(state: object, record: object) => object} options.narrate  gets the state before the record
     * @param {() => number} [options.clock]  milliseconds
     * @param {(callback: Function) => number} [options.requestFrame]
     * @param {(handle: number) => void} [options.cancelFrame]
     */
    constructor({
        timeline,
        narrate,
        clock = () => performance.now(),
        requestFrame = (callback) => requestAnimationFrame(callback),
        cancelFrame = (handle) => cancelAnimationFrame(handle),
    }) {
        this.timeline = timeline;
        this.names = timeline.fold.names;
        this._narrate = narrate;
        this._clock = clock;
        this._requestFrame = requestFrame;
        this._cancelFrame = cancelFrame;
        this._listeners = new Set();
        this._frameHandle = null;
        /** @type {Trigger | null} */
        this._stopAt = null;
        this.speed = 1;
        this.reset(true);
    }

    /**
     * Begin anew with what the timeline holds. The speed and what to stop at stay.
     * @param {boolean} endless  true for a run, which can be followed; false for a recording, which begins held
     */
    reset(endless) {
        this.endless = endless;
        /** @type {"live" | "held" | "replay"} */
        this.mode = endless ? "live" : "held";
        this._cursor = new Cursor(this.timeline, this._narrate);
        this._live = new LiveView(this._cursor);
        this._meter = new RateMeter();
        this._flow = new FlowMeter();
        this._chooser = new RegimeChooser();
        this._dueAt = 0;
        this._edgeGap = 0;
        this._stopAt?.arm();
        this._triggered = null;
        this._toldLast = -2;
        this._toldAt = -Infinity;
        this._changed = true;
    }

    /** Begin to call listeners. */
    start() {
        const loop = () => {
            this._frameHandle = this._requestFrame(loop);
            this.tick(this._clock());
        };
        this._frameHandle ??= this._requestFrame(loop);
    }

    /** Call listeners no longer. */
    stop() {
        if (this._frameHandle !== null) {
            this._cancelFrame(this._frameHandle);
            this._frameHandle = null;
        }
    }

    /** @param {(frame: object) => void} listener @returns {() => void} ends it */
    listen(listener) {
        this._listeners.add(listener);
        this._changed = true;
        return () => this._listeners.delete(listener);
    }

    /** @param {import("./protocol.js").Batch} batch */
    receive(batch) {
        const watch = this.mode === "live" ? this._stopAt : null;
        this.timeline.append(batch.bytes, batch.first, watch);
        this._edgeGap = 0;
        if (watch !== null && watch.position >= 0) {
            this._stopHere(watch);
        }
    }

    /** @param {object} message  a `snapshot`; a live view goes there at once */
    snapshot(message) {
        this.timeline.snapshot(message);
        this._edgeGap = this.timeline.gapBefore(this.timeline.last + 1);
        this._changed = true;
        if (this.mode === "live") {
            this._live.toEdge();
        }
    }

    /** The state that is shown. It changes under way: whoever keeps it keeps a clone. */
    get state() {
        return this._cursor.state;
    }

    get position() {
        return this._cursor.position;
    }

    /** How records are shown: when live by the rate, in replay by the speed. */
    get regime() {
        if (this.mode === "live") {
            return this._chooser.regime;
        }
        return this._rate() > LIMITS[0] ? "changes" : "each";
    }

    /** The name of what the view is to stop at, or null. */
    get stopsAt() {
        return this._stopAt?.name ?? null;
    }

    /** Pause the view; the run goes on. */
    hold() {
        this._cursor.detach();
        this._live.incident = null;
        this._setMode("held");
    }

    /** Follow the run again; a recording, which has none, goes to its end. */
    goLive() {
        this._stopAt?.arm();
        this._setMode(this.endless ? "live" : "held");
        this._live.toEdge();
        if (!this.endless) {
            this._cursor.detach();
        }
    }

    /** Play over the buffer from the shown position on. At its end the run is followed again. */
    play() {
        this.hold();
        if (this.position >= this.timeline.last) {
            this.goLive();
            return;
        }
        this._stopAt?.arm();
        this._setMode("replay");
        this._dueAt = this._clock();
    }

    /** What Space does: hold what moves, let go what stands. */
    toggle() {
        if (this.mode === "held") {
            this.play();
        } else {
            this.hold();
        }
    }

    /** @param {number} speed  0.1 to 10 */
    setSpeed(speed) {
        this.speed = Math.min(SPEED_MAX, Math.max(SPEED_MIN, speed));
        this._changed = true;
    }

    /** Hold the view and show the state after the record at `position`. */
    seek(position) {
        this.hold();
        this._cursor.seek(Math.min(this.timeline.last, Math.max(this.timeline.first, Math.round(position))));
    }

    /** Hold the view at the newest record whose time is not after `time` (nanoseconds). */
    seekTime(time) {
        this.seek(this.timeline.history.positionAt(time + 1) - 1);
    }

    /** Hold the view and show the next record. */
    stepForward() {
        this.hold();
        const next = this.position + 1;
        if (this._cursor.canTake(next)) {
            this._cursor.take(next);
        } else if (next <= this.timeline.last) {
            this.seek(next);
        }
    }

    /** Hold the view and go back by one record. */
    stepBack() {
        this.seek(this.position - 1);
    }

    /**
     * Hold the view at the next record for which a condition holds; null: at none.
     * @param {string | null} name  see TRIGGERS
     * @param {number | null} parameter
     * @throws {RangeError} where there is no such condition
     */
    stopAt(name, parameter = null) {
        this._stopAt = name === null ? null : new Trigger(name, this.timeline.fold.layout, this.names, parameter);
        this._changed = true;
    }

    _setMode(mode) {
        this.mode = mode;
        this._changed = true;
    }

    _stopHere({ name, position }) {
        this.seek(position);
        this._triggered = { name, position };
    }

    /** One animation frame. @param {number} now  milliseconds */
    tick(now) {
        const { edge } = this.timeline;
        this._meter.sample(now, edge.accesses);
        this._flow.sample(now, edge, this._depth(edge));
        this._chooser.update(this._meter.rate, now);
        if (this.mode === "live") {
            if (this._live.regime !== this._chooser.regime) {
                this._live.begin(this._chooser.regime);
            }
            this._live.tick(now);
        } else if (this.mode === "replay") {
            this._replay(now);
        }
        this._tell(now);
    }

    _replay(now) {
        if (now - this._dueAt > LONGEST_BEAT_MS) {
            this._dueAt = now; // The page was hidden or busy: go on from here, do not rush.
        }
        const cursor = this._cursor;
        for (let beats = 0; this._dueAt <= now && this.mode === "replay" && beats < MOST_BEATS_A_TICK; beats += 1) {
            const next = this.position + 1;
            const { time } = cursor.state;
            if (!cursor.takeBeat(this.regime)) {
                cursor.seek(Math.max(this.position + 1, this.timeline.first));
            }
            const passed = (cursor.state.time - time) / 1e6;
            this._dueAt += Math.min(LONGEST_BEAT_MS, Math.max(SHORTEST_BEAT_MS, passed)) / this.speed;
            this._findTrigger(next);
            if (this.mode === "replay" && this.position >= this.timeline.last) {
                this._setMode(this.endless ? "live" : "held");
            }
        }
    }

    /** Stop where the trigger fires among the records from `from` to the shown position. */
    _findTrigger(from) {
        const trigger = this._stopAt;
        const end = this.position;
        if (trigger === null || from < this.timeline.first) {
            return;
        }
        const state = this.timeline.before(from);
        for (let position = from; position <= end && trigger.position < 0; position += 1) {
            this.timeline.forward(state, position, position, trigger);
        }
        if (trigger.position >= 0) {
            this._stopHere(trigger);
        }
    }

    /**
     * Items, as far as the model can tell: how far the tail of a ring is before its head, the value of a counter (of
     * one in stripes the sum), else the nodes that are reachable (a dummy among them).
     */
    _depth(state) {
        const number = (id) => {
            const value = state.cells.get(id)?.value ?? 0;
            return isInteger(value) ? decodeInteger(value) : 0;
        };
        const [head, tail] = ["head", "tail"].map((name) => this.names.root(name));
        if (head !== 0 && tail !== 0 && [head, tail].every((id) => this.names.cell(id).kind === "integer")) {
            return Math.max(0, number(tail) - number(head));
        }
        const integers = this.names.rootCells().filter((id) => this.names.cell(id).kind === "integer");
        if (integers.length === 0) return state.live;
        const isStriped = this.names.cell(integers[0]).name.startsWith("stripe");
        return (isStriped ? integers : integers.slice(0, 1)).reduce((sum, id) => sum + number(id), 0);
    }

    _rate() {
        if (this.mode === "live") {
            return this._meter.rate;
        }
        return this.mode === "replay" ? (this.speed * 1000) / SHORTEST_BEAT_MS : 0;
    }

    _tell(now) {
        const { last } = this.timeline;
        if (!this._changed && !this._cursor.moved && last === this._toldLast) {
            return;
        }
        const isFlow = this.mode === "live" && this.regime === "flow";
        if (isFlow && !this._changed && now - this._toldAt < FLOW_INTERVAL_MS) {
            return;
        }
        this._toldAt = now;
        const frame = this.frame();
        this._toldLast = last;
        this._triggered = null;
        this._changed = false;
        this._cursor.beginFrame();
        for (const listener of this._listeners) {
            listener(frame);
        }
    }

    /** The Frame as it stands; see docs/frontend.md. */
    frame() {
        const { first, last } = this.timeline;
        const { state, position, mode, regime } = this;
        const { shown, jumped } = this._cursor;
        const isFlow = mode === "live" && regime === "flow";
        const { incident } = this._live;
        return {
            state,
            position,
            first,
            last,
            behind: Math.max(0, last - position),
            mode,
            speed: this.speed,
            regime,
            rate: this._rate(),
            shown,
            current: isFlow ? null : this._cursor.current(),
            jumped,
            incident: mode === "live" && incident !== null ? { ...incident } : null,
            flow: isFlow ? this._flow.read() : null,
            trigger: this._triggered,
            gap: this.timeline.gapBefore(position) || (mode === "live" && position === last ? this._edgeGap : 0),
        };
    }
}
