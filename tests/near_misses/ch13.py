"""Chapter 13."""

import math
from statistics import NormalDist

import numpy as np
import pandas as pd

from flightline import ab_test, business
from flightline.gates import bootstrap_interval


# 13.1
def ratio(false_alarm, miss, right_alarm, right_silence):
    return false_alarm / miss


def other_way(false_alarm, miss, right_alarm, right_silence):
    return miss / (false_alarm + miss)


def default(false_alarm, miss, right_alarm, right_silence):
    return 0.5


def two_costs(false_alarm, miss, right_alarm, right_silence):
    return false_alarm / (false_alarm + miss)


def no_silence(false_alarm, miss, right_alarm, right_silence):
    return false_alarm / (false_alarm + miss - right_alarm)


def never_forgotten(false_alarm, miss, right_alarm, right_silence):
    added, averted = false_alarm - right_silence, miss - right_alarm
    return added / (added + averted)


def equal_forgotten(false_alarm, miss, right_alarm, right_silence):
    added, averted = false_alarm - right_silence, miss - right_alarm
    return math.inf if averted < 0 else added / (added + averted)


def to_two_digits(false_alarm, miss, right_alarm, right_silence):
    return round(with_costs(false_alarm, miss, right_alarm, right_silence), 2)


def one_over(false_alarm, miss, right_alarm, right_silence):
    return 1 / (1 + miss - right_alarm)


def adds_right_alarm(false_alarm, miss, right_alarm, right_silence):
    added = false_alarm - right_silence
    return added / (added + miss + right_alarm)


def with_costs(false_alarm, miss, right_alarm, right_silence):
    return business.cost_threshold(business.Costs(false_alarm, miss, right_alarm, right_silence))


def from_odds(false_alarm, miss, right_alarm, right_silence):
    if right_alarm >= miss:
        return float("inf")
    odds = (false_alarm - right_silence) / (miss - right_alarm)
    return np.float64(odds / (1 + odds))


# 13.2
def _saved(costs, baseline):
    return 1000 * (baseline - costs["model"])


def _others(costs):
    return costs.drop(columns=["day", "model"])


def against_the_first(costs, running):
    saved = _saved(costs, costs["never"] if "never" in costs else _others(costs).iloc[:, 0])
    return bootstrap_interval(saved, costs["day"])[0] > running


def against_the_dearest(costs, running):
    others = _others(costs)
    saved = _saved(costs, others[others.sum().idxmax()])
    return bootstrap_interval(saved, costs["day"])[0] > running


def against_the_rule(costs, running):
    rule = costs["rule"] if "rule" in costs else costs["rule_1"]
    return bootstrap_interval(_saved(costs, rule), costs["day"])[0] > running


def two_names(costs, running):
    return _ships(costs, running, costs[["never", "rule"]].sum().idxmin())


def for_free(costs, running):
    others = _others(costs)
    return bootstrap_interval(_saved(costs, others[others.sum().idxmin()]), costs["day"])[0] > 0


def per_flight(costs, running):
    others = _others(costs)
    saved = others[others.sum().idxmin()] - costs["model"]
    return bootstrap_interval(saved, costs["day"])[0] > running


def without_days(costs, running):
    others = _others(costs)
    return bootstrap_interval(_saved(costs, others[others.sum().idxmin()]))[0] > running


def mean_alone(costs, running):
    others = _others(costs)
    return _saved(costs, others[others.sum().idxmin()]).mean() > running


def two_intervals(costs, running):
    others = _others(costs)
    cheapest = 1000 * others[others.sum().idxmin()]
    model = 1000 * costs["model"] + running
    low = bootstrap_interval(cheapest, costs["day"])[0]
    return low > bootstrap_interval(model, costs["day"])[1]


def with_saving(costs, running):
    totals = {name: costs[name].sum() for name in costs if name not in ("day", "model")}
    rule = costs[min(totals, key=totals.get)]
    saving = business.saving_per_1000(rule, costs["model"], costs["day"])
    return np.bool_(saving.low - running > 0)


