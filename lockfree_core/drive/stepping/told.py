"""What a step did, in a few words: the table in the terminal and the cards on the page read alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from lockfree_core.drive.stepping.pending import describe_pending
from lockfree_core.drive.stepping.recorder import Recorder, StepRow
from lockfree_core.trace.layout import RECORD, RECORD_BYTES, Kind
from lockfree_core.trace.words import Words

__all__ = ["tell_step"]

_BESIDE: Final = frozenset({Kind.BEGIN, Kind.LOCAL, Kind.FAULT})

Record = tuple[Any, ...]


def tell_step(row: StepRow, recorder: Recorder) -> str:
    """``CAS head: n4 → n7, won``: what was announced, and what came of it."""
    if row.done is None:
        return "killed"
    text = str(describe_pending(row.done, recorder.words)["text"])
    last = row.first + row.records
    for index in range(row.first, last):
        record = _record(recorder, index)
        if record[3] not in _BESIDE:
            following = _record(recorder, index + 1) if index + 1 < last else record
            versions = following if following[3] == Kind.WIDE else None
            return text + _RESULTS.get(record[3], _nothing)(record, versions, recorder.words)
    return text


def _record(recorder: Recorder, index: int) -> Record:
    return RECORD.unpack_from(recorder.data, index * RECORD_BYTES)


def _load(record: Record, versions: Record | None, words: Words) -> str:
    return f": {words.value(record[7])}" + (f" #{versions[6]}" if versions else "")


def _won(record: Record, versions: Record | None, words: Words) -> str:
    return ", won" + (f", now #{versions[7]}" if versions else "")


def _lost(record: Record, versions: Record | None, words: Words) -> str:
    return f", lost: it is {words.value(record[6])}" + (f" #{versions[6]}" if versions else "")


def _nothing(record: Record, versions: Record | None, words: Words) -> str:
    return ""


_RESULTS: Final[Mapping[int, Callable[[Record, Record | None, Words], str]]] = {
    Kind.LOAD: _load,
    Kind.EXCHANGE: lambda record, _, words: f": {words.value(record[6])} → {words.value(record[7])}",
    Kind.CAS_WON: _won,
    Kind.CAS_LOST: _lost,
    Kind.ALLOCATE: lambda record, _, words: f": {words.value(record[5])}",
    Kind.REUSE: lambda record, _, words: f": {words.value(record[5])} again",
    Kind.LOCK_WAIT: lambda record, _, words: f": waits for T{record[6] + 1}",
}
