/**
 * The counter: one large number, and before it the tickets of the threads: what each has read and wants to make of it.
 * Two tickets that want the same number are marked: with a CAS one of them will lose, without one an update will be
 * lost.
 */

import { laneName } from "../layout.js";
import { localState } from "../state.js";
import { calloutHeight, layoutCallouts } from "./bands.js";
import { writerText } from "./foot.js";
import { SIZE } from "./metrics.js";
import { doorHeight, layoutDoor } from "./mutex.js";
import { integerOf, isActive, isStopped, latestAccess, rootValue } from "./reading.js";
import { describeStripes, layoutStripes, stripesOf } from "./stripes.js";
import { countWorkers, fit, grouped, plural, textWidth } from "./text.js";

const BOX = { h: 96, pad: 30, least: 150 };
const DIGITS = [64, 48, 36, 24];
/** Room for the words beside the number. */
const BESIDE = 124;
const NAME = 60;
const TICKET = { h: 46, gap: 10, row: 98 };
const TICKET_WIDTH = { wide: 136, medium: 128, narrow: 122, tiny: 106 };
const FIRST_ROW = 44;
const COMFORTABLE = 380;
/** Height of the words about the number where they stand under it. */
const UNDER = 34;
const mono = (text, bold = false) => textWidth(text, SIZE.text, { mono: true, bold });

/** @typedef {{ lane: object, read: number, wants: number | null, stale: boolean, sequence: number }} Ticket */

/**
 * The tickets: those that read the same number stand together, in the order in which they read.
 * @param {import("./reading.js").View} view
 * @returns {Ticket[]}
 */
export function tickets(view) {
    const id = view.names.root("value");
    const cell = view.state.cells.get(id);
    const found = [];
    for (const lane of view.state.lanes) {
        if (!isActive(lane)) continue;
        const local = [...lane.locals.values()].find((one) => one.cell === id && integerOf(one.value) !== null);
        if (!local || (cell.writer === lane.lane && cell.sequence > local.sequence)) continue;
        const read = integerOf(local.value);
        const adds = view.names.operation(lane.operation)?.name === "increment";
        found.push({
            lane, read, wants: adds ? read + 1 : null, sequence: local.sequence,
            stale: localState(view.state, local) === "stale",
        });
    }
    return found.sort((one, other) => one.read - other.read || one.sequence - other.sequence);
}

/**
 * A store that has just overwritten somebody else's: whose, and in words; null where there is none.
 * @param {import("./reading.js").View} view
 */
export function overwriting(view) {
    const value = view.names.root("value");
    const overwritten = view.state.lanes.map((lane) => (isActive(lane) ? latestAccess(view, lane) : null))
        .filter((record) => record?.kind === view.layout.kinds.STORE && record.cell === value
            && integerOf(record.after) <= integerOf(record.before));
    if (overwritten.length === 0) return null;
    const { lane, before, after } = overwritten.reduce((one, other) => (one.position > other.position ? one : other));
    return { lane, text: `lost update: ${laneName(lane)} wrote ${integerOf(after)} over ${integerOf(before)}` };
}

/** @returns {import("./stage.js").Item[]} */
export function layoutCounter(view, metrics, { inset = 0 } = {}) {
    if (stripesOf(view).length > 0) return layoutStripes(view, metrics, inset);
    const picture = new CounterPicture(view, metrics);
    return inset > 0 ? picture.number() : picture.whole();
}

class CounterPicture {
    constructor(view, metrics) {
        this.view = view;
        this.metrics = metrics;
        this.value = integerOf(rootValue(view, "value")) ?? 0;
        this.foot = metrics.height - 8 - doorHeight(view, metrics);
        this.centre = Math.round(metrics.width / 2);
        this.top = Math.round(metrics.top + 8 + Math.max(0, metrics.height - COMFORTABLE) * 0.3);
        this.under = metrics.breadth === "tiny";
        this.ticketWidth = Math.max(TICKET_WIDTH[metrics.breadth], mono(`T32  read ${this.value}`) + 22);
    }

    whole() {
        const { view, metrics } = this;
        const right = metrics.width - metrics.margin;
        const items = [...this.number(), ...this.lostUpdate(), ...this.layoutTickets()];
        items.push(...layoutCallouts(view, { left: metrics.margin, right, bottom: this.foot }));
        if (doorHeight(view, metrics) > 0) {
            items.push(...layoutDoor(view, { left: metrics.margin, right, bottom: metrics.height - 8 }));
        }
        return items;
    }

