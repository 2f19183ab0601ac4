"""The exercises of chapter 12: drift, labels that come late, decay, alarms and retraining."""

from typing import Any

from workbook.exercise import (
    NOT_ATTEMPTED,
    Answer,
    Exercise,
    Mismatch,
    Verdict,
    column,
    names,
    number,
    wrong,
)

# --- 12.1 Bins from the reference ----------------------------------------------------------------


def _near(value: float, expected: float) -> bool:
    return abs(value - expected) < 1e-9 + 1e-6 * abs(expected)


def _or_none(value: Any) -> float | None:
    return None if value is ... else number(value)


def check_psi(answer: Answer) -> Verdict | None:
    """Try other lengths, values outside the range, an empty bin, gaps and repeated values."""
    import numpy as np
    import pandas as pd

    from flightline.monitoring import psi

    rng = np.random.default_rng(12)
    before = pd.Series(rng.normal(50, 10, 400))
    after = pd.Series(rng.normal(58, 6, 150))
    found = answer.call(before, after, returns=_or_none)
    if found is None:
        return NOT_ATTEMPTED
    right = psi(before, after)
    if not _near(found, right):
        return _other_bins(found, before, after, right)
    far = before + 1_000
    above = answer.call(before, far, returns=number)
    if np.isinf(above) or np.isnan(above):
        return wrong(
            "empty-bin",
            "When all values lie in one bin, nine are empty, and the logarithm of 0 makes your "
            f"result {above}. Let no share count as less than 0.0001, on either side.",
        )
    if not _near(above, psi(before, far)):
        other = _other_rule(above, before, far)
        if other is not None:
            return other
        return wrong(
            "outside-lost",
            "Values above everything in the reference belong to the last bin, and values below to "
            "the first: these two have no outer edge. And no share counts as less than 0.0001: "
            f"your result for such values is {above:.3g} and not "
            f"{psi(before, far):.3g}.",
        )
    gaps = after.where(after > after.median())
    found = answer.call(before, gaps, returns=number)
    if not _near(found, psi(before, gaps)):
        return wrong(
            "missing-lost",
            "Half of the current values are missing, and your result is "
            f"{found:.3g}. Missing values are a bin of their own, with a share of **all** rows on "
            "each side: a feed that died is the largest drift there is.",
        )
    rain = pd.Series(np.repeat([0.0, 1, 2, 3, 4], [50, 20, 15, 10, 5]))
    storm = pd.Series(np.repeat([0.0, 1, 2, 3, 4], [20, 20, 20, 10, 30]))
    found = answer.call(rain, storm, returns=number)
    if not _near(found, psi(rain, storm)):
        return wrong(
            "edge-side",
            "In a column of whole numbers many values lie on an edge. Such a value belongs to "
            "the bin below it, on both sides of the comparison.",
        )
    return None


def _other_rule(found: float, before: Any, after: Any) -> Verdict | None:
    """Name the mistake of a sum over the right bins, or with deciles of another kind."""
    import numpy as np

    deciles = np.arange(1, 10) / 10

    def index(
        floor: float = 0.0001, added: float = 0.0, method: str = "linear", skip: bool = False
    ) -> float:
        edges = np.unique(np.quantile(before, deciles, method=method))  # type: ignore[call-overload]
        first, second = (
            np.bincount(np.searchsorted(edges, side), minlength=len(edges) + 1) / len(side)
            for side in (before, after)
        )
        if skip:
            both = (first > 0) & (second > 0)
            first, second = first[both], second[both]
        first, second = np.clip(first, floor, None) + added, np.clip(second, floor, None) + added
        return float(((second - first) * np.log(second / first)).sum())

    if any(_near(found, index() / np.log(base)) for base in (2, 10)):
        return wrong(
            "other-log",
            "Your logarithm has another base. The index takes the natural one, `np.log`, and its "
            "rule of thumb of 0.25 holds for that.",
        )
    if _near(found, index(skip=True)):
        return wrong(
            "skips-empty",
            "You leave out bins that are empty on one side. They are where the two columns differ "
            "most: count their share as 0.0001.",
        )
    if _near(found, index(floor=1e-12, added=0.0001)):
        return wrong(
            "adds-floor",
            "You add 0.0001 to each share. Only a share that is smaller counts as 0.0001; the "
            "others stay as they are.",
        )
    if any(_near(found, index(floor=floor)) for floor in (0.1, 0.01, 0.001, 1e-5, 1e-6, 1e-9)):
        return wrong("other-floor", "The smallest share isn't 0.0001 in your function.")
    methods = ("lower", "higher", "nearest", "midpoint", "hazen", "weibull", "inverted_cdf")
    if any(_near(found, index(method=method)) for method in methods):
        return wrong(
            "other-deciles",
            "Your deciles are another kind: where one falls between two values, `np.quantile` goes "
            "between them in proportion. Leave its `method` at that.",
        )
    return None


