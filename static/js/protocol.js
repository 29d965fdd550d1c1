/**
 * WebSocket frames: bytes and text in, checked messages out; and the messages that go to the server.
 *
 * Whatever is not as docs/protocol.md says throws a ProtocolError that names what was expected and what came.
 */

import { createLayout } from "./layout.js";

export class ProtocolError extends Error {}

/**
 * @typedef {object} Batch
 * @property {"batch"} type
 * @property {number} generation  modulo 65,536
 * @property {number} first  whole sequence number of the first record
 * @property {number} last  whole sequence number of the last one, or the last one lost where that is a LOST record
 * @property {number} count
 * @property {Uint8Array} bytes  the records
 */

const BATCH_TYPE = 1;
const BATCH_HEADER = 16;

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const isWhole = (value) => Number.isSafeInteger(value);
const isText = (value) => typeof value === "string";
const orNull = (check) => (value) => value === null || check(value);
const EXPECTED = new Map([
    [isObject, "an object"],
    [isWhole, "a whole number"],
    [isText, "a string"],
    [Array.isArray, "a list"],
    [Number.isFinite, "a number"],
]);
const boolean = (value) => typeof value === "boolean";
EXPECTED.set(boolean, "true or false");
const textOrNull = orNull(isText);
EXPECTED.set(textOrNull, "a string or null");
const wholeOrNull = orNull(isWhole);
EXPECTED.set(wholeOrNull, "a whole number or null");

/** Fields that a message of each type must have. Further ones are left alone. */
const MESSAGES = {
    hello: { role: isText, run: isObject, side: isWhole, layout: isObject, names: isObject, resumed: boolean },
    names: { from: isWhole },
    snapshot: {
        sequence: isWhole,
        time: Number.isFinite,
        reason: isText,
        cells: Array.isArray,
        nodes: Array.isArray,
        locks: Array.isArray,
        lanes: Array.isArray,
    },
    run: { run: isObject },
    counters: { time: Number.isFinite, lanes: Array.isArray, totals: isObject, rates: isObject },
    account: {
        reason: isText,
        sequence: isWhole,
        in: Number.isFinite,
        out: Number.isFinite,
        inside: Number.isFinite,
        in_flight: Array.isArray,
        lost: Number.isFinite,
        balanced: boolean,
    },
    held: { lane: isWhole, sequence: isWhole },
    done: { id: isWhole },
    error: { id: wholeOrNull, field: textOrNull, message: isText },
    ended: { reason: isText, message: isText, detail: textOrNull },
    restarted: { run: isObject, names: isObject },
};

/** The types of JSON messages that a server may send. */
export const SERVER_MESSAGES = Object.freeze(Object.keys(MESSAGES));

function checkFields(kind, message, fields) {
    for (const [name, check] of Object.entries(fields)) {
        if (!check(message[name])) {
            throw new ProtocolError(`${kind}.${name} must be ${EXPECTED.get(check)}; got ${show(message[name])}`);
        }
    }
}

