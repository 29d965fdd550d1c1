"""States and accounts: what belongs together is seen together, and of many changes none is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockfree_core.structures.app_state import AppState, StateHolder
from lockfree_core.structures.flawed import ThawedState, TwoLockAccounts
from lockfree_core.structures.locked import LockedAccounts, LockedState
from lockfree_core.structures.paired_accounts import PairedAccounts
from tests.core.engine_kit import MEMORIES, make_world

STATES: Final = (StateHolder, LockedState, ThawedState)
ACCOUNTS: Final = (PairedAccounts, LockedAccounts, TwoLockAccounts)

_FIELDS = st.sampled_from(["volume", "brightness"])


# -- states


@pytest.mark.parametrize("kind", STATES)
@given(changes=st.lists(st.tuples(_FIELDS, st.integers(0, 99))))
def test_a_state_is_what_its_last_changes_made_it(kind: Callable[..., Any], changes: list[tuple[str, int]]) -> None:
    holder, model = kind(), AppState()
    for field, value in changes:
        holder.set(field, value)
        model = replace(model, **{field: value})
        assert holder.snapshot() == model
        assert holder.audit() == model.volume + model.brightness
    assert holder.updates == len(changes)


def test_a_state_cannot_be_changed() -> None:
    state = StateHolder(initial=AppState(3, 4)).snapshot()
    with pytest.raises(FrozenInstanceError):
        state.volume = 5  # type: ignore[misc]
    assert hash(state) == hash(AppState(3, 4))


@pytest.mark.parametrize("kind", STATES[:2])
def test_a_snapshot_stays_while_others_replace_the_state(kind: Callable[..., Any]) -> None:
    holder = kind(initial=AppState(1, 2))
    before = holder.snapshot()
    holder.set("volume", 9)
    assert holder.update(lambda state: replace(state, brightness=state.volume * 2)) == AppState(9, 18)
    assert before == AppState(1, 2)


@pytest.mark.parametrize("kind", STATES)
def test_a_field_that_does_not_exist_is_refused_and_nothing_changes(kind: Callable[..., Any]) -> None:
    holder = kind()
    with pytest.raises((TypeError, AttributeError)):
        holder.set("colour", 1)
    holder.set("volume", 1)
    assert (holder.snapshot(), holder.updates) == (AppState(1, 0), 1)


@pytest.mark.parametrize("kind", STATES[:2])
def test_a_function_that_raises_changes_nothing_and_holds_nothing(kind: Callable[..., Any]) -> None:
    holder = kind()
    with pytest.raises(ZeroDivisionError):
        holder.update(lambda state: replace(state, volume=1 // 0))
    holder.set("volume", 1)
    assert holder.updates == 1


@pytest.mark.parametrize("memory", MEMORIES)
@pytest.mark.parametrize("kind", STATES[:2])
def test_of_many_changes_none_is_lost(kind: Callable[..., Any], memory: str) -> None:
    rounds = 50
    with make_world(memory) as world:
        holder = kind(world.memory)

        def louder() -> None:
            for _ in range(rounds):
                holder.update(lambda state: replace(state, volume=state.volume + 1))

        def brighter() -> None:
            for _ in range(rounds):
                holder.update(lambda state: replace(state, brightness=state.brightness + 1))

        world.run(louder, brighter, louder, brighter)
        assert holder.snapshot() == AppState(2 * rounds, 2 * rounds)
        assert holder.updates == 4 * rounds


@pytest.mark.parametrize("memory", MEMORIES)
@pytest.mark.parametrize("kind", STATES[:2])
def test_what_is_changed_together_is_seen_together(kind: Callable[..., Any], memory: str) -> None:
    with make_world(memory) as world:
        holder = kind(world.memory)
        over = threading.Event()
        seen: set[int] = set()

        def writer() -> None:
            for number in range(80):
                holder.update(lambda state, number=number: AppState(number, -number))
            over.set()

        def reader() -> None:
            while not over.is_set():
                state = holder.snapshot()
                seen.add(state.volume + state.brightness)
                seen.add(holder.audit())

        world.run(writer, reader, reader)
        assert seen <= {0}


def test_the_thawed_snapshot_is_the_dict_that_everybody_shares() -> None:
    holder = ThawedState(initial=AppState(1, 2))
    version = holder._state.value
    holder.set("volume", 9)
    assert holder._state.value is not version
    assert version.settings.value.volume.value == 9, "the old version has changed"
    assert version.settings.value is holder._state.value.settings.value


# -- accounts


@pytest.mark.parametrize("kind", ACCOUNTS)
@given(moves=st.lists(st.tuples(st.booleans(), st.integers(-200, 200))))
def test_money_is_moved_and_neither_made_nor_lost(kind: Callable[..., Any], moves: list[tuple[bool, int]]) -> None:
    accounts = kind()
    left = right = 100
    for to_the_right, value in moves:
        sign = 1 if to_the_right else -1
        (accounts.move_right if to_the_right else accounts.move_left)(value)
        left, right = left - sign * value, right + sign * value
        assert accounts.balances() == (left, right)
    assert accounts.updates == len(moves)


@pytest.mark.parametrize("memory", MEMORIES)
@pytest.mark.parametrize("kind", ACCOUNTS[:2])
def test_the_sum_is_the_same_at_every_moment(kind: Callable[..., Any], memory: str) -> None:
    rounds = 60
    with make_world(memory) as world:
        accounts = kind(world.memory, 70, 30)
        over = threading.Event()
        sums: set[int] = set()

        def to_the_right() -> None:
            for _ in range(rounds):
                accounts.move_right(3)

        def to_the_left() -> None:
            for _ in range(rounds):
                accounts.move_left(2)
            over.set()

        def reader() -> None:
            while not over.is_set():
                sums.add(sum(accounts.balances()))

        world.run(to_the_right, to_the_left, reader)
        sums.add(sum(accounts.balances()))
        assert sums == {100}
        assert accounts.balances() == (70 - rounds, 30 + rounds)
        assert accounts.updates == 2 * rounds
