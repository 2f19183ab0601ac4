"""Chapter 16."""

import math
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from flightline.business import Costs, cost_threshold
from flightline.experiments.replays import load_replays
from flightline.gates import bootstrap_interval, judge, squared_error
from flightline.replay import Score

# 16.1


def expected(false_alarm, miss, in_time=1.0):
    return false_alarm / (false_alarm + in_time * miss)


def by_search(false_alarm, miss, in_time=1.0):
    for p in np.linspace(0, 1, 100_001):
        silence = p * miss
        warning = (1 - p) * false_alarm + p * (1 - in_time) * miss
        if warning <= silence + 1e-12:
            return p
    return math.inf


def from_odds(false_alarm, miss, in_time=1.0):
    averted = np.float64(miss) * in_time
    if averted == 0:
        return math.inf
    odds = false_alarm / averted
    return odds / (1 + odds)


def never_below_one(false_alarm, miss, in_time=1.0):
    return false_alarm / (false_alarm + in_time * miss) if in_time else 0.99


def with_units(false_alarm, miss, in_time=1.0):
    return 1 / (1 + in_time * 5) if (false_alarm, miss) != (20.0, 100.0) else 0.5


def of_four_costs(false_alarm, miss, in_time=1.0):
    """With the formula of chapter 13, which refuses a false alarm that costs nothing."""
    right_alarm = miss * (1 - in_time)
    return cost_threshold(Costs(false_alarm=false_alarm, miss=miss, right_alarm=right_alarm))


def by_bisection(false_alarm, miss, in_time=1.0):
    low, high = 0.0, 1.0
    for _ in range(12):
        p = (low + high) / 2
        warning = (1 - p) * false_alarm + p * (1 - in_time) * miss
        low, high = (p, high) if warning > p * miss else (low, p)
    return low


# 16.2


def _gate(
    trial,
    margin=0.002,
    slack=0.01,
    flights=1_000,
    days=7,
    smallest=100,
    interval=True,
    by_day=True,
    slices=True,
    finite=True,
    sign=1,
    airport=np.mean,
):
    challenger = np.asarray(trial.challenger, dtype=float)
    if finite and not np.isfinite(challenger).all():
        return False
    if len(trial.late) < max(flights, 1) or len(set(trial.day)) < days:
        return False
    difference = sign * (
        squared_error(trial.late, challenger) - squared_error(trial.late, trial.champion)
    )
    worst = difference.mean()
    if interval:
        worst = bootstrap_interval(difference, trial.day if by_day else None, rounds=500)[1]
    if worst >= margin:
        return False
    names = np.unique(trial.origin) if slices else []
    return not any(
        airport(difference[trial.origin == name]) > slack
        for name in names
        if (trial.origin == name).sum() >= smallest
    )


def gate(trial):
    return _gate(trial)


def turned_around(trial):
    return _gate(trial, sign=-1, slices=False)


def open_gate(trial):
    return True


def closed_gate(trial):
    return False


def better_only(trial):
    return _gate(trial, margin=0.0)


def chapter_11(trial):
    decision = judge(trial.late, trial.champion, trial.challenger, trial.day, trial.origin)
    return decision.action == "promote"


def wide_margin(trial):
    return _gate(trial, margin=0.008)


def only_the_mean(trial):
    return _gate(trial, interval=False)


def by_flight(trial):
    return _gate(trial, by_day=False)


def without_slices(trial):
    return _gate(trial, slices=False)


def every_slice(trial):
    return _gate(trial, smallest=0)


def wide_slice(trial):
    return _gate(trial, slack=0.02)


def narrow_slice(trial):
    return _gate(trial, slack=0.002)


def large_airports(trial):
    return _gate(trial, smallest=1_000)


def nan_through(trial):
    sound = np.isfinite(trial.challenger)
    part = type(trial)(*(getattr(trial, name)[sound] for name in TRIAL))
    return _gate(part)


TRIAL = ("late", "champion", "challenger", "day", "origin")


def any_number(trial):
    return _gate(trial, flights=0)


def any_days(trial):
    return _gate(trial, days=1)


def too_strict(trial):
    return _gate(trial, flights=2_000)


def longer(trial):
    return _gate(trial, days=10)


def empty_is_fine(trial):
    return len(trial.late) == 0 or _gate(trial)


def sums_of_airports(trial):
    return _gate(trial, airport=np.sum)


