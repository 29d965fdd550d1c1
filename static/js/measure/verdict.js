/**
 * The verdict: what the run says, before any figure. Sentences that speak of the same place (interpreter, cores,
 * threads) stand under it, each with its structure in front where it has one. Advice comes first; what it rests on
 * stands below it.
 */

import { h } from "../dom.js";

/**
 * @param {{ place: string, sentences: { subject: string, advice: string, text: string }[] }[]} groups
 * @returns {HTMLElement[]}
 */
export function verdictElements(groups) {
    return groups.map(groupElement);
}

function groupElement({ place, sentences }) {
    return h(
        "div",
        { className: `verdict-group${place.includes("thread") ? "" : " loose"}` }, // of the whole run
        place && h("p", { className: "verdict-where" }, place),
        h("ul", { className: "verdict-list" }, ...sentences.map(itemElement)),
    );
}

function itemElement({ subject, advice, text }) {
    return h(
        "li",
        { className: subject ? "of-structure" : "" },
        subject && h("span", { className: "verdict-what" }, subject[0].toUpperCase() + subject.slice(1)),
        h(
            "span",
            {},
            advice && h("strong", { className: "verdict-advice" }, advice, " "),
            h("span", { className: advice ? "verdict-grounds" : "" }, text),
        ),
    );
}
