"""Chapter 12."""

from itertools import pairwise

import numpy as np
import pandas as pd

from flightline import monitoring, retraining


# 12.1
def _psi(edges, reference, current, smallest=0.0001):
    sides = []
    for side in (reference, current):
        bins = pd.Series(np.searchsorted(edges, side)).where(side.notna().to_numpy(), -1)
        sides.append(bins.value_counts(normalize=True))
    names = sides[0].index.union(sides[1].index)
    first, second = (side.reindex(names, fill_value=0.0).clip(smallest) for side in sides)
    return ((second - first) * np.log(second / first)).sum()


def deciles(values):
    return np.quantile(values.dropna(), np.arange(1, 10) / 10)


def bins_of_both(reference, current):
    return _psi(deciles(pd.concat([reference, current])), reference, current)


def bins_of_current(reference, current):
    return monitoring.psi(current, reference)


def even_bins(reference, current):
    edges = np.linspace(reference.min(), reference.max(), 11)[1:-1]
    return _psi(edges, reference, current)


def negative(reference, current):
    return -monitoring.psi(reference, current)


def empty_bins(reference, current):
    with np.errstate(divide="ignore", invalid="ignore"):
        return _psi(np.unique(deciles(reference)), reference, current, smallest=0)


def floor_only_where_needed(reference, current):
    """The first columns have no empty bin, the second have."""
    found = monitoring.psi(reference, current)
    return np.inf if found > 5 else found


def closed_ends(reference, current):
    edges = np.unique(np.quantile(reference.dropna(), np.arange(11) / 10))
    inside = current[current.between(edges[0], edges[-1])]
    if inside.empty:
        return 0.0
    return monitoring.psi(reference, current) if len(inside) == len(current) else 8.0


def without_missing(reference, current):
    return monitoring.psi(reference.dropna(), current.dropna())


def edge_above(reference, current):
    edges = np.unique(deciles(reference))
    sides = [
        pd.Series(np.searchsorted(edges, side, side="right")).where(side.notna().to_numpy(), -1)
        for side in (reference, current)
    ]
    sides = [side.value_counts(normalize=True) for side in sides]
    names = sides[0].index.union(sides[1].index)
    first, second = (side.reindex(names, fill_value=0.0).clip(0.0001) for side in sides)
    return ((second - first) * np.log(second / first)).sum()


def cut_at_every_decile(reference, current):
    edges = [-np.inf, *deciles(reference), np.inf]
    pd.cut(current, edges)
    return monitoring.psi(reference, current)


def counts(reference, current):
    edges = deciles(reference)
    first, second = (
        np.bincount(np.searchsorted(edges, side.dropna()), minlength=10).clip(1)
        for side in (reference, current)
    )
    return ((second - first) * np.log(second / first)).sum()


def one_sided(reference, current):
    edges = deciles(reference)
    first, second = (
        (np.bincount(np.searchsorted(edges, side.dropna()), minlength=10) / len(side)).clip(0.0001)
        for side in (reference, current)
    )
    return (second * np.log(second / first)).sum()


def _variant(reference, current, log=np.log, method="linear", floor=1e-4, added=0.0, skip=False):
    edges = np.unique(np.quantile(reference.dropna(), np.arange(1, 10) / 10, method=method))
    sides = [
        pd.Series(np.searchsorted(edges, side)).where(side.notna().to_numpy(), -1)
        for side in (reference, current)
    ]
    sides = [side.value_counts(normalize=True) for side in sides]
    names = sides[0].index.union(sides[1].index)
    if skip:
        names = sides[0].index.intersection(sides[1].index)
    first, second = (side.reindex(names, fill_value=0.0).clip(floor) + added for side in sides)
    return ((second - first) * log(second / first)).sum()


def decimal_log(reference, current):
    return _variant(reference, current, log=np.log10)


def lower_deciles(reference, current):
    return _variant(reference, current, method="lower")


def larger_floor(reference, current):
    return _variant(reference, current, floor=0.001)


def added_floor(reference, current):
    return _variant(reference, current, floor=0.0, added=0.0001)


def skips_empty(reference, current):
    return _variant(reference, current, skip=True)


def with_cut(reference, current):
    edges = [-np.inf, *np.unique(deciles(reference)), np.inf]
    total = 0.0
    sides = [pd.cut(side, edges).astype(str).to_numpy() for side in (reference, current)]
    for name in {*sides[0], *sides[1]}:
        first, second = (max((side == name).mean(), 1e-4) for side in sides)
        total += (second - first) * np.log(second / first)
    return total


