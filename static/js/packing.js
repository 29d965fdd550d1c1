/**
 * A state as one array of numbers: keyframes are kept so, and copies made.
 */

import { COUNTS, emptyCounts, emptyState } from "./state.js";

/** An independent copy. @param {State} state @returns {State} */
export function clone(state) {
    return unpack(pack(state));
}

const STRINGS = [];
const STRING_NUMBERS = new Map();

/** Statuses and names of locals are few and recur: a table that only grows keeps packed states numeric. */
function numberOf(text) {
    let number = STRING_NUMBERS.get(text);
    if (number === undefined) {
        number = STRINGS.length;
        STRINGS.push(text);
        STRING_NUMBERS.set(text, number);
    }
    return number;
}

const FLAG_PUBLISHED = 1;
const FLAG_REMOVED = 2;
const FLAG_FREED = 4;
const FLAG_POOLED = 8;

/**
 * A state as one array of numbers (about 60 bytes a cell, 80 a node). `last` travels beside it, as it is never mutated.
 * @param {State} state
 * @returns {{numbers: Float64Array, last: object | null}}
 */
export function pack(state) {
    const out = [
        state.position,
        state.sequence,
        state.time,
        state.accesses,
        state.live,
        state.incidents,
        state.incidentAt,
        state.dubious,
    ];
    packCounts(out, state.counts);
    out.push(state.cells.size);
    for (const cell of state.cells.values()) {
        out.push(cell.id, cell.node, cell.value, cell.version, cell.writer, cell.sequence, cell.tag);
    }
    out.push(state.nodes.size);
    for (const node of state.nodes.values()) {
        packNode(out, node);
    }
    out.push(state.locks.size);
    for (const lock of state.locks.values()) {
        out.push(lock.cell, lock.holder, lock.waiters.length, ...lock.waiters);
    }
    out.push(state.lanes.length);
    for (const lane of state.lanes) {
        packLane(out, lane);
    }
    return { numbers: Float64Array.from(out), last: state.last };
}

function packCounts(out, counts) {
    for (const name of COUNTS) {
        out.push(counts[name]);
    }
}

function packNode(out, node) {
    const flags =
        (node.published ? FLAG_PUBLISHED : 0) |
        (node.removed ? FLAG_REMOVED : 0) |
        (node.freed ? FLAG_FREED : 0) |
        (node.pooled ? FLAG_POOLED : 0);
    out.push(
        node.id,
        node.type,
        node.value,
        node.owner,
        flags,
        node.allocated,
        node.retired,
        node.generation,
        node.links,
        node.uses,
        node.cells.length,
        ...node.cells,
    );
}

function packLane(out, lane) {
    out.push(
        lane.lane,
        numberOf(lane.status),
        lane.position,
        lane.operation,
        lane.argument,
        lane.number,
        lane.attempts,
        lane.losses,
        lane.streak,
        lane.site,
        lane.last,
        lane.delayed,
        lane.kept,
    );
    packCounts(out, lane.counts);
    out.push(lane.locals.size);
    for (const local of lane.locals.values()) {
        out.push(numberOf(local.name), local.value, local.cell, local.version, local.sequence);
    }
}

class Unpacker {
    constructor(numbers) {
        this.numbers = numbers;
        this.at = 0;
    }

    next() {
        return this.numbers[this.at++];
    }

    list() {
        return Array.from({ length: this.next() }, () => this.next());
    }

    counts() {
        const counts = emptyCounts();
        for (const name of COUNTS) {
            counts[name] = this.next();
        }
        return counts;
    }

    cell() {
        return {
            id: this.next(),
            node: this.next(),
            value: this.next(),
            version: this.next(),
            writer: this.next(),
            sequence: this.next(),
            tag: this.next(),
        };
    }

    node() {
        const id = this.next();
        const type = this.next();
        const value = this.next();
        const owner = this.next();
        const flags = this.next();
        const allocated = this.next();
        const retired = this.next();
        const generation = this.next();
        const links = this.next();
        const uses = this.next();
        return {
            id,
            type,
            value,
            cells: this.list(),
            owner,
            published: (flags & FLAG_PUBLISHED) !== 0,
            removed: (flags & FLAG_REMOVED) !== 0,
            freed: (flags & FLAG_FREED) !== 0,
            pooled: (flags & FLAG_POOLED) !== 0,
            allocated,
            retired,
            generation,
            links,
            uses,
        };
    }

    lock() {
        return { cell: this.next(), holder: this.next(), waiters: this.list() };
    }

    lane() {
        const lane = {
            lane: this.next(),
            status: STRINGS[this.next()],
            position: this.next(),
            operation: this.next(),
            argument: this.next(),
            number: this.next(),
            attempts: this.next(),
            losses: this.next(),
            streak: this.next(),
            site: this.next(),
            last: this.next(),
            delayed: this.next(),
            kept: this.next(),
            locals: new Map(),
            counts: this.counts(),
        };
        for (let left = this.next(); left > 0; left -= 1) {
            const name = STRINGS[this.next()];
            lane.locals.set(name, {
                name,
                value: this.next(),
                cell: this.next(),
                version: this.next(),
                sequence: this.next(),
            });
        }
        return lane;
    }
}

/** The state that `pack` was given; independent of it. @returns {State} */
export function unpack({ numbers, last }) {
    const from = new Unpacker(numbers);
    const state = emptyState();
    for (const field of ["position", "sequence", "time", "accesses", "live", "incidents", "incidentAt", "dubious"]) {
        state[field] = from.next();
    }
    state.counts = from.counts();
    readMap(from, state.cells, "cell", "id");
    readMap(from, state.nodes, "node", "id");
    readMap(from, state.locks, "lock", "cell");
    state.lanes = Array.from({ length: from.next() }, () => from.lane());
    state.last = last;
    return state;
}

function readMap(from, map, read, key) {
    for (let left = from.next(); left > 0; left -= 1) {
        const item = from[read]();
        map.set(item[key], item);
    }
}
