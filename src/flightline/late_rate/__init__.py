"""A small pipeline: from three months of flights to one late rate and an alarm.

Its steps are scripts, so that they run by hand through `flightline.lineage` and by DVC alike.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flightline.late_rate import alarm, quarter, summary
from flightline.lineage import Step
from flightline.partitions import FLIGHT_KEY, month_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MONTHS", "PARAMETERS", "SCRIPTS", "STEPS", "raw_files", "sources"]

MONTHS = ("2013-01", "2013-02", "2013-03")
PARAMETERS = {"late_minutes": "30", "alarm_rate": "0.2"}
SCRIPTS = {
    f"{script.__name__.rpartition('.')[2]}.py": Path(script.__file__ or "")
    for script in (summary, quarter, alarm)
}
STEPS = (
    *(
        Step(f"summary/{month}.json", "summary.py", (f"raw/{month}.csv", "late_minutes"))
        for month in MONTHS
    ),
    Step("quarter.json", "quarter.py", tuple(f"summary/{month}.json" for month in MONTHS)),
    Step("alarm.json", "alarm.py", ("quarter.json", "alarm_rate")),
)


def raw_files(flights: pd.DataFrame) -> dict[str, str]:
    """Return the raw file of each of the `MONTHS` as CSV text, by its name.

    The rows stand in the order of the key: equal flights give equal text, whatever order a table
    brings them in, and so an equal content hash.

    Parameters
    ----------
    flights : pandas.DataFrame
        Needs `scheduled_departure` (UTC), the `FLIGHT_KEY` and `arr_delay` (minutes).
    """
    flights = flights.sort_values(list(FLIGHT_KEY))
    month = month_of(flights)
    # Few hours, many flights: writing each hour once as text is ten times as fast.
    hours = {hour: f"{hour:%Y-%m-%dT%H:%MZ}" for hour in flights["time_hour"].unique()}
    rows = flights[[*FLIGHT_KEY, "arr_delay"]].assign(time_hour=flights["time_hour"].map(hours))
    return {
        f"raw/{name}.csv": rows[month == name].to_csv(index=False, lineterminator="\n")
        for name in MONTHS
    }


def sources(flights: pd.DataFrame) -> dict[str, str]:
    """Return everything the pipeline starts from: raw files, scripts and parameters, by name."""
    scripts = {name: path.read_text(encoding="utf-8") for name, path in SCRIPTS.items()}
    return {**raw_files(flights), **scripts, **PARAMETERS}
