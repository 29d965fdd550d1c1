"""What a run says, in words that follow from its intervals and from nothing else.

A difference is one only if the whole interval of the ratio lies on one side of 1, with the confidence asked for.
Otherwise the verdict says that these samples show none, which is not that there is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from lockfree_core.bench.candidates import find_candidate
from lockfree_core.bench.races import RACES
from lockfree_core.bench.results import Case, Run
from lockfree_core.bench.statistics import Interval

__all__ = ["BASELINES", "Sentence", "baseline_of", "verdict"]

BASELINES: Final = ("rwlock", "native-rwlock", "mutex", "kernel-mutex", "process-lock", "twin", "queue")
_WORTH: Final = 1.10  # less than a tenth faster is not worth another dependency
_SAME_WITHIN: Final = 0.05


@dataclass(frozen=True, slots=True)
class Sentence:
    """One thing that a run says; as text, all of it in a line.

    Attributes:
        text: what was found.
        place: the interpreter, cores, threads and workload that it speaks of; empty where it speaks of the whole run.
        subject: the structure, or which figure of it.
        advice: what follows for whoever has to choose, or that nothing does. It comes first: it is what they came for.
    """

    text: str
    place: str = ""
    subject: str = ""
    advice: str = ""

    def __str__(self) -> str:
        words = " ".join(filter(None, (self.advice, self.text)))
        return ": ".join(filter(None, (self.place, self.subject, words)))


def verdict(run: Run) -> list[Sentence]:
    """A sentence or two for each group of compared cases, then what is to be known of the whole."""
    cores = run.environment.get("cores", "?")
    sentences: list[Sentence] = []
    for group in run.groups():
        if group[0].spec.kind == "race":
            sentences += [_of_race(case, cores) for case in group if case.values()]
        elif group[0].spec.kind == "latency":
            sentences += _of_latency(group, cores)
        else:
            sentences += _of_throughput(group, cores, _tails(run, group))
    return sentences + _gaps(run, cores) + _caveats(run, cores)


def baseline_of(group: Sequence[Case]) -> Case | None:
    """What the others are compared with: the lock that people would take."""
    for name in BASELINES:
        for case in group:
            if _way(case) == name and case.values():
                return case
    return None


def _way(case: Case) -> str:
    return case.spec.candidate.partition("/")[2]


def _where(case: Case, cores: object) -> str:
    load = case.spec.workload
    unit = "core" if cores == 1 else "cores"
    return f"{case.interpreter or 'this interpreter'}, {cores} {unit}, {load.words()}"


def _tails(run: Run, group: Sequence[Case]) -> dict[str, Case]:
    """The latencies of the same candidates under the same workload, if they were taken."""
    loads = {(case.python, case.spec.candidate, case.spec.workload) for case in group}
    return {case.spec.candidate: case for case in run.cases if case.spec.kind == "latency" and case.values()
            and (case.python, case.spec.candidate, case.spec.workload) in loads}  # fmt: skip


def _of_throughput(group: Sequence[Case], cores: object, tails: Mapping[str, Case]) -> list[Sentence]:
    measured = [case for case in group if case.values() and _way(case) != "null"]
    if not measured:
        return []
    best = max(measured, key=lambda case: case.interval().median)  # type: ignore[union-attr]
    base = baseline_of(measured)
    lock_free = [case for case in measured if find_candidate(case.spec.candidate).progress in ("lock-free", "no lock")]
    interval = best.interval()
    assert interval is not None
    few = interval.samples if len(measured) > 1 and not interval.is_sure else 0
    words = [_choice(best, measured, few)]
    if base is not None:
        words += [_against(case, base, few) for case in lock_free if case is not base]
    advice = [f"Not decided: {_rounds(few)} {'is' if few == 1 else 'are'} too few."] if few else (
        _advice(lock_free, measured, tails)
    )  # fmt: skip
    structure = group[0].spec.candidate.partition("/")[0]
    return [Sentence(" ".join(words), _where(group[0], cores), structure, " ".join(advice))]


def _choice(best: Case, measured: Sequence[Case], few: int) -> str:
    interval = best.interval()
    assert interval is not None
    if len(measured) == 1:
        return f"{best.spec.title()} does {_rate(interval)}."
    rivals = [case for case in measured if case is not best and not _surely_faster(best, case)]
    if not rivals:
        return f"{best.spec.title()} is the fastest, {_rate(interval)}."
    head = f"{best.spec.title()} has the highest median, {_rate(interval)}"
    if few:
        return f"{head}."
    names = ", ".join(case.spec.title() for case in rivals)
    return f"{head}, but these samples do not tell it from {names}."


def _surely_faster(one: Case, other: Case) -> bool:
    ratio = one.ratio_to(other)
    return ratio is not None and ratio.is_above(1.0)


def _against(case: Case, base: Case, few: int) -> str:
    """Lock-free beside a lock. That so many rounds are too few has been said."""
    ratio = case.ratio_to(base)
    if ratio is None:
        return f"{case.spec.title()} and {base.spec.title()} share no good round."
    span = f"{ratio.median:.2f} times {base.spec.title()} ({ratio.low:.2f} to {ratio.high:.2f})"
    if not ratio.is_sure:
        rounds = "" if ratio.samples == few else f", of {_rounds(ratio.samples)}, too few to be sure"
        return f"{case.spec.title()}: {span}{rounds}."
    if ratio.low > 1:
        return f"{case.spec.title()} is faster: {span}."
    if ratio.high < 1:
        return f"{case.spec.title()} is slower: {span}."
    if max(ratio.high - 1, 1 - ratio.low) <= _SAME_WITHIN:
        return f"{case.spec.title()} is as fast as {base.spec.title()}, within {_SAME_WITHIN:.0%}."
    return f"{case.spec.title()}: no difference shown, {span}."


def _advice(lock_free: Sequence[Case], measured: Sequence[Case], tails: Mapping[str, Case]) -> list[str]:
    """Use, or don't; nothing where the intervals do not carry it."""
    others = [case for case in measured if case not in lock_free]
    if not lock_free or not others:
        return []
    champion = max(lock_free, key=lambda case: case.interval().median)  # type: ignore[union-attr]
    rival = max(others, key=lambda case: case.interval().median)  # type: ignore[union-attr]
    ratio = champion.ratio_to(rival)
    if ratio is None or not ratio.is_sure:
        return []
    if champion.venue == "kernel":
        return _advice_on_kernels(ratio)
    if ratio.is_above(_WORTH):
        return [f"Lock-free pays: take {champion.spec.title()}."]
    if ratio.high <= _WORTH:
        return [f"Don't go lock-free for throughput here: use {rival.spec.title()}.", *_but(lock_free, rival, tails)]
    span = f"{ratio.median:.2f} times {rival.spec.title()} ({ratio.low:.2f} to {ratio.high:.2f})"
    return [f"Not decided: {champion.spec.title()} does {span}."]


