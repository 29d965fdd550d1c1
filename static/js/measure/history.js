/** The history: every run that is kept, found by words, sorted, compared, deleted; runs of other machines imported. */

import { confirmAction } from "../dialogs.js";
import { h, setAttribute, setText } from "../dom.js";
import { installDrop, pickFile } from "../drop-files.js";
import { toast } from "../toast.js";
import { titleOf } from "./head.js";
import { importFile } from "./import.js";
import { scrolling } from "./table.js";
import { moment, plural } from "./words.js";

/** What of a summary is shown, in order; and whether it counts. */
const COLUMNS = [
    ["name", "Run", (run) => run.name || titleOf(run)],
    ["preset", "Preset", (run) => run.preset],
    ["date", "When", (run) => moment(run.date)],
    ["interpreter", "Interpreter", (run) => run.interpreter],
    ["cores", "Cores", (run) => String(run.cores), "right"],
    ["cpu", "Machine", (run) => run.cpu],
    ["samples", "Samples", (run) => String(run.samples), "right"],
    ["failed", "Failed", (run) => (run.failed ? String(run.failed) : ""), "right"],
    ["ended", "Ended", (run) => ENDINGS[run.ended] ?? run.ended],
    ["commit_id", "Commit", (run) => run.commit_id.slice(0, 9)],
    ["note", "Note", (run) => run.note],
];
const ENDINGS = {
    precise: "as narrow as asked",
    budget: "time over",
    rounds: "rounds done",
    nothing: "nothing measured",
    running: "broken off",
};

/** @param {import("./shell.js").Shell} shell */
export function createHistoryPage(shell) {
    return new HistoryPage(shell).begin();
}

class HistoryPage {
    constructor(shell) {
        const query = new URLSearchParams(location.search);
        Object.assign(this, { shell, client: shell.client, runs: [], place: "" });
        this.words = query.get("words") ?? "";
        this.sort = COLUMNS.some(([key]) => key === query.get("sort")) ? query.get("sort") : "date";
        this.down = (query.get("order") ?? (this.sort === "date" ? "down" : "up")) === "down";
        this.chosen = new Set(query.has("with") ? [query.get("with")] : []);
        this.build();
    }

    async begin() {
        Object.assign(this.shell.actions, { search: () => this.search.focus() });
        Object.assign(this.shell.on, {
            retry: () => this.load(),
            dismiss: (name) => this.shell.states.hide(name),
            toRun: () => location.assign("/measure"),
            importFile: () => this.pick(),
        });
        if (this.shell.mayChange) installDrop((file) => this.importFile(file), "Drop a result (JSON) to import it");
        const { kept } = this.shell.bootstrap;
        if (kept) this.take(kept);
        else await this.load();
    }

    build() {
        this.search = h("input", {
            className: "field history-search",
            type: "search",
            value: this.words,
            placeholder: "Search: name, note, machine, interpreter, commit",
            "aria-label": "Search in the history",
            id: "history-search",
        });
        this.search.addEventListener("input", () => {
            this.words = this.search.value;
            this.changed();
        });
        const button = (label, onclick, className = "") =>
            h("button", { type: "button", className: `button ${className}`, onclick }, label);
        this.comparing = h("a", { className: "button primary", role: "link" }, "Compare");
        this.deleting = button("Delete", () => this.remove([...this.chosen]), "danger-quiet");
        this.importing = button("Import …", () => this.pick());
        this.count = h("p", { className: "muted history-count", role: "status" });
        this.head = h("tr", {});
        this.body = h("tbody", {});
        const table = h(
            "table",
            { className: "figures history-table" },
            h("caption", { className: "visually-hidden" }, "Runs that are kept"),
            h("thead", {}, this.head),
            this.body,
        );
        this.list = h("div", { className: "history-list", hidden: true }, scrolling(table, "Runs that are kept"));
        this.tools = h(
            "div",
            { className: "history-tools" },
            this.search,
            this.count,
            h(
                "div",
                { className: "history-actions" },
                this.comparing,
                this.shell.mayChange && this.deleting,
                this.shell.mayChange && this.importing,
            ),
        );
        this.shell
            .place("result")
            .replaceChildren(h("h1", { className: "page-title" }, "History"), this.tools, this.list);
    }

    async load() {
        const { states } = this.shell;
        const answer = await this.client.runs();
        if (!answer.ok) {
            states.hide("loading");
            if (answer.error.status === 0) states.show("serverGone");
            else states.show("historyBroken", { message: answer.error.message });
            this.tools.hidden = this.runs.length === 0;
            return;
        }
        this.take(answer.value);
    }

    /** @param {{ runs: object[], place: string }} kept */
    take(kept) {
        this.shell.states.hide("serverGone", "historyBroken", "loading");
        ({ runs: this.runs, place: this.place } = kept);
        for (const id of this.chosen) if (!this.runs.some((run) => run.id === id)) this.chosen.delete(id);
        this.show();
    }

    // -- what is shown

    changed() {
        const query = new URLSearchParams();
        if (this.words) query.set("words", this.words);
        if (this.sort !== "date" || !this.down) {
            query.set("sort", this.sort);
            query.set("order", this.down ? "down" : "up");
        }
        this.shell.showAddress(query.size ? `?${query}` : "");
        this.show();
    }

