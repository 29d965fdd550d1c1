"""The pure functions under the scenes: what stands where, and what a state is read as."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.scenes import evaluate, prepare

MODULES = [
    "bands",
    "chain",
    "counter",
    "detached",
    "flags",
    "flow",
    "incident",
    "index",
    "mutex",
    "queue",
    "reading",
    "routes",
    "stack",
]


@pytest.fixture
def scenes(page: Page, static_url: str) -> Page:
    prepare(page, static_url)
    evaluate(
        page,
        """for (const name of argument) Object.assign(window, await import(`/static/js/scenes/${name}.js`));
        window.wide = createMetrics(900, 420);
        window.narrow = createMetrics(560, 360);
        window.viewOf = ({ world, chosen = null, account = null }) => (
            world.view({ chosen, lost: account && { number: account.lost, exact: true } }));""",
        MODULES,
    )
    return page


def test_texts_are_never_wider_than_they_are_taken_to_be(scenes: Page) -> None:
    wrong = evaluate(
        scenes,
        """const svg = document.body.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "svg"));
        svg.setAttribute("class", "scene-picture");
        const line = svg.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "text"));
        const wrong = [];
        for (const [text, face, look] of argument) {
            line.textContent = text;
            line.setAttribute("class", look);
            const measured = line.getComputedTextLength();
            const taken = textWidth(text, 12, face);
            if (measured > taken * 1.01 || measured < taken * 0.8) wrong.push([text, measured, taken]);
        }
        return wrong;""",
        [
            ["linked by T2, tail not advanced", {}, "label"],
            ["The others go on: 214 operations since.", {}, "line-1"],
            ["… 214 more …", {}, "hole"],
            ["old_head, new_head", {"mono": True}, "name"],
            ["detached: 3 items lost", {"bold": True}, "alarm"],
            ["T32", {"mono": True, "bold": True}, "lane"],
        ],
    )
    assert wrong == []


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ('fit("successor", 40, 12, { mono: true })', "succ…"),
        ('fit("head", 400, 12)', "head"),
        ('fit("head", 1, 12)', ""),
        ('wrap("one two three four", 50, 12)', ["one two", "three", "four"]),
        ('wrap("one two three four five six", 50, 12, 2)', ["one two", "three …"]),
        ('plural(1, "item")', "1 item"),
        ('plural(3412, "item")', "3\u202f412 items"),
        ("niceMaximum(0)", 1),
        ("niceMaximum(240)", 500),
        ("niceMaximum(500)", 500),
        ("niceMaximum(501)", 1000),
    ],
)
def test_small_functions(scenes: Page, call: str, expected: Any) -> None:
    assert evaluate(scenes, f"return {call};") == expected


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ({"rate": 1}, 250),
        ({"rate": 5}, 112),
        ({"rate": 40, "regime": "changes"}, 50),
        ({"rate": 1, "mode": "replay", "speed": 0.1}, 560),
        ({"rate": 0.1, "mode": "replay", "speed": 0.1}, 2500),
        ({"rate": 1, "mode": "replay", "speed": 10}, 25),
        ({"rate": 4000, "mode": "held"}, 250),
        ({"rate": 1, "jumped": True}, 0),
        ({"rate": 90_000, "regime": "flow"}, 250),
    ],
)
def test_movements_keep_up_with_what_is_shown(scenes: Page, frame: dict[str, Any], expected: float) -> None:
    whole = {"mode": "live", "speed": 1, "regime": "each", "jumped": False, **frame}
    assert evaluate(scenes, "return durationOf(argument, { reducedMotion: false });", whole) == expected
    assert evaluate(scenes, "return durationOf(argument, { reducedMotion: true });", whole) == 0


def test_a_swing_goes_through_the_place_where_its_target_still_is(scenes: Page) -> None:
    places = evaluate(
        scenes,
        """const motion = new Motion(1000, 200, true);
        const track = motion.track([0], [100], { kind: "swing", at: [40] });
        const still = motion.track([5], [9], null);
        const places = (of, times) => times.map((now) => of.at(now)[0]);
        return { swing: places(track, [900, 1000, 1140, 1340, 2000]), settle: places(still, [1000, 1139, 1340]) };""",
    )
    assert places == {"swing": [0, 0, 40, 100, 100], "settle": [5, 5, 9]}


def test_links_have_rounded_corners_and_end_before_their_tip(scenes: Page) -> None:
    straight_line, elbow = evaluate(
        scenes, "return [linkPaths(straight(0, 0, 100, 0), 9), linkPaths(throughChannel(0, 0, 20, 60, 40), 0)];"
    )
    assert straight_line == ["M0 0L92 0", "M100 0L91 4.5L91 -4.5Z"]
    assert elbow[0].count("Q") == 2
    assert elbow[1] == ""


@pytest.mark.parametrize("length", [1, 3, 4, 40, 1000])
@pytest.mark.parametrize("metrics", ["wide", "narrow"])
def test_a_long_chain_is_elided_and_keeps_what_flags_stand_on(scenes: Page, length: int, metrics: str) -> None:
    shown = evaluate(
        scenes,
        f"""const world = longStack(layout, {length}, 0);
        const chain = walk(world.view(), rootValue(world.view(), "head"));
        const flagged = chain.ids[Math.floor(chain.ids.length / 2)];
        const room = {{ left: 150, right: {metrics}.width - 60, node: {metrics}.node, gap: {metrics}.gap }};
        const {{ slots, end }} = placeChain(chain, new Set([flagged]), room);
        const last = slots.at(-1);
        return {{
            total: slots.reduce((sum, slot) => sum + (slot.kind === "node" ? 1 : slot.count), 0), first: slots[0].index,
            overlap: slots.some((slot, i) => slots[i + 1] && slot.x + slot.w >= slots[i + 1].x),
            right: last.kind === "hole" ? last.x + last.w : end,
            limit: last.kind === "hole" ? room.right + END_WIDTH : room.right,
            flagged: slots.some(({{ id }}) => id === flagged),
        }};""",
    )
    assert shown["total"] == length
    assert shown["first"] == 0
    assert not shown["overlap"]
    assert shown["right"] <= shown["limit"]
    assert shown["flagged"] or metrics == "narrow"


def test_a_cycle_and_a_chain_without_end_are_drawn_as_far_as_they_go(scenes: Page) -> None:
    found = evaluate(
        scenes,
        """const cyclic = new World(layout, "stack").chain([1, 2, 3], [1, 2, 3], 2).cell("head", nodeId(1));
        const endless = longStack(layout, LONGEST_WALK + 5, 0);
        const items = layoutStack(cyclic.view(), wide);
        const long = layoutStack(endless.view(), wide).filter(({ type }) => type === "text").map(({ text }) => text);
        const ends = items.find(({ key }) => key === "end:stack").text;
        return { ids: walk(cyclic.view(), nodeId(1)).ids.length, ends, long };""",
    )
    assert found["ids"] == 3
    assert found["ends"] == "↩ n2"
    assert any(text.endswith("+ more …") for text in found["long"])
    assert "None" not in found["long"]


def test_what_a_thread_holds(scenes: Page) -> None:
    found = evaluate(
        scenes,
        """const world = new World(layout, "stack").chain([9, 6], [1, 2]);
        world.cell("head", nodeId(9), { writer: 0, sequence: 7, version: 4 });
        world.node(10, 8, 6, { published: false, owner: 1 }).node(12, 5, 9, { removed: true });
        world.lane(0, { operation: 0, locals: { node: [9, ""], old_head: [6, "head", 3] } });
        world.lane(1, { locals: { node: [10, ""], old_head: [6, "head", 3] } });
        world.lane(2, { locals: { old_head: [9, "head", 2], new_head: [6, 9] } });
        world.lane(3, { status: "idle", operation: -1, locals: { old_head: [9, "head", 4] } });
        world.lane(4, { locals: { old_head: [null, "head", 1] } });
        const nameOf = (target) => (target === 0 ? "None" : `n${target - 63}`);
        return holds(world.view()).map(({ lane, target, name, state }) => [lane, nameOf(target), name, state]);""",
    )
    assert found == [
        [1, "n6", "old_head", "stale"],
        [2, "n9", "old_head", "aba"],
        [2, "n6", "new_head", "fresh"],
        [4, "None", "old_head", "stale"],
    ], "not the winner's spent pointer, not own nodes, nobody idle"


def test_a_lost_attempt_stays_until_its_thread_goes_on(scenes: Page) -> None:
    found = evaluate(
        scenes,
        """const world = new World(layout, "stack").chain([9], [1]).lane(0, { losses: 2 }).lane(1).lane(2);
        world.record(0, "CAS_LOST", { site: 1 }).record(1, "CAS_LOST", { site: 2 });
        world.record(2, "CAS_LOST").record(2, "LOAD").record(0, "BACKOFF");
        return losses(world.view()).map(({ lane, losses, help }) => [lane, losses, help]);""",
    )
    assert found == [[0, 2, False], [1, 0, True]]


@pytest.mark.parametrize(("chosen", "flags"), [(None, 0), (6, 1), (30, 1)])
def test_many_threads_are_counted_and_the_chosen_one_shown(scenes: Page, chosen: int | None, flags: int) -> None:
    found = evaluate(
        scenes,
        """const items = layoutStack(crowd(layout).view({ chosen: argument }), wide);
        return { tallies: items.filter(({ type }) => type === "tally").map(({ text }) => text),
            flags: items.filter(({ type }) => type === "flag").map(({ lane }) => lane), items: items.length };""",
        chosen,
    )
    assert found["flags"] == ([] if chosen is None else [chosen])
    assert len(found["flags"]) == flags
    assert (
        found["tallies"]
        == {
            None: ["9 hold n9", "23 hold n6, all stale"],
            6: ["9 hold n9", "22 hold n6, all stale"],
            30: ["8 hold n9", "23 hold n6, all stale"],
        }[chosen]
    )
    assert found["items"] < 80


def test_flags_name_the_node_when_they_stand_on_a_hole(scenes: Page) -> None:
    names = evaluate(
        scenes,
        """return layoutStack(longStack(layout, 220, 3).view(), narrow).filter(({ type }) => type === "flag")
            .map(({ button }) => button.label);""",
    )
    assert names == [
        "T1: old_head points at n220",
        "T2: old_head points at n170, stale, retry 1",
        "T3: old_head points at n120, stale, retry 2",
    ]


QUEUE_TEXTS = """
    const { world, account } = STATES[argument](layout);
    return layoutQueue(viewOf({ world, account }), wide).map(({ text }) => text ?? "");
