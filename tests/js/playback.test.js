import { encodeInteger } from "../../static/js/layout.js";
import { Model } from "../../static/js/model.js";
import { SPEED_MAX, SPEED_MIN } from "../../static/js/playback.js";
import { RandomRun } from "./algorithms.js";
import { equal, ok, seeded, test, throws } from "./harness.js";
import { encodeRecords, K, layout } from "./machine.js";

/** A model on a clock of its own, fed by a random run. Frames come when `advance` passes their time. */
class Stage {
    constructor(structure = "stack", { seed = 1, capacity = 2 ** 17, ...options } = {}) {
        this.now = 1000;
        this.callback = null;
        this.frames = [];
        this.model = new Model(layout, {
            capacity,
            clock: () => this.now,
            requestFrame: (callback) => {
                this.callback = callback;
                return 1;
            },
            cancelFrame: () => {
                this.callback = null;
            },
        });
        this.playback = this.model.playback;
        this.run = new RandomRun(structure, seeded(seed), { lanes: 4, walks: false, ...options });
        this.machine = this.run.machine;
        this.model.take({ type: "names", ...this.machine.names });
        this.model.take(this.machine.snapshot("start"));
        this.sent = 0;
        this.playback.listen((frame) => this.frames.push({ ...frame }));
        this.playback.start();
    }

    /** Let the run make at least `count` more records, and send them. */
    feed(count) {
        this.produce(count);
        this.send();
    }

    produce(count) {
        const end = this.machine.records.length + count;
        while (this.machine.records.length < end) {
            this.run.step();
        }
    }

    send() {
        this.model.take({ type: "names", ...this.machine.names });
        const records = this.machine.records.slice(this.sent);
        this.sent = this.machine.records.length;
        if (records.length > 0) {
            this.model.take({ type: "batch", first: records[0].sequence, bytes: encodeRecords(records) });
        }
    }

    /** Let time pass in animation frames of 16 ms; `each` is called before each frame. */
    advance(ms, each = () => {}) {
        for (const end = this.now + ms; this.now < end;) {
            this.now += 16;
            each(this.now);
            this.callback?.();
        }
    }

    /** Feed at a steady number of records a second. */
    advanceAt(rate, ms) {
        const start = this.now;
        let fed = 0;
        this.advance(ms, () => {
            const due = Math.floor(((this.now - start) * rate) / 1000) - fed;
            if (due > 0) {
                this.feed(due);
                fed += due;
            }
        });
    }

    get frame() {
        return this.playback.frame();
    }
}

const positionsOf = (frames) => frames.flatMap(({ shown }) => shown.map(({ record }) => record.position));

test("at a slow run every record is shown, in order, and the view keeps up", () => {
    const stage = new Stage();
    stage.advanceAt(4, 10_000);
    stage.advance(1000);
    equal(stage.frame.regime, "each");
    equal(
        positionsOf(stage.frames),
        Array.from({ length: stage.frame.last + 1 }, (_, index) => index),
    );
    equal(stage.frame.behind, 0);
    ok(stage.frames.every(({ jumped, shown }, index) => index === 0 || !jumped || shown.length === 0));
});

test("beats do not come faster than animations end, while there is time", () => {
    const stage = new Stage();
    stage.feed(15);
    const times = [];
    stage.playback.listen(({ shown }) => {
        if (shown.some(({ record }) => layout.isAccess[record.kind] === 1)) {
            times.push(stage.now);
        }
    });
    stage.advance(3000);
    ok(times.length >= 2, `${times.length} beats`);
    ok(
        times.every((time, index) => index === 0 || time - times[index - 1] >= 180),
        `beats at ${times}`,
    );
    equal(stage.frame.behind, 0);
});

test("a view that falls behind catches up within about a second", () => {
    const stage = new Stage();
    stage.feed(40);
    stage.advance(2000);
    equal(stage.frame.behind, 0);
    stage.feed(5000);
    stage.advance(32);
    equal(stage.frame.behind, 0);
    ok(stage.frames.at(-1).jumped || stage.frames.at(-2).jumped, "by a jump");
});

