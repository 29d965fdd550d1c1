"""JavaScript as tokens: enough of its grammar to find statements without mistaking a string or a comment for one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

__all__ = ["ScriptError", "Token", "scan", "without_comments"]


class ScriptError(ValueError):
    """A script that cannot be read; the message says where and what was expected."""


class Token(NamedTuple):
    """``kind`` is ``space``, ``comment``, ``string``, ``template``, ``regex``, ``word``, ``number`` or ``sign``."""

    kind: str
    text: str
    start: int


_TOKEN: Final = re.compile(
    r"""(?P<space>\s+)
    | (?P<comment>//[^\n]*|/\*(?s:.*?)\*/)
    | (?P<string>"(?:[^"\\\n]|\\(?s:.))*"|'(?:[^'\\\n]|\\(?s:.))*')
    | (?P<number>0[xX][0-9a-fA-F_]+n?|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?n?)
    | (?P<word>[\#@]?[A-Za-z_$][\w$]*)
    | (?P<sign>=>|\.\.\.|\?\.(?!\d)|\S)""",
    re.VERBOSE,
)
_REGEX: Final = re.compile(r"/(?![*/])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
# A slash after one of these begins a regular expression; after any other word it divides.
_BEFORE_A_VALUE: Final = frozenset(
    ("return", "typeof", "case", "in", "of", "delete", "void", "throw", "new", "else", "do", "await", "yield",
     "instanceof", "default")
)  # fmt: skip


def scan(text: str, name: str = "script") -> Iterator[Token]:
    """All tokens of a script, in order; together they are its text.

    Raises:
        ScriptError: where a literal does not end.
    """
    at, end = 0, len(text)
    before: Token | None = None
    match = _TOKEN.match
    while at < end:
        found = None if text[at] in "`/\"'" else match(text, at)  # most tokens need no second look
        if found is None:
            token = _next(text, at, before, name)
        else:
            token = Token(found.lastgroup or "", found[0], at)
        yield token
        at += len(token.text)
        if token.kind != "space" and token.kind != "comment":
            before = token


def without_comments(text: str, name: str = "script") -> str:
    """The same script without comments, indentation and empty lines. Line ends stay, where a statement may end."""
    parts: list[str] = []
    gap = ""
    for token in scan(text, name):
        if token.kind in ("space", "comment"):
            gap = "\n" if "\n" in gap + token.text else " "
            continue
        parts += [gap, token.text]
        gap = ""
    return "".join(parts).strip("\n ")


def _next(text: str, at: int, before: Token | None, name: str) -> Token:
    if text[at] == "`":
        return Token("template", text[at : _template_end(text, at, name)], at)
    if text[at] == "/" and _begins_value(before):
        found = _REGEX.match(text, at)
        if found:
            return Token("regex", found[0], at)
    match = _TOKEN.match(text, at)
    assert match is not None  # whatever is no space is at least a sign
    return _checked(Token(match.lastgroup or "", match[0], at), text, name)


def _checked(token: Token, text: str, name: str) -> Token:
    if token.kind == "sign" and token.text in "\"'":
        raise ScriptError(f"{name}:{line_of(text, token.start)}: this string does not end on its line")
    return token


def _begins_value(before: Token | None) -> bool:
    if before is None:
        return True
    if before.kind == "word":
        return before.text in _BEFORE_A_VALUE
    return before.kind == "sign" and before.text not in (")", "]", "}")


def _template_end(text: str, start: int, name: str) -> int:
    """The place after the template's closing backtick; what is embedded may hold templates of its own."""
    at = start + 1
    while at < len(text):
        if text[at] == "\\":
            at += 2
        elif text[at] == "`":
            return at + 1
        elif text.startswith("${", at):
            at = _embedded_end(text, at + 2, name)
        else:
            at += 1
    raise ScriptError(f"{name}:{line_of(text, start)}: this template does not end")


def _embedded_end(text: str, at: int, name: str) -> int:
    depth = 0
    start = at
    before: Token | None = None
    while at < len(text):
        token = _next(text, at, before, name)
        at += len(token.text)
        if token.kind not in ("space", "comment"):
            before = token
        if token.text == "{":
            depth += 1
        elif token.text == "}":
            if depth == 0:
                return at
            depth -= 1
    raise ScriptError(f"{name}:{line_of(text, start)}: what is embedded in this template does not end")


def line_of(text: str, at: int) -> int:
    """The number of the line that holds a place."""
    return text.count("\n", 0, at) + 1
