"""ES modules as one script: exactly those that an entry needs, each in a scope of its own."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from app.bundling.javascript import ScriptError
from app.bundling.modules import Module, read_module
from app.bundling.source_map import source_map

__all__ = ["Bundle", "bundle"]

_MANY: Final = 512  # more modules than there are, so that pages which share them read them once


@dataclass(frozen=True, slots=True)
class Bundle:
    """A script, the modules in it in their order, and what leads a debugger from its lines to theirs."""

    text: str
    modules: tuple[str, ...]
    origins: tuple[tuple[int, int] | None, ...]
    """For each line: which module, and which line of it; both from 0. None for what no module says."""

    def map(self, folder: str) -> str:
        """A source map, for modules that lie in a folder as seen from the script."""
        return source_map([f"{folder}/{name}" for name in self.modules], self.origins)


def bundle(folder: Path, entry: str, *, as_module: bool = False) -> Bundle:
    """The script that does what importing ``entry`` would do.

    Args:
        folder: where the modules lie; they import each other by relative addresses.
        entry: the path of the first one in that folder.
        as_module: the script will be a module itself, and lie beside ``folder``; it may import what lies outside.

    Raises:
        ScriptError: for a module that is missing, a name that its module does not export, modules that import each
            other in a circle, and everything that ``read_module`` does not take.
    """
    modules, outside = _in_order(folder, entry, as_module)
    numbers = {module.name: number for number, module in enumerate(modules)}
    numbers |= {name: len(modules) + number for number, name in enumerate(outside)}
    known = {module.name: module for module in modules}
    lines = [f'import * as m{numbers[name]} from "{name}";' for name in outside]
    origins: list[tuple[int, int] | None] = [None] * len(lines)
    exports: dict[str, dict[str, str]] = {}
    for module in modules:
        before, after = _scope(module, numbers, known, exports)
        number = numbers[module.name]
        lines += before
        origins += [None] * len(before)
        if module.body:
            lines.append(module.body)
            origins += [(number, line) for line in module.lines]
        lines += after
        origins += [None] * len(after)
    return Bundle("\n".join(lines), tuple(known), tuple(origins))


def _in_order(folder: Path, entry: str, as_module: bool) -> tuple[list[Module], list[str]]:
    """The entry and everything it imports, directly or not, each after what it imports; and what lies outside."""
    found: dict[str, Module] = {}
    outside: list[str] = []
    open_: list[str] = []

    def visit(name: str, wanted_by: str) -> None:
        if name in found or name in outside:
            return
        if name in open_:
            raise ScriptError(
                f"modules import each other in a circle: {' → '.join([*open_[open_.index(name) :], name])}"
            )
        path = folder / name
        if as_module and name.startswith("../") and path.is_file():
            outside.append(name)
            return
        if not path.is_file() or not path.resolve().is_relative_to(folder.resolve()):
            raise ScriptError(f"{wanted_by} imports {name}, which is no module in {folder.name}")
        module = _module(path, name, path.stat().st_mtime_ns)
        open_.append(name)
        for wanted in module.imports:
            visit(_address(name, wanted.source), name)
        open_.pop()
        found[name] = module

    visit(entry, "the bundle")
    return list(found.values()), outside


@lru_cache(maxsize=_MANY)
def _module(path: Path, name: str, changed: int) -> Module:
    """The module as it was when it was changed last. Nobody may change what this gives."""
    return read_module(path.read_text(encoding="utf-8"), name)


def _address(importer: str, source: str) -> str:
    if not source.startswith("."):
        raise ScriptError(f"{importer} imports {source!r}; only relative addresses are supported")
    return posixpath.normpath(posixpath.join(posixpath.dirname(importer), source))


def _scope(
    module: Module, numbers: dict[str, int], known: dict[str, Module], exports: dict[str, dict[str, str]]
) -> tuple[list[str], list[str]]:
    """What stands before and after a module's body; what it exports is added to ``exports``."""
    number = numbers[module.name]
    lines = [f"// {module.name}", f"const m{number} = (() => {{"]
    exported = dict(module.exports)
    for wanted in module.imports:
        source = _address(module.name, wanted.source)
        there = f"m{numbers[source]}"
        for away, here in wanted.names:
            if away == "*":
                lines.append(f"const {here} = {there};")
                continue
            if source in known and away not in exports[source]:
                raise ScriptError(f"{module.name} imports {away} from {source}, which does not export it")
            if wanted.passed_on:
                exported[here] = f"{there}.{away}"
            else:
                lines.append(f"const {{ {away}: {here} }} = {there};")
    exports[module.name] = exported
    given = ", ".join(f"{away}: {here}" if away != here else away for away, here in exported.items())
    return lines, [f"return {{ {given} }};", "})();"]
