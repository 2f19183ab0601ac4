"""Every flight that left New York in 2013, and the weather, planes and airports around it.

The tables are the Parquet files of ``data/``; ``data/README.md`` describes every column, its unit,
its time zone and its known faults. A file's SHA-256 is verified once per process before it is read.
"""

import hashlib
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

#: Airports that flights reach and the airports table lacks, all on Atlantic Standard Time.
MISSING_TIME_ZONES = dict.fromkeys(("BQN", "PSE", "SJU", "STT"), "America/Puerto_Rico")

_CHECKOUT_DATA = Path(__file__).resolve().parents[2] / "data"
_WHEEL_DATA = Path(__file__).resolve().parent / "_data"
_SUMS = "SHA256SUMS"

# What each derived column of the flights is computed from.
_DEPARTURE_SOURCES = ("time_hour", "minute")
_ARRIVAL_SOURCES = (*_DEPARTURE_SOURCES, "sched_arr_time", "dest")
_TIME_SOURCES = {
    "scheduled_departure": _DEPARTURE_SOURCES,
    "actual_departure": (*_DEPARTURE_SOURCES, "dep_delay"),
    "scheduled_arrival": _ARRIVAL_SOURCES,
    "actual_arrival": (*_ARRIVAL_SOURCES, "arr_delay"),
}


class DataError(RuntimeError):
    """A data file is missing or is not the one the course was made with."""


def data_dir() -> Path:
    """Return the folder of the data: ``data/`` of the checkout, else the copy inside the wheel."""
    return _CHECKOUT_DATA if (_CHECKOUT_DATA / _SUMS).is_file() else _WHEEL_DATA


def load_flights(columns: Iterable[str] | None = None) -> pd.DataFrame:
    """Load the 336,776 flights, in the order of the source, with their true times.

    Parameters
    ----------
    columns : iterable of str, optional
        The columns to read and return, in this order. By default all 19 of the source, then
        `scheduled_departure`, `actual_departure`, `scheduled_arrival` and `actual_arrival`
        (``datetime64[ns, UTC]``).

    Returns
    -------
    pandas.DataFrame
        One row per flight. Integers are int64, or float64 where values are missing.

    Raises
    ------
    ValueError
        When a column does not exist.
    DataError
        When the file is missing or was changed.

    Notes
    -----
    Clock columns such as `sched_dep_time` are local ``HHMM`` integers; the four times are not.

    - `scheduled_departure` is `time_hour` (UTC) plus `minute`.
    - `scheduled_arrival` is `sched_arr_time` on the day of departure in the destination's time
      zone, or on the next day where that would be before departure.
    - The actual times are the scheduled ones plus `dep_delay` and `arr_delay`, which are true
      minutes even when a flight crosses midnight or a clock change. The recorded `dep_time` and
      `arr_time` carry no date; they agree, but for one arrival in the hour that the clocks
      skipped on 10 March.

    No flight is dropped. A cancelled flight has neither actual time (``NaT``). A diverted flight,
    which left and has no arrival delay, has `actual_departure` only.
    """
    source = _source_columns("flights")
    wanted = _check_columns("flights", columns, [*source, *_TIME_SOURCES])
    needed = {part for name in wanted for part in _TIME_SOURCES.get(name, (name,))}
    flights = _read("flights", [name for name in source if name in needed])
    return _add_times(flights, wanted)[wanted]


def load_weather(columns: Iterable[str] | None = None) -> pd.DataFrame:
    """Load the 26,115 hourly weather observations at EWR, JFK and LGA.

    Parameters
    ----------
    columns : iterable of str, optional
        The columns to read and return, in this order; all by default.

    Returns
    -------
    pandas.DataFrame
        One row per airport and hour. `time_hour` is UTC; `year`, `month`, `day` and `hour` are
        New York's clock. Fahrenheit, miles per hour, inches, millibars and miles.

    Raises
    ------
    ValueError
        When a column does not exist.
    DataError
        When the file is missing or was changed.
    """
    return _load("weather", columns)


def load_planes(columns: Iterable[str] | None = None) -> pd.DataFrame:
    """Load the 3,322 aircraft found in the register, one row per `tailnum`.

    Parameters
    ----------
    columns : iterable of str, optional
        The columns to read and return, in this order; all by default.

    Returns
    -------
    pandas.DataFrame
        One row per aircraft; `year` is the year of manufacture, not of a flight.

    Raises
    ------
    ValueError
        When a column does not exist.
    DataError
        When the file is missing or was changed.
    """
    return _load("planes", columns)


def load_airports(columns: Iterable[str] | None = None) -> pd.DataFrame:
    """Load 1,458 airports, one row per `faa` code.

    Parameters
    ----------
    columns : iterable of str, optional
        The columns to read and return, in this order; all by default.

    Returns
    -------
    pandas.DataFrame
        One row per airport: position in degrees, altitude in feet, time zone.

    Raises
    ------
    ValueError
        When a column does not exist.
    DataError
        When the file is missing or was changed.
    """
    return _load("airports", columns)


def load_airlines(columns: Iterable[str] | None = None) -> pd.DataFrame:
    """Load the names of the 16 carriers.

    Parameters
    ----------
    columns : iterable of str, optional
        The columns to read and return, in this order; all by default.

    Returns
    -------
    pandas.DataFrame
        One row per `carrier`.

    Raises
    ------
    ValueError
        When a column does not exist.
    DataError
        When the file is missing or was changed.
    """
    return _load("airlines", columns)


