/**
 * A row of threads' chips: who holds a node, and how it stands with their pointers.
 */

import { chipItem, chipWidth } from "./beside.js";
import { SIZE } from "./metrics.js";
import { textWidth } from "./text.js";

/**
 * As many chips as fit, and how many more there are; what a single thread calls its pointer, where there is room.
 * @param {string} key
 * @param {{ lane: number, state: string, name: string, label: string }[]} holders
 * @param {number} room
 * @returns {import("./stage.js").Item[]}  without their places
 */
export function chipRowOf(key, holders, room) {
    const items = [];
    let left = room;
    for (const [index, { lane, state, name, label }] of holders.entries()) {
        const more = chipMore(lane, state, holders.length === 1 ? name : "", room);
        if (left < more.w + (index < holders.length - 1 ? 28 : 0)) {
            const lines = [countLine(`+${holders.length - index}`)];
            items.push({ key: `${key}:more`, type: "panel", look: "more", w: 26, h: 18, lines });
            break;
        }
        const marks = { struck: state === "stale", clock: state === "aba" };
        items.push(chipItem(`${key}:${lane}`, lane, 0, 0, label, { ...marks, ...more }));
        left -= more.w + 3;
    }
    return items;
}

const countLine = (text) => ({ look: "line-2", x: 13, y: 13, text, anchor: "middle" });

/** A chip's measures: with the local's name where that fits, with a clock where the cell changed and changed back. */
function chipMore(lane, state, name, room) {
    const plain = chipWidth(lane) + (state === "aba" ? 15 : 0);
    const whole = plain + (name ? textWidth(name, SIZE.text, { mono: true }) + 7 : 0);
    return name && whole <= room ? { w: whole, name } : { w: plain };
}
