"""The exercises of chapter 15: windows over edges, rows that move, and what a cluster costs."""

import copy
from collections.abc import Iterable
from itertools import islice
from typing import Any

from workbook.exercise import (
    NOT_ATTEMPTED,
    Answer,
    Exercise,
    Mismatch,
    Verdict,
    column,
    number,
    wrong,
)

# --- 15.1 A window has a past --------------------------------------------------------------------

# name: scheduled departure and arrival, in hours after the partition's first prediction.
LANDINGS: dict[str, tuple[float, float]] = {
    "of the partition": (1, 4),
    "landed just before": (-3, -1),
    "left before, landed inside": (-2, 2),
    "long on its way": (-31, -20),
    "at the edge": (-27, -24),
    "too old": (-30, -25),
    "lands after": (46, 50),
    "at the last moment": (45, 48),
    "just before the last moment": (46, 48 - 1 / 60),
    "never landed": (3, float("nan")),
}


def check_lookback(answer: Answer) -> Verdict | None:
    """Try landings around a partition, on both edges, late ones, and another window."""
    import pandas as pd

    first = pd.Timestamp("2013-03-01 05:00", tz="UTC")
    last, day = first + pd.Timedelta(hours=48), pd.Timedelta(hours=24)
    hours = pd.Timedelta(hours=1)
    names = list(LANDINGS)
    history = pd.DataFrame(
        {
            "name": names,
            "scheduled_departure": [first + LANDINGS[name][0] * hours for name in names],
            "actual_arrival": first
            + pd.to_timedelta([landed for _, landed in LANDINGS.values()], unit="h"),
        },
        index=[11, 7, 5, 3, 2, 13, 17, 19, 23, 29],
    )
    kept = answer.call(history, first, last, day, returns=_rows_of)
    if kept is None:
        return NOT_ATTEMPTED
    if "name" not in kept[1]:
        lost = [f"`{name}`" for name in history.columns if name not in kept[1]]
        return wrong(
            "lost-columns",
            f"The table that you return lacks {', '.join(lost)}: return whole rows of `history`.",
        )
    got = {name for _, name in kept[0]}
    if not got & {"landed just before", "long on its way", "at the edge"}:
        return wrong(
            "cut-window",
            "A flight that landed an hour before the partition's first prediction is missing. The "
            "24 hours before that prediction lie in the partition before: cut there, the first "
            "windows of each month are short, and nothing says so.",
        )
    if "left before, landed inside" not in got:
        return wrong(
            "own-landings",
            "A flight that left before the first prediction and landed two hours after it is "
            "missing. The month in which a flight was scheduled doesn't matter here, only when it "
            "landed.",
        )
    if "just before the last moment" not in got:
        return wrong(
            "short-end",
            "A flight that landed one minute before the partition's last prediction is missing. "
            "The window of that prediction ends at the moment itself, so the rows go up to `last`.",
        )
    if "long on its way" not in got:
        return wrong(
            "by-schedule",
            "A flight that was scheduled 31 hours before the first prediction and landed 20 hours "
            "before it is missing. It lies inside the 24 hours, because a window counts from when "
            "a row was **known**: use `actual_arrival`.",
        )
    if "too old" in got:
        return wrong(
            "too-much",
            "You keep a flight that landed 25 hours before the first prediction, and no window of "
            "24 hours sees it. The result would be right, and each worker would carry a year.",
        )
    if "lands after" in got:
        return wrong(
            "the-future",
            "You keep a flight that landed two hours after the partition's last prediction. Nobody "
            "asks about it here.",
        )
    if "at the edge" not in got:
        return wrong(
            "open-edge",
            "A flight that landed exactly 24 hours before the first prediction is missing: the "
            "start of the window belongs to it.",
        )
    if "at the last moment" in got:
        return wrong(
            "closed-end",
            "You keep a flight that landed at the very moment of the last prediction. A window "
            "ends before its moment, because the clocks have no seconds (chapter 08).",
        )
    if "never landed" in got:
        return wrong("never-landed", "You keep a flight that never landed: no window sees it.")
    right = {
        "of the partition",
        "landed just before",
        "left before, landed inside",
        "long on its way",
        "at the edge",
        "just before the last moment",
    }
    if got != right:
        return wrong(
            "other-rows",
            "A partition needs the flights that landed from `first` - `window` on and before "
            f"`last`; your function keeps: {', '.join(sorted(got)) or 'none'}.",
        )
    if set(kept[1]) != set(history.columns):
        return wrong(
            "other-columns",
            "The rows are right, and the table has other columns than `history`: make masks beside "
            "it.",
        )
    if not set(kept[0]) <= set(zip(history.index, history["name"], strict=True)):
        return wrong("other-index", "The rows are right, and their index is new: keep it.")
    short = answer.call(history, first, last, 3 * hours, returns=_rows_of)
    if short is None or {"long on its way", "at the edge"} & {name for _, name in short[0]}:
        return wrong(
            "fixed-window",
            "With a window of 3 hours your function still keeps flights that landed 20 hours "
            "before. Take `window`.",
        )
    early = answer.call(history, first, first + 3 * hours, day, returns=_rows_of)
    if early is None or "of the partition" in {name for _, name in early[0]}:
        return wrong(
            "ignores-last",
            "With a partition that ends three hours after its first prediction, your function "
            "keeps a flight that landed an hour later. Take `last`.",
        )
    if answer.mutates(history, first, last, day):
        return wrong(
            "changes-history",
            "The rows are right, and `history` has changed: the next partition needs it as it was. "
            "Select rows, and drop none in place.",
        )
    return None


