/** A pointer graph in words. */

import { nodeName } from "../layout.js";
import { pointersOf, readGraph, textsOf } from "./graph-reading.js";
import { describeHeap } from "./heap.js";
import { grouped } from "./text.js";

/** The state in words. @param {import("./reading.js").View} view */
export function describeGraph(view) {
    const { roots, layers } = readGraph(view, new Map());
    const parts = roots.slice(0, 6).map(({ name, value, target }) => (
        `${name} ${target === 0 ? "is" : "→"} ${target === 0 ? view.names.value(value) : nodeName(target)}`));
    const nodes = layers.flat().slice(0, 12).map((id) => {
        const node = view.state.nodes.get(id);
        const targets = pointersOf(view, node).filter(({ target }) => target !== 0)
            .map(({ field, target }) => `${field} → ${nodeName(target)}`);
        const pointers = targets.length > 0 ? `: ${targets.join(", ")}` : "";
        return `${nodeName(id)} (${textsOf(view, node).join(", ")})${pointers}`;
    });
    const total = layers.reduce((sum, layer) => sum + layer.length, 0);
    const more = total > nodes.length ? `; ${grouped(total - nodes.length)} more nodes` : "";
    return `${[...parts, ...nodes].join("; ")}${more}.${describeHeap(view)}`;
}
