"""Measuring over HTTP; ``docs/protocol.md`` lists it under Bench."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.checks import FieldError, check_option, check_whole
from app.routes.body import read_body
from app.services import bench_plan, bench_views
from app.services.bench import Bench
from app.services.bench_again import again
from app.services.figures import THEMES
from lockfree_core.errors import ResultError

__all__ = ["router"]

router = APIRouter(prefix="/api/bench")

_MOST_COMPARED = 8


def _bench(request: Request) -> Bench:
    bench: Bench = request.app.state.bench
    return bench


def _theme(request: Request) -> str:
    return check_option("theme", request.query_params.get("theme", "light"), THEMES)


@router.get("")
async def describe(request: Request) -> Response:
    """What can be measured."""
    return JSONResponse(bench_plan.describe(str(_bench(request).place)))


@router.get("/interpreters")
async def interpreters(request: Request) -> Response:
    """The interpreters that there are."""
    # To ask them starts a process for each: whoever only looks on gets what is known.
    again = "refresh" in request.query_params and request.scope["role"] == "presenter"
    return JSONResponse(await _bench(request).describe_interpreters(again))


@router.get("/job")
async def show_job(request: Request) -> Response:
    """The job, or the last one; with ``after`` once it has changed, or is another one than ``job``."""
    given = request.query_params.get("after")
    after = None if given is None else check_whole("after", int(given) if given.isdecimal() else given, 0, 2**53)
    job = await _bench(request).wait(after, request.query_params.get("job"))
    return JSONResponse({"job": await run_in_threadpool(job.describe) if job is not None else None})


@router.post("/job")
async def start_job(request: Request) -> Response:
    """Start to measure."""
    job = await _bench(request).start(await read_body(request))
    return JSONResponse({"job": job.describe()}, 201)


@router.delete("/job")
async def cancel_job(request: Request) -> Response:
    """End it; what there is is kept."""
    job = await _bench(request).cancel()
    return JSONResponse({"job": job.describe()})


@router.get("/runs")
async def list_runs(request: Request) -> Response:
    """The history."""
    bench = _bench(request)
    found = await run_in_threadpool(bench.summaries, request.query_params.get("words", ""))
    return JSONResponse({"runs": found, "place": str(bench.place)})


@router.post("/runs")
async def import_run(request: Request) -> Response:
    """A run from a result file."""
    text = await request.body()
    return JSONResponse({"id": await run_in_threadpool(_bench(request).add, text)}, 201)


@router.get("/runs/{run}")
async def show_run(request: Request, run: str) -> Response:
    """All that there is to see of one."""
    return JSONResponse(await run_in_threadpool(_view, _bench(request), run, _theme(request)))


def _view(bench: Bench, run: str, theme: str) -> dict[str, Any]:
    found, is_running = bench.find(run)
    return bench_views.view(found, theme, is_running) | {"again": None if is_running else again(found)}


@router.patch("/runs/{run}")
async def change_run(request: Request, run: str) -> Response:
    """Its name or note."""
    found = await run_in_threadpool(_bench(request).change, run, await read_body(request))
    return JSONResponse({"run": found.summary()})


@router.delete("/runs/{run}")
async def delete_run(request: Request, run: str) -> Response:
    """Forget it."""
    await run_in_threadpool(_bench(request).delete, run)
    return Response(status_code=204)


@router.get("/runs/{run}/export")
async def export_run(request: Request, run: str) -> Response:
    """As a file."""
    name = check_option("format", request.query_params.get("format", "json"), bench_views.FORMATS)
    text = await run_in_threadpool(_export, _bench(request), run, name)
    ending, kind = bench_views.FORMATS[name]
    headers = {"content-disposition": f'attachment; filename="lockfree-lab-bench-{run}.{ending}"'}
    return Response(text, media_type=kind, headers=headers)


def _export(bench: Bench, run: str, format: str) -> str:
    found, _ = bench.find(run)
    try:
        return bench_views.export(found, format)
    except ResultError as error:
        raise FieldError("format", f"{format} cannot be had: {error}") from None


@router.get("/compare")
async def compare_runs(request: Request) -> Response:
    """Two runs or more against the first."""
    ids = list(dict.fromkeys(part for part in request.query_params.get("runs", "").split(",") if part))
    if not 2 <= len(ids) <= _MOST_COMPARED:
        raise FieldError("runs", f"takes two to {_MOST_COMPARED} different ids, separated by commas; got {len(ids)}")
    is_all = request.query_params.get("all", "") not in ("", "0")
    return JSONResponse(await run_in_threadpool(_compare, _bench(request), ids, _theme(request), is_all))


def _compare(bench: Bench, ids: list[str], theme: str, is_all: bool) -> dict[str, Any]:
    return bench_views.compare(bench.several(ids), theme, is_all)
