"""Reads a lesson: MyST Markdown with code cells, the solutions among them.

In an exercise's cell the solution lies between two markers, and what stands around it is written
once::

    ```{code-cell} ipython3
    :exercise: "1.3"
    def late_share(arrival_delay):
        ### BEGIN SOLUTION
        return (arrival_delay >= 30).mean()
        ### STARTER
        # return ...
        ### END SOLUTION
    ```

The learner gets the lines after ``### STARTER``, one ``# `` taken off each. Without that marker the
starter is ``return ...`` in a function and ``name = ...`` for each name assigned at top level.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from workbook import course

BEGIN, STARTER, END = "### BEGIN SOLUTION", "### STARTER", "### END SOLUTION"


class LessonError(Exception):
    """A lesson can't be read or run; the message names the lesson, the line and the remedy."""

    def __init__(self, path: Path, line: int, message: str) -> None:
        super().__init__(f"lessons/{path.name}:{line}: {message}")
        self.path = path
        self.line = line


@dataclass(frozen=True)
class Cell:
    """One cell of a lesson.

    Attributes
    ----------
    kind
        ``"markdown"`` or ``"code"``.
    source
        As written, with the solution markers.
    line
        The line of the lesson on which the source begins, from 1.
    exercise
        The exercise whose answer the cell holds, or an empty text.
    metadata
        Of the notebook's cell.
    """

    kind: Literal["markdown", "code"]
    source: str
    line: int
    exercise: str
    metadata: dict[str, Any]


@dataclass(frozen=True)
class Lesson:
    """A lesson: the chapter it is and its cells, in order."""

    chapter: course.Chapter
    cells: tuple[Cell, ...]

    @property
    def path(self) -> Path:
        """The lesson's file."""
        return self.chapter.path


def read_lesson(path: Path) -> Lesson:
    """Read a lesson.

    Raises
    ------
    LessonError
        Where its Markdown or its solution markers can't be read.
    """
    from jupytext.myst import MystMetadataParsingError, myst_to_notebook

    text = path.read_text(encoding="utf-8")
    if text.count("---\n") < 2 or not text.startswith("---\n"):
        raise LessonError(path, 1, "a lesson begins with a header between two lines of `---`.")
    try:
        notebook = myst_to_notebook(text, add_source_map=True)
    except MystMetadataParsingError as error:
        raise LessonError(path, 1, f"the options of a code cell can't be read ({error}).") from None
    cells = []
    for cell, above in zip(notebook.cells, notebook.metadata["source_map"], strict=True):
        metadata = dict(cell.metadata)
        exercise = str(metadata.pop("exercise", ""))
        line = _first_line(text, above, cell.source)
        cells.append(Cell(cell.cell_type, cell.source, line, exercise, metadata))
    lesson = Lesson(course.read_chapter(path), tuple(cells))
    for cell in lesson.cells:
        solved(lesson, cell)
        starter(lesson, cell)
    return lesson


def _first_line(text: str, above: int, source: str) -> int:
    """Find the line on which a cell's source begins, at or after the line its block begins."""
    lines = text.splitlines()
    first = source.split("\n", 1)[0].strip()
    for at in range(above, len(lines)):
        if lines[at].strip() == first:
            return at + 1
    return above + 1


def solved(lesson: Lesson, cell: Cell) -> str:
    """Return a cell's source with its solution and without the markers."""
    kept = [line for line, place in _places(lesson, cell) if place in ("around", "solution")]
    return "\n".join(kept)


def starter(lesson: Lesson, cell: Cell) -> str:
    """Return a cell's source as the learner gets it."""
    kept: list[str] = []
    places = _places(lesson, cell)
    has_starter = any(line.strip() == STARTER for line in cell.source.splitlines())
    region: list[str] = []
    for at, (line, place) in enumerate(places):
        if place == "around":
            kept.append(line)
        elif place == "starter":
            kept.append(line.replace("# ", "", 1) if "# " in line else line.replace("#", "", 1))
        elif not has_starter:
            region.append(line)
            last = at + 1 == len(places) or places[at + 1][1] != "solution"
            if last:
                kept.extend(_default_starter(region))
                region = []
    return "\n".join(line.rstrip() for line in kept)


def _places(lesson: Lesson, cell: Cell) -> list[tuple[str, str]]:
    """Label each line of a cell ``around``, ``solution`` or ``starter``; leave out the markers."""
    labelled: list[tuple[str, str]] = []
    place = "around"
    for offset, line in enumerate(cell.source.splitlines()):
        mark = line.strip()
        moves = {BEGIN: ("around",), STARTER: ("solution",), END: ("solution", "starter")}
        if mark not in moves:
            labelled.append((line, place))
            continue
        if place not in moves[mark]:
            raise LessonError(lesson.path, cell.line + offset, f"`{mark}` is out of place.")
        place = {BEGIN: "solution", STARTER: "starter", END: "around"}[mark]
    if place != "around":
        end = cell.line + len(cell.source.splitlines()) - 1
        raise LessonError(lesson.path, end, f"a solution isn't closed with `{END}`.")
    return labelled


def _default_starter(region: list[str]) -> list[str]:
    first = next((line for line in region if line.strip()), "")
    indent = first[: len(first) - len(first.lstrip())]
    if indent:
        return [f"{indent}return ..."]
    targets: list[str] = []
    for node in ast.parse("\n".join(region)).body:
        if isinstance(node, ast.Assign):
            targets.extend(target.id for target in node.targets if isinstance(target, ast.Name))
    return [f"{name} = ..." for name in dict.fromkeys(targets)]


def solved_source(exercise: str) -> str:
    """Return the solution of an exercise: the source of its cell.

    Raises
    ------
    UnknownName
        Where no lesson has the exercise.
    """
    number = int(exercise.split(".")[0])
    for chapter in course.chapters():
        if chapter.number == number:
            lesson = read_lesson(chapter.path)
            parts = [solved(lesson, cell) for cell in lesson.cells if cell.exercise == exercise]
            if parts:
                return "\n\n".join(parts)
    raise course.UnknownName(f"No lesson holds exercise `{exercise}`.")
