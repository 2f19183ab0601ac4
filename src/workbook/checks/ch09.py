"""The exercises of chapter 09: a feature view, its history, its TTL and its online values."""

from typing import Any

from workbook.exercise import (
    NOT_ATTEMPTED,
    Answer,
    Exercise,
    Mismatch,
    Verdict,
    mapping,
    number,
    table,
    wrong,
)

# --- 9.1 Define a feature view -------------------------------------------------------------------

ROUTE = {"route_arrival_delay_24h": "Float64", "route_flights_24h": "Int64"}


def check_feature_view(answer: Answer) -> Verdict | None:
    """Look at the view as plain data: whose, from when, for how long, and what."""
    view = answer.value(_view)
    keys, features = list(view["join_keys"]), dict(view["features"])
    if view["timestamp_field"] != "known_at":
        return wrong(
            "event-time",
            (
                f"The source's `timestamp_field` is `{view['timestamp_field']}`. "
                if view["timestamp_field"]
                else "The source has no `timestamp_field`. "
            )
            + "The store hands a row out from that time on, so it has to be the time at which the "
            "row became known.",
        )
    if len(keys) == 1 and keys[0] in ("origin", "dest"):
        return wrong(
            "one-entity",
            f"The view's only entity is `{keys[0]}`, and so all routes with the same {keys[0]} "
            "would overwrite each other. A route is named by two.",
        )
    if set(keys) != {"origin", "dest"}:
        return wrong(
            "other-entities",
            f"The view's join keys are {', '.join(keys) or 'none'}. A row of the table is named "
            "by `origin` and `dest`, and both entities exist already.",
        )
    inside = [name for name in features if name in ("origin", "dest", "known_at")]
    if inside:
        return wrong(
            "key-as-feature",
            f"`{inside[0]}` is among the features. Whose a row is and from when are said by the "
            "entities and the source; the schema lists what a model reads.",
        )
    if found := _wrong_ttl(float(view["ttl_hours"])):
        return found
    missing = [name for name in ROUTE if name not in features]
    if missing:
        return wrong("missing-feature", f"The schema lacks `{missing[0]}`.")
    more = [name for name in features if name not in ROUTE]
    if more:
        return wrong("more-features", f"The schema holds `{more[0]}`, which nobody asked for.")
    for name, dtype in ROUTE.items():
        if features[name] != dtype:
            return wrong(
                "other-type",
                f"`{name}` has the type {features[name]}. It is "
                f"{'a mean with decimals' if dtype == 'Float64' else 'a count'}: {dtype}.",
            )
    if view["source"] != "route.parquet":
        return wrong(
            "other-file",
            f"The source reads `{view['source']}`, and the rows are in `route.parquet`.",
        )
    if view["name"] != "route_delays":
        return wrong(
            "other-name",
            f"The view is called `{view['name']}`. Models ask for it by name: `route_delays`.",
        )
    return None


def _view(value: Any) -> dict[str, Any]:
    wanted = {"name", "join_keys", "ttl_hours", "features", "source", "timestamp_field"}
    if not isinstance(value, dict) or not wanted <= set(value):
        raise Mismatch("a feature view, as `described` shows it")
    return value


def _wrong_ttl(hours: float) -> Verdict | None:
    if hours == 0:
        return wrong(
            "no-ttl",
            "The view has no TTL, so a row counts for ever: a route that was served last in May "
            "would have its delay of May in December.",
        )
    if hours == 6 * 24:
        return wrong(
            "days",
            "The TTL is 6 days: the first argument of `timedelta` counts days. Name the unit.",
        )
    if hours != 6:
        return wrong("other-ttl", f"The TTL is {hours:g} hours. It was to be 6.")
    return None


# --- 9.2 Who, and when ---------------------------------------------------------------------------

KEYS = ("carrier", "origin", "dest", "tailnum")


