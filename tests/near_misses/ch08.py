"""Chapter 08."""

import numpy as np
import pandas as pd

MINUTE = pd.Timedelta(minutes=1)


# 8.1
def share_left(flights, minutes):
    moment = flights["scheduled_departure"] - minutes * MINUTE
    return (flights["actual_departure"] < moment).mean()


def counts_the_minute(flights, minutes):
    moment = flights["scheduled_departure"] - minutes * MINUTE
    return (flights["actual_departure"] <= moment).mean()


def of_those_that_flew(flights, minutes):
    return share_left(flights.dropna(subset=["actual_departure"]), minutes)


def of_those_that_flew_and_the_minute(flights, minutes):
    return counts_the_minute(flights.dropna(subset=["dep_delay"]), minutes)


def at_departure(flights, minutes):
    return (flights["actual_departure"] < flights["scheduled_departure"]).mean()


def minutes_after(flights, minutes):
    moment = flights["scheduled_departure"] + minutes * MINUTE
    return (flights["actual_departure"] < moment).mean()


def late_by_delay(flights, minutes):
    return (flights["dep_delay"] <= minutes).mean()


def gone_unless_later(flights, minutes):
    moment = flights["scheduled_departure"] - minutes * MINUTE
    return 1 - (flights["actual_departure"] >= moment).mean()


def gone_unless_after(flights, minutes):
    moment = flights["scheduled_departure"] - minutes * MINUTE
    return 1 - (flights["actual_departure"] > moment).mean()


def not_left(flights, minutes):
    return 1 - share_left(flights, minutes)


def has_landed(flights, minutes):
    moment = flights["scheduled_departure"] - minutes * MINUTE
    return (flights["actual_arrival"] < moment).mean()


def by_delay(flights, minutes):
    return (flights["dep_delay"] < -minutes).sum() / len(flights)


def with_a_loop(flights, minutes):
    left = 0
    for flight in flights.itertuples():
        early = flight.scheduled_departure - flight.actual_departure
        left += not pd.isna(early) and early / MINUTE > minutes
    return left / len(flights)


# 8.2
LEFT = ["dep_time", "dep_delay", "actual_departure"]
LANDED = ["arr_time", "arr_delay", "air_time", "actual_arrival"]


def split_by(history, left, landed):
    known = history.copy()
    known[LEFT] = history[LEFT].where(left)
    known[LANDED] = history[LANDED].where(landed)
    return known


def drops_rows(history, moment):
    return history[history["actual_arrival"] < moment]


def by_departure_only(history, moment):
    left = history["actual_departure"] < moment
    return split_by(history, left, left)


def waits_for_landing(history, moment):
    landed = history["actual_arrival"] < moment
    return split_by(history, landed, landed)


def the_minute_counts(history, moment):
    return split_by(
        history, history["actual_departure"] <= moment, history["actual_arrival"] <= moment
    )


def as_scheduled(history, moment):
    return split_by(
        history, history["scheduled_departure"] < moment, history["scheduled_arrival"] < moment
    )


def forgets_air_time(history, moment):
    known = as_known(history, moment)
    return known.assign(air_time=history["air_time"])


def forgets_the_clock(history, moment):
    return as_known(history, moment).assign(dep_time=history["dep_time"])


def only_delays(history, moment):
    left, landed = history["actual_departure"] < moment, history["actual_arrival"] < moment
    return history.assign(
        dep_delay=history["dep_delay"].where(left), arr_delay=history["arr_delay"].where(landed)
    )


def whole_rows(history, moment):
    return history.where(history["actual_arrival"] < moment)


def drops_the_columns(history, moment):
    return history.drop(columns=[*LEFT, *LANDED])


def new_index(history, moment):
    return as_known(history, moment).reset_index(drop=True)


def in_place(history, moment):
    left, landed = history["actual_departure"] < moment, history["actual_arrival"] < moment
    history[LEFT] = history[LEFT].where(left)
    history[LANDED] = history[LANDED].where(landed)
    return history


