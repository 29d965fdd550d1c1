"""Records, names and step boundaries of one execution."""

from __future__ import annotations

from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from lockfree_core.drive.sites import Site, describe_site
from lockfree_core.drive.stepping.pending import Pending
from lockfree_core.trace.layout import RECORD, Kind
from lockfree_core.trace.words import Words

if TYPE_CHECKING:
    from lockfree_core.drive.stepping.lane import SteppedLane

__all__ = ["STEP_NS", "Fault", "Recorder", "StepRow"]

STEP_NS: Final = 1_000_000_000  # time is the step number; in a record it counts as seconds

# Sites depend on the code alone, and reading one from its bytecode takes as long as fifty steps.
_described: dict[tuple[CodeType, int, str], Site] = {}


class StepRow(NamedTuple):
    """One step: who, which records (``first`` and how many), what it did, and what the thread does next, if anything.

    ``done`` is None for the death of a thread.
    """

    thread: int
    first: int
    records: int
    done: Pending | None
    next: Pending | None


class Fault(NamedTuple):
    """Something that must not happen: in which step, by whom, of which kind, and in words."""

    step: int
    thread: int
    kind: str
    message: str
    node: int


class Recorder:
    """Takes everything that an execution has to tell."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.step = 0  # the number of the step that runs, from 1; 0 before the first
        self.count = 0
        self.cells: list[dict[str, Any]] = []
        self.types: list[dict[str, Any]] = []
        self.values: list[dict[str, Any]] = []
        self.sites: list[dict[str, Any]] = []
        self.faults: list[Fault] = []
        self.cell_names: dict[int, str] = {}
        self.value_texts: dict[int, str] = {}
        self.words = Words(self.cell_names, self.value_texts)
        self._sites: dict[tuple[CodeType, int], tuple[int, str | None, bool]] = {}

    def site(self, frame: FrameType, access: str) -> tuple[int, str | None, bool]:
        """Number, bound local and decisiveness of the place where ``frame`` stands; numbers in order of first use."""
        key = (frame.f_code, frame.f_lasti)
        found = self._sites.get(key)
        if found is None:
            site = _described.get((*key, access))
            if site is None:
                site = _described[*key, access] = describe_site(0, frame.f_code, frame.f_lasti, access)
            site = site._replace(id=len(self.sites) + 1)
            self.sites.append(site._asdict())
            found = self._sites[key] = (site.id, site.target, site.decisive)
        return found

    def write(self, lane: SteppedLane, kind: int, site: int, cell: int, before: int, after: int, aux: int) -> None:
        """One record; the first one of an operation is preceded by its BEGIN."""
        if lane.fresh:
            lane.fresh = False
            self._pack(lane.index, Kind.BEGIN, 0, lane.operation, 0, lane.argument, lane.number)
        self._pack(lane.index, kind, site, cell, before, after, aux)

    def fault(self, lane: SteppedLane, kind: str, message: str, code: int, node: int) -> None:
        """A fault of memory, after which the thread goes on, as it would in C. ``code`` is that of the message."""
        self.faults.append(Fault(self.step, lane.index, kind, message, node))
        self.write(lane, Kind.FAULT, 0, code, node, 0, 1)

    def raised(self, lane: SteppedLane, code: int, message: str) -> None:
        """An operation has raised, and its thread has ended."""
        self.faults.append(Fault(self.step, lane.index, "raised", message, 0))
        self.write(lane, Kind.FAULT, 0, code, 0, 0, 0)

    def _pack(self, lane: int, kind: int, site: int, cell: int, before: int, after: int, aux: int) -> None:
        self.data += RECORD.pack(
            self.step * STEP_NS, self.count & 0xFFFF_FFFF, lane, kind, site, cell, before, after, aux
        )
        self.count += 1
