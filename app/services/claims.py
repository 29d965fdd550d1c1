"""The claims, judged: by what was measured on this machine where something was, else by the runs of the package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lockfree_core.bench.results import Run
from lockfree_core.bench.store import Store
from lockfree_core.claims.claim import STATES, TOPICS, Claim, Finding, Measurement, Showing, State, overall
from lockfree_core.claims.reference import reference_run
from lockfree_core.claims.registry import CLAIMS
from lockfree_core.errors import StoreError
from lockfree_core.scenarios.registry import SCENARIOS

__all__ = ["claims_page"]

_MANY: Final = {"holds": "hold", "depends": "depend", "fails": "do not hold here", "open": "are not decided"}
_WAIT_S: Final = 0.5  # for a history that is in use: nothing of the page stands before
_NEWEST: Final = 3  # runs of a preset that are tried: a newer one may have been cut short


@dataclass(frozen=True, slots=True)
class _Runs:
    """The newest runs of each preset in the history, read when first asked for; what keeps them from being read."""

    store: Store | None
    trouble: str | None
    ids: Mapping[str, list[str]]

    def of(self, preset: str) -> list[Run]:
        found = []
        for key in self.ids.get(preset, [])[:_NEWEST]:
            try:
                assert self.store is not None
                found.append(self.store.load(key))
            except StoreError:
                continue  # the history shows it as damaged; here the others speak
        return found


def claims_page(place: Path) -> dict[str, Any]:
    """What the template is given. A history that cannot be read is told, and the runs of the package stand in.

    Args:
        place: the file of the history; it is not made where it is not there.
    """
    if not place.exists():
        return _page(_Runs(None, None, {}))
    try:
        with Store(place, _WAIT_S) as store:
            ids: dict[str, list[str]] = {}
            for row in store.list():
                if row["ended"] not in ("running", "nothing"):
                    ids.setdefault(row["preset"], []).append(row["id"])
            return _page(_Runs(store, None, ids))
    except StoreError as error:
        return _page(_Runs(None, str(error), {}))


def _page(runs: _Runs) -> dict[str, Any]:
    judged = [_judge(claim, runs) for claim in CLAIMS.values()]
    return {
        "topics": [{"title": title, "claims": [each for each in judged if each["topic"] == key]}
                   for key, title in TOPICS.items()],
        "counts": [_count(key, sum(each["state"] == key for each in judged)) for key in STATES],
        "missing": sorted({preset for each in judged for preset in each["missing"]}),
        "trouble": runs.trouble,
    }  # fmt: skip


def _count(state: State, count: int) -> tuple[State, str, int]:
    return state, STATES[state] if count == 1 else _MANY[state], count


def _judge(claim: Claim, runs: _Runs) -> dict[str, Any]:
    findings = [_measured(item, runs) if isinstance(item, Measurement) else _shown(item) for item in claim.evidence]
    state = overall([each["finding"] for each in findings])
    return {
        "key": claim.key, "topic": claim.topic, "title": claim.title, "beware": claim.beware, "state": state,
        "words": STATES[state], "findings": findings,
        "missing": [each["preset"] for each in findings if each["run"] is not None and not each["is_here"]],
    }  # fmt: skip


def _measured(item: Measurement, runs: _Runs) -> dict[str, Any]:
    """By the newest run that decides it, else by the newest that speaks of it, else by the package's."""
    spoken: list[tuple[Run, Finding]] = []
    for run in runs.of(item.preset):
        finding = item.judge(run)
        if finding is not None and finding.state != "open":
            return _of_run(item, run, finding, True)
        if finding is not None:
            spoken.append((run, finding))
    if spoken:
        return _of_run(item, *spoken[0], True)
    run = reference_run(item.preset)
    finding = item.judge(run)
    assert finding is not None, f"the package's run {item.preset} says nothing to its claim"
    return _of_run(item, run, finding, False)


def _of_run(item: Measurement, run: Run, finding: Finding, is_here: bool) -> dict[str, Any]:
    place = run.environment
    return {
        "finding": finding, "preset": item.preset, "is_here": is_here, "scenarios": [],
        "run": {"id": run.id, "name": run.name or run.preset, "date": str(place.get("date", ""))[:10],
                "machine": f"{place.get('cpu')}, {place.get('cores')} cores"},
    }  # fmt: skip


def _shown(item: Showing) -> dict[str, Any]:
    return {
        "finding": item.show(), "preset": "", "is_here": True, "run": None,
        "scenarios": [SCENARIOS[key] for key in item.scenarios],
    }  # fmt: skip
