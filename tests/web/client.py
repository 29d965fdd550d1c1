"""A visitor of a real server: HTTP with the presenter's or the viewer's cookie, and WebSockets."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
from websockets.sync.client import ClientConnection, connect

from app.messages import BATCH_HEADER
from lockfree_core.trace.layout import FIELDS, RECORD_BYTES, Kind

LIMIT_S = 60.0
KIND_AT = next(field.offset for field in FIELDS if field.name == "kind")


class Visitor:
    """Somebody with a cookie, or without one (``token`` None)."""

    def __init__(self, base_url: str, token: str | None) -> None:
        self.base_url = base_url
        port = urlsplit(base_url).port
        self.cookie = f"lockfree_lab_{port}={token}" if token else ""
        headers = {"Origin": base_url, "Content-Type": "application/json"}
        if token:
            headers["Cookie"] = self.cookie
        self.http = httpx.Client(base_url=base_url, headers=headers, timeout=LIMIT_S, trust_env=False)

    def close(self) -> None:
        self.http.close()

    def post(self, path: str, body: object = None) -> httpx.Response:
        return self.http.post(path, content=json.dumps({} if body is None else body))

    def start(self, structure: str = "treiber-stack", **fields: Any) -> dict[str, Any]:
        """Start a run, stopping whatever still runs: tests share a server, and its limit is theirs."""
        for run in self.http.get("/api/runs").json()["runs"]:
            self.http.delete(f"/api/runs/{run['id']}")
        answer = self.post("/api/runs", {"structure": structure, **fields})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def control(self, run: str, action: str, **fields: Any) -> httpx.Response:
        return self.post(f"/api/runs/{run}/control", {"action": action, **fields})

    def run(self, run: str) -> dict[str, Any]:
        return dict(self.http.get(f"/api/runs/{run}").json())

    @contextmanager
    def connect(self, run: str, side: int = 0, origin: str | None = "", **options: Any) -> Iterator[ClientConnection]:
        """A WebSocket, without a join. ``origin`` empty: the right one."""
        address = f"ws{self.base_url.removeprefix('http')}/ws/runs/{run}/{side}"
        headers = {"Cookie": self.cookie} if self.cookie else {}
        origin = self.base_url if origin == "" else origin
        headers.update(options.pop("additional_headers", {}))
        with connect(
            address, origin=origin, additional_headers=headers, max_size=None, compression=None, proxy=None,  # type: ignore[arg-type]
            open_timeout=LIMIT_S,
            close_timeout=1, **options,
        ) as socket:  # fmt: skip
            yield socket

    @contextmanager
    def watch(
        self, run: str, side: int = 0, after: int | None = None, generation: int | None = None
    ) -> Iterator[Watcher]:
        """A viewer that has joined."""
        with self.connect(run, side) as socket:
            socket.send(json.dumps({"type": "join", "after": after, "generation": generation}))
            yield Watcher(socket)


class Watcher:
    """Reads a stream, keeps what came, and fails where records have a hole that nobody announced."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.next: int | None = None
        self.records = 0
        self.skipped = 0
        self.lost = 0
        self.batches: list[tuple[int, int, int]] = []  # generation, first, count
        self.seen: list[dict[str, Any]] = []
        self.hello = self.until("hello")
        if self.hello["resumed"]:
            self.next = None  # the first batch says where it goes on

    def receive(self) -> dict[str, Any]:
        """The next message; a batch as ``{"type": "batch", ...}``."""
        frame = self.socket.recv(LIMIT_S)
        if isinstance(frame, bytes):
            return self._batch(frame)
        message: dict[str, Any] = json.loads(frame)
        if message["type"] == "snapshot":
            self.next = message["sequence"] + 1
            self.skipped += message.get("skipped", 0)
        self.seen.append(message)
        return message

    def _batch(self, frame: bytes) -> dict[str, Any]:
        kind, _version, generation, count, first = BATCH_HEADER.unpack_from(frame)
        assert kind == 1
        assert len(frame) == BATCH_HEADER.size + 32 * count
        assert self.next in (None, first), f"a hole: {self.next} was expected, {first} came"
        # A full ring leaves a hole that a LOST record announces; a snapshot follows, from which the count goes on.
        was_lost = int(Kind.LOST) in frame[BATCH_HEADER.size + KIND_AT :: RECORD_BYTES]
        self.lost += was_lost
        self.next = None if was_lost else first + count
        self.records += count
        self.batches.append((generation, first, count))
        return {"type": "batch", "generation": generation, "first": first, "count": count, "frame": frame}

    def latest(self, type: str, accept: Callable[[dict[str, Any]], object] = lambda message: True) -> dict[str, Any]:
        """The newest message of that type that is accepted, among those that came or else among those that come."""
        came = (message for message in reversed(self.seen) if message["type"] == type and accept(message))
        return next(came, None) or self.until(type, accept)

    def until(self, type: str, accept: Callable[[dict[str, Any]], object] = lambda message: True) -> dict[str, Any]:
        """Read on until a message of that type that is accepted."""
        deadline = time.monotonic() + LIMIT_S
        while time.monotonic() < deadline:
            message = self.receive()
            if message["type"] == type and accept(message):
                return message
        raise AssertionError(f"no {type} within {LIMIT_S:g} s; the last were {[m['type'] for m in self.seen[-5:]]}")

    def send(self, **message: Any) -> None:
        self.socket.send(json.dumps(message))

    def command(self, action: str, id: int = 1, **fields: Any) -> dict[str, Any]:
        """Send a command and read on until it is done or refused."""
        self.send(type="command", id=id, action=action, **fields)
        while True:
            message = self.receive()
            if message["type"] in ("done", "error") and message["id"] == id:
                return message
