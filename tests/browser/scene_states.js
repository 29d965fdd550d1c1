/** Representative states of every scene, as frames. What a scene must be able to show. */

import { World, encodeInteger, nodeId } from "./scene_kit.js";

const integer = encodeInteger;

function stack(layout, variant) {
    return new World(layout, "stack", variant).chain([9, 6, 2], [17, 4, 12]).cell("head", nodeId(9), {
        writer: 0, sequence: 7, version: 4,
    });
}

function mapWorld(layout, variant = "lock-free", cells = {}) {
    return new World(layout, "map", variant, cells).branch(1, "2: 20", 2, 3).branch(2, "1: 10", 0, 0)
        .branch(3, "3: 30", 0, 0).cell("root", nodeId(1), { writer: 3, sequence: 4 });
}

function accounts(layout) {
    const world = new World(layout, "graph", "flawed", {
        roots: ["left", "right", "value"], locks: ["left lock", "right lock"],
    });
    return world.cell("left", integer(90), { writer: 0, sequence: 2 }).cell("right", integer(100)).number(4);
}

function graphTree(layout, size) {
    const world = new World(layout, "graph").cell("head", nodeId(1), { writer: 2, sequence: 3 }).cell("tail", 0);
    const child = (number) => (number <= size ? number : 0);
    for (let number = 1; number <= size; number += 1) {
        world.branch(number, number * 3, child(number * 2), child(number * 2 + 1));
    }
    world.branch(size + 1, 900, 2, 3, { published: false, owner: 0 });
    world.branch(size + 2, 901, size + 1, 3, { published: false, owner: 0 });
    world.lane(0, { locals: { copy: [size + 2, ""], root: [1, "head"] } });
    return world.lane(1, { locals: { at: [5, 2], root: [1, "head", 0] } });
}

function graphList(layout, size) {
    const numbers = Array.from({ length: size }, (_, index) => index + 1);
    return new World(layout, "graph").chain(numbers, numbers).cell("head", nodeId(1)).cell("tail", nodeId(size))
        .lane(0, { locals: { at: [7, "head"], following: [8, 7] } });
}

/** On the simulated heap: a chain of which one node was used again, one retired, two freed. */
function heapStack(layout) {
    return new World(layout, "stack").chain([9, 6, 2], [17, 4, 12]).node(9, 17, 6, { pooled: true, generation: 1 })
        .node(11, 99, 9, { pooled: true, removed: true, retired: 1 })
        .node(12, 31, 6, { pooled: true, removed: true, freed: true })
        .node(13, 32, 0, { pooled: true, removed: true, freed: true, generation: 2 });
}

function queue(layout, variant) {
    return new World(layout, "queue", variant).chain([3, 4, 5], [null, 21, 22]).cell(
        "head", nodeId(3), { writer: 1, sequence: 5 },
    )
        .cell("tail", nodeId(5), { writer: 2, sequence: 6 });
}

/** A ring at these positions; of its slots what was put in, and the stamps (none: behind a mutex). */
function ring(layout, head, tail, values, stamps = []) {
    const roots = [
        "head", "tail", ...stamps.map((_, index) => `slot ${index} stamp`),
        ...values.map((_, index) => `slot ${index} value`),
    ];
    const world = new World(layout, "ring", stamps.length > 0 ? "lockless" : "mutex", { roots });
    world.cell("head", integer(head), { version: head, writer: 2, sequence: 50 });
    world.cell("tail", integer(tail), { version: tail, writer: 0, sequence: 51 });
    values.forEach((value, index) => world.cell(`slot ${index} value`, value === null ? 0 : integer(value)));
    stamps.forEach((stamp, index) => world.cell(`slot ${index} stamp`, integer(stamp)));
    return world;
}

