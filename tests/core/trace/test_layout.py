"""The record layout: the struct, the fields and the description are one and the same thing."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockfree_core.drive.merger import RECORD_DTYPE
from lockfree_core.trace.layout import (
    FIELDS,
    INTEGER_FLAG,
    INTEGER_MAX,
    INTEGER_MIN,
    RECORD,
    RECORD_BYTES,
    Kind,
    decode_integer,
    describe_layout,
    encode_integer,
)


def test_fields_fill_the_record_without_a_hole() -> None:
    ends = [0, *(field.offset + field.width for field in FIELDS)]
    assert [field.offset for field in FIELDS] == ends[:-1]
    assert ends[-1] == RECORD_BYTES == RECORD.size == RECORD_DTYPE.itemsize == 32


@given(st.tuples(*(st.integers(0, 256**field.width - 1) for field in FIELDS)))
def test_struct_fields_and_array_agree(values: tuple[int, ...]) -> None:
    data = RECORD.pack(*values)
    by_field = [int.from_bytes(data[field.offset : field.offset + field.width], "little") for field in FIELDS]
    assert tuple(by_field) == values
    assert np.frombuffer(data, RECORD_DTYPE)[0].tolist() == values


def test_description_is_plain_data() -> None:
    described = json.loads(json.dumps(describe_layout()))
    assert described["fields"] == {field.name: {"offset": field.offset, "width": field.width} for field in FIELDS}
    assert described["kinds"] == {kind.name: kind.value for kind in Kind}
    assert (described["bytes"], described["integer_flag"], described["max_lanes"]) == (32, 1 << 31, 32)


@given(st.integers(INTEGER_MIN, INTEGER_MAX))
def test_small_integers_travel_inline(value: int) -> None:
    code = encode_integer(value)
    assert code & INTEGER_FLAG and code < 1 << 32
    assert decode_integer(code) == value


@pytest.mark.parametrize("value", [INTEGER_MIN - 1, INTEGER_MAX + 1, 1 << 40])
def test_larger_ones_do_not(value: int) -> None:
    with pytest.raises(ValueError, match=f"between {INTEGER_MIN} and {INTEGER_MAX}, got {value}"):
        encode_integer(value)
