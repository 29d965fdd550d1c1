"""Scenarios of copies: state that is replaced instead of changed, and two ways to get that wrong."""

from __future__ import annotations

from typing import Final

from lockfree_core.scenarios.scenario import Caption, Scenario
from lockfree_core.scenarios.spec import StepSpec

__all__ = ["COPIES"]

_START: Final = "set 2 20; set 1 10; set 3 30"
_WRITER_AND_READER: Final = ("set 1 15 | items", "set 1 10; set 2 20")
_TWO_WRITERS: Final = ("set 1 11 | set 3 31", _START)

COPIES = (
    Scenario(
        key="snapshot-consistency",
        theme="copies",
        title="A reader sees one version, whatever happens",
        shows="A reader that has loaded the root once sees one consistent version, and no writer has to wait for it.",
        spec=StepSpec("copy-on-write-map", "items; items | set 1 15; set 3 35", _START, schedule="111.2x16.1x11"),
        captions=(
            Caption(0, "A map with three entries: a tree that nobody changes, and a root that points at its newest "
                       "version, n5."),
            Caption(1, "T1 wants to read all entries. It loads the root: from here on it reads the version of n5."),
            Caption(3, "It has come to the entry 1: 10. Here it pauses."),
            Caption(8, "T2 sets 1 to 15. It does not touch n2; it makes a new node, n7…"),
            Caption(10, "…and a new root, n9, that shares the entry 3: 30 with the old one. Two copies; nobody else "
                        "can see them yet."),
            Caption(11, "T2 swings the root. The old version is as it was."),
            Caption(19, "T2 sets 3 to 35 in the same way. Two versions later, T1 still holds the first."),
            Caption(23, "T1 reads on, and gets 10, 20, 30: exactly what was there when it began. Had the tree been "
                        "changed in place, it would have read 10 and 35, a pair that never was."),
            Caption(30, "When it reads again, it reads the newest version: 15, 20, 35."),
        ),
        beside=("frozen-with-mutable",),
    ),
    Scenario(
        key="reader-passes-dead-writer",
        theme="copies",
        title="Reading past a writer who never comes back",
        shows="A reader of a copy-on-write map waits for nobody, not even for a writer that died in the middle.",
        spec=StepSpec("copy-on-write-map", *_WRITER_AND_READER, schedule="1x6.k1.2x5"),
        captions=(
            Caption(0, "T1 sets 1 to 15, T2 reads all entries. T1 is going to die."),
            Caption(6, "T1 is making its copy, n4 first. Nobody else can see it."),
            Caption(7, "T1 is killed. The root still points at the old version, and that is whole."),
            Caption(8, "T2 loads the root…"),
            Caption(12, "…and gets 10 and 20. That somebody was about to change the map is nothing to it."),
        ),
        beside=("reader-behind-dead-writer", "snapshot-consistency"),
    ),
    Scenario(
        key="reader-behind-dead-writer",
        theme="copies",
        title="Reading behind a readers-writer lock",
        shows="Behind a readers-writer lock readers do not disturb each other, but a writer stops them all.",
        spec=StepSpec("rw-lock-map", *_WRITER_AND_READER, schedule="1x6.k1.2"),
        captions=(
            Caption(0, "The same program on a map behind a readers-writer lock."),
            Caption(6, "T1 holds the lock, and is looking for the place of 1."),
            Caption(7, "T1 is killed. The lock stays taken."),
            Caption(8, "T2 only wants to read, and waits. It will wait for ever."),
        ),
        faults=("blocked",),
        beside=("reader-passes-dead-writer",),
    ),
    Scenario(
        key="copy-lost-update",
        theme="copies",
        title="The write that was thrown away",
        shows="Who ignores whether the swap succeeded loses writes, and tells the caller that all is well.",
        spec=StepSpec("ignoring-map", *_TWO_WRITERS, schedule="111.2x4.121212121"),
        captions=(
            Caption(0, "T1 sets 1, T2 sets 3: different entries. They should not get into each other's way."),
            Caption(3, "T1 copies from the version of n5."),
            Caption(4, "So does T2."),
            Caption(14, "Each has made its copy of the path. T1's version has the new 1 and the old 3; T2's has the "
                        "old 1 and the new 3."),
            Caption(15, "T2 swings the root to its version."),
            Caption(16, "T1's swap fails: the root is not n5 any more. T1 does not look, and returns. 1 is still 10; "
                        "the write has vanished without a trace."),
        ),
        faults=("lost items",),
        beside=("copy-retry",),
    ),
    Scenario(
        key="copy-retry",
        theme="copies",
        title="The copy that is made again",
        shows="Who loses the swap copies again from the new version, and so loses nothing but work.",
        spec=StepSpec("copy-on-write-map", *_TWO_WRITERS, schedule="111.2x4.12121212.1x9"),
        captions=(
            Caption(0, "The same two writes, step by step in the same order."),
            Caption(14, "Each has made its copy of the path, from the same version."),
            Caption(15, "T2 swings the root to its version."),
            Caption(16, "T1's swap fails. It looks: what it has copied is waste, two nodes."),
            Caption(17, "It loads the root again: n9, T2's version…"),
            Caption(23, "…and copies the path anew. The new 3 is shared, not copied."),
            Caption(24, "Now the swap succeeds. Both writes are there."),
        ),
        beside=("copy-lost-update",),
    ),
    Scenario(
        key="frozen-with-mutable",
        theme="copies",
        title="Frozen, with a dict inside",
        shows="Freezing an object does not freeze what it refers to: a snapshot that shares a dict is no snapshot.",
        spec=StepSpec(
            "thawed-state", "audit | set volume 7", "set volume 5; set brightness 5", schedule="1x4.2221122"
        ),
        captions=(
            Caption(0, "The state is a frozen object. But what it holds is a dict, n1: volume 5, brightness 5."),
            Caption(1, "T1 takes a snapshot: n4."),
            Caption(4, "It adds up what is in it: 10."),
            Caption(6, "T2 wants to set the volume, and to publish a new state."),
            Caption(7, "It writes into the dict. Nothing has been published yet, and still T1's snapshot has just "
                       "changed: it is the same dict."),
            Caption(9, "T1 reads its snapshot once more: 12. It raises. A frozen state cannot change, and this one "
                       "did."),
            Caption(11, "T2 publishes its state with a perfect compare-and-swap. It was too late for that before it "
                        "began."),
        ),
        faults=("raised",),
        beside=("snapshot-consistency",),
    ),
)  # fmt: skip
