/**
 * What the page says when something is not as usual: what happened, and what to do.
 *
 * A *card* stands in the middle of the stage where there is nothing to see; a *banner* stands at the stage's upper
 * edge and leaves the picture alone. Several can hold at once; one card is shown, the first of the table, and every
 * banner.
 */

import { h } from "./dom.js";
import { inWorkers } from "./layout.js";

/**
 * @typedef {{ place: "card" | "banner", title: string, text: string, fault?: boolean, busy?: boolean,
 *             actions?: string[] }} Words
 * @type {Record<string, (data: any) => Words>}
 */
const STATES = {
    crashed: ({ message }) => ({
        place: "card",
        fault: true,
        title: "The engine crashed",
        text: `${sentence(message)} The server and all other runs go on. What was received can still be replayed.`,
        actions: ["restart", "look", "save"],
    }),
    failed: ({ message }) => ({
        place: "card",
        fault: true,
        title: "The engine could not go on",
        text: sentence(message),
        actions: ["restart", "look"],
    }),
    serverGone: () => ({
        place: "card",
        title: "The server does not answer",
        text: "It was stopped, or this machine slept. “make run” starts it again. The records received stay.",
        actions: ["reconnect", "look", "save"],
    }),
    forbidden: () => ({
        place: "card",
        title: "This browser has no pass",
        text: "Open the address that the server printed at its start: the pass is in it. A viewer's link works too.",
    }),
    tooManyRuns: ({ message }) => ({
        place: "card",
        title: "As many runs as allowed are going on",
        text: `${sentence(message)} Watch one of them, or stop one.`,
        actions: ["retry"],
    }),
    startingElsewhere: ({ message }) => ({
        place: "card",
        title: "Another run is being started",
        text: `${sentence(message)} Wait a moment, then try again.`,
        actions: ["retry"],
    }),
    refused: ({ message }) => ({
        place: "card",
        title: "The run was not started",
        text: sentence(message),
        actions: ["retry", "defaults"],
    }),
    runGone: () => ({
        place: "card",
        title: "This run is over",
        text: "It was stopped, or nobody looked at it for a while. One just like it can be started.",
        actions: ["startLike"],
    }),
    damaged: ({ name, message }) => ({
        place: "card",
        title: `${name} cannot be opened`,
        text: sentence(message),
        actions: ["openOther", "backToLive"],
    }),
    empty: () => ({
        place: "card",
        title: "Nothing is running",
        text: "Choose a structure on the left, or start with the Treiber stack.",
        actions: ["start"],
    }),
    waiting: () => ({
        place: "card",
        title: "Nothing is running yet",
        text: "The presenter has not started a run. This page joins as soon as there is one.",
        busy: true,
    }),
    starting: () => ({
        place: "card",
        busy: true,
        title: "Starting the engine",
        text: "A process of its own, with real threads. It takes a moment.",
    }),
    connecting: () => ({
        place: "card",
        busy: true,
        title: "Joining the run",
        text: "Fetching its names and its present state.",
    }),
    reconnecting: () => ({
        place: "banner",
        busy: true,
        title: "Connection lost, trying again.",
        text: "The run goes on; the records missed meanwhile are fetched where the server still has them.",
        actions: ["reconnect"],
    }),
    recording: ({ name }) => ({
        place: "banner",
        title: `A recording: ${name}.`,
        text: "There is no engine, so knobs and controls are off; time moves both ways.",
        actions: ["backToLive"],
    }),
    ended: ({ message }) => ({
        place: "banner",
        title: "The run has ended.",
        text: message || "Everything received can still be replayed.",
        actions: ["restart"],
    }),
    raised: ({ threads, left, message }) => ({
        place: "banner",
        fault: true,
        title: `${threads} stopped: an operation raised.`,
        text: `${sentence(message)} ${
            left > 0 ? inWorkers("The other threads go on.") : "None is left; a restart begins anew."
        }`,
        actions: ["showFault", "dismiss"],
    }),
    halted: ({ threads, pids, several, mayKill }) => ({
        place: "banner",
        title: `${threads} ${several ? "are" : "is"} halted from outside (SIGSTOP).`,
        text:
            `In the middle of an access ${several ? "they hold" : "it holds"} up everybody; no kind of counter helps. ` +
            `“kill -CONT ${pids}” in a terminal lets ${several ? "them" : "it"} go on.`,
        actions: mayKill ? ["killHalted"] : [],
    }),
    skipped: ({ skipped }) => ({
        place: "banner",
        title: `${skipped} records were skipped.`,
        text: "This page could not keep up. The totals are still exact.",
        actions: ["dismiss"],
    }),
};

