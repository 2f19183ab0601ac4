"""Features as rows that can be stored: what was known of an entity, and since when.

`flightline.features` computes a flight's features at its own prediction time. A store can't: it
holds rows of `(entity, known_at, values)`, and each flight takes the latest one that was known.
The price is age: a snapshot taken every hour is up to an hour old.
"""

import pandas as pd

from flightline.definition import prediction_time
from flightline.features import WINDOWS, windowed_delays
from flightline.point_in_time import as_of

#: How often the delays of carriers, airports and destinations are summarised.
EVERY = pd.Timedelta(hours=1)
#: Older than this, a snapshot says nothing any more.
TTL = pd.Timedelta(hours=3)
#: Older than this, an aircraft's last arrival says nothing about its next departure.
AIRCRAFT_TTL = pd.Timedelta(hours=24)
#: The entities that are summarised on a grid of moments.
SNAPSHOT_ENTITIES = ("carrier", "origin", "dest")


def delay_snapshots(
    history: pd.DataFrame, entity: str, every: pd.Timedelta = EVERY
) -> pd.DataFrame:
    """Return each entity's recent delays at regular moments.

    Parameters
    ----------
    history : pandas.DataFrame
        Flights with `actual_arrival`, `arr_delay`, `actual_departure`, `dep_delay` and the column
        `entity`.
    entity : {"carrier", "origin", "dest"}
        Whose delays.
    every : pandas.Timedelta
        The distance between two snapshots.

    Returns
    -------
    pandas.DataFrame
        `entity`, `known_at` (UTC, microseconds) and six columns such as
        `carrier_arrival_delay_3h`: the mean delay, in minutes, of the flights that arrived (or
        departed) within the 3 hours before `known_at`. ``NaN`` where none did; no row where none
        did within 24 hours.
    """
    first = history["actual_departure"].min().floor(every)
    last = history["actual_arrival"].max().ceil(every) + every
    moments = pd.date_range(first, last, freq=every)
    names = sorted(history[entity].dropna().unique())
    grid = pd.MultiIndex.from_product([names, moments], names=[entity, "known_at"]).to_frame(False)
    columns = {}
    for noun, known_at, delay in (
        ("arrival", "actual_arrival", "arr_delay"),
        ("departure", "actual_departure", "dep_delay"),
    ):
        means = windowed_delays(grid[entity], grid["known_at"], history, entity, known_at, delay)
        columns.update({f"{entity}_{noun}_delay_{name}": means[name] for name in WINDOWS})
    table = grid.assign(**columns).dropna(subset=list(columns), how="all")
    return table.assign(known_at=table["known_at"].dt.as_unit("us")).reset_index(drop=True)


def aircraft_arrivals(history: pd.DataFrame) -> pd.DataFrame:
    """Return each aircraft's arrivals, as rows that became known.

    Parameters
    ----------
    history : pandas.DataFrame
        Flights with `tailnum`, `actual_arrival` and `arr_delay`.

    Returns
    -------
    pandas.DataFrame
        `tailnum`, `known_at` (UTC, microseconds: the end of the minute of arrival, because the
        clocks have no seconds) and `aircraft_last_arrival_delay` in minutes. Of two arrivals in
        one minute, the one that was scheduled later.
    """
    arrived = history.dropna(subset=["tailnum", "arr_delay"]).sort_values(
        ["actual_arrival", "scheduled_arrival"], kind="stable"
    )
    known_at = (arrived["actual_arrival"] + pd.Timedelta(minutes=1)).dt.as_unit("us")
    table = pd.DataFrame(
        {
            "tailnum": arrived["tailnum"],
            "known_at": known_at,
            "aircraft_last_arrival_delay": arrived["arr_delay"].astype(float),
        }
    )
    return table.drop_duplicates(["tailnum", "known_at"], keep="last").reset_index(drop=True)


def all_snapshots(history: pd.DataFrame, every: pd.Timedelta = EVERY) -> dict[str, pd.DataFrame]:
    """Return every table of stored features, by the column that names its entity."""
    tables = {entity: delay_snapshots(history, entity, every) for entity in SNAPSHOT_ENTITIES}
    return {**tables, "tailnum": aircraft_arrivals(history)}


def snapshot_features(flights: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the stored features of flights, each as it was known at the prediction time.

    Parameters
    ----------
    flights : pandas.DataFrame
        Needs `scheduled_departure` and the columns that name the entities.
    tables : dict
        As from `all_snapshots`.

    Returns
    -------
    pandas.DataFrame
        19 columns, the index of `flights`; ``NaN`` where nothing recent was known.
    """
    asked = flights[list(tables)].assign(prediction_time=prediction_time(flights))
    found = [
        as_of(asked, table, by=entity, ttl=AIRCRAFT_TTL if entity == "tailnum" else TTL)
        for entity, table in tables.items()
    ]
    return pd.concat(found, axis=1)
