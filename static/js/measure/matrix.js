/**
 * The matrix: structures across, implementations down. Columns and rows are chosen, what they have in common will be
 * measured, and a click on a cell leaves out that one or takes it in. A cell says whether there is such a candidate,
 * and that it cannot be measured. Tab reaches one cell, from there arrows lead to the others.
 */

import { h, setAttribute, setText } from "../dom.js";
import { chosenCandidates } from "./plan.js";

const SHORT = { dictionary: "dict" };

/**
 * @param {object} bench
 * @param {object} hooks
 * @param {(change: { structures?: string[], implementations?: string[] }) => void} hooks.change
 * @param {(candidate: object) => void} hooks.toggle
 */
export function createMatrix(bench, { change, toggle }) {
    const ways = bench.implementations.filter(({ key }) => key !== "null");
    const byKey = new Map(bench.candidates.map((candidate) => [candidate.key, candidate]));
    const boxes = { structures: new Map(), implementations: new Map() };
    const cells = new Map();
    const reasons = h("ul", { className: "matrix-reasons muted fine" });

    const box = (list, key, label) => {
        const input = h("input", { type: "checkbox", "data-key": key, id: `matrix-${list}-${key}` });
        input.addEventListener("change", () => {
            const chosen = [...boxes[list]].filter(([, { checked }]) => checked).map(([name]) => name);
            change({ [list]: chosen });
        });
        boxes[list].set(key, input);
        return h("label", { className: "matrix-label", htmlFor: input.id }, input, label);
    };
    const cell = (structure, way) => {
        const candidate = byKey.get(`${structure}/${way.key}`);
        const element = h("td", { className: "matrix-cell" }, candidate && cellContent(candidate, toggle));
        cells.set(`${structure}/${way.key}`, { element, candidate });
        return element;
    };
    const table = h(
        "table",
        { className: "matrix" },
        h("caption", { className: "visually-hidden" }, "Structures and implementations to measure"),
        h(
            "thead",
            {},
            h(
                "tr",
                {},
                h("td", {}),
                ...bench.structures.map((name) =>
                    h("th", { scope: "col" }, box("structures", name, SHORT[name] ?? name)),
                ),
            ),
        ),
        h(
            "tbody",
            {},
            ...ways.map((way) =>
                h(
                    "tr",
                    {},
                    h(
                        "th",
                        { scope: "row", title: way.title },
                        box("implementations", way.key, h("span", {}, way.key)),
                    ),
                    ...bench.structures.map((structure) => cell(structure, way)),
                ),
            ),
        ),
    );
    installArrows(table);
    const hint = h("p", { className: "muted fine" }, "A click on a cell leaves out that one, or takes it in.");
    return {
        element: h("div", { className: "matrix-place" }, table, hint, legend(ways), reasons),
        /** @param {import("./plan.js").Plan} plan */
        show(plan) {
            for (const [list, inputs] of Object.entries(boxes))
                for (const [key, input] of inputs) input.checked = plan[list].includes(key);
            const chosen = new Set(chosenCandidates(plan, bench));
            const missing = new Map();
            for (const { element, candidate } of cells.values()) {
                const isChosen = chosen.has(candidate);
                showCell(element, candidate, isChosen);
                if (candidate?.unavailable && isChosen)
                    missing.set(candidate.unavailable, [
                        ...(missing.get(candidate.unavailable) ?? []),
                        candidate.title,
                    ]);
            }
            reasons.replaceChildren(
                ...[...missing].map(([reason, titles]) =>
                    h("li", {}, `Not here: ${[...new Set(titles)].join(", ")}. ${reason}`),
                ),
            );
        },
    };
}

/** What stands behind the short names. */
function legend(ways) {
    return h(
        "details",
        { className: "matrix-legend fine" },
        h("summary", {}, "What these are"),
        h(
            "dl",
            {},
            ...ways.flatMap(({ key, title, progress }) => [h("dt", {}, key), h("dd", {}, `${title}; ${progress}`)]),
        ),
    );
}

/** A button, where there is something to choose. */
function cellContent(candidate, toggle) {
    const mark = h("span", { "aria-hidden": "true", className: "matrix-mark" });
    if (candidate.unavailable) {
        const words = `${candidate.title}: cannot be measured here`;
        return [mark, h("span", { className: "visually-hidden" }, words)];
    }
    return h(
        "button",
        { type: "button", tabIndex: -1, "aria-label": candidate.title, onclick: () => toggle(candidate) },
        mark,
    );
}

const MARKS = { unavailable: "✕", chosen: "✓", there: "·" };

function showCell(element, candidate, isChosen) {
    const state = !candidate ? "none" : candidate.unavailable ? "unavailable" : isChosen ? "chosen" : "there";
    setAttribute(element, "data-state", state);
    if (state === "none") return;
    const words = { unavailable: "cannot be measured here", chosen: "will be measured", there: "not chosen" }[state];
    setAttribute(element, "title", `${candidate.title}: ${words}`);
    setText(element.querySelector(".matrix-mark"), MARKS[state]);
    const button = element.querySelector("button");
    if (button) setAttribute(button, "aria-pressed", String(isChosen));
}

/** Arrows lead from cell to cell, over those where there is nothing; the last one is where Tab comes back to. */
function installArrows(table) {
    const buttons = [...table.querySelectorAll("button")];
    const moveTo = (button) => {
        for (const one of buttons) one.tabIndex = one === button ? 0 : -1;
    };
    if (buttons.length > 0) moveTo(buttons[0]);
    table.addEventListener("focusin", ({ target }) => buttons.includes(target) && moveTo(target));
    table.addEventListener("keydown", (event) => {
        const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
        if (!step || !buttons.includes(event.target)) return;
        event.preventDefault();
        const cell = event.target.parentElement;
        let [row, column] = [cell.parentElement.sectionRowIndex, cell.cellIndex];
        const { rows } = cell.closest("tbody");
        let next = null;
        do {
            row += step[0];
            column += step[1];
            next = rows[row]?.cells[column];
        } while (next && !next.querySelector("button"));
        next?.querySelector("button").focus();
    });
}
