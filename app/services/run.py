"""A run: one structure, or two side by side, over its generations."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from app.checks import FieldError, check_flag, check_keys, check_option, check_whole
from app.messages import Command, encode
from app.services.errors import Refusal
from app.services.side import Side
from app.services.stream import Feed
from lockfree_core.catalog import CATALOG, Entry, of_lab
from lockfree_core.drive.knobs import Knobs
from lockfree_core.errors import EngineError

__all__ = ["LARGEST_SEED", "SPEC_FIELDS", "Run", "Spec", "find_twin"]

LARGEST_SEED: Final = 2**32 - 1
SPEC_FIELDS: Final = ("structure", "duel", "knobs", "seed", "hold")

_RANDOM_SEEDS: Final = 10_000  # a seed that a person may have to type should be short


def find_twin(entry: Entry) -> Entry:
    """What an entry meets in a duel: its family's mutex variant, or the one without a lock if it is that itself."""
    variants = ("lock-free", "lockless") if entry.variant == "mutex" else ("mutex",)
    rivals = (other for other in of_lab("watch").values() if other.family == entry.family)
    return next(other for other in rivals if other.variant in variants)


@dataclass(frozen=True, slots=True)
class Spec:
    """What a run is asked to be."""

    entry: Entry
    duel: bool
    knobs: Knobs
    seed: int
    hold: bool

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Spec:
        """A new run's spec. Raises FieldError or KnobError."""
        check_keys(body, SPEC_FIELDS, ("structure",))
        first = cls(next(iter(CATALOG.values())), False, Knobs(), secrets.randbelow(_RANDOM_SEEDS), False)
        return first.changed(body)

    def changed(self, body: Mapping[str, Any]) -> Spec:
        """The spec with some fields set anew, knobs one by one. Raises FieldError or KnobError."""
        check_keys(body, SPEC_FIELDS)
        values: dict[str, Any] = {}
        if "structure" in body:
            values["entry"] = _check_structure(body["structure"])
        for name in ("duel", "hold"):
            if name in body:
                values[name] = check_flag(name, body[name])
        if "seed" in body:
            values["seed"] = check_whole("seed", body["seed"], 0, LARGEST_SEED)
        if "knobs" in body:
            values["knobs"] = self.knobs.changed(body["knobs"])
        return replace(self, **values)

    @property
    def entries(self) -> list[Entry]:
        """The structures, one for each side."""
        return [self.entry, find_twin(self.entry)] if self.duel else [self.entry]


def _check_structure(value: object) -> Entry:
    """The catalog entry of that key, if it can be run in real threads."""
    entry = CATALOG.get(value) if isinstance(value, str) else None
    if entry is not None and "watch" not in entry.labs:
        raise FieldError(
            "structure", f"must be one that can run in real threads; {entry.key} frees its nodes, which needs the "
            "simulated heap: open it in Step"
        )  # fmt: skip
    return CATALOG[check_option("structure", value, of_lab("watch"))]


