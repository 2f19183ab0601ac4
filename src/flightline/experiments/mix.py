"""Twelve person-weeks over DevOps, Data, Models and Business: the measured outcome of every mix.

``python -m flightline.experiments.mix`` measures all 256 mixes and writes ``artifacts/mix.json``.
Reading the result needs neither pandas nor scikit-learn.
"""

import json
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

ARTIFACT = Path(__file__).resolve().parents[1] / "artifacts" / "mix.json"

#: What each part can be given, in person-weeks, and in which order parts are named.
WEEKS = (0, 3, 6, 9)
PARTS = ("devops", "data", "models", "business")

#: What the weeks buy, in the order of `WEEKS`.
LEVELS = {
    "devops": (
        "Trained once on January to March; serving passes the departure time as HHMM",
        "A test that training and serving agree runs in CI; still the March model",
        "A scheduled release: trained on January to August",
        "Retrained every month on all that is known",
    ),
    "data": (
        "The timetable",
        "The timetable and the weather",
        "Also the delays of flights that have landed",
        "Also the delays of flights that have left",
    ),
    "models": (
        "Logistic regression",
        "Gradient boosting with its defaults",
        "Gradient boosting, the best of 5 settings",
        "Gradient boosting, the best of 25 settings",
    ),
    "business": (
        "An alarm above 0.5, the default",
        "An alarm for as many flights as are late on average",
        "An alarm above 1/6: what the two costs imply",
        "The alarm threshold reviewed every month: the one that cost least the month before",
    ),
}


def mix_outcome(devops: int, data: int, models: int, business: int) -> dict[str, float]:
    """Return what a mix of work led to on the flights of September to December.

    Parameters
    ----------
    devops, data, models, business : {0, 3, 6, 9}
        Person-weeks spent on each part; `LEVELS` says what they buy.

    Returns
    -------
    dict
        `weeks` in all, `cost` per 1,000 flights (a false alarm costs 1, a missed late flight 5)
        and `auc`.

    Raises
    ------
    ValueError
        When a number of weeks is not in `WEEKS`.
    """
    spent = dict(zip(PARTS, (devops, data, models, business), strict=True))
    for part, weeks in spent.items():
        if weeks not in WEEKS:
            raise ValueError(f"{part} takes 0, 3, 6 or 9 weeks, not {weeks!r}.")
    d, a, m, b = (WEEKS.index(weeks) for weeks in spent.values())
    measured = load_mix()
    return {
        "weeks": sum(spent.values()),
        "cost": measured["cost"][d][a][m][b],
        "auc": measured["auc"][d][a][m],
    }


def best_mixes(budget: int) -> list[dict[str, int]]:
    """Return the mixes that spend exactly a budget, the cheapest outcome first.

    Parameters
    ----------
    budget
        Person-weeks in all.

    Returns
    -------
    list of dict
        Weeks by part, as `mix_outcome` takes them.
    """
    mixes = (dict(zip(PARTS, weeks, strict=True)) for weeks in product(WEEKS, repeat=len(PARTS)))
    spent = [mix for mix in mixes if sum(mix.values()) == budget]
    return sorted(spent, key=lambda mix: mix_outcome(**mix)["cost"])


def dearest_mix() -> float:
    """Return the highest cost per 1,000 flights of any mix."""
    by_mix = product(WEEKS, repeat=len(PARTS))
    return max(mix_outcome(*weeks)["cost"] for weeks in by_mix)


@cache
def load_mix() -> dict[str, Any]:
    """Return the artifact: costs, AUCs, references and the versions of everything that made it."""
    return json.loads(ARTIFACT.read_text(encoding="utf-8"))


def main() -> None:
    """Measure every mix and write the artifact."""
    from flightline.experiments.measure_mix import measure_mix

    ARTIFACT.write_text(json.dumps(measure_mix()) + "\n", encoding="utf-8", newline="\n")
    print(f"Wrote {ARTIFACT.name}.")


if __name__ == "__main__":
    main()
