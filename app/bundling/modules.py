"""What a module imports and exports, and its body without these statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from app.bundling.javascript import ScriptError, Token, line_of, scan

__all__ = ["Import", "Module", "read_module"]

_DECLARES: Final = ("function", "class", "const")


@dataclass(frozen=True, slots=True)
class Import:
    """``names`` maps what the other module calls a thing to what this one calls it; ``*`` is all of it as one object.

    ``passed_on`` says that the names are not bound here but exported again.
    """

    source: str
    names: tuple[tuple[str, str], ...]
    passed_on: bool = False


@dataclass(slots=True)
class Module:
    """``exports`` maps names outside to names inside; ``lines`` has for each line of the body which it was, from 0."""

    name: str
    body: str = ""
    lines: list[int] = field(default_factory=list)
    imports: list[Import] = field(default_factory=list)
    exports: dict[str, str] = field(default_factory=dict)


def read_module(text: str, name: str) -> Module:
    """Take a module apart.

    Raises:
        ScriptError: for a form that is not supported: a dynamic import, ``import.meta``, a binding that is exported
            and may change, or several declared in one statement.
    """
    return _Reader(text, name).read()


class _Reader:
    def __init__(self, text: str, name: str) -> None:
        self._text = text
        self._module = Module(name)
        self._all = list(scan(text, name))
        self._tokens = [token for token in self._all if token.kind not in ("space", "comment")]
        self._at = 0
        self._dropped: list[tuple[int, int]] = []

    def read(self) -> Module:
        depth = 0
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            if token.kind == "word" and token.text == "import" and not self._is_property():
                self._import(depth)
            elif token.kind == "word" and token.text == "export" and depth == 0:
                self._export()
            else:
                depth += (token.text in "{[(") - (token.text in "}])") if token.kind == "sign" else 0
                self._at += 1
        self._module.body, self._module.lines = _rest(self._all, self._dropped)
        return self._module

    # -- statements

    def _import(self, depth: int) -> None:
        start = self._take()
        if depth > 0 or self._peek().text in ("(", "."):
            raise self._error("only import statements at the top of a module are supported", start)
        names: list[tuple[str, str]] = []
        while self._peek().kind != "string":
            token = self._take()
            if token.text == "{":
                names += self._names()
            elif token.text == "*":
                self._expect("as")
                names.append(("*", self._take().text))
            elif token.kind == "word" and token.text != "from":
                names.append(("default", token.text))
        self._module.imports.append(Import(_unquoted(self._take()), tuple(names)))
        self._end(start)

    def _export(self) -> None:
        start = self._take()
        token = self._take()
        if token.text == "{":
            self._export_list(start)
            return
        if token.text == "async":
            token = self._take()
        if token.text not in _DECLARES:
            raise self._error(f"export {' or '.join(_DECLARES)} was expected; got export {token.text}", start)
        name = self._peek()
        if name.kind != "word":
            raise self._error("the name of what is exported was expected", name)
        self._module.exports[name.text] = name.text
        self._dropped.append((start.start, start.start + len("export")))

    def _export_list(self, start: Token) -> None:
        names = self._names()
        if self._peek().text == "from":
            self._take()
            self._module.imports.append(Import(_unquoted(self._take()), tuple(names), passed_on=True))
        else:
            self._module.exports.update({outside: inside for inside, outside in names})
        self._end(start)

    def _names(self) -> list[tuple[str, str]]:
        """``a, b as c }``: pairs of the name before and after ``as``."""
        names = []
        while (token := self._take()).text != "}":
            if token.text == ",":
                continue
            other = token.text
            if self._peek().text == "as":
                self._take()
                other = self._take().text
            names.append((token.text, other))
        return names

    def _end(self, start: Token) -> None:
        end = self._tokens[self._at - 1]
        if self._at < len(self._tokens) and self._peek().text == ";":
            end = self._take()
        self._dropped.append((start.start, end.start + len(end.text)))

    # -- tokens

    def _take(self) -> Token:
        token = self._peek()
        self._at += 1
        return token

    def _peek(self) -> Token:
        if self._at >= len(self._tokens):
            raise ScriptError(f"{self._module.name}: the script ends within a statement")
        return self._tokens[self._at]

    def _expect(self, text: str) -> None:
        token = self._take()
        if token.text != text:
            raise self._error(f"{text!r} was expected; got {token.text!r}", token)

    def _is_property(self) -> bool:
        return self._at > 0 and self._tokens[self._at - 1].text in (".", "?.")

    def _error(self, message: str, token: Token) -> ScriptError:
        return ScriptError(f"{self._module.name}:{line_of(self._text, token.start)}: {message}")


def _rest(tokens: Sequence[Token], dropped: Sequence[tuple[int, int]]) -> tuple[str, list[int]]:
    """The text without what was dropped, comments and indentation; line ends stay. And where each line came from."""
    parts: list[str] = []
    lines: list[int] = []
    gap, line = "\n", 0
    spans = iter([*sorted(dropped), (1 << 60, 1 << 60)])
    first, last = next(spans)
    for token in tokens:
        while token.start >= last:
            first, last = next(spans)
        text = token.text
        ends = text.count("\n")
        if token.kind == "space" or token.kind == "comment":
            gap = "\n" if ends else gap or " "
        elif not first <= token.start < last:
            if gap == "\n":
                lines.append(line)
            lines.extend(range(line + 1, line + ends + 1))
            parts += (gap, text)
            gap = ""
        line += ends
    return "".join(parts).removeprefix("\n"), lines


def _unquoted(token: Token) -> str:
    if token.kind != "string":
        raise ScriptError(f"the address of a module was expected; got {token.text!r}")
    return token.text[1:-1]
