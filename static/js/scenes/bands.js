/**
 * What stands at the foot of every scene: callouts for threads that will not go on by themselves.
 */

import { laneName, workerWord } from "../layout.js";
import { SIZE } from "./metrics.js";
import { heldLock, stoppedLanes } from "./reading.js";
import { claimedSlot } from "./ring-reading.js";
import { countWorkers, fit, plural, textWidth, wrap } from "./text.js";

const LINE = 16;
const PAD = 10;
/** Width of a callout where there is no more room. */
export const NARROWEST = 244;
const WIDEST = 330;
const GAP = 12;
/** Height of the band with callouts. */
export const CALLOUTS = 56;
const LOW = 26;
const POSITIONS = { 1: "before its CAS", 2: "holding the mutex" };

/** Threads that get a callout: all that are stopped, but for one inside the mutex, of which the door tells. */
function toldHere(view) {
    return stoppedLanes(view).filter((lane) => heldLock(view, lane.lane) === null);
}

/** @param {import("./reading.js").View} view */
export function calloutHeight(view) {
    return toldHere(view).length > 0 ? CALLOUTS + 8 : 0;
}

/**
 * @param {import("./reading.js").View} view
 * @param {{ left: number, right: number, bottom: number, low?: boolean }} room  `low`: there is room for one line
 * @returns {import("./stage.js").Item[]}
 */
export function layoutCallouts(view, { left, right, bottom, low = false }) {
    const stopped = toldHere(view);
    if (stopped.length === 0) return [];
    const capacity = Math.max(1, Math.floor((right - left + GAP) / (NARROWEST + GAP)));
    stopped.sort(
        (one, other) => Number(other.lane === view.chosen) - Number(one.lane === view.chosen) || one.lane - other.lane,
    );
    const single = stopped.length > capacity ? stopped.slice(0, capacity - 1) : stopped;
    const rest = stopped.slice(single.length);
    const count = single.length + (rest.length > 0 ? 1 : 0);
    const width = Math.min(WIDEST, (right - left - GAP * (count - 1)) / count);
    const x = (index) => right - (count - index) * (width + GAP) + GAP;
    const y = bottom - (low ? LOW : CALLOUTS);
    const items = single.map((lane, index) => calloutItem(view, lane, x(index), y, width));
    if (rest.length > 0) items.push(restItem(rest, single.length > 0, x(single.length), y, width));
    return low ? items.map(withOneLine) : items;
}

function withOneLine(item) {
    return { ...item, h: LOW, lines: item.lines.filter(({ y }) => y <= LINE + 2) };
}

function calloutItem(view, lane, x, y, width) {
    const name = laneName(lane.lane);
    const room = width - 2 * PAD;
    const nameWidth = textWidth(name, SIZE.text, { bold: true }) + 6;
    const [first, ...more] = wrapAfter(whatHappened(view, lane), nameWidth, room);
    const fate = othersFate(view, lane);
    const texts = [first, ...more, ...wrap(fate, room, SIZE.small, 3 - 1 - more.length)];
    const lines = texts.map((text, index) => ({
        look: index <= more.length ? "line-1" : "line-2", x: index === 0 ? PAD + nameWidth : PAD,
        y: 18 + index * LINE, text,
    }));
    lines.unshift({ look: "lane", x: PAD, y: 18, text: name });
    return {
        key: `callout:${lane.lane}`, type: "panel", lane: lane.lane, at: [x, y], w: width, h: CALLOUTS, lines,
        look: `callout${lane.status === "raised" ? " fault" : ""}`,
        button: { lane: lane.lane, label: `${name} ${whatHappened(view, lane)} ${fate}` },
    };
}

/** Wraps a text whose first line begins after something else: at most two lines. */
function wrapAfter(text, indent, room) {
    const [first] = wrap(text, room - indent, SIZE.text);
    const rest = text.slice(first.length).trim();
    return rest ? [first, fit(rest, room, SIZE.text)] : [first];
}

/** `frozen inside pop, before its CAS.` */
export function whatHappened(view, lane) {
    const operation = view.names.operation(lane.operation)?.name;
    const inside = operation ? `inside ${operation}` : "between two operations";
    if (lane.status === "raised") return `raised ${inside}: ${faultText(view, lane)}`;
    const where = heldLock(view, lane.lane) ? POSITIONS[2] : POSITIONS[lane.position];
    return `${lane.status} ${inside}${where && operation ? `, ${where}` : ""}.`;
}

function faultText(view, lane) {
    const { history, layout, state } = view;
    const isFault = (record) => record?.kind === layout.kinds.FAULT && record.lane === lane.lane;
    if (isFault(state.last)) return view.names.bareText(state.last.cell);
    if (!history || lane.last < history.first || lane.last > history.last) return "an exception.";
    const record = history.read(lane.last);
    return isFault(record) ? view.names.bareText(record.cell) : "an exception.";
}

/** What its stop means to the others. */
export function othersFate(view, lane) {
    const lock = heldLock(view, lane.lane);
    if (lock && lock.waiters.length === 0) return "Whoever comes next waits.";
    if (lock) return `${countWorkers(lock.waiters.length)} waiting for its mutex.`;
    const slot = claimedSlot(view, lane);
    if (slot) return `Whoever comes to slot ${slot.index} waits for it.`;
    const others = view.state.lanes.some(
        (other) => other.lane !== lane.lane && !["stopped", "frozen", "killed", "raised"].includes(other.status),
    );
    if (!others) return "Nobody else is running.";
    const since = view.since.get(lane.lane);
    return since === undefined ? "The others go on." : `The others go on: ${plural(since, "operation")} since.`;
}

function restItem(rest, isMore, x, y, width) {
    const names = rest.map(({ lane }) => laneName(lane)).join(", ");
    const fault = rest.some(({ status }) => status === "raised");
    const lines = [
        { look: "line-1", x: PAD, y: 18, text: `${rest.length} ${isMore ? "more" : workerWord(rest.length)} stopped` },
        { look: "line-2", x: PAD, y: 18 + LINE, text: fit(names, width - 2 * PAD, SIZE.small) },
    ];
    return {
        key: "callout:rest", type: "panel", at: [x, y], w: width, h: CALLOUTS, lines,
        look: `callout${fault ? " fault" : ""}`,
        button: {
            lane: rest[0].lane, label: `${rest.length}${isMore ? " more" : ""} ${workerWord(2)} are stopped: ${names}`,
        },
    };
}
