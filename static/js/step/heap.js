/**
 * The simulated heap, read from the State alone: what is in use, freed, and retired by whom; hazard pointers; epochs and
 * who has pinned which.
 */

import { h, hueClass, threadName } from "../dom.js";
import { nodeName } from "../layout.js";

const HAZARD = /^hazard (?:T(\d+)\S*|.*)$/;
const PINNED = /^T(\d+) pinned$/;

/** Whether a trace has nodes on the simulated heap. */
export function hasHeap(state, names) {
    for (const node of state.nodes.values()) if (names.type(node.type)?.pooled) return true;
    return names.rootCells().some((id) => HAZARD.test(names.cell(id).name) || names.cell(id).name === "epoch");
}

/**
 * What the panel shows, without a DOM.
 * @returns {{ used: string[], free: string[], retired: { lane: number, nodes: string[] }[],
 *             hazards: { name: string, lane: number | null, value: string }[], epoch: string | null,
 *             pinned: { lane: number, epoch: string }[] }}
 */
export function readHeap(state, names) {
    const pooled = [...state.nodes.values()].filter((node) => names.type(node.type)?.pooled);
    const retired = new Map();
    for (const node of pooled)
        if (!node.freed && node.retired >= 0)
            retired.set(node.retired, [...(retired.get(node.retired) ?? []), nodeName(node.id)]);
    const roots = names
        .rootCells()
        .map((id) => ({ name: names.cell(id).name, code: state.cells.get(id)?.value ?? 0 }))
        .map(({ name, code }) => ({ name, value: names.value(code) }));
    const laneOf = (match) => (match?.[1] ? Number(match[1]) - 1 : null);
    return {
        used: pooled.filter((node) => !node.freed && !(node.retired >= 0)).map(({ id }) => nodeName(id)),
        free: pooled.filter((node) => node.freed).map(({ id }) => nodeName(id)),
        retired: [...retired].sort(([one], [other]) => one - other).map(([lane, nodes]) => ({ lane, nodes })),
        hazards: roots
            .filter(({ name }) => HAZARD.test(name))
            .map(({ name, value }) => ({ name, lane: laneOf(HAZARD.exec(name)), value })),
        epoch: roots.find(({ name }) => name === "epoch")?.value ?? null,
        pinned: roots
            .filter(({ name, value }) => PINNED.test(name) && value !== "None")
            .map(({ name, value }) => ({ lane: laneOf(PINNED.exec(name)), epoch: value })),
    };
}

/**
 * @param {HTMLElement} root
 */
export function createHeap(root) {
    const body = h("dl", { className: "heap scroll", tabIndex: 0, "aria-label": "The simulated heap" });
    root.append(body);
    let shown = "";
    return {
        render(state, names) {
            const heap = readHeap(state, names);
            const key = JSON.stringify(heap);
            if (key === shown) return;
            shown = key;
            body.replaceChildren(...rows(heap));
        },
        destroy: () => root.replaceChildren(),
    };
}

function rows({ used, free, retired, hazards, epoch, pinned }) {
    return [
        ...row(
            "in use",
            used.map((name) => cell(name)),
        ),
        ...row(
            "free",
            free.map((name) => cell(name, "freed")),
        ),
        ...retired.flatMap(({ lane, nodes }) =>
            row(
                ["retired by ", badge(lane)],
                nodes.map((name) => cell(name, "retired")),
            ),
        ),
        ...(retired.length === 0 ? row("retired", []) : []),
        ...hazards.flatMap(({ name, lane, value }) =>
            row(
                lane === null ? name : ["hazard ", badge(lane), name.replace(/^hazard T\d+\.?/, " ")],
                value === "None" ? [] : [cell(value, "hazard")],
            ),
        ),
        ...(epoch === null
            ? []
            : [
                  ...row("epoch", [cell(epoch, "epoch")]),
                  ...row(
                      "pinned",
                      pinned.map(({ lane, epoch: at }) =>
                          h("span", { className: "heap-pin" }, badge(lane), ` in ${at}`),
                      ),
                  ),
              ]),
    ];
}

function row(label, items) {
    return [
        h("dt", {}, ...[label].flat()),
        h("dd", {}, ...(items.length > 0 ? items : [h("span", { className: "muted" }, "none")])),
    ];
}

function cell(name, kind = "") {
    return h("span", { className: `heap-node mono ${kind}` }, name);
}

function badge(lane) {
    return h("span", { className: `chip ${hueClass(lane)}` }, threadName(lane));
}
