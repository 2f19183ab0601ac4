"""What Flightline is promised about incoming data, and the checks that hold it to that.

A contract has seven families of checks. `columns`, `range` and `key` are Pandera schemas, which can
be kept as a file; `relation`, `reference`, `completeness` and `history` compare what a schema of
rows never sees together. Every check adds to one table of findings, which
`flightline.quarantine` acts on.
"""

import warnings
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd
import pandera.pandas as pa

from flightline.data import airport_time_zones, load_airlines, load_flights, load_weather

#: The families of checks, in the order in which a contract grows.
FAMILIES = ("columns", "range", "key", "relation", "reference", "completeness", "history")

STATIONS = ("EWR", "JFK", "LGA")
NEW_YORK = "America/New_York"

#: Beyond these a weather value is impossible. Temperature (°F), wind (mph), rain (inches in an
#: hour) and pressure (millibars at sea level) are the extremes ever measured on Earth (World
#: Meteorological Organization, Global Weather & Climate Extremes Archive); the others end where
#: their scale ends.
LIMITS = {
    "temp": (-128.6, 134.0),
    "dewp": (-128.6, 134.0),
    "humid": (0.0, 100.0),
    "wind_dir": (0.0, 360.0),
    "wind_speed": (0.0, 253.0),
    "wind_gust": (0.0, 253.0),
    "precip": (0.0, 12.0),
    "pressure": (870.0, 1083.8),
    "visib": (0.0, 10.0),
}

#: The quietest day of 2013, Thanksgiving, has 634 flights.
LEAST_FLIGHTS_A_DAY = 600
#: A sensor that repeats one value for this many hours is stuck. The longest natural run of the
#: columns in `MOVING` in 2013 is 15 hours.
STUCK_HOURS = 24
MOVING = ("temp", "dewp", "wind_speed", "wind_dir")
#: Humidity computed from temperature and dew point differs from the reported one by less than this
#: many points in most hours of every day of 2013. With degrees Celsius it is several points more.
HUMIDITY_POINTS = 2.0

_FINDING = ("table", "family", "check", "row", "value")
_UTC = "datetime64[ns, UTC]"


class Batch(NamedTuple):
    """What was delivered for a period, from `start` (included) to `end` (excluded), in UTC."""

    flights: pd.DataFrame
    weather: pd.DataFrame
    start: pd.Timestamp
    end: pd.Timestamp


def load_batch(month: int) -> Batch:
    """Return the flights and the weather of a month of 2013 by New York's clock.

    Parameters
    ----------
    month : int
        1 to 12.

    Returns
    -------
    Batch
        The columns of the source, without the derived times.
    """
    start = pd.Timestamp(2013, month, 1, tz=NEW_YORK)
    end = start + pd.DateOffset(months=1)
    columns = list(FLIGHTS.columns)
    parts = (load_flights(columns), load_weather())
    flights, weather = (part[part["month"] == month].reset_index(drop=True) for part in parts)
    return Batch(flights, weather, start.tz_convert("UTC"), end.tz_convert("UTC"))


# --- Promises about columns, single values and keys --------------------------------------------


def _weather_column(name: str) -> pa.Column:
    return pa.Column(float, pa.Check.in_range(*LIMITS[name]), nullable=True)


def _whole(low: int, high: int) -> pa.Column:
    return pa.Column(int, pa.Check.in_range(low, high))


def _measured(low: float, high: float) -> pa.Column:
    return pa.Column(float, pa.Check.in_range(low, high), nullable=True)


_CALENDAR = {"year": _whole(2013, 2013), "month": _whole(1, 12), "day": _whole(1, 31)}

#: One row per station and hour.
WEATHER = pa.DataFrameSchema(
    {
        "origin": pa.Column(str, pa.Check.isin(list(STATIONS))),
        **_CALENDAR,
        "hour": _whole(0, 23),
        **{name: _weather_column(name) for name in LIMITS},
        "time_hour": pa.Column(_UTC),
    },
    unique=["origin", "time_hour"],
    name="weather",
)

#: One row per scheduled flight. Clocks are HHMM, and 2400 is midnight at the end of a day.
FLIGHTS = pa.DataFrameSchema(
    {
        **_CALENDAR,
        "dep_time": _measured(1, 2400),
        "sched_dep_time": _whole(0, 2359),
        "dep_delay": _measured(-120, 2880),
        "arr_time": _measured(1, 2400),
        "sched_arr_time": _whole(0, 2359),
        "arr_delay": _measured(-240, 2880),
        "carrier": pa.Column(str),
        "flight": _whole(1, 9999),
        "tailnum": pa.Column(str, nullable=True),
        "origin": pa.Column(str, pa.Check.isin(list(STATIONS))),
        "dest": pa.Column(str),
        "air_time": _measured(10, 900),
        "distance": _whole(1, 6000),
        "hour": _whole(0, 23),
        "minute": _whole(0, 59),
        "time_hour": pa.Column(_UTC),
    },
    unique=["carrier", "flight", "time_hour"],
    name="flights",
)


