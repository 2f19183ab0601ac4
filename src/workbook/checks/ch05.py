"""The exercises of chapter 05: limits, clocks, joins, quarantine and the population."""

from typing import Any

from workbook.exercise import (
    NOT_ATTEMPTED,
    Answer,
    Exercise,
    Mismatch,
    Stop,
    Verdict,
    column,
    table,
    wrong,
)

# --- 5.1 Impossible or rare? ---------------------------------------------------------------------


def check_impossible(answer: Answer) -> Verdict | None:
    """Try real extremes first, then gaps, every limit itself, and values just outside of it."""
    calm: dict[str, float | None]
    calm = {"temp": 55.0, "dewp": 41.0, "humid": 60.0, "wind_speed": 10.0, "wind_gust": None}
    possible: dict[str, Any] = {
        "missing": dict.fromkeys(calm),
        "fog": calm | {"temp": 50.0, "dewp": 50.0, "humid": 100.0},
        "gust": calm | {"wind_speed": 25.3, "wind_gust": 66.7},
        "heat": calm | {"temp": 100.04, "dewp": 66.0, "humid": 33.2},
        "frost": calm | {"temp": 10.94, "dewp": -9.94, "humid": 38.0},
        "storm": calm | {"wind_speed": 42.6, "wind_gust": 55.2},
    }
    flagged = _flagged(answer, possible, calm)
    for name, message_id, message in POSSIBLE:
        if name in flagged:
            return wrong(message_id, message)
    gaps = {name: calm | values for name, values, _ in GAPS}
    limits = {name: calm | {name[0]: name[1]} for name in ON_A_LIMIT}
    outside = {name: calm | values for name, values, _, _ in IMPOSSIBLE}
    flagged = _flagged(answer, gaps | limits | outside, calm)
    for name, _, what in GAPS:
        if name in flagged:
            return wrong(
                "gap-is-impossible",
                f"You call a row impossible in which {what}, and nothing else is wrong. A missing "
                "value breaks no rule, and with one of a pair missing there is nothing to "
                "compare. If you fill a gap first, you judge your own number.",
            )
    for column_name, value in limits:
        if (column_name, value) in flagged:
            return wrong(
                "limit-excluded",
                f"You call a row impossible in which `{column_name}` is {value:g}, and that lies "
                "exactly on the limit. What lies on a limit is possible: 253 mph was measured, so "
                "it can be measured again, and in still air there is a wind of 0.",
            )
    for name, _, message_id, message in IMPOSSIBLE:
        if name not in flagged:
            return wrong(message_id, message)
    return None


POSSIBLE = (
    (
        "missing",
        "missing-is-impossible",
        "You call a row impossible whose values are all missing. Missing means that nobody "
        "measured. A comparison with `NaN` is never true, and a `~` in front turns that around.",
    ),
    (
        "gust",
        "rare-is-impossible",
        "A gust of 66.7 mph is the strongest of the year at JFK, and it was real. Being far from "
        "the other rows doesn't make a value impossible; compare with limits that don't depend on "
        "the table.",
    ),
    (
        "heat",
        "rare-is-impossible",
        "100 °F at Newark in July is rare and real. Rare values are the ones that a model of "
        "delays needs.",
    ),
    (
        "frost",
        "rare-is-impossible",
        "A dew point of -9.94 °F was measured on a frosty night. Temperatures may be negative.",
    ),
    (
        "storm",
        "rare-is-impossible",
        "A wind of 42.6 mph is a storm, and it was real. Compare with limits that don't depend on "
        "the table.",
    ),
    (
        "fog",
        "fog-is-impossible",
        "A dew point equal to the temperature, with a humidity of 100 per cent, is fog. Both "
        "values lie on their limits, and a value on a limit is possible.",
    ),
)
GAPS: tuple[tuple[str, dict[str, float | None], str], ...] = (
    ("cold, no dew point", {"temp": -5.0, "dewp": None}, "it is -5 °F and `dewp` is missing"),
    ("no dew point", {"dewp": None}, "it is 55 °F and `dewp` is missing"),
    ("no temperature", {"temp": None}, "the dew point is 41 °F and `temp` is missing"),
    (
        "warm, no temperature",
        {"temp": None, "dewp": 70.0},
        "the dew point is 70 °F and `temp` is missing",
    ),
    ("no humidity", {"humid": None}, "`humid` is missing"),
    ("no wind", {"wind_speed": None}, "`wind_speed` is missing"),
)
ON_A_LIMIT = tuple(
    (name, value)
    for name, high in (("wind_speed", 253.0), ("wind_gust", 253.0), ("humid", 100.0))
    for value in (0.0, high)
)
IMPOSSIBLE: tuple[tuple[str, dict[str, float | None], str, str], ...] = (
    ("wind", {"wind_speed": 1048.4}, "misses-the-wind", "A wind of 1,048 mph passes."),
    (
        "a little over",
        {"wind_speed": 253.4},
        "misses-the-wind",
        "A wind of 253.4 mph passes, and the limit is 253.",
    ),
    (
        "gust",
        {"wind_gust": 253.4},
        "misses-the-gust",
        "A gust of 253.4 mph passes. The limit holds for `wind_gust` as well as for `wind_speed`.",
    ),
    (
        "backwards",
        {"wind_speed": -0.5},
        "misses-negative",
        "A wind of -0.5 mph passes. A speed has a limit below, too.",
    ),
    (
        "gust backwards",
        {"wind_gust": -0.5},
        "misses-negative",
        "A gust of -0.5 mph passes. `wind_gust` has a limit below, too.",
    ),
    (
        "humid",
        {"humid": 100.5},
        "misses-humidity",
        "A relative humidity of 100.5 per cent passes.",
    ),
    ("dry", {"humid": -0.5}, "misses-humidity", "A relative humidity of -0.5 per cent passes."),
    (
        "dew",
        {"dewp": 55.5},
        "misses-dew-point",
        "A dew point of 55.5 °F at a temperature of 55 °F passes. Each value by itself is fine, "
        "and the two together can't be.",
    ),
    (
        "wind beside a gap",
        {"temp": None, "wind_speed": 300.0},
        "gap-hides",
        "A wind of 300 mph passes because `temp` is missing in its row. A gap breaks no rule, "
        "and it excuses no other value.",
    ),
)


