"""What goes wrong in a replay: faults in what is delivered, when they begin and when they end.

An incident is over by itself after its last day, or earlier if somebody is called. What was
delivered wrongly stays wrong in the archive until somebody has it delivered again.
"""

import datetime
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

#: Delays over this many minutes are lost by an archive that settles flights too early.
SETTLED_ABOVE = 60.0

Damage = Callable[
    [pd.DataFrame, pd.DataFrame, str, np.random.Generator], tuple[pd.DataFrame, pd.DataFrame]
]


@dataclass(frozen=True)
class Kind:
    """One way in which deliveries go wrong.

    Attributes
    ----------
    damage
        From flights, weather, a target and a generator to damaged copies with the same rows.
    sets
        The sets of `flightline.features` that it changes.
    refuses
        Requests of the target get no answer.
    labels_only
        Features come right, and only what models learn from and are judged by is wrong.
    teaches
        A model that learns from it learns something wrong.
    """

    damage: Damage
    sets: tuple[str, ...] = ("arrivals", "departures")
    refuses: bool = False
    labels_only: bool = False
    teaches: bool = True


@dataclass(frozen=True)
class Incident:
    """A fault on certain days.

    Attributes
    ----------
    name
        Identifies it in a scenario.
    kind
        A key of `KINDS`.
    target
        An airport, a carrier, or empty for all.
    first_day, last_day
        When it begins, and the last day on which deliveries are wrong if nobody acts.
    story
        What happened, in a sentence.
    harmless
        Loud, and nothing to repair: a call about it is a false alarm.
    rewrites
        So many days before the first are delivered again, wrongly: models learn from those.
    """

    name: str
    kind: str
    target: str
    first_day: datetime.date
    last_day: datetime.date
    story: str
    harmless: bool = False
    rewrites: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"No kind {self.kind!r}. There are: {', '.join(KINDS)}.")
        if self.first_day > self.last_day:
            raise ValueError(f"The incident {self.name!r} ends before it begins.")

    def on(self, day: datetime.date) -> bool:
        """Tell whether deliveries of the day are wrong if nobody has acted."""
        return self.first_day <= day <= self.last_day

    @property
    def teaches(self) -> bool:
        """Whether a model that learns from it learns something wrong."""
        return KINDS[self.kind].teaches and not self.harmless


@dataclass(frozen=True)
class Scenario:
    """A period and what goes wrong in it.

    Attributes
    ----------
    name
        On the command line.
    first, last
        Days that are played. The first champion learns from everything before, from 1 January on.
    incidents
        In the order of time; no two on one day, nor on days next to each other.
    """

    name: str
    first: datetime.date
    last: datetime.date
    incidents: tuple[Incident, ...]

    def __post_init__(self) -> None:
        for before, after in zip(self.incidents, self.incidents[1:], strict=False):
            if (after.first_day - before.last_day).days < 2:
                raise ValueError(f"{before.name!r} and {after.name!r} need a day between them.")

    def between(self, first: datetime.date, last: datetime.date) -> "Scenario":
        """Return a part of it; incidents that don't touch the part are left out.

        Raises
        ------
        ValueError
            When it isn't a part.
        """
        if not self.first <= first <= last <= self.last:
            raise ValueError(
                f"{first} to {last} isn't a part of {self.name}: {self.first} to {self.last}."
            )
        kept = tuple(
            each for each in self.incidents if each.first_day >= first and each.first_day <= last
        )
        return Scenario(self.name, first, last, kept)


# --- Kinds -----------------------------------------------------------------------------------


