/**
 * A counter between processes: the one page that all of them share, with the number, and under it the processes, each
 * with walls of its own. What a process has read, and what it wants to make of it, is a ticket inside its walls, from
 * where it goes to the page; updates that were lost lie in a tray; a process that was killed is a broken box.
 */

import { laneName } from "../layout.js";
import { calloutHeight, layoutCallouts } from "./bands.js";
import { overwriting, tickets } from "./counter.js";
import { writerText } from "./foot.js";
import { SIZE } from "./metrics.js";
import { doorHeight, layoutDoor } from "./mutex.js";
import { layoutBoxes, noteOf } from "./process-boxes.js";
import { heldLock, integerOf, rootValue } from "./reading.js";
import { countWorkers, fit, grouped, plural, textWidth } from "./text.js";

const PAGE = { tall: { h: 100, box: 58, at: 28 }, low: { h: 62, box: 42, at: 10 } };
const DIGITS = [48, 36, 24];
const LOW = 350;
const BOX = { pad: 24, least: 130 };
const TRAY = 30;
const SQUARE = { size: 12, pitch: 17 };
const WORDS = 26;

/** @returns {import("./stage.js").Item[]} */
export function layoutProcesses(view, metrics, { inset = 0 } = {}) {
    const picture = new ProcessesPicture(view, metrics);
    return inset > 0 ? picture.page() : picture.whole();
}

class ProcessesPicture {
    constructor(view, metrics) {
        this.view = view;
        this.metrics = metrics;
        this.value = integerOf(rootValue(view, "value")) ?? 0;
        this.lanes = view.state.lanes.filter(({ status }) => status !== "stopped");
        this.tickets = new Map(tickets(view).map((ticket) => [ticket.lane.lane, ticket]));
        this.left = metrics.margin;
        this.right = metrics.width - metrics.margin;
        this.foot = metrics.height - 8 - doorHeight(view, metrics);
        this.measures = metrics.height < LOW ? PAGE.low : PAGE.tall;
        this.placeNumber();
    }

    placeNumber() {
        const { metrics, measures } = this;
        const text = grouped(this.value);
        const most = (this.right - this.left) / 2 - 2 * BOX.pad;
        const sizes = DIGITS.filter((size) => size * 1.1 <= measures.box);
        this.size = sizes.find((size) => textWidth(text, size, { mono: true }) <= most) ?? sizes.at(-1);
        const w = Math.max(BOX.least, textWidth(text, this.size, { mono: true }) + 2 * BOX.pad);
        const x = Math.round(metrics.width / 2 - w / 2);
        this.cell = { text, x, y: metrics.top + measures.at, w, h: measures.box };
        this.centre = [metrics.width / 2, this.cell.y + this.cell.h / 2];
    }

    whole() {
        const { view, metrics, left, right } = this;
        let y = metrics.top + this.measures.h;
        const items = this.page();
        if (view.entry.variant === "flawed") {
            items.push(...this.tray(y + 6));
            y += TRAY + 6;
        }
        const bottom = this.foot - calloutHeight(view);
        items.push(...this.words(y + 18), ...layoutBoxes(this, { top: y + WORDS, bottom, left, right }));
        items.push(...layoutCallouts(view, { left, right, bottom: this.foot }));
        if (doorHeight(view, metrics) > 0) items.push(...layoutDoor(view, { left, right, bottom: metrics.height - 8 }));
        return items;
    }

    // The page

    page() {
        const { cell, left, right, metrics, measures, centre } = this;
        const isLow = measures === PAGE.low;
        const room = isLow ? cell.x - left - 26 : right - left - 24;
        const label = this.pageLabels().find((text) => textWidth(text, SIZE.small) <= room) ?? "";
        return [
            {
                key: "page", type: "ground", at: [left, metrics.top], w: right - left, h: measures.h,
                look: "shared-page",
            },
            { key: "page:label", type: "text", at: [left + 12, metrics.top + 18], text: label, face: "note" },
            { key: "counter:box", type: "ground", at: [cell.x, cell.y], w: cell.w, h: cell.h, look: "cell-box" },
            {
                key: "counter:number", type: "number", at: [centre[0], centre[1] + this.size * 0.36], text: cell.text,
                look: `size-${this.size}`,
            },
            {
                key: "counter:name", type: "text", at: [cell.x - 12, centre[1] + 5], text: "value", anchor: "end",
                face: "cell-name",
            },
            ...this.writer(),
        ];
    }

    /** What is shared, the longest text first. */
    pageLabels() {
        const alive = this.lanes.filter(({ status }) => status !== "killed").length;
        const processes = countWorkers(alive);
        const isValue = this.view.entry.processes === "value";
        const what = isValue ? "multiprocessing.Value: a number in shared memory, and a lock"
            : "one page of shared memory";
        return [
            `${what}, mapped by ${processes}; nothing else is shared`, `${what}, mapped by ${processes}`,
            `${isValue ? "multiprocessing.Value" : "one page of shared memory"}, ${processes}`,
            `${isValue ? "a Value" : "one page"}, ${processes}`, isValue ? "a Value" : "one page",
        ];
    }