def _flagged(answer: Answer, cases: dict[Any, Any], calm: dict[str, Any]) -> set[Any]:
    """Return the cases that the answer calls impossible, among a hundred calm hours."""
    import pandas as pd

    rows = [*cases.values(), *[calm] * 100]
    weather = pd.DataFrame(rows, dtype=float)
    weather.insert(0, "origin", "EWR")
    # From the last hour to the first.
    hours = pd.date_range("2013-02-10", periods=len(rows), freq="h", tz="UTC")
    weather["time_hour"] = hours[::-1]
    local = weather["time_hour"].dt.tz_convert("America/New_York").dt
    for name in ("year", "month", "day", "hour"):
        weather[name] = getattr(local, name)
    weather = weather.assign(wind_dir=270.0, precip=0.0, pressure=1015.0, visib=10.0)
    weather.index = pd.RangeIndex(len(rows) + 6, 6, -1)
    mask, labelled = answer.call(weather, returns=_mask)
    if len(mask) != len(weather):
        raise Stop(
            wrong(
                "one-per-row",
                f"For {len(weather)} rows your function returns {len(mask)} values. Return `True` "
                "or `False` for each row, not the rows themselves.",
            )
        )
    if not mask.map(lambda value: str(value) in ("True", "False")).all():
        raise Stop(wrong("not-true-or-false", "Each value has to be `True` or `False`."))
    if labelled and set(mask.index) != set(weather.index):
        raise Stop(
            wrong(
                "other-labels",
                "The Series that you return has another index than the table, so `weather[mask]` "
                "fails. Keep the table's index: it isn't always 0, 1, 2, …",
            )
        )
    if labelled:
        mask = mask.reindex(weather.index)
    flags = mask.astype(bool).tolist()
    if any(flags[len(cases) :]):
        raise Stop(
            wrong(
                "flags-the-usual",
                "You call an ordinary hour impossible: 55 °F, a dew point of 41 °F, a humidity of "
                "60 and a wind of 10 mph without a gust.",
            )
        )
    return {name for name, flag in zip(cases, flags, strict=False) if flag}


def _mask(value: Any) -> tuple[Any, bool]:
    """Read a column, and whether it came with labels."""
    import pandas as pd

    return column(value), isinstance(value, pd.Series)


# --- 5.2 Whose clock? ----------------------------------------------------------------------------

