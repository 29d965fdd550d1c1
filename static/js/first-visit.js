/**
 * A run that is held just before a CAS that will fail: asks what will happen, lets it happen, and says why. The
 * question waits until the view shows the moment; the answer waits for the lost CAS itself.
 */

import { askQuestion } from "./question.js";

/**
 * @param {() => HTMLElement} root the side that it is about; the question takes the place of its narration
 * @param {object} context of the first side
 * @returns {() => void} gives up
 */
export function watchForHold(root, context) {
    let held = null;
    let question = null;
    const offHeld = context.on("held", (message) => {
        if (context.role !== "presenter") return;
        held = message;
        context.playback.goLive();
    });
    const offFrame = context.playback.listen((frame) => {
        if (held && !question && frame.behind === 0) {
            question = askQuestion(root(), held, context, () =>
                context.command({ action: "resume", lane: null, position: null }),
            );
        }
        const answer = question && frame.shown.find(({ record, lost }) => lost && record.lane === held.lane);
        if (answer) {
            question.happened(answer.narration.text);
            question = null;
            held = null;
        }
    });
    const giveUp = () => {
        question?.close();
        question = null;
        held = null;
    };
    const offRun = context.on("run", (run) => {
        if (question?.waiting() && run.state === "running") giveUp(); // somebody else has let it go on
    });
    const offCleared = context.on("cleared", giveUp);
    return () => {
        giveUp();
        for (const off of [offHeld, offFrame, offRun, offCleared]) off();
    };
}