def _other_bins(found: float, before: Any, after: Any, right: float) -> Verdict:
    import numpy as np

    from flightline.monitoring import inner_edges, psi

    def with_edges(edges: Any) -> float:
        shares = [
            np.bincount(np.searchsorted(edges, side), minlength=len(edges) + 1) / len(side)
            for side in (before, after)
        ]
        first, second = (np.clip(share, 0.0001, None) for share in shares)
        return float(((second - first) * np.log(second / first)).sum())

    import pandas as pd

    both = pd.concat([before, after])
    even = [np.linspace(side.min(), side.max(), 11)[1:-1] for side in (before, after, both)]
    if _near(found, psi(after, before)) or _near(found, with_edges(inner_edges(both))):
        return wrong(
            "other-bins",
            "Your bins come from the current values, or from both columns together. Then the bins "
            "move with what you measure, and last month's number means something else. Take the "
            "deciles of the **reference**.",
        )
    if any(_near(found, with_edges(edges)) for edges in even):
        return wrong(
            "even-bins",
            "Your bins are equally wide. The deciles of the reference put a tenth of its values "
            "into each bin, so that none is nearly empty to begin with.",
        )
    if _near(found, -right):
        return wrong(
            "negative",
            "The size is right and the sign isn't: both factors have to look the same way, current "
            "minus reference and current divided by reference.",
        )
    other = _other_rule(found, before, after)
    if other is not None:
        return other
    if np.isnan(found) or np.isinf(found):
        return wrong(
            "empty-bin",
            f"Your result is {found}: a bin is empty on one side. Let no share count as less than "
            "0.0001.",
        )
    if abs(found) > 20:
        return wrong(
            "counts",
            f"{found:.4g} is far too large: the two columns have 400 and 150 values. Compare "
            "shares, not counts.",
        )
    edges = inner_edges(before)
    shares = [
        np.bincount(np.searchsorted(edges, side), minlength=10) / len(side)
        for side in (before, after)
    ]
    first, second = (np.clip(share, 0.0001, None) for share in shares)
    halves = [(second * np.log(second / first)).sum(), (first * np.log(first / second)).sum()]
    if any(_near(found, half) for half in halves):
        return wrong(
            "one-sided",
            "That weighs the logarithm by one side's share only. PSI weighs it by the "
            "**difference** of the shares, current minus reference.",
        )
    return wrong(
        "other-psi",
        f"For two columns of 400 and 150 values the index is {right:.3f}; your function says "
        f"{found:.3f}. Ten bins, from nine edges at the deciles of the reference.",
    )


# --- 12.2 Wait for the labels --------------------------------------------------------------------


