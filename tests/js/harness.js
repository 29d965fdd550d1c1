/**
 * A test registry and assertions, just enough to run tests of ES modules inside a browser.
 * `tests/browser/test_modules.py` makes one pytest test of each `test("…")`.
 */

const tests = new Map();

/** Register a test. Its name is unique in its file. */
export function test(name, body) {
    if (tests.has(name)) {
        throw new Error(`two tests are called "${name}"`);
    }
    tests.set(name, body);
}

/** Names of the tests registered so far. */
export function testNames() {
    return [...tests.keys()];
}

/** Run one test; resolves to null, or to what went wrong. */
export async function runTest(name) {
    try {
        await tests.get(name)();
        return null;
    } catch (error) {
        return error.stack?.includes(error.message) ? error.stack : `${error.message}\n${error.stack}`;
    }
}

/** The record layout of the tested tree, put here by the runner. */
export function layoutDescription() {
    return globalThis.LAYOUT;
}

export class AssertionError extends Error {}

export function fail(message) {
    throw new AssertionError(message);
}

export function ok(condition, message = "expected the condition to hold") {
    if (!condition) {
        fail(message);
    }
}

/** Deep equality; Maps and Sets are compared without regard to their order. */
export function equal(actual, expected, message = "") {
    const difference = firstDifference(actual, expected, "");
    if (difference !== null) {
        fail(`${message}${message ? ": " : ""}${difference}`);
    }
}

/** Runs `body`, which must throw an `ErrorType` whose message matches. */
export async function throws(body, ErrorType, pattern) {
    try {
        await body();
    } catch (error) {
        if (!(error instanceof ErrorType)) {
            throw error;
        }
        ok(pattern.test(error.message), `the error says "${error.message}", which does not match ${pattern}`);
        return;
    }
    fail(`expected ${ErrorType.name} matching ${pattern}, nothing was thrown`);
}

function show(value) {
    const text = value instanceof Map ? JSON.stringify([...value]) : JSON.stringify(value);
    return text === undefined ? String(value) : text.slice(0, 300);
}

function firstDifference(actual, expected, path) {
    if (Object.is(actual, expected)) {
        return null;
    }
    const objects = actual !== null && expected !== null && typeof actual === "object" && typeof expected === "object";
    if (!objects || actual.constructor !== expected.constructor) {
        return `at ${path || "the top"}: got ${show(actual)}, expected ${show(expected)}`;
    }
    const [ours, theirs] = [entriesOf(actual), entriesOf(expected)];
    for (const key of new Set([...ours.keys(), ...theirs.keys()])) {
        if (!ours.has(key) || !theirs.has(key)) {
            const problem = ours.has(key) ? "not expected" : "missing";
            return `at ${path}.${key}: ${problem}: ${show(ours.get(key) ?? theirs.get(key))}`;
        }
        const difference = firstDifference(ours.get(key), theirs.get(key), `${path}.${key}`);
        if (difference !== null) {
            return difference;
        }
    }
    return null;
}

function entriesOf(value) {
    if (value instanceof Map) {
        return value;
    }
    return value instanceof Set ? new Map([...value].map((item) => [item, true])) : new Map(Object.entries(value));
}

/** A small seeded generator (mulberry32) of numbers in [0, 1). */
export function seeded(seed) {
    let state = seed >>> 0;
    return () => {
        state = (state + 0x6d2b79f5) >>> 0;
        let mixed = Math.imul(state ^ (state >>> 15), state | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
    };
}
