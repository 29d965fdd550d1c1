"""A C compiler for the tests that need one, and what it takes to build the sources of the extension with it."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Final

import pytest

from tests.serving import ROOT

__all__ = ["INCLUDES", "SOURCES", "STRICT", "compiler", "run"]

SOURCES: Final = ROOT / "lockfree_core" / "native"
STRICT: Final = ("-std=c11", "-O2", "-fPIC", "-pthread", "-Wall", "-Wextra", "-Wpedantic", "-Werror")
LIMIT_S: Final = 400.0
INCLUDES: Final = ("-isystem", sysconfig.get_path("include"))


def compiler() -> list[str]:
    """The command of a C compiler; the test is skipped where there is none."""
    for command in (os.environ.get("CC", ""), "cc", "gcc", "clang"):
        words = shlex.split(command)
        if words and shutil.which(words[0]):
            return words
    pytest.skip("no C compiler on this machine")


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end; output and exit status are the caller's to judge."""
    return subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=LIMIT_S, env={**os.environ, **environment},
    )  # fmt: skip
