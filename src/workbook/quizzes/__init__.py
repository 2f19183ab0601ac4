"""The quizzes of the course, one module a chapter."""

import pkgutil
from importlib import import_module

from workbook.quizzing import Quiz

__all__ = ["all_quizzes", "find"]


def all_quizzes() -> tuple[Quiz, ...]:
    """Return the quizzes of all chapters, in the order of the course."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = (import_module(f"{__name__}.{name}") for name in names if name.startswith("ch"))
    return tuple(module.QUIZ for module in modules)


def find(chapter: str | int) -> Quiz:
    """Return the quiz of a chapter.

    Raises
    ------
    LookupError
        If the chapter has none.
    """
    for module in pkgutil.iter_modules(__path__):
        if module.name == f"ch{chapter:0>2}":
            quiz: Quiz = import_module(f"{__name__}.{module.name}").QUIZ
            return quiz
    known = ", ".join(str(quiz.chapter) for quiz in all_quizzes()) or "none yet"
    raise LookupError(f"There is no quiz for chapter {chapter}. There are quizzes for: {known}.")
