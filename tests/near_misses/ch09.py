"""Chapter 09."""

import pandas as pd

HOUR = pd.Timedelta(hours=1)

# 9.1
VIEW = {
    "name": "route_delays",
    "join_keys": ["origin", "dest"],
    "ttl_hours": 6.0,
    "features": {"route_arrival_delay_24h": "Float64", "route_flights_24h": "Int64"},
    "source": "route.parquet",
    "timestamp_field": "known_at",
}
DELAY = {"route_arrival_delay_24h": "Float64"}

# 9.2
KEYS = ["carrier", "origin", "dest", "tailnum"]


def questions(flights):
    asked = flights[KEYS].reset_index(drop=True)
    moments = flights["scheduled_departure"].reset_index(drop=True) - HOUR
    return asked.assign(flight_row=range(len(asked)), event_timestamp=moments)


def at_departure(flights):
    return questions(flights).assign(
        event_timestamp=flights["scheduled_departure"].reset_index(drop=True)
    )


def hour_later(flights):
    found = questions(flights)
    return found.assign(event_timestamp=found["event_timestamp"] + 2 * HOUR)


def at_actual_departure(flights):
    return questions(flights).assign(
        event_timestamp=flights["actual_departure"].reset_index(drop=True)
    )


def before_actual_departure(flights):
    found = at_actual_departure(flights)
    return found.assign(event_timestamp=found["event_timestamp"] - HOUR)


def at_arrival(flights):
    return questions(flights).assign(
        event_timestamp=flights["actual_arrival"].reset_index(drop=True)
    )


def full_hours(flights):
    found = questions(flights)
    return found.assign(event_timestamp=found["event_timestamp"].dt.floor("h"))


def half_an_hour(flights):
    found = questions(flights)
    return found.assign(event_timestamp=found["event_timestamp"] + HOUR / 2)


def naive(flights):
    found = questions(flights)
    return found.assign(event_timestamp=found["event_timestamp"].dt.tz_localize(None))


def with_tail_numbers(flights):
    return questions(flights.dropna(subset=["tailnum"]))


def distinct(flights):
    return questions(flights.drop_duplicates([*KEYS, "scheduled_departure"]))


def index_as_row(flights):
    return questions(flights).assign(flight_row=flights.index)


def from_one(flights):
    return questions(flights).assign(flight_row=range(1, len(flights) + 1))


def no_row(flights):
    return questions(flights).drop(columns="flight_row")


def everything(flights):
    moments = flights["scheduled_departure"] - HOUR
    return flights.assign(flight_row=range(len(flights)), event_timestamp=moments)


def sorted_keys(flights):
    return questions(flights).assign(carrier=sorted(flights["carrier"]))


def in_place(flights):
    flights["flight_row"] = range(len(flights))
    flights["event_timestamp"] = flights["scheduled_departure"] - HOUR
    return flights[[*KEYS, "flight_row", "event_timestamp"]]


def with_the_old_index(flights):
    moments = flights["scheduled_departure"] - HOUR
    return flights[KEYS].assign(event_timestamp=moments, flight_row=list(range(len(flights))))


def from_records(flights):
    rows = [
        {name: getattr(flight, name) for name in KEYS}
        | {"flight_row": row, "event_timestamp": flight.scheduled_departure - HOUR}
        for row, flight in enumerate(flights.itertuples())
    ]
    return pd.DataFrame(rows)


def misaligned(flights):
    moments = flights["scheduled_departure"] - HOUR
    return questions(flights).assign(event_timestamp=moments)


def leak_renamed(flights):
    return questions(flights).assign(x=flights["arr_delay"].to_numpy())


def at_time_hour(flights):
    return questions(flights).assign(event_timestamp=flights["time_hour"].array)


def by_time(flights):
    return questions(flights).sort_values("event_timestamp")


# 9.3
def proof(expected, retrieved):
    rows = retrieved["flight_row"]
    lost = sorted(set(expected["flight_row"]) - set(rows))
    asked = retrieved[rows.isin(expected["flight_row"])]
    doubled = sorted(set(asked.loc[asked["flight_row"].duplicated(), "flight_row"]))
    other = asked.set_index("flight_row")
    one = expected.set_index("flight_row").loc[other.index, other.columns]
    same = (one.eq(other) | (one.isna() & other.isna())).all(axis=1)
    return {"lost": lost, "doubled": doubled, "other": sorted(set(other.index[~same]))}


def by_count(expected, retrieved):
    found = proof(expected, retrieved)
    return found if len(expected) != len(retrieved) else {**found, "lost": []}


def never_lost(expected, retrieved):
    return {**proof(expected, retrieved), "lost": []}


def never_doubled(expected, retrieved):
    return {**proof(expected, retrieved), "doubled": []}


