"""Every lesson reads as the style asks, and the outputs stay small."""

import json
from pathlib import Path

import pytest

from tests.lessons.rules import LONGEST_OUTPUT, findings
from workbook import course
from workbook.lessons import read_lesson

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = course.chapters(ROOT / "lessons")


def named(chapter: course.Chapter) -> str:
    return chapter.name


@pytest.mark.parametrize("chapter", CHAPTERS, ids=named)
def test_a_lesson_reads_as_the_style_asks(chapter):
    found = findings(read_lesson(chapter.path), ROOT)
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=named)
def test_outputs_are_short_and_pictures_can_be_read_aloud(chapter):
    notebook = json.loads((ROOT / "notebooks" / f"{chapter.name}.ipynb").read_text("utf-8"))
    for at, cell in enumerate(notebook["cells"]):
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            text = "".join(output.get("text", data.get("text/plain", "")))
            ours = "workbook-" in "".join(data.get("text/html", ""))
            lines = len(text.splitlines())
            assert ours or lines <= LONGEST_OUTPUT, f"cell {at} prints {lines} lines"
            if "image/png" in data:
                assert cell["metadata"]["mystnb"]["image"]["alt"], f"cell {at}: no alt text"


def test_chapters_are_numbered_without_a_gap():
    assert [chapter.number for chapter in CHAPTERS] == list(range(len(CHAPTERS)))


@pytest.mark.parametrize("chapter", CHAPTERS, ids=named)
def test_a_chapter_is_in_the_table_of_contents(chapter):
    toc = (ROOT / "_toc.yml").read_text("utf-8")
    assert f"notebooks/{chapter.name}" in toc
    assert f"book/solutions/{chapter.name}" in toc


@pytest.mark.parametrize("chapter", CHAPTERS, ids=named)
def test_a_chapter_has_a_quiz_of_five_questions_and_an_explorer(chapter):
    quiz = course.part_of("quizzes", chapter.number).QUIZ
    assert len(quiz.questions) >= 5
    assert course.part_of("explorers", chapter.number).EXPLORERS
