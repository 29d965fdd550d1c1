"""The loops that a sample times, and the account that is drawn up afterwards.

The account must cost nothing while the clock runs, or it would be measured too. So items are *tokens that go round*: a
thread puts the token that it holds and takes another one. That is not an instruction more than putting a constant and
throwing away what comes, and in the end every token must be in one hand or inside, exactly once: what was lost,
doubled or made up is found. A dictionary's values name the thread and the batch that wrote them, and in the end each
key must hold what some thread wrote to it last.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice, repeat
from types import ModuleType
from typing import Any, Final, Protocol

from lockfree_core.bench.accounts import Tally, Writer, difference, missing_tokens
from lockfree_core.bench.candidates import Candidate, Parts
from lockfree_core.bench.workloads import MOST_THREADS, Workload
from lockfree_core.errors import BenchError

__all__ = ["Body", "Subject", "make_subject", "own"]

Body = Callable[[int], None]

_UNWRITTEN: Final = -1
_STRIDE: Final = MOST_THREADS * 4  # numbers of different threads differ


def own(call: Callable[..., Any]) -> Callable[..., Any]:
    """The same call by a bound method that nobody else has.

    Where there is no GIL, threads that call one and the same bound method contend for its reference count: that, and
    not the structure, would be measured. So every batch binds its own, in its thread.
    """
    owner = getattr(call, "__self__", None)
    return call if owner is None or isinstance(owner, ModuleType) else getattr(owner, call.__name__)


class Subject(Protocol):
    """Something to time."""

    turn: int
    """Operations in one turn of the loop."""

    def worker(self) -> Body:
        """A loop for one more thread: so many turns a call."""
        ...

    def singles(self) -> Sequence[Callable[[], object]]:
        """For one more thread: the operations of a turn one by one, for latencies."""
        ...

    def successes(self, turns: int) -> int:
        """How many operations of so many turns took effect, each by one won compare-and-swap."""
        ...

    def problem(self) -> str | None:
        """What the account says once all threads have stopped: None, or what is wrong."""
        ...


def make_subject(candidate: Candidate, workload: Workload) -> tuple[Subject, Parts]:
    """Build the candidate and fill it."""
    if candidate.build is None:
        raise BenchError(f"{candidate.key} is no structure that Python threads operate on")
    parts, null = candidate.build(workload), candidate.implementation == "null"
    if candidate.structure == "counter":
        return Counting(parts, workload, null), parts
    if candidate.structure == "dictionary":
        return Mapping(parts, workload, null), parts
    if workload.insert_share is None:
        return Pairs(parts, workload, null), parts
    return Mixed(parts, workload, null, candidate.structure == "ring"), parts


class Counting:
    """Increments, one after another."""

    turn = 1

    def __init__(self, parts: Parts, workload: Workload, null: bool = False) -> None:
        self._parts, self._think, self._null = parts, workload.think, null
        self._done: list[int] = []

    def worker(self) -> Body:
        call, think, done, mine = self._parts.first, self._think, self._done, len(self._done)
        done.append(0)

        def body(count: int) -> None:
            increment = own(call)
            for _ in repeat(None, count):
                increment()
            done[mine] += count

        def thinking(count: int) -> None:
            increment = own(call)
            for _ in repeat(None, count):
                increment()
                for _ in repeat(None, think):
                    pass
            done[mine] += count

        return thinking if think else body

    def singles(self) -> Sequence[Callable[[], object]]:
        call, done, mine = own(self._parts.first), self._done, len(self._done)
        done.append(0)

        def counted() -> None:
            call()
            done[mine] += 1

        return [counted]

    def successes(self, turns: int) -> int:
        return turns

    def problem(self) -> str | None:
        assert self._parts.look is not None
        value, expected = self._parts.look(), sum(self._done)
        if self._null or value == expected:
            return None
        return f"the counter is at {value:,} after {expected:,} increments: {difference(expected, value)}"


class _Container:
    """What holds items, and the tokens that were made for it."""

    turn = 1

    def __init__(self, parts: Parts, workload: Workload, null: bool) -> None:
        assert parts.second is not None
        self._put, self._take, self._null = parts.first, parts.second, null
        self._workload = workload
        self._tokens = 0
        for _ in range(workload.prefill):
            self._put(self._new_token())

    def _new_token(self) -> int:
        self._tokens += 1
        return self._tokens

    def _drain(self) -> list[Any]:
        """Everything inside, and a little more if the structure makes things up."""
        found: list[Any] = []
        nothing, _ = _nothing_and_full()
        while len(found) <= self._tokens:
            try:
                item = self._take()
            except nothing:
                break
            if item is None:
                break
            found.append(item)
        return found


def _nothing_and_full() -> tuple[tuple[type[Exception], ...], type[Exception]]:
    """What is raised where there is nothing to take, and where there is no room."""
    import queue  # here: most samples need it only when the clock has stopped

    return (queue.Empty, IndexError), queue.Full


class Pairs(_Container):
    """Put and take by turns: the token that a thread holds goes in, another one comes out."""

    turn = 2

    def __init__(self, parts: Parts, workload: Workload, null: bool = False) -> None:
        super().__init__(parts, workload, null)
        self._held: list[Any] = []

    def worker(self) -> Body:
        calls, think, held, mine = (self._put, self._take), self._workload.think, self._held, len(self._held)
        held.append(self._new_token())

        def body(count: int) -> None:
            put, take = map(own, calls)
            token = held[mine]
            for _ in repeat(None, count):
                put(token)
                token = take()
            held[mine] = token

        def thinking(count: int) -> None:
            put, take = map(own, calls)
            token = held[mine]
            for _ in repeat(None, count):
                put(token)
                token = take()
                for _ in repeat(None, think):
                    pass
            held[mine] = token

        return thinking if think else body

    def singles(self) -> Sequence[Callable[[], object]]:
        put, take, held, mine = own(self._put), own(self._take), self._held, len(self._held)
        held.append(self._new_token())

        def put_mine() -> None:
            put(held[mine])

        def take_mine() -> None:
            held[mine] = take()

        return [put_mine, take_mine]

    def successes(self, turns: int) -> int:
        return 2 * turns

    def problem(self) -> str | None:
        if self._null:
            return None
        return missing_tokens(range(1, self._tokens + 1), [*self._held, *self._drain()])


class Mixed(_Container):
    """A share of puts among takes; every put is a new number, takes may find nothing.

    Numbers are told by how many there are and by their sum, for in the course of a sample millions come and go.
    """

    def __init__(self, parts: Parts, workload: Workload, null: bool = False, is_bounded: bool = False) -> None:
        super().__init__(parts, workload, null)
        self._tallies: list[Tally] = []
        self._is_bounded = is_bounded

    def worker(self) -> Body:
        """What is counted in the loop is as little as can be: the rest follows from it afterwards."""
        calls, think, tally, null = (self._put, self._take), self._workload.think, self._new_tally(), self._null
        nothing, full = _nothing_and_full()

        def body(count: int) -> None:
            put, take = map(own, calls)
            number, empty, out_sum = tally.number, 0, 0
            for is_put in islice(tally.draws, count):
                if is_put:
                    number += _STRIDE
                    put(number)
                else:
                    try:
                        item = take()
                    except nothing:
                        item = None
                    if item is None:
                        empty += 1
                    else:
                        out_sum += item
            if not null:
                tally.add(count, number, empty, out_sum)

        def careful(count: int) -> None:
            """Likewise, where a put may be refused, or where threads think."""
            put, take = map(own, calls)
            number, refused, refused_sum, empty, out_sum = tally.number, 0, 0, 0, 0
            for is_put in islice(tally.draws, count):
                if is_put:
                    number += _STRIDE
                    try:
                        is_in = put(number) is not False  # a full ring says so, a full queue raises
                    except full:
                        is_in = False
                    if not is_in:
                        refused += 1
                        refused_sum += number
                else:
                    try:
                        item = take()
                    except nothing:
                        item = None
                    if item is None:
                        empty += 1
                    else:
                        out_sum += item
                for _ in repeat(None, think):
                    pass
            if not null:
                tally.add(count, number, empty, out_sum, refused, refused_sum)

        return careful if think or self._is_bounded else body

    def _new_tally(self) -> Tally:
        tally = Tally(len(self._tallies), self._workload.insert_share or 0, _STRIDE)
        self._tallies.append(tally)
        return tally

    def singles(self) -> Sequence[Callable[[], object]]:
        body = self.worker()
        return [lambda: body(1)]

    def successes(self, turns: int) -> int:
        return sum(tally.puts + tally.out for tally in self._tallies)

    def problem(self) -> str | None:
        if self._null:
            return None
        self._tokens += sum(tally.puts for tally in self._tallies)
        inside = self._drain()
        went_in = self._tokens
        sum_in = sum(range(1, self._workload.prefill + 1)) + sum(tally.put_sum for tally in self._tallies)
        came_out = sum(tally.out for tally in self._tallies) + len(inside)
        sum_out = sum(tally.out_sum for tally in self._tallies) + sum(inside)
        if went_in != came_out:
            return (
                f"{went_in:,} items went in and {came_out:,} came out or were inside: {difference(went_in, came_out)}"
            )
        return None if sum_in == sum_out else "as many items came out as went in, but not the same ones"


class Mapping:
    """Gets and sets. What a thread sets during one call of its loop tells the thread and the call."""

    turn = 1

    def __init__(self, parts: Parts, workload: Workload, null: bool = False) -> None:
        assert parts.second is not None and parts.look is not None
        self._set, self._get, self._look, self._null = parts.first, parts.second, parts.look, null
        self._workload = workload
        self._writers: list[Writer] = []
        if not null:
            for key in range(workload.keys):
                self._set(key, _UNWRITTEN)

    def worker(self) -> Body:
        calls, think = (self._set, self._get), self._workload.think
        writer = Writer(len(self._writers), self._workload)
        self._writers.append(writer)

        def body(count: int) -> None:
            set_, get = map(own, calls)
            value = writer.next_value(count)
            for key, is_set in islice(writer.steps, count):
                if is_set:
                    set_(key, value)
                else:
                    get(key)

        def thinking(count: int) -> None:
            set_, get = map(own, calls)
            value = writer.next_value(count)
            for key, is_set in islice(writer.steps, count):
                if is_set:
                    set_(key, value)
                else:
                    get(key)
                for _ in repeat(None, think):
                    pass

        return thinking if think else body

    def singles(self) -> Sequence[Callable[[], object]]:
        body = self.worker()
        return [lambda: body(1)]

    def successes(self, turns: int) -> int:
        return sum(writer.sets() for writer in self._writers)

    def problem(self) -> str | None:
        if self._null:
            return None
        entries, last = dict(self._look()), [writer.last_written() for writer in self._writers]
        for key in range(self._workload.keys):
            if key not in entries:
                return f"key {key} is lost"
            written = [mine[key] for mine in last if key in mine] or [_UNWRITTEN]
            if entries[key] not in written:
                return (
                    f"key {key} holds {entries[key]!r}, which is not what any thread set it to last: an update is lost"
                )
        extra = len(entries) - self._workload.keys
        return f"there are {extra} keys that nobody set" if extra else None
