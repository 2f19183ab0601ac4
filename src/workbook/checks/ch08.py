"""The exercises of chapter 08: when a value is known, joins and windows in time, and parity."""

import math
from typing import Any

from workbook.exercise import (
    NOT_ATTEMPTED,
    Answer,
    Exercise,
    Mismatch,
    Stop,
    Verdict,
    column,
    mapping,
    number,
    table,
    wrong,
)

# --- 8.1 Has it left already? --------------------------------------------------------------------

# The departure delays, in minutes; None is a cancelled flight.
LEFT = (-70.0, -5.0, 0.0, 3.0, None, -20.0, -60.0, 40.0, -61.0, -31.0, -30.0, -60.0, 0.0, -30.0)


def check_share_left(answer: Answer) -> Verdict | None:
    """Try the moment itself, two moments before, flights at the very minute and a cancelled one."""
    flights = _departures(LEFT)
    for minutes in (0, 60, 30):
        share = answer.call(flights, minutes, returns=number)
        if found := _wrong_share(flights, minutes, share):
            return found
    return None


def _departures(delays: tuple[float | None, ...]) -> Any:
    import pandas as pd

    hours = pd.to_timedelta([(7 * at) % 19 for at in range(len(delays))], unit="h")
    scheduled = pd.Series(pd.Timestamp("2013-05-01 10:00", tz="UTC") + hours)
    delay = pd.Series(delays, dtype=float)
    actual = scheduled + pd.to_timedelta(delay, unit="min")
    flights = pd.DataFrame(
        {
            "scheduled_departure": scheduled,
            "dep_delay": delay,
            "actual_departure": actual,
            "scheduled_arrival": scheduled + pd.Timedelta(hours=2),
            "actual_arrival": actual + pd.Timedelta(minutes=97),
            "arr_delay": delay - 23,
            "dep_time": actual.dt.hour * 100 + actual.dt.minute,
        }
    )
    return flights.set_axis([(5 * at) % len(delays) + 3 for at in range(len(delays))])


def _wrong_share(flights: Any, minutes: int, share: float) -> Verdict | None:
    import pandas as pd

    every = len(flights)
    late = flights["dep_delay"]
    before, minute = int((late < -minutes).sum()), int((late == -minutes).sum())
    right = before / every
    if _same(share, right):
        return None
    departed = int(late.notna().sum())
    cancelled = every - departed
    landed = flights["actual_arrival"] - flights["scheduled_departure"]
    moment = "at scheduled departure" if not minutes else f"{minutes} minutes before departure"
    case = (
        f"Of {every} flights, one of them cancelled, {before} had left {moment}. "
        f"You say {share:.3g}. "
    )
    misread = (
        (
            (before + minute) / every,
            "minute-counts",
            "You count a flight that leaves in the very minute. The clocks have no seconds, so "
            "nobody can tell that it had left.",
        ),
        (
            (before + cancelled) / every,
            "counts-cancelled",
            "You count the cancelled flight as gone. A comparison with a missing time is false "
            "whichever way you ask, so ask for what did happen.",
        ),
        (
            (before + minute + cancelled) / every,
            "counts-cancelled",
            "You count the cancelled flight as gone. A comparison with a missing time is false "
            "whichever way you ask, so ask for what did happen.",
        ),
        (
            before / departed,
            "drops-cancelled",
            "You divide by the flights that left at some time. The cancelled one was asked about "
            "as well, and it had not left.",
        ),
        (
            (before + minute) / departed,
            "drops-cancelled",
            "You divide by the flights that left at some time. The cancelled one was asked about "
            "as well, and it had not left.",
        ),
        (
            int((late < 0).sum()) / every,
            "ignores-minutes",
            "You ask about scheduled departure itself, whatever `minutes` says.",
        ),
        (
            int((late < minutes).sum()) / every,
            "after-departure",
            "You ask about a moment after scheduled departure. Go back in time: subtract.",
        ),
        (
            int((late <= minutes).sum()) / every,
            "after-departure",
            "You ask about a moment after scheduled departure. Go back in time: subtract.",
        ),
        (
            1 - right,
            "still-there",
            "That is the share of the flights that are still there.",
        ),
        (
            int((landed < -pd.Timedelta(minutes=minutes)).sum()) / every,
            "by-arrival",
            "You ask whether it has landed. A departure is known as soon as the flight leaves.",
        ),
        (float(before), "count", "That is the number of flights. Divide by how many there are."),
        (100 * right, "percent", "That is in per cent. A share lies between 0 and 1."),
    )
    for value, message_id, message in misread:
        if _same(share, value):
            return wrong(message_id, case + message)
    if abs(share - right) < 0.01:
        return wrong("rounded", f"{case}That is rounded. Return the share as it is.")
    return wrong("other-share", f"{case}The share is {right:.3g}.")


