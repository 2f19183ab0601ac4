"""The exercises of chapter 03: lead time, failures, signals, batch size, causes."""

import math
from collections.abc import Callable
from itertools import pairwise
from statistics import fmean, median, pstdev, stdev
from typing import Any

from workbook.exercise import (
    NOT_ATTEMPTED,
    Answer,
    Exercise,
    Mismatch,
    Verdict,
    mapping,
    names,
    number,
    wrong,
)

# --- 3.1 How long does a change take? ------------------------------------------------------------

# One row per delivery: commit, then the hours of the first commit, the merge, the deployment.
# c1, c4 and c6 were rolled back and deployed again; c8 is still waiting.
DELIVERED = (
    ("c0", 1, 38, 58),
    ("c1", 3, 21, 88),
    ("c2", 8, 20, 44),
    ("c3", 6, 37, 121),
    ("c4", 14, 48, 55),
    ("c5", 15, 31, 90),
    ("c1", 3, 21, 28),
    ("c6", 4, 22, 35),
    ("c7", 37, 53, 135),
    ("c4", 14, 48, 104),
    ("c6", 4, 22, 90),
    ("c8", 30, 35, None),
)
LEAD_TIME = 49.0
OTHER_LEAD_TIMES = (
    (
        (59.75, 67.18),
        "mean",
        "That is a mean: two changes that waited for days pull it up. The median is the time that "
        "half of the changes stay under.",
    ),
    (
        (22.0, 56.0),
        "from-merge",
        "You start the clock at `merged_at`, and so the hours in review don't count. A change is "
        "committed when it is first written down: `authored_at`.",
    ),
    (
        (18.0,),
        "until-merge",
        "You stop the clock at `merged_at`. A merged change that nobody has deployed helps no "
        "passenger.",
    ),
    (
        (75.0,),
        "counts-twice",
        "Changes that were rolled back and deployed again count twice in your median. Each change "
        "reached its users for the first time once.",
    ),
    (
        (85.5,),
        "last-deployment",
        "You take the last deployment of a change that was deployed twice. Its lead time ended "
        "when it first reached production.",
    ),
    (
        (66.0, 80.5),
        "row-order",
        "You take the deployment that stands first (or last) in the table. Rows come in any order: "
        "compare `deployed_at`.",
    ),
    (
        (41.0,),
        "counts-waiting",
        "A change that waits for its first deployment has no lead time yet. You count it as 0.",
    ),
    (
        (49 / 24, 49 * 60.0, 49 * 3600.0),
        "other-unit",
        "The size is right in another unit. The docstring promises hours.",
    ),
    (
        (8.0, 36.0, 1.5),
        "drops-part",
        "You lose a part of each time: `.dt.seconds` leaves out whole days and `.dt.days` leaves "
        "out hours. `.dt.total_seconds()` has all of it.",
    ),
)


def check_median_lead_time(answer: Answer) -> Verdict | None:
    """Try rows out of order, a rollback, a change that waits, and nothing deployed at all."""
    given = answer.call(_delivered(DELIVERED), returns=number)
    for values, message_id, message in OTHER_LEAD_TIMES:
        if any(math.isclose(given, value, rel_tol=1e-4) for value in values):
            return wrong(message_id, message)
    if not math.isclose(given, LEAD_TIME, abs_tol=0.02):
        return wrong(
            "other-lead-time",
            f"Of eight deployed changes the median is {LEAD_TIME:g} hours, and your function says "
            f"{given:.4g}. For each change take the hours from its first commit to its first "
            "deployment, then the median over the changes.",
        )
    nothing = answer.call(_delivered((("c0", 0, 4, None),)), returns=number)
    if not math.isnan(nothing):
        return wrong(
            "nothing-deployed",
            "Where nothing has been deployed yet there is no lead time: the answer is `nan`, and "
            f"your function says {nothing:g}.",
        )
    return None


def _delivered(rows: tuple[tuple[str, int, int, int | None], ...]) -> Any:
    import pandas as pd

    table = pd.DataFrame(rows, columns=["commit", "authored_at", "merged_at", "deployed_at"])
    start = pd.Timestamp("2013-03-04 09:00", tz="UTC")
    for name in ("authored_at", "merged_at", "deployed_at"):
        table[name] = start + pd.to_timedelta(table[name].astype("float64"), unit="h")
    rank = table["deployed_at"].rank(method="dense")
    return table.assign(deployment=rank.astype("Int64"))


