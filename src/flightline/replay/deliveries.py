"""What is delivered on each day of a scenario: features, labels, findings, right and wrong.

Everything is computed once for a scenario, and each day picks its rows. Which of the two versions a
row has is decided by the engine, which knows what was repaired when.
"""

import datetime
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import pandas as pd

from flightline.contracts import (
    FLIGHTS,
    NEW_YORK,
    absent_hours,
    check_flights,
    check_weather,
)
from flightline.data import load_flights, load_weather
from flightline.definition import LATE_MINUTES
from flightline.features import build_features
from flightline.monitoring import LABEL_WAIT
from flightline.replay.incidents import KINDS, Incident, Scenario, damaged, hit

#: A rolling feature looks back this far at most, and a prediction is made an hour before.
_LOOK_BACK = datetime.timedelta(days=2)
_ONE_DAY = datetime.timedelta(days=1)
_TIMES = ("scheduled_departure", "actual_departure", "scheduled_arrival", "actual_arrival")
#: Constant within a day, so that a day's distribution says nothing.
NOT_WATCHED = ("weekday",)


@dataclass(frozen=True)
class Wrong:
    """What an incident delivers.

    Attributes
    ----------
    rows
        Positions of the flights whose features or labels are wrong, rising.
    features
        Theirs, in this order.
    late
        Their labels as delivered: 1.0, 0.0, or ``nan`` where none comes.
    serving
        Which of them are flights of the days of the incident and the day after; the others were
        delivered right at their time and wrongly again.
    refused
        Which of them get no answer.
    findings
        What the contract finds, by day.
    changes_features
        Whether any feature is wrong.
    """

    rows: np.ndarray
    features: pd.DataFrame
    late: np.ndarray
    serving: np.ndarray
    refused: np.ndarray
    findings: dict[datetime.date, dict[str, int]]
    changes_features: bool


@dataclass(frozen=True)
class Deliveries:
    """A scenario's flights from 1 January on, in order of scheduled departure.

    Attributes
    ----------
    flights
        Needs `day` (a date on New York's clock), `origin`, `label` (what identifies a flight).
    features
        One row per flight, as they would be without incidents.
    late
        The truth: 1.0, 0.0, or ``nan`` for a flight that did not arrive.
    known
        The day on whose evening the flight's label is complete, as a number of days.
    day
        The day of departure, as a number of days.
    findings
        What the contract finds by day without incidents; days without findings are left out.
    wrong
        By the incident's name.
    """

    flights: pd.DataFrame
    features: pd.DataFrame
    late: np.ndarray
    known: np.ndarray
    day: np.ndarray
    findings: dict[datetime.date, dict[str, int]]
    wrong: dict[str, Wrong] = field(default_factory=dict)

    def rows(self, day: datetime.date) -> np.ndarray:
        """Return the positions of the flights of a day."""
        first, end = np.searchsorted(self.day, [day.toordinal(), day.toordinal() + 1])
        return np.arange(first, end)

    def delivered(
        self, rows: np.ndarray, broken: Collection[str], archive: bool
    ) -> tuple[pd.DataFrame, np.ndarray]:
        """Return features and labels of some flights as they were delivered.

        Parameters
        ----------
        rows : array of int
            Positions of the flights.
        broken : collection of str
            Names of incidents that nobody has repaired.
        archive : bool
            Whether the archive is asked, in which an incident may have rewritten earlier days.

        Returns
        -------
        tuple
            The features and the labels (1.0, 0.0 or ``nan``).
        """
        features, late = self.features.iloc[rows], self.late[rows]
        for name in broken:
            wrong = self.wrong[name]
            inside, at = self._hit(wrong, rows, archive)
            if not inside.any():
                continue
            late = np.where(inside, wrong.late[at], late)
            order = np.argsort(np.concatenate([np.flatnonzero(~inside), np.flatnonzero(inside)]))
            parts = [features[~inside], wrong.features.iloc[at[inside]]]
            features = pd.concat(parts, ignore_index=True).iloc[order]
        return features, late

    def delivered_late(
        self, rows: np.ndarray, broken: Collection[str], archive: bool
    ) -> np.ndarray:
        """Return the labels of some flights as they were delivered; faster than `delivered`."""
        late = self.late[rows]
        for name in broken:
            inside, at = self._hit(self.wrong[name], rows, archive)
            late = np.where(inside, self.wrong[name].late[at], late)
        return late

    def changed(self, rows: np.ndarray, broken: Collection[str], archive: bool) -> np.ndarray:
        """Return the mask of flights whose features were delivered wrongly."""
        changed = np.zeros(len(rows), dtype=bool)
        for name in broken:
            wrong = self.wrong[name]
            if wrong.changes_features:
                changed |= self._hit(wrong, rows, archive)[0]
        return changed

    @staticmethod
    def _hit(wrong: Wrong, rows: np.ndarray, archive: bool) -> tuple[np.ndarray, np.ndarray]:
        """Return which of the rows an incident has, and where (0 for the others)."""
        at = np.minimum(np.searchsorted(wrong.rows, rows), len(wrong.rows) - 1)
        inside = wrong.rows[at] == rows
        if not archive:
            inside &= wrong.serving[at]
        return inside, np.where(inside, at, 0)