def check_judged(answer: Answer) -> Verdict | None:
    """Try flights that landed early, late, not yet, never, and exactly on the limit."""
    import pandas as pd

    now = pd.Timestamp("2013-12-05 22:00", tz="UTC")
    # name: scheduled departure and arrival in hours before now, arrival delay in minutes.
    rows = {
        "long ago": (20, 17, -5),
        "long ago and late": (16, 13, 95),
        "twenty hours late": (43, 40, 1_200),
        "at the limit": (14, 12, 5),
        "just landed": (4, 1, -10),
        "left long ago": (17, 11, 0),
        "left long ago and late": (16, 11.5, 40),
        "on the way": (2, -2, 45),
        "very late": (18, 14, 900),
        "cancelled": (18, 16, None),
    }
    hours = pd.Timedelta(hours=1)
    table = pd.DataFrame.from_dict(
        rows, orient="index", columns=["departure", "arrival", "arr_delay"]
    ).rename_axis("name")
    flights = pd.DataFrame(
        {
            "name": table.index,
            "scheduled_departure": now - table["departure"].to_numpy() * hours,
            "scheduled_arrival": now - table["arrival"].to_numpy() * hours,
            "arr_delay": table["arr_delay"].astype(float).to_numpy(),
        }
    ).sample(frac=1, random_state=3)
    delay = pd.to_timedelta(flights["arr_delay"], unit="min")
    flights["actual_arrival"] = flights["scheduled_arrival"] + delay
    kept = answer.call(flights, now, returns=_rows_of)
    if kept is None:
        return NOT_ATTEMPTED
    got = {name for _, name in kept[0]}
    if "on the way" in got or "very late" in got:
        return wrong(
            "knows-the-future",
            "You judge a flight that hasn't landed at `now`. This table was written later and "
            "knows how its flights ended; at `now` only those with `actual_arrival` up to then had "
            "a label.",
        )
    if "cancelled" in got:
        return wrong(
            "keeps-unlabelled",
            "You keep a flight that never arrived. It has no label and never will have one.",
        )
    if "just landed" in got:
        return wrong(
            "takes-the-landed",
            "You judge a flight that was due an hour ago, because it has landed. The punctual "
            "flights of that hour are in, the late ones are still in the air: that share is too "
            "good. Decide by when a flight was **due**.",
        )
    if got & {"left long ago", "left long ago and late"}:
        return wrong(
            "by-departure",
            "A flight that left long ago was due 11 hours ago, and you judge it. Count the 12 "
            "hours from scheduled **arrival**: a long flight lands later.",
        )
    if "long ago and late" not in got and "long ago" in got:
        return wrong(
            "by-arrival",
            "A flight that was due 13 hours ago and landed 95 minutes late is missing. Of the "
            "landing you need only that it was before `now`. If it has to be 12 hours ago too, "
            "late flights wait longer than punctual ones: the 12 hours count from the schedule.",
        )
    if "twenty hours late" not in got and "long ago" in got:
        return wrong(
            "late-lost",
            "A flight that was due 40 hours ago and landed 20 hours late is missing. It has landed "
            "by `now`, so its label is known, and it is one of the late ones.",
        )
    if "at the limit" not in got and "long ago" in got:
        return wrong("limit", "A flight that was due exactly 12 hours ago belongs to those judged.")
    if got != {"long ago", "long ago and late", "twenty hours late", "at the limit"}:
        return wrong(
            "other-flights",
            "Judged are flights that were due 12 hours ago or earlier and that have landed; your "
            f"function keeps: {', '.join(sorted(got)) or 'none'}.",
        )
    if set(kept[1]) != set(flights.columns):
        return wrong(
            "other-columns",
            "The flights are right, and the table has other columns than `flights`. Whoever "
            "calls this wants its rows as they are: make masks beside the table.",
        )
    if not set(kept[0]) <= set(zip(flights.index, flights["name"], strict=True)):
        return wrong(
            "other-index",
            "The flights are right, and their index is new. Then nobody can find them again in "
            "`flights`: keep the index.",
        )
    return None


def _rows_of(value: Any) -> tuple[list[tuple[Any, str]], list[str]] | None:
    """Return the index and name of each row, and the columns."""
    import pandas as pd

    if value is ...:
        return None
    if not isinstance(value, pd.DataFrame) or "name" not in value:
        raise Mismatch("a table: rows of `flights`, with all columns")
    rows = [(index, str(name)) for index, name in zip(value.index, value["name"], strict=True)]
    return rows, [str(name) for name in value.columns]


