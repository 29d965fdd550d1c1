import { Fold } from "../../static/js/fold.js";
import { fromSnapshot } from "../../static/js/snapshots.js";
import { setWorkers } from "../../static/js/layout.js";
import { Names } from "../../static/js/names.js";
import { createNarrator } from "../../static/js/narrate.js";
import { counterMachine, queueMachine, RandomRun, stackMachine } from "./algorithms.js";
import { equal, ok, seeded, test } from "./harness.js";
import { int, K, layout, Machine } from "./machine.js";

/** The narrations of what a script does on a machine. */
function narrated(machine, script) {
    const names = new Names();
    names.add(machine.names);
    const state = fromSnapshot(machine.snapshot(), names, machine.records.length - 1);
    const from = machine.records.length;
    script(machine);
    names.add(machine.names);
    const fold = new Fold(layout, names);
    const narrate = createNarrator(layout, names);
    return machine.records.slice(from).map((record) => {
        const narration = narrate(state, record);
        fold.apply(state, record);
        return narration;
    });
}

const last = (machine, script) => narrated(machine, script).at(-1).text;

test("a lost CAS says what was expected, who came in between, and which retry follows", () => {
    const [narration] = narrated(stackMachine({ lanes: 3 }), (m) => {
        const head = m.root("head");
        m.begin(0, 0, int(17));
        const theirs = m.allocate(0, int(17));
        m.begin(1, 0, int(8));
        const mine = m.allocate(1, int(8));
        m.load(1, head, "old_head");
        m.cas(0, head, 0, theirs);
        m.cas(1, head, 0, mine);
    }).slice(-1);
    equal(narration.text, "T2 lost the CAS on head: it expected None, T1 swung head to n1 in between; retry 1.");
    equal(
        narration.parts.filter(({ kind }) => kind !== "plain"),
        [
            { text: "T2", lane: 1, kind: "thread" },
            { text: "head", lane: null, kind: "cell" },
            { text: "None", lane: null, kind: "code" },
            { text: "T1", lane: 0, kind: "thread" },
            { text: "head", lane: null, kind: "cell" },
            { text: "n1", lane: null, kind: "node" },
        ],
    );
});

test("several changes in between are counted, and the retries too", () => {
    const text = last(stackMachine({ lanes: 3 }), (m) => {
        const head = m.root("head");
        m.begin(1, 1);
        m.load(1, head, "old_head");
        m.begin(0, 0, int(1));
        const one = m.allocate(0, int(1), "a");
        const two = m.allocate(0, int(2), "b");
        m.cas(0, head, 0, one);
        m.cas(1, head, 0, 0);
        m.cas(0, head, one, 0);
        m.cas(0, head, 0, two);
        m.cas(1, head, 0, 0);
    });
    equal(
        text,
        "T2 lost the CAS on head: it expected None, T1 swung head to n2 in between, " +
            "the last of three changes; retry 2.",
    );
});

test("a won CAS says what it did", () => {
    const push = (m) => {
        m.begin(0, 0, int(17));
        m.cas(0, m.root("head"), 0, m.allocate(0, int(17)));
    };
    equal(last(stackMachine(), push), "T1 won the CAS on head: None → n1, which puts 17 in.");
    equal(
        last(stackMachine(), (m) => {
            push(m);
            m.end(0);
            m.begin(1, 1);
            m.load(1, m.root("head"), "old_head");
            m.cas(1, m.root("head"), 0, 0);
            m.cas(1, m.root("head"), 64, 0);
        }),
        "T2 won the CAS on head: n1 → None, which takes 17 out, at the second attempt.",
    );
});

test("ABA is told", () => {
    equal(
        last(stackMachine(), (m) => {
            const head = m.root("head");
            m.begin(0, 0, int(1));
            const one = m.allocate(0, int(1), "a");
            m.cas(0, head, 0, one);
            m.begin(1, 1);
            m.load(1, head, "old_head");
            m.cas(0, head, one, 0);
            m.cas(0, head, 0, one);
            m.cas(1, head, one, 0);
        }),
        "T2 won the CAS on head: n1 → None, which takes 1 out, " +
            "although it had changed two times since it was read, and back (ABA).",
    );
});

test("an enqueue: linked, tail behind, helped, and the harmless loss of the one who was helped", () => {
    const m = queueMachine();
    const texts = narrated(m, () => {
        const dummy = m.cells.get(m.root("head"));
        m.begin(1, 0, int(5));
        const node = m.allocate(1, int(5));
        m.cas(1, m.next(dummy), 0, node);
        m.begin(2, 1);
        m.cas(2, m.root("tail"), dummy, node, { decisive: false });
        m.cas(1, m.root("tail"), dummy, node, { decisive: false });
    }).map(({ text }) => text);
    equal(texts[2], "T2 won the CAS on n1.next and linked n2 behind n1; tail not advanced yet.");
    equal(texts[4], "T3 helped: swung tail from n1 to n2, which T2 had linked.");
    equal(texts[5], "T2 found tail at n2, not at n1: somebody had already done it. Harmless.");
});

