"""Viewers over sockets that a test holds in its hand, and a run whose engine is the test itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from app.hub import Closed, Limits, Viewer
from app.messages import BATCH_HEADER, Command, encode
from app.security import Role
from app.services.errors import Refusal
from app.services.stream import Feed, Stream
from lockfree_core.errors import KnobError
from tests.web.records import records, snapshot

LIMIT_S = 60.0
PATIENT = Limits(send_s=LIMIT_S, join_s=LIMIT_S, close_s=LIMIT_S, snapshot_s=LIMIT_S)
"""What a viewer may take where a test waits for something else than the end of its patience."""


class FakeSocket:
    """The other end: ``sent`` is what came; while ``reads`` is not set it takes nothing."""

    def __init__(self) -> None:
        self.incoming: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self.sent: list[dict[str, Any]] = []
        self.reads = asyncio.Event()
        self.reads.set()
        self.closed: tuple[int, str] | None = None
        self.aborted = False
        self.sending = False

    async def receive(self) -> str | bytes:
        message = await self.incoming.get()
        if message is None:
            raise Closed
        return message

    async def send(self, message: str | bytes) -> None:
        self.sending = True
        await self.reads.wait()
        self.sending = False
        if isinstance(message, bytes):
            _, _, generation, count, first = BATCH_HEADER.unpack_from(message)
            self.sent.append({"type": "batch", "generation": generation, "first": first, "count": count})
        else:
            self.sent.append(json.loads(message))

    async def close(self, code: int, reason: str) -> None:
        self.closed = (code, reason)

    def abort(self) -> None:
        self.aborted = True

    def say(self, **message: Any) -> None:
        self.incoming.put_nowait(json.dumps(message))

    def types(self) -> list[str]:
        return [message["type"] for message in self.sent]

    def of(self, type: str) -> list[dict[str, Any]]:
        return [message for message in self.sent if message["type"] == type]

    def total(self) -> int:
        return sum(count for _, count in self.received())

    def received(self) -> list[tuple[int, int]]:
        return [(batch["first"], batch["count"]) for batch in self.of("batch")]


class FakeRun:
    """A run without an engine: the test plays the engine by calling the stream."""

    def __init__(self, budget: int = 1 << 20) -> None:
        self.version = 0
        self.generation = 0
        self.budget = budget
        self.asked: list[str] = []
        self.commands: list[Command] = []
        self.knobs: list[dict[str, Any]] = []
        self.hold: asyncio.Event | None = None
        self.feed = Feed(self, 0)
        self.restart()

    @property
    def stream(self) -> Stream:
        assert self.feed.stream is not None
        return self.feed.stream

    @property
    def description(self) -> tuple[int, str]:
        return self.version, encode("run", {"run": self.describe()})

    def describe(self) -> dict[str, Any]:
        return {"id": "r", "generation": self.generation, "viewers": len(self.feed.viewers)}

    def viewers_changed(self) -> None:
        self.version += 1
        self.feed.wake()

    def restart(self) -> None:
        self.generation += 1
        self.feed.stream = Stream(self.generation, self.budget, self.asked.append)
        self.feed.stream.add_snapshot(snapshot(-1, "start"))
        self.feed.wake()

    def add(self, count: int, lost: int = 0) -> None:
        first = self.stream.history.end
        self.stream.add_records(first, records(first, count), count, lost)
        self.feed.wake()

    def snap(self, reason: str = "request") -> None:
        self.stream.add_snapshot(snapshot(self.stream.history.end - 1, reason))
        self.feed.wake()

    async def control(self, command: Command) -> None:
        self.commands.append(command)
        if self.hold is not None:
            await self.hold.wait()
        if command.action == "thaw":
            raise Refusal(409, "thread 1 is not frozen")

    async def set_knobs(self, changes: dict[str, Any]) -> None:
        if "threads" in changes and changes["threads"] > 32:
            raise KnobError("threads", "must be from 1 to 32; got 99")
        self.knobs.append(changes)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not condition():
            await asyncio.sleep(0)


@asynccontextmanager
async def viewing(
    run: FakeRun,
    role: Role = "presenter",
    join: bool = True,
    after: int | None = None,
    generation: int | None = None,
    limits: Limits | None = None,
) -> AsyncIterator[FakeSocket]:
    others = set(run.feed.viewers)
    socket = FakeSocket()
    task = asyncio.create_task(Viewer(socket, run.feed, role, run, limits or PATIENT).run())
    if join:
        socket.say(type="join", after=after, generation=generation)
        await until(lambda: socket.of("hello") or not socket.reads.is_set())
    try:
        yield socket
    finally:
        socket.incoming.put_nowait(None)
        socket.reads.set()
        async with asyncio.timeout(LIMIT_S):
            await task
        assert run.feed.viewers <= others


def has_all(socket: FakeSocket, records: int) -> bool:
    return socket.total() == records


def run_async(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), LIMIT_S * 2))
