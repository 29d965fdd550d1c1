/**
 * A map that is copied on write, read as versions: trees that share what they have in common.
 */

import { fieldsOf, rootsOf, spread } from "./graph-reading.js";
import { LONGEST_SEARCH, latestLoss } from "./reading.js";

/**
 * Copies that came to nothing.
 * @typedef {object} Waste
 * @property {number} lane
 * @property {number[]} ids  those that the thread has not let go of yet
 * @property {number} count  how many there were
 * @property {string} returned  the call that returned although it had lost; empty where the thread tries again
 */

/**
 * A version, or what is to become one.
 * @typedef {object} Version
 * @property {"current" | "old" | "copy"} kind
 * @property {number} top  its root node
 * @property {number} lane  of a copy: whose it is; else -1
 * @property {number[]} own  the nodes that are in no version before it
 */

/**
 * @typedef {object} VersionGraph
 * @property {import("./graph-reading.js").Root[]} roots
 * @property {Version[]} versions  the current one first, then old ones, then copies by their lanes
 * @property {Waste[]} wasted  copies that lost their CAS: by lane
 * @property {number[][]} layers
 * @property {Map<number, number>} parents
 * @property {Set<number>} inside  nodes that a root cell leads to
 */

/** @param {import("./reading.js").View} view @returns {VersionGraph} */
export function readVersions(view) {
    const roots = rootsOf(view);
    const tree = { layers: [], parents: new Map(), known: new Set() };
    const versions = [];
    const add = (kind, top, lane) => {
        const before = new Set(tree.known);
        spread(view, top, tree);
        versions.push({ kind, top, lane, own: [...tree.known].filter((id) => !before.has(id)) });
    };
    for (const { target } of roots) if (target !== 0 && !tree.known.has(target)) add("current", target, -1);
    const inside = new Set(tree.known);
    const wasted = wastedCopies(view, roots, inside);
    wasted.forEach(({ ids }) => ids.forEach((id) => tree.known.add(id)));
    const rest = [...view.state.nodes.values()].filter(({ id }) => !tree.known.has(id));
    const isCopy = (node) => !node.published && node.owner >= 0 && !node.freed;
    for (const node of tops(view, rest.filter((one) => !isCopy(one)))) add("old", node.id, -1);
    const copies = tops(view, rest.filter(isCopy)).sort((one, other) => one.owner - other.owner || one.id - other.id);
    for (const node of copies) if (!tree.known.has(node.id)) add("copy", node.id, node.owner);
    return { roots, versions, wasted, layers: tree.layers, parents: tree.parents, inside };
}

/** Those of the nodes that no other of them points at. */
function tops(view, nodes) {
    const targets = new Set();
    for (const node of nodes) {
        for (const { target } of fieldsOf(view, node)) if (target !== node.id) targets.add(target);
    }
    const found = nodes.filter(({ id }) => !targets.has(id));
    return found.length > 0 ? found : nodes.slice(0, 1);
}

/**
 * What a thread made before it lost its CAS on a root cell, until it lets go of it; and what it had made where it
 * returned all the same, until it begins something else.
 * @returns {Waste[]}
 */
function wastedCopies(view, roots, inside) {
    const cells = new Set(roots.map(({ id }) => id));
    const wasted = [];
    for (const lane of view.state.lanes) {
        const returned = lane.operation < 0 ? returnedLoss(view, lane, cells) : null;
        if (returned) wasted.push({ lane: lane.lane, ids: [], ...returned });
        const loss = lane.operation >= 0 && lane.losses > 0 ? latestLoss(view, lane, cells) : null;
        if (loss === null) continue;
        const ids = [...view.state.nodes.values()].filter((node) => (
            !node.published && node.owner === lane.lane && !inside.has(node.id) && node.allocated < loss.sequence))
            .sort((one, other) => other.allocated - one.allocated).map(({ id }) => id);
        if (ids.length > 0) wasted.push({ lane: lane.lane, ids, count: ids.length, returned: "" });
    }
    return wasted;
}

/**
 * The call whose last access was a lost CAS on a root cell, and how many nodes it had made; null where the lane's last
 * call ended otherwise, or is not known any more.
 */
function returnedLoss(view, lane, cells) {
    const { history, layout: { kinds } } = view;
    if (!history) return null;
    let isLost = false;
    let count = 0;
    for (let position = Math.min(lane.last, history.last); position >= Math.max(0, history.first); position -= 1) {
        if (lane.last - position > LONGEST_SEARCH) return null;
        const record = history.read(position);
        if (record.lane !== lane.lane) continue;
        const { kind } = record;
        if (kind === kinds.BEGIN && !isLost) return null;
        if (kind === kinds.BEGIN) return { count, returned: view.names.call(record.cell, record.after) };
        if (kind === kinds.CAS_LOST && cells.has(record.cell)) isLost = true;
        else if (!isLost && view.layout.isAccess[kind]) return null;
        else if (kind === kinds.ALLOCATE || kind === kinds.REUSE) count += 1;
    }
    return null;
}

/** The lanes that hold a version's root node as they read it from the root cell, with the names of their locals. */
export function readersOf(view, { roots }, top) {
    const cells = new Set(roots.map(({ id }) => id));
    const found = [];
    for (const lane of view.state.lanes) {
        const names = [...lane.locals.values()].filter(({ value, cell }) => value === top && cells.has(cell))
            .map(({ name }) => name);
        if (names.length > 0) found.push({ lane: lane.lane, names });
    }
    return found;
}
