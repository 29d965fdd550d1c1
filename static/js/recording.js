/**
 * Recordings: a stretch of one side's trace as a file that plays with no engine. See docs/protocol.md, Recording.
 */

import { toSnapshot } from "./snapshots.js";
import { createLayout } from "./layout.js";
import { isNames } from "./names.js";

/** A file that is no recording, or a damaged one; the message says what was expected and what came. */
export class RecordingError extends Error {}

/**
 * @typedef {object} Recording
 * @property {object} header
 * @property {import("./layout.js").Layout} layout
 * @property {Uint8Array} bytes  the records
 */

const MAGIC = "LFLTRACE";
const HEADER_AT = MAGIC.length + 4;
const VERSION = 1;
const SNAPSHOT_LISTS = ["cells", "nodes", "locks", "lanes"];

/**
 * The records of a model from position `from` up to and including `to` as a file. Where a gap lies between them, it
 * begins after the gap.
 * @param {import("./model.js").Model} model
 * @param {{run: object, counters?: object | null, account?: object | null, created?: string}} about
 * @param {number} [from]
 * @param {number} [to]
 * @returns {{bytes: Uint8Array, from: number, to: number}} the file, and the positions that are in it
 */
export function encodeRecording(model, about, from = 0, to = Infinity) {
    const { timeline, history, layout, names } = model;
    const last = Math.min(to, timeline.last);
    const first = Math.max(from, timeline.unbrokenFrom);
    if (first > last) {
        throw new RecordingError("there are no records to keep yet");
    }
    const header = {
        version: VERSION,
        layout: layout.description,
        created: about.created ?? new Date().toISOString(),
        run: about.run,
        names: names.toMessage(),
        snapshot: toSnapshot(timeline.before(first), "start"),
        first: history.sequenceAt(first),
        count: last - first + 1,
        counters: about.counters ?? null,
        account: about.account ?? null,
    };
    return { bytes: join(header, history.slice(first, last)), from: first, to: last };
}

function join(header, records) {
    const text = new TextEncoder().encode(JSON.stringify(header));
    const file = new Uint8Array(HEADER_AT + text.length + records.length);
    file.set(new TextEncoder().encode(MAGIC));
    new DataView(file.buffer).setUint32(MAGIC.length, text.length, true);
    file.set(text, HEADER_AT);
    file.set(records, HEADER_AT + text.length);
    return file;
}

/**
 * Read a recording, and check all of it that can be checked.
 * @param {ArrayBuffer} buffer
 * @returns {Recording}
 * @throws {RecordingError}
 */
export function decodeRecording(buffer) {
    const { header, end } = readHeader(buffer);
    const layout = readLayout(header);
    checkHeader(header);
    const bytes = new Uint8Array(buffer, end);
    const expected = header.count * layout.bytes;
    if (bytes.length !== expected) {
        throw new RecordingError(
            `the file is ${bytes.length < expected ? "truncated" : "too long"}: ${header.count} records of ` +
                `${layout.bytes} bytes are ${expected} bytes; got ${bytes.length}`,
        );
    }
    checkRecords(bytes, header, layout);
    return { header, layout, bytes };
}

function readHeader(buffer) {
    const start = new Uint8Array(buffer, 0, Math.min(buffer.byteLength, MAGIC.length));
    const magic = String.fromCharCode(...start);
    if (magic !== MAGIC) {
        throw new RecordingError(
            `this is no recording: a recording begins with ${MAGIC}; this file begins with ${JSON.stringify(magic)}`,
        );
    }
    const length = buffer.byteLength >= HEADER_AT ? new DataView(buffer).getUint32(MAGIC.length, true) : 0;
    if (buffer.byteLength < HEADER_AT || buffer.byteLength < HEADER_AT + length) {
        throw new RecordingError(
            `the file is truncated: its header ends at byte ${HEADER_AT + length}; got ${buffer.byteLength} bytes`,
        );
    }
    try {
        const text = new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(buffer, HEADER_AT, length));
        return { header: JSON.parse(text), end: HEADER_AT + length };
    } catch {
        throw new RecordingError("the file is damaged: its header must be JSON in UTF-8");
    }
}

function readLayout(header) {
    if (header?.version !== VERSION) {
        throw new RecordingError(
            `a recording of version ${VERSION} expected; got version ${JSON.stringify(header?.version ?? null)}`,
        );
    }
    try {
        return createLayout(header.layout);
    } catch (error) {
        throw new RecordingError(`this page cannot read the recording's records: ${error.message}`, { cause: error });
    }
}

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const isCount = (value) => Number.isSafeInteger(value) && value >= 0;

function checkHeader(header) {
    const { run, names, snapshot, first, count } = header;
    const isSnapshot =
        isObject(snapshot) &&
        Number.isSafeInteger(snapshot.sequence) &&
        Number.isFinite(snapshot.time) &&
        SNAPSHOT_LISTS.every((list) => Array.isArray(snapshot[list]));
    const problems = [
        [isObject(run), "run", "an object", run],
        [isNames(names), "names", "an object of lists", names],
        [isSnapshot, "snapshot", "a snapshot", snapshot],
        [isCount(first), "first", "a whole number", first],
        [isCount(count), "count", "a whole number", count],
    ];
    for (const [holds, name, expected, value] of problems) {
        if (!holds) {
            const text = JSON.stringify(value) ?? "nothing";
            throw new RecordingError(`the file is damaged: ${name} must be ${expected}; got ${text.slice(0, 80)}`);
        }
    }
}

/** Records are in the order of their sequence numbers, without holes but those that LOST records tell of. */
function checkRecords(bytes, header, layout) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { at, kinds, maxLanes } = layout;
    const known = new Set(Object.values(kinds));
    let expected = header.first >>> 0;
    for (let index = 0; index < header.count; index += 1) {
        const base = index * layout.bytes;
        const kind = view.getUint8(base + at.kind);
        const lane = view.getUint8(base + at.lane);
        const sequence = view.getUint32(base + at.sequence * 4, true);
        if (!known.has(kind) || lane >= maxLanes || sequence !== expected) {
            throw new RecordingError(
                `the file is damaged at record ${index}: sequence number ${expected}, a known kind and a thread ` +
                    `below ${maxLanes} expected; got sequence number ${sequence}, kind ${kind}, thread ${lane}`,
            );
        }
        const skipped =
            kind === kinds.LOST
                ? view.getUint32(base + at.after * 4, true) - view.getUint32(base + at.before * 4, true)
                : 0;
        expected = (sequence + skipped + 1) >>> 0;
    }
}
