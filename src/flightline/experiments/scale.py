"""One feature table by four engines, from one year of flights to twenty.

``python -m flightline.experiments.scale`` makes ``artifacts/scale.json`` again, in about five
minutes on an idle machine with two cores. Reading it needs the standard library only.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

ARTIFACT = Path(__file__).resolve().parents[1] / "artifacts" / "scale.json"

#: How often the year is repeated.
SIZES = (1, 2, 5, 10, 20)


@cache
def load_scale() -> dict[str, Any]:
    """Return what was measured.

    `engines` has for each engine of `flightline.scale.ENGINES` the `peak` of its largest process
    in megabytes and the `seconds` from start to end, Dask's with the start of a cluster of two
    workers, at each of `sizes`. `rows` is the number of flights in one year, `cores` that of the
    machine, and `equal` whether all engines had equal checksums at every size. `night` has the
    seconds of three steps: the rolling features of a year by month on `one` worker and on `two`,
    the clusters started, and the `training` on one core.
    """
    return json.loads(ARTIFACT.read_text(encoding="utf-8"))


def measured(engine: str, years: int, what: str) -> float:
    """Return one engine's `peak` (megabytes) or `seconds` at a size of `SIZES`."""
    found = load_scale()
    return float(found["engines"][engine][what][found["sizes"].index(years)])


def fits(engine: str, years: int, limit: float) -> bool:
    """Return whether an engine's largest process stayed within a limit, in megabytes."""
    return measured(engine, years, "peak") <= limit


def main() -> None:
    """Measure all engines, one after the other, and write the artifact."""
    from flightline.experiments.measure_scale import measure_scale

    text = json.dumps(measure_scale(), indent=1)
    ARTIFACT.write_text(text + "\n", encoding="utf-8", newline="\n")
    print(f"Wrote {ARTIFACT.name}.")


if __name__ == "__main__":
    main()
