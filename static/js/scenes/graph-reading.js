/**
 * A structure that nothing is known of but its cells: root cells, nodes in layers by their distance from them, and the
 * nodes that no root cell leads to.
 */

import { isHousekeeping } from "./reading.js";

/** @typedef {{ id: number, name: string, value: number, target: number, cell: object }} Root  `target`: a node, or 0 */
/** @typedef {{ cell: number, field: string, value: number, target: number }} Field */

/**
 * @typedef {object} Graph
 * @property {Root[]} roots
 * @property {number[][]} layers
 * @property {Map<number, number>} parents  node → the node that it was found from
 * @property {Set<number>} inside  nodes that a root cell leads to
 * @property {{ node: object, lane: number, isPrivate: boolean }[]} outside  by lane; -1: nobody's
 */

/** The root cells that belong to the structure, in the order in which it made them. @returns {Root[]} */
export function rootsOf(view) {
    const roots = [];
    for (const id of view.names.rootCells()) {
        const { name, kind } = view.names.cell(id);
        const cell = view.state.cells.get(id);
        if (kind === "lock" || !cell || isHousekeeping(view.names, id)) continue;
        roots.push({ id, name, value: cell.value, target: view.state.nodes.has(cell.value) ? cell.value : 0, cell });
    }
    return roots;
}

/** A node's cells with what they hold. @returns {Field[]} */
export function fieldsOf(view, node) {
    const names = view.names.type(node.type)?.fields ?? [];
    return node.cells.map((cell, index) => {
        const value = view.state.cells.get(cell)?.value ?? 0;
        return { cell, field: names[index] ?? "cell", value, target: view.state.nodes.has(value) ? value : 0 };
    });
}

const RECORD = /^\w+\((.*)\)$/s;
const PAIR = /(\w+)=('[^']*'|"[^"]*"|\([^()]*\)|[^,()]+)(?:, |$)/g;

/** `AppState(volume=7, brightness=5)` as `volume 7` and `brightness 5`; any other text as one line. */
function linesOf(text) {
    const inside = RECORD.exec(text)?.[1] ?? "";
    const pairs = [...inside.matchAll(PAIR)];
    const isWhole = pairs.length > 0 && pairs.map(([whole]) => whole).join("") === inside;
    return isWhole ? pairs.map(([, name, value]) => `${name} ${value}`) : [text];
}

/** What stands in a node: its plain value, and its cells that hold values and no pointers. @returns {string[]} */
export function textsOf(view, node) {
    const type = view.names.type(node.type);
    const fields = fieldsOf(view, node);
    const values = fields.filter(({ value, target }) => target === 0 && value !== 0)
        .map(({ field, value }) => `${field} ${view.names.value(value)}`);
    if (node.value !== 0) return [...linesOf(view.names.value(node.value)), ...values];
    if (values.length > 0) return values;
    return [fields.length > 0 && type && type.name !== "Node" ? type.name : "None"];
}

/** A node's cells that hold a pointer, or could. @returns {Field[]} */
export function pointersOf(view, node) {
    return fieldsOf(view, node).filter(({ value, target }) => target !== 0 || value === 0);
}

/**
 * @param {import("./reading.js").View} view
 * @param {Map<number, number[]>} holders  lanes that hold a node
 * @returns {Graph}
 */
export function readGraph(view, holders) {
    const roots = rootsOf(view);
    const tree = { layers: [], parents: new Map(), known: new Set() };
    for (const { target } of roots) if (target !== 0) spread(view, target, tree);
    const { layers, parents, known } = tree;
    return { roots, layers, parents, inside: known, outside: outsideOf(view, known, holders) };
}

/**
 * Adds what `first` leads to and is not known yet to the layers of its distance from there.
 * @param {import("./reading.js").View} view
 * @param {number} first
 * @param {{ layers: number[][], parents: Map<number, number>, known: Set<number> }} tree
 */
export function spread(view, first, { layers, parents, known }) {
    if (known.has(first)) return;
    known.add(first);
    let layer = [first];
    for (let depth = 0; layer.length > 0; depth += 1) {
        layers[depth] = [...(layers[depth] ?? []), ...layer];
        const next = [];
        for (const id of layer) {
            for (const { target } of fieldsOf(view, view.state.nodes.get(id))) {
                if (target === 0 || known.has(target)) continue;
                known.add(target);
                next.push(target);
                parents.set(target, id);
            }
        }
        layer = next;
    }
}

/** What is not yet published, or was taken out and is still held (or led to by what is held), or lies about. */
function outsideOf(view, inside, holders) {
    const found = [];
    for (const node of view.state.nodes.values()) {
        if (inside.has(node.id)) continue;
        const isPrivate = !node.published && node.owner >= 0 && !node.freed;
        const lane = isPrivate ? node.owner : holders.get(node.id)?.[0] ?? node.retired;
        found.push({ node, lane, isPrivate });
    }
    const rank = ({ lane, node }) => (lane >= 0 ? lane : node.freed ? Infinity : view.state.lanes.length);
    return found.sort((one, other) => {
        const [first, second] = [rank(one), rank(other)];
        return first === second ? one.node.id - other.node.id : first - second;
    });
}
