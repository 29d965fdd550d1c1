/**
 * The boxes of processes: walls, name and number, and the ticket that is inside. As much of each is drawn as there is
 * room for when all are.
 */

import { chipItem, chipWidth } from "./beside.js";
import { SIZE } from "./metrics.js";
import { heldLock, isActive } from "./reading.js";
import { fit, textWidth } from "./text.js";

const GAP = 10;
/** With its ticket, in two lines, in one; the first that has room for all. */
const FORMS = [
    { name: "whole", w: 140, h: 98, draw: wholeLines },
    { name: "two lines", w: 126, h: 46, draw: twoLines },
    { name: "one line", w: 104, h: 26, draw: oneLine },
];
/** By how much the boxes stand lower where there is room. */
const MOST_DOWN = 44;
const TICKET = { x: 8, y: 27, h: 46 };
/** Width of the piece that has broken off. */
const BROKEN = 26;
const PAD = 8;
const WORDS = {
    idle: "between operations", waiting: "waits for the lock", delay: "injected delay", backoff: "backs off",
    frozen: "frozen", killed: "killed: SIGKILL", raised: "raised",
};
const SHORT = { idle: "", waiting: "waits", delay: "injected", backoff: "backs off", killed: "killed" };
const mono = (text) => textWidth(text, SIZE.text, { mono: true });

/**
 * @param {{ view: import("./reading.js").View, metrics: import("./metrics.js").Metrics, lanes: object[],
 *     tickets: Map<number, import("./counter.js").Ticket>, value: number, centre: number[] }} picture  `centre`: of the
 *     number, where tickets go
 * @param {{ top: number, bottom: number, left: number, right: number }} room
 * @returns {import("./stage.js").Item[]}
 */
export function layoutBoxes(picture, { top, bottom, left, right }) {
    const { form, columns, most } = chooseForm(picture, right - left, bottom - top);
    const shown = chooseLanes(picture, most);
    const rest = picture.lanes.length - shown.length;
    const places = shown.length + (rest > 0 ? 1 : 0);
    const rows = Math.max(1, Math.ceil(places / columns));
    const across = Math.ceil(places / rows);
    const spare = Math.max(0, bottom - top - rows * (form.h + GAP) + GAP);
    const start = picture.metrics.width / 2 - (across * (form.w + GAP) - GAP) / 2;
    const first = top + Math.min(MOST_DOWN, Math.round(spare * 0.3));
    const place = (index) => [
        start + (index % across) * (form.w + GAP), first + Math.floor(index / across) * (form.h + GAP),
    ];
    const items = shown.flatMap((lane, index) => boxItems(picture, lane, place(index), form));
    if (rest === 0) return items;
    const [x, y] = place(shown.length);
    const text = `+${rest} more`;
    return [...items, { key: "process:more", type: "text", at: [x + PAD, y + 17], text, face: "hole" }];
}

function chooseForm({ value, lanes }, width, height) {
    const ticket = Math.max(mono(`read ${value}`), mono(`wanted ${value}`)) + 2 * PAD + 20;
    const line = mono(`wants ${value}`) + 42;
    const short = textWidth(`→ ${value + 1}`, SIZE.small) + 46;
    const least = { whole: ticket + 2 * PAD, "two lines": line + 2 * PAD, "one line": short + 2 * PAD };
    const forms = FORMS.map((form) => ({ ...form, w: Math.max(form.w, least[form.name] ?? 0) }));
    const found = forms.map((form) => {
        const columns = Math.max(1, Math.floor((width + GAP) / (form.w + GAP)));
        return { form, columns, most: columns * Math.max(0, Math.floor((height + GAP) / (form.h + GAP))) };
    });
    const best = found.find(({ most }) => most >= lanes.length) ?? found.at(-1);
    return { ...best, most: Math.max(1, best.most) };
}

/** All of them in their order; where there is no room, the first ones and the one that was chosen. */
function chooseLanes({ lanes, view }, most) {
    if (lanes.length <= most) return lanes;
    const few = lanes.slice(0, Math.max(1, most - 1));
    const chosen = lanes.find(({ lane }) => lane === view.chosen);
    if (chosen && !few.includes(chosen)) few[few.length - 1] = chosen;
    return few;
}

