/**
 * A card for each thread: what it has done and is to do, what it does next, what it holds. Pressing a card lets its
 * thread take one step; where that cannot be, the card says why.
 */

import { chip, h, hueClass, setAttribute, setText, threadName } from "../dom.js";
import { localState } from "../state.js";

const MARKS = { stale: "stale", aba: "changed and changed back" };

/**
 * @param {HTMLElement} root
 * @param {import("./session.js").Session} session
 * @param {{ names: object, announce: (text: string) => void }} context
 */
export function createCards(root, session, context) {
    const list = h("ol", { className: "player-cards" });
    root.append(list);
    const cards = session.path.threads.map((_, thread) => makeCard(thread, session, context));
    list.append(...cards.map((card) => card.element));
    const draw = () => cards.forEach((card, thread) => drawCard(card, thread, session));
    session.on("change", draw);
    draw();
    return {
        render({ state }) {
            cards.forEach((card, thread) => drawLocals(card, state, state.lanes[thread], context));
        },
    };
}

/** Lets a thread take a step, and says it where it cannot. */
export function takeStep(session, thread, context) {
    const reason = session.take(thread);
    if (reason !== null) context.announce(reason);
}

function makeCard(thread, session, context) {
    const name = threadName(thread);
    const parts = {
        calls: h("span", { className: "card-calls mono" }),
        next: h("span", { className: "card-next mono" }),
        locals: h("span", { className: "card-locals mono" }),
        why: h("span", { className: "card-why" }),
        key: "",
        localsKey: "",
    };
    parts.button = h("button", {
        type: "button", className: `player-card ${hueClass(thread)}`, "data-card": thread,
        onclick: () => takeStep(session, thread, context),
    },
        h("span", { className: "card-head" }, chip(thread, false), parts.calls, h("kbd", {}, String(thread + 1))),
        h("span", { className: "visually-hidden" }, `Let ${name} take its next step.`), parts.next, parts.locals, parts.why);
    parts.finish = h("button", {
        type: "button", className: "button quiet card-finish", title: `Let ${name} run to the end of its operation`,
        onclick: () => session.finish(thread),
    }, "to the end of the operation");
    parts.element = h("li", { className: hueClass(thread) }, parts.button, parts.finish);
    return parts;
}

function drawCard(card, thread, session) {
    const { path, step } = session;
    const next = path.isKilled(thread, step) ? null : path.next(thread, step);
    const reason = session.whyNot(thread);
    const last = path.isKilled(thread, step) ? "killed" : "has ended";
    drawCalls(card, path.calls(thread, step));
    setText(card.next, next?.text ?? last);
    setAttribute(card.next, "data-last", next ? null : "yes");
    setText(card.why, (next && reason) ?? "");
    setAttribute(card.button, "aria-disabled", reason === null ? null : "true");
    setAttribute(card.button, "data-moved", path.steps[step - 1]?.thread === thread ? "yes" : null);
    card.finish.disabled = reason !== null;
}

/** The program: what has returned with its result, what is under way, what is still to come. */
function drawCalls(card, calls) {
    const key = JSON.stringify(calls);
    if (key === card.key) return;
    card.key = key;
    card.calls.replaceChildren(...calls.map(({ text, state, result }) =>
        h("span", { className: `call ${state}` }, state === "done" ? `${text} = ${result}` : text)));
}

function drawLocals(card, state, lane, { names }) {
    const locals = !lane || lane.operation < 0 ? [] : [...lane.locals.values()].map((local) => {
        const mark = MARKS[localState(state, local)];
        return `${local.name} = ${names.value(local.value)}${mark ? ` (${mark})` : ""}`;
    });
    const key = locals.join("\n");
    if (key === card.localsKey) return;
    card.localsKey = key;
    card.locals.replaceChildren(...locals.map((text) => h("span", { className: "card-local" }, text)));
}
