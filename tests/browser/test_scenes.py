"""What the scenes draw, in Chromium, from hand-made frames."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.scenes import evaluate, prepare

SIZES = [(345, 340), (560, 360), (600, 400), (740, 390), (900, 420), (1400, 460)]
FAULTY = {
    "queue: detached",
    "counter: lost update",
    "stack: freed and reached",
    "queue: tail dangles",
    "graph: freed",
    "map: returned although it lost",
    "accounts: deadlock",
    "processes: lost updates",
    "processes: many lost updates",
}


@pytest.fixture
def scenes(page: Page, static_url: str) -> Page:
    return prepare(page, static_url)


@pytest.fixture
def timed(page: Page, static_url: str) -> Page:
    """The same with time that stands still until a test lets it pass."""
    page.clock.install(time=0)
    prepare(page, static_url)
    page.clock.pause_at(3_600_000)  # later than any machine comes this far
    return page


def blemishes_of_all_states(page: Page, width: int, height: int, before: str = "") -> Any:
    return evaluate(
        page,
        f"""const found = {{}};
        {before}
        for (const [name, make] of Object.entries(STATES)) {{
            const mounted = mount(make(layout), ...argument);
            const list = blemishes(mounted.svg);
            if (list.length > 0) found[name] = list;
            mounted.close();
        }}
        return found;""",
        [width, height],
    )


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_nothing_overlaps(scenes: Page, size: tuple[int, int]) -> None:
    assert blemishes_of_all_states(scenes, *size) == {}


def test_nothing_overlaps_when_projected(scenes: Page) -> None:
    projected = 'document.documentElement.dataset.projector = "on";'
    assert blemishes_of_all_states(scenes, 1400, 700, projected) == {}
    sizes = evaluate(
        scenes,
        """const { svg } = mount(STATES["stack: stale flags"](layout), 1400, 700);
        const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
        const sizeOf = (text) => parseFloat(getComputedStyle(text).fontSize) * scale;
        return [...svg.querySelectorAll(".layer text")].map(sizeOf);""",
    )
    assert min(sizes) > 17


def test_an_overlap_would_be_seen(scenes: Page) -> None:
    found = evaluate(
        scenes,
        """const { svg } = mount(STATES["stack: stale flags"](layout), 740, 390);
        const [flag, other] = svg.querySelectorAll(".flag");
        flag.setAttribute("transform", other.getAttribute("transform"));
        svg.querySelector(".link .line").setAttribute("d", "M0 0L740 40L0 80L740 120L0 160L740 200L0 240");
        const end = [...svg.querySelectorAll("text")].find((text) => text.textContent === "None");
        end.parentNode.setAttribute("transform", "translate(735 200)");
        return blemishes(svg);""",
    )
    assert any(line.startswith("text over text") for line in found)
    assert any(line == "sprite flag hue-2 over sprite flag hue-1" for line in found)
    assert any(line.startswith("line ") for line in found)
    assert "outside: None" in found


def test_red_is_for_faults_only(scenes: Page) -> None:
    red = evaluate(
        scenes,
        """const probe = document.body.appendChild(document.createElement("i"));
        probe.style.color = "var(--fault)";
        const fault = getComputedStyle(probe).color;
        const found = [];
        for (const [name, make] of Object.entries(STATES)) {
            const { svg, close } = mount(make(layout), 740, 390);
            const isRed = [...svg.querySelectorAll(".layer *")].some((part) => {
                const { fill, stroke } = getComputedStyle(part);
                return fill === fault || stroke === fault;
            });
            if (isRed) found.push(name);
            close();
        }
        return found;""",
    )
    assert set(red) == FAULTY


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_hue_is_the_threads_and_stands_with_its_number(page: Page, static_url: str, theme: str) -> None:
    flags = evaluate(
        prepare(page, static_url, theme),
        """const { svg } = mount(STATES["stack: stale flags"](layout), 740, 390);
        const probe = document.body.appendChild(document.createElement("i"));
        return [...svg.querySelectorAll(".flag")].map((flag) => {
            const lane = Number(flag.dataset.lane);
            probe.style.color = `var(--t${lane % 8})`;
            const isHue = getComputedStyle(flag.querySelector(".box")).stroke === getComputedStyle(probe).color;
            return [isHue, flag.querySelector(".lane").textContent === `T${lane + 1}`];
        });""",
    )
    assert len(flags) == 4
    assert all(all(flag) for flag in flags)


def test_a_stale_pointer_is_struck_through_and_an_aba_one_has_a_clock(scenes: Page) -> None:
    seen = evaluate(
        scenes,
        """const stale = mount(STATES["stack: stale flags"](layout), 1400, 460).svg;
        const aba = mount(STATES["stack: removed and ABA"](layout), 1400, 460).svg;
        const flag = (svg, label) => svg.querySelector(`.flag[aria-label^="${label}"]`);
        return {
            struck: flag(stale, "T2: old_head").querySelectorAll(".strike").length,
            fresh: flag(stale, "T3: old_head").querySelectorAll(".strike").length,
            label: flag(stale, "T2: old_head").getAttribute("aria-label"),
            clock: flag(aba, "T1: old_head").querySelectorAll(".icon-clock").length,
            injected: flag(aba, "T3: old_head").querySelectorAll(".hatch").length,
            says: [...flag(aba, "T3: old_head").querySelectorAll("text")].map((text) => text.textContent),
        };""",
    )
    assert seen["struck"] == 1
    assert seen["fresh"] == 0
    assert seen["label"] == "T2: old_head points at n6, stale, retry 1"
    assert seen["clock"] > 0
    assert seen["injected"] == 1
    assert "injected" in seen["says"]


@pytest.mark.parametrize("key", ["Enter", " "])
def test_flags_are_buttons(scenes: Page, key: str) -> None:
    evaluate(scenes, 'window.state = STATES["stack: stale flags"](layout); mount(state, 740, 390);')
    flag = scenes.get_by_role("button", name="T3: old_head points at n9")
    flag.focus()
    scenes.keyboard.press(key)
    assert scenes.evaluate("state.world.emitted") == [["select", 2]]
    scenes.wait_for_function("document.querySelector('.flag.chosen')?.dataset.lane === '2'")


def test_pressing_a_tally_goes_through_its_threads(scenes: Page) -> None:
    chosen = evaluate(
        scenes,
        """const state = STATES["stack: 32 threads"](layout);
        const { svg } = mount(state, 740, 390);
        for (let press = 0; press < 3; press += 1) {
            svg.querySelector(".tally").dispatchEvent(new MouseEvent("click", { bubbles: true }));
        }
        return state.world.emitted.map(([, lane]) => lane);""",
    )
    assert len(set(chosen)) == 3


def test_a_frame_that_shows_nothing_new_writes_nothing(scenes: Page) -> None:
    written = evaluate(
        scenes,
        """const state = STATES["queue: tail behind"](layout);
        const { svg, scene } = mount(state, 740, 390);
        const observer = new MutationObserver(() => {});
        observer.observe(svg, { subtree: true, attributes: true, childList: true, characterData: true });
        scene.render({ ...state.frame, position: state.frame.position + 1, jumped: true });
        return observer.takeRecords().filter(({ target }) => !target.closest?.(".words")).length;""",
    )
    assert written == 0


PUSH = """
    const world = new World(layout, "stack").chain([9, 6, 2], [17, 4, 12]).cell("head", nodeId(9), { version: 1 });
    world.node(10, 8, 9, { published: false, owner: 1 });
    world.lane(1, { locals: { node: [10, ""], old_head: [9, "head", 1] } });
    window.mounted = mount(world.frameOf(), 740, 390);
    window.where = (label) => {
        const nodes = [...mounted.svg.querySelectorAll(".node")];
        return nodes.find((one) => one.querySelector(".id").textContent === label).getAttribute("transform");
    };
    window.pointer = () => mounted.svg.querySelector(".link.pointer .line").getAttribute("d");
    window.win = (more = {}) => {
        world.node(10, 8, 9).cell("head", nodeId(10), { writer: 1, sequence: 9, version: 2 });
        world.record(1, "CAS_WON", { before: nodeId(9), after: nodeId(10) });
        mounted.scene.render(world.frame(more));
    };
