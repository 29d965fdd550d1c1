import { CommandError, Connection, retryDelay } from "../../static/js/connection.js";
import { stackMachine } from "./algorithms.js";
import { equal, layoutDescription, ok, test, throws } from "./harness.js";
import { packBatch } from "./batches.js";

/** A WebSocket whose other end is the test. */
class FakeSocket {
    static all = [];

    constructor(url) {
        this.url = url;
        this.sent = [];
        this.closed = false;
        FakeSocket.all.push(this);
    }

    send(text) {
        this.sent.push(JSON.parse(text));
    }

    close() {
        this.closed = true;
    }

    open() {
        this.onopen({});
    }

    give(message) {
        this.onmessage({ data: message instanceof ArrayBuffer ? message : JSON.stringify(message) });
    }

    drop(code = 1006, reason = "") {
        this.onclose({ code, reason });
    }
}

function setUp() {
    FakeSocket.all = [];
    const waiting = [];
    const timers = {
        setTimeout: (callback, delay) => waiting.push({ callback, delay }),
        clearTimeout: (id) => {
            if (id !== null) {
                waiting[id - 1] = null;
            }
        },
    };
    const seen = { messages: [], states: [] };
    const connection = new Connection({
        url: "ws://x/ws/runs/r/0",
        WebSocket: FakeSocket,
        timers,
        random: () => 1,
        onMessage: (message) => seen.messages.push(message),
        onState: (state, detail) => seen.states.push([state, detail.reason, detail.retryInMs]),
    });
    connection.open();
    return {
        connection,
        seen,
        timers: waiting,
        machine: stackMachine(),
        get socket() {
            return FakeSocket.all.at(-1);
        },
        fire() {
            waiting.findLast(Boolean).callback();
        },
    };
}

const hello = (resumed = false, generation = 1) => ({
    type: "hello",
    role: "presenter",
    run: { id: "r", generation },
    side: 0,
    layout: layoutDescription(),
    names: {},
    resumed,
});

/** Connected, with a snapshot that goes up to sequence number -1. */
function joined(setup) {
    setup.socket.open();
    setup.socket.give(hello());
    setup.socket.give(setup.machine.snapshot("start"));
    return setup;
}

/** The batch of the next `count` records. */
function nextBatch({ machine }, count, generation = 1) {
    const from = machine.records.length;
    for (let index = 0; index < count; index += 1) {
        machine.load(0, machine.root("head"), "old_head");
    }
    return packBatch(machine.records.slice(from), { generation });
}

const types = ({ seen }) => seen.messages.map(({ type }) => type);

test("joins, and hands on what comes", () => {
    const setup = joined(setUp());
    equal(setup.socket.sent, [{ type: "join", after: null, generation: null }]);
    setup.socket.give(nextBatch(setup, 3));
    equal(types(setup), ["hello", "snapshot", "batch"]);
    equal(setup.seen.states, [["connected", "", null]]);
    equal([setup.seen.messages[2].first, setup.seen.messages[2].last], [0, 2]);
});

test("after a break it resumes behind the last record that it has", () => {
    const setup = joined(setUp());
    setup.socket.give(nextBatch(setup, 5));
    setup.socket.drop(1006);
    equal(setup.seen.states.at(-1), ["reconnecting", "closed with code 1006", 250]);
    setup.fire();
    setup.socket.open();
    equal(setup.socket.sent, [{ type: "join", after: 4, generation: 1 }]);
    setup.socket.give(hello(true));
    setup.socket.give(nextBatch(setup, 2));
    equal([types(setup).at(-1), setup.seen.messages.at(-1).first], ["batch", 5]);
    equal(setup.connection.state, "connected");
});

test("records that come twice are cut off, older generations dropped", () => {
    const setup = joined(setUp());
    setup.socket.give(nextBatch(setup, 4));
    setup.socket.give(packBatch(setup.machine.records.slice(2, 4), { generation: 1 }));
    equal(types(setup), ["hello", "snapshot", "batch"]);
    nextBatch(setup, 2);
    setup.socket.give(packBatch(setup.machine.records.slice(2), { generation: 1 }));
    equal([setup.seen.messages.at(-1).first, setup.seen.messages.at(-1).count], [4, 2]);
    setup.socket.give(nextBatch(setup, 3, 65_536));
    equal(types(setup).length, 4, "generation 0 modulo 65,536 is not ours");
    equal(setup.connection.state, "connected");
});

test("a hole in the records is an error, and a fresh join follows", () => {
    const setup = joined(setUp());
    nextBatch(setup, 3);
    setup.socket.give(nextBatch(setup, 1));
    equal(setup.seen.states.at(-1).slice(0, 2), ["reconnecting", "record 0 expected; got 3"]);
    setup.fire();
    setup.socket.open();
    equal(setup.socket.sent, [{ type: "join", after: null, generation: null }]);
});

