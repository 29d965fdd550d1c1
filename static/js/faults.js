/**
 * Tells of operations that raised in the state that is shown, until the person has seen it; the next one is told
 * again.
 */

import { threadName } from "./dom.js";

const OVER = ["raised", "killed", "stopped"];

/**
 * @param {object} context of the first side
 * @param {{ show: Function, hide: Function }} states
 */
export function createFaults(context, states) {
    let seen = "";
    let told = "";
    context.on("cleared", () => (seen = ""));

    /** The message, where the lane's last record still is kept. */
    const message = (lane) => {
        const { history, names, layout } = context;
        const record = lane.last >= history.first && lane.last <= history.last ? history.read(lane.last) : null;
        return record?.kind === layout.kinds.FAULT ? names.bareText(record.cell) : "";
    };
    return {
        render({ state }) {
            const raised = state.lanes.filter((lane) => lane.status === "raised");
            told = raised.map((lane) => threadName(lane.lane)).join(", ");
            if (told === "" || told === seen) return states.hide("raised");
            const left = state.lanes.filter((lane) => !OVER.includes(lane.status)).length;
            return states.show("raised", { threads: told, left, message: message(raised[0]) });
        },
        dismiss() {
            seen = told;
            states.hide("raised");
        },
        /** Holds the view at the first of them. */
        show() {
            const lane = context.playback.state.lanes.find((candidate) => candidate.status === "raised");
            if (lane && lane.last >= 0) context.playback.seek(lane.last);
        },
    };
}
