"""The exercises of chapter 01: leaks, measures, splits, and whose failure it is."""

from typing import Any

from workbook.exercise import (
    NOT_ATTEMPTED,
    Answer,
    Exercise,
    Verdict,
    mapping,
    names,
    number,
    wrong,
)

# --- 1.1 What is known an hour before? -----------------------------------------------------------

KNOWN = [
    *("year", "month", "day", "hour", "minute", "time_hour", "sched_dep_time", "sched_arr_time"),
    *("carrier", "flight", "origin", "dest", "distance"),
    *("scheduled_departure", "scheduled_arrival"),
]
# The aircraft is assigned ahead, and sometimes swapped at the last moment: both answers are right.
DEBATABLE = ["tailnum"]
TOO_LATE = {
    "arr_delay": (
        "keeps-target",
        "`arr_delay` is the answer itself: a flight is late because of it. With it among the "
        "features the model needs no other.",
    ),
    "is_late": (
        "keeps-target",
        "`is_late` is the answer itself. With it among the features the model needs no other.",
    ),
    "actual_arrival": (
        "keeps-arrival",
        "`actual_arrival` is known when the flight lands, hours after the prediction.",
    ),
    "arr_time": (
        "keeps-arrival",
        "`arr_time` is written down when the flight lands. An hour before departure nobody has it.",
    ),
    "air_time": (
        "keeps-air-time",
        "`air_time` is the time spent in the air, measured, not planned: it exists after landing. "
        "`distance` is what you know beforehand.",
    ),
    "dep_delay": (
        "keeps-departure",
        "`dep_delay` exists when the flight leaves, an hour after the prediction. It is one "
        "of the strongest leaks, because a late departure is nearly always a late arrival.",
    ),
    "actual_departure": (
        "keeps-departure",
        "`actual_departure` is known when the flight leaves. An hour before the schedule you know "
        "`scheduled_departure` and nothing else about its departure.",
    ),
    "dep_time": (
        "keeps-departure",
        "`dep_time` is when the flight really left. An hour before the schedule you know "
        "`sched_dep_time` and nothing else about its departure.",
    ),
}


def check_known_in_time(answer: Answer) -> Verdict | None:
    """Try the whole table, then other selections in another order."""
    every = [*KNOWN, *DEBATABLE, *TOO_LATE]
    kept = answer.call(every, returns=names)
    for name, (message_id, message) in TOO_LATE.items():
        if name in kept:
            return wrong(message_id, message)
    dropped = [name for name in KNOWN if name not in kept]
    planned = [name for name in dropped if name.startswith("sched")]
    if planned:
        return wrong(
            "drops-schedule",
            f"`{planned[0]}` comes from the timetable, "
            "which is printed months ahead. Its name speaks of a departure or an arrival, its "
            "value doesn't depend on one.",
        )
    if dropped:
        return wrong(
            "drops-known",
            f"`{dropped[0]}` is known when the ticket is sold. Leaving out what is known costs "
            "accuracy and makes nothing more honest.",
        )
    few = ["dep_delay", "dest", "hour"]
    kept = answer.call(few, returns=names)
    if sorted(set(kept)) != ["dest", "hour"]:
        return wrong(
            "ignores-columns",
            f"For the columns {few} the answer is `dest` and `hour`, and your function gives "
            f"{kept}. Keep only names that are among the `columns` you are given.",
        )
    return None


# --- 1.2 Measures that see the problem -----------------------------------------------------------


