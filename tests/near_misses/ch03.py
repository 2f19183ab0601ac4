"""Chapter 03."""

import itertools
import statistics

import numpy as np
import pandas as pd

HOUR = pd.Timedelta(hours=1)


# 3.1
def per_change(delivered):
    first = delivered.groupby("commit")[["authored_at", "merged_at", "deployed_at"]].min()
    return first.dropna()


def median_of_rows(delivered):
    return ((delivered.deployed_at - delivered.authored_at) / HOUR).median()


def mean_of_changes(delivered):
    first = per_change(delivered)
    return ((first.deployed_at - first.authored_at) / HOUR).mean()


def from_merge(delivered):
    first = per_change(delivered)
    return ((first.deployed_at - first.merged_at) / HOUR).median()


def until_merge(delivered):
    first = delivered.drop_duplicates("commit")
    return ((first.merged_at - first.authored_at) / HOUR).median()


def last_deployment(delivered):
    last = delivered.groupby("commit")[["authored_at", "deployed_at"]].max()
    return ((last.deployed_at - last.authored_at) / HOUR).median()


def first_row(delivered):
    first = delivered.drop_duplicates("commit")
    return ((first.deployed_at - first.authored_at) / HOUR).median()


def waiting_is_zero(delivered):
    first = delivered.groupby("commit")[["authored_at", "deployed_at"]].min()
    return ((first.deployed_at - first.authored_at) / HOUR).fillna(0).median()


def in_days(delivered):
    first = per_change(delivered)
    return ((first.deployed_at - first.authored_at) / pd.Timedelta(days=1)).median()


def without_days(delivered):
    first = per_change(delivered)
    return ((first.deployed_at - first.authored_at).dt.seconds / 3600).median()


def as_timedelta(delivered):
    first = per_change(delivered)
    return (first.deployed_at - first.authored_at).median()


def zero_for_nothing(delivered):
    value = by_sorting(delivered)
    return 0 if np.isnan(value) else value


def by_sorting(delivered):
    first = delivered.dropna().sort_values("deployed_at").drop_duplicates("commit")
    return (first.deployed_at - first.authored_at).dt.total_seconds().median() / 3600


def by_row_then_min(delivered):
    hours = (delivered["deployed_at"] - delivered["authored_at"]) / HOUR
    return hours.groupby(delivered["commit"]).min().median()


def with_a_dictionary(delivered):
    shortest = {}
    for row in delivered.itertuples():
        if pd.notna(row.deployed_at):
            hours = (row.deployed_at - row.authored_at).total_seconds() / 3600
            shortest[row.commit] = min(hours, shortest.get(row.commit, hours))
    return statistics.median(shortest.values()) if shortest else float("nan")


# 3.2
def rates(failed, rework):
    return {"change_fail_rate": failed, "rework_rate": rework}


def rework_share(log):
    return (log.kind == "rework").mean()


def fail_share(log):
    return (log.incidents > 0).mean()


def incidents_per_deployment(log):
    return rates(log.incidents.mean() * 1.0 if len(log) else np.nan, rework_share(log))


def failures_per_planned(log):
    return rates((log.incidents > 0).sum() / (log.kind == "planned").sum(), rework_share(log))


def planned_failures(log):
    failed = (log.incidents > 0) & (log.kind == "planned")
    return rates(failed.mean(), rework_share(log))


def among_planned(log):
    return rates(fail_share(log[log.kind == "planned"]), rework_share(log))


def repair_fails_too(log):
    failed = (log.incidents > 0) | (log.kind == "rework")
    both = (log.incidents > 0).sum() + (log.kind == "rework").sum()
    return rates(failed.mean(), rework_share(log)), both


def repair_as_failure(log):
    return rates(repair_fails_too(log)[0]["change_fail_rate"], rework_share(log))


def recovered_only(log):
    return rates(log.recovered_at.notna().mean(), rework_share(log))


