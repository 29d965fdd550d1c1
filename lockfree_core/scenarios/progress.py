"""Scenarios of guarantees: who gets on when somebody is stopped, is not scheduled, or is always too late."""

from __future__ import annotations

from typing import Final

from lockfree_core.scenarios.scenario import Caption, Scenario
from lockfree_core.scenarios.spec import StepSpec

__all__ = ["PROGRESS"]

_CRASH: Final = ("push 3 | push 4; pop", "push 1")
_URGENT: Final = "increment | work 12 | increment"
_TRANSFERS: Final = "move_right 10 | move_left 20"
_EIGHT: Final = "; ".join(["increment"] * 8)

_KILLED = (
    Scenario(
        key="killed-lock-free",
        theme="progress",
        title="Killed in the middle: lock-free",
        shows="A thread that dies in the middle of a lock-free operation harms nobody but itself.",
        spec=StepSpec("treiber-stack", *_CRASH, schedule="111.k1.2x7"),
        captions=(
            Caption(0, "T1 and T2 use the same stack, without a lock. T1 is going to die."),
            Caption(3, "T1 has made its node and linked it to n1. One step is missing: the CAS that publishes it."),
            Caption(4, "T1 is killed. Its node was never published; the stack is as it was."),
            Caption(8, "T2 pushes as if nothing had happened…"),
            Caption(11, "…and pops. There is nothing of T1's that it could have to wait for."),
        ),
        beside=("killed-mutex",),
    ),
    Scenario(
        key="killed-mutex",
        theme="progress",
        title="Killed in the middle: behind a mutex",
        shows="A thread that dies while it holds a lock takes everybody with it who needs that lock.",
        spec=StepSpec("locked-stack", *_CRASH, schedule="111.k1.22"),
        captions=(
            Caption(0, "The same program on the stack behind a mutex."),
            Caption(2, "T1 takes the lock."),
            Caption(3, "It has read head, and is about to link its node."),
            Caption(4, "T1 is killed. Nobody releases the lock that it holds."),
            Caption(6, "T2 asks for the lock, and waits. It will wait for ever: nobody can move any more."),
        ),
        faults=("blocked",),
        beside=("killed-lock-free",),
    ),
)

_PRIORITIES = (
    Scenario(
        key="priority-inversion",
        theme="progress",
        title="Priority inversion",
        shows="With a mutex the most urgent thread can be held up by one that is less urgent and holds nothing.",
        spec=StepSpec("locked-counter", _URGENT, schedule="13.2x12.111.3x4"),
        captions=(
            Caption(0, "A real-time scheduler: of the threads that can move, the most urgent one does. T3 is the most "
                       "urgent, then T2, then T1."),
            Caption(1, "T1 was alone, and has just taken the lock. Now the others wake up."),
            Caption(2, "T3 wants the lock, and has to wait for T1. So far that is what a lock is for."),
            Caption(3, "But T1 does not get on: T2 is more urgent than T1. It needs no lock, and it has time."),
            Caption(8, "T3 waits for T1, T1 for T2. So T3, the most urgent one, waits for T2, for however long."),
            Caption(15, "Only when T2 is done, T1 can count…"),
            Caption(17, "…and release the lock."),
            Caption(21, "T3 comes last. On Mars Pathfinder (1997) this ended in a reset of the whole computer, again "
                        "and again. Priority inheritance is the usual cure; having no lock is another."),
        ),
        beside=("priority-lock-free",),
        priority=(3, 2, 1),
    ),
    Scenario(
        key="priority-lock-free",
        theme="progress",
        title="The same priorities without a lock",
        shows="Where there is no lock, the most urgent thread waits for nobody.",
        spec=StepSpec("atomic-counter", _URGENT, schedule="133.2x12.111"),
        captions=(
            Caption(0, "The same three threads, the same priorities, a counter with a CAS loop."),
            Caption(1, "T1 was alone, and has read 0."),
            Caption(3, "T3 reads and swaps, and is done after two steps. That T1 is in the middle is nothing to it."),
            Caption(4, "T2 works, as before."),
            Caption(16, "T1 pays: its CAS fails, since T3 has counted meanwhile…"),
            Caption(18, "…and it tries again. The price of the conflict is paid by who is the least urgent."),
        ),
        beside=("priority-inversion",),
        priority=(3, 2, 1),
    ),
)  # fmt: skip

