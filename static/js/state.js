/**
 * The state of the shared memory and of every lane: its shape.
 *
 * A State is mutated by the fold and by nothing else. Whoever keeps one for longer than a frame keeps a `clone`.
 */

/**
 * @typedef {object} Cell
 * @property {number} id
 * @property {number} node  the node that it belongs to; 0 for a root cell
 * @property {number} value  code
 * @property {number} version  how often the value changed since the buffer begins
 * @property {number} writer  lane that wrote it last, -1 where nobody has been seen to
 * @property {number} sequence  of the last write, -1 likewise
 * @property {number} tag  of a versioned cell: the version beside its value; -1 where it has none, or none was seen
 */

/**
 * @typedef {object} Node
 * @property {number} id
 * @property {number} type
 * @property {number} value  code of the plain value
 * @property {number[]} cells
 * @property {number} owner  lane in whose hands alone it is, else -1
 * @property {boolean} published  it has been reachable from a root cell
 * @property {boolean} removed  published, and no longer reachable from a root cell
 * @property {boolean} freed
 * @property {number} retired  the lane that retired it and has not freed it, else -1
 * @property {boolean} pooled  it lives on the simulated heap, and stays known after it was freed
 * @property {number} generation  how often its address was given out again
 * @property {number} allocated  sequence number of its allocation, -1 where that is not known
 * @property {number} links  references from root cells and from cells of reachable nodes
 * @property {number} uses  all references, those of locals included; a node goes with its last one
 */

/** @typedef {{name: string, value: number, cell: number, version: number, sequence: number}} Local */

/** @typedef {{cell: number, holder: number, waiters: number[]}} Lock */

/**
 * @typedef {object} Lane
 * @property {number} lane
 * @property {string} status  idle, running, waiting, backoff, delay, frozen, killed, raised, stopped
 * @property {number} position  where it was frozen or killed (a Position), -1 otherwise
 * @property {number} operation  index, -1 between operations
 * @property {number} argument  code
 * @property {number} number  how many operations it began before this one
 * @property {number} attempts  decisive CASes in this operation
 * @property {number} losses  how many of them it lost
 * @property {number} streak  decisive CASes lost since the last one won
 * @property {number} site  where its last record stands
 * @property {number} last  position of its last record, -1 for none
 * @property {number} delayed  microseconds of the delay or backoff that it is in, else 0
 * @property {Map<string, Local>} locals
 * @property {number} kept  what the local held to which the node that it has just made is bound: an argument of that
 *     allocation perhaps, as the stores that follow it tell; 0 otherwise
 * @property {object} counts  see `emptyCounts`
 */

/**
 * @typedef {object} State
 * @property {number} position  of the last record in it, -1 at the start
 * @property {number} sequence  of the same
 * @property {number} time  of the same, in nanoseconds
 * @property {Map<number, Cell>} cells
 * @property {Map<number, Node>} nodes
 * @property {Map<number, Lock>} locks
 * @property {Lane[]} lanes
 * @property {object} counts  summed over the lanes
 * @property {number} accesses  shared accesses so far
 * @property {number} live  nodes reachable from root cells
 * @property {number} incidents  decisive CASes won after a loss in the same operation
 * @property {number} incidentAt  position of the last such CAS, -1 for none
 * @property {number} dubious  records known to be lost since the last snapshot; above 0 the state may be wrong
 * @property {import("./history.js").Record | null} last  the record that made this state
 */

export const COUNTS = Object.freeze(["operations", "attempts", "wins", "losses", "help", "helpWon", "longestStreak"]);

/** Counts begin at 0 where the buffer begins; exact totals of the whole run come as `counters` messages. */
export function emptyCounts() {
    return { operations: 0, attempts: 0, wins: 0, losses: 0, help: 0, helpWon: 0, longestStreak: 0 };
}

/** @returns {State} */
export function emptyState() {
    return {
        position: -1,
        sequence: -1,
        time: 0,
        cells: new Map(),
        nodes: new Map(),
        locks: new Map(),
        lanes: [],
        counts: emptyCounts(),
        accesses: 0,
        live: 0,
        incidents: 0,
        incidentAt: -1,
        dubious: 0,
        last: null,
    };
}

/** @returns {Lane} */
export function emptyLane(lane) {
    return {
        lane,
        status: "stopped",
        position: -1,
        operation: -1,
        argument: 0,
        number: 0,
        attempts: 0,
        losses: 0,
        streak: 0,
        site: 0,
        last: -1,
        delayed: 0,
        kept: 0,
        locals: new Map(),
        counts: emptyCounts(),
    };
}

/** The lane with that number, made where the state does not have it yet. */
export function laneOf(state, lane) {
    while (state.lanes.length <= lane) {
        state.lanes.push(emptyLane(state.lanes.length));
    }
    return state.lanes[lane];
}

/**
 * Whether a thread's private copy still is what the cell holds.
 * @param {State} state
 * @param {Local} local
 * @returns {"fresh" | "stale" | "aba"} `aba`: the same value again, after it was another one in between
 */
export function localState(state, local) {
    const cell = local.cell === 0 ? undefined : state.cells.get(local.cell);
    if (cell === undefined) {
        return "fresh";
    }
    if (cell.value !== local.value) {
        return "stale";
    }
    return cell.version === local.version ? "fresh" : "aba";
}
