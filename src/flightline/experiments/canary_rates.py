"""How often a canary stops and promotes, replayed on the real flights of September to December.

``python -m flightline.experiments.canary_rates`` makes ``artifacts/canary_rates.json`` again, in
some five minutes. Reading it needs the standard library only.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

ARTIFACT = Path(__file__).resolve().parents[1] / "artifacts" / "canary_rates.json"

SHARES = (0.01, 0.05, 0.1, 0.2, 0.5)
#: The champion itself, the repaired challenger, the one with another unit, and one that knows
#: nothing but the timetable.
CANARIES = ("same", "repaired", "hours", "timetable")
#: `mixed` is the sequential test with the flights dealt anew over the days, so that a canary does
#: the same harm on each of them, up to chance.
RULES = ("sequential", "peeking", "mixed")
ROUNDS = 1_000


@cache
def load_canary_rates() -> dict[str, Any]:
    """Return what was measured.

    `cost` holds each canary's mean cost per flight, and `champion` the champion's. `swing` is the
    standard deviation over the days of each canary's cost above the champion's, over all flights
    of the day, and `error` by share (as text) the median standard error of a day. `cases` holds
    for each canary and share (as text) a `path` of the evidence from 1 November on, with the
    `decision` and the number of `looks` it took, and for each rule the shares of its decisions,
    the median `looks`, and `excess`: at its average harm, what the canary cost more than the
    champion until it was decided or 28 days were over.
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
