"""A lane: one worker thread of a run, its ring, its counters, and the gate at which it can be held.

The gate stands before every record that a lane writes and before every shared access that it makes, and never inside
the order lock. On the fast path it is one attribute (``attention``) that is False. Everything else happens here, on
the slow path.

What must hold: a lane sets ``parked`` before it blocks and clears it after, and then looks at ``control.barrier``
before anything else. So once the barrier is up and every lane has been seen parked, nothing moves until it is taken
down.
"""

from __future__ import annotations

import random
import threading
import time
from _thread import allocate_lock
from typing import TYPE_CHECKING, Any, Final

from lockfree_core.drive.rings import STATUSES, LaneArea
from lockfree_core.trace.layout import RECORD, RECORD_BYTES, Kind, Position

if TYPE_CHECKING:
    from lockfree_core.drive.control import Control

__all__ = ["ACCESS", "DECISIVE", "FREE", "Lane", "Status"]

FREE, ACCESS, DECISIVE = (
    0,
    1,
    2,
)  # what stands behind the gate: a record only, an access, the access that may take effect

_MASK: Final = 0xFFFF_FFFF
_RETRY: Final = 0.02  # seconds after which a lane that stands still tries again to tell what it lost


class Status:
    """The index of each status in ``rings.STATUSES``."""

    IDLE, RUNNING, WAITING, BACKOFF, DELAY, FROZEN, KILLED, RAISED, STOPPED = range(len(STATUSES))


