/**
 * A machine that runs small lock-free algorithms under a schedule, and records what an engine would record.
 *
 * It keeps its own memory and its own idea of who can reach what (by walking, not by counting), so that its
 * `snapshot()` is an oracle for the fold.
 */

import { createLayout, encodeInteger, isObject } from "../../static/js/layout.js";
import { layoutDescription } from "./harness.js";

export const layout = createLayout(layoutDescription());
export const K = layout.kinds;
const FIRST_NODE = 64;
const NODE_TYPE = 1;

export class Machine {
    /**
     * @param {object} options  `roots` by name, `operations`, number of `lanes`, `stepNs` between two records; `walks`
     *     false for long runs of which no exact snapshot is taken
     */
    constructor({ roots, operations, lanes = 4, firstSequence = 0, stepNs = 250_000_000, walks = true }) {
        this.stepNs = stepNs;
        this.walks = walks;
        this.records = [];
        this.sequence = firstSequence;
        this.time = 0;
        this.sites = new Map();
        this.names = {
            type: "names",
            from: 0,
            sites: [],
            types: [{ id: NODE_TYPE, name: "Node", fields: ["next"] }],
            values: [],
            cells: Object.keys(roots).map((name, index) => ({
                id: index + 1,
                name,
                kind: roots[name].kind ?? "reference",
            })),
            operations: operations.map((operation, id) => ({
                id,
                items: 1,
                effect: "head",
                takes_value: false,
                ...operation,
            })),
        };
        this.roots = new Map(this.names.cells.map(({ name, id }) => [name, id]));
        this.cells = new Map();
        this.locks = new Map();
        for (const { name, id, kind } of this.names.cells) {
            kind === "lock"
                ? this.locks.set(id, { cell: id, holder: -1, waiters: [] })
                : this.cells.set(id, roots[name].value ?? 0);
        }
        this.nodes = new Map();
        this.nextNode = FIRST_NODE;
        this.nextCell = 40;
        this.lanes = Array.from({ length: lanes }, (_, lane) => ({
            lane,
            status: "idle",
            operation: -1,
            argument: 0,
            number: 0,
            attempts: 0,
            losses: 0,
            site: 0,
            locals: {},
        }));
    }

    root(name) {
        return this.roots.get(name);
    }

    /** The id of a site, made on first use. */
    site(fn, access, expression, target = null, decisive = true) {
        const key = [fn, access, expression, target, decisive].join();
        if (!this.sites.has(key)) {
            const id = this.sites.size + 1;
            this.sites.set(key, id);
            this.names.sites.push({ id, file: "x.py", line: id, function: fn, access, expression, target, decisive });
        }
        return this.sites.get(key);
    }

    emit(lane, kind, { site = 0, cell = 0, before = 0, after = 0, aux = 0 } = {}) {
        const record = {
            position: this.records.length,
            sequence: this.sequence,
            time: this.time,
            lane,
            kind,
            site,
            cell,
            before,
            after,
            aux,
        };
        this.records.push(record);
        this.sequence += 1;
        this.time += this.stepNs;
        const state = this.lanes[lane];
        if (site) {
            state.site = site;
        }
        if (state.status === "delay" || state.status === "backoff") {
            state.status = state.operation < 0 ? "idle" : "running";
        }
        return record;
    }

    bind(lane, target, value, cell) {
        if (target) {
            this.lanes[lane].locals[target] = { value, cell };
        }
    }

    load(lane, cell, target, fn = "f", expression = "cell") {
        const value = this.cells.get(cell);
        this.emit(lane, K.LOAD, { site: this.site(fn, "load", expression, target), cell, before: value, after: value });
        this.bind(lane, target, value, cell);
        return value;
    }

    store(lane, cell, value, fn = "f", expression = "cell") {
        const before = this.cells.get(cell);
        this.cells.set(cell, value);
        this.emit(lane, K.STORE, { site: this.site(fn, "store", expression), cell, before, after: value });
        this.walk();
    }

    exchange(lane, cell, value, target = null) {
        const before = this.cells.get(cell);
        this.cells.set(cell, value);
        this.emit(lane, K.EXCHANGE, {
            site: this.site("f", "get_and_set", "cell", target),
            cell,
            before,
            after: value,
        });
        this.bind(lane, target, before, 0);
        this.walk();
    }

    cas(lane, cell, expected, wanted, { decisive = true, fn = "f", expression = "cell" } = {}) {
        const seen = this.cells.get(cell);
        const site = this.site(fn, "compare_and_swap", expression, null, decisive);
        const state = this.lanes[lane];
        state.attempts += decisive ? 1 : 0;
        if (seen !== expected) {
            state.losses += decisive ? 1 : 0;
            this.emit(lane, K.CAS_LOST, { site, cell, before: seen, after: wanted, aux: expected });
            return false;
        }
        this.cells.set(cell, wanted);
        this.emit(lane, K.CAS_WON, { site, cell, before: seen, after: wanted });
        this.walk();
        return true;
    }