test("malformed messages are an error, and a fresh join follows", () => {
    for (const [data, pattern] of [
        ["{", /must be JSON/],
        ['{"type": "surprise"}', /got "surprise"/],
        [new ArrayBuffer(4), /at least 16 bytes/],
    ]) {
        const setup = joined(setUp());
        const { socket } = setup;
        socket.onmessage({ data });
        ok(pattern.test(setup.seen.states.at(-1)[1]), setup.seen.states.at(-1)[1]);
        ok(socket.closed, "the socket is closed");
        socket.give({ type: "done", id: 1 });
        setup.fire();
        setup.socket.open();
        equal(setup.socket.sent[0].after, null);
    }
});

test("records before the hello or before the snapshot are an error", () => {
    const early = setUp();
    early.socket.open();
    early.socket.give(nextBatch(early, 1));
    equal(early.seen.states.at(-1)[1], "records came before the hello that says how to read them");
    const unfounded = setUp();
    unfounded.socket.open();
    unfounded.socket.give(hello());
    unfounded.socket.give(nextBatch(unfounded, 1));
    equal(unfounded.seen.states.at(-1)[1], "records came before the snapshot that they go on from");
    const strange = setUp();
    strange.socket.open();
    strange.socket.give(hello(true));
    equal(strange.seen.states.at(-1)[1], "the server resumes a stream that was not asked for");
});

test("attempts come ever later, with jitter; after six in a row the connection counts as lost", () => {
    const setup = setUp();
    const delays = [];
    for (let attempt = 0; attempt < 9; attempt += 1) {
        setup.socket.drop();
        delays.push(setup.seen.states.at(-1)[2]);
        setup.fire();
    }
    equal(delays, [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
    equal(
        setup.seen.states.map(([state]) => state === "lost"),
        [false, false, false, false, false, true, true, true, true],
    );
    equal(
        retryDelay(0, () => 0),
        125,
    );
    joined(setup);
    setup.socket.drop();
    equal(
        setup.seen.states.at(-1).slice(0, 3),
        ["reconnecting", "closed with code 1006", 250],
        "a success begins the count anew",
    );
});

test("retry does not wait", () => {
    const setup = setUp();
    setup.socket.drop();
    const before = FakeSocket.all.length;
    setup.connection.retry();
    equal(FakeSocket.all.length, before + 1);
    setup.connection.retry();
    equal(FakeSocket.all.length, before + 1, "an attempt is under way");
});

test("commands resolve when done and reject with what the server says", async () => {
    const setup = joined(setUp());
    const freeze = setup.connection.command({ action: "freeze", lane: 1 });
    const knobs = setup.connection.setKnobs({ threads: 99 });
    const [, first, second] = setup.socket.sent;
    equal([first.type, first.action, second.type, first.id !== second.id], ["command", "freeze", "knobs", true]);
    setup.socket.give({ type: "error", id: second.id, field: "threads", message: "must be from 1 to 32; got 99" });
    setup.socket.give({ type: "done", id: first.id });
    await freeze;
    const error = await knobs.catch((reason) => reason);
    ok(error instanceof CommandError);
    equal([error.field, error.message], ["threads", "must be from 1 to 32; got 99"]);
    setup.socket.give({ type: "error", id: null, field: null, message: "not for a command" });
    equal(types(setup), ["hello", "snapshot", "error"]);
});

test("a break rejects what is under way, and what is sent without a connection", async () => {
    const setup = joined(setUp());
    const pending = setup.connection.command({ action: "pause" });
    setup.socket.drop();
    await throws(() => pending, CommandError, /closed before the command took effect/);
    await throws(() => setup.connection.command({ action: "pause" }), CommandError, /no connection/);
});

test("a new generation voids what was known", () => {
    const setup = joined(setUp());
    setup.socket.give(nextBatch(setup, 5));
    setup.socket.give({ type: "restarted", run: { id: "r", generation: 2 }, names: {} });
    setup.socket.give(nextBatch(setup, 1, 1));
    equal(types(setup).at(-1), "restarted", "records of the old one are dropped");
    setup.machine = stackMachine();
    setup.socket.give(setup.machine.snapshot("start"));
    setup.socket.give(nextBatch(setup, 2, 2));
    equal([types(setup).at(-1), setup.seen.messages.at(-1).first], ["batch", 0]);
    setup.socket.drop();
    setup.fire();
    setup.socket.open();
    equal(setup.socket.sent, [{ type: "join", after: 1, generation: 2 }]);
});

test("closed for good", () => {
    const setup = joined(setUp());
    const { socket } = setup;
    setup.connection.close();
    ok(socket.closed);
    equal(setup.seen.states.at(-1)[0], "closed");
    socket.drop();
    equal(setup.seen.states.at(-1)[0], "closed");
    equal(setup.timers.filter(Boolean).length, 0);
});