    /** Those that hold every word, wherever it stands. */
    found() {
        const wanted = this.words.toLowerCase().split(/\s+/).filter(Boolean);
        const has = (run) => {
            const text = Object.values(run).join(" ").toLowerCase();
            return wanted.every((word) => text.includes(word));
        };
        const value = (run) => (this.sort === "name" ? run.name || titleOf(run) : run[this.sort]);
        const order = (one, two) => {
            const [a, b] = [value(one), value(two)];
            const sign =
                typeof a === "number" ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true });
            return this.down ? -sign : sign;
        };
        return this.runs.filter(has).sort(order);
    }

    show() {
        const found = this.found();
        const isEmpty = this.runs.length === 0;
        if (isEmpty) this.shell.states.show("emptyHistory", { viewer: !this.shell.mayChange, place: this.place });
        else this.shell.states.hide("emptyHistory");
        this.tools.hidden = isEmpty;
        this.list.hidden = isEmpty || found.length === 0;
        setText(
            this.count,
            found.length === this.runs.length
                ? plural(found.length, "run")
                : found.length === 0
                  ? "No run holds these words"
                  : `${found.length} of ${plural(this.runs.length, "run")}`,
        );
        this.showHead();
        this.body.replaceChildren(...found.map((run) => this.row(run)));
        this.showChosen();
    }

    showHead() {
        const focused = document.activeElement?.dataset?.sort;
        this.head.replaceChildren(
            h("td", {}, h("span", { className: "visually-hidden" }, "Choose")),
            ...COLUMNS.map(([key, title, , className = ""]) => {
                const isSorted = this.sort === key;
                const press = () => {
                    this.down = isSorted ? !this.down : ["date", "samples", "failed", "cores"].includes(key);
                    this.sort = key;
                    this.changed();
                };
                const arrow = isSorted ? (this.down ? " ↓" : " ↑") : "";
                return h(
                    "th",
                    {
                        scope: "col",
                        className,
                        "aria-sort": isSorted ? (this.down ? "descending" : "ascending") : "none",
                    },
                    h(
                        "button",
                        { type: "button", className: "sort-button", "data-sort": key, onclick: press },
                        title,
                        h("span", { "aria-hidden": "true" }, arrow),
                    ),
                );
            }),
            h("td", {}),
        );
        if (focused) this.head.querySelector(`[data-sort="${focused}"]`)?.focus();
    }

    row(run) {
        const name = run.name || titleOf(run);
        const box = h("input", {
            type: "checkbox",
            checked: this.chosen.has(run.id),
            "aria-label": `Choose ${name}, ${moment(run.date)}`,
            "data-run": run.id,
        });
        box.addEventListener("change", () => {
            if (box.checked) this.chosen.add(run.id);
            else this.chosen.delete(run.id);
            this.showChosen();
        });
        const cells = COLUMNS.map(([key, , text, className = ""]) =>
            key === "name"
                ? h("th", { scope: "row" }, h("a", { href: `/measure/runs/${run.id}` }, text(run)))
                : h("td", { className: `${className} cell-${key}` }, text(run)),
        );
        const remove = () => this.remove([run.id]);
        return h(
            "tr",
            { "data-run": run.id },
            h("td", {}, box),
            ...cells,
            h(
                "td",
                {},
                this.shell.mayChange &&
                    h(
                        "button",
                        {
                            type: "button",
                            className: "button quiet small-button",
                            "aria-label": `Delete ${name}, ${moment(run.date)}`,
                            onclick: remove,
                        },
                        "Delete",
                    ),
            ),
        );
    }

    showChosen() {
        const ids = [...this.chosen];
        const isEnough = ids.length > 1;
        setText(
            this.comparing,
            isEnough
                ? `Compare ${ids.length} runs`
                : ids.length === 1
                  ? "Compare: choose another"
                  : "Compare: choose two",
        );
        setAttribute(this.comparing, "href", isEnough ? `/measure/compare?runs=${ids.join(",")}` : null);
        setAttribute(this.comparing, "aria-disabled", isEnough ? null : "true");
        this.comparing.classList.toggle("primary", isEnough);
        this.deleting.hidden = ids.length === 0;
        setText(this.deleting, ids.length > 1 ? `Delete ${ids.length} runs` : "Delete");
        for (const row of this.body.children)
            setAttribute(row, "data-chosen", this.chosen.has(row.dataset.run) ? "yes" : null);
    }

    // -- what changes it

    async remove(ids) {
        const names = this.runs.filter(({ id }) => ids.includes(id)).map((run) => run.name || titleOf(run));
        const what = names.length === 1 ? `“${names[0]}”` : plural(names.length, "run");
        const title = names.length === 1 ? "Delete this run?" : `Delete ${names.length} runs?`;
        if (!(await confirmAction(title, `${what} with all samples is deleted for good.`, "Delete"))) return;
        for (const id of ids) {
            const answer = await this.client.remove(id);
            if (!answer.ok) {
                this.shell.states.show("refused", { title: "Not deleted.", message: answer.error.message });
                break;
            }
            this.chosen.delete(id);
        }
        await this.load();
        this.search.focus();
    }

    async pick() {
        const file = await pickFile(".json,application/json");
        if (file) await this.importFile(file);
    }

    async importFile(file) {
        const { states } = this.shell;
        states.hide("refused", "inHistory");
        const found = await importFile(this.client, file);
        if (found.known) states.show("inHistory", { name: file.name });
        else if (found.refusal)
            states.show("refused", { title: `${file.name} was not imported.`, message: found.refusal });
        if (!found.id) return;
        toast(`${file.name} is imported`);
        await this.load();
        this.body.querySelector(`tr[data-run="${found.id}"] a`)?.focus();
    }
}
