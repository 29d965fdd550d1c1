"""What holds, paces and stops the lanes of a run: pause, barrier, speed, gap, freeze, kill.

One thread, the engine's main one, calls the methods that change things; lanes call those that they need at their gate.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from lockfree_core.drive.knobs import MOST_INSIDE, Knobs
from lockfree_core.drive.lane import Lane, Status
from lockfree_core.errors import EngineError
from lockfree_core.trace.layout import Kind, Position

__all__ = ["Control"]

_TURN_PERIOD: Final = 0.004  # seconds; slower than this, turns are granted one by one to a lane drawn by lot
_BURST: Final = 0.002  # seconds by which a lane may run ahead of its slot at higher speeds
_PATIENCE: Final = 5.0  # seconds until a barrier gives up; reaching it takes about a millisecond

_STOPPED = (Status.RAISED, Status.STOPPED)


class Control:
    """The state that gates look at.

    Args:
        knobs: the first knobs.
        seed: fixes which lane gets which turn when several ask.
        report: called with each report to the server.

    Attributes:
        note: writes a record that is no access (set by the traced memory).
        wake_waiters: wakes whoever can take a lock that is free (likewise).
        faulted: called when a lane has raised (set by the engine).
        worker: what a lane is called where a person reads it; ``workers`` what several are.
        after_death: what is said of one that was killed.
    """

    def __init__(self, knobs: Knobs, seed: object, report: Callable[[dict[str, Any]], None]) -> None:
        self.knobs = knobs
        self.report = report
        self.started = time.perf_counter_ns()
        self.lanes: list[Lane] = []
        self.mutex = threading.RLock()
        self.arrived = threading.Event()
        self.barrier = False
        self.paused = True
        self.hold_lost = False
        self.period = 0.0
        self.room = 0
        self.note: Callable[[Lane, int, int, int, int, int, int], None] = _no_note
        self.wake_waiters: Callable[[], None] = lambda: None
        self.faulted: Callable[[], None] = lambda: None
        self.worker, self.workers = "thread", "threads"
        self.after_death = "stays where it is"
        self._slot = 0.0
        self._lots = random.Random(f"{seed}:turns")
        self._asked = threading.Event()
        self._one_standstill = threading.Lock()
        self.set_knobs(knobs)

    # -- called by the main thread

    def set_knobs(self, knobs: Knobs) -> None:
        """Put new knobs into effect."""
        with self.mutex:
            self.knobs = knobs
            self.period = 1.0 / knobs.speed if knobs.speed else 0.0
            self.room = MOST_INSIDE // knobs.threads
            self._slot = 0.0
            self.refresh()
            self._poke_all()
        self._asked.set()

    def add(self, lane: Lane) -> None:
        """A new lane joins."""
        with self.mutex:
            self.lanes.append(lane)
            self.refresh()

    def pause(self) -> None:
        """Hold every lane at its gate."""
        with self.mutex:
            self.paused = True
            for lane in self.lanes:
                lane.granted = 0
            self.refresh()

    def resume(self) -> None:
        """Let the lanes go on; steps that were granted and not taken are forgotten."""
        with self.mutex:
            self.paused = False
            for lane in self.lanes:
                lane.granted = 0
            self._slot = 0.0
            self.refresh()
            self._poke_all()

    def step(self, index: int | None) -> Lane:
        """Grant one access to a lane, or to any that can take one.

        Raises:
            EngineError: when the run is not paused, or that lane (or every lane) cannot move; it says why.
        """
        if not self.paused:
            raise EngineError("a single access needs a paused run; pause it first")
        with self.mutex:
            if index is None:
                able = [lane for lane in self.lanes if self._why_stuck(lane) is None]
                if not able:
                    raise EngineError(
                        f"no {self.worker} can take a step: all are frozen, killed, stopped or wait for a lock"
                    )
                lane = self._lots.choice(able)
            else:
                lane = self.find(index)
                reason = self._why_stuck(lane)
                if reason:
                    raise EngineError(f"{self.worker} {index + 1} cannot take a step: it {reason}")
            lane.granted += 1
            lane.poke()
            return lane

    def find(self, index: int) -> Lane:
        """The lane with that number.

        Raises:
            EngineError: when there is none.
        """
        for lane in self.lanes:
            if lane.index == index:
                return lane
        raise EngineError(f"there is no {self.worker} {index + 1}; the run has {len(self.lanes)}")

    def stop_lane(self, action: str, index: int, position: Position) -> None:
        """Freeze or kill a lane as soon as it stands at that position.

        Raises:
            EngineError: when the lane is not there to be stopped.
        """
        with self.mutex:
            lane = self.find(index)
            if lane.killed or lane.status in _STOPPED:
                raise EngineError(f"{self.worker} {index + 1} {'was killed' if lane.killed else 'has stopped'} already")
            if lane.frozen:
                if action == "freeze":
                    raise EngineError(f"{self.worker} {index + 1} is frozen already")
                lane.killed = True
                lane.die()
                self.note(lane, Kind.KILLED, 0, 0, 0, 0, position)
                lane.set_status(Status.KILLED)
                return
            lane.pending = (action, position)
            self.refresh()
            lane.poke()

    def thaw(self, index: int) -> None:
        """Let a frozen lane go on, or forget a freeze that has not happened yet.

        Raises:
            EngineError: when the lane is not frozen.
        """
        with self.mutex:
            lane = self.find(index)
            if lane.killed:
                raise EngineError(f"{self.worker} {index + 1} was killed; a killed {self.worker} {self.after_death}")
            if not lane.frozen and lane.pending is None:
                raise EngineError(f"{self.worker} {index + 1} is not frozen")
            lane.pending = None
            if lane.frozen:
                # The lane is parked, so this thread may write for it; a record of its own could fall behind a barrier.
                self.note(lane, Kind.THAWED, 0, 0, 0, 0, 0)
                lane.set_status(lane.resumed_status())
                lane.frozen = False
            self.refresh()
            lane.poke()
            self.wake_waiters()

    @contextmanager
    def standstill(self) -> Iterator[None]:
        """Within it no lane moves: each one is parked at its gate.

        Raises:
            EngineError: when a lane does not reach its gate.
        """
        with self._one_standstill:
            yield from self._stand_still()

    def _stand_still(self) -> Iterator[None]:
        self.arrived.clear()
        with self.mutex:
            self.barrier = True
            self.refresh()
        try:
            deadline = time.perf_counter() + _PATIENCE
            while any(not lane.parked for lane in self.lanes):
                self.arrived.wait(0.01)
                self.arrived.clear()
                if time.perf_counter() > deadline:
                    busy = ", ".join(str(lane.index + 1) for lane in self.lanes if not lane.parked)
                    raise EngineError(f"{self.workers} {busy} did not come to their gate within {_PATIENCE:g} s")
            yield
        finally:
            with self.mutex:
                self.barrier = False
                self.refresh()
                self._poke_all()

    def settle(self, lane: Lane, patience: float = 1.0) -> None:
        """Wait until a step that was granted to ``lane`` has been taken and the lane is parked again."""
        deadline = time.perf_counter() + patience
        while (lane.granted or not lane.parked) and time.perf_counter() < deadline:
            self.arrived.wait(0.0005)

    def conduct(self) -> None:
        """Grant turns at low speeds, one a period, to a lane drawn by lot. Runs in its own thread."""
        last = 0.0
        while True:
            self._asked.wait()
            self._asked.clear()
            while self._turn_wanted():
                rest = last + self.period - time.perf_counter()
                if rest > 0:
                    # In short naps, since the speed may change and the run may be paused meanwhile.
                    time.sleep(min(rest, 0.02))
                    continue
                last = max(last + self.period, time.perf_counter() - self.period)
                self._grant()

    # -- called by lanes at their gate

    def gap_wanted(self, lane: Lane) -> bool:
        """Draw whether a delay is injected before this lane's compare-and-swap."""
        knobs = self.knobs
        if not knobs.gap_share or (knobs.gap_thread and knobs.gap_thread != lane.index + 1):
            return False
        return lane.delays.random() * 100 < knobs.gap_share

    def hold(self, lane: Lane) -> None:
        """Stop the run before a compare-and-swap that is going to fail. Happens once."""
        with self.mutex:
            if not self.hold_lost:
                return
            self.hold_lost = False
            self.paused = True
            for other in self.lanes:
                other.granted = 0  # a turn given before the hold is no step in the held run
            self.refresh()
        self.report({"type": "held", "lane": lane.index})

    def take_turn(self, lane: Lane) -> bool:
        """Whether the lane may go; False after a wait that makes it look at everything again."""
        if self.period < _TURN_PERIOD:
            return self._take_slot(lane)
        if lane.granted:
            lane.granted = 0
            return True
        lane.asking = True
        self._asked.set()
        lane.park()
        lane.asking = False
        return False

    # -- inside

    def _take_slot(self, lane: Lane) -> bool:
        if lane.paid:
            lane.paid = False
            return True
        now = time.perf_counter()
        with self.mutex:
            slot = max(self._slot, now - _BURST)
            self._slot = slot + self.period
        if slot - now <= _BURST:
            return True
        lane.paid = True
        lane.park(slot - now)
        return False

    def _askers(self) -> list[Lane]:
        return [lane for lane in self.lanes if lane.asking and not lane.granted and not lane.frozen]

    def _turn_wanted(self) -> bool:
        return self.period >= _TURN_PERIOD and not self.paused and bool(self._askers())

    def _grant(self) -> None:
        with self.mutex:
            asking = self._askers()
            if asking and not self.paused:
                lane = self._lots.choice(asking)
                lane.granted = 1
                lane.poke()

    def _why_stuck(self, lane: Lane) -> str | None:
        if lane.killed:
            return "was killed"
        if lane.frozen:
            return "is frozen; thaw it first"
        if lane.status == Status.RAISED:
            return "raised an error and stopped"
        if lane.status == Status.STOPPED:
            return "has left the run"
        if lane.waits_for is not None and lane.waits_for.holder is not None:
            return f"waits for the lock, which another {self.worker} holds"
        return None

    def refresh(self) -> None:
        """Set each lane's attention anew from what is asked of it."""
        for lane in self.lanes:
            attention = bool(
                self.paused or self.barrier or self.period or self.hold_lost or lane.pending is not None or lane.leaving
            )
            gap = self.knobs.gap_share and self.knobs.gap_thread in (0, lane.index + 1)
            lane.cas_attention = attention or bool(gap)
            lane.attention = attention

    def _poke_all(self) -> None:
        for lane in self.lanes:
            lane.poke()


def _no_note(lane: Lane, kind: int, site: int, cell: int, before: int, after: int, aux: int) -> None:
    raise EngineError("no traced memory is attached")
