"""check, hint, solution, progress: what the learner sees, in a terminal and in a notebook."""

import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from workbook import cards, check, classroom, hint, progress, solution, store
from workbook.cards import Card


@pytest.fixture(autouse=True)
def fresh(monkeypatch, tmp_path):
    monkeypatch.setenv("WORKBOOK_PROGRESS", str(tmp_path / "home" / "progress.sqlite3"))
    classroom._hints_shown.clear()
    classroom._solution_asked.clear()
    return tmp_path / "home" / "progress.sqlite3"


def right(delays):
    return (delays.dropna() >= 30).mean()


def wrong(delays):
    return (delays >= 30).mean()


def said(capsys) -> str:
    return capsys.readouterr().out


def test_check_says_passed_and_why(capsys):
    check("0.2", right)
    assert said(capsys).startswith("0.2 passed: Late, of which flights?\nA comparison with a")


def test_check_names_the_mistake_and_offers_a_hint(capsys):
    check("0.2", wrong)
    text = said(capsys)
    assert text.startswith("0.2 not yet")
    assert 'hint("0.2")' in text


def test_check_without_an_answer_is_not_attempted(capsys):
    check("0.2")
    assert said(capsys).startswith("0.2 not attempted")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("0.9", "There is no exercise `0.9`. Chapter 0 has these: 0.1, 0.2."),
        ("99.1", "There is no exercise `99.1`. Give chapter and number in quotes"),
        (0.2, None),
        ("nonsense", "There is no exercise `nonsense`. Give chapter and number in quotes"),
        (None, "There is no exercise `None`. Give chapter and number in quotes"),
    ],
)
def test_an_unknown_exercise_is_one_sentence_and_no_error(name, sentence, capsys):
    check(name, right)
    assert said(capsys).startswith(sentence or "0.2 passed")


def test_hints_come_one_by_one_then_all(capsys):
    titles = []
    for _ in range(4):
        hint("0.2")
        titles.append(said(capsys).splitlines()[0])
    assert titles == ["0.2 hint 1 of 3", "0.2 hint 2 of 3", "0.2 hint 3 of 3", "0.2 all hints"]


def test_solution_asks_once_and_then_shows_code_and_reason(capsys):
    solution("0.2")
    first = said(capsys)
    assert "There are 3 hints left" in first
    assert "dropna" not in first
    solution("0.2")
    assert "arr_delay.dropna()" in said(capsys)


def test_a_passed_exercise_stays_passed(fresh, capsys):
    check("0.2", right)
    check("0.2", wrong)
    check("0.1", 3)
    assert store.states() == {"0.2": "passed", "0.1": "tried"}
    said(capsys)
    progress()
    text = said(capsys)
    assert text.startswith("You have passed 1 of")
    assert "0.1 tried" in text
    assert "0.2 passed" in text


def test_notebooks_side_by_side_lose_no_attempt(fresh):
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda n: store.record(f"1.{n}", "passed"), range(40)))
    assert len(store.states()) == 40


def test_a_broken_store_is_put_aside(fresh, capsys):
    fresh.parent.mkdir()
    fresh.write_bytes(b"not a database, and long enough to be read as a page header" * 20)
    check("0.2", right)
    assert store.states() == {"0.2": "passed"}
    assert fresh.with_suffix(".broken").exists()


def test_an_unwritable_store_costs_nothing_but_the_map(monkeypatch, tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("WORKBOOK_PROGRESS", str(tmp_path / "file" / "progress.sqlite3"))
    check("0.2", right)
    assert said(capsys).startswith("0.2 passed")
    assert store.states() == {}
    assert not store.writable()


def test_a_locked_store_is_waited_for(fresh):
    assert store.record("1.1", "wrong")
    blocker = sqlite3.connect(fresh, isolation_level=None, check_same_thread=False)
    blocker.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(1) as pool:
        written = pool.submit(store.record, "1.1", "passed")
        time.sleep(0.2)
        blocker.execute("COMMIT")
        assert written.result(5)
    blocker.close()
    assert store.states() == {"1.1": "passed"}


def test_a_card_escapes_what_it_is_given():
    card = Card("wrong", "<b>title</b>", "a `<script>` & <script>alert(1)</script>", "<i>out</i>")
    assert "<script>" not in card.html()
    assert "<i>" not in card.html()
    assert "<b>" not in card.html()


def test_a_card_never_says_something_by_colour_alone():
    for tone in ("passed", "wrong", "open", "hint", "solution"):
        html = Card(tone, "Title").html()
        assert 'role="status"' in html
        assert "Title" in html


def test_plain_text_fits_a_terminal_and_is_ascii_where_our_words_are():
    text = Card("passed", "0.1 passed: A title", "word " * 60).text()
    assert max(map(len, text.splitlines())) <= 88
    assert text.isascii()


def test_in_a_terminal_no_notebook_is_assumed():
    assert not cards.in_notebook()


def test_importing_the_classroom_imports_no_heavy_module():
    code = (
        "import sys, workbook, workbook.classroom\n"
        "heavy = {'pandas', 'sklearn', 'numpy', 'IPython', 'ipywidgets', 'matplotlib'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_calls_stay_calls_after_each_has_been_used():
    code = (
        "from workbook import check, explore, hint, progress, quiz, show, solution\n"
        "check('0.1', 3); explore('0.map'); hint('0.1'); progress(); quiz('0'); solution('0.1')\n"
        "import workbook\n"
        "calls = [getattr(workbook, name) for name in workbook.__all__]\n"
        "print([call for call in calls if type(call) is not type(check)])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1] == "[]"