def _but(lock_free: Sequence[Case], rival: Case, tails: Mapping[str, Case]) -> list[str]:
    """Where the slowest operations matter another one may be the choice."""
    theirs = tails.get(rival.spec.candidate)
    mine = [tails[case.spec.candidate] for case in lock_free if case.spec.candidate in tails]
    if theirs is None or not mine:
        return []
    best = min(mine, key=lambda case: case.interval().median)  # type: ignore[union-attr]
    ratio = theirs.ratio_to(best)
    one, other = best.interval(), theirs.interval()
    assert one is not None and other is not None
    if ratio is None or not ratio.is_above(_WORTH):
        return []
    figures = f"{_time(one.median)} against {_time(other.median)}"
    return [f"Lock-free pays only where p99.9 matters: {best.spec.title()}, {figures}."]


def _advice_on_kernels(ratio: Interval) -> list[str]:
    """A kernel is nothing that one could take."""
    if ratio.is_above(_WORTH):
        return ["Where no GIL stands in the way, lock-free pays."]
    if ratio.high <= _WORTH:
        return ["Even where no GIL stands in the way, lock-free does not pay."]
    return ["Whether lock-free pays without a GIL is not decided by these samples."]


def _of_latency(group: Sequence[Case], cores: object) -> list[Sentence]:
    measured = [case for case in group if case.values() and _way(case) != "null"]
    base = baseline_of(measured)
    if base is None:
        return []
    structure = group[0].spec.candidate.partition("/")[0]
    words = []
    for case in measured:
        ratio = base.ratio_to(case, "p99.9")
        if case is base or ratio is None:
            continue
        mine, other = case.interval("p99.9"), base.interval("p99.9")
        assert mine is not None and other is not None
        span = f"p99.9 {_time(mine.median)} against {_time(other.median)} of {base.spec.title()}"
        if not ratio.is_sure:
            words.append(f"{case.spec.title()}: {span}, of {_rounds(ratio.samples)}, too few to be sure.")
        elif ratio.is_above(1):
            words.append(f"{case.spec.title()} has the shorter tail: {span}.")
        elif ratio.is_below(1):
            words.append(f"{case.spec.title()} has the longer tail: {span}.")
        else:
            words.append(f"{case.spec.title()}: no difference of the tails shown, {span}.")
    return [Sentence(" ".join(words), _where(group[0], cores), f"latency of a {structure}")] if words else []


