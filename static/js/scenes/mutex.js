/**
 * The door: who is inside a mutex, and who waits before it, in order. Drawn at the foot of a scene whose structure has
 * one.
 */

import { laneName } from "../layout.js";
import { chipItem, chipWidth } from "./beside.js";
import { SIZE } from "./metrics.js";
import { isStopped } from "./reading.js";
import { fit, plural } from "./text.js";

/** Height of the band with the door. */
export const DOOR = 74;
const LEAF = { w: 30, h: 40 };
const CHIP_GAP = 6;

/** @param {import("./reading.js").View} view */
export function doorHeight(view) {
    return view.entry.variant === "mutex" ? DOOR : 0;
}

/**
 * @param {import("./reading.js").View} view
 * @param {{ left: number, right: number, bottom: number }} room
 * @returns {import("./stage.js").Item[]}
 */
export function layoutDoor(view, { left, right, bottom }) {
    const lock = theLock(view);
    if (!lock) return [];
    const y = bottom - DOOR;
    const doorX = Math.round(left + (right - left) * 0.5 - LEAF.w / 2);
    const holder = lock.holder >= 0 ? view.state.lanes[lock.holder] : null;
    const stopped = holder !== null && isStopped(holder);
    return [
        {
            key: "door:band", type: "ground", at: [left, y], w: right - left, h: DOOR - 6,
            look: `door-band${stopped ? " shut" : ""}`,
        },
        { key: "door", type: "door", at: [doorX, y + 22], ...LEAF, free: holder === null, look: stopped ? "shut" : "" },
        ...waitingItems(view, lock, left + 12, doorX - 14, y),
        ...insideItems(view, holder, lock, doorX + LEAF.w + 16, right - 12, y),
    ];
}

/** The structure's mutex, also while nobody has touched it yet. */
export function theLock(view) {
    const [known] = view.state.locks.values();
    if (known) return known;
    const cell = view.names.root("lock");
    return cell ? { cell, holder: -1, waiters: [] } : null;
}

function waitingItems(view, { waiters }, left, right, y) {
    const title = waiters.length === 0 ? "nobody waits" : `${waiters.length} waiting`;
    const items = [{ key: "door:waiting", type: "text", at: [left, y + 17], text: title, face: "note" }];
    let x = right;
    waiters.some((lane, index) => {
        x -= chipWidth(lane);
        const behind = waiters.length - index;
        if (x < left + (behind > 1 ? 34 : 0)) {
            items.push({ key: "door:more", type: "text", at: [left, y + 47], text: `+${behind}`, face: "note" });
            return true;
        }
        const label = index === 0 ? "waits for the mutex, next in line" : `waits for the mutex, ${index} before it`;
        items.push(chipItem(`waiter:${lane}`, lane, x, y + 34, label, { look: view.chosen === lane ? "chosen" : "" }));
        x -= CHIP_GAP;
        return false;
    });
    return items;
}

function insideItems(view, holder, lock, left, right, y) {
    const title = { key: "door:inside", type: "text", at: [left, y + 17], face: "note" };
    if (holder === null) {
        const next = lock.waiters.length > 0 ? "the mutex is free" : "nobody inside: the mutex is free";
        return [{ ...title, text: fit(next, right - left, SIZE.small) }];
    }
    const call = holder.operation >= 0 ? view.names.call(holder.operation, holder.argument) : "";
    const x = left + chipWidth(holder.lane) + 8;
    const items = [
        { ...title, text: fit(insideTitle(holder), right - left, SIZE.small) },
        chipItem(`waiter:${holder.lane}`, holder.lane, left, y + 34, `inside the mutex, ${call}`),
    ];
    const text = fit(insideText(holder, lock, call), right - x, SIZE.text, { bold: isStopped(holder) });
    items.push({ key: "door:call", type: "text", at: [x, y + 47], text, face: isStopped(holder) ? "strong" : "label" });
    return items;
}

function insideTitle(holder) {
    return isStopped(holder) ? `${holder.status} inside` : "inside";
}

function insideText(holder, lock, call) {
    if (!isStopped(holder)) return call;
    if (lock.waiters.length === 0) return "whoever comes next waits";
    const everyone = lock.waiters.length === 1 ? `${laneName(lock.waiters[0])} waits` : "everyone waits";
    return holder.status === "frozen" ? `${everyone} for it` : `${everyone} for ever`;
}

/** In words, for the description. */
export function describeDoor(view) {
    const lock = theLock(view);
    if (!lock || view.entry.variant !== "mutex") return "";
    const who = lock.waiters.map(laneName).join(", ");
    const waiting = who ? `, ${plural(lock.waiters.length, "thread")} waiting: ${who}` : "";
    return lock.holder >= 0 ? ` ${laneName(lock.holder)} holds the mutex${waiting}.` : ` The mutex is free${waiting}.`;
}

