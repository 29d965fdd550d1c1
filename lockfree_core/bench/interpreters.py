"""Which interpreters there are, and which of them can take a sample.

An interpreter is lent this package, since a sample needs nothing else but the standard library. The extension cannot be
lent: it is built for one interpreter. So one that has this very package of its own, with its extension, uses its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from lockfree_core.errors import BenchError

__all__ = ["VARIABLE", "Interpreter", "child_environment", "find_interpreters", "probe", "this_interpreter"]

VARIABLE: Final = "LOCKFREE_LAB_PYTHONS"
"""The setting that names further interpreters, separated as PATH is."""

_ROOT: Final = Path(__file__).resolve().parent.parent.parent
_NAME: Final = re.compile(r"(?:python3(?:\.\d+t?)?|pypy3(?:\.\d+)?)(?:\.exe)?\Z")
_LIMIT_S: Final = 20.0
_LOOK_S: Final = 0.1  # how often whoever waits for an answer looks whether it is still wanted

# Runs on any Python 3, and says what it is before it tries to import the package.
_PROBE: Final = """
import json, platform, sys
answer = {"version": platform.python_version(), "implementation": platform.python_implementation(),
          "gil": bool(getattr(sys, "_is_gil_enabled", lambda: True)()), "executable": sys.executable}
try:
    import hashlib, pathlib
    import lockfree_core.bench.sample
    from lockfree_core import native
    answer["native"], answer["native_reason"] = native.available(), native.unavailable_reason()
    root, code = pathlib.Path(lockfree_core.__file__).parent, hashlib.sha256()
    for file in sorted(root.rglob("*.py")):
        code.update(str(file.relative_to(root)).encode() + file.read_bytes())
    answer["code"] = code.hexdigest()
except BaseException as error:
    answer["reason"] = "%s: %s" % (type(error).__name__, error)