def zeros(history, moment):
    known = as_known(history, moment)
    return known.fillna({"dep_delay": 0.0, "arr_delay": 0.0})


def always_noon(history, moment):
    return as_known(history, pd.Timestamp("2013-05-01 12:00", tz="UTC"))


def as_known(history, moment):
    return split_by(
        history, history["actual_departure"] < moment, history["actual_arrival"] < moment
    )


def deletes_what_is_later(history, moment):
    known = history.copy()
    known.loc[known["actual_departure"] >= moment, LEFT] = None
    known.loc[known["actual_arrival"] >= moment, LANDED] = None
    return known


def zeros_for_departure(history, moment):
    return as_known(history, moment).fillna({"dep_delay": 0.0})


def with_loc(history, moment):
    known = history.copy()
    known.loc[~(known["actual_departure"] < moment), LEFT] = None
    known.loc[~(known["actual_arrival"] < moment), LANDED] = None
    return known


def column_by_column(history, moment):
    events = dict.fromkeys(LEFT, "actual_departure") | dict.fromkeys(LANDED, "actual_arrival")
    columns = {
        name: history[name].mask(~(history[events[name]] < moment)) if name in events else values
        for name, values in history.items()
    }
    return pd.DataFrame(columns)


# 8.3
def joined(asked, arrivals, on="actual_arrival", **how):
    order = asked.reset_index().sort_values("prediction_time")
    found = pd.merge_asof(
        order,
        arrivals.sort_values(on),
        left_on="prediction_time",
        right_on=on,
        by="tailnum",
        **how,
    )
    return found.set_index("index")["arr_delay"].reindex(asked.index)


def strictly(asked, arrivals):
    known = arrivals.dropna(subset=["tailnum"])
    return joined(asked, known, allow_exact_matches=False)


def by_default(asked, arrivals):
    return joined(asked, arrivals.dropna(subset=["tailnum"]))


def unknown_are_one(asked, arrivals):
    named = {"tailnum": "?"}
    return joined(asked.fillna(named), arrivals.fillna(named), allow_exact_matches=False)


def when_due(asked, arrivals):
    known = arrivals.dropna(subset=["tailnum"])
    return joined(asked, known, on="scheduled_arrival", allow_exact_matches=False)


def nearest(asked, arrivals):
    known = arrivals.dropna(subset=["tailnum"])
    return joined(asked, known, allow_exact_matches=False, direction="nearest")


def last_of_the_table(asked, arrivals):
    last = arrivals.sort_values("actual_arrival").groupby("tailnum")["arr_delay"].last()
    return asked["tailnum"].map(last)


def in_order_of_time(asked, arrivals):
    order = asked.sort_values("prediction_time", kind="stable")
    return strictly(asked, arrivals)[order.index].to_numpy()


def sorted_by_the_join(asked, arrivals):
    known = arrivals.dropna(subset=["tailnum"]).sort_values("actual_arrival")
    return pd.merge_asof(
        asked.sort_values("prediction_time"),
        known,
        left_on="prediction_time",
        right_on="actual_arrival",
        by="tailnum",
        allow_exact_matches=False,
    )["arr_delay"].tolist()


def of_any(asked, arrivals):
    ordered = arrivals.sort_values("actual_arrival")
    at = ordered["actual_arrival"].searchsorted(asked["prediction_time"]) - 1
    return pd.Series(ordered["arr_delay"].to_numpy()[at], index=asked.index).where(at >= 0)


def only_found(asked, arrivals):
    return strictly(asked, arrivals).dropna()


def zero_where_unknown(asked, arrivals):
    return strictly(asked, arrivals).fillna(0)


def row_by_row(asked, arrivals):
    answers = []
    for question in asked.itertuples():
        mine = arrivals[arrivals["tailnum"] == question.tailnum]
        mine = mine[mine["actual_arrival"] < question.prediction_time]
        answers.append(mine.sort_values("actual_arrival")["arr_delay"].iloc[-1:].sum(min_count=1))
    return answers


