"""What watching costs: the same operations traced and untraced, both measured now, one after the other."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from app.messages import Command
from app.services.errors import Refusal
from app.services.run import Run, Spec

__all__ = ["SECONDS", "measure"]

SECONDS: Final = 0.5

_LIMIT_S: Final = 30.0
_SCRIPT: Final = Path(__file__).resolve().parent.parent / "untraced.py"
_ROOT: Final = _SCRIPT.parent.parent
_HISTORY: Final = 16 << 20

_measuring = asyncio.Lock()


async def measure(run: Run, python: str | None) -> dict[str, Any]:
    """Measure the run's first structure with its threads, mix, backoff and seed, but nothing that slows it on purpose.

    Raises:
        Refusal: while another measurement is under way, or when one of the two does not come off.
    """
    if _measuring.locked():
        raise Refusal(409, "the cost of watching is being measured; wait until that is done")
    knobs = run.spec.knobs.changed({"speed": 0, "think_ms": 0, "gap_share": 0})
    spec = replace(run.spec, knobs=knobs, duel=False, hold=False)
    async with _measuring, _paused(run):
        traced = await _traced(spec, python)
        untraced = await _untraced(spec, python)
    return {
        "structure": spec.entry.key,
        "threads": knobs.threads,
        "seconds": SECONDS,
        "traced": round(traced),
        "untraced": round(untraced),
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


async def _traced(spec: Spec, python: str | None) -> float:
    probe = Run(spec, python, _HISTORY)
    try:
        await probe.start(spec)
        before, began = probe.sides[0].operations(), time.monotonic()
        await asyncio.sleep(SECONDS)
        return (probe.sides[0].operations() - before) / (time.monotonic() - began)
    finally:
        await probe.stop("the measurement is over")


async def _untraced(spec: Spec, python: str | None) -> float:
    task = {
        "factory": spec.entry.factory,
        "operations": [asdict(operation) for operation in spec.entry.operations],
        "knobs": spec.knobs.as_dict(),
        "seed": spec.seed,
        "seconds": SECONDS,
    }
    environment = {**os.environ, "PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    process = await asyncio.create_subprocess_exec(
        python or sys.executable, str(_SCRIPT), env=environment,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(_LIMIT_S):
            output, errors = await process.communicate(json.dumps(task).encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        last = (errors.decode("utf-8", "replace").strip().splitlines() or ["no message"])[-1]
        raise Refusal(503, f"the untraced measurement failed: {last}")
    result = json.loads(output)
    return float(result["operations"]) / float(result["seconds"])
