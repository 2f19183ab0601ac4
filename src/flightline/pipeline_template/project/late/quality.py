"""The quality gate: the trained model against the one that serves, on days neither has seen."""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from late.data import FIRST_JUDGED_DAY, read_flights
from late.gates import judge
from late.model import predict


def main() -> int:
    """Judge, write the decision down, and return the exit status."""
    judged = [flight for flight in read_flights() if flight["day"] >= FIRST_JUDGED_DAY]
    challenger = json.loads(Path("artifacts/model.json").read_text(encoding="utf-8"))
    serving = Path(os.environ.get("CHAMPION", ""))
    # Before the first release the champion is the late rate of all flights.
    champion = challenger | {"rates": {}}
    if serving.is_file():
        champion = json.loads(serving.read_text(encoding="utf-8"))
    if challenger == champion:
        print("the model is the champion itself")
        return 0
    decision = judge(
        is_late=[flight["is_late"] for flight in judged],
        champion=[predict(champion, flight) for flight in judged],
        challenger=[predict(challenger, flight) for flight in judged],
        days=[flight["day"] for flight in judged],
        slices=[flight["origin"] for flight in judged],
    )
    Path("artifacts/quality.json").write_text(
        json.dumps(asdict(decision), indent=1), encoding="utf-8"
    )
    print(decision.reason)
    return 0 if decision.action == "promote" else 1


if __name__ == "__main__":
    sys.exit(main())
