/** Folds what a real engine wrote, and compares the result with the snapshots that the engine itself took. */

import { toSnapshot } from "../../static/js/snapshots.js";
import { Model } from "../../static/js/model.js";
import { lastSequence } from "../../static/js/protocol.js";
import { equal, ok } from "./harness.js";
import { layout } from "./machine.js";

const sorted = (items, key) => [...items].sort((one, other) => one[key] - other[key]);

const NEAR_HOPS = 100;

/**
 * The nodes without those removed ones that only a long chain behind somebody's local keeps alive: the fold drops the
 * end of such a chain, an engine cannot. And without private ones that no local leads to: the fold keeps, until its
 * thread's next record, what a new node may refer to.
 */
function withoutTails({ nodes, lanes }) {
    const byId = new Map(nodes.map((node) => [node.id, node]));
    const near = new Set();
    let pending = lanes.flatMap(({ locals }) => Object.values(locals).map(({ value }) => value));
    for (let hops = 0; hops < NEAR_HOPS && pending.length > 0; hops += 1) {
        pending = pending.filter((id) => byId.has(id) && !near.has(id));
        pending.forEach((id) => near.add(id));
        pending = pending.flatMap((id) => byId.get(id).cells);
    }
    return nodes.filter((node) => (node.published && !node.removed) || near.has(node.id));
}

/** What two snapshots of the same moment must agree on. */
export function essence(snapshot) {
    const { sequence, cells, locks, lanes } = snapshot;
    return {
        sequence,
        cells: sorted(cells, "id"),
        nodes: sorted(withoutTails(snapshot), "id"),
        locks: sorted(locks, "cell")
            .filter(({ holder, waiters }) => holder >= 0 || waiters.length > 0)
            .map(({ cell, holder, waiters }) => ({ cell, holder, waiters: [...waiters].sort() })),
        // A delay or backoff ends without a record; only the lane's next one tells.
        lanes: lanes.map(({ status, ...lane }) => ({
            status: status === "delay" || status === "backoff" ? "running" : status,
            ...lane,
        })),
    };
}

/**
 * The snapshot, as the fold would put it where an engine cannot know better: a node that its maker still holds, and that
 * is not reachable, may have been published and removed meanwhile. An engine sees no past and calls it private. Nor
 * does it see that the broken queue's store, which it takes for the publication, went to a node that was removed by
 * then: what hangs there alone was never published.
 */
function withPast(snapshot, state) {
    const removed = [...state.nodes.values()].filter((node) => node.removed);
    const linked = new Set(removed.flatMap(({ cells }) => cells.map((cell) => state.cells.get(cell).value)));
    const nodes = snapshot.nodes.map((node) => {
        const folded = state.nodes.get(node.id);
        if (node.removed && folded?.owner >= 0 && linked.has(node.id)) {
            return { ...node, owner: folded.owner, published: false, removed: false };
        }
        const isHeld = [...(state.lanes[node.owner]?.locals.values() ?? [])].some(({ value }) => value === node.id);
        return isHeld && folded?.removed ? { ...node, owner: -1, published: true, removed: true } : node;
    });
    return { ...snapshot, nodes };
}

/**
 * The folded state as a snapshot, without the locals of operations that have returned: an engine sees that at once, the
 * trace tells with END, which is then the lane's next record, or still to come.
 */
function withoutReturned(folded, snapshot, rest) {
    const { END, FROZEN, THAWED, KILLED } = layout.kinds;
    const beside = [FROZEN, THAWED, KILLED];
    const hasReturned = (number) => {
        for (let at = 0; at < rest.length; at += layout.bytes) {
            const kind = rest[at + layout.at.kind];
            if (rest[at + layout.at.lane] === number && !beside.includes(kind)) {
                return kind === END;
            }
        }
        return true;
    };
    const isOver = ({ lane, locals }, index) =>
        Object.keys(locals).length > 0 && Object.keys(snapshot.lanes[index].locals).length === 0 && hasReturned(lane);
    const lanes = folded.lanes.map((lane, index) => (isOver(lane, index) ? { ...lane, locals: {} } : lane));
    return { ...folded, lanes };
}

/** The records up to and including sequence number `last`, and those after it. */
function splitAfter(bytes, first, last) {
    const count = Math.max(0, Math.min(bytes.length / layout.bytes, last - first + 1));
    return [bytes.subarray(0, count * layout.bytes), bytes.subarray(count * layout.bytes)];
}

/**
 * @param {{names: object[], snapshots: object[], records: string}} trace  records in base 64; the first one has
 *     sequence number 0
 * @returns {{compared: number, records: number, counts: object, lanes: object[]}}
 */
export function compareTrace({ names, snapshots, records }) {
    const model = new Model(layout, { clock: () => 0, requestFrame: () => 1, cancelFrame: () => {} });
    names.forEach((message) => model.take(message));
    let bytes = Uint8Array.from(atob(records), (character) => character.charCodeAt(0));
    const total = bytes.length / layout.bytes;
    ok(lastSequence(bytes, 0, layout) === total - 1, "no record is missing");
    const [start, ...later] = snapshots;
    model.take(start);
    let first = 0;
    for (const snapshot of later) {
        const [now, rest] = splitAfter(bytes, first, snapshot.sequence);
        if (now.length > 0) {
            model.take({ type: "batch", first, bytes: now });
        }
        first += now.length / layout.bytes;
        bytes = rest;
        const { edge: state } = model.timeline;
        const folded = withoutReturned(toSnapshot(state), snapshot, rest);
        equal(essence(folded), essence(withPast(snapshot, state)), `after record ${snapshot.sequence}`);
    }
    const { edge } = model.timeline;
    for (const position of [0, Math.floor(first / 3), Math.floor(first / 2), first - 1]) {
        equal(model.timeline.seek(position).sequence, position);
    }
    return {
        compared: later.length,
        records: first,
        counts: edge.counts,
        lanes: edge.lanes.map(({ status }) => status),
    };
}
