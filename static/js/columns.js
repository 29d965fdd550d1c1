/**
 * A table that grows at its end and is trimmed at its start, kept in typed arrays: a row costs no object.
 *
 * Rows are addressed by their *row number* in the arrays, `head` to `end` exclusive. Making room may move the
 * rows; whoever
 * keeps a row across a `push` keeps its *id* (`id(row)`, `row(id)`), which never changes.
 */

const FIRST_CAPACITY = 256;

export class Columns {
    /**
     * @param {Record<string, Float64ArrayConstructor | Uint32ArrayConstructor | Uint16ArrayConstructor |
     *     Uint8ArrayConstructor>} shape
     */
    constructor(shape) {
        this.shape = shape;
        this.clear();
    }

    /** Number of rows. */
    get size() {
        return this.end - this.head;
    }

    clear() {
        this.head = 0;
        this.end = 0;
        this.moved = 0;
        this.capacity = FIRST_CAPACITY;
        /** @type {Record<string, any>} */
        this.columns = {};
        for (const [name, Kind] of Object.entries(this.shape)) {
            this.columns[name] = new Kind(FIRST_CAPACITY);
        }
    }

    /** Adds a row of whatever the arrays held there before; returns its row number. The caller sets every column. */
    push() {
        if (this.end === this.capacity) {
            this.makeRoom();
        }
        return this.end++;
    }

    /** @param {number} row */
    id(row) {
        return row + this.moved;
    }

    /** The row with that id, or -1 when it has been dropped. @param {number} id */
    row(id) {
        const row = id - this.moved;
        return row >= this.head && row < this.end ? row : -1;
    }

    /** Drops the rows before `row`. @param {number} row */
    dropTo(row) {
        this.head = Math.min(Math.max(row, this.head), this.end);
        if (this.head === this.end) {
            this.moved += this.head;
            this.head = 0;
            this.end = 0;
        }
    }

    /**
     * Moves the rows to the front when half is free, else doubles: either way a push costs constant time on average.
     */
    makeRoom() {
        const grow = this.head < this.capacity / 2;
        const capacity = grow ? this.capacity * 2 : this.capacity;
        for (const [name, Kind] of Object.entries(this.shape)) {
            const target = grow ? new Kind(capacity) : this.columns[name];
            target.set(this.columns[name].subarray(this.head, this.end));
            this.columns[name] = target;
        }
        this.capacity = capacity;
        this.moved += this.head;
        this.end -= this.head;
        this.head = 0;
    }

    /**
     * First row from `start` on whose value in the ascending column is at least `value`. It gallops, so that the
     * next pixel's row,
     * a few rows on, is found in a few steps.
     * @param {string} name @param {number} value @param {number} [start]
     */
    lowerBound(name, value, start = this.head) {
        const column = this.columns[name];
        let low = Math.max(start, this.head);
        let step = 1;
        while (low + step <= this.end && column[low + step - 1] < value) {
            low += step;
            step *= 2;
        }
        let high = Math.min(low + step - 1, this.end);
        while (low < high) {
            const middle = (low + high) >>> 1;
            if (column[middle] < value) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
