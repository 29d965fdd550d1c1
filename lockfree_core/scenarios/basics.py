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
)
