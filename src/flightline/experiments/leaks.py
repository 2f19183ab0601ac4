"""What features that know the future promise, what they keep, and what the age of a feature costs.

``python -m flightline.experiments.leaks`` measures it and writes ``artifacts/leaks.json``.
Reading the result needs neither pandas nor scikit-learn.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

ARTIFACT = Path(__file__).resolve().parents[1] / "artifacts" / "leaks.json"

#: How each model was trained and fed: the leak on both sides, only in training, or nowhere.
WAYS = ("promised", "served", "honest")
#: How many hours pass between two snapshots; 0 stands for features computed at the moment.
AGES = (0, 1, 3, 6, 24)
#: The day and the flights of the time machine.
DAY = {"month": 9, "day": 12, "carrier": "UA", "origin": "EWR", "dest": "BOS"}


def twin_scores(name: str) -> dict[str, Any]:
    """Return the AUC on every third flight of September to December with one leaky twin.

    Parameters
    ----------
    name : str
        A key of `flightline.leaks.TWINS`.

    Returns
    -------
    dict
        For each of `WAYS` the `auc` over all four months, and under `months` a list of the AUCs
        from September to December.

    Raises
    ------
    ValueError
        When there is no such twin.
    """
    twins = load_leaks()["twins"]
    if name not in twins:
        raise ValueError(f"No leaky twin {name!r}. There are: {', '.join(twins)}.")
    return twins[name]


def age_scores() -> dict[int, dict[str, float]]:
    """Return the AUC on September to December by the hours between two snapshots.

    Returns
    -------
    dict
        By `AGES`: `trained_alike`, for a model trained on features of that age, and, for ages
        from 1 hour, `trained_hourly`, for the model of the hourly snapshots fed with older ones.
    """
    return {int(hours): scores for hours, scores in load_leaks()["ages"].items()}


def day_flights() -> list[dict[str, Any]]:
    """Return the flights of `DAY` in the order of schedule.

    Returns
    -------
    list of dict
        `flight`, four times in minutes after midnight in New York (`scheduled_departure`,
        `departure`, `scheduled_arrival`, `arrival`) and the delays `dep_delay` and `arr_delay`
        in minutes; None where something didn't happen.
    """
    return load_leaks()["day"]


@cache
def load_leaks() -> dict[str, Any]:
    """Return the artifact: `twins`, `ages`, `day` and the versions of everything that made it."""
    return json.loads(ARTIFACT.read_text(encoding="utf-8"))


def main() -> None:
    """Measure everything and write the artifact."""
    from flightline.experiments.measure_leaks import measure_leaks

    text = json.dumps(measure_leaks(), indent=1)
    ARTIFACT.write_text(text + "\n", encoding="utf-8", newline="\n")
    print(f"Wrote {ARTIFACT.name}.")


if __name__ == "__main__":
    main()
