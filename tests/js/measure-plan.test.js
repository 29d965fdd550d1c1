/** What is chosen to be measured: the address, the body, the estimate. */

import {
    bodyOf,
    chosenCandidates,
    defaultPlan,
    estimate,
    kindsOf,
    obstacle,
    planOf,
    readPlan,
    settled,
    toggleCell,
    writePlan,
} from "../../static/js/measure/plan.js";
import { equal, test } from "./harness.js";

const candidate = (structure, implementation, unavailable = null) => ({
    key: `${structure}/${implementation}`,
    structure,
    implementation,
    title: `${implementation} ${structure}`,
    unavailable,
});
const BENCH = {
    structures: ["stack", "ring"],
    implementations: [{ key: "mutex" }, { key: "hardware" }, { key: "native" }, { key: "standard" }],
    candidates: [
        candidate("stack", "mutex"),
        candidate("stack", "native"),
        candidate("stack", "standard"),
        candidate("ring", "mutex"),
        candidate("ring", "native", "no compiler"),
    ],
    presets: [
        preset("classic", { workloads: 2, threads: [2, 8] }),
        preset("sweep", { workloads: 5, threads: [8] }),
        preset("races", { candidates: [], kinds: ["race"], every_interpreter: true }),
        preset("two", { candidates: ["stack/null", "stack/mutex", "ring/mutex"] }),
    ],
    kinds: ["throughput", "latency", "race"],
    backoffs: ["default", "long"],
    workload: [
        { name: "think", least: 0, most: 1000, default: 0 },
        { name: "insert_share", least: 0, most: 100, default: null },
    ],
    limits: { seconds: { default: 0.1 }, budget_s: { default: 60 }, precision: { default: 5 }, threads: { least: 1, most: 256 } },
    budget_stretch: 1.5,
};
const WORDS = { name: " mine ", note: "" };

function preset(key, more) {
    const usual = { candidates: ["stack/null", "stack/mutex"], kinds: ["throughput"], seconds: 0.1, budget_s: 50 };
    return { key, every_interpreter: false, workloads: 1, threads: [8], ...usual, ...more };
}

test("the first preset needs no address", () => {
    equal(writePlan(defaultPlan(BENCH), BENCH), "");
    equal(readPlan("", BENCH), defaultPlan(BENCH));
});

test("what is written is read again", () => {
    const custom = {
        mode: "custom",
        preset: "classic",
        structures: ["stack", "ring"],
        implementations: ["native"],
        without: ["ring/native"],
        also: ["stack/mutex"],
        only: [],
        workload: { think: 10, backoff: "long" },
        threads: [1, 16],
        kinds: ["latency"],
        pythons: ["/usr/bin/a b", "/opt/py,3"],
        seconds: 0.25,
        budget_s: 7,
        precision: 2.5,
        rounds: 12,
    };
    equal(readPlan(writePlan(custom, BENCH), BENCH), custom);
    const sweep = { ...defaultPlan(BENCH), preset: "sweep", threads: [4] };
    equal(writePlan(sweep, BENCH), "?preset=sweep&threads=4");
    equal(readPlan("?preset=sweep&threads=4", BENCH), sweep);
    const two = { ...defaultPlan(BENCH), preset: "two", only: ["ring"] };
    equal(writePlan(two, BENCH), "?preset=two&only=ring");
    equal(readPlan("?preset=two&only=ring", BENCH), two);
});

test("what the server does not know is left out, what is too much is cut", () => {
    const plan = readPlan(
        "?structures=stack,heap&implementations=magic,mutex&threads=0,8,x,999&kinds=x&think=99999&backoff=no&seconds=-1",
        BENCH,
    );
    equal(plan.structures, ["stack"]);
    equal(plan.implementations, ["mutex"]);
    equal(plan.threads, [8]);
    equal(plan.kinds, []);
    equal(plan.workload, { think: 1000 });
    equal(plan.seconds, null);
    equal(readPlan("?preset=nope", BENCH).preset, "classic");
    equal(readPlan("?preset=classic&only=ring", BENCH).only, []);
    equal(readPlan("?preset=races&kinds=throughput", BENCH).kinds, []);
    equal(readPlan("?preset=classic&rounds=2.5", BENCH).rounds, null);
    const odd = readPlan("?structures=stack&implementations=mutex&without=ring/mutex,stack/x&also=stack/mutex", BENCH);
    equal([odd.without, odd.also], [[], []], "exceptions that are none");
});

