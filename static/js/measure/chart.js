/**
 * One chart: the server's figure drawn by Plotly, its data table beneath, and the buttons that hand it out. The same in
 * the page and in a report that somebody opens from disk.
 *
 * What must hold: what is zoomed stays zoomed when figures come in; nothing is drawn before it can be seen, and whoever
 * cannot see it has the words and the table.
 */

import { h, setAttribute, setText } from "../dom.js";
import { blobOf, download, fileName } from "../downloads.js";
import { csvOf, tableElement } from "./table.js";

const CONFIG = {
    displayModeBar: false,
    displaylogo: false,
    responsive: true,
    showSendToCloud: false,
    plotlyServerURL: "",
    doubleClick: "reset",
};
const HEIGHT = 380;
const WIDEST = 34; // letters of an axis's title
const TOP = 30;
const LEGEND_Y = -0.3; // under the axis's title; a figure with another height has its own
const PICTURE = { width: 1200, height: 720, scale: 2 };
const NEAR = "300px";
const AXIS = /^[xy]axis\d*$/;

/**
 * @typedef {object} Chart
 * @property {string} key
 * @property {string} title
 * @property {string} words  what a screen reader is told
 * @property {{ data: object[], layout: object }} figure
 * @property {import("./table.js").Table} table
 *
 * @typedef {object} Setting  what charts have in common
 * @property {() => Promise<object>} loadPlotly
 * @property {() => string} machine  the line under a picture's title: machine, cores, interpreter, date
 * @property {() => string} part  what a file is called
 * @property {() => string} subject  what is drawn: as long as it is the same, what is zoomed stays zoomed
 * @property {() => number} textSize
 */
export class ResultChart {
    /** @param {Chart} chart @param {Setting} setting */
    constructor(chart, setting) {
        Object.assign(this, {
            setting,
            chart: null,
            drawn: null,
            wanted: false,
            plotly: null,
            queue: Promise.resolve(),
        });
        this.title = h("h3", { className: "chart-title" });
        this.where = h("p", { className: "chart-where muted" });
        this.plot = h("div", { className: "chart-picture", role: "img" });
        this.note = h("p", { className: "chart-note", role: "status" }, "Drawing …");
        this.body = h("div", { className: "chart-data" });
        this.reset = button("Reset zoom", () => this.resetZoom());
        this.reset.hidden = true;
        this.tools = h(
            "div",
            { className: "chart-tools", role: "group" },
            this.reset,
            button("PNG", () => this.savePicture("png")),
            button("SVG", () => this.savePicture("svg")),
            button("CSV", () => this.saveTable()),
        );
        this.element = h(
            "section",
            { className: "result-chart", "data-chart": chart.key },
            h(
                "div",
                { className: "chart-head" },
                h("div", { className: "chart-words" }, this.title, this.where),
                this.tools,
            ),
            h("div", { className: "chart-place" }, this.note, this.plot),
            h("details", { className: "chart-table" }, h("summary", {}, "Data table"), this.body),
        );
        this.update(chart);
        this.observer = new IntersectionObserver(
            (entries) => entries.some(({ isIntersecting }) => isIntersecting) && this.show(),
            { rootMargin: NEAR },
        );
        this.observer.observe(this.element);
    }

    /** New figures of the same chart. @param {Chart} chart */
    update(chart) {
        const before = this.chart;
        this.chart = chart;
        setText(this.title, chart.title);
        setText(this.where, whereOf(chart));
        setAttribute(this.plot, "aria-label", chart.words);
        setAttribute(this.tools, "aria-label", `Export: ${chart.title}`);
        if (JSON.stringify(before?.table) !== JSON.stringify(chart.table))
            this.body.replaceChildren(tableElement(chart.table, { caption: `Data of the chart: ${chart.title}` }));
        if (this.wanted && JSON.stringify(before?.figure) !== JSON.stringify(chart.figure)) this.draw();
    }

    /** Draw it, if it is not drawn. @returns {Promise<void>} */
    show() {
        if (!this.wanted) {
            this.wanted = true;
            this.draw();
        }
        return this.queue;
    }

    /** After the page's text has become larger or smaller. */
    redraw() {
        if (this.wanted) this.draw();
    }

    draw() {
        this.queue = this.queue.then(() => this.react()).catch((error) => this.fail(error));
    }

    async react() {
        this.plotly ??= await this.setting.loadPlotly();
        if (!this.element.isConnected) return;
        await this.plotly.react(this.plot, this.chart.figure.data, this.layout(), CONFIG);
        if (this.drawn === null) {
            this.drawn = true;
            this.plot.on("plotly_relayout", (changed) => this.noticeZoom(changed));
            setAttribute(this.plot, "data-drawn", "yes");
        }
        this.note.hidden = true;
    }

