"""Starts a new chapter: every file it needs, far enough to build and to pass the tests."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

from workbook import course
from workbook.build import BuildError, Project

TEMPLATES = course.PACKAGE / "templates"


def new_lesson(project: Project, name: str, title: str) -> list[str]:
    """Write the files of a new chapter.

    Parameters
    ----------
    project
        The course.
    name
        Number and slug: ``"02_software_practice"``.
    title
        The chapter's title.

    Returns
    -------
    list of str
        The files written, from the project's folder.

    Raises
    ------
    BuildError
        Where the name isn't one of a lesson, or the chapter exists; nothing is written then.
    """
    found = re.fullmatch(r"(\d\d)_[a-z0-9_]+", name)
    if not found:
        raise BuildError(f"`{name}` isn't a lesson's name: give number and slug, such as 02_tests.")
    number = found[1]
    files = {
        "lesson.md": f"lessons/{name}.md",
        "checks.py.txt": f"src/workbook/checks/ch{number}.py",
        "quiz.py.txt": f"src/workbook/quizzes/ch{number}.py",
        "explorer.py.txt": f"src/workbook/explorers/ch{number}.py",
        "near_misses.py.txt": f"tests/near_misses/ch{number}.py",
    }
    taken = [path for path in files.values() if (project.root / path).exists()]
    taken += [f"lessons/{path.name}" for path in project.lessons.glob(f"{number}_*.md")]
    if taken:
        raise BuildError(f"{taken[0]} exists already: choose another number.")
    words = {"number": str(int(number)), "two_digits": number, "title": title}
    for source, target in files.items():
        path: Path = project.root / target
        path.parent.mkdir(parents=True, exist_ok=True)
        text = Template((TEMPLATES / source).read_text(encoding="utf-8")).substitute(words)
        path.write_text(text, encoding="utf-8", newline="\n")
    return list(files.values())
