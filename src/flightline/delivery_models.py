"""The models of chapter 11, trained in seconds: two that serve, one with a hidden fault."""

from typing import Any

import pandas as pd
from sklearn.base import ClassifierMixin

from flightline.scoring import RECENT, load_scoring_flights, model_input
from flightline.training import make_model

#: Trees of the quick models.
TREES = 60
#: The tuned settings with fewer and faster trees, because the reader waits.
FASTER: dict[str, Any] = {"max_iter": 100, "learning_rate": 0.15}
#: What the model that knows only the timetable looks at.
TIMETABLE = (
    *("departure_minute", "weekday", "scheduled_minutes", "distance"),
    *("carrier", "origin", "dest"),
)


def colleague_input(flights: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of `flightline.scoring.model_input`, the recent delays in hours.

    This is how one colleague's own code makes them.
    """
    return model_input(flights.assign(**{name: flights[name] / 60 for name in RECENT}))


def spring_model() -> ClassifierMixin:
    """Return a small model of January to March, trained on some 3,000 flights."""
    flights = load_scoring_flights("learn").iloc[::2]
    spring = flights[flights["day"] < "2013-04-01"]
    return _quick(spring, model_input(spring))


def half_year_model() -> ClassifierMixin:
    """Return a small model of January to June, trained on 6,000 flights."""
    flights = load_scoring_flights("learn").iloc[::2]
    return _quick(flights, model_input(flights))


def tuned_model() -> ClassifierMixin:
    """Return the tuned model of January to June, trained on 12,000 flights."""
    flights = load_scoring_flights("learn")
    return make_model("tuned", **FASTER).fit(model_input(flights), flights["is_late"])


def colleague_model() -> ClassifierMixin:
    """Return the tuned model again, trained on `colleague_input`: as good, by itself."""
    flights = load_scoring_flights("learn")
    return make_model("tuned", **FASTER).fit(colleague_input(flights), flights["is_late"])


def timetable_model() -> ClassifierMixin:
    """Return a small model that knows nothing but the timetable."""
    flights = load_scoring_flights("learn").iloc[::2]
    return _quick(flights, model_input(flights)[list(TIMETABLE)])


def late_probability(model: ClassifierMixin, table: pd.DataFrame) -> pd.Series:
    """Return each flight's probability of being late (0 to 1), for the columns of a model."""
    columns = list(model.feature_names_in_)
    return pd.Series(model.predict_proba(table[columns])[:, 1], table.index)


def _quick(flights: pd.DataFrame, table: pd.DataFrame) -> ClassifierMixin:
    return make_model(max_iter=TREES).fit(table, flights["is_late"])