def _rows_of(value: Any) -> tuple[list[tuple[Any, str]], list[str]] | None:
    """Return the index and name of each row, and the columns."""
    import pandas as pd

    if value is ...:
        return None
    if not isinstance(value, pd.DataFrame):
        raise Mismatch("a DataFrame, the rows of `history` and not a mask for them,")
    if "name" not in value:
        return [], [str(name) for name in value.columns]
    rows = [(index, str(name)) for index, name in zip(value.index, value["name"], strict=True)]
    return rows, [str(name) for name in value.columns]


# --- 15.2 Find the shuffle -----------------------------------------------------------------------

Step = dict[str, Any]
DAY, ROUTE = {"do": "group", "by": ["day"]}, {"do": "group", "by": ["route"]}
BOTH = {"do": "group", "by": ["day", "route"]}
FILTER, SEND = {"do": "filter"}, {"do": "send"}
NEW_DAY, NEW_DELAY = {"do": "assign", "column": "day"}, {"do": "assign", "column": "delay"}
JOIN_DAY = {"do": "join", "by": ["day"]}


def check_shuffles(answer: Answer) -> Verdict | None:
    """Try plans with one trap each: small tables, subsets, supersets, and a key that changes."""

    def found(steps: list[Step], lies_by: list[str]) -> list[int] | None:
        return answer.call(_apart(steps), lies_by, returns=_positions_or_none)

    first = found([FILTER, SEND, NEW_DELAY, DAY], ["day"])
    if first is None:
        return NOT_ATTEMPTED
    if found([FILTER, ROUTE, ROUTE], ["day"]) == [2]:
        return wrong(
            "counts-from-one",
            "In the plan filter, group by route, group by route only the first group moves rows. "
            "Its position is 1, counted from 0, and your function returns 2.",
        )
    if set(first) & {0, 1, 2}:
        return wrong(
            "moves-nothing",
            "A filter, a new column and a small table that is sent to everybody leave each row "
            "where it is.",
        )
    if 3 in first:
        if 3 not in (found([FILTER, DAY], ["day"]) or []) and 1 not in (
            found([FILTER, DAY], ["day"]) or []
        ):
            return wrong(
                "any-assign",
                "Writing `delay` doesn't change where the rows of a day lie. Only a column "
                "by which the rows lie matters.",
            )
        return wrong(
            "always-moves",
            "The rows lie by day, and a group by day needs the rows of a day together. They are: "
            "nothing moves.",
        )
    if found([JOIN_DAY], ["day"]) != []:
        return wrong(
            "join-always-moves",
            "A join needs what a group needs, and no more. The rows lie by day, so a join by day "
            "finds them together: nothing moves.",
        )
    if found([BOTH], ["day"]):
        return wrong(
            "subset",
            "The rows lie by day. Rows that are equal in day **and** route are equal in day, so "
            "they are together already, and nothing moves.",
        )
    if found([DAY], ["day", "route"]) != [0]:
        return wrong(
            "superset",
            "Rows that lie by day and route are together only if they are equal in both. The "
            "routes of one day may be on different workers, so a group by day moves them.",
        )
    if found([DAY], []) != [0]:
        return wrong(
            "knows-nothing",
            "With an empty `lies_by` nothing is known about where rows lie, so a group moves them. "
            "`all(...)` over nothing is True: treat this case on its own.",
        )
    if found([ROUTE, ROUTE], ["day"]) != [0]:
        return wrong(
            "stays-put",
            "A group by route moved the rows: from then on they lie by route, and a second group "
            "by route moves nothing.",
        )
    if found([ROUTE, DAY], ["day"]) != [0, 1]:
        return wrong(
            "remembers-both",
            "After a group by route has moved the rows they no longer lie by day: the group by day "
            "moves them back.",
        )
    if found([BOTH, DAY], ["day"]) != []:
        return wrong(
            "relabels",
            "The group by day and route moved nothing, so the rows still lie by day. The group by "
            "day after it moves nothing either.",
        )
    if found([NEW_DAY, JOIN_DAY], ["day"]) != [1]:
        return wrong(
            "key-changed",
            "The day was written anew, and the rows still lie by the old one. A join that believes "
            "they lie by the new day looks for each on the wrong worker: that was the error of "
            "this chapter's opening. Nothing is known any more, so the join has to move them.",
        )
    if found([JOIN_DAY, NEW_DAY, JOIN_DAY], []) != [0, 2]:
        return wrong(
            "key-changed-after-a-move",
            "This is the plan of the chapter: join by day, write the day anew, join by day. The "
            "first join moved the rows by day, so writing the day breaks its promise, and the "
            "second join has to move them: `[0, 2]`. What counts is by which columns the rows lie "
            "**now**, not in the beginning.",
        )
    if found([NEW_DAY, BOTH], ["day", "route"]) != [1]:
        return wrong(
            "key-changed-in-part",
            "The rows lay by day and route, and the day was written anew. Half of a key is no "
            "promise: nothing is known of where they lie.",
        )
    if found([{"do": "join", "by": ["route"]}, FILTER, ROUTE, NEW_DELAY], []) != [0]:
        return wrong(
            "other-plan",
            "In the plan join by route, filter, group by route, assign delay only the join moves "
            "rows, when nothing is known before it.",
        )
    if found([], ["day"]) != []:
        return wrong("no-steps", "A plan without steps moves nothing: return an empty list.")
    turned = found([{"do": "group", "by": ["route", "day"]}], ["day", "route"])
    if turned != []:
        return wrong(
            "order-matters",
            "Day and route are the same columns as route and day: their order doesn't matter.",
        )
    plans: tuple[tuple[list[Step], list[str]], ...] = (
        ([NEW_DAY, ROUTE], ["day"]),
        ([ROUTE], ["day"]),
        ([JOIN_DAY, NEW_DAY, JOIN_DAY], []),
    )
    if any(answer.mutates(_apart(steps), lies_by) for steps, lies_by in plans):
        return wrong(
            "changes-its-input",
            "The positions are right, and your function has changed `steps` or `lies_by`. Work on "
            "a copy.",
        )
    return None


