/**
 * Any structure, laid out from its cells alone: root cells at the left, nodes in layers by their distance from them,
 * private and removed nodes below. The picture of whatever has no scene of its own.
 */

import { nodeName } from "../layout.js";
import { calloutHeight } from "./bands.js";
import { chipWidth } from "./beside.js";
import { cardItems } from "./cards.js";
import { chipRowOf } from "./chips.js";
import { footItems, indexHolds, lostItem, lostLines, swingsByCas, writerText } from "./foot.js";
import { pointersOf, readGraph, textsOf } from "./graph-reading.js";
import { ROOT, rootText, rootWidth } from "./graph-roots.js";
import { VALUE_SIZE, sizesFor } from "./graph-sizes.js";
import { placeBeside, placeLayers } from "./grid.js";
import { besideLabel, fateWords, isDangling, labelOf } from "./heap.js";
import { SIZE } from "./metrics.js";
import { doorHeight } from "./mutex.js";
import { holds, losses } from "./reading.js";
import { elbow, sidewaysThroughChannel } from "./routes.js";
import { fit, plural, textWidth } from "./text.js";

const BOTTOM = 8;
/** Room above the first row, for links. */
const TOP = 14;
/** Height of the strip for the marks of lost attempts, and the width of the count of those that do not fit. */
const STRIP = 20;
const MORE_LOST = 60;
/** How far into the gap after a node its name and its chips may reach; beyond it links turn. */
const REACH = 0.25;
const LEAST_NAME = 20;
const TURNS = { near: 0.5, far: 0.72, step: 0.07 };

/**
 * @param {import("./reading.js").View} view
 * @param {import("./metrics.js").Metrics} metrics
 * @param {{ inset?: number }} [options]  height of what takes the place of the lower part
 * @returns {import("./stage.js").Item[]}
 */
export function layoutGraph(view, metrics, { inset = 0 } = {}) {
    return new GraphPicture(view, metrics, inset).items();
}

export class GraphPicture {
    constructor(view, metrics, inset) {
        this.view = view;
        this.metrics = metrics;
        this.inset = inset;
        this.holds = holds(view);
        this.held = indexHolds(this.holds);
        this.graph = this.read();
        this.losses = inset > 0 ? [] : losses(view);
        const door = metrics.height - BOTTOM;
        const foot = door - doorHeight(view, metrics);
        this.rows = { foot, door, shared: false, low: false };
        this.bottom = (inset > 0 ? metrics.height - inset : foot - calloutHeight(view)) - STRIP;
        this.top = metrics.top + TOP;
        this.tracks = new Map();
    }

    /** What is drawn, from the state. */
    read() {
        return readGraph(this.view, this.held.lanes);
    }

    /** What stands below the structure. */
    beside() {
        return this.graph.outside.map(({ node, lane }) => ({ id: node.id, lane }));
    }

    /** How wide the ovals at the left are. */
    leftWidth() {
        return rootWidth(this.view, this.graph.roots, this.metrics);
    }

    /** The private pointers that stand on a node. */
    holdsAt(id) {
        return this.holds.filter(({ target }) => target === id);
    }

    /** In how many rows. */
    besideRows(count, cols) {
        return Math.ceil(count / cols);
    }

    /** In how many rows at most. */
    most(rows) {
        return Math.max(1, Math.floor(rows / 3));
    }

    items() {
        const foot = this.inset > 0 ? [] : footItems(this.view, this.metrics, this.rows, this.metrics.margin);
        if (this.view.state.nodes.size === 0) return [...cardItems(this.view, this.metrics, this), ...foot];
        this.rootWidth = this.leftWidth();
        this.left = this.metrics.margin + this.rootWidth + ROOT.gap;
        this.chooseSize();
        return [...this.rootItems(), ...this.nodeItems(), ...this.lostItems(), ...this.missingItems(), ...foot];
    }

    // Where things stand

    /** The lines in a node, as far as there is room. */
    linesOf(node, room) {
        const { font, lines: most = 1 } = this.size;
        const texts = textsOf(this.view, node);
        if (most === 1 || texts.length === 1) {
            return [fit(texts.join(" · "), room, VALUE_SIZE[font], { mono: true })];
        }
        return texts.slice(0, most).map((text) => fit(text, room, SIZE.text, { mono: true }));
    }

