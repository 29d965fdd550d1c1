"""The HTTP interface; ``docs/protocol.md`` lists it."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.checks import check_keys, check_option
from app.messages import FROM_BROWSER, check_command
from app.routes.body import read_body
from app.services import chart, cost, sharing, source, stepping
from app.services.errors import Refusal
from app.services.run import Run
from app.services.runs import Runs
from app.version import version
from lockfree_core.catalog import CATALOG, Entry
from lockfree_core.drive.knobs import describe_knobs

__all__ = ["router"]

router = APIRouter(prefix="/api")

CONTROL_LIMIT_S = 5.0


def _runs(request: Request) -> Runs:
    runs: Runs = request.app.state.runs
    return runs


def _find_structure(key: str) -> Entry:
    if key not in CATALOG:
        raise Refusal(404, f"must be one of {', '.join(CATALOG)}", "structure")
    return CATALOG[key]


@router.get("/health")
async def health(request: Request) -> Response:
    """That the server is up."""
    runs = _runs(request)
    return JSONResponse({"version": version(), "uptime": round(time.monotonic() - runs.began, 3), "runs": len(runs)})


@router.get("/structures")
async def structures() -> Response:
    """The catalog."""
    return JSONResponse({"structures": [entry.describe() for entry in CATALOG.values()]})


@router.get("/structures/{key}/source")
async def structure_source(key: str) -> Response:
    """The algorithm, highlighted."""
    return JSONResponse(await run_in_threadpool(source.highlight, _find_structure(key)))


@router.get("/step")
async def run_step(request: Request) -> Response:
    """An execution under a schedule."""
    return JSONResponse(await run_in_threadpool(stepping.step, dict(request.query_params)))


@router.get("/step/export")
async def export_step(request: Request) -> Response:
    """The same execution as one HTML file that plays by itself."""
    name, html = await run_in_threadpool(sharing.export, dict(request.query_params))
    headers = {"content-disposition": f'attachment; filename="lockfree-lab-{name}.html"'}
    return Response(html, media_type="text/html; charset=utf-8", headers=headers)


@router.get("/knobs")
async def knobs() -> Response:
    """Knobs, defaults, presets."""
    return JSONResponse(describe_knobs())


@router.get("/runs")
async def list_runs(request: Request) -> Response:
    """The runs."""
    return JSONResponse({"runs": [run.describe() for run in _runs(request)]})


@router.post("/runs")
async def start_run(request: Request) -> Response:
    """Start a run."""
    run = await _runs(request).start(await read_body(request))
    return JSONResponse(run.describe(), 201)


@router.get("/runs/{run}")
async def show_run(request: Request, run: str) -> Response:
    """One run."""
    return JSONResponse(_runs(request).find(run).describe())


@router.delete("/runs/{run}")
async def stop_run(request: Request, run: str) -> Response:
    """Stop a run and forget it."""
    await _runs(request).stop(run)
    return Response(status_code=204)


@router.post("/runs/{run}/restart")
async def restart_run(request: Request, run: str) -> Response:
    """A new generation."""
    return JSONResponse((await _runs(request).restart(run, await read_body(request))).describe())


@router.patch("/runs/{run}/knobs")
async def set_knobs(request: Request, run: str) -> Response:
    """Set some knobs."""
    found = _runs(request).find(run)
    return await _within_limit(found, found.set_knobs(await read_body(request)))


@router.post("/runs/{run}/control")
async def control(request: Request, run: str) -> Response:
    """One command."""
    found = _runs(request).find(run)
    body = await read_body(request)
    check_keys(body, [name for name in FROM_BROWSER["command"] if name != "id"], ("action",))
    return await _within_limit(found, found.control(check_command(body)))


async def _within_limit(run: Run, work: Any) -> Response:
    """The run once the command has taken effect, or with status 202 when that takes long (a freeze at a position)."""
    try:
        async with asyncio.timeout(CONTROL_LIMIT_S):
            await work
    except TimeoutError:
        return JSONResponse(run.describe(), 202)
    return JSONResponse(run.describe())


@router.post("/runs/{run}/cost")
async def measure_cost(request: Request, run: str) -> Response:
    """What watching costs."""
    found = _runs(request).find(run)
    check_keys(await read_body(request), ())
    return JSONResponse(await cost.measure(found, request.app.state.settings.python))


@router.get("/runs/{run}/chart")
async def show_chart(request: Request, run: str) -> Response:
    """A Plotly figure."""
    found = _runs(request).find(run)
    theme = check_option("theme", request.query_params.get("theme", "light"), ("light", "dark"))
    figure = await run_in_threadpool(chart.figure, chart.series(found), theme)
    return Response(figure, media_type="application/json")


@router.get("/runs/{run}/chart.csv")
async def show_chart_csv(request: Request, run: str) -> Response:
    """The same as CSV."""
    found = _runs(request).find(run)
    headers = {"content-disposition": f'attachment; filename="lockfree-lab-{found.id}.csv"'}
    return Response(chart.csv_text(chart.series(found)), media_type="text/csv; charset=utf-8", headers=headers)
