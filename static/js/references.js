/**
 * Who refers to which node: what decides whether a node is private, published, removed, or gone.
 *
 * The rule is that of CPython's own memory: a node lives while a cell or a local variable refers to it (`uses`). It is
 * *reachable* while a root cell or the cell of a reachable node refers to it (`links`); it is published when it becomes
 * so for the first time, and removed when it no longer is. Both are counted as records come, so that no record costs a
 * walk over the structure; `collect` counts them afresh and so also finds cycles and mends what lost records left
 * behind.
 */

import { isObject } from "./layout.js";
import { laneOf } from "./state.js";

/** The local that stands for a node which was allocated without being bound to a name. */
export const UNNAMED = "(new)";

/** How far behind a local removed nodes are kept. */
const MOST_HOPS = 256;

/** True for a cell that other threads can reach. */
export function isShared(state, cell) {
    return cell.node === 0 || (state.nodes.get(cell.node)?.links ?? 0) > 0;
}

function retain(state, code, shared) {
    const node = isObject(code) ? state.nodes.get(code) : undefined;
    if (node !== undefined) {
        node.uses += 1;
        if (shared) {
            link(state, node);
        }
    }
}

function release(state, code, shared) {
    const node = isObject(code) ? state.nodes.get(code) : undefined;
    if (node !== undefined) {
        if (shared) {
            unlink(state, node);
        }
        node.uses -= 1;
        if (node.uses <= 0) {
            drop(state, node);
        }
    }
}

function pushTargets(state, node, pending) {
    for (const id of node.cells) {
        const target = state.nodes.get(state.cells.get(id).value);
        if (target !== undefined) {
            pending.push(target);
        }
    }
}

function link(state, first) {
    first.links += 1;
    if (first.links > 1) {
        return;
    }
    const pending = [];
    publish(state, first, pending);
    while (pending.length > 0) {
        const node = pending.pop();
        node.links += 1;
        if (node.links === 1) {
            publish(state, node, pending);
        }
    }
}

function publish(state, node, pending) {
    node.published = true;
    node.removed = false;
    node.owner = -1;
    state.live += 1;
    pushTargets(state, node, pending);
}

function unlink(state, first) {
    first.links -= 1;
    if (first.links !== 0) {
        return;
    }
    const pending = [first];
    first.links = 1;
    while (pending.length > 0) {
        const node = pending.pop();
        node.links -= 1;
        if (node.links === 0) {
            node.removed = true;
            state.live -= 1;
            pushTargets(state, node, pending);
        }
    }
}

function drop(state, first) {
    const pending = [first];
    while (pending.length > 0) {
        const node = pending.pop();
        state.nodes.delete(node.id);
        if (node.links > 0) {
            state.live -= 1;
        }
        for (const id of node.cells) {
            const target = state.nodes.get(state.cells.get(id).value);
            state.cells.delete(id);
            if (target !== undefined) {
                target.uses -= 1;
                if (target.uses <= 0) {
                    pending.push(target);
                }
            }
        }
    }
}

/** A cell takes a value; the version counts changes. */
export function setValue(state, cell, value) {
    const old = cell.value;
    if (old === value) {
        return;
    }
    cell.value = value;
    cell.version += 1;
    if (isObject(value) || isObject(old)) {
        const shared = isShared(state, cell);
        retain(state, value, shared);
        release(state, old, shared);
    }
}

/** A local variable of a lane takes a value read from a cell (0: from none). */
export function bind(state, lane, name, value, cell, version, sequence) {
    const local = lane.locals.get(name);
    retain(state, value, false);
    if (local === undefined) {
        lane.locals.set(name, { name, value, cell, version, sequence });
        return;
    }
    const old = local.value;
    local.value = value;
    local.cell = cell;
    local.version = version;
    local.sequence = sequence;
    release(state, old, false);
}

/** What a local holds that is to be bound to a new node stays until it is known whether that node refers to it. */
export function keep(state, lane, name) {
    const old = lane.locals.get(name)?.value ?? 0;
    if (isObject(old) && state.nodes.has(old)) {
        retain(state, old, false);
        lane.kept = old;
    }
}

/** What was kept is as alive as its other references make it. */
export function letGo(state, lane) {
    const { kept } = lane;
    lane.kept = 0;
    release(state, kept, false);
}

/** A local variable of a lane has gone out of scope. */
export function unbind(state, lane, name) {
    const local = lane.locals.get(name);
    if (local !== undefined) {
        lane.locals.delete(name);
        release(state, local.value, false);
    }
}

