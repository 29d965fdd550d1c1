"""A counter in shared memory, on the hardware's own atomics.

Problem: processes that count together, and go on counting when one of them is killed at any moment.

Paper: M. Herlihy: *Wait-Free Synchronization*. ACM TOPLAS 13(1), 1991: compare-and-swap can do what a lock does, and
nobody has to be waited for.

Representation: a page that all processes map: what kind of counter it is, and an integer of 64 bits.

Invariant: the integer is the number of increments that took effect.

Progress: ``kind="cas"`` is lock-free: the loop loses only if another increment got in. ``kind="fetch-add"`` is
wait-free where the processor has the instruction. No process can be stopped at a point where others have to wait for
it; a killed one has counted its last increment or not, and nobody is told which.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Self

from lockfree_core.errors import NativeError
from lockfree_core.native import available, unavailable_reason
from lockfree_core.shared_memory.segment import Segment

__all__ = ["KINDS", "SharedMemoryCounter"]

KINDS: Final = ("cas", "fetch-add")

_MAGIC: Final = b"lockfree"
_HEADER: Final = struct.Struct("=8s16s")
_KIND: Final = slice(8, 24)
_VALUE: Final = 64  # a cache line of its own
_SIZE: Final = 128


class SharedMemoryCounter:
    """A counter that processes share, by spawn or fork; pass it to them as an argument.

    Args:
        kind: ``cas`` for a compare-and-swap loop, ``fetch-add`` for one instruction.
        initial: where it begins.
        name: its name, for :meth:`attach`; None for one that nobody has.

    Raises:
        FileExistsError: when the name is taken.
        NativeError: when the C extension is not there.
        OverflowError: when ``initial``, or the count, leaves 64 bits.
        ValueError: for another kind, a name that cannot be one, and after :meth:`close`.
    """

    def __init__(self, kind: str = "cas", initial: int = 0, name: str | None = None) -> None:
        if kind not in KINDS:
            raise ValueError(f"a shared counter's kind is one of {', '.join(KINDS)}; got {kind!r}")
        _require_extension()
        segment = Segment.make(_SIZE, name)
        self._open(segment, kind)
        try:
            self._number.store(initial)
        except BaseException:
            self.close()
            raise
        segment.map[_KIND] = kind.encode().ljust(16, b"\0")
        segment.map[:8] = _MAGIC  # last: who attaches sees a whole counter or none

    @classmethod
    def attach(cls, name: str) -> Self:
        """The counter of that name, which another process made.

        Raises:
            FileNotFoundError: when there is none.
            ValueError: when it is no counter.
        """
        _require_extension()
        segment = Segment.attach(name, _SIZE)
        magic, kind = _HEADER.unpack_from(segment.map)
        if magic != _MAGIC:
            segment.close()
            raise ValueError(f"the shared memory {name!r} holds no counter")
        counter = cls.__new__(cls)
        counter._open(segment, kind.rstrip(b"\0").decode())
        return counter

    def _open(self, segment: Segment, kind: str) -> None:
        from lockfree_core.native import SharedInteger

        self._segment = segment
        self._number = SharedInteger(segment.map, _VALUE)
        self.kind = kind
        self._add: Callable[[int], int] = self._number.swap_add if kind == "cas" else self._number.fetch_add

    @property
    def name(self) -> str:
        """What other processes attach to."""
        return self._segment.name

    def increment(self) -> int:
        """Add one; return the number that this call made it."""
        return self._add(1) + 1

    def get(self) -> int:
        """The value now."""
        return self._number.load()

    def close(self) -> None:
        """Let go of the memory, and unlink its name if this process made it. The others go on with what they have."""
        self._number.release()
        self._segment.close()

    def cleanup(self) -> None:
        """Close it. What a ``finally`` calls, in whichever process: only the one that made the memory unlinks it."""
        self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).attach, (self.name,)


def _require_extension() -> None:
    if not available():
        raise NativeError(f"there are no atomics between processes: {unavailable_reason()}")
