"""The exercises of chapter 13: a threshold, a baseline, a year, a test's days and end, a memo."""

import math
from collections.abc import Callable
from typing import Any

from workbook.exercise import (
    NOT_ATTEMPTED,
    Answer,
    Exercise,
    Mismatch,
    Stop,
    Verdict,
    mapping,
    number,
    text,
    truth,
    wrong,
)

# --- 13.1 From costs to a threshold --------------------------------------------------------------

# false_alarm, miss, right_alarm, right_silence: what each slip would return.
SLIPS = (
    (1 / 5, "ratio-of-costs", "That is one cost divided by the other. A probability belongs to it: "
     "at the threshold a warning and silence are **expected** to cost the same, and a warning "
     "fails with 1 minus the probability."),
    (5 / 6, "other-way-round", "5 / 6 turns the costs around: the dearer a miss, the **earlier** a "
     "warning pays, so the lower the threshold."),
    (1 / 2, "half", "0.5 is right only where both mistakes cost the same."),
)  # fmt: skip


def check_threshold(answer: Answer) -> Verdict | None:
    """Try free and costly right answers, other units, and a warning that never pays."""
    first = answer.call(1.0, 5.0, 0.0, 0.0, returns=number)
    for value, message_id, message in SLIPS:
        if math.isclose(first, value, rel_tol=1e-3):
            return wrong(message_id, message)
    if first in (0.17, 0.167):
        return wrong(
            "rounded",
            f"{first:g} is the right threshold, rounded. Return it as it is: a flight just beside "
            "it would be treated wrongly.",
        )
    if not math.isclose(first, 1 / 6, rel_tol=1e-3):
        return wrong(
            "other-threshold",
            "With 1 for a false alarm, 5 for a miss and right answers free, both ways are expected "
            f"to cost the same at 1/6, and your function says {first:.3g}. Write down what a "
            "warning is expected to cost at probability p, and what silence is.",
        )
    if not math.isclose(answer.call(20.0, 100.0, 0.0, 0.0, returns=number), 1 / 6, rel_tol=1e-3):
        return wrong(
            "unit",
            "In another unit, 20 for a false alarm and 100 for a miss, the threshold has to stay "
            "1/6, and yours moves.",
        )
    costly = answer.call(1.0, 5.0, 3.0, 0.0, returns=number)
    if math.isclose(costly, 1 / 6, rel_tol=1e-3):
        return wrong(
            "ignores-right-alarm",
            "When a right alarm still costs 3, a warning averts 2 of the 5 and not all of them. "
            "Your threshold doesn't move.",
        )
    silent = answer.call(2.0, 5.0, 0.0, 1.0, returns=number)
    if math.isclose(silent, 2 / 7, rel_tol=1e-3):
        return wrong(
            "ignores-right-silence",
            "If silence about an on-time flight already costs 1, a false alarm that costs 2 adds "
            "only 1. Your function takes the whole 2.",
        )
    for value, expected, costs in ((costly, 1 / 3, "1, 5, 3, 0"), (silent, 1 / 6, "2, 5, 0, 1")):
        if not math.isclose(value, expected, rel_tol=1e-3):
            return wrong(
                "other-costs",
                f"For the costs {costs} both ways are expected to cost the same at "
                f"{expected:.3f}, and your function says {value:.3g}.",
            )
    for right_alarm in (7.0, 6.0):
        if answer.call(1.0, 5.0, right_alarm, 0.0, returns=number) <= 1:
            return wrong(
                "never-pays",
                f"Acting on a late flight costs {right_alarm:g} here and missing it costs 5: a "
                "warning makes every flight dearer, and your threshold would still warn. Return "
                "`inf` where warning averts nothing.",
            )
    if answer.call(1.0, 5.0, 5.0, 0.0, returns=number) <= 1:
        return wrong(
            "averts-nothing",
            "Acting on a late flight costs 5 here, and so does missing it: a warning averts "
            "nothing and can still be false. Your threshold would warn of a flight that is sure "
            "to be late. Return `inf` here too.",
        )
    return None


# --- 13.2 Beat the best rule, or don't ship ------------------------------------------------------

CHANGES_TABLE = (
    "Your function changes the table that it is given, and the next cell needs all of its columns. "
    "Without `inplace`, `drop` returns a new table and leaves this one as it is."
)


def _days(per_day: list[dict[str, float]], flights: int = 40) -> Any:
    """Return a table of costs in which all flights of a day cost the same."""
    import pandas as pd

    table = pd.DataFrame(per_day).assign(day=[f"2013-09-{d + 1:02d}" for d in range(len(per_day))])
    return table.loc[table.index.repeat(flights)].reset_index(drop=True)


def _steady(days: int = 20, flights: int = 40, **costs: float) -> Any:
    """Return days that differ a little, the same for all columns."""
    weather = [0.02 * (day % 5) for day in range(days)]
    return _days([{name: cost + w for name, cost in costs.items()} for w in weather], flights)


def _taking_turns() -> Any:
    """Return days on which two rules err in turn: together they would never err."""
    table = _steady(model=0.3, rule_1=0.0, rule_2=0.0)
    first = table.index % 2 == 0
    table.loc[first, "rule_1"] += 1.0
    table.loc[~first, "rule_2"] += 1.1
    return table


def _uneven_days() -> Any:
    """Return small days on which the model saves much, and large ones on which it loses."""
    import pandas as pd

    small = _days([{"model": 0.2, "rule": 0.4}] * 10, flights=10)
    large = _days([{"model": 0.41, "rule": 0.4}] * 10, flights=100)
    return pd.concat([small, large.assign(day="2013-10" + large["day"].str[7:])], ignore_index=True)


def _few_dear_days() -> Any:
    """Return days on which one rule is the cheapest on most of them and another in total."""
    days = [{"model": 0.4, "rule_1": 0.3 if d % 4 else 1.2, "rule_2": 0.5} for d in range(20)]
    return _days(days)