    chooseSize() {
        const texts = [...this.view.state.nodes.values()].map((node) => textsOf(this.view, node));
        for (const size of sizesFor(texts)) {
            this.take(size);
            if (this.missing === 0) return;
        }
    }

    take(size) {
        const { width, margin } = this.metrics;
        const pitch = { x: size.w + size.gap, y: size.h + size.below + size.channel };
        const cols = Math.max(1, Math.floor((width - margin - this.left + size.gap * 0.75) / pitch.x));
        const rows = Math.max(1, Math.floor((this.bottom - this.top + size.channel) / pitch.y));
        const { layers, parents } = this.graph;
        const entries = this.beside();
        const offRows = Math.min(this.besideRows(entries.length, cols), this.most(rows), rows - 1);
        const main = placeLayers(layers, parents, { cols, rows: rows - offRows, closely: size.closely });
        const shift = main.rows + this.most(rows) < rows ? this.topRow() : 0;
        this.size = size;
        this.pitch = { x: pitch.x, y: Math.min((this.bottom - this.top + size.channel) / rows, pitch.y * 1.25) };
        const off = placeBeside(entries, {
            cols, rows: offRows, top: rows - offRows, lanes: this.view.state.lanes.length,
        });
        this.places = new Map();
        for (const [id, { col, row }] of main.places) this.places.set(id, this.at(col, row + shift));
        for (const [id, { col, row }] of off) this.places.set(id, this.at(col, row));
        this.rowCount = rows;
        this.missing = main.missing + entries.length - off.size;
    }

    at(col, row) {
        return { col, row, x: this.left + col * this.pitch.x, y: Math.round(this.top + row * this.pitch.y) };
    }

    // Root cells

    /** The row that a structure begins in which leaves room for that. */
    topRow() {
        return 1;
    }

    rootItems() {
        const rows = this.rootRows();
        return this.graph.roots.flatMap((root) => {
            const row = rows.get(root.id);
            return row === undefined ? [] : this.rootItem(root, this.at(0, row).y);
        });
    }

    /** Each root cell in the row of what it points at, or the next one that is free. */
    rootRows() {
        const taken = new Map();
        const most = this.rowCount;
        const free = (from) => {
            for (let row = from; row < most; row += 1) if (![...taken.values()].includes(row)) return row;
            return from > 0 ? free(0) : undefined;
        };
        let after = 0;
        const { roots } = this.graph;
        const pointing = roots.filter(({ target }) => target !== 0);
        for (const { id, target } of [...pointing, ...roots.filter((root) => !pointing.includes(root))]) {
            const place = this.places.get(target);
            const row = free(place && place.col === 0 ? place.row : after);
            if (row !== undefined) taken.set(id, row);
            after = (row ?? 0) + 1;
        }
        return taken;
    }

    rootItem(root, y) {
        const { margin } = this.metrics;
        const { name, target, cell } = root;
        const h = Math.min(ROOT.h, this.size.h);
        const middle = y + this.size.h / 2;
        const start = margin + this.rootWidth;
        const items = [{
            key: `cell:${root.id}`, type: "cell", look: "small", at: [margin, middle - h / 2], w: this.rootWidth, h,
            name: fit(name, this.rootWidth - 20, 13, { mono: true }),
            tag: rootText(this.view, root) ?? this.absentTarget(root),
        }];
        if (target !== 0 && this.places.has(target)) items.push({
            key: `link:${root.id}`, type: "link",
            look: isDangling(this.view, target) ? "pointer dangling" : "pointer",
            at: this.route(start, middle, start, target, { gap: ROOT.gap, col: -1, field: 0 }),
            swing: { key: `node:${target}`, aim: (x, nodeY) => this.aim(start, middle, ROOT.gap, x, nodeY) },
        });
        return [...items, ...this.writerItems(root, cell, start, middle, y)];
    }

    /** The name of what a root cell points at where that has no place, and its name has one. */
    absentTarget({ name, target }) {
        if (this.places.has(target)) return undefined;
        const text = nodeName(target);
        const width = textWidth(name, 13, { mono: true }) + textWidth(text, SIZE.small, { mono: true });
        return width + 28 <= this.rootWidth ? text : undefined;
    }

