/**
 * The built-in algorithms as generators that yield before each shared access, and a random schedule of them.
 */

import { int, K, Machine } from "./machine.js";

const PUSH = 0;
const POP = 1;

function* push(m, lane, value) {
    m.begin(lane, PUSH, int(value));
    const head = m.root("head");
    const node = m.allocate(lane, int(value), "node", "push");
    for (;;) {
        yield;
        const old = m.load(lane, head, "old_head", "push", "self._head");
        yield;
        m.store(lane, m.next(node), old, "push", "node.next");
        yield;
        if (m.cas(lane, head, old, node, { fn: "push", expression: "self._head" })) {
            break;
        }
        m.mark(lane, K.BACKOFF, "backoff", { before: 1, after: 50 });
    }
    yield;
    m.end(lane);
}

function* pop(m, lane) {
    m.begin(lane, POP);
    const head = m.root("head");
    for (;;) {
        yield;
        const old = m.load(lane, head, "old_head", "pop", "self._head");
        if (old === 0) {
            m.end(lane, 0, 1);
            return;
        }
        yield;
        const next = m.load(lane, m.next(old), "new_head", "pop", "old_head.next");
        yield;
        if (m.cas(lane, head, old, next, { fn: "pop", expression: "self._head" })) {
            const { value } = m.nodes.get(old) ?? { value: 0 };
            yield;
            m.end(lane, value);
            return;
        }
    }
}

function* enqueue(m, lane, value) {
    m.begin(lane, PUSH, int(value));
    const tailCell = m.root("tail");
    const node = m.allocate(lane, int(value), "node", "enqueue");
    for (;;) {
        yield;
        const tail = m.load(lane, tailCell, "tail", "enqueue", "self._tail");
        yield;
        const next = m.load(lane, m.next(tail), "next_node", "enqueue", "tail.next");
        yield;
        if (tail !== m.load(lane, tailCell, null, "enqueue", "self._tail")) {
            continue;
        }
        yield;
        if (next !== 0) {
            m.cas(lane, tailCell, tail, next, { decisive: false, fn: "enqueue", expression: "self._tail" });
        } else if (m.cas(lane, m.next(tail), 0, node, { fn: "enqueue", expression: "tail.next" })) {
            yield;
            m.cas(lane, tailCell, tail, node, { decisive: false, fn: "enqueue", expression: "self._tail" });
            break;
        }
    }
    m.end(lane);
}

function* dequeue(m, lane) {
    m.begin(lane, POP);
    const [headCell, tailCell] = [m.root("head"), m.root("tail")];
    for (;;) {
        yield;
        const head = m.load(lane, headCell, "head", "dequeue", "self._head");
        yield;
        const tail = m.load(lane, tailCell, "tail", "dequeue", "self._tail");
        yield;
        const next = m.load(lane, m.next(head), "next_node", "dequeue", "head.next");
        yield;
        if (head !== m.load(lane, headCell, null, "dequeue", "self._head")) {
            continue;
        }
        yield;
        if (head === tail) {
            if (next === 0) {
                m.end(lane, 0, 1);
                return;
            }
            m.cas(lane, tailCell, tail, next, { decisive: false, fn: "dequeue", expression: "self._tail" });
        } else if (next === 0) {
            m.fault(lane, "AttributeError: 'NoneType' object has no attribute 'value'");
            return;
        } else if (m.cas(lane, headCell, head, next, { fn: "dequeue", expression: "self._head" })) {
            m.end(lane, 0);
            return;
        }
    }
}

function* storingEnqueue(m, lane, value) {
    m.begin(lane, PUSH, int(value));
    const node = m.allocate(lane, int(value), "node", "enqueue");
    yield;
    const tail = m.load(lane, m.root("tail"), "tail", "enqueue", "self._tail");
    yield;
    m.store(lane, m.next(tail), node, "enqueue", "tail.next");
    yield;
    m.cas(lane, m.root("tail"), tail, node, { decisive: false, fn: "enqueue", expression: "self._tail" });
    m.end(lane);
}

