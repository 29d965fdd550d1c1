"""Claims that runs decide, from their intervals and nothing else.

A finding rests only on intervals that had enough samples; where a run has none of those it says ``open``, and where it
has no such cases at all it says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from lockfree_core.bench.classic import ARTICLE, THREADS
from lockfree_core.bench.races import RACES
from lockfree_core.bench.results import Case, Run
from lockfree_core.bench.statistics import Interval
from lockfree_core.claims.claim import Finding, State

__all__ = [
    "between_processes",
    "emulated_is_slow",
    "faster_than_lock",
    "gap_widens",
    "memory_of_copies",
    "retry_rate",
    "retry_rate_without_gil",
    "scales_without_gil",
    "similar_at_two",
    "unguarded",
]

_WAYS: Final = ("emulated", "hardware", "native")
_NAMES: Final = {"emulated": "emulated CAS", "hardware": "Python, hardware CAS", "native": "C"}
_SIMILAR: Final = 1.2  # within a fifth either way
_FEW: Final = 2
_RARE: Final = 0.01

Judge = Callable[[Run], Finding | None]


def _decide(above: int, below: int, unsure: int) -> State:
    """All above: it holds. None above and some below: it fails. Some of each: it depends."""
    if not above and not below:
        return "open"
    if above and not below and not unsure:
        return "holds"
    return "fails" if not above else "depends"


def _count(intervals: Iterable[Interval], value: float = 1.0) -> tuple[int, int, int]:
    """How many lie surely above, surely below, and neither."""
    found = list(intervals)
    above, below = sum(each.is_above(value) for each in found), sum(each.is_below(value) for each in found)
    return above, below, len(found) - above - below


def _ratios(run: Run, structure: str, threads: int) -> dict[str, Interval]:
    """For each way of being lock-free, the ratio to the article's lock, on the first interpreter that has both."""
    cases: dict[str, Case] = {}
    for case in run.cases:
        name, _, way = case.spec.candidate.partition("/")
        if name == structure and case.spec.kind == "throughput" and case.spec.workload.threads == threads:
            cases.setdefault(way, case)
    lock = cases.get(ARTICLE[structure].lock)
    if lock is None:
        return {}
    found = {way: cases[way].ratio_to(lock) for way in _WAYS if way in cases}
    return {way: ratio for way, ratio in found.items() if ratio is not None}


def _places(run: Run, cases: Sequence[Case]) -> str:
    """Where these were measured."""
    return _where(replace(run, cases=list(cases)), cases[0].spec.workload.threads)


def _where(run: Run, threads: int | None = None) -> str:
    """Where it was measured; never a figure without its cores."""
    interpreters = ", ".join(dict.fromkeys(case.interpreter for case in run.cases if case.samples))
    load = f", {threads} threads" if threads else ""
    cores = run.environment.get("cores")
    return f"{interpreters}, {cores} {'core' if cores == 1 else 'cores'}{load}"


def _span(ratio: Interval) -> str:
    doubt = "" if ratio.is_sure else "; too few rounds"
    return f"{ratio.median:.2f} ({ratio.low:.2f} to {ratio.high:.2f}{doubt})"


def faster_than_lock(structure: str) -> Judge:
    """Whether the lock-free one is faster than the article's lock, with as many threads as there."""
    claim = ARTICLE[structure]

    def judge(run: Run) -> Finding | None:
        ratios = _ratios(run, structure, THREADS)
        if not ratios:
            return None
        best = max(ratios.values(), key=lambda ratio: ratio.median)
        return Finding(
            _decide(*_count(ratios.values())),
            f"{min(each.median for each in ratios.values()):.2f} to {best.median:.2f} times",
            f"Times the lock's throughput; {_where(run, THREADS)}. The article says {claim.ratio:.2f} "
            f"({claim.lock_free} against {claim.locked} million operations a second on 4 cores)."
            + _rival(run, structure),
            tuple((_NAMES[way], _span(ratio)) for way, ratio in ratios.items()),
        )

    return judge


def _rival(run: Run, structure: str) -> str:
    """What the standard library does, which is what one would take instead."""
    cases = [
        case for case in run.cases
        if case.spec.candidate == f"{structure}/standard" and case.spec.workload.threads == THREADS
        and case.spec.kind == "throughput"
    ]  # fmt: skip
    interval = cases[0].interval() if cases else None
    if interval is None:
        return ""
    return f" {cases[0].spec.title()}, from the standard library, does {interval.median / 1e6:.1f} million."


