"""The exercises of chapter 16: four policies, each alone, and the practice period with all four."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from workbook.exercise import (
    NOT_ATTEMPTED,
    Answer,
    Exercise,
    Mismatch,
    Verdict,
    number,
    truth,
    wrong,
)

# --- 16.1 When half of the warnings come too late ------------------------------------------------


def check_threshold(answer: Answer) -> Verdict | None:
    """Try the loop's own call, warnings that come too late, other units, and no warning in time."""
    first = answer.call(1.0, 5.0, returns=number)
    if math.isclose(first, 1 / 5, rel_tol=1e-3):
        return wrong(
            "ratio-of-costs",
            "1/5 is one cost divided by the other. A warning is false with 1 minus the "
            "probability, and only then it costs something: both ways are expected to cost the "
            "same at 1/6.",
        )
    if math.isclose(first, 5 / 6, rel_tol=1e-3):
        return wrong(
            "other-way-round",
            "5/6 turns the costs around: the dearer a miss, the lower the threshold.",
        )
    if not math.isclose(first, 1 / 6, rel_tol=1e-3):
        return wrong(
            "other-threshold",
            "The loop calls a policy with two numbers, here 1 and 5, and all warnings count as in "
            f"time then: the threshold is 1/6. Your function says {first:.3g}.",
        )
    part = answer.call(1.0, 5.0, 0.6, returns=number)
    slips = (
        (
            1 / 6,
            "ignores-in-time",
            "When only 60 % of the warnings come in time, your threshold stays where it was. A "
            "warning averts less then, and can still be false.",
        ),
        (
            1 / 6 / 0.6,
            "scales-threshold",
            "You divide the whole threshold by the share. What shrinks is what a warning averts; "
            "what a false one costs doesn't.",
        ),
        (
            0.6 / 6,
            "scales-down",
            "Your threshold falls when warnings come too late. Then a warning is worth less, so "
            "the probability has to be higher before it pays.",
        ),
        (
            1 / 3,
            "the-late-share",
            "That takes the share that comes too **late** for the share that comes in time.",
        ),
        (
            0.6 / 5.6,
            "scales-false-alarm",
            "You take the share off the false alarms. An agent who reads a false warning acts on "
            "it; it is the misses of which only a share is averted.",
        ),
    )
    for value, message_id, message in slips:
        if math.isclose(part, value, rel_tol=1e-3):
            return wrong(message_id, message)
    if not math.isclose(part, 1 / 4, rel_tol=1e-3):
        return wrong(
            "other-share",
            "With 60 % in time a warning of a late flight averts 3 of the 5 on average, and the "
            f"threshold is 0.25. Your function says {part:.3g}.",
        )
    if not math.isclose(answer.call(20.0, 100.0, 0.6, returns=number), 1 / 4, rel_tol=1e-3):
        return wrong(
            "unit",
            "In another unit, 20 for a false alarm and 100 for a miss, the threshold has to stay "
            "0.25, and yours moves.",
        )
    # A search that ends just below 1 has found it, too.
    if answer.call(1.0, 5.0, 0.0, returns=number) < 0.999:
        return wrong(
            "never-pays",
            "When no warning comes in time, none averts anything. The threshold must be 1 or more, "
            "and yours still warns.",
        )
    return None


# --- 16.2 May the candidate go to the canary? ----------------------------------------------------

ORIGINS = ("EWR", "JFK", "LGA")


