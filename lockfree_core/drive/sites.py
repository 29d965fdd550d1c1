"""Sites: where in an algorithm's source an access stands, and what becomes of its result.

An algorithm carries no tracing code. The memory sees the calling frame's code object and instruction; everything else
follows from the bytecode, once for each site: the line, the text of the call, the local variable that the result is
bound to, and whether a compare-and-swap's result is used (*decisive*) or thrown away (*help*).
"""

from __future__ import annotations

import ast
import dis
import linecache
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final, NamedTuple

__all__ = ["Site", "SiteTable", "describe_site"]

_ROOT: Final = Path(__file__).resolve().parent.parent.parent
_MAX_SITES: Final = 0xFFFF


class Site(NamedTuple):
    """A place in the source that accesses shared memory."""

    id: int
    file: str
    line: int
    function: str
    access: str
    expression: str
    target: str | None
    decisive: bool


def describe_site(number: int, code: CodeType, instruction: int, access: str) -> Site:
    """Read a site from the bytecode.

    Args:
        number: the id to give it.
        code: the caller's code object.
        instruction: the offset of the calling instruction (``frame.f_lasti``).
        access: the name of the method called.
    """
    target, used = _use_of_result(code, instruction)
    line, expression = _call_text(code, instruction)
    path = Path(code.co_filename)
    file = str(path.relative_to(_ROOT)) if path.is_relative_to(_ROOT) else path.name
    function = getattr(code, "co_qualname", code.co_name).rpartition(".")[2]
    return Site(number, file, line or code.co_firstlineno, function, access, expression, target, used)


def _use_of_result(code: CodeType, instruction: int) -> tuple[str | None, bool]:
    """The local that the call's result is bound to (or None), and whether the result is used at all."""
    following = [item for item in dis.get_instructions(code) if item.offset > instruction]
    for item in following:
        if item.opname in ("CACHE", "EXTENDED_ARG", "NOP", "RESUME"):
            continue
        if item.opname.startswith("STORE_FAST"):
            # 3.13 fuses two instructions into one; the first of the pair takes the result.
            name = item.argval[0] if isinstance(item.argval, tuple) else item.argval
            return str(name), True
        return None, item.opname != "POP_TOP"
    return None, True


def _call_text(code: CodeType, instruction: int) -> tuple[int | None, str]:
    """The line on which the call's expression begins, and the text of what is called upon (``self._head``)."""
    positions = list(code.co_positions())
    line, end_line, column, end_column = positions[instruction // 2]
    if line is None or end_line is None or column is None or end_column is None:
        return line, ""
    lines = [linecache.getline(code.co_filename, number) for number in range(line, end_line + 1)]
    if not lines or not lines[0]:
        return line, ""
    encoded = [text.encode() for text in lines]
    encoded[-1] = encoded[-1][:end_column]
    encoded[0] = encoded[0][column:]
    return line, _receiver(b"".join(encoded).decode(errors="replace"))


def _receiver(text: str) -> str:
    if text.startswith("with "):
        return text.removeprefix("with ").partition(":")[0].strip()
    try:
        expression = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        return text.strip()
    if isinstance(expression, ast.Call) and isinstance(expression.func, ast.Attribute):
        return ast.unparse(expression.func.value)
    return ast.unparse(expression)


class SiteTable:
    """Sites by number, found by code object and instruction.

    ``entries`` maps ``id(code) + instruction`` to ``(number, target, decisive)``: the bytecode lies inside the code
    object, so the sum belongs to one instruction only, and is quicker to look up than a pair. The table keeps the
    code objects alive.

    Args:
        announce: called with each new site, before it is used.
    """

    def __init__(self, announce: Callable[[Site], None]) -> None:
        self.entries: dict[int, tuple[int, str | None, bool]] = {}
        self.sites: list[Site] = []
        self._announce = announce
        self._codes: list[CodeType] = []
        self._adopted: dict[tuple[str, str, int], tuple[int, str | None, bool]] = {}

    def resolve(self, frame: FrameType, access: str) -> tuple[int, str | None, bool]:
        """Add the site at which ``frame`` stands. The caller serialises calls.

        Raises:
            OverflowError: past 65,535 sites.
        """
        key = id(frame.f_code) + frame.f_lasti
        known = self.entries.get(key)
        if known is not None:
            return known
        if len(self.sites) >= _MAX_SITES:
            raise OverflowError(f"a trace holds at most {_MAX_SITES} sites")
        site = describe_site(len(self.sites) + 1, frame.f_code, frame.f_lasti, access)
        self.sites.append(site)
        self._codes.append(frame.f_code)
        self._announce(site)
        entry = (site.id, site.target, site.decisive)
        self.entries[key] = entry
        return entry

    def adopt(self, site: Site, instruction: int) -> tuple[int, str | None, bool]:
        """Add a site that another process has read from its own copy of the code. The caller serialises calls."""
        key = (site.file, site.function, instruction)
        entry = self._adopted.get(key)
        if entry is None:
            site = site._replace(id=len(self.sites) + 1)
            self.sites.append(site)
            self._announce(site)
            entry = self._adopted[key] = (site.id, site.target, site.decisive)
        return entry

    def describe(self) -> list[dict[str, Any]]:
        """All sites as plain data."""
        return [site._asdict() for site in self.sites]
