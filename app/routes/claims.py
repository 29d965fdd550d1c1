"""The page of the claims."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from app.routes.pages import LABS, ROOMS
from app.services.claims import claims_page
from app.templating import render

__all__ = ["router"]

router = APIRouter()


@router.get("/measure/claims")
async def claims(request: Request) -> Response:
    """Every claim of the article, judged when asked."""
    place = request.app.state.bench.place
    return await run_in_threadpool(lambda: render("claims.html", claims_page(place) | {
        "lab": "measure", "labs": LABS, "rooms": ROOMS, "room": "claims",
    }))  # fmt: skip
