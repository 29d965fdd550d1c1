/**
 * The lanes: what every thread did over time, on one canvas, with the playhead.
 *
 * What must hold:
 * - Only what is visible is drawn, and a crowded lane is drawn as columns of pixels, so a frame costs the same at
 *   any rate.
 * - Nothing is drawn while nothing changes. While the run goes on and the window follows it, time runs between
 *   records too.
 * - Whatever hovering shows, a tap and the keys show as well.
 */

import { chip, h, hueClass, setAttribute, setText, threadName } from "./dom.js";
import { count } from "./format.js";
import { LaneActions } from "./lane-actions.js";
import { AXIS_HEIGHT, LaneCanvas } from "./lane-canvas.js";
import { RunClock, feedIndex, heldLimits } from "./lane-feed.js";
import { describeTotals, totalsBetween } from "./lane-hit.js";
import { LaneIndex } from "./lane-index.js";
import { attachInput } from "./lane-input.js";
import { byRetries, layRows } from "./lane-rows.js";
import { createTimeAxis, roundTo } from "./time-axis.js";

const RECORDS_A_FRAME = 60_000;
/** A live window moves a pixel or two in this time: nobody sees more. What a person's hand moves follows at once. */
const LIVE_EVERY_MS = 30;
const FLOW_EVERY_MS = 65; // strips move by a few pixels a second then; painting them costs more than all the rest
const SORT_EVERY_MS = 1000;
const SUMMARY_EVERY_MS = 250;
const NOTHING = { operations: 0, attempts: 0, losses: 0 };
/** Where the playhead stands while a replay moves it along. */
const REPLAY_SHARE = 0.85;

/**
 * @param {HTMLElement} root
 * @param {object} context the page's context (docs/frontend.md)
 * @param {{axis?: import("./time-axis.js").TimeAxis, title?: string}} [options] `axis`: one that several lanes share
 * @returns {{render(frame: object): void, destroy(): void, axis: import("./time-axis.js").TimeAxis}}
 */
export function createLanes(root, context, { axis = createTimeAxis(), title = "Lanes" } = {}) {
    const lanes = new LanesView(root, context, axis, title);
    return { render: (frame) => lanes.render(frame), destroy: () => lanes.destroy(), axis };
}

class LanesView {
    constructor(root, context, axis, title) {
        this.context = context;
        this.axis = axis;
        this.index = new LaneIndex(context.layout.kinds, (site) => context.names.site(site)?.decisive !== false);
        this.clock = new RunClock();
        this.frame = null;
        this.order = [];
        this.chosen = new Set();
        this.sorted = null;
        this.unsorted = false;
        this.retries = [];
        this.generation = context.run?.generation ?? null;
        /** How far the lanes are scrolled; asking the element in every frame would lay out the page. */
        this.scrolled = 0;
        this.sortedAt = -Infinity;
        this.paintedAt = -Infinity;
        this.summedAt = -Infinity;
        this.build(root, title, context);
        this.actions = new LaneActions(this);
        this.listen();
        this.resize();
    }

    build(root, title, context) {
        this.title = title;
        this.canvas = h("canvas", { className: "lanes-canvas", tabIndex: 0, role: "img" });
        this.painter = new LaneCanvas(this.canvas, this.axis, context.names);
        this.labels = h("div", { className: "lanes-labels" });
        this.tip = h("div", { className: "lanes-tip", hidden: true });
        this.totals = h("span", { className: "lanes-totals numbers" });
        const button = (label, name, press) =>
            h("button", { type: "button", className: "button quiet", "aria-label": name, title: name, onclick: press },
                label);
        this.sortButton = button("by retries", "Sort the lanes by retries", () => this.toggleSort());
        this.unitButton = button("time", "Axis: time. Change to records", () => this.toggleUnit());
        const tools = [
            this.sortButton, ...(this.axis.moments.only ? [] : [this.unitButton]),
            button("−", "Zoom out", () => this.axis.zoom(1.6)), button("+", "Zoom in", () => this.axis.zoom(1 / 1.6)),
            button("fit", "Fit: show everything that is kept", () => this.fit()),
        ];
        const field = h("div", { className: "lanes-field" }, this.canvas);
        this.scroller = h("div", { className: "lanes-scroll scroll" }, this.labels, field);
        const head = h("div", { className: "lanes-head" }, h("span", { className: "panel-title" }, title), this.totals,
            h("div", { className: "lanes-tools" }, ...tools));
        this.element = h("div", { className: "lanes" }, head, this.scroller, this.tip);
        root.append(this.element);
        this.painter.restyle();
    }

