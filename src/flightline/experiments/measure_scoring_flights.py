"""The computation behind `flightline.experiments.scoring_flights`."""

import pandas as pd

from flightline.data import load_flights
from flightline.definition import is_late, split
from flightline.scoring import FLIGHT, RECENT
from flightline.snapshots import all_snapshots, snapshot_features

SEED = 0
SIZES = {"learn": 12_000, "gate": 8_000}
LIVE_UNTIL = pd.Timestamp("2013-09-15 04:00", tz="UTC")  # midnight in New York


def served_flights() -> pd.DataFrame:
    """Return every flight of the year that arrived, with the recent delays as a store holds them.

    Returns
    -------
    pandas.DataFrame
        `FLIGHT`, `RECENT` (float32) and `is_late`, in order of scheduled departure.
    """
    flights = load_flights()
    recent = snapshot_features(flights, all_snapshots(flights))[list(RECENT)]
    table = flights[list(FLIGHT)].join(recent.astype("float32").round(2))
    table = table[split(flights).train | split(flights).test]
    labelled = table.assign(is_late=is_late(flights)[table.index].astype(bool))
    return labelled.sort_values(["scheduled_departure", "carrier", "flight"], kind="stable")


def scoring_flights() -> pd.DataFrame:
    """Return the flights of `flightline.scoring.load_scoring_flights`, with their `part`."""
    table = served_flights()
    parts = split(table.assign(arr_delay=0.0))
    live = parts.test & (table["scheduled_departure"] < LIVE_UNTIL)
    masks = {"learn": parts.learn, "gate": parts.tune}
    chosen = [
        table[mask].sample(SIZES[part], random_state=SEED).assign(part=part)
        for part, mask in masks.items()
    ]
    chosen.append(table[live].assign(part="live"))
    return pd.concat([each.sort_index() for each in chosen]).sort_values(
        ["scheduled_departure", "carrier", "flight"], kind="stable"
    )
