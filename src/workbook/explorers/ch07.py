"""Chapter 07: three steps of work, and where to spend them."""

from collections import Counter
from functools import cache
from typing import Any

from flightline.experiments.ablation import BUDGET, STEPS, outcome, ways
from workbook.explorer import Bar, Bars, Choice, Explorer, Slider, Table, View

NAMES = {"tuning": "Tuning", "features": "Features", "labels": "Labels", "rows": "Rows"}
OPTIONS = tuple(NAMES.items())
#: Gains are drawn up to this AUC.
LARGEST = 0.17


def budget(steps: int, first: str, second: str, third: str) -> View:
    """Show what the steps that fit into the budget bought, against the best and the worst way."""
    spent = [first, second, third][:steps]
    counts = Counter(spent)
    mine = outcome(**counts)
    least, best = _extremes(steps)
    return View(
        headline=f"{_named(counts)}: AUC {mine['auc']:.3f}, gain {_interval(mine)}.",
        parts=(
            Bars(
                f"Gain in AUC over the start, {steps} of {BUDGET} steps spent",
                (
                    Bar("Your way", mine["gain"], _interval(mine), "accent"),
                    Bar("Best way measured", best["gain"], _interval(best), "good"),
                    Bar("Worst way measured", max(least["gain"], 0.0), _interval(least), "bad"),
                ),
                largest=LARGEST,
            ),
            Table(
                "Where each step goes",
                ("Step", "Spent on", "What it does"),
                tuple((str(at), NAMES[on], STEPS[on]) for at, on in enumerate(spent, start=1)),
            ),
        ),
        note="In brackets the 95 % interval, over test days and five seeds. The order in which "
        "steps are chosen doesn't matter here: the tables are always added first.",
    )


@cache
def _extremes(steps: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the worst and the best way to spend some steps."""
    ordered = sorted((outcome(*way) for way in ways(steps)), key=lambda each: each["gain"])
    return ordered[0], ordered[-1]


def _named(counts: Counter[str]) -> str:
    if not counts:
        return "Nothing spent"
    return ", ".join(f"{NAMES[on]} {counts[on]}" for on in NAMES if counts[on])


def _interval(result: dict[str, float]) -> str:
    return f"{result['gain']:+.3f} ({result['low']:+.3f} to {result['high']:+.3f})"


EXPLORERS = (
    Explorer(
        id="7.budget",
        title="Three steps of work for the model",
        question="Which way to spend three steps gains most, and what does each step gain when "
        "it is the only one?",
        parameters=(
            Slider("steps", "Budget", start=0, stop=BUDGET, step=1, unit="steps"),
            Choice("first", "First step", OPTIONS),
            Choice("second", "Second step", OPTIONS),
            Choice("third", "Third step", OPTIONS),
        ),
        function=budget,
        key_states=(
            {"steps": 1, "first": "features", "second": "labels", "third": "rows"},
            {"steps": 1, "first": "labels", "second": "features", "third": "rows"},
            {"steps": 3, "first": "features", "second": "features", "third": "features"},
            {"steps": 3, "first": "labels", "second": "labels", "third": "labels"},
            {"steps": 3, "first": "features", "second": "labels", "third": "rows"},
        ),
    ),
)
