"""Claims that executions decide: guarantees, and what goes wrong without them. Each function runs its executions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from lockfree_core.claims.claim import Finding
from lockfree_core.drive.stepping.graph import explore
from lockfree_core.scenarios.played import Played
from lockfree_core.scenarios.registry import SCENARIOS
from lockfree_core.scenarios.spec import StepSpec, open_spec, run_spec
from lockfree_core.trace.layout import Kind

__all__ = [
    "dead_threads",
    "loses_updates",
    "no_deadlock",
    "no_inversion",
    "readers_pass",
    "reuse_needs_a_cure",
    "starvation",
]

_WORK: Final = (4, 40)


def _play(structure: str, program: str, start: str = "", schedule: str = "", then: str = "") -> Played:
    return Played(run_spec(StepSpec(structure, program, start, schedule, then=then)))


def _killed_everywhere(structure: str, program: str, start: str) -> tuple[int, int]:
    """Kill the first thread before each step of its operation, and let the others go on: how often they all end, of
    how many."""
    steps = _play(structure, program, start, then="op:1").steps_of(0)
    ended = 0
    for step in range(steps):
        schedule = f"1x{step}.k1" if step else "k1"
        played = _play(structure, program, start, schedule, then="all")
        ended += all(call["result"] is not None for thread in played.threads[1:] for call in thread["calls"])
    return ended, steps


def dead_threads() -> Finding:
    """A thread is killed at every step of an operation: stack and queue, without a lock and behind one."""
    pairs = [
        ("treiber-stack", "locked-stack", "push 3 | push 4; pop", "push 1"),
        ("michael-scott-queue", "locked-queue", "enqueue 3 | enqueue 4; dequeue", "enqueue 1"),
    ]
    free, locked = [0, 0], [0, 0]
    for lock_free, twin, program, start in pairs:
        for total, structure in ((free, lock_free), (locked, twin)):
            ended, steps = _killed_everywhere(structure, program, start)
            total[0], total[1] = total[0] + ended, total[1] + steps
    return Finding(
        "holds" if free[0] == free[1] and locked[0] < locked[1] else "fails",
        f"{free[0]} of {free[1]} deaths survived",
        f"A thread was killed before each step of a push and of an enqueue. Without a lock the others finished in "
        f"{free[0]} of {free[1]} cases; behind a mutex in {locked[0]} of {locked[1]}, and stood still for ever in the "
        f"rest.",
    )


def readers_pass() -> Finding:
    """A writer is killed at every step of a change while somebody reads: copy-on-write, and a readers-writer lock."""
    program, start = "set 1 15 | items", "set 1 10; set 2 20"
    free = _killed_everywhere("copy-on-write-map", program, start)
    locked = _killed_everywhere("rw-lock-map", program, start)
    return Finding(
        "holds" if free[0] == free[1] and locked[0] < locked[1] else "fails",
        f"{free[0]} of {free[1]} reads went through",
        f"A writer was stopped for ever before each step of a change. Readers of the copy-on-write map read on in "
        f"{free[0]} of {free[1]} cases; those behind a readers-writer lock in {locked[0]} of {locked[1]}.",
    )


def no_deadlock() -> Finding:
    """Every schedule of two transfers in opposite directions: two accounts under one CAS, and with a lock each."""
    program = "move_right 10 | move_left 20"
    free_states, free_stuck = _explored("paired-accounts", program)
    lock_states, lock_stuck = _explored("two-lock-accounts", program)
    return Finding(
        "holds" if not free_stuck and lock_stuck else "fails",
        f"no deadlock in {free_states} states",
        f"All schedules of two transfers in opposite directions were run. With one compare-and-swap they pass through "
        f"{free_states} states, and in {free_stuck} of them everybody is stuck; with a lock for each account through "
        f"{lock_states}, and {lock_stuck} of them is a deadlock.",
    )


def _explored(structure: str, program: str) -> tuple[int, int]:
    """How many states all schedules reach together, and in how many of them nobody can move who has not ended."""
    found = explore(lambda: open_spec(StepSpec(structure, program))[0])
    if not found["complete"]:
        raise RuntimeError(f"{structure}: {found['why']}")
    stuck = [state for state in found["states"] if state.get("outcome", {}).get("kind") in ("deadlock", "blocked")]
    return len(found["states"]), len(stuck)


def no_inversion() -> Finding:
    """How long the most urgent thread is held up, as the work of one that is less urgent and holds nothing grows."""
    free = [_delay("atomic-counter", work) for work in _WORK]
    locked = [_delay("locked-counter", work) for work in _WORK]
    return Finding(
        "holds" if free[0] == free[1] == 0 and locked[1] - locked[0] == _WORK[1] - _WORK[0] else "fails",
        f"{free[1]} steps of delay",
        f"With priorities, the most urgent of three threads increments a counter. Without a lock it waits {free[0]} "
        f"steps, however much a less urgent one has to do; with a mutex {locked[0]} steps where that one works for "
        f"{_WORK[0]}, and {locked[1]} where it works for {_WORK[1]}.",
    )


def _delay(structure: str, work: int) -> int:
    """Steps of others between the first step of the urgent thread and its last."""
    played = _play(structure, f"increment | work {work} | increment", schedule="1", then="priority:3.2.1")
    mine = [index for index, step in enumerate(played.steps) if step["thread"] == 2]
    return mine[-1] - mine[0] + 1 - len(mine)


def starvation() -> Finding:
    """How often in a row a thread loses to another in lockstep; with backoff, on average over many seeds."""
    alone = _losses(run_spec(SCENARIOS["starvation"].spec))
    spec = SCENARIOS["starvation"].spec
    seeds = range(1, 41)
    rested = [
        _losses(run_spec(StepSpec(spec.structure, spec.program, seed=seed, backoff="exponential", then="all")))
        for seed in seeds
    ]
    mean = sum(rested) / len(rested)
    return Finding(
        "holds" if alone >= 8 and mean < alone / 2 else "fails",
        f"{alone} losses in a row",
        f"Two threads in lockstep: one loses {alone} times in a row, and would go on losing. With random backoff it "
        f"loses {mean:.1f} times on average over {len(rested)} seeds, {max(rested)} times at worst: likely cured, not "
        f"surely.",
    )


def _losses(found: dict[str, object]) -> int:
    played = Played(found)
    return sum(played.decisive(record) for record in played.of(1, Kind.CAS_LOST))


def reuse_needs_a_cure() -> Finding:
    """The same attack on memory that is reused: bare, with tags, hazard pointers and epochs, and in Python."""
    bare = _faults("aba-on-reuse")
    cures = {name: _faults(key) for name, key in (("tags", "aba-tags"), ("hazard pointers", "aba-hazard-pointers"),
                                                  ("epochs", "aba-epochs"))}  # fmt: skip
    python = _faults("aba-python-collection")
    sound = not any(cures.values())
    return Finding(
        "holds" if bare and sound and not python else "fails",
        f"{bare} {'fault' if bare == 1 else 'faults'} bare, {sum(cures.values())} with a cure",
        f"Where freed nodes are used again, the attack ends in {bare} {'fault' if bare == 1 else 'faults'}; with "
        + ", ".join(f"{name} in {count}" for name, count in cures.items())
        + f". Under Python's own memory management it ends in {python}: a node that somebody holds is not used again.",
    )


def _faults(key: str) -> int:
    return len(Played(run_spec(SCENARIOS[key].spec)).faults)


def loses_updates(key: str, words: str) -> Callable[[], Finding]:
    """The scenario, run again: how many of the updates that were made are missing in the end."""

    def show() -> Finding:
        account = Played(run_spec(SCENARIOS[key].spec)).account
        lost, made = account["lost"], account["in"]
        return Finding("holds" if lost > 0 else "fails", f"{lost} of {made} updates lost", words)

    return show
