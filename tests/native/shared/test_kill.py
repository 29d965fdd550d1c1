"""kill -9 of any process at any moment: the others go on, nothing acknowledged is missing, nothing stays behind."""

from __future__ import annotations

import mmap
import os
import random
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from lockfree_core.shared_memory import SharedMemoryCounter
from tests.serving import ROOT, wait_until

pytestmark = [
    pytest.mark.usefixtures("extension"),
    pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="looks into /dev/shm"),
]

WORKERS: Final = 4
LIMIT_S: Final = 60.0
TRIALS: Final = 40 if "LOCKFREE_STRESS" in os.environ else 3

kinds = pytest.mark.parametrize("kind", ["cas", "fetch-add"])

# Each worker writes how many increments have returned into a row of a file of its own.
WORK = """
import mmap, sys
from lockfree_core.shared_memory import SharedMemoryCounter
counter = SharedMemoryCounter.attach(sys.argv[1])
with open(sys.argv[2], "r+b") as file:
    rows = memoryview(mmap.mmap(file.fileno(), 0)).cast("Q")
row = int(sys.argv[3])
while True:
    counter.increment()
    rows[row] += 1
"""

# A parent whose forked and spawned children count with it.
PARENT = """
import multiprocessing, os, sys, time, warnings
warnings.simplefilter("ignore", DeprecationWarning)
from lockfree_core.shared_memory import SharedMemoryCounter
def work(counter):
    counter.increment()
    os.write(1, b"at work\\n")
    end = time.monotonic() + 60
    while time.monotonic() < end:
        counter.increment()
if __name__ == "__main__":
    counter = SharedMemoryCounter()
    print(counter.name, flush=True)
    children = [multiprocessing.get_context(method).Process(target=work, args=(counter,)) for method in sys.argv[1:]]
    for child in children: child.start()
    os.write(1, (" ".join(str(child.pid) for child in children) + "\\n").encode())
    while True:
        counter.increment(); time.sleep(0.001)
"""


def rows_of(acknowledged: mmap.mmap) -> list[int]:
    return list(struct.unpack(f"{WORKERS}Q", acknowledged[:]))


@contextmanager
def workers(counter: SharedMemoryCounter, file: Path) -> Iterator[tuple[list[subprocess.Popen[bytes]], mmap.mmap]]:
    file.write_bytes(bytes(8 * WORKERS))
    command = [sys.executable, "-c", WORK, counter.name, str(file)]
    processes = [subprocess.Popen([*command, str(row)], cwd=ROOT, stderr=subprocess.PIPE) for row in range(WORKERS)]
    try:
        with file.open("r+b") as handle, mmap.mmap(handle.fileno(), 0) as acknowledged:
            wait_until(lambda: min(rows_of(acknowledged)) > 100, LIMIT_S, "every worker at work")
            yield processes, acknowledged
    finally:
        for process in processes:
            process.kill()
            _, complaints = process.communicate()
            assert complaints == b""


@pytest.mark.timeout(900)
@kinds
def test_who_is_killed_stops_nobody_and_takes_at_most_one_increment(kind: str, tmp_path: Path, seed: int) -> None:
    draw = random.Random(f"{seed}:{kind}")
    for trial in range(TRIALS):
        with SharedMemoryCounter(kind) as counter, workers(counter, tmp_path / "rows") as (processes, acknowledged):
            killed = draw.sample(range(WORKERS), WORKERS - 1)
            for row in killed:
                time.sleep(draw.uniform(0, 0.01))
                processes[row].kill()
                processes[row].wait(LIMIT_S)
            before = rows_of(acknowledged)
            (alive,) = set(range(WORKERS)) - set(killed)
            wait_until(lambda: rows_of(acknowledged)[alive] > before[alive] + 100, LIMIT_S, "the survivor")  # noqa: B023
            processes[alive].kill()
            processes[alive].wait(LIMIT_S)
            done = sum(rows_of(acknowledged))
            assert done <= counter.get() <= done + WORKERS, f"trial {trial}"
            assert counter.increment() == counter.get()


def is_gone(name: str) -> Callable[[], bool]:
    return lambda: not Path("/dev/shm", name).exists()


@pytest.mark.parametrize("children", [[], ["fork"], ["spawn"], ["fork", "spawn", "fork"]], ids="-".join)
def test_memory_of_a_killed_maker_is_unlinked_without_a_word(children: list[str], tmp_path: Path) -> None:
    program = tmp_path / "parent.py"
    program.write_text(PARENT)
    parent = subprocess.Popen(
        [sys.executable, str(program), *children],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert parent.stdout is not None
    name = parent.stdout.readline().strip()
    lines = [parent.stdout.readline() for _ in range(1 + len(children))]  # children may be quicker than their parent
    assert lines.count("at work\n") == len(children)
    pids = [int(word) for line in lines if line != "at work\n" for word in line.split()]
    assert not is_gone(name)()
    with_children = SharedMemoryCounter.attach(name)
    parent.kill()
    parent.wait(LIMIT_S)
    for pid in pids:
        before = with_children.get()
        wait_until(lambda before=before: with_children.get() > before, LIMIT_S, "the children")  # type: ignore[misc]
        os.kill(pid, signal.SIGKILL)
    wait_until(is_gone(name), LIMIT_S, "the name to go")
    with_children.close()
    assert parent.stderr is not None
    assert parent.stderr.read() == ""
    parent.stdout.close()
    parent.stderr.close()


def test_a_killed_reaper_is_replaced(tmp_path: Path) -> None:
    program = tmp_path / "parent.py"
    program.write_text(
        "import os, signal, subprocess\n"
        "from lockfree_core.shared_memory import SharedMemoryCounter\n"
        "start, started = subprocess.Popen, []\n"
        "subprocess.Popen = lambda *of, **more: started.append(start(*of, **more)) or started[-1]\n"
        "first = SharedMemoryCounter()\n"
        "[reaper] = started\n"
        "os.kill(reaper.pid, signal.SIGKILL)\n"
        "os.waitpid(reaper.pid, 0)\n"  # dead, and not only told to die
        "second = SharedMemoryCounter()\n"
        "print(first.name, second.name, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    answer = subprocess.run(
        [sys.executable, program], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    names = answer.stdout.split()
    assert len(names) == 2 and answer.stderr == ""
    for name in names:
        wait_until(is_gone(name), LIMIT_S, "the name to go")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_that_replaces_the_reaper_does_not_take_its_parents_memory_along(tmp_path: Path) -> None:
    program = tmp_path / "parent.py"
    program.write_text(
        "import os, signal, subprocess, sys\n"
        "from lockfree_core.shared_memory import SharedMemoryCounter, reaper\n"
        "first = SharedMemoryCounter()\n"
        "children = subprocess.run(['ps', '-o', 'pid=', '--ppid', str(os.getpid())], capture_output=True, text=True)\n"
        "old = int(children.stdout.split()[0])\n"
        "os.kill(old, signal.SIGKILL)\n"
        "os.waitpid(old, 0)\n"
        "read, write = os.pipe()\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    os.close(read)\n"
        "    second = SharedMemoryCounter()\n"
        "    os.write(write, second.name.encode())\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "os.close(write)\n"
        "name = os.read(read, 100).decode()\n"
        "os.waitpid(child, 0)\n"
        "while os.path.exists('/dev/shm/' + name): pass\n"
        "print(os.path.exists('/dev/shm/' + first.name))\n"
    )
    answer = subprocess.run(
        [sys.executable, program], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=LIMIT_S,
    )  # fmt: skip
    assert (answer.stdout, answer.stderr) == ("True\n", "")
