"""Structures that misbehave in a process of their own."""

from __future__ import annotations

import os
import signal
from typing import Any


class Raising:
    """Its third increment raises."""

    def __init__(self, memory: Any) -> None:
        self._value = memory.integer(0, "value")

    @property
    def value(self) -> int:
        return int(self._value.value)

    def increment(self) -> int:
        before = self._value.fetch_add(1)
        if before == 2:
            raise LookupError("there is nothing behind two")
        return int(before + 1)


class Leaving(Raising):
    """Its third increment ends the process, with an exit code of its own."""

    def increment(self) -> int:
        before = self._value.fetch_add(1)
        if before == 2:
            os._exit(3)
        return int(before + 1)


class Halting(Raising):
    """Its third increment halts the process, between two accesses."""

    def increment(self) -> int:
        before = self._value.fetch_add(1)
        if before == 2:
            os.kill(os.getpid(), signal.SIGSTOP)
        return int(before + 1)


class Referring:
    """It asks for what processes cannot share."""

    def __init__(self, memory: Any) -> None:
        self._head = memory.reference(None, "head")


class Wide:
    """It asks for more than a page holds."""

    def __init__(self, memory: Any) -> None:
        self._cells = [memory.integer(0, "cell") for _ in range(10_000)]
