"""The messages of the WebSocket, typed and checked, both directions. ``docs/protocol.md`` says what they mean.

What comes in is parsed into ``Join``, ``Command`` or ``SetKnobs``; anything else is a ``MessageError``. What goes out
is built here and nowhere else, so that the page's list of messages is the server's.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.checks import FieldError, check_keys, check_object, check_option, check_whole, parse_json
from lockfree_core.trace.layout import LAYOUT_VERSION, MAX_LANES, Position

__all__ = [
    "ACTIONS",
    "BATCH_HEADER",
    "FROM_BROWSER",
    "FROM_SERVER",
    "MESSAGE_BYTES",
    "Command",
    "FromBrowser",
    "Join",
    "MessageError",
    "SetKnobs",
    "batch_frame",
    "check_command",
    "encode",
    "parse_message",
    "with_skipped",
]

MESSAGE_BYTES: Final = 64 * 1024
ACTIONS: Final = ("pause", "resume", "step", "freeze", "thaw", "kill")
BATCH_HEADER: Final = struct.Struct("<BBHIQ")

_BATCH = 1
_LARGEST_ID = 2**53 - 1
_LARGEST_SEQUENCE = 2**53 - 1

FROM_BROWSER: Final[Mapping[str, tuple[str, ...]]] = {
    "join": ("after", "generation"),
    "command": ("id", "action", "lane", "position", "side"),
    "knobs": ("id", "knobs"),
}
"""Each message from the browser with its fields."""

FROM_SERVER: Final[Mapping[str, tuple[str, ...]]] = {
    "hello": ("role", "run", "side", "layout", "names", "resumed"),
    "names": ("from", "sites", "cells", "types", "values", "operations", "processes"),
    "snapshot": ("sequence", "time", "reason", "skipped", "cells", "nodes", "locks", "lanes"),
    "run": ("run",),
    "counters": ("time", "paused", "lanes", "totals", "rates", "skipped"),
    "account": ("reason", "sequence", "in", "out", "inside", "in_flight", "lost", "balanced"),
    "held": ("lane", "sequence"),
    "done": ("id",),
    "error": ("id", "field", "message"),
    "ended": ("reason", "message", "detail"),
    "restarted": ("run", "names"),
}
"""Each message from the server with its fields; in ``names`` and ``snapshot`` some may be missing."""

_OPTIONAL: Final = {
    "names": {"sites", "cells", "types", "values", "operations", "processes"},
    "snapshot": {"skipped"},
}


class MessageError(FieldError):
    """A message from a browser cannot be taken; ``id`` is the message's, where it had one.

    One without an ``id`` is fatal: the browser speaks another protocol, and nothing else that it says can be trusted.
    """

    def __init__(self, field: str | None, reason: str, id: int | None = None) -> None:
        super().__init__(field, reason)
        self.id = id


@dataclass(frozen=True, slots=True)
class Join:
    """The first message of a viewer: where it left off, if anywhere."""

    after: int | None
    generation: int | None


@dataclass(frozen=True, slots=True)
class Command:
    """A control of the run or of one thread; ``side`` None means every side."""

    id: int | None
    action: str
    lane: int | None = None
    position: str = Position.ANYWHERE.name
    side: int | None = None


@dataclass(frozen=True, slots=True)
class SetKnobs:
    """Knobs to set; their names and values are checked by the knob table."""

    id: int
    knobs: dict[str, Any]


FromBrowser = Join | Command | SetKnobs


def parse_message(text: str) -> FromBrowser:
    """The message that a text frame holds.

    Raises:
        MessageError: if it is not well formed, of no known type, or has a wrong field.
    """
    id: int | None = None
    try:
        if len(text.encode("utf-8", "surrogatepass")) > MESSAGE_BYTES:
            raise FieldError(None, f"is longer than {MESSAGE_BYTES} bytes")
        message = check_object(None, parse_json(text))
        kind = check_option("type", message.get("type"), FROM_BROWSER)
        fields = {name: value for name, value in message.items() if name != "type"}
        if "id" in FROM_BROWSER[kind] and "id" in fields:
            id = check_whole("id", fields["id"], 0, _LARGEST_ID)
        return _PARSERS[kind](fields)
    except FieldError as error:
        reason = error.reason if error.field else f"the message {error.reason}"
        raise MessageError(error.field, reason, id) from None


def _parse_join(fields: dict[str, Any]) -> Join:
    check_keys(fields, FROM_BROWSER["join"], FROM_BROWSER["join"])
    after, generation = fields["after"], fields["generation"]
    return Join(
        None if after is None else check_whole("after", after, -1, _LARGEST_SEQUENCE),
        None if generation is None else check_whole("generation", generation, 0, _LARGEST_ID),
    )


def _parse_command(fields: dict[str, Any]) -> Command:
    check_keys(fields, FROM_BROWSER["command"], ("id", "action"))
    return check_command(fields)


def check_command(fields: Mapping[str, Any]) -> Command:
    """A command from its fields, which the HTTP interface takes as well (there without an ``id``)."""
    id, lane, side = fields.get("id"), fields.get("lane"), fields.get("side")
    action = check_option("action", fields.get("action"), ACTIONS)
    if lane is not None:
        lane = check_whole("lane", lane, 0, MAX_LANES - 1)
    elif action in ("freeze", "thaw", "kill"):
        raise FieldError("lane", f"is missing: {action} takes one thread, from 0 to {MAX_LANES - 1}")
    position = fields.get("position")
    if position is not None:
        check_option("position", position, Position.__members__)
    if side is not None:
        side = check_whole("side", side, 0, 1)
    return Command(id, action, lane, position or Position.ANYWHERE.name, side)


def _parse_knobs(fields: dict[str, Any]) -> SetKnobs:
    check_keys(fields, FROM_BROWSER["knobs"], FROM_BROWSER["knobs"])
    return SetKnobs(int(fields["id"]), check_object("knobs", fields["knobs"]))


_PARSERS: Final[Mapping[str, Callable[[dict[str, Any]], FromBrowser]]] = {
    "join": _parse_join,
    "command": _parse_command,
    "knobs": _parse_knobs,
}


def encode(type: str, fields: Mapping[str, Any]) -> str:
    """A message to the browser as text.

    Raises:
        ValueError: if it is of no known type, lacks a field or has one that the protocol does not know.
    """
    if type not in FROM_SERVER:
        raise ValueError(f"no message {type!r}")
    expected, given = set(FROM_SERVER[type]), set(fields)
    if given - expected or expected - given - _OPTIONAL.get(type, set()):
        raise ValueError(f"{type}: the fields are {sorted(expected)}; got {sorted(given)}")
    return json.dumps({"type": type, **fields}, ensure_ascii=False, separators=(",", ":"))


def with_skipped(counters: str, skipped: int) -> str:
    """A ``counters`` message for one viewer: the same for all but for the records that this one missed."""
    return f"{counters.removesuffix('0}')}{skipped}}}"


def batch_frame(generation: int, first: int, count: int, records: bytes | memoryview) -> bytes:
    """A binary frame of records; ``first`` is the whole sequence number of the first one."""
    return b"".join((BATCH_HEADER.pack(_BATCH, LAYOUT_VERSION, generation & 0xFFFF, count, first), records))
