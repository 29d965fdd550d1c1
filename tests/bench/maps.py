"""The maps: copy-on-write against a readers-writer lock, in Python and in C, and against dict and the peers.

Measured as in ``tests.bench.native``, with eight threads. The copy-on-write map pays for its changes with copies, which
a readers-writer lock in C does not. What it gives for that: no reader ever waits, and a snapshot costs nothing. Under a
global lock nobody waits for the lock in C either, since a thread is hardly ever stopped inside.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from tests.bench.native import THREADS, find_there, is_free_threaded, measure_family, note_on, table, tag
from tests.bench.native_maps import MAPS, SIZES
from tests.bench.report import Target, environment, write_result

__all__ = ["measure"]

MOST: Final = THREADS[-1]
LIMIT: Final = (
    "Against the readers-writer lock in C the limits are out of reach where nobody waits for it. Then it costs two "
    "atomic instructions and a dict's own time, while a change of the copy-on-write map makes an entry and a node "
    "for each level, of up to 32 slots, and counts what is in them; a read costs both little more than the call. "
    "Tried: 16 branches instead of 32 (slower at 1,000 keys, no difference else); copies that take over the "
    "references of originals that go (under a global lock, where changes of 1,000 keys take little more than half "
    "the time, kept); nodes that belong to no thread, so that anybody may free them (without a global lock two to "
    "three times slower, as each count becomes atomic); types of nodes that are not counted (kept); not looking at "
    "a stored int whose hash tells already (reads of 100,000 keys twice as fast, kept). The package immutables was "
    "measured first: a change took 1.1 to 1.7 times as long, and importing it switches the lock on."
)


def targets_of(cases: list[dict[str, Any]]) -> list[Target]:
    """What the copy-on-write map is to reach, against the one under a readers-writer lock in Python and in C."""
    clock = "ratio_to_first" if is_free_threaded() else "cpu_ratio_to_first"
    ratios = {case["name"]: case[clock]["median"] for case in cases}
    targets = []
    for what, limit, sizes in (("updates", 1.6, SIZES[:2]), ("90 % reads", 10.0, SIZES)):
        for size in sizes:
            mine = ratios[f"native CopyOnWriteMap, {size:,}, {what}"]
            for rival in ("RWLockMap in Python", "native RWLockMap"):
                targets.append(
                    Target.at_least(
                        f"native CopyOnWriteMap to {rival}, keys: {size:,}, {what}, threads: {MOST}",
                        limit,
                        mine / ratios[f"{rival}, {size:,}, {what}"],
                    )
                )
    return targets


def measure() -> Path:
    """Each family of maps."""
    before = environment()
    names, skipped = find_there(MAPS)
    cases: list[dict[str, Any]] = []
    for family, there in names.items():
        found = measure_family(family, there, [MOST])
        table(family, found)
        cases += found
    figures = {"note": note_on(before), "limit": LIMIT, "skipped": skipped, "results": cases}
    return write_result(f"maps_{tag()}", before, targets_of(cases), figures)


if __name__ == "__main__":
    measure()