# --- 12.3 Drift, decay, or a hard month ----------------------------------------------------------

CALM = {
    "psi": 0.05,
    "announced": 0.151,
    "late_rate": 0.15,
    "log_loss": 0.3,
    "fresh_log_loss": 0.3,
    "brier": 0.09,
}


def check_diagnose(answer: Answer) -> Verdict | None:
    """Try each finding alone, a hard month, a fresh model that is worse, and all together."""
    calm = answer.call(dict(CALM), returns=_list_or_none)
    if calm is None:
        return NOT_ATTEMPTED
    if calm:
        return wrong(
            "calm-month",
            f"In a month in which nothing happened your function finds: {', '.join(calm)}.",
        )
    hard = CALM | {"log_loss": 0.44, "fresh_log_loss": 0.438, "brier": 0.138}
    hard |= {"late_rate": 0.217, "announced": 0.206}
    if "decay" in answer.call(hard, returns=names):
        return wrong(
            "hard-month",
            "A month with log-loss 0.44 isn't decay when a fresh model has 0.438 on the same "
            "flights. Compare the two, not the month with other months.",
        )
    decayed = answer.call(CALM | {"log_loss": 0.31, "fresh_log_loss": 0.3}, returns=names)
    if "decay" not in decayed:
        return wrong(
            "misses-decay",
            "A fresh model is better by 0.01 on the same flights, and your function doesn't call "
            "it decay. Nothing else need have changed.",
        )
    if "decay" in answer.call(CALM | {"fresh_log_loss": 0.32}, returns=names):
        return wrong(
            "either-way",
            "Here the fresh model is the worse one. That is a reason not to retrain.",
        )
    drifted = answer.call(CALM | {"psi": 2.7}, returns=names)
    if drifted != ["drift"]:
        if "drift" not in drifted:
            return wrong("misses-drift", "A PSI of 2.7 is drift, whatever the model makes of it.")
        return wrong(
            "drift-is-decay",
            "Only the PSI is high here, and your function also says "
            f"{', '.join(name for name in drifted if name != 'drift')}. The three are found apart.",
        )
    for announced in (0.1, 0.2):
        if "miscalibrated" not in answer.call(CALM | {"announced": announced}, returns=names):
            return wrong(
                "one-direction",
                f"With {announced:.0%} announced and 15 % late the probabilities are off. Too much "
                "and too little both count.",
            )
    everything = CALM | {"psi": 1.0, "log_loss": 0.4, "announced": 0.3}
    found = answer.call(everything, returns=names)
    if sorted(found) != ["decay", "drift", "miscalibrated"]:
        return wrong(
            "only-one",
            f"All three happened in this month, and your function says {found}. Return every "
            "finding, not the first.",
        )
    return _limits(answer)


def _limits(answer: Answer) -> Verdict | None:
    """Try months just above and just below each limit, and one on it."""
    for psi in (0.24, 0.25, 0.26):
        found = "drift" in answer.call(CALM | {"psi": psi}, returns=names)
        if found != (psi > 0.25):
            says = "finds drift" if found else "finds no drift"
            return wrong("psi-limit", f"With a PSI of {psi} your function {says}: above 0.25 is.")
    # Of 0.3 and of 0.6, so that a relative limit differs.
    for fresh in (0.3, 0.6):
        for excess in (0.0045, 0.0055):
            month = CALM | {"log_loss": fresh + excess, "fresh_log_loss": fresh}
            found = "decay" in answer.call(month, returns=names)
            if found != (excess > 0.005):
                says = "finds decay" if found else "finds no decay"
                return wrong(
                    "loss-limit",
                    f"With a log-loss of {fresh + excess:g} and {fresh:g} for a fresh model your "
                    f"function {says}. The difference of the two is {excess:g}, and the limit is "
                    "0.005.",
                )
    for late_rate in (0.1, 0.3):
        for gap in (-0.022, -0.018, 0.018, 0.022):
            month = CALM | {"late_rate": late_rate, "announced": late_rate + gap}
            found = "miscalibrated" in answer.call(month, returns=names)
            if found != (abs(gap) > 0.02):
                says = "calls them off" if found else "doesn't call them off"
                return wrong(
                    "gap-limit",
                    f"With {late_rate + gap:.1%} announced and {late_rate:.0%} late your function "
                    f"{says}. They are {abs(gap):.3f} apart, and the limit is 0.02.",
                )
    return None


