"""What the sample promises; the first broken promise ends the step."""

import re
import sys
from typing import Any

from late.data import read_flights

LEAST_FLIGHTS = 10_000


def broken_promise(flights: list[dict[str, Any]]) -> str | None:
    """Return the first promise that the flights break, in a sentence."""
    if len(flights) < LEAST_FLIGHTS:
        return f"{len(flights):,} flights, and at least {LEAST_FLIGHTS:,} are promised."
    for line, flight in enumerate(flights, start=2):
        hours, minutes = divmod(flight["sched_dep_time"], 100)
        if not (0 <= hours < 24 and 0 <= minutes < 60):
            return f"line {line}: {flight['sched_dep_time']} isn't a clock time (HHMM)."
        if flight["is_late"] not in (0, 1):
            return f"line {line}: is_late is {flight['is_late']}, and 0 or 1 is promised."
        if not re.fullmatch(r"2013-\d\d-\d\d", flight["day"]):
            return f"line {line}: {flight['day']!r} isn't a day of 2013."
    return None


if __name__ == "__main__":
    sys.exit(broken_promise(read_flights()))