    writer() {
        const { view, cell } = this;
        const id = view.names.root("value");
        const text = writerText(view, id);
        if (text === null) return [];
        const swings = view.names.sites.some((site) => site?.access === "compare_and_swap");
        const cas = view.entry.variant === "lock-free" && swings && this.metrics.breadth !== "tiny";
        const said = text.replace("won", view.entry.variant === "flawed" ? "written" : swings ? "won" : "added");
        const [x, y] = [cell.x + cell.w + 14, this.centre[1] + 5];
        const room = this.right - x - (cas ? 34 : 8);
        const words = [said, said.slice(said.indexOf("by"))].find((one) => textWidth(one, SIZE.text) <= room);
        if (words === undefined) return [];
        const items = [{
            key: "writer:value", type: "text", at: [x + (cas ? 26 : 0), y], text: words, face: "label",
        }];
        if (cas) {
            const key = `won:${view.state.cells.get(id).sequence}`;
            items.push({ key, type: "mark", kind: "won", size: 18, w: 18, h: 18, at: [x, y - 14], look: "won" });
        }
        return items;
    }

    // What is between the page and the processes

    /** The updates that were lost, a square each, as far as there is room. */
    tray(y) {
        const { left, right, view } = this;
        const number = view.lost?.number ?? 0;
        const about = view.lost?.exact === false && number > 0 ? "about " : "";
        const text = number > 0 ? `${about}${plural(number, "lost update")}` : "no update is known to be lost";
        const face = number > 0 ? "alarm" : "note";
        const items = [
            { key: "tray", type: "ground", at: [left, y], w: right - left, h: TRAY - 4, look: "tray" },
            { key: "tray:text", type: "text", at: [left + 12, y + 17], text, face },
        ];
        const start = left + 12 + textWidth(text, SIZE.text, { bold: true }) + 14;
        const room = Math.max(0, Math.floor((right - start - 60) / SQUARE.pitch));
        const squares = Math.min(number, room);
        for (let index = 0; index < squares; index += 1) {
            items.push({
                key: `square:${index}`, type: "mark", kind: "lost", size: SQUARE.size, w: SQUARE.size, h: SQUARE.size,
                at: [start + index * SQUARE.pitch, y + 7], from: this.centre, look: "lost",
            });
        }
        if (number > squares && squares > 0) {
            const at = [start + squares * SQUARE.pitch + 4, y + 17];
            items.push({ key: "tray:more", type: "text", at, text: `+${grouped(number - squares)}`, face: "note" });
        }
        return items;
    }

    /** Why nobody goes on, an update that has just been lost, or tickets that want the same number. */
    words(y) {
        const room = this.right - this.left;
        const lost = overwriting(this.view);
        const dead = this.heldByTheDead(room);
        const text = dead || (lost?.text ?? this.clash(room));
        if (!text) return [];
        const key = dead ? "dead-lock" : lost ? `lost-update:${lost.lane}` : "clash";
        const face = dead ? "strong" : lost ? "alarm" : "label";
        const at = [this.metrics.width / 2, y];
        return [{ key, type: "text", at, text: fit(text, room, SIZE.text), anchor: "middle", face }];
    }

    heldByTheDead(room) {
        const dead = this.lanes.find(({ lane, status }) => status === "killed" && heldLock(this.view, lane) !== null);
        if (dead === undefined) return "";
        const name = laneName(dead.lane);
        const texts = [
            `The lock does not know that ${name} is dead: nothing gives it back, and whoever wants it waits for ever`,
            `${name} is dead, and nothing gives its lock back`, `${name} died with the lock`,
        ];
        return texts.find((text) => textWidth(text, SIZE.text, { bold: true }) <= room) ?? texts.at(-1);
    }

    clash(room) {
        const groups = new Map();
        for (const ticket of this.tickets.values()) {
            if (ticket.wants === null || ticket.lane.status === "killed") continue;
            groups.set(ticket.wants, [...(groups.get(ticket.wants) ?? []), ticket]);
        }
        const [most] = [...groups.values()].sort((one, other) => other.length - one.length);
        if (!most || most.length < 2) return "";
        const names = most.map(({ lane }) => lane.lane).sort((one, other) => one - other).map(laneName);
        const many = `${names.length} want ${most[0].wants}`;
        const both = names.length === 2;
        const who = `${names.join(both ? " and " : ", ")} ${both ? "both want" : "want"} ${most[0].wants}`;
        const fate = this.fate(most);
        const texts = [`${who}: ${fate}`, `${many}: ${fate}`, many];
        return texts.find((text) => textWidth(text, SIZE.text) <= room) ?? many;
    }

    fate([{ stale }, ...others]) {
        if (this.view.entry.variant === "flawed") return `${others.length + 1} updates may become one`;
        if (stale) return "their CAS will fail";
        return others.length === 1 ? "one will lose its CAS" : "one CAS can win";
    }
}

/** The state in words. @param {import("./reading.js").View} view */
export function describeProcesses(view) {
    const value = integerOf(rootValue(view, "value")) ?? 0;
    const read = new Map(tickets(view).map((ticket) => [ticket.lane.lane, ticket]));
    const parts = view.state.lanes.filter(({ status }) => status !== "stopped").slice(0, 8).map((lane) => {
        const pid = view.names.process(lane.lane);
        const ticket = read.get(lane.lane);
        const wants = ticket && ticket.wants !== null ? `, wants ${ticket.wants}` : "";
        const what = ticket ? `read ${ticket.read}${wants}` : noteOf(view, lane);
        return `${laneName(lane.lane)}${pid === null ? "" : ` (${pid})`} ${what}`;
    });
    const lost = (view.lost?.number ?? 0) > 0 ? ` ${plural(view.lost.number, "lost update")}.` : "";
    return `shared value ${value}; ${parts.join("; ")}.${lost}`;
}