function show(value) {
    const text = JSON.stringify(value) ?? String(value);
    return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/**
 * A text frame as a message; the layout of a `hello` comes back built, as `message.layout`.
 * @param {string} text
 * @returns {object}
 * @throws {ProtocolError}
 */
export function decodeText(text) {
    let message;
    try {
        message = JSON.parse(text);
    } catch {
        throw new ProtocolError(`a text frame must be JSON; got ${show(text)}`);
    }
    if (!isObject(message) || !Object.hasOwn(MESSAGES, message.type)) {
        throw new ProtocolError(
            `a message must have a type of ${SERVER_MESSAGES.join(", ")}; got ${show(message?.type ?? message)}`,
        );
    }
    checkFields(message.type, message, MESSAGES[message.type]);
    if (message.type === "hello" || message.type === "restarted" || message.type === "run") {
        checkFields(`${message.type}.run`, message.run, { generation: isWhole });
    }
    return message.type === "hello" ? { ...message, layout: readLayout(message.layout) } : message;
}

function readLayout(description) {
    try {
        return createLayout(description);
    } catch (error) {
        throw new ProtocolError(`hello.layout: ${error.message}`, { cause: error });
    }
}

/**
 * A binary frame as a batch of records.
 * @param {ArrayBuffer} buffer
 * @param {import("./layout.js").Layout | null} layout  null before the `hello`
 * @returns {Batch}
 * @throws {ProtocolError}
 */
export function decodeBatch(buffer, layout) {
    if (layout === null) {
        throw new ProtocolError("records came before the hello that says how to read them");
    }
    if (buffer.byteLength < BATCH_HEADER) {
        throw new ProtocolError(`a batch has at least ${BATCH_HEADER} bytes; got ${buffer.byteLength}`);
    }
    const view = new DataView(buffer);
    if (view.getUint8(0) !== BATCH_TYPE) {
        throw new ProtocolError(
            `a binary frame must begin with ${BATCH_TYPE} (a batch of records); got ${view.getUint8(0)}`,
        );
    }
    if (view.getUint8(1) !== layout.version) {
        throw new ProtocolError(`records of layout ${layout.version} expected; got layout ${view.getUint8(1)}`);
    }
    const count = view.getUint32(4, true);
    const size = BATCH_HEADER + count * layout.bytes;
    if (count === 0 || buffer.byteLength !== size) {
        throw new ProtocolError(`a batch of ${count} records has ${size} bytes; got ${buffer.byteLength}`);
    }
    const first = Number(view.getBigUint64(8, true));
    if (!Number.isSafeInteger(first)) {
        throw new ProtocolError(`a sequence number must be below 2^53; got ${first}`);
    }
    const bytes = new Uint8Array(buffer, BATCH_HEADER);
    return {
        type: "batch",
        generation: view.getUint16(2, true),
        first,
        last: lastSequence(bytes, first, layout),
        count,
        bytes,
    };
}

/**
 * The whole number of the last sequence number that these records account for.
 * @param {Uint8Array} bytes
 * @param {number} first  whole sequence number of the first one
 * @param {import("./layout.js").Layout} layout
 */
export function lastSequence(bytes, first, layout) {
    const { at, kinds } = layout;
    const view = new DataView(bytes.buffer, bytes.byteOffset + bytes.byteLength - layout.bytes, layout.bytes);
    const word = (offset) => view.getUint32(offset * 4, true);
    const own = first + ((word(at.sequence) - first) >>> 0);
    return view.getUint8(at.kind) === kinds.LOST ? own + ((word(at.after) - word(at.before)) >>> 0) : own;
}

/**
 * The batch without the records up to and including `after`; null where nothing is left. Resuming may send some twice.
 * @param {Batch} batch
 * @param {number} after
 * @param {import("./layout.js").Layout} layout
 */
export function trimBatch(batch, after, layout) {
    if (batch.first > after) {
        return batch;
    }
    if (batch.last <= after) {
        return null;
    }
    const words = layout.bytes / 4;
    const view = new DataView(batch.bytes.buffer, batch.bytes.byteOffset, batch.bytes.byteLength);
    for (let index = 1; index < batch.count; index += 1) {
        const sequence =
            batch.first + ((view.getUint32((index * words + layout.at.sequence) * 4, true) - batch.first) >>> 0);
        if (sequence > after) {
            return {
                ...batch,
                first: sequence,
                count: batch.count - index,
                bytes: batch.bytes.subarray(index * layout.bytes),
            };
        }
    }
    return null;
}

/** The first message of a connection. @param {number | null} after @param {number | null} generation */
export function encodeJoin(after, generation) {
    return JSON.stringify({ type: "join", after, generation });
}

/**
 * @param {number} id @param {{action: string, lane?: number | null, position?: string, side?: number | null}} command
 */
export function encodeCommand(id, { action, lane = null, position = "ANYWHERE", side = null }) {
    return JSON.stringify({ type: "command", id, action, lane, position, side });
}

/** @param {number} id @param {object} knobs  names and values; those not named stay */
export function encodeKnobs(id, knobs) {
    return JSON.stringify({ type: "knobs", id, knobs });
}
