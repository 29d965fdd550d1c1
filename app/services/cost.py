"""What watching costs: the same operations traced and untraced, both measured now, one after the other."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from app.messages import Command
from app.services.errors import Refusal
from app.services.run import Run
from lockfree_core.drive.cost import SECONDS
from lockfree_core.drive.plan import make_plan

__all__ = ["measure"]

_LIMIT_S: Final = 60.0
_ROOT: Final = Path(__file__).resolve().parent.parent.parent

_measuring = asyncio.Lock()


async def measure(run: Run, python: str | None) -> dict[str, Any]:
    """Measure the run's first structure with its threads, mix, backoff and seed, but nothing that slows it on purpose.

    Raises:
        Refusal: while another measurement is under way, or when one of the two does not come off.
    """
    if _measuring.locked():
        raise Refusal(409, "the cost of watching is being measured; wait until that is done")
    entry, knobs = run.spec.entry, run.spec.knobs
    operations = [asdict(operation) for operation in entry.operations]
    plan = make_plan(entry.factory, operations, knobs.as_dict(), run.spec.seed, processes=entry.processes)
    async with _measuring, _paused(run):
        result = await _measure(plan, python)
    return {
        "structure": entry.key,
        "threads": knobs.threads,
        "seconds": SECONDS,
        "traced": round(result["traced"]),
        "untraced": round(result["untraced"]),
    }


@asynccontextmanager
async def _paused(run: Run) -> AsyncIterator[None]:
    """The run does not compete for the processor meanwhile."""
    was_running = run.state == "running"
    if was_running:
        await run.control(Command(None, "pause"))
    try:
        yield
    finally:
        if was_running:
            with contextlib.suppress(Refusal):
                await run.control(Command(None, "resume"))


async def _measure(plan: dict[str, Any], python: str | None) -> dict[str, float]:
    """In a process of its own, on the interpreter that engines run on."""
    environment = {**os.environ, "PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    process = await asyncio.create_subprocess_exec(
        python or sys.executable, "-m", "lockfree_core.drive.cost", env=environment,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(_LIMIT_S):
            output, errors = await process.communicate(json.dumps(plan).encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        last = (errors.decode("utf-8", "replace").strip().splitlines() or ["no message"])[-1]
        raise Refusal(503, f"the cost could not be measured: {last}")
    result: dict[str, float] = json.loads(output)
    return result
