/**
 * The entry of a report: the same parts as on the page of a run, in both themes, from what the file carries. Nothing is
 * asked of anybody.
 */

import { h, icon } from "./dom.js";
import { createResult } from "./measure/result.js";
import { readEmbedded } from "./player/data.js";
import { followSystem, onTheme, theme, toggleTheme } from "./theme.js";

/** @param {{ view: object, dark: Record<string, object>, version: string }} file what it carries */
async function begin({ view, dark, version }) {
    const root = document.getElementById("report");
    const result = createResult(root, { loadPlotly: async () => globalThis.Plotly, textSize: () => 12 });
    const button = themeButton();
    document.getElementById("report-tools").append(button);
    document.getElementById("report-made").textContent = `Lockfree Lab ${version}`;
    const show = () => {
        const isDark = theme() === "dark";
        const charts = view.charts.map((chart) => (isDark ? { ...chart, figure: dark[chart.key] } : chart));
        button.replaceChildren(icon(isDark ? "sun" : "moon"));
        result.update({ ...view, charts });
    };
    show();
    followSystem();
    onTheme(show);
    document.addEventListener("keydown", (event) => {
        if (event.key.toLowerCase() === "t" && !event.ctrlKey && !event.metaKey && !event.altKey) toggleTheme();
    });
    await result.charts.showAll();
    document.documentElement.dataset.ready = "yes";
}

function themeButton() {
    return h("button", {
        type: "button",
        className: "icon-button",
        id: "theme-button",
        "aria-label": "Light or dark",
        title: "Light or dark (T)",
        onclick: toggleTheme,
    });
}

readEmbedded("view").then(begin);
