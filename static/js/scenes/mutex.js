/**
 * The doors: who is inside a mutex, and who waits before it, in order. Drawn at the foot of a scene whose structure has
 * one, or several: threads that wait for each other in a circle are seen as one.
 */

import { laneName } from "../layout.js";
import { chipItem, chipWidth } from "./beside.js";
import { deadlock, locksOf, waitText } from "./locks.js";
import { SIZE } from "./metrics.js";
import { isStopped } from "./reading.js";
import { throughChannel } from "./routes.js";
import { countWorkers, fit } from "./text.js";

/** Height of the band with a door. */
export const DOOR = 74;
const LEAF = { w: 30, h: 40 };
const CHIP_GAP = 6;
const BAND_GAP = 8;
/** Doors stand beside each other where each has that much room. */
const NARROWEST = 330;
const MOST_ROWS = 2;

/** How the doors stand: rows and columns, and how many there are. */
function arrange(view, width) {
    const count = locksOf(view).length;
    const cols = Math.max(1, Math.min(count, Math.floor((width + BAND_GAP) / (NARROWEST + BAND_GAP))));
    const rows = Math.min(MOST_ROWS, Math.ceil(count / cols));
    return { cols, rows, shown: Math.min(count, cols * rows) };
}

/**
 * Height of the bands with the doors.
 * @param {import("./reading.js").View} view
 * @param {import("./metrics.js").Metrics} metrics
 */
export function doorHeight(view, { width, margin }) {
    return arrange(view, width - 2 * margin).rows * DOOR;
}

/** Whether the structure has a mutex. */
export function hasDoor(view) {
    return locksOf(view).length > 0;
}

/**
 * @param {import("./reading.js").View} view
 * @param {{ left: number, right: number, bottom: number }} room
 * @returns {import("./stage.js").Item[]}
 */
export function layoutDoor(view, { left, right, bottom }) {
    const locks = locksOf(view);
    const { cols, rows, shown } = arrange(view, right - left);
    const circle = deadlock(view);
    const width = (right - left + BAND_GAP) / cols - BAND_GAP;
    const drawn = new Set();
    const items = locks.slice(0, shown).flatMap((lock, index) => {
        const x = left + (index % cols) * (width + BAND_GAP);
        const y = bottom - (rows - Math.floor(index / cols)) * DOOR;
        const more = index === shown - 1 ? locks.length - shown : 0;
        return new Door(view, lock, { x, y, width, index, many: locks.length > 1, more, circle, drawn }).items();
    });
    return cols > 1 ? [...items, ...circleItems(circle, items)] : items;
}

/** From where a thread is inside to where it waits: the circle, closed by the doors between. */
function circleItems(circle, items) {
    return circle.flatMap(({ lane, cell }, index) => {
        const chips = items.filter((item) => item.type === "chip" && item.lane === lane);
        const inside = chips.find((chip) => chip.inside && chip.lock !== cell);
        const waiting = chips.find((chip) => !chip.inside && chip.lock === cell);
        if (!inside || !waiting || inside.at[1] !== waiting.at[1]) return [];
        const under = inside.at[1] + inside.h;
        const at = throughChannel(
            inside.at[0] + inside.w / 2, under, under + 9 + index * 4, waiting.at[0] + waiting.w / 2, under + 2,
        );
        return [{ key: `circle:${lane}`, type: "link", look: "next dangling", at }];
    });
}

class Door {
    constructor(view, lock, { x, y, width, index, many, more, circle, drawn }) {
        Object.assign(this, { view, lock, x, y, width, many, more, circle, drawn });
        this.key = index === 0 ? "door" : `door${index}`;
        this.doorX = Math.round(x + width * 0.5 - LEAF.w / 2);
        this.holder = lock.holder >= 0 ? view.state.lanes[lock.holder] : null;
        this.stopped = this.holder !== null && isStopped(this.holder);
        this.deadlocked = circle.some(({ cell }) => cell === lock.cell);
    }

    items() {
        const { x, y, width, key, doorX, holder, stopped, deadlocked } = this;
        const look = `door-band${stopped ? " shut" : ""}${deadlocked ? " deadlock" : ""}`;
        return [
            { key: `${key}:band`, type: "ground", at: [x, y], w: width, h: DOOR - 6, look },
            { key, type: "door", at: [doorX, y + 22], ...LEAF, free: holder === null, look: stopped ? "shut" : "" },
            ...this.waitingItems(x + 12, doorX - 14), ...this.insideItems(doorX + LEAF.w + 16, x + width - 12),
        ];
    }