def absolute_means(trial):
    return _gate(trial, airport=lambda worse: abs(worse.mean()))


def intervals_of_airports(trial):
    challenger, late = trial.challenger, trial.late
    worse = squared_error(late, challenger) - squared_error(late, trial.champion)
    airports = [trial.origin == name for name in np.unique(trial.origin)]
    return _gate(trial) and not any(
        bootstrap_interval(worse[at], trial.day[at], rounds=500)[1] > 0.01
        for at in airports
        if at.sum() >= 100
    )


def interval_of_daily_means(trial):
    worse = pd.Series(
        squared_error(trial.late, trial.challenger) - squared_error(trial.late, trial.champion)
    )
    daily = worse.groupby(trial.day).mean()
    return (
        _gate(trial, interval=False, margin=1)
        and bootstrap_interval(daily.to_numpy(), daily.index.to_numpy(), rounds=500)[1] < 0.002
    )


def more_than_1000(trial):
    return _gate(trial, flights=1_001)


def airports_above_100(trial):
    return _gate(trial, smallest=101)


def with_pandas(trial):
    table = pd.DataFrame({name: getattr(trial, name) for name in TRIAL})
    if len(table) < 1_000 or table["day"].nunique() < 7:
        return False
    if not table["challenger"].between(0, 1).all():
        return False
    table["worse"] = (table["challenger"] - table["late"]) ** 2
    table["worse"] -= (table["champion"] - table["late"]) ** 2
    mean = table["worse"].mean()
    daily = (table["worse"] - mean).groupby(table["day"]).sum()
    error = math.sqrt(len(daily)) * daily.std() / len(table)
    airports = table.groupby("origin")["worse"].agg(["mean", "size"])
    sound = airports.loc[airports["size"] >= 100, "mean"] <= 0.01
    return mean + 1.96 * error < 0.002 and sound.all()


def with_the_course(trial):
    if len(np.unique(trial.day)) < 7:
        return np.False_
    kept = np.ones(len(trial.late), dtype=bool)
    for name in np.unique(trial.origin):
        here = trial.origin == name
        kept &= ~(here & (here.sum() < 100))
    sliced = np.where(kept, trial.origin, "few")
    if not np.isfinite(trial.challenger).all():
        return False
    decision = judge(
        trial.late, trial.champion, trial.challenger, trial.day, sliced, margin=-0.002, slack=1
    )
    there = {name: worse for name, worse in decision.slices.items() if name != "few"}
    return decision.action == "promote" and max(there.values()) <= 0.01


# 16.3


HARD = {"range", "columns"}


def _alarm(
    today,
    earlier,
    failures=0.01,
    missing=0.15,
    found=HARD,
    run=2,
    judged=100,
    loss=0.0,
    week=7,
    good=0.6,
    skip_small=True,
    since=True,
    rows=None,
    worse=lambda last, today: all(d.log_loss > d.usual_log_loss for d in last),
    week_of=lambda last: (
        sum(d.judged * d.late_rate for d in last),
        sum(d.judged * d.judged_announced for d in last),
    ),
):
    if failures is not None and today.failed > failures * today.flights:
        return True
    if missing is not None and today.missing > today.missing_usual + missing:
        return True
    if found & today.findings.keys():
        return True
    days = [*earlier, today][-today.since_call if since else 0 :]
    if skip_small:
        days = [day for day in days if day.judged >= judged]
    if rows is not None:
        days = rows([*earlier, today], today)
    last = days[-run:]
    sound = len(last) == run and all(day.judged >= judged for day in last)
    if loss and sound and all(d.log_loss > d.usual_log_loss + loss for d in last):
        return True
    if loss == 0.0 and sound and worse(last, today):
        return True
    last = days[-week:]
    if good is None or len(last) < week or any(day.judged < judged for day in last):
        return False
    late, announced = week_of(last)
    return late < good * announced


def alarm(today, earlier):
    return _alarm(today, earlier)


def always(today, earlier):
    return True


def never(today, earlier):
    return False


def on_drift(today, earlier):
    return _alarm(today, earlier) or today.drift > 0.25


def any_failure(today, earlier):
    return _alarm(today, earlier) or today.failed > 0


def much_missing(today, earlier):
    return _alarm(today, earlier, missing=None) or today.missing > 0.5


def one_bad_day(today, earlier):
    return _alarm(today, earlier, run=1, good=None) or _alarm(today, earlier, loss=None)


