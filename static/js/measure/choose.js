/** The panel: what is measured, from a preset or from the matrix; how long; on what; and the button that starts it. */

import { h, setAttribute, setText } from "../dom.js";
import { createMatrix } from "./matrix.js";
import { group, segmented, textRow } from "./parts.js";
import { bodyOf, estimate, kindsOf, obstacle, presetOf, readPlan, settled, toggleCell, writePlan } from "./plan.js";
import { createPythons } from "./pythons.js";
import { span } from "./words.js";
import { createThreads, createWorkload } from "./workload.js";

const KINDS = { throughput: "throughput", latency: "latency", race: "races" };

/**
 * @param {HTMLFormElement} form
 * @param {object} options
 * @param {object} options.bench as the server describes it
 * @param {object} options.client
 * @param {boolean} options.mayStart
 * @param {(body: object) => Promise<object | null>} options.start answers with what is wrong, or null
 * @param {(query: string) => void} options.showAddress
 */
export function createChooser(form, options) {
    return new Chooser(form, options);
}

class Chooser {
    constructor(form, { bench, client, mayStart, start, showAddress }) {
        Object.assign(this, {
            form,
            bench,
            mayStart,
            send: start,
            showAddress,
            plan: readPlan(location.search, bench),
        });
        this.matrix = createMatrix(bench, {
            change: (change) => this.change({ ...change, ...settled({ ...this.plan, ...change }, bench) }),
            toggle: (candidate) => this.change(toggleCell(this.plan, candidate, bench)),
        });
        this.threads = createThreads(bench, (threads) => this.change({ threads }));
        this.workload = createWorkload(bench, (workload) => this.change({ workload }));
        this.pythons = createPythons(
            client,
            {
                change: (pythons) => this.change({ pythons }),
                known: () => this.show(),
            },
            mayStart,
        );
        this.build();
        this.show();
        this.pythons.load();
        form.addEventListener("submit", (event) => {
            event.preventDefault();
            this.start();
        });
    }

    // -- parts

    build() {
        this.modes = segmented(
            "What to measure",
            [
                ["preset", "Presets"],
                ["custom", "Custom run"],
            ],
            (mode) => this.change({ mode }),
        );
        this.presets = h(
            "div",
            { className: "preset-cards", role: "radiogroup", "aria-label": "Presets" },
            ...this.bench.presets.map((preset) => this.presetCard(preset)),
        );
        this.only = h("p", { className: "choose-only fine" });
        this.custom = h(
            "div",
            { className: "custom-parts" },
            this.matrix.element,
            group("Workload", this.workload.element),
        );
        this.kinds = h("div", { className: "kind-row" }, ...this.bench.kinds.map((kind) => this.kindBox(kind)));
        this.threadHint = h("p", { className: "muted fine" });
        this.error = h("p", { className: "field-error", role: "alert", hidden: true });
        this.hint = h("p", { className: "choose-estimate", role: "status" });
        this.name = textRow("Name", "name", 80);
        this.note = textRow("Note", "note", 500);
        this.starting = h(
            "button",
            { type: "submit", className: "button primary", id: "start-run" },
            "Start",
            h("kbd", { "aria-hidden": "true" }, "Enter"),
        );
        this.settings = h(
            "details",
            { className: "choose-settings" },
            h("summary", {}, "Threads, samples, limits"),
            group("Threads", this.threads.element, this.threadHint),
            group("Kinds of samples", this.kinds),
            group("Limits", this.limits()),
        );
        this.form.append(
            h(
                "div",
                { className: "choose-scroll scroll", tabIndex: 0, role: "group", "aria-label": "What is measured" },
                this.modes.element,
                this.presets,
                this.only,
                this.custom,
                this.settings,
                group("Interpreters", this.pythons.element),
                group("Name and note", this.name.element, this.note.element),
            ),
            h(
                "div",
                { className: "choose-foot" },
                this.hint,
                this.error,
                this.mayStart
                    ? this.starting
                    : h(
                          "p",
                          { className: "muted" },
                          "You are a viewer: you see every run, and the presenter starts them.",
                      ),
            ),
        );
    }

    presetCard({ key, question, budget_s, every_interpreter }) {
        const input = h("input", { type: "radio", name: "preset", value: key, className: "visually-hidden" });
        input.addEventListener("change", () => this.change({ preset: key, only: [], pythons: null }));
        return h(
            "label",
            { className: "preset-card" },
            input,
            h("span", { className: "preset-name" }, key),
            h("span", { className: "preset-time muted numbers" }, `≤ ${span(budget_s)}`),
            h("span", { className: "preset-question" }, question[0].toUpperCase() + question.slice(1)),
            every_interpreter && h("span", { className: "preset-every muted" }, "on every interpreter here"),
        );
    }

    kindBox(kind) {
        const input = h("input", { type: "checkbox", value: kind, id: `kind-${kind}` });
        input.addEventListener("change", () => {
            const kinds = [...this.kinds.querySelectorAll("input:checked")].map(({ value }) => value);
            this.change({ kinds: kinds.join() === this.usualKinds().join() ? [] : kinds });
        });
        return h("label", { className: "check-line", htmlFor: input.id }, input, KINDS[kind] ?? kind);
    }

    usualKinds() {
        return this.preset?.kinds ?? ["throughput"];
    }

    get preset() {
        return presetOf(this.plan, this.bench);
    }

