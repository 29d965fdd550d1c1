/**
 * The line under the sentence: what has been done up to the shown step, from the State, and the balance of items, which
 * the server strikes after the last step.
 */

import { verdict } from "../account.js";
import { h, setText } from "../dom.js";
import { count } from "../format.js";

const FIELDS = [
    ["in", "in", "Items put in, counted at the access that takes effect; struck after the last step"],
    ["out", "out", "Items taken out by operations that have returned"],
    ["inside", "inside", "Items inside"],
    ["verdict", "", "in = out + inside + in flight"],
    ["operations", "ops", "Operations that have returned up to this step"],
    ["retries", "lost CAS", "Decisive CAS attempts that were lost up to this step"],
];

/**
 * @param {HTMLElement} root
 * @param {object} side from side.js
 */
export function createStepAccount(root, side) {
    const values = {};
    const cells = FIELDS.map(([name, label, title]) => {
        values[name] = h("span", { className: "account-value numbers" }, "–");
        return h("span", { className: `account-cell account-${name}`, title }, label && `${label} `, values[name]);
    });
    const line = h("div", { className: "account-line" }, ...cells);
    root.append(line);
    return {
        render({ state, step, steps }) {
            const { operations, attempts, losses } = state.counts;
            setText(values.operations, count(operations));
            setText(values.retries, `${count(losses)} of ${count(attempts)}`);
            const account = step === steps ? (side.execution?.account ?? null) : null;
            for (const name of ["in", "out", "inside"]) setText(values[name], account ? count(account[name]) : "–");
            setText(values.verdict, account ? verdict(account) : "struck at the last step");
            line.classList.toggle("moving", account === null);
            line.classList.toggle("fault", account !== null && !account.balanced);
        },
        destroy: () => root.replaceChildren(),
    };
}
