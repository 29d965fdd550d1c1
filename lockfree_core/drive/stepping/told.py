"""What a step did, in a few words: the table in the terminal and the cards on the page read alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from lockfree_core.drive.stepping.pending import Pending, describe_pending
from lockfree_core.drive.stepping.recorder import Recorder, StepRow
from lockfree_core.trace.layout import RECORD, RECORD_BYTES, Kind
from lockfree_core.trace.words import Words

__all__ = ["tell_step"]

_BESIDE: Final = frozenset({Kind.BEGIN, Kind.LOCAL, Kind.FAULT})


def tell_step(row: StepRow, recorder: Recorder) -> str:
    """``CAS head: n4 → n7, won``: what was announced, and what came of it."""
    if row.done is None:
        return "killed"
    text = str(describe_pending(row.done, recorder.words)["text"])
    for index in range(row.first, row.first + row.records):
        record = RECORD.unpack_from(recorder.data, index * RECORD_BYTES)
        if record[3] not in _BESIDE:
            tell = _RESULTS.get(record[3])
            return text if tell is None else tell(text, row.done, record, recorder.words)
    return text


def _load(text: str, done: Pending, record: tuple[Any, ...], words: Words) -> str:
    return f"{text}: {words.value(record[7])}"


def _exchange(text: str, done: Pending, record: tuple[Any, ...], words: Words) -> str:
    return f"{text}: {words.value(record[6])} → {words.value(record[7])}"


def _lost(text: str, done: Pending, record: tuple[Any, ...], words: Words) -> str:
    seen = "the version has changed" if record[6] == record[8] else f"it is {words.value(record[6])}"
    return f"{text}, lost: {seen}"


_RESULTS: Final[Mapping[int, Callable[[str, Pending, tuple[Any, ...], Words], str]]] = {
    Kind.LOAD: _load,
    Kind.EXCHANGE: _exchange,
    Kind.CAS_WON: lambda text, done, record, words: f"{text}, won",
    Kind.CAS_LOST: _lost,
    Kind.ALLOCATE: lambda text, done, record, words: f"{text}: {words.value(record[5])}",
    Kind.REUSE: lambda text, done, record, words: f"{text}: {words.value(record[5])} again",
    Kind.LOCK_WAIT: lambda text, done, record, words: f"{text}: waits for T{record[6] + 1}",
}
