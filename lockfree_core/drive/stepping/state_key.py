"""A key of an execution's state: two executions of a program whose keys are equal have the same futures.

The key holds the cells, with versions, as far as anybody can reach them; the heap and its free lists; plain state of
the structure; and of each thread its place in the program and in the code, its pending access, its locals, what its
records may still tell of, and its results. What happened to get there is not in it.

Where that cannot be known the key holds more, so states may be kept apart although their futures are equal, never the
other way round. A thread in the middle of an expression holds values that cannot be read (``temporaries``); they are a
function of what it has read, so its whole history stands in for them. And a number that it computes is told as read
from a cell where it has read the same number before, so all numbers that it has read in its operation count.
"""

from __future__ import annotations

from types import FrameType
from typing import Any, Final

from lockfree_core.drive.stepping.canonical import Spelling, spell_code
from lockfree_core.drive.stepping.lane import SteppedLane
from lockfree_core.drive.stepping.pending import Pending
from lockfree_core.drive.stepping.recorder import Recorder
from lockfree_core.drive.stepping.stepper import Stepper
from lockfree_core.drive.stepping.temporaries import hides_temporaries
from lockfree_core.trace.layout import RECORD, RECORD_BYTES
from lockfree_core.trace.words import FIRST_OBJECT

__all__ = ["state_key"]

_DRIVER: Final = __name__.rpartition(".")[0]
_FIRST_TEXT: Final = 1 << 24
# Parameters of the driver's own functions that are numbers dealt in the order of an execution, or nothing of the
# algorithm's.
_NUMBERS: Final = frozenset({"access", "frame", "operand", "pending", "kind"})


def state_key(stepper: Stepper) -> str:
    """The key of the state in which ``stepper`` is, between two steps."""
    spelling = Spelling()
    _put_memory(spelling, stepper)
    shared = frozenset(spelling.held)
    limit = spelling.objects
    for lane in stepper.lanes:
        spelling.held = set(shared)
        spelling.met_again = 0
        _put_lane(spelling, lane, stepper.recorder, limit)
    return spelling.text


def _put_memory(spelling: Spelling, stepper: Stepper) -> None:
    memory = stepper.memory
    spelling.put(stepper.structure)
    spelling.put(memory.roots)
    spelling.put(memory.locks)
    spelling.put(memory.fates())
    if memory.heap is not None:
        spelling.put(memory.heap.nodes)
        spelling.put(memory.heap.free_list())


def _put_lane(spelling: Spelling, lane: SteppedLane, recorder: Recorder, limit: int) -> None:
    counts = (lane.number, lane.attempts, lane.losses, lane.flying, lane.inserted, lane.removed, lane.operation)
    state = (
        lane.killed,
        lane.raised,
        lane.fresh,
        lane.effected,
        lane.waits_for is not None,
        len(lane.starts) - len(lane.ends),
    )
    spelling.say("lane", *counts, *state, lane.results, _spell(recorder, lane.argument), _pending(recorder, lane))
    if lane.ended:
        return
    hidden = _put_frames(spelling, lane)
    shown, origins = lane.told()
    spelling.say(sorted((name, _spell(recorder, code)) for name, code in shown.items()))
    everything = spelling.met_again >= limit
    spelling.say(
        sorted(
            (str(_spell(recorder, code)), cell)
            for code, cell in origins.items()
            if everything or not FIRST_OBJECT <= code < _FIRST_TEXT or code in spelling.held
        )
    )
    if hidden or spelling.opaque:
        spelling.say(_history(recorder, lane.index))


def _put_frames(spelling: Spelling, lane: SteppedLane) -> bool:
    """Where it is suspended, innermost frame first. True where a frame may hide something."""
    hidden = False
    frame: FrameType | None = lane.frame
    while frame is not None:
        code = frame.f_code
        spelling.say(*spell_code(code), frame.f_lasti)
        values = frame.f_locals
        if str(frame.f_globals.get("__name__")).startswith(_DRIVER):
            parameters = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 4)]
            names = [name for name in (*parameters, "step") if name in values and name not in _NUMBERS]
        else:
            names = sorted(values)
            hidden = hidden or hides_temporaries(code, frame.f_lasti)
        for name in names:
            spelling.say(name)
            spelling.put(values[name])
        frame = frame.f_back
    return hidden


def _pending(recorder: Recorder, lane: SteppedLane) -> Any:
    pending: Pending | None = lane.pending
    if pending is None:
        return None
    codes = _spell(recorder, pending.expected), _spell(recorder, pending.after)
    return pending.access, pending.cell, *codes, pending.version


def _spell(recorder: Recorder, code: int) -> int | str:
    """A value code, the same in every execution: the numbers of interned texts are dealt in the order of use."""
    return recorder.value_texts.get(code, code)


def _history(recorder: Recorder, lane: int) -> list[Any]:
    """Every record of a lane, without time, sequence number, and numbers that are dealt in the order of use."""
    rows = RECORD.iter_unpack(recorder.data[: recorder.count * RECORD_BYTES])
    return [
        (kind, *(_spell(recorder, code) for code in codes))
        for _, _, owner, kind, _, *codes in rows
        if owner == lane
    ]  # fmt: skip
