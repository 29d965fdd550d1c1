"""The lanes on a page of their own: what is drawn where, what pointing and keys do, what they say."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.views_kit import open_kit

MOUNT = """async ({ width, height }) => {
    const { createLanes } = await import("/static/js/lanes.js");
    const root = document.getElementById("root");
    root.style.cssText = `position:fixed;left:0;top:0;width:${width}px;height:${height}px`;
    kit.view = createLanes(root, kit.context);
    kit.canvas = document.querySelector("canvas");
    kit.pixel = (x, y) => {
        const ratio = devicePixelRatio;
        return [...kit.canvas.getContext("2d").getImageData(Math.round(x * ratio), Math.round(y * ratio), 1, 1).data];
    };
    kit.x = (microseconds) => {
        const { from, span } = kit.view.axis;
        return ((microseconds * 1000 - from) / span) * kit.canvas.clientWidth;
    };
    kit.place = (microseconds, lane) => {
        const box = kit.canvas.getBoundingClientRect();
        const label = document.querySelectorAll(".lanes-label")[lane].getBoundingClientRect();
        return { x: box.left + kit.x(microseconds), y: label.top + label.height / 2 };
    };
    kit.show = async (changes) => {
        kit.view.render(kit.frame(changes));
        await kit.settled();
    };
}"""

# One lost and one won CAS on T1, an injected delay in between; T2 waits for a lock; T3 is frozen for good.
STORY = """kit.push([
    [1e6, 0, "BEGIN", { cell: 0, after: 0x80000008, aux: 4 }],
    [2e6, 1, "BEGIN", { cell: 1, aux: 1 }],
    [3e6, 0, "CAS_LOST", { site: 2, cell: 1 }],
    [3.5e6, 1, "LOCK_WAIT", { cell: 2 }],
    [4e6, 0, "DELAY", { cell: 1, before: 1, after: 1000000 }],
    [4.5e6, 2, "BEGIN", { cell: 1, aux: 9 }],
    [5e6, 2, "FROZEN", { aux: 0 }],
    [6e6, 0, "CAS_WON", { site: 2, cell: 1 }],
    [6.5e6, 0, "CAS_LOST", { site: 3, cell: 1 }],
    [7e6, 0, "END", { cell: 0, before: 2 }],
    [8e6, 1, "LOCK_ACQUIRED", { cell: 2 }],
    [9e6, 1, "END", { cell: 1, before: 0 }],
    [10e6, 0, "BEGIN", { cell: 1, aux: 5 }],
])"""

# Many short operations: BEGIN, a CAS of which every third is lost, END, 30 µs apart.
STORM = """({ lanes, operations }) => {
    const records = [];
    for (let number = 0; number < operations; number += 1) {
        for (let lane = 0; lane < lanes; lane += 1) {
            const time = number * 100 + lane;
            records.push([time, lane, "BEGIN", { cell: 0, aux: number }]);
            if (number % 3 === 0) records.push([time + 20, lane, "CAS_LOST", { site: 2, cell: 1 }]);
            records.push([time + 40, lane, "CAS_WON", { site: 2, cell: 1 }]);
            records.push([time + 60, lane, "END", { cell: 0, before: 1 + (number % 3 === 0 ? 1 : 0) }]);
        }
    }
    records.sort((one, other) => one[0] - other[0]);
    kit.push(records);
}"""


@pytest.fixture
def lanes(static_page: Page) -> Page:
    open_kit(static_page, ("lanes",))
    static_page.evaluate(MOUNT, {"width": 1000, "height": 220})
    return static_page


def tell(page: Page, microseconds: float, lane: int) -> str:
    """What pointing at a time on a lane says."""
    place = page.evaluate("([time, lane]) => kit.place(time, lane)", [microseconds, lane])
    page.mouse.move(place["x"], place["y"])
    return page.locator(".lanes-tip").inner_text()


@pytest.mark.parametrize(
    ("microseconds", "lane", "words"),
    [
        (1.5e6, 0, "T1 push(8): 1 CAS lost, 6 s"),
        (3e6, 0, "T1 lost the CAS on head at 3 s"),
        (4.5e6, 0, "T1 injected delay, 1 s"),
        (6e6, 0, "T1 won the CAS on head at 6 s"),
        (6.5e6, 0, "T1 lost a helping CAS on head at 6.5 s"),
        (8.5e6, 0, "T1: between operations"),
        (5e6, 1, "T2 waits for the lock, 4.5 s"),
        (8.5e6, 1, "T2 pop(): no CAS lost, 7 s"),
        (7e6, 2, "T3 frozen, still"),
    ],
)
def test_pointing_says_what_is_there(lanes: Page, microseconds: float, lane: int, words: str) -> None:
    lanes.evaluate(STORY)
    lanes.evaluate("kit.show({ mode: 'held', lanes: 3 })")
    assert tell(lanes, microseconds, lane) == words


def test_a_tap_shows_the_same_as_pointing_and_goes_there(lanes: Page) -> None:
    lanes.evaluate(STORY)
    lanes.evaluate("kit.show({ mode: 'held', lanes: 3 })")
    place = lanes.evaluate("kit.place(3e6, 0)")
    lanes.mouse.click(place["x"] + 3, place["y"])
    assert lanes.evaluate("kit.sought") == [["seek", 2]], "near a mark: to the mark's record"
    assert lanes.locator(".lanes-tip").inner_text() == "T1 lost the CAS on head at 3 s"


def test_a_click_beside_marks_goes_to_the_time(lanes: Page) -> None:
    lanes.evaluate(STORY)
    lanes.evaluate("kit.show({ mode: 'held', lanes: 3 })")
    place = lanes.evaluate("kit.place(8.5e6, 0)")
    lanes.mouse.click(place["x"], place["y"])
    assert lanes.evaluate("kit.sought") == [["seek", 10]], "the newest record that is not after it"


def test_a_double_click_fits_and_leaves_the_view_where_it_was(lanes: Page) -> None:
    lanes.evaluate(STORY)
    lanes.evaluate("kit.show({ lanes: 3 })")
    place = lanes.evaluate("kit.place(3e6, 0)")
    lanes.mouse.dblclick(place["x"], place["y"])
    assert lanes.evaluate("kit.sought.at(-1)") == ["goLive"]
    assert lanes.evaluate("kit.view.axis.mode") == "fit"
    first, last = lanes.evaluate("[kit.x(1e6), kit.x(10e6)]")
    assert 0 < first < 40 and last > lanes.evaluate("kit.canvas.clientWidth") * 0.9


def test_keys_pan_zoom_and_walk_the_operations(lanes: Page) -> None:
    lanes.evaluate(STORY)
    lanes.evaluate("kit.show({ mode: 'held', lanes: 3 })")
    lanes.locator("canvas").focus()
    before = lanes.evaluate("[kit.view.axis.from, kit.view.axis.span]")
    lanes.keyboard.press("w")
    nearer = lanes.evaluate("[kit.view.axis.from, kit.view.axis.span]")
    lanes.keyboard.press("d")
    moved = lanes.evaluate("[kit.view.axis.from, kit.view.axis.span]")
    assert nearer[1] < before[1]
    assert moved[0] > nearer[0] and moved[1] == nearer[1]
    for key in ("ArrowDown", "ArrowUp", ",", ",", "Enter"):
        lanes.keyboard.press(key)
    said = lanes.evaluate("kit.said")
    assert said[0].startswith("T2: ") and said[1].startswith("T1: ")
    assert said[-1] == "T1 push(8): 1 CAS lost, 6 s"
    assert lanes.evaluate("kit.sought") == [["seek", 0]]


def test_the_wheel_scrolls_the_page_unless_the_lanes_have_the_focus(lanes: Page) -> None:
    lanes.evaluate(STORY)
    lanes.evaluate("kit.show({ mode: 'held', lanes: 3 })")
    lanes.evaluate("window.taken = []; addEventListener('wheel', (event) => taken.push(event.defaultPrevented))")
    span = lanes.evaluate("kit.view.axis.span")
    place = lanes.evaluate("kit.place(6e6, 0)")
    lanes.mouse.move(place["x"], place["y"])
    lanes.mouse.wheel(0, -120)
    lanes.wait_for_function("taken.length === 1")
    assert lanes.evaluate("kit.view.axis.span") == span
    lanes.locator("canvas").focus()
    lanes.mouse.wheel(0, -120)
    lanes.wait_for_function("taken.length === 2")
    assert lanes.evaluate("taken") == [False, True]
    assert lanes.evaluate("kit.view.axis.span") < span
    assert lanes.evaluate("kit.place(6e6, 0).x") == pytest.approx(place["x"], abs=1), "what is under the pointer stays"


def test_dragging_pans_and_does_not_seek(lanes: Page) -> None:
    lanes.evaluate(STORY)
    lanes.evaluate("kit.show({ mode: 'held', lanes: 3 })")
    place = lanes.evaluate("kit.place(6e6, 0)")
    lanes.mouse.move(place["x"], place["y"])
    lanes.mouse.down()
    lanes.mouse.move(place["x"] - 100, place["y"], steps=4)
    lanes.mouse.up()
    assert lanes.evaluate("kit.place(6e6, 0).x") == pytest.approx(place["x"] - 100, abs=2)
    assert lanes.evaluate("kit.sought") == []


def test_held_view_stays_while_the_run_goes_on_and_follows_again_when_live(lanes: Page) -> None:
    lanes.evaluate(STORY)
    lanes.evaluate("kit.show({ lanes: 3 })")
    lanes.evaluate("kit.show({ mode: 'held', position: 5, lanes: 3 })")
    before = lanes.evaluate("kit.view.axis.from")
    lanes.evaluate("kit.push([[60e6, 0, 'END', { cell: 1, before: 0 }]])")
    lanes.evaluate("kit.show({ mode: 'held', position: 5, lanes: 3 })")
    assert lanes.evaluate("kit.view.axis.from") == before
    lanes.evaluate("kit.show({ lanes: 3 })")
    assert lanes.evaluate("kit.view.axis.from") > 40e9


@pytest.mark.parametrize("color_scheme", ["dark", "light"])
def test_an_operation_has_its_threads_hue_and_the_playhead_stands_at_its_time(
    static_page: Page, color_scheme: str
) -> None:
    open_kit(static_page, ("lanes",), color_scheme)
    static_page.evaluate(MOUNT, {"width": 1000, "height": 220})
    static_page.evaluate(STORY)
    static_page.evaluate("kit.show({ mode: 'held', position: 1, lanes: 3 })")
    found: Any = static_page.evaluate("""() => {
        const style = getComputedStyle(document.documentElement);
        const paint = (name) => {
            const context = document.createElement("canvas").getContext("2d");
            context.fillStyle = style.getPropertyValue(name).trim();
            context.fillRect(0, 0, 1, 1);
            return [...context.getImageData(0, 0, 1, 1).data];
        };
        const box = kit.canvas.getBoundingClientRect();
        const middle = kit.place(2.6e6, 0);
        return {
            bar: kit.pixel(middle.x - box.left, middle.y - box.top - 8), soft: paint("--t0-soft"),
            head: kit.pixel(kit.x(2e6) - 0.5, 3), text: paint("--text"),
        };
    }""")
    assert found["bar"] == found["soft"]
    assert found["head"] == found["text"]


def test_the_theme_repaints(lanes: Page) -> None:
    lanes.evaluate(STORY)
    lanes.evaluate("kit.show({ mode: 'held', lanes: 3 })")
    dark = lanes.evaluate("kit.canvas.toDataURL()")
    lanes.evaluate("""async () => {
        document.documentElement.dataset.theme = "light";
        document.documentElement.dispatchEvent(new CustomEvent("themechange"));
        await kit.settled();
    }""")
    assert lanes.evaluate("kit.canvas.toDataURL()") != dark


def test_the_canvas_is_described_at_rest(lanes: Page) -> None:
    lanes.evaluate(STORY)
    lanes.evaluate("kit.show({ mode: 'held', position: 9, lanes: 3 })")
    lanes.wait_for_function("kit.canvas.getAttribute('aria-label').includes('2 operations')")
    label = lanes.locator("canvas").get_attribute("aria-label")
    assert label is not None
    assert "2 operations, 1 of 2 CAS lost" in label
    assert "T1 1 operation, 1 of 2 CAS lost; T2 1 operation; T3 0 operations" in label
    assert label.endswith("Playhead at 7 s.")


def test_crowded_lanes_become_strips_with_exact_totals(lanes: Page) -> None:
    lanes.evaluate(STORM, {"lanes": 8, "operations": 3000})
    lanes.evaluate("kit.view.axis.showAll()")
    lanes.evaluate("kit.show({ mode: 'held', lanes: 8 })")
    lanes.evaluate("kit.view.axis.showAll()")
    lanes.evaluate("kit.settled()")
    lanes.wait_for_function("document.querySelector('.lanes-totals').textContent.includes('24')")
    totals = lanes.locator(".lanes-totals").inner_text().replace("\u202f", "")
    assert totals == "in view: 24000 operations, 8000 of 32000 CAS lost"
    said = tell(lanes, 150_000, 3)
    assert re.fullmatch(r"T4: 8 operations, [23] of 1[01] CAS lost in \d+ µs", said)


def test_strip_columns_add_up_whatever_the_window(lanes: Page) -> None:
    """Every column's figures are differences of running counts: together they are the totals, none counted twice."""
    lanes.evaluate(STORM, {"lanes": 2, "operations": 2000})
    lanes.evaluate("kit.show({ mode: 'held', lanes: 2 })")
    sums = lanes.evaluate("""async () => {
        const { LaneIndex } = await import("/static/js/lane-index.js");
        const { laneColumns } = await import("/static/js/lane-density.js");
        const { feedIndex } = await import("/static/js/lane-feed.js");
        const index = new LaneIndex(kit.layout.kinds, (site) => site !== 3);
        while (!feedIndex(index, kit.context.history, 777));
        const axis = { unit: "time", from: -1000, to: 250e6, span: 250e6 + 1000 };
        const sum = (values) => values.reduce((total, value) => total + value, 0);
        return [300, 901, 1777].map((width) => {
            const strip = laneColumns(index.lanes[1], { axis, width });
            return [sum(strip.operations), sum(strip.attempts), sum(strip.losses)];
        });
    }""")
    assert sums == [[2000, 2667, 667]] * 3