    writerItems({ id, target }, { sequence }, start, middle, y) {
        const writer = writerText(this.view, id);
        if (writer === null) return [];
        const items = [];
        if (swingsByCas(this.view) && target !== 0) items.push({
            key: `won:${id}:${sequence}`, type: "mark", kind: "won", prompt: true, size: 14, w: 14, h: 14,
            at: [start + 4, middle - 7], look: "won",
        });
        if (this.size.below >= 19) items.push({
            key: `writer:${id}:${sequence}`, type: "text", prompt: true, face: "label", text: writer,
            at: [this.metrics.margin + 4, y + this.size.h + 14],
        });
        return items;
    }

    aim(x1, y1, gap, x, y) {
        return elbow(x1, y1, x1 + gap / 2, x - 3, y + this.size.h / 2);
    }

    // Nodes

    nodeItems() {
        const outside = new Map(this.graph.outside.map((entry) => [entry.node.id, entry]));
        return [...this.places].flatMap(([id, place]) => {
            const node = this.view.state.nodes.get(id);
            const entry = outside.get(id) ?? null;
            return [
                this.nodeItem(node, entry, place), ...this.belowItems(node, entry, place),
                ...this.linkItems(node, entry, place),
            ];
        });
    }

    lookOf(node, entry) {
        if (entry?.isPrivate) return "private";
        if (node.freed) return entry ? "freed" : "freed reached";
        if (entry) return node.retired >= 0 ? "retired" : "removed";
        return "";
    }

    nodeItem(node, entry, { x, y }) {
        const { w, h, field, font } = this.size;
        const fields = pointersOf(this.view, node);
        const column = fields.length > 0 ? field : 0;
        return {
            key: `node:${node.id}`, type: "record", at: [x, y], w, h, column, font, hatched: node.freed,
            lines: this.linesOf(node, w - column - 6),
            dots: fields.map(({ target }) => target !== 0), lane: entry?.isPrivate ? entry.lane : undefined,
            look: `${font} ${this.lookOf(node, entry)}`,
        };
    }

    /** A node's name, and the chips of the threads that hold it. */
    belowItems(node, entry, { x, y }) {
        const { w, h, gap, apart } = this.size;
        const end = x + w + gap * REACH;
        const lanes = entry?.isPrivate ? [entry.lane] : [...new Set(this.holdsAt(node.id).map(({ lane }) => lane))];
        const beside = textWidth(nodeName(node.id), SIZE.small, { mono: true }) + 6;
        const least = chipWidth(lanes[0] ?? 0) + (lanes.length > 1 ? 28 : 0);
        const chips = this.chips(node, entry, lanes, apart ? end - x : Math.max(end - x - beside, least));
        const across = chips.reduce((sum, chip) => sum + chip.w + 3, 0);
        const room = end - x - 2 - (apart ? 0 : across);
        const fits = room >= LEAST_NAME;
        const name = !fits ? "" : entry && !entry.isPrivate ? besideLabel(node, room) : labelOf(node, room);
        const items = [{
            key: `name:${node.id}`, type: "text", at: [x + 2, y + h + 14], text: name,
            face: node.freed && !entry ? "id reached" : "id",
        }];
        let left = apart ? x : x + 2 + textWidth(name, SIZE.small, { mono: true }) + (name ? 4 : 0);
        for (const chip of chips) {
            items.push({ ...chip, at: [left, y + h + (apart ? 19 : 1)] });
            left += chip.w + 3;
        }
        return items;
    }

    /** The chips of the threads that hold a node. */
    chips(node, entry, lanes, room) {
        const states = this.held.states.get(node.id);
        const holders = lanes.map((lane) => {
            const state = states?.get(lane) ?? "fresh";
            const name = this.holdsAt(node.id).filter((hold) => hold.lane === lane).map((hold) => hold.name).join(", ");
            const label = entry?.isPrivate ? `owns ${nodeName(node.id)}, not published` : this.holdLabel(
                node, entry, name, state,
            );
            return { lane, state, name, label };
        });
        return chipRowOf(`holder:${node.id}`, holders, room);
    }

