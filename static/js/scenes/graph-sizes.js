/** How large the nodes of a graph are drawn. */

import { SIZE } from "./metrics.js";
import { textWidth } from "./text.js";

/** From roomy to dense: the first one in which everything has a place is taken. */
const SIZES = [
    { w: 88, h: 40, gap: 48, below: 38, channel: 14, field: 22, font: "value", apart: true },
    { w: 66, h: 30, gap: 36, below: 20, channel: 14, field: 16, font: "medium", apart: false },
    { w: 52, h: 22, gap: 26, below: 19, channel: 14, field: 12, font: "dense", apart: false },
    { w: 44, h: 20, gap: 20, below: 18, channel: 10, field: 10, font: "dense", apart: false, closely: true },
];
/** Nodes are no wider than that, however long their values. */
const WIDEST = 250;
const MOST_LINES = 4;
const LINE = 16;
/** Font sizes of the values. */
export const VALUE_SIZE = { value: SIZE.value, medium: 13, dense: SIZE.small };

/**
 * The sizes to try, from roomy to dense: where nodes have several lines, or long ones, one with room for those first.
 * @param {string[][]} texts  the lines of every node
 */
export function sizesFor(texts) {
    const [first] = SIZES;
    const longest = Math.max(0, ...texts.map((lines) => linesWidth(lines)));
    const most = Math.min(MOST_LINES, Math.max(1, ...texts.map(({ length }) => length)));
    const w = Math.max(first.w, Math.min(WIDEST, longest + first.field + 14));
    const roomy = { ...first, w, h: Math.max(first.h, most * LINE + 10), lines: most };
    return w > first.w || most > 1 ? [roomy, ...SIZES] : SIZES;
}

function linesWidth(lines) {
    const size = lines.length > 1 ? SIZE.text : SIZE.value;
    return Math.max(...lines.map((line) => textWidth(line, size, { mono: true })));
}
