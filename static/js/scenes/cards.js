/**
 * Root cells that hold values and no pointers: a card each, with what the threads have read from it.
 */

import { laneName } from "../layout.js";
import { localState } from "../state.js";
import { chipItem, chipWidth } from "./beside.js";
import { lostItem, lostLines, writerText } from "./foot.js";
import { rootsOf } from "./graph-reading.js";
import { SIZE } from "./metrics.js";
import { isActive } from "./reading.js";
import { fit, plural, textWidth } from "./text.js";

const CARD = { h: 70, gap: 12, least: 100, most: 190 };
const LINE = 22;
const LOST = 36;

/**
 * @param {import("./reading.js").View} view
 * @param {import("./metrics.js").Metrics} metrics
 * @param {{ top: number, bottom: number, losses: import("./reading.js").Loss[] }} room
 * @returns {import("./stage.js").Item[]}
 */
export function cardItems(view, metrics, { top, bottom, losses }) {
    const roots = rootsOf(view);
    const across = metrics.width - 2 * metrics.margin;
    const cols = Math.max(1, Math.min(roots.length, Math.floor((across + CARD.gap) / (CARD.least + CARD.gap))));
    const width = Math.min(CARD.most, (across + CARD.gap) / cols - CARD.gap);
    const most = Math.max(1, Math.floor((bottom - top + CARD.gap) / (CARD.h + LINE + CARD.gap)));
    const lines = Math.min(most, Math.ceil(roots.length / cols));
    const pitch = Math.min((bottom - top) / lines, CARD.h + 4 * LINE + LOST);
    const left = metrics.margin + (across - cols * (width + CARD.gap) + CARD.gap) / 2;
    const first = top + Math.max(0, (bottom - top - lines * pitch) / 2);
    const shown = roots.slice(0, cols * lines);
    const items = shown.flatMap((root, index) => {
        const [x, y] = [left + (index % cols) * (width + CARD.gap), first + Math.floor(index / cols) * pitch];
        return cardOf(view, root, { x, y, width, below: pitch - CARD.h - 8 }, losses);
    });
    if (shown.length < roots.length) items.push({
        key: "missing", type: "text", at: [metrics.width - metrics.margin, 14], anchor: "end", face: "hole",
        text: `${plural(roots.length - shown.length, "root cell")} not drawn: no room`,
    });
    return items;
}

function cardOf(view, root, { x, y, width, below }, losses) {
    const { id, name, value, cell } = root;
    const writer = writerText(view, id);
    const text = fit(view.names.value(value), width - 20, 24, { mono: true });
    const tag = cell.tag >= 0 ? `tag ${cell.tag}` : "";
    const lines = [
        { look: "cell-name", x: 12, y: 22, text: fit(name, width - 24 - tag.length * 7, SIZE.cell, { mono: true }) },
        { look: "card-value", x: width / 2, y: 52, text, anchor: "middle" },
    ];
    if (tag) lines.push({ look: "tag", x: width - 12, y: 22, text: tag, anchor: "end" });
    const items = [{ key: `card:${id}`, type: "panel", look: "cell-box", at: [x, y], w: width, h: CARD.h, lines }];
    let left = below;
    let at = y + CARD.h;
    if (writer && left >= LINE) {
        items.push({
            key: `writer:${id}:${cell.sequence}`, type: "text", prompt: true, face: "label", text: writer,
            at: [x + 4, at + 16],
        });
        [at, left] = [at + LINE, left - LINE];
    }
    const lost = losses.filter((loss) => loss.cell === id);
    if (lost.length > 0 && left >= LOST) {
        const [latest] = lost;
        items.push(lostItem(latest, {
            at: [x + 4, at + 6], cell: [x + width / 2, y + CARD.h], lines: lostLines(latest),
        }));
        [at, left] = [at + LOST, left - LOST];
    }
    return [...items, ...readerItems(view, id, { x, y: at + 4, width, below: left })];
}

/** Who has read the cell and what, struck through where it holds something else by now. */
function readerItems(view, cell, { x, y, width, below }) {
    const readers = [];
    for (const lane of view.state.lanes) {
        if (!isActive(lane)) continue;
        const local = [...lane.locals.values()].find((one) => one.cell === cell);
        if (local) readers.push({ lane: lane.lane, local, state: localState(view.state, local) });
    }
    const most = Math.max(0, Math.floor(below / LINE));
    const shown = readers.length > most ? readers.slice(0, Math.max(0, most - 1)) : readers;
    const items = shown.flatMap(({ lane, local, state }, index) => {
        const read = `read ${view.names.value(local.value)}`;
        const label = `${local.name}: ${read}${state === "fresh" ? "" : `, ${state === "aba" ? "ABA" : "stale"}`}`;
        const room = width - chipWidth(lane) - 24;
        const word = state === "fresh" ? read : `${read}, ${state === "aba" ? "ABA" : "stale"}`;
        const text = textWidth(word, SIZE.text) <= room ? word : fit(read, room, SIZE.text);
        return [
            chipItem(`reader:${cell}:${lane}`, lane, x + 4, y + index * LINE, label, { struck: state === "stale" }),
            {
                key: `reads:${cell}:${lane}`, type: "text", at: [x + 10 + chipWidth(lane), y + 13 + index * LINE],
                text, face: state === "fresh" ? "label" : "hole",
            },
        ];
    });
    if (shown.length < readers.length && most > 0) items.push({
        key: `reader:${cell}:more`, type: "text", at: [x + 4, y + 13 + shown.length * LINE], face: "note",
        text: fit(`+${readers.length - shown.length}: ${readers.slice(shown.length).map(({ lane }) => laneName(lane))
            .join(", ")}`, width - 8, SIZE.small),
    });
    return items;
}
