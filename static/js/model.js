/**
 * The model of one side of a run, put together: names, history, fold, timeline and playback over one layout.
 *
 * It is fed the checked messages of a connection, or a recording; it knows nothing of where they come from.
 */

import { Fold } from "./fold.js";
import { History } from "./history.js";
import { Names } from "./names.js";
import { createNarrator } from "./narrate.js";
import { Playback } from "./playback.js";
import { Timeline } from "./timeline.js";

/** Messages that `take` keeps to itself; all others are for the page. */
const TAKEN = new Set(["names", "snapshot", "batch"]);

export class Model {
    /**
     * @param {import("./layout.js").Layout} layout
     * @param {object} [options]  `clock`, `requestFrame`, `cancelFrame` for the playback; `capacity` of the history;
     *     `Player`, a Playback of another kind
     */
    constructor(layout, { capacity, Player = Playback, ...timing } = {}) {
        this.layout = layout;
        this._stream = null;
        this._side = 0;
        this.names = new Names();
        this.history = new History(layout, capacity);
        this.fold = new Fold(layout, this.names);
        this.timeline = new Timeline(this.history, this.fold);
        this.playback = new Player({
            timeline: this.timeline,
            narrate: createNarrator(layout, this.names),
            ...timing,
        });
    }

    /** Forget everything. @param {boolean} endless  false where a recording follows, not a run */
    clear(endless = true) {
        this.names.clear();
        this.timeline.clear();
        this.playback.reset(endless);
    }

    /**
     * Take in a message of the connection.
     * @param {object} message
     * @returns {boolean} true where the message was for the model alone
     */
    take(message) {
        switch (message.type) {
            case "hello":
                this._hello(message);
                break;
            case "restarted":
                this._hello({ ...message, side: this._side });
                break;
            case "names":
                this.names.add(message);
                break;
            case "snapshot":
                this.playback.snapshot(message);
                break;
            case "batch":
                this.playback.receive(message);
                break;
            default:
        }
        return TAKEN.has(message.type);
    }

    /**
     * A hello that does not resume begins a stream; what is kept stays where it is the same generation of the same run.
     */
    _hello(message) {
        const stream = `${message.run.id}/${message.side}/${message.run.generation}`;
        this._side = message.side;
        if (stream !== this._stream) {
            this.clear();
            this._stream = stream;
        }
        this.names.add(message.names);
    }

    /**
     * Show a recording instead of a run, held at its first record.
     * @param {import("./recording.js").Recording} recording
     */
    load(recording) {
        this._stream = null;
        this.clear(false);
        this.names.add(recording.header.names);
        this.timeline.snapshot(recording.header.snapshot);
        this.timeline.append(recording.bytes, recording.header.first);
        this.playback.seek(this.timeline.first);
    }
}
