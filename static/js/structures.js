/**
 * Choosing a structure: a search field that knows the usual names (MSQueue, LIFO), the variants of the family beside
 * it, and below them, where a family has several structures of one variant, these.
 */

import { h, setAttribute } from "./dom.js";

const VARIANTS = ["lock-free", "lockless", "mutex", "flawed"];

/**
 * Entries that a search finds, best first; the same rule as the catalog's own search.
 *
 * @param {object[]} entries
 * @param {string} text
 */
export function searchEntries(entries, text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const scored = [];
    entries.forEach((entry, order) => {
        const names = [entry.title, entry.key, entry.family, ...entry.aliases].join(" ").toLowerCase();
        const rest = `${entry.summary} ${entry.paper} ${entry.variant}`.toLowerCase();
        if (!words.every((word) => names.includes(word) || rest.includes(word))) return;
        scored.push({ entry, order, score: words.filter((word) => names.includes(word)).length });
    });
    return scored.sort((one, other) => other.score - one.score || one.order - other.order).map((item) => item.entry);
}

/** The variant that an entry meets in a duel, as the server picks it: mutex, or the one without a lock. */
export function twinVariant(entries, entry) {
    if (entry?.variant !== "mutex") return "mutex";
    const isLockless = entries.some(({ family, variant }) => family === entry.family && variant === "lockless");
    return isLockless ? "lockless" : "lock-free";
}

/**
 * What tells titles that begin alike from each other: `by CAS loop` and `in stripes` of two counters. A title that has
 * nothing but what all have stays whole.
 *
 * @param {string[]} titles
 */
export function distinctions(titles) {
    const all = titles.map((title) => title.split(" "));
    const most = Math.min(...all.map((words) => words.length));
    let alike = 0;
    while (alike < most && all.every((words) => words[alike] === all[0][alike])) alike++;
    return all.map((words, index) => words.slice(alike).join(" ") || titles[index]);
}

/** The alias that made an entry match, to be shown beside its title; empty where the title itself did. */
export function matchingAlias(entry, text) {
    const wanted = text.trim().toLowerCase();
    if (!wanted || entry.title.toLowerCase().includes(wanted)) return "";
    return entry.aliases.find((alias) => alias.toLowerCase().includes(wanted)) ?? "";
}

/**
 * @param {HTMLElement} root
 * @param {object[]} entries the catalog
 * @param {(key: string) => void} choose
 */
export function createStructurePicker(root, entries, choose) {
    const picker = new Picker(root, entries, choose);
    return { show: (key) => picker.show(key), setDisabled: (off) => picker.setDisabled(off) };
}

class Picker {
    constructor(root, entries, choose) {
        Object.assign(this, { entries, choose, key: null, found: [], active: -1 });
        this.input = h("input", {
            className: "field structure-input",
            id: "structure",
            type: "text",
            role: "combobox",
            autocomplete: "off",
            spellcheck: false,
            "aria-expanded": "false",
            "aria-controls": "structure-list",
            "aria-autocomplete": "list",
            placeholder: "Search: MSQueue, LIFO, …",
        });
        this.list = h("ul", {
            className: "structure-list scroll",
            id: "structure-list",
            role: "listbox",
            hidden: true,
            "aria-label": "Structures",
        });
        this.variants = h("div", { className: "segmented", role: "radiogroup", "aria-label": "Variant" });
        this.ways = h("div", { className: "segmented ways", role: "radiogroup", "aria-label": "Way", hidden: true });
        root.append(
            h("label", { className: "panel-title", htmlFor: "structure" }, "Structure"),
            h("div", { className: "structure-search" }, this.input, this.list),
            this.variants,
            this.ways,
        );
        this.listen();
    }

    listen() {
        this.input.addEventListener("focus", () => this.input.select());
        this.input.addEventListener("click", () => this.open(""));
        this.input.addEventListener("input", () => this.open(this.input.value));
        this.input.addEventListener("keydown", (event) => this.onKey(event));
        this.input.addEventListener("blur", () => this.close());
        this.list.addEventListener("pointerdown", (event) => event.preventDefault());
        this.list.addEventListener("click", (event) => {
            const option = event.target.closest("[role=option][data-key]");
            if (option) this.pick(option.dataset.key);
        });
        for (const group of [this.variants, this.ways])
            group.addEventListener("keydown", (event) => this.onGroupKey(event, group));
    }