@lru_cache(maxsize=2)
def deliveries(scenario: Scenario) -> Deliveries:
    """Return everything that is delivered in a scenario, computed once per process."""
    flights, weather = _tables(scenario.last)
    features = build_features(flights, weather, flights)
    categories = features.select_dtypes("category").columns
    features = features.astype(dict.fromkeys(features.columns.drop(categories), "float64"))
    late = _late(flights["arr_delay"])
    known = (flights["scheduled_arrival"] + LABEL_WAIT).dt.tz_convert(NEW_YORK)
    start, end = _moment(scenario.first), _moment(scenario.last + _ONE_DAY)
    played = flights[flights["scheduled_departure"].ge(start)]
    wrong = {
        each.name: _wrong(each, flights, weather, features, late) for each in scenario.incidents
    }
    return Deliveries(
        flights[["day", "origin", "label"]],
        features,
        late,
        # A label that is complete at 00:30 is known on the evening after.
        _ordinals(known.dt.date),
        _ordinals(flights["day"]),
        _findings(played, weather[weather["time_hour"].between(start, end, "left")], start, end),
        wrong,
    )


def _tables(last: datetime.date) -> tuple[pd.DataFrame, pd.DataFrame]:
    columns = [*FLIGHTS.columns, *_TIMES]
    flights = load_flights(columns)
    end = _moment(last + _ONE_DAY)
    flights = flights[flights["scheduled_departure"] < end]
    order = ["scheduled_departure", "carrier", "flight", "origin"]
    flights = flights.sort_values(order, kind="stable", ignore_index=True)
    local = flights["scheduled_departure"].dt.tz_convert(NEW_YORK)
    label = flights["carrier"] + flights["flight"].astype(str)
    return flights.assign(day=local.dt.date, label=label), load_weather()


def _moment(day: datetime.date) -> pd.Timestamp:
    return pd.Timestamp(day, tz=NEW_YORK)


def _ordinals(days: pd.Series) -> np.ndarray:
    codes, values = pd.factorize(days)
    return np.array([each.toordinal() for each in values])[codes]


def _late(delay: pd.Series) -> np.ndarray:
    late = (delay >= LATE_MINUTES).to_numpy(dtype=float)
    late[delay.isna().to_numpy()] = np.nan
    return late


def _wrong(
    incident: Incident,
    flights: pd.DataFrame,
    weather: pd.DataFrame,
    features: pd.DataFrame,
    late: np.ndarray,
) -> Wrong:
    kind, days = KINDS[incident.kind], flights["day"]
    first, last = incident.first_day, incident.last_day
    on = days.between(first, last)
    begin, end = _moment(first), _moment(last + _ONE_DAY)
    hours = weather["time_hour"].between(begin, end, "left")
    bad_flights, bad_weather = damaged(incident, flights[on], weather[hours])
    rewritten = days.between(first - datetime.timedelta(days=incident.rewrites), last)
    if kind.labels_only:
        touched = rewritten
        archive = damaged(incident, flights[touched], weather[hours])[0]
        bad_features, labels = features[touched], _late(archive["arr_delay"])
    else:
        # The day after still looks back at what was delivered wrongly.
        touched = days.between(first, last + _ONE_DAY)
        around = days.between(first - _LOOK_BACK, last + _ONE_DAY)
        history = pd.concat([flights[around & ~on], bad_flights]).sort_index()
        near = weather["time_hour"].between(begin - _LOOK_BACK, end + _LOOK_BACK)
        observed = pd.concat([weather[near & ~hours], bad_weather]).sort_index()
        bad_features = features[touched].copy()
        if kind.sets:
            asked = history.loc[flights.index[touched]]
            changed = build_features(asked, observed, history, kind.sets)
            bad_features[changed.columns] = changed.astype("float64")
        labels = _late(history["arr_delay"].loc[flights.index[touched]])
    refused = on & hit(flights, incident.target) if kind.refuses else on & False
    return Wrong(
        np.flatnonzero(touched),
        bad_features.reset_index(drop=True),
        labels,
        days[touched].ge(first).to_numpy(),
        refused[touched].to_numpy(),
        _findings_of(incident, bad_flights, bad_weather),
        bool(kind.sets),
    )


def _findings(
    flights: pd.DataFrame, weather: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp
) -> dict[datetime.date, dict[str, int]]:
    """Return what the contract finds, by day and family."""
    found = _by_day(check_flights(flights[list(FLIGHTS.columns)]), flights)
    found += _by_day(check_weather(weather), weather)
    absent = absent_hours(weather, start, end).get_level_values("time_hour")
    found += [(each, "completeness") for each in pd.Series(absent).dt.tz_convert(NEW_YORK).dt.date]
    return _count(found)


def _findings_of(
    incident: Incident, flights: pd.DataFrame, weather: pd.DataFrame
) -> dict[datetime.date, dict[str, int]]:
    """Return what the contract finds in what an incident delivers, by day and family."""
    kind = KINDS[incident.kind]
    if kind.refuses:
        # The target's part of the file is refused as a whole; the other parts are as always.
        part = flights[hit(flights, incident.target)]
        renamed = part[list(FLIGHTS.columns)].rename(columns={"dest": "destination"})
        families = check_flights(renamed.head(100))["family"].unique()
        return _count([(day, family) for day in part["day"].unique() for family in families])
    if "weather" in kind.sets:
        return _count(_by_day(check_weather(weather), weather))
    return _count(_by_day(check_flights(flights[list(FLIGHTS.columns)]), flights))


def _by_day(findings: pd.DataFrame, table: pd.DataFrame) -> list[tuple[datetime.date, str]]:
    known = findings[findings["row"].notna()]
    days = table.loc[known["row"].tolist(), "time_hour"].dt.tz_convert(NEW_YORK).dt.date
    return list(zip(days, known["family"], strict=True))


def _count(found: list[tuple[datetime.date, str]]) -> dict[datetime.date, dict[str, int]]:
    counts: dict[datetime.date, dict[str, int]] = {}
    for day, family in sorted(found):
        counts.setdefault(day, {}).setdefault(family, 0)
        counts[day][family] += 1
    return counts