def check_questions(answer: Answer) -> Verdict | None:
    """Ask about flights with an odd index, one of them twice, one without a tail number."""
    flights = _flights()
    asked = answer.call(flights, returns=table)
    if found := _wrong_rows(flights, asked):
        return found
    asked = asked.sort_values("flight_row")
    if asked["event_timestamp"].isna().any():
        return wrong(
            "missing-times",
            f"{int(asked['event_timestamp'].isna().sum())} of {len(asked)} times are missing. "
            "pandas puts columns together by index: keys with a new index and times with the "
            "index of the flights don't meet. Give both the same.",
        )
    for name in KEYS:
        if list(asked[name].fillna("")) != list(flights[name].fillna("")):
            return wrong(
                "other-keys",
                f"With the row at position `flight_row` of the flights compared, `{name}` is "
                "another one. Keys and position have to be those of one flight.",
            )
    if found := _wrong_moment(flights, asked["event_timestamp"]):
        return found
    if answer.mutates(flights):
        return wrong(
            "changes-flights",
            "Your function changes the table that it is given. Make a new one.",
        )
    return None


def _flights() -> Any:
    import pandas as pd

    scheduled = pd.to_datetime(
        ["2013-07-01 10:00", "2013-07-01 00:20", "2013-07-01 10:00", "2013-06-30 18:45"], utc=True
    )
    return pd.DataFrame(
        {
            "carrier": ["UA", "B6", "UA", "US"],
            "origin": ["EWR", "JFK", "EWR", "LGA"],
            "dest": ["BOS", "SJU", "BOS", "CLT"],
            "tailnum": ["N1", None, "N1", "N2"],
            "scheduled_departure": scheduled.as_unit("us"),
            "actual_departure": (scheduled + pd.Timedelta(minutes=25)).as_unit("us"),
            "scheduled_arrival": (scheduled + pd.Timedelta(minutes=70)).as_unit("us"),
            "actual_arrival": (scheduled + pd.Timedelta(minutes=85)).as_unit("us"),
            "time_hour": scheduled.floor("h").as_unit("us"),
            "dep_delay": 25.0,
            "arr_delay": 15.0,
        },
        index=[7, 3, 9, 5],
    )


def _wrong_rows(flights: Any, asked: Any) -> Verdict | None:
    wanted = [*KEYS, "flight_row", "event_timestamp"]
    missing = [name for name in wanted if name not in asked]
    if missing:
        return wrong("lacks-column", f"Your table lacks the column `{missing[0]}`.")
    labels = [name for name in ("arr_delay", "actual_arrival", "dep_delay") if name in asked]
    if labels:
        return wrong(
            "carries-the-answer",
            f"Your table carries `{labels[0]}` along. Feast returns every column it is given, and "
            "this one says how the flight ended. Ask with keys and a moment only.",
        )
    more = [str(name) for name in asked if name not in wanted]
    if more:
        return wrong(
            "more-columns",
            f"Your table also has the column `{more[0]}`. Feast returns every column it is given, "
            "and it would be trained on: ask with keys, position and moment only.",
        )
    if len(asked) == 3 and "B6" not in set(asked["carrier"]):
        return wrong(
            "drops-missing",
            "The flight without a tail number is gone. It flies all the same, and three of its "
            "four entities are known.",
        )
    if len(asked) == 3:
        return wrong(
            "drops-twins",
            "Two flights with the same keys at the same moment became one. They are two flights, "
            "and the model wants a row for each.",
        )
    if len(asked) != len(flights):
        return wrong("other-count", f"From {len(flights)} flights you made {len(asked)} questions.")
    rows = sorted(float(row) for row in asked["flight_row"])
    if rows == sorted(float(label) for label in flights.index):
        return wrong(
            "index-as-row",
            "`flight_row` is the index of the flights. Asked was the position, counted from 0, "
            "which is there once for each flight whatever the index holds.",
        )
    if rows != [0, 1, 2, 3]:
        return wrong(
            "other-row",
            "`flight_row` has to be the position of the flight in the table: 0, 1, 2, 3 for four "
            f"flights. You have {', '.join(f'{row:g}' for row in rows)}.",
        )
    return None


