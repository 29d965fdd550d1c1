from __future__ import annotations

import pytest

from lockfree_core import native


@pytest.fixture
def extension() -> None:
    """The test needs the C extension; without it, it is skipped, and the reason is shown."""
    if not native.available():
        pytest.skip(f"no native core: {native.unavailable_reason()}")
