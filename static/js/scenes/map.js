/**
 * The map: a card for each version, the tree that it is, and what versions share drawn once. A copy that is not
 * published is dashed in its thread's hue; one that lost its CAS falls into a tray.
 */

import { laneName, nodeName } from "../layout.js";
import { chipRowOf } from "./chips.js";
import { GraphPicture } from "./graph.js";
import { readVersions, readersOf } from "./map-reading.js";
import { SIZE } from "./metrics.js";
import { elbow } from "./routes.js";
import { fit, plural, textWidth, wrap } from "./text.js";

/** Room without which nothing is said beside the waste. */
const LEAST_TEXT = 90;
const LEFT = { wide: 116, tiny: 84 };
const TRAY = { pad: 8, title: 20 };

/**
 * @param {import("./reading.js").View} view
 * @param {import("./metrics.js").Metrics} metrics
 * @param {{ inset?: number }} [options]  height of what takes the place of the lower part
 * @returns {import("./stage.js").Item[]}
 */
export function layoutMap(view, metrics, { inset = 0 } = {}) {
    return new MapPicture(view, metrics, inset).items();
}

class MapPicture extends GraphPicture {
    read() {
        const versions = readVersions(this.view);
        const outside = [];
        const { inside, layers, wasted } = versions;
        for (const id of [...layers.flat(), ...wasted.flatMap(({ ids }) => ids)]) {
            if (inside.has(id)) continue;
            const node = this.view.state.nodes.get(id);
            const isPrivate = !node.published && node.owner >= 0 && !node.freed;
            outside.push({ node, lane: isPrivate ? node.owner : -1, isPrivate });
        }
        return { ...versions, outside };
    }

    /** What is beside the tree is in the tray: one row of it. */
    beside() {
        return this.graph.wasted.flatMap(({ lane, ids }) => ids.map((id) => ({ id, lane: -1, of: lane })));
    }

    besideRows() {
        return this.graph.wasted.length > 0 ? 1 : 0;
    }

    most() {
        return 1;
    }

    topRow() {
        return 0;
    }

    leftWidth() {
        return Math.max(super.leftWidth(), this.metrics.breadth === "tiny" ? LEFT.tiny : LEFT.wide);
    }

    /** Whoever holds a whole version is named at its card. */
    holdsAt(id) {
        const held = super.holdsAt(id);
        const version = this.graph.versions.find(({ top, kind }) => top === id && kind !== "copy");
        if (!version || (version.kind === "current" && !this.size.apart)) return held;
        const told = readersOf(this.view, this.graph, id);
        return held.filter(({ lane, name }) => !told.some((one) => one.lane === lane && one.names.includes(name)));
    }

    rootItems() {
        const items = super.rootItems();
        const rows = this.rootRows();
        const taken = new Set(rows.values());
        const told = new Set();
        for (const version of this.graph.versions) {
            const place = this.places.get(version.top);
            const isTold = version.kind === "copy" && told.has(version.lane);
            if (version.kind === "current" || !place || place.col !== 0 || isTold || taken.has(place.row)) continue;
            taken.add(place.row);
            told.add(version.lane);
            items.push(...this.cardItems(version, place));
        }
        return [...items, ...this.currentReaders(rows), ...this.trayItems()];
    }

    /** The card of an old version, or of a copy that is to become one. */
    cardItems(version, { y }) {
        const { margin } = this.metrics;
        const { h } = this.size;
        const isCopy = version.kind === "copy";
        const copies = this.graph.versions.filter(({ kind, lane }) => kind === "copy" && lane === version.lane);
        const count = copies.reduce((sum, { own }) => sum + own.length, 0);
        const texts = isCopy ? [`copy: ${plural(count, "node")}`, plural(count, "node")] : this.oldTitles(version);
        const room = this.rootWidth - 16;
        const text = texts.find((one) => textWidth(one, SIZE.text) <= room) ?? fit(texts.at(-1), room, SIZE.text);
        const lines = [{ look: "line-1", x: 8, y: h / 2 + 4, text }];
        const look = `version ${isCopy ? "private" : "old"}`;
        const middle = y + h / 2;
        const start = margin + this.rootWidth;
        const lane = isCopy ? version.lane : undefined;
        const readers = readersOf(this.view, this.graph, version.top);
        return [
            { key: `version:${version.top}`, type: "panel", look, at: [margin, y], w: this.rootWidth, h, lines, lane },
            {
                key: `version:${version.top}:link`, type: "link", look: isCopy ? "next private" : "next removed", lane,
                at: elbow(start, middle, start + 20, this.left - 3, middle),
            },
            ...(isCopy ? [] : this.readerItems(version.top, readers, y)),
        ];
    }

    /** What was a version, and what was only a node of one. */
    oldTitles({ top }) {
        return readersOf(this.view, this.graph, top).length > 0 ? ["old version", "old"] : ["replaced"];
    }

