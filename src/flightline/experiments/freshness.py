"""What the freshness of stored features costs and brings, and what an outage of the job costs.

``python -m flightline.experiments.freshness`` measures it and writes ``artifacts/freshness.json``.
Reading the result needs neither pandas nor scikit-learn.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

ARTIFACT = Path(__file__).resolve().parents[1] / "artifacts" / "freshness.json"

#: How many minutes pass between two runs of the job that computes and materializes the rows.
INTERVALS = (15, 30, 60, 120, 180, 360, 720, 1440)
#: For how many hours the job has not run when a flight is asked about.
OUTAGES = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 18, 24)


def interval_costs() -> dict[int, dict[str, float]]:
    """Return what each of `INTERVALS` costs and brings.

    Returns
    -------
    dict
        By the interval in minutes: `age`, the mean age in minutes of the carrier's row when a
        flight of September to December is asked about; `rows`, the rows written in a day;
        `hourly_model`, the AUC of the model trained on hourly rows; and `own_model`, that of a
        model trained on rows of this interval.
    """
    return {int(minutes): found for minutes, found in load_freshness()["intervals"].items()}


def outage_costs() -> dict[int, dict[str, float]]:
    """Return the AUC while the job does not run.

    Returns
    -------
    dict
        By the hours since the job stopped: `stale`, if the model trained on hourly rows gets the
        last values all the same; `missing`, if it gets none; and `fallback`, of a model that was
        trained without stored features. `missing` and `fallback` are the same for all hours.
        And for one kind of feature at a time, while the others are up to date: `delays` and
        `aircraft` if that kind is old, `no_delays` and `no_aircraft` if it is missing.
    """
    return {int(hours): found for hours, found in load_freshness()["outages"].items()}


def quarter_hour_gain() -> dict[str, float]:
    """Return what a run every 15 minutes brings over one every hour.

    Returns
    -------
    dict
        `difference` in AUC of the model trained on hourly rows, and `low` and `high`, the ends of
        its 95 % bootstrap interval, drawn by days.
    """
    return load_freshness()["quarter_hour_gain"]


def second_model() -> dict[str, float]:
    """Return the AUC of a model for late departures, `without` and `with` the stored features."""
    return load_freshness()["second_model"]


@cache
def load_freshness() -> dict[str, Any]:
    """Return the artifact: what the functions above read, and the versions behind it."""
    return json.loads(ARTIFACT.read_text(encoding="utf-8"))


def main() -> None:
    """Measure everything and write the artifact."""
    from flightline.experiments.measure_freshness import measure_freshness

    text = json.dumps(measure_freshness(), indent=1) + "\n"
    ARTIFACT.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
