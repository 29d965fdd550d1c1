/**
 * The HTTP interface. Calls never throw: they answer with a value, or with an error that names the field to blame.
 */

/** @typedef {{field: string | null, message: string, status: number}} ApiError  `status` 0: no answer came */
/** @typedef {{ok: true, value: any} | {ok: false, error: ApiError}} Answer */

const failure = (status, message, field = null) => ({ ok: false, error: { field, message, status } });

async function readAnswer(response, asText) {
    if (response.ok) {
        return { ok: true, value: asText ? await response.text() : await readJson(response) };
    }
    const body = await response.json().catch(() => null);
    const error = body?.error;
    if (typeof error?.message === "string") {
        return failure(response.status, error.message, error.field ?? null);
    }
    return failure(response.status, `The server answered ${response.status} ${response.statusText}`.trim());
}

async function readJson(response) {
    const text = await response.text();
    return text === "" ? null : JSON.parse(text);
}

/**
 * @param {{base?: string, fetch?: typeof fetch}} [options]
 */
export function createApi({ base = "", fetch = globalThis.fetch.bind(globalThis) } = {}) {
    /** @returns {Promise<Answer>} */
    async function call(method, path, body, asText = false) {
        const options = { method, credentials: "same-origin" };
        if (method !== "GET") {
            options.headers = { "Content-Type": "application/json" };
            options.body = JSON.stringify(body ?? {});
        }
        let response;
        try {
            response = await fetch(`${base}${path}`, options);
        } catch {
            return failure(0, "The server does not answer. Is it still running?");
        }
        try {
            return await readAnswer(response, asText);
        } catch {
            return failure(response.status, "The server's answer broke off or is not what it should be.");
        }
    }
    const runPath = (run, rest = "") => `/api/runs/${encodeURIComponent(run)}${rest}`;
    return {
        call,
        health: () => call("GET", "/api/health"),
        structures: () => call("GET", "/api/structures"),
        source: (key) => call("GET", `/api/structures/${encodeURIComponent(key)}/source`),
        knobs: () => call("GET", "/api/knobs"),
        runs: () => call("GET", "/api/runs"),
        createRun: (plan) => call("POST", "/api/runs", plan),
        run: (run) => call("GET", runPath(run)),
        deleteRun: (run) => call("DELETE", runPath(run)),
        restart: (run, changes) => call("POST", runPath(run, "/restart"), changes),
        setKnobs: (run, knobs) => call("PATCH", runPath(run, "/knobs"), knobs),
        control: (run, command) => call("POST", runPath(run, "/control"), command),
        cost: (run) => call("POST", runPath(run, "/cost")),
        chart: (run, theme) => call("GET", runPath(run, `/chart?theme=${encodeURIComponent(theme)}`)),
        chartCsv: (run) => call("GET", runPath(run, "/chart.csv"), undefined, true),
    };
}
