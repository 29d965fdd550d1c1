/**
 * What the transport counts: records of a run, or steps of an execution (a context's `scale`). No DOM.
 *
 * @typedef {object} Scale
 * @property {string} toStart  label of the button
 * @property {string} toEnd
 * @property {(frame: object) => { first: number, shown: number, last: number }} range
 * @property {(frame: object) => string} words  the place in words, "48 of 51"
 * @property {(frame: object) => string} spoken  the same for screen readers
 * @property {(playback: object, place: number) => void} seek
 * @property {string} hold  label of the button that stops what plays
 * @property {(frame: object, run: string, isRunning: boolean) => string} mode  what stands still and what does not; `run` says it of the run
 */

import { count } from "./format.js";
import { formatTime, roundTo } from "./time-axis.js";

/** @type {Scale} */
export const RECORDS = Object.freeze({
    toStart: "To the oldest record kept",
    toEnd: "To the newest record",
    hold: "Hold the view; the run goes on",
    range: ({ first, position, last }) => ({ first, shown: position, last }),
    words: ({ position, last }) => (last < 0 ? "no records yet" : `${count(position + 1)} of ${count(last + 1)}`),
    spoken: (frame) => `record ${RECORDS.words(frame)}, ${formatTime(roundTo(frame.state.time, 1e8))}`,
    seek: (playback, place) => playback.seek(place),
    mode: ({ mode, speed, last, state }, run, isRunning) => {
        const time = last < 0 ? "" : `${(state.time / 1e9).toFixed(1)} s, `;
        const live = isRunning ? "live" : `live, ${run.replace(" too", "")}`;
        return time + { live, held: `view held, ${run}`, replay: `replay at ${speed}×, ${run}` }[mode];
    },
});

/** @type {Scale} */
export const STEPS = Object.freeze({
    toStart: "To the start",
    toEnd: "To the last step",
    hold: "Hold",
    range: ({ step, steps }) => ({ first: 0, shown: step, last: steps }),
    words: ({ step, steps }) => (steps === 0 ? "no steps yet" : `step ${count(step)} of ${count(steps)}`),
    spoken: (frame) => STEPS.words(frame),
    seek: (playback, place) => playback.seekStep(place),
    mode: ({ mode, speed, step, steps }) => {
        if (mode === "replay") return `playing at ${speed}×`;
        return step < steps ? "another thread forks here" : "";
    },
});
