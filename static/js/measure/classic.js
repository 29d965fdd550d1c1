/** The classic table: the article's figures and this machine's side by side, as two groups of columns. */

import { h } from "../dom.js";
import { scrolling } from "./table.js";

/**
 * @param {{ columns: string[], rows: string[][], words: string }} classic
 * @returns {HTMLElement}
 */
export function classicElement({ columns, rows, words }) {
    const here = columns.findIndex((name) => name.startsWith("here"));
    const groups =
        here > 1
            ? [
                  ["", 1],
                  ["The article", here - 1],
                  ["This machine", columns.length - here],
              ]
            : [];
    const cell = (tag, text, index, scope = null) =>
        h(tag, { className: `${index > 0 ? "right" : ""}${index === here ? " divide" : ""}`, scope }, text);
    const table = h(
        "table",
        { className: "figures classic-table" },
        h("caption", { className: "visually-hidden" }, words),
        h(
            "thead",
            {},
            groups.length > 0 &&
                h(
                    "tr",
                    {},
                    ...groups.map(([name, span]) =>
                        name
                            ? h("th", { colSpan: span, scope: "colgroup", className: "group" }, name)
                            : h("td", { colSpan: span }),
                    ),
                ),
            h("tr", {}, ...columns.map((name, index) => cell("th", shortName(name), index, "col"))),
        ),
        h(
            "tbody",
            {},
            ...rows.map((row) =>
                h("tr", {}, ...row.map((text, index) => cell(index ? "td" : "th", text, index, index ? null : "row"))),
            ),
        ),
    );
    return h("div", {}, scrolling(table, words), h("p", { className: "muted fine" }, words));
}

/** What stands in the group's head need not be said again. */
function shortName(name) {
    return name.replace(/^(article|here): /, "");
}
