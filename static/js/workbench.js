/**
 * The views of what is shown: one side, or two in a duel. It builds them for a set of sides and takes them down
 * again; it knows no server and no URL.
 *
 * Every side has its picture, sentence, account and lanes. Code and threads belong to the side in focus. Transport
 * and charts are one each: the first side leads, and in a duel the second follows its time.
 */

import { createAccount } from "./account.js";
import { createCharts } from "./charts.js";
import { createCode } from "./code.js";
import { h, setAttribute } from "./dom.js";
import { followTime } from "./duel.js";
import { exportItems, followForRecording } from "./exports.js";
import { createLanes } from "./lanes.js";
import { createNarration } from "./narration.js";
import { createScene } from "./scenes/index.js";
import { createThreads } from "./threads.js";
import { createTransport } from "./transport.js";

const place = (id) => document.getElementById(id);

/**
 * @param {object[]} sides from side.js, one or two
 * @param {(side: number) => void} onFocus
 * @param {HTMLElement} tool stands at the head of the last side
 */
export function createWorkbench(sides, onFocus, tool) {
    const bench = new Workbench(sides, onFocus, tool);
    return {
        focus: (side) => bench.focus(side),
        get focused() {
            return bench.focused;
        },
        destroy: () => bench.destroy(),
    };
}

class Workbench {
    constructor(sides, onFocus, tool) {
        Object.assign(this, { sides, onFocus, focused: -1, endings: [], panels: [] });
        const duel = sides.length > 1;
        setAttribute(place("sides"), "data-count", String(sides.length));
        place("lanes").classList.toggle("two", duel);
        this.tool = tool;
        const [leader, follower] = sides.map((side) => side.context);
        this.views = sides.map((side, index) => this.buildSide(side, index, duel));
        this.shared = [
            createTransport(place("transport"), leader, {
                exportItems: () => exportItems(sides.map((side) => side.context)),
            }),
            createCharts(place("charts"), leader, {
                peer: follower ?? null,
                names: sides.map((side) => side.entry.variant),
            }),
        ];
        sides.forEach((side, index) =>
            this.endings.push(side.context.playback.listen((frame) => this.render(index, frame))),
        );
        if (duel) this.endings.push(followTime(leader.playback, follower.playback));
        this.focus(0);
    }

    buildSide(side, index, duel) {
        const parts = sideElement(side.entry, duel, index);
        if (index === this.sides.length - 1) parts.tools.append(this.tool);
        if (duel) parts.head.addEventListener("click", () => this.focus(index));
        place("sides").append(parts.element);
        const slot = h("div", { className: "lanes-slot" });
        place("lanes").append(slot);
        const title = duel ? `Lanes, ${side.entry.variant}` : "Lanes";
        const lanes = createLanes(slot, side.context, { title, ...(this.axis ? { axis: this.axis } : {}) });
        this.axis = lanes.axis;
        side.context.scene = createScene(parts.scene, side.context);
        this.endings.push(followForRecording(side.context));
        const views = [
            side.context.scene,
            createNarration(parts.narration, side.context, { speaks: index === 0 }),
            createAccount(parts.account, side.context),
            lanes,
        ];
        return { parts, slot, views };
    }

    /** Shows code and threads of a side. */
    focus(index) {
        if (index === this.focused) return;
        this.focused = index;
        this.panels.forEach((panel) => panel.destroy());
        for (const id of ["code", "threads"]) place(id).replaceChildren();
        const { context } = this.sides[index];
        this.panels = [createCode(place("code"), context), createThreads(place("threads"), context)];
        this.views.forEach(({ parts }, side) => {
            setAttribute(parts.element, "data-focused", String(side === index));
            if (parts.choose) setAttribute(parts.choose, "aria-pressed", String(side === index));
        });
        const frame = context.playback.frame();
        this.panels.forEach((panel) => panel.render({ ...frame, jumped: true }));
        this.onFocus(index);
    }

    render(index, frame) {
        const panels = index === this.focused ? this.panels : [];
        const shared = index === 0 ? this.shared : [];
        for (const view of [...this.views[index].views, ...panels, ...shared]) {
            try {
                view.render(frame);
            } catch (error) {
                reportError(error); // one broken view leaves the others alive
            }
        }
    }

    destroy() {
        this.endings.forEach((end) => end?.());
        for (const view of [...this.panels, ...this.shared, ...this.views.flatMap(({ views }) => views)])
            view.destroy();
        for (const id of ["sides", "lanes", "code", "threads", "transport", "charts"]) place(id).replaceChildren();
    }
}

/** The frame of one side: head, picture, sentence, account. */
export function sideElement(entry, duel, index) {
    const parts = {
        scene: h("div", { className: "scene" }),
        narration: h("div", { className: "narration" }),
        account: h("div", { className: "account" }),
    };
    const words = h(
        "div",
        { className: "side-words" },
        h("h1", { className: "side-title" }, entry.title),
        h("p", { className: "side-subtitle" }, subtitle(entry, duel)),
    );
    parts.tools = h("div", { className: "side-tools" });
    parts.choose =
        duel &&
        h(
            "button",
            {
                type: "button",
                className: "button",
                "aria-pressed": "false",
                title: "Show its code and threads on the right",
            },
            "code",
        );
    if (parts.choose) parts.tools.append(parts.choose);
    parts.head = h("header", { className: "side-head" }, words, parts.tools);
    parts.element = h(
        "section",
        { className: "side", "aria-label": entry.title, "data-side": index },
        parts.head,
        parts.scene,
        parts.narration,
        parts.account,
    );
    return parts;
}

function subtitle(entry, duel) {
    const guarantee = entry.progress === entry.variant ? entry.variant : `${entry.variant}, ${entry.progress}`;
    if (duel) return [guarantee];
    return [
        `${guarantee}. `,
        entry.flaw ? h("span", { className: "flaw" }, entry.flaw) : entry.summary,
        entry.flaw ? "" : ` ${shortPaper(entry.paper)}`,
    ];
}

/** Author and year where the paper gives them; the help dialog has it whole. */
function shortPaper(paper) {
    const author = paper.split(":")[0];
    const year = paper.match(/\b(19|20)\d\d\b/)?.[0];
    return year && author.length < 60 ? `${author}, ${year}.` : "";
}
