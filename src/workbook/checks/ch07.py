"""The exercises of chapter 07: fair comparisons, wrong labels, more data, next week's work."""

from typing import Any

from workbook.exercise import (
    NOT_ATTEMPTED,
    Answer,
    Exercise,
    Mismatch,
    Verdict,
    column,
    mapping,
    names,
    number,
    wrong,
)

# --- 7.1 Better, or luck? ------------------------------------------------------------------------


def _resamplings() -> Any:
    """Make scores that share their days, with differences that are skewed."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(7)
    day = rng.normal(0.7, 0.01, 4001)
    base = day + rng.normal(0, 0.001, 4001)
    # The third column is there to be left alone.
    return pd.DataFrame(
        {
            "tuned": base + 0.001 + rng.exponential(0.003, 4001),
            "other": day + rng.normal(0.02, 0.002, 4001),
            "start": base,
        }
    )


def check_paired_gain(answer: Answer) -> Verdict | None:
    """Try skewed differences, four comparisons, and resamplings that lack a score."""
    import numpy as np

    scores = _resamplings()
    difference = (scores["tuned"] - scores["start"]).to_numpy()
    given = answer.call(scores, "tuned", "start", 1, returns=mapping)
    if any(value is ... for value in given.values()):
        return NOT_ATTEMPTED
    found = _three_numbers(given)
    if isinstance(found, Verdict):
        return found
    gain, low, high = found
    tails = np.quantile(difference, [0.025, 0.975])
    if _near(gain, -difference.mean()):
        return wrong(
            "other-sign",
            "The sign is turned around: where the way scores higher than the base, the gain is "
            "positive.",
        )
    if _near(gain, np.median(difference)):
        return wrong("median-not-mean", "`gain` is the median of the differences; take the mean.")
    if not _near(gain, difference.mean()):
        return wrong(
            "other-gain",
            f"The mean difference of these scores is {difference.mean():.4f}, and your function "
            f"gives {gain:.4f}.",
        )
    if low > high:
        return wrong("ends-swapped", "`low` is above `high`: the two ends are swapped.")
    ends = np.array([low, high])
    for expected, message_id, message in _other_intervals(scores, difference):
        if _near(ends, expected):
            return wrong(message_id, message)
    if not _near(ends, tails):
        return wrong(
            "other-interval",
            f"Of these differences the middle 95 % lie from {tails[0]:.4f} to {tails[1]:.4f}, and "
            f"your interval goes from {low:.4f} to {high:.4f}.",
        )
    return _several_comparisons(answer, scores, difference) or _lost_scores(answer, scores)


def _other_intervals(scores: Any, difference: Any) -> list[tuple[Any, str, str]]:
    import numpy as np

    tuned, start = (np.quantile(scores[name], [0.025, 0.975]) for name in ("tuned", "start"))
    mean, deviation = difference.mean(), difference.std()
    return [
        (
            np.array([tuned[0] - start[1], tuned[1] - start[0]]),
            "unpaired",
            "You compare two intervals, and each of them is wide because the days differ. Both "
            "ways were scored on the same days: subtract row by row first, and the days cancel.",
        ),
        (
            tuned - start,
            "subtracts-ends",
            "You subtract the ends of two intervals from each other. What happened on the same "
            "days never meets. Subtract row by row, then look at the differences.",
        ),
        (
            np.quantile(np.sort(scores["tuned"]) - np.sort(scores["start"]), [0.025, 0.975]),
            "sorted-apart",
            "You sort the two columns each for itself before subtracting. That pairs the worst "
            "days of one with the worst of the other. The rows belong together.",
        ),
        (
            np.quantile(difference, [0.05, 0.95]),
            "ninety",
            "You cut 5 % off each end, which leaves 90 %. The 5 % are for both ends together.",
        ),
        (
            mean + np.array([-1.96, 1.96]) * deviation / np.sqrt(len(difference)),
            "error-of-the-mean",
            "You divide by the root of the number of resamplings. Then the interval shrinks with "
            "every resampling that you draw, and no flight has been added. The spread of the "
            "differences itself is the uncertainty.",
        ),
        (
            mean + np.array([-1.96, 1.96]) * deviation,
            "assumes-normal",
            "That is the mean and 1.96 standard deviations. It holds for a bell-shaped curve, and "
            "these differences lean to one side. Cut the ends off the differences themselves.",
        ),
        (
            np.array([difference.min(), difference.max()]),
            "whole-range",
            "That is the whole range, from the smallest difference to the largest. It grows with "
            "every resampling.",
        ),
    ]


def _several_comparisons(answer: Answer, scores: Any, difference: Any) -> Verdict | None:
    import numpy as np

    found = _three_numbers(answer.call(scores, "tuned", "start", 4, returns=mapping))
    if isinstance(found, Verdict):
        return found
    ends = np.array(found[1:])
    if _near(ends, np.quantile(difference, [0.00625, 0.99375])):
        return None
    if _near(ends, np.quantile(difference, [0.025, 0.975])):
        return wrong(
            "forgets-comparisons",
            "With four comparisons your interval is the same as with one. Each of four intervals "
            "at 95 % has its own chance to miss, and you will look at the one that missed.",
        )
    if _near(ends, np.quantile(difference, [0.0125, 0.9875])):
        return wrong(
            "each-end",
            "You cut `0.05 / comparisons` off each end. It is for both ends together.",
        )
    if found[2] - found[1] < np.diff(np.quantile(difference, [0.025, 0.975]))[0]:
        return wrong(
            "narrower",
            "Your interval gets narrower when there are more comparisons. The more you compare, "
            "the more a single one has to show.",
        )
    return wrong(
        "other-share",
        "With four comparisons the interval holds the middle 98.75 % of the differences, and "
        f"yours, from {found[1]:.4f} to {found[2]:.4f}, holds another share.",
    )


def _lost_scores(answer: Answer, scores: Any) -> Verdict | None:
    """Take the best scores away from one of the two ways only."""
    import numpy as np

    holes = scores.copy()
    holes.loc[holes["start"] > holes["start"].quantile(0.7), "start"] = np.nan
    left = (holes["tuned"] - holes["start"]).dropna()
    found = _three_numbers(answer.call(holes, "tuned", "start", 1, returns=mapping))
    if isinstance(found, Verdict):
        return found
    ends = np.quantile(left, [0.025, 0.975])
    if np.isnan(found).any():
        return wrong(
            "lost-score-is-nan",
            "Where a resampling lacks one of its two scores, your result becomes `nan`. Leave "
            "that resampling out.",
        )
    if not (_near(found[0], left.mean()) and _near(np.array(found[1:]), ends)):
        return wrong(
            "lost-score-unpaired",
            "Where a resampling lacks one of its two scores, your result changes. A score without "
            "its partner says nothing about the difference: leave the whole resampling out.",
        )
    return None


def _three_numbers(given: dict[Any, Any]) -> tuple[float, float, float] | Verdict:
    if set(given) != {"gain", "low", "high"}:
        return wrong(
            "other-keys",
            f"The result holds {sorted(map(str, given))}; the docstring promises `gain`, `low` "
            "and `high`.",
        )
    try:
        return number(given["gain"]), number(given["low"]), number(given["high"])
    except Mismatch:
        return wrong("not-numbers", "`gain`, `low` and `high` have to be numbers.")


def _near(found: Any, expected: Any) -> bool:
    import numpy as np

    return bool(np.allclose(found, expected, rtol=0, atol=2e-4))


# --- 7.2 Which labels would you look up? ---------------------------------------------------------

#: Flight, the label received, the probability of being late out of fold and in sample.
LABELLED = (
    (233, True, 0.95, 0.99),
    (27, False, 0.93, 0.35),
    (86, False, 0.02, 0.01),
    (412, True, 0.04, 0.60),
    (640, True, 0.45, 0.25),
    (958, True, 0.10, 0.85),
    (71, False, 0.52, 0.10),
    (3, False, 0.80, 0.70),
)
#: What each plausible mistake returns for the four worst.
OTHER_ORDERS = (
    (
        [640, 3, 412, 27],
        "in-sample",
        "You trust `in_sample`. That model was trained on these very labels and has learned the "
        "wrong ones by heart, so it finds them credible. Ask the model that had not seen them.",
    ),
    (
        [412, 958, 640, 233],
        "only-late",
        "You look only at flights labelled late. A flight labelled on time that was almost sure "
        "to be late is as suspicious.",
    ),
    (
        [27, 3, 71, 86],
        "only-on-time",
        "You look only at flights labelled on time. A flight labelled late that hardly could be "
        "is as suspicious.",
    ),
    (
        [233, 27, 3, 71],
        "ignores-label",
        "You rank by the probability of being late, whatever the label says. Flight 233 is "
        "labelled late and was very probably late: nothing is suspicious about it.",
    ),
    (
        [86, 412, 958, 640],
        "ignores-label",
        "You rank by the probability of being on time, whatever the label says. Flight 86 is "
        "labelled on time and very probably was: nothing is suspicious about it.",
    ),
    (
        [71, 640, 3, 958],
        "uncertain-not-wrong",
        "You pick the flights of which the model is least sure. They are hard to predict, and "
        "their labels may well be right. Suspicious is where a **sure** model disagrees.",
    ),
    (
        [86, 233, 71, 640],
        "least-suspicious",
        "These are the four labels that are easiest to believe. Turn the order around.",
    ),
    (
        [3, 958, 27, 412],
        "order",
        "These are the right four in the wrong order: the worst comes first.",
    ),
    (
        [3, 1, 5, 7],
        "positions",
        "You return the positions of the rows. The index holds the flights; return those.",
    ),
)


def check_suspects(answer: Answer) -> Verdict | None:
    """Try disagreements of both kinds, a model that knows the labels, and a missing label."""
    import pandas as pd

    flights = pd.DataFrame(LABELLED, columns=["flight", "is_late", "out_of_fold", "in_sample"])
    flights = flights.set_index("flight")
    found = answer.call(flights, 4, returns=_labels)
    for order, message_id, message in OTHER_ORDERS:
        if found == order:
            return wrong(message_id, message)
    if len(found) != 4:
        return wrong("other-count", f"Asked for 4 flights, your function returns {len(found)}.")
    if found != [412, 27, 958, 3]:
        return wrong(
            "other-flights",
            "Take one minus the probability, out of fold, of the label that the flight has. The "
            f"four largest belong to flights 412, 27, 958 and 3; your function gives {found}.",
        )
    unknown = pd.DataFrame(
        {"is_late": [None], "out_of_fold": [0.99], "in_sample": [0.99]},
        index=pd.Index([555], name="flight"),
    )
    flights = pd.concat([unknown.astype({"is_late": "boolean"}), flights])
    flights["is_late"] = flights["is_late"].astype("boolean")
    found = answer.call(flights, 4, returns=_labels)
    if 555 in found:
        return wrong(
            "no-label",
            "Flight 555 was cancelled and has no label (`<NA>`). What isn't there can't be wrong.",
        )
    if found != [412, 27, 958, 3]:
        return wrong(
            "missing-label",
            "A flight without a label changes the answer for the others: your function gives "
            f"{found}. Leave out such rows before you rank.",
        )
    return None


def _labels(value: Any) -> list[Any]:
    """Read index labels from a list, an array, a column or an index."""
    try:
        found = column(value).tolist()
    except Mismatch:
        raise Mismatch("a list of flights (labels of the index)") from None
    if any(label is ... for label in found):
        from workbook.exercise import Stop

        raise Stop(NOT_ATTEMPTED)
    return found


# --- 7.3 Who gains from more flights? ------------------------------------------------------------

#: AUC by carrier and rows, for seeds 0, 1 and 2.
CURVES: dict[str, dict[int, list[float]]] = {
    "AA": {20: [0.600, 0.601, 0.602], 40: [0.601, 0.602, 0.603], 80: [0.602, 0.603, 0.604]},
    "B6": {20: [0.600, 0.602, 0.598], 40: [0.720, 0.722, 0.718], 80: [0.725, 0.727, 0.723]},
    "DL": {20: [0.700, 0.702, 0.698], 40: [0.720, 0.722, 0.718], 80: [0.744, 0.746, 0.745]},
    "EV": {20: [0.750, 0.752, 0.748], 40: [0.760, 0.762, 0.758], 80: [0.772, 0.773, 0.771]},
    "UA": {20: [0.740, 0.741, 0.739], 40: [0.750, 0.751, 0.749], 80: [0.830, 0.731, 0.750]},
    "WN": {20: [0.680, 0.682, 0.678], 40: [0.710, 0.712, 0.708]},
}


def _curves(lost: bool = False) -> Any:
    import pandas as pd

    rows = [
        {"carrier": carrier, "rows": size * 1000, "seed": seed, "auc": auc}
        for carrier, by_size in CURVES.items()
        for size, aucs in by_size.items()
        for seed, auc in enumerate(aucs)
    ]
    if lost:
        # Seed 3 of DL is a bad sample, and its run with 40,000 rows was lost.
        rows += [{"carrier": "DL", "rows": 80_000, "seed": 3, "auc": 0.5}]
    # Neither the carriers nor the sizes come in order.
    return pd.DataFrame(rows).sample(frac=1, random_state=3)


def check_worth_more_data(answer: Answer) -> Verdict | None:
    """Try a flat low curve, an early rise, one lucky seed, a short curve and a lost run."""
    found = answer.call(_curves(), 0.01, returns=_names)
    asked = ["WN", "DL", "EV"]
    if "AA" in found:
        return wrong(
            "lowest-score",
            "AA has the lowest scores, and its curve is flat: twice the flights gained 0.001. A "
            "bad score says that something is missing, not that it is rows.",
        )
    if "B6" in found:
        return wrong(
            "first-to-last",
            "B6 gained a lot from 20,000 to 40,000 rows and 0.005 after that. What more rows "
            "would bring now is told by the last step, not by the whole curve.",
        )
    if "UA" in found:
        return wrong(
            "one-lucky-seed",
            "The mean gain of UA comes from one seed; with another one it fell. Ask that every "
            "seed gains.",
        )
    if "WN" not in found:
        return wrong(
            "own-sizes",
            "WN was measured up to 40,000 rows and gained 0.03 in its last step. Each carrier has "
            "its own largest number of rows, and the one before it; the table isn't sorted.",
        )
    if set(found) != set(asked):
        return wrong(
            "other-carriers",
            f"With a margin of 0.01 the last steps of {', '.join(asked)} qualify; your function "
            f"gives {', '.join(found) or 'none'}.",
        )
    if found != asked:
        return wrong(
            "order",
            f"The carriers are right and the order is not: the largest mean gain of the last step "
            f"comes first, which is {', '.join(asked)}.",
        )
    if answer.call(_curves(lost=True), 0.01, returns=_names) != asked:
        return wrong(
            "unpaired-seeds",
            "In the table there is a seed of DL with a run at 80,000 rows and none at 40,000, and "
            "your answer changes. A run without its partner belongs in no difference: subtract "
            "seed by seed.",
        )
    if answer.call(_curves(), 0.05, returns=_names):
        return wrong(
            "ignores-margin",
            "No last step gains 0.05, so with that margin the list is empty. Compare with "
            "`margin`, not with a number of your own.",
        )
    return None


def _names(value: Any) -> list[str]:
    """Read names in order; a set has none."""
    if isinstance(value, set | frozenset):
        raise Mismatch("a list, which keeps its order")
    if isinstance(value, list | tuple) and any(item is ... for item in value):
        from workbook.exercise import Stop

        raise Stop(NOT_ATTEMPTED)
    return names(value)


# --- 7.4 What do you do next week? ---------------------------------------------------------------

#: Work, days it takes, and the gain with its interval.
OPTIONS = (
    ("more rows", 1.0, 0.016, 0.013, 0.019),
    ("aircraft delays", 3.0, 0.078, 0.070, 0.086),
    ("big table", 4.0, 0.090, 0.080, 0.100),
    ("tuning", 1.0, 0.020, -0.004, 0.044),
    ("other model", 1.0, 0.019, 0.003, 0.035),
    ("look up labels", 1.0, 0.010, 0.006, 0.014),
    ("rewrite", 5.0, 0.150, 0.100, 0.200),
)


def check_plan_week(answer: Answer) -> Verdict | None:
    """Try intervals over zero and over the margin, work that doesn't fit, and a tie."""
    import pandas as pd

    columns = ["work", "days", "gain", "low", "high"]
    options = pd.DataFrame(OPTIONS, columns=columns)
    found = answer.call(options, 4, 0.005, returns=_names)
    days = dict(zip(options["work"], options["days"], strict=True))
    unknown = [work for work in found if work not in days]
    if unknown:
        return wrong("unknown-work", f"`{unknown[0]}` is no work of the table.")
    if "tuning" in found:
        return wrong(
            "inside-the-noise",
            "Tuning is in your plan. It gains 0.020, and its interval goes from below zero: with "
            "other days and seeds it might have lost. Judge by `low`.",
        )
    if "other model" in found:
        return wrong(
            "below-the-margin",
            "The other model is in your plan. Its interval excludes zero, not the margin of "
            "0.005: it may well be a gain too small to care for.",
        )
    if sum(days[work] for work in found) > 4:
        return wrong(
            "over-budget",
            f"Your plan takes {sum(days[work] for work in found):g} days, and there are 4.",
        )
    if not found:
        return wrong(
            "stops-early",
            "Your plan is empty. The first candidate takes 5 days and doesn't fit; go on to the "
            "next one.",
        )
    if found == ["big table"]:
        return wrong(
            "by-gain",
            "You start with the largest gain. It takes the whole week, and two smaller pieces of "
            "work gain more in the same four days: rank by gain per day.",
        )
    if "aircraft delays" not in found:
        return wrong(
            "cheapest-first",
            "You start with what takes the fewest days. Cheap isn't the same as worth it: rank by "
            "gain per day.",
        )
    if found != ["aircraft delays", "more rows"]:
        return wrong(
            "other-plan",
            "In four days: first aircraft delays (0.026 a day, 3 days), then more rows (0.016 a "
            f"day, 1 day). Your plan is {found}.",
        )
    tie = pd.DataFrame(
        [("slow", 2.0, 0.02, 0.01, 0.03), ("quick", 0.5, 0.005, 0.004, 0.006)], columns=columns
    )
    # Half a day and two days at 0.01 a day: the quick one comes first, and both fit.
    if answer.call(tie, 2.5, 0.001, returns=_names) != ["quick", "slow"]:
        return wrong(
            "tie",
            "Two pieces of work gain the same per day; one takes half a day, one two. The shorter "
            "comes first, because you learn sooner whether it worked.",
        )
    if answer.call(options, 0.5, 0.005, returns=_names):
        return wrong("over-budget", "In half a day no work of the table fits.")
    return None