def test_the_index_forgets_what_history_forgets_and_stays_exact(lanes: Page) -> None:
    found = lanes.evaluate("""async () => {
        const { LaneIndex } = await import("/static/js/lane-index.js");
        const { feedIndex } = await import("/static/js/lane-feed.js");
        const { totalsBetween } = await import("/static/js/lane-hit.js");
        const { History } = await import("/static/js/history.js");
        kit.context.history = new History(kit.layout, 4096, 1024);
        const index = new LaneIndex(kit.layout.kinds, () => true);
        const sizes = [];
        for (let round = 0; round < 40; round += 1) {
            const records = [];
            for (let number = 0; number < 250; number += 1) {
                const time = (round * 250 + number) * 10;
                records.push([time, 0, "BEGIN", { cell: 0 }], [time + 1, 0, "CAS_LOST", { site: 2, cell: 1 }],
                    [time + 2, 0, "CAS_WON", { site: 2, cell: 1 }], [time + 3, 0, "END", { cell: 0, before: 2 }]);
            }
            kit.push(records);
            feedIndex(index, kit.context.history, 1e6);
            const { operations, marks } = index.lanes[0];
            sizes.push([operations.size, operations.capacity, marks.capacity]);
        }
        const first = kit.context.history.timeAt(kit.context.history.first);
        return { sizes, totals: totalsBetween(index.lanes[0], first, Infinity, "time") };
    }""")
    assert found["sizes"][-1] == found["sizes"][-10], "the memory is flat once the ring is full"
    assert found["sizes"][-1][1] <= 4096
    assert found["totals"] == {"operations": 1024, "attempts": 2048, "losses": 1024}


