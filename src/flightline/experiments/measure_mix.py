"""The training runs behind `flightline.experiments.mix`."""

import hashlib
import platform
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd

from flightline.data import data_dir, load_flights, load_weather
from flightline.definition import is_late, split
from flightline.features import FEATURE_SETS, build_features
from flightline.training import ModelKind, cost_per_1000, evaluate, make_model

SEED = 0
#: Share of the flights that is trained on, about 40,000 from January to August.
SAMPLE = 40_000 / 217_727
FALSE_ALARM, MISS = 1, 5
TRIALS = (5, 25)
MARCH, JUNE, AUGUST = 3, 6, 8
TEST_MONTHS = (9, 10, 11, 12)
THRESHOLDS = np.round(np.arange(0.02, 0.61, 0.01), 2)

SEARCH_SPACE = {
    "learning_rate": (0.02, 0.04, 0.06, 0.1),
    "max_iter": (100, 200, 300),
    "max_leaf_nodes": (7, 15, 31),
    "min_samples_leaf": (20, 50, 100, 200),
    "l2_regularization": (0.0, 1.0, 10.0),
    "max_features": (0.3, 0.5, 1.0),
}


class Bench:
    """The labelled flights, their features at one level of data, and models trained on them."""

    def __init__(self, features: pd.DataFrame, late: np.ndarray, month: np.ndarray) -> None:
        self.features = features
        self.late = late
        self.month = month
        self.sampled = np.random.default_rng(SEED).random(len(late)) < SAMPLE
        self.tune = np.isin(month, (7, 8))
        self.test = np.isin(month, TEST_MONTHS)
        self._models: dict[str, Any] = {}

    def fit(self, until: int, kind: ModelKind, parameters: dict[str, Any]) -> Any:
        """Train on the sample of the months up to and including `until`; never the same twice."""
        key = f"{until} {kind} {parameters}"
        if key not in self._models:
            rows = self.sampled & (self.month <= until)
            model = make_model(kind, SEED, **parameters)
            self._models[key] = model.fit(self.features[rows], self.late[rows])
        return self._models[key]

    def predict(self, model: Any, rows: np.ndarray, skew: bool = False) -> np.ndarray:
        """Return the probabilities for some rows; with `skew`, departure is passed as HHMM."""
        features = self.features[rows]
        if skew:
            minute = features["departure_minute"]
            features = features.assign(departure_minute=minute // 60 * 100 + minute % 60)
        return model.predict_proba(features)[:, 1]

    def search(self, trials: int) -> list[dict[str, Any]]:
        """Return random settings tried until each of `TRIALS`, the best by log-loss of each."""
        rng = np.random.default_rng(SEED)
        best: dict[str, Any] = {}
        least, found = np.inf, []
        for trial in range(1, trials + 1):
            parameters = {name: rng.choice(values).item() for name, values in SEARCH_SPACE.items()}
            p = self.predict(self.fit(JUNE, "boosting", parameters), self.tune)
            loss = evaluate(self.late[self.tune], p)["log_loss"]
            if loss < least:
                best, least = parameters, loss
            if trial in TRIALS:
                found.append(best)
        return found


def cost(late: np.ndarray, alarm: np.ndarray) -> float:
    """Return the cost per 1,000 flights."""
    return cost_per_1000(late, alarm, FALSE_ALARM, MISS)


def review(bench: Bench, p: np.ndarray) -> np.ndarray:
    """Return the alarms when each month's threshold is the one that cost least the month before."""
    alarm = np.zeros(len(p), dtype=bool)
    for month in TEST_MONTHS:
        before, now = bench.month == month - 1, bench.month == month
        costs = [cost(bench.late[before], p[before] >= cut) for cut in THRESHOLDS]
        alarm[now] = p[now] >= THRESHOLDS[np.argmin(costs)]
    return alarm


def serve(
    bench: Bench, kind: ModelKind, parameters: dict[str, Any]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return, at each level of DevOps, what was validated offline and what was served.

    Both are probabilities for all flights, of which July to December are filled: for July and
    August those of a model that had not learned from them.
    """
    season = bench.tune | bench.test
    march = bench.fit(MARCH, kind, parameters)
    frozen, skewed, release, monthly = (np.zeros(len(bench.late)) for _ in range(4))
    frozen[season] = bench.predict(march, season)
    skewed[season] = bench.predict(march, season, skew=True)
    release[bench.tune] = bench.predict(bench.fit(JUNE, kind, parameters), bench.tune)
    release[bench.test] = bench.predict(bench.fit(AUGUST, kind, parameters), bench.test)
    monthly[bench.tune] = release[bench.tune]
    for month in TEST_MONTHS:
        rows = bench.month == month
        monthly[rows] = bench.predict(bench.fit(month - 1, kind, parameters), rows)
    return [(frozen, skewed), (frozen, frozen), (release, release), (monthly, monthly)]


def measure_devops(
    bench: Bench, kind: ModelKind, parameters: dict[str, Any]
) -> list[dict[str, Any]]:
    """Return AUC and the cost at each level of Business, for each level of DevOps."""
    late, test = bench.late[bench.test], bench.test
    outcomes = []
    for validated, served in serve(bench, kind, parameters):
        usual = np.quantile(validated[bench.tune], 1 - bench.late[bench.tune].mean())
        cuts = (0.5, usual, FALSE_ALARM / (FALSE_ALARM + MISS))
        alarms = [*(served[test] >= cut for cut in cuts), review(bench, served)[test]]
        auc = evaluate(late, served[test])["auc"]
        costs = [round(cost(late, alarm), 1) for alarm in alarms]
        outcomes.append({"auc": round(auc, 4), "cost": costs})
    return outcomes


def measure_mix() -> dict[str, Any]:
    """Measure every mix: a few minutes on one core.

    Returns
    -------
    dict
        `cost[devops][data][models][business]` per 1,000 flights and `auc[devops][data][models]`,
        by level; `references`; the `settings` found; `made_with`.
    """
    flights = load_flights()
    weather = load_weather()
    tables = [build_features(flights, weather, sets=[name]) for name in FEATURE_SETS]
    parts = split(flights)
    kept = parts.train | parts.test
    late = is_late(flights)[kept].astype(bool).to_numpy()
    month = flights.loc[kept, "month"].to_numpy()
    runs: list[list[list[dict[str, Any]]]] = []
    settings = []
    for level in range(len(tables)):
        bench = Bench(pd.concat(tables[: level + 1], axis=1)[kept], late, month)
        little, more = bench.search(TRIALS[-1])
        settings.append({"best_of_5": little, "best_of_25": more})
        candidates: list[tuple[ModelKind, dict[str, Any]]] = [
            ("logistic", {}),
            ("boosting", {}),
            ("boosting", little),
            ("boosting", more),
        ]
        runs.append([measure_devops(bench, kind, parameters) for kind, parameters in candidates])
        print(f"data level {level + 1} of {len(tables)} measured", flush=True)
    test = late[np.isin(month, TEST_MONTHS)]
    levels = range(4)
    return {
        "cost": [[[runs[a][m][d]["cost"] for m in levels] for a in levels] for d in levels],
        "auc": [[[runs[a][m][d]["auc"] for m in levels] for a in levels] for d in levels],
        "references": {
            "never_alarm": round(cost(test, np.zeros_like(test)), 1),
            "always_alarm": round(cost(test, np.ones_like(test)), 1),
        },
        "settings": settings,
        "made_with": {
            "seed": SEED,
            "data": hashlib.sha256((data_dir() / "SHA256SUMS").read_bytes()).hexdigest(),
            "python": platform.python_version(),
            **{name: version(name) for name in ("numpy", "pandas", "scikit-learn")},
        },
    }
