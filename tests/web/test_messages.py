from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.messages import (
    ACTIONS,
    BATCH_HEADER,
    FROM_BROWSER,
    MESSAGE_BYTES,
    Command,
    Join,
    MessageError,
    SetKnobs,
    batch_frame,
    encode,
    parse_message,
    with_skipped,
)
from lockfree_core.trace.layout import LAYOUT_VERSION, Position


def test_good_messages_are_taken() -> None:
    assert parse_message('{"type":"join","after":null,"generation":null}') == Join(None, None)
    assert parse_message('{"type":"join","after":-1,"generation":3}') == Join(-1, 3)
    assert parse_message('{"type":"command","id":4,"action":"pause"}') == Command(4, "pause")
    assert parse_message('{"type":"knobs","id":0,"knobs":{"threads":3}}') == SetKnobs(0, {"threads": 3})
    freeze = {"type": "command", "id": 5, "action": "freeze", "lane": 2, "position": "HOLDING_LOCK", "side": 1}
    assert parse_message(json.dumps(freeze)) == Command(5, "freeze", 2, "HOLDING_LOCK", 1)


@pytest.mark.parametrize(
    ("text", "id", "field", "words"),
    [
        ("", None, None, "no well-formed JSON"),
        ("{", None, None, "no well-formed JSON"),
        ("[]", None, None, "must be an object"),
        ("NaN", None, None, "NaN"),
        ('{"type":"join","type":"join"}', None, None, "twice"),
        ("[" * 100_000, None, None, "longer than"),
        ("[" * 60_000, None, None, "no well-formed JSON"),
        ("{}", None, "type", "must be one of join, command, knobs; got None"),
        ('{"type":"jion"}', None, "type", "got 'jion'"),
        ('{"type":["join"]}', None, "type", "must be one of"),
        ('{"type":"join","after":null}', None, "generation", "is missing"),
        ('{"type":"join","after":1.5,"generation":null}', None, "after", "whole number"),
        ('{"type":"join","after":true,"generation":null}', None, "after", "whole number"),
        ('{"type":"join","after":null,"generation":null,"role":"presenter"}', None, "role", "no field"),
        ('{"type":"command","action":"pause"}', None, "id", "is missing"),
        ('{"type":"command","id":"7","action":"pause"}', None, "id", "whole number"),
        ('{"type":"command","id":7,"action":"stop"}', 7, "action", "must be one of pause"),
        ('{"type":"command","id":7,"action":"freeze"}', 7, "lane", "is missing"),
        ('{"type":"command","id":7,"action":"kill","lane":32}', 7, "lane", "from 0 to 31; got 32"),
        ('{"type":"command","id":7,"action":"kill","lane":0,"position":0}', 7, "position", "must be one of ANYWHERE"),
        ('{"type":"command","id":7,"action":"pause","side":2}', 7, "side", "from 0 to 1"),
        ('{"type":"knobs","id":8,"knobs":[]}', 8, "knobs", "must be an object"),
    ],
)
def test_bad_messages_are_refused(text: str, id: int | None, field: str | None, words: str) -> None:
    with pytest.raises(MessageError) as caught:
        parse_message(text)
    assert (caught.value.id, caught.value.field) == (id, field)
    assert words in str(caught.value)
    assert len(str(caught.value)) < 500


def test_a_message_may_have_64_kilobytes() -> None:
    head, tail = '{"type":"knobs","id":1,"knobs":{"x":"', '"}}'
    longest = head + "é" * ((MESSAGE_BYTES - len(head) - len(tail)) // 2) + tail
    assert isinstance(parse_message(longest), SetKnobs)
    with pytest.raises(MessageError, match="longer than 65536 bytes"):
        parse_message(longest + "  ")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.text())
def test_any_text_is_taken_or_refused(text: str) -> None:
    try:
        parse_message(text)
    except MessageError as error:
        assert error.reason
    else:
        assert json.loads(text)["type"] in FROM_BROWSER


@given(st.sampled_from(sorted(FROM_BROWSER)), st.data())
def test_any_values_are_taken_or_refused(kind: str, data: st.DataObject) -> None:
    likely = st.integers(-2, 40) | st.sampled_from([*ACTIONS, *Position.__members__]) | json_values
    names = st.sampled_from([*FROM_BROWSER[kind], "type", "else"])
    message = data.draw(st.dictionaries(names, likely, max_size=7)) | {"type": kind}
    try:
        taken = parse_message(json.dumps(message))
    except MessageError as error:
        assert error.reason
        assert error.id in (None, message.get("id"))
    else:
        assert set(message) - {"type"} <= set(FROM_BROWSER[kind])
        if isinstance(taken, Command):
            assert taken.action in ACTIONS
            assert taken.lane is None or 0 <= taken.lane < 32
            assert taken.position in Position.__members__
            assert taken.side in (None, 0, 1)


def test_outgoing_messages_are_checked() -> None:
    assert json.loads(encode("done", {"id": 3})) == {"type": "done", "id": 3}
    wrong: list[tuple[str, dict[str, object]]] = [
        ("dnoe", {"id": 3}),
        ("done", {}),
        ("done", {"id": 3, "and": 4}),
        ("run", {"rnu": {}}),
    ]
    for type, fields in wrong:
        with pytest.raises(ValueError, match=type):
            encode(type, fields)


def test_skipped_is_each_viewers_own() -> None:
    fields = {"time": 1, "paused": False, "lanes": [], "totals": {}, "rates": {"records": 0}, "skipped": 0}
    text = encode("counters", fields)
    assert json.loads(with_skipped(text, 0)) == {"type": "counters", **fields}
    assert json.loads(with_skipped(text, 120)) == {"type": "counters", **fields, "skipped": 120}


def test_batch_header() -> None:
    frame = batch_frame(65_537, 2**33, 2, b"\1" * 64)
    assert BATCH_HEADER.size == 16
    assert BATCH_HEADER.unpack_from(frame) == (1, LAYOUT_VERSION, 1, 2, 2**33)
    assert frame[16:] == b"\1" * 64