    /** Shows what is running. */
    show(key) {
        if (key === this.key) return;
        this.key = key;
        const entry = this.entry();
        this.input.value = entry?.title ?? "";
        const family = this.entries.filter((other) => other.family === entry?.family);
        const oneOf = (variant) => (variant === entry?.variant ? entry : family.find((other) => other.variant === variant));
        const present = VARIANTS.map(oneOf).filter(Boolean);
        this.variants.replaceChildren(...present.map((other) => this.groupButton(other, other.variant)));
        const alike = family.filter((other) => other.variant === entry?.variant);
        const words = distinctions(alike.map((other) => other.title));
        this.ways.hidden = alike.length < 2;
        this.ways.replaceChildren(...alike.map((other, index) => this.groupButton(other, words[index])));
    }

    setDisabled(off) {
        this.input.disabled = off;
        for (const button of [...this.variants.children, ...this.ways.children]) button.disabled = off;
    }

    groupButton(entry, label) {
        const chosen = entry.key === this.key;
        return h(
            "button",
            {
                type: "button",
                role: "radio",
                "aria-checked": String(chosen),
                tabIndex: chosen ? 0 : -1,
                title: entry.summary,
                "data-key": entry.key,
                onclick: () => this.pick(entry.key),
            },
            label,
        );
    }

    entry() {
        return this.entries.find((entry) => entry.key === this.key);
    }

    open(text) {
        this.found = searchEntries(this.entries, text);
        this.active = text ? 0 : this.found.findIndex((entry) => entry.key === this.key);
        const options = this.found.map((entry, index) => this.option(entry, index, text));
        const none = h(
            "li",
            { className: "structure-none", role: "option", "aria-disabled": "true" },
            `Nothing is called “${text}”. Try stack, queue, ring, counter, LIFO, FIFO, mutex.`,
        );
        this.list.replaceChildren(...(options.length ? options : [none]));
        this.list.hidden = false;
        this.place();
        this.input.setAttribute("aria-expanded", "true");
        this.mark();
    }

    /** Fixed, not absolute: the panel scrolls, and what it scrolls it clips. */
    place() {
        const at = this.input.getBoundingClientRect();
        this.list.style.top = `${at.bottom + 4}px`;
        this.list.style.left = `${at.left}px`;
        this.list.style.maxHeight = `${innerHeight - at.bottom - 12}px`;
    }

    option(entry, index, text) {
        const alias = matchingAlias(entry, text);
        return h(
            "li",
            { role: "option", id: `structure-option-${index}`, "data-key": entry.key },
            h(
                "span",
                { className: "structure-title" },
                entry.title,
                alias && h("span", { className: "muted" }, ` ${alias}`),
            ),
            h("span", { className: "structure-summary" }, `${entry.variant}. ${entry.summary}`),
        );
    }

    mark() {
        [...this.list.querySelectorAll("[data-key]")].forEach((option, index) => {
            setAttribute(option, "aria-selected", String(index === this.active));
            if (index === this.active) option.scrollIntoView({ block: "nearest" });
        });
        setAttribute(this.input, "aria-activedescendant", this.active >= 0 ? `structure-option-${this.active}` : null);
    }

    close() {
        this.list.hidden = true;
        this.input.setAttribute("aria-expanded", "false");
        this.input.removeAttribute("aria-activedescendant");
        this.input.value = this.entry()?.title ?? "";
    }

    pick(key) {
        this.close();
        if (key !== this.key) this.choose(key);
    }

    onKey(event) {
        const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (move) {
            event.preventDefault();
            if (this.list.hidden) this.open("");
            else this.active = (this.active + move + this.found.length) % Math.max(1, this.found.length);
            this.mark();
        } else if (event.key === "Enter" && !this.list.hidden && this.found[this.active]) {
            event.preventDefault();
            this.pick(this.found[this.active].key);
        } else if (event.key === "Escape" && !this.list.hidden) {
            event.stopPropagation();
            this.close();
        }
    }

    onGroupKey(event, group) {
        const move = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (!move) return;
        event.preventDefault();
        const buttons = [...group.children];
        const next = buttons[(buttons.indexOf(event.target) + move + buttons.length) % buttons.length];
        next?.focus();
        next?.click();
    }
}
