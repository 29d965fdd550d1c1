/**
 * The bounded ring: its slots in a row, each with its value and its stamp, head above and tail below the slots that
 * they have come to. A slot that was claimed and is not stamped yet is the claimer's, in its hue: whoever comes to it
 * waits. Behind a mutex there are no stamps.
 */

import { laneName } from "../layout.js";
import { NARROWEST, calloutHeight, layoutCallouts } from "./bands.js";
import { layoutFlags } from "./flags.js";
import { lostItem, lostLines, writerText } from "./foot.js";
import { SIZE } from "./metrics.js";
import { doorHeight, layoutDoor } from "./mutex.js";
import { losses } from "./reading.js";
import { claimText, heldPositions, readRing, ringSummary } from "./ring-reading.js";
import { straight } from "./routes.js";
import { fit, plural, textWidth, wrap } from "./text.js";

const OVAL = { w: 58, h: 26 };
const STEM = 14;
/** Height of the row of an oval, with its stem. */
const POINTER_ROW = OVAL.h + STEM;
/** Where an oval begins in its slot's column: right of the poles of flags. */
const OVAL_X = 14;
/** Room for the version beside the name in an oval. */
const POSITION = 14;
/** Heights and widths; `compact`: name and value alone, where an inset leaves no room for more. */
const SLOT = { stamped: 98, plain: 76, compact: 46, most: 150, least: 62 };
const GAP = { wide: 16, medium: 14, narrow: 10, tiny: 8 };
const LINE = 17;
const LOSS = { pitch: 104, h: 32 };
const SHARE = 0.34;
const NOTE_LINES = 3;

/**
 * @param {import("./reading.js").View} view
 * @param {import("./metrics.js").Metrics} metrics
 * @param {{ inset?: number }} [options]  height of what takes the place of everything below the tail
 * @returns {import("./stage.js").Item[]}
 */
export function layoutRing(view, metrics, { inset = 0 } = {}) {
    const picture = new RingPicture(view, metrics, inset);
    return inset > 0 ? picture.upper() : picture.whole();
}

class RingPicture {
    constructor(view, metrics, inset) {
        this.view = view;
        this.metrics = metrics;
        this.ring = readRing(view);
        this.losses = losses(view);
        this.placeRows(inset);
        this.placeSlots();
    }

    placeRows(inset) {
        const { view, metrics } = this;
        this.slotHeight = this.ring.slots.some(({ stamp }) => stamp !== null) ? SLOT.stamped : SLOT.plain;
        this.door = metrics.height - 8;
        this.foot = inset > 0 ? metrics.height - inset : this.door - doorHeight(view, metrics);
        const callouts = inset > 0 ? 0 : calloutHeight(view);
        const words = inset > 0 ? 0 : 2 * LINE + 8 + (this.losses.length > 0 ? LOSS.h + 10 : 0);
        const least = metrics.top + metrics.flag.pole + metrics.flag.h + POINTER_ROW;
        this.compact = inset > 0 && least + this.slotHeight + POINTER_ROW > this.foot;
        if (this.compact) this.slotHeight = SLOT.compact;
        const under = this.slotHeight + POINTER_ROW + words;
        this.top = Math.round(Math.max(least, Math.min(metrics.height * SHARE, this.foot - callouts - under)));
        this.wordsAt = this.top + this.slotHeight + POINTER_ROW + 20;
        this.lossTop = this.wordsAt + LINE + 10;
        this.shared = callouts > 0 && this.top + under > this.foot - callouts;
        this.low = this.shared && this.wordsAt + LINE + 4 > this.foot - callouts;
    }

    placeSlots() {
        const { width, margin, breadth } = this.metrics;
        const { slots, head } = this.ring;
        const gap = GAP[breadth];
        const room = width - 2 * margin + gap;
        const most = Math.max(1, Math.floor(room / (SLOT.least + gap)));
        const first = slots.length > most ? head % slots.length : 0;
        const shown = Array.from({ length: Math.min(most, slots.length) }, (_, at) => slots[(first + at) % slots.length]);
        this.pitch = Math.min(SLOT.most + gap, room / Math.max(1, shown.length));
        this.slotWidth = this.pitch - gap;
        this.left = Math.round((width - shown.length * this.pitch + gap) / 2);
        this.shown = shown.map((slot, at) => ({ ...slot, x: this.left + at * this.pitch }));
    }

    whole() {
        const { view, metrics } = this;
        const right = metrics.width - metrics.margin;
        const left = this.shared && !this.low ? right - NARROWEST : metrics.margin;
        const items = [...this.upper(), ...this.wordItems(), ...this.lostItems()];
        items.push(...layoutCallouts(view, { left, right, bottom: this.foot, low: this.low }));
        if (doorHeight(view, metrics) > 0) {
            items.push(...layoutDoor(view, { left: metrics.margin, right, bottom: this.door }));
        }
        return items;
    }

    upper() {
        const held = heldPositions(this.view, this.metrics.breadth === "tiny");
        return [
            ...this.shown.map((slot) => this.slotItem(slot)), ...this.pointerItems("head"), ...this.pointerItems("tail"),
            ...layoutFlags(this.view, held, (position) => this.anchorOf(position), this.metrics),
        ];
    }

