/** The keyboard of the Step page: the table for the help, and the keys that need more than their own letter. */

import { isTaken } from "../keys.js";

/** @type {import("../keys.js").Binding[]} */
export const STEP_BINDINGS = [
    {
        keys: ["1", "2", "3", "4", "5", "6", "7", "8"],
        names: ["1 … 8"],
        label: "one step of that thread; where you have gone back, it forks",
        action: "take",
        repeats: true,
    },
    {
        keys: ["ShiftDigit"],
        names: ["Shift", "1 … 8"],
        label: "that thread to the end of its operation",
        action: "takeOperation",
    },
    { keys: ["a"], label: "everybody in turn, to the end", action: "takeAll" },
    { keys: ["w"], label: "a random walk to the end", action: "walk" },
    { keys: ["k"], label: "kill the chosen thread: the one that moved last", action: "kill" },
    { keys: [" "], label: "play or hold", action: "playPause" },
    {
        keys: ["ArrowLeft"],
        names: ["←", "Ctrl Z"],
        label: "one step back (held: repeat)",
        action: "stepBack",
        repeats: true,
    },
    {
        keys: ["ArrowRight"],
        names: ["→", "Ctrl Y"],
        label: "one step forward, on the same way (held: repeat)",
        action: "stepForward",
        repeats: true,
    },
    { keys: ["Home"], label: "to the start", action: "toStart" },
    { keys: ["End"], label: "to the last step", action: "toEnd" },
    { keys: ["["], label: "the caption before", action: "captionBefore" },
    { keys: ["]"], label: "play to the next caption", action: "captionAfter" },
    { keys: ["p"], label: "predict: be asked before each CAS, or no longer", action: "predict" },
    { keys: ["y"], label: "predict: it wins", action: "sayYes" },
    { keys: ["n"], label: "predict: it loses", action: "sayNo" },
    { keys: ["c"], label: "compare with the branch tried before, or end it", action: "compare" },
    { keys: ["+", "="], label: "play faster", action: "faster" },
    { keys: ["-", "_"], label: "play slower", action: "slower" },
    { keys: ["t"], label: "light or dark", action: "theme" },
    { keys: ["v"], label: "projector view", action: "projector" },
    { keys: ["?"], label: "this list", action: "help" },
    { keys: ["Escape"], label: "close what is open", action: "escape" },
];

/**
 * Shift with a number, whatever the keyboard writes for it, and undo and redo as everywhere.
 *
 * @param {{ takeOperation(key: string): void, stepBack(): void, stepForward(): void }} actions
 * @returns {() => void} stops listening
 */
export function installChords(actions) {
    const onKey = (event) => {
        if (event.defaultPrevented || isTaken(event)) return;
        const act = chord(event, actions);
        if (!act) return;
        event.preventDefault();
        act();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
}

function chord(event, actions) {
    const digit = /^Digit([1-8])$/.exec(event.code)?.[1];
    if (digit && event.shiftKey && !event.ctrlKey && !event.metaKey && !event.altKey && !event.repeat)
        return () => actions.takeOperation(digit);
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return null;
    const key = event.key.toLowerCase();
    if (key === "y" || (key === "z" && event.shiftKey)) return actions.stepForward;
    return key === "z" ? actions.stepBack : null;
}
