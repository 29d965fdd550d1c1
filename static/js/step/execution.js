/**
 * An execution as the server tells it, and what can be asked of it at any step. No DOM.
 *
 * Steps count from 1; 0 is the start. Threads count from 0.
 */

import { laneName } from "../layout.js";
import { formatSchedule } from "./schedule.js";

export class Execution {
    /** @param {object} answer of `GET /api/step`, see docs/protocol.md */
    constructor(answer) {
        this.answer = answer;
        this.spec = { ...answer.spec, seed: String(answer.spec.seed) };
        delete this.spec.then;
        this.threads = answer.threads;
        this.steps = answer.steps;
        this.faults = answer.faults;
        this.outcome = answer.outcome;
        this.account = answer.account;
        this.problems = answer.problems;
        this.goal = answer.goal ?? null;
        this.moves = answer.steps.map(({ thread, kill }) => ({ thread, kill }));
        /** For each step the position of its last record. */
        this.ends = [-1, ...answer.steps.map(({ first, records }) => first + records - 1)];
        this._turns = answer.threads.map(() => []);
        answer.steps.forEach(({ thread }, index) => this._turns[thread].push(index + 1));
    }

    get length() {
        return this.steps.length;
    }

    /** All records, as bytes. */
    bytes() {
        const text = atob(this.answer.records);
        const bytes = new Uint8Array(text.length);
        for (let index = 0; index < text.length; index += 1) bytes[index] = text.charCodeAt(index);
        return bytes;
    }

    /** What the model loads. */
    recording() {
        const { names, snapshot, count } = this.answer;
        return { header: { names, snapshot, first: 0, count }, bytes: this.bytes() };
    }

    /** The schedule up to and including a step. */
    schedule(step = this.length) {
        return formatSchedule(this.moves.slice(0, step));
    }

    /** The last step, up to and including `step`, that a thread took; 0: none. */
    lastTurn(thread, step) {
        const turns = this._turns[thread];
        let low = 0;
        let high = turns.length;
        while (low < high) {
            const middle = (low + high) >> 1;
            if (turns[middle] <= step) low = middle + 1;
            else high = middle;
        }
        return low === 0 ? 0 : turns[low - 1];
    }

    /** What a thread does next, after a step; null where it does nothing any more. */
    next(thread, step) {
        const turn = this.lastTurn(thread, step);
        return turn === 0 ? this.threads[thread].next : this.steps[turn - 1].next;
    }

    isKilled(thread, step) {
        const turn = this.lastTurn(thread, step);
        return turn > 0 && this.steps[turn - 1].kill;
    }

    /**
     * A thread's operations after a step.
     * @returns {{ text: string, state: "done" | "running" | "ahead", result: string | null }[]}
     */
    calls(thread, step) {
        return this.threads[thread].calls.map(({ text, result, first, last }) => {
            if (last !== null && last <= step) return { text, state: "done", result };
            return { text, state: first !== null && first <= step ? "running" : "ahead", result: null };
        });
    }

    /**
     * Why a thread cannot move after a step, in words; null where it can.
     * @param {object} state the model's, at that step
     * @param {(cell: number) => string} cellName
     */
    stuck(thread, step, state, cellName) {
        if (this.isKilled(thread, step)) return "killed: it never moves again";
        const next = this.next(thread, step);
        if (next === null) return this._ended(thread, step);
        const lane = state.lanes[thread];
        const lock = state.locks.get(next.cell);
        if (next.access !== "acquire" || lane?.status !== "waiting" || !lock || lock.holder < 0) return null;
        return `waits for ${cellName(next.cell)}, which ${laneName(lock.holder)} holds`;
    }

    _ended(thread, step) {
        const { calls } = this.threads[thread];
        if (calls.length === 0) return "has nothing to do";
        const done = calls.every(({ last }) => last !== null && last <= step);
        if (done) return "has ended";
        const fault = this.faults.findLast((found) => found.thread === thread && found.step <= step);
        return fault ? `stopped: ${fault.message}` : "has raised";
    }

    /** Faults that a step made. */
    faultsAt(step) {
        return this.faults.filter((fault) => fault.step === step);
    }

    /** Faults up to and including a step. */
    faultsUntil(step) {
        return this.faults.filter((fault) => fault.step <= step);
    }

    /** Whether anybody's CAS is what a step will do. */
    isCas(step) {
        return step >= 1 && step <= this.length && this.pending(step)?.access === "compare_and_swap";
    }

    /** What a step was about to do. */
    pending(step) {
        const { thread, kill } = this.steps[step - 1];
        return kill ? null : this.next(thread, step - 1);
    }
}