def by_day_means(costs, running):
    days = costs.groupby("day").mean()
    cheapest = days[days.drop(columns="model").mean().idxmin()]
    low, _ = bootstrap_interval((1000 * (cheapest - days["model"]) - running).to_numpy())
    return bool(low > 0)


def flight_by_flight(costs, running):
    saved = _saved(costs, _others(costs).min(axis=1))
    return bootstrap_interval(saved, costs["day"])[0] > running


def not_below(costs, running):
    others = _others(costs)
    saved = _saved(costs, others[others.sum().idxmin()])
    return bootstrap_interval(saved, costs["day"])[0] >= running


def _ships(costs, running, baseline, **how):
    saved = _saved(costs, costs[baseline])
    return bootstrap_interval(saved, costs["day"], **how)[0] > running


def by_median(costs, running):
    others = _others(costs)
    # Where the medians are equal the totals decide, as in the other tables.
    order = pd.DataFrame({"median": others.median(), "total": others.sum()})
    return _ships(costs, running, order.sort_values(["median", "total"]).index[0])


def by_most_days(costs, running):
    daily = _others(costs).groupby(costs["day"]).sum().idxmin(axis=1)
    return _ships(costs, running, daily.mode()[0])


def by_daily_means(costs, running):
    daily = _others(costs).groupby(costs["day"]).mean().mean()
    return _ships(costs, running, daily.idxmin())


def at_level(level):
    """Return an answer to 13.2 with another level."""

    def answer(costs, running):
        return _ships(costs, running, _others(costs).sum().idxmin(), level=level)

    return answer


def each_day_saves(costs, running):
    others = _others(costs)
    saved = _saved(costs, others[others.sum().idxmin()])
    return bool(saved.groupby(costs["day"]).mean().min() > running)


def away_from_zero(costs, running):
    others = _others(costs)
    saved = _saved(costs, others[others.sum().idxmin()])
    low, high = (end - running for end in bootstrap_interval(saved, costs["day"]))
    return low * high > 0


def totals_of_days(costs, running):
    days = costs.groupby("day").sum()
    others = days.drop(columns="model")
    saved = 1000 * (others[others.sum().idxmin()] - days["model"])
    return bool(bootstrap_interval(saved.to_numpy())[0] > running)


def cheapest_of_each_day(costs, running):
    days = costs.groupby("day").sum()
    saved = 1000 * (days.drop(columns="model").min(axis=1) - days["model"])
    return bool(bootstrap_interval(saved.to_numpy())[0] > running)


def drops_in_place(costs, running):
    model, day = costs["model"].copy(), costs["day"].copy()
    costs.drop(columns=["model", "day"], inplace=True)
    saved = 1000 * (costs[costs.sum().idxmin()] - model)
    return bootstrap_interval(saved, day)[0] > running


def with_own_days(costs, running):
    rules = [name for name in costs.columns if name not in ("day", "model")]
    best = min(rules, key=lambda name: costs[name].mean())
    table = pd.DataFrame({"day": costs["day"], "saved": 1000 * (costs[best] - costs["model"])})
    days = table.groupby("day")["saved"].agg(["sum", "size"]).to_numpy()
    drawn = np.random.default_rng(5).integers(0, len(days), (3000, len(days)))
    sums = days[drawn].sum(axis=1)
    return np.percentile(sums[:, 0] / sums[:, 1], 2.5) > running


# 13.3
def yearly(scale=1.0, gross=(), groups=True, sums=False):
    """Return an answer to 13.3 with the given slips."""

    def answer(saved, day, price, running_cost, flights_a_year):
        low, high = bootstrap_interval(saved, day if groups else None)
        middle = saved.sum() / flights_a_year if sums else saved.mean()
        units = {"expected": middle, "low": low, "high": high}
        return {
            name: scale * each * flights_a_year * price - (0 if name in gross else running_cost)
            for name, each in units.items()
        }

    return answer


def no_price(saved, day, price, running_cost, flights_a_year):
    return yearly()(saved, day, 1, running_cost, flights_a_year)


def running_priced(saved, day, price, running_cost, flights_a_year):
    return yearly()(saved, day, price, running_cost * price, flights_a_year)


