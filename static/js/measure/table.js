/** Data tables, as the server gives them: columns and rows. On the page, and as CSV. */

import { h, setAttribute } from "../dom.js";

const NUMBER = /^[–-]?[\d\s.,\u202f]+(\s?(%|[kM]?\/s|M\/s|ns|µs|ms|s|MB|kB|lost))?$/u;

/**
 * @typedef {{ columns: string[], rows: (string | number | null)[][] }} Table
 * @param {Table} table
 * @param {{ caption: string, className?: string }} options  the caption is for screen readers
 * @returns {HTMLElement}
 */
export function tableElement({ columns, rows }, { caption, className = "" }) {
    const right = columns.map((_, index) => isNumeric(rows, index));
    const cell = (tag, text, index, more = {}) => h(tag, { className: right[index] ? "right" : "", ...more }, text);
    const table = h(
        "table",
        { className: `figures ${className}` },
        h("caption", { className: "visually-hidden" }, caption),
        h("thead", {}, h("tr", {}, ...columns.map((name, index) => cell("th", name, index, { scope: "col" })))),
        h("tbody", {}, ...rows.map((row) => h("tr", {}, ...row.map((value, index) => rowCell(cell, value, index))))),
    );
    return scrolling(table, caption);
}

function rowCell(cell, value, index) {
    const text = value === null || value === undefined ? "" : String(value);
    return index === 0 ? cell("th", text, index, { scope: "row" }) : cell("td", text, index);
}

function isNumeric(rows, index) {
    const values = rows.map((row) => row[index]).filter((value) => value !== null && value !== "" && value !== "–");
    return values.length > 0 && values.every((value) => typeof value === "number" || NUMBER.test(value));
}

/** What is wider than its place scrolls by itself, and then the keyboard must get at it. */
export function scrolling(table, label) {
    const place = h("div", { className: "table-scroll" }, table);
    const observer = new ResizeObserver(() => {
        const isWide = place.scrollWidth > place.clientWidth + 1;
        setAttribute(place, "tabindex", isWide ? "0" : null);
        setAttribute(place, "role", isWide ? "group" : null);
        setAttribute(place, "aria-label", isWide ? label : null);
    });
    observer.observe(place);
    return place;
}

/** As spreadsheets read it. @param {Table} table */
export function csvOf({ columns, rows }) {
    const field = (value) => {
        const text = value === null || value === undefined ? "" : String(value);
        return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    };
    return [columns, ...rows].map((row) => `${row.map(field).join(",")}\r\n`).join("");
}