def _list_or_none(value: Any) -> list[str] | None:
    return None if value is ... else names(value)


# --- 12.4 An alarm by its cost -------------------------------------------------------------------


def check_threshold(answer: Answer) -> Verdict | None:
    """Try other prices, ties, an alarm that is never and one that is always worth it."""
    import pandas as pd

    from flightline.monitoring import alarm_cost

    def ask(values: Any, incident: list[bool], *prices: int, returns: Any = number) -> Any:
        return answer.call(pd.Series(values), pd.Series(incident), *prices, returns=returns)

    values = [3.0, 9.0, 1.0, 7.0, 5.0, 8.0, 2.0, 6.0]
    incident = [False, True, False, False, True, True, False, False]

    def cost(threshold: float, false_alarm: float, miss: float) -> float:
        return alarm_cost(values, incident, threshold, false_alarm, miss)

    found = ask(values, incident, 1, 10, returns=_or_none)
    if found is None:
        return NOT_ATTEMPTED
    if found == 5.0:
        return wrong(
            "not-above",
            "An alarm is raised where a value is **above** the threshold. At 5 the incident with "
            "the value 5 is missed; the next smaller value is 3.",
        )
    if not _near(cost(found, 1, 10), cost(3.0, 1, 10)):
        other = cost(found, 1, 10)
        if _near(other, cost(7.0, 1, 10)) and found >= 7:
            return wrong(
                "counts-mistakes",
                f"At {found:g} there is one mistake, a miss that costs 10. At 3 there are two, "
                "both false alarms, for 2 together. Weigh the mistakes.",
            )
        return wrong(
            "dearer",
            f"With 1 for a false alarm and 10 for a miss your threshold {found:g} costs "
            f"{other:g}; another value costs {cost(3.0, 1, 10):g}.",
        )
    found = ask(values, incident, 10, 1)
    if not _near(cost(found, 10, 1), cost(7.0, 10, 1)):
        return wrong(
            "one-price",
            "Now a false alarm costs 10 and a miss 1, and your threshold "
            f"{found:g} costs {cost(found, 10, 1):g}. At 7 it would be {cost(7.0, 10, 1):g}.",
        )
    quiet = ask([4.0, 9.0, 8.0], [True, False, False], 10, 1)
    if quiet < 9.0:
        return wrong(
            "never-alarm",
            "Here the two highest values are false alarms, and each costs more than the one miss. "
            f"Never raising an alarm is cheapest, and your threshold is {quiet:g}. Let the highest "
            "value be a candidate: nothing is above it.",
        )
    loud = ask([-4.0, 9.0, 8.0], [True, False, True], 1, 10)
    if loud >= -4.0:
        return wrong(
            "always-alarm",
            "Here the smallest value, -4, is an incident, and a miss costs ten times a false "
            f"alarm. Always raising an alarm is cheapest, and your threshold is {loud:g}. "
            "Something below all values has to be a candidate too.",
        )
    tie = ask([1.0, 2.0, 3.0, 4.0], [False, False, True, True], 1, 10)
    if not 2.0 <= tie < 3.0:
        return wrong(
            "dearer",
            f"With 1, 2 fine and 3, 4 incidents, a threshold of {tie:g} makes mistakes. 2 makes "
            "none.",
        )
    even = ask([1.0, 2.0, 3.0], [False, True, False], 1, 1)
    if even < 3.0:
        return wrong(
            "lowest-of-equal",
            f"Two thresholds cost the same, and {even:g} is the one with more alarms. Of equal "
            "ones take the highest: fewer people are woken.",
        )
    if tie != 2.0:
        return wrong(
            "no-candidate",
            f"For the values 1, 2, 3 and 4 you return {tie:g}, which is none of them. Nothing "
            "happens between two neighbours, so the values themselves are the candidates.",
        )
    close = ask([0.0, 0.5, 0.501, 1_000.0], [False, False, True, True], 1, 10)
    if close != 0.5:
        return wrong(
            "no-candidate",
            f"For the values 0, 0.5, 0.501 and 1000, with the last two incidents, you return "
            f"{close:g} and not 0.5. A grid has gaps: take the values themselves as candidates.",
        )
    return None