def _apart(steps: list[Step]) -> list[Step]:
    """Return copies of the steps, so that no two of them are the same object."""
    return [copy.deepcopy(step) for step in steps]


def _positions(value: Any) -> list[int]:
    expected = "a list of the positions of steps, whole numbers counted from 0,"
    if isinstance(value, Iterable) and not isinstance(value, str | dict):
        try:
            value = list(islice(value, 1_000))
        except Exception:
            raise Mismatch(expected) from None
        if any(isinstance(each, dict) for each in value):
            raise Mismatch(
                "a list of positions (whole numbers, counted from 0), not of the steps themselves,"
            )
    try:
        found = [number(each) for each in column(value)]
    except Mismatch:
        raise Mismatch(expected) from None
    if any(not each.is_integer() for each in found):
        raise Mismatch(expected)
    return sorted(int(each) for each in found)


def _positions_or_none(value: Any) -> list[int] | None:
    return None if value is ... else _positions(value)


# --- 15.3 Decide by cost -------------------------------------------------------------------------


def _option(**changed: float) -> dict[str, float]:
    usual = {
        "machines": 1,
        "start": 0.0,
        "rows_per_hour": 100.0,
        "largest": float("inf"),
        "price": 1.0,
        "upkeep": 0.0,
    }
    return usual | changed


