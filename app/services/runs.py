"""All runs of a server: how many there may be, and what becomes of those that nobody looks at."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping
from typing import Any, Final

from app.services.errors import Refusal
from app.services.run import Run, Spec
from app.settings import Settings

__all__ = ["Runs"]

_LOOK_S: Final = 5.0


class Runs:
    """The registry of runs. Runs whose engine has ended stay to be looked at, as far as there is room."""

    def __init__(self, settings: Settings) -> None:
        self.began = time.monotonic()
        self._settings = settings
        self._runs: dict[str, Run] = {}
        self._starting = False
        self._cleaner: asyncio.Task[None] | None = None

    def __iter__(self) -> Any:
        return iter(self._runs.values())

    def __len__(self) -> int:
        return len(self._runs)

    def open(self) -> None:
        """Begin to look after idle runs."""
        self._cleaner = asyncio.create_task(self._clean())

    async def close(self) -> None:
        """End every engine; returns when none is left."""
        if self._cleaner is not None:
            self._cleaner.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._cleaner
        await asyncio.gather(*(run.stop("the server was stopped") for run in self._runs.values()))

    def kill(self) -> None:
        """End every engine by force and do not wait."""
        for run in self._runs.values():
            run.kill()

    def find(self, id: str) -> Run:
        """The run with that id. Raises Refusal when there is none."""
        try:
            return self._runs[id]
        except KeyError:
            raise Refusal(404, "there is no such run; it was stopped, or the server was started anew", "run") from None

    async def start(self, body: Mapping[str, Any]) -> Run:
        """Start a run; returns when its engines run. Raises FieldError, KnobError or Refusal."""
        spec = Spec.from_body(body)
        if self._starting:
            raise Refusal(409, "a run is being started; wait until it is up")
        limit = self._settings.max_runs
        if sum(run.state != "ended" for run in self._runs.values()) >= limit:
            raise Refusal(409, f"the limit is {limit} runs at a time (--max-runs); stop one first")
        self._forget_ended(limit - 1)
        run = Run(spec, self._settings.python, self._settings.history_mb << 20)
        self._runs[run.id] = run
        self._starting = True
        try:
            await run.start(spec)
        except BaseException:
            self._runs.pop(run.id, None)
            raise
        finally:
            self._starting = False
        return run

    async def restart(self, id: str, body: Mapping[str, Any]) -> Run:
        """A new generation of a run. Raises FieldError, KnobError or Refusal."""
        run = self.find(id)
        spec = run.spec.changed(body)
        if run.state == "ended" and not run.is_starting:
            limit = self._settings.max_runs
            if sum(other.state != "ended" for other in self._runs.values()) >= limit:
                raise Refusal(409, f"the limit is {limit} runs at a time (--max-runs); stop one first")
        await run.start(spec)
        return run

    async def stop(self, id: str) -> None:
        """End a run and forget it; whoever looks at it keeps what there is until they leave."""
        run = self.find(id)
        if run.is_starting:
            raise Refusal(409, "this run's engine is being started; wait until it is up")
        del self._runs[id]
        await run.stop()

    def _forget_ended(self, room: int) -> None:
        """Make room: the ended runs that nobody looks at go first, the longest unseen before others."""
        ended = [run for run in self._runs.values() if run.state == "ended" and not run.viewers]
        for run in sorted(ended, key=lambda run: -run.idle_s):
            if len(self._runs) <= room:
                return
            del self._runs[run.id]

    async def _clean(self) -> None:
        limit = self._settings.idle_minutes * 60
        while True:
            await asyncio.sleep(min(_LOOK_S, limit / 4))
            for run in [run for run in self._runs.values() if run.idle_s > limit and not run.is_starting]:
                if run.state == "ended":
                    self._runs.pop(run.id, None)
                else:
                    run.last_viewed = time.monotonic()
                    await run.stop(f"nobody had looked at it for {self._settings.idle_minutes:g} minutes")
