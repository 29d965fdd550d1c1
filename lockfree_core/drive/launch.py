"""Starting an engine process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from lockfree_core.drive.rings import RING_RECORDS, Rings
from lockfree_core.errors import EngineError

__all__ = ["Launch", "child_environment", "launch_engine"]

_ROOT = Path(__file__).resolve().parent.parent.parent


class Launch:
    """A running engine: its process with three pipes, and the shared memory. Close it, or use it in a ``with``."""

    def __init__(self, process: subprocess.Popen[bytes], rings: Rings) -> None:
        self.process = process
        self.rings = rings

    def close(self) -> None:
        """End the process if it still runs, and let go of pipes and memory. Idempotent."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None and not pipe.closed:
                try:
                    pipe.close()
                except OSError:  # unsent commands to a process that is gone
                    continue
        self.rings.close()

    def __enter__(self) -> Launch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def child_environment() -> dict[str, str]:
    """The environment of a process that imports this package.

    It needs the standard library and this package alone, so any interpreter will do.
    """
    environment = dict(os.environ)
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(_ROOT), environment.get("PYTHONPATH"))))
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    return environment


def launch_engine(python: str | None = None, records: int = RING_RECORDS) -> Launch:
    """Start an engine, which then waits for its ``start`` command.

    Args:
        python: the interpreter to run it on; this one by default.
        records: how many records each ring holds.

    Raises:
        EngineError: when there is no room for the rings, or the interpreter cannot be started.
    """
    rings = Rings(records=records)
    command = [python or sys.executable, "-u", "-m", "lockfree_core.drive.engine", str(rings.fd)]
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=(rings.fd,),
            env=child_environment(),
        )
    except OSError as error:
        rings.close()
        raise EngineError(f"the interpreter {command[0]!r} cannot be started: {error.strerror}") from error
    return Launch(process, rings)