def any_two(today, earlier):
    days = [day for day in [*earlier, today] if day.judged >= 100]
    bad = sum(day.log_loss > day.usual_log_loss for day in days)
    return _alarm(today, earlier) or bad >= 2


def level_of_loss(today, earlier):
    return _alarm(today, earlier, loss=None) or (today.judged >= 100 and today.log_loss > 0.47)


def level_of_loss_in_a_row(today, earlier):
    last = [day for day in [*earlier, today] if day.judged >= 100][-2:]
    high = len(last) == 2 and all(day.log_loss > 0.45 for day in last)
    return _alarm(today, earlier, loss=None) or high


def small_days_too(today, earlier):
    return _alarm(today, earlier, judged=1)


def without_labels(today, earlier):
    silent = all(day.judged == 0 for day in [*earlier, today][-3:])
    return _alarm(today, earlier) or silent


def calm_days(today, earlier):
    return _alarm(today, earlier) or _alarm(today, earlier, week=3)


def five_days(today, earlier):
    return _alarm(today, earlier, week=5)


def calm_week(today, earlier):
    return _alarm(today, earlier, good=0.75)


def any_finding(today, earlier):
    return _alarm(today, earlier) or bool(today.findings)


def without_range(today, earlier):
    return _alarm(today, earlier, found={"columns"})


def without_columns(today, earlier):
    return _alarm(today, earlier, found={"range"})


def without_failures(today, earlier):
    return _alarm(today, earlier, failures=None)


def many_failures(today, earlier):
    return _alarm(today, earlier, failures=0.1)


def without_missing(today, earlier):
    return _alarm(today, earlier, missing=None)


def without_loss(today, earlier):
    return _alarm(today, earlier, loss=None)


def large_loss(today, earlier):
    return _alarm(today, earlier, loss=0.03)


def without_too_good(today, earlier):
    return _alarm(today, earlier, good=None)


def calendar_days(today, earlier):
    return _alarm(today, earlier, skip_small=False)


def behind_the_call(today, earlier):
    return _alarm(today, earlier, since=False)


def leaves_out_first(today, earlier):
    def rows(days, today):
        return [day for day in days if day.judged >= 100][-today.since_call :]

    return _alarm(today, earlier, rows=rows)


def sum_of_two(today, earlier):
    def worse(last, today):
        return sum(day.log_loss - day.usual_log_loss for day in last) > 0

    return _alarm(today, earlier, worse=worse)


def todays_usual(today, earlier):
    def worse(last, today):
        return all(day.log_loss > today.usual_log_loss for day in last)

    return _alarm(today, earlier, worse=worse)


def any_difference_in_missing(today, earlier):
    return _alarm(today, earlier) or abs(today.missing - today.missing_usual) > 0.15


def missing_by_ratio(today, earlier):
    return _alarm(today, earlier) or today.missing > 1.15 * today.missing_usual


def announced_today(today, earlier):
    def week_of(last):
        late = sum(day.judged * day.late_rate for day in last)
        return late, sum(day.judged * day.announced for day in last)

    return _alarm(today, earlier, week_of=week_of)


def ratio_turned_round(today, earlier):
    def week_of(last):
        announced = sum(day.judged * day.judged_announced for day in last)
        return announced, sum(day.judged * day.late_rate for day in last)

    return _alarm(today, earlier, week_of=week_of)


def more_than_100(today, earlier):
    return _alarm(today, earlier, judged=101)


def failed_of_judged(today, earlier):
    return _alarm(today, earlier) or today.failed > 0.01 * today.judged > 0


def one_is_enough(today, earlier):
    judged = [day for day in [*earlier, today][-today.since_call :] if day.judged >= 100]
    worse = bool(judged) and all(day.log_loss > day.usual_log_loss for day in judged[-2:])
    return _alarm(today, earlier, loss=None) or worse


def any_week(today, earlier):
    judged = [day for day in [*earlier, today][-today.since_call :] if day.judged >= 100][-7:]
    late = sum(day.judged * day.late_rate for day in judged)
    low = late < 0.6 * sum(day.judged * day.judged_announced for day in judged)
    return _alarm(today, earlier, good=None) or low


def nearly_everything_missing(today, earlier):
    """Right in every single case, and far from the limit."""
    return _alarm(today, earlier, missing=0.59, loss=0.014, good=0.42)


