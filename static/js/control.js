/**
 * What a person does to the run: the buttons, the keys and the threads' menus all end here. It refuses what cannot
 * be, in words, before the server has to; what the server refuses is said too.
 */

import { confirmAction } from "./dialogs.js";
import { threadName } from "./dom.js";
import { inWorkers, workerWord } from "./layout.js";
import { takeOver, Unsteppable } from "./step-from-here.js";
import { STILL, threadItems } from "./threads.js";
import { toast } from "./toast.js";

const SAID_AFTER_MS = 500;
const PLACES = { BETWEEN_LOAD_AND_CAS: "between load and CAS", HOLDING_LOCK: "while it holds the lock" };

export class Control {
    /**
     * @param {import("./session.js").Session} session
     * @param {{ focused: () => object | null, restarted: () => void }} page `focused`: the context of the side in focus
     */
    constructor(session, page) {
        Object.assign(this, { session, page, chosen: null });
    }

    get run() {
        return this.session.run;
    }

    get isDuel() {
        return this.session.sides.length > 1;
    }

    /** Whether controls have an effect; says why not. */
    may() {
        const { controllable, recording, role, connected } = this.session;
        if (controllable) return true;
        if (recording) toast("This is a recording: there is no engine to control");
        else if (role === "viewer") toast("You are a viewer: only the presenter controls the run");
        else if (!connected) toast("There is no connection to the server just now");
        return false;
    }

    /**
     * Carries a command out, in both sides of a duel unless it names one.
     *
     * @param {{ action: string, lane: number | null, position?: string | null, side?: number }} command
     * @returns {Promise<object | null>} the refusal, which has been said
     */
    async command(command) {
        const full = { ...command, position: command.position ?? "ANYWHERE", side: command.side ?? null };
        if (full.action === "step" && this.run?.state === "running") {
            // One access means that nothing else moves.
            const refusal = await this.command({ action: "pause", lane: null });
            if (refusal) return refusal;
        }
        const late = setTimeout(() => sayLater(full), SAID_AFTER_MS);
        const refusal = await this.session.command(full);
        clearTimeout(late);
        if (refusal) toast(refusal.message[0].toUpperCase() + refusal.message.slice(1), "bad");
        return refusal;
    }

    async setKnobs(changes) {
        return this.run ? this.session.setKnobs(changes) : null;
    }

    async chooseStructure(key) {
        if (this.run && this.session.controllable) await this.restart({ structure: key });
        else await this.session.start({ structure: key });
    }

    pauseRun() {
        if (!this.may()) return;
        const still = ["paused", "held"].includes(this.run.state);
        this.command({ action: still ? "resume" : "pause", lane: null });
    }

    async singleAccess() {
        if (!this.may()) return;
        this.session.sides.forEach(({ context }) => context.playback.goLive());
        await this.command({ action: "step", lane: this.chosen });
    }

    /** With the same seed unless another is given. */
    async restart(changes = {}) {
        if (!this.may()) return null;
        const refusal = await this.session.restart({ seed: this.run.seed, hold: false, ...changes });
        if (!refusal) this.page.restarted();
        return refusal;
    }

    newSeed() {
        return this.restart({ seed: Math.floor(Math.random() * 10_000) });
    }

    duel() {
        if (this.may()) this.restart({ duel: !this.isDuel });
    }

    /** Opens the Step page with the moment that the side in focus shows. */
    stepFromHere() {
        const context = this.page.focused();
        if (!context || context.playback.position < 0) {
            toast("There is nothing to step from yet");
            return;
        }
        context.playback.hold();
        try {
            const query = new URLSearchParams(takeOver(context, context.playback.position));
            location.assign(`/step?${query}&v=1`);
        } catch (error) {
            if (!(error instanceof Unsteppable)) throw error;
            toast(error.message, "bad");
        }
    }

    // Threads

    /** @param {number | null} lane */
    choose(lane) {
        if (lane === this.chosen) return;
        this.chosen = lane;
        this.tellChosen();
    }

    toggle(lane) {
        this.choose(lane === this.chosen ? null : lane);
    }

    tellChosen() {
        for (const { context } of this.session.sides) context.emit("select", this.chosen);
    }

    threadMenu(lane) {
        const context = this.page.focused();
        const status = this.laneState(lane)?.status ?? "idle";
        const note = this.session.controllable ? "" : this.session.recording ? "a recording" : "view only";
        return { items: threadItems(context, lane, status), note };
    }

    freezeChosen() {
        const lane = this.chosenLane();
        if (!lane || !this.may()) return;
        if (lane.status === "frozen") this.command({ action: "thaw", lane: lane.lane });
        else if (!STILL.includes(lane.status)) this.command({ action: "freeze", lane: lane.lane });
    }

    async killChosen() {
        const lane = this.chosenLane();
        if (!lane || !this.may() || lane.status === "killed") return;
        const name = threadName(lane.lane);
        const text =
            (workerWord() === "process"
                ? `${name} gets SIGKILL and is gone; a lock that it holds stays held. `
                : `${name} stops where it is and never goes on; a lock that it holds stays held. `) +
            "Only a restart brings it back.";
        if (await confirmAction(`Kill ${name}?`, text, `Kill ${name}`))
            this.command({ action: "kill", lane: lane.lane });
    }

    chosenLane() {
        const lane = this.chosen === null ? undefined : this.laneState(this.chosen);
        if (!lane) toast(inWorkers("Choose a thread first: keys 1 to 9, or its badge"));
        return lane;
    }

    laneState(lane) {
        return this.page.focused()?.playback.state.lanes[lane];
    }
}

/** A freeze or kill at a place waits for the thread to come there; without this nothing would seem to happen. */
function sayLater({ action, lane, position }) {
    const place = PLACES[position];
    if (place && lane !== null) toast(`${threadName(lane)}: ${action} as soon as it is ${place}`);
}
