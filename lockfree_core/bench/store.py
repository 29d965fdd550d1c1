"""The history of runs: one SQLite file in the user's data directory.

Every change is one transaction, so a process that is killed at any moment leaves the file as it was before or after the
change. What cannot be read is never written to: a damaged file, or one of a newer version, stays as it is, and the
error says what to do.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from lockfree_core.bench.results import Run
from lockfree_core.errors import MissingRunError, ResultError, StoreError

__all__ = ["VARIABLE", "Store", "default_place"]

VARIABLE: Final = "LOCKFREE_LAB_DATA"

_APPLICATION: Final = 0x4C464C42  # "LFLB", so that somebody else's database is not taken for ours
_VERSION: Final = 1
_WAIT_S: Final = 5.0
_SCHEMA: Final = (
    "CREATE TABLE runs (id TEXT PRIMARY KEY, name TEXT NOT NULL, note TEXT NOT NULL, date TEXT NOT NULL, "
    "preset TEXT NOT NULL, ended TEXT NOT NULL, interpreter TEXT NOT NULL, cpu TEXT NOT NULL, cores INTEGER NOT NULL, "
    "commit_id TEXT NOT NULL, cases INTEGER NOT NULL, samples INTEGER NOT NULL, failed INTEGER NOT NULL)",
    "CREATE TABLE documents (id TEXT PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE, body TEXT NOT NULL)",
    "CREATE INDEX runs_by_date ON runs (date DESC)",
)
_COLUMNS: Final = ("id", "name", "note", "date", "preset", "ended", "interpreter", "cpu", "cores", "commit_id", "cases",
                   "samples", "failed")  # fmt: skip


def default_place(environment: Mapping[str, str] = os.environ) -> Path:
    """The file, unless somebody says otherwise: ``LOCKFREE_LAB_DATA`` names another folder."""
    if environment.get(VARIABLE):
        return Path(environment[VARIABLE]) / "bench.sqlite3"
    home = Path.home()
    if sys.platform == "win32":
        base = Path(environment.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        base = Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share")
    return base / "lockfree-lab" / "bench.sqlite3"


class Store:
    """The runs in one file, which is made when it is not there. Close it, or use it in a ``with``.

    Raises:
        StoreError: from every method, when the file cannot be read or written.
    """

    def __init__(self, path: Path | None = None, wait_s: float = _WAIT_S) -> None:
        self.path = path or default_place()
        with self._errors():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self.path, timeout=wait_s, isolation_level=None)
        try:
            with self._errors():
                self._open()
        except BaseException:
            self._connection.close()
            raise

    def _open(self) -> None:
        """See whose file it is before anything is written."""
        self._connection.execute("PRAGMA foreign_keys = ON")
        application, version = self._pragma("application_id"), self._pragma("user_version")
        tables = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if tables and application != _APPLICATION:
            raise StoreError(f"{self.path} is a database of something else; name another place with {VARIABLE}")
        if version > _VERSION:
            raise StoreError(
                f"{self.path} is of version {version}; this Lockfree Lab knows up to {_VERSION}. Update it, or name "
                f"another place with {VARIABLE}"
            )
        if not tables:
            self._create()

    def _pragma(self, name: str) -> int:
        return int(self._connection.execute(f"PRAGMA {name}").fetchone()[0])

    def _create(self) -> None:
        with self._transaction():
            # Somebody else may have been first.
            if not self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                for statement in _SCHEMA:
                    self._connection.execute(statement)
                self._connection.execute(f"PRAGMA application_id = {_APPLICATION}")
                self._connection.execute(f"PRAGMA user_version = {_VERSION}")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """What SQLite and the system say, in words that name the file and what to do."""
        try:
            yield
        except OSError as error:
            raise StoreError(f"{self.path} cannot be written: {error.strerror}") from error
        except sqlite3.OperationalError as error:
            raise StoreError(f"{self.path} {_explain(str(error))}") from error
        except sqlite3.DatabaseError as error:
            raise StoreError(
                f"{self.path} is damaged or no database ({error}). It was left as it is: move it away to begin anew, "
                f"or name another place with {VARIABLE}"
            ) from error

    def save(self, run: Run) -> None:
        """Put a run in, or replace the one with its id."""
        summary = run.summary()
        values = tuple(summary[name] for name in _COLUMNS)
        body = json.dumps(run.as_dict(), ensure_ascii=False)
        changes = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[1:])
        with self._errors(), self._transaction():
            self._connection.execute(
                f"INSERT INTO runs ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))}) "
                f"ON CONFLICT (id) DO UPDATE SET {changes}",
                values,
            )
            self._connection.execute(
                "INSERT INTO documents VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
                (run.id, body),
            )

    def list(self, words: str = "") -> list[dict[str, Any]]:
        """What is known of each run without reading its samples, newest first; those that hold all words."""
        with self._errors():
            found = self._connection.execute(
                f"SELECT {', '.join(_COLUMNS)} FROM runs ORDER BY date DESC, id"
            ).fetchall()
        runs = [dict(zip(_COLUMNS, row, strict=True)) for row in found]
        wanted = words.casefold().split()
        return [run for run in runs if all(word in " ".join(map(str, run.values())).casefold() for word in wanted)]

    def load(self, key: str) -> Run:
        """A run by its id, the beginning of it, or its name.

        Raises:
            StoreError: when it is damaged; MissingRunError when there is none, or more than one.
        """
        id = self._find(key)
        with self._errors():
            body = self._connection.execute("SELECT body FROM documents WHERE id = ?", (id,)).fetchone()
        try:
            return Run.from_dict(json.loads(body[0]))
        except (ValueError, TypeError, ResultError) as error:
            raise StoreError(f"the run {id} in {self.path} is damaged: {error}") from error

    def _find(self, key: str) -> str:
        with self._errors():
            found = self._connection.execute(
                "SELECT id FROM runs WHERE id = ?1 OR name = ?1 "
                "OR (length(?1) >= 2 AND substr(id, 1, length(?1)) = ?1)",
                (key,),
            ).fetchall()
        exact = [row for row in found if row[0] == key]
        if len(exact or found) != 1:
            what = f"{len(found)} runs are called" if found else "there is no run called"
            raise MissingRunError(f"{what} {key!r} in {self.path}; `lockfree-lab bench list` lists them")
        return str((exact or found)[0][0])

    def holds(self, id: str) -> bool:
        """Whether there is a run of that very id."""
        with self._errors():
            return self._connection.execute("SELECT 1 FROM runs WHERE id = ?", (id,)).fetchone() is not None

    def delete(self, key: str) -> str:
        """Delete a run, a damaged one too; its id."""
        id = self._find(key)
        with self._errors(), self._transaction():
            self._connection.execute("DELETE FROM runs WHERE id = ?", (id,))
        return id

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _explain(message: str) -> str:
    if "locked" in message or "busy" in message:
        return "is in use by another process; try again when it is done"
    if "full" in message:
        return "cannot be written: the disk is full. What was in it is still there"
    if "readonly" in message:
        return "cannot be written: it is read-only"
    if "unable to open" in message:
        return "cannot be opened; is the folder there, and may you write to it?"
    return f"cannot be used: {message}"
