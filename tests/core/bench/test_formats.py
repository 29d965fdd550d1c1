"""What goes out can be read: by us, by a spreadsheet, by people, by pyperf. What comes in is looked at."""

from __future__ import annotations

import copy
import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockfree_core.bench import formats
from lockfree_core.bench.charts import charts
from lockfree_core.bench.classic import ARTICLE, classic_text
from lockfree_core.bench.comparison import compare, differences
from lockfree_core.errors import ResultError
from tests.core.bench.bench_kit import PLACE, around, case, latencies, made


def whole() -> Any:
    broken = case("stack/native", around(4e6), retry_rate=0.05)
    broken.samples.append({"ok": False, "reason": "1 of 18 items lost (3)"})
    missing = case("stack/hardware", [])
    missing.unavailable = "no extension"
    return made(
        case("stack/mutex", around(2e6)), broken, missing, latencies("stack/mutex", around(5e3)), name="a | b", note="n"
    )


def test_json_comes_back() -> None:
    run = whole()
    text = formats.to_json(run)
    assert formats.read_json(text).as_dict() == run.as_dict()
    data = json.loads(text)
    assert data["verdict"] and data["cases"][0]["summary"]["median"] == 2e6


def test_csv_has_a_line_a_sample() -> None:
    lines = list(csv.DictReader(io.StringIO(formats.to_csv(whole()))))
    assert len(lines) == 7 + 8 + 7
    assert {line["cores"] for line in lines} == {"4"}
    assert (lines[14]["ok"], lines[14]["reason"]) == ("False", "1 of 18 items lost (3)")
    assert lines[-1]["p99.9_ns"] == str(5e3 * 1.03)


def test_markdown_is_a_table() -> None:
    text = formats.to_markdown(whole())
    assert text.startswith("# a | b\n\nTest CPU, 4 cores, Linux x86_64; CPython 3.11.0, GIL; commit abc; 2026-01-02")
    table = [line for line in text.partition("\n\nMillions")[0].splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in table}) == 1 and len(table) == 2 + 4
    assert (
        "| stack | native TreiberStack | 8 threads |  | throughput | 4.00 M/s | 3.88 to 4.12 | 2.00 (2.00 to 2.00) |"
        in text
    )
    assert "- not measured: stack/hardware, 8 threads, CPython 3.11.0: no extension" in text
    assert "- failed: stack/native, 8 threads, CPython 3.11.0: 1 of 18 items lost (3)" in text


def test_the_classic_table_stands_beside_the_article() -> None:
    run = made(
        case("stack/mutex", around(2e6)), case("stack/emulated", around(1e6)), case("stack/native", around(4e6)),
        case("dictionary/rwlock", around(1e6)), case("dictionary/mutex", around(3e6)),
        case("dictionary/hardware", around(2e6)), case("queue/mutex", around(1e6), threads=2),
    )  # fmt: skip
    stack, dictionary = classic_text(run)
    assert stack == ["stack", "1.8", "2.8", "1.56", "2.00", "1.00", "0.50 (0.50 to 0.50)", "–", "–", "4.00",
                     "2.00 (2.00 to 2.00)"]  # fmt: skip
    assert dictionary[:5] == ["dictionary", "1.2", "1.9", "1.58", "1.00"]
    assert dictionary[7:9] == ["2.00", "2.00 (2.00 to 2.00)"]
    assert {name: round(claim.ratio, 2) for name, claim in ARTICLE.items()} == {
        "counter": 1.67, "stack": 1.56, "queue": 1.47, "dictionary": 1.58,
    }  # fmt: skip
    assert "| " + " | ".join(stack) + " |" in formats.to_markdown(run)
    assert classic_text(made(case("ring/mutex", around(1.0)))) == []


def test_pyperf_has_seconds_an_operation() -> None:
    data = json.loads(formats.to_pyperf(whole()))
    names = [each["metadata"]["name"] for each in data["benchmarks"]]
    assert names == ["stack/mutex (8 threads; CPython 3.11.0)", "stack/native (8 threads; CPython 3.11.0)"]
    assert data["benchmarks"][0]["runs"][3]["values"] == [1 / 2e6]
    assert data["version"] == "1.0" and data["metadata"]["unit"] == "second"
    with pytest.raises(ResultError, match="no throughputs"):
        formats.to_pyperf(made(latencies("stack/mutex", [1.0])))