NEW_YORK, LOS_ANGELES = "America/New_York", "America/Los_Angeles"
# Scheduled departure in UTC, clock and zone of the destination, arrival in UTC.
DAYTIME = (
    ("2013-01-15 14:00", 930, NEW_YORK, "2013-01-15 14:30"),
    ("2013-01-15 14:00", 1130, "America/Denver", "2013-01-15 18:30"),
    ("2013-05-01 14:00", 1230, LOS_ANGELES, "2013-05-01 19:30"),
    ("2013-07-10 12:00", 1005, "America/Phoenix", "2013-07-10 17:05"),
    ("2013-02-10 15:00", 1530, "Pacific/Honolulu", "2013-02-11 01:30"),
)
AT_NIGHT = (
    ("2013-05-02 01:30", 2245, NEW_YORK, "2013-05-02 02:45"),
    ("2013-05-02 01:30", 35, NEW_YORK, "2013-05-02 04:35"),
    ("2013-05-02 03:59", 240, LOS_ANGELES, "2013-05-02 09:40"),
    ("2013-05-02 03:59", 2359, LOS_ANGELES, "2013-05-02 06:59"),
    ("2013-08-02 03:59", 340, "America/Puerto_Rico", "2013-08-02 07:40"),
)
CLOCK_CHANGE = (
    ("2013-03-10 03:00", 600, NEW_YORK, "2013-03-10 10:00"),
    ("2013-11-03 02:00", 530, NEW_YORK, "2013-11-03 10:30"),
    ("2013-03-10 02:30", 215, "America/Puerto_Rico", "2013-03-10 06:15"),
)


def check_arrival_in_utc(answer: Answer) -> Verdict | None:
    """Try each trap of the clock by itself: zone, season, midnight, and the two odd nights."""
    import pandas as pd

    for group, cases in (("day", DAYTIME), ("night", AT_NIGHT), ("change", CLOCK_CHANGE)):
        for departure_text, clock, zone, arrival_text in cases:
            departure = pd.Timestamp(departure_text, tz="UTC")
            arrival = pd.Timestamp(arrival_text, tz="UTC")
            given = answer.call(departure, clock, zone, returns=_moment)
            if given == arrival:
                continue
            return _misread(group, departure, clock, zone, given, arrival)
    return None


def _moment(value: Any) -> Any:
    import datetime

    import pandas as pd

    if not isinstance(value, datetime.datetime) or pd.isna(value):
        raise Mismatch("a `pandas.Timestamp` with a time zone")
    moment = pd.Timestamp(value)
    if moment.tz is None:
        raise Stop(
            wrong(
                "no-zone",
                f"You return {moment}, which names no time zone, so nobody can tell which moment "
                "that is. Return it in UTC.",
            )
        )
    return moment.tz_convert("UTC")


