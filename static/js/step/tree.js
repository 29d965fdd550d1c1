/**
 * The tree of what was tried: a line a branch, from where it forks to where it ends, a mark in the thread's hue for each
 * step. Faults and ends are marked by shape; the branch that is shown is heavy, and has a ring at the shown step.
 */

import { h, setAttribute, threadName } from "../dom.js";
import { faultName } from "./faults.js";
import { branchOf } from "./tried.js";

const SVG = "http://www.w3.org/2000/svg";
const ROW = { mouse: 26, touch: 44 };
const PAD = 12;
const MOST_UNIT = 22;
const NUMBERS_FROM = 13;
const DOTS_FROM = 5;
const ENDS = {
    finished: "finished",
    running: "not finished",
    deadlock: "a deadlock",
    blocked: "blocked for ever",
};

/**
 * @param {HTMLElement} root
 * @param {{ go(schedule: string, step: number): void, compare(schedule: string): void, forget(): void }} actions
 */
export function createTree(root, actions) {
    const tree = new Tree(root, actions);
    return {
        show: (branches, moves) => tree.show(branches, moves),
        mark: (step) => tree.mark(step),
        destroy: () => tree.destroy(),
    };
}

class Tree {
    constructor(root, actions) {
        Object.assign(this, { root, actions, branches: [], current: -1, step: 0, width: 0 });
        this.height = matchMedia("(pointer: coarse)").matches ? ROW.touch : ROW.mouse;
        this.list = h("ul", { className: "tried scroll", tabIndex: 0, "aria-label": "Branches that were tried" });
        this.empty = h(
            "p",
            { className: "panel-empty muted" },
            "Every schedule you try stays here as a branch. Go back and let another thread move: it forks.",
        );
        root.append(this.list, this.empty);
        this.observer = new ResizeObserver(() => this.resize());
        this.observer.observe(root);
    }

    destroy() {
        this.observer.disconnect();
        this.root.replaceChildren();
    }

    resize() {
        const { clientWidth } = this.list;
        if (clientWidth === this.width || clientWidth === 0) return;
        this.width = clientWidth;
        this.draw();
    }

    show(branches, moves) {
        this.branches = branches;
        this.current = branchOf(branches, moves);
        this.length = moves.length;
        this.draw();
    }

    draw() {
        const longest = Math.max(1, ...this.branches.map(({ moves }) => moves.length));
        const room = Math.max(60, (this.width || 320) - 2 * PAD - 104);
        this.unit = Math.min(MOST_UNIT, room / longest);
        this.empty.hidden = this.branches.length > 0;
        this.list.hidden = this.branches.length === 0;
        this.list.replaceChildren(...this.branches.map((branch, index) => this.row(branch, index)));
        this.ring = null;
        this.mark(this.step);
    }

    x(step) {
        return PAD + step * this.unit;
    }

    row(branch, index) {
        const current = index === this.current;
        const track = element("svg", {
            class: "tried-track",
            height: this.height,
            width: this.x(branch.moves.length) + 16,
            "aria-hidden": "true",
        });
        track.append(...this.lines(branch, index), ...this.steps(branch), ...this.ends(branch));
        const button = h(
            "button",
            {
                type: "button",
                className: "tried-row",
                "aria-current": current ? "true" : null,
                title: describe(branch, index),
                onclick: (event) => this.press(event, branch, track),
            },
            track,
            h("span", { className: "visually-hidden" }, describe(branch, index)),
        );
        const compare = h(
            "button",
            {
                type: "button",
                className: "card-action",
                hidden: current,
                "aria-label": `Compare with branch ${index + 1}`,
                onclick: () => this.actions.compare(branch.schedule),
            },
            "compare",
        );
        return h(
            "li",
            { className: `tried-item${current ? " current" : ""}` },
            button,
            h("span", { className: "tried-length numbers" }, String(branch.moves.length)),
            compare,
        );
    }

