"""A quick check: a model of a few days beats the average on the days after."""

from late.data import FIRST_JUDGED_DAY, read_flights
from late.model import fit, predict

TRAINING_DAYS = 3


def training_days(days: list[str], n: int) -> list[str]:
    """Return n of the days."""
    return list(set(days))[:n]


def loss(model: dict, flights: list[dict]) -> float:
    """Return the mean squared error of the probabilities."""
    return sum((predict(model, f) - f["is_late"]) ** 2 for f in flights) / len(flights)


if __name__ == "__main__":
    flights = read_flights()
    past = [flight for flight in flights if flight["day"] < FIRST_JUDGED_DAY]
    chosen = set(training_days([flight["day"] for flight in past], TRAINING_DAYS))
    model = fit(flight for flight in past if flight["day"] in chosen)
    judged = [flight for flight in flights if flight["day"] >= FIRST_JUDGED_DAY]
    assert loss(model, judged) < loss(model | {"rates": {}}, judged), "no better than the average"
