"""``lockfree-lab site``: all scenarios as files for any static host."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

__all__ = ["add_site_arguments", "site_command"]


def add_site_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="is made where it is missing")


def site_command(options: argparse.Namespace) -> int:
    """Build, and name each file with its size."""
    from app.export.site import build_site

    try:
        for path in build_site(options.folder):
            print(f"{path.stat().st_size / 1000:6.0f} kB  {path}")
    except OSError as error:
        print(f"lockfree-lab: {options.folder} cannot be written to: {error.strerror or error}.", file=sys.stderr)
        return 2
    return 0
