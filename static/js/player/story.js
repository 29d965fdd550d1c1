/** What is said under the stage: the caption, faults as they happen, and at the end how it ended. */

import { h, setAttribute, setText, threadName } from "../dom.js";
import { faultMark, faultName } from "../step/faults.js";

/**
 * @param {HTMLElement} root
 * @param {import("./session.js").Session} session
 * @param {(text: string) => void} announce
 */
export function createStory(root, session, announce) {
    const parts = {
        caption: h("p", { className: "player-caption" }),
        leave: h("p", { className: "player-own" }),
        faults: h("ul", { className: "player-faults" }),
        outcome: h("p", { className: "player-outcome" }),
        said: "",
        key: "",
    };
    parts.back = h("button", { type: "button", className: "button", onclick: () => session.returnToStory() },
        "Back to the story");
    parts.ownText = h("span");
    parts.leave.append(parts.ownText, parts.back);
    root.append(parts.caption, parts.leave, parts.faults, parts.outcome);
    const draw = () => drawStory(parts, session, announce);
    session.on("change", draw);
    draw();
}

function drawStory(parts, session, announce) {
    const { caption, inStory, step, path } = session;
    setText(parts.caption, caption?.text ?? "");
    parts.caption.hidden = !inStory || session.captions.length === 0;
    parts.leave.hidden = path === session.story;
    setText(parts.ownText, inStory ? "So far this is the story." : "Your own schedule.");
    drawFaults(parts, path.faultsUntil(step));
    const atEnd = step === path.length && path.outcome.kind !== "running";
    setText(parts.outcome, atEnd ? ending(path) : "");
    setAttribute(parts.outcome, "data-kind", atEnd ? path.outcome.kind : null);
    const words = [caption?.text, parts.outcome.textContent].filter(Boolean).join(" ");
    if (words !== parts.said && words) announce(words);
    parts.said = words;
}

function drawFaults(parts, faults) {
    const key = JSON.stringify(faults);
    if (key === parts.key) return;
    parts.key = key;
    parts.faults.replaceChildren(...faults.map(({ kind, message, step, thread }) => h("li", {}, faultMark(),
        h("strong", {}, faultName(kind)), ` at step ${step}${thread < 0 ? "" : `, ${threadName(thread)}`}: ${message}`)));
}

/** Outcome and account, in the words of the terminal's table. */
export function ending({ outcome, account }) {
    const message = outcome.message ? `: ${outcome.message}` : "";
    return `outcome: ${outcome.kind}${message}${account ? `\n${balance(account)}` : ""}`;
}

function balance(account) {
    const flying = account.in_flight.reduce((sum, { items }) => sum + items, 0);
    const parts = ["in", "out", "inside"].map((name) => `${account[name]} ${name}`);
    if (flying) parts.push(`${flying} in flight`);
    const { lost } = account;
    return `account: ${parts.join(", ")}: ${lost > 0 ? `${lost} lost` : lost < 0 ? `${-lost} too many` : "balanced"}`;
}
