import { CAPACITY, History } from "../../static/js/history.js";
import { Names } from "../../static/js/names.js";
import { emptyState } from "../../static/js/state.js";
import { RandomRun, stackMachine } from "./algorithms.js";
import { equal, ok, seeded, test, throws } from "./harness.js";
import { encodeRecords, int, layout } from "./machine.js";

function recordsOf(count, firstSequence = 0) {
    const run = new RandomRun("queue", seeded(2), { lanes: 5, firstSequence });
    while (run.machine.records.length < count) {
        run.step();
    }
    return run.machine.records.slice(0, count);
}

test("records come back as they were, over the edges of chunks and the wrap of sequence numbers", () => {
    const records = recordsOf(1000, 2 ** 33 - 500);
    const history = new History(layout, 512, 64);
    for (let from = 0; from < records.length; from += 37) {
        history.append(encodeRecords(records.slice(from, from + 37)), records[from].sequence);
    }
    equal([history.first, history.last], [488, 999]);
    for (let position = 488; position <= 999; position += 1) {
        equal(history.read(position), records[position]);
    }
    equal(
        [history.kindAt(700), history.laneAt(700), history.timeAt(700), history.sequenceAt(700)],
        [records[700].kind, records[700].lane, records[700].time, records[700].sequence],
    );
    equal(history.slice(500, 899), encodeRecords(records.slice(500, 900)));
    equal(history.slice(500, 499).length, 0);
});

test("what is not kept is refused", async () => {
    const history = new History(layout, 128, 64);
    await throws(() => history.read(0), RangeError, /0 to -1 are kept; asked for 0/);
    history.append(encodeRecords(recordsOf(200)), 0);
    await throws(() => history.read(71), RangeError, /72 to 199 are kept; asked for 71/);
    await throws(() => history.read(200), RangeError, /asked for 200/);
    await throws(() => history.append(new Uint8Array(33), 0), RangeError, /32 bytes each; got 33/);
    await throws(() => new History(layout, 100, 64), RangeError, /multiple of 64/);
});

test("memory grows with what is kept, up to the ring's size", () => {
    const history = new History(layout);
    equal(history.allocatedBytes, 0);
    history.append(encodeRecords(recordsOf(10)), 0);
    ok(history.allocatedBytes <= 2 ** 20);
    equal(CAPACITY, 2 ** 21);
    const small = new History(layout, 256, 64);
    for (let round = 0; round < 20; round += 1) {
        small.append(encodeRecords(recordsOf(100)), 0);
    }
    equal(small.allocatedBytes, 256 * layout.bytes);
});

test("a time finds its position", () => {
    const records = recordsOf(300);
    const history = new History(layout, 256, 64);
    history.append(encodeRecords(records), 0);
    equal(history.positionAt(records[100].time), 100);
    equal(history.positionAt(records[100].time + 1), 101);
    equal(history.positionAt(0), history.first);
    equal(history.positionAt(Infinity), history.last + 1);
});

test("names answer for numbers", () => {
    const names = new Names();
    names.add({
        type: "names",
        values: [
            { id: 900, text: "'abc'" },
            { id: 901, text: "plain" },
            { id: 902, text: '"it\'s"' },
        ],
    });
    names.add(stackMachine().names);
    equal([names.value(0), names.value(int(-5)), names.value(64), names.value(900)], ["None", "-5", "n1", "'abc'"]);
    equal(
        [names.bareText(900), names.bareText(901), names.bareText(902), names.bareText(999)],
        ["abc", "plain", "it's", "value 999"],
    );
    equal([names.root("head"), names.root("tail"), names.cell(1).name, names.cell(2)], [1, 0, "head", null]);
    equal([names.call(0, int(8)), names.call(1, 0), names.call(7, 0)], ["push(8)", "pop()", "operation 7"]);
    const state = emptyState();
    state.nodes.set(70, { id: 70, type: 1, cells: [41] });
    state.cells.set(41, { id: 41, node: 70 });
    equal(
        [names.cellName(state, 1), names.cellName(state, 41), names.cellName(state, 99)],
        ["head", "n7.next", "cell 99"],
    );
    const copy = new Names();
    copy.add(names.toMessage());
    equal(copy.toMessage(), names.toMessage());
    names.clear();
    equal([names.site(1), names.text(900), names.rootCells()], [null, null, []]);
});
