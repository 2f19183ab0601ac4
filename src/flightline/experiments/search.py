"""The search of chapter 10: 43 trainings, each with its record, and what autolog makes of one.

``python -m flightline.experiments.search`` makes ``artifacts/search.json`` and
``artifacts/search.parquet`` again, in about three minutes.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

ARTIFACT = Path(__file__).resolve().parents[1] / "artifacts" / "search.json"
#: What each judged flight cost in each run, one column for each.
COSTS = ARTIFACT.with_suffix(".parquet")


@cache
def load_search() -> dict[str, Any]:
    """Return what was measured.

    `runs` holds for each run its `name`, its `record` and its `metrics` as
    `flightline.tracking.fit` gives them, with `seconds` of training, and its costs `later`, on
    flights that the search never saw: `cost`, and `low` and `high`, the ends of the interval of
    its difference to the run that was best in the search. `later` holds how many `flights` those
    are, from `first` to `last`, and which share of them is `late`. `autolog` holds what
    `mlflow.sklearn.autolog` logged of one training: `params`, `metrics`, `tags`, `datasets` and
    `artifacts`, those of the logged model included.
    """
    return json.loads(ARTIFACT.read_text(encoding="utf-8"))


def load_costs() -> Any:
    """Return the cost of each judged flight, one column for each run, and its `day`."""
    import pandas as pd

    return pd.read_parquet(COSTS)


def main() -> None:
    """Train the 43 models and write the artifacts."""
    from flightline.experiments.measure_search import measure_search

    found, costs = measure_search()
    text = json.dumps(found, indent=1)
    ARTIFACT.write_text(text + "\n", encoding="utf-8", newline="\n")
    costs.to_parquet(COSTS, compression="zstd", index=False)
    print(f"Wrote {ARTIFACT.name} and {COSTS.name}.")


if __name__ == "__main__":
    main()
