"""The pages."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.bundling.pages import FOLDER, find
from app.services.bench import Bench
from app.services.bench_plan import describe
from app.settings import Settings
from app.templating import render
from app.version import version
from lockfree_core.catalog import CATALOG
from lockfree_core.drive.knobs import describe_knobs
from lockfree_core.errors import StoreError
from lockfree_core.native import unavailable_reason
from lockfree_core.scenarios.puzzles import describe_puzzles
from lockfree_core.scenarios.registry import SCENARIOS
from lockfree_core.trace.layout import describe_layout

__all__ = ["LABS", "router"]

router = APIRouter()

#: The labs that exist, in the order of their tabs.
LABS: Final = (("watch", "Watch"), ("step", "Step"), ("measure", "Measure"), ("learn", "Learn"))

#: The rooms of Measure: key, title, address.
ROOMS: Final = (
    ("run", "Run", "/measure"),
    ("history", "History", "/measure/history"),
    ("claims", "Claims", "/measure/claims"),
)

_WAIT_S: Final = 0.5  # for a history that is in use: nothing of the page stands before


#: The address says what is in it.
_FOR_EVER: Final = "public, max-age=31536000, immutable"


@router.get("/")
async def home(request: Request) -> Response:
    """The first lab."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"/watch{query}", 303)


@router.get(f"{FOLDER}/{{name}}")
async def bundled(name: str) -> Response:
    """A page's script or style sheet; with ``.map`` after a script's name, its source map."""
    served = find(name.removesuffix(".map"))
    if served is None:
        raise HTTPException(404)
    if not name.endswith(".map"):
        return Response(served.text, media_type=served.media_type, headers={"cache-control": _FOR_EVER})
    if served.source_map is None:
        raise HTTPException(404)
    return Response(await run_in_threadpool(served.source_map), media_type="application/json")


@router.get("/watch")
async def watch(request: Request) -> Response:
    """The Watch page with all that it needs to start."""
    return await run_in_threadpool(_page, request, "watch", {"knobs": describe_knobs()})


@router.get("/step")
async def step(request: Request) -> Response:
    """The Step page: its scripts read the rest of the address."""
    scenarios = [scenario.describe() for scenario in SCENARIOS.values()]
    return await run_in_threadpool(_page, request, "step", {"scenarios": scenarios, "puzzles": describe_puzzles()})


@router.get("/measure")
async def measure(request: Request) -> Response:
    """Choose, run, and see the run that goes on or the last one."""
    return await _measure(request, "run", "run")


@router.get("/measure/runs/{run}")
async def one_run(request: Request, run: str) -> Response:
    """One run; whether there is such a one its scripts find out."""
    return await _measure(request, "one", "history", {"run": run})


@router.get("/measure/history")
async def history(request: Request) -> Response:
    """Every run that is kept, so that the list stands at once."""
    return await _measure(request, "history", "history", {"kept": await run_in_threadpool(_kept, request)})


def _kept(request: Request) -> dict[str, Any] | None:
    """None where the history cannot be read at once: its scripts ask, and say why."""
    bench: Bench = request.app.state.bench
    try:
        return {"runs": bench.summaries(wait_s=_WAIT_S), "place": str(bench.place)}
    except StoreError:
        return None


@router.get("/measure/compare")
async def comparison(request: Request) -> Response:
    """Runs beside each other: the address says which."""
    return await _measure(request, "compare", "history")


async def _measure(request: Request, view: str, room: str, more: dict[str, Any] | None = None) -> Response:
    data = {"view": view, "bench": describe(str(request.app.state.bench.place))} | (more or {})
    context = {"view": view, "room": room, "rooms": ROOMS}
    return await run_in_threadpool(_page, request, "measure", data, context)


def _page(request: Request, lab: str, more: dict[str, Any], further: dict[str, Any] | None = None) -> Response:
    data = bootstrap(request, lab) | more
    context = {"version": version(), "role": request.scope["role"], "lab": lab, "labs": LABS, "bootstrap": data}
    return render(f"{lab}.html", context | (further or {}))


def bootstrap(request: Request, lab: str) -> dict[str, Any]:
    """What the scripts of every lab are told: its structures, the layout, who looks, and the link for viewers."""
    settings: Settings = request.app.state.settings
    role = request.scope["role"]
    link = f"{request.url.scheme}://{request.headers['host']}/view/{settings.viewer_token}"
    return {
        "structures": [entry.describe() for entry in CATALOG.values() if lab in entry.labs],
        "layout": describe_layout(),
        "role": role,
        "version": version(),
        "native_missing": unavailable_reason(),
        "viewer_link": link if role == "presenter" else None,
    }
