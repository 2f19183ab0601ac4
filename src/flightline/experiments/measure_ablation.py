"""The training runs behind `flightline.experiments.ablation`."""

import hashlib
import platform
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from flightline.data import data_dir, load_flights, load_weather
from flightline.definition import is_late, split
from flightline.experiments.ablation import BUDGET, RUN, RUNS, SEEDS, Way, ways
from flightline.experiments.measure_mix import SEARCH_SPACE
from flightline.features import build_features
from flightline.labels import (
    PLANTED_FAULT,
    broken_feeds,
    feed_surprise,
    in_feeds,
    out_of_fold,
    sample_of_feeds,
)
from flightline.training import evaluate, make_model

#: Flights of September to December on which every way is scored, and of July and August on which
#: settings and tables are chosen.
SCORED, CHOSEN_ON = 30_000, 15_000
#: A step of labels asks about the most surprising feeds, and about so many flights of each.
FEEDS, LABELS_PER_FEED = 10, 30
RESAMPLINGS = 500
CURVE_ROWS = (10_000, 20_000, 40_000, 80_000, 160_000)
#: A carrier gets a learning curve of its own from this many test flights on.
LARGE_CARRIER = 2_000


class Bench(NamedTuple):
    """The labelled flights, what is known of them, and which of them serve for what."""

    flights: pd.DataFrame
    features: pd.DataFrame
    #: The truth, and the labels as the feeds delivered them.
    late: np.ndarray
    received: np.ndarray
    train: np.ndarray
    choose: np.ndarray
    score: np.ndarray
    tables: dict[str, list[str]]


def make_bench() -> Bench:
    """Load the flights, build all features and plant the fault in the labels of the training."""
    flights = load_flights()
    features = build_features(flights, load_weather())
    parts = split(flights)
    kept = parts.train | parts.test
    late = is_late(flights)[kept].astype(bool).to_numpy()
    flights = flights.loc[kept, ["carrier", "month", "day"]].reset_index(drop=True)
    train = parts.train[kept].to_numpy()
    hit = in_feeds(flights, PLANTED_FAULT).to_numpy() & train
    rng = np.random.default_rng(0)
    return Bench(
        flights=flights,
        features=features[kept].reset_index(drop=True),
        late=late,
        received=late ^ hit,
        train=np.flatnonzero(train),
        choose=_some(np.flatnonzero(parts.tune[kept].to_numpy()), CHOSEN_ON, rng),
        score=_some(np.flatnonzero(~train), SCORED, rng),
        tables=_tables(list(features.columns)),
    )


