"""Says whether the late rate of the quarter is high enough to call somebody."""

import json
import sys
from pathlib import Path


def make(quarter: str, alarm_rate: str) -> str:
    """Return `alarm`: whether `late_rate` reaches `alarm_rate` (0 to 1)."""
    return json.dumps({"alarm": json.loads(quarter)["late_rate"] >= float(alarm_rate)}) + "\n"


if __name__ == "__main__":
    quarter_path, rate, output = sys.argv[1:]
    Path(output).write_text(make(Path(quarter_path).read_text(), rate))
