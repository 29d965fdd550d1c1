/**
 * The map of all schedules: every state that some schedule reaches, from the start at the left to the ends at the
 * right. A line is a step, in the hue of the thread that takes it. The path that is shown is drawn heavy; where a fault
 * happens stands a square with a cross. Pressing a state leads there by the shortest way.
 */

import { h, hueClass, setAttribute, setText } from "../dom.js";
import { element } from "../scenes/actor.js";
import { layoutMap } from "./map-layout.js";

const MARGIN = 18;
const COLUMN = 40;
const MOST_ROW = 26;
const LEAST_ROW = 7;
const TALLEST = 460;

/**
 * @param {HTMLElement} root
 * @param {import("./session.js").Session} session
 */
export function createMap(root, session) {
    const { graph } = session;
    const map = place(graph);
    const svg = element("svg", { class: "player-map", viewBox: `0 0 ${map.width} ${map.height}`, role: "img" });
    svg.style.aspectRatio = `${map.width} / ${map.height}`;
    svg.style.minWidth = `${Math.min(map.width, 700)}px`;
    const edges = svg.appendChild(element("g", {}));
    const route = svg.appendChild(element("g", { class: "map-route" }));
    const nodes = svg.appendChild(element("g", {}));
    const here = svg.appendChild(element("circle", { class: "map-here", r: 7 }));
    drawEdges(edges, graph, map);
    drawStates(nodes, graph, map);
    nodes.addEventListener("click", ({ target }) => goTo(session, Number(target.closest("[data-state]")?.dataset.state ?? -1)));
    const words = h("p", { className: "muted" });
    const faulty = faultyStates(graph);
    const legend = h("div", { className: "map-legend" }, words, ...faultButton(session, faulty));
    root.append(h("div", { className: "player-map-place" }, svg), legend);
    const draw = () => drawRoute(session, map, { svg, route, here, words, faulty });
    session.on("change", draw);
    draw();
}

/** Rows are as high as there is room for. */
function place(graph) {
    const { places, columns, rows } = layoutMap(graph.states);
    const row = Math.min(MOST_ROW, Math.max(LEAST_ROW, (TALLEST - 2 * MARGIN) / Math.max(rows, 1)));
    const width = Math.max(columns - 1, 1) * COLUMN + 2 * MARGIN;
    const height = Math.max(rows, 4) * row + 2 * MARGIN;
    return { width, height, row, at: places.map((one) => ({ x: MARGIN + one.column * COLUMN, y: height / 2 + one.row * row })) };
}

/** States that are reached by a step with a fault, and ends that are faults. */
function faultyStates({ states }) {
    const found = new Set();
    states.forEach(({ faults = [], edges }, state) => {
        if (faults.length > 0) found.add(state);
        for (const edge of edges) if (edge?.faults) found.add(edge.to);
    });
    return found;
}

/** A line between two states; one that leads no further right makes an arc. */
function curve(from, to) {
    const bend = Math.max((to.x - from.x) / 2, 14);
    return `M${from.x} ${from.y}C${from.x + bend} ${from.y} ${to.x - bend} ${to.y} ${to.x} ${to.y}`;
}

function drawEdges(root, { states }, { at }) {
    const strokes = new Map();
    states.forEach(({ edges }, state) => edges.forEach((edge, thread) => {
        if (edge) strokes.set(thread, (strokes.get(thread) ?? "") + curve(at[state], at[edge.to]));
    }));
    for (const [thread, d] of strokes) root.append(element("path", { class: `map-edge ${hueClass(thread)}`, d }));
}

function drawStates(root, graph, { at, row }) {
    const faulty = faultyStates(graph);
    const radius = Math.min(4, row / 2.6);
    graph.states.forEach((state, index) => {
        const { x, y } = at[index];
        const isEnd = state.outcome !== undefined;
        const isFault = faulty.has(index);
        const group = element("g", { class: `map-state${isEnd ? " end" : ""}${isFault ? " fault" : ""}`, "data-state": index });
        group.append(element("circle", { class: "map-target", cx: x, cy: y, r: Math.max(radius + 2, row / 2) }));
        group.append(isFault ? cross(x, y, Math.max(radius, 3.5))
            : element("circle", { class: "map-dot", cx: x, cy: y, r: isEnd ? radius : radius * 0.7 }));
        group.append(titled(stateWords(state, isFault)));
        root.append(group);
    });
}

function cross(x, y, size) {
    const box = `M${x - size} ${y - size}h${2 * size}v${2 * size}h${-2 * size}z`;
    const lines = `M${x - size} ${y - size}l${2 * size} ${2 * size}M${x + size} ${y - size}l${-2 * size} ${2 * size}`;
    return element("path", { class: "map-cross", d: box + lines });
}

function titled(text) {
    const title = element("title", {});
    title.textContent = text;
    return title;
}

function stateWords({ depth, outcome, faults = [] }, isFault) {
    const end = outcome ? `, an end: ${outcome.kind}` : "";
    const fault = faults.length > 0 ? `; ${faults.map(({ message }) => message).join(" ")}` : isFault ? "; a fault leads here" : "";
    return `After ${depth} step${depth === 1 ? "" : "s"} at least${end}${fault}`;
}

function drawRoute(session, { at }, { svg, route, here, words, faulty }) {
    const { graph, path, step } = session;
    const states = graph.along(path.moves);
    const lines = states.slice(1).map((state, index) => element("path", {
        class: `map-step ${hueClass(path.moves[index].thread)}${index < step ? "" : " ahead"}`,
        d: curve(at[states[index]], at[state]),
    }));
    route.replaceChildren(...lines);
    const { x, y } = at[states[Math.min(step, states.length - 1)]];
    setAttribute(here, "cx", x);
    setAttribute(here, "cy", y);
    const text = mapWords(graph, faulty);
    setText(words, text);
    setAttribute(svg, "aria-label", `Map of all schedules. ${text} Shown: step ${step} of ${path.length}.`);
}

function mapWords({ states }, faulty) {
    const steps = states.reduce((sum, { edges }) => sum + edges.filter(Boolean).length, 0);
    const ends = states.filter(({ outcome }) => outcome !== undefined).length;
    const bad = faulty.size === 0 ? "No schedule leads to a fault."
        : `${faulty.size} ${faulty.size === 1 ? "state is" : "states are"} reached by a fault.`;
    return `${states.length} states, ${steps} steps between them, ${ends} ends. ${bad}`;
}

/** From the shown state where that leads there, else from the start. */
function goTo(session, state) {
    if (state < 0) return;
    const { graph, path, step } = session;
    const states = graph.along(path.moves);
    if (states.includes(state)) return void session.go(states.indexOf(state));
    const onwards = session.state < 0 ? null : graph.way(session.state, (one) => one === state);
    const moves = onwards ? [...path.moves.slice(0, step), ...onwards] : graph.way(0, (one) => one === state);
    session.open(moves, moves.length);
}

function faultButton(session, faulty) {
    if (faulty.size === 0) return [];
    const go = () => {
        const moves = session.graph.way(0, (state) => faulty.has(state));
        session.open(moves, moves.length);
    };
    return [h("button", { type: "button", className: "button", onclick: go }, "The shortest way to a fault")];
}
