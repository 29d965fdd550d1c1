"""Cells that pass a gate, act, and are recorded in exact order.

The order lock is held for the sequence number and the access alone. Within it there is no call: CPython hands its
interpreter lock over only after calls and backward jumps, so a thread is not preempted while it holds the order lock.
(``next(counter)`` is written as a ``for`` loop for that reason; measured with two threads on CPython 3.11: 0.9
instead of 2.2 µs an access.) On a free-threaded interpreter the lock alone keeps the order, and correctness needs no
more. The record is packed after the lock is released.

The classes stand inside a function, so that what they share is a closure variable, the quickest lookup there is; and
load, store and compare-and-swap each hold their own copy of the lines that find the site and pack the record, since a
call would cost a tenth of an access.
"""

# ruff: noqa: B007 - a loop with a break draws the next number without a call, see traced_cells

from __future__ import annotations

import sys
import time
from _thread import get_ident
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from lockfree_core.drive.lane import ACCESS, DECISIVE
from lockfree_core.trace.layout import INTEGER_MAX, INTEGER_MIN, RECORD, Kind

if TYPE_CHECKING:
    from lockfree_core.drive.traced import TracedMemory

__all__ = ["Cells", "make_cells"]


class Cells(NamedTuple):
    """The cell classes of one traced memory, each called with (initial value, cell id, role of the name)."""

    reference: Callable[[Any, int, int], Any]
    integer: Callable[[Any, int, int], Any]
    versioned: Callable[[Any, int, int], Any]
    count_with: Callable[[Iterator[int]], None]


