"""The knobs: what each one takes, and what it says when it is given something else."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockfree_core.drive.knobs import KNOBS, PRESETS, Choice, Knobs, Number, describe_knobs
from lockfree_core.errors import KnobError, LockfreeError

NUMBERS = {name: knob for name, knob in KNOBS.items() if isinstance(knob, Number)}
CHOICES = {name: knob for name, knob in KNOBS.items() if isinstance(knob, Choice)}

NO_NUMBERS: list[Any] = ["4", "", None, True, False, [4], {}, 4j, math.nan, math.inf, -math.inf]

number = pytest.mark.parametrize(("name", "knob"), NUMBERS.items(), ids=NUMBERS)
choice = pytest.mark.parametrize(("name", "knob"), CHOICES.items(), ids=CHOICES)


def refusal(changes: Any) -> KnobError:
    """The error that these changes end in."""
    with pytest.raises(KnobError) as caught:
        Knobs().changed(changes)
    return caught.value


def step_of(knob: Number) -> float:
    return 1 if knob.integer else 1e-6


# -- numbers


@number
def test_range_ends_are_allowed(name: str, knob: Number) -> None:
    for value in (knob.minimum, knob.maximum):
        assert getattr(Knobs().changed({name: value}), name) == value


@number
@pytest.mark.parametrize("side", ["below", "above"])
def test_beyond_its_range_a_number_is_refused(name: str, knob: Number, side: str) -> None:
    value = knob.minimum - step_of(knob) if side == "below" else knob.maximum + step_of(knob)
    if knob.zero and value == 0:
        value = -1
    error = refusal({name: value})
    assert error.field == name
    assert str(error).startswith(f"{name} must be from {knob.minimum:g} to {knob.maximum:g}")
    assert str(error).endswith(f"; got {value!r}")
    assert knob.unit in str(error)


@number
@pytest.mark.parametrize("value", NO_NUMBERS, ids=repr)
def test_what_is_no_number_is_refused(name: str, knob: Number, value: Any) -> None:
    error = refusal({name: value})
    assert error.field == name
    assert error.reason == f"must be a number from {knob.range}; got {value!r}"


@number
def test_a_fraction_is_for_those_that_take_one(name: str, knob: Number) -> None:
    value = knob.minimum + 0.5
    if knob.integer:
        assert refusal({name: value}).reason == f"must be a whole number from {knob.range}; got {value!r}"
    else:
        assert getattr(Knobs().changed({name: value}), name) == value


@number
def test_a_number_gets_its_type(name: str, knob: Number) -> None:
    for value in (int(knob.maximum), float(knob.maximum)):
        assert type(getattr(Knobs().changed({name: value}), name)) is (int if knob.integer else float)


@number
def test_zero_beside_the_range_has_a_name(name: str, knob: Number) -> None:
    if knob.zero:
        assert knob.minimum > 0
        assert getattr(Knobs().changed({name: 0}), name) == 0
        assert knob.range.endswith(f", or 0 ({knob.zero})")
    elif knob.minimum > 0:
        assert "must be from" in refusal({name: 0}).reason


@number
@given(value=st.integers() | st.floats())
def test_any_number_is_taken_as_it_is_or_refused(name: str, knob: Number, value: float) -> None:
    fits = not math.isnan(value) and (knob.minimum <= value <= knob.maximum or (knob.zero is not None and value == 0))
    fits = fits and (not knob.integer or value == int(value))
    if fits:
        assert getattr(Knobs().changed({name: value}), name) == value
    else:
        assert knob.range in refusal({name: value}).reason


# -- choices


@choice
def test_every_option_is_allowed(name: str, knob: Choice) -> None:
    for option in knob.options:
        assert getattr(Knobs().changed({name: option}), name) == option


@choice
@pytest.mark.parametrize("value", ["", "None", "SLEEP", 0, None, True, [], {}, math.nan], ids=repr)
def test_what_is_no_option_is_refused(name: str, knob: Choice, value: Any) -> None:
    error = refusal({name: value})
    assert error.field == name
    assert error.reason == f"must be one of {', '.join(knob.options)}; got {value!r}"


# -- all of them


@pytest.mark.parametrize("name", ["", "thread", "Threads", "threads ", 3, None], ids=repr)
def test_an_unknown_knob_is_refused_with_the_known_ones(name: Any) -> None:
    error = refusal({name: 1})
    assert error.field == str(name)
    assert error.reason == f"is no knob; the knobs are {', '.join(KNOBS)}"


@pytest.mark.parametrize("changes", [None, 3, "threads", ["threads"], [("threads", 3)]], ids=repr)
def test_what_is_no_object_is_refused(changes: Any) -> None:
    error = refusal(changes)
    assert (error.field, error.reason) == ("knobs", f"must be an object of knob names and values; got {changes!r}")


def test_nothing_is_changed_when_something_is_wrong() -> None:
    knobs = Knobs(threads=7)
    with pytest.raises(KnobError, match="prefill"):
        knobs.changed({"threads": 2, "prefill": -1})
    assert knobs == Knobs(threads=7)


def test_knobs_that_are_not_named_stay() -> None:
    knobs = Knobs(threads=7, backoff="constant").changed({"threads": 2})
    assert (knobs.threads, knobs.backoff) == (2, "constant")
    assert knobs.changed({}) == knobs
    with pytest.raises(dataclasses.FrozenInstanceError):
        knobs.threads = 3  # type: ignore[misc]


def test_a_knob_error_is_one_of_ours_and_a_value_error() -> None:
    error = refusal({"threads": 99})
    assert issubclass(type(error), LockfreeError)
    assert issubclass(type(error), ValueError)
    assert str(error) == "threads must be from 1 to 32; got 99"


def test_defaults_are_valid_and_survive_a_round_trip() -> None:
    assert Knobs().changed(Knobs().as_dict()) == Knobs()
    assert Knobs().changed(json.loads(json.dumps(Knobs().as_dict()))) == Knobs()


# -- presets and descriptions


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_valid_and_exactly_what_it_names(name: str) -> None:
    preset = PRESETS[name]
    knobs = Knobs().changed(preset.knobs)
    assert preset.label and preset.help.endswith(".")
    for knob, value in preset.knobs.items():
        assert getattr(knobs, knob) == value
        assert type(value) is type(getattr(knobs, knob)), "a preset is shown as active when all its knobs are equal"


def test_presets_are_those_that_the_page_offers() -> None:
    assert list(PRESETS) == ["calm", "classic", "storm", "slow-thread"]
    assert len({tuple(sorted(preset.knobs.items())) for preset in PRESETS.values()}) == 4
    after_each = [Knobs().changed(PRESETS["slow-thread"].knobs).changed(preset.knobs) for preset in PRESETS.values()]
    assert [knobs.gap_thread for knobs in after_each] == [0, 0, 0, 1], "one preset after another leaves no gap behind"


def test_the_description_is_plain_data_that_says_everything() -> None:
    described = json.loads(json.dumps(describe_knobs()))
    assert described["defaults"] == Knobs().as_dict()
    assert list(described["knobs"]) == list(KNOBS)
    assert set(described["presets"]) == set(PRESETS)
    for name, knob in described["knobs"].items():
        assert knob["name"] == name and knob["label"] and knob["help"].endswith(".") and knob["group"]
        if knob["type"] == "number":
            assert knob["minimum"] < knob["maximum"]
            assert knob["scale"] in ("linear", "log")
        else:
            assert all(knob["options"].values())
