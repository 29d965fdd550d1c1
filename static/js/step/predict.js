/**
 * Predict: before a CAS is shown, the person says whether it wins. What came of it is hidden until then; whether the
 * person was right is read from the trace. The score stays in this browser.
 */

import { h, hueClass, setAttribute, setText, threadName } from "../dom.js";
import { store, stored } from "../storage.js";

const SCORE = "step.predictions";
const ON = "step.predict";

/**
 * @param {object} page what it needs of the page
 * @param {() => object | null} page.execution
 * @param {() => object} page.side
 * @param {() => HTMLElement | null} page.place the side of the stage
 * @param {(text: string) => void} page.announce
 * @param {boolean} page.embedded nobody is asked there
 */
export function createPredict(page) {
    return new Predict(page);
}

class Predict {
    constructor(page) {
        Object.assign(this, { page, asked: null, card: null, said: new Set() });
        this.on = stored(ON) === "yes";
        this.score = readScore();
        this.words = h("span", { className: "predict-score numbers" });
        this.button = h(
            "button",
            { type: "button", className: "button", onclick: () => this.toggle() },
            "Predict ",
            h("kbd", {}, "P"),
        );
        this.element = h(
            "div",
            { className: "predict", role: "group", "aria-label": "Predict" },
            this.button,
            this.words,
        );
        this.show();
    }

    toggle() {
        this.on = !this.on;
        store(ON, this.on ? "yes" : null);
        if (!this.on) this.close();
        this.show();
    }

    show() {
        setAttribute(this.button, "aria-pressed", String(this.on));
        setAttribute(this.button, "title", "Be asked before each CAS whether it wins (P)");
        const { right, total } = this.score;
        setText(this.words, total > 0 ? `${right}/${total}` : "");
        setAttribute(this.words, "title", `${right} of ${total} predictions were right`);
        this.veil();
    }

    /** What lies ahead tells the answer: lanes and tree are covered while something does. */
    veil() {
        const playback = this.page.side()?.model.playback;
        const hides = this.on && !this.page.embedded && playback !== undefined && playback.step < playback.steps;
        setAttribute(document.getElementById("frame"), "data-veiled", hides ? "yes" : null);
    }

    /** Whether a step may be shown now; where it may not, the person is asked. */
    allows(step) {
        const execution = this.page.execution();
        if (!this.on || this.page.embedded || !execution?.isCas(step) || this.said.has(this.keyOf(execution, step)))
            return true;
        this.ask(execution, step);
        return false;
    }

    keyOf(execution, step) {
        return `${execution.spec.structure}/${execution.spec.program}/${execution.schedule(step)}`;
    }

    ask(execution, step) {
        const key = this.keyOf(execution, step);
        if (this.asked?.key === key) return;
        this.close();
        const { thread } = execution.steps[step - 1];
        this.asked = { key, step, thread, guess: null };
        const answer = (guess) => () => this.say(guess);
        const button = (label, key, onclick, kind = "") =>
            h(
                "button",
                { type: "button", className: `button ${kind}`, onclick },
                label,
                key && " ",
                key && h("kbd", {}, key),
            );
        this.title = h("h2", { id: "question-title" }, "Will ", name(thread), "'s CAS win?");
        this.text = h("p", {}, expectation(execution.pending(step)));
        this.answers = h(
            "div",
            { className: "answers" },
            button("It wins", "Y", answer(true)),
            button("It loses", "N", answer(false)),
            button("Skip", "", answer(null), "quiet"),
        );
        this.card = h(
            "section",
            { className: "question predict-question", "aria-labelledby": "question-title", tabIndex: -1 },
            this.title,
            this.text,
            this.answers,
        );
        const root = this.page.place();
        root?.append(this.card);
        root?.classList.add("asking");
        this.page.announce(
            `Predict: will ${threadName(thread)}'s CAS win? ${this.text.textContent} Y: it wins. N: it loses.`,
        );
        this.veil();
    }

    /** @param {boolean | null} guess null: shown without an answer */
    say(guess) {
        if (!this.asked || this.asked.guess !== null || this.said.has(this.asked.key)) return;
        const { key, step } = this.asked;
        this.said.add(key);
        const { playback } = this.page.side().model;
        this.asked.guess = guess;
        if (playback.step === step - 1) playback.stepForward();
        if (guess === null) this.close();
        else this.judge(guess, step);
    }

    judge(guess, step) {
        const won = this.outcome(step);
        const right = won === guess;
        this.score.total += 1;
        this.score.right += right ? 1 : 0;
        store(SCORE, JSON.stringify(this.score));
        const words = `${right ? "Right" : "No"}: it ${won ? "won" : "lost"}.`;
        this.title.replaceChildren(words);
        setText(this.text, this.page.side().model.playback.frame().current?.narration?.text ?? "");
        this.answers.replaceChildren(
            h("button", { type: "button", className: "button primary", onclick: () => this.close() }, "Go on"),
        );
        this.page.announce(`${words} ${this.text.textContent}`);
        this.show();
    }

    /** From the trace: whether the step's CAS was won. */
    outcome(step) {
        const { history, layout } = this.page.side().model;
        const { ends } = this.page.execution();
        for (let position = ends[step - 1] + 1; position <= ends[step]; position += 1)
            if (history.kindAt(position) === layout.kinds.CAS_WON) return true;
        return false;
    }

    /** The shown step has changed: a question about another one, or an answer that was read, goes. */
    follow(step) {
        if (this.asked) {
            const place = this.asked.guess === null ? this.asked.step - 1 : this.asked.step;
            if (step !== place) this.close();
        }
        if (this.on) this.veil();
    }

    /** Another execution: the question goes if it was about another step. */
    changed(execution) {
        if (!this.asked || this.asked.guess !== null) return;
        const { step, key } = this.asked;
        if (step > execution.length || this.keyOf(execution, step) !== key) this.close();
    }

    close() {
        this.card?.remove();
        this.page.place()?.classList.remove("asking");
        this.asked = null;
        this.card = null;
        this.veil();
    }
}

function expectation(pending) {
    const found = /^CAS (.+): (.+) → (.+)$/.exec(pending.text);
    if (!found) return `${pending.text}. Look at the picture.`;
    const [, cell, expected, after] = found;
    return `It expects ${expected} in ${cell}, and would write ${after}. It wins only if ${cell} still holds ${expected}. Look at the picture.`;
}

function name(lane) {
    return h("span", { className: `said-thread ${hueClass(lane)}` }, threadName(lane));
}

function readScore() {
    try {
        const { right, total } = JSON.parse(stored(SCORE) ?? "{}");
        if (Number.isInteger(right) && Number.isInteger(total) && right >= 0 && right <= total) return { right, total };
    } catch {
        // something else is kept there
    }
    return { right: 0, total: 0 };
}
