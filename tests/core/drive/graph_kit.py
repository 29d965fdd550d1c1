"""Walks through a state graph, and executions in a form in which two of them can be compared."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Any

from lockfree_core.drive.stepping.recorder import STEP_NS
from lockfree_core.drive.stepping.stepper import Stepper
from lockfree_core.trace.layout import INTEGER_FLAG, RECORD, Kind

FIRST_TEXT = 1 << 24


def spelled(names: dict[str, Any], records: bytes) -> list[tuple[Any, ...]]:
    """Every field of every record, with what a number stands for where its number depends on the order of use."""
    sites = {site["id"]: tuple(value for name, value in site.items() if name != "id") for site in names["sites"]}
    texts = {value["id"]: value["text"] for value in names["values"]}
    types = {kind["id"]: (kind["name"], tuple(kind["fields"])) for kind in names["types"]}
    rows = []
    for time, sequence, lane, kind, site, *codes in RECORD.iter_unpack(records):
        values: list[Any] = [texts[code] if FIRST_TEXT <= code < INTEGER_FLAG else code for code in codes]
        if kind in (Kind.ALLOCATE, Kind.REUSE):
            values[-1] = types[codes[-1]]
        rows.append((time, sequence, lane, kind, sites.get(site), *values))
    return rows


def walk(graph: dict[str, Any], choices: Sequence[int]) -> tuple[list[int], bytes, list[dict[str, Any]], int]:
    """Follow choices (each picks from those that can move, until none can): moves, records, edges, the last state."""
    state, moves, records, edges = 0, [], bytearray(), []
    for choice in choices:
        able = [thread for thread, edge in enumerate(graph["states"][state]["edges"]) if edge is not None]
        if not able:
            break
        thread = able[choice % len(able)]
        edge = graph["states"][state]["edges"][thread]
        moves.append(thread)
        edges.append(edge)
        for row in RECORD.iter_unpack(base64.b64decode(edge["records"])):
            records += RECORD.pack(len(moves) * STEP_NS, len(records) // RECORD.size, *row[2:])
        state = edge["to"]
    return moves, bytes(records), edges, state


def schedules(open_stepper: Callable[[], Stepper]) -> list[tuple[int, ...]]:
    """Every schedule of a program, those that end early included, the longest first."""
    found: list[tuple[int, ...]] = []
    open_: list[tuple[int, ...]] = [()]
    while open_:
        path = open_.pop()
        found.append(path)
        with open_stepper() as stepper:
            for move in path:
                stepper.step(move)
            open_ += [(*path, thread) for thread in stepper.movable()]
    return sorted(found, key=len, reverse=True)
