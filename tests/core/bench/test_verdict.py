"""Words follow from intervals: golden sentences for runs that were made up."""

from __future__ import annotations

from lockfree_core.bench.results import Case, Run
from lockfree_core.bench.spec import SampleSpec
from lockfree_core.bench.verdict import Sentence, baseline_of, verdict
from lockfree_core.bench.workloads import Workload
from tests.core.bench.bench_kit import PLACE, around, case, latencies, made

WHERE = "CPython 3.11.0, 4 cores, 8 threads"


def said(run: Run) -> list[str]:
    return [str(sentence) for sentence in verdict(run)]


def test_lock_free_pays() -> None:
    run = made(case("stack/null", around(9e7)), case("stack/mutex", around(2e6)), case("stack/native", around(4e6)))
    grounds = (
        "native TreiberStack is the fastest, 4.00 M/s (3.88 to 4.12). "
        "native TreiberStack is faster: 2.00 times Lock + list (2.00 to 2.00)."
    )
    advice = "Lock-free pays: take native TreiberStack."
    assert verdict(run) == [Sentence(grounds, WHERE, "stack", advice)]
    assert said(run) == [f"{WHERE}: stack: {advice} {grounds}"]


def test_it_says_do_not() -> None:
    run = made(
        case("stack/mutex", around(2e6)), case("stack/hardware", around(1e6)), case("stack/standard", around(8e6))
    )
    (sentence,) = said(run)
    assert "deque is the fastest" in sentence
    assert "TreiberStack in Python is slower: 0.50 times Lock + list (0.50 to 0.50)." in sentence
    assert sentence.startswith(f"{WHERE}: stack: Don't go lock-free for throughput here: use deque. ")


def test_little_faster_is_not_worth_it() -> None:
    run = made(case("stack/mutex", around(1e6)), case("stack/native", around(1.05e6)))
    (sentence,) = said(run)
    assert "faster: 1.05 times" in sentence and "here: use Lock + list. " in sentence


def test_noise_decides_nothing() -> None:
    run = made(case("stack/mutex", [1, 2, 3, 4, 5, 6]), case("stack/native", [6, 5, 4, 3, 2, 1]))
    (sentence,) = said(run)
    assert "do not tell it from" in sentence
    assert "no difference shown" in sentence
    assert "Not decided: native TreiberStack does 1.04 times Lock + list (0.17 to" in sentence


def test_few_samples_decide_nothing() -> None:
    run = made(case("stack/mutex", [1e6, 1e6]), case("stack/native", [9e6, 9e6]), ended="budget")
    sentence, caveat = said(run)
    assert sentence == (
        f"{WHERE}: stack: Not decided: 2 rounds are too few. "
        "native TreiberStack has the highest median, 9.00 M/s (9.00 to 9.00). "
        "native TreiberStack: 9.00 times Lock + list (9.00 to 9.00)."
    )
    assert caveat == "The time was over before every interval was as narrow as asked."


def test_one_that_has_fewer_rounds_is_told_apart() -> None:
    run = made(case("stack/mutex", around(1e6)), case("stack/native", around(3e6)), case("stack/twin", around(5e5)[:3]),
               case("stack/hardware", around(2e6)[:3]))  # fmt: skip
    sentence = verdict(run)[0]
    assert "Not decided" not in sentence.advice
    assert (
        "TreiberStack in Python: 2.00 times Lock + list (2.00 to 2.00), of 3 rounds, too few to be sure."
        in sentence.text
    )


def test_as_fast() -> None:
    run = made(case("stack/mutex", around(1e6)), case("stack/native", around(1e6)))
    assert "native TreiberStack is as fast as Lock + list, within 5%." in said(run)[0]


def test_kernels_are_compared_among_themselves() -> None:
    run = made(
        case("stack/mutex", around(2e6)), case("stack/native", around(1e6)),
        case("stack/kernel", around(9e7)), case("stack/kernel-mutex", around(3e7)),
    )  # fmt: skip
    python, kernel = said(run)
    assert "stack: Don't go lock-free for throughput here: use Lock + list. " in python
    assert "stack: Where no GIL stands in the way, lock-free pays. " in kernel


def test_latencies() -> None:
    run = made(latencies("stack/mutex", around(300e3)), latencies("stack/native", around(5e3)))
    assert said(run) == [
        f"{WHERE}: latency of a stack: native TreiberStack has the shorter tail: "
        "p99.9 5.0 µs against 300.0 µs of Lock + list."
    ]


