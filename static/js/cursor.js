/**
 * The shown state: the edge of the timeline itself, or an own copy that moves through the buffer, and what a frame is
 * to tell of its last moves.
 */

import { isShared } from "./references.js";
import { clone } from "./packing.js";

/** Kinds that pass along with the next beat. */
const QUIET = ["BEGIN", "END", "LOCAL", "ALLOCATE", "REUSE", "RETIRE", "FREE", "WIDE", "STARTED", "STOPPED"];
/** Kinds that are shown also where not every access is. */
const NOTABLE = ["CAS_WON", "CAS_LOST", "LOCK_WAIT", "LOCK_ACQUIRED", "FROZEN", "THAWED", "KILLED", "FAULT", "LOST"];

const kindSet = (layout, names) => new Set(names.map((name) => layout.kinds[name]));

/**
 * @typedef {object} Shown
 * @property {import("./history.js").Record} record
 * @property {object} narration  see narrate.js
 * @property {boolean} won
 * @property {boolean} lost
 * @property {boolean} changed
 */

export class Cursor {
    /**
     * @param {import("./timeline.js").Timeline} timeline
     * @param {(state: object, record: object) => object} narrate  gets the state before the record
     */
    constructor(timeline, narrate) {
        this.timeline = timeline;
        this.history = timeline.history;
        this._narrate = narrate;
        this._quiet = kindSet(timeline.fold.layout, QUIET);
        this._notable = kindSet(timeline.fold.layout, NOTABLE);
        this.toEdge(true);
        this.beginFrame();
    }

    /** The state that is shown. */
    get state() {
        return this._own ?? this.timeline.edge;
    }

    get position() {
        return this.state.position;
    }

    /** Shared accesses between the shown state and the edge. */
    get accessesBehind() {
        return this.timeline.edge.accesses - this.state.accesses;
    }

    /** What the next frame tells begins here. */
    beginFrame() {
        /** @type {Shown[]} */
        this.shown = [];
        this.jumped = false;
        this.moved = false;
    }

    _jump() {
        this.shown = [];
        this.jumped = true;
        this.moved = true;
    }

    /** Show the edge: as it is now, or as it goes on being (`isOwn` false). */
    toEdge(isOwn) {
        this._own = isOwn ? clone(this.timeline.edge) : null;
        this._current = null;
        this._jump();
    }

    /** The shown state no longer follows the edge, and what is told is the record at its position. */
    detach() {
        this._own ??= clone(this.timeline.edge);
        if (this._current !== null && this._current.record.position !== this.position) {
            this._current = null;
        }
    }

    /** Show the state after the record at `position`. */
    seek(position) {
        this._own = this.timeline.before(position);
        this._current = null;
        if (position >= this.timeline.first && position >= 0) {
            this._current = this._describe(this._own, position);
            this.timeline.fold.apply(this._own, this._current.record);
        }
        this._jump();
    }

    /** Show the state before the record at `position`, then take it. */
    seekAndTake(position) {
        this._own = this.timeline.before(position);
        this._jump();
        this.take(position);
    }

    /** The record to tell of: the last one shown, else the one at the position; null where there is none. */
    current() {
        const { position } = this;
        if (this._current === null && position >= this.timeline.first && position >= 0) {
            this._current = this._describe(this.timeline.before(position), position);
        }
        return this._current;
    }

    /** @returns {Shown} what is to be told of the record at `position`, which comes next in `state` */
    _describe(state, position) {
        const record = this.history.read(position);
        const { CAS_WON, CAS_LOST, STORE, EXCHANGE } = this.history.layout.kinds;
        const { kind } = record;
        return {
            record,
            narration: this._narrate(state, record),
            won: kind === CAS_WON,
            lost: kind === CAS_LOST,
            changed: (kind === CAS_WON || kind === STORE || kind === EXCHANGE) && record.before !== record.after,
        };
    }

    /** True where the record at `position` can be taken into the shown state as it stands. */
    canTake(position) {
        return (
            position >= this.timeline.first &&
            position <= this.timeline.last &&
            !this.timeline.isBroken(position - 1, position)
        );
    }

    /** Take the record at `position`, the next one, into the own state; tell of it if `wanted`. */
    take(position, wanted = true) {
        this.moved = true;
        if (wanted) {
            this._current = this._describe(this._own, position);
            this.shown.push(this._current);
            this.timeline.fold.apply(this._own, this._current.record);
        } else {
            this.timeline.forward(this._own, position);
        }
    }

    /** Move the own state silently to `position`, which is not behind it. */
    skipTo(position) {
        this.timeline.forward(this._own, position);
        this.moved = true;
    }

    _isWanted(position, regime) {
        const kind = this.history.kindAt(position);
        if (regime === "each" || this._notable.has(kind)) {
            return true;
        }
        const { STORE, EXCHANGE } = this.history.layout.kinds;
        if (kind !== STORE && kind !== EXCHANGE) {
            return false;
        }
        const { cell: id, before, after } = this.history.read(position);
        const cell = this._own.cells.get(id);
        return before !== after && cell !== undefined && isShared(this._own, cell);
    }

    /**
     * Take records up to and including the next beat, or to the edge.
     * @param {string} regime  `each` tells of all of them, any other one only of CASes and changes of shared memory
     * @returns {boolean} false where the next record cannot be taken: it is gone, or a snapshot stands before it
     */
    takeBeat(regime) {
        let isQuiet = true;
        while (isQuiet && this.position < this.timeline.last) {
            const next = this.position + 1;
            if (!this.canTake(next)) {
                return false;
            }
            isQuiet = this._quiet.has(this.history.kindAt(next));
            this.take(next, this._isWanted(next, regime));
        }
        return true;
    }
}