test("a change takes effect, and one whose swap is ignored is lost and not harmless", () => {
    const m = new Machine({ roots: { root: {} }, operations: [{ name: "set", effect: "root", takes_value: true }] });
    const texts = narrated(m, () => {
        const root = m.root("root");
        for (const lane of [0, 1]) {
            m.begin(lane, 0, int(lane + 4));
            m.load(lane, root, "old_root");
        }
        const [one, other] = [0, 1].map((lane) => m.allocate(lane, int(lane + 4), "copy"));
        m.cas(0, root, 0, one, { decisive: false });
        m.cas(1, root, 0, other, { decisive: false });
    }).map(({ text }) => text);
    equal(texts.at(-2), "T1 won the CAS on root: None → n1, which is where set(4) takes effect.");
    equal(
        texts.at(-1),
        "T2 lost the CAS on root: it expected None, T1 swung root to n1 in between; " +
            "and it does not look, so its change is lost.",
    );
});

test("advancing the tail to one's own node is no help", () => {
    equal(
        last(queueMachine(), (m) => {
            const dummy = m.cells.get(m.root("head"));
            m.begin(1, 0, int(5));
            const node = m.allocate(1, int(5));
            m.cas(1, m.next(dummy), 0, node);
            m.cas(1, m.root("tail"), dummy, node, { decisive: false });
        }),
        "T2 advanced tail from n1 to n2, the node it had linked itself.",
    );
});

test("a dequeue takes the value of the node behind the dummy", () => {
    equal(
        last(queueMachine(), (m) => {
            const dummy = m.cells.get(m.root("head"));
            m.begin(1, 0, int(5));
            const node = m.allocate(1, int(5));
            m.cas(1, m.next(dummy), 0, node);
            m.cas(1, m.root("tail"), dummy, node, { decisive: false });
            m.begin(0, 1);
            m.cas(0, m.root("head"), dummy, node);
        }),
        "T1 won the CAS on head: n1 → n2, which takes 5 out.",
    );
});

test("a lost segment and a lost update", () => {
    const race = (m) => {
        const dummy = m.cells.get(m.root("head"));
        m.begin(0, 0, int(1));
        const first = m.allocate(0, int(1));
        m.begin(1, 0, int(2));
        const second = m.allocate(1, int(2));
        m.store(0, m.next(dummy), first);
        m.store(1, m.next(dummy), second);
    };
    const texts = narrated(queueMachine(), race).map(({ text }) => text);
    equal(texts.at(-2), "T1 linked n2 behind n1; tail not advanced yet.");
    equal(texts.at(-1), "T2's store overwrote T1's link in n1.next: n2 and what hangs on it are detached.");
    equal(
        last(counterMachine(), (m) => {
            const value = m.root("value");
            m.begin(0, 0);
            m.load(0, value, "value");
            m.begin(1, 0);
            m.load(1, value, "value");
            m.store(0, value, int(1));
            m.store(1, value, int(1));
        }),
        "T2 wrote 1 over T1's 1 in value: it had read 0 before that, so T1's update is lost.",
    );
});

test("loads and stores", () => {
    const texts = narrated(stackMachine(), (m) => {
        const head = m.root("head");
        m.begin(0, 0, int(9));
        const node = m.allocate(0, int(9));
        m.load(0, head, "old_head");
        m.store(0, m.next(node), 0);
        m.cas(0, head, 0, node);
        m.load(0, head, null);
        m.begin(1, 0);
        m.store(1, head, 0);
    }).map(({ text }) => text);
    equal(texts, [
        "T1 begins push(9).",
        "T1 makes n1 with the value 9; nobody else can see it yet.",
        "T1 reads head into old_head: None.",
        "T1 points n1.next at None; nobody else can see it yet.",
        "T1 won the CAS on head: None → n1, which puts 9 in.",
        "T1 reads head: n1. It was None before.",
        "T2 begins push(None).",
        "T2 sets head from n1 to None.",
    ]);
});

test("locks: waiting for a frozen holder, taking, releasing", () => {
    const texts = narrated(counterMachine(), (m) => {
        const lock = m.root("lock");
        m.begin(0, 0);
        m.lock(0, lock);
        m.mark(0, K.FROZEN, "frozen", { aux: layout.positions.HOLDING_LOCK });
        m.begin(2, 0);
        m.lock(2, lock);
        m.mark(0, K.THAWED, "running");
        m.unlock(0, lock);
        m.lock(2, lock);
    }).map(({ text }) => text);
    equal(
        texts.filter((_, index) => index !== 0 && index !== 3),
        [
            "T1 takes the lock.",
            "T1 is frozen inside increment(), holding the lock. Everyone who needs the lock will stop.",
            "T3 waits for the lock, which T1 holds (frozen).",
            "T1 is thawed and goes on with increment().",
            "T1 releases the lock; T3 has been waiting for it.",
            "T3 takes the lock.",
        ],
    );
});