    limits() {
        const field = (name, label, unit) => {
            const input = h("input", {
                className: "field numbers",
                id: `limit-${name}`,
                type: "text",
                inputMode: "decimal",
                autocomplete: "off",
                "data-field": name,
            });
            input.addEventListener("change", () => this.takeNumber(name, input));
            return h(
                "div",
                { className: "limit" },
                h("label", { htmlFor: input.id }, label),
                input,
                h("span", { className: "muted fine" }, unit),
            );
        };
        this.limitRows = h(
            "div",
            { className: "limit-rows" },
            field("seconds", "One sample", "s"),
            field("budget_s", "Time budget", "s"),
            field("precision", "Interval within ±", "%"),
            field("rounds", "or exactly", "rounds"),
        );
        return this.limitRows;
    }

    takeNumber(name, input) {
        const text = input.value.trim().replace(",", ".");
        const value = Number(text);
        const isNumber = text === "" || (Number.isFinite(value) && value > 0);
        setAttribute(input, "aria-invalid", isNumber ? null : "true");
        if (isNumber) this.change({ [name]: text === "" ? null : value });
    }

    // -- the plan

    change(change) {
        const plan = { ...this.plan, ...change };
        this.plan = { ...plan, kinds: plan.kinds.filter((kind) => kindsOf(plan, this.bench).includes(kind)) };
        this.showAddress(writePlan(this.plan, this.bench));
        this.refuse(null);
        this.show();
    }

    show() {
        const { plan, bench } = this;
        const isPreset = plan.mode === "preset";
        this.modes.show(plan.mode);
        this.presets.hidden = !isPreset;
        this.custom.hidden = isPreset;
        if (!isPreset) this.settings.open = true;
        for (const input of this.presets.querySelectorAll("input")) input.checked = input.value === plan.preset;
        this.showOnly();
        this.matrix.show(plan);
        this.threads.show(plan);
        this.workload.show(plan);
        this.pythons.show(plan, isPreset && Boolean(this.preset?.every_interpreter));
        const kinds = plan.kinds.length > 0 ? plan.kinds : this.usualKinds();
        for (const input of this.kinds.querySelectorAll("input")) {
            input.checked = kinds.includes(input.value);
            input.parentElement.hidden = !kindsOf(plan, bench).includes(input.value);
        }
        setText(this.threadHint, isPreset && plan.threads.length === 0 ? "As the preset says, unless you choose." : "");
        this.showLimits();
        const why = obstacle(plan, bench);
        this.starting.disabled = why !== null || this.isBusy;
        setText(this.hint, why ?? this.estimateText());
    }

    /** What a preset is narrowed to, as a run that is repeated was, and the way back. */
    showOnly() {
        const { mode, only, preset } = this.plan;
        this.only.hidden = mode !== "preset" || only.length === 0;
        if (this.only.hidden) return;
        const all = h("button", { type: "button", className: "button quiet small-button" }, "All of it");
        all.addEventListener("click", () => this.change({ only: [] }));
        this.only.replaceChildren(h("span", {}, `Of ${preset} only: ${only.join(", ")}.`), all);
    }

    showLimits() {
        const { limits } = this.bench;
        const usual = {
            seconds: this.preset?.seconds ?? limits.seconds.default,
            budget_s: this.preset?.budget_s ?? limits.budget_s.default,
            precision: this.plan.rounds === null ? limits.precision.default : null,
        };
        for (const input of this.limitRows.querySelectorAll("input")) {
            const name = input.dataset.field;
            if (document.activeElement !== input) input.value = this.plan[name] === null ? "" : String(this.plan[name]);
            input.placeholder = usual[name] === null || usual[name] === undefined ? "" : String(usual[name]);
        }
    }

    estimateText() {
        const guess = estimate(this.plan, this.bench, this.pythons.able);
        if (guess === null) return `At most ${span(this.plan.budget_s ?? this.preset?.budget_s ?? 60)}.`;
        const what = `${guess.cases} cases, ${guess.samples} samples at the least`;
        const [least, most] = [span(guess.seconds), span(guess.budget)];
        if (guess.seconds < guess.budget && least !== most) return `${what}: ${least} to ${most}.`;
        if (guess.seconds <= guess.longest) return `${what}: about ${least}.`;
        return `${what}, which would take about ${least}: the budget of ${most} ends it before.`;
    }

    // -- starting

    /** Whether one goes on: another has to wait. */
    setBusy(isBusy) {
        if (this.isBusy === isBusy) return;
        this.isBusy = isBusy;
        this.show();
    }

    async start() {
        if (!this.mayStart || this.starting.disabled) return;
        this.starting.disabled = true;
        const words = { name: this.name.input.value, note: this.note.input.value };
        const error = await this.send(bodyOf(this.plan, words, this.bench));
        this.show();
        this.refuse(error);
        if (!error) {
            this.name.input.value = "";
            this.note.input.value = "";
        }
    }

    /** What the server says against it, at the field where there is one. */
    refuse(error) {
        const field = (error?.field ?? "").replace(/^.*\./, "");
        this.workload.refuse(field, error?.message ?? null);
        for (const input of this.limitRows.querySelectorAll("input"))
            if (error) setAttribute(input, "aria-invalid", input.dataset.field === field ? "true" : null);
        this.error.hidden = !error;
        setText(this.error, error ? `${error.field ? `${error.field}: ` : ""}${error.message}` : "");
        if (error && ["seconds", "budget_s", "precision", "rounds", "threads", "kinds"].includes(field))
            this.settings.open = true;
    }
}
