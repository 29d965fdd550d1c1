/**
 * Entry of an exported file: a player with everything in it, that needs neither server nor network. It reads what the
 * file carries, builds the page, and wires the same model and views that the labs have.
 */

import { createCode } from "./code.js";
import { h, icon, setText, threadName } from "./dom.js";
import { createEvents } from "./events.js";
import { createLayout } from "./layout.js";
import { installThreadMenu } from "./menu.js";
import { Model } from "./model.js";
import { createNarration } from "./narration.js";
import { createCards, takeStep } from "./player/cards.js";
import { createControls, installKeys } from "./player/controls.js";
import { readEmbedded } from "./player/data.js";
import { createMap } from "./player/map.js";
import { Graph, Path } from "./player/path.js";
import { Session } from "./player/session.js";
import { createStory } from "./player/story.js";
import { createTrace } from "./player/trace.js";
import { createScene } from "./scenes/index.js";
import { createHeap } from "./step/heap.js";
import { StepPlayback } from "./step/player.js";
import { formatSchedule, parseSchedule } from "./step/schedule.js";
import { followSystem, toggleTheme } from "./theme.js";

const DATA = "execution";

async function start() {
    const data = await readEmbedded(DATA);
    const layout = createLayout(data.layout);
    const model = new Model(layout, { Player: StepPlayback });
    const graph = data.graph ? new Graph(data.graph, data.execution.spec, layout) : null;
    const session = new Session({ model, story: new Path(data.execution), graph, captions: data.captions });
    const rooms = buildPage(data);
    document.getElementById("player").replaceChildren(rooms.page);
    const context = createContext(data, session, layout, rooms.announcer);
    buildViews(rooms, session, context, data);
    openAddress(session);
    window.addEventListener("hashchange", () => openAddress(session));
    model.playback.start();
    document.documentElement.dataset.ready = "yes";
}

/** What the views are given; docs/frontend.md, Views. */
function createContext(data, session, layout, announcer) {
    const { model } = session;
    const { on, emit } = createEvents();
    const motion = matchMedia("(prefers-reduced-motion: reduce)");
    const { names, history, timeline, playback } = model;
    return {
        model, names, history, timeline, playback, layout, on, emit,
        entry: data.entry,
        run: null,
        side: 0,
        role: "viewer",
        prefers: { get reducedMotion() { return motion.matches; } },
        colour: (lane) => `--t${lane % 8}`,
        announce: (text) => void (announcer.textContent = text),
        source: async () => ({ ok: true, value: data.source }),
        controllable: () => false,
        /** The line that a thread is about to run, not the one that it has run. */
        standsAt: (lane) => session.path.next(lane.lane, session.step)?.site || lane.site,
    };
}

function buildPage(data) {
    const section = (name, title) => h("section", { className: `player-${name}`, "aria-label": title });
    const rooms = {
        scene: h("div", { className: "scene" }),
        narration: h("div", { className: "narration" }),
        story: h("div", { className: "player-story" }),
        cards: section("threads", "Threads"),
        heap: data.entry.heap ? section("heap", "The simulated heap") : null,
        controls: h("div", { className: "transport player-controls" }),
        code: h("section", { className: "code-panel", "aria-label": "Source code" }),
        map: section("schedules", "All schedules"),
        trace: section("table", "Trace"),
        command: h("code", { className: "mono" }),
        announcer: h("div", { className: "visually-hidden", role: "log", "aria-live": "polite", "aria-atomic": "true" }),
    };
    const main = h("main", { className: `player-main${data.graph ? "" : " one-schedule"}` },
        h("div", { className: "player-stage" },
            rooms.scene, rooms.narration, rooms.story, rooms.controls, rooms.cards, rooms.heap),
        h("div", { className: "player-code" }, rooms.code), rooms.map, rooms.trace);
    rooms.page = h("div", { className: "player" }, buildHead(data), main, buildFoot(data, rooms.command), rooms.announcer);
    return rooms;
}

