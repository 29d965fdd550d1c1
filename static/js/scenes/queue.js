/**
 * The queue: the dummy node first and hatched, head above it, tail below its node; a tail that lags is stretched to the
 * node that was linked. What the flawed queue has lost hangs below, apart and red.
 */

import { laneName, nodeName } from "../layout.js";
import { chipRow, layoutBeside } from "./beside.js";
import { END_WIDTH, chainItems, clearOfName, outsiders, placeChain } from "./chain.js";
import { detachedChain } from "./detached.js";
import { layoutFlags } from "./flags.js";
import { describeHeap, isDangling } from "./heap.js";
import {
    besideEnd, flaggedNodes, footItems, indexHolds, lostItem, lostLines, rootTag, rows, writerText,
} from "./foot.js";
import { SIZE } from "./metrics.js";
import { holds, isHelp, justWon, losses, nextCell, rootValue, successor, walk } from "./reading.js";
import { straight } from "./routes.js";
import { grouped, plural, textWidth } from "./text.js";

const OVAL = { w: 58, h: 26 };
/** Width of an oval with a version beside its name. */
const TAGGED = 78;
/** How far the oval of head reaches to the right of its stem. */
const HEAD_RIGHT = 35;
/** Flags on the dummy have their pole left of the oval. */
const CLEAR_OF_POLE = 12;
const STEM = 18;
const STEM_X = 0.58;
const LEFT = { wide: 120, medium: 110, narrow: 96, tiny: 86 };
const TAIL_ROW = 44;
const CHANNEL = 12;
/** Room beside the end, so that flags on None can say what they are. */
const FLAGS_ON_NONE = { wide: 60, medium: 40, narrow: 0, tiny: 0 };
const DETACHED_GAP = 30;
const TAIL_STEM = 32;
/** What a low stage takes off the gap before the detached part, and then off the stem of the tail below it. */
const SPARE = { gap: 12, stem: 8 };
const LOST_PITCH = 38;

/**
 * @param {import("./reading.js").View} view
 * @param {import("./metrics.js").Metrics} metrics
 * @param {{ inset?: number }} [options]  height of what takes the place of everything below the tail
 * @returns {import("./stage.js").Item[]}
 */
export function layoutQueue(view, metrics, { inset = 0 } = {}) {
    const picture = new QueuePicture(view, metrics, inset);
    return inset > 0 ? picture.upper() : picture.whole();
}

class QueuePicture {
    constructor(view, metrics, inset) {
        this.view = view;
        this.metrics = metrics;
        this.left = LEFT[metrics.breadth];
        this.right = metrics.width - metrics.margin - END_WIDTH - FLAGS_ON_NONE[metrics.breadth];
        this.holds = holds(view);
        this.chain = walk(view, rootValue(view, "head"));
        this.detached = detachedChain(view, this.chain);
        const apart = this.detached ? DETACHED_GAP + metrics.node.h + metrics.ids : 0;
        this.rows = rows(view, metrics, {
            above: STEM + OVAL.h, below: TAIL_ROW + apart - 12, channel: CHANNEL, inset,
        });
        const wanted = flaggedNodes(view, this.holds);
        this.tail = rootValue(view, "tail");
        this.placed = placeChain(this.chain, new Set([this.tail, ...wanted]), this.room());
        this.apart = this.detached ? placeChain(this.detached, new Set([this.tail, ...wanted]), this.room()) : null;
        this.apartTop = this.rows.chain + metrics.node.h + metrics.ids + DETACHED_GAP;
        this.tailStem = TAIL_STEM;
        const isTagged = ["head", "tail"].some((name) => rootTag(view, name));
        this.oval = isTagged ? { ...OVAL, w: TAGGED } : OVAL;
        if (this.detached) this.closeUp(this.rows.foot + 6 - inset);
    }

    /** Moves the detached part and its tail up where the oval would be cut off at `end`. */
    closeUp(end) {
        const lack = Math.max(0, this.apartTop + this.metrics.node.h + TAIL_STEM + OVAL.h - end);
        this.apartTop -= Math.min(lack, SPARE.gap);
        this.tailStem -= Math.min(Math.max(0, lack - SPARE.gap), SPARE.stem);
    }

