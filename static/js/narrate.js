/**
 * One sentence for a record, that says what happened and why. It is made from the record and the state *before* it.
 *
 * A narration consists of parts, so that a view can set threads, cells and nodes off; its `text` is for screen readers
 * and logs.
 */

import { LOCK_SENTENCES } from "./narrate-locks.js";
import { Sentence } from "./sentence.js";
import { ACCESS_SENTENCES } from "./narrate-accesses.js";
import { LANE_SENTENCES } from "./narrate-lanes.js";

/**
 * @typedef {object} Narration
 * @property {string} text
 * @property {{text: string, lane: number | null, kind: "thread" | "cell" | "node" | "code" | "plain"}[]} parts
 */

const SENTENCES = { ...ACCESS_SENTENCES, ...LANE_SENTENCES, ...LOCK_SENTENCES };

/**
 * @param {import("./layout.js").Layout} layout
 * @param {import("./names.js").Names} names
 * @returns {(state: import("./state.js").State, record: import("./history.js").Record) => Narration}
 */
export function createNarrator(layout, names) {
    return (state, record) => {
        const sentence = new Sentence(layout, names, state, record);
        const write = SENTENCES[layout.kindName(record.kind)];
        if (write === undefined) {
            sentence.thread().plain(` did something that this page does not know (${layout.kindName(record.kind)}).`);
        } else {
            write(sentence, record);
        }
        return sentence.finish();
    };
}
