"""The bodies of requests."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from app.checks import check_object, parse_json

__all__ = ["read_body"]


async def read_body(request: Request) -> dict[str, Any]:
    """The body as an object; none is an empty one. Raises FieldError for anything else."""
    text = await request.body()
    return check_object(None, parse_json(text)) if text.strip() else {}
