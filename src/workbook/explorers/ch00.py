"""Chapter 00: the map of the course."""

from collections.abc import Mapping, Sequence

from workbook import course
from workbook.explorer import Choice, Explorer, Step, Steps, StepState, View

__all__ = ["EXPLORERS", "course_map"]

# The first chapters only: a chapter that is added later doesn't change what chapter 00 prints.
KEY_CHAPTERS = 3


def course_map(chapter: int, states: Mapping[str, StepState] | None = None) -> View:
    """Show the chapters of the course, and the exercises of one of them.

    Parameters
    ----------
    chapter
        Number of the chapter to look into.
    states
        State of each exercise the learner has tried, by its id. None shows no states.
    """
    chapters = course.chapters()
    chosen = next(c for c in chapters if c.number == chapter)
    board = tuple(
        Step(
            f"{c.number:02} {c.title}",
            _state([exercise for exercise, _ in c.exercises], states),
            _exercises(len(c.exercises)),
            current=c is chosen,
        )
        for c in chapters
    )
    tasks = tuple(Step(f"{one} {title}", _state([one], states)) for one, title in chosen.exercises)
    headline = f"{_exercises(len(tasks))}, about {chosen.minutes} minutes"
    return View(
        headline, (Steps("All chapters", board), Steps("Exercises of the chosen chapter", tasks))
    )


def my_course_map(chapter: int) -> View:
    """Show the map with the states from the learner's own store."""
    from workbook.store import states

    return course_map(chapter, states())


def _state(exercises: Sequence[str], states: Mapping[str, StepState] | None) -> StepState:
    if states is None or not exercises:
        return ""
    reached = {states.get(exercise, "open") for exercise in exercises}
    if reached == {"passed"}:
        return "passed"
    return "open" if reached == {"open"} else "tried"


def _exercises(count: int) -> str:
    return f"{count} exercise" if count == 1 else f"{count} exercises"


def _declare() -> Explorer:
    chapters = course.chapters()
    options = tuple((c.number, f"{c.number:02} {c.title}") for c in chapters)
    return Explorer(
        id="0.map",
        title="The map of the course",
        question="Which chapters are there, and what does each of them ask of you?",
        parameters=(Choice("chapter", "Chapter", options),),
        function=course_map,
        key_states=tuple({"chapter": c.number} for c in chapters[:KEY_CHAPTERS]),
        live=my_course_map,
    )


EXPLORERS = (_declare(),)
