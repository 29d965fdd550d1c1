"""Which charts a run gives, and that they say what was measured."""

from __future__ import annotations

import csv
import io

import pytest

from lockfree_core.bench.chart_model import Chart, short
from lockfree_core.bench.charts import charts
from lockfree_core.bench.comparison_charts import changes_of, comparison_charts
from lockfree_core.bench.results import Case, Run
from lockfree_core.bench.spec import SampleSpec
from lockfree_core.bench.workloads import Workload
from lockfree_core.errors import ResultError
from tests.core.bench.bench_kit import PLACE, around, case, latencies, made


def by_key(run: Run) -> dict[str, Chart]:
    found = charts(run)
    assert len({chart.key for chart in found}) == len(found)
    return {chart.key: chart for chart in found}


def at(chart: Chart) -> dict[str, dict[object, float]]:
    """The medians of a chart, by series and place."""
    return {
        series.key: {point.x: round(point.interval.median, 6) for point in series.points} for series in chart.series
    }


def test_one_workload_gives_bars() -> None:
    found = by_key(made(
        case("stack/null", around(9e6)), case("stack/mutex", around(1e6), start_kb=1024),
        case("stack/native", around(3e6), start_kb=1536, retry_rate=0.02), case("ring/mutex", around(2e6)),
    ))  # fmt: skip
    assert list(found) == ["classic", "throughput-bars-8-threads", "ratio-dots-8-threads", "retries-bars-8-threads",
                           "memory-bars-8-threads"]  # fmt: skip
    assert at(found["classic"])["mutex"] == {"stack": 1.0}
    throughput = found["throughput-bars-8-threads"]
    assert at(throughput) == {"mutex": {"stack": 1.0, "ring": 2.0}, "native": {"stack": 3.0}}
    assert (throughput.kind, throughput.x_title, throughput.mark) == ("bars", "structure", None)
    (point,) = next(series for series in throughput.series if series.key == "native").points
    assert (round(point.interval.low, 3), round(point.interval.high, 3)) == (2.91, 3.09)
    ratio = found["ratio-dots-8-threads"]
    assert at(ratio) == {"native": {"stack": 3.0}} and ratio.mark == 1.0
    assert at(found["retries-bars-8-threads"]) == {"native": {"stack": 2.0}}
    assert at(found["memory-bars-8-threads"])["native"] == {"stack": 0.5}


def test_structures_stand_in_the_order_of_the_matrix_whoever_has_them() -> None:
    keys = ("stack/mutex", "ring/mutex", "counter/striped", "queue/standard")
    chart = by_key(made(*(case(key, around(1e6)) for key in keys)))["throughput-bars-8-threads"]
    assert [point.x for series in chart.series for point in series.points] == ["stack", "ring", "counter", "queue"]
    assert chart.places == ["counter", "stack", "queue", "ring"]


def test_words_and_table_tell_what_is_drawn() -> None:
    chart = by_key(made(case("stack/mutex", around(1e6)), case("stack/native", [3e6])))["throughput-bars-8-threads"]
    assert chart.words == (
        "Bars: Throughput: 8 threads. 4 cores, CPython 3.11.0, 8 threads. In millions of operations a second, with "
        "intervals of 95 %. Lock + list: stack 1.000. native TreiberStack: stack 3.000."
    )
    assert chart.rows == [["stack", "Lock + list", "1.000", "0.9700", "1.030", "7", "yes"],
                          ["stack", "native TreiberStack", "3.000", "3.000", "3.000", "1", "no"]]  # fmt: skip
    lines = list(csv.reader(io.StringIO(chart.as_csv())))
    assert lines[0][2:] == list(chart.columns) and [line[2:] for line in lines[1:]] == chart.rows


def test_several_numbers_of_threads_give_lines() -> None:
    cases = [case(f"stack/{way}", around(rate * threads), threads) for threads in (8, 1, 2)
             for way, rate in (("mutex", 1e6), ("native", 3e6))]  # fmt: skip
    found = by_key(made(*cases))
    lines = found["throughput-lines-stack-against-threads"]
    assert (lines.kind, lines.x_scale) == ("lines", "log")
    assert [point.x for point in lines.series[0].points] == [1, 2, 8]
    assert at(lines)["native"] == {1: 3.0, 2: 6.0, 8: 24.0}
    assert at(found["ratio-lines-stack-against-threads"]) == {"native": {1: 3.0, 2: 3.0, 8: 3.0}}


def test_two_numbers_give_bars_of_each_beside_the_lines() -> None:
    cases = [case(f"{structure}/{way}", around(1e6), threads) for threads in (2, 8)
             for structure in ("stack", "queue") for way in ("mutex", "native")]  # fmt: skip
    found = by_key(made(*cases))
    assert [key for key in found if key.startswith("throughput")] == [
        "throughput-bars-2-threads", "throughput-bars-8-threads", "throughput-lines-stack-against-threads",
        "throughput-lines-queue-against-threads",
    ]  # fmt: skip
    assert [key for key in found if key.startswith("ratio")] == ["ratio-dots-2-threads", "ratio-dots-8-threads"]
    assert [key for key in found if key.startswith("memory")] == ["memory-bars-8-threads"]


def with_load(candidate: str, values: list[float], interpreter: str = "CPython 3.11.0", **load: object) -> Case:
    spec = SampleSpec("throughput", candidate, Workload.from_dict({"threads": 8} | load))
    samples = [{"ok": True, "ops_per_s": value} for value in values]
    return Case(spec, interpreter, interpreter, samples)


