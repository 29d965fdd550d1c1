"""The extension builds without a warning, is not needed, and says so when it is not there."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

import lockfree_core
from lockfree_core import native
from lockfree_core.memory import HardwareMemory, default_memory
from tests.native.compiler import INCLUDES, SOURCES, STRICT, compiler, run
from tests.serving import ROOT

WITHOUT = "import sys; sys.modules['lockfree_core.native._native'] = None\n"


def python(program: str) -> str:
    """What a new interpreter prints."""
    answer = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


@pytest.mark.parametrize("source", sorted(path.name for path in SOURCES.glob("*.c")))
def test_source_compiles_without_a_warning(source: str, tmp_path: Path) -> None:
    if source.startswith("py_") and not Path(INCLUDES[1], "Python.h").exists():
        pytest.skip("no Python.h: the interpreter's headers are not installed")
    answer = run(*compiler(), *STRICT, *INCLUDES, "-c", SOURCES / source, "-o", tmp_path / "object.o")
    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize("flags", [[], ["-DLF_NO_CAS16"], ["-DLF_SERIAL"]], ids=["wide", "packed", "serial"])
@pytest.mark.parametrize("header", sorted(path.name for path in SOURCES.glob("lf_*.h")))
def test_pure_header_compiles_alone(header: str, flags: list[str], tmp_path: Path) -> None:
    """Without Python's headers in reach, and first in its file."""
    source = tmp_path / "alone.c"
    source.write_text(f'#include "{header}"\nint main(void) {{ return 0; }}\n')
    answer = run(*compiler(), *STRICT, "-Wno-unused-function", *flags, f"-I{SOURCES}", "-fsyntax-only", source)
    assert answer.returncode == 0, answer.stdout


def test_unstable_calls_stand_in_one_header() -> None:
    users = {path.name for path in SOURCES.glob("*.[ch]") if "PyUnstable_" in path.read_text()}
    assert users == {"py_compat.h"}


# -- with it


def test_it_is_the_default(extension: None) -> None:
    assert native.available() and native.unavailable_reason() is None
    assert isinstance(default_memory(), HardwareMemory)
    assert isinstance(default_memory().reference(None), native.AtomicReference)
    assert lockfree_core.AtomicReference is native.AtomicReference
    assert lockfree_core.AtomicInteger is native.AtomicInteger


def test_it_says_what_makes_it_atomic(extension: None) -> None:
    free_threaded = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
    assert native.atomicity() == ("hardware atomics" if free_threaded else "the interpreter's lock")


def test_importing_it_leaves_the_lock_as_it_was(extension: None) -> None:
    states = python(
        "import sys; state = getattr(sys, '_is_gil_enabled', lambda: True)\n"
        "before = state(); from lockfree_core import native; native.AtomicInteger(); print(before, state())"
    )
    assert states in ("True True", "False False")


def test_names_that_do_not_exist_are_attribute_errors() -> None:
    assert not hasattr(native, "TreiberHeap")


# -- without it


def test_without_it_everything_works_on_emulated_cells() -> None:
    printed = python(
        WITHOUT + "from lockfree_core import TreiberStack, native, default_memory\n"
        "stack = TreiberStack(); stack.push(1)\n"
        "print(native.available(), type(default_memory()).__name__, stack.pop(), native.unavailable_reason())\n"
        "from lockfree_core import AtomicReference; print(AtomicReference.__module__)"
    )
    assert printed.splitlines() == [
        "False LockedMemory 1 the C extension was not built (no C compiler when Lockfree Lab was installed?)",
        "lockfree_core.memory.cells",
    ]


@pytest.mark.parametrize(
    "statement",
    ["native.AtomicInteger", "from lockfree_core.native import AtomicReference", "native.atomicity()", "hardware()"],
)
def test_without_it_asking_for_it_is_a_clear_error(statement: str) -> None:
    program = (
        WITHOUT + "from lockfree_core import native, errors, HardwareMemory as hardware\n"
        f"try:\n    {statement}\nexcept errors.NativeError as error:\n    print(error)"
    )
    assert "the C extension was not built" in python(program)


def test_a_subinterpreter_gets_emulated_cells_and_the_reason(extension: None) -> None:
    program = """
import sys
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
new = interpreters.create("legacy") if sys.version_info >= (3, 13) else interpreters.create()
interpreters.run_string(new, '''
from lockfree_core import native, default_memory
print(native.available(), type(default_memory()).__name__, native.unavailable_reason())
''')
sys.stdout.flush()
interpreters.destroy(new)
"""
    printed = python(program)
    assert printed.startswith("False LockedMemory the C extension cannot be used: ")
    assert "main interpreter only" in printed or "does not support loading in subinterpreters" in printed


# -- wheels


def build_wheel(folder: Path, **environment: str) -> tuple[Path, str]:
    command = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index")
    tree = folder / "tree"
    tree.mkdir()
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    for name in ("lockfree_core", "app", "static", "templates"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    answer = run(*command, "--wheel-dir", folder, tree, **environment)
    assert answer.returncode == 0, answer.stdout
    (wheel,) = folder.glob("*.whl")
    return wheel, answer.stdout


def names_in(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_wheel_carries_the_extension_and_its_types(tmp_path: Path) -> None:
    compiler()
    wheel, _ = build_wheel(tmp_path)
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    assert {f"lockfree_core/native/_native{suffix}", "lockfree_core/native/_native.pyi"} <= set(names_in(wheel))
    assert not wheel.name.endswith("-any.whl"), "built for this platform"


def test_wheel_is_built_without_a_compiler_too(tmp_path: Path) -> None:
    wheel, _ = build_wheel(tmp_path, CC=str(tmp_path / "no-such-compiler"))
    assert [name for name in names_in(wheel) if "_native." in name] == ["lockfree_core/native/_native.pyi"]


def test_a_missing_compiler_can_be_made_an_error(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        build_wheel(tmp_path, CC=str(tmp_path / "no-such-compiler"), LOCKFREE_NATIVE="require")
