"""What is installed is what is in the tree: a wheel serves the pages and assets that the tree serves."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urldefrag, urljoin, urlsplit

import httpx
import pytest

from tests.serving import ROOT, Server, running_server

PACKAGES = ("lockfree_core", "app")
ASSETS = ("static", "templates")
SOURCES = ("pyproject.toml", "setup.py", "README.md", "LICENSE", *PACKAGES, *ASSETS)
RESOURCE_TAGS = {"script": "src", "link": "href", "img": "src", "source": "src", "iframe": "src", "use": "href"}

STATIC_IMPORT = re.compile(r"""^\s*(?:import|export)\b(?:[^;'"()]*?\bfrom)?\s*["']([^"']+)["']""", re.MULTILINE)
DYNAMIC_IMPORT = re.compile(r"""\bimport\(\s*["']([^"']+)["']|\bnew URL\(\s*["']([^"']+)["']\s*,\s*import\.meta\.url""")
CSS_REFERENCE = re.compile(r"""url\(\s*["']?([^"')]+)["']?\s*\)|@import\s+["']([^"']+)["']""")


def test_every_package_is_named() -> None:
    named = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    present = {
        ".".join(path.parent.relative_to(ROOT).parts) for package in PACKAGES for path in (ROOT / package).rglob("*.py")
    }
    assert named == present | {"app.static", "app.templates"}, "tool.setuptools.packages in pyproject.toml"


def test_wheel_holds_every_file(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    expected = {name for package in PACKAGES for name in _files(package, ".py")}
    expected |= {f"app/{name}" for folder in ASSETS for name in _files(folder)}
    assert expected - held == set()
    assert "lockfree_core/py.typed" in held
    assert {name.partition("/")[0] for name in held if ".dist-info/" not in name} == set(PACKAGES)
    licences = {name.partition(".dist-info/licenses/")[2] for name in held} - {""}
    assert licences == {"LICENSE", *(name for name in _files("static/vendor") if name.endswith("/LICENSE"))}


def test_wheel_is_what_the_clean_environment_imports(clean_environment: Path, tmp_path: Path) -> None:
    program = "import app, lockfree_core; print(app.__file__); print(lockfree_core.__file__)"
    answer = subprocess.run(
        [clean_environment / "bin" / "python", "-I", "-c", program],
        cwd=tmp_path, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    for line in answer.stdout.splitlines():
        assert Path(line).is_relative_to(clean_environment)


def test_wheel_and_tree_serve_the_same(clean_environment: Path, server: Server, tmp_path: Path) -> None:
    command: list[str | Path] = [clean_environment / "bin" / "lockfree-lab", "serve", "--port", "0", "--no-browser"]
    with running_server(command, home=tmp_path, env={"PYTHONPATH": ""}) as installed:
        from_wheel = crawl(installed)
    assert from_wheel == crawl(server)
    assert {"text/html", "text/css", "text/javascript"} <= set(from_wheel.values())


def test_references_are_found() -> None:
    page = '<link href="a.css"><script type=module src="/m.js"></script><a href="/docs#x">d</a><img src="data:,">'
    module = 'import "./x.js";\nimport { a,\n b } from "./y.js";\nexport * from "../z.js";\nawait import("/w.js");'
    style = '@import "n.css"; a { background: url(p.svg) }'
    assert set(references("http://h/", "text/html", page)) == {"http://h/a.css", "http://h/m.js", "http://h/docs"}
    assert set(references("http://h/s/m.js", "text/javascript", module)) == {
        "http://h/s/x.js", "http://h/s/y.js", "http://h/z.js", "http://h/w.js",
    }  # fmt: skip
    assert set(references("http://h/s/a.css", "text/css", style)) == {"http://h/s/n.css", "http://h/s/p.svg"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of the sources: a build in the tree leaves folders that the next one would pick up."""
    base = tmp_path_factory.mktemp("wheel")
    tree = base / "tree"
    tree.mkdir()
    for source in SOURCES:
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, tree / source, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / source, tree)
    _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", base / "dist", tree)
    (built,) = (base / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def clean_environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new virtual environment with the wheel; it borrows the dependencies, but not the editable install, of this one.

    The directory is added by a ``.pth`` file, and ``.pth`` files inside of it (the editable install's) are not read.
    """
    environment = tmp_path_factory.mktemp("clean") / "venv"
    venv.create(environment, symlinks=True)
    python = environment / "bin" / "python"
    _run(sys.executable, "-m", "pip", "--quiet", "--python", python, "install", "--no-deps", "--no-index", wheel)
    (site_packages,) = environment.glob("lib/python*/site-packages")
    (site_packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return environment


def crawl(server: Server) -> dict[str, str]:
    """Path and media type of all that the first page leads to, by link, script, style or import; each answers 200."""
    seen: dict[str, str] = {}
    with httpx.Client(follow_redirects=True, timeout=30) as client:
        client.get(server.launch_url).raise_for_status()
        waiting = [server.base_url + "/"]
        while waiting:
            url = waiting.pop()
            path = urlsplit(url).path
            if path in seen:
                continue
            answer = client.get(url)
            assert answer.status_code == 200, f"{url}: {answer.status_code}"
            kind = answer.headers.get("content-type", "").partition(";")[0].replace("application/java", "text/java")
            seen[path] = kind
            if "/vendor/" not in path:
                waiting += references(url, kind, answer.text)
    return seen


def references(url: str, kind: str, text: str) -> Iterator[str]:
    """What a page, a style sheet or a module refers to on the same server."""
    if kind == "text/html":
        parser = _References()
        parser.feed(text)
        found = parser.found
    elif kind == "text/javascript":
        found = [*STATIC_IMPORT.findall(text), *("".join(groups) for groups in DYNAMIC_IMPORT.findall(text))]
    elif kind == "text/css":
        found = ["".join(groups) for groups in CSS_REFERENCE.findall(text)]
    else:
        found = []
    for reference in found:
        target = urldefrag(urljoin(url, reference)).url
        if urlsplit(target)[:2] == urlsplit(url)[:2]:
            yield target


class _References(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        name = "href" if tag == "a" and "download" not in values else RESOURCE_TAGS.get(tag)
        value = values.get(name) if name else None
        if value:
            self.found.append(value)


def _files(folder: str, suffix: str = "") -> set[str]:
    return {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / folder).rglob(f"*{suffix}")
        if path.is_file() and "__pycache__" not in path.parts
    }


def _run(*command: str | Path) -> None:
    answer = subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    )
    assert answer.returncode == 0, f"{' '.join(map(str, command))}:\n{answer.stdout}"
