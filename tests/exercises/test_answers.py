"""Every exercise: its near-misses get their message, right answers written otherwise pass.

Generated from ``tests/near_misses/chNN.py``: a chapter is covered by adding its file.
"""

import importlib

import pytest

from workbook import course
from workbook.engine import evaluate
from workbook.exercise import Exercise

EXERCISES = [
    exercise for chapter in course.chapters() for exercise in course.exercises(chapter.number)
]


def answers_of(exercise: Exercise, kind: str) -> list:
    number = int(exercise.id.split(".")[0])
    module = importlib.import_module(f"tests.near_misses.ch{number:02}")
    return getattr(module, kind).get(exercise.id, [])


def named(answer: object) -> str:
    return getattr(answer, "__name__", repr(answer))[:40]


NEAR_MISSES = [
    pytest.param(exercise, message_id, answer, id=f"{exercise.id}-{message_id}-{named(answer)}")
    for exercise in EXERCISES
    for message_id, answer in answers_of(exercise, "NEAR_MISSES")
]
ALTERNATIVES = [
    pytest.param(exercise, answer, id=f"{exercise.id}-{named(answer)}")
    for exercise in EXERCISES
    for answer in answers_of(exercise, "ALTERNATIVES")
]


@pytest.mark.parametrize(("exercise", "message_id", "answer"), NEAR_MISSES)
def test_a_near_miss_gets_its_message(exercise, message_id, answer):
    verdict = evaluate(exercise, answer)
    assert (verdict.outcome, verdict.message_id) == ("wrong", message_id), verdict.message


@pytest.mark.parametrize(("exercise", "answer"), ALTERNATIVES)
def test_a_right_answer_written_otherwise_passes(exercise, answer):
    verdict = evaluate(exercise, answer)
    assert verdict.outcome == "passed", f"{verdict.message_id}: {verdict.message}"


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_an_exercise_has_enough_near_misses_and_alternatives(exercise):
    messages = {message_id for message_id, _ in answers_of(exercise, "NEAR_MISSES")}
    assert len(messages) >= 3, f"{exercise.id} needs three near-misses with different messages"
    assert len(answers_of(exercise, "ALTERNATIVES")) >= 2, f"{exercise.id} needs two alternatives"


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_an_untouched_answer_is_not_attempted(exercise):
    assert evaluate(exercise, ...).outcome == "not attempted"


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
@pytest.mark.parametrize("junk", [None, "", object(), [], {}, float("nan"), print, Exception])
def test_a_nonsense_answer_is_wrong_and_never_breaks_the_check(exercise, junk):
    verdict = evaluate(exercise, junk)
    assert verdict.outcome == "wrong", verdict
    assert verdict.message
