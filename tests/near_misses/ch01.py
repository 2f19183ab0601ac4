"""Chapter 01."""

import numpy as np
import pandas as pd
from sklearn.metrics import precision_score, recall_score

TOO_LATE = ["dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"]
TOO_LATE += ["actual_departure", "actual_arrival", "is_late"]


# 1.1
def everything(columns):
    return columns


TARGET = ("arr_delay", "is_late")


def without_the_target(columns):
    return [name for name in columns if name not in TARGET]


def only_the_measured_five(columns):
    return [name for name in columns if name not in TOO_LATE[:5]]


def without_arrivals(columns):
    return [name for name in columns if name not in (*TARGET, "arr_time", "actual_arrival")]


def without_delays_and_air(columns):
    return [name for name in without_arrivals(columns) if name not in ("dep_delay", "air_time")]


def by_the_word(columns):
    words = ("dep", "arr", "air_time", "late")
    return [name for name in columns if not any(word in name for word in words)]


def only_the_route(columns):
    return [name for name in columns if name in ("origin", "dest") or name.startswith("sched")]


def by_heart(columns):
    text = (
        "year month day sched_dep_time sched_arr_time carrier flight tailnum origin dest distance "
        "hour minute time_hour scheduled_departure scheduled_arrival"
    )
    return text.split()


def as_a_set(columns):
    return set(columns) - set(TOO_LATE)


def as_an_index(columns):
    return pd.Index(columns).difference([*TOO_LATE, "tailnum"])


# 1.2
def swapped(is_late, warned):
    both = (is_late & warned).sum()
    return {"caught": both / warned.sum(), "right": both / is_late.sum()}


def accuracy_again(is_late, warned):
    accuracy = (is_late == warned).mean()
    return {"caught": accuracy, "right": accuracy}


def of_all_flights(is_late, warned):
    both = (is_late & warned).mean()
    return {"caught": both, "right": both}


def every_warning(is_late, warned):
    return {
        "caught": warned.sum() / is_late.sum(),
        "right": (is_late & warned).sum() / warned.sum(),
    }


def zero_without_warnings(is_late, warned):
    both = (is_late & warned).sum()
    late, warnings = is_late.sum(), warned.sum()
    return {"caught": both / late if late else 0, "right": both / warnings if warnings else 0}


def text_for_nothing(is_late, warned):
    report = zero_without_warnings(is_late, warned)
    return report if warned.any() else report | {"right": "nan"}


def zero_without_late(is_late, warned):
    both = (is_late & warned).sum()
    late, warnings = is_late.sum(), warned.sum()
    right = both / warnings if warnings else np.nan
    return {"caught": both / late if late else 0, "right": right}


def other_names(is_late, warned):
    both = (is_late & warned).sum()
    return {"recall": both / is_late.sum(), "precision": both / warned.sum()}


def a_pair(is_late, warned):
    both = (is_late & warned).sum()
    return both / is_late.sum(), both / warned.sum()


def with_means(is_late, warned):
    return {"caught": warned[is_late].mean(), "right": is_late[warned].mean()}


def with_sklearn(is_late, warned):
    return {
        "caught": recall_score(is_late, warned, zero_division=np.nan),
        "right": precision_score(is_late, warned, zero_division=np.nan),
    }


def with_a_loop(is_late, warned):
    pairs = list(zip(is_late, warned, strict=True))
    both = sum(late and warning for late, warning in pairs)
    late, warnings = sum(is_late), sum(warned)
    nothing = float("nan")
    return {
        "right": both / warnings if warnings else nothing,
        "caught": both / late if late else nothing,
    }


# 1.3
def reversed_sides(flights, moment):
    is_past = flights["scheduled_departure"] < moment
    return flights[~is_past], flights[is_past]


def moment_in_both(flights, moment):
    when = flights["scheduled_departure"]
    return flights[when <= moment], flights[when >= moment]


def moment_in_neither(flights, moment):
    when = flights["scheduled_departure"]
    return flights[when < moment], flights[when > moment]


def moment_in_train(flights, moment):
    is_past = flights["scheduled_departure"] <= moment
    return flights[is_past], flights[~is_past]