    /** Who holds the current version, beside what is said of its root cell. */
    currentReaders(rows) {
        if (!this.size.apart) return [];
        return this.graph.roots.flatMap(({ id, target }) => {
            const row = rows.get(id);
            if (target === 0 || row === undefined) return [];
            return this.readerItems(target, readersOf(this.view, this.graph, target), this.at(0, row).y + 18);
        });
    }

    /** The chips of those who hold a version. */
    readerItems(top, readers, y) {
        const { margin } = this.metrics;
        const holders = readers.map(({ lane, names }) => ({
            lane, name: names.join(", "), state: this.held.states.get(top)?.get(lane) ?? "fresh",
            label: `${names.join(", ")} is the version at ${nodeName(top)}`,
        }));
        let left = margin;
        return chipRowOf(`reader:${top}`, holders, this.rootWidth + 14).map((chip) => {
            const at = [left, y + this.size.h + 2];
            left += chip.w + 3;
            return { ...chip, at };
        });
    }

    trayItems() {
        const { wasted } = this.graph;
        if (wasted.length === 0) return [];
        const { margin, width } = this.metrics;
        const y = this.at(0, this.rowCount - 1).y - TRAY.pad;
        const height = Math.min(this.bottom - y, this.size.h + this.size.below + TRAY.pad + 4);
        const room = this.rootWidth + 24;
        const texts = ["wasted", ...wasted.map(({ lane, count }) => `${laneName(lane)}: ${plural(count, "node")}`)];
        const most = Math.max(1, Math.floor((height - 6) / TRAY.title));
        const total = wasted.reduce((sum, { count }) => sum + count, 0);
        const shown = texts.length > most ? [`wasted: ${plural(total, "node")}`] : texts;
        const lines = shown.map((text, index) => ({
            look: index === 0 ? "line-1" : "line-2", x: 10, y: 18 + index * TRAY.title * 0.9,
            text: fit(text, room, SIZE.text),
        }));
        return [
            {
                key: "tray", type: "ground", look: "tray", at: [margin - 4, y], w: width - 2 * margin + 8, h: height,
                lines,
            },
            ...this.returnedItems(y),
        ];
    }

    /** Whose write is lost because it did not look whether it had won. */
    returnedItems(y) {
        const drawn = this.graph.wasted.reduce((sum, { ids }) => sum + ids.length, 0);
        const left = this.left + drawn * this.pitch.x;
        const room = this.metrics.width - this.metrics.margin - left - 4;
        const returned = this.graph.wasted.filter((waste) => waste.returned);
        if (returned.length === 0 || room < LEAST_TEXT) return [];
        const lines = returned.map(
            ({ lane, returned: call }) => `${laneName(lane)}'s ${call} returned as if it had won: the write is lost`,
        );
        return wrap(lines.join("; "), room, SIZE.text, 2, { bold: true }).map((text, index) => ({
            key: `tray:returned:${index}`, type: "text", at: [left, y + 20 + index * 18], text, face: "alarm",
        }));
    }

    linkLook(entry, target, node) {
        return this.isWasted(node.id) ? "wasted" : super.linkLook(entry, target, node);
    }

    lookOf(node, entry) {
        return this.isWasted(node.id) ? "private wasted" : super.lookOf(node, entry);
    }

    /** From the tray nothing leads back into the tree. */
    leadsNowhere(node) {
        return this.isWasted(node.id);
    }

    isWasted(id) {
        return this.graph.wasted.some(({ ids }) => ids.includes(id));
    }
}

/** The state in words. @param {import("./reading.js").View} view */
export function describeMap(view) {
    const graph = readVersions(view);
    const parts = graph.roots.map(({ name, value, target }) => (
        target === 0 ? `${name} is ${view.names.value(value)}` : `${name} → ${nodeName(target)}`));
    const current = graph.versions.reduce((sum, { kind, own }) => sum + (kind === "current" ? own.length : 0), 0);
    parts.push(`${plural(current, "node")} in the current version`);
    for (const { kind, top, lane, own } of graph.versions) {
        const readers = readersOf(view, graph, top).map((reader) => laneName(reader.lane)).join(", ");
        if (kind === "old" && readers) parts.push(`${readers} still at an old version, ${nodeName(top)}`);
        if (kind === "copy") parts.push(`${laneName(lane)} copies ${plural(own.length, "node")}, not published`);
    }
    for (const { lane, count } of graph.wasted) parts.push(`wasted by ${laneName(lane)}: ${plural(count, "node")}`);
    for (const { lane, returned } of graph.wasted) {
        if (returned) parts.push(`${laneName(lane)}'s ${returned} returned although it had lost`);
    }
    return `${parts.join("; ")}.`;
}