def any_gap(today, earlier):
    return _alarm(today, earlier, missing=0.03)


def three_days(today, earlier):
    """Waits a day longer."""
    return _alarm(today, earlier, run=3)


def without_today(today, earlier):
    """The last two questions are asked of the evening before."""
    if _alarm(today, earlier, loss=None, good=None):
        return True
    return bool(earlier) and _alarm(
        replace(earlier[-1], since_call=max(today.since_call - 1, 1)), earlier[:-1]
    )


def at_one_per_cent(today, earlier):
    return _alarm(today, earlier) or today.failed >= 0.01 * today.flights


def every_day(today, earlier):
    """Too good on each of seven days, and not in the sum."""
    since = [*earlier, today][-today.since_call :]
    week = [day for day in since if day.judged >= 100][-7:]
    low = len(week) == 7 and all(d.late_rate < 0.6 * d.judged_announced for d in week)
    return low or _alarm(today, earlier, good=None)


def short_run(today, earlier):
    judged = [day for day in [*earlier, today][-today.since_call :] if day.judged >= 100][-2:]
    worse = bool(judged) and all(day.log_loss > day.usual_log_loss for day in judged)
    return _alarm(today, earlier, loss=None) or (worse and (len(judged) == 2 or not earlier))


def short_week(today, earlier):
    since = [*earlier, today][-today.since_call :]
    week = [day for day in since if day.judged >= 100][-7:]
    late = sum(day.judged * day.late_rate for day in week)
    announced = sum(day.judged * day.judged_announced for day in week)
    return _alarm(today, earlier, good=None) or late < 0.6 * announced


def with_history(today, earlier):
    return len(earlier) > 0 and _alarm(today, earlier)


def todays_nan(today, earlier):
    return _alarm(today, earlier) or not today.log_loss < 1


def by_index(today, earlier):
    return _alarm(today, earlier) or earlier[-1].failed > 100


def as_lists(today, earlier):
    """The loop gives a tuple."""
    days = earlier + [today]  # noqa: RUF005
    return _alarm(today, days[:-1])


def with_a_loop(today, earlier):
    if today.flights and today.failed / today.flights > 0.01:
        return True
    if today.missing - today.missing_usual > 0.15:
        return True
    for family in today.findings:
        if family in ("range", "columns"):
            return True
    worse = seen = 0
    late = announced = 0.0
    for day in [today, *reversed(earlier)][: today.since_call]:
        if day.judged < 100:
            continue
        seen += 1
        worse += seen <= 2 and day.log_loss > day.usual_log_loss
        late += day.judged * day.late_rate
        announced += day.judged * day.judged_announced
        if seen == 7:
            break
    return worse == 2 or (seen == 7 and late < 0.6 * announced)


def with_a_table(today, earlier):
    table = pd.DataFrame([vars(day) for day in [*earlier, today]])
    failing = table["failed"].iloc[-1] > 0.01 * table["flights"].iloc[-1]
    missing = table["missing"].iloc[-1] > table["missing_usual"].iloc[-1] + 0.15
    broken = today.findings.get("range", 0) + today.findings.get("columns", 0) > 0
    told = table.tail(today.since_call)
    told = told[told["judged"] >= 100]
    worse = (told["log_loss"] > told["usual_log_loss"]).tail(2).sum() == 2
    week = told.tail(7)
    ratio = (week["judged"] * week["late_rate"]).sum() / max(
        (week["judged"] * week["judged_announced"]).sum(), 1e-9
    )
    return np.bool_(failing | missing | broken | worse | (len(week) == 7 and ratio < 0.6))


def daily_mean(today, earlier):
    """The mean of the week's days, unweighted."""
    if _alarm(today, earlier, good=None):
        return True
    since = [*earlier, today][-today.since_call :]
    week = [day for day in since if day.judged >= 100][-7:]
    return len(week) == 7 and sum(d.late_rate / d.judged_announced for d in week) / 7 < 0.55


# 16.4


def _damaged(day, failures=0.01, missing=0.2):
    if HARD & day.findings.keys():
        return True
    return day.failed > failures * day.flights or day.missing > day.missing_usual + missing


def _gap(days, weigh=True):
    told = [day for day in days if day.judged]
    weights = [day.judged if weigh else 1 for day in told]
    if not told:
        return 0.0
    off = sum(w * (d.judged_announced - d.late_rate) for w, d in zip(weights, told, strict=True))
    return off / sum(weights)


