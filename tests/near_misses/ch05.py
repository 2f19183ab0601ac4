"""Chapter 05."""

import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

DAY = pd.Timedelta(days=1)
CALENDAR = ["year", "month", "day", "hour"]


# 5.1
def impossible(weather):
    wind = weather[["wind_speed", "wind_gust"]]
    outside = ((wind < 0) | (wind > 253)).any(axis=1)
    humid = (weather["humid"] < 0) | (weather["humid"] > 100)
    return outside | humid | (weather["dewp"] > weather["temp"])


def not_between(weather):
    inside = weather["wind_speed"].between(0, 253) & weather["humid"].between(0, 100)
    gust = weather["wind_gust"]
    return ~inside | (gust > 253) | (gust < 0) | (weather["dewp"] > weather["temp"])


def three_deviations(weather):
    columns = weather[["temp", "dewp", "humid", "wind_speed", "wind_gust"]]
    return ((columns - columns.mean()).abs() > 3 * columns.std()).any(axis=1)


def dew_point_reaches_temperature(weather):
    return impossible(weather) | (weather["dewp"] >= weather["temp"])


def no_frost(weather):
    return impossible(weather) | (weather["dewp"] < 0)


def no_storms(weather):
    return impossible(weather) | (weather["wind_speed"] > 40)


def no_heat(weather):
    return impossible(weather) | (weather["temp"] > 100)


def strictly_inside(weather):
    wind = weather[["wind_speed", "wind_gust"]]
    return impossible(weather) | (wind >= 253).any(axis=1)


def still_air(weather):
    return impossible(weather) | (weather["wind_speed"] <= 0)


def wind_only(weather):
    return (weather["wind_speed"] > 253) | (weather["wind_speed"] < 0)


def gusts_only(weather):
    return weather["wind_gust"] > 253


def only_above(weather):
    wind = weather[["wind_speed", "wind_gust"]]
    return (wind > 253).any(axis=1) | (weather["dewp"] > weather["temp"])


def without_humidity(weather):
    wind = weather[["wind_speed", "wind_gust"]]
    return ((wind > 253) | (wind < 0)).any(axis=1) | (weather["dewp"] > weather["temp"])


def without_dew_point(weather):
    return impossible(weather.assign(dewp=-20.0))


def gaps_as_zero(weather):
    return impossible(weather.fillna(0))


def gaps_as_mean(weather):
    return impossible(weather.fillna(weather.mean(numeric_only=True)))


def no_dew_point_is_high(weather):
    return impossible(weather) | (weather["dewp"].fillna(999) > weather["temp"])


def full_speed(weather):
    return impossible(weather) | (weather["wind_speed"] >= 253)


def calm_gust(weather):
    return impossible(weather) | (weather["wind_gust"] <= 0)


def saturated(weather):
    return impossible(weather) | (weather["humid"] >= 100)


def gust_only_above(weather):
    return impossible(weather.assign(wind_gust=weather["wind_gust"].clip(lower=0)))


def above_a_round_limit(weather):
    return impossible(weather.assign(wind_speed=weather["wind_speed"] - 2)) & ~(
        weather["wind_speed"].between(0, 2)
    )


def only_with_temperature(weather):
    return impossible(weather) & weather["temp"].notna()


def new_labels(weather):
    return impossible(weather.reset_index(drop=True))


def the_rows(weather):
    return weather.loc[impossible(weather), "wind_speed"]


def as_words(weather):
    return ["impossible" if bad else "fine" for bad in impossible(weather)]


def with_numpy(weather):
    wind = weather[["wind_speed", "wind_gust"]].to_numpy()
    humid = weather["humid"].to_numpy()
    dry = weather["temp"].to_numpy() - weather["dewp"].to_numpy()
    return (wind < 0).any(1) | (wind > 253).any(1) | (humid < 0) | (humid > 100) | (dry < 0)


def row_by_row(weather):
    def bad(row):
        wind = [row["wind_speed"], row["wind_gust"]]
        return (
            any(value < 0 or value > 253 for value in wind)
            or row["humid"] < 0
            or row["humid"] > 100
            or row["dewp"] > row["temp"]
        )

    return [bad(row) for _, row in weather.iterrows()]