"""


def test_a_won_cas_swings_the_pointer_and_then_the_picture_settles(timed: Page) -> None:
    evaluate(timed, PUSH)
    start = timed.evaluate("[where('n9'), where('n10'), pointer()]")
    evaluate(timed, "win();")
    timed.clock.run_for(120)
    swinging = timed.evaluate("[where('n9'), where('n10'), pointer()]")
    assert swinging[:2] == start[:2]
    assert swinging[2] != start[2]
    timed.clock.run_for(1000)
    settled = timed.evaluate("[where('n9'), where('n10'), pointer()]")
    assert settled[0] != start[0]
    assert settled[1] == start[0], "the new node stands where the old first one stood"
    assert settled[2] == start[2]
    assert "won by T2" in timed.inner_html(".texts")


@pytest.mark.parametrize(
    "how", ["win({ jumped: true });", "world_prefers(true); win();"], ids=["jumped", "reduced motion"]
)
def test_no_motion_where_none_is_wanted(timed: Page, how: str) -> None:
    evaluate(timed, PUSH + "window.world_prefers = (value) => { world.context.prefers.reducedMotion = value; };")
    before = timed.evaluate("where('n9')")
    evaluate(timed, how)
    assert timed.evaluate("where('n10')") == before
    assert timed.evaluate("where('n9')") != before


def test_a_change_in_mid_flight_does_not_jump(timed: Page) -> None:
    evaluate(timed, PUSH)
    evaluate(timed, "win();")
    timed.clock.run_for(250)
    before = timed.evaluate("where('n9')")
    evaluate(
        timed,
        """const { frame } = STATES["stack: empty"](layout);
        mounted.root.style.width = "741px";
        mounted.scene.render({ ...frame, position: -1 });""",
    )
    assert timed.evaluate("where('n9')") == before


def test_a_lost_cas_rebounds_from_the_cell(timed: Page) -> None:
    evaluate(
        timed,
        """const world = STATES["stack: stale flags"](layout).world;
        world.state.lanes[1].last = -1;
        window.mounted = mount(world.frameOf(), 740, 390);
        world.record(1, "CAS_LOST", { before: nodeId(9), after: nodeId(10), aux: nodeId(6) });
        mounted.scene.render(world.frame());
        window.mark = () => {
            const { e, f } = mounted.svg.querySelector(".mark.lost").transform.baseVal[0].matrix;
            return [e, f];
        };""",
    )
    began = timed.evaluate("mark()")
    timed.clock.run_for(125)
    turned = timed.evaluate("mark()")
    timed.clock.run_for(1000)
    rests = timed.evaluate("mark()")
    assert began[1] > turned[1], "it comes from the node that it wanted, below the cell"
    assert rests[1] > turned[1], "and goes back from the cell's edge"
    assert "retry 1" in timed.inner_html(".flags")


def test_sums_are_redrawn_fewer_than_three_times_a_second(timed: Page) -> None:
    evaluate(
        timed,
        """const state = STATES["stack: flow"](layout);
        const { scene, svg } = mount(state, 740, 390);
        window.changes = 0;
        let won = 20_600;
        const observer = new MutationObserver(() => { changes += 1; });
        observer.observe(svg.querySelector(".texts"), { subtree: true, childList: true });
        window.again = () => {
            won += 7;
            scene.render({ ...state.frame, position: won, flow: { ...state.frame.flow, won } });
        };""",
    )
    for _ in range(120):
        timed.evaluate("again()")
        timed.clock.run_for(25)
    assert 3 <= timed.evaluate("changes") <= 9


def test_the_export_stands_by_itself(scenes: Page) -> None:
    exported = evaluate(
        scenes,
        """const { scene, svg } = mount(STATES["stack: stale flags"](layout), 740, 390);
        while (svg.querySelector(".words text:last-child").textContent === "") await new Promise(requestAnimationFrame);
        return scene.exportSvg();""",
    )
    root = ElementTree.fromstring(exported.encode())
    elements = list(root.iter())
    assert root.get("viewBox") == "0 0 740 390"
    assert not any(element.get("class") or element.get("style") or element.get("role") for element in elements)
    assert "var(" not in exported and "url(" not in exported
    texts = [element for element in elements if element.tag.endswith("}text")]
    assert {text.get("font-family") for text in texts} == {"monospace", "sans-serif"}
    assert "old_head" in {text.text for text in texts}
    assert "head → n9 (17) → n6 (4) → n2 (12) → None" in exported
    shown = evaluate(
        scenes,
        """const image = new Image();
        image.src = `data:image/svg+xml,${encodeURIComponent(argument)}`;
        await image.decode();
        return [image.naturalWidth, image.naturalHeight];""",
        exported,
    )
    assert shown == [740, 390]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("stack: stale flags", "head → n9 (17) → n6 (4) → n2 (12) → None. T4 frozen inside pop, before its CAS."),
        ("stack: long", "head → n220 (660) → n219 (657) → n218 (654) → n217 (651) → n216 (648) → n215 (645) → "
         "n214 (642) → n213 (639) → 212 more."),
        ("stack: mutex", "head → n9 (17) → n6 (4) → n2 (12) → None. T2 holds the mutex, 3 threads waiting: "
         "T4, T1, T3."),
        ("queue: at rest", "head → n3 (dummy) → n4 (21) → n5 (22) → None; tail → n5."),
        ("stack: retired, freed, again", "head → n9 (17) → n6 (4) → n2 (12) → None. Freed: n12, n13. "
         "Retired: n11 (T2)."),
        ("graph: freed", "head → n1; tail is None; n1 (1): next → n2; n2 (2): next → n3; n3 (3). Freed: n2, n6. "
         "Retired: n5 (T1)."),
        ("map: old versions and waste", "root → n1; 3 nodes in the current version; T1, T2 still at an old version, "
         "n30; T4 still at an old version, n31; wasted by T2: 2 nodes."),
        ("map: returned although it lost", "root → n1; 3 nodes in the current version; wasted by T1: 2 nodes; "
         "T1's set(11) returned although it had lost."),
        ("map: copies", "root → n1; 3 nodes in the current version; T2 copies 2 nodes, not published; "
         "T3 copies 1 node, not published."),
        ("accounts: deadlock", "left is 90; right is 100; value is 4. T1 holds left lock, 2 threads waiting: T2, T3. "
         "T2 holds right lock, 1 thread waiting: T1. Deadlock: T2 waits for left lock, which T1 holds; T1 waits for "
         "right lock, which T2 holds."),
        ("counter: clash", "value 41; T2 read 40, wants 41 (stale); T1 read 41, wants 42; T3 read 41, wants 42."),
        ("stack: flow", "41\u202f200 CASes won and 8\u202f120 lost a second; depth 214."),
    ],
)  # fmt: skip
def test_at_rest_the_picture_is_said_in_words(scenes: Page, state: str, words: str) -> None:
    evaluate(scenes, "mount(STATES[argument](layout), 740, 390);", state)
    scenes.wait_for_function(
        "words => { const id = document.querySelector('svg').getAttribute('aria-describedby');"
        " return document.getElementById(id).textContent === words; }",
        arg=words,
    )
    name = scenes.locator("svg").get_attribute("aria-labelledby")
    scene = state.split(":")[0].replace("accounts", "graph")
    assert scenes.locator(f"#{name}").text_content() == f"A {scene}: what is in memory"


def test_operations_since_a_freeze_are_counted_from_the_counters(scenes: Page) -> None:
    text = evaluate(
        scenes,
        """const state = STATES["stack: stale flags"](layout);
        const { svg } = mount(state, 740, 390);
        const counters = (others) => ({ lanes: [0, 1, 2, 3].map((lane) => ({
            lane, status: lane === 3 ? "frozen" : "running", operations: lane === 3 ? 10 : others,
        })), totals: { in: 0 } });
        state.world.context.emit("counters", counters(100));
        state.world.context.emit("counters", { ...counters(150), paused: true });
        return svg.querySelector(".callout").textContent;""",
    )
    assert "frozen inside pop, before its CAS." in text
    assert "The others go on: 150 operations since." in text


def test_lost_updates_are_counted_from_the_counters_and_exactly_at_a_pause(scenes: Page) -> None:
    said = evaluate(
        scenes,
        """const { world, frame } = STATES["counter: lost update"](layout);
        const { svg } = mount({ world, frame }, 740, 390);
        const texts = () => [...svg.querySelectorAll("text")].map((text) => text.textContent);
        const said = () => texts().find((text) => text.includes("lost updates"));
        const before = said();
        while (said() === before) {
            world.context.emit("counters", { lanes: [], totals: { in: 45 }, paused: false });
            await new Promise(requestAnimationFrame);
        }
        const live = said();
        world.context.emit("account", { lost: 3 });
        world.context.emit("counters", { lanes: [], totals: { in: 46 }, paused: true });
        return [before ?? null, live, said()];""",
    )
    assert said == [None, "about 4 lost updates", "3 lost updates"]


def test_a_new_size_is_drawn_and_a_cleared_scene_is_empty(scenes: Page) -> None:
    evaluate(
        scenes,
        'window.state = STATES["stack: long"](layout); window.mounted = mount(state, 560, 360); '
        'window.few = mounted.svg.querySelectorAll(".node").length; mounted.root.style.width = "1400px";',
    )
    scenes.wait_for_function("mounted.svg.getAttribute('viewBox') === '0 0 1400 360'")
    scenes.wait_for_function("mounted.svg.querySelectorAll('.node').length > few")
    scenes.evaluate("state.world.context.emit('cleared')")
    assert scenes.evaluate("mounted.svg.querySelectorAll('.sprite').length") == 0


def test_destroyed_scenes_leave_nothing(scenes: Page) -> None:
    left = evaluate(
        scenes,
        """const state = STATES["stack: stale flags"](layout);
        const { root, scene } = mount(state, 740, 390);
        scene.destroy();
        state.world.context.emit("select", 1);
        state.world.context.emit("counters", { lanes: [], totals: { in: 0 } });
        return root.childElementCount;""",
    )
    assert left == 0
