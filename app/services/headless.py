"""A run without a server: the same engine, records and accounts, for the command line."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

from app.messages import Command
from app.services.errors import Refusal
from app.services.recording import Recorder
from app.services.run import Run, Spec
from app.services.side import Side
from lockfree_core.errors import RecordingError

__all__ = ["Outcome", "run_headless", "second_path"]

_HISTORY: Final = 64 << 20  # large, since each half of it costs a snapshot


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one side."""

    structure: str
    title: str
    ended: dict[str, Any]
    counters: dict[str, Any] | None
    account: dict[str, Any] | None
    records: int
    lost_records: int
    recording: str | None
    recording_error: str | None

    @property
    def is_good(self) -> bool:
        """Whether the engine ended when it was told to, its account balances, and its recording, if any, is written."""
        balanced = self.account is not None and bool(self.account["balanced"])
        return self.ended["reason"] == "stopped" and balanced and self.recording_error is None


def second_path(path: Path) -> Path:
    """Where the other side of a duel is recorded."""
    return path.with_name(f"{path.stem}-duel{path.suffix}")


async def run_headless(spec: Spec, python: str | None, seconds: float, record: Path | None) -> list[Outcome]:
    """Run for so long, or until interrupted, or until no engine is left.

    Raises:
        Refusal: when an engine does not come up.
        RecordingError: when a recording cannot even be begun.
    """
    run = Run(spec, python, _HISTORY)
    paths = [record, second_path(record)] if record and spec.duel else [record] if record else []
    with ExitStack() as stack:
        recorders = [Recorder(path) for path in paths]
        for recorder in recorders:
            stack.callback(recorder.discard)
        if recorders:
            run.on_sides = lambda sides: _connect(sides, recorders)
        try:
            await run.start(spec)
            await _until_over(run, seconds)
            with contextlib.suppress(Refusal):
                await run.control(Command(None, "pause"))
        finally:
            await run.stop("the time was up")
        return [_outcome(run, side, recorder) for side, recorder in zip_longest(run.sides, recorders)]


def _connect(sides: list[Side], recorders: list[Recorder]) -> None:
    for side, recorder in zip(sides, recorders, strict=True):
        side.stream.sink = recorder.take


async def _until_over(run: Run, seconds: float) -> None:
    over = asyncio.Event()
    run.on_change = lambda: over.set() if run.state == "ended" else None
    run.on_change()
    with _interrupts(over), contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await over.wait()


@contextmanager
def _interrupts(over: asyncio.Event) -> Iterator[None]:
    """Ctrl-C ends the run early and in good order."""
    loop = asyncio.get_running_loop()
    caught = (signal.SIGINT, signal.SIGTERM)
    for number in caught:
        loop.add_signal_handler(number, over.set)
    try:
        yield
    finally:
        for number in caught:
            loop.remove_signal_handler(number)


def _outcome(run: Run, side: Side, recorder: Recorder | None) -> Outcome:
    error: str | None = None
    if recorder is not None:
        try:
            recorder.write(run, side)
        except RecordingError as failure:
            error = str(failure)
    stream = side.stream
    ended = side.ended or {"reason": "failed", "message": "the engine was left running", "detail": ""}
    return Outcome(
        structure=side.entry.key,
        title=side.entry.title,
        ended=ended,
        counters=side.counters,
        account=side.account,
        records=stream.records,
        lost_records=stream.lost,
        recording=str(recorder.path) if recorder is not None and error is None else None,
        recording_error=error,
    )