def _some(rows: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    return np.sort(rng.choice(rows, count, replace=False))


def _tables(columns: list[str]) -> dict[str, list[str]]:
    """Return the columns of each table of features that a step can add, and of the first."""
    entities = ("carrier", "origin", "dest", "aircraft")
    delays = {
        f"{entity} delays": [name for name in columns if name.startswith(f"{entity}_")]
        for entity in entities
    }
    timetable = columns[: columns.index("temp")]
    known = {*timetable, *(name for names in delays.values() for name in names)}
    weather = [name for name in columns if name not in known]
    return {"timetable": timetable, "weather": weather, **delays}


class Team:
    """One seed's sample of flights, and what each step of work finds on it."""

    def __init__(self, bench: Bench, seed: int) -> None:
        self.bench = bench
        self.seed = seed
        self.order = np.random.default_rng(seed).permutation(bench.train)
        self.first = self.order[:RUN]
        self.learn = self.first[bench.flights["month"].to_numpy()[self.first] <= 6]
        self.chosen: list[str] = ["timetable"]
        self._labels: dict[int, list[np.ndarray]] = {}
        self._settings: dict[tuple[int, int], list[tuple[float, dict[str, Any]]]] = {}
        self.lookups: dict[int, list[dict[str, Any]]] = {}

    def columns(self, tables: list[str]) -> list[str]:
        """Return the columns of some tables."""
        return [name for table in tables for name in self.bench.tables[table]]

    def fit(
        self, columns: list[str], late: np.ndarray, rows: np.ndarray, settings: dict[str, Any]
    ) -> Any:
        """Train once."""
        model = make_model("boosting", self.seed, **settings)
        return model.fit(self.bench.features[columns].iloc[rows], late[rows])

    def _loss(self, columns: list[str], late: np.ndarray, settings: dict[str, Any]) -> float:
        """Train on January to June; return the log-loss on July and August."""
        model = self.fit(columns, late, self.learn, settings)
        asked = self.bench.choose
        p = model.predict_proba(self.bench.features[columns].iloc[asked])[:, 1]
        return evaluate(late[asked], p)["log_loss"]

    def tables(self, steps: int) -> list[str]:
        """Return the timetable and the tables that were added, each the best of those left."""
        while len(self.chosen) <= steps:
            left = [name for name in self.bench.tables if name not in self.chosen]
            losses = {
                name: self._loss(self.columns([*self.chosen, name]), self.bench.received, {})
                for name in left
            }
            self.chosen.append(min(losses, key=lambda name: losses[name]))
        return self.chosen[: steps + 1]

    def labels(self, steps: int, tables: int) -> np.ndarray:
        """Return the labels after so many rounds of looking up suspects."""
        rounds = self._labels.setdefault(tables, [self.bench.received])
        found = self.lookups.setdefault(tables, [])
        columns = self.columns(self.tables(tables))
        flights, late, first = self.bench.flights, self.bench.late, self.first
        while len(rounds) <= steps:
            now = rounds[-1].copy()
            p = out_of_fold(self.bench.features[columns].iloc[first], now[first], RUNS, self.seed)
            asked = {feed for earlier in found for feed in earlier["feeds"]}
            mine = flights.iloc[first]
            surprise = feed_surprise(mine, now[first], p)
            feeds = [feed for feed in surprise.index if feed not in asked][:FEEDS]
            looked_up = first[sample_of_feeds(mine, feeds, LABELS_PER_FEED, self.seed)]
            wrong = now[looked_up] != late[looked_up]
            now[looked_up] = late[looked_up]
            broken = broken_feeds(flights.iloc[looked_up], wrong)
            hit = in_feeds(flights, broken).to_numpy()
            now[hit] = late[hit]
            found.append(
                {
                    "feeds": feeds,
                    "looked_up": len(looked_up),
                    "wrong": int(wrong.sum()),
                    "broken": broken,
                }
            )
            rounds.append(now)
        return rounds[steps]

    def settings(self, steps: int, tables: int, labels: int) -> dict[str, Any]:
        """Return the best settings after so many steps of five trials; at first the defaults."""
        late = self.labels(labels, tables)
        columns = self.columns(self.tables(tables))
        tried = self._settings.setdefault((tables, labels), [])
        if not steps:
            return {}
        if not tried:
            tried.append((self._loss(columns, late, {}), {}))
        rng = np.random.default_rng(self.seed)
        draws = [
            {name: rng.choice(values).item() for name, values in SEARCH_SPACE.items()}
            for _ in range(steps * RUNS)
        ]
        for settings in draws[len(tried) - 1 :]:
            tried.append((self._loss(columns, late, settings), settings))
        return min(tried[: steps * RUNS + 1], key=lambda trial: trial[0])[1]

    def predict(self, way: Way) -> np.ndarray:
        """Spend the steps, train once more, and return the probabilities on the scored flights."""
        tuning, tables, labels, rows = way
        columns = self.columns(self.tables(tables))
        late = self.labels(labels, tables)
        settings = self.settings(tuning, tables, labels)
        taken = self.order[: RUN * (1 + RUNS * rows)]
        model = self.fit(columns, late, taken, settings)
        asked = self.bench.features[columns].iloc[self.bench.score]
        return model.predict_proba(asked)[:, 1]


def measure_way(bench: Bench, way: Way, seed: int) -> float:
    """Spend the budget in one way with one seed; return the AUC on the scored flights."""
    p = Team(bench, seed).predict(way)
    return evaluate(bench.late[bench.score], p)["auc"]


def weighted_aucs(late: np.ndarray, p: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the AUC under each column of weights.

    Parameters
    ----------
    late : array of bool, shape (n,)
        The truth.
    p : array of float, shape (n,)
        The predicted probability.
    weights : array of int, shape (n, k)
        How often each flight counts, in each of the k resamplings.

    Returns
    -------
    numpy.ndarray
        float64 of shape (k,). A tie counts one half.
    """
    order = np.argsort(p, kind="stable")
    starts = np.flatnonzero(np.diff(p[order], prepend=-np.inf))
    ordered = weights[order].astype(float)
    yes = np.add.reduceat(ordered * late[order, None], starts)
    no = np.add.reduceat(ordered * ~late[order, None], starts)
    below = np.cumsum(no, axis=0) - no / 2
    return (yes * below).sum(axis=0) / (yes.sum(axis=0) * no.sum(axis=0))


def resample_days(day: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Draw whole days with replacement; return how often each flight counts, shape (n, count)."""
    codes, days = pd.factorize(day)
    drawn = rng.multinomial(len(days), np.full(len(days), 1 / len(days)), size=count).T
    return drawn[codes].astype(np.int16)


def measure_curves(bench: Bench) -> dict[str, Any]:
    """Return the AUC of each large carrier by training rows and seed, on all test flights."""
    test = np.setdiff1d(np.arange(len(bench.late)), bench.train)
    carrier = bench.flights["carrier"].to_numpy()[test]
    large = [name for name in sorted(set(carrier)) if (carrier == name).sum() >= LARGE_CARRIER]
    aucs: dict[str, list[list[float]]] = {name: [[] for _ in CURVE_ROWS] for name in large}
    for seed in range(SEEDS):
        order = np.random.default_rng(seed).permutation(bench.train)
        for at, size in enumerate(CURVE_ROWS):
            rows = order[:size]
            model = make_model("boosting", seed)
            model.fit(bench.features.iloc[rows], bench.late[rows])
            p = model.predict_proba(bench.features.iloc[test])[:, 1]
            for name in large:
                mine = carrier == name
                auc = evaluate(bench.late[test][mine], p[mine])["auc"]
                aucs[name][at].append(round(auc, 4))
        print(f"learning curves: seed {seed + 1} of {SEEDS} measured", flush=True)
    return {"rows": list(CURVE_ROWS), "auc": aucs}


def measure_ablation() -> dict[str, Any]:
    """Measure every way to spend up to three steps: about twelve minutes on one core.

    Returns
    -------
    dict
        `ways`; by way `auc` for each seed, `halves` (mean AUC on odd and on even days) and
        `replicates` (hundred-thousandths of AUC, by resampling); `teams`, what the steps found
        with each seed; `curves`; `made_with`.
    """
    bench = make_bench()
    measured = [way for budget in range(BUDGET + 1) for way in ways(budget)]
    late = bench.late[bench.score]
    scored = bench.flights.iloc[bench.score]
    day = (scored["month"] * 100 + scored["day"]).to_numpy()
    rng = np.random.default_rng(0)
    weights = resample_days(day, RESAMPLINGS, rng)
    drawn_seeds = rng.integers(SEEDS, size=(RESAMPLINGS, SEEDS))
    by_date = np.unique(day, return_inverse=True)[1] % 2 == 0
    half = np.column_stack([by_date, ~by_date]).astype(np.int16)
    every = np.ones((len(late), 1), dtype=np.int16)
    auc, halved, resampled = np.empty((len(measured), SEEDS)), [], []
    teams = [Team(bench, seed) for seed in range(SEEDS)]
    for at, way in enumerate(measured):
        predictions = [team.predict(way) for team in teams]
        auc[at] = [weighted_aucs(late, p, every)[0] for p in predictions]
        halved.append(np.mean([weighted_aucs(late, p, half) for p in predictions], axis=0))
        by_seed = np.array([weighted_aucs(late, p, weights) for p in predictions])
        resampled.append(by_seed.T[np.arange(RESAMPLINGS)[:, None], drawn_seeds].mean(axis=1))
        print(f"{way}: AUC {auc[at].mean():.4f} ({at + 1} of {len(measured)})", flush=True)
    return {
        "ways": [list(way) for way in measured],
        "auc": auc.round(4).tolist(),
        "halves": np.round(halved, 4).tolist(),
        "replicates": np.round(np.array(resampled) * 100_000).astype(int).tolist(),
        "teams": [
            {
                "tables": team.chosen[1:],
                "lookups": {
                    str(tables): [
                        {name: each[name] for name in ("looked_up", "wrong", "broken")}
                        for each in rounds
                    ]
                    for tables, rounds in team.lookups.items()
                },
            }
            for team in teams
        ],
        "curves": measure_curves(bench),
        "made_with": {
            "data": hashlib.sha256((data_dir() / "SHA256SUMS").read_bytes()).hexdigest(),
            "python": platform.python_version(),
            **{name: version(name) for name in ("numpy", "pandas", "scikit-learn")},
        },
    }
