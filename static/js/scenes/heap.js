/**
 * The simulated heap on the stage: what has become of a node, and pointers that lead into freed memory.
 *
 * A freed node keeps its last fields, as freed memory does, and may be given out again. A pointer to it that others can
 * still follow is a fault; a copy of it in a thread's hands is none until the thread looks there.
 */

import { laneName, nodeName } from "../layout.js";
import { SIZE } from "./metrics.js";
import { textWidth } from "./text.js";

/** @typedef {"freed" | "retired" | "removed" | ""} Fate */

/**
 * What has become of a node that no root cell of its structure leads to.
 * @param {import("../state.js").Node} node
 * @returns {Fate}
 */
export function fateOf(node) {
    if (node.freed) return "freed";
    return node.retired >= 0 ? "retired" : "removed";
}

/** What is said of such a node, the fullest first. */
export function fateWords(node) {
    const fate = fateOf(node);
    return fate === "retired" ? [`retired by ${laneName(node.retired)}`, "retired"] : [fate];
}

/** What stands after a node's name, the fullest first: that its address was given out again, that it is freed. */
function remarks(node) {
    if (node.freed) return [" freed", ""];
    if (!node.generation) return [""];
    const times = node.generation > 1 ? ` ×${node.generation}` : "";
    return [` again${times}`, ` ↻${node.generation}`, ""];
}

const widthOf = (text) => textWidth(text, SIZE.small, { mono: true });

/**
 * The name of a node in a chain, with what there is to say of its memory, as far as the width allows.
 * @param {import("../state.js").Node} node
 * @param {number} width
 */
export function labelOf(node, width) {
    const name = nodeName(node.id);
    const remark = remarks(node).find((one) => widthOf(name + one) <= width);
    return remark === undefined ? shortened(name, width) : name + remark;
}

/** Of a name that is too long the end, by which names differ. */
function shortened(name, width) {
    let from = 0;
    while (widthOf(name.slice(from)) + (from > 0 ? widthOf("…") : 0) > width) from += 1;
    return from > 0 ? `…${name.slice(from)}` : name;
}

/** The label of a node beside the chain: its name and its fate, as far as the width allows. */
export function besideLabel(node, width) {
    const name = nodeName(node.id);
    const [fullest, short = fullest] = fateWords(node);
    const texts = [short === fullest ? `${name}, ${short}` : `${name} ${fullest}`, `${name}, ${short}`, name];
    return texts.find((text) => widthOf(text) <= width) ?? shortened(name, width);
}

/** Whether a pointer to that node, which others can follow, leads into freed memory. */
export function isDangling(view, id) {
    return view.state.nodes.get(id)?.freed ?? false;
}

/** The nodes of the simulated heap that lie about: retired, or freed and not yet given out again. */
export function liesAbout(node) {
    return node.pooled && (node.freed || node.retired >= 0);
}

/** `Freed: n4, n6. Retired: n7 (T2).`, for the description; empty where there is nothing. */
export function describeHeap(view) {
    const nodes = [...view.state.nodes.values()].filter((node) => node.pooled);
    const freed = nodes.filter((node) => node.freed).map(({ id }) => nodeName(id));
    const retired = nodes.filter((node) => !node.freed && node.retired >= 0)
        .map(({ id, retired: lane }) => `${nodeName(id)} (${laneName(lane)})`);
    const part = (title, names) => (names.length > 0 ? ` ${title}: ${names.join(", ")}.` : "");
    return part("Freed", freed) + part("Retired", retired);
}
