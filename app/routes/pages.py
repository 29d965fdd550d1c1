"""The pages."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.settings import Settings
from app.templating import render
from app.version import version
from lockfree_core.catalog import CATALOG
from lockfree_core.drive.knobs import describe_knobs
from lockfree_core.native import unavailable_reason
from lockfree_core.scenarios.puzzles import describe_puzzles
from lockfree_core.scenarios.registry import SCENARIOS
from lockfree_core.trace.layout import describe_layout

__all__ = ["LABS", "router"]

router = APIRouter()

#: The labs that exist, in the order of their tabs.
LABS: Final = (("watch", "Watch"), ("step", "Step"), ("learn", "Learn"))


@router.get("/")
async def home(request: Request) -> Response:
    """The first lab."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"/watch{query}", 303)


@router.get("/watch")
async def watch(request: Request) -> Response:
    """The Watch page with all that it needs to start."""
    return await run_in_threadpool(_page, request, "watch", {"knobs": describe_knobs()})


@router.get("/step")
async def step(request: Request) -> Response:
    """The Step page: its scripts read the rest of the address."""
    scenarios = [scenario.describe() for scenario in SCENARIOS.values()]
    return await run_in_threadpool(_page, request, "step", {"scenarios": scenarios, "puzzles": describe_puzzles()})


def _page(request: Request, lab: str, more: dict[str, Any]) -> Response:
    data = bootstrap(request, lab) | more
    context = {"version": version(), "role": request.scope["role"], "lab": lab, "labs": LABS, "bootstrap": data}
    return render(f"{lab}.html", context)


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