def _same(one: float, other: float) -> bool:
    """Tell whether two numbers agree to six digits, as those of 32 bits do."""
    return math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-9)


# --- 8.2 Delete the future -----------------------------------------------------------------------

AT_DEPARTURE = ("dep_time", "dep_delay", "actual_departure")
AT_ARRIVAL = ("arr_time", "arr_delay", "air_time", "actual_arrival")
# Name: scheduled departure, actual departure, scheduled arrival, actual arrival (UTC, 1 May 2013).
STORY = {
    "landed": ("08:00", "08:10", "10:00", "10:05"),
    "in the air": ("10:00", "10:20", "12:30", "12:50"),
    "later": ("15:00", "15:10", "17:00", "17:20"),
    "waits": ("11:00", "13:40", "12:20", "15:00"),
    "cancelled": ("10:30", None, "12:00", None),
    "lands now": ("09:00", "09:00", "12:05", "12:00"),
    "leaves now": ("12:00", "12:00", "14:00", "13:55"),
    "diverted": ("07:00", "07:05", "09:00", None),
    "early": ("09:30", "09:25", "12:10", "11:50"),
}


def check_as_known_then(answer: Answer) -> Verdict | None:
    """Ask about noon: flights that landed, that are in the air, that wait, that never left."""
    import pandas as pd

    history = _story()
    noon = pd.Timestamp("2013-05-01 12:00", tz="UTC")
    then = answer.call(history, noon, returns=table)
    if found := _other_shape(history, then):
        return found
    then = then.loc[history.index]
    for case in history.index:
        left = case in ("landed", "in the air", "lands now", "diverted", "early")
        landed = case in ("landed", "early")
        if found := _wrong_row(case, history.loc[case], then.loc[case], left, landed):
            return found
    if answer.mutates(history, noon):
        return wrong(
            "changes-history",
            "Your function changes the table that it is given, and so the next moment is asked of "
            "a history with holes. Work on a copy.",
        )
    early = pd.Timestamp("2013-05-01 08:11", tz="UTC")
    then = answer.call(history, early, returns=table)
    found = _other_shape(history, then)
    if found or then["dep_delay"].notna().sum() != 2 or then["arr_delay"].notna().any():
        return found or wrong(
            "other-moment",
            "At 08:11, two flights had left and none had landed. Your function says otherwise: it "
            "should go by the `moment` that it is given.",
        )
    return None


def _story() -> Any:
    import pandas as pd

    times = {
        name: pd.Series(
            pd.to_datetime([clock and f"2013-05-01 {clock}" for clock in clocks], utc=True),
            index=list(STORY),
        )
        for name, clocks in zip(
            ("scheduled_departure", "actual_departure", "scheduled_arrival", "actual_arrival"),
            zip(*STORY.values(), strict=True),
            strict=True,
        )
    }
    history = pd.DataFrame({"carrier": "UA", "dest": "BOS", **times})
    left, landed = history["actual_departure"], history["actual_arrival"]
    history["dep_delay"] = _minutes(left - history["scheduled_departure"])
    history["arr_delay"] = _minutes(landed - history["scheduled_arrival"])
    history["dep_time"] = left.dt.hour * 100.0 + left.dt.minute
    history["arr_time"] = landed.dt.hour * 100.0 + landed.dt.minute
    # As in the data: a diverted flight may have a time of arrival, and no delay.
    history.loc["diverted", "arr_time"] = 1340.0
    history["air_time"] = _minutes(landed - left) - 25
    history["distance"] = 200.0
    return history


def _minutes(duration: Any) -> Any:
    return duration.dt.total_seconds() / 60


def _other_shape(history: Any, then: Any) -> Verdict | None:
    missing = [name for name in history if name not in then]
    if missing:
        return wrong(
            "drops-columns",
            f"The column `{missing[0]}` is gone. A feature that needs it would fail in place of "
            "finding it empty: keep all columns, and make values missing.",
        )
    lost = [case for case in history.index if case not in then.index]
    if lost and len(then) == len(history):
        return wrong(
            "other-index",
            "The rows have lost their labels. Keep the table's index, so that a flight can be "
            "found again.",
        )
    if lost:
        clock = f"{history.loc[lost[0], 'scheduled_departure']:%H:%M}"
        return wrong(
            "drops-rows",
            f"The flight of {clock} is gone from the table. It stands in the timetable, which is "
            "known months ahead: the row stays, and what isn't known yet is missing in it.",
        )
    if len(then) != len(history):
        return wrong("adds-rows", f"From {len(history)} flights you made {len(then)} rows.")
    return None


