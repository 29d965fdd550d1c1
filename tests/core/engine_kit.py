"""Worlds for tests: a memory, and threads that may use it. One plain, one traced without the engine's own workers."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, Protocol

import pytest

from lockfree_core import native
from lockfree_core.catalog import find_entry
from lockfree_core.drive.control import Control
from lockfree_core.drive.knobs import Knobs
from lockfree_core.drive.lane import Lane
from lockfree_core.drive.rings import Rings
from lockfree_core.drive.traced import TracedMemory
from lockfree_core.memory import HardwareMemory, LockedMemory, Memory
from lockfree_core.memory.everyday import EverydayMemory
from tests.core.kit import SEED

__all__ = ["MEMORIES", "PlainWorld", "TracedWorld", "World", "factory_of", "in_threads", "make_world"]

JOIN_LIMIT_S: Final = 60.0


class World(Protocol):
    """A memory and the way to use it from several threads."""

    memory: Any

    def run(self, *bodies: Callable[[], None]) -> None:
        """Run each body in a thread of its own, all at once; what one of them raises is raised here."""
        ...


def in_threads(*bodies: Callable[[], None]) -> None:
    """Run each body in a thread of its own, all at once; what one of them raises is raised here."""
    errors: list[BaseException] = []
    gate = threading.Barrier(len(bodies))

    def guarded(body: Callable[[], None]) -> None:
        try:
            gate.wait(JOIN_LIMIT_S)
            body()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(body,), daemon=True) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(JOIN_LIMIT_S)
        assert not thread.is_alive(), "a thread did not come to its end"
    if errors:
        raise errors[0]


class PlainWorld:
    """A memory of every day."""

    def __init__(self, memory: type[EverydayMemory] = LockedMemory) -> None:
        self.memory: Any = memory(seed=SEED)

    def run(self, *bodies: Callable[[], None]) -> None:
        in_threads(*bodies)


class TracedWorld:
    """A traced memory with real rings; the calling thread is lane 0, each body's thread one more."""

    def __init__(self, records: int = 1 << 6, **knobs: Any) -> None:
        self.reports: list[dict[str, Any]] = []
        self.rings = Rings(records=records)
        self.control = Control(Knobs().changed({"speed": 0, **knobs}), SEED, self.reports.append)
        self.memory = TracedMemory(self.control, self.reports.append)
        self._numbers = itertools.count()
        self.lane = self._join()
        self.control.resume()

    def _join(self) -> Lane:
        number = next(self._numbers)
        lane = Lane(number, self.control, self.rings.reserve(number), SEED)
        self.control.add(lane)
        self.memory.register(lane)
        return lane

    def run(self, *bodies: Callable[[], None]) -> None:
        def joining(body: Callable[[], None]) -> Callable[[], None]:
            def joined() -> None:
                self._join()
                body()

            return joined

        in_threads(*map(joining, bodies))

    def close(self) -> None:
        self.rings.close()


MEMORIES: Final = ("locked", "hardware", "traced", "contended")


@contextmanager
def make_world(kind: str) -> Iterator[World]:
    """The world of that name. In the contended one every compare-and-swap is preceded by a yield."""
    if kind == "hardware" and not native.available():
        pytest.skip(f"no hardware cells: {native.unavailable_reason()}")
    if kind in ("locked", "hardware"):
        yield PlainWorld(HardwareMemory if kind == "hardware" else LockedMemory)
        return
    world = TracedWorld(gap_share=100 if kind == "contended" else 0, gap_kind="yield")
    try:
        yield world
    finally:
        world.close()


def factory_of(key: str) -> Callable[[Memory | None], Any]:
    """The class behind a catalog entry."""
    module, _, name = find_entry(key).factory.partition(":")
    made: Callable[[Memory | None], Any] = getattr(__import__(module, fromlist=[name]), name)
    return made
