"""The puzzles, one or more for each chapter of the course."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from lockfree_core.scenarios.goals import (
    blocked,
    deadlock,
    faults,
    helps,
    is_lost,
    loses,
    raises,
    returns,
    waiting,
)
from lockfree_core.scenarios.played import Played
from lockfree_core.scenarios.puzzle import Puzzle
from lockfree_core.scenarios.spec import StepSpec
from lockfree_core.trace.layout import Kind

__all__ = ["PUZZLES", "describe_puzzles"]


def _undone(played: Played) -> bool:
    return played.finished and played.account["inside"] == 1


def _overtaken(played: Played) -> bool:
    return loses(0, 1)(played) and returns(0, "2")(played)


def _busy_for_nothing(played: Played) -> bool:
    return not played.results(0) and len(played.results(1)) >= 3 and played.steps_of(0) >= played.steps_of(1)


def _survived(played: Played) -> bool:
    """T1 died with its node linked and the tail behind; after that T2 has helped, and taken out both items."""
    deaths = [record.step for record in played.of(0, Kind.KILLED)]
    helped = [row.step for row in played.of(1, Kind.CAS_WON) if played.allocated_by(row.after) == 0]
    return bool(deaths) and deaths[0] < min(helped, default=0) and played.results(1)[1:] == ["3", "4"]


def _held_back(played: Played) -> bool:
    """T2 has finished, and nobody has freed a node."""
    done = all(call["result"] is not None for call in played.threads[1]["calls"])
    return done and not any(record.kind == Kind.FREE for record in played.records)


def _write_lost(played: Played) -> bool:
    return played.finished and played.account["lost"] >= 1


def _published_after(losses: int) -> Callable[[Played], bool]:
    """T1's operation has returned, having lost that many times."""
    return lambda played: bool(played.results(0)) and loses(0, losses)(played)


