"""The simulated heap: allocation gives addresses, free poisons, and a freed address is given out again.

Under Python's own collection a node's memory is not used again while anybody holds the node. Here it is, as with C's
``malloc`` and ``free``: the *same* node comes back with its next generation, so the ABA problem, use after free and
double free happen as they would there. A freed node keeps its last fields, as freed memory does; whoever looks at
them anyway is told of in the trace, and gets them.

A node class that says ``type_stable = True`` promises that its memory stays nodes of that class for ever (a pool);
looking into a freed one is then no fault.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Final

__all__ = ["REUSE_POLICIES", "Heap"]

REUSE_POLICIES: Final = {
    "lifo": "the address freed last first, as allocators do: it is still warm in the cache",
    "fifo": "the address freed longest ago first",
    "never": "every allocation gets a fresh address",
}


class Heap:
    """The free lists, one for each class of nodes, and every node that was ever handed out.

    Args:
        reuse: one of ``REUSE_POLICIES``.
    """

    def __init__(self, reuse: str = "lifo") -> None:
        if reuse not in REUSE_POLICIES:
            raise ValueError(f"reuse must be one of {', '.join(REUSE_POLICIES)}; got {reuse!r}")
        self.reuse = reuse
        self.nodes: list[Any] = []
        self._free: dict[type, deque[Any]] = {}

    def add(self, node: Any) -> None:
        """A fresh address was handed out."""
        self.nodes.append(node)

    def take(self, kind: type) -> Any:
        """A node of that class from the free list, by the policy; None where there is none."""
        free = self._free.get(kind)
        if not free or self.reuse == "never":
            return None
        node = free.pop() if self.reuse == "lifo" else free.popleft()
        node.trace_freed, node.trace_retired = False, -1
        node.trace_generation += 1
        return node

    def give(self, node: Any) -> bool:
        """Free a node; False where it was free already, and nothing is changed then."""
        if node.trace_freed:
            return False
        node.trace_freed, node.trace_retired = True, -1
        self._free.setdefault(type(node), deque()).append(node)
        return True

    def free_list(self) -> list[Any]:
        """Freed nodes, the one that was freed last at the end."""
        return [node for nodes in self._free.values() for node in nodes]