    number() {
        const text = grouped(this.value);
        const most = this.metrics.width - 2 * ((this.under ? NAME : BESIDE) + this.metrics.margin) - 2 * BOX.pad;
        const size = DIGITS.find((candidate) => textWidth(text, candidate, { mono: true }) <= most) ?? DIGITS.at(-1);
        const width = Math.max(BOX.least, textWidth(text, size, { mono: true }) + 2 * BOX.pad);
        this.box = { x: this.centre - width / 2, y: this.top, w: width };
        const items = [
            { key: "counter:box", type: "ground", at: [this.box.x, this.top], w: width, h: BOX.h, look: "cell-box" },
            {
                key: "counter:number", type: "number", at: [this.centre, this.top + BOX.h / 2 + size * 0.36], text,
                look: `size-${size}`,
            },
            {
                key: "counter:name", type: "text", at: [this.box.x - 12, this.top + BOX.h / 2 + 5], text: "value",
                anchor: "end", face: "cell-name",
            },
        ];
        return [...items, ...this.writer(), ...this.lostTotal()];
    }

    /** Where the words about the number stand: beside it, or under it where the stage is too narrow. */
    wordsAt(line) {
        if (this.under) return [this.centre - 30, this.top + BOX.h + 18 + line * 17];
        return [this.box.x + this.box.w + 14, this.top + BOX.h / 2 + 5 + line * 22];
    }

    writer() {
        const id = this.view.names.root("value");
        const text = writerText(this.view, id);
        if (text === null) return [];
        const cas = this.view.entry.variant === "lock-free";
        const [x, y] = this.wordsAt(0);
        const said = this.view.entry.variant === "flawed" ? text.replace("won", "written") : text;
        const items = [{ key: "writer:value", type: "text", at: [x + (cas ? 26 : 0), y], text: said, face: "label" }];
        if (cas) {
            const key = `won:${this.view.state.cells.get(id).sequence}`;
            items.push({ key, type: "mark", kind: "won", size: 18, w: 18, h: 18, at: [x, y - 14], look: "won" });
        }
        return items;
    }

    /** How many increments are missing in the value. */
    lostTotal() {
        const { lost, entry } = this.view;
        if (entry.variant !== "flawed" || lost === null || lost.number <= 0) return [];
        const text = `${lost.exact ? "" : "about "}${plural(lost.number, "lost update")}`;
        return [{ key: "counter:lost", type: "text", at: this.wordsAt(1), text, face: "alarm" }];
    }

    lostUpdate() {
        const found = overwriting(this.view);
        if (found === null) return [];
        const { lane, text } = found;
        return [{
            key: `lost-update:${lane}`, type: "text",
            at: [this.centre, this.top + BOX.h + 21 + (this.under ? UNDER : 0)], text, anchor: "middle", face: "alarm",
        }];
    }

    layoutTickets() {
        const { metrics } = this;
        const pitch = this.ticketWidth + TICKET.gap;
        const columns = Math.max(1, Math.floor((metrics.width - 2 * metrics.margin + TICKET.gap) / pitch));
        const first = this.top + BOX.h + FIRST_ROW + (this.under ? UNDER : 0);
        const bottom = this.foot - calloutHeight(this.view);
        const most = Math.max(1, Math.floor((bottom - first + TICKET.row - TICKET.h - 40) / TICKET.row));
        return this.rowsOfCards(columns, most).flatMap((cards, row) => {
            const left = this.centre - (cards.length * pitch - TICKET.gap) / 2;
            const y = first + row * TICKET.row;
            const items = cards.flatMap((card, index) => this.cardItems(card, left + index * pitch, y));
            return [...items, ...this.clashes(cards, left, y, pitch)];
        });
    }

    /**
     * Tickets that want the same number stay in one row, where they fit into one; what does not fit at all is counted.
     */
    rowsOfCards(columns, most) {
        const single = tickets(this.view).map((ticket) => ({ tickets: [ticket], ...ticket }));
        const rows = packRows(single, columns);
        return rows.length <= most ? rows : packRows(this.counted(single, columns * most), columns).slice(0, most);
    }

    /** One card for all that read the same number, and a single one for the chosen thread. */
    counted(all, capacity) {
        const groups = new Map();
        for (const ticket of all) {
            const key = ticket.lane.lane === this.view.chosen ? "chosen" : ticket.read;
            const group = groups.get(key) ?? { ...ticket, tickets: [] };
            groups.set(key, group);
            group.tickets.push(ticket);
        }
        const cards = [...groups.values()];
        if (cards.length <= capacity) return cards;
        return cards.sort((one, other) => other.tickets.length - one.tickets.length).slice(0, capacity);
    }

    cardItems(card, x, y) {
        const { read } = card;
        if (card.tickets.length === 1) return [this.ticketItem(card, x, y), ...this.noteItems(card, x, y)];
        const stale = {
            key: `note:${read}`, type: "text", at: [x + 9, y + TICKET.h + 15], text: "stale", face: "note",
        };
        return [this.groupItem(card, x, y), ...(card.stale ? [stale] : [])];
    }

