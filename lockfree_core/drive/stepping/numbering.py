"""One numbering for the records of many executions.

Sites, node types and interned values are numbered by each execution in the order in which it first uses them. Records
of different executions say the same only once these numbers are translated into those of one common table.
"""

from __future__ import annotations

from typing import Any, Final

from lockfree_core.drive.stepping.pending import Pending
from lockfree_core.drive.stepping.recorder import Recorder
from lockfree_core.trace.layout import INTEGER_FLAG, RECORD, RECORD_BYTES, Kind

__all__ = ["Numbering"]

_FIRST_VALUE: Final = 1 << 24
_MAKES_A_NODE: Final = (Kind.ALLOCATE, Kind.REUSE)


class Numbering:
    """The common table. Its numbers are those of the first execution that is shown to it, then in order of use."""

    def __init__(self) -> None:
        self.sites: list[dict[str, Any]] = []
        self.types: list[dict[str, Any]] = []
        self.values: list[dict[str, Any]] = []
        self._known: dict[tuple[str, Any], int] = {}

    def records(self, recorder: Recorder, first: int, count: int) -> bytes:
        """Records of an execution in common numbers, with neither time nor sequence number."""
        found = bytearray()
        end = (first + count) * RECORD_BYTES
        for _, _, lane, kind, site, *codes in RECORD.iter_unpack(recorder.data[first * RECORD_BYTES : end]):
            codes = codes if kind == Kind.WIDE else [self.value(recorder, code) for code in codes]
            if kind in _MAKES_A_NODE:
                codes[-1] = self._type(recorder, codes[-1])
            found += RECORD.pack(0, 0, lane, kind, self.site(recorder, site), *codes)
        return bytes(found)

    def pending(self, recorder: Recorder, pending: Pending) -> Pending:
        """What a thread does next, in common numbers."""
        return pending._replace(
            site=self.site(recorder, pending.site), expected=self.value(recorder, pending.expected),
            after=self.value(recorder, pending.after),
        )  # fmt: skip

    def learn(self, recorder: Recorder) -> None:
        """Number everything that this execution has used so far, in its order."""
        for site in recorder.sites:
            self.site(recorder, site["id"])
        for kind in recorder.types:
            self._type(recorder, kind["id"])
        for value in recorder.values:
            self.value(recorder, value["id"])

    def site(self, recorder: Recorder, number: int) -> int:
        """The common number of a site; 0 is nowhere."""
        if number == 0:
            return 0
        site = recorder.sites[number - 1]
        return self._number("site", tuple(site.values())[1:], self.sites, site, len(self.sites) + 1)

    def value(self, recorder: Recorder, code: int) -> int:
        """The common code of a value; nodes, cells, small numbers and None are the same in every execution."""
        if not _FIRST_VALUE <= code < INTEGER_FLAG:
            return code
        row = {"text": recorder.value_texts[code]}
        return self._number("value", row["text"], self.values, row, _FIRST_VALUE + len(self.values))

    def _type(self, recorder: Recorder, number: int) -> int:
        kind = recorder.types[number - 1]
        return self._number("type", kind["name"], self.types, kind, len(self.types) + 1)

    def _number(self, family: str, key: Any, table: list[dict[str, Any]], row: dict[str, Any], free: int) -> int:
        number = self._known.get((family, key))
        if number is None:
            number = self._known[family, key] = free
            table.append({**row, "id": number})
        return number
