"""Releases side by side, and a pointer to the one that serves.

A release is a folder that is never changed. Which one serves is a line in the file ``current``,
which is replaced as a whole, so that a reader sees the old release or the new one and nothing in
between. ``history.jsonl`` keeps every move of the pointer.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any


def publish(store: Path, files: Iterable[Path], commit: str) -> int:
    """Copy the files into a new release; it doesn't serve yet.

    Parameters
    ----------
    store : pathlib.Path
        The folder of all releases.
    files : iterable of pathlib.Path
        What the release consists of.
    commit : str
        What it was made from.

    Returns
    -------
    int
        The release's number, counted from 1.
    """
    store.mkdir(parents=True, exist_ok=True)
    number = max((int(path.name) for path in store.iterdir() if path.name.isdigit()), default=0) + 1
    unfinished = store / f"{number}.part"
    unfinished.mkdir()
    for file in files:
        shutil.copy(file, unfinished)
    (unfinished / "commit").write_text(f"{commit}\n", encoding="utf-8")
    unfinished.rename(store / str(number))
    return number


def point(store: Path, number: int, event: str = "release") -> None:
    """Let a release serve.

    Parameters
    ----------
    store : pathlib.Path
        The folder of all releases.
    number : int
        The release.
    event : str
        Why, for the history: ``"release"`` or ``"rollback"``.

    Raises
    ------
    LookupError
        If there is no such release.
    """
    if not (store / str(number)).is_dir():
        raise LookupError(f"There is no release {number} in {store.name}.")
    waiting = store / "current.part"
    waiting.write_text(f"{number}\n", encoding="utf-8")
    os.replace(waiting, store / "current")
    with (store / "history.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"event": event, "to": number}) + "\n")


def current(store: Path) -> int | None:
    """Return the release that serves, or None before the first."""
    pointer = store / "current"
    return int(pointer.read_text(encoding="utf-8")) if pointer.is_file() else None


def history(store: Path) -> list[dict[str, Any]]:
    """Return every move of the pointer, the oldest first: ``{"event": "release", "to": 1}``."""
    log = store / "history.jsonl"
    lines = log.read_text(encoding="utf-8").splitlines() if log.is_file() else []
    return [json.loads(line) for line in lines]


def rollback_target(history: Sequence[Mapping[str, Any]]) -> int | None:
    """Return the release to go back to: the last that served and was never rolled back from.

    A release never changes, so one that was rolled back from stays bad if it is released again.

    Parameters
    ----------
    history : sequence of mappings
        As from `history`.

    Returns
    -------
    int or None
        None where no good release served before the current one.
    """
    bad: set[int] = set()
    served: list[int] = []
    for move in history:
        if move["event"] == "rollback":
            bad.add(served[-1])
        served.append(move["to"])
    good = [number for number in served if number not in bad and number != served[-1]]
    return good[-1] if good else None


def rollback(store: Path) -> int:
    """Let the last good release serve again, and return its number.

    Raises
    ------
    LookupError
        If there is none to go back to.
    """
    target = rollback_target(history(store))
    if target is None:
        raise LookupError("There is no good release to go back to.")
    point(store, target, "rollback")
    return target


def ask(store: Path, *question: str) -> str:
    """Start the release that serves in a process of its own and return what it answers."""
    program = store / str(current(store)) / "late.pyz"
    answer = subprocess.run(
        [sys.executable, str(program), *question], check=True, capture_output=True, encoding="utf-8"
    )
    return answer.stdout.strip()


def needs_a_person(change: Mapping[str, Any]) -> bool:
    """Tell whether a person should decide before a change is deployed, by expected cost.

    Parameters
    ----------
    change : mapping
        `chance_bad` and `person_catches` (0 to 1), `hours_to_undo` (None where it can't be
        undone), `cost_per_hour` while a bad change serves, `hours_waiting` for the person, and
        `value_per_hour` that a waiting change doesn't earn.

    Returns
    -------
    bool
        True for continuous delivery, False for continuous deployment.
    """
    if change["hours_to_undo"] is None:
        return True
    harm = change["chance_bad"] * change["hours_to_undo"] * change["cost_per_hour"]
    waiting = change["hours_waiting"] * change["value_per_hour"]
    return bool(waiting + (1 - change["person_catches"]) * harm < harm)
