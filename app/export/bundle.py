"""A page's ES modules as one script: exactly those that its entry needs, each in a scope of its own."""

from __future__ import annotations

import posixpath
from pathlib import Path

from app.export.javascript import ScriptError
from app.export.modules import Module, read_module

__all__ = ["bundle"]


def bundle(folder: Path, entry: str) -> str:
    """The script that does what importing ``entry`` would do.

    Args:
        folder: where the modules lie; they import each other by relative addresses.
        entry: the path of the first one in that folder.

    Raises:
        ScriptError: for a module that is missing, a name that its module does not export, modules that import each
            other in a circle, and everything that ``read_module`` does not take.
    """
    modules = _in_order(folder, entry)
    numbers = {module.name: number for number, module in enumerate(modules)}
    known = {module.name: module for module in modules}
    return "\n".join(_scope(module, numbers, known) for module in modules)


def _in_order(folder: Path, entry: str) -> list[Module]:
    """The entry and everything it imports, directly or not; each after what it imports."""
    found: dict[str, Module] = {}
    open_: list[str] = []

    def visit(name: str, wanted_by: str) -> None:
        if name in found:
            return
        if name in open_:
            raise ScriptError(
                f"modules import each other in a circle: {' → '.join([*open_[open_.index(name) :], name])}"
            )
        path = folder / name
        if not path.is_file() or not path.resolve().is_relative_to(folder.resolve()):
            raise ScriptError(f"{wanted_by} imports {name}, which is no module in {folder.name}")
        module = read_module(path.read_text(encoding="utf-8"), name)
        open_.append(name)
        for wanted in module.imports:
            visit(_address(name, wanted.source), name)
        open_.pop()
        found[name] = module

    visit(entry, "the bundle")
    return list(found.values())


def _address(importer: str, source: str) -> str:
    if not source.startswith("."):
        raise ScriptError(f"{importer} imports {source!r}; only relative addresses are supported")
    return posixpath.normpath(posixpath.join(posixpath.dirname(importer), source))


def _scope(module: Module, numbers: dict[str, int], known: dict[str, Module]) -> str:
    lines = []
    exported = dict(module.exports)
    for wanted in module.imports:
        source = known[_address(module.name, wanted.source)]
        there = f"m{numbers[source.name]}"
        for outside, inside in wanted.names:
            if outside == "*":
                lines.append(f"const {inside} = {there};")
                continue
            if outside not in source.exports:
                raise ScriptError(f"{module.name} imports {outside} from {source.name}, which does not export it")
            if wanted.passed_on:
                exported[inside] = f"{there}.{outside}"
            else:
                lines.append(f"const {{ {outside}: {inside} }} = {there};")
    module.exports = exported
    given = ", ".join(f"{outside}: {inside}" if outside != inside else outside for outside, inside in exported.items())
    body = "\n".join([*lines, module.body])
    number = numbers[module.name]
    return f"// {module.name}\nconst m{number} = (() => {{\n{body}\nreturn {{ {given} }};\n}})();"