def _wrong_row(case: str, full: Any, then: Any, left: bool, landed: bool) -> Verdict | None:
    """Say what is wrong with one flight as it was known at noon."""
    said = {
        "landed": "landed at 10:05",
        "in the air": "left at 10:20 and will land at 12:50",
        "waits": "should have left at 11:00 and landed at 12:20, and still stands at the gate",
        "cancelled": "is cancelled",
        "lands now": "lands at 12:00",
        "leaves now": "leaves at 12:00",
        "diverted": "left at 07:05 and never landed where it was going",
        "early": "landed at 11:50, 20 minutes early",
        "later": "will leave at 15:10",
    }[case]
    noon = f"It is 12:00 and a flight {said}. "
    for name in ("scheduled_departure", "scheduled_arrival", "carrier", "dest", "distance"):
        if then[name] != full[name]:
            return wrong(
                "deletes-timetable",
                f"{noon}You made `{name}` missing or changed it. It is known before the flight.",
            )
    for name in AT_ARRIVAL if not landed else ():
        if _is_known(then[name]):
            if case == "lands now":
                return _this_minute(noon, name)
            if then[name] == 0 and full[name] != 0:
                return _zero(noon, name)
            if case == "diverted":
                return wrong(
                    "missing-time",
                    f"{noon}Your table holds its `{name}`. It has no `actual_arrival`, and a "
                    "comparison with a missing time is false whichever way you ask: keep what was "
                    "known, and nothing else.",
                )
            return wrong(
                "keeps-arrival",
                f"{noon}Your table holds its `{name}`, which exists from its landing on.",
            )
    for name in AT_DEPARTURE if not left else ():
        if _is_known(then[name]):
            if case == "leaves now":
                return _this_minute(noon, name)
            if case == "waits":
                return _by_schedule(noon, name)
            if then[name] == 0 and full[name] != 0:
                return _zero(noon, name)
            return wrong(
                "keeps-departure",
                f"{noon}Your table holds its `{name}`, which exists from its departure on.",
            )
    known = (*(AT_DEPARTURE if left else ()), *(AT_ARRIVAL if landed else ()))
    for name in known:
        if _is_known(full[name]) and not _is_known(then[name]):
            return wrong(
                "forgets-known",
                f"{noon}Your table lacks its `{name}`, which is known. A departure is known from "
                "the departure, and needn't wait for the landing.",
            )
        if _is_known(full[name]) and then[name] != full[name]:
            return wrong("changes-values", f"{noon}Its `{name}` has another value now.")
    return None


def _is_known(value: Any) -> bool:
    import pandas as pd

    return not pd.isna(value)


def _zero(noon: str, name: str) -> Verdict:
    return wrong(
        "zero-for-missing",
        f"{noon}Its `{name}` is 0 in your table, as if it were known. What isn't known is missing.",
    )


def _this_minute(noon: str, name: str) -> Verdict:
    return wrong(
        "minute-counts",
        f"{noon}You count its `{name}` as known. The clocks have no seconds, so nobody can tell "
        "which came first: the very minute doesn't count.",
    )


def _by_schedule(noon: str, name: str) -> Verdict:
    return wrong(
        "by-schedule",
        f"{noon}Your table holds its `{name}`. A value is known from when the event took place, "
        "not from when it was due.",
    )


# --- 8.3 The last arrival that was known ---------------------------------------------------------

# tail number, scheduled arrival, actual arrival (UTC, 1 May 2013); the delay follows from them.
LANDED = (
    ("N1", "11:00", "11:50"),
    ("N2", "09:00", "09:07"),
    ("N1", "10:00", "12:40"),
    ("N1", "08:00", "08:10"),
    ("N3", "11:30", "12:00"),
    ("N3", "06:00", "06:15"),
    (None, "09:30", "09:41"),
    ("N2", "10:30", "12:31"),
    ("N4", "12:00", "11:45"),
)
ASKED = (
    ("N1", "12:00"),
    ("N3", "12:00"),
    ("N2", "12:30"),
    (None, "12:00"),
    ("N1", "08:10"),
    ("N9", "12:00"),
    ("N4", "11:50"),
    ("N1", "13:00"),
    ("N1", "12:00"),
)


