/**
 * The algorithm's source with every thread's marker on its line.
 *
 * An algorithm may lie in several files (a stack and its reclamation scheme); they stand one under the other, each under
 * its name. Lines wrap, so that nothing is clipped. The current line is kept in view until the person scrolls by hand; a button
 * takes it up again. In flow nobody can follow a marker: there only threads that stand still keep theirs, and each
 * line says how often it is passed a second, counted from the records, not sampled.
 */

import { chip, h, hueClass, setAttribute, setText } from "./dom.js";
import { rate } from "./format.js";
import { laneName } from "./layout.js";

const EVERY_MS = 80;
const COUNT_EVERY_MS = 1000;
const MOST_CHIPS = 2;
const STILL = ["frozen", "killed", "raised"];

/**
 * @param {HTMLElement} root
 * @param {object} context
 */
export function createCode(root, context) {
    const view = new CodeView(root, context);
    return { render: (frame) => view.render(frame), destroy: () => view.destroy() };
}

class CodeView {
    constructor(root, context) {
        Object.assign(this, {
            root,
            context,
            key: null,
            files: [],
            lines: new Map(),
            following: true,
            drawnAt: 0,
            current: null,
            frame: null,
        });
        this.tally = { from: -1, at: 0, sites: new Uint32Array(65536) };
        this.file = h("span", { className: "code-file mono" });
        this.followButton = h(
            "button",
            { type: "button", className: "button quiet", hidden: true, onclick: () => this.follow() },
            "follow the threads",
        );
        this.list = h("ol", { className: "code scroll", tabIndex: 0, "aria-label": "Source code" });
        root.append(
            h(
                "div",
                { className: "panel-head" },
                h("h2", { className: "panel-title" }, "Code"),
                this.file,
                this.followButton,
            ),
            this.list,
        );
        for (const kind of ["wheel", "touchmove", "pointerdown"]) {
            this.list.addEventListener(kind, (event) => this.byHand(event), { passive: true });
        }
        this.list.addEventListener("keydown", (event) => this.byHand(event));
        this.observer = new ResizeObserver(() => this.following && this.current && this.reveal(this.current));
        this.observer.observe(this.list);
        this.off = [context.on("entry", () => this.load()), context.on("cleared", () => this.clear())];
        this.load();
    }

    destroy() {
        this.observer.disconnect();
        this.off.forEach((stop) => stop?.());
        this.root.replaceChildren();
    }

    byHand(event) {
        if (event.type === "pointerdown" && event.target !== this.list) return;
        if (event.type === "keydown" && !["ArrowUp", "ArrowDown", "PageUp", "PageDown"].includes(event.key)) return;
        this.following = false;
        this.followButton.hidden = false;
    }

    follow() {
        this.following = true;
        this.followButton.hidden = true;
        if (this.current) this.reveal(this.current);
    }

    async load() {
        const key = this.context.entry?.key ?? null;
        if (!key || key === this.key) return;
        this.key = key;
        const answer = await this.context.source(key);
        if (this.key !== key) return;
        if (answer.ok) this.show(answer.value);
        else this.showError(answer.error.message, key);
        if (this.frame) this.draw(this.frame);
    }

    showError(message, key) {
        this.lines.clear();
        const again = h("button", { type: "button", className: "button", onclick: () => this.retry(key) }, "Try again");
        this.list.replaceChildren(
            h("li", { className: "panel-empty muted" }, `The source could not be fetched: ${message} `, again),
        );
    }

    retry(key) {
        if (this.key === key) this.key = null;
        this.load();
    }

    show(source) {
        this.files = source.files ?? [source];
        setText(this.file, this.files.map(({ file }) => baseName(file)).join(", "));
        setAttribute(this.file, "title", this.files.map(({ file }) => file).join(", "));
        const several = this.files.length > 1;
        this.lines = new Map();
        this.list.replaceChildren(
            ...this.files.flatMap(({ file, lines }) => {
                const made = lines.map((line) => [`${file}:${line.number}`, makeLine(line)]);
                made.forEach(([key, line]) => this.lines.set(key, line));
                const elements = made.map(([, line]) => line.element);
                return several ? [h("li", { className: "code-head mono" }, baseName(file)), ...elements] : elements;
            }),
        );
        this.current = null;
        this.follow();
        this.firstSight();
    }

    /** Before any thread moves: the first operation, not the essay at the top of the file. */
    firstSight() {
        const name = this.context.entry?.operations[0]?.name;
        const line = [...this.lines.values()].find((candidate) => candidate.text.includes(`def ${name}(`));
        if (line) this.list.scrollTop = line.element.offsetTop - this.list.offsetTop - 4;
    }

    clear() {
        for (const line of this.lines.values()) mark(line, [], null);
        this.current = null;
        this.tally.from = -1;
    }

    render(frame) {
        this.frame = frame;
        this.count(frame);
        const now = performance.now();
        if (frame.mode === "live" && frame.rate > 5 && now - this.drawnAt < EVERY_MS) return;
        this.drawnAt = now;
        this.draw(frame);
    }

    draw(frame) {
        const perLine = new Map();
        const flowing = frame.mode === "live" && frame.regime === "flow";
        for (const lane of frame.state.lanes) {
            if (lane.operation < 0 || lane.status === "stopped" || (flowing && !STILL.includes(lane.status))) continue;
            const line = this.lineOf(this.context.standsAt?.(lane) ?? lane.site);
            if (line) perLine.set(line, [...(perLine.get(line) ?? []), lane.lane]);
        }
        const record = frame.current?.record ?? frame.state.last; // of a whole step, the access that is told of
        const current = record && !flowing ? this.lineOf(record.site) : null;
        for (const line of this.lines.values())
            mark(line, perLine.get(line) ?? [], line === current ? record.lane : null);
        if (current && current !== this.current && this.following && readable(frame)) this.reveal(current);
        this.current = current;
    }

