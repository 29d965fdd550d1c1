"""Counters in processes of their own: what they count, what a kill leaves, and that nothing is left behind."""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from lockfree_core import native
from lockfree_core.catalog import CATALOG, find_entry
from lockfree_core.drive.knobs import Knobs
from lockfree_core.drive.plan import make_plan, read_plan
from lockfree_core.drive.processes import nursery, store
from lockfree_core.drive.processes.lane import DEAD, ProcessLane
from lockfree_core.errors import EngineError, KnobError
from lockfree_core.trace.layout import Kind, Position, decode_integer
from tests.core.kit import ACCESSES, LIMIT_S, Hand, Remote, by_hand, in_process, plan_of
from tests.serving import wait_until

ADD, CAS, RACY, LOCKED = "process-add-counter", "process-cas-counter", "process-racy-counter", "process-locked-counter"
HONEST = [CAS, ADD, LOCKED]
PREFILL = Knobs().prefill
PROGRAMS = "tests.core.drive.process_programs"

pytestmark = pytest.mark.skipif(not native.available(), reason=str(native.unavailable_reason()))


def pids(source: Hand | Remote) -> list[int]:
    """The latest process of each lane."""
    found = {row["lane"]: row["pid"] for report in source.of_type("names") for row in report.get("processes", ())}
    return [found[lane] for lane in sorted(found)]


