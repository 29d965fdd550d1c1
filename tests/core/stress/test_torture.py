"""Random commands in quick succession: each is answered, and whatever happened, account and fold are right."""

from __future__ import annotations

import random
from typing import Any

import pytest

from lockfree_core.drive.knobs import KNOBS, Choice
from lockfree_core.trace.layout import Position
from tests.core.kit import LOCK_FREE, MUTEX, Remote, assert_same_moment, in_process

COMMANDS = 60
THREADS = 6


def draw_knobs(draw: random.Random) -> dict[str, Any]:
    """A few knobs, anywhere in their ranges, but such that the run stays readable and quick."""
    ranges = {"threads": (1, THREADS), "think_ms": (0.0, 3.0), "gap_ms": (0.0, 3.0), "gap_thread": (0, THREADS),
              "backoff_base_us": (1, 2000), "backoff_cap_us": (1, 4000), "speed": (300.0, 4000.0)}  # fmt: skip
    chosen: dict[str, Any] = {}
    for name in draw.sample([name for name in KNOBS if name != "prefill"], 3):
        knob = KNOBS[name]
        if isinstance(knob, Choice):
            chosen[name] = draw.choice(list(knob.options))
        else:
            low, high = ranges.get(name, (knob.minimum, knob.maximum))
            chosen[name] = draw.randint(int(low), int(high)) if knob.integer else draw.uniform(low, high)
    return chosen


def draw_command(draw: random.Random) -> tuple[str, dict[str, Any]]:
    kind = draw.choice(
        ["pause", "resume", "resume", "step", "step", "freeze", "thaw", "thaw", "knobs", "snapshot", "kill"]
    )
    if kind == "knobs":
        return kind, {"knobs": draw_knobs(draw)}
    if kind == "kill" and draw.random() < 0.7:
        kind = "freeze"
    if kind in ("freeze", "kill"):
        return kind, {"lane": draw.randrange(THREADS), "position": draw.choice(Position._member_names_)}
    if kind in ("thaw", "step"):
        return kind, {"lane": draw.randrange(THREADS)}
    return kind, {}


def check(engine: Remote) -> None:
    snapshot = engine.snapshot()
    assert engine.lost == 0
    assert_same_moment(snapshot, engine.fold())


@pytest.mark.stress
@pytest.mark.parametrize("structure", LOCK_FREE + MUTEX)
def test_random_commands(structure: str, seed: int) -> None:
    draw = random.Random(f"{seed}:{structure}")
    with in_process(structure, threads=4, gap_share=30, gap_ms=0.2) as engine:
        for number in range(COMMANDS):
            kind, fields = draw_command(draw)
            answer = engine.command(kind, **fields)
            refusable = kind in ("step", "freeze", "thaw", "kill")
            assert answer["type"] == "done" or refusable, (kind, fields, answer)
            if number % 20 == 19:
                check(engine)
        for lane in range(THREADS):
            engine.command("thaw", lane=lane)
        engine.do("pause")
        assert engine.account["balanced"], engine.account
        check(engine)
