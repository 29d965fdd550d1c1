/**
 * The sentence under the stage: what happened and why. A sentence stays long enough to be read; when more happens than
 * can be read, lost CASes and faults go before wins, and wins before the rest. Screen readers get it politely,
 * throttled.
 */

import { h, hueClass } from "./dom.js";
import { count, rate } from "./format.js";

const STAYS_MS = 400;
const SPOKEN_EVERY_MS = 2500;
const REGIMES = {
    each: "every access",
    changes: "CAS and link changes",
    incidents: "snapshots, and one incident slowly",
    flow: "flow",
};

/**
 * @param {HTMLElement} root
 * @param {object} context
 * @param {{ speaks?: boolean }} [options] in a duel only one side speaks
 */
export function createNarration(root, context, { speaks = true } = {}) {
    const line = h("p", { className: "narration-text" });
    const regime = h("span", { className: "regime", title: "What is drawn at this rate" });
    root.append(line, regime);
    const shown = { text: "", rank: 0, at: 0 };
    const spoken = { text: "", at: 0 };

    const say = (narration, rank, now) => {
        Object.assign(shown, { text: narration.text, rank, at: now });
        line.replaceChildren(...narration.parts.map(part));
    };
    const speak = (now) => {
        if (!speaks || shown.text === spoken.text || now - spoken.at < SPOKEN_EVERY_MS) return;
        Object.assign(spoken, { text: shown.text, at: now });
        context.announce(shown.text);
    };
    const render = (frame) => {
        const now = performance.now();
        const regimeText = `${REGIMES[frame.regime] ?? frame.regime} · ${rate(frame.rate)}/s`;
        if (regime.textContent !== regimeText) regime.textContent = regimeText;
        const found = choose(frame);
        if (!found || found.narration.text === shown.text) return speak(now);
        const free = frame.mode === "held" || frame.jumped || now - shown.at >= STAYS_MS;
        if (free || found.rank > shown.rank) say(found.narration, found.rank, now);
        return speak(now);
    };
    return { render, destroy() {} };
}

/** What to say for a frame, and how much it matters. */
function choose(frame) {
    if (frame.flow && frame.mode === "live") return { narration: plain(flowText(frame.flow)), rank: 1 };
    if (frame.shown.length > 0) return best(frame.shown);
    return frame.jumped && frame.current ? best([frame.current]) : null;
}

function best(shown) {
    let chosen = null;
    for (const item of shown) {
        if (!item.narration) continue;
        const rank = item.lost ? 3 : item.won ? 2 : 1;
        if (!chosen || rank >= chosen.rank) chosen = { narration: item.narration, rank };
    }
    return chosen;
}

function flowText({ won, lost, operations, seconds }) {
    const each = (number) => count(number / Math.max(seconds, 0.001));
    const cas = won + lost > 0 ? `, ${each(won)} CAS won, ${each(lost)} lost` : "";
    return `Each second: ${each(operations)} operations${cas}. Pause the view to read single accesses.`;
}

function plain(text) {
    return { text, parts: [{ text, lane: null, kind: "plain" }] };
}

function part({ text, lane, kind }) {
    if (lane !== null && kind === "thread") return h("strong", { className: `said-thread ${hueClass(lane)}` }, text);
    return h("span", { className: `said-${kind}` }, text);
}
