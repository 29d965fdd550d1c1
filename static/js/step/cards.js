/**
 * The thread cards: each thread's program with what runs and what came of it, its locals, the line where it stands, and
 * what it does next, before it does it. A click on a card is a step of its thread.
 *
 * Cards are made once for a number of threads and changed in place.
 */

import { chip, h, hueClass, setAttribute, setText, threadName } from "../dom.js";
import { localState } from "../state.js";

const MOST_CALLS = 8;
const ENDED = ["has ended", "has nothing to do"];
const FRESHNESS = { stale: " stale", aba: " ABA" };

/**
 * @param {HTMLElement} root
 * @param {object} side from side.js
 * @param {{ take(lane: number): void, takeOperation(lane: number): void, kill(lane: number): void }} moves
 * @param {HTMLElement} tools what moves everybody: stands over the cards
 */
export function createCards(root, side, moves, tools) {
    const list = h("ul", { className: "cards scroll", tabIndex: 0, "aria-label": "Threads" });
    root.append(tools, list);
    const { context } = side;
    let cards = [];
    let chosen = null;
    let frame = null;

    const render = (shown) => {
        frame = shown;
        const { execution } = side;
        if (!execution) return;
        if (cards.length !== execution.threads.length) {
            cards = execution.threads.map((_, lane) => makeCard(lane, context, moves));
            list.replaceChildren(...cards.map((card) => card.element));
        }
        cards.forEach((card, lane) => updateCard(card, lane, execution, shown, context, chosen === lane));
    };
    const off = [
        context.on("target", (lane) => {
            chosen = lane;
            if (frame) render(frame);
        }),
        context.on("execution", () => frame && render({ ...frame, ...context.playback.frame() })),
    ];
    return {
        render,
        destroy() {
            off.forEach((stop) => stop());
            root.replaceChildren();
        },
    };
}

function makeCard(lane, context, moves) {
    const name = threadName(lane);
    const act = (label, title, run, className = "") =>
        h(
            "button",
            { type: "button", className: `card-action ${className}`, title, "aria-label": title, onclick: run },
            label,
        );
    const card = {
        keys: {},
        program: h("ol", { className: "card-program mono", "aria-label": `${name}'s program` }),
        line: h("span", { className: "card-line" }),
        next: h("span", { className: "card-next mono" }),
        why: h("span", { className: "card-why" }),
        locals: h("span", { className: "card-locals mono" }),
        step: h(
            "button",
            { type: "button", className: "button card-step", onclick: () => moves.take(lane) },
            "Step ",
            h("kbd", { "aria-hidden": "true" }, String(lane + 1)),
            h("span", { className: "visually-hidden" }, name),
        ),
        operation: act("operation", `${name} runs to the end of its operation (Shift+${lane + 1})`, () =>
            moves.takeOperation(lane),
        ),
        kill: act("kill", `Kill ${name} where it stands`, () => moves.kill(lane)),
    };
    card.element = h(
        "li",
        { className: `thread-card ${hueClass(lane)}`, "data-lane": lane },
        h("div", { className: "card-head" }, chip(lane), card.program, card.line),
        h("div", { className: "card-body" }, h("div", { className: "card-words" }, card.next, card.why), card.step),
        h("div", { className: "card-foot" }, card.locals, card.operation, card.kill),
    );
    card.element.addEventListener("click", (event) => {
        if (event.target.closest("button, a, input")) return;
        if (String(getSelection())) return; // text is being marked
        context.emit("select", lane);
        moves.take(lane);
    });
    return card;
}

function updateCard(card, lane, execution, { state, step }, context, chosen) {
    const { names } = context;
    const next = execution.next(lane, step);
    const why = execution.stuck(lane, step, state, (cell) => names.cellName(state, cell));
    const site = next?.site ? names.site(next.site) : null;
    showProgram(card, execution.calls(lane, step));
    setText(card.line, site ? `line ${site.line}` : "");
    setAttribute(card.line, "title", site ? `${site.function}, ${site.file.split("/").at(-1)}` : null);
    setText(card.next, next && !execution.isKilled(lane, step) ? next.text : "");
    setText(card.why, why ?? "");
    showLocals(card, state, state.lanes[lane], names);
    card.step.disabled = card.operation.disabled = why !== null;
    card.kill.disabled = why !== null && !why.startsWith("waits");
    setAttribute(card.step, "title", why === null ? `${threadName(lane)}: ${next.text}` : `${threadName(lane)} ${why}`);
    const faulted = execution.faultsUntil(step).some((fault) => fault.thread === lane);
    setAttribute(card.element, "data-stuck", why === null ? null : "yes");
    setAttribute(card.element, "data-ended", ENDED.includes(why) ? "yes" : null);
    setAttribute(card.element, "data-fault", faulted ? "yes" : null);
    setAttribute(card.element, "data-chosen", chosen ? "yes" : null);
    setAttribute(card.element, "data-moved", step > 0 && execution.steps[step - 1].thread === lane ? "yes" : null);
}

function showProgram(card, calls) {
    const key = JSON.stringify(calls);
    if (card.keys.program === key) return;
    card.keys.program = key;
    const { shown, before, after } = excerpt(calls);
    card.program.replaceChildren(
        ...(before > 0 ? [h("li", { className: "call done" }, `${before} done`)] : []),
        ...shown.map(({ text, state, result }) =>
            h(
                "li",
                { className: `call ${state}`, "aria-current": state === "running" ? "step" : null },
                text,
                result !== null && result !== "None" && h("span", { className: "call-result" }, ` = ${result}`),
                state === "done" && h("span", { className: "visually-hidden" }, " done"),
            ),
        ),
        ...(after > 0 ? [h("li", { className: "call ahead" }, `… ${after} more`)] : []),
        ...(calls.length === 0 ? [h("li", { className: "call ahead" }, "nothing to do")] : []),
    );
}

/** Of a long program what stands around the operation that runs, or is next. */
function excerpt(calls) {
    if (calls.length <= MOST_CALLS) return { shown: calls, before: 0, after: 0 };
    const found = calls.findIndex(({ state }) => state !== "done");
    const at = found < 0 ? calls.length : found;
    const before = Math.min(Math.max(0, at - 2), calls.length - MOST_CALLS);
    const end = before + MOST_CALLS;
    return { shown: calls.slice(before, end), before, after: calls.length - end };
}

function showLocals(card, state, lane, names) {
    const locals = lane ? [...lane.locals.values()] : [];
    const items = locals.map((local) => [local.name, names.value(local.value), localState(state, local)]);
    const key = items.join("|");
    if (card.keys.locals === key) return;
    card.keys.locals = key;
    card.locals.replaceChildren(
        ...items.map(([name, value, freshness]) =>
            h(
                "span",
                { className: `local ${freshness}` },
                h("span", { className: "local-text" }, `${name} = ${value}`),
                freshness in FRESHNESS && h("em", {}, FRESHNESS[freshness]),
            ),
        ),
    );
}
