import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightline import late_rate, lineage, partitions
from flightline.definition import is_late

JOIN = "def make(*inputs):\n    return '+'.join(inputs)\n"
STEPS = (
    lineage.Step("both", "join.py", ("left", "right")),
    lineage.Step("left", "join.py", ("a", "b")),
    lineage.Step("right", "join.py", ("b", "c")),
)
SOURCES = {"a": "1", "b": "2", "c": "3", "join.py": JOIN}


@st.composite
def graphs(draw: st.DrawFn) -> tuple[dict[str, list[str]], list[str]]:
    """A graph without cycles, its steps in any order, and some changed sources."""
    sources = [f"source {n}" for n in range(draw(st.integers(1, 4)))]
    graph: dict[str, list[str]] = {}
    for n in range(draw(st.integers(1, 7))):
        known = [*sources, *graph]
        graph[f"step {n}"] = draw(st.lists(st.sampled_from(known), min_size=1, unique=True))
    shuffled = {step: graph[step] for step in draw(st.permutations(list(graph)))}
    return shuffled, draw(st.lists(st.sampled_from(sources), unique=True))


@given(graphs())
def test_what_must_rerun_is_what_can_be_reached_in_an_order_that_can_be_run(
    drawn: tuple[dict[str, list[str]], list[str]],
) -> None:
    graph, changed = drawn

    def reached(name: str) -> bool:
        return name in changed or any(reached(need) for need in graph.get(name, []))

    rerun = lineage.must_rerun(graph, changed)
    assert sorted(rerun) == sorted(step for step in graph if reached(step))
    for at, step in enumerate(rerun):
        assert not set(graph[step]) & set(rerun[at:])


@given(graphs())
def test_the_same_inputs_are_never_computed_twice_and_give_the_same(
    drawn: tuple[dict[str, list[str]], list[str]],
) -> None:
    graph, changed = drawn
    names = {need for needs in graph.values() for need in needs} - set(graph)
    sources = {name: name for name in names} | {"join.py": JOIN}
    steps = [lineage.Step(step, "join.py", tuple(needs)) for step, needs in graph.items()]
    cache: dict[str, str] = {}
    lineage.run(steps, sources, cache)
    assert lineage.run(steps, sources, cache).computed == ()
    new = sources | {name: "changed" for name in changed if name in sources}
    cached, fresh = lineage.run(steps, new, cache), lineage.run(steps, new, {})
    assert cached.contents == fresh.contents
    assert set(cached.computed) <= set(lineage.must_rerun(graph, changed))


def test_a_circle_and_a_missing_input_are_named() -> None:
    with pytest.raises(ValueError, match=r"in a circle: .*left"):
        lineage.order({"left": ["right"], "right": ["left"]})
    with pytest.raises(ValueError, match="left needs b, which is no source"):
        lineage.run(STEPS, {"a": "1", "c": "3", "join.py": JOIN}, {})


def test_a_result_that_comes_out_as_before_ends_the_chain() -> None:
    cache: dict[str, str] = {}
    lineage.run(STEPS, SOURCES, cache)
    commented = SOURCES | {"join.py": JOIN + "# reviewed\n"}
    assert set(lineage.run(STEPS, commented, cache).computed) == {"left", "right", "both"}
    # "1+2" and "2" joined, or "1" and "2+2": different inputs, the same text.
    steps = (lineage.Step("top", "same.py", ("sum",)), lineage.Step("sum", "join.py", ("a", "b")))
    sources = {"a": "1+2", "b": "2", "join.py": JOIN, "same.py": JOIN}
    lineage.run(steps, sources, cache)
    again = lineage.run(steps, sources | {"a": "1", "b": "2+2"}, cache)
    assert again.computed == ("sum",)


