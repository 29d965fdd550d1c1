/** The charts of a run or of a comparison: made when they first come, changed in place after that. */

import { onTheme } from "../theme.js";
import { ResultChart } from "./chart.js";

const idle = (run) => (globalThis.requestIdleCallback ?? setTimeout)(run);

/**
 * @param {HTMLElement} root
 * @param {import("./chart.js").Setting} setting
 */
export function createResultCharts(root, setting) {
    const shown = new Map();
    const all = () => [...shown.values()];
    // What is printed was perhaps never scrolled to.
    window.addEventListener("beforeprint", () => all().forEach((chart) => chart.show()));
    onTheme(() => all().forEach((chart) => chart.redraw()));
    return {
        /** @param {import("./chart.js").Chart[]} charts in the order in which they stand */
        update(charts) {
            const keys = new Set(charts.map(({ key }) => key));
            for (const [key, chart] of shown) {
                if (keys.has(key)) continue;
                chart.destroy();
                shown.delete(key);
            }
            charts.forEach((chart, index) => {
                if (shown.has(chart.key)) shown.get(chart.key).update(chart);
                else shown.set(chart.key, new ResultChart(chart, setting));
                const { element } = shown.get(chart.key);
                if (root.children[index] !== element) root.insertBefore(element, root.children[index] ?? null);
            });
        },
        /** Draws, when there is nothing else to do, what nobody has scrolled to: it may be printed. */
        drawRest() {
            idle(async () => {
                for (const chart of all()) {
                    await chart.show();
                    await new Promise(idle);
                }
            });
        },
        /** Draws all of them, one after the other. @returns {Promise<void>} */
        async showAll() {
            for (const chart of all()) await chart.show();
        },
        count: () => shown.size,
    };
}
