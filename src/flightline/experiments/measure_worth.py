"""The training runs behind `flightline.experiments.worth`."""

import numpy as np
import pandas as pd

from flightline.data import load_flights, load_weather
from flightline.definition import is_late, prediction_time, split
from flightline.features import build_features
from flightline.point_in_time import as_of
from flightline.snapshots import aircraft_arrivals
from flightline.training import make_model

SEED = 0
#: The models learn from every fifth flight, as in the other chapters.
EVERY = 5


def every(rows: pd.Series) -> np.ndarray:
    """Return a mask of every fifth of the chosen rows."""
    chosen = np.zeros(len(rows), dtype=bool)
    chosen[np.flatnonzero(rows)[::EVERY]] = True
    return chosen


def aircraft_last_delay(flights: pd.DataFrame, history: pd.DataFrame) -> pd.Series:
    """Return how late each flight's aircraft last arrived, as known at prediction time.

    Parameters
    ----------
    flights : pandas.DataFrame
        Needs `scheduled_departure` and `tailnum`.
    history : pandas.DataFrame
        Needs `tailnum`, `scheduled_arrival`, `actual_arrival` and `arr_delay`.

    Returns
    -------
    pandas.Series
        Minutes, ``NaN`` where the aircraft is unknown or hasn't been seen.
    """
    asked = flights[["tailnum"]].assign(prediction_time=prediction_time(flights))
    known = as_of(asked, aircraft_arrivals(history), by="tailnum")
    return known["aircraft_last_arrival_delay"].rename("aircraft_last_delay")


def measure_worth() -> pd.DataFrame:
    """Train the four models and return the table of `flightline.experiments.worth`."""
    flights = load_flights()
    features = build_features(flights, load_weather())
    parts, late = split(flights), is_late(flights)
    said = flights[["scheduled_departure", "carrier", "origin", "dest"]].assign(
        aircraft_last_delay=aircraft_last_delay(flights, flights).astype("float32"),
        origin_recent_delay=features["origin_departure_delay_3h"].round(1).astype("float32"),
        is_late=late,
    )
    tables = []
    for part, learned in (("tune", parts.learn), ("test", parts.train)):
        rows, sample = getattr(parts, part), every(learned)
        labels = late[sample].astype(bool)
        table = said[rows].assign(part=part, is_late=late[rows].astype(bool))
        for column, weight in (("probability", None), ("reweighted", "balanced")):
            model = make_model("boosting", SEED, class_weight=weight)
            model.fit(features[sample], labels)
            probability = model.predict_proba(features[rows])[:, 1]
            table[column] = (1000 * probability).round().astype("uint16")
        print(f"{part}: a late flight weighs {(~labels).sum() / labels.sum():.3f}", flush=True)
        tables.append(table.sort_values("scheduled_departure", kind="stable"))
    table = pd.concat(tables)
    local = table["scheduled_departure"].dt.tz_convert("America/New_York")
    categories = ("part", "carrier", "origin", "dest", "day")
    table = table.assign(day=local.dt.strftime("%Y-%m-%d")).drop(columns="scheduled_departure")
    return table.astype(dict.fromkeys(categories, "category")).reset_index(drop=True)