def _few_full_days() -> Any:
    """Return days of which the empty ones favour a rule that isn't the cheapest in total."""
    import pandas as pd

    small = _days([{"model": 0.4, "rule_1": 0.1, "rule_2": 0.5}] * 10, flights=10)
    large = _days([{"model": 0.4, "rule_1": 0.55, "rule_2": 0.5}] * 10, flights=100)
    return pd.concat([small, large.assign(day="2013-10" + large["day"].str[7:])], ignore_index=True)


def _up_and_down() -> tuple[Any, float, float]:
    """Return days of gains and losses, and the 95 per cent lower end with its standard error."""
    gains = [0.5 + 0.4 * math.sin(7 * d) for d in range(40)]
    table = _days([{"model": 0.5, "rule": 0.5 + gain} for gain in gains], flights=20)
    saved = (table["rule"] - table["model"]).to_numpy()
    low, high = _by_days(saved, table["day"].to_numpy())
    return table, 1000 * low, 1000 * (high - low) / 3.92


def _level(ships: Callable[[Any, float], bool]) -> Verdict | None:
    table, low, error = _up_and_down()
    # The lower end of a 90 per cent interval lies 0.32 standard errors above that of 95.
    if ships(table, low + 0.25 * error):
        return wrong(
            "narrower-level",
            f"The lower end of the 95 per cent interval is {low:.0f} here and the running cost is "
            f"{low + 0.25 * error:.0f}, so that it isn't shown to pay. Your interval is narrower "
            "than one of 95 per cent.",
        )
    if not ships(table, low - 0.4 * error):
        return wrong(
            "wider-level",
            f"The lower end of the 95 per cent interval is {low:.0f} here, above the running cost "
            f"of {low - 0.4 * error:.0f}, and you say no. The model may lose on single days, and "
            "an interval of more than 95 per cent isn't asked for.",
        )
    return None


def check_may_ship(answer: Answer) -> Verdict | None:
    """Try weak, strong and alternating baselines, running costs, uneven days, and weather."""
    import pandas as pd

    def ships(costs: Any, running: float) -> bool:
        return answer.call(costs, running, returns=truth)

    if not ships(_steady(never=0.6, model=0.4, rule=0.5), 10.0):
        return wrong(
            "never-ships",
            "The model saves 100 per 1,000 flights over the rule, on each day, and costs 10 to "
            "run. Your function still says no. (`running` is per 1,000 flights, the columns are "
            "per flight; both interval ends are of what the model **saves**.)",
        )
    if ships(_steady(never=0.4, model=0.5, rule=0.4), 0.0):
        return wrong(
            "sure-loss",
            "Both baselines cost the same here, and the model costs 100 per 1,000 flights more "
            "than either, on each day. That is a sure loss: the interval has to lie **above** 0, "
            "and not only to one side of it.",
        )
    if ships(_steady(never=0.6, model=0.5, rule=0.4), 0.0):
        return wrong(
            "weakest-baseline",
            "Here the model is cheaper than `never`, and `rule` is cheaper than both. The one to "
            "beat is the **cheapest** way to do without the model.",
        )
    try:
        others = ships(_steady(rule_2=0.4, rule_1=0.7, model=0.5, airport=0.6), 0.0)
    except Stop as stop:
        if "KeyError" not in stop.verdict.message:
            raise
        return wrong(
            "fixed-names",
            "The baselines can have other names: here they are `rule_2`, `rule_1` and `airport`, "
            f"and your function asks for a column that isn't there. {stop.verdict.message}",
        )
    if others:
        return wrong(
            "fixed-names",
            "The baselines can have other names, and be more than two. Here `rule_2` is cheaper "
            "than the model, and your function lets the model through.",
        )
    if ships(_steady(never=0.6, model=0.4, rule=0.45), 60.0):
        if not ships(_steady(flights=1, never=0.6, model=0.4, rule=0.45), 60.0):
            return wrong(
                "totals-of-days",
                "Each flight saves 0.05, which is 50 per 1,000 flights, and they cost 60 to run: a "
                "loss. With one flight a day your function says so, and with 40 it doesn't: it "
                "adds up the flights of a day. `running` is per 1,000 flights, so take the saving "
                "of each flight, and the days only as groups.",
            )
        return wrong(
            "ignores-running",
            "The model saves 50 per 1,000 flights and costs 60 to run. That is a loss.",
        )
    if ships(_days([{"model": 0.25, "rule": 0.5}] * 20), 250.0):
        return wrong(
            "not-above",
            "On each day the model saves exactly what it costs to run, 250 per 1,000 flights. "
            "That is not above 0.",
        )
    if not ships(_taking_turns(), 10.0):
        return wrong(
            "oracle",
            "Two rules err on different flights here, and over each of them the model saves at "
            "least 200 per 1,000 flights. If you take the cheaper rule flight by flight, you "
            "compare with something that nobody has: choose **one** baseline, by its total, for "
            "all flights.",
        )
    # A day of forty flights carries the whole saving.
    stormy = [{"model": 0.42, "rule": 0.40}] * 19 + [{"model": 0.4, "rule": 1.6}]
    if ships(_days(stormy), 0.0):
        costs = _days(stormy)
        saved = 1000 * float((costs["rule"] - costs["model"]).mean())
        return wrong(
            "flights-not-days",
            f"On average the model saves {saved:.0f} here, and all of it comes from one day of "
            "twenty; on the other days it loses. Ask for the whole interval, and draw whole "
            "**days**: the flights of a day are no independent witnesses.",
        )
    weather = [{"model": 0.1 + 0.1 * d, "rule": 0.15 + 0.1 * d} for d in range(20)]
    if not ships(_days(weather), 10.0):
        return wrong(
            "unpaired",
            "The days differ a lot here, for the rule as for the model, and on each of them the "
            "model saves 50 per 1,000 flights. Take the difference flight by flight **before** "
            "you ask for an interval; then the weather in common cancels.",
        )
    if ships(_uneven_days(), 40.0):
        return wrong(
            "days-alike",
            "On ten days with 10 flights the model saves 200 per 1,000, and on ten days with 100 "
            "flights it loses 10. That is 9 per 1,000 flights, and it costs 40 to run. Each "
            "**flight** counts the same, not each day.",
        )
    if not ships(_few_dear_days(), 10.0):
        return wrong(
            "cheapest-on-most-days",
            "`rule_1` is the cheapest on 15 of 20 days and very dear on the others, so that "
            "`rule_2` costs less in total. The baseline is the rule with the smallest **total**, "
            "and over it the model saves 100 per 1,000 flights on each day.",
        )
    if not ships(_few_full_days(), 80.0):
        return wrong(
            "baseline-days-alike",
            "On ten days with 10 flights `rule_1` is the cheapest, and on ten days with 100 "
            "flights `rule_2` is, which costs less in total. Choose the baseline by its total over "
            "the **flights**: a mean of daily means counts each day the same.",
        )
    losing = [{"model": 0.4, "rule": 0.35 if d % 4 == 0 else 0.7} for d in range(40)]
    if not ships(_days(losing), 10.0):
        return wrong(
            "every-day",
            "The model loses 50 per 1,000 flights on every fourth day and saves 300 on the others: "
            "the mean is far above 0, with its whole interval. It needn't save on each single day.",
        )
    if verdict := _level(ships):
        return verdict
    mixed = pd.concat([_steady(model=0.4, never=0.7, rule=0.5)]).sample(frac=1, random_state=0)
    if not ships(mixed, 10.0):
        return wrong("order", "With the same flights in another order your answer changes.")
    if answer.mutates(mixed, 10.0):
        return wrong("changes-its-input", CHANGES_TABLE)
    return None


