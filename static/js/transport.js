/**
 * The transport bar: moves the view through what is buffered. It never touches the run, and says so; the one exception,
 * pausing the run when a condition stops the view, is a box that the person ticks.
 *
 * Numbers have room for all they can become, so nothing shifts while they grow.
 */

import { h, setAttribute, setText } from "./dom.js";
import { exportItems, followForRecording } from "./exports.js";
import { count } from "./format.js";
import { glyph } from "./glyphs.js";
import { openMenu } from "./menu.js";
import { RECORDS } from "./scale.js";
import { createStopMenu, wordsFor } from "./stop-menu.js";

/** Speeds of a replay. */
export const SPEEDS = Object.freeze([0.1, 0.25, 0.5, 1, 2, 5, 10]);
const RUN_WORDS = {
    running: "the run goes on", starting: "the run starts", ended: "the run has ended", recorded: "a recording",
};
/** The words for screen readers follow the position no faster than this. */
const WORDS_EVERY_MS = 400;

/**
 * @param {HTMLElement} root
 * @param {object} context
 * @param {{peer?: object | null}} [options] in a duel the context of the other side, which is exported beside this one
 */
export function createTransport(root, context, { peer = null } = {}) {
    const { playback, scale = RECORDS } = context;
    const contexts = peer === null ? [context] : [context, peer];
    const stop = createStopMenu((name, parameter) => playback.stopAt(name, parameter));
    const parts = buildParts(playback, scale, stop, () => exportItems(contexts));
    root.append(parts.element);
    const state = { frame: null, wordsAt: -Infinity, stopped: null };
    const events = [
        ...contexts.map(followForRecording),
        context.on("run", () => showMode(parts, state.frame, context)),
        context.on("cleared", () => showStopped(parts, state, null, playback)),
    ];
    return {
        render(frame) {
            state.frame = frame;
            showButtons(parts, frame, scale);
            showPosition(parts, frame, state, scale, playback.endless);
            showMode(parts, frame, context);
            stop.allowPause(context.controllable());
            stop.show(playback.stopsAt);
            const words = frame.trigger && wordsFor(frame.trigger.name, stop.parameter());
            const trigger = frame.trigger && { ...frame.trigger, words };
            if (trigger) {
                onTrigger(trigger, stop, context);
            }
            showStopped(parts, state, trigger ?? stillStopped(state.stopped, frame), playback);
        },
        destroy() {
            events.forEach((end) => end?.());
            stop.destroy();
            parts.element.remove();
        },
    };
}

function buildParts(playback, scale, stop, exported) {
    const press = (shape, label, key, onclick) =>
        h("button", {
            type: "button", className: "icon-button", "aria-label": label, title: `${label} (${key})`, onclick,
        }, glyph(shape));
    const parts = {
        toStart: press("toStart", scale.toStart, "Home", () => scale.seek(playback, 0)),
        back: press("stepBack", "One step back", "←", () => playback.stepBack()),
        play: press("play", "Play", "Space", () => playback.toggle()),
        forward: press("stepForward", "One step forward", "→", () => playback.stepForward()),
        toEnd: press("toEnd", scale.toEnd, "End", () => scale.seek(playback, Infinity)),
        speed: h("button", { type: "button", className: "button speed numbers", "aria-haspopup": "menu" }, "1×"),
        scrub: h("input", { type: "range", className: "scrub", min: "0", max: "0", "aria-label": "Position" }),
        place: h("span", { className: "place-number numbers" }),
        mode: h("span", { className: "place-mode" }),
        live: h("button", { type: "button", className: "button go-live numbers", onclick: () => playback.goLive() }),
        stopped: h("div", { className: "stopped", role: "status", hidden: true }),
        exportButton: h("button", { type: "button", className: "button", "aria-haspopup": "menu" }, "Export ▾"),
        playing: true, icon: "play",
    };
    parts.play.classList.add("play");
    const opens = (button, items, title) =>
        button.addEventListener("click", () => openMenu(button, items(), { title }));
    opens(parts.speed, () => speedItems(playback), "Speed of a replay");
    opens(parts.exportButton, exported, "Export");
    parts.scrub.addEventListener("input", () => scale.seek(playback, parts.scrub.valueAsNumber));
    const place = h("div", { className: "place" }, parts.place, parts.mode);
    const buttons = h("div", { className: "transport-buttons", role: "group", "aria-label": "View" },
        parts.toStart, parts.back, parts.play, parts.forward, parts.toEnd, parts.speed);
    const stopPlace = h("div", { className: "stop-place" }, stop.button, stop.panel);
    const menus = h("div", { className: "transport-menus" }, parts.live, stopPlace, parts.exportButton);
    parts.element = h("div", { className: "transport" }, parts.stopped, buttons, parts.scrub, place, menus);
    return parts;
}