test("a single cell is left out and taken in", () => {
    const cell = (key) => BENCH.candidates.find((candidate) => candidate.key === key);
    const keys = (plan) => chosenCandidates(plan, BENCH).map(({ key }) => key);
    let plan = readPlan("?structures=stack&implementations=mutex,native", BENCH);
    const toggle = (key) => (plan = { ...plan, ...toggleCell(plan, cell(key), BENCH) });
    toggle("stack/native");
    equal(keys(plan), ["stack/mutex"]);
    toggle("ring/mutex");
    equal(keys(plan), ["stack/mutex", "ring/mutex"]);
    const address = "?structures=stack&implementations=mutex,native&without=stack/native&also=ring/mutex";
    equal(writePlan(plan, BENCH), address);
    equal(readPlan(address, BENCH), plan);
    equal(bodyOf(plan, WORDS, BENCH).custom, { candidates: ["stack/mutex", "ring/mutex"], workload: {} });
    toggle("stack/native");
    toggle("ring/mutex");
    equal([plan.without, plan.also], [[], []]);
    toggle("stack/native");
    toggle("ring/mutex");
    plan = { ...plan, structures: ["ring"] };
    equal(settled(plan, BENCH), { without: [], also: [] }, "neither is an exception any more");
});

test("the plan of a run's body asks for the same again", () => {
    const bodies = [
        { preset: "classic" },
        { preset: "two", threads: [4], kinds: ["latency"], structures: ["ring"], pythons: ["/a"], rounds: 3 },
        { preset: "races", budget_s: 3 },
        {
            custom: { candidates: ["stack/mutex", "stack/native", "ring/mutex"], workload: { think: 7 } },
            threads: [1],
            kinds: ["latency"],
            seconds: 0.5,
            precision: 1,
        },
    ];
    for (const body of bodies) {
        const plan = planOf(body, BENCH);
        equal(bodyOf(plan, { name: "", note: "" }, BENCH), body);
        equal(readPlan(writePlan(plan, BENCH), BENCH), plan);
    }
    const plan = planOf({ custom: { candidates: ["stack/mutex", "stack/native"], workload: {} } }, BENCH);
    equal(writePlan(plan, BENCH), "?structures=stack&implementations=mutex,native", "no exception without need");
});

test("races have their own kind of sample", () => {
    equal(kindsOf(readPlan("?preset=races", BENCH), BENCH), ["race"]);
    equal(kindsOf(readPlan("?preset=sweep", BENCH), BENCH), ["throughput", "latency"]);
    equal(kindsOf(readPlan("?structures=stack", BENCH), BENCH), ["throughput", "latency"]);
});

test("a body holds what was chosen and nothing else", () => {
    equal(bodyOf(defaultPlan(BENCH), WORDS, BENCH), { preset: "classic", name: "mine" });
    const plan = readPlan("?structures=stack&implementations=mutex&think=5", BENCH);
    equal(bodyOf(plan, { name: "", note: "n" }, BENCH), {
        custom: { structures: ["stack"], implementations: ["mutex"], workload: { think: 5 } },
        threads: [2, 8],
        kinds: ["throughput"],
        note: "n",
    });
});

test("the estimate counts cases as the server makes them", () => {
    const cases = (search, interpreters) => estimate(readPlan(search, BENCH), BENCH, interpreters)?.cases ?? null;
    equal(cases(""), 4);
    equal(cases("?threads=1,2,4"), 6);
    equal(cases("?preset=sweep"), 10);
    equal(cases("?preset=sweep&threads=2,4"), 20);
    equal(cases("?preset=races"), null, "how many races there are is not told");
    equal(cases("?kinds=throughput,latency"), 8);
    equal(cases("?structures=stack&implementations=mutex,native&threads=8"), 3, "the empty candidate runs along");
    equal(cases("?structures=stack,ring&implementations=native"), 4, "what cannot be measured does not count");
    equal(cases("?structures=stack&implementations=mutex&python=/a&python=/b"), 8);
    equal(cases("?preset=two&only=stack"), 2);
    equal(cases("?preset=two&only=ring"), 2, "a null candidate comes in");
    equal(cases("?structures=stack&implementations=mutex,native&threads=8&without=stack/native&also=ring/mutex"), 4);
    equal(estimate(readPlan("?budget_s=10", BENCH), BENCH).longest, 15);
    equal(estimate(readPlan("?rounds=2", BENCH), BENCH).samples, 8);
    equal(estimate(readPlan("", BENCH), BENCH).samples, 24);
});

test("what cannot be started says why", () => {
    const why = (search) => obstacle(readPlan(search, BENCH), BENCH);
    equal(why(""), null);
    equal(why("?structures=&implementations=mutex"), "Choose a structure.");
    equal(why("?structures=stack&implementations="), "Choose an implementation.");
    equal(why("?structures=&implementations=&also=stack/mutex"), null);
    const none = "?structures=stack&implementations=mutex&without=stack/mutex";
    equal(why(none), "Choose a cell of the matrix: all are left out.");
    equal(why("?structures=ring&implementations=standard"), "None of these structures is implemented so.");
    equal(why("?structures=ring&implementations=native"), "None of these can be measured here; see why below.");
    equal(obstacle({ ...defaultPlan(BENCH), pythons: [] }, BENCH), "Choose an interpreter.");
});
