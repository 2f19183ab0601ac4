"""The training runs behind `flightline.experiments.ablation`."""

import hashlib
import platform
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from cleanlab.filter import find_label_issues

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
    judge_flags,
    out_of_fold,
    sample_of_feeds,
)
from flightline.training import evaluate, make_model

#: Flights of September to December on which every way is scored, and of July and August on which
#: settings and tables are chosen.
SCORED, CHOSEN_ON = 30_000, 15_000
#: A step of labels asks about the most surprising feeds, and about so many flights of each.
FEEDS, LABELS_PER_FEED = 10, 30
RESAMPLINGS = 1_000
CURVE_ROWS = (10_000, 20_000, 40_000, 80_000, 160_000)
#: A carrier gets a learning curve of its own from this many test flights on.
LARGE_CARRIER = 2_000
#: Share of labels that are turned around where label errors come at random.
RANDOM_ERRORS = 0.08


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


class Round(NamedTuple):
    """What a step of labels left behind: the labels, the feeds asked about, those repaired."""

    labels: np.ndarray
    asked: list[tuple[str, int]]
    broken: list[tuple[str, int]]


class Team:
    """One seed's sample of flights, and what each step of work finds on it."""

    def __init__(self, bench: Bench, seed: int) -> None:
        self.bench = bench
        self.seed = seed
        self.order = np.random.default_rng(seed).permutation(bench.train)
        self.first = self.order[:RUN]
        self.learn = self.first[bench.flights["month"].to_numpy()[self.first] <= 6]
        self._tables: list[str] = ["timetable"]
        self._rounds: dict[int, list[Round]] = {}
        self._settings: dict[tuple[int, int], list[tuple[float, dict[str, Any]]]] = {}

    def tables(self, steps: int) -> list[str]:
        """Return the timetable and the tables that were added, each the best of those left."""
        while len(self._tables) <= steps:
            losses = {
                name: self.loss(self._names([*self._tables, name]), self.bench.received, {})
                for name in self.bench.tables
                if name not in self._tables
            }
            self._tables.append(min(losses, key=lambda name: losses[name]))
        return self._tables[: steps + 1]

    def columns(self, steps: int) -> list[str]:
        """Return the columns of the timetable and of the tables that were added."""
        return self._names(self.tables(steps))

    def labels(self, steps: int, tables: int) -> list[Round]:
        """Return the start and so many rounds of looking up feeds, after steps of features."""
        rounds = self._rounds.setdefault(tables, [Round(self.bench.received, [], [])])
        known = self.bench.features[self.columns(tables)].iloc[self.first]
        mine = self.bench.flights.iloc[self.first]
        while len(rounds) <= steps:
            now = rounds[-1].labels.copy()
            p = out_of_fold(known, now[self.first], seed=self.seed)
            surprise = feed_surprise(mine, now[self.first], p)
            asked = [feed for earlier in rounds for feed in earlier.asked]
            feeds = [feed for feed in surprise.index if feed not in asked][:FEEDS]
            looked_up = self.first[sample_of_feeds(mine, feeds, LABELS_PER_FEED, self.seed)]
            wrong = now[looked_up] != self.bench.late[looked_up]
            broken = broken_feeds(self.bench.flights.iloc[looked_up], wrong)
            right = in_feeds(self.bench.flights, broken).to_numpy()
            right[looked_up] = True
            now[right] = self.bench.late[right]
            rounds.append(Round(now, feeds, broken))
        return rounds[: steps + 1]

    def settings(self, steps: int, tables: int, labels: int) -> dict[str, Any]:
        """Return the best settings after so many steps of five trials; at first the defaults."""
        if not steps:
            return {}
        late = self.labels(labels, tables)[labels].labels
        columns = self.columns(tables)
        tried = self._settings.setdefault((tables, labels), [])
        rng = np.random.default_rng(self.seed)
        trials: list[dict[str, Any]] = [{}]
        for _ in range(steps * RUNS):
            trials.append({name: rng.choice(of).item() for name, of in SEARCH_SPACE.items()})
        for settings in trials[len(tried) :]:
            tried.append((self.loss(columns, late, settings), settings))
        return min(tried[: len(trials)], key=lambda trial: trial[0])[1]

    def predict(self, way: Way) -> np.ndarray:
        """Spend the steps, train once more, and return the probabilities on the scored flights."""
        tuning, tables, labels, rows = way
        columns = self.columns(tables)
        late = self.labels(labels, tables)[labels].labels
        settings = self.settings(tuning, tables, labels)
        taken = self.order[: RUN * (1 + RUNS * rows)]
        return self.train_and_predict(columns, late, taken, settings, self.bench.score)

    def loss(self, columns: list[str], late: np.ndarray, settings: dict[str, Any]) -> float:
        """Train on January to June; return the log-loss on July and August."""
        p = self.train_and_predict(columns, late, self.learn, settings, self.bench.choose)
        return evaluate(late[self.bench.choose], p)["log_loss"]

    def train_and_predict(
        self,
        columns: list[str],
        late: np.ndarray,
        rows: np.ndarray,
        settings: dict[str, Any],
        asked: np.ndarray,
    ) -> np.ndarray:
        """Train once and return the probabilities on the flights that are asked about."""
        features = self.bench.features[columns]
        model = make_model("boosting", self.seed, **settings)
        model.fit(features.iloc[rows], late[rows])
        return model.predict_proba(features.iloc[asked])[:, 1]

    def _names(self, tables: list[str]) -> list[str]:
        return [name for table in tables for name in self.bench.tables[table]]


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