    ticketItem({ lane, read, wants, stale }, x, y) {
        const name = laneName(lane.lane);
        const reads = fit(`read ${read}`, this.ticketWidth - 30 - mono(name, true), SIZE.text, { mono: true });
        const key = `ticket:${lane.lane}`;
        const words = `${name} read ${read}${wants === null ? "" : `, wants ${wants}`}${stale ? ", stale" : ""}`;
        const centre = [this.centre - this.ticketWidth / 2, this.top + BOX.h - 10];
        return {
            key, type: "ticket", lane: lane.lane, at: [x, y], w: this.ticketWidth, h: TICKET.h,
            name, nameWidth: mono(name, true) + 7,
            reads, readsWidth: mono(reads), wants: wants === null ? "" : `wants ${wants}`, stale, losses: lane.losses,
            hatched: lane.status === "delay", look: lane.lane === this.view.chosen ? "chosen" : "",
            leave: wants === null ? undefined : centre,
            bounce: { id: `${lane.number}:${lane.attempts}:${lane.losses}`, to: centre },
            button: { lane: lane.lane, label: `${words}${lane.losses > 0 ? `, retry ${lane.losses}` : ""}` },
        };
    }

    noteItems({ lane, stale }, x, y) {
        const words = [
            isStopped(lane) ? lane.status : "", { delay: "injected", backoff: "backoff" }[lane.status] ?? "",
            stale ? "stale" : "",
        ];
        const text = words.filter(Boolean).join(", ");
        if (!text) return [];
        return [{ key: `note:${lane.lane}`, type: "text", at: [x + 9, y + TICKET.h + 15], text, face: "note" }];
    }

    groupItem({ tickets: group, read, wants }, x, y) {
        const lanes = group.map(({ lane }) => lane.lane).sort((one, other) => one - other);
        const next = lanes.find((lane) => lane > (this.view.chosen ?? -1)) ?? lanes[0];
        const who = lanes.map(laneName).join(", ");
        const lines = [
            { look: "line-1", x: 9, y: 18, text: `${lanes.length} read ${read}` },
            { look: "line-2", x: 9, y: 36, text: wants === null ? "" : `want ${wants}` },
        ];
        return {
            key: `tickets:${read}`, type: "panel", at: [x, y], w: this.ticketWidth, h: TICKET.h, lines, look: "group",
            button: { lane: next, label: `${countWorkers(lanes.length)} read ${read}: ${who}. Choose ${laneName(next)}` },
        };
    }

    /** Brackets under neighbours that want the same number. */
    clashes(cards, left, y, pitch) {
        const items = [];
        for (let from = 0; from < cards.length;) {
            let to = from;
            const { wants } = cards[from];
            while (to + 1 < cards.length && wants !== null && cards[to + 1].wants === wants) to += 1;
            if (to > from) items.push(...this.clashItems(
                cards.slice(from, to + 1), left + from * pitch, left + to * pitch + this.ticketWidth, y,
            ));
            from = to + 1;
        }
        return items;
    }

    clashItems(cards, x1, x2, y) {
        const count = cards.reduce((sum, card) => sum + card.tickets.length, 0);
        const who = `${count === 2 ? "both" : `all ${count}`} want ${cards[0].wants}`;
        const texts = [`${who}: ${this.fate(cards[0], count)}`, who];
        const text = texts.find((candidate) => textWidth(candidate, SIZE.text) <= x2 - x1) ?? texts[1];
        const key = `clash:${cards[0].wants}`;
        return [
            { key, type: "bracket", look: "clash", at: [x1 + 4, x2 - 4, y + TICKET.h + 26] },
            {
                key: `${key}:text`, type: "text", at: [(x1 + x2) / 2, y + TICKET.h + 41], text, anchor: "middle",
                face: "label",
            },
        ];
    }

    fate({ stale }, count) {
        const { variant } = this.view.entry;
        if (variant === "flawed") {
            const lost = stale ? count : count - 1;
            return `${lost === 1 ? "one" : lost} update${lost === 1 ? "" : "s"} will be lost`;
        }
        if (stale) return "their CAS will fail";
        return count === 2 ? "one will lose its CAS" : "one CAS can win";
    }
}

/** Cards in rows; a run of cards that want the same number is broken only where it is longer than a row. */
function packRows(cards, columns) {
    const rows = [[]];
    for (let from = 0; from < cards.length;) {
        let to = from + 1;
        while (to < cards.length && cards[to].wants === cards[from].wants) to += 1;
        if (rows.at(-1).length + to - from > columns && rows.at(-1).length > 0) rows.push([]);
        for (; from < to; from += 1) {
            if (rows.at(-1).length === columns) rows.push([]);
            rows.at(-1).push(cards[from]);
        }
    }
    return rows[0].length > 0 ? rows : [];
}

/** The state in words. @param {import("./reading.js").View} view */
export function describeCounter(view) {
    if (stripesOf(view).length > 0) return describeStripes(view);
    const value = integerOf(rootValue(view, "value")) ?? 0;
    const all = tickets(view).slice(0, 8).map(({ lane, read, wants, stale }) => (
        `${laneName(lane.lane)} read ${read}${wants === null ? "" : `, wants ${wants}`}${stale ? " (stale)" : ""}`));
    return `value ${value}${all.length > 0 ? `; ${all.join("; ")}` : ""}.`;
}

