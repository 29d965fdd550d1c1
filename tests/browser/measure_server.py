"""The real server with one thing made up: its samples (``quick_sample``), so that a run takes a second."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from app import cli, main
from app.services.bench import Bench

SAMPLE = Path(__file__).with_name("quick_sample.py")


class QuickBench(Bench):
    """Takes its samples from the file beside this one."""

    def __init__(self, place: Path | None = None, command: Sequence[str] | None = None) -> None:
        super().__init__(place, ("-I", "-S", str(SAMPLE)))


if __name__ == "__main__":
    vars(main)["Bench"] = QuickBench
    sys.exit(cli.main(["serve", "--no-browser", *sys.argv[1:]]))
