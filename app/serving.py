"""Listening: the socket, the uvicorn server around the application, and its end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import webbrowser
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import uvicorn

from app.main import create_app
from app.messages import MESSAGE_BYTES
from app.settings import Settings
from lockfree_core.native import unavailable_reason

__all__ = ["ListenError", "listen", "serve"]

_GRACE_S: Final = 1
_KEEP_ALIVE_S: Final = 75  # long, since a browser may lose a POST to a connection that is just being closed


class ListenError(Exception):
    """The address cannot be listened on; the message says what to do."""


def listen(settings: Settings) -> tuple[socket.socket, Settings]:
    """A bound socket, and the settings with the port that it got.

    Raises:
        ListenError: when the port is taken or the address is not this machine's.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ListenError(f"cannot listen on {settings.host}: {error.strerror or error}") from None
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        bound.close()
        raise ListenError(_bind_words(settings, error)) from None
    return bound, replace(settings, port=bound.getsockname()[1])


def _bind_words(settings: Settings, error: OSError) -> str:
    import errno

    if error.errno == errno.EADDRINUSE:
        return (
            f"port {settings.port} is taken, perhaps by another Lockfree Lab. "
            "Stop that one, choose another port with --port, or take a free one with --port 0"
        )
    if error.errno == errno.EACCES:
        return f"port {settings.port} needs more rights than you have; choose one from 1024 on with --port"
    return f"cannot listen on {settings.host} port {settings.port}: {error.strerror or error}"


class _Server(uvicorn.Server):
    """Says where it listens once it does, and drops connections whose other end does not read."""

    def __init__(self, config: uvicorn.Config, settings: Settings, release: Callable[[], None]) -> None:
        super().__init__(config)
        self._settings, self._release = settings, release

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        _announce(self._settings)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        logging.getLogger("uvicorn.error").addFilter(_is_news)
        asyncio.get_running_loop().call_later(_GRACE_S, self._drop_all)
        self._release()
        await super().shutdown(sockets)

    def cut_off(self, client: Any) -> None:
        """Drop the connection of a client address at once."""
        for connection in list(self.server_state.connections):
            if client is not None and getattr(connection, "client", None) == client:
                _abort(connection)

    def _drop_all(self) -> None:
        for connection in list(self.server_state.connections):
            _abort(connection)


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a message of a server that ends is one: that it gives up answers which take long is not."""
    is_cancelled = record.exc_info is not None and isinstance(record.exc_info[1], asyncio.CancelledError)
    return not is_cancelled and not str(record.msg).startswith("Cancel %s running task")


def _abort(connection: Any) -> None:
    transport = getattr(connection, "transport", None)
    if transport is not None:
        transport.abort()


def serve(settings: Settings, bound: socket.socket) -> None:
    """Serve until told to stop. No engine is left behind, whatever happens."""
    server: _Server | None = None
    app = create_app(settings, lambda client: server.cut_off(client) if server is not None else None)
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, ws="websockets-sansio", ws_max_size=MESSAGE_BYTES,
        ws_per_message_deflate=False, proxy_headers=False, server_header=False, timeout_graceful_shutdown=_GRACE_S,
        timeout_keep_alive=_KEEP_ALIVE_S,
        lifespan="on",
    )  # fmt: skip
    server = _Server(config, settings, app.release)
    # uvicorn raises a signal that it caught once more after its end; by then it must not end the process half-way.
    signal.signal(signal.SIGTERM, lambda number, frame: None)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            server.run(sockets=[bound])
    finally:
        app.kill()


def _announce(settings: Settings) -> None:
    base = f"http://{_shown(settings.host)}:{settings.port}"
    address = f"{base}/?token={settings.presenter_token}"
    print(f"Lockfree Lab: {address}", flush=True)
    print(f"For viewers: http://{_shared(settings)}:{settings.port}/view/{settings.viewer_token}", flush=True)
    missing = unavailable_reason()
    if missing is not None:
        print(f"Without hardware atomics: {missing}. Cells are emulated; Measure leaves out what is in C.", flush=True)
    if not settings.no_browser:
        import threading

        # Some browsers are started in the foreground; the server must not wait for them.
        threading.Thread(target=_open_browser, args=(address,), daemon=True).start()


def _open_browser(address: str) -> None:
    with contextlib.suppress(webbrowser.Error, OSError):
        webbrowser.open(address)


def _shown(host: str) -> str:
    """The host as this machine reaches it."""
    if host in ("0.0.0.0", ""):
        return "127.0.0.1"
    return "[::1]" if host == "::" else f"[{host}]" if ":" in host else host


def _shared(settings: Settings) -> str:
    """The host as others reach it, as far as this machine can tell."""
    if settings.host not in ("0.0.0.0", "::", ""):
        return _shown(settings.host)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # sends nothing: it only asks which address would be used
        return str(probe.getsockname()[0])
    return _shown(settings.host)