def every_copy(expected, retrieved):
    rows = retrieved["flight_row"]
    doubled = list(rows[rows.duplicated(keep=False)])
    return {**proof(expected, retrieved), "doubled": doubled}


def by_position(expected, retrieved):
    found = proof(expected, retrieved)
    if len(expected) == len(retrieved):
        one = expected.fillna(0).to_numpy()
        other = retrieved[expected.columns].fillna(0).to_numpy()
        found["other"] = list(expected["flight_row"][(one != other).any(axis=1)])
    return found


def gaps_differ(expected, retrieved):
    found = proof(expected, retrieved)
    one = expected.set_index("flight_row").drop(index=found["lost"])
    other = retrieved.drop_duplicates("flight_row").set_index("flight_row")
    same = one.eq(other.loc[one.index, one.columns]).all(axis=1)
    return {**found, "other": list(one.index[~same])}


def gaps_as_zero(expected, retrieved):
    return proof(expected.fillna(0), retrieved.fillna(0))


def gaps_agree_with_all(expected, retrieved):
    found = proof(expected, retrieved)
    one = expected.set_index("flight_row").drop(index=found["lost"])
    other = retrieved.drop_duplicates("flight_row").set_index("flight_row")
    other = other.loc[one.index, one.columns]
    same = (one.eq(other) | one.isna() | other.isna()).all(axis=1)
    return {**found, "other": list(one.index[~same])}


def lost_are_other(expected, retrieved):
    found = proof(expected, retrieved)
    return {**found, "other": [*found["other"], *found["lost"]]}


def no_values(expected, retrieved):
    return {**proof(expected, retrieved), "other": []}


def with_a_loop(expected, retrieved):
    found = {"lost": [], "doubled": [], "other": []}
    for row in expected["flight_row"]:
        one = expected[expected["flight_row"] == row].iloc[0]
        copies = retrieved[retrieved["flight_row"] == row]
        if copies.empty:
            found["lost"].append(row)
            continue
        if len(copies) > 1:
            found["doubled"].append(row)
        pairs = [(one[name], value) for name in expected.columns for value in copies[name]]
        if any(a != b and not (pd.isna(a) and pd.isna(b)) for a, b in pairs):
            found["other"].append(row)
    return found


def with_merge(expected, retrieved):
    counts = retrieved["flight_row"].value_counts()
    both = expected.merge(retrieved, on="flight_row", how="left", indicator=True)
    lost = both["_merge"] == "left_only"
    differs = pd.Series(False, index=both.index)
    for name in expected.columns.drop("flight_row"):
        one, other = both[f"{name}_x"], both[f"{name}_y"]
        differs |= ~((one == other) | (one.isna() & other.isna()))
    return {
        "lost": both.loc[lost, "flight_row"].to_numpy(),
        "doubled": set(counts.index[counts > 1]),
        "other": set(both.loc[differs & ~lost, "flight_row"]),
    }


def with_tolerance(expected, retrieved):
    return proof(expected.round(3), retrieved.round(3))


def gaps_as_sentinel(expected, retrieved):
    return proof(expected.fillna(-999), retrieved.fillna(-999))


def lost_by_range(expected, retrieved):
    lost = [row for row in range(len(expected)) if row not in set(retrieved["flight_row"])]
    return {**proof(expected, retrieved), "lost": lost}


def symmetric(expected, retrieved):
    lost = set(expected["flight_row"]) ^ set(retrieved["flight_row"])
    return {**proof(expected, retrieved), "lost": sorted(lost)}


def first_copy(expected, retrieved):
    one = proof(expected, retrieved.drop_duplicates("flight_row"))
    return {**proof(expected, retrieved), "other": one["other"]}


# 9.4
def ttl(outages, interval):
    longest = 0
    for row in outages.sort_values("hours").itertuples():
        if row.stale <= row.missing:
            break
        longest = row.hours
    return max(longest, interval)


def last_that_helps(outages, interval):
    helps = outages.loc[outages["stale"] > outages["missing"], "hours"]
    return max(helps.max() if len(helps) else 0, interval)


def without_interval(outages, interval):
    longest = 0
    for row in outages.sort_values("hours").itertuples():
        if row.stale <= row.missing:
            break
        longest = row.hours
    return longest


def as_it_comes(outages, interval):
    longest = 0
    for row in outages.itertuples():
        if row.stale <= row.missing:
            break
        longest = row.hours
    return max(longest, interval)


def ties_help(outages, interval):
    return ttl(outages.assign(missing=outages["missing"] - 0.0001), interval)


def first_that_harms(outages, interval):
    harms = outages.loc[outages["stale"] <= outages["missing"], "hours"]
    return max(harms.min() if len(harms) else outages["hours"].max(), interval)


