"""Wrong labels: planted on purpose, suspected by a model, repaired by looking them up.

A suspect is a flight, or a feed, whose labels a model finds hard to believe. The model must not
have been trained on those flights, or it has learned the labels by heart.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from sklearn.model_selection import KFold

from flightline.training import make_model

#: The feeds whose labels `flightline.experiments.ablation` turns around: "on time" for "late", and
#: the reverse.
PLANTED_FAULT = (("B6", 5), ("B6", 6))
#: A feed is repaired as a whole from this many looked-up labels on, if more than half were wrong.
ENOUGH_LOOKED_UP = 10


def in_feeds(flights: pd.DataFrame, feeds: Iterable[tuple[str, int]]) -> pd.Series:
    """Return the mask of the flights that come from some feeds.

    Parameters
    ----------
    flights : pandas.DataFrame
        Needs `carrier` and `month`, of scheduled departure on New York's clock.
    feeds : iterable of (carrier, month)
        A feed is what one carrier delivers in one month.

    Returns
    -------
    pandas.Series
        bool, one per flight.
    """
    inside = pd.Series(False, index=flights.index)
    for carrier, month in feeds:
        inside |= (flights["carrier"] == carrier) & (flights["month"] == month)
    return inside


def out_of_fold(
    features: pd.DataFrame, late: np.ndarray, folds: int = 3, seed: int = 0
) -> np.ndarray:
    """Return for each flight the probability of a model that was not trained on it.

    Parameters
    ----------
    features : pandas.DataFrame
        As `flightline.features` makes them.
    late : array of bool, shape (n,)
        The labels as they were received.
    folds : int
        The flights are divided at random into so many parts; each is predicted by a model
        trained on the others.
    seed : int
        Of the division and of the models.

    Returns
    -------
    numpy.ndarray
        float64 of shape (n,), the probability (0 to 1) of being late.
    """
    probability = np.empty(len(late))
    parts = KFold(folds, shuffle=True, random_state=seed)
    for known, asked in parts.split(features):
        model = make_model("boosting", seed).fit(features.iloc[known], late[known])
        probability[asked] = model.predict_proba(features.iloc[asked])[:, 1]
    return probability


def most_suspicious(late: np.ndarray, probability: np.ndarray, count: int) -> np.ndarray:
    """Return the positions of the labels that are hardest to believe, the worst first.

    Parameters
    ----------
    late : array of bool, shape (n,)
        The labels as they were received.
    probability : array of float, shape (n,)
        Of being late, from a model that was not trained on the flight.
    count : int
        How many to return.

    Returns
    -------
    numpy.ndarray
        int64 of shape (count,). Suspicion is one minus the probability of the label; equal
        suspicions keep their order.
    """
    suspicion = np.where(late, 1 - probability, probability)
    return np.argsort(-suspicion, kind="stable")[:count]


def feed_surprise(flights: pd.DataFrame, late: np.ndarray, probability: np.ndarray) -> pd.DataFrame:
    """Compare what each carrier's feed says in each month with what a model expects.

    Parameters
    ----------
    flights : pandas.DataFrame
        Needs `carrier` and `month`.
    late : array of bool, shape (n,)
        The labels as they were received.
    probability : array of float, shape (n,)
        Of being late, from models that were not trained on the flight.

    Returns
    -------
    pandas.DataFrame
        Indexed by `carrier` and `month`: the number of `flights`, the share late as `received`
        and as `expected`, and `surprise`, their difference in standard errors. The largest
        surprise, of either sign, comes first.
    """
    table = flights[["carrier", "month"]].assign(
        received=late, expected=probability, variance=probability * (1 - probability)
    )
    by_feed = table.groupby(["carrier", "month"])
    feeds = by_feed[["received", "expected"]].mean()
    feeds.insert(0, "flights", by_feed.size())
    # The variance of a mean is the sum of the variances over the square of the number.
    error = np.sqrt(by_feed["variance"].sum()) / feeds["flights"]
    feeds["surprise"] = (feeds["received"] - feeds["expected"]) / error
    return feeds.sort_values("surprise", key=abs, ascending=False, kind="stable")


def sample_of_feeds(
    flights: pd.DataFrame, feeds: Iterable[tuple[str, int]], count: int, seed: int = 0
) -> np.ndarray:
    """Draw flights to look up.

    Parameters
    ----------
    flights : pandas.DataFrame
        Needs `carrier` and `month`.
    feeds : iterable of (carrier, month)
        Where to look.
    count : int
        How many to draw from each, or all where a feed has fewer.
    seed : int
        Of the draw.

    Returns
    -------
    numpy.ndarray
        int64, the positions of the drawn flights.
    """
    rng = np.random.default_rng(seed)
    drawn = [rng.permutation(np.flatnonzero(in_feeds(flights, [feed])))[:count] for feed in feeds]
    return np.concatenate(drawn)


def broken_feeds(flights: pd.DataFrame, was_wrong: np.ndarray) -> list[tuple[str, int]]:
    """Return the carriers and months whose looked-up labels were mostly wrong.

    Parameters
    ----------
    flights : pandas.DataFrame
        The flights that were looked up; needs `carrier` and `month`.
    was_wrong : array of bool, shape (n,)
        Whether the label received differs from the one looked up.

    Returns
    -------
    list of (carrier, month)
        With `ENOUGH_LOOKED_UP` or more labels looked up, of which over half were wrong; sorted.
    """
    looked_up = flights[["carrier", "month"]].assign(wrong=np.asarray(was_wrong, dtype=bool))
    groups = looked_up.groupby(["carrier", "month"])["wrong"].agg(["size", "mean"])
    broken = groups[(groups["size"] >= ENOUGH_LOOKED_UP) & (groups["mean"] > 0.5)]
    return [(str(carrier), int(month)) for carrier, month in sorted(broken.index)]


def judge_flags(flagged: np.ndarray, wrong: np.ndarray) -> dict[str, float]:
    """Compare flags with the truth.

    Parameters
    ----------
    flagged, wrong : array of bool, shape (n,)
        Which labels a method flags, and which are wrong.

    Returns
    -------
    dict
        `flagged`, the share of all labels; `precision`, the share of flags that are wrong labels;
        `recall`, the share of wrong labels that are flagged. ``nan`` where there is nothing to
        divide by.
    """
    hits, flags, errors = (flagged & wrong).sum(), flagged.sum(), wrong.sum()
    return {
        "flagged": float(np.mean(flagged)),
        "precision": float(hits / flags) if flags else float("nan"),
        "recall": float(hits / errors) if errors else float("nan"),
    }
