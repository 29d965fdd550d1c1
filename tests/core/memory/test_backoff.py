"""Backoff policies: how long they wait, never longer than they may, and the same again with the same seed."""

from __future__ import annotations

import random
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockfree_core import AtomicCounter, ConstantBackoff, ExponentialBackoff, LockedMemory, NoBackoff
from lockfree_core.memory.backoff import backoff_us
from tests.core.engine_kit import in_threads

SLACK = 1 + 1e-9


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The microseconds that a policy would have slept."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", lambda seconds: slept.append(seconds * 1e6))
    return slept


class Loaded(random.Random):
    """Draws one number."""

    def __init__(self, number: float) -> None:
        super().__init__()
        self.number = number

    def random(self) -> float:
        return self.number


@given(st.floats(1, 1e6), st.floats(1, 1e6), st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_exponential_draws_from_half_to_the_whole_of_what_it_doubled_to(
    base: float, cap: float, losses: int, drawn: float
) -> None:
    longest = min(cap, base * 2.0 ** min(losses - 1, 60))
    us = backoff_us("exponential", base, cap, losses, Loaded(drawn))
    assert longest / 2 / SLACK <= us <= longest * SLACK


def test_exponential_doubles_until_the_cap() -> None:
    waits = [backoff_us("exponential", 10, 100, losses, Loaded(0)) * 2 for losses in range(1, 8)]
    assert waits == [10, 20, 40, 80, 100, 100, 100]


def test_exponential_stays_at_the_cap_after_any_number_of_losses() -> None:
    assert backoff_us("exponential", 1, 500, 100_000, Loaded(0)) == 250


def test_exponential_reaches_both_ends_of_its_jitter(seed: int) -> None:
    generator = random.Random(seed)
    waits = [backoff_us("exponential", 100, 100, 1, generator) for _ in range(1000)]
    assert all(50 <= wait <= 100 for wait in waits)
    assert min(waits) < 52 and max(waits) > 98
    assert 73 < sum(waits) / len(waits) < 77


@given(st.integers(1, 10_000), st.integers(1, 10_000), st.integers(1, 1000))
def test_constant_waits_the_same_and_no_longer_than_the_cap(base: int, cap: int, losses: int) -> None:
    assert backoff_us("constant", base, cap, losses, Loaded(0.5)) == min(base, cap)


def test_none_does_not_wait(naps: list[float]) -> None:
    assert backoff_us("none", 50, 500, 3, Loaded(0.5)) == 0
    NoBackoff().pause(3)
    assert naps == []


def test_another_policy_is_an_error() -> None:
    with pytest.raises(ValueError, match="none, constant or exponential; got 'linear'"):
        backoff_us("linear", 1, 1, 1, Loaded(0))


def test_constant_backoff_sleeps_what_it_says(naps: list[float]) -> None:
    policy = ConstantBackoff(40)
    for losses in (1, 2, 30):
        policy.pause(losses)
    assert naps == pytest.approx([40, 40, 40])


def test_exponential_backoff_sleeps_within_its_bounds(naps: list[float]) -> None:
    policy = ExponentialBackoff(base_us=8, cap_us=64, seed=1)
    for losses in range(1, 9):
        policy.pause(losses)
    bounds = [8, 16, 32, 64, 64, 64, 64, 64]
    assert all(bound / 2 / SLACK <= nap <= bound * SLACK for nap, bound in zip(naps, bounds, strict=True))
    assert len(set(naps[3:])) == 5, "there is jitter at the cap, too"


def test_the_same_seed_waits_the_same_and_another_does_not(naps: list[float]) -> None:
    for seed in (1, 1, 2):
        policy = ExponentialBackoff(seed=seed)
        for losses in range(1, 6):
            policy.pause(losses)
    assert naps[:5] == naps[5:10] != naps[10:]


@pytest.mark.parametrize(("base", "cap"), [(0, 10), (-1, 10), (11, 10), (float("nan"), 10), (1, float("nan"))])
def test_bounds_that_make_no_sense_are_refused(base: float, cap: float) -> None:
    with pytest.raises(ValueError, match=f"0 < base <= cap, got base {base} and cap {cap}"):
        ExponentialBackoff(base, cap)


@pytest.mark.parametrize("policy", [NoBackoff(), ConstantBackoff(1), ExponentialBackoff(1, 4, seed=3)])
def test_a_structure_stays_exact_under_any_policy(policy: Any) -> None:
    counter = AtomicCounter(LockedMemory(backoff=policy))

    def body() -> None:
        for _ in range(200):
            counter.increment()

    in_threads(*[body] * 4)
    assert counter.get() == 800


def test_a_structure_tells_its_policy_how_often_it_lost() -> None:
    told: list[int] = []

    class Interfering:
        def pause(self, losses: int) -> None:
            told.append(losses)

    memory = LockedMemory(backoff=Interfering())
    counter = AtomicCounter(memory)
    cell = counter._value
    swap = cell.compare_and_swap

    class Unlucky:
        """Loses the first three swaps to an increment of somebody else."""

        load = staticmethod(cell.load)

        def compare_and_swap(self, expected: int, new: int) -> bool:
            if len(told) < 3:
                cell.fetch_add(1)
            return swap(expected, new)

    counter._value = Unlucky()  # type: ignore[assignment]
    assert counter.increment() == 4
    assert told == [1, 2, 3]
