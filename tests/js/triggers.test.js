import { Fold } from "../../static/js/fold.js";
import { fromSnapshot } from "../../static/js/snapshots.js";
import { Names } from "../../static/js/names.js";
import { Trigger, TRIGGERS } from "../../static/js/triggers.js";
import { counterMachine, queueMachine, stackMachine } from "./algorithms.js";
import { equal, test, throws } from "./harness.js";
import { int, layout } from "./machine.js";

/** The positions at which a trigger fires in what a script does, when it is armed again each time. */
function fires(name, machine, script, parameter = null) {
    const names = new Names();
    names.add(machine.names);
    const state = fromSnapshot(machine.snapshot(), names);
    script(machine);
    names.add(machine.names);
    const fold = new Fold(layout, names);
    const trigger = new Trigger(name, layout, names, parameter);
    const positions = [];
    for (const record of machine.records) {
        const { position, lane, kind, site, cell, before, after } = record;
        if (trigger.kinds[kind] === 1) {
            trigger.see(state, position, lane, kind, site, cell, before, after);
        }
        fold.apply(state, record);
        if (trigger.position >= 0) {
            positions.push(trigger.position);
            trigger.arm();
        }
    }
    return positions;
}

function losses(m) {
    const head = m.root("head");
    m.begin(0, 0, int(1));
    for (let round = 0; round < 3; round += 1) {
        m.cas(0, head, 99, 0); // 1, 2, 3
    }
    m.cas(0, head, 99, 0, { decisive: false }); // 4: lost help
    m.cas(0, head, 0, 0); // 5: won
    m.cas(0, head, 99, 0); // 6
}

function enqueueWithHelper(m) {
    const dummy = m.cells.get(m.root("head"));
    m.begin(0, 0, int(1));
    const first = m.allocate(0, int(1));
    m.cas(0, m.next(dummy), 0, first); // 2: tail behind
    m.begin(1, 0, int(2));
    m.cas(1, m.root("tail"), dummy, first, { decisive: false }); // 4: help
    m.cas(0, m.root("tail"), dummy, first, { decisive: false }); // 5: lost help
    const second = m.allocate(1, int(2));
    m.cas(1, m.next(first), 0, second); // 7: tail behind
    m.cas(1, m.root("tail"), first, second, { decisive: false }); // 8: its own
}

test("lost CAS: decisive ones only", () => {
    equal(fires("lost-cas", stackMachine(), losses), [1, 2, 3, 6]);
});

test("a streak of n", () => {
    equal(fires("streak", stackMachine(), losses, 2), [2, 3]);
    equal(fires("streak", stackMachine(), losses), [3]);
    equal(fires("streak", stackMachine(), losses, 4), []);
});

test("help: for another thread's node only", () => {
    equal(fires("help", queueMachine(), enqueueWithHelper), [4]);
});

test("tail behind: a node is linked behind the tail's", () => {
    equal(fires("tail-behind", queueMachine(), enqueueWithHelper), [2, 7]);
    equal(fires("tail-behind", stackMachine(), losses), []);
});

test("item lost: a store over a link, a store over what was read before it changed", () => {
    equal(fires("item-lost", queueMachine(), enqueueWithHelper), []);
    equal(
        fires("item-lost", queueMachine(), (m) => {
            const dummy = m.cells.get(m.root("head"));
            m.begin(0, 0);
            const first = m.allocate(0, int(1));
            m.begin(1, 0);
            const second = m.allocate(1, int(2));
            m.store(0, m.next(first), second); // 4: private
            m.store(0, m.next(dummy), first); // 5
            m.store(1, m.next(dummy), second); // 6: over the link
        }),
        [6],
    );
    equal(
        fires("item-lost", counterMachine(), (m) => {
            const value = m.root("value");
            m.begin(0, 0);
            m.load(0, value, "value");
            m.begin(1, 0);
            m.load(1, value, "value");
            m.store(0, value, int(1)); // 4
            m.store(1, value, int(1)); // 5: over what was read
            m.load(1, value, "value");
            m.store(1, value, int(2)); // 7
        }),
        [5],
    );
});

test("fault", () => {
    equal(
        fires("fault", stackMachine(), (m) => {
            m.begin(0, 1);
            m.fault(0, "x");
            m.begin(1, 1);
            m.fault(1, "y");
        }),
        [1, 3],
    );
});

test("triggers and their parameters are checked", async () => {
    const names = new Names();
    equal(
        TRIGGERS.map(({ name }) => name),
        ["lost-cas", "streak", "help", "tail-behind", "item-lost", "fault"],
    );
    await throws(() => new Trigger("x", layout, names), RangeError, /no trigger "x"; there are lost-cas, streak/);
    await throws(() => new Trigger("streak", layout, names, 1.5), RangeError, /whole number from 2 to 1000; got 1.5/);
});
