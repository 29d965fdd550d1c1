/**
 * What a scene reads from a state: chains, the private pointers that threads hold, the attempts that they lost.
 *
 * Nothing here draws and nothing is remembered: the same state gives the same reading.
 */

import { decodeInteger, isInteger, nodeName } from "../layout.js";
import { localState } from "../state.js";

/** Walks end here: a structure may grow without bound, and a corrupted one may be a cycle. */
export const LONGEST_WALK = 20_000;
/** So many records of all threads are looked through for one that a thread made. */
export const LONGEST_SEARCH = 512;
const STOPPED = new Set(["frozen", "killed", "raised"]);

/**
 * What layouts are given.
 * @typedef {object} View
 * @property {import("../state.js").State} state
 * @property {import("../names.js").Names} names
 * @property {import("../layout.js").Layout} layout
 * @property {{first: number, last: number, read: Function} | null} history
 * @property {{scene: string, variant: string}} entry
 * @property {number | null} chosen  the lane that was selected
 * @property {{number: number, exact: boolean} | null} lost  items or updates that are missing; null where that is not
 *     known
 * @property {Map<number, number>} since  for stopped lanes: operations of all others since
 */

/** @typedef {{ lane: number, target: number, name: string, state: "fresh" | "stale" | "aba" }} Hold */

/**
 * @typedef {{ lane: number, cell: number, wanted: number, losses: number, help: boolean, position: number, key: string
 * }} Loss
 */

const HOUSEKEEPING = /^(hazard|epoch)\b|\bpinned\b/;

/** Whether a root cell belongs to the reclamation scheme and not to the structure: a panel of its own shows those. */
export function isHousekeeping(names, cell) {
    return HOUSEKEEPING.test(names.cell(cell)?.name ?? "");
}

const COUNTERS = new Set(["counter", "processes"]);

/** Whether a number is what the structure holds, and not items. */
export function isCounter(entry) {
    return COUNTERS.has(entry.scene);
}

/** True while the thread is inside an operation. */
export function isActive(lane) {
    return lane.operation >= 0 && lane.status !== "idle" && lane.status !== "stopped";
}

/** True for a thread that will not go on by itself: frozen, killed, raised. */
export function isStopped(lane) {
    return STOPPED.has(lane.status);
}

/** The cell of a node's pointer to the next one, or 0. */
export function nextCell(view, node) {
    const index = view.names.type(node.type)?.fields.indexOf("next") ?? 0;
    return node.cells[Math.max(0, index)] ?? 0;
}

/** What a node's pointer to the next one holds: a node's id, 0 for None. */
export function successor(view, node) {
    return view.state.cells.get(nextCell(view, node))?.value ?? 0;
}

/**
 * The nodes from `first` on.
 * @param {View} view
 * @param {number} first  node id, 0 for none
 * @returns {{ ids: number[], index: Map<number, number>, cut: boolean, cycle: number }} `cut`: the walk was ended
 *     before the chain; `cycle`: the node that its last one points back to, else 0
 */
export function walk(view, first) {
    const ids = [];
    const index = new Map();
    let id = first;
    while (id !== 0 && !index.has(id) && ids.length < LONGEST_WALK) {
        const node = view.state.nodes.get(id);
        if (!node) break;
        index.set(id, ids.length);
        ids.push(id);
        id = successor(view, node);
    }
    return { ids, index, cut: ids.length >= LONGEST_WALK, cycle: index.has(id) ? id : 0 };
}

/** The value of a root cell by its name, or 0. */
export function rootValue(view, name) {
    return view.state.cells.get(view.names.root(name))?.value ?? 0;
}

/**
 * The private pointers that stand on nodes (or on None): every local of a running operation that was read from shared
 * memory. A thread's own node is not among them, nor what the thread itself has made stale by winning.
 * @param {View} view
 * @returns {Hold[]}
 */
