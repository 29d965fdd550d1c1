/** Small parts of the panel. */

import { h, setAttribute } from "../dom.js";

/** One of a few; arrows move between them. @param {(key: string) => void} choose */
export function segmented(label, choices, choose) {
    const buttons = choices.map(([key, title]) =>
        h("button", { type: "button", role: "radio", "data-key": key, onclick: () => choose(key) }, title),
    );
    const element = h("div", { className: "segmented", role: "radiogroup", "aria-label": label }, ...buttons);
    element.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        const at = buttons.indexOf(document.activeElement);
        const next = buttons[(at + step + buttons.length) % buttons.length];
        choose(next.dataset.key);
        next.focus();
    });
    return {
        element,
        show(key) {
            for (const button of buttons) {
                setAttribute(button, "aria-checked", String(button.dataset.key === key));
                button.tabIndex = button.dataset.key === key ? 0 : -1;
            }
        },
    };
}

/** Fields that belong together. */
export function group(title, ...content) {
    return h("fieldset", { className: "choose-group" }, h("legend", { className: "panel-title" }, title), ...content);
}

/** A line of text with its label. */
export function textRow(label, field, maxLength) {
    const input = h("input", {
        className: "field",
        id: `run-${field}`,
        type: "text",
        maxLength,
        autocomplete: "off",
    });
    return {
        input,
        element: h(
            "div",
            { className: "text-row" },
            h("label", { htmlFor: input.id, className: "muted" }, label),
            input,
        ),
    };
}
