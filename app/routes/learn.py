"""The pages of the course."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.routes.pages import LABS
from app.services.course import CHAPTERS, Chapter, page_data
from app.templating import render
from lockfree_core.trace.layout import describe_layout

__all__ = ["router"]

router = APIRouter()


@router.get("/learn")
async def course(request: Request) -> Response:
    """The list of chapters."""
    return await _page(None)


@router.get("/learn/{chapter}")
async def show_chapter(request: Request, chapter: str) -> Response:
    """One chapter."""
    if chapter not in CHAPTERS:
        raise HTTPException(404)
    return await _page(CHAPTERS[chapter])


async def _page(chapter: Chapter | None) -> Response:
    data = page_data(chapter) | {"lab": "learn", "labs": LABS, "bootstrap": {"layout": describe_layout()}}
    return await run_in_threadpool(render, "learn.html", data)
