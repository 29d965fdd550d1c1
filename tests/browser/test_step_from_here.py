"""What Watch shows is taken into Step: the program and schedule lead to the state that was shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from lockfree_core.catalog import find_entry
from lockfree_core.drive.stepping.execution import replay
from lockfree_core.drive.stepping.schedule import parse_schedule
from lockfree_core.scenarios.spec import StepSpec, open_spec
from lockfree_core.trace.layout import describe_layout
from tests.browser.test_engine_trace import Recorder, record
from tests.browser.test_modules import serve_tests

__all__ = ["record"]  # the fixture

SLOW: dict[str, Any] = {"threads": 3, "gap_share": 60, "gap_kind": "yield", "speed": 400, "prefill": 4}
SCRIPT = """
    async ({layout, trace, entry}) => {
        globalThis.LAYOUT = layout;
        const {takeOverAt} = await import("/tests/js/take-over.js");
        return takeOverAt(trace, entry);
    }
"""


def inside(family: str, structure: Any) -> list[Any]:
    """What a structure holds, looked at past its methods: those would be stepped."""
    if family == "counter":
        return [structure.value]
    if family == "map":
        return in_order(structure._root.value)
    if family == "state":
        state = structure._state.value
        settings = getattr(state, "settings", None)
        return [state.value.volume, state.value.brightness] if settings is None else cells(settings.value)
    if family == "accounts":
        pair = getattr(structure, "_balances", None)
        return [structure._left.value, structure._right.value] if pair is None else cells(pair.value)
    if family == "ring":
        return [cell.value for cell in structure._values]
    return list(structure)


def in_order(node: Any) -> list[str]:
    return [*in_order(node.left.value), f"{node.key}: {node.value}", *in_order(node.right.value)] if node else []


def cells(holder: Any) -> list[int]:
    names = ("volume", "brightness") if hasattr(holder, "volume") else ("left", "right")
    return [getattr(holder, name).value for name in names]


@pytest.mark.parametrize(
    "structure",
    [
        "treiber-stack",
        "michael-scott-queue",
        "atomic-counter",
        "locked-stack",
        "locked-queue",
        "racy-counter",
        "copy-on-write-map",
        "rw-lock-map",
        "ignoring-map",
        "app-state",
        "locked-state",
        "thawed-state",
        "paired-accounts",
        "locked-accounts",
        "ring-queue",
        "locked-ring",
    ],
)
def test_the_schedule_leads_to_the_shown_state(
    static_page: Page, record: Callable[..., Recorder], structure: str, seed: int
) -> None:
    recorder = record(structure, SLOW, seed)
    recorder.run_for(600)
    serve_tests(static_page)
    given = {"layout": describe_layout(), "trace": recorder.trace(), "entry": find_entry(structure).describe()}
    moments: list[dict[str, Any]] = static_page.evaluate(SCRIPT, given)
    assert len([moment for moment in moments if "program" in moment["query"]]) >= 5
    reached = 0
    for moment in moments:
        if "error" in moment["query"]:
            continue
        spec, problems = StepSpec.from_texts(moment["query"])
        assert problems == []
        stepper, problems = open_spec(spec)
        with stepper:
            moves, wrong = parse_schedule(spec.schedule)
            assert problems + wrong + replay(stepper, moves) == []
            assert [str(value) for value in inside(spec.entry.family, stepper.structure)] == moment["inside"]
            assert sum(lane.operation >= 0 and not lane.fresh for lane in stepper.lanes) == moment["active"], moment
            reached += len(moves)
    assert reached > 0
