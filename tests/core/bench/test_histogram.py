"""The histogram keeps its error, at every size."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lockfree_core.bench.histogram import Histogram

VALUES = st.lists(st.integers(0, 10**13), min_size=1, max_size=200)


@given(VALUES, st.sampled_from([0.5, 0.9, 0.99, 0.9999, 1.0]))
def test_a_quantile_is_at_most_one_part_in_32_off(values: list[int], share: float) -> None:
    histogram = Histogram()
    histogram.record_all(values)
    rank = max(0, -int(-share * len(values) // 1) - 1)
    exact = sorted(values)[rank]
    assert exact <= histogram.quantile(share) <= exact + exact / 32


@given(VALUES)
def test_nothing_is_lost(values: list[int]) -> None:
    histogram = Histogram()
    histogram.record_all(values)
    pairs = histogram.pairs()
    assert sum(count for _, count in pairs) == histogram.total == len(values)
    starts = [start for start, _ in pairs]
    assert starts == sorted(set(starts))
    assert histogram.quantiles()["max"] == histogram.greatest == max(values)
    assert all(any(start <= value for start in starts) for value in values)


def test_small_values_are_exact_and_a_clock_set_back_is_zero() -> None:
    histogram = Histogram()
    histogram.record_all([*range(64), -5])
    assert [start for start, _ in histogram.pairs()] == list(range(64))
    assert histogram.pairs()[0] == [0, 2]
    assert Histogram().quantile(0.5) == 0
