"""What may lie in the repository: its own files, readable in size, that hold on every machine."""

from __future__ import annotations

import os
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from tests.serving import ROOT

TOP_LEVEL = {
    ".ci",
    ".gitignore",
    "LICENSE",
    "Makefile",
    "README.md",
    "app",
    "constraints.txt",
    "docs",
    "lockfree_core",
    "pyproject.toml",
    "setup.py",
    "static",
    "templates",
    "tests",
}
VENDORS = (Path("static/vendor"), Path("tests/browser/vendor"))
MOST_LINES = 500

# Written in two halves, so that this file does not hold what it looks for.
DOWNLOAD_HOSTS = ["files." + "pythonhosted.org", "registry." + "npmjs.org", "registry." + "yarnpkg.com"]
DOWNLOAD = re.compile(
    "|".join(
        [
            *map(re.escape, DOWNLOAD_HOSTS),
            re.escape("pypi.org/" + "simple"),
            r"https?://[^\s\"'<>]+\.(?:whl|tgz|tar\.gz)\b",
        ]
    )
)


@cache
def tree() -> tuple[Path, ...]:
    """Files that git tracks or would track, relative to the root."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listing = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"needs a git checkout: {error}")
    names = {Path(os.fsdecode(name)) for name in listing.stdout.split(b"\0") if name}
    return tuple(sorted(name for name in names if (ROOT / name).is_file()))


def own_text() -> dict[Path, str]:
    return {
        name: (ROOT / name).read_text(encoding="utf-8", errors="replace")
        for name in tree()
        if not any(name.is_relative_to(folder) for folder in VENDORS)
    }


def machine_paths(text: str, roots: list[Path]) -> list[str]:
    """Absolute paths under one of the roots; a root of one part (``/app``) says too little to be looked for."""
    long_enough = [re.escape(str(root)) for root in roots if len(root.parts) > 2]
    return re.findall(rf"(?<![\w.-])(?:{'|'.join(long_enough)})\b", text) if long_enough else []


def test_only_known_entries_at_the_top() -> None:
    assert {name.parts[0] for name in tree()} - TOP_LEVEL == set()


def test_no_paths_of_this_machine() -> None:
    found = {str(name): paths for name, text in own_text().items() if (paths := machine_paths(text, [ROOT]))}
    assert found == {}


def test_no_download_addresses() -> None:
    found = {str(name): match[0] for name, text in own_text().items() if (match := DOWNLOAD.search(text))}
    assert found == {}


def test_files_are_short() -> None:
    lengths = {
        str(name): text.count("\n") for name, text in own_text().items() if name.suffix in (".py", ".js", ".c", ".h")
    }
    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


def test_checks_find_what_they_look_for() -> None:
    assert machine_paths('open("/srv/checkout/x.txt")', [Path("/srv/checkout")]) == ["/srv/checkout"]
    assert machine_paths("see docs/srv/checkouts", [Path("/srv/checkout"), Path("/app")]) == []
    assert DOWNLOAD.search(f"https://{DOWNLOAD_HOSTS[0]}/packages/x")
    assert DOWNLOAD.search("https://example.org/x-1.0" + ".tar.gz")
