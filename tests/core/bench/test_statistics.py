"""Intervals: against enumeration, and that they hold what they promise."""

from __future__ import annotations

import itertools
import random
import statistics
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockfree_core.bench.statistics import Interval, median_interval, ratio_interval

POSITIVE = st.floats(0.001, 1e9)
SAMPLES = st.lists(POSITIVE, min_size=1, max_size=60)


@pytest.mark.parametrize(
    ("count", "ends", "confidence"),
    [
        (1, (0, 0), 0.0),
        (2, (0, 1), 0.5),
        (5, (0, 4), 0.9375),
        (6, (0, 5), 0.96875),
        (8, (0, 7), 0.9921875),
        (9, (1, 7), 0.9609375),
        (20, (5, 14), 0.958610534667969),
    ],
)
def test_which_samples_are_the_ends(count: int, ends: tuple[float, float], confidence: float) -> None:
    found = median_interval([float(number) for number in range(count)])
    assert (found.low, found.high) == ends
    assert found.confidence == pytest.approx(confidence)
    assert found.is_sure == (count >= 6)


@pytest.mark.parametrize("count", range(1, 13))
def test_the_confidence_is_that_of_all_outcomes(count: int) -> None:
    """Each sample is below or above the true median with probability one half: count the outcomes that miss it."""
    found = median_interval([float(number) for number in range(count)])
    least = int(found.low) + 1  # how many must lie below, at least
    hits = sum(least <= sum(signs) <= count - least for signs in itertools.product((0, 1), repeat=count))
    assert found.confidence == pytest.approx(hits / 2**count)


@given(SAMPLES)
def test_the_median_lies_inside(samples: list[float]) -> None:
    found = median_interval(samples)
    assert min(samples) <= found.low <= found.median <= found.high <= max(samples)
    assert found.median == statistics.median(samples)
    assert found.half_width >= 0


@given(SAMPLES, st.randoms(use_true_random=False))
def test_the_order_does_not_matter(samples: list[float], generator: random.Random) -> None:
    mixed = samples[:]
    generator.shuffle(mixed)
    assert median_interval(mixed) == median_interval(samples)


@given(SAMPLES, st.sampled_from([0.5, 2.0, 1024.0]))
def test_a_ratio_to_a_multiple_is_exact(samples: list[float], factor: float) -> None:
    found = ratio_interval([value * factor for value in samples], samples)
    assert (found.low, found.median, found.high) == (factor, factor, factor)


@given(st.lists(st.tuples(POSITIVE, POSITIVE), min_size=1, max_size=40))
def test_the_ratio_the_other_way_is_the_reciprocal(pairs: list[tuple[float, float]]) -> None:
    these, those = [one for one, _ in pairs], [other for _, other in pairs]
    one, other = ratio_interval(these, those), ratio_interval(those, these)
    assert one.low == pytest.approx(1 / other.high)
    assert one.high == pytest.approx(1 / other.low)


def test_an_interval_holds_the_true_median_as_often_as_it_says() -> None:
    draw = random.Random(1)
    hits = 0
    for _ in range(2000):
        found = median_interval([draw.expovariate(1.0) for _ in range(9)])
        hits += found.low <= 0.6931471805599453 <= found.high
    assert 0.945 <= hits / 2000 <= 0.975  # 0.961, give or take


def test_what_cannot_be_computed() -> None:
    with pytest.raises(ValueError, match="no samples"):
        median_interval([])
    with pytest.raises(ValueError, match="ratio to 0"):
        ratio_interval([1.0], [0.0])


def test_sides_and_widths() -> None:
    wide = Interval(0.0, -1.0, 1.0, 0.97, 6)
    assert wide.half_width == inf
    assert Interval(0.0, 0.0, 0.0, 0.97, 6).half_width == 0
    sure, unsure = Interval(2.0, 1.5, 2.5, 0.97, 6), Interval(2.0, 1.5, 2.5, 0.9, 5)
    assert sure.is_above(1.0) and sure.is_below(3.0) and not sure.is_above(1.5)
    assert not unsure.is_above(1.0) and not unsure.is_below(3.0)
