/**
 * How each kind of item looks. `draw` gives an item's parts, in coordinates that begin at its place; `place`, where
 * there is one, gives the paths of its first parts from the numbers it is placed by. All of it is pure; colours are the
 * style sheet's.
 */

import { clock, cross, hatch, part, path, rect, text, tick } from "./parts.js";
import { linkPaths } from "./routes.js";
import { SIZE } from "./metrics.js";
import { textWidth } from "./text.js";

const BASELINE = 0.36;
/** A cell of that height has its version under its name, a lower one beside it. */
const TWO_LINES = 40;
const LINE = 16;
const RECORD_TEXT = { value: SIZE.value, medium: 13, dense: SIZE.small };
/** Heights in a slot of a ring; `value` in lines. */
const SLOT = { head: 20, foot: 20, line: 13, value: 1.4 };
const TIP = { next: 9, pointer: 14, attempt: 9 };

function drawNode(item) {
    const { w, h, next } = item;
    const middle = h / 2;
    const parts = [rect("box", 0, 0, w, h)];
    if (item.hatched) parts.push(hatch(0, 0, w, h));
    parts.push(
        path("divider", `M${w - next} 0V${h}`),
        part("circle", "dot", { cx: w - next / 2, cy: middle, r: 3 }),
        ...(item.tag === undefined ? [] : [text("tag", w - next / 2, h - 6, item.tag, "middle")]),
        text("value", (w - next) / 2, middle + SIZE.text * BASELINE, item.value, "middle"),
    );
    if (item.label) parts.push(text("id", item.labelX ?? 2, h + 16, item.label));
    if (item.note) parts.push(text("note", 2, h + 33, item.note));
    return parts;
}

function drawCell(item) {
    const { w, h } = item;
    const box = rect("box", 0, 0, w, h, h / 2);
    const base = h / 2 + SIZE.cell * BASELINE;
    if (item.tag === undefined) return [box, text("cell-name", w / 2, base, item.name, "middle")];
    if (h < TWO_LINES) {
        return [box, text("cell-name", 12, base, item.name), text("tag", w - 10, base - 1, item.tag, "end")];
    }
    return [
        box, text("cell-name", w / 2, h / 2 - 1, item.name, "middle"), text("tag", w / 2, h - 9, item.tag, "middle"),
    ];
}

function drawLink(item) {
    const parts = [path("line", ""), path("tip", "")];
    return item.look?.includes("pointer") ? parts : parts.slice(0, item.look?.includes("plain") ? 1 : 2);
}

function placeLink(at, item) {
    const kind = Object.keys(TIP).find((name) => item.look?.includes(name)) ?? "next";
    return linkPaths(at, item.look?.includes("plain") ? 0 : TIP[kind]);
}

const PIECES = {
    lane: (piece, base) => [text("lane", piece.x, base, piece.text)],
    name: (piece, base) => [
        text(`name ${piece.state}`, piece.x, base, piece.text),
        ...(piece.state === "stale" ? [path("strike", `M${piece.x - 2} ${base - 4}h${piece.w + 3}`)] : []),
    ],
    clock: (piece, base) => clock(piece.x, base - 10, 12),
    lost: (piece, base) => [...cross(piece.x, base - 10, 11), text("count", piece.x + 15, base, piece.text)],
    word: (piece, base) => [text("word", piece.x, base, piece.text)],
};

function drawFlag(item) {
    const { w, h, pole } = item;
    const base = h / 2 + SIZE.text * BASELINE;
    const parts = [path("pole", `M${item.poleX} ${h}v${pole}`), rect("box", 0, 0, w, h, 4)];
    if (item.hatched) parts.push(hatch(0, 0, w, h));
    for (const piece of item.pieces) parts.push(...PIECES[piece.kind](piece, base));
    return parts;
}

function drawTally(item) {
    const { w, h, pole } = item;
    const parts = pole ? [path("pole", `M${item.poleX} ${h}v${pole}`)] : [];
    parts.push(
        rect("box", 0, 0, w, h, h / 2), text("tally-text", w / 2, h / 2 + SIZE.text * BASELINE, item.text, "middle"),
    );
    return parts;
}

