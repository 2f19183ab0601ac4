"""Explorers: the grid, the payload of the book, what is stored in a notebook, the live widget."""

import json
from dataclasses import asdict

import pytest

from workbook.explorer import (
    ITEMS,
    Axis,
    Bar,
    Bars,
    Choice,
    Explorer,
    Radar,
    Slider,
    Table,
    View,
    _widget,
    explore,
)
from workbook.explorers import all_explorers, find

PLAN = Explorer(
    id="0.plan",
    title="A plan",
    question="What does it cost?",
    parameters=(Slider("weeks", "Weeks", 0, 6, 3, "weeks"), Choice("kind", "Kind", ("a", "b"))),
    function=lambda weeks, kind: View(
        f"{kind}: {weeks * 10} units", (Bars("Cost", (Bar("Cost", weeks, f"{weeks * 10}"),)),)
    ),
    key_states=({"weeks": 3, "kind": "b"}, {"weeks": 0, "kind": "a"}, {"weeks": 6, "kind": "a"}),
)


STAND = Explorer(
    id="0.stand",
    title="A stand",
    question="Where?",
    parameters=(Choice("data", "Data", (0, 1)), Choice("code", "Code", (0, 1))),
    function=lambda data, code: View(
        f"{data}, {code}",
        (Radar("Parts", (Axis("Data", data, "a"), Axis("Code", code, "b"), Axis("C", 1, "c")), 1),),
    ),
    key_states=({"data": 0, "code": 1}, {"data": 1, "code": 1}, {"data": 0, "code": 0}),
    save_as="stand.md",
)


def test_slider_takes_its_ends_and_no_binary_rounding() -> None:
    slider = Slider("share", "Share", 0.1, 0.5, 0.1)
    assert slider.values == (0.1, 0.2, 0.3, 0.4, 0.5)
    assert Slider("n", "N", 1000, 3000, 1000, "flights").texts[-1] == "3,000 flights"


def test_choice_may_show_another_text_than_its_value() -> None:
    choice = Choice("month", "Month", ((9, "September"), (10, "October")))
    assert choice.values == (9, 10)
    assert choice.texts == ("September", "October")


def test_key_state_must_be_reachable_with_the_controls() -> None:
    with pytest.raises(ValueError, match=r"0\.plan: weeks cannot be 4; it takes 0, 3, 6"):
        PLAN.position({"weeks": 4, "kind": "a"})
    with pytest.raises(ValueError, match="must name exactly weeks, kind"):
        PLAN.position({"weeks": 3})


def states_of(explorer: Explorer) -> list[dict]:
    """Put the views together as the page does."""
    payload = json.loads(explorer.payload())

    def whole(part: dict) -> dict:
        field = ITEMS[part["kind"]]
        return {**part, field: [payload["items"][item] for item in part[field]]}

    views = [payload["views"][number] for number in payload["states"]]
    return [
        {**view, "parts": [whole(payload["parts"][part]) for part in view["parts"]]}
        for view in views
    ]


@pytest.mark.parametrize(
    "explorer", [PLAN, STAND, *all_explorers()], ids=lambda explorer: explorer.id
)
def test_payload_holds_what_the_function_returns_for_every_state(explorer: Explorer) -> None:
    wanted = [asdict(explorer.function(**explorer.state(p))) for p in explorer.grid()]
    assert states_of(explorer) == json.loads(json.dumps(wanted))


@pytest.mark.parametrize("explorer", all_explorers(), ids=lambda explorer: explorer.id)
def test_explorers_of_the_course_say_what_they_ask_and_show_a_few_states(
    explorer: Explorer,
) -> None:
    states = len(list(explorer.grid()))
    assert min(3, states) <= len(explorer.key_states) <= 5
    assert explorer.question.endswith("?")
    assert find(explorer.id) is explorer
    assert explorer.text() == explorer.text()


@pytest.mark.parametrize("explorer", all_explorers(), ids=lambda explorer: explorer.id)
def test_every_column_of_a_table_has_a_name_that_can_be_read_aloud(explorer: Explorer) -> None:
    views = [explorer.function(**state) for state in explorer.key_states]
    tables = [part for view in views for part in view.parts if isinstance(part, Table)]
    assert all(column.strip() for table in tables for column in table.columns)


def test_text_is_a_table_of_the_key_states() -> None:
    assert PLAN.text().splitlines() == [
        "A plan",
        "Weeks    Kind  What follows",
        "3 weeks  b     b: 30 units",
        "0 weeks  a     a: 0 units",
        "6 weeks  a     a: 60 units",
    ]


def test_html_holds_the_same_table_for_pages_without_scripts() -> None:
    assert PLAN.html().startswith('<div class="workbook-explorer" data-explorer="0.plan">')
    assert "<td>6 weeks</td><td>a</td><td>a: 60 units</td>" in PLAN.html()


def test_html_shows_text_as_text() -> None:
    odd = Explorer("0.odd", "a < b & c", "?", (), lambda: View("1 < 2"), ({},))
    assert "a &lt; b &amp; c" in odd.html()
    assert "1 &lt; 2" in odd.html()


def test_widget_computes_the_view_when_a_control_moves() -> None:
    widget = _widget(PLAN)
    assert widget.view["headline"] == "b: 30 units"
    widget.position = [2, 0]
    assert widget.view["headline"] == "a: 60 units"


def test_axes_that_states_share_are_stored_once() -> None:
    payload = json.loads(STAND.payload())
    assert len(payload["items"]) == 5
    assert next(part["axes"] for part in payload["parts"]) == [0, 1, 2]


def test_only_an_explorer_that_can_be_saved_names_a_file() -> None:
    assert STAND.spec()["save_as"] == "stand.md"
    assert "save_as" not in PLAN.spec()


def test_live_view_is_used_in_the_widget_and_nowhere_else() -> None:
    mine = Explorer("0.me", "Me", "?", (), lambda: View("all"), ({},), live=lambda: View("mine"))
    assert _widget(mine).view["headline"] == "mine"
    assert "mine" not in mine.text() + mine.html() + mine.payload()


def test_outside_a_notebook_the_text_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    explore("0.map")
    assert capsys.readouterr().out == find("0.map").text() + "\n"


@pytest.mark.parametrize("name", ["0.nothing", "99.map", "map", ""])
def test_unknown_explorer_is_told_which_there_are(name: str) -> None:
    with pytest.raises(LookupError, match=r"The course has: 0\.map"):
        find(name)
