"""Chapter 09: how often the job runs, against the age of the values and the rows it writes."""

from flightline.experiments.freshness import INTERVALS, interval_costs
from workbook.explorer import Bar, Bars, Choice, Explorer, Table, View

MODELS = {"hourly_model": "trained on hourly rows", "own_model": "trained on rows as old as these"}


def freshness(minutes: int, model: str) -> View:
    """Show the age, the AUC and the rows written for one interval of the job."""
    costs = interval_costs()
    here, best = costs[minutes], costs[INTERVALS[0]][model]
    lost = {interval: best - costs[interval][model] for interval in INTERVALS}
    return View(
        headline=f"A run every {_interval(minutes)}: the carrier's values are "
        f"{_interval(round(here['age']))} old on average, the AUC is {here[model]:.3f}, and "
        f"{_thousands(here['rows'])} rows are written in a day.",
        parts=(
            Bars(
                "Rows written in a day",
                (Bar(_interval(minutes), here["rows"], _thousands(here["rows"]), "accent"),),
                largest=costs[INTERVALS[0]]["rows"],
            ),
            Bars(
                "AUC lost against a run every 15 min",
                tuple(
                    Bar(
                        _interval(interval),
                        max(lost[interval], 0.0),
                        f"{max(lost[interval], 0.0):.3f}",
                        "accent" if interval == minutes else "neutral",
                    )
                    for interval in INTERVALS
                ),
                largest=max(
                    costs[INTERVALS[0]][name] - costs[interval][name]
                    for name in MODELS
                    for interval in INTERVALS
                ),
            ),
            Table(
                "All intervals",
                ("A run every", "Mean age", "AUC", "Rows in a day"),
                tuple(
                    (
                        _interval(interval),
                        _interval(round(found["age"])),
                        f"{found[model]:.3f}",
                        _thousands(found["rows"]),
                    )
                    for interval, found in costs.items()
                ),
            ),
        ),
        note=f"The model is {MODELS[model]}. Test flights of September to December.",
    )


def _interval(minutes: int) -> str:
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.3g} h"


def _thousands(rows: float) -> str:
    return f"{round(rows, -1):,.0f}"


EXPLORERS = (
    Explorer(
        id="9.fresh",
        title="Freshness against cost",
        question="From which interval on does the model lose more than 0.005, and what does the "
        "step before it cost in rows?",
        parameters=(
            Choice("minutes", "A run every", tuple((m, _interval(m)) for m in INTERVALS)),
            Choice("model", "The model is", tuple(MODELS.items())),
        ),
        function=freshness,
        key_states=(
            {"minutes": 60, "model": "hourly_model"},
            {"minutes": 15, "model": "hourly_model"},
            {"minutes": 180, "model": "hourly_model"},
            {"minutes": 720, "model": "hourly_model"},
            {"minutes": 720, "model": "own_model"},
        ),
    ),
)
