"""The training runs behind `flightline.experiments.leaks`: about two minutes on one core."""

import hashlib
import json
import platform
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from flightline.data import data_dir, load_flights, load_weather
from flightline.definition import TEST_MONTHS, is_late, prediction_time, split
from flightline.experiments.leaks import AGES, DAY, WAYS
from flightline.features import build_features
from flightline.leaks import TWINS
from flightline.point_in_time import as_of
from flightline.snapshots import AIRCRAFT_TTL, TTL, all_snapshots
from flightline.training import make_model

SEED = 0
#: Every fifth flight of January to August is trained on, 43,546 in all.
EVERY = 5
#: Of the tests of the leaky twins, every third flight: a lesson measures some of them again.
TWINS_TEST_EVERY = 3


class Bench:
    """The flights, which of them are trained on and tested, and their labels.

    Of the flights of September to December every one is tested, or every `test_every`-th.
    """

    def __init__(self, flights: pd.DataFrame, test_every: int = 1) -> None:
        parts = split(flights)
        self.train = np.flatnonzero(parts.train)[::EVERY]
        self.test = np.flatnonzero(parts.test)[::test_every]
        late = is_late(flights)
        self.late = late.iloc[self.train].astype(bool).to_numpy()
        self.truth = late.iloc[self.test].astype(bool).to_numpy()
        local = flights["scheduled_departure"].dt.tz_convert("America/New_York")
        self.month = local.dt.month.to_numpy()[self.test]

    def fit(self, features: pd.DataFrame) -> Any:
        """Train gradient boosting with its defaults."""
        return make_model("boosting", SEED).fit(features.iloc[self.train], self.late)

    def scores(self, model: Any, features: pd.DataFrame) -> dict[str, Any]:
        """Return the AUC over all test months and of each."""
        p = model.predict_proba(features.iloc[self.test])[:, 1]
        months = []
        for month in range(TEST_MONTHS[0], TEST_MONTHS[1] + 1):
            rows = self.month == month
            months.append(round(float(roc_auc_score(self.truth[rows], p[rows])), 4))
        return {"auc": round(float(roc_auc_score(self.truth, p)), 4), "months": months}


def measure_twins(
    bench: Bench, flights: pd.DataFrame, base: pd.DataFrame
) -> dict[str, dict[str, Any]]:
    """Return what each leaky twin promises, what it keeps, and what the honest one does."""
    measured = {}
    for name, twin in TWINS.items():
        leaky = pd.concat([base, twin.leaky(flights, flights)], axis=1)
        served = pd.concat([base, twin.served(flights, flights)], axis=1)
        model, honest = bench.fit(leaky), bench.fit(served)
        found = [
            bench.scores(model, leaky),
            bench.scores(model, served),
            bench.scores(honest, served),
        ]
        measured[name] = dict(zip(WAYS, found, strict=True))
        print(name, {way: scores["auc"] for way, scores in measured[name].items()}, flush=True)
    return measured


def stored_features(flights: pd.DataFrame, hours: int) -> pd.DataFrame:
    """Return the stored features when a snapshot is taken every so many hours."""
    every = pd.Timedelta(hours=hours)
    asked = flights[["carrier", "origin", "dest", "tailnum"]]
    asked = asked.assign(prediction_time=prediction_time(flights))
    found = []
    for entity, table in all_snapshots(flights, every).items():
        # The last snapshot has to count until the next one is there.
        ttl = AIRCRAFT_TTL if entity == "tailnum" else max(TTL, every)
        found.append(as_of(asked, table, by=entity, ttl=ttl))
    return pd.concat(found, axis=1)


def measure_ages(
    bench: Bench, flights: pd.DataFrame, base: pd.DataFrame, exact: pd.DataFrame
) -> dict[str, dict[str, float]]:
    """Return what the age of the features costs, trained alike and trained on hourly ones."""
    measured: dict[str, dict[str, float]] = {}
    hourly = None
    for hours in AGES:
        stored = stored_features(flights, hours) if hours else exact
        features = pd.concat([base, stored], axis=1)
        model = bench.fit(features)
        scores = {"trained_alike": bench.scores(model, features)["auc"]}
        hourly = model if hours == 1 else hourly
        if hourly is not None:
            scores["trained_hourly"] = bench.scores(hourly, features)["auc"]
        measured[str(hours)] = scores
        print(hours, scores, flush=True)
    return measured


def day_flights(flights: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the flights of the time machine, in minutes of New York's clock."""
    chosen = flights
    for name, value in DAY.items():
        chosen = chosen[chosen[name] == value]
    midnight = pd.Timestamp(f"2013-{DAY['month']}-{DAY['day']}", tz="America/New_York")
    table = pd.DataFrame({"flight": chosen["carrier"] + " " + chosen["flight"].astype(str)})
    for name in ("scheduled_departure", "actual_departure", "scheduled_arrival", "actual_arrival"):
        minutes = (chosen[name] - midnight) / pd.Timedelta(minutes=1)
        table[name.replace("actual_", "")] = minutes
    table = table.assign(dep_delay=chosen["dep_delay"], arr_delay=chosen["arr_delay"])
    rows = json.loads(table.sort_values("scheduled_departure").to_json(orient="records"))
    return [{name: _whole(value) for name, value in row.items()} for row in rows]


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) else value


def measure_leaks() -> dict[str, Any]:
    """Measure everything.

    Returns
    -------
    dict
        `twins`, `ages`, `day`, and `made_with`.
    """
    flights, weather = load_flights(), load_weather()
    bench = Bench(flights)
    base = build_features(flights, weather, sets=["schedule", "weather"])
    exact = build_features(flights, weather, sets=["arrivals", "departures"])
    fewer = Bench(flights, TWINS_TEST_EVERY)
    return {
        "twins": measure_twins(fewer, flights, base),
        "ages": measure_ages(bench, flights, base, exact),
        "day": day_flights(flights),
        "made_with": {
            "seed": SEED,
            "data": hashlib.sha256((data_dir() / "SHA256SUMS").read_bytes()).hexdigest(),
            "python": platform.python_version(),
            **{name: version(name) for name in ("numpy", "pandas", "scikit-learn")},
        },
    }
