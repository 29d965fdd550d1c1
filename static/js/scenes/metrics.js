/**
 * The measures of a stage. One unit is one CSS pixel, or `scale` of them where the page is projected, so a text of 11
 * units is never smaller than 11 pixels, however narrow the stage.
 */

export const SIZE = Object.freeze({ small: 11, text: 12, value: 15, cell: 15 });

const SMALLEST = Object.freeze({ width: 320, height: 250 });
const BREADTHS = [[880, "wide"], [660, "medium"], [480, "narrow"], [0, "tiny"]];
const MEASURES = Object.freeze({
    wide: { node: 100, gap: 62, head: 92, headGap: 88, margin: 16, pitch: 130 },
    medium: { node: 94, gap: 48, head: 88, headGap: 84, margin: 16, pitch: 124 },
    narrow: { node: 70, gap: 34, head: 76, headGap: 80, margin: 10, pitch: 118 },
    tiny: { node: 56, gap: 28, head: 52, headGap: 70, margin: 6, pitch: 92 },
});

/**
 * @typedef {object} Metrics
 * @property {number} width
 * @property {number} height
 * @property {number} scale  CSS pixels a unit
 * @property {number} margin
 * @property {{w: number, h: number, next: number}} node  `next` is the width of its pointer field
 * @property {number} gap  between two nodes
 * @property {{w: number, h: number, gap: number}} head  the oval of a root pointer and the room after it
 * @property {{h: number, pitch: number, pole: number}} flag
 * @property {number} top  where the picture begins
 * @property {number} ids  height of the row with the nodes' names
 * @property {{h: number, pitch: number}} off  nodes outside the chain
 * @property {"wide" | "medium" | "narrow" | "tiny"} breadth
 */

/**
 * @param {number} width  of the stage in CSS pixels
 * @param {number} height
 * @param {{ scale?: number, touch?: boolean }} [options]
 * @returns {Metrics}
 */
export function createMetrics(width, height, { scale = 1, touch = false } = {}) {
    const across = Math.max(SMALLEST.width, width / scale);
    const breadth = BREADTHS.find(([least]) => across >= least)[1];
    const { node, gap, head, headGap, margin, pitch } = MEASURES[breadth];
    return {
        width: across,
        height: Math.max(SMALLEST.height, height / scale),
        scale,
        breadth,
        margin,
        node: { w: node, h: 46, next: Math.round(node * 0.34) },
        gap,
        head: { w: head, h: 46, gap: headGap },
        flag: touch ? { h: 34, pitch: 44, pole: 10 } : { h: 22, pitch: 28, pole: 12 },
        top: 12,
        ids: 24,
        off: { h: 84, pitch },
    };
}