def _gaps(run: Run, cores: object) -> list[Sentence]:
    """What more threads do to the ratio of lock-free to lock, where both were measured at several numbers of them."""
    ratios: dict[tuple[str, str, str], dict[int, Interval]] = {}
    titles: dict[str, str] = {}
    for group in run.groups():
        base = baseline_of(group)
        for case in group if base is not None and group[0].spec.kind == "throughput" else ():
            ratio = case.ratio_to(base) if case is not base and base is not None else None
            if ratio is not None and find_candidate(case.spec.candidate).progress in ("lock-free", "no lock"):
                assert base is not None
                plain = replace(case.spec.workload, threads=1)  # all but the threads
                key = case.python, case.spec.candidate, f"{case.interpreter}, {cores} cores, {plain.words()}"
                ratios.setdefault(key, {})[case.spec.workload.threads] = ratio
                titles[case.spec.candidate] = f"{case.spec.title()} to {base.spec.title()}"
    return [_gap(titles[candidate], where, found) for (_, candidate, where), found in ratios.items() if len(found) > 1]


def _gap(title: str, where: str, ratios: Mapping[int, Interval]) -> Sentence:
    few, many = min(ratios), max(ratios)
    one, other = ratios[few], ratios[many]
    figures = f"{one.median:.2f} with {few} and {other.median:.2f} with {many} threads"
    if not (one.is_sure and other.is_sure):
        word = "too few rounds to say what more threads do"
    elif other.low > one.high:
        word = "with more threads the ratio grows"
    elif other.high < one.low:
        word = "with more threads the ratio falls"
    else:
        word = "no difference shown that more threads make"
    return Sentence(f"{title}: {word}: {figures}.", where.replace(", 1 thread", ""))


def _of_race(case: Case, cores: object) -> Sentence:
    lost, race = [int(value) for value in case.values("lost")], RACES[_way(case)]
    total = sum(int(value) for value in case.values("expected"))
    what = f"{race.title}: lost {sum(lost):,} of {total:,} in {_samples(len(lost))}"
    if not race.may_lose:
        why = f"; none were expected to be lost: {race.why}."
    elif any(lost):
        why = f". Unsafe: it {race.why}."
    else:
        why = f". That none was seen lost proves nothing: it {race.why}."
    return Sentence(what + why, _where(case, cores))


def _caveats(run: Run, cores: object) -> list[Sentence]:
    words = []
    if run.ended == "budget":
        words.append("The time was over before every interval was as narrow as asked.")
    elif run.ended == "rounds" and run.settings.get("precision"):  # else nothing was asked for but rounds
        words.append("The most rounds were done before every interval was as narrow as asked.")
    elif run.ended == "cancelled":
        words.append("The run was cancelled; this is what there was.")
    load = run.environment.get("load_average_before") or [0.0]
    if isinstance(cores, int) and isinstance(load[0], int | float) and load[0] > cores / 2:
        words.append(f"The machine was busy (load {load[0]:.1f} on {cores} cores), so absolute figures are low.")
    if run.failed_samples:
        words.append(f"Of failed samples nothing counts; there were {run.failed_samples}.")
    return [Sentence(text) for text in (*words, *_left_out(run), *_overhead(run))]


def _left_out(run: Run) -> list[str]:
    """What an interpreter does not have, once for each reason."""
    reasons: dict[tuple[str, str], set[str]] = {}
    for case in run.cases:
        if case.unavailable:
            reasons.setdefault((case.interpreter or "this interpreter", case.unavailable), set()).add(_way(case))
    return [f"Left out on {place}: {', '.join(sorted(ways))}: {reason}." for (place, reason), ways in reasons.items()]


def _overhead(run: Run) -> list[str]:
    """What it costs to measure, where that is most: with no operation in the loop."""
    found: dict[str, list[float]] = {}
    for case in run.cases:
        structure, mixed = case.spec.candidate.partition("/")[0], case.spec.workload.insert_share is not None
        name = f"{structure}, mixed" if mixed and structure not in ("counter", "dictionary") else structure
        found.setdefault(name, []).extend(case.values("overhead"))
    parts = [f"{name} {sorted(values)[len(values) // 2]:.1%}" for name, values in found.items() if values]
    words = "The harness adds to a bare loop of no operations at all, on the median"
    return [f"{words}: {'; '.join(parts)}."] if parts else []


def _samples(count: int) -> str:
    return "1 sample" if count == 1 else f"{count} samples"


def _rounds(count: int) -> str:
    return "1 round" if count == 1 else f"{count} rounds"


def _rate(interval: Interval) -> str:
    return f"{interval.median / 1e6:.2f} M/s ({interval.low / 1e6:.2f} to {interval.high / 1e6:.2f})"


def _time(ns: float) -> str:
    if ns < 1e3:
        return f"{ns:.0f} ns"
    return f"{ns / 1e3:.1f} µs" if ns < 1e6 else f"{ns / 1e6:.1f} ms"