test("regimes follow the rate, with hysteresis", () => {
    const stage = new Stage("queue");
    stage.advanceAt(4, 4000);
    equal(stage.frame.regime, "each");
    stage.advanceAt(30, 4000);
    equal(stage.frame.regime, "changes");
    stage.advanceAt(600, 3000);
    equal(stage.frame.regime, "incidents");
    stage.advanceAt(20_000, 3000);
    equal(stage.frame.regime, "flow");
    stage.advanceAt(3000, 3000);
    const regimes = new Set(stage.frames.slice(-50).map(({ regime }) => regime));
    equal(regimes, new Set(["flow"]), "between the limits nothing flickers");
    stage.advance(6000);
    equal(stage.frame.regime, "each", "a run that stands still is shown in full");
    equal(stage.frame.state, stage.model.timeline.seek(stage.frame.last));
});

test("changes: only CASes, changes of shared memory and what must not be missed are shown", () => {
    const stage = new Stage("stack");
    stage.advanceAt(30, 6000);
    equal(stage.frame.regime, "changes");
    const shown = stage.frames.slice(-100).flatMap((frame) => frame.shown);
    ok(shown.length > 10);
    const kinds = new Set([K.CAS_WON, K.CAS_LOST, K.FROZEN, K.THAWED, K.KILLED]);
    ok(
        shown.every(({ record }) => kinds.has(record.kind)),
        "no load, no store into a private node",
    );
    equal(stage.frame.behind, 0);
});

test("incidents: one thread's load, loss, retry and win, each in its own state", () => {
    const stage = new Stage("stack", { lanes: 6 });
    stage.advanceAt(500, 12_000);
    const frames = stage.frames.filter(({ incident }) => incident !== null);
    ok(frames.length > 0, "incidents are shown");
    const { incident } = frames[0];
    const kinds = incident.records.map(({ kind }) => kind);
    ok(kinds.includes(K.LOAD) && kinds.includes(K.CAS_LOST), "it has a load and a loss");
    equal(kinds.at(-1), K.CAS_WON);
    const lane = incident.records.at(-1).lane;
    const others = incident.records.filter((record) => record.lane !== lane);
    equal(others.length, 1, "and the write that was the cause");
    equal([others[0].cell, others[0].kind], [incident.records[kinds.indexOf(K.CAS_LOST)].cell, K.CAS_WON]);
    const steps = frames.filter((frame) => frame.incident.number === incident.number && frame.shown.length > 0);
    equal(
        steps.map(({ shown }) => shown[0].record),
        incident.records,
    );
    equal(
        steps.map(({ position }) => position),
        incident.records.map(({ position }) => position),
    );
    const numbers = [...new Set(frames.map((frame) => frame.incident.number))];
    equal(
        numbers,
        Array.from({ length: numbers.length }, (_, index) => index + 1),
    );
    ok(frames.at(-1).incident.of > numbers.length, "most incidents are not shown");
});

test("flow: the depth of a ring is how far its tail is ahead of its head", () => {
    const { names, playback } = new Model(layout);
    const kind = "integer";
    names.add({ cells: ["head", "tail", "slot 0 stamp"].map((name, index) => ({ id: index + 1, name, kind })) });
    const depth = (...values) => playback._depth({
        cells: new Map(values.map((value, index) => [index + 1, { value: encodeInteger(value) }])), live: 0,
    });
    equal([depth(5, 8, 3), depth(8, 8, 4)], [3, 0]);
});