def check_cheapest(answer: Answer) -> Verdict | None:
    """Try one reason for each choice, a tie, nothing that fits, and both limits exactly."""
    usual = {"small": _option(), "large": _option(price=3.0, rows_per_hour=150.0)}
    found = answer.call(usual, 400, 10, returns=_choice_or_none)
    if found is ...:
        return NOT_ATTEMPTED
    if found == "large":
        return wrong(
            "the-fastest",
            "Of two that are done in time you choose the dearer one. Small takes 4 hours and costs "
            "4; large is done sooner and costs 8. The deadline is met by both.",
        )
    if found != "small":
        return wrong(
            "other-choice",
            f"For 400 rows and 10 hours small costs 4 and large 8. Your function says {found!r}.",
        )
    if answer.call(usual, 400, 3, returns=_choice) != "large":
        return wrong(
            "ignores-deadline",
            "Within 3 hours small can't do 400 rows, and large can. What comes too late is no "
            "option, however cheap.",
        )
    if answer.call(usual, 400_000, 10, returns=_choice) is not None:
        return wrong(
            "nothing-fits",
            "400,000 rows are too many for both. Return `None`: the deadline or the job has to "
            "change, and somebody should hear of it.",
        )
    half = {"quick": _option(rows_per_hour=160, price=2.0), "slow": _option(price=1.1)}
    if answer.call(half, 400, 10, returns=_choice) != "slow":
        return wrong(
            "whole-hours",
            "400 rows at 160 an hour take 2.5 hours, at 2 an hour that is 5, and 4 hours at 1.1 "
            "are 4.4. Half an hour is half of the price here: don't round the hours.",
        )
    if answer.call({"quick": half["quick"]}, 400, 2, returns=_choice) is not None:
        return wrong(
            "whole-hours",
            "400 rows at 160 an hour take 2.5 hours, and aren't done within 2. Don't round the "
            "hours.",
        )
    together = {"many": _option(machines=4, rows_per_hour=200)}
    if answer.call(together, 400, 1, returns=_choice) is not None:
        return wrong(
            "scales-by-itself",
            "`rows_per_hour` was measured with all machines of the option together: 200 with four "
            "of them, and not 200 for each. 400 rows take 2 hours and not half of one.",
        )
    memory = {"small": _option(largest=300), "large": _option(price=3.0)}
    if answer.call(memory, 400, 10, returns=_choice) != "large":
        return wrong(
            "ignores-memory",
            "Small can't hold 400 rows: its `largest` is 300. It would be killed, and start again.",
        )
    packed = {"many": _option(machines=4, largest=300, rows_per_hour=400)}
    if answer.call(packed, 400, 10, returns=_choice) is not None:
        return wrong(
            "memory-adds-up",
            "An option of four machines has a `largest` of 300, and 400 rows don't fit: `largest` "
            "is what the option holds with all its machines, as `rows_per_hour` is.",
        )
    many = {
        "one": _option(price=2.0, rows_per_hour=50),
        "many": _option(machines=8, rows_per_hour=160),
    }
    choice = answer.call(many, 400, 10, returns=_choice)
    if choice != "one":
        return wrong(
            "one-bill",
            "Eight machines for 2.5 hours at 1 each are 20, one machine for 8 hours at 2 is 16. "
            "The price is for each machine and hour.",
        )
    starts = {
        "cluster": _option(start=2.0, rows_per_hour=1_000, price=2.0),
        "laptop": _option(rows_per_hour=100),
    }
    if answer.call(starts, 200, 10, returns=_choice) != "laptop":
        return wrong(
            "forgets-start",
            "The cluster needs 2 hours to start, and they are paid for: 2.2 hours at 2 are 4.4. "
            "The laptop is done in 2 hours for 2.",
        )
    waiting = {
        "four": _option(machines=4, start=1.0, rows_per_hour=400),
        "alone": _option(price=1.5),
    }
    if answer.call(waiting, 400, 10, returns=_choice) != "alone":
        return wrong(
            "start-of-all-machines",
            "Four machines start for an hour and work for an hour: that is 8 hours of a machine, "
            "at 1 each 8. One machine for 4 hours at 1.5 is 6. While an option starts, **all** of "
            "its machines are paid for.",
        )
    if answer.call({"late": _option(start=2.0)}, 200, 3, returns=_choice) is not None:
        return wrong(
            "start-on-time",
            "With 2 hours to start and 2 to work, an option isn't done within 3.",
        )
    upkeep = {"cluster": _option(rows_per_hour=400, upkeep=9.0), "laptop": _option()}
    if answer.call(upkeep, 400, 10, returns=_choice) != "laptop":
        return wrong(
            "forgets-people",
            "The cluster costs 1 for its hour and 9 for the people who keep it running: 10. The "
            "laptop costs 4.",
        )
    team = {
        "team": _option(machines=4, rows_per_hour=200, upkeep=3.0),
        "alone": _option(price=3.0),
    }
    if answer.call(team, 400, 10, returns=_choice) != "team":
        return wrong(
            "upkeep-once",
            "`upkeep` is for one run, whatever its hours and machines. Four machines for 2 hours "
            "at 1 and an upkeep of 3 are 11; one machine for 4 hours at 3 is 12.",
        )
    parts = {"team": _option(machines=4, rows_per_hour=160), "alone": _option(price=2.75)}
    if answer.call(parts, 400, 10, returns=_choice) != "team":
        return wrong(
            "whole-hours",
            "Half an hour is half of the price here: four machines for 2.5 hours at 1 are 10, and "
            "one machine for 4 hours at 2.75 is 11. Don't round the hours.",
        )
    if answer.call({}, 400, 10, returns=_choice) is not None:
        return wrong("no-options", "Without any option there is nothing to choose: return `None`.")
    if answer.call({"just": _option()}, 400, 4, returns=_choice) != "just":
        return wrong("deadline-itself", "Four hours of work are done within a deadline of 4 hours.")
    if answer.call({"full": _option(largest=400)}, 400, 10, returns=_choice) != "full":
        return wrong("largest-itself", "400 rows fit where the largest table has 400.")
    close = {"slow": _option(), "zoom": _option(machines=2, rows_per_hour=200, price=1.001)}
    if answer.call(close, 400, 10, returns=_choice) != "slow":
        return wrong(
            "rounds-the-cost",
            "One option costs 4 and is done in 4 hours, the other costs 4.004 and is done in 2. "
            "4 is less, however little: don't round the cost. Only of several with the same cost "
            "the one that is done first is chosen.",
        )
    tie = {
        "slow": _option(),
        "waits": _option(start=3.0, rows_per_hour=400),
        "zoom": _option(machines=2, rows_per_hour=200),
        "slower": _option(rows_per_hour=50, price=0.5),
    }
    turned = dict(reversed(list(tie.items())))
    renamed = {{"zoom": "agile"}.get(name, name): option for name, option in tie.items()}
    choices = [answer.call(each, 400, 10, returns=_choice) for each in (tie, turned, renamed)]
    if choices == ["waits"] * 3:
        return wrong(
            "tie-without-start",
            "All four cost 4, and you choose the one that works for the shortest time: one hour, "
            "after a start of three. Another one is done after 2 hours.",
        )
    if choices[0] == choices[1] == "slow" and choices[2] == "agile":
        return wrong(
            "tie-by-name",
            "All four cost 4, and you choose by the name. A pair of cost and name compares names "
            "where the costs are equal: put the hours there.",
        )
    if choices != ["zoom", "zoom", "agile"]:
        return wrong(
            "tie",
            "All four cost 4. Of several of the same cost the one that is done first is to be "
            "chosen, in whatever order they are given.",
        )
    return None


