"""The engine process: runs one structure in real threads or processes, under control, and reports what they do.

``python -m lockfree_core.drive.engine FD`` with the rings' file inherited as FD. See ``docs/protocol.md`` for
commands and reports. The main thread reads commands; at end of input, and at ``stop``, the process ends at once with
``os._exit``: killed lanes never unwind, so there is nothing to join.
"""

from __future__ import annotations

import faulthandler
import json
import mmap
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lockfree_core.drive.account import make_account
from lockfree_core.drive.commands import lane_of, position_of, read_command
from lockfree_core.drive.control import Control
from lockfree_core.drive.crew import Crew, make_crew
from lockfree_core.drive.lane import Lane, Status
from lockfree_core.drive.plan import Plan, read_plan
from lockfree_core.drive.rings import Rings
from lockfree_core.drive.snapshot import take_snapshot
from lockfree_core.errors import EngineError, LockfreeError

__all__ = ["SWITCH_INTERVAL", "Engine", "main"]

_NICENESS = 10
_MEMORY_LIMIT = 1 << 30  # bytes; a run takes some tens of megabytes
# Seconds. With 32 busy threads whoever wants the interpreter waits for about 32 of these, and the main thread wants it
# several times for a command: at 0.001 a command took up to 300 ms. Shorter ones cost throughput (measured at 0.0001).
SWITCH_INTERVAL = 0.0002


class Engine:
    """A run: structure, memory, lanes.

    Args:
        plan: what to run.
        rings: where records and counters go.
        report: called with each report; must be safe to call from any thread.
    """

    def __init__(self, plan: Plan, rings: Rings, report: Callable[[dict[str, Any]], None]) -> None:
        self._plan = plan
        self._rings = rings
        self._report = report
        self._names_lock = threading.Lock()
        self._began = False
        self.control = Control(plan.knobs, plan.seed, self._tell)
        self.control.faulted = self._account_for_fault
        self.crew: Crew = make_crew(plan, self.control, self._announce, report)
        self.memory = self.crew.memory
        self._prefilled = self.crew.set_up()
        self.state = "paused"

    @property
    def structure(self) -> Any:
        """What the lanes work on, as far as this process has it."""
        return self.crew.structure

    def close(self) -> None:
        """Nothing moves any more: leave no process behind."""
        self.crew.close()

    def start(self) -> None:
        """Report names and the first snapshot, and let the lanes go."""
        control = self.control
        operations = [{"id": index, **step.describe()} for index, step in enumerate(self._plan.operations)]
        self._announce({"operations": operations})
        self.memory.begin()
        self._began = True
        control.started = time.perf_counter_ns()
        self._report(take_snapshot(self.memory, "start", 0))
        control.hold_lost = self._plan.hold
        threading.Thread(target=control.conduct, daemon=True).start()
        self._match_threads()
        self.resume()

    def handle(self, command: Mapping[str, Any]) -> None:
        """Carry out one command; ``done`` or ``error`` is reported with its id."""
        number = command.get("id")
        try:
            handler = getattr(self, f"do_{command.get('type')}", None)
            if not isinstance(command.get("type"), str) or handler is None:
                raise LockfreeError(f"unknown command {command.get('type')!r}")
            handler(command)
        except LockfreeError as error:
            self._report(_error_report(number, error))
        else:
            self._report({"type": "done", "id": number})

    # -- commands

    def do_knobs(self, command: Mapping[str, Any]) -> None:
        """Change knobs while the run goes on."""
        changes: Any = command.get("knobs")
        knobs = self.control.knobs.changed(changes)
        for index in range(knobs.threads):
            self._rings.reserve(index)  # where there is no room, nothing has changed yet
        self.control.set_knobs(knobs)
        self._match_threads()

    def do_pause(self, command: Mapping[str, Any]) -> None:
        """Stop every lane at its gate and draw up the account.

        One that does not come there keeps the account from being drawn up, and whoever asked is told. The others are
        paused all the same.
        """
        self.control.pause()
        try:
            self._balance("pause")
        finally:
            self._set_state("paused")

    def do_resume(self, command: Mapping[str, Any]) -> None:
        """Go on."""
        self.resume()

    def do_step(self, command: Mapping[str, Any]) -> None:
        """One access of one lane."""
        lane = self.control.step(None if command.get("lane") is None else lane_of(command))
        self.control.settle(lane)
        self._balance("step")

    def do_freeze(self, command: Mapping[str, Any]) -> None:
        """Freeze a lane at a position."""
        self.control.stop_lane("freeze", lane_of(command), position_of(command))

    def do_kill(self, command: Mapping[str, Any]) -> None:
        """Kill a lane at a position."""
        self.control.stop_lane("kill", lane_of(command), position_of(command))

    def do_thaw(self, command: Mapping[str, Any]) -> None:
        """Thaw a lane."""
        self.control.thaw(lane_of(command))

    def do_snapshot(self, command: Mapping[str, Any]) -> None:
        """Report a snapshot."""
        with self.control.standstill():
            for lane in self.control.lanes:
                lane.tell_lost()
            self._report(take_snapshot(self.memory, str(command.get("reason", "request")), self._now()))

    def do_stop(self, command: Mapping[str, Any]) -> None:
        """Draw up the last account."""
        self.control.pause()
        self._balance("end")
        self._set_state("ended")

    def resume(self) -> None:
        """Let the lanes go."""
        self.control.resume()
        self._set_state("running")

    # -- inside

    def _tell(self, report: dict[str, Any]) -> None:
        """What a lane has to say: it was held."""
        report["sequence"] = self.memory.sequence
        self._report(report)
        threading.Thread(target=self._settle_hold, daemon=True).start()

    def _account_for_fault(self) -> None:
        """A lane has raised: tell at once what was lost. The lane itself may not wait for a standstill."""
        threading.Thread(target=self._balance, args=("fault",), daemon=True).start()

    def _settle_hold(self) -> None:
        self._balance("held")
        if self.control.paused:  # nobody let it go on meanwhile
            self._set_state("held")

    def _announce(self, names: dict[str, Any]) -> None:
        with self._names_lock:
            self._report({"type": "names", "from": self.memory.sequence + 1 if self._began else 0, **names})
            self._rings.count_names()

    def _set_state(self, state: str) -> None:
        self.state = state
        self._report({"type": "status", "state": state})

    def _now(self) -> int:
        return time.perf_counter_ns() - self.control.started

    def _match_threads(self) -> None:
        """Start and stop lanes until as many run as the knob says."""
        control = self.control
        wanted = control.knobs.threads
        with control.mutex:
            for index in range(wanted):
                lane = control.lanes[index] if index < len(control.lanes) else self._add_lane(index)
                lane.leaving = False
                if lane.thread is None or lane.status == Status.STOPPED:
                    self._start(lane)
            for lane in control.lanes[wanted:]:
                lane.leaving = True
                lane.poke()
            control.refresh()

    def _add_lane(self, index: int) -> Lane:
        area = self._rings.reserve(index)
        area.use()
        lane = self.crew.make_lane(index, area)
        lane.write_counters()
        self.control.add(lane)
        return lane

    def _start(self, lane: Lane) -> None:
        if lane.thread is not None:
            lane.thread.join()  # it has left the run; at most its last few instructions are to come
        lane.set_status(Status.IDLE)
        worker = self.crew.make_worker(lane)
        lane.parked = False
        lane.thread = threading.Thread(target=worker.run, name=f"T{lane.index + 1}", daemon=True)
        lane.thread.start()

    def _balance(self, reason: str) -> None:
        """Bring everything to a stand and report the account."""
        with self.control.standstill():
            lanes = self.control.lanes
            for lane in lanes:
                lane.tell_lost()
                lane.write_counters()
            account = make_account(
                reason,
                self.memory.sequence,
                self._prefilled + sum(lane.inserted for lane in lanes),
                sum(lane.removed for lane in lanes),
                self.crew.count_inside(),
                {lane.index: lane.flying for lane in lanes},
            )
        self._report(account)