test("flow: sums over half a second that agree with the fold", () => {
    const stage = new Stage("stack");
    stage.advanceAt(20_000, 2000);
    const { flow, shown, current } = stage.frame;
    equal([shown.length, current], [0, null]);
    const { counts } = stage.model.timeline.edge;
    const before = { ...counts };
    stage.advanceAt(20_000, 496);
    const after = stage.frame.flow;
    const { edge } = stage.model.timeline;
    ok(Math.abs(after.won - (edge.counts.wins - before.wins)) <= edge.counts.wins / 30, `${after.won} won`);
    ok(after.seconds > 0.45 && after.seconds < 0.55, `${after.seconds} s`);
    equal(after.depth, edge.live);
    ok(after.depthMin <= after.depth && after.depth <= after.depthMax);
    ok(flow.operations > 0);
});

test("held: the view stands, the run goes on, the buffer fills", () => {
    const stage = new Stage();
    stage.feed(20);
    stage.advance(5000);
    stage.playback.hold();
    const { position } = stage.frame;
    const text = JSON.stringify([...stage.frame.state.cells]);
    stage.advanceAt(1000, 2000);
    equal([stage.frame.mode, stage.frame.position, stage.frame.regime], ["held", position, "each"]);
    ok(stage.frame.behind >= 1900);
    equal(JSON.stringify([...stage.frame.state.cells]), text);
    stage.playback.goLive();
    stage.advance(32);
    equal([stage.frame.mode, stage.frame.behind], ["live", 0]);
});

test("stepping forward shows one record, stepping back draws the state before it", () => {
    const stage = new Stage("queue");
    stage.feed(200);
    stage.playback.seek(50);
    stage.advance(16);
    for (let position = 51; position < 80; position += 1) {
        stage.playback.stepForward();
        stage.advance(16);
        const frame = stage.frames.at(-1);
        equal(
            [frame.position, frame.jumped, frame.shown.map(({ record }) => record.position)],
            [position, false, [position]],
        );
        equal(frame.state, stage.model.timeline.seek(position));
    }
    for (let position = 78; position > 40; position -= 1) {
        stage.playback.stepBack();
        stage.advance(16);
        const frame = stage.frames.at(-1);
        equal(
            [frame.position, frame.jumped, frame.shown, frame.current.record.position],
            [position, true, [], position],
        );
        equal(frame.state, stage.model.timeline.seek(position));
    }
});

test("seeking stays within what is kept", () => {
    const stage = new Stage();
    stage.feed(100);
    stage.playback.seek(-5);
    equal(stage.frame.position, 0);
    stage.playback.seek(1e9);
    equal(stage.frame.position, stage.frame.last);
    stage.playback.stepForward();
    equal([stage.frame.position, stage.frame.mode], [stage.frame.last, "held"]);
    const time = stage.model.history.timeAt(40);
    stage.playback.seekTime(time);
    equal(stage.frame.position, 40);
    stage.playback.seekTime(time + 1);
    equal(stage.frame.position, 40);
});

test("a held position that the ring has given up", () => {
    const stage = new Stage("stack", { capacity: 2 ** 15 });
    stage.feed(100);
    stage.playback.seek(50);
    stage.feed(50_000);
    stage.advance(16);
    equal(stage.frame.position, 50, "the picture stands");
    ok(stage.frame.first > 50);
    ok(stage.frame.current === null || stage.frame.current.record.position === 50);
    stage.playback.stepForward();
    equal(stage.frame.position, stage.frame.first);
    stage.playback.play();
    stage.advance(2000);
    ok(stage.frame.position > stage.frame.first);
});

test("replay keeps the run's time, divided by the speed", () => {
    for (const speed of [0.1, 0.5, 1, 4, 10]) {
        const stage = new Stage();
        stage.feed(2000);
        stage.playback.seek(0);
        stage.playback.setSpeed(speed);
        stage.playback.play();
        stage.advance(10_000);
        const seconds = stage.frame.state.time / 1e9;
        ok(seconds > 8 * speed - 1 && seconds < 13 * speed + 1, `at speed ${speed}: ${seconds} s of the run in 10 s`);
        equal([stage.frame.mode, stage.frame.regime], ["replay", speed > 1.25 ? "changes" : "each"]);
    }
});