def a_minute_later(asked, arrivals):
    known = arrivals.dropna(subset=["tailnum"])
    known = known.assign(known_at=known["actual_arrival"] + MINUTE)
    return joined(asked, known, on="known_at").to_numpy()


# 8.4
def window(arrivals, moment, hours, inclusive="left", by="actual_arrival"):
    start = moment - pd.Timedelta(hours=hours)
    return arrivals.loc[arrivals[by].between(start, moment, inclusive=inclusive), "arr_delay"]


def whole_past(arrivals, moment, hours):
    return arrivals.loc[arrivals["actual_arrival"] < moment, "arr_delay"].mean()


def no_end(arrivals, moment, hours):
    start = moment - pd.Timedelta(hours=hours)
    return arrivals.loc[arrivals["actual_arrival"] >= start, "arr_delay"].mean()


def zero_for_none(arrivals, moment, hours):
    delays = window(arrivals, moment, hours)
    return delays.mean() if len(delays) else 0


def without_ties(arrivals, moment, hours):
    return window(arrivals.drop_duplicates("actual_arrival"), moment, hours).mean()


def by_rolling(arrivals, moment, hours):
    ordered = arrivals.set_index("actual_arrival").sort_index()["arr_delay"]
    ordered = ordered[ordered.index <= moment]
    return ordered.rolling(f"{hours}h").mean().iloc[-1]


def with_rolling(arrivals, moment, hours):
    asked = pd.Series([np.nan], index=pd.DatetimeIndex([moment]))
    delays = arrivals.set_index("actual_arrival")["arr_delay"].sort_index()
    both = pd.concat([delays[delays.index < moment], asked])
    return both.rolling(f"{hours}h", closed="left").mean().iloc[-1]


def with_plain_python(arrivals, moment, hours):
    pairs = zip(arrivals["actual_arrival"], arrivals["arr_delay"], strict=True)
    ages = [((moment - landed) / pd.Timedelta(hours=1), delay) for landed, delay in pairs]
    delays = [delay for age, delay in ages if 0 < age <= hours]
    return sum(delays) / len(delays) if delays else None


# 8.5
def differing(training, serving, tolerance=1e-6, missing_agrees=True):
    serving = serving.reindex(training.index)
    shares = {}
    for name in training.columns.union(serving.columns):
        if name not in training or name not in serving:
            shares[name] = 1.0
            continue
        one, other = training[name], serving[name]
        if pd.api.types.is_numeric_dtype(one) and pd.api.types.is_numeric_dtype(other):
            same = (one - other).abs() <= tolerance
        else:
            same = one == other
        if missing_agrees:
            same |= one.isna() & other.isna()
        shares[name] = 1 - same.mean()
    return {name: share for name, share in shares.items() if share > 0}


def by_position(training, serving):
    return differing(training, serving.set_axis(training.index))


def nan_differs(training, serving):
    return differing(training, serving, missing_agrees=False)


def every_column(training, serving):
    return dict.fromkeys(training.columns, 0.0) | differing(training, serving)


def every_other_column(training, serving):
    found = differing(training, serving)
    return dict.fromkeys(training.columns, 0.0) | found if found else found


def exact(training, serving):
    return differing(training, serving, tolerance=0)


def generous(training, serving):
    return differing(training, serving, tolerance=1)


def text_nan_differs(training, serving):
    serving = serving.reindex(training.index)
    found = differing(training, serving)
    for name in ("carrier", "gate"):
        if name in serving and (share := (training[name] != serving[name]).mean()):
            found[name] = share
    return found


def by_share_of_the_number(training, serving):
    serving = serving.reindex(training.index)
    found = differing(training, serving)
    for name in training.columns.intersection(serving.columns):
        if pd.api.types.is_numeric_dtype(training[name]):
            near = np.isclose(training[name], serving[name], equal_nan=True)
            found = {n: s for n, s in found.items() if n != name}
            found |= {name: 1 - near.mean()} if not near.all() else {}
    return found


