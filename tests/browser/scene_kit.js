/**
 * Hand-made frames for the scene tests: states as docs/frontend.md defines them, built without a fold.
 */

import { createLayout, encodeInteger, setWorkers } from "/static/js/layout.js";
import { Names } from "/static/js/names.js";
import { emptyLane, emptyState } from "/static/js/state.js";
import { createEvents } from "/static/js/events.js";
import { createScene } from "/static/js/scenes/index.js";

const CELLS = {
    head: 1, tail: 2, value: 3, lock: 4, root: 5, left: 6, right: 7, "left lock": 8, "right lock": 9, "hazard T1.0": 10,
    ...Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`stripe ${index}`, 90 + index])),
    ...Object.fromEntries(Array.from({ length: 24 }, (_, index) => [`slot ${index} stamp`, 20 + index])),
    ...Object.fromEntries(Array.from({ length: 24 }, (_, index) => [`slot ${index} value`, 50 + index])),
};
const FIRST_NODE_CELL = 1000;
const NODE_TYPE = 1;
const BRANCH_TYPE = 2;
const SECOND_CELL = 500_000_000;
const OPERATIONS = {
    stack: [["push", true], ["pop", false]],
    queue: [["enqueue", true], ["dequeue", false]],
    counter: [["increment", false]],
    processes: [["increment", false]],
    graph: [["insert", true], ["remove", false]],
    map: [["set", true], ["get", true]],
    ring: [["try_put", true, "tail"], ["try_get", false, "head"]],
};
const ROOTS = {
    graph: ["head", "tail"], map: ["root"],
    stack: ["head"], queue: ["head", "tail"], counter: ["value"], processes: ["value"], ring: ["head", "tail"],
};
/** Sites: 1 is a decisive access, 2 a CAS that is help. */
const SITES = [
    { id: 1, decisive: true, access: "compare_and_swap" }, { id: 2, decisive: false, access: "compare_and_swap" },
];

export const nodeId = (number) => 63 + number;

export class World {
    /** `roots`, `locks`: names of CELLS, where they are not what the scene has by default. */
    constructor(layoutDescription, scene, variant = "lock-free", { roots = ROOTS[scene], locks = null } = {}) {
        this.layout = createLayout(layoutDescription);
        this.entry = { scene, variant, title: `A ${scene}` };
        this.state = emptyState();
        this.records = [];
        this.names = new Names();
        const operations = OPERATIONS[scene].map(([name, takes_value, effect = "head"], id) => ({
            id, name, takes_value, effect, items: 1,
        }));
        const cells = [...roots, ...(locks ?? (variant === "mutex" ? ["lock"] : []))];
        this.names.add({
            operations, sites: SITES, types: [
                { id: NODE_TYPE, name: "Node", fields: ["next"] },
                { id: BRANCH_TYPE, name: "Branch", fields: ["left", "right"] },
            ],
            cells: cells.map((name) => ({ id: CELLS[name], name, kind: name.endsWith("lock") ? "lock" : "reference" })),
        });
        for (const name of roots) this.cell(name, 0);
        const listeners = createEvents();
        this.emitted = [];
        this.context = {
            names: this.names, layout: this.layout, entry: this.entry, prefers: { reducedMotion: false },
            on: listeners.on,
            emit: (event, data) => {
                this.emitted.push([event, data]);
                listeners.emit(event, data);
            },
            announce() {},
            history: { read: (position) => this.records[position], first: 0, last: -1 },
        };
    }

    /** @param {string} name @param {number} value  code */
    cell(name, value, more = {}) {
        const id = CELLS[name];
        this.state.cells.set(id, { id, node: 0, value, version: 1, writer: -1, sequence: -1, tag: -1, ...more });
        return this;
    }

    /** Node n{number} with a number as its value; `next` is a node's number, 0 for None. */
    node(number, value, next, { writer = -1, ...more } = {}) {
        const id = nodeId(number);
        const cell = FIRST_NODE_CELL + number;
        const code = value === null ? 0 : typeof value === "number" ? encodeInteger(value) : this.text(value);
        this.state.nodes.set(id, {
            id, type: NODE_TYPE, value: code, cells: [cell], owner: -1, published: true, removed: false, freed: false,
            allocated: 0, retired: -1, generation: 0, pooled: false, ...more,
        });
        this.state.cells.set(cell, {
            id: cell, node: id, value: next ? nodeId(next) : 0, version: 1, writer, sequence: 0, tag: -1,
        });
        return this;
    }