/** T2 has claimed slot 3 and T3 slot 0; T1 and T4 come too late. */
function claimedRing(layout) {
    return ring(layout, 5, 8, [null, 42, 7, null], [1, 3, 3, 2])
        .cell("tail", integer(8), { version: 8, writer: 1, sequence: 51 })
        .walker(0, { tail: [7, 7] }, { operation: 0, losses: 1, attempts: 1 })
        .walker(1, { tail: [7, 7] }, { operation: 0, attempts: 1 })
        .walker(2, { head: [4, 4] }, { operation: 1, attempts: 1 })
        .walker(3, { head: [5, 5], tail: [8, 8] }, { operation: 1, losses: 1, attempts: 1 })
        .record(0, "CAS_LOST", { cell: "tail", before: integer(8), after: integer(8), aux: integer(7) });
}

/** A counter in eight stripes, of so many threads. */
function stripes(layout, values, threads) {
    const world = new World(layout, "counter", "lock-free", { roots: values.map((_, index) => `stripe ${index}`) });
    values.forEach((value, index) => world.cell(`stripe ${index}`, integer(value), { version: value, writer: index }));
    for (let lane = 0; lane < threads; lane += 1) world.lane(lane);
    return world.record(0, "EXCHANGE", { cell: "stripe 0", before: integer(values[0] - 1), after: integer(values[0]) });
}

function processes(layout, variant = "lock-free", shared = "atomics") {
    return new World(layout, "processes", variant).processes(shared, 31305, 31307, 31309, 31311)
        .number(41, { writer: 3, sequence: 2 });
}

