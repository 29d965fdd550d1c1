import { Model } from "../../static/js/model.js";
import { decodeRecording, encodeRecording, RecordingError } from "../../static/js/recording.js";
import { RandomRun } from "./algorithms.js";
import { equal, ok, seeded, test, throws } from "./harness.js";
import { encodeRecords, layout } from "./machine.js";

const idle = { clock: () => 0, requestFrame: () => 1, cancelFrame: () => {} };

/** A model that has followed a random run of at least `count` records. */
function followed(structure, count, { gapAt = Infinity, firstSequence = 0 } = {}) {
    const model = new Model(layout, idle);
    const run = new RandomRun(structure, seeded(4), { lanes: 4, firstSequence });
    const { machine } = run;
    model.names.add(machine.names);
    model.take(machine.snapshot("start"));
    for (let sent = 0; machine.records.length < count;) {
        for (let step = 0; step < 50; step += 1) {
            run.step();
        }
        model.names.add(machine.names);
        const records = machine.records.slice(sent);
        if (sent < gapAt && machine.records.length >= gapAt) {
            model.take({ ...machine.snapshot("overflow"), skipped: records.length });
        } else if (records.length > 0) {
            model.take({ type: "batch", first: records[0].sequence, bytes: encodeRecords(records) });
        }
        sent = machine.records.length;
    }
    return model;
}

const about = {
    run: { id: "r1", structure: "treiber-stack", generation: 1 },
    created: "2026-01-02T03:04:05Z",
    counters: { operations: 3 },
};

/** A state without what a recording's snapshot cannot carry: who wrote a cell, and how often it had changed. */
function essence(state, from) {
    return {
        sequence: state.sequence,
        time: state.time,
        live: state.live,
        cells: [...state.cells.values()].map(({ id, value, node }) => [id, value, node]).sort(),
        nodes: [...state.nodes.values()]
            .map(({ id, value, published, removed, links, uses }) => [id, value, published, removed, links, uses])
            .sort(),
        lanes: state.lanes.map(({ status, operation, argument, number, losses, locals }) => [
            status,
            operation,
            argument,
            number,
            losses,
            [...locals.values()].map(({ name, value, cell }) => [name, value, cell]),
        ]),
        last: state.last && { ...state.last, position: state.last.position - from },
    };
}

for (const structure of ["stack", "queue", "storing", "counter"]) {
    test(`a recording plays as what was recorded: ${structure}`, () => {
        const model = followed(structure, 1500, { firstSequence: 2 ** 32 - 700 });
        const file = encodeRecording(model, about, 400, 1200);
        equal([file.from, file.to], [400, 1200]);
        const recording = decodeRecording(file.bytes.buffer);
        const { header } = recording;
        equal(
            [header.run, header.created, header.counters, header.account, header.count],
            [about.run, about.created, about.counters, null, 801],
        );
        const player = new Model(recording.layout, idle);
        player.load(recording);
        const { playback } = player;
        equal([playback.mode, playback.position, playback.frame().first, playback.frame().last], ["held", 0, 0, 800]);
        for (const position of [0, 1, 13, 400, 799, 800]) {
            playback.seek(position);
            equal(essence(playback.state, 0), essence(model.timeline.seek(400 + position), 400), `record ${position}`);
        }
        ok(playback.frame().current.narration.text.length > 0);
        playback.goLive();
        equal([playback.mode, playback.position], ["held", 800], "there is no run to follow");
    });
}

test("a recording begins after a gap", () => {
    const model = followed("queue", 800, { gapAt: 400 });
    const { from, to, bytes } = encodeRecording(model, about);
    equal([from, to], [model.timeline.unbrokenFrom, model.timeline.last]);
    ok(from > 300);
    equal(decodeRecording(bytes.buffer).header.count, to - from + 1);
});

test("there is nothing to record before the first record", async () => {
    await throws(() => encodeRecording(new Model(layout, idle), about), RecordingError, /no records/);
});

test("files that are no recordings, truncated or damaged, say what is wrong", async () => {
    const good = encodeRecording(followed("stack", 100), about).bytes;
    decodeRecording(good.slice().buffer);
    const headerLength = new DataView(good.buffer).getUint32(8, true);
    const records = 12 + headerLength;
    const changed = (change) => {
        const copy = good.slice();
        change(copy, new DataView(copy.buffer));
        return copy.buffer;
    };
    const withHeader = (change) => {
        const header = JSON.parse(new TextDecoder().decode(good.subarray(12, records)));
        const text = new TextEncoder().encode(JSON.stringify(change(header)));
        const file = new Uint8Array(12 + text.length + good.length - records);
        file.set(good.subarray(0, 8));
        new DataView(file.buffer).setUint32(8, text.length, true);
        file.set(text, 12);
        file.set(good.subarray(records), 12 + text.length);
        return file.buffer;
    };
    const cases = [
        [new ArrayBuffer(0), /begins with LFLTRACE; this file begins with ""/],
        [new TextEncoder().encode("%PDF-1.7 and so on").buffer, /this file begins with "%PDF-1.7"/],
        [good.slice(0, 10).buffer, /truncated: its header ends at byte 12; got 10/],
        [good.slice(0, 100).buffer, /truncated: its header ends at byte \d+; got 100/],
        [good.slice(0, good.length - 1).buffer, /truncated: \d+ records of 32 bytes are \d+ bytes; got \d+/],
        [changed((bytes) => bytes.fill(0xff, 12, 20)), /header must be JSON/],
        [
            changed((bytes, view) => view.setUint32(records + 64 + 8, 999, true)),
            /damaged at record 2: sequence number 2, .*got sequence number 999/,
        ],
        [changed((bytes, view) => view.setUint8(records + 32 + 13, 200)), /damaged at record 1: .*kind 200/],
        [changed((bytes, view) => view.setUint8(records + 12, 77)), /damaged at record 0: .*thread 77/],
        [withHeader((header) => ({ ...header, version: 2 })), /version 1 expected; got version 2/],
        [
            withHeader((header) => ({ ...header, layout: { ...header.layout, version: 9 } })),
            /layout 1 expected; got layout 9/,
        ],
        [withHeader((header) => ({ ...header, snapshot: {} })), /snapshot must be a snapshot; got {}/],
        [withHeader((header) => ({ ...header, names: { sites: 3 } })), /names must be an object of lists/],
        [withHeader((header) => ({ ...header, count: -1 })), /count must be a whole number; got -1/],
        [withHeader((header) => ({ ...header, count: header.count - 1 })), /too long/],
        [withHeader(() => null), /version 1 expected; got version null/],
    ];
    for (const [buffer, pattern] of cases) {
        await throws(() => decodeRecording(buffer), RecordingError, pattern);
    }
});
