"""What a suspended frame may hold besides its locals: values on the interpreter's evaluation stack.

In ``a.load() + b.load()`` the first result lies on that stack while the thread stands before the second access, and
nothing in Python can read it there. This module tells from the bytecode *whether* anything lies there.
"""

from __future__ import annotations

import dis
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from functools import cache
from types import CodeType
from typing import Final

__all__ = ["hides_temporaries"]

# What a call takes off the stack besides its arguments: the callable, and a place for ``self`` or NULL.
_CALLS: Final = {"CALL": 2, "PRECALL": 2, "CALL_METHOD": 2, "CALL_KW": 3}
_NEVER_FALLS_THROUGH: Final = frozenset(
    {"JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT", "JUMP_ABSOLUTE", "RETURN_VALUE", "RETURN_CONST",
     "RAISE_VARARGS", "RERAISE"}
)  # fmt: skip
_PUSHES_THE_SAME: Final = frozenset({"LOAD_CONST", "LOAD_GLOBAL", "PUSH_NULL", "LOAD_SMALL_INT"})
_PUSHES_NOTHING: Final = frozenset(
    {
        "POP_TOP",
        "STORE_FAST",
        "STORE_ATTR",
        "STORE_SUBSCR",
        "NOP",
        "RESUME",
        "PRECALL",
        "KW_NAMES",
        "CACHE",
        "NOT_TAKEN",
    }
)
# What may lie on the stack: a value that is seen nowhere else; something that is the same each time (a constant, the
# exit of a ``with`` block); or the name of the local that holds the same value.
_HIDDEN: Final = "?"
_SAME: Final = "="

_Stack = tuple[str, ...]


def hides_temporaries(code: CodeType, offset: int) -> bool:
    """Whether a frame that is suspended in the call at ``offset`` may hold values that none of its locals holds.

    In doubt, as within an exception's handler: yes. The offset may lie in the inline caches that follow a call.
    """
    offsets, plain = _calls(code)
    return offsets[bisect_right(offsets, offset) - 1] not in plain


@cache
def _calls(code: CodeType) -> tuple[list[int], set[int]]:
    """The offsets of all instructions, and those of the calls that have nothing hidden beneath them."""
    plain = set()
    stacks = _stacks(code)
    for instruction in dis.get_instructions(code):
        stack = stacks.get(instruction.offset)
        if stack is None:
            continue
        if instruction.opname == "BEFORE_WITH":
            taken = 1
        elif instruction.opname in _CALLS:
            taken = _CALLS[instruction.opname] + (instruction.arg or 0)
        else:
            continue
        if taken <= len(stack) and _HIDDEN not in stack[: len(stack) - taken]:
            plain.add(instruction.offset)
    return [instruction.offset for instruction in dis.get_instructions(code)], plain


def _stacks(code: CodeType) -> Mapping[int, _Stack]:
    """What lies on the stack before each instruction that can be reached without an exception."""
    instructions = list(dis.get_instructions(code))
    after = {one.offset: two.offset for one, two in zip(instructions, instructions[1:], strict=False)}
    by_offset = {instruction.offset: instruction for instruction in instructions}
    found: dict[int, _Stack] = {}
    open_: list[tuple[int, _Stack]] = [(instructions[0].offset, ())]
    while open_:
        offset, stack = open_.pop()
        known = found.get(offset)
        if known is not None:
            stack = tuple(one if one == other else _HIDDEN for one, other in zip(known, stack, strict=False))
            if stack == known:
                continue
        found[offset] = stack
        open_ += _successors(by_offset[offset], after.get(offset), stack)
    return found


def _successors(instruction: dis.Instruction, following: int | None, stack: _Stack) -> Iterator[tuple[int, _Stack]]:
    argument = instruction.arg if instruction.opcode >= dis.HAVE_ARGUMENT else None
    if following is not None and instruction.opname not in _NEVER_FALLS_THROUGH:
        yield following, _moved(instruction, stack, dis.stack_effect(instruction.opcode, argument, jump=False))
    if instruction.opcode in dis.hasjrel or instruction.opcode in dis.hasjabs:
        yield instruction.argval, _moved(instruction, stack, dis.stack_effect(instruction.opcode, argument, jump=True))


def _moved(instruction: dis.Instruction, stack: _Stack, effect: int) -> _Stack:
    """The stack after an instruction. Whatever is not known to push something harmless pushes something hidden."""
    name = instruction.opname
    if name == "BEFORE_WITH":
        return (*stack[:-1], _SAME, _HIDDEN)
    if name.startswith("LOAD_FAST") and effect == 1 and isinstance(instruction.argval, str):
        return (*stack, instruction.argval)
    if name in _PUSHES_THE_SAME:
        return (*stack, *(_SAME,) * effect)
    if name in ("STORE_FAST", "DELETE_FAST"):  # a value that the local held until now is seen there no longer
        stack = tuple(_HIDDEN if entry == instruction.argval else entry for entry in stack)
    if name == "PRECALL":  # 3.11 books the arguments off here; they go with the CALL
        return stack
    if name in _CALLS:
        return (*stack[: max(0, len(stack) - _CALLS[name] - (instruction.arg or 0))], _HIDDEN)
    if name in ("SWAP", "COPY"):
        stack = (_HIDDEN,) * len(stack)
    moved = (*stack, *(_HIDDEN,) * effect) if effect >= 0 else stack[:effect]
    if name in _PUSHES_NOTHING or "JUMP" in name:
        return moved
    pushed = max(1, effect + 1)
    return (*moved[:-pushed], *(_HIDDEN,) * min(pushed, len(moved)))