test("replay of a fast run is slowed down to four beats a second, of an idle one sped up to one", () => {
    for (const [stepNs, expected] of [
        [1000, 40],
        [60_000_000_000, 10],
    ]) {
        const stage = new Stage("stack", { stepNs });
        stage.feed(500);
        stage.playback.seek(0);
        stage.playback.play();
        stage.advance(10_000);
        const beats = stage.frame.state.accesses;
        ok(beats > expected * 0.7 && beats <= expected + 1, `${beats} beats in 10 s, about ${expected} expected`);
    }
});

test("speeds have limits", () => {
    const { playback } = new Stage();
    playback.setSpeed(1000);
    equal(playback.speed, SPEED_MAX);
    playback.setSpeed(0);
    equal(playback.speed, SPEED_MIN);
});

test("replay shows every record once, and follows the run again at its end", () => {
    const stage = new Stage();
    stage.feed(60);
    stage.playback.seek(0);
    stage.advance(16);
    stage.frames.length = 0;
    stage.playback.play();
    stage.advance(40_000);
    equal(
        positionsOf(stage.frames),
        Array.from({ length: stage.frame.last }, (_, index) => index + 1),
    );
    equal([stage.frame.mode, stage.frame.behind], ["live", 0]);
});

test("a page that was hidden does not rush through what it missed", () => {
    const stage = new Stage();
    stage.feed(1000);
    stage.playback.seek(0);
    stage.playback.play();
    stage.advance(500);
    const before = stage.frame.position;
    stage.now += 60_000;
    stage.advance(500);
    ok(stage.frame.position - before < 20, `${stage.frame.position - before} records`);
});

test("a hidden page that is live does no work but folding", () => {
    const stage = new Stage();
    stage.advanceAt(4, 2000);
    stage.frames.length = 0;
    for (let second = 0; second < 30; second += 1) {
        stage.now += 1000;
        stage.feed(500);
    }
    equal(stage.frames.length, 0);
    stage.advance(64);
    equal(stage.frame.behind, 0);
    ok(stage.frames.every(({ shown }) => shown.length < 20));
});

test("Space holds what moves and lets go what stands", () => {
    const stage = new Stage();
    stage.feed(30);
    stage.advance(10_000);
    stage.playback.toggle();
    equal(stage.playback.mode, "held");
    stage.playback.toggle();
    equal(stage.playback.mode, "live", "at the newest record");
    stage.playback.seek(3);
    stage.playback.toggle();
    equal(stage.playback.mode, "replay");
    stage.playback.toggle();
    equal(stage.playback.mode, "held");
});

test("stop at: the view stops at the first record for which it holds, the run goes on", () => {
    const stage = new Stage("stack", { lanes: 6 });
    stage.playback.stopAt("lost-cas");
    stage.feed(3000);
    const { position, mode } = stage.frame;
    const expected = stage.machine.records.findIndex(({ kind }) => kind === K.CAS_LOST);
    equal([mode, position, stage.frame.trigger], ["held", expected, { name: "lost-cas", position: expected }]);
    stage.advance(16);
    equal(stage.frame.trigger, null, "it is told in one frame");
    equal(stage.frames.at(-1).trigger, { name: "lost-cas", position: expected });
    equal(stage.frame.current.record.kind, K.CAS_LOST);
    ok(stage.frame.behind > 1000);
    stage.playback.play();
    stage.advance(60_000);
    const next = stage.machine.records.findIndex(({ kind }, index) => index > expected && kind === K.CAS_LOST);
    equal([stage.frame.mode, stage.frame.position], ["held", next], "replay stops at the next one");
    stage.playback.goLive();
    stage.feed(3000);
    equal(stage.frame.mode, "held", "and live again at the one after");
    stage.playback.stopAt(null);
    stage.playback.goLive();
    stage.feed(3000);
    equal([stage.frame.mode, stage.playback.stopsAt], ["live", null]);
});