def check_last_known_delay(answer: Answer) -> Verdict | None:
    """Ask out of order, at the very minute, twice, and about aircraft without a history."""
    import pandas as pd

    arrivals = pd.DataFrame(LANDED, columns=["tailnum", "scheduled_arrival", "actual_arrival"])
    asked = pd.DataFrame(ASKED, columns=["tailnum", "prediction_time"])
    for frame, name in (
        (arrivals, "scheduled_arrival"),
        (arrivals, "actual_arrival"),
        (asked, "prediction_time"),
    ):
        frame[name] = pd.to_datetime("2013-05-01 " + frame[name], utc=True).dt.as_unit("ns")
    wait = arrivals["actual_arrival"] - arrivals["scheduled_arrival"]
    arrivals["arr_delay"] = _minutes(wait)
    arrivals = arrivals.set_axis([4, 8, 1, 7, 0, 3, 9, 2, 6])
    asked = asked.set_axis([7, 2, 9, 4, 1, 8, 3, 6, 0])
    given = answer.call(asked, arrivals, returns=column)
    if len(given) != len(asked):
        return wrong(
            "one-per-row",
            f"For {len(asked)} questions you return {len(given)} values. Each question has one "
            "answer; where nothing was known it is missing.",
        )
    if set(given.index) == set(asked.index):
        given = given.reindex(asked.index)
    return _wrong_delays(asked, arrivals, [_float(value) for value in given])


def _float(value: Any) -> float:
    import pandas as pd

    if pd.isna(value):
        return float("nan")
    try:
        return number(value)
    except Mismatch:
        raise Stop(
            wrong("not-numbers", f"An answer is a delay in minutes or missing, not `{value!r}`.")
        ) from None


def _wrong_delays(asked: Any, arrivals: Any, given: list[float]) -> Verdict | None:
    import pandas as pd

    def picked(
        row: Any, by: str = "actual_arrival", minute: bool | int = False, own: bool = True
    ) -> float:
        mine = arrivals[arrivals["tailnum"] == row.tailnum] if own else arrivals
        known = mine[by] <= row.prediction_time if minute else mine[by] < row.prediction_time
        mine = mine[known].sort_values(by)
        return float(mine["arr_delay"].iloc[-1]) if len(mine) else float("nan")

    questions = list(asked.itertuples())
    right = [picked(row) for row in questions]
    if _all_same(given, right):
        return None
    anybody = [right[at] if row.tailnum else 11.0 for at, row in enumerate(questions)]
    ordered = [right[at] for at in asked["prediction_time"].argsort(kind="stable")]
    misread = (
        (
            [picked(row, minute=True) for row in questions],
            "minute-counts",
            "An aircraft lands at 12:00 and you are asked at 12:00: you count the arrival as "
            "known. The clocks have no seconds; the very minute doesn't count.",
        ),
        (
            anybody,
            "shared-unknown",
            "A flight without a tail number gets the delay of another one without. Two unknown "
            "aircraft are not the same aircraft.",
        ),
        (
            [picked(row, own=False) for row in questions],
            "any-aircraft",
            "You take the last arrival of any aircraft. Look among those of the same `tailnum`.",
        ),
        (
            ordered,
            "reorders",
            "The delays are right and stand in another order than the questions: they were "
            "sorted on the way. Bring them back into the order of `asked`.",
        ),
    )
    for values, message_id, message in misread:
        if _all_same(given, values):
            return wrong(message_id, message)
    if _all_same(sorted(given, key=_missing_last), sorted(right, key=_missing_last)):
        return wrong("reorders", misread[-1][2])
    due = [[picked(row, "scheduled_arrival", minute) for row in questions] for minute in (0, 1)]
    if any(_all_same(given, values) for values in due):
        return wrong(
            "by-schedule",
            "At 13:00, aircraft N1 landed last at 12:40, 160 minutes late. You take the flight "
            "that was due last and landed at 11:50. Go by when it landed.",
        )
    for row, mine in zip(questions, given, strict=True):
        ahead = arrivals[arrivals["tailnum"] == row.tailnum]
        ahead = ahead[ahead["actual_arrival"] >= row.prediction_time]
        for flight in ahead[ahead["arr_delay"] == mine].itertuples():
            return wrong(
                "looks-ahead",
                f"At {row.prediction_time:%H:%M}, aircraft {row.tailnum} gets a delay of "
                f"{mine:g} minutes. That flight lands at {flight.actual_arrival:%H:%M}: nobody "
                "knows its delay yet.",
            )
    for row, mine, value in zip(questions, given, right, strict=True):
        if not _all_same([mine], [value]):
            who = "without a tail number" if pd.isna(row.tailnum) else f"{row.tailnum}"
            return wrong(
                "other-delay",
                f"Asked about aircraft {who} at {row.prediction_time:%H:%M}, the answer is "
                f"{_said(value)}, and you say {_said(mine)}.",
            )
    return None


