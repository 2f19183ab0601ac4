"""Time chapter 15's feature table by each engine, from start to end and in a process of its own.

Prints JSON: engine -> [seconds, megabytes of its largest process].
"""

import json
import sys
import tempfile
from pathlib import Path

from flightline import scale


def measure(years: int) -> dict[str, tuple[float, float]]:
    """Return seconds and megabytes of each engine, after comparing what they wrote."""
    measured = {}
    sums = set()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        files, out = Path(name, "years"), Path(name, "out")
        scale.write_years(files, years)
        for engine in scale.ENGINES:
            outcome = scale.run_limited(engine, files, out)
            sums.add(scale.checksum(out))
            measured[engine] = (outcome.seconds, outcome.peak)
    if len(sums) != 1:
        sys.exit("The engines made different tables: nothing to compare.")
    return measured


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))))
