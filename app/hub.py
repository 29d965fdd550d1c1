"""Viewers: each has one reader and one writer task, and no queue of its own for records.

A viewer stands at a sequence number of its side's history and takes what follows. Where it falls further behind than
its budget, its backlog is dropped: it gets a snapshot and how many records it missed. Every send has a time limit; who
does not read is cut off. Nothing here ever waits for a viewer except that viewer's own writer.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final, Protocol

from app.checks import FieldError
from app.messages import Command, Join, MessageError, SetKnobs, encode, parse_message, with_skipped
from app.security import Role
from app.services.errors import Refusal
from app.services.stream import Feed, Stream
from lockfree_core.errors import KnobError
from lockfree_core.trace.layout import describe_layout

__all__ = ["Closed", "Control", "CutOff", "Limits", "Socket", "Viewer"]

CutOff = Callable[[Any], None]
"""Drops the connection of a client address at once, whatever is still unsent."""

POLICY_VIOLATION: Final = 1008
GOING_AWAY: Final = 1001

_STATE_ORDER: Final = ("counters", "account", "held")


class Closed(Exception):
    """The other end of a socket is gone."""


class Socket(Protocol):
    """A WebSocket, as far as a viewer knows it. All but ``abort`` raise Closed when the other end is gone."""

    async def receive(self) -> str | bytes:
        """The next message."""

    async def send(self, message: str | bytes) -> None:
        """Hand over a message; waits while the other end does not read."""

    async def close(self, code: int, reason: str) -> None:
        """Close in good order."""

    def abort(self) -> None:
        """Drop the connection at once."""


class Control(Protocol):
    """What a presenter's messages do. Both raise Refusal, FieldError or KnobError."""

    async def control(self, command: Command) -> None:
        """Carry out a command; returns when it has taken effect."""

    async def set_knobs(self, changes: dict[str, Any]) -> None:
        """Set some knobs; returns when they hold."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a viewer may take. ``backlog`` None: half of the history."""

    backlog: int | None = None
    send_s: float = 10.0
    join_s: float = 10.0
    close_s: float = 2.0
    snapshot_s: float = 2.0
    replies: int = 64
    commands: int = 64


@dataclass(slots=True)
class _Need:
    """That a viewer can go on only from a snapshot: why, from which one on, and since when it waits."""

    reason: str
    at_least: int
    since: float