    /** Node n{number} with two pointers; `value` a number or a text. */
    branch(number, value, left, right, more = {}) {
        this.node(number, value, left, { type: BRANCH_TYPE, ...more });
        const id = nodeId(number);
        const cell = SECOND_CELL + number;
        this.state.nodes.get(id).cells.push(cell);
        this.state.cells.set(cell, {
            id: cell, node: id, value: right ? nodeId(right) : 0, version: 1, writer: -1, sequence: 0, tag: -1,
        });
        return this;
    }

    /** Lanes are processes, with these numbers; `shared`: what they share. */
    processes(shared, ...numbers) {
        this.entry.processes = shared;
        this.names.add({ processes: numbers.map((pid, lane) => ({ lane, pid })) });
        return this;
    }

    text(text) {
        const id = 5000 + this.names.toMessage().values.length;
        this.names.add({ values: [{ id, text }] });
        return id;
    }

    /** Nodes in a row, from the first; returns this. */
    chain(numbers, values, last = 0) {
        numbers.forEach((number, index) => this.node(number, values[index], numbers[index + 1] ?? last));
        return this;
    }

    /**
     * `locals`: name → [node number or null for None, name of the cell or number of the node whose next it was, stale
     * or aba]
     */
    lane(number, { locals = {}, ...more } = {}) {
        while (this.state.lanes.length <= number) this.state.lanes.push({
            ...emptyLane(this.state.lanes.length), status: "idle",
        });
        const lane = { ...emptyLane(number), status: "running", operation: 0, ...more, locals: new Map() };
        for (const [name, [target, from, version = 1]] of Object.entries(locals)) {
            const cell = typeof from === "number" ? FIRST_NODE_CELL + from : CELLS[from] ?? 0;
            lane.locals.set(name, { name, value: target === null ? 0 : nodeId(target), cell, version, sequence: 0 });
        }
        this.state.lanes[number] = lane;
        return this;
    }

    /** A thread of a counter that has read a number. */
    reader(number, read, more = {}) {
        this.lane(number, more);
        const locals = this.state.lanes[number].locals;
        locals.set("value", {
            name: "value", value: encodeInteger(read), cell: CELLS.value, version: read, sequence: number,
        });
        return this;
    }

    /** A thread of a ring that has read positions: name → [position, version of the cell]. */
    walker(number, positions, more = {}) {
        this.lane(number, more);
        for (const [name, [position, version]] of Object.entries(positions)) {
            this.state.lanes[number].locals.set(name, {
                name, value: encodeInteger(position), cell: CELLS[name], version, sequence: number,
            });
        }
        return this;
    }

    number(value, more = {}) {
        return this.cell("value", encodeInteger(value), { version: value, ...more });
    }

    lock(holder, waiters = [], name = "lock") {
        this.state.locks.set(CELLS[name], { cell: CELLS[name], holder, waiters });
        return this;
    }

    /** A record that becomes its lane's last one, and the state's. Cells by name or by the number of a node. */
    record(lane, kind, { cell = "head", before = 0, after = 0, aux = 0, site = 1 } = {}) {
        const id = typeof cell === "number" ? FIRST_NODE_CELL + cell : CELLS[cell] ?? 0;
        const position = this.records.length;
        const record = {
            position, sequence: position, time: position * 1e6, lane, kind: this.layout.kinds[kind], site, cell: id,
            before, after, aux,
        };
        this.records.push(record);
        this.context.history.last = position;
        if (this.state.lanes[lane]) this.state.lanes[lane].last = position;
        this.state.last = record;
        return this;
    }

    /** The record with which an operation begins. */
    begin(lane, operation, argument) {
        this.record(lane, "BEGIN", { after: encodeInteger(argument) });
        this.state.last.cell = operation;
        return this;
    }

    fault(lane, message) {
        this.record(lane, "FAULT");
        this.state.last.cell = this.text(`"${message}"`);
        return this;
    }