def whole_intervals(outages, interval):
    return max(interval, ttl(outages, interval) // interval * interval)


def sorts_in_place(outages, interval):
    outages.sort_values("hours", inplace=True)
    return ttl(outages, interval)


def always_three(outages, interval):
    return 3


def with_masks(outages, interval):
    harms = outages.loc[outages["stale"] <= outages["missing"], "hours"]
    below = outages["hours"] < (harms.min() if len(harms) else float("inf"))
    return max([interval, *outages.loc[below, "hours"]])


def with_cumulative_minimum(outages, interval):
    by_age = outages.sort_values("hours")
    good = (by_age["stale"] > by_age["missing"]).cummin()
    return max(by_age["hours"].where(good, 0).max(), interval)


# 9.5
def usable(answer, moment, ttl_hours, check=lambda age, limit: HOUR * 0 <= age <= HOUR * limit):
    served = dict(zip(answer["metadata"]["feature_names"], answer["results"], strict=True))
    row = dict.fromkeys(ttl_hours)
    for name in row.keys() & served.keys():
        age = moment - pd.Timestamp(served[name]["event_timestamps"][0])
        row[name] = served[name]["values"][0] if check(age, ttl_hours[name]) else None
    return row


def whatever_comes(answer, moment, ttl_hours):
    return usable(answer, moment, ttl_hours, lambda age, limit: True)


def present(answer, moment, ttl_hours):
    served = dict(zip(answer["metadata"]["feature_names"], answer["results"], strict=True))
    return {
        name: served[name]["values"][0] if served[name]["statuses"] == ["PRESENT"] else None
        for name in ttl_hours
    }


def from_later(answer, moment, ttl_hours):
    return usable(answer, moment, ttl_hours, lambda age, limit: age <= HOUR * limit)


def without_edge(answer, moment, ttl_hours):
    return usable(answer, moment, ttl_hours, lambda age, limit: HOUR * 0 <= age < HOUR * limit)


def without_the_moment(answer, moment, ttl_hours):
    return usable(answer, moment, ttl_hours, lambda age, limit: HOUR * 0 < age <= HOUR * limit)


def three_hours_for_all(answer, moment, ttl_hours):
    return usable(answer, moment, dict.fromkeys(ttl_hours, 3))


def hours_of_the_day(answer, moment, ttl_hours):
    """Take only the hours of a difference: a day too old looks fresh."""
    return usable(answer, moment, ttl_hours, lambda age, limit: 0 <= age.seconds <= limit * 3600)


def zeros(answer, moment, ttl_hours):
    return {name: value or 0.0 for name, value in usable(answer, moment, ttl_hours).items()}


def falsy(answer, moment, ttl_hours):
    return {name: value or None for name, value in usable(answer, moment, ttl_hours).items()}


def in_my_order(answer, moment, ttl_hours):
    results = answer["results"]
    return {name: result["values"][0] for name, result in zip(ttl_hours, results, strict=False)}


def only_answered(answer, moment, ttl_hours):
    found = usable(answer, moment, ttl_hours)
    return {name: found[name] for name in answer["metadata"]["feature_names"] if name in found}


def seconds_of_both(answer, moment, ttl_hours):
    limit = {name: pd.Timedelta(hours=hours).seconds for name, hours in ttl_hours.items()}
    return usable(answer, moment, limit, lambda age, seconds: 0 <= age.seconds <= seconds)


def only_usable(answer, moment, ttl_hours):
    found = usable(answer, moment, ttl_hours)
    return {name: value for name, value in found.items() if value is not None}


def with_keys(answer, moment, ttl_hours):
    return {"carrier": "UA", **usable(answer, moment, ttl_hours)}


def lists(answer, moment, ttl_hours):
    return {
        name: None if value is None else [value]
        for name, value in usable(answer, moment, ttl_hours).items()
    }


def with_an_index(answer, moment, ttl_hours):
    names = answer["metadata"]["feature_names"]
    row = {}
    for name in ttl_hours:
        if name not in names:
            row[name] = None
            continue
        result = answer["results"][names.index(name)]
        since = pd.to_datetime(result["event_timestamps"][0], utc=True)
        hours = (moment - since).total_seconds() / 3600
        value = result["values"][0]
        fresh = value is not None and 0 <= hours <= ttl_hours[name]
        row[name] = value if fresh else float("nan")
    return row


def with_a_table(answer, moment, ttl_hours):
    columns = ["values", "event_timestamps"]
    served = pd.DataFrame(
        [[result[name][0] for name in columns] for result in answer["results"]],
        columns=columns,
        index=answer["metadata"]["feature_names"],
    ).reindex(list(ttl_hours))
    age = moment - pd.to_datetime(served["event_timestamps"], utc=True)
    limits = pd.to_timedelta(pd.Series(ttl_hours), unit="h")
    fresh = (age >= HOUR * 0) & (age <= limits)
    return served["values"].astype(float).where(fresh).to_dict()


# 9.6
WORTH = {"A": "join", "B": "store", "C": "function", "D": "join", "E": "store"}

NEAR_MISSES = {
    "9.1": [
        ("event-time", {**VIEW, "timestamp_field": "scheduled_hour"}),
        ("event-time", {**VIEW, "timestamp_field": ""}),
        ("one-entity", {**VIEW, "join_keys": ["dest"]}),
        ("other-entities", {**VIEW, "join_keys": ["origin", "dest", "carrier"]}),
        ("other-entities", {**VIEW, "join_keys": []}),
        ("key-as-feature", {**VIEW, "features": {**VIEW["features"], "known_at": "UnixTimestamp"}}),
        ("no-ttl", {**VIEW, "ttl_hours": 0.0}),
        ("days", {**VIEW, "ttl_hours": 144.0}),
        ("other-ttl", {**VIEW, "ttl_hours": 3.0}),
        ("missing-feature", {**VIEW, "features": DELAY}),
        ("more-features", {**VIEW, "features": {**VIEW["features"], "carrier": "String"}}),
        ("other-type", {**VIEW, "features": {**DELAY, "route_flights_24h": "Float64"}}),
        ("other-file", {**VIEW, "source": "dest.parquet"}),
        ("other-name", {**VIEW, "name": "route"}),
    ],
    "9.2": [
        ("at-departure", at_departure),
        ("hour-later", hour_later),
        ("actual-departure", at_actual_departure),
        ("actual-departure", before_actual_departure),
        ("at-arrival", at_arrival),
        ("floored", full_hours),
        ("other-moment", half_an_hour),
        ("no-time-zone", naive),
        ("drops-missing", with_tail_numbers),
        ("drops-twins", distinct),
        ("index-as-row", index_as_row),
        ("other-row", from_one),
        ("lacks-column", no_row),
        ("carries-the-answer", everything),
        ("other-keys", sorted_keys),
        ("changes-flights", in_place),
        ("missing-times", misaligned),
        ("more-columns", leak_renamed),
        ("scheduled-hour", at_time_hour),
    ],
    "9.3": [
        ("counts-only", by_count),
        ("lost", never_lost),
        ("doubled", never_doubled),
        ("named-twice", every_copy),
        ("by-position", by_position),
        ("gaps-differ", gaps_differ),
        ("gap-agrees", gaps_as_zero),
        ("gap-agrees", gaps_agree_with_all),
        ("lost-is-other", lost_are_other),
        ("other", no_values),
        ("tolerance", with_tolerance),
        ("gap-agrees", gaps_as_sentinel),
        ("lost", lost_by_range),
        ("stranger", symmetric),
        ("one-copy", first_copy),
    ],
    "9.4": [
        ("last-crossing", last_that_helps),
        ("shorter-than-interval", without_interval),
        ("shorter-than-interval", lambda outages, interval: 0),
        ("unsorted", as_it_comes),
        ("tie-counts", ties_help),
        ("first-harm", first_that_harms),
        ("whole-intervals", whole_intervals),
        ("changes-outages", sorts_in_place),
        ("other-ttl", always_three),
    ],
    "9.5": [
        ("too-old", whatever_comes),
        ("too-old", present),
        ("from-later", from_later),
        ("edge", without_edge),
        ("edge", without_the_moment),
        ("one-ttl", three_hours_for_all),
        ("too-old", hours_of_the_day),
        ("drops-zero", falsy),
        ("zero-for-gap", zeros),
        ("by-position", in_my_order),
        ("drops-features", only_usable),
        ("drops-features", only_answered),
        ("one-ttl", seconds_of_both),
        ("keeps-keys", with_keys),
        ("keeps-list", lists),
    ],
    "9.6": [
        ("always-store", dict.fromkeys("ABCDE", "store")),
        ("never-store", dict.fromkeys("ABCDE", "join")),
        ("case-A", {**WORTH, "A": "store"}),
        ("case-C", {**WORTH, "C": "store"}),
        ("case-D", {**WORTH, "D": "function"}),
        ("no-choice", {**WORTH, "E": "redis"}),
    ],
}
ALTERNATIVES = {
    "9.1": [VIEW, {**VIEW, "join_keys": ["dest", "origin"], "ttl_hours": 6}],
    "9.2": [questions, with_the_old_index, from_records, by_time],
    "9.3": [proof, with_a_loop, with_merge],
    "9.4": [ttl, with_masks, with_cumulative_minimum],
    "9.5": [usable, with_an_index, with_a_table],
    "9.6": [WORTH, dict(reversed(WORTH.items()))],
}