function* lockedIncrement(m, lane) {
    m.begin(lane, PUSH);
    const lock = m.root("lock");
    while (!m.lock(lane, lock)) {
        yield;
    }
    yield;
    const value = m.load(lane, m.root("value"), "value", "increment", "self._value");
    yield;
    m.store(lane, m.root("value"), int((value & 0x7fffffff) + 1), "increment", "self._value");
    yield;
    m.unlock(lane, lock);
    m.end(lane);
}

export function stackMachine(options = {}) {
    return new Machine({
        roots: { head: {} },
        ...options,
        operations: [
            { name: "push", takes_value: true },
            { name: "pop", items: -1 },
        ],
    });
}

export function queueMachine(options = {}) {
    const m = new Machine({
        roots: { head: {}, tail: {} },
        ...options,
        operations: [
            { name: "enqueue", takes_value: true, effect: "next" },
            { name: "dequeue", items: -1 },
        ],
    });
    addDummy(m);
    return m;
}

/** The dummy node of an empty queue, there before the first record. */
function addDummy(m) {
    const id = m.nextNode++;
    const first = m.nextCell++;
    m.cells.set(first, 0);
    m.nodes.set(id, { id, type: 1, value: 0, first, cells: [first], owner: -1, published: true, removed: false });
    m.cells.set(m.root("head"), id);
    m.cells.set(m.root("tail"), id);
}

export function counterMachine(options = {}) {
    return new Machine({
        roots: { value: { kind: "integer", value: int(0) }, lock: { kind: "lock" } },
        ...options,
        operations: [{ name: "increment", effect: "value" }],
    });
}

const PROGRAMS = {
    stack: { make: stackMachine, insert: push, remove: pop },
    queue: { make: queueMachine, insert: enqueue, remove: dequeue },
    storing: { make: queueMachine, insert: storingEnqueue, remove: dequeue },
    counter: { make: counterMachine, insert: lockedIncrement, remove: lockedIncrement },
};

/** A random run: each call of `step` advances one lane by one access, or freezes, thaws, kills or delays it. */
export class RandomRun {
    constructor(structure, random, options = {}) {
        this.program = PROGRAMS[structure];
        this.random = random;
        this.machine = this.program.make(options);
        this.insertShare = options.insertShare ?? 0.5;
        this.running = new Map();
    }

    step() {
        const m = this.machine;
        const lane = Math.floor(this.random() * m.lanes.length);
        const state = m.lanes[lane];
        if (state.status === "killed") {
            return;
        }
        if (state.status === "raised") {
            if (this.random() < 0.1) {
                m.start(lane);
                this.running.delete(lane);
            }
            return;
        }
        if (state.status === "frozen") {
            m.mark(lane, K.THAWED, state.operation < 0 ? "idle" : this._waits(lane) ? "waiting" : "running");
            return;
        }
        const chance = this.random();
        if (chance < 0.01) {
            m.mark(lane, K.FROZEN, "frozen", { aux: 1 });
        } else if (chance < 0.0105 && m.lanes.filter(({ status }) => status === "killed").length < 2) {
            m.mark(lane, K.KILLED, "killed", { aux: 0 });
        } else if (chance < 0.05 && !this._waits(lane)) {
            m.mark(lane, K.DELAY, "delay", { before: 1, after: 1000 });
        } else {
            this._advance(lane);
        }
    }

    _waits(lane) {
        return [...this.machine.locks.values()].some(({ waiters }) => waiters.includes(lane));
    }

    _advance(lane) {
        if (!this.running.has(lane)) {
            const { insert, remove } = this.program;
            const value = Math.floor(this.random() * 100);
            this.running.set(
                lane,
                this.random() < this.insertShare ? insert(this.machine, lane, value) : remove(this.machine, lane),
            );
        }
        if (this.running.get(lane).next().done) {
            this.running.delete(lane);
        }
    }
}
