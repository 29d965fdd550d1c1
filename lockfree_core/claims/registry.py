"""All claims, by key, in the order in which the page has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lockfree_core.claims import measured, shown
from lockfree_core.claims.claim import Claim, Measurement, Showing

__all__ = ["CLAIMS"]

_EMULATION: Final = (
    "With emulated CAS, which is what the article measures, every compare-and-swap takes a lock itself. The other two "
    "use the processor's."
)

_SPEED = (
    Claim(
        "counter-faster", "speed", "A lock-free counter is faster than one with a mutex: 3.5 against 2.1.",
        (Measurement("classic", measured.faster_than_lock("counter")),), _EMULATION,
    ),
    Claim(
        "stack-faster", "speed", "A lock-free stack is faster than one with a mutex: 2.8 against 1.8.",
        (Measurement("classic", measured.faster_than_lock("stack")),), _EMULATION,
    ),
    Claim(
        "queue-faster", "speed", "A lock-free queue is faster than one with a mutex: 2.2 against 1.5.",
        (Measurement("classic", measured.faster_than_lock("queue")),), _EMULATION,
    ),
    Claim(
        "dictionary-faster", "speed",
        "A copy-on-write dictionary is faster than one with a readers-writer lock: 1.9 against 1.2.",
        (Measurement("classic", measured.faster_than_lock("dictionary")),),
        "Half of the operations write here. Where nearly all of them read, copying costs less.",
    ),
    Claim(
        "similar-at-two", "speed", "With two threads lock and lock-free are similar.",
        (Measurement("classic", measured.similar_at_two),),
    ),
    Claim(
        "gap-widens", "speed", "With more threads the gap widens.",
        (Measurement("classic", measured.gap_widens),),
    ),
    Claim(
        "emulated-cas", "speed", "Emulating CAS with a lock is enough to be faster than a lock.",
        (Measurement("classic", measured.emulated_is_slow),),
        "The interface is that of a true CAS, and so are the algorithms. Their guarantees are not: who dies inside the "
        "emulation takes its lock along.",
    ),
    Claim(
        "free-threading-scales", "speed", "Without a GIL, more threads do more on a lock-free structure.",
        (Measurement("interpreters", measured.scales_without_gil),),
        "Lock-free means that somebody gets on, not that everybody does: one cache line can be written by one core at "
        "a time.",
    ),
    Claim(
        "between-processes", "speed",
        "Between processes, a counter in shared memory with a true CAS is faster than multiprocessing.Value.",
        (Measurement("processes", measured.between_processes),),
    ),
)  # fmt: skip

_PRICE = (
    Claim(
        "retry-rate", "price", "About 5 % of compare-and-swaps have to be tried again.",
        (Measurement("classic", measured.retry_rate), Measurement("kernels", measured.retry_rate),
         Measurement("interpreters", measured.retry_rate_without_gil)),
        "Threads that take turns under a GIL hardly ever meet between a load and its CAS. Threads on several cores do, "
        "and the more often the longer the way from one to the other is: it is long in Python, and short in C.",
    ),
    Claim(
        "copies-take-memory", "price", "Copy-on-write uses more memory.",
        (Measurement("memory", measured.memory_of_copies),),
    ),
    Claim(
        "starvation", "price", "A thread may starve; random backoff is the cure.",
        (Showing(("starvation", "starvation-backoff"), shown.starvation),),
    ),
    Claim(
        "aba", "price", "ABA has to be dealt with: tagged pointers, hazard pointers or epochs.",
        (Showing(("aba-on-reuse", "aba-tags", "aba-hazard-pointers", "aba-epochs", "aba-python-collection"),
                 shown.reuse_needs_a_cure),),
        "In Python a node lives as long as somebody refers to it, so an address that is compared cannot have been used "
        "again. The cures are for memory that is managed by hand.",
    ),
)  # fmt: skip

_GUARANTEES = (
    Claim(
        "readers-never-block", "guarantees", "Readers of a copy-on-write structure never block.",
        (Showing(("reader-passes-dead-writer", "reader-behind-dead-writer"), shown.readers_pass),),
    ),
    Claim(
        "no-deadlock", "guarantees", "Without locks there is no deadlock.",
        (Showing(("no-deadlock-cas", "deadlock-two-locks"), shown.no_deadlock),),
    ),
    Claim(
        "no-inversion", "guarantees", "Without locks there is no priority inversion.",
        (Showing(("priority-lock-free", "priority-inversion"), shown.no_inversion),),
    ),
    Claim(
        "survives-death", "guarantees", "When a thread dies in the middle, the others go on.",
        (Showing(("killed-lock-free", "killed-mutex"), shown.dead_threads),),
        "True of the algorithms. The bounded ring is not lock-free, and whoever waits for a dead thread's slot waits.",
    ),
)  # fmt: skip

_SAFETY = (
    Claim(
        "single-calls", "safety", "list.append, deque operations and d[k] = v are safe, with a GIL and without.",
        (Measurement("races", measured.unguarded("list-append", "deque", "dict-set")),),
        "CPython keeps single calls whole, by a lock an object where there is no GIL. No language rule says so.",
    ),
    Claim(
        "read-modify-write", "safety", "counter += 1 and d[k] += 1 are unsafe.",
        (Measurement("races", measured.unguarded("counter-add", "dict-add", "counter-call")),
         Showing(("counter-read-then-write",), shown.loses_updates(
             "counter-read-then-write",
             "Two threads read the same number and write the same next one: one increment is gone, on any "
             "interpreter."))),
        "CPython with a GIL changes threads at calls and jumps only, so a bare += may lose nothing for years. A call "
        "in between is enough.",
    ),
    Claim(
        "check-then-act", "safety", "Check-then-act is unsafe.",
        (Measurement("races", measured.unguarded("check-then-act")),),
    ),
    Claim(
        "split-cas", "safety", "A counter in shared memory whose CAS is not atomic loses updates.",
        (Showing(("split-cas-counter",), shown.loses_updates(
            "split-cas-counter",
            "Compare and swap as two steps: both threads compare before either swaps, and both swap.")),),
    ),
)  # fmt: skip

CLAIMS: Final[Mapping[str, Claim]] = {claim.key: claim for claim in (*_SPEED, *_PRICE, *_GUARANTEES, *_SAFETY)}
