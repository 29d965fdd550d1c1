/**
 * The part of a flawed queue that head cannot reach any more, and that later enqueues may still land on.
 */

import { rootValue, successor, walk } from "./reading.js";

/**
 * What tail can reach and head cannot; null where there is no such thing.
 * @param {import("./reading.js").View} view
 * @param {{ index: Map<number, number> }} main  the chain from head
 */
export function detachedChain(view, main) {
    const tail = rootValue(view, "tail");
    if (tail === 0 || main.index.has(tail)) return null;
    const chain = walk(view, tail);
    const isApart = chain.ids.length > 0 && !chain.ids.some((id) => main.index.has(id));
    return isApart ? withPredecessors(view, chain, main) : null;
}

/** The detached nodes in front of tail, as far as anybody still knows them. */
function withPredecessors(view, chain, main) {
    const before = new Map();
    for (const node of view.state.nodes.values()) {
        if (node.published && !main.index.has(node.id)) before.set(successor(view, node), node.id);
    }
    const ids = [...chain.ids];
    const known = new Set(ids);
    for (let id = before.get(ids[0]); id !== undefined && !known.has(id); id = before.get(id)) {
        ids.unshift(id);
        known.add(id);
    }
    return { ...chain, ids, index: new Map(ids.map((id, index) => [id, index])) };
}
