"""MLflow's server and Flightline's, with the same model under the same load.

``python -m flightline.experiments.serving_speed`` makes ``artifacts/serving_speed.json`` again, in
two minutes on an idle machine. Reading it needs the standard library only.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

ARTIFACT = Path(__file__).resolve().parents[1] / "artifacts" / "serving_speed.json"

SERVERS = ("mlflow", "flightline")
#: Requests per second of the open load.
RATE = 20.0
REQUESTS = 300


@cache
def load_serving_speed() -> dict[str, Any]:
    """Return what was measured, by server.

    `start` is the time until the first answer in seconds, `p50`, `p95` and `p99` the latencies in
    milliseconds of `requests` requests at `rate` per second, `failed` how many had no answer,
    `per_second` how many answers one server gives at most, and `bad` the status and the length (in
    characters) of its answer to a request with a missing field, and whether it shows a stack
    trace.
    """
    return json.loads(ARTIFACT.read_text(encoding="utf-8"))


def main() -> None:
    """Start both servers, one after the other, and write the artifact."""
    from flightline.experiments.measure_serving_speed import measure_serving_speed

    text = json.dumps(measure_serving_speed(), indent=1)
    ARTIFACT.write_text(text + "\n", encoding="utf-8", newline="\n")
    print(f"Wrote {ARTIFACT.name}.")


if __name__ == "__main__":
    main()
