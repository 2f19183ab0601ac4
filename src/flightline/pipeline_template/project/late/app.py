"""What is released: answers for one flight. ``python late.pyz CARRIER DEST HHMM``."""

import json
import sys
from importlib.resources import files

from late.model import predict


def main() -> None:
    """Print the probability that the flight lands 30 minutes late or more."""
    model = json.loads(files("late").joinpath("model.json").read_text(encoding="utf-8"))
    carrier, dest, clock = sys.argv[1:]
    flight = {"carrier": carrier, "dest": dest, "sched_dep_time": int(clock)}
    print(f"{predict(model, flight):.2f}")
