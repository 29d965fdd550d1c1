/** What moves everybody: run all, a random walk with its seed. The thread cards have the rest. */

import { h } from "../dom.js";

/** @param {{ takeAll(): void, walk(seed: number): void }} actions */
export function createMoves(actions) {
    const seed = h("input", {
        className: "field numbers walk-seed",
        type: "text",
        inputMode: "numeric",
        value: "1",
        "aria-label": "Seed of the random walk",
        title: "Seed of the random walk",
    });
    const walk = () => {
        const wanted = /^\d{1,9}$/.test(seed.value.trim()) ? Number(seed.value) : 1;
        actions.walk(wanted);
        seed.value = String(wanted + 1); // another walk each time; the schedule keeps what was walked
    };
    seed.addEventListener("keydown", (event) => event.key === "Enter" && walk());
    const button = (label, key, title, onclick) =>
        h("button", { type: "button", className: "button", title, onclick }, label, " ", h("kbd", {}, key));
    const extra = h("div", { className: "moves-extra" });
    const element = h(
        "div",
        { className: "moves", role: "group", "aria-label": "Everybody" },
        button("Run all", "A", "Everybody in turn, to the end", actions.takeAll),
        button("Walk", "W", "A random walk to the end, with this seed", walk),
        seed,
        extra,
    );
    return { element, extra, walk };
}