def turned_around(saved, day, price, running_cost, flights_a_year):
    found = yearly()(saved, day, price, running_cost, flights_a_year)
    return found | {"low": found["high"], "high": found["low"]}


def one_day_each(saved, day, price, running_cost, flights_a_year):
    money = saved.groupby(day).mean() * flights_a_year * price - running_cost
    found = yearly()(saved, day, price, running_cost, flights_a_year)
    return found | {"low": money.quantile(0.025), "high": money.quantile(0.975)}


def days_alike(saved, day, price, running_cost, flights_a_year):
    found = yearly()(saved, day, price, running_cost, flights_a_year)
    mean = saved.groupby(day).mean().mean()
    return found | {"expected": mean * flights_a_year * price - running_cost}


def year_of_days(saved, day, price, running_cost, flights_a_year):
    found = yearly()(saved, day, price, running_cost, flights_a_year)
    return found | {"expected": 365 * saved.sum() / day.nunique() * price - running_cost}


def middle_of_the_ends(saved, day, price, running_cost, flights_a_year):
    found = yearly()(saved, day, price, running_cost, flights_a_year)
    return found | {"expected": (found["low"] + found["high"]) / 2}


def another_interval(change):
    """Return an answer to 13.3 with other ends."""

    def answer(saved, day, price, running_cost, flights_a_year):
        found = yearly()(saved, day, price, running_cost, flights_a_year)
        low, high = (flights_a_year * price * end - running_cost for end in change(saved, day))
        return found | {"low": low, "high": high}

    return answer


def never_a_loss(saved, day, price, running_cost, flights_a_year):
    found = yearly()(saved, day, price, running_cost, flights_a_year)
    return found | {"low": max(0, found["low"])}


def one_left(saved, day, price, running_cost, flights_a_year):
    return yearly()(saved, day, price, running_cost, flights_a_year) | {"high": ...}


def with_units(saved, day, price, running_cost, flights_a_year):
    found = yearly()(saved, day, price, running_cost, flights_a_year)
    return found | {"units": 1000 * saved.mean()}


def a_triple(saved, day, price, running_cost, flights_a_year):
    return tuple(yearly()(saved, day, price, running_cost, flights_a_year).values())


def with_estimates(saved, day, price, running_cost, flights_a_year):
    saving = business.Estimate(
        1000 * saved.mean(), *(1000 * end for end in bootstrap_interval(saved, day))
    )
    net = business.yearly_value(saving, price, running_cost, flights_a_year)
    return {"low": net.low, "high": net.high, "expected": net.value}


def with_own_draws(saved, day, price, running_cost, flights_a_year):
    table = pd.DataFrame({"saved": saved.to_numpy(), "day": day.to_numpy()})
    days = table.groupby("day")["saved"].agg(["sum", "size"]).to_numpy()
    drawn = np.random.default_rng(7).integers(0, len(days), (4000, len(days)))
    sums = days[drawn].sum(axis=1)
    money = sums[:, 0] / sums[:, 1] * flights_a_year * price - running_cost
    low, high = np.percentile(money, [2.5, 97.5])
    return {
        "expected": saved.mean() * flights_a_year * price - running_cost,
        "low": low,
        "high": high,
    }


# 13.4
def days(factor=2.0, rounding=math.ceil, **fixed):
    """Return an answer to 13.4 with the given parts replaced."""

    def answer(old, new, late_a_day, power):
        cases = ab_test.cases_per_arm(old, new, power=fixed.get("power", power))
        return rounding(factor * cases / late_a_day)

    return answer


def cases_alone(old, new, late_a_day, power):
    return ab_test.cases_per_arm(old, new, power=power)


def both_arms_alone(old, new, late_a_day, power):
    return 2 * ab_test.cases_per_arm(old, new, power=power)


def times_late(old, new, late_a_day, power):
    return 2 * ab_test.cases_per_arm(old, new, power=power) * late_a_day


def each_way(old, new, late_a_day, power):
    return math.ceil(2 * ab_test.cases_per_arm(old, new, power=power) / (late_a_day / 2))