# --- 13.3 What is a year worth? ------------------------------------------------------------------

# So dear to run that the lower end is a loss.
YEAR = {"price": 8.0, "running_cost": 80_000.0, "flights": 200_000}


def check_yearly_value(answer: Answer) -> Verdict | None:
    """Compare with the value and the interval by days; name the usual slips by their size."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(3)
    # Full days save less than empty ones, so that it matters whether each flight counts the same.
    size = np.where(np.arange(40) % 2, 25, 250)
    gain = np.where(np.arange(40) % 2, 0.25, 0.08) + rng.normal(0, 0.12, 40)
    day = np.repeat([f"2013-{9 + d // 30:02d}-{d % 30 + 1:02d}" for d in range(40)], size)
    saved = pd.Series(np.repeat(gain, size) + rng.normal(0, 0.3, len(day)))
    found = answer.call(saved, pd.Series(day), *YEAR.values(), returns=mapping)
    if found and all(value is ... for value in found.values()):
        return NOT_ATTEMPTED
    if verdict := _unfinished(found):
        return verdict
    if not {"expected", "low", "high"} <= set(found):
        return wrong(
            "other-keys",
            f"The answer holds {sorted(map(str, found))}; the docstring promises `expected`, "
            "`low` and `high`.",
        )
    numbers = {}
    for name in ("expected", "low", "high"):
        try:
            numbers[name] = number(found[name])
        except Mismatch:
            return wrong("not-numbers", f"`{name}` has to be a number.")
    mean, ends = float(saved.mean()), _by_days(saved.to_numpy(), day)
    right = [_net(each) for each in (mean, *ends)]
    if not math.isclose(numbers["expected"], right[0], rel_tol=1e-3):
        return wrong(*_slip(numbers, saved, day, right[0]))
    return _ends(numbers, saved, pd.Series(day), ends)


def _unfinished(found: dict[Any, Any]) -> Verdict | None:
    left = [f"`{name}`" for name, value in found.items() if value is ...]
    if not left:
        return None
    return wrong("unfinished", f"Still `...`: {', '.join(left)}. The rest is checked with it.")


def _net(per_flight: float) -> float:
    return per_flight * YEAR["flights"] * YEAR["price"] - YEAR["running_cost"]


def _by_days(saved: Any, day: Any) -> tuple[float, float]:
    """Return the bootstrap interval by days, from a few hundred draws."""
    import numpy as np

    codes = np.unique(day, return_inverse=True)[1]
    totals, counts = np.bincount(codes, saved), np.bincount(codes)
    drawn = np.random.default_rng(0).integers(0, len(counts), (4000, len(counts)))
    means = totals[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def _slip(numbers: dict[Any, float], saved: Any, day: Any, right: float) -> tuple[str, str]:
    expected, mean, running = numbers["expected"], float(saved.mean()), YEAR["running_cost"]
    gross = mean * YEAR["flights"] * YEAR["price"]
    slips = (
        (gross, "forgets-running", "That is what the mistakes save. From it goes `running_cost`, "
         "once for the year."),
        (gross / 1000 - running, "thousand", "`saved` is per flight, not per 1,000 flights: "
         "nothing has to be divided by 1,000."),
        (mean * YEAR["flights"] - running, "forgets-price", "Units minus money: multiply by "
         "`price` first."),
        (float(saved.sum()) * YEAR["price"] - running, "sample-not-year", "You add up the flights "
         "that were measured. A year has `flights_a_year` of them: take the mean per flight."),
        ((mean * YEAR["flights"] - running) * YEAR["price"], "running-in-units", "`running_cost` "
         "is in money already, and you multiply it by the price of a unit."),
        (_net(float(saved.groupby(day).mean().mean())), "days-alike", "You take the mean of the "
         "daily means, so that a day with few flights counts as much as one with many. Take the "
         "mean over the flights."),
        (365 * float(saved.sum()) / len(set(day)) * YEAR["price"] - running, "year-of-days", "You "
         "count a year as 365 such days. How many flights it has is given: `flights_a_year`."),
    )  # fmt: skip
    for value, message_id, message in slips:
        if math.isclose(expected, value, rel_tol=1e-3):
            return message_id, message
    middle = (numbers["low"] + numbers["high"]) / 2
    if numbers["low"] < numbers["high"] and math.isclose(expected, middle, rel_tol=1e-9):
        return (
            "midpoint",
            "You return the middle of the interval. What is expected comes from the mean itself, "
            "and an interval needn't reach equally far to both sides of it.",
        )
    return (
        "other-value",
        f"The flights save {mean:.4f} units each on average. With {YEAR['flights']:,} flights, "
        f"{YEAR['price']:g} a unit and {running:,.0f} to run it that is {right:,.0f} a year, and "
        f"your function says {expected:,.0f}.",
    )


def _ends(
    numbers: dict[Any, float], saved: Any, day: Any, ends: tuple[float, float]
) -> Verdict | None:
    low, high = numbers["low"], numbers["high"]
    if low > high:
        return wrong("swapped-ends", "`low` is above `high`.")
    right = _net(ends[0]), _net(ends[1])
    width, running = right[1] - right[0], YEAR["running_cost"]

    def near(found: tuple[float, float], share: float = 0.065) -> bool:
        pairs = zip((low, high), found, strict=True)
        return all(math.isclose(one, other, abs_tol=share * width) for one, other in pairs)

    if near(right):
        return None
    if near((right[0] + running, right[1] + running), 0.1):
        return wrong(
            "gross-interval",
            "The expected value is net of the running cost and the interval isn't: it lies too "
            "high by just that. Take it from all three.",
        )
    if low == 0:
        return wrong(
            "cut-at-zero",
            f"Your lower end is 0, and it is {right[0]:,.0f}: a year can end in a loss, and that "
            "is what the reader of the interval wants to know.",
        )
    if near(_alike(saved, day)):
        return wrong(
            "interval-days-alike",
            "Your interval is that of the mean of daily means, so that a day with 25 flights "
            "counts as much as one with 250. Hand over the flights, and their days as groups.",
        )
    half = 1.96 * float(saved.std()) / math.sqrt(len(saved))
    if near((_net(saved.mean() - half), _net(saved.mean() + half)), 0.05):
        return wrong(
            "flights-not-days",
            "Your interval is far too narrow. The flights of a day share its weather: draw whole "
            "days.",
        )
    share = (high - low) / width
    if share > 1.8:
        return wrong(
            "spread-of-days",
            "Your interval is far too wide: it holds where single days lie. Asked is where the "
            "**mean** lies, if other days had been drawn.",
        )
    if not 0.93 <= share <= 1.08:
        return wrong(
            "other-level",
            f"Your interval is {share:.2f} times as wide as the one of 95 per cent, drawn by days. "
            "Look at its level, and at what is drawn.",
        )
    return wrong(
        "other-interval",
        f"The interval of the mean, drawn by days, is {ends[0]:.3f} to {ends[1]:.3f} units per "
        f"flight. In money that is {right[0]:,.0f} to {right[1]:,.0f}, and yours is "
        f"{low:,.0f} to {high:,.0f}.",
    )


def _alike(saved: Any, day: Any) -> tuple[float, float]:
    daily = saved.groupby(day).mean()
    low, high = _by_days(daily.to_numpy(), daily.index.to_numpy())
    return _net(low), _net(high)


# --- 13.4 How long does the test take? -----------------------------------------------------------

# old, new, late flights a day, power
TESTS = ((0.4, 0.43, 100.0, 0.8), (0.4, 0.43, 100.0, 0.9), (0.3, 0.36, 50.0, 0.8))
# Comes out even: 9,490 cases in each arm.
EVEN = (0.4, 0.42, 130.0, 0.8)


def check_days(answer: Answer) -> Verdict | None:
    """Compare with both arms' cases over the late flights of a day, rounded up."""
    first = answer.call(*TESTS[0], returns=number)
    right = _test_days(*TESTS[0])
    slips = (
        (0.5, "one-arm", "`cases_per_arm` says how many **each** arm needs, and the late flights "
         "of a day are shared by two arms. Your test ends when half of the cases are there."),
        (2.0, "counts-twice", "You take the second arm into account twice. Two arms need twice the "
         "cases; or each gets half of a day's late flights; not both."),
        (0.25, "one-arm", "The late flights of a day are shared by the two arms, so the test takes "
         "longer than one arm alone would, not shorter."),
    )  # fmt: skip
    for factor, message_id, message in slips:
        if math.isclose(first, factor * right, rel_tol=0.05):
            return wrong(message_id, message)
    # 0.8 as alpha, and the power of 0.8 that is the default: 645 cases in each arm.
    if round(first) in (6, 7, 12, 13):
        return wrong(
            "power-is-alpha",
            "The third argument of `cases_per_arm` is `alpha`: hand `power` over by its name.",
        )
    cases = _cases(*TESTS[0][:2], TESTS[0][3])
    if any(math.isclose(first, times * cases, rel_tol=0.01) for times in (1, 2)):
        return wrong(
            "cases-not-days",
            f"{first:,.0f} is a number of late flights. How many days bring so many, at 100 a day?",
        )
    if any(math.isclose(first, times * cases * 100, rel_tol=0.01) for times in (0.5, 1, 2)):
        return wrong(
            "multiplies",
            "You multiply by the late flights of a day. The more there are, the **sooner** the "
            "test is over.",
        )
    if math.isclose(first, right, rel_tol=0.02) and first != int(first):
        return wrong("not-whole", "A test ends in the evening: give whole days, rounded up.")
    if int(first) == right - 1:
        return wrong("rounds-down", "Rounded down, the last cases are missing: round up.")
    if abs(first - right) > 0.5:
        return wrong(
            "other-number",
            f"To tell 0.40 from 0.43 with a power of 0.8 each arm needs {cases:,.0f} late flights. "
            f"With 100 a day for both arms that takes {right} days, and your function says "
            f"{first:g}.",
        )
    return _more_days(answer)


