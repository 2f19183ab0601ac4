"""A drill for alarms: a fault on known days, and values that could be watched for it.

On one day in ten the station at JFK sends its temperature in degrees Celsius, as if in Fahrenheit.
"""

from collections.abc import Collection

import numpy as np
import pandas as pd

from flightline.monitoring import alarm_cost, best_threshold, psi

STATION = "JFK"
SHARE_OF_DAYS = 0.1
#: The temperature of a day is compared with so many days before.
LOOK_BACK = 14


def faulty_days(days: Collection[int], seed: int = 0) -> list[int]:
    """Return one day in ten, drawn with a seed."""
    every = np.asarray(sorted(days))
    chosen = every[np.random.default_rng(seed).random(len(every)) < SHARE_OF_DAYS]
    return [int(day) for day in chosen]


def in_celsius(weather: pd.DataFrame, days: Collection[int]) -> pd.Series:
    """Return the temperature as it comes in when the station is wrong on some days.

    Parameters
    ----------
    weather : pandas.DataFrame
        One row per flight: `temp` (degrees Fahrenheit), `origin` and `day` (a whole number).
    days : collection of int
        The days with the fault.
    """
    wrong = weather["origin"].eq(STATION) & weather["day"].isin(list(days))
    return weather["temp"].where(~wrong, (weather["temp"] - 32) / 1.8)


def watched(weather: pd.DataFrame, days: Collection[int], reference: pd.Series) -> pd.DataFrame:
    """Return three values that could raise an alarm, for each of some days.

    Parameters
    ----------
    weather : pandas.DataFrame
        One row per flight: `temp`, `origin` and `day`; earlier days are needed to look back.
    days : collection of int
        The days to return.
    reference : pandas.Series
        The temperature that the model was trained on.

    Returns
    -------
    pandas.DataFrame
        By day: `psi` against the reference, `shift` (mean against the mean of the 14 days before)
        and `gap` (largest difference between the means of two stations), in degrees. Days without
        any temperature are left out.
    """
    by_day = weather.groupby("day")["temp"]
    mean = by_day.mean()
    stations = weather.groupby(["day", weather["origin"].astype(str)])["temp"].mean().unstack()
    found = pd.DataFrame(
        {
            "psi": {day: psi(reference, by_day.get_group(day)) for day in days},
            "shift": (mean - mean.rolling(LOOK_BACK).mean().shift(1)).abs(),
            "gap": stations.max(axis=1) - stations.min(axis=1),
        }
    )
    return found.loc[list(days)].dropna().rename_axis("day")


def compare(
    past: pd.DataFrame, later: pd.DataFrame, false_alarm: float, miss: float
) -> pd.DataFrame:
    """Return what each watched value costs, with its threshold chosen on past days.

    Parameters
    ----------
    past, later : pandas.DataFrame
        As `watched` returns, with `incident` (bool).
    false_alarm, miss : float
        What each mistake costs.

    Returns
    -------
    pandas.DataFrame
        A row per watched value: `threshold`, its cost on the `past` days and on the `later` ones,
        and how many `false_alarms` and `missed` incidents the latter had.
    """
    rows = {}
    for name in past.columns.drop("incident"):
        limit = best_threshold(past[name], past["incident"], false_alarm, miss)
        costs = [
            alarm_cost(part[name], part["incident"], limit, false_alarm, miss)
            for part in (past, later)
        ]
        alarm = later[name] > limit
        rows[name] = {
            "threshold": limit,
            "past": costs[0],
            "later": costs[1],
            "false_alarms": int((alarm & ~later["incident"]).sum()),
            "missed": int((later["incident"] & ~alarm).sum()),
        }
    return pd.DataFrame.from_dict(rows, orient="index")