def test_few_latencies_decide_nothing() -> None:
    run = made(latencies("stack/mutex", [300e3]), latencies("stack/native", [5e3]))
    assert "of 1 round, too few to be sure" in said(run)[0]


def test_it_pays_only_where_the_tail_matters() -> None:
    run = made(
        case("stack/standard", around(8e6)), case("stack/native", around(7e6)),
        latencies("stack/standard", around(205e3)), latencies("stack/native", around(5e3)),
    )  # fmt: skip
    assert verdict(run)[0].advice == (
        "Don't go lock-free for throughput here: use deque. "
        "Lock-free pays only where p99.9 matters: native TreiberStack, 5.0 µs against 205.0 µs."
    )


def test_the_gap_between_few_threads_and_many() -> None:
    def run(few: float, many: float, count: int = 7) -> list[str]:
        return said(made(
            case("queue/mutex", around(1e6)[:count], 2), case("queue/native", around(few)[:count], 2),
            case("queue/mutex", around(1e6)[:count], 8), case("queue/native", around(many)[:count], 8),
        ))  # fmt: skip

    title = "CPython 3.11.0, 4 cores: native MichaelScottQueue to Lock + deque"
    assert run(1e6, 3e6)[2] == f"{title}: with more threads the ratio grows: 1.00 with 2 and 3.00 with 8 threads."
    assert run(3e6, 1e6)[2] == f"{title}: with more threads the ratio falls: 3.00 with 2 and 1.00 with 8 threads."
    assert "no difference shown that more threads make" in run(2e6, 2e6)[2]
    assert "too few rounds to say" in run(1e6, 3e6, 3)[2]


def race(name: str, lost: list[int]) -> Case:
    spec = SampleSpec("race", f"race/{name}", Workload(threads=8))
    samples = [{"ok": True, "lost": value, "found": 100 - value, "expected": 100} for value in lost]
    return Case(spec, "python", "CPython 3.11.0", samples)


def test_races() -> None:
    whole, lossy, lucky = said(made(race("list-append", [0, 0]), race("dict-add", [0, 7]), race("dict-add", [0])))
    assert "lost 0 of 200 in 2 samples; none were expected to be lost" in whole
    assert "lost 7 of 200 in 2 samples. Unsafe: it reads, then writes" in lossy
    assert "lost 0 of 100 in 1 sample. That none was seen lost proves nothing" in lucky


def test_caveats() -> None:
    broken = case("stack/mutex", around(1e6), overhead=0.012)
    broken.samples.append({"ok": False, "reason": "lost"})
    words = said(made(broken, ended="cancelled", place={**PLACE, "load_average_before": [9.0]}))[1:]
    assert words == [
        "The run was cancelled; this is what there was.",
        "The machine was busy (load 9.0 on 4 cores), so absolute figures are low.",
        "Of failed samples nothing counts; there were 1.",
        "The harness adds to a bare loop of no operations at all, on the median: stack 1.2%.",
    ]


def test_how_it_ended_is_said() -> None:
    def last(ended: str, precision: float) -> str:
        run = made(case("stack/mutex", around(1e6)), ended=ended)
        run.settings["precision"] = precision
        return said(run)[-1]

    assert last("rounds", 0.05) == "The most rounds were done before every interval was as narrow as asked."
    assert last("rounds", 0.0).startswith(WHERE)
    assert last("budget", 0.05) == "The time was over before every interval was as narrow as asked."
    assert last("precise", 0.05).startswith(WHERE)


def test_every_sentence_on_figures_names_the_cores() -> None:
    tails = latencies("queue/mutex", around(1)), latencies("queue/native", around(2))
    run = made(case("stack/mutex", around(1e6)), *tails, race("deque", [0]))
    assert all("4 cores" in sentence for sentence in said(run))


def test_the_baseline_is_the_lock_that_people_would_take() -> None:
    mutex, rwlock = case("dictionary/mutex", [1.0]), case("dictionary/rwlock", [1.0])
    assert baseline_of([mutex, rwlock]) is rwlock
    native = case("dictionary/native-rwlock", [1.0])
    assert baseline_of([mutex, native, rwlock]) is rwlock
    assert baseline_of([mutex, native]) is native
    assert baseline_of([mutex]) is mutex
    assert baseline_of([case("dictionary/mutex", [])]) is None
