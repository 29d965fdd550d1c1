"""From the server's start to its printed address, and to the first page with all that it loads."""

from __future__ import annotations

import http.cookiejar
import re
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

from tests.bench.report import Target, environment, print_table, spread, write_result
from tests.serving import Server, running_server

__all__ = ["measure"]

ROUNDS: Final = 9
TARGET_S: Final = 1.0

_ASSET = re.compile(r"<(?:script|link)[^>]*?(?:src|href)=\"([^\"]+\.(?:js|css))\"")


def _fetch(server: Server) -> tuple[float, int]:
    """Fetch the page through the printed link, then every script and sheet that it names; when, and how many."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    with opener.open(server.launch_url) as answer:
        address, page = answer.geturl(), answer.read().decode()
    assets = sorted({urljoin(address, found) for found in _ASSET.findall(page)})
    assert assets, "the page names no script"
    for asset in assets:
        with opener.open(asset) as answer:
            assert answer.read()
    return time.perf_counter(), 1 + len(assets)


def _sample() -> tuple[float, float, int]:
    """Seconds until the address is printed, until the page is fetched, and how many files that is."""
    command = [sys.executable, "-m", "app", "serve", "--port", "0", "--no-browser"]
    with tempfile.TemporaryDirectory() as home:
        began = time.perf_counter()
        with running_server(command, home=Path(home)) as server:
            printed = time.perf_counter()
            fetched, files = _fetch(server)
    return printed - began, fetched - began, files


def measure() -> Path:
    """Each sample is a server of its own; the first one, with cold caches, counts as well."""
    before = environment()
    printed, fetched, files = (list(column) for column in zip(*(_sample() for _ in range(ROUNDS)), strict=True))
    results = {"address printed": spread(printed), "first page fetched": spread(fetched)}
    print_table(
        f"Start of the server, seconds (median of {ROUNDS}; {files[0]} files)",
        ["until", "median", "min", "max"],
        [[until, row["median"], row["min"], row["max"]] for until, row in results.items()],
    )
    targets = [Target.at_most(f"seconds, {until}", TARGET_S, row["median"]) for until, row in results.items()]
    return write_result("startup", before, targets, {"unit": "s", "files": files[0], "results": results})