def _more_days(answer: Answer) -> Verdict | None:
    sure = answer.call(*TESTS[1], returns=number)
    if sure == _test_days(*TESTS[0]):
        return wrong(
            "ignores-power",
            "With a power of 0.9 instead of 0.8 the test takes longer, and yours doesn't. Hand "
            "`power` on to `cases_per_arm`.",
        )
    rates = answer.call(0.3, 0.5, 100.0, 0.8, returns=number)
    if rates == _test_days(*TESTS[0]):
        return wrong(
            "fixed-rates",
            "To tell 0.3 from 0.5 takes fewer cases than to tell 0.40 from 0.43, and your function "
            "gives the same days for both. Hand `old` and `new` on to `cases_per_arm`.",
        )
    if sure == _test_days(*TESTS[1]) - 1:
        return wrong(
            "rounds-to-nearest",
            f"With a power of 0.9 it takes {_test_days(*TESTS[1])} days, and you round down. To "
            "the nearest isn't enough, for the last cases would be missing.",
        )
    if sure != _test_days(*TESTS[1]):
        return wrong(
            "other-power",
            f"With a power of 0.9 it takes {_test_days(*TESTS[1])} days, and your function says "
            f"{sure:g}. Hand `power` on as it is.",
        )
    odd = answer.call(0.3, 0.5, 5.0, 0.8, returns=number)
    if odd != _test_days(0.3, 0.5, 5.0, 0.8):
        return wrong(
            "half-flights",
            f"With 5 late flights a day it takes {_test_days(0.3, 0.5, 5.0, 0.8)} days, and your "
            f"function says {odd:g}. Each arm gets 2.5 a day in the long run: round only the days, "
            "at the end.",
        )
    even = answer.call(*EVEN, returns=number)
    if even == _test_days(*EVEN) + 1:
        return wrong(
            "a-day-too-many",
            f"{_cases(*EVEN[:2], EVEN[3]):,} cases in each arm and {EVEN[2]:g} late flights a day "
            f"take exactly {_test_days(*EVEN)} days, and your function says {even:g}. Rounding up "
            "leaves a whole number as it is: `math.ceil`, not one more than rounded down.",
        )
    for old, new, late, power in (EVEN, TESTS[2], (0.43, 0.4, 37.5, 0.5)):
        found = answer.call(old, new, late, power, returns=number)
        if found != _test_days(old, new, late, power):
            return wrong(
                "other-days",
                f"For {old} against {new}, {late:g} late flights a day and a power of {power} it "
                f"takes {_test_days(old, new, late, power)} days, and your function says "
                f"{found:g}. All four arguments count.",
            )
    return None


