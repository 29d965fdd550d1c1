/**
 * The captions of a scenario: the one in force at the shown step, and the ways to the one before and the one after. Where
 * no scenario is open there is nothing.
 */

import { h, setText } from "../dom.js";

/** The index of the caption in force at a step; -1: none yet. */
export function captionAt(captions, step) {
    return captions.findLastIndex((caption) => caption.step <= step);
}

/**
 * @param {HTMLElement} root
 * @param {object} side from side.js
 * @param {() => object | null} scenario the open one
 */
export function createCaptions(root, side, scenario) {
    const { playback } = side.context;
    const button = (label, name, onclick) =>
        h(
            "button",
            { type: "button", className: "button caption-button", "aria-label": name, title: name, onclick },
            label,
        );
    const text = h("p", { className: "caption-text" });
    const number = h("span", { className: "caption-number numbers" });
    let captions = [];
    let index = -1;
    const go = (to) => () => {
        const caption = captions[index + to];
        if (!caption) return;
        if (to > 0) playback.playOn(caption.step);
        else playback.seekStep(caption.step);
    };
    const back = button("◀", "The caption before ( [ )", go(-1));
    const forward = button("▶", "Play to the next caption ( ] )", go(1));
    root.append(
        h("div", { className: "caption-words", role: "status" }, text),
        h("div", { className: "caption-tools" }, back, number, forward),
    );
    return {
        render({ step }) {
            captions = scenario()?.captions ?? [];
            root.hidden = captions.length === 0;
            index = captionAt(captions, step);
            setText(text, captions[index]?.text ?? "");
            setText(number, captions.length ? `${index + 1} of ${captions.length}` : "");
            back.disabled = index <= 0;
            forward.disabled = index >= captions.length - 1;
        },
        previous: () => back.click(),
        next: () => forward.click(),
        destroy: () => root.replaceChildren(),
    };
}