_DEADLOCK = (
    Scenario(
        key="deadlock-two-locks",
        theme="progress",
        title="Two locks, two orders: deadlock",
        shows="Two threads that take the same two locks in opposite orders can wait for each other for ever.",
        spec=StepSpec("two-lock-accounts", _TRANSFERS, schedule="11122212"),
        captions=(
            Caption(0, "Two accounts of 100, a lock each. A move locks the one that it takes from, then the other."),
            Caption(3, "T1 has locked the left account and taken 10 off it."),
            Caption(6, "T2 has locked the right account and taken 20 off it. 30 are on their way now."),
            Caption(7, "T1 needs the right account's lock. T2 holds it, so T1 waits."),
            Caption(8, "T2 needs the left account's lock. T1 holds it, so T2 waits: deadlock. Nobody was killed, no "
                       "step was wrong, and nobody will ever move again."),
        ),
        faults=("deadlock",),
        beside=("no-deadlock-cas",),
    ),
    Scenario(
        key="no-deadlock-cas",
        theme="progress",
        title="Without locks there is no deadlock",
        shows="Who holds nothing cannot be waited for: of two moves that collide one wins, and the other tries again.",
        spec=StepSpec("paired-accounts", _TRANSFERS, schedule="111222121.2x6"),
        captions=(
            Caption(0, "Both balances stand in one pair that never changes. A move makes another pair and swings the "
                       "one pointer to it."),
            Caption(3, "T1 has read both balances."),
            Caption(6, "So has T2. Neither holds anything that the other one would need."),
            Caption(8, "Each has made its pair: 90 and 110; 120 and 80. Nobody else can see them."),
            Caption(9, "T1's CAS succeeds: 10 moved from left to right, in one step. No money was ever on its way."),
            Caption(10, "T2's CAS fails: its pair was computed from balances that are not true any more."),
            Caption(15, "It reads, computes and tries again: 110 and 90. 200 in all, as ever."),
        ),
        beside=("deadlock-two-locks",),
    ),
)  # fmt: skip

_STARVATION = (
    Scenario(
        key="starvation",
        theme="progress",
        title="Lock-free, and yet one starves",
        shows="Lock-free means that somebody gets on with every conflict; it does not say who.",
        spec=StepSpec("atomic-counter", f"{_EIGHT} | increment", schedule="12" * 16 + "22"),
        captions=(
            Caption(0, "T1 wants to count eight times, T2 once. Everybody moves in turn, a step each: no scheduler "
                       "could be fairer."),
            Caption(2, "Both have read 0."),
            Caption(3, "T1 is first, and counts."),
            Caption(4, "T2 comes too late. Its CAS fails."),
            Caption(6, "Both have read 1. The same again…"),
            Caption(8, "…with the same end. The two move in lockstep, and T2 is always the second."),
            Caption(20, "Five losses in a row. Each of them is an increment of T1: the counter moves on all the time."),
            Caption(32, "Eight. T1 is done and out of the way."),
            Caption(34, "Only now T2 gets its turn. Had T1 gone on for ever, T2 would have lost for ever: a CAS loop "
                        "is lock-free, not wait-free."),
        ),
        beside=("starvation-backoff",),
    ),
    Scenario(
        key="starvation-backoff",
        theme="progress",
        title="A random pause breaks the lockstep",
        shows="After a loss, wait a random while: nobody is guaranteed anything, but an unlucky rhythm does not last.",
        spec=StepSpec(
            "atomic-counter", f"{_EIGHT} | increment", schedule="1212121121212111212.1x8", backoff="exponential"
        ),
        captions=(
            Caption(0, "The same two threads, again everybody in turn. But now whoever loses backs off: it rests for a "
                       "random number of steps, up to twice as many after each loss."),
            Caption(4, "T2 loses, as before."),
            Caption(6, "It backs off for two steps. T1 does not know, and counts on."),
            Caption(11, "Bad luck: T2 has come back at the wrong moment, and loses again."),
            Caption(13, "It backs off, for three steps this time."),
            Caption(17, "Now it reads 5 just after T1 has counted…"),
            Caption(19, "…and counts before T1 does. Two losses instead of eight."),
            Caption(20, "For once T1 is too late."),
            Caption(27, "It proves nothing: these are the lots of one seed, others cost T2 one loss or four. Back-off "
                        "makes long streaks unlikely. To rule them out takes a wait-free algorithm."),
        ),
        beside=("starvation",),
    ),
)  # fmt: skip

_RING = (
    Scenario(
        key="ring-stalled-producer",
        theme="progress",
        title="No lock, and yet one waits for another",
        shows="A thread that stops between claiming its slot and stamping it makes others wait, although it holds no "
              "lock.",
        spec=StepSpec("ring-queue", "try_put 3 | try_put 4; try_get", schedule="111.2x13.11.2x5"),
        captions=(
            Caption(0, "A ring of four slots. A put claims a slot by swinging tail, fills it, and then stamps it. "
                       "There is no lock anywhere."),
            Caption(3, "T1 has won the CAS on tail: slot 0 is its own. It is neither filled nor stamped, and there T1 "
                       "stops."),
            Caption(8, "T2 puts 4 into slot 1 as if nothing had happened."),
            Caption(10, "T2 wants the oldest item. That is the one in slot 0, and the stamp says: not there yet."),
            Caption(12, "Is the ring empty? No, tail is ahead of head. So all that T2 can do is look again…"),
            Caption(16, "…and again. Its own 4 is there, but behind. If T1 were dead, T2 would go round for ever."),
            Caption(18, "T1 is back: it stores its 3, and stamps the slot."),
            Caption(23, "Now T2 gets the 3. Whoever has to wait for the step of one particular other thread is "
                        "blocked, lock or no lock: the ring is fast, and it is not lock-free."),
        ),
        beside=("killed-lock-free",),
    ),
)  # fmt: skip

PROGRESS = (*_KILLED, *_PRIORITIES, *_DEADLOCK, *_STARVATION, *_RING)
