"""What can be measured, as the page is told it, and what a body that asks for it must hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.checks import FieldError, check_keys, check_number, check_object, check_option, check_text, check_whole
from lockfree_core import native
from lockfree_core.bench.candidates import CANDIDATES, IMPLEMENTATIONS, STRUCTURES
from lockfree_core.bench.environment import usable_cores
from lockfree_core.bench.interpreters import Interpreter
from lockfree_core.bench.presets import (
    CUSTOM_KINDS,
    CUSTOM_SECONDS,
    CUSTOM_THREADS,
    PRESETS,
    custom_cases,
    preset_cases,
)
from lockfree_core.bench.results import Case
from lockfree_core.bench.runner import BUDGET_STRETCH, Limits
from lockfree_core.bench.spec import KINDS, LONGEST_SAMPLE_S
from lockfree_core.bench.workloads import BACKOFFS, LIMITS, MOST_THREADS, Workload
from lockfree_core.errors import BenchError

__all__ = ["BUDGET_S", "FIELDS", "LONGEST_TEXT", "PRECISION", "Request", "describe", "read_request"]

FIELDS: Final = ("preset", "custom", "threads", "kinds", "structures", "pythons", "seconds", "budget_s", "precision",
                 "rounds", "name", "note")  # fmt: skip
_CUSTOM: Final = ("structures", "implementations", "candidates", "workload")
_MEASURED: Final = ("throughput", "latency")  # what a custom run can ask for; races are a preset
LONGEST_TEXT: Final = {"name": 200, "note": 4000}
BUDGET_S: Final = (0.1, 86_400.0, 60.0)
PRECISION: Final = (0.1, 100.0, 5.0)
_SECONDS: Final = (0.001, LONGEST_SAMPLE_S, CUSTOM_SECONDS)
_ROUNDS: Final = (1, 10_000, 6)
_MOST_LISTED: Final = 64
_MOST_CASES: Final = 1000  # each is measured at least once, however short the budget

_ITEMS: Final = ("stack", "queue", "ring")
# name: title, scale, unit, to which structures it applies, step.
_WORKLOAD: Final[Mapping[str, tuple[str, str, str, tuple[str, ...]]]] = {
    "insert_share": ("Inserts", "linear", "%", (*_ITEMS, "dictionary")),
    "think": ("Think time between operations", "log", "turns", STRUCTURES),
    "keys": ("Keys", "log", "", ("dictionary",)),
    "prefill": ("Items inside at the beginning", "log", "", _ITEMS),
    "capacity": ("Capacity", "log", "", ("ring",)),
}


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be measured; ``pythons`` are paths, still to be looked for, None what the preset asks for."""

    preset: str
    custom: dict[str, Any] | None
    threads: tuple[int, ...]
    kinds: tuple[str, ...]
    structures: tuple[str, ...]
    pythons: tuple[str, ...] | None
    seconds: float | None
    limits: Limits
    name: str
    note: str

    @property
    def wants_every_interpreter(self) -> bool:
        """Whether all interpreters are to be found, since the preset asks for them and nobody named any."""
        return self.pythons is None and self.custom is None and PRESETS[self.preset].every_interpreter

    def cases(self, pythons: Sequence[Interpreter]) -> list[Case]:
        """The cases. Raises FieldError where nothing is left of them."""
        try:
            found = self._cases(pythons)
        except BenchError as error:
            raise FieldError(self._field, f"cannot be measured: {error}") from None
        if len(found) > _MOST_CASES:
            raise FieldError(self._field, f"makes {len(found):,} cases; at most {_MOST_CASES:,} can be measured")
        return found

    @property
    def _field(self) -> str:
        return "preset" if self.custom is None else "custom"

    def _cases(self, pythons: Sequence[Interpreter]) -> list[Case]:
        if self.custom is None:
            return preset_cases(self.preset, pythons, self.threads, self.seconds, self.kinds, self.structures)
        loads = [Workload(threads=count, **self.custom["workload"]) for count in self.threads or CUSTOM_THREADS]
        kinds, seconds = self.kinds or CUSTOM_KINDS, self.seconds or CUSTOM_SECONDS
        return custom_cases(self.custom["candidates"], loads, kinds, seconds, pythons)


def read_request(body: Mapping[str, Any]) -> Request:
    """A checked request. Raises FieldError."""
    check_keys(body, FIELDS)
    if ("preset" in body) == ("custom" in body):
        raise FieldError("preset", "or custom is given, one of them")
    custom = _read_custom(body["custom"]) if "custom" in body else None
    preset = check_option("preset", body["preset"], PRESETS) if custom is None else "custom"
    if custom is not None and "structures" in body:
        raise FieldError("structures", "of a custom run stand in custom")
    kinds = _options("kinds", body.get("kinds", []), _kinds_of(preset))
    threads = tuple(check_whole("threads", value, 1, MOST_THREADS) for value in _listed("threads", body, ()))
    pythons = tuple(check_text("pythons", path, 4096) for path in _listed("pythons", body, ())) or None
    names = {"race", *STRUCTURES} if preset == "races" else STRUCTURES
    seconds = body.get("seconds")
    return Request(
        preset, custom, tuple(dict.fromkeys(threads)), kinds, _options("structures", body.get("structures", []), names),
        pythons, None if seconds is None else check_number("seconds", seconds, *_SECONDS[:2]),
        _read_limits(body, preset),
        *(check_text(name, body.get(name, ""), longest) for name, longest in LONGEST_TEXT.items()),
    )  # fmt: skip