def test_a_gap_in_the_records_ends_what_was_under_way(lanes: Page) -> None:
    lanes.evaluate("kit.push([[1e6, 0, 'BEGIN', { cell: 0 }], [2e6, 0, 'LOAD', { site: 1, cell: 1 }]])")
    lanes.evaluate("kit.sequence += 50")
    lanes.evaluate("kit.push([[6e6, 0, 'LOAD', { site: 1, cell: 1 }], [7e6, 0, 'END', { cell: 1, before: 1 }]])")
    lanes.evaluate("kit.show({ mode: 'held', lanes: 1 })")
    assert tell(lanes, 1.5e6, 0) == "T1 push(None): no CAS lost, 1 s"
    assert tell(lanes, 4e6, 0) == "T1: between operations"


def test_32_lanes_are_low_and_sorted_by_retries_and_the_chosen_one_opens(lanes: Page) -> None:
    lanes.evaluate(STORM, {"lanes": 32, "operations": 10})
    lanes.evaluate("""async () => {
        const losses = Array.from({ length: 32 }, (_, lane) => ({ losses: lane === 20 ? 900 : 100 - lane }));
        kit.context.emit("counters", kit.counters({ time: 1e6, paused: true, lanes: losses }));
        await kit.show({ mode: "held", lanes: 32 });
    }""")
    order = """() => [...document.querySelectorAll('.lanes-label')]
        .map((label, lane) => [parseFloat(label.style.top), label.textContent, label.classList.contains('compact')])
        .sort((one, other) => one[0] - other[0]).map(([, text, compact]) => [text, compact])"""
    lanes.wait_for_function(f"({order})()[0][0] === 'T21'")
    sorted_names = [name for name, _ in lanes.evaluate(order)]
    assert sorted_names[:3] == ["T21", "T1", "T2"]
    assert all(compact for _, compact in lanes.evaluate(order))
    lanes.get_by_role("button", name="Sort the lanes by retries").click()
    lanes.evaluate("kit.settled()")
    assert [name for name, _ in lanes.evaluate(order)][:3] == ["T1", "T2", "T3"]
    lanes.evaluate("kit.context.emit('select', 5)")
    lanes.evaluate("kit.settled()")
    assert [name for name, compact in lanes.evaluate(order) if not compact] == ["T6"]