def _cases(old: float, new: float, power: float) -> int:
    from flightline.ab_test import cases_per_arm

    return cases_per_arm(old, new, power=power)


def _test_days(old: float, new: float, late_a_day: float, power: float) -> int:
    return math.ceil(2 * _cases(old, new, power) / late_a_day)


# --- 13.5 When is the test over? -----------------------------------------------------------------

LOOKS = ("cases", "effect", "p_value", "harm", "harm_p_value")
CALM = (0.0, 1.0)

DECISION_CASES: list[tuple[list[tuple[float, ...]], str, str, str]] = [
    (
        [(400, 0.08, 0.001, *CALM), (800, 0.05, 0.02, *CALM)],
        "wait",
        "peeks",
        "1,000 cases were planned and 800 are there. The p-value is small at both looks, and that "
        "is just what the plan was made to resist.",
    ),
    (
        [(400, -0.08, 0.001, *CALM)],
        "wait",
        "gives-up-early",
        "At 400 of 1,000 cases the effect looks bad. Only the guardrail may end a test early.",
    ),
    (
        [(500, 0.01, 0.6, *CALM), (1000, 0.04, 0.01, *CALM)],
        "ship",
        "exact-size",
        "At exactly the planned 1,000 cases the effect is positive and significant: that is "
        "`ship`.",
    ),
    (
        [(500, 0.06, 0.01, *CALM), (1010, 0.02, 0.2, *CALM)],
        "keep",
        "any-look",
        "The first look was significant and the planned one isn't. Only the planned one counts.",
    ),
    (
        [(1000, -0.04, 0.01, *CALM)],
        "keep",
        "ships-a-loss",
        "The effect is significant, and it is negative.",
    ),
    (
        [(1000, 0.01, 0.3, *CALM), (2000, 0.03, 0.001, *CALM)],
        "keep",
        "extends",
        "At the planned size nothing was significant. To go on until it is gives the test a "
        "second chance to be wrong.",
    ),
    (
        [(1000, 0.04, 0.01, *CALM), (2000, 0.04, 0.001, 0.05, 0.0001)],
        "ship",
        "looks-after-the-end",
        "The test was over at 1,000 cases, with `ship`. What comes later belongs to monitoring.",
    ),
    (
        [(200, 0.03, 0.4, 0.04, 0.001), (1000, 0.05, 0.001, *CALM)],
        "stop",
        "ignores-guardrail",
        "At the first look the guardrail shows harm with a p-value of 0.001, below 0.05 / 20. "
        "That ends the test at once, whatever the effect.",
    ),
    (
        [*((50.0 * k, 0.01, 0.6, *CALM) for k in range(1, 10)), (500, 0.03, 0.4, 0.04, 0.02)],
        "wait",
        "guardrail-peeks",
        "The guardrail is looked at 20 times, and its p-value of 0.02 is below 0.05 and not below "
        "a look's share of it. Tested at 0.05 each time, chance alone would stop more than 5 "
        "tests in 100.",
    ),
    (
        [(200, 0.03, 0.4, 0.04, 0.02)],
        "wait",
        "looks-so-far",
        "One look of 20 is there, and its p-value of 0.02 is not below a look's share of 0.05. If "
        "you divide by the looks so far, the first ones are tested at almost all of alpha: "
        "divide by `guardrail_looks`, which was fixed before the start.",
    ),
    (
        [(200, 0.03, 0.4, 0.04, 0.0025)],
        "wait",
        "guardrail-at-limit",
        "A p-value of exactly 0.05 / 20 isn't **below** it.",
    ),
    (
        [(200, 0.03, 0.4, -0.04, 0.001)],
        "wait",
        "guardrail-sign",
        "The p-value is small because there is **less** harm than before. That is no reason to "
        "stop.",
    ),
    (
        [(1000, 0.05, 0.001, 0.04, 0.001)],
        "stop",
        "guardrail-last",
        "At the planned look the effect is good and the guardrail is broken. Harm comes first.",
    ),
    (
        [(1000, 0.04, 0.05, *CALM)],
        "keep",
        "at-alpha",
        "A p-value of exactly alpha isn't **below** it.",
    ),
    (
        [(1000, 0.0, 0.001, *CALM)],
        "keep",
        "no-effect",
        "An effect of exactly 0 isn't **positive**.",
    ),
    (
        [(200, 0.03, 0.4, 0.0, 0.001)],
        "wait",
        "no-harm",
        "A `harm` of exactly 0 isn't **above** 0.",
    ),
    ([], "wait", "no-looks", "Before the first look the answer is `wait`."),
]