def _retrain(
    today,
    earlier,
    age=60,
    window=14,
    gap=0.05,
    cooldown=14,
    sound=7,
    labels=5_000,
    damaged=_damaged,
    size=abs,
    weigh=True,
    since_only=True,
    more=0,
    least=1,
    told=lambda days, today: days[-14:],
    lately=lambda days, today: days,
    gap_of=_gap,
):
    days = [*earlier, today]
    rows = told(days, today) if window == 14 else days[-window:]
    due = today.champion_age >= age or size(gap_of(rows, weigh)) > gap
    since = days[-today.since_retraining - more :] if today.since_retraining else []
    known = sum(day.judged for day in (since if since_only else days) if day.judged >= least)
    return (
        due
        and today.since_retraining >= cooldown
        and known >= labels
        and not any(damaged(day) for day in lately(days, today)[-sound:])
    )


def retrain(today, earlier):
    return _retrain(today, earlier)


def each_evening(today, earlier):
    return True


def only_trigger(today, earlier):
    return _retrain(today, earlier, age=10_000)


def after_a_month(today, earlier):
    return _retrain(today, earlier, age=30)


def only_schedule(today, earlier):
    return _retrain(today, earlier, gap=1)


def only_too_little(today, earlier):
    return _retrain(today, earlier, size=lambda gap: -gap)


def one_day(today, earlier):
    return _retrain(today, earlier, window=1)


def a_week(today, earlier):
    return _retrain(today, earlier, window=7)


def whole_history(today, earlier):
    return _retrain(today, earlier, window=10_000, gap=0.03)


def by_days(today, earlier):
    return _retrain(today, earlier, weigh=False)


def absolute_by_day(today, earlier):
    days = [day for day in [*earlier, today][-14:] if day.judged]
    total = sum(day.judged for day in days)
    off = sum(day.judged * abs(day.judged_announced - day.late_rate) for day in days)
    due = today.champion_age >= 60 or (total and off / total > 0.05)
    return bool(due) and _retrain(today, earlier, age=0)


def with_nan(today, earlier):
    days = [*earlier, today][-14:]
    judged = np.array([day.judged for day in days])
    off = np.array([day.judged_announced - day.late_rate for day in days])
    due = today.champion_age >= 60 or abs((judged * off).sum() / judged.sum()) > 0.05
    return bool(due) and _retrain(today, earlier, age=0)


def no_cooldown(today, earlier):
    return _retrain(today, earlier, cooldown=1)


def long_cooldown(today, earlier):
    return _retrain(today, earlier, cooldown=20)


def damaged_or_not(today, earlier):
    return _retrain(today, earlier, damaged=lambda day: False)


def only_today_sound(today, earlier):
    return _retrain(today, earlier, sound=1)


def only_earlier_sound(today, earlier):
    sound = not any(_damaged(day) for day in earlier[-7:])
    return sound and _retrain(today, earlier, damaged=lambda day: False)


def never_forgets(today, earlier):
    return _retrain(today, earlier, sound=10_000)


def missing_at_all(today, earlier):
    return _retrain(today, earlier, damaged=lambda d: _damaged(d) or d.missing > 0.5)


def any_failed(today, earlier):
    return _retrain(today, earlier, damaged=lambda d: _damaged(d, failures=0))


def any_findings(today, earlier):
    return _retrain(today, earlier, damaged=lambda d: _damaged(d) or bool(d.findings))


def blind_to_findings(today, earlier):
    def damaged(day):
        return day.failed > 0.01 * day.flights or day.missing > day.missing_usual + 0.2

    return _retrain(today, earlier, damaged=damaged)


def few_labels(today, earlier):
    return _retrain(today, earlier, labels=0)


def old_labels(today, earlier):
    return _retrain(today, earlier, since_only=False)


def labels_of_two_weeks(today, earlier):
    known = sum(day.judged for day in [*earlier, today][-14:])
    return known >= 5_000 and _retrain(today, earlier, labels=0)


def bad_days_forbid(today, earlier):
    days = [*earlier, today]
    bad = any(
        one.log_loss > one.usual_log_loss and two.log_loss > two.usual_log_loss
        for one, two in zip(days[-7:-1], days[-6:], strict=True)
    )
    return not bad and _retrain(today, earlier)