def _wrong_moment(flights: Any, moments: Any) -> Verdict | None:
    import pandas as pd

    scheduled = flights["scheduled_departure"].reset_index(drop=True)
    moments = moments.reset_index(drop=True)
    if not isinstance(moments.dtype, pd.DatetimeTZDtype):
        return wrong(
            "no-time-zone",
            f"`event_timestamp` has the type {moments.dtype}: times without a time zone. Keep UTC.",
        )
    hour = pd.Timedelta(hours=1)
    if (moments == scheduled - hour).all():
        return None
    misread = (
        (
            scheduled.dt.floor("h"),
            "scheduled-hour",
            "You ask as of `time_hour`, the full hour of the scheduled departure. Flightline "
            "predicts one hour before the scheduled departure itself.",
        ),
        (
            scheduled.dt.floor("h") - hour,
            "floored",
            "You round to the full hour. The store finds the row that was known then by itself; "
            "rounded, the question is older than it has to be.",
        ),
        (
            scheduled,
            "at-departure",
            "You ask as of the scheduled departure. Flightline predicts an hour before, and what "
            "happens in that hour mustn't be in the training data.",
        ),
        (scheduled + hour, "hour-later", "You ask an hour after departure: subtract the hour."),
        (
            flights["actual_departure"].reset_index(drop=True),
            "actual-departure",
            "You ask as of the actual departure, which nobody knows when the prediction is made.",
        ),
        (
            flights["actual_departure"].reset_index(drop=True) - hour,
            "actual-departure",
            "You ask an hour before the actual departure, and nobody knows when that will be.",
        ),
        (
            flights["actual_arrival"].reset_index(drop=True),
            "at-arrival",
            "You ask as of the arrival, when the delay is known already.",
        ),
    )
    for wrong_moments, message_id, message in misread:
        if (moments == wrong_moments).all():
            return wrong(message_id, message)
    return wrong(
        "other-moment",
        f"A flight that is to leave at {scheduled[0]:%H:%M} is asked about at "
        f"{scheduled[0] - hour:%H:%M}. You ask at {moments[0]:%H:%M}.",
    )


# --- 9.3 Equal to the last row -------------------------------------------------------------------


def check_proof(answer: Answer) -> Verdict | None:
    """Try equal tables in another order, gaps, lost, doubled and changed rows, and all at once."""
    import pandas as pd

    nan = float("nan")
    expected = pd.DataFrame(
        {
            "flight_row": [10, 11, 12, 13, 14],
            "delay": [5.0, nan, -3.0, nan, 12.0],
            "last": [1.0, 2.0, 3.0, 4.0, nan],
        }
    )
    shuffled = expected.iloc[[3, 0, 4, 2, 1]][["last", "flight_row", "delay"]]
    shuffled = shuffled.reset_index(drop=True)
    changed = expected.assign(delay=[5.0, nan, -3.5, nan, 12.0])
    nearly = expected.assign(delay=[5.0, nan, -3.0 + 1e-12, nan, 12.0])
    filled = expected.assign(last=[1.0, 2.0, 3.0, 4.0, 0.0])
    sentinel = expected.assign(last=[1.0, 2.0, 3.0, 4.0, -999.0])
    gap = expected.assign(delay=[5.0, nan, nan, nan, 12.0])
    swap = expected.iloc[[0, 1, 1, 3, 4]].reset_index(drop=True)
    stranger = pd.concat([expected, expected.tail(1).assign(flight_row=99)], ignore_index=True)
    second = expected.iloc[[2]].assign(delay=50.0)
    unlike = pd.concat([expected, second], ignore_index=True)
    cases: tuple[tuple[str, Any, tuple[list[int], list[int], list[int]]], ...] = (
        ("in another order", shuffled, ([], [], [])),
        ("with a row lost", expected.drop(index=2), ([12], [], [])),
        ("with a row doubled", expected.iloc[[0, 1, 2, 3, 4, 4]], ([], [14], [])),
        ("with one row lost and one doubled", swap, ([12], [11], [])),
        ("with a row three times", expected.iloc[[2, 0, 1, 2, 3, 4, 2]], ([], [12], [])),
        ("with another value", changed.iloc[::-1], ([], [], [12])),
        ("with 0 where there was a gap", filled, ([], [], [14])),
        ("with -999 where there was a gap", sentinel, ([], [], [14])),
        ("with a gap where there was a value", gap, ([], [], [12])),
        ("with a value that differs by a millionth of a millionth", nearly, ([], [], [12])),
        (
            "with a row lost and another changed",
            changed.assign(last=[9.0, 2.0, 3.0, 4.0, nan]).drop(index=3),
            ([13], [], [10, 12]),
        ),
        ("without any row", expected.head(0), ([10, 11, 12, 13, 14], [], [])),
        ("with flight 99, about which nobody asked", stranger, ([], [], [])),
        ("with a row doubled, the second copy with another value", unlike, ([], [12], [12])),
        (
            "with a row doubled, the first copy with another value",
            unlike.iloc[::-1],
            ([], [12], [12]),
        ),
    )
    for case, retrieved, right in cases:
        said = answer.call(expected, retrieved, returns=_faults)
        if found := _wrong_faults(case, said, right):
            return found
    if answer.mutates(expected, shuffled):
        return wrong("changes-tables", "Your function changes a table that it is given.")
    return None


