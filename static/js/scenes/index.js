/**
 * The stage's picture of a structure: a pure drawing of a Frame.
 *
 * `layoutX(view, metrics)` says what stands where, without a DOM; the Stage draws it and moves it into the next
 * picture. Nothing is kept here that a Frame does not give again, but the size of the stage, the chosen thread and the
 * latest messages.
 */

import { laneName } from "../layout.js";
import { element } from "./actor.js";
import { whatHappened } from "./bands.js";
import { describeCounter, layoutCounter } from "./counter.js";
import { exportStage } from "./export.js";
import { describeFlow, layoutFlow } from "./flow.js";
import { describeGraph } from "./graph-words.js";
import { layoutGraph } from "./graph.js";
import { INSET, layoutIncident } from "./incident.js";
import { describeMap, layoutMap } from "./map.js";
import { createMetrics } from "./metrics.js";
import { describeDoor } from "./mutex.js";
import { describeProcesses, layoutProcesses } from "./processes.js";
import { describeQueue, layoutQueue } from "./queue.js";
import { integerOf, isCounter, isStopped } from "./reading.js";
import { describeRing, layoutRing } from "./ring.js";
import { LAYERS } from "./sprites.js";
import { describeStack, layoutStack } from "./stack.js";
import { Stage } from "./stage.js";

const SCENES = {
    stack: { layout: layoutStack, describe: describeStack },
    queue: { layout: layoutQueue, describe: describeQueue },
    counter: { layout: layoutCounter, describe: describeCounter },
    processes: { layout: layoutProcesses, describe: describeProcesses },
    ring: { layout: layoutRing, describe: describeRing },
    map: { layout: layoutMap, describe: describeMap },
    graph: { layout: layoutGraph, describe: describeGraph },
};
const MOTION_MS = 250;
/** A movement takes at most this share of the time between two accesses, so that the picture keeps up. */
const SHARE_OF_BEAT = 560;
/** Sums and counts change no more often: fewer than three times a second. */
const SLOWLY_MS = 400;
const REST_MS = 300;
const PROJECTED = 1.6;

/** How long one movement takes for a frame, in milliseconds. */
export function durationOf(frame, { reducedMotion }) {
    if (reducedMotion || frame.jumped) return 0;
    if (frame.regime === "flow" || frame.regime === "incidents") return MOTION_MS;
    const speed = frame.mode === "replay" ? frame.speed : 1;
    const beat = frame.rate > 0 && frame.mode !== "held" ? SHARE_OF_BEAT / frame.rate : Infinity;
    return Math.min(MOTION_MS / speed, Math.max(beat, MOTION_MS / 5));
}

/**
 * @param {HTMLElement} root
 * @param {object} context  see docs/frontend.md
 * @returns {{ render: (frame: object) => void, destroy: () => void, exportSvg: () => string }}
 */
export function createScene(root, context) {
    const scene = new Scene(root, context);
    return {
        render: (frame) => scene.render(frame),
        destroy: () => scene.destroy(),
        exportSvg: () => exportStage(scene.svg),
    };
}

let created = 0;

class Scene {
    constructor(root, context) {
        this.root = root;
        this.context = context;
        created += 1;
        this.buildElements(`scene-${created}`);
        this.stage = new Stage(this.svg, LAYERS, () => this.rest());
        this.frame = null;
        this.drawn = { regime: "", position: NaN, at: 0 };
        this.chosen = null;
        this.lost = null;
        /** Operations of all other threads when a thread was first seen stopped, and since. */
        this.stops = new Map();
        /** Whether counters have come that are not drawn yet. */
        this.counted = false;
        this.listen();
        this.observer = new ResizeObserver(() => this.resize());
        this.observer.observe(root);
        this.resize();
    }

    buildElements(id) {
        this.svg = element("svg", {
            class: "scene-picture", role: "group", "aria-labelledby": `${id}-title`, "aria-describedby": `${id}-words`,
        });
        const words = element("g", { class: "words" });
        this.title = words.appendChild(element("text", { id: `${id}-title` }));
        this.words = words.appendChild(element("text", { id: `${id}-words` }));
        this.svg.append(words);
        this.root.append(this.svg);
    }

    listen() {
        const { context } = this;
        const press = (event) => this.press(event);
        this.svg.addEventListener("click", press);
        this.svg.addEventListener("keydown", press);
        this.touch = matchMedia("(pointer: coarse)");
        this.endings = [
            context.on("select", (choice) => this.choose(choice)),
            context.on("counters", (message) => this.count(message)),
            context.on("account", (message) => this.balance(message)),
            context.on("names", () => this.redraw()),
            context.on("cleared", () => this.clear()),
        ];
    }

    destroy() {
        this.observer.disconnect();
        clearTimeout(this.resting);
        clearTimeout(this.late);
        this.endings.forEach((end) => end?.());
        this.stage.destroy();
        this.svg.remove();
    }

    // What comes in

    /** @param {object} frame  see docs/frontend.md */
    render(frame) {
        const same = this.frame !== null && frame.position === this.drawn.position && frame.regime === this.drawn.regime
            && incidentKey(frame) === this.drawn.incident && frame.regime !== "flow" && !frame.jumped;
        this.frame = frame;
        if (same) return;
        const isSum = frame.regime === "flow" && this.drawn.regime === "flow";
        const wait = isSum ? this.drawn.at + SLOWLY_MS - performance.now() : 0;
        if (wait > 0) this.drawLater(wait);
        else this.draw(durationOf(frame, this.preferences()));
    }

