/**
 * Snapshots: the state of memory and lanes as the message that the engine sends, and back. See docs/protocol.md.
 */

import { addNode, collect, holdPrivateNodes } from "./references.js";
import { emptyState, laneOf } from "./state.js";

/**
 * The state that a snapshot describes. Counts begin at 0; versions too, so that a change before it cannot be told.
 * @param {object} message
 * @param {import("./names.js").Names} names
 * @param {number} position  of the last record before it
 * @returns {import("./state.js").State}
 */
export function fromSnapshot(message, names, position = -1) {
    const state = Object.assign(emptyState(), { position, sequence: message.sequence, time: message.time });
    for (const { id, value, tag = -1 } of message.cells) {
        state.cells.set(id, { id, node: 0, value, version: 0, writer: -1, sequence: -1, tag });
    }
    for (const node of message.nodes) {
        readNode(state, node, names);
    }
    for (const { cell, holder, waiters } of message.locks) {
        state.locks.set(cell, { cell, holder: holder ?? -1, waiters: [...waiters] });
    }
    for (const lane of message.lanes) {
        readLane(state, lane);
    }
    for (const id of names.rootCells()) {
        if (!state.cells.has(id) && names.cell(id).kind !== "lock") {
            state.cells.set(id, { id, node: 0, value: 0, version: 0, writer: -1, sequence: -1, tag: -1 });
        }
    }
    holdPrivateNodes(state);
    collect(state);
    return state;
}

function readNode(state, row, names) {
    const { id, type, value, first, cells, owner, published, removed } = row;
    const { freed = false, retired = -1, generation = 0 } = row;
    const pooled = names.type(type)?.pooled ?? false;
    const node = addNode(state, { id, type, value, first, fields: cells.length, owner, sequence: -1, pooled });
    cells.forEach((code, index) => {
        state.cells.get(first + index).value = code;
    });
    Object.assign(node, { published, removed, freed, retired, generation });
}

function readLane(
    state,
    { lane: number, status, operation, argument, number: ordinal, attempts, losses, site, locals },
) {
    const lane = laneOf(state, number);
    Object.assign(lane, {
        status,
        operation: operation ?? -1,
        argument: argument ?? 0,
        number: ordinal,
        attempts,
        losses,
        site,
    });
    for (const [name, { value, cell }] of Object.entries(locals)) {
        lane.locals.set(name, { name, value, cell, version: 0, sequence: state.sequence });
    }
}

/** The snapshot message that describes a state; what `fromSnapshot` reads. A recording begins with one. */
export function toSnapshot(state, reason = "request") {
    return {
        type: "snapshot",
        sequence: state.sequence,
        time: state.time,
        reason,
        cells: [...state.cells.values()].filter((cell) => cell.node === 0).map(cellSnapshot),
        nodes: [...state.nodes.values()].map((node) => ({
            id: node.id,
            type: node.type,
            value: node.value,
            first: node.cells[0] ?? 0,
            cells: node.cells.map((cell) => state.cells.get(cell).value),
            owner: node.owner,
            published: node.published,
            removed: node.removed,
            ...(node.freed && node.pooled ? { freed: true } : {}),
            ...(node.generation > 0 ? { generation: node.generation } : {}),
            ...(node.retired >= 0 && node.pooled ? { retired: node.retired } : {}),
        })),
        locks: [...state.locks.values()].map(({ cell, holder, waiters }) => ({ cell, holder, waiters: [...waiters] })),
        lanes: state.lanes.map(laneSnapshot),
    };
}

function cellSnapshot({ id, value, tag }) {
    return tag < 0 ? { id, value } : { id, value, tag };
}

function laneSnapshot(lane) {
    const locals = [...lane.locals.values()].map(({ name, value, cell }) => [name, { value, cell }]);
    const { status, operation, argument, number, attempts, losses, site } = lane;
    return {
        lane: lane.lane,
        status,
        operation,
        argument,
        number,
        attempts,
        losses,
        site,
        locals: Object.fromEntries(locals),
    };
}
