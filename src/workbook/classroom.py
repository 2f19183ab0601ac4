"""The four calls of a lesson: check, hint, solution, progress.

Each answers with a card and never raises: a notebook that is run from top to bottom, unsolved,
reaches its end.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from workbook import course, store
from workbook.cards import Card, Tone, show_card
from workbook.engine import evaluate
from workbook.exercise import Exercise, Verdict

# Hints start again with each kernel, so that a notebook run anew shows what it showed before.
_hints_shown: Counter[str] = Counter()
_solution_asked: set[str] = set()

_TITLES: dict[str, tuple[Tone, str]] = {
    "passed": ("passed", "{id} passed"),
    "wrong": ("wrong", "{id} not yet"),
    "not attempted": ("open", "{id} not attempted"),
    "broken": ("wrong", "{id} could not be checked"),
}


def check(name: str, answer: Any = ...) -> None:
    """Check an answer and show the verdict."""
    exercise = _find(name)
    if exercise is None:
        return
    verdict = evaluate(exercise, answer)
    if verdict.outcome in ("passed", "wrong"):
        store.record(exercise.id, verdict.outcome, verdict.message_id)
    show_card(verdict_card(exercise, verdict))


def verdict_card(exercise: Exercise, verdict: Verdict) -> Card:
    """Return the card that tells a verdict."""
    tone, title = _TITLES[verdict.outcome]
    body = verdict.message
    if verdict.outcome == "wrong" and not _hints_shown[exercise.id]:
        body += f'\n\nStuck? `hint("{exercise.id}")` gives the first hint.'
    return Card(
        tone,
        f"{title.format(id=exercise.id)}: {exercise.title}",
        body,
        verdict.printed,
        facts=(
            ("exercise", exercise.id),
            ("outcome", verdict.outcome),
            ("message", verdict.message_id),
        ),
    )


def hint(name: str) -> None:
    """Show the next hint; when all are shown, all of them."""
    exercise = _find(name)
    if exercise is None:
        return
    total = len(exercise.hints)
    _hints_shown[exercise.id] += 1
    shown = _hints_shown[exercise.id]
    if shown <= total:
        show_card(Card("hint", f"{exercise.id} hint {shown} of {total}", exercise.hints[shown - 1]))
        return
    listed = "\n".join(f"{at}. {text}" for at, text in enumerate(exercise.hints, 1))
    rest = f'\n\nThere are no more. `solution("{exercise.id}")` shows the solution.'
    show_card(Card("hint", f"{exercise.id} all hints", listed + rest))


def solution(name: str) -> None:
    """Ask whether the learner is sure; asked again, show the solution and why it is right."""
    exercise = _find(name)
    if exercise is None:
        return
    if exercise.id not in _solution_asked:
        _solution_asked.add(exercise.id)
        left = len(exercise.hints) - _hints_shown[exercise.id]
        hints = f'There are {left} hints left: `hint("{exercise.id}")`. ' if left > 1 else ""
        hints = f'There is one hint left: `hint("{exercise.id}")`. ' if left == 1 else hints
        body = f"{hints}To see the solution all the same, run this cell once more."
        show_card(Card("solution", f"{exercise.id} show the solution?", body))
        return
    from workbook.lessons import solved_source

    code = solved_source(exercise.id)
    show_card(
        Card("solution", f"{exercise.id} solution", f"```python\n{code}\n```\n\n{exercise.why}")
    )


def progress() -> None:
    """Show what has been passed, chapter by chapter."""
    states = store.states()
    lines = []
    passed_in_all = exercises_in_all = 0
    for chapter in course.chapters():
        passed = sum(states.get(exercise) == "passed" for exercise, _ in chapter.exercises)
        passed_in_all += passed
        exercises_in_all += len(chapter.exercises)
        marks = " ".join(
            f"{exercise} {states.get(exercise, 'open')}" for exercise, _ in chapter.exercises
        )
        lines.append(f"- **{chapter.title}**: {passed} of {len(chapter.exercises)} ({marks})")
    title = f"You have passed {passed_in_all} of {exercises_in_all} exercises"
    tone: Tone = "passed" if passed_in_all == exercises_in_all else "open"
    show_card(Card(tone, title, "\n".join(lines)))


def _find(name: str) -> Exercise | None:
    try:
        return course.find_exercise(name)
    except course.UnknownName as error:
        show_card(Card("wrong", str(error)))
        return None