def by_size(training, serving):
    serving = serving.reindex(training.index)
    found = {}
    for name in training.columns.intersection(serving.columns):
        if pd.api.types.is_numeric_dtype(training[name]):
            share = ((training[name] - serving[name]).abs() > 1e-6).mean()
            if share:
                found[name] = share
    return found


def numbers_only(training, serving):
    found = differing(training, serving)
    return {n: s for n, s in found.items() if n not in ("carrier", "gate")}


def without_gates(training, serving):
    return {n: s for n, s in differing(training, serving).items() if n != "gate"}


def without_carriers(training, serving):
    return {n: s for n, s in differing(training, serving).items() if n != "carrier"}


def common_columns(training, serving):
    found = differing(training, serving)
    return {n: s for n, s in found.items() if n in training and n in serving}


def trained_columns(training, serving):
    return {n: s for n, s in differing(training, serving).items() if n in training}


def first_difference(training, serving):
    return dict(list(differing(training, serving).items())[:1])


def per_cent(training, serving):
    return {name: 100 * share for name, share in differing(training, serving).items()}


def rows(training, serving):
    found = differing(training, serving)
    return {name: share * len(training) for name, share in found.items()}


def always_all(training, serving):
    found = differing(training, serving)
    return dict.fromkeys([*training.columns, "humid"], 1.0) if found else {}


def with_compare(training, serving):
    """Let pandas compare rounded values: missing on both sides agrees there."""
    serving = serving.loc[training.index]
    odd = training.columns.symmetric_difference(serving.columns)
    common = training.columns.intersection(serving.columns)
    differences = training[common].round(5).compare(serving[common].round(5), keep_shape=True)
    found = dict.fromkeys(odd, 1.0)
    for name in common:
        share = differences[name].notna().any(axis=1).mean()
        if share:
            found[name] = share
    return found


def with_dictionaries(training, serving):
    found = {}
    for name in {*training, *serving}:
        if name not in training or name not in serving:
            found[name] = 1.0
            continue
        wrong = 0
        for case, value in training[name].items():
            other = serving.loc[case, name]
            if pd.isna(value) or pd.isna(other):
                wrong += not (pd.isna(value) and pd.isna(other))
            elif isinstance(value, str):
                wrong += value != other
            else:
                wrong += abs(value - other) > 1e-6
        if wrong:
            found[name] = wrong / len(training)
    return found


TOLD = {"A": "deletion", "B": "parity", "C": "none", "D": "deletion", "E": "parity"}

