/** The HTTP interface of the bench, over api.js: calls answer with a value or an error and never throw. */

import { createApi } from "../api.js";
import { download } from "../downloads.js";

export function createClient(api = createApi()) {
    const run = (id, rest = "") => `/api/bench/runs/${encodeURIComponent(id)}${rest}`;
    return {
        interpreters: (refresh = false) => api.call("GET", `/api/bench/interpreters${refresh ? "?refresh=1" : ""}`),
        start: (body) => api.call("POST", "/api/bench/job", body),
        /** @param {number | null} after waits for a newer version; null: answers at once */
        job: (after, id) => api.call("GET", `/api/bench/job${after === null ? "" : `?after=${after}&job=${id ?? ""}`}`),
        cancel: () => api.call("DELETE", "/api/bench/job"),
        runs: () => api.call("GET", "/api/bench/runs"),
        take: (result) => api.call("POST", "/api/bench/runs", result),
        view: (id, theme) => api.call("GET", run(id, `?theme=${theme}`)),
        change: (id, words) => api.call("PATCH", run(id), words),
        remove: (id) => api.call("DELETE", run(id)),
        compare: (ids, all, theme) =>
            api.call(
                "GET",
                `/api/bench/compare?runs=${ids.map(encodeURIComponent).join(",")}${all ? "&all=1" : ""}&theme=${theme}`,
            ),
        exportRun: (id, format) => save(run(id, `/export?format=${format}`), `lockfree-lab_${id}.${format}`),
    };
}

/** Downloads what is at an address. @returns {Promise<string | null>} why it did not work, in the server's words */
async function save(address, otherwise) {
    let answer;
    try {
        answer = await fetch(address, { credentials: "same-origin" });
    } catch {
        return "The server does not answer. Is it still running?";
    }
    if (!answer.ok) {
        const refusal = await answer.json().catch(() => null);
        return refusal?.error?.message ?? `The server answered ${answer.status}`;
    }
    const named = /filename="([^"]+)"/.exec(answer.headers.get("content-disposition") ?? "");
    download(await answer.blob(), named?.[1] ?? otherwise);
    return null;
}
