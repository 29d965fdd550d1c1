"""Scenarios of memory that is used again: the ABA problem, its cures, and what goes wrong with each of them.

The story is the same in all that begin with ``aba-``: T1 stands before the compare-and-swap of its pop, n3 expected
and n2 to be put in its place; T2 pops n3; T3 pops n2; T2 pushes; T1 goes on. The schedules differ in length, because
each cure takes accesses of its own.
"""

from __future__ import annotations

from typing import Final

from lockfree_core.scenarios.scenario import Caption, Scenario
from lockfree_core.scenarios.spec import StepSpec

__all__ = ["ABA"]

_PROGRAM: Final = "pop | pop; push 4; pop | pop"
_START: Final = "push 1; push 2; push 3"
_CURES: Final = ("aba-tags", "aba-hazard-pointers", "aba-epochs", "aba-python-collection")

_ON_REUSE = Scenario(
    key="aba-on-reuse",
    theme="aba",
    title="ABA: the same address, another node",
    shows="Where freed memory is used again, a compare-and-swap can succeed although everything has changed.",
    spec=StepSpec("freeing-stack", _PROGRAM, _START, schedule="11222.3x4.2x5.11.2x4"),
    captions=(
        Caption(0, "Three items: n3 on top, then n2, then n1. Whoever pops a node frees it at once, as one does in C."),
        Caption(1, "T1 begins to pop: it reads head, n3…"),
        Caption(2, "…and what lies below it, n2. Its next step swings head from n3 to n2. Here T1 falls asleep."),
        Caption(5, "T2 pops n3: head is n2 now. T2 has not freed n3 yet."),
        Caption(8, "T3 pops n2. Only n1 is left on the stack."),
        Caption(9, "T3 frees n2. T1 still means to make it the top."),
        Caption(10, "T2 frees n3. The heap has two free nodes; it hands out the one that was freed last first."),
        Caption(11, "T2 wants a node for 4, and gets n3: another item, the same address."),
        Caption(14, "T2 pushes it. Head is n3 again, and below it lies n1."),
        Caption(15, "T1 wakes up. Its CAS expects n3, head is n3: it succeeds. Head now points at n2, which is free "
                    "memory. A, then B, then A again: the CAS cannot tell."),
        Caption(16, "T1 frees n3 and returns 4. It has not noticed anything."),
        Caption(18, "T2 pops once more. It finds n2 on top, and reads freed memory."),
        Caption(20, "It returns 2, which T3 has had before, and frees n2 a second time. The stack is ruined."),
    ),
    faults=("dangling pointer", "use after free", "use after free", "double free", "lost items"),
    beside=_CURES,
)  # fmt: skip

_TAGS = Scenario(
    key="aba-tags",
    theme="aba",
    title="ABA defeated by a tag",
    shows="A version beside the pointer, swapped together with it, tells a node that came back from one that stayed.",
    spec=StepSpec("tagged-stack", _PROGRAM, _START, schedule="11222.3x4.2x5.1x5.2x4"),
    captions=(
        Caption(0, "The same stack, but head holds a version beside the node: #3 after three pushes. Nodes are still "
                   "freed at once. The schedule is the same, step by step, until T1 loses."),
        Caption(2, "T1 has read n3 with #3, and n2 below it. It stands before its CAS."),
        Caption(5, "T2 pops n3: #4."),
        Caption(8, "T3 pops n2: #5."),
        Caption(9, "T3 frees n2."),
        Caption(11, "T2 has freed n3, and its push gets n3 again: the heap does what it did before."),
        Caption(14, "Head is n3 again. But it is n3 #6."),
        Caption(15, "T1 expects n3 #3: its CAS fails, and head stays as it is."),
        Caption(18, "T1 tries again, with #6 and with the n1 that lies below n3 now. That is right."),
        Caption(23, "T2 pops the last item. Four in, four out, each once."),
    ),
    beside=("aba-on-reuse", "tag-wraps"),
)  # fmt: skip

