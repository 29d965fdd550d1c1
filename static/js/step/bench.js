/**
 * The views of an execution, or of two beside each other: picture, faults, captions, sentence, account and lanes for
 * each; code, thread cards and transport for the first, whose steps the second follows.
 */

import { createCode } from "../code.js";
import { h, setAttribute } from "../dom.js";
import { createLanes } from "../lanes.js";
import { createNarration } from "../narration.js";
import { createScene } from "../scenes/index.js";
import { STEP_TIMES, createTimeAxis } from "../time-axis.js";
import { createTransport } from "../transport.js";
import { sideElement } from "../workbench.js";
import { createStepAccount } from "./account.js";
import { createFaultStrip } from "./faults.js";
import { paced } from "./pace.js";

const place = (id) => document.getElementById(id);

/**
 * @param {object[]} sides from side.js, one or two
 * @param {object} options
 * @param {(root: HTMLElement, side: object) => object} options.cards makes the thread cards
 * @param {(root: HTMLElement, side: object) => object} options.captions
 * @param {(parts: object) => void} options.beside fills the head of the second side
 */
export function createBench(sides, options) {
    const bench = new Bench(sides, options);
    return { destroy: () => bench.destroy() };
}

class Bench {
    constructor(sides, options) {
        Object.assign(this, { sides, options, endings: [] });
        setAttribute(place("sides"), "data-count", String(sides.length));
        place("lanes").classList.toggle("two", sides.length > 1);
        const [leader, follower] = sides.map((side) => side.context);
        this.axis = createTimeAxis(STEP_TIMES);
        this.read = sides.map((side, index) => this.buildSide(side, index));
        this.seen = sides.map(({ context }) => [context.scene]);
        this.read[0].push(createCode(place("code"), leader), options.cards(place("threads"), sides[0]));
        this.seen[0].push(createTransport(place("transport"), leader, { peer: follower ?? null }));
        sides.forEach((side, index) => this.follow(side.context.playback, index));
        if (follower) this.endings.push(followSteps(leader.playback, follower.playback));
    }

    buildSide(side, index) {
        const duel = this.sides.length > 1;
        const { context, entry } = side;
        const parts = sideElement(entry, false, index);
        const strip = h("div", { className: "step-strip" });
        const captions = h("div", { className: "captions", hidden: true });
        parts.scene.after(strip);
        strip.after(captions);
        if (index === 1) this.options.beside(parts);
        place("sides").append(parts.element);
        const slot = h("div", { className: "lanes-slot" });
        place("lanes").append(slot);
        const title = !duel ? "Lanes" : index === 0 ? "Lanes, this branch" : "Lanes, the branch beside it";
        context.scene = createScene(parts.scene, context);
        return [
            createFaultStrip(strip, side),
            ...(index === 0 ? [this.options.captions(captions, side)] : []),
            createNarration(parts.narration, context, { speaks: false }),
            createStepAccount(parts.account, side),
            createLanes(slot, context, { title, axis: this.axis }),
        ];
    }

    follow(playback, index) {
        const read = paced((frame) => render(this.read[index], frame));
        this.endings.push(
            read.cancel,
            playback.listen((frame) => {
                render(this.seen[index], frame);
                read(frame);
            }),
        );
    }

    destroy() {
        this.endings.forEach((end) => end?.());
        for (const view of [...this.seen, ...this.read].flat()) view.destroy();
        for (const id of ["sides", "lanes", "code", "threads", "transport"]) place(id).replaceChildren();
    }
}

function render(views, frame) {
    for (const view of views) {
        try {
            view.render(frame);
        } catch (error) {
            reportError(error); // one broken view leaves the others alive
        }
    }
}

/** The second side shows the step that the first one shows, or its last. */
function followSteps(leader, follower) {
    return leader.listen(({ step }) => {
        const wanted = Math.min(step, follower.steps);
        if (wanted === follower.step + 1) follower.stepForward();
        else if (wanted !== follower.step) follower.seekStep(wanted);
    });
}
