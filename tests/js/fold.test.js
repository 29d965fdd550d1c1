import { Fold } from "../../static/js/fold.js";
import { fromSnapshot, toSnapshot } from "../../static/js/snapshots.js";
import { Names } from "../../static/js/names.js";
import { collect } from "../../static/js/references.js";
import { clone } from "../../static/js/packing.js";
import { localState } from "../../static/js/state.js";
import { counterMachine, queueMachine, RandomRun, stackMachine } from "./algorithms.js";
import { equal, ok, seeded, test } from "./harness.js";
import { int, K, layout } from "./machine.js";

/** Follows a machine: `catchUp()` folds what it has recorded since. */
class Follower {
    constructor(machine) {
        this.machine = machine;
        this.names = new Names();
        this.names.add(machine.names);
        this.fold = new Fold(layout, this.names);
        this.state = fromSnapshot(machine.snapshot("start"), this.names, machine.records.length - 1);
        this.seen = machine.records.length;
    }

    catchUp() {
        this.names.add(this.machine.names);
        for (; this.seen < this.machine.records.length; this.seen += 1) {
            this.fold.apply(this.state, this.machine.records[this.seen]);
        }
        return this.state;
    }

    cell(name) {
        return this.state.cells.get(this.machine.root(name));
    }
}

const sorted = (items, key) => [...items].sort((one, other) => one[key] - other[key]);

/** What a snapshot says, without the order of its lists. */
function canonical(message) {
    return {
        sequence: message.sequence,
        time: message.time,
        cells: sorted(message.cells, "id"),
        nodes: sorted(message.nodes, "id"),
        locks: sorted(message.locks, "cell").filter(({ holder, waiters }) => holder >= 0 || waiters.length > 0),
        lanes: message.lanes,
    };
}

for (const structure of ["stack", "queue", "storing", "counter"]) {
    test(`a fold arrives where the machine is: ${structure}`, () => {
        for (let seed = 1; seed <= 20; seed += 1) {
            const random = seeded(seed);
            const run = new RandomRun(structure, random, { lanes: 2 + (seed % 4) });
            const follower = new Follower(run.machine);
            for (let step = 0; step < 300; step += 1) {
                run.step();
                if (step % 7 === 0) {
                    const state = follower.catchUp();
                    equal(
                        canonical(toSnapshot(state)),
                        canonical(run.machine.snapshot()),
                        `seed ${seed}, step ${step}`,
                    );
                }
            }
        }
    });

    test(`collecting changes nothing where nothing is missing: ${structure}`, () => {
        const run = new RandomRun(structure, seeded(3), { lanes: 4 });
        const follower = new Follower(run.machine);
        for (let step = 0; step < 500; step += 1) {
            run.step();
            const before = clone(follower.catchUp());
            collect(follower.state);
            equal(follower.state, before, `step ${step}`);
        }
    });
}

test("a push that loses its CAS and retries", () => {
    const m = stackMachine({ lanes: 2 });
    const head = m.root("head");
    const follower = new Follower(m);
    m.begin(1, 0, int(8));
    const mine = m.allocate(1, int(8));
    m.load(1, head, "old_head");
    m.store(1, m.next(mine), 0);
    equal(follower.catchUp().nodes.get(mine), {
        id: mine,
        type: 1,
        value: int(8),
        cells: [m.next(mine)],
        owner: 1,
        published: false,
        removed: false,
        freed: false,
        retired: -1,
        generation: 0,
        pooled: false,
        allocated: 1,
        links: 0,
        uses: 1,
    });
    m.begin(0, 0, int(17));
    const theirs = m.allocate(0, int(17));
    m.load(0, head, "old_head");
    ok(m.cas(0, head, 0, theirs));
    const { lanes } = follower.catchUp();
    equal(follower.cell("head").writer, 0);
    equal(localState(follower.state, lanes[1].locals.get("old_head")), "stale");
    equal(follower.state.nodes.get(theirs).published, true);
    ok(!m.cas(1, head, 0, mine));
    follower.catchUp();
    equal([lanes[1].attempts, lanes[1].losses, lanes[1].streak], [1, 1, 1]);
    m.mark(1, K.BACKOFF, "backoff", { before: 1, after: 70 });
    equal([follower.catchUp().lanes[1].status, lanes[1].delayed], ["backoff", 70]);
    m.load(1, head, "old_head");
    equal([follower.catchUp().lanes[1].status, lanes[1].delayed], ["running", 0]);
    m.store(1, m.next(mine), theirs);
    ok(m.cas(1, head, theirs, mine));
    follower.catchUp();
    equal([lanes[1].attempts, lanes[1].losses, lanes[1].streak], [2, 1, 0]);
    equal([follower.state.incidents, follower.state.incidentAt], [1, m.records.length - 1]);
    m.end(1);
    follower.catchUp();
    equal(lanes[1].counts, { operations: 1, attempts: 2, wins: 1, losses: 1, help: 0, helpWon: 0, longestStreak: 1 });
    equal(follower.state.counts, {
        operations: 1,
        attempts: 3,
        wins: 2,
        losses: 1,
        help: 0,
        helpWon: 0,
        longestStreak: 1,
    });
    equal([lanes[1].operation, lanes[1].locals.size, lanes[1].status], [-1, 0, "idle"]);
    equal([follower.cell("head").value, follower.cell("head").version, follower.state.live], [mine, 2, 2]);
});