test("an unknown stop-at is refused", async () => {
    const { playback } = new Stage();
    await throws(() => playback.stopAt("nothing"), RangeError, /no trigger "nothing"; there are lost-cas/);
    await throws(() => playback.stopAt("streak", 1), RangeError, /from 2 to 1000; got 1/);
});

test("a gap: live jumps and says how many, stepping over it jumps too", () => {
    const stage = new Stage("queue", { walks: true });
    stage.feed(50);
    stage.advance(16);
    stage.produce(80);
    const missed = stage.machine.records.length - stage.sent;
    stage.sent = stage.machine.records.length;
    stage.model.take({ ...stage.machine.snapshot("overflow"), skipped: missed });
    stage.advance(16);
    equal([stage.frames.at(-1).gap, stage.frames.at(-1).jumped, stage.frame.behind], [missed, true, 0]);
    const at = stage.frame.last + 1;
    stage.feed(20);
    stage.advance(16);
    stage.playback.seek(at - 1);
    equal(stage.frame.gap, 0);
    stage.playback.stepForward();
    equal([stage.frame.position, stage.frame.gap, stage.frame.jumped], [at, missed, true]);
    equal(stage.frame.state, stage.model.timeline.seek(at));
    stage.playback.seek(at - 3);
    stage.playback.play();
    stage.advance(30_000);
    equal([stage.frame.mode, stage.frame.behind], ["live", 0], "replay goes over it");
});

test("nothing moves, nothing is told", () => {
    const stage = new Stage();
    stage.feed(10);
    stage.advance(5000);
    stage.frames.length = 0;
    stage.advance(1000);
    equal(stage.frames.length, 0);
    stage.playback.stop();
    stage.feed(10);
    stage.advance(100);
    equal(stage.frames.length, 0);
});

test("a new generation begins anew", () => {
    const stage = new Stage();
    stage.feed(100);
    stage.playback.seek(5);
    stage.model.take({ type: "restarted", run: { id: "a", generation: 2 }, names: stage.machine.names });
    stage.model.take(new RandomRun("stack", seeded(1), { lanes: 2 }).machine.snapshot("start"));
    const { mode, position, first, last } = stage.frame;
    equal([mode, position, first, last], ["live", -1, -1, -1]);
});

test("a hello for the same stream keeps what is there, another one does not", () => {
    const stage = new Stage();
    const hello = { type: "hello", side: 0, run: { id: "a", generation: 1 }, names: stage.machine.names };
    stage.model.take(hello);
    stage.model.take(stage.machine.snapshot("join"));
    stage.feed(100);
    stage.model.take(hello);
    ok(stage.frame.last >= 99);
    stage.model.take({ ...hello, run: { id: "b", generation: 1 } });
    equal(stage.frame.last, -1);
});

test("the shown state is exact in every frame, whatever is done", () => {
    const random = seeded(77);
    const stage = new Stage("storing", { seed: 5, capacity: 2 ** 15 });
    stage.playback.listen((frame) => {
        if (frame.first >= 0 && frame.position >= frame.first && frame.gap === 0) {
            equal(frame.state, stage.model.timeline.seek(frame.position), `in ${frame.mode} at ${frame.position}`);
        }
    });
    const acts = [
        () => stage.playback.hold(),
        () => stage.playback.play(),
        () => stage.playback.goLive(),
        () => stage.playback.stepForward(),
        () => stage.playback.stepBack(),
        () => stage.playback.setSpeed(10 * random()),
        () => stage.playback.seek(stage.frame.last * random()),
        () => stage.playback.stopAt(random() < 0.5 ? "streak" : null, 2),
        () => stage.feed(Math.floor(2000 * random() ** 4)),
    ].map((act) => () => act());
    for (let round = 0; round < 300; round += 1) {
        acts[Math.floor(random() * acts.length)]();
        stage.feed(Math.floor(random() * 8));
        stage.advance(16 * Math.ceil(random() * 10));
    }
    ok(stage.frames.length > 200);
});