"""


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ("queue: tail behind", "linked by T2, tail not advanced"),
        ("queue: helped", "helped on by T3"),
        ("queue: detached", "detached: 3 items lost"),
    ],
)
def test_queues_say_what_happens_to_the_tail(scenes: Page, state: str, text: str) -> None:
    assert text in evaluate(scenes, QUEUE_TEXTS, state)
    assert text not in evaluate(scenes, QUEUE_TEXTS, "queue: at rest")


def test_items_that_land_on_the_detached_part_are_drawn_there(scenes: Page) -> None:
    found = evaluate(
        scenes,
        """const { world } = STATES["queue: detached"](layout);
        const look = () => Object.fromEntries(layoutQueue(world.view(), wide).filter(({ type }) => type === "node")
            .map(({ label, look, at }) => [label, [look, at[1]]]));
        const before = look();
        world.node(9, 26, 11).node(11, 28, 0);
        return [before, look()];""",
    )
    before, after = found
    assert before["n8"][0] == ""
    assert before["n9"][0] == after["n11"][0] == "detached"
    assert after["n11"][1] == before["n6"][1] > before["n8"][1]


def test_a_low_stage_shows_the_whole_tail_below_the_detached_part(scenes: Page) -> None:
    lowest, height = evaluate(
        scenes,
        """const metrics = createMetrics(664, 288);
        const items = layoutQueue(STATES["queue: detached"](layout).world.view(), metrics);
        const tail = items.find(({ key }) => key === "cell:tail");
        return [tail.at[1] + tail.h, metrics.height];""",
    )
    assert lowest <= height


def test_a_whole_queue_has_no_detached_part(scenes: Page) -> None:
    assert evaluate(
        scenes,
        """const whole = Object.keys(STATES).filter((name) => name.startsWith("queue: ") && !name.includes("detached"));
        const views = whole.map((name) => viewOf(STATES[name](layout)));
        const main = (view) => walk(view, rootValue(view, "head"));
        return views.length > 2 && views.every((view) => detachedChain(view, main(view)) === null);""",
    )


def test_tickets_that_want_the_same_number_are_marked(scenes: Page) -> None:
    found = evaluate(
        scenes,
        """const texts = (name) => layoutCounter(viewOf(STATES[name](layout)), wide)
            .filter(({ face }) => face === "label" || face === "alarm").map(({ text }) => text);
        return [texts("counter: clash"), texts("counter: lost update"), texts("counter: mutex")];""",
    )
    clash, lost, mutex = found
    assert clash == ["won by T4", "both want 42: one will lose its CAS"]
    assert lost == [
        "written by T2", "3 lost updates", "lost update: T2 wrote 41 over 41", "both want 42: one update will be lost",
    ]  # fmt: skip
    assert mutex == ["set by T2", "increment()"]


def test_the_door_keeps_the_order_of_those_who_wait(scenes: Page) -> None:
    found = evaluate(
        scenes,
        """const items = (name) => layoutStack(viewOf(STATES[name](layout)), wide);
        const chips = items("stack: mutex").filter(({ key }) => key.startsWith("waiter:"));
        const frozen = items("stack: mutex, holder frozen");
        return {
            chips: chips.sort((one, other) => other.at[0] - one.at[0]).map(({ text }) => text),
            says: frozen.some(({ text }) => text === "everyone waits for it"),
            callouts: frozen.filter(({ look }) => look === "callout").length,
        };""",
    )
    assert found["chips"] == ["T2", "T4", "T1", "T3"], "inside, then next in line, from the door outwards"
    assert found["says"]
    assert found["callouts"] == 0, "the door tells it already"


def test_an_incident_is_followed_record_by_record(scenes: Page) -> None:
    found = evaluate(
        scenes,
        """const { world, frame } = STATES["stack: incident"](layout);
        const at = (index) => readIncident({ ...frame.incident, index }, world.layout);
        const name = (id) => id && `n${id - 63}`;
        const steps = frame.incident.records.map((record) => stepText(world.view(), record));
        const now = [0, 1, 2, 3, 4].map((index) => [name(at(index).now), name(at(index).read)]);
        return { steps, now, victim: at(0).victim };""",
    )
    assert found["victim"] == 1
    assert found["now"] == [["n6", "n6"], ["n9", "n6"], ["n9", "n6"], ["n9", "n9"], ["n10", "n9"]]
    assert found["steps"] == [
        "T2 reads n6",
        "T1 wins: n6 becomes n9",
        "T2 loses: expected n6, saw n9",
        "T2 reads n9",
        "T2 wins: n9 becomes n10",
    ]


def test_a_fault_is_told_with_its_message(scenes: Page) -> None:
    said = evaluate(
        scenes,
        'const view = viewOf(STATES["queue: detached"](layout)); return whatHappened(view, view.state.lanes[2]);',
    )
    assert said == "raised inside dequeue: 'NoneType' object has no attribute 'value'"
