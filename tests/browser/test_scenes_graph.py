"""The scenes that are laid out from cells alone: the pointer graph and the map, by hand and over real executions."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from lockfree_core.catalog import CATALOG, of_lab
from lockfree_core.scenarios import StepSpec, run_spec
from tests.browser.scenes import evaluate, prepare

MODULES = ["graph", "graph-reading", "grid", "heap", "locks", "map", "map-reading", "reading"]
SIZES = [(345, 340), (900, 420)]
EVERY = 6  # steps between two looks at an execution


@pytest.fixture
def scenes(page: Page, static_url: str) -> Page:
    prepare(page, static_url)
    evaluate(
        page,
        """for (const name of argument) Object.assign(window, await import(`/static/js/scenes/${name}.js`));
        window.viewOf = (name) => STATES[name](layout).world.view();
        window.itemsOf = (name, width, height) => {
            const view = viewOf(name);
            const draw = view.entry.scene === "map" ? layoutMap : layoutGraph;
            return draw(view, createMetrics(width, height));
        };""",
        MODULES,
    )
    return page


def place(page: Page, layers: list[list[int]], parents: dict[int, int], **grid: Any) -> Any:
    placed = evaluate(
        page,
        """const parents = new Map(Object.entries(argument.parents).map(([id, from]) => [Number(id), from]));
        const { places, rows, missing } = placeLayers(argument.layers, parents, argument.grid);
        return [[...places].map(([id, { col, row }]) => [id, col, row]), rows, missing];""",
        {"layers": layers, "parents": {str(key): value for key, value in parents.items()}, "grid": grid},
    )
    return {node: (col, row) for node, col, row in placed[0]}, placed[1], placed[2]


def test_a_layer_is_a_column_and_a_first_child_stands_in_its_parents_row(scenes: Page) -> None:
    places, rows, missing = place(scenes, [[1, 2], [3, 4], [5]], {3: 1, 4: 2, 5: 4}, cols=4, rows=3)
    assert places == {1: (0, 0), 2: (0, 1), 3: (1, 0), 4: (1, 1), 5: (2, 1)}
    assert (rows, missing) == (2, 0)


def test_a_long_list_goes_on_in_the_next_band_and_says_what_has_no_place(scenes: Page) -> None:
    layers = [[number] for number in range(1, 9)]
    places, rows, missing = place(scenes, layers, {n: n - 1 for n in range(2, 9)}, cols=3, rows=2)
    assert places == {1: (0, 0), 2: (1, 0), 3: (2, 0), 4: (0, 1), 5: (1, 1), 6: (2, 1)}
    assert (rows, missing) == (2, 2)


def test_where_layers_leave_too_many_without_a_place_columns_are_filled(scenes: Page) -> None:
    layers = [[1], [2, 3, 4], [5, 6]]
    assert place(scenes, layers, {}, cols=2, rows=3)[2] > 0
    places, _, missing = place(scenes, layers, {}, cols=2, rows=3, closely=True)
    assert missing == 0
    assert len(set(places.values())) == 6


@pytest.mark.parametrize("size", [(740, 390), (900, 420), (1400, 460)])
def test_sixty_nodes_have_a_place(scenes: Page, size: tuple[int, int]) -> None:
    drawn = evaluate(
        scenes,
        """const items = itemsOf("graph: long list", ...argument);
        const kinds = (type) => items.filter((item) => item.type === type).length;
        return [kinds("record"), items.some(({ key }) => key === "missing")];""",
        size,
    )
    assert drawn == [60, False]


def test_what_has_no_place_is_counted(scenes: Page) -> None:
    text, drawn = evaluate(
        scenes,
        """const items = itemsOf("graph: too many", 740, 390);
        const drawn = items.filter(({ type }) => type === "record").length;
        return [items.find(({ key }) => key === "missing").text, drawn];""",
    )
    assert text == f"{300 - drawn} nodes not drawn: no room"


def test_a_step_moves_only_what_it_changed(scenes: Page) -> None:
    moved = evaluate(
        scenes,
        """const world = STATES["graph: tree"](layout).world;
        const places = () => new Map(layoutGraph(world.view(), createMetrics(900, 420))
            .filter(({ type }) => type === "record").map(({ key, at }) => [key, at.join()]));
        const before = places();
        world.branch(40, 1000, 0, 0).branch(15, 45, 40, 0);
        const after = places();
        return [...before].filter(([key, at]) => after.has(key) && after.get(key) !== at).map(([key]) => key);""",
    )
    assert moved == [], "node 40 was published below node 15"


def test_versions_share_what_they_have_in_common_and_waste_is_counted(scenes: Page) -> None:
    read = evaluate(
        scenes,
        """const { versions, wasted } = readVersions(viewOf("map: old versions and waste"));
        const name = (id) => id - 63;
        return [
            versions.map(({ kind, top, own }) => [kind, name(top), own.map(name)]),
            wasted.map(({ lane, ids, count }) => [lane, ids.map(name).sort(), count]),
        ];""",
    )
    assert read == [
        [["current", 1, [1, 2, 3]], ["old", 30, [30]], ["old", 31, [31, 32]]],
        [[1, [10, 11], 2]],
    ]


def test_a_copy_is_no_waste_before_its_cas_nor_in_the_next_attempt(scenes: Page) -> None:
    counts = evaluate(
        scenes,
        """const { world } = STATES["map: old versions and waste"](layout);
        const wasted = () => readVersions(world.view()).wasted.map(({ ids }) => ids.length);
        const lost = wasted();
        world.branch(12, "3: 32", 0, 0, { published: false, owner: 1, allocated: 5 });
        const retried = wasted();
        world.state.lanes[1].losses = 0;
        return [lost, retried, wasted()];""",
    )
    assert counts == [[2], [2], []]


def test_two_threads_that_wait_for_each_other_are_a_circle(scenes: Page) -> None:
    circles = evaluate(
        scenes,
        """const lanes = (name) => deadlock(viewOf(name)).map(({ lane }) => lane);
        return [lanes("accounts: deadlock"), lanes("accounts: one lock each"), lanes("stack: mutex")];""",
    )
    assert circles == [[1, 0], [], []]


def test_hazards_and_epochs_are_no_part_of_the_picture(scenes: Page) -> None:
    flags = evaluate(
        scenes,
        """const { svg } = mount(STATES["stack: hazards apart"](layout), 740, 390);
        return [...svg.querySelectorAll(".flag")].map((flag) => flag.getAttribute("aria-label"));""",
    )
    assert flags == ["T1: old_head points at n1"]


STRUCTURES = [
    key for key, entry in of_lab("step").items() if entry.scene not in ("stack", "queue", "counter") or entry.heap
]


@pytest.mark.parametrize("structure", STRUCTURES)
def test_real_executions_are_drawn_without_a_blemish(scenes: Page, structure: str) -> None:
    spec, problems = StepSpec.from_texts({"structure": structure, "then": "random:4"})
    assert not problems
    execution = run_spec(spec)
    entry = CATALOG[structure]
    found = evaluate(
        scenes,
        """const { createLayout } = await import("/static/js/layout.js");
        const { Model } = await import("/static/js/model.js");
        const { createEvents } = await import("/static/js/events.js");
        const { execution, entry, sizes, every } = argument;
        const built = createLayout(layout);
        const model = new Model(built);
        const bytes = Uint8Array.from(atob(execution.records), (character) => character.charCodeAt(0));
        model.load({ header: { names: execution.names, snapshot: execution.snapshot, first: 0 }, bytes });
        const found = {};
        for (let step = 0; step < execution.steps.length; step += every) {
            const { first, records } = execution.steps[step];
            const state = model.timeline.seek(first + records - 1);
            const { on, emit } = createEvents();
            const context = {
                names: model.names, layout: built, entry, prefers: { reducedMotion: true }, on, emit,
                history: model.history,
            };
            const frame = {
                state, position: state.position, mode: "held", speed: 1, regime: "each", rate: 1, incident: null,
                flow: null,
            };
            for (const size of sizes) {
                const mounted = mount({ world: { context }, frame }, ...size);
                const list = blemishes(mounted.svg);
                if (list.length > 0) found[`step ${step + 1}, ${size}`] = list;
                mounted.close();
            }
        }
        return found;""",
        {
            "execution": execution,
            "entry": {"scene": entry.scene, "variant": entry.variant, "title": entry.title},
            "sizes": SIZES,
            "every": EVERY,
        },
    )
    assert found == {}
