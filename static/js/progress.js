/**
 * What a person has read and solved, in this browser alone. Step keeps solved puzzles with `keepSolved`, the course
 * shows them.
 */

import { store, stored } from "./storage.js";

const READ = "learn.read";
const SOLVED = "learn.solved";

/** @returns {Set<string>} keys of the chapters that were read to their end */
export function chaptersRead() {
    return new Set(listOf(READ));
}

/** @param {string} chapter */
export function keepRead(chapter) {
    const read = chaptersRead();
    if (!read.has(chapter)) store(READ, JSON.stringify([...read, chapter]));
}

/** @returns {Map<string, number>} for each solved puzzle the fewest steps that it took */
export function puzzlesSolved() {
    const pairs = listOf(SOLVED).filter((pair) => Array.isArray(pair) && Number.isInteger(pair[1]));
    return new Map(pairs);
}

/**
 * @param {string} puzzle
 * @param {number} steps
 * @returns {number} the fewest steps so far, these included
 */
export function keepSolved(puzzle, steps) {
    const solved = puzzlesSolved();
    const best = Math.min(steps, solved.get(puzzle) ?? Infinity);
    store(SOLVED, JSON.stringify([...solved.set(puzzle, best)]));
    return best;
}

export function forgetProgress() {
    store(READ, null);
    store(SOLVED, null);
}

/** What was kept may have been written by anybody: whatever is no list counts as nothing. */
function listOf(name) {
    try {
        const found = JSON.parse(stored(name) ?? "[]");
        return Array.isArray(found) ? found : [];
    } catch {
        return [];
    }
}
