/**
 * The programs: a field a thread, one for what is done before they start, and the rules (seed, back-off, reuse). What
 * is typed counts from Enter or when the field is left; what is wrong with it stands under the field, and the operation
 * that it concerns is named.
 */

import { chip, h, hueClass, setAttribute, threadName } from "../dom.js";

const MOST_THREADS = 8;

/**
 * @param {HTMLElement} root
 * @param {(fields: Record<string, string>) => void} change
 */
export function createEditor(root, change) {
    const editor = new Editor(root, change);
    return { show: (execution, entry, problems) => editor.show(execution, entry, problems) };
}

class Editor {
    constructor(root, change) {
        Object.assign(this, { root, change, rows: [], spec: null });
        this.threads = h("div", { className: "editor-threads" });
        this.add = h(
            "button",
            { type: "button", className: "button quiet editor-add", onclick: () => this.addThread() },
            "+ thread",
        );
        this.start = this.field("Before they start", "start", () => this.apply());
        this.start.element.classList.add("editor-start");
        this.hint = h("p", { className: "editor-hint muted" });
        this.general = h("p", { className: "field-error", hidden: true });
        root.append(
            h(
                "fieldset",
                { className: "editor" },
                h("legend", { className: "panel-title" }, "Programs"),
                this.threads,
                this.general,
                this.add,
                this.start.element,
                this.hint,
            ),
        );
        this.rules = new Rules(root, change);
    }

    show(execution, entry, problems) {
        const { spec } = execution;
        this.spec = spec;
        const programs = spec.program.split("|").map((text) => text.trim());
        while (this.rows.length < Math.min(programs.length, MOST_THREADS)) this.rows.push(this.row(this.rows.length));
        this.rows.splice(programs.length).forEach((row) => row.element.remove());
        this.rows.forEach((row, index) => {
            if (document.activeElement !== row.input || row.input.dataset.sent === row.input.value)
                row.input.value = programs[index];
            showProblems(
                row,
                problems.filter(({ field, thread }) => field === "program" && thread === index),
            );
            row.remove.hidden = this.rows.length < 2;
        });
        if (document.activeElement !== this.start.input) this.start.input.value = spec.start;
        showProblems(
            this.start,
            problems.filter(({ field }) => field === "start"),
        );
        const general = problems.filter(({ field, thread }) => field === "program" && !this.rows[thread]);
        this.general.hidden = general.length === 0;
        this.general.textContent = general.map(({ message }) => sentence(message)).join(" ");
        this.add.disabled = this.rows.length >= MOST_THREADS;
        this.hint.textContent = `${signatures(entry)}, work N; operations are separated by semicolons`;
        this.rules.show(spec, entry, problems);
    }

    row(index) {
        const row = this.field(threadName(index), `program-${index + 1}`, () => this.apply(), chip(index, false));
        row.element.classList.add(hueClass(index));
        row.remove = h(
            "button",
            {
                type: "button",
                className: "icon-button editor-remove",
                "aria-label": `Remove ${threadName(index)}`,
                onclick: () => this.removeThread(index),
            },
            "×",
        );
        row.line.append(row.remove);
        this.threads.append(row.element);
        return row;
    }

    /** A labelled text field with room for what is wrong with it. */
    field(label, id, apply, badge = null) {
        const input = h("input", {
            className: "field mono editor-field",
            id: `step-${id}`,
            type: "text",
            spellcheck: false,
            autocomplete: "off",
            "aria-describedby": `step-${id}-error`,
        });
        const sent = () => {
            if (input.dataset.sent !== input.value) apply();
            input.dataset.sent = input.value;
        };
        input.addEventListener("focus", () => (input.dataset.sent = input.value));
        input.addEventListener("blur", sent);
        input.addEventListener("keydown", (event) => {
            if (event.key === "Enter") sent();
        });
        const error = h("p", { className: "field-error", id: `step-${id}-error`, hidden: true });
        const words = badge
            ? h(
                  "label",
                  { htmlFor: input.id, className: "editor-label" },
                  badge,
                  h("span", { className: "visually-hidden" }, "program of ", label),
              )
            : h("label", { htmlFor: input.id, className: "editor-label muted" }, label);
        const line = h("div", { className: "editor-line" }, words, input);
        return { input, error, line, element: h("div", { className: "editor-row" }, line, error) };
    }

