"""Chapter 06: change one input, and see which steps compute and which come from the cache."""

import json
from dataclasses import replace
from functools import cache
from typing import Any

from flightline import lineage
from flightline.late_rate import STEPS
from flightline.lineage import run
from workbook.explorer import Choice, Explorer, Step, Steps, Table, View

FEBRUARY = "raw/2013-02.csv"
CHANGES = (
    ("nothing", "Nothing"),
    ("late", "February's file: a late flight is 5 minutes later"),
    ("punctual", "February's file: a punctual flight was late after all"),
    ("comment", "summary.py: a comment"),
    ("strict", "summary.py: late is above 30 minutes, no longer from 30 on"),
    ("rounding", "quarter.py: the rate with three digits"),
    ("late_minutes", "The parameter late_minutes: 15 in place of 30"),
    ("alarm_rate", "The parameter alarm_rate: 0.10 in place of 0.20"),
)
RULES = (
    ("hash", "By content: compute what has a new input or code"),
    ("undeclared", "By content, but nobody declared the code"),
    ("everything", "Compute everything, every time"),
)


@cache
def _sources() -> dict[str, str]:
    from flightline.data import load_flights
    from flightline.late_rate import sources

    columns = ["time_hour", "carrier", "flight", "scheduled_departure", "arr_delay"]
    return sources(load_flights(columns))


def _with_delay(raw: str, above: float, below: float, delay: str) -> str:
    """Return a raw file in which the first flight with a delay between two bounds has another."""
    lines = raw.splitlines()
    for at, line in enumerate(lines[1:], start=1):
        kept, _, minutes = line.rpartition(",")
        if minutes and above <= float(minutes) < below:
            lines[at] = f"{kept},{delay}"
            break
    return "\n".join(lines) + "\n"


def changed(change: str) -> dict[str, str]:
    """Return the sources of the pipeline after one of the `CHANGES`."""
    sources = _sources()
    code = sources["summary.py"]
    new = {
        "nothing": {},
        "late": {FEBRUARY: _with_delay(sources[FEBRUARY], 40, 41, "45.0")},
        "punctual": {FEBRUARY: _with_delay(sources[FEBRUARY], 0, 1, "90.0")},
        "comment": {"summary.py": code + "# Reviewed in April.\n"},
        "strict": {"summary.py": code.replace("delay >= float", "delay > float")},
        "rounding": {"quarter.py": sources["quarter.py"].replace("arrived, 5)", "arrived, 3)")},
        "late_minutes": {"late_minutes": "15"},
        "alarm_rate": {"alarm_rate": "0.1"},
    }
    return sources | new[change]


def _undeclared() -> tuple[lineage.Step, ...]:
    return tuple(replace(step, declares_code=False) for step in STEPS)


@cache
def _filled(steps: tuple[lineage.Step, ...]) -> dict[str, str]:
    filled: dict[str, str] = {}
    run(steps, _sources(), filled)
    return filled


@cache
def _after(change: str) -> lineage.Run:
    return run(STEPS, changed(change), dict(_filled(STEPS)))


def graph(change: str, rule: str) -> View:
    """Show what a change of one input makes of every step."""
    before, after = _after("nothing"), _after(change)
    steps = _undeclared() if rule == "undeclared" else STEPS
    made = run(steps, changed(change), {} if rule == "everything" else dict(_filled(steps)))
    boxes, rows, stale = [], [], 0
    for step in STEPS:
        name = step.output
        computed = name in made.computed
        wrong = made.contents[name] != after.contents[name]
        same = made.contents[name] == before.contents[name]
        stale += wrong
        what = "computed" if computed else "from the cache"
        detail = f"{what}, out of date" if wrong else what
        boxes.append(Step(name, "active" if computed else "skipped", detail))
        rows.append(
            (
                name,
                _value(before.contents[name]),
                "as before" if same else _value(made.contents[name]),
            )
        )
    return View(
        headline=_headline(len(made.computed), stale),
        parts=(
            Steps("The steps", tuple(boxes)),
            Table("What they made", ("Output", "Before the change", "After it"), tuple(rows)),
        ),
        note="Every state was computed with the flights of January to March 2013.",
    )


def _headline(computed: int, stale: int) -> str:
    said = f"{computed} of {len(STEPS)} steps computed"
    if stale:
        return f"{said}, and {stale} {'results are' if stale > 1 else 'result is'} out of date."
    return f"{said}, and every result is up to date."


def _value(content: str) -> str:
    values: dict[str, Any] = json.loads(content)
    if "alarm" in values:
        return "alarm" if values["alarm"] else "no alarm"
    if "late_rate" in values:
        return f"late rate {values['late_rate']}"
    return f"{values['late']:,} of {values['arrived']:,} late"


EXPLORERS = (
    Explorer(
        id="6.graph",
        title="Change one input",
        question="Which steps have to compute, and when is a result out of date without a word?",
        parameters=(
            Choice("change", "What changes", CHANGES),
            Choice("rule", "What decides whether a step computes", RULES),
        ),
        function=graph,
        key_states=(
            {"change": "punctual", "rule": "hash"},
            {"change": "late", "rule": "hash"},
            {"change": "strict", "rule": "hash"},
            {"change": "strict", "rule": "undeclared"},
            {"change": "nothing", "rule": "everything"},
        ),
    ),
)