def is_gone(pid: int) -> bool:
    """Whether no such process runs; one that is dead and only not yet buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def all_gone(numbers: list[int]) -> None:
    wait_until(lambda: all(map(is_gone, numbers)), LIMIT_S, f"the end of the processes {numbers}")


def program(name: str, shared: str = "atomics", **knobs: Any) -> dict[str, Any]:
    operations = [asdict(operation) for operation in find_entry(CAS).operations]
    values = Knobs().changed({"speed": 0, "threads": 2, "prefill": 0, **knobs}).as_dict()
    return make_plan(f"{PROGRAMS}:{name}", operations, values, 1, processes=shared)


def kinds(source: Hand | Remote, lane: int) -> list[Kind]:
    return [Kind(row["kind"]) for row in source.rows if row["lane"] == lane]


# -- what they count


@pytest.mark.parametrize("structure", HONEST)
def test_every_increment_of_every_process_is_counted(structure: str) -> None:
    with in_process(structure, threads=4, speed=0) as remote:
        remote.wait_for(lambda: min(remote.counters("operations")) > 10, "all to have counted")
        remote.do("pause")
        account = remote.account
        assert account["balanced"] and account["in"] == account["inside"]
        acknowledged = PREFILL + sum(remote.counters("operations"))
        assert acknowledged <= account["inside"] <= acknowledged + 4
        snapshot = remote.snapshot()
        assert decode_integer(snapshot["cells"][0]["value"]) == account["inside"]


def test_processes_that_have_compared_both_write_and_one_update_is_lost() -> None:
    with by_hand(RACY, threads=2) as hand:
        assert hand.accesses(0, 2) == hand.accesses(1, 2) == [("LOAD", "value")] * 2
        assert hand.access(0) == hand.access(1) == ("STORE", "value")
        account = hand.account
        assert (account["in"], account["inside"], account["lost"]) == (PREFILL + 2, PREFILL + 1, 1)
        assert hand.engine.crew.count_inside() == PREFILL + 1


def test_processes_lose_updates_by_themselves_and_the_account_says_how_many() -> None:
    with in_process(RACY, threads=4, speed=0) as remote:
        account = {"lost": 0}
        while not account["lost"]:
            remote.run_until(20)
            remote.do("pause")
            account = remote.account
            assert account["lost"] == account["in"] - account["inside"] >= 0
            assert PREFILL + sum(remote.counters("operations")) <= account["in"]
            remote.do("resume")


def test_processes_are_real_and_have_address_spaces_of_their_own() -> None:
    with by_hand(CAS, threads=3) as hand:
        numbers = pids(hand)
        assert len({*numbers, os.getpid()}) == 4
        starter = hand.engine.crew.children.pid  # type: ignore[attr-defined]
        assert {parent_of(pid) for pid in numbers} == {starter}
        assert parent_of(starter) == os.getpid()
        assert not any(is_gone(pid) for pid in numbers)


def test_the_source_that_is_shown_is_the_source_that_runs() -> None:
    with by_hand(CAS, threads=1) as hand:
        hand.accesses(0, 4)
        sites = [site for report in hand.of_type("names") for site in report.get("sites", ())]
        shown = [(site["file"], site["function"], site["access"], site["target"]) for site in sites]
        file = "lockfree_core/structures/atomic_counter.py"
        assert shown == [(file, "increment", "load", "value"), (file, "increment", "compare_and_swap", None)]
        assert [site["decisive"] for site in sites] == [True, True]
        assert CATALOG[CAS].source == "lockfree_core.structures.atomic_counter"


def test_a_lost_compare_and_swap_backs_off_in_its_process() -> None:
    with by_hand(CAS, threads=2, backoff="constant", backoff_base_us=1) as hand:
        assert hand.access(0) == hand.access(1) == ("LOAD", "value")
        assert hand.access(0) == ("CAS_WON", "value")
        assert hand.access(1) == ("CAS_LOST", "value")
        assert hand.access(1) == ("LOAD", "value")
        assert Kind.BACKOFF in kinds(hand, 1)
        assert hand.counters("backoff_us") == [0, 1]


# -- kills


@pytest.mark.parametrize(
    ("structure", "position"),
    [(key, "ANYWHERE") for key in (CAS, ADD, RACY)]
    + [(key, "BETWEEN_LOAD_AND_CAS") for key in (CAS, ADD, RACY)]
    + [(LOCKED, "HOLDING_LOCK")],
)
def test_a_kill_is_sigkill_and_the_count_stays_exact(structure: str, position: str) -> None:
    with in_process(structure, threads=3, speed=0) as remote:
        remote.run_until(30)
        victim = pids(remote)[1]
        remote.do("kill", lane=1, position=position)
        remote.wait_for(lambda: remote.statuses()[1] == "killed", "the death")
        all_gone([victim])  # its pipe closes before it is a dead process
        if position == "HOLDING_LOCK":
            remote.wait_for(lambda: remote.statuses().count("waiting") == 2, "everybody to wait for the dead")
        else:
            remote.run_until(30)
        remote.do("pause")
        account = remote.account
        assert account["balanced"] or structure == RACY
        acknowledged = PREFILL + sum(remote.counters("operations"))
        assert acknowledged <= account["in"] <= acknowledged + 3
        assert kinds(remote, 1)[-1] == Kind.KILLED


def test_a_lock_of_a_dead_process_is_held_for_ever_also_for_those_who_come_later() -> None:
    with by_hand(LOCKED, threads=2) as hand:
        hand.do("kill", lane=0, position="HOLDING_LOCK")
        hand.step(0)
        hand.wait_for(lambda: hand.statuses()[0] == "killed", "the death")
        assert hand.access(1) == ("LOCK_WAIT", "lock")
        hand.do("knobs", knobs={"threads": 3})
        assert hand.access(2) == ("LOCK_WAIT", "lock")
        assert hand.engine.crew.children.peek(0) == 1, "the real one"  # type: ignore[attr-defined]
        snapshot = hand.snapshot()
        assert [(lock["holder"], lock["waiters"]) for lock in snapshot["locks"]] == [(0, [1, 2])]


@pytest.mark.parametrize("running", [False, True])
def test_a_kill_from_outside_is_seen(running: bool) -> None:
    with in_process(CAS, threads=3, speed=0 if running else 50) as remote:
        remote.run_until(6)
        if not running:
            remote.do("pause")
        os.kill(pids(remote)[2], signal.SIGKILL)
        remote.wait_for(lambda: remote.statuses()[2] == "killed", "the death to be seen")
        assert "was killed already" in remote.command("kill", lane=2)["message"]
        remote.do("knobs", knobs={"speed": 0})
        if not running:
            remote.do("resume")
        remote.run_until(30)
        remote.do("pause")
        assert remote.account["balanced"]
        assert kinds(remote, 2)[-1] == Kind.KILLED


def test_a_frozen_process_can_be_killed_from_outside() -> None:
    with by_hand(CAS, threads=2) as hand:
        hand.step(0)
        hand.do("freeze", lane=0)
        hand.wait_for(lambda: hand.statuses()[0] == "frozen", "the freeze")
        os.kill(pids(hand)[0], signal.SIGKILL)
        hand.wait_for(lambda: hand.statuses()[0] == "killed", "the death to be seen")
        assert kinds(hand, 0)[-2:] == [Kind.FROZEN, Kind.KILLED]


@pytest.mark.parametrize("from_outside", [True, False])
def test_a_process_that_dies_before_it_does_its_access_has_not_done_it(from_outside: bool) -> None:
    with by_hand(CAS, threads=2) as hand:
        hand.step(0)
        os.kill(pids(hand)[0], signal.SIGSTOP)
        stepping = threading.Thread(target=hand.command, args=("step",), kwargs={"lane": 0})
        stepping.start()
        wait_until(lambda: hand.engine.memory.turn.locked(), LIMIT_S, "the access")  # type: ignore[attr-defined]
        if from_outside:
            os.kill(pids(hand)[0], signal.SIGKILL)
        else:
            hand.control.stop_lane("kill", 0, Position.ANYWHERE)
        stepping.join(LIMIT_S)
        hand.wait_for(lambda: hand.statuses()[0] == "killed", "the death to be seen")
        assert [kind for kind in kinds(hand, 0) if kind in ACCESSES] == [Kind.LOAD]
        assert hand.access(1) == ("LOAD", "value")
        assert hand.access(1) == ("CAS_WON", "value")
        assert hand.account["balanced"] and hand.account["inside"] == PREFILL + 1


def halted(source: Hand | Remote) -> list[int]:
    """The lanes whose processes are halted, by the latest report."""
    reports = source.of_type("halted")
    return [row["lane"] for row in reports[-1]["lanes"]] if reports else []


def test_a_process_that_is_halted_is_told_of_until_it_goes_on() -> None:
    with in_process(CAS, threads=3, speed=0) as remote:
        remote.run_until(6)
        first, second, _ = pids(remote)
        for pid in (first, second):
            os.kill(pid, signal.SIGSTOP)
        remote.wait_for(lambda: halted(remote) == [0, 1], "both to be told of")
        assert [row["pid"] for row in remote.of_type("halted")[-1]["lanes"]] == [first, second]
        os.kill(first, signal.SIGCONT)
        remote.wait_for(lambda: halted(remote) == [1], "one to go on")
        os.kill(second, signal.SIGKILL)
        remote.wait_for(lambda: halted(remote) == [] and remote.statuses()[1] == "killed", "the death of the other")
        remote.run_until(30)
        remote.do("pause")
        assert remote.account["balanced"]


def test_a_run_whose_halted_process_does_not_come_to_its_gate_is_paused_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("lockfree_core.drive.control._PATIENCE", 0.2)
    with by_hand(CAS, threads=2) as hand:
        hand.step(1)
        os.kill(pids(hand)[1], signal.SIGSTOP)
        hand.wait_for(lambda: halted(hand) == [1], "the halt to be told of")
        hand.control.resume()
        hand.engine.state = "running"
        lane: Any = hand.control.find(1)
        wait_until(lambda: bool(lane._is_awaited), LIMIT_S, "the access")
        answer = hand.command("pause")
        assert "processes " in answer["message"] and "2 did not come to their gate" in answer["message"]
        assert hand.engine.state == "paused"
        os.kill(pids(hand)[1], signal.SIGCONT)
        hand.wait_for(lambda: halted(hand) == [], "it to go on")
        hand.do("pause")
        assert hand.account["balanced"]


def test_a_process_that_is_halted_between_two_accesses_can_be_killed() -> None:
    remote = Remote(program("Halting"))
    try:
        remote.wait_for(lambda: len(halted(remote)) == 1, "a process to halt")
        (lane,) = halted(remote)
        remote.do("kill", lane=lane)
        remote.wait_for(lambda: remote.statuses()[lane] == "killed" and halted(remote) == [], "its death")
        remote.run_until(20)
        remote.do("pause")
        assert remote.account["balanced"]
    finally:
        remote.close()


def test_a_death_that_nobody_has_time_for_does_not_keep_a_kill_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who kills may hold what the news of another death waits for."""
    monkeypatch.setattr("lockfree_core.drive.processes.children._LIMIT_S", 5.0)
    with by_hand(CAS, threads=3) as hand:
        first, second, _ = pids(hand)
        with hand.control.mutex:
            os.kill(second, signal.SIGKILL)
            wait_until(lambda: not Path(f"/proc/{second}").exists(), LIMIT_S, "the nursery to bury it")
            hand.engine.crew.children.kill(first)  # type: ignore[attr-defined]
        hand.wait_for(lambda: hand.statuses()[1] == "killed", "the death to be seen")


