/**
 * How much room a text takes, without a DOM: layouts are pure functions and have to know.
 *
 * The widths are those of DejaVu Sans, which is wider than the other fonts of the style sheet's list: what fits by this
 * table fits on every system.
 */

import { count as grouped } from "../format.js";
import { workerWord } from "../layout.js";

const FIRST = 32;
const WIDTHS = (
    "32 40 46 84 64 95 78 27 39 39 50 84 32 36 32 34 64 64 64 64 64 64 64 64 64 64 34 34 84 84 84 53 100 68 69 70 77 "
    + "63 58 77 75 29 29 66 56 86 75 79 60 79 69 63 61 73 68 99 69 61 69 39 34 39 84 50 50 61 63 55 63 62 35 63 63 28 "
    + "28 58 28 97 63 61 63 63 41 52 39 63 59 82 59 59 52 64 34 64 84"
).split(" ").map((width) => Number(width) / 100);
const OTHERS = { "\u202f": 0.33 };
const WIDE = 1;
const MONO = 0.61;
const BOLD = 1.14;

/** @typedef {{ mono?: boolean, bold?: boolean }} Face */

/**
 * @param {string} text
 * @param {number} size  font size
 * @param {Face} [face]
 * @returns {number}
 */
export function textWidth(text, size, { mono = false, bold = false } = {}) {
    if (mono) return text.length * MONO * size;
    let sum = 0;
    for (const character of text) sum += WIDTHS[character.codePointAt(0) - FIRST] ?? OTHERS[character] ?? WIDE;
    return sum * size * (bold ? BOLD : 1);
}

/** The text, or its beginning and an ellipsis, so that it is at most `width` wide. */
export function fit(text, width, size, face) {
    if (textWidth(text, size, face) <= width) return text;
    let end = text.length - 1;
    while (end > 0 && textWidth(`${text.slice(0, end)}…`, size, face) > width) end -= 1;
    return end > 0 ? `${text.slice(0, end)}…` : "";
}

/**
 * The text in lines of at most `width`; what does not fit into `most` lines ends with an ellipsis.
 * @returns {string[]}
 */
export function wrap(text, width, size, most = Infinity, face = {}) {
    const lines = [];
    let line = "";
    for (const word of text.split(" ")) {
        const longer = line ? `${line} ${word}` : word;
        if (line && textWidth(longer, size, face) > width) {
            lines.push(line);
            line = word;
        } else {
            line = longer;
        }
    }
    lines.push(line);
    const kept = lines.length > most ? [...lines.slice(0, most - 1), lines.slice(most - 1).join(" ")] : lines;
    return kept.map((each) => fit(each, width, size, face));
}

/** `1 item`, `3 items`. */
export function plural(number, word) {
    return `${grouped(number)} ${word}${number === 1 ? "" : "s"}`;
}

/** `1 thread`, `3 processes`. */
export function countWorkers(number) {
    return `${grouped(number)} ${workerWord(number)}`;
}

export { grouped };