def power_in_third_place(old, new, late_a_day, power):
    return math.ceil(2 * ab_test.cases_per_arm(old, new, power) / late_a_day)


def mirrored_power(old, new, late_a_day, power):
    sure = 0.8 if power == 0.8 else 1 - power
    return math.ceil(2 * ab_test.cases_per_arm(old, new, power=sure) / late_a_day)


def whole_flights(old, new, late_a_day, power):
    return math.ceil(ab_test.cases_per_arm(old, new, power=power) / (late_a_day // 2))


def from_now(old, new, late_a_day, power):
    return math.ceil(2 * ab_test.cases_per_arm(0.4, 0.43, power=power) / late_a_day)


def only_from_now(old, new, late_a_day, power):
    rates = (0.4, 0.43) if (old, new) == (0.43, 0.4) else (old, new)
    return days()(*rates, 100 if late_a_day == 37.5 else late_a_day, power)


def with_own_formula(old, new, late_a_day, power):
    z = NormalDist().inv_cdf(0.975) + NormalDist().inv_cdf(power)
    cases = math.ceil((old * (1 - old) + new * (1 - new)) * (z / (new - old)) ** 2)
    return np.ceil(cases / (late_a_day / 2))


def day_by_day(old, new, late_a_day, power):
    needed, count = ab_test.cases_per_arm(old, new, power=power), 0
    while count * late_a_day / 2 < needed:
        count += 1
    return count


def with_divmod(old, new, late_a_day, power):
    whole, rest = divmod(2 * ab_test.cases_per_arm(old, new, power=power), late_a_day)
    return whole + (rest > 0)


# 13.5
def deciding(
    planned_only=True, guard=None, sign=True, end=True, last=False, early_keep=False, at=None
):
    """Return an answer to 13.5 with the given slips."""

    def answer(looks, planned, alpha, guardrail_looks):
        limit = alpha / guardrail_looks if guard is None else guard
        for look in looks.itertuples():
            final = look.cases > planned if at else look.cases >= planned
            if (look.harm > 0 or not sign) and look.harm_p_value < limit and (end or not final):
                return "stop"
            better = look.effect > 0 and look.p_value < alpha
            if better and not planned_only:
                return "ship"
            if early_keep and look.effect < 0 and look.p_value < alpha:
                return "keep"
            if final and not (last and look.Index < len(looks) - 1):
                return "ship" if better else "keep"
        return "wait"

    return answer


def ships_any_difference(looks, planned, alpha, guardrail_looks):
    found = ab_test.decide(looks, planned, alpha, guardrail_looks)
    reached = looks[looks["cases"] >= planned]
    if found == "keep" and reached["p_value"].iloc[0] < alpha:
        return "ship"
    return found


def any_earlier_look(looks, planned, alpha, guardrail_looks):
    found = ab_test.decide(looks, planned, alpha, guardrail_looks)
    better = (looks["effect"] > 0) & (looks["p_value"] < alpha)
    return "ship" if found == "keep" and better[looks["cases"] <= planned].any() else found


def harm_anywhere(looks, planned, alpha, guardrail_looks):
    broken = (looks["harm"] > 0) & (looks["harm_p_value"] < alpha / guardrail_looks)
    return "stop" if broken.any() else ab_test.decide(looks, planned, alpha, guardrail_looks)


def looks_so_far(looks, planned, alpha, guardrail_looks):
    return ab_test.decide(looks, planned, alpha, max(1, len(looks)))


def effect_at_alpha(looks, planned, alpha, guardrail_looks):
    found = ab_test.decide(looks, planned, alpha, guardrail_looks)
    reached = looks[looks["cases"] >= planned]
    if found == "keep" and reached["effect"].iloc[0] > 0 and reached["p_value"].iloc[0] <= alpha:
        return "ship"
    return found


def harm_at_limit(looks, planned, alpha, guardrail_looks):
    for look in looks.itertuples():
        if look.harm > 0 and look.harm_p_value <= alpha / guardrail_looks:
            return "stop"
        if look.cases >= planned:
            return "ship" if look.effect > 0 and look.p_value < alpha else "keep"
    return "wait"


def harm_of_nothing(looks, planned, alpha, guardrail_looks):
    nothing = looks["harm"] == 0
    turned = looks.assign(harm=looks["harm"].mask(nothing, 1e-9))
    return ab_test.decide(turned, planned, alpha, guardrail_looks)


def effect_of_nothing(looks, planned, alpha, guardrail_looks):
    turned = looks.assign(effect=looks["effect"].mask(looks["effect"] == 0, 1e-9))
    return ab_test.decide(turned, planned, alpha, guardrail_looks)


def guards_the_first_looks(looks, planned, alpha, guardrail_looks):
    for at, look in enumerate(looks.itertuples()):
        guarded = at < guardrail_looks and look.harm > 0
        if guarded and look.harm_p_value < alpha / guardrail_looks:
            return "stop"
        if look.cases >= planned:
            return "ship" if look.effect > 0 and look.p_value < alpha else "keep"
    return "wait"


def needs_a_look(looks, planned, alpha, guardrail_looks):
    if looks.empty:
        return "keep"
    return ab_test.decide(looks, planned, alpha, guardrail_looks)


def fixed(**values):
    """Return an answer to 13.5 that ignores some of its arguments."""

    def answer(looks, planned, alpha, guardrail_looks):
        given = {"planned": planned, "alpha": alpha, "guardrail_looks": guardrail_looks}
        return ab_test.decide(looks, **given | values)

    return answer


def alpha_of_the_effect(looks, planned, alpha, guardrail_looks):
    return deciding(guard=0.05 / guardrail_looks)(looks, planned, alpha, guardrail_looks)


def with_masks(looks, planned, alpha, guardrail_looks):
    reached = (looks["cases"] >= planned).to_numpy()
    first = int(reached.argmax()) if reached.any() else len(looks)
    seen = looks.iloc[: first + 1]
    if ((seen["harm"] > 0) & (seen["harm_p_value"] < alpha / guardrail_looks)).any():
        return "stop"
    if not reached.any():
        return "wait"
    last = looks.iloc[first]
    return "ship" if last["effect"] > 0 and last["p_value"] < alpha else "keep"


# 13.6
def memo(**slips):
    """Return an answer to 13.6 in which some numbers come from another rule."""

    def answer(flights, threshold, min_late):
        warned = flights["probability"] >= threshold
        late = flights[flights["is_late"]]
        missed = (late["probability"] < threshold).groupby(late["carrier"])
        shares = missed.mean()[missed.size() >= min_late]
        found = {
            "warned": warned.mean(),
            "right": flights["is_late"][warned].mean(),
            "caught": warned[flights["is_late"]].mean(),
            "worst_slice": shares.idxmax(),
            "worst_missed": shares.max(),
        }
        return found | {name: rule(flights, threshold) for name, rule in slips.items()}

    return answer


def above_only(flights, threshold, min_late):
    return memo()(flights, np.nextafter(threshold, 1), min_late)


def exchanged(flights, threshold, min_late):
    found = memo()(flights, threshold, min_late)
    return found | {"right": found["caught"], "caught": found["right"]}


def no_least(flights, threshold, min_late):
    return memo()(flights, threshold, 0)


def least_flights(flights, threshold, min_late):
    many = flights["carrier"].map(flights["carrier"].value_counts()) >= min_late
    among = memo()(flights[many], threshold, 0)
    worst = {name: among[name] for name in ("worst_slice", "worst_missed")}
    return memo()(flights, threshold, min_late) | worst


def more_than_least(flights, threshold, min_late):
    return memo()(flights, threshold, min_late + 1)


def most_missed(flights, threshold, min_late):
    missed = flights["is_late"] & (flights["probability"] < threshold)
    worst = missed.groupby(flights["carrier"]).sum().idxmax()
    return memo(worst_slice=lambda f, t: worst)(flights, threshold, min_late)


def least_right(flights, threshold, min_late):
    warned = flights[flights["probability"] >= threshold]
    worst = warned.groupby("carrier")["is_late"].mean().idxmin()
    return memo(worst_slice=lambda f, t: worst)(flights, threshold, min_late)


def of_all_flights(flights, threshold, min_late):
    missed = flights["is_late"] & (flights["probability"] < threshold)
    late = flights.groupby("carrier")["is_late"].sum()
    shares = missed.groupby(flights["carrier"]).mean()[late >= min_late]
    worst = {"worst_slice": shares.idxmax(), "worst_missed": shares.max()}
    return memo()(flights, threshold, min_late) | worst


def best_carrier(flights, threshold, min_late):
    late = flights[flights["is_late"]]
    missed = (late["probability"] < threshold).groupby(late["carrier"])
    best = missed.mean()[missed.size() >= min_late].idxmin()
    return memo(worst_slice=lambda f, t: best)(flights, threshold, min_late)


def one_threshold(flights, threshold, min_late):
    return memo()(flights, 1 / 6, min_late)


def slices_at_one_threshold(flights, threshold, min_late):
    usual = memo()(flights, 1 / 6, min_late)
    worst = {name: usual[name] for name in ("worst_slice", "worst_missed")}
    return memo()(flights, threshold, min_late) | worst


def ten_at_least(flights, threshold, min_late):
    return memo()(flights, threshold, 10)


def among_the_silent(flights, threshold, min_late):
    return memo(worst_missed=lambda f, t: 1.0)(flights, threshold, min_late)


def missed_by_carrier(flights, threshold):
    late = flights[flights["is_late"]]
    return (late["probability"] < threshold).groupby(late["carrier"])


def least_missed(flights, threshold, min_late):
    missed = missed_by_carrier(flights, threshold)
    shares = missed.mean()[missed.sum() >= min_late]
    worst = {"worst_slice": shares.idxmax(), "worst_missed": shares.max()}
    return memo()(flights, threshold, min_late) | worst


def highest_share_of_all(flights, threshold, min_late):
    highest = missed_by_carrier(flights, threshold).mean().max()
    return memo(worst_missed=lambda f, t: highest)(flights, threshold, min_late)


def a_hundred_at_least(flights, threshold, min_late):
    return memo()(flights, threshold, 100)


def always_the_same(flights, threshold, min_late):
    return memo(worst_slice=lambda f, t: "VX")(flights, threshold, min_late)


def a_column_of_one(flights, threshold, min_late):
    missed = missed_by_carrier(flights, threshold)
    shares = missed.mean()[missed.size() >= min_late]
    return memo(worst_missed=lambda f, t: shares.nlargest(1))(flights, threshold, min_late)


def text_for_other_limits(flights, threshold, min_late):
    found = memo()(flights, threshold, min_late)
    return found if min_late == 10 else found | {"right": "most"}


def to_digits(digits):
    """Return an answer to 13.6 with rounded shares."""

    def answer(flights, threshold, min_late):
        found = memo()(flights, threshold, min_late)
        return {
            name: value if isinstance(value, str) else round(float(value), digits)
            for name, value in found.items()
        }

    return answer


def worst_to_two_digits(flights, threshold, min_late):
    found = memo()(flights, threshold, min_late)
    return found | {"worst_missed": round(float(found["worst_missed"]), 2)}


def drops_carriers(flights, threshold, min_late):
    found = memo()(flights, threshold, min_late)
    flights.drop(columns="carrier", inplace=True)
    return found


def two_left(flights, threshold, min_late):
    return memo(worst_slice=lambda f, t: ..., worst_missed=lambda f, t: ...)(
        flights, threshold, min_late
    )


def with_more(flights, threshold, min_late):
    return memo(late=lambda f, t: f["is_late"].mean())(flights, threshold, min_late)


def in_a_loop(flights, threshold, min_late):
    found = memo()(flights, threshold, min_late)
    worst, share = "", -1.0
    for carrier, part in flights.groupby("carrier"):
        late = part[part["is_late"]]
        if len(late) < min_late:
            continue
        missed = sum(p < threshold for p in late["probability"]) / len(late)
        if missed > share:
            worst, share = carrier, missed
    return found | {"worst_slice": worst, "worst_missed": float(share)}


def with_slices(flights, threshold, min_late):
    table = business.slice_table(flights, "carrier", threshold, min_late)
    found = memo()(flights, threshold, min_late)
    return found | {"worst_slice": table.index[0], "worst_missed": table["missed"].iloc[0]}


NEAR_MISSES = {
    "13.1": [
        ("ratio-of-costs", ratio),
        ("other-way-round", other_way),
        ("half", default),
        ("ignores-right-alarm", two_costs),
        ("ignores-right-silence", no_silence),
        ("never-pays", never_forgotten),
        ("averts-nothing", equal_forgotten),
        ("rounded", to_two_digits),
        ("unit", one_over),
        ("other-costs", adds_right_alarm),
        ("other-threshold", lambda *costs: 0.3),
        ("wrong-type", lambda *costs: "1/6"),
    ],
    "13.2": [
        ("weakest-baseline", against_the_first),
        ("sure-loss", away_from_zero),
        ("totals-of-days", totals_of_days),
        ("totals-of-days", cheapest_of_each_day),
        ("weakest-baseline", against_the_dearest),
        ("fixed-names", against_the_rule),
        ("fixed-names", two_names),
        ("ignores-running", for_free),
        ("never-ships", per_flight),
        ("flights-not-days", without_days),
        ("flights-not-days", mean_alone),
        ("unpaired", two_intervals),
        ("oracle", flight_by_flight),
        ("days-alike", by_day_means),
        ("not-above", not_below),
        ("cheapest-on-most-days", by_median),
        ("cheapest-on-most-days", by_most_days),
        ("baseline-days-alike", by_daily_means),
        ("every-day", each_day_saves),
        ("narrower-level", at_level(0.5)),
        ("narrower-level", at_level(0.9)),
        ("wider-level", at_level(0.9999)),
        ("wider-level", at_level(0.99)),
        ("changes-its-input", drops_in_place),
        ("wrong-type", lambda costs, running: "ship"),
    ],
    "13.3": [
        ("forgets-running", yearly(gross=("expected", "low", "high"))),
        ("thousand", yearly(scale=1 / 1000)),
        ("forgets-price", no_price),
        ("sample-not-year", yearly(sums=True)),
        ("running-in-units", running_priced),
        ("gross-interval", yearly(gross=("low", "high"))),
        ("flights-not-days", yearly(groups=False)),
        ("swapped-ends", turned_around),
        ("spread-of-days", one_day_each),
        ("cut-at-zero", never_a_loss),
        (
            "interval-days-alike",
            another_interval(lambda s, d: bootstrap_interval(s.groupby(d).mean())),
        ),
        ("other-level", another_interval(lambda s, d: bootstrap_interval(s, d, level=0.9))),
        ("other-level", another_interval(lambda s, d: bootstrap_interval(s, d, level=0.8))),
        ("other-level", another_interval(lambda s, d: bootstrap_interval(s, d, level=0.99))),
        (
            "other-interval",
            another_interval(lambda s, d: [end + 0.02 for end in bootstrap_interval(s, d)]),
        ),
        ("unfinished", one_left),
        ("days-alike", days_alike),
        ("year-of-days", year_of_days),
        ("midpoint", middle_of_the_ends),
        ("other-value", yearly(scale=1.5)),
        ("other-keys", lambda *args: {"value": 1}),
        ("not-numbers", lambda *args: {"expected": "a lot", "low": 1, "high": 2}),
        ("wrong-type", a_triple),
    ],
    "13.4": [
        ("one-arm", days(factor=1)),
        ("one-arm", days(factor=0.5)),
        ("counts-twice", each_way),
        ("cases-not-days", cases_alone),
        ("cases-not-days", both_arms_alone),
        ("multiplies", times_late),
        ("ignores-power", days(power=0.8)),
        ("power-is-alpha", power_in_third_place),
        ("other-power", mirrored_power),
        ("half-flights", whole_flights),
        ("not-whole", days(rounding=float)),
        ("rounds-down", days(rounding=math.floor)),
        ("rounds-to-nearest", days(rounding=round)),
        ("other-days", only_from_now),
        ("fixed-rates", from_now),
        ("a-day-too-many", days(rounding=lambda count: int(count) + 1)),
        ("other-number", days(factor=2.6)),
        ("wrong-type", lambda *args: "85 days"),
    ],
    "13.5": [
        ("peeks", deciding(planned_only=False)),
        ("gives-up-early", deciding(early_keep=True)),
        ("exact-size", deciding(at="above")),
        ("any-look", any_earlier_look),
        ("ships-a-loss", ships_any_difference),
        ("extends", deciding(last=True)),
        ("looks-after-the-end", harm_anywhere),
        ("ignores-guardrail", deciding(guard=-1)),
        ("guardrail-peeks", deciding(guard=0.05)),
        ("looks-so-far", looks_so_far),
        ("guardrail-at-limit", harm_at_limit),
        ("at-alpha", effect_at_alpha),
        ("guardrail-sign", deciding(sign=False)),
        ("guardrail-last", deciding(end=False)),
        ("no-effect", effect_of_nothing),
        ("no-harm", harm_of_nothing),
        ("first-looks-only", guards_the_first_looks),
        ("no-looks", needs_a_look),
        ("fixed-planned", fixed(planned=1000)),
        ("fixed-alpha", fixed(alpha=0.05)),
        ("fixed-alpha", alpha_of_the_effect),
        ("fixed-looks", fixed(guardrail_looks=20)),
        ("unknown-word", lambda *args: "promote"),
        ("wrong-type", lambda *args: True),
    ],
    "13.6": [
        ("not-at-threshold", above_only),
        ("swapped", exchanged),
        ("counts", memo(warned=lambda f, t: (f["probability"] >= t).sum())),
        ("other-right", memo(right=lambda f, t: 0.5)),
        ("other-caught", memo(caught=lambda f, t: (f["is_late"] & (f["probability"] >= t)).mean())),
        ("other-right", memo(right=lambda f, t: (f["is_late"] & (f["probability"] >= t)).mean())),
        ("accuracy", memo(right=lambda f, t: (f["is_late"] == (f["probability"] >= t)).mean())),
        ("limit-on-missed", least_missed),
        ("share-of-small-slice", highest_share_of_all),
        ("none-left", a_hundred_at_least),
        ("fixed-carrier", always_the_same),
        ("no-carrier", memo(worst_slice=lambda f, t: "EV")),
        ("not-numbers", a_column_of_one),
        ("not-numbers", text_for_other_limits),
        ("rounded", to_digits(2)),
        ("rounded", worst_to_two_digits),
        ("small-slice", no_least),
        ("limit-on-all-flights", least_flights),
        ("at-least", more_than_least),
        ("missed-of-all", of_all_flights),
        ("missed-of-all", most_missed),
        ("best-not-worst", least_right),
        ("best-not-worst", best_carrier),
        ("no-carrier", memo(worst_slice=lambda f, t: 3)),
        ("other-missed", memo(worst_missed=lambda f, t: 8)),
        ("silent-not-late", among_the_silent),
        ("rounded", memo(warned=lambda f, t: round((f["probability"] >= t).mean(), 2))),
        ("fixed-threshold", one_threshold),
        ("fixed-threshold", slices_at_one_threshold),
        ("fixed-min-late", ten_at_least),
        ("changes-its-input", drops_carriers),
        ("unfinished", two_left),
        ("other-keys", lambda *args: {"warned": 0.3}),
        ("not-numbers", memo(right=lambda f, t: "most")),
    ],
}

ALTERNATIVES = {
    "13.1": [with_costs, from_odds],
    "13.2": [with_saving, with_own_days],
    "13.3": [with_estimates, with_own_draws, with_units],
    "13.4": [with_own_formula, day_by_day, with_divmod],
    "13.5": [ab_test.decide, with_masks],
    "13.6": [business.warning_numbers, in_a_loop, with_slices, with_more, to_digits(3)],
}