class _Stop(Exception):
    """The connection is to be closed with that code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Viewer:
    """One connection to one side of a run."""

    def __init__(self, socket: Socket, feed: Feed, role: Role, control: Control, limits: Limits | None = None) -> None:
        self.skipped = 0
        self.generation = -1
        self.next = 0  # the sequence number that it gets next
        self._socket = socket
        self._feed = feed
        self._role = role
        self._control = control
        self._limits = limits or Limits()
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._replies: deque[str] = deque()
        self._commands: set[asyncio.Task[None]] = set()
        self._names_sent = 0
        self._seen: dict[str, int] = {}
        self._need: _Need | None = None

    def wake(self) -> None:
        """Look whether there is something to send."""
        self._wake.set()

    async def run(self) -> None:
        """Serve the connection until it ends; never raises for what the other end does."""
        try:
            stop = await self._talk()
            if stop is not None:
                async with asyncio.timeout(self._limits.close_s):
                    await self._flush()
                    await self._socket.close(stop.code, stop.reason)
        except Closed:
            pass
        except TimeoutError:
            self._socket.abort()
        finally:
            self._feed.leave(self)
            for task in self._commands:
                task.cancel()

    async def _talk(self) -> _Stop | None:
        """Join, then read and write until one of the two ends; what ended it, or None if nothing is left to say."""
        try:
            await self._join()
        except _Stop as stop:
            return stop
        tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._write())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        ended = next((result for result in results if not isinstance(result, asyncio.CancelledError)), None)
        if isinstance(ended, _Stop):
            return ended
        if isinstance(ended, BaseException):
            raise ended
        return None

    # Reading

    async def _join(self) -> None:
        try:
            async with asyncio.timeout(self._limits.join_s):
                join = self._parse(await self._socket.receive())
        except TimeoutError:
            raise _Stop(POLICY_VIOLATION, "no join came") from None
        if not isinstance(join, Join):
            self._refuse(None, "type", "must be join in the first message")
            raise _Stop(POLICY_VIOLATION, "the first message must be join")
        stream = self._feed.stream
        if stream is None:
            raise _Stop(GOING_AWAY, "the run has no such side any more")
        resumed = join.generation == stream.generation and join.after is not None and stream.history.has(join.after + 1)
        self._feed.enter(self)
        self._attach(stream, "join")
        if resumed and join.after is not None:
            self._need, self.next = None, join.after + 1
        hello = {"role": self._role, "run": self._feed.run.describe(), "side": self._feed.side,
                 "layout": describe_layout(), "names": stream.names, "resumed": resumed}  # fmt: skip
        await self._send(encode("hello", hello))

    def _attach(self, stream: Stream, reason: str) -> None:
        """Begin with a generation; the caller has told, or tells next, all names so far."""
        self.generation = stream.generation
        self.next = 0
        self._names_sent = len(stream.name_texts)
        self._seen = {"run": self._feed.run.description[0]}
        self._need = _Need(reason, -1, asyncio.get_running_loop().time())

    async def _read(self) -> None:
        while True:
            message = self._parse(await self._socket.receive())
            if isinstance(message, Join):
                self._refuse(None, "type", "join comes once, as the first message")
                raise _Stop(POLICY_VIOLATION, "a second join")
            if message is not None:
                self._obey(message)
            while len(self._replies) >= self._limits.replies:
                self._room.clear()
                await self._room.wait()

    def _parse(self, frame: str | bytes) -> Join | Command | SetKnobs | None:
        """The message, or None for one that was refused and may be followed by a better one."""
        try:
            if isinstance(frame, bytes):
                raise MessageError(None, "the message must be text; got a binary one")
            return parse_message(frame)
        except MessageError as error:
            self._refuse(error.id, error.field, error.reason)
            if error.id is None:
                raise _Stop(POLICY_VIOLATION, "the message could not be understood") from None
            return None

    def _obey(self, message: Command | SetKnobs) -> None:
        if self._role != "presenter":
            self._refuse(message.id, None, "only the presenter controls; this is a viewer's link")
        elif len(self._commands) >= self._limits.commands:
            self._refuse(message.id, None, f"{self._limits.commands} commands have not taken effect yet; wait for one")
        else:
            work = (
                self._control.control(message)
                if isinstance(message, Command)
                else self._control.set_knobs(message.knobs)
            )
            task = asyncio.create_task(self._answer(message.id, work))
            self._commands.add(task)
            task.add_done_callback(self._commands.discard)

    async def _answer(self, id: int | None, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except (Refusal, FieldError, KnobError) as error:
            reason = str(error) if isinstance(error, Refusal) else error.reason
            self._refuse(id, error.field, reason)
        else:
            self._reply(encode("done", {"id": id}))

    def _refuse(self, id: int | None, field: str | None, message: str) -> None:
        self._reply(encode("error", {"id": id, "field": field, "message": message}))

    def _reply(self, text: str) -> None:
        self._replies.append(text)
        self._wake.set()

    # Writing

    async def _write(self) -> None:
        while True:
            self._wake.clear()
            while await self._advance():
                pass
            with_limit = self._limits.snapshot_s / 4 if self._need else None
            try:
                async with asyncio.timeout(with_limit):
                    await self._wake.wait()
            except TimeoutError:
                continue  # the snapshot did not come: see whether an older one must do

    async def _advance(self) -> bool:
        """Send the next thing, if there is one. Replies first, then what changed, then names, then records."""
        if self._replies:
            await self._send(self._replies.popleft())
            self._room.set()
            return True
        stream = self._feed.stream
        if stream is None:
            raise _Stop(GOING_AWAY, "the run has no such side any more")
        if stream.generation != self.generation:
            self._attach(stream, "start")
            fields = {"run": self._feed.run.describe(), "names": stream.names}
            await self._send(encode("restarted", fields))
            return True
        return await self._send_state(stream) or await self._send_names(stream) or await self._send_records(stream)

    async def _send_state(self, stream: Stream) -> bool:
        version, text = self._feed.run.description
        if version > self._seen["run"]:
            self._seen["run"] = version
            await self._send(text)
            return True
        for kind in _STATE_ORDER:
            version, text = stream.state.get(kind, (0, ""))
            if version > self._seen.get(kind, 0):
                self._seen[kind] = version
                await self._send(with_skipped(text, self.skipped) if kind == "counters" else text)
                return True
        return False

    async def _send_names(self, stream: Stream) -> bool:
        if self._names_sent == len(stream.name_texts):
            return False
        text = stream.name_texts[self._names_sent]
        self._names_sent += 1
        await self._send(text)
        return True

    async def _send_records(self, stream: Stream) -> bool:
        """The snapshot that it waits for, or the next piece, or the end. No await between the look and the choice."""
        history = stream.history
        if self._need is None and (self.next < history.first or history.backlog(self.next) > self._backlog(stream)):
            self._need = _Need("overflow", self.next, asyncio.get_running_loop().time())
        if self._need is not None:
            return await self._send_snapshot(stream, self._need)
        piece = history.piece_at(self.next)
        if piece is None:
            return await self._send_end(stream)
        frame = piece.after(self.next - 1, self.generation)
        self.next = piece.end
        if piece.lost:
            self._need = _Need("lost", piece.end - 1, asyncio.get_running_loop().time())
        await self._send(frame)
        return True

    async def _send_snapshot(self, stream: Stream, need: _Need) -> bool:
        history = stream.history
        snapshot = history.best(need.at_least)
        is_near = snapshot is not None and history.end - snapshot.sequence - 1 <= history.short_way
        if snapshot is None and stream.is_over:  # what can be shown has been shown
            self._need = None
            return await self._send_end(stream)
        if snapshot is None or not (is_near or stream.is_over or self._has_waited(stream, need, snapshot.sequence)):
            stream.want_snapshot(need.reason)
            return False
        missed = None if need.reason in ("join", "start") else max(0, snapshot.sequence + 1 - self.next)
        self._need, self.next = None, snapshot.sequence + 1
        self.skipped += missed or 0
        await self._send(snapshot.text(need.reason, missed))
        return True

    def _has_waited(self, stream: Stream, need: _Need, sequence: int) -> bool:
        """Whether no fresh snapshot came in time, and the newest one is no worse than the budget allows."""
        waited = asyncio.get_running_loop().time() - need.since
        return waited >= self._limits.snapshot_s and stream.history.backlog(sequence + 1) <= self._backlog(stream)

    def _backlog(self, stream: Stream) -> int:
        """The most bytes that it may be behind. A run that is over changes no more: everything that is left is sent."""
        if stream.is_over:
            return stream.history.budget * 4
        return self._limits.backlog if self._limits.backlog is not None else stream.history.budget // 2

    async def _send_end(self, stream: Stream) -> bool:
        version, text = stream.state.get("ended", (0, ""))
        if version <= self._seen.get("ended", 0):
            return False
        self._seen["ended"] = version
        await self._send(text)
        return True

    async def _flush(self) -> None:
        while self._replies:
            await self._send(self._replies.popleft())

    async def _send(self, message: str | bytes) -> None:
        async with asyncio.timeout(self._limits.send_s):
            await self._socket.send(message)
