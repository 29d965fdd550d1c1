/** The header: which interpreter runs, what is emulated and injected, who controls, and the page's own tools. */

import { h, icon, setAttribute } from "./dom.js";
import { workerWord } from "./layout.js";
import { openMenu } from "./menu.js";
import { onTheme, projected, theme } from "./theme.js";

/**
 * Where the C extension is missing, a pill says so on every page that has this header.
 *
 * @param {Record<"open" | "share" | "projector" | "theme" | "help" | "drawer", () => void>} tools
 * @param {HTMLElement | null} cost the pill of cost.js; a lab without a run has none
 */
export function createHeader(tools, cost) {
    const place = document.getElementById("pills");
    for (const [name, picture] of [
        ["open", "open"],
        ["share", "share"],
        ["projector", "screen"],
        ["drawer", "sliders"],
    ]) {
        document.getElementById(`${name}-button`)?.append(icon(picture));
    }
    for (const name of Object.keys(tools))
        document.getElementById(`${name}-button`).addEventListener("click", tools[name]);
    const showTheme = () => {
        document.getElementById("theme-button").replaceChildren(icon(theme() === "dark" ? "sun" : "moon"));
        setAttribute(document.getElementById("projector-button"), "aria-pressed", String(projected()));
    };
    showTheme();
    onTheme(showTheme);
    let before = "";
    return {
        /**
         * @param {{
         *     run: object | null, role: string, connection: string, recording: string | null, shared?: string
         * }} page  `shared`: what the processes share that run it; empty where threads do
         */
        show(page) {
            const pills = describePills(page);
            const key = JSON.stringify(pills);
            if (key === before) return;
            before = key;
            place.replaceChildren(...(cost ? [cost] : []), ...pills.map(pillElement));
        },
    };
}

const bootstrap = JSON.parse(document.getElementById("bootstrap")?.textContent ?? "{}");

function describePills({ run, role, connection, recording, shared = "" }) {
    const pills = [];
    if (bootstrap.native_missing)
        pills.push({ text: "no C extension", kind: "optional", note: missingNote(bootstrap.native_missing) });
    if (recording)
        pills.push({ text: "recording", kind: "strong", note: "Played from a file: there is no engine behind it." });
    else if (connection !== "connected")
        pills.push({
            text: CONNECTION[connection] ?? connection,
            kind: connection === "lost" ? "bad" : "strong",
            note: "The state of the connection to the server.",
        });
    if (role === "viewer") pills.push({ text: "view only", kind: "strong", note: VIEW_ONLY });
    // In a duel each page looks at both sides.
    const pages = run ? Math.ceil(run.viewers / Math.max(1, run.sides.length)) : 0;
    if (pages > 1) pills.push({ text: `${pages} viewers`, kind: "optional", note: "Pages that look at this run." });
    const interpreter = interpreterText(run?.interpreter);
    if (interpreter) pills.push({ text: interpreter, kind: "optional", note: interpreterNote(run.interpreter) });
    if (run) pills.push({ ...honesty(run.knobs, shared), kind: run.knobs?.gap_share > 0 ? "injected" : "" });
    return pills;
}

const missingNote = (reason) =>
    `This installation is without hardware atomics: ${reason}. Structures run on emulated cells, which take a small ` +
    "lock for each access; what is measured in C is left out. Install a C compiler and run make setup again to add it.";
const CONNECTION = { connecting: "joining …", reconnecting: "reconnecting …", lost: "no server", none: "no run" };
const VIEW_ONLY =
    "You see everything and control nothing. To control, open the address that the server printed when it was started.";
const TURNS = "One access at a time is let through, so that the order is known.";
/** By what is shared: how an access is done, and what is to be known of it. */
const ACCESSES = {
    "": [
        "emulated CAS",
        "Each access takes a small lock and compares: an emulated CAS, which can itself block. Lost CASes come from " +
            "delays injected between load and CAS; with a GIL hardly any would be lost otherwise.",
    ],
    atomics: [
        "hardware atomics", `Each access is one instruction of the processor, on memory that processes share. ${TURNS}`,
    ],
    words: [
        "plain reads and writes",
        `Processes read and write memory that they share, and nothing makes the two one step. ${TURNS}`,
    ],
    value: ["multiprocessing.Value", `The standard library's own number and lock between processes. ${TURNS}`],
};

function honesty(knobs, shared) {
    const [how, note] = ACCESSES[shared] ?? ACCESSES[""];
    const injected = knobs?.gap_share > 0 ? (shared ? "delays injected" : "contention injected") : "nothing injected";
    return { text: `${how}, ${injected}`, note };
}

/** Every pill explains itself when it is pressed: nothing on hover alone. */
function pillElement({ text, kind, note }) {
    const open = (event) => openMenu(event.currentTarget, [], { title: note });
    return h("button", { type: "button", className: `pill ${kind}`, title: note, onclick: open }, text);
}

/** @param {string | Record<string, unknown> | null | undefined} interpreter as the engine reports it */
export function interpreterText(interpreter) {
    if (!interpreter) return "";
    if (typeof interpreter === "string") return interpreter;
    const { implementation = "Python", version = "", gil } = interpreter;
    const short = String(version).split(".").slice(0, 2).join(".");
    return `${implementation} ${short}, GIL ${gil ? "on" : "off"}`;
}

function interpreterNote(interpreter) {
    if (typeof interpreter === "string") return interpreter;
    const words = workerWord() === "process" ? "Each process has an interpreter of its own." : interpreter.gil
        ? "One thread runs Python at a time; the system switches between them."
        : "Threads run Python in parallel.";
    return `${interpreter.implementation ?? "Python"} ${interpreter.version ?? ""}. ${words}`;
}
