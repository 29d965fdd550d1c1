/** The heap, read from a State. */

import { hasHeap, readHeap } from "../../static/js/step/heap.js";
import { encodeInteger } from "../../static/js/layout.js";
import { Names } from "../../static/js/names.js";
import { equal, ok, test } from "./harness.js";

function names(cells) {
    const found = new Names();
    found.add({
        cells: cells.map((name, index) => ({ id: index + 1, name, kind: "reference" })),
        types: [
            { id: 1, name: "Node", fields: ["next"], pooled: true },
            { id: 2, name: "Plain", fields: [] },
        ],
    });
    return found;
}

function state(nodes, values = []) {
    return {
        nodes: new Map(nodes.map((node) => [node.id, { freed: false, retired: -1, ...node }])),
        cells: new Map(values.map((value, index) => [index + 1, { id: index + 1, value }])),
    };
}

test("nodes are in use, free, or retired by somebody", () => {
    const heap = readHeap(
        state([
            { id: 64, type: 1 },
            { id: 65, type: 1, freed: true },
            { id: 66, type: 1, retired: 1 },
            { id: 67, type: 1, retired: 0 },
            { id: 68, type: 1, retired: 1 },
            { id: 69, type: 2 },
        ]),
        names([]),
    );
    equal(heap.used, ["n1"]);
    equal(heap.free, ["n2"]);
    equal(heap.retired, [
        { lane: 0, nodes: ["n4"] },
        { lane: 1, nodes: ["n3", "n5"] },
    ]);
});

test("hazard slots belong to threads, and say what they hold", () => {
    const heap = readHeap(state([{ id: 64, type: 1 }], [64, 64, 0]), names(["head", "hazard T1.0", "hazard T2.0"]));
    equal(heap.hazards, [
        { name: "hazard T1.0", lane: 0, value: "n1" },
        { name: "hazard T2.0", lane: 1, value: "None" },
    ]);
});

test("the epoch, and who has pinned which", () => {
    const values = [encodeInteger(4), encodeInteger(3), 0];
    const heap = readHeap(state([], values), names(["epoch", "T1 pinned", "T2 pinned"]));
    equal(heap.epoch, "4");
    equal(heap.pinned, [{ lane: 0, epoch: "3" }]);
});

test("where nothing is pooled there is no heap", () => {
    ok(!hasHeap(state([{ id: 64, type: 2 }]), names(["head"])));
    ok(hasHeap(state([{ id: 64, type: 1 }]), names(["head"])));
    ok(hasHeap(state([]), names(["epoch"])));
});