function speedItems(playback) {
    return SPEEDS.map((speed) => ({
        label: `${speed}×`, hint: speed === playback.speed ? "now" : undefined, run: () => playback.setSpeed(speed),
    }));
}

function showButtons(parts, frame, scale) {
    const { first, shown, last } = scale.range(frame);
    const empty = frame.last < frame.first || frame.last < 0;
    parts.playing = frame.mode !== "held";
    const icon = parts.playing ? "pause" : "play";
    if (icon !== parts.icon) {
        parts.icon = icon;
        parts.play.replaceChildren(glyph(icon));
        const label = parts.playing ? scale.hold : "Play";
        setAttribute(parts.play, "aria-label", label);
        setAttribute(parts.play, "title", `${label} (Space)`);
    }
    parts.toStart.disabled = parts.back.disabled = empty || shown <= first;
    parts.forward.disabled = parts.toEnd.disabled = empty || shown >= last;
    parts.play.disabled = parts.scrub.disabled = empty;
    setText(parts.speed, `${frame.speed}×`);
    setAttribute(parts.speed, "aria-label", `Speed of a replay: ${frame.speed} times`);
}

function showPosition(parts, frame, state, scale, endless) {
    const empty = frame.last < 0;
    const { first, shown, last } = scale.range(frame);
    const words = scale.words(frame);
    setText(parts.place, words);
    const { scrub } = parts;
    setAttribute(scrub, "min", Math.max(first, 0));
    setAttribute(scrub, "max", Math.max(last, 0));
    scrub.value = String(Math.max(shown, 0));
    const span = last - first;
    const share = span > 0 ? (shown - first) / span : 1;
    scrub.style.setProperty("--fill", `${(share * 100).toFixed(2)}%`);
    const now = performance.now();
    if (frame.mode !== "live" || now - state.wordsAt > WORDS_EVERY_MS) {
        state.wordsAt = now;
        setAttribute(scrub, "aria-valuetext", empty ? words : scale.spoken(frame));
    }
    const behind = empty ? 0 : last - shown;
    const offered = frame.mode !== "live" && !empty && (endless || behind > 0);
    parts.live.classList.toggle("away", !offered);
    parts.live.disabled = !offered;
    const target = endless ? "go live" : "to the end";
    setText(parts.live, behind > 0 ? `${count(behind)} behind: ${target}` : target);
}

/** Which of view and run stands still, in words. */
function showMode(parts, frame, context) {
    if (frame === null) {
        return;
    }
    const state = context.playback.endless ? (context.run?.state ?? "ended") : "recorded";
    const run = RUN_WORDS[state] ?? "the run is paused too";
    setText(parts.mode, (context.scale ?? RECORDS).mode(frame, run, state === "running"));
}

/** The view was stopped by a condition: pause the run where that is wanted, and say it. */
function onTrigger(trigger, stop, context) {
    stop.close();
    if (stop.pausesRun()) {
        context.send({ action: "pause", lane: null, position: null });
    }
    context.announce(`Stopped at ${trigger.words}, record ${count(trigger.position + 1)}`);
}

/** It counts as stopped there until the view goes on by itself; steps before and after belong to it. */
function stillStopped(stopped, frame) {
    return stopped !== null && frame.mode === "held" ? stopped : null;
}

function showStopped(parts, state, trigger, playback) {
    if (trigger === state.stopped) {
        return;
    }
    state.stopped = trigger;
    parts.stopped.hidden = trigger === null;
    if (trigger === null) {
        parts.stopped.replaceChildren();
        return;
    }
    const button = (label, onclick) => h("button", { type: "button", className: "button", onclick }, label);
    parts.stopped.replaceChildren(
        h("strong", {}, `Stopped at ${trigger.words}`),
        h("span", { className: "numbers" }, `record ${count(trigger.position + 1)}`),
        button("one before", () => playback.stepBack()), button("there", () => playback.seek(trigger.position)),
        button("one after", () => playback.stepForward()), button("go on", () => playback.goLive()),
    );
}