def airport_time_zones() -> pd.Series:
    """Return the IANA time zone of every airport that flights reach, indexed by its code.

    Four destinations are missing from the airports table; `MISSING_TIME_ZONES` fills them.
    """
    airports = load_airports(["faa", "tzone"]).set_index("faa")["tzone"].dropna()
    return pd.concat([airports, pd.Series(MISSING_TIME_ZONES, name="tzone")])


def _load(table: str, columns: Iterable[str] | None) -> pd.DataFrame:
    wanted = _check_columns(table, columns, _source_columns(table))
    return _read(table, wanted)[wanted]


def _add_times(flights: pd.DataFrame, wanted: list[str]) -> pd.DataFrame:
    """Add those of the four UTC times that are wanted."""
    times = [name for name in _TIME_SOURCES if name in wanted]
    if not times:
        return flights
    departure = flights["time_hour"] + _minutes(flights["minute"])
    added = {"scheduled_departure": departure}
    if "actual_departure" in times:
        added["actual_departure"] = departure + _minutes(flights["dep_delay"])
    if "scheduled_arrival" in times or "actual_arrival" in times:
        added["scheduled_arrival"] = _scheduled_arrival(flights, departure)
    if "actual_arrival" in times:
        added["actual_arrival"] = added["scheduled_arrival"] + _minutes(flights["arr_delay"])
    return flights.assign(**{name: added[name] for name in times})


def _scheduled_arrival(flights: pd.DataFrame, scheduled_departure: pd.Series) -> pd.Series:
    """Return the scheduled arrival in UTC: the destination's clock, on the day it comes after."""
    zone = flights["dest"].map(airport_time_zones())
    here = scheduled_departure.dt.tz_convert("America/New_York").dt.tz_localize(None)
    clock = flights["sched_arr_time"]
    wall = here.dt.normalize() + _minutes(clock // 100 * 60 + clock % 100)
    overnight = _to_utc(wall, zone) < scheduled_departure
    # The day is added to the clock, not to the instant: that night may have 23 or 25 hours.
    return _to_utc(wall.where(~overnight, wall + pd.Timedelta(days=1)), zone)


def _to_utc(wall: pd.Series, zone: pd.Series) -> pd.Series:
    """Convert wall-clock times, each in the time zone of its row, to UTC.

    Of an hour that occurs twice the first is taken; a time that was skipped becomes the next one.
    """
    codes, zones = pd.factorize(zone)
    instant = np.empty(len(wall), dtype="datetime64[ns]")
    for code, name in enumerate(zones):
        rows = codes == code
        first = np.ones(rows.sum(), dtype=bool)
        local = pd.DatetimeIndex(wall[rows]).tz_localize(
            name, ambiguous=first, nonexistent="shift_forward"
        )
        instant[rows] = local.tz_convert(None).to_numpy()
    return pd.Series(pd.DatetimeIndex(instant, tz="UTC"), index=wall.index)


def _minutes(values: pd.Series) -> pd.Series:
    return values * pd.Timedelta(minutes=1)


def _check_columns(table: str, columns: Iterable[str] | None, known: list[str]) -> list[str]:
    """Return the wanted columns, each once, after checking that they exist."""
    if columns is None:
        return known
    if isinstance(columns, str):
        raise ValueError(f"columns is a list of names: write [{columns!r}], not {columns!r}.")
    wanted = list(dict.fromkeys(columns))
    if not wanted:
        raise ValueError(f"columns is empty: name at least one of {', '.join(known)}.")
    for name in wanted:
        if name not in known:
            near = get_close_matches(str(name), known)
            advice = (
                f"Did you mean {' or '.join(map(repr, near))}?"
                if near
                else f"It has: {', '.join(known)}."
            )
            raise ValueError(f"{table} has no column {name!r}. {advice}")
    return wanted


@cache
def _verified(path: Path) -> Path:
    """Return `path` after comparing the file's SHA-256 with the recorded one."""
    remedy = (
        "Restore it with `git checkout -- data`, or rebuild it with `python data/build.py`."
        if path.parent == _CHECKOUT_DATA
        else "Install the course again: `pip install --force-reinstall mlops-workbook`."
    )
    sums_path = path.parent / _SUMS
    for file in (sums_path, path):
        if not file.is_file():
            raise DataError(f"{file} is missing. {remedy}")
    lines = (line.split() for line in sums_path.read_text(encoding="utf-8").splitlines())
    sums = {name: digest for digest, name in lines}
    if sums.get(path.name) != hashlib.sha256(path.read_bytes()).hexdigest():
        raise DataError(f"{path} was changed: its SHA-256 is not the one in {_SUMS}. {remedy}")
    return path


def _path(table: str) -> Path:
    return _verified(data_dir() / f"{table}.parquet")


def _source_columns(table: str) -> list[str]:
    return list(pq.read_schema(_path(table)).names)


def _read(table: str, columns: list[str]) -> pd.DataFrame:
    """Read columns of one table, with integers wide enough that arithmetic on them is safe."""
    arrow = pq.read_table(_path(table), columns=columns)
    fields = [
        field.with_type(pa.int64()) if pa.types.is_integer(field.type) else field
        for field in arrow.schema
    ]
    return arrow.cast(pa.schema(fields)).to_pandas(coerce_temporal_nanoseconds=True)
