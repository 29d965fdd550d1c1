"""What the page hands out as files, and that it can take them in again."""

from __future__ import annotations

import csv
import io
import json
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Download, Page, expect

from lockfree_core.trace.layout import RECORD_BYTES, describe_layout
from tests.browser.conftest import OpenPage
from tests.browser.test_transport import MOUNT, ROUND
from tests.browser.views_kit import open_kit
from tests.serving import Server, wait_until
from tests.web.client import LIMIT_S, Visitor

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOMENT = r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d"


@pytest.fixture
def bar(static_page: Page) -> Page:
    """The transport with thirty records received, the view held in the middle."""
    open_kit(static_page, ("transport", "dialogs"))
    static_page.evaluate(MOUNT)
    for number in range(3):
        static_page.evaluate(ROUND, number)
    static_page.evaluate("kit.context.playback.seek(12)")
    expect(static_page.locator(".place-number")).to_have_text("13 of 30")
    return static_page


def export(page: Page, item: str) -> Download:
    page.get_by_role("button", name="Export ▾").click()
    with page.expect_download() as found:
        page.get_by_role("menuitem", name=item).click()
    return found.value


def read_recording(file: bytes) -> tuple[dict[str, Any], bytes]:
    assert file[:8] == b"LFLTRACE"
    (length,) = struct.unpack_from("<I", file, 8)
    return json.loads(file[12 : 12 + length]), file[12 + length :]


def test_a_recording_is_made_in_the_page_while_the_view_is_held(bar: Page) -> None:
    counters = "kit.counters({ time: 3e9, lanes: [{ losses: 3 }], totals: { operations: 6 } })"
    bar.evaluate(f"kit.context.emit('counters', {counters})")
    bar.evaluate("kit.context.emit('account', { type: 'account', reason: 'pause', in: 6, lost: 0, balanced: true })")
    download = export(bar, "Recording")
    assert re.fullmatch(rf"lockfree-lab_treiber-stack_seed42_{MOMENT}\.lflt", download.suggested_filename)
    header, records = read_recording(Path(download.path()).read_bytes())
    assert header["version"] == 1
    assert header["layout"] == describe_layout()
    assert (header["first"], header["count"]) == (0, 30)
    assert len(records) == 30 * RECORD_BYTES
    assert header["run"]["structure"] == "treiber-stack" and header["run"]["seed"] == 42
    assert header["names"]["operations"][1]["name"] == "pop"
    assert header["counters"]["totals"]["operations"] == 6
    assert header["account"]["balanced"] is True
    assert bar.evaluate("kit.context.playback.position") == 12, "the view has not moved"


def test_the_size_is_said_before(bar: Page) -> None:
    bar.get_by_role("button", name="Export ▾").click()
    item = bar.get_by_role("menuitem", name="Recording")
    said = re.search(r"about (\d+) kB", item.inner_text())
    assert said is not None
    with bar.expect_download() as found:
        item.click()
    size = Path(found.value.path()).stat().st_size
    assert abs(int(said[1]) * 1000 - size) < 4000


def test_a_saved_recording_opens_again_and_shows_the_same(bar: Page) -> None:
    download = export(bar, "Recording")
    with bar.expect_file_chooser() as chooser:
        bar.evaluate("import('/static/js/drop-files.js').then(({ pickFile }) => { kit.picked = pickFile(); })")
    chooser.value.set_files(download.path())
    states = bar.evaluate("""async () => {
        const { decodeRecording } = await import("/static/js/recording.js");
        const { Model } = await import("/static/js/model.js");
        const file = await kit.picked;
        const model = new Model(kit.layout);
        model.load(decodeRecording(await file.arrayBuffer()));
        const plain = (state) => JSON.stringify({
            cells: [...state.cells], counts: state.counts,
            lanes: state.lanes.map((lane) => ({ ...lane, locals: [...lane.locals] })),
        });
        const both = [model.timeline, kit.context.timeline];
        return [5, 12, 29].map((position) => both.map((timeline) => plain(timeline.seek(position))));
    }""")
    for loaded, original in states:
        assert loaded == original