# --- 3.2 How often does it fail? -----------------------------------------------------------------

# kind, incidents, hours to recovery. The last failure isn't over yet.
LOG = (
    ("planned", 0, None),
    ("planned", 2, 5.0),
    ("rework", 0, None),
    ("planned", 0, None),
    ("rework", 0, None),
    ("planned", 1, 2.0),
    ("rework", 1, None),
    ("rework", 0, None),
    ("planned", 0, None),
    ("planned", 0, None),
    ("planned", 0, None),
    ("rework", 0, None),
    ("planned", 3, None),
)


def check_stability(answer: Answer) -> Verdict | None:
    """Try a log with several incidents, a hotfix that fails, and no deployment at all."""
    log = _log(LOG)
    rates = answer.call(log, returns=mapping)
    if any(value is ... for value in rates.values()):
        return NOT_ATTEMPTED
    if set(rates) != {"change_fail_rate", "rework_rate"}:
        return wrong(
            "other-keys",
            f"The dictionary holds {sorted(map(str, rates))}; the docstring promises "
            "`change_fail_rate` and `rework_rate`.",
        )
    failed, rework = _number_of(rates["change_fail_rate"]), _number_of(rates["rework_rate"])
    if failed is None or rework is None:
        return wrong("not-numbers", "Both values have to be numbers.")
    if _same(failed, 5 / 13) and _same(rework, 4 / 13):
        return wrong(
            "swapped",
            "The two are swapped. A deployment that fails and a deployment that repairs are "
            "usually two different ones.",
        )
    for value, message_id, message in FAIL_RATES:
        if _same(failed, value):
            return wrong(message_id, message)
    if not _same(failed, 4 / 13):
        return wrong(
            "other-fail-rate",
            f"Of 13 deployments 4 caused incidents, so the change fail rate is {4 / 13:.3g}. Your "
            f"function says {failed:.3g}.",
        )
    for value, message_id, message in REWORK_RATES:
        if _same(rework, value):
            return wrong(message_id, message)
    if not _same(rework, 5 / 13):
        return wrong(
            "other-rework-rate",
            f"Of 13 deployments 5 were unplanned, so the rework rate is {5 / 13:.3g}. Your "
            f"function says {rework:.3g}.",
        )
    empty = answer.call(log[:0], returns=mapping)
    if not all(_is_nan(empty.get(key)) for key in ("change_fail_rate", "rework_rate")):
        return wrong(
            "no-deployments",
            "Without a deployment neither rate has an answer: both are `nan`. A 0 would claim that "
            "nothing failed.",
        )
    return None


FAIL_RATES = (
    (
        7 / 13,
        "counts-incidents",
        "You count incidents. One deployment that raised three alarms is one deployment that "
        "failed.",
    ),
    (
        4 / 8,
        "fails-per-planned",
        "You divide by the planned deployments only. A hotfix is a deployment too, and can fail "
        "like any other: divide by all of them.",
    ),
    (
        3 / 13,
        "planned-only",
        "You leave out the hotfix that failed itself. Any deployment that needs somebody at once "
        "counts.",
    ),
    (
        3 / 8,
        "planned-only",
        "You look at planned deployments only. A hotfix is a deployment too, and can fail like any "
        "other.",
    ),
    (
        8 / 13,
        "rework-as-failure",
        "You count the repair as a second failure. The failed deployment counts once; the "
        "deployment that repairs it counts as rework.",
    ),
    (
        2 / 13,
        "only-recovered",
        "You count only failures that are over. A failure that nobody has repaired yet is a "
        "failure all the same.",
    ),
)
REWORK_RATES = (
    (
        5 / 8,
        "rework-per-planned",
        "You divide the rework by the planned deployments. The rate is its share of **all** "
        "deployments.",
    ),
    (
        5 / 4,
        "rework-per-failure",
        "You divide the rework by the failures. The rate is its share of all deployments; an "
        "incident from outside makes rework without any failed deployment.",
    ),
    (
        1 / 13,
        "failed-rework",
        "You count only rework that failed. All unplanned deployments after an incident are "
        "rework, the ones that worked too.",
    ),
    (
        4 / 13,
        "rework-is-failures",
        "You give the change fail rate twice. Rework is told by its `kind`: feeds change and "
        "clocks run out without any failed deployment.",
    ),
)


