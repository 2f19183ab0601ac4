"""The models of a replay: what they learn from, how they answer, and what they call usual."""

import sys
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from threadpoolctl import ThreadpoolController

from flightline.bundles import load_bundle, save_bundle
from flightline.monitoring import SMALLEST_SHARE, inner_edges
from flightline.replay.deliveries import NOT_WATCHED, Deliveries
from flightline.training import make_model

SEED = 0
#: A feature that is missing for more flights than this is left out of the day's missing values:
#: gusts are missing in calm weather, and an aircraft is seldom seen twice in an hour.
OFTEN_MISSING = 0.5
#: So many flights are answered along, about two weeks.
AHEAD = 13_000
#: A model learns from so many flights at most, drawn from all that it may learn from.
MOST_FLIGHTS = 20_000
#: Fewer and larger steps than `flightline.training.TUNED_PARAMETERS`: a third of the time, and
#: almost the same loss.
QUICK = {"learning_rate": 0.12, "max_iter": 120}


@dataclass(frozen=True)
class Usual:
    """What a column looked like in the training data.

    Attributes
    ----------
    edges
        Inner edges of the bins of a number; empty for a category.
    shares
        Of the bins or the values, and last of the missing values.
    """

    edges: np.ndarray
    shares: np.ndarray


class Version:
    """A model that serves or may serve.

    Parameters
    ----------
    folder : pathlib.Path
        Of the bundles.
    number : int
        Of the version.
    delivered : Deliveries
        Whose flights it answers.
    """

    def __init__(self, folder: Path, number: int, delivered: Deliveries) -> None:
        bundle = load_bundle(folder, number)
        self.model, self.number, self.delivered = bundle.model, number, delivered
        self.late_rate = float(bundle.metadata["late_rate"])
        self.usual = {
            name: Usual(np.asarray(each["edges"], dtype=float), np.asarray(each["shares"]))
            for name, each in bundle.metadata["usual"].items()
        }
        self._known = np.full(len(delivered.day), np.nan)

    def answer(self, features: pd.DataFrame) -> np.ndarray:
        """Return the probability (0 to 1) of each flight, float64 of shape (n,)."""
        if not len(features):
            return np.empty(0)
        with _threads().limit(limits=1):
            return np.asarray(self.model.predict_proba(features)[:, 1], dtype=float)

    def answer_right(self, rows: np.ndarray) -> np.ndarray:
        """Return the probability of flights with the features as they should be delivered.

        A call costs more than a flight: the flights of the next days are answered along.
        """
        if np.isnan(self._known[rows]).any():
            last = max(int(rows[-1]) + 1, min(int(rows[0]) + AHEAD, len(self._known)))
            block = np.arange(int(rows[0]), last)
            self._known[block] = self.answer(self.delivered.features.iloc[block])
        return self._known[rows].copy()

    def answer_delivered(
        self, rows: np.ndarray, broken: Collection[str], archive: bool
    ) -> np.ndarray:
        """Return the probability of flights with the features as they were delivered.

        Parameters
        ----------
        rows, broken, archive
            As `Deliveries.delivered`.
        """
        wrong = self.delivered.changed(rows, broken, archive)
        found = self.answer_right(rows)
        if wrong.any():
            features = self.delivered.delivered(rows[wrong], broken, archive)[0]
            found[wrong] = self.answer(features)
        return found

    def compare(self, features: pd.DataFrame) -> tuple[float, float, float]:
        """Return today's missing values in the worst feature, the usual ones, and the drift.

        Returns
        -------
        tuple of float
            `missing`, `missing_usual` and `drift` of `flightline.replay.policies.Day`.
        """
        worst, drift = None, 0.0
        for name, usual in self.usual.items():
            today = _shares(features[name], usual.edges, len(usual.shares) - 1)
            pair = float(today[-1]), float(usual.shares[-1])
            if pair[1] <= OFTEN_MISSING and (
                worst is None or pair[0] - pair[1] > worst[0] - worst[1]
            ):
                worst = pair
            both = np.maximum([usual.shares, today], SMALLEST_SHARE)
            drift = max(drift, float(((both[1] - both[0]) * np.log(both[1] / both[0])).sum()))
        missing, missing_usual = worst or (0.0, 0.0)
        return missing, missing_usual, drift


def train(
    folder: Path,
    number: int,
    delivered: Deliveries,
    rows: np.ndarray,
    broken: Iterable[str],
    evening: int,
    known: dict[str, Any],
) -> list[str]:
    """Train a version and save it as a bundle.

    Parameters
    ----------
    folder : pathlib.Path
        Of the bundles.
    number : int
        Of the version.
    delivered : Deliveries
        Where the flights come from.
    rows : array of int
        The flights that it may learn from; those without a label are left out.
    broken : iterable of str
        Names of incidents that nobody has repaired.
    evening : int
        The number of the day: draws the flights, together with `SEED`.
    known : dict
        More for the bundle's metadata.

    Returns
    -------
    list of str
        The incidents that it learned something wrong from.
    """
    unrepaired = sorted(broken)
    late = delivered.delivered_late(rows, unrepaired, archive=True)
    labelled = rows[~np.isnan(late)]
    if len(labelled) > MOST_FLIGHTS:
        rng = np.random.default_rng([SEED, evening])
        labelled = np.sort(rng.choice(labelled, MOST_FLIGHTS, replace=False))
    features, late = delivered.delivered(labelled, unrepaired, archive=True)
    with _threads().limit(limits=1):
        model = make_model("tuned", SEED, **QUICK).fit(features, late.astype(bool))
    learned = [name for name in unrepaired if np.isin(labelled, delivered.wrong[name].rows).any()]
    metadata = {
        **known,
        "inputs": {name: str(dtype) for name, dtype in features.dtypes.items()},
        "flights": len(labelled),
        "late_rate": float(late.mean()),
        "usual": {name: _describe(features[name]) for name in features if name not in NOT_WATCHED},
    }
    save_bundle(folder, _settled(model), number, metadata)
    return learned


def _settled(value: Any) -> Any:
    """Return a model, or a part of it, whose file is the same in every process that trains it.

    A file tells which texts share their memory, and that depends on what a process did before.
    Here all that are equal do.
    """
    if isinstance(value, str):
        return sys.intern(value)
    if isinstance(value, BaseEstimator):
        value.__dict__ = {sys.intern(name): _settled(each) for name, each in vars(value).items()}
    elif isinstance(value, dict):
        return {_settled(name): _settled(each) for name, each in value.items()}
    elif type(value) in (list, tuple):
        return type(value)(_settled(each) for each in value)
    return value


def _describe(column: pd.Series) -> dict[str, list[float]]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        edges, bins = np.empty(0), len(column.cat.categories)
    else:
        edges = inner_edges(column)
        bins = len(edges) + 1
    return {"edges": edges.tolist(), "shares": _shares(column, edges, bins).tolist()}


def _shares(column: pd.Series, edges: np.ndarray, bins: int) -> np.ndarray:
    """Return the share of each bin or value, and last that of the missing values."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes = column.cat.codes.to_numpy()
        codes = np.where(codes < 0, bins, codes)
    else:
        values = column.to_numpy(dtype=float)
        # A value on an edge belongs to the bin below it, as in `flightline.monitoring`.
        codes = np.where(np.isnan(values), bins, np.searchsorted(edges, values, side="left"))
    return np.bincount(codes, minlength=bins + 1) / max(len(column), 1)


@cache
def _threads() -> ThreadpoolController:
    """Return what limits the threads: sums of several threads would differ in the last digit."""
    return ThreadpoolController()