def emulated_is_slow(run: Run) -> Finding | None:
    """Whether a CAS that takes a lock makes a structure faster than taking the lock once."""
    found = {name: ratios["emulated"] for name in ARTICLE if "emulated" in (ratios := _ratios(run, name, THREADS))}
    if not found:
        return None
    above, below, unsure = _count(found.values())
    return Finding(
        _decide(above, below, unsure),
        f"{min(each.median for each in found.values()):.2f} to {max(each.median for each in found.values()):.2f} times",
        f"Times the lock's throughput with emulated CAS; {_where(run, THREADS)}. Each compare-and-swap takes a lock of "
        f"its own, which nobody holds for long; a mutex around the whole operation puts threads to sleep.",
        _rows(found.items()),
    )


def similar_at_two(run: Run) -> Finding | None:
    """Whether lock and lock-free are within a fifth of each other with two threads."""
    found = list(_labelled(run, _FEW))
    if not found:
        return None
    sure = [ratio for _, ratio in found if ratio.is_sure]
    same = sum(ratio.low >= 1 / _SIMILAR and ratio.high <= _SIMILAR for ratio in sure)
    other = sum(ratio.high < 1 / _SIMILAR or ratio.low > _SIMILAR for ratio in sure)
    medians = [ratio.median for _, ratio in found]
    return Finding(
        _decide(same, other, len(found) - same - other),
        f"{min(medians):.2f} to {max(medians):.2f} times",
        f"Times the lock's throughput; {_where(run, _FEW)}. Within a fifth either way: {same} of {len(found)}.",
        _rows(found),
    )


def _labelled(run: Run, threads: int) -> Iterator[tuple[str, Interval]]:
    for structure in ARTICLE:
        for way, ratio in _ratios(run, structure, threads).items():
            yield f"{structure}, {_NAMES[way]}", ratio


def _rows(found: Iterable[tuple[str, Interval]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, _span(ratio)) for name, ratio in found)


def gap_widens(run: Run) -> Finding | None:
    """Whether the ratio to the lock grows from two threads to eight."""
    few, many = dict(_labelled(run, _FEW)), dict(_labelled(run, THREADS))
    both = {name: (few[name], many[name]) for name in few if name in many}
    if not both:
        return None
    sure = [pair for pair in both.values() if pair[0].is_sure and pair[1].is_sure]
    wider = sum(two.high < eight.low for two, eight in sure)
    narrower = sum(eight.high < two.low for two, eight in sure)
    return Finding(
        "open" if not sure else _decide(wider, narrower, len(both) - wider - narrower) if wider else "fails",
        f"wider for {wider} of {len(both)}",
        f"Times the lock's throughput with {_FEW} and with {THREADS} threads; {_where(run)}. It surely grows for "
        f"{wider} of {len(both)}, and falls for {narrower}.",
        tuple((name, f"{_span(two)}, then {_span(eight)}") for name, (two, eight) in both.items()),
    )


def retry_rate(run: Run) -> Finding | None:
    """Whether about one compare-and-swap in twenty is lost."""
    return _retry_rate(run, run.cases)


def retry_rate_without_gil(run: Run) -> Finding | None:
    """Likewise, on interpreters that have no GIL."""
    return _retry_rate(run, [case for case in run.cases if "free-threaded" in case.interpreter])


def _retry_rate(run: Run, cases: Sequence[Case]) -> Finding | None:
    rates = [
        (case, interval) for case in cases
        if case.spec.kind == "throughput" and case.spec.workload.threads >= THREADS
        and (interval := case.interval("retry_rate")) is not None
    ]  # fmt: skip
    if not rates:
        return None
    least, most = (pick(rates, key=lambda rate: rate[1].median) for pick in (min, max))
    some = sum(interval.median >= _RARE for _, interval in rates)
    if not any(interval.is_sure for _, interval in rates):
        state: State = "open"
    else:
        state = "fails" if not some else "holds" if some == len(rates) else "depends"
    return Finding(
        state,
        f"{least[1].median:.3%} to {most[1].median:.1%}",
        f"Decisive compare-and-swaps that are lost; {_places(run, [case for case, _ in rates])}. More than one in a "
        f"hundred: {some} of {len(rates)}.",
        tuple((_named(case), f"{interval.median:.4%}") for case, interval in rates),
    )


def _named(case: Case) -> str:
    return f"{case.spec.candidate.partition('/')[0]}, {case.spec.title()}"


def memory_of_copies(run: Run) -> Finding | None:
    """Whether a map that is copied takes more memory than one that is locked."""
    cases = {case.spec.candidate.partition("/")[2]: case for case in run.cases
             if case.spec.candidate.startswith("dictionary/") and case.spec.kind == "throughput"}  # fmt: skip
    base = cases.get("rwlock")
    grown = {way: sizes for way, case in cases.items() if way in _WAYS and (sizes := _grown(case))}
    locked = _grown(base) if base is not None else None
    if base is None or not grown or not locked or base.spec.workload.keys < 1000:
        return None
    least = min(min(sizes) for sizes in grown.values())
    factor = min(_median(sizes) for sizes in grown.values()) / max(_median(locked), 1.0)
    state: State = "holds" if least > max(locked) else "fails" if factor <= 1 else "depends"
    return Finding(
        state,
        f"{factor:.1f} times at least",
        f"What the process grew by, at its greatest; {_where(run, base.spec.workload.threads)}, "
        f"{base.spec.workload.keys:,} keys.",
        (*((f"copy-on-write, {_NAMES[way]}", f"{_median(sizes) / 1024:.1f} MB") for way, sizes in grown.items()),
         ("dict, readers-writer lock", f"{_median(locked) / 1024:.1f} MB")),
    )  # fmt: skip