test("a process that is killed is gone, and its lock with it", () => {
    const killed = (holds, position) => {
        const machine = counterMachine();
        machine.names.processes = [{ lane: 0, pid: 31305 }];
        setWorkers(true);
        const { text } = narrated(machine, (m) => {
            m.begin(0, 0);
            if (holds) m.lock(0, m.root("lock"));
            m.mark(0, K.KILLED, "killed", { aux: layout.positions[position] });
        }).at(-1);
        setWorkers(false);
        return text;
    };
    const gone = "SIGKILL to process 31305, which is gone and has unwound nothing.";
    const why = "Nothing gives back the lock of a process that is gone: everyone who needs it waits for ever.";
    equal(killed(false, "ANYWHERE"), `P1 is killed inside increment(): ${gone} The others go on.`);
    equal(killed(true, "ANYWHERE"), `P1 is killed inside increment(): ${gone} It held the lock. ${why}`);
    equal(killed(true, "HOLDING_LOCK"), `P1 is killed inside increment(), holding the lock: ${gone} ${why}`);
});

test("what befalls a thread", () => {
    const texts = narrated(stackMachine({ lanes: 6 }), (m) => {
        const head = m.root("head");
        m.begin(3, 1);
        m.load(3, head, "old_head");
        m.mark(3, K.FROZEN, "frozen", { aux: layout.positions.BETWEEN_LOAD_AND_CAS });
        m.mark(4, K.KILLED, "killed", { aux: 0 });
        m.begin(0, 0, int(8));
        m.mark(0, K.DELAY, "delay", { cell: head, before: 1, after: 80_000 });
        m.mark(0, K.DELAY, "delay", { cell: head, before: 0, after: 0 });
        m.mark(0, K.BACKOFF, "backoff", { before: 2, after: 50 });
        m.fault(0, "AttributeError: 'NoneType' object has no attribute 'value'");
        m.mark(5, K.STOPPED, "stopped");
        m.start(5);
        m.emit(5, K.LOST, { before: 0, after: 1203, aux: 1204 });
    }).map(({ text }) => text);
    equal(texts.slice(2), [
        "T4 is frozen inside pop(), between load and CAS. The others go on.",
        "T5 is killed between two operations: it never runs again, and never unwinds. The others go on.",
        "T1 begins push(8).",
        "Injected: T1 sleeps 80 ms between its load and its CAS on head.",
        "Injected: T1 yields the processor between its load and its CAS on head.",
        "T1 backs off for 50 µs after two losses in a row, so that others can finish.",
        "T1 raised AttributeError: 'NoneType' object has no attribute 'value' inside push(8). " +
            "The thread stops; the others run on.",
        "T6 leaves the run.",
        "T6 joins the run.",
        "1,204 records were lost here: a ring was full. What is shown may be wrong until the next snapshot.",
    ]);
});

test("a fault of memory raises nothing", () => {
    const m = stackMachine();
    const names = new Names();
    names.add(m.names);
    names.add({ values: [{ id: 900, text: "'n2 is freed a second time'" }] });
    const record = { position: 0, sequence: 0, time: 0, lane: 1, kind: K.FAULT, site: 0, cell: 900, before: 65, after: 0 };
    const { text } = createNarrator(layout, names)(fromSnapshot(m.snapshot(), names), { ...record, aux: 1 });
    equal(text, "Fault, double free by T2: n2 is freed a second time. It goes on, as in C, and does not notice.");
});

test("an insertion for which there is no room says so", () => {
    const m = stackMachine();
    m.names.values.push({ id: 901, text: "False" });
    const [, refused, , found] = narrated(m, () => {
        m.begin(0, 0, int(3));
        m.end(0, 901);
        m.begin(0, 1);
        m.end(0, 901);
    }).map(({ text }) => text);
    equal([refused, found], ["T1's push(3) finds no room, and returns False.", "T1's pop() returns False."]);
});

test("operations end", () => {
    const texts = narrated(stackMachine(), (m) => {
        m.begin(0, 1);
        m.end(0, 0, layout.outcomes.EMPTY);
        m.begin(0, 1);
        m.end(0, int(17));
        m.begin(0, 0, int(3));
        m.cas(0, m.root("head"), 99, 0);
        m.end(0);
    }).map(({ text }) => text);
    equal(
        [texts[1], texts[3], texts[6]],
        [
            "T1's pop() finds nothing to take out, and returns.",
            "T1's pop() returns 17.",
            "T1's push(3) is done, after one retry.",
        ],
    );
});

