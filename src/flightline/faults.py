"""Damages data in the ways in which deliveries are damaged, to see which checks notice.

``python -m flightline.faults --list`` tells what there is, and
``python -m flightline.faults missing_day --month 5 --out FOLDER`` writes a damaged month.
"""

import argparse
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from flightline.contracts import NEW_YORK, Batch, load_batch

Damage = Callable[[pd.DataFrame, np.random.Generator], pd.DataFrame]

#: Miles per hour in a knot.
KNOT = 1.15078
#: The strongest wind of the data, a true fault.
STRONGEST_WIND = 1048.36058
#: For how many hours a stuck sensor repeats itself.
STUCK_FOR = 36


@dataclass(frozen=True)
class Fault:
    """One way in which a delivery goes wrong.

    Attributes
    ----------
    name
        Identifies it on the command line.
    table
        Which table of a batch it damages.
    story
        What happened, in a sentence.
    seen_by
        The families of `flightline.contracts` that notice it in a monthly batch; empty where none
        does.
    damage
        Returns a damaged copy of the table.
    """

    name: str
    table: Literal["flights", "weather"]
    story: str
    seen_by: frozenset[str]
    damage: Damage


def inject(batch: Batch, faults: Iterable[str], seed: int = 0) -> Batch:
    """Return a batch with faults in it.

    Parameters
    ----------
    batch : Batch
        Stays as it is.
    faults : iterable of str
        Names of `FAULTS`. They are applied in the order of `FAULTS`, whatever order they come in.
    seed : int
        Decides which rows are hit. The rows that a fault hits do not depend on the other faults,
        as long as these leave its table's rows alone.

    Returns
    -------
    Batch
        With the same period; the rows are numbered anew, as in a file.

    Raises
    ------
    ValueError
        When a fault does not exist.
    """
    wanted = set(faults)
    for name in sorted(wanted - set(FAULTS)):
        raise ValueError(f"There is no fault {name!r}. There are: {', '.join(FAULTS)}.")
    for fault in FAULTS.values():
        if fault.name in wanted:
            if fault.table == "flights":
                batch = batch._replace(flights=damaged(batch.flights, fault.name, seed))
            else:
                batch = batch._replace(weather=damaged(batch.weather, fault.name, seed))
    return batch


def damaged(table: pd.DataFrame, fault: str, seed: int = 0) -> pd.DataFrame:
    """Return a damaged copy of one table.

    Parameters
    ----------
    table : pandas.DataFrame
        Flights or weather, whichever the fault damages, with the columns of the source.
    fault : str
        A name of `FAULTS`.
    seed : int
        Decides which rows are hit.

    Returns
    -------
    pandas.DataFrame
        Numbered from 0.
    """
    rng = np.random.default_rng([seed, zlib.crc32(fault.encode())])
    return FAULTS[fault].damage(table.reset_index(drop=True), rng).reset_index(drop=True)


# --- Weather -----------------------------------------------------------------------------------


