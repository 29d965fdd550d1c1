"""Reclamation: when a node that was unlinked may be freed. One scheme a file, all with the calls of ``base``.

Under Python's own collection nobody needs it: a node that somebody holds is not freed. On the simulated heap, as in
C, everybody does.
"""

from lockfree_core.reclamation.base import Reclamation, Scheme
from lockfree_core.reclamation.epochs import Epochs
from lockfree_core.reclamation.hazard_pointers import HazardPointers
from lockfree_core.reclamation.immediate import ImmediateFree

__all__ = ["Epochs", "HazardPointers", "ImmediateFree", "Reclamation", "Scheme"]
