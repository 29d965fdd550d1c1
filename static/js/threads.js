/**
 * The threads: operation, private locals and whether they still hold, and what can be done to each.
 *
 * A row is made once and changed in place. At high rates rows follow ten times a second; nobody reads faster.
 */

import { chip, h, hueClass, setAttribute, setText, threadName } from "./dom.js";
import { inWorkers } from "./layout.js";
import { openMenu } from "./menu.js";
import { localState } from "./state.js";

const EVERY_MS = 100;
const FLOW_EVERY_MS = 400;
const COMPACT_FROM = 7;
const STATUS = {
    idle: "between operations",
    running: "",
    waiting: "waits for the lock",
    backoff: "backs off",
    delay: "injected",
    frozen: "frozen",
    killed: "killed",
    raised: "raised",
    stopped: "not running",
};
/** By the number of the Position where it was asked to stop. */
const PLACES = ["", " between load and CAS", " holding the lock"];
export const STILL = ["frozen", "killed", "raised", "stopped"];

/**
 * @param {HTMLElement} root
 * @param {object} context
 */
export function createThreads(root, context) {
    const list = h("ul", { className: "thread-list scroll", tabIndex: 0, "aria-label": inWorkers("Threads") });
    const empty = h("p", { className: "panel-empty muted" }, inWorkers("No thread has begun yet."));
    root.append(list, empty);
    const rows = [];
    let chosen = null;
    let drawnAt = 0;
    let last = null;

    const draw = (state) => {
        const lanes = state.lanes.filter((lane) => lane.status !== "stopped" || lane.last >= 0);
        while (rows.length < lanes.length) rows.push(makeRow(rows.length, context, list));
        rows.forEach((row, index) => setAttribute(row.element, "hidden", index < lanes.length ? null : ""));
        lanes.forEach((lane, index) => updateRow(rows[index], lane, state, context, chosen));
        list.classList.toggle("compact", lanes.length >= COMPACT_FROM);
        empty.hidden = lanes.length > 0;
    };
    const render = (frame) => {
        last = frame.state;
        const now = performance.now();
        const every = frame.regime === "flow" ? FLOW_EVERY_MS : EVERY_MS;
        if (frame.mode === "live" && frame.rate > 5 && now - drawnAt < every) return;
        drawnAt = now;
        draw(frame.state);
    };
    const off = [
        context.on("select", (lane) => {
            chosen = lane;
            if (last) draw(last);
            rows[lane]?.element.scrollIntoView({ block: "nearest" });
        }),
        context.on("cleared", () => draw({ lanes: [] })),
        context.on("run", () => last && draw(last)),
    ];
    return {
        render,
        destroy() {
            off.forEach((stop) => stop?.());
            root.replaceChildren();
        },
    };
}

/**
 * What a thread's menu offers; chips everywhere and the rows use it.
 *
 * @param {object} context
 * @param {number} lane
 * @param {string} status
 */
export function threadItems(context, lane, status) {
    const act =
        (action, position = null) =>
        () =>
            context.command({ action, lane, position });
    const off = !context.controllable() || ["killed", "raised"].includes(status);
    const item = (label, hint, run, extra = {}) => ({ label, hint, run, disabled: off, ...extra });
    const moving =
        status === "frozen"
            ? [item("Thaw", "F", act("thaw"))]
            : [item("Freeze", "F", act("freeze", "ANYWHERE")), ...placed(context, "Freeze", act, item, "freeze")];
    return [
        item("One access", "S", act("step"), { disabled: off || status === "frozen" }),
        { separator: true },
        ...moving,
        { separator: true },
        item("Kill", "K", act("kill", "ANYWHERE"), { danger: true }),
        ...placed(context, "Kill", act, item, "kill", { danger: true }),
    ];
}

/** Where a freeze or kill can strike beside anywhere: a mutex has a lock to hold, the others a CAS to lose. */
function placed(context, verb, act, item, action, extra = {}) {
    const positions =
        context.entry?.variant === "mutex"
            ? [["HOLDING_LOCK", "while it holds the lock"]]
            : [["BETWEEN_LOAD_AND_CAS", "between load and CAS"]];
    return positions.map(([position, words]) => item(`${verb} ${words}`, "", act(action, position), extra));
}