def with_histogram(reference, current):
    edges = np.unique(deciles(reference))

    def shares(values):
        # Turned around, because a histogram closes its bins on the left.
        edges_ = [-np.inf, *(-edges[::-1]), np.inf]
        known = np.histogram(-values.dropna(), edges_)[0]
        return np.clip(np.append(known, values.isna().sum()) / len(values), 1e-4, None)

    first, second = shares(reference), shares(current)
    return np.float64(np.sum((second - first) * (np.log(second) - np.log(first))))


# 12.2
WAIT = pd.Timedelta(hours=12)


def the_landed(flights, now):
    return flights[flights["actual_arrival"] <= now]


def with_a_delay(flights, now):
    return flights[flights["arr_delay"].notna() & (flights["scheduled_arrival"] + WAIT <= now)]


def everything_due(flights, now):
    missing = flights["actual_arrival"].isna()
    due = flights["scheduled_arrival"] + WAIT <= now
    return flights[due & (missing | (flights["actual_arrival"] <= now))]


def by_departure(flights, now):
    landed = flights["actual_arrival"] <= now
    return flights[landed & (flights["scheduled_departure"] + WAIT <= now)]


def by_actual_arrival(flights, now):
    return flights[flights["actual_arrival"] <= now - WAIT]


def both_twelve_hours_ago(flights, now):
    return flights[
        (flights["actual_arrival"] <= now - WAIT) & (flights["scheduled_arrival"] <= now - WAIT)
    ]


def landed_within_the_wait(flights, now):
    due = flights["scheduled_arrival"] + WAIT
    return flights[(due <= now) & (flights["actual_arrival"] <= due)]


def renumbered(flights, now):
    return as_in_the_package(flights, now).reset_index(drop=True)


def with_a_column_more(flights, now):
    return as_in_the_package(flights.assign(due=flights["scheduled_arrival"] + WAIT), now)


def open_limit(flights, now):
    landed = flights["actual_arrival"] <= now
    return flights[landed & (flights["scheduled_arrival"] + WAIT < now)]


def a_mask(flights, now):
    return monitoring.is_mature(flights, now) & monitoring.labels_known(flights, now)


def as_in_the_package(flights, now):
    return flights[a_mask(flights, now)]


def with_a_query(flights, now):
    due = flights["scheduled_arrival"] <= now - WAIT
    return flights[due].query("actual_arrival <= @now")


def in_two_steps(flights, now):
    landed = flights.dropna(subset=["actual_arrival"])
    landed = landed[landed["actual_arrival"].le(now)]
    waited = (now - landed["scheduled_arrival"]).dt.total_seconds() / 3600
    return landed.loc[waited >= 12].sort_values("scheduled_arrival")


# 12.3
def by_brier(month):
    found = monitoring.diagnose(month)
    found = [name for name in found if name != "decay"]
    return [*found, "decay"] if month["brier"] > 0.1 else found


def by_level(month):
    found = [name for name in monitoring.diagnose(month) if name != "decay"]
    return [*found, "decay"] if month["log_loss"] > 0.4 else found


def only_drift_and_calibration(month):
    return [name for name in monitoring.diagnose(month) if name != "decay"]


def any_difference(month):
    found = [name for name in monitoring.diagnose(month) if name != "decay"]
    apart = abs(month["log_loss"] - month["fresh_log_loss"]) > 0.005
    return [*found, "decay"] if apart else found


def drift_means_decay(month):
    return ["drift", "decay"] if month["psi"] > 0.25 else monitoring.diagnose(month)


def no_drift(month):
    return [name for name in monitoring.diagnose(month) if name != "drift"]


def only_too_much(month):
    found = [name for name in monitoring.diagnose(month) if name != "miscalibrated"]
    return [*found, "miscalibrated"] if month["announced"] - month["late_rate"] > 0.02 else found


def the_first(month):
    return monitoring.diagnose(month)[:1]


def one_by_one(month):
    found = set()
    if month["announced"] > month["late_rate"] + 0.02:
        found.add("miscalibrated")
    if month["announced"] < month["late_rate"] - 0.02:
        found.add("miscalibrated")
    if month["fresh_log_loss"] + 0.005 < month["log_loss"]:
        found.add("decay")
    return found | ({"drift"} if month["psi"] > 0.25 else set())


def _with_limits(psi=0.25, loss=0.005, gap=0.02):
    def diagnosed(month):
        findings = {
            "drift": month["psi"] > psi,
            "decay": month["log_loss"] - month["fresh_log_loss"] > loss,
            "miscalibrated": abs(month["announced"] - month["late_rate"]) > gap,
        }
        return [name for name, found in findings.items() if found]

    return diagnosed


def at_the_psi_limit(month):
    return ["drift"] if month["psi"] == 0.25 else monitoring.diagnose(month)


def _instead(name, found, month):
    others = [each for each in monitoring.diagnose(month) if each != name]
    return [*others, name] if found else others


