/** The run's own buttons: pause, one access, restart, new seed, duel. */

import { h, setAttribute, setText } from "./dom.js";
import { inWorkers } from "./layout.js";

/**
 * @param {HTMLElement} root
 * @param {import("./control.js").Control} control
 */
export function createControls(root, control) {
    const button = (label, key, title, onclick) =>
        h("button", { type: "button", className: "button", title: `${title} (${key})`, onclick }, h("span", {}, label));
    const pause = button("Pause run", "P", "Stops the threads themselves; Space only stops the view", () =>
        control.pauseRun(),
    );
    const step = button("One access", "S", "One single shared access, of the chosen thread or of any", () =>
        control.singleAccess(),
    );
    const takeOver = h(
        "button",
        {
            type: "button",
            className: "button whole-row",
            title: "Take the shown moment into Step, where you decide who moves next (E)",
            onclick: () => control.stepFromHere(),
        },
        "Step from here",
    );
    const seed = h("input", {
        className: "field numbers",
        id: "seed",
        type: "text",
        inputMode: "numeric",
        autocomplete: "off",
    });
    const restart = button(
        "Restart",
        "R",
        "From the beginning with this seed: same operations and delays, another interleaving",
        () => submit(),
    );
    const fresh = h(
        "button",
        { type: "button", className: "button", title: "Restart with another seed", onclick: () => control.newSeed() },
        "New",
    );
    const duel = button("Duel: mutex beside", "D", "Lock-free and mutex side by side, same seed and knobs", () =>
        control.duel(),
    );
    const error = h("p", { className: "field-error", role: "alert", hidden: true });
    duel.id = "duel-button";
    const again = h(
        "div",
        { className: "restart-row" },
        restart,
        h("label", { className: "seed-field", htmlFor: "seed" }, "seed", seed),
        fresh,
    );
    root.append(pause, step, again, takeOver, error);

    const submit = async () => {
        const text = seed.value.trim();
        const refusal = await control.restart({ seed: /^\d{1,15}$/.test(text) ? Number(text) : text });
        error.hidden = !refusal;
        setText(error, refusal?.message ?? "");
        setAttribute(seed, "aria-invalid", refusal ? "true" : null);
    };
    seed.addEventListener("keydown", (event) => {
        if (event.key === "Enter") submit();
    });
    return {
        /** Stands at the head of the stage, not with the other buttons. */
        duel,
        /**
         * @param {{ run: object | null, controllable: boolean, steppable: boolean, twin: string }} page  `steppable`:
         *     Step has the structure; `twin`: see structures.js
         */
        show({ run, controllable, steppable, twin }) {
            const still = ["paused", "held"].includes(run?.state);
            const live = controllable && ["running", "paused", "held"].includes(run?.state);
            setText(pause.firstElementChild, still ? "Resume run" : "Pause run");
            setAttribute(pause, "aria-pressed", String(still));
            pause.disabled = step.disabled = !live;
            restart.disabled = fresh.disabled = seed.disabled = !controllable || !run;
            duel.disabled = !controllable || !run;
            takeOver.disabled = !run || !steppable;
            setAttribute(pause, "title", `${inWorkers("Stops the threads themselves")}; Space only stops the view (P)`);
            setAttribute(step, "title", inWorkers("One single shared access, of the chosen thread or of any (S)"));
            setText(duel.firstElementChild, run?.duel ? "End the duel" : `Duel: ${twin} beside`);
            if (document.activeElement !== seed && run && error.hidden) seed.value = String(run.seed);
        },
    };
}
