/**
 * What watching costs, measured when asked: the same operations traced and untraced, one after the other, the run
 * held meanwhile.
 */

import { h, setAttribute, setText } from "./dom.js";
import { rate } from "./format.js";
import { inWorkers } from "./layout.js";
import { toast } from "./toast.js";

const ASK = "what does watching cost?";

/**
 * A pill for the header.
 *
 * @param {{ cost: (run: string) => Promise<object> }} api
 * @returns {{ element: HTMLElement, show(run: object | null, controllable: boolean): void }}
 */
export function createCost(api) {
    const state = { run: null, subject: "", busy: false };
    const element = h(
        "button",
        { type: "button", className: "pill optional", hidden: true, onclick: () => measure() },
        ASK,
    );
    const explain =
        "Measures this structure with these threads, traced and untraced, half a second each; the run stands still.";

    const measure = async () => {
        if (state.busy) return;
        state.busy = true;
        setText(element, "measuring …");
        const { subject } = state;
        const answer = await api.cost(state.run.id);
        state.busy = false;
        if (!answer.ok) toast(`Not measured: ${answer.error.message}`, "bad");
        if (!answer.ok || subject !== state.subject) return void setText(element, ASK);
        const { traced, untraced } = answer.value;
        setText(element, `operations traced ${rate(traced)}/s, untraced ${rate(untraced)}/s`);
        return undefined;
    };
    return {
        element,
        show(run, controllable) {
            const subject = run ? `${run.structure}/${run.knobs.threads}` : "";
            if (subject !== state.subject && !state.busy) setText(element, ASK);
            Object.assign(state, { run, subject });
            element.hidden = !run || !controllable;
            setAttribute(element, "title", inWorkers(explain));
        },
    };
}