def test_a_cancelled_picker_is_no_file(bar: Page) -> None:
    picked = bar.evaluate("""async () => {
        const { pickFile } = await import("/static/js/drop-files.js");
        const picking = pickFile();
        document.querySelector("input[type=file]").dispatchEvent(new Event("cancel"));
        return picking;
    }""")
    assert picked is None
    assert bar.locator("input[type=file]").count() == 0


def test_a_file_dropped_on_the_page_is_taken(bar: Page) -> None:
    found = bar.evaluate("""async () => {
        const { installDrop } = await import("/static/js/drop-files.js");
        const taken = [];
        const end = installDrop((file) => taken.push(file.name));
        const drag = (name) => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File(["x"], "run.lflt"));
            const event = new DragEvent(name, { dataTransfer, bubbles: true, cancelable: true });
            document.body.dispatchEvent(event);
            return event.defaultPrevented;
        };
        const over = drag("dragover");
        const said = document.querySelector(".drop-scrim").textContent;
        const dropped = drag("drop");
        const left = document.querySelectorAll(".drop-scrim").length;
        end();
        drag("drop");
        return { over, said, dropped, left, taken };
    }""")
    assert found == {
        "over": True,
        "said": "Drop the recording to open it",
        "dropped": True,
        "left": 0,
        "taken": ["run.lflt"],
    }


def test_the_stage_as_a_picture_of_its_own(bar: Page) -> None:
    bar.evaluate("""async () => {
        const { createScene } = await import("/static/js/scenes/index.js");
        const stage = document.createElement("div");
        stage.style.cssText = "position:fixed;left:0;top:0;width:700px;height:420px";
        document.body.append(stage);
        kit.context.entry = {
            key: "treiber-stack", scene: "stack", variant: "lock-free", operations: [], title: "Treiber stack",
        };
        kit.context.colour = (lane) => `--t${lane % 8}`;
        kit.context.scene = createScene(stage, kit.context);
        kit.context.scene.render(kit.last);
        await kit.settled();
    }""")
    download = export(bar, "Stage: SVG")
    assert re.fullmatch(rf"lockfree-lab_treiber-stack_seed42_stage_{MOMENT}\.svg", download.suggested_filename)
    text = Path(download.path()).read_text()
    picture = ElementTree.fromstring(text)
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    assert "head" in "".join(picture.itertext())
    assert "var(--" not in text, "it must look the same without the page's style sheet"


def test_nothing_can_be_exported_before_the_first_record(static_page: Page) -> None:
    open_kit(static_page, ("transport",))
    static_page.evaluate(MOUNT)
    static_page.get_by_role("button", name="Export ▾").click()
    for name in ("Stage: SVG", "Recording"):
        expect(static_page.get_by_role("menuitem", name=name)).to_be_disabled()


def test_a_duel_offers_both_sides(static_page: Page) -> None:
    open_kit(static_page, ("transport",))
    static_page.evaluate(MOUNT)
    labels = static_page.evaluate("""async () => {
        const { exportItems } = await import("/static/js/exports.js");
        const other = { ...kit.context, entry: { key: "locked-stack", variant: "mutex" } };
        return exportItems([kit.context, other]).map((item) => item.label);
    }""")
    assert labels == [
        "Chart: PNG, SVG, CSV …",
        "Stage, lock-free: SVG",
        "Stage, mutex: SVG",
        "Recording, lock-free",
        "Recording, mutex",
    ]


def test_a_failure_to_record_is_said(bar: Page) -> None:
    bar.evaluate("""async () => {
        const { saveRecording } = await import("/static/js/exports.js");
        Object.defineProperty(kit.context.timeline, "unbrokenFrom", { get: () => 1e9 });
        saveRecording(kit.context);
    }""")
    expect(bar.locator(".toast.bad")).to_contain_text("The recording was not saved: there are no records")


