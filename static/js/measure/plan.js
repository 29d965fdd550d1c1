/**
 * What somebody wants to measure: as a plain object, in the address, as the body of a request, and how long it will
 * take. No DOM.
 *
 * What must hold: `readPlan(writePlan(plan))` is the plan again, and what an address holds that the server does not
 * know is left out.
 */

/**
 * @typedef {object} Plan
 * @property {"preset" | "custom"} mode
 * @property {string} preset
 * @property {string[]} structures
 * @property {string[]} implementations  of a custom run: what these columns and rows of the matrix have in common,
 * @property {string[]} without  but not these cells of it,
 * @property {string[]} also  and these outside of it
 * @property {string[]} only  structures to which a preset is narrowed; none: all of its own
 * @property {Record<string, number | string>} workload  only what differs from the default; threads stand by themselves
 * @property {number[]} threads  none with a preset: its own
 * @property {string[]} kinds  likewise
 * @property {string[] | null} pythons  paths; null: the server decides
 * @property {number | null} seconds
 * @property {number | null} budget_s
 * @property {number | null} precision  in per cent
 * @property {number | null} rounds  exactly so many, in the place of a precision
 */

const THREADS = [2, 8];
const START_S = 0.12; // what a fresh interpreter takes before it measures
const WARM_UP_S = 0.02;
const FEWEST = 6; // samples that an interval of 95 % needs
const NUMBERS = ["seconds", "budget_s", "precision", "rounds"];

/** @returns {Plan} */
export function defaultPlan(bench) {
    return {
        mode: "preset",
        preset: bench.presets[0]?.key ?? "",
        structures: ["stack"],
        implementations: ["mutex", "hardware", "native", "standard"],
        without: [],
        also: [],
        only: [],
        workload: {},
        threads: [],
        kinds: [],
        pythons: null,
        seconds: null,
        budget_s: null,
        precision: null,
        rounds: null,
    };
}

/** The plan of a body, as a run says what would measure it once more. @param {object} body @returns {Plan} */
export function planOf(body, bench) {
    const plan = defaultPlan(bench);
    for (const name of ["threads", "kinds", "pythons", ...NUMBERS]) plan[name] = body[name] ?? plan[name];
    if (body.preset) return { ...plan, preset: body.preset, only: body.structures ?? [] };
    const cells = body.custom.candidates;
    const chosen = bench.candidates.filter(({ key }) => cells.includes(key));
    const structures = [...new Set(chosen.map(({ structure }) => structure))];
    const implementations = [...new Set(chosen.map(({ implementation }) => implementation))];
    const common = { ...plan, mode: "custom", structures, implementations, workload: body.custom.workload };
    return { ...common, without: chosenKeys(common, bench).filter((key) => !cells.includes(key)) };
}

/** @param {string} search of an address @returns {Plan} */
export function readPlan(search, bench) {
    const query = new URLSearchParams(search);
    const plan = defaultPlan(bench);
    const known = (name, values) => list(query, name).filter((value) => values.includes(value));
    if (bench.presets.some(({ key }) => key === query.get("preset"))) plan.preset = query.get("preset");
    if (["structures", "implementations", "also"].some((name) => query.has(name))) {
        plan.mode = "custom";
        plan.structures = known("structures", bench.structures);
        plan.implementations = known("implementations", wayKeys(bench));
        const cells = bench.candidates.map(({ key }) => key);
        Object.assign(plan, settled({ ...plan, without: known("without", cells), also: known("also", cells) }, bench));
    }
    if (plan.mode === "preset") plan.only = known("only", structuresOf(plan, bench));
    const { least, most } = threadLimits(bench);
    plan.threads = list(query, "threads")
        .map(Number)
        .filter((count) => Number.isInteger(count) && count >= least && count <= most);
    plan.kinds = known("kinds", kindsOf(plan, bench));
    if (query.has("python")) plan.pythons = query.getAll("python");
    for (const knob of knobsOf(bench)) {
        if (query.has(knob.name) && query.get(knob.name) !== "") plan.workload[knob.name] = readValue(query, knob);
    }
    if (bench.backoffs.includes(query.get("backoff"))) plan.workload.backoff = query.get("backoff");
    for (const name of NUMBERS) {
        const value = Number(query.get(name) ?? Number.NaN);
        const isOne = name === "rounds" ? Number.isInteger(value) : Number.isFinite(value);
        if (isOne && value > 0) plan[name] = value;
    }
    return plan;
}