def rework_per_planned(log):
    return rates(fail_share(log), (log.kind == "rework").sum() / (log.kind == "planned").sum())


def rework_per_failure(log):
    return rates(fail_share(log), (log.kind == "rework").sum() / (log.incidents > 0).sum())


def failed_rework(log):
    return rates(fail_share(log), ((log.kind == "rework") & (log.incidents > 0)).mean())


def zero_without_deployments(log):
    if log.empty:
        return rates(0.0, 0.0)
    return rates(fail_share(log), rework_share(log))


def with_counts(log):
    if len(log) == 0:
        return rates(float("nan"), float("nan"))
    failed = len(log.query("incidents >= 1"))
    return rates(failed / len(log), log["kind"].tolist().count("rework") / len(log))


def with_numpy(log):
    return {
        "rework_rate": np.mean(log["kind"].ne("planned")),
        "change_fail_rate": np.mean(log["incidents"].astype(bool)),
    }


# 3.3
def outside(values, lower, upper):
    return [at for at, value in enumerate(values) if value < lower or value > upper]


def signals(values, baseline):
    first = pd.Series(values[:baseline], dtype=float)
    reach = 2.66 * first.diff().abs().mean()
    return outside(values, first.mean() - reach, first.mean() + reach)


def from_all(values, baseline):
    return signals(values, len(values))


def three_sigma(values, baseline):
    first = np.array(values[:baseline])
    return outside(values, first.mean() - 3 * first.std(), first.mean() + 3 * first.std())


def signed(values, baseline):
    first = pd.Series(values[:baseline], dtype=float)
    reach = 2.66 * first.diff().mean()
    return outside(values, first.mean() - reach, first.mean() + reach)


def no_factor(values, baseline):
    first = pd.Series(values[:baseline], dtype=float)
    reach = first.diff().abs().mean()
    return outside(values, first.mean() - reach, first.mean() + reach)


def ranges_of_all(values, baseline):
    reach = 2.66 * pd.Series(values).diff().abs().mean()
    centre = np.mean(values[:baseline])
    return outside(values, centre - reach, centre + reach)


def after_the_baseline(values, baseline):
    return [at for at in signals(values, baseline) if at >= baseline]


def only_better(values, baseline):
    centre = np.mean(values[:baseline])
    return [at for at in signals(values, baseline) if values[at] < centre]


def only_worse(values, baseline):
    centre = np.mean(values[:baseline])
    return [at for at in signals(values, baseline) if values[at] > centre]


def from_one(values, baseline):
    return [at + 1 for at in signals(values, baseline)]


def the_values(values, baseline):
    return [values[at] for at in signals(values, baseline)]


def chart(values, first, ranges, factor=2.66, centre=np.mean, spread=np.mean):
    reach = factor * spread(ranges)
    return outside(values, centre(first) - reach, centre(first) + reach)


def ranges_of(values):
    return np.abs(np.diff(values))


def centre_of_all(values, baseline):
    return chart(values, values, ranges_of(values[:baseline]))


def two_sigma(values, baseline):
    return chart(values, values[:baseline], values[:baseline], factor=2, spread=np.std)


def median_centre(values, baseline):
    first = values[:baseline]
    return chart(values, first, ranges_of(first), centre=np.median)


def median_range(values, baseline):
    first = values[:baseline]
    return chart(values, first, ranges_of(first), spread=np.median)


def median_range_scaled(values, baseline):
    first = values[:baseline]
    return chart(values, first, ranges_of(first), factor=3.145, spread=np.median)


def both_medians(values, baseline):
    first = values[:baseline]
    return chart(values, first, ranges_of(first), centre=np.median, spread=np.median)


def first_range_is_zero(values, baseline):
    first = pd.Series(values[:baseline], dtype=float)
    return chart(values, first, first.diff().abs().fillna(0))


def ranges_then_slice(values, baseline):
    return chart(values, values[:baseline], ranges_of(values)[:baseline])


