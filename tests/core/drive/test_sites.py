"""Sites read from bytecode say what the source says, on every interpreter that is found."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from lockfree_core.catalog import CATALOG
from tests.core.kit import LIMIT_S
from tests.serving import ROOT

INTERPRETERS = ["this one", "python3.11", "python3.12", "python3.13", "python3.13t", "python3.14", "python3.14t"]
METHODS = {"load", "get", "store", "compare_and_swap", "get_and_set", "fetch_add", "allocate", "retire", "free"}
NAMES = ("file", "line", "function", "access", "expression", "target", "decisive")


@cache
def probe(interpreter: str) -> dict[str, Any]:
    """The sites of each structure as that interpreter tells them."""
    path = sys.executable if interpreter == "this one" else shutil.which(interpreter)
    if path is None:
        pytest.skip(f"{interpreter} is not on this machine's PATH")
    if subprocess.run([path, "--version"], capture_output=True).returncode:
        pytest.skip(f"{interpreter} is on the PATH, but does not run")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [path, "-W", "error", str(Path(__file__).with_name("sites_probe.py"))]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=LIMIT_S)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


class _Reader(ast.NodeVisitor):
    """The accesses in a module as its syntax tree tells them, each with what ``NAMES`` says."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._function = ""
        self.found: set[tuple[Any, ...]] = set()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._function = node.name
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        target = node.targets[0]
        if isinstance(node.value, ast.Call):
            self._call(node.value, target.id if isinstance(target, ast.Name) else None, True)
        else:
            self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if isinstance(node.value, ast.Call) and isinstance(node.target, ast.Name):
            self._call(node.value, node.target.id, True)
        elif node.value is not None:
            self.visit(node.value)

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Call):
            self._call(node.value, None, False)

    def visit_Call(self, node: ast.Call) -> None:
        self._call(node, None, True)

    def visit_With(self, node: ast.With) -> None:
        for item in node.items:
            receiver = ast.unparse(item.context_expr)
            for access in ("acquire", "release"):
                self.found.add((self._file, node.lineno, self._function, access, receiver, None, False))
        for statement in node.body:
            self.visit(statement)

    def _call(self, node: ast.Call, target: str | None, used: bool) -> None:
        if isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
            receiver = ast.unparse(node.func.value)
            if receiver != "self._scheme":  # a call of the reclamation scheme's, whose accesses stand in its own module
                found = (self._file, node.lineno, self._function, node.func.attr, receiver, target, used)
                self.found.add(found)
        self.generic_visit(node)


@cache
def source_accesses(module: str) -> set[tuple[Any, ...]]:
    spec = importlib.util.find_spec(module)
    assert spec is not None and spec.origin is not None
    path = Path(spec.origin)
    reader = _Reader(str(path.relative_to(ROOT)))
    reader.visit(ast.parse(path.read_text()))
    return reader.found


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_sites_say_what_the_source_says(interpreter: str) -> None:
    for structure, rows in probe(interpreter)["sites"].items():
        entry = CATALOG[structure]
        told = {access for module in (entry.source, *entry.sources) for access in source_accesses(module)}
        # What becomes of the result of a lock's acquire and release is nothing that anybody asks for.
        sites = [
            tuple(row[name] for name in NAMES[:6]) + (row["decisive"] and row["access"] in METHODS,) for row in rows
        ]
        assert set(sites) <= told, sorted(set(sites) - told)
        assert [row["id"] for row in rows] == list(range(1, len(rows) + 1))
        # A lock is released where its block ends and where it returns; everything else is one site.
        once = [site for site in sites if site[3] != "release"]
        assert len(set(once)) == len(once)
        operations = {operation.name for operation in entry.operations}
        expected = {access[:4] for access in told if access[2] in operations and not _only_under_contention(access)}
        assert expected <= {site[:4] for site in sites}
    assert set(probe(interpreter)["sites"]) == set(CATALOG)


def _only_under_contention(access: tuple[Any, ...]) -> bool:
    """Help is met only where two threads meet."""
    return access[3] == "compare_and_swap" and access[4] == "self._tail" and not access[6]


def test_help_and_decisive_attempts_are_told_apart() -> None:
    sites = probe("this one")["sites"]["michael-scott-queue"]
    swaps = {(site["function"], site["expression"]): site["decisive"] for site in sites
             if site["access"] == "compare_and_swap"}  # fmt: skip
    assert swaps == {("enqueue", "tail.next"): True, ("enqueue", "self._tail"): False, ("dequeue", "self._head"): True}


def test_probe_ran_on_this_interpreter() -> None:
    assert tuple(probe("this one")["version"]) == sys.version_info[:3]