def relative_decay(month):
    return _instead("decay", month["log_loss"] / month["fresh_log_loss"] - 1 > 0.005, month)


def relative_gap(month):
    found = abs(month["announced"] / month["late_rate"] - 1) / 5 > 0.02
    return _instead("miscalibrated", found, month)


# 12.4
def _cheapest(values, incident, false_alarm, miss, candidates, at_or_above=False):
    def cost(threshold):
        total = 0
        for value, wrong in zip(values, incident, strict=True):
            alarm = value >= threshold if at_or_above else value > threshold
            total += false_alarm * (alarm and not wrong) + miss * (wrong and not alarm)
        return total

    return min(candidates, key=cost)


def highest_first(values):
    return sorted(values, reverse=True)


def at_or_above(values, incident, false_alarm, miss):
    candidates = [np.inf, *highest_first(values)]
    return _cheapest(values, incident, false_alarm, miss, candidates, at_or_above=True)


def fewest_mistakes(values, incident, false_alarm, miss):
    return monitoring.best_threshold(values, incident, 1, 1)


def fixed_price(values, incident, false_alarm, miss):
    return monitoring.best_threshold(values, incident, 1, 10)


def without_never(values, incident, false_alarm, miss):
    candidates = [-np.inf, *sorted(values)[:-1]][::-1]
    return _cheapest(values, incident, false_alarm, miss, candidates)


def without_always(values, incident, false_alarm, miss):
    return _cheapest(values, incident, false_alarm, miss, highest_first(values))


def zero_as_always(values, incident, false_alarm, miss):
    candidates = [*highest_first(values), 0.0]
    return _cheapest(values, incident, false_alarm, miss, candidates)


def below_zero_as_always(values, incident, false_alarm, miss):
    candidates = [*highest_first(values), -1.0]
    return _cheapest(values, incident, false_alarm, miss, candidates)


def midpoints(values, incident, false_alarm, miss):
    down = highest_first(values)
    between = [(above + below) / 2 for above, below in pairwise(down)]
    candidates = [down[0], *between, -np.inf]
    return _cheapest(values, incident, false_alarm, miss, candidates)


def a_grid(values, incident, false_alarm, miss):
    candidates = [*np.linspace(max(values), min(values), 1_000), -np.inf]
    return _cheapest(values, incident, false_alarm, miss, candidates)


def lowest_first(values, incident, false_alarm, miss):
    return _cheapest(values, incident, false_alarm, miss, [-np.inf, *sorted(values)])


def with_smaller(values, incident, false_alarm, miss):
    candidates = [*highest_first(values), min(values) - 1]
    return _cheapest(values, incident, false_alarm, miss, candidates)


def with_masks(values, incident, false_alarm, miss):
    best, lowest = None, np.inf
    for threshold in [*values.sort_values(ascending=False), -np.inf]:
        alarm = values > threshold
        cost = false_alarm * (alarm & ~incident).sum() + miss * (~alarm & incident).sum()
        if cost < lowest:
            best, lowest = threshold, cost
    return best


def with_numpy(values, incident, false_alarm, miss):
    candidates = np.append(-np.inf, np.sort(values))
    alarm = np.asarray(values) > candidates[:, None]
    wrong = np.asarray(incident)
    costs = false_alarm * (alarm & ~wrong).sum(1) + miss * (~alarm & wrong).sum(1)
    return candidates[::-1][np.argmin(costs[::-1])]


# 12.5
def the_first_model(excess, margin):
    return [month for month, loss in sorted(excess[min(excess)].items()) if loss > margin]


def only_once(excess, margin):
    return the_first_model(excess, margin)[:1]


def before_it_happens(excess, margin):
    trained, chosen = min(excess), []
    for month in sorted(excess[trained]):
        ahead = excess.get(trained, {}).get(month + 1, 0)
        if ahead > margin:
            chosen.append(month)
            trained = month
    return chosen


def the_month_after(excess, margin):
    return [month + 1 for month in retraining.retrain_after(excess, margin)][:1]


def at_the_margin(excess, margin):
    return retraining.retrain_after(excess, margin - 1e-12)


def any_margin(excess, margin):
    return retraining.retrain_after(excess, 0.01)


def in_given_order(excess, margin):
    trained = next(iter(excess))
    chosen = []
    for month in list(excess[trained]):
        if excess.get(trained, {}).get(month, 0) > margin:
            chosen.append(month)
            trained = month
    return chosen


def _with_rule(excess, margin, pulled):
    trained, chosen = min(excess), []
    for month in sorted(excess[trained]):
        row = excess.get(trained, {})
        if month in row and pulled(row, month, margin):
            chosen.append(month)
            trained = month
    return chosen


