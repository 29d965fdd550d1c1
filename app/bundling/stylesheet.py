"""Style sheets as one, without comments and indentation."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from app.assets import asset_folder

__all__ = ["sheet_path", "style_sheet"]

_TOKEN = re.compile(r"/\*.*?\*/|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|\s+", re.DOTALL)


def style_sheet(names: Iterable[str]) -> str:
    """These sheets of ``static/css``, in order."""
    return "\n".join(_shortened(sheet_path(name).read_text(encoding="utf-8")) for name in names)


def sheet_path(name: str) -> Path:
    """The file of a sheet."""
    return asset_folder("static") / "css" / f"{name}.css"


def _shortened(text: str) -> str:
    return _TOKEN.sub(_shorter, text).strip()


def _shorter(match: re.Match[str]) -> str:
    found = match[0]
    if found.startswith("/*"):
        return ""
    return "\n" if "\n" in found else found if found[0] in "\"'" else " "
