"""Kernels: threads that work on one structure in C, with the interpreter's lock released.

Between two operations of a Python thread there is so much interpreter, and often a lock, that a compare-and-swap hardly
ever fails. A kernel leaves that out: it shows what the hardware does when threads really meet, on any interpreter. Each
run checks itself: what went in must have come out, or be inside.

>>> result = run(Plan("stack", threads=2, operations=1000))  # doctest: +SKIP
>>> result.operations, result.is_right  # doctest: +SKIP
(2000, True)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from lockfree_core.errors import NativeError
from lockfree_core.native import available, unavailable_reason

__all__ = ["GUARDS", "STRUCTURES", "Plan", "Result", "Tally", "run"]

STRUCTURES: Final = ("stack", "queue", "ring", "counter")
GUARDS: Final = ("lock-free", "mutex", "spinlock")
BY_TURNS: Final = 101

# name: least, most. The kernel takes what is within; more would not fit its fields, or this machine's patience.
_LIMITS: Final[dict[str, tuple[float, float]]] = {
    "threads": (1, 256),
    "operations": (0, 10**12),
    "seconds": (0, 3600),
    "insert_share": (0, 100),
    "prefill": (0, 10**7),
    "capacity": (1, 10**8),
    "think": (0, 10**6),
    "backoff_base": (0, 2**24),
    "backoff_cap": (0, 2**24),
    "seed": (0, 2**64 - 1),
    "window_s": (0.001, 60),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run.

    Attributes:
        structure: one of ``STRUCTURES``. A counter's threads increment.
        guard: one of ``GUARDS``: the lock-free structure, or a plain one under a pthread mutex or a spinlock.
        threads: how many.
        operations: of each thread; 0 means until ``seconds`` are over.
        seconds: how long, where ``operations`` is 0.
        insert_share: percent of operations that put something in; None means put and take by turns.
        prefill: items that are inside at the beginning.
        capacity: of a ring.
        think: pauses of the processor after each operation.
        backoff_base, backoff_cap: the lock-free structure's backoff, in pauses.
        pin: keep each thread on a processor of its own, as far as there are enough (Linux).
        latency: take the time of each operation, which costs two clock reads more.
        seed: of the threads' mixes.
        window_s: the width of the windows in which fairness is measured.
    """

    structure: str = "stack"
    guard: str = "lock-free"
    threads: int = 2
    operations: int = 0
    seconds: float = 1.0
    insert_share: int | None = None
    prefill: int = 0
    capacity: int = 1024
    think: int = 0
    backoff_base: int = 64
    backoff_cap: int = 4096
    pin: bool = False
    latency: bool = False
    seed: int = 1
    window_s: float = 0.1

    def __post_init__(self) -> None:
        _check_choice("structure", self.structure, STRUCTURES)
        _check_choice("guard", self.guard, GUARDS)
        for name, (least, most) in _LIMITS.items():
            value = getattr(self, name)
            if name == "insert_share" and value is None:
                continue
            if isinstance(least, int) and name != "seconds" and not isinstance(value, int):
                raise TypeError(f"{name} is an int, got {value!r}")
            if not least <= value <= most:
                raise ValueError(f"{name} is from {least} to {most}, got {value}")
        if self.backoff_cap < self.backoff_base:
            raise ValueError(f"backoff_cap is at least backoff_base, got {self.backoff_cap} and {self.backoff_base}")


@dataclass(frozen=True, slots=True)
class Tally:
    """What one thread did. ``refused`` operations found the structure full or empty.

    Behind a lock an attempt is a try for the lock, and fails while somebody else has it.
    """

    operations: int
    puts: int
    takes: int
    refused: int
    attempts: int
    failures: int
    longest_streak: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it.

    Attributes:
        tallies: one for each thread.
        histogram: pairs of nanoseconds and how many operations took that long, up to the next pair's time.
        windows: for each window that was full, how many operations each thread did in it.
        left: items inside in the end; the counter's value.
        is_right: whether everything that went in came out or was inside, and, of a queue or ring, in order.
    """

    plan: Plan
    tallies: tuple[Tally, ...]
    histogram: tuple[tuple[int, int], ...]
    windows: tuple[tuple[int, ...], ...]
    left: int
    is_right: bool

    @property
    def operations(self) -> int:
        """Of all threads together."""
        return sum(tally.operations for tally in self.tallies)

    @property
    def throughput(self) -> float:
        """Operations a second, of all threads together."""
        longest = max(tally.seconds for tally in self.tallies)
        return self.operations / longest if longest else 0.0

    @property
    def retry_rate(self) -> float:
        """Lost attempts as a share of all attempts."""
        attempts = sum(tally.attempts for tally in self.tallies)
        return sum(tally.failures for tally in self.tallies) / attempts if attempts else 0.0

    @property
    def fairness(self) -> float:
        """Jain's index, the mean over the windows: 1 when all threads did the same, 1/n when one did all."""
        indices = [_jain(window) for window in self.windows if any(window)]
        return sum(indices) / len(indices) if indices else _jain([tally.operations for tally in self.tallies])

    def quantile_ns(self, share: float) -> int:
        """The latency that this share of the operations kept to, give or take a sixteenth; 0 if none was taken."""
        wanted = share * sum(count for _, count in self.histogram)
        for start, count in self.histogram:
            wanted -= count
            if wanted <= 0:
                return start
        return self.histogram[-1][0] if self.histogram else 0


def run(plan: Plan) -> Result:
    """Run it, with the interpreter's lock released; Ctrl-C ends it at the next window.

    Raises:
        NativeError: when the extension is not there.
    """
    if not available():
        raise NativeError(f"there are no kernels: {unavailable_reason()}")
    from lockfree_core.native import _native

    rows, histogram, windows, left, left_sum = _native.run_kernel(
        STRUCTURES.index(plan.structure), GUARDS.index(plan.guard), plan.threads, plan.operations, plan.seconds,
        BY_TURNS if plan.insert_share is None else plan.insert_share, plan.prefill, plan.capacity, plan.think,
        plan.backoff_base, plan.backoff_cap, plan.pin, plan.latency, plan.seed, plan.window_s,
    )  # fmt: skip
    tallies = tuple(map(_tally, rows))
    return Result(plan, tallies, tuple(histogram), tuple(windows), left, _is_right(plan, rows, left, left_sum))


def _tally(row: tuple[int, ...]) -> Tally:
    operations, puts, takes, refused, _, _, _, attempts, failures, longest, ns = row
    return Tally(operations, puts, takes, refused, attempts, failures, longest, ns / 1e9)


def _is_right(plan: Plan, rows: list[tuple[int, ...]], left: int, left_sum: int) -> bool:
    puts, takes, sum_in, sum_out, disorder = (sum(row[column] for row in rows) for column in (1, 2, 4, 5, 6))
    if plan.structure == "counter":
        return left == puts
    held = plan.prefill if plan.structure != "ring" else min(plan.prefill, plan.capacity)
    in_order = plan.structure == "stack" or disorder == 0
    return puts + held == takes + left and (sum_in - sum_out - left_sum) % 2**64 == 0 and in_order


def _jain(shares: Any) -> float:
    total, squares = sum(shares), sum(share * share for share in shares)
    return total * total / (len(shares) * squares) if squares else 1.0


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name} is one of {', '.join(choices)}; got {value!r}")