export const STATES = {
    "stripes: four threads": (layout) => {
        const world = stripes(layout, [6, 2, 1, 4, 0, 0, 0, 0], 4).lane(2, { status: "killed" });
        return { ...world.frameOf(), chosen: 3 };
    },
    "stripes: 32 threads, late": (layout) => stripes(
        layout, Array.from({ length: 8 }, (_, index) => 1_204_311 + index), 32,
    ).frameOf(),
    "processes: clash": (layout) => processes(layout).reader(0, 41).reader(1, 40, { losses: 1, attempts: 1 })
        .reader(2, 41, { status: "delay" }).lane(3, { status: "idle", operation: -1 }).frameOf(),
    "processes: killed": (layout) => ({
        ...processes(layout).reader(0, 41).reader(1, 40, { status: "killed", position: 1 })
            .reader(2, 41, { status: "frozen" }).lane(3, {}).frameOf(),
        chosen: 1,
    }),
    "processes: lost updates": (layout) => ({
        ...processes(layout, "flawed", "words").reader(0, 41).reader(2, 41).reader(3, 40)
            .lane(1, {}).record(1, "STORE", { cell: "value", before: integer(41), after: integer(41) }).frameOf(),
        account: { lost: 27 },
    }),
    "processes: many lost updates": (layout) => ({
        ...processes(layout, "flawed", "words").number(1_204_311).reader(0, 1_204_311).reader(1, 1_204_311)
            .reader(2, 1_204_311).lane(3, { status: "killed", operation: -1 }).frameOf(),
        account: { lost: 31_204 },
    }),
    "processes: lock": (layout) => processes(layout, "mutex", "value").reader(0, 41).lane(1, { status: "waiting" })
        .lane(2, { status: "waiting" }).lane(3, { status: "idle", operation: -1 }).lock(0, [1, 2]).frameOf(),
    "processes: lock of the dead": (layout) => processes(layout, "mutex", "value")
        .reader(0, 41, { status: "killed", position: 2 }).lane(1, { status: "waiting" })
        .lane(2, { status: "waiting" }).lane(3, { status: "waiting" }).lock(0, [1, 2, 3]).frameOf(),
    "processes: 32 of them": (layout) => {
        const world = processes(layout).number(1_204_311, { writer: 0, sequence: 2 });
        for (let lane = 0; lane < 32; lane += 1) {
            const status = lane % 7 === 6 ? "killed" : lane % 5 === 4 ? "idle" : "running";
            world.reader(lane, 1_204_311 - (lane % 3), { losses: lane % 4, status });
        }
        return { ...world.frameOf(), chosen: 30 };
    },
    "processes: one": (layout) => new World(layout, "processes").processes("atomics", 4_194_304).number(0)
        .lane(0, { status: "idle", operation: -1 }).frameOf(),
    "processes: incident": (layout) => {
        const world = processes(layout).reader(0, 41).reader(1, 40, { losses: 1, attempts: 1 });
        const steps = [
            [1, "LOAD", { before: integer(40), after: integer(40) }],
            [0, "CAS_WON", { before: integer(40), after: integer(41) }],
            [1, "CAS_LOST", { before: integer(41), after: integer(41), aux: integer(40) }],
            [1, "LOAD", { before: integer(41), after: integer(41) }],
            [1, "CAS_WON", { before: integer(41), after: integer(42) }],
        ];
        for (const [lane, kind, more] of steps) world.record(lane, kind, { cell: "value", ...more });
        return world.frameOf({
            regime: "incidents", rate: 812, incident: { records: [...world.records], index: 2, number: 1, of: 3412 },
        });
    },
    "ring: empty": (layout) => ring(layout, 5, 5, [null, null, null, null], [4, 2, 2, 2])
        .walker(0, { head: [5, 5], tail: [5, 5] }, { operation: 1 }).frameOf(),
    "ring: full": (layout) => ring(layout, 5, 9, [19, 42, 7, 88], [5, 3, 3, 3])
        .walker(1, { tail: [9, 9], head: [5, 5] }, { operation: 0 })
        .walker(4, { tail: [9, 9] }, { operation: 0, status: "delay", losses: 2, attempts: 2 }).frameOf(),
    "ring: claimed": (layout) => claimedRing(layout).frameOf(),
    "ring: filled and not stamped": (layout) => claimedRing(layout).cell("slot 3 value", integer(66))
        .cell("slot 0 value", integer(11)).frameOf(),
    "ring: claimer killed": (layout) => {
        const world = claimedRing(layout);
        Object.assign(world.state.lanes[1], { status: "killed" });
        Object.assign(world.state.lanes[2], { status: "frozen" });
        return { ...world.frameOf(), chosen: 1 };
    },
    "ring: claimed by nobody known": (layout) => ring(layout, 5, 8, [null, 42, 7, null], [1, 3, 3, 2]).frameOf(),
    "ring: late in a run": (layout) => ring(
        layout, 1_234_561, 1_234_564, [42, 7, 13, 8].map((value, index) => (index === 0 ? null : value)),
        [617_282, 617_281, 617_281, 617_281],
    ).walker(0, { head: [1_234_561, 1_234_561] }, { operation: 1 })
        .walker(31, { tail: [1_234_560, 1_234_560] }, { operation: 0, losses: 3, attempts: 3 }).frameOf(),
    "ring: 32 threads": (layout) => {
        const world = ring(layout, 5, 8, [null, 42, 7, null], [1, 3, 3, 2]);
        for (let lane = 0; lane < 32; lane += 1) {
            const late = lane % 3 === 0;
            world.walker(lane, lane % 2 ? { head: [5, 5] } : { tail: [late ? 7 : 8, late ? 7 : 8] }, {
                operation: lane % 2, losses: lane % 4, attempts: lane % 4,
            });
            if (lane % 6 === 0) world.record(lane, "CAS_LOST", {
                cell: "tail", before: integer(8), after: integer(8), aux: integer(7),
            });
        }
        return { ...world.frameOf(), chosen: 6 };
    },
    "ring: many slots": (layout) => ring(
        layout, 30, 45, Array.from({ length: 24 }, (_, index) => (index < 21 && index > 5 ? index : null)),
        Array.from({ length: 24 }, (_, index) => (index < 6 ? 4 : index < 21 ? 3 : 2)),
    ).walker(0, { head: [30, 30] }, { operation: 1 }).frameOf(),
    "ring: incident": (layout) => {
        const world = claimedRing(layout);
        const steps = [
            [0, "LOAD", { before: integer(7), after: integer(7) }],
            [1, "CAS_WON", { before: integer(7), after: integer(8) }],
            [0, "CAS_LOST", { before: integer(8), after: integer(8), aux: integer(7) }],
            [0, "LOAD", { before: integer(8), after: integer(8) }],
            [0, "CAS_WON", { before: integer(8), after: integer(9) }],
        ];
        const from = world.records.length;
        for (const [lane, kind, more] of steps) world.record(lane, kind, { cell: "tail", ...more });
        world.incident = {
            regime: "incidents", rate: 812, incident: { records: world.records.slice(from), index: 2, number: 1, of: 12 },
        };
        return world.frameOf();
    },
    "ring: mutex": (layout) => ring(layout, 5, 8, [null, 42, 7, 61])
        .lane(0, { status: "waiting" }).walker(1, { tail: [8, 8], head: [5, 5] }, { argument: integer(9) })
        .lane(2, { status: "waiting", operation: 1 }).lock(1, [2, 0]).frameOf(),
    "ring: mutex, one frozen outside": (layout) => ring(layout, 5, 9, [19, 42, 7, 61])
        .lane(0, { status: "frozen" }).walker(1, { tail: [9, 9] }).lock(1, []).frameOf(),
    "stack: empty": (layout) => new World(layout, "stack").lane(0, { locals: { old_head: [null, "head"] } }).frameOf(),
    "stack: stale flags": (layout) => stack(layout)
        .lane(0, { operation: 0 })
        .node(10, 8, 6, { published: false, owner: 1 })
        .lane(1, { operation: 0, losses: 1, attempts: 1, locals: { node: [10, ""], old_head: [6, "head", 3] } })
        .lane(2, { operation: 1, locals: { old_head: [9, "head", 4] } })
        .lane(3, {
            operation: 1, status: "frozen", position: 1, locals: { old_head: [6, "head", 3], new_head: [2, 6] },
        })
        .record(1, "CAS_LOST", { before: nodeId(9), after: nodeId(10), aux: nodeId(6) })
        .frameOf(),
    "stack: removed and ABA": (layout) => stack(layout)
        .node(11, 99, 9, { removed: true })
        .lane(0, { operation: 1, locals: { old_head: [9, "head", 1], new_head: [6, 9] } })
        .lane(1, { operation: 1, status: "delay", losses: 3, locals: { old_head: [11, "head", 2], new_head: [9, 11] } })
        .lane(2, { operation: 1, status: "delay", losses: 2, locals: { old_head: [9, "head", 4], new_head: [6, 9] } })
        .frameOf(),
    "stack: long": (layout) => longStack(layout, 220, 3).frameOf(),
    "stack: four private": (layout) => {
        const world = stack(layout);
        for (let lane = 0; lane < 4; lane += 1) {
            world.node(20 + lane, 50 + lane, [9, 6, 9, 2][lane], { published: false, owner: lane });
            world.lane(lane, {
                losses: lane, attempts: lane,
                locals: { node: [20 + lane, ""], old_head: [[9, 6, 9, 2][lane], "head", 4] },
            });
            if (lane > 0) world.record(lane, "CAS_LOST", {
                before: nodeId(9), after: nodeId(20 + lane), aux: nodeId(6),
            });
        }
        return world.frameOf();
    },
    "stack: 32 threads": (layout) => crowd(layout).frameOf(),
    "stack: 32 threads, one chosen": (layout) => ({ ...crowd(layout).frameOf(), chosen: 6 }),
    "stack: mutex": (layout) => stack(layout, "mutex")
        .lane(0, { status: "waiting" }).node(10, 8, 9, { published: false, owner: 1 })
        .lane(1, { argument: integer(8), locals: { node: [10, ""], old_head: [9, "head", 4] } })
        .lane(2, { status: "waiting" }).lane(3, { status: "waiting" }).lock(1, [3, 0, 2]).frameOf(),
    "stack: mutex, holder frozen": (layout) => {
        const world = stack(layout, "mutex");
        for (let lane = 0; lane < 32; lane += 1) world.lane(lane, { status: "waiting" });
        world.lane(1, { status: "frozen", position: 2, argument: integer(8), locals: { old_head: [9, "head", 4] } });
        return world.lock(1, [...Array(31).keys()].map((lane) => (lane >= 1 ? lane + 1 : lane))).frameOf();
    },
    "stack: freed and reached": (layout) => heapStack(layout)
        .node(6, 4, 2, { freed: true, pooled: true, removed: false })
        .lane(0, { operation: 1, locals: { old_head: [6, "head", 1], new_head: [2, 6] } })
        .lane(1, { operation: 1, locals: { old_head: [11, "head", 2] } })
        .cell("head", nodeId(6), { writer: 0, sequence: 9, version: 6 }).frameOf(),
    "stack: retired, freed, again": (layout) => heapStack(layout)
        .cell("head", nodeId(9), { writer: 0, sequence: 9, version: 6, tag: 14 })
        .lane(0, { operation: 1, locals: { old_head: [9, "head", 1], new_head: [6, 9] } })
        .lane(1, { operation: 1, locals: { old_head: [11, "head", 2] } })
        .lane(2, { operation: 0, locals: {} })
        .node(20, 5, 9, { published: false, owner: 2, generation: 1, pooled: true }).frameOf(),
    "queue: versions": (layout) => {
        const world = queue(layout).cell("head", nodeId(3), { writer: 1, sequence: 5, tag: 3 })
            .cell("tail", nodeId(4), { writer: 2, sequence: 6, tag: 12 })
            .node(8, 20, 3, { freed: true, pooled: true, removed: true })
            .node(4, 21, 5, { generation: 12, pooled: true, writer: 1 })
            .lane(0, { operation: 1, locals: { head: [3, "head"], tail: [4, "tail"], successor: [4, 3] } })
            .lane(1, { operation: 1, locals: { head: [8, "head"], successor: [3, 8] } });
        for (const cell of world.state.cells.values()) if (cell.node !== 0) cell.tag = cell.node - 60;
        return world.frameOf();
    },
    "queue: tail dangles": (layout) => queue(layout).node(5, 22, 3, { freed: true, pooled: true })
        .node(3, null, 5, { pooled: true }).node(4, 21, 5, { pooled: true })
        .lane(1, { operation: 0, locals: { tail: [5, "tail"], successor: [null, 5] } }).frameOf(),
    "map: at rest": (layout) => mapWorld(layout).lane(0, { operation: 1, locals: { node: [1, "root"] } }).frameOf(),
    "map: copies": (layout) => mapWorld(layout)
        .branch(10, "3: 31", 0, 0, { published: false, owner: 1, allocated: 10 })
        .branch(11, "2: 20", 2, 10, { published: false, owner: 1, allocated: 11 })
        .branch(20, "1: 12", 0, 0, { published: false, owner: 2, allocated: 12 })
        .lane(1, { locals: { copy: [11, ""], old_root: [1, "root"] } })
        .lane(2, { locals: { copy: [20, ""], old_root: [1, "root"] } }).frameOf(),
    "map: old versions and waste": (layout) => mapWorld(layout)
        .branch(30, "2: 19", 2, 3, { removed: true }).branch(31, "2: 18", 32, 3, { removed: true })
        .branch(32, "1: 9", 0, 0, { removed: true })
        .lane(0, { operation: 1, locals: { root: [30, "root", 0], node: [3, 1] } })
        .lane(3, { operation: 1, locals: { root: [31, "root", 0] } })
        .branch(10, "3: 31", 0, 0, { published: false, owner: 1, allocated: 0 })
        .branch(11, "2: 20", 2, 10, { published: false, owner: 1, allocated: 0 })
        .lane(1, { losses: 1, attempts: 1, locals: { copy: [11, ""], old_root: [30, "root", 0] } })
        .record(0, "LOAD", { cell: "root" })
        .record(1, "CAS_LOST", { cell: "root", before: nodeId(1), after: nodeId(11), aux: nodeId(30) }).frameOf(),
    "map: returned although it lost": (layout) => mapWorld(layout, "flawed")
        .lane(0, { operation: -1, status: "idle" }).lane(1, { locals: { old_root: [1, "root"] } })
        .begin(0, 0, 11).record(0, "ALLOCATE").record(0, "ALLOCATE")
        .record(0, "CAS_LOST", { cell: "root", before: nodeId(1), after: nodeId(9), aux: nodeId(8) })
        .record(0, "END").frameOf(),
    "map: behind a lock": (layout) => mapWorld(layout, "mutex", { roots: ["root", "value"], locks: ["lock"] })
        .number(2).lane(0, { status: "waiting" }).lane(1, { locals: { node: [2, 1] } })
        .branch(10, "4: 40", 0, 0, { published: false, owner: 1 }).lock(1, [0]).frameOf(),
    "accounts: one lock each": (layout) => accounts(layout).lane(0, { argument: integer(10) })
        .reader(1, 80, { argument: integer(20) }).lock(0, [], "left lock").lock(1, [], "right lock").frameOf(),
    "accounts: deadlock": (layout) => accounts(layout).lane(0, { status: "waiting" }).lane(1, { status: "waiting" })
        .lane(2, { status: "waiting" }).lock(0, [1, 2], "left lock").lock(1, [0], "right lock").frameOf(),
    "stack: hazards apart": (layout) => {
        const world = new World(layout, "stack", "lock-free", { roots: ["head", "hazard T1.0"] }).chain([1, 2], [1, 2]);
        return world.cell("head", nodeId(1)).cell("hazard T1.0", nodeId(1))
            .lane(0, { locals: { old_head: [1, "head"] } }).lane(1, { locals: { slot: [1, "hazard T1.0"] } }).frameOf();
    },
    "graph: list": (layout) => new World(layout, "graph").chain([9, 6, 2], [17, 4, 12])
        .cell("head", nodeId(9), { writer: 0, sequence: 7, version: 4 }).cell("tail", nodeId(2), { tag: 3 })
        .node(10, 8, 9, { published: false, owner: 1 })
        .lane(1, { losses: 1, attempts: 1, locals: { node: [10, ""], old_head: [6, "head", 3] } })
        .lane(2, { operation: 1, locals: { old_head: [9, "head", 4], following: [6, 9] } })
        .node(11, 99, 9, { removed: true })
        .lane(3, { operation: 1, status: "frozen", position: 1, locals: { old_head: [11, "head", 3] } })
        .record(1, "CAS_LOST", { before: nodeId(9), after: nodeId(10), aux: nodeId(6) }).frameOf(),
    "graph: tree": (layout) => graphTree(layout, 15).frameOf(),
    "graph: large tree": (layout) => graphTree(layout, 60).frameOf(),
    "graph: cycle": (layout) => new World(layout, "graph").branch(1, 1, 2, 3).branch(2, 2, 4, 0).branch(3, 3, 4, 3)
        .branch(4, 4, 1, 2).cell("head", nodeId(1)).cell("tail", 0)
        .lane(0, { locals: { at: [4, 2], before: [2, 1, 0] } }).lane(1, { locals: { at: [4, 3] } })
        .lane(2, { locals: { at: [4, 3, 0] } }).frameOf(),
    "graph: long list": (layout) => graphList(layout, 60).frameOf(),
    "graph: too many": (layout) => graphList(layout, 300).frameOf(),
    "graph: freed": (layout) => new World(layout, "graph").chain([1, 2, 3], [1, 2, 3])
        .node(2, 2, 3, { pooled: true, freed: true }).node(5, 5, 3, { pooled: true, retired: 0, removed: true })
        .node(6, 6, 2, { pooled: true, freed: true, removed: true, generation: 1 })
        .node(3, 3, 0, { pooled: true, generation: 2 })
        .cell("head", nodeId(1)).lane(0, { locals: { at: [2, 1] } }).frameOf(),
    "graph: empty": (layout) => new World(layout, "graph").frameOf(),
    "graph: 32 threads": (layout) => {
        const world = new World(layout, "graph").chain([1, 2, 3], [1, 2, 3]).cell("head", nodeId(1));
        for (let lane = 0; lane < 32; lane += 1) {
            world.node(10 + lane, lane, 1, { published: false, owner: lane });
            world.lane(lane, { locals: { node: [10 + lane, ""], at: [1 + (lane % 3), "head", lane % 2] } });
        }
        return world.frameOf();
    },
    "queue: at rest": (layout) => queue(layout).lane(0, {
        operation: 1, locals: { head: [3, "head"], tail: [5, "tail"], successor: [4, 3] },
    })
        .lane(1, { operation: 0, locals: { tail: [5, "tail"], successor: [null, 5] } }).frameOf(),
    "queue: tail behind": (layout) => queue(layout).node(5, 22, 6, { writer: 1 }).node(6, 23, 0)
        .lane(0, {
            operation: 1, losses: 1, attempts: 1, locals: { head: [3, "head"], tail: [5, "tail"], successor: [4, 3] },
        })
        .lane(1, { operation: 0, locals: { node: [6, ""], tail: [5, "tail"] } })
        .node(8, 40, 0, { published: false, owner: 2 })
        .lane(2, {
            operation: 0, losses: 2, attempts: 2, locals: { node: [8, ""], tail: [5, "tail"], successor: [null, 5] },
        })
        .record(2, "CAS_LOST", { cell: 5, before: nodeId(6), after: nodeId(8) })
        .record(0, "CAS_LOST", { cell: "head", before: nodeId(3), after: nodeId(4), aux: nodeId(3) }).frameOf(),
    "queue: helped": (layout) => queue(layout).node(4, 21, 5, { writer: 1 }).lane(1, {
        operation: 0, locals: { tail: [4, "tail", 0] },
    })
        .lane(2, { operation: 0, locals: { tail: [4, "tail", 0], successor: [5, 4] } })
        .record(1, "CAS_LOST", { cell: "tail", site: 2, before: nodeId(5), after: nodeId(5) })
        .record(2, "CAS_WON", { cell: "tail", before: nodeId(4), after: nodeId(5), site: 2 }).frameOf(),
    "queue: detached": (layout) => detached(layout).frameOf(),
    "stack: large ids": (layout) => new World(layout, "stack").chain([1_048_570, 1_048_571], [
        -1_000_000, "'a long text'",
    ])
        .cell("head", nodeId(1_048_570), { writer: 31, sequence: 7, version: 4 })
        .node(1_048_580, 123_456_789, 1_048_571, { published: false, owner: 0 })
        .lane(0, { locals: { node: [1_048_580, ""], old_head: [1_048_571, "head", 3] } })
        .lane(1, { operation: 1, locals: { old_head: [1_048_590, "head", 3] } })
        .node(1_048_590, 1, 1_048_570, { removed: true }).frameOf(),
    "queue: large ids": (layout) => new World(layout, "queue").chain([1_048_570, 1_048_571, 1_048_572], [null, 1, 2])
        .cell("head", nodeId(1_048_570)).cell("tail", nodeId(1_048_571), { writer: 2 })
        .lane(31, { locals: { tail: [1_048_571, "tail"] } }).frameOf(),
    "queue: mutex": (layout) => queue(layout, "mutex").lane(0, { status: "waiting" })
        .lane(1, { operation: 1, locals: { head: [3, "head"], successor: [4, 3] } }).lock(1, [0]).frameOf(),
    "counter: clash": (layout) => new World(layout, "counter").number(41, { writer: 3, sequence: 2 })
        .reader(0, 41).reader(1, 40, { losses: 1, attempts: 1 })
        .reader(2, 41, { status: "delay" }).lane(3, { status: "idle", operation: -1 }).frameOf(),
    "counter: lost update": (layout) => ({
        ...new World(layout, "counter", "flawed").number(41, { writer: 1, sequence: 2 })
            .reader(0, 41).reader(2, 41).reader(3, 40)
            .lane(1, {}).record(1, "STORE", { cell: "value", before: integer(41), after: integer(41) }).frameOf(),
        account: { lost: 3 },
    }),
    "counter: 32 threads": (layout) => {
        const world = new World(layout, "counter").number(1_204_311, { writer: 0, sequence: 2 });
        for (let lane = 0; lane < 32; lane += 1) world.reader(lane, 1_204_311 - (lane % 3), { losses: lane % 4 });
        return world.frameOf();
    },
    "counter: mutex": (layout) => new World(layout, "counter", "mutex").number(7, { writer: 1, sequence: 1 })
        .reader(0, 7)
        .lane(1, { status: "waiting" }).lock(0, [1]).frameOf(),
    "stack: incident": (layout) => incident(layout).frameOf(),
    "stack: flow": (layout) => stack(layout).lane(0).frameOf({
        regime: "flow", rate: 48_213, flow: {
            won: 20_600, lost: 4_060, operations: 20_580, depth: 214, depthMin: 198, depthMax: 240, seconds: 0.5,
        },
    }),
    "stack: stopped many": (layout) => {
        const world = stack(layout);
        for (let lane = 0; lane < 6; lane += 1) world.lane(lane, {
            status: ["frozen", "killed", "running"][lane % 3], operation: lane % 2,
        });
        return { ...world.frameOf(), since: 214 };
    },
};

