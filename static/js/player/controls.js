/** The bar that moves through the steps, and the keys that do the same. */

import { h, setAttribute, setText } from "../dom.js";
import { glyph } from "../glyphs.js";
import { toggleTheme } from "../theme.js";
import { takeStep } from "./cards.js";

const SPEEDS = [0.5, 1, 2, 4];

/**
 * @param {HTMLElement} root
 * @param {import("./session.js").Session} session
 */
export function createControls(root, session) {
    const press = (shape, label, key, onclick) =>
        h("button", {
            type: "button", className: "icon-button", "aria-label": label, title: `${label} (${key})`, onclick,
        }, glyph(shape));
    const parts = {
        toStart: press("toStart", "To the start", "Home", () => session.go(0)),
        back: press("stepBack", "One step back", "←", () => session.back()),
        play: press("play", "Play", "Space", () => session.toggle()),
        forward: press("stepForward", "One step forward", "→", () => session.forward()),
        toEnd: press("toEnd", "To the end", "End", () => session.go(session.length)),
        scrub: h("input", { type: "range", className: "scrub", min: "0", max: "0", "aria-label": "Step" }),
        place: h("span", { className: "player-place numbers" }),
        speed: h("select", { className: "field", "aria-label": "Speed" },
            ...SPEEDS.map((speed) => h("option", { value: String(speed), selected: speed === 1 }, `${speed}×`))),
        icon: "play",
    };
    parts.play.classList.add("play");
    parts.scrub.addEventListener("input", () => session.go(parts.scrub.valueAsNumber));
    parts.speed.addEventListener("change", () => session.setSpeed(Number(parts.speed.value)));
    root.append(h("div", { className: "transport-buttons", role: "group", "aria-label": "Steps" },
        parts.toStart, parts.back, parts.play, parts.forward, parts.toEnd), parts.scrub, parts.place, parts.speed);
    const draw = () => drawControls(parts, session);
    session.on("change", draw);
    draw();
}

function drawControls(parts, session) {
    const { step, length, playing } = session;
    const icon = playing === null ? "play" : "pause";
    if (icon !== parts.icon) {
        parts.icon = icon;
        parts.play.replaceChildren(glyph(icon));
        setAttribute(parts.play, "aria-label", icon === "play" ? "Play" : "Pause");
    }
    parts.toStart.disabled = parts.back.disabled = step === 0;
    parts.forward.disabled = parts.toEnd.disabled = step === length;
    parts.play.disabled = length === 0;
    setAttribute(parts.scrub, "max", length);
    parts.scrub.value = String(step);
    parts.scrub.style.setProperty("--fill", `${length ? (step / length) * 100 : 0}%`);
    setText(parts.place, `step ${step} of ${length}`);
    setAttribute(parts.scrub, "aria-valuetext", parts.place.textContent);
}

/** None fires inside a field or with Ctrl, Alt or Meta held; Space and Enter stay with a focused button. */
export function installKeys(session, context) {
    const actions = {
        " ": () => session.toggle(), ArrowLeft: () => session.back(), ArrowRight: () => session.forward(),
        Home: () => session.go(0), End: () => session.go(session.length), t: toggleTheme,
    };
    document.addEventListener("keydown", (event) => {
        if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTaken(event)) return;
        const thread = /^[1-9]$/.test(event.key) ? Number(event.key) - 1 : -1;
        const isThread = thread >= 0 && thread < session.path.threads.length;
        const action = isThread ? () => takeStep(session, thread, context) : actions[event.key];
        if (!action || (event.repeat && !event.key.startsWith("Arrow"))) return;
        event.preventDefault();
        action();
    });
}

function isTaken({ target, key }) {
    if (!(target instanceof Element)) return false;
    if (target.closest("input, select, textarea")) return !(/^[1-9]$/.test(key) && target.matches("[type=range]"));
    return Boolean(target.closest("button, a[href], summary")) && (key === " " || key === "Enter");
}