/** The part of an address that opens it again. @param {Plan} plan */
export function writePlan(plan, bench) {
    const query = new URLSearchParams();
    if (plan.mode === "preset") {
        query.set("preset", plan.preset);
        if (plan.only.length > 0) query.set("only", plan.only.join(","));
    } else {
        query.set("structures", plan.structures.join(","));
        query.set("implementations", plan.implementations.join(","));
        for (const name of ["without", "also"]) if (plan[name].length > 0) query.set(name, plan[name].join(","));
        for (const [name, value] of Object.entries(plan.workload)) query.set(name, String(value));
    }
    if (plan.threads.length > 0) query.set("threads", plan.threads.join(","));
    if (plan.kinds.length > 0) query.set("kinds", plan.kinds.join(","));
    for (const path of plan.pythons ?? []) query.append("python", path);
    for (const name of NUMBERS) if (plan[name] !== null) query.set(name, String(plan[name]));
    const text = query.toString().replaceAll("%2C", ",").replaceAll("%2F", "/");
    return text === `preset=${bench.presets[0]?.key}` ? "" : `?${text}`;
}

/** The body of the request. @param {Plan} plan @param {{ name: string, note: string }} words */
export function bodyOf(plan, words, bench) {
    const body = plan.mode === "preset" ? { preset: plan.preset } : { custom: customOf(plan, bench) };
    if (plan.mode === "preset" && plan.only.length > 0) body.structures = plan.only;
    if (plan.threads.length > 0) body.threads = plan.threads;
    else if (plan.mode === "custom") body.threads = THREADS;
    if (plan.kinds.length > 0) body.kinds = plan.kinds;
    else if (plan.mode === "custom") body.kinds = ["throughput"];
    if (plan.pythons !== null) body.pythons = plan.pythons;
    for (const name of NUMBERS) if (plan[name] !== null) body[name] = plan[name];
    for (const name of ["name", "note"]) if (words[name].trim()) body[name] = words[name].trim();
    return body;
}

function customOf(plan, bench) {
    const { structures, implementations, workload } = plan;
    if (plan.without.length + plan.also.length > 0) return { candidates: chosenKeys(plan, bench), workload };
    return { structures, implementations, workload };
}

/** The kinds of samples that it can ask for: races are programs of their own, not samples of a structure. */
export function kindsOf(plan, bench) {
    const isRace = presetOf(plan, bench)?.kinds.includes("race") ?? false;
    return bench.kinds.filter((kind) => (kind === "race") === isRace);
}

/** The preset that is chosen; null in a custom run. */
export function presetOf(plan, bench) {
    return (plan.mode === "preset" && bench.presets.find(({ key }) => key === plan.preset)) || null;
}

/** Why it cannot be started; null if it can. @param {Plan} plan */
export function obstacle(plan, bench) {
    if (plan.pythons !== null && plan.pythons.length === 0) return "Choose an interpreter.";
    if (plan.mode === "preset") return null;
    const chosen = chosenCandidates(plan, bench);
    if (chosen.length === 0 && plan.structures.length === 0) return "Choose a structure.";
    if (chosen.length === 0 && plan.implementations.length === 0) return "Choose an implementation.";
    if (chosen.length === 0 && plan.without.length > 0) return "Choose a cell of the matrix: all are left out.";
    if (chosen.length === 0) return "None of these structures is implemented so.";
    if (chosen.every(({ unavailable }) => unavailable)) return "None of these can be measured here; see why below.";
    return null;
}

/** The cells of the matrix that a custom run measures. @param {Plan} plan */
export function chosenCandidates(plan, bench) {
    return bench.candidates.filter(
        (candidate) => plan.also.includes(candidate.key) || (isCommon(plan, candidate) && !isWithout(plan, candidate)),
    );
}

function chosenKeys(plan, bench) {
    return chosenCandidates(plan, bench).map(({ key }) => key);
}