def check_schema(schema: pa.DataFrameSchema, table: pd.DataFrame) -> pd.DataFrame:
    """Return what a table breaks of a schema: `columns`, `range` and `key`.

    Parameters
    ----------
    schema : pandera.pandas.DataFrameSchema
        Its name is the name of the table.
    table : pandas.DataFrame
        With one label for each row.

    Returns
    -------
    pandas.DataFrame
        Findings with the columns `table`, `family`, `check`, `row` (the label, or ``<NA>`` for a
        finding about the table as a whole) and `value`.

    Raises
    ------
    ValueError
        When two rows share a label, so that a finding could not name its row.
    """
    if not table.index.is_unique:
        raise ValueError(
            f"Two rows of {schema.name} share a label: call `reset_index(drop=True)` first."
        )
    try:
        with warnings.catch_warnings():
            # Pandera puts its failure cases together in a way that pandas is about to change.
            warnings.filterwarnings("ignore", message="The behavior of DataFrame concatenation")
            schema.validate(table, lazy=True)
    except pa.errors.SchemaErrors as errors:
        return _from_pandera(str(schema.name), errors.failure_cases, schema.unique or [])
    return _no_findings()


def _from_pandera(table: str, failures: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Turn Pandera's failure cases into findings, one for each row and check."""
    found: list[tuple[object, ...]] = []
    parts = (failures[name].tolist() for name in ("column", "check", "failure_case", "index"))
    for column, check, value, row in zip(*parts, strict=True):
        if check == "multiple_fields_uniqueness":
            found.append((table, "key", f"{', '.join(key)} once", row, ""))
        elif str(check).startswith(("in_range", "isin")):
            found.append((table, "range", f"{column}: {check}", row, str(value)))
        elif check == "not_nullable":
            found.append((table, "columns", f"{column}: {check}", row, ""))
        else:
            name = value if check == "column_in_dataframe" else column
            found.append((table, "columns", f"{name}: {check}", pd.NA, ""))
    return _findings(found)


# --- Promises between columns ------------------------------------------------------------------


def check_weather(weather: pd.DataFrame) -> pd.DataFrame:
    """Return what weather breaks by itself: every family but `reference` and `completeness`.

    A table without the promised columns is not examined further.

    Parameters
    ----------
    weather : pandas.DataFrame
        As loaded, with one label for each row.

    Returns
    -------
    pandas.DataFrame
        Findings, see `check_schema`.
    """
    found = check_schema(WEATHER, weather)
    if (found["family"] == "columns").any():
        return found
    broken = {
        "dewp is not above temp": weather["dewp"] > weather["temp"] + 0.01,
        "wind_gust is not below wind_speed": weather["wind_gust"] < weather["wind_speed"],
        "time_hour agrees with year, month, day and hour": ~_clock_agrees(weather),
        "humid agrees with temp and dewp": _humidity_disagrees(weather),
    }
    stuck = {f"{name} moves within {STUCK_HOURS} hours": _stuck(weather, name) for name in MOVING}
    return pd.concat(
        [found, _masked("weather", "relation", broken), _masked("weather", "history", stuck)],
        ignore_index=True,
    )


def check_flights(flights: pd.DataFrame) -> pd.DataFrame:
    """Return what flights break by themselves and against airports and airlines.

    A table without the promised columns is not examined further. Aircraft are not compared with
    the register: one flight in six flies an aircraft that it lacks, and no feature needs it.

    Parameters
    ----------
    flights : pandas.DataFrame
        As loaded, with one label for each row.

    Returns
    -------
    pandas.DataFrame
        Findings, see `check_schema`.
    """
    found = check_schema(FLIGHTS, flights)
    if (found["family"] == "columns").any():
        return found
    left, landed = flights["dep_time"].notna(), flights["arr_delay"].notna()
    clock = flights["hour"] * 100 + flights["minute"]
    broken = {
        "time_hour agrees with year, month, day and hour": ~_clock_agrees(flights),
        "sched_dep_time is hour and minute": flights["sched_dep_time"] != clock,
        "dep_time and dep_delay are missing together": left != flights["dep_delay"].notna(),
        "arr_delay and air_time are missing together": landed != flights["air_time"].notna(),
        "only a flight that left arrives": landed & ~left,
    }
    unknown = {
        "dest is a known airport": ~flights["dest"].isin(_airports()),
        "carrier is a known airline": ~flights["carrier"].isin(_carriers()),
    }
    return pd.concat(
        [found, _masked("flights", "relation", broken), _masked("flights", "reference", unknown)],
        ignore_index=True,
    )


def _clock_agrees(table: pd.DataFrame) -> pd.Series:
    local = table["time_hour"].dt.tz_convert(NEW_YORK)
    parts = [getattr(local.dt, name) == table[name] for name in ("year", "month", "day", "hour")]
    return parts[0] & parts[1] & parts[2] & parts[3]


def _humidity_disagrees(weather: pd.DataFrame) -> pd.Series:
    """Mark each station's day on which most hours report another humidity than they imply.

    Magnus' formula with the constants of Alduchov and Eskridge (1996).
    """
    temp, dewp = ((weather[name] - 32) / 1.8 for name in ("temp", "dewp"))
    implied = 100 * np.exp(17.625 * (dewp / (243.04 + dewp) - temp / (243.04 + temp)))
    day = [weather["origin"], weather["time_hour"].dt.date]
    typical = (implied - weather["humid"]).abs().groupby(day).transform("median")
    return typical > HUMIDITY_POINTS


def _stuck(weather: pd.DataFrame, name: str) -> pd.Series:
    """Mark the rows of a station that repeat one value for `STUCK_HOURS` rows or more."""
    ordered = weather.sort_values(["origin", "time_hour"])
    values = ordered.groupby("origin")[name]
    run = (ordered[name] != values.shift()).cumsum()
    return ordered.groupby(run)[name].transform("size").ge(STUCK_HOURS).reindex(weather.index)


# --- Promises about what must be there ------------------------------------------------------------


def check_batch(batch: Batch) -> pd.DataFrame:
    """Return everything that a batch breaks, the rows that are not there among it.

    Parameters
    ----------
    batch : Batch
        What was delivered, and for which period.

    Returns
    -------
    pandas.DataFrame
        Findings, see `check_schema`. A row that is absent has no label: its `value` names the
        station and hour, or the day.
    """
    weather, flights = check_weather(batch.weather), check_flights(batch.flights)
    parts = [flights, weather]
    if not (flights["family"] == "columns").any():
        parts.append(_thin_days(batch))
    if not (weather["family"] == "columns").any():
        parts.append(_absent_hours(batch))
    return pd.concat(parts, ignore_index=True)


def absent_hours(weather: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.MultiIndex:
    """Return the stations and hours of a period that have no row.

    Parameters
    ----------
    weather : pandas.DataFrame
        Needs `origin` and `time_hour` (UTC).
    start, end : pandas.Timestamp
        First hour of the period, and the hour after its last.

    Returns
    -------
    pandas.MultiIndex
        `origin` and `time_hour`, in order.
    """
    hours = pd.date_range(start, end, freq="h", inclusive="left")
    expected = pd.MultiIndex.from_product([STATIONS, hours], names=["origin", "time_hour"])
    return expected.difference(pd.MultiIndex.from_frame(weather[["origin", "time_hour"]]))


def _absent_hours(batch: Batch) -> pd.DataFrame:
    absent = absent_hours(batch.weather, batch.start, batch.end)
    texts = [f"{origin} {hour:%Y-%m-%d %H:%M}" for origin, hour in absent]
    check = "a row for every station and hour"
    found = [("weather", "completeness", check, pd.NA, text) for text in texts]
    return pd.concat([_findings(found), _outside("weather", batch.weather, batch)])


def _thin_days(batch: Batch) -> pd.DataFrame:
    start, end = (moment.tz_convert(NEW_YORK) for moment in (batch.start, batch.end))
    days = pd.date_range(start.date(), end.date(), inclusive="left").date
    local = batch.flights["time_hour"].dt.tz_convert(NEW_YORK).dt.date
    counts = local.value_counts().reindex(days, fill_value=0)
    thin = counts[counts < LEAST_FLIGHTS_A_DAY]
    check = f"{LEAST_FLIGHTS_A_DAY} flights a day"
    found = [("flights", "completeness", check, pd.NA, f"{day} has {n}") for day, n in thin.items()]
    return pd.concat([_findings(found), _outside("flights", batch.flights, batch)])


def _outside(name: str, table: pd.DataFrame, batch: Batch) -> pd.DataFrame:
    inside = table["time_hour"].between(batch.start, batch.end, inclusive="left")
    return _masked(name, "completeness", {"time_hour lies in the period": ~inside})


# --- Findings ----------------------------------------------------------------------------------


def count_by_family(findings: pd.DataFrame) -> pd.Series:
    """Return the number of findings of each family, zeros included.

    Parameters
    ----------
    findings : pandas.DataFrame
        From any check of this module.

    Returns
    -------
    pandas.Series
        Indexed by `FAMILIES`.
    """
    return findings["family"].value_counts().reindex(list(FAMILIES), fill_value=0)


def _masked(table: str, family: str, masks: dict[str, pd.Series]) -> pd.DataFrame:
    return _findings(
        (table, family, check, row, "")
        for check, mask in masks.items()
        for row in mask.index[mask.fillna(False)]
    )


def _findings(found: Iterable[tuple[object, ...]]) -> pd.DataFrame:
    table = pd.DataFrame(found, columns=list(_FINDING), dtype=object)
    return table.drop_duplicates(["table", "check", "row", "value"], ignore_index=True)


def _no_findings() -> pd.DataFrame:
    return _findings([])


@cache
def _airports() -> frozenset[str]:
    return frozenset(airport_time_zones().index)


@cache
def _carriers() -> frozenset[str]:
    return frozenset(load_airlines(["carrier"])["carrier"])
