/**
 * The stack: an oval "head", the nodes from it to the right, None at the end; private and removed nodes below.
 */

import { nodeName } from "../layout.js";
import { layoutBeside } from "./beside.js";
import { END_WIDTH, chainItems, clearOfName, outsiders, placeChain } from "./chain.js";
import { layoutFlags } from "./flags.js";
import { describeHeap, isDangling } from "./heap.js";
import {
    besideEnd, flaggedNodes, footItems, indexHolds, lostItem, lostLines, rootTag, rows, swingsByCas, track, writerText,
} from "./foot.js";
import { holds, losses, rootValue, successor, walk } from "./reading.js";
import { sidewaysThroughChannel, straight, throughChannel } from "./routes.js";

const LOST_PITCH = 38;
const ENTRY = 0.62;
const ENTRY_STEP = 8;

/**
 * @param {import("./reading.js").View} view
 * @param {import("./metrics.js").Metrics} metrics
 * @param {{ inset?: number }} [options]  height of what takes the place of everything below the chain
 * @returns {import("./stage.js").Item[]}
 */
export function layoutStack(view, metrics, { inset = 0 } = {}) {
    const picture = new StackPicture(view, metrics, inset);
    return inset > 0 ? picture.upper() : picture.whole();
}

class StackPicture {
    constructor(view, metrics, inset) {
        this.view = view;
        this.metrics = metrics;
        this.rows = rows(view, metrics, { inset });
        this.left = metrics.margin + metrics.head.w + metrics.head.gap;
        this.holds = holds(view);
        this.chain = walk(view, rootValue(view, "head"));
        const right = metrics.width - metrics.margin - END_WIDTH;
        const room = {
            left: this.left, right, node: metrics.node, gap: metrics.gap, brief: metrics.breadth === "tiny",
        };
        this.placed = placeChain(this.chain, flaggedNodes(view, this.holds), room);
        this.tracks = 0;
        this.entries = new Map();
    }

    whole() {
        this.losses = losses(this.view);
        this.latest = this.losses.reduce((one, other) => (one && one.position > other.position ? one : other), null);
        const { items, places } = this.layoutOutsiders();
        this.places = places;
        return [
            ...this.upper(), ...items, ...this.outsideLinks(), ...this.lostItems(),
            ...footItems(this.view, this.metrics, this.rows, this.left),
        ];
    }

    upper() {
        const { view, metrics, chain, placed } = this;
        const style = ({ index, id }) => (
            isDangling(view, id) ? { look: "freed reached" } : { look: index === 0 ? "first" : "" });
        const nodes = chainItems(view, chain, placed, { top: this.rows.chain, metrics, style, prefix: "stack" });
        return [
            ...this.headItems(), ...nodes, ...layoutFlags(view, this.holds, (target) => this.anchorOf(target), metrics),
        ];
    }

    headItems() {
        const { margin, head } = this.metrics;
        const { chain: top } = this.rows;
        const middle = top + head.h / 2;
        const start = margin + head.w;
        const first = this.chain.ids[0] ?? 0;
        const items = [
            {
                key: "cell:head", type: "cell", at: [margin, top], w: head.w, h: head.h, name: "head",
                tag: rootTag(this.view, "head"),
            },
            {
                key: "link:head", type: "link", look: isDangling(this.view, first) ? "pointer dangling" : "pointer",
                at: straight(start, middle, this.left - 3, middle),
                swing: { key: `node:${first}`, aim: (x, y) => this.aim(start, middle, x, y) },
            },
        ];
        const centre = start + head.gap / 2 - 6;
        if (isDangling(this.view, first)) items.push({
            key: "dangling:head", type: "text", at: [centre, middle - 14], text: "dangling", anchor: "middle",
            face: "alarm",
        });
        const writer = writerText(this.view, this.view.names.root("head"));
        if (writer === null) return items;
        const { sequence } = this.view.state.cells.get(this.view.names.root("head"));
        const won = { key: `won:${sequence}`, type: "mark", kind: "won", prompt: true };
        if (swingsByCas(this.view)) items.push({
            ...won, size: 18, w: 18, h: 18, at: [centre - 9, middle - 9], look: "won",
        });
        items.push({
            key: `writer:head:${sequence}`, type: "text", prompt: true,
            at: [centre + 4, middle + (this.metrics.breadth === "tiny" ? 36 : 28)], text: writer, anchor: "middle",
            face: "label",
        });
        return items;
    }

    /** The head's pointer to a node wherever it stands. */
    aim(x1, y1, x, y) {
        const { node } = this.metrics;
        if (Math.abs(y - this.rows.chain) > 1) return sidewaysThroughChannel(
            x1, y1, x1 + 24, this.rows.channel + 8, x + node.w * 0.25, y - 3,
        );
        if (x <= this.left + 1) return straight(x1, y1, x - 3, y1);
        return sidewaysThroughChannel(
            x1, y1, x1 + 24, this.rows.channel + 8, x + node.w * ENTRY, this.rows.chain + node.h + 3,
        );
    }