_HAZARD_POINTERS = Scenario(
    key="aba-hazard-pointers",
    theme="aba",
    title="ABA defeated by hazard pointers",
    shows="Who is about to look at a node says so, and a node that somebody looks at is not freed.",
    spec=StepSpec("hazard-pointer-stack", _PROGRAM, _START, schedule="1x4.2x5.3x11.2x9.1x12.2x12"),
    captions=(
        Caption(0, "The same story. Each thread has a slot, its hazard pointer, that all others can read; so it takes "
                   "more steps."),
        Caption(2, "T1 has read head, and writes n3 into its slot: please do not free this one."),
        Caption(3, "It reads head once more. Still n3: so n3 was not gone yet when the slot could be seen."),
        Caption(4, "T1 has read n2 below it, and stands before its CAS."),
        Caption(9, "T2 pops n3, in the same way. It has not retired it yet."),
        Caption(14, "T3 pops n2."),
        Caption(16, "T3 has let go of its slot, and retires n2: to be freed when nobody looks at it."),
        Caption(19, "So it reads all slots: n3 stands in two of them, n2 in none…"),
        Caption(20, "…and frees n2."),
        Caption(22, "T2 retires n3…"),
        Caption(25, "…and finds it in T1's slot. It stays on T2's list and is not freed."),
        Caption(26, "T2's push gets a node from the heap. It cannot be n3; it is n2."),
        Caption(29, "Head is n2. As long as T1 looks at n3, head cannot be n3 again."),
        Caption(30, "T1's CAS expects n3 and fails. That is all: it tries again."),
        Caption(35, "T1 pops what is on top now, the node with the 4."),
        Caption(41, "It has let go of its slot, and frees the node: nobody looks at it."),
        Caption(52, "T2's next pop scans again. Nobody looks at n3 any more, and it is freed."),
        Caption(53, "Four in, four out, nothing leaked. One node had to wait for a while, because T1 looked at it."),
    ),
    beside=("aba-on-reuse", "hazard-without-revalidation", "stalled-reader-epoch"),
)  # fmt: skip

_EPOCHS = Scenario(
    key="aba-epochs",
    theme="aba",
    title="ABA defeated by epochs",
    shows="A node that was unlinked is freed two epochs later, and epochs pass only when everybody has moved on.",
    spec=StepSpec("epoch-stack", _PROGRAM, _START, schedule="1x4.2x5.3x13.2x9.1x12.2x14"),
    captions=(
        Caption(0, "The same story. A thread pins the epoch when its pop begins and lets it go at the end; so it takes "
                   "more steps."),
        Caption(2, "T1 has read the epoch, 0, and pinned it."),
        Caption(4, "It has read n3 and n2, and stands before its CAS. It says nothing about which nodes it has seen."),
        Caption(9, "T2 pops n3, in epoch 0 as well."),
        Caption(14, "T3 pops n2."),
        Caption(16, "T3 lets go of the epoch and retires n2…"),
        Caption(17, "…in epoch 0: n2 can be freed in epoch 2."),
        Caption(21, "T3 advances the epoch to 1: T1 and T2 are pinned, but both have come into epoch 0."),
        Caption(25, "T2 retires n3, in epoch 1."),
        Caption(26, "It cannot advance the epoch to 2: T1 is still pinned in epoch 0. So neither n2 nor n3 is freed."),
        Caption(28, "T2's push gets a fresh node, n5. The heap has none to give out again."),
        Caption(32, "T1's CAS expects n3, finds n5, and fails. It tries again."),
        Caption(35, "T1 pops n5."),
        Caption(36, "It lets go of epoch 0."),
        Caption(42, "Now the epoch can advance to 2. Everybody who may have seen n2 is gone; T3 could free it, when it "
                    "next comes by."),
        Caption(55, "T2's last pop advances it to 3…"),
        Caption(57, "…and frees n3, which was retired in epoch 1. What T1 and T3 have retired waits for them."),
    ),
    beside=("aba-on-reuse", "stalled-reader-epoch"),
)  # fmt: skip

_PYTHON = Scenario(
    key="aba-python-collection",
    theme="aba",
    title="Why ABA cannot happen under Python's own collection",
    shows="While a thread holds a reference to a node, Python does not use that node's memory again.",
    spec=StepSpec("treiber-stack", _PROGRAM, _START, schedule="11222333.2x4.1x4.222"),
    captions=(
        Caption(0, "The same code and the same story once more, with nodes that nobody frees: Python does it, when the "
                   "last reference is gone."),
        Caption(2, "T1 has read n3 and n2, and stands before its CAS. Its two local variables are references, too."),
        Caption(5, "T2 pops n3. It does not free it; it only has no use for it any more."),
        Caption(8, "T3 pops n2."),
        Caption(9, "T2's push gets a fresh node, n5. It could not be n3: T1 holds it."),
        Caption(12, "Head is n5."),
        Caption(13, "T1's CAS compares identities. Head is not n3, and cannot be: the CAS fails. T1's variables are "
                    "hazard pointers that the collector reads."),
        Caption(16, "T1 tries again, and pops n5. From here on nobody holds n3, and its memory may be used again."),
        Caption(19, "Four in, four out. The algorithm was right all the time; it is freeing that is hard."),
    ),
    beside=("aba-on-reuse",),
)  # fmt: skip