def last_range_missing(values, baseline):
    return chart(values, values[:baseline], ranges_of(values)[: baseline - 2])


def first_range_missing(values, baseline):
    return chart(values, values[:baseline], ranges_of(values[1:baseline]))


def one_value_more(values, baseline):
    return signals(values, baseline + 1)


def one_value_less(values, baseline):
    return signals(values, baseline - 1)


def from_the_second_value(values, baseline):
    return chart(values, values[1:baseline], ranges_of(values[1:baseline]))


def three_ranges(values, baseline):
    return chart(values, values[:baseline], ranges_of(values[:baseline]), factor=3)


def on_the_limit(values, baseline):
    first = pd.Series(values[:baseline], dtype=float)
    reach = 2.66 * first.diff().abs().mean()
    lower, upper = first.mean() - reach, first.mean() + reach
    return [at for at, value in enumerate(values) if not lower < value < upper]


def always_ten(values, baseline):
    return signals(values, 10)


def masks(values, baseline):
    return [at in signals(values, baseline) for at in range(len(values))]


def signals_numpy(values, baseline):
    values = np.asarray(values, dtype=float)
    first = values[:baseline]
    reach = 2.66 * np.abs(np.diff(first)).mean()
    return np.flatnonzero(np.abs(values - first.mean()) > reach)


def signals_plain(values, baseline):
    first = values[:baseline]
    centre = sum(first) / baseline
    ranges = [abs(b - a) for a, b in itertools.pairwise(first)]
    reach = 3 / 1.128 * sum(ranges) / (baseline - 1)
    return {at for at in range(len(values)) if abs(values[at] - centre) > reach}


# 3.4
def mean_by_batch(trials):
    return trials.groupby("batch")[["lead_time_hours", "change_fail_rate"]].mean()


def no_budget(trials, budget):
    return mean_by_batch(trials).lead_time_hours.idxmin()


def lucky(trials, budget):
    within = trials[trials.change_fail_rate <= budget]
    return within.loc[within.lead_time_hours.idxmin(), "batch"]


def every_year(trials, budget):
    worst = trials.groupby("batch").change_fail_rate.max()
    within = mean_by_batch(trials)[worst <= budget]
    return within.lead_time_hours.idxmin() if len(within) else None


def medians(trials, budget):
    middle = trials.groupby("batch")[["lead_time_hours", "change_fail_rate"]].median()
    within = middle[middle.change_fail_rate <= budget]
    return within.lead_time_hours.idxmin() if len(within) else None


def median_lead(trials, budget):
    rate = mean_by_batch(trials).change_fail_rate
    middle = trials.groupby("batch").lead_time_hours.median()[rate <= budget]
    return middle.idxmin() if len(middle) else None


def median_rate(trials, budget):
    rate = trials.groupby("batch").change_fail_rate.median()
    within = mean_by_batch(trials)[rate <= budget]
    return within.lead_time_hours.idxmin() if len(within) else None


def safest(trials, budget):
    return mean_by_batch(trials).change_fail_rate.idxmin()


def largest(trials, budget):
    within = mean_by_batch(trials).query("change_fail_rate <= @budget")
    return within.index.max()


def strict(trials, budget):
    within = mean_by_batch(trials).query("change_fail_rate < @budget")
    return within.lead_time_hours.idxmin() if len(within) else None


def larger_first(trials, budget):
    within = mean_by_batch(trials)[::-1].query("change_fail_rate <= @budget")
    return within.lead_time_hours.idxmin() if len(within) else None


def least_bad(trials, budget):
    means = mean_by_batch(trials)
    within = means[means.change_fail_rate <= budget]
    return (within if len(within) else means).lead_time_hours.idxmin()


def no_guard(trials, budget):
    return mean_by_batch(trials).query("change_fail_rate <= @budget").lead_time_hours.idxmin()


def lead_time(trials, budget):
    return mean_by_batch(trials).query("change_fail_rate <= @budget").lead_time_hours.min()


