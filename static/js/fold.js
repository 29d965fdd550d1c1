/**
 * From records to states: `Fold.apply` takes one record into a state, `Fold.applySpan` many, straight from their bytes.
 *
 * The fold trusts records over its own state, so that after lost records it comes right again as cells are touched. It
 * allocates nothing for a record but what the record itself brings into being (a node, a local, a lock).
 */

import { addNode, bind, keep, letGo, setValue, unbind, unbindAll, UNNAMED } from "./references.js";
import { laneOf } from "./state.js";

/**
 * @typedef {object} Watch
 * @property {Uint8Array} kinds  by kind: 1 for those it wants to see
 * @property {(state, position, lane, kind, site, cell, before, after) => void} see
 */

const NO_SITE = Object.freeze({ target: null, decisive: true });

/** The status of a lane that begins to run again, by what it was about. */
function resumedStatus(state, lane) {
    for (const lock of state.locks.values()) {
        if (lock.waiters.includes(lane.lane)) {
            return "waiting";
        }
    }
    return lane.operation < 0 ? "idle" : "running";
}

export class Fold {
    /**
     * @param {import("./layout.js").Layout} layout
     * @param {import("./names.js").Names} names
     */
    constructor(layout, names) {
        this.layout = layout;
        this.names = names;
        this._handlers = this._bindHandlers(layout.kinds);
    }

    /**
     * Take one record into the state.
     * @param {import("./state.js").State} state
     * @param {import("./history.js").Record} record
     */
    apply(state, record) {
        this._step(
            state,
            record.position,
            record.sequence,
            record.time,
            record.lane,
            record.kind,
            record.site,
            record.cell,
            record.before,
            record.after,
            record.aux,
        );
        state.last = record;
    }

    /**
     * Take `count` records into the state.
     * @param {import("./state.js").State} state
     * @param {import("./history.js").Chunk} chunk
     * @param {number} index  of the first record in the chunk
     * @param {number} count
     * @param {number} position  of the first record
     * @param {null | Watch} watch  is shown each record *before* it is taken in
     */
    applySpan(state, chunk, index, count, position, watch = null) {
        const { bytes: size, words: stride, at } = this.layout;
        const { bytes, halves, words } = chunk;
        const kinds = watch === null ? null : watch.kinds;
        for (let done = 0; done < count; done += 1) {
            const record = index + done;
            const base = record * stride;
            const kind = bytes[record * size + at.kind];
            const lane = bytes[record * size + at.lane];
            const site = halves[base * 2 + at.site];
            const cell = words[base + at.cell];
            const before = words[base + at.before];
            const after = words[base + at.after];
            if (kinds !== null && kinds[kind] === 1) {
                watch.see(state, position + done, lane, kind, site, cell, before, after);
            }
            const sequence = state.sequence + ((words[base + at.sequence] - state.sequence) >>> 0);
            const time = words[base + at.time] + words[base + at.timeHigh] * 4294967296;
            this._step(
                state,
                position + done,
                sequence,
                time,
                lane,
                kind,
                site,
                cell,
                before,
                after,
                words[base + at.aux],
            );
        }
    }

    _step(state, position, sequence, time, laneNumber, kind, site, cell, before, after, aux) {
        state.position = position;
        state.sequence = sequence;
        state.time = time;
        state.accesses += this.layout.isAccess[kind];
        const handler = this._handlers[kind];
        if (handler === undefined) {
            if (kind === this.layout.kinds.LOST) {
                this._lost(state, before, after, aux);
            }
            return;
        }
        const lane = laneNumber < state.lanes.length ? state.lanes[laneNumber] : laneOf(state, laneNumber);
        lane.last = position;
        if (site !== 0) {
            lane.site = site;
        }
        if (lane.kept !== 0 && kind !== this.layout.kinds.STORE) {
            letGo(state, lane);
        }
        if (lane.status === "delay" || lane.status === "backoff") {
            lane.status = lane.operation < 0 ? "idle" : "running";
            lane.delayed = 0;
        }
        handler(state, lane, cell, before, after, aux, site);
    }

