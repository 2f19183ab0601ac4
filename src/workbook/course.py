"""The course as it stands on disk: its chapters and their exercises.

A chapter exists when its lesson does (``lessons/NN_slug.md``). What belongs to a chapter is found
by its number: ``workbook.checks.chNN``, ``workbook.quizzes.chNN``, ``workbook.explorers.chNN``.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from workbook.exercise import Exercise

PACKAGE = Path(__file__).resolve().parent
LESSON_NAME = re.compile(r"^(?P<number>\d\d)_(?P<slug>[a-z0-9_]+)\.md$")


class UnknownName(LookupError):  # noqa: N818 - a learner's slip, told as a sentence
    """There is no such exercise, quiz or chapter; the message says which there are."""


@dataclass(frozen=True)
class Chapter:
    """One chapter.

    Attributes
    ----------
    number
        0 to 16.
    slug
        Name of its files, without the number: ``"start_here"``.
    title
        As the reader sees it.
    part
        The part of the course it belongs to.
    minutes
        A learner's time.
    path
        Its lesson.
    exercises
        ``(id, title)`` of each exercise, in order.
    """

    number: int
    slug: str
    title: str
    part: str
    minutes: int
    path: Path
    exercises: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        """The stem of all its files: ``"00_start_here"``."""
        return f"{self.number:02}_{self.slug}"


def lessons_folder() -> Path:
    """Return the folder of the lessons: the checkout's, or the installed copy."""
    checkout = PACKAGE.parent.parent / "lessons"
    return checkout if checkout.is_dir() else PACKAGE / "_lessons"


def chapters(folder: Path | None = None) -> tuple[Chapter, ...]:
    """Return the chapters that exist, in order."""
    folder = folder or lessons_folder()
    paths = sorted(path for path in folder.glob("*.md") if LESSON_NAME.match(path.name))
    return tuple(read_chapter(path) for path in paths)


def read_chapter(path: Path) -> Chapter:
    """Read a chapter's number, title and header from its lesson."""
    import yaml

    name = LESSON_NAME.match(path.name)
    if name is None:
        raise ValueError(f"{path.name} isn't named like a lesson (NN_slug.md).")
    _, header, body = path.read_text(encoding="utf-8").split("---\n", 2)
    about = (yaml.safe_load(header) or {}).get("workbook") or {}
    title = re.search(r"^# (.+)$", body, re.MULTILINE)
    number = int(name["number"])
    return Chapter(
        number=number,
        slug=name["slug"],
        title=title[1].strip() if title else name["slug"],
        part=about.get("part", ""),
        minutes=about.get("minutes", 0),
        path=path,
        exercises=tuple((exercise.id, exercise.title) for exercise in exercises(number)),
    )


def part_of(kind: str, number: int) -> Any | None:
    """Import ``workbook.<kind>.chNN``, or return None where the chapter has none."""
    module = f"workbook.{kind}.ch{number:02}"
    return importlib.import_module(module) if importlib.util.find_spec(module) else None


@cache
def exercises(number: int) -> tuple[Exercise, ...]:
    """Return the exercises of a chapter, in order."""
    module = part_of("checks", number)
    return module.EXERCISES if module else ()


def find_exercise(name: object) -> Exercise:
    """Return an exercise by its id.

    Raises
    ------
    UnknownName
        With a sentence that says which exercises there are.
    """
    found = re.fullmatch(r"(\d{1,2})\.(\d{1,2})", str(name).strip())
    known = exercises(int(found[1])) if found else ()
    for exercise in known:
        if found and exercise.id == found[0]:
            return exercise
    if known and found:
        listed = ", ".join(exercise.id for exercise in known)
        raise UnknownName(f"There is no exercise `{name}`. Chapter {found[1]} has these: {listed}.")
    raise UnknownName(
        f'There is no exercise `{name}`. Give chapter and number in quotes, such as `check("1.2", '
        "…)`."
    )