    holdLabel(node, entry, names, state) {
        const fate = entry ? `, which was ${fateWords(node)[0]}` : "";
        const word = state === "fresh" ? "" : state === "aba" ? "; it changed and changed back (ABA)"
            : "; its pointer is stale";
        return `${names} points at ${nodeName(node.id)}${fate}${word}`;
    }

    linkItems(node, entry, place) {
        const fields = pointersOf(this.view, node);
        const { w, h, field, gap } = this.size;
        return fields.flatMap(({ cell, target }, index) => {
            if (target === 0 || !this.places.has(target) || this.leadsNowhere(node)) return [];
            const [x1, y1] = [place.x + w - field / 2, place.y + (h * (index + 1)) / (fields.length + 1)];
            const end = place.x + w;
            return [{
                key: `cell:${cell}`, type: "link", look: `next ${this.linkLook(entry, target, node)}`,
                lane: entry?.isPrivate ? entry.lane : undefined,
                at: this.route(x1, y1, end, target, { gap, col: place.col, row: place.row, field: index }),
                swing: { key: `node:${target}`, aim: (x, y) => this.aim(x1, y1, end - x1 + gap, x, y) },
            }];
        });
    }

    leadsNowhere() {
        return false;
    }

    linkLook(entry, target) {
        if (entry) return entry.isPrivate ? "private" : "removed";
        return isDangling(this.view, target) ? "dangling" : "";
    }

    /** To a neighbour through the gap between the two; to anything else above the row in which it stands. */
    route(x1, y1, end, target, { gap, col, field }) {
        const place = this.places.get(target);
        const { w, h } = this.size;
        if (place.col === col + 1) {
            const turn = end + gap * (TURNS.near + TURNS.step * field);
            return elbow(x1, y1, turn, place.x - 3, place.y + h / 2);
        }
        const used = this.tracks.get(target) ?? 0;
        this.tracks.set(target, used + 1);
        const channel = place.y - 5 - (used % 3) * 2.5;
        const enter = place.x + w * 0.5 + ((used % 5) - 2) * 7;
        const turn = end + gap * (TURNS.far + TURNS.step * field);
        return sidewaysThroughChannel(x1, y1, turn, channel, enter, place.y - 3);
    }

    // What was lost, and what has no room

    /** What was lost, side by side in the strip at the bottom. */
    lostItems() {
        const { margin, width } = this.metrics;
        const items = [];
        let left = margin;
        for (const [index, loss] of this.losses.entries()) {
            const place = this.places.get(loss.wanted);
            const mark = lostItem(loss, {
                at: [left, this.bottom + 3], from: place ? [place.x, place.y] : undefined, cell: this.edgeOf(loss.cell),
                lines: [lostLines(loss).join(loss.help ? " " : ", ")],
            });
            const rest = index < this.losses.length - 1 ? MORE_LOST : 0;
            if (left + mark.w + rest > width - margin) {
                const text = `+${this.losses.length - index} lost`;
                return [...items, { key: "lost:more", type: "text", at: [left, this.bottom + 15], face: "note", text }];
            }
            items.push(mark);
            left += mark.w + 16;
        }
        return items;
    }

    /** Where a lost attempt on a cell rebounds. */
    edgeOf(cell) {
        const place = this.places.get(this.view.state.cells.get(cell)?.node);
        if (place) return [place.x + this.size.w - this.size.field, place.y + this.size.h + 4];
        const row = this.rootRows().get(cell) ?? 0;
        return [this.metrics.margin + this.rootWidth / 2, this.at(0, row).y + this.size.h];
    }

    missingItems() {
        const roots = this.graph.roots.length - this.rootRows().size;
        const parts = [
            this.missing > 0 ? plural(this.missing, "node") : "", roots > 0 ? plural(roots, "root cell") : "",
        ].filter(Boolean);
        if (parts.length === 0) return [];
        const text = `${parts.join(" and ")} not drawn: no room`;
        return [{
            key: "missing", type: "text", at: [this.metrics.width - this.metrics.margin, 14], anchor: "end", text,
            face: "hole",
        }];
    }
}
