/**
 * The knobs, made from the server's knob table: a slider and a field for each number, a list for each choice, presets.
 *
 * A change shows at once, goes out after 60 ms of rest or every 60 ms while a slider moves, and the last one always
 * goes out. A value that the server refuses stays in its field with the server's words under it; nothing else is
 * touched.
 */

import { h, setAttribute, setText } from "./dom.js";
import { ChoiceRow, NumberRow } from "./knob-rows.js";
import { inWorkers, workerWord } from "./layout.js";

const REST_MS = 60;
const GROUPS = { load: "Load", contention: "Contention", speed: "Speed" };
const CONTENTION_NOTE = "Injected between load and CAS: a GIL alone hardly makes one fail.";
const PROCESSES_NOTE = "Injected between load and CAS. Processes have no GIL in common, and lose without it too.";

/**
 * @typedef {{ field: string | null, message: string }} Refusal
 * @param {HTMLElement} root
 * @param {{ knobs: Record<string, object>, presets: Record<string, object>, defaults: Record<string, unknown> }} table
 * @param {(changes: Record<string, unknown>) => Promise<Refusal | null>} apply
 */
export function createKnobs(root, table, apply) {
    const panel = new Panel(root, table, apply);
    return {
        /** Shows what the run has, except where the person is just changing it. */
        show: (values) => panel.show(values),
        /** @param {(name: string) => string | null} reason why a knob has no effect now, or null */
        explain: (reason) => panel.explain(reason),
        /** What runs has changed: threads, or processes. */
        rename: () => panel.rename(),
        setDisabled: (off) => panel.setDisabled(off),
    };
}

class Panel {
    constructor(root, table, apply) {
        Object.assign(this, { table, apply, pending: {}, inFlight: new Set(), timer: 0, sentAt: 0, values: {} });
        this.rows = new Map(Object.values(table.knobs).map((knob) => [knob.name, this.makeRow(knob)]));
        root.append(this.presets());
        this.note = h("p", { className: "injected knob-note" }, CONTENTION_NOTE);
        for (const [group, title] of Object.entries(GROUPS)) {
            const rows = Object.values(table.knobs).filter((knob) => knob.group === group);
            root.append(
                h(
                    "fieldset",
                    { className: "knob-group" },
                    h("legend", { className: "panel-title" }, title),
                    group === "contention" && this.note,
                    ...rows.map((knob) => this.rows.get(knob.name).element),
                ),
            );
        }
    }

    presets() {
        this.presetButtons = new Map(
            Object.entries(this.table.presets).map(([name, preset]) => {
                const onclick = () => this.change(preset.knobs);
                const properties = {
                    type: "button",
                    className: "button",
                    title: preset.help,
                    "data-preset": name,
                    onclick,
                };
                return [name, h("button", properties, preset.label)];
            }),
        );
        return h(
            "div",
            { className: "presets", role: "group", "aria-label": "Presets" },
            ...this.presetButtons.values(),
        );
    }

    makeRow(knob) {
        const change = (value) => this.change({ [knob.name]: value });
        return knob.type === "number" ? new NumberRow(knob, change) : new ChoiceRow(knob, change);
    }

    change(changes) {
        for (const [name, value] of Object.entries(changes)) {
            this.rows.get(name)?.show(value);
            this.rows.get(name)?.refuse(null);
            this.pending[name] = value;
        }
        this.markPreset({ ...this.values, ...this.pending });
        if (!this.timer) {
            const wait = Math.max(0, this.sentAt + REST_MS - performance.now());
            this.timer = setTimeout(() => this.flush(), wait);
        }
    }

    async flush() {
        this.timer = 0;
        this.sentAt = performance.now();
        const changes = this.pending;
        this.pending = {};
        this.inFlight.add(changes);
        const refusal = await this.apply(changes);
        this.inFlight.delete(changes);
        if (refusal) this.refuse(refusal, changes);
        else Object.assign(this.values, changes);
    }

    refuse({ field, message }, changes) {
        const row = this.rows.get(field) ?? this.rows.get(Object.keys(changes)[0]);
        row?.refuse(message);
        for (const name of Object.keys(changes)) {
            if (this.rows.get(name) !== row && name in this.values) this.rows.get(name)?.show(this.values[name]);
        }
    }

    show(values) {
        this.values = { ...values };
        for (const [name, row] of this.rows) {
            row.known = values[name] ?? row.known;
            const changing = name in this.pending || [...this.inFlight].some((changes) => name in changes);
            if (name in values && !changing && !row.busy()) row.show(values[name]);
        }
        this.markPreset({ ...values, ...this.pending });
    }

    markPreset(values) {
        for (const [name, preset] of Object.entries(this.table.presets)) {
            const fits = Object.entries(preset.knobs).every(([knob, value]) => values[knob] === value);
            setAttribute(this.presetButtons.get(name), "aria-pressed", String(fits));
        }
    }

    explain(reason) {
        for (const [name, row] of this.rows) row.explain(reason(name));
    }

    rename() {
        const areProcesses = workerWord() === "process";
        setText(this.note, areProcesses ? PROCESSES_NOTE : CONTENTION_NOTE);
        for (const row of this.rows.values()) row.rename();
        for (const [name, { label, help }] of Object.entries(this.table.presets)) {
            const button = this.presetButtons.get(name);
            setText(button, inWorkers(label));
            setAttribute(button, "title", inWorkers(help));
        }
    }

    setDisabled(off) {
        for (const row of this.rows.values()) row.setDisabled(off);
        for (const button of this.presetButtons.values()) button.disabled = off;
    }
}

/** Why a knob has no effect now, in two or three words, or null. */
export function mootReason(name, values, entry) {
    if (name === "insert_share" && entry && entry.operations.filter(({ live }) => live !== false).length < 2) return "one operation only";
    if (name === "gap_ms" && values.gap_kind === "yield") return "yield has no length";
    if (["gap_kind", "gap_ms", "gap_thread"].includes(name) && values.gap_share === 0) return "no gap";
    if (name === "backoff_base_us" && values.backoff === "none") return "no backoff";
    if (name === "backoff_cap_us" && values.backoff !== "exponential")
        return values.backoff === "none" ? "no backoff" : "constant";
    return null;
}
