"""The measuring of a server: one job at a time, and the history of runs.

Two jobs at once would measure each other. A job does not mind whether anybody looks: closing the browser does not stop
it. The history is opened anew for each call, in whichever thread it happens: a connection belongs to one thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from starlette.concurrency import run_in_threadpool

from app.checks import FieldError, check_keys, check_text
from app.services import bench_plan
from app.services.bench_job import Job
from app.services.errors import Refusal
from lockfree_core.bench.interpreters import Interpreter, find_interpreters
from lockfree_core.bench.results import Run
from lockfree_core.bench.store import Store, default_place
from lockfree_core.errors import ResultError

__all__ = ["Bench"]

WAIT_S: Final = 20.0
READ_WAIT_S: Final = 5.0  # for a history that somebody else writes to
_PACE_S: Final = 0.25  # between two answers to the same page: who looks must not disturb what is measured
_SAVE_WAIT_S: Final = 1.0
_END_LIMIT_S: Final = 10.0


class Bench:
    """The one job of a server, and its history."""

    def __init__(self, place: Path | None = None, command: Sequence[str] | None = None) -> None:
        self.place = place or default_place()
        self.job: Job | None = None
        self._command = command
        self._starting = asyncio.Lock()
        self._probing = asyncio.Lock()
        self._interpreters: tuple[list[Interpreter], dict[str, str]] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: set[asyncio.Future[None]] = set()
        self._closing = False

    # The job.

    async def start(self, body: Mapping[str, Any]) -> Job:
        """Start a job. Raises FieldError, or Refusal where one is running."""
        request = bench_plan.read_request(body)
        async with self._starting:
            self._refuse_second()
            pythons = await self._pythons(request)
            cases = await run_in_threadpool(request.cases, pythons)
            self._refuse_second()
            await run_in_threadpool(self._keep_last)
            self._loop = asyncio.get_running_loop()
            job = await run_in_threadpool(
                Job, request.preset, cases, request.limits, self._save, self._changed, self._command
            )
            job.name(request.name, request.note)
            job.trouble = await run_in_threadpool(self._trouble)
            self.job = job
            job.start()
        return job

    def _refuse_second(self) -> None:
        if self._closing:
            raise Refusal(409, "the server is being stopped")
        if self.job is not None and not self.job.is_ended:
            raise Refusal(409, "a run is being measured, and two would measure each other; cancel it or wait for it")

    def _keep_last(self) -> None:
        """Once more, if it could not be kept before: from now on nobody will know of it."""
        if self.job is not None:
            self.job.keep()

    def _trouble(self) -> str | None:
        """Why the run will not be kept: told at once, while there is something to be done about it."""
        try:
            with Store(self.place):
                return None
        except Exception as error:
            return f"the run will not be saved: {error}"

    async def _pythons(self, request: bench_plan.Request) -> list[Interpreter]:
        """Those named, which must be known, or all that can take samples, or none, which means this one."""
        if request.pythons is None and not request.wants_every_interpreter:
            return []
        found, failed = await self.interpreters()
        if request.pythons is None:
            return [each for each in found if each.reason is None]
        known = {each.path: each for each in found}
        for path in request.pythons:
            if path in failed:
                raise FieldError("pythons", f"has {path}, which is none: {failed[path]}")
            if path not in known:
                raise FieldError("pythons", f"takes interpreters that were found ({', '.join(known)}); got {path!r}")
            if known[path].reason is not None:
                raise FieldError("pythons", f"has {path}, which cannot take samples: {known[path].reason}. To add the "
                                            f"package: {known[path].command}")  # fmt: skip
        return [known[path] for path in request.pythons]

    async def wait(self, after: int | None, known: str | None = None) -> Job | None:
        """The job, once it has a newer version than that, or after a while as it is.

        Versions are a job's own: with ``known``, the id of the one that it was, another one is news at once.
        """
        job, deadline = self.job, asyncio.get_running_loop().time() + WAIT_S
        if job is None or after is None or job.version > after or known not in (None, job.id):
            return job
        while not job.is_ended and not self._closing and job.version <= after:
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0 or job is not self.job:
                break
            await self._next_change(left)
        if not job.is_ended and not self._closing:
            await self._next_end(job)
        return self.job

    async def _next_change(self, limit_s: float) -> None:
        change = asyncio.get_running_loop().create_future()
        self._waiting.add(change)
        try:
            await asyncio.wait([change], timeout=limit_s)
        finally:
            self._waiting.discard(change)

    async def _next_end(self, job: Job) -> None:
        """Gather what happens within the pace; an end is told at once."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _PACE_S
        while not job.is_ended and not self._closing and (left := deadline - loop.time()) > 0:
            await self._next_change(left)

    def _changed(self) -> None:
        """Wake who waits; called in the job's thread."""
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has been closed: nobody waits
                loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        for change in self._waiting:
            if not change.done():
                change.set_result(None)

    async def cancel(self) -> Job:
        """End the job with what there is; returns when it was saved."""
        if self.job is None:
            raise Refusal(404, "nothing is being measured")
        self.job.cancel()
        await run_in_threadpool(self.job.join, _END_LIMIT_S)
        return self.job

    def release(self) -> None:
        """Answer those who wait, and take no more jobs: the server is being stopped."""
        self._closing = True
        if self.job is not None:
            self.job.cancel()
        self._wake()

    async def close(self) -> None:
        """End the job and keep what there is."""
        self.release()
        await run_in_threadpool(self.kill)

    def kill(self) -> None:
        """Likewise, from outside the loop; returns when no sample runs any more."""
        if self.job is not None:
            self.job.cancel()
            self.job.join(_END_LIMIT_S)
            self._keep_last()

    # Interpreters.

    async def interpreters(self, refresh: bool = False) -> tuple[list[Interpreter], dict[str, str]]:
        """Those that there are, and what only looks like one; they are asked once."""
        async with self._probing:
            if self._interpreters is None or refresh:
                self._interpreters = await run_in_threadpool(find_interpreters, is_over=lambda: self._closing)
            return self._interpreters

    async def describe_interpreters(self, refresh: bool) -> dict[str, Any]:
        """The same as plain data."""
        found, failed = await self.interpreters(refresh)
        return {"interpreters": [_describe_interpreter(each) for each in found], "failed": failed}

    # The history. These block: they run in threads.

    def _save(self, run: Run) -> None:
        with Store(self.place, _SAVE_WAIT_S) as store:
            store.save(run)

    def summaries(self, words: str = "", wait_s: float = READ_WAIT_S) -> list[dict[str, Any]]:
        """What is known of each run, newest first."""
        with Store(self.place, wait_s) as store:
            return store.list(words)

    def find(self, id: str) -> tuple[Run, bool]:
        """A run by its whole id, and whether it is being measured. Raises Refusal, StoreError."""
        job = self.job
        if job is not None and job.id == id and not (job.is_ended and job.is_saved):
            return job.snapshot(), not job.is_ended
        with Store(self.place) as store:
            if not store.holds(id):
                raise _missing(id)
            return store.load(id), False

    def change(self, id: str, body: Mapping[str, Any]) -> Run:
        """Name or note. Raises FieldError, Refusal, StoreError."""
        check_keys(body, ("name", "note"))
        new = {name: check_text(name, value, longest) for name, longest in bench_plan.LONGEST_TEXT.items()
               if (value := body.get(name)) is not None}  # fmt: skip
        if self.job is not None and self.job.id == id:
            self.job.name(new.get("name"), new.get("note"))
        run, is_running = self.find(id)
        run.name, run.note = new.get("name", run.name), new.get("note", run.note)
        if not is_running:
            self._save(run)
            if self.job is not None and self.job.id == id:
                self.job.was_saved()
        return run

    def delete(self, id: str) -> None:
        """Forget a run. Raises Refusal, StoreError."""
        job = self.job if self.job is not None and self.job.id == id else None
        if job is not None and not job.is_ended:
            raise Refusal(409, "this run is being measured; cancel it first")
        with Store(self.place) as store:
            if store.holds(id):
                store.delete(id)
            elif job is None:
                raise _missing(id)
        if job is not None:
            self.job = None

    def add(self, text: bytes) -> str:
        """Import a result file. Raises FieldError, Refusal, StoreError."""
        from lockfree_core.bench.formats import read_json

        try:
            run = read_json(text)
        except ResultError as error:
            raise FieldError(None, f"is not a result that can be imported: {error}") from None
        if self.job is not None and self.job.id == run.id:
            raise Refusal(409, f"the run {run.id} is here already")
        with Store(self.place) as store:
            if store.holds(run.id):
                raise Refusal(409, f"the run {run.id} is in the history already")
            store.save(run)
        return run.id

    def several(self, ids: Sequence[str]) -> list[Run]:
        """The runs of these ids, in this order."""
        return [self.find(id)[0] for id in ids]


def _missing(id: str) -> Refusal:
    return Refusal(404, f"there is no run {id[:64]!r} in the history; it may have been deleted", "run")


def _describe_interpreter(one: Interpreter) -> dict[str, Any]:
    return {
        "path": one.path, "title": one.title, "version": one.version, "gil": one.gil, "native": one.native,
        "native_reason": one.native_reason, "reason": one.reason, "command": one.command,
        "this": one.path == sys.executable,
    }  # fmt: skip