EXERCISES = (
    Exercise(
        "7.1",
        "Better, or luck?",
        check_paired_gain,
        hints=(
            "Each row is one resampling of days and seeds, and both ways were scored on it. What "
            "is left of a bad day when you subtract within the row?",
            "You need one new column, of differences. All three numbers are taken from it; rows "
            "without a difference drop out.",
            "The share to cut off, both ends together, is 0.05 divided by the number of "
            "comparisons. pandas and NumPy both have `quantile`.",
        ),
        why="Days differ far more than the ways do. Subtracting on the same days and seeds takes "
        "the days out, and what is left is about the two ways. The more comparisons you make, the "
        "likelier is one that looks good by luck, so each has to show more.",
    ),
    Exercise(
        "7.2",
        "Which labels would you look up?",
        check_suspects,
        hints=(
            "For each flight there are two possible labels, and the model gives each of them a "
            "probability. Which of the two belongs to the label that the flight has?",
            "For a flight labelled late it is the probability of being late; for the others it is "
            "one minus that. Which of the two models may be asked?",
            "Leave out rows without a label, compute one number a row, sort by it, and take the "
            "index of the first.",
        ),
        why="A label is suspicious if a model that has not seen it gives it a small probability. "
        "A model that was trained on the label defends it. And suspicious isn't wrong: the list "
        "says what to look up, not what to change.",
    ),
    Exercise(
        "7.3",
        "Who gains from more flights?",
        check_worth_more_data,
        hints=(
            "Begin with one carrier. Which two of its numbers of rows matter for the question "
            "what *more* would bring?",
            "A table with a row for each seed and a column for each number of rows "
            "(`pivot`) lets you subtract two columns. Its columns come sorted.",
            "Two conditions: the mean of the differences against `margin`, and the smallest of "
            "them against zero.",
        ),
        why="What more rows bring is read off the end of the curve, seed by seed. The level of the "
        "curve says how hard the carrier is, and the beginning says what the first rows brought.",
    ),
    Exercise(
        "7.4",
        "What do you do next week?",
        check_plan_week,
        hints=(
            "Two questions, one after the other: which work may be planned at all, and in which "
            "order is it taken?",
            "The first is answered by `low` and `margin`. For the second, add a column that is "
            "a gain divided by something.",
            "Go through the sorted rows and keep count of the days that are left; work that "
            "doesn't fit is passed over, and the next may fit.",
        ),
        why="Work whose interval reaches down to the margin may be worth nothing. Of the rest, "
        "gain per day tells what a week buys. The plan holds for one week: gains depend on what "
        "has been done before, so they are measured anew after it.",
    ),
)