test("the simulated heap, exchanges, computed locals", () => {
    const texts = narrated(stackMachine(), (m) => {
        const head = m.root("head");
        m.begin(0, 0, int(1));
        const node = m.allocate(0, int(1));
        m.exchange(0, head, node);
        m.begin(1, 1);
        m.load(1, head, "old_head");
        m.exchange(0, head, 0);
        m.emit(0, K.RETIRE, { cell: node });
        m.emit(0, K.FREE, { cell: node });
        m.emit(0, K.REUSE, { cell: node, before: 2, after: int(4), aux: 1 });
        m.names.values.push({ id: 2 ** 20, text: "total" });
        m.emit(0, K.LOCAL, { cell: 2 ** 20, after: int(-7) });
        m.emit(0, K.LOCAL, { cell: 2 ** 20, before: head, after: int(4) });
        m.emit(0, K.LOCAL, { cell: 2 ** 20, aux: 1 });
        m.emit(0, K.WIDE);
        m.names.values.push({ id: 2 ** 20 + 1, text: "'n1.next is read, but n1 was freed'" });
        m.emit(0, K.FREE, { cell: node });
        m.emit(0, K.FREE, { cell: node });
        m.emit(0, K.FAULT, { cell: 2 ** 20 + 1, before: node, aux: 1 });
    }).map(({ text }) => text);
    equal(
        texts.slice(2).filter((_, index) => index !== 1 && index !== 2),
        [
            "T1 exchanges head: it was None, now it is n1.",
            "T1 exchanges head: it was n1, now it is None.",
            "T1 retires n1: it is to be freed once nobody can hold it any longer.",
            "T1 frees n1 while T2 still holds it.",
            "T1 gets n1 again from the heap, now with the value 4: the same address, generation 2, while T2 still " +
                "holds a pointer to its earlier life.",
            "T1 computes total = -7.",
            "T1 keeps 4 as total, as read from head.",
            "T1 lets go of total.",
            "T1: the upper halves of the numbers in its previous record.",
            "T1 frees n1 while T2 still holds it.",
            "T1 frees n1, which is free already, while T2 still holds it.",
            "Fault, use after free by T1 inside push(1): n1.next is read, but n1 was freed. It goes on, as in C, and " +
                "does not notice.",
        ],
    );
});

test("versions, and back-off in steps", () => {
    const machine = stackMachine();
    machine.names.clock = "steps";
    const texts = narrated(machine, (m) => {
        const head = m.root("head");
        m.begin(0, 1);
        m.load(0, head, "old_head");
        m.emit(0, K.WIDE, { cell: head, before: 1, after: 1 });
        m.cas(1, head, 0, 0);
        m.emit(1, K.WIDE, { cell: head, before: 1, after: 2, aux: 1 });
        m.emit(0, K.CAS_LOST, { cell: head });
        m.emit(0, K.WIDE, { cell: head, before: 2, after: 2, aux: 1 });
        m.emit(0, K.BACKOFF, { before: 1, after: 3 });
    }).map(({ text }) => text);
    equal(texts.filter((text) => /tag|backs/.test(text)), [
        "head has tag 1.",
        "head goes from tag 1 to tag 2.",
        "T1 lost the CAS on head: it expected None with an older tag, T2 set head to None in between; retry 1.",
        "head has tag 2, expected 1.",
        "T1 backs off for three steps after one loss in a row, so that others can finish.",
    ]);
});

test("every record of any run has a sentence", () => {
    for (const structure of ["stack", "queue", "storing", "counter"]) {
        const run = new RandomRun(structure, seeded(21), { lanes: 5 });
        const all = narrated(run.machine, () => {
            for (let step = 0; step < 1500; step += 1) {
                run.step();
            }
        });
        ok(all.length > 500);
        for (const { text, parts } of all) {
            ok(/^[A-Z1-9].*\.$/s.test(text) && !/undefined|null|NaN|operation -1|does not know/.test(text), text);
            equal(parts.map((part) => part.text).join(""), text);
        }
    }
});

test("every kind has a sentence", () => {
    const m = stackMachine();
    const names = new Names();
    names.add(m.names);
    const narrate = createNarrator(layout, names);
    const state = fromSnapshot(m.snapshot(), names);
    for (const [name, kind] of Object.entries(layout.kinds)) {
        const { text } = narrate(state, {
            position: 0,
            sequence: 0,
            time: 0,
            lane: 0,
            kind,
            site: 0,
            cell: 0,
            before: 0,
            after: 0,
            aux: 0,
        });
        ok(text.endsWith(".") && !text.includes("does not know"), `${name}: ${text}`);
    }
});
