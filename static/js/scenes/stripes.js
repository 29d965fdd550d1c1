/**
 * A counter in stripes: a cell for each of some threads, which is all that there is in memory. The sum stands above
 * them, without a box, because no cell holds it. Under each cell are the threads whose it is.
 */

import { calloutHeight, layoutCallouts } from "./bands.js";
import { chipItem, chipWidth } from "./beside.js";
import { integerOf, isActive, latestAccess } from "./reading.js";
import { grouped, plural, textWidth } from "./text.js";

const CELL = { w: 76, h: 44, gap: 8, name: 18, chips: 24 };
const FACES = [["card-value", 24], ["cell-name", 15], ["value-small", 12]];
const SUM = { tall: { h: 92, size: 48 }, low: { h: 58, size: 36 } };
const LOW = 350;
const BETWEEN = 14;
const STRIPE = /^stripe (\d+)$/;

/**
 * The stripes in their order.
 * @param {import("./reading.js").View} view
 * @returns {{ id: number, index: number, value: number, name: string }[]}
 */
export function stripesOf(view) {
    const found = [];
    for (const id of view.names.rootCells()) {
        const { name } = view.names.cell(id);
        const match = STRIPE.exec(name);
        const value = integerOf(view.state.cells.get(id)?.value) ?? 0;
        if (match) found.push({ id, name, index: Number(match[1]), value });
    }
    return found;
}

/** @returns {import("./stage.js").Item[]} */
export function layoutStripes(view, metrics, inset) {
    const stripes = stripesOf(view);
    const measures = metrics.height < LOW ? SUM.low : SUM.tall;
    const top = metrics.top + measures.h;
    const [left, right] = [metrics.margin, metrics.width - metrics.margin];
    const bottom = metrics.height - 8;
    const items = sumItems(metrics, measures, stripes);
    if (inset > 0) return items;
    const columns = columnsFor(stripes, right - left);
    const rows = Math.ceil(stripes.length / columns);
    const block = CELL.name + CELL.h + CELL.chips;
    const room = bottom - calloutHeight(view) - top;
    const spare = Math.max(0, room - rows * (block + BETWEEN) + BETWEEN);
    const start = metrics.width / 2 - (columns * (CELL.w + CELL.gap) - CELL.gap) / 2;
    stripes.forEach((stripe, place) => {
        const x = start + (place % columns) * (CELL.w + CELL.gap);
        const y = top + spare * 0.3 + Math.floor(place / columns) * (block + BETWEEN);
        items.push(...stripeItems(view, stripe, stripes.length, x, y));
    });
    return [...items, ...layoutCallouts(view, { left, right, bottom })];
}

/** As many in a row as there is room for, and no row with a single one. */
function columnsFor(stripes, width) {
    const most = Math.max(1, Math.floor((width + CELL.gap) / (CELL.w + CELL.gap)));
    return Math.ceil(stripes.length / Math.ceil(stripes.length / most));
}

function sumItems(metrics, { h, size }, stripes) {
    const centre = Math.round(metrics.width / 2);
    const text = grouped(stripes.reduce((sum, { value }) => sum + value, 0));
    const says = `the sum of ${plural(stripes.length, "stripe")}; no cell holds it`;
    return [
        {
            key: "counter:number", type: "number", at: [centre, metrics.top + h - 34], text, look: `size-${size}`,
        },
        {
            key: "stripes:note", type: "text", at: [centre, metrics.top + h - 12], text: says, anchor: "middle",
            face: "note",
        },
    ];
}

function stripeItems(view, { id, index, value, name }, count, x, y) {
    const cell = [x, y + CELL.name];
    const text = grouped(value);
    const fits = ([, size]) => textWidth(text, size, { mono: true }) <= CELL.w - 8;
    const [face, size] = FACES.find(fits) ?? FACES.at(-1);
    const items = [
        { key: `${name}:name`, type: "text", at: [x + CELL.w / 2, y + 12], text: name, anchor: "middle", face: "note" },
        { key: name, type: "ground", at: cell, w: CELL.w, h: CELL.h, look: "cell-box" },
        {
            key: `${name}:value`, type: "text", at: [x + CELL.w / 2, cell[1] + CELL.h / 2 + size * 0.36], text,
            anchor: "middle", face,
        },
    ];
    const lanes = view.state.lanes.filter(({ lane, status }) => lane % count === index && status !== "stopped");
    return [...items, ...chipItems(view, lanes, id, x, cell[1] + CELL.h + 5)];
}

/** The threads that add here; how many more there are, where they do not fit. */
function chipItems(view, lanes, cell, x, y) {
    const items = [];
    let left = x;
    for (const [place, lane] of lanes.entries()) {
        const rest = place < lanes.length - 1 ? 24 : 0;
        if (left + chipWidth(lane.lane) + rest > x + CELL.w) {
            const text = `+${lanes.length - place}`;
            return [...items, { key: `stripe:${cell}:more`, type: "text", at: [left, y + 13], text, face: "note" }];
        }
        const last = isActive(lane) ? latestAccess(view, lane) : null;
        const added = last?.cell === cell && last.kind === view.layout.kinds.EXCHANGE;
        items.push(chipItem(`adder:${lane.lane}`, lane.lane, left, y, added ? "has added here" : "adds here", {
            look: view.chosen === lane.lane ? "chosen" : "", struck: lane.status === "killed",
            bounce: { id: `${lane.number}:${added}`, to: added ? [left, y - CELL.h / 2] : [left, y] },
        }));
        left += chipWidth(lane.lane) + 4;
    }
    return items;
}

/** The state in words. @param {import("./reading.js").View} view */
export function describeStripes(view) {
    const stripes = stripesOf(view);
    const sum = stripes.reduce((total, { value }) => total + value, 0);
    return `sum ${sum} of ${stripes.map(({ name, value }) => `${name}: ${value}`).join(", ")}.`;
}