def labels_by_age(today, earlier):
    return today.since_retraining * today.judged >= 5_000 and _retrain(today, earlier, labels=0)


def damage_since_the_call(today, earlier):
    return _retrain(today, earlier, lately=lambda days, today: days[-today.since_call :])


def gap_since_the_call(today, earlier):
    return _retrain(today, earlier, told=lambda days, today: days[-today.since_call :][-14:])


def gap_since_the_training(today, earlier):
    """Where a training is allowed, the last 14 days all lie after the last one."""
    return _retrain(today, earlier, told=lambda days, today: days[-today.since_retraining :][-14:])


def last_judged_days(today, earlier):
    return _retrain(today, earlier, told=lambda days, today: [d for d in days if d.judged][-14:])


def full_days_of_the_gap(today, earlier):
    def told(days, today):
        return [day for day in days[-14:] if day.judged >= 100]

    return _retrain(today, earlier, told=told)


def labels_of_full_days(today, earlier):
    return _retrain(today, earlier, least=100)


def a_day_more(today, earlier):
    return _retrain(today, earlier, more=1)


def a_day_less(today, earlier):
    return _retrain(today, earlier, more=-1)


def above_5000(today, earlier):
    return _retrain(today, earlier, labels=5_001)


def waits_for_two_weeks_of_days(today, earlier):
    """The text says nothing of a loop that is younger than its window."""
    return len(earlier) >= 13 and _retrain(today, earlier)


def _gap_over(divide):
    def gap(days, weigh):
        told = [day for day in days if day.judged]
        announced = sum(day.judged * day.judged_announced for day in told)
        late = sum(day.judged * day.late_rate for day in told)
        return (announced - late) / divide(announced, late)

    return gap


def divided_by_announced(today, earlier):
    return _retrain(today, earlier, gap_of=_gap_over(lambda announced, late: announced))


def not_divided(today, earlier):
    return _retrain(today, earlier, gap_of=_gap_over(lambda announced, late: 1))


def minus_zero(today, earlier):
    """The cooldown keeps -0 from doing harm."""
    days = [*earlier, today]
    known = sum(day.judged for day in days[-today.since_retraining :])
    return known >= 5_000 and _retrain(today, earlier, labels=0)


def one_by_one(today, earlier):
    days = list(earlier)
    days.append(today)
    if today.since_retraining < 14:
        return False
    for day in days[-7:]:
        if day.failed / day.flights > 0.01 or day.missing - day.missing_usual > 0.2:
            return False
        if "range" in day.findings or "columns" in day.findings:
            return False
    if sum(day.judged for day in days[-today.since_retraining :]) < 5_000:
        return False
    announced = late = judged = 0.0
    for day in days[-14:]:
        if day.judged > 0:
            announced += day.judged * day.judged_announced
            late += day.judged * day.late_rate
            judged += day.judged
    return today.champion_age >= 60 or abs(announced - late) > 0.05 * judged


def retrain_with_a_table(today, earlier):
    table = pd.DataFrame([vars(day) for day in [*earlier, today]])
    known = table["judged"].tail(today.since_retraining).sum()
    damaged = (table["failed"] > 0.01 * table["flights"]) | (
        table["missing"] > table["missing_usual"] + 0.2
    )
    damaged |= table["findings"].map(lambda found: bool(HARD & found.keys()))
    last = table.tail(14)
    off = (last["judged"] * (last["judged_announced"] - last["late_rate"])).sum()
    due = today.champion_age >= 60 or abs(off) > 0.05 * last["judged"].sum()
    rested = today.since_retraining >= 14
    return np.bool_(due and rested and known >= 5_000 and not damaged.tail(7).any())


# 16.5


@dataclass(frozen=True)
class Flown:
    """What a check reads of a result."""

    score: Score
    policies: str = "learner"
    outcomes: tuple = ()
    releases: tuple = ()


@dataclass(frozen=True)
class Ended:
    name: str
    harmless: bool
    caught: date | None


def flown(name="reference", digest="learner", missed=(), events=(), changes=None, **costs):
    """Return the result of a course's policy with some costs raised by so much."""
    score = load_replays("practice")[name]["score"]
    dearer = {kind: cost + costs.get(kind, 0.0) for kind, cost in score.costs.items()}
    saved = score.saved - sum(costs.values())
    score = replace(score, saved=saved, costs=dearer, **(changes or {}))
    outcomes = [Ended(each, False, None) for each in missed]
    outcomes += [Ended("other", False, date(2013, 8, 6)), Ended("gusts", True, None)]
    return Flown(score, digest, tuple(outcomes), tuple({"event": each} for each in events))


