/** The designed states of the Measure pages: what happened, and what to do. */

import { sentence } from "../states.js";

/** @type {Record<string, (data: any) => import("../states.js").Words>} */
export const STATES = {
    forbidden: () => ({
        place: "card",
        title: "This browser has no pass",
        text: "Open the address that the server printed at its start: the pass is in it. A viewer's link works too.",
    }),
    historyBroken: ({ message }) => ({
        place: "card",
        fault: true,
        title: "The history cannot be read",
        text: `${sentence(message)} Nothing in it was changed.`,
        actions: ["retry"],
    }),
    noRun: ({ message }) => ({
        place: "card",
        title: "This run is not here",
        text: `${sentence(message)} A link from another machine leads to a run in that machine's history.`,
        actions: ["toHistory", "toRun"],
    }),
    notComparable: ({ message }) => ({
        place: "card",
        title: "These runs cannot be compared",
        text: sentence(message),
        actions: ["toHistory"],
    }),
    chooseTwo: () => ({
        place: "card",
        title: "Nothing to compare",
        text: "Choose two runs or more in the history, then compare them.",
        actions: ["toHistory"],
    }),
    neverRun: ({ viewer }) => ({
        place: "card",
        title: "Nothing was measured on this machine yet",
        text: viewer
            ? "The presenter has not started a run. What it measures appears here as it goes."
            : "Choose a question on the left and press Enter. “classic” takes under a minute: lock-free against " +
              "lock-based, two threads and eight. What is measured is kept in the history.",
    }),
    emptyHistory: ({ viewer, place }) => ({
        place: "card",
        title: "No run is kept yet",
        text:
            `Runs are kept in ${place}. ` +
            (viewer
                ? "The presenter can measure, or import a run."
                : "Measure something, or drop another machine's result (JSON) here."),
        actions: viewer ? [] : ["toRun", "importFile"],
    }),
    loading: () => ({ place: "card", busy: true, title: "Reading", text: "It takes a moment." }),
    serverGone: () => ({
        place: "banner",
        busy: true,
        title: "The server does not answer, trying again.",
        text:
            "What is shown stays. A run ends with its server; what it had measured round by round is kept. “make " +
            "run” starts it again.",
        actions: ["retry"],
    }),
    refused: ({ title, message }) => ({
        place: "banner",
        fault: true,
        title,
        text: sentence(message),
        actions: ["dismiss"],
    }),
    inHistory: ({ name }) => ({
        place: "banner",
        title: `${name} is in the history already.`,
        text: "Nothing was changed.",
        actions: ["dismiss"],
    }),
    otherServer: () => ({
        place: "banner",
        title: "The server was started again.",
        text: "The run that was going on ended with it; the rounds that were done are in the history.",
        actions: ["toHistory", "dismiss"],
    }),
    notSaved: ({ message, mayKeep }) => ({
        place: "banner",
        fault: true,
        title: "The run is not in the history.",
        text: `${sentence(message)} Export it as JSON before you start another one; it can be imported later.`,
        actions: mayKeep ? ["keep", "dismiss"] : ["dismiss"],
    }),
    trouble: ({ message }) => ({
        place: "banner",
        fault: true,
        title: "The run ended with an error.",
        text: sentence(message),
        actions: ["dismiss"],
    }),
};

export const LABELS = {
    retry: "Try again",
    dismiss: "Close",
    keep: "Try to keep it",
    toHistory: "Open the history",
    toRun: "Measure something",
    importFile: "Import a file …",
};
