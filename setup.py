"""The C extension; everything else about the package stands in pyproject.toml.

It is optional: where there is no compiler, or it fails, the package is installed without it, on emulated cells.
``LOCKFREE_NATIVE=require`` makes a failure an error instead, ``LOCKFREE_NATIVE=skip`` does not try.
"""

from __future__ import annotations

import os
from pathlib import Path

from setuptools import Extension, setup

ROOT = Path(__file__).parent
FOLDER = Path("lockfree_core/native")
WISH = os.environ.get("LOCKFREE_NATIVE", "try")


def files(pattern: str) -> list[str]:
    return sorted((FOLDER / path.name).as_posix() for path in (ROOT / FOLDER).glob(pattern))


native = Extension(
    "lockfree_core.native._native",
    sources=files("*.c"),
    depends=files("*.h"),
    extra_compile_args=["-std=c11", "-O2", "-pthread", "-fvisibility=hidden"],
    extra_link_args=["-pthread"],
    optional=WISH != "require",
)

setup(ext_modules=[] if WISH == "skip" else [native])
