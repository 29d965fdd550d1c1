"""The guard before the application: who may ask what, from where. Every request and every WebSocket passes it.

The server starts processes on its user's machine, so a page of another site must be able neither to control it (exact
Origin, SameSite cookie, JSON only) nor to read from it (Host allow-list against DNS rebinding, no CORS). Three roles:
the *presenter* controls, a *viewer* looks on, and *nobody* is turned away. See "Security" in ``docs/protocol.md``.
"""

from __future__ import annotations

import hmac
import ipaddress
import socket
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from typing import Final, Literal
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.checks import BODY_BYTES
from app.settings import Settings
from app.templating import message_page

__all__ = ["Guard", "HostRule", "Role", "cookie_name", "error_response", "is_page", "role_of"]

Role = Literal["presenter", "viewer"]

SAFE_METHODS: Final = ("GET", "HEAD")
# What a body may have where it is more than elsewhere: a result file of the bench.
_LARGER: Final = {"/api/bench/runs": 64 * 1024 * 1024}
_ENTRANCES: Final = ("/", "/watch", "/step", "/measure")

_HEADERS: Final = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
# Plotly adds an empty style element and fills it rule by rule through its object, which needs this much and no more.
_EMPTY_STYLE: Final = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' {empty}; img-src 'self' data: blob:; "
    "font-src 'self'; "
    "connect-src 'self' ws://{host} wss://{host}; worker-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'; object-src 'none'"
)


def error_response(status: int, message: str, field: str | None = None) -> JSONResponse:
    """An error as the HTTP interface tells it."""
    return JSONResponse({"error": {"field": field, "message": message}}, status)


def is_page(path: str) -> bool:
    """Whether a person reads what comes from that path, and not a script."""
    return not path.startswith(("/api/", "/static/", "/ws/"))


def cookie_name(settings: Settings) -> str:
    """Cookies do not know ports, so the name does: servers side by side keep their visitors apart."""
    return f"lockfree_lab_{settings.port}"


def _same(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), token.encode())


def role_of(settings: Settings, token: str | None) -> Role | None:
    """The role that a token gives; None for a token that is none. Takes the same time for every wrong one."""
    is_presenter = _same(token or "", settings.presenter_token)
    is_viewer = _same(token or "", settings.viewer_token)
    return "presenter" if is_presenter else "viewer" if is_viewer else None


class HostRule:
    """The Host allow-list.

    On loopback: this machine's names for itself. Beyond it: any address (only a *name* can be rebound to another
    machine), this machine's name, and in both cases what ``--allow-host`` lists, with its port where it gives one.
    """

    def __init__(self, settings: Settings) -> None:
        self._listed = frozenset(settings.allow_host)
        self._remote = settings.allow_remote
        self._own = {"localhost"}
        if settings.allow_remote:
            self._own.add(socket.gethostname().lower())

    def is_listed(self, host: str) -> bool:
        """Whether ``--allow-host`` names it, as it stands or without its port."""
        return host.lower() in self._listed or _split_port(host.lower())[0] in self._listed

    def allows(self, host: str) -> bool:
        """Whether a request with that Host header may pass."""
        name, port = _split_port(host.lower())
        if not name or (port and not (port.isascii() and port.isdigit() and len(port) <= 5)):
            return False
        if self.is_listed(host) or name in self._own:
            return True
        try:
            address = ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
        except ValueError:
            return False
        return (address.version == 6) == name.startswith("[") and (self._remote or address.is_loopback)

    def allows_origin(self, origin: str, host: str) -> bool:
        """Whether a page of that origin is one of ours: exactly the address that was asked, nothing near it."""
        if origin.lower() == f"http://{host.lower()}":
            return True
        return self.is_listed(host) and origin.lower() == f"https://{host.lower()}"


def _split_port(host: str) -> tuple[str, str]:
    if host.startswith("["):
        name, bracket, rest = host.partition("]")
        well_formed = bracket and (not rest or rest.startswith(":"))
        return (name + bracket, rest.removeprefix(":")) if well_formed else ("", "")
    name, _, port = host.partition(":")
    return name, port


