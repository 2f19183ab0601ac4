"""The year month by month: drift, performance, and models of every age on every later month.

``python -m flightline.experiments.months`` measures it and writes ``artifacts/months.json``.
Reading the result needs neither pandas nor scikit-learn.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any, Literal

ARTIFACT = Path(__file__).resolve().parents[1] / "artifacts" / "months.json"

Window = Literal["all", "last 3"]

#: What a model learned from: all months so far, or the last three.
WINDOWS: tuple[Window, ...] = ("all", "last 3")
#: The first model is trained at the end of March and serves from April.
FIRST_TRAINED = 3
#: The months a model serves in.
SERVED = tuple(range(FIRST_TRAINED + 1, 13))
#: The months of the champion of the other chapters, trained on January to August.
CHAMPION_MONTHS = tuple(range(9, 13))
#: What Evidently is shown.
EVIDENTLY_COLUMNS = ("temp", "wind_speed", "origin_departure_delay_3h", "departure_minute")
NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def scores(trained: int, month: int, window: Window = "all") -> dict[str, float]:
    """Return how a model fared in a month.

    Parameters
    ----------
    trained : int
        The last month that it learned from, 3 to 11.
    month : int
        A later month.
    window : {"all", "last 3"}
        The months that it learned from: all until then, or three.

    Returns
    -------
    dict
        As `flightline.monitoring.performance`, and the difference in log-loss to the model frozen
        in March on the same flights (`against_frozen`, below 0 is better) with its interval
        (`low`, `high`, drawn by days).

    Raises
    ------
    ValueError
        When there is no such model, or the month isn't later.
    """
    if window not in WINDOWS or not FIRST_TRAINED <= trained < month <= 12:
        raise ValueError(
            f"No model of window {window!r} trained through month {trained} for month {month}. "
            f"Trained is {FIRST_TRAINED} to 11, month is later, up to 12, and window one of "
            f"{', '.join(WINDOWS)}."
        )
    return load_months()["models"][window][str(trained)][str(month)]


def champion_scores(month: int) -> dict[str, float]:
    """Return how the model of January to August fared in September to December."""
    return load_months()["champion"][str(month)]


def drift(month: int) -> dict[str, dict[str, float]]:
    """Return for each feature its `psi` and `ks` in a month, April to December.

    Against January to March, the data of the model that was frozen then.
    """
    return load_months()["drift"][str(month)]


@cache
def load_months() -> dict[str, Any]:
    """Return the artifact: `models`, `champion`, `drift`, `evidently` and what made it."""
    return json.loads(ARTIFACT.read_text(encoding="utf-8"))


def main() -> None:
    """Measure everything and write the artifact."""
    from flightline.experiments.measure_months import measure_months

    text = json.dumps(measure_months(), indent=1)
    ARTIFACT.write_text(text + "\n", encoding="utf-8", newline="\n")
    print(f"Wrote {ARTIFACT.name}.")


if __name__ == "__main__":
    main()
