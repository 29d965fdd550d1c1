/**
 * Flags: the private pointers of threads, above what they point at.
 *
 * A flag says as much as the room up to the next flag allows: the thread always, then the name of its local, the
 * attempts it lost in this operation, and a word ("stale"). Where more threads point at one place than there are levels
 * for, a tally stands for them ("23 hold n6, all stale"), and the chosen thread keeps its flag.
 */

import { laneName, nodeName } from "../layout.js";
import { SIZE } from "./metrics.js";
import { isStopped } from "./reading.js";
import { fit, textWidth } from "./text.js";

const PAD = 8;
const SPACE = 7;
const CROSS = 15;
const CLOCK = 14;
const MOST_SINGLE = 12;
const TALLY_FROM = 3;
const SHORTEST_NAME = 34;
const mono = (text, bold = false) => textWidth(text, SIZE.text, { mono: true, bold });
const POLE_X = 6;
const GAP = 10;

/**
 * A place that flags can stand on.
 * @typedef {object} Anchor
 * @property {string} key
 * @property {string} name  what it is called in a tally and for screen readers
 * @property {number} x  left edge
 * @property {number} top  upper edge of the thing
 * @property {string} [label]  what a flag's label calls it, where it is no node
 * @property {boolean} [hole]  it stands for more nodes than one: flags say which they mean
 * @property {number} [raise]  how far above it the lowest flag begins (for what else stands there)
 */

/**
 * @param {import("./reading.js").View} view
 * @param {import("./reading.js").Hold[]} holds
 * @param {(target: number) => Anchor | null} anchorOf
 * @param {import("./metrics.js").Metrics} metrics
 * @returns {import("./stage.js").Item[]}
 */
export function layoutFlags(view, holds, anchorOf, metrics) {
    const crowded = new Set(holds.map(({ lane }) => lane)).size > MOST_SINGLE;
    const groups = [...groupByAnchor(holds, anchorOf).values()].sort((one, other) => one.anchor.x - other.anchor.x)
        .map((group) => ({ ...group, ...chooseEntries(view, group, metrics, crowded) }));
    const edge = metrics.width - metrics.margin;
    return groups.flatMap((group, index) => {
        const roomAt = (level) => roomBefore(groups.slice(index + 1), group.anchor, level, edge, metrics);
        return groupItems(view, group, roomAt, metrics);
    });
}

/** How far a flag may reach before it meets what stands over an anchor further right. */
function roomBefore(others, anchor, level, edge, metrics) {
    const { pitch } = metrics.flag;
    const y = heightOf(anchor, level, metrics);
    const inTheWay = others.find((other) => {
        const highest = heightOf(other.anchor, other.count - 1, metrics);
        const lowest = other.anchor.top;
        return y + pitch > highest && y < lowest;
    });
    return (inTheWay ? inTheWay.anchor.x - GAP : edge) - anchor.x;
}

function groupByAnchor(holds, anchorOf) {
    const groups = new Map();
    for (const hold of holds) {
        const anchor = anchorOf(hold.target);
        if (!anchor) continue;
        const group = groups.get(anchor.key) ?? { anchor, lanes: new Map() };
        groups.set(anchor.key, group);
        const held = group.lanes.get(hold.lane) ?? [];
        group.lanes.set(hold.lane, [...held, hold]);
    }
    return groups;
}

/** How many flags fit above an anchor. */
export function levelsAbove(anchor, metrics) {
    const room = anchor.top - (anchor.raise ?? 0) - metrics.flag.pole - metrics.top;
    return Math.max(1, Math.floor((room + metrics.flag.pitch - metrics.flag.h) / metrics.flag.pitch));
}

/** Which threads get a flag of their own and which are counted together. */
function chooseEntries(view, { anchor, lanes }, metrics, crowded) {
    const levels = levelsAbove(anchor, metrics);
    const entries = [...lanes].map(([lane, held]) => ({ lane: view.state.lanes[lane], held }));
    const tallied = entries.length > levels || (crowded && entries.length >= TALLY_FROM);
    const single = tallied ? entries.filter(({ lane }) => lane.lane === view.chosen).slice(0, levels - 1) : entries;
    const rest = entries.filter((entry) => !single.includes(entry));
    return { single, rest, count: single.length + (rest.length > 0 ? 1 : 0) };
}

function groupItems(view, { anchor, single, rest }, roomAt, metrics) {
    const items = single.map((entry, level) => flagItem(view, entry, anchor, level, roomAt(level), metrics));
    if (rest.length > 0) items.push(tallyItem(view, rest, anchor, single.length, roomAt(single.length), metrics));
    return items;
}

function heightOf(anchor, level, metrics) {
    const { h, pitch, pole } = metrics.flag;
    return anchor.top - (anchor.raise ?? 0) - pole - h - level * pitch;
}

function placeAt(anchor, level, metrics) {
    const { h, pitch, pole } = metrics.flag;
    const raised = level === 0 ? (anchor.raise ?? 0) : 0;
    return { at: [anchor.x, heightOf(anchor, level, metrics)], pole: level === 0 ? pole + raised : pitch - h };
}

