/**
 * The last 2^21 records in the order in which they were received, as bytes.
 *
 * A *position* numbers them from 0. The ring consists of chunks that are made when first needed, so that a short run
 * costs little; once all exist, the memory is constant.
 */

/** A chunk's buffer seen three ways. @typedef {{bytes: Uint8Array, halves: Uint16Array, words: Uint32Array}} Chunk */

/**
 * @typedef {object} Record
 * @property {number} position
 * @property {number} sequence  whole number
 * @property {number} time  nanoseconds
 * @property {number} lane
 * @property {number} kind
 * @property {number} site
 * @property {number} cell
 * @property {number} before
 * @property {number} after
 * @property {number} aux
 */

export const CAPACITY = 2 ** 21;
const CHUNK_RECORDS = 2 ** 15;

export class History {
    /**
     * @param {import("./layout.js").Layout} layout
     * @param {number} capacity  a multiple of the chunk's size
     * @param {number} chunkRecords
     */
    constructor(layout, capacity = CAPACITY, chunkRecords = CHUNK_RECORDS) {
        if (capacity % chunkRecords !== 0) {
            throw new RangeError(`the capacity must be a multiple of ${chunkRecords}; got ${capacity}`);
        }
        this.layout = layout;
        this.capacity = capacity;
        this._chunkRecords = chunkRecords;
        /** @type {Chunk[]} */
        this._chunks = [];
        this.clear();
    }

    /** Forget all records; positions begin at 0 again. */
    clear() {
        this._chunks.length = 0;
        this._count = 0;
        this._sequence = -1;
    }

    /** Position of the oldest record kept. */
    get first() {
        return Math.max(0, this._count - this.capacity);
    }

    /** Position of the newest record; -1 where there is none. */
    get last() {
        return this._count - 1;
    }

    /** Bytes that the ring occupies now. */
    get allocatedBytes() {
        return this._chunks.length * this._chunkRecords * this.layout.bytes;
    }

    /**
     * Keep these records; the oldest make room.
     * @param {Uint8Array} bytes  whole records
     * @param {number} firstSequence  whole sequence number of the first one
     */
    append(bytes, firstSequence) {
        const size = this.layout.bytes;
        if (bytes.length % size !== 0) {
            throw new RangeError(`records have ${size} bytes each; got ${bytes.length} bytes`);
        }
        for (let done = 0; done < bytes.length;) {
            const index = this._count % this._chunkRecords;
            const length = Math.min(bytes.length - done, (this._chunkRecords - index) * size);
            this._chunkOf(this._count).bytes.set(bytes.subarray(done, done + length), index * size);
            done += length;
            this._count += length / size;
        }
        if (bytes.length > 0) {
            this._sequence = firstSequence + ((this._word(this.last, "sequence") - firstSequence) >>> 0);
        }
    }

    _chunkOf(position) {
        const slot = Math.floor(position / this._chunkRecords) % (this.capacity / this._chunkRecords);
        if (this._chunks[slot] === undefined) {
            const buffer = new ArrayBuffer(this._chunkRecords * this.layout.bytes);
            this._chunks[slot] = {
                bytes: new Uint8Array(buffer),
                halves: new Uint16Array(buffer),
                words: new Uint32Array(buffer),
            };
        }
        return this._chunks[slot];
    }

    _word(position, field) {
        const index = position % this._chunkRecords;
        return this._chunkOf(position).words[index * this.layout.words + this.layout.at[field]];
    }

    _check(position) {
        if (!(position >= this.first && position <= this.last)) {
            throw new RangeError(`records ${this.first} to ${this.last} are kept; asked for ${position}`);
        }
    }

    /**
     * Calls `visit(chunk, index, count, position)` for each contiguous run of the records from `from` up to and
     * including `to`.
     * @param {number} from
     * @param {number} to
     * @param {(chunk: Chunk, index: number, count: number, position: number) => void} visit
     */
    spans(from, to, visit) {
        if (to < from) {
            return;
        }
        this._check(from);
        this._check(to);
        for (let position = from; position <= to;) {
            const index = position % this._chunkRecords;
            const count = Math.min(to - position + 1, this._chunkRecords - index);
            visit(this._chunkOf(position), index, count, position);
            position += count;
        }
    }

    /** @returns {Record} the record at a position */
    read(position) {
        this._check(position);
        const { at, words } = this.layout;
        const chunk = this._chunkOf(position);
        const index = position % this._chunkRecords;
        const base = index * words;
        return {
            position,
            sequence: this.sequenceAt(position),
            time: chunk.words[base + at.time] + chunk.words[base + at.timeHigh] * 2 ** 32,
            lane: chunk.bytes[index * this.layout.bytes + at.lane],
            kind: chunk.bytes[index * this.layout.bytes + at.kind],
            site: chunk.halves[base * 2 + at.site],
            cell: chunk.words[base + at.cell],
            before: chunk.words[base + at.before],
            after: chunk.words[base + at.after],
            aux: chunk.words[base + at.aux],
        };
    }

    /**
     * The whole sequence number of a record. Records keep its lower half; all that are kept lie within 2^32 of the
     * newest.
     */
    sequenceAt(position) {
        return this._sequence - ((this._sequence - this._word(position, "sequence")) >>> 0);
    }

    /** The time of a record, in nanoseconds. */
    timeAt(position) {
        return this._word(position, "time") + this._word(position, "timeHigh") * 2 ** 32;
    }

    kindAt(position) {
        return this._chunkOf(position).bytes[(position % this._chunkRecords) * this.layout.bytes + this.layout.at.kind];
    }

    laneAt(position) {
        return this._chunkOf(position).bytes[(position % this._chunkRecords) * this.layout.bytes + this.layout.at.lane];
    }

    /** The oldest position whose time is not before `time`; one past the newest where there is none. */
    positionAt(time) {
        let low = this.first;
        let high = this.last + 1;
        while (low < high) {
            const middle = Math.floor((low + high) / 2);
            if (this.timeAt(middle) < time) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** A copy of the records from `from` up to and including `to`, as bytes. */
    slice(from, to) {
        const size = this.layout.bytes;
        const bytes = new Uint8Array(Math.max(0, to - from + 1) * size);
        this.spans(from, to, (chunk, index, count, position) => {
            bytes.set(chunk.bytes.subarray(index * size, (index + count) * size), (position - from) * size);
        });
        return bytes;
    }
}