    room() {
        return {
            left: this.left, right: this.right, node: this.metrics.node, gap: this.metrics.gap,
            brief: this.metrics.breadth === "tiny",
        };
    }

    whole() {
        const { lanes, states } = indexHolds(this.holds);
        const drawn = new Map([...this.chain.index, ...(this.detached?.index ?? [])]);
        const entries = outsiders(this.view, drawn, lanes);
        const room = {
            left: this.left, right: besideEnd(this.metrics, this.rows), top: this.rows.off, bottom: this.rows.foot,
        };
        const { items, places } = layoutBeside(this.view, entries, states, room, this.metrics);
        this.places = places;
        return [
            ...this.upper(), ...items, ...this.lostItems(), ...footItems(this.view, this.metrics, this.rows, this.left),
        ];
    }

    upper() {
        const { view, metrics, chain, placed } = this;
        const style = ({ index, id }) => {
            if (isDangling(view, id)) return { look: "freed reached" };
            return index === 0 ? { look: "dummy", hatched: true, value: "dummy" } : { look: "" };
        };
        return [
            ...this.headItems(),
            ...chainItems(view, chain, placed, { top: this.rows.chain, metrics, style, prefix: "queue" }),
            ...this.detachedItems(), ...this.tailItems(),
            ...layoutFlags(view, this.holds, (target) => this.anchorOf(target), metrics),
        ];
    }

    /** The oval of a root pointer; its version stands beside its name, where there is room. */
    ovalItem(name, size) {
        const tag = size.w >= TAGGED ? rootTag(this.view, name)?.replace("tag ", "#") : undefined;
        return { key: `cell:${name}`, type: "cell", look: "small", ...size, name, tag };
    }

    pointerLook(target) {
        return isDangling(this.view, target) ? "pointer dangling" : "pointer";
    }

    headItems() {
        const { node } = this.metrics;
        const top = this.rows.chain;
        const y = top - STEM - OVAL.h;
        const stem = this.left + node.w * STEM_X;
        const first = this.chain.ids[0] ?? 0;
        const isTiny = this.metrics.breadth === "tiny";
        const oval = this.ovalItem("head", isTiny ? OVAL : this.oval);
        const ovalX = Math.max(stem + HEAD_RIGHT - oval.w, this.left + CLEAR_OF_POLE);
        const aim = (x, nodeY) => straight(stem, y + OVAL.h, x + node.w * STEM_X, nodeY - 3);
        const items = [
            { ...oval, at: [ovalX, y] },
            {
                key: "link:head", type: "link", look: this.pointerLook(first),
                at: straight(stem, y + OVAL.h, stem, top - 3),
                swing: { key: `node:${first}`, aim },
            },
        ];
        const tag = isTiny ? rootTag(this.view, "head") : undefined;
        const writer = tag ?? writerText(this.view, this.view.names.root("head"));
        const sequence = this.view.state.cells.get(this.view.names.root("head"))?.sequence;
        if (isDangling(this.view, first)) items.push({
            key: "dangling:head", type: "text", at: [this.left - 10, y + 17], text: "dangling",
            anchor: "end", face: "alarm",
        });
        else if (writer) items.push({
            key: `writer:head:${sequence}`, type: "text", prompt: true, at: [this.left - 10, y + 17], text: writer,
            anchor: "end", face: "label",
        });
        return items;
    }

    slotOf(target) {
        const inMain = this.chain.index.get(target);
        const index = inMain ?? this.detached?.index.get(target);
        const placed = inMain === undefined ? this.apart : this.placed;
        if (index === undefined) return null;
        const slot = placed.slots.find(
            (one) => (one.kind === "node" ? one.index === index : index >= one.from && index < one.from + one.count),
        );
        return slot ? { ...slot, top: placed === this.placed ? this.rows.chain : this.apartTop } : null;
    }

    anchorOf(target) {
        if (target === 0) return { key: "none", name: "None", x: this.placed.end, top: this.rows.chain + 10 };
        const slot = this.slotOf(target);
        if (!slot || slot.top !== this.rows.chain) return null;
        if (slot.kind === "hole") return {
            key: `hole${slot.from}`, name: nodeName(target), x: slot.x, top: slot.top + 10, hole: true,
        };
        const raise = slot.index === 0 ? STEM + OVAL.h - 6 : 0;
        return { key: `n${target}`, name: nodeName(target), x: slot.x, top: slot.top, raise };
    }