def _faults(value: Any) -> dict[str, list[int]]:
    kinds = ("lost", "doubled", "other")
    if not isinstance(value, dict) or set(value) != set(kinds):
        raise Mismatch('a dictionary with the keys `"lost"`, `"doubled"` and `"other"`')
    if any(isinstance(rows, str | int | float) or rows is None for rows in value.values()):
        raise Mismatch("a dictionary of lists")
    return {kind: [int(row) for row in value[kind]] for kind in kinds}


def _wrong_faults(
    case: str, said: dict[str, list[int]], right: tuple[list[int], list[int], list[int]]
) -> Verdict | None:
    lost, doubled, other = right
    told = f"Retrieved {case}. "
    if "nobody asked" in case and any(99 in rows for rows in said.values()):
        return wrong(
            "stranger",
            f"{told}You name it. It is in `retrieved` only, and none of the three lists is for it.",
        )
    if set(said["lost"]) != set(lost):
        if doubled and not said["lost"]:
            return wrong(
                "counts-only",
                f"{told}You find nothing lost. The number of rows can be right and a flight be "
                "missing: look at which ones are there.",
            )
        return wrong(
            "lost", f"{told}The flights {lost} are lost, and you say {sorted(said['lost'])}."
        )
    if len(said["doubled"]) != len(set(said["doubled"])):
        return wrong("named-twice", f"{told}Name each flight once. You say {said['doubled']}.")
    if set(said["doubled"]) != set(doubled):
        return wrong(
            "doubled",
            f"{told}The flights {doubled} are there more than once, and you say "
            f"{sorted(said['doubled'])}.",
        )
    if set(said["other"]) == set(other):
        if len(said["other"]) != len(other) or len(said["lost"]) != len(lost):
            return wrong("named-twice", f"{told}Name each flight once.")
        return None
    if case == "in another order":
        if set(said["other"]) <= {11, 13, 14}:
            return _gaps(told)
        return wrong(
            "by-position",
            f"{told}Every flight has its values, and you say that {sorted(said['other'])} differ. "
            "The store returns rows and columns in any order: match them by `flight_row` and name.",
        )
    gone = [row for row in said["other"] if row in lost]
    if gone:
        return wrong(
            "lost-is-other",
            f"{told}You count flight {gone[0]} as one with another value. It is lost, and so it "
            "has none.",
        )
    more = sorted(set(said["other"]) - set(other))
    if more and set(more) <= {11, 13, 14}:
        return _gaps(told)
    if "millionth" in case:
        return wrong(
            "tolerance",
            f"{told}You let it pass. Another value is another value, however near: the claim is "
            "equality to the last bit.",
        )
    if "copy" in case:
        return wrong(
            "one-copy",
            f"{told}You see no difference. Compare every copy: nobody knows which one training "
            "takes.",
        )
    if "gap" in case:
        return wrong(
            "gap-agrees",
            f"{told}You see no difference. A model does: missing on one side only is a difference.",
        )
    return wrong(
        "other", f"{told}The values of {other} differ, and you say {sorted(said['other'])}."
    )