export function holds(view) {
    const found = [];
    for (const lane of view.state.lanes) {
        if (!isActive(lane)) continue;
        for (const local of lane.locals.values()) {
            const isShown = local.cell !== 0 && !isHousekeeping(view.names, local.cell);
            const hold = isShown ? holdOf(view, lane, local) : null;
            if (hold) found.push(hold);
        }
    }
    return found;
}

function holdOf(view, lane, local) {
    const node = view.state.nodes.get(local.value);
    if (!node && local.value !== 0) return null;
    if (node && node.owner === lane.lane && !node.published && !node.freed) return null;
    let state = localState(view.state, local);
    const cell = view.state.cells.get(local.cell);
    if (state === "stale" && cell.writer === lane.lane && cell.sequence > local.sequence) {
        if (!node?.removed) return null;
        state = "fresh";
    }
    return { lane: lane.lane, target: local.value, name: local.name, state };
}

/**
 * The record of the lane's latest access, where the page still has it: what comes after it (locals, backoff, a freeze)
 * is passed over.
 */
export function latestAccess(view, lane) {
    const { history, layout } = view;
    if (!history || lane.last < history.first) return null;
    const oldest = Math.max(history.first, lane.last - LONGEST_SEARCH);
    for (let position = Math.min(lane.last, history.last); position >= oldest; position -= 1) {
        const record = history.read(position);
        if (record.lane !== lane.lane) continue;
        if (layout.isAccess[record.kind]) return record;
        if (record.kind === layout.kinds.BEGIN || record.kind === layout.kinds.END) return null;
    }
    return null;
}

/**
 * The record of the latest CAS on one of these cells that the lane lost in its operation, where the page still has it.
 * @param {View} view
 * @param {{lane: number, last: number}} lane
 * @param {Set<number>} cells
 */
export function latestLoss(view, lane, cells) {
    const { history, layout } = view;
    if (!history || lane.last < history.first) return null;
    const oldest = Math.max(history.first, lane.last - LONGEST_SEARCH);
    for (let position = Math.min(lane.last, history.last); position >= oldest; position -= 1) {
        const record = history.read(position);
        if (record.lane !== lane.lane) continue;
        if (record.kind === layout.kinds.CAS_LOST && cells.has(record.cell)) return record;
        if (record.kind === layout.kinds.BEGIN) return null;
    }
    return null;
}

/**
 * The attempts that were lost and whose thread has not gone on since.
 * @param {View} view
 * @returns {Loss[]}
 */
export function losses(view) {
    const found = [];
    for (const lane of view.state.lanes) {
        const record = isActive(lane) ? latestAccess(view, lane) : null;
        if (record?.kind !== view.layout.kinds.CAS_LOST || isHousekeeping(view.names, record.cell)) continue;
        found.push({
            lane: lane.lane,
            cell: record.cell,
            wanted: record.after,
            losses: lane.losses,
            help: view.names.site(record.site)?.decisive === false,
            position: record.position,
            key: `${lane.lane}:${record.position}`,
        });
    }
    return found;
}

/** What stopped threads are to be told about, in order of their lanes. */
export function stoppedLanes(view) {
    return view.state.lanes.filter((lane) => isStopped(lane));
}

/** The lock that the lane holds, or null. */
export function heldLock(view, lane) {
    for (const lock of view.state.locks.values()) {
        if (lock.holder === lane) return lock;
    }
    return null;
}

/** The number in a code, or null for anything else. */
export function integerOf(code) {
    return code !== undefined && isInteger(code) ? decodeInteger(code) : null;
}

/** Whether the record that made the state is a won CAS on that cell. */
export function justWon(view, cell) {
    const last = view.state.last;
    return last !== null && last !== undefined && last.kind === view.layout.kinds.CAS_WON && last.cell === cell;
}

/** Whether a won CAS at that record's site was help. */
export function isHelp(view, record) {
    return view.names.site(record.site)?.decisive === false;
}

export { nodeName };