def _log(rows: tuple[tuple[str, int, float | None], ...]) -> Any:
    import pandas as pd

    table = pd.DataFrame(rows, columns=["kind", "incidents", "hours"])
    deployed = pd.Timestamp("2013-03-04 14:00", tz="UTC") + pd.to_timedelta(table.index, unit="D")
    recovered = deployed + pd.to_timedelta(table["hours"].to_numpy(), unit="h")
    return pd.DataFrame(
        {
            "deployment": table.index + 1,
            "deployed_at": deployed,
            "commit": [f"{at:07x}" for at in table.index],
            "kind": table["kind"],
            "incidents": table["incidents"],
            "recovered_at": recovered,
        }
    )


def _number_of(value: object) -> float | None:
    try:
        return number(value)
    except Mismatch:
        return None


def _is_nan(value: object) -> bool:
    given = _number_of(value)
    return given is not None and math.isnan(given)


def _same(given: float, value: float) -> bool:
    return math.isclose(given, value, abs_tol=1e-6)


# --- 3.3 Which weeks are a signal? ---------------------------------------------------------------

Measure = Callable[[list[float], int], float]
Rule = Callable[[list[float], int], list[int]]


def _ranges(values: list[float]) -> list[float]:
    return [abs(after - before) for before, after in pairwise(values)]


def _mean(values: list[float], baseline: int) -> float:
    return fmean(values[:baseline])


def _mean_range(values: list[float], baseline: int) -> float:
    return fmean(_ranges(values[:baseline]))


def _chart(centre: Measure = _mean, spread: Measure = _mean_range, factor: float = 2.66) -> Rule:
    """Return the rule that finds what lies further from the centre than so many spreads."""

    def outside(values: list[float], baseline: int) -> list[int]:
        middle = centre(values, baseline)
        reach = factor * spread(values, baseline)
        inside = (middle - reach <= value <= middle + reach for value in values)
        return [at for at, kept in enumerate(inside) if not kept]

    return outside


SIGNALS = _chart()


def _fixed(baseline: int) -> Rule:
    return lambda v, n: SIGNALS(v, baseline)


def _below(values: list[float], baseline: int) -> list[int]:
    centre = _mean(values, baseline)
    return [at for at in SIGNALS(values, baseline) if values[at] < centre]


def _above(values: list[float], baseline: int) -> list[int]:
    centre = _mean(values, baseline)
    return [at for at in SIGNALS(values, baseline) if values[at] > centre]