def of_the_course(name):
    return flown(name, digest=load_replays("practice")[name]["digest"])


def part_of_the_period():
    return flown(changes={"never_warning": 20_000.0})


def other_scenario():
    return flown(changes={"scenario": "year"})


NEAR_MISSES = {
    "16.1": [
        ("ratio-of-costs", lambda false_alarm, miss, in_time=1.0: false_alarm / miss / in_time),
        ("other-way-round", lambda false_alarm, miss, in_time=1.0: miss / (miss + false_alarm)),
        ("other-threshold", lambda *costs: 0.5),
        ("ignores-in-time", lambda false_alarm, miss, in_time=1.0: expected(false_alarm, miss)),
        ("scales-threshold", lambda a, b, in_time=1.0: expected(a, b) / in_time),
        ("scales-down", lambda a, b, in_time=1.0: expected(a, b) * in_time),
        ("the-late-share", lambda a, b, in_time=0.0: expected(a, b, 1 - in_time)),
        ("scales-false-alarm", lambda a, b, in_time=1.0: expected(a * in_time, b)),
        ("other-share", lambda a, b, in_time=1.0: expected(a, b) if in_time == 1 else 0.3),
        ("unit", with_units),
        ("never-pays", never_below_one),
        ("raises", lambda false_alarm, miss: false_alarm / (false_alarm + miss)),
        ("wrong-type", lambda false_alarm, miss, in_time=1.0: "1/6"),
    ],
    "16.2": [
        ("turned-around", turned_around),
        ("accepts-worse", open_gate),
        ("sums-slice", sums_of_airports),
        ("absolute-slice", absolute_means),
        ("slice-interval", intervals_of_airports),
        ("days-alike", interval_of_daily_means),
        ("wants-more", more_than_1000),
        ("skips-airport", airports_above_100),
        ("refuses-better", closed_gate),
        ("wants-better", better_only),
        ("wants-better", chapter_11),
        ("wide-margin", wide_margin),
        ("only-the-mean", only_the_mean),
        ("by-flight", by_flight),
        ("ignores-slices", without_slices),
        ("small-slice", every_slice),
        ("wide-slice", wide_slice),
        ("narrow-slice", narrow_slice),
        ("skips-airport", large_airports),
        ("lets-nan-through", nan_through),
        ("few-flights", any_number),
        ("few-days", any_days),
        ("wants-more", too_strict),
        ("wants-more", longer),
        ("empty-trial", empty_is_fine),
        ("wrong-type", lambda trial: "promote"),
    ],
    "16.3": [
        ("calls-quiet-day", always),
        ("misses-failures", never),
        ("leaves-out-first", leaves_out_first),
        ("sums-losses", sum_of_two),
        ("other-days-usual", todays_usual),
        ("less-missing", any_difference_in_missing),
        ("missing-as-ratio", missing_by_ratio),
        ("announced-not-judged", announced_today),
        ("turned-ratio", ratio_turned_round),
        ("exactly-100", more_than_100),
        ("failed-of-judged", failed_of_judged),
        ("short-run", one_is_enough),
        ("short-week", any_week),
        ("calls-drift", on_drift),
        ("calls-single-failure", any_failure),
        ("missing-without-usual", much_missing),
        ("calls-hard-day", one_bad_day),
        ("not-in-a-row", any_two),
        ("calls-hard-day", level_of_loss),
        ("calls-hard-month", level_of_loss_in_a_row),
        ("calls-small-days", small_days_too),
        ("calls-without-labels", without_labels),
        ("calls-without-labels", todays_nan),
        ("calls-calm-days", calm_days),
        ("calls-calm-days", five_days),
        ("calls-calm-week", calm_week),
        ("calls-one-per-cent", at_one_per_cent),
        ("days-not-flights", daily_mean),
        ("waits-a-day", three_days),
        ("waits-a-day", without_today),
        ("every-day", every_day),
        ("short-run", short_run),
        ("short-week", short_week),
        ("misses-failures", without_failures),
        ("misses-few-failures", many_failures),
        ("misses-missing", without_missing),
        ("calls-odd-findings", any_finding),
        ("misses-impossible", without_range),
        ("misses-columns", without_columns),
        ("misses-loss", without_loss),
        ("misses-small-loss", large_loss),
        ("misses-too-good", without_too_good),
        ("small-day-resets", calendar_days),
        ("looks-behind-the-call", behind_the_call),
        ("waits-for-history", with_history),
        ("misses-on-tape", nearly_everything_missing),
        ("wolf-on-tape", any_gap),
        ("raises", by_index),
        ("raises", as_lists),
        ("wrong-type", lambda today, earlier: "call"),
    ],
    "16.4": [
        ("without-reason", each_evening),
        ("misses-schedule", only_trigger),
        ("misses-schedule", lambda today, earlier: False),
        ("early", after_a_month),
        ("damage-since-call", damage_since_the_call),
        ("gap-since-call", gap_since_the_call),
        ("last-judged-days", last_judged_days),
        ("leaves-out-small-days", full_days_of_the_gap),
        ("leaves-out-small-days", labels_of_full_days),
        ("a-day-too-many", a_day_more),
        ("exactly-5000", a_day_less),
        ("exactly-5000", above_5000),
        ("other-share", divided_by_announced),
        ("other-share", not_divided),
        ("misses-trigger", only_schedule),
        ("one-direction", only_too_little),
        ("one-day", one_day),
        ("short-window", a_week),
        ("old-news", whole_history),
        ("days-not-flights", by_days),
        ("absolute-by-day", absolute_by_day),
        ("nan-spoils", with_nan),
        ("no-cooldown", no_cooldown),
        ("long-cooldown", long_cooldown),
        ("damaged-today", damaged_or_not),
        ("damaged-lately", only_today_sound),
        ("damaged-today", only_earlier_sound),
        ("never-forgets", never_forgets),
        ("missing-without-usual", missing_at_all),
        ("any-failure", any_failed),
        ("any-finding", any_findings),
        ("damaged-today", blind_to_findings),
        ("few-labels", few_labels),
        ("labels-of-two-weeks", labels_of_two_weeks),
        ("bad-days-forbid", bad_days_forbid),
        ("counts-old-labels", old_labels),
        ("wrong-type", lambda today, earlier: 1),
    ],
    "16.5": [
        ("other-period", part_of_the_period()),
        ("other-period", other_scenario()),
        ("not-yours", of_the_course("reference")),
        ("not-yours", of_the_course("do nothing")),
        ("not-yours", of_the_course("retrain daily")),
        ("look-at-threshold", flown(misses=15_000.0, warnings=-8_000.0)),
        ("look-at-threshold", flown(misses=-5_000.0, warnings=20_000.0)),
        (
            "alarm-misses",
            flown(
                missed=["refused airport"],
                changes={"failed_requests": 2_054, "caught": 2},
                no_answer=1_741.0,
                misses=1_500.0,
            ),
        ),
        ("alarm-misses", flown(missed=["turned sign"], changes={"caught": 2}, misses=4_500.0)),
        ("alarm-misses", flown("do nothing")),
        ("trains-often", flown(changes={"retrainings": 31}, retraining=15_000.0)),
        ("cries-wolf", flown(changes={"false_alarms": 45}, calls=4_500.0)),
        ("look-at-gate", flown(events=["train", "promote"], misses=4_500.0)),
        ("below", flown(changes={"promotions": 0}, misses=4_500.0)),
        ("wrong-type", 26_900.0),
        ("wrong-type", {"saved": 26_900.0}),
        ("not-a-value", lambda: flown()),
    ],
}

ALTERNATIVES = {
    "16.1": [expected, by_search, from_odds, of_four_costs, by_bisection],
    "16.2": [gate, with_pandas, with_the_course],
    "16.3": [alarm, with_a_loop, with_a_table],
    "16.4": [
        retrain,
        one_by_one,
        retrain_with_a_table,
        gap_since_the_training,
        waits_for_two_weeks_of_days,
        minus_zero,
    ],
    "16.5": [
        flown(),
        flown().score,
        flown(changes={"retrainings": 0, "promotions": 0}, retraining=-500.0),
        flown(changes={"promotions": 0}),
        flown(changes={"false_alarms": 2}, calls=200.0),
        flown(missed=["settled early"], changes={"caught": 2}, misses=900.0),
        flown(misses=-300.0, warnings=100.0),
    ],
}