/** Leaves out a cell, or takes it in. @param {Plan} plan @returns {{ without: string[], also: string[] }} */
export function toggleCell(plan, candidate, bench) {
    const list = isCommon(plan, candidate) ? "without" : "also";
    const has = plan[list].includes(candidate.key);
    const keys = has ? plan[list].filter((key) => key !== candidate.key) : [...plan[list], candidate.key];
    return settled({ ...plan, [list]: keys }, bench);
}

/** Exceptions that still are some, in the order of the matrix: others would speak once rows and columns change. */
export function settled(plan, bench) {
    const keys = (name, inside) =>
        bench.candidates
            .filter((candidate) => plan[name].includes(candidate.key) && isCommon(plan, candidate) === inside)
            .map(({ key }) => key);
    return { without: keys("without", true), also: keys("also", false) };
}

function isCommon({ structures, implementations }, { structure, implementation }) {
    return structures.includes(structure) && implementations.includes(implementation);
}

function isWithout({ without }, { key }) {
    return without.includes(key);
}

/** The structures that a preset measures. */
export function structuresOf(plan, bench) {
    return [...new Set(presetOf(plan, bench)?.candidates.map((key) => key.split("/")[0]) ?? [])];
}

/**
 * How many samples at the least, and how many seconds; null where that is not known before. A run may take as long as
 * `longest`, in seconds, where that makes its figures sure.
 * @param {Plan} plan @param {number} interpreters how many of them are known to be able to
 * @returns {{ samples: number, seconds: number, budget: number, longest: number, cases: number } | null}
 */
export function estimate(plan, bench, interpreters = 1) {
    const preset = presetOf(plan, bench);
    const places = plan.pythons?.length ?? (preset?.every_interpreter ? interpreters : 1);
    const sample = (plan.seconds ?? preset?.seconds ?? bench.limits.seconds.default) + WARM_UP_S + START_S;
    const cases = preset ? casesOfPreset(plan, preset, places) : casesOfCustom(plan, bench, places);
    if (cases === null) return null;
    const budget = plan.budget_s ?? preset?.budget_s ?? bench.limits.budget_s.default;
    const samples = cases * (plan.rounds ?? FEWEST);
    return { cases, samples, budget, longest: budget * bench.budget_stretch, seconds: samples * sample };
}

function casesOfPreset(plan, preset, places) {
    const kinds = plan.kinds.length || preset.kinds.length;
    const { workloads } = preset; // how many
    if (workloads === undefined || preset.candidates.length === 0) return null;
    const others = preset.threads.length > 1 ? 1 : workloads; // a preset of several thread counts varies nothing else
    const loads = plan.threads.length === 0 ? workloads : plan.threads.length * others;
    return narrowed(preset.candidates, plan.only) * loads * kinds * places;
}

/** How many candidates are left; where no null candidate is among them one comes in. */
function narrowed(candidates, only) {
    const left = candidates.filter((key) => only.length === 0 || only.includes(key.split("/")[0]));
    return left.length + (only.length > 0 && !left.some((key) => key.endsWith("/null")) ? 1 : 0);
}

function casesOfCustom(plan, bench, places) {
    const chosen = chosenCandidates(plan, bench).filter(({ unavailable }) => !unavailable);
    if (chosen.length === 0) return 0;
    const bare = new Set(chosen.map(({ structure }) => structure));
    chosen.filter(({ implementation }) => implementation === "null").forEach(({ structure }) => bare.delete(structure));
    const loads = plan.threads.length || THREADS.length;
    return (chosen.length + bare.size) * loads * (plan.kinds.length || 1) * places;
}

/** Sliders of the workload: everything but threads and backoff, which are chosen otherwise. */
export function knobsOf(bench) {
    return bench.workload.filter(({ name }) => name !== "threads" && name !== "backoff");
}

/** @returns {{ least: number, most: number }} */
export function threadLimits(bench) {
    return bench.limits.threads;
}

/** The thread counts of a plan that names none. */
export function usualThreads(plan) {
    return plan.mode === "custom" ? THREADS : [];
}

function wayKeys(bench) {
    return bench.implementations.map(({ key }) => key);
}

function list(query, name) {
    return (query.get(name) ?? "").split(",").filter((part) => part !== "");
}

function readValue(query, knob) {
    const value = Number(query.get(knob.name));
    return Number.isFinite(value) ? Math.min(knob.most, Math.max(knob.least, Math.round(value))) : knob.default;
}