def by_labels(weather):
    found = set(weather.query("wind_speed > 253 or wind_speed < 0").index)
    found |= set(weather.query("wind_gust > 253 or wind_gust < 0").index)
    found |= set(weather.query("humid > 100 or humid < 0 or dewp > temp").index)
    return pd.Series(True, index=sorted(found)).reindex(weather.index, fill_value=False)


# 5.2
def arrival(departure, clock, zone):
    local = departure.tz_convert(zone)
    landing = local.replace(hour=clock // 100, minute=clock % 100)
    if landing <= local:
        landing += pd.DateOffset(days=1)
    return landing.tz_convert("UTC")


def minutes_after_midnight(departure, clock, zone):
    local = departure.tz_convert(zone)
    landing = local.normalize() + pd.Timedelta(minutes=clock)
    return (landing if landing > local else landing + DAY).tz_convert("UTC")


def same_day(departure, clock, zone):
    local = departure.tz_convert(zone)
    return local.replace(hour=clock // 100, minute=clock % 100).tz_convert("UTC")


def twenty_four_hours(departure, clock, zone):
    local = departure.tz_convert(zone)
    landing = local.replace(hour=clock // 100, minute=clock % 100)
    return (landing if landing > local else landing + DAY).tz_convert("UTC")


def hours_after_midnight(departure, clock, zone):
    # Right but for the nights on which a day has 23 or 25 hours.
    local = departure.tz_convert(zone)
    since = pd.Timedelta(hours=clock // 100, minutes=clock % 100)
    midnight = local.normalize()
    if midnight + since <= local:
        midnight += pd.DateOffset(days=1)
    return (midnight + since).tz_convert("UTC")


def clock_in_new_york(departure, clock, zone):
    return arrival(departure, clock, "America/New_York")


def clock_in_utc(departure, clock, zone):
    return arrival(departure, clock, "UTC")


def standard_time_all_year(departure, clock, zone):
    offset = pd.Timestamp("2013-01-01", tz=zone).utcoffset()
    return arrival(departure, clock, datetime.timezone(offset))


def day_in_utc(departure, clock, zone):
    wall = departure.tz_localize(None).normalize()
    wall += pd.Timedelta(hours=clock // 100, minutes=clock % 100)
    landing = wall.tz_localize(zone)
    if landing <= departure:
        landing += pd.DateOffset(days=1)
    return landing.tz_convert("UTC")


def without_a_zone(departure, clock, zone):
    return arrival(departure, clock, zone).tz_localize(None)


def as_text(departure, clock, zone):
    return str(arrival(departure, clock, zone))


def always_tomorrow(departure, clock, zone):
    return arrival(departure, clock, zone) + DAY


def two_days(departure, clock, zone):
    return arrival(departure, clock, zone) + 2 * DAY


def with_zoneinfo(departure, clock, zone):
    local = departure.to_pydatetime().astimezone(ZoneInfo(zone))
    landing = local.replace(hour=clock // 100, minute=clock % 100)
    if landing <= local:
        landing += datetime.timedelta(days=1)  # on the wall clock: zoneinfo adds calendar days
    return landing.astimezone(datetime.UTC)


def with_candidates(departure, clock, zone):
    day = departure.tz_convert(zone).tz_localize(None).normalize()
    since = pd.Timedelta(hours=clock // 100, minutes=clock % 100)
    walls = [day + since, day + DAY + since]
    return min(moment for wall in walls if (moment := wall.tz_localize(zone)) > departure)


def from_new_yorks_day(departure, clock, zone):
    day = departure.tz_convert("America/New_York").tz_localize(None).normalize()
    since = pd.Timedelta(hours=clock // 100, minutes=clock % 100)
    walls = [day - DAY + since, day + since, day + DAY + since]
    return min(moment for wall in walls if (moment := wall.tz_localize(zone)) > departure)


# 5.3
def measured(weather):
    return weather.drop(columns=CALENDAR)


KEY = ["origin", "time_hour"]


def inner(flights, weather):
    return flights.merge(measured(weather), on=KEY, validate="many_to_one")


def outer(flights, weather):
    return flights.merge(measured(weather), on=KEY, how="outer", validate="many_to_one")


def with_suffixes(flights, weather):
    return flights.merge(weather, on=KEY, how="left", validate="many_to_one")


def weathers_calendar(flights, weather):
    return flights.drop(columns=CALENDAR).merge(weather, on=KEY, how="left", validate="m:1")


def one_to_one(flights, weather):
    return flights.merge(measured(weather), on=KEY, how="left", validate="1:1")


def one_to_many(flights, weather):
    return flights.merge(measured(weather), on=KEY, how="left", validate="1:m")


def local_hour(flights, weather):
    key = ["origin", *CALENDAR]
    weather = weather.drop(columns="time_hour")
    return flights.merge(weather, on=key, how="left", validate="many_to_one")


def local_hour_unchecked(flights, weather):
    return flights.merge(weather.drop(columns="time_hour"), on=["origin", *CALENDAR], how="left")


def first_local_hour(flights, weather):
    key = ["origin", *CALENDAR]
    weather = weather.drop_duplicates(key).drop(columns="time_hour")
    return flights.merge(weather, on=key, how="left", validate="many_to_one")


def one_station(flights, weather):
    weather = measured(weather[weather["origin"] == "JFK"]).drop(columns="origin")
    return flights.merge(weather, on="time_hour", how="left", validate="many_to_one")


def unchecked(flights, weather):
    return flights.merge(measured(weather), on=KEY, how="left")


def deduplicated(flights, weather):
    weather = measured(weather).drop_duplicates(KEY)
    return flights.merge(weather, on=KEY, how="left", validate="many_to_one")


def latest_before(flights, weather):
    joined = pd.merge_asof(
        flights.sort_values("time_hour"),
        measured(weather).sort_values("time_hour"),
        on="time_hour",
        by="origin",
    )
    return joined.set_index("flight").loc[flights["flight"]].reset_index()


def in_order_of_time(flights, weather):
    return add_weather(flights, weather).sort_values("time_hour")


def only_flights(flights, weather):
    return flights


def add_weather(flights, weather):
    return flights.merge(measured(weather), on=KEY, how="left", validate="many_to_one")


def all_common_columns(flights, weather):
    return flights.merge(weather, how="left", validate="m:1")


def with_an_index(flights, weather):
    by_hour = measured(weather).set_index(KEY)
    return flights.join(by_hour, on=KEY, validate="m:1")


def with_an_assertion(flights, weather):
    suffixes = ("", "_weather")
    joined = flights.merge(weather, on=KEY, how="left", suffixes=suffixes)
    if len(joined) != len(flights):
        raise ValueError("An hour of weather came twice.")
    return joined


# 5.4
def together(problems):
    return problems.groupby("row")["reason"].agg(lambda some: "; ".join(sorted(set(some))))


def put_aside(rows, problems):
    reasons = together(problems)
    broken = rows.index.isin(reasons.index)
    aside = rows[broken]
    return rows[~broken], aside.assign(reason=reasons.reindex(aside.index))


def merged_problems(rows, problems):
    aside = rows.merge(problems, left_index=True, right_on="row").set_index("row")
    return rows.drop(index=set(problems["row"])), aside


def without_reason(rows, problems):
    broken = rows.index.isin(problems["row"])
    return rows[~broken], rows[broken]


def last_reason(rows, problems):
    reasons = dict(zip(problems["row"], problems["reason"], strict=True))
    broken = rows.index.isin(problems["row"])
    aside = rows[broken]
    return rows[~broken], aside.assign(reason=aside.index.map(reasons))


def every_reason(rows, problems):
    reasons = problems.groupby("row")["reason"].agg("; ".join)
    broken = rows.index.isin(reasons.index)
    aside = rows[broken]
    return rows[~broken], aside.assign(reason=reasons.reindex(aside.index))


def dropped(rows, problems):
    accepted, aside = put_aside(rows, problems)
    return accepted.dropna(), aside


def nothing_aside(rows, problems):
    accepted, aside = put_aside(rows, problems)
    return accepted, aside.iloc[:0]


def everything_accepted(rows, problems):
    return rows, put_aside(rows, problems)[1]


def the_other_way_round(rows, problems):
    return put_aside(rows, problems)[::-1]


def reason_on_both_sides(rows, problems):
    accepted, aside = put_aside(rows, problems)
    return accepted.assign(reason=np.nan), aside


def in_place(rows, problems):
    rows["reason"] = rows.index.map(together(problems))
    return rows[rows["reason"].isna()].drop(columns="reason"), rows[rows["reason"].notna()]


def by_position(rows, problems):
    order = sorted(rows.index)
    positions = [order.index(row) for row in problems["row"]]
    return put_aside(rows, problems.assign(row=rows.index[positions]))


def repaired(rows, problems):
    accepted, aside = put_aside(rows, problems)
    return accepted, aside.assign(distance=aside["distance"].clip(lower=0))


def with_a_loop(rows, problems):
    reasons = {}
    for problem in problems.itertuples():
        reasons.setdefault(problem.row, set()).add(problem.reason)
    waits = [label for label in rows.index if label in reasons]
    waiting = rows.loc[waits].copy()
    waiting["reason"] = ["; ".join(reasons[label]) for label in waits]
    return [rows.drop(index=waits), waiting]


def with_join(rows, problems):
    unique = problems.drop_duplicates()
    texts = unique.groupby("row")["reason"].apply("; ".join).rename("reason")
    joined = rows.join(texts.astype(object))
    waits = joined["reason"].notna()
    return joined[~waits].drop(columns="reason"), joined[waits]


# 5.5
def table_of(flights, cancelled, diverted, arrived):
    parts = pd.DataFrame(
        {"scheduled": 1, "cancelled": cancelled, "diverted": diverted, "arrived": arrived}
    )
    return parts.astype(int).groupby(flights["month"]).sum()


def population(flights):
    arrived = flights["arr_delay"].notna()
    cancelled = flights["dep_time"].isna()
    return table_of(flights, cancelled, ~arrived & ~cancelled, arrived)


def without_dropped(flights):
    return population(flights.dropna(subset=["arr_delay"])).reindex([1, 2, 12], fill_value=0)


def by_arrival_time(flights):
    arrived, cancelled = flights["arr_time"].notna(), flights["dep_time"].isna()
    return table_of(flights, cancelled, ~arrived & ~cancelled, arrived)


def cancelled_twice(flights):
    arrived = flights["arr_delay"].notna()
    return table_of(flights, flights["dep_time"].isna(), ~arrived, arrived)


def never_diverted(flights):
    arrived = flights["arr_delay"].notna()
    return table_of(flights, ~arrived, False, arrived)


def zero_is_false(flights):
    arrived = flights["arr_delay"].fillna(0).astype(bool)
    cancelled = flights["dep_time"].isna()
    return table_of(flights, cancelled, ~arrived & ~cancelled, arrived)


def as_shares(flights):
    counts = population(flights)
    return counts.div(counts["scheduled"], axis=0)


def missing_for_none(flights):
    return population(flights).replace(0, np.nan)


def only_diverted_missing(flights):
    return population(flights).drop(columns="diverted")


def by_day(flights):
    return population(flights.assign(month=flights["day"]))


def in_all_months(flights):
    return population(flights).reindex(range(1, 13), fill_value=0)


def forgets_the_diverted(flights):
    return population(flights).assign(diverted=0)


def by_delay(flights):
    early = flights["arr_delay"] <= 0
    cancelled = flights["dep_time"].isna()
    return table_of(flights, cancelled, early, ~early & ~cancelled)


def with_outcomes(flights):
    outcome = np.select(
        [flights["arr_delay"].notna(), flights["dep_time"].isna()],
        ["arrived", "cancelled"],
        "diverted",
    )
    counts = pd.crosstab(flights["month"], outcome)
    return counts.assign(scheduled=counts.sum(axis=1))


def month_by_month(flights):
    rows = {}
    for month in flights["month"].unique():
        some = flights[flights["month"] == month]
        cancelled, arrived = some["dep_time"].isna().sum(), some["arr_delay"].notna().sum()
        rows[month] = [len(some), cancelled, len(some) - cancelled - arrived, arrived]
    names = ["scheduled", "cancelled", "diverted", "arrived"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=names)


NEAR_MISSES = {
    "5.1": [
        ("missing-is-impossible", not_between),
        ("rare-is-impossible", three_deviations),
        ("rare-is-impossible", no_frost),
        ("rare-is-impossible", no_storms),
        ("rare-is-impossible", no_heat),
        ("fog-is-impossible", dew_point_reaches_temperature),
        ("limit-excluded", strictly_inside),
        ("limit-excluded", still_air),
        ("limit-excluded", full_speed),
        ("limit-excluded", calm_gust),
        ("fog-is-impossible", saturated),
        ("gap-is-impossible", gaps_as_zero),
        ("gap-is-impossible", gaps_as_mean),
        ("gap-is-impossible", no_dew_point_is_high),
        ("gap-hides", only_with_temperature),
        ("other-labels", new_labels),
        ("misses-negative", gust_only_above),
        ("misses-the-wind", above_a_round_limit),
        ("misses-the-wind", gusts_only),
        ("misses-the-gust", wind_only),
        ("misses-negative", only_above),
        ("misses-humidity", without_humidity),
        ("misses-dew-point", without_dew_point),
        ("one-per-row", the_rows),
        ("not-true-or-false", as_words),
        ("flags-the-usual", lambda weather: ~impossible(weather) & weather["temp"].notna()),
        ("wrong-type", lambda weather: weather[impossible(weather)]),
    ],
    "5.2": [
        ("hhmm-as-minutes", minutes_after_midnight),
        ("lands-before-leaving", same_day),
        ("adds-24-hours", twenty_four_hours),
        ("adds-24-hours", hours_after_midnight),
        ("new-yorks-clock", clock_in_new_york),
        ("clock-as-utc", clock_in_utc),
        ("fixed-offset", standard_time_all_year),
        ("a-day-late", day_in_utc),
        ("a-day-late", always_tomorrow),
        ("other-moment", two_days),
        ("no-zone", without_a_zone),
        ("wrong-type", as_text),
    ],
    "5.3": [
        ("loses-flights", inner),
        ("adds-rows", outer),
        ("renames-columns", with_suffixes),
        ("loses-values", weathers_calendar),
        ("promises-too-much", one_to_one),
        ("promises-too-much", one_to_many),
        ("refuses-good-data", local_hour),
        ("multiplies-flights", local_hour_unchecked),
        ("other-weather", first_local_hour),
        ("other-weather", one_station),
        ("multiplies-silently", unchecked),
        ("picks-one", deduplicated),
        ("borrows-weather", latest_before),
        ("reorders", in_order_of_time),
        ("no-weather", only_flights),
    ],
    "5.4": [
        ("counts-twice", merged_problems),
        ("no-reason", without_reason),
        ("one-reason-of-two", last_reason),
        ("repeats-a-reason", every_reason),
        ("drops-missing", dropped),
        ("loses-rows", nothing_aside),
        ("on-both-sides", everything_accepted),
        ("swapped", the_other_way_round),
        ("accepted-has-more", reason_on_both_sides),
        ("changes-its-input", in_place),
        ("other-rows", by_position),
        ("changes-values", repaired),
        ("wrong-type", lambda rows, problems: put_aside(rows, problems)[0]),
    ],
    "5.5": [
        ("only-arrived", without_dropped),
        ("by-arrival-time", by_arrival_time),
        ("cancelled-in-diverted", cancelled_twice),
        ("all-cancelled", never_diverted),
        ("zero-is-missing", zero_is_false),
        ("shares", as_shares),
        ("nothing-is-zero", missing_for_none),
        ("column-missing", only_diverted_missing),
        ("other-months", by_day),
        ("other-months", in_all_months),
        ("does-not-add-up", forgets_the_diverted),
        ("other-count", by_delay),
        ("wrong-type", lambda flights: population(flights).loc[1].to_dict()),
    ],
}

ALTERNATIVES = {
    "5.1": [with_numpy, row_by_row, by_labels],
    "5.2": [with_zoneinfo, with_candidates, from_new_yorks_day],
    "5.3": [all_common_columns, with_an_index, with_an_assertion],
    "5.4": [with_a_loop, with_join],
    "5.5": [with_outcomes, month_by_month],
}
