"""One engine process as the server sees it: commands in, reports out, never blocking the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import signal
import subprocess
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Protocol

from app.services.errors import Refusal

if TYPE_CHECKING:
    from lockfree_core.drive.launch import Launch

__all__ = ["COMMAND_LIMIT_S", "ERROR_TAIL", "Engine", "EngineListener", "exit_words", "launch"]

ERROR_TAIL: Final = 4096
COMMAND_LIMIT_S: Final = 10.0

_UNSENT_LIMIT: Final = 1 << 20
_STOP_LIMIT_S: Final = 0.7
_KILL_LIMIT_S: Final = 5.0
_ERRORS_LIMIT_S: Final = 0.5


class EngineListener(Protocol):
    """Whoever is told what an engine says."""

    def on_report(self, report: dict[str, Any]) -> None:
        """A report that answers no command."""

    def on_exit(self, code: int, errors: str) -> None:
        """The process is gone; ``errors`` is the end of what it wrote to its standard error."""


async def launch(python: str | None, listener: EngineListener) -> Engine:
    """Start an engine.

    Raises:
        EngineError: when the interpreter cannot be started or there is no room for the rings.
    """
    engine = Engine(await asyncio.to_thread(_launch, python), listener)
    await engine.open()
    return engine


def _launch(python: str | None) -> Launch:
    from lockfree_core.drive.launch import launch_engine  # brings NumPy; a server without a run does without

    return launch_engine(python)


class Engine:
    """The process, its pipes and the commands that it has not carried out yet."""

    def __init__(self, launched: Launch, listener: EngineListener) -> None:
        self.rings = launched.rings
        self.pid = launched.process.pid
        self.exited = asyncio.Event()
        self._launch = launched
        self._listener = listener
        self._errors = bytearray()
        self._errors_end = asyncio.Event()
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._transports: list[asyncio.BaseTransport] = []
        self._input: asyncio.WriteTransport | None = None
        self._exit: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Connect the pipes to the event loop."""
        loop = asyncio.get_running_loop()
        process = self._launch.process
        output, _ = await loop.connect_read_pipe(lambda: _Lines(self._on_line, self._on_end), process.stdout)
        errors, _ = await loop.connect_read_pipe(lambda: _Bytes(self._on_errors, self._errors_end.set), process.stderr)
        self._input, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, process.stdin)
        self._transports = [output, errors, self._input]

    def send(self, type: str, **fields: Any) -> None:
        """Write a command and do not wait for what comes of it.

        Raises:
            Refusal: when the engine is gone or does not read its commands.
        """
        if self._input is None or self._input.is_closing() or self.exited.is_set():
            raise Refusal(409, "the engine has ended; restart the run")
        if self._input.get_write_buffer_size() > _UNSENT_LIMIT:
            raise Refusal(503, "the engine does not take commands; restart the run")
        self._input.write(json.dumps({"type": type, **fields}, separators=(",", ":")).encode() + b"\n")

    async def ask(self, type: str, limit_s: float | None = None, **fields: Any) -> None:
        """Write a command and wait until it has taken effect.

        Raises:
            Refusal: when the engine refuses it or ends before.
            TimeoutError: when it has not taken effect in time; it still may.
        """
        id = next(self._ids)
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[id] = future
        try:
            self.send(type, id=id, **fields)
            async with asyncio.timeout(limit_s):
                await future
        finally:
            self._waiting.pop(id, None)

    async def stop(self) -> None:
        """End the process: by asking, and where that takes too long by force. Returns when it is gone."""
        if not self.exited.is_set():
            with contextlib.suppress(Refusal):
                self.send("stop", id=next(self._ids))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_STOP_LIMIT_S):
                    await self.exited.wait()
        if not self.exited.is_set():
            self._launch.process.kill()
            await self.exited.wait()

    def kill(self) -> None:
        """End the process by force and do not wait."""
        if self._launch.process.returncode is None:
            self._launch.process.kill()

    def release(self) -> None:
        """Let go of the pipes and the rings; only after the exit, and after the last look at the rings."""
        for transport in self._transports:
            transport.close()
        self._launch.close()

    def _on_line(self, line: bytes) -> None:
        try:
            report = json.loads(line)
            kind, id = report["type"], report.get("id")
        except (ValueError, TypeError, KeyError, AttributeError):
            self._on_errors(b"the engine wrote a line that is no report: " + line[:200] + b"\n")
            return
        future = self._waiting.get(id) if isinstance(id, int) else None
        if kind == "done":
            if future is not None and not future.done():
                future.set_result(None)
        elif kind == "error" and future is not None:
            if not future.done():
                future.set_exception(Refusal(409, str(report.get("message", "refused")), report.get("field")))
        else:
            self._listener.on_report(report)

    def _on_errors(self, data: bytes) -> None:
        self._errors += data
        del self._errors[:-ERROR_TAIL]

    def _on_end(self) -> None:
        """Its output has ended, so the process has or will soon."""
        self._exit = asyncio.create_task(self._reap())

    async def _reap(self) -> None:
        process = self._launch.process
        try:
            code = await asyncio.to_thread(process.wait, _KILL_LIMIT_S / 5)
        except subprocess.TimeoutExpired:
            process.kill()
            code = await asyncio.to_thread(process.wait, _KILL_LIMIT_S)
        with contextlib.suppress(TimeoutError):  # somebody else may hold the other end open
            async with asyncio.timeout(_ERRORS_LIMIT_S):
                await self._errors_end.wait()
        self.exited.set()
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(Refusal(409, "the engine ended before the command took effect; restart the run"))
        self._listener.on_exit(code, self._errors.decode("utf-8", "replace").strip())


def exit_words(code: int) -> str:
    """How a process ended, in words."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {-code} ({signal.Signals(-code).name})"
    except ValueError:
        return f"signal {-code}"


class _Bytes(asyncio.Protocol):
    def __init__(self, on_data: Callable[[bytes], None], on_end: Callable[[], None]) -> None:
        self._on_data = on_data
        self._on_end = on_end

    def data_received(self, data: bytes) -> None:
        self._on_data(data)

    def connection_lost(self, error: Exception | None) -> None:
        self._on_end()


class _Lines(asyncio.Protocol):
    """Cuts a pipe into lines of any length (a snapshot is one line)."""

    def __init__(self, on_line: Callable[[bytes], None], on_end: Callable[[], None]) -> None:
        self._on_line = on_line
        self._on_end = on_end
        self._parts: list[bytes] = []

    def data_received(self, data: bytes) -> None:
        head, newline, rest = data.partition(b"\n")
        self._parts.append(head)
        if not newline:
            return
        line, self._parts = b"".join(self._parts), []
        self._on_line(line)
        *lines, last = rest.split(b"\n")
        self._parts.append(last)
        for line in lines:
            self._on_line(line)

    def connection_lost(self, error: Exception | None) -> None:
        self._on_end()
