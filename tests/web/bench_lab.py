"""The application in this process with a bench of its own, for tests of what it measures and keeps."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import httpx

from app.main import create_app
from app.security import cookie_name
from app.services.bench import Bench
from app.settings import Settings

SETTINGS = Settings(port=8123)
BASE = f"http://127.0.0.1:{SETTINGS.port}"
LIMIT_S = 60.0

QUICK = ("-S", "-c", "import json; print(json.dumps({'ok': True, 'ops_per_s': 5e6, 'peak_kb': 2048}))")
"""A sample that answers at once."""

ENDLESS = ("-S", "-c", "import time; time.sleep(600)")
"""One that answers only when it is ended."""

TINY = {"preset": "classic", "structures": ["counter"], "threads": [2], "rounds": 2}


class Lab:
    """A visitor of an application that nobody else sees."""

    def __init__(self, place: Path, command: Sequence[str] = QUICK) -> None:
        self.bench = Bench(place, command)
        self.app = create_app(SETTINGS)
        self.app.bench = self.app._app.state.bench = self.bench  # type: ignore[attr-defined]
        self.token = SETTINGS.presenter_token
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        self.client = httpx.AsyncClient(transport=transport, base_url=BASE, timeout=LIMIT_S)

    async def ask(self, method: str, path: str, body: object = None, token: str | None = None) -> httpx.Response:
        """One request; a body that is no bytes goes as JSON."""
        headers = {"Origin": BASE, "Content-Type": "application/json",
                   "Cookie": f"{cookie_name(SETTINGS)}={token or self.token}"}  # fmt: skip
        content = body if isinstance(body, bytes) or body is None else json.dumps(body)
        return await self.client.request(method, f"/api/bench{path}", headers=headers, content=content)

    async def get(self, path: str = "") -> Any:
        """What a good request gives."""
        answer = await self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def start(self, **fields: Any) -> dict[str, Any]:
        """Start a job."""
        return await self.start_body(TINY | fields)

    async def start_body(self, body: dict[str, Any]) -> dict[str, Any]:
        """Start the job that this very body asks for."""
        answer = await self.ask("POST", "/job", body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json()["job"])

    async def until(self, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The job once it is so, told by long polls alone."""
        job = (await self.get("/job"))["job"]
        async with asyncio.timeout(LIMIT_S):
            while not condition(job):
                job = (await self.get(f"/job?after={job['version']}"))["job"]
        return dict(job)

    async def measured(self, **fields: Any) -> str:
        """A run that has been measured; its id."""
        return await self.measured_body(TINY | fields)

    async def measured_body(self, body: dict[str, Any]) -> str:
        """Likewise, of the job that this very body asks for."""
        await self.start_body(body)
        return str((await self.until(lambda job: job["state"] == "ended"))["id"])


def in_lab(scenario: Callable[[Lab], Awaitable[None]], place: Path, command: Sequence[str] = QUICK) -> None:
    """Run a scenario; nothing is left running after it."""

    async def run() -> None:
        lab = Lab(place, command)
        try:
            await scenario(lab)
        finally:
            await lab.bench.close()
            await lab.client.aclose()

    asyncio.run(run())
