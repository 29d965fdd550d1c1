/**
 * The locks of a structure: who holds them, who waits, and whether threads wait for each other in a circle.
 */

import { laneName } from "../layout.js";

/** The structure's locks in the order in which it made them, also those that nobody has touched yet. */
export function locksOf(view) {
    const locks = [];
    for (const id of view.names.rootCells()) {
        const { kind, name } = view.names.cell(id);
        if (kind !== "lock") continue;
        const known = view.state.locks.get(id);
        locks.push({ cell: id, name, holder: known?.holder ?? -1, waiters: known?.waiters ?? [] });
    }
    return locks;
}

/**
 * Threads each of which waits for a lock that the next one holds, and the last one for one of the first's; empty where
 * there is no such circle.
 * @param {import("./reading.js").View} view
 * @returns {{ lane: number, cell: number }[]}  a thread and the lock that it waits for
 */
export function deadlock(view) {
    const locks = locksOf(view);
    const waitsFor = new Map();
    for (const lock of locks) for (const lane of lock.waiters) waitsFor.set(lane, lock);
    for (const first of waitsFor.keys()) {
        const circle = [];
        let lane = first;
        while (waitsFor.has(lane) && !circle.some((step) => step.lane === lane)) {
            const { cell, holder } = waitsFor.get(lane);
            circle.push({ lane, cell });
            lane = holder;
        }
        if (circle.length > 1 && lane === first) return circle;
    }
    return [];
}

/** `T1 waits for the right lock, which T2 holds`. */
export function waitText(view, { lane, cell }) {
    const lock = locksOf(view).find((one) => one.cell === cell);
    return `${laneName(lane)} waits for ${lock.name}, which ${laneName(lock.holder)} holds`;
}
