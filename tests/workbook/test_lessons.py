"""Reading a lesson: solutions, starters, lines."""

from pathlib import Path

import pytest

from workbook.course import UnknownName
from workbook.lessons import LessonError, read_lesson, solved, solved_source, starter

HEADER = "---\nworkbook:\n  part: Why\n  minutes: 5\n---\n\n# A title?\n\nText.\n\n"


def lesson_of(tmp_path: Path, code: str, options: str = ':exercise: "99.1"\n') -> tuple:
    path = tmp_path / "99_toy.md"
    path.write_text(f"{HEADER}```{{code-cell}} ipython3\n{options}{code}\n```\n", encoding="utf-8")
    lesson = read_lesson(path)
    return lesson, lesson.cells[-1]


FUNCTION = """def late(delay):
    ### BEGIN SOLUTION
    return delay >= 30
    ### END SOLUTION"""


def test_the_solution_is_kept_without_its_markers(tmp_path):
    assert solved(*lesson_of(tmp_path, FUNCTION)) == "def late(delay):\n    return delay >= 30"


def test_a_function_starts_with_dots_to_return(tmp_path):
    assert starter(*lesson_of(tmp_path, FUNCTION)) == "def late(delay):\n    return ..."


def test_a_value_starts_with_dots_to_assign(tmp_path):
    code = "### BEGIN SOLUTION\nhelper = 3\nlate = helper * 10\n### END SOLUTION\nprint(late)"
    assert starter(*lesson_of(tmp_path, code)) == "helper = ...\nlate = ...\nprint(late)"


def test_a_starter_of_its_own_replaces_the_dots(tmp_path):
    code = FUNCTION.replace(
        "    ### END", "    ### STARTER\n    # if delay:\n    #     return 1  # why\n    ### END"
    )
    expected = "def late(delay):\n    if delay:\n        return 1  # why"
    assert starter(*lesson_of(tmp_path, code)) == expected
    assert solved(*lesson_of(tmp_path, code)) == "def late(delay):\n    return delay >= 30"


@pytest.mark.parametrize(
    ("code", "line", "what"),
    [
        (FUNCTION.replace("    ### END SOLUTION", "    x = 1"), 16, "isn't closed"),
        (FUNCTION.replace("    ### BEGIN SOLUTION\n", ""), 15, "out of place"),
        ("### STARTER\nx = 1", 13, "out of place"),
    ],
)
def test_misplaced_markers_are_named_with_their_line(tmp_path, code, line, what):
    with pytest.raises(LessonError) as caught:
        lesson_of(tmp_path, code)
    assert str(caught.value).startswith(f"lessons/99_toy.md:{line}:")
    assert what in str(caught.value)


def test_a_lesson_without_a_header_is_named(tmp_path):
    path = tmp_path / "99_toy.md"
    path.write_text("# No header\n", encoding="utf-8")
    with pytest.raises(LessonError, match=r"lessons/99_toy.md:1: a lesson begins with a header"):
        read_lesson(path)


def test_the_solution_of_an_exercise_is_found_by_its_id():
    assert "dropna" in solved_source("0.2")
    with pytest.raises(UnknownName):
        solved_source("98.1")
