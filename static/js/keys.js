/**
 * The keyboard of the page: one table, which the listener and the help dialog are made from.
 *
 * None fires inside a field, while a dialog or a menu is open, or with Ctrl, Alt or Meta held. Space and Enter stay
 * with a focused button. Only the two step keys repeat while they are held.
 */

import { menuIsOpen } from "./menu.js";

/**
 * @typedef {{ keys: string[], label: string, action: string, repeats?: boolean, names?: string[] }} Binding
 * @type {Binding[]}
 */
export const BINDINGS = [
    { keys: [" "], label: "play or pause the view (the run goes on)", action: "playPause" },
    { keys: ["ArrowLeft"], label: "one step back (held: repeat)", action: "stepBack", repeats: true },
    { keys: ["ArrowRight"], label: "one step forward (held: repeat)", action: "stepForward", repeats: true },
    { keys: ["Home"], label: "to the oldest record kept", action: "toStart" },
    { keys: ["End"], label: "to the newest record", action: "toEnd" },
    { keys: ["+", "="], label: "play faster", action: "faster" },
    { keys: ["-", "_"], label: "play slower", action: "slower" },
    { keys: ["l"], label: "go live", action: "goLive" },
    { keys: ["p"], label: "pause or resume the run", action: "pauseRun" },
    { keys: ["s"], label: "one single access, of the chosen thread or any", action: "singleAccess" },
    { keys: ["r"], label: "restart with the same seed", action: "restart" },
    { keys: ["e"], label: "step from the shown moment on, in the Step lab", action: "stepFromHere" },
    { keys: ["d"], label: "duel with the mutex twin, or end it", action: "duel" },
    {
        keys: ["1", "2", "3", "4", "5", "6", "7", "8", "9"],
        label: "choose a thread (again: none)",
        action: "chooseThread",
    },
    { keys: ["f"], label: "freeze or thaw the chosen thread", action: "freezeChosen" },
    { keys: ["k"], label: "kill the chosen thread (asks first)", action: "killChosen" },
    { keys: ["t"], label: "light or dark", action: "theme" },
    { keys: ["v"], label: "projector view", action: "projector" },
    { keys: ["?"], label: "this list", action: "help" },
    { keys: ["Escape"], label: "close what is open", action: "escape" },
];

const NAMES = { " ": "Space", ArrowLeft: "←", ArrowRight: "→", Escape: "Esc", "=": null, _: null };

/** How the keys of a binding are written for people. */
export function keyNames(binding) {
    if (binding.names) return binding.names;
    if (binding.action === "chooseThread") return ["1 … 9"];
    return binding.keys
        .map((key) => (key in NAMES ? NAMES[key] : key.length === 1 ? key.toUpperCase() : key))
        .filter(Boolean);
}

/**
 * @param {Record<string, (key: string) => void>} actions one for every `action` of the table
 * @param {Binding[]} [bindings] another lab's table
 * @returns {() => void} stops listening
 */
export function installKeys(actions, bindings = BINDINGS) {
    const table = new Map(bindings.flatMap((binding) => binding.keys.map((key) => [key, binding])));
    const onKey = (event) => {
        if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
        const binding = table.get(event.key.length === 1 ? event.key.toLowerCase() : event.key);
        if (!binding || (event.repeat && !binding.repeats) || isTaken(event)) return;
        event.preventDefault();
        actions[binding.action](event.key);
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
}

/** Whether the key belongs to what has the focus, and not to the page. */
export function isTaken(event) {
    if (document.querySelector("dialog[open]")) return true;
    if (menuIsOpen()) return event.key !== "Escape";
    const target = event.target;
    if (!(target instanceof Element)) return false;
    if (target.closest("input, textarea, select, [contenteditable]:not([contenteditable=false])")) return true;
    const pressable = target.closest("button, a[href], summary, [role=button], [role=radio], [role=tab]");
    return Boolean(pressable) && (event.key === " " || event.key === "Enter");
}
