/**
 * The account under the stage: in = out + inside + in flight, and the run's totals.
 *
 * Totals are the engine's own exact counters, whatever the view shows. The account itself is struck only at a pause
 * and at the end, when nothing moves; while the run goes on the line says so. Not balanced is a fault and shown as one.
 */

import { createCounts } from "./counts.js";
import { h, setText, threadName } from "./dom.js";
import { count, percent } from "./format.js";
import { inWorkers } from "./layout.js";

const FIELDS = [
    ["in", "in", "Items put in, counted at the access that takes effect"],
    ["out", "out", "Items taken out"],
    ["inside", "inside", "Items inside, counted at the last pause"],
    ["verdict", "", "in = out + inside + in flight"],
    ["operations", "ops", "Operations that have returned"],
    ["retries", "retries", "Decisive CAS attempts that were lost, and their share"],
    ["fairness", "fairness", "Jain's index of the threads' operations: 1 is even, 1/n is one thread alone"],
    ["streak", "streak", "The longest streak: the most retries in a row within one operation"],
];

/**
 * @param {HTMLElement} root
 * @param {object} context
 */
export function createAccount(root, context) {
    const values = {};
    const cells = FIELDS.map(([name, label, title]) => {
        values[name] = h("span", { className: "account-value numbers" }, "–");
        const attributes = { className: `account-cell account-${name}`, title: inWorkers(title) };
        return h("span", attributes, label && `${label} `, values[name]);
    });
    const line = h("div", { className: "account-line" }, ...cells);
    const counts = createCounts(context);
    root.append(line, counts.element);
    let account = null;
    let running = true;

    const showTotals = ({ totals, paused }) => {
        running = !paused;
        setText(values.operations, count(totals.operations));
        setText(values.retries, `${count(totals.losses)} · ${percent(totals.retry_rate)}`);
        setText(values.fairness, totals.fairness.toFixed(2));
        setText(values.streak, count(totals.longest_streak));
        if (running || !account) {
            setText(values.in, count(totals.in));
            setText(values.out, count(totals.out));
        }
        showVerdict();
    };
    const showAccount = (message) => {
        account = message;
        running = false;
        for (const name of ["in", "out", "inside"]) setText(values[name], count(account[name]));
        showVerdict();
        if (!account.balanced) context.announce(`The account does not balance: ${verdict(account)}.`);
    };
    const showVerdict = () => {
        const fault = account !== null && !account.balanced;
        line.classList.toggle("fault", fault);
        const stale = running && !fault;
        line.classList.toggle("moving", stale);
        setText(values.verdict, stale ? "struck at a pause" : account ? verdict(account) : "–");
        if (stale) setText(values.inside, "…");
    };
    const clear = () => {
        account = null;
        running = true;
        for (const value of Object.values(values)) setText(value, "–");
        line.classList.remove("fault");
    };
    const off = [context.on("counters", showTotals), context.on("account", showAccount), context.on("cleared", clear)];
    return { render() {}, destroy: () => [counts.destroy, ...off].forEach((stop) => stop?.()) };
}

/** @returns {string} the balance in words */
export function verdict(account) {
    const flight = account.in_flight.map(({ lane, items }) => `${threadName(lane)} ${items > 0 ? "+" : ""}${items}`);
    const flying = flight.length ? `, in flight ${flight.join(", ")}` : "";
    if (account.balanced) return `balanced${flying}`;
    const missing = account.lost >= 0 ? `${count(account.lost)} lost` : `${count(-account.lost)} too many`;
    return `not balanced: ${missing}${flying}`;
}