# The mistakes below differ from the right answer and from each other on these three together.
WEEKS: list[float] = [53, 43, 43, 38, 43, 43, 47, 73, 51, 42, 22, 26, 79, 83, 49]
ONE_STEP: list[float] = [0, 0, 0, 0, 10, 7]
SERIES = ((WEEKS, 10), (WEEKS, 7), (ONE_STEP, 5))
MISTAKES: tuple[tuple[tuple[Rule, ...], str, str], ...] = (
    (
        (_chart(lambda v, n: fmean(v), lambda v, n: fmean(_ranges(v))),),
        "whole-series",
        "Your limits come from all values. So a change hides itself: it widens the limits and "
        "moves their centre. Compute them from the first `baseline` values.",
    ),
    (
        (_chart(spread=lambda v, n: fmean(_ranges(v))),),
        "ranges-of-all",
        "The centre comes from the baseline and the moving ranges from all values. Both come from "
        "the first `baseline` values.",
    ),
    (
        (_chart(lambda v, n: fmean(v)),),
        "centre-of-all",
        "The moving ranges come from the baseline and the centre from all values. Both come from "
        "the first `baseline` values.",
    ),
    (
        tuple(
            _chart(spread=spread, factor=factor)
            for spread in (lambda v, n: stdev(v[:n]), lambda v, n: pstdev(v[:n]))
            for factor in (2, 2.66, 3)
        ),
        "standard-deviation",
        "Your limits come from the standard deviation. One outlier in the baseline stretches it "
        "further than it stretches the mean moving range, which looks at neighbours only: use "
        "that.",
    ),
    (
        (_chart(lambda v, n: median(v[:n])),),
        "median-centre",
        "Your limits lie around the median of the baseline. They belong around its mean.",
    ),
    (
        (
            _chart(spread=lambda v, n: median(_ranges(v[:n]))),
            _chart(spread=lambda v, n: median(_ranges(v[:n])), factor=3.145),
        ),
        "median-range",
        "You take the median of the moving ranges. With one step among equal values, as in "
        "`[0, 0, 0, 0, 10]`, it is 0 and the step is gone. The limits are made of their mean.",
    ),
    (
        (
            _chart(lambda v, n: median(v[:n]), lambda v, n: median(_ranges(v[:n]))),
            _chart(lambda v, n: median(v[:n]), lambda v, n: median(_ranges(v[:n])), 3.145),
        ),
        "medians",
        "You take medians. This chart is made of means: the mean of the baseline, and the mean of "
        "its moving ranges.",
    ),
    (
        (_chart(spread=lambda v, n: (v[n - 1] - v[0]) / (n - 1)),),
        "signed-ranges",
        "Your moving ranges have a sign, so that ups and downs cancel. A range is a size: take "
        "absolute values.",
    ),
    (
        (_chart(spread=lambda v, n: sum(_ranges(v[:n])) / n),),
        "divides-by-values",
        "You divide the moving ranges by the number of values. Ten values have nine steps between "
        "them: divide by the number of ranges. (A missing first range that is filled with 0 does "
        "the same harm.)",
    ),
    (
        (_chart(spread=lambda v, n: fmean(_ranges(v[: n + 1]))),),
        "one-range-more",
        "You take one moving range too many: the step from the last value of the baseline to the "
        "value after it. Both ends of a range belong to the baseline.",
    ),
    (
        (
            _chart(spread=lambda v, n: fmean(_ranges(v[: n - 1]))),
            _chart(spread=lambda v, n: fmean(_ranges(v[1:n]))),
        ),
        "one-range-less",
        "You leave out a moving range of the baseline, its first or its last one. Ten values have "
        "nine.",
    ),
    (
        (
            lambda v, n: SIGNALS(v, n + 1),
            lambda v, n: SIGNALS(v, n - 1),
            _chart(lambda v, n: fmean(v[1:n]), lambda v, n: fmean(_ranges(v[1:n]))),
        ),
        "other-baseline",
        "Your baseline is one value too long or too short. It holds the first `baseline` values, "
        "position 0 among them.",
    ),
    (
        (_chart(factor=1),),
        "without-factor",
        "Your limits are one mean moving range away from the centre. They belong 2.66 of them "
        "away.",
    ),
    (
        (_chart(factor=3),),
        "other-factor",
        "Your limits are three mean moving ranges away from the centre. They belong 2.66 of them "
        "away.",
    ),
    (
        (lambda v, n: [at for at in SIGNALS(v, n) if at >= n],),
        "baseline-not-judged",
        "A value of the baseline can be a signal too. Compute the limits from the baseline, then "
        "judge all values by them.",
    ),
    (
        (_below,),
        "one-side",
        "You look below the lower limit only. Worse is a signal as much as better.",
    ),
    (
        (_above,),
        "one-side",
        "You look above the upper limit only. Better is a signal as much as worse.",
    ),
    (
        (lambda v, n: [at + 1 for at in SIGNALS(v, n)],),
        "counts-from-one",
        "These are the right values, each one too far: positions count from 0.",
    ),
    (
        (lambda v, n: sorted(int(v[at]) for at in SIGNALS(v, n)),),
        "values",
        "These are the values that are signals. Asked for are their positions, from 0.",
    ),
    (
        tuple(_fixed(baseline) for baseline in (*range(3, 13), 20)),
        "fixed-baseline",
        "Your limits come from the same number of values whatever `baseline` says. Follow the "
        "`baseline` that the function is given.",
    ),
)


def check_signals(answer: Answer) -> Verdict | None:
    """Try two baselines, a signal inside one, one step among equals, and a value on the limit."""
    given = [sorted(answer.call(values, n, returns=positions)) for values, n in SERIES]
    for rules, message_id, message in MISTAKES:
        if any(given == [rule(values, n) for values, n in SERIES] for rule in rules):
            return wrong(message_id, message)
    for (values, n), theirs in zip(SERIES, given, strict=True):
        if theirs != SIGNALS(values, n):
            reach = 2.66 * _mean_range(values, n)
            lower, upper = _mean(values, n) - reach, _mean(values, n) + reach
            return wrong(
                "other-signals",
                f"For `{values}` and a baseline of {n} the limits are {lower:.1f} and {upper:.1f}, "
                f"and the positions {SIGNALS(values, n)} lie outside. Your function gives "
                f"{theirs}.",
            )
    if answer.call([7, 7, 7, 7, 7], 4, returns=positions):
        return wrong(
            "limit-is-outside",
            "Where every value is the same, both limits are that value, and no value lies outside. "
            "A value on a limit is no signal.",
        )
    return None


