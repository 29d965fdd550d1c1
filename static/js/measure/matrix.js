/**
 * The matrix: structures across, implementations down. Rows and columns are chosen, as the server takes them; a cell
 * says whether there is such a candidate, whether it will be measured, and why it cannot be.
 */

import { h, setAttribute } from "../dom.js";

const SHORT = { dictionary: "dict" };

/**
 * @param {object} bench
 * @param {(change: { structures?: string[], implementations?: string[] }) => void} change
 */
export function createMatrix(bench, change) {
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
        const element = h("td", { className: "matrix-cell" });
        const candidate = byKey.get(`${structure}/${way.key}`);
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
    return {
        element: h("div", { className: "matrix-place" }, table, legend(ways), reasons),
        /** @param {import("./plan.js").Plan} plan */
        show(plan) {
            for (const [list, inputs] of Object.entries(boxes))
                for (const [key, input] of inputs) input.checked = plan[list].includes(key);
            const missing = new Map();
            for (const [key, { element, candidate }] of cells) {
                const [structure, way] = key.split("/");
                const isChosen = plan.structures.includes(structure) && plan.implementations.includes(way);
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

function showCell(element, candidate, isChosen) {
    const state = !candidate ? "none" : candidate.unavailable ? "unavailable" : isChosen ? "chosen" : "there";
    const words = {
        none: "",
        unavailable: `${candidate?.title}: cannot be measured here`,
        chosen: `${candidate?.title}: will be measured`,
        there: `${candidate?.title}: not chosen`,
    }[state];
    setAttribute(element, "data-state", state);
    if (element.dataset.words === words) return;
    element.dataset.words = words;
    const mark = { none: "", unavailable: "✕", chosen: "✓", there: "·" }[state];
    element.replaceChildren(
        h("span", { "aria-hidden": "true", title: words || null }, mark),
        h("span", { className: "visually-hidden" }, words),
    );
}
