/**
 * The execution as a table, a column a thread: the words of `lockfree-lab step`. Pressing a step shows it.
 */

import { h, hueClass, setAttribute, threadName } from "../dom.js";

/**
 * @param {HTMLElement} root
 * @param {import("./session.js").Session} session
 */
export function createTrace(root, session) {
    const body = h("tbody");
    const threads = session.path.threads.length;
    const names = Array.from({ length: threads }, (_, thread) =>
        h("th", { scope: "col", className: hueClass(thread) }, threadName(thread)));
    const table = h("table", { className: "player-trace mono" },
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, h("span", { className: "visually-hidden" }, "Step")), ...names)),
        body);
    root.append(h("div", { className: "player-trace-place scroll", tabIndex: 0, role: "group", "aria-label": "Trace" }, table));
    const drawn = { path: null, rows: [] };
    const draw = () => {
        if (session.path !== drawn.path) build(drawn, session, body, threads);
        drawn.rows.forEach((row, index) => {
            const state = index + 1 === session.step ? "step" : null;
            setAttribute(row, "aria-current", state);
            setAttribute(row, "data-future", index + 1 > session.step ? "yes" : null);
        });
        reveal(root.firstElementChild, drawn.rows[session.step - 1]);
    };
    session.on("change", draw);
    draw();
}

function build(drawn, session, body, threads) {
    const { path } = session;
    drawn.path = path;
    drawn.rows = path.steps.map((step, index) => stepRow(session, step, index + 1, threads));
    const rows = drawn.rows.flatMap((row, index) => [row, ...faultRows(path, index + 1, threads)]);
    body.replaceChildren(...rows);
}

function stepRow(session, step, number, threads) {
    const { calls } = session.path.threads[step.thread];
    const lines = [
        ...calls.filter(({ first }) => first === number).map(({ text }) => ["call", text]),
        ["what", step.text],
        ...calls.filter(({ last }) => last === number).map(({ result }) => ["result", `= ${result}`]),
    ];
    const cells = Array.from({ length: threads }, (_, thread) =>
        h("td", { className: hueClass(thread) }, ...(thread === step.thread
            ? lines.map(([kind, text]) => h("span", { className: `trace-${kind}` }, text)) : [])));
    const button = h("button", {
        type: "button", className: "trace-number numbers", "aria-label": `Show step ${number}`, onclick: () => session.go(number),
    }, String(number));
    return h("tr", {}, h("th", { scope: "row" }, button), ...cells);
}

function faultRows(path, number, threads) {
    return path.faults.filter(({ step }) => step === number).map(({ kind, thread, message }) => {
        const who = thread < 0 ? "" : ` by T${thread + 1}`;
        return h("tr", { className: "trace-fault" }, h("th", { scope: "row" }, "!!"),
            h("td", { colSpan: threads }, `${kind}${who}: ${message}`));
    });
}

/** Scrolls the table alone, and only where the row is not in sight. */
function reveal(place, row) {
    if (!row) return;
    const top = row.offsetTop;
    const { scrollTop, clientHeight } = place;
    if (top < scrollTop + 24 || top + row.offsetHeight > scrollTop + clientHeight) {
        place.scrollTop = Math.max(0, top - clientHeight / 2);
    }
}
