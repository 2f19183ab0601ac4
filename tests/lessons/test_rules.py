"""Each rule of the style is seen to fail on a planted fault."""

from pathlib import Path

import pytest

from tests.lessons.rules import findings
from workbook.lessons import read_lesson

ROOT = Path(__file__).resolve().parents[2]
SOUND = ROOT / "lessons" / "00_start_here.md"


def found_after(tmp_path: Path, old: str, new: str) -> list[str]:
    text = SOUND.read_text("utf-8")
    assert old in text
    path = tmp_path / SOUND.name
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return findings(read_lesson(path), ROOT)


def test_a_sound_lesson_has_no_finding():
    assert findings(read_lesson(SOUND), ROOT) == []


IMPORTS = "from flightline.data import load_flights\n"
PLANTED = {
    "opening too long": ("Friday 8 March", "word " * 90 + "8 March", "opens with"),
    "no objectives": ("By the end of this chapter you can", "You will", "By the end of this"),
    "no prerequisites": ("Prerequisites:", "Needs:", "names no prerequisites"),
    "other time": ("Time: 10 minutes", "Time: 12 minutes", "says `Time: N minutes`"),
    "too long": ("minutes: 10", "minutes: 50", "make two chapters of it"),
    "no part": ("  part: Why\n", "", "names no `part`"),
    "tool in title": ("how often is a flight late?", "pandas?", "not a tool"),
    "code among imports": (IMPORTS, IMPORTS + "x = 1\n", "imports and nothing else"),
    "later import": ("flights = load_flights()", "import math", "imports stand in the first"),
    "long cell": ("flights = load_flights()", "x = 1\n" * 16, "lines of code, over 15"),
    "wide line": ("flights = load_flights()", "x = " + "1 + " * 30 + "1", "characters wide"),
    "shell": ("flights = load_flights()", "!ls", "uses a shell or a magic"),
    "semicolon": ("flights = load_flights()", "load_flights();", "ends in `;`"),
    "no heading": ("### Exercise 0.1: How many", "### Exercise: How many", "has no heading"),
    "no check": ('check("0.1", flights_in_2013)', "flights_in_2013", "doesn't check exercise 0.1"),
    "no way to hints": ('# hint("0.1")      solution("0.1")\n', "", "how to get hints"),
    "no recap": ("## Recap", "## End", "ends without `## Recap`"),
    "no quiz": ('quiz("0")', "print()", "has no quiz"),
    "no sources": ("](https://doi", "](no", "3 to 5 sources"),
    "two sentences": ("Run the next two cells", "It is so. Run the next", "two sentences"),
    "hype": ("The table is real", "The table is simply real", "says `simply`"),
    "directive": ("The table is real", ":::{note}\nThe table is real", "shows literally"),
    "role": ("The table is real", "The {term}`table` is real", "shows literally"),
    "no prediction": ("**Predict:**", "Guess:", "never asks for a prediction"),
    "needs a later chapter": ("Prerequisites: Python", "Prerequisites: chapter 03", "comes later"),
    "sends ahead": ("Run the next two", "[01](01_why_models_fail.ipynb)", "comes later"),
    "dead link": ("(01_why_models_fail.ipynb)", "(01_gone.ipynb)", "which doesn't exist"),
    "dead term": ("glossary.md#population", "glossary.md#nothing", "doesn't have"),
}


@pytest.mark.parametrize(("old", "new", "message"), PLANTED.values(), ids=PLANTED)
def test_a_planted_fault_is_found_and_placed(tmp_path, old, new, message):
    found = found_after(tmp_path, old, new)
    assert any(message in finding for finding in found), found
    assert all(finding.startswith("lessons/00_start_here.md:") for finding in found)


def test_three_code_cells_in_a_row_are_found(tmp_path):
    cell = "```{code-cell} ipython3\nflights.size\n```\n"
    found = found_after(tmp_path, "## The data at a glance", cell * 3 + "\n## The data")
    assert any("third code cell in a row" in finding for finding in found)
