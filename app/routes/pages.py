"""The pages."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.settings import Settings
from app.templating import render
from app.version import version
from lockfree_core.catalog import CATALOG
from lockfree_core.drive.knobs import describe_knobs
from lockfree_core.trace.layout import describe_layout

__all__ = ["router"]

router = APIRouter()


@router.get("/")
async def home(request: Request) -> Response:
    """The first lab."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"/watch{query}", 303)


@router.get("/watch")
async def watch(request: Request) -> Response:
    """The Watch page with all that it needs to start."""
    context = {"version": version(), "role": request.scope["role"], "bootstrap": bootstrap(request)}
    return await run_in_threadpool(render, "watch.html", context)


def bootstrap(request: Request) -> dict[str, Any]:
    """What the page's scripts are told: the catalog, the knobs, the layout, who looks, and the link for viewers."""
    settings: Settings = request.app.state.settings
    role = request.scope["role"]
    link = f"{request.url.scheme}://{request.headers['host']}/view/{settings.viewer_token}"
    return {
        "structures": [entry.describe() for entry in CATALOG.values()],
        "knobs": describe_knobs(),
        "layout": describe_layout(),
        "role": role,
        "version": version(),
        "viewer_link": link if role == "presenter" else None,
    }
