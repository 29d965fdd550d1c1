"""The source of a structure, highlighted, a line at a time."""

from __future__ import annotations

import ast
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lockfree_core.catalog import Entry

__all__ = ["highlight"]


def highlight(entry: Entry) -> dict[str, Any]:
    """The module that holds the algorithm, and in ``files`` that one and all others that belong to it."""
    files = [_highlight(module) for module in dict.fromkeys((entry.source, *entry.sources))]
    return {**files[0], "files": files}


@cache
def _highlight(module: str) -> dict[str, Any]:
    """A module: its file as sites name it, a line of HTML each, and where its parts lie."""
    from pygments import highlight as pygments_highlight
    from pygments.formatters.html import HtmlFormatter
    from pygments.lexers.python import PythonLexer

    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"no source of {module}; install the package again")
    text = Path(spec.origin).read_text(encoding="utf-8")
    html = pygments_highlight(text, PythonLexer(stripnl=False, ensurenl=False), HtmlFormatter(nowrap=True))
    return {
        "file": module.replace(".", "/") + ".py",
        "lines": [{"number": number, "html": line} for number, line in enumerate(html.rstrip("\n").split("\n"), 1)],
        "functions": _functions(text),
    }


def _functions(text: str) -> list[dict[str, Any]]:
    """Every function and class with its lines, in their order."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            kind = "class" if isinstance(node, ast.ClassDef) else "function"
            found.append({"name": node.name, "kind": kind, "first": node.lineno, "last": node.end_lineno})
    return sorted(found, key=lambda part: part["first"])