def check_warning_report(answer: Answer) -> Verdict | None:
    """Try uneven numbers of misses and false alarms, and the two questions without an answer."""
    import numpy as np
    import pandas as pd

    # 3 caught, 1 missed, 2 false alarms, 4 rightly left alone.
    late = pd.Series([True] * 4 + [False] * 6)
    warned = pd.Series([True] * 3 + [False] + [True] * 2 + [False] * 4)
    report = answer.call(late, warned, returns=mapping)
    if any(value is ... for value in report.values()):
        return NOT_ATTEMPTED
    if set(report) != {"caught", "right"}:
        return wrong(
            "other-keys",
            f"The report holds {sorted(map(str, report))}; the docstring promises `caught` and "
            "`right`.",
        )
    caught, right = number_of(report["caught"]), number_of(report["right"])
    if caught is None or right is None:
        return wrong("not-numbers", "Both values of the report have to be numbers.")
    if np.isclose([caught, right], [3 / 5, 3 / 4]).all():
        return wrong(
            "swapped",
            "The two are swapped. `caught` asks about late flights, so you divide by the number of "
            "late flights; `right` asks about warnings.",
        )
    if np.isclose(caught, 7 / 10) or np.isclose(right, 7 / 10):
        return wrong(
            "accuracy-again",
            "That is accuracy: it counts the flights that you rightly left alone. Neither question "
            "asks about these.",
        )
    if np.isclose(caught, 3 / 10) or np.isclose(right, 3 / 10):
        return wrong(
            "divides-by-all",
            "You divide by all flights. *Of the late flights* and *of the warnings* each name what "
            "to divide by.",
        )
    if np.isclose(caught, 5 / 4):
        return wrong(
            "counts-every-warning",
            "You count every warning as a late flight that was caught, false alarms too. A flight "
            "is caught if it is late **and** was warned of.",
        )
    if not np.isclose([caught, right], [3 / 4, 3 / 5]).all():
        return wrong(
            "other-share",
            "Of 4 late flights 3 were warned of, and of 5 warnings 3 were right. Your function "
            f"says {caught:.3g} and {right:.3g}.",
        )
    return _without_answer(answer, late)


def _without_answer(answer: Answer, late: object) -> Verdict | None:
    import numpy as np
    import pandas as pd

    nobody = pd.Series([False] * 10)
    silent = answer.call(late, nobody, returns=mapping)
    quiet = answer.call(nobody, late, returns=mapping)
    if number_of(silent["caught"]) != 0:
        return wrong("silence", "A model that never warns catches 0 of the late flights.")
    if number_of(silent["right"]) is None or number_of(quiet["caught"]) is None:
        return wrong(
            "not-numbers",
            'Where there is no answer, the value is the number `nan`: `float("nan")`, not a text '
            "and not `None`.",
        )
    if not np.isnan(number_of(silent["right"]) or 0.0):
        return wrong(
            "no-warning-no-answer",
            "When nobody was warned, no warning was right and none was wrong: `right` is `nan`, "
            "not 0 or 1.",
        )
    if not np.isnan(number_of(quiet["caught"]) or 0.0):
        return wrong(
            "none-late-no-answer",
            "When no flight was late there was nothing to catch: `caught` is `nan`, not 0 or 1.",
        )
    return None


def number_of(value: object) -> float | None:
    """Return a value as a number, or None where it isn't one."""
    from workbook.exercise import Mismatch

    try:
        return number(value)
    except Mismatch:
        return None


# --- 1.3 Split by time ---------------------------------------------------------------------------


def check_split_by_time(answer: Answer) -> Verdict | None:
    """Try rows out of order, a flight at the very moment, and a moment late at night."""
    import pandas as pd

    moment = pd.Timestamp("2013-09-01 04:00", tz="UTC")
    hours = [-30, 5, -1, 0, 48, -700, 1, -2]
    flights = pd.DataFrame(
        {
            "scheduled_departure": [moment + pd.Timedelta(hours=hour) for hour in hours],
            "flight": range(8),
        },
        index=[3, 1, 7, 5, 0, 2, 6, 4],
    )
    local = flights["scheduled_departure"].dt.tz_convert("America/New_York")
    flights["month"], flights["day"] = local.dt.month, local.dt.day
    flights["time_hour"] = flights["scheduled_departure"].dt.floor("h")
    # They leave two hours late, or one hour early.
    delay = pd.to_timedelta([120, 120, 120, -60, 120, 120, 120, 120], unit="min")
    flights["actual_departure"] = flights["scheduled_departure"] + delay
    past, future = {0, 2, 5, 7}, {1, 3, 4, 6}
    given = answer.call(flights, moment, returns=_two_tables)
    if given is None:
        return NOT_ATTEMPTED
    train, test = (set(part["flight"]) for part in given)
    if (train, test) == (future, past):
        return wrong(
            "swapped",
            "The two sides are swapped: you would train on the future and test on the past. Train "
            "comes first and holds what lies before the moment.",
        )
    both = train & test
    if both:
        return wrong(
            "in-both",
            "A flight that departs at the very moment is on both sides. It would be seen in "
            "training and asked in the test.",
        )
    if train | test != past | future:
        return wrong(
            "loses-flights",
            "A flight that departs at the very moment is on neither side. *Before* goes to "
            "training, all others to the test.",
        )
    if 3 in train and past < train and train - past == {3}:
        return wrong(
            "moment-in-train",
            "The flight that departs at the very moment is in training. Only flights **before** it "
            "belong there.",
        )
    if (train, test) != (past, future):
        return wrong(
            "not-by-time",
            "A flight that departs after the moment is in training. Compare "
            "`scheduled_departure` with the moment; rows may come in any order, so neither their "
            "position nor their number says when they were.",
        )
    return None


