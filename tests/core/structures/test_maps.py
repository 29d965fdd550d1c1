"""The maps: any calls give what a dict would, snapshots stay as they are, and a change copies one path."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockfree_core.structures.copy_on_write_map import CopyOnWriteMap, MapSnapshot, rank_of
from lockfree_core.structures.flawed import IgnoringMap
from lockfree_core.structures.locked import RWLockMap
from tests.core.engine_kit import MEMORIES, make_world

MAPS: Final[dict[str, Any]] = {
    "copy-on-write-map": CopyOnWriteMap,
    "rw-lock-map": RWLockMap,
    "ignoring-map": IgnoringMap,
}
CORRECT: Final = ("copy-on-write-map", "rw-lock-map")

each = pytest.mark.parametrize("key", MAPS)
each_correct = pytest.mark.parametrize("key", CORRECT)

_KEYS = st.integers(-20, 20) | st.integers()
_CALLS = st.lists(st.tuples(st.sampled_from(["set", "get"]), _KEYS, st.integers()))


def nodes_of(root: Any) -> dict[int, Any]:
    """All nodes of a version, by identity."""
    found: dict[int, Any] = {}
    level = [root]
    while level:
        node = level.pop()
        if node is not None and id(node) not in found:
            found[id(node)] = node
            level += [node.left.value, node.right.value]
    return found


def depth_of(node: Any) -> int:
    return 0 if node is None else 1 + max(depth_of(node.left.value), depth_of(node.right.value))


def shape_of(node: Any) -> Any:
    return None if node is None else (node.key, shape_of(node.left.value), shape_of(node.right.value))


# -- one thread: as a dict


@pytest.mark.parametrize("memory", ["locked", "traced"])
@each
@settings(max_examples=40)
@given(calls=_CALLS)
def test_does_what_a_dict_does(key: str, memory: str, calls: list[tuple[str, int, int]]) -> None:
    model: dict[int, int] = {}
    with make_world(memory) as world:
        made = MAPS[key](world.memory)
        for number, (call, name, value) in enumerate(calls):
            if call == "set":
                made.set(name, value)
                model[name] = value
            else:
                assert made.get(name) == model.get(name)
                assert made.get(name, number) == model.get(name, number)
        assert dict(made.snapshot()) == model
        assert list(made) == sorted(model) and len(made) == len(model)
        assert made.items() == tuple(sorted(model.items()))
        assert made.updates == sum(call == "set" for call, _, _ in calls)


@each
def test_values_may_be_anything_and_missing_is_not_none(key: str) -> None:
    made = MAPS[key]()
    made.set("a", None)
    assert made.get("a", "missing") is None
    assert made.get("b", "missing") == "missing"
    assert made.get("b") is None


@each
def test_keys_that_are_equal_are_one_key(key: str) -> None:
    made = MAPS[key]()
    for name in (1, 1.0, True, 2, 2.0):
        made.set(name, type(name).__name__)
    assert made.items() == ((1, "bool"), (2, "float"))


@each
def test_keys_that_cannot_be_compared_are_refused_and_nothing_is_held(key: str) -> None:
    made = MAPS[key]()
    made.set(1, "one")
    for call in (lambda: made.set("a", 0), lambda: made.get("a")):
        with pytest.raises(TypeError):
            call()
    made.set(2, "two")
    assert made.items() == ((1, "one"), (2, "two"))


# -- versions


@settings(max_examples=60)
@given(changes=st.lists(st.tuples(st.integers(0, 12), st.integers()), min_size=1))
def test_a_snapshot_stays_what_it_was(changes: list[tuple[int, int]]) -> None:
    made: CopyOnWriteMap[int, int] = CopyOnWriteMap()
    model: dict[int, int] = {}
    versions: list[tuple[MapSnapshot[int, int], dict[int, int]]] = [(made.snapshot(), {})]
    for name, value in changes:
        made.set(name, value)
        model[name] = value
        versions.append((made.snapshot(), dict(model)))
    for number, (snapshot, then) in enumerate(versions):
        assert snapshot.version == number
        assert dict(snapshot) == then and len(snapshot) == len(then)
        assert all(snapshot.get(name, "none") == then.get(name, "none") for name in range(13))
        assert (5 in snapshot) == (5 in then)


def test_an_iteration_that_has_begun_does_not_see_what_comes() -> None:
    made: CopyOnWriteMap[int, str] = CopyOnWriteMap()
    for name in (2, 1, 3):
        made.set(name, "old")
    walk = iter(made)
    assert next(walk) == 1
    made.set(0, "new")
    made.set(4, "new")
    assert list(walk) == [2, 3]
    assert list(made) == [0, 1, 2, 3, 4]


def test_a_snapshot_is_a_mapping() -> None:
    made: CopyOnWriteMap[str, int] = CopyOnWriteMap()
    made.set("b", 2)
    made.set("a", 1)
    snapshot = made.snapshot()
    assert snapshot == {"a": 1, "b": 2}
    assert repr(snapshot) == "MapSnapshot({'a': 1, 'b': 2})"
    assert list(snapshot.items()) == [("a", 1), ("b", 2)]
    with pytest.raises(KeyError, match="'c'"):
        snapshot["c"]
    with pytest.raises(TypeError):
        snapshot["a"] = 3  # type: ignore[index]


@settings(max_examples=60)
@given(keys=st.lists(st.integers(0, 60), min_size=1, unique=True), change=st.integers(0, 60))
def test_a_change_copies_the_path_and_shares_the_rest(keys: list[int], change: int) -> None:
    made: CopyOnWriteMap[int, int] = CopyOnWriteMap()
    for name in keys:
        made.set(name, 0)
    before = nodes_of(made._root.value)
    path = depth_of(made._root.value)
    made.set(change, 1)
    after = nodes_of(made._root.value)
    copied = after.keys() - before.keys()
    assert 1 <= len(copied) <= path + 1
    assert len(after.keys() & before.keys()) == len(after) - len(copied)
    assert {node.version for number, node in after.items() if number in copied} == {len(keys) + 1}


@settings(max_examples=40)
@given(keys=st.lists(st.integers(0, 40), min_size=1, unique=True))
def test_the_shape_follows_from_the_keys_alone(keys: list[int]) -> None:
    shapes = []
    for order in (keys, sorted(keys), sorted(keys, reverse=True)):
        for kind in (CopyOnWriteMap, RWLockMap):
            made: Any = kind()
            for name in order:
                made.set(name, name)
            shapes.append(shape_of(made._root.value))
    assert all(shape == shapes[0] for shape in shapes)


@each_correct
def test_keys_in_order_do_not_make_a_chain(key: str) -> None:
    made = MAPS[key]()
    for name in range(2000):
        made.set(name, name)
    assert depth_of(made._root.value) == 24
    assert len(made) == 2000


def test_the_keys_of_the_lab_make_a_full_tree() -> None:
    made: CopyOnWriteMap[int, int] = CopyOnWriteMap()
    for name in range(1, 8):
        made.set(name, name)
    leaves = {name: (name, None, None) for name in (1, 3, 5, 7)}
    assert shape_of(made._root.value) == (4, (2, leaves[1], leaves[3]), (6, leaves[5], leaves[7]))


def test_ranks_are_the_same_everywhere() -> None:
    assert [rank_of(name) for name in (1, "tea", (1, 2))] == [1069036615, 4068338491, 3976363834]


# -- threads


@pytest.mark.parametrize("memory", MEMORIES)
@each_correct
def test_of_many_threads_no_write_is_lost(key: str, memory: str) -> None:
    threads, rounds = 4, 40
    with make_world(memory) as world:
        made = MAPS[key](world.memory)

        def write(thread: int) -> None:
            for number in range(rounds):
                made.set((thread, number % 7), number)
                made.set((9, 0), thread)

        world.run(*(partial(write, thread) for thread in range(threads)))
        found = dict(made.snapshot())
        assert found.pop((9, 0)) in range(threads)
        newest = {remainder: max(range(remainder, rounds, 7)) for remainder in range(7)}
        assert found == {(thread, number): newest[number] for thread in range(threads) for number in range(7)}
        assert made.updates == 2 * threads * rounds


@pytest.mark.parametrize("memory", MEMORIES)
@each_correct
def test_readers_see_versions_that_existed(key: str, memory: str) -> None:
    """Two keys are set in turn to the same number: at any moment they are equal, or the first is one ahead."""
    with make_world(memory) as world:
        made = MAPS[key](world.memory)
        made.set(1, 0)
        made.set(2, 0)
        over = threading.Event()
        seen: list[tuple[int, int]] = []

        def writer() -> None:
            for number in range(1, 60):
                made.set(1, number)
                made.set(2, number)
            over.set()

        def reader() -> None:
            while not over.is_set():
                (_, first), (_, second) = made.items()
                seen.append((first, second))

        world.run(writer, reader, reader)
        assert {first - second for first, second in seen} <= {0, 1}
        assert dict(made.snapshot()) == {1: 59, 2: 59}


def test_a_reader_that_holds_a_version_holds_up_nobody() -> None:
    with make_world("locked") as world:
        made: CopyOnWriteMap[int, int] = CopyOnWriteMap(world.memory)
        made.set(1, 0)
        held = made.snapshot()

        def write(name: int) -> None:
            for number in range(50):
                made.set(name, number)

        world.run(*(partial(write, name) for name in range(3)))
        assert dict(held) == {1: 0}
        assert made.updates == 151
