"""What the two baselines and the reference reach in a replay, day by day.

``python -m flightline.experiments.replays`` plays them and records the tapes, in about half an
hour, nearly all of it for retraining daily.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from flightline.replay.recorded import ARTIFACT as TAPES
from flightline.replay.score import Score

ARTIFACT = Path(__file__).resolve().parents[1] / "artifacts" / "replay.json"


def load_replays(scenario: str = "practice") -> dict[str, dict[str, Any]]:
    """Return what each of `NAMES` reached in a scenario.

    Parameters
    ----------
    scenario : {"practice", "year"}
        Which.

    Returns
    -------
    dict
        By name: `score` (a `flightline.replay.score.Score`), `saved` (units on each day), `digest`
        (of the policies), `outcomes`, `releases` and `calls` as plain data.

    Raises
    ------
    ValueError
        When there is no such scenario.
    """
    known = _replays()
    if scenario not in known:
        raise ValueError(f"No scenario {scenario!r}. There are: {', '.join(known)}.")
    return {
        name: {**each, "score": Score(**each["score"])} for name, each in known[scenario].items()
    }


@cache
def _replays() -> dict[str, Any]:
    return dict(json.loads(ARTIFACT.read_text(encoding="utf-8")))


def main() -> None:
    """Play the baselines and the reference, record the tapes, and write both artifacts."""
    from flightline.experiments.measure_replay import measure_replays, record_tapes

    TAPES.write_text(record_tapes(), encoding="utf-8")
    print(f"Wrote {TAPES.name}.", flush=True)
    ARTIFACT.write_text(json.dumps(measure_replays(), separators=(",", ":")) + "\n", "utf-8")
    print(f"Wrote {ARTIFACT.name}.")


if __name__ == "__main__":
    main()