const LABELS = {
    restart: "Restart",
    look: "Look at what was received",
    save: "Save the recording",
    reconnect: "Try now",
    retry: "Try again",
    defaults: "Start with defaults",
    startLike: "Start one like it",
    openOther: "Open another file",
    backToLive: "Back to live",
    start: "Start",
    showFault: "Show where",
    dismiss: "Close",
    killHalted: "Kill what is halted",
};

/**
 * @param {HTMLElement} root covers the stage; lets clicks through where nothing is shown
 * @param {Record<string, (name: string) => void>} actions one for each action used; called with the state's name
 * @param {{ states: Record<string, (data: any) => Words>, labels: Record<string, string> }} [lab] another lab's own
 */
export function createStates(root, actions, { states: table = STATES, labels = LABELS } = {}) {
    const shown = new Map();

    const render = () => {
        const names = Object.keys(table).filter((name) => shown.has(name));
        const all = names.map((name) => [name, table[name](shown.get(name)), shown.get(name)]);
        const card = all.find(([, words]) => words.place === "card");
        const banners = all.filter(([, words]) => words.place === "banner");
        root.replaceChildren(
            h("div", { className: "banners" }, ...banners.map((state) => element(state, actions, labels, "banner"))),
            ...(card ? [h("div", { className: "card-place" }, element(card, actions, labels, "card"))] : []),
        );
        root.dataset.state = names[0] ?? "";
    };
    return {
        /** @param {string} name @param {object} [data] what its words need; `detail` is folded, `choices` are nodes */
        show(name, data = {}) {
            if (!(name in table)) throw new Error(`no state is called ${name}`);
            if (shown.has(name) && JSON.stringify(shown.get(name)) === JSON.stringify(data) && !data.choices) return;
            shown.set(name, data);
            render();
        },
        /** Those that no longer hold. */
        hide(...names) {
            const before = shown.size;
            for (const name of names) shown.delete(name);
            if (shown.size !== before) render();
        },
        hideCards() {
            this.hide(...[...shown.keys()].filter((name) => table[name](shown.get(name)).place === "card"));
        },
        has: (name) => shown.has(name),
    };
}

/** The names of all states; a test shows each. */
export const STATE_NAMES = Object.freeze(Object.keys(STATES));

function element([name, words, data], actions, labels, kind) {
    const buttons = (words.actions ?? []).map((action, index) =>
        h(
            "button",
            {
                type: "button",
                className: `button${index === 0 && kind === "card" ? " primary" : ""}`,
                "data-action": action,
                onclick: () => actions[action]?.(name),
            },
            labels[action],
        ),
    );
    return h(
        "div",
        {
            className: `state ${kind}${words.fault ? " fault" : ""}`,
            role: words.fault ? "alert" : "status",
            "data-name": name,
        },
        words.busy && h("span", { className: "busy", "aria-hidden": "true" }),
        h("div", { className: "state-words" }, h("strong", {}, words.title), h("span", {}, ` ${words.text}`)),
        data.detail &&
            h("details", {}, h("summary", {}, "Details"), h("pre", { className: "mono scroll" }, data.detail)),
        data.choices && h("div", { className: "state-choices" }, ...data.choices),
        buttons.length > 0 && h("div", { className: "state-actions" }, ...buttons),
    );
}

/** The text as a sentence: a capital first, a full stop last. */
export function sentence(text = "") {
    const trimmed = String(text).trim();
    if (!trimmed) return "";
    const first = trimmed[0].toUpperCase() + trimmed.slice(1);
    return /[.!?]$/.test(first) ? first : `${first}.`;
}