    /** A thread has one chip for as long as it is at one door; at a second one another. */
    chip(lane, x, label, more) {
        const known = this.drawn.has(lane);
        this.drawn.add(lane);
        return chipItem(known ? `${this.key}:${lane}` : `waiter:${lane}`, lane, x, this.y + 34, label, more);
    }

    waitingItems(left, right) {
        const { lock } = this;
        const { waiters } = lock;
        const count = waiters.length === 0 ? "nobody waits" : `${waiters.length} waiting`;
        const name = this.many ? `${this.lock.name}${this.more > 0 ? ` (+${this.more} more locks)` : ""}: ` : "";
        const text = fit(name + count, this.many ? this.doorX - left + 8 : this.width, SIZE.small);
        const items = [{ key: `${this.key}:waiting`, type: "text", at: [left, this.y + 17], text, face: "note" }];
        let x = right;
        waiters.some((lane, index) => {
            x -= chipWidth(lane);
            const behind = waiters.length - index;
            if (x < left + (behind > 1 ? 34 : 0)) {
                const at = [left, this.y + 47];
                items.push({ key: `${this.key}:more`, type: "text", at, text: `+${behind}`, face: "note" });
                return true;
            }
            const what = this.many ? this.lock.name : "the mutex";
            const label = index === 0 ? `waits for ${what}, next in line` : `waits for ${what}, ${index} before it`;
            items.push(this.chip(lane, x, label, { lock: lock.cell, look: this.view.chosen === lane ? "chosen" : "" }));
            x -= CHIP_GAP;
            return false;
        });
        return items;
    }

    insideItems(left, right) {
        const { view, holder, lock } = this;
        const title = { key: `${this.key}:inside`, type: "text", at: [left, this.y + 17], face: "note" };
        if (holder === null) {
            const free = this.many ? "free" : "the mutex is free";
            const text = lock.waiters.length > 0 || this.many ? free : "nobody inside: the mutex is free";
            return [{ ...title, text: fit(text, right - left, SIZE.small) }];
        }
        const call = holder.operation >= 0 ? view.names.call(holder.operation, holder.argument) : "";
        const x = left + chipWidth(holder.lane) + 8;
        const bold = this.stopped || this.deadlocked;
        const text = fit(this.insideText(call), right - x, SIZE.text, { bold });
        return [
            { ...title, text: fit(this.insideTitle(), right - left, SIZE.small) },
            this.chip(holder.lane, left, `inside ${this.many ? lock.name : "the mutex"}, ${call}`, {
                lock: lock.cell, inside: true,
            }),
            {
                key: `${this.key}:call`, type: "text", at: [x, this.y + 47], text,
                face: this.deadlocked ? "alarm" : bold ? "strong" : "label",
            },
        ];
    }

    insideTitle() {
        if (this.deadlocked) return "inside, deadlocked";
        return this.stopped ? `${this.holder.status} inside` : "inside";
    }

    insideText(call) {
        const { waiters } = this.lock;
        const wait = this.circle.find(({ lane }) => lane === this.holder.lane);
        if (this.deadlocked && wait) {
            const other = locksOf(this.view).find(({ cell }) => cell === wait.cell);
            return `wants ${other.name.replace(/ lock$/, "")}`;
        }
        if (!this.stopped) return call;
        if (waiters.length === 0) return "whoever comes next waits";
        const everyone = waiters.length === 1 ? `${laneName(waiters[0])} waits` : "everyone waits";
        return this.holder.status === "frozen" ? `${everyone} for it` : `${everyone} for ever`;
    }
}

/** In words, for the description. */
export function describeDoor(view) {
    const locks = locksOf(view);
    const circle = deadlock(view);
    const parts = locks.map((lock) => {
        const who = lock.waiters.map(laneName).join(", ");
        const waiting = who ? `, ${countWorkers(lock.waiters.length)} waiting: ${who}` : "";
        const name = locks.length > 1 ? lock.name : "the mutex";
        return lock.holder >= 0 ? ` ${laneName(lock.holder)} holds ${name}${waiting}.`
            : ` ${name[0].toUpperCase()}${name.slice(1)} is free${waiting}.`;
    });
    const words = circle.map((step) => waitText(view, step)).join("; ");
    return `${parts.join("")}${words ? ` Deadlock: ${words}.` : ""}`;
}
