"""Counters between processes: they agree, whichever way the processes start; bad input; what is left behind."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import subprocess
import sys
from multiprocessing import resource_tracker, shared_memory
from pathlib import Path
from typing import Any

import pytest

from lockfree_core import native
from lockfree_core.errors import NativeError
from lockfree_core.shared_memory import SharedAtomicCounter, SharedMemoryCounter
from lockfree_core.shared_memory.flawed import RacySharedCounter
from tests.serving import ROOT

pytestmark = pytest.mark.skipif(os.name != "posix", reason="named shared memory needs a POSIX system")

PROCESSES = 4
ROUNDS = 2_000
LARGEST = 2**63 - 1
METHODS = ("fork", "spawn")

kinds = pytest.mark.parametrize("kind", ["cas", "fetch-add"])


def increment(counter: Any, rounds: int, numbers: Any, together: Any) -> None:
    """What each process does, once all are there. The numbers that it got go back by a queue."""
    together.wait()
    numbers.put([counter.increment() for _ in range(rounds)])


def run_processes(counter: Any, method: str, rounds: int) -> list[int]:
    """The numbers that all processes got together."""
    context: Any = multiprocessing.get_context(method)
    numbers, together = context.SimpleQueue(), context.Barrier(PROCESSES)
    processes = [context.Process(target=increment, args=(counter, rounds, numbers, together)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    got = [number for _ in processes for number in numbers.get()]
    for process in processes:
        process.join()
        assert process.exitcode == 0
    numbers.close()
    return got


# -- together


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("method", METHODS)
@kinds
def test_every_increment_gets_a_number_of_its_own(kind: str, method: str, extension: None) -> None:
    with SharedMemoryCounter(kind, initial=10) as counter:
        numbers = run_processes(counter, method, ROUNDS)
        assert sorted(numbers) == list(range(11, 11 + PROCESSES * ROUNDS))
        assert counter.get() == 10 + PROCESSES * ROUNDS


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("method", METHODS)
def test_so_it_does_behind_a_lock(method: str) -> None:
    counter = SharedAtomicCounter(context=multiprocessing.get_context(method))
    numbers = run_processes(counter, method, ROUNDS // 4)
    assert sorted(numbers) == list(range(1, PROCESSES * ROUNDS // 4 + 1))
    assert counter.get() == PROCESSES * ROUNDS // 4


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("method", METHODS)
def test_the_racy_one_loses_and_says_how_many(method: str) -> None:
    with RacySharedCounter(gap_s=0.0005) as counter:
        numbers = run_processes(counter, method, 100)
        assert len(numbers) == PROCESSES * 100 == counter.made()
        assert counter.lost() == PROCESSES * 100 - counter.get() > 0
        assert len(set(numbers)) < len(numbers), "two of them were told the same number"


def test_the_racy_one_alone_loses_nothing() -> None:
    with RacySharedCounter(initial=5) as counter:
        assert [counter.increment() for _ in range(3)] == [6, 7, 8]
        assert (counter.get(), counter.made(), counter.lost()) == (8, 8, 0)


# -- by name


@kinds
def test_others_attach_by_name(kind: str, extension: None) -> None:
    with SharedMemoryCounter(kind) as counter, SharedMemoryCounter.attach(counter.name) as other:
        assert (other.kind, other.name) == (kind, counter.name)
        assert [counter.increment(), other.increment(), counter.get()] == [1, 2, 2]
        other.cleanup()
        assert SharedMemoryCounter.attach(counter.name).increment() == 3, "whoever only attached unlinks nothing"
        again = pickle.loads(pickle.dumps(counter))
        assert again.increment() == 4
        again.close()


def test_the_memory_is_that_of_the_standard_library(extension: None) -> None:
    with SharedMemoryCounter(initial=7) as counter:
        keywords: dict[str, Any] = {"track": False} if sys.version_info >= (3, 13) else {}
        memory = shared_memory.SharedMemory(counter.name, **keywords)
        assert memory.buf is not None
        assert int.from_bytes(memory.buf[64:72], sys.byteorder) == 7
        memory.close()
        if not keywords:
            resource_tracker.unregister("/" + counter.name, "shared_memory")


@pytest.mark.parametrize("made", [SharedMemoryCounter, RacySharedCounter])
def test_a_name_that_is_taken_or_missing_is_named(made: Any, extension: None) -> None:
    name = f"lockfree_test_{os.getpid()}"
    with pytest.raises(FileNotFoundError, match=f"no shared memory named '{name}'"):
        made.attach(name)
    with made(name=name) as counter:
        with pytest.raises(FileExistsError, match=f"named '{name}' already"):
            made(name=name)
        assert counter.increment() == 1, "whoever came too late has unlinked nothing"
        made.attach(name).close()
    with pytest.raises(FileNotFoundError):
        made.attach(name)


def test_memory_that_holds_no_counter_is_refused(extension: None) -> None:
    with RacySharedCounter() as racy, SharedMemoryCounter() as right:
        with pytest.raises(ValueError, match=f"{racy.name}' holds no counter"):
            SharedMemoryCounter.attach(racy.name)
        with pytest.raises(ValueError, match="has 128 bytes, and 4160 are needed"):
            RacySharedCounter.attach(right.name)


# -- bad input


@pytest.mark.parametrize(("name", "error"), [("a/b", ValueError), ("", ValueError), ("x" * 300, ValueError),
                                             ("a\nb", ValueError), (".", ValueError), ("..", ValueError),
                                             ("ä" * 150, ValueError), ("\ud800", ValueError),
                                             (7, TypeError)])  # fmt: skip
def test_a_name_that_cannot_be_one_is_refused(name: Any, error: type[Exception], extension: None) -> None:
    for made in (lambda: SharedMemoryCounter(name=name), lambda: SharedMemoryCounter.attach(name)):
        with pytest.raises(error, match="a name "):
            made()


def test_another_kind_is_refused(extension: None) -> None:
    with pytest.raises(ValueError, match="one of cas, fetch-add; got 'swap'"):
        SharedMemoryCounter("swap")


@kinds
def test_64_bits_are_all(kind: str, extension: None) -> None:
    with SharedMemoryCounter(kind, initial=LARGEST) as counter:
        with pytest.raises(OverflowError, match=rf"{LARGEST} \+ 1 has more"):
            counter.increment()
        assert counter.get() == LARGEST
    with pytest.raises(OverflowError, match="64 bits"):
        SharedMemoryCounter(kind, initial=LARGEST + 1)
    with pytest.raises(TypeError, match="takes an int, got float"):
        SharedMemoryCounter(kind, initial=1.5)  # type: ignore[arg-type]


def test_64_bits_are_all_behind_a_lock() -> None:
    counter = SharedAtomicCounter(LARGEST)
    with pytest.raises(OverflowError, match=f"{LARGEST}"):
        counter.increment()
    with pytest.raises(OverflowError, match=f"{LARGEST + 1}"):
        SharedAtomicCounter(LARGEST + 1)
    counter.cleanup()
    assert counter.get() == LARGEST


@kinds
def test_after_close_it_says_so(kind: str, extension: None) -> None:
    counter = SharedMemoryCounter(kind)
    counter.close()
    counter.cleanup()
    for call in (counter.increment, counter.get):
        with pytest.raises(ValueError, match="released"):
            call()
    with RacySharedCounter() as racy:
        pass
    with pytest.raises(ValueError, match="released"):
        racy.get()


def test_closing_while_other_threads_count_is_an_error_to_them_and_nothing_worse(extension: None) -> None:
    """Without a global lock they may be in the middle of an increment, and the page must not go under them."""
    status, printed, errors = python(
        "import threading\n"
        "from lockfree_core.shared_memory import SharedMemoryCounter\n"
        "def work(counter, ready):\n"
        "    ready.wait()\n"
        "    try:\n"
        "        while True: counter.increment()\n"
        "    except ValueError as error: refusals.append(str(error))\n"
        "refusals = []\n"
        "for kind in ('cas', 'fetch-add') * 5:\n"
        "    counter, ready = SharedMemoryCounter(kind), threading.Barrier(5)\n"
        "    threads = [threading.Thread(target=work, args=(counter, ready)) for _ in range(2)]\n"
        "    for _ in range(2): threads.append(threading.Thread(target=lambda: (ready.wait(), counter.close())))\n"
        "    for thread in threads: thread.start()\n"
        "    ready.wait()\n"
        "    for thread in threads: thread.join()\n"
        "print(len(refusals), *set(refusals))\n"
    )
    assert (status, " ".join(printed), errors) == (0, "20 the shared integer was released", "")


@pytest.mark.parametrize("offset", [-8, 4, 12, 16, 2**40])
def test_an_integer_needs_eight_aligned_bytes(offset: int, extension: None) -> None:
    with pytest.raises(ValueError, match=f"at offset {offset} of a buffer of 16"):
        native.SharedInteger(bytearray(16), offset)
    with pytest.raises((TypeError, BufferError)):
        native.SharedInteger(b"x" * 16)


def test_shared_integer_does_what_an_integer_does(extension: None) -> None:
    cell = native.SharedInteger(bytearray(16), 8)
    cell.store(5)
    assert (cell.fetch_add(2), cell.swap_add(-10), cell.load()) == (5, 7, -3)
    assert cell.compare_and_swap(-3, 2**62 + 1) and not cell.compare_and_swap(0, 1)
    assert not cell.compare_and_swap(2**70, 1)
    assert cell.fetch_add(1) == 2**62 + 1
    assert cell.fetch_add(-(2**62)) == 2**62 + 2
    with pytest.raises(OverflowError):
        cell.store(2**63)


# -- what is left behind


def python(program: str) -> tuple[int, list[str], str]:
    """Exit status, what was printed (names first), and what was complained about."""
    answer = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60,
    )  # fmt: skip
    return answer.returncode, answer.stdout.split(), answer.stderr


MAKE = """
from lockfree_core.shared_memory import SharedMemoryCounter
from lockfree_core.shared_memory.flawed import RacySharedCounter
counters = [SharedMemoryCounter(), SharedMemoryCounter("fetch-add"), RacySharedCounter()]
for counter in counters: print(counter.name, flush=True)
counters[0].increment()
"""


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="looks into /dev/shm")
@pytest.mark.parametrize(
    ("end", "status", "complaint"),
    [("", 0, ""), ("del counters, counter", 0, ""), ("raise SystemExit(3)", 3, ""), ("1 / 0", 1, "ZeroDivisionError")],
)
def test_nothing_is_left_after_an_end(end: str, status: int, complaint: str, extension: None) -> None:
    got, names, errors = python(MAKE + end)
    assert got == status and len(names) == 3
    assert complaint in errors and "resource_tracker" not in errors
    assert complaint or errors == ""
    assert not any(Path("/dev/shm", name).exists() for name in names)


def test_without_the_extension_the_hardware_kinds_are_a_clear_error() -> None:
    status, printed, errors = python("import sys; sys.modules['lockfree_core.native._native'] = None\n" + MAKE)
    assert status == 1 and printed == []
    assert "there are no atomics between processes: the C extension was not built" in errors
    assert issubclass(NativeError, ImportError)
    status, printed, errors = python(
        "import sys; sys.modules['lockfree_core.native._native'] = None\n"
        "from lockfree_core.shared_memory.flawed import RacySharedCounter\n"
        "from lockfree_core.shared_memory import SharedAtomicCounter\n"
        "print(RacySharedCounter().increment(), SharedAtomicCounter().increment())"
    )
    assert (status, printed, errors) == (0, ["1", "1"], "")