test("a popped node is removed while somebody holds it, and gone afterwards", () => {
    const m = stackMachine({ lanes: 2 });
    const head = m.root("head");
    m.begin(0, 0, int(1));
    const node = m.allocate(0, int(1));
    m.cas(0, head, 0, node);
    m.end(0);
    const follower = new Follower(m);
    m.begin(1, 1);
    m.load(1, head, "old_head");
    m.begin(0, 1);
    m.load(0, head, "old_head");
    m.cas(0, head, node, 0);
    m.end(0);
    const held = follower.catchUp().nodes.get(node);
    equal([held.published, held.removed, held.uses, follower.state.live], [true, true, 1, 0]);
    ok(!m.cas(1, head, node, 0));
    m.end(1);
    follower.catchUp();
    equal([follower.state.nodes.size, follower.state.cells.size], [0, 1]);
});

test("ABA: the same value again is told from the value unchanged", () => {
    const m = stackMachine({ lanes: 2 });
    const head = m.root("head");
    const follower = new Follower(m);
    m.begin(0, 0);
    const a = m.allocate(0, int(1), "a");
    const b = m.allocate(0, int(2), "b");
    m.cas(0, head, 0, a);
    m.begin(1, 1);
    m.load(1, head, "old_head");
    const { locals } = follower.catchUp().lanes[1];
    equal(localState(follower.state, locals.get("old_head")), "fresh");
    m.cas(0, head, a, b);
    follower.catchUp();
    equal(localState(follower.state, locals.get("old_head")), "stale");
    m.cas(0, head, b, a);
    follower.catchUp();
    equal(localState(follower.state, locals.get("old_head")), "aba");
    equal(localState(follower.state, { name: "x", value: 5, cell: 0, version: 0, sequence: 0 }), "fresh");
});

test("a half-done enqueue and the one who helps it", () => {
    const m = queueMachine({ lanes: 2 });
    const [head, tail] = [m.root("head"), m.root("tail")];
    const dummy = m.cells.get(head);
    const follower = new Follower(m);
    m.begin(0, 0, int(5));
    const node = m.allocate(0, int(5));
    m.cas(0, m.next(dummy), 0, node);
    const { nodes, cells, lanes } = follower.catchUp();
    equal([nodes.get(node).published, nodes.get(node).owner, cells.get(tail).value], [true, -1, dummy]);
    m.begin(1, 1);
    ok(m.cas(1, tail, dummy, node, { decisive: false }));
    ok(!m.cas(0, tail, dummy, node, { decisive: false }));
    follower.catchUp();
    equal([lanes[1].counts.help, lanes[1].counts.helpWon, lanes[1].attempts], [1, 1, 0]);
    equal([lanes[0].counts.help, lanes[0].counts.helpWon, lanes[0].losses, lanes[0].streak], [1, 0, 0, 0]);
    equal(cells.get(tail).writer, 1);
});

test("a store over a link detaches what hung on it", () => {
    const m = queueMachine({ lanes: 2 });
    const dummy = m.cells.get(m.root("head"));
    const follower = new Follower(m);
    m.begin(0, 0, int(1));
    const first = m.allocate(0, int(1));
    m.begin(1, 0, int(2));
    const second = m.allocate(1, int(2));
    m.store(0, m.next(dummy), first);
    equal(follower.catchUp().live, 2);
    m.store(1, m.next(dummy), second);
    const { nodes } = follower.catchUp();
    equal([nodes.get(first).removed, nodes.get(second).removed, follower.state.live], [true, false, 2]);
    m.end(0);
    follower.catchUp();
    equal(nodes.has(first), false, "nobody holds it any longer");
});

