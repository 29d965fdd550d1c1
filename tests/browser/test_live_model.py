"""Connection and model against the real server: records stream, a broken connection resumes, both ends agree."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from lockfree_core.trace.layout import describe_layout
from tests.browser.test_modules import serve_tests
from tests.serving import Server

FOLLOW = """
    async ({layout, structure}) => {
        globalThis.LAYOUT = layout;
        const {Connection} = await import("/static/js/connection.js");
        const {createApi} = await import("/static/js/api.js");
        const {Model} = await import("/static/js/model.js");
        const {toSnapshot} = await import("/static/js/snapshots.js");
        const {essence} = await import("/tests/js/engine-trace.js");
        const {equal} = await import("/tests/js/harness.js");
        const idle = {clock: () => 0, requestFrame: () => 1, cancelFrame: () => {}};
        const until = async (holds) => {
            while (!holds()) {
                await new Promise((resolve) => setTimeout(resolve, 10));
            }
        };
        const api = createApi();
        const left = await api.runs();
        for (const {id} of left.value.runs) {
            await api.deleteRun(id);
        }
        const knobs = {threads: 4, speed: 2000, gap_share: 50, gap_kind: "yield"};
        const made = await api.createRun({structure, knobs, seed: 5});
        if (!made.ok) {
            throw new Error(made.error.message);
        }
        const url = location.origin.replace("http", "ws") + `/ws/runs/${made.value.id}/0`;
        const follow = () => {
            const follower = {model: null, sockets: [], messages: [], states: []};
            class Kept extends WebSocket {
                constructor(address) {
                    super(address);
                    follower.sockets.push(this);
                }
            }
            follower.connection = new Connection({
                url, WebSocket: Kept,
                onState: (state) => follower.states.push(state),
                onMessage: (message) => {
                    follower.model ??= new Model(message.layout, idle);
                    follower.model.take(message);
                    follower.messages.push(message);
                },
            });
            follower.connection.open();
            return follower;
        };
        const has = (follower, count) => () => follower.model !== null && follower.model.timeline.last >= count;
        const first = follow();
        await until(has(first, 300));
        first.sockets.at(-1).close();
        await until(() => first.messages.filter(({type}) => type === "hello").length === 2);
        await until(has(first, first.model.timeline.last + 300));
        await first.connection.command({action: "pause"});
        const second = follow();
        await until(() => second.messages.some(({type}) => type === "snapshot"));
        await until(() => first.model.timeline.edge.sequence === second.model.timeline.edge.sequence);
        equal(essence(toSnapshot(first.model.timeline.edge)), essence(toSnapshot(second.model.timeline.edge)));
        const refused = await second.connection.setKnobs({threads: 99}).catch((error) => [error.field, error.message]);
        await api.deleteRun(made.value.id);
        const resumed = first.messages.filter(({type}) => type === "hello").map((message) => message.resumed);
        const snapshots = first.messages.filter(({type}) => type === "snapshot").length;
        first.connection.close();
        second.connection.close();
        return {resumed, snapshots, refused, states: first.states};
    }
"""


@pytest.mark.parametrize("structure", ["treiber-stack", "michael-scott-queue", "locked-stack"])
def test_a_broken_connection_resumes_and_both_ends_agree(page: Page, server: Server, structure: str) -> None:
    serve_tests(page)
    page.request.get(server.launch_url)  # the cookie, without the page and the run that it would start
    page.goto(f"{server.base_url}/api/health")
    result = page.evaluate(FOLLOW, {"layout": describe_layout(), "structure": structure})
    assert result["resumed"] == [False, True]
    assert result["snapshots"] == 1
    assert result["states"][:3] == ["connected", "reconnecting", "connected"]
    field, message = result["refused"]
    assert field == "threads"
    assert "from 1 to 32; got 99" in message
