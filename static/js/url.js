/**
 * What is on screen, as a query string: structure, seed, duel, knobs that differ from their defaults, run and position.
 *
 * Reading is forgiving (an unknown name is ignored, a value is left to the server to judge), writing is canonical: the
 * same view always gives the same URL.
 */

/**
 * @typedef {{ structure: string | null, seed: number | null, duel: boolean, run: string | null, at: number | null,
 *             knobs: Record<string, number | string> }} View
 */

/**
 * @param {string} search the query of a URL, with or without its question mark
 * @param {Record<string, { type: string }>} knobs the knob table
 * @returns {View}
 */
export function readUrl(search, knobs) {
    const query = new URLSearchParams(search);
    const chosen = {};
    for (const [name, knob] of Object.entries(knobs)) {
        if (query.has(name)) chosen[name] = knobValue(knob, query.get(name));
    }
    return {
        structure: query.get("structure"),
        seed: wholeNumber(query.get("seed")),
        duel: query.get("duel") === "1",
        run: query.get("run"),
        at: wholeNumber(query.get("at")),
        knobs: chosen,
    };
}

/**
 * @param {View} view
 * @param {Record<string, number | string>} defaults
 * @returns {string} a query with its question mark, or "" where nothing differs
 */
export function writeUrl(view, defaults) {
    const query = new URLSearchParams();
    if (view.structure) query.set("structure", view.structure);
    if (view.duel) query.set("duel", "1");
    for (const [name, value] of Object.entries(defaults)) {
        if (name in view.knobs && view.knobs[name] !== value) query.set(name, String(view.knobs[name]));
    }
    if (view.seed !== null) query.set("seed", String(view.seed));
    if (view.run) query.set("run", view.run);
    if (view.at !== null) query.set("at", String(view.at));
    const text = query.toString();
    return text ? `?${text}` : "";
}

/** Whether going from one view to another is a step that *back* should undo: another structure, duel or seed. */
export function isStep(from, to) {
    return from.run !== null && (from.structure !== to.structure || from.duel !== to.duel || from.seed !== to.seed);
}

/** Whether two views show the same thing, run and position aside. */
export function sameSubject(one, other, defaults) {
    const subject = (view) => writeUrl({ ...view, run: null, at: null }, defaults);
    return subject(one) === subject(other);
}

function knobValue(knob, text) {
    if (knob.type !== "number" || text.trim() === "") return text;
    const number = Number(text);
    return Number.isNaN(number) ? text : number;
}

function wholeNumber(text) {
    return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/**
 * Keeps the address bar in step. A step becomes an entry of the history, everything else replaces the entry that is
 * there.
 *
 * @param {Record<string, { type: string }>} knobs the knob table
 * @param {Record<string, number | string>} defaults
 * @param {() => void} onBack called when the person went back or forward
 */
export function createAddress(knobs, defaults, onBack) {
    window.addEventListener("popstate", onBack);
    const kept = ["projector"];
    return {
        /** @param {View} view */
        show(view) {
            const query = new URLSearchParams(writeUrl(view, defaults));
            const present = new URLSearchParams(location.search);
            for (const name of kept) if (present.has(name)) query.set(name, present.get(name));
            const address = `${location.pathname}?${query}`;
            if (address === location.pathname + location.search) return;
            history[isStep(readUrl(location.search, knobs), view) ? "pushState" : "replaceState"](null, "", address);
        },
    };
}
