/**
 * Incidents: one thread's way from the load that went stale, over the lost CAS and the retry, to the CAS that it won.
 */

const MOST_RECORDS_BACK = 50_000;
const MOST_SHOWN = 24;

/**
 * The positions of the records that make the incident which ends with the CAS won at `end`: those of its thread, and
 * the write of another one because of which its CAS was lost. Empty where the beginning is no longer kept.
 * @param {import("./history.js").History} history
 * @param {import("./names.js").Names} names
 * @param {number} end
 * @param {number} oldest  position before which nothing is looked at
 * @returns {number[]} ascending
 */
export function findIncident(history, names, end, oldest) {
    const { kinds, isAccess } = history.layout;
    const lane = history.laneAt(end);
    const found = [end];
    const stop = Math.max(oldest, end - MOST_RECORDS_BACK);
    let lostCell = 0;
    let hasCause = false;
    for (let position = end - 1; position >= stop && found.length < MOST_SHOWN; position -= 1) {
        const kind = history.kindAt(position);
        if (history.laneAt(position) !== lane) {
            if (lostCell !== 0 && !hasCause && isWriteTo(history, position, kind, lostCell)) {
                hasCause = true;
                found.push(position);
            }
            continue;
        }
        if (kind === kinds.BEGIN) {
            found.push(position);
            return lostCell === 0 ? [] : found.reverse();
        }
        if (isAccess[kind] === 1 || kind === kinds.BACKOFF || kind === kinds.DELAY) {
            found.push(position);
        }
        if (kind === kinds.CAS_LOST && lostCell === 0 && isDecisive(history, names, position)) {
            lostCell = history.read(position).cell;
        } else if (kind === kinds.LOAD && lostCell !== 0 && history.read(position).cell === lostCell) {
            return found.reverse();
        }
    }
    return [];
}

function isWriteTo(history, position, kind, cell) {
    const { STORE, EXCHANGE, CAS_WON } = history.layout.kinds;
    if (kind !== STORE && kind !== EXCHANGE && kind !== CAS_WON) {
        return false;
    }
    const record = history.read(position);
    return record.cell === cell && record.before !== record.after;
}

function isDecisive(history, names, position) {
    return names.site(history.read(position).site)?.decisive !== false;
}
