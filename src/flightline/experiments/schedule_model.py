"""The model of the first service: the timetable and nothing else, as a table of weights.

``python -m flightline.experiments.schedule_model`` trains it again and writes
``artifacts/schedule_model.json``. Reading it needs the standard library only.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

ARTIFACT = Path(__file__).resolve().parents[1] / "artifacts" / "schedule_model.json"

#: What the model looks at: one weight for each value of each.
FEATURES = ("hour", "weekday", "carrier", "origin", "dest")


@cache
def load_schedule_model() -> dict[str, Any]:
    """Return the model: `name`, `intercept`, `weights` by feature and value, `auc`, `made_with`.

    The hour is New York's, and Monday is weekday 0. A weight is in log-odds of arriving late.
    """
    return json.loads(ARTIFACT.read_text(encoding="utf-8"))


def main() -> None:
    """Train the model and write the artifact."""
    from flightline.experiments.measure_schedule_model import measure_schedule_model

    text = json.dumps(measure_schedule_model(), indent=1)
    ARTIFACT.write_text(text + "\n", encoding="utf-8", newline="\n")
    print(f"Wrote {ARTIFACT.name}.")


if __name__ == "__main__":
    main()