@pytest.mark.parametrize(
    ("structure", "steps", "last"),
    [(CAS, 1, Kind.CAS_WON), (ADD, 0, Kind.EXCHANGE), (RACY, 2, Kind.STORE), (LOCKED, 0, Kind.LOCK_ACQUIRED),
     (LOCKED, 3, Kind.LOCK_RELEASED)],
)  # fmt: skip
def test_what_a_process_did_before_it_could_say_so_is_found_in_the_memory(
    structure: str, steps: int, last: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    with by_hand(structure, threads=2) as hand:
        for _ in range(steps):
            hand.step(0)
        victim = pids(hand)[0]
        hear: Callable[[ProcessLane], Any] = ProcessLane.hear

        def die_unheard(lane: ProcessLane) -> Any:
            lane.let()
            hear(lane)
            os.kill(victim, signal.SIGKILL)
            return DEAD

        with monkeypatch.context() as patch:
            patch.setattr(ProcessLane, "let_and_hear", die_unheard)
            hand.step(0)
            hand.wait_for(lambda: hand.statuses()[0] == "killed", "the death")
        assert [kind for kind in kinds(hand, 0) if kind in ACCESSES][-1] == last
        assert kinds(hand, 0)[-1] == Kind.KILLED
        hand.step(1)
        waits = last == Kind.LOCK_ACQUIRED
        assert [kind for kind in kinds(hand, 1) if kind in ACCESSES][-1] == (
            Kind.LOCK_WAIT if waits else kinds(hand, 1)[-1]
        )
        assert hand.account["balanced"]
        assert hand.account["inside"] == PREFILL + (0 if waits else 1 if structure != ADD else 2)


# -- nothing is left behind


@pytest.mark.parametrize("structure", [CAS, LOCKED])
@pytest.mark.parametrize("end", ["stop", "kill", "input"])
def test_processes_end_with_their_engine(structure: str, end: str) -> None:
    with in_process(structure, threads=3, speed=0) as remote:
        remote.run_until(10)
        if structure == LOCKED:
            remote.do("kill", lane=0, position="HOLDING_LOCK")
            remote.wait_for(lambda: remote.statuses().count("waiting") == 2, "everybody to wait for the dead")
        numbers = pids(remote)
        numbers.append(parent_of(numbers[1]))
        if end == "stop":
            remote.do("stop")
            assert remote.process.wait(LIMIT_S) == 0
            assert all(map(is_gone, numbers)), "a stop waits for them"
        elif end == "kill":
            remote.process.kill()
        else:
            assert remote.process.stdin is not None
            remote.process.stdin.close()
        all_gone(numbers)


def test_a_nursery_that_was_killed_is_told_of_and_its_processes_end_with_the_engine() -> None:
    with in_process(CAS, threads=2, speed=0) as remote:
        remote.run_until(10)
        numbers = pids(remote)
        os.kill(parent_of(numbers[0]), signal.SIGKILL)
        answer = remote.command("knobs", knobs={"threads": 3})
        assert "the process that starts the others does not answer" in answer["message"]
        remote.run_until(10)
        remote.process.kill()
        all_gone(numbers)


def test_processes_come_and_go_with_the_knob() -> None:
    with in_process(CAS, threads=3, speed=0) as remote:
        remote.run_until(10)
        before = pids(remote)
        remote.do("knobs", knobs={"threads": 1})
        remote.wait_for(lambda: remote.statuses().count("stopped") == 2, "two to leave")
        all_gone(before[1:])
        remote.do("knobs", knobs={"threads": 3})
        remote.run_until(10)
        after = pids(remote)
        assert after[0] == before[0] and not set(after[1:]) & set(before)
        remote.do("pause")
        assert remote.account["balanced"]
        assert Kind.KILLED not in {row["kind"] for row in remote.rows}


# -- what goes wrong


def test_what_is_raised_in_a_process_stops_it_and_is_told() -> None:
    remote = Remote(program("Raising"))
    try:
        remote.wait_for(lambda: "raised" in remote.statuses(), "a process to raise")
        remote.do("pause")  # what was raised is told by a report, which has come when this one's has
        texts = [row["text"] for report in remote.of_type("names") for row in report.get("values", ())]
        assert "LookupError: there is nothing behind two" in texts
        all_gone([pids(remote)[remote.statuses().index("raised")]])
        assert remote.account["balanced"]
    finally:
        remote.close()


def test_a_process_that_ends_itself_counts_as_killed() -> None:
    remote = Remote(program("Leaving"))
    try:
        remote.wait_for(lambda: "killed" in remote.statuses(), "a process to end")
        remote.run_until(5)
        remote.do("pause")
        assert remote.account["balanced"]
    finally:
        remote.close()


@pytest.mark.parametrize(
    ("name", "reason"),
    [("Referring", "a reference means nothing in another process"), ("Wide", "a page of .* bytes has room for")],
)
def test_what_processes_cannot_share_is_refused(name: str, reason: str) -> None:
    remote = Remote(None)
    try:
        remote.send("start", plan=program(name))
        remote.wait_for(lambda: bool(remote.of_type("error")), "a refusal")
        assert re.search(reason, remote.of_type("error")[0]["message"])
        assert remote.process.wait(LIMIT_S) == 1
    finally:
        remote.close()


def test_without_the_extension_those_that_need_it_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "available", lambda: False)
    monkeypatch.setattr(store, "unavailable_reason", lambda: "the C extension was not built")
    with pytest.raises(EngineError, match="no atomics between processes: the C extension was not built"):
        store.check_store("atomics")
    store.check_store("words")
    store.check_store("value")
    with pytest.raises(EngineError, match="no compare-and-swap on memory that is only read and written"):
        store.make_store("words").integer(0).compare_and_swap(0, 1)


def test_a_machine_without_room_for_a_process_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refuse)
    with pytest.raises(EngineError, match=r"no process can be started \(Resource temporarily unavailable\); use fewer"):
        nursery._fork()


def test_a_plan_with_something_else_to_share_is_refused() -> None:
    with pytest.raises(EngineError, match="processes must share one of atomics, words, value; got 'pipes'"):
        read_plan(program("Raising", "pipes"))
    with pytest.raises(KnobError, match="must be from 1 to 32"):
        read_plan(plan_of(CAS) | {"knobs": {"threads": 33}})


def test_errors_speak_of_processes() -> None:
    with by_hand(CAS, threads=2) as hand:
        assert hand.command("step", lane=7)["message"] == "there is no process 8; the run has 2"
        assert hand.command("thaw", lane=0)["message"] == "process 1 is not frozen"
        hand.do("kill", lane=0)
        hand.wait_for(lambda: hand.statuses()[0] == "killed", "the death")
        assert hand.command("thaw", lane=0)["message"] == "process 1 was killed; a killed process does not come back"