    drawLater(wait) {
        this.late ??= setTimeout(() => {
            this.late = undefined;
            if (this.frame) this.draw(durationOf(this.frame, this.preferences()));
        }, wait);
    }

    choose(choice) {
        const lane = typeof choice === "object" && choice !== null ? choice.lane : choice;
        if (lane === this.chosen) return;
        this.chosen = typeof lane === "number" ? lane : null;
        this.redraw();
    }

    /**
     * Takes the engine's counters: what the others have done since a thread stopped, and how many updates are missing.
     */
    count(message) {
        const before = this.lost?.number;
        this.lost = this.missing(message);
        this.counted = this.countStops(message) || this.counted || this.lost?.number !== before;
        if (!this.counted || (!message.paused && performance.now() < this.drawn.at + SLOWLY_MS)) return;
        this.counted = false;
        this.redraw();
    }

    /** Exact at a pause; while the run goes on the counters are a little ahead of the records. */
    missing({ paused, totals }) {
        if (paused) return this.lost;
        const { variant } = this.context.entry;
        const state = this.context.timeline?.edge ?? this.frame?.state;
        const value = integerOf(state?.cells.get(this.context.names.root("value"))?.value);
        if (!isCounter(this.context.entry) || variant !== "flawed" || value === null) return null;
        return { number: Math.max(0, totals.in - value), exact: false };
    }

    /** @returns {boolean} whether anything is different */
    countStops({ lanes }) {
        const total = lanes.reduce((sum, { operations }) => sum + operations, 0);
        let changed = false;
        for (const { lane, status, operations } of lanes) {
            if (!isStopped({ status })) {
                changed = this.stops.delete(lane) || changed;
                continue;
            }
            const known = this.stops.get(lane) ?? { from: total - operations };
            changed = changed || known.now !== total - operations;
            this.stops.set(lane, { ...known, now: total - operations });
        }
        return changed;
    }

    balance({ lost }) {
        this.lost = { number: lost, exact: true };
        this.redraw();
    }

    clear() {
        clearTimeout(this.late);
        this.late = undefined;
        this.frame = null;
        this.lost = null;
        this.stops.clear();
        this.drawn = { regime: "", position: NaN, at: 0 };
        this.stage.show([], 0);
    }

    resize() {
        const { clientWidth, clientHeight } = this.root;
        if (clientWidth === 0 || clientHeight === 0) return;
        const projected = this.root.closest(".projector, [data-projector=\"on\"]") !== null;
        this.metrics = createMetrics(clientWidth, clientHeight, {
            scale: projected ? PROJECTED : 1, touch: this.touch?.matches,
        });
        this.svg.setAttribute("viewBox", `0 0 ${this.metrics.width} ${this.metrics.height}`);
        this.redraw();
    }

    press(event) {
        const button = event.target.closest?.("[data-lane]");
        if (!button || (event.type === "keydown" && event.key !== "Enter" && event.key !== " ")) return;
        if (event.type === "keydown") event.preventDefault();
        this.context.emit("select", Number(button.dataset.lane));
    }

    // What is drawn

    preferences() {
        return this.context.prefers ?? { reducedMotion: false };
    }

    view() {
        const { context, frame, chosen } = this;
        const since = new Map([...this.stops].map(([lane, { from, now }]) => [lane, now - from]));
        return {
            state: frame.state, names: context.names, layout: context.layout, history: context.history ?? null,
            entry: context.entry,
            chosen, lost: frame.mode === "live" ? this.lost : null, since,
        };
    }

    /** Draws the same frame again, because something else has changed. */
    redraw() {
        if (this.frame) this.draw(this.preferences().reducedMotion ? 0 : MOTION_MS);
    }

    draw(duration) {
        if (!this.metrics) return;
        const { frame } = this;
        this.drawn = {
            regime: frame.regime, position: frame.position, incident: incidentKey(frame), at: performance.now(),
        };
        const view = this.view();
        this.stage.show(this.items(view, frame), duration);
    }

    items(view, frame) {
        if (view.state.cells.size === 0) return [];
        const { layout } = sceneOf(view);
        if (frame.regime === "flow" && frame.flow) return layoutFlow(view, this.metrics, frame.flow);
        const { width, height, margin } = this.metrics;
        if (!frame.incident) return layout(view, this.metrics);
        const room = { left: margin, right: width - margin, top: height - INSET - 8 };
        return [...layout(view, this.metrics, { inset: INSET + 16 }), ...layoutIncident(view, frame.incident, room)];
    }

    /** Nothing moves: after a moment the picture is said in words. */
    rest() {
        clearTimeout(this.resting);
        this.resting = setTimeout(() => this.describe(), REST_MS);
    }

    describe() {
        if (!this.frame || this.frame.state.cells.size === 0) return;
        this.title.textContent = `${this.context.entry.title ?? this.context.entry.scene}: what is in memory`;
        this.words.textContent = describe(this.view(), this.frame);
    }
}

function sceneOf(view) {
    return SCENES[view.entry.scene] ?? SCENES.graph;
}

function incidentKey({ incident }) {
    return incident ? `${incident.number}:${incident.index}` : "";
}

/** The shown state in words. */
export function describe(view, frame) {
    if (frame.regime === "flow" && frame.flow) return describeFlow(view, frame.flow);
    const stopped = view.state.lanes.filter((lane) => isStopped(lane)).map(
        (lane) => ` ${laneName(lane.lane)} ${whatHappened(view, lane)}`,
    );
    return `${sceneOf(view).describe(view)}${describeDoor(view)}${stopped.join("")}`;
}