def measure_flags(team: Team) -> dict[str, Any]:
    """Return how good cleanlab's flags are with one seed, and what comes of dropping them.

    Parameters
    ----------
    team : Team
        Its first flights are used, with the timetable and the first table that it adds.

    Returns
    -------
    dict
        `flags`, for labels with the broken feed (``"feed"``), with errors at random
        (``"random"``) and the true ones (``"none"``): what `flightline.labels.judge_flags`
        returns, `None` for ``nan``. `trained_on`, for all true labels and for those that were not
        flagged: `auc`, `log_loss` and the share late that is `expected` on the scored flights.
    """
    bench, first = team.bench, team.first
    features = bench.features[team.columns(1)].iloc[first]
    true = bench.late[first]
    at_random = np.random.default_rng(team.seed).random(len(true)) < RANDOM_ERRORS
    kinds = {"feed": bench.received[first], "random": true ^ at_random, "none": true}
    flagged = {}
    for kind, received in kinds.items():
        p = out_of_fold(features, received, seed=team.seed)
        both = np.column_stack([1 - p, p])
        flagged[kind] = find_label_issues(received.astype(int), both, n_jobs=1)
    judged = {kind: judge_flags(flagged[kind], kinds[kind] != true) for kind in kinds}
    trained_on = {}
    for name, kept in {"all": first, "unflagged": first[~flagged["none"]]}.items():
        p = team.train_and_predict(team.columns(1), bench.late, kept, {}, bench.score)
        score = evaluate(bench.late[bench.score], p)
        trained_on[name] = {
            "auc": round(score["auc"], 4),
            "log_loss": round(score["log_loss"], 4),
            "expected": round(float(p.mean()), 4),
        }
    return {
        "flags": {
            kind: {name: None if np.isnan(x) else round(x, 4) for name, x in found.items()}
            for kind, found in judged.items()
        },
        "trained_on": trained_on,
    }


def measure_ablation() -> dict[str, Any]:
    """Measure every way to spend up to three steps: about fifteen minutes on one core.

    Returns
    -------
    dict
        `ways`; by way `auc` for each seed, `halves` (mean AUC on odd and on even days) and
        `replicates` (hundred-thousandths of AUC, by resampling); `teams`, what the steps found
        with each seed, and its `flags`; `curves`; `made_with`.
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
                "tables": team.tables(BUDGET)[1:],
                "broken": [each.broken for each in team.labels(BUDGET - 1, 1)[1:]],
                **measure_flags(team),
            }
            for team in teams
        ],
        "curves": measure_curves(bench),
        "made_with": {
            "data": hashlib.sha256((data_dir() / "SHA256SUMS").read_bytes()).hexdigest(),
            "python": platform.python_version(),
            **{name: version(name) for name in ("cleanlab", "numpy", "pandas", "scikit-learn")},
        },
    }
