"""The shell's modules one by one, in an empty page: URL, slider scales, search, keys, numbers, states."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.services.run import find_twin
from lockfree_core.catalog import CATALOG, search
from lockfree_core.drive.knobs import KNOBS, Knobs, Number, describe_knobs

TABLE = describe_knobs()
ENTRIES = [entry.describe() for entry in CATALOG.values()]


def call(page: Page, module: str, expression: str, argument: Any = None) -> Any:
    """The value of an expression in which ``m`` is the module and ``a`` the argument."""
    return page.evaluate(
        f"async (a) => {{ const m = await import('/static/js/{module}'); return {expression}; }}", argument
    )


@pytest.mark.parametrize(
    "view",
    [
        {"structure": "treiber-stack", "seed": 42, "duel": False, "run": "ab12", "at": 1234, "knobs": {"threads": 8}},
        {
            "structure": "racy-counter",
            "seed": 0,
            "duel": True,
            "run": None,
            "at": None,
            "knobs": {"backoff": "constant", "speed": 0},
        },
        {"structure": None, "seed": None, "duel": False, "run": None, "at": None, "knobs": {}},
    ],
)
def test_url_holds_the_view(static_page: Page, view: dict[str, Any]) -> None:
    argument = {"view": view, "table": TABLE}
    text = call(static_page, "url.js", "m.writeUrl(a.view, a.table.defaults)", argument)
    assert call(static_page, "url.js", "m.readUrl(a.text, a.table.knobs)", {"text": text, "table": TABLE}) == view


def test_url_leaves_out_defaults(static_page: Page) -> None:
    view = {
        "structure": "treiber-stack",
        "seed": None,
        "duel": False,
        "run": None,
        "at": None,
        "knobs": Knobs().as_dict(),
    }
    assert (
        call(static_page, "url.js", "m.writeUrl(a.view, a.defaults)", {"view": view, "defaults": TABLE["defaults"]})
        == "?structure=treiber-stack"
    )


def test_url_ignores_what_it_does_not_know(static_page: Page) -> None:
    text = "?structure=x&bogus=1&threads=&seed=-3&at=1e9&duel=yes&speed=fast"
    read = call(static_page, "url.js", "m.readUrl(a.text, a.knobs)", {"text": text, "knobs": TABLE["knobs"]})
    assert read == {
        "structure": "x",
        "seed": None,
        "duel": False,
        "run": None,
        "at": None,
        "knobs": {"threads": "", "speed": "fast"},
    }


@pytest.mark.parametrize("name", [name for name, knob in KNOBS.items() if isinstance(knob, Number)])
def test_slider_covers_the_range_and_nothing_else(static_page: Page, name: str) -> None:
    knob = KNOBS[name]
    assert isinstance(knob, Number)
    values = call(
        static_page,
        "knob-scale.js",
        "Array.from({ length: m.STEPS + 1 }, (_, i) => m.fromSlider(a, i))",
        TABLE["knobs"][name],
    )
    for value in values:
        knob.check(name, value)
    assert max(values) == knob.maximum
    assert min(value for value in values if not (knob.zero and value == 0)) == knob.minimum
    assert (0 in values) == (knob.minimum == 0 or knob.zero is not None)


@pytest.mark.parametrize("name", [name for name, knob in KNOBS.items() if isinstance(knob, Number)])
def test_slider_comes_back_to_a_value(static_page: Page, name: str) -> None:
    """A value taken from the slider, shown again, stands where it was, but for what was rounded away."""
    again = """Array.from({ length: 51 }, (_, i) => m.fromSlider(a, i * 20))
        .map((value) => [value, m.fromSlider(a, m.toSlider(a, value))])"""
    for value, other in call(static_page, "knob-scale.js", again, TABLE["knobs"][name]):
        assert other == pytest.approx(value, rel=0.12, abs=1 if KNOBS[name].integer else 0.0001)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "text", ["", "MSQueue", "lifo", "fifo mutex", "fetch_add", "i++", "lost", "nothing like it", "stack lock"]
)
def test_search_finds_what_the_catalog_finds(static_page: Page, text: str) -> None:
    found = call(
        static_page,
        "structures.js",
        "m.searchEntries(a.entries, a.text).map((entry) => entry.key)",
        {"entries": ENTRIES, "text": text},
    )
    assert found == [entry.key for entry in search(text)]


@pytest.mark.parametrize(
    ("titles", "words"),
    [
        (["Counter by CAS loop", "Counter in stripes"], ["by CAS loop", "in stripes"]),
        (["Treiber stack", "Treiber stack with epochs"], ["Treiber stack", "with epochs"]),
        (["Bounded ring"], ["Bounded ring"]),
    ],
)
def test_titles_that_begin_alike_are_told_apart(static_page: Page, titles: list[str], words: list[str]) -> None:
    assert call(static_page, "structures.js", "m.distinctions(a)", titles) == words


def test_the_twin_of_a_duel_is_the_one_that_the_server_takes(static_page: Page) -> None:
    found = call(
        static_page,
        "structures.js",
        "Object.fromEntries(a.entries.map((entry) => [entry.key, m.twinVariant(a.entries, entry)]))",
        {"entries": ENTRIES},
    )
    assert found == {key: find_twin(entry).variant for key, entry in CATALOG.items()}


@pytest.mark.parametrize(
    ("function", "value", "text"),
    [
        ("count", 48213, "48\u202f213"),
        ("count", 999, "999"),
        ("count", 1234567, "1\u202f234\u202f567"),
        ("rate", 0.6, "0.6"),
        ("rate", 48200, "48\u202fk"),
        ("rate", 1900000, "1.9\u202fM"),
        ("percent", 0.084, "8.4\u202f%"),
        ("percent", 0, "0\u202f%"),
    ],
)
def test_numbers_as_written(static_page: Page, function: str, value: float, text: str) -> None:
    assert call(static_page, "format.js", f"m.{function}(a)", value) == text


KEY_LOG = """async () => {
    const { BINDINGS, installKeys } = await import('/static/js/keys.js');
    window.pressed = [];
    const actions = Object.fromEntries(BINDINGS.map(({ action }) => [action, (key) => pressed.push([action, key])]));
    installKeys(actions);
    document.body.innerHTML = '<input id="field"><button id="button">b</button><input id="slider" type="range">';
}"""


def test_keys_act_on_the_page(static_page: Page) -> None:
    static_page.evaluate(KEY_LOG)
    for key in ["Space", "ArrowLeft", "Home", "p", "R", "3", "Shift+?", "+"]:
        static_page.keyboard.press(key)
    assert [action for action, _ in static_page.evaluate("pressed")] == [
        "playPause", "stepBack", "toStart", "pauseRun", "restart", "chooseThread", "help", "faster",
    ]  # fmt: skip


@pytest.mark.parametrize("field", ["#field", "#slider"])
def test_no_key_fires_inside_a_field(static_page: Page, field: str) -> None:
    static_page.evaluate(KEY_LOG)
    static_page.focus(field)
    for key in ["Space", "ArrowRight", "p", "k", "1"]:
        static_page.keyboard.press(key)
    assert static_page.evaluate("pressed") == []


def test_a_focused_button_keeps_space(static_page: Page) -> None:
    static_page.evaluate(KEY_LOG)
    static_page.evaluate("() => void (document.getElementById('button').onclick = () => pressed.push(['button', '']))")
    static_page.focus("#button")
    static_page.keyboard.press("Space")
    static_page.keyboard.press("p")
    assert [action for action, _ in static_page.evaluate("pressed")] == ["button", "pauseRun"]


def test_only_step_keys_repeat(static_page: Page) -> None:
    static_page.evaluate(KEY_LOG)
    for key in ["ArrowRight", "p"]:
        static_page.keyboard.down(key)
        static_page.keyboard.down(key)
        static_page.keyboard.up(key)
    assert [action for action, _ in static_page.evaluate("pressed")] == ["stepForward", "stepForward", "pauseRun"]


def test_modifiers_belong_to_the_browser(static_page: Page) -> None:
    static_page.evaluate(KEY_LOG)
    static_page.keyboard.press("Control+f")
    static_page.keyboard.press("Alt+d")
    assert static_page.evaluate("pressed") == []


SHOW_STATE = """async (name) => {
    const { createStates } = await import('/static/js/states.js');
    document.body.innerHTML = '<div id="states"></div>';
    window.done = [];
    const actions = new Proxy({}, { get: (_, action) => (state) => done.push([action, state]) });
    const states = createStates(document.getElementById('states'), actions);
    const detail = 'Segmentation <b>fault</b>';
    const said = { message: 'engine ended by SIGKILL', detail, name: 'x.lflt', threads: 'T2', skipped: 12 };
    states.show(name, { ...said, pids: '4711', mayKill: true });
}"""


def state_names(page: Page) -> list[str]:
    names = call(page, "states.js", "m.STATE_NAMES")
    assert isinstance(names, list)
    return names


def test_every_state_says_what_happened_and_what_to_do(static_page: Page) -> None:
    for name in state_names(static_page):
        static_page.evaluate(SHOW_STATE, name)
        state = static_page.locator(".state")
        expect(state).to_have_count(1)
        assert len(state.locator("strong").inner_text()) > 5
        assert "undefined" not in state.inner_text()
        buttons = state.locator("button")
        for index in range(buttons.count()):
            buttons.nth(index).click()
            assert static_page.evaluate("done.at(-1)")[1] == name
        assert "<b>" in state.locator("pre").text_content()  # type: ignore[operator]


def test_one_card_and_all_banners(static_page: Page) -> None:
    static_page.evaluate(SHOW_STATE, "starting")
    shown = static_page.evaluate(
        """async () => {
            const { createStates } = await import('/static/js/states.js');
            const states = createStates(document.getElementById('states'), {});
            const data = { message: 'm', threads: 'T1' };
            for (const name of ['connecting', 'crashed', 'ended', 'raised']) states.show(name, data);
            const names = () => [...document.querySelectorAll('.state')].map((state) => state.dataset.name);
            const all = names();
            states.hideCards();
            return [all, names()];
        }"""
    )
    assert shown == [["ended", "raised", "crashed"], ["ended", "raised"]]


def test_the_second_side_of_a_duel_follows_the_time_of_the_first(static_page: Page) -> None:
    told = static_page.evaluate(
        """async () => {
            const { followTime } = await import('/static/js/duel.js');
            const told = [];
            let tell = null;
            const leader = { listen: (listener) => { tell = listener; return () => { tell = null; }; } };
            const follower = {
                mode: 'live',
                goLive() { this.mode = 'live'; told.push('live'); },
                seekTime(time) { this.mode = 'held'; told.push(time); },
            };
            const end = followTime(leader, follower);
            const frames = [['live', 5], ['held', 7], ['held', 7], ['replay', 8], ['live', 9], ['live', 10]];
            for (const [mode, time] of frames) tell({ mode, state: { time } });
            end();
            return [told, tell];
        }"""
    )
    assert told == [[7, 8, "live"], None]


KNOBS_PAGE = """async ({ table, refusal }) => {
    const { createKnobs } = await import('/static/js/knobs.js');
    document.body.innerHTML = '<div id="root"></div>';
    window.sent = [];
    const apply = async (changes) => { sent.push(changes); return refusal; };
    window.knobs = createKnobs(document.getElementById('root'), table, apply);
    knobs.show(table.defaults);
}"""


def show_knobs(page: Page, refusal: dict[str, str] | None = None) -> None:
    page.evaluate(KNOBS_PAGE, json.loads(json.dumps({"table": TABLE, "refusal": refusal})))


def test_every_knob_has_a_labelled_control(static_page: Page) -> None:
    show_knobs(static_page)
    for name, knob in KNOBS.items():
        control = static_page.get_by_label(knob.label, exact=True)
        expect(control).to_have_count(1)
        assert control.get_attribute("id") == f"knob-{name}"


def test_the_last_slider_value_always_goes_out(static_page: Page) -> None:
    show_knobs(static_page)
    static_page.evaluate(
        """() => {
            const slider = document.querySelector('[data-knob=threads] input[type=range]');
            for (let i = 0; i <= 1000; i += 1) { slider.value = i; slider.dispatchEvent(new Event('input')); }
        }"""
    )
    static_page.wait_for_function("sent.length > 0 && sent.at(-1).threads === 32")
    assert static_page.evaluate("sent.length") <= 2
    assert static_page.locator("#knob-threads").input_value() == "32"


def test_an_entry_goes_to_the_server_as_it_is_meant(static_page: Page) -> None:
    show_knobs(static_page)
    for text, sent in [("12", 12), ("abc", "abc"), ("2,5", 2.5), ("-1", -1)]:
        static_page.fill("#knob-threads", text)
        static_page.press("#knob-threads", "Enter")
        static_page.wait_for_function("(sent) => window.sent.at(-1)?.threads === sent", arg=sent)


def test_a_refusal_stands_at_the_field(static_page: Page) -> None:
    show_knobs(static_page, {"field": "threads", "message": "must be from 1 to 32; got 99"})
    static_page.fill("#knob-threads", "99")
    static_page.press("#knob-threads", "Enter")
    expect(static_page.locator("#knob-threads-error")).to_have_text("must be from 1 to 32; got 99")
    expect(static_page.locator("#knob-threads")).to_have_attribute("aria-invalid", "true")
    static_page.evaluate("knobs.show({ threads: 4 })")
    assert static_page.locator("#knob-threads").input_value() == "99"
    static_page.press("#knob-threads", "Escape")
    assert static_page.locator("#knob-threads").input_value() == "4"
    expect(static_page.locator("#knob-threads-error")).to_be_hidden()


def test_a_preset_sets_its_knobs_at_once(static_page: Page) -> None:
    show_knobs(static_page)
    static_page.click("[data-preset=storm]")
    static_page.wait_for_function("sent.length === 1")
    assert static_page.evaluate("sent[0]") == TABLE["presets"]["storm"]["knobs"]
    expect(static_page.locator("[data-preset=storm]")).to_have_attribute("aria-pressed", "true")


def test_arrows_move_a_slider_by_one(static_page: Page) -> None:
    show_knobs(static_page)
    static_page.focus("[data-knob=threads] input[type=range]")
    static_page.keyboard.press("ArrowRight")
    static_page.keyboard.press("ArrowRight")
    assert static_page.locator("#knob-threads").input_value() == "6"
