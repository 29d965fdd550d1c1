"""Reading the commands that a server sends to an engine: whatever comes, the answer is an error and not a crash."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lockfree_core.errors import EngineError
from lockfree_core.trace.layout import Position

__all__ = ["lane_of", "position_of", "read_command"]


def lane_of(command: Mapping[str, Any]) -> int:
    """The number of the thread that a command names.

    Raises:
        EngineError: when it names none.
    """
    lane = command.get("lane")
    if isinstance(lane, bool) or not isinstance(lane, int):
        raise EngineError(f"lane must be the number of a thread, from 0; got {lane!r}")
    return lane


def position_of(command: Mapping[str, Any]) -> Position:
    """Where the thread is to stop; anywhere by default.

    Raises:
        EngineError: when there is no such position.
    """
    name = command.get("position")
    if name is None:
        return Position.ANYWHERE
    if not isinstance(name, str) or name not in Position.__members__:
        raise EngineError(f"position must be one of {', '.join(Position.__members__)}; got {name!r}")
    return Position[name]


def read_command(line: bytes) -> dict[str, Any]:
    """A command from its line.

    Raises:
        EngineError: when it is none.
    """
    try:
        command = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise EngineError(f"a command is one line of JSON: {error}") from None
    if not isinstance(command, dict):
        raise EngineError(f"a command is a JSON object; got {line[:80]!r}")
    return command
