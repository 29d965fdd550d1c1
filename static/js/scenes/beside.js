/**
 * The row below a chain: nodes that are not published yet, and nodes that were taken out and that somebody still holds.
 *
 * A thread's node has its place by the thread's number, so that it does not wander when others come and go.
 */

import { laneName, nodeName } from "../layout.js";
import { nodeItem } from "./chain.js";
import { besideLabel, fateOf, fateWords } from "./heap.js";
import { SIZE } from "./metrics.js";
import { textWidth } from "./text.js";

const CHIP_HEIGHT = 18;
/** Height of the two lines under a node. */
const LABELS = 36;
/** Width of the count of what does not fit. */
const MORE = 26;

/** The width of a thread's chip. */
export function chipWidth(lane) {
    return textWidth(laneName(lane), SIZE.text, { mono: true, bold: true }) + 10;
}

/** A thread's chip as an item. */
export function chipItem(key, lane, x, y, label, more = {}) {
    return {
        key, type: "chip", lane, at: [x, y], w: chipWidth(lane), h: CHIP_HEIGHT, text: laneName(lane),
        button: { lane, label: `${laneName(lane)}: ${label}` }, ...more,
    };
}

/**
 * @param {import("./reading.js").View} view
 * @param {{ node: object, isPrivate: boolean, lanes: number[] }[]} entries
 * @param {Map<number, Map<number, string>>} states  node → lane → state of its pointer
 * @param {{ left: number, right: number, top: number, bottom: number }} room  a row that would not fit is not drawn
 * @param {import("./metrics.js").Metrics} metrics
 * @returns {{ items: import("./stage.js").Item[], places: Map<number, {x: number, y: number}> }}
 */
export function layoutBeside(view, entries, states, room, metrics) {
    const places = new Map();
    const items = [];
    if (room.top + metrics.node.h + LABELS > room.bottom) return { items, places };
    for (const { entry, slot } of assignSlots(view, entries, room, metrics)) {
        if (entry === null) {
            items.push(overflowItem(slot, entries, room, metrics));
            continue;
        }
        const x = room.left + slot * metrics.off.pitch;
        places.set(entry.node.id, { x, y: room.top });
        items.push(...(entry.isPrivate ? privateItems : removedItems)(view, entry, x, room.top, metrics, states));
    }
    return { items, places };
}

function assignSlots(view, entries, room, metrics) {
    const { pitch } = metrics.off;
    const capacity = Math.max(1, Math.floor((room.right - room.left + pitch - metrics.node.w) / pitch));
    if (entries.length > capacity) {
        return [
            ...entries.slice(0, capacity - 1).map((entry, slot) => ({ entry, slot })),
            { entry: null, slot: capacity - 1 },
        ];
    }
    if (view.state.lanes.length > capacity) return entries.map((entry, slot) => ({ entry, slot }));
    const taken = new Set();
    return entries.map((entry) => {
        let slot = entry.lanes[0] ?? view.state.lanes.length % capacity;
        while (taken.has(slot)) slot = (slot + 1) % capacity;
        taken.add(slot);
        return { entry, slot };
    });
}

function overflowItem(slot, entries, room, metrics) {
    const [x, y] = [room.left + slot * metrics.off.pitch, room.top + metrics.node.h / 2 + 4];
    return { key: "beside:more", type: "text", at: [x, y], text: `+${entries.length - slot} more`, face: "hole" };
}

function privateItems(view, { node, lanes: [owner] }, x, y, metrics) {
    const item = nodeItem(view, node, x, y, metrics, {
        lane: owner, look: "private", labelX: chipWidth(owner) + 8,
        note: metrics.breadth === "tiny" ? "private" : "not published",
    });
    const label = `owns ${nodeName(node.id)}, not published`;
    return [item, chipItem(`owner:${node.id}`, owner, x, y + metrics.node.h + 3, label)];
}

function removedItems(view, { node, lanes }, x, y, metrics, states) {
    const label = besideLabel(node, metrics.off.pitch - 6);
    const items = [nodeItem(view, node, x, y, metrics, { look: fateOf(node), label })];
    const room = { x, y: y + metrics.node.h + 22, end: x + metrics.off.pitch - 8 };
    return [...items, ...chipRow(node.id, lanes, states, room, `was ${fateWords(node)[0]}`)];
}

/**
 * The chips of the threads that hold a node, struck through where their pointer is stale; how many more there are,
 * where they do not fit.
 * @param {number} id  of the node
 * @param {number[]} lanes
 * @param {Map<number, Map<number, string>>} states  node → lane → state of its pointer
 * @param {{ x: number, y: number, end: number }} room
 * @param {string} fate  what a screen reader says of the node
 */
export function chipRow(id, lanes, states, { x, y, end }, fate) {
    const items = [];
    let left = x;
    for (const [index, lane] of lanes.entries()) {
        const rest = index < lanes.length - 1 ? MORE : 0;
        if (left + chipWidth(lane) + rest > end) {
            const text = `+${lanes.length - index}`;
            return [...items, { key: `holder:${id}:more`, type: "text", at: [left, y + 13], text, face: "note" }];
        }
        const struck = states.get(id)?.get(lane) === "stale";
        const says = `holds ${nodeName(id)}, which ${fate}${struck ? "; its pointer is stale" : ""}`;
        items.push(chipItem(`holder:${id}:${lane}`, lane, left, y, says, { struck }));
        left += chipWidth(lane) + 4;
    }
    return items;
}