def _gaps(told: str) -> Verdict:
    return wrong(
        "gaps-differ",
        f"{told}You count flights as different where both sides have a gap. `nan` is not equal to "
        "itself; missing on both sides is agreement.",
    )


# --- 9.4 Choose a TTL ----------------------------------------------------------------------------

# What is measured: hours -> (stale, missing); the hours between two rows; the TTL.
OUTAGES: tuple[tuple[str, dict[int, tuple[float, float]], int, int], ...] = (
    (
        "The old value helps up to 4 hours, harms at 6, and helps again at 24",
        {0: (0.77, 0.65), 2: (0.74, 0.65), 4: (0.68, 0.65), 6: (0.62, 0.65), 24: (0.70, 0.65)},
        1,
        4,
    ),
    (
        "The same, and the rows aren't sorted by hours",
        {24: (0.70, 0.65), 4: (0.68, 0.65), 0: (0.77, 0.65), 6: (0.62, 0.65), 2: (0.74, 0.65)},
        1,
        4,
    ),
    ("At 3 hours both are equal", {1: (0.70, 0.60), 3: (0.60, 0.60), 5: (0.55, 0.60)}, 1, 1),
    (
        "The old value helps up to 5 hours and harms at 6",
        {0: (0.77, 0.65), 3: (0.70, 0.65), 5: (0.66, 0.65), 6: (0.62, 0.65)},
        3,
        5,
    ),
    (
        "The old value harms from 2 hours on",
        {0: (0.70, 0.68), 1: (0.69, 0.68), 2: (0.66, 0.68), 6: (0.60, 0.68)},
        6,
        6,
    ),
    ("It helps at every age that was measured", {0: (0.9, 0.5), 8: (0.8, 0.5)}, 2, 8),
    ("It never helps", {0: (0.60, 0.61), 3: (0.55, 0.61)}, 1, 1),
)


def check_ttl(answer: Answer) -> Verdict | None:
    """Try scores that cross, cross back, tie, never cross, and a slow job."""
    import pandas as pd

    for case, measured, interval, right in OUTAGES:
        outages = pd.DataFrame(
            [
                {"hours": hours, "stale": stale, "missing": missing}
                for hours, (stale, missing) in measured.items()
            ],
            index=[10 * at + 3 for at in range(len(measured))],
        )
        said = answer.call(outages, interval, returns=number)
        if said == right:
            continue
        told = f"{case}; a new row comes every {interval} h. You choose {said:g} h. "
        better = [hours for hours, (stale, missing) in measured.items() if stale > missing]
        if said < interval:
            return wrong(
                "shorter-than-interval",
                f"{told}The value would expire before the next one comes, on a day on which "
                "nothing is wrong.",
            )
        if better and said == max(better) and said > right:
            return wrong(
                "last-crossing",
                f"{told}Between there are ages at which the value does harm, and a TTL can't leave "
                "them out: it ends before the first of them.",
            )
        if measured.get(int(said), (1.0, 0.0))[0] == measured.get(int(said), (1.0, 0.0))[1]:
            return wrong(
                "tie-counts",
                f"{told}At that age the old value is no better than none. It counts only where it "
                "helps.",
            )
        if said in measured and measured[int(said)][0] < measured[int(said)][1]:
            return wrong(
                "first-harm",
                f"{told}That is an age at which the old value does harm. Choose the last one "
                "before it.",
            )
        if interval > 1 and said == right // interval * interval:
            return wrong(
                "whole-intervals",
                f"{told}The TTL needn't be a multiple of the interval: a value of {right} h still "
                "helps.",
            )
        if "sorted" in case:
            return wrong(
                "unsorted",
                f"{told}With the rows sorted your answer was right. Sort them, or don't go by "
                "their order.",
            )
        return wrong("other-ttl", f"{told}The longest age up to which it helps is {right} h.")
    if answer.mutates(outages.iloc[::-1], interval):
        return wrong("changes-outages", "Your function changes the table that it is given.")
    return None


