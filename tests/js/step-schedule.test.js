/** Schedules as text, and the tree of what was tried. */

import { formatSchedule, parseSchedule, sharedMoves } from "../../static/js/step/schedule.js";
import { Tried, branchOf, branchesOf } from "../../static/js/step/tried.js";
import { equal, seeded, test } from "./harness.js";

const SPEC = { structure: "s", program: "p", start: "", seed: "1", backoff: "none", reuse: "lifo" };

function execution(schedule, { kind = "running", faults = [], spec = SPEC } = {}) {
    const moves = parseSchedule(schedule);
    return { spec, moves, length: moves.length, schedule: () => formatSchedule(moves), outcome: { kind }, faults };
}

function memory(text = null) {
    return {
        text,
        getItem() {
            return this.text;
        },
        setItem(_name, value) {
            this.text = value;
        },
    };
}

const step = (thread, kill = false) => ({ thread, kill });

test("a schedule is digits, repeats and deaths", () => {
    const moves = [step(0), step(0), step(1), ...Array(12).fill(step(1)), step(0, true), step(2)];
    equal(formatSchedule(moves), "11.2x13.k1.3");
    equal(parseSchedule("11.2x13.k1.3"), moves);
});

test("three of a kind are shorter as digits", () => {
    equal(formatSchedule(parseSchedule("1112222")), "111.2x4");
    equal(formatSchedule([]), "");
    equal(parseSchedule(""), []);
});

test("spaces and case do not matter, and what cannot be read ends it", () => {
    equal(parseSchedule(" 1 1 . K2 "), [step(0), step(0), step(1, true)]);
    equal(parseSchedule("11.nonsense.22"), [step(0), step(0)]);
});

test("what is written is read as the same moves", () => {
    const random = seeded(7);
    for (let round = 0; round < 200; round += 1) {
        const moves = Array.from({ length: Math.floor(random() * 60) }, () =>
            step(Math.floor(random() * 3), random() < 0.05),
        );
        equal(parseSchedule(formatSchedule(moves)), moves);
    }
});

test("shared moves end where thread or death differ", () => {
    equal(sharedMoves(parseSchedule("1121"), parseSchedule("1122")), 3);
    equal(sharedMoves(parseSchedule("1.k1"), parseSchedule("11")), 1);
    equal(sharedMoves([], parseSchedule("11")), 0);
});

test("a schedule that goes on takes the place of its beginning", () => {
    const tried = new Tried(memory());
    tried.add(execution("1"));
    tried.add(execution("112"));
    tried.add(execution("11"));
    equal(
        tried.branches(SPEC).map(({ schedule }) => schedule),
        ["112"],
    );
});

test("a fork leaves the branch with which it shares most", () => {
    const branches = branchesOf(
        ["1122", "1121", "12", "112122"].map((schedule) => ({ schedule, end: "running", faults: [] })),
    );
    equal(
        branches.map(({ schedule, parent, from }) => [schedule, parent, from]),
        [
            ["1122", -1, 0],
            ["1121", 0, 3],
            ["112122", 1, 4],
            ["12", 0, 1],
        ],
    );
});

test("under a branch the latest fork stands first, so that no line crosses another", () => {
    const branches = branchesOf(
        ["11111111", "12", "11112", "1112"].map((schedule) => ({ schedule, end: "running", faults: [] })),
    );
    equal(
        branches.map(({ from }) => from),
        [0, 4, 3, 1],
    );
});

test("the branch of a schedule is the one that it begins", () => {
    const branches = branchesOf(["1122", "12"].map((schedule) => ({ schedule, end: "running", faults: [] })));
    equal(branchOf(branches, parseSchedule("12")), 1);
    equal(branchOf(branches, parseSchedule("112")), 0);
    equal(branchOf(branches, parseSchedule("2")), -1);
});

test("what was tried is kept for each subject, and read again", () => {
    const store = memory();
    const other = { ...SPEC, seed: "2" };
    const tried = new Tried(store);
    tried.add(execution("12", { kind: "deadlock", faults: [{ step: 2, kind: "deadlock", message: "…" }] }));
    tried.add(execution("21", { spec: other }));
    const again = new Tried(store);
    equal(again.branches(SPEC)[0].faults, [{ step: 2, kind: "deadlock" }]);
    equal(again.branches(other).length, 1);
    again.forget(SPEC);
    equal(new Tried(store).branches(SPEC), []);
});

test("storage that is off, full or holds something else does no harm", () => {
    equal(new Tried(null).branches(SPEC), []);
    equal(new Tried(memory("{not json")).branches(SPEC), []);
    equal(new Tried(memory('{"a":1}')).branches(SPEC), []);
    const full = {
        getItem: () => null,
        setItem() {
            throw new Error("full");
        },
    };
    const tried = new Tried(full);
    tried.add(execution("12"));
    equal(tried.branches(SPEC).length, 1);
});