function boxItems(picture, lane, [x, y], form) {
    const { view } = picture;
    const ticket = picture.tickets.get(lane.lane);
    const dead = lane.status === "killed";
    const pid = view.names.process(lane.lane);
    const box = {
        key: `process:${lane.lane}`, type: "process", lane: lane.lane, at: [x, y], w: form.w, h: form.h, dead,
        lines: form.draw({ view, lane, ticket, form, dead, pid }), hatched: lane.status === "delay",
        look: `${lane.status}${view.chosen === lane.lane ? " chosen" : ""}`,
        title: pid === null ? "" : `process ${pid}`,
    };
    const chip = chipItem(`chip:${lane.lane}`, lane.lane, x + PAD, y + 5, label(view, lane, ticket, pid), {
        look: view.chosen === lane.lane ? "chosen" : "",
    });
    if (form.name !== "whole" || !ticket) return [box, chip];
    return [box, chip, ticketItem(picture, ticket, x + TICKET.x, y + TICKET.y, form.w - 2 * PAD - (dead ? BROKEN : 0))];
}

/** The ticket goes to the number when it has won, and comes back from it when it has lost. */
function ticketItem({ centre }, { lane, read, wants, stale }, x, y, w) {
    const dead = lane.status === "killed";
    const target = [centre[0] - w / 2, centre[1] - TICKET.h / 2];
    return {
        key: `ticket:${lane.lane}`, type: "ticket", lane: lane.lane, at: [x, y], w, h: TICKET.h,
        name: "", nameWidth: 0, reads: `read ${read}`, readsWidth: mono(`read ${read}`),
        wants: wants === null ? "" : `${dead ? "wanted" : "wants"} ${wants}`, stale, losses: dead ? 0 : lane.losses,
        hatched: lane.status === "delay", look: dead ? "dead" : "",
        leave: wants === null || dead ? undefined : target,
        bounce: { id: `${lane.number}:${lane.attempts}:${lane.losses}`, to: target },
    };
}

function wholeLines({ view, lane, ticket, form, dead, pid }) {
    const end = form.w - PAD - (dead ? BROKEN - 6 : 0);
    const room = form.w - 2 * PAD - (dead ? BROKEN - 6 : 0);
    const lines = [{ look: "note", x: PAD, y: form.h - 8, text: firstThatFits(notesOf(view, lane, ticket), room) }];
    const left = PAD + chipWidth(lane.lane) + 6;
    const number = pid === null ? "" : fit(String(pid), end - left, SIZE.small, { mono: true });
    if (number) lines.push({ look: "pid", x: end, y: 18, text: number, anchor: "end" });
    return lines;
}

function twoLines({ view, lane, ticket, form, dead }) {
    const x = PAD + chipWidth(lane.lane) + 8;
    const end = form.w - PAD - (dead ? BROKEN - 8 : 0);
    const lines = [{ look: "note", x: PAD, y: 38, text: firstThatFits(notesOf(view, lane, ticket), end - PAD) }];
    const said = ticket && ticket.wants !== null && !dead ? `wants ${ticket.wants}` : "";
    if (said && mono(said) <= end - x) lines.push({ look: "wants", x, y: 18, text: said });
    return lines;
}

function oneLine({ lane, ticket, form, dead }) {
    const x = PAD + chipWidth(lane.lane) + 7;
    const text = ticket && !dead && ticket.wants !== null ? `→ ${ticket.wants}` : SHORT[lane.status] ?? lane.status;
    const room = form.w - x - PAD - (dead ? BROKEN - 8 : 0);
    return text && text !== "running" ? [{ look: "note", x, y: 18, text: fit(text, room, SIZE.small) }] : [];
}

function firstThatFits(texts, room) {
    return texts.find((text) => textWidth(text, SIZE.small) <= room) ?? fit(texts.at(-1), room, SIZE.small);
}

/** What is said of a process under its ticket, the longest first. */
function notesOf(view, lane, ticket) {
    const note = noteOf(view, lane);
    const short = note === "died with the lock" ? "had the lock" : SHORT[lane.status] ?? note;
    return ticket?.stale && lane.status === "running" ? [`stale, ${note}`, "stale"] : [note, short];
}

/** What a process does or suffers, in two or three words. */
export function noteOf(view, lane) {
    if (heldLock(view, lane.lane)) return lane.status === "killed" ? "died with the lock" : "holds the lock";
    const words = WORDS[lane.status];
    if (words) return words;
    return isActive(lane) ? view.names.operation(lane.operation)?.name ?? "" : "";
}

function label(view, lane, ticket, pid) {
    const wants = ticket && ticket.wants !== null ? `, wants ${ticket.wants}` : "";
    const said = ticket ? `read ${ticket.read}${wants}${ticket.stale ? ", stale" : ""}` : "";
    return [pid === null ? "" : `process ${pid}`, said, noteOf(view, lane)].filter(Boolean).join(", ");
}