# --- 9.5 Serve it and keep parity ----------------------------------------------------------------


def check_usable(answer: Answer) -> Verdict | None:
    """Answer with fresh, old, later and missing values, in an order of the server's own."""
    import pandas as pd

    moment = pd.Timestamp("2013-09-12 17:30", tz="UTC")
    ttl = {"origin_delay": 3, "dest_delay": 3, "aircraft_delay": 24, "carrier_delay": 3}
    first = (
        ("dest_delay", -4.5, "PRESENT", "2013-09-12T17:00:00Z"),
        ("carrier", "UA", "PRESENT", "1970-01-01T00:00:00Z"),
        ("aircraft_delay", 12.0, "PRESENT", "2013-09-12T03:10:00Z"),
        ("carrier_delay", 0.0, "PRESENT", "2013-09-12T17:00:00Z"),
        ("origin_delay", 7.25, "PRESENT", "2013-09-12T14:30:00Z"),
    )
    second = (
        ("carrier_delay", 8.0, "PRESENT", "2013-09-12T14:29:59Z"),
        ("origin_delay", None, "NULL_VALUE", "2013-09-12T17:00:00Z"),
        ("carrier", "US", "PRESENT", "1970-01-01T00:00:00Z"),
        ("aircraft_delay", None, "NOT_FOUND", "1970-01-01T00:00:00Z"),
        ("dest_delay", 3.0, "PRESENT", "2013-09-12T17:30:00Z"),
    )
    third = (
        ("origin_delay", 40.0, "PRESENT", "2013-09-12T18:00:00Z"),
        ("aircraft_delay", 9.0, "PRESENT", "2013-09-11T17:20:00Z"),
        ("dest_delay", 6.0, "PRESENT", "2013-09-10T17:00:00Z"),
        ("carrier_delay", 2.0, "PRESENT", "2013-09-12T16:00:00Z"),
    )
    rights: tuple[dict[str, float | None], ...] = (
        {"origin_delay": 7.25, "dest_delay": -4.5, "aircraft_delay": 12.0, "carrier_delay": 0.0},
        {"origin_delay": None, "dest_delay": 3.0, "aircraft_delay": None, "carrier_delay": None},
        {"origin_delay": None, "dest_delay": None, "aircraft_delay": None, "carrier_delay": 2.0},
    )
    # The last answer lacks carrier_delay altogether: the model's row has it all the same.
    rows_of = (first, second, third, third[:3])
    rights = (*rights, {**rights[2], "carrier_delay": None})
    for rows, right in zip(rows_of, rights, strict=True):
        said = answer.call(_answer(rows), moment, ttl, returns=mapping)
        if found := _wrong_values(rows, said, right, ttl):
            return found
    return None


def _answer(rows: tuple[tuple[str, Any, str, str], ...]) -> dict[str, Any]:
    return {
        "metadata": {"feature_names": [name for name, *_ in rows]},
        "results": [
            {"values": [value], "statuses": [status], "event_timestamps": [since]}
            for _, value, status, since in rows
        ],
    }


