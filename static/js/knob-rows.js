/**
 * One knob on the page: its label, its help, its control, and the place for what the server says against a value.
 */

import { h, setAttribute, setText } from "./dom.js";
import { formatValue, fromSlider, STEPS, toSlider } from "./knob-scale.js";
import { inWorkers } from "./layout.js";

/** What number rows and choice rows share: label, help, the place for an error. */
class Row {
    constructor(knob) {
        this.knob = knob;
        this.id = `knob-${knob.name}`;
        this.error = h("p", { className: "field-error", id: `${this.id}-error`, role: "alert", hidden: true });
        this.reason = h("strong", { className: "knob-reason" });
        this.words = h("span", {}, knob.help);
        this.name = h("label", { htmlFor: this.id }, knob.label);
        this.help = h(
            "p",
            { className: "knob-help", id: `${this.id}-help`, hidden: true },
            this.reason,
            this.words,
            knob.range ? h("span", { className: "muted" }, ` Range: ${knob.range}.`) : null,
        );
        this.asking = h(
            "button",
            {
                type: "button",
                className: "knob-ask",
                "aria-expanded": "false",
                "aria-controls": this.help.id,
                "aria-label": `What is ${knob.label}?`,
                onclick: () => this.toggleHelp(),
            },
            "?",
        );
    }

    /** What runs has changed: threads, or processes. */
    rename() {
        setText(this.name, inWorkers(this.knob.label));
        setText(this.words, inWorkers(this.knob.help));
        setAttribute(this.asking, "aria-label", `What is ${inWorkers(this.knob.label)}?`);
    }

    toggleHelp() {
        this.help.hidden = !this.help.hidden;
        this.asking.setAttribute("aria-expanded", String(!this.help.hidden));
    }

    label() {
        return h("span", { className: "knob-label" }, this.name, this.asking);
    }

    refuse(message) {
        this.refused = message !== null;
        this.error.hidden = !this.refused;
        setText(this.error, message ?? "");
        for (const input of this.inputs()) {
            setAttribute(input, "aria-invalid", this.refused ? "true" : null);
            setAttribute(input, "aria-describedby", this.refused ? this.error.id : null);
        }
    }

    explain(reason) {
        this.element.classList.toggle("moot", reason !== null);
        setAttribute(this.element, "title", reason && `Without effect now: ${reason}`);
        setText(this.reason, reason ? `Without effect now: ${reason}. ` : "");
    }

    setDisabled(off) {
        for (const input of this.inputs()) input.disabled = off;
    }
}

/** A field and a slider. */
export class NumberRow extends Row {
    constructor(knob, change) {
        super(knob);
        this.field = h("input", {
            className: "knob-field numbers",
            id: this.id,
            type: "text",
            inputMode: "decimal",
            autocomplete: "off",
            spellcheck: false,
        });
        this.unit = h("span", { className: "knob-unit" }, knob.unit);
        this.slider = h("input", { type: "range", min: 0, max: STEPS, step: 1, "aria-label": `${knob.label}, slider` });
        this.element = h(
            "div",
            { className: "knob", "data-knob": knob.name },
            h(
                "div",
                { className: "knob-head" },
                this.label(),
                h("span", { className: "knob-value" }, this.field, this.unit),
            ),
            this.slider,
            this.help,
            this.error,
        );
        this.slider.addEventListener("input", () => this.onSlide(change));
        this.slider.addEventListener("keydown", (event) => this.onSliderKey(event, change));
        this.field.addEventListener("change", () => this.onEntry(change));
        this.field.addEventListener("keydown", (event) => {
            if (event.key === "Enter") this.onEntry(change);
            else if (event.key === "Escape") this.giveUp();
        });
    }

    inputs() {
        return [this.field, this.slider];
    }

    rename() {
        super.rename();
        setAttribute(this.slider, "aria-label", `${inWorkers(this.knob.label)}, slider`);
        if (typeof this.value === "number") this.place(toSlider(this.knob, this.value), this.value);
    }

    /** The person is typing here, or what they typed was refused and still stands. */
    busy() {
        return (
            this.refused ||
            (document.activeElement === this.field && this.field.value !== formatValue(this.value ?? ""))
        );
    }

    show(value) {
        const text = formatValue(value);
        if (this.field.value !== text) this.field.value = text;
        if (typeof value !== "number") return;
        this.value = value;
        this.place(toSlider(this.knob, value), value);
    }

    place(position, value) {
        if (Number(this.slider.value) !== position) this.slider.value = position;
        this.slider.style.setProperty("--fill", `${(100 * position) / STEPS}%`);
        const unit = inWorkers(value === 0 && this.knob.zero ? this.knob.zero : this.knob.unit);
        setText(this.unit, this.knob.name === "prefill" ? `${unit}, at restart` : unit);
        setAttribute(this.slider, "aria-valuetext", `${formatValue(value)} ${unit}`.trim());
    }

    onSlide(change) {
        const value = fromSlider(this.knob, Number(this.slider.value));
        const position = Number(this.slider.value);
        change(value);
        this.slider.value = position; // where the thumb is held, not where the rounded value would put it
        this.slider.style.setProperty("--fill", `${(100 * position) / STEPS}%`);
    }

    /** An arrow moves a whole number by one; on a log scale a step is a fiftieth of the slider. */
    onSliderKey(event, change) {
        const direction = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
        if (!direction) return;
        event.preventDefault();
        const { knob } = this;
        if (knob.integer && knob.scale === "linear") {
            const low = knob.zero ? 0 : knob.minimum;
            change(Math.min(knob.maximum, Math.max(low, this.value + direction)));
        } else {
            const position = Number(this.slider.value) + direction * (STEPS / 50);
            change(fromSlider(knob, Math.min(STEPS, Math.max(0, position))));
        }
    }

    giveUp() {
        this.refuse(null);
        this.show(this.known ?? 0);
    }

    /**
     * Any entry goes to the server, which knows the range and says so; a number as a number, the rest as it was
     * typed.
     */
    onEntry(change) {
        const text = this.field.value.trim().replace(",", ".");
        if (text === formatValue(this.value ?? "") && !this.refused) return;
        const number = Number(text);
        change(text === "" || Number.isNaN(number) ? this.field.value : number);
    }
}

/** A list of options. */
export class ChoiceRow extends Row {
    constructor(knob, change) {
        super(knob);
        const options = Object.entries(knob.options).map(([value, label]) => h("option", { value }, label));
        this.select = h("select", { className: "field", id: this.id }, ...options);
        this.select.addEventListener("change", () => change(this.select.value));
        this.element = h(
            "div",
            { className: "knob choice", "data-knob": knob.name },
            h("div", { className: "knob-head" }, this.label(), this.select),
            this.help,
            this.error,
        );
    }

    inputs() {
        return [this.select];
    }

    busy() {
        return false;
    }

    show(value) {
        this.select.value = value;
    }
}
