import { createApi } from "../../static/js/api.js";
import { equal, test } from "./harness.js";

/** An API whose server answers as told, and the calls that it got. */
function answering(answer) {
    const calls = [];
    const api = createApi({
        fetch: async (path, { method, body, headers }) => {
            calls.push([method, path, body, headers?.["Content-Type"]]);
            return answer();
        },
    });
    return { api, calls };
}

const json =
    (value, status = 200) =>
    () =>
        new Response(JSON.stringify(value), { status, statusText: "Text" });

test("values come as values", async () => {
    const { api, calls } = answering(json([{ id: "a" }]));
    equal(await api.runs(), { ok: true, value: [{ id: "a" }] });
    equal(await api.createRun({ structure: "x" }), { ok: true, value: [{ id: "a" }] });
    equal(calls, [
        ["GET", "/api/runs", undefined, undefined],
        ["POST", "/api/runs", '{"structure":"x"}', "application/json"],
    ]);
});

test("every endpoint", async () => {
    const { api, calls } = answering(json({}));
    await api.health();
    await api.structures();
    await api.source("treiber-stack");
    await api.knobs();
    await api.run("a b");
    await api.deleteRun("r");
    await api.restart("r", { seed: 3 });
    await api.setKnobs("r", { threads: 2 });
    await api.control("r", { action: "pause" });
    await api.cost("r");
    await api.chart("r", "dark");
    equal(
        calls.map(([method, path, body]) => [method, path, body ?? null]),
        [
            ["GET", "/api/health", null],
            ["GET", "/api/structures", null],
            ["GET", "/api/structures/treiber-stack/source", null],
            ["GET", "/api/knobs", null],
            ["GET", "/api/runs/a%20b", null],
            ["DELETE", "/api/runs/r", "{}"],
            ["POST", "/api/runs/r/restart", '{"seed":3}'],
            ["PATCH", "/api/runs/r/knobs", '{"threads":2}'],
            ["POST", "/api/runs/r/control", '{"action":"pause"}'],
            ["POST", "/api/runs/r/cost", "{}"],
            ["GET", "/api/runs/r/chart?theme=dark", null],
        ],
    );
});

test("text and empty answers", async () => {
    equal(await answering(() => new Response("a,b\n1,2\n")).api.chartCsv("r"), { ok: true, value: "a,b\n1,2\n" });
    equal(await answering(() => new Response(null, { status: 204 })).api.deleteRun("r"), { ok: true, value: null });
});

test("errors name the field", async () => {
    const message = "must be a whole number from 1 to 32; got 99";
    const { api } = answering(json({ error: { field: "threads", message } }, 422));
    equal(await api.setKnobs("r", { threads: 99 }), { ok: false, error: { field: "threads", message, status: 422 } });
});

test("answers that are none of ours, broken ones, and none at all", async () => {
    const failed = (message, status) => ({ ok: false, error: { field: null, message, status } });
    equal(
        await answering(() => new Response("<h1>Bad</h1>", { status: 502, statusText: "Bad Gateway" })).api.runs(),
        failed("The server answered 502 Bad Gateway", 502),
    );
    equal(
        await answering(() => new Response("{oh", { status: 200 })).api.runs(),
        failed("The server's answer broke off or is not what it should be.", 200),
    );
    equal(
        await answering(() => {
            throw new TypeError("Failed to fetch");
        }).api.runs(),
        failed("The server does not answer. Is it still running?", 0),
    );
});