def _kinds_of(preset: str) -> tuple[str, ...]:
    return ("race",) if preset in PRESETS and PRESETS[preset].kinds == ("race",) else _MEASURED


def _read_custom(value: object) -> dict[str, Any]:
    custom = check_object("custom", value)
    check_keys(custom, _CUSTOM)
    if "candidates" not in custom:
        found = _read_rectangle(custom)
    elif "structures" in custom or "implementations" in custom:
        raise FieldError("candidates", "are given, or structures and implementations, not both")
    else:
        found = _options("candidates", custom["candidates"], CANDIDATES, len(CANDIDATES))
    if not found:
        raise FieldError("candidates", "is empty: name at least one")
    return {"candidates": found, "workload": _read_workload(custom.get("workload", {}))}


def _read_rectangle(custom: Mapping[str, Any]) -> tuple[str, ...]:
    """All cells of these columns and rows of the matrix."""
    check_keys(custom, _CUSTOM, _CUSTOM[:2])
    structures = _options("structures", custom["structures"], STRUCTURES)
    ways = _options("implementations", custom["implementations"], IMPLEMENTATIONS)
    for name, given in (("structures", structures), ("implementations", ways)):
        if not given:
            raise FieldError(name, "is empty: name at least one")
    found = [key for structure in structures for way in ways if (key := f"{structure}/{way}") in CANDIDATES]
    if not found:
        raise FieldError("implementations", f"has none that {', '.join(structures)} is implemented as")
    return tuple(found)


def _read_workload(value: object) -> dict[str, Any]:
    load = check_object("workload", value)
    check_keys(load, (*_WORKLOAD, "backoff"))
    found: dict[str, Any] = {}
    for name, given in load.items():
        if name == "backoff":
            found[name] = check_option("backoff", given, BACKOFFS)
        elif name != "insert_share" or given is not None:
            found[name] = check_whole(name, given, *LIMITS[name])
    return found


def _read_limits(body: Mapping[str, Any], preset: str) -> Limits:
    usual = PRESETS[preset].budget_s if preset in PRESETS else BUDGET_S[2]
    budget = check_number("budget_s", body.get("budget_s", usual), *BUDGET_S[:2])
    precision = check_number("precision", body.get("precision", PRECISION[2]), *PRECISION[:2])
    if body.get("rounds") is None:
        return Limits(precision / 100, budget)
    rounds = check_whole("rounds", body["rounds"], *_ROUNDS[:2])
    return Limits(0.0, budget, rounds, rounds)


def _listed(name: str, body: Mapping[str, Any], usual: Sequence[object], most: int = _MOST_LISTED) -> list[Any]:
    value = body.get(name, list(usual))
    if not isinstance(value, list) or len(value) > most:
        raise FieldError(name, f"must be a list of at most {most}; got {value!r:.60}")
    return value


def _options(name: str, value: object, options: Any, most: int = _MOST_LISTED) -> tuple[str, ...]:
    given = _listed(name, {name: value}, (), most)
    return tuple(dict.fromkeys(check_option(name, each, options) for each in given))


def describe(place: str) -> dict[str, Any]:
    """Everything that a page needs to offer a run; nothing is started for it."""
    named = [candidate for candidate in CANDIDATES.values() if candidate.implementation != "null"]
    return {
        "structures": list(STRUCTURES),
        "implementations": [_describe_implementation(key) for key in IMPLEMENTATIONS if key != "null"],
        "candidates": [
            {"key": each.key, "structure": each.structure, "implementation": each.implementation, "title": each.title,
             "unavailable": each.unavailable()} for each in named
        ],
        "presets": [
            {"key": key, "question": one.question, "budget_s": one.budget_s, "kinds": list(one.kinds),
             "candidates": list(one.candidates), "every_interpreter": one.every_interpreter, "seconds": one.seconds,
             "threads": list(dict.fromkeys(load.threads for load in one.workloads)), "workloads": len(one.workloads)}
            for key, one in PRESETS.items()
        ],
        "kinds": list(KINDS), "backoffs": list(BACKOFFS), "workload": _describe_workload(),
        "limits": {name: dict(zip(("least", "most", "default"), limit, strict=True)) for name, limit in (
            ("precision", PRECISION), ("budget_s", BUDGET_S), ("rounds", _ROUNDS), ("seconds", _SECONDS),
            ("threads", (1, MOST_THREADS, list(CUSTOM_THREADS))))},
        "budget_stretch": BUDGET_STRETCH,
        "cores": usable_cores(), "native": _describe_native(), "place": place,
    }  # fmt: skip


def _describe_implementation(key: str) -> dict[str, Any]:
    title, progress = IMPLEMENTATIONS[key]
    there = [each for each in CANDIDATES.values() if each.implementation == key]
    return {"key": key, "title": title, "progress": progress, "venue": there[0].venue,
            "structures": [each.structure for each in there]}  # fmt: skip


def _describe_workload() -> list[dict[str, Any]]:
    plain, found = Workload().as_dict(), []
    for name, (title, scale, unit, structures) in _WORKLOAD.items():
        least, most = LIMITS[name]
        found.append({"name": name, "title": title, "least": least, "most": most, "default": plain[name],
                      "scale": scale, "unit": unit, "applies_to": list(structures)})  # fmt: skip
    return found


def _describe_native() -> dict[str, Any]:
    reason = native.unavailable_reason()
    if reason is None:
        return {"available": True, "reason": None, "words": f"the C extension is there: {native.atomicity()}"}
    words = f"the C extension is not built here: native, hardware and kernels are left out; {reason}"
    return {"available": False, "reason": reason, "words": words}