print("lockfree-probe " + json.dumps(answer))
"""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """One interpreter.

    Attributes:
        path: how it is started.
        gil: whether threads take turns.
        native: whether the C extension is there for it; ``native_reason`` says why not.
        reason: why it cannot take samples; None if it can.
        command: what would make it able to (or able to use the extension); empty where nothing is missing.
    """

    path: str
    version: str
    implementation: str
    gil: bool
    native: bool
    native_reason: str | None = None
    reason: str | None = None
    command: str = ""

    @property
    def title(self) -> str:
        """``CPython 3.14.0 free-threaded``."""
        return f"{self.implementation} {self.version}{'' if self.gil else ' free-threaded'}"

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


_with_own: Final[set[str]] = set()
"""The interpreters that were probed and use the package that they have themselves."""


def child_environment(python: str = sys.executable) -> dict[str, str]:
    """What a child on that interpreter is given so that it finds this package; call :func:`probe` first."""
    return _own_environment() if python in _with_own else _lent_environment()


def _lent_environment() -> dict[str, str]:
    inherited = os.environ.get("PYTHONPATH")
    # Compiled modules may be kept: compiling them anew in every sample took as long as the sample.
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (str(_ROOT), inherited)))}


def _own_environment() -> dict[str, str]:
    """Likewise, where it has the package itself; the working folder, which may be a checkout, comes not before it."""
    return {**os.environ, "PYTHONSAFEPATH": "1"}


def probe(path: str, is_over: Callable[[], bool] = lambda: False) -> Interpreter:
    """What an interpreter is and whether it can take samples.

    Args:
        path: a path, or a name on PATH.
        is_over: whether nobody wants to know any more; its process is ended then.

    Raises:
        BenchError: when it is no Python at all, or when it is over.
    """
    found = shutil.which(path)
    if found is None:
        raise BenchError(f"{path} is no program that can be started")
    found = str(Path(found).absolute())  # a run says what it was measured on, wherever it is read
    answer = _ask(found, path, _lent_environment(), is_over)
    _with_own.discard(found)
    if not answer.get("native"):
        with contextlib.suppress(BenchError):
            own = _ask(found, path, _own_environment(), is_over)
            if own.get("native") and own.get("code") == answer.get("code"):
                _with_own.add(found)
                answer = own
    return Interpreter(
        path=found, version=answer["version"], implementation=answer["implementation"], gil=answer["gil"],
        native=bool(answer.get("native")), native_reason=answer.get("native_reason"), reason=answer.get("reason"),
        command="" if answer.get("native") else shlex.join([found, "-m", "pip", "install", _source()]),
    )  # fmt: skip


def _source() -> str:
    """What pip installs this package from: the checkout that it runs from, if it does."""
    return str(_ROOT) if (_ROOT / "pyproject.toml").is_file() else "lockfree-lab"


def _ask(program: str, path: str, environment: Mapping[str, str], is_over: Callable[[], bool]) -> dict[str, Any]:
    """What it answers when it is asked."""
    output, errors = _outputs(program, path, environment, is_over)
    answer = _read(output)
    if answer is None:
        lines = errors.decode("utf-8", "replace").strip().splitlines() or ["it said nothing"]
        reason = lines[-1] if lines[0].startswith("Traceback") else lines[0]
        raise BenchError(f"{path} is no Python interpreter: {reason[:200]}")
    return answer


def _outputs(
    program: str, path: str, environment: Mapping[str, str], is_over: Callable[[], bool]
) -> tuple[bytes, bytes]:
    """What it writes when it is asked."""
    try:
        process = subprocess.Popen(
            [program, "-c", _PROBE], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=environment,
        )  # fmt: skip
    except OSError as error:
        raise BenchError(f"{path} cannot be started: {error.strerror}") from None
    deadline = time.monotonic() + _LIMIT_S
    with process:
        try:
            while True:
                try:
                    return process.communicate(timeout=_LOOK_S)
                except subprocess.TimeoutExpired:
                    if is_over():
                        raise BenchError(f"{path} was not asked to the end") from None
                    if time.monotonic() > deadline:
                        raise BenchError(f"{path} did not say within {_LIMIT_S:g} s which Python it is") from None
        except BaseException:
            process.kill()
            raise


def _read(output: bytes) -> dict[str, Any] | None:
    for line in output.decode("utf-8", "replace").splitlines():
        if line.startswith("lockfree-probe "):
            try:
                answer: dict[str, Any] = json.loads(line.partition(" ")[2])
            except ValueError:
                return None
            return answer
    return None


def this_interpreter() -> Interpreter:
    """The one that runs this."""
    return probe(sys.executable)


def find_interpreters(
    further: Iterable[str] = (),
    environment: Mapping[str, str] = os.environ,
    is_over: Callable[[], bool] = lambda: False,
) -> tuple[list[Interpreter], dict[str, str]]:
    """This one, those named (here and in the setting), those on PATH; and of what has such a name but is none, why.

    Once ``is_over`` says that nobody wants to know any more, what has been found so far.
    """
    found: dict[tuple[str, str, bool, bool, str], Interpreter] = {}
    failed: dict[str, str] = {}
    seen: set[Path] = set()
    named = [path for path in (*further, *environment.get(VARIABLE, "").split(os.pathsep)) if path]
    asked = dict.fromkeys(str(Path(path).absolute()) if os.sep in path else path for path in (sys.executable, *named))
    for path in (*asked, *_on_path(environment.get("PATH", ""))):
        if is_over():
            break
        real = Path(path).resolve()
        if real in seen and path not in asked:
            continue
        seen.add(real)
        try:
            one = probe(path, is_over)
        except BenchError as error:
            failed[path] = str(error)
            continue
        # Of those on PATH one of a kind is enough; whoever names one wants that one.
        kind = (one.implementation, one.version, one.gil, one.native)
        if path in asked or not any(key[:4] == kind for key in found):
            found[*kind, one.path] = one
    return list(found.values()), failed


def _on_path(path: str) -> list[str]:
    names = []
    for folder in path.split(os.pathsep):
        try:
            entries = sorted(Path(folder or ".").iterdir())
        except OSError:
            continue
        names += [str(entry) for entry in entries if _NAME.match(entry.name) and os.access(entry, os.X_OK)]
    return names
