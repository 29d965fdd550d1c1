"""The pure C part under many threads, with the compiler's sanitizers watching; and proof that they would bark."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from tests.native.compiler import SOURCES, STRICT, compiler, run

pytestmark = pytest.mark.timeout(900)  # a busy machine builds and races slowly

PROGRAMS: Final = Path(__file__).parent / "stress"
THREADS: Final = ("2", "5")
OPERATIONS: Final = "1000"
TRIES: Final = 100  # a race that is there shows in one of them; of one try the rarest shows in every other
# Of processor time, however long it takes to get it: several times what a right one needs. A wrong one may never end.
LIMITED: Final = ("sh", "-c", 'ulimit -t 3; exec "$@"', "sh")

PROVOKE: Final = "-DLF_PROVOKE=7"
THREAD: Final = ["-fsanitize=thread", "-mcx16", "-g"]
ADDRESS: Final = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g"]
WATCHES: Final = {"none": [], "thread": THREAD, "address": ADDRESS}
TAGS: Final = {"wide": [], "packed": ["-DLF_NO_CAS16"]}


def build(program: str, flags: list[str], folder: Path, sources: Path = SOURCES) -> Path:
    """The program, or a skipped test where the compiler has no such sanitizer."""
    command = compiler()
    binary = folder / program
    watching = tuple(flag for flag in flags if not flag.startswith("-D"))
    if not can_build(*command, *watching):
        pytest.skip(f"{command[0]} cannot build with {' '.join(watching)} here")
    # The kernels take as long to build as all the rest, and one program alone runs them.
    unused = () if program == "structures" else ("lf_kernel.c",)
    parts = sorted(part for part in sources.glob("lf_*.c") if part.name not in unused)
    answer = run(*command, *STRICT, *flags, f"-I{sources}", PROGRAMS / f"{program}.c", *parts, "-o", binary)
    assert answer.returncode == 0, answer.stdout
    return binary


@cache
def can_build(*command: str) -> bool:
    """Whether what that command builds runs."""
    with tempfile.TemporaryDirectory() as folder:
        source, probe = Path(folder, "probe.c"), Path(folder, "probe")
        source.write_text("int main(void) { return 0; }\n")
        return run(*command, source, "-o", probe).returncode == 0 and run(probe).returncode == 0


def is_clean(answer: subprocess.CompletedProcess[str]) -> bool:
    return answer.returncode == 0 and "Sanitizer" not in answer.stdout and "WRONG" not in answer.stdout


@pytest.mark.parametrize("tags", TAGS)
@pytest.mark.parametrize("watch", WATCHES)
@pytest.mark.parametrize("program", ["structures", "payload"])
def test_structures(program: str, watch: str, tags: str, tmp_path: Path) -> None:
    binary = build(program, [*WATCHES[watch], *TAGS[tags], PROVOKE], tmp_path)
    for threads in THREADS:
        answer = run(binary, threads, OPERATIONS)
        assert is_clean(answer), answer.stdout


@pytest.mark.parametrize("watch", WATCHES)
@pytest.mark.parametrize("program", ["structures", "payload", "hazards"])
def test_a_crowd_beyond_the_last_number(program: str, watch: str, tmp_path: Path) -> None:
    """With 64 numbers for 100 threads, a third of them share one slot and one hazard."""
    binary = build(program, [*WATCHES[watch], "-DLF_THREADS=64u"], tmp_path)
    answer = run(binary, "100", "60")
    assert is_clean(answer), answer.stdout
    assert "\n0 pushes" not in answer.stdout, "nobody was in the crowd"


@pytest.mark.parametrize(("program", "watch"), [*(("maps", watch) for watch in WATCHES), ("rwlocks", "thread")])
def test_maps(program: str, watch: str, tmp_path: Path) -> None:
    """They have no tags, so those are of one kind only."""
    binary = build(program, [*WATCHES[watch], PROVOKE], tmp_path)
    for threads in THREADS:
        answer = run(binary, threads, OPERATIONS)
        assert is_clean(answer), answer.stdout


def test_map_of_one_thread_at_a_time(tmp_path: Path) -> None:
    """Under a global lock a copy takes over what is the original's, where no other version leads to it."""
    answer = run(build("maps", [*ADDRESS, "-DLF_SERIAL"], tmp_path), "1", "5000")
    assert is_clean(answer), answer.stdout


