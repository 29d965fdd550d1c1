/**
 * The interpreters: which there are, what each can do, and for one that lacks the package the command that adds it.
 * Looking takes a while (each is started once), so the server is asked when the page stands.
 */

import { h, setText } from "../dom.js";
import { toast } from "../toast.js";

/**
 * @param {{ interpreters(refresh?: boolean): Promise<object> }} client
 * @param {{ change(paths: string[]): void, known(): void }} hooks
 * @param {boolean} mayAsk whether the server asks them again for this person
 */
export function createPythons(client, hooks, mayAsk) {
    return new Pythons(client, hooks, mayAsk);
}

class Pythons {
    constructor(client, hooks, mayAsk) {
        Object.assign(this, { client, hooks, mayAsk, found: null, plan: null, every: false });
        this.list = h("div", { className: "pythons", role: "group", "aria-label": "Interpreters" });
        this.looking = h("p", { className: "muted fine", role: "status" }, "Looking for interpreters …");
        this.again = h(
            "button",
            { type: "button", className: "button quiet small-button", onclick: () => this.load(true) },
            "Look again",
        );
        this.again.hidden = true;
        this.strangers = h("p", { className: "fine", role: "status", hidden: true });
        this.element = h("div", {}, this.looking, this.list, this.strangers, this.again);
    }

    async load(refresh = false) {
        this.looking.hidden = false;
        this.looking.textContent = "Looking for interpreters …";
        this.again.hidden = true;
        const answer = await this.client.interpreters(refresh);
        this.again.hidden = !this.mayAsk;
        if (!answer.ok) {
            this.looking.textContent = `Interpreters are not known: ${answer.error.message}`;
            return;
        }
        this.looking.hidden = true;
        this.found = answer.value.interpreters;
        this.failed = answer.value.failed ?? {};
        this.build();
        this.hooks.known();
    }

    /** How many can take samples. */
    get able() {
        return this.found?.filter(({ reason }) => !reason).length ?? 1;
    }

    /** Those that are measured on when nobody has chosen. */
    usual() {
        const able = this.found?.filter(({ reason }) => !reason) ?? [];
        return able.filter((one) => this.every || one.this).map(({ path }) => path);
    }

    build() {
        this.boxes = new Map();
        const failed = failedElement(Object.entries(this.failed));
        this.list.replaceChildren(...this.found.map((one, index) => this.row(one, index)), ...failed);
        this.showChosen();
    }

    row(one, index) {
        const id = `python-${index}`;
        const input = h("input", { type: "checkbox", id, disabled: Boolean(one.reason), "data-path": one.path });
        input.addEventListener("change", () => this.choose());
        if (!one.reason) this.boxes.set(one.path, input);
        const facts = [
            one.gil ? "GIL on" : "GIL off",
            one.native ? "extension" : "no extension",
            one.this ? "runs this server" : null,
        ];
        return h(
            "div",
            { className: `python${one.reason ? " missing" : ""}` },
            h(
                "label",
                { htmlFor: id },
                input,
                h(
                    "span",
                    {},
                    h("span", { className: "python-title" }, one.title),
                    h("span", { className: "muted fine" }, ` ${facts.filter(Boolean).join(" · ")}`),
                ),
            ),
            h("span", { className: "python-path mono muted" }, one.path),
            one.reason && h("p", { className: "fine" }, `Cannot take samples: ${one.reason}`),
            !one.reason &&
                one.native_reason &&
                h("p", { className: "muted fine" }, `No extension: ${one.native_reason}`),
            one.command && commandLine(one.command, one.title),
        );
    }

    choose() {
        const chosen = [...this.boxes].filter(([, { checked }]) => checked).map(([path]) => path);
        const usual = this.usual();
        const isUsual = chosen.length === usual.length && usual.every((path) => chosen.includes(path));
        this.hooks.change(isUsual ? null : chosen);
    }

    /** @param {import("./plan.js").Plan} plan @param {boolean} every whether its preset asks all of them */
    show(plan, every) {
        Object.assign(this, { plan, every });
        this.showChosen();
    }

    showChosen() {
        if (!this.found || !this.plan) return;
        const chosen = this.plan.pythons ?? this.usual();
        for (const [path, input] of this.boxes) input.checked = chosen.includes(path);
        this.showStrangers(chosen.filter((path) => !this.boxes.has(path)));
    }

    /** Those that an address names, or a run from another machine, and that cannot be had here. */
    showStrangers(paths) {
        this.strangers.hidden = paths.length === 0;
        setText(this.strangers, paths.length > 0 ? `Asked for, and not here: ${paths.join(", ")}. Choose above.` : "");
    }
}

/** What is called like a Python and is none. */
function failedElement(failed) {
    if (failed.length === 0) return [];
    const words = failed.length === 1 ? "1 name on PATH is no Python" : `${failed.length} names on PATH are no Python`;
    const rows = failed.map(([path, reason]) =>
        h("li", {}, h("span", { className: "mono" }, path), h("span", { className: "muted" }, ` ${reason}`)),
    );
    return [h("details", { className: "pythons-failed fine" }, h("summary", {}, words), h("ul", {}, ...rows))];
}

/** A command to copy. */
function commandLine(command, title) {
    const copy = async () => {
        try {
            await navigator.clipboard.writeText(command);
            toast("The command is copied");
        } catch {
            toast("Copying is not allowed here: mark the command and copy it by hand", "bad");
        }
    };
    return h(
        "span",
        { className: "python-command" },
        h("code", {}, command),
        h(
            "button",
            {
                type: "button",
                className: "button quiet small-button",
                "aria-label": `Copy the command for ${title}`,
                onclick: copy,
            },
            "Copy",
        ),
    );
}