def _wrong_values(
    rows: tuple[tuple[str, Any, str, str], ...],
    said: dict[Any, Any],
    right: dict[str, float | None],
    ttl: dict[str, int],
) -> Verdict | None:
    if "carrier" in said:
        return wrong(
            "keeps-keys",
            "Your row holds `carrier`, a join key that the server repeats. The model wants the "
            "features: the names in `ttl_hours`.",
        )
    missing = [name for name in right if name not in said]
    if missing:
        return wrong(
            "drops-features",
            f"`{missing[0]}` is gone from your row. A model wants all of its columns; what isn't "
            "usable is `None` in it.",
        )
    served = {name: (value, since) for name, value, _, since in rows}
    for name, value in right.items():
        found = None if said[name] is None or said[name] != said[name] else said[name]
        # A gap may be None or nan: the model reads both as missing.
        if found == value and isinstance(found, float | int | type(None)):
            continue
        answered, since = served.get(name, (None, "never"))
        told = f"At 17:30 the server answers {answered} for `{name}`, known since {since[:16]}. "
        if isinstance(found, list | tuple):
            return wrong(
                "keeps-list", f"{told}You hand on a list. One flight was asked: take its value."
            )
        if value is None and found == 0:
            return wrong("zero-for-gap", f"{told}You write 0, which says on time. Say `None`.")
        if value is None and since > "2013-09-12T17:30":
            return wrong(
                "from-later",
                f"{told}That is after the moment of prediction: in training, no flight saw a value "
                "from later.",
            )
        if value is None and found == answered:
            return wrong(
                "too-old",
                f"{told}Its TTL is {ttl[name]} h, and the offline store would have left it out. "
                "The status `PRESENT` says that there is a value, not that it is fresh.",
            )
        if found is None and answered == 0:
            return wrong("drops-zero", f"{told}A delay of 0 minutes is a value. Keep it.")
        if found is None and since in ("2013-09-12T14:30:00Z", "2013-09-12T17:30:00Z"):
            return wrong(
                "edge",
                f"{told}You leave it out. A value known at the very moment counts, and so does one "
                "that is exactly as old as its TTL: that is how the offline store has it.",
            )
        if found is None:
            return wrong(
                "one-ttl",
                f"{told}You leave it out, and its TTL is {ttl[name]} h. Compare the whole age with "
                "each feature's own TTL; `.seconds` of a difference is only a part of it.",
            )
        return wrong(
            "by-position",
            f"{told}You say {found}. The server orders the features as it likes: go by "
            '`answer["metadata"]["feature_names"]`.',
        )
    return None


# --- 9.6 When is it not worth it? ----------------------------------------------------------------

WORTH = {"A": "join", "B": "store", "C": "function", "D": "join", "E": "store"}
SAID = {
    "A": "One model and a nightly batch: history and today come from the same table, and nobody "
    "waits for a value.",
    "B": "A shared function isn't enough: the last hour's flights have to be collected from the "
    "feed and kept for a lookup within 20 ms, and both teams would do it.",
    "C": "Everything comes with the request. There is nothing to look up, and one function that "
    "both sides call keeps parity.",
    "D": "Nothing is served, so no value has to lie ready.",
    "E": "Thousands of values that change by the minute are read in 20 ms, and training needs them "
    "as they were.",
}


def check_worth(answer: Answer) -> Verdict | None:
    """Compare the five choices, and say for the first wrong one what it overlooks."""
    said = answer.value(_choices)
    if found := _unanswered(said):
        return found
    if all(choice == "store" for choice in said.values()):
        return wrong(
            "always-store",
            "You would run a feature store for all five. Each needs jobs, a server and somebody "
            "who is woken when they stop; ask what would go wrong without it.",
        )
    if "store" not in said.values():
        return wrong(
            "never-store",
            "You would never run one. Look for values that are looked up in milliseconds and that "
            "more than one model, or training as well, needs in the same form.",
        )
    for case, right in WORTH.items():
        if said[case] != right:
            return wrong(f"case-{case}", f"Not for {case}. {SAID[case]}")
    return None


def _choices(value: Any) -> dict[str, Any]:
    found = mapping(value)
    if set(found) != set(WORTH):
        missing = [case for case in WORTH if case not in found]
        lack = f"; yours lacks {', '.join(missing)}" if missing else "; yours has others too"
        raise Mismatch(f"a dictionary with the keys `A` to `E` ({lack[2:]})")
    return found


def _unanswered(said: dict[str, Any]) -> Verdict | None:
    if all(choice is ... for choice in said.values()):
        return NOT_ATTEMPTED
    for case, choice in said.items():
        if choice not in ("store", "function", "join"):
            shown = "still `...`" if choice is ... else f"`{choice}`"
            return wrong(
                "no-choice",
                f'{case} is {shown}. Choose one of `"store"`, `"function"` and `"join"`.',
            )
    return None