def _missing_last(value: float) -> tuple[bool, float]:
    return (True, 0.0) if value != value else (False, value)


def _said(value: float) -> str:
    return "missing" if value != value else f"{value:g} minutes"


def _all_same(one: list[float], other: list[float]) -> bool:
    """Tell whether two lists hold the same numbers, missing ones at the same places."""
    return all((a != a and b != b) or _same(a, b) for a, b in zip(one, other, strict=True))


# --- 8.4 The edges of the window -----------------------------------------------------------------

# Minutes from the moment to the landing, and the delay.
AROUND = (
    (0, 1000.0),
    (-60, 100.0),
    (-61, 7.0),
    (-10, 10.0),
    (-10, 40.0),
    (25, 5000.0),
    (-180, 400.0),
    (-181, 9000.0),
    (-45, -15.0),
    (15, 30.0),
)


def check_recent_delay(answer: Answer) -> Verdict | None:
    """Try both edges, two landings in one minute, other lengths, and an empty window."""
    import pandas as pd

    moment = pd.Timestamp("2013-05-01 12:00", tz="UTC")
    arrivals = _landings(moment, AROUND)
    for hours in (1, 3):
        given = _float(answer.call(arrivals, moment, hours, returns=_maybe_number))
        if found := _wrong_mean(arrivals, moment, hours, given):
            return found
    nothing = _landings(moment, ((0, 30.0), (-61, 20.0), (5, 10.0)))
    given = _float(answer.call(nothing, moment, 1, returns=_maybe_number))
    if given == given:
        return wrong(
            "not-missing",
            f"Nothing landed in the hour, and you say {given:g} minutes. Not knowing is not the "
            "same as on time: return `nan`.",
        )
    return None


def _maybe_number(value: Any) -> float:
    """Read a number; a missing value of any kind counts as nan."""
    import pandas as pd

    if pd.api.types.is_scalar(value) and pd.isna(value):
        return float("nan")
    return number(value)


def _landings(moment: Any, around: tuple[tuple[int, float], ...]) -> Any:
    import pandas as pd

    minutes, delays = zip(*around, strict=True)
    landed = pd.Series(moment + pd.to_timedelta(minutes, unit="min"))
    delay = pd.Series(delays)
    return pd.DataFrame(
        {
            "scheduled_arrival": landed - pd.to_timedelta(delay, unit="min"),
            "actual_arrival": landed,
            "arr_delay": delay,
        }
    ).set_axis([(4 * at) % len(around) for at in range(len(around))])


def _wrong_mean(arrivals: Any, moment: Any, hours: int, given: float) -> Verdict | None:
    import pandas as pd

    landed = arrivals["actual_arrival"]
    start = moment - pd.Timedelta(hours=hours)
    inside = (landed >= start) & (landed < moment)

    def mean(rows: Any, delays: Any = arrivals["arr_delay"]) -> float:
        return float(delays[rows].mean())

    right = mean(inside)
    if _all_same([given], [right]):
        return None
    distinct = arrivals[inside].drop_duplicates("actual_arrival", keep="last")["arr_delay"]
    first = arrivals[inside].drop_duplicates("actual_arrival", keep="first")["arr_delay"]
    due = arrivals["scheduled_arrival"]
    both_edges = "at both ends of the window"
    misread = (
        (
            mean((landed >= start) & (landed <= moment)),
            "end-counts",
            "You count a flight that lands in the very minute of the moment. Nobody can tell that "
            "it had landed: the end lies outside of the window.",
        ),
        (
            mean((landed > start) & (landed < moment)),
            "start-left-out",
            f"You leave out a flight that landed exactly {hours} h before. The start lies inside "
            "of the window, so that windows one after another share no flight and lose none.",
        ),
        (
            mean((landed > start) & (landed <= moment)),
            "wrong-edges",
            f"You are off by one minute {both_edges}: the start lies inside, the end outside. (It "
            "is the other way round by default in pandas' `rolling`.)",
        ),
        (
            mean(landed < moment),
            "whole-past",
            "You count everything that landed before the moment. The window begins `hours` before.",
        ),
        (
            mean(landed >= start),
            "no-end",
            "You count flights that land after the moment. Nobody knows their delays yet.",
        ),
        (
            mean((due >= start) & (due < moment)),
            "by-schedule",
            "You choose flights by when they were due. A delay is known from the landing.",
        ),
        (
            float(distinct.mean()),
            "loses-ties",
            "Two flights landed in the same minute and you count one of them.",
        ),
        (
            float(first.mean()),
            "loses-ties",
            "Two flights landed in the same minute and you count one of them.",
        ),
        (
            float(arrivals["arr_delay"][inside].median()),
            "median",
            "That is the median. The feature is the mean.",
        ),
    )
    for value, message_id, message in misread:
        if _all_same([given], [value]):
            return wrong(message_id, message)
    one_hour = mean((landed >= moment - pd.Timedelta(hours=1)) & (landed < moment))
    if hours == 3 and _all_same([given], [one_hour]):
        return wrong("ignores-hours", "The window is one hour long, whatever `hours` says.")
    if abs(given - right) < 0.1:
        return wrong("rounded", f"You say {given:g}, which is rounded. Return the mean as it is.")
    return wrong(
        "other-mean",
        f"{int(inside.sum())} flights landed in the {hours} h before, with a mean delay of "
        f"{right:.4g} minutes. You say {_said(given)}.",
    )


