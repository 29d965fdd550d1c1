"""Where a result comes from: machine, interpreter, compiler, commit, and how busy it was."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from lockfree_core import __version__, native

__all__ = ["environment", "usable_cores"]

_ROOT = Path(__file__).resolve().parent.parent.parent


def environment() -> dict[str, Any]:
    """Plain data, as it is stored with every result."""
    return {
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "cpu": _cpu_model(),
        "cores": usable_cores(),
        "system": f"{platform.system()} {platform.machine()}",
        "interpreter": f"{platform.python_implementation()} {platform.python_version()}",
        "compiler": platform.python_compiler(),
        "gil": bool(getattr(sys, "_is_gil_enabled", lambda: True)()),
        "native": native.atomicity() if native.available() else native.unavailable_reason(),
        "version": __version__,
        "commit": _commit(),
        "load_average_before": _load(),
    }


def usable_cores() -> int:
    """How many this process may use, which in a container or under ``taskset`` are fewer than there are."""
    try:
        return len(os.sched_getaffinity(0))
    except (AttributeError, OSError):
        return os.cpu_count() or 1


def _load() -> list[float]:
    try:
        return [round(value, 2) for value in os.getloadavg()]
    except (AttributeError, OSError):
        return []


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def _commit() -> str:
    """The commit, with ``+`` where the tree differs from it; ``unknown`` outside a checkout."""
    if not (_ROOT / ".git").exists():
        return "unknown"
    git = ["git", "-c", "safe.directory=*", "-C", str(_ROOT)]
    try:
        commit, state = (
            subprocess.run([*git, *arguments], capture_output=True, text=True, check=True, timeout=10).stdout.strip()
            for arguments in (("rev-parse", "HEAD"), ("status", "--porcelain"))
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return commit + ("+" if state else "")