_PUZZLES = (
    Puzzle(
        key="lose-an-increment",
        title="Lose an increment",
        text="Two threads each add one to a counter that reads and then writes. Let the counter end at 1.",
        hint="Both must have read before either writes.",
        spec=StepSpec("racy-counter", "increment | increment"),
        par=4, solution="1212", goal=is_lost(1),
    ),
    Puzzle(
        key="deadlock",
        title="The deadly embrace",
        text="Two accounts, a lock each. T1 moves money to the right, T2 to the left. Bring both to a standstill.",
        hint="Each takes the lock of the account it takes from first.",
        spec=StepSpec("two-lock-accounts", "move_right 10 | move_left 20"),
        par=8, solution="11121222", goal=deadlock,
    ),
    Puzzle(
        key="convoy",
        title="A convoy",
        text="Four threads push onto a stack behind a mutex. Bring three of them to stand in front of the door at "
             "once.",
        hint="A waiting thread has done all it can. Somebody has to be inside.",
        spec=StepSpec("locked-stack", "push 1 | push 2 | push 3 | push 4"),
        par=8, solution="11223344", goal=waiting(3),
    ),
    Puzzle(
        key="lose-three-times",
        title="Three losses in a row",
        text="T1 wants to add one. T2 wants to add three times. Make T1's compare-and-swap fail three times running.",
        hint="T1 loses only when T2 has won since T1's load, so each loss costs T2 a success.",
        spec=StepSpec("atomic-counter", "increment | increment; increment; increment"),
        par=12, solution="122112211221", goal=loses(0, 3),
    ),
    Puzzle(
        key="be-overtaken",
        title="Overtaken, and none the worse",
        text="The stack holds 1. T1 pops, T2 pushes 2 and then 3. Make T1 lose once, and come home with 2 all the "
             "same.",
        hint="Let T1 read head while 1 is still on top.",
        spec=StepSpec("treiber-stack", "pop | push 2; push 3", "push 1"),
        par=10, solution="11.2x4.1x4", goal=_overtaken,
    ),
    Puzzle(
        key="let-it-help",
        title="A helping hand",
        text="T1 and T2 both enqueue. Let T2 swing the tail to the node that T1 has linked.",
        hint="Between T1's two compare-and-swaps the queue is half done.",
        spec=StepSpec("michael-scott-queue", "enqueue 3 | enqueue 4"),
        par=10, solution="1x5.2x5", goal=helps(1, 0),
    ),
    Puzzle(
        key="lose-an-item",
        title="Lose an item",
        text="The simplified queue again. Let an enqueued item vanish: linked, and then gone from the list.",
        hint="Two stores into the same next.",
        spec=StepSpec("storing-queue", "enqueue 3 | enqueue 4", "enqueue 1"),
        par=6, solution="111222", goal=is_lost(1),
    ),
    Puzzle(
        key="crash-the-queue",
        title="Crash the simplified queue",
        text="This queue links with a plain store. Bring one of its operations to raise an exception.",
        hint="Detach the tail from the list, then take out what head still sees, and once more.",
        spec=StepSpec("storing-queue", "enqueue 3; dequeue | enqueue 4; dequeue"),
        par=17, solution="111221112111.2x5", goal=raises,
    ),
    Puzzle(
        key="starve",
        title="Busy for nothing",
        text="Let T2 finish three operations while T1 finishes none, although T1 was never given fewer steps than T2 "
             "has had.",
        hint="T1's pop costs three steps an attempt. T2 must win somewhere inside each of them.",
        spec=StepSpec("treiber-stack", "pop | pop; push 4; pop", "push 1; push 2"),
        par=20, solution="11222111.2x4.11122211", goal=_busy_for_nothing,
    ),
    Puzzle(
        key="aba",
        title="A, then B, then A",
        text="Popped nodes are freed at once; this heap gives out first what was freed first. Make head point at a "
             "node that is free.",
        hint="T1 must have read the top and what lies below. Then the top has to leave, and come back with something "
             "else below.",
        spec=StepSpec("freeing-stack", "pop | pop; pop; push 4", "push 1; push 2; push 3", reuse="fifo"),
        par=15, solution="11.2x12.1", goal=faults("dangling pointer"),
    ),
    Puzzle(
        key="wrap-the-tag",
        title="Once round",
        text="The tag beside this head has two bits, and the heap gives out first what was freed first. Make head "
             "point at a node that is free all the same.",
        hint="Four changes bring the tag back. They must bring the node back as well.",
        spec=StepSpec("wrapping-tag-stack", "pop | pop; pop; pop; push 4", "push 1; push 2; push 3", reuse="fifo"),
        par=19, solution="11.2x16.1", goal=faults("dangling pointer"),
    ),
    Puzzle(
        key="hold-the-epoch",
        title="The sleeper",
        text="Epochs free what was retired two epochs ago. Let T2 finish its three pops without a single node being "
             "freed.",
        hint="One thread that has pinned an epoch is enough.",
        spec=StepSpec("epoch-stack", "pop | pop; pop; pop", "push 1; push 2; push 3; push 4"),
        par=34, solution="11.2x32", goal=_held_back,
    ),
    Puzzle(
        key="torn-snapshot",
        title="A snapshot that moves",
        text="The state is frozen, the dict in it is not. Let T2, which reads its snapshot twice, find two different "
             "things.",
        hint="T2 must have read once, and not yet twice.",
        spec=StepSpec("thawed-state", "set volume 7 | audit", "set volume 5; set brightness 5"),
        par=9, solution="112221222", goal=raises,
    ),
    Puzzle(
        key="lose-a-write",
        title="Told that all is well",
        text="This map does not look whether its compare-and-swap was won. Let both writes return, and one be gone.",
        hint="Both must copy the same version.",
        spec=StepSpec("ignoring-map", "set 1 11 | set 3 31", "set 2 20"),
        par=12, solution="1x5.21.2x5", goal=_write_lost,
    ),
    Puzzle(
        key="door-for-ever",
        title="The door that stays shut",
        text="A stack behind a mutex. Kill one thread so that the other can never finish.",
        hint="What a dead thread holds stays held.",
        spec=StepSpec("locked-stack", "push 3 | pop", "push 1"),
        par=4, solution="112.k1", goal=blocked, deaths=True,
    ),
    Puzzle(
        key="die-unnoticed",
        title="Die in the middle",
        text="Kill T1 when it has linked its node but not yet moved the tail. Then let T2 put in 4 and take out both "
             "items.",
        hint="Whoever finds the tail behind repairs it.",
        spec=StepSpec("michael-scott-queue", "enqueue 3 | enqueue 4; dequeue; dequeue"),
        par=26, solution="1x5.k1.2x20", goal=_survived, deaths=True,
    ),
    Puzzle(
        key="sleep-and-undo",
        title="One nap too many",
        text="T1 adds one, T2 adds one three times. Everybody finishes, and the counter says 1.",
        hint="One switch away from T1, at the worst moment, and one switch back.",
        spec=StepSpec("racy-counter", "increment | increment; increment; increment"),
        par=8, solution="1.2x6.1", goal=_undone,
    ),
    Puzzle(
        key="two-winners",
        title="Two winners",
        text="This counter's compare-and-swap is a function that compares and then writes. Let both threads believe "
             "that they have won, and one increment be lost.",
        hint="The gap lies between the comparison and the store.",
        spec=StepSpec("split-cas-counter", "increment | increment"),
        par=6, solution="112212", goal=is_lost(1),
    ),
    Puzzle(
        key="wasted-copies",
        title="Work for the bin",
        text="Two threads change a copy-on-write map. Let T1 make its copies three times before they are published.",
        hint="Whoever loses copies anew. Many writers on one root are what this map is not for.",
        spec=StepSpec("copy-on-write-map", "set 1 11 | set 2 21; set 2 22", "set 2 20"),
        par=28, solution="1x5.2x5.1x6.2x5.1x7", goal=_published_after(2),
    ),
)  # fmt: skip

PUZZLES: Final[Mapping[str, Puzzle]] = {puzzle.key: puzzle for puzzle in _PUZZLES}


def describe_puzzles() -> list[dict[str, Any]]:
    """All puzzles as plain data, in the order of the course."""
    return [puzzle.describe() for puzzle in PUZZLES.values()]
