/**
 * Live charts of the last minute: operations a second, retry rate, retries a second of each thread. Fed by
 * `counters` (ten times a second).
 *
 * In a duel both sides stand in the same chart, the lock-free one solid, the other dashed, with their ratio.
 * Nothing moves but the data.
 */

import uPlot from "../vendor/uplot/uPlot.esm.js";
import { ChartSeries, WINDOW_S } from "./chart-series.js";
import { h, setAttribute, setText } from "./dom.js";
import { rate } from "./format.js";
import { inWorkers } from "./layout.js";
import { HUES, readPalette } from "./lane-palette.js";

const DASH = [4, 3];
/** What stands for the two sides of a duel in a figure: their lines. */
const LINES = ["─", "╌"];
const LEAST_HEIGHT = 24;
const CHARTS = [
    { key: "operations", title: "Operations a second", unit: "", columns: (side) => [side.operations] },
    { key: "retryRate", title: "Retry rate", unit: " %", columns: (side) => [side.retryRate] },
    { key: "retries", title: "Retries a thread", unit: "/s", columns: (side) => (side.attempted ? side.retries : []) },
];

/**
 * @param {HTMLElement} root
 * @param {object} context the page's context; in a duel that of the lock-free side
 * @param {{peer?: object, names?: string[]}} [options] `peer`: the context of the other side; `names`: what the
 *     sides are called
 * @returns {{render(frame: object): void, destroy(): void}}
 */
export function createCharts(root, context, { peer = null, names = ["lock-free", "mutex"] } = {}) {
    const charts = new ChartsView(root, peer === null ? [context] : [context, peer], names);
    return { render: () => {}, destroy: () => charts.destroy() };
}

class ChartsView {
    constructor(root, contexts, names) {
        this.contexts = contexts;
        this.names = names;
        this.series = new ChartSeries(contexts.length);
        this.generation = contexts[0].run?.generation ?? null;
        this.element = h("div", { className: "charts" });
        root.append(this.element);
        this.palette = readPalette(this.element);
        this.charts = CHARTS.map((description) => new Chart(this, description));
        this.listen();
        this.onRun(contexts[0].run);
    }

    listen() {
        this.restyle = () => {
            this.palette = readPalette(this.element);
            this.charts.forEach((chart) => chart.rebuild());
        };
        document.documentElement.addEventListener("themechange", this.restyle);
        this.observer = new ResizeObserver(() => this.charts.forEach((chart) => chart.resize()));
        this.observer.observe(this.element);
        this.endings = this.contexts.flatMap((context, side) => [
            context.on("counters", (counters) => this.add(side, counters)),
            context.on("run", (run) => this.onRun(run)),
            context.on("cleared", () => this.clear()),
        ]);
    }

    destroy() {
        document.documentElement.removeEventListener("themechange", this.restyle);
        this.observer.disconnect();
        this.endings.forEach((end) => end?.());
        this.charts.forEach((chart) => chart.destroy());
        this.element.remove();
    }

    add(side, counters) {
        this.series.add(side, counters);
        this.charts.forEach((chart) => chart.update());
    }

    clear() {
        this.series.clear();
        this.charts.forEach((chart) => chart.rebuild());
    }

    onRun(run) {
        if (run && this.generation !== null && run.generation !== this.generation) {
            this.clear();
        }
        this.generation = run?.generation ?? this.generation;
        const injected = (run?.knobs?.gap_share ?? 0) > 0;
        this.charts.forEach((chart) => chart.setInjected(injected));
    }
}

/** One chart: caption, figure at the right top, uPlot below. */
class Chart {
    constructor(view, description) {
        this.view = view;
        this.description = description;
        this.value = h("span", { className: "chart-value numbers" });
        this.injected = h("span", { className: "chart-injected injected", hidden: true }, "injected");
        this.plotElement = h("div", { className: "chart-plot" });
        const title = h("span", { className: "panel-title" }, inWorkers(description.title));
        const head = h("figcaption", { className: "chart-head" }, title, this.injected, this.value);
        this.element = h("div", { className: "chart", role: "img" }, head, this.plotElement);
        view.element.append(this.element);
        this.columns = -1;
        this.update();
    }

    destroy() {
        this.plot?.destroy();
    }

    setInjected(injected) {
        this.injected.hidden = !injected || this.description.key === "operations";
    }

    /** The columns of all sides, and how each is drawn. */
    layout() {
        return this.view.series.sides.flatMap((side, number) => {
            const dash = number === 1 ? DASH : undefined;
            return this.description.columns(side).map((values, lane) => ({ values, lane, dash }));
        });
    }