def make_cells(memory: TracedMemory, counter: Iterator[int]) -> Cells:
    """The cell classes for ``memory``, which take their sequence numbers from ``counter``."""
    lanes = memory.lanes
    order = memory.order
    entries = memory.sites.entries
    resolve = memory.resolve
    encode = memory.encode
    control = memory.control
    frame_at = sys._getframe
    pack_into = RECORD.pack_into
    clock = time.perf_counter_ns
    load_kind, store_kind, exchange_kind = int(Kind.LOAD), int(Kind.STORE), int(Kind.EXCHANGE)
    won_kind, lost_kind, wide_kind = int(Kind.CAS_WON), int(Kind.CAS_LOST), int(Kind.WIDE)

    def count_with(new: Iterator[int]) -> None:
        nonlocal counter
        counter = new

    class Reference:
        """A reference: compare-and-swap by identity."""

        __slots__ = ("_role", "_value", "cell_id", "code")

        def __init__(self, initial: Any, cell_id: int, role: int) -> None:
            self._value = initial
            self._role = role
            self.cell_id = cell_id
            self.code = encode(initial)

        @property
        def value(self) -> Any:
            """A peek, not recorded."""
            return self._value

        def differs(self, expected: Any) -> bool:
            """Whether a compare-and-swap that expects ``expected`` would fail now. Not recorded."""
            return self._value is not expected

        def load(self) -> Any:
            lane = lanes[get_ident()]
            if lane.attention:
                lane.gate(ACCESS)
            frame = frame_at(1)
            try:
                site, target, _ = entries[id(frame.f_code) + frame.f_lasti]
            except KeyError:
                site, target, _ = resolve(frame, "load")
            with order:
                for sequence in counter:
                    break
                value = self._value
                code = self.code
            lane.site = site
            if target:
                lane.trail[target] = self.cell_id
            if lane.head >= lane.limit and not lane.room(sequence):
                return value
            head = lane.head
            pack_into(
                lane.records, (head & lane.mask) << 5, clock() - control.started, sequence & 0xFFFFFFFF, lane.index,
                load_kind, site, self.cell_id, code, code, 0,
            )  # fmt: skip
            lane.head = head = head + 1
            lane.publish[0] = head
            return value

        def store(self, value: Any) -> None:
            lane = lanes[get_ident()]
            effect = self._role == lane.effect
            if lane.cas_attention:
                lane.gate(DECISIVE if effect else ACCESS, self)
            frame = frame_at(1)
            try:
                site, _, _ = entries[id(frame.f_code) + frame.f_lasti]
            except KeyError:
                site, _, _ = resolve(frame, "store")
            new = encode(value)
            with order:
                for sequence in counter:
                    break
                old = self.code
                self._value = value
                self.code = new
            lane.site = site
            if effect:
                lane.took_effect()
            if lane.head >= lane.limit and not lane.room(sequence):
                return
            head = lane.head
            pack_into(
                lane.records, (head & lane.mask) << 5, clock() - control.started, sequence & 0xFFFFFFFF, lane.index,
                store_kind, site, self.cell_id, old, new, 0,
            )  # fmt: skip
            lane.head = head = head + 1
            lane.publish[0] = head

        def compare_and_swap(self, expected: Any, new: Any) -> bool:
            lane = lanes[get_ident()]
            if lane.cas_attention:
                lane.gate(DECISIVE, self, True, expected)
            frame = frame_at(1)
            try:
                site, _, decisive = entries[id(frame.f_code) + frame.f_lasti]
            except KeyError:
                site, _, decisive = resolve(frame, "compare_and_swap")
            wanted = encode(new)
            with order:
                for sequence in counter:
                    break
                seen = self.code
                won = self._value is expected
                if won:
                    self._value = new
                    self.code = wanted
            lane.site = site
            lane.decided(won, decisive, self._role)
            kind, aux = (won_kind, 0) if won else (lost_kind, encode(expected))
            if lane.head >= lane.limit and not lane.room(sequence):
                return won
            head = lane.head
            pack_into(
                lane.records, (head & lane.mask) << 5, clock() - control.started, sequence & 0xFFFFFFFF, lane.index,
                kind, site, self.cell_id, seen, wanted, aux,
            )  # fmt: skip
            lane.head = head = head + 1
            lane.publish[0] = head
            return won

        def get_and_set(self, new: Any) -> Any:
            return self._exchange(frame_at(1), "get_and_set", lambda old: new)

        def _exchange(self, frame: Any, access: str, function: Callable[[Any], Any]) -> Any:
            lane = lanes[get_ident()]
            effect = self._role == lane.effect
            if lane.cas_attention:
                lane.gate(DECISIVE if effect else ACCESS, self)
            site, target, _ = entries.get(id(frame.f_code) + frame.f_lasti) or resolve(frame, access)
            while True:
                # Computed and encoded outside the order lock, which interning a value takes itself.
                old = self._value
                new = function(old)
                after = encode(new)
                with order:
                    if self._value is old:
                        for sequence in counter:
                            break
                        before = self.code
                        self._value = new
                        self.code = after
                        break
            lane.site = site
            if effect:
                lane.took_effect()
            if target:
                lane.trail[target] = 0  # taken out of the cell: no copy of it that could go stale
            lane.write(sequence, exchange_kind, site, self.cell_id, before, after, 0)
            return old

    class Integer(Reference):
        """An integer: compare-and-swap by equality."""

        __slots__ = ()

        def differs(self, expected: Any) -> bool:
            return bool(self._value != expected)

        def compare_and_swap(self, expected: int, new: int) -> bool:
            lane = lanes[get_ident()]
            if lane.cas_attention:
                lane.gate(DECISIVE, self, True, expected)
            frame = frame_at(1)
            try:
                site, _, decisive = entries[id(frame.f_code) + frame.f_lasti]
            except KeyError:
                site, _, decisive = resolve(frame, "compare_and_swap")
            wanted = (new & 0x7FFFFFFF) | 0x80000000 if INTEGER_MIN <= new <= INTEGER_MAX else encode(new)
            with order:
                for sequence in counter:
                    break
                seen = self.code
                won = self._value == expected
                if won:
                    self._value = new
                    self.code = wanted
            lane.site = site
            lane.decided(won, decisive, self._role)
            kind, aux = (won_kind, 0) if won else (lost_kind, encode(expected))
            lane.write(sequence, kind, site, self.cell_id, seen, wanted, aux)
            return bool(won)

        def fetch_add(self, amount: int) -> int:
            return int(self._exchange(frame_at(1), "fetch_add", lambda old: old + amount))

    class Versioned:
        """A reference with a version; each record is followed by a WIDE one that carries the versions."""

        __slots__ = ("_role", "_value", "_version", "cell_id", "code", "mask")

        def __init__(self, initial: Any, cell_id: int, role: int) -> None:
            self._value = initial
            self._version = 0
            self.mask = -1
            self._role = role
            self.cell_id = cell_id
            self.code = encode(initial)

        @property
        def value(self) -> Any:
            """A peek, not recorded."""
            return self._value

        @property
        def version(self) -> int:
            """A peek, not recorded."""
            return self._version

        def differs(self, expected: Any) -> bool:
            """Whether a compare-and-swap that expects (value, version) would fail now. Not recorded."""
            return self._value is not expected[0] or self._version != expected[1]

        def get(self) -> tuple[Any, int]:
            lane = lanes[get_ident()]
            if lane.attention:
                lane.gate(ACCESS)
            frame = frame_at(1)
            site, _, _ = entries.get(id(frame.f_code) + frame.f_lasti) or resolve(frame, "get")
            with order:
                for sequence in counter:
                    break
                value, version, code = self._value, self._version, self.code
                for wide in counter:
                    break
            lane.site = site
            lane.write(sequence, load_kind, site, self.cell_id, code, code, 0)
            lane.write(wide, wide_kind, site, self.cell_id, version & 0xFFFFFFFF, version & 0xFFFFFFFF, 0)
            return value, version

        def compare_and_swap(self, expected: Any, expected_version: int, new_value: Any) -> bool:
            lane = lanes[get_ident()]
            if lane.cas_attention:
                lane.gate(DECISIVE, self, True, (expected, expected_version))
            frame = frame_at(1)
            site, _, decisive = entries.get(id(frame.f_code) + frame.f_lasti) or resolve(frame, "compare_and_swap")
            wanted = encode(new_value)
            with order:
                for sequence in counter:
                    break
                seen, version = self.code, self._version
                won = self._value is expected and version == expected_version
                if won:
                    self._value = new_value
                    self.code = wanted
                    self._version = (version + 1) & self.mask
                after = self._version
                for wide in counter:
                    break
            lane.site = site
            lane.decided(won, decisive, self._role)
            lane.write(sequence, won_kind if won else lost_kind, site, self.cell_id, seen, wanted,
                       0 if won else encode(expected))  # fmt: skip
            lane.write(wide, wide_kind, site, self.cell_id, version & 0xFFFFFFFF, after & 0xFFFFFFFF,
                       expected_version & 0xFFFFFFFF)  # fmt: skip
            return won

    return Cells(Reference, Integer, Versioned, count_with)
