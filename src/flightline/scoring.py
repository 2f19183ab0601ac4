"""What a served model is asked: a flight and what is known of it an hour before departure.

One function, `model_input`, makes the model's columns, for a table of training flights as for the
one flight of a request. So the two can't drift apart.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal

import numpy as np
import pandas as pd

from flightline.definition import arrived, is_late
from flightline.experiments.scoring_flights import ARTIFACT
from flightline.features import schedule_features
from flightline.snapshots import snapshot_features

#: Of the features that a store serves, those that the served model uses, in minutes.
RECENT = (
    "carrier_arrival_delay_3h",
    "origin_departure_delay_3h",
    "dest_arrival_delay_3h",
    "aircraft_last_arrival_delay",
)
#: What a request says about the flight itself.
FLIGHT = (
    "carrier",
    "flight",
    "origin",
    "dest",
    "scheduled_departure",
    "scheduled_arrival",
    "distance",
)
#: The columns that `model_input` makes for a model, and their types by MLflow's names.
INPUTS = {
    "departure_minute": "long",
    "weekday": "long",
    "scheduled_minutes": "double",
    "distance": "long",
    **dict.fromkeys(("carrier", "origin", "dest"), "string"),
    **dict.fromkeys(RECENT, "double"),
}
#: Warn from this probability on: a missed late flight costs five false alarms.
WARN_FROM = 1 / 6

Part = Literal["learn", "gate", "live"]


def model_input(flights: pd.DataFrame) -> pd.DataFrame:
    """Return the columns that the served model takes.

    Parameters
    ----------
    flights : pandas.DataFrame
        Needs the columns in `FLIGHT` and `RECENT`; the times in UTC.

    Returns
    -------
    pandas.DataFrame
        The columns of `flightline.features.schedule_features` and those in `RECENT` as float64,
        ``NaN`` where nothing recent was known; the index of `flights`.
    """
    recent = flights[list(RECENT)].astype(float)
    return pd.concat([schedule_features(flights), recent], axis=1)


def served_flights(flights: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return every flight that arrived, with the recent delays as a store would have served them.

    Parameters
    ----------
    flights : pandas.DataFrame
        As loaded by `flightline.data.load_flights`.
    tables : dict
        As from `flightline.snapshots.all_snapshots`.

    Returns
    -------
    pandas.DataFrame
        The columns in `FLIGHT` and `RECENT` (float32, minutes) and `is_late` (bool), in order of
        scheduled departure, with the index of `flights`.
    """
    recent = snapshot_features(flights, tables)[list(RECENT)]
    table = flights[list(FLIGHT)].join(recent.astype("float32").round(2))
    table = table.assign(is_late=is_late(flights))[arrived(flights)]
    table = table.astype({"is_late": bool})
    return table.sort_values(["scheduled_departure", "carrier", "flight"], kind="stable")


def request_table(request: Mapping[str, Any]) -> pd.DataFrame:
    """Return a request as a table of one flight; ``None`` becomes ``NaN``."""
    times = ("scheduled_departure", "scheduled_arrival")
    columns: dict[str, Any] = {
        name: np.array([np.nan if request[name] is None else request[name]], dtype=float)
        for name in RECENT
    }
    for name in FLIGHT:
        columns[name] = (
            pd.to_datetime([request[name]], utc=True) if name in times else [request[name]]
        )
    return pd.DataFrame(columns)


def requests(flights: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the flights as requests: values that JSON can hold, ``None`` for what isn't known."""
    table = flights[[*FLIGHT, *RECENT]].copy()
    for name in ("scheduled_departure", "scheduled_arrival"):
        table[name] = table[name].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return json.loads(table.to_json(orient="records", double_precision=2))


def flight_key(request: Mapping[str, Any]) -> str:
    """Return what identifies the flight of a request, the same for every request about it."""
    departure = pd.Timestamp(request["scheduled_departure"]).tz_convert("UTC")
    return f"{request['carrier']}{request['flight']}/{departure:%Y-%m-%dT%H:%MZ}"


@cache
def _scoring_flights() -> pd.DataFrame:
    return pd.read_parquet(ARTIFACT)


def load_scoring_flights(part: Part) -> pd.DataFrame:
    """Return flights with what a feature store would have served for them.

    Parameters
    ----------
    part : {"learn", "gate", "live"}
        12,000 flights of January to June, 8,000 of July and August, both drawn at random, or all
        of the first two weeks of September.

    Returns
    -------
    pandas.DataFrame
        The columns in `FLIGHT` and `RECENT`, `is_late` (bool) and `day` (the date of departure in
        New York, text), in order of scheduled departure. Made by
        ``python -m flightline.experiments.scoring_flights``.
    """
    flights = _scoring_flights()
    chosen = flights[flights["part"] == part].drop(columns="part").reset_index(drop=True)
    local = chosen["scheduled_departure"].dt.tz_convert("America/New_York")
    return chosen.assign(day=local.dt.strftime("%Y-%m-%d"))


def cost_per_flight(is_late: pd.Series | np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Return what each answer cost: 1 for a false alarm, 5 for a miss, 0 otherwise.

    Parameters
    ----------
    is_late : array of bool, shape (n,)
        Whether each flight was late.
    probability : array of float, shape (n,)
        What was answered; from `WARN_FROM` on somebody was warned.

    Returns
    -------
    numpy.ndarray
        float64, shape (n,).
    """
    late, warned = np.asarray(is_late, dtype=bool), np.asarray(probability) >= WARN_FROM
    return 1.0 * (warned & ~late) + 5.0 * (late & ~warned)