    rebuild() {
        this.columns = -1;
        this.update();
    }

    update() {
        const layout = this.layout();
        if (layout.length !== this.columns) {
            this.columns = layout.length;
            this.plot?.destroy();
            this.plot = new uPlot(this.options(layout), undefined, this.plotElement);
        }
        const { times } = this.view.series;
        const now = times.at(-1) ?? 0;
        this.plot.setData([times, ...layout.map(({ values }) => values)], false);
        this.plot.setScale("x", { min: Math.max(now - WINDOW_S, 0), max: Math.max(now, WINDOW_S) });
        this.sayValue();
    }

    options(layout) {
        const { palette } = this.view;
        const threads = this.description.key === "retries";
        const stroke = (lane) => (threads ? palette.hues[lane % HUES].line : palette.text);
        const line = ({ lane, dash }) => ({ stroke: stroke(lane), width: 1.25, dash, points: { show: false } });
        const axis = {
            stroke: palette.faint, font: `10px ${palette.font}`, size: 38, gap: 4, space: 22, ticks: { show: false },
            grid: { stroke: palette.line, width: 1 }, values: (_plot, values) => values.map(axisLabel),
        };
        return {
            ...this.size(), padding: [7, 2, 5, 0], legend: { show: false }, pxAlign: 0,
            cursor: { y: false, drag: { x: false, y: false }, points: { show: false }, sync: { key: "charts" } },
            scales: { x: { time: false, auto: false }, y: { range: (_plot, _least, most) => [0, this.top(most)] } },
            axes: [{ show: false }, axis],
            series: [{}, ...layout.map(line)],
            hooks: { setCursor: [() => this.sayValue()] },
        };
    }

    size() {
        const { clientWidth: width, clientHeight: height } = this.plotElement;
        return { width: Math.max(width, 60), height: Math.max(height, LEAST_HEIGHT) };
    }

    top(most) {
        return niceTop(most, this.description.unit);
    }

    resize() {
        this.plot?.setSize(this.size());
    }

    /** The newest figure, or the one under the pointer with its time. */
    sayValue() {
        const { times, sides } = this.view.series;
        const pointed = this.plot?.cursor?.idx ?? null;
        const at = (side) => valueAt(this.description.columns(side), pointed);
        const words = pointed === null ? this.current() : this.figures(sides.map(at));
        setText(this.value, pointed === null ? words : `at ${times[pointed]?.toFixed(1)} s: ${words}`);
        setAttribute(this.element, "aria-label", `${this.description.title}: ${this.current(this.view.names)}`);
    }

    current(names = LINES) {
        const { sides } = this.view.series;
        const paused = sides.every((side) => side.latest?.paused);
        const words = this.figures(sides.map((side) => valueAt(this.description.columns(side), null)), names);
        return paused && sides[0].latest !== null ? `${words} (paused)` : words;
    }

    /**
     * A figure a side, the threads' chart says the most of any thread; in a duel with each side's line and their
     * ratio.
     */
    figures(values, names = LINES) {
        const { unit, key } = this.description;
        const figure = (value) => (value === null ? "–" : `${key === "retries" ? "most " : ""}${rate(value)}${unit}`);
        if (values.length === 1) {
            return figure(values[0]);
        }
        const [one, other] = values;
        const ratio = key === "operations" && one !== null && other > 0 ? `  ratio ${(one / other).toFixed(2)}` : "";
        return `${names[0]} ${figure(one)}  ${names[1]} ${figure(other)}${ratio}`;
    }
}

/** The newest value of the columns (their greatest), or the one at an index; null where there is none. */
function valueAt(columns, index) {
    const pick = (column) => (index === null ? lastOf(column) : (column[index] ?? null));
    const values = columns.map(pick).filter((value) => value !== null);
    return values.length === 0 ? null : Math.max(...values);
}

function lastOf(column) {
    for (let index = column.length - 1; index >= 0; index -= 1) {
        if (typeof column[index] === "number") {
            return column[index];
        }
    }
    return null;
}

/** A round top of the scale, so that it holds still while the figures move a little. */
function niceTop(most, unit) {
    if (unit === " %") {
        return most > 50 ? 100 : most > 20 ? 50 : most > 8 ? 20 : 10;
    }
    const least = Math.max(most ?? 0, 1) * 1.05;
    const power = 10 ** Math.floor(Math.log10(least));
    return [1, 1.5, 2, 3, 5, 7.5, 10].map((factor) => factor * power).find((value) => value >= least);
}

function axisLabel(value) {
    const digits = (number) => String(Number(number.toPrecision(3)));
    return value >= 1000 ? `${digits(value / 1000)} k` : digits(value);
}
