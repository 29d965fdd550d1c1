/** The designed states of the Step page: what happened, and what to do. */

import { sentence } from "../states.js";

/** @type {Record<string, (data: any) => import("../states.js").Words>} */
export const STEP_STATES = {
    serverGone: ({ shown }) => ({
        place: shown ? "banner" : "card",
        title: "The server does not answer.",
        text: shown
            ? "What is shown stays, and time moves both ways; a new step needs the server. “make run” starts it again."
            : "It was stopped, or this machine slept. “make run” starts it again.",
        actions: ["retry"],
    }),
    forbidden: () => ({
        place: "card",
        title: "This browser has no pass",
        text: "Open the address that the server printed at its start: the pass is in it. A viewer's link works too.",
    }),
    refused: ({ message }) => ({
        place: "banner",
        fault: true,
        title: "The server could not run this.",
        text: sentence(message),
        actions: ["retry", "dismiss"],
    }),
    loading: () => ({ place: "card", busy: true, title: "Running the schedule", text: "It takes a moment." }),
    problems: ({ title, text }) => ({ place: "banner", title, text, actions: ["dismiss"] }),
};

export const STEP_LABELS = {
    retry: "Try again",
    dismiss: "Close",
};

/** What the problems of a link come to, for a banner; those of a field stand at the field as well. */
export function describeProblems(problems) {
    const words = problems.map(({ field, message }) =>
        field in NAMES
            ? `${NAMES[field]}: ${message}`
            : `${field} ${message}`.replace(/^\S/, (letter) => letter.toUpperCase()),
    );
    return {
        title:
            problems.length === 1
                ? "Something in this link is not right."
                : `${problems.length} things in this link are not right.`,
        text: `${words.map((text) => sentence(text)).join(" ")} What is valid is shown.`,
    };
}

const NAMES = {
    v: "Version",
    program: "Program",
    start: "Before they start",
    schedule: "Schedule",
    scenario: "Scenario",
    puzzle: "Puzzle",
};