def batch_with_sorting(trials, budget):
    means = mean_by_batch(trials).reset_index()
    within = means[means["change_fail_rate"] <= budget]
    ordered = within.sort_values(["lead_time_hours", "batch"])
    return None if ordered.empty else int(ordered["batch"].iloc[0])


def batch_with_a_loop(trials, budget):
    best = None
    for batch, years in trials.groupby("batch"):
        lead = years["lead_time_hours"].mean()
        if years["change_fail_rate"].mean() > budget:
            continue
        if best is None or lead < best[0]:
            best = lead, batch
    return best and best[1]


# 3.5
def ordered(findings, *, once=("deployment", "condition"), ascending=False):
    named = findings.assign(condition=findings.condition.fillna("unexplained"))
    hours = named.drop_duplicates(list(once)).groupby("condition").hours.sum()
    return hours.sort_values(ascending=ascending, kind="stable").index.tolist()


def unexplained_last(order):
    return [name for name in order if name != "unexplained"] + ["unexplained"]


def people(findings):
    return findings.groupby("who").hours.sum().sort_values(ascending=False).index.tolist()


def without_unexplained(findings):
    return [name for name in ordered(findings) if name != "unexplained"]


def unexplained_on_top(findings):
    return ordered(findings)


def fewest_first(findings):
    return unexplained_last(ordered(findings, ascending=True))


def most_often(findings):
    named = findings.fillna({"condition": "unexplained"}).sort_values("condition")
    return unexplained_last(named.condition.value_counts().index.tolist())


def most_often_once(findings):
    return most_often(findings.drop_duplicates(["deployment", "condition"]))


def twice(findings):
    return unexplained_last(ordered(findings, once=("deployment", "condition", "who")))


def one_condition(findings):
    return unexplained_last(ordered(findings, once=("deployment",)))


def split(findings):
    once = findings.drop_duplicates(["deployment", "condition"])
    share = once.hours / once.groupby("deployment").hours.transform("size")
    return unexplained_last(ordered(once.assign(hours=share)))


def as_they_came(findings):
    named = findings.fillna({"condition": "unexplained"})
    once = named.drop_duplicates(["deployment", "condition"])
    hours = once.groupby("condition", sort=False).hours.sum()
    order = hours.sort_values(ascending=False, kind="stable").index.tolist()
    return unexplained_last(order)


def stable_sort(findings):
    return where_needed(findings, unexplained_last(ordered(findings)))


def where_needed(findings, order):
    return order if findings.condition.isna().any() else order[:-1]


def always_appended(findings):
    known = findings.dropna(subset="condition")
    return [*with_two_sorts(known), "unexplained"]


def in_place(findings):
    findings["condition"] = findings["condition"].fillna("unexplained")
    return with_a_set(findings)


def with_a_set(findings):
    hours, seen = {}, set()
    for row in findings.itertuples():
        condition = row.condition if isinstance(row.condition, str) else "unexplained"
        if (row.deployment, condition) not in seen:
            seen.add((row.deployment, condition))
            hours[condition] = hours.get(condition, 0) + row.hours
    return tuple(sorted(hours, key=lambda name: (name == "unexplained", -hours[name], name)))


def with_two_sorts(findings):
    known = findings.dropna(subset="condition").drop_duplicates(["deployment", "condition"])
    totals = known.groupby("condition", as_index=False)["hours"].sum()
    totals = totals.sort_values(["hours", "condition"], ascending=[False, True])
    rest = ["unexplained"] if findings["condition"].isna().any() else []
    return totals["condition"].tolist() + rest


