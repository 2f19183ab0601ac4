"""Features of a flight, each from what was known at its prediction time and nothing later.

Every function takes any flights and returns a table with the same index, so that training and
serving share one code path. What already happened is passed as `history` or `weather`.
"""

from collections.abc import Iterable

import pandas as pd

from flightline.definition import prediction_time

#: The tables of features, in the order in which the course adds them.
FEATURE_SETS = ("schedule", "weather", "arrivals", "departures")

#: An observation labelled 12:00 was taken between 12:00 and 12:51, and its rain is what fell until
#: 12:51 (``data-raw/weather.R`` of nycflights13): it counts as known one hour after its label.
WEATHER_DELAY = pd.Timedelta(hours=1)
#: An older observation says nothing about the weather at departure.
WEATHER_TTL = pd.Timedelta(hours=3)
#: The strongest surface wind on record (World Meteorological Organization, Barrow Island 1996).
MAX_WIND_MPH = 253.0

#: Whose recent flights are summarised, and the column that identifies them.
ENTITIES = {"carrier": "carrier", "origin": "origin", "dest": "dest", "aircraft": "tailnum"}
#: How far back a rolling feature looks, by the name it has in the column.
WINDOWS = {f"{hours}h": pd.Timedelta(hours=hours) for hours in (1, 3, 24)}

