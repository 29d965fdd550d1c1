"""Runs every structure of the catalog traced and prints the sites that it met, as JSON: standard library only.

A script of its own, since it runs on other interpreters than the tests.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

from lockfree_core.catalog import CATALOG, Entry, Operation
from lockfree_core.drive.engine import Engine
from lockfree_core.drive.knobs import Knobs
from lockfree_core.drive.lane import Lane
from lockfree_core.drive.plan import make_plan, read_plan
from lockfree_core.drive.rings import Rings


def sites_of(key: str) -> list[dict[str, object]]:
    """Sites met in single-threaded calls of a structure's operations, full and empty."""
    entry = CATALOG[key]
    knobs = Knobs().changed({"prefill": 2, "threads": 1})
    plan = make_plan(entry.factory, [asdict(item) for item in entry.operations], knobs.as_dict(), 1)
    rings = Rings(records=64)
    engine = Engine(read_plan(plan), rings, lambda report: None)
    lane = _setting_up(engine, rings)
    for operation, arguments in _calls(entry):
        lane.trail = {}
        getattr(engine.structure, operation.name)(*arguments)
    return engine.memory.sites.describe()


def _calls(entry: Entry) -> list[tuple[Operation, tuple[object, ...]]]:
    """Each operation, with each key twice where it takes one; the first one until what is bounded is full, and the
    last one until it finds nothing any more.
    """
    calls: list[tuple[Operation, tuple[object, ...]]] = []
    for operation in (*entry.operations, *entry.operations[:1] * 4, *entry.operations[-1:] * 9):
        mixed = (*operation.keys[::-2], *operation.keys[1::2]) * 2
        keys: list[tuple[object, ...]] = [(key,) for key in mixed] if operation.takes_key else [()]
        calls += [(operation, (*key, 1) if operation.takes_value else key) for key in keys]
    return calls


def _setting_up(engine: Engine, rings: Rings) -> Lane:
    """A lane that this thread is from now on, with nothing to hold it."""
    lane = Lane(0, engine.control, rings.reserve(0), 1)
    lane.attention = lane.cas_attention = False
    engine.memory.register(lane)
    return lane


if __name__ == "__main__":
    json.dump({"version": list(sys.version_info[:3]), "sites": {key: sites_of(key) for key in CATALOG}}, sys.stdout)