def positions(value: Any) -> list[int]:
    """Read whole numbers from any collection of them."""
    if isinstance(value, str | dict) or not hasattr(value, "__iter__"):
        raise Mismatch("a list of positions (whole numbers from 0)")
    try:
        found = [number(item) for item in value]
    except Mismatch:
        raise Mismatch("a list of positions (whole numbers from 0)") from None
    if any(item != item or item % 1 for item in found):
        raise Mismatch("a list of positions (whole numbers from 0)")
    return [int(item) for item in found]


# --- 3.4 Choose a batch size ---------------------------------------------------------------------

# batch: lead times of three years, change fail rates of three years
YEARS: dict[int, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    10: ((30.0, 31.0, 29.0), (0.125, 0.125, 0.125)),
    5: ((11.0, 11.0, 11.0), (0.0625, 0.0625, 0.0625)),
    1: ((22.0, 20.0, 18.0), (0.0, 0.03125, 0.03125)),
    2: ((8.0, 10.0, 9.0), (0.03125, 0.1875, 0.0625)),
    3: ((1.0, 14.0, 15.0), (0.0625, 0.25, 0.25)),
    4: ((7.0, 7.0, 7.0), (0.25, 0.25, 0.25)),
    8: ((5.0, 5.0, 26.0), (0.0625, 0.0625, 0.0625)),
    6: ((8.0, 8.0, 8.0), (0.0, 0.0625, 0.5)),
}
BUDGET = 0.125
OTHER_BATCHES = {
    4: (
        "ignores-budget",
        "4 changes give the shortest lead time, and a quarter of their deployments fail. First "
        "leave out what is over the budget, then look for the shortest.",
    ),
    3: (
        "lucky-year",
        "You judge single years: 3 changes had one lucky year, and over all three years they are "
        "far over the budget. Take the mean over the years of each batch size first.",
    ),
    5: (
        "worst-year",
        "You leave out a batch size because of a single bad year. The budget is for the mean over "
        "the years.",
    ),
    8: (
        "median-over-years",
        "8 changes had two fast years and one in which they waited 26 hours. A median over the "
        "years doesn't see the third: take the mean.",
    ),
    6: (
        "median-over-years",
        "6 changes had two good years and one in which half of their deployments failed. A median "
        "over the years doesn't see the third: take the mean.",
    ),
    1: (
        "safest",
        "Batches of 1 fail least, and a change of theirs takes 20 hours. Within the budget the "
        "shortest lead time wins.",
    ),
    10: (
        "largest",
        "10 changes is the largest batch within the budget and has the longest lead time. Within "
        "the budget the shortest lead time wins.",
    ),
}


def check_choose_batch(answer: Answer) -> Verdict | None:
    """Try odd years, a rate on the budget, a tie, and a budget that nothing meets."""
    given = answer.call(_trials(YEARS), BUDGET, returns=_batch)
    if given in OTHER_BATCHES:
        return wrong(*OTHER_BATCHES[int(given or 0)])
    if given != 2:
        return wrong(
            "other-batch",
            f"Of the batch sizes {sorted(YEARS)} yours is {given}. On average over three years, 2 "
            "changes have the shortest lead time of those that stay within the budget.",
        )
    edge = {2: ((4.0, 4.0, 4.0), (0.125,) * 3), 1: ((9.0, 9.0, 9.0), (0.0,) * 3)}
    if answer.call(_trials(edge), BUDGET, returns=_batch) != 2:
        return wrong(
            "budget-excluded",
            "A change fail rate of exactly the budget is still within it.",
        )
    tie = {6: ((4.0, 5.0, 6.0), (0.0,) * 3), 2: ((5.0, 5.0, 5.0), (0.0625,) * 3)}
    if answer.call(_trials(tie), BUDGET, returns=_batch) != 2:
        return wrong(
            "larger-on-a-tie",
            "With equal lead times you take the larger batch. The smaller one is easier to review "
            "and to take back, so it wins the tie.",
        )
    over = {1: ((5.0, 5.0, 5.0), (0.25,) * 3), 2: ((4.0, 4.0, 4.0), (0.5,) * 3)}
    chosen = answer.call(_trials(over), BUDGET, returns=_batch)
    if chosen is not None:
        return wrong(
            "over-budget",
            f"No batch size meets the budget, and you choose {chosen:g} all the same. Return "
            "`None`: that the budget can't be met is what the team has to hear.",
        )
    return None


