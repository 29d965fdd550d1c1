/**
 * One lane as a density strip, where its operations are narrower than can be told apart: a column's height says how
 * many CAS were tried in it, its cap which share of them was lost, a hatched foot that delay was injected in it. All
 * counts are exact.
 *
 * Columns lie at whole multiples of their width on the axis, not on the canvas, so a column's figures do not change
 * while the window scrolls.
 */

import { Span } from "./lane-index.js";
import { columnsOf, visibleRows } from "./lane-draw.js";
import { hueOf } from "./lane-palette.js";

/** Width of a column in pixels. */
export const COLUMN_PIXELS = 2;
/** Above this many bars and marks a pixel a lane becomes a strip; it becomes bars again below half of it. */
const CROWDED = 1 / 5;
const FOOT = 2;
/** So much of a column keeps the thread's hue, whatever was lost in it. */
const FOOT_OF_HUE = 1;
/** Stretches looked at for long ones among them, the newest first. */
const LOOKED_AT = 20_000;

/** Low lanes have no room for words or ticks: they become strips earlier. */
const CROWDED_LOW = 1 / 12;

/** Whether a lane is to be drawn as a strip, given whether it was, and whether it is drawn large. */
export function isCrowded(lane, view, was, large) {
    const names = columnsOf(view.axis.unit);
    const operations = visibleRows(lane.operations, view.axis, names);
    const first = lane.marks.lowerBound(names.at, view.axis.from);
    const marks = lane.marks.lowerBound(names.at, view.axis.to, first) - first;
    const share = Math.max(operations.end - operations.first, marks) / Math.max(view.width, 1);
    const limit = large ? CROWDED : CROWDED_LOW;
    return share > (was ? limit / 2 : limit);
}

/**
 * The lane's figures column by column.
 * @returns {{width: number, first: number, operations: Uint32Array, attempts: Uint32Array, losses: Uint32Array,
 *     injected: Uint32Array, most: number}}
 *     `first` is the axis value where column 0 begins, `width` the columns' width in axis values
 */
export function laneColumns(lane, view) {
    const width = roundUp((view.axis.span / view.width) * COLUMN_PIXELS);
    const index = Math.floor(view.axis.from / width);
    const count = Math.ceil(view.axis.to / width) - index;
    const strip = {
        width, first: index * width, operations: new Uint32Array(count), attempts: new Uint32Array(count),
        losses: new Uint32Array(count), injected: new Uint32Array(count), most: 0,
    };
    const names = columnsOf(view.axis.unit);
    let ended = lane.operations.lowerBound(names.end, strip.first);
    let marked = lane.marks.lowerBound(names.at, strip.first);
    let spanned = lane.spans.lowerBound(names.start, strip.first);
    for (let column = 0; column < count; column += 1) {
        const until = (index + column + 1) * width;
        const nextEnded = lane.operations.lowerBound(names.end, until, ended);
        const nextMarked = lane.marks.lowerBound(names.at, until, marked);
        const nextSpanned = lane.spans.lowerBound(names.start, until, spanned);
        strip.operations[column] = nextEnded - ended;
        strip.attempts[column] = lostBetween(lane, "attempts", marked, nextMarked);
        strip.losses[column] = lostBetween(lane, "losses", marked, nextMarked);
        strip.injected[column] = injectedBetween(lane, spanned, nextSpanned);
        strip.most = Math.max(strip.most, weightOf(strip, column));
        ended = nextEnded;
        marked = nextMarked;
        spanned = nextSpanned;
    }
    return strip;
}

/**
 * Steps of 1, 1.25, 1.5, … within a power of two: zooming does not flicker between widths, and no column is far from
 * its pixels.
 */
function roundUp(width) {
    const step = 2 ** Math.floor(Math.log2(width)) / 4;
    return Math.ceil(width / step) * step;
}

/** Decisive CAS (`what` = "attempts") or lost ones ("losses") among the marks from one row to before another. */
export function lostBetween(lane, what, from, to) {
    const before = lane.marks.columns[what === "attempts" ? "attemptsBefore" : "lossesBefore"];
    const upTo = (row) => (row < lane.marks.end ? before[row] : lane[what]);
    return (upTo(to) - upTo(from)) >>> 0;
}

function injectedBetween(lane, from, to) {
    const before = lane.spans.columns.injectedBefore;
    const upTo = (row) => (row < lane.spans.end ? before[row] : lane.injected);
    return (upTo(to) - upTo(from)) >>> 0;
}

/** What a column's height stands for: decisive CAS, or operations where those are more (a mutex needs no CAS). */
function weightOf(strip, column) {
    return Math.max(strip.operations[column], strip.attempts[column]);
}

/** Draws a lane as a strip; `most` is what the highest column of all lanes stands for. */
export function drawDensity(context, lane, strip, most, row, view, palette, hatch) {
    const hue = hueOf(palette, lane.number);
    const edge = (column) => Math.round(view.x(strip.first + column * strip.width) * view.ratio) / view.ratio;
    const bottom = row.y + row.height;
    const caps = [];
    context.fillStyle = hue.line;
    for (let column = 0; column < strip.operations.length; column += 1) {
        const tries = strip.attempts[column];
        const weight = weightOf(strip, column);
        if (weight === 0) {
            continue;
        }
        const x = edge(column);
        const pixels = edge(column + 1) - x;
        const height = Math.max(2 * FOOT_OF_HUE, row.height * Math.sqrt(weight / Math.max(most, 1)));
        const cap = tries > 0 ? ((height - FOOT_OF_HUE) * strip.losses[column]) / tries : 0;
        context.fillRect(x, bottom - height + cap, pixels, height - cap);
        if (cap > 0) {
            caps.push(x, bottom - height, pixels, Math.max(cap, 0.75));
        }
    }
    context.fillStyle = palette.text;
    for (let index = 0; index < caps.length; index += 4) {
        context.fillRect(caps[index], caps[index + 1], caps[index + 2], caps[index + 3]);
    }
    drawInjected(context, strip, edge, row, hatch);
    drawLongStretches(context, lane, row, view, palette);
}

function drawInjected(context, strip, edge, row, hatch) {
    context.fillStyle = hatch;
    for (let column = 0; column < strip.injected.length; column += 1) {
        if (strip.injected[column] > 0) {
            const height = Math.max(FOOT, row.height / 4);
            context.fillRect(edge(column), row.y + row.height - height, edge(column + 1) - edge(column), height);
        }
    }
}

/** Frozen and killed stretches of a crowded lane, found from its ends: they are few, unlike delays. */
function drawLongStretches(context, lane, row, view, palette) {
    const names = columnsOf(view.axis.unit);
    const { first, end } = visibleRows(lane.spans, view.axis, names);
    const { columns } = lane.spans;
    const last = Math.max(first, end - LOOKED_AT);
    context.strokeStyle = hueOf(palette, lane.number).line;
    context.setLineDash([4, 3]);
    context.lineWidth = 1;
    for (let index = end - 1; index >= last; index -= 1) {
        if (columns.kind[index] >= Span.FROZEN) {
            const left = Math.max(view.x(columns[names.start][index]), -2);
            const right = Math.min(view.x(Math.min(columns[names.end][index], view.now)), view.width + 2);
            context.strokeRect(left + 0.5, row.y + 0.5, Math.max(right - left - 1, 1), Math.max(row.height - 1, 1));
        }
    }
    context.setLineDash([]);
}