    /**
     * The oval below tail's node, and the bracket that reaches on to a node that was linked but not yet made the tail.
     */
    tailItems() {
        const slot = this.slotOf(this.tail);
        if (!slot) return [];
        const { node } = this.metrics;
        const rise = this.tailStem;
        const bottom = slot.top + (slot.kind === "node" ? node.h : 32);
        const x = slot.x + (slot.kind === "node" ? clearOfName(this.view, this.tail, STEM_X, node.w) : slot.w / 2);
        const y = bottom + rise;
        const stem = x - slot.x;
        const aim = (nodeX, nodeY) => straight(nodeX + stem, nodeY + node.h + rise, nodeX + stem, nodeY + node.h + 3);
        return [
            { ...this.ovalItem("tail", this.oval), at: [x - this.oval.w / 2, y], prompt: true },
            {
                key: "link:tail", type: "link", look: this.pointerLook(this.tail), at: straight(x, y, x, bottom + 3),
                swing: { key: `node:${this.tail}`, aim },
            },
            ...this.danglingItems(x, y), ...this.lagItems(slot, x, y, bottom), ...this.helpItems(slot, x, y),
        ];
    }

    danglingItems(x, y) {
        if (!isDangling(this.view, this.tail)) return [];
        return [{ ...this.besideTail("dangling:tail", ["dangling"], x, y), face: "alarm" }];
    }

    linkedAfterTail() {
        const node = this.view.state.nodes.get(this.tail);
        const next = node && !node.freed ? successor(this.view, node) : 0;
        return next === 0 ? null : { next, writer: this.view.state.cells.get(nextCell(this.view, node))?.writer ?? -1 };
    }

    lagItems(slot, x, y, bottom) {
        const linked = this.linkedAfterTail();
        const reached = linked ? this.slotOf(linked.next) : null;
        if (!reached) return [];
        const by = linked.writer >= 0 ? `linked by ${laneName(linked.writer)}, ` : "";
        const far = reached.x + reached.w * 0.9;
        const texts = [`${by}tail not advanced`, by.slice(0, -2) || "tail behind", "behind"];
        return [
            { key: "bracket:tail", type: "bracket", look: "lag", prompt: true, at: [x, far, bottom + 24] },
            { ...this.besideTail("tail:lag", texts, x, y), prompt: true },
        ];
    }

    /** Names the helper that has just pulled the tail on. */
    helpItems(slot, x, y) {
        const tail = this.view.names.root("tail");
        const last = this.view.state.last;
        if (!justWon(this.view, tail) || !isHelp(this.view, last) || this.linkedAfterTail()) return [];
        const linkedTo = this.view.state.nodes.get(last.before);
        const linker = linkedTo ? this.view.state.cells.get(nextCell(this.view, linkedTo))?.writer : -1;
        const text = `${linker === last.lane ? "advanced" : "helped on"} by ${laneName(last.lane)}`;
        const item = this.besideTail(`tail:help:${last.position}`, [text], x, y);
        const before = this.slotOf(last.before);
        const from = before ? [item.at[0] + before.x - slot.x, item.at[1]] : undefined;
        return [{ ...item, from, prompt: true, lane: last.lane, face: "by" }];
    }

    /** A text beside tail's oval, the first that fits, on the side where there is room. */
    besideTail(key, texts, x, y) {
        const right = this.metrics.width - this.metrics.margin - (x + this.oval.w / 2 + 10);
        const left = x - this.oval.w / 2 - 10 - this.metrics.margin;
        const text = texts.find((one) => textWidth(one, SIZE.text) <= Math.max(left, right)) ?? texts.at(-1);
        const toRight = textWidth(text, SIZE.text) <= right;
        const at = [toRight ? x + this.oval.w / 2 + 10 : x - this.oval.w / 2 - 10, y + 17];
        return { key, type: "text", at, text, anchor: toRight ? "start" : "end", face: "label" };
    }

