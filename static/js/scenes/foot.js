/**
 * What the scenes of stack and queue share: where the rows stand, the marks of won and lost CASes, and the foot of the
 * stage.
 */

import { laneName } from "../layout.js";
import { NARROWEST, calloutHeight, layoutCallouts } from "./bands.js";
import { SIZE } from "./metrics.js";
import { doorHeight, hasDoor, layoutDoor } from "./mutex.js";
import { textWidth } from "./text.js";

const BOTTOM = 8;
const CHANNEL = 34;
const CHAIN_SHARE = 0.42;
const TRACK = 6;
/** By how much a row may be lower than it is taken to be: its last line is rarely there. */
const LENIENT = 4;

/**
 * The heights at which the rows of a chain scene stand. Where the stage is too low for callouts below the nodes beside
 * the chain, the two share a row (`shared`); where it is too low even for that, callouts have one line (`low`).
 * @param {import("./reading.js").View} view
 * @param {import("./metrics.js").Metrics} metrics
 * @param {{ above?: number, below?: number, channel?: number, inset?: number }} [extra]  room that a scene needs above
 *     its chain and below the nodes' names, and for links below it; `inset`: height of what stands there instead of all
 *     that
 */
export function rows(view, metrics, { above = 0, below = 0, channel = CHANNEL, inset = 0 } = {}) {
    const door = metrics.height - BOTTOM;
    const foot = door - doorHeight(view, metrics);
    const under = metrics.node.h + metrics.ids + below + (inset || channel + metrics.off.h);
    const least = metrics.top + above + metrics.flag.pole + metrics.flag.h;
    const callouts = inset > 0 ? 0 : calloutHeight(view);
    const shared = callouts > 0 && foot - callouts < least + under;
    const body = shared ? foot : foot - callouts;
    const chain = Math.round(Math.max(least, Math.min(metrics.height * CHAIN_SHARE, body - under)));
    const links = chain + metrics.node.h + metrics.ids + below;
    const off = links + channel;
    return { chain, channel: links, off, foot, door, shared, low: shared && off + metrics.off.h > foot + LENIENT };
}

/** Where the nodes beside the chain end: before the callouts, where they share a row. */
export function besideEnd(metrics, { shared }) {
    return metrics.width - metrics.margin - (shared ? NARROWEST + 16 : 0);
}

/** The height of a channel's n-th track. */
export function track(channel, n) {
    return channel + 4 + (n * TRACK) % (CHANNEL - 8);
}

/** Callouts and door. */
export function footItems(view, metrics, { foot, door, shared, low }, left) {
    const right = metrics.width - metrics.margin;
    const items = layoutCallouts(view, { left: shared && !low ? right - NARROWEST : left, right, bottom: foot, low });
    if (doorHeight(view, metrics) > 0) items.push(...layoutDoor(view, { left: metrics.margin, right, bottom: door }));
    return items;
}

/**
 * The mark of a lost attempt, as a button.
 * @param {import("./reading.js").Loss} loss
 * @param {{ at: number[], from?: number[], cell: number[], lines: string[] }} place  `cell`: the edge that it rebounds
 *     from
 * @returns {import("./stage.js").Item}
 */
export function lostItem(loss, { at, from, cell, lines }) {
    const width = 14 + 7 + Math.max(...lines.map((line) => textWidth(line, SIZE.text)));
    return {
        key: `lost:${loss.key}`, type: "mark", kind: "lost", size: 14, lines, at, from,
        bounce: { id: loss.key, to: cell },
        w: width, h: lines.length > 1 ? 30 : 16, look: loss.help ? "lost help" : "lost",
        button: { lane: loss.lane, label: lostLabel(loss) },
    };
}

function lostLabel({ lane, losses, help }) {
    return `${laneName(lane)} lost ${help ? "a CAS that was help: no retry" : `its CAS, retry ${losses}`}`;
}

/** The two lines beside a lost mark. */
export function lostLines({ lane, losses, help }) {
    return help ? [`${laneName(lane)} help`, "came late"] : [`${laneName(lane)} lost`, `retry ${losses}`];
}

/** Whether root cells are swung by CASes; behind a mutex they are simply set. */
export function swingsByCas(view) {
    return view.entry.variant !== "mutex" && !hasDoor(view);
}

/** What stands beside a root pointer about its last writer; null where nobody has been seen to write. */
export function writerText(view, cellId) {
    const cell = view.state.cells.get(cellId);
    if (!cell || cell.writer < 0) return null;
    return `${swingsByCas(view) ? "won" : "set"} by ${laneName(cell.writer)}`;
}

/** The version beside the value of a root cell, as a text; undefined where it has none. */
export function rootTag(view, name) {
    const tag = view.state.cells.get(view.names.root(name))?.tag ?? -1;
    return tag < 0 ? undefined : `tag ${tag}`;
}

/** Lanes that hold each node, and the state of their pointers. */
export function indexHolds(holds) {
    const lanes = new Map();
    const states = new Map();
    for (const { lane, target, state } of holds) {
        const held = lanes.get(target) ?? [];
        if (!held.includes(lane)) lanes.set(target, [...held, lane]);
        const known = states.get(target) ?? new Map();
        states.set(target, known.set(lane, state));
    }
    return { lanes, states };
}

/** Node ids that flags stand on, the chosen thread's first, then by how many hold them. */
export function flaggedNodes(view, holds) {
    const weights = new Map();
    for (const { lane, target } of holds) {
        weights.set(target, (weights.get(target) ?? 0) + (lane === view.chosen ? 1000 : 1));
    }
    return new Set([...weights.keys()].sort((one, other) => weights.get(other) - weights.get(one)));
}
