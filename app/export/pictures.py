"""The charts of a run as files: CSV always, SVG and PNG where Kaleido and a Chrome or Chromium are there.

Kaleido draws in a browser of its own with the plotly.js that the plotly package carries: nothing comes from a network.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from app.services.figures import figure
from lockfree_core.bench.chart_model import Chart
from lockfree_core.errors import StoreError

__all__ = ["PicturesError", "write_charts"]

_SIZE: Final = {"width": 960, "height": 480}
_SCALE: Final = 2  # of a PNG: readable on a page and on a slide
_LIMIT_S: Final = 60.0  # of one picture


class PicturesError(StoreError):
    """There can be no pictures here; the message says what to install. The tables have been written."""


def write_charts(charts: Sequence[Chart], folder: Path, theme: str = "light") -> list[Path]:
    """Write ``KEY.csv``, ``KEY.svg`` and ``KEY.png`` for each chart; what was written.

    Raises:
        StoreError: when the folder cannot be written.
        PicturesError: when there can be no pictures; the CSVs are there all the same.
    """
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for chart in charts:
            written.append(_put(folder / f"{chart.key}.csv", chart.as_csv().encode()))
        if charts:
            drawn = draw([(chart.key, figure(chart, theme)) for chart in charts])
            written += [_put(folder / name, content) for name, content in drawn]
    except OSError as error:
        raise StoreError(f"{folder} cannot be written: {error.strerror or error}") from error
    return written


def _put(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def draw(figures: Iterable[tuple[str, dict[str, Any]]]) -> list[tuple[str, bytes]]:
    """Name and content of an SVG and a PNG for each figure. Raises PicturesError."""
    try:
        import kaleido
        from choreographer.errors import ChromeNotFoundError
    except ImportError:
        raise PicturesError(
            "pictures (SVG, PNG) need Kaleido, which is not installed: pip install 'lockfree-lab[pictures]'. "
            "The tables of the charts (CSV) are there"
        ) from None
    try:
        return asyncio.run(_draw(kaleido, list(figures)))
    except ChromeNotFoundError:
        raise PicturesError(
            "pictures (SVG, PNG) need a Chrome or Chromium, and none was found: install one (Debian and Ubuntu: "
            "apt-get install chromium), or name it in BROWSER_PATH. The tables of the charts (CSV) are there"
        ) from None
    except Exception as error:  # whatever goes wrong in somebody else's browser
        place, reason = os.environ.get("BROWSER_PATH", "the browser"), str(next(iter(error.args), "")).rstrip(".")
        raise PicturesError(
            f"pictures (SVG, PNG) could not be drawn in {place}: {type(error).__name__}: {reason}. "
            "The tables of the charts (CSV) are there"
        ) from error


async def _draw(kaleido: Any, figures: Sequence[tuple[str, dict[str, Any]]]) -> list[tuple[str, bytes]]:
    import plotly

    script = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    page = kaleido.PageGenerator(plotly=script.as_uri(), mathjax=False)  # which would come from a network
    found = []
    async with kaleido.Kaleido(n=1, timeout=_LIMIT_S, page_generator=page) as browser:
        for name, one in figures:
            size = _SIZE | {"height": one["layout"].get("height", _SIZE["height"])}
            for ending, scale in (("svg", 1), ("png", _SCALE)):
                content = await browser.calc_fig(one, opts={"format": ending, "scale": scale, **size})
                found.append((f"{name}.{ending}", content if isinstance(content, bytes) else content.encode()))
    return found