NEAR_MISSES = {
    "8.1": [
        ("minute-counts", counts_the_minute),
        ("drops-cancelled", of_those_that_flew),
        ("drops-cancelled", of_those_that_flew_and_the_minute),
        ("counts-cancelled", gone_unless_later),
        ("counts-cancelled", gone_unless_after),
        ("rounded", lambda flights, minutes: round(share_left(flights, minutes), 2)),
        ("ignores-minutes", at_departure),
        ("after-departure", minutes_after),
        ("still-there", not_left),
        ("by-arrival", has_landed),
        ("count", lambda flights, minutes: share_left(flights, minutes) * len(flights)),
        ("percent", lambda flights, minutes: 100 * share_left(flights, minutes)),
        ("other-share", lambda flights, minutes: 0.545),
        ("minute-counts", late_by_delay),
        ("wrong-type", lambda flights, minutes: "half"),
    ],
    "8.2": [
        ("drops-rows", drops_rows),
        ("keeps-arrival", by_departure_only),
        ("forgets-known", waits_for_landing),
        ("minute-counts", the_minute_counts),
        ("by-schedule", as_scheduled),
        ("keeps-arrival", forgets_air_time),
        ("keeps-departure", forgets_the_clock),
        ("keeps-arrival", only_delays),
        ("deletes-timetable", whole_rows),
        ("drops-columns", drops_the_columns),
        ("other-index", new_index),
        ("changes-history", in_place),
        ("zero-for-missing", zeros),
        ("zero-for-missing", zeros_for_departure),
        ("missing-time", deletes_what_is_later),
        ("other-moment", always_noon),
        ("keeps-arrival", lambda history, moment: history),
        ("wrong-type", lambda history, moment: history["actual_arrival"] < moment),
    ],
    "8.3": [
        ("minute-counts", by_default),
        ("shared-unknown", unknown_are_one),
        ("by-schedule", when_due),
        ("looks-ahead", nearest),
        ("looks-ahead", last_of_the_table),
        ("reorders", in_order_of_time),
        ("reorders", sorted_by_the_join),
        ("any-aircraft", of_any),
        ("one-per-row", only_found),
        ("other-delay", zero_where_unknown),
        ("not-numbers", lambda asked, arrivals: ["late"] * len(asked)),
        ("wrong-type", lambda asked, arrivals: asked),
    ],
    "8.4": [
        ("wrong-edges", lambda a, m, h: window(a, m, h, "right").mean()),
        ("wrong-edges", by_rolling),
        ("end-counts", lambda a, m, h: window(a, m, h, "both").mean()),
        ("start-left-out", lambda a, m, h: window(a, m, h, "neither").mean()),
        ("whole-past", whole_past),
        ("no-end", no_end),
        ("by-schedule", lambda a, m, h: window(a, m, h, by="scheduled_arrival").mean()),
        ("loses-ties", without_ties),
        ("median", lambda a, m, h: window(a, m, h).median()),
        ("not-missing", zero_for_none),
        ("ignores-hours", lambda a, m, h: window(a, m, 1).mean()),
        ("rounded", lambda a, m, h: round(window(a, m, h).mean(), 1)),
        ("other-mean", lambda a, m, h: 20.0),
        ("wrong-type", lambda a, m, h: window(a, m, h)),
    ],
    "8.5": [
        ("by-position", by_position),
        ("nan-differs", nan_differs),
        ("nan-differs", text_nan_differs),
        ("too-tolerant", by_share_of_the_number),
        ("too-tolerant", lambda training, serving: differing(training, serving, tolerance=0.01)),
        ("lists-equal", every_column),
        ("lists-equal", every_other_column),
        ("rounding", exact),
        ("small-unseen", generous),
        ("gap-unseen", by_size),
        ("gap-unseen", without_gates),
        ("text-unseen", without_carriers),
        ("gap-unseen", numbers_only),
        ("column-unseen", common_columns),
        ("extra-unseen", trained_columns),
        ("first-only", first_difference),
        ("percent", per_cent),
        ("count", rows),
        ("too-many", always_all),
        ("unit-unseen", lambda training, serving: {}),
        ("wrong-type", lambda training, serving: list(differing(training, serving))),
        ("not-numbers", lambda t, s: dict.fromkeys(differing(t, s), "differs")),
    ],
    "8.6": [
        ("score-looks-good", TOLD | {"A": "score"}),
        ("parity-sees-two-sides", TOLD | {"A": "parity"}),
        ("nothing-from-the-future", TOLD | {"B": "deletion"}),
        ("score-before-serving", TOLD | {"B": "score"}),
        ("guessed-known-at", TOLD | {"C": "deletion"}),
        ("function-runs-again", TOLD | {"D": "none"}),
        ("one-does", TOLD | {"A": "none"}),
        ("parity-sees-two-sides", TOLD | {"D": "parity"}),
        ("nothing-from-the-future", TOLD | {"E": "deletion"}),
        ("unknown-test", TOLD | {"E": "unit test"}),
        ("fault-missing", {"A": "deletion"}),
        ("wrong-type", list(TOLD.values())),
    ],
}

ALTERNATIVES = {
    "8.1": [by_delay, with_a_loop, lambda f, m: np.float32(share_left(f, m))],
    "8.2": [as_known, with_loc, column_by_column],
    "8.3": [strictly, row_by_row, a_minute_later],
    "8.4": [lambda a, m, h: window(a, m, h).mean(), with_rolling, with_plain_python],
    "8.5": [differing, with_compare, with_dictionaries],
    "8.6": [{k: v.upper() for k, v in TOLD.items()}, dict(reversed(TOLD.items()))],
}
