"""The model, on flights made up for the purpose."""

from late.model import fit, hour, predict


def flight(carrier: str, clock: int, is_late: int = 0) -> dict:
    """Return a flight."""
    return {"carrier": carrier, "dest": "BOS", "sched_dep_time": clock, "is_late": is_late}


def test_the_hour_of_a_clock_time() -> None:
    """HHMM is a clock time and not a number of minutes."""
    assert hour(1830) == 18


def test_a_rate_lies_between_its_own_flights_and_all_flights() -> None:
    """Ten flights are too few to be believed alone."""
    model = fit([flight("AA", 700, 1)] * 10 + [flight("UA", 1900, 0)] * 10)
    assert 0.5 < predict(model, flight("AA", 700)) < 1


def test_an_unknown_kind_gets_the_rate_of_all_flights() -> None:
    """A new carrier raises no error."""
    model = fit([flight("AA", 1300, 1), flight("UA", 1900, 0)])
    assert predict(model, flight("ZZ", 200)) == 0.5
