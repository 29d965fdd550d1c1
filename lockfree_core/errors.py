"""Every error that the library raises on purpose, in one place."""

from __future__ import annotations

__all__ = ["BenchError", "EngineError", "KnobError", "LockfreeError", "MissingRunError", "NativeError",
           "RecordingError", "ResultError", "ScheduleError", "StoreError", "ThreadLimitError",
           "TraceError"]  # fmt: skip


class LockfreeError(Exception):
    """Base of the library's own errors."""


class KnobError(LockfreeError, ValueError):
    """A knob was given a value that it does not take.

    Attributes:
        field: the name of the knob.
        reason: what it takes and what came.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field} {reason}")
        self.field = field
        self.reason = reason


class NativeError(LockfreeError, ImportError):
    """Something was asked for that only the C extension can do, and it is not there."""


class EngineError(LockfreeError, RuntimeError):
    """An engine could not be started, or was asked for something that it cannot do."""


class TraceError(LockfreeError, ValueError):
    """A trace breaks its own rules: a gap in the sequence, an unknown kind, a name that never came."""


class RecordingError(LockfreeError, ValueError):
    """A file is no recording, or a damaged one."""


class ScheduleError(LockfreeError, ValueError):
    """A schedule asks for a move that cannot be made: the thread is not there, has ended, or waits."""


class ThreadLimitError(LockfreeError, RuntimeError):
    """More threads have come than there is room for: hazard pointers and epochs keep something for each of them."""


class BenchError(LockfreeError, ValueError):
    """A measurement was asked for that there is not: an unknown name, a number out of range, no such interpreter."""


class ResultError(LockfreeError, ValueError):
    """A file is no result of a measurement, or a damaged one, or from a newer version."""


class StoreError(LockfreeError, RuntimeError):
    """The history of measurements cannot be read or written; it was not changed."""


class MissingRunError(StoreError):
    """The history has no such run, or more than one."""
