/**
 * "Stop at": the condition that holds the view, and whether the run is paused with it. A small panel of choices
 * that stays
 * open while it is used.
 */

import { h, setText } from "./dom.js";
import { TRIGGERS } from "./triggers.js";

const NOTHING = Object.freeze({ name: null, label: "nothing: go on" });

/**
 * @param {(name: string | null, parameter: number | null) => void} change called with what is chosen, at every change
 * @returns {{ button: HTMLButtonElement, panel: HTMLElement, parameter(): number | null, pausesRun(): boolean,
 *     close(): void,
 *             show(name: string | null): void, allowPause(allowed: boolean): void, destroy(): void }}
 */
export function createStopMenu(change) {
    const button = h("button", { type: "button", className: "button", "aria-haspopup": "dialog" }, "Stop at ▾");
    button.setAttribute("aria-expanded", "false");
    const rows = [NOTHING, ...TRIGGERS].map((trigger) => triggerRow(trigger, () => choose()));
    const pause = h("input", { type: "checkbox" });
    const panel = h("div", { className: "stop-panel", role: "dialog", "aria-label": "Stop the view at", hidden: true },
        h("div", { className: "panel-title" }, "Stop the view at"),
        ...rows.map((row) => row.element),
        h("label", { className: "stop-row stop-pause" }, pause, h("span", {}, "pause the run too")));

    const chosen = () => rows.find((row) => row.box.checked) ?? rows[0];
    const sayChoice = () => {
        const { name, parameter } = chosen();
        setText(button, name === null ? "Stop at ▾" : `Stop at: ${shortWords(name, parameter())} ▾`);
        button.classList.toggle("armed", name !== null);
    };
    const choose = () => {
        sayChoice();
        change(chosen().name, chosen().parameter());
    };
    const open = (wanted) => {
        panel.hidden = !wanted;
        button.setAttribute("aria-expanded", String(wanted));
        (wanted ? chosen().box : button).focus({ preventScroll: true });
    };
    button.addEventListener("click", () => open(panel.hidden));
    const destroy = closeOnLeaving(button, panel, open);
    rows[0].box.checked = true;
    return {
        button, panel, destroy,
        parameter: () => chosen().parameter(),
        pausesRun: () => pause.checked && !pause.disabled,
        close() {
            panel.hidden = true;
            button.setAttribute("aria-expanded", "false");
        },
        allowPause: (allowed) => void (pause.disabled = !allowed),
        show(name) {
            if (chosen().name !== name) {
                rows.find((row) => row.name === name).box.checked = true;
                sayChoice();
            }
        },
    };
}

/** Escape and a press elsewhere close the panel. @returns {() => void} what ends it */
function closeOnLeaving(button, panel, open) {
    const controller = new AbortController();
    panel.addEventListener("keydown", (event) => {
        if (event.key === "Escape") {
            event.stopPropagation();
            open(false);
        }
    });
    const onPress = ({ target }) => {
        if (!panel.hidden && !panel.contains(target) && !button.contains(target)) {
            panel.hidden = true;
            button.setAttribute("aria-expanded", "false");
        }
    };
    document.addEventListener("pointerdown", onPress, { signal: controller.signal });
    return () => controller.abort();
}

/**
 * A condition in words: "lost CAS", "streak of 3 lost CASes".
 * @param {string} name
 * @param {number | null} [parameter]
 */
export function wordsFor(name, parameter = null) {
    const words = TRIGGERS.find((trigger) => trigger.name === name)?.label ?? name;
    return parameter === null ? words : words.replace("streak of", `streak of ${parameter}`);
}

/** The same for the button, which keeps its width. */
function shortWords(name, parameter) {
    return wordsFor(name, parameter).replace(" lost CASes", "");
}

function triggerRow({ name, label, parameter = null }, change) {
    const box = h("input", { type: "radio", name: "stop-at", value: name ?? "" });
    const number = parameter && h("input", {
        type: "number", className: "field numbers", min: String(parameter.minimum), max: String(parameter.maximum),
        value: String(parameter.value),
        "aria-label": `${label}: how many, ${parameter.minimum} to ${parameter.maximum}`,
    });
    const valid = () => number.validity.valid && number.value !== "";
    box.addEventListener("change", change);
    number?.addEventListener("input", () => {
        number.setAttribute("aria-invalid", String(!valid()));
        if (valid()) {
            box.checked = true;
            change();
        }
    });
    return {
        box, name, element: h("label", { className: "stop-row" }, box, h("span", {}, label), number),
        parameter: () => (parameter === null ? null : valid() ? number.valueAsNumber : parameter.value),
    };
}
