/**
 * Every exact count of every thread, in a dialog that goes on counting while it is open.
 *
 * The figures are the engine's own counters, whatever the view shows.
 */

import { chip, h, setText } from "./dom.js";
import { openDialog } from "./dialogs.js";
import { count, percent } from "./format.js";
import { inWorkers, workerWord } from "./layout.js";

const COLUMNS = [
    ["ops", "Operations that have returned", (row) => count(row.operations)],
    ["attempts", "Decisive CAS attempts", (row) => count(row.attempts)],
    ["won", "Decisive CAS attempts that were won", (row) => count(row.wins)],
    ["retries", "Decisive CAS attempts that were lost", (row) => count(row.losses)],
    ["rate", "Retries ÷ attempts", (row) => percent(row.attempts ? row.losses / row.attempts : 0)],
    ["streak", "Most retries in a row", (row) => count(row.longest_streak)],
    ["help", "CAS attempts on behalf of others, and how many of them were won", (row) => helped(row)],
    ["in", "Items put in", (row) => count(row.in)],
    ["out", "Items taken out", (row) => count(row.out)],
    ["empty", "Removals that found nothing", (row) => count(row.empty)],
    ["backed off", "Time spent in backoff", (row) => milliseconds(row.backoff_us)],
    ["injected", "Delay injected between load and CAS", (row) => milliseconds(row.delay_us)],
];

const helped = (row) => (row.help ? `${count(row.help)} · ${count(row.help_won)} won` : "0");
const milliseconds = (us) => `${count(us / 1000)} ms`;

/**
 * @param {object} context
 * @returns {{ element: HTMLElement, destroy(): void }} a button that opens the table
 */
export function createCounts(context) {
    let latest = null;
    let table = null;
    const open = () => {
        table = createTable();
        if (latest !== null) table.show(latest);
        const options = { className: "counts-dialog", onClose: () => (table = null) };
        openDialog(inWorkers("Counts of each thread"), table.element, [], options);
    };
    const element = h(
        "button",
        { type: "button", className: "counts-open", "aria-haspopup": "dialog", onclick: open },
        inWorkers("by thread"),
    );
    element.title = inWorkers("All counts of every thread, exact");
    const off = context.on("counters", (message) => {
        latest = message;
        table?.show(message);
    });
    return { element, destroy: () => off?.() };
}

function createTable() {
    const head = h(
        "tr",
        {},
        h("th", { scope: "col" }, workerWord()),
        ...COLUMNS.map(([label, title]) => h("th", { scope: "col", title }, label)),
    );
    const body = h("tbody", {});
    const fairness = h("p", { className: "muted" }, "Nothing has been counted yet.");
    const rows = new Map();
    const rowOf = (key, first) => {
        if (!rows.has(key)) {
            const cells = COLUMNS.map(() => h("td", { className: "numbers" }));
            const row = h("tr", { className: key === "all" ? "counts-all" : "" }, first, ...cells);
            rows.set(key, { row, cells });
            body.append(row);
        }
        return rows.get(key);
    };
    const fill = ({ cells }, figures) => COLUMNS.forEach(([, , text], index) => setText(cells[index], text(figures)));
    return {
        element: h(
            "div",
            { className: "counts" },
            h("table", { className: "counts-table" }, h("thead", {}, head), body),
            fairness,
        ),
        show({ lanes, totals }) {
            for (const lane of lanes) fill(rowOf(lane.lane, h("th", { scope: "row" }, chip(lane.lane, false))), lane);
            const all = rowOf("all", h("th", { scope: "row" }, "all"));
            fill(all, totals);
            body.append(all.row);
            setText(fairness, `Jain's fairness index of the operations: ${totals.fairness.toFixed(3)}.`);
        },
    };
}
