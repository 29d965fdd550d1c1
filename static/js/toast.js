/** A passing word at the edge of the page: something was done, or was refused. Never the only place of an error. */

import { h } from "./dom.js";

const STAYS_MS = 5000;
const MOST = 3;

/**
 * @param {string} text
 * @param {"plain" | "bad"} [kind] `bad` stays until it is closed
 */
export function toast(text, kind = "plain") {
    const shelf = document.getElementById("toasts");
    const same = [...shelf.children].find((item) => item.dataset.text === text);
    if (same) same.remove();
    const item = h("div", { className: `toast ${kind}`, "data-text": text }, h("span", {}, text));
    const remove = () => item.remove();
    const close = { className: "toast-close", type: "button", "aria-label": "Close", onclick: remove };
    item.append(h("button", close, "×"));
    shelf.append(item);
    while (shelf.children.length > MOST) shelf.firstElementChild.remove();
    if (kind === "plain") setTimeout(remove, STAYS_MS);
}
