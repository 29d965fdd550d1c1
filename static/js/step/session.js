/**
 * The execution that is shown, and every way to another one: a step, an operation, a walk, a death, a fork, a scenario,
 * another program.
 *
 * What must hold: the server is asked one thing after the other, in the order in which the person asked; the model is
 * never emptied where steps are only added, so that what is added can be seen happening.
 */

import { threadName } from "../dom.js";
import { Execution } from "./execution.js";
import { sharedMoves } from "./schedule.js";
import { requestQuery, sameSubject, specOf } from "./spec.js";

/**
 * @typedef {object} Hooks
 * @property {(entry: object) => object} side  the side (model, context) for a structure; the same one while it stays
 * @property {(execution: Execution) => void} changed  another execution, or other problems
 * @property {(error: object) => void} refused
 * @property {() => void} answered
 * @property {(text: string) => void} say  why something cannot be done
 */

export class StepSession {
    /**
     * @param {{ api: object, entries: object[], scenarios: object[], puzzles: object[], hooks: Hooks }} options
     */
    constructor({ api, entries, scenarios, puzzles, hooks }) {
        Object.assign(this, { api, entries, scenarios, puzzles, hooks });
        /** @type {Execution | null} */
        this.execution = null;
        this.scenario = null;
        this.puzzle = null;
        this.problems = [];
        /** True while what has just been added is about to be shown. */
        this.arriving = false;
        this.queue = Promise.resolve();
        this.retry = () => {};
    }

    get entry() {
        return this.entryOf(this.execution?.spec.structure);
    }

    entryOf(key) {
        return this.entries.find((entry) => entry.key === key) ?? this.entries[0];
    }

    get playback() {
        return this.model.playback;
    }

    /** The shown step. */
    get step() {
        return this.execution ? this.playback.step : 0;
    }

    // Ways to another execution

    /**
     * What an address holds. Whatever is wrong with it is told of; what is right is shown.
     * @param {import("./spec.js").View} view
     */
    open({ spec, scenario: key, puzzle: posed = null, at }) {
        return this.then(async () => {
            const found = this.scenarios.find((scenario) => scenario.key === key) ?? null;
            const puzzle = this.puzzles.find((one) => one.key === posed) ?? null;
            const problems = key && !found ? [unknown("scenario", key)] : [];
            if (posed && !puzzle) problems.push(unknown("puzzle", posed));
            const own = puzzle ? { ...textsOf(puzzle.spec), schedule: spec.schedule ?? "" } : spec;
            const wanted = found ? textsOf(found.spec) : own;
            await this.load(wanted, { at: at ?? (found ? 0 : Infinity), scenario: found, puzzle, problems });
        });
    }

    openScenario(key) {
        return this.open({ spec: {}, scenario: key, at: null });
    }

    openPuzzle(key) {
        return this.open({ spec: {}, scenario: null, puzzle: key, at: null });
    }

    /** The puzzle is put away; its programs stay. */
    leavePuzzle() {
        return this.change({});
    }

    openStructure(key) {
        const entry = this.entryOf(key);
        const kept = entry.family === this.entry.family && this.execution;
        const spec = kept ? { ...this.execution.spec, structure: key } : specOf(entry);
        return this.then(() => this.load(spec, { at: kept ? this.step : 0 }));
    }

    /** Other programs, another seed, another rule: the schedule stays. */
    change(fields) {
        return this.then(() => this.load({ ...this.execution.spec, ...fields }, { at: this.step }));
    }

    /** A schedule that was tried, at one of its steps. */
    goTo(schedule, at = Infinity) {
        return this.then(() =>
            this.load({ ...this.execution.spec, schedule }, { at, keepsScenario: true, puzzle: this.puzzle }),
        );
    }

    // The scheduler's moves

    /** A thread takes its next step: the one that follows already, or a fork. */
    take(thread) {
        return this.then(async () => {
            if (!this.mayMove(thread)) return;
            const { execution, step } = this;
            const follows = execution.moves[step];
            if (follows && !follows.kill && follows.thread === thread) this.playback.stepForward();
            else await this.extend(`${execution.schedule(step)}.${thread + 1}`);
        });
    }

    /** It goes on until its operation has returned. */
    takeOperation(thread) {
        return this.then(async () => {
            if (this.mayMove(thread)) await this.extend(this.execution.schedule(this.step), `op:${thread + 1}`);
        });
    }

    takeAll() {
        return this.then(() => this.extendIfAny("all"));
    }

    walk(seed) {
        return this.then(() => this.extendIfAny(`random:${seed}`));
    }

