"""The knobs of a live run: one table, which the sliders, the API, the command line and the docs are made from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Final

from lockfree_core.errors import KnobError

__all__ = ["KNOBS", "MOST_INSIDE", "PRESETS", "Choice", "Knobs", "Number", "Preset", "describe_knobs"]

MOST_INSIDE: Final = 2000  # beside the prefilled items; beyond, removals take over, or memory would grow without end


@dataclass(frozen=True, slots=True)
class Number:
    """A numeric knob.

    ``scale`` says how a slider spreads the range: ``linear`` or ``log``. Where ``zero`` is given, 0 is allowed beside
    the range and means what ``zero`` says.
    """

    label: str
    group: str
    unit: str
    minimum: float
    maximum: float
    help: str
    integer: bool = True
    scale: str = "linear"
    zero: str | None = None

    @property
    def range(self) -> str:
        """The allowed range in words, with its unit."""
        words = f"{self.minimum:g} to {self.maximum:g}{' ' + self.unit if self.unit else ''}"
        return f"{words}, or 0 ({self.zero})" if self.zero else words

    def check(self, name: str, value: object) -> float | int:
        """Return ``value`` as this knob's type.

        Raises:
            KnobError: naming the knob, its range and what came.
        """
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < math.inf:
            raise KnobError(name, f"must be a number from {self.range}; got {value!r}")
        if self.integer and value != int(value):
            raise KnobError(name, f"must be a whole number from {self.range}; got {value!r}")
        if not (self.minimum <= value <= self.maximum or (self.zero and value == 0)):
            raise KnobError(name, f"must be from {self.range}; got {value!r}")
        return int(value) if self.integer else float(value)

    def describe(self) -> dict[str, Any]:
        """This knob as plain data, for pages and the API."""
        return {"type": "number", "range": self.range, **asdict(self)}


@dataclass(frozen=True, slots=True)
class Choice:
    """A knob with a fixed set of values; ``options`` maps each to its label."""

    label: str
    group: str
    options: Mapping[str, str]
    help: str

    def check(self, name: str, value: object) -> str:
        """Return ``value``.

        Raises:
            KnobError: naming the knob, its options and what came.
        """
        if not isinstance(value, str) or value not in self.options:
            raise KnobError(name, f"must be one of {', '.join(self.options)}; got {value!r}")
        return value

    def describe(self) -> dict[str, Any]:
        """This knob as plain data, for pages and the API."""
        return {"type": "choice", **asdict(self)}


def _number(default: float, *args: Any, **kwargs: Any) -> Any:
    return field(default=default, metadata={"knob": Number(*args, **kwargs)})


def _choice(default: str, *args: Any) -> Any:
    return field(default=default, metadata={"knob": Choice(*args)})


@dataclass(frozen=True, slots=True)
class Knobs:
    """What a run can be told while it runs. Immutable; every value has been checked."""

    threads: int = _number(4, "Threads", "load", "", 1, 32, "Worker threads that run the structure.")
    insert_share: int = _number(
        50, "Insert share", "load", "%", 0, 100,
        "How many of the operations insert (push, enqueue); the others remove. "
        f"With {MOST_INSIDE} items inside, removals take over. Without meaning for a counter.",
    )  # fmt: skip
    think_ms: float = _number(
        0, "Think time", "load", "ms", 0, 2000, "A thread's pause between two operations.", integer=False, scale="log"
    )
    prefill: int = _number(
        3, "Prefilled", "load", "items", 0, 1000, "Items inside before the threads start; from the next restart on."
    )
    gap_share: int = _number(
        0, "Gap: how often", "contention", "%", 0, 100,
        "Share of the CAS attempts before which a delay is injected, between the load and the CAS.",
    )  # fmt: skip
    gap_kind: str = _choice(
        "sleep", "Gap: what", "contention", {"yield": "yield the processor", "sleep": "sleep"},
        "Yield gives the processor away once; sleep waits for the time below.",
    )  # fmt: skip
    gap_ms: float = _number(
        1, "Gap: how long", "contention", "ms", 0, 1000, "Length of an injected sleep.", integer=False, scale="log"
    )
    gap_thread: int = _number(
        0, "Gap: only in thread", "contention", "", 1, 32, "The one thread that the gap is injected in.",
        zero="all threads",
    )  # fmt: skip
    backoff: str = _choice(
        "none", "Backoff", "contention",
        {"none": "none", "constant": "constant", "exponential": "exponential, jitter"},
        "What a thread does after a lost CAS, before it tries again.",
    )  # fmt: skip
    backoff_base_us: int = _number(
        50, "Backoff base", "contention", "µs", 1, 1_000_000, "The constant, or the first exponential, backoff.",
        scale="log",
    )  # fmt: skip
    backoff_cap_us: int = _number(
        5000, "Backoff cap", "contention", "µs", 1, 1_000_000, "What the exponential backoff doubles up to.",
        scale="log",
    )  # fmt: skip
    speed: float = _number(
        4, "Run speed", "speed", "accesses/s", 0.2, 50_000, "Shared accesses a second, over all threads.",
        integer=False, scale="log", zero="unthrottled",
    )  # fmt: skip

    def changed(self, changes: Mapping[str, object]) -> Knobs:
        """These knobs with some of them set anew.

        Raises:
            KnobError: naming the first field that is unknown or has a value out of its range. Nothing is changed then.
        """
        if not isinstance(changes, Mapping):
            raise KnobError("knobs", f"must be an object of knob names and values; got {changes!r}")
        checked: dict[str, Any] = {}
        for name, value in changes.items():
            if name not in KNOBS:
                raise KnobError(str(name), f"is no knob; the knobs are {', '.join(KNOBS)}")
            checked[name] = KNOBS[name].check(name, value)
        return replace(self, **checked)

    def as_dict(self) -> dict[str, Any]:
        """The knobs as plain data."""
        return asdict(self)


KNOBS: Final[Mapping[str, Number | Choice]] = {item.name: item.metadata["knob"] for item in fields(Knobs)}


@dataclass(frozen=True, slots=True)
class Preset:
    """A named set of knobs; those it does not name keep what they had."""

    label: str
    help: str
    knobs: Mapping[str, Any]


PRESETS: Final[Mapping[str, Preset]] = {
    "calm": Preset(
        "calm",
        "A few threads in slow motion; a CAS hardly ever fails.",
        {"threads": 3, "insert_share": 50, "think_ms": 400.0, "gap_share": 0, "gap_thread": 0, "backoff": "none",
         "speed": 4.0},
    ),
    "classic": Preset(
        "classic 5 % retries",
        "Unthrottled, with enough yields between load and CAS that about one attempt in twenty is lost.",
        {"threads": 4, "insert_share": 50, "think_ms": 0.0, "gap_share": 5, "gap_kind": "yield", "gap_thread": 0,
         "backoff": "none", "speed": 0.0},
    ),
    "storm": Preset(
        "storm",
        "Eight threads that all dawdle between load and CAS: most attempts are lost.",
        {"threads": 8, "insert_share": 50, "think_ms": 0.0, "gap_share": 100, "gap_kind": "sleep", "gap_ms": 1.0,
         "gap_thread": 0, "backoff": "none", "speed": 0.0},
    ),
    "slow-thread": Preset(
        "one slow thread",
        "Thread 1 sleeps between its load and its CAS every time: it starves, the others do not notice.",
        {"threads": 4, "insert_share": 50, "think_ms": 1.0, "gap_share": 100, "gap_kind": "sleep", "gap_ms": 20.0,
         "gap_thread": 1, "backoff": "none", "speed": 0.0},
    ),
}  # fmt: skip


def describe_knobs() -> dict[str, Any]:
    """Knobs, their defaults and the presets as plain data, for pages and the API."""
    return {
        "knobs": {name: {"name": name, **knob.describe()} for name, knob in KNOBS.items()},
        "defaults": Knobs().as_dict(),
        "presets": {name: asdict(preset) for name, preset in PRESETS.items()},
    }
