"""HTML documents with everything in them: no address in them leads anywhere, and their policy forbids to ask."""

from __future__ import annotations

import base64
import gzip
import hashlib
from collections.abc import Iterable
from pathlib import Path

from app.assets import asset_folder

__all__ = ["boot_script", "icon_address", "pack", "policy"]


def policy(scripts: Iterable[str], styles: Iterable[str], images: str = "data:") -> str:
    """The content security policy of a document in which exactly these scripts and styles may stand.

    Args:
        images: where its pictures come from; charts that hand out pictures of themselves need ``blob:`` as well.
    """
    allowed = [f"script-src {_sources(scripts)}", f"style-src {_sources(styles)}"]
    return "; ".join(["default-src 'none'", *allowed, f"img-src {images}", "base-uri 'none'", "form-action 'none'"])


def _sources(texts: Iterable[str]) -> str:
    digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts]
    return " ".join(f"'sha256-{digest}'" for digest in digests)


def pack(text: str) -> str:
    """Compressed, and as text again; the same for the same text."""
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()


def boot_script() -> str:
    """The script that sets the theme before the first paint."""
    return _static("js/boot.js")


def icon_address() -> str:
    """The icon as an address that holds it."""
    return "data:image/svg+xml;base64," + base64.b64encode(_static("favicon.svg").encode()).decode()


def _static(name: str) -> str:
    path: Path = asset_folder("static") / name
    return path.read_text(encoding="utf-8")
