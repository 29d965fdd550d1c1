/** Where each lane lies: its order, height and whether it is drawn large. No DOM. */

const TOP = 6;
const ROW = { most: 42, least: 12, bar: 26, roomy: 20 };
const COMPACT = { height: 6, gap: 1, chosen: 26 };

/** @typedef {{lane: number, top: number, height: number, y: number, bar: number, large: boolean}} Row */

/**
 * Rows for lanes on a given height. As long as each gets 12 pixels all are drawn large; beyond that they are 6
 * pixels high, and the chosen ones
 * expand.
 * @param {number[]} order lanes from top to bottom @param {Set<number>} chosen @param {number} height
 * @returns {{rows: Row[], height: number, compact: boolean}}
 */
export function layRows(order, chosen, height) {
    const each = Math.min(ROW.most, (height - TOP) / Math.max(order.length, 1));
    const compact = each < ROW.least;
    let top = TOP;
    const rows = order.map((lane) => {
        const large = !compact || chosen.has(lane);
        const low = large ? COMPACT.chosen : COMPACT.height;
        const bar = compact ? low : Math.min(ROW.bar, Math.floor(each) - (each < ROW.roomy ? 2 : 4));
        const full = compact ? bar + (large ? 4 : COMPACT.gap) : Math.floor(each);
        const row = { lane, top, height: full, y: top + Math.floor((full - bar) / 2), bar, large };
        top += full;
        return row;
    });
    return { rows, height: Math.max(top + 2, 0), compact };
}

/**
 * Lanes by their retries, the most first; equal ones by number.
 * @param {number} count
 * @param {(lane: number) => number} retries
 */
export function byRetries(count, retries) {
    const lanes = Array.from({ length: count }, (_, lane) => lane);
    return lanes.sort((one, other) => retries(other) - retries(one) || one - other);
}
