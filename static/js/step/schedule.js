/**
 * Schedules: who moves when, as the short string that a link holds. No DOM.
 *
 * `1121` is a step of thread 1, two … ; `2x12` are twelve steps of thread 2, `k1` the death of thread 1; parts are
 * separated by dots. The server reads and writes the same (lockfree_core/drive/stepping/schedule.py).
 *
 * @typedef {{ thread: number, kill: boolean }} Move  threads count from 0
 */

const SHORTEST_RUN = 4; // "1x4" is as long as "111" with its dot

/**
 * The shortest string for these moves.
 * @param {Move[]} moves
 */
export function formatSchedule(moves) {
    const parts = [];
    let digits = "";
    const flush = () => {
        if (digits) parts.push(digits);
        digits = "";
    };
    for (const { thread, kill, count } of runs(moves)) {
        const number = String(thread + 1);
        if (!kill && count < SHORTEST_RUN) {
            digits += number.repeat(count);
            continue;
        }
        flush();
        if (kill) parts.push(...Array(count).fill(`k${number}`));
        else parts.push(`${number}x${count}`);
    }
    flush();
    return parts.join(".");
}

/** Equal moves in a row. */
function runs(moves) {
    const found = [];
    for (const { thread, kill } of moves) {
        const last = found.at(-1);
        if (last && last.thread === thread && last.kill === kill) last.count += 1;
        else found.push({ thread, kill, count: 1 });
    }
    return found;
}

/**
 * The moves of a schedule that this page has written itself; what it cannot read ends it.
 * @param {string} text
 * @returns {Move[]}
 */
export function parseSchedule(text) {
    const moves = [];
    for (const part of text.replace(/\s+/g, "").toLowerCase().split(".")) {
        const repeated = /^([1-9])x(\d{1,6})$/.exec(part);
        const killed = /^k([1-9])$/.exec(part);
        if (repeated) {
            const thread = Number(repeated[1]) - 1;
            for (let left = Math.min(Number(repeated[2]), 2000); left > 0; left -= 1)
                moves.push({ thread, kill: false });
        } else if (killed) moves.push({ thread: Number(killed[1]) - 1, kill: true });
        else if (/^[1-9]*$/.test(part))
            moves.push(...[...part].map((digit) => ({ thread: Number(digit) - 1, kill: false })));
        else return moves;
    }
    return moves;
}

/** How many moves two schedules begin with alike. */
export function sharedMoves(one, other) {
    let shared = 0;
    while (
        shared < one.length &&
        shared < other.length &&
        one[shared].thread === other[shared].thread &&
        one[shared].kill === other[shared].kill
    ) {
        shared += 1;
    }
    return shared;
}
