"""The simulated heap: which node comes back, and each fault told of once, where it happens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lockfree_core.drive.stepping.heap import REUSE_POLICIES, Heap
from tests.core.stepping_kit import run_calls


class Node:
    """Two plain fields, a reference, an integer and a versioned cell."""

    __slots__ = ("colour", "count", "link", "next", "value")

    def __init__(self, memory: Any, value: Any) -> None:
        self.value = value
        self.colour = "red"
        self.next = memory.reference(None, "next")
        self.count = memory.integer(0, "count")
        self.link = memory.versioned(None, "link")


class StableNode(Node):
    """Its memory stays nodes of this class."""

    __slots__ = ()

    type_stable = True


class Clumsy:
    """Does with one node whatever one should not. ``kind`` is its class of nodes."""

    kind: type[Node] = Node

    def __init__(self, memory: Any) -> None:
        self.memory = memory
        self.head = memory.reference(None, "head")
        self.top = memory.versioned(None, "top")
        self.hazard = memory.reference(None, "hazard T1.0")
        self.node: Any = None

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def make(self) -> None:
        self.node = self.memory.allocate(self.kind, 7)

    def make_again(self) -> None:
        self.again = self.memory.allocate(self.kind, 8)

    def put(self) -> None:
        self.head.store(self.node)

    def take(self) -> None:
        self.head.store(None)

    def free(self) -> None:
        self.memory.free(self.node)

    def retire(self) -> None:
        self.memory.retire(self.node)

    def load(self) -> Any:
        return self.node.next.load()

    def store(self) -> None:
        self.node.next.store(None)

    def swap(self) -> None:
        self.node.next.compare_and_swap(self.node, None)

    def exchange(self) -> None:
        self.node.next.get_and_set(None)

    def add(self) -> int:
        return int(self.node.count.fetch_add(1))

    def get(self) -> Any:
        return self.node.link.get()[1]

    def swap_link(self) -> None:
        self.node.link.compare_and_swap(None, 0, self.node)

    def read(self) -> Any:
        return self.node.value if self.head.load() is None else None

    def read_colour(self) -> Any:
        return self.node.colour if self.head.load() is None else None

    def write_colour(self) -> None:
        if self.head.load() is None:
            self.node.colour = "blue"

    def swing(self) -> None:
        self.head.compare_and_swap(None, self.node)

    def swing_in_vain(self) -> None:
        self.head.compare_and_swap(self, self.node)

    def hang(self) -> None:
        self.head.get_and_set(self.node)

    def swing_top(self) -> None:
        self.top.compare_and_swap(None, 0, self.node)

    def publish(self) -> None:
        self.hazard.store(self.node)


class Stable(Clumsy):
    kind = StableNode


# -- faults


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        ("load", "n1.next is read"),
        ("store", "n1.next is written"),
        ("swap", "n1.next is swapped"),
        ("exchange", "n1.next is swapped"),
        ("add", "n1.count is swapped"),
        ("get", "n1.link is read"),
        ("swap_link", "n1.link is swapped"),
        ("read", "n1.value is read"),
        ("read_colour", "n1.colour is read"),
        ("write_colour", "n1.colour is written"),
    ],
)
def test_use_after_free_is_told_of_for_cells_and_plain_fields(operation: str, message: str) -> None:
    run = run_calls(Clumsy, f"make; {operation}; free; {operation}")
    assert run.faults == ["use after free"], run.messages
    assert run.messages == [f"{message}, but n1 was freed"]
    [fault] = run.execution["faults"]
    assert (fault["thread"], fault["step"], fault["node"]) == (0, 4, 64)
    assert [call["result"] is not None for call in run.execution["threads"][0]["calls"]] == [True] * 4, "it goes on"


@pytest.mark.parametrize("operation", ["load", "store", "swap", "exchange", "add", "get", "swap_link", "read"])
def test_memory_that_stays_nodes_may_be_looked_into(operation: str) -> None:
    assert run_calls(Stable, f"make; free; {operation}").faults == []


def test_a_freed_node_keeps_its_last_fields() -> None:
    run = run_calls(Clumsy, "make; add; add; free; add; read; read_colour")
    assert run.results == [["None", "0", "1", "None", "2", "7", "'red'"]]
    assert run.faults == ["use after free"] * 3


@pytest.mark.parametrize("kind", [Clumsy, Stable])
def test_a_second_free_is_told_of_and_changes_nothing(kind: Any) -> None:
    run = run_calls(kind, "make; free; free; make_again")
    assert (run.faults, run.messages[0]) == (["double free", "leak"], "n1 is freed a second time")
    assert run.heap is not None and run.heap.free_list() == []
    assert len(run.heap.nodes) == 1, "the node stood in the free list once"


def test_who_retires_twice_or_after_the_free_is_told() -> None:
    run = run_calls(Clumsy, "make; retire; retire")
    assert (run.faults, run.messages) == (["double retire"], ["n1 is retired a second time"])
    run = run_calls(Clumsy, "make; free; retire")
    assert (run.faults, run.messages) == (["use after free"], ["n1 is retired, but it was freed"])


@pytest.mark.parametrize(
    ("operation", "cell"), [("put", "head"), ("swing", "head"), ("hang", "head"), ("swing_top", "top")]
)
def test_a_root_that_comes_to_lead_to_a_freed_node_is_told_of(operation: str, cell: str) -> None:
    run = run_calls(Clumsy, f"make; free; {operation}")
    assert (run.faults, run.messages) == (["dangling pointer"], [f"{cell} now points at n1, which was freed"])
    assert run_calls(Stable, f"make; free; {operation}").faults == ["dangling pointer"], "in a pool it is wrong, too"
    assert run_calls(Clumsy, f"make; {operation}").faults == []


def test_a_swing_that_fails_leads_nowhere() -> None:
    assert run_calls(Clumsy, "make; free; swing_in_vain").faults == []


def test_a_hazard_pointer_may_be_published_for_a_node_that_is_gone() -> None:
    assert run_calls(Clumsy, "make; free; publish").faults == []


def test_what_nobody_reaches_at_the_end_was_leaked() -> None:
    run = run_calls(Clumsy, "make")
    assert (run.faults, run.messages) == (["leak"], ["n1 was never freed."])
    assert run_calls(Clumsy, "make; put").faults == [], "the structure has it"
    assert run_calls(Clumsy, "make; put; take").faults == ["leak"]
    assert run_calls(Clumsy, "make; put; take; retire").faults == [], "whoever retired it will free it"
    assert run_calls(Clumsy, "make; put; take; free").faults == []
    assert run_calls(Clumsy, "make; publish").faults == ["leak"], "a hazard pointer owns nothing"


def test_a_leak_is_no_fault_while_somebody_runs() -> None:
    run = run_calls(Clumsy, "make", "take")
    assert run.faults == ["leak"]
    half = run_calls(Clumsy, "make", "take", scheduler=_Once())
    assert (half.faults, half.execution["outcome"]["kind"]) == ([], "running")


class _Once:
    """One step of thread 1."""

    def choose(self, stepper: Any) -> int | None:
        return None if stepper.steps else 0


# -- set-up


def test_what_is_freed_and_retired_at_set_up_stands_in_the_snapshot() -> None:
    run = run_calls(Clumsy, "take", start="make; retire; make; free; make; put")
    rows = {row["id"]: row for row in run.execution["snapshot"]["nodes"]}
    assert [rows[number].get("retired", -1) for number in sorted(rows)] == [0, -1]
    assert not any(row.get("freed", False) for row in rows.values()), "the third allocation took the freed one again"
    run = run_calls(Clumsy, "take", start="make; free")
    [row] = run.execution["snapshot"]["nodes"]
    assert (row["freed"], "retired" in row) == (True, False)


def test_faults_at_set_up_are_nobodys() -> None:
    assert run_calls(Clumsy, "take", start="make; free; free; load; read").faults == []


# -- reuse


class Keeper(Clumsy):
    """Makes three nodes, frees them in order, and makes three more."""

    def cycle(self) -> str:
        first = [self.memory.allocate(Node, number) for number in range(3)]
        for node in first:
            node.count.store(5)
            self.memory.free(node)
        second = [self.memory.allocate(Node, 10 + number) for number in range(3)]
        self.generations = [node.trace_generation for node in second]
        self.fields = [(node.value, node.colour, node.next.value, node.count.value) for node in second]
        self.versions = [node.link.version for node in second]
        return " ".join(str(first.index(node)) if node in first else "new" for node in second)


@pytest.mark.parametrize(("reuse", "order"), [("lifo", "'2 1 0'"), ("fifo", "'0 1 2'"), ("never", "'new new new'")])
def test_the_policy_says_which_node_comes_back(reuse: str, order: str) -> None:
    run = run_calls(Keeper, "cycle", reuse=reuse)
    assert run.results == [[order]]
    again = reuse != "never"
    assert run.structure.generations == [int(again)] * 3
    assert run.structure.fields == [(10 + number, "red", None, 0) for number in range(3)], "initialised anew"
    assert run.structure.versions == [int(again)] * 3, "versions go on: such memory stays what it was"
    assert run.heap is not None and len(run.heap.nodes) == (3 if again else 6)


def test_every_policy_is_described_and_no_other_taken() -> None:
    assert all(REUSE_POLICIES.values())
    with pytest.raises(ValueError, match="reuse must be one of lifo, fifo, never; got 'random'"):
        Heap("random")


class Two(Clumsy):
    """Frees a node of one class, and wants one of another."""

    def cycle(self) -> bool:
        node = self.memory.allocate(Node, 1)
        self.memory.free(node)
        other = self.memory.allocate(StableNode, 2)
        self.head.store(other)
        return other is node


def test_classes_do_not_share_addresses() -> None:
    assert run_calls(Two, "cycle").results == [["False"]]
