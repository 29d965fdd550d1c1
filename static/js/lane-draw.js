/**
 * One lane as bars: an operation is a rounded bar in the thread's hue with its name; won CAS are discs with a
 * tick, lost ones hollow squares
 * with a cross, at their places; injected delay and backoff are hatched, lock waits hollow, frozen stretches dashed.
 *
 * Draws what it is given and keeps nothing. A `view` is `{ axis, width, x(value), now, lead, operationName(index) }`; a
 * `row` is `{ y, height }`.
 */

import { isFault, Mark, OPEN, Span, plannedEnd } from "./lane-index.js";
import { hueOf } from "./lane-palette.js";

const RADIUS = 3;
/** Bars of this height have room for words; lower ones have no ticks and crosses in their marks either. */
const WORDS_FROM = 10;
/** Gaps between marks that are tried for the name. */
const NAME_GAPS = 4;
const SPAN_WORDS = {
    [Span.DELAY]: "injected", [Span.BACKOFF]: "backoff", [Span.WAIT]: "waits", [Span.FROZEN]: "frozen",
    [Span.KILLED]: "killed",
};

/** Column names for the unit the axis is in. */
export function columnsOf(unit) {
    return unit === "time"
        ? { start: "start", end: "end", at: "time" }
        : { start: "startPosition", end: "endPosition", at: "position" };
}

/**
 * Rows of a table of stretches that overlap the window: from the first that ends in it to the last that starts in it.
 */
export function visibleRows(table, axis, names) {
    const first = table.lowerBound(names.end, axis.from);
    return { first, end: table.lowerBound(names.start, axis.to, first) };
}

/** Draws a lane as bars. */
export function drawBars(context, lane, row, view, palette, hatch) {
    const hue = hueOf(palette, lane.number);
    const names = columnsOf(view.axis.unit);
    drawOperations(context, lane, row, view, hue, palette, names);
    drawSpans(context, lane, row, view, hue, palette, hatch, names);
    if (row.height >= WORDS_FROM) {
        drawNames(context, lane, row, view, hue, palette, names);
    }
    drawMarks(context, lane, row, view, palette, names);
}

/** Where a stretch begins and ends on the canvas, a pixel beyond its edges at most. */
function extent(view, start, end) {
    const { lead = 0 } = view;
    const left = Math.max(view.x(start - lead), -RADIUS - 1);
    const right = Math.min(view.x((end === OPEN ? view.now : end) + lead), view.width + RADIUS + 1);
    return { left, right: Math.max(right, left + 1.5) };
}

function drawOperations(context, lane, row, view, hue, palette, names) {
    const { columns } = lane.operations;
    const { first, end } = visibleRows(lane.operations, view.axis, names);
    const radius = Math.min(RADIUS, row.height / 4);
    context.lineWidth = 1;
    context.textBaseline = "middle";
    for (let index = first; index < end; index += 1) {
        const { left, right } = extent(view, columns[names.start][index], columns[names.end][index]);
        const faulted = columns.faulted[index] === 1;
        context.fillStyle = hue.soft;
        context.strokeStyle = faulted ? palette.fault : hue.line;
        if (right - left < 3 || row.height < WORDS_FROM) {
            drawPlainBar(context, left, right - left, row);
            continue;
        }
        context.beginPath();
        context.roundRect(left + 0.5, row.y + 0.5, right - left - 1, row.height - 1, radius);
        context.fill();
        context.stroke();
    }
}

/** Without round corners, which cost more than they show on a low lane. */
function drawPlainBar(context, left, width, row) {
    const { fillStyle, strokeStyle } = context;
    context.fillStyle = strokeStyle;
    context.fillRect(left, row.y, width, row.height);
    if (width >= 3) {
        context.fillStyle = fillStyle;
        context.fillRect(left + 1, row.y + 1, width - 2, row.height - 2);
    }
}

