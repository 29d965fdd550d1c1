"""What the threads of a sample do: how many they are, what they mix, how long they think, how they back off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Final

from lockfree_core.errors import BenchError

if TYPE_CHECKING:
    from lockfree_core.memory import Backoff

__all__ = ["BACKOFFS", "LIMITS", "MOST_THREADS", "BackoffPolicy", "Workload"]

MOST_THREADS: Final = 256


@dataclass(frozen=True, slots=True)
class BackoffPolicy:
    """One policy, as the Python structures take it (microseconds) and as the native core does (processor pauses)."""

    kind: str
    base_us: float
    cap_us: float
    base: int
    cap: int

    def for_python(self) -> Backoff:
        """The policy for a memory."""
        from lockfree_core.memory import ConstantBackoff, ExponentialBackoff, NoBackoff

        if self.kind == "none":
            return NoBackoff()
        if self.kind == "constant":
            return ConstantBackoff(self.base_us)
        return ExponentialBackoff(self.base_us, self.cap_us)


# The native core spins, which costs nothing but time; a Python thread has to sleep to let others run.
BACKOFFS: Final[Mapping[str, BackoffPolicy]] = {
    "default": BackoffPolicy("none", 0, 0, 64, 1024),
    "none": BackoffPolicy("none", 0, 0, 0, 0),
    "constant": BackoffPolicy("constant", 50, 50, 256, 256),
    "short": BackoffPolicy("exponential", 1, 16, 8, 128),
    "long": BackoffPolicy("exponential", 10, 2000, 256, 16384),
}

# name: least, most.
LIMITS: Final[Mapping[str, tuple[int, int]]] = {
    "threads": (1, MOST_THREADS),
    "insert_share": (0, 100),
    "think": (0, 10**6),
    "keys": (1, 10**6),
    "prefill": (0, 10**6),
    "capacity": (1, 10**7),
}


@dataclass(frozen=True, slots=True)
class Workload:
    """What to do with a structure.

    Attributes:
        threads: how many (processes, for the counters between processes).
        insert_share: percent of operations that put something in; None means put and take, or set and get, by turns.
        think: turns of an empty loop (processor pauses, in a kernel) after each operation, or pair of them by turns.
        backoff: one of ``BACKOFFS``; what is no compare-and-swap loop does not mind.
        keys: of a dictionary; all of them are there from the beginning.
        prefill: items that are inside at the beginning, so that nobody meets an empty structure.
        capacity: of a ring.
    """

    threads: int = 2
    insert_share: int | None = None
    think: int = 0
    backoff: str = "default"
    keys: int = 64
    prefill: int = 16
    capacity: int = 1024

    def __post_init__(self) -> None:
        for name, (least, most) in LIMITS.items():
            value = getattr(self, name)
            if name == "insert_share" and value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
                raise BenchError(f"{name} is a whole number from {least:,} to {most:,}; got {value!r}")
        if self.backoff not in tuple(BACKOFFS):  # whatever it is: what comes from outside need not be hashable
            raise BenchError(f"backoff is one of {', '.join(BACKOFFS)}; got {self.backoff!r}")
        if self.capacity < self.prefill + self.threads + 1:
            # Everybody holds an item that must find room.
            raise BenchError(
                f"capacity is at least prefill + threads + 1, which is {self.prefill + self.threads + 1}; "
                f"got {self.capacity}"
            )

    @property
    def policy(self) -> BackoffPolicy:
        """The backoff."""
        return BACKOFFS[self.backoff]

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: object) -> Workload:
        """From plain data.

        Raises:
            BenchError: for anything else than known fields within their limits.
        """
        if not isinstance(data, dict):
            raise BenchError(f"a workload is an object, got {type(data).__name__}")
        known = {item.name for item in fields(cls)}
        unknown = sorted(str(name) for name in data if name not in known)
        if unknown:
            raise BenchError(f"a workload has no {', '.join(unknown)}; it has {', '.join(sorted(known))}")
        return cls(**data)

    def words(self) -> str:
        """What differs from the plain one, for people."""
        plain = Workload()
        parts = ["1 thread" if self.threads == 1 else f"{self.threads} threads"]
        if self.insert_share is not None:
            parts.append(f"{self.insert_share} % inserts")
        for name in ("think", "backoff", "keys", "prefill", "capacity"):
            if getattr(self, name) != getattr(plain, name):
                parts.append(f"{name} {getattr(self, name)}")
        return ", ".join(parts)