    slotOf(target) {
        const index = this.chain.index.get(target);
        return this.placed.slots.find((slot) => (slot.kind === "node" ? slot.id === target
            : index !== undefined && index >= slot.from && index < slot.from + slot.count));
    }

    anchorOf(target) {
        const top = this.rows.chain;
        if (target === 0) return { key: "none", name: "None", x: this.placed.end, top: top + 10 };
        const slot = this.slotOf(target);
        if (!slot) return null;
        if (slot.kind === "node") return { key: `n${target}`, name: nodeName(target), x: slot.x, top };
        return { key: `hole${slot.from}`, name: nodeName(target), x: slot.x, top: top + 10, hole: true };
    }

    layoutOutsiders() {
        const { lanes, states } = indexHolds(this.holds);
        const entries = outsiders(this.view, this.chain.index, lanes);
        const room = {
            left: this.left, right: besideEnd(this.metrics, this.rows), top: this.rows.off, bottom: this.rows.foot,
        };
        return layoutBeside(this.view, entries, states, room, this.metrics);
    }

    /** Where a link from below enters a chain node: right of the node's name. */
    entryOf(slot, from) {
        const isAbove = slot.kind === "node" && from >= slot.x + clearOfName(this.view, slot.id, 0, slot.w);
        if (isAbove && from <= slot.x + slot.w - 6) return from;
        const used = this.entries.get(slot) ?? 0;
        this.entries.set(slot, used + 1);
        const first = slot.kind === "node" ? clearOfName(this.view, slot.id, ENTRY, slot.w) : slot.w / 2;
        return slot.x + Math.min(first + used * ENTRY_STEP, slot.w - 6);
    }

    /** From a height below the chain to a node, in the chain or below it; null where the node is not drawn. */
    routeTo(target, x1, y1, out = null) {
        const channel = track(this.rows.channel, this.tracks);
        const slot = this.slotOf(target);
        const place = this.places.get(target);
        if (!slot && !place) return null;
        this.tracks += 1;
        const x2 = slot ? this.entryOf(slot, x1) : place.x + this.metrics.node.w * 0.25;
        const y2 = slot ? this.rows.chain + (slot.kind === "node" ? this.metrics.node.h + 3 : 34) : place.y - 3;
        return out === null ? throughChannel(x1, y1, channel, x2, y2) : sidewaysThroughChannel(
            x1, y1, out, channel, x2, y2,
        );
    }

    outsideLinks() {
        const { w, h, next } = this.metrics.node;
        const items = [];
        for (const [id, { x, y }] of this.places) {
            const node = this.view.state.nodes.get(id);
            const target = successor(this.view, node);
            const at = target === 0 ? null : this.routeTo(target, x + w - next / 2, y + h / 2);
            if (!at) continue;
            const isPrivate = !node.published && node.owner >= 0 && !node.freed;
            items.push({
                key: `next:${id}`, type: "link", look: isPrivate ? "next private" : "next removed", at,
                lane: isPrivate ? node.owner : undefined,
            });
        }
        return items;
    }

    lostItems() {
        const { margin, head, node } = this.metrics;
        const first = this.rows.chain + node.h + 24;
        const most = Math.max(1, Math.floor((this.rows.foot - first + 8) / LOST_PITCH));
        const shown = this.losses.length > most ? this.losses.slice(0, most - 1) : this.losses;
        const items = shown.flatMap(
            (loss, index) => this.lostPair(loss, margin + 8, first + index * LOST_PITCH, margin + head.w / 2),
        );
        if (shown.length < this.losses.length) {
            const text = `+${this.losses.length - shown.length} lost`;
            items.push({
                key: "lost:more", type: "text", at: [margin + 8, first + shown.length * LOST_PITCH + 12], text,
                face: "note",
            });
        }
        return items;
    }

    /** The mark of a lost attempt; of the latest one also the dotted line to what it wanted the head to point at. */
    lostPair(loss, x, y, edge) {
        const place = this.places.get(loss.wanted);
        const from = place ? [place.x, place.y] : [edge, y + 40];
        const mark = lostItem(loss, {
            at: [x, y], from, cell: [edge - 7, this.rows.chain + this.metrics.node.h + 4], lines: lostLines(loss),
        });
        const at = loss === this.latest ? this.routeTo(loss.wanted, x + mark.w + 8, y + 7, this.left - 16) : null;
        if (!at) return [mark];
        return [mark, { key: `attempt:${loss.key}`, type: "link", look: "attempt", lane: loss.lane, at }];
    }
}

/** The state in words. @param {import("./reading.js").View} view */
export function describeStack(view) {
    const chain = walk(view, rootValue(view, "head"));
    const named = chain.ids.slice(0, 8).map(
        (id) => `${nodeName(id)} (${view.names.value(view.state.nodes.get(id).value)})`,
    );
    const more = chain.ids.length > named.length ? `${chain.ids.length - named.length} more` : "None";
    return `head → ${[...named, more].join(" → ")}.${describeHeap(view)}`;
}
