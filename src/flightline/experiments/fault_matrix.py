"""Which checks notice which faults: one fault and every pair of them in a month of real data.

``python -m flightline.experiments.fault_matrix`` injects them into May 2013 and writes
``artifacts/fault_matrix.json``. Reading the result needs neither pandas nor Pandera.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

ARTIFACT = Path(__file__).resolve().parents[1] / "artifacts" / "fault_matrix.json"

#: No month has fewer faults of its own: the contract finds none in May.
MONTH = 5


def findings_by_family(*faults: str) -> dict[str, int]:
    """Return how many findings each family of checks had with some faults in the data.

    Parameters
    ----------
    *faults
        Up to two names of `flightline.faults.FAULTS`, in any order; the same twice counts once.

    Returns
    -------
    dict
        The number of findings by family, in the order in which a contract grows.

    Raises
    ------
    ValueError
        When the faults were not measured together.
    """
    measured = load_matrix()
    key = "+".join(sorted(set(faults)))
    if key not in measured["findings"]:
        raise ValueError(f"{key!r} was not measured: name up to two of {list(measured['faults'])}.")
    return dict(zip(measured["families"], measured["findings"][key], strict=True))


def stories() -> dict[str, str]:
    """Return what happened in each fault, by its name."""
    return dict(load_matrix()["faults"])


@cache
def load_matrix() -> dict[str, Any]:
    """Return the artifact: faults, families, findings, and the versions of what made it."""
    return json.loads(ARTIFACT.read_text(encoding="utf-8"))


def main() -> None:
    """Inject every fault and every pair, and write the artifact."""
    from flightline.experiments.measure_fault_matrix import measure_fault_matrix

    ARTIFACT.write_text(json.dumps(measure_fault_matrix()) + "\n", encoding="utf-8", newline="\n")
    print(f"Wrote {ARTIFACT.name}.")


if __name__ == "__main__":
    main()