    frame(more = {}) {
        return {
            state: this.state, position: this.records.length, first: 0, last: this.records.length, mode: "live",
            speed: 1, regime: "each", rate: 3,
            shown: [], jumped: false, incident: null, flow: null, trigger: null, gap: 0, ...more,
        };
    }

    /** The frame with the world that it came from, for the table of states. */
    frameOf(more = {}) {
        return { world: this, frame: this.frame({ ...this.incident, ...more }) };
    }

    view(more = {}) {
        return {
            state: this.state, names: this.names, layout: this.layout, history: this.context.history,
            entry: this.entry, chosen: null,
            lost: null, since: new Map(), ...more,
        };
    }
}

export { createScene, encodeInteger };

/** A scene on the page in a root of a given size. */
export function mount({ world, frame, chosen, account }, width, height) {
    const root = document.createElement("div");
    root.className = "scene";
    setWorkers(Boolean(world.context.entry.processes));
    root.style.cssText = `width:${width}px;height:${height}px`;
    document.body.append(root);
    const scene = createScene(root, world.context);
    if (account) world.context.emit("account", account);
    if (chosen !== undefined) world.context.emit("select", chosen);
    scene.render({ ...frame, jumped: true });
    return { root, scene, svg: root.querySelector("svg"), close: () => { scene.destroy(); root.remove(); } };
}

const SOLID = ".slot .box, .record .box, .flag .box, .tally .box, .chip .box, .ticket .box, .panel .box, .node .box, .cell .box";
const LINES = ".link .line, .bracket .line, .pole";
const SLACK = 1;

const within = (box, by) => ({
    left: box.left + by, right: box.right - by, top: box.top + by, bottom: box.bottom - by,
});
const contains = (outer, box) => box.left >= outer.left && box.right <= outer.right && box.top >= outer.top
    && box.bottom <= outer.bottom;
const meet = (one, other) => one.left < other.right && other.left < one.right && one.top < other.bottom
    && other.top < one.bottom;

function pointsOf(path) {
    const matrix = path.getScreenCTM();
    const length = path.getTotalLength();
    const points = [];
    for (let at = 0; at <= length; at += 3) points.push(path.getPointAtLength(at).matrixTransform(matrix));
    return points;
}

/** What nobody may see: text over text, over a line or outside, boxes over boxes, letters that are too small. */
export function blemishes(svg) {
    const found = [];
    const frame = svg.getBoundingClientRect();
    const scale = frame.width / Number(svg.getAttribute("viewBox").split(" ")[2]);
    const texts = [...svg.querySelectorAll(".layer text")].filter((text) => text.textContent.trim() !== "")
        .map((text) => ({ text: text.textContent, element: text, box: within(text.getBoundingClientRect(), SLACK) }));
    const boxes = [...svg.querySelectorAll(SOLID)].map((box) => ({
        owner: box.parentNode, box: within(box.getBoundingClientRect(), 0),
    }));
    texts.forEach(({ text, element, box }, index) => {
        if (!contains(frame, box)) found.push(`outside: ${text}`);
        if (parseFloat(getComputedStyle(element).fontSize) * scale < 11 - 0.01) found.push(`too small: ${text}`);
        for (const other of texts.slice(index + 1)) if (meet(box, other.box)) found.push(
            `text over text: ${text} / ${other.text}`,
        );
        for (const { owner, box: solid } of boxes) {
            const isInIt = owner.contains(element) && contains(solid, box);
            const isBeside = !meet(box, solid);
            if (!isInIt && !isBeside) found.push(`text over the edge of ${owner.getAttribute("class")}: ${text}`);
        }
    });
    boxes.forEach(({ owner, box }, index) => {
        for (const other of boxes.slice(index + 1)) {
            if (meet(box, other.box)) found.push(
                `${owner.getAttribute("class")} over ${other.owner.getAttribute("class")}`,
            );
        }
    });
    for (const line of svg.querySelectorAll(LINES)) {
        const over = pointsOf(line).map((point) => texts.find(({ box }) => (
            point.x > box.left && point.x < box.right && point.y > box.top && point.y < box.bottom))).find(Boolean);
        if (over) found.push(`line ${line.parentNode.getAttribute("class")} over text: ${over.text}`);
    }
    return found;
}