# planned, alpha, guardrail_looks, and looks that tell whether they are used.
OTHER_TESTS: list[tuple[tuple[int, float, int], list[tuple[float, ...]], str, str, str]] = [
    (
        (300, 0.05, 20),
        [(300, 0.05, 0.001, *CALM)],
        "ship",
        "fixed-planned",
        "300 cases were planned here, and they are there: `planned` is an argument.",
    ),
    (
        (1000, 0.01, 20),
        [(1000, 0.04, 0.03, *CALM)],
        "keep",
        "fixed-alpha",
        "Here `alpha` is 0.01, and the p-value of 0.03 isn't below it.",
    ),
    (
        (1000, 0.01, 20),
        [(200, 0.03, 0.4, 0.04, 0.001)],
        "wait",
        "fixed-alpha",
        "Here `alpha` is 0.01, and the guardrail's p-value of 0.001 isn't below 0.01 / 20.",
    ),
    (
        (1000, 0.05, 5),
        [(200, 0.03, 0.4, 0.04, 0.005)],
        "stop",
        "fixed-looks",
        "Only 5 looks at the guardrail were planned here, and its p-value of 0.005 is below "
        "0.05 / 5.",
    ),
    (
        (1000, 0.05, 2),
        [(200, 0.03, 0.4, *CALM), (400, 0.03, 0.4, *CALM), (600, 0.03, 0.4, 0.04, 0.001)],
        "stop",
        "first-looks-only",
        "`guardrail_looks` is 2 here, and the third look shows harm with a p-value far below "
        "0.05 / 2. The number sets the limit; the guardrail is looked at until the test is over.",
    ),
]


def check_decision(answer: Answer) -> Verdict | None:
    """Try tests that tempt: early, late, negative and harmful ones."""
    import pandas as pd

    for rows, expected, message_id, message in DECISION_CASES:
        looks = pd.DataFrame(rows, columns=list(LOOKS), dtype=float)
        found = answer.call(looks, 1000, 0.05, 20, returns=text)
        if found not in ("ship", "keep", "stop", "wait"):
            return wrong("unknown-word", f"`{found}` is none of the four answers.")
        if found != expected:
            return wrong(message_id, f"{message} Your function says `{found}`.")
    for arguments, rows, expected, message_id, message in OTHER_TESTS:
        looks = pd.DataFrame(rows, columns=list(LOOKS), dtype=float)
        found = answer.call(looks, *arguments, returns=text)
        if found != expected:
            return wrong(message_id, f"{message} Your function says `{found}`.")
    return None


# --- 13.6 The numbers of the memo ----------------------------------------------------------------

# A share may be rounded to three digits.
ROUNDED = 0.00051
SHARE_OF = {"warned": "all flights", "right": "the warnings", "caught": "the late flights"}
TWO_DIGITS = (
    "`{name}` is {value} and yours is {yours}: keep three digits at least, or don't round. The "
    "memo does it where it prints."
)
MEMO_KEYS = ("warned", "right", "caught", "worst_slice", "worst_missed")
# threshold, min_late, and what to say.
OTHER_MEMOS = (
    (0.5, 10, "fixed-threshold", "Here the threshold is 0.5, and somewhere you use another one."),
    (0.25, 2, "fixed-min-late", "Here `min_late` is 2, and somewhere you use another limit."),
)


def _memo_flights() -> Any:
    """Return flights of six carriers: counts of caught, missed, false alarm, quiet."""
    import pandas as pd

    # VX is the worst. 9E would be without a limit, OO with a limit on all flights, UA with more
    # than `min_late`, AA by the number missed or by their share of all flights, B6 by `right`.
    counts = {
        "9E": (1, 6, 0, 0), "OO": (1, 5, 1, 23), "VX": (2, 8, 2, 108),
        "UA": (6, 6, 6, 82), "AA": (20, 10, 20, 50), "B6": (12, 3, 30, 15),
    }  # fmt: skip
    rows = []
    for carrier, (caught, missed, false, quiet) in counts.items():
        # Some warnings lie exactly on the threshold.
        rows += [(carrier, True, 0.25 if i % 2 else 0.6) for i in range(caught)]
        rows += [(carrier, True, 0.1)] * missed
        rows += [(carrier, False, 0.25 if i % 2 else 0.4) for i in range(false)]
        rows += [(carrier, False, 0.05)] * quiet
    table = pd.DataFrame(rows, columns=["carrier", "is_late", "probability"])
    origins = [("EWR", "JFK", "LGA")[i % 3] for i in range(len(table))]
    days = [f"2013-09-{i % 20 + 1:02d}" for i in range(len(table))]
    table = table.assign(origin=origins, dest="LAX", day=days)
    return table.sample(frac=1, random_state=4)