    kill(thread) {
        return this.then(async () => {
            const why = this.whyStuck(thread);
            if (why !== null && !why.startsWith("waits")) this.hooks.say(`${threadName(thread)} ${why}`);
            else await this.extend(`${this.execution.schedule(this.step)}.k${thread + 1}`);
        });
    }

    // Inside

    then(task) {
        this.queue = this.queue.then(task).catch(reportError);
        return this.queue;
    }

    whyStuck(thread) {
        const { execution, step } = this;
        if (!execution.threads[thread]) return "does not exist";
        const { state } = this.playback;
        return execution.stuck(thread, step, state, (cell) => this.model.names.cellName(state, cell));
    }

    mayMove(thread) {
        const why = this.execution ? this.whyStuck(thread) : "is not there yet";
        if (why !== null)
            this.hooks.say(`${threadName(thread)} cannot move: it ${why.replace(/^(stopped|killed)/, "was $1")}`);
        return why === null;
    }

    async extendIfAny(then) {
        const { execution } = this;
        const anybody = execution.threads.some((_, thread) => this.whyStuck(thread) === null);
        if (anybody) await this.extend(execution.schedule(this.step), then);
        else this.hooks.say("Nobody can move any more");
    }

    /** The shown schedule goes on in another way, from the shown step. */
    async extend(schedule, then = "") {
        const { puzzle } = this;
        const found = await this.fetch({ ...this.execution.spec, schedule }, then, puzzle);
        if (found === null) {
            this.retry = () => this.then(() => this.extend(schedule, then));
            return;
        }
        const before = this.execution;
        const shared = sharedMoves(before.moves, found.moves);
        if (shared === found.length && shared < before.length) {
            this.playback.playOn(shared); // it is the way that was gone already
            return;
        }
        this.arriving = true;
        this.accept(found, { scenario: null, puzzle });
        this.arriving = false;
        const { playback } = this;
        if (playback.steps - playback.step === 1) playback.stepForward();
        else playback.playOn();
    }

    /** Another execution, at one of its steps. */
    async load(spec, options) {
        const { at, scenario = null, puzzle = null, problems = [], keepsScenario = false } = options;
        const found = await this.fetch(spec, "", puzzle);
        if (found === null) {
            this.retry = () => this.then(() => this.load(spec, options));
            return;
        }
        const kept = keepsScenario && this.scenario && this.isScenario(found) ? this.scenario : null;
        this.accept(found, { scenario: scenario ?? kept, puzzle, problems });
        this.playback.jump(at);
    }

    /** Whether an execution has the schedule of the one that is shown, which is the scenario's. */
    isScenario(found) {
        const { length, moves } = this.execution;
        return found.length === length && sharedMoves(found.moves, moves) === length;
    }

    async fetch(spec, then = "", puzzle = null) {
        const query = requestQuery(spec, then, puzzle?.key ?? null);
        const answer = await this.api.call("GET", `/api/step?${query}`);
        if (!answer.ok) {
            this.hooks.refused(answer.error);
            return null;
        }
        this.hooks.answered();
        return new Execution(answer.value);
    }

    accept(found, { scenario, puzzle, problems = [] }) {
        const before = this.execution;
        const side = this.hooks.side(this.entryOf(found.spec.structure));
        const isSame = before !== null && side.model === this.model && sameSubject(before.spec, found.spec);
        this.execution = found;
        this.model = side.model;
        this.scenario = scenario;
        this.puzzle = puzzle;
        this.problems = [...problems, ...found.problems];
        loadInto(side, found, isSame ? before : null);
        this.hooks.changed(found);
    }
}

/**
 * Puts an execution into a side's model: what is new is added, where it goes on from what is there; else all of it,
 * shown as far as the two are alike.
 */
export function loadInto(side, execution, before) {
    const { model, context } = side;
    const { playback } = model;
    const shared = before === null ? 0 : sharedMoves(before.moves, execution.moves);
    const step = Math.min(playback.step, shared);
    side.execution = execution;
    if (before !== null && shared === before.length) {
        model.names.add(execution.answer.names);
        const known = before.answer.count;
        if (execution.answer.count > known)
            model.timeline.append(execution.bytes().subarray(known * model.layout.bytes), known);
        playback.setSteps(execution.ends);
    } else {
        model.load(execution.recording());
        playback.setSteps(execution.ends);
        playback.jump(step);
        context.emit("cleared", null);
    }
    context.emit("execution", execution);
}

/** A scenario's spec as an address would hold it. */
function textsOf(spec) {
    const texts = Object.fromEntries(Object.entries(spec).map(([name, value]) => [name, String(value)]));
    delete texts.then;
    return texts;
}

function unknown(field, key) {
    return { field, message: `there is none called “${key.slice(0, 40)}”`, thread: -1, index: -1 };
}
