"""Policies of retraining, played on 2013: when a model is trained anew, what it costs and gains.

Nothing is trained here. `flightline.experiments.months` holds models of every age on every later
month, and a policy picks one of them for each month. At the end of a month it may look at that
month and the ones before, and at nothing else.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

from flightline.experiments.months import FIRST_TRAINED, SERVED, Window, drift, scores

#: A challenger has to beat the served model by more than this log-loss.
MARGIN = 0.005
#: What one retraining costs: training, judging and releasing it, in units of a false alarm.
RETRAINING_COST = 500.0

#: Whether to retrain at the end of a month: given the month the model was trained in and this one.
Trigger = Callable[[int, int], bool]


@dataclass(frozen=True)
class Outcome:
    """What a policy cost from April to December.

    Attributes
    ----------
    trained
        For each served month the last month that its model had learned from.
    retrainings
        How many models replaced another.
    mistakes
        Cost of all false alarms (1 each) and misses (5 each).
    log_loss
        Mean over all flights.
    """

    trained: tuple[int, ...]
    retrainings: int
    mistakes: float
    log_loss: float

    def total(self, retraining_cost: float = RETRAINING_COST) -> float:
        """Return the cost of the mistakes and the retrainings."""
        return self.mistakes + retraining_cost * self.retrainings


def never(trained: int, month: int) -> bool:
    """Keep the model of March."""
    return False


def monthly(trained: int, month: int) -> bool:
    """Retrain at the end of every month."""
    return True


def on_drift(trained: int, month: int, limit: float = 0.25) -> bool:
    """Retrain when any feature's PSI against January to March is over the limit."""
    return max(feature["psi"] for feature in drift(month).values()) > limit


def on_challenger(trained: int, month: int, margin: float = MARGIN) -> bool:
    """Retrain when a model that learned one month less than could be had beats the served one.

    Both are judged on the month that has just ended, which neither has learned from.
    """
    return excess_loss(trained, month) > margin


def excess_loss(trained: int, month: int) -> float:
    """Return the served model's log-loss minus that of one trained up to the month before."""
    return scores(trained, month)["log_loss"] - scores(month - 1, month)["log_loss"]


def play(trigger: Trigger) -> tuple[int, ...]:
    """Return the last month that each served month's model has learned from.

    Parameters
    ----------
    trigger : callable
        Asked at the end of every month but December.

    Returns
    -------
    tuple of int
        One per month in `SERVED`.
    """
    trained, served = FIRST_TRAINED, []
    for month in SERVED:
        served.append(trained)
        trained = month if trigger(trained, month) else trained
    return tuple(served)


def outcome(trained: Sequence[int], window: Window = "all") -> Outcome:
    """Return what a schedule of models cost.

    Parameters
    ----------
    trained : sequence of int
        For each month in `SERVED` the last month that its model learned from.
    window : {"all", "last 3"}
        Whether models learn from all months so far or from the last three.

    Raises
    ------
    ValueError
        When there isn't one model for each month, or one knows its own month.
    """
    if len(trained) != len(SERVED):
        raise ValueError(f"{len(trained)} models for {len(SERVED)} months, April to December.")
    months = [scores(last, month, window) for last, month in zip(trained, SERVED, strict=True)]
    flights = sum(month["flights"] for month in months)
    return Outcome(
        tuple(trained),
        sum(before != after for before, after in pairwise(trained)),
        sum(month["cost"] * month["flights"] for month in months) / 1000,
        sum(month["log_loss"] * month["flights"] for month in months) / flights,
    )


def excess_losses() -> dict[int, dict[int, float]]:
    """Return `excess_loss` of every model in every later month, up to November.

    In the month right after its training a model is the fresh one itself: 0.
    """
    return {
        trained: {month: excess_loss(trained, month) for month in range(trained + 1, 12)}
        for trained in range(FIRST_TRAINED, 11)
    }


#: The policies that the course compares: a trigger, and the months that a model learns from.
POLICIES: dict[str, tuple[Trigger, Window]] = {
    "never": (never, "all"),
    "monthly, all months": (monthly, "all"),
    "monthly, last 3": (monthly, "last 3"),
    "on drift": (on_drift, "all"),
    "on a better challenger": (on_challenger, "all"),
}


def cost_by_month(names: Sequence[str]) -> pd.DataFrame:
    """Return the cost of the mistakes per 1,000 flights: a column per policy, a row per month.

    Parameters
    ----------
    names : sequence of str
        Keys of `POLICIES`.
    """
    columns = {}
    for name in names:
        trigger, window = POLICIES[name]
        schedule = zip(play(trigger), SERVED, strict=True)
        columns[name] = [scores(trained, month, window)["cost"] for trained, month in schedule]
    return pd.DataFrame(columns, index=list(SERVED))


def model_year(trained: int) -> pd.DataFrame:
    """Return how one model fared month by month, beside a fresh one that learned up to then.

    Returns
    -------
    pandas.DataFrame
        By month: `psi` (the largest of all features, against January to March), `announced`,
        `late_rate`, `auc`, `fresh_auc`, `log_loss` and `fresh_log_loss`.
    """
    rows = {}
    for month in range(trained + 1, 13):
        found, fresh = scores(trained, month), scores(month - 1, month)
        rows[month] = {
            "psi": max(feature["psi"] for feature in drift(month).values()),
            "announced": found["announced"],
            "late_rate": found["late_rate"],
            "auc": found["auc"],
            "fresh_auc": fresh["auc"],
            "log_loss": found["log_loss"],
            "fresh_log_loss": fresh["log_loss"],
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def behind_fresh() -> pd.DataFrame:
    """Return how far the model of March was behind a fresh one on the same flights.

    Returns
    -------
    pandas.DataFrame
        By month: `behind` (the log-loss of the model of March minus the fresh one's; above 0 it
        is worse) and its 95 % interval by days, `low` and `high`.
    """
    fresh = {month: scores(month - 1, month) for month in SERVED}
    # The artifact holds the fresh model's loss against March's: the signs are turned here.
    rows = {
        month: {"behind": -found["against_frozen"], "low": -found["high"], "high": -found["low"]}
        for month, found in fresh.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index") + 0.0


def retrain_after(excess: Mapping[int, Mapping[int, float]], margin: float) -> list[int]:
    """Return the months at whose end a model is retrained, by the fresh model's lead.

    Parameters
    ----------
    excess : mapping
        ``excess[trained][month]``: the log-loss by which the model of `trained` was worse in
        `month` than a fresh one. The smallest `trained` serves first.
    margin : float
        Retrain when the served model's excess is above it.

    Returns
    -------
    list of int
        In order.
    """
    trained = min(excess)
    chosen = []
    for month in sorted(excess[trained]):
        if excess[trained][month] > margin:
            chosen.append(month)
            trained = month
            if trained not in excess:
                break
    return chosen
