"""The computation behind `flightline.experiments.scoring_flights`."""

import pandas as pd

from flightline.data import load_flights
from flightline.definition import split
from flightline.scoring import served_flights
from flightline.snapshots import all_snapshots

SEED = 0
SIZES = {"learn": 12_000, "gate": 8_000}
LIVE_UNTIL = pd.Timestamp("2013-09-15 04:00", tz="UTC")  # midnight in New York


def scoring_flights() -> pd.DataFrame:
    """Return the flights of `flightline.scoring.load_scoring_flights`, with their `part`."""
    flights = load_flights()
    table = served_flights(flights, all_snapshots(flights))
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