def _batch(value: Any) -> float | None:
    try:
        return None if value is None else number(value)
    except Mismatch:
        raise Mismatch("a batch size (a number) or `None`") from None


def _trials(years: dict[int, Any]) -> Any:
    import pandas as pd

    rows = [
        {"batch": batch, "year": year, "lead_time_hours": lead, "change_fail_rate": rate}
        for batch, (leads, rates) in years.items()
        for year, (lead, rate) in enumerate(zip(leads, rates, strict=True), start=1)
    ]
    return pd.DataFrame(rows)


# --- 3.5 What let it happen? ---------------------------------------------------------------------

ALARM, UNITS = "the alarm fires late", "units are in no contract"
BY_HAND, UNTESTED = "going back is done by hand", "no test with last week's traffic"
FINDINGS = (
    (1, "Mei", ALARM, 5.0),
    (1, "Tom", ALARM, 5.0),
    (2, "Raj", UNITS, 5.0),
    (2, "Ines", BY_HAND, 5.0),
    (3, "Raj", ALARM, 1.0),
    (4, "Mei", ALARM, 0.5),
    (5, "Mei", None, 40.0),
    (6, "Tom", UNTESTED, 6.75),
    (7, "Lena", UNITS, 0.5),
    (8, "Tom", UNITS, 0.5),
    (9, "Raj", UNITS, 0.5),
    (10, "Tom", UNITS, 0.5),
    (11, "Ines", BY_HAND, 2.0),
)
ORDER = [BY_HAND, UNITS, UNTESTED, ALARM, "unexplained"]
PEOPLE = ("Mei", "Tom", "Raj", "Ines", "Lena")


def check_what_let_it_happen(answer: Answer) -> Verdict | None:
    """Try a finding in two rows, two conditions of a failure, unexplained hours, and none."""
    given = answer.call(_findings(FINDINGS), returns=names)
    if set(given) & set(PEOPLE):
        return wrong(
            "by-person",
            "You order people. Whoever is on top has not failed more than others would have; they "
            "were there. Ask which condition let it happen: that can be changed.",
        )
    if "unexplained" not in given:
        return wrong(
            "drops-unexplained",
            "Deployment 5 took 40 hours and has no condition, so it is gone from your list. Keep "
            "such hours, under the name `unexplained`: somebody has to ask further.",
        )
    if set(given) != set(ORDER) or len(given) != len(ORDER):
        return wrong(
            "other-conditions",
            f"The findings name {len(ORDER) - 1} conditions, and `unexplained` makes "
            f"{len(ORDER)}. Your list has {len(set(given))}. A failure with two conditions counts "
            "under both, and each condition stands in the list once.",
        )
    if [name for name in given if name != "unexplained"][:2] == [ALARM, UNTESTED]:
        return wrong("ascending", "Your list begins with the fewest hours. Put the most first.")
    if given[-1] != "unexplained":
        return wrong(
            "unexplained-first",
            "`unexplained` isn't a condition that can be mended, so it comes last, however many "
            "hours it holds.",
        )
    if given[:2] == [UNITS, ALARM]:
        return wrong(
            "counts-findings",
            "You count findings. Several short failures needn't be worse than one long one: add up "
            "the hours.",
        )
    if given[:2] == [UNITS, UNTESTED]:
        return wrong(
            "one-condition",
            "You keep one condition for each deployment. Deployment 2 has two, and both belong in "
            "the sums: what makes two rows the same is deployment **and** condition.",
        )
    if given[0] == ALARM:
        return wrong(
            "reported-twice",
            "The late alarm of deployment 1 stands in two rows, and you add its hours twice. A "
            "deployment counts once under each condition.",
        )
    if given[0] == UNTESTED:
        return wrong(
            "splits-hours",
            "You divide the hours of deployment 2 between its two conditions. Without either of "
            "them it would not have happened, so it counts in full under both.",
        )
    if given[:2] == [UNITS, BY_HAND]:
        return wrong(
            "tie",
            "Two conditions hold 7 hours each. Put equal ones in the order of the alphabet, so "
            "that the list is the same every time.",
        )
    if given != ORDER:
        return wrong(
            "other-order",
            f"The right order is {ORDER}. Yours is {given}.",
        )
    explained = tuple(row for row in FINDINGS if row[2] is not None)
    if "unexplained" in answer.call(_findings(explained), returns=names):
        return wrong(
            "always-unexplained",
            "Where every failure has a condition, your list ends in `unexplained` all the same. It "
            "stands for hours that lack a condition; without such hours it tells the team to look "
            "for nothing.",
        )
    if answer.mutates(_findings(FINDINGS)):
        return wrong(
            "changes-findings",
            "Your order is right, but your function changes the table that it was given, and the "
            "next cell would work with another one. `fillna` and `assign` return a new table: "
            "give that a name of its own.",
        )
    return None


