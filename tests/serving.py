"""What the tests need of processes and HTTP: the real server as a child process, and a file server for ES modules."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

ROOT = Path(__file__).resolve().parent.parent
START_LIMIT_S = 60.0
STOP_LIMIT_S = 30.0

_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/\?token=\S+")


def wait_until(condition: Callable[[], bool], limit_s: float, what: str) -> None:
    """Poll until the condition holds; after the limit fail, naming what was waited for."""
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {limit_s:g} s: {what}")
        time.sleep(0.01)


def session_members(session: int) -> list[int]:
    """Processes of a session that still run; zombies nobody has collected do not count."""
    members = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it ended while we looked
            state, _parent, _group, its_session = stat.read_text().rpartition(")")[2].split()[:4]
            if int(its_session) == session and state not in "ZX":
                members.append(int(stat.parent.name))
    return members


@contextlib.contextmanager
def reserved_port() -> Iterator[int]:
    """A port of 127.0.0.1 that only those get who name it, one after the other.

    It is bound and not listened on: a server that reuses addresses can listen there, nobody is given it by chance, and
    while no server is there connections are refused.
    """
    with socket.socket() as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@dataclass(frozen=True)
class Server:
    """A running server: address, token, the process behind both, and all that it has printed once it ended."""

    launch_url: str
    process: subprocess.Popen[str]
    printed: Callable[[], str]

    @property
    def base_url(self) -> str:
        parts = urlsplit(self.launch_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def token(self) -> str:
        return parse_qs(urlsplit(self.launch_url).query)["token"][0]


@contextlib.contextmanager
def running_server(command: Sequence[str | Path], home: Path, env: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Start a server in a session of its own; end it by SIGTERM and see that nothing of it is left.

    Everything it may want to keep goes under ``home``.
    """
    directories = {"HOME": home, "XDG_DATA_HOME": home, "XDG_STATE_HOME": home, "XDG_CACHE_HOME": home}
    process = subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=home,
        env={**os.environ, **{name: str(path) for name, path in directories.items()}, **(env or {})},
        start_new_session=True,
    )
    output = _Output(process)
    try:
        wait_until(lambda: output.address is not None or output.ended, START_LIMIT_S, "the server printing its address")
        assert output.address is not None, f"the server ended without an address:\n{output.text}"
        yield Server(output.address, process, output.whole)
        assert process.poll() is None, f"the server ended by itself with {process.returncode}:\n{output.text}"
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_LIMIT_S)
        wait_until(lambda: not session_members(process.pid), STOP_LIMIT_S, "the server's child processes ending")
    finally:
        for member in session_members(process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(member, signal.SIGKILL)
        process.wait(STOP_LIMIT_S)
        output.close()
    assert "Exception in ASGI" not in output.text, output.text
    assert process.returncode in (0, -signal.SIGTERM), f"the server ended with {process.returncode}:\n{output.text}"


class _Output:
    """Reads what a process prints, so that its pipe never fills, and finds the address in it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.address: str | None = None
        self.ended = False
        self._lines: list[str] = []
        self._process = process
        self._reader = threading.Thread(target=self._read, name="server output", daemon=True)
        self._reader.start()

    @property
    def text(self) -> str:
        return "".join(self._lines)

    def whole(self) -> str:
        self._reader.join(STOP_LIMIT_S)
        assert not self._reader.is_alive(), "the server goes on printing"
        return self.text

    def close(self) -> None:
        self._reader.join(STOP_LIMIT_S)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.append(line)
            found = _ADDRESS.search(line)
            if found and self.address is None:
                self.address = found[0]
        self.ended = True


class _StaticHandler(SimpleHTTPRequestHandler):
    """``/static/…`` from a folder, an empty page at ``/``, nothing cached, nothing logged."""

    extensions_map = {
        **SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript",
        ".mjs": "text/javascript",
        ".css": "text/css",
        ".json": "application/json",
        ".svg": "image/svg+xml",
    }

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path.startswith("/static/"):
            self.path = path.removeprefix("/static")
            super().do_GET()
        elif path == "/":
            self._answer(200, b'<!doctype html><html lang="en"><title>modules under test</title><body></body></html>')
        else:
            self._answer(204 if path == "/favicon.ico" else 404)

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextlib.contextmanager
def serving_files(folder: Path) -> Iterator[str]:
    """Serve a folder under ``/static/`` on 127.0.0.1; yields the base URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_StaticHandler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="static files")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