    allocate(lane, value, target = "node", fn = "f") {
        const id = this.nextNode++;
        const cell = this.nextCell++;
        this.cells.set(cell, 0);
        this.nodes.set(id, {
            id,
            type: NODE_TYPE,
            value,
            first: cell,
            cells: [cell],
            owner: lane,
            published: false,
            removed: false,
        });
        this.emit(lane, K.ALLOCATE, {
            site: this.site(fn, "allocate", "Node", target),
            cell: id,
            before: cell,
            after: value,
            aux: NODE_TYPE,
        });
        this.bind(lane, target ?? "(new)", id, 0);
        return id;
    }

    /** The cell `next` of a node. */
    next(node) {
        return this.nodes.get(node).first;
    }

    begin(lane, operation, argument = 0) {
        const state = this.lanes[lane];
        state.number += 1;
        Object.assign(state, { operation, argument, attempts: 0, losses: 0, site: 0, locals: {}, status: "running" });
        this.emit(lane, K.BEGIN, { cell: operation, after: argument, aux: state.number });
    }

    end(lane, result = 0, outcome = 0) {
        const state = this.lanes[lane];
        this.emit(lane, K.END, { cell: state.operation, before: state.attempts, after: result, aux: outcome });
        Object.assign(state, { operation: -1, locals: {}, status: "idle" });
        this.walk();
    }

    /** Tries to take a lock; false where the lane has to wait. */
    lock(lane, cell) {
        const lock = this.locks.get(cell);
        if (lock.holder >= 0) {
            if (!lock.waiters.includes(lane)) {
                this.emit(lane, K.LOCK_WAIT, { cell, before: lock.holder });
                lock.waiters.push(lane);
                this.lanes[lane].status = "waiting";
            }
            return false;
        }
        this.emit(lane, K.LOCK_ACQUIRED, { cell });
        lock.holder = lane;
        lock.waiters = lock.waiters.filter((waiter) => waiter !== lane);
        this.lanes[lane].status = "running";
        return true;
    }

    unlock(lane, cell) {
        this.emit(lane, K.LOCK_RELEASED, { cell });
        this.locks.get(cell).holder = -1;
    }

    /** A record that only changes the lane's status. */
    mark(lane, kind, status, fields = {}) {
        this.emit(lane, kind, fields);
        this.lanes[lane].status = status;
    }

    /** The lane joins the run. */
    start(lane) {
        this.mark(lane, K.STARTED, "idle");
        Object.assign(this.lanes[lane], { operation: -1, locals: {} });
        this.walk();
    }

    /** The operation raises: the lane stops for good. */
    fault(lane, message) {
        const id = 2 ** 20 + this.names.values.length;
        this.names.values.push({ id, text: JSON.stringify(message) });
        this.mark(lane, K.FAULT, "raised", { cell: id });
        this.lanes[lane].locals = {};
        this.walk();
    }

    reachableFrom(values) {
        const seen = new Set();
        const pending = [...values];
        while (pending.length > 0) {
            const id = pending.pop();
            if (isObject(id) && this.nodes.has(id) && !seen.has(id)) {
                seen.add(id);
                pending.push(...this.nodes.get(id).cells.map((cell) => this.cells.get(cell)));
            }
        }
        return seen;
    }

    /** Publishes, removes and forgets nodes by walking from the roots and from the locals. */
    walk() {
        if (!this.walks) {
            return;
        }
        const live = this.reachableFrom(this.names.cells.map(({ id }) => this.cells.get(id) ?? 0));
        const held = this.reachableFrom(
            this.lanes.flatMap(({ locals }) => Object.values(locals).map(({ value }) => value)),
        );
        for (const node of this.nodes.values()) {
            if (live.has(node.id)) {
                Object.assign(node, { published: true, removed: false, owner: -1 });
            } else if (held.has(node.id)) {
                node.removed = node.published;
            } else {
                this.nodes.delete(node.id);
                node.cells.forEach((cell) => this.cells.delete(cell));
            }
        }
    }

    snapshot(reason = "request") {
        this.walk();
        return structuredClone({
            type: "snapshot",
            sequence: this.sequence - 1,
            time: this.records.at(-1)?.time ?? 0,
            reason,
            cells: this.names.cells
                .filter(({ kind }) => kind !== "lock")
                .map(({ id }) => ({ id, value: this.cells.get(id) })),
            nodes: [...this.nodes.values()].map((node) => ({
                ...node,
                cells: node.cells.map((cell) => this.cells.get(cell)),
            })),
            locks: [...this.locks.values()],
            lanes: this.lanes,
        });
    }

    /** Records from index `from` on, as bytes. */
    bytes(from = 0, to = this.records.length) {
        return encodeRecords(this.records.slice(from, to));
    }
}

/** Records as an engine packs them. */
export function encodeRecords(records) {
    const bytes = new Uint8Array(records.length * layout.bytes);
    const view = new DataView(bytes.buffer);
    const { fields } = layout.description;
    records.forEach((record, index) => {
        const base = index * layout.bytes;
        view.setBigUint64(base + fields.time.offset, BigInt(record.time), true);
        for (const name of ["sequence", "cell", "before", "after", "aux"]) {
            view.setUint32(base + fields[name].offset, record[name] >>> 0, true);
        }
        view.setUint16(base + fields.site.offset, record.site, true);
        view.setUint8(base + fields.lane.offset, record.lane);
        view.setUint8(base + fields.kind.offset, record.kind);
    });
    return bytes;
}

export const int = encodeInteger;