test("a lock, its holder frozen, and those who wait", () => {
    const m = counterMachine({ lanes: 3 });
    const lock = m.root("lock");
    const follower = new Follower(m);
    m.begin(0, 0);
    ok(m.lock(0, lock));
    m.mark(0, K.FROZEN, "frozen", { aux: layout.positions.HOLDING_LOCK });
    m.begin(1, 0);
    ok(!m.lock(1, lock));
    m.begin(2, 0);
    ok(!m.lock(2, lock));
    const { locks, lanes } = follower.catchUp();
    equal(locks.get(lock), { cell: lock, holder: 0, waiters: [1, 2] });
    equal(
        lanes.map(({ status }) => status),
        ["frozen", "waiting", "waiting"],
    );
    equal(lanes[0].position, layout.positions.HOLDING_LOCK);
    m.mark(1, K.FROZEN, "frozen", { aux: 0 });
    m.mark(1, K.THAWED, "waiting");
    equal(follower.catchUp().lanes[1].status, "waiting", "a waiter is thawed into waiting");
    m.mark(0, K.THAWED, "running");
    m.unlock(0, lock);
    ok(m.lock(1, lock));
    follower.catchUp();
    equal(locks.get(lock), { cell: lock, holder: 1, waiters: [2] });
    equal(
        lanes.map(({ status, position }) => [status, position]),
        [
            ["running", -1],
            ["running", -1],
            ["waiting", -1],
        ],
    );
});

test("killed, raised, stopped, started, delayed", () => {
    const m = stackMachine({ lanes: 5 });
    const follower = new Follower(m);
    m.begin(0, 0, int(4));
    m.load(0, m.root("head"), "old_head");
    m.mark(0, K.KILLED, "killed", { aux: 1 });
    m.begin(1, 1);
    m.fault(1, "AttributeError: None");
    m.mark(2, K.STOPPED, "stopped");
    m.mark(3, K.STARTED, "idle");
    m.begin(4, 1);
    m.mark(4, K.DELAY, "delay", { before: 1, after: 80_000 });
    const { lanes } = follower.catchUp();
    equal(
        lanes.map(({ status }) => status),
        ["killed", "raised", "stopped", "idle", "delay"],
    );
    equal([lanes[0].operation, lanes[0].locals.size, lanes[0].position], [0, 1, 1], "a killed thread keeps all it had");
    equal(lanes[4].delayed, 80_000);
});

test("an exchange gives the old value, a LOCAL any value", () => {
    const m = stackMachine({ lanes: 1 });
    const follower = new Follower(m);
    m.begin(0, 0);
    const node = m.allocate(0, int(3), null);
    m.exchange(0, m.root("head"), node, "was");
    m.names.values.push({ id: 2 ** 20, text: "'total'" });
    m.emit(0, K.LOCAL, { cell: 2 ** 20, after: int(-7) });
    const { lanes } = follower.catchUp();
    equal([...lanes[0].locals.keys()], ["(new)", "was", "total"]);
    equal([lanes[0].locals.get("was").value, lanes[0].locals.get("total").value], [0, int(-7)]);
});

test("lost records make the state dubious until a snapshot", () => {
    const m = stackMachine({ lanes: 1 });
    const follower = new Follower(m);
    m.emit(0, K.LOST, { before: 0, after: 41, aux: 42 });
    equal([follower.catchUp().dubious, follower.state.sequence], [42, 41]);
    equal(fromSnapshot(m.snapshot("lost"), follower.names).dubious, 0);
});

test("records of cells that nobody announced do not pile up", () => {
    const m = stackMachine({ lanes: 1 });
    const follower = new Follower(m);
    for (let cell = 5000; cell < 5100; cell += 1) {
        m.emit(0, K.STORE, { cell, after: int(1) });
        m.emit(0, K.LOAD, { cell, before: int(1), after: int(1) });
        m.emit(0, K.CAS_LOST, { cell, before: int(1), after: int(2) });
    }
    equal(follower.catchUp().cells.size, 1);
});

test("a long run keeps a small state", () => {
    for (const structure of ["stack", "queue", "counter"]) {
        const run = new RandomRun(structure, seeded(1), { lanes: 6 });
        const follower = new Follower(run.machine);
        for (let step = 0; step < 5000; step += 1) {
            run.step();
        }
        follower.catchUp();
        equal(follower.state.nodes.size, run.machine.nodes.size);
        equal(follower.state.cells.size, run.machine.cells.size);
    }
});

