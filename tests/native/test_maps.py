"""One suite over the maps, in Python and in C: copy-on-write, and under a readers-writer lock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockfree_core import native, structures
from lockfree_core.structures import locked
from tests.core.engine_kit import in_threads
from tests.native.faces import FACES

THREADS: Final = (2, 4, 16)
CHANGES: Final = 2_000  # of all threads together
LARGEST_HASH: Final = 2**61 - 1  # an int and itself plus this have one hash

faces = pytest.mark.parametrize("face", FACES)
kinds = pytest.mark.parametrize("kind", ["CopyOnWriteMap", "RWLockMap"])


def make(face: str, kind: str) -> Any:
    """A map; the test is skipped where there is no native core."""
    if face == "native" and not native.available():
        pytest.skip(f"no native core: {native.unavailable_reason()}")
    return getattr(native if face == "native" else locked if kind == "RWLockMap" else structures, kind)()


@pytest.fixture
def made(face: str, kind: str) -> Any:
    return make(face, kind)


# -- one thread: as a dict

# Small ones meet again, and hash to themselves; the others share hashes, or all but their highest bits.
_KEYS = (
    st.integers(-20, 20)
    | st.integers()
    | st.tuples(st.integers(0, 3), st.integers(0, 40)).map(lambda pair: pair[0] * LARGEST_HASH + pair[1])
    | st.integers(1, 40).map(lambda number: number / 64)
)
_CALLS = st.lists(st.tuples(st.sampled_from(["set", "get"]), _KEYS, st.integers()))


@faces
@kinds
@settings(max_examples=60)
@given(calls=_CALLS)
def test_does_what_a_dict_does(face: str, kind: str, calls: list[tuple[str, float, int]]) -> None:
    made, model, absent = make(face, kind), {}, object()
    for call, name, value in calls:
        if call == "set":
            assert made.set(name, value) is None
            model[name] = value
        assert made.get(name) == model.get(name)
        assert made.get(name, absent) is made.get(name, default=absent)
        assert made.get(name, absent) == model.get(name, absent)
    assert dict(made.snapshot()) == dict(made.items()) == model
    assert sorted(made) == sorted(model) and len(made) == len(model)
    assert made.updates == sum(call == "set" for call, _, _ in calls)


@faces
@kinds
def test_a_thousand_of_each_kind_of_key(made: Any) -> None:
    kinds: list[Callable[[int], Any]] = [
        lambda number: f"key {number}",
        lambda number: number * 64,
        lambda number: number / 8,
        lambda number: (number, "x"),
        lambda number: number.to_bytes(4, "big"),
    ]
    for kind in kinds:
        fresh = type(made)()
        for number in range(1_000):
            fresh.set(kind(number), number)
        for number in range(1_000):
            assert fresh.get(kind(number)) == number
        assert sorted(fresh.items()) == sorted((kind(number), number) for number in range(1_000))
        assert fresh.get(kind(1_000)) is None


@faces
@kinds
def test_values_may_be_anything_and_missing_is_not_none(made: Any) -> None:
    values: list[Any] = [None, False, [], object(), made, float("nan")]
    for number, value in enumerate(values):
        made.set(number, value)
    for number, value in enumerate(values):
        assert made.get(number, "missing") is value
    assert made.get(-1, "missing") == "missing"
    assert made.get(-1) is None


@faces
@kinds
def test_keys_that_are_equal_are_one_key(made: Any) -> None:
    for name in (1, 1.0, True, 2, 2.0, -1, -1.0, -2, 2**61 - 2, 2**61 - 1, 2**61, 2**80, float(2**80)):
        made.set(name, type(name).__name__)
    expected = {1: "bool", 2: "float", -1: "float", -2: "int", 2**80: "float"}
    assert dict(made.items()) == {**expected, 2**61 - 2: "int", 2**61 - 1: "int", 2**61: "int"}
    assert [made.get(key) for key in (True, 2.0, -1, 2**80)] == ["bool", "float", "float", "float"]


@faces
@kinds
def test_it_has_no_room_for_other_arguments(made: Any) -> None:
    wrong: list[tuple[str, list[Any], dict[str, Any]]] = [
        ("get", [], {}), ("get", [1, 2, 3], {}), ("get", [1], {"fallback": 1}), ("get", [1, 2], {"default": 2}),
        ("get", [], {"default": 2}), ("set", [1], {}), ("set", [1, 2, 3], {}), ("items", [1], {}),
    ]  # fmt: skip
    for name, arguments, keywords in wrong:
        with pytest.raises(TypeError):
            getattr(made, name)(*arguments, **keywords)
    assert made.items() == () and made.updates == 0


@faces
@kinds
def test_what_a_key_raises_reaches_the_caller_and_nothing_is_held(made: Any) -> None:
    class Grumpy:
        def __hash__(self) -> int:
            raise LookupError("no hash")

        def __lt__(self, other: object) -> bool:
            raise LookupError("no order")

        def __gt__(self, other: object) -> bool:
            raise LookupError("no order")

    made.set(1, "one")
    for call in (lambda: made.set(Grumpy(), 0), lambda: made.get(Grumpy())):
        with pytest.raises(LookupError):
            call()
    made.set(2, "two")
    assert sorted(made.items()) == [(1, "one"), (2, "two")]


# -- snapshots


@faces
@settings(max_examples=60)
@given(changes=st.lists(st.tuples(st.integers(0, 12), st.integers()), min_size=1))
def test_a_snapshot_stays_what_it_was(face: str, changes: list[tuple[int, int]]) -> None:
    made, model = make(face, "CopyOnWriteMap"), dict[int, int]()
    versions = [(made.snapshot(), dict(model))]
    for name, value in changes:
        made.set(name, value)
        model[name] = value
        versions.append((made.snapshot(), dict(model)))
    for number, (snapshot, then) in enumerate(versions):
        assert snapshot.version == number
        assert dict(snapshot) == then and len(snapshot) == len(then)
        assert all(snapshot.get(name, "none") == then.get(name, "none") for name in range(13))


@faces
def test_a_snapshot_is_a_mapping(face: str) -> None:
    made = make(face, "CopyOnWriteMap")
    for number in range(3):
        made.set(str(number), number)
    snapshot, entries = made.snapshot(), {"0": 0, "1": 1, "2": 2}
    assert issubclass(type(snapshot), Mapping)
    assert snapshot == entries and entries == snapshot and snapshot == made.snapshot()
    assert snapshot != {"0": 0} and snapshot != 3
    assert snapshot.keys() == entries.keys() and snapshot.items() == entries.items()
    assert sorted(snapshot.values()) == [0, 1, 2]
    assert "1" in snapshot and "3" not in snapshot
    assert snapshot["1"] == 1 and snapshot.get("3") is None and snapshot.get("3", default=7) == 7
    assert eval(repr(snapshot).removeprefix("MapSnapshot")) == entries
    with pytest.raises(KeyError, match="'3'"):
        snapshot["3"]
    with pytest.raises(TypeError):
        hash(snapshot)
    match snapshot:
        case {"2": two}:
            assert two == 2
        case _:
            pytest.fail("no mapping to match")


@faces
@kinds
def test_an_iteration_goes_over_one_version(made: Any) -> None:
    for number in range(5):
        made.set(number, number)
    keys = iter(made)
    seen = [next(keys)]
    for number in range(100):
        made.set(number, number)
    assert sorted([*seen, *keys]) == list(range(5))


# -- many threads


@faces
@kinds
@pytest.mark.parametrize("threads", THREADS)
def test_no_update_is_lost(made: Any, threads: int) -> None:
    """Each thread has keys of its own, and all write one that they share."""
    rounds = CHANGES // threads // 2

    def write(thread: int) -> None:
        for number in range(rounds):
            made.set((thread, number % 7), number)
            made.set((99, 0), thread)

    in_threads(*(partial(write, thread) for thread in range(threads)))
    found = dict(made.snapshot())
    assert found.pop((99, 0)) in range(threads)
    newest = {remainder: max(range(remainder, rounds, 7)) for remainder in range(7)}
    assert found == {(thread, number): newest[number] for thread in range(threads) for number in range(7)}
    assert made.updates == 2 * threads * rounds


@faces
@kinds
@pytest.mark.parametrize("readers", [1, 3])
def test_readers_see_moments_that_existed(made: Any, readers: int) -> None:
    """Two keys are set in turn to the same number: at any moment they are equal, or the first is one ahead."""
    over = threading.Event()
    made.set(1, 0)
    made.set(2, 0)

    def write() -> None:
        for number in range(1, CHANGES // 8):
            made.set(1, number)
            made.set(2, number)
        over.set()

    def read() -> None:
        last = 0
        while not over.is_set():
            for entries in (dict(made.items()), made.snapshot()):
                assert entries[1] - entries[2] in (0, 1) and len(entries) == 2
                assert entries[1] >= last
                last = entries[1]
            assert made.get(1) >= last

    in_threads(write, *[read] * readers)


@faces
def test_every_version_has_a_number_of_its_own(face: str) -> None:
    """Each thread looks what its change led to; what each key holds then was set by that number of changes."""
    made = make(face, "CopyOnWriteMap")
    threads, rounds = 4, CHANGES // 8

    def body(thread: int) -> None:
        for number in range(1, rounds + 1):
            made.set(thread, number)
            seen = made.snapshot()
            assert seen[thread] == number
            assert sum(seen.values()) == seen.version

    in_threads(*(partial(body, thread) for thread in range(threads)))
    assert made.updates == threads * rounds


# -- keys whose code comes back into the map


class Caller:
    """A key with the hash of all others of its kind, which calls somebody whenever it is compared."""

    def __init__(self, name: int, on_compare: Callable[[], object]) -> None:
        self.name = name
        self.on_compare = on_compare

    def __hash__(self) -> int:
        return 7

    def __eq__(self, other: object) -> bool:
        self.on_compare()
        return isinstance(other, Caller) and self.name == other.name


@pytest.mark.parametrize("count", [2, 5, 40])
def test_keys_of_one_hash_are_told_apart(count: int, extension: None) -> None:
    made = native.CopyOnWriteMap[Any, int]()
    calls: list[int] = []
    for number in range(count):
        made.set(Caller(number, lambda: calls.append(1)), number)
    made.set("elsewhere", -1)
    for number in range(count):
        made.set(Caller(number, lambda: None), number + 100)
        assert made.get(Caller(number, lambda: None)) == number + 100
    assert made.get(Caller(count, lambda: None), "none") == "none"
    assert len(made) == count + 1 and calls
    assert sorted(made.snapshot().values()) == [-1, *range(100, 100 + count)]


@kinds
def test_a_comparison_may_read_the_map(kind: str, extension: None) -> None:
    made = make("native", kind)
    seen: list[Any] = []

    def look() -> None:
        seen.append((made.get("there"), len(made), len(made.items())))

    made.set("there", 1)
    for number in range(3):
        made.set(Caller(number, look), number)
    assert made.get(Caller(2, look)) == 2
    assert made.get(Caller(3, look)) is None
    assert seen and all(value == 1 and 2 <= size == items <= 4 for value, size, items in seen)


@kinds
def test_a_comparison_may_change_the_map_while_it_is_changed(kind: str, extension: None) -> None:
    made, count = make("native", kind), [0]

    def change() -> None:
        count[0] += 1
        made.set(("by comparison", count[0]), count[0])

    for number in range(4):
        made.set(Caller(number, change), number)
    made.set(Caller(1, change), 11)
    assert 6 <= count[0] <= 30, "each key is asked a few times, not for ever"
    entries = {key: value for key, value in made.items() if isinstance(key, tuple)}
    assert entries == {("by comparison", number): number for number in range(1, count[0] + 1)}
    assert sorted(value for key, value in made.items() if isinstance(key, Caller)) == [0, 2, 3, 11]
    assert made.updates == 5 + count[0]


def test_a_comparison_may_change_a_copy_on_write_map_while_it_is_read(extension: None) -> None:
    made = native.CopyOnWriteMap[Any, int]()
    key = Caller(1, lambda: made.set("by comparison", 1))
    made.set(key, 5)
    assert made.get(Caller(1, lambda: None)) == 5
    assert made.get("by comparison") == 1
    snapshot = made.snapshot()
    made.set(key, 6)
    assert snapshot[Caller(1, lambda: None)] == 5


def test_a_reader_of_a_locked_map_does_not_wait_for_itself(extension: None) -> None:
    made = native.RWLockMap[Any, int]()
    made.set(Caller(1, lambda: made.set("by comparison", 1)), 5)
    with pytest.raises(RuntimeError, match="would wait for itself"):
        made.get(Caller(1, lambda: None))
    made.set("after", 2)
    assert made.get("after") == 2 and made.updates == 2


@kinds
def test_what_a_comparison_raises_reaches_the_caller(kind: str, extension: None) -> None:
    made = make("native", kind)

    def refuse() -> None:
        raise LookupError("no comparison")

    made.set(Caller(1, refuse), 1)
    for call in (lambda: made.get(Caller(1, refuse)), lambda: made.set(Caller(2, refuse), 2)):
        with pytest.raises(LookupError, match="no comparison"):
            call()
    made.set("after", 1)
    assert (len(made), made.updates) == (2, 2)


# -- the lock


def test_who_waits_for_the_lock_lets_others_run(extension: None) -> None:
    """A reader stays inside until a writer has come and others have done their work meanwhile."""
    made = native.RWLockMap[Any, int]()
    inside, leave = threading.Event(), threading.Event()
    order: list[str] = []

    def stay() -> None:
        inside.set()
        assert leave.wait(60)

    made.set(Caller(1, stay), 1)

    def read() -> None:
        assert made.get(Caller(1, lambda: None)) == 1
        order.append("read")

    def write() -> None:
        assert inside.wait(60)
        made.set("x", 1)
        order.append("written")

    def work() -> None:
        assert inside.wait(60)
        order.append("worked")
        leave.set()

    in_threads(read, write, work)
    assert order[0] == "worked" and sorted(order[1:]) == ["read", "written"]
    assert made.get("x") == 1


def test_readers_are_inside_together(extension: None) -> None:
    made = native.RWLockMap[Any, int]()
    both = threading.Barrier(2, timeout=60)
    made.set(Caller(1, lambda: both.wait()), 1)

    def read() -> None:
        assert made.get(Caller(1, lambda: None)) == 1

    in_threads(read, read)


def test_a_thread_in_too_many_maps_is_told(extension: None) -> None:
    maps = [native.RWLockMap[Any, int]() for _ in range(9)]
    for number, made in enumerate(maps):
        deeper = (lambda at: lambda: maps[at].get(Caller(1, lambda: None)))(number + 1) if number < 8 else lambda: 0
        made.set(Caller(1, deeper), number)
    with pytest.raises(RuntimeError, match="too many maps"):
        maps[0].get(Caller(1, lambda: None))
    assert maps[1].get(Caller(1, lambda: None)) == 1
