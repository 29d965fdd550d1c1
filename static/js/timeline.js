/**
 * The state after any record that is still kept: keyframes, and replay from the nearest one.
 *
 * `edge` is the state after the newest record. It is folded once, as records come; a keyframe is taken of it every
 * 4,096 records, or eight times the number of nodes where that is more, so that the keyframes of a huge structure stay
 * bounded too. A snapshot that comes mid-stream is a keyframe with a gap before it.
 */

import { fromSnapshot } from "./snapshots.js";
import { collect } from "./references.js";
import { pack, unpack } from "./packing.js";
import { emptyState } from "./state.js";

export const KEYFRAME_RECORDS = 4096;
const RECORDS_A_NODE = 8;
const PIECE_RECORDS = 8192;
const COLLECT_KEYFRAMES = 16;

/**
 * @typedef {object} Keyframe  the state before the record at position `at`
 * @property {number} at
 * @property {number} gap  where it is a snapshot: the records missing before it; -1 otherwise
 * @property {{numbers: Float64Array, last: object | null}} packed
 */

/** What has been counted so far goes on being counted after a snapshot. Returns `state`. */
export function carryCounts(state, before) {
    state.accesses = before.accesses;
    state.incidents = before.incidents;
    state.incidentAt = before.incidentAt;
    state.counts = { ...before.counts };
    state.lanes.forEach((lane, index) => {
        lane.counts = { ...(before.lanes[index]?.counts ?? lane.counts) };
    });
    return state;
}

export class Timeline {
    /**
     * @param {import("./history.js").History} history
     * @param {import("./fold.js").Fold} fold
     * @param {number} keyframeRecords
     */
    constructor(history, fold, keyframeRecords = KEYFRAME_RECORDS) {
        this.history = history;
        this.fold = fold;
        this._keyframeRecords = keyframeRecords;
        this._longest = Math.floor(history.capacity / 4);
        this.clear();
    }

    /** Forget everything, the records too. */
    clear() {
        this.history.clear();
        /** @type {import("./state.js").State} the state after the newest record, or the snapshot that came after it */
        this.edge = emptyState();
        this._untilCollect = COLLECT_KEYFRAMES;
        /** @type {Keyframe[]} in the order of `at`, never empty */
        this._keyframes = [{ at: 0, gap: -1, packed: pack(this.edge) }];
    }

    /** The oldest position that can be sought; -1 where there is no record. */
    get first() {
        return Math.min(this._keyframes[0].at, this.last);
    }

    /** The newest position; -1 where there is no record. */
    get last() {
        return this.history.last;
    }

    /** Where the records begin that have no gap between them and the newest. */
    get unbrokenFrom() {
        const snapshot = this._keyframes.findLast(({ gap }) => gap >= 0);
        return Math.max(this._keyframes[0].at, snapshot?.at ?? 0);
    }

    /** Bytes that the keyframes occupy. */
    get keyframeBytes() {
        return this._keyframes.reduce((sum, { packed }) => sum + packed.numbers.byteLength, 0);
    }

    /**
     * A snapshot: what comes next is folded onto it.
     * @param {object} message
     */
    snapshot(message) {
        const at = this.last + 1;
        const newest = this._keyframes.at(-1);
        let gap = at === 0 ? 0 : (message.skipped ?? Math.max(0, message.sequence - this.edge.sequence));
        if (newest.at === at && (newest.gap >= 0 || at === 0)) {
            gap += Math.max(0, newest.gap);
            this._keyframes.pop();
        }
        this.edge = carryCounts(fromSnapshot(message, this.fold.names, at - 1), this.edge);
        this._keyframes.push({ at, gap, packed: pack(this.edge) });
    }

    /**
     * Keep these records and fold them into the edge.
     * @param {Uint8Array} bytes
     * @param {number} firstSequence
     * @param {null | import("./fold.js").Watch} watch
     */
    append(bytes, firstSequence, watch = null) {
        if (this.last < 0 && this.edge.sequence < 0) {
            this.edge.sequence = firstSequence - 1;
            this._keyframes = [{ at: 0, gap: -1, packed: pack(this.edge) }];
        }
        const piece = PIECE_RECORDS * this.history.layout.bytes;
        for (let done = 0; done < bytes.length; done += piece) {
            const from = this.last + 1;
            this.history.append(bytes.subarray(done, done + piece), this.edge.sequence + 1);
            this._foldFrom(from, watch);
            this._forget();
        }
    }

