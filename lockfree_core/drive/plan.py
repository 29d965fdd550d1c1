"""The plan of a run: all that an engine needs to know, as plain data that travels over a pipe."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lockfree_core.drive.knobs import Knobs
from lockfree_core.errors import EngineError, LockfreeError

__all__ = ["SHARED", "Plan", "Step", "make_plan", "read_plan"]

#: What processes may share: a page with the processor's atomics, one that is read and written, multiprocessing.Value.
SHARED: Final = ("atomics", "words", "value")

VALUES: Final = 100  # values are drawn below it: short enough to be read on a node


def make_plan(
    factory: str,
    operations: Sequence[Mapping[str, Any]],
    knobs: Mapping[str, Any],
    seed: int,
    hold: bool = False,
    processes: str = "",
) -> dict[str, Any]:
    """The body of the engine's ``start`` command.

    Args:
        factory: ``module:Class`` of the structure; called with a memory.
        operations: of each its name, takes_value, takes_key, keys (that keys are drawn from), effect (name of the cell
            where it takes effect), items (+1, -1, or 0) and live (whether a run draws it).
        knobs: all the knobs.
        seed: fixes each lane's operations, values and delays; not the interleaving.
        hold: hold the run before the first compare-and-swap that is going to fail.
        processes: what the processes share that run it, a key of ``SHARED``; empty: threads run it.
    """
    return {
        "factory": factory,
        "operations": [dict(operation) for operation in operations],
        "knobs": dict(knobs),
        "seed": seed,
        "hold": hold,
        "processes": processes,
    }


@dataclass(frozen=True, slots=True)
class Step:
    """One operation of the plan."""

    name: str
    takes_value: bool
    effect: str
    items: int
    takes_key: bool = False
    keys: tuple[Any, ...] = ()
    live: bool = True

    def describe(self) -> dict[str, Any]:
        """The operation as the names report has it; ``takes_value``: whether it takes anything."""
        takes = self.takes_value or self.takes_key
        return {"name": self.name, "takes_value": takes, "effect": self.effect, "items": self.items}

    def draw_arguments(self, draw: Callable[[], float]) -> tuple[Any, ...]:
        """What a call is given: a key where it takes one, then a value where it takes one.

        Args:
            draw: a number from 0 up to 1.
        """
        key = (self.keys[int(draw() * len(self.keys))],) if self.takes_key else ()
        value = int(draw() * VALUES)
        return (*key, value) if self.takes_value else key


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan that has been read and checked."""

    factory: Any
    operations: tuple[Step, ...]
    knobs: Knobs
    seed: int
    hold: bool
    processes: str = ""

    @property
    def insertion(self) -> int:
        """The index of the operation that puts in, or changes."""
        return 0

    @property
    def others(self) -> tuple[int, ...]:
        """The indices of the operations that a run draws besides: that which takes out, those that read."""
        drawn = tuple(index for index, step in enumerate(self.operations) if index and step.live)
        return drawn or (0,)


def read_plan(data: Any) -> Plan:
    """Check a plan and import its structure.

    Raises:
        EngineError: when something is missing or wrong.
        KnobError: when a knob is.
    """
    try:
        module, _, name = str(data["factory"]).partition(":")
        factory = getattr(importlib.import_module(module), name)
        operations = tuple(
            Step(
                str(item["name"]), bool(item["takes_value"]), str(item["effect"]), int(item["items"]),
                bool(item.get("takes_key")), tuple(item.get("keys", ())), bool(item.get("live", True)),
            )
            for item in data["operations"]
        )  # fmt: skip
        if not operations:
            raise EngineError("a plan needs an operation")
        knobs, processes = Knobs().changed(data["knobs"]), str(data.get("processes", ""))
        if processes and processes not in SHARED:
            raise EngineError(f"processes must share one of {', '.join(SHARED)}; got {processes!r}")
        return Plan(factory, operations, knobs, int(data["seed"]), bool(data.get("hold")), processes)
    except LockfreeError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, ImportError) as error:
        raise EngineError(f"the plan cannot be read: {type(error).__name__}: {error}") from error
