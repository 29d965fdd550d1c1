"""The runs that come with the package: what the project's own machine said, for one on which nothing was measured yet.

Each is what ``lockfree-lab bench --json`` wrote, with its environment.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Final

from lockfree_core.bench.results import Run

__all__ = ["REFERENCES", "reference_run"]

REFERENCES: Final = ("classic", "interpreters", "kernels", "memory", "processes", "races")

_FOLDER: Final = Path(__file__).resolve().parent / "reference"


@cache
def reference_run(preset: str) -> Run:
    """The run of a preset.

    Raises:
        KeyError: when none comes with the package.
    """
    if preset not in REFERENCES:
        raise KeyError(preset)
    return Run.from_dict(json.loads((_FOLDER / f"{preset}.json").read_text(encoding="utf-8")))
