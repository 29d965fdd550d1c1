/**
 * A chain of nodes from left to right, and the nodes beside it.
 *
 * A chain that is too long for the stage is elided: the nodes that flags stand on stay visible, the first ones and the
 * last, and each hole says how many it stands for.
 */

import { nodeName } from "../layout.js";
import { isDangling, labelOf, liesAbout } from "./heap.js";
import { SIZE } from "./metrics.js";
import { nextCell } from "./reading.js";
import { straight } from "./routes.js";
import { fit, grouped, textWidth } from "./text.js";

const END_GAP = 8;
const BESIDE_NAME = 16;
const TIGHTER = 0.55;
const LEAST_GAP = 20;

/** Room that the word at the end of a chain needs. */
export const END_WIDTH = textWidth("None", SIZE.value, { mono: true }) + END_GAP;

/** @typedef {{ kind: "node", id: number, index: number, x: number, w: number }} NodeSlot */
/** @typedef {{ kind: "hole", from: number, count: number, x: number, w: number, text: string }} HoleSlot */
/** @typedef {{ slots: (NodeSlot | HoleSlot)[], end: number }} Placed  `end`: where the pointer of the last node ends */

function holeText(count, open, brief) {
    const number = `${grouped(count)}${open ? "+" : ""}`;
    return brief ? `… ${number} …` : `… ${number} more …`;
}

const holeWidth = (text) => textWidth(text, SIZE.text) + 6;

/**
 * Which nodes of a chain are shown, and where.
 * @param {{ ids: number[], index: Map<number, number>, cut: boolean }} chain
 * @param {Set<number>} wanted  node ids that are to stay visible, most important first
 * @param {{ left: number, right: number, node: {w: number}, gap: number, brief: boolean }} room
 * @returns {Placed}
 */
export function placeChain(chain, wanted, room) {
    const { ids, index } = chain;
    const all = ids.length * (room.node.w + room.gap);
    if (!chain.cut && room.left + all <= room.right) return place(slotsOf(chain, ids.map((_, i) => i), false), room);
    const order = [
        0, ...[...wanted].map((id) => index.get(id)).filter((i) => i !== undefined), 1, ids.length - 1, 2, 3,
    ];
    for (let i = 4; i < Math.min(ids.length, 40); i += 1) order.push(i);
    const tight = { ...room, gap: Math.max(LEAST_GAP, room.gap * TIGHTER) };
    let shown = [];
    for (const i of order) {
        if (i < 0 || i >= ids.length || shown.includes(i)) continue;
        const more = [...shown, i].sort((one, other) => one - other);
        if (shown.length === 0 || fits(slotsOf(chain, more, room.brief), tight)) shown = more;
    }
    return place(slotsOf(chain, shown, room.brief), tight);
}

function slotsOf({ ids, cut }, shown, brief) {
    const slots = [];
    let next = 0;
    const skip = (to) => {
        if (to <= next && !(cut && to === ids.length)) return;
        slots.push({
            kind: "hole", from: next, count: to - next, text: holeText(to - next, cut && to === ids.length, brief),
        });
    };
    for (const i of shown) {
        skip(i);
        slots.push({ kind: "node", id: ids[i], index: i });
        next = i + 1;
    }
    skip(ids.length);
    return slots;
}

function widthOf(slots, room) {
    return slots.reduce((sum, slot) => sum + room.gap + (slot.kind === "node" ? room.node.w : holeWidth(slot.text)), 0);
}

/** A hole at the end needs no word after it. */
function fits(slots, room) {
    const beyond = slots.at(-1).kind === "hole" ? END_WIDTH + room.gap : 0;
    return widthOf(slots, room) <= room.right + beyond - room.left;
}

function place(slots, room) {
    let x = room.left;
    for (const slot of slots) {
        slot.x = x;
        slot.w = slot.kind === "node" ? room.node.w : holeWidth(slot.text);
        x += slot.w + room.gap;
    }
    return { slots, end: x };
}

