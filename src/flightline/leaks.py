"""Features that know the future, each beside what a service can compute in its place.

They are here to be measured and caught, not to be used: `flightline.features` has the right ones.
Each mistake is one that runs without an error and that reads well in a review.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from flightline.definition import prediction_time
from flightline.features import (
    ENTITIES,
    WINDOWS,
    arrival_features,
    departure_features,
    windowed_delays,
)
from flightline.point_in_time import as_of

#: How many rows `previous_rows` looks back on.
ROWS = 20
#: An arrival of this very minute may lie after the moment: the clocks have no seconds.
MINUTE = pd.Timedelta(minutes=1)

Compute = Callable[[pd.DataFrame, pd.DataFrame], pd.DataFrame]


@dataclass(frozen=True)
class Twin:
    """One mistake.

    Attributes
    ----------
    mistake
        What the feature says of itself.
    leaky
        Takes flights and the history they are part of; returns the features with the leak.
    served
        Takes the same; returns the same columns from what was known at prediction time.
    """

    mistake: str
    leaky: Compute
    served: Compute


def whole_day(flights: pd.DataFrame, history: pd.DataFrame) -> pd.DataFrame:
    """Return the mean arrival delay of the entity's flights of the same day.

    The day isn't over at prediction time, and the flight itself is among those averaged.

    Parameters
    ----------
    flights, history : pandas.DataFrame
        Flights with `scheduled_departure`, `arr_delay` and the columns in `ENTITIES`.

    Returns
    -------
    pandas.DataFrame
        4 columns such as `carrier_day_delay`, in minutes.
    """
    features = {}
    for entity, column in ENTITIES.items():
        asked, key = _entity_day(flights, history, column)
        features[f"{entity}_day_delay"] = asked.map(history["arr_delay"].groupby(key).mean())
    return pd.DataFrame(features)


def day_so_far(flights: pd.DataFrame, history: pd.DataFrame) -> pd.DataFrame:
    """Return the mean arrival delay of the entity's flights of the day that have landed.

    Parameters
    ----------
    flights, history : pandas.DataFrame
        As in `whole_day`, `history` with `actual_arrival`.

    Returns
    -------
    pandas.DataFrame
        The columns of `whole_day`.
    """
    landed = _landed(history)
    features = {}
    for entity, column in ENTITIES.items():
        asked, key = _entity_day(flights, landed, column)
        delays = landed["arr_delay"].groupby(key)
        mean = delays.cumsum() / (delays.cumcount() + 1)
        features[f"{entity}_day_delay"] = _latest(asked, key, landed["known_at"], mean, flights)
    return pd.DataFrame(features)


def by_schedule(flights: pd.DataFrame, history: pd.DataFrame) -> pd.DataFrame:
    """Return the features of `arrival_features`, with windows by scheduled departure.

    A flight that was to leave by prediction time counts, with an arrival delay that nobody knows
    before it has landed.

    Parameters
    ----------
    flights, history : pandas.DataFrame
        As in `arrival_features`, `history` with `scheduled_departure` and `arr_delay`.

    Returns
    -------
    pandas.DataFrame
        The 12 columns of `arrival_features`.
    """
    moments = prediction_time(flights)
    features = {}
    for entity, column in ENTITIES.items():
        means = windowed_delays(
            flights[column], moments, history, column, "scheduled_departure", "arr_delay"
        )
        features.update({f"{entity}_arrival_delay_{name}": means[name] for name in WINDOWS})
    return pd.DataFrame(features)


def previous_rows(flights: pd.DataFrame, history: pd.DataFrame) -> pd.DataFrame:
    """Return the mean arrival delay of the entity's 20 rows before, ``shift(1).rolling(20)``.

    The rows are in the order of scheduled departure: the row before is the flight that was to
    leave minutes earlier, and it hasn't landed.

    Parameters
    ----------
    flights, history : pandas.DataFrame
        `flights` are rows of `history`, which has `scheduled_departure`, `arr_delay` and the
        columns in `ENTITIES`.

    Returns
    -------
    pandas.DataFrame
        4 columns such as `carrier_last_20_delay`, in minutes.
    """
    ordered = history.sort_values("scheduled_departure", kind="stable")
    features = {}
    for entity, column in ENTITIES.items():
        before = ordered.groupby(column)["arr_delay"].shift(1)
        features[f"{entity}_last_{ROWS}_delay"] = _mean_of_last(before, ordered[column])
    return pd.DataFrame(features).reindex(flights.index)


def previous_landed(flights: pd.DataFrame, history: pd.DataFrame) -> pd.DataFrame:
    """Return the mean arrival delay of the entity's 20 flights that landed last.

    Parameters
    ----------
    flights, history : pandas.DataFrame
        As in `previous_rows`, `history` with `actual_arrival`.

    Returns
    -------
    pandas.DataFrame
        The columns of `previous_rows`.
    """
    landed = _landed(history)
    features = {}
    for entity, column in ENTITIES.items():
        key = landed[column]
        mean = _mean_of_last(landed["arr_delay"], key)
        features[f"{entity}_last_{ROWS}_delay"] = _latest(
            flights[column], key, landed["known_at"], mean, flights
        )
    return pd.DataFrame(features)


def at_scheduled_departure(flights: pd.DataFrame, history: pd.DataFrame) -> pd.DataFrame:
    """Return the features of `departure_features`, computed at scheduled departure.

    By then more than half of the flights have left, so the flight's own delay is in the means.

    Parameters
    ----------
    flights, history : pandas.DataFrame
        As in `departure_features`.

    Returns
    -------
    pandas.DataFrame
        The 12 columns of `departure_features`.
    """
    features = {}
    for entity, column in ENTITIES.items():
        moments = flights["scheduled_departure"]
        means = windowed_delays(
            flights[column], moments, history, column, "actual_departure", "dep_delay"
        )
        features.update({f"{entity}_departure_delay_{name}": means[name] for name in WINDOWS})
    return pd.DataFrame(features)


#: The four mistakes of the course, by name.
TWINS = {
    "at scheduled departure": Twin(
        "departure delays, asked at scheduled departure",
        at_scheduled_departure,
        departure_features,
    ),
    "whole day": Twin("mean arrival delay of the same day", whole_day, day_so_far),
    "by schedule": Twin(
        "arrival delays, windows by scheduled departure", by_schedule, arrival_features
    ),
    "rows before": Twin("mean arrival delay of the 20 rows before", previous_rows, previous_landed),
}


def _entity_day(
    flights: pd.DataFrame, history: pd.DataFrame, column: str
) -> tuple[pd.Series, pd.Series]:
    """Return a number for each entity and day of New York, missing where the entity is."""
    codes = pd.Index(history[column].dropna().unique())
    numbers = []
    for table in (flights, history):
        day = table["scheduled_departure"].dt.tz_convert("America/New_York").dt.dayofyear
        code = pd.Series(codes.get_indexer(pd.Index(table[column])), index=table.index)
        numbers.append((code * 1000 + day).astype(float).where(code >= 0))
    return numbers[0], numbers[1]


def _landed(history: pd.DataFrame) -> pd.DataFrame:
    """Return the flights that landed, in the order in which that became known."""
    landed = history.dropna(subset=["arr_delay"]).reset_index(drop=True)
    landed = landed.assign(known_at=landed["actual_arrival"] + MINUTE)
    return landed.sort_values(["known_at", "scheduled_arrival"], kind="stable")


def _mean_of_last(values: pd.Series, key: pd.Series) -> pd.Series:
    """Return the rolling mean of each key's last `ROWS` values, missing where the key is."""
    named = key.notna()
    if not named.any():
        return values.where(named)
    rolled = values[named].groupby(key[named]).rolling(ROWS, min_periods=1).mean()
    return rolled.droplevel(0).reindex(values.index)


def _latest(
    asked: pd.Series, key: pd.Series, known_at: pd.Series, value: pd.Series, flights: pd.DataFrame
) -> pd.Series:
    """Return each key's latest value that was known at the flights' prediction time."""
    known = pd.DataFrame({"key": key, "known_at": known_at, "value": value})
    known = known.drop_duplicates(["key", "known_at"], keep="last")
    questions = pd.DataFrame({"key": asked, "prediction_time": prediction_time(flights)})
    return as_of(questions, known, by="key")["value"]