@pytest.mark.parametrize(
    ("run", "part", "name"),
    [
        ({"structure": "treiber-stack", "seed": 42}, "", "lockfree-lab_treiber-stack_seed42_2026-11-23T20-31-05.lflt"),
        (
            {"structure": "my/../structure", "seed": 0},
            "chart",
            "lockfree-lab_my-..-structure_seed0_chart_2026-11-23T20-31-05.lflt",
        ),
        (None, "", "lockfree-lab_2026-11-23T20-31-05.lflt"),
    ],
)
def test_file_names(static_page: Page, run: object, part: str, name: str) -> None:
    made = static_page.evaluate(
        """([run, part]) => import("/static/js/downloads.js")
            .then(({ fileName }) => fileName(run, "lflt", part, new Date(2026, 10, 23, 20, 31, 5)))""",
        [run, part],
    )
    assert made == name


# Against the real server, with its content security policy.


@pytest.fixture(scope="module")
def run(server: Server) -> Iterator[dict[str, Any]]:
    """A real run that has counted for a while."""
    visitor = Visitor(server.base_url, server.token)
    made = visitor.start("treiber-stack", seed=42, knobs={"threads": 2, "speed": 500})
    figures = f"/api/runs/{made['id']}/chart.csv"
    wait_until(lambda: len(visitor.http.get(figures).text.splitlines()) > 4, LIMIT_S, "figures of the run")
    yield made
    assert visitor.http.delete(f"/api/runs/{made['id']}").is_success
    visitor.close()


@pytest.fixture
def chart(open_page: OpenPage, server: Server, run: dict[str, Any]) -> Page:
    """The chart dialog of that run, with every curve drawn."""
    page = open_page()
    page.request.get(server.launch_url)
    page.goto(f"{server.base_url}/watch?run={run['id']}")
    open_dialog = "import('/static/js/chart-dialog.js').then(({ openChartDialog }) => void openChartDialog(run))"
    page.evaluate(f"(run) => {open_dialog}", run)
    expect(page.locator(".exact-chart .trace.scatter").nth(3)).to_be_attached()
    return page


def save(page: Page, kind: str) -> Download:
    with page.expect_download() as found:
        page.get_by_role("button", name=kind, exact=True).click()
    return found.value


def test_the_chart_is_drawn_under_the_servers_policy_and_offers_no_cloud(chart: Page) -> None:
    titles = chart.locator(".modebar-btn").evaluate_all("(buttons) => buttons.map((button) => button.dataset.title)")
    assert titles and not any("cloud" in title.lower() or "chart studio" in title.lower() for title in titles)
    assert chart.locator(".modebar-btn--logo").count() == 0


def test_the_chart_as_png(chart: Page) -> None:
    download = save(chart, "PNG")
    assert re.fullmatch(rf"lockfree-lab_treiber-stack_seed42_chart_{MOMENT}\.png", download.suggested_filename)
    picture = Path(download.path()).read_bytes()
    assert picture.startswith(PNG_SIGNATURE)
    assert struct.unpack_from(">II", picture, 16) == (2400, 1600), "twice the pixels of 1200 by 800"


def test_the_chart_as_svg(chart: Page) -> None:
    picture = ElementTree.fromstring(Path(save(chart, "SVG").path()).read_text())
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    assert "operations/s" in "".join(picture.itertext())


def test_the_chart_as_csv(chart: Page) -> None:
    download = save(chart, "CSV")
    assert download.suggested_filename.endswith(".csv")
    rows = list(csv.reader(io.StringIO(Path(download.path()).read_text())))
    assert rows[0][:6] == ["side", "structure", "time_s", "operations_per_s", "records_per_s", "retry_rate"]
    assert len(rows) > 4
    assert all(len(row) == len(rows[0]) for row in rows)
    times = [float(row[2]) for row in rows[1:]]
    assert times == sorted(times)


@pytest.mark.allow_console_errors("404")
def test_a_chart_of_a_run_that_is_gone_says_so(open_page: OpenPage, server: Server) -> None:
    page = open_page()
    page.request.get(server.launch_url)
    page.goto(f"{server.base_url}/api/health")
    page.evaluate("""import('/static/js/chart-dialog.js')
        .then(({ openChartDialog }) => void openChartDialog({ id: "gone", structure: "treiber-stack", seed: 1 }))""")
    alert = page.locator(".dialog [role=alert]")
    expect(alert).to_contain_text("No chart: ")
    expect(page.locator(".exact-chart .main-svg")).to_have_count(0)
