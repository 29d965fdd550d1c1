/**
 * One side of what is watched: its model, its connection, and the context that its views are given (docs/frontend.md).
 *
 * The model outlives every message: a restart or a fresh join empties it in place, so that views keep their references.
 */

import { Connection } from "./connection.js";
import { createEvents } from "./events.js";
import { Model } from "./model.js";

/** Messages that go to the views as they are, under their own name. */
const PASSED_ON = ["names", "counters", "account", "held", "ended"];

/**
 * @param {object} shared what all sides share: layout, api, role(), prefers, announce, source, session hooks
 * @param {{ side: number, run: object, entry: object, heard: (message: object) => void }} options
 */
export function createSide(shared, { side, run, entry, heard }) {
    return new Side(shared, side, run, entry, heard);
}

class Side {
    constructor(shared, side, run, entry, heard) {
        Object.assign(this, { shared, side, entry, heard, runId: run.id, generation: null, connection: null });
        const { on, emit } = createEvents();
        this.model = new Model(shared.layout);
        const { names, history, timeline, playback } = this.model;
        this.context = {
            side,
            run,
            entry,
            names,
            history,
            timeline,
            playback,
            on,
            emit,
            model: this.model,
            layout: shared.layout,
            api: shared.api,
            prefers: shared.prefers,
            get role() {
                return shared.role;
            },
            colour: (lane) => `--t${lane % 8}`,
            announce: shared.announce,
            source: shared.source,
            send: (command) => shared.send({ ...command, side: command.side ?? null }),
            command: (command) => shared.command(command),
            controllable: () => shared.controllable(),
        };
        playback.start();
    }

    connect() {
        const scheme = location.protocol === "https:" ? "wss" : "ws";
        this.connection = new Connection({
            url: `${scheme}://${location.host}/ws/runs/${this.runId}/${this.side}`,
            onMessage: (message) => this.receive(message),
            onState: (state, detail) => {
                this.context.emit("connection", state);
                this.shared.connectionChanged(this.side, state, detail);
            },
        });
        this.connection.open();
    }

    /** From a recording: all of it at once, and no engine. */
    load(recording) {
        this.model.load(recording);
        const { counters, account } = recording.header;
        this.context.emit("cleared", null);
        if (counters) this.context.emit("counters", counters);
        if (account) this.context.emit("account", account);
    }

    close() {
        this.connection?.close();
        this.model.playback.stop();
    }

    receive(message) {
        const { context } = this;
        const begins =
            (message.type === "hello" || message.type === "restarted") && message.run.generation !== this.generation;
        const modelsAlone = this.model.take(message);
        if (begins) {
            this.generation = message.run.generation;
            context.emit("cleared", null);
        }
        if (message.type === "batch") return;
        if (message.run) context.run = message.run;
        if (!modelsAlone || message.type === "snapshot") this.heard(message);
        if (PASSED_ON.includes(message.type)) context.emit(message.type, message);
    }
}
