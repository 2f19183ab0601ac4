"""A better model or better data: the same budget spent in every way, measured.

The budget is machine work, which can be counted: a step is at most five training runs of 10,000
flights each. ``python -m flightline.experiments.ablation`` measures all ways to spend up
to three steps and writes ``artifacts/ablation.json``. Reading it needs neither pandas nor
scikit-learn.
"""

import json
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

ARTIFACT = Path(__file__).resolve().parents[1] / "artifacts" / "ablation.json"

#: Flights in a training run, training runs in a step, and the most steps that were measured.
RUN, RUNS, BUDGET = 10_000, 5, 3
SEEDS = 5

#: What a step can be spent on, and what it buys. In a mixture tables come first, then labels,
#: then settings, and the last training has all the rows.
STEPS = {
    "tuning": "Five more random settings are tried; the best of all is kept",
    "features": "Each table of features that is left is tried; the best is added",
    "labels": "The 10 feeds that a model doubts most are looked up, bad ones repaired",
    "rows": "The last training gets 50,000 more flights",
}
#: A way to spend: the steps for each key of `STEPS`, in that order.
Way = tuple[int, int, int, int]


def ways(budget: int) -> list[Way]:
    """Return every way to spend exactly a budget.

    Parameters
    ----------
    budget : int
        Steps in all, 0 to `BUDGET`.

    Returns
    -------
    list of tuple
        Steps for tuning, features, labels and rows.
    """
    grid = product(range(budget + 1), repeat=len(STEPS))
    return [(t, f, la, r) for t, f, la, r in grid if t + f + la + r == budget]


def outcome(tuning: int = 0, features: int = 0, labels: int = 0, rows: int = 0) -> dict[str, Any]:
    """Return what a way to spend the budget led to on September to December.

    Parameters
    ----------
    tuning, features, labels, rows : int
        Steps spent on each.

    Returns
    -------
    dict
        The mean `auc` over seeds, `auc_by_seed`, and against spending nothing the `gain` with
        its 95 % interval from `low` to `high`.

    Raises
    ------
    ValueError
        When this way was not measured.
    """
    way = (tuning, features, labels, rows)
    by_seed = load_ablation()["auc"][_position(way)]
    return {
        "auc": sum(by_seed) / len(by_seed),
        "auc_by_seed": list(by_seed),
        **difference(way, (0, 0, 0, 0)),
    }


def difference(way: Way, base: Way, comparisons: int = 1) -> dict[str, float]:
    """Return how much better one way is than another, with a paired interval.

    Parameters
    ----------
    way, base : tuple of int
        Steps for tuning, features, labels and rows.
    comparisons : int
        How many differences are examined together (Bonferroni's correction).

    Returns
    -------
    dict
        `gain`, the difference of the mean AUCs, and `low` and `high`: both ways are scored on
        the same resampled days and seeds, and the middle of the differences is kept, 95 % for
        one comparison and `1 - 0.05 / comparisons` for several.

    Raises
    ------
    ValueError
        When one of the two was not measured.
    """
    measured = load_ablation()
    at, of = _position(way), _position(base)
    gains = [a - b for a, b in zip(measured["auc"][at], measured["auc"][of], strict=True)]
    pairs = zip(replicates(way), replicates(base), strict=True)
    resampled = sorted(a - b for a, b in pairs)
    cut = 0.05 / comparisons / 2
    return {
        "gain": sum(gains) / len(gains),
        "low": _quantile(resampled, cut),
        "high": _quantile(resampled, 1 - cut),
    }


def replicates(way: Way) -> list[float]:
    """Return the mean AUC of a way on each resampling of test days and seeds.

    The days and seeds of the first are the same for all ways, and so on: differences are paired.
    """
    return [count / 100_000 for count in load_ablation()["replicates"][_position(way)]]


def halves(way: Way) -> tuple[float, float]:
    """Return the mean AUC of a way on the odd and on the even days of the test."""
    odd, even = load_ablation()["halves"][_position(way)]
    return odd, even


def learning_curves() -> list[dict[str, Any]]:
    """Return the AUC of each large carrier's test flights by the number of training rows.

    Returns
    -------
    list of dict
        `carrier`, `rows`, `seed` and `auc`: all features, repaired labels, default settings.
    """
    curves = load_ablation()["curves"]
    return [
        {"carrier": carrier, "rows": size, "seed": seed, "auc": auc}
        for carrier, by_size in curves["auc"].items()
        for size, by_seed in zip(curves["rows"], by_size, strict=True)
        for seed, auc in enumerate(by_seed)
    ]


