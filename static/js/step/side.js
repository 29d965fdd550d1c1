/**
 * One side of the Step page: a model that plays an execution, and the context that its views are given. The page has
 * one, and a second one beside it while two branches are compared.
 */

import { createEvents } from "../events.js";
import { Model } from "../model.js";
import { STEPS } from "../scale.js";
import { StepPlayback } from "./player.js";

const SPEED = 2;

/**
 * @param {object} shared layout, api, prefers, announce, source, command
 * @param {object} entry the structure
 * @param {number} index 0, or 1 for the one beside it
 */
export function createStepSide(shared, entry, index = 0) {
    const { on, emit } = createEvents();
    const model = new Model(shared.layout, { Player: StepPlayback });
    const { names, history, timeline, playback } = model;
    const side = { model, entry, execution: null };
    side.context = {
        side: index,
        run: describeRun(entry),
        entry,
        names,
        history,
        timeline,
        playback,
        on,
        emit,
        model,
        scale: STEPS,
        layout: shared.layout,
        api: shared.api,
        prefers: shared.prefers,
        role: shared.role,
        colour: (lane) => `--t${lane % 8}`,
        announce: shared.announce,
        source: shared.source,
        send: shared.command,
        command: shared.command,
        controllable: () => false,
        /** The line that a thread is about to run, not the one that it has run. */
        standsAt: (lane) => side.execution?.next(lane.lane, playback.step)?.site || lane.site,
    };
    side.close = () => playback.stop();
    playback.setSpeed(SPEED);
    playback.start();
    return side;
}

/** What exports and recordings say of it. */
function describeRun(entry) {
    return {
        id: "step",
        generation: 0,
        state: "ended",
        structure: entry.key,
        duel: false,
        sides: [{ side: 0, structure: entry.key, state: "ended", ended: null }],
        knobs: {},
        seed: 1,
        hold: false,
        viewers: 0,
        interpreter: null,
    };
}
