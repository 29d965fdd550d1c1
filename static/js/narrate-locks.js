/** Sentences for locks. */

import { count } from "./sentence.js";

const STOPPED_HOLDERS = { frozen: " (frozen)", killed: " (killed: it will never give it back)", raised: " (raised)" };

/** The locks that a lane holds. */
export function locksHeldBy(state, lane) {
    return [...state.locks.values()].filter(({ holder }) => holder === lane);
}

function lockName(s) {
    const name = s.names.cell(s.record.cell)?.name;
    return name === undefined || name === "lock" || name === "mutex"
        ? s.plain("the lock")
        : s.plain("the lock ").cell();
}

function lockWait(s, { before: holder }) {
    s.thread().plain(" waits for ");
    lockName(s);
    if (holder < s.layout.maxLanes) {
        s.plain(", which ")
            .thread(holder)
            .plain(` holds${STOPPED_HOLDERS[s.state.lanes[holder]?.status] ?? ""}`);
    }
    s.plain(".");
}

function lockAcquired(s, { cell }) {
    const waiters = (s.state.locks.get(cell)?.waiters ?? []).filter((waiter) => waiter !== s.record.lane);
    s.thread().plain(" takes ");
    lockName(s);
    if (waiters.length > 0) {
        s.plain(`; ${count(waiters.length, "thread")} still ${waiters.length === 1 ? "waits" : "wait"} for it`);
    }
    s.plain(".");
}

function lockReleased(s, { cell }) {
    const waiters = s.state.locks.get(cell)?.waiters ?? [];
    s.thread().plain(" releases ");
    lockName(s);
    if (waiters.length === 1) {
        s.plain("; ").thread(waiters[0]).plain(" has been waiting for it");
    } else if (waiters.length > 1) {
        s.plain(`; ${count(waiters.length, "thread")} have been waiting for it`);
    }
    s.plain(".");
}

export const LOCK_SENTENCES = { LOCK_WAIT: lockWait, LOCK_ACQUIRED: lockAcquired, LOCK_RELEASED: lockReleased };
