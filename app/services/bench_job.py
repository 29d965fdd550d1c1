"""One run that is being measured: a thread that measures, keeps every round, and says at any time how far it is."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from lockfree_core.bench.results import Case, Run
from lockfree_core.bench.runner import Limits, Progress, Runner
from lockfree_core.errors import LockfreeError

__all__ = ["Job"]

_UNITS: Final = {"ops_per_s": (1e-6, "M/s"), "p99.9": (1e-3, "µs"), "lost": (1.0, "lost")}


class Job:
    """A run in a thread of its own.

    Every change makes ``version`` one greater and calls ``on_change``, in whichever thread it happened. ``save`` puts
    a run into the history; a save that fails is told and never ends the run.
    """

    def __init__(
        self, preset: str, cases: Sequence[Case], limits: Limits, save: Callable[[Run], None],
        on_change: Callable[[], None], command: Sequence[str] | None = None,
    ) -> None:  # fmt: skip
        more = {} if command is None else {"command": command}
        self._runner = Runner(preset, cases, limits, self._follow, **more)
        self._save, self._on_change = save, on_change
        self._lock = threading.Lock()
        self._progress: tuple[Progress, float] | None = None
        self._saved_round = 1
        self.version, self.is_ended, self.is_saved = 1, False, False
        self.trouble: str | None = None
        # A daemon: whoever ends the server by force need not wait; in good order `close` is waited for.
        self._thread = threading.Thread(target=self._work, name="bench job", daemon=True)

    @property
    def id(self) -> str:
        """The run's."""
        return self._runner.run.id

    def start(self) -> None:
        """Begin to measure."""
        self._thread.start()

    def cancel(self) -> None:
        """End soon, with what there is."""
        self._runner.cancel()

    def join(self, limit_s: float | None = None) -> None:
        """Wait until it has ended and what there is was saved."""
        if self._thread.ident is not None:
            self._thread.join(limit_s)

    def name(self, name: str | None, note: str | None) -> None:
        """Call it so; the next save knows."""
        with self._lock:
            run = self._runner.run
            run.name = run.name if name is None else name
            run.note = run.note if note is None else note
        self._change()

    def keep(self) -> None:
        """Once more, what could not be kept at its end."""
        if self.is_ended and not self.is_saved:
            self._keep()
            self._change()

    def was_saved(self) -> None:
        """Somebody kept it after all."""
        self.is_saved, self.trouble = True, None
        self._change()

    def snapshot(self) -> Run:
        """The run as it is now, which the thread does not change any more."""
        run = self._runner.run
        with self._lock:
            cases = [replace(case, samples=list(case.samples)) for case in run.cases]
            return replace(run, cases=cases, seconds=run.seconds or round(self._times()[0], 3))

    def describe(self) -> dict[str, Any]:
        """What a page is told of it."""
        run, limits = self.snapshot(), self._runner.limits
        progress = self._progress[0] if self._progress else None
        elapsed, left = self._times()
        case = None if self.is_ended or progress is None else progress.case
        planned = sum(limits.fewest for case in run.cases if case.unavailable is None)
        done = progress.done if progress else 0
        return {
            "id": run.id, "version": self.version, "state": "ended" if self.is_ended else "running",
            "preset": run.preset, "name": run.name, "note": run.note, "round": progress.round if progress else 0,
            "done": done, "planned": max(planned, done), "now": _where(case) if case else None,
            "elapsed_s": round(elapsed, 1), "left_s": round(left, 1), "ended": run.ended, "saved": self.is_saved,
            "trouble": self.trouble, "cases": [_describe_case(each, limits) for each in run.cases],
        }  # fmt: skip

    def _times(self) -> tuple[float, float]:
        if self._progress is None:
            return 0.0, self._runner.limits.budget_s
        progress, when = self._progress
        since = 0.0 if self.is_ended else time.monotonic() - when
        return progress.elapsed_s + since, max(progress.left_s - since, 0.0)

    def _follow(self, progress: Progress) -> None:
        self._progress = progress, time.monotonic()
        self._change()
        if progress.round > self._saved_round:
            self._saved_round = progress.round
            self._keep()

    def _keep(self) -> None:
        run = self.snapshot()
        if not any(case.samples for case in run.cases):
            return  # there is nothing to keep
        try:
            self._save(run)
            self.is_saved, self.trouble = True, None
        except LockfreeError as error:
            self.is_saved, self.trouble = False, f"not saved: {error}"

    def _work(self) -> None:
        try:
            self._runner.execute()
        except Exception as error:  # told to whoever looks; the server goes on
            self._runner.run.ended = "cancelled"
            failure = f"the run broke off: {type(error).__name__}: {error}"
        else:
            failure = ""
        with contextlib.suppress(Exception):
            self._keep()
        if failure:
            self.trouble = "; ".join(filter(None, (failure, self.trouble)))
        self.is_ended = True
        self._change()

    def _change(self) -> None:
        with self._lock:
            self.version += 1
        self._on_change()


def _where(case: Case) -> dict[str, Any]:
    return {"candidate": case.spec.candidate, "title": case.spec.title(), "words": case.spec.workload.words(),
            "kind": case.spec.kind, "interpreter": case.interpreter}  # fmt: skip


def _describe_case(case: Case, limits: Limits) -> dict[str, Any]:
    interval, (scale, unit) = case.interval(), _UNITS[case.figure]
    enough = interval is not None and len(case.values()) >= limits.fewest and (
        case.spec.kind == "race" or (interval.is_sure and interval.half_width <= limits.precision)
    )  # fmt: skip
    width = interval.half_width if interval is not None else None
    return _where(case) | {
        "samples": len(case.samples), "failed": len(case.failures()), "unavailable": case.unavailable,
        "median": interval.median * scale if interval else None,
        "half_width": width if width is None or width < 1e9 else None, "unit": unit, "enough": enough,
    }  # fmt: skip