class Lane:
    """One worker thread's place in a run. Controlled by :class:`~lockfree_core.drive.control.Control`."""

    __slots__ = (
        "area", "argument", "asking", "attention", "backoff_us", "cas_attention", "control", "delay_us", "delays",
        "effect", "effected", "empty", "flying", "frozen", "granted", "head", "help", "help_won", "holding", "index",
        "inserted", "items", "killed", "leaving", "limit", "lock_freed", "longest_streak", "losses", "lost_count",
        "lost_first", "lost_last", "made", "mask", "number", "operation", "operation_losses", "operation_wins",
        "operations", "paid", "parked", "pending", "publish", "records", "removed", "site", "status", "streak",
        "thread", "trail", "waits_for", "wake", "wins",
    )  # fmt: skip

    def __init__(self, index: int, control: Control, area: LaneArea, seed: object) -> None:
        self.index = index
        self.control = control
        self.area = area
        self.records = area.records
        self.publish = area.publish
        self.head = 0
        capacity = len(area.records) // RECORD_BYTES
        self.limit = capacity
        self.mask = capacity - 1
        self.lost_count = self.lost_first = self.lost_last = 0
        # What the gate looks at.
        self.attention = self.cas_attention = True
        self.pending: tuple[str, Position] | None = None
        self.frozen = self.killed = self.leaving = self.asking = self.paid = self.lock_freed = False
        self.granted = 0
        self.waits_for: Any = None  # the lock, while the lane waits for one
        self.parked = True
        self.wake = allocate_lock()
        self.wake.acquire()
        self.holding = 0
        self.thread: threading.Thread | None = None
        self.delays = random.Random(f"{seed}:{index}:delays")
        # What the lane is doing.
        self.status = Status.IDLE
        self.operation = -1
        self.argument = self.number = self.site = 0
        self.operation_losses = self.operation_wins = 0
        self.effect = -1
        self.items = self.flying = 0
        self.effected = False  # the running operation has taken effect: what it allocated is published
        self.made: set[int] = set()  # the nodes that it has allocated, by number
        self.trail: dict[str, int] = {}
        # What it has done.
        self.operations = self.wins = self.losses = self.help = self.help_won = self.streak = self.longest_streak = 0
        self.inserted = self.removed = self.empty = self.backoff_us = self.delay_us = 0

    # -- records

    def write(self, sequence: int, kind: int, site: int, cell: int, before: int, after: int, aux: int) -> None:
        """Put one record into the ring. The hot accesses do the same in place."""
        if self.head >= self.limit and not self.room(sequence):
            return
        head = self.head
        now = time.perf_counter_ns() - self.control.started
        RECORD.pack_into(
            self.records,
            (head & self.mask) << 5,
            now,
            sequence & _MASK,
            self.index,
            kind,
            site,
            cell,
            before,
            after,
            aux,
        )
        self.head = head = head + 1
        self.publish[0] = head

    def room(self, sequence: int) -> bool:
        """Whether a record fits; if not, ``sequence`` joins the range that is lost."""
        tail = self.area.tail
        free = tail + self.mask + 1 - self.head
        if free < (2 if self.lost_count else 1):
            if not self.lost_count:
                self.lost_first = sequence
            self.lost_last = sequence
            self.lost_count += 1
            self.limit = 0
            return False
        self.limit = tail + self.mask + 1
        if self.lost_count:
            self.tell_lost()
        return True

    def tell_lost(self) -> None:
        """Write the record that names the range of numbers that are missing, if any are and there is room for it."""
        if not self.lost_count or self.area.tail + self.mask + 1 <= self.head:
            return
        self.limit = self.area.tail + self.mask + 1
        first, last, count = self.lost_first, self.lost_last, self.lost_count
        self.lost_count = 0
        self.write(first, Kind.LOST, 0, 0, first & _MASK, last & _MASK, count)

    def write_counters(self) -> None:
        """Publish the counters."""
        self.area.write_counters(
            (
                self.operations,
                self.wins + self.losses,
                self.wins,
                self.losses,
                self.help,
                self.help_won,
                self.streak,
                self.longest_streak,
                self.inserted,
                self.removed - self.flying,
                self.empty,
                self.backoff_us,
                self.delay_us,
            )  # fmt: skip
        )

    def set_status(self, status: int) -> None:
        """Set and publish the status."""
        self.status = status
        self.area.status[0] = status

    # -- what the accesses tell

    def lost(self) -> None:
        """A decisive compare-and-swap was lost."""
        self.losses += 1
        self.operation_losses += 1
        self.streak += 1
        if self.streak > self.longest_streak:
            self.longest_streak = self.streak
        self.write_counters()

    def decided(self, won: bool, decisive: bool, role: int) -> None:
        """A compare-and-swap on a cell of that role was won or lost."""
        if won and role == self.effect:
            self.took_effect()
        if not decisive:
            self.help += 1
            self.help_won += won
        elif won:
            self.wins += 1
            self.operation_wins += 1
            self.streak = 0
        else:
            self.lost()

    def took_effect(self) -> None:
        """The running operation has just taken effect."""
        self.effected = True
        if self.items > 0:
            self.inserted += 1
        elif self.items < 0:
            self.removed += 1
            self.flying = 1

    def returned(self, refused: bool) -> None:
        """The running operation has returned. One that was to put something in, and has not, has lost it.

        Args:
            refused: its caller was told that it has put nothing in.
        """
        if self.items > 0 and not self.effected and not refused:
            self.inserted += 1
        self.flying = 0

    # -- the gate

    def gate(self, point: int, cell: Any = None, compares: bool = False, expected: Any = None) -> None:
        """Return when the lane may go on.

        Args:
            point: what stands behind the gate.
            cell: the cell that is going to be accessed.
            compares: it is a compare-and-swap, which expects ``expected``.
        """
        control = self.control
        if point == DECISIVE and control.gap_wanted(self):
            self.gap(cell)
        while True:
            if control.barrier:
                self.park()
            elif self.pending is not None and self.reached(point):
                self.stop_here()
            elif control.paused:
                if not self.granted:
                    self.park()
                    continue
                if point != FREE:
                    self.granted -= 1
                return
            elif point == FREE:
                return
            elif compares and control.hold_lost and cell.differs(expected):
                control.hold(self)
            elif not control.period or control.take_turn(self):
                return

    def park(self, timeout: float = -1) -> None:
        """Block until poked, or until ``timeout`` seconds have passed, or less: the caller must look again."""
        if self.lost_count and not self.control.barrier:
            with self.control.mutex:  # whoever writes for a lane that is stopped holds it too
                self.tell_lost()
            if self.lost_count:
                # The merger waits for what is missing; the reader may make room while this lane stands still.
                timeout = _RETRY if timeout < 0 else min(timeout, _RETRY)
        self.parked = True
        if self.control.barrier:
            self.control.arrived.set()
        self.wake.acquire(True, timeout)
        self.parked = False

    def poke(self) -> None:
        """Make the lane look at everything again. Only under ``control.mutex``."""
        if self.wake.locked():
            self.wake.release()

    def reached(self, point: int) -> bool:
        """Whether the position of the pending freeze or kill is where the lane stands."""
        assert self.pending is not None
        position = self.pending[1]
        if position == Position.BETWEEN_LOAD_AND_CAS:
            return point == DECISIVE
        return position == Position.ANYWHERE or self.holding > 0

    def stop_here(self) -> None:
        """Carry out the pending freeze or kill: stay until thawed, or for ever."""
        with self.control.mutex:
            if self.pending is None:
                return
            action, position = self.pending
            self.pending = None
            self.frozen = True
            self.killed = self.killed or action == "kill"
            self.granted = 0  # the step that led here is over
        if self.killed:
            self.die()
        self.set_status(Status.KILLED if self.killed else Status.FROZEN)
        self.control.note(self, Kind.KILLED if self.killed else Kind.FROZEN, 0, 0, 0, 0, position)
        self.write_counters()
        self.control.wake_waiters()
        while self.frozen or self.killed:
            self.park()

    def die(self) -> None:
        """The lane was killed. A thread cannot be: it stays where it is."""

    def resumed_status(self) -> int:
        """The status of this lane once it is thawed. Whoever thaws it publishes it together with the record."""
        if self.waits_for is not None:
            return Status.WAITING
        return Status.IDLE if self.operation < 0 else Status.RUNNING

    def sleep(self, seconds: float, status: int) -> None:
        """Sleep in the middle of a run: can be frozen and killed, ends early for a step, a thaw and for leaving."""
        before = self.status
        self.set_status(status)
        deadline = time.perf_counter() + seconds
        while not (self.leaving or self.granted):
            if self.control.barrier:
                self.park()
                continue
            if self.pending is not None and self.reached(FREE):
                self.stop_here()
                break
            rest = deadline - time.perf_counter()
            if rest <= 0:
                break
            self.park(rest)
        self.set_status(before)

    def gap(self, cell: Any) -> None:
        """Inject a delay between the load and the compare-and-swap that follows."""
        self.gate(FREE)
        knobs = self.control.knobs
        sleeps = knobs.gap_kind == "sleep"
        us = round(knobs.gap_ms * 1000) if sleeps else 0
        self.control.note(self, Kind.DELAY, 0, cell.cell_id, int(sleeps), us, 0)
        if sleeps:
            self.delay_us += us
            self.sleep(us / 1e6, Status.DELAY)
        else:
            time.sleep(0)
