/**
 * What an execution is made from, and the address that holds it: structure, programs, start, schedule, seed, back-off,
 * reuse; beside them the scenario that is open, the step that is shown, and whether the page is embedded. No DOM.
 *
 * Reading is forgiving: values go to the server as they are, and it says what is wrong with them. Writing is canonical
 * and short: what is the structure's own, or a default, is left out.
 *
 * @typedef {{ structure: string, program: string, start: string, schedule: string, seed: string, backoff: string,
 *             reuse: string }} Spec
 * @typedef {{ spec: Partial<Spec> & Record<string, string>, scenario: string | null, puzzle: string | null,
 *             at: number | null, embed: boolean }} View
 */

const VERSION = "1";
const DEFAULTS = { seed: "1", backoff: "none", reuse: "lifo", schedule: "" };
/** Parameters of the page that are no part of the execution. */
const OWN = ["scenario", "puzzle", "at", "embed", "token", "projector"];

/** @param {string} search @returns {View} */
export function readView(search) {
    const query = new URLSearchParams(search);
    const spec = {};
    for (const [name, value] of query) if (!OWN.includes(name)) spec[name] = value;
    return {
        spec,
        scenario: query.get("scenario"),
        puzzle: query.get("puzzle"),
        at: /^\d{1,5}$/.test(query.get("at") ?? "") ? Number(query.get("at")) : null,
        embed: query.get("embed") === "1",
    };
}

/**
 * @param {View} view
 * @param {object} entry the structure's catalog entry
 * @returns {string} a query with its question mark
 */
export function writeView({ spec, scenario, puzzle, at, embed }, entry) {
    const query = new URLSearchParams();
    if (scenario) query.set("scenario", scenario);
    else if (puzzle) {
        query.set("puzzle", puzzle);
        if (spec.schedule) query.set("schedule", spec.schedule);
    } else writeSpec(query, spec, entry);
    if (at !== null) query.set("at", String(at));
    if (embed) query.set("embed", "1");
    // A colon, a bar and a space are allowed as they are, or have a shorter form: a link is read by people too.
    return `?${query.toString().replaceAll("%3B", ";").replaceAll("%7C", "|")}`;
}

function writeSpec(query, spec, entry) {
    query.set("structure", spec.structure);
    const own = spec.program === entry.program && spec.start === entry.start;
    if (!own) {
        query.set("program", spec.program);
        if (spec.start) query.set("start", spec.start);
    }
    for (const name of ["schedule", "seed", "backoff", "reuse"])
        if (String(spec[name]) !== DEFAULTS[name]) query.set(name, String(spec[name]));
    query.set("v", VERSION);
}

/** A structure as it is first opened. @returns {Spec} */
export function specOf(entry) {
    return { ...DEFAULTS, structure: entry.key, program: entry.program, start: entry.start };
}

/** The same structure, programs and rules: two schedules of it can be compared, and one can go on in the other. */
export function sameSubject(one, other) {
    return subjectKey(one) === subjectKey(other);
}

/** What tells apart what is scheduled, whatever the schedule. */
export function subjectKey(spec) {
    const { structure, program, start, seed, backoff, reuse } = spec;
    return JSON.stringify([structure, program, start, String(seed), backoff, reuse]);
}

/** The query of `GET /api/step`. */
export function requestQuery(spec, then = "", puzzle = null) {
    const query = new URLSearchParams();
    if (puzzle !== null) query.set("puzzle", puzzle);
    for (const [name, value] of Object.entries(spec)) if (value !== "" || name === "program") query.set(name, value);
    if (then) query.set("then", then);
    return query.toString();
}

/** Where what is shown can be had as one file that plays by itself. @param {Spec} spec @param {string | null} scenario */
export function exportAddress(spec, scenario) {
    return `/api/step/export?${scenario === null ? requestQuery(spec) : new URLSearchParams({ scenario })}`;
}