    listen() {
        this.restyle = () => {
            this.painter.restyle();
            this.schedule();
        };
        document.documentElement.addEventListener("themechange", this.restyle);
        this.observer = new ResizeObserver(() => this.resize());
        this.observer.observe(this.scroller);
        this.endings = [
            this.axis.onChange((byItself) => (byItself ? this.schedule() : this.hurry())),
            attachInput(this.canvas, this.axis, this.actions),
            this.context.on("counters", (counters) => this.hear(counters)),
            this.context.on("run", (run) => this.onRun(run)),
            this.context.on("cleared", () => this.clear()),
            this.context.on("ended", () => this.clock.stop()),
            this.context.on("select", (selection) => this.onSelect(selection)),
        ];
        this.scroller.addEventListener("scroll", () => {
            this.scrolled = this.scroller.scrollTop;
            this.hurry();
        });
        this.canvas.addEventListener("focus", () => this.schedule());
        this.canvas.addEventListener("blur", () => this.actions.leave());
    }

    destroy() {
        cancelAnimationFrame(this.request);
        clearTimeout(this.later);
        this.observer.disconnect();
        document.documentElement.removeEventListener("themechange", this.restyle);
        this.axis.release(this);
        for (const end of this.endings) {
            end?.();
        }
        this.element.remove();
    }

    /** Takes a frame: records that came, where the playhead is. */
    render(frame) {
        const before = this.frame;
        this.frame = frame;
        if (this.axis.mode === "follow" && frame.mode !== "live") {
            this.axis.mode = "free";
        }
        if (frame.mode === "live" && before !== null && before.mode !== "live") {
            this.axis.followNewest();
        } else if (frame.mode !== "live" && before !== null && frame.position !== before.position) {
            this.showPlayhead(frame, before);
        }
        this.schedule();
    }

    showPlayhead(frame) {
        const at = this.playhead(frame);
        const edge = this.axis.from + this.axis.span * REPLAY_SHARE;
        if (frame.mode === "replay" && at > edge && at < this.axis.to && this.axis.mode !== "fit") {
            this.axis.setWindow(this.axis.from + at - edge, this.axis.to + at - edge);
        }
        this.axis.reveal(at, frame.mode === "replay" ? REPLAY_SHARE : 0.5);
    }

    playhead(frame) {
        return this.axis.unit === "time" ? (frame.time ?? frame.state.time) : frame.position;
    }

    hear(counters) {
        this.clock.hear(counters, performance.now());
        this.retries = counters.lanes.map((lane) => lane.losses);
        this.unsorted = true;
        this.schedule();
    }

    onRun(run) {
        if (this.generation !== null && run !== null && run.generation !== this.generation) {
            this.clear();
        }
        this.generation = run?.generation ?? this.generation;
        this.schedule();
    }

    /** Everything known is void: a new generation, another run, a recording. */
    clear() {
        this.index.clear();
        this.clock.reset();
        this.frame = null;
        this.retries = [];
        this.axis.mode = this.axis.moments.home;
        this.schedule();
    }

    onSelect(selection) {
        const lane = typeof selection === "number" ? selection : null;
        this.chosen = new Set(lane === null ? [] : [lane]);
        this.actions.cursor.lane = lane ?? this.actions.cursor.lane;
        this.schedule();
    }

    resize() {
        const width = this.scroller.clientWidth - this.labels.clientWidth;
        this.room = { width: Math.max(width, 40), height: Math.max(this.scroller.clientHeight, 40) };
        this.schedule();
    }

    schedule() {
        this.request ??= requestAnimationFrame((now) => {
            this.request = null;
            this.paint(now);
        });
    }

    /** The next animation frame paints, however short ago the last one did. */
    hurry() {
        this.urgent = true;
        this.schedule();
    }

    /** What must not happen now (a sum, a new order) happens soon, even if nothing else does. */
    scheduleLater() {
        this.later ??= setTimeout(() => {
            this.later = null;
            this.schedule();
        }, SUMMARY_EVERY_MS);
    }

    paint(now) {
        const every = this.frame?.regime === "flow" ? FLOW_EVERY_MS : LIVE_EVERY_MS;
        if (this.frame?.mode === "live" && !this.urgent && now - this.paintedAt < every) {
            this.schedule();
            return;
        }
        this.paintedAt = now;
        this.urgent = false;
        const { history } = this.context;
        const caughtUp = feedIndex(this.index, history, RECORDS_A_FRAME);
        const time = this.clock.read(now);
        this.axis.hold(this, heldLimits(this.index, history, time));
        this.arrange(now);
        this.painter.paint({
            index: this.index, laid: this.laid, base: this.base(),
            playhead: this.frame === null ? null : this.playhead(this.frame),
            cursor: document.activeElement === this.canvas ? this.actions.cursor : null,
        });
        this.summarise(now);
        const running = this.clock.goesOn(now) && this.axis.mode !== "free" && !this.context.prefers?.reducedMotion;
        if (!caughtUp || running) {
            this.schedule();
        }
    }

