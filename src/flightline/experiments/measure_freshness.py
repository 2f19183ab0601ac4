"""The training runs behind `flightline.experiments.freshness`: about three minutes on one core."""

import hashlib
import platform
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from flightline.data import data_dir, load_flights, load_weather
from flightline.definition import LATE_MINUTES, prediction_time
from flightline.experiments.freshness import INTERVALS, OUTAGES
from flightline.experiments.measure_leaks import SEED, Bench
from flightline.features import build_features
from flightline.point_in_time import as_of
from flightline.snapshots import AIRCRAFT_TTL, TTL, all_snapshots
from flightline.training import make_model

HOURLY = 60
AIRCRAFT = "aircraft_last_arrival_delay"
#: How many times the days are drawn for an interval.
ROUNDS = 200
NO_OUTAGE = pd.Timedelta(0)
Tables = dict[str, pd.DataFrame]


def last_run(moments: pd.Series, minutes: int) -> pd.Series:
    """Return when the job last ran, which it does at midnight UTC and every so many minutes."""
    return moments.dt.floor(f"{minutes}min")


def served(
    flights: pd.DataFrame, tables: Tables, minutes: int, outage: pd.Timedelta = NO_OUTAGE
) -> pd.DataFrame:
    """Return the features of flights as the online store holds them after the job's last run.

    During an outage the last run lies that much further back, and a value counts however old.
    """
    asked = flights[list(tables)].assign(
        prediction_time=last_run(prediction_time(flights), minutes) - outage
    )
    ttl = max(TTL, pd.Timedelta(minutes=minutes))
    found = [
        as_of(asked, table, by=entity, ttl=AIRCRAFT_TTL if entity == "tailnum" else ttl)
        for entity, table in tables.items()
    ]
    return pd.concat(found, axis=1)


def rows_per_day(tables: Tables, minutes: int) -> float:
    """Return how many rows the job writes in a day: at each run the latest of each new entity."""
    written = 0
    for entity, table in tables.items():
        run = table["known_at"].dt.ceil(f"{minutes}min")
        written += len(pd.DataFrame({"entity": table[entity], "run": run}).drop_duplicates())
    days = tables["carrier"]["known_at"].dt.date.nunique()
    return round(written / days, 1)


def mean_age(flights: pd.DataFrame, tables: Tables, minutes: int) -> float:
    """Return the mean age, in minutes, of the carrier's row at the prediction time."""
    asked = flights[["carrier"]].assign(
        moment=prediction_time(flights), last_run=last_run(prediction_time(flights), minutes)
    )
    rows = tables["carrier"][["carrier", "known_at"]].assign(since=lambda row: row["known_at"])
    found = as_of(asked, rows, by="carrier", moment="last_run")["since"]
    return round(float(((asked["moment"] - found).dt.total_seconds() / 60).mean()), 1)


def second_model(
    bench: Bench, flights: pd.DataFrame, base: pd.DataFrame, stored: pd.DataFrame
) -> dict[str, float]:
    """Return the AUC for another question, without and with the stored features.

    The question is whether a flight leaves 30 minutes late or more.
    """
    late = (flights["dep_delay"] >= LATE_MINUTES).to_numpy()
    found = {}
    for name, features in (("without", base), ("with", pd.concat([base, stored], axis=1))):
        model = make_model("boosting", SEED)
        model.fit(features.iloc[bench.train], late[bench.train])
        p = model.predict_proba(features.iloc[bench.test])[:, 1]
        found[name] = round(float(roc_auc_score(late[bench.test], p)), 4)
    print(found, flush=True)
    return found


def auc_gain(
    truth: np.ndarray, days: np.ndarray, p: np.ndarray, reference: np.ndarray
) -> dict[str, float]:
    """Return how much higher the AUC of `p` is than that of `reference`, with its interval.

    The 95 % bootstrap interval draws whole days, because the flights of one share its weather.
    """

    def gain(rows: np.ndarray) -> float:
        one, other = (
            roc_auc_score(truth[rows], p[rows]),
            roc_auc_score(truth[rows], reference[rows]),
        )
        return float(one - other)

    by_day = [np.flatnonzero(days == day) for day in np.unique(days)]
    rng = np.random.default_rng(SEED)
    drawn = [
        gain(np.concatenate([by_day[day] for day in rng.integers(0, len(by_day), len(by_day))]))
        for _ in range(ROUNDS)
    ]
    low, high = np.quantile(drawn, [0.025, 0.975])
    found = {"difference": gain(np.arange(len(truth))), "low": float(low), "high": float(high)}
    return {name: round(value, 4) for name, value in found.items()}


def without(stored: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Return the stored features with some of them missing everywhere."""
    return stored.assign(**dict.fromkeys(columns, float("nan")))


def measure_freshness() -> dict[str, Any]:
    """Measure everything.

    Returns
    -------
    dict
        `intervals`, `quarter_hour_gain`, `outages`, `second_model` and `made_with`.
    """
    flights, weather = load_flights(), load_weather()
    bench = Bench(flights)
    base = build_features(flights, weather, sets=["schedule", "weather"])
    tested = flights.iloc[bench.test]

    hourly = all_snapshots(flights)
    stored = served(flights, hourly, HOURLY)
    model = bench.fit(pd.concat([base, stored], axis=1))

    intervals, p = {}, {}
    for minutes in INTERVALS:
        tables = all_snapshots(flights, pd.Timedelta(minutes=minutes))
        features = pd.concat([base, served(flights, tables, minutes)], axis=1)
        own = model if minutes == HOURLY else bench.fit(features)
        p[minutes] = model.predict_proba(features.iloc[bench.test])[:, 1]
        intervals[str(minutes)] = {
            "age": mean_age(tested, tables, minutes),
            "rows": rows_per_day(tables, minutes),
            "hourly_model": bench.scores(model, features)["auc"],
            "own_model": bench.scores(own, features)["auc"],
        }
        print(minutes, intervals[str(minutes)], flush=True)
    days = (
        tested["scheduled_departure"]
        .dt.tz_convert("America/New_York")
        .dt.date.astype(str)
        .to_numpy()
    )
    gain = auc_gain(bench.truth, days, p[INTERVALS[0]], p[HOURLY])
    print(gain, flush=True)

    def score(features: pd.DataFrame) -> float:
        return bench.scores(model, pd.concat([base, features], axis=1))["auc"]

    columns = [str(name) for name in stored]
    delays = [name for name in columns if name != AIRCRAFT]
    gone = {
        "missing": score(without(stored, columns)),
        "no_delays": score(without(stored, delays)),
        "no_aircraft": score(without(stored, [AIRCRAFT])),
        "fallback": bench.scores(bench.fit(base), base)["auc"],
    }
    outages = {}
    for hours in OUTAGES:
        old = served(flights, hourly, HOURLY, pd.Timedelta(hours=hours))
        outages[str(hours)] = {
            "stale": score(old),
            "delays": score(old.assign(**{AIRCRAFT: stored[AIRCRAFT]})),
            "aircraft": score(stored.assign(**{AIRCRAFT: old[AIRCRAFT]})),
            **gone,
        }
        print(hours, outages[str(hours)], flush=True)
    return {
        "intervals": intervals,
        "quarter_hour_gain": gain,
        "outages": outages,
        "second_model": second_model(bench, flights, base, stored),
        "made_with": {
            "seed": SEED,
            "data": hashlib.sha256((data_dir() / "SHA256SUMS").read_bytes()).hexdigest(),
            "python": platform.python_version(),
            **{name: version(name) for name in ("numpy", "pandas", "scikit-learn")},
        },
    }
