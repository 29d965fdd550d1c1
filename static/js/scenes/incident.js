/**
 * The inset in which one whole incident (load, loss, retry, win) is replayed slowly, while the structure beside it runs
 * on too fast to follow.
 */

import { laneName } from "../layout.js";
import { SIZE } from "./metrics.js";
import { straight, throughChannel } from "./routes.js";
import { fit, grouped, textWidth } from "./text.js";

const PAD = 14;
const HEAD = 30;
const LINE = 17;
const BOX = { w: 62, h: 32, gap: 22 };
const MOST_LINES = 6;
const LIST = 250;
const WITH_PICTURE = 440;
/** Height of the inset. */
export const INSET = HEAD + MOST_LINES * LINE + 12;

/** @typedef {{ records: object[], index: number, number: number, of: number }} Incident */

/**
 * What the incident is about: its cell, the thread that lost, and what stood in the cell, record by record.
 * @param {Incident} incident
 * @param {import("../layout.js").Layout} layout
 */
export function readIncident({ records, index }, layout) {
    const { kinds } = layout;
    const loss = records.find(({ kind }) => kind === kinds.CAS_LOST);
    const cell = (loss ?? records[0]).cell;
    const victim = (loss ?? records[0]).lane;
    const about = records.filter((record) => record.cell === cell && layout.isAccess[record.kind]);
    const passed = about.filter((record) => records.indexOf(record) <= index);
    const values = [];
    for (const record of passed.length > 0 ? passed : about.slice(0, 1)) {
        for (const value of [record.before, valueAfter(record, kinds)]) if (!values.includes(value)) values.push(value);
    }
    const now = passed.length > 0 ? valueAfter(passed.at(-1), kinds) : about[0]?.before ?? 0;
    const read = passed.findLast((record) => record.lane === victim && record.kind === kinds.LOAD);
    return { cell, victim, about, values, now, read: read?.before, current: passed.length - 1 };
}

/** The value in the cell once the record has happened: a lost CAS leaves what it saw. */
function valueAfter(record, kinds) {
    return record.kind === kinds.LOAD || record.kind === kinds.CAS_LOST ? record.before : record.after;
}

/**
 * @param {import("./reading.js").View} view
 * @param {Incident} incident
 * @param {{ left: number, right: number, top: number }} room
 * @returns {import("./stage.js").Item[]}
 */
export function layoutIncident(view, incident, { left, right, top }) {
    const reading = readIncident(incident, view.layout);
    const width = right - left;
    const title = `${grouped(incident.number)} of ${grouped(incident.of)}`;
    const titleWidth = textWidth(title, SIZE.text, { bold: true });
    const lines = [
        { look: "line-1", x: PAD, y: 20, text: title },
        {
            look: "line-2", x: PAD + titleWidth + 12, y: 20,
            text: fit("an incident, replayed slowly", width - titleWidth - 2 * PAD - 12, SIZE.small),
        },
    ];
    const drawn = width >= WITH_PICTURE;
    const list = drawn ? Math.min(LIST, width * 0.5) : width - PAD;
    return [
        { key: "inset", type: "ground", look: "inset", at: [left, top], w: width, h: INSET, lines },
        ...(drawn ? pictureItems(view, reading, left + PAD, top + HEAD, width - list - 2 * PAD) : []),
        ...stepItems(view, reading, right - list, top + HEAD, list - PAD),
    ];
}

/** The cell, the values it takes, and the flag of the thread that lost on what it read. */
function pictureItems(view, { cell, victim, values, now, read }, left, top, width) {
    const name = view.names.cellName(view.state, cell);
    const ovalWidth = Math.max(58, textWidth(name, 13, { mono: true }) + 22);
    const y = top + 40;
    const middle = y + BOX.h / 2;
    const start = left + ovalWidth;
    const most = Math.max(1, Math.floor((width - ovalWidth - 16) / (BOX.w + BOX.gap)));
    const shown = lastOf(values, most, [now, read]);
    const boxX = (index) => start + 36 + index * (BOX.w + BOX.gap);
    const items = [
        { key: "inset:cell", type: "cell", look: "small", at: [left, y + 2], w: ovalWidth, h: BOX.h - 4, name },
    ];
    shown.forEach((value, index) => {
        const text = fit(view.names.value(value), BOX.w - 8, SIZE.text, { mono: true });
        const lines = [{ look: "value-small", x: BOX.w / 2, y: BOX.h / 2 + 4.5, text, anchor: "middle" }];
        items.push({
            key: `inset:value:${value}`, type: "panel", look: `value-box${value === now ? " first" : ""}`,
            at: [boxX(index), y], w: BOX.w, h: BOX.h, lines,
        });
    });
    const at = shown.indexOf(now);
    items.push({
        key: "inset:link", type: "link", look: "pointer",
        at: at === 0 ? straight(start, middle, boxX(0) - 3, middle)
            : throughChannel(left + ovalWidth / 2, y + BOX.h - 2, y + BOX.h + 20, boxX(at) + BOX.w / 2, y + BOX.h + 3),
    });
    const readAt = shown.indexOf(read);
    if (readAt >= 0) items.push(flagItem(victim, read !== now, boxX(readAt), y));
    return items;
}

function lastOf(values, most, needed) {
    if (values.length <= most) return values;
    const kept = new Set(needed.filter((value) => value !== undefined));
    for (const value of [...values].reverse()) if (kept.size < most) kept.add(value);
    return values.filter((value) => kept.has(value));
}

function flagItem(lane, stale, x, y) {
    const name = laneName(lane);
    const laneWidth = textWidth(name, SIZE.text, { mono: true, bold: true });
    const readWidth = textWidth("read", SIZE.text, { mono: true });
    const pieces = [
        { kind: "lane", x: 6, text: name },
        { kind: "name", x: 6 + laneWidth + 5, text: "read", state: stale ? "stale" : "fresh", w: readWidth },
    ];
    return {
        key: "inset:flag", type: "flag", lane, at: [x, y - 32], w: 6 + laneWidth + 5 + readWidth + 6, h: 22, pole: 10,
        poleX: 6, pieces,
    };
}

function stepItems(view, { about, current }, left, top, width) {
    const from = Math.max(0, Math.min(current - MOST_LINES + 2, about.length - MOST_LINES));
    return about.slice(from, from + MOST_LINES).map((record, offset) => {
        const index = from + offset;
        const face = index === current ? "step now" : index < current ? "step" : "step later";
        return {
            key: `inset:step:${index}`, type: "text", at: [left, top + 12 + offset * LINE], face,
            text: fit(`${index === current ? "▸ " : "  "}${stepText(view, record)}`, width, SIZE.text),
        };
    });
}

/** `T2 lost: expected n6, saw n9`. */
export function stepText(view, record) {
    const { kinds } = view.layout;
    const who = laneName(record.lane);
    const value = (code) => view.names.value(code);
    switch (record.kind) {
        case kinds.LOAD: return `${who} reads ${value(record.before)}`;
        case kinds.CAS_LOST: return `${who} loses: expected ${value(record.aux)}, saw ${value(record.before)}`;
        case kinds.CAS_WON: return `${who} wins: ${value(record.before)} becomes ${value(record.after)}`;
        default: return `${who} writes ${value(record.after)}`;
    }
}