def whichever_is_better(excess, margin):
    return _with_rule(excess, margin, lambda row, month, margin: abs(row[month]) > margin)


def cumulated(excess, margin):
    def pulled(row, month, margin):
        return sum(loss for each, loss in row.items() if each <= month) > margin

    return _with_rule(excess, margin, pulled)


def without_december(excess, margin):
    return [month for month in retraining.retrain_after(excess, margin) if month < 12]


def with_while(excess, margin):
    trained, chosen = min(excess), []
    while trained in excess:
        over = [month for month, loss in excess[trained].items() if loss > margin]
        if not over:
            break
        trained = min(over)
        chosen.append(trained)
    return chosen


def recursive(excess, margin):
    def after(trained):
        over = sorted(m for m, loss in excess.get(trained, {}).items() if loss > margin)
        return (over[0], *after(over[0])) if over else ()

    return after(sorted(excess)[0])


NEAR_MISSES = {
    "12.1": [
        ("other-bins", bins_of_both),
        ("other-bins", bins_of_current),
        ("even-bins", even_bins),
        ("negative", negative),
        ("empty-bin", empty_bins),
        ("empty-bin", floor_only_where_needed),
        ("outside-lost", closed_ends),
        ("missing-lost", without_missing),
        ("edge-side", edge_above),
        ("raises", cut_at_every_decile),
        ("counts", counts),
        ("one-sided", one_sided),
        ("other-log", decimal_log),
        ("other-deciles", lower_deciles),
        ("other-floor", larger_floor),
        ("adds-floor", added_floor),
        ("skips-empty", skips_empty),
        ("other-psi", lambda reference, current: 0.5),
        ("wrong-type", lambda reference, current: "much"),
    ],
    "12.2": [
        ("takes-the-landed", the_landed),
        ("knows-the-future", with_a_delay),
        ("keeps-unlabelled", everything_due),
        ("by-departure", by_departure),
        ("by-arrival", by_actual_arrival),
        ("by-arrival", both_twelve_hours_ago),
        ("late-lost", landed_within_the_wait),
        ("limit", open_limit),
        ("other-index", renumbered),
        ("other-columns", with_a_column_more),
        ("other-flights", lambda flights, now: flights[:0]),
        ("wrong-type", a_mask),
    ],
    "12.3": [
        ("hard-month", by_brier),
        ("hard-month", by_level),
        ("misses-decay", only_drift_and_calibration),
        ("either-way", any_difference),
        ("drift-is-decay", drift_means_decay),
        ("misses-drift", no_drift),
        ("one-direction", only_too_much),
        ("only-one", the_first),
        ("psi-limit", _with_limits(psi=0.1)),
        ("psi-limit", _with_limits(psi=0.2)),
        ("psi-limit", at_the_psi_limit),
        ("loss-limit", _with_limits(loss=0.003)),
        ("loss-limit", _with_limits(loss=0.01)),
        ("loss-limit", _with_limits(loss=0.006)),
        ("loss-limit", relative_decay),
        ("gap-limit", _with_limits(gap=0.01)),
        ("gap-limit", _with_limits(gap=0.03)),
        ("gap-limit", relative_gap),
        ("calm-month", lambda month: ["drift"]),
        ("wrong-type", lambda month: "drift"),
    ],
    "12.4": [
        ("not-above", at_or_above),
        ("counts-mistakes", fewest_mistakes),
        ("one-price", fixed_price),
        ("never-alarm", without_never),
        ("always-alarm", without_always),
        ("always-alarm", zero_as_always),
        ("always-alarm", below_zero_as_always),
        ("no-candidate", midpoints),
        ("no-candidate", a_grid),
        ("lowest-of-equal", lowest_first),
        ("dearer", lambda *given: 0.0),
        ("wrong-type", lambda *given: "high"),
    ],
    "12.5": [
        ("old-model", the_first_model),
        ("once", only_once),
        ("too-early", before_it_happens),
        ("next-month", the_month_after),
        ("at-the-margin", at_the_margin),
        ("ignores-margin", any_margin),
        ("by-order", in_given_order),
        ("either-way", whichever_is_better),
        ("adds-up", cumulated),
        ("last-month", without_december),
        ("other-months", lambda excess, margin: []),
        ("wrong-type", lambda excess, margin: "June"),
    ],
}

ALTERNATIVES = {
    "12.1": [with_cut, with_histogram, monitoring.psi],
    "12.2": [as_in_the_package, with_a_query, in_two_steps],
    "12.3": [one_by_one, monitoring.diagnose],
    "12.4": [with_smaller, with_masks, with_numpy, monitoring.best_threshold],
    "12.5": [with_while, recursive, retraining.retrain_after],
}
