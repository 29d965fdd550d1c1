"""The version of the installed distribution, read where it is needed and not at import."""

from __future__ import annotations

from functools import cache

__all__ = ["version"]


@cache
def version() -> str:
    """The version, from the distribution's metadata; ``unknown`` where the tree was never installed."""
    from importlib import metadata

    try:
        return metadata.version("lockfree-lab")
    except metadata.PackageNotFoundError:
        return "unknown"
