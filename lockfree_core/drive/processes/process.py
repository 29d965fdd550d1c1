"""The body of a process that runs a structure: calls come over the pipe, one at a time, until it ends."""

from __future__ import annotations

import os
from multiprocessing.connection import Connection
from typing import Any

from lockfree_core.drive.processes.announced import AnnouncedMemory, Link

__all__ = ["serve"]


def serve(structure: Any, memory: AnnouncedMemory, index: int, pipe: int) -> None:
    """Carry out calls until the engine lets go of the pipe, or is gone; then this process ends.

    Args:
        structure: what the nursery made, on ``memory``.
        index: the number of this process.
        pipe: the descriptor of its end.
    """
    connection = Connection(pipe)
    memory.link, memory.index = Link(connection), index
    try:
        while True:
            name, arguments = connection.recv()
            connection.send(_carry_out(structure, name, arguments))
    except (EOFError, OSError):
        os._exit(0)


def _carry_out(structure: Any, name: str, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    try:
        return "return", getattr(structure, name)(*arguments)
    except (EOFError, OSError):
        raise
    except Exception as error:  # whatever an algorithm under study may raise
        return "raised", type(error).__name__, str(error)
