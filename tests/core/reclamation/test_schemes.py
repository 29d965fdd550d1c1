"""Each scheme by itself, on the memory of every day: what it frees, and when."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from lockfree_core.errors import ThreadLimitError
from lockfree_core.memory import LockedMemory
from lockfree_core.reclamation import Epochs, HazardPointers, ImmediateFree, Reclamation
from tests.core.engine_kit import in_threads

SCHEMES: list[Callable[[Any], Reclamation]] = [ImmediateFree, HazardPointers, Epochs]


class NotingMemory(LockedMemory):
    """Notes what is retired and freed, and lets the test say which thread it is."""

    def __init__(self, threads: int = 3) -> None:
        super().__init__(threads=threads)
        self.thread = 0
        self.retired: list[Any] = []
        self.freed: list[Any] = []
        self.names: list[str] = []

    def reference(self, initial: Any, name: str = "") -> Any:
        self.names.append(name)
        return super().reference(initial, name)

    def integer(self, initial: int, name: str = "") -> Any:
        self.names.append(name)
        return super().integer(initial, name)

    def thread_index(self) -> int:
        return self.thread

    def retire(self, node: object) -> None:
        self.retired.append(node)

    def free(self, node: object) -> None:
        self.freed.append(node)


def as_thread(memory: NotingMemory, thread: int) -> NotingMemory:
    memory.thread = thread
    return memory


def test_shared_state_lies_in_cells_with_telling_names() -> None:
    memory = NotingMemory(threads=2)
    HazardPointers(memory, slots=2)
    assert memory.names == ["hazard T1.0", "hazard T1.1", "hazard T2.0", "hazard T2.1"]
    memory = NotingMemory(threads=2)
    Epochs(memory)
    assert memory.names == ["epoch", "T1 pinned", "T2 pinned"]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_protect_gives_what_the_cell_holds(scheme: Callable[[Any], Reclamation]) -> None:
    memory = NotingMemory()
    made = scheme(memory)
    node = object()
    made.enter()
    assert made.protect(0, memory.reference(node)) is node
    assert made.protect(0, memory.reference(None)) is None
    made.release(0)
    made.leave()


def test_immediate_free_asks_nobody() -> None:
    memory = NotingMemory()
    scheme = ImmediateFree(memory)
    node = object()
    scheme.enter()
    scheme.protect(0, memory.reference(node))
    as_thread(memory, 1)
    scheme.retire(node)
    assert memory.freed == [node]


# -- hazard pointers


def test_what_stands_in_a_slot_is_kept_until_it_does_not() -> None:
    memory = NotingMemory()
    scheme = HazardPointers(memory)
    node, other = object(), object()
    scheme.protect(0, memory.reference(node))
    as_thread(memory, 1)
    scheme.retire(node)
    scheme.retire(other)
    assert (memory.retired, memory.freed, scheme.waiting()) == ([node, other], [other], 1)
    as_thread(memory, 0)
    scheme.leave()
    assert memory.freed == [other], "only the thread that has retired a node frees it"
    as_thread(memory, 1)
    scheme.retire(object())
    assert (memory.freed[1:2], scheme.waiting()) == ([node], 0)


class Changing:
    """A cell whose value changes with every load until it has come to its last one."""

    def __init__(self, *values: Any) -> None:
        self.values = list(values)
        self.loads = 0

    def load(self) -> Any:
        self.loads += 1
        return self.values.pop(0) if len(self.values) > 1 else self.values[0]


def test_protect_looks_again_until_nothing_has_changed() -> None:
    memory = NotingMemory()
    scheme = HazardPointers(memory)
    cell: Any = Changing("a", "b", "c", "d", "e")
    assert scheme.protect(0, cell) == "e"
    assert cell.loads == 6, "a ≠ b, c ≠ d, e = e"
    cell = Changing("a", "b", None)
    assert scheme.protect(0, cell) is None
    assert cell.loads == 3


def test_leave_clears_the_slots_that_are_set_and_touches_no_other() -> None:
    memory = NotingMemory(threads=1)
    stores: list[str] = []

    class Noted:
        def __init__(self, name: str) -> None:
            self.name = name

        def load(self) -> None:
            return None

        def store(self, value: Any) -> None:
            stores.append(f"{self.name} = {value}")

    memory.reference = lambda initial, name="": Noted(name)  # type: ignore[method-assign]
    scheme = HazardPointers(memory, slots=3)
    scheme.publish(1, 7)
    scheme.publish(2, 8)
    scheme.release(1)
    scheme.leave()
    scheme.leave()
    assert stores == ["hazard T1.1 = 7", "hazard T1.2 = 8", "hazard T1.1 = None", "hazard T1.2 = None"]


def test_a_batch_is_retired_before_the_scan() -> None:
    memory = NotingMemory()
    scheme = HazardPointers(memory, batch=3)
    for number in range(7):
        scheme.retire(number)
    assert (memory.freed, scheme.waiting()) == ([0, 1, 2, 3, 4, 5], 1)


# -- epochs


def test_a_node_is_freed_two_epochs_later() -> None:
    memory = NotingMemory()
    scheme = Epochs(memory)
    for number in range(5):
        scheme.enter()
        scheme.leave()
        scheme.retire(number)
        assert memory.freed == list(range(number)), "retired in epoch e, and the epoch is e + 1 after that"
    assert scheme.waiting() == 1


def test_one_pinned_thread_lets_the_epoch_advance_once() -> None:
    memory = NotingMemory()
    scheme = Epochs(memory)
    scheme.enter()
    as_thread(memory, 1)
    for number in range(20):
        scheme.enter()
        scheme.leave()
        scheme.retire(number)
    assert (memory.freed, scheme.waiting()) == ([], 20)
    as_thread(memory, 0)
    scheme.leave()
    as_thread(memory, 1)
    scheme.retire(20)
    assert memory.freed == [0], "retired in epoch 0; all others in epoch 1, and the epoch is 2 now"
    scheme.retire(21)
    assert memory.freed == list(range(21))


def test_a_thread_that_pins_the_new_epoch_does_not_hold_back_the_old_one() -> None:
    memory = NotingMemory()
    scheme = Epochs(memory)
    scheme.retire("a")
    as_thread(memory, 1)
    scheme.enter()
    as_thread(memory, 0)
    scheme.retire("b")
    assert memory.freed == ["a"], "pinned in epoch 1: the epoch is 2"
    scheme.retire("c")
    assert memory.freed == ["a"], "and no further"


def test_a_bag_that_comes_round_is_emptied() -> None:
    memory = NotingMemory()
    scheme = Epochs(memory, batch=2)
    scheme.retire("a")
    as_thread(memory, 1)
    for number in range(6):
        scheme.retire(number)
    as_thread(memory, 0)
    assert "a" not in memory.freed, "nobody else frees it"
    scheme.retire("b")
    assert "a" in memory.freed


def test_a_batch_is_retired_before_the_epoch_is_looked_at() -> None:
    memory = NotingMemory()
    scheme = Epochs(memory, batch=4)
    for number in range(7):
        scheme.retire(number)
    assert memory.freed == [], "the first four in epoch 0, the others in epoch 1"
    scheme.retire(7)
    assert memory.freed == [0, 1, 2, 3]


# -- more threads than there is room for


@pytest.mark.parametrize("scheme", [HazardPointers, Epochs])
def test_one_thread_too_many_is_told_so(scheme: Callable[[Any], Reclamation]) -> None:
    memory = LockedMemory(threads=2)
    made = scheme(memory)
    both = threading.Barrier(2)

    def work() -> None:
        both.wait(30)
        made.enter()
        made.protect(0, memory.reference(object()))
        made.leave()
        made.retire(object())

    in_threads(work, work)
    with pytest.raises(
        ThreadLimitError, match=r"made for 2 threads, and this is number 3; .*LockedMemory\(threads=4\)"
    ):
        made.retire(object())


def test_a_memory_is_for_one_thread_or_more() -> None:
    assert LockedMemory().thread_limit() == 64
    with pytest.raises(ValueError, match="one thread or more; got 0"):
        LockedMemory(threads=0)
