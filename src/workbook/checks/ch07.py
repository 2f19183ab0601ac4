"""The exercises of chapter 07: fair comparisons, wrong labels, more data, next week's work."""

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
    names,
    number,
    wrong,
)

CHANGES_ITS_INPUT = wrong(
    "changes-its-input",
    "Your function changes the table that it is given, and whoever gave it will wonder. Work on "
    "a column or a table of your own (`assign` returns a new table).",
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
            f"The mean difference of these scores is {difference.mean():.5f}, and your function "
            f"gives {gain:.5f}. Return it unrounded.",
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
            f"Of these differences the middle 95 % lie from {tails[0]:.5f} to {tails[1]:.5f}, and "
            f"your interval goes from {low:.5f} to {high:.5f}. Return the ends unrounded.",
        )
    return (
        _several_comparisons(answer, scores, difference)
        or _lost_scores(answer, scores)
        or (CHANGES_ITS_INPUT if answer.mutates(scores, "tuned", "start", 1) else None)
    )


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
            "That is the mean and a number of standard deviations, 1.96 for one comparison. It "
            "holds for a bell-shaped curve, and these differences lean to one side. Cut the ends "
            "off the differences themselves.",
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
    """Take the best scores away from one of the two ways, the worst from an unrelated one."""
    import numpy as np

    holes = scores.copy()
    holes.loc[scores["tuned"] < scores["tuned"].quantile(0.3), "other"] = np.nan
    holes.loc[holes["start"] > holes["start"].quantile(0.7), "start"] = np.nan
    left = (holes["tuned"] - holes["start"]).dropna()
    found = _three_numbers(answer.call(holes, "tuned", "start", 1, returns=mapping))
    if isinstance(found, Verdict):
        return found
    complete = holes.dropna()
    others = (complete["tuned"] - complete["start"]).mean()
    if _near(found[0], others) and not _near(others, left.mean()):
        return wrong(
            "drops-too-much",
            "Your function also leaves out resamplings that lack the score of a third way. Only "
            "the two that are compared matter.",
        )
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
    if len(found) > 4:
        return wrong("other-count", f"Asked for 4 flights, your function returns {len(found)}.")
    missing = [flight for flight in (412, 27, 958, 3) if flight not in found]
    if missing:
        row = flights.loc[missing[0]]
        return wrong(
            "other-flights",
            f"Flight {missing[0]} isn't among your 4. It is labelled "
            f"{'late' if row['is_late'] else 'on time'}, and a model that had not seen the label "
            f"gave {row['out_of_fold']:.2f} to being late.",
        )
    if answer.call(flights, 7, returns=_labels) != [412, 27, 958, 3, 640, 71, 233]:
        return wrong(
            "own-threshold",
            "Asked for 7 of these 8 flights, your function gives other ones than the 7 with the "
            "largest suspicion. How many is the caller's choice: `count` is the only limit.",
        )
    return _incomplete_rows(answer, flights) or (
        CHANGES_ITS_INPUT if answer.mutates(flights, 4) else None
    )


