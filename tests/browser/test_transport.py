"""The transport bar on the real model: what its buttons do to the view, and what it says about view and run."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.views_kit import open_kit

MOUNT = """async () => {
    const { Model } = await import("/static/js/model.js");
    const { createTransport } = await import("/static/js/transport.js");
    const model = new Model(kit.layout);
    model.names.add(kit.context.names.toMessage());
    Object.assign(kit.context, {
        names: model.names, history: model.history, timeline: model.timeline, playback: model.playback, model,
        role: "presenter", controllable: () => true, entry: { key: "treiber-stack", variant: "lock-free" },
        send: (command) => void kit.sought.push(["send", command.action]),
    });
    kit.receive = (records) => {
        const { bytes, first } = kit.encode(records);
        model.playback.receive({ type: "batch", bytes, first });
    };
    model.playback.snapshot({
        type: "snapshot", sequence: -1, time: 0, reason: "start", cells: [{ id: 1, value: 0 }], nodes: [], locks: [],
        lanes: [0, 1].map((lane) => ({
            lane, status: "idle", operation: null, argument: null, number: 0, attempts: 0, losses: 0, site: 0,
            locals: {},
        })),
    });
    const root = document.getElementById("root");
    root.style.cssText = "position:fixed;left:0;bottom:0;width:1440px";
    root.className = "transport-panel";
    document.body.insertAdjacentHTML("beforeend", '<div id="toasts"></div>');
    kit.context.run = { id: "r1", state: "running", structure: "treiber-stack", seed: 42 };
    kit.view = createTransport(root, kit.context);
    model.playback.listen((frame) => { kit.last = frame; kit.view.render(frame); });
    model.playback.start();
}"""

# Thread 1 reads head, thread 2 swings it, thread 1 loses and tries again: ten records, 100 ms apart.
ROUND = """(round) => {
    const at = (step) => (round * 10 + step) * 1e5;
    const four = (0x80000000 + round) >>> 0, five = (0x80000001 + round) >>> 0;
    kit.receive([
        [at(0), 0, "BEGIN", { cell: 1, aux: round }],
        [at(1), 0, "LOAD", { site: 1, cell: 1, before: four, after: four }],
        [at(2), 1, "BEGIN", { cell: 1, aux: round }],
        [at(3), 1, "LOAD", { site: 1, cell: 1, before: four, after: four }],
        [at(4), 1, "CAS_WON", { site: 2, cell: 1, before: four, after: five }],
        [at(5), 0, "CAS_LOST", { site: 2, cell: 1, before: five, after: five, aux: four }],
        [at(6), 1, "END", { cell: 1, before: 1, after: 0 }],
        [at(7), 0, "LOAD", { site: 1, cell: 1, before: five, after: five }],
        [at(8), 0, "CAS_WON", { site: 2, cell: 1, before: five, after: five }],
        [at(9), 0, "END", { cell: 1, before: 2, after: 0 }],
    ]);
}"""


@pytest.fixture
def bar(static_page: Page) -> Page:
    open_kit(static_page, ("transport",))
    static_page.evaluate(MOUNT)
    return static_page


@pytest.fixture
def filled(bar: Page) -> Page:
    """Fifty records received, the view held at the newest."""
    for number in range(5):
        bar.evaluate(ROUND, number)
    bar.evaluate("kit.context.playback.seek(49)")
    expect(bar.locator(".place-number")).to_have_text("50 of 50")
    return bar


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def place(page: Page) -> Any:
    return expect(page.locator(".place-number"))


def test_nothing_can_be_pressed_before_the_first_record(bar: Page) -> None:
    place(bar).to_have_text("no records yet")
    for name in ("To the oldest record kept", "One step back", "One step forward", "To the newest record"):
        expect(bar.get_by_role("button", name=name)).to_be_disabled()
    expect(bar.get_by_role("slider", name="Position")).to_be_disabled()


def test_steps_and_ends(filled: Page) -> None:
    press(filled, "One step back")
    place(filled).to_have_text("49 of 50")
    press(filled, "To the oldest record kept")
    place(filled).to_have_text("1 of 50")
    expect(filled.get_by_role("button", name="One step back")).to_be_disabled()
    press(filled, "One step forward")
    place(filled).to_have_text("2 of 50")
    press(filled, "To the newest record")
    place(filled).to_have_text("50 of 50")


def test_the_scrub_bar_goes_anywhere_and_says_where_it_is(filled: Page) -> None:
    slider = filled.get_by_role("slider", name="Position")
    slider.fill("20")
    place(filled).to_have_text("21 of 50")
    expect(slider).to_have_attribute("aria-valuetext", "record 21 of 50, 2 s")
    slider.press("ArrowRight")
    place(filled).to_have_text("22 of 50")


def test_holding_the_view_says_that_the_run_goes_on(filled: Page) -> None:
    mode = filled.locator(".place-mode")
    expect(mode).to_have_text("4.9 s, view held, the run goes on")
    filled.evaluate(
        "kit.context.run = { ...kit.context.run, state: 'paused' }; kit.context.emit('run', kit.context.run)"
    )
    expect(mode).to_have_text("4.9 s, view held, the run is paused too")
    press(filled, "Play")
    expect(filled.get_by_role("button", name="Hold the view; the run goes on")).to_be_visible()
    assert filled.evaluate("kit.sought") == [], "the transport has told the run nothing"


def test_behind_and_live_again(filled: Page) -> None:
    live = filled.locator(".go-live")
    filled.evaluate(ROUND, 5)
    expect(live).to_have_text("10 behind: go live")
    live.click()
    place(filled).to_have_text("60 of 60")
    expect(live).to_be_hidden()
    assert filled.evaluate("kit.context.playback.mode") == "live"


def test_replay_at_a_chosen_speed(filled: Page) -> None:
    filled.get_by_role("button", name="Speed of a replay").click()
    filled.get_by_role("menuitem", name="10×").click()
    assert filled.evaluate("kit.context.playback.speed") == 10
    press(filled, "To the oldest record kept")
    press(filled, "Play")
    filled.wait_for_function("kit.context.playback.mode === 'live'")
    place(filled).to_have_text("50 of 50")


def test_nothing_shifts_while_numbers_grow(filled: Page) -> None:
    boxes = """() => [...document.querySelectorAll('.transport button, .transport input.scrub, .place')]
        .filter((element) => element.offsetParent !== null && !element.closest('.stop-panel'))
        .map((element) => { const { left, width } = element.getBoundingClientRect(); return [left, width]; })"""
    before = filled.evaluate(boxes)
    filled.evaluate("""() => {
        const frame = { ...kit.last, position: 1843213, last: 2051960, first: 0 };
        kit.context.playback.stop();
        kit.view.render(frame);
    }""")
    place(filled).to_have_text("1\u202f843\u202f214 of 2\u202f051\u202f961")
    expect(filled.locator(".go-live")).to_have_text("208\u202f747 behind: go live")
    assert filled.evaluate(boxes) == before
    assert filled.evaluate(
        "document.querySelector('.place').scrollWidth <= document.querySelector('.place').clientWidth"
    )


def test_the_bar_keeps_its_shape_whatever_it_stops_at(filled: Page) -> None:
    button = filled.locator(".stop-place > .button")
    widths = {button.bounding_box()["width"]}  # type: ignore[index]
    button.click()
    filled.get_by_role("spinbutton").fill("1000")
    for radio in filled.get_by_role("radio").all():
        radio.check()
        widths.add(button.bounding_box()["width"])  # type: ignore[index]
    assert len(widths) == 1


@pytest.mark.parametrize("width", [1024, 1440])
def test_the_bar_is_one_row(filled: Page, width: int) -> None:
    filled.set_viewport_size({"width": width, "height": 700})
    filled.evaluate("(width) => { document.getElementById('root').style.width = `${width}px`; }", width)
    box = filled.locator(".transport").bounding_box()
    assert box is not None and box["height"] < 60
    assert filled.evaluate("document.documentElement.scrollWidth") == width


def test_stop_at_a_lost_cas(filled: Page) -> None:
    press(filled, "Stop at ▾")
    filled.get_by_role("radio", name="lost CAS", exact=True).check()
    expect(filled.get_by_role("button", name="Stop at: lost CAS ▾")).to_be_visible()
    filled.keyboard.press("Escape")
    filled.evaluate("kit.context.playback.goLive()")
    filled.evaluate(ROUND, 5)
    stopped = filled.locator(".stopped")
    expect(stopped).to_contain_text("Stopped at lost CAS")
    expect(stopped).to_contain_text("record 56")
    place(filled).to_have_text("56 of 60")
    assert filled.evaluate("kit.said.at(-1)") == "Stopped at lost CAS, record 56"
    stopped.get_by_role("button", name="one before").click()
    place(filled).to_have_text("55 of 60")
    stopped.get_by_role("button", name="there").click()
    stopped.get_by_role("button", name="one after").click()
    place(filled).to_have_text("57 of 60")
    stopped.get_by_role("button", name="go on").click()
    expect(stopped).to_be_hidden()
    assert filled.evaluate("kit.sought") == [], "the run was not paused"


def test_stop_at_pauses_the_run_too_where_that_is_ticked(filled: Page) -> None:
    press(filled, "Stop at ▾")
    filled.get_by_role("spinbutton").fill("2")
    filled.get_by_label("pause the run too").check()
    expect(filled.get_by_role("button", name="Stop at: streak of 2 ▾")).to_be_visible()
    filled.evaluate("kit.context.playback.goLive()")
    four, five = 0x80000010, 0x80000011
    filled.evaluate(
        """([four, five]) => kit.receive([
        [9e6, 0, "BEGIN", { cell: 1 }], [9.1e6, 0, "LOAD", { site: 1, cell: 1, before: four, after: four }],
        [9.2e6, 0, "CAS_LOST", { site: 2, cell: 1, before: five, after: five, aux: four }],
        [9.3e6, 0, "LOAD", { site: 1, cell: 1, before: five, after: five }],
        [9.4e6, 0, "CAS_LOST", { site: 2, cell: 1, before: four, after: five, aux: five }],
    ])""",
        [four, five],
    )
    expect(filled.locator(".stopped")).to_contain_text("Stopped at streak of 2 lost CASes")
    assert filled.evaluate("kit.sought") == [["send", "pause"]]


def test_a_streak_out_of_its_range_is_refused_and_the_last_good_one_stays(filled: Page) -> None:
    press(filled, "Stop at ▾")
    number = filled.get_by_role("spinbutton")
    number.fill("7")
    number.fill("1")
    expect(number).to_have_attribute("aria-invalid", "true")
    assert filled.evaluate("kit.context.playback.stopsAt") == "streak"
    expect(filled.get_by_role("button", name="Stop at: streak of 7 ▾")).to_be_visible()


def test_a_viewer_cannot_have_the_run_paused(filled: Page) -> None:
    filled.evaluate("kit.context.controllable = () => false")
    press(filled, "One step back")
    press(filled, "Stop at ▾")
    expect(filled.get_by_label("pause the run too")).to_be_disabled()


def test_the_panel_closes_on_a_press_elsewhere(filled: Page) -> None:
    press(filled, "Stop at ▾")
    expect(filled.get_by_role("dialog", name="Stop the view at")).to_be_visible()
    filled.mouse.click(20, 20)
    expect(filled.get_by_role("dialog", name="Stop the view at")).to_be_hidden()