    _bindHandlers(kinds) {
        const handlers = new Array(256).fill(undefined);
        const methods = {
            BEGIN: this._begin,
            END: this._end,
            LOAD: this._load,
            STORE: this._store,
            EXCHANGE: this._exchange,
            CAS_WON: this._casWon,
            CAS_LOST: this._casLost,
            LOCAL: this._local,
            ALLOCATE: this._allocate,
            REUSE: this._reuse,
            RETIRE: this._retire,
            FREE: this._free,
            LOCK_WAIT: this._lockWait,
            LOCK_ACQUIRED: this._lockAcquired,
            LOCK_RELEASED: this._lockReleased,
            BACKOFF: this._backoff,
            DELAY: this._delay,
            FROZEN: this._frozen,
            THAWED: this._thawed,
            KILLED: this._killed,
            FAULT: this._fault,
            WIDE: this._wide,
            STARTED: this._started,
            STOPPED: this._stopped,
        };
        for (const [name, method] of Object.entries(methods)) {
            handlers[kinds[name]] = method.bind(this);
        }
        return handlers;
    }

    _begin(state, lane, operation, _before, argument, number) {
        unbindAll(state, lane);
        lane.operation = operation;
        lane.argument = argument;
        lane.number = number;
        lane.attempts = 0;
        lane.losses = 0;
        lane.site = 0;
        lane.status = "running";
    }

    _end(state, lane) {
        unbindAll(state, lane);
        lane.operation = -1;
        lane.status = "idle";
        lane.counts.operations += 1;
        state.counts.operations += 1;
    }

    /**
     * The cell with that id; a root cell comes into being here, that of an unknown node (lost records) stays unknown.
     */
    _cell(state, id) {
        let cell = state.cells.get(id);
        if (cell === undefined && this.names.cell(id) !== null) {
            cell = { id, node: 0, value: 0, version: 0, writer: -1, sequence: -1, tag: -1 };
            state.cells.set(id, cell);
        }
        return cell;
    }

    _site(site) {
        return this.names.sites[site] ?? NO_SITE;
    }

    _bindResult(state, lane, site, value, id, cell) {
        const { target } = this._site(site);
        if (target !== null && target !== undefined) {
            bind(state, lane, target, value, id, cell === undefined ? 0 : cell.version, state.sequence);
        }
    }

    _load(state, lane, id, _before, value, _aux, site) {
        const cell = this._cell(state, id);
        if (cell !== undefined && cell.value !== value) {
            setValue(state, cell, value);
        }
        this._bindResult(state, lane, site, value, id, cell);
    }

    _write(state, lane, id, value) {
        const cell = this._cell(state, id);
        if (cell !== undefined) {
            setValue(state, cell, value);
            cell.writer = lane.lane;
            cell.sequence = state.sequence;
        }
        return cell;
    }

    _store(state, lane, id, _before, value) {
        this._write(state, lane, id, value);
    }

    _exchange(state, lane, id, before, value, _aux, site) {
        const cell = this._write(state, lane, id, value);
        this._bindResult(state, lane, site, before, 0, cell);
    }

    _casWon(state, lane, id, _before, value, _aux, site) {
        this._write(state, lane, id, value);
        if (this._site(site).decisive === false) {
            lane.counts.help += 1;
            lane.counts.helpWon += 1;
            state.counts.help += 1;
            state.counts.helpWon += 1;
            return;
        }
        lane.attempts += 1;
        lane.streak = 0;
        lane.counts.attempts += 1;
        lane.counts.wins += 1;
        state.counts.attempts += 1;
        state.counts.wins += 1;
        if (lane.losses > 0) {
            state.incidents += 1;
            state.incidentAt = state.position;
        }
    }

    _casLost(state, lane, id, seen, _wanted, _expected, site) {
        const cell = this._cell(state, id);
        if (cell !== undefined && cell.value !== seen) {
            setValue(state, cell, seen);
        }
        if (this._site(site).decisive === false) {
            lane.counts.help += 1;
            state.counts.help += 1;
            return;
        }
        lane.attempts += 1;
        lane.losses += 1;
        lane.streak += 1;
        lane.counts.attempts += 1;
        lane.counts.losses += 1;
        lane.counts.longestStreak = Math.max(lane.counts.longestStreak, lane.streak);
        state.counts.attempts += 1;
        state.counts.losses += 1;
        state.counts.longestStreak = Math.max(state.counts.longestStreak, lane.streak);
    }

