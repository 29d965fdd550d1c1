"""Charts as files, drawn by a real browser; and what is said where there is none."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import pytest

from app.export.pictures import PicturesError, write_charts
from lockfree_core.bench.chart_model import Chart
from lockfree_core.bench.charts import charts
from lockfree_core.errors import StoreError
from tests.core.bench.bench_kit import around, case, made


@pytest.fixture
def chart() -> Chart:
    return charts(made(case("stack/mutex", around(1e6)), case("stack/native", around(3e6))))[0]


@pytest.mark.browser
def test_a_chart_as_csv_svg_and_png(
    chart: Chart, tmp_path: Path, chromium_path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROWSER_PATH", chromium_path)
    written = write_charts([chart], tmp_path / "charts", "dark")
    assert [path.name for path in written] == [f"{chart.key}.{ending}" for ending in ("csv", "svg", "png")]
    svg, png = written[1].read_text(), written[2].read_bytes()
    assert svg.startswith("<svg") and "native" in svg and "#151a21" in svg or "rgb(21, 26, 33)" in svg
    assert png.startswith(b"\x89PNG") and struct.unpack(">II", png[16:24])[0] == 1920


def test_without_kaleido(chart: Chart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kaleido", None)
    with pytest.raises(PicturesError, match=r"pip install 'lockfree-lab\[pictures\]'"):
        write_charts([chart], tmp_path)
    assert [path.suffix for path in tmp_path.iterdir()] == [".csv"]


@pytest.mark.parametrize("place", ["/no/such/browser", "/bin/false"])
def test_without_a_browser(chart: Chart, tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROWSER_PATH", place)
    with pytest.raises(PicturesError, match="pictures"):
        write_charts([chart], tmp_path)
    assert [path.suffix for path in tmp_path.iterdir()] == [".csv"]


def test_a_folder_that_cannot_be_made(chart: Chart, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="cannot be written"):
        write_charts([chart], tmp_path / "file" / "charts")