    /** Where it forks, its line stands on the one that it leaves. */
    lines(branch, index) {
        const middle = this.height / 2;
        const [from, to] = [this.x(branch.from), this.x(branch.moves.length)];
        const up = branch.parent < 0 ? 0 : (index - branch.parent) * this.height;
        const bend = Math.min(this.unit, 8);
        const path =
            up === 0
                ? `M${from} ${middle}H${to}`
                : `M${from} ${middle - up}V${middle - bend}Q${from} ${middle} ${from + bend} ${middle}H${to}`;
        return [element("path", { d: path, class: "tried-line" })];
    }

    steps(branch) {
        const faults = new Set(branch.faults.map(({ step }) => step));
        return branch.moves.slice(branch.from).flatMap((move, at) => {
            const step = branch.from + at + 1;
            if (faults.has(step)) return this.fault(this.x(step));
            return this.unit < DOTS_FROM ? [] : this.dot(move, this.x(step));
        });
    }

    dot({ thread, kill }, x) {
        const y = this.height / 2;
        const hue = `hue-${thread % 8}`;
        if (kill) return [element("path", { d: `M${x - 4} ${y - 4}l8 8m0-8l-8 8`, class: `tried-kill ${hue}` })];
        const radius = this.unit >= NUMBERS_FROM ? 7 : Math.max(2, this.unit / 2.6);
        const dot = element("circle", { cx: x, cy: y, r: radius, class: `tried-step ${hue}` });
        return this.unit < NUMBERS_FROM ? [dot] : [dot, label(x, y, "tried-number", String(thread + 1))];
    }

    /** Square, and with its mark: a fault is not told by its colour alone. */
    fault(x) {
        const box = { x: x - 5.5, y: this.height / 2 - 7, width: 11, height: 14, rx: 2, class: "tried-fault" };
        return [element("rect", box), label(x, this.height / 2, "tried-fault-mark", "!")];
    }

    ends(branch) {
        if (branch.end !== "finished" || branch.faults.some(({ step }) => step === branch.moves.length)) return [];
        const x = this.x(branch.moves.length) + 13;
        return [element("path", { d: `M${x - 4} ${this.height / 2}l3 3 5-6`, class: "tried-end" })];
    }

    /** A click on a step goes there; the keyboard goes to the end of the branch. */
    press(event, branch, track) {
        const place =
            event.detail === 0 ? Infinity : (event.clientX - track.getBoundingClientRect().left - PAD) / this.unit;
        const step = Math.round(Math.min(branch.moves.length, Math.max(0, place)));
        this.actions.go(branch.schedule, step);
    }

    /** The ring at the shown step: on the branch itself, or on the one it came from. */
    mark(step) {
        this.step = step;
        if (this.current < 0) return;
        let index = this.current;
        while (this.branches[index].parent >= 0 && step < this.branches[index].from)
            index = this.branches[index].parent;
        const track = this.list.children[index]?.querySelector("svg");
        if (!track) return;
        this.ring ??= element("circle", { r: 10, class: "tried-ring" });
        setAttribute(this.ring, "cx", this.x(step));
        setAttribute(this.ring, "cy", this.height / 2);
        if (this.ring.parentNode !== track) track.append(this.ring);
    }
}

/** A branch in words. */
function describe(branch, index) {
    const fork = branch.parent < 0 ? "" : `, forks from branch ${branch.parent + 1} after step ${branch.from}`;
    const kinds = [...new Set(branch.faults.map(({ kind }) => kind))].map((kind) => faultName(kind).toLowerCase());
    const end = kinds.length > 0 ? kinds.join(", ") : (ENDS[branch.end] ?? branch.end);
    const last = branch.moves.at(-1);
    const count = branch.moves.length;
    return `Branch ${index + 1}: ${count} step${count === 1 ? "" : "s"}, the last one ${threadName(last.thread)}'s${fork}; ${end}`;
}

function label(x, y, name, words) {
    const made = element("text", { x, y: y + 3.5, class: name });
    made.textContent = words;
    return made;
}

function element(tag, attributes) {
    const made = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
}