def _celsius(weather: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Change the unit at one station, from some hour in the first two thirds on."""
    station = rng.choice(weather["origin"].unique())
    hours = np.sort(weather["time_hour"].unique())
    since = hours[rng.integers(max(len(hours) * 2 // 3, 1))]
    hit = (weather["origin"] == station) & (weather["time_hour"] >= since)
    cold = {name: weather[name].mask(hit, (weather[name] - 32) / 1.8) for name in ("temp", "dewp")}
    return weather.assign(**cold)


def _knots(weather: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    return weather.assign(**{name: weather[name] / KNOT for name in ("wind_speed", "wind_gust")})


def _impossible_wind(weather: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    row = rng.choice(weather.index[weather["wind_gust"].isna()])
    return weather.assign(
        wind_speed=weather["wind_speed"].mask(weather.index == row, STRONGEST_WIND)
    )


def _stuck_vane(weather: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    station = rng.choice(weather["origin"].unique())
    rows = weather.index[weather["origin"] == station]
    rows = weather.loc[rows].sort_values("time_hour").index
    first = int(rng.integers(max(len(rows) - STUCK_FOR, 0) + 1))
    direction = weather["wind_dir"].copy()
    direction.loc[rows[first : first + STUCK_FOR]] = 270.0
    return weather.assign(wind_dir=direction)


def _swapped(weather: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    return weather.assign(temp=weather["dewp"], dewp=weather["temp"])


def _duplicate_hour(weather: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    hour = rng.choice(weather["time_hour"].unique())
    return pd.concat([weather, weather[weather["time_hour"] == hour]])


def _missing_day(weather: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    days = weather["time_hour"].dt.tz_convert(NEW_YORK).dt.date
    return weather[days != rng.choice(days.unique())]


def _local_as_utc(weather: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    local = weather["time_hour"].dt.tz_convert(NEW_YORK).dt.tz_localize(None)
    return weather.assign(time_hour=local.dt.tz_localize("UTC"))


def _renamed(weather: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    return weather.rename(columns={"temp": "temperature"})


# --- Flights -----------------------------------------------------------------------------------


def _truncated(flights: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    return flights.head(int(len(flights) * rng.uniform(0.7, 0.9)))


def _minutes(flights: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    return flights.assign(sched_dep_time=flights["hour"] * 60 + flights["minute"])


def _late_duplicates(flights: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    rows = rng.choice(flights.index, size=max(len(flights) // 100, 1), replace=False)
    again = flights.loc[np.sort(rows)]
    return pd.concat([flights, again.assign(arr_delay=again["arr_delay"] + 5)])


def _typo(flights: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    carrier = rng.choice(flights["carrier"].unique())
    return flights.assign(
        carrier=flights["carrier"].mask(flights["carrier"] == carrier, carrier.lower() + " ")
    )


def _filled(flights: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    return flights.assign(arr_delay=flights["arr_delay"].fillna(0.0))


_LIST: tuple[tuple[str, Literal["flights", "weather"], str, tuple[str, ...], Damage], ...] = (
    (
        "celsius",
        "weather",
        "One station starts to report °C in the columns of °F.",
        ("relation",),
        _celsius,
    ),
    ("knots", "weather", "The wind comes in knots in place of miles per hour.", (), _knots),
    (
        "impossible_wind",
        "weather",
        "One hour reports a wind of 1,048 mph.",
        ("range",),
        _impossible_wind,
    ),
    (
        "stuck_vane",
        "weather",
        "A wind vane is stuck at west for 36 hours.",
        ("history",),
        _stuck_vane,
    ),
    (
        "swapped_columns",
        "weather",
        "Temperature and dew point have changed places.",
        ("relation",),
        _swapped,
    ),
    (
        "duplicate_hour",
        "weather",
        "One hour is delivered twice.",
        ("key",),
        _duplicate_hour,
    ),
    (
        "missing_day",
        "weather",
        "The weather of one day is missing.",
        ("completeness",),
        _missing_day,
    ),
    (
        "local_as_utc",
        "weather",
        "New York's clock is delivered as UTC.",
        ("relation", "completeness"),
        _local_as_utc,
    ),
    (
        "minutes_for_hhmm",
        "flights",
        "The schedule comes in minutes after midnight in place of HHMM.",
        ("relation",),
        _minutes,
    ),
    (
        "category_typo",
        "flights",
        "A carrier is written in small letters with a space behind.",
        ("reference",),
        _typo,
    ),
    (
        "filled_missing",
        "flights",
        "Flights that never arrived get an arrival delay of 0.",
        ("relation",),
        _filled,
    ),
    (
        "late_duplicates",
        "flights",
        "One flight in a hundred comes again with a corrected delay.",
        ("key",),
        _late_duplicates,
    ),
    (
        "silent_truncation",
        "flights",
        "The file ends after 70 to 90 per cent of its rows.",
        ("completeness",),
        _truncated,
    ),
    (
        "renamed_column",
        "weather",
        "`temp` is called `temperature` from today on.",
        ("columns",),
        _renamed,
    ),
)

#: By name, in the order in which they are applied: a renamed column comes last.
FAULTS = {
    name: Fault(name, table, story, frozenset(seen_by), damage)
    for name, table, story, seen_by, damage in _LIST
}


def main(arguments: Sequence[str] | None = None) -> None:
    """List the faults, or write a damaged month as Parquet."""
    parser = argparse.ArgumentParser(prog="python -m flightline.faults", description=__doc__)
    parser.add_argument("fault", nargs="*", help="which faults to inject")
    parser.add_argument("--list", action="store_true", help="list the faults and stop")
    parser.add_argument("--month", type=int, choices=range(1, 13), default=5, metavar="1-12")
    parser.add_argument("--seed", type=int, default=0, help="decides which rows are hit")
    parser.add_argument("--out", type=Path, help="the folder to write to")
    given = parser.parse_args(arguments)
    if given.list:
        for fault in FAULTS.values():
            print(f"{fault.name:<18}{fault.table:<9}{fault.story}")
        return
    if not given.fault or given.out is None:
        parser.error("name a fault and a folder (`--out`), or ask for `--list`.")
    try:
        batch = inject(load_batch(given.month), given.fault, given.seed)
    except ValueError as error:
        parser.error(str(error))
    given.out.mkdir(parents=True, exist_ok=True)
    for name in ("flights", "weather"):
        getattr(batch, name).to_parquet(given.out / f"{name}.parquet", index=False)
        print(f"Wrote {name}.parquet: {len(getattr(batch, name)):,} rows.")


if __name__ == "__main__":
    main()