/**
 * The items of a placed chain: nodes, links, holes, the word at its end.
 * @param {import("./reading.js").View} view
 * @param {{ ids: number[], cycle: number }} chain
 * @param {Placed} placed
 * @param {object} options
 * @param {number} options.top
 * @param {import("./metrics.js").Metrics} options.metrics
 * @param {(slot: NodeSlot) => object} options.style  further properties of a node's item
 * @param {string} options.prefix  of keys, where there are several chains
 * @param {string} [options.link]  look of the links
 * @returns {import("./stage.js").Item[]}
 */
export function chainItems(view, chain, placed, { top, metrics, style, prefix, link = "next" }) {
    const items = [];
    const middle = top + metrics.node.h / 2;
    placed.slots.forEach((slot, position) => {
        const following = placed.slots[position + 1];
        const to = following?.x ?? placed.end;
        if (slot.kind === "node") {
            items.push(nodeItem(view, view.state.nodes.get(slot.id), slot.x, top, metrics, style(slot)));
            const from = slot.x + slot.w - metrics.node.next / 2;
            const dangles = following?.kind === "node" && isDangling(view, following.id);
            items.push({
                key: `next:${slot.id}`, type: "link", look: dangles ? "next dangling" : link,
                at: straight(from, middle, to - 3, middle),
            });
        } else {
            const key = `hole:${prefix}:${placed.slots[position - 1]?.id ?? 0}`;
            items.push({
                key, type: "text", at: [slot.x + slot.w / 2, middle + 4], text: slot.text, anchor: "middle",
                face: "hole",
            });
            if (following) {
                items.push({
                    key: `${key}:next`, type: "link", look: link, at: straight(slot.x + slot.w, middle, to - 3, middle),
                });
            }
        }
    });
    if (placed.slots.at(-1)?.kind !== "hole") items.push(endItem(chain, placed, middle, prefix));
    return items;
}

function endItem(chain, placed, middle, prefix) {
    const text = chain.cycle ? `↩ ${nodeName(chain.cycle)}` : "None";
    return { key: `end:${prefix}`, type: "text", at: [placed.end + END_GAP / 2, middle + 5], text, face: "end" };
}

/** A node's item. */
export function nodeItem(view, node, x, top, metrics, style = {}) {
    const { w, h, next } = metrics.node;
    return {
        key: `node:${node.id}`, type: "node", at: [x, top], w, h, next,
        value: fit(view.names.value(node.value), w - next - 6, SIZE.value, { mono: true }),
        label: labelOf(node, w - BESIDE_NAME), tag: tagText(view, node, next), hatched: node.freed, ...style,
    };
}

/** The version in a node's versioned pointer. */
function tagText(view, node, width) {
    const tag = view.state.cells.get(nextCell(view, node))?.tag ?? -1;
    return tag < 0 ? undefined : fit(String(tag), width - 4, SIZE.small);
}

const nameWidth = (name) => textWidth(name, SIZE.small, { mono: true });

/** Where below a node a line may stand without touching the node's name. */
export function clearOfName(view, id, share, width) {
    const node = view.state.nodes.get(id);
    const label = node ? labelOf(node, width - BESIDE_NAME) : nodeName(id);
    return Math.min(width - 6, Math.max(width * share, nameWidth(label) + 8));
}

/**
 * The nodes beside the chain: not yet published, removed and still held, or lying about on the simulated heap.
 * @param {import("./reading.js").View} view
 * @param {Set<number>} drawn  nodes that are drawn elsewhere
 * @param {Map<number, number[]>} holders  lanes that hold a node
 * @returns {{ node: object, lanes: number[] }[]}  by the lane that it belongs with
 */
export function outsiders(view, drawn, holders) {
    const found = [];
    for (const node of view.state.nodes.values()) {
        const lanes = holders.get(node.id) ?? [];
        const isPrivate = !node.published && node.owner >= 0 && !node.freed;
        if (drawn.has(node.id) || (!isPrivate && lanes.length === 0 && !liesAbout(node))) continue;
        found.push({ node, isPrivate, lanes: isPrivate ? [node.owner] : lanes });
    }
    const rank = ({ node, lanes }) => {
        if (lanes.length > 0) return lanes.includes(view.chosen) ? -1 : Math.min(...lanes);
        return node.freed ? Infinity : view.state.lanes.length + node.retired;
    };
    return found.sort((one, other) => {
        const [first, second] = [rank(one), rank(other)];
        return first === second ? one.node.id - other.node.id : first - second;
    });
}