    program() {
        return this.rows.map((row) => row.input.value.replaceAll("|", " ").trim()).join(" | ");
    }

    apply() {
        this.change({ program: this.program(), start: this.start.input.value.trim() });
    }

    addThread() {
        const last = this.rows.at(-1)?.input.value ?? "";
        this.change({ program: `${this.program()} | ${last}`, start: this.start.input.value.trim() });
    }

    removeThread(index) {
        const kept = this.rows.filter((_, at) => at !== index).map((row) => row.input.value.trim());
        this.change({ program: kept.join(" | ") });
    }
}

function showProblems(row, problems) {
    setAttribute(row.input, "aria-invalid", problems.length > 0 ? "true" : null);
    row.error.hidden = problems.length === 0;
    row.error.replaceChildren(
        ...problems.map(({ index, message }) => {
            const words = index >= 0 ? row.input.value.split(";")[index]?.trim() : "";
            return h(
                "span",
                { className: "editor-problem" },
                words && h("code", {}, words),
                `${words ? " (operation " + (index + 1) + "): " : ""}${sentence(message)} `,
            );
        }),
    );
}

/** Seed, back-off and, where nodes lie on the simulated heap, which freed address is given out first. */
class Rules {
    constructor(root, change) {
        this.seed = h("input", {
            className: "field numbers rule-seed",
            id: "step-seed",
            type: "text",
            inputMode: "numeric",
            autocomplete: "off",
            "aria-describedby": "step-rules-error",
        });
        const applySeed = () => this.seed.value !== this.shown && change({ seed: this.seed.value.trim() });
        this.seed.addEventListener("blur", applySeed);
        this.seed.addEventListener("keydown", (event) => event.key === "Enter" && applySeed());
        this.backoff = choice(
            "step-backoff",
            [
                ["none", "none"],
                ["exponential", "exponential"],
            ],
            (value) => change({ backoff: value }),
        );
        this.reuse = choice(
            "step-reuse",
            [
                ["lifo", "last freed first"],
                ["fifo", "first freed first"],
                ["never", "never"],
            ],
            (value) => change({ reuse: value }),
        );
        this.error = h("p", { className: "field-error", id: "step-rules-error", hidden: true });
        this.reuseRow = labelled("Reuse of nodes", this.reuse);
        root.append(
            h(
                "fieldset",
                { className: "editor rules" },
                h("legend", { className: "panel-title" }, "Rules"),
                labelled("Seed", this.seed),
                labelled("Back-off", this.backoff),
                this.reuseRow,
                this.error,
            ),
        );
    }

    show(spec, entry, problems) {
        this.shown = spec.seed;
        if (document.activeElement !== this.seed) this.seed.value = spec.seed;
        this.backoff.value = spec.backoff;
        this.reuse.value = spec.reuse;
        this.reuseRow.hidden = !entry.heap;
        const wrong = problems.filter(({ field }) => ["seed", "backoff", "reuse"].includes(field));
        setAttribute(this.seed, "aria-invalid", wrong.some(({ field }) => field === "seed") ? "true" : null);
        this.error.hidden = wrong.length === 0;
        this.error.textContent = wrong.map(({ field, message }) => `${field} ${message}.`).join(" ");
    }
}

function choice(id, options, change) {
    const select = h(
        "select",
        { className: "field", id },
        ...options.map(([value, label]) => h("option", { value }, label)),
    );
    select.addEventListener("change", () => change(select.value));
    return select;
}

function labelled(label, control) {
    return h("div", { className: "rule" }, h("label", { htmlFor: control.id, className: "muted" }, label), control);
}

function signatures(entry) {
    return entry.operations
        .map(({ name, takes_key: key, takes_value: value }) =>
            [name, key && "KEY", value && "VALUE"].filter(Boolean).join(" "),
        )
        .join(", ");
}

function sentence(text) {
    return `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}
