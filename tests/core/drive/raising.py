"""Structures that misbehave, for engines to survive; with the operations of a stack."""

from __future__ import annotations

from typing import Any

from lockfree_core.memory import Memory

__all__ = ["Hopeless", "Noisy", "Quits"]


class Noisy:
    """Pushes fail now and then, and print; pops work."""

    def __init__(self, memory: Memory) -> None:
        self._head = memory.reference(None, "head")
        self._pushes = 0

    def push(self, value: Any) -> None:
        """Fails from the tenth call on."""
        print("this must not get among the reports")
        self._pushes += 1
        if self._pushes > 10:
            raise ZeroDivisionError(f"push of {'ten' if value is None else 'a value'} failed")
        self._head.load()

    def pop(self, default: Any = None) -> Any:
        """Always empty."""
        self._head.load()
        return default

    def __iter__(self) -> Any:
        return iter(())


class Quits(Noisy):
    """A push asks the interpreter to exit."""

    def push(self, value: Any) -> None:
        """Raises what is no ordinary exception."""
        self._head.load()
        raise SystemExit(3)


class Hopeless:
    """Cannot even be made."""

    def __init__(self, memory: Memory) -> None:
        raise RuntimeError("no structure today")

    def push(self, value: Any) -> None:
        """Never reached."""

    def pop(self, default: Any = None) -> Any:
        """Never reached."""
