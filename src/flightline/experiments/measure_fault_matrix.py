"""Injects every fault and every pair of faults into a month, and counts what the contract finds."""

import platform
from importlib.metadata import version
from itertools import combinations
from typing import Any

from flightline.contracts import FAMILIES, check_batch, count_by_family, load_batch
from flightline.experiments.fault_matrix import MONTH
from flightline.faults import FAULTS, inject


def measure_fault_matrix() -> dict[str, Any]:
    """Return the findings by family for no fault, for each fault, and for each pair of faults.

    Returns
    -------
    dict
        Ready for JSON: `faults` (stories by name), `families`, `findings` (counts in the order of
        `families`, by the faults' names in alphabetical order with ``"+"`` between them),
        `rows` of the undamaged tables, and `versions`.
    """
    batch = load_batch(MONTH)
    mixes = [(), *((name,) for name in FAULTS), *combinations(sorted(FAULTS), 2)]
    findings = {}
    for mix in mixes:
        counts = count_by_family(check_batch(inject(batch, mix)))
        findings["+".join(sorted(mix))] = counts.tolist()
    return {
        "faults": {fault.name: fault.story for fault in FAULTS.values()},
        "families": list(FAMILIES),
        "findings": findings,
        "rows": {"flights": len(batch.flights), "weather": len(batch.weather)},
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("numpy", "pandas", "pandera")},
        },
    }
