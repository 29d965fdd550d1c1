"""The catalog: every entry can be made and run as it says, and is found under the names that people use."""

from __future__ import annotations

import importlib
import inspect
import json
from dataclasses import replace
from typing import Any

import pytest

from lockfree_core.catalog import CATALOG, Entry, find_entry, of_lab, search
from lockfree_core.drive.nodes import role_of
from lockfree_core.drive.stepping.program import parse_program
from lockfree_core.scenarios.spec import methods_of
from tests.core.engine_kit import TracedWorld, factory_of

ENTRIES = list(CATALOG.values())
FAMILIES = ("stack", "queue", "counter", "map", "state", "accounts", "ring", "process-counter")
BETWEEN_PROCESSES = {"process-cas-counter", "process-add-counter", "process-racy-counter", "process-locked-counter"}
WAIT_FREE = ("process-add-counter", "striped-counter")
FREE_OF_LOCKS = ("lock-free", "lockless")
UPDATED = ("map", "state", "accounts")  # of which nothing is taken out: what counts are changes
ON_HEAP_STACKS = {
    "hazard-pointer-stack", "epoch-stack", "tagged-stack",
    "freeing-stack", "unvalidated-hazard-stack", "wrapping-tag-stack",
}  # fmt: skip
ON_HEAP_QUEUES = {"hazard-pointer-queue", "epoch-queue", "tagged-queue", "freeing-queue"}


def ids(entry: Entry) -> str:
    return entry.key


each = pytest.mark.parametrize("entry", ENTRIES, ids=ids)


def cell_names(world: TracedWorld) -> set[str]:
    """The names of all cells, root cells and fields of nodes."""
    names = {item["name"] for report in world.reports for item in report.get("cells", ())}
    return names | {field for report in world.reports for item in report.get("types", ()) for field in item["fields"]}


def test_there_is_each_family_with_its_variants() -> None:
    variants = {family: {entry.variant for entry in ENTRIES if entry.family == family} for family in FAMILIES}
    assert variants.pop("ring") == {"lockless", "mutex"}
    assert all(variants[family] == {"lock-free", "mutex", "flawed"} for family in variants)
    assert {entry.family for entry in ENTRIES} == set(FAMILIES)
    assert [entry.key for entry in ENTRIES] == list(CATALOG)


@each
def test_entry_is_complete(entry: Entry) -> None:
    assert entry.title and entry.summary.endswith(".") and entry.paper.endswith(".")
    promised = {"lock-free": "lock-free", "lockless": "blocking", "mutex": "blocking", "flawed": "broken"}
    assert entry.progress == ("wait-free" if entry.key in WAIT_FREE else promised[entry.variant])
    assert bool(entry.flaw) == (entry.variant == "flawed")
    assert json.loads(json.dumps(entry.describe()))["key"] == entry.key


@each
def test_operations_are_those_of_the_class(entry: Entry) -> None:
    structure: Any = factory_of(entry.key)(None)
    for operation in entry.operations:
        parameters = list(inspect.signature(getattr(structure, operation.name)).parameters)
        may = ["default"] if operation.items < 0 or operation.name == "get" else []
        assert parameters == [*operation.parameters, *may]
        assert bool(operation.keys) == operation.takes_key
        assert bool(operation.effect) == (operation.items != 0)
    items = [operation.items for operation in entry.operations]
    assert items in ([[1, 0, 0], [1, 1, 0]] if entry.family in UPDATED else [[1, -1], [1], [1, 0]])


@each
def test_variants_of_a_family_are_interchangeable(entry: Entry) -> None:
    sibling = next(other for other in ENTRIES if other.family == entry.family and other.variant in FREE_OF_LOCKS)
    same = entry.operations == sibling.operations
    # A change takes effect where its algorithm counts it, which need not be the cell that another one swings.
    calls, others = ([replace(item, effect="") for item in which.operations] for which in (entry, sibling))
    assert same or (entry.family in UPDATED and calls == others) or calls[:1] == others  # a counter in stripes has more
    assert entry.scene == sibling.scene


@each
def test_items_count_at_the_cells_that_are_named(entry: Entry) -> None:
    """Each operation, run alone, takes effect at its effect cell exactly once."""
    world = TracedWorld()
    try:
        lane = world.lane
        structure: Any = factory_of(entry.key)(world.memory)
        for operation in entry.operations:
            lane.effect, lane.items = world.memory.role(operation.effect or "nowhere"), operation.items
            before = (lane.inserted, lane.removed)
            method = getattr(structure, operation.name)
            method(*operation.keys[:1], *(7 for _ in range(operation.takes_value)))
            expected = {1: (1, 0), -1: (0, 1), 0: (0, 0)}[operation.items]
            assert (lane.inserted - before[0], lane.removed - before[1]) == expected
        assert {operation.effect for operation in entry.operations if operation.effect} <= set(
            map(role_of, cell_names(world))
        )
        assert ("lock" in cell_names(world)) == (entry.variant == "mutex")
    finally:
        world.close()


