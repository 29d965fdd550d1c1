/**
 * The help dialog: the keys, what one sees, what is and is not true about it, and where each structure comes from.
 */

import { openDialog } from "./dialogs.js";
import { h } from "./dom.js";
import { BINDINGS, keyNames } from "./keys.js";
import { LANE_KEYS } from "./lane-input.js";

const SVG = "http://www.w3.org/2000/svg";

/** What a person sees, each shape with its words. */
const SHAPES = [
    ["won", "Won: the CAS found what it expected and swapped. A filled disc with a tick."],
    ["lost", "Lost: somebody else had changed the cell; the thread retries. A hollow square with a cross."],
    ["help", "Help: a CAS whose result nobody needs. Lost help is grey and counts as no retry."],
    ["private", "Dashed: private to a thread, not published yet."],
    ["stale", "Struck through: a local pointer whose cell has changed since. Its next CAS will lose."],
    ["aba", "Clock: the cell changed and changed back (ABA). The CAS will win, and that may be wrong."],
    ["injected", "Hatched: injected by a knob; it is not the machine's own contention."],
    ["fault", "Red: a fault, and nothing else is red: an operation raised, or items are lost."],
];

const HONESTY = [
    "The CAS is emulated: a small lock makes each access one step. It can itself block; hardware does not.",
    "The contention is injected. With a GIL a CAS hardly ever fails; the gap knobs put a delay between load and CAS.",
    "Processes are real ones: each has its own address space, they share one page, and a kill is SIGKILL. One access " +
        "at a time is let through, so that the order is known; what they lose to each other is not injected.",
    "The seed fixes the operations and the delays, not the interleaving: that is the system's.",
    "The memory is sequentially consistent: no reordering is shown, and none can be found here.",
    "Watching costs. Throughput on this page is that of a traced run; the button at the top measures the difference.",
    "Totals are exact, at any rate. At high rates not every access is drawn; the regime is named under the stage.",
];

/**
 * @param {{ title: string, variant: string, paper: string, progress: string, flaw: string }[]} structures
 * @param {string} version
 * @param {{ bindings?: import("./keys.js").Binding[], honesty?: string[], shapes?: Record<string, string> }} [lab] what
 *     another lab says of itself
 */
export function openHelp(structures, version, { bindings = BINDINGS, honesty = HONESTY, shapes = {} } = {}) {
    const sections = [
        section("Keys", keyList(bindings)),
        section("What you see", h("ul", { className: "legend" }, ...SHAPES.map(([kind, text]) => shapeItem([kind, shapes[kind] ?? text])))),
        section(
            "A colour is a thread",
            h("p", {}, "Hue tells threads apart and nothing else, and the number always stands beside it."),
        ),
        section(
            "What is true here, and what is not",
            h("ul", { className: "bullets" }, ...honesty.map((text) => h("li", {}, text))),
        ),
        section("The structures", h("dl", { className: "papers" }, ...structures.flatMap(paperItem))),
        h("p", { className: "muted" }, `Lockfree Lab ${version}`),
    ];
    openDialog("Help", sections, [], { className: "wide help" });
}

function section(title, content) {
    return h("section", {}, h("h3", {}, title), content);
}

function keyList(bindings) {
    const pages = bindings.map((binding) => ({ keys: keyNames(binding), label: binding.label }));
    const rows = [...pages, ...LANE_KEYS].map(({ keys, label }) =>
        h("div", {}, h("dt", {}, ...keys.map((name) => h("kbd", {}, name))), h("dd", {}, label)),
    );
    return h("dl", { className: "key-list" }, ...rows);
}

function paperItem(entry) {
    const id = `paper-${entry.key}`;
    return [
        h("dt", { id }, entry.title, h("span", { className: "muted" }, ` ${entry.variant}, ${entry.progress}`)),
        h("dd", {}, entry.paper, entry.flaw ? h("p", {}, `What is wrong with it: ${entry.flaw}`) : null),
    ];
}

function shapeItem([kind, text]) {
    return h("li", {}, shape(kind), h("span", {}, text));
}

/** The same shapes as on the stage, in the colour of text. */
function shape(kind) {
    const svg = element("svg", { viewBox: "0 0 36 22", class: `shape shape-${kind}`, "aria-hidden": "true" });
    svg.append(...DRAWINGS[kind].map(([tag, attributes]) => element(tag, attributes)));
    return svg;
}

function element(tag, attributes) {
    const made = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
}

const CROSS = ["path", { d: "M15 8l6 6M21 8l-6 6", class: "stroke" }];
const SQUARE = ["rect", { x: 11, y: 4, width: 14, height: 14, rx: 2, class: "stroke" }];
const NODE = { x: 5, y: 4, width: 26, height: 14, rx: 3 };
const DRAWINGS = {
    won: [
        ["circle", { cx: 18, cy: 11, r: 8, class: "solid" }],
        ["path", { d: "M14 11l3 3 5-6", class: "inverse" }],
    ],
    lost: [SQUARE, CROSS],
    help: [SQUARE, CROSS],
    private: [["rect", { ...NODE, class: "stroke dashed" }]],
    stale: [
        ["rect", { ...NODE, class: "stroke" }],
        ["path", { d: "M2 11h32", class: "stroke" }],
    ],
    aba: [
        ["circle", { cx: 18, cy: 11, r: 8, class: "stroke" }],
        ["path", { d: "M18 6v5l4 2", class: "stroke" }],
    ],
    injected: [
        ["rect", { ...NODE, class: "stroke" }],
        ["path", { d: "M8 18l10-14M15 18l10-14M22 18l9-12", class: "stroke thin" }],
    ],
    fault: [
        ["rect", { ...NODE, class: "stroke" }],
        ["path", { d: "M18 7v5M18 14.6v.4", class: "stroke" }],
    ],
};