def _error_report(number: Any, error: LockfreeError) -> dict[str, Any]:
    return {"type": "error", "id": number, "field": getattr(error, "field", None), "message": str(error)}


class _Pipe:
    """Writes reports to what was standard output, one JSON object a line. A server that is gone ends the process."""

    def __init__(self) -> None:
        self._fd = os.dup(1)
        os.dup2(2, 1)  # whatever an algorithm prints must not mix with the reports
        self._lock = threading.Lock()

    def report(self, message: dict[str, Any]) -> None:
        data = json.dumps(message, separators=(",", ":")).encode() + b"\n"
        with self._lock:
            try:
                view = memoryview(data)
                while view:
                    view = view[os.write(self._fd, view) :]
            except OSError:
                os._exit(0)


def _watch_memory(pipe: _Pipe) -> None:
    """End the process before its memory becomes everybody's problem. Nothing to watch where there is no /proc."""
    pages = Path("/proc/self/statm")
    while pages.exists():
        if int(pages.read_text().split()[1]) * mmap.PAGESIZE > _MEMORY_LIMIT:
            reason = (
                f"the engine passed {_MEMORY_LIMIT >> 20} MB of memory: a thread that stands still holds a node, and "
                "with it every node that was ever linked behind it; restart, and freeze or kill at a lower speed"
            )
            pipe.report({"type": "error", "id": None, "field": None, "message": reason})
            os._exit(1)
        time.sleep(1)


def main(arguments: list[str]) -> int:
    """Serve one run."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the server decides what ends
    faulthandler.enable()
    # Whoever watches comes first: two engines of eight busy threads each left the server 4 % of a core.
    os.nice(_NICENESS)
    sys.setswitchinterval(SWITCH_INTERVAL)
    pipe = _Pipe()
    engine: Engine | None = None
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    pipe.report({"type": "ready", "pid": os.getpid(), "python": sys.version.split()[0], "gil": gil,
                 "implementation": sys.implementation.name})  # fmt: skip
    try:
        rings = Rings(int(arguments[0]))
        for line in sys.stdin.buffer:
            try:
                command = read_command(line)
            except EngineError as error:
                pipe.report(_error_report(None, error))
                continue
            if engine is None:
                engine = Engine(read_plan(command.get("plan")), rings, pipe.report)
                engine.start()
                threading.Thread(target=_watch_memory, args=(pipe,), daemon=True).start()
            else:
                engine.handle(command)
                if command.get("type") == "stop":
                    engine.close()
                    break
    except LockfreeError as error:
        pipe.report(_error_report(None, error))
        return 1
    return 0


if __name__ == "__main__":
    try:
        status = main(sys.argv[1:])
    except BaseException:
        sys.excepthook(*sys.exc_info())
        status = 1
    sys.stderr.flush()
    os._exit(status)
