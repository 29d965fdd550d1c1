"""The real server with two things made up, so that a run takes a second and a disk fills up when a test says so.

Its samples are those of ``quick_sample``. Its history waits a moment only for somebody else's lock, and while a file
``full`` lies in the working folder it cannot grow, which SQLite tells as it tells a full disk.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from app import cli, main
from app.services.bench import Bench
from lockfree_core.bench import store

SAMPLE = Path(__file__).with_name("quick_sample.py")


class QuickBench(Bench):
    """Takes its samples from the file beside this one."""

    def __init__(self, place: Path | None = None, command: Sequence[str] | None = None) -> None:
        super().__init__(place, ("-I", "-S", str(SAMPLE)))


def connect(path: Path, timeout: float = 5.0, **options: Any) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=min(timeout, 0.1), **options)
    if Path("full").exists():
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
    return connection


if __name__ == "__main__":
    vars(store)["sqlite3"] = SimpleNamespace(**vars(sqlite3) | {"connect": connect})
    vars(main)["Bench"] = QuickBench
    sys.exit(cli.main(["serve", "--no-browser", *sys.argv[1:]]))