class Run:
    """The sides of one generation, and the feeds where viewers stand over all of them."""

    def __init__(self, spec: Spec, python: str | None, history_bytes: int) -> None:
        self.id = secrets.token_hex(4)
        self.generation = 0
        self.spec = spec
        self.sides: list[Side] = []
        self.feeds = (Feed(self, 0), Feed(self, 1))
        self.is_starting = False
        self.last_viewed = time.monotonic()
        self.on_change: Callable[[], object] | None = None
        self.on_sides: Callable[[list[Side]], object] | None = None  # told of new sides before their engines start
        self._python = python
        self._history_bytes = history_bytes
        self._version = 0
        self._text: str | None = None

    # What viewers know of it

    @property
    def state(self) -> str:
        """``starting``, ``running``, ``paused``, ``held`` or ``ended``."""
        states = [side.state for side in self.sides]
        if self.is_starting or "starting" in states:
            return "starting"
        if all(state == "ended" for state in states):
            return "ended"
        going = [state for state in states if state != "ended"]
        if "held" in going:
            return "held"
        return "paused" if all(state == "paused" for state in going) else "running"

    @property
    def viewers(self) -> int:
        """How many look at it now."""
        return sum(len(feed.viewers) for feed in self.feeds)

    @property
    def idle_s(self) -> float:
        """For how long nobody has looked at it."""
        return 0.0 if self.viewers else time.monotonic() - self.last_viewed

    @property
    def description(self) -> tuple[int, str]:
        """A number that grows with each change, and the ``run`` message."""
        if self._text is None:
            self._text = encode("run", {"run": self.describe()})
        return self._version, self._text

    def describe(self) -> dict[str, Any]:
        """The run as ``GET /api/runs/{run}`` gives it."""
        sides = [
            {
                "side": number,
                "structure": side.entry.key,
                "state": side.state,
                "ended": side.ended,
                "halted": side.halted,
            }
            for number, side in enumerate(self.sides)
        ]
        interpreter = next((side.interpreter for side in self.sides if side.interpreter), None)
        return {
            "id": self.id,
            "generation": self.generation,
            "state": self.state,
            "structure": self.spec.entry.key,
            "duel": self.spec.duel,
            "sides": sides,
            "knobs": self.spec.knobs.as_dict(),
            "seed": self.spec.seed,
            "hold": self.spec.hold,
            "viewers": self.viewers,
            "interpreter": interpreter,
        }

    def viewers_changed(self) -> None:
        """Somebody came or went."""
        self.last_viewed = time.monotonic()
        self._changed()

    def _changed(self) -> None:
        self._version += 1
        self._text = None
        for feed in self.feeds:
            feed.wake()
        if self.on_change is not None:
            self.on_change()

    # Its life

    async def start(self, spec: Spec) -> None:
        """Begin a generation; one that runs is stopped first. Returns when the engines run.

        Raises:
            Refusal: when a start is under way, or an engine does not come up; the run is ended then.
        """
        if self.is_starting:
            raise Refusal(409, "this run's engine is being started; wait until it is up")
        self.is_starting = True
        self.last_viewed = time.monotonic()
        self._changed()
        try:
            before, self.spec = self.sides, spec
            self._new_sides()  # first, so that viewers hear of a restart and not of an end
            await _stop(before, "the run was restarted")
            work = [side.start(self._python, spec.knobs, spec.seed, spec.hold) for side in self.sides]
            results = await asyncio.gather(*work, return_exceptions=True)
        finally:
            self.is_starting = False
            self._changed()
        failed = next((result for result in results if isinstance(result, BaseException)), None)
        if failed is not None:
            await _stop(self.sides, "the other side could not be started")
            if isinstance(failed, EngineError):
                raise Refusal(503, str(failed))
            raise failed

    def _new_sides(self) -> None:
        self.generation += 1
        self.sides = [
            Side(entry, self.generation, self._history_bytes, self._changed, feed.wake)
            for entry, feed in zip(self.spec.entries, self.feeds, strict=False)
        ]
        for number, feed in enumerate(self.feeds):
            feed.stream = self.sides[number].stream if number < len(self.sides) else None
        if self.on_sides is not None:
            self.on_sides(self.sides)
        self._changed()

    async def stop(self, message: str = "the run was stopped") -> None:
        """End the engines; what they left stays to be looked at."""
        await _stop(self.sides, message)
        self._changed()

    def kill(self) -> None:
        """End the engines by force and do not wait."""
        for side in self.sides:
            side.kill()

    # What a presenter does with it

    async def control(self, command: Command) -> None:
        """Carry out a command on one side or all; returns when it has taken effect.

        Raises:
            FieldError: when there is no such side.
            Refusal: when no side takes it.
        """
        sides = self.sides
        if command.side is not None:
            if command.side >= len(sides):
                raise FieldError("side", f"must be from 0 to {len(sides) - 1}; got {command.side}")
            sides = [sides[command.side]]
        fields: dict[str, Any] = {}
        if command.action in ("step", "freeze", "thaw", "kill"):
            fields["lane"] = command.lane
        if command.action in ("freeze", "kill"):
            fields["position"] = command.position
        await self._ask(sides, command.action, fields)

    async def set_knobs(self, changes: Mapping[str, Any]) -> None:
        """Set some knobs; returns when they hold. Raises KnobError, or Refusal when the engine is gone."""
        knobs = self.spec.knobs.changed(changes)
        if self.state in ("starting", "ended"):
            raise Refusal(409, f"the run is {self.state}; knobs can be set while it runs, or with a restart")
        self.spec = replace(self.spec, knobs=knobs)
        self._changed()
        await self._ask(self.sides, "knobs", {"knobs": knobs.as_dict()})

    async def _ask(self, sides: list[Side], type: str, fields: Mapping[str, Any]) -> None:
        """A command to some sides. It is refused only if all refuse: in a duel one side may be unable to move."""
        results = await asyncio.gather(*(side.ask(type, **fields) for side in sides), return_exceptions=True)
        failures = [result for result in results if isinstance(result, BaseException)]
        if len(failures) == len(sides) or any(not isinstance(failure, Refusal) for failure in failures):
            raise failures[0] if failures else Refusal(409, "the run has no engine; restart it")


async def _stop(sides: list[Side], message: str) -> None:
    await asyncio.gather(*(side.stop(message) for side in sides))
