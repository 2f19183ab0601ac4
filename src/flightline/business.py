"""Whether a prediction is worth it: from what mistakes cost to a threshold, and on to money."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from flightline.gates import bootstrap_interval

#: Flights of 2013 that arrived: what a year of warnings is about.
FLIGHTS_A_YEAR = 327_346
#: A slice with fewer late flights than this says little about who is missed.
MIN_LATE = 100


@dataclass(frozen=True)
class Costs:
    """What each of the four outcomes costs, in units of one false alarm.

    Attributes
    ----------
    false_alarm
        A warning for a flight that was on time.
    miss
        A late flight that nobody was warned of.
    right_alarm
        A late flight that somebody was warned of: acting isn't free, and doesn't avert everything.
    right_silence
        An on-time flight without a warning.
    """

    false_alarm: float = 1.0
    miss: float = 5.0
    right_alarm: float = 0.0
    right_silence: float = 0.0


def cost_threshold(costs: Costs) -> float:
    """Return the probability from which a warning costs less than silence (Elkan, 2001).

    Parameters
    ----------
    costs : Costs
        Of the four outcomes.

    Returns
    -------
    float
        Warn from this probability on; ``inf`` where a warning never pays.

    Raises
    ------
    ValueError
        When a false alarm costs no more than silence: then everybody should always be warned,
        and no model is needed.
    """
    harm = costs.false_alarm - costs.right_silence
    averted = costs.miss - costs.right_alarm
    if harm <= 0:
        raise ValueError(
            f"A false alarm costs {costs.false_alarm:g} and silence {costs.right_silence:g}: "
            "warning everybody costs nothing, so check the costs."
        )
    return harm / (harm + averted) if averted > 0 else math.inf


def cost_per_flight(
    is_late: pd.Series | np.ndarray, warned: pd.Series | np.ndarray, costs: Costs | None = None
) -> np.ndarray:
    """Return what the outcome for each flight cost.

    Parameters
    ----------
    is_late, warned : array of bool, shape (n,)
        Whether each flight was late, and whether somebody was warned.
    costs : Costs, optional
        By default those of the course: 1 for a false alarm, 5 for a miss.

    Returns
    -------
    numpy.ndarray
        float64, shape (n,), in the unit of the costs. Its mean times 1,000 is
        `flightline.training.cost_per_1000` where right answers are free.
    """
    costs = costs or Costs()
    late, raised = np.asarray(is_late, dtype=bool), np.asarray(warned, dtype=bool)
    when_late = np.where(raised, costs.right_alarm, costs.miss)
    when_on_time = np.where(raised, costs.false_alarm, costs.right_silence)
    return np.where(late, when_late, when_on_time).astype(float)


def unweighted(probability: pd.Series | np.ndarray, weight: float) -> np.ndarray:
    """Return what a model would say had it not been trained with late flights weighed up.

    A weight multiplies the odds; this divides them again (Elkan, 2001, theorem 2).

    Parameters
    ----------
    probability : array of float, shape (n,)
        Of a model that was trained with the weight.
    weight : float
        What a late flight weighed, an on-time flight being 1.

    Returns
    -------
    numpy.ndarray
        float64, shape (n,).
    """
    p = np.asarray(probability, dtype=float)
    return p / (p + weight * (1 - p))


def best_limit(
    values: pd.Series | np.ndarray,
    is_late: pd.Series | np.ndarray,
    limits: Sequence[float],
    costs: Costs | None = None,
) -> float:
    """Return the limit from which a rule of thumb warns most cheaply, the highest of several.

    Parameters
    ----------
    values : array of float, shape (n,)
        What the rule looks at; ``NaN`` never warns.
    is_late : array of bool, shape (n,)
        Outcomes of flights that don't judge the rule later.
    limits : sequence of float
        To try.
    costs : Costs, optional
        As in `cost_per_flight`.
    """
    seen = np.asarray(values, dtype=float)
    tried = sorted(limits, reverse=True)
    totals = [cost_per_flight(is_late, seen >= limit, costs).sum() for limit in tried]
    return tried[int(np.argmin(totals))]


@dataclass(frozen=True)
class Estimate:
    """A mean with its interval."""

    value: float
    low: float
    high: float


def saving_per_1000(
    baseline: np.ndarray, model: np.ndarray, day: Sequence[object] | np.ndarray | pd.Series
) -> Estimate:
    """Return what the model saves per 1,000 flights over a baseline, with its 95 % interval.

    Parameters
    ----------
    baseline, model : array of float, shape (n,)
        What each of them cost for the same flights: the difference is taken flight by flight.
    day : array, shape (n,)
        Drawn whole: the flights of a day share its weather.

    Returns
    -------
    Estimate
        Above 0 the model costs less.
    """
    saved = 1000 * (np.asarray(baseline, dtype=float) - np.asarray(model, dtype=float))
    return Estimate(float(saved.mean()), *bootstrap_interval(saved, np.asarray(day)))


def yearly_value(
    saving: Estimate, price: float, running_cost: float, flights: int = FLIGHTS_A_YEAR
) -> Estimate:
    """Return what a saving is worth in a year, net of what it costs to have it.

    Parameters
    ----------
    saving : Estimate
        Per 1,000 flights, in units of one false alarm.
    price : float
        Of one unit, in money.
    running_cost : float
        Of people and machines in a year, in money, beyond what the baseline costs.
    flights : int
        In a year.

    Returns
    -------
    Estimate
        In money. The interval holds the chance of days and nothing else: no other season, no
        error of the price.
    """
    scale = flights / 1000 * price
    return Estimate(
        *(scale * each - running_cost for each in (saving.value, saving.low, saving.high))
    )


def slice_table(
    flights: pd.DataFrame, by: str, threshold: float, min_late: int = MIN_LATE
) -> pd.DataFrame:
    """Return how the flights of each slice are treated by one threshold.

    Parameters
    ----------
    flights : pandas.DataFrame
        Needs `is_late`, `probability`, `day` and the column `by`.
    by : str
        The column that names the slice.
    threshold : float
        Warn from this probability on.
    min_late : int
        Slices with fewer late flights are left out.

    Returns
    -------
    pandas.DataFrame
        By slice, the highest share missed first: `flights`, `late` (the base rate), `announced`
        (the mean probability), `auc`, `warned` (the share of all flights), `right` (of warnings),
        `missed` (of late flights) with its 95 % interval by days (`low`, `high`).
    """
    rows = {}
    for name, part in flights.groupby(by, observed=True):
        late = part["is_late"].to_numpy()
        if late.sum() < min_late:
            continue
        warned = part["probability"].to_numpy() >= threshold
        low, high = bootstrap_interval(~warned[late], part["day"].to_numpy()[late], rounds=500)
        rows[name] = {
            "flights": len(part),
            "late": late.mean(),
            "announced": part["probability"].mean(),
            "auc": roc_auc_score(late, part["probability"]) if not late.all() else math.nan,
            "warned": warned.mean(),
            "right": late[warned].mean() if warned.any() else math.nan,
            "missed": (~warned[late]).mean(),
            "low": low,
            "high": high,
        }
    return pd.DataFrame.from_dict(rows, orient="index").sort_values("missed", ascending=False)


def at_the_gate(
    is_late: pd.Series | np.ndarray, warned: pd.Series | np.ndarray
) -> dict[str, float]:
    """Return what warnings look like at the gate, whatever gave them.

    Parameters
    ----------
    is_late, warned : array of bool, shape (n,)
        Whether each flight was late, and whether somebody was warned.

    Returns
    -------
    dict
        Shares: `warned` (of the flights), `right` (of the warnings) and `caught` (of the late
        flights), ``nan`` where there are none. Per 1,000 flights: `false_alarms` and `misses`.
    """
    late, raised = np.asarray(is_late, dtype=bool), np.asarray(warned, dtype=bool)
    return {
        "warned": float(raised.mean()),
        "right": float(late[raised].mean()) if raised.any() else math.nan,
        "caught": float(raised[late].mean()) if late.any() else math.nan,
        "false_alarms": 1000 * float((raised & ~late).mean()),
        "misses": 1000 * float((late & ~raised).mean()),
    }


def warning_numbers(
    flights: pd.DataFrame, threshold: float, min_late: int = MIN_LATE
) -> dict[str, float | str]:
    """Return what a threshold does at the gate, as numbers of `flightline.memo`.

    Parameters
    ----------
    flights : pandas.DataFrame
        Needs `is_late`, `probability` and `carrier`.
    threshold : float
        Warn from this probability on.
    min_late : int
        Carriers with fewer late flights can't be the worst.

    Returns
    -------
    dict
        `warned` (share of the flights), `right` (of the warnings), `caught` (of the late flights),
        and the carrier of which most late flights are missed (`worst_slice`), with the share
        missed (`worst_missed`).
    """
    warned = flights["probability"] >= threshold
    late = flights["is_late"]
    missed = (~warned[late]).groupby(flights["carrier"][late])
    shares = missed.mean()[missed.size() >= min_late]
    gate = at_the_gate(late, warned)
    return {
        **{name: gate[name] for name in ("warned", "right", "caught")},
        "worst_slice": str(shares.idxmax()),
        "worst_missed": float(shares.max()),
    }


def equal_miss_thresholds(flights: pd.DataFrame, by: str, missed: float) -> dict[str, float]:
    """Return a threshold for each slice at which it misses the same share of its late flights.

    Hardt, Price and Srebro (2016) call that equality of opportunity.

    Parameters
    ----------
    flights : pandas.DataFrame
        Needs `is_late`, `probability` and the column `by`.
    by : str
        The column that names the slice.
    missed : float
        The share of late flights that may be missed.

    Returns
    -------
    dict
        By slice. Chosen on the flights given, so judge them on others.
    """
    late = flights[flights["is_late"]]
    quantiles = late.groupby(by, observed=True)["probability"].quantile(missed)
    return {str(name): float(value) for name, value in quantiles.items()}
