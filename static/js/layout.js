/**
 * The record layout, built from the description that the server sends (`hello.layout`, the page's bootstrap data, a
 * recording's header). Nothing else in the front end knows where a field lies.
 *
 * Every field is aligned to its width, so records are read through typed arrays over one buffer: `words` (32 bit),
 * `halves` (16 bit), `bytes`. The offsets in `layout.at` are already divided by the width of the array to use.
 */

/**
 * @typedef {object} Layout
 * @property {number} version
 * @property {number} bytes  size of a record
 * @property {number} words  the same in 32-bit words
 * @property {Readonly<Record<string, number>>} at  where a field lies: `lane`, `kind` in bytes; `site` in half words;
 *     the others in words. `time` is the low word of the time, `timeHigh` the high one
 * @property {Readonly<Record<string, number>>} kinds  name to number
 * @property {Readonly<Record<string, number>>} positions
 * @property {Readonly<Record<string, number>>} outcomes
 * @property {number} integerFlag
 * @property {number} maxLanes
 * @property {Uint8Array} isAccess  by kind: 1 for a shared access (loads, writes, CASes, lock operations)
 * @property {(kind: number) => string} kindName
 * @property {object} description  what it was built from
 */

export class LayoutError extends Error {}

const FIELD_WIDTHS = { time: 8, sequence: 4, lane: 1, kind: 1, site: 2, cell: 4, before: 4, after: 4, aux: 4 };
const SUPPORTED_VERSION = 1;
const ACCESSES = ["LOAD", "STORE", "EXCHANGE", "CAS_WON", "CAS_LOST", "LOCK_WAIT", "LOCK_ACQUIRED", "LOCK_RELEASED"];
const KINDS = [
    ...ACCESSES,
    "BEGIN",
    "END",
    "LOCAL",
    "ALLOCATE",
    "REUSE",
    "RETIRE",
    "FREE",
    "BACKOFF",
    "DELAY",
    "FROZEN",
    "THAWED",
    "KILLED",
    "FAULT",
    "WIDE",
    "LOST",
    "STARTED",
    "STOPPED",
];
const LARGEST_KIND = 255;

/**
 * @param {object} description  as `describe_layout()` gives it
 * @returns {Layout}
 * @throws {LayoutError} where this front end cannot read records of that layout
 */
export function createLayout(description) {
    checkDescription(description);
    if (new Uint8Array(new Uint16Array([1]).buffer)[0] !== 1) {
        throw new LayoutError("records are little-endian; this machine is not");
    }
    const kinds = Object.freeze({ ...description.kinds });
    const kindNames = [];
    for (const [name, kind] of Object.entries(kinds)) {
        kindNames[kind] = name;
    }
    const isAccess = new Uint8Array(LARGEST_KIND + 1);
    for (const name of ACCESSES) {
        isAccess[kinds[name]] = 1;
    }
    return Object.freeze({
        version: description.version,
        bytes: description.bytes,
        words: description.bytes / 4,
        at: readOffsets(description.fields),
        kinds,
        positions: Object.freeze({ ...description.positions }),
        outcomes: Object.freeze({ ...description.outcomes }),
        integerFlag: description.integer_flag,
        maxLanes: description.max_lanes,
        isAccess,
        kindName: (kind) => kindNames[kind] ?? `kind ${kind}`,
        description,
    });
}

function checkDescription(description) {
    if (description === null || typeof description !== "object") {
        throw new LayoutError(`a layout is an object; got ${JSON.stringify(description)}`);
    }
    if (description.version !== SUPPORTED_VERSION) {
        throw new LayoutError(`records of layout ${SUPPORTED_VERSION} expected; got layout ${description.version}`);
    }
    if (!Number.isInteger(description.bytes) || description.bytes <= 0 || description.bytes % 4 !== 0) {
        throw new LayoutError(`a record's size must be a multiple of 4 bytes; got ${description.bytes}`);
    }
    for (const table of ["fields", "kinds", "positions", "outcomes"]) {
        if (description[table] === null || typeof description[table] !== "object") {
            throw new LayoutError(`the layout lacks its ${table}`);
        }
    }
    for (const name of KINDS) {
        const kind = description.kinds[name];
        if (!Number.isInteger(kind) || kind < 1 || kind > LARGEST_KIND) {
            throw new LayoutError(`the layout lacks a number for the kind ${name}`);
        }
    }
}

function readOffsets(fields) {
    const at = {};
    for (const [name, width] of Object.entries(FIELD_WIDTHS)) {
        const field = fields[name];
        if (!field || field.width !== width || field.offset % Math.min(width, 4) !== 0) {
            throw new LayoutError(
                `the field ${name} must be ${width} bytes wide and aligned; got ${JSON.stringify(field ?? null)}`,
            );
        }
        at[name] = field.offset / Math.min(width, 4);
    }
    at.timeHigh = at.time + 1;
    return Object.freeze(at);
}

/** True where a value code stands for a small integer. */
export function isInteger(code) {
    return code >= 0x80000000;
}

/** True where a value code is the id of a node or of an interned value. */
export function isObject(code) {
    return code > 0 && code < 0x80000000;
}

/** The small integer that a code with the top bit set stands for. */
export function decodeInteger(code) {
    return (code << 1) >> 1;
}

/** The code of a small integer. */
export function encodeInteger(value) {
    return ((value & 0x7fffffff) | 0x80000000) >>> 0;
}

const FIRST_NODE = 64;

/** How the page writes a node's id: `n1` for 64. */
export function nodeName(id) {
    return `n${id - FIRST_NODE + 1}`;
}

const THREADS = { letter: "T", one: "thread", several: "threads" };
const PROCESSES = { letter: "P", one: "process", several: "processes" };

/** What lanes are. A page shows one run at a time, and both sides of a duel are the same: one fact for all of it. */
let workers = THREADS;

/** @param {boolean} areProcesses  whether lanes are processes from now on, and not threads */
export function setWorkers(areProcesses) {
    workers = areProcesses ? PROCESSES : THREADS;
}

/** `thread` or `process`; of a number that is not 1 `threads` or `processes`. */
export function workerWord(count = 1) {
    return count === 1 ? workers.one : workers.several;
}

/** A text about threads, of what runs here. */
export function inWorkers(text) {
    if (workers === THREADS) return text;
    return text.replace(/\b([Tt])hread(s?)\b/g, (_, first, several) => (
        `${first === "T" ? "P" : "p"}rocess${several ? "es" : ""}`));
}

/** How the page writes a lane: `T1` for 0, `P1` of a process. */
export function laneName(lane) {
    return `${workers.letter}${lane + 1}`;
}
