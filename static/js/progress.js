/** What a person has read and solved, in this browser alone. Step keeps what was solved (step/puzzles.js). */

import { store, stored } from "./storage.js";

const READ = "learn.read";
const SOLVED = "step.solved";

/** @returns {Set<string>} keys of the chapters that were read to their end */
export function chaptersRead() {
    const read = kept(READ);
    return new Set(Array.isArray(read) ? read : []);
}

/** @param {string} chapter */
export function keepRead(chapter) {
    const read = chaptersRead();
    if (!read.has(chapter)) store(READ, JSON.stringify([...read, chapter]));
}

/** @returns {Map<string, number>} for each solved puzzle the fewest steps that it took */
export function puzzlesSolved() {
    const solved = kept(SOLVED);
    const pairs = solved === null || typeof solved !== "object" ? [] : Object.entries(solved);
    return new Map(pairs.filter(([, steps]) => Number.isInteger(steps)));
}

export function forgetProgress() {
    store(READ, null);
    store(SOLVED, null);
}

/** What was kept may have been written by anybody: what cannot be read counts as nothing. */
function kept(name) {
    try {
        return JSON.parse(stored(name) ?? "null");
    } catch {
        return null;
    }
}
