"""Quizzes: what a question must have, what is stored, and that answers are not laid open."""

import base64
import json

import pytest

from workbook.quizzes import all_quizzes, find
from workbook.quizzing import Option, Question, Quiz, quiz

RIGHT = Option("Use `known_at`", "Yes: <known> in time.", right=True)
WRONG = Option("Use the event", "No: it was known later.")
SMALL = Quiz(
    3,
    (
        Question("Which `time` counts?", (WRONG, RIGHT)),
        Question("Which data?", (RIGHT, WRONG)),
    ),
)


def test_a_question_has_exactly_one_right_option() -> None:
    with pytest.raises(ValueError, match="Exactly one option must be right: 'Which"):
        Question("Which?", (WRONG, WRONG))
    with pytest.raises(ValueError, match="Exactly one option must be right"):
        Question("Which?", (RIGHT, RIGHT))


def test_several_options_may_be_right_where_the_question_says_so() -> None:
    question = Question("Which?", (RIGHT, RIGHT, WRONG), several=True)
    assert "(more than one may be right)" in Quiz(3, (question,)).text()
    with pytest.raises(ValueError, match="At least one option must be right"):
        Question("Which?", (WRONG,), several=True)


def test_every_option_has_feedback() -> None:
    with pytest.raises(ValueError, match="Every option needs feedback"):
        Question("Which?", (RIGHT, Option("Neither", "")))


def test_stored_forms_list_questions_and_options_without_the_answers() -> None:
    assert SMALL.text().splitlines() == [
        "Quiz: 2 questions",
        "1. Which `time` counts?",
        "   - Use the event",
        "   - Use `known_at`",
        "2. Which data?",
        "   - Use `known_at`",
        "   - Use the event",
    ]
    assert "<li>Which <code>time</code> counts?<ul><li>Use the event</li>" in SMALL.html()
    for stored in (SMALL.text(), SMALL.html(), SMALL.payload()):
        assert "known later" not in stored
        assert "in time" not in stored
        assert "true" not in stored


def test_answers_can_be_decoded_by_the_page() -> None:
    encoded = json.loads(SMALL.payload())["questions"][0]["answers"]
    decoded = [json.loads(base64.b64decode(answer)[::-1]) for answer in encoded]
    assert decoded == [[False, "No: it was known later."], [True, "Yes: &lt;known&gt; in time."]]


@pytest.mark.parametrize("one", all_quizzes(), ids=lambda one: f"chapter-{one.chapter}")
def test_quizzes_of_the_course_have_five_questions(one: Quiz) -> None:
    assert len(one.questions) == 5
    assert find(str(one.chapter)) is one


def test_outside_a_notebook_the_text_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    quiz("0")
    assert capsys.readouterr().out == find("0").text() + "\n"


def test_a_chapter_without_a_quiz_is_told_which_have_one() -> None:
    with pytest.raises(LookupError, match=r"There is no quiz for chapter 99\. There are .*: 0"):
        find("99")
