"""Counts the flights of one month that arrived, and those that were late."""

import csv
import json
import sys
from pathlib import Path


def make(raw: str, late_minutes: str) -> str:
    """Return `arrived` and `late` of a month's CSV with a column `arr_delay` (minutes)."""
    header, *rows = csv.reader(raw.splitlines())
    column = header.index("arr_delay")
    delays = [float(row[column]) for row in rows if row[column]]
    late = sum(delay >= float(late_minutes) for delay in delays)
    return json.dumps({"arrived": len(delays), "late": late}) + "\n"


if __name__ == "__main__":
    raw_path, minutes, output = sys.argv[1:]
    Path(output).parent.mkdir(exist_ok=True)
    Path(output).write_text(make(Path(raw_path).read_text(), minutes))
