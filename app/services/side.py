"""One side of a run in one generation: its engine, the stream that it feeds, its counters."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from app.services import engines
from app.services.engines import Engine, exit_words
from app.services.errors import Refusal
from app.services.history import Snapshot
from app.services.rates import Rates
from app.services.stream import Stream
from lockfree_core.catalog import Entry
from lockfree_core.drive.knobs import Knobs
from lockfree_core.errors import EngineError

if TYPE_CHECKING:
    from lockfree_core.drive.merger import Merger

__all__ = ["START_LIMIT_S", "Side"]

TICK_S: Final = 1 / 60
SAMPLE_S: Final = 0.1
START_LIMIT_S: Final = 20.0

_STATES: Final = ("running", "paused", "held")
_IMPLEMENTATIONS: Final = {"cpython": "CPython", "pypy": "PyPy"}


class Side:
    """Supervises one engine. ``changed`` is called when its state changes, ``wake`` when viewers should look.

    Attributes:
        state: ``starting``, ``running``, ``paused``, ``held`` or ``ended``.
        interpreter: what the engine said of itself, None until it did.
        ended: the fields of the ``ended`` message, None until then.
        halted: lane and number of each process that somebody outside has halted.
    """

    def __init__(self, entry: Entry, generation: int, budget: int, changed: Callable[[], None],
                 wake: Callable[[], None]) -> None:  # fmt: skip
        self.entry = entry
        self.state = "starting"
        self.interpreter: dict[str, Any] | None = None
        self.ended: dict[str, Any] | None = None
        self.halted: list[dict[str, int]] = []
        self.stream = Stream(generation, budget, self._ask_snapshot)
        self.rates = Rates()
        self.counters: dict[str, Any] | None = None
        self.account: dict[str, Any] | None = None
        self.start_snapshot: Snapshot | None = None
        self._changed = changed
        self._wake = wake
        self._engine: Engine | None = None
        self._merger: Merger | None = None
        self._names = 0
        self._began = time.monotonic()
        self._sampled = 0.0
        self._up = asyncio.Event()
        self._over = asyncio.Event()
        self._ticking: asyncio.Task[None] | None = None
        self._asking: set[asyncio.Task[None]] = set()
        self._stop_message: str | None = None
        self._failure: str | None = None

    # What the run does with it

    async def start(self, python: str | None, knobs: Knobs, seed: int, hold: bool) -> None:
        """Start the engine; returns when it runs.

        Raises:
            EngineError: when it does not come up; the side is ended then.
        """
        try:
            engine = self._engine = await engines.launch(python, self)
        except EngineError as error:
            self._end("failed", f"the engine could not be started: {error}", "")
            raise
        from lockfree_core.drive.merger import Merger
        from lockfree_core.drive.plan import make_plan

        self._merger = Merger(engine.rings)
        operations = [asdict(operation) for operation in self.entry.operations]
        plan = make_plan(self.entry.factory, operations, knobs.as_dict(), seed, hold, self.entry.processes)
        with contextlib.suppress(Refusal):  # it is gone already: the exit says more
            engine.send("start", plan=plan)
        self._began = time.monotonic()
        self._ticking = asyncio.create_task(self._tick())
        await self._come_up(engine)

    async def _come_up(self, engine: Engine) -> None:
        try:
            async with asyncio.timeout(START_LIMIT_S):
                await self._up.wait()
        except TimeoutError:
            self._failure = f"the engine did not come up within {START_LIMIT_S:g} s"
            engine.kill()
            await self._over.wait()
        if self.ended is not None:
            detail = f": {self.ended['detail'].splitlines()[-1]}" if self.ended["detail"] else ""
            raise EngineError(self.ended["message"] + detail)

    async def ask(self, type: str, limit_s: float | None = None, **fields: Any) -> None:
        """A command to the engine; returns when it has taken effect. Raises Refusal or TimeoutError."""
        if self._engine is None or self.ended is not None:
            raise Refusal(409, "the engine has ended; restart the run")
        await self._engine.ask(type, limit_s, **fields)

    async def stop(self, message: str) -> None:
        """End the engine, by force where need be; returns when it is gone."""
        self._stop_message = self._stop_message or message
        if self._engine is not None and self.ended is None:
            await self._engine.stop()
            await self._over.wait()

    def operations(self) -> int:
        """How many operations have returned, as of now."""
        if self._engine is None or self.ended is not None:
            raise Refusal(409, "the engine has ended; restart the run")
        return sum(int(lane["operations"]) for lane in self._engine.rings.counters())

    def kill(self) -> None:
        """End the engine by force and do not wait; what is left in the rings is still taken when it is gone."""
        if self._engine is not None:
            self._engine.kill()

    # What the engine says

    def on_report(self, report: dict[str, Any]) -> None:
        """Take a report."""
        handler = getattr(self, f"_on_{report['type']}", None)
        if handler is None:
            self._failure = f"the engine sent a report of the unknown type {report['type']!r}"
            self.kill()
            return
        handler(report)
        self._wake()

    def _on_ready(self, report: dict[str, Any]) -> None:
        name = str(report["implementation"])
        self.interpreter = {
            "implementation": _IMPLEMENTATIONS.get(name, name),
            "version": report["python"],
            "gil": report["gil"],
        }
        self._changed()

    def _on_names(self, report: dict[str, Any]) -> None:
        self._names += 1
        self.stream.add_names(report)

    def _on_status(self, report: dict[str, Any]) -> None:
        state = report["state"]
        if state in _STATES and state != self.state:
            self.state = state
            self.poll()
            self._sample()
            self._up.set()
            self._changed()

    def _on_snapshot(self, report: dict[str, Any]) -> None:
        self.poll()
        snapshot = self.stream.add_snapshot(report)
        self.start_snapshot = self.start_snapshot or snapshot

    def _on_account(self, report: dict[str, Any]) -> None:
        self.account = {name: value for name, value in report.items() if name != "type"}
        self.stream.tell("account", self.account)
        self.poll()
        self._sample()

    def _on_held(self, report: dict[str, Any]) -> None:
        sequence = report.get("sequence", self.stream.history.end - 1)
        self.stream.tell("held", {"lane": report["lane"], "sequence": sequence})

    def _on_halted(self, report: dict[str, Any]) -> None:
        self.halted = report["lanes"]
        self._changed()

    def _on_error(self, report: dict[str, Any]) -> None:
        self._failure = str(report.get("message", "the engine failed"))

    def on_exit(self, code: int, errors: str) -> None:
        """The process is gone: take what it left in the rings, then let go of them."""
        if self._ticking is not None:
            self._ticking.cancel()
        self.poll(final=True)
        self._sample()
        if self._stop_message is not None:
            self._end("stopped", self._stop_message, "")
        elif self._failure is not None:
            self._end("failed", self._failure, errors)
        else:
            silent = "" if errors or self.interpreter else ": its interpreter must be a Python, 3.11 or newer"
            self._end("crashed", f"the engine ended by {exit_words(code)}{silent}", errors)
        if self._engine is not None:
            self._engine.release()

    def _end(self, reason: str, message: str, detail: str) -> None:
        self.state = "ended"
        self.halted = []
        self.ended = {"reason": reason, "message": message, "detail": detail}
        self.stream.end(self.ended)
        self._up.set()
        self._over.set()
        self._changed()
        self._wake()

    # Records and counters

    def poll(self, final: bool = False) -> None:
        """Take from the rings what is complete, once: whoever polls until nothing is left chases a running engine.

        At the end (``final``) everything is taken, also what waits for something that will never come.
        """
        if self._merger is None or self.ended is not None:
            return
        # Once, where the engine runs: it has always written some more by now, and the rest comes with the next tick.
        batch = self._merger.poll(self._names, final)
        while batch is not None:
            self.stream.add_records(batch.first, batch.data, batch.count, batch.lost)
            batch = self._merger.poll(self._names, final) if final else None

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            before = self.stream.history.end
            self.poll()
            sampled = loop.time() - self._sampled >= SAMPLE_S and self._sample()
            if sampled or self.stream.history.end != before:
                self._wake()
            due = max(due + TICK_S, loop.time())
            await asyncio.sleep(due - loop.time())

    def _sample(self) -> bool:
        """Read the counters; whether they are news."""
        if self._engine is None or self.ended is not None:
            return False
        from lockfree_core.drive.account import totals

        self._sampled = asyncio.get_running_loop().time()
        elapsed = time.monotonic() - self._began
        lanes = self._engine.rings.counters()
        sums = totals(lanes)
        self.rates.add(elapsed, lanes, sums, self.stream.records + self.stream.lost)
        news = {"paused": self.state in ("paused", "held"), "lanes": lanes, "totals": sums, "rates": self.rates.now()}
        if self.counters is not None and all(self.counters[name] == value for name, value in news.items()):
            return False
        self.counters = {"time": int(elapsed * 1e9), **news, "skipped": 0}
        self.stream.tell("counters", self.counters)
        return True

    def _ask_snapshot(self, reason: str) -> None:
        task = asyncio.create_task(self._snapshot(reason))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _snapshot(self, reason: str) -> None:
        try:
            await self.ask("snapshot", engines.COMMAND_LIMIT_S, reason=reason)
        except (Refusal, TimeoutError):
            self.stream.snapshot_refused()