    detachedItems() {
        if (!this.detached) return [];
        const { view, metrics, detached, apart } = this;
        const style = () => ({ look: "detached" });
        const items = chainItems(view, detached, apart, {
            top: this.apartTop, metrics, style, prefix: "detached", link: "next detached",
        });
        const total = view.lost?.number ?? 0;
        const all = total > detached.ids.length ? `, ${grouped(total)} in all` : "";
        const text = `detached: ${plural(detached.ids.length, "item")} lost${all}`;
        items.push({ key: "detached:label", type: "text", at: [this.left, this.apartTop - 10], text, face: "alarm" });
        return [...items, ...this.detachedChips()];
    }

    /** Who points at a detached node: chips beside its name, as flags have no room there. */
    detachedChips() {
        const { lanes, states } = indexHolds(this.holds);
        return this.apart.slots.flatMap((slot, index) => {
            if (slot.kind === "hole") return [];
            const start = slot.x + clearOfName(this.view, slot.id, STEM_X, slot.w) + 8;
            const end = this.apart.slots[index + 1]?.x ?? this.apart.end;
            return chipRow(
                slot.id, lanes.get(slot.id) ?? [], states,
                { x: start, y: this.apartTop + this.metrics.node.h + 3, end }, "is detached",
            );
        });
    }

    lostItems() {
        const all = losses(this.view);
        const atHead = all.filter(({ cell }) => cell === this.view.names.root("head"));
        const elsewhere = all.filter((loss) => !atHead.includes(loss));
        return [...this.lostColumn(atHead, this.rows.chain + 2), ...this.lostBelow(elsewhere)];
    }

    /** Lost on head: left of the dummy, below each other. */
    lostColumn(lost, top) {
        const most = 2;
        const shown = lost.length > most ? lost.slice(0, most - 1) : lost;
        const items = shown.map((loss, index) => lostItem(loss, {
            at: [this.metrics.margin, top + index * LOST_PITCH], from: [this.metrics.margin, top + 60],
            cell: [this.left + 16, this.rows.chain - STEM - OVAL.h / 2 - 7], lines: lostLines(loss),
        }));
        if (shown.length < lost.length) {
            const at = [this.metrics.margin, top + shown.length * LOST_PITCH + 12];
            items.push({
                key: "lost:head:more", type: "text", at, text: `+${lost.length - shown.length} lost`, face: "note",
            });
        }
        return items;
    }

    /** Lost on tail or on a node's next: at the left of the row of the private nodes, with the line that says where. */
    lostBelow(lost) {
        const top = this.rows.off;
        const most = Math.max(1, Math.floor((this.rows.foot - top) / LOST_PITCH));
        const shown = lost.length > most ? lost.slice(0, most - 1) : lost;
        const items = shown.map((loss, index) => {
            const place = this.places.get(loss.wanted);
            return lostItem(loss, {
                at: [this.metrics.margin, top + index * LOST_PITCH], from: place ? [place.x, place.y] : undefined,
                cell: this.edgeOf(loss.cell), lines: lostLines(loss),
            });
        });
        if (shown.length < lost.length) {
            const at = [this.metrics.margin, top + shown.length * LOST_PITCH + 12];
            items.push({
                key: "lost:more", type: "text", at, text: `+${lost.length - shown.length} lost`, face: "note",
            });
        }
        return items;
    }

    /** The edge of the thing that a cell belongs to, where a lost attempt rebounds. */
    edgeOf(cell) {
        const slot = this.slotOf(this.view.state.cells.get(cell)?.node || this.tail);
        if (!slot) return [this.left, this.rows.chain + this.metrics.node.h];
        return [slot.x + slot.w - this.metrics.node.next, slot.top + this.metrics.node.h + 4];
    }
}

/** The state in words. @param {import("./reading.js").View} view */
export function describeQueue(view) {
    const chain = walk(view, rootValue(view, "head"));
    const value = (id) => view.names.value(view.state.nodes.get(id).value);
    const named = chain.ids.slice(0, 8).map((id, index) => `${nodeName(id)} (${index === 0 ? "dummy" : value(id)})`);
    const more = chain.ids.length > named.length ? `${chain.ids.length - named.length} more` : "None";
    const tail = rootValue(view, "tail");
    const detached = detachedChain(view, chain);
    const lost = detached ? ` Detached: ${plural(detached.ids.length, "item")}.` : "";
    const said = `head → ${[...named, more].join(" → ")}; tail → ${tail === 0 ? "None" : nodeName(tail)}.`;
    return `${said}${lost}${describeHeap(view)}`;
}