function makeRow(lane, context, list) {
    const menu = (action) => (event) => {
        const all = threadItems(context, lane, row.status);
        const wanted = action === "freeze" ? /^(Freeze|Thaw)/ : /^Kill/;
        openMenu(
            event.currentTarget,
            all.filter((item) => wanted.test(item.label ?? "")),
            {
                title: threadName(lane),
                className: hueClass(lane),
            },
        );
    };
    const button = (label, name, onclick) =>
        h(
            "button",
            { type: "button", className: "thread-action", "aria-label": `${name} ${threadName(lane)}`, onclick },
            label,
        );
    const row = {
        status: "",
        locals: "",
        operation: h("span", { className: "thread-operation mono" }),
        retry: h("span", { className: "thread-retry" }),
        note: h("span", { className: "thread-status" }),
        localList: h("span", { className: "thread-locals mono" }),
        step: button("step", "Step, one access of", () => context.command({ action: "step", lane, position: null })),
        freeze: button("freeze ▾", "Freeze", menu("freeze")),
        thaw: button("thaw", "Thaw", () => context.command({ action: "thaw", lane, position: null })),
        kill: button("kill ▾", "Kill", menu("kill")),
    };
    row.element = h(
        "li",
        { className: `thread ${hueClass(lane)}`, "data-lane": lane },
        chip(lane),
        h("span", { className: "thread-what" }, row.operation, row.retry, row.note),
        h("span", { className: "thread-actions" }, row.step, row.freeze, row.thaw, row.kill),
        row.localList,
    );
    for (const name of ["freeze", "kill"]) setAttribute(row[name], "aria-haspopup", "menu");
    row.element.addEventListener("click", (event) => {
        if (!event.target.closest("button")) context.emit("select", lane);
    });
    list.append(row.element);
    return row;
}

function updateRow(row, lane, state, context, chosen) {
    row.status = lane.status;
    const busy = lane.operation >= 0;
    setText(row.operation, busy ? context.names.call(lane.operation, lane.argument) : "–");
    setText(row.retry, busy && lane.losses > 0 ? `retry ${lane.losses}` : "");
    setText(row.note, note(lane));
    setAttribute(row.element, "data-status", lane.status);
    setAttribute(row.element, "data-chosen", lane.lane === chosen ? "yes" : null);
    updateLocals(row, lane, state, context, busy);
    const controllable = context.controllable();
    const still = STILL.includes(lane.status);
    const frozen = lane.status === "frozen";
    row.step.disabled = !controllable || still;
    row.freeze.hidden = frozen;
    row.thaw.hidden = !frozen;
    row.freeze.disabled = !controllable || still;
    row.thaw.disabled = !controllable;
    row.kill.disabled = !controllable || ["killed", "raised", "stopped"].includes(lane.status);
}

function note(lane) {
    const place = ["frozen", "killed"].includes(lane.status) ? (PLACES[lane.position] ?? "") : "";
    return (STATUS[lane.status] ?? lane.status) + place;
}

/** Locals are few and change seldom: they are rebuilt only when what they say has changed. */
function updateLocals(row, lane, state, context, busy) {
    const locals = busy
        ? [...lane.locals.values()].map((local) => [
              local.name,
              context.names.value(local.value),
              localState(state, local),
          ])
        : [];
    const key = locals.join("|");
    if (key === row.locals) return;
    row.locals = key;
    row.localList.replaceChildren(
        ...locals.map(([name, value, freshness]) =>
            h(
                "span",
                { className: `local ${freshness}` },
                h("span", { className: "local-text" }, `${name} = ${value}`),
                mark(freshness),
            ),
        ),
    );
}

function mark(freshness) {
    if (freshness === "stale") return h("em", {}, " stale");
    if (freshness === "aba") return h("em", { title: "The cell changed and changed back" }, " ABA");
    return null;
}