def test_code_that_is_not_declared_leaves_results_out_of_date() -> None:
    careless = [lineage.Step(s.output, s.code, s.inputs, declares_code=False) for s in STEPS]
    cache: dict[str, str] = {}
    old = lineage.run(careless, SOURCES, cache)
    new = lineage.run(careless, SOURCES | {"join.py": JOIN.replace("+", "-")}, cache)
    assert new.computed == ()
    assert new.contents["both"] == old.contents["both"]


def test_a_changed_number_leads_to_the_source_that_changed() -> None:
    before = lineage.run(STEPS, SOURCES | {"unused": "0"}, {}).records
    after = lineage.run(STEPS, SOURCES | {"unused": "1", "c": "4"}, {}).records
    assert lineage.changed_sources("both", before, after) == ["c"]
    assert lineage.changed_sources("left", before, after) == []
    assert lineage.sources_of("left", before) == {"a", "b", "join.py"}


def test_a_source_that_came_or_went_counts_as_changed() -> None:
    before = lineage.run(STEPS, SOURCES, {}).records
    fewer = [step for step in STEPS if step.output == "left"]
    only_left = [*fewer, lineage.Step("both", "join.py", ("left", "d"))]
    after = lineage.run(only_left, {"a": "1", "b": "2", "d": "9", "join.py": JOIN}, {}).records
    assert lineage.changed_sources("both", before, after) == ["c", "d"]


def test_the_late_rate_of_the_pipeline_is_the_late_rate_of_the_data(flights: pd.DataFrame) -> None:
    made = lineage.run(late_rate.STEPS, late_rate.sources(flights), {})
    late = is_late(flights)[flights["month"] <= 3].dropna()
    quarter = json.loads(made.contents["quarter.json"])
    assert quarter["arrived"] == len(late)
    assert quarter["late"] == late.sum()
    assert quarter["late_rate"] == pytest.approx(late.mean(), abs=1e-5)
    assert json.loads(made.contents["alarm.json"]) == {"alarm": False}


def test_a_correction_of_february_computes_three_steps_and_has_one_source(
    flights: pd.DataFrame, tmp_path: Path
) -> None:
    """Whatever order the rows come in: the corrected table is read from sorted partitions."""
    cache: dict[str, str] = {}
    before = lineage.run(late_rate.STEPS, late_rate.sources(flights), cache)
    columns = [*partitions.FLIGHT_KEY, "scheduled_departure", "arr_delay"]
    winter = flights.loc[flights["month"] <= 3, columns]
    month = partitions.month_of(winter)
    partitions.backfill(tmp_path, late_rate.MONTHS, lambda name: winter[month == name])
    february = winter[month == "2013-02"].dropna().tail(150)
    corrections = february.assign(arr_delay=february["arr_delay"] + 20)
    assert partitions.correct(tmp_path, corrections) == ["2013-02"]
    corrected = late_rate.sources(partitions.read_months(tmp_path))
    after = lineage.run(late_rate.STEPS, corrected, cache)
    assert after.computed == ("summary/2013-02.json", "quarter.json", "alarm.json")
    assert lineage.changed_sources("quarter.json", before.records, after.records) == [
        "raw/2013-02.csv"
    ]


def test_the_scripts_make_the_same_as_the_functions(tmp_path: Path) -> None:
    raw = tmp_path / "raw.csv"
    raw.write_text("flight,arr_delay\n1,30.0\n2,\n3,29.0\n")
    month, quarter, alarm = (tmp_path / name for name in ("a/month.json", "q.json", "alarm.json"))
    for script, *arguments in (
        ("summary.py", raw, "30", month),
        ("quarter.py", month, month, quarter),
        ("alarm.py", quarter, "0.5", alarm),
    ):
        command = [sys.executable, late_rate.SCRIPTS[script], *arguments]
        subprocess.run([str(part) for part in command], check=True)
    assert month.read_text() == late_rate.summary.make(raw.read_text(), "30")
    assert quarter.read_text() == late_rate.quarter.make(month.read_text(), month.read_text())
    assert json.loads(alarm.read_text()) == {"alarm": True}
