"""The binary layout of a trace record: the one definition that Python, the server and the browser share.

A record is 32 bytes, little-endian, without padding. Everything that is not a number (the name of a cell, the line of
a site, the text of a value) travels beside the records as *names*, see ``docs/protocol.md``.

Value codes
-----------
A ``before``, ``after`` or ``aux`` that holds a value holds its *code*, a u32:

=====================  ===============================================================================
``0``                  ``None``
top bit set            a small integer, two's complement in the lower 31 bits
anything else          an object id: a node (announced by an ALLOCATE record) or an interned value (announced by name)
=====================  ===============================================================================
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import Final, NamedTuple

__all__ = [
    "FIELDS",
    "INTEGER_FLAG",
    "INTEGER_MAX",
    "INTEGER_MIN",
    "LAYOUT_VERSION",
    "MAX_LANES",
    "RECORD",
    "RECORD_BYTES",
    "Field",
    "Kind",
    "Outcome",
    "Position",
    "decode_integer",
    "describe_layout",
    "encode_integer",
]

LAYOUT_VERSION: Final = 1
MAX_LANES: Final = 32


class Field(NamedTuple):
    """One field of a record: its name, its offset in bytes, its width in bytes."""

    name: str
    offset: int
    width: int


FIELDS: Final = (
    Field("time", 0, 8),  # nanoseconds since the run began
    Field("sequence", 8, 4),  # exact order of effects, modulo 2**32
    Field("lane", 12, 1),  # thread number, from 0
    Field("kind", 13, 1),  # a Kind
    Field("site", 14, 2),  # where in the source, 0 when nowhere
    Field("cell", 16, 4),
    Field("before", 20, 4),
    Field("after", 24, 4),
    Field("aux", 28, 4),
)
RECORD: Final = struct.Struct("<QIBBHIIII")
RECORD_BYTES: Final = RECORD.size

INTEGER_FLAG: Final = 0x8000_0000
INTEGER_MIN: Final = -(1 << 30)
INTEGER_MAX: Final = (1 << 30) - 1


class Kind(IntEnum):
    """What a record tells. The comment gives the meaning of (cell, before, after, aux); a dash means zero."""

    BEGIN = 1  # operation index, -, argument code, operation number within the lane
    END = 2  # operation index, decisive attempts, result code, Outcome
    LOAD = 3  # cell, value, value, -
    STORE = 4  # cell, old value, new value, -
    EXCHANGE = 5  # cell, old value, new value, -  (get_and_set, fetch_add)
    CAS_WON = 6  # cell, old value (= expected), new value, -
    CAS_LOST = 7  # cell, value seen, value wanted, value expected
    LOCAL = 8  # name id of the local variable, cell it was read from or 0, value, 1 where the variable is gone
    ALLOCATE = 9  # node id, first cell id, code of the plain value, type id
    REUSE = 10  # node id, generation, code of the plain value, type id
    RETIRE = 11  # node id, -, -, -
    FREE = 12  # node id, -, -, -
    LOCK_WAIT = 13  # lock cell, holder's lane, -, -
    LOCK_ACQUIRED = 14  # lock cell, -, -, -
    LOCK_RELEASED = 15  # lock cell, -, -, -
    BACKOFF = 16  # -, losses so far in this operation, microseconds, -
    DELAY = 17  # cell it stands before, 0 yield or 1 sleep, microseconds, -  (injected between load and CAS)
    FROZEN = 18  # -, -, -, Position
    THAWED = 19  # -, -, -, -
    KILLED = 20  # -, -, -, Position
    FAULT = 21  # name id of the message, node or 0, -, 0: the operation raised and the lane stops; 1: the lane goes on
    WIDE = 22  # high halves of the lane's previous record: -, before, after, aux
    LOST = 23  # -, first sequence number lost, last one lost, how many  (a ring was full)
    STARTED = 24  # -, -, -, -  (the lane's thread joined the run)
    STOPPED = 25  # -, -, -, -  (the lane's thread left the run between two operations)


class Position(IntEnum):
    """Where a thread is to be frozen or killed. Tested by the victim at its own gate."""

    ANYWHERE = 0
    BETWEEN_LOAD_AND_CAS = 1
    HOLDING_LOCK = 2


class Outcome(IntEnum):
    """How an operation ended."""

    VALUE = 0  # it did its work; END carries the result
    EMPTY = 1  # it found the structure empty and gave the default


def encode_integer(value: int) -> int:
    """The code of a small integer.

    Raises:
        ValueError: if ``value`` lies outside ``INTEGER_MIN .. INTEGER_MAX``.
    """
    if not INTEGER_MIN <= value <= INTEGER_MAX:
        raise ValueError(f"an inline integer lies between {INTEGER_MIN} and {INTEGER_MAX}, got {value}")
    return (value & 0x7FFF_FFFF) | INTEGER_FLAG


def decode_integer(code: int) -> int:
    """The small integer that a code with the top bit set stands for."""
    value = code & 0x7FFF_FFFF
    return value - 0x8000_0000 if value & 0x4000_0000 else value


def describe_layout() -> dict[str, object]:
    """The layout as plain data, which the browser's decoder is built from."""
    return {
        "version": LAYOUT_VERSION,
        "bytes": RECORD_BYTES,
        "fields": {field.name: {"offset": field.offset, "width": field.width} for field in FIELDS},
        "kinds": {kind.name: int(kind) for kind in Kind},
        "positions": {position.name: int(position) for position in Position},
        "outcomes": {outcome.name: int(outcome) for outcome in Outcome},
        "integer_flag": INTEGER_FLAG,
        "max_lanes": MAX_LANES,
    }
