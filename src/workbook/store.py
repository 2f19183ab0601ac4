"""What the learner has tried and passed, kept in one small SQLite file in the home folder.

The file is a convenience: a lost, broken or unwritable one costs the map of what was passed and
nothing else. Several notebooks may write to it at the same time.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

State = Literal["passed", "tried", "open"]

# A notebook that is built or verified must not depend on what somebody passed before.
IN_MEMORY = ":memory:"
_memory: sqlite3.Connection | None = None

_SCHEMA = """
CREATE TABLE IF NOT EXISTS attempts (
    exercise TEXT NOT NULL, at REAL NOT NULL, outcome TEXT NOT NULL, message_id TEXT NOT NULL
)
"""


def location() -> str:
    """Return where progress is kept: ``WORKBOOK_PROGRESS``, or a file in the home folder."""
    chosen = os.environ.get("WORKBOOK_PROGRESS")
    return chosen or str(Path.home() / ".mlops-workbook" / "progress.sqlite3")


def record(exercise: str, outcome: str, message_id: str = "") -> bool:
    """Write down one attempt; return False where that isn't possible."""
    row = (exercise, time.time(), outcome, message_id)
    try:
        with _database() as database:
            database.execute("INSERT INTO attempts VALUES (?, ?, ?, ?)", row)
    except (OSError, sqlite3.Error):
        return False
    return True


def states() -> dict[str, State]:
    """Return ``"passed"`` or ``"tried"`` for each exercise that was attempted."""
    query = "SELECT exercise, MAX(outcome = 'passed') FROM attempts GROUP BY exercise"
    try:
        with _database() as database:
            rows = database.execute(query).fetchall()
    except (OSError, sqlite3.Error):
        return {}
    return {exercise: "passed" if passed else "tried" for exercise, passed in rows}


def writable() -> bool:
    """Tell whether attempts can be written down."""
    try:
        with _database():
            return True
    except (OSError, sqlite3.Error):
        return False


@contextlib.contextmanager
def _database() -> Iterator[sqlite3.Connection]:
    global _memory
    where = location()
    if where == IN_MEMORY:
        if _memory is None:
            _memory = sqlite3.connect(IN_MEMORY, check_same_thread=False)
            _memory.execute(_SCHEMA)
        with _memory:
            yield _memory
        return
    path = Path(where)
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(_open(path)) as database, database:
        yield database


def _open(path: Path) -> sqlite3.Connection:
    """Open the store; one that isn't a database is put aside and started again."""
    try:
        return _connect(path)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        path.replace(path.with_suffix(".broken"))
        return _connect(path)


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=5)
    try:
        database.execute(_SCHEMA)
    except sqlite3.Error:
        database.close()
        raise
    return database
