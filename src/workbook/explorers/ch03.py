"""Chapter 03: batch size, review time and test reliability against lead time and failures."""

from flightline.queueing import simulate, utilization
from workbook.explorer import Bar, Bars, Choice, Explorer, Lines, Series, Slider, Table, View

BATCHES = (1, 2, 3, 4, 6, 8, 12, 16)
LONGEST = 40.0


def flow(batch: int, review: float, reliability: int) -> View:
    """Show what a setting of the line does to lead time and failures."""
    chosen = simulate(batch, review, reliability / 100)
    leads = {size: _lead_time(size, review, reliability) for size in BATCHES}
    lead, best = leads[batch], min(leads, key=lambda size: leads[size])
    rate = chosen.change_fail_rate.mean()
    hours = chosen.failed_hours_per_100.mean()
    busy = utilization(batch, review, reliability / 100)
    wait = f"Lead time {lead:.1f} hours" if busy < 1 else "The queue grows all year"
    return View(
        headline=f"{wait}; {rate:.0%} of the deployments fail. Shortest with {_changes(best)}.",
        parts=(
            Bars(
                "Mean lead time in working hours",
                (
                    Bar(_changes(batch), min(lead, LONGEST), _hours(lead), "accent"),
                    Bar(f"The shortest: {_changes(best)}", leads[best], _hours(leads[best])),
                ),
                largest=LONGEST,
            ),
            Lines(
                "Mean lead time by batch size",
                tuple(map(str, BATCHES)),
                "changes in a batch",
                "working hours",
                (
                    Series(
                        "lead time",
                        tuple(
                            round(value, 1) if value <= LONGEST else None
                            for value in leads.values()
                        ),
                    ),
                ),
                y_range=(0.0, LONGEST),
                digits=1,
            ),
            Table(
                "What breaks",
                ("Measure", "Value"),
                (
                    ("Deployments that fail", f"{rate:.0%}"),
                    ("Failed deployments per 100 changes", f"{chosen.failed_per_100.mean():.1f}"),
                    ("Hours broken per 100 changes", f"{hours:.1f}"),
                ),
            ),
        ),
        note=f"The line is busy {min(busy, 1):.0%} of the time. Where the curve breaks off, the "
        f"lead time is over {LONGEST:.0f} hours.",
    )


def _lead_time(batch: int, review: float, reliability: int) -> float:
    return float(simulate(batch, review, reliability / 100).lead_time_hours.mean())


def _changes(batch: int) -> str:
    return f"{batch} change" if batch == 1 else f"{batch} changes"


def _hours(value: float) -> str:
    return f"{value:.1f} h" if value <= LONGEST else f"over {LONGEST:.0f} h"


EXPLORERS = (
    Explorer(
        id="3.flow",
        title="A line of releases",
        question="Which batch size is fastest, and what would let you make it smaller?",
        parameters=(
            Choice("batch", "Batch size", tuple((size, _changes(size)) for size in BATCHES)),
            Slider("review", "Review of a change", 0.25, 1.0, 0.25, "hours"),
            Slider("reliability", "Reliability of the tests", 60, 100, 10, "%"),
        ),
        function=flow,
        key_states=(
            {"batch": 12, "review": 1.0, "reliability": 80},
            {"batch": 3, "review": 1.0, "reliability": 80},
            {"batch": 1, "review": 0.25, "reliability": 80},
            {"batch": 1, "review": 1.0, "reliability": 100},
            {"batch": 1, "review": 0.25, "reliability": 100},
        ),
    ),
)
