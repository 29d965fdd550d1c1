"""Imports go one way. Each layer may import itself and those listed before it."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import ROOT

FACADE = "lockfree_core"
LAYERS = [
    "lockfree_core.errors",
    "lockfree_core.native",
    "lockfree_core.memory",
    "lockfree_core.reclamation",
    "lockfree_core.structures",
    FACADE,
    "lockfree_core.shared_memory",
    "lockfree_core.trace",
    "lockfree_core.drive",
    "lockfree_core.check",
    "lockfree_core.bench",
    "lockfree_core.catalog",
    "lockfree_core.scenarios",
    "lockfree_core.claims",
    "app",
]
STANDARD_LIBRARY_ONLY = LAYERS[: LAYERS.index(FACADE) + 1]


def layer_of(module: str) -> str | None:
    """The layer of a dotted name: ``app`` whole, of ``lockfree_core`` the first part, the package itself a facade."""
    top, _, rest = module.partition(".")
    if top == "app":
        return "app"
    if top != FACADE:
        return None
    candidate = f"{FACADE}.{rest.partition('.')[0]}"
    return candidate if candidate in LAYERS else FACADE


def imported_modules(source: str, module: str, is_package: bool) -> Iterator[tuple[int, str]]:
    """Line and absolute name of each import, wherever in the file it stands."""
    parents = module.split(".") if is_package else module.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = parents[: len(parents) - node.level + 1] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            # What is imported from the package itself may be a layer: ``from lockfree_core import memory``.
            names = [f"{origin}.{alias.name}" if origin == FACADE else origin for alias in node.names]
            yield from ((node.lineno, name) for name in names)


def violations(source: str, module: str, is_package: bool = False) -> list[str]:
    here = layer_of(module)
    assert here is not None, f"{module} is in no layer"
    found = []
    for line, target in imported_modules(source, module, is_package):
        there = layer_of(target)
        top = target.partition(".")[0]
        if there is not None:
            if LAYERS.index(there) > LAYERS.index(here) or (here == there == FACADE and not is_package):
                found.append(f"{module}:{line} imports {target}: {here} lies below {there}")
        elif here in STANDARD_LIBRARY_ONLY and top not in sys.stdlib_module_names:
            found.append(f"{module}:{line} imports {target}: {here} imports the standard library only")
    return found


def python_modules() -> Iterator[tuple[Path, str]]:
    for package in (FACADE, "app"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield path, ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_imports_go_one_way() -> None:
    found = [
        violation
        for path, module in python_modules()
        for violation in violations(path.read_text(encoding="utf-8"), module, path.name == "__init__.py")
    ]
    assert found == []


def test_every_module_has_a_layer() -> None:
    entries = sorted((ROOT / FACADE).iterdir()) if (ROOT / FACADE).is_dir() else []
    modules = {entry.stem for entry in entries if entry.suffix == ".py" or any(entry.rglob("*.py"))}
    unplaced = {name for name in modules - {"__init__", "__main__", "__pycache__"} if f"{FACADE}.{name}" not in LAYERS}
    assert unplaced == set(), "not in LAYERS"


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("lockfree_core.memory.cells", "from lockfree_core.structures.stack import TreiberStack"),
        ("lockfree_core.memory.cells", "from ..trace import layout"),
        ("lockfree_core.memory.cells", "from lockfree_core import structures"),
        ("lockfree_core.memory.cells", "import lockfree_core"),
        ("lockfree_core.structures.stack", "from .. import TreiberStack"),
        ("lockfree_core.structures.stack", "import numpy"),
        ("lockfree_core.structures.stack", "def late():\n    import greenlet"),
        ("lockfree_core.errors", "from lockfree_core.memory import Memory"),
        ("lockfree_core.trace.fold", "import lockfree_core.drive.engine"),
        (
            "lockfree_core.trace.fold",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ..check import History",
        ),
        ("lockfree_core.catalog", "from app import settings"),
    ],
)
def test_violation_is_found(module: str, source: str) -> None:
    assert len(violations(source, module)) == 1


@pytest.mark.parametrize(
    ("module", "source", "is_package"),
    [
        ("lockfree_core", "from .structures.stack import TreiberStack\nfrom .errors import LockfreeError", True),
        (
            "lockfree_core.structures.stack",
            "import threading\nfrom ..memory import Memory\nfrom .node import Node",
            False,
        ),
        ("lockfree_core.structures", "from .stack import TreiberStack", True),
        ("lockfree_core.drive.engine", "import greenlet\nfrom lockfree_core import TreiberStack", False),
        ("lockfree_core.catalog", "from lockfree_core import check, trace", False),
        ("app.hub", "import numpy\nfrom lockfree_core.catalog import CATALOG\nfrom . import messages", False),
    ],
)
def test_allowed_imports_pass(module: str, source: str, is_package: bool) -> None:
    assert violations(source, module, is_package) == []


def test_the_library_loads_the_standard_library_only() -> None:
    program = (
        "import json, sys; before = set(sys.modules); import lockfree_core; "
        "print(json.dumps(sorted({name.partition('.')[0] for name in set(sys.modules) - before})))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL
    )
    loaded = set(json.loads(answer.stdout))
    assert loaded - sys.stdlib_module_names == {FACADE}