test("what a frozen thread keeps alive does not pile up", () => {
    const m = queueMachine({ lanes: 2 });
    const [head, tail] = [m.root("head"), m.root("tail")];
    const follower = new Follower(m);
    m.begin(1, 1);
    m.load(1, head, "head");
    for (let round = 0; round < 1000; round += 1) {
        const dummy = m.cells.get(head);
        m.begin(0, 0, int(1));
        const node = m.allocate(0, int(1));
        m.cas(0, m.next(dummy), 0, node);
        m.cas(0, tail, dummy, node, { decisive: false });
        m.cas(0, head, dummy, node);
        m.end(0);
    }
    equal(follower.catchUp().nodes.size, 1001);
    collect(follower.state);
    equal(follower.state.nodes.size, 258, "the node it holds, 256 behind it, the dummy");
    equal(follower.state.live, 1);
    m.end(1);
    equal(follower.catchUp().nodes.size, 1);
});

test("a recycled node begins anew and keeps who refers to it", () => {
    const m = stackMachine({ lanes: 2 });
    const head = m.root("head");
    const follower = new Follower(m);
    m.begin(0, 0);
    const node = m.allocate(0, int(1));
    m.cas(0, head, 0, node);
    m.cas(0, head, node, 0);
    m.begin(1, 1);
    m.emit(0, K.RETIRE, { cell: node });
    m.emit(0, K.FREE, { cell: node });
    equal(follower.catchUp().nodes.get(node).freed, true);
    m.emit(1, K.REUSE, { cell: node, before: 2, after: int(9), aux: 1 });
    const again = follower.catchUp().nodes.get(node);
    equal([again.value, again.freed, again.published, again.owner, again.uses], [int(9), false, false, 1, 2]);
    equal(again.generation, 2);
    equal(fromSnapshot(toSnapshot(follower.state), follower.names).nodes.get(node).generation, 2);
    equal(clone(follower.state).nodes.get(node).generation, 2);
});

test("a new node may refer to what its local held before", () => {
    const m = stackMachine({ lanes: 1 });
    const follower = new Follower(m);
    m.begin(0, 0);
    const first = m.allocate(0, int(1));
    m.load(0, m.root("head"), "old_head");
    const second = m.allocate(0, int(2));
    m.store(0, m.next(second), first);
    equal(follower.catchUp().nodes.get(first).uses, 2, "by the cell, and not yet let go");
    equal(clone(follower.state).lanes[0].kept, first);
    m.load(0, m.root("head"), "old_head");
    equal([follower.catchUp().nodes.get(first).uses, follower.state.lanes[0].kept], [1, 0]);
    const third = m.allocate(0, int(3));
    ok(follower.catchUp().nodes.has(second));
    m.load(0, m.root("head"), "old_head");
    equal([...follower.catchUp().nodes.keys()].includes(third), true);
    equal([follower.state.nodes.has(second), follower.state.nodes.has(first)], [false, false], "nobody took them up");
});

test("a versioned cell's version is the one of the last record about it", () => {
    const m = stackMachine({ lanes: 1 });
    const head = m.root("head");
    const follower = new Follower(m);
    m.begin(0, 0);
    equal(follower.catchUp().cells.get(head).tag, -1);
    m.load(0, head, "old_head");
    m.emit(0, K.WIDE, { cell: head, before: 3, after: 3 });
    equal(follower.catchUp().cells.get(head).tag, 3);
    m.emit(0, K.WIDE, { cell: head, before: 3, after: 4, aux: 3 });
    equal(follower.catchUp().cells.get(head).tag, 4);
    equal(fromSnapshot(toSnapshot(follower.state), follower.names).cells.get(head).tag, 4);
    equal(clone(follower.state).cells.get(head).tag, 4);
});

test("a clone is independent", () => {
    const run = new RandomRun("queue", seeded(2), { lanes: 3 });
    const follower = new Follower(run.machine);
    for (let step = 0; step < 200; step += 1) {
        run.step();
    }
    const copy = clone(follower.catchUp());
    equal(copy, follower.state);
    const kept = JSON.stringify([...copy.cells], null, 1);
    for (let step = 0; step < 200; step += 1) {
        run.step();
    }
    follower.catchUp();
    equal(JSON.stringify([...copy.cells], null, 1), kept);
});