def damaged(
    incident: Incident, flights: pd.DataFrame, weather: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what is delivered in place of these rows.

    Parameters
    ----------
    incident : Incident
        Decides what is wrong; its name seeds what is drawn.
    flights, weather : pandas.DataFrame
        As loaded, of days on which it is on. Stay as they are.

    Returns
    -------
    tuple of pandas.DataFrame
        With the same rows and labels.
    """
    rng = np.random.default_rng(zlib.crc32(incident.name.encode()))
    return KINDS[incident.kind].damage(flights, weather, incident.target, rng)


def hit(flights: pd.DataFrame, target: str) -> pd.Series:
    """Return the mask of the flights of an airport or a carrier; of all for an empty target."""
    if not target:
        return pd.Series(True, flights.index)
    return flights["origin"].eq(target) | flights["carrier"].eq(target)


def _silent(
    flights: pd.DataFrame, weather: pd.DataFrame, target: str, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    gone = hit(flights, target)
    reported = ("dep_time", "dep_delay", "arr_time", "arr_delay", "air_time")
    return flights.assign(**{name: flights[name].mask(gone) for name in reported}), weather


def _scaled(factor: float) -> Damage:
    def damage(
        flights: pd.DataFrame, weather: pd.DataFrame, target: str, rng: np.random.Generator
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        wrong = hit(flights, target)
        delays = ("dep_delay", "arr_delay")
        changed = {name: flights[name].mask(wrong, flights[name] * factor) for name in delays}
        return flights.assign(**changed), weather

    return damage


def _scrambled(
    flights: pd.DataFrame, weather: pd.DataFrame, target: str, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    wrong = hit(flights, target).to_numpy()
    tails = flights["tailnum"].to_numpy(copy=True)
    tails[wrong] = rng.permutation(tails[wrong])
    return flights.assign(tailnum=tails), weather


def _delayed(hours: int) -> Damage:
    def damage(
        flights: pd.DataFrame, weather: pd.DataFrame, target: str, rng: np.random.Generator
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        wrong, wait = hit(flights, target), pd.Timedelta(hours=hours)
        known = ("actual_departure", "actual_arrival")
        return flights.assign(
            **{name: flights[name].mask(wrong, flights[name] + wait) for name in known}
        ), weather

    return damage


def _settled(
    flights: pd.DataFrame, weather: pd.DataFrame, target: str, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    wrong = hit(flights, target) & (flights["arr_delay"] > SETTLED_ABOVE)
    return flights.assign(arr_delay=flights["arr_delay"].mask(wrong, 0.0)), weather


def _refused(
    flights: pd.DataFrame, weather: pd.DataFrame, target: str, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    return flights, weather


def _gusts(
    flights: pd.DataFrame, weather: pd.DataFrame, target: str, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    gust = weather["wind_gust"].fillna(weather["wind_speed"] + 4.0)
    return flights, weather.assign(wind_gust=gust)


def _rounded(
    flights: pd.DataFrame, weather: pd.DataFrame, target: str, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    return flights, weather.assign(wind_dir=(weather["wind_dir"] / 90).round() * 90)


#: By name.
KINDS = {
    "silent": Kind(_silent),
    "seconds": Kind(_scaled(60.0)),
    "sign": Kind(_scaled(-1.0)),
    "scrambled": Kind(_scrambled),
    "stale": Kind(_delayed(24)),
    "hour late": Kind(_delayed(1)),
    "settled": Kind(_settled, (), labels_only=True),
    "refused": Kind(_refused, (), refuses=True, teaches=False),
    "gusts": Kind(_gusts, ("weather",), teaches=False),
    "rounded": Kind(_rounded, ("weather",), teaches=False),
}

# --- Scenarios -------------------------------------------------------------------------------


def _day(month: int, day: int) -> datetime.date:
    return datetime.date(2013, month, day)


#: Two months with what a learner may look at.
PRACTICE = Scenario(
    "practice",
    _day(7, 1),
    _day(8, 31),
    (
        Incident(
            "turned sign",
            "sign",
            "EWR",
            _day(7, 6),
            _day(7, 21),
            "Newark's feed turns the sign of every delay: 40 minutes late becomes 40 early.",
        ),
        Incident(
            "gusts always",
            "gusts",
            "",
            _day(7, 26),
            _day(8, 2),
            "The stations report a gust each hour, in calm weather too.",
            harmless=True,
        ),
        Incident(
            "refused airport",
            "refused",
            "LGA",
            _day(8, 6),
            _day(8, 12),
            "A column of LaGuardia's timetable has a new name, and its requests are refused.",
        ),
        Incident(
            "settled early",
            "settled",
            "",
            _day(8, 16),
            _day(8, 29),
            "The archive books delays over an hour as none, for the past four months too.",
            rewrites=120,
        ),
    ),
)

#: April to December, with faults that a learner has not seen. The source has no weather of
#: 31 December, so that the day before is the last.
YEAR = Scenario(
    "year",
    _day(4, 1),
    _day(12, 30),
    (
        Incident(
            "silent carrier",
            "silent",
            "EV",
            _day(4, 16),
            _day(5, 6),
            "ExpressJet's feed stops: no departure and no arrival of its flights is reported.",
        ),
        Incident(
            "rounded vanes",
            "rounded",
            "",
            _day(5, 14),
            _day(5, 23),
            "The wind's direction comes rounded to the four quarters.",
            harmless=True,
        ),
        Incident(
            "seconds",
            "seconds",
            "",
            _day(6, 4),
            _day(6, 20),
            "All three airports' feeds send delays in seconds in place of minutes.",
        ),
        Incident(
            "yesterday's state",
            "stale",
            "",
            _day(7, 5),
            _day(7, 25),
            "Every delay becomes known a day late: the features describe yesterday.",
        ),
        Incident(
            "settled early",
            "settled",
            "",
            _day(8, 8),
            _day(9, 6),
            "The archive books delays over an hour as none, for the past seven months too.",
            rewrites=210,
        ),
        Incident(
            "refused carrier",
            "refused",
            "UA",
            _day(9, 18),
            _day(10, 1),
            "A column of United's timetable has a new name, and its requests are refused.",
        ),
        Incident(
            "gusts always",
            "gusts",
            "",
            _day(10, 9),
            _day(10, 20),
            "The stations report a gust each hour, in calm weather too.",
            harmless=True,
        ),
        Incident(
            "scrambled tails",
            "scrambled",
            "",
            _day(10, 28),
            _day(11, 17),
            "Tail numbers are mixed up: each flight gets another aircraft's past.",
        ),
        Incident(
            "an hour late",
            "hour late",
            "",
            _day(11, 20),
            _day(11, 29),
            "Every delay becomes known an hour late.",
        ),
        Incident(
            "turned sign",
            "sign",
            "",
            _day(12, 2),
            _day(12, 19),
            "All three airports' feeds turn the sign of every delay.",
        ),
    ),
)

#: By name, as on the command line.
SCENARIOS = {each.name: each for each in (PRACTICE, YEAR)}
