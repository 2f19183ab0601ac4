"""How often a canary stops and promotes, replayed on the real flights of September to December.

``python -m flightline.experiments.canary_rates`` makes ``artifacts/canary_rates.json`` again, in a
few minutes. Reading it needs the standard library only.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

ARTIFACT = Path(__file__).resolve().parents[1] / "artifacts" / "canary_rates.json"

SHARES = (0.01, 0.05, 0.1, 0.2, 0.5)
#: Who sings: the champion itself, the repaired challenger, the one with another unit, and one that
#: knows nothing but the timetable.
CANARIES = ("same", "repaired", "hours", "timetable")
RULES = ("sequential", "peeking", "past")
ROUNDS = 1_000


@cache
def load_canary_rates() -> dict[str, Any]:
    """Return what was measured.

    `cost` holds each canary's mean cost per flight, and `champion` the champion's. `cases` holds
    for each canary and share (as text) a `path` of the evidence from 1 November on, with the
    `decision` and the number of `looks` it took, and for each rule the shares of its decisions,
    the median `looks`, and `excess`: what the canary cost more than the champion, in all and on
    average, until it was decided or 28 days were over.
    """
    return json.loads(ARTIFACT.read_text(encoding="utf-8"))


def canary_case(canary: str, share: float) -> dict[str, Any]:
    """Return one case of `load_canary_rates`."""
    return load_canary_rates()["cases"][f"{canary} {share:g}"]


def main() -> None:
    """Replay the canaries and write the artifact."""
    from flightline.experiments.measure_canary_rates import measure_canary_rates

    text = json.dumps(measure_canary_rates(), indent=1)
    ARTIFACT.write_text(text + "\n", encoding="utf-8", newline="\n")
    print(f"Wrote {ARTIFACT.name}.")


if __name__ == "__main__":
    main()
