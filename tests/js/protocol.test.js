import {
    decodeBatch,
    decodeText,
    encodeCommand,
    encodeJoin,
    encodeKnobs,
    lastSequence,
    ProtocolError,
    SERVER_MESSAGES,
    trimBatch,
} from "../../static/js/protocol.js";
import {
    createLayout,
    decodeInteger,
    encodeInteger,
    isInteger,
    isObject,
    LayoutError,
} from "../../static/js/layout.js";
import { stackMachine } from "./algorithms.js";
import { equal, layoutDescription, ok, test, throws } from "./harness.js";
import { packBatch } from "./batches.js";
import { encodeRecords, K, layout } from "./machine.js";

function records(count, firstSequence = 0) {
    const m = stackMachine({ firstSequence });
    for (let index = 0; index < count; index += 1) {
        m.load(0, m.root("head"), "old_head");
    }
    return m.records;
}

test("a batch comes out as it went in", () => {
    const all = records(3, 2 ** 40 + 5);
    const batch = decodeBatch(packBatch(all, { generation: 77 }), layout);
    equal([batch.generation, batch.first, batch.last, batch.count], [77, 2 ** 40 + 5, 2 ** 40 + 7, 3]);
    equal(batch.bytes, encodeRecords(all));
});

test("malformed batches are refused", async () => {
    const good = packBatch(records(2));
    const cases = [
        [new ArrayBuffer(3), /at least 16 bytes; got 3/],
        [packBatch(records(1), { type: 9 }), /must begin with 1 .*; got 9/],
        [packBatch(records(1), { version: 7 }), /layout 1 expected; got layout 7/],
        [packBatch(records(2), { count: 3 }), /3 records has 112 bytes; got 80/],
        [good.slice(0, 79), /2 records has 80 bytes; got 79/],
        [packBatch([]), /batch of 0 records/],
    ];
    for (const [buffer, pattern] of cases) {
        await throws(() => decodeBatch(buffer, layout), ProtocolError, pattern);
    }
    await throws(() => decodeBatch(good, null), ProtocolError, /before the hello/);
    const huge = new Uint8Array(packBatch(records(1)));
    huge.fill(255, 8, 16);
    await throws(() => decodeBatch(huge.buffer, layout), ProtocolError, /below 2\^53/);
});

test("a LOST record at the end accounts for what it says is lost", () => {
    const m = stackMachine({ firstSequence: 2 ** 32 - 2 });
    m.load(0, m.root("head"), "old_head");
    m.emit(0, K.LOST, { before: 2 ** 32 - 1, after: 41, aux: 43 });
    equal(lastSequence(m.bytes(), 2 ** 32 - 2, layout), 2 ** 32 + 41);
});

test("records that are known already are cut off", () => {
    const batch = decodeBatch(packBatch(records(5, 100)), layout);
    equal(trimBatch(batch, 99, layout), batch);
    equal(trimBatch(batch, 104, layout), null);
    const rest = trimBatch(batch, 101, layout);
    equal([rest.first, rest.last, rest.count, rest.bytes.length], [102, 104, 3, 3 * layout.bytes]);
    equal(rest.bytes, batch.bytes.slice(2 * layout.bytes));
});

test("messages are checked", async () => {
    equal(decodeText('{"type": "done", "id": 3, "more": 1}'), { type: "done", id: 3, more: 1 });
    const cases = [
        ["{", /must be JSON; got "{"/],
        ["[1]", /must have a type of hello, .*; got \[1\]/],
        ["null", /got null/],
        ['{"type": "toString"}', /got "toString"/],
        ['{"type": "surprise"}', /got "surprise"/],
        ['{"type": "done", "id": "x"}', /done\.id must be a whole number; got "x"/],
        ['{"type": "error", "id": null, "field": 3, "message": "m"}', /error\.field must be a string or null; got 3/],
        [
            '{"type": "snapshot", "sequence": 1, "time": 2, "reason": "join", "cells": {}}',
            /snapshot\.cells must be a list; got {}/,
        ],
        ['{"type": "run", "run": {}}', /run\.run\.generation must be a whole number; got undefined/],
    ];
    for (const [text, pattern] of cases) {
        await throws(() => decodeText(text), ProtocolError, pattern);
    }
    equal(SERVER_MESSAGES.length, 11);
});

test("a hello brings its layout, or says why it cannot", async () => {
    const hello = { type: "hello", role: "viewer", run: { generation: 1 }, side: 0, names: {}, resumed: false };
    const { layout: built } = decodeText(JSON.stringify({ ...hello, layout: layoutDescription() }));
    equal(built.kinds, layout.kinds);
    const other = { ...layoutDescription(), version: 2 };
    await throws(
        () => decodeText(JSON.stringify({ ...hello, layout: other })),
        ProtocolError,
        /layout 1 expected; got layout 2/,
    );
});

test("what goes to the server", () => {
    equal(JSON.parse(encodeJoin(null, null)), { type: "join", after: null, generation: null });
    equal(JSON.parse(encodeJoin(7, 2)), { type: "join", after: 7, generation: 2 });
    equal(JSON.parse(encodeCommand(4, { action: "freeze", lane: 2, position: "HOLDING_LOCK" })), {
        type: "command",
        id: 4,
        action: "freeze",
        lane: 2,
        position: "HOLDING_LOCK",
        side: null,
    });
    equal(JSON.parse(encodeKnobs(5, { threads: 3 })), { type: "knobs", id: 5, knobs: { threads: 3 } });
});

test("layouts that this page cannot read are refused", async () => {
    const description = layoutDescription();
    const cases = [
        [null, /a layout is an object/],
        [{ ...description, bytes: 30 }, /multiple of 4 bytes; got 30/],
        [{ ...description, fields: null }, /lacks its fields/],
        [
            { ...description, fields: { ...description.fields, cell: { offset: 17, width: 4 } } },
            /cell must be 4 bytes wide and aligned/,
        ],
        [{ ...description, kinds: { ...description.kinds, LOAD: undefined } }, /number for the kind LOAD/],
    ];
    for (const [broken, pattern] of cases) {
        await throws(() => createLayout(broken), LayoutError, pattern);
    }
});

test("value codes", () => {
    for (const value of [0, 1, -1, 41, 2 ** 30 - 1, -(2 ** 30)]) {
        const code = encodeInteger(value);
        ok(isInteger(code) && !isObject(code));
        equal(decodeInteger(code), value);
    }
    ok(!isInteger(0) && !isObject(0) && isObject(64) && !isInteger(64));
});