def test_map_of_a_crowd(tmp_path: Path) -> None:
    answer = run(build("maps", [*ADDRESS, "-DLF_THREADS=64u"], tmp_path), "100", "30")
    assert is_clean(answer), answer.stdout
    assert "\n0 changes" not in answer.stdout, "nobody was in the crowd"


@pytest.mark.parametrize("watch", WATCHES)
def test_hazard_pointers(watch: str, tmp_path: Path) -> None:
    binary = build("hazards", WATCHES[watch], tmp_path)
    for threads in THREADS:
        answer = run(binary, threads, OPERATIONS)
        assert is_clean(answer), answer.stdout


@pytest.mark.parametrize(
    ("program", "flags", "header", "right", "wrong"),
    [
        ("structures", [PROVOKE], "lf_atomic.h", '"c"(expected.tag + 1)', '"c"(expected.tag)'),
        ("structures", [PROVOKE, "-DLF_NO_CAS16"], "lf_pool.h", "lf_word(node, expected.tag + 1)", "lf_word(node, 7)"),
        ("hazards", ADDRESS, "lf_hazard.h", "atomic_store_explicit(&hazard->object, seen, memory_order_seq_cst);",
         "(void)hazard;"),
        ("payload", THREAD, "lf_ring.h", "lf_store(&cell->stamp, tail + 1, release)",
         "lf_store(&cell->stamp, tail + 1, relaxed)"),
        ("payload", [*THREAD, "-DLF_NO_CAS16"], "lf_atomic.h", "memory_order_acq_rel, memory_order_relaxed);",
         "memory_order_relaxed, memory_order_relaxed);"),
        ("payload", THREAD, "lf_counter.h", "lf_load(&counter->value, acquire)", "lf_load(&counter->value, relaxed)"),
        ("maps", [*ADDRESS, PROVOKE], "lf_map.h", "lf_hazard_retire(old, lf_map_drop);", "lf_map_drop(old);"),
        ("maps", [*ADDRESS, "-DLF_SERIAL"], "lf_trie_change.h", "may_move && lf_trie_alone(root)", "may_move"),
        ("maps", THREAD, "lf_map.h", "next, memory_order_seq_cst, memory_order_relaxed);",
         "next, memory_order_relaxed, memory_order_relaxed);"),
    ],
    ids=["ABA", "ABA packed", "no hazard", "unpublished", "unordered", "unannounced", "root dropped", "moved away",
         "root unpublished"],
)  # fmt: skip
def test_a_fault_is_found(program: str, flags: list[str], header: str, right: str, wrong: str, tmp_path: Path) -> None:
    """Each takes away one thing that the algorithms cannot do without."""
    flawed = tmp_path / "flawed"
    shutil.copytree(SOURCES, flawed, ignore=shutil.ignore_patterns("*.py", "*.so", "py_*", "__pycache__"))
    text = (flawed / header).read_text()
    assert right in text
    (flawed / header).write_text(text.replace(right, wrong))
    binary = build(program, flags, tmp_path, flawed)
    threads = "1" if "-DLF_SERIAL" in flags else "8"
    operations = "1000" if program == "maps" else "20000"
    assert not all(is_clean(run(*LIMITED, binary, threads, operations)) for _ in range(TRIES))


@pytest.mark.stress
@pytest.mark.skipif("LOCKFREE_STRESS" not in os.environ, reason="hundreds of millions of operations: make stress")
@pytest.mark.parametrize("program", ["structures", "maps"])
def test_structures_for_long(program: str, tmp_path: Path) -> None:
    answer = run(build(program, [], tmp_path), "8", "1000000")
    assert is_clean(answer), answer.stdout