def test_the_axis_stays_in_sight_below_lanes_that_scroll(lanes: Page) -> None:
    """With 32 lanes on 150 pixels most are scrolled away; the axis is painted at the lower edge of what can be seen."""
    lanes.evaluate("document.getElementById('root').style.height = '150px'")
    lanes.evaluate(STORM, {"lanes": 32, "operations": 10})
    lanes.evaluate("kit.show({ mode: 'held', lanes: 32 })")
    ink = """() => {
        const scroller = document.querySelector(".lanes-scroll");
        const top = scroller.scrollTop + scroller.clientHeight - 22;
        const { data } = kit.canvas.getContext("2d").getImageData(0, top, kit.canvas.clientWidth, 22);
        return [top, data.some((value, index) => index % 4 === 3 && value > 0)];
    }"""
    first = lanes.evaluate(ink)
    lanes.locator(".lanes-scroll").evaluate("(scroller) => scroller.scrollTo(0, 60)")
    lanes.evaluate("kit.settled()")
    second = lanes.evaluate(ink)
    assert first[1] and second[1]
    assert second[0] == first[0] + 60


def test_a_press_on_a_low_lane_chooses_it(lanes: Page) -> None:
    lanes.evaluate(STORM, {"lanes": 32, "operations": 10})
    lanes.evaluate("kit.show({ mode: 'held', lanes: 32 })")
    place = lanes.evaluate("kit.place(200, 7)")
    lanes.mouse.click(place["x"], place["y"])
    assert ["select", 7] in lanes.evaluate("kit.emitted")