def _grown(case: Case) -> list[float]:
    """Kilobytes from before the structure was built to the greatest, a number a good sample."""
    return [sample["peak_kb"] - sample["start_kb"] for sample in case.samples
            if sample["ok"] and "peak_kb" in sample and "start_kb" in sample]  # fmt: skip


def _median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def unguarded(*races: str) -> Judge:
    """Whether unguarded programs lose something (for calls that should be whole: whether they do not)."""
    may_lose = RACES[races[0]].may_lose

    def judge(run: Run) -> Finding | None:
        cases = [case for case in run.cases if case.spec.kind == "race" and case.values("lost")
                 and case.spec.candidate.partition("/")[2] in races]  # fmt: skip
        if not cases:
            return None
        lost = {id(case): int(sum(case.values("lost"))) for case in cases}
        losing = sum(count > 0 for count in lost.values())
        if not may_lose:
            state: State = "fails" if losing else "holds"
        else:
            state = "holds" if losing == len(cases) else "depends" if losing else "open"
        total = sum(int(sum(case.values("expected"))) for case in cases)
        cores = run.environment.get("cores")
        threads = cases[0].spec.workload.threads
        return Finding(
            state,
            f"{sum(lost.values()):,} of {total:,} lost",
            f"What {threads} threads lost without a lock, on {cores} {'core' if cores == 1 else 'cores'}."
            + ("" if not may_lose or losing == len(cases) else " Where none was seen lost, that proves nothing."),
            tuple((f"{RACES[case.spec.candidate.partition('/')[2]].title}, {case.interpreter}",
                   f"{lost[id(case)]:,} of {int(sum(case.values('expected'))):,}") for case in cases),
        )  # fmt: skip

    return judge


def scales_without_gil(run: Run) -> Finding | None:
    """Whether more threads do more operations on one structure where there is no GIL."""
    found: list[tuple[str, Interval, Interval]] = []
    for case in run.cases:
        if "free-threaded" not in case.interpreter or case.spec.kind != "throughput" or _is_null(case):
            continue
        many = [other for other in run.cases if other.spec.candidate == case.spec.candidate
                and other.interpreter == case.interpreter and other.spec.workload.threads >= THREADS]  # fmt: skip
        one, eight = case.interval(), many[0].interval() if many else None
        if case.spec.workload.threads == 1 and one and eight:
            found.append((_named(case), one, eight))
    if not found:
        return None
    more = sum(eight.is_sure and one.is_sure and eight.low > one.high for _, one, eight in found)
    less = sum(eight.is_sure and one.is_sure and eight.high < one.low for _, one, eight in found)
    ratios = sorted(((eight.median / one.median, name) for name, one, eight in found), reverse=True)
    return Finding(
        _decide(more, less, len(found) - more - less),
        f"{ratios[-1][0]:.2f} to {ratios[0][0]:.2f} times",
        f"Throughput of {THREADS} threads on one shared structure, times that of one; {_free(run)}, "
        f"{run.environment.get('cores')} cores. Surely more for {more} of {len(found)}, less for {less}.",
        tuple((name, f"{ratio:.2f}") for ratio, name in ratios),
    )


def _is_null(case: Case) -> bool:
    return case.spec.candidate.endswith("/null")


def _free(run: Run) -> str:
    return next(case.interpreter for case in run.cases if "free-threaded" in case.interpreter)


def between_processes(run: Run) -> Finding | None:
    """Whether counting by compare-and-swap in shared memory is faster than ``multiprocessing.Value``."""
    shared = [case for case in run.cases if case.venue == "processes" and case.spec.workload.threads > 1]
    cases = {case.spec.candidate.partition("/")[2]: case for case in shared if case.spec.kind == "throughput"}
    base = cases.get("process-lock")
    ratios = {way: ratio for way in ("process-cas", "process-add") if way in cases and base is not None
              and (ratio := cases[way].ratio_to(base)) is not None}  # fmt: skip
    if base is None or not ratios:
        return None
    return Finding(
        _decide(*_count(ratios.values())),
        f"{min(ratio.median for ratio in ratios.values()):.0f} times at least",
        f"Times the throughput of {base.spec.title()}; {_where(run)}, {base.spec.workload.threads} processes.",
        tuple((cases[way].spec.title(), _span(ratio)) for way, ratio in ratios.items()),
    )
