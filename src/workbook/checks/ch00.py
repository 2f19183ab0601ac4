"""The exercises of chapter 00: how an exercise works, and which flights are counted."""

from workbook.exercise import Answer, Exercise, Verdict, number, wrong

LATE_MINUTES = 30


def check_flights_in_2013(answer: Answer) -> Verdict | None:
    """Compare with the number of rows of the flights."""
    from flightline.data import load_flights

    flights = load_flights(columns=["dep_time", "arr_delay"])
    given = answer.value(number)
    if given == len(flights):
        return None
    if given == flights["dep_time"].count():
        return wrong(
            "flew-only",
            "That is how many flights took off. The cancelled ones have a row too, and the "
            "question counts every flight that was scheduled.",
        )
    if given == flights["arr_delay"].count():
        return wrong(
            "arrived-only",
            "That is how many flights arrived. The ones that were cancelled or diverted have a row "
            "too, and the question counts them all.",
        )
    if given > len(flights):
        return wrong(
            "cells-not-rows",
            "That is more than there are rows. `size` counts every cell of the table; a flight is "
            "one row.",
        )
    if given < 100:
        return wrong(
            "columns-not-rows",
            "That is about how many columns the table has. A flight is one row.",
        )
    return wrong(
        "not-all-rows", "That is fewer than there are rows. Count every row of `flights` once."
    )


# What a plausible mistake gives for the delays below, and what to say to it.
MISTAKES = (
    (
        2 / 8,
        "missing-counts-as-on-time",
        "A flight that never arrived counts as on time here: `NaN >= 30` is `False`, so it stays "
        "in the number you divide by. Of the 5 flights that arrived, 2 were late; your function "
        "says 2 of 8.",
    ),
    (
        5 / 8,
        "missing-counts-as-late",
        "A flight that never arrived counts as late here. It has no arrival delay at all: leave it "
        "out of both counts.",
    ),
    (
        1 / 5,
        "exactly-30",
        "A flight that is exactly 30 minutes late isn't counted. The definition is 30 minutes "
        "**or more**.",
    ),
    (
        3 / 5,
        "early-counts-as-late",
        "A flight that landed 45 minutes early counts as late here. A delay below zero is early: "
        "leave its sign.",
    ),
    (
        2 / 3,
        "early-left-out",
        "Flights that landed early are left out. They arrived, so they belong to the number you "
        "divide by.",
    ),
    (2, "count-not-share", "That is how many were late. The question asks for a share."),
    (
        40,
        "percent-not-share",
        "That is a percentage. The docstring promises a share between 0 and 1.",
    ),
)


def check_share_late(answer: Answer) -> Verdict | None:
    """Try delays with gaps, ties at exactly 30 minutes, and none missing."""
    import numpy as np
    import pandas as pd

    delays = pd.Series([-45.0, -5.0, 30.0, 29.0, 31.0, np.nan, np.nan, np.nan])
    share = answer.call(delays, returns=number)
    for value, message_id, message in MISTAKES:
        if np.isclose(share, value):
            return wrong(message_id, message)
    if not np.isclose(share, 2 / 5):
        return wrong(
            "other-share",
            f"For the delays {delays.tolist()} the share is 2 of 5, and your function gives "
            f"{share:.4g}.",
        )
    later = answer.call(
        pd.Series([45.0, 120.0, 0.0, -20.0, 10.0], index=[9, 4, 7, 1, 3]), returns=number
    )
    if not np.isclose(later, 2 / 5):
        return wrong(
            "other-share",
            "With five flights that all arrived, two of them late, the share is 0.4, and your "
            f"function gives {later:.4g}. Does it depend on the first table only?",
        )
    return None


EXERCISES = (
    Exercise(
        "0.1",
        "How many flights?",
        check_flights_in_2013,
        hints=(
            "A table is a sequence of rows, and Python has one function for the length of any "
            "sequence.",
            'The same function tells you how many letters `"late"` has. Give it `flights`.',
        ),
        why="`len` of a table is its number of rows, and each row is one flight. Computing the "
        "number, in place of typing it, keeps it true when the table changes.",
    ),
    Exercise(
        "0.2",
        "Late, of which flights?",
        check_share_late,
        hints=(
            "Look at what `arr_delay >= 30` gives for a flight that has no arrival delay. Is that "
            "what you would say of a flight that was cancelled?",
            "The mean divides by the number of values. Which values have to go before you take it?",
            "pandas has a method that drops missing values from a column.",
        ),
        why="A comparison with a missing value is `False`, so a flight that never arrived would "
        "count as on time. Dropping the missing values first makes the population explicit: "
        "flights that arrived.",
        starter="wrong:missing-counts-as-on-time",
    ),
)