    _local(state, lane, name, id, value, gone) {
        const text = this.names.bareText(name);
        if (gone !== 0) {
            unbind(state, lane, text);
            return;
        }
        const cell = id === 0 ? undefined : this._cell(state, id);
        bind(state, lane, text, value, id, cell === undefined ? 0 : cell.version, state.sequence);
    }

    _allocate(state, lane, id, first, value, type, site) {
        const { fields = [], pooled = false } = this.names.type(type) ?? {};
        addNode(state, {
            id,
            type,
            value,
            first,
            fields: fields.length,
            owner: lane.lane,
            sequence: state.sequence,
            pooled,
        });
        this._bindNew(state, lane, site, id);
    }

    /** The new node may refer to what its local held before; the stores that follow will tell. */
    _bindNew(state, lane, site, id) {
        const name = this._site(site).target ?? UNNAMED;
        keep(state, lane, name);
        bind(state, lane, name, id, 0, 0, state.sequence);
    }

    _reuse(state, lane, id, generation, value, type, site) {
        const node = addNode(state, {
            id,
            type,
            value,
            first: 0,
            fields: 0,
            owner: lane.lane,
            sequence: state.sequence,
        });
        node.generation = generation;
        if (node.links === 0) {
            Object.assign(node, { owner: lane.lane, published: false, removed: false });
        }
        this._bindNew(state, lane, site, id);
    }

    _retire(state, lane, id) {
        const node = state.nodes.get(id);
        if (node !== undefined) {
            node.retired = lane.lane;
        }
    }

    _free(state, _lane, id) {
        const node = state.nodes.get(id);
        if (node !== undefined) {
            node.freed = true;
            node.retired = -1;
        }
    }

    /** The version beside the value that the record before it told. */
    _wide(state, _lane, id, _before, after) {
        const cell = state.cells.get(id);
        if (cell !== undefined) {
            cell.tag = after;
        }
    }

    _lock(state, cell) {
        let lock = state.locks.get(cell);
        if (lock === undefined) {
            lock = { cell, holder: -1, waiters: [] };
            state.locks.set(cell, lock);
        }
        return lock;
    }

    _lockWait(state, lane, cell, holder) {
        const lock = this._lock(state, cell);
        if (!lock.waiters.includes(lane.lane)) {
            lock.waiters.push(lane.lane);
        }
        if (lock.holder < 0 && holder < this.layout.maxLanes) {
            lock.holder = holder;
        }
        lane.status = "waiting";
    }

    _lockAcquired(state, lane, cell) {
        const lock = this._lock(state, cell);
        lock.holder = lane.lane;
        lock.waiters = lock.waiters.filter((waiter) => waiter !== lane.lane);
        lane.status = "running";
    }

    _lockReleased(state, _lane, cell) {
        this._lock(state, cell).holder = -1;
    }

    _backoff(_state, lane, _cell, _losses, microseconds) {
        lane.status = "backoff";
        lane.delayed = microseconds;
    }

    _delay(_state, lane, _cell, _kind, microseconds) {
        lane.status = "delay";
        lane.delayed = microseconds;
    }

    _frozen(_state, lane, _cell, _before, _after, position) {
        lane.status = "frozen";
        lane.position = position;
    }

    _thawed(state, lane) {
        lane.status = resumedStatus(state, lane);
        lane.position = -1;
    }

    _killed(_state, lane, _cell, _before, _after, position) {
        lane.status = "killed";
        lane.position = position;
    }

    /**
     * The frame has unwound, and its locals with it; which operation raised stays known. After a fault of the simulated
     * heap (`goesOn`) the thread goes on, as it would in C.
     */
    _fault(state, lane, _message, _node, _after, goesOn) {
        if (goesOn !== 0) {
            return;
        }
        unbindAll(state, lane);
        lane.status = "raised";
    }

    _started(state, lane) {
        unbindAll(state, lane);
        Object.assign(lane, { status: "idle", operation: -1, position: -1, streak: 0 });
    }

    _stopped(state, lane) {
        unbindAll(state, lane);
        Object.assign(lane, { status: "stopped", operation: -1 });
    }

    /**
     * A ring was full: the records from `first` to `last` are missing, and nothing is certain until the next snapshot.
     */
    _lost(state, first, last, count) {
        state.sequence += (last - first) >>> 0;
        state.dubious += count;
    }
}
