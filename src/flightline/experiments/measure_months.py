"""The training runs behind `flightline.experiments.months`: about four minutes on one core."""

import hashlib
import math
import os
import platform
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd

from flightline.data import data_dir, load_flights, load_weather
from flightline.definition import arrived, is_late, split
from flightline.experiments.months import (
    CHAMPION_MONTHS,
    EVIDENTLY_COLUMNS,
    FIRST_TRAINED,
    SERVED,
    WINDOWS,
)
from flightline.features import build_features
from flightline.gates import bootstrap_interval
from flightline.monitoring import drift_table, performance
from flightline.training import make_model

SEED = 0
#: The champion learned from every fifth flight of January to August, as in the other chapters.
EVERY = 5
#: Evidently sees so many flights of each side.
EVIDENTLY_FLIGHTS = 5_000


class Year:
    """The labelled flights with their features, and when each label was known."""

    def __init__(self, flights: pd.DataFrame, weather: pd.DataFrame) -> None:
        features = build_features(flights, weather)
        labelled = arrived(flights)
        self.train = split(flights).train[labelled]
        self.flights = flights[labelled]
        self.features = features[labelled]
        self.late = is_late(self.flights).astype(bool).to_numpy()
        local = self.flights["scheduled_departure"].dt.tz_convert("America/New_York")
        self.month = local.dt.month.to_numpy()
        self.day = local.dt.dayofyear.to_numpy()

    def learned(self, trained: int, window: str) -> np.ndarray:
        """Return which flights a model trained at the end of a month could learn from."""
        end = pd.Timestamp(year=2013, month=trained + 1, day=1, tz="America/New_York")
        # Flights in the air at midnight have no label yet.
        known = (self.flights["actual_arrival"] < end.tz_convert("UTC")).to_numpy()
        first = trained - 2 if window == "last 3" else 1
        return known & (self.month >= first) & (self.month <= trained)

    def predict(self, rows: np.ndarray, of: np.ndarray | None = None) -> np.ndarray:
        """Train on some flights; return the probability of every flight, or of some."""
        model = make_model("boosting", SEED).fit(self.features[rows], self.late[rows])
        return model.predict_proba(self.features if of is None else self.features[of])[:, 1]

    def scores(self, p: np.ndarray, month: int) -> dict[str, float]:
        """Return a month's `performance`, rounded."""
        rows = self.month == month
        return _rounded(performance(self.late[rows], p[rows]))


def flight_loss(late: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Return each flight's log-loss."""
    return -np.log(np.where(late, p, 1 - p))


def measure_models(year: Year) -> dict[str, Any]:
    """Return every model's scores in every later month."""
    frozen: np.ndarray | None = None
    measured: dict[str, Any] = {window: {} for window in WINDOWS}
    for trained in range(FIRST_TRAINED, 12):
        for window in WINDOWS:
            # Until March, all months are the last three.
            if trained == FIRST_TRAINED and frozen is not None:
                p = frozen
            else:
                p = year.predict(year.learned(trained, window))
            frozen = p if frozen is None else frozen
            difference = flight_loss(year.late, p) - flight_loss(year.late, frozen)
            found = {}
            for month in range(trained + 1, 13):
                rows = year.month == month
                low, high = bootstrap_interval(difference[rows], year.day[rows])
                gain = {"against_frozen": float(difference[rows].mean()), "low": low, "high": high}
                found[str(month)] = year.scores(p, month) | _rounded(gain)
            measured[window][str(trained)] = found
            print(window, trained, {m: s["log_loss"] for m, s in found.items()}, flush=True)
    return measured


def measure_drift(year: Year) -> dict[str, Any]:
    """Return each feature's drift against January to March."""
    before = year.features[year.month <= FIRST_TRAINED]
    found = {}
    for month in SERVED:
        table = drift_table(before, year.features[year.month == month])
        rows = zip(table.index, table["psi"], table["ks"], strict=True)
        found[str(month)] = {
            name: {"psi": round(psi, 3), "ks": None if math.isnan(ks) else round(ks, 3)}
            for name, psi, ks in rows
        }
    return found


def evidently_sides(features: pd.DataFrame, reference: Any, current: Any) -> list[pd.DataFrame]:
    """Return the two samples that Evidently compares: every so many-th flight of each side."""
    sides = []
    for rows in (reference, current):
        at = np.flatnonzero(rows)
        at = at[np.linspace(0, len(at) - 1, EVIDENTLY_FLIGHTS).astype(int)]
        sides.append(features.iloc[at][list(EVIDENTLY_COLUMNS)].reset_index(drop=True))
    return sides


def run_evidently(reference: pd.DataFrame, current: pd.DataFrame) -> dict[str, Any]:
    """Return what Evidently's drift preset says about each column, with PSI as the measure."""
    os.environ.setdefault("DO_NOT_TRACK", "1")
    from evidently import Report
    from evidently.presets import DataDriftPreset

    run = Report([DataDriftPreset(method="psi")]).run(current, reference)
    columns, share = {}, None
    for metric in run.dict()["metrics"]:
        config, value = metric["config"], metric["value"]
        if "column" in config:
            columns[config["column"]] = round(float(value), 3)
        else:
            share = float(value["share"])
    return {"version": version("evidently"), "drifted_share": share, "psi": columns}


def measure_months() -> dict[str, Any]:
    """Measure everything.

    Returns
    -------
    dict
        `models`, `champion`, `drift`, `evidently` and `made_with`.
    """
    year = Year(load_flights(), load_weather())
    champion = year.predict(_every(year.train))
    sides = evidently_sides(year.features, year.month <= 8, year.month == 12)
    return {
        "models": measure_models(year),
        "champion": {str(month): year.scores(champion, month) for month in CHAMPION_MONTHS},
        "drift": measure_drift(year),
        "evidently": run_evidently(*sides),
        "made_with": {
            "seed": SEED,
            "data": hashlib.sha256((data_dir() / "SHA256SUMS").read_bytes()).hexdigest(),
            "python": platform.python_version(),
            **{name: version(name) for name in ("numpy", "pandas", "scikit-learn")},
        },
    }


def _every(rows: pd.Series) -> np.ndarray:
    chosen = np.zeros(len(rows), dtype=bool)
    chosen[np.flatnonzero(rows)[::EVERY]] = True
    return chosen


def _rounded(found: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in found.items()}
