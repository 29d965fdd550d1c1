/**
 * The puzzles: a goal, a par, and whether the shown schedule reaches it, which the server judges from the trace. What was
 * solved, and in how few steps, stays in this browser.
 */

import { h } from "../dom.js";
import { count } from "../format.js";
import { store, stored } from "../storage.js";

const SOLVED = "step.solved";

/**
 * @param {HTMLElement} root
 * @param {object[]} puzzles as bootstrap has them; none where the server has none
 * @param {{ open(key: string): void, leave(): void, say(text: string): void }} actions
 */
export function createPuzzles(root, puzzles, actions) {
    if (puzzles.length === 0) return { show() {} };
    const solved = readSolved();
    const select = h("select", { className: "field", id: "step-puzzle" });
    const body = h("div", { className: "puzzle-body", role: "status" });
    select.addEventListener("change", () => (select.value ? actions.open(select.value) : actions.leave()));
    root.append(
        h("label", { className: "panel-title", htmlFor: "step-puzzle" }, "Puzzle"),
        h("div", { className: "scenario-box" }, select, body),
    );
    let last = "";
    const listed = () => [
        h("option", { value: "" }, "none"),
        ...puzzles.map(({ key, title }) => h("option", { value: key }, `${key in solved ? "✓ " : ""}${title}`)),
    ];
    return {
        /** @param {object | null} puzzle @param {object | null} goal the execution's */
        show(puzzle, goal) {
            if (goal?.reached && puzzle) {
                const best = Math.min(goal.steps, solved[puzzle.key] ?? Infinity);
                if (best !== solved[puzzle.key]) {
                    solved[puzzle.key] = best;
                    store(SOLVED, JSON.stringify(solved));
                }
            }
            const key = JSON.stringify([puzzle?.key, goal, solved]);
            if (key === last) return;
            last = key;
            select.replaceChildren(...listed());
            select.value = puzzle?.key ?? "";
            body.replaceChildren(...(puzzle ? describe(puzzle, goal, solved[puzzle.key]) : []));
        },
    };
}

function describe({ text, hint, par, deaths }, goal, best) {
    const steps = (number) => `${count(number)} step${number === 1 ? "" : "s"}`;
    const reached = goal?.reached === true;
    const words = reached
        ? `Reached in ${steps(goal.steps)}${goal.steps <= par ? ", which is par." : `; par is ${par}.`}`
        : `Not reached yet. Par: ${steps(par)}.`;
    return [
        h("p", { className: "puzzle-text" }, text),
        h("p", { className: `puzzle-goal${reached ? " reached" : ""}` }, words),
        deaths && h("p", { className: "muted" }, "Threads may be killed."),
        best !== undefined && h("p", { className: "muted" }, `Your best: ${steps(best)}.`),
        hint && h("details", {}, h("summary", {}, "Hint"), h("p", {}, hint)),
    ].filter(Boolean);
}

function readSolved() {
    try {
        const kept = JSON.parse(stored(SOLVED) ?? "{}");
        return kept && typeof kept === "object" && !Array.isArray(kept) ? kept : {};
    } catch {
        return {};
    }
}
