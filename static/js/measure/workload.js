/**
 * The custom workload: how many threads (several at once), a slider for each number, a list for the back-off. Sliders
 * are those of the knobs in Watch.
 */

import { h, setAttribute } from "../dom.js";
import { ChoiceRow, NumberRow } from "../knob-rows.js";
import { knobsOf, threadLimits, usualThreads } from "./plan.js";

const OFFERED = [1, 2, 4, 8, 16, 32, 64];

const HELP = {
    think: "Turns of an empty loop after each operation: how much there is to do between two accesses.",
    insert_share: "How many of a hundred operations put something in. By turns: put, take, put, take.",
    keys: "Keys of a dictionary. All of them are there from the beginning.",
    prefill: "Items that are inside at the beginning, so that nobody meets an empty structure.",
    capacity: "Places of a ring. At least prefill + threads + 1.",
    backoff: "What a thread does after a compare-and-swap that it lost.",
};

/** Which thread counts: any number of them, and others than those offered. */
export function createThreads(bench, change) {
    const { least, most } = threadLimits(bench);
    const group = h("div", { className: "thread-choice", role: "group", "aria-label": "Threads" });
    const other = h("input", {
        className: "field numbers thread-other",
        type: "text",
        inputMode: "numeric",
        size: 4,
        "aria-label": "Another number of threads",
        placeholder: "other",
        autocomplete: "off",
    });
    let shown = [];
    const toggle = (count) => {
        const next = shown.includes(count) ? shown.filter((one) => one !== count) : [...shown, count];
        change([...next].sort((one, two) => one - two));
    };
    const add = () => {
        const count = Number(other.value);
        const isValid = Number.isInteger(count) && count >= least && count <= most;
        if (other.value !== "") setAttribute(other, "aria-invalid", isValid ? null : "true");
        if (!isValid || other.value === "") return;
        other.value = "";
        if (!shown.includes(count)) toggle(count);
    };
    other.addEventListener("change", add);
    other.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" || other.value === "") return;
        event.preventDefault(); // adds; does not start
        add();
    });
    return {
        element: h("div", { className: "thread-row" }, group, other),
        /** @param {import("./plan.js").Plan} plan */
        show(plan) {
            shown = plan.threads.length > 0 ? plan.threads : usualThreads(plan);
            const counts = [...new Set([...OFFERED.filter((count) => count <= most), ...shown])].sort((a, b) => a - b);
            const focused = document.activeElement?.dataset?.threads;
            group.replaceChildren(
                ...counts.map((count) =>
                    h(
                        "button",
                        {
                            type: "button",
                            className: "button thread-count",
                            "data-threads": count,
                            "aria-pressed": String(shown.includes(count)),
                            "aria-label": count === 1 ? "1 thread" : `${count} threads`,
                            onclick: () => toggle(count),
                        },
                        String(count),
                    ),
                ),
            );
            if (focused) group.querySelector(`[data-threads="${focused}"]`)?.focus();
        },
    };
}

/** The sliders. @param {(workload: Record<string, number | string>) => void} change */
export function createWorkload(bench, change) {
    let workload = {};
    const set = (name, value, usual) => {
        const { [name]: _, ...rest } = workload;
        change(value === usual ? rest : { ...rest, [name]: value });
    };
    const rows = knobsOf(bench).map((knob) => makeRow(knob, set));
    const backoff = new ChoiceRow(
        {
            name: "load-backoff",
            label: "Back-off",
            help: HELP.backoff,
            options: Object.fromEntries(bench.backoffs.map((name) => [name, name])),
        },
        (value) => set("backoff", value, "default"),
    );
    return {
        element: h("div", { className: "workload" }, ...rows.map(({ element }) => element), backoff.element),
        /** @param {import("./plan.js").Plan} plan */
        show(plan) {
            ({ workload } = plan);
            for (const row of rows) row.show(workload, plan.structures);
            backoff.show(workload.backoff ?? "default");
        },
        /** What the server says against a field; null: nothing. */
        refuse(field, message) {
            for (const row of rows) row.refuse(row.name === field ? message : null);
            backoff.refuse(field === "backoff" ? message : null);
        },
    };
}

function makeRow(knob, set) {
    const { name, least, most, title, unit = "" } = knob;
    const usual = knob.default;
    const row = new NumberRow(
        {
            name: `load-${name}`,
            label: title,
            help: HELP[name] ?? title,
            range: `${least} to ${most}`,
            unit,
            scale: knob.scale,
            minimum: least,
            maximum: most,
            integer: true,
        },
        (value) => set(name, typeof value === "number" ? Math.round(value) : value, usual),
    );
    const turns = usual === null ? turnsBox(name, set) : null;
    if (turns) row.element.append(turns.element);
    return {
        name,
        element: row.element,
        refuse: (message) => row.refuse(message),
        show(workload, structures) {
            const value = workload[name] ?? usual;
            row.show(value ?? 50);
            row.setDisabled(value === null);
            if (turns) turns.input.checked = value === null;
            const applies = knob.applies_to ?? [];
            const isMoot = applies.length > 0 && !structures.some((structure) => applies.includes(structure));
            row.explain(isMoot ? `only for ${applies.join(", ")}` : null);
        },
    };
}

/** A share that nobody has set is no number: put and take by turns. */
function turnsBox(name, set) {
    const input = h("input", { type: "checkbox", id: `${name}-turns` });
    input.addEventListener("change", () => set(name, input.checked ? null : 50, null));
    return {
        input,
        element: h("label", { className: "check-line fine", htmlFor: input.id }, input, "put and take by turns"),
    };
}
