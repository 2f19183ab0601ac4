"""A canary: a few flights get the new model's answer, and a rule says when to stop or to go on.

The rule's error rates hold where the harm is the same on each day and each day's standard error is
known. Real days differ more than that: `flightline.experiments.canary_rates` measures how much.

Needs NumPy and nothing else, so that a server can route with it.
"""

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Action = Literal["stop", "promote", "continue"]

#: How often the rule may stop a canary that is as good as the champion.
FALSE_ALARM = 0.05
#: How often it may promote one that does the harm it was built to find.
MISS = 0.05
#: The harm that must be found: this much more cost per flight (1 for a false alarm, 5 for a miss).
HARM = 0.1
#: After so many days without a decision the champion stays.
LAST_DAY = 28


@dataclass(frozen=True)
class Outcome:
    """What a rule decided, and after how many looks."""

    action: Action
    looks: int


def in_canary(flight: str, share: float, salt: str = "") -> bool:
    """Tell whether a flight belongs to the canary.

    Parameters
    ----------
    flight : str
        What identifies it. The same flight gets the same answer on every server and at every
        request, which Python's own `hash` doesn't promise: it differs from process to process.
    share : float
        Of the flights, 0 to 1. A flight of a small share stays in every larger one.
    salt : str
        Another salt draws other flights: without it each canary would meet the same ones.
    """
    digest = hashlib.sha256(f"{salt}/{flight}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


def daily_differences(
    cost: np.ndarray, day: Sequence[object] | np.ndarray, canary: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Compare the canary's flights with the other flights of the same day.

    Parameters
    ----------
    cost : array of float, shape (n,)
        What the answer for each flight cost.
    day : array, shape (n,)
        On which day it flew; days are compared in their order.
    canary : array of bool, shape (n,)
        Whether the canary answered.

    Returns
    -------
    tuple of array, shape (days,)
        Mean cost of the canary minus mean cost of the champion, and its standard error (Welch,
        1938, with the variance of the day's flights taken together). A day is left out
        if one of the two answered for fewer than 2 flights, or if nothing cost anything.
    """
    codes = np.unique(np.asarray(day), return_inverse=True)[1]
    days = int(codes.max()) + 1 if len(codes) else 0
    ours, theirs = codes[canary], codes[~canary]
    n_canary = np.bincount(ours, minlength=days)
    n_champion = np.bincount(theirs, minlength=days)
    both = (n_canary >= 2) & (n_champion >= 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_canary = np.bincount(ours, cost[canary], days) / n_canary
        mean_champion = np.bincount(theirs, cost[~canary], days) / n_champion
        within = cost - np.where(canary, mean_canary[codes], mean_champion[codes])
        variance = np.bincount(codes, within**2, days) / (n_canary + n_champion - 2)
        error = np.sqrt(variance * (1 / n_canary + 1 / n_champion))
    told = both & (error > 0)
    return (mean_canary - mean_champion)[told], error[told]


def boundaries(false_alarm: float = FALSE_ALARM, miss: float = MISS) -> tuple[float, float]:
    """Return the evidence at which to promote and the one at which to stop (Wald, 1945)."""
    return math.log(miss / (1 - false_alarm)), math.log((1 - miss) / false_alarm)


def evidence(
    differences: Sequence[float] | np.ndarray,
    errors: Sequence[float] | np.ndarray,
    harm: float = HARM,
) -> np.ndarray:
    """Return the log-likelihood ratio of "costs `harm` more" to "costs the same", look by look.

    Parameters
    ----------
    differences, errors : array of float, shape (looks,)
        As from `daily_differences`.
    harm : float
        In the unit of the differences.

    Returns
    -------
    numpy.ndarray
        Shape (looks,), each with all looks so far: above 0 it speaks for harm.
    """
    difference = np.asarray(differences, dtype=float)
    error = np.asarray(errors, dtype=float)
    return np.cumsum(harm * (difference - harm / 2) / error**2)


def sequential_test(
    differences: Sequence[float] | np.ndarray,
    errors: Sequence[float] | np.ndarray,
    harm: float = HARM,
    false_alarm: float = FALSE_ALARM,
    miss: float = MISS,
) -> Outcome:
    """Decide at the first look that has enough evidence (Wald's sequential test, 1945).

    Parameters
    ----------
    differences, errors : array of float, shape (looks,)
        As from `daily_differences`, in the order of time.
    harm, false_alarm, miss : float
        As `HARM`, `FALSE_ALARM` and `MISS`.

    Returns
    -------
    Outcome
        ``"stop"`` or ``"promote"`` and the look, counted from 1, that decided; ``"continue"`` and
        the number of looks where none did.

    Raises
    ------
    ValueError
        If the columns differ in length, or if an error isn't positive.
    """
    if len(differences) != len(errors):
        raise ValueError(f"There are {len(differences)} differences and {len(errors)} errors.")
    if not all(error > 0 for error in errors):
        raise ValueError("A standard error of 0, or none, weighs a day without end: leave it out.")
    low, high = boundaries(false_alarm, miss)
    for look, ratio in enumerate(evidence(differences, errors, harm), start=1):
        if ratio >= high:
            return Outcome("stop", look)
        if ratio <= low:
            return Outcome("promote", look)
    return Outcome("continue", len(differences))


def peeking(
    differences: Sequence[float] | np.ndarray,
    errors: Sequence[float] | np.ndarray,
    critical: float = 1.645,
) -> Outcome:
    """Test anew at each look, as if it were the only one, and stop once it is significant.

    The tempting rule: each test has a false-alarm rate of 5 %, the sequence of them has not.
    It never promotes; who runs it does that after the last look.
    """
    difference = np.asarray(differences, dtype=float)
    weight = 1 / np.asarray(errors, dtype=float) ** 2
    z = np.cumsum(difference * weight) / np.sqrt(np.cumsum(weight))
    crossed = np.flatnonzero(z > critical)
    return Outcome("stop", int(crossed[0]) + 1) if len(crossed) else Outcome("continue", len(z))


def simulate(
    champion: np.ndarray,
    challenger: np.ndarray,
    day: Sequence[object] | np.ndarray,
    share: float,
    days: int = LAST_DAY,
    rounds: int = 200,
    seed: int = 0,
) -> dict[str, list[Outcome]]:
    """Replay canaries on recorded flights, with a new draw of the flights each time.

    Parameters
    ----------
    champion, challenger : array of float, shape (n,)
        What each model's answer for each flight cost. The same array twice replays a canary that
        is exactly as good as the champion.
    day : array, shape (n,)
        On which day each flight flew.
    share : float
        Of the flights that the canary answers.
    days : int
        How long a canary lasts at most; it begins on a day drawn at random.
    rounds, seed : int
        How many canaries, and the seed of all of them.

    Returns
    -------
    dict of list of Outcome
        `"sequential"` (`sequential_test`) and `"peeking"`, on the same comparisons.
    """
    rng = np.random.default_rng(seed)
    codes = np.unique(np.asarray(day), return_inverse=True)[1]
    last = int(codes.max()) + 1 - days
    found: dict[str, list[Outcome]] = {"sequential": [], "peeking": []}
    for _ in range(rounds):
        start = int(rng.integers(0, last + 1))
        chosen = (codes >= start) & (codes < start + days)
        canary = rng.random(int(chosen.sum())) < share
        cost = np.where(canary, challenger[chosen], champion[chosen])
        compared = daily_differences(cost, codes[chosen], canary)
        found["sequential"].append(sequential_test(*compared))
        found["peeking"].append(peeking(*compared))
    return found


def rates(outcomes: Iterable[Outcome]) -> dict[str, float]:
    """Return the share of each action, and the median number of looks (``nan`` for none)."""
    found = list(outcomes)
    looks = [outcome.looks for outcome in found]
    shares = {
        action: sum(outcome.action == action for outcome in found) / len(found) if found else 0.0
        for action in ("stop", "promote", "continue")
    }
    return {**shares, "looks": float(np.median(looks)) if looks else float("nan")}