/** The lane's frame is gone, and its locals with it. */
export function unbindAll(state, lane) {
    if (lane.locals.size === 0) {
        return;
    }
    const locals = lane.locals;
    lane.locals = new Map();
    for (const local of locals.values()) {
        release(state, local.value, false);
    }
}

/**
 * A node with its cells, all `None`, in nobody's hands yet. An id that is known already begins anew, and keeps who
 * refers to it. A `pooled` node lives on the simulated heap, which never forgets one.
 */
export function addNode(state, { id, type, value, first, fields, owner, sequence, pooled = false }) {
    const known = state.nodes.get(id);
    if (known !== undefined) {
        for (const cell of known.cells) {
            setValue(state, state.cells.get(cell), 0);
        }
        Object.assign(known, { type, value, freed: false, retired: -1, allocated: sequence });
        return known;
    }
    const cells = [];
    for (let index = 0; index < fields; index += 1) {
        cells.push(first + index);
        state.cells.set(first + index, {
            id: first + index,
            node: id,
            value: 0,
            version: 0,
            writer: -1,
            sequence: -1,
            tag: -1,
        });
    }
    const node = {
        id,
        type,
        value,
        cells,
        owner,
        published: false,
        removed: false,
        freed: false,
        allocated: sequence,
        retired: -1,
        generation: 0,
        pooled,
        links: 0,
        uses: pooled ? 1 : 0,
    };
    state.nodes.set(id, node);
    return node;
}

/**
 * Drop nodes and cells that neither root cells nor locals lead to, and count all references afresh.
 * On a state that no record is missing from this changes nothing but cycles. Costs a walk over the state.
 */
export function collect(state) {
    const kept = reachable(state);
    for (const node of state.nodes.values()) {
        node.links = 0;
        node.uses = node.pooled ? 1 : 0;
        if (!kept.has(node.id) && !node.pooled) {
            state.nodes.delete(node.id);
        }
    }
    for (const cell of state.cells.values()) {
        if (cell.node !== 0 && !state.nodes.has(cell.node)) {
            state.cells.delete(cell.id);
        }
    }
    recount(state);
}

/**
 * A snapshot may hold a node that is in a running operation's hands, but in no local that has a name. It gets one here,
 * as `UNNAMED`, so that it stays.
 */
export function holdPrivateNodes(state) {
    const known = reachable(state);
    for (const node of state.nodes.values()) {
        if (node.owner >= 0 && !known.has(node.id)) {
            const { locals } = laneOf(state, node.owner);
            locals.set(UNNAMED, { name: UNNAMED, value: node.id, cell: 0, version: 0, sequence: node.allocated });
        }
    }
}

/** Adds to `seen` what the pending nodes lead to, over at most `hops` references. */
function follow(state, seen, pending, hops = Infinity) {
    for (let left = hops; pending.length > 0 && left > 0; left -= 1) {
        const next = [];
        for (const node of pending) {
            for (const id of node.cells) {
                visit(state, seen, next, state.cells.get(id).value);
            }
        }
        pending = next;
    }
}

function visit(state, seen, pending, code) {
    const node = isObject(code) && !seen.has(code) ? state.nodes.get(code) : undefined;
    if (node !== undefined) {
        seen.add(code);
        pending.push(node);
    }
}

/**
 * The nodes that root cells lead to, and those that locals do. A thread that stands still keeps every node alive that
 * was ever linked behind the one it holds; of such a chain only the beginning is kept.
 */
function reachable(state) {
    const seen = new Set();
    const fromRoots = [];
    for (const cell of state.cells.values()) {
        if (cell.node === 0) {
            visit(state, seen, fromRoots, cell.value);
        }
    }
    follow(state, seen, fromRoots);
    const fromLocals = [];
    for (const lane of state.lanes) {
        for (const local of lane.locals.values()) {
            visit(state, seen, fromLocals, local.value);
        }
        visit(state, seen, fromLocals, lane.kept);
    }
    follow(state, seen, fromLocals, MOST_HOPS);
    return seen;
}

function recount(state) {
    state.live = 0;
    const use = (code) => {
        const node = isObject(code) ? state.nodes.get(code) : undefined;
        if (node !== undefined) {
            node.uses += 1;
        }
        return node;
    };
    for (const cell of state.cells.values()) {
        const node = use(cell.value);
        if (node !== undefined && cell.node === 0) {
            link(state, node);
        }
    }
    for (const lane of state.lanes) {
        for (const local of lane.locals.values()) {
            use(local.value);
        }
        use(lane.kept);
    }
    for (const node of state.nodes.values()) {
        node.removed = node.published && node.links === 0;
    }
}
