"""The measurement behind `flightline.experiments.scale`."""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flightline import scale
from flightline.experiments.scale import SIZES
from flightline.partitions import MONTHS


def measure_scale(
    sizes: Sequence[int] = SIZES, months: Sequence[str] = MONTHS, repeats: int = 2
) -> dict[str, Any]:
    """Run each engine at each size without a limit, then the steps of a night's training.

    Parameters
    ----------
    sizes
        How often the year is repeated.
    months
        Those whose rolling features are computed, and from which the model learns.
    repeats
        How often each engine runs; the fastest counts, and the highest peak.
    """
    engines: dict[str, dict[str, list[float]]] = {
        name: {"peak": [], "seconds": []} for name in scale.ENGINES
    }
    equal = True
    with TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        rows = 0
        for size in sizes:
            years = folder / f"years-{size}"
            rows = scale.write_years(years, size) // size
            sums = set()
            for engine in scale.ENGINES:
                out = folder / "out"
                runs = [scale.run_limited(engine, years, out) for _ in range(repeats)]
                engines[engine]["peak"].append(round(max(run.peak for run in runs)))
                seconds = min(run.seconds for run in runs)
                engines[engine]["seconds"].append(round(seconds, 1))
                sums.add(scale.checksum(out))
                print(size, engine, runs, flush=True)
            equal = equal and len(sums) == 1
        night = _night(folder / "months", months)
    return {
        "cores": os.cpu_count(),
        "rows": rows,
        "sizes": list(sizes),
        "equal": equal,
        "engines": engines,
        "night": night,
    }


def _night(root: Path, months: Sequence[str]) -> dict[str, float]:
    scale.write_months(root, months)
    return {
        "one": round(_features(root, 1), 2),
        "two": round(_features(root, 2), 2),
        "training": round(_training(months), 2),
    }


def _features(root: Path, workers: int) -> float:
    """Return the seconds of all rolling arrival delays, by month, on a warm cluster."""
    from flightline.features import ENTITIES
    from flightline.partitions import published_months

    tasks = [(month, entity) for month in published_months(root) for entity in ENTITIES.values()]
    with scale.cluster(workers) as client:

        def run() -> float:
            began = time.perf_counter()
            futures = [
                client.submit(scale.month_features, root, month, entity=entity, pure=False)
                for month, entity in tasks
            ]
            client.gather(futures)
            return time.perf_counter() - began

        run()
        return min(run() for _ in range(2))


def _training(months: Sequence[str]) -> float:
    """Return the seconds of the course's model on the flights of some months, on one core."""
    from flightline.data import load_flights, load_weather
    from flightline.definition import arrived, is_late
    from flightline.features import build_features
    from flightline.partitions import month_of
    from flightline.training import make_model

    flights = load_flights()
    features = build_features(flights, load_weather())
    chosen = arrived(flights) & month_of(flights).isin(list(months))
    late = is_late(flights)[chosen].astype(bool)
    began = time.perf_counter()
    make_model().fit(features[chosen], late)
    return time.perf_counter() - began
