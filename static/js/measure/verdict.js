/**
 * The verdict: what the run says, before any figure. Sentences that speak of the same place (interpreter, cores,
 * threads) stand under it, each with its structure in front where it has one; advice is set in bold.
 */

import { h } from "../dom.js";

const STRUCTURES = ["counter", "stack", "queue", "ring", "dictionary"];
const PLACED = /^([^:]*\d cores?(?:, [^:]*)?): (.+)$/s;
const SUBJECT = new RegExp(`^((?:latency of an? )?(?:${STRUCTURES.join("|")})): (.+)$`, "s");
const ADVICE = /(Lock-free pays: [^.]*\.|Don't go lock-free[^.]*\.)/;

/** @param {string[]} sentences @returns {HTMLElement[]} */
export function verdictElements(sentences) {
    const groups = [];
    for (const sentence of sentences) {
        const [, where, rest] = PLACED.exec(sentence) ?? [null, null, sentence];
        if (groups.at(-1)?.where !== where) groups.push({ where, items: [] });
        const [, what, text] = SUBJECT.exec(rest) ?? [null, null, rest];
        groups.at(-1).items.push({ what, text });
    }
    return groups.map(groupElement);
}

function groupElement({ where, items }) {
    return h(
        "div",
        { className: `verdict-group${where?.includes("thread") ? "" : " loose"}` }, // of the whole run
        where && h("p", { className: "verdict-where" }, where),
        h("ul", { className: "verdict-list" }, ...items.map(itemElement)),
    );
}

function itemElement({ what, text }) {
    return h(
        "li",
        { className: what ? "of-structure" : "" },
        what && h("span", { className: "verdict-what" }, what[0].toUpperCase() + what.slice(1)),
        h("span", {}, ...marked(text)),
    );
}

function marked(text) {
    return text.split(ADVICE).map((part) => (ADVICE.test(part) ? h("strong", {}, part) : part));
}
