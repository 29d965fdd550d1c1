"""The state graph of small programs: how many states, and that it holds the executions and nothing else."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockfree_core.drive.stepping.execution import outcome
from lockfree_core.drive.stepping.graph import explore
from lockfree_core.drive.stepping.heap import Heap
from lockfree_core.drive.stepping.numbering import Numbering
from lockfree_core.drive.stepping.pending import describe_pending
from lockfree_core.drive.stepping.program import Method, parse_program
from lockfree_core.drive.stepping.schedule import Move, format_schedule
from lockfree_core.drive.stepping.state_key import state_key
from lockfree_core.drive.stepping.stepper import Stepper
from lockfree_core.scenarios.spec import StepSpec, open_spec, run_spec
from lockfree_core.trace.layout import RECORD_BYTES
from tests.core.drive.graph_kit import schedules, spelled, walk

PUSH_PUSH = StepSpec("treiber-stack", "push 1 | push 2")
PAIRS = StepSpec("treiber-stack", "push 1; pop | push 2; pop")
SPECS = (
    PUSH_PUSH,
    PAIRS,
    StepSpec("treiber-stack", "pop | push a; pop", "push b"),
    StepSpec("locked-stack", "push 1; pop | push 2"),
    StepSpec("michael-scott-queue", "enqueue 1; dequeue | enqueue 2"),
    StepSpec("storing-queue", "enqueue 3; dequeue | enqueue 4; dequeue", "enqueue 1"),
    StepSpec("racy-counter", "increment | increment; increment"),
    StepSpec("atomic-counter", "increment; work 2 | increment", backoff="exponential"),
    StepSpec("locked-queue", "enqueue 1 | dequeue | dequeue"),
    *(
        StepSpec(key, "pop | pop; push 3", "push 1; push 2")
        for key in ("freeing-stack", "hazard-pointer-stack", "epoch-stack", "wrapping-tag-stack")
    ),
    *(
        StepSpec(key, "set 3 31; get 1 | set 1 11; items", "set 1 10; set 3 30")
        for key in ("copy-on-write-map", "rw-lock-map")
    ),
    StepSpec("app-state", "set volume 7; snapshot | set brightness 4; audit", "set volume 5; set brightness 5"),
    StepSpec("two-lock-accounts", "move_right 10; balances | move_left 20"),
)


@cache
def graph_of(spec: StepSpec) -> dict[str, Any]:
    return explore(lambda: open_spec(spec)[0], most_states=250)


@pytest.mark.parametrize(
    ("spec", "states", "steps", "ends"),
    [
        (StepSpec("racy-counter", "increment | increment"), 13, 14, 3),
        (StepSpec("atomic-counter", "increment | increment"), 18, 18, 4),
        (PUSH_PUSH, 38, 50, 4),
        (PAIRS, 223, 332, 9),
        (StepSpec("locked-counter", "increment | increment"), 25, 30, 2),
    ],
    ids=lambda value: f"{value.structure} {value.program}" if isinstance(value, StepSpec) else str(value),
)
def test_counts(spec: StepSpec, states: int, steps: int, ends: int) -> None:
    graph = graph_of(spec)
    assert graph["complete"]
    assert len(graph["states"]) == states
    assert sum(edge is not None for state in graph["states"] for edge in state["edges"]) == steps
    assert sum("outcome" in state for state in graph["states"]) == ends


def test_lost_update_is_one_of_the_ends() -> None:
    graph = graph_of(StepSpec("racy-counter", "increment | increment"))
    faults = Counter(fault["kind"] for state in graph["states"] for fault in state.get("faults", ()))
    assert faults == {"lost items": 1}


@given(spec=st.sampled_from(SPECS), choices=st.lists(st.integers(0, 2), max_size=40))
def test_every_path_is_the_execution(spec: StepSpec, choices: list[int]) -> None:
    """Byte for byte, once numbers that are dealt in the order of use are replaced by what they stand for."""
    graph = graph_of(spec)
    moves, records, edges, state = walk(graph, choices)
    schedule = format_schedule(Move(thread) for thread in moves)
    execution = run_spec(StepSpec(spec.structure, spec.program, spec.start, schedule, backoff=spec.backoff))
    assert execution["problems"] == []
    assert spelled(graph["names"], records) == spelled(execution["names"], base64.b64decode(execution["records"]))
    assert [edge["text"] for edge in edges] == [step["text"] for step in execution["steps"]]
    assert graph["snapshot"] == execution["snapshot"]
    assert graph["states"][state]["stuck"] == [thread["stuck"] for thread in execution["threads"]]
    results = [edge["result"] for edge in edges if "result" in edge]
    assert Counter(results) == Counter(
        call["result"] for thread in execution["threads"] for call in thread["calls"] if call["last"] is not None
    )
    end = graph["states"][state]
    if "outcome" in end:
        assert end["outcome"] == execution["outcome"]
        assert end["account"] | {"sequence": len(records) // RECORD_BYTES - 1} == execution["account"]
        faults = [fault for fault in execution["faults"] if fault["thread"] < 0]
        assert [fault["message"] for fault in end["faults"]] == [fault["message"] for fault in faults]
    else:
        assert execution["outcome"]["kind"] == "running"


@pytest.mark.parametrize(
    "spec",
    [
        PUSH_PUSH,
        StepSpec("racy-counter", "increment | increment"),
        StepSpec("locked-counter", "increment | increment"),
        StepSpec("treiber-stack", "pop | push 2", "push 1"),
    ],
    ids=str,
)
def test_states_are_equal_exactly_if_their_futures_are(spec: StepSpec) -> None:
    """Against all schedules, executed one by one: what can be seen now, and everything that can happen from then on."""
    keys, futures = all_futures(lambda: open_spec(spec)[0])
    assert len(set(zip(keys, futures, strict=True))) == len(set(keys)) == len(set(futures))
    assert len(set(keys)) == len(graph_of(spec)["states"])


def test_numbers_once_read_may_keep_states_apart() -> None:
    """A number that a thread computes is told as read where it has read the same number before, so that counts."""
    spec = StepSpec("atomic-counter", "increment | increment; increment")
    keys, futures = all_futures(lambda: open_spec(spec)[0])
    assert len(set(zip(keys, futures, strict=True))) == len(set(keys)) == 50
    assert len(set(futures)) == 49


def all_futures(open_stepper: Callable[[], Stepper]) -> tuple[list[str], list[int]]:
    """For each schedule the key of the state that it leads to, and a number for what is visible then and to come."""
    classes: dict[Any, int] = {}
    numbers: dict[tuple[int, ...], int] = {}
    keys, futures = [], []
    numbering = Numbering()
    for path in schedules(open_stepper):
        able, seen, key = look(open_stepper, path)
        edges = [(thread, step_records(open_stepper, (*path, thread), numbering), numbers[*path, thread])
                 for thread in able]  # fmt: skip
        numbers[path] = classes.setdefault((seen, tuple(edges)), len(classes))
        keys.append(key)
        futures.append(numbers[path])
    return keys, futures


def look(open_stepper: Callable[[], Stepper], path: tuple[int, ...]) -> tuple[list[int], str, str]:
    with open_stepper() as stepper:
        for move in path:
            stepper.step(move)
        recorder = stepper.recorder
        lanes = [
            (lane.results, lane.attempts, lane.losses, stepper.why_stuck(lane.index),
             lane.pending and describe_pending(lane.pending, recorder.words)["text"],
             sorted((name, recorder.words.value(code)) for name, code in lane.told()[0].items()))
            for lane in stepper.lanes
        ]  # fmt: skip
        end = None if stepper.movable() else (outcome(stepper), stepper.account() | {"sequence": -1})
        return stepper.movable(), repr((lanes, end)), state_key(stepper)


def step_records(open_stepper: Callable[[], Stepper], path: tuple[int, ...], numbering: Numbering) -> bytes:
    with open_stepper() as stepper:
        for move in path:
            stepper.step(move)
        return numbering.records(stepper.recorder, stepper.steps[-1].first, stepper.steps[-1].records)


# -- limits


def test_too_many_states_are_told_of() -> None:
    graph = explore(lambda: open_spec(PAIRS)[0], most_states=20)
    assert not graph["complete"]
    assert graph["why"] == "there are more than 20 states"
    assert len(graph["states"]) == 20
    for state in graph["states"]:
        cut = [stuck is None and edge is None for stuck, edge in zip(state["stuck"], state["edges"], strict=True)]
        assert any(cut) == state.get("open", False)


def test_too_little_time_is_told_of() -> None:
    graph = explore(lambda: open_spec(PAIRS)[0], most_seconds=-1)
    assert (graph["complete"], len(graph["states"])) == (False, 1)
    assert graph["why"] == "not all states were found in the time given; 1 were"


# -- structures that the catalog does not have


def explored(factory: Callable[[Any], Any], program: str, heap: str | None = None) -> dict[str, Any]:
    return explore(lambda: opened(factory, program, heap))


def opened(factory: Callable[[Any], Any], program: str, heap: str | None = None) -> Stepper:
    names = [name for name in dir(factory) if not name.startswith("_") and name != "value"]
    methods = [Method(name, (), "", 0) for name in names]
    read, problems = parse_program(program, "", methods)
    assert problems == []
    return Stepper(factory, methods, read, heap=None if heap is None else Heap(heap))


class TwoLocks:
    def __init__(self, memory: Any) -> None:
        self.value = 0
        self._one, self._other = memory.lock("one"), memory.lock("other")

    def forth(self) -> None:
        with self._one, self._other:
            pass

    def back(self) -> None:
        with self._other, self._one:
            pass


def test_deadlock() -> None:
    graph = explored(TwoLocks, "forth | back")
    kinds = Counter(state["outcome"]["kind"] for state in graph["states"] if "outcome" in state)
    # Who queued up first can be seen in the locks, and who came second holds the other one.
    assert kinds == {"finished": 1, "deadlock": 1}
    assert graph["complete"]
    dead = next(state for state in graph["states"] if state.get("outcome", {}).get("kind") == "deadlock")
    assert dead["stuck"] == [
        "thread 1 waits for other, which thread 2 holds", "thread 2 waits for one, which thread 1 holds",
    ]  # fmt: skip
    assert [fault["kind"] for fault in dead["faults"]] == ["deadlock"]


class Flag:
    """One waits in a loop for the other: without a loop in the graph it would have no end."""

    def __init__(self, memory: Any) -> None:
        self.value = 0
        self._flag = memory.integer(0, "flag")

    def wait(self) -> None:
        while self._flag.load() == 0:
            pass

    def hoist(self) -> None:
        self._flag.store(1)


def test_waiting_in_a_loop_is_a_loop() -> None:
    graph = explored(Flag, "wait | hoist")
    assert graph["complete"]
    loops = [state for number, state in enumerate(graph["states"]) for edge in state["edges"]
             if edge is not None and edge["to"] == number]  # fmt: skip
    assert len(loops) == 1
    assert len(graph["states"]) == 5


class Sum:
    """The first summand lies on the evaluation stack while the second one is read; no local holds it."""

    def __init__(self, memory: Any) -> None:
        self.value = 0
        self._one, self._other = memory.integer(0, "one"), memory.integer(0, "other")

    def add(self) -> int:
        return int(self._one.load() + self._other.load())

    def gather(self) -> list[int]:
        return [cell.load() for cell in (self._one, self._other)]

    def write(self) -> None:
        self._one.store(1)


@pytest.mark.parametrize("operation", ["add", "gather"])
def test_what_no_local_holds_is_told_apart(operation: str) -> None:
    graph = explored(Sum, f"{operation} | write")
    _, futures = all_futures(lambda: opened(Sum, f"{operation} | write"))
    assert len(graph["states"]) == len(set(futures)) == 8
    results = {edge["result"] for state in graph["states"] for edge in state["edges"] if edge and "result" in edge}
    assert results == ({"0", "1", "None"} if operation == "add" else {"[0, 0]", "[1, 0]", "None"})


class Node:
    __slots__ = ("next", "value")

    def __init__(self, memory: Any, value: int) -> None:
        self.value = value
        self.next = memory.reference(None, "next")


class Pool:
    """Takes a node and gives it back: on the heap it is the same one again."""

    def __init__(self, memory: Any) -> None:
        self.value = 0
        self._memory = memory
        self._slot = memory.reference(None, "slot")

    def cycle(self) -> None:
        node = self._memory.allocate(Node, 5)
        self._memory.free(node)


def test_free_lists_and_generations_are_part_of_the_state() -> None:
    once = explored(Pool, "cycle", "lifo")
    twice = explored(Pool, "cycle; cycle", "lifo")
    assert (len(once["states"]), len(twice["states"])) == (3, 5)
    texts = [edge["text"] for state in twice["states"] for edge in state["edges"] if edge]
    assert texts == ["allocate a node for 5: n1", "free n1", "allocate a node for 5: n1 again", "free n1"]
    two = explored(Pool, "cycle | cycle", "lifo")
    _, futures = all_futures(lambda: opened(Pool, "cycle | cycle", "lifo"))
    assert len(two["states"]) >= len(set(futures))
    assert two["complete"]
