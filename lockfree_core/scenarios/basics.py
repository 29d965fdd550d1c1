"""Scenarios of the first chapters: what a compare-and-swap does, and what happens without one."""

from __future__ import annotations

from lockfree_core.scenarios.scenario import Caption, Scenario
from lockfree_core.scenarios.spec import StepSpec

__all__ = ["BASICS"]

BASICS = (
    Scenario(
        key="lost-cas-and-retry",
        theme="basics",
        title="A lost CAS, and the retry",
        shows="A compare-and-swap fails only if somebody else succeeded in between, and then one simply tries again.",
        spec=StepSpec("treiber-stack", "push 3 | push 4", "push 1", schedule="112222.1x5"),
        captions=(
            Caption(0, "Two threads want to push onto the same stack. Nobody holds a lock."),
            Caption(1, "T1 makes its node. Nobody else can see it yet."),
            Caption(2, "T1 reads head: n1. From now on it believes that n1 is on top."),
            Caption(5, "T2 has made a node of its own, read head as well, and linked its node to n1."),
            Caption(
                6, "T2 swings head from n1 to its node, and is done. What T1 has read is stale; T1 does not know yet."
            ),
            Caption(7, "T1 links its node to n1, as it read it."),
            Caption(8, "T1's CAS expects n1, but head is T2's node: it fails, and nothing is overwritten."),
            Caption(9, "So T1 reads head again…"),
            Caption(11, "…and the second attempt succeeds. Nothing was lost, and nobody ever waited."),
        ),
    ),
    Scenario(
        key="half-done-enqueue",
        theme="basics",
        title="An enqueue that stops half-way, and its helper",
        shows="Whoever finds an operation half done finishes it, instead of waiting for the one who began it.",
        spec=StepSpec("michael-scott-queue", "enqueue 3 | enqueue 4", schedule="1x5.2x10.1"),
        captions=(
            Caption(0, "An empty queue: head and tail stand on the dummy, n1. An enqueue takes two steps that others "
                       "can see: link the node, then move tail."),
            Caption(4, "T1 has read the tail, and what follows it, nothing. It has looked again: tail has not moved."),
            Caption(5, "T1 links n2 behind n1. The item is in the queue from here on, but tail is one node behind. "
                       "And here T1 stops, for as long as it likes."),
            Caption(8, "T2 finds that the last node has a successor: somebody is half done."),
            Caption(10, "T2 does not wait. It moves tail itself: help. Now everything is as it should be…"),
            Caption(14, "…and T2 links its own node…"),
            Caption(15, "…and moves tail. T2 is done, although T1 is still in the middle."),
            Caption(16, "T1 comes back and tries to move tail from n1 to n2. It fails, and that is right: somebody has "
                        "done it already. T1 returns."),
        ),
        beside=("simplified-queue-loses-segment",),
    ),
    Scenario(
        key="simplified-queue-loses-segment",
        theme="basics",
        title="The simplified queue loses a segment",
        shows="Linking with a plain store, instead of a compare-and-swap, throws away what somebody else has linked.",
        spec=StepSpec("storing-queue", "enqueue 3 | enqueue 4; enqueue 5; dequeue; dequeue", schedule="1122121.2x14"),
        captions=(
            Caption(0, "The queue of many tutorials: enqueue reads the tail, stores its node behind it, and moves "
                       "tail."),
            Caption(2, "T1 has made n2 and read tail: n1."),
            Caption(4, "T2 has made n3 and read tail: n1, too."),
            Caption(5, "T1 links n2 behind n1…"),
            Caption(6, "…and T2 links n3 behind n1. A store does not ask what was there: n2 hangs in the air. With a "
                       "CAS T2 would have lost here, and tried again."),
            Caption(7, "T1 moves tail to n2, the node that nobody can reach from head any more."),
            Caption(8, "T2 fails to move it to n3, and does not look."),
            Caption(12, "T2 puts in 5. It goes behind tail, into the part that is lost."),
            Caption(17, "T2 takes out 4."),
            Caption(20, "Head stands on the last node that it can reach, and tail elsewhere. So the queue believes "
                        "that there is more."),
            Caption(21, "There is not: the dequeue raises. 3 and 5 were put in and will never come out."),
        ),
        faults=("raised", "lost items"),
        beside=("half-done-enqueue",),
    ),
    Scenario(
        key="counter-read-then-write",
        theme="basics",
        title="Read, then write: the lost update",
        shows="Between reading a number and writing the next one there is room for everybody else.",
        spec=StepSpec("racy-counter", "increment | increment", schedule="1212"),
        captions=(
            Caption(0, "Two threads count one each. The counter is at 0, so it should end at 2."),
            Caption(1, "T1 reads 0, and wants to write 1."),
            Caption(2, "T2 reads 0, and wants to write 1 as well. Two tickets with the same number."),
            Caption(3, "T1 writes 1, and returns 1."),
            Caption(4, "T2 writes 1 over it, and returns 1. Both were told that they had counted; one increment is "
                       "lost."),
        ),
        faults=("lost items",),
        beside=("split-cas-counter", "lost-cas-and-retry"),
    ),
    Scenario(
        key="split-cas-counter",
        theme="basics",
        title="A CAS made of three steps is none",
        shows="To compare and then to write is no compare-and-swap, however much it looks like one.",
        spec=StepSpec("split-cas-counter", "increment | increment", schedule="112212"),
        captions=(
            Caption(0, "The loop is right: read, and swap if the value has not changed. But this compare-and-swap is "
                       "an ordinary function: it reads, compares, and writes."),
            Caption(1, "T1 reads 0 and calls the function."),
            Caption(2, "It reads 0 again, compares: unchanged. It is about to write 1."),
            Caption(4, "T2 has done the same. It has compared, too, and found nothing changed."),
            Caption(5, "T1 writes 1: swapped, it says."),
            Caption(6, "T2 writes 1: swapped, it says. The comparison was true when it was made, and that does not "
                       "help. A real CAS compares and writes in one step that nothing can divide."),
        ),
        faults=("lost items",),
        beside=("counter-read-then-write", "lost-cas-and-retry"),
    ),
)  # fmt: skip
