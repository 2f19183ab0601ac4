"""Gates for models: whether the challenger may take the champion's place.

Both are judged on the same flights. Needs NumPy and nothing else, so that a pipeline can carry a
copy of this file.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

#: The challenger's mean squared error has to be better by more than this.
MARGIN = 0.001
#: In no slice may it be worse by more than this.
SLACK = 0.005
#: Fewer judged flights than this decide nothing.
MIN_FLIGHTS = 1_000


@dataclass(frozen=True)
class Decision:
    """What a gate decided, and why.

    Attributes
    ----------
    action
        ``"promote"``, ``"keep"`` (the champion stays) or ``"wait"`` (too little data).
    reason
        In one line.
    difference, low, high
        Challenger minus champion in mean squared error, with its interval; below 0 is better.
        ``nan`` where nothing was compared.
    slices
        The difference in each slice.
    """

    action: Literal["promote", "keep", "wait"]
    reason: str
    difference: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    slices: dict[str, float] = field(default_factory=dict)


def squared_error(
    is_late: Sequence[float] | np.ndarray, probability: Sequence[float] | np.ndarray
) -> np.ndarray:
    """Return each flight's squared error, float64 of shape (n,); its mean is the Brier score."""
    return (np.asarray(probability, dtype=float) - np.asarray(is_late, dtype=float)) ** 2


def bootstrap_interval(
    values: Sequence[float] | np.ndarray,
    groups: Sequence[object] | np.ndarray | None = None,
    level: float = 0.95,
    rounds: int = 2_000,
    seed: int = 0,
) -> tuple[float, float]:
    """Return the bootstrap interval of a mean (percentile method; Efron and Tibshirani, 1993).

    Parameters
    ----------
    values : array of float, shape (n,)
        One value for each flight.
    groups : array, shape (n,), optional
        Drawn whole: flights of one day share its weather, so that they aren't n independent
        observations. Without it each flight is drawn by itself.
    level : float
        Share of the draws inside the interval.
    rounds, seed : int
        How many draws, and the seed of all of them.

    Returns
    -------
    tuple of float
        The lower and the upper end; ``nan`` where there are no values.
    """
    values = np.asarray(values, dtype=float)
    if not len(values):
        return float("nan"), float("nan")
    units = np.arange(len(values)) if groups is None else _codes(groups)
    totals, counts = np.bincount(units, values), np.bincount(units)
    rng = np.random.default_rng(seed)
    # As many rounds at once as a few megabytes hold.
    size = max(1, 500_000 // len(counts))
    means = np.empty(rounds)
    for first in range(0, rounds, size):
        part = means[first : first + size]
        drawn = rng.integers(0, len(counts), (len(part), len(counts)))
        part[:] = totals[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def judge(
    is_late: Sequence[float] | np.ndarray,
    champion: Sequence[float] | np.ndarray,
    challenger: Sequence[float] | np.ndarray,
    days: Sequence[object] | np.ndarray,
    slices: Sequence[str] | np.ndarray,
    margin: float = MARGIN,
    slack: float = SLACK,
    min_flights: int = MIN_FLIGHTS,
) -> Decision:
    """Decide whether the challenger may take the champion's place.

    Parameters
    ----------
    is_late : array of 0 and 1, shape (n,)
        Outcomes of flights that neither model was trained on.
    champion, challenger : array of float, shape (n,)
        Each model's probability for the same flights.
    days, slices : array, shape (n,)
        The day on which each flight departs, and the part of the population it is looked at in.
    margin, slack, min_flights
        As `MARGIN`, `SLACK` and `MIN_FLIGHTS`.

    Returns
    -------
    Decision
        ``"promote"`` only if there are enough flights, the challenger has answered for all of
        them, the whole interval lies below minus the margin, and no slice is worse by more than
        the slack.

    Raises
    ------
    ValueError
        If the columns differ in length.
    """
    lengths = {len(each) for each in (is_late, champion, challenger, days, slices)}
    if len(lengths) != 1:
        raise ValueError(
            f"The gate compares the same flights, and was given columns of {sorted(lengths)} rows."
        )
    if len(is_late) < min_flights:
        return Decision("wait", f"{len(is_late):,} flights, {min_flights:,} are needed")
    missing = int(np.isnan(np.asarray(challenger, dtype=float)).sum())
    if missing:
        return Decision("keep", f"no probability for {missing:,} flights")
    difference = squared_error(is_late, challenger) - squared_error(is_late, champion)
    low, high = bootstrap_interval(difference, days)
    names = np.asarray(slices)
    by_slice = {str(name): float(difference[names == name].mean()) for name in np.unique(names)}
    worst = max(by_slice, key=by_slice.__getitem__)
    found = f"difference {difference.mean():+.4f} [{low:+.4f}, {high:+.4f}]"
    numbers = (float(difference.mean()), low, high, by_slice)
    # Asked so that a nan answers no.
    if not high < -margin:
        return Decision("keep", f"{found}: not better by {margin:g}", *numbers)
    if not by_slice[worst] <= slack:
        return Decision("keep", f"{found}: {worst} worse by {by_slice[worst]:.4f}", *numbers)
    return Decision("promote", f"{found}: better", *numbers)


def _codes(groups: Sequence[object] | np.ndarray) -> np.ndarray:
    return np.unique(np.asarray(groups), return_inverse=True)[1]