    slotItem(slot) {
        const { index, status, stamp, claimer, position } = slot;
        const w = this.slotWidth;
        const room = w - 12;
        const small = (texts) => texts.find((text) => textWidth(text, SIZE.small, { mono: true }) <= room) ?? "";
        const name = `slot ${index}`;
        const lap = `lap ${Math.floor(position / this.ring.slots.length)}`;
        const note = claimText(slot);
        const isClaimed = note !== "";
        const words = isClaimed ? `${name}: ${note}` : "";
        return {
            key: `slot:${index}`, type: "slot", at: [slot.x, this.top], w, h: this.slotHeight,
            look: isClaimed ? "claimed" : status, lane: claimer >= 0 ? claimer : undefined,
            name, lap: small([`${name}  ${lap}`]) ? lap : "",
            value: isClaimed && this.compact ? "" : this.valueText(slot, room), notes: this.notesOf(slot, note, room),
            stamp: stamp === null || this.compact ? null : small([`stamp ${stamp}`, String(stamp)]),
            button: claimer >= 0 ? { lane: claimer, label: `${words}. Choose ${laneName(claimer)}` } : undefined,
        };
    }

    notesOf({ claimer }, note, room) {
        if (note === "") return [];
        if (this.compact) return [claimer < 0 ? "claimed" : `by ${laneName(claimer)}`];
        return wrap(note, room, SIZE.small, NOTE_LINES);
    }

    valueText({ status, value }, room) {
        if (status === "free") return "free";
        if (value === 0 && status !== "filled") return "";
        return fit(this.view.names.value(value), room, SIZE.value, { mono: true });
    }

    slotAt(position) {
        return this.shown.find(({ index }) => index === position % this.ring.slots.length) ?? null;
    }

    anchorOf(position) {
        const slot = this.slotAt(position);
        if (!slot) return null;
        const name = `slot ${slot.index}`;
        return { key: name, name, label: name, x: slot.x, top: this.top, raise: POINTER_ROW };
    }

    /** The oval of head above its slot, of tail below; the position stands in it, where there is room. */
    pointerItems(name) {
        const position = this.ring[name];
        const slot = this.slotAt(position);
        if (!slot) return [];
        const tagged = OVAL.w + POSITION + 7 * String(position).length;
        const hasTag = tagged <= this.pitch - OVAL_X - 10;
        const size = { w: hasTag ? tagged : OVAL.w, h: OVAL.h };
        const isHead = name === "head";
        const bottom = this.top + this.slotHeight;
        const x = slot.x + OVAL_X;
        const y = isHead ? this.top - POINTER_ROW : bottom + STEM;
        const stem = x + OVAL.w / 2;
        const line = isHead ? straight(stem, y + OVAL.h, stem, this.top - 3) : straight(stem, y, stem, bottom + 3);
        return [
            {
                key: `cell:${name}`, type: "cell", look: "small", ...size, name, at: [x, y],
                tag: hasTag ? String(position) : undefined,
            },
            { key: `link:${name}`, type: "link", look: "pointer", at: line },
        ];
    }

    wordItems() {
        const { text, isEdge } = ringSummary(this.ring);
        const items = [{
            key: "ring:summary", type: "text", at: [this.left, this.wordsAt], text, face: isEdge ? "strong" : "label",
        }];
        const hidden = this.ring.slots.length - this.shown.length;
        const writers = ["head", "tail"].map((name) => [name, writerText(this.view, this.view.names.root(name))]);
        const said = writers.filter(([, writer]) => writer).map(([name, writer]) => `${name} ${writer}`);
        if (hidden > 0) said.unshift(`${plural(hidden, "more slot")}`);
        if (said.length > 0 && !this.low && this.wordsAt + LINE + 8 <= this.foot) items.push({
            key: "ring:writers", type: "text", at: [this.left, this.wordsAt + LINE], text: said.join(", "), face: "note",
        });
        return items;
    }

    /** Lost attempts in a row below the words; what does not fit is counted. */
    lostItems() {
        const { margin, width } = this.metrics;
        const room = width - margin - this.left - (this.shared ? NARROWEST + 12 : 0);
        const most = Math.max(1, Math.floor(room / LOSS.pitch));
        const shown = this.losses.length > most ? this.losses.slice(0, Math.max(1, most - 1)) : this.losses;
        return shown.map((loss, index) => {
            const name = loss.cell === this.view.names.root("head") ? "head" : "tail";
            const slot = this.slotAt(this.ring[name]);
            const y = name === "head" ? this.top - POINTER_ROW : this.top + this.slotHeight + POINTER_ROW;
            const x = this.left + index * LOSS.pitch;
            const lines = lostLines(loss);
            const more = index === shown.length - 1 ? this.losses.length - shown.length : 0;
            if (more > 0) lines[1] = `and ${more} more`;
            return lostItem(loss, {
                at: [x, this.lossTop], from: [x, this.lossTop + 30], cell: [(slot?.x ?? x) + OVAL_X, y], lines,
            });
        });
    }
}

/** The state in words. @param {import("./reading.js").View} view */
export function describeRing(view) {
    const ring = readRing(view);
    const slots = ring.slots.map((slot) => {
        const said = claimText(slot) || (slot.status === "free" ? "free" : view.names.value(slot.value));
        return `slot ${slot.index} ${said}${slot.stamp === null ? "" : `, stamp ${slot.stamp}`}`;
    });
    return `${ringSummary(ring).text}; ${slots.join("; ")}.`;
}