def test_what_frees_nodes_can_only_be_stepped_and_what_processes_share_only_watched() -> None:
    assert {entry.key for entry in ENTRIES if entry.heap} == ON_HEAP_STACKS | ON_HEAP_QUEUES
    assert {entry.key for entry in ENTRIES if entry.processes} == BETWEEN_PROCESSES
    assert set(of_lab("step")) == set(CATALOG) - BETWEEN_PROCESSES
    assert set(of_lab("watch")) == set(CATALOG) - ON_HEAP_STACKS - ON_HEAP_QUEUES
    for entry in ENTRIES:
        assert entry.describe()["labs"] == (
            ["watch"] if entry.processes else ["step"] if entry.heap else ["watch", "step"]
        )


@each
def test_further_sources_exist_and_program_and_start_can_be_read(entry: Entry) -> None:
    for module in entry.sources:
        assert importlib.import_module(module).__doc__
    program, problems = parse_program(entry.program, entry.start, methods_of(entry))
    assert problems == []
    assert len(program.threads) >= 2


@each
def test_module_says_what_it_promises(entry: Entry) -> None:
    module = importlib.import_module(entry.source)
    text = module.__doc__ or ""
    if entry.variant == "flawed":
        assert "Known bad" in text and "The bug:" in text and "The cure:" in text
        cure = text.partition("The cure:")[2].split("``")[1]
        importlib.import_module(cure)
    else:
        assert "Progress:" in text
        assert entry.progress in text.partition("Progress:")[2]
    if entry.variant in FREE_OF_LOCKS:
        assert "Paper:" in text
        year = next(word for word in entry.paper.replace(".", " ").split() if word.isdigit() and len(word) == 4)
        assert year in text.partition("Paper:")[2]
    assert factory_of(entry.key).__doc__


# -- search


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("MSQueue", "michael-scott-queue"),
        ("msq", "michael-scott-queue"),
        ("Michael Scott", "michael-scott-queue"),
        ("ConcurrentLinkedQueue", "michael-scott-queue"),
        ("LIFO", "treiber-stack"),
        ("treiber", "treiber-stack"),
        ("FIFO", "michael-scott-queue"),
        ("lost update", "racy-counter"),
        ("i++", "racy-counter"),
        ("lost segment", "storing-queue"),
        ("mutex queue", "locked-queue"),
        ("AtomicLong", "atomic-counter"),
        ("hazard pointers", "hazard-pointer-stack"),
        ("SMR queue", "hazard-pointer-queue"),
        ("EBR", "epoch-stack"),
        ("tagged pointer", "tagged-stack"),
        ("DCAS queue", "tagged-queue"),
        ("ABA", "freeing-stack"),
        ("use after free queue", "freeing-queue"),
        ("COW", "copy-on-write-map"),
        ("persistent map", "copy-on-write-map"),
        ("ReadWriteLock", "rw-lock-map"),
        ("ignored CAS result", "ignoring-map"),
        ("frozen dataclass", "app-state"),
        ("shallow freeze", "thawed-state"),
        ("ring buffer", "ring-queue"),
        ("bounded queue", "ring-queue"),
        ("mutex ring", "locked-ring"),
        ("bank transfer", "paired-accounts"),
        ("deadlock", "two-lock-accounts"),
        ("check then act", "split-cas-counter"),
        ("LongAdder", "striped-counter"),
        ("shared memory", "process-cas-counter"),
        ("multiprocessing.Value", "process-locked-counter"),
        ("multiprocessing lost update", "process-racy-counter"),
        ("  Stack  ", "treiber-stack"),
    ],
)
def test_search_knows_the_usual_names(text: str, first: str) -> None:
    assert search(text)[0].key == first


@each
def test_every_entry_is_found_by_what_it_is_called(entry: Entry) -> None:
    for text in (entry.key, entry.title, entry.title.upper(), *entry.aliases, entry.factory.rpartition(":")[2]):
        assert entry in search(text), text
    assert search(entry.title)[0] is entry


def test_search_finds_all_of_a_kind_and_nothing_else() -> None:
    assert {entry.key for entry in search("LIFO")} == {"treiber-stack", "locked-stack", *ON_HEAP_STACKS}
    assert {entry.family for entry in search("FIFO")} == {"queue", "ring"}
    assert {entry.variant for entry in search("mutex")} == {"mutex"}


def test_search_for_nothing_finds_everything_and_for_nonsense_nothing() -> None:
    assert search("") == search("   ") == ENTRIES
    assert search("heap of bees") == []
    assert search("LIFO FIFO") == []


def test_find_entry_names_what_exists() -> None:
    assert find_entry("treiber-stack") is CATALOG["treiber-stack"]
    with pytest.raises(KeyError, match="no structure 'tree'; there are treiber-stack, locked-stack"):
        find_entry("tree")
