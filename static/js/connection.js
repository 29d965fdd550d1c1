/**
 * The WebSocket to one side of a run: joins, resumes after a break, and turns commands into promises.
 *
 * State: `connecting` before the first hello, `connected`, `reconnecting` after a break, `lost` when several attempts
 * in a row have failed (attempts go on, rarely), `closed` by `close()`. Every message that `onMessage` gets is checked,
 * comes in order, and belongs to the present generation; records come without holes and never twice.
 */

import {
    decodeBatch,
    decodeText,
    encodeCommand,
    encodeJoin,
    encodeKnobs,
    ProtocolError,
    trimBatch,
} from "./protocol.js";

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 10_000;
const ATTEMPTS_UNTIL_LOST = 6;

/** A command or knob that the server refused, or that a broken connection swallowed. */
export class CommandError extends Error {
    /** @param {string | null} field @param {string} message */
    constructor(field, message) {
        super(message);
        this.field = field;
    }
}

/**
 * How long to wait before an attempt: doubling, capped, with jitter so that many viewers do not come back at once.
 * @param {number} attempt  from 0
 * @param {() => number} random
 */
export function retryDelay(attempt, random) {
    const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt);
    return longest / 2 + (random() * longest) / 2;
}

export class Connection {
    /**
     * @param {object} options
     * @param {string} options.url
     * @param {(message: object) => void} options.onMessage  hello, names, snapshot, batch, run, counters, account,
     *     held, ended, restarted, and errors that answer no command
     * @param {(state: string, detail: {attempt: number, reason: string, retryInMs: number | null}) => void}
     *     options.onState
     * @param {typeof WebSocket} [options.WebSocket]
     * @param {{setTimeout: Function, clearTimeout: Function}} [options.timers]
     * @param {() => number} [options.random]
     */
    constructor({
        url,
        onMessage,
        onState,
        WebSocket = globalThis.WebSocket,
        timers = globalThis,
        random = Math.random,
    }) {
        this.url = url;
        this.state = "connecting";
        this._onMessage = onMessage;
        this._onState = onState;
        this._WebSocket = WebSocket;
        this._timers = timers;
        this._random = random;
        this._socket = null;
        this._timer = null;
        this._attempt = 0;
        this._nextId = 1;
        this._pending = new Map();
        this._layout = null;
        this._forget();
    }

    /** What has been received so far is void; the next join starts afresh. */
    _forget() {
        this._after = null;
        this._generation = null;
        this._needsSnapshot = true;
    }

    /** Connect; called once. */
    open() {
        this._connect();
    }

    /** Try again at once instead of waiting. */
    retry() {
        if (this._timer !== null) {
            this._timers.clearTimeout(this._timer);
            this._connect();
        }
    }

    /** Close for good. */
    close() {
        this._stop();
        this._setState("closed", "");
    }

    _stop() {
        this._timers.clearTimeout(this._timer);
        this._timer = null;
        const socket = this._socket;
        this._socket = null;
        socket?.close();
        this._rejectAll("The connection was closed before the command took effect.");
    }

    _connect() {
        this._timer = null;
        const socket = new this._WebSocket(this.url);
        socket.binaryType = "arraybuffer";
        this._socket = socket;
        const whileCurrent = (act) => (event) => {
            if (this._socket === socket) {
                act(event);
            }
        };
        socket.onopen = whileCurrent(() => socket.send(encodeJoin(this._after, this._generation)));
        socket.onmessage = whileCurrent((event) => this._receive(event.data));
        socket.onclose = whileCurrent((event) => this._closed(event.reason || `closed with code ${event.code}`));
    }

    _closed(reason) {
        this._stop();
        const retryInMs = Math.round(retryDelay(this._attempt, this._random));
        this._attempt += 1;
        this._timer = this._timers.setTimeout(() => this._connect(), retryInMs);
        this._setState(this._attempt >= ATTEMPTS_UNTIL_LOST ? "lost" : "reconnecting", reason, retryInMs);
    }

    _setState(state, reason, retryInMs = null) {
        this.state = state;
        this._onState(state, { attempt: this._attempt, reason, retryInMs });
    }

    _receive(data) {
        let message;
        try {
            message = typeof data === "string" ? decodeText(data) : this._readBatch(data);
            this._follow(message);
        } catch (error) {
            if (!(error instanceof ProtocolError)) {
                throw error;
            }
            this._forget();
            this._closed(error.message);
            return;
        }
        if (message !== null && message.type !== "done" && !this._settle(message)) {
            this._onMessage(message);
        }
    }

    /** Null for a batch of an older generation, or one that is known already. */
    _readBatch(data) {
        const batch = decodeBatch(data, this._layout);
        if (this._generation !== null && batch.generation !== this._generation % 65_536) {
            return null;
        }
        if (this._needsSnapshot) {
            throw new ProtocolError("records came before the snapshot that they go on from");
        }
        const rest = trimBatch(batch, this._after, this._layout);
        if (rest !== null && rest.first !== this._after + 1) {
            throw new ProtocolError(`record ${this._after + 1} expected; got ${rest.first}`);
        }
        return rest;
    }

    /** Keep track of where the stream stands. */
    _follow(message) {
        switch (message?.type) {
            case "hello":
                this._hello(message);
                break;
            case "restarted":
                this._forget();
                this._generation = message.run.generation;
                break;
            case "snapshot":
                this._after = message.sequence;
                this._needsSnapshot = false;
                break;
            case "batch":
                this._after = message.last;
                break;
            case "done":
                this._pending.get(message.id)?.resolve();
                this._pending.delete(message.id);
                break;
            default:
        }
    }

    _hello(message) {
        if (message.resumed && this._needsSnapshot) {
            throw new ProtocolError("the server resumes a stream that was not asked for");
        }
        this._layout = message.layout;
        this._generation = message.run.generation;
        this._needsSnapshot = !message.resumed;
        this._attempt = 0;
        this._setState("connected", "");
    }

    /** True where an error message answers a command. */
    _settle(message) {
        const waiting = message.type === "error" ? this._pending.get(message.id) : undefined;
        if (waiting !== undefined) {
            this._pending.delete(message.id);
            waiting.reject(new CommandError(message.field, message.message));
        }
        return waiting !== undefined;
    }

    _rejectAll(text) {
        const pending = [...this._pending.values()];
        this._pending.clear();
        pending.forEach(({ reject }) => reject(new CommandError(null, text)));
    }

    _send(encode) {
        if (this.state !== "connected") {
            return Promise.reject(new CommandError(null, "There is no connection to the server just now."));
        }
        const id = this._nextId++;
        return new Promise((resolve, reject) => {
            this._pending.set(id, { resolve, reject });
            this._socket.send(encode(id));
        });
    }

    /**
     * Send a command; resolves when it has taken effect.
     * @param {{action: string, lane?: number | null, position?: string, side?: number | null}} command
     * @returns {Promise<void>} rejects with a CommandError
     */
    command(command) {
        return this._send((id) => encodeCommand(id, command));
    }

    /**
     * Set some knobs; resolves when they have taken effect.
     * @param {object} knobs
     * @returns {Promise<void>} rejects with a CommandError
     */
    setKnobs(knobs) {
        return this._send((id) => encodeKnobs(id, knobs));
    }
}