def _trial(
    days: int,
    flights: int,
    champion: float,
    challenger: float,
    rates: Sequence[float] = (0.2,),
    by_origin: dict[str, tuple[int, float]] | None = None,
) -> Any:
    """Return a trial in which each model says one number and days differ only as told.

    With probability p where a share r is late, the mean squared error is (p - r)² + r (1 - r), so
    that the differences are known exactly. `by_origin` gives an origin other flights a day and
    another probability of the challenger.
    """
    import numpy as np

    from flightline.replay.policies import Trial

    late, first, second, day, origin = [], [], [], [], []
    for at in range(days):
        rate = rates[at % len(rates)]
        for name in ORIGINS:
            count, said = (by_origin or {}).get(name, (flights // 3, challenger))
            late += [place < round(rate * count) for place in range(count)]
            first += [champion] * count
            second += [said] * count
            day += [f"2013-05-{at + 1:02d}"] * count
            origin += [name] * count
    # In the order of a table, not by outcome.
    order = np.random.default_rng(16).permutation(len(late))
    columns = (
        np.array(late, dtype=bool),
        np.array(first, dtype=float),
        np.array(second, dtype=float),
        np.array(day, dtype=str),
        np.array(origin, dtype=str),
    )
    return Trial(*(column[order] for column in columns))


def _joined(first: Any, second: Any) -> Any:
    """Return both trials as one, the second a month later."""
    import numpy as np

    from flightline.replay.policies import Trial

    later = np.char.replace(second.day, "2013-05", "2013-06")
    return Trial(
        np.concatenate([first.late, second.late]),
        np.concatenate([first.champion, second.champion]),
        np.concatenate([first.challenger, second.challenger]),
        np.concatenate([first.day, later]),
        np.concatenate([first.origin, second.origin]),
    )


def check_gate(answer: Answer) -> Verdict | None:
    """Try clear cases, days that decide, one airport, gaps, few flights and few days."""
    better = answer.call(_trial(14, 300, 0.3, 0.2), returns=truth)
    worse = answer.call(_trial(14, 300, 0.2, 0.3), returns=truth)
    if worse and not better:
        return wrong(
            "turned-around",
            "Your gate lets the worse candidate through and stops the better one. Subtract the "
            "champion's error from the challenger's: below 0 the challenger is better.",
        )
    if worse:
        return wrong(
            "accepts-worse",
            "Here the challenger's squared error is higher by 0.01 on every single day, and your "
            "gate lets it through.",
        )
    if not better:
        return wrong(
            "refuses-better",
            "4,200 flights on 14 days, three airports, and the challenger is better by 0.01 on "
            "every day: your gate says no.",
        )
    for challenger, said in ((0.2, "exactly as good"), (0.22, "worse by 0.0004")):
        trial = _trial(14, 300, 0.2, challenger)
        if not answer.call(trial, returns=truth):
            if challenger > 0.2 and answer.call(_many_airports(trial), returns=truth):
                return wrong(
                    "sums-slice",
                    "At each airport the candidate is worse by 0.0004 in the mean, over 1,400 "
                    "flights, and your gate stops it because of the airports. Their limit is 0.01, "
                    "and it is for the **mean** difference, not for the sum.",
                )
            return wrong(
                "wants-better",
                f"A candidate that is {said} is stopped. This gate asks for not worse by 0.002 or "
                "more: if each refresh had to be better, an old model would stay until it is bad.",
            )
    if answer.call(_trial(14, 300, 0.2, 0.27), returns=truth):
        return wrong(
            "wide-margin",
            "The challenger is worse by 0.0049 on every day, more than the margin of 0.002, and "
            "your gate lets it through.",
        )
    return _by_day(answer) or _not_everywhere(answer) or _too_little(answer)


def _many_airports(trial: Any) -> Any:
    """Return the trial with so many airports that each has fewer than 100 flights."""
    from dataclasses import replace

    import numpy as np

    many = len(trial.late) // 60
    return replace(trial, origin=np.array([f"A{at % many:02d}" for at in range(len(trial.late))]))


def _by_day(answer: Answer) -> Verdict | None:
    """Alternate days on which the challenger is much better and much worse."""
    turns = (0.36, 0.2)
    if answer.call(_trial(8, 150, 0.2, 0.35, turns), returns=truth):
        return wrong(
            "only-the-mean",
            "On 1,200 flights the challenger is better by 0.0015 in the mean, and the interval "
            "goes far above the margin. Luck would do as much: ask for the **whole** interval.",
        )
    if answer.call(_trial(14, 1_500, 0.2, 0.35, turns), returns=truth):
        return wrong(
            "by-flight",
            "Seven days are much better and seven much worse here. Your interval takes 21,000 "
            "flights for independent and looks narrow; draw whole days.",
        )
    # Better by 0.04 on days with 15 flights, worse by 0.0064 on days with 300.
    uneven = _joined(_trial(8, 15, 0.4, 0.2), _trial(8, 300, 0.2, 0.28))
    if answer.call(uneven, returns=truth):
        return wrong(
            "days-alike",
            "On eight days with 15 flights the challenger is better by 0.04, and on eight days "
            "with 300 it is worse by 0.0064: worse by 0.0042 over all flights. Your gate lets it "
            "through. Each **flight** counts the same: hand over the flights, with their days as "
            "groups, and not the means of the days.",
        )
    return None


def _not_everywhere(answer: Answer) -> Verdict | None:
    """Let one airport lose, first a large one, then one with 28 flights."""
    lost = {"LGA": (100, 0.45)}
    if answer.call(_trial(14, 300, 0.4, 0.2, by_origin=lost), returns=truth):
        return wrong(
            "ignores-slices",
            "Better on the whole, and at LGA worse by 0.0225, on 1,400 flights: your gate lets it "
            "through. At each airport the mean may be worse by 0.01 at most.",
        )
    if not answer.call(_trial(14, 300, 0.4, 0.2), returns=truth):
        return wrong(
            "absolute-slice",
            "At each airport the challenger is **better** by 0.04, and your gate says no. A mean "
            "difference far below 0 is good news: take no absolute value of it.",
        )
    if not answer.call(_trial(14, 300, 0.3, 0.2, by_origin={"LGA": (2, 0.4)}), returns=truth):
        return wrong(
            "small-slice",
            "At LGA there are 28 flights in this trial, and your gate says no because of them. "
            "Leave out an airport with fewer than 100.",
        )
    # Others are better by 0.01; (p - 0.2)² - 0.01 is how much worse this airport is.
    for said, limit, message_id in ((0.3483, 0.012, "wide-slice"), (0.3304, 0.007, "narrow-slice")):
        lets = answer.call(_trial(14, 300, 0.3, 0.2, by_origin={"LGA": (100, said)}), returns=truth)
        if lets != (limit < 0.01):
            return wrong(
                message_id,
                f"At LGA the candidate is worse by {limit} on 1,400 flights, elsewhere better, and "
                f"your gate says {'yes' if lets else 'no'}. The limit at an airport is 0.01.",
            )
    for days, count, many in ((14, 11, "154 flights"), (10, 10, "exactly 100 flights")):
        lost = {"LGA": (count, 0.45)}
        if answer.call(_trial(days, 450, 0.3, 0.2, by_origin=lost), returns=truth):
            return wrong(
                "skips-airport",
                f"At LGA there are {many}, and the candidate is far worse there. Only an airport "
                "with fewer than 100 is left out.",
            )
    some = {"EWR": (200, 0.3), "JFK": (200, 0.3), "LGA": (25, 0.2)}
    if not answer.call(_trial(14, 600, 0.3, 0.3, (0.36, 0.2), by_origin=some), returns=truth):
        return wrong(
            "slice-interval",
            "At LGA the candidate is worse by 0.006 in the mean, on 350 flights, elsewhere exactly "
            "as good, and your gate says no. At an airport the **mean** may be 0.01 at most; the "
            "interval is asked for over all flights, since a single airport's is wide.",
        )
    return None


def _too_little(answer: Answer) -> Verdict | None:
    """Take away answers, flights, days, and everything."""
    from dataclasses import replace

    import numpy as np

    sound = _trial(14, 300, 0.3, 0.2)
    for bad in (math.nan, math.inf):
        holes = sound.challenger.copy()
        holes[[5, 80, 700]] = bad
        if answer.call(replace(sound, challenger=holes), returns=truth):
            return wrong(
                "lets-nan-through",
                f"For three flights the challenger's probability is `{bad}`, and your gate lets "
                "it through. A model that doesn't answer isn't better than one that does.",
            )
    if answer.call(_trial(14, 60, 0.3, 0.2), returns=truth):
        return wrong("few-flights", "840 flights are fewer than the 1,000 that the gate asks for.")
    if answer.call(_trial(4, 1_500, 0.3, 0.2), returns=truth):
        return wrong(
            "few-days",
            "6,000 flights, and all of them on four days: one storm may have decided that. The "
            "gate asks for seven days.",
        )
    thousand = {"EWR": (34, 0.2)}
    for trial, name in (
        (_trial(14, 72, 0.3, 0.2), "1,008 flights on 14 days"),
        (_trial(7, 300, 0.3, 0.2), "7 days"),
        (_trial(10, 100, 0.3, 0.2, by_origin=thousand), "exactly 1,000 flights"),
    ):
        if not answer.call(trial, returns=truth):
            return wrong(
                "wants-more",
                f"A clearly better candidate with {name} has enough of them, and your gate says "
                "no.",
            )
    none = np.zeros(0)
    empty = replace(
        sound, late=none.astype(bool), champion=none, challenger=none, day=none.astype(str),
        origin=none.astype(str),
    )  # fmt: skip
    if answer.call(empty, returns=truth):
        return wrong("empty-trial", "There isn't a single flight in this trial. Then say no.")
    return None


# --- 16.3 Call somebody, or let them sleep -------------------------------------------------------


def days_of(changes: Sequence[dict[str, Any]]) -> list[Any]:
    """Return days in a row on which nothing is wrong but what is told."""
    import datetime

    from flightline.replay.policies import Day

    quiet: dict[str, Any] = {
        "flights": 900,
        "failed": 0,
        "findings": {},
        "missing": 0.05,
        "missing_usual": 0.04,
        "drift": 0.1,
        "announced": 0.15,
        "judged": 880,
        "judged_announced": 0.15,
        "late_rate": 0.15,
        "log_loss": 0.36,
        "usual_log_loss": 0.42,
        "champion": 1,
    }
    first = datetime.date(2013, 4, 1)
    return [
        Day(
            **(
                quiet
                | {
                    "date": first + datetime.timedelta(days=at),
                    "champion_age": at + 1,
                    "since_retraining": at + 1,
                    "since_call": at + 1,
                }
                | change
            )
        )
        for at, change in enumerate(changes)
    ]


def calls_of(answer: Answer, days: Sequence[Any], first: int = 0) -> list[bool]:
    """Return on which of the days from `first` on the policy calls, each with those before it."""
    return [
        answer.call(days[at], tuple(days[:at]), returns=truth) for at in range(first, len(days))
    ]


QUIET: list[dict[str, Any]] = [{}] * 10
HARD = {"log_loss": 0.577, "usual_log_loss": 0.551, "late_rate": 0.22}
NOBODY = {
    "judged": 0,
    "judged_announced": math.nan,
    "late_rate": math.nan,
    "log_loss": math.nan,
    "usual_log_loss": math.nan,
}

#: What must never be called: days after ten quiet ones, id, message.
LOUD: tuple[tuple[list[dict[str, Any]], str, str], ...] = (
    (
        [{"drift": 0.3 + 0.2 * day} for day in range(20)],
        "calls-drift",
        "Your policy calls somebody because the drift rises, while everything that was announced "
        "comes true. That is autumn: the input differs, and nothing is broken.",
    ),
    (
        [{"failed": 2}],
        "calls-single-failure",
        "Two of 900 requests had no answer, and your policy wakes somebody. Call for more than "
        "1 %.",
    ),
    (
        [{"failed": 6, "judged": 400}],
        "failed-of-judged",
        "6 of today's 900 requests had no answer, and your policy calls. 1 % of today's `flights` "
        "is meant; `judged`, which is 400 here, counts flights whose label became complete, and "
        "most of them flew earlier.",
    ),
    (
        [{"failed": 9}],
        "calls-one-per-cent",
        "9 of 900 requests had no answer, exactly 1 %, and your policy calls. Call for more.",
    ),
    (
        [{"missing": 0.999, "missing_usual": 0.999}],
        "missing-without-usual",
        "A feature that is missing for 99.9 % of the flights is no news when it was missing for "
        "99.9 % in training. Compare `missing` with `missing_usual`.",
    ),
    (
        [{"missing": 0.02, "missing_usual": 0.4}],
        "less-missing",
        "A feature that was missing for 40 % of the flights in training is missing for 2 % today, "
        "and your policy calls. Call only if **more** is missing than usual: take no absolute "
        "value of the difference.",
    ),
    (
        [{"findings": {"completeness": 12}}, {"findings": {"history": 22}}],
        "calls-odd-findings",
        "Some hours of weather are missing, or a wind vane takes round values, and your policy "
        "calls. Such findings (`completeness`, `history`) come and go; only `range` and `columns` "
        "are sure to be faults.",
    ),
    (
        [HARD],
        "calls-hard-day",
        "One day on which the model was 0.026 worse than the usual rate: 11 September was such a "
        "day, with storms and no fault. Wait until it happens on two days running.",
    ),
    (
        [HARD, {}, HARD, {}, {}, HARD],
        "not-in-a-row",
        "Bad days with good ones between them, and your policy calls. They have to follow each "
        "other.",
    ),
    (
        [{"log_loss": 0.7, "usual_log_loss": 0.5}, {}],
        "sums-losses",
        "One day on which the model was worse by 0.2 and one on which it was better by 0.06, and "
        "your policy calls. **Each** of the two days has to be worse: what counts is neither "
        "their sum nor their mean.",
    ),
    (
        [
            {"log_loss": 0.4, "usual_log_loss": 0.45},
            {"log_loss": 0.38, "usual_log_loss": 0.36},
            {"log_loss": 0.4, "usual_log_loss": 0.45},
        ],
        "other-days-usual",
        "One bad day between two good ones, and your policy calls. Compare the `log_loss` of each "
        "day with the `usual_log_loss` of the **same** day, not with that of another one.",
    ),
    (
        [{"announced": 0.3}] * 8,
        "announced-not-judged",
        "30 % are announced for each day's flights, and your policy calls. Of those whose labels "
        "became complete 15 % had been announced and 15 % were late: that is `judged_announced`. "
        "`announced` is of today's flights, whose labels are still to come.",
    ),
    (
        [{"late_rate": 0.33}] * 8,
        "turned-ratio",
        "For a week 15 % were announced and 33 % were late, and your policy calls. The model is "
        "still better than announcing the usual rate. Call if **fewer** were late than 0.6 of "
        "those announced, not if more were.",
    ),
    (
        [{"log_loss": 0.56, "usual_log_loss": 0.64, "late_rate": 0.33}] * 12,
        "calls-hard-month",
        "A hard month: the log-loss is high, and that of announcing the usual rate is higher. "
        "Compare the two; the level alone is the weather.",
    ),
    (
        [{"judged": 12, "log_loss": 0.9, "usual_log_loss": 0.5}] * 4,
        "calls-small-days",
        "Twelve judged flights a day, and your policy takes their log-loss for a finding. Leave "
        "out days with fewer than 100.",
    ),
    (
        [{"late_rate": 0.11, "log_loss": 0.3, "usual_log_loss": 0.32}] * 8,
        "calls-calm-week",
        "A calm week: 11 % were late where 15 % were announced, and your policy calls. Less than "
        "0.6 of what was announced is what hardly happens by itself.",
    ),
    (
        [{"late_rate": 0.08, "log_loss": 0.25, "usual_log_loss": 0.28}] * 5 + [{}] * 3,
        "calls-calm-days",
        "Five calm days on which few flights were late, and your policy calls. Take seven days "
        "together: that evens out the weather.",
    ),
    (
        [{"judged": 110, "late_rate": 0.02, "log_loss": 0.1, "usual_log_loss": 0.2}] * 4 + [{}] * 3,
        "days-not-flights",
        "On four small days hardly a flight was late, on three large ones as many as announced, "
        "and your policy calls. Add up flights, not days: of all that were announced 0.88 were "
        "late.",
    ),
    (
        [NOBODY] * 4,
        "calls-without-labels",
        "No flight's label became complete, so nothing speaks against the model: log-loss and late "
        "rate are `nan`. Don't call for that.",
    ),
)

#: What must be called: days after ten quiet ones, within how many of them, id, message.
BROKEN: tuple[tuple[list[dict[str, Any]], int, str, str], ...] = (
    (
        [{"failed": 250}],
        1,
        "misses-failures",
        "250 of 900 requests had no answer, and nobody is called.",
    ),
    (
        [{"failed": 20}],
        1,
        "misses-few-failures",
        "20 of 900 requests had no answer, more than 1 %, and nobody is called. A renamed column "
        "at a small airport looks like this.",
    ),
    (
        [{"missing": 0.64, "missing_usual": 0.04}],
        1,
        "misses-missing",
        "A feature that was missing for 4 % of the flights in training is missing for 64 % today, "
        "and nobody is called. No label is needed to see that.",
    ),
    (
        [{"findings": {"completeness": 2, "range": 9}}],
        1,
        "misses-impossible",
        "The contract found nine values that can't be (`range`), and nobody is called.",
    ),
    (
        [{"findings": {"columns": 1}}],
        1,
        "misses-columns",
        "A column of a delivery isn't there (`columns`), and nobody is called. One such finding "
        "is enough.",
    ),
    (
        [{"log_loss": 0.5, "usual_log_loss": 0.44}] * 4,
        3,
        "misses-loss",
        "Day after day the model was worse than announcing the usual rate to everybody, and nobody "
        "is called.",
    ),
    (
        [{"log_loss": 0.455, "usual_log_loss": 0.44}] * 4,
        3,
        "misses-small-loss",
        "Day after day the model was worse than announcing the usual rate, by 0.015 each time, and "
        "nobody is called. By how much doesn't matter: it doesn't happen to a sound model two "
        "days running.",
    ),
    (
        [{"log_loss": 0.5, "usual_log_loss": 0.44}] * 2,
        2,
        "waits-a-day",
        "Yesterday and today the model was worse than announcing the usual rate, and nobody is "
        "called tonight. Two days running are enough, and today is one of them.",
    ),
    (
        [{"log_loss": 0.5, "usual_log_loss": 0.44, "judged": 100}] * 4,
        3,
        "exactly-100",
        "Day after day the model was worse than announcing the usual rate, each with exactly 100 "
        "judged flights, and nobody is called. 100 or more are enough.",
    ),
    (
        [{"late_rate": 0.06, "log_loss": 0.22, "usual_log_loss": 0.26}] * 8,
        7,
        "misses-too-good",
        "For a week 15 % were announced and 6 % were late, and nobody is called: the log-loss is "
        "low, after all. Somebody books labels that are too good to be true, and the next model "
        "will learn from them.",
    ),
    (
        [{"late_rate": 0.03, "log_loss": 0.22, "usual_log_loss": 0.26}] * 4
        + [{}]
        + [{"late_rate": 0.03, "log_loss": 0.22, "usual_log_loss": 0.26}] * 2,
        7,
        "every-day",
        "Over seven days 0.31 of the announced flights were late, and nobody is called, because "
        "one of the days was as announced. Add the seven up.",
    ),
    (
        [
            {"log_loss": 0.5, "usual_log_loss": 0.44},
            {"judged": 30, "log_loss": 0.3, "usual_log_loss": 0.44},
            {"log_loss": 0.5, "usual_log_loss": 0.44},
            NOBODY,
            {"log_loss": 0.5, "usual_log_loss": 0.44},
        ],
        5,
        "small-day-resets",
        "Three bad days with a day of 30 judged flights and a day of none between them, and nobody "
        "is called. A day that says nothing doesn't end the row: look at the last days with 100 "
        "judged flights or more.",
    ),
)


#: Days that were looked at by whoever was called, and those that came after, with an id.
SETTLED: tuple[tuple[list[dict[str, Any]], str, str], ...] = (
    (
        [{"log_loss": 0.5, "usual_log_loss": 0.44}] * 3
        + [{"log_loss": 0.5, "usual_log_loss": 0.44, "since_call": 1}],
        "looks-behind-the-call",
        "Yesterday evening somebody was called, about days on which the model did badly. The "
        "fault is repaired, today is only one bad day, and your policy calls again. Look at the "
        "days since: `today.since_call` counts them.",
    ),
    (
        [{"late_rate": 0.05, "log_loss": 0.22, "usual_log_loss": 0.26}] * 7 + [{"since_call": 1}],
        "looks-behind-the-call",
        "Yesterday evening somebody was called about a week that was too good. It is repaired, "
        "and your policy calls again because of the same days. Look at the days since: "
        "`today.since_call` counts them.",
    ),
    (
        [
            {"log_loss": 0.5, "usual_log_loss": 0.44},
            {"log_loss": 0.5, "usual_log_loss": 0.44},
            {"judged": 30, "since_call": 1},
            {"log_loss": 0.5, "usual_log_loss": 0.44, "since_call": 2},
        ],
        "leaves-out-first",
        "Somebody was called two evenings ago. Of the two days since, one has 30 judged flights, "
        "and your policy takes one from before the call in its place, and calls again. First take "
        "the last `today.since_call` days, and of those leave out the ones with few flights.",
    ),
)


def check_alarm(answer: Answer) -> Verdict | None:
    """Play quiet and loud days, broken ones, and then recorded tapes of other faults."""
    if any(calls_of(answer, days_of(QUIET))):
        as_usual = [{"missing": 0.04, "missing_usual": 0.04}] * 10
        if not any(calls_of(answer, days_of(as_usual))):
            return wrong(
                "missing-as-ratio",
                "A feature that was missing for 4 % of the flights in training is missing for 5 % "
                "today, and your policy calls. The limit is a difference: above `missing_usual` "
                "by more than 0.15, that is, above 19 %.",
            )
        return wrong(
            "calls-quiet-day",
            "Nothing is wrong on these ten days, and your policy calls somebody.",
        )
    for changes, message_id, message in LOUD:
        if any(calls_of(answer, days_of(QUIET + changes), len(QUIET))):
            return wrong(message_id, message)
    for changes, within, message_id, message in BROKEN:
        if not any(calls_of(answer, days_of(QUIET + changes[:within]), len(QUIET))):
            return wrong(message_id, message)
    if answer.call(days_of([HARD])[0], (), returns=truth):
        return wrong(
            "short-run",
            "On the very first evening there is one judged day, a hard one, and your policy calls. "
            "With fewer than two such days there is no call.",
        )
    calm = {"late_rate": 0.05, "log_loss": 0.22, "usual_log_loss": 0.26}
    if any(calls_of(answer, days_of([calm] * 4))):
        return wrong(
            "short-week",
            "On one of the first four evenings your policy calls for a week that is too good, and "
            "there are four judged days at most. With fewer than seven there is no call.",
        )
    for changes, message_id, message in SETTLED:
        *earlier, today = days_of(QUIET + changes)
        if answer.call(today, tuple(earlier), returns=truth):
            return wrong(message_id, message)
    first = days_of([{"failed": 250}])[0]
    if not answer.call(first, (), returns=truth):
        return wrong(
            "waits-for-history",
            "On the very first day, with no earlier ones, 250 requests fail and nobody is called.",
        )
    return _on_tapes(answer)


def _on_tapes(answer: Answer) -> Verdict | None:
    """Play recorded evenings with other faults; one miss and two calls for nothing are allowed."""
    from flightline.replay import play_alarm, tapes

    missed, incidents, false = [], 0, 0
    for tape in tapes():
        played = play_alarm(
            lambda day, earlier: answer.call(day, tuple(earlier), returns=truth), tape
        )
        missed += [tape.name] * (played.incidents - played.caught)
        incidents += played.incidents
        false += played.false_alarms
    if len(missed) > 1:
        return wrong(
            "misses-on-tape",
            f"On recorded evenings of 2013 your policy calls for {incidents - len(missed)} of "
            f"{incidents} faults, and sleeps through those of {' and '.join(missed)}. On made-up "
            "days it was right: is one of your limits far from the one that is asked for?",
        )
    if false > 2:
        return wrong(
            "wolf-on-tape",
            f"On recorded evenings of 2013 your policy calls {false} times while nothing is "
            "broken. On made-up days it was right: is one of your limits far from the one that "
            "is asked for?",
        )
    return None


# --- 16.4 Train tonight? -------------------------------------------------------------------------

OFF = {"judged_announced": 0.13, "late_rate": 0.2}


def _aged(age: int, since: int | None = None, **changes: Any) -> dict[str, Any]:
    return {"champion_age": age, "since_retraining": age if since is None else since} | changes


def _evening(
    days: int = 30, age: int = 20, since: int | None = None, **last: Any
) -> list[dict[str, Any]]:
    """Return quiet days that end with a champion of this age; `last` changes the last day."""
    since = age if since is None else since
    return [
        _aged(max(age - back, 0), max(since - back, 0), **(last if back == 0 else {}))
        for back in reversed(range(days))
    ]


def _changed(days: list[dict[str, Any]], back: int, **changes: Any) -> list[dict[str, Any]]:
    """Return the days with the one that lies so many days back changed."""
    return [day | changes if at == len(days) - 1 - back else day for at, day in enumerate(days)]


def _last(days: list[dict[str, Any]], count: int, **changes: Any) -> list[dict[str, Any]]:
    """Return the days with the last ones changed."""
    return [day | changes if at >= len(days) - count else day for at, day in enumerate(days)]


def check_retrain(answer: Answer) -> Verdict | None:
    """Try age and calibration alone, then each thing that forbids a training."""

    def trains(changes: list[dict[str, Any]]) -> bool:
        days = days_of(changes)
        return answer.call(days[-1], tuple(days[:-1]), returns=truth)

    if trains(_evening(age=20)):
        return wrong(
            "without-reason",
            "The champion is 20 days old and its probabilities are right. Your policy trains all "
            "the same, for 500 units.",
        )
    if not trains(_evening(days=70, age=60)):
        return wrong(
            "misses-schedule",
            "The champion is 60 days old, nothing is damaged, labels are plenty: the schedule says "
            "to train, and your policy doesn't.",
        )
    if trains(_evening(days=70, age=59)):
        return wrong("early", "The champion is 59 days old: the schedule's day is the 60th.")
    if not trains(_last(_evening(age=25), 14, **OFF)):
        return wrong(
            "misses-trigger",
            "For 14 days 13 % were announced and 20 % were late, and your policy doesn't train.",
        )
    much = {"judged_announced": 0.27, "late_rate": 0.2}
    if not trains(_last(_evening(age=25), 14, **much)):
        return wrong(
            "one-direction",
            "For 14 days 27 % were announced and 20 % were late: too much is as wrong as too "
            "little.",
        )
    return _window(trains) or _forbidden(trains) or _edges(trains)


def _window(trains: Callable[[list[dict[str, Any]]], bool]) -> Verdict | None:
    """Let single days, old days, and days with few flights be off."""
    if trains(_last(_evening(age=25), 14, late_rate=0.17)):
        return wrong(
            "other-share",
            "For 14 days 15 % were announced and 17 % were late: 0.02 apart, and your policy "
            "trains. Add up both, take the difference, and divide it by the sum of `judged`; the "
            "limit is 0.05.",
        )
    if trains(_evening(age=25, judged_announced=0.1, late_rate=0.4)):
        return wrong(
            "one-day",
            "One stormy day is off by 0.3, the 14 days together by 0.02, and your policy trains.",
        )
    if trains(_last(_evening(age=25), 8, **OFF)):
        return wrong(
            "short-window",
            "Eight of the last 14 days are off by 0.07, the 14 together by 0.04, and your policy "
            "trains. Take all 14.",
        )
    if trains(_old_news()):
        return wrong(
            "old-news",
            "The last 14 days are right; what was off lies before them. Your policy trains for it.",
        )
    if trains(_few_flights()):
        return wrong(
            "days-not-flights",
            "Seven days with 20 judged flights each are far off, seven with 880 are right: of all "
            "judged flights the gap is below 0.01. Weigh each day by `judged`, not by one.",
        )
    turns = [
        day | ({"late_rate": 0.05} if at % 2 else {"late_rate": 0.25})
        for at, day in enumerate(_evening(age=25))
    ]
    if trains(turns):
        return wrong(
            "absolute-by-day",
            "Days take turns, one with too many late flights and one with too few; over 14 days "
            "the announced and the late rate agree. Add up first, take the absolute value last.",
        )
    far = {"late_rate": 0.3}
    if not trains(_last(_changed_before(_evening(age=25), 3, far), 1, since_call=3)):
        return wrong(
            "gap-since-call",
            "Over the last 14 days 15 % were announced and 27 % were late, and your policy "
            "doesn't train: somebody was called three days ago, and since then all is right. "
            "That limit is the alarm's; here all 14 days count.",
        )
    gone = {"judged": 0, "judged_announced": math.nan, "late_rate": math.nan}
    silent = _last(_changed_before(_evening(age=25), 14, far), 14)
    for back in (1, 3, 5, 7, 9):
        silent = _changed(silent, back, **gone)
    if trains(silent):
        return wrong(
            "last-judged-days",
            "Five of the last 14 days have no judged flight, and the other nine are right. Your "
            "policy takes five older days in their place, and trains because of them. Take the "
            "last 14 days first, and of those leave out the ones without labels.",
        )
    small = [
        day | ({"judged": 95, "late_rate": 0.95} if at % 2 else {"judged": 740})
        for at, day in enumerate(_evening(age=25))
    ]
    if not trains(small):
        return wrong(
            "leaves-out-small-days",
            "Every other day has 95 judged flights, of which nearly all are late; over 14 days "
            "15 % were announced and 24 % were late. Your policy doesn't train. That a day needs "
            "100 flights is asked for by the alarm; here only days without any don't count.",
        )
    if not trains(_changed(_last(_evening(age=25), 14, **OFF), 5, **gone)):
        return wrong(
            "nan-spoils",
            "Of the 14 days one has no judged flight, and its rates are `nan`. Your policy doesn't "
            "see any more that the others are off.",
        )
    return None


def _changed_before(
    days: list[dict[str, Any]], count: int, changes: dict[str, Any]
) -> list[dict[str, Any]]:
    """Return the days with all but the last ones changed."""
    return [day | changes if at < len(days) - count else day for at, day in enumerate(days)]


def _old_news() -> list[dict[str, Any]]:
    days = _evening(age=40)
    return [day | OFF if at < len(days) - 14 else day for at, day in enumerate(days)]


def _few_flights() -> list[dict[str, Any]]:
    days = _evening(age=25)
    few = {"judged": 20, "judged_announced": 0.1, "late_rate": 0.4}
    return [day | few if at % 2 else day for at, day in enumerate(days)]


def _forbidden(trains: Callable[[list[dict[str, Any]]], bool]) -> Verdict | None:
    """Take each condition away from an evening on which a training is due."""
    due = _evening(days=70, age=60)
    if trains(_evening(days=70, age=60, since=13)):
        return wrong(
            "no-cooldown",
            "The last training was 13 days ago (its candidate didn't pass), and your policy trains "
            "again. Wait 14 days.",
        )
    if not trains(_evening(days=70, age=60, since=14)):
        return wrong("long-cooldown", "The last training was 14 days ago: that is long enough.")
    broken = (
        ({"failed": 200}, "200 of 900 requests failed"),
        ({"missing": 0.6}, "a feature that is missing for 4 % was missing for 60 %"),
        ({"findings": {"range": 40}}, "the contract found values that can't be"),
    )
    for change, what in broken:
        if trains(_changed(due, 0, **change)):
            return wrong(
                "damaged-today",
                f"Today {what}, and your policy trains on it tonight. Not while a damaged day is "
                "among the last seven.",
            )
        for back in (1, 6):
            if trains(_changed(due, back, **change)):
                return wrong(
                    "damaged-lately",
                    f"{'Yesterday' if back == 1 else 'Six days ago'} {what}, and your policy "
                    "trains. Its labels and features would be learned: wait until seven days are "
                    "sound.",
                )
        if not trains(_changed(due, 7, **change)):
            return wrong(
                "never-forgets",
                f"Seven days ago {what}; the seven days since, today among them, are sound. Your "
                "policy still waits.",
            )
    if trains(_changed(_changed(due, 5, failed=200), 0, since_call=2)):
        return wrong(
            "damage-since-call",
            "Five days ago 200 of 900 requests failed, two days ago somebody was called, and your "
            "policy trains. A call repairs what comes; what was recorded before it stays damaged. "
            "All of the last 7 days count.",
        )
    if not trains(_changed(due, 2, missing=0.9, missing_usual=0.88)):
        return wrong(
            "missing-without-usual",
            "A feature that is missing for 88 % in training is missing for 90 %, and your policy "
            "takes the day for damaged. Compare `missing` with `missing_usual`.",
        )
    if not trains(_changed(due, 2, findings={"completeness": 6})):
        return wrong(
            "any-finding",
            "Two days ago six hours of weather were missing, and your policy takes the day for "
            "damaged. Of the findings only `range` and `columns` make a day a damaged one.",
        )
    if not trains(_changed(due, 2, failed=3)):
        return wrong(
            "any-failure",
            "3 of 900 requests failed two days ago, and your policy takes the day for damaged. "
            "More than 1 % is.",
        )
    bad = {"log_loss": 0.5, "usual_log_loss": 0.44}
    if not trains(_changed(_changed(due, 2, **bad), 3, **bad)):
        return wrong(
            "bad-days-forbid",
            "Two days running the model did badly, and your policy waits. Damage is what the first "
            "three conditions of the alarm find; a model that does badly is a reason to train.",
        )
    if not trains(_last(due, 14, judged=300)):
        return wrong(
            "labels-of-two-weeks",
            "Since the last training, 60 days ago, over 40,000 labels were completed, 4,200 of "
            "them in the last 14 days. Count all since the last training.",
        )
    if trains(_last(due, 70, judged=50)):
        return wrong(
            "few-labels",
            "In the 60 days since the last training 3,000 labels were completed, and your policy "
            "trains. It needs 5,000 new ones.",
        )
    recent = _last(_evening(days=70, age=60, since=20), 20, judged=100)
    if trains(recent):
        return wrong(
            "counts-old-labels",
            "Since the last training, 20 days ago, 2,000 labels were completed. You count those "
            "of earlier days too, and the last candidate had them already.",
        )
    if not trains(_last(_evening(days=70, age=60), 60, judged=90)):
        return wrong(
            "leaves-out-small-days",
            "In the 60 days since the last training 5,400 labels were completed, 90 a day, and "
            "your policy doesn't train. That a day needs 100 of them is asked for by the alarm; "
            "here all labels count.",
        )
    if trains(_last(_evening(days=70, age=60, since=20), 20, judged=249)):
        return wrong(
            "a-day-too-many",
            "Since the last training, 20 days ago, 249 labels a day were completed: 4,980, and "
            "your policy trains. The days since are the last `since_retraining` ones, today "
            "included; the labels of the day of the training itself don't count.",
        )
    if not trains(_last(_evening(days=70, age=60, since=20), 20, judged=250)):
        return wrong(
            "exactly-5000",
            "Since the last training, 20 days ago, 250 labels a day were completed: exactly 5,000, "
            "which is enough, and your policy doesn't train. The last `since_retraining` days "
            "count, with today.",
        )
    return None


def _edges(trains: Callable[[list[dict[str, Any]]], bool]) -> Verdict | None:
    """Begin without a history."""
    if trains([_aged(90, 90)]):
        return wrong(
            "invents-labels",
            "On the first evening 880 labels are known of, fewer than 5,000, and your policy "
            "trains.",
        )
    if trains(_evening(days=70, age=60, since=0)):
        return wrong("no-cooldown", "The last training was today, and your policy trains again.")
    return None


# --- 16.5 All four -------------------------------------------------------------------------------


#: Less than this share of the reference's lead over doing nothing isn't flown.
PART_OF_LEAD = 0.5
#: What a kind of cost that is far too high says, in the order of `Score.costs`.
LOOK_AT = {
    "no_answer": (
        "alarm-misses",
        "{failed:,} requests had no answer. Somebody has to be called on the first day: look at "
        "your `alarm`.",
    ),
    "retraining": (
        "trains-often",
        "{retrainings} trainings at 500 units each cost more than fresh models gained: look at "
        "your `retrain`.",
    ),
    "calls": (
        "cries-wolf",
        "{false_alarms} calls found nothing to repair, at 100 units each: look at your `alarm`.",
    ),
}


def _played(value: Any) -> tuple[Any, str, list[str], list[str]]:
    """Read what `replay` returns, or its score alone.

    Returns the score, the digest of the policies, the incidents that nobody ended, and what
    happened to versions; all but the first are empty for a score.
    """
    from flightline.replay import Score

    found = getattr(value, "score", value)
    if isinstance(value, type) or not isinstance(found, Score):
        raise Mismatch("what `replay` returned")
    missed = [
        each.name for each in getattr(value, "outcomes", ()) if not (each.harmless or each.caught)
    ]
    events = [str(each["event"]) for each in getattr(value, "releases", ())]
    return found, str(getattr(value, "policies", "")), missed, events


def _read(value: Any) -> tuple[Any, str, list[str], list[str]] | None:
    return None if value is ... else _played(value)


def check_play(answer: Answer) -> Verdict | None:
    """Compare the score with the baselines on the same period and find the policy that costs."""
    from flightline.experiments.replays import load_replays

    found = answer.value(_read)
    if found is None:
        return NOT_ATTEMPTED
    score, digest, missed, events = found
    known = load_replays("practice")
    nothing, reference = known["do nothing"]["score"], known["reference"]["score"]
    if score.scenario != "practice" or abs(score.never_warning - nothing.never_warning) > 0.5:
        return wrong(
            "other-period",
            "This isn't the practice period as a whole, so that its score can't be compared: play "
            '`"practice"` from its first day to its last.',
        )
    for name, each in known.items():
        if digest == each["digest"]:
            return wrong(
                "not-yours",
                f"These are the policies of *{name}*. Play the four that you have written.",
            )
    needed = nothing.saved + PART_OF_LEAD * (reference.saved - nothing.saved)
    if score.saved >= needed:
        return _flown_without(score)
    return _costly(score, nothing, reference, missed, events, needed)


def _flown_without(score: Any) -> Verdict | None:
    """Say what was found by policies that never trained, or that let nothing into service."""
    if score.promotions:
        return None
    if score.retrainings > 1:
        what = f"Of {score.retrainings} trained candidates none came into service"
    elif score.retrainings:
        what = "The one candidate that was trained didn't come into service"
    else:
        what = "Nothing was trained, so that your gate was never asked"
    return Verdict(
        "passed",
        message=f"{what}: what you saved comes from the threshold, which turns probabilities into "
        "money, and from the alarm, which keeps the service answering. That is enough for two "
        "months, in which a training hardly earns its price. Over a year the model gets old; the "
        "page shows what training earned there.",
    )


def _costly(
    score: Any, nothing: Any, reference: Any, missed: list[str], events: list[str], needed: float
) -> Verdict:
    """Name the policy that decides about what costs most, compared with the reference."""
    said = f"You saved {score.saved:,.0f} units, doing nothing saves {nothing.saved:,.0f}. "
    misses, warnings = (score.costs[kind] / nothing.costs[kind] for kind in ("misses", "warnings"))
    if warnings > 1.5 or misses > 1.3:
        return wrong(
            "look-at-threshold",
            f"{said}{'Warnings for flights on time' if warnings > 1.5 else 'Missed late flights'} "
            f"cost far more than when nobody acts: look at your `threshold`, which is asked for "
            "costs of 1 and 5.",
        )
    excess = {kind: score.costs[kind] - reference.costs[kind] for kind in score.costs}
    mistakes = excess.pop("misses") + excess.pop("warnings")
    most = max(excess, key=excess.__getitem__)
    if excess[most] >= mistakes and excess[most] > 0:
        message_id, message = LOOK_AT[most]
        facts = {
            "failed": score.failed_requests,
            "retrainings": score.retrainings,
            "false_alarms": score.false_alarms,
        }
        return wrong(message_id, said + message.format(**facts))
    if missed or score.caught < score.incidents:
        names = f" ({', '.join(missed)})" if missed else ""
        return wrong(
            "alarm-misses",
            f"{said}{score.incidents - score.caught} of {score.incidents} incidents{names} went on "
            "until they ended by themselves: look at your `alarm`.",
        )
    if score.promotions or "promote" in events:
        return wrong(
            "look-at-gate",
            f"{said}No incident went on and the threshold is right, but models that came into "
            "service made more mistakes than the first one: look at your `gate`, and at what "
            "`retrain` lets them learn from.",
        )
    return wrong(
        "below",
        f"{said}{needed:,.0f} are needed. `print(result.score.explain())` says what cost most.",
    )


EXERCISES = (
    Exercise(
        "16.1",
        "A warning that comes too late",
        check_threshold,
        hints=(
            "Write down two expected costs at probability p: of warning and of silence. Which of "
            "the numbers does the share change?",
            "Silence costs `p * miss`. A warning costs `(1 - p) * false_alarm`, and of a late "
            "flight what is left when only a share of the warnings comes in time. Solve for p.",
        ),
        why="The share shrinks what a warning averts and leaves the price of a false alarm as it "
        "is. With two numbers the function is a policy of the loop, with three an answer to a "
        "question that somebody will ask.",
    ),
    Exercise(
        "16.2",
        "May the candidate go to the canary?",
        check_gate,
        hints=(
            "Four questions, each of which can say no by itself. Begin with the ones that make "
            "the others meaningless: enough flights and days, a number for each.",
            "`squared_error(late, probability)` for both models, one minus the other. Which "
            "end of `bootstrap_interval(difference, trial.day)` says that the candidate may "
            "be worse by 0.002?",
            "For the airports a mask is enough: `trial.origin == name`.",
        ),
        why="Each question closes a way by which a bad model gets through: too little data, no "
        "answer, luck on single days, one airport that pays for the others. Not worse is enough "
        "for a refresh of the same model; for a new kind of model ask for better.",
    ),
    Exercise(
        "16.3",
        "Call somebody, or let them sleep",
        check_alarm,
        hints=(
            "Five questions joined by `or`. Three of them need today's numbers and nothing else.",
            "For the other two take the days since the last call, "
            "`[*earlier, today][-today.since_call:]`, and of those the ones with 100 judged "
            "flights or more. The last two are the slice `[-2:]`, the last seven `[-7:]`.",
            "`all` of an empty list is true, and an empty week was late 0 times out of 0: ask "
            "first whether there are two days, or seven.",
        ),
        why="Each question compares with something that knows what is usual: the number of "
        "requests, the training data, the late rate. Drift compares with the training data too, "
        "and says nothing about whether the answers are right.",
    ),
    Exercise(
        "16.4",
        "Train tonight?",
        check_retrain,
        hints=(
            "Two parts: is a training due, and is it allowed? Write each as a line of its own.",
            "All days are `[*earlier, today]`; the last 14 of them are a slice. For the gap add up "
            "`judged * judged_announced` and `judged * late_rate`, and skip days without labels.",
            "The days since the last training are the last `today.since_retraining` ones; a slice "
            "that begins with `-0` holds everything.",
        ),
        why="A schedule catches slow decay and a trigger a fast one. The other three keep the loop "
        "from learning what is broken: damaged days, too few labels, and its own impatience.",
    ),
    Exercise(
        "16.5",
        "Fly",
        check_play,
        hints=(
            "`Policies` takes the four functions by name; `replay` plays them.",
            "`print(result.score.explain())` says what each kind of cost came to. Which of the "
            "four policies decides about the largest?",
        ),
        why="The four together earn what none earns alone: the threshold turns probabilities into "
        "money, the alarm keeps the data sound, the trainings keep the model fresh, and the gate "
        "keeps the two from hurting each other. In two months a training hardly earns its price; "
        "over a year the page shows what it earned.",
    ),
)
