/**
 * What is played: a path, the step that is shown, and what a person does to both. Whoever draws listens.
 *
 * The file's own execution is the *story*. With a state graph a person can leave it at any step and go on by hand; a
 * move that is the story's next one stays in it.
 */

import { createEvents } from "../events.js";
import { formatSchedule, sharedMoves } from "../step/schedule.js";

const STEP_MS = 1100;
/** A new caption stays for as long as it takes to read. */
const CAPTION_MS = 55;
const LONGEST_MS = 9000;

export class Session {
    /**
     * @param {object} options
     * @param {import("../model.js").Model} options.model  its playback is a StepPlayback
     * @param {import("./path.js").Path} options.story
     * @param {import("./path.js").Graph | null} options.graph
     * @param {{step: number, text: string}[]} options.captions
     */
    constructor({ model, story, graph, captions }) {
        Object.assign(this, { model, story, graph, captions, speed: 1, playing: null });
        const { on, emit } = createEvents();
        this.on = on;
        this._emit = emit;
        this.open(story.moves, 0);
    }

    get length() {
        return this.path.length;
    }

    /** Whether what has happened so far is the story. */
    get inStory() {
        return this.story.beginsWith(this.path.moves.slice(0, this.step));
    }

    /** The caption of the shown step; null by hand. */
    get caption() {
        if (!this.inStory) return null;
        return this.captions.findLast(({ step }) => step <= this.step) ?? null;
    }

    /** The graph's number of the shown state; -1 where there is none. */
    get state() {
        const taken = this.path.moves.slice(0, this.step);
        return this.graph?.holds(taken) ? this.graph.along(taken).at(-1) : -1;
    }

    /** Why a thread cannot be let move by hand; null where it can. */
    whyNot(thread) {
        const own = this.path.moves[this.step];
        if (own && own.thread === thread && !own.kill) return null;
        if (this.step === this.length && this.path.threads[thread].stuck) return this.path.threads[thread].stuck;
        if (!this.graph) return "This file holds one schedule only.";
        if (this.state < 0) return "A thread has been killed; from here on this file knows one way only.";
        return this.graph.states[this.state].stuck[thread];
    }

    /** Show another path, at one of its steps. */
    open(moves, step) {
        this.pause();
        this._load(moves);
        this._show(Math.min(step, this.length), false);
    }

    /** Show a step of this path. */
    go(step) {
        this.pause();
        this._show(Math.max(0, Math.min(this.length, step)), false);
    }

    back() {
        this.go(this.step - 1);
    }

    forward() {
        this.pause();
        this._forward();
    }

    _forward() {
        if (this.step < this.length) this._show(this.step + 1, true);
    }

    /** Let a thread take its next step. @returns {string | null} why it cannot */
    take(thread) {
        const reason = this.whyNot(thread);
        if (reason !== null) return reason;
        this.pause();
        const own = this.path.moves[this.step];
        if (!own || own.thread !== thread || own.kill) this._fork(thread);
        this._forward();
        return null;
    }

    /** Let a thread run to the end of its operation, as far as it can. */
    finish(thread) {
        const done = () => this.path.calls(thread, this.step).filter(({ state }) => state === "done").length;
        const before = done();
        let reason = this.take(thread);
        for (let steps = 0; reason === null && done() === before && steps < 200; steps += 1) reason = this.take(thread);
    }

    /** From the shown step on the path is another one, which ends with a step of this thread. */
    _fork(thread) {
        const moves = [...this.path.moves.slice(0, this.step), { thread, kill: false }];
        this._load(moves);
        this._show(this.step, false);
        this.model.playback.tick(performance.now()); // the same picture again, so that the step to come moves
    }

    /** The story, where these moves are its first, else a walk through the graph. */
    _load(moves) {
        this.path = this.story.beginsWith(moves) ? this.story : this.graph.walk(moves);
        this.model.load(this.path.recording());
        this.model.playback.setSteps(this.path.ends);
    }

    returnToStory() {
        this.open(this.story.moves, Math.min(this.step, sharedMoves(this.story.moves, this.path.moves)));
    }

    play() {
        if (this.step >= this.length) this._show(0, false);
        this._schedule();
        this._emit("change", this);
    }

    pause() {
        clearTimeout(this.playing);
        if (this.playing === null) return;
        this.playing = null;
        this._emit("change", this);
    }

    toggle() {
        if (this.playing === null) this.play();
        else this.pause();
    }

    setSpeed(speed) {
        this.speed = speed;
        if (this.playing !== null) this._schedule();
        this._emit("change", this);
    }

    _schedule() {
        clearTimeout(this.playing);
        const { caption } = this;
        const reading = caption?.step === this.step ? caption.text.length * CAPTION_MS : 0;
        this.playing = setTimeout(() => {
            this._forward();
            if (this.step < this.length) this._schedule();
            else this.pause();
        }, Math.min(LONGEST_MS, Math.max(STEP_MS, reading)) / this.speed);
    }

    _show(step, onwards) {
        this.step = step;
        if (onwards) this.model.playback.stepForward();
        else this.model.playback.jump(step);
        this._emit("change", this);
    }

    /** What the address of this view holds: the schedule where it is not the story's, and the step. */
    get address() {
        const own = this.path === this.story ? "" : `s=${formatSchedule(this.path.moves)}&`;
        return `${own}at=${this.step}`;
    }
}