class Guard:
    """ASGI middleware: checks Host, Origin, role, verb and size before the application sees anything.

    Past it ``scope["role"]`` is ``presenter`` or ``viewer``.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._hosts = HostRule(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or let the application do so."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        host = headers.get("host", "") if len(headers.getlist("host")) == 1 else ""
        send = _with_headers(send, host if self._hosts.allows(host) else "")
        answer = self._refuse_host(host) or self._enter(scope) or self._refuse(scope, headers, host)
        if answer is None and scope["method"] not in SAFE_METHODS:
            body = await _read_body(receive, _most_bytes(scope))
            answer = _too_large("more", _most_bytes(scope)) if body is None else None
            receive = _replay(body or b"", receive)
        await (answer or self._app)(scope, receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        well_come = (
            len(hosts) == len(origins) == 1
            and self._hosts.allows(hosts[0])
            and self._hosts.allows_origin(origins[0], hosts[0])
        )
        role = self._role(headers)
        if not well_come or role is None:
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
            return
        scope["role"] = role
        await self._app(scope, receive, send)

    def _refuse_host(self, host: str) -> Response | None:
        if self._hosts.allows(host):
            return None
        text = "This address is not one that the server answers to. Start it with --allow-host NAME to add one."
        return message_page(400, "Unknown host", text)

    def _enter(self, scope: Scope) -> Response | None:
        """What a link with a token leads to: the cookie, and the same page without the token in its address."""
        if scope["method"] not in SAFE_METHODS:
            return None
        path, query = scope["path"], parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        if path.startswith("/view/"):
            token: str | None = path.removeprefix("/view/")
        elif path in _ENTRANCES:
            token = next((value for name, value in query if name == "token"), None)
        else:
            return None
        if token is None:
            return None
        role = role_of(self._settings, token)
        if role is None or (path.startswith("/view/") and role != "viewer"):
            text = "It belongs to another start of the server. Use the link that the server printed last."
            return message_page(401, "This link is not valid", text)
        return self._let_in(scope, token, role, [pair for pair in query if pair[0] != "token"])

    def _let_in(self, scope: Scope, token: str, role: Role, query: list[tuple[str, str]]) -> Response:
        page = scope["path"] if scope["path"] in _ENTRANCES[1:] else "/watch"
        answer = RedirectResponse(page + ("?" + urlencode(query) if query else ""), 303)
        answer.headers["cache-control"] = "no-store"
        if role == "presenter" or self._token_role(Headers(scope=scope)) != "presenter":
            answer.set_cookie(cookie_name(self._settings), token, httponly=True, samesite="strict", path="/")
        return answer

    def _refuse(self, scope: Scope, headers: Headers, host: str) -> Response | None:
        role = self._role(headers)
        if role is None:
            return self._refuse_nobody(scope)
        scope["role"] = role
        if scope["method"] in SAFE_METHODS:
            return None
        origins = headers.getlist("origin")
        if len(origins) != 1 or not self._hosts.allows_origin(origins[0], host):
            return error_response(403, "this request does not come from a page of this server (its Origin header)")
        if role != "presenter":
            return error_response(403, "only the presenter controls; open the link that the server printed")
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return error_response(415, "the content type must be application/json", "content-type")
        return _refuse_length(headers.get("content-length"), _most_bytes(scope))

    def _refuse_nobody(self, scope: Scope) -> Response | None:
        path = scope["path"]
        if path.startswith("/static/") and scope["method"] in SAFE_METHODS:
            return None  # the page that says so has a style; nothing under this path is secret
        if not is_page(path):
            return error_response(401, "a token is needed; open the link that the server printed at its start")
        text = "This server needs a token. Ask whoever started it for the viewer's link, or use the one it printed."
        return message_page(401, "Who are you?", text)

    def _token_role(self, headers: Headers) -> Role | None:
        jar: SimpleCookie = SimpleCookie()
        try:
            for line in headers.getlist("cookie"):
                jar.load(line)
        except CookieError:
            return None
        found = jar.get(cookie_name(self._settings))
        return role_of(self._settings, found.value if found else None)

    def _role(self, headers: Headers) -> Role | None:
        return self._token_role(headers) or ("viewer" if self._settings.open_to_viewers else None)


def _most_bytes(scope: Scope) -> int:
    return _LARGER.get(scope["path"], BODY_BYTES)


def _refuse_length(length: str | None, most: int) -> Response | None:
    if length is not None and (not length.isdigit() or int(length[:12]) > most):
        return _too_large(length[:20], most)
    return None


def _too_large(got: str, most: int) -> Response:
    return error_response(413, f"the body must have at most {most} bytes; got {got}", "content-length")


async def _read_body(receive: Receive, most: int) -> bytes | None:
    """The whole body, or None where it is too large, whatever its Content-Length said."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > most:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Gives the application the body that has been read, and after it whatever comes."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _with_headers(send: Send, host: str) -> Send:
    policy = _POLICY.format(host=host, empty=_EMPTY_STYLE) if host else "default-src 'none'; frame-ancestors 'none'"

    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message["headers"])
            for name, value in _extra(policy):
                headers[name] = value
            headers.setdefault("cache-control", "no-store")
        await send(message)

    return with_headers


def _extra(policy: str) -> Iterable[tuple[str, str]]:
    yield from _HEADERS.items()
    yield "content-security-policy", policy
