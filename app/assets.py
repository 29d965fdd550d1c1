"""Where pages and scripts lie: beside the package in a wheel, one level up in an editable install."""

from __future__ import annotations

from pathlib import Path

__all__ = ["asset_folder"]

_PACKAGE = Path(__file__).resolve().parent


def asset_folder(name: str) -> Path:
    """The folder ``static`` or ``templates``.

    Raises:
        FileNotFoundError: naming both places where it was looked for.
    """
    places = (_PACKAGE / name, _PACKAGE.parent / name)
    for place in places:
        if place.is_dir():
            return place
    raise FileNotFoundError(f"no folder {name}: looked in {places[0]} and {places[1]}; install the package again")
