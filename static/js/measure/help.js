/** The help of the Measure pages: what a sample, an interval, a ratio are, and the keys. */

import { openDialog } from "../dialogs.js";
import { h } from "../dom.js";
import { keyNames } from "../keys.js";

/** @type {import("../keys.js").Binding[]} */
export const BINDINGS = [
    { keys: ["Enter"], label: "start what is chosen", action: "start", names: ["Enter"] },
    { keys: ["x"], label: "cancel the run that goes on (asks first)", action: "cancel" },
    { keys: ["e"], label: "take the run away: report, JSON, CSV, Markdown, pyperf", action: "export" },
    { keys: ["r"], label: "to the run page", action: "run" },
    { keys: ["h"], label: "to the history", action: "history" },
    { keys: ["/"], label: "search in the history", action: "search" },
    { keys: ["t"], label: "light or dark", action: "theme" },
    { keys: ["v"], label: "projector view", action: "projector" },
    { keys: ["?"], label: "this list", action: "help" },
    { keys: ["Escape"], label: "close what is open", action: "escape" },
];

const SECTIONS = [
    [
        "What a sample is",
        [
            "One fresh process of one interpreter, warmed up, then measured for the time that is set. No sample " +
                "knows of another.",
            "Candidates take turns: a round is one sample of each, so that a busy minute hits all of them.",
            "Throughput and latency are separate samples. A sample that loses an item, dies or hangs has failed; its " +
                "reason is listed and the run goes on.",
        ],
    ],
    [
        "What the interval means",
        [
            "A figure is the median of its samples. The interval beside it holds the true median in 95 of 100 such " +
                "runs; nothing is assumed of how samples are distributed.",
            "Six samples are the least that reach 95 %. With fewer the interval is from the least to the greatest " +
                "sample, and marked.",
            "A run ends when every interval is as narrow as asked, or when its time is over; it says which.",
        ],
    ],
    [
        "What is compared with what",
        [
            "A ratio is to the lock that people would take: the readers-writer lock for a dictionary, else the " +
                "mutex. It is taken between neighbours of the same round.",
            "It is a difference only where its whole interval lies on one side of 1. “No difference shown” is not " +
                "“no difference”.",
            "Only like stands beside like: same interpreter, same structure, same workload, and threads, C kernels " +
                "and processes apart.",
            "The empty candidate, the loop alone, runs along: it bounds what a structure can reach here.",
            "Between runs samples are no neighbours: there the ratio is made of the ends of both intervals, wider " +
                "than need be.",
        ],
    ],
    [
        "What is not measured",
        [
            "Other machines: the number of cores stands by every figure, because the answer depends on it.",
            "Contention in your program: threads here do nothing else. The think time sets what they do in between.",
            "A busy machine widens intervals. Close what you can, and look less often: the page draws seldom while a " +
                "run goes on.",
        ],
    ],
];

export function openMeasureHelp(version) {
    const sections = SECTIONS.map(([title, texts]) =>
        section(title, h("ul", { className: "bullets" }, ...texts.map((text) => h("li", {}, text)))),
    );
    const note = h("p", { className: "muted" }, `Lockfree Lab ${version}`);
    openDialog("Help", [section("Keys", keyList()), ...sections, note], [], { className: "wide help" });
}

function section(title, content) {
    return h("section", {}, h("h3", {}, title), content);
}

function keyList() {
    const rows = BINDINGS.map((binding) =>
        h("div", {}, h("dt", {}, ...keyNames(binding).map((name) => h("kbd", {}, name))), h("dd", {}, binding.label)),
    );
    return h("dl", { className: "key-list" }, ...rows);
}
