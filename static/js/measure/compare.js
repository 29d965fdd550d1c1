/** Runs beside each other: what differs around them, every case with its ratio, charts with both. */

import { h, setText } from "../dom.js";
import { onTheme, theme } from "../theme.js";
import { createResultCharts } from "./charts.js";
import { titleOf } from "./head.js";
import { scrolling } from "./table.js";
import { cores, figure, moment, plural, sentence } from "./words.js";

/** @param {import("./shell.js").Shell} shell */
export function createComparePage(shell) {
    return new ComparePage(shell).begin();
}

class ComparePage {
    constructor(shell) {
        const query = new URLSearchParams(location.search);
        Object.assign(this, { shell, found: null });
        this.ids = (query.get("runs") ?? "").split(",").filter(Boolean);
        this.all = query.get("all") === "1";
        this.build();
    }

    async begin() {
        Object.assign(this.shell.on, {
            retry: () => this.load(),
            toHistory: () => location.assign("/measure/history"),
            dismiss: (name) => this.shell.states.hide(name),
        });
        onTheme(() => this.load());
        if (this.ids.length > 1) return this.load();
        this.shell.states.hide("loading");
        return this.shell.states.show("chooseTwo");
    }

    build() {
        this.runs = h("ol", { className: "compared-runs" });
        this.differences = h("ul", { className: "bullets" });
        this.same = h("p", { className: "muted" });
        this.switch = h("input", { type: "checkbox", role: "switch", checked: !this.all, id: "only-changed" });
        this.switch.addEventListener("change", () => {
            this.all = !this.switch.checked;
            const query = `?runs=${this.ids.join(",")}${this.all ? "&all=1" : ""}`;
            this.shell.showAddress(query);
            this.load();
        });
        this.count = h("p", { className: "muted", role: "status" });
        this.table = h("div", { className: "changes" });
        this.chartPlace = h("div", { className: "part-body charts-body" });
        this.charts = createResultCharts(this.chartPlace, {
            loadPlotly: this.shell.loadPlotly,
            textSize: this.shell.textSize,
            machine: () =>
                this.found.runs.map((run) => `${nameOf(run)}: ${cores(run.cores)}, ${run.interpreter}`).join(" · "),
            subject: () => this.ids.join(),
            part: () => "bench-comparison",
        });
        const part = (title, ...content) =>
            h("section", { className: "part" }, h("h2", { className: "part-title" }, title), ...content);
        this.chartPart = part("Charts", this.chartPlace);
        this.place = h(
            "div",
            { className: "compare-place", hidden: true },
            h("h1", { className: "page-title" }, "Comparison"),
            this.runs,
            part("What is not the same around them", this.same, this.differences),
            part(
                "Ratios to the first run",
                h(
                    "div",
                    { className: "changes-head" },
                    h(
                        "label",
                        { className: "check-line", htmlFor: "only-changed" },
                        this.switch,
                        "only what changed beyond noise",
                    ),
                    this.count,
                ),
                this.table,
            ),
            this.chartPart,
        );
        this.shell.place("result").replaceChildren(this.place);
    }

    async load() {
        const { states, client } = this.shell;
        const answer = await client.compare(this.ids, this.all, theme());
        states.hide("serverGone", "noRun", "notComparable", "historyBroken", "loading");
        if (!answer.ok) {
            this.fail(answer.error);
            return;
        }
        this.found = answer.value;
        this.place.hidden = false;
        this.show();
    }

    fail({ status, message }) {
        const { states } = this.shell;
        if (status === 0) states.show("serverGone");
        else if (status === 404) states.show("noRun", { message });
        else if (status === 409 || status === 422) states.show("notComparable", { message });
        else states.show("historyBroken", { message });
        if (status !== 0) this.place.hidden = true;
    }

