"""The sample of flights that the pipeline trains and judges on."""

import csv
from pathlib import Path
from typing import Any

FLIGHTS = Path("data/flights.csv")
#: The model learns from the days before it; the champion and the challenger meet on the rest.
FIRST_JUDGED_DAY = "2013-07-01"


def read_flights() -> list[dict[str, Any]]:
    """Return one dictionary for each flight; `is_late` and `sched_dep_time` (HHMM) as numbers."""
    with FLIGHTS.open(encoding="utf-8", newline="") as file:
        return [
            row | {name: int(row[name]) for name in ("sched_dep_time", "is_late")}
            for row in csv.DictReader(file)
        ]
