/**
 * A scenario that plays inside a text: the picture, one caption, and buttons to go through it step by step. It is
 * Watch's own picture, fed by Step's trace; where it cannot be had the captions stay as a list.
 */

import { h, hueClass, setAttribute, setText, threadName } from "./dom.js";
import { createEvents } from "./events.js";
import { Model } from "./model.js";
import { createScene } from "./scenes/index.js";

const STEP_EVERY_MS = 1100;
const LEAST_READING_MS = 1800;
const READING_MS_A_LETTER = 34;

/**
 * @param {HTMLElement} root  a `figure` of the template `learn/parts.html`
 * @param {{ api: object, layout: import("./layout.js").Layout }} shared
 */
export async function createFigure(root, shared) {
    const { scenario, entry } = JSON.parse(root.querySelector("script").textContent);
    const answer = await shared.api.call("GET", `/api/step?${new URLSearchParams(scenario.spec)}`);
    if (!answer.ok || answer.value.steps.length === 0) return;
    new Figure(root, shared, scenario, entry, answer.value);
}

class Figure {
    constructor(root, { layout }, scenario, entry, execution) {
        Object.assign(this, { root, scenario, execution, step: 0, timer: 0 });
        this.model = new Model(layout);
        this.model.load({
            header: { names: execution.names, snapshot: execution.snapshot, first: 0, count: execution.count },
            bytes: Uint8Array.from(atob(execution.records), (letter) => letter.charCodeAt(0)),
        });
        this.build();
        const { on, emit } = createEvents();
        const { names, history, timeline, playback } = this.model;
        const prefers = { reducedMotion: matchMedia("(prefers-reduced-motion: reduce)").matches };
        const context = { entry, names, layout, history, timeline, playback, on, emit, prefers };
        this.scene = createScene(this.stage, context);
        playback.listen((frame) => this.scene.render(frame));
        playback.start();
        this.show();
    }

    build() {
        const find = (name) => this.root.querySelector(`.live-${name}`);
        this.stage = find("stage");
        // In Step a flag opens its thread's menu. Here nothing in the picture acts; the caption says what it shows.
        this.stage.inert = true;
        this.caption = h("p", { className: "live-caption", "aria-live": "polite" });
        this.did = h("span", { className: "live-did" });
        const button = (text, label, onclick) =>
            h("button", { type: "button", className: "button", "aria-label": label, title: label, onclick }, text);
        this.back = button("◀", "One step back", () => this.move(-1));
        this.forward = button("▶", "One step forward", () => this.move(1));
        this.player = button("Play", "Play the steps one after another", () => this.toggle());
        this.player.classList.add("primary");
        this.count = h("span", { className: "live-count numbers" });
        find("bar").append(this.player, this.back, this.forward, this.count, this.did);
        find("bar").before(this.caption);
        for (const name of ["stage", "bar"]) find(name).hidden = false;
        find("captions").classList.add("on-paper");
        this.root.addEventListener("keydown", (event) => this.press(event));
    }

    press(event) {
        const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (by === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
        event.preventDefault();
        this.move(by);
    }

    move(by) {
        this.pause();
        this.goTo(this.step + by);
    }

    /** Forward by one step is a movement; every other way is a jump. */
    goTo(step) {
        const { steps } = this.execution;
        const to = Math.max(0, Math.min(steps.length, step));
        const { playback } = this.model;
        const last = to === 0 ? 0 : steps[to - 1].first + steps[to - 1].records - 1;
        if (to === this.step + 1) while (playback.position < last) playback.stepForward();
        else playback.seek(last);
        this.step = to;
        this.show();
    }

    toggle() {
        if (this.timer) return this.pause();
        if (this.step === this.execution.steps.length) this.goTo(0);
        setText(this.player, "Pause");
        return this.wait();
    }

    /** A step a second, but no faster than its caption can be read. */
    wait() {
        const isFresh = this.scenario.captions.some(({ step }) => step === this.step);
        const reading = Math.max(LEAST_READING_MS, this.caption.textContent.length * READING_MS_A_LETTER);
        this.timer = setTimeout(
            () => {
                this.goTo(this.step + 1);
                if (this.step < this.execution.steps.length) this.wait();
                else this.pause();
            },
            isFresh ? reading : STEP_EVERY_MS,
        );
    }

    pause() {
        clearTimeout(this.timer);
        this.timer = 0;
        setText(this.player, "Play");
    }

    show() {
        const { steps } = this.execution;
        const caption = this.scenario.captions.findLast(({ step }) => step <= this.step);
        setText(this.caption, caption?.text ?? "");
        setText(this.count, `${this.step} / ${steps.length}`);
        // Not `disabled`: that would take the focus away from whoever steps with the keyboard.
        setAttribute(this.back, "aria-disabled", String(this.step === 0));
        setAttribute(this.forward, "aria-disabled", String(this.step === steps.length));
        this.did.replaceChildren(...this.describeStep(steps[this.step - 1]));
    }

    describeStep(step) {
        if (!step) return ["before the first step"];
        const faults = this.execution.faults.filter((fault) => fault.step === this.step);
        return [
            h("span", { className: `chip ${hueClass(step.thread)}` }, threadName(step.thread)),
            ` ${step.text}`,
            ...faults.map(({ kind }) => h("strong", { className: "live-fault" }, kind)),
        ];
    }
}
