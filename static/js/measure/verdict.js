/**
 * The verdict: what the run says, before any figure. Sentences that speak of the same place (interpreter, cores,
 * threads) stand under it, each with its structure in front; advice is set in bold.
 */

import { h } from "../dom.js";

const STRUCTURES = ["counter", "stack", "queue", "ring", "dictionary"];
const PLACED = new RegExp(`^(.+?): ((?:latency of an? )?(?:${STRUCTURES.join("|")})): (.+)$`, "s");
const ADVICE = /(Lock-free pays: [^.]*\.|Don't go lock-free[^.]*\.)/;

/** @param {string[]} sentences @returns {HTMLElement[]} */
export function verdictElements(sentences) {
    const groups = [];
    for (const sentence of sentences) {
        const found = PLACED.exec(sentence);
        const where = found?.[1] ?? null;
        if (groups.at(-1)?.where !== where) groups.push({ where, items: [] });
        groups.at(-1).items.push(found ? { what: found[2], text: found[3] } : { what: null, text: sentence });
    }
    return groups.map(groupElement);
}

function groupElement({ where, items }) {
    return h(
        "div",
        { className: `verdict-group${where ? "" : " loose"}` },
        where && h("p", { className: "verdict-where" }, where),
        h("ul", { className: "verdict-list" }, ...items.map(itemElement)),
    );
}

function itemElement({ what, text }) {
    return h(
        "li",
        {},
        what && h("span", { className: "verdict-what" }, what[0].toUpperCase() + what.slice(1)),
        h("span", {}, ...marked(text)),
    );
}

function marked(text) {
    return text.split(ADVICE).map((part) => (ADVICE.test(part) ? h("strong", {}, part) : part));
}