def test_record_positions_as_the_axis(lanes: Page) -> None:
    lanes.evaluate(STORY)
    lanes.evaluate("kit.show({ mode: 'held', lanes: 3 })")
    lanes.get_by_role("button", name="Axis: time. Change to records").click()
    lanes.evaluate("kit.settled()")
    assert lanes.evaluate("kit.view.axis.unit") == "position"
    box = lanes.locator("canvas").bounding_box()
    assert box is not None
    axis = lanes.evaluate("[kit.view.axis.from, kit.view.axis.span]")
    x = box["x"] + (2 - axis[0]) / axis[1] * box["width"]
    lanes.mouse.click(x, box["y"] + 30)
    assert lanes.evaluate("kit.sought") == [["seek", 2]]


def test_two_sides_share_an_axis(lanes: Page) -> None:
    spans = lanes.evaluate("""async () => {
        const { createLanes } = await import("/static/js/lanes.js");
        const root = document.createElement("div");
        root.style.cssText = "position:fixed;left:0;top:240px;width:1000px;height:220px";
        document.body.append(root);
        const { History } = await import("/static/js/history.js");
        const other = { ...kit.context, history: new History(kit.layout) };
        const second = createLanes(root, other, { axis: kit.view.axis, title: "Lanes, mutex" });
        kit.push([[1e6, 0, "BEGIN", { cell: 0 }], [40e6, 0, "END", { cell: 0, before: 0 }]]);
        kit.view.render(kit.frame({ lanes: 1 }));
        second.render(kit.frame({ lanes: 1 }));
        await kit.settled();
        kit.view.axis.zoom(0.5);
        const same = second.axis === kit.view.axis;
        second.destroy();
        return [same, document.querySelectorAll("canvas").length, kit.view.axis.limits().last];
    }""")
    assert spans == [True, 1, 40e9]


def test_a_new_generation_begins_with_empty_lanes(lanes: Page) -> None:
    lanes.evaluate(STORY)
    lanes.evaluate("kit.show({ lanes: 3 })")
    lanes.evaluate("""async () => {
        kit.context.history.clear();
        kit.sequence = 0;
        kit.context.emit("cleared", null);
        kit.push([[1e6, 0, "BEGIN", { cell: 1, aux: 0 }]]);
        await kit.show({ lanes: 1, mode: "held" });
    }""")
    assert lanes.locator(".lanes-label").count() == 1
    assert tell(lanes, 5e6, 0) == "T1: between operations"


def test_sharp_on_a_dense_screen(open_page: Any, static_url: str) -> None:
    page = open_page(device_scale_factor=2)
    page.goto(static_url)
    open_kit(page, ("lanes",))
    page.evaluate(MOUNT, {"width": 1000, "height": 220})
    page.evaluate("kit.show({})")
    assert page.evaluate("kit.canvas.width / kit.canvas.clientWidth") == 2
