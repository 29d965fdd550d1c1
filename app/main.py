"""The application: settings in, an ASGI application out. No state of its own; each call makes a new one."""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from app.assets import asset_folder
from app.checks import FieldError
from app.routes import api, bench, claims, learn, pages, websockets
from app.security import Guard, error_response, is_page
from app.services.bench import Bench
from app.services.errors import Refusal
from app.services.runs import Runs
from app.settings import Settings
from app.templating import message_page
from app.version import version
from lockfree_core.errors import KnobError, StoreError

if TYPE_CHECKING:
    from app.hub import CutOff

__all__ = ["Application", "create_app"]

# Some systems map these otherwise, and a module of another type is not run.
for _ending, _type in {".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml",
                       ".woff2": "font/woff2", ".json": "application/json"}.items():  # fmt: skip
    mimetypes.add_type(_type, _ending)


class _Assets(StaticFiles):
    """Static files that a browser asks about each time: after an upgrade nobody sees an old script."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["cache-control"] = "no-cache"
        return response

    async def get_response(self, path: str, scope: Scope) -> Response:
        if "\0" in path:
            raise HTTPException(404)
        return await super().get_response(path, scope)


class Application(Guard):
    """The guard with the application behind it, and what whoever stops the server must end by force."""

    def __init__(self, app: FastAPI, settings: Settings, runs: Runs, bench: Bench) -> None:
        super().__init__(app, settings)
        self.runs = runs
        self.bench = bench

    def release(self) -> None:
        """Answer whoever waits for news: the server is being stopped."""
        self.bench.release()

    def kill(self) -> None:
        """End every engine and every sample, whatever happens."""
        self.runs.kill()
        self.bench.kill()


def create_app(settings: Settings, cut_off: CutOff | None = None) -> Application:
    """The web application, behind its guard: nothing answers before that has looked.

    Args:
        settings: checked settings; the port must be the one that is listened on.
        cut_off: drops the connection at once, by its client's address. A connection whose peer does not read cannot be
            closed in good order; without this it stays until the peer or the system gives up.
    """
    runs, measuring = Runs(settings), Bench(Path(settings.data) / "bench.sqlite3" if settings.data else None)
    app = FastAPI(title="Lockfree Lab", version=version(), docs_url=None, redoc_url=None, openapi_url=None,
                  lifespan=_lifespan(runs, measuring), redirect_slashes=False)  # fmt: skip
    app.state.settings = settings
    app.state.runs = runs
    app.state.bench = measuring
    app.state.cut_off = cut_off
    app.state.viewers = 0  # WebSockets that are open, whether or not they have joined
    for module in (pages, claims, learn, api, bench, websockets):
        app.include_router(module.router)
    app.mount("/static", _Assets(directory=asset_folder("static")), name="static")
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(FieldError, _on_field_error)
    app.add_exception_handler(KnobError, _on_knob_error)
    app.add_exception_handler(Refusal, _on_refusal)
    app.add_exception_handler(StoreError, _on_store_error)
    app.add_exception_handler(Exception, _on_bug)
    return Application(app, settings, runs, measuring)


def _lifespan(runs: Runs, measuring: Bench) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        runs.open()
        try:
            yield
        finally:
            await asyncio.gather(runs.close(), measuring.close())

    return lifespan


def _answer(request: Request, status: int, message: str, field: str | None = None) -> Response:
    if is_page(request.url.path):
        return message_page(status, "Not found" if status == 404 else "This did not work", message)
    return error_response(status, message, field)


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    messages = {404: "There is nothing at this address.", 405: "This address does not take this kind of request."}
    return _answer(request, error.status_code, messages.get(error.status_code, "The request was refused."))


async def _on_field_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, FieldError)
    return error_response(422, error.reason if error.field else f"the body {error.reason}", error.field)


async def _on_knob_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, KnobError)
    return error_response(422, error.reason, error.field)


async def _on_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return error_response(error.status, str(error), error.field)


async def _on_store_error(request: Request, error: Exception) -> Response:
    return _answer(request, 503, f"{error}.")


async def _on_bug(request: Request, error: Exception) -> Response:
    return _answer(request, 500, "The server made a mistake; its terminal says more.")