# --- 12.5 When to retrain ------------------------------------------------------------------------


def check_retrain_after(answer: Answer) -> Verdict | None:
    """Try a model that is replaced, one that stays, and a table that ends."""
    excess = {
        3: {4: 0.0, 5: 0.002, 6: 0.02, 7: 0.05, 8: 0.03, 9: 0.03},
        4: {5: 0.0, 6: 0.001, 7: 0.02, 8: 0.02, 9: 0.001},
        5: {6: 0.0, 7: 0.01, 8: 0.01, 9: 0.02},
        6: {7: 0.0, 8: 0.004, 9: 0.02},
        7: {8: 0.0, 9: 0.03},
        8: {9: 0.0},
    }
    found = answer.call(excess, 0.01, returns=_months_or_none)
    if found is None:
        return NOT_ATTEMPTED
    if found == [6, 7, 8, 9]:
        return wrong(
            "old-model",
            "You go on to judge the model of March after it was replaced. From the end of June the "
            "model of June serves: its row of the table counts.",
        )
    if found == [6]:
        return wrong(
            "once",
            "You stop after the first retraining. The new model grows old too: it is 0.02 behind "
            "in month 9.",
        )
    if found in ([5, 7, 9], [5]) or 5 in found:
        return wrong(
            "too-early",
            "Month 5 is in your list. At its end the served model was 0.002 behind, which isn't "
            "above 0.01; what happens in month 6 nobody knows yet.",
        )
    if found == [7] or found == [7, 9]:
        return wrong(
            "next-month",
            "The list holds the month at whose **end** a model is retrained: the one in which the "
            "trigger was pulled, not the one after.",
        )
    if found != [6, 9]:
        return wrong(
            "other-months",
            "With a margin of 0.01 the model of March is retrained at the end of month 6, and the "
            f"model of June at the end of month 9. Your function says {found}.",
        )
    better = {3: {4: 0.0, 5: -0.03, 6: 0.002}, 4: {5: 0.0, 6: 0.001}, 5: {6: 0.0}}
    if answer.call(better, 0.01, returns=_months):
        return wrong(
            "either-way",
            "In month 5 the excess is -0.03: the served model was better than the fresh one. That "
            "is no reason to replace it.",
        )
    creeping = {3: {4: 0.0, 5: 0.006, 6: 0.008, 7: 0.009}, 4: {5: 0.0, 6: 0.0, 7: 0.0}}
    if answer.call(creeping | {5: {6: 0.0, 7: 0.0}, 6: {7: 0.0}}, 0.01, returns=_months):
        return wrong(
            "adds-up",
            "With excesses of 0.006, 0.008 and 0.009 no month is above 0.01. Look at the month "
            "that has just ended, and don't add the ones before.",
        )
    last = answer.call({10: {11: 0.0, 12: 0.02}, 11: {12: 0.0}}, 0.01, returns=_months)
    if last != [12]:
        return wrong(
            "last-month",
            "At the end of the last month of the table the rule holds too: here the excess is 0.02 "
            f"in month 12, and your function says {last}.",
        )
    limit = answer.call({1: {2: 0.0, 3: 0.01}, 2: {3: 0.0}}, 0.01, returns=_months)
    if limit:
        return wrong("at-the-margin", "An excess of exactly the margin isn't above it.")
    other = answer.call(excess, 0.003, returns=_months)
    if other != [6, 8]:
        return wrong(
            "ignores-margin",
            "With a margin of 0.003 the months are 6 and 8: the model of June is 0.004 behind in "
            f"month 8. Your function says {other}.",
        )
    turned = {
        trained: dict(reversed(months.items()))
        for trained, months in reversed(list(excess.items()))
    }
    if answer.call(turned, 0.01, returns=_months) != [6, 9]:
        return wrong(
            "by-order",
            "The same table in another order gives another answer. Begin with the smallest key, "
            "and go through the months from early to late.",
        )
    return None