    layout() {
        const { layout } = this.chart.figure;
        const height = layout.height ?? HEIGHT;
        return {
            ...layout,
            ...axesOf(layout, this.setting.textSize() - 1),
            title: undefined, // it stands above, where it wraps and can be read by everybody
            margin: { ...layout.margin, t: TOP },
            legend: { ...layout.legend, y: height === HEIGHT ? LEGEND_Y : layout.legend?.y, font: { size: 11 } },
            height: height - 20,
            autosize: true,
            uirevision: this.setting.subject(),
            font: { ...layout.font, size: this.setting.textSize() },
        };
    }

    noticeZoom(changed) {
        const names = Object.keys(changed);
        if (names.some((name) => name.includes(".range"))) this.reset.hidden = false;
        if (names.some((name) => name.includes(".autorange"))) this.reset.hidden = true;
    }

    async resetZoom() {
        const { layout } = this.chart.figure;
        const places = Object.keys(layout)
            .filter((name) => AXIS.test(name))
            .map((name) => [`${name}.autorange`, layout[name].autorange ?? true]);
        await this.plotly.relayout(this.plot, Object.fromEntries(places));
        this.reset.hidden = true;
        this.plot.closest("section").querySelector("button:not([hidden])")?.focus();
    }

    fail(error) {
        this.note.hidden = false;
        this.note.classList.add("bad");
        setText(this.note, `No picture: ${error.message}. The figures stand in the data table.`);
    }

    async savePicture(format) {
        await this.show();
        if (this.plotly === null) return;
        const { data, layout } = this.chart.figure;
        const figure = { data, layout: pictureLayout(layout, this.chart, this.setting.machine()) };
        const size = { ...PICTURE, height: Math.max(PICTURE.height, (layout.height ?? 0) + 160) };
        const address = await this.plotly.toImage(figure, { format, ...size });
        download(blobOf(address), this.fileName(format));
    }

    saveTable() {
        const text = `\uFEFF${csvOf(this.chart.table)}`; // with the mark, or spreadsheets take µ for two letters
        download(new Blob([text], { type: "text/csv;charset=utf-8" }), this.fileName("csv"));
    }

    fileName(ending) {
        return fileName({ structure: this.setting.part() }, ending, this.chart.key);
    }

    destroy() {
        this.observer.disconnect();
        if (this.plotly) this.plotly.purge(this.plot);
        this.element.remove();
    }
}

/** The axes with titles that fit a small picture. */
function axesOf(layout, size) {
    const axes = Object.entries(layout).filter(([name]) => AXIS.test(name));
    return Object.fromEntries(
        axes.map(([name, axis]) => {
            const text = axis.title?.text ?? "";
            const title = { ...axis.title, text: name[0] === "y" ? wrapped(text) : text, font: { size }, standoff: 8 };
            return [name, { ...axis, title }];
        }),
    );
}

/** In lines that a small picture has room for. */
function wrapped(text) {
    const lines = [""];
    for (const word of text.split(" ")) {
        if (lines.at(-1) && lines.at(-1).length + word.length >= WIDEST) lines.push(word);
        else lines.push(`${lines.pop()} ${word}`.trim());
    }
    return lines.join("<br>");
}

/** With what a picture needs to stand alone: title, machine, legend. */
function pictureLayout(layout, chart, machine) {
    const margin = { ...layout.margin, l: 90, r: 40, t: 130 };
    // No markup with a style: the page's policy forbids it.
    const subtitle = { text: [whereOf(chart), machine].map(escaped).join("<br>"), font: { size: 14 } };
    return {
        ...layout,
        width: undefined,
        height: undefined,
        margin,
        showlegend: layout.showlegend ?? true,
        font: { ...layout.font, size: 15 },
        title: {
            text: escaped(chart.title),
            subtitle,
            x: 0.02,
            xanchor: "left",
            y: 0.96,
            yanchor: "top",
            font: { size: 20, weight: 700 },
        },
    };
}

/** What is the same for all of it: interpreter, cores, threads. */
function whereOf({ figure }) {
    const text = figure.layout.title?.subtitle?.text ?? "";
    return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&"); // it is escaped for Plotly
}

/** Plotly reads a little markup in its texts. */
function escaped(text) {
    return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function button(label, onclick) {
    return h("button", { type: "button", className: "button quiet", onclick }, label);
}
