/** Two branches beside each other, at the same steps: the second side, what stands at its head, and its end. */

import { h } from "../dom.js";
import { sharedMoves } from "./schedule.js";
import { loadInto } from "./session.js";
import { createStepSide } from "./side.js";
import { sameSubject } from "./spec.js";

/**
 * @param {object} page
 * @param {object} page.shared what every side is given
 * @param {import("./session.js").StepSession} page.session
 * @param {(beside: object | null) => void} page.show builds the views, with another side or without
 * @param {(text: string) => void} page.announce
 */
export function createCompare(page) {
    return new Compare(page);
}

class Compare {
    constructor(page) {
        Object.assign(this, { page, side: null });
    }

    /** Shows another branch beside the one that is shown. */
    async begin(schedule) {
        const { session, shared } = this.page;
        const found = await session.then(() => session.fetch({ ...session.execution.spec, schedule }));
        if (!found) return;
        this.drop();
        this.side = createStepSide(shared, session.entry, 1);
        loadInto(this.side, found, null);
        this.page.show(this.side);
        this.page.announce("Two branches side by side; the second follows the steps of the first.");
    }

    end() {
        if (this.side === null) return;
        this.drop();
        this.page.show(null);
    }

    /** Another execution is shown: what is no branch of the same thing cannot stand beside it. */
    changed(execution) {
        if (this.side && !sameSubject(this.side.execution.spec, execution.spec)) this.end();
    }

    /** The side goes, its views are taken down by somebody else. */
    drop() {
        this.side?.close();
        this.side = null;
    }

    /** What stands at the head of the second side. */
    head({ head, element }) {
        const { session } = this.page;
        const { execution } = this.side;
        const shared = sharedMoves(execution.moves, session.execution.moves);
        const button = (label, onclick) => h("button", { type: "button", className: "button", onclick }, label);
        const goThere = () => {
            const schedule = execution.schedule();
            this.end();
            session.goTo(schedule, session.step);
        };
        element.setAttribute("aria-label", "The branch beside it");
        head.replaceChildren(
            h(
                "div",
                { className: "side-words" },
                h("h2", { className: "side-title" }, "The branch beside it"),
                h("p", { className: "side-subtitle mono" }, `${execution.schedule()}, forks after step ${shared}`),
            ),
            h(
                "div",
                { className: "side-tools" },
                button("Go there", goThere),
                button("End", () => this.end()),
            ),
        );
    }
}
