/** The address of the Step page. */

import { readView, requestQuery, sameSubject, specOf, writeView } from "../../static/js/step/spec.js";
import { equal, ok, test } from "./harness.js";

const ENTRY = { key: "treiber-stack", program: "push 3; pop | pop; push 4", start: "push 1; push 2" };
const view = (more = {}, spec = {}) => ({
    spec: { ...specOf(ENTRY), ...spec },
    scenario: null,
    puzzle: null,
    at: null,
    embed: false,
    ...more,
});

test("what is a default is left out", () => {
    equal(writeView(view(), ENTRY), "?structure=treiber-stack&v=1");
    equal(writeView(view({}, { schedule: "11.2x4" }), ENTRY), "?structure=treiber-stack&schedule=11.2x4&v=1");
});

test("a program of one's own is written with its start, readably", () => {
    const text = writeView(view({}, { program: "push 1; pop | pop", start: "" }), ENTRY);
    equal(text, "?structure=treiber-stack&program=push+1;+pop+|+pop&v=1");
    equal(readView(text).spec.program, "push 1; pop | pop");
});

test("what is written is read again", () => {
    const spec = {
        program: 'push "a|b=c&d"',
        start: "push 1",
        schedule: "1x9.k1",
        seed: "7",
        backoff: "exponential",
        reuse: "fifo",
    };
    const read = readView(writeView(view({ at: 3, embed: true }, spec), ENTRY));
    equal(read.spec, { structure: "treiber-stack", ...spec, v: "1" });
    equal([read.at, read.embed, read.scenario, read.puzzle], [3, true, null, null]);
});

test("a scenario and a puzzle stand for what they hold", () => {
    equal(writeView(view({ scenario: "aba-tags", at: 4 }), ENTRY), "?scenario=aba-tags&at=4");
    equal(writeView(view({ puzzle: "starve" }, { schedule: "12" }), ENTRY), "?puzzle=starve&schedule=12");
});

test("unknown names go to the server, the page's own do not", () => {
    const read = readView("?colour=red&at=x&scenario=s&projector=on&token=t");
    equal(read.spec, { colour: "red" });
    equal(read.at, null);
});

test("the schedule is no part of the subject, everything else is", () => {
    const spec = specOf(ENTRY);
    ok(sameSubject(spec, { ...spec, schedule: "12" }));
    ok(sameSubject(spec, { ...spec, seed: 1 }));
    for (const change of [
        { program: "pop" },
        { start: "" },
        { seed: "2" },
        { backoff: "exponential" },
        { reuse: "never" },
    ])
        ok(!sameSubject(spec, { ...spec, ...change }), JSON.stringify(change));
});

test("what is asked names a puzzle and what follows", () => {
    equal(
        requestQuery({ structure: "s", program: "p", start: "" }, "op:1", "k"),
        "puzzle=k&structure=s&program=p&then=op%3A1",
    );
});