def _misread(
    group: str, departure: Any, clock: int, zone: str, given: Any, arrival: Any
) -> Verdict:
    """Say why an arrival is wrong, judged by how far off it is and for which flight."""
    import pandas as pd

    local = departure.tz_convert(zone)
    flight = (
        f"A flight leaves at {departure:%H:%M} UTC on {departure.day} {departure:%B}, which is "
    )
    flight += f"{local:%H:%M} in {zone}, and its arrival clock says {clock:04}."
    hours = (given - arrival) / pd.Timedelta(hours=1)
    elsewhere = arrival.tz_convert(zone).utcoffset()
    minutes = pd.Timedelta(minutes=clock) - pd.Timedelta(hours=clock // 100, minutes=clock % 100)
    if minutes and (given - arrival - minutes) % pd.Timedelta(days=1) == pd.Timedelta(0):
        message = f"{clock} is a clock and not a number of minutes: {clock // 100} hours and "
        return wrong("hhmm-as-minutes", f"{flight} {message}{clock % 100} minutes.")
    if group == "change" and abs(hours) == 1:
        return wrong(
            "adds-24-hours",
            f"{flight} You are one hour off, because the clocks change that night and the day has "
            "23 or 25 hours. Add the day to the clock (`pd.DateOffset(days=1)`), not 24 hours to "
            "the moment.",
        )
    if given < departure:
        return wrong(
            "lands-before-leaving",
            f"{flight} You let it land at {given:%H:%M} UTC on {given.day} {given:%B}, before it "
            "has left.",
        )
    if hours == 24:
        return wrong(
            "a-day-late",
            f"{flight} You let it land a day too late. The day to begin with is the "
            "one that the destination's calendar shows at departure, which isn't always the day "
            "in UTC.",
        )
    if (given - arrival - elsewhere) % pd.Timedelta(days=1) == pd.Timedelta(0):
        return wrong(
            "clock-as-utc",
            f"{flight} You read that clock as UTC. It hangs on a wall at the destination.",
        )
    here = arrival.tz_convert(NEW_YORK).utcoffset()
    if here != elsewhere and (given - arrival - elsewhere + here) % pd.Timedelta(days=1) == (
        pd.Timedelta(0)
    ):
        return wrong(
            "new-yorks-clock",
            f"{flight} You read that clock in New York. It hangs on a wall at the destination.",
        )
    if abs(hours) == 1:
        return wrong(
            "fixed-offset",
            f"{flight} You are one hour off. A zone's distance from UTC changes with daylight "
            "saving time, and not every zone has that; let `tz_convert(zone)` know it.",
        )
    return wrong(
        "other-moment",
        f"{flight} So it lands at {arrival:%H:%M} UTC on {arrival.day} {arrival:%B}, and you say "
        f"{given:%H:%M} on {given.day} {given:%B}.",
    )


# --- 5.3 A join that can't multiply --------------------------------------------------------------


def check_add_weather(answer: Answer) -> Verdict | None:
    """Join a night on which 01:00 came twice, then weather in which an hour came twice."""
    flights, weather = _night_of_the_clocks()
    try:
        joined = answer.call(flights, weather, returns=table)
    except Stop as stop:
        if "MergeError" not in stop.verdict.message:
            raise
        if _works(answer, flights[flights["flight"].isin([1, 4, 5])], weather):
            return wrong(
                "promises-too-much",
                "Your join refuses data that is right: its keys fit, and `validate=` promises too "
                "much. It wants every hour to have a single flight, and several flights may leave "
                "in the same hour. It is the rows of weather that occur once.",
            )
        return wrong(
            "refuses-good-data",
            "Your join refuses weather that is right: by the keys that you join on, two of its "
            "rows look the same. In the night of 3 November 01:00 came twice on New York's clock. "
            "Which column tells the two hours apart?",
        )
    if found := _wrongly_joined(flights, joined):
        return found
    again = weather.iloc[[2]].assign(temp=75.0)
    try:
        joined = answer.call(flights, _stacked(weather, again), returns=table)
    except Stop as stop:
        if stop.verdict.message_id == "raises":
            return None
        raise
    if len(joined) > len(flights):
        return wrong(
            "multiplies-silently",
            "One hour of weather came twice, and your table has more rows than there are flights: "
            "flights were doubled and nothing was said. State what the keys promise, with "
            "`validate=`, so that the join stops.",
        )
    return wrong(
        "picks-one",
        "One hour of weather came twice, with 48 °F and with 75 °F, and your function picked one "
        "of the two without a word. Nobody knows which is right: the join has to stop.",
    )


def _works(answer: Answer, flights: Any, weather: Any) -> bool:
    """Tell whether the answer joins these two without an error."""
    try:
        answer.call(flights, weather, returns=table)
    except Stop:
        return False
    return True


def _wrongly_joined(flights: Any, joined: Any) -> Verdict | None:
    """Say what is wrong with a join on weather that has no fault."""
    import pandas as pd

    missing = [name for name in flights.columns if name not in joined.columns]
    if missing:
        return wrong(
            "renames-columns",
            f"The flights' column `{missing[0]}` is gone, because weather has one of the same name "
            "and the join renamed both. Join without weather's copy of it, or give only weather's "
            "a suffix (`suffixes=`).",
        )
    if "temp" not in joined.columns:
        return wrong("no-weather", "The result has no column `temp`: no weather was joined.")
    numbers = joined["flight"].tolist()
    if set(flights["flight"]) - set(numbers):
        return wrong(
            "loses-flights",
            "A flight is gone: the hour in which it leaves has no weather. It still flies. Keep "
            "every row of the left table.",
        )
    if joined["flight"].isna().any():
        return wrong(
            "adds-rows",
            "There are rows without a flight: hours of weather in which nobody left. Keep the rows "
            "of the left table only.",
        )
    if len(numbers) > len(flights):
        return wrong(
            "multiplies-flights",
            f"From {len(flights)} flights you made {len(numbers)} rows. By the keys that you join "
            "on, several rows of weather belong to one flight: other airports, or other hours.",
        )
    if numbers != flights["flight"].tolist():
        return wrong(
            "reorders",
            "The flights come out in another order, so that whatever was computed beside them no "
            "longer fits.",
        )
    temps = dict(zip(numbers, joined["temp"], strict=True))
    if temps[4] == temps[4]:
        return wrong(
            "borrows-weather",
            f"Flight 4 leaves in an hour that has no weather, and you gave it {temps[4]:g} °F from "
            "another. What isn't known stays missing.",
        )
    expected = {1: 51.0, 2: 48.0, 3: 48.0, 5: 60.0}
    for number, temperature in expected.items():
        if temps[number] != temperature:
            return wrong(
                "other-weather",
                f"Flight {number} gets {temps[number]:g} °F, and at its airport in its hour it was "
                f"{temperature:g} °F.",
            )
    for name in flights.columns:
        for number, before, after in zip(numbers, flights[name], joined[name], strict=True):
            if before != after and not (pd.isna(before) and pd.isna(after)):
                return wrong(
                    "loses-values",
                    f"Flight {number} had {before} in `{name}`, and in your table it has {after}. "
                    "What is known of a flight doesn't depend on whether its hour has weather: "
                    "keep the flights' own columns.",
                )
    return None


def _night_of_the_clocks() -> tuple[Any, Any]:
    import pandas as pd

    # Rows out of order; 05:00 and 06:00 UTC are both 01:00 in New York.
    flights = pd.DataFrame(
        {
            "carrier": ["B6", "UA", "B6", "AA", "DL"],
            "flight": [3, 1, 5, 4, 2],
            "tailnum": ["N1", "N2", "N3", None, "N5"],
            "origin": ["JFK", "JFK", "EWR", "JFK", "JFK"],
            "dest": ["SJU", "BOS", "ORD", "LAX", "BOS"],
            "minute": [30, 15, 10, 0, 45],
            "time_hour": _hours("06:00", "05:00", "06:00", "09:00", "06:00"),
            "dep_delay": [0.0, 5.0, None, 2.0, 1.0],
            "arr_delay": [3.0, -5.0, None, 2.0, 40.0],
        },
        index=[9, 2, 7, 5, 1],
    )
    weather = pd.DataFrame(
        {
            "origin": ["JFK", "EWR", "JFK", "JFK", "EWR", "JFK"],
            "time_hour": _hours("05:00", "06:00", "06:00", "08:00", "05:00", "07:00"),
            "temp": [51.0, 60.0, 48.0, 46.0, 61.0, 47.0],
        }
    )
    weather = weather.assign(dewp=40.0, humid=70.0, wind_dir=270.0, wind_speed=9.0, wind_gust=None)
    weather = weather.assign(precip=0.0, pressure=1015.0, visib=10.0)
    for part in (flights, weather):
        local = part["time_hour"].dt.tz_convert("America/New_York").dt
        for name in ("year", "month", "day", "hour"):
            part[name] = getattr(local, name).astype("int64")
    flights["sched_dep_time"] = flights["hour"] * 100 + flights["minute"]
    minutes = pd.to_timedelta(flights["minute"], unit="min")
    flights["scheduled_departure"] = flights["time_hour"] + minutes
    return flights, weather


def _hours(*clocks: str) -> Any:
    import pandas as pd

    return pd.to_datetime([f"2013-11-03 {clock}" for clock in clocks], utc=True)


def _stacked(*parts: Any) -> Any:
    import pandas as pd

    return pd.concat([part.drop(columns="wind_gust") for part in parts], ignore_index=True).assign(
        wind_gust=float("nan")
    )


# --- 5.4 Nothing is lost ------------------------------------------------------------------------


def check_put_aside(answer: Answer) -> Verdict | None:
    """Try two problems in one row, the same one twice, none at all, and a problem in every row."""
    rows, problems = _rows_with_problems()
    if answer.mutates(rows, problems):
        return wrong(
            "changes-its-input",
            "Your function changes the table that it is given. Add the reason to a copy: what was "
            "delivered has to stay as it was delivered.",
        )
    given = answer.call(rows, problems, returns=_two_tables)
    if given is None:
        return NOT_ATTEMPTED
    if found := _wrongly_parted(rows, {2, 3, 5}, *given):
        return found
    if found := _wrong_reasons(given[1]):
        return found
    none = problems.iloc[:0]
    every = problems.iloc[[0] * len(rows)].assign(row=rows.index)
    for some, aside in ((none, set()), (every, set(rows["flight"]))):
        given = answer.call(rows, some, returns=_two_tables)
        if given is None:
            return NOT_ATTEMPTED
        if found := _wrongly_parted(rows, aside, *given):
            return found
    return None


def _rows_with_problems() -> tuple[Any, Any]:
    import pandas as pd

    rows = pd.DataFrame(
        {
            "flight": [1, 2, 3, 4, 5, 6],
            "origin": ["EWR", "JFK", "ZZZ", "LGA", "EWR", "EWR"],
            "distance": [200, -5, -5, 1000, 0, 200],
            "dep_delay": [3.0, None, 10.0, None, 5.0, 3.0],
            "arr_delay": [1.0, None, 4.0, None, 9000.0, 1.0],
        },
        index=[40, 10, 60, 20, 50, 30],
    )
    problems = pd.DataFrame(
        [
            (60, "unknown origin"),
            (10, "negative distance"),
            (50, "impossible delay"),
            (60, "negative distance"),
            (50, "impossible delay"),
        ],
        columns=["row", "reason"],
    )
    return rows, problems


REASONS = {
    2: {"negative distance"},
    3: {"unknown origin", "negative distance"},
    5: {"impossible delay"},
}


def _wrongly_parted(rows: Any, aside: set[int], accepted: Any, waiting: Any) -> Verdict | None:
    """Say which row is on no side, on both, or on the wrong one."""
    for part in (accepted, waiting):
        if "flight" not in part.columns:
            return wrong("loses-columns", "Both tables keep the columns of the one that came in.")
    goes_on, waits = accepted["flight"].tolist(), waiting["flight"].tolist()
    if len(set(waits)) < len(waits):
        return wrong(
            "counts-twice",
            "A row is in quarantine twice, because it has more than one problem. One row stays "
            "one row; its reasons stand side by side.",
        )
    both = set(goes_on) & set(waits)
    if both:
        return wrong(
            "on-both-sides",
            f"Flight {min(both)} is accepted and in quarantine at once: in isn't out plus "
            "quarantined.",
        )
    lost = set(rows["flight"]) - set(goes_on) - set(waits)
    if lost and not lost & aside and rows.set_index("flight").loc[min(lost)].isna().any():
        return wrong(
            "drops-missing",
            f"Flight {min(lost)} is on neither side. It has missing values and no problem: it was "
            "cancelled. Nothing but the list of problems decides.",
        )
    if lost:
        return wrong(
            "loses-rows",
            f"Flight {min(lost)} is on neither side. Every row that came in has to be on one.",
        )
    if set(goes_on) == aside and aside != set(waits):
        return wrong("swapped", "The two sides are swapped: accepted comes first.")
    if set(waits) != aside:
        return wrong(
            "other-rows",
            f"Flights {sorted(aside)} have a problem and you put {sorted(waits)} aside. `row` "
            "holds labels of the index, not positions.",
        )
    if "reason" not in waiting.columns:
        return wrong(
            "no-reason",
            "The quarantined rows have no column `reason`. Without it somebody has to find out "
            "again what you knew. An empty quarantine has the column, too.",
        )
    whole = rows.set_index("flight")
    for part in (accepted, waiting):
        kept = part.set_index("flight").reindex(columns=whole.columns)
        if not kept.equals(whole.loc[kept.index]):
            return wrong(
                "changes-values",
                "A value isn't what was delivered any more, or a column is gone. Quarantine moves "
                "rows and repairs nothing.",
            )
    more = [name for name in accepted.columns if name not in rows.columns]
    if more:
        return wrong(
            "accepted-has-more",
            f"The accepted rows have a column `{more[0]}` that didn't come in. Only the "
            "quarantined ones get a column; whatever reads the accepted rows expects the table "
            "that it knows.",
        )
    return None


def _wrong_reasons(waiting: Any) -> Verdict | None:
    for flight, reason in zip(waiting["flight"], waiting["reason"], strict=True):
        given = [part.strip() for part in reason.split(";")] if isinstance(reason, str) else []
        if not set(given) >= REASONS[flight]:
            return wrong(
                "one-reason-of-two" if given else "no-reason",
                f"The reason of flight {flight} says {reason!r}. Its problems are "
                f"{' and '.join(sorted(REASONS[flight]))}. Name all, with `; ` between them.",
            )
        if len(given) != len(REASONS[flight]):
            return wrong(
                "repeats-a-reason",
                f"The reason of flight {flight} says {reason!r}. Name each problem once.",
            )
    return None


def _two_tables(value: Any) -> tuple[Any, Any] | None:
    if isinstance(value, tuple | list) and any(part is ... for part in value):
        return None
    try:
        first, second = value
        return table(first), table(second)
    except (Mismatch, TypeError, ValueError):
        raise Mismatch("a pair of tables") from None


# --- 5.5 Which flights are these? ----------------------------------------------------------------

OUTCOMES = ("scheduled", "cancelled", "diverted", "arrived")
COUNTED = {1: (5, 1, 2, 2), 2: (1, 0, 0, 1), 12: (2, 2, 0, 0)}


def check_population(answer: Answer) -> Verdict | None:
    """Try diverted flights with and without an arrival time, and months without any."""
    given = answer.call(_flights_of_three_months(), returns=table)
    if any(value is ... for value in given.to_numpy().ravel()):
        return NOT_ATTEMPTED
    missing = [name for name in OUTCOMES if name not in given.columns]
    if missing:
        return wrong("column-missing", f"The table has no column `{missing[0]}`.")
    counts = given[list(OUTCOMES)]
    if given.index.duplicated().any() or set(given.index) != set(COUNTED):
        return wrong(
            "other-months",
            f"The table's index is {list(given.index)[:8]}. It holds each month that occurs once: "
            f"{list(COUNTED)}.",
        )
    if counts.isna().any(axis=None):
        return wrong(
            "nothing-is-zero",
            "A number is missing for a month in which it happened to no flight. None is 0, and "
            "it is known.",
        )
    values = {month: tuple(counts.loc[month]) for month in COUNTED}
    for message_id, wrong_values, message in MISCOUNTS:
        if all(values[month] == value for month, value in wrong_values.items()):
            return wrong(message_id, message)
    for month, expected in COUNTED.items():
        scheduled, *parts = values[month]
        if values[month] != expected and scheduled != sum(parts):
            return wrong(
                "does-not-add-up",
                f"In month {month} you count {scheduled:g} scheduled flights, and "
                f"{' + '.join(f'{part:g}' for part in parts)} that were cancelled, diverted or "
                "arrived. The three have to add up to the first.",
            )
        if values[month] != expected:
            return wrong(
                "other-count",
                f"In month {month} there are {expected[0]} scheduled flights: {expected[1]} "
                f"cancelled, {expected[2]} diverted, {expected[3]} arrived. You count "
                f"{', '.join(f'{part:g}' for part in values[month])}.",
            )
    return None


MISCOUNTS = (
    (
        "only-arrived",
        {1: (2, 0, 0, 2), 2: (1, 0, 0, 1)},
        "You count only flights that have an arrival delay. The cancelled and the diverted were "
        "scheduled, too, and the table is there to show them.",
    ),
    (
        "by-arrival-time",
        {1: (5, 1, 1, 3), 2: (1, 0, 0, 1)},
        "You judge by `arr_time`. A diverted flight may have landed at its destination in the end "
        "and have a time, but it has no `arr_delay`, and so no label.",
    ),
    (
        "cancelled-in-diverted",
        {1: (5, 1, 3, 2), 2: (1, 0, 0, 1)},
        "A cancelled flight is counted as diverted as well: it has no arrival delay either. "
        "Diverted flights left.",
    ),
    (
        "all-cancelled",
        {1: (5, 3, 0, 2), 2: (1, 0, 0, 1)},
        "You count every flight without a label as cancelled. Two of these left: they have a "
        "`dep_time`.",
    ),
    (
        "zero-is-missing",
        {1: (5, 1, 3, 1), 2: (1, 0, 0, 1)},
        "A flight that landed exactly on time has an `arr_delay` of 0, and you don't count it as "
        "arrived. Zero isn't missing: use `notna()`.",
    ),
    (
        "shares",
        {2: (1, 0, 0, 1), 12: (1, 1, 0, 0)},
        "Those are shares. Give numbers of flights: a share without its number hides how few they "
        "may be.",
    ),
)


def _flights_of_three_months() -> Any:
    import pandas as pd

    nan = float("nan")
    rows = [
        # month, day, hour, dep_time, dep_delay, arr_time, arr_delay, air_time
        (12, 31, 7, nan, nan, nan, nan, nan),
        (1, 1, 5, 517.0, 2.0, 830.0, 11.0, 227.0),
        (1, 5, 9, 905.0, 5.0, 1430.0, nan, nan),
        (2, 8, 6, 600.0, 0.0, 755.0, -5.0, 90.0),
        (1, 5, 9, 910.0, 10.0, nan, nan, nan),
        (1, 9, 12, nan, nan, nan, nan, nan),
        (1, 20, 18, 1800.0, 0.0, 2000.0, 0.0, 95.0),
        (12, 31, 8, nan, nan, nan, nan, nan),
    ]
    names = ["month", "day", "hour", "dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"]
    flights = pd.DataFrame(rows, columns=names)
    flights = flights.assign(year=2013, minute=0, sched_dep_time=flights["hour"] * 100)
    flights = flights.assign(carrier="UA", flight=range(1, 9), tailnum="N1", origin="EWR")
    flights = flights.assign(dest="BOS", distance=200, sched_arr_time=flights["hour"] * 100 + 130)
    clock = flights[["year", "month", "day", "hour"]]
    local = pd.to_datetime(clock).dt.tz_localize("America/New_York")
    flights["time_hour"] = flights["scheduled_departure"] = local.dt.tz_convert("UTC")
    flights["scheduled_arrival"] = flights["time_hour"] + pd.Timedelta(minutes=90)
    for event, delay in (("departure", "dep_delay"), ("arrival", "arr_delay")):
        late = pd.to_timedelta(flights[delay], unit="min")
        flights[f"actual_{event}"] = flights[f"scheduled_{event}"] + late
    return flights.set_index(pd.Index([7, 3, 5, 1, 0, 2, 6, 4]))


EXERCISES = (
    Exercise(
        "5.1",
        "Impossible or rare?",
        check_impossible,
        hints=(
            "Four rules, each a column of `True` and `False`. A row is impossible if it breaks any "
            "of them.",
            "Write what is wrong (`< low`, `> high`) and not what is right, turned around. What "
            "does each of the two say of a missing value?",
            "Three rules look at one column. The fourth compares two columns of the same row.",
        ),
        why="A limit comes from physics, from a scale or from records, never from the sample, so "
        "that a storm can't be outvoted by calm days. Comparisons with a missing value are false, "
        "so saying what is wrong leaves missing values alone.",
    ),
    Exercise(
        "5.2",
        "Whose clock?",
        check_arrival_in_utc,
        hints=(
            "Go to the destination first: what do calendar and clock on the wall there show at the "
            "moment of departure?",
            "Set the hour and the minute of that local moment (`.replace`). If what you get isn't "
            "after departure, it is the next day's.",
            "There are two ways to get to tomorrow: `pd.Timedelta(hours=24)` moves the moment, "
            "`pd.DateOffset(days=1)` moves the calendar. They differ on two nights of the year.",
        ),
        why="Everything is done on the destination's clock, and the result is turned into UTC "
        "once. A calendar day is added, not 24 hours, since a day has 23 or 25 hours when the "
        "clocks change.",
    ),
    Exercise(
        "5.3",
        "A join that can't multiply",
        check_add_weather,
        hints=(
            "Which columns are the key of weather? The table of findings above has one that is "
            "unique and one that isn't.",
            "`merge` needs three statements: which keys, whose rows are kept (`how=`), and what "
            "the keys promise (`validate=`).",
            "Both tables have `year`, `month`, `day` and `hour`. Flights have them already; leave "
            "them out of weather before you join.",
        ),
        why="The keys say which rows belong together, `how` whose rows are kept, and `validate` "
        "what must hold so that no row is multiplied. Stated like that, a doubled hour stops the "
        "join where it happens and not weeks later in a score.",
    ),
    Exercise(
        "5.4",
        "Nothing is lost",
        check_put_aside,
        hints=(
            "One mask parts the table: is the label of this row among the labels with a problem? "
            "`~` gives the other side.",
            "Before the reasons meet the rows, there should be one text for each row. What does "
            "`groupby` on `row` give you?",
            "Take each reason once (`unique`, `set`), join them with `; `, and let `map` or "
            "`reindex` bring them to the labels of the quarantined rows.",
        ),
        why="One mask and its opposite put each row on exactly one side, whatever the problems. "
        "Reasons are gathered to one text for each row before they meet the rows; joining the "
        "list of problems itself would multiply rows.",
    ),
    Exercise(
        "5.5",
        "Which flights are these?",
        check_population,
        hints=(
            "Make three columns of `True` and `False` that exclude each other, from `dep_time` and "
            "`arr_delay`.",
            "A cancelled flight never left. A diverted one left and has no arrival delay.",
            "The sum of such a column in each group is a count, and a group in which it never "
            "happens gets 0.",
        ),
        why="The label decides: without an arrival delay there is none, whatever else was "
        "recorded. The three outcomes exclude each other and add up to the flights that were "
        "scheduled, so the table proves that nobody was forgotten.",
    ),
)
