"""The training behind `flightline.experiments.schedule_model`."""

import hashlib
from importlib.metadata import version
from typing import Any

import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import OneHotEncoder

from flightline.data import data_dir, load_flights
from flightline.definition import is_late, split
from flightline.experiments.schedule_model import FEATURES

SEED = 0
TRAINING_ROWS = 40_000
COLUMNS = ("scheduled_departure", "arr_delay", "carrier", "origin", "dest")


def schedule_table(flights: pd.DataFrame) -> pd.DataFrame:
    """Return the features of the schedule model as texts, one column each."""
    departure = flights["scheduled_departure"].dt.tz_convert("America/New_York")
    table = flights.assign(hour=departure.dt.hour, weekday=departure.dt.dayofweek)
    return table[list(FEATURES)].astype(str)


def measure_schedule_model() -> dict[str, Any]:
    """Train on a sample of January to August, score on September to December."""
    flights = load_flights(COLUMNS)
    parts = split(flights)
    sample = flights[parts.train].sample(TRAINING_ROWS, random_state=SEED)
    encoder = OneHotEncoder(handle_unknown="ignore")
    model = LogisticRegression(max_iter=1000)
    model.fit(
        encoder.fit_transform(schedule_table(sample)), is_late(sample).astype(bool).to_numpy()
    )
    test = flights[parts.test]
    probability = model.predict_proba(encoder.transform(schedule_table(test)))[:, 1]
    weights = iter(model.coef_[0])
    return {
        "name": "schedule-2013-08",
        "intercept": round(float(model.intercept_[0]), 5),
        "weights": {
            feature: {str(value): round(float(next(weights)), 5) for value in values}
            for feature, values in zip(FEATURES, encoder.categories_, strict=True)
        },
        "auc": round(float(roc_auc_score(is_late(test).astype(bool), probability)), 4),
        "made_with": {
            "data": hashlib.sha256((data_dir() / "SHA256SUMS").read_bytes()).hexdigest(),
            "rows": TRAINING_ROWS,
            "seed": SEED,
            "scikit-learn": version("scikit-learn"),
        },
    }