def check_memo_numbers(answer: Answer) -> Verdict | None:
    """Try warnings on the threshold, and carriers that are small, big, or rarely late."""
    flights = _memo_flights()
    try:
        found = answer.call(flights, 0.25, 10, returns=mapping)
    except Stop as stop:
        if "empty sequence" not in stop.verdict.message:
            raise
        return wrong(
            "none-left",
            "Your function stops because no carrier is left to compare. `min_late` is 10 here, and "
            "four carriers have as many late flights in this table, or more: compare `min_late`, "
            "and no number of your own, with the **late** flights of each.",
        )
    if found and all(value is ... for value in found.values()):
        return NOT_ATTEMPTED
    if verdict := _unfinished(found):
        return verdict
    if not set(MEMO_KEYS) <= set(found):
        return wrong(
            "other-keys",
            f"The answer holds {sorted(map(str, found))}; the docstring promises "
            f"{', '.join(MEMO_KEYS)}.",
        )
    numbers = _memo_shares(found)
    if isinstance(numbers, Verdict):
        return numbers
    late, warned = flights["is_late"], flights["probability"] >= 0.25
    above = flights["probability"] > 0.25
    share = {
        "warned": float(warned.mean()),
        "right": float(late[warned].mean()),
        "caught": float(warned[late].mean()),
    }
    if math.isclose(numbers["warned"], above.mean(), rel_tol=1e-6):
        return wrong(
            "not-at-threshold",
            "A flight exactly at the threshold is warned of, and you leave it out.",
        )
    if math.isclose(numbers["right"], share["caught"], rel_tol=1e-6):
        return wrong(
            "swapped", "`right` is a share of the warnings, `caught` a share of the late flights."
        )
    if math.isclose(numbers["warned"], float(warned.sum()), rel_tol=1e-6):
        return wrong("counts", "`warned` is a share of all flights, not their number.")
    if math.isclose(numbers["right"], float((late == warned).mean()), rel_tol=1e-6):
        return wrong(
            "accuracy",
            "Your `right` is the share of all flights about which the model was right, most of "
            "them without a warning. Asked for is a share of the **warnings**: how many of them "
            "were for a flight that was late.",
        )
    for name, expected in share.items():
        if numbers[name] != expected and numbers[name] in (round(expected, 1), round(expected, 2)):
            said = {"value": f"{expected:.4f}", "yours": f"{numbers[name]:g}"}
            return wrong("rounded", TWO_DIGITS.format(name=name, **said))
        if not math.isclose(numbers[name], expected, abs_tol=ROUNDED):
            return wrong(
                f"other-{name}",
                f"`{name}` is a share of {SHARE_OF[name]}, {expected:.3f} for this table, and "
                f"yours is {numbers[name]:.3g}.",
            )
    if verdict := _worst(str(found["worst_slice"]), numbers["worst_missed"]):
        return verdict
    exchanged = flights.assign(carrier=flights["carrier"].replace({"VX": "B6", "B6": "VX"}))
    if answer.call(exchanged, 0.25, 10, returns=mapping).get("worst_slice") == "VX":
        return wrong(
            "fixed-carrier",
            "In another table B6 misses 8 of its 10 late flights and VX 3 of its 15, and your "
            "`worst_slice` is still VX. Let the flights say which carrier is served worst.",
        )
    return _other_arguments(answer, flights)


def _memo_shares(found: dict[Any, Any]) -> dict[str, float] | Verdict:
    """Read the four shares, or say which of them isn't a number."""
    numbers = {}
    for name in ("warned", "right", "caught", "worst_missed"):
        # A column with one row would be read as its number.
        if getattr(found.get(name), "ndim", 0):
            return wrong(
                "not-numbers",
                f"`{name}` has to be a number, and yours is a whole column or array, even if only "
                "one value is in it. Take the value, as `max()` does.",
            )
        try:
            numbers[name] = number(found.get(name))
        except Mismatch:
            return wrong("not-numbers", f"`{name}` has to be a number.")
    return numbers


def _other_arguments(answer: Answer, flights: Any) -> Verdict | None:
    from flightline.business import warning_numbers

    for threshold, min_late, message_id, message in OTHER_MEMOS:
        right = warning_numbers(flights, threshold, min_late)
        found = answer.call(flights, threshold, min_late, returns=mapping)
        numbers = _memo_shares(found)
        if isinstance(numbers, Verdict):
            return numbers
        for name, expected in right.items():
            if isinstance(expected, str):
                same, value, yours = found.get(name) == expected, expected, str(found.get(name))
            else:
                same = math.isclose(numbers[name], float(expected), abs_tol=ROUNDED)
                value, yours = f"{expected:.3f}", f"{numbers[name]:.3f}"
                if not same and numbers[name] == round(float(expected), 2):
                    return wrong("rounded", TWO_DIGITS.format(name=name, value=value, yours=yours))
            if not same:
                return wrong(
                    message_id, f"{message} `{name}` is then {value}, and yours is {yours}."
                )
    if answer.mutates(flights, 0.25, 10):
        return wrong("changes-its-input", CHANGES_TABLE)
    return None


