/**
 * What is being watched: it finds, starts, joins, restarts and leaves runs, and opens recordings. It holds the sides
 * and tells the page about every change; it draws nothing.
 *
 * Errors are values, `{ field, message, status }`; each becomes one of the designed states.
 */

import { createSide } from "./side.js";

const LOOK_AGAIN_MS = 2000;

/**
 * @typedef {object} Page what the session tells
 * @property {(sides: object[]) => void} sidesChanged other structures, another run, a recording
 * @property {(run: object | null) => void} runChanged
 * @property {(name: string, data?: object) => void} showState
 * @property {(...names: string[]) => void} hideState
 * @property {() => void} hideCards
 */

export class Session {
    /**
     * @param {object} shared what all sides share: api, role, entries, prefers, announce, …
     * @param {Page} page
     */
    constructor(shared, page) {
        Object.assign(this, {
            shared,
            api: shared.api,
            page,
            run: null,
            sides: [],
            recording: null,
            starting: false,
            connected: true,
        });
    }

    /** @returns {boolean} whether knobs and controls can have an effect */
    get controllable() {
        return this.role === "presenter" && this.recording === null && this.run !== null && this.connected;
    }

    get role() {
        return this.shared.role;
    }

    // Finding a run

    /**
     * Shows what a URL asks for: a live run by its id, else one like it, else what there is.
     *
     * @param {import("./url.js").View} view
     */
    async open(view) {
        this.page.showState("starting");
        if (view.run) {
            const answer = await this.api.run(view.run);
            if (answer.ok) return this.join(answer.value);
            if (answer.error.status !== 404) return this.fail(answer.error);
            if (this.role !== "presenter" || !view.structure) return this.page.showState("runGone", { view });
        }
        if (view.structure && this.role === "presenter") return this.start(specOf(view));
        return this.openAny();
    }

    /** Without a wish: a run that goes on, or the first structure; a viewer waits for a run. */
    async openAny() {
        const answer = await this.api.runs();
        if (!answer.ok) return this.fail(answer.error);
        const live = answer.value.runs.filter((run) => run.state !== "ended").at(-1);
        if (live) return this.join(live);
        if (this.role === "presenter") return this.start({ structure: this.shared.entries[0].key });
        this.page.hideCards();
        this.page.showState("waiting");
        this.looking = setTimeout(() => this.openAny(), LOOK_AGAIN_MS);
        return undefined;
    }

    /** @param {object} spec the body of `POST /api/runs` */
    async start(spec) {
        if (this.starting) return { field: null, message: "a run is being started" };
        this.starting = true;
        this.wanted = spec;
        this.page.hideCards();
        this.page.showState("starting");
        const answer = await this.api.createRun(spec);
        this.starting = false;
        if (!answer.ok) {
            await this.fail(answer.error);
            return answer.error;
        }
        this.join(answer.value);
        return null;
    }

    /** Tries what was last wanted again. */
    retry() {
        return this.wanted ? this.start(this.wanted) : this.openAny();
    }

    /** @returns {Promise<object | null>} the refusal, if any */
    async restart(changes) {
        if (!this.run || this.starting) return null;
        this.starting = true;
        this.page.hideState("ended", "crashed", "failed", "raised");
        this.page.showState("starting");
        const { id } = this.run;
        const answer = await this.api.restart(id, changes);
        this.starting = false;
        this.page.hideState("starting");
        if (answer.ok) {
            this.update(answer.value);
            return null;
        }
        if (answer.error.status === 404) return this.start({ ...specOfRun(this.run), ...changes });
        if (![400, 422].includes(answer.error.status)) await this.fail(answer.error);
        return answer.error;
    }

    async stop(id) {
        return this.api.deleteRun(id);
    }

    /** One refusal, one designed state. */
    async fail(error) {
        this.page.hideState("starting", "connecting");
        const { status, message } = error;
        if (status === 0) return this.page.showState("serverGone");
        if (status === 401 || status === 403) return this.page.showState("forbidden");
        if (status === 409 && /limit/.test(message)) {
            const answer = await this.api.runs();
            const runs = answer.ok ? answer.value.runs.filter((run) => run.state !== "ended") : [];
            return this.page.showState("tooManyRuns", { message, runs });
        }
        if (status === 409) return this.page.showState("startingElsewhere", { message });
        if (status === 503) return this.page.showState("failed", { message });
        return this.page.showState("refused", { message });
    }

    // Showing a run

    /** @param {object} run a description */
    join(run) {
        clearTimeout(this.looking);
        this.leave();
        this.page.hideCards();
        this.page.hideState("ended", "raised", "recording", "skipped");
        this.run = run;
        this.build(run);
    }

    build(run) {
        this.signature = signature(run);
        this.page.showState("connecting");
        this.sides = run.sides.map(({ side, structure }) =>
            createSide(this.shared, {
                side,
                run,
                entry: this.shared.find(structure),
                heard: (message) => this.heard(side, message),
            }),
        );
        this.page.sidesChanged(this.sides);
        for (const side of this.sides) side.connect();
        this.page.runChanged(run);
    }

