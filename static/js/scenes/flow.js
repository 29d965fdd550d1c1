/**
 * The aggregate picture, for rates at which single accesses cannot be seen: won and lost CASes a second as opposed bars
 * at the pointer, the depth as a gauge with the band that it stayed in.
 */

import { layoutCallouts } from "./bands.js";
import { SIZE } from "./metrics.js";
import { doorHeight, layoutDoor } from "./mutex.js";
import { isCounter } from "./reading.js";
import { grouped, textWidth } from "./text.js";

const BAR = 26;
const GAUGE = 18;
const STEPS = [1, 2, 5, 10];

/** The next round number above: 1, 2 or 5 times a power of ten. */
export function niceMaximum(value) {
    const power = 10 ** Math.floor(Math.log10(Math.max(1, value)));
    return STEPS.map((step) => step * power).find((candidate) => candidate >= value) ?? 10 * power;
}

/**
 * @param {import("./reading.js").View} view
 * @param {import("./metrics.js").Metrics} metrics
 * @param {object} flow  as in a Frame
 * @returns {import("./stage.js").Item[]}
 */
export function layoutFlow(view, metrics, flow) {
    const bottom = metrics.height - 8;
    const right = metrics.width - metrics.margin;
    const items = [...barItems(view, metrics, flow), ...gaugeItems(view, metrics, flow)];
    items.push(...layoutCallouts(view, { left: metrics.margin, right, bottom: bottom - doorHeight(view, metrics) }));
    if (doorHeight(view, metrics) > 0) items.push(...layoutDoor(view, { left: metrics.margin, right, bottom }));
    return items;
}

/** What the two bars show: attempts where there is a CAS, operations where there is a mutex. */
export function barsOf(view, { won, lost, operations, seconds }) {
    const perSecond = (count) => (seconds > 0 ? count / seconds : 0);
    if (won + lost > 0) return { right: perSecond(won), left: perSecond(lost), said: "won" };
    return { right: perSecond(operations), left: 0, said: "operations" };
}

function barItems(view, metrics, flow) {
    const { right, left, said } = barsOf(view, flow);
    const centre = metrics.width / 2;
    const oval = { w: 84, h: 44 };
    const y = Math.round(metrics.height * 0.26);
    const room = centre - oval.w / 2 - metrics.margin - 12;
    const most = niceMaximum(Math.max(right, left, 1));
    const length = (value) => Math.max(1, (value / most) * room);
    const [startX, endX] = [centre + oval.w / 2 + 8, centre - oval.w / 2 - 8];
    const bars = [
        {
            key: "flow:cell", type: "cell", at: [centre - oval.w / 2, y], ...oval,
            name: isCounter(view.entry) ? "value" : "head",
        },
        { key: "flow:won", type: "bar", look: "won", at: [startX, y + (oval.h - BAR) / 2, length(right)], h: BAR },
        ...labelItems("flow:won", said === "won" ? "won" : "", rateText(right, said, room), startX, y - 26, "start"),
    ];
    if (said !== "won") return bars;
    const share = right + left > 0 ? (100 * left) / (right + left) : 0;
    return [
        ...bars,
        {
            key: "flow:lost", type: "bar", look: "lost",
            at: [endX - length(left), y + (oval.h - BAR) / 2, length(left)], h: BAR,
        },
        ...labelItems("flow:lost", "lost", rateText(left, "lost", room), endX, y - 26, "end"),
        {
            key: "flow:share", type: "text", at: [centre, y + oval.h + 26],
            text: `${share.toFixed(share < 10 ? 1 : 0)} % lost`, anchor: "middle", face: "label",
        },
    ];
}

function rateText(value, said, room) {
    const text = `${grouped(value)} ${said} a second`;
    return textWidth(text, SIZE.text) + 24 <= room ? text : `${grouped(value)} ${said}/s`;
}

function labelItems(key, kind, text, x, y, anchor) {
    const icon = kind ? 24 : 0;
    const width = textWidth(text, SIZE.text);
    const items = [{
        key: `${key}:text`, type: "text", at: [anchor === "start" ? x + icon : x, y + 13], text, anchor, face: "label",
    }];
    if (kind) {
        const iconX = anchor === "start" ? x : x - width - 24;
        items.push({ key: `${key}:icon`, type: "mark", kind, size: 16, w: 16, h: 16, at: [iconX, y], look: kind });
    }
    return items;
}

function gaugeItems(view, metrics, { depth, depthMin, depthMax }) {
    const counter = isCounter(view.entry);
    const [x, width] = [metrics.margin, metrics.width - 2 * metrics.margin];
    const y = Math.round(metrics.height * 0.58);
    const most = niceMaximum(Math.max(depthMax, 10));
    const at = (value) => x + (Math.max(0, value) / most) * width;
    const label = `${counter ? "value" : "depth"} ${grouped(depth)}`;
    const band = `${grouped(depthMin)} to ${grouped(depthMax)} in the last half second`;
    const scale = { type: "text", face: "note" };
    return [
        { key: "flow:gauge", type: "bar", look: "gauge", at: [x, y, width], h: GAUGE },
        {
            key: "flow:band", type: "bar", look: "band",
            at: [at(depthMin), y, Math.max(2, at(depthMax) - at(depthMin))], h: GAUGE,
        },
        { key: "flow:depth", type: "bar", look: "needle", at: [at(depth) - 1.5, y - 4, 3], h: GAUGE + 8 },
        { key: "flow:depth:text", type: "text", at: [x, y - 14], text: label, face: "cell-name" },
        {
            key: "flow:depth:band", type: "text", at: [x + textWidth(label, SIZE.cell, { mono: true }) + 16, y - 14],
            text: band, face: "note",
        },
        { ...scale, key: "flow:scale:0", at: [x, y + GAUGE + 18], text: "0" },
        { ...scale, key: "flow:scale:1", at: [x + width, y + GAUGE + 18], text: grouped(most), anchor: "end" },
    ];
}

/** In words, for the description. */
export function describeFlow(view, flow) {
    const { right, left, said } = barsOf(view, flow);
    const sums = {
        won: `${grouped(right)} CASes won and ${grouped(left)} lost`,
        operations: `${grouped(right)} operations`,
    };
    return `${sums[said]} a second; ${isCounter(view.entry) ? "value" : "depth"} ${grouped(flow.depth)}.`;
}
