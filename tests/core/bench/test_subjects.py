"""The account finds what a structure does wrong, and nothing where it is right."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

import pytest

from lockfree_core.bench.candidates import CANDIDATES, Candidate, Parts
from lockfree_core.bench.subjects import make_subject, own
from lockfree_core.bench.workloads import Workload

TURNS = 3000
ORDINARY = [key for key, each in CANDIDATES.items() if each.build is not None and each.implementation != "null"]


@pytest.mark.parametrize("key", ORDINARY)
@pytest.mark.parametrize("share", [None, 30, 80])
def test_a_right_structure_has_a_right_account(key: str, share: int | None) -> None:
    candidate = CANDIDATES[key]
    if candidate.unavailable():
        pytest.skip("no extension")
    subject, parts = make_subject(candidate, Workload(threads=3, insert_share=share, keys=8, capacity=64))
    workers = [threading.Thread(target=subject.worker(), args=(TURNS // 10,)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert subject.problem() is None
    assert parts.losses is None or parts.losses() >= 0


@pytest.mark.parametrize("share", [None, 40])
@pytest.mark.parametrize("think", [0, 2])
def test_singles_and_loops_share_an_account(share: int | None, think: int) -> None:
    for key in ("counter/mutex", "queue/mutex", "dictionary/mutex"):
        subject, _ = make_subject(CANDIDATES[key], Workload(insert_share=share, think=think))
        subject.worker()(50)
        for operation in [*subject.singles(), *subject.singles()]:
            operation()
        assert subject.problem() is None
        assert subject.successes(10) >= 0


def built(structure: str, parts: Parts) -> Candidate:
    return Candidate(structure, "mutex", "bad", lambda _: parts)


class Bad:
    """A stack that does one thing wrong, once."""

    def __init__(self, wrong: str) -> None:
        self._wrong, self._items, self._puts, self._takes = wrong, deque[Any](), 0, 0

    def put(self, value: Any) -> None:
        self._puts += 1
        if self._puts == 50 and self._wrong == "loses":
            return
        self._items.append("fake" if self._puts == 50 and self._wrong == "makes up" else value)

    def take(self) -> Any:
        self._takes += 1
        if self._takes == 20 and self._wrong == "doubles":
            return self._items[-1]
        if self._takes == 20 and self._wrong == "denies":
            return None
        return self._items.pop() if self._items else None


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("loses", "1 of 18 items lost"),
        ("doubles", "there more than once"),
        ("makes up", "made up"),
        ("denies", "takes found nothing"),
    ],
)
def test_the_account_finds_a_single_wrong_operation(wrong: str, words: str) -> None:
    structure = Bad(wrong)
    candidate = Candidate("stack", "mutex", "bad", lambda _: Parts(structure.put, structure.take))
    subject, _ = make_subject(candidate, Workload(threads=1))
    subject.worker()(1)
    subject.worker()(500)
    assert words in (subject.problem() or "")


def test_a_mix_finds_a_loss_and_a_swap() -> None:
    for wrong, words in (("loses", "1 lost"), ("doubles", "too many")):
        structure = Bad(wrong)
        subject, _ = make_subject(
            built("stack", Parts(structure.put, structure.take)), Workload(threads=1, insert_share=60)
        )
        subject.worker()(500)
        assert words in (subject.problem() or "")


def test_a_counter_that_forgets_and_one_that_invents() -> None:
    for value, words in ((99, "1 lost"), (101, "1 too many")):
        subject, _ = make_subject(built("counter", Parts(lambda: None, None, (value).__int__)), Workload(threads=1))
        subject.worker()(100)
        assert words in (subject.problem() or "")


def test_a_dictionary_that_drops_or_undoes_a_set() -> None:
    entries: dict[Any, Any] = {}
    candidate = Candidate(
        "dictionary", "mutex", "bad", lambda _: Parts(entries.__setitem__, entries.get, lambda: entries)
    )
    subject, _ = make_subject(candidate, Workload(threads=1, keys=4))
    body = subject.worker()
    body(300)
    before = dict(entries)
    body(300)
    assert subject.problem() is None
    after = dict(entries)
    entries.update(before)
    assert "an update is lost" in (subject.problem() or "")
    entries.update(after)
    entries["more"] = 1
    assert "nobody set" in (subject.problem() or "")
    del entries["more"], entries[2]
    assert subject.problem() == "key 2 is lost"


def test_short_batches_remember_what_was_set_last() -> None:
    subject, _ = make_subject(CANDIDATES["dictionary/standard"], Workload(threads=1, keys=16, insert_share=20))
    body = subject.worker()
    for count in (1, 2, 3, 5, 7, 250, 1, 300, 4):
        body(count)
        assert subject.problem() is None


def test_every_batch_binds_its_own_call() -> None:
    """Threads that share a bound method contend for its reference count where there is no GIL."""
    items: list[int] = []
    append = items.append
    mine, other = own(append), own(append)
    assert mine == other == append
    assert mine is not other and mine is not append
    mine(1)
    assert items == [1]
    assert own(len) is len, "a function of a module is bound to nothing"
    entries: dict[int, int] = {}
    own(entries.__setitem__)(1, 2)
    assert entries == {1: 2}
