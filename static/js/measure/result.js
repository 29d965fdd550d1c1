/**
 * A run: verdict, classic table, charts, troubles, all figures, environment. Changed in place while the run goes on, so
 * that nothing flickers, no zoom and no open table is lost.
 */

import { h, setAttribute, setText } from "../dom.js";
import { createResultCharts } from "./charts.js";
import { classicElement } from "./classic.js";
import { createRunHead } from "./head.js";
import { tableElement } from "./table.js";
import { verdictElements } from "./verdict.js";
import { cores, machineLine, moment } from "./words.js";

/** Names of the environment, as people read them; what is not here is not shown. */
const PLACE = [
    ["cpu", "Processor"],
    ["cores", "Cores"],
    ["system", "System"],
    ["interpreter", "Server's interpreter"],
    ["gil", "GIL"],
    ["compiler", "Compiler"],
    ["native", "Native atomics"],
    ["version", "Lockfree Lab"],
    ["commit", "Commit"],
    ["load_average_before", "Load before"],
];

/**
 * @param {HTMLElement} root
 * @param {object} options
 * @param {() => Promise<object>} options.loadPlotly
 * @param {() => number} options.textSize
 * @param {object | null} options.actions  what head.js needs; null: nothing can be done with it (a report)
 */
export function createResult(root, { loadPlotly, textSize, actions = null }) {
    let view = null;
    const setting = {
        loadPlotly,
        textSize,
        machine: () => `${machineLine(view.run)} · ${moment(view.run.date)}`,
        subject: () => view.run.id,
        part: () => `bench-${view.run.name || view.run.preset}`,
    };
    const head = createRunHead(actions);
    const sections = {
        verdict: section("verdict", "Verdict"),
        troubles: section("troubles", "What went wrong"),
        classic: section("classic", "The classic table, and this machine"),
        charts: section("charts", "Charts"),
        table: section("table", "All figures"),
        place: section("place", "Where and how it was measured"),
    };
    root.replaceChildren(head.element, ...Object.values(sections).map(({ element }) => element));
    const charts = createResultCharts(sections.charts.body, setting);
    const before = {};

    /** Rebuilds a section where what it shows has changed. */
    const show = (name, data, build) => {
        const key = JSON.stringify(data);
        if (before[name] === key) return;
        before[name] = key;
        const content = build(data);
        sections[name].element.hidden = content.length === 0;
        sections[name].body.replaceChildren(...content);
    };
    return {
        charts,
        /** @param {object} found the view of a run */
        update(found) {
            view = found;
            const { run } = found;
            setAttribute(root, "data-running", run.running ? "yes" : null);
            head.show(run, found.again);
            // Of a few rounds nothing can be said, and words that change are read by nobody.
            show("verdict", run.running ? [] : found.verdict, verdictElements);
            show("troubles", found.troubles, troubleElements);
            show("classic", found.classic, (classic) => (classic?.rows.length ? [classicElement(classic)] : []));
            show("table", found.table, (table) => (table.rows.length ? [allFigures(table, run)] : []));
            setText(sections.table.heading, `All figures: ${placeOf(run)}`);
            show("place", [run.environment, run.settings, run.interpreters, run.ended], () => [placeElement(run)]);
            sections.charts.element.hidden = found.charts.length === 0;
            charts.update(found.charts);
            if (!run.running) charts.drawRest();
            setAttribute(root, "data-run", run.id);
        },
    };
}

/** What stands by every figure. */
function placeOf({ environment, interpreters = [] }) {
    const several = interpreters.length > 1 ? `${interpreters.length} interpreters` : interpreters[0];
    return [cores(environment.cores), several].filter(Boolean).join(", ");
}

function section(name, title) {
    const body = h("div", { className: `part-body ${name}-body` });
    const heading = h("h2", { className: "part-title", id: `part-${name}` }, title);
    const element = h(
        "section",
        { className: `part part-${name}`, "aria-labelledby": heading.id, hidden: true },
        heading,
        body,
    );
    return { element, body, heading };
}

function troubleElements(troubles) {
    if (troubles.length === 0) return [];
    const kinds = [
        ["failed: ", "Failed samples", "fault"],
        ["not measured: ", "Not measured", ""],
    ];
    const others = troubles.filter((text) => !kinds.some(([start]) => text.startsWith(start)));
    const lists = kinds.map(([start, title, kind]) => {
        const found = troubles.filter((text) => text.startsWith(start)).map((text) => text.slice(start.length));
        return found.length > 0 && troubleList(title, found, kind);
    });
    return [...lists, others.length > 0 && troubleList("Other", others, "")].filter(Boolean);
}

function troubleList(title, texts, kind) {
    return h(
        "div",
        { className: `trouble ${kind}` },
        h("h3", {}, `${title}: ${texts.length}`),
        h("ul", { className: "bullets" }, ...texts.map((text) => h("li", {}, text))),
    );
}

function allFigures(table, run) {
    const label = `All figures, ${cores(run.environment.cores)}`;
    const legend = "A median stands with the interval that holds it with 95 %; “?” marks too few samples for that.";
    return h("div", {}, tableElement(table, { caption: label }), h("p", { className: "muted fine" }, legend));
}

function placeElement(run) {
    const rows = PLACE.filter(([name]) => run.environment[name] !== undefined && run.environment[name] !== "").map(
        ([name, title]) => [title, placeText(name, run.environment[name])],
    );
    const { settings } = run;
    if (settings.budget_s !== undefined) {
        const precision = settings.precision
            ? `until every interval is within ±${+(100 * settings.precision).toFixed(2)} %`
            : "";
        rows.push(["Stopped", [precision, `at most ${settings.budget_s} s`].filter(Boolean).join(", ")]);
    }
    const others = (run.interpreters ?? []).map((one) => (typeof one === "string" ? one : one.title));
    if (others.length > 0) rows.splice(3, 0, ["Measured on", [...new Set(others)].join(", ")]);
    return h(
        "div",
        { className: "place-columns" },
        h(
            "dl",
            { className: "place-list" },
            ...rows.flatMap(([title, text]) => [h("dt", {}, title), h("dd", {}, text)]),
        ),
        h("ul", { className: "bullets method" }, ...METHOD.map((text) => h("li", {}, text))),
    );
}

function placeText(name, value) {
    if (name === "gil") return value ? "on" : "off";
    return Array.isArray(value) ? value.join(", ") : String(value);
}

/** What every figure rests on; the help says more of it. */
export const METHOD = [
    "A sample is one fresh process, warmed up. Candidates take turns, so that all of them see the same weather.",
    "A figure is the median of its samples; its interval holds the true median with 95 %, from order statistics.",
    "A ratio compares neighbours of the same round. It is a difference only where its whole interval lies beyond 1.",
    "Throughput and latency are separate samples: two clock reads would cost more than many of the operations.",
];
