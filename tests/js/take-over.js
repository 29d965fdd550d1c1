/** Takes moments of a recorded run over into Step, and says what was shown at each. */

import { isActive, rootValue, walk } from "../../static/js/scenes/reading.js";
import { readRing } from "../../static/js/scenes/ring-reading.js";
import { takeOver, Unsteppable } from "../../static/js/step-from-here.js";
import { Model } from "../../static/js/model.js";
import { layout } from "./machine.js";

const MOMENTS = 20;

/**
 * @param {{names: object[], snapshots: object[], records: string}} trace  records in base 64, from sequence number 0
 * @param {object} entry  of the catalog
 * @returns {{query: object, inside: string[], active: number}[]}  `inside`: the values, as the structure iterates
 */
export function takeOverAt({ names, snapshots, records }, entry) {
    const model = new Model(layout, { clock: () => 0, requestFrame: () => 1, cancelFrame: () => {} });
    names.forEach((message) => model.take(message));
    model.take(snapshots[0]);
    model.take({
        type: "batch",
        first: 0,
        bytes: Uint8Array.from(atob(records), (character) => character.charCodeAt(0)),
    });
    const { timeline, history } = model;
    const context = { layout, names: model.names, timeline, history, entry };
    return Array.from({ length: MOMENTS }, (_, index) => {
        const position = Math.floor((timeline.last * (index + 1)) / (MOMENTS + 1));
        const state = timeline.seek(position);
        return { query: query(context, position), inside: inside(context, state), active: active(model, state, position) };
    });
}

function query(context, position) {
    try {
        return takeOver(context, position);
    } catch (error) {
        if (!(error instanceof Unsteppable)) throw error;
        return { error: error.message };
    }
}

function inside({ names, entry }, state) {
    const view = { names, state, entry };
    const valueOf = (id) => names.value(state.nodes.get(id).value);
    const cells = (node) => node.cells.map((cell) => names.value(state.cells.get(cell).value));
    const chain = () => walk(view, rootValue(view, "head")).ids.map(valueOf);
    const shown = {
        counter: () => [names.value(rootValue(view, "value"))],
        stack: chain,
        queue: () => chain().slice(1),
        map: () => inOrder(view, rootValue(view, "root")).map(valueOf),
        state: () => {
            const node = state.nodes.get(rootValue(view, "state"));
            const [holder] = node.cells.map((cell) => state.nodes.get(state.cells.get(cell).value));
            return holder ? cells(holder) : [...valueOf(node.id).matchAll(/=(\d+)/g)].map(([, value]) => value);
        },
        accounts: () => {
            const pair = state.nodes.get(rootValue(view, "balances"));
            return pair ? cells(pair) : ["left", "right"].map((name) => names.value(rootValue(view, name)));
        },
        ring: () => readRing(view).slots.map(({ value }) => names.value(value)),
    };
    return shown[entry.family]();
}

function inOrder(view, id) {
    const node = view.state.nodes.get(id);
    if (!node) return [];
    const [left, right] = node.cells.map((cell) => inOrder(view, view.state.cells.get(cell).value));
    return [...left, id, ...right];
}

/**
 * How many threads are in the middle of an operation: some access of it is done and another is to come. A step takes
 * what is thread-local with the access before it, so an operation that has merely begun, or merely not returned, is not.
 */
function active({ history }, state, position) {
    return state.lanes.filter((lane) => isActive(lane) && !isAt(history, position, lane.lane)).length;
}

/** Whether the lane's operation has only begun, or has only to return. */
function isAt(history, position, lane) {
    const { BEGIN, END } = layout.kinds;
    let before = position;
    while (history.laneAt(before) !== lane || isBeside(history.kindAt(before))) before -= 1;
    let after = position + 1;
    while (after <= history.last && (history.laneAt(after) !== lane || isBeside(history.kindAt(after)))) after += 1;
    return history.kindAt(before) === BEGIN || (after <= history.last && history.kindAt(after) === END);
}

const isBeside = (kind) => kind === layout.kinds.DELAY || kind === layout.kinds.BACKOFF;
