"""A/B tests of two rates: how many cases, when to decide, and what peeking does.

`flightline.canary` guards a release with a test that may be looked at every day. This module is
about the other question: does the new way change what people do, and by how much?
"""

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Literal

import numpy as np
import pandas as pd

Decision = Literal["ship", "keep", "stop", "wait"]

#: What is known of an A/B test at one look.
LOOK = ("cases", "effect", "p_value", "harm", "harm_p_value")

_NORMAL = NormalDist()


def cases_per_arm(old: float, new: float, alpha: float = 0.05, power: float = 0.8) -> int:
    """Return how many cases each arm needs to tell two rates apart (two-sided).

    Parameters
    ----------
    old, new : float
        The rate of the old way, and the smallest new rate that would be worth knowing.
    alpha : float
        How often two equal rates may be called different.
    power : float
        How often these two must be called different.

    Returns
    -------
    int
        Of one arm, by the normal approximation with each arm's own variance (Fleiss, Levin and
        Paik, 2003, without continuity correction).

    Raises
    ------
    ValueError
        If the rates are equal, or not strictly between 0 and 1.
    """
    if not (0 < old < 1 and 0 < new < 1):
        raise ValueError(f"Rates lie between 0 and 1, and these are {old:g} and {new:g}.")
    if old == new:
        raise ValueError("No number of cases tells two equal rates apart: name a difference.")
    z = _NORMAL.inv_cdf(1 - alpha / 2) + _NORMAL.inv_cdf(power)
    variance = old * (1 - old) + new * (1 - new)
    return math.ceil(variance * (z / (new - old)) ** 2)


def p_value(
    events_a: np.ndarray | int, events_b: np.ndarray | int, cases: np.ndarray | int
) -> np.ndarray:
    """Return the two-sided p-value of two rates with the same number of cases (pooled z-test).

    Parameters
    ----------
    events_a, events_b : array of int
        How often it happened in each arm.
    cases : array of int
        In each arm.

    Returns
    -------
    numpy.ndarray
        1 where nothing, or everything, happened in both arms.
    """
    a, b, n = (np.asarray(each, dtype=float) for each in (events_a, events_b, cases))
    pooled = (a + b) / (2 * n)
    error = np.sqrt(2 * pooled * (1 - pooled) / n)
    z = np.divide(np.abs(b - a) / n, error, out=np.zeros(np.shape(error)), where=error > 0)
    return np.vectorize(lambda each: 2 * (1 - _NORMAL.cdf(each)), otypes=[float])(z)


def simulate_p_values(
    old: float, new: float, per_look: int, looks: int, rounds: int = 2_000, seed: int = 0
) -> np.ndarray:
    """Run many A/B tests and return the p-value of each at each look.

    Parameters
    ----------
    old, new : float
        The true rates; equal ones make an A/A test.
    per_look : int
        Cases that each arm gains between two looks.
    looks, rounds, seed : int
        How many looks a test has, how many tests, and the seed of all of them.

    Returns
    -------
    numpy.ndarray
        float64, shape (rounds, looks).
    """
    rng = np.random.default_rng(seed)
    a = rng.binomial(per_look, old, (rounds, looks)).cumsum(axis=1)
    b = rng.binomial(per_look, new, (rounds, looks)).cumsum(axis=1)
    return p_value(a, b, per_look * np.arange(1, looks + 1))


def found_by_peeking(p_values: np.ndarray, looks: int, alpha: float = 0.05) -> float:
    """Return the share of tests that are significant at one of some looks, evenly spread.

    Parameters
    ----------
    p_values : array of float, shape (rounds, n)
        As from `simulate_p_values`.
    looks : int
        How often somebody looks, at most n; 1 is the end alone.
    alpha : float
        Of each look.
    """
    total = p_values.shape[1]
    seen = np.linspace(0, total, looks + 1)[1:].round().astype(int) - 1
    return float((p_values[:, seen] < alpha).any(axis=1).mean())


def decide(
    looks: pd.DataFrame, planned: int, alpha: float = 0.05, guardrail_looks: int = 20
) -> Decision:
    """Decide an A/B test: at the planned size, or at once where a guardrail breaks.

    Parameters
    ----------
    looks : pandas.DataFrame
        In the order of time: `cases` (of each arm so far), `effect` (new minus old; above 0 is
        better), `p_value` of the effect, `harm` (of the guardrail; above 0 is worse) and
        `harm_p_value`.
    planned : int
        Cases of each arm, fixed before the start.
    alpha : float
        Of the decision, and of the guardrail over all its looks together.
    guardrail_looks : int
        How often the guardrail will be looked at, at most: `alpha` is divided by it (Bonferroni).

    Returns
    -------
    str
        ``"stop"`` at a broken guardrail, ``"wait"`` before the planned size, and then ``"ship"``
        for a significant improvement and ``"keep"`` otherwise.
    """
    for cases, effect, p, harm, harm_p in looks[list(LOOK)].to_numpy(dtype=float):
        if harm > 0 and harm_p < alpha / guardrail_looks:
            return "stop"
        if cases >= planned:
            return "ship" if effect > 0 and p < alpha else "keep"
    return "wait"


def watch_time(
    weeks: int = 8,
    novelty: float = 0.25,
    habit: float = 0.05,
    leaving: Sequence[float] = (0.02, 0.05),
    fading: float = 0.5,
) -> pd.DataFrame:
    """Return two measures of a feed that holds people longer and pleases them less, week by week.

    A stated model, not data. Both feeds begin with the same people, whose minutes are spread evenly
    from none to twice the average. The new one adds `novelty` in the first week, of which each
    week keeps the share `fading`, and `habit` for good. Each week some people leave, those who
    watch least first.

    Parameters
    ----------
    weeks : int
        How long it is watched.
    novelty, habit : float
        Shares of the old feed's minutes.
    leaving : pair of float
        Share of people who leave each week, with the old and with the new feed.
    fading : float
        Share of the novelty that is left a week later.

    Returns
    -------
    pandas.DataFrame
        By week, counted from 1, the new feed's change against the old one: `minutes_per_viewer`
        (of those who are still there), `viewers`, and `minutes_per_assigned` (of all who were
        given the feed, those who left with 0 minutes).
    """
    week = np.arange(weeks)
    stayed = (1 - np.asarray(leaving)[:, None]) ** week
    longer = 1 + habit + novelty * fading**week
    # The mean of what is left of an even spread from 0 to 2, once the lowest have gone.
    old, new = 2 - stayed[0], (2 - stayed[1]) * longer
    table = {
        "minutes_per_viewer": new / old - 1,
        "viewers": stayed[1] / stayed[0] - 1,
        "minutes_per_assigned": new * stayed[1] / (old * stayed[0]) - 1,
    }
    return pd.DataFrame(table, index=pd.Index(week + 1, name="week"))