    _foldFrom(from, watch) {
        for (let position = from; position <= this.last; position = this.edge.position + 1) {
            const due = this._keyframes.at(-1).at + this._interval();
            this._advance(this.edge, position, Math.min(this.last, Math.max(due - 1, position)), watch);
            if (this.edge.position + 1 >= this._keyframes.at(-1).at + this._interval()) {
                this._keep();
            }
        }
        this.edge.last = this.history.read(this.last);
    }

    _interval() {
        return Math.min(this._longest, Math.max(this._keyframeRecords, this.edge.nodes.size * RECORDS_A_NODE));
    }

    _keep() {
        const { edge } = this;
        edge.last = this.history.read(edge.position);
        this._untilCollect -= 1;
        if (this._untilCollect === 0) {
            this._untilCollect = COLLECT_KEYFRAMES;
            collect(edge);
        }
        this._keyframes.push({ at: edge.position + 1, gap: -1, packed: pack(edge) });
    }

    /** Drop keyframes whose following records have made room for newer ones; the newest always stays. */
    _forget() {
        let drop = 0;
        while (drop < this._keyframes.length - 1 && this._keyframes[drop].at < this.history.first) {
            drop += 1;
        }
        this._keyframes.splice(0, drop);
    }

    _advance(state, from, to, watch) {
        this.history.spans(from, to, (chunk, index, count, position) => {
            this.fold.applySpan(state, chunk, index, count, position, watch);
        });
    }

    /** Index of the newest keyframe that is not after `limit`; the oldest one where all are. */
    _newestAt(limit) {
        let low = 0;
        let high = this._keyframes.length - 1;
        while (low < high) {
            const middle = Math.ceil((low + high) / 2);
            if (this._keyframes[middle].at <= limit) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    /**
     * The state after the record at `position`, in the caller's own copy. -1 is the state before the first record. A
     * position that is not kept gives the nearest one that is.
     * @param {number} position
     * @returns {import("./state.js").State}
     */
    seek(position) {
        const wanted = Math.min(this.last, Math.max(this._keyframes[0].at - 1, position));
        let index = this._newestAt(wanted + 1);
        // A snapshot right after the record is not the state after the record, but what a gap made of it.
        while (index > 0 && this._keyframes[index].at === wanted + 1 && this._keyframes[index].gap >= 0) {
            index -= 1;
        }
        return this._replayed(this._keyframes[index], wanted);
    }

    /**
     * The state that the record at `position` found: unlike `seek(position - 1)`, with a snapshot that stands between
     * the two.
     * @param {number} position
     * @returns {import("./state.js").State} the caller's own
     */
    before(position) {
        return this._replayed(this._keyframes[this._newestAt(position)], Math.min(this.last, position - 1));
    }

    _replayed({ at, packed }, position) {
        const state = unpack(packed);
        this.forward(state, position, at);
        return state;
    }

    /**
     * Fold a state forward in place, up to and including `position`. No snapshot may lie between (see `isBroken`).
     * @param {import("./state.js").State} state
     * @param {number} position
     * @param {number} from  the record that comes next in `state`
     * @param {null | import("./fold.js").Watch} watch
     */
    forward(state, position, from = state.position + 1, watch = null) {
        if (from <= position) {
            this._advance(state, from, position, watch);
            state.last = this.history.read(position);
        }
    }

    /** True where a snapshot lies after the record at `from` and before the one at `to`. */
    isBroken(from, to) {
        return this._keyframes.some(({ at, gap }) => gap >= 0 && at > Math.max(0, from) && at <= to);
    }

    /** How many records are missing right before the one at `position`. */
    gapBefore(position) {
        const { at, gap } = this._keyframes[this._newestAt(position)];
        return at === position && at > 0 && gap > 0 ? gap : 0;
    }
}
