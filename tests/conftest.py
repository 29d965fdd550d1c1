from __future__ import annotations

import os
import random
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.serving import ROOT, Server, running_server, serving_files

SEED = int(os.environ.get("LOCKFREE_TEST_SEED", "20251"))
IN_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")

# How long an example takes says how busy the machine is, and nothing of what is tested.
settings.register_profile(
    "dev", derandomize=True, print_blob=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("ci", settings.get_profile("dev"), max_examples=200)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if IN_CI else "dev"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="write the golden files anew instead of comparing with them"
    )


def pytest_report_header() -> str:
    return f"seed: {SEED} (LOCKFREE_TEST_SEED), CI: {IN_CI}, chromium: {_find_chromium() or 'none'}"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last: Playwright leaves its event loop set on the main thread, where other tests run their own."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    random.seed(SEED)


@pytest.fixture(scope="session")
def seed() -> int:
    """The number every pseudo-random choice of a test starts from; printed in the header of the run."""
    return SEED


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compares a text with a file that was looked through by a person; ``--update-golden`` writes the file."""

    def check(path: Path, text: str) -> None:
        if request.config.getoption("update_golden"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.is_file(), (
            f"{path.name} does not exist: pytest --update-golden makes it; read it before you commit it"
        )
        assert text == path.read_text(encoding="utf-8"), "pytest --update-golden, if the new text is the right one"

    return check


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """A Chromium of the system. Without one browser tests are skipped, except in CI, where they fail."""
    found = _find_chromium()
    if found is None:
        reason = "no Chromium on this machine: install the package chromium to run the browser tests"
        if IN_CI:
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="session")
def static_url() -> Iterator[str]:
    """The repository's ``static/`` served as ``<static_url>/static/…``, without the application."""
    with serving_files(ROOT / "static") as url:
        yield url


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The real server, one for the whole run."""
    command = [sys.executable, "-m", "app", "serve", "--port", "0", "--no-browser"]
    with running_server(command, home=_home(tmp_path_factory)) as running:
        yield running


def _home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


def _find_chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for path in map(shutil.which, names) if path), None)