    lineOf(site) {
        const described = site ? this.context.names.site(site) : null;
        const source = described && this.files.find(({ file }) => sameFile(described.file, file));
        return source ? (this.lines.get(`${source.file}:${described.line}`) ?? null) : null;
    }

    /** Scrolls the list, never the page, and only where the line is not in sight. */
    reveal({ element }) {
        const top = element.offsetTop - this.list.offsetTop;
        const { scrollTop, clientHeight } = this.list;
        const margin = Math.min(72, clientHeight / 4);
        if (top >= scrollTop + margin / 2 && top + element.offsetHeight <= scrollTop + clientHeight - margin / 2)
            return;
        this.list.scrollTop = top - clientHeight / 3;
    }

    /** Adds up the records that the view has passed; once a second the lines say what it came to. */
    count(frame) {
        const tally = this.tally;
        const now = performance.now();
        const busy = frame.mode === "live" && frame.regime === "flow";
        if (!busy) {
            if (tally.from >= 0) this.showCounts(null);
            tally.from = -1;
            return;
        }
        const from = tally.from < 0 ? frame.position : tally.from;
        if (tally.from < 0) Object.assign(tally, { at: now, sites: tally.sites.fill(0) });
        const first = Math.max(from + 1, frame.first);
        if (first <= frame.position) {
            const { at, words } = this.context.layout;
            this.context.history.spans(first, frame.position, ({ halves }, start, records) => {
                for (let record = start; record < start + records; record += 1)
                    tally.sites[halves[record * words * 2 + at.site]] += 1;
            });
        }
        tally.from = frame.position;
        if (now - tally.at < COUNT_EVERY_MS) return;
        this.showCounts((now - tally.at) / 1000);
        tally.sites.fill(0);
        tally.at = now;
    }

    showCounts(seconds) {
        const totals = new Map();
        if (seconds) {
            this.context.names.sites.forEach((site, id) => {
                const line = site && this.lineOf(id);
                if (line) totals.set(line, (totals.get(line) ?? 0) + this.tally.sites[id] / seconds);
            });
        }
        for (const line of this.lines.values())
            setText(line.count, totals.get(line) ? `${rate(totals.get(line))}/s` : "");
    }
}

function makeLine({ number, html }) {
    const text = h("code", { className: "code-text" });
    text.innerHTML = html; // the server's own highlighting of its own file
    const plain = text.textContent.replace(/\n$/, "");
    const indent = plain.length - plain.trimStart().length;
    trimIndent(text, indent);
    allowBreaks(text);
    text.style.setProperty("--indent", `${indent / 2}ch`);
    const line = {
        text: plain,
        key: "",
        chips: h("span", { className: "code-chips" }),
        count: h("span", { className: "code-count numbers" }),
    };
    line.element = h(
        "li",
        { className: "code-line", "data-line": number },
        h("span", { className: "code-gutter" }, line.chips, line.count),
        h("span", { className: "code-number", "aria-hidden": "true" }, String(number)),
        text,
    );
    return line;
}

/**
 * Takes the leading spaces out: the style sheet indents, half as wide, and wrapped lines hang under their own
 * beginning.
 */
function trimIndent(text, indent) {
    let left = indent;
    const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node && left > 0; node = walker.nextNode()) {
        const taken = Math.min(left, node.length);
        node.deleteData(0, taken);
        left -= taken;
    }
}

/** Long calls may break after a bracket, not only at spaces. */
function allowBreaks(text) {
    const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
    const nodes = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) nodes.push(node);
    for (const node of nodes) {
        const pieces = node.data.split(/(?<=[([{])/);
        if (pieces.length > 1)
            node.replaceWith(
                ...pieces.flatMap((piece, index) => (index ? [document.createElement("wbr"), piece] : [piece])),
            );
        else if (/^[([{]$/.test(node.data)) node.after(document.createElement("wbr"));
    }
}

/** Markers of the lanes that stand on a line; `actor` is the lane whose access is the current one. */
function mark(line, lanes, actor) {
    const key = `${lanes.join()}/${actor}`;
    if (key === line.key) return;
    line.key = key;
    const shown = lanes.length > MOST_CHIPS ? lanes.slice(0, MOST_CHIPS - 1) : lanes;
    const rest = lanes.length - shown.length;
    line.chips.replaceChildren(
        ...shown.map((lane) => chip(lane)),
        ...(rest > 0 ? [h("span", { className: "chip rest" }, `+${rest}`)] : []),
    );
    const current = actor === null ? "" : ` current ${hueClass(actor)}`;
    line.element.className = `code-line${lanes.length ? " occupied" : ""}${current}`;
    setAttribute(line.chips, "title", rest > 0 ? lanes.map(laneName).join(" ") : null);
}

function baseName(file) {
    return file.split("/").at(-1);
}

function sameFile(one, other) {
    return one === other || one.endsWith(`/${other}`) || other.endsWith(`/${one}`);
}

/** Whether lines pass slowly enough to be followed. */
function readable(frame) {
    return frame.mode === "held" || frame.jumped || frame.regime === "each" || frame.regime === "incidents";
}
