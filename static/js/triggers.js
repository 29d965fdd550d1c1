/**
 * Stop at: conditions that are tested on every record, before it is taken in. They look at the fields of the record and
 * at the state, allocate nothing, and only see the kinds of records that they ask for.
 */

import { isShared } from "./references.js";
import { isObject } from "./layout.js";

/** What a view can be told to stop at, in the order in which it is offered. */
export const TRIGGERS = Object.freeze(
    [
        { name: "lost-cas", label: "lost CAS", kinds: ["CAS_LOST"] },
        {
            name: "streak",
            label: "streak of lost CASes",
            kinds: ["CAS_LOST"],
            parameter: { name: "n", minimum: 2, maximum: 1000, value: 3 },
        },
        { name: "help", label: "help", kinds: ["CAS_WON"] },
        { name: "tail-behind", label: "tail behind", kinds: ["STORE", "EXCHANGE", "CAS_WON"] },
        { name: "item-lost", label: "item lost", kinds: ["STORE"] },
        { name: "fault", label: "fault", kinds: ["FAULT"] },
    ].map(Object.freeze),
);

/** True for a CAS whose result the algorithm discards. */
function isHelp(names, site) {
    return names.sites[site]?.decisive === false;
}

/**
 * Who linked the node that a helping CAS swings a pointer to: the writer of the link from the old node to the new one.
 * @returns {number} a lane, -1 where that is not known
 */
export function linkedBy(state, before, after) {
    for (const id of state.nodes.get(before)?.cells ?? []) {
        const cell = state.cells.get(id);
        if (cell.value === after) {
            return cell.writer;
        }
    }
    return -1;
}

/** True where a write links a node behind the one that the root cell `tail` points at, so that the tail is behind. */
export function leavesTailBehind(state, names, cellId, before, after) {
    const tail = state.cells.get(names.root("tail"));
    const cell = state.cells.get(cellId);
    return (
        tail !== undefined &&
        cell !== undefined &&
        cell.node !== 0 &&
        cell.node === tail.value &&
        isObject(after) &&
        before !== after
    );
}

/**
 * True where a plain store undoes what others wrote: over a link that was already there in a reachable node, or over a
 * value that the lane has read before it was changed.
 */
export function losesWrite(state, lane, cellId, before, after) {
    const cell = state.cells.get(cellId);
    if (cell === undefined || !isShared(state, cell)) {
        return false;
    }
    if (cell.node !== 0 && before !== 0 && before !== after) {
        return true;
    }
    const local = readOf(state, lane, cellId);
    return local !== null && local.version !== cell.version;
}

/** The newest local that a lane has read from a cell, or null. */
export function readOf(state, lane, cellId) {
    let newest = null;
    for (const local of state.lanes[lane]?.locals.values() ?? []) {
        if (local.cell === cellId && (newest === null || local.sequence >= newest.sequence)) {
            newest = local;
        }
    }
    return newest;
}

function makeTest(name, names, parameter) {
    switch (name) {
        case "lost-cas":
            return (_state, _lane, site) => !isHelp(names, site);
        case "streak":
            return (state, lane, site) => !isHelp(names, site) && (state.lanes[lane]?.streak ?? 0) + 1 >= parameter;
        case "help":
            return (state, lane, site, _cell, before, after) => {
                const linker = isHelp(names, site) ? linkedBy(state, before, after) : -1;
                return linker >= 0 && linker !== lane;
            };
        case "tail-behind":
            return (state, _lane, _site, cell, before, after) => leavesTailBehind(state, names, cell, before, after);
        case "item-lost":
            return (state, lane, _site, cell, before, after) => losesWrite(state, lane, cell, before, after);
        default:
            return () => true;
    }
}

/**
 * A condition that watches records go by. It fires once; `arm` makes it ready again.
 * @implements {import("./fold.js").Watch}
 */
export class Trigger {
    /**
     * @param {string} name  one of TRIGGERS
     * @param {import("./layout.js").Layout} layout
     * @param {import("./names.js").Names} names
     * @param {number | null} parameter  for `streak`: how many
     * @throws {RangeError} where there is no such trigger, or its parameter is out of its range
     */
    constructor(name, layout, names, parameter = null) {
        const description = TRIGGERS.find((trigger) => trigger.name === name);
        if (description === undefined) {
            throw new RangeError(
                `no trigger "${name}"; there are ${TRIGGERS.map((trigger) => trigger.name).join(", ")}`,
            );
        }
        const { minimum, maximum, value } = description.parameter ?? {};
        this.parameter = description.parameter ? (parameter ?? value) : null;
        if (
            this.parameter !== null &&
            !(Number.isInteger(this.parameter) && this.parameter >= minimum && this.parameter <= maximum)
        ) {
            throw new RangeError(`the streak must be a whole number from ${minimum} to ${maximum}; got ${parameter}`);
        }
        this.name = name;
        this.kinds = new Uint8Array(256);
        for (const kind of description.kinds) {
            this.kinds[layout.kinds[kind]] = 1;
        }
        this._test = makeTest(name, names, this.parameter);
        this.arm();
    }

    /** Ready to fire. */
    arm() {
        /** Where it fired, -1 where it has not. */
        this.position = -1;
    }

    see(state, position, lane, _kind, site, cell, before, after) {
        if (this.position < 0 && this._test(state, lane, site, cell, before, after)) {
            this.position = position;
        }
    }
}