export function longStack(layout, length, lanes) {
    const numbers = Array.from({ length }, (_, index) => length - index);
    const world = new World(layout, "stack").chain(numbers, numbers.map((number) => number * 3));
    world.cell("head", nodeId(length), { writer: 7, sequence: 4, version: 4 });
    for (let lane = 0; lane < lanes; lane += 1) {
        world.lane(lane, { operation: 1, losses: lane, locals: { old_head: [length - lane * 50, "head", 4 - lane] } });
    }
    return world;
}

export function crowd(layout) {
    const world = stack(layout).cell("head", nodeId(9), { writer: 31, sequence: -1, version: 4 });
    for (let lane = 0; lane < 32; lane += 1) {
        world.node(30 + lane, lane, 6, { published: false, owner: lane });
        const at = lane < 23 ? [6, 3] : [9, 4];
        world.lane(lane, { losses: lane % 5, locals: { node: [30 + lane, ""], old_head: [at[0], "head", at[1]] } });
        if (lane % 4 === 0) world.record(lane, "CAS_LOST", {
            before: nodeId(9), after: nodeId(30 + lane), aux: nodeId(6),
        });
    }
    return world;
}

function detached(layout) {
    const world = new World(layout, "queue", "flawed").chain([3, 8], [null, 23]).chain([6, 7, 9], [24, 25, 26]);
    world.cell("head", nodeId(3)).cell("tail", nodeId(7), { writer: 1, sequence: 3 });
    world.lane(0, { operation: 0, locals: { tail: [7, "tail"] } }).node(10, 27, 0, { published: false, owner: 0 });
    world.lane(1, { operation: 1, locals: { head: [3, "head"], successor: [8, 3] } });
    world.lane(2, { operation: 1, status: "raised", locals: { head: [8, "head", 0] } });
    return world.fault(2, "'NoneType' object has no attribute 'value'");
}

function incident(layout) {
    const world = stack(layout).lane(0).lane(1, { losses: 1, locals: { old_head: [6, "head", 3] } });
    const steps = [
        [1, "LOAD", { before: nodeId(6), after: nodeId(6) }], [0, "CAS_WON", { before: nodeId(6), after: nodeId(9) }],
        [1, "CAS_LOST", { before: nodeId(9), after: nodeId(10), aux: nodeId(6) }], [
            1, "LOAD", { before: nodeId(9), after: nodeId(9) },
        ],
        [1, "CAS_WON", { before: nodeId(9), after: nodeId(10) }],
    ];
    for (const [lane, kind, more] of steps) world.record(lane, kind, more);
    world.incident = {
        regime: "incidents", rate: 812, incident: { records: [...world.records], index: 2, number: 1, of: 3412 },
    };
    return world;
}