def _choice(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise Mismatch("the name of an option, or `None`")
    return None if value is None else str(value)


def _choice_or_none(value: Any) -> Any:
    return ... if value is ... else _choice(value)


EXERCISES = (
    Exercise(
        "15.1",
        "A window has a past",
        check_lookback,
        hints=(
            "The window of the first prediction begins before it. How far does that of the last "
            "prediction go?",
            "Two comparisons of one column. Which one says when a flight's delay became known, and "
            "what is it for a flight that never landed?",
            "A window includes its start and excludes its end. Which comparison is strict?",
        ),
        why="A partition is cut by one time, and its windows look back by another: from the first "
        "prediction minus the window to the last prediction, by when a row was known. So each task "
        "reads little, and its result doesn't depend on where the cut is.",
    ),
    Exercise(
        "15.2",
        "Find the shuffle",
        check_shuffles,
        hints=(
            "Walk through the steps and remember one thing on the way: by which columns the rows "
            "lie now. Which steps can change that?",
            "For a join or a group compare two sets. Rows that are equal in many columns are equal "
            "in a few of them, and not the other way round.",
            "When nothing is known, rows have to move. It is so for an empty `lies_by`, and after "
            "a column was written by which the rows lay at that moment.",
        ),
        why="Rows that lie by some columns are together for every key that contains these columns. "
        "A move costs the network and buys a new promise; writing one of the columns breaks the "
        "promise, and a planner that overlooks this is fast and wrong.",
    ),
    Exercise(
        "15.3",
        "Decide by cost",
        check_cheapest,
        hints=(
            "First the hours of each option, with its start. Two conditions then decide whether it "
            "is one at all.",
            "The bill has two parts. Only one of them grows with the hours and with the machines: "
            "which one?",
            "`min` with a `key` that returns a pair compares the second where the first is equal, "
            "and has a `default` for when nothing is left.",
        ),
        why="Deadline and memory are conditions, cost decides among what is left. Throughput is "
        "measured and not multiplied, a start is paid for, and so are the people who keep a "
        "cluster running.",
    ),
)