function flagItem(view, { lane, held }, anchor, level, room, metrics) {
    const named = (hold) => (anchor.hole ? { ...hold, name: `${hold.name} ${nodeName(hold.target)}` } : hold);
    const described = describeHolds(lane, held.map(named));
    const { pieces, width } = chooseVariant(described, room);
    return {
        key: `flag:${lane.lane}:${anchor.key}`, type: "flag", lane: lane.lane, ...placeAt(anchor, level, metrics),
        w: width, h: metrics.flag.h, poleX: POLE_X, pieces, hatched: described.injected,
        look: lane.lane === view.chosen ? "chosen" : "",
        button: { lane: lane.lane, label: flagLabel(lane, held, anchor, described.words) },
    };
}

function describeHolds(lane, held) {
    const words = [];
    if (isStopped(lane)) words.push(lane.status);
    if (lane.status === "delay") words.push("injected");
    if (lane.status === "backoff") words.push("backoff");
    if (held.some(({ state }) => state === "stale")) words.push("stale");
    if (held.some(({ state }) => state === "aba")) words.push("ABA");
    return { lane, held, words, injected: lane.status === "delay" };
}

function flagLabel(lane, held, anchor, words) {
    const names = held.map(({ name }) => name).join(", ");
    const retries = lane.losses > 0 ? `, retry ${lane.losses}` : "";
    const rest = words.length > 0 ? `, ${words.join(", ")}` : "";
    const target = anchor.label ?? (held[0].target === 0 ? anchor.name : nodeName(held[0].target));
    return `${laneName(lane.lane)}: ${names} points at ${target}${rest}${retries}`;
}

/** The fullest variant that fits; the last one always does. */
function chooseVariant(described, room) {
    const variants = [
        { names: true, badge: true, words: 2 },
        { names: true, badge: true, words: 1 },
        { names: true, badge: true, words: 0 },
        { names: "short", badge: true, words: 0 }, { names: false, badge: true, words: 0 },
    ];
    const least = described.injected ? 1 : 0;
    for (const variant of variants) {
        const built = buildVariant(described, { ...variant, words: Math.max(least, variant.words) }, room);
        if (built && built.total <= room) return built;
    }
    const word = buildVariant(described, { names: false, badge: false, words: least }, room);
    return word.total <= room ? word : buildVariant(described, { names: false, badge: false, words: 0 }, room);
}

function buildVariant({ lane, held, words, injected }, { names, badge, words: count }, room) {
    const name = laneName(lane.lane);
    const pieces = [{ kind: "lane", x: PAD, text: name }];
    let x = PAD + mono(name, true);
    const badgeWidth = badge && lane.losses > 0 ? SPACE + CROSS + mono(String(lane.losses)) : 0;
    const inside = injected && count > 0 ? "injected" : null;
    const wordWidth = inside ? SPACE + textWidth(inside, SIZE.small) : 0;
    if (names) {
        const limit = names === "short" ? room - x - SPACE - badgeWidth - wordWidth - PAD : Infinity;
        if (limit < SHORTEST_NAME) return null;
        x = addNames(pieces, held, x, limit);
    }
    if (inside) {
        pieces.push({ kind: "word", x: x + SPACE, text: inside });
        x += wordWidth;
    }
    if (badgeWidth > 0) {
        pieces.push({ kind: "lost", x: x + SPACE, text: String(lane.losses) });
        x += badgeWidth;
    }
    const width = x + PAD;
    const outside = words.filter((word) => word !== inside).slice(0, inside ? count - 1 : count).join(", ");
    if (outside) pieces.push({ kind: "word", x: width + 7, text: outside });
    return { pieces, width, total: outside ? width + 7 + textWidth(outside, SIZE.small) : width };
}

/** The locals that point here, each struck through where it is stale. */
function addNames(pieces, held, start, limit) {
    let x = start + SPACE;
    let left = limit;
    held.forEach((hold, index) => {
        const marked = hold.state === "aba" ? CLOCK : 0;
        const comma = index < held.length - 1 ? "," : "";
        const text = fit(hold.name, left - marked, SIZE.text, { mono: true });
        if (!text) return;
        if (index > 0) x += SPACE;
        if (marked) pieces.push({ kind: "clock", x });
        x += marked;
        pieces.push({ kind: "name", x, text: text + comma, state: hold.state, w: mono(text) });
        x += mono(text + comma);
        left = limit - (x - start);
    });
    return x;
}

function tallyItem(view, entries, anchor, level, room, metrics) {
    const lanes = entries.map(({ lane }) => lane.lane);
    const stale = entries.filter(({ held }) => held.some(({ state }) => state !== "fresh")).length;
    const how = stale === 0 ? "" : stale === entries.length ? ", all stale" : `, ${stale} stale`;
    const texts = [`${entries.length} hold ${anchor.name}${how}`, `${entries.length}${how}`, String(entries.length)];
    const text = texts.find((candidate) => textWidth(candidate, SIZE.text) + 24 <= room) ?? texts[2];
    const next = lanes.find((lane) => lane > (view.chosen ?? -1)) ?? lanes[0];
    const who = lanes.map(laneName).join(", ");
    return {
        key: `tally:${anchor.key}`, type: "tally", ...placeAt(anchor, level, metrics),
        w: textWidth(text, SIZE.text) + 24, h: metrics.flag.h, poleX: POLE_X + 4, text,
        button: { lane: next, label: `${texts[0]}: ${who}. Choose ${laneName(next)}` },
    };
}
