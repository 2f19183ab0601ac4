"""A shadow: the challenger answers copies of the real requests, and nobody uses its answers."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from flightline.scoring import WARN_FROM

LOG = "predictions.jsonl"
#: Fewer copies than this decide nothing.
MIN_COPIES = 50
#: Two computations of the same probability may differ by rounding, and by nothing more.
ROUNDING = 1e-6


@dataclass(frozen=True)
class Comparison:
    """What a shadow did on the requests of the champion.

    Attributes
    ----------
    copies, failed
        How many requests it got, and for how many it had no answer.
    champion_mean, shadow_mean
        Mean probability of the two, over the requests that both answered.
    changed
        Share of these requests for which one would have warned and the other not.
    mismatches
        Of the answers for flights in `expected`, how many differ from it by more than `ROUNDING`.
    """

    copies: int
    failed: int
    champion_mean: float
    shadow_mean: float
    changed: float
    mismatches: int

    @property
    def objections(self) -> list[str]:
        """Why the shadow may not become a canary; none means that it may."""
        found = {
            f"{self.copies} copies, {MIN_COPIES} are needed": self.copies < MIN_COPIES,
            f"no answer to {self.failed} requests": self.failed > 0,
            f"{self.mismatches} answers differ from those it was judged by": self.mismatches > 0,
        }
        return [reason for reason, applies in found.items() if applies]


def compare(
    records: Sequence[Mapping[str, Any]], expected: Mapping[str, float] | None = None
) -> Comparison:
    """Compare a shadow's answers with the champion's, and with its own from before.

    Parameters
    ----------
    records : sequence of mappings
        Lines of the log of predictions; those without a `shadow_version` are left out.
    expected : mapping of str to float, optional
        Flight to probability: what the same version says where it was judged, on the flights'
        stored features. In the service it must say the same.

    Returns
    -------
    Comparison
        Means and shares are ``nan`` where nothing was answered.
    """
    copies = [record for record in records if "shadow_version" in record]
    answered = [record for record in copies if "shadow_probability" in record]
    champion = np.array([record["late_probability"] for record in answered])
    shadow = np.array([record["shadow_probability"] for record in answered])
    known = expected or {}
    mismatches = sum(
        abs(record["shadow_probability"] - known[record["flight"]]) > ROUNDING
        for record in answered
        if record["flight"] in known
    )
    return Comparison(
        copies=len(copies),
        failed=len(copies) - len(answered),
        champion_mean=float(champion.mean()) if len(answered) else float("nan"),
        shadow_mean=float(shadow.mean()) if len(answered) else float("nan"),
        changed=float(((champion >= WARN_FROM) != (shadow >= WARN_FROM)).mean())
        if len(answered)
        else float("nan"),
        mismatches=int(mismatches),
    )


def read_log(folder: Path, request_ids: Sequence[str], seconds: float = 10) -> list[dict[str, Any]]:
    """Return what the service wrote down about some requests, in their order.

    Parameters
    ----------
    folder : pathlib.Path
        That the service works in.
    request_ids : sequence of str
        Of the answers.
    seconds : float
        How long to wait for the shadow, which answers after the champion.

    Raises
    ------
    TimeoutError
        If a request isn't in the log by then.
    """
    end = time.monotonic() + seconds
    while True:
        found = {}
        for line in _lines(folder / LOG):
            record = json.loads(line)
            found[record["request_id"]] = record
        missing = [each for each in request_ids if each not in found]
        if not missing:
            return [found[each] for each in request_ids]
        if time.monotonic() > end:
            raise TimeoutError(f"{len(missing)} requests aren't in {LOG} after {seconds:g} s.")
        time.sleep(0.05)


def _lines(path: Path) -> list[str]:
    # The last line may be half written.
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return text.split("\n")[:-1]