# --- 8.5 Write the parity test -------------------------------------------------------------------


def check_differing(answer: Answer) -> Verdict | None:
    """Compare equal sides first, then one difference after another, then all of them."""
    training = _training()
    same = training.iloc[::-1]
    found = _shares(answer, training, same)
    if found:
        name = min(found, key=str)
        if set(found) == set(training) and all(share == 0 for share in found.values()):
            return wrong(
                "lists-equal",
                "Two equal sides give a report of zeros. Report the columns that differ, so that "
                "an empty report means agreement.",
            )
        if set(found) <= {"wind_speed", "gate"}:
            return wrong(
                "nan-differs",
                "You report a difference where both sides have no value: `nan` isn't equal to "
                "itself, and both sides agree that nothing is known.",
            )
        return wrong(
            "by-position",
            f"Both sides are the same, only the rows of serving come in another order, and you "
            f"report `{name}`. The index names the flight; compare by it.",
        )
    return _one_difference_at_a_time(answer, training)


def _training() -> Any:
    import pandas as pd

    return pd.DataFrame(
        {
            "departure_minute": [375.0, 600.0, 725.0, 1139.0, 480.0],
            "temp": [32.0, 50.0, 41.0, 68.0, 95.0],
            "wind_speed": [0.0, 11.5, 23.0, None, 4.6],
            "carrier": ["UA", "B6", "UA", "DL", "AA"],
            "gate": ["A1", None, "C3", "C3", "B2"],
        },
        index=[21, 7, 13, 4, 11],
    )


def _shares(answer: Answer, training: Any, serving: Any) -> dict[Any, float]:
    found = answer.call(training, serving, returns=mapping)
    if any(share is ... for share in found.values()):
        raise Stop(NOT_ATTEMPTED)
    try:
        return {name: number(share) for name, share in found.items()}
    except Mismatch:
        raise Stop(
            wrong("not-numbers", "The report gives a share, a number, for each column.")
        ) from None


