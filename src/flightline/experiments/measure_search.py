"""The trainings behind `flightline.experiments.search`."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from flightline.data import load_flights
from flightline.definition import split
from flightline.gates import bootstrap_interval
from flightline.scoring import (
    cost_per_flight,
    load_scoring_flights,
    model_input,
    served_flights,
)
from flightline.snapshots import all_snapshots
from flightline.tracking import FEATURES, Recipe, Tracker, Training, fit, quietly
from flightline.training import make_model

#: Trees and leaves of each tree.
SIZES = ((20, 7), (50, 7), (50, 15), (100, 7), (100, 15), (100, 31), (200, 7))
ROWS = (3_000, 12_000)
#: Tags of a run that are the same on every machine.
TAGS = ("estimator_name", "mlflow.source.git.commit", "mlflow.source.type")


def search_flights() -> pd.DataFrame:
    """Return the 20,000 flights of the search: 12,000 to learn from, 8,000 to judge on."""
    parts = [load_scoring_flights("learn"), load_scoring_flights("gate")]
    return pd.concat(parts, ignore_index=True)


def recipes() -> list[Recipe]:
    """Return the 43 recipes: a logistic regression, then boosting with every combination."""
    boosting = [
        Recipe("boosting", features, rows, 0, {"max_iter": trees, "max_leaf_nodes": leaves})
        for features in FEATURES
        for rows in ROWS
        for trees, leaves in SIZES
    ]
    return [Recipe("logistic", "both", 12_000), *boosting]


def later_flights() -> pd.DataFrame:
    """Return every flight of September to December with what a store would have served for it."""
    flights = load_flights()
    table = served_flights(flights, all_snapshots(flights))
    return table[split(table.assign(arr_delay=0.0)).test]


def measure_search() -> tuple[dict[str, Any], pd.DataFrame]:
    """Train every recipe; return what `load_search` holds, and the cost of each judged flight."""
    flights, later = search_flights(), later_flights()
    inputs = model_input(later)
    runs: list[dict[str, Any]] = []
    columns: dict[str, Any] = {}
    costs_later: dict[str, Any] = {}
    for number, recipe in enumerate(recipes(), 1):
        began = time.perf_counter()
        training = fit(flights, recipe)
        seconds = round(time.perf_counter() - began, 2)
        name = f"try-{number:02}"
        metrics = {key: round(value, 12) for key, value in training.metrics.items()}
        # The digest says which code it was; its commit is the one that holds this artifact.
        training.record["code"]["commit"] = None
        found = {"name": name, "record": training.record}
        runs.append({**found, "metrics": {**metrics, "seconds": seconds}})
        columns[name] = training.costs.astype("int8")
        costs_later[name] = _costs(training, inputs, later["is_late"])
        print(name, recipe.flat(), round(metrics["cost"], 1), metrics["size_kb"], flush=True)
    days = later["scheduled_departure"].dt.tz_convert("America/New_York").dt.strftime("%Y-%m-%d")
    best = min(runs, key=lambda run: run["metrics"]["cost"])["name"]
    for run in runs:
        cost = costs_later[run["name"]]
        low, high = bootstrap_interval(1000 * (cost - costs_later[best]), days.to_numpy())
        measured = {"cost": 1000 * float(cost.mean()), "low": low, "high": high}
        run["later"] = {name: round(value, 4) for name, value in measured.items()}
    about = {
        "flights": len(later),
        "first": days.min(),
        "last": days.max(),
        "late": round(float(later["is_late"].mean()), 4),
    }
    costs = pd.DataFrame({"day": training.days, **columns})
    return {"runs": runs, "later": about, "autolog": measure_autolog()}, costs


def _costs(training: Training, inputs: pd.DataFrame, late: pd.Series) -> np.ndarray:
    columns = list(FEATURES[training.recipe.features])
    return cost_per_flight(late, training.model.predict_proba(inputs[columns])[:, 1])


def measure_autolog() -> dict[str, Any]:
    """Return what `mlflow.sklearn.autolog` logs of one training, by its defaults."""
    flights = load_scoring_flights("learn")
    with TemporaryDirectory() as folder, quietly():
        import mlflow

        database = Path(folder, "mlflow.db").as_posix()
        tracker = Tracker(f"sqlite:///{database}", Path(folder, "files"))
        mlflow.set_tracking_uri(tracker.uri)
        mlflow.set_experiment(experiment_id=tracker.experiment_id)
        mlflow.sklearn.autolog(silent=True)
        model = make_model(max_iter=100, max_leaf_nodes=7)
        model.fit(model_input(flights), flights["is_late"])
        mlflow.sklearn.autolog(disable=True)
        run = mlflow.last_active_run()
        assert run is not None
        seen = tracker.seen(run.info.run_id)
    # The others name the user and the machine.
    seen["tags"] = {name: value for name, value in seen["tags"].items() if name in TAGS}
    return seen
