"""Third-party scripts lie in the repository whole and unchanged, each with its version, licence and hash."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.serving import ROOT

FOLDERS = (ROOT / "static" / "vendor", ROOT / "tests" / "browser" / "vendor")
MANIFEST = "vendor.json"


def entries_of(folder: Path) -> list[dict[str, str]]:
    entries: list[dict[str, str]] = json.loads((folder / MANIFEST).read_text())["files"]
    return entries


ENTRIES = [(folder, entry) for folder in FOLDERS for entry in entries_of(folder)]


def differences(folder: Path, entries: list[dict[str, Any]]) -> list[str]:
    """What a folder of third-party files and its list disagree on."""
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {MANIFEST}
    listed = {entry["path"]: entry["sha256"] for entry in entries}
    changed = (
        path
        for path in present & listed.keys()
        if hashlib.sha256((folder / path).read_bytes()).hexdigest() != listed[path]
    )
    return [
        *(f"{path}: not listed" for path in sorted(present - listed.keys())),
        *(f"{path}: missing" for path in sorted(listed.keys() - present)),
        *(f"{path}: changed" for path in sorted(changed)),
    ]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_files_are_those_listed(folder: Path) -> None:
    assert differences(folder, entries_of(folder)) == []


@pytest.mark.parametrize(("folder", "entry"), ENTRIES, ids=[entry["path"] for _, entry in ENTRIES])
def test_each_entry_is_complete(folder: Path, entry: dict[str, str]) -> None:
    assert set(entry) == {"path", "package", "version", "licence", "sha256"}
    assert all(entry.values())
    assert (folder / entry["path"]).with_name("LICENSE").is_file()


def test_difference_is_found(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "changed.js").write_text("two")
    (tmp_path / "lib" / "unlisted.js").write_text("")
    entries = [
        {"path": "lib/changed.js", "sha256": hashlib.sha256(b"one").hexdigest()},
        {"path": "lib/missing.js", "sha256": ""},
    ]
    assert differences(tmp_path, entries) == [
        "lib/unlisted.js: not listed",
        "lib/missing.js: missing",
        "lib/changed.js: changed",
    ]