function drawMark(item) {
    const parts = item.kind === "won" ? tick(0, 0, item.size) : cross(0, 0, item.size);
    item.lines?.forEach((line, index) => {
        parts.push(text(index === 0 ? "line-1" : "line-2", item.size + 7, item.size / 2 + 4 + index * 15, line));
    });
    return [rect("hit", -4, -4, item.w + 8, item.h + 8, 4), ...parts];
}

function drawChip(item) {
    const { w, h } = item;
    const base = h / 2 + SIZE.text * BASELINE;
    const parts = [rect("box", 0, 0, w, h, 3)];
    if (item.name === undefined && !item.clock) parts.push(text("lane", w / 2, base, item.text, "middle"));
    else parts.push(text("lane", 5, base, item.text));
    const left = 5 + textWidth(item.text, SIZE.text, { mono: true, bold: true }) + 5;
    if (item.clock) parts.push(...clock(left - 1, base - 10, 12));
    if (item.name !== undefined) parts.push(text("name", w - 5, base, item.name, "end"));
    if (item.struck) parts.push(path("strike", `M3 ${h / 2}h${w - 6}`));
    return parts;
}

/** A node with any number of cells: its pointers below each other, each a dot where it points at something. */
function drawRecord(item) {
    const { w, h, column, dots } = item;
    const parts = [rect("box", 0, 0, w, h)];
    if (item.hatched) parts.push(hatch(0, 0, w, h));
    if (column > 0) parts.push(path("divider", `M${w - column} 0V${h}`));
    dots.forEach((points, index) => {
        const look = points ? "dot" : "dot none";
        const cy = (h * (index + 1)) / (dots.length + 1);
        parts.push(part("circle", look, { cx: w - column / 2, cy, r: dots.length > 2 || h < 26 ? 2 : 3 }));
    });
    const single = item.lines.length === 1;
    const size = single ? RECORD_TEXT[item.font] : SIZE.text;
    item.lines.forEach((line, index) => {
        const y = h / 2 + size * BASELINE + (index - (item.lines.length - 1) / 2) * LINE;
        parts.push(text(single ? "value" : "value small", (w - column) / 2, y, line, "middle"));
    });
    return parts;
}

/** A slot of a ring: which one, its value or whose it is, its stamp. */
function drawSlot(item) {
    const { w, h, notes } = item;
    const foot = item.stamp === null ? 0 : SLOT.foot;
    const parts = [rect("box", 0, 0, w, h, 4), path("divider", foot ? `M0 ${h - foot}H${w}` : "")];
    parts.push(text("slot-name", 6, 15, item.name));
    if (item.lap) parts.push(text("slot-name", w - 6, 15, item.lap, "end"));
    const rows = notes.length + (item.value ? SLOT.value : 0);
    let y = SLOT.head + (h - SLOT.head - foot - rows * SLOT.line) / 2;
    if (item.value) {
        parts.push(text("value", w / 2, y + SIZE.value * BASELINE + 9, item.value, "middle"));
        y += SLOT.value * SLOT.line;
    }
    notes.forEach((line, index) => parts.push(text("claim", w / 2, y + index * SLOT.line + 10, line, "middle")));
    if (foot) parts.push(text("slot-name", w / 2, h - 6, item.stamp, "middle"));
    return parts;
}

function drawTicket(item) {
    const { w, h } = item;
    const parts = [rect("box", 0, 0, w, h, 4)];
    if (item.hatched) parts.push(hatch(0, 0, w, h));
    parts.push(text("lane", 9, 18, item.name), text("reads", 9 + item.nameWidth, 18, item.reads));
    if (item.stale) parts.push(path("strike", `M${7 + item.nameWidth} 14h${item.readsWidth + 4}`));
    parts.push(text("wants", 9, 36, item.wants));
    if (item.losses > 0) parts.push(...PIECES.lost({ x: w - 34, text: String(item.losses) }, 36));
    return parts;
}

function drawPanel(item) {
    const parts = [rect("box", 0, 0, item.w, item.h, 6)];
    for (const line of item.lines ?? []) parts.push(text(line.look, line.x, line.y, line.text, line.anchor));
    return parts;
}