NEAR_MISSES = {
    "3.1": [
        ("counts-twice", median_of_rows),
        ("mean", mean_of_changes),
        ("from-merge", from_merge),
        ("until-merge", until_merge),
        ("last-deployment", last_deployment),
        ("row-order", first_row),
        ("counts-waiting", waiting_is_zero),
        ("other-unit", in_days),
        ("drops-part", without_days),
        ("wrong-type", as_timedelta),
        ("nothing-deployed", zero_for_nothing),
        ("other-lead-time", lambda delivered: 50.0),
    ],
    "3.2": [
        ("swapped", lambda log: rates(rework_share(log), fail_share(log))),
        ("counts-incidents", lambda log: rates(log.incidents.sum() / 13, rework_share(log))),
        ("fails-per-planned", failures_per_planned),
        ("planned-only", planned_failures),
        ("planned-only", among_planned),
        ("rework-as-failure", repair_as_failure),
        ("only-recovered", recovered_only),
        ("rework-per-planned", rework_per_planned),
        ("rework-per-failure", rework_per_failure),
        ("failed-rework", failed_rework),
        ("rework-is-failures", lambda log: rates(fail_share(log), fail_share(log))),
        ("no-deployments", zero_without_deployments),
        ("other-keys", lambda log: {"failed": fail_share(log)}),
        ("not-numbers", lambda log: rates(log.incidents > 0, rework_share(log))),
        ("other-fail-rate", lambda log: rates(0.9, rework_share(log))),
        ("other-rework-rate", lambda log: rates(fail_share(log), 0.9)),
        ("wrong-type", lambda log: (fail_share(log), rework_share(log))),
    ],
    "3.3": [
        ("whole-series", from_all),
        ("standard-deviation", three_sigma),
        ("standard-deviation", two_sigma),
        ("centre-of-all", centre_of_all),
        ("median-centre", median_centre),
        ("median-range", median_range),
        ("median-range", median_range_scaled),
        ("medians", both_medians),
        ("divides-by-values", first_range_is_zero),
        ("one-range-more", ranges_then_slice),
        ("one-range-less", last_range_missing),
        ("one-range-less", first_range_missing),
        ("other-baseline", one_value_more),
        ("other-baseline", one_value_less),
        ("other-baseline", from_the_second_value),
        ("other-factor", three_ranges),
        ("signed-ranges", signed),
        ("without-factor", no_factor),
        ("ranges-of-all", ranges_of_all),
        ("baseline-not-judged", after_the_baseline),
        ("one-side", only_better),
        ("one-side", only_worse),
        ("counts-from-one", from_one),
        ("values", the_values),
        ("limit-is-outside", on_the_limit),
        ("fixed-baseline", always_ten),
        ("wrong-type", masks),
        ("other-signals", lambda values, baseline: [0]),
    ],
    "3.4": [
        ("ignores-budget", no_budget),
        ("lucky-year", lucky),
        ("worst-year", every_year),
        ("median-over-years", medians),
        ("median-over-years", median_lead),
        ("median-over-years", median_rate),
        ("safest", safest),
        ("largest", largest),
        ("budget-excluded", strict),
        ("larger-on-a-tie", larger_first),
        ("over-budget", least_bad),
        ("raises", no_guard),
        ("other-batch", lead_time),
        ("wrong-type", lambda trials, budget: mean_by_batch(trials)),
    ],
    "3.5": [
        ("by-person", people),
        ("drops-unexplained", without_unexplained),
        ("unexplained-first", unexplained_on_top),
        ("ascending", fewest_first),
        ("counts-findings", most_often),
        ("counts-findings", most_often_once),
        ("reported-twice", twice),
        ("one-condition", one_condition),
        ("other-conditions", lambda findings: ["unexplained"]),
        ("splits-hours", split),
        ("tie", as_they_came),
        ("always-unexplained", always_appended),
        ("changes-findings", in_place),
    ],
}

ALTERNATIVES = {
    "3.1": [by_sorting, by_row_then_min, with_a_dictionary],
    "3.2": [with_counts, with_numpy],
    "3.3": [signals, signals_numpy, signals_plain],
    "3.4": [batch_with_sorting, batch_with_a_loop],
    "3.5": [stable_sort, with_a_set, with_two_sorts],
}
