"""The model: the late rate of flights that are alike, drawn towards the rate of all flights."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

#: Flights with the same value of all of these are alike.
KEYS = ("half_day",)
#: The rate of all flights counts as much as this many flights of a kind.
PRIOR_FLIGHTS = 20


def hour(sched_dep_time: int) -> int:
    """Return the hour of a clock time written as HHMM: 18 for 1830."""
    return sched_dep_time // 100


def kind(flight: Mapping[str, Any], keys: Iterable[str]) -> str:
    """Return what a flight has in common with those that are alike."""
    clock = hour(flight["sched_dep_time"])
    known = {**flight, "hour": clock, "half_day": "am" if clock < 12 else "pm"}
    return "|".join(str(known[name]) for name in keys)


def fit(flights: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the model as plain data: its keys, the rate of all flights and of each kind."""
    flights = list(flights)
    late: Counter[str] = Counter()
    count: Counter[str] = Counter()
    for flight in flights:
        name = kind(flight, KEYS)
        count[name] += 1
        late[name] += flight["is_late"]
    base = sum(late.values()) / len(flights)
    rates = {
        name: (late[name] + PRIOR_FLIGHTS * base) / (count[name] + PRIOR_FLIGHTS) for name in count
    }
    return {"keys": list(KEYS), "base": base, "rates": dict(sorted(rates.items()))}


def predict(model: Mapping[str, Any], flight: Mapping[str, Any]) -> float:
    """Return the probability that a flight is late; that of all flights for an unknown kind."""
    return float(model["rates"].get(kind(flight, model["keys"]), model["base"]))