def _one_difference_at_a_time(answer: Answer, training: Any) -> Verdict | None:
    minute = training["departure_minute"]
    rounded = training.assign(temp=training["temp"] + 1e-9)
    if _shares(answer, training, rounded):
        return wrong(
            "rounding",
            "`temp` differs by 0.000000001 °F and you report it. Two programs round differently "
            "in the last digits; a test that fails on that is soon switched off.",
        )
    cases: tuple[tuple[Any, dict[str, float], str, str], ...] = (
        (
            training.assign(departure_minute=minute // 60 * 100 + minute % 60),
            {"departure_minute": 1.0},
            "unit-unseen",
            "Serving passes 06:15 as 615 and training as 375, and likewise in every row.",
        ),
        (
            training.assign(temp=training["temp"].replace(68.0, 68.5)),
            {"temp": 0.2},
            "small-unseen",
            "In one of five rows serving says 68.5 °F and training 68 °F. That is no rounding.",
        ),
        (
            training.assign(departure_minute=minute.replace(725.0, 725.0001)),
            {"departure_minute": 0.2},
            "too-tolerant",
            "In one of five rows serving says 725.0001 and training 725, which is more than "
            "0.000001. (`np.isclose` also lets a share of the number pass, its `rtol`.)",
        ),
        (
            training.fillna({"wind_speed": 0.0}),
            {"wind_speed": 0.2},
            "gap-unseen",
            "In one of five rows training has no wind and serving says 0. A comparison with a "
            "missing value is never true, so neither `<` nor `>` finds it.",
        ),
        (
            training.assign(gate=training["gate"].mask(training["gate"] == "C3")),
            {"gate": 0.4},
            "gap-unseen",
            "In two of five rows training has a gate and serving has none.",
        ),
        (
            training.assign(carrier=training["carrier"].str.lower()),
            {"carrier": 1.0},
            "text-unseen",
            "Serving writes the carrier in small letters in every row.",
        ),
        (
            training.drop(columns="temp"),
            {"temp": 1.0},
            "column-unseen",
            "Serving doesn't compute `temp` at all.",
        ),
        (
            training.assign(humid=60.0),
            {"humid": 1.0},
            "extra-unseen",
            "Serving has a column `humid` that training never saw.",
        ),
    )
    for serving, expected, message_id, case in cases:
        found = _shares(answer, training, serving.iloc[[3, 1, 4, 0, 2]])
        if verdict := _wrong_report(found, expected, message_id, case):
            return verdict
    both = training.fillna({"wind_speed": 0.0}).assign(temp=(training["temp"] - 32) * 5 / 9)
    found = _shares(answer, training, both)
    if set(found) != {"wind_speed", "temp"}:
        return wrong(
            "first-only",
            "Where `temp` and `wind_speed` both differ, your report names "
            f"{_named(found)}. Go on after the first difference.",
        )
    return None


def _wrong_report(
    found: dict[Any, float], expected: dict[str, float], message_id: str, case: str
) -> Verdict | None:
    name, share = next(iter(expected.items()))
    if name not in found:
        return wrong(message_id, f"{case} Your report names {_named(found)}.")
    others = {key: value for key, value in found.items() if key != name}
    if others and not any(others.values()):
        return wrong(
            "lists-equal",
            "Your report has columns that agree, with 0. Leave them out: an empty report means "
            "agreement.",
        )
    if others:
        return wrong("too-many", f"{case} Your report names {_named(found)}.")
    if _same(found[name], share):
        return None
    if _same(found[name], 100 * share):
        return wrong("percent", "That is in per cent. A share lies between 0 and 1.")
    if _same(found[name], 5 * share):
        return wrong("count", "That is the number of rows. Divide by how many there are.")
    return wrong(
        "other-share", f"{case} The share for `{name}` is {share:g}, and you say {found[name]:g}."
    )


def _named(found: dict[Any, float]) -> str:
    return ", ".join(f"`{name}`" for name in found) or "no column"


# --- 8.6 What would have told you? ---------------------------------------------------------------

TESTS = ("score", "deletion", "parity", "none")
ACCEPTED = {
    "A": ("deletion",),
    "B": ("parity",),
    "C": ("none",),
    "D": ("deletion",),
    "E": ("parity",),
}
REASONS = {
    ("A", "score"): (
        "score-looks-good",
        "A's AUC of 0.794 is 0.025 above the honest one, and in chapter 07 right features "
        "gained four times as much. Going by the score you would have released it.",
    ),
    ("A", "parity"): (
        "parity-sees-two-sides",
        "In A both sides run the same code on the same full table and agree to the last digit. "
        "They agree on a value that nobody will have.",
    ),
    ("B", "score"): (
        "score-before-serving",
        "B's score was measured on the training side, before the service changed anything. The "
        "true AUC of what is served arrives with the labels, days later.",
    ),
    ("B", "deletion"): (
        "nothing-from-the-future",
        "In B nothing comes from the future: the timetable is known months ahead. It is the same "
        "value in another unit.",
    ),
    ("C", "deletion"): (
        "guessed-known-at",
        "In C the deletion test asks `known_at` what was known, and `known_at` is a guess. It "
        "deletes what the guess says and finds nothing.",
    ),
    ("C", "parity"): (
        "guessed-known-at",
        "In C training and serving would compute the same from the same table. The table itself "
        "says something that nobody recorded.",
    ),
    ("C", "score"): (
        "score-looks-good",
        "C's score is good, as a good feature's would be. It doesn't say why.",
    ),
    ("D", "parity"): (
        "parity-sees-two-sides",
        "In D both sides read the same file of late rates, so they agree.",
    ),
    ("D", "none"): (
        "function-runs-again",
        "In D the file is only where the rates are kept. The function that makes it takes the "
        "history: run it with the flights deleted that had not landed, and the rates change.",
    ),
    ("D", "score"): (
        "score-looks-good",
        "D gains little, and each destination has so many flights that the score looks modest. "
        "The rates still hold the flights of the test.",
    ),
    ("E", "score"): (
        "score-before-serving",
        "E's score was measured with gaps left as gaps. Nobody scored what is served.",
    ),
    ("E", "deletion"): (
        "nothing-from-the-future",
        "In E nothing comes from the future. The two sides treat a gap differently.",
    ),
}


def check_what_tells(answer: Answer) -> Verdict | None:
    """Say for each fault why the test that was named stays silent."""
    given = answer.value(mapping)
    if any(test is ... for test in given.values()):
        return NOT_ATTEMPTED
    missing = [fault for fault in ACCEPTED if fault not in given]
    if missing:
        return wrong("fault-missing", f"Fault {missing[0]} has no test yet.")
    for fault, accepted in ACCEPTED.items():
        test = str(given[fault]).strip().casefold()
        if test not in TESTS:
            return wrong(
                "unknown-test", f"`{given[fault]}` isn't one of the four: {', '.join(TESTS)}."
            )
        if test in accepted:
            continue
        if test == "none" and (fault, test) not in REASONS:
            return wrong(
                "one-does",
                f"One of the tests finds {fault}. Ask of each: what does it compare with what?",
            )
        return wrong(*REASONS[fault, test])
    return None


EXERCISES = (
    Exercise(
        "8.1",
        "Has it left already?",
        check_share_left,
        hints=(
            "For each flight there is one question: did it leave before the moment?",
            "The moment lies `minutes` before scheduled departure, so it differs from flight to "
            "flight. `pd.Timedelta(minutes=minutes)` is a length of time.",
            "What does a comparison say where the departure is missing? Look at it, and at what "
            "the mean of `True` and `False` divides by.",
        ),
        why="A comparison with a missing time is `False`, which is right here: a cancelled flight "
        "never left. The mean of the comparison divides by all flights that were asked about.",
    ),
    Exercise(
        "8.2",
        "Delete the future",
        check_as_known_then,
        hints=(
            "Two events fill in a flight's row, one after the other. Which columns does each fill?",
            "`column.where(condition)` keeps a value where the condition is true and makes it "
            "missing elsewhere; it also works on several columns at once.",
            "A flight may have left and not landed, so there are two conditions. What makes each "
            "of them true is an event that took place, and not one that was planned.",
        ),
        why="The timetable is known in advance, so no row disappears. What the departure fills in "
        "is known from the departure and what the landing fills in from the landing; the minute "
        "of the moment isn't over. A cancelled flight looks like one that waits, because the "
        "table doesn't say when it was cancelled.",
    ),
    Exercise(
        "8.3",
        "The last arrival that was known",
        check_last_known_delay,
        hints=(
            "What is looked up is when a delay became known. Which of the two arrival times is it?",
            "`pd.merge_asof(left, right, left_on=..., right_on=..., by=...)` wants both sides "
            "sorted by time. It has a switch, `allow_exact_matches`, for equal times.",
            "Sorting changes the order and `merge_asof` drops the index. Keep what you need to go "
            "back: the index as a column, say. And look at what happens to missing tail numbers.",
        ),
        why="An as-of join by the time of landing takes, for each question, the latest arrival of "
        "that aircraft which had taken place. Joined by the scheduled time it would hand out "
        "delays of aircraft that are still in the air. Two missing tail numbers match each other "
        "in pandas, so they are taken out.",
    ),
    Exercise(
        "8.4",
        "The edges of the window",
        check_recent_delay,
        hints=(
            "Two comparisons make a window. One of them includes equality, the other doesn't.",
            "`(a >= start) & (a < end)` selects; with `.loc[rows, name]` you get the delays.",
            "What does `.mean()` say of no rows? Try it on an empty selection.",
        ),
        why="The start belongs to the window and the end doesn't, so that a flight that lands in "
        "the very minute of the moment isn't counted as known. Two flights in one minute are two "
        "flights. The mean of nothing is `nan`, and a model can tell that from 0.",
    ),
    Exercise(
        "8.5",
        "Write the parity test",
        check_differing,
        hints=(
            "Bring serving into training's order first: `serving.loc[training.index]`. Then go "
            "through the columns, those of training and those that only serving has.",
            "Two values agree if both are missing. They can't agree if one of them is.",
            "For numbers, look at the size of the difference; for texts, at equality. "
            "`pd.api.types.is_numeric_dtype` tells which you have.",
        ),
        why="Rows are matched by their name and not by their position. Missing on both sides is "
        "agreement and missing on one is not, which neither `==` nor `<` would have said. A "
        "tolerance leaves out rounding, and a column that one side lacks differs everywhere.",
    ),
    Exercise(
        "8.6",
        "What would have told you?",
        check_what_tells,
        hints=(
            "The deletion test compares a value with itself, computed later. Parity compares two "
            "programs. The score compares a model with the truth, on the training side.",
            "Ask of each fault: is the value from a later time, or is it the same value written "
            "differently? And does anything on record say when it was known?",
        ),
        why="A and D hold values from later, which the deletion test finds. B and E are the same "
        "moment computed in two ways, which parity finds. In C the record of when a value was "
        "known is itself made up, and every test that relies on it agrees; only somebody who "
        "knows where the column comes from can tell.",
    ),
)
