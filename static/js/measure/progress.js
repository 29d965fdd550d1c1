/**
 * A run that goes on: what runs now, done and left, and a row a case that fills up, its interval narrowing towards what
 * was asked. Rows are changed in place.
 */

import { h, setAttribute, setText } from "../dom.js";
import { scrolling } from "./table.js";
import { cores, figure, plural, plusMinus, span } from "./words.js";

const WIDEST = 0.5; // an interval of ± 50 % and more fills the gauge

/**
 * @param {HTMLElement} root
 * @param {{ mayCancel: boolean, cancel(): void, cores: number }} options  the cores of the machine that measures
 */
export function createProgress(root, { mayCancel, cancel, cores }) {
    return new Progress(root, mayCancel ? cancel : null, cores);
}

class Progress {
    constructor(root, cancel, machineCores) {
        Object.assign(this, { root, cores: machineCores, rows: new Map(), id: null });
        this.title = h("h2", { className: "now-title" });
        this.now = h("p", { className: "now-what" });
        this.left = h("p", { className: "now-left numbers" });
        this.bar = h("progress", { className: "now-bar", max: 1, value: 0, "aria-label": "Samples taken" });
        this.cancelling = cancel && h("button", { type: "button", className: "button", id: "cancel-run" }, "Cancel");
        this.cancelling?.addEventListener("click", cancel);
        this.body = h("tbody");
        this.table = h(
            "table",
            { className: "figures cases" },
            h("caption", { className: "visually-hidden" }, "Cases of this run, as they fill up"),
            h(
                "thead",
                {},
                h("tr", {}, ...HEADS.map(([name, className]) => h("th", { scope: "col", className }, name))),
            ),
            this.body,
        );
        root.append(
            h(
                "section",
                { className: "part now", "aria-label": "The run that goes on" },
                h(
                    "div",
                    { className: "now-head" },
                    h("div", { className: "now-words" }, this.title, this.now),
                    h("div", { className: "now-side" }, this.left, this.cancelling),
                ),
                this.bar,
                scrolling(this.table, "Cases of this run"),
            ),
        );
    }

    /** @param {object} job @param {number | null} asked precision, as a share */
    update(job, asked = null) {
        if (this.id !== job.id) this.begin(job);
        setText(this.title, `Measuring: ${[job.name || job.preset, cores(this.cores)].join(", ")}`);
        setText(this.now, job.now ? nowText(job) : "Between two samples");
        setText(this.left, `${job.done} of ${job.planned} · ${span(job.left_s)} left at most`);
        this.bar.value = job.planned > 0 ? Math.min(1, job.done / job.planned) : 0;
        setAttribute(this.bar, "aria-valuetext", `${job.done} of at least ${plural(job.planned, "sample")}`);
        const several = new Set(job.cases.map(({ interpreter }) => interpreter)).size > 1;
        job.cases.forEach((one, index) => this.row(index, one, { job, asked, several }));
        this.follow();
    }

    /** Keeps the row of what runs now in sight, unless somebody reads the others. */
    follow() {
        const place = this.table.parentElement;
        const row = this.body.querySelector("[data-now]");
        if (!row || place.matches(":hover, :focus-within, :focus")) return;
        const isAbove = row.offsetTop < place.scrollTop + row.offsetHeight; // the head covers the first line
        const isBelow = row.offsetTop + row.offsetHeight > place.scrollTop + place.clientHeight;
        if (isAbove || isBelow) place.scrollTop = row.offsetTop - place.clientHeight / 3;
    }

    begin(job) {
        this.id = job.id;
        this.rows.clear();
        this.body.replaceChildren();
        if (this.cancelling) this.cancelling.disabled = false;
    }

    cancelled() {
        if (this.cancelling) this.cancelling.disabled = true;
    }

    row(index, one, about) {
        if (!this.rows.has(index)) this.rows.set(index, this.makeRow(one));
        const row = this.rows.get(index);
        const isNow = isSame(one, about.job.now);
        setAttribute(row.element, "data-now", isNow ? "yes" : null);
        setAttribute(row.element, "data-enough", one.enough ? "yes" : null);
        setText(row.words, about.several ? `${one.words} · ${one.interpreter}` : one.words);
        setText(row.samples, one.failed > 0 ? `${one.samples} (${one.failed} failed)` : String(one.samples));
        setText(row.median, figure(one.median, one.unit));
        setText(row.width, one.median === null || one.samples < 2 ? "" : plusMinus(one.half_width));
        setText(row.state, one.unavailable ? "not here" : one.enough ? "enough" : isNow ? "now" : "");
        setAttribute(row.state, "title", one.unavailable);
        drawGauge(row, one, about.asked);
    }

    makeRow(one) {
        const cells = Object.fromEntries(
            ["words", "samples", "median", "width", "state"].map((name) => [
                name,
                h("td", { className: CLASSES[name] ?? "" }),
            ]),
        );
        const fill = h("span", { className: "gauge-fill" });
        const mark = h("span", { className: "gauge-mark", hidden: true });
        const gauge = h("span", { className: "gauge", "aria-hidden": "true" }, fill, mark);
        const kind = one.kind === "throughput" ? "" : one.kind;
        const element = h(
            "tr",
            {},
            h("td", { className: "muted" }, one.candidate.split("/")[0]),
            h("th", { scope: "row" }, one.title, kind && h("span", { className: "case-kind muted" }, ` ${kind}`)),
            cells.words,
            cells.samples,
            cells.median,
            cells.width,
            h("td", { className: "gauge-cell" }, gauge),
            cells.state,
        );
        this.body.append(element);
        return { element, fill, mark, ...cells };
    }
}

const HEADS = [
    ["Structure", ""],
    ["Candidate", ""],
    ["Workload", ""],
    ["Samples", "right"],
    ["Median", "right"],
    ["Interval", "right"],
    ["Narrowing", ""],
    ["State", ""],
];
const CLASSES = {
    samples: "right numbers",
    median: "right numbers",
    width: "right numbers",
    state: "case-state",
    words: "muted",
};

function nowText({ now, round }) {
    const parts = [now.title, now.words, now.kind === "throughput" ? null : now.kind, now.interpreter];
    return `Round ${round}: ${parts.filter(Boolean).join(", ")}`;
}

function isSame(one, now) {
    const names = ["candidate", "words", "kind", "interpreter"];
    return now !== null && now !== undefined && names.every((name) => one[name] === now[name]);
}

/** The half width as a bar that shrinks towards the mark of what was asked; square roots, or 5 % would be a hair. */
function drawGauge({ fill, mark }, one, asked) {
    const scaled = (share) => `${100 * Math.sqrt(Math.min(share, WIDEST) / WIDEST)}%`;
    const known = one.median !== null && one.samples > 1 && Number.isFinite(one.half_width);
    fill.style.width = known ? scaled(one.half_width) : "0%";
    mark.hidden = !asked;
    if (asked) mark.style.left = scaled(asked);
}
