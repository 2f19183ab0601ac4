"""Chapter 10: the 43 runs of the search, narrowed down by what may be used."""

from functools import cache
from typing import Any

from flightline.experiments.search import load_costs, load_search
from flightline.tracking import contenders
from workbook.explorer import Bar, Bars, Choice, Explorer, Table, View

SIZES = (30, 40, 60, 100, 200, 450)
FEATURES = (
    ("any", "any"),
    ("timetable", "the timetable, 7 columns"),
    ("delays", "recent delays, 4 columns"),
    ("both", "both, 11 columns"),
)
ROWS = ((0, "any"), (3_000, "3,000"), (12_000, "12,000"))
ORDERS = (("cost", "cost"), ("auc", "AUC"), ("size_kb", "size"), ("seconds", "seconds to train"))
SHOWN = 8
LARGEST = 800.0


@cache
def runs() -> list[dict[str, Any]]:
    """Return the runs with their recipes and metrics side by side."""
    return [
        {"name": run["name"], **run["record"]["recipe"], **run["metrics"]}
        for run in load_search()["runs"]
    ]


@cache
def near_best() -> frozenset[str]:
    """Return the names of the runs that can't be told from the best of the 43."""
    costs = load_costs()
    return frozenset(contenders(costs.drop(columns="day"), costs["day"]))


def narrowed(most_kb: int, features: str, rows: int, order: str) -> View:
    """Show the runs within the limits, the best of them first."""
    fitting = [
        run
        for run in runs()
        if run["size_kb"] <= most_kb
        and features in ("any", run["features"])
        and rows in (0, run["rows"])
    ]
    if not fitting:
        return View(headline="No run of the 43 is within these limits.")
    ordered = sorted(fitting, key=lambda run: -run[order] if order == "auc" else run[order])
    near = sum(run["name"] in near_best() for run in fitting)
    cheapest = min(fitting, key=lambda run: run["cost"])
    lost = cheapest["cost"] - min(run["cost"] for run in runs())
    return View(
        headline=(
            f"{len(fitting)} of 43 fit, and {near} of them can't be told from the best. "
            f"The cheapest is {cheapest['name']} at {cheapest['cost']:.0f}"
            + (f", {lost:.0f} above the best." if lost >= 0.5 else ", the best of all.")
        ),
        parts=(
            Bars(
                f"Cost per 1,000 flights, the first {min(SHOWN, len(ordered))} by {_name(order)}",
                tuple(_bar(run) for run in ordered[:SHOWN]),
                largest=LARGEST,
            ),
            Table(
                "The same runs",
                ("Run", "Features", "Rows", "Model", "AUC", "kB", "Seconds"),
                tuple(_row(run) for run in ordered[:SHOWN]),
            ),
        ),
        note=(
            "Green bars can't be told from the best: the 95 % interval of the difference over days "
            "reaches 0. Seconds are from one machine."
        ),
    )


def _name(order: str) -> str:
    return dict(ORDERS)[order]


def _bar(run: dict[str, Any]) -> Bar:
    text = f"{run['cost']:.0f} ({run['cost_low']:.0f} to {run['cost_high']:.0f})"
    return Bar(run["name"], run["cost"], text, "good" if run["name"] in near_best() else "neutral")


def _row(run: dict[str, Any]) -> tuple[str, ...]:
    made = run["parameters"]
    model = f"{made['max_iter']} trees of {made['max_leaf_nodes']}" if made else "logistic"
    return (
        run["name"],
        run["features"],
        f"{run['rows']:,}",
        model,
        f"{run['auc']:.3f}",
        f"{run['size_kb']:.0f}",
        f"{run['seconds']:.1f}",
    )


EXPLORERS = (
    Explorer(
        id="10.runs",
        title="The 43 runs",
        question="What do you lose by a smaller model, fewer features or fewer rows?",
        parameters=(
            Choice("most_kb", "Model at most", tuple((s, f"{s} kB") for s in SIZES)),
            Choice("features", "Features", FEATURES),
            Choice("rows", "Rows to learn from", ROWS),
            Choice("order", "Sorted by", ORDERS),
        ),
        function=narrowed,
        key_states=(
            {"most_kb": 450, "features": "any", "rows": 0, "order": "cost"},
            {"most_kb": 40, "features": "any", "rows": 0, "order": "cost"},
            {"most_kb": 450, "features": "timetable", "rows": 0, "order": "cost"},
            {"most_kb": 450, "features": "both", "rows": 12_000, "order": "auc"},
            {"most_kb": 30, "features": "any", "rows": 3_000, "order": "size_kb"},
        ),
    ),
)