_TAG_WRAPS = Scenario(
    key="tag-wraps",
    theme="aba",
    title="A tag that wraps",
    shows="A tag helps as long as it does not come round: with two bits, four changes are enough.",
    spec=StepSpec("wrapping-tag-stack", "pop | pop; push 4; pop | pop; pop", _START, schedule="11222.3x8.2x5.11.2x4"),
    captions=(
        Caption(0, "The tagged stack, but its version has two bits: after #3 comes #0."),
        Caption(2, "T1 has read n3 with #3, and n2 below it. It stands before its CAS."),
        Caption(5, "T2 pops n3: the version wraps to #0. One change."),
        Caption(9, "T3 pops n2 and frees it. Two changes."),
        Caption(13, "T3 pops n1 and frees it. Three changes; the stack is empty."),
        Caption(15, "T2 has freed n3, and its push gets n3 again."),
        Caption(18, "Head is n3, and after four changes its version is #3 again."),
        Caption(19, "T1 finds n3 #3, as it expects. Its CAS succeeds: head points at n2, which is free memory."),
        Caption(23, "T2 pops it. Below it lies n1, which is free as well…"),
        Caption(24, "…and 2 comes out a second time, n2 is freed a second time. With sixteen bits it takes 65,536 "
                    "changes: a few milliseconds of a busy stack."),
    ),
    faults=("dangling pointer", "dangling pointer", "double free", "lost items"),
    beside=("aba-tags", "aba-hazard-pointers"),
)  # fmt: skip

_UNVALIDATED = Scenario(
    key="hazard-without-revalidation",
    theme="aba",
    title="A hazard pointer that comes too late",
    shows="Publishing is not enough: the node may have been freed before anybody could see the hazard pointer.",
    spec=StepSpec(
        "unvalidated-hazard-stack", "pop | pop; push 4 | pop", _START, schedule="1.2x9.1.3x10.21.2x4.1x7"
    ),
    captions=(
        Caption(0, "Hazard pointers as before, with one line left out: after publishing nobody looks at head again."),
        Caption(1, "T1 reads head: n3. It means to publish it next, and falls asleep."),
        Caption(5, "T2 pops n3."),
        Caption(7, "It retires n3…"),
        Caption(10, "…and reads all slots. n3 stands in none: it can be freed. T2 is about to."),
        Caption(11, "T1 publishes n3. Too late: T2 has read this slot already. Looking at head again, T1 would see "
                    "that n3 is gone."),
        Caption(21, "T3 pops n2 and frees it."),
        Caption(22, "T2 frees n3, with T1's hazard pointer on it."),
        Caption(23, "T1 reads what lies below n3: it uses freed memory."),
        Caption(24, "T2's push gets n3 again…"),
        Caption(27, "…and head is n3, with n1 below."),
        Caption(28, "T1's CAS succeeds, with the n2 of the past: ABA, in spite of the hazard pointer."),
        Caption(34, "T1 returns 4 and frees n3. Head still points at free memory, and 2 is there to be popped again."),
    ),
    faults=("use after free", "dangling pointer", "lost items"),
    beside=("aba-hazard-pointers",),
)  # fmt: skip

_STALLED = Scenario(
    key="stalled-reader-epoch",
    theme="aba",
    title="A sleeping thread holds back the epoch",
    shows="With epochs one thread that sleeps in mid-operation keeps all nodes from being freed: there is no bound.",
    spec=StepSpec(
        "epoch-stack", "pop | push 2; pop; push 3; pop; push 4; pop; push 5; pop; push 6; pop; push 7", "push 1",
        schedule="111.2x58.1x9.2x24",
    ),
    captions=(
        Caption(0, "T1 is going to fall asleep. T2 pushes and pops, one item at a time."),
        Caption(3, "T1 has pinned epoch 0 and read head: n1. It is the only node that T1 has seen. Now it sleeps."),
        Caption(14, "T2 has pushed and popped an item, and retires its node."),
        Caption(18, "The epoch advances to 1, since T1 has pinned the one before…"),
        Caption(19, "…but n3 was retired in epoch 0, and can be freed in epoch 2. It waits."),
        Caption(32, "The next pop: T1 still stands in epoch 0, so there is no epoch 2. n5 waits as well."),
        Caption(46, "n7, too. T1 has never heard of it, but epochs do not know that."),
        Caption(61, "Four items have come and gone, one at a time, and four nodes wait. It goes on like this as long "
                    "as T1 sleeps. With hazard pointers it would hold back n1 alone, and one node would do for T2."),
        Caption(63, "T1 wakes up. Its CAS succeeds: head is n1, and has really been n1 all the time."),
        Caption(64, "It lets go of epoch 0…"),
        Caption(69, "…and the epoch advances to 2."),
        Caption(85, "T2's next pop advances it to 3."),
        Caption(90, "Everything that was retired in the epochs 0 and 1 is freed at once."),
        Caption(91, "And T2's push gets one of these nodes again."),
        Caption(94, "The price of epochs: operations never wait for anybody, but memory does."),
    ),
    beside=("aba-epochs", "aba-hazard-pointers"),
)  # fmt: skip

ABA: Final = (_ON_REUSE, _TAGS, _HAZARD_POINTERS, _EPOCHS, _PYTHON, _TAG_WRAPS, _UNVALIDATED, _STALLED)
