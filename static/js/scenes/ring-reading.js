/**
 * What the cells of a bounded ring say: which slots are filled, free, or claimed and by whom, and which positions
 * threads hold. Nothing here draws.
 */

import { laneName } from "../layout.js";
import { localState } from "../state.js";
import { integerOf, isActive, rootValue } from "./reading.js";
import { plural } from "./text.js";

/**
 * @typedef {object} RingSlot
 * @property {number} index
 * @property {number} position  the one that it is used for, or will be next
 * @property {"filled" | "free" | "filling" | "emptying"} status  `filling`: claimed by a put that has not stamped it;
 *     `emptying`: claimed by a get that has not
 * @property {number | null} stamp  null where slots have none
 * @property {number} value  code
 * @property {number} claimer  the lane that claimed it, -1: nobody or unknown
 */

/**
 * The ring as it stands in memory.
 * @param {import("./reading.js").View} view
 * @returns {{ head: number, tail: number, slots: RingSlot[] }}
 */
export function readRing(view) {
    const { names, state } = view;
    const [head, tail] = ["head", "tail"].map((name) => integerOf(rootValue(view, name)) ?? 0);
    let capacity = 0;
    while (names.root(`slot ${capacity} value`) !== 0) capacity += 1;
    const claims = state.lanes.map((lane) => claimOf(view, lane)).filter(Boolean);
    const slots = Array.from({ length: capacity }, (_, index) => {
        const stamp = names.root(`slot ${index} stamp`) === 0 ? null : integerOf(rootValue(view, `slot ${index} stamp`));
        const ahead = (index - (head % capacity) + capacity) % capacity;
        const position = head + ahead;
        const isInside = position < tail;
        const status = statusOf(stamp, Math.floor(position / capacity), isInside);
        const sought = status === "emptying" ? position - capacity : position;
        const claim = status.endsWith("ing") ? claims.find((one) => one.position === sought) : null;
        const value = rootValue(view, `slot ${index} value`);
        return { index, position, status, stamp, value, claimer: claim?.lane ?? -1 };
    });
    return { head, tail, slots };
}

/** What the stamp of a slot says, with the lap of the position that it is used for. */
function statusOf(stamp, lap, isInside) {
    if (stamp === null) return isInside ? "filled" : "free";
    if (isInside) return stamp === 2 * lap ? "filling" : "filled";
    return stamp === 2 * lap ? "free" : "emptying";
}

/** The position that a thread has won in its running operation; null where it has not. */
function claimOf(view, lane) {
    const effect = isActive(lane) && lane.attempts > lane.losses ? view.names.operation(lane.operation)?.effect : null;
    const local = effect ? lane.locals.get(effect) : null;
    const position = local && local.cell === view.names.root(effect) ? integerOf(local.value) : null;
    return position === null ? null : { lane: lane.lane, name: effect, position };
}

/**
 * The positions that threads have read and not yet used, as pointers at slots.
 * @param {import("./reading.js").View} view
 * @param {boolean} brief  leave the numbers out
 * @returns {import("./reading.js").Hold[]}  `target`: the position
 */
export function heldPositions(view, brief = false) {
    const found = [];
    for (const lane of view.state.lanes) {
        if (!isActive(lane)) continue;
        const claim = claimOf(view, lane);
        for (const name of ["head", "tail"]) {
            const local = lane.locals.get(name);
            const id = view.names.root(name);
            const target = local && local.cell === id ? integerOf(local.value) : null;
            if (target === null || claim?.name === name) continue;
            const cell = view.state.cells.get(id);
            if (cell.writer === lane.lane && cell.sequence > local.sequence) continue;
            found.push({
                lane: lane.lane, target, name: brief ? name : `${name} ${target}`, state: localState(view.state, local),
            });
        }
    }
    return found;
}

/** What is said of the whole: how many slots are taken, and whether it is full or empty. */
export function ringSummary({ head, tail, slots }) {
    if (tail === head) return { text: `empty: head and tail are both ${head}`, isEdge: true };
    if (tail - head >= slots.length) return { text: `full: tail ${tail} is a lap ahead of head ${head}`, isEdge: true };
    return { text: `${tail - head} of ${plural(slots.length, "slot")} taken: head ${head}, tail ${tail}`, isEdge: false };
}

/** @returns {string}  what is said of a claimed slot; empty for any other */
export function claimText({ status, claimer, value }) {
    const by = claimer < 0 ? "" : ` by ${laneName(claimer)}`;
    if (status === "filling") return value === 0 ? `claimed${by}, not filled yet` : `put${by}, not stamped`;
    if (status === "emptying") return value === 0 ? `taken${by}, not freed yet` : `being taken${by}`;
    return "";
}

/** The slot that a thread has claimed and not stamped, or null: whoever comes to it waits for that thread. */
export function claimedSlot(view, lane) {
    if (view.entry.scene !== "ring") return null;
    return readRing(view).slots.find(({ claimer }) => claimer === lane.lane) ?? null;
}