def test_think_time_from_none_has_a_place_for_each_value() -> None:
    cases = [with_load("stack/mutex", around(1e6 / (think + 1)), think=think) for think in (1000, 0, 10)]
    (chart,) = charts(made(*cases))
    assert (chart.key, chart.x_scale, chart.is_log) == ("throughput-lines-stack-against-think-time", "category", True)
    assert [point.x for point in chart.series[0].points] == ["0", "10", "1,000"]


def test_kernels_and_threads_are_not_drawn_together() -> None:
    found = by_key(made(case("stack/mutex", around(1e6)), case("stack/kernel", around(50e6)),
                        case("stack/kernel-mutex", around(20e6))))  # fmt: skip
    assert at(found["throughput-kernel-bars-8-threads"]) == {"kernel": {"stack": 50.0}, "kernel-mutex": {"stack": 20.0}}
    assert at(found["throughput-bars-8-threads"]) == {"mutex": {"stack": 1.0}}
    assert "in C without the GIL" in found["throughput-kernel-bars-8-threads"].title


def test_interpreters_stand_side_by_side() -> None:
    cases = [with_load("stack/mutex", around(1e6), name, threads=threads)
             for name in ("CPython 3.11", "CPython 3.14 free-threaded") for threads in (1, 8)]  # fmt: skip
    (chart,) = charts(made(*cases))
    assert chart.kind == "bars" and len(chart.series[0].points) == 4
    assert chart.series[0].points[0].x == "1 thread, CPython 3.11"


def test_back_off_has_no_order() -> None:
    cases = [with_load("stack/native", around(1e6), backoff=name) for name in ("none", "long")]
    (chart,) = charts(made(*cases))
    assert (chart.kind, chart.x_title) == ("bars", "back-off")


def test_the_classic_bars_stand_beside_the_articles() -> None:
    ways = {"mutex": 2e6, "emulated": 1e6, "hardware": 3e6, "native": 90e6}
    found = by_key(made(*(case(f"counter/{way}", around(rate)) for way, rate in ways.items())))
    assert at(found["classic"]) == {
        "article-lock": {"counter": 2.1}, "article": {"counter": 3.5}, "mutex": {"counter": 2.0},
        "emulated": {"counter": 1.0}, "hardware": {"counter": 3.0},
    }  # fmt: skip
    assert "the article's on 4 cores" in found["classic"].where


def test_latencies_from_the_median_to_the_slowest() -> None:
    (chart,) = charts(made(latencies("stack/mutex", around(5000)), latencies("stack/native", around(2000))))
    assert (chart.key, chart.kind, chart.is_log) == ("latency-stack-8-threads", "quantiles", True)
    assert at(chart)["mutex"] == {"p50": 0.001, "p99.9": 5.0, "max": 5.0}


def test_what_races_lost() -> None:
    def race(name: str, lost: int, interpreter: str) -> Case:
        spec = SampleSpec("race", f"race/{name}", Workload(threads=8))
        return Case(spec, interpreter, interpreter, [{"ok": True, "lost": lost, "expected": 200}] * 6)

    (chart,) = charts(made(race("dict-add", 50, "A"), race("list-append", 0, "A"), race("dict-add", 0, "B")))
    assert [series.title for series in chart.series] == ["A", "B"]
    assert at(chart)["race"] == {"d[k] += 1": 0.0}  # of the last, B
    assert chart.rows[0][:3] == ["d[k] += 1", "lost 300 of 1,200; some may be lost, A", "25.00"]
    assert "none expected to be lost" in chart.rows[1][1]


def test_nothing_measured_gives_no_charts() -> None:
    assert charts(made(Case(SampleSpec("throughput", "stack/mutex")))) == []
    assert charts(made(case("stack/null", around(1e6)))) == []


def test_a_comparison_draws_ratios_and_figures() -> None:
    first = made(case("stack/mutex", around(1e6)), case("queue/mutex", around(1e6)), name="old")
    second = made(case("stack/mutex", around(2e6)), case("queue/mutex", around(1e6)), place={**PLACE, "cores": 8})
    third = made(case("stack/mutex", around(1e6)))
    rows = changes_of([first, second, third])
    assert [(row.candidate, row.is_beyond_noise) for row in rows] == [("stack/mutex", True), ("queue/mutex", False)]
    assert rows[1].others[1] == (third.id, None)
    assert rows[1].as_dict()["others"][1] is None
    found = comparison_charts([first, second, third], [row for row in rows if row.is_beyond_noise])
    assert [chart.key for chart in found] == ["changes-ops_per_s", "compare-ops_per_s-stack"]
    changes, figures = found
    assert [round(series.points[0].interval.median, 3) for series in changes.series] == [2.0, 1.0]
    assert [series.run for series in figures.series] == [0, 1, 2]
    assert f"old ({first.id}): 4 cores; {second.id}: 8 cores" in figures.where
    with pytest.raises(ResultError, match="in common"):
        changes_of([first, made(case("ring/mutex", [1.0]))])


def test_a_long_comparison_is_cut_into_charts_that_can_be_read() -> None:
    runs = [made(*(case("stack/mutex", around(1e6), threads) for threads in range(1, 31))) for _ in range(2)]
    found = comparison_charts(runs, changes_of(runs))
    assert [chart.key for chart in found][:2] == ["changes-ops_per_s-1", "changes-ops_per_s-2"]
    assert [len(chart.rows) for chart in found] == [24, 6, 48, 12]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0.0000"), (0.00001234, "1.23e-05"), (0.1234567, "0.1235"), (1.0, "1.000"), (12.345, "12.35"),
     (1234.5, "1234"), (123456.7, "123457"), (-3.0, "-3.000")],
)  # fmt: skip
def test_four_digits(value: float, text: str) -> None:
    assert short(value) == text