def _two_tables(value: Any) -> tuple[Any, Any] | None:
    from workbook.exercise import Mismatch, table

    if isinstance(value, tuple | list) and any(part is ... for part in value):
        return None
    try:
        train, test = value
        return table(train), table(test)
    except (Mismatch, TypeError, ValueError):
        raise Mismatch("a pair of tables (rows of `flights`, not masks)") from None


# --- 1.4 How much did the random split flatter? --------------------------------------------------


def check_flattery(answer: Answer) -> Verdict | None:
    """Compare with what the same model gives, with room for another seed."""
    gap = answer.value(number)
    if 0.105 <= gap <= 0.135:
        return None
    for low, high, message_id, message in GAPS:
        if low <= gap <= high:
            return wrong(message_id, message)
    return wrong(
        "other-gap",
        f"The gap isn't {gap:.3g}. Fit on `past`, predict `future`, both with the columns in "
        "`honest`, and take the AUC of that from `random_auc`.",
    )


GAPS = (
    (
        -0.135,
        -0.105,
        "other-sign",
        "The size is right and the sign is not: the random split promises more than the later "
        "months keep, so random minus later is positive.",
    ),
    (10.5, 13.5, "percent", "That is in per cent. AUC lies between 0 and 1; leave it so."),
    (
        0.0,
        0.02,
        "not-refitted",
        "A gap near zero comes from a model that has seen the later months already: the one "
        "above was trained on flights of the whole year. Fit a new one on `past`. (Comparing "
        "accuracies, which hide the gap, gives a number near zero as well.)",
    ),
    (
        0.3,
        0.5,
        "leaky-model",
        "That is the gap from the model that still had columns from the future. Use `honest` on "
        "both sides.",
    ),
    (
        0.2,
        0.3,
        "warnings-not-probabilities",
        "An AUC near a half on the later months comes from warnings of `True` and `False`, which "
        "rank nothing. Give `roc_auc_score` the probabilities.",
    ),
    (
        0.55,
        0.8,
        "one-score",
        "That is one AUC and not the difference of two. Take the AUC on `future` from "
        "`random_auc`.",
    ),
    (
        0.15,
        0.18,
        "relative",
        "That is the gap as a share of one of the two scores. Take the difference itself.",
    ),
)


# --- 1.5 Whose failure is it? --------------------------------------------------------------------

PARTS = ("DevOps", "Data", "Models", "Business")
ACCEPTED = {
    "A": ("Data",),
    "B": ("DevOps",),
    "C": ("Business",),
    "D": ("Models", "Data"),
    "E": ("Models", "DevOps"),
}
LEADS = {
    "A": (
        "feed-not-data",
        "In A nothing is wrong with the model or the release: what comes in has changed its unit. "
        "Watching the model would tell you days later that something happened; a promise about "
        "the incoming values, checked on arrival, stops it at the door.",
    ),
    "B": (
        "rollback-not-devops",
        "In B the model is worse, but that is not the failure: going back takes two days. Which "
        "part makes a release something that can be taken back?",
    ),
    "C": (
        "cost-not-business",
        "In C the warnings are right. A better model or pipeline changes nothing as long as acting "
        "on a warning costs the agents more than it saves them. Who should have asked?",
    ),
    "D": (
        "score-not-models",
        "In D the score answered the wrong question. Knowing how good a model will be next month "
        "is the promise of which part?",
    ),
    "E": (
        "tracking-not-models",
        "In E the twelve models are indistinguishable. Which part can make a model again, or which "
        "part knows what is installed?",
    ),
}