function drawNames(context, lane, row, view, hue, palette, names) {
    const { columns } = lane.operations;
    const { first, end } = visibleRows(lane.operations, view.axis, names);
    context.font = `500 ${fontSize(row)}px ${palette.font}`;
    for (let index = first; index < end; index += 1) {
        const bar = extent(view, columns[names.start][index], columns[names.end][index]);
        const stopped = lane.spans.lowerBound(names.start, columns[names.start][index]);
        if (bar.right - bar.left > 16 && !(stopped < lane.spans.end && lane.spans.columns.kind[stopped] >= Span.WAIT)) {
            drawName(context, lane, index, bar, row, view, palette, names, hue.soft);
        }
    }
}

/**
 * The operation's name in the first gap between marks that has room for it; it stays in view when the bar's start is
 * not.
 */
function drawName(context, lane, index, bar, row, view, palette, names, soft) {
    const name = view.operationName(lane.operations.columns.operation[index]);
    const width = name === "" ? Infinity : widthOf(context, name);
    const places = lane.marks.columns[names.at];
    const reach = markSize(row) / 2 + 3;
    let mark = lane.marks.lowerBound(names.at, Math.max(lane.operations.columns[names.start][index], view.axis.from));
    const before = mark > lane.marks.head ? view.x(places[mark - 1]) + reach - 2 : 0;
    let from = Math.max(Math.max(bar.left, 0) + 5, before);
    for (let gap = 0; gap < NAME_GAPS && from + width < bar.right; gap += 1, mark += 1) {
        const next = mark < lane.marks.end ? view.x(places[mark]) : Infinity;
        if (from + width <= Math.min(next - reach, bar.right - 3)) {
            writeOver(context, name, from, row.y + row.height / 2 + 0.5, soft, palette.text);
            return;
        }
        from = Math.max(from, next + reach);
    }
}

/** Widths of names that were measured: there are few of them, and each is drawn again in every frame. */
const widths = new Map();

function widthOf(context, name) {
    const key = `${context.font}/${name}`;
    if (!widths.has(key)) {
        widths.set(key, context.measureText(name).width);
    }
    return widths.get(key);
}

function fontSize(row) {
    return Math.min(11, row.height - 1);
}

/** Text with a halo in the colour of its ground: readable over hatching, which stays visible around it. */
function writeOver(context, text, x, y, ground, colour) {
    context.strokeStyle = ground;
    context.lineWidth = 4;
    context.lineJoin = "round";
    context.strokeText(text, x, y);
    context.fillStyle = colour;
    context.fillText(text, x, y);
}

/** Side of a mark's square. */
export function markSize(row) {
    return Math.min(13, row.height - (row.height < WORDS_FROM ? 1 : 3));
}

function drawSpans(context, lane, row, view, hue, palette, hatch, names) {
    const { columns } = lane.spans;
    const { first, end } = visibleRows(lane.spans, view.axis, names);
    for (let index = first; index < end; index += 1) {
        const kind = columns.kind[index];
        const stop = view.axis.unit === "time" && columns.end[index] === OPEN
            ? Math.min(view.now, plannedEnd(columns, index))
            : columns[names.end][index];
        const { left, right } = extent(view, columns[names.start][index], stop);
        drawSpan(context, kind, { left, right }, row, hue, palette, hatch);
        if (row.height >= WORDS_FROM) {
            drawSpanWord(context, lane, index, { left, right }, row, view, palette, names);
        }
    }
}

function drawSpan(context, kind, bar, row, hue, palette, hatch) {
    const width = bar.right - bar.left;
    if (kind === Span.DELAY || kind === Span.BACKOFF) {
        context.fillStyle = hatch;
        context.fillRect(bar.left, row.y + 1, width, row.height - 2);
        return;
    }
    context.fillStyle = palette.ground;
    context.fillRect(bar.left, row.y, width, row.height);
    if (width < 3) {
        return;
    }
    context.strokeStyle = kind === Span.KILLED ? palette.lineStrong : hue.line;
    context.lineWidth = 1;
    context.setLineDash(kind === Span.WAIT ? [] : [4, 3]);
    context.beginPath();
    context.roundRect(bar.left + 0.5, row.y + 0.5, width - 1, row.height - 1, Math.min(RADIUS, row.height / 4));
    context.stroke();
    context.setLineDash([]);
}

