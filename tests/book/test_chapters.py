"""What a chapter's page offers beyond text: launch buttons, explorers, a quiz."""

from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import expect

from tests.book.conftest import ROOT
from workbook.explorer import Bars, Explorer, Table
from workbook.explorers import all_explorers
from workbook.quizzes import all_quizzes
from workbook.quizzing import Quiz

NOTEBOOKS = sorted(path.stem for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"))
REPOSITORY = "https://mybinder.org/v2/gh/mlops-workbook/mlops-workbook/main"


def page_with(html: Path, element: str) -> str:
    pages = [f"notebooks/{name}.html" for name in NOTEBOOKS]
    found = [page for page in pages if element in (html / page).read_text(encoding="utf-8")]
    assert found, f"No chapter shows {element}."
    return found[0]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_launch_buttons_open_the_very_notebook(html: Path, name: str) -> None:
    source = (html / f"notebooks/{name}.html").read_text(encoding="utf-8")
    binder, download = BeautifulSoup(source, "html.parser").select(".workbook-launch a")
    assert binder["href"] == f"{REPOSITORY}?urlpath=lab/tree/notebooks/{name}.ipynb"
    assert download.has_attr("download")
    offered = html / "notebooks" / download["href"]
    assert offered.read_bytes() == (ROOT / f"notebooks/{name}.ipynb").read_bytes()


@pytest.mark.parametrize("explorer", all_explorers(), ids=lambda explorer: explorer.id)
@pytest.mark.parametrize("origin", ["server", "folder"])
def test_explorer_moves_by_keyboard_and_shows_what_python_computes(
    page: Any, html: Path, site: str, explorer: Explorer, origin: str
) -> None:
    name = page_with(html, f'data-explorer="{explorer.id}"')
    page.goto(f"{site}/{name}" if origin == "server" else (html / name).as_uri())
    panel = page.locator(f'[data-explorer="{explorer.id}"]')
    position = list(explorer.position(explorer.key_states[0]))

    def assert_shown() -> None:
        view = explorer.function(**explorer.state(position))
        expect(panel.locator(".wbx-headline")).to_have_text(view.headline)
        bars = [part for part in view.parts if isinstance(part, Bars)]
        wanted = [bar.text for part in bars for bar in part.bars]
        expect(panel.locator("svg .wbx-value")).to_have_text(wanted)

    assert_shown()
    for at, parameter in enumerate(explorer.parameters):
        control = panel.locator(".wbx-control :is(input, select)").nth(at)
        control.focus()
        forward = position[at] < len(parameter.values) - 1
        slider = control.evaluate("control => control.type") == "range"
        keys = ("ArrowLeft", "ArrowRight") if slider else ("ArrowUp", "ArrowDown")
        page.keyboard.press(keys[forward])
        position[at] += 1 if forward else -1
        assert_shown()


@pytest.mark.parametrize(
    "explorer",
    [explorer for explorer in all_explorers() if explorer.save_as],
    ids=lambda explorer: explorer.id,
)
def test_explorer_saves_what_it_shows(page: Any, html: Path, site: str, explorer: Explorer) -> None:
    page.goto(site + "/" + page_with(html, f'data-explorer="{explorer.id}"'))
    panel = page.locator(f'[data-explorer="{explorer.id}"]')
    with page.expect_download() as download:
        panel.get_by_role("button", name="Save as Markdown").click()
    assert download.value.suggested_filename == explorer.save_as
    saved = Path(download.value.path()).read_text(encoding="utf-8")
    view = explorer.function(**explorer.key_states[0])
    assert saved.startswith(f"# {explorer.title}\n\n{view.headline}\n")
    for part in view.parts:
        assert f"## {part.title}" in saved
        for row in part.rows if isinstance(part, Table) else ():
            assert f"| {' | '.join(row)} |" in saved


@pytest.mark.parametrize("quiz", all_quizzes(), ids=lambda quiz: f"quiz-{quiz.chapter}")
def test_quiz_has_a_word_on_every_option(page: Any, html: Path, site: str, quiz: Quiz) -> None:
    page.goto(site + "/" + page_with(html, f'data-quiz="{quiz.chapter}"'))
    panel = page.locator(f'[data-quiz="{quiz.chapter}"]')
    for number, question in enumerate(quiz.questions):
        field = panel.locator("fieldset").nth(number)
        for at, option in enumerate(question.options):
            field.get_by_role("checkbox" if question.several else "radio").nth(at).check()
            field.get_by_role("button").click()
            said = field.locator("[role=status]").inner_text()
            assert option.feedback.replace("`", "") in said
            assert ("✓ Right" in said) or not option.right
    panel.get_by_role("button", name="Start again").click()
    score = panel.locator(".wbq-score")
    assert score.inner_text() == f"0 of {len(quiz.questions)} right, 0 answered."


def test_quiz_is_answered_by_keyboard_alone(page: Any, html: Path, site: str) -> None:
    quiz = all_quizzes()[0]
    page.goto(site + "/" + page_with(html, f'data-quiz="{quiz.chapter}"'))
    right = [option.right for option in quiz.questions[0].options].index(True)
    field = page.locator(".workbook-quiz fieldset").first
    field.get_by_role("radio").first.focus()
    page.keyboard.press("Space")
    for _ in range(right):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert "Right" in field.locator("[role=status]").inner_text()
    total = len(quiz.questions)
    assert page.locator(".wbq-score").inner_text() == f"1 of {total} right, 1 answered."


@pytest.mark.parametrize("quiz", all_quizzes(), ids=lambda quiz: f"quiz-{quiz.chapter}")
def test_no_answer_is_readable_in_what_the_page_loads(html: Path, quiz: Quiz) -> None:
    page = page_with(html, f'data-quiz="{quiz.chapter}"')
    script = (html / f"_static/quiz-{quiz.chapter}.js").read_text(encoding="utf-8")
    sources = script + (html / page).read_text(encoding="utf-8")
    for question in quiz.questions:
        for option in question.options:
            assert option.feedback not in sources