def check_where_to_start(answer: Answer) -> Verdict | None:
    """Accept every part that is a good place to start."""
    given = answer.value(mapping)
    if any(part is ... for part in given.values()):
        return NOT_ATTEMPTED
    missing = [incident for incident in ACCEPTED if incident not in given]
    if missing:
        return wrong("incident-missing", f"Incident {missing[0]} has no part yet.")
    for incident, accepted in ACCEPTED.items():
        part = str(given[incident]).strip().casefold()
        if part not in [known.casefold() for known in PARTS]:
            return wrong(
                "unknown-part",
                f"`{given[incident]}` isn't one of the four parts: {', '.join(PARTS)}.",
            )
        if part not in [known.casefold() for known in accepted]:
            return wrong(*LEADS[incident])
    return None


EXERCISES = (
    Exercise(
        "1.1",
        "What is known an hour before?",
        check_known_in_time,
        hints=(
            "Imagine the airport an hour before departure. Which of these columns could you fill "
            "in for a flight that is still at the gate?",
            "Departures and arrivals stand in the table twice: as they were planned and as they "
            "happened.",
            "Take the columns one by one and ask who writes the value down, and when: at a desk "
            "months before, at the gate, or after landing?",
        ),
        why="A feature is legitimate if its value exists when the prediction is made. Measured "
        "times and delays exist afterwards; the timetable, the route and the distance exist "
        "before. The tail number is usually known and sometimes swapped, so both answers pass.",
    ),
    Exercise(
        "1.2",
        "Measures that see the problem",
        check_warning_report,
        hints=(
            "Count three things: late flights, warnings, and flights that were both.",
            "`is_late & warned` is true where a flight was both. Each share divides its sum by "
            "something different.",
            "Before you divide, look whether there is anything to divide by.",
        ),
        why="Recall divides by the late flights, precision by the warnings. Neither counts the "
        "many flights that were rightly left alone, and so neither can be inflated by them. "
        "Where there is nothing to divide by, `nan` says so; a 0 would claim a failure and a 1 "
        "a success that nobody saw.",
    ),
    Exercise(
        "1.3",
        "Split by time",
        check_split_by_time,
        hints=(
            "For each flight there is one question: does it depart before the moment?",
            "A column of `True` and `False` selects rows, and `~` turns it around. If both sides "
            "come from the same column, no flight can be lost or doubled.",
        ),
        why="One mask and its opposite put every flight on exactly one side. Comparing moments in "
        "UTC needs no sorting, and no flight of the future reaches the training data.",
    ),
    Exercise(
        "1.4",
        "How much did the random split flatter?",
        check_flattery,
        hints=(
            "You need two AUCs. The first is `random_auc`. The second needs a model that has seen "
            "nothing after August.",
            "Three calls make the second: `notebook_model.fit`, `notebook_model.predict` and "
            "`roc_auc_score` with the `is_late` of the flights that you predicted.",
        ),
        why="The same columns, algorithm and sample size score far lower when the test lies in the "
        "future. In the random split the model had seen other flights of the same days and of the "
        "same season, and no future flight offers that.",
        seconds=10.0,
    ),
    Exercise(
        "1.5",
        "Whose failure is it?",
        check_where_to_start,
        hints=(
            "The table above the exercise says what each part promises. Which promise was broken "
            "first?",
            "Suppose that everything else were perfect. Which one thing would have kept the "
            "incident from happening, or kept it short?",
        ),
        why="A breaks a promise about incoming data, B about taking a release back, C about the "
        "worth of acting on a prediction. D is a matter of how models are judged, and of how the "
        "data was divided. E can be mended by tracking models or by automating releases. Where "
        "two parts are right, a good solution uses both.",
    ),
)
