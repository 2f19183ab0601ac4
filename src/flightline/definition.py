"""The one definition of the prediction: what is predicted, for which flights, when, and the split.

Every chapter and every module takes it from here, so that two numbers can be compared.
"""

from typing import NamedTuple

import pandas as pd

#: A flight is late when it arrives this many minutes or more after schedule.
LATE_MINUTES = 30
#: How long before scheduled departure the prediction is made.
HORIZON = pd.Timedelta(minutes=60)

#: The months of scheduled departure on New York's clock, first and last.
TRAIN_MONTHS = (1, 8)
TUNE_MONTHS = (7, 8)
TEST_MONTHS = (9, 12)


class Split(NamedTuple):
    """Boolean masks of the labelled flights, aligned with the flights.

    `tune` lies inside `train`: choose on `tune` with a model trained on `learn`, which is `train`
    without it, then train on all of `train` and measure once on `test`.
    """

    train: pd.Series
    learn: pd.Series
    tune: pd.Series
    test: pd.Series


def prediction_time(flights: pd.DataFrame) -> pd.Series:
    """Return the moment of prediction: `HORIZON` before scheduled departure.

    Not scheduled departure itself: more than half of the flights have left by then, so that a
    feature could contain the flight's own departure.

    Parameters
    ----------
    flights : pandas.DataFrame
        Needs `scheduled_departure`.

    Returns
    -------
    pandas.Series
        UTC, one per flight.
    """
    return (flights["scheduled_departure"] - HORIZON).rename("prediction_time")


def arrived(flights: pd.DataFrame) -> pd.Series:
    """Return the mask of the population: flights that arrived where they were going.

    Cancelled and diverted flights have no arrival delay and so no label. A model trained on the
    others estimates P(late | arrives).

    Parameters
    ----------
    flights : pandas.DataFrame
        Needs `arr_delay`, in minutes.

    Returns
    -------
    pandas.Series
        bool, one per flight.
    """
    return flights["arr_delay"].notna().rename("arrived")


def is_late(flights: pd.DataFrame) -> pd.Series:
    """Return the label: arrived `LATE_MINUTES` late or more.

    Parameters
    ----------
    flights : pandas.DataFrame
        Needs `arr_delay`, in minutes.

    Returns
    -------
    pandas.Series
        Nullable boolean, ``<NA>`` for a flight that did not arrive. Keep the arrived flights and
        call ``.astype(bool)`` before training; that raises if a flight without a label is left.
    """
    late = (flights["arr_delay"] >= LATE_MINUTES).astype("boolean")
    return late.where(arrived(flights)).rename("is_late")


def split(flights: pd.DataFrame) -> Split:
    """Split the flights by time: train January to August, test September to December.

    Parameters
    ----------
    flights : pandas.DataFrame
        Needs `scheduled_departure` and `arr_delay`.

    Returns
    -------
    Split
        Masks `train`, `learn` (January to June), `tune` (July and August) and `test`. A flight
        that did not arrive is in none of them.
    """
    month = flights["scheduled_departure"].dt.tz_convert("America/New_York").dt.month
    labelled = arrived(flights)
    train = labelled & month.between(*TRAIN_MONTHS)
    tune = labelled & month.between(*TUNE_MONTHS)
    return Split(train, train & ~tune, tune, labelled & month.between(*TEST_MONTHS))
