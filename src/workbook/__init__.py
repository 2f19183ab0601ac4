"""The classroom of the MLOps Workbook: exercises that answer at once.

>>> from workbook import check, hint, solution, progress
>>> check("1.2", my_function)   # passed, not attempted, or what is wrong and why
>>> hint("1.2")                 # the next hint
>>> solution("1.2")             # asks once, then shows it
>>> progress()                  # what you have passed so far

Importing this package is instant: pandas, scikit-learn and the widgets are imported by the
exercises that use them.
"""

from typing import Any

__all__ = ["check", "explore", "hint", "progress", "quiz", "show", "solution"]


def check(exercise: str, answer: Any = ...) -> None:
    """Check an answer and say at once whether it is right, and if not, why.

    Parameters
    ----------
    exercise
        The exercise's number, such as ``"1.2"``.
    answer
        Your answer: the function or the value itself.
    """
    from workbook.classroom import check

    check(exercise, answer)


def hint(exercise: str) -> None:
    """Show the next hint of an exercise; called again, the one after it."""
    from workbook.classroom import hint

    hint(exercise)


def solution(exercise: str) -> None:
    """Show the solution of an exercise; the first call only asks whether you are sure."""
    from workbook.classroom import solution

    solution(exercise)


def progress() -> None:
    """Show which exercises of which chapters you have passed."""
    from workbook.classroom import progress

    progress()


def explore(explorer: str) -> None:
    """Show an explorer: a small model of a question, with controls to move."""
    from workbook.explorer import explore

    explore(explorer)


def quiz(chapter: str) -> None:
    """Show the quiz of a chapter, with feedback for each option."""
    from workbook.quizzing import quiz

    quiz(chapter)


def show(figure: Any, alt: str) -> None:
    """Show a Matplotlib figure with a text alternative.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    alt
        One sentence that tells a reader who cannot see the figure what it shows.
    """
    from workbook.figures import show

    show(figure, alt)
