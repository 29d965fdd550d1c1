/**
 * The head of a run: name and note, edited in place; when, where, how it ended; what can be done with it. In a report
 * nothing can, and it is only words.
 */

import { confirmAction } from "../dialogs.js";
import { h, setText } from "../dom.js";
import { openMenu } from "../menu.js";
import { toast } from "../toast.js";
import { machineLine, moment, plural, span } from "./words.js";

/** What a run can be taken away as. */
export const FORMATS = [
    ["html", "Report", "one HTML file, works offline"],
    ["json", "JSON", "everything; can be imported again"],
    ["csv", "CSV", "a line a sample"],
    ["markdown", "Markdown", "table and verdict"],
    ["pyperf", "pyperf", "for pyperf compare_to"],
];

/**
 * @param {null | object} actions
 * @param {boolean} actions.mayChange
 * @param {object} actions.client
 * @param {() => void} actions.changed
 * @param {() => void} actions.deleted
 * @param {(body: object) => string} actions.addressOf where what a body asks for is chosen
 */
export function createRunHead(actions) {
    return new RunHead(actions);
}

class RunHead {
    constructor(actions) {
        Object.assign(this, { actions, run: null });
        this.title = h("h1", { className: "run-title" });
        this.note = h("p", { className: "run-note" });
        this.line = h("p", { className: "run-line muted" });
        this.place = h("p", { className: "run-machine" });
        this.tools = h("div", { className: "run-tools" });
        this.element = h(
            "header",
            { className: "run-head" },
            h("div", { className: "run-words" }, this.titleRow(), this.place, this.line, this.noteRow()),
            this.tools,
        );
        if (actions) this.buildTools();
    }

    get mayChange() {
        return Boolean(this.actions?.mayChange);
    }

    titleRow() {
        if (!this.mayChange) return this.title;
        this.renaming = quiet("Rename", () => this.edit("name", this.title, this.renaming));
        return h("div", { className: "run-title-row" }, this.title, this.renaming);
    }

    noteRow() {
        if (!this.mayChange) return this.note;
        this.noting = quiet("Add a note", () => this.edit("note", this.note, this.noting));
        return h("div", { className: "run-note-row" }, this.note, this.noting);
    }

    buildTools() {
        const button = (label, onclick, more = {}) =>
            h("button", { type: "button", className: "button", onclick, ...more }, label);
        this.exporting = button("Export ▾", (event) => this.openExports(event.currentTarget), {
            "aria-haspopup": "menu",
            id: "export-run",
        });
        this.comparing = h("a", { className: "button" }, "Compare …");
        this.again = h("a", { className: "button" }, "Run again");
        this.deleting = this.mayChange
            ? button("Delete", () => this.remove(), { className: "button danger-quiet" })
            : null;
        this.tools.append(...[this.exporting, this.comparing, this.again, this.deleting].filter(Boolean));
    }

    /** @param {object} run of a view @param {object | null} [again] the body that measures it once more */
    show(run, again = null) {
        this.run = run;
        if (!this.editing) this.showWords();
        setText(this.place, machineLine(run));
        const parts = [
            kindOf(run),
            moment(run.date),
            run.running ? "going on" : `${span(run.seconds)}: ${run.ended_words}`,
            plural(run.samples, "sample"),
            run.failed > 0 ? `${run.failed} failed` : null,
        ];
        setText(this.line, parts.filter(Boolean).join(" · "));
        if (!this.actions) return;
        this.exporting.disabled = run.samples === 0;
        this.comparing.href = `/measure/history?with=${run.id}`;
        this.again.hidden = run.running || !again;
        if (again) this.again.href = this.actions.addressOf(again);
        for (const part of [this.comparing, this.deleting]) if (part) part.hidden = run.running;
    }

    showWords() {
        setText(this.title, this.run.name || titleOf(this.run));
        setText(this.note, this.run.note);
        this.note.hidden = this.run.note === "";
        if (this.noting) setText(this.noting, this.run.note === "" ? "Add a note" : "Edit the note");
    }

    openExports(anchor) {
        const items = FORMATS.map(([format, label, hint]) => ({ label, hint, run: () => this.save(format) }));
        openMenu(anchor, items, { title: "Take this run away as" });
    }

    async save(format) {
        const refusal = await this.actions.client.exportRun(this.run.id, format);
        if (refusal) toast(`Nothing was exported: ${refusal}`, "bad");
    }

    async remove() {
        const name = this.run.name || titleOf(this.run);
        const what = `“${name}” of ${moment(this.run.date)} with its ${plural(this.run.samples, "sample")}`;
        if (!(await confirmAction("Delete this run?", `${what} is deleted for good.`, "Delete"))) return;
        const answer = await this.actions.client.remove(this.run.id);
        if (answer.ok) this.actions.deleted();
        else toast(`The run was not deleted: ${answer.error.message}`, "bad");
    }

    /** A field in the place of the words: Enter or leaving it keeps, Escape gives up. */
    edit(field, words, opener) {
        if (this.editing) return;
        this.editing = true;
        const label = field === "name" ? "Name of the run" : "Note on the run";
        const input = h("input", {
            className: `field run-edit run-edit-${field}`,
            type: "text",
            value: this.run[field],
            maxLength: field === "name" ? 80 : 500,
            "aria-label": label,
            placeholder: label,
        });
        const end = async (keep) => {
            if (!input.isConnected || input.dataset.ended) return;
            input.dataset.ended = "yes";
            const value = input.value.trim();
            if (keep && value !== this.run[field]) await this.keep(field, value);
            this.editing = false;
            input.replaceWith(words);
            opener.hidden = false;
            this.showWords();
            if (keep !== "left") opener.focus();
        };
        input.addEventListener("keydown", (event) => {
            if (event.key === "Enter") end("entered");
            else if (event.key === "Escape") end(false);
            else return;
            event.preventDefault();
            event.stopPropagation();
        });
        input.addEventListener("blur", () => end("left"));
        words.replaceWith(input);
        opener.hidden = true;
        input.focus();
        input.select();
    }

    async keep(field, value) {
        const answer = await this.actions.client.change(this.run.id, { [field]: value });
        if (!answer.ok) {
            toast(`The ${field} was not kept: ${answer.error.message}`, "bad");
            return;
        }
        this.run = { ...this.run, [field]: value };
        this.actions.changed();
    }
}

/** Where its name does not say it. */
function kindOf({ name, preset }) {
    if (preset === "custom") return "custom run";
    return name && name !== preset ? `preset ${preset}` : null;
}

/** What a run without a name is called. */
export function titleOf({ preset }) {
    return preset ? preset[0].toUpperCase() + preset.slice(1) : "Run";
}

function quiet(label, onclick) {
    return h("button", { type: "button", className: "button quiet small-button", onclick }, label);
}