def teams() -> list[dict[str, Any]]:
    """Return what each seed's team found on its way.

    Returns
    -------
    list of dict
        For each seed, the `tables` in the order in which steps of features add them, and what
        each step of labels after one of features found `broken`: lists of (carrier, month).
    """
    return [
        {
            "tables": list(team["tables"]),
            "broken": [[(carrier, month) for carrier, month in step] for step in team["broken"]],
        }
        for team in load_ablation()["teams"]
    ]


def flags() -> list[dict[str, Any]]:
    """Return how good the flags of confident learning are, by kind of label error and seed.

    Returns
    -------
    list of dict
        `errors` (``"feed"``, ``"random"`` or ``"none"``), `seed`, and as
        `flightline.labels.judge_flags` returns them `flagged`, `precision` and `recall`; ``nan``
        where there is nothing to divide by.
    """
    return [
        {"errors": kind, "seed": seed}
        | {name: float("nan") if x is None else x for name, x in found.items()}
        for seed, team in enumerate(load_ablation()["teams"])
        for kind, found in team["flags"].items()
    ]


def trained_on() -> list[dict[str, Any]]:
    """Return what comes of dropping flagged labels where every label is true, by seed.

    Returns
    -------
    list of dict
        `labels` (``"all"`` or ``"unflagged"``), `seed`, and on the scored flights `auc`,
        `log_loss` and the share late that is `expected`.
    """
    return [
        {"labels": kept, "seed": seed, **score}
        for seed, team in enumerate(load_ablation()["teams"])
        for kept, score in team["trained_on"].items()
    ]


def named(way: Way) -> str:
    """Return a way in words: ``"1 features + 2 rows"``, or ``"nothing"``."""
    spent = zip(STEPS, way, strict=True)
    return " + ".join(f"{steps} {name}" for name, steps in spent if steps) or "nothing"


def shown(found: dict[str, Any]) -> str:
    """Return a gain with its interval as text: ``"+0.016 [+0.008, +0.024]"``."""
    return f"{found['gain']:+.3f} [{found['low']:+.3f}, {found['high']:+.3f}]"


def next_steps(way: Way, days: dict[str, float]) -> list[dict[str, Any]]:
    """Return what one more step of each kind gains, from where a way ends.

    Parameters
    ----------
    way : tuple of int
        Steps already spent on tuning, features, labels and rows.
    days : dict
        For each key of `STEPS`, the days that a step takes: an estimate of yours.

    Returns
    -------
    list of dict
        `work`, `days`, and the `gain` with its interval from `low` to `high`, for as many
        comparisons as there are kinds of work.
    """
    options = []
    for at, work in enumerate(STEPS):
        t, f, la, r = (steps + (place == at) for place, steps in enumerate(way))
        gain = difference((t, f, la, r), way, comparisons=len(STEPS))
        options.append({"work": work, "days": days[work], **gain})
    return options


def plan_week(options: list[dict[str, Any]], days: float, margin: float) -> list[str]:
    """Choose work by gain per day, of what surely gains more than a margin.

    Parameters
    ----------
    options : list of dict
        Each with `work`, its name, the `days` it takes, and its `gain` with the interval's end
        `low`.
    days : float
        How many there are.
    margin : float
        The gain that is too small to care for: `low` must be above it.

    Returns
    -------
    list of str
        The work in the order of doing; what no longer fits is passed over.
    """
    worth = [option for option in options if option["low"] > margin]
    worth.sort(key=lambda option: (-option["gain"] / option["days"], option["days"]))
    chosen = []
    for option in worth:
        if option["days"] <= days:
            chosen.append(str(option["work"]))
            days -= option["days"]
    return chosen


@cache
def load_ablation() -> dict[str, Any]:
    """Return the artifact: scores, resamplings, and the versions of everything that made it."""
    return json.loads(ARTIFACT.read_text(encoding="utf-8"))


def _position(way: Way) -> int:
    try:
        return load_ablation()["ways"].index(list(way))
    except ValueError:
        spent = dict(zip(STEPS, way, strict=True))
        raise ValueError(
            f"{spent} was not measured: whole steps, none below 0, {BUDGET} in all at the most."
        ) from None


def _quantile(ordered: list[float], q: float) -> float:
    """Return a quantile of sorted values, interpolated as NumPy does it."""
    place = q * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def main() -> None:
    """Measure every way and write the artifact."""
    from flightline.experiments.measure_ablation import measure_ablation

    text = json.dumps(measure_ablation(), separators=(",", ":"))
    ARTIFACT.write_text(text + "\n", encoding="utf-8", newline="\n")
    print(f"Wrote {ARTIFACT.name}.")


if __name__ == "__main__":
    main()