def _findings(rows: tuple[tuple[int, str, str | None, float], ...]) -> Any:
    import pandas as pd

    table = pd.DataFrame(rows, columns=["deployment", "who", "condition", "hours"])
    return table.fillna({"condition": math.nan})


EXERCISES = (
    Exercise(
        "3.1",
        "How long does a change take?",
        check_median_lead_time,
        hints=(
            "Two moments make a lead time. Which of the three columns of times holds the first, "
            "and which the last?",
            "A commit may stand in several rows. Bring the table to one row for each commit before "
            "you take a median.",
            "`groupby` has a `min`, and the earliest of missing times is missing. A difference of "
            "two times has `.dt.total_seconds()`.",
        ),
        why="The clock starts when the change is first committed and stops when it first reaches "
        "production, so review and waiting for a release both count, and a change that was rolled "
        "back counts once. The median says what half of the changes stay under; a mean would tell "
        "more about the few that waited longest.",
    ),
    Exercise(
        "3.2",
        "How often does it fail?",
        check_stability,
        hints=(
            "Both rates have the same number below the line. Read the two definitions again: a "
            "share of what?",
            "One column tells whether a deployment failed, another whether it was unplanned. They "
            "don't follow from each other.",
            "The mean of a column of `True` and `False` is a share, and the mean of no values is "
            "`nan`.",
        ),
        why="Both are shares of all deployments, hotfixes included. A deployment with three "
        "incidents failed once. The repair of a failure isn't a failure, unless it fails itself, "
        "and rework can follow an incident that no deployment caused. So the two rates move "
        "together without being the same.",
    ),
    Exercise(
        "3.3",
        "Which weeks are a signal?",
        check_signals,
        hints=(
            "Compute two numbers from the first `baseline` values before you look at any other "
            "value: a centre and a mean moving range.",
            "A moving range is the size of the step from one value to the next; `baseline` values "
            "have one fewer of them.",
            "`enumerate` gives a position with each value. Judge all values, both ways.",
        ),
        why="Limits from the baseline say what the process did before anything was changed, so a "
        "change can stand out against them. Moving ranges compare neighbours, so a shift or an "
        "outlier inflates them far less than it inflates a standard deviation.",
    ),
    Exercise(
        "3.4",
        "Choose a batch size",
        check_choose_batch,
        hints=(
            "One row is one year with its luck. What do you want to know about a batch size?",
            "Two steps: which batch sizes are within the budget on average, and which of these has "
            "the shortest mean lead time?",
            "`groupby(...).mean()` orders by batch size, and `idxmin` takes the first of equals. "
            "Look whether anything is left before you call it.",
        ),
        why="The budget is a constraint and the lead time is what is minimised under it, both as "
        "means over years, because a single year is luck. The smaller batch wins a tie. And where "
        "nothing meets the budget the answer is that, rather than the least bad number.",
    ),
    Exercise(
        "3.5",
        "What let it happen?",
        check_what_let_it_happen,
        hints=(
            "What will the team change next week? Group by that.",
            "The same condition of the same deployment may stand in several rows. What makes two "
            "rows the same?",
            "Missing conditions vanish in a `groupby`; `fillna` gives them a name first. Sorting "
            "by several columns takes a list, and one direction for each.",
        ),
        why="A condition can be changed; a person was there. Hours weigh what a condition cost, "
        "and a failure with two conditions needed both, so it counts under both, once. Hours that "
        "nobody has explained stay visible, at the end: they are the next question.",
    ),
)