def change(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def apply(data: Any) -> None:
        *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        for part in way:
            data = data[part]
        data[last] = value

    return apply


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("format", "x", "no result of lockfree-lab bench"),
        ("version", 2, "version 2; this Lockfree Lab reads up to 1"),
        ("version", True, "whole number"),
        ("version", None, "whole number"),
        ("id", "../x", "letters and digits"),
        ("id", "", "letters and digits"),
        ("name", 3, "name is a str"),
        ("cases", {}, "cases is a list"),
        ("ended", "never", "ended is one of"),
        ("seconds", "1", "seconds is a number"),
        ("environment", None, "environment is a dict"),
        ("environment.cores", "4", "cores is a whole number"),
        ("environment.load_average_before", True, "load_average_before is a list"),
        ("environment.load_average_before.0", "x", "load_average_before is a number"),
        ("cases.0", 7, "case 1 is no object"),
        ("cases.0.candidate", "stack/nope", "case 1: a stack is implemented as"),
        ("cases.0.kind", "speed", "case 1: a sample's kind"),
        ("cases.0.workload", [], "case 1: a workload is an object"),
        ("cases.1.samples", None, "case 2: samples is a list"),
        ("cases.0.samples.0", 1, "case 1: a sample is an object with ok"),
        ("cases.0.samples.0.ok", "yes", "with ok"),
        ("cases.0.samples.0.ops_per_s", "fast", "ops_per_s is a number"),
        ("cases.0.samples.0.ops_per_s", True, "ops_per_s is a number"),
        ("cases.0.samples.0.ops_per_s", 1e-320, "ops_per_s is a number"),
        ("settings", {"budget_s": float("inf")}, "a number that is none"),
        ("environment.commit", "\ud800", "half a letter"),
        ("cases.0.samples.0.latency_ns", 3, "latency_ns is an object"),
        ("cases.1.samples.7.reason", None, "reason is a str"),
        ("cases.0.unavailable", 1, "unavailable is null"),
    ],
)
def test_a_file_that_is_no_result(path: str, value: Any, words: str) -> None:
    data = copy.deepcopy(whole().as_dict())
    change(path, value)(data)
    with pytest.raises(ResultError, match=words):
        formats.read_json(json.dumps(data))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, b"\xff\xfe\x00", "NaN", '{"format": "pyperf"}'])
def test_a_text_that_is_no_result(text: str | bytes) -> None:
    with pytest.raises(ResultError):
        formats.read_json(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
PATHS = ["format", "version", "id", "name", "ended", "seconds", "settings", "environment", "cases", "cases.0",
         "cases.0.kind", "cases.0.candidate", "cases.0.workload", "cases.0.workload.threads", "cases.0.seconds",
         "cases.0.samples", "cases.0.samples.0", "cases.0.samples.0.ok", "cases.0.samples.0.ops_per_s",
         "environment.cores", "environment.commit", "settings.budget_s", "environment.load_average_before",
         "cases.0.python", "cases.0.interpreter"]  # fmt: skip


@settings(max_examples=60)
@given(st.sampled_from(PATHS), JSON)
def test_whatever_is_in_a_file_it_is_a_run_or_a_clear_error(path: str, value: Any) -> None:
    data = copy.deepcopy(whole().as_dict())
    change(path, value)(data)
    try:
        run = formats.read_json(json.dumps(data))
    except ResultError:
        return
    # Whatever is accepted can be shown, sent, compared and written.
    json.dumps([formats.rows(run), [chart.rows for chart in charts(run)]], allow_nan=False)
    for text in (formats.to_markdown(run), formats.to_csv(run), formats.to_json(run)):
        text.encode()


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match="cannot be read"):
        formats.read_result(tmp_path)
    with pytest.raises(ResultError, match="cannot be read: No such file"):
        formats.read_result(tmp_path / "none.json")
    huge = tmp_path / "huge.json"
    with huge.open("wb") as file:
        file.truncate(formats.LARGEST_FILE + 1)
    with pytest.raises(ResultError, match="larger than 64 MB"):
        formats.read_result(huge)


def test_only_what_changed_beyond_noise() -> None:
    first = made(case("stack/mutex", around(1e6)), case("stack/native", around(1e6)), case("queue/mutex", around(1.0)))
    other = made(
        case("stack/mutex", around(2e6)), case("stack/native", around(1.01e6)), place={**PLACE, "commit": "def"}
    )
    changes = compare(first, other)
    assert [(each.candidate, each.is_beyond_noise) for each in changes] == [
        ("stack/mutex", True),
        ("stack/native", False),
    ]
    assert changes[0].ratio.median == 2.0
    assert changes[0].ratio.low == pytest.approx(2 * 0.97 / 1.03)
    assert differences([first, other]) == ["commit: abc / def"]
    with pytest.raises(ResultError, match="no measured case in common"):
        compare(first, made(case("ring/mutex", around(1.0))))


def test_few_samples_are_never_beyond_noise() -> None:
    (found,) = compare(made(case("stack/mutex", [1.0])), made(case("stack/mutex", [9.0])))
    assert not found.is_beyond_noise
