"""What a suspended frame may hold besides its locals: values on the interpreter's evaluation stack.

In ``a.load() + b.load()`` the first result lies on that stack while the thread stands before the second access, and
nothing in Python can read it there. This module tells from the bytecode *whether* anything lies there.
"""

from __future__ import annotations

import dis
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

_Stack = tuple[str, ...]


def hides_temporaries(code: CodeType, offset: int) -> bool:
    """Whether a frame that is suspended in the call at ``offset`` may hold values that are none of its locals.

    A ``with`` block keeps its exit function there, which is the same each time and does not count. In doubt: yes.
    """
    return offset not in _plain_calls(code)


@cache
def _plain_calls(code: CodeType) -> frozenset[int]:
    """The offsets of the calls that have nothing beneath them."""
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
        beneath = stack[: max(0, len(stack) - taken)]
        if taken <= len(stack) and all(entry == "exit" for entry in beneath):
            plain.add(instruction.offset)
    return frozenset(plain)


def _stacks(code: CodeType) -> Mapping[int, _Stack]:
    """What lies on the stack before each instruction that can be reached without an exception."""
    instructions = list(dis.get_instructions(code))
    after = {one.offset: two.offset for one, two in zip(instructions, instructions[1:], strict=False)}
    by_offset = {instruction.offset: instruction for instruction in instructions}
    found: dict[int, _Stack] = {}
    open_: list[tuple[int, _Stack]] = [(instructions[0].offset, ())]
    while open_:
        offset, stack = open_.pop()
        if offset in found:
            continue
        found[offset] = stack
        open_ += _successors(by_offset[offset], after.get(offset), stack)
    return found


def _successors(instruction: dis.Instruction, following: int | None, stack: _Stack) -> Iterator[tuple[int, _Stack]]:
    jumps = instruction.opcode in dis.hasjrel or instruction.opcode in dis.hasjabs
    argument = instruction.arg if instruction.opcode >= dis.HAVE_ARGUMENT else None
    if following is not None and instruction.opname not in _NEVER_FALLS_THROUGH:
        yield following, _moved(instruction, stack, dis.stack_effect(instruction.opcode, argument, jump=False))
    if jumps:
        yield instruction.argval, _moved(instruction, stack, dis.stack_effect(instruction.opcode, argument, jump=True))


def _moved(instruction: dis.Instruction, stack: _Stack, effect: int) -> _Stack:
    if instruction.opname == "BEFORE_WITH":
        return (*stack[:-1], "exit", "value")
    return (*stack, *("value",) * effect) if effect >= 0 else stack[:effect]