def _months(value: Any) -> list[int]:
    if isinstance(value, tuple | set):
        value = sorted(value)
    return [int(number(each)) for each in column(value)]


def _months_or_none(value: Any) -> list[int] | None:
    return None if value is ... else _months(value)


EXERCISES = (
    Exercise(
        "12.1",
        "Bins from the reference",
        check_psi,
        hints=(
            "Three steps: nine edges, the share of each bin on either side, one sum. Which column "
            "may the edges depend on?",
            "`np.quantile` gives the edges (drop missing values first, and keep each edge once), "
            "`np.searchsorted(edges, values)` the number of each value's bin.",
            "Give missing values a number that no bin has. `value_counts(normalize=True)` and "
            "`reindex` make two columns of shares over the same bins, `clip` lifts the small ones.",
        ),
        why="Edges from the reference stay where they are, so this month's index can be compared "
        "with last month's. Open ends count what lies outside, a bin for missing values shows a "
        "feed that died, and a smallest share keeps an empty bin finite.",
    ),
    Exercise(
        "12.2",
        "Wait for the labels",
        check_judged,
        hints=(
            "Two conditions. One says that it was time for this flight's label, and must be the "
            "same for punctual and late flights. The other says that the label is there.",
            "The first compares `now` with a time of the timetable, the second with "
            "`actual_arrival`, which is missing for a flight that never arrived.",
        ),
        why="Whether a flight counts is decided by its schedule, which doesn't depend on how late "
        "it was. The few that are still in the air after 12 hours and those that never arrive have "
        "no label; both are rare and can be counted.",
    ),
    Exercise(
        "12.3",
        "Drift, decay, or a hard month?",
        check_diagnose,
        hints=(
            "Three questions, independent of each other. Each is one comparison of one or two "
            "values of the month with one of the limits.",
            "Decay compares two of the six values, both measured on this month's flights. One of "
            "the six no finding needs: it is high in any month in which many flights are late.",
        ),
        why="Drift is about the input, decay about another model that could be had, calibration "
        "about a promise and what came of it. A hard month is hard for every model, so a score "
        "alone tells none of the three.",
    ),
    Exercise(
        "12.4",
        "An alarm by its cost",
        check_threshold,
        hints=(
            "Nothing changes between two neighbouring values: trying each value as the threshold "
            "is enough, and one more that is below them all.",
            "`monitoring.alarm_cost(values, incident, threshold, false_alarm, miss)` prices one "
            "threshold. The cheapest of a list of candidates is `min` with a `key`.",
            "`min` keeps the first of several equal ones. In which order do you give it the "
            "candidates?",
        ),
        why="The price of each mistake is the business's to say, and the threshold follows. "
        "*Always* and *never* are among the candidates, because sometimes a watched value is worth "
        "no alarm at all.",
    ),
    Exercise(
        "12.5",
        "When to retrain",
        check_retrain_after,
        hints=(
            "Walk through the months. You need to remember one thing on the way: which model "
            "serves.",
            "At the end of a month look up the served model's excess in it. When it is above the "
            "margin, note the month: from then on the model of that month serves.",
            "The months are those of the first model, sorted. A model of the last month has no "
            "row, because nothing comes after it.",
        ),
        why="Each decision uses the month that has ended and the model that served in it, and no "
        "later number. After a retraining the new model is the one that is watched.",
    ),
)
