"""Writing a recording: records go to a spool while the run lasts, the file appears whole or not at all."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.services.run import Run
from app.services.side import Side
from lockfree_core.errors import RecordingError
from lockfree_core.trace.recording import unwritable, write_recording

__all__ = ["Recorder"]


class Recorder:
    """Takes the batches of one side. ``failure`` says why it stopped taking them, if it did."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.failure: str | None = None
        self._first = 0
        self._count = 0
        if path.exists() and not path.is_file():
            raise RecordingError(f"the recording {path} cannot be written: there is something else than a file")
        try:
            self._spool = tempfile.TemporaryFile(dir=path.parent)  # noqa: SIM115 - lives as long as the run
        except OSError as error:
            raise unwritable(path, error) from None

    def take(self, first: int, records: bytes, count: int) -> None:
        """Append a batch. Never raises: the run goes on, and ``write`` says what went wrong."""
        if self.failure is not None:
            return
        try:
            self._spool.write(records)
        except OSError as error:
            self._give_up(error)
            return
        self._first = self._first if self._count else first
        self._count += count

    def write(self, run: Run, side: Side) -> None:
        """Write the file: the header, then the spooled records.

        Raises:
            RecordingError: when it could not be written; nothing is left then.
        """
        try:
            if self.failure is None:
                self._spool.seek(0)
                write_recording(self.path, self._header(run, side), self._spool)
        except OSError as error:
            self._give_up(error)
        finally:
            self.discard()
        if self.failure is not None:
            raise RecordingError(self.failure)

    def discard(self) -> None:
        """Forget what was taken."""
        try:
            self._spool.close()
        except OSError as error:  # the last bytes of a buffer may find the disk full as well
            self.failure = self.failure or str(unwritable(self.path, error))

    def _give_up(self, error: OSError) -> None:
        self.failure = str(unwritable(self.path, error))
        self.discard()

    def _header(self, run: Run, side: Side) -> dict[str, Any]:
        start = side.start_snapshot
        return {
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "run": run.describe(),
            "names": side.stream.names,
            "snapshot": {"type": "snapshot", **start.as_dict()} if start else None,
            "first": self._first,
            "count": self._count,
            "counters": {"type": "counters", **side.counters} if side.counters else None,
            "account": {"type": "account", **side.account} if side.account else None,
        }