def _worst(carrier: str, missed: float) -> Verdict | None:
    if carrier == "9E":
        return wrong(
            "small-slice",
            "9E has only 7 late flights in this table, of which it misses 6. Fewer than "
            "`min_late`, 10 here, say nothing about a carrier.",
        )
    if carrier == "OO":
        return wrong(
            "limit-on-all-flights",
            "OO has 30 flights in this table, and only 6 of them were late. `min_late` is a limit "
            "on the **late** flights: the share missed is a share of them.",
        )
    if carrier == "UA":
        return wrong(
            "at-least",
            "UA misses 6 of its 12 late flights, and VX 8 of its 10. Here `min_late` is 10, and "
            "**at least** 10 late flights are enough.",
        )
    if carrier == "B6":
        return wrong(
            "best-not-worst",
            "B6 misses 3 of its 15 late flights, the smallest share of all carriers. The worst "
            "slice has the highest share **missed**; how many of its warnings are right is "
            "another question.",
        )
    if carrier == "AA" and math.isclose(missed, 10 / 30, abs_tol=ROUNDED):
        return wrong(
            "limit-on-missed",
            "AA misses 10 of its 30 late flights, and VX 8 of its 10. How many a carrier misses "
            "neither says who is served worst nor who takes part: compare `min_late` with its "
            "**late** flights, `missed.size()` and not `missed.sum()`, and then the shares.",
        )
    if carrier == "AA":
        return wrong(
            "missed-of-all",
            "AA misses 10 of its 30 late flights, and VX 8 of its 10. Divide the flights that a "
            "carrier misses by its **late** ones: neither their number nor their share of all "
            "flights says who is served worst.",
        )
    if carrier != "VX":
        return wrong(
            "no-carrier",
            f"`worst_slice` is {carrier!r}, and no carrier in this table has that code. Return one "
            "as it stands in the column `carrier`.",
        )
    if math.isclose(missed, 6 / 7, abs_tol=ROUNDED):
        return wrong(
            "share-of-small-slice",
            "`worst_slice` is right, and `worst_missed` is the share of another carrier: 9E misses "
            "6 of its 7 late flights, fewer than `min_late`. Take both from the carriers with at "
            "least `min_late` late flights.",
        )
    if math.isclose(missed, 1.0):
        return wrong(
            "silent-not-late",
            "VX misses 8 of its 10 late flights, and yours is 1. Among the flights without a "
            "warning all are without one: take the share of the **late** flights.",
        )
    if not math.isclose(missed, 0.8, abs_tol=ROUNDED):
        return wrong(
            "other-missed",
            f"VX misses 8 of its 10 late flights, which is 0.8, and yours is {missed:.3g}.",
        )
    return None


EXERCISES = (
    Exercise(
        "13.1",
        "From costs to a threshold",
        check_threshold,
        hints=(
            "Take one flight that is late with probability p. What is a warning expected to cost? "
            "And silence?",
            "Each of the two is a sum of two outcomes, one with weight p and one with 1 - p. Set "
            "them equal and solve for p.",
            "Two differences are enough: what a false alarm adds for an on-time flight, and what a "
            "warning averts for a late one. What if the second isn't positive?",
        ),
        why="A warning pays once p × (what it averts) exceeds (1 − p) × (what a false alarm "
        "adds). Only these two differences matter, not the four costs, and not their unit. Where "
        "acting averts nothing, no probability is high enough.",
    ),
    Exercise(
        "13.2",
        "Beat the best rule, or don't ship",
        check_may_ship,
        hints=(
            "Which columns are baselines? All but `day` and `model`. Which one would you use if "
            "there were no model?",
            "The saving of each flight is one column minus another. Bring it to the unit of "
            "`running` before you compare.",
            "`bootstrap_interval(values, groups)` draws whole groups and returns both ends of the "
            "mean's interval. Which end has to be where?",
        ),
        why="The cheapest alternative is what you do without the model, so it is what the model "
        "has to beat, by more than it costs to run. The difference flight by flight removes the "
        "weather that both share, and whole days keep one storm from looking like a thousand "
        "independent flights.",
    ),
    Exercise(
        "13.3",
        "What is a year worth?",
        check_yearly_value,
        hints=(
            "Start with the mean saving of a flight. How many flights has a year, and what is a "
            "unit worth?",
            "The same steps turn the ends of an interval of that mean into money. A helper inside "
            "your function saves you from writing them three times.",
            "Which two of the five arguments does `bootstrap_interval` need? And from which of "
            "the three numbers does `running_cost` go?",
        ),
        why="Mean, low and high go the same way: times flights, times price, minus the running "
        "cost. The interval is wide because a season holds few days, however many flights they "
        "have.",
    ),
    Exercise(
        "13.4",
        "How long does the test take?",
        check_days,
        hints=(
            "How many late flights does one arm need, and how many do all arms together?",
            "`late_a_day` late flights come every day, for all arms together. After how many days "
            "are there enough? `math.ceil` rounds up.",
            "In an example by hand, 4,000 cases in each arm and 200 late flights a day take 40 "
            "days.",
        ),
        why="Two arms need twice the cases of one, and a day brings only so many. Ask this before "
        "the start, with the smallest difference that would change the decision: a test that "
        "nobody can wait for ends by hope.",
    ),
    Exercise(
        "13.5",
        "When is the test over?",
        check_decision,
        hints=(
            "Go through the looks in order. Two things can end the test; which comes first at the "
            "same look?",
            "The first look with at least `planned` cases is the only one whose `p_value` counts. "
            "After it nothing does.",
            "The guardrail is tested at each look. How strict must one of `guardrail_looks` tests "
            "be, so that all together are wrong at most `alpha` of the time?",
        ),
        why="The effect is tested once, at the size fixed before, so its error rate is what the "
        "label says. The guardrail has to be watched all along, so it pays for its many looks "
        "with a stricter limit. Harm ends the test; a promising look doesn't.",
    ),
    Exercise(
        "13.6",
        "The numbers of the memo",
        check_memo_numbers,
        hints=(
            "Three of the numbers are means of a column of `True` and `False`: over all flights, "
            "over the warnings, over the late flights.",
            "For the carriers you need the late flights only. What do you know of each of them?",
            "`missed` can tell both of a carrier: how many late flights it has, and which share of "
            "them is missed. Which carriers may take part in the comparison?",
        ),
        why="`right` is what whoever is warned experiences, `caught` is what the objective asks "
        "for, and `warned` is the work it makes. The worst slice is judged by its late flights, "
        "because they are the ones the service exists for.",
    ),
)
