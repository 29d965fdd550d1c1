"""The plan of a run: all that an engine needs to know, as plain data that travels over a pipe."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lockfree_core.drive.knobs import Knobs
from lockfree_core.errors import EngineError, LockfreeError

__all__ = ["Plan", "make_plan", "read_plan"]


def make_plan(
    factory: str, operations: Sequence[Mapping[str, Any]], knobs: Mapping[str, Any], seed: int, hold: bool = False
) -> dict[str, Any]:
    """The body of the engine's ``start`` command.

    Args:
        factory: ``module:Class`` of the structure; called with a memory.
        operations: name, takes_value, effect (name of the cell where it takes effect), items (+1 or -1) of each.
        knobs: all the knobs.
        seed: fixes each lane's operations, values and delays; not the interleaving.
        hold: hold the run before the first compare-and-swap that is going to fail.
    """
    return {
        "factory": factory,
        "operations": [dict(operation) for operation in operations],
        "knobs": dict(knobs),
        "seed": seed,
        "hold": hold,
    }


@dataclass(frozen=True, slots=True)
class Step:
    """One operation of the plan."""

    name: str
    takes_value: bool
    effect: str
    items: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan that has been read and checked."""

    factory: Any
    operations: tuple[Step, ...]
    knobs: Knobs
    seed: int
    hold: bool


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
            Step(str(item["name"]), bool(item["takes_value"]), str(item["effect"]), int(item["items"]))
            for item in data["operations"]
        )
        if not operations:
            raise EngineError("a plan needs an operation")
        return Plan(factory, operations, Knobs().changed(data["knobs"]), int(data["seed"]), bool(data.get("hold")))
    except LockfreeError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, ImportError) as error:
        raise EngineError(f"the plan cannot be read: {type(error).__name__}: {error}") from error
