"""Third-party scripts lie in the repository whole and unchanged, each with its version, licence and hash."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.serving import ROOT

VENDOR = ROOT / "static" / "vendor"
MANIFEST = VENDOR / "vendor.json"
ENTRIES: list[dict[str, str]] = json.loads(MANIFEST.read_text())["files"]


def differences(folder: Path, entries: list[dict[str, Any]]) -> list[str]:
    """What a folder of third-party files and its list disagree on."""
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {MANIFEST.name}
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


def test_files_are_those_listed() -> None:
    assert differences(VENDOR, ENTRIES) == []


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["path"])
def test_each_entry_is_complete(entry: dict[str, str]) -> None:
    assert set(entry) == {"path", "package", "version", "licence", "sha256"}
    assert all(entry.values())
    assert (VENDOR / entry["path"]).with_name("LICENSE").is_file()


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