EXERCISES = (
    Exercise(
        "9.1",
        "Define a feature view",
        check_feature_view,
        hints=(
            "Write it like `carrier_delays` above: a name, the entities, a TTL, a schema and a "
            "source. The schema is a list of `Field(...)`, as `delays` makes them, the source a "
            "`FileSource(...)`, as `rows` makes it; the path is the name of the file.",
            "The table has two columns of time. From which of them on may a model see the row?",
            "A route isn't an entity of its own here: `entities` takes a list. "
            "And `timedelta` wants the unit named.",
        ),
        why="The source names the column of time from which a row counts: `known_at`, not the "
        "hour for which the flights were scheduled. Two entities together name a route. The schema "
        "holds what models read and nothing else, and the TTL bounds how old it may be.",
    ),
    Exercise(
        "9.2",
        "Who, and when",
        check_questions,
        hints=(
            "Start from the four columns of keys, `flights[[...]]`, and add two.",
            "Feast looks for `event_timestamp`: the moment as of which you ask. When does "
            "Flightline predict?",
            "Positions are `range(len(flights))`, and they are new numbers: the index may be "
            "anything. `.assign(...)` adds columns to a copy.",
        ),
        why="Each flight is one question: four keys and the moment at which it would have been "
        "asked. The position goes along, because the answers come back in another order, and two "
        "flights may ask the same. Delays of the flight itself stay out.",
    ),
    Exercise(
        "9.3",
        "Equal to the last row",
        check_proof,
        hints=(
            "Do one thing after the other: which flights are missing, which are there more than "
            "once, and of the rest, whose values differ?",
            "`set` arithmetic finds what is missing, `.duplicated()` what is doubled. With "
            '`.set_index("flight_row")` both tables can be brought into one order.',
            "`nan` isn't equal to itself, so ask about gaps with `.isna()` on both sides. And both "
            "tables need the same rows and the same order of columns before they are compared.",
        ),
        why="The number of rows isn't a proof: one lost and one doubled row cancel out. Rows are "
        "matched by `flight_row`, columns by name, and a gap on both sides is agreement while a "
        "gap on one side isn't.",
    ),
    Exercise(
        "9.4",
        "Choose a TTL",
        check_ttl,
        hints=(
            "Sort by hours and walk down. When do you stop?",
            "A TTL is one border. If the value harms at 9 hours and helps at 24, it can't let "
            "through the 24 and hold back the 9.",
            "Whatever the scores say, the value has to last until the next one comes. Which of the "
            "two numbers wins?",
        ),
        why="A value counts up to the first age at which having it is no better than having none. "
        "That it helps again at 24 hours is of no use: a TTL is one border. "
        "And a TTL below the interval would expire values on a day on which everything works.",
    ),
    Exercise(
        "9.5",
        "Serve it and keep parity",
        check_usable,
        hints=(
            'Names and results lie side by side: `zip(answer["metadata"]["feature_names"], '
            'answer["results"])`.',
            'The time of a value is `pd.Timestamp(result["event_timestamps"][0])`. What may the '
            "difference to `moment` be, at least and at most?",
            "Go through `ttl_hours`, so that the join keys stay out and no feature is forgotten.",
        ),
        why="The online store holds the last value that anybody wrote, however old. The row is the "
        "one that training would have seen only if the same rules apply to it: nothing from after "
        "the moment, nothing older than its own TTL, and a gap where there is nothing.",
    ),
    Exercise(
        "9.6",
        "When is it not worth it?",
        check_worth,
        hints=(
            "Ask three things of each case: must a value be looked up within milliseconds? Does "
            "anybody else need it? Does it need history at all?",
            "What comes with the request doesn't have to be stored. What is computed in a batch "
            "can be joined in the batch.",
        ),
        why="A feature store pays where values computed elsewhere are read in milliseconds and "
        "shared, by training and serving or by several models. For a batch the as-of join of "
        "chapter 08 is enough, and for what comes with the request one function is.",
    ),
)