_WEATHER = ("temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "visib")
_TOTALS = ["count", "delay"]


def schedule_features(flights: pd.DataFrame) -> pd.DataFrame:
    """Return what the timetable says, known months before departure.

    Parameters
    ----------
    flights : pandas.DataFrame
        Needs `scheduled_departure`, `scheduled_arrival`, `carrier`, `origin`, `dest`, `distance`.

    Returns
    -------
    pandas.DataFrame
        `departure_minute` (minutes after midnight in New York), `weekday` (Monday is 0),
        `scheduled_minutes` (planned duration), `distance` (miles), and the categories `carrier`,
        `origin` and `dest`.
    """
    departure = flights["scheduled_departure"].dt.tz_convert("America/New_York")
    duration = flights["scheduled_arrival"] - flights["scheduled_departure"]
    return pd.DataFrame(
        {
            "departure_minute": departure.dt.hour * 60 + departure.dt.minute,
            "weekday": departure.dt.dayofweek,
            "scheduled_minutes": duration.dt.total_seconds() / 60,
            "distance": flights["distance"],
            **{name: flights[name].astype("category") for name in ("carrier", "origin", "dest")},
        }
    )


def weather_features(flights: pd.DataFrame, weather: pd.DataFrame) -> pd.DataFrame:
    """Return the latest weather at the origin that was known at prediction time.

    Not the weather of the hour of departure: at prediction time that lies in the future, and a
    model trained on it would be served with a forecast instead.

    Parameters
    ----------
    flights : pandas.DataFrame
        Needs `scheduled_departure` and `origin`.
    weather : pandas.DataFrame
        As loaded: needs `time_hour` (UTC), `origin` and the measurements.

    Returns
    -------
    pandas.DataFrame
        Temperatures (°F), humidity (%), wind (degrees and mph), rain (inches), visibility (miles)
        and `weather_age` (minutes since the observation was known). ``NaN`` when the latest
        observation is older than `WEATHER_TTL`.
    """
    observed = weather[["origin", *_WEATHER]].assign(
        known_at=_ns(weather["time_hour"]) + WEATHER_DELAY,
        wind_speed=weather["wind_speed"].where(weather["wind_speed"] <= MAX_WIND_MPH),
    )
    asked = pd.DataFrame(
        {
            "row": range(len(flights)),
            "origin": flights["origin"].to_numpy(),
            "moment": _ns(prediction_time(flights)).array,
        }
    )
    known = pd.merge_asof(
        asked.sort_values("moment"),
        observed.sort_values("known_at"),
        left_on="moment",
        right_on="known_at",
        by="origin",
        tolerance=WEATHER_TTL,
    ).sort_values("row")
    known["weather_age"] = (known["moment"] - known["known_at"]).dt.total_seconds() / 60
    return known[[*_WEATHER, "weather_age"]].set_axis(flights.index)


def arrival_features(flights: pd.DataFrame, history: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return how late flights arrived that had landed by prediction time.

    For the carrier, the origin, the destination and the aircraft: the mean arrival delay in
    minutes over the last hour, 3 hours and 24 hours. A delay counts from the moment at which it
    was known, the actual arrival, and not from when it was scheduled.

    Parameters
    ----------
    flights : pandas.DataFrame
        Needs `scheduled_departure` and the columns in `ENTITIES`.
    history : pandas.DataFrame, optional
        The flights to look back on, by default `flights` itself. Also needs `actual_arrival` and
        `arr_delay`.

    Returns
    -------
    pandas.DataFrame
        12 columns such as `carrier_arrival_delay_3h`; ``NaN`` where nothing had landed.
    """
    history = flights if history is None else history
    return _rolling(flights, history, "arrival", "actual_arrival", "arr_delay")


def departure_features(flights: pd.DataFrame, history: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return how late flights departed that had left by prediction time.

    As `arrival_features`, with the departure delay, which is known from the actual departure:
    hours before the same flight lands.

    Parameters
    ----------
    flights : pandas.DataFrame
        Needs `scheduled_departure` and the columns in `ENTITIES`.
    history : pandas.DataFrame, optional
        The flights to look back on, by default `flights` itself. Also needs `actual_departure`
        and `dep_delay`.

    Returns
    -------
    pandas.DataFrame
        12 columns such as `carrier_departure_delay_3h`; ``NaN`` where nothing had left.
    """
    history = flights if history is None else history
    return _rolling(flights, history, "departure", "actual_departure", "dep_delay")


def build_features(
    flights: pd.DataFrame,
    weather: pd.DataFrame,
    history: pd.DataFrame | None = None,
    sets: Iterable[str] = FEATURE_SETS,
) -> pd.DataFrame:
    """Return the chosen sets of features side by side.

    Parameters
    ----------
    flights, weather, history
        As in the single functions.
    sets : iterable of str
        Names from `FEATURE_SETS`.

    Returns
    -------
    pandas.DataFrame
        One row per flight, the index of `flights`.

    Raises
    ------
    ValueError
        When a name is not in `FEATURE_SETS`.
    """
    tables = []
    for name in sets:
        if name == "schedule":
            tables.append(schedule_features(flights))
        elif name == "weather":
            tables.append(weather_features(flights, weather))
        elif name == "arrivals":
            tables.append(arrival_features(flights, history))
        elif name == "departures":
            tables.append(departure_features(flights, history))
        else:
            raise ValueError(f"No feature set {name!r}. There are: {', '.join(FEATURE_SETS)}.")
    return pd.concat(tables, axis=1)


def windowed_delays(
    entities: pd.Series,
    moments: pd.Series,
    history: pd.DataFrame,
    column: str,
    known_at: str,
    delay: str,
) -> pd.DataFrame:
    """Return the mean delay of an entity's flights that was known in each window before a moment.

    Parameters
    ----------
    entities, moments : pandas.Series, shape (n,)
        Whose flights, and before which moment (UTC).
    history : pandas.DataFrame
        Needs the columns `column`, `known_at` and `delay`.
    column : str
        The column of `history` that holds the entity.
    known_at, delay : str
        When a delay became known (UTC), and the delay in minutes.

    Returns
    -------
    pandas.DataFrame
        One column per name in `WINDOWS`, the index of `moments`; ``NaN`` where nothing was known.
    """
    happened = history[history[delay].notna()].sort_values(known_at)
    order = _ns(moments).reset_index(drop=True).sort_values()
    codes = pd.factorize(pd.concat([happened[column], entities.iloc[order.index]]))[0]
    asked = pd.DataFrame({"key": codes[len(happened) :], "moment": order.array})
    events = pd.DataFrame(
        {"key": codes[: len(happened)], "known_at": _ns(happened[known_at]).array}
    )
    # A missing key is no entity, so its events are nobody's.
    events = events.assign(count=1.0, delay=happened[delay].to_numpy()).query("key >= 0")
    events[_TOTALS] = events.groupby("key")[_TOTALS].cumsum()
    now = _totals_before(events, asked)
    means = {}
    for name, window in WINDOWS.items():
        inside = now - _totals_before(events, asked.assign(moment=asked["moment"] - window))
        means[name] = inside["delay"] / inside["count"].where(inside["count"] > 0)
    return pd.DataFrame(means).set_axis(order.index).sort_index().set_axis(moments.index)


def _rolling(
    flights: pd.DataFrame, history: pd.DataFrame, noun: str, known_at: str, delay: str
) -> pd.DataFrame:
    """Return each entity's mean delay over the events known in each of the `WINDOWS`."""
    moments = prediction_time(flights)
    features = {}
    for entity, column in ENTITIES.items():
        means = windowed_delays(flights[column], moments, history, column, known_at, delay)
        features.update({f"{entity}_{noun}_delay_{name}": means[name] for name in WINDOWS})
    return pd.DataFrame(features)


def _totals_before(events: pd.DataFrame, asked: pd.DataFrame) -> pd.DataFrame:
    """Return each key's running totals over the events known strictly before its moment.

    The difference of two running totals is a window's total, so a window costs one as-of join,
    however long it is. The totals are whole numbers, so the difference is exact.
    """
    found = pd.merge_asof(
        asked,
        events,
        left_on="moment",
        right_on="known_at",
        by="key",
        # An event of this very minute may lie after the moment: the clocks have no seconds.
        allow_exact_matches=False,
    )
    return found[_TOTALS].fillna(0.0)


def _ns(times: pd.Series) -> pd.Series:
    """Return the times in nanoseconds: an as-of join refuses two units."""
    return times.dt.as_unit("ns")
