"""A queue of releases: what batch size, review time and test reliability do to lead time.

The model. Changes are finished at random, one every two working hours on average. They wait until
a batch is full, then the batch joins one line and is served first come, first served, one batch at
a time. Serving a batch means:

1. each change is reviewed, for an exponential time;
2. the pipeline runs for an hour; a run is red without a reason with probability
   ``1 - reliability`` and is then repeated;
3. one change in ten has a fault, which the tests find with probability ``reliability``; mending
   what they find takes an hour each;
4. the batch is deployed. If a fault got through, the deployment fails, and the line stands still
   until it is found: an hour, and half an hour for each change in the batch.

Time is in working hours. A year has 1,000 changes. Every setting replays the same changes with the
same chances, so that a difference between two settings isn't luck.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CHANGES_PER_HOUR = 0.5
CHANGES_PER_YEAR = 1_000
PIPELINE_HOURS = 1.0
FAULTY = 0.1
MENDING_HOURS = 1.0
RECOVERY_HOURS = 1.0
RECOVERY_HOURS_PER_CHANGE = 0.5
YEARS = 20
SEED = 0


@dataclass(frozen=True)
class Flow:
    """What simulated years led to; one value for each year.

    Attributes
    ----------
    lead_time_hours
        Mean working hours from finishing a change to its deployment.
    change_fail_rate
        Share of the deployments that failed.
    failed_per_100
        Failed deployments for every 100 changes.
    failed_hours_per_100
        Working hours in which a failed deployment was live, for every 100 changes.
    """

    lead_time_hours: Floats
    change_fail_rate: Floats
    failed_per_100: Floats
    failed_hours_per_100: Floats


@dataclass(frozen=True)
class _Chances:
    """The same changes for every setting: years in rows, changes in columns."""

    finished: Floats
    review: Floats
    fault: NDArray[np.bool_]
    found: Floats
    red: Floats


@cache
def _chances(years: int, changes: int, seed: int) -> _Chances:
    rng = np.random.default_rng(seed)
    shape = (years, changes)
    return _Chances(
        finished=rng.exponential(1 / CHANGES_PER_HOUR, shape).cumsum(axis=1),
        review=rng.exponential(1.0, shape),
        fault=rng.random(shape) < FAULTY,
        found=rng.random(shape),
        red=rng.random(shape),
    )


def leave_the_line(ready: Floats, service: Floats) -> Floats:
    """Return when each batch leaves a line that serves one at a time, in the order of arrival.

    Parameters
    ----------
    ready
        When each batch joins the line, ascending along the last axis.
    service
        How long each keeps the line busy.

    References
    ----------
    D. V. Lindley, "The theory of queues with a single server", *Proceedings of the Cambridge
    Philosophical Society* 48, 1952; here in closed form.
    """
    work = service.cumsum(axis=-1)
    idle = np.maximum.accumulate(ready - (work - service), axis=-1)
    return work + idle


def utilization(batch: int, review_hours: float, reliability: float) -> float:
    """Return the share of time the line is busy on average; from 1 on the queue never ends."""
    missed = FAULTY * (1 - reliability)
    fails = 1 - (1 - missed) ** batch
    recovery = fails * (RECOVERY_HOURS + RECOVERY_HOURS_PER_CHANGE * batch)
    service = batch * (review_hours + FAULTY * reliability * MENDING_HOURS)
    return CHANGES_PER_HOUR / batch * (service + PIPELINE_HOURS / reliability + recovery)


def simulate(
    batch: int,
    review_hours: float,
    reliability: float,
    years: int = YEARS,
    changes: int = CHANGES_PER_YEAR,
    seed: int = SEED,
) -> Flow:
    """Simulate independent years of releases.

    Parameters
    ----------
    batch
        Changes in a release. Changes that don't fill a last batch are left out.
    review_hours
        Mean working hours to review one change.
    reliability
        Probability that the tests find a fault, and that a run doesn't fail without a reason:
        above 0, up to 1.
    years, changes
        How many years, and changes in each.
    seed
        For NumPy's default generator.

    Raises
    ------
    ValueError
        When a parameter is outside its range.
    """
    if not 1 <= batch <= changes:
        raise ValueError(f"batch is from 1 to {changes} changes, not {batch}.")
    if review_hours < 0 or not 0 < reliability <= 1:
        raise ValueError("review_hours is 0 or more and reliability above 0 and at most 1.")
    chances = _chances(years, changes, seed)
    batches = changes // batch

    def of_batches(values: np.ndarray) -> np.ndarray:
        return values[:, : batches * batch].reshape(years, batches, batch)

    finished = of_batches(chances.finished)
    fault, found = of_batches(chances.fault), of_batches(chances.found) < reliability
    red_again = 0.0 if reliability == 1 else 1 / math.log(1 - reliability)
    runs = 1 + np.floor(np.log(chances.red[:, :batches]) * red_again)
    mending = MENDING_HOURS * (fault & found).sum(axis=2)
    work = review_hours * of_batches(chances.review).sum(axis=2) + PIPELINE_HOURS * runs + mending
    fails = (fault & ~found).any(axis=2)
    recovery = fails * (RECOVERY_HOURS + RECOVERY_HOURS_PER_CHANGE * batch)
    deployed = leave_the_line(finished[:, :, -1], work + recovery) - recovery
    return Flow(
        lead_time_hours=(deployed[:, :, None] - finished).mean(axis=(1, 2)),
        change_fail_rate=fails.mean(axis=1),
        failed_per_100=100 * fails.sum(axis=1) / (batches * batch),
        failed_hours_per_100=100 * recovery.sum(axis=1) / (batches * batch),
    )


def trials(
    batches: Iterable[int], review_hours: float, reliability: float
) -> list[dict[str, float]]:
    """Simulate every batch size and return one row per batch size and year.

    Returns
    -------
    list of dict
        `batch`, `year`, `lead_time_hours`, `change_fail_rate`.
    """
    rows: list[dict[str, float]] = []
    for batch in batches:
        flow = simulate(batch, review_hours, reliability)
        pairs = zip(flow.lead_time_hours, flow.change_fail_rate, strict=True)
        for year, (lead, rate) in enumerate(pairs, start=1):
            values = {"lead_time_hours": float(lead), "change_fail_rate": float(rate)}
            rows.append({"batch": batch, "year": year, **values})
    return rows


def choose_batch(rows: Iterable[Mapping[str, float]], budget: float) -> int | None:
    """Return the batch size with the shortest mean lead time whose mean fail rate fits a budget.

    Parameters
    ----------
    rows
        As from :func:`trials`.
    budget
        The largest mean change fail rate that is accepted, from 0 to 1.

    Returns
    -------
    int or None
        The smallest of those with the same lead time; None where no batch size fits.
    """
    years: dict[int, list[Mapping[str, float]]] = defaultdict(list)
    for row in rows:
        years[int(row["batch"])].append(row)
    fitting = []
    for batch, of_batch in years.items():
        lead, rate = (
            sum(row[name] for row in of_batch) / len(of_batch)
            for name in ("lead_time_hours", "change_fail_rate")
        )
        if rate <= budget:
            fitting.append((lead, batch))
    return min(fitting)[1] if fitting else None