    show() {
        const { runs, differences, changes, charts } = this.found;
        this.runs.replaceChildren(...runs.map(runElement));
        this.differences.replaceChildren(...differences.map((text) => h("li", {}, sentence(text))));
        setText(
            this.same,
            differences.length > 0
                ? "A ratio may come from these, and not from the code:"
                : "Machine, interpreter, compiler and commit are the same.",
        );
        const beyond = changes.filter(({ others }) => others.some((other) => other?.beyond_noise)).length;
        setText(
            this.count,
            this.all
                ? `${beyond} of ${plural(changes.length, "case")} changed beyond noise`
                : beyond === 0
                  ? ""
                  : `${plural(beyond, "case")} changed beyond noise`,
        );
        const quiet = this.all
            ? "These runs have no measured case in common."
            : "Nothing changed beyond noise. Switch it off to see every case.";
        this.table.replaceChildren(changes.length > 0 ? changesTable(changes, runs) : h("p", {}, quiet));
        this.chartPart.hidden = charts.length === 0;
        this.charts.update(charts);
        this.charts.drawRest();
    }
}

function runElement(run, index) {
    return h(
        "li",
        {},
        h("a", { href: `/measure/runs/${run.id}` }, nameOf(run)),
        h("span", { className: "muted" }, ` ${moment(run.date)} · ${cores(run.cores)} · ${run.interpreter}`),
        index === 0 && h("span", { className: "tag" }, "first"),
    );
}

function changesTable(changes, runs) {
    const [first, ...others] = runs;
    const heads = ["Structure", "Candidate", "Workload", `First: ${headOf(first)}`];
    const table = h(
        "table",
        { className: "figures changes-table" },
        h("caption", { className: "visually-hidden" }, "Ratios to the first run"),
        h(
            "thead",
            {},
            h(
                "tr",
                {},
                ...heads.map((text, index) => h("th", { scope: "col", className: index > 2 ? "right" : "" }, text)),
                ...others.flatMap((run) => [
                    h("th", { scope: "col", className: "right divide" }, headOf(run)),
                    h("th", { scope: "col", className: "right" }, "Ratio"),
                    h("th", { scope: "col" }, "Says"),
                ]),
            ),
        ),
        h("tbody", {}, ...changes.map((change) => changeRow(change))),
    );
    return scrolling(table, "Ratios to the first run");
}

function changeRow({ candidate, title, words, unit, figure: name, first, others }) {
    return h(
        "tr",
        {},
        h("td", { className: "muted" }, candidate.split("/")[0]),
        h("th", { scope: "row" }, title),
        h("td", { className: "muted case-words" }, name === "ops_per_s" ? words : `${words}: ${name}`),
        h("td", { className: "right" }, span(first, unit)),
        ...others.flatMap((other) => otherCells(other, unit, name)),
    );
}

function otherCells(other, unit, name) {
    if (!other)
        return [
            h("td", { className: "right divide muted" }, "–"),
            h("td", { className: "right" }),
            h("td", { className: "says muted" }, "not measured"),
        ];
    const { interval, ratio, beyond_noise: isBeyond } = other;
    const isMore = ratio.median > 1;
    const isBetter = isMore === (name === "ops_per_s");
    const says = isBeyond ? `${isMore ? "▲" : "▼"} ${isBetter ? "better" : "worse"}` : "within noise";
    return [
        h("td", { className: "right divide" }, span(interval, unit)),
        h(
            "td",
            { className: `right${isBeyond ? " strong" : ""}` },
            `${ratio.median.toFixed(2)} (${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)})`,
        ),
        h("td", { className: `says ${isBeyond ? "strong" : "muted"}` }, says),
    ];
}

function span({ median, low, high }, unit) {
    return h(
        "span",
        {},
        figure(median, unit),
        h("span", { className: "muted interval" }, ` ${figure(low, unit)} to ${figure(high, unit)}`),
    );
}

/** The number of cores stands by every figure. */
function headOf(run) {
    return `${nameOf(run)}, ${cores(run.cores)}`;
}

function nameOf(run) {
    return run.name || `${titleOf(run)}, ${moment(run.date)}`;
}
