import { Fold } from "../../static/js/fold.js";
import { fromSnapshot } from "../../static/js/snapshots.js";
import { History } from "../../static/js/history.js";
import { Names } from "../../static/js/names.js";
import { clone } from "../../static/js/packing.js";
import { emptyState } from "../../static/js/state.js";
import { carryCounts, Timeline } from "../../static/js/timeline.js";
import { RandomRun } from "./algorithms.js";
import { equal, ok, seeded, test } from "./harness.js";
import { encodeRecords, layout } from "./machine.js";

function makeTimeline(capacity, chunk, keyframes) {
    const names = new Names();
    const fold = new Fold(layout, names);
    return new Timeline(new History(layout, capacity, chunk), fold, keyframes);
}

/** Runs a machine into a timeline in batches of random size, and keeps the state after each record by plain folding. */
function feed(structure, seed, { steps, gaps = 0, timeline, firstSequence = 0, insertShare, keeps = () => true }) {
    const random = seeded(seed);
    const run = new RandomRun(structure, random, { lanes: 4, firstSequence, insertShare });
    const { machine } = run;
    timeline.fold.names.add(machine.names);
    const start = machine.snapshot("start");
    timeline.snapshot(start);
    const states = [];
    const gapsAt = new Map();
    let reference = fromSnapshot(start, timeline.fold.names);
    let received = 0;
    for (let done = 0; done < steps;) {
        const from = machine.records.length;
        for (let left = 1 + Math.floor(random() * 40); left > 0; left -= 1, done += 1) {
            run.step();
        }
        timeline.fold.names.add(machine.names);
        if (random() < gaps) {
            const missed = machine.snapshot("overflow");
            timeline.snapshot({ ...missed, skipped: machine.records.length - from });
            reference = carryCounts(fromSnapshot(missed, timeline.fold.names, received - 1), reference);
            gapsAt.set(received, (gapsAt.get(received) ?? 0) + machine.records.length - from);
            continue;
        }
        const records = machine.records.slice(from).map((record, index) => ({ ...record, position: received + index }));
        for (const record of records) {
            timeline.fold.apply(reference, record);
            states.push(keeps(record.position) ? clone(reference) : null);
        }
        timeline.append(encodeRecords(records), records[0]?.sequence ?? 0);
        received += records.length;
    }
    return { states, gapsAt, machine, random };
}

function checkAll(timeline, states, gapsAt) {
    equal(timeline.last, states.length - 1);
    for (let position = timeline.first; position <= timeline.last; position += 1) {
        equal(timeline.seek(position), states[position], `the state after record ${position}`);
        equal(
            timeline.gapBefore(position),
            position === 0 ? 0 : (gapsAt.get(position) ?? 0),
            `the gap before record ${position}`,
        );
    }
}

for (const structure of ["stack", "queue", "storing", "counter"]) {
    test(`seeking equals folding from the start: ${structure}`, () => {
        for (let seed = 1; seed <= 2; seed += 1) {
            const timeline = makeTimeline(4096, 512, 32);
            const { states, gapsAt } = feed(structure, seed, { steps: 600, timeline });
            equal(timeline.first, 0);
            checkAll(timeline, states, gapsAt);
        }
    });

    test(`seeking is exact over gaps: ${structure}`, () => {
        const timeline = makeTimeline(4096, 512, 16);
        const { states, gapsAt } = feed(structure, 7, { steps: 900, gaps: 0.2, timeline });
        ok(gapsAt.size > 3, "there are gaps");
        checkAll(timeline, states, gapsAt);
    });

    test(`seeking is exact after the ring has wrapped: ${structure}`, () => {
        const timeline = makeTimeline(256, 32, 16);
        const { states, gapsAt } = feed(structure, 11, {
            steps: 1500,
            gaps: 0.02,
            timeline,
            firstSequence: 2 ** 32 - 500,
        });
        ok(timeline.first > 500, "old records have made room");
        ok(timeline.last - timeline.first >= 256 - 64, "most of the ring can be sought");
        checkAll(timeline, states, gapsAt);
        equal(timeline.seek(0), timeline.seek(timeline.first - 1), "what is gone gives the oldest");
        equal(timeline.seek(10 ** 9), timeline.seek(timeline.last), "what is not yet there gives the newest");
    });
}

test("the edge is the state after the newest record", () => {
    const timeline = makeTimeline(4096, 512, 32);
    const { states } = feed("queue", 5, { steps: 500, timeline });
    equal(timeline.edge, states.at(-1));
});

test("a state can be carried forward, record by record or all at once", () => {
    const timeline = makeTimeline(4096, 512, 64);
    const { states } = feed("stack", 9, { steps: 400, timeline });
    const state = timeline.seek(10);
    timeline.forward(state, 11);
    equal(state, states[11]);
    timeline.forward(state, 300);
    equal(state, states[300]);
    timeline.forward(state, 300);
    equal(state, states[300]);
});

test("a snapshot between two records breaks the way from one to the other", () => {
    const timeline = makeTimeline(4096, 512, 16);
    const { gapsAt } = feed("stack", 7, { steps: 900, gaps: 0.2, timeline });
    const [at] = [...gapsAt.keys()].filter((position) => position > 0);
    ok(timeline.isBroken(at - 1, at));
    ok(!timeline.isBroken(at, at + 1) || gapsAt.has(at + 1));
    ok(!timeline.isBroken(-1, 0), "the first snapshot is the beginning");
    equal(timeline.unbrokenFrom, Math.max(...gapsAt.keys()));
});

test("keyframes of a large structure are few", () => {
    const timeline = makeTimeline(2 ** 15, 2 ** 12, 32);
    const { machine, states, gapsAt } = feed("stack", 3, {
        steps: 6000,
        timeline,
        insertShare: 1,
        keeps: (position) => position === 4000,
    });
    const nodes = timeline.edge.nodes.size;
    ok(nodes > 400, `the stack is large: ${nodes}`);
    const perRecord = timeline.keyframeBytes / machine.records.length;
    ok(perRecord < 50, `${perRecord} bytes of keyframes a record`);
    equal(timeline.seek(4000), states[4000]);
    equal(gapsAt.size, 0);
});

test("an empty timeline", () => {
    const timeline = makeTimeline(4096, 512, 32);
    equal([timeline.first, timeline.last], [-1, -1]);
    equal(timeline.seek(5), emptyState());
});
