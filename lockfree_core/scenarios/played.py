"""An execution that was run, read by those who ask what happened in it: the goals of puzzles, and tests."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Final, NamedTuple

from lockfree_core.drive.stepping.recorder import STEP_NS
from lockfree_core.trace.layout import RECORD, Kind

__all__ = ["CAS", "Played", "Record"]

CAS: Final = (Kind.CAS_WON, Kind.CAS_LOST)


class Record(NamedTuple):
    """One record, its fields as in ``lockfree_core.trace.layout``, and the number of the step that it belongs to."""

    time: int
    sequence: int
    lane: int
    kind: int
    site: int
    cell: int
    before: int
    after: int
    aux: int
    step: int


class Played:
    """What ``run_spec`` gives, with the records unpacked. Threads count from 0 here, steps from 1."""

    def __init__(self, found: Mapping[str, Any]) -> None:
        self.found = found
        self.threads: list[dict[str, Any]] = found["threads"]
        self.steps: list[dict[str, Any]] = found["steps"]
        self.faults: list[dict[str, Any]] = found["faults"]
        self.account: dict[str, Any] = found["account"]
        self.outcome: str = found["outcome"]["kind"]

    @cached_property
    def records(self) -> list[Record]:
        """All records, oldest first."""
        data = base64.b64decode(self.found["records"])
        return [Record._make((*fields, fields[0] // STEP_NS)) for fields in RECORD.iter_unpack(data)]

    @cached_property
    def finished(self) -> bool:
        """Whether every thread has done all that it was to do."""
        return all(call["result"] is not None for thread in self.threads for call in thread["calls"])

    @property
    def killed(self) -> list[int]:
        """The threads that were killed, in the order of their deaths."""
        return [step["thread"] for step in self.steps if step["kill"]]

    def of(self, thread: int, *kinds: int) -> Iterator[Record]:
        """The records of a thread that are of one of these kinds."""
        return (record for record in self.records if record.lane == thread and record.kind in kinds)

    def steps_of(self, thread: int) -> int:
        """How many steps a thread has taken."""
        return sum(step["thread"] == thread and not step["kill"] for step in self.steps)

    def results(self, thread: int) -> list[str]:
        """What a thread's operations have given so far, as text."""
        return [call["result"] for call in self.threads[thread]["calls"] if call["result"] is not None]

    def decisive(self, record: Record) -> bool:
        """Whether the algorithm uses the result of that CAS; otherwise it helps."""
        return bool(self._sites[record.site]["decisive"])

    def root(self, name: str) -> int:
        """The number of a cell that the structure itself owns; 0 where it has none of that name."""
        return next((cell["id"] for cell in self.found["names"]["cells"] if cell["name"] == name), 0)

    def allocated_by(self, node: int) -> int:
        """The thread that made or reused a node last; -1 for a node that was there from the start."""
        makers = [row.lane for row in self.records if row.kind in (Kind.ALLOCATE, Kind.REUSE) and row.cell == node]
        return makers[-1] if makers else -1

    @cached_property
    def _sites(self) -> dict[int, dict[str, Any]]:
        return {site["id"]: site for site in self.found["names"]["sites"]}