    leave() {
        for (const side of this.sides) side.close();
        this.sides = [];
    }

    /** A new description of the run. Other structures need other sides. */
    update(run) {
        if (this.recording || (this.run && run.id !== this.run.id)) return;
        this.run = run;
        for (const side of this.sides) side.context.run = run;
        if (run.state === "starting") this.page.showState("starting");
        else this.page.hideState("starting");
        if (run.sides.length > 0 && signature(run) !== this.signature) {
            this.leave();
            this.build(run);
        } else {
            for (const side of this.sides) side.context.emit("run", run);
            this.page.runChanged(run);
        }
    }

    /** What a side hears from the server, as far as it concerns the whole page. */
    heard(side, { type, ...message }) {
        if (type === "hello" || type === "restarted")
            this.page.hideState("connecting", "starting", "reconnecting", "serverGone");
        if (type === "restarted") this.page.hideState("ended", "crashed", "failed", "raised");
        if (message.run) this.update(message.run);
        if (type === "snapshot" && message.skipped) this.page.showState("skipped", { skipped: message.skipped });
        if (type === "ended") this.ended(message);
        if (type === "error") this.refused(message);
    }

    ended({ reason, message, detail }) {
        this.page.hideState("connecting", "starting");
        if (reason === "crashed" || reason === "failed") this.page.showState(reason, { message, detail });
        else this.page.showState("ended", { message });
    }

    /** An error that answers no command: the run is not there, or there is no room for one more viewer. */
    refused({ field, message }) {
        this.page.hideState("connecting");
        if (field === "run") this.page.showState("runGone", { view: this.run });
        else this.page.showState("refused", { message });
    }

    connectionChanged(side, state, { reason, retryInMs }) {
        this.connected = state !== "reconnecting" && state !== "lost";
        if (state === "connected") this.page.hideState("reconnecting", "serverGone", "connecting");
        else if (state === "reconnecting") this.page.showState("reconnecting", { reason, retryInMs });
        else if (state === "lost") {
            this.page.hideState("reconnecting", "connecting");
            this.page.showState("serverGone");
        }
        if (side === 0) this.page.runChanged(this.run);
    }

    /** Tries at once to reach the server again. */
    reconnect() {
        for (const side of this.sides) side.connection?.retry();
    }

    // What a presenter does

    /** @returns {Promise<object | null>} the refusal, if any */
    async command(command) {
        const [first] = this.sides;
        if (!this.controllable || !first?.connection) return { field: null, message: "there is no run to control" };
        try {
            await first.connection.command(command);
            return null;
        } catch (error) {
            return { field: error.field ?? null, message: error.message };
        }
    }

    async setKnobs(knobs) {
        const [first] = this.sides;
        if (!this.controllable || !first?.connection) return { field: null, message: "there is no run to control" };
        try {
            await first.connection.setKnobs(knobs);
            return null;
        } catch (error) {
            return { field: error.field ?? null, message: error.message };
        }
    }

    // Recordings

    /**
     * Plays a recording in place of the run, which goes on. @param {object} recording read by recording.js @param
     * {string} name
     */
    play(recording, name) {
        this.leave();
        this.page.hideCards();
        this.page.hideState("ended", "raised", "reconnecting", "skipped");
        this.before = this.recording ? this.before : this.run;
        this.recording = name;
        const { run, side: number = 0 } = recording.header;
        const own = run.sides?.find(({ side }) => side === number) ?? run;
        this.run = { ...run, state: "ended", sides: [own], viewers: 0 };
        const side = createSide(this.shared, {
            side: 0,
            run: this.run,
            entry: this.shared.find(own.structure),
            heard: () => {},
        });
        this.sides = [side];
        this.page.sidesChanged(this.sides);
        side.load(recording);
        this.page.showState("recording", { name });
        this.page.runChanged(this.run);
    }

    /** From a recording to the run that was shown before, or to any. */
    async backToLive() {
        this.recording = null;
        this.leave();
        this.page.hideState("recording", "damaged");
        const run = this.before;
        this.before = null;
        return this.open({
            run: run?.id ?? null,
            structure: run?.structure ?? null,
            knobs: run?.knobs ?? {},
            seed: run?.seed ?? null,
            duel: run?.duel ?? false,
        });
    }
}

/** The body of a start from a URL. */
export function specOf(view) {
    const spec = { structure: view.structure, duel: view.duel, knobs: view.knobs };
    return view.seed === null ? spec : { ...spec, seed: view.seed };
}

function specOfRun({ structure, duel, knobs, seed }) {
    return { structure, duel, knobs, seed };
}

/** What the sides are made for: the run and its structures. */
function signature(run) {
    return [run.id, ...run.sides.map((side) => side.structure)].join();
}
