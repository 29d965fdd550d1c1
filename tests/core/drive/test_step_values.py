"""How values read in a stepped trace: nodes by name, and never an address, which would differ from run to run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.core.stepping_kit import run_calls


class Plain:
    """Says nothing about itself."""


class Talking:
    def __repr__(self) -> str:
        return "talking"


class Node:
    __slots__ = ("next",)

    def __init__(self, memory: Any, value: Any) -> None:
        self.next = memory.reference(None, "next")


VALUES: dict[str, Any] = {
    "plain": Plain(),
    "talking": Talking(),
    "numbers": (1, 2),
    "single": (1,),
    "nested": (1, (Plain(), [None, "a"])),
    "many": frozenset({"b", "a", "c"}),
    "large": 1 << 40,
}


class Holder:
    """Loads a value into a local, and has others lying about."""

    name = ""

    def __init__(self, memory: Any) -> None:
        self.memory = memory
        self.cell = memory.reference(None, "cell")

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def hold(self) -> None:
        self.cell.store(VALUES[self.name])

    def collect(self) -> None:
        node = self.memory.allocate(Node, 1)
        pair = (node, 7)
        gathered = [node]
        cells = {"cell": self.cell}
        machine = Plain()
        self.cell.store(pair)
        self.cell.store((len(gathered), len(cells), type(machine) is Plain))
        self.memory.free(node)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("plain", "<Plain>"),
        ("talking", "talking"),
        ("numbers", "(1, 2)"),
        ("single", "(1,)"),
        ("nested", "(1, (<Plain>, [None, 'a']))"),
        ("many", "{'a', 'b', 'c'}"),
        ("large", "1099511627776"),
    ],
)
def test_a_value_reads_the_same_in_every_run(name: str, text: str) -> None:
    kind = type("Named", (Holder,), {"name": name})
    run = run_calls(kind, "hold")
    assert run.execution["steps"][0]["text"] == f"store cell = {text}"


def test_locals_are_told_where_they_say_something() -> None:
    run = run_calls(Holder, "collect")
    assert run.faults == []
    texts = {row["text"] for row in run.execution["names"]["values"]}
    assert {"pair", "(n1, 7)"} <= texts
    assert texts.isdisjoint({"gathered", "cells", "machine", "<Plain>"}), "machinery is not"
    assert not any(" at 0x" in text for text in texts)
