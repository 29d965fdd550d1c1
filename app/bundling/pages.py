"""What the pages' tags lead to: all modules of a page as one script, all its style sheets as one.

Authors write modules, 130 of them for a lab; to ask for each of them takes a browser longer than everything else that
it does with a page. What is handed out is made when a page is first asked for, kept while no file that it was made of
changes, and has an address that says what is in it: a browser need not ask twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.assets import asset_folder
from app.bundling.bundle import bundle
from app.bundling.stylesheet import sheet_path, style_sheet

__all__ = ["FOLDER", "Served", "find", "script_address", "sheet_address"]

FOLDER: Final = "/static/bundles"
"""Where they are, beside ``js`` and ``css``, so that relative addresses in them hold."""


@dataclass(frozen=True, slots=True)
class Served:
    """Something that a page's tag leads to."""

    name: str
    media_type: str
    text: str
    source_map: Callable[[], str] | None
    stamps: tuple[tuple[Path, int], ...]

    @property
    def address(self) -> str:
        """Where it is."""
        return f"{FOLDER}/{self.name}"

    def is_current(self) -> bool:
        """Whether nothing that it was made of has changed since."""
        return all(_stamp(path) == stamp for path, stamp in self.stamps)


_made: dict[tuple[str, ...], Served] = {}


def script_address(entry: str) -> str:
    """Where the script is that does what the module ``entry`` of ``static/js`` would do."""
    return _current((entry,), _script).address


def sheet_address(names: Sequence[str]) -> str:
    """Where these sheets of ``static/css`` are as one, in order."""
    return _current(tuple(f"{name}.css" for name in names), _sheet).address


def find(name: str) -> Served | None:
    """What a page was told to ask for under this name, since the server started."""
    return next((each for each in list(_made.values()) if each.name == name), None)


def _current(names: tuple[str, ...], make: Callable[[tuple[str, ...]], Served]) -> Served:
    made = _made.get(names)
    if made is None or not made.is_current():
        made = _made[names] = make(names)
    return made


def _script(names: tuple[str, ...]) -> Served:
    folder, (entry,) = asset_folder("static") / "js", names
    made = bundle(folder, entry, as_module=True)
    name = _name(entry, made.text)
    text = f"{made.text}\n//# sourceMappingURL={name}.map\n"
    return Served(
        name, "text/javascript", text, lambda: made.map("../js"), _stamps(folder / each for each in made.modules)
    )


def _sheet(names: tuple[str, ...]) -> Served:
    sheets = [name.removesuffix(".css") for name in names]
    text = style_sheet(sheets)
    return Served(_name("page.css", text), "text/css", text, None, _stamps(map(sheet_path, sheets)))


def _name(last: str, text: str) -> str:
    path = Path(last)
    return f"{path.stem}-{hashlib.sha256(text.encode()).hexdigest()[:16]}{path.suffix}"


def _stamps(paths: Iterable[Path]) -> tuple[tuple[Path, int], ...]:
    return tuple((path, _stamp(path)) for path in paths)


def _stamp(path: Path) -> int:
    """When it was changed last; 0 for what is there no more."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