/** The stretch's word where it fits; hatched ground is cleared behind it. */
function drawSpanWord(context, lane, index, bar, row, view, palette, names) {
    const kind = lane.spans.columns.kind[index];
    const next = lane.marks.lowerBound(names.at, lane.spans.columns[names.start][index]);
    const start = Math.max(bar.left, 0) + (kind === Span.KILLED ? markSize(row) : 0);
    const mark = next < lane.marks.end && kind !== Span.KILLED ? view.x(lane.marks.columns[names.at][next]) : Infinity;
    const limit = Math.min(bar.right, view.width, mark - markSize(row) / 2) - start - 8;
    const operation = lane.operations.lowerBound(names.end, lane.spans.columns[names.start][index] + 1);
    const words = [SPAN_WORDS[kind]];
    if (operation < lane.operations.end && kind >= Span.WAIT) {
        const name = view.operationName(lane.operations.columns.operation[operation]);
        words.unshift(name ? `${name}, ${SPAN_WORDS[kind]}` : SPAN_WORDS[kind]);
    }
    context.font = `${fontSize(row)}px ${palette.font}`;
    const word = words.find((candidate) => context.measureText(candidate).width < limit);
    if (word === undefined) {
        return;
    }
    writeOver(context, word, start + 5, row.y + row.height / 2 + 0.5, palette.ground, palette.muted);
}

function drawMarks(context, lane, row, view, palette, names) {
    const { columns } = lane.marks;
    const first = lane.marks.lowerBound(names.at, view.axis.from - view.axis.span * 0.01);
    const end = lane.marks.lowerBound(names.at, view.axis.to + view.axis.span * 0.01, first);
    const draw = row.height < WORDS_FROM ? drawSmallMark : drawMark;
    for (let index = first; index < end; index += 1) {
        draw(context, columns.kind[index], view.x(columns[names.at][index]), row, palette);
    }
}

function markColour(kind, palette) {
    const help = kind === Mark.HELP_WON || kind === Mark.HELP_LOST;
    return isFault(kind) ? palette.fault : help ? palette.lineStrong : palette.text;
}

/** On a low lane: filled where won, hollow where lost. */
function drawSmallMark(context, kind, x, row, palette) {
    const size = row.height - 1;
    const left = Math.round(x - size / 2);
    context.fillStyle = markColour(kind, palette);
    context.fillRect(left, row.y + 0.5, size, size);
    if (kind === Mark.LOST || kind === Mark.HELP_LOST) {
        context.fillStyle = palette.ground;
        context.fillRect(left + 1, row.y + 1.5, size - 2, size - 2);
    }
}

/** A CAS result or the end of a thread, centred at `x`. */
function drawMark(context, kind, x, row, palette) {
    const size = markSize(row);
    const y = row.y + row.height / 2;
    const won = kind === Mark.WON || kind === Mark.HELP_WON;
    const colour = markColour(kind, palette);
    context.lineWidth = size > 8 ? 1.4 : 1;
    context.strokeStyle = colour;
    context.fillStyle = won ? colour : palette.ground;
    context.beginPath();
    if (won) {
        context.arc(x, y, size / 2, 0, 2 * Math.PI);
        context.fill();
        strokeTick(context, x, y, size, palette.ground);
        return;
    }
    context.roundRect(x - size / 2, y - size / 2, size, size, 1.5);
    context.fill();
    if (kind !== Mark.KILLED) {
        context.stroke();
    }
    strokeCross(context, x, y, size / 4);
}

function strokeTick(context, x, y, size, colour) {
    context.strokeStyle = colour;
    context.beginPath();
    context.moveTo(x - size * 0.22, y + size * 0.02);
    context.lineTo(x - size * 0.05, y + size * 0.2);
    context.lineTo(x + size * 0.24, y - size * 0.16);
    context.stroke();
}

function strokeCross(context, x, y, arm) {
    context.beginPath();
    context.moveTo(x - arm, y - arm);
    context.lineTo(x + arm, y + arm);
    context.moveTo(x + arm, y - arm);
    context.lineTo(x - arm, y + arm);
    context.stroke();
}