def by_position(flights, moment):
    before = int((flights["scheduled_departure"] < moment).sum())
    return flights.iloc[:before], flights.iloc[before:]


def by_label(flights, moment):
    # Removes by index, which is right as long as every label is unique.
    train = flights[flights["scheduled_departure"] < moment]
    return train, flights.drop(train.index)


def by_month(flights, moment):
    is_past = flights["month"] <= moment.month
    return flights[is_past], flights[~is_past]


def by_actual_departure(flights, moment):
    is_past = flights["actual_departure"] < moment
    return flights[is_past], flights[~is_past]


def masks(flights, moment):
    is_past = flights["scheduled_departure"] < moment
    return is_past, ~is_past


def only_one_table(flights, moment):
    return flights[flights["scheduled_departure"] < moment]


def with_query(flights, moment):
    return (
        flights.query("scheduled_departure < @moment"),
        flights.query("scheduled_departure >= @moment"),
    )


def with_sorting(flights, moment):
    ordered = flights.sort_values("scheduled_departure")
    at = ordered["scheduled_departure"].searchsorted(moment, side="left")
    return [ordered.iloc[:at], ordered.iloc[at:]]


PARTS = {"A": "Data", "B": "DevOps", "C": "Business", "D": "Models", "E": "Models"}

NEAR_MISSES = {
    "1.1": [
        ("keeps-target", everything),
        ("keeps-target", only_the_measured_five),
        ("keeps-arrival", without_the_target),
        ("keeps-air-time", without_arrivals),
        ("keeps-departure", without_delays_and_air),
        ("drops-schedule", by_the_word),
        ("drops-known", only_the_route),
        ("ignores-columns", by_heart),
        ("wrong-type", lambda columns: ", ".join(columns)),
        ("raises", lambda columns: columns.drop("arr_delay")),
        ("not-a-function", ["month", "day"]),
    ],
    "1.2": [
        ("swapped", swapped),
        ("accuracy-again", accuracy_again),
        ("divides-by-all", of_all_flights),
        ("counts-every-warning", every_warning),
        ("no-warning-no-answer", zero_without_warnings),
        ("none-late-no-answer", zero_without_late),
        ("other-keys", other_names),
        ("wrong-type", a_pair),
        ("not-numbers", lambda late, warned: {"caught": "most", "right": "some"}),
        ("not-numbers", text_for_nothing),
        ("other-share", lambda late, warned: {"caught": 0.5, "right": 0.5}),
        ("silence", lambda late, warned: {"caught": 0.75, "right": 0.6}),
    ],
    "1.3": [
        ("swapped", reversed_sides),
        ("in-both", moment_in_both),
        ("loses-flights", moment_in_neither),
        ("moment-in-train", moment_in_train),
        ("not-by-time", by_position),
        ("not-by-time", by_actual_departure),
        ("not-by-time", by_month),
        ("wrong-type", masks),
        ("wrong-type", only_one_table),
    ],
    "1.4": [
        ("other-sign", -0.124),
        ("percent", 12.4),
        ("not-refitted", 0.006),
        ("relative", 0.158),
        ("warnings-not-probabilities", 0.24),
        ("other-gap", 0.1),
        ("leaky-model", 0.33),
        ("one-score", 0.63),
        ("wrong-type", "0.12"),
    ],
    "1.5": [
        ("feed-not-data", PARTS | {"A": "Models"}),
        ("rollback-not-devops", PARTS | {"B": "Models"}),
        ("cost-not-business", PARTS | {"C": "Models"}),
        ("score-not-models", PARTS | {"D": "DevOps"}),
        ("tracking-not-models", PARTS | {"E": "Data"}),
        ("unknown-part", PARTS | {"A": "Weather"}),
        ("incident-missing", {"A": "Data"}),
        ("wrong-type", ["Data", "DevOps", "Business", "Models", "Models"]),
    ],
}

ALTERNATIVES = {
    "1.1": [as_a_set, as_an_index],
    "1.2": [with_means, with_sklearn, with_a_loop],
    "1.3": [with_query, with_sorting, by_label],
    "1.4": [0.1185, np.float64(0.124)],
    "1.5": [PARTS | {"D": "Data", "E": "DevOps"}, {k: v.lower() for k, v in PARTS.items()}],
}