/** A process: an address space with walls of its own. One that was killed is broken, and what it mapped is let go. */
function drawProcess(item) {
    const { w, h } = item;
    const parts = item.dead ? brokenBox(w, h) : [rect("box", 0, 0, w, h, 8), path("mapped", `M12 0H${w - 12}`)];
    if (item.hatched) parts.push(hatch(0, 0, w, h));
    for (const line of item.lines) parts.push(text(line.look, line.x, line.y, line.text, line.anchor));
    if (item.title) parts.push(part("title", "", {}, item.title));
    return parts;
}

/** The box in two pieces, of which the smaller one has slipped. */
function brokenBox(w, h) {
    const [x, slip] = [w - 20, Math.min(5, h * 0.1)];
    const crack = [[x, 0], [x - 5, h * 0.34], [x + 4, h * 0.58], [x - 3, h]];
    const edge = (dx, dy) => crack.map(([at, y]) => `${at + dx} ${y + dy}`).join("L");
    const back = (dx, dy) => [...crack].reverse().map(([at, y]) => `${at + dx} ${y + dy}`).join("L");
    return [
        path("box", `M8 0L${edge(0, 0)}L8 ${h}Q0 ${h} 0 ${h - 8}V8Q0 0 8 0Z`),
        path("box", `M${edge(6, slip)}L${w - 6} ${h + slip}Q${w + 1} ${h + slip} ${w + 1} ${h + slip - 7}V${slip + 7}`
            + `Q${w + 1} ${slip} ${w - 6} ${slip}L${back(6, slip).split("L").at(-1)}`),
    ];
}

function drawDoor(item) {
    const { w, h } = item;
    const leaf = item.free ? `M0 ${h}V0M0 0L${w * 0.55} ${h * 0.18}V${h * 0.86}L0 ${h}` : `M0 0H${w}V${h}H0Z`;
    return [
        path("frame", `M${-3} ${h}V${-3}H${w + 3}V${h}`),
        path("leaf", leaf),
        part("circle", "knob", { cx: item.free ? w * 0.45 : w - 6, cy: h / 2 + 2, r: 2 }),
    ];
}

/** Bars are one unit long and stretched, so that only a transform moves. */
function drawBar(item) {
    return [part("rect", "box", { x: 0, y: 0, width: 1, height: item.h, "vector-effect": "non-scaling-stroke" })];
}

/**
 * @type {Record<string, {layer: string, draw: (item: object) => import("./parts.js").Part[], place?: Function,
 * transform?: Function}>}
 */
export const SPRITES = {
    ground: { layer: "grounds", draw: drawPanel },
    process: { layer: "grounds", draw: drawProcess },
    link: { layer: "links", draw: drawLink, place: placeLink },
    bracket: {
        layer: "links",
        draw: () => [path("line", "")],
        place: ([x1, x2, y]) => [`M${x1} ${y - 7}V${y}H${x2}V${y - 7}`],
    },
    node: { layer: "nodes", draw: drawNode },
    record: { layer: "nodes", draw: drawRecord },
    slot: { layer: "nodes", draw: drawSlot },
    cell: { layer: "nodes", draw: drawCell },
    door: { layer: "nodes", draw: drawDoor },
    bar: { layer: "nodes", draw: drawBar, transform: ([x, y, w]) => `translate(${x} ${y}) scale(${w} 1)` },
    number: { layer: "nodes", draw: (item) => [text("digits", 0, 0, item.text, "middle")] },
    panel: { layer: "panels", draw: drawPanel },
    flag: { layer: "flags", draw: drawFlag },
    tally: { layer: "flags", draw: drawTally },
    ticket: { layer: "flags", draw: drawTicket },
    chip: { layer: "flags", draw: drawChip },
    mark: { layer: "flags", draw: drawMark },
    text: { layer: "texts", draw: (item) => [text(item.face ?? "label", 0, 0, item.text, item.anchor)] },
};

/** Bottom first. */
export const LAYERS = ["grounds", "links", "nodes", "panels", "flags", "texts"];
