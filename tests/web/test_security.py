"""Each point of the security section of docs/protocol.md, attacked: HTTP in process, WebSockets on a real server."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from app.main import create_app
from app.messages import MESSAGE_BYTES
from app.security import HostRule, cookie_name, role_of
from app.settings import Settings
from tests.web.client import Visitor

# Fixed tokens: they stand in the names of tests, which must be the same in every process that collects them.
LOCAL = Settings(presenter_token="local-presenter-0123456789abcdef", viewer_token="local-viewer-0123456789abcdefghi")
REMOTE = Settings(
    host="0.0.0.0",
    allow_remote=True,
    allow_host=("lab.example", "proxy.example:8443"),
    presenter_token="remote-presenter-0123456789abcde",
    viewer_token="remote-viewer-0123456789abcdefgh",
)
BASE = f"http://127.0.0.1:{LOCAL.port}"


def ask(
    path: str,
    method: str = "GET",
    settings: Settings = LOCAL,
    token: str | None = None,
    content: Any = None,
    base: str = BASE,
    **headers: str | bytes,
) -> httpx.Response:
    """One request to an application without a server. Header names with underscores."""
    sent: dict[Any, Any] = {name.replace("_", "-"): value for name, value in headers.items()}
    if token is not None:
        sent.setdefault("Cookie", f"{cookie_name(settings)}={token}")

    async def request() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(settings), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=base) as client:
            return await client.request(method, path, headers=sent, content=content)

    return asyncio.run(request())


def change(settings: Settings = LOCAL, base: str = BASE, **overrides: Any) -> httpx.Response:
    """The unsafe request of a presenter: a good one, of a run that does not exist, but for what is overridden."""
    options: dict[str, Any] = {"token": settings.presenter_token, "Origin": base, "Content_Type": "application/json",
                               "content": b'{"action": "pause"}'}  # fmt: skip
    options.update(overrides)
    given = {name: value for name, value in options.items() if value is not None}
    return ask("/api/runs/none/control", "POST", settings, base=base, **given)


def test_a_good_request_of_the_presenter_passes_the_guard() -> None:
    assert change().status_code == 404
    assert change().json()["error"]["field"] == "run"


# Host: DNS rebinding


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "192.0.2.7", "[2001:db8::1]",
     "127.0.0.1:80:80", "127.0.0.1@evil.example", "::1", "", "localhost:port", "0x7f.1", "[::1"],
)  # fmt: skip
@pytest.mark.parametrize(
    "path", ["/watch", "/api/runs", "/static/vendor/vendor.json", "/?token=" + LOCAL.presenter_token]
)
def test_foreign_hosts_are_turned_away(host: str, path: str) -> None:
    answer = ask(path, Host=host)
    assert answer.status_code == 400
    assert "set-cookie" not in answer.headers
    assert LOCAL.presenter_token not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost", "LOCALHOST:9000", "[::1]:8765", "127.0.0.7"])
def test_this_machines_names_are_known(host: str) -> None:
    assert ask("/api/health", Host=host).status_code == 200


def test_beyond_loopback_addresses_and_listed_names_are_known_and_other_names_are_not() -> None:
    rule = HostRule(REMOTE)
    assert all(rule.allows(host) for host in ("192.0.2.7:8765", "lab.example", "lab.example:99", "proxy.example:8443"))
    assert not any(
        rule.allows(host) for host in ("evil.example", "proxy.example", "proxy.example:1", "lab.example.evil")
    )


# Origin


@pytest.mark.parametrize(
    "origin",
    [None, "", "null", "http://evil.example", "https://127.0.0.1:8765", "http://127.0.0.1", "http://127.0.0.1:8766",
     "http://localhost:8765", "http://127.0.0.1:8765.evil.example", "http://127.0.0.1:8765/"],
)  # fmt: skip
def test_unsafe_verbs_need_exactly_our_origin(origin: str | None) -> None:
    answer = change(Origin=origin)
    assert answer.status_code == 403
    assert "Origin" in answer.json()["error"]["message"]


def test_a_proxy_that_is_listed_may_speak_https() -> None:
    base = "http://proxy.example:8443"
    assert change(REMOTE, base, Origin="https://proxy.example:8443").status_code == 404
    assert change(REMOTE, base, Origin="https://lab.example").status_code == 403


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "PUT", "OPTIONS", "TRACE"])
def test_every_verb_but_reading_is_unsafe(method: str) -> None:
    assert ask("/api/runs/none", method, token=LOCAL.presenter_token).status_code == 403


def test_no_other_site_is_ever_allowed_to_read() -> None:
    for origin in ("http://evil.example", BASE):
        answer = ask("/api/runs", Origin=origin)
        assert not [name for name in answer.headers if name.startswith("access-control-")]
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"


# Tokens and roles


@pytest.mark.parametrize(
    "token", [None, "", "wrong", LOCAL.presenter_token[:-1], LOCAL.presenter_token + "x", "é", LOCAL.viewer_token]
)
def test_only_the_presenters_token_controls(token: str | None) -> None:
    cookie = None if token is None else f"{cookie_name(LOCAL)}={token}".encode()
    answer = change(token=None, Cookie=cookie)
    assert answer.status_code == 403
    assert "presenter" in answer.json()["error"]["message"]


def test_roles() -> None:
    assert role_of(LOCAL, LOCAL.presenter_token) == "presenter"
    assert role_of(LOCAL, LOCAL.viewer_token) == "viewer"
    assert role_of(LOCAL, REMOTE.presenter_token) is None
    assert role_of(LOCAL, None) is None


def test_on_loopback_a_visitor_without_a_token_looks_on() -> None:
    page = ask("/watch")
    assert page.status_code == 200
    data = json.loads(page.text.partition('id="bootstrap">')[2].partition("</script>")[0])
    assert data["role"] == "viewer"
    assert data["viewer_link"] is None
    assert LOCAL.presenter_token not in page.text
    assert LOCAL.viewer_token not in page.text


@pytest.mark.parametrize(
    "path", ["/watch", "/", "/api/health", "/api/runs", "/api/structures", "/nothing", "/ws/runs/a/0"]
)
@pytest.mark.parametrize("token", [None, "wrong"])
def test_beyond_loopback_nobody_gets_in_without_a_token(path: str, token: str | None) -> None:
    answer = ask(path, settings=REMOTE, token=token)
    assert answer.status_code == 401
    assert "structures" not in answer.text
    assert ask(path, settings=REMOTE, token=REMOTE.viewer_token).status_code != 401


def test_a_launch_link_becomes_a_cookie_and_leaves_the_address() -> None:
    for path in ("/", "/watch"):
        answer = ask(f"{path}?structure=locked-queue&token={LOCAL.presenter_token}&seed=7")
        assert answer.status_code == 303
        assert answer.headers["location"] == "/watch?structure=locked-queue&seed=7"
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith(f"{cookie_name(LOCAL)}={LOCAL.presenter_token};")
        assert "httponly" in cookie.lower()
        assert "samesite=strict" in cookie.lower()
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"


def test_a_viewers_link_makes_a_viewer_and_never_unmakes_a_presenter() -> None:
    answer = ask(f"/view/{LOCAL.viewer_token}?run=ab12")
    assert answer.headers["location"] == "/watch?run=ab12"
    assert LOCAL.viewer_token in answer.headers["set-cookie"]
    assert "set-cookie" not in ask(f"/view/{LOCAL.viewer_token}", token=LOCAL.presenter_token).headers


@pytest.mark.parametrize("path", ["/?token=wrong", "/watch?token=", "/view/wrong", f"/view/{LOCAL.presenter_token}"])
@pytest.mark.parametrize("settings", [LOCAL, REMOTE])
def test_links_with_a_wrong_token_are_refused(path: str, settings: Settings) -> None:
    answer = ask(path, settings=settings)
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


def test_a_token_in_the_address_of_anything_else_means_nothing() -> None:
    answer = ask(f"/api/runs?token={REMOTE.presenter_token}", settings=REMOTE)
    assert answer.status_code == 401


# Bodies


@pytest.mark.parametrize(
    "kind", [None, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp"]
)
def test_only_json_is_taken(kind: str | None) -> None:
    answer = change(Content_Type=kind)
    assert answer.status_code == 415
    assert answer.json()["error"]["field"] == "content-type"


def test_bodies_are_bounded() -> None:
    answer = change(content=b" " * (64 * 1024 + 1))
    assert answer.status_code == 413
    assert "65536" in answer.json()["error"]["message"]
    assert change(Content_Length="99999999999999999999999").status_code == 413


def test_a_body_without_a_length_is_bounded_too(presenter: Visitor) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(100):
            yield b" " * 1024

    try:
        answer = presenter.http.post("/api/runs", content=endless())
    except httpx.TransportError:  # the server answered and hung up while this side was still sending
        pass
    else:
        assert answer.status_code == 413
    assert presenter.http.get("/api/runs").status_code == 200


@pytest.mark.parametrize(
    ("content", "field", "words"),
    [
        (b"{", None, "no well-formed JSON"),
        (b"\xff\xfe", None, "no well-formed JSON"),
        (b"[1]", None, "must be an object"),
        (b'{"action": NaN}', None, "NaN"),
        (b"[" * 60_000, None, "no well-formed JSON"),
        (b'{"structure": "../../etc/passwd"}', "structure", "must be one of treiber-stack"),
        (b'{"structure": {"module": "os"}}', "structure", "must be one of"),
        (b'{"structure": "treiber-stack", "python": "/bin/sh"}', "python", "is no field here"),
        (b'{"structure": "treiber-stack", "factory": "os:system"}', "factory", "is no field here"),
        (b'{"structure": "treiber-stack", "knobs": {"threads": 99}}', "threads", "from 1 to 32; got 99"),
        (b'{"structure": "treiber-stack", "knobs": {"threads": "4"}}', "threads", "must be a number"),
        (b'{"structure": "treiber-stack", "knobs": {"treads": 4}}', "treads", "is no knob"),
        (b'{"structure": "treiber-stack", "knobs": 4}', "knobs", "must be an object"),
        (b'{"structure": "treiber-stack", "seed": -1}', "seed", "from 0 to 4294967295"),
        (b'{"structure": "treiber-stack", "duel": 1}', "duel", "true or false"),
        (b"{}", "structure", "is missing"),
    ],
)
def test_bad_bodies_name_the_field(content: bytes, field: str | None, words: str) -> None:
    answer = ask(
        "/api/runs", "POST", token=LOCAL.presenter_token, Origin=BASE, Content_Type="application/json", content=content
    )
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["field"] == field
    assert words in error["message"]
    assert "Traceback" not in answer.text


# Pages and files


@pytest.mark.parametrize(
    "path", ["/watch", "/api/health", "/static/vendor/vendor.json", "/nothing", "/api/nothing", "/?token=wrong"]
)
def test_every_answer_carries_the_policy(path: str) -> None:
    headers = ask(path).headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert policy["connect-src"].split()[:2] == ["'self'", "ws://127.0.0.1:8765"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"


def test_an_error_of_the_server_itself_carries_the_policy_and_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: object) -> int:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("app.services.runs.Runs.__len__", broken)
    answer = ask("/api/health")
    assert answer.status_code == 500
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert "secret" not in answer.text
    assert "ZeroDivisionError" not in answer.text


def test_pages_hold_no_inline_script() -> None:
    for path in ("/watch", "/nothing", "/?token=wrong"):
        text = ask(path).text
        for tag in text.split("<script")[1:]:
            head, _, body = tag.partition(">")
            inside = body.partition("</script")[0].strip()
            assert "src=" in head or 'type="application/json"' in head or not inside
        assert " onclick=" not in text
        assert "javascript:" not in text


@pytest.mark.parametrize(
    "path",
    ["/static/../pyproject.toml", "/static/%2e%2e/pyproject.toml", "/static/..%2fpyproject.toml", "/static/%00",
     "/static/%2e%2e%2fapp/cli.py", "/static/js/../../app/cli.py", "/static/..\\pyproject.toml", "/static/", "/static",
     "/static//etc/passwd", "/static/js"],
)  # fmt: skip
def test_static_gives_nothing_from_elsewhere(presenter: Visitor, path: str) -> None:
    request = httpx.Request("GET", presenter.base_url, headers={"Host": presenter.base_url.removeprefix("http://")})
    request.url = request.url.copy_with(raw_path=path.encode())
    answer = presenter.http.send(request)
    assert answer.status_code == 404
    assert "lockfree-lab" not in answer.text
    assert "import" not in answer.text


@pytest.mark.parametrize(
    ("path", "kind"),
    [("js/watch.js", "text/javascript"), ("css/theme.css", "text/css"), ("favicon.svg", "image/svg+xml")],
)
def test_static_files_are_typed_and_asked_about_each_time(presenter: Visitor, path: str, kind: str) -> None:
    answer = presenter.http.get(f"/static/{path}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == kind
    assert answer.headers["cache-control"] == "no-cache"
    again = presenter.http.get(f"/static/{path}", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json"])
def test_the_frameworks_own_pages_are_off(path: str) -> None:
    assert ask(path).status_code == 404


# WebSockets, against a real server


def handshake_status(visitor: Visitor, **options: Any) -> int:
    try:
        with visitor.connect("none", **options) as socket:
            with pytest.raises(ConnectionClosed):
                while True:
                    socket.recv(20)
            return 101
    except InvalidStatus as error:
        return error.response.status_code


def test_a_websocket_needs_exactly_our_origin(presenter: Visitor) -> None:
    other = presenter.base_url.replace("127.0.0.1", "localhost")
    assert handshake_status(presenter) == 101
    for origin in (None, "null", "http://evil.example", other, presenter.base_url + ".evil.example"):
        assert handshake_status(presenter, origin=origin) == 403


@pytest.mark.parametrize("host", ["evil.example", "192.0.2.7", "127.0.0.1.evil.example"])
def test_a_websocket_needs_our_host(presenter: Visitor, host: str) -> None:
    server = urlsplit(presenter.base_url)
    assert server.hostname
    assert server.port
    with pytest.raises(InvalidStatus) as caught, socket.create_connection((server.hostname, server.port)) as connection:
        options: dict[str, Any] = {"sock": connection, "origin": f"http://{host}", "proxy": None}
        with connect(f"ws://{host}/ws/runs/none/0", additional_headers={"Cookie": presenter.cookie}, **options):
            raise AssertionError("a foreign host was let in")
    assert caught.value.response.status_code == 403


def test_a_viewers_token_controls_nothing(presenter: Visitor, viewer: Visitor) -> None:
    run = presenter.start()["id"]
    assert viewer.post("/api/runs", {"structure": "treiber-stack"}).status_code == 403
    assert viewer.control(run, "pause").status_code == 403
    assert viewer.http.delete(f"/api/runs/{run}").status_code == 403
    with viewer.watch(run) as watcher:
        assert watcher.hello["role"] == "viewer"
        assert "presenter" in watcher.command("pause")["message"]
        watcher.send(type="knobs", id=2, knobs={"threads": 1})
        assert watcher.until("error")["id"] == 2
    assert presenter.run(run)["state"] == "running"
    assert presenter.run(run)["knobs"]["threads"] == 4


@pytest.mark.parametrize("text", ["", "{", '{"type":"hello"}', '{"type":"join"}', "[" * 9000])
def test_malformed_messages_are_answered_and_closed(presenter: Visitor, text: str) -> None:
    run = presenter.start()["id"]
    with presenter.connect(run) as socket:
        socket.send(text)
        answer = json.loads(socket.recv(20))
        assert answer["type"] == "error"
        with pytest.raises(ConnectionClosed) as caught:
            socket.recv(20)
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1008
    assert presenter.run(run)["state"] == "running"


def test_a_binary_message_is_answered_and_closed(presenter: Visitor) -> None:
    run = presenter.start()["id"]
    with presenter.watch(run) as watcher:
        watcher.socket.send(b"\1\2\3")
        assert "binary" in watcher.until("error")["message"]
        with pytest.raises(ConnectionClosed):
            watcher.until("done")
    assert presenter.run(run)["state"] == "running"


def test_an_oversized_message_is_cut_off(presenter: Visitor) -> None:
    run = presenter.start()["id"]
    with presenter.watch(run) as watcher, presenter.watch(run) as other:
        with pytest.raises(ConnectionClosed) as caught:
            watcher.socket.send("x" * (MESSAGE_BYTES + 1))
            watcher.until("error")
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1009
        assert other.command("pause")["type"] == "done"


def test_text_that_is_no_utf8_is_cut_off(presenter: Visitor) -> None:
    run = presenter.start()["id"]
    with presenter.watch(run) as watcher:
        watcher.socket.send(b"\xff\xfe\xfa", text=True)
        with pytest.raises(ConnectionClosed):
            watcher.until("done")
    assert presenter.run(run)["state"] == "running"


@pytest.mark.parametrize(
    ("path", "field"),
    [("nothing/0", "run"), ("RUN/1", "side"), ("RUN/2", "side"), ("RUN/-1", "side"), ("RUN/x", "side")],
)
def test_unknown_runs_and_sides_are_named(presenter: Visitor, path: str, field: str) -> None:
    run, _, side = path.replace("RUN", presenter.start()["id"]).partition("/")
    with presenter.connect(run, side) as socket:  # type: ignore[arg-type]
        answer = json.loads(socket.recv(20))
    assert (answer["type"], answer["field"]) == ("error", field)