def _incomplete_rows(answer: Answer, flights: Any) -> Verdict | None:
    """Add a flight without a label, and take a probability away that isn't needed."""
    import numpy as np
    import pandas as pd

    flights = flights.astype({"is_late": "boolean"})
    flights.loc[27, "in_sample"] = np.nan
    unknown = pd.DataFrame(
        {"is_late": [None], "out_of_fold": [0.99], "in_sample": [0.99]},
        index=pd.Index([555], name="flight"),
    )
    flights = pd.concat([unknown.astype({"is_late": "boolean"}), flights])
    try:
        found = answer.call(flights, 4, returns=_labels)
    except Stop as stop:
        if stop.verdict.message_id != "raises":
            raise
        return wrong(
            "label-is-na",
            f"{stop.verdict.message} Here the label of flight 555 is missing (`<NA>`), and no "
            "comparison with it is true or false. Leave such rows out first.",
        )
    if 555 in found:
        return wrong(
            "no-label",
            "Flight 555 was cancelled and has no label (`<NA>`). What isn't there can't be wrong.",
        )
    if 27 not in found:
        return wrong(
            "drops-too-much",
            "Flight 27 has a label and no value in `in_sample`, and you leave it out. Only the "
            "label may be missing for a reason that counts.",
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


#: Last steps that lie on a limit. All values are sums of powers of two, so nothing is rounded.
LIMITS: dict[str, dict[int, list[float]]] = {
    "at margin": {40: [0.25, 0.25, 0.25], 80: [0.5, 0.5, 0.5]},
    "one gains nothing": {40: [0.25, 0.25, 0.25], 80: [0.75, 0.25, 0.875]},
    "one gains little": {40: [0.25, 0.25, 0.25], 80: [0.375, 0.75, 0.75]},
    "most gain little": {40: [0.25, 0.25, 0.25], 80: [0.375, 0.375, 0.96875]},
}


def _table(curves: dict[str, dict[int, list[float]]], *more: tuple[str, int, int, float]) -> Any:
    import pandas as pd

    rows = [
        (carrier, size * 1000, seed, auc)
        for carrier, by_size in curves.items()
        for size, aucs in by_size.items()
        for seed, auc in enumerate(aucs)
    ]
    # Neither the carriers nor the sizes come in order.
    table = pd.DataFrame([*rows, *more], columns=["carrier", "rows", "seed", "auc"])
    return table.sample(frac=1, random_state=3)


def check_worth_more_data(answer: Answer) -> Verdict | None:
    """Try a flat low curve, an early rise, one lucky seed, a short curve and a lost run."""
    curves = _table(CURVES)
    found = answer.call(curves, 0.01, returns=_names)
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
    if answer.call(curves, 0.05, returns=_names):
        return wrong(
            "ignores-margin",
            "No last step gains 0.05, so with that margin the list is empty. Compare with "
            "`margin`, not with a number of your own.",
        )
    return (
        _lost_runs(answer, asked)
        or _limits(answer)
        or (CHANGES_ITS_INPUT if answer.mutates(curves, 0.01) else None)
    )


def _lost_runs(answer: Answer, asked: list[str]) -> Verdict | None:
    """Add a seed of DL that lacks the run before the last, then one that lacks the last."""
    lost_before = ("DL", 80_000, 3, 0.5)
    if answer.call(_table(CURVES, lost_before), 0.01, returns=_names) != asked:
        return wrong(
            "unpaired-seeds",
            "Seed 3 of DL has a run at 80,000 rows and none at 40,000, and your answer changes. "
            "Leave such a seed out. In a mean of all runs the lone one counts; subtracted seed by "
            "seed it gives `nan`, which is not above 0 either.",
        )
    lost_last = (("DL", 20_000, 3, 0.7), ("DL", 40_000, 3, 0.5))
    if answer.call(_table(CURVES, *lost_last), 0.01, returns=_names) != asked:
        return wrong(
            "another-step",
            "Seed 3 of DL was measured at 20,000 and 40,000 rows only, and your answer changes. "
            "The last step of DL goes from 40,000 to 80,000; a seed that lacks one of these two "
            "counts for nothing.",
        )
    return None


def _limits(answer: Answer) -> Verdict | None:
    found = answer.call(_table(LIMITS), 0.25, returns=_names)
    if "at margin" in found:
        return wrong(
            "at-margin",
            "A carrier gained 0.25 with each seed, and the margin is 0.25: it has to gain **more** "
            "than the margin.",
        )
    if "one gains nothing" in found:
        return wrong(
            "zero-gain",
            "One seed gained exactly 0, and the carrier is in your list. Every seed has to gain "
            "more than 0.",
        )
    if "one gains little" not in found:
        return wrong(
            "every-seed-margin",
            "Gains of 0.125, 0.5 and 0.5 have a mean above the margin of 0.25, and each is above "
            "0. That is enough: the margin is for the mean, not for each seed.",
        )
    if found != ["one gains little", "most gain little"]:
        return wrong(
            "not-the-mean",
            "Gains of 0.125, 0.125 and 0.71875 have a mean of 0.32, and gains of 0.125, 0.5 and "
            "0.5 one of 0.375. Both are above the margin of 0.25, the larger mean comes first: "
            "take the mean and not the median.",
        )
    return None


def _names(value: Any) -> list[str]:
    """Read names in order; a set has none."""
    if isinstance(value, set | frozenset):
        raise Mismatch("a list (a set has no order)")
    if isinstance(value, list | tuple) and any(item is ... for item in value):
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
#: Further weeks: options, days, margin, the plan, and what each plausible mistake plans.
OTHER_WEEKS: tuple[tuple[Any, float, float, list[str], list[tuple[list[str], str, str]]], ...] = (
    (
        (
            ("one", 3.0, 0.06, 0.05, 0.07),
            ("two", 2.0, 0.036, 0.03, 0.042),
            ("three", 2.0, 0.036, 0.03, 0.042),
        ),
        4.0,
        0.005,
        ["one"],
        [
            (
                ["two", "three"],
                "best-total",
                "Your plan gains most in four days, and the rule is another one: the largest gain "
                "per day comes first, and it takes three of them.",
            )
        ],
    ),
    (
        (("short", 0.5, 0.012, 0.011, 0.013), ("long", 1.0, 0.02, 0.015, 0.025)),
        1.0,
        0.01,
        ["short"],
        [
            (
                ["long"],
                "less-the-margin",
                "One piece of work gains 0.024 a day and the other 0.020, and you begin with the "
                "second. The margin decides what may be planned; it isn't taken off the gain.",
            )
        ],
    ),
    (
        (("bold", 1.0, 0.04, 0.01, 0.07), ("sure", 1.0, 0.03, 0.025, 0.035)),
        1.0,
        0.005,
        ["bold"],
        [
            (
                ["sure"],
                "by-low",
                "You rank by `low` per day. `low` decides what may be planned; of what may, the "
                "largest `gain` per day comes first.",
            )
        ],
    ),
    (
        (("at the margin", 1.0, 0.5, 0.25, 0.75), ("above it", 1.0, 0.4, 0.3, 0.5)),
        4.0,
        0.25,
        ["above it"],
        [
            (
                ["at the margin", "above it"],
                "at-margin",
                "The `low` of one option is exactly the margin, and it is in your plan. Only work "
                "whose `low` is above the margin may be planned.",
            )
        ],
    ),
    (
        (("slow", 2.0, 0.02, 0.01, 0.03), ("quick", 0.5, 0.005, 0.004, 0.006)),
        2.5,
        0.001,
        ["quick", "slow"],
        [
            (
                ["slow", "quick"],
                "tie",
                "Two pieces of work gain the same per day; one takes half a day, one two. The "
                "shorter comes first, because you learn sooner whether it worked.",
            )
        ],
    ),
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
    if len(set(found)) < len(found):
        return wrong("twice", "The same work stands twice in your plan. It can be done once.")
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
    if found == ["aircraft delays"]:
        return wrong(
            "exact-fit",
            "Aircraft delays take three of four days, and your plan stops there. One day is left, "
            "and work that takes exactly one day fits.",
        )
    if found != ["aircraft delays", "more rows"]:
        return wrong(
            "other-plan",
            "In four days: first aircraft delays (0.026 a day, 3 days), then more rows (0.016 a "
            f"day, 1 day). Your plan is {found}.",
        )
    if answer.call(options, 0.5, 0.005, returns=_names):
        return wrong("over-budget", "In half a day no work of the table fits.")
    for rows, week, margin, expected, others in OTHER_WEEKS:
        given = pd.DataFrame(rows, columns=columns)
        plan = answer.call(given, week, margin, returns=_names)
        for mistake, message_id, message in others:
            if plan == mistake:
                return wrong(message_id, message)
        if plan != expected:
            return wrong(
                "other-plan",
                f"Of the work {', '.join(given['work'])} your plan for {week:g} days and a margin "
                f"of {margin:g} is {plan}; the rule gives {expected}. The table:\n\n"
                f"```\n{given.to_string(index=False)}\n```",
            )
    return CHANGES_ITS_INPUT if answer.mutates(options, 4, 0.005) else None


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
            "Two columns hold the probability of being late, and only one of the models may be "
            "asked. What probability does it give to a label that says on time?",
            "Rows without a label go first. Then you need one number a row to sort by, and "
            "`Series.where` chooses between two.",
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
            "Draw the curve of one carrier on paper. Where on it do you stand today, and which "
            "piece of it tells what comes next?",
            "A table with a row for each seed and a column for each number of rows "
            "(`pivot`) lets you subtract two columns. Its columns come sorted.",
            "Once you have the differences of a carrier, one a seed, both conditions are about "
            "them. What does a seed with a lost run leave there?",
        ),
        why="What more rows bring is read off the end of the curve, seed by seed. The level of the "
        "curve says how hard the carrier is, and the beginning says what the first rows brought.",
    ),
    Exercise(
        "7.4",
        "What do you do next week?",
        check_plan_week,
        hints=(
            "Separate the two uses of the numbers: `low` says what you may believe, `gain` what "
            "you may hope for. Which of them filters, and which one sorts?",
            "Sorting by two things at once: `sort_values` takes a list of columns and a list of "
            "directions.",
            "Go through the sorted rows and keep count of the days that are left; work that "
            "doesn't fit is passed over, and the next may fit.",
        ),
        why="Work whose interval reaches down to the margin may be worth nothing. Of the rest, "
        "gain per day tells what a week buys. The plan holds for one week: gains depend on what "
        "has been done before, so they are measured anew after it.",
    ),
)
