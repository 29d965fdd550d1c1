from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.core.engine_kit import MEMORIES, World, make_world
from tests.core.structures.containers import QUEUES, STACKS


@pytest.fixture(params=MEMORIES)
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    with make_world(request.param) as made:
        yield made


@pytest.fixture(params=[*STACKS, *QUEUES])
def key(request: pytest.FixtureRequest) -> str:
    return str(request.param)