    /** Where the lanes end and the axis begins, in pixels of the canvas. */
    base() {
        return Math.min(this.laid.height, this.scrolled + this.room.height - AXIS_HEIGHT);
    }

    /** Orders the lanes, gives each its row, and sets labels and canvas to it. */
    arrange(now) {
        const lanes = Math.max(this.index.lanes.length, this.frame?.state.lanes.length ?? 0);
        const compact = layRows([...Array(lanes).keys()], this.chosen, this.room.height - AXIS_HEIGHT).compact;
        const sorted = this.sorted ?? compact;
        const due = this.unsorted && sorted;
        if (this.order.length !== lanes || this.wasSorted !== sorted || (due && now - this.sortedAt > SORT_EVERY_MS)) {
            this.order = byRetries(lanes, sorted ? (lane) => this.retries[lane] ?? 0 : () => 0);
            this.sortedAt = now;
            this.wasSorted = sorted;
            this.unsorted = false;
        } else if (due) {
            this.scheduleLater();
        }
        this.sortButton.setAttribute("aria-pressed", String(sorted));
        this.laid = layRows(this.order, this.chosen, this.room.height - AXIS_HEIGHT);
        this.layLabels();
        this.painter.resize(this.room.width, Math.max(this.laid.height + AXIS_HEIGHT, this.room.height));
        this.labels.style.height = this.canvas.style.height;
    }

    layLabels() {
        while (this.labels.children.length < this.laid.rows.length) {
            const lane = this.labels.children.length;
            this.labels.append(h("div", { className: `lanes-label ${hueClass(lane)}` }, chip(lane)));
        }
        while (this.labels.children.length > this.laid.rows.length) {
            this.labels.lastElementChild.remove();
        }
        for (const [place, row] of this.laid.rows.entries()) {
            const label = this.labels.children[row.lane];
            const style = labelPlace(row, place);
            if (label.dataset.place !== style) {
                label.dataset.place = style;
                label.style.cssText = style;
                label.classList.toggle("compact", !row.large);
            }
            label.classList.toggle("chosen", this.chosen.has(row.lane));
            label.classList.toggle("behind-axis", row.top + row.height > this.base());
        }
    }

    toggleSort() {
        this.sorted = !(this.sorted ?? this.laid.compact);
        this.schedule();
    }

    toggleUnit() {
        this.axis.setUnit(this.axis.unit === "time" ? "position" : "time");
        this.schedule();
    }

    fit() {
        this.axis.showAll();
    }

    /** What is in view, in words: at once beside the title, for screen readers when things rest. */
    summarise(now) {
        if (now - this.summedAt < SUMMARY_EVERY_MS) {
            this.scheduleLater();
            return;
        }
        this.summedAt = now;
        const { from, to, unit } = this.axis;
        const each = this.index.lanes.map((lane) => totalsBetween(lane, from, to, unit));
        const sum = (name) => each.reduce((total, lane) => total + lane[name], 0);
        const totals = { operations: sum("operations"), attempts: sum("attempts"), losses: sum("losses") };
        const words = describeTotals(totals);
        setText(this.totals, `in view: ${words}`);
        const [shown, other] = unit === "time" ? ["time", "records"] : ["records", "time"];
        setText(this.unitButton, shown);
        setAttribute(this.unitButton, "aria-label", `Axis: ${shown}. Change to ${other}`);
        if (this.axis.mode !== "follow" || !this.clock.goesOn(now)) {
            setAttribute(this.canvas, "aria-label", this.describe(each, words));
        }
    }

    /** The canvas in words. */
    describe(each, words) {
        const { axis } = this;
        const place = (value) => {
            const at = Math.max(value, 0);
            return axis.unit === "time" ? axis.moments.moment(roundTo(at, axis.span / 1000)) : `record ${count(at)}`;
        };
        const ofLane = (lane) => `${threadName(lane)} ${describeTotals(each[lane] ?? NOTHING)}`;
        const most = this.order.slice(0, 8).map(ofLane);
        const more = this.order.length > most.length ? `; and ${this.order.length - most.length} more` : "";
        const head = this.frame === null ? "" : ` Playhead at ${place(this.playhead(this.frame))}.`;
        if (this.order.length === 0) {
            return `${this.title}: nothing recorded yet`;
        }
        const stretch = `${this.title} from ${place(axis.from)} to ${place(axis.to)}`;
        return `${stretch}: ${words}. ${most.join("; ")}${more}.${head}`;
    }
}

/** A lane's label beside it. Low lanes have theirs in two columns, each twice as high as the lane. */
function labelPlace(row, place) {
    const [top, height] = row.large ? [row.top, row.height] : [row.top - row.height / 2, row.height * 2];
    return `top:${top}px;height:${height}px;left:${!row.large && place % 2 === 1 ? "50%" : "0"}`;
}
