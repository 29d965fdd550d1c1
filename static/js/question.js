/**
 * The first visit: a run is held just before a CAS that is going to fail, and the page asks what will happen. Then it
 * lets it happen and says why.
 */

import { h, hueClass, threadName } from "./dom.js";

/**
 * @param {HTMLElement} root a side of the stage
 * @param {object} held `lane`, `sequence`
 * @param {object} context
 * @param {() => void} resume
 * @returns {{ close(): void, waiting(): boolean, happened(text: string): void }}
 */
export function askQuestion(root, held, context, resume) {
    const name = h("span", { className: `said-thread ${hueClass(held.lane)}` }, threadName(held.lane));
    const expected = expectation(held.lane, context);
    const text = h("p", {}, expected);
    const answers = h("div", { className: "answers" });
    const title = h("h2", { id: "question-title" }, "Will ", name, "'s CAS succeed?");
    const card = h(
        "section",
        { className: "question", "aria-labelledby": "question-title", tabIndex: -1 },
        title,
        text,
        answers,
    );
    const close = () => {
        card.remove();
        root.classList.remove("asking");
    };
    let guess = null;

    const answer = (value) => {
        guess = value;
        text.textContent = "Let us see …";
        answers.replaceChildren();
        resume();
    };
    const choice = (label, value) =>
        h("button", { type: "button", className: "button", onclick: () => answer(value) }, label);
    answers.append(
        choice("Yes", true),
        choice("No", false),
        h(
            "button",
            {
                type: "button",
                className: "button quiet",
                onclick: () => {
                    close();
                    resume();
                },
            },
            "Skip",
        ),
    );
    root.append(card);
    root.classList.add("asking");
    card.focus({ preventScroll: true });
    return {
        close,
        waiting: () => guess === null,
        /** The CAS was made and lost; `why` is its narration. */
        happened(why) {
            if (guess === null) return close();
            title.textContent = guess ? "No: it lost." : "Right: it lost.";
            text.textContent = `${why} Nobody waited for anybody: a lost CAS means that somebody else got ahead.`;
            answers.replaceChildren(
                h("button", { type: "button", className: "button primary", onclick: close }, "Watch on"),
            );
            answers.firstElementChild.focus({ preventScroll: true });
            return undefined;
        },
    };
}

/** What can be known before: what the thread read, and that is all it will compare with. */
function expectation(lane, context) {
    const state = context.playback.state;
    const local = [...(state.lanes[lane]?.locals.values() ?? [])].filter((item) => item.cell !== 0).at(0);
    if (!local) return "It compares what it read before with what is there now. The picture shows both.";
    const cell = context.names.cellName(state, local.cell);
    const kept = `${local.name} = ${context.names.value(local.value)}`;
    return `It read ${cell} and keeps ${kept}. The CAS swaps only if ${cell} still holds that. Look at the picture.`;
}