function buildHead({ title, shows, entry, links, execution }) {
    const theme = h("button", {
        type: "button", className: "icon-button", "aria-label": "Light or dark", title: "Light or dark (T)", onclick: toggleTheme,
    }, icon("sun"));
    const words = h("div", {}, h("h1", {}, title), shows ? h("p", { className: "player-claim" }, shows) : null,
        h("p", { className: "muted" }, `${entry.title}. ${entry.summary}`), buildLinks(links),
        buildProblems(execution.problems));
    return h("header", { className: "player-head" }, words, theme);
}

function buildLinks(links) {
    if (links.length === 0) return null;
    const items = links.map(({ href, title }) => h("li", {}, h("a", { href }, title)));
    return h("nav", { "aria-label": "Other scenarios" }, h("ul", { className: "player-links" }, ...items));
}

/** What was wrong with what the file was made from; what was right of it is played. */
function buildProblems(problems) {
    if (problems.length === 0) return null;
    return h("ul", { className: "player-problems" },
        ...problems.map(({ field, message }) => h("li", {}, `${field}: ${message}`)));
}

function buildFoot({ version }, command) {
    return h("footer", { className: "player-foot muted" },
        h("p", {}, "The same in a terminal: ", command),
        h("p", {}, `Lockfree Lab ${version}. Keys: Space plays, ← and → step, 1 to 9 let a thread move, T changes light and dark. `,
            "Steps are sequentially consistent: one access after another, each whole."));
}

function buildViews(rooms, session, context, data) {
    const views = [
        context.scene = createScene(rooms.scene, context),
        createNarration(rooms.narration, context, { speaks: false }),
        createCode(rooms.code, context),
        createCards(rooms.cards, session, context),
        ...(rooms.heap ? [createHeapView(rooms.heap, context)] : []),
    ];
    session.model.playback.listen((frame) => views.forEach((view) => view.render(frame)));
    createStory(rooms.story, session, context.announce);
    createControls(rooms.controls, session);
    buildMap(rooms.map, session, data);
    rooms.trace.append(h("h2", { className: "panel-title" }, "Trace"));
    createTrace(rooms.trace, session);
    installKeys(session, context);
    installThreadMenu((lane) => threadMenu(session, context, lane), () => {});
    const follow = () => setText(rooms.command, `${data.command} --schedule '${formatSchedule(session.path.moves)}'`);
    session.on("change", () => keepAddress(session));
    session.on("change", follow);
    follow();
}

function createHeapView(root, { names }) {
    root.append(h("h2", { className: "panel-title" }, "Heap"));
    const heap = createHeap(root);
    return { render: ({ state }) => heap.render(state, names) };
}

function buildMap(root, session, { whyNoGraph }) {
    root.append(h("h2", { className: "panel-title" }, "All schedules"));
    if (session.graph) createMap(root, session);
    else root.append(h("p", { className: "muted player-no-map" }, `${whyNoGraph} This file plays the one schedule that it was made from.`));
}

function threadMenu(session, context, lane) {
    const reason = session.whyNot(lane);
    return {
        note: reason ?? "",
        items: [
            { label: "One step", hint: String(lane + 1), disabled: reason !== null, run: () => takeStep(session, lane, context) },
            { label: `${threadName(lane)} to the end of its operation`, disabled: reason !== null, run: () => session.finish(lane) },
        ],
    };
}

/** `#s=1122&at=3`: a schedule and the step that is shown. */
function openAddress(session) {
    if (["", session.address].includes(location.hash.slice(1))) return;
    const wanted = new URLSearchParams(location.hash.slice(1));
    const moves = wanted.has("s") ? parseSchedule(wanted.get("s")) : session.story.moves;
    const isStory = session.story.moves.length === moves.length && session.story.beginsWith(moves);
    if (!isStory && !session.graph?.holds(moves)) return;
    const at = Number(wanted.get("at") ?? 0);
    session.open(moves, Number.isInteger(at) ? Math.max(0, at) : 0);
}

function keepAddress(session) {
    if (session.playing === null && location.hash.slice(1) !== session.address) location.replace(`#${session.address}`);
}

followSystem();
start().catch((error) => {
    const place = document.getElementById("player");
    place.replaceChildren(h("p", { className: "player-broken", role: "alert" }, `This file cannot be played: ${error.message}`));
    reportError(error);
});
