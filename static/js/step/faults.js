/**
 * Faults of an execution, where they happen: a strip under the picture says what the shown step did wrong, and what
 * went wrong before it. Red, a mark and words, never the colour alone.
 */

import { h, hueClass, threadName } from "../dom.js";

/** What a fault of a kind is called, and what it means. */
const MEANINGS = {
    deadlock: ["Deadlock", "Threads wait for each other, and none of them can ever move again."],
    blocked: ["Blocked", "Whoever is left waits for a thread that will never move again."],
    "lost items": ["Lost items", "What was put in is neither inside nor was it taken out."],
    leak: ["Leak", "A node that nobody can reach was never freed."],
    "use after free": [
        "Use after free",
        "A node was used that had been freed: in C this reads whatever lies there now.",
    ],
    "double free": ["Double free", "A node was freed twice: in C the allocator gives it out twice."],
    "dangling pointer": ["Dangling pointer", "Shared memory points to a node that has been freed."],
    raised: ["Raised", "The operation raised an exception; its thread stops."],
};

/** The name of a kind of fault, as a person reads it. */
export function faultName(kind) {
    return MEANINGS[kind]?.[0] ?? kind[0].toUpperCase() + kind.slice(1);
}

/** The mark of a fault, for what has no room for words: drawn, so that it is the same everywhere. */
export function faultMark() {
    return h("span", { className: "fault-mark", "aria-hidden": "true" }, "!");
}

/**
 * @param {HTMLElement} root
 * @param {object} side from side.js
 */
export function createFaultStrip(root, side) {
    let shown = "";
    const list = h("ul", { className: "faults", role: "status", "aria-label": "Faults" });
    root.append(list);
    return {
        render({ step }) {
            const { execution } = side;
            if (!execution) return;
            const now = execution.faultsAt(step);
            const before = execution.faultsUntil(step - 1);
            const key = JSON.stringify([now, before.length]);
            if (key === shown) return;
            shown = key;
            list.replaceChildren(...now.map((fault) => faultItem(fault, now.length === 1)), ...earlier(before, side));
        },
        destroy: () => root.replaceChildren(),
    };
}

/** One fault; alone it has room to say what it means. */
function faultItem({ kind, message, thread }, alone) {
    const name = nameOf(kind, message);
    const meaning = alone && name === faultName(kind) && MEANINGS[kind]?.[1];
    const text = message.startsWith(`${name}: `) ? message.slice(name.length + 2) : message;
    return h(
        "li",
        { className: `fault-item${thread >= 0 ? ` ${hueClass(thread)}` : ""}`, "data-kind": kind },
        faultMark(),
        h("strong", {}, name),
        thread >= 0 && h("span", { className: "said-thread" }, threadName(thread)),
        h("span", { className: "fault-text" }, text, meaning && h("span", { className: "muted" }, ` ${meaning}`)),
    );
}

/** An account may also have more than was put in. */
function nameOf(kind, message) {
    return kind === "lost items" && message.includes("too many") ? "Items too many" : faultName(kind);
}

/** What went wrong before, one button that goes there. */
function earlier(before, side) {
    if (before.length === 0) return [];
    const last = before.at(-1);
    const words =
        before.length === 1
            ? `${faultName(last.kind)} at step ${last.step}`
            : `${before.length} faults, the last at step ${last.step}`;
    const go = () => side.context.playback.seekStep(last.step);
    return [
        h(
            "li",
            { className: "fault-item earlier" },
            faultMark(),
            h("button", { type: "button", className: "fault-link", onclick: go }, words),
        ),
    ];
}
