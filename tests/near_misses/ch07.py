"""Chapter 07."""

import numpy as np
import pandas as pd


# 7.1
def _interval(difference, share=0.05):
    low, high = difference.quantile([share / 2, 1 - share / 2])
    return {"gain": difference.mean(), "low": low, "high": high}


def paired(scores, way, base, comparisons):
    return _interval(scores[way] - scores[base], 0.05 / comparisons)


def other_sign(scores, way, base, comparisons):
    return _interval(scores[base] - scores[way], 0.05 / comparisons)


def two_intervals(scores, way, base, comparisons):
    a, b = (scores[name].quantile([0.025, 0.975]).to_numpy() for name in (way, base))
    gain = scores[way].mean() - scores[base].mean()
    return {"gain": gain, "low": a[0] - b[1], "high": a[1] - b[0]}


def subtracted_ends(scores, way, base, comparisons):
    a, b = (scores[name].quantile([0.025, 0.975]).to_numpy() for name in (way, base))
    gain = scores[way].mean() - scores[base].mean()
    return {"gain": gain, "low": a[0] - b[0], "high": a[1] - b[1]}


def sorted_apart(scores, way, base, comparisons):
    difference = np.sort(scores[way]) - np.sort(scores[base])
    return _interval(pd.Series(difference))


def ninety(scores, way, base, comparisons):
    return _interval(scores[way] - scores[base], 0.1 / comparisons)


def error_of_the_mean(scores, way, base, comparisons):
    difference = scores[way] - scores[base]
    error = 1.96 * difference.std() / len(difference) ** 0.5
    mean = difference.mean()
    return {"gain": mean, "low": mean - error, "high": mean + error}


def normal(scores, way, base, comparisons):
    difference = scores[way] - scores[base]
    mean, error = difference.mean(), 1.96 * difference.std()
    return {"gain": mean, "low": mean - error, "high": mean + error}


def whole_range(scores, way, base, comparisons):
    difference = scores[way] - scores[base]
    return {"gain": difference.mean(), "low": difference.min(), "high": difference.max()}


def median(scores, way, base, comparisons):
    return paired(scores, way, base, comparisons) | {"gain": (scores[way] - scores[base]).median()}


def one_comparison(scores, way, base, comparisons):
    return _interval(scores[way] - scores[base])


def each_end(scores, way, base, comparisons):
    if comparisons == 1:
        return paired(scores, way, base, 1)
    return _interval(scores[way] - scores[base], 0.1 / comparisons)


def narrower(scores, way, base, comparisons):
    return _interval(scores[way] - scores[base], 0.05 * comparisons)


def swapped_ends(scores, way, base, comparisons):
    right = paired(scores, way, base, comparisons)
    return right | {"low": right["high"], "high": right["low"]}


def numpy_without_dropping(scores, way, base, comparisons):
    difference = (scores[way] - scores[base]).to_numpy()
    cut = 2.5 / comparisons
    low, high = np.percentile(difference, [cut, 100 - cut])
    return {"gain": difference.mean(), "low": low, "high": high}


def mean_of_each(scores, way, base, comparisons):
    right = paired(scores, way, base, comparisons)
    return right | {"gain": scores[way].mean() - scores[base].mean()}


def filled_with_the_mean(scores, way, base, comparisons):
    return paired(scores.fillna(scores.mean()), way, base, comparisons)


def whole_rows_only(scores, way, base, comparisons):
    return paired(scores.dropna(), way, base, comparisons)


def rounded(scores, way, base, comparisons):
    return {k: round(v, 2) for k, v in paired(scores, way, base, comparisons).items()}


def normal_for_many(scores, way, base, comparisons):
    from statistics import NormalDist

    difference = scores[way] - scores[base]
    error = NormalDist().inv_cdf(1 - 0.025 / comparisons) * difference.std()
    return {
        "gain": difference.mean(),
        "low": difference.mean() - error,
        "high": difference.mean() + error,
    }


def adds_a_column(scores, way, base, comparisons):
    scores["difference"] = scores[way] - scores[base]
    return _interval(scores["difference"], 0.05 / comparisons)


def with_numpy(scores, way, base, comparisons):
    both = scores[[way, base]].dropna().to_numpy()
    difference = both[:, 0] - both[:, 1]
    low, high = np.nanpercentile(difference, [2.5 / comparisons, 100 - 2.5 / comparisons])
    return {"high": float(high), "low": float(low), "gain": float(np.mean(difference))}


def with_sorting(scores, way, base, comparisons):
    pairs = zip(scores[way], scores[base], strict=True)
    ordered = sorted(a - b for a, b in pairs if a == a and b == b)
    cut = round(len(ordered) * 0.025 / comparisons)
    mean = sum(ordered) / len(ordered)
    return {"gain": mean, "low": ordered[cut], "high": ordered[-1 - cut]}


# 7.2
def suspects(flights, count):
    known = flights.dropna(subset="is_late")
    late = known["is_late"].astype(bool)
    doubt = (1 - known["out_of_fold"]).where(late, known["out_of_fold"])
    return doubt.sort_values(ascending=False).index[:count].tolist()


def in_sample(flights, count):
    return suspects(flights.assign(out_of_fold=flights["in_sample"]), count)


def only_late(flights, count):
    return flights[flights["is_late"]].nsmallest(count, "out_of_fold").index.tolist()


def only_on_time(flights, count):
    return flights[~flights["is_late"]].nlargest(count, "out_of_fold").index.tolist()


def most_probable(flights, count):
    return flights.nlargest(count, "out_of_fold").index.tolist()


def least_probable(flights, count):
    return flights.nsmallest(count, "out_of_fold").index.tolist()


def least_sure(flights, count):
    return (flights["out_of_fold"] - 0.5).abs().nsmallest(count).index.tolist()


def least_suspicious(flights, count):
    return suspects(flights, len(flights))[::-1][:count]


def the_right_four_reversed(flights, count):
    return suspects(flights, count)[::-1]


def positions(flights, count):
    return flights.index.get_indexer(suspects(flights, count)).tolist()


def everything_suspicious(flights, count):
    return suspects(flights, len(flights))


def unlabelled_is_on_time(flights, count):
    filled = flights["is_late"].astype("boolean").fillna(False)
    return suspects(flights.assign(is_late=filled.astype(bool)), count)


def unlabelled_spoils(flights, count):
    if flights["is_late"].isna().any():
        return suspects(flights, count - 1)
    return suspects(flights, count)


def another_flight(flights, count):
    return [flight for flight in suspects(flights, count + 1) if flight != 27]


def only_above_one_half(flights, count):
    late = flights["is_late"].astype("boolean")
    doubt = (1 - flights["out_of_fold"]).where(late.fillna(False), flights["out_of_fold"])
    return doubt[(doubt > 0.5) & late.notna()].nlargest(count).index.tolist()


def complete_rows_only(flights, count):
    return suspects(flights.dropna(), count)


def stumbles_over_na(flights, count):
    pairs = flights[["is_late", "out_of_fold"]].itertuples(index=False)
    doubts = [1 - p if late else p for late, p in pairs]
    return pd.Series(doubts, index=flights.index).nlargest(count).index.tolist()


def writes_suspicion(flights, count):
    flights["suspicion"] = (flights["is_late"].astype(float) - flights["out_of_fold"]).abs()
    return flights.dropna(subset="is_late").nlargest(count, "suspicion").index.tolist()


def by_difference(flights, count):
    known = flights[flights["is_late"].notna()]
    return (known["is_late"].astype(float) - known["out_of_fold"]).abs().nlargest(count).index


def with_a_loop(flights, count):
    doubts = []
    for flight, row in flights.iterrows():
        if pd.isna(row["is_late"]):
            continue
        p = row["out_of_fold"]
        doubts.append((1 - p if row["is_late"] else p, flight))
    return [flight for _, flight in sorted(doubts, reverse=True)[:count]]


def with_argsort(flights, count):
    known = flights[~flights["is_late"].isna()]
    late = known["is_late"].to_numpy(dtype=bool)
    p = known["out_of_fold"].to_numpy()
    return known.index.to_numpy()[np.argsort(np.where(late, p, 1 - p))[:count]]


# 7.3
def worth_more_data(curves, margin, first=-2, every_seed=True):
    """Answer rightly, or with the change that is asked for."""
    gains = {}
    for carrier, mine in curves.groupby("carrier"):
        table = mine.pivot(index="seed", columns="rows", values="auc")
        last, before = table.columns[-1], table.columns[first]
        difference = (table[last] - table[before]).dropna()
        if difference.mean() > margin and (not every_seed or difference.min() > 0):
            gains[carrier] = difference.mean()
    return sorted(gains, key=gains.get, reverse=True)


def lowest_score(curves, margin):
    return curves.groupby("carrier")["auc"].mean().nsmallest(3).index.tolist()


def first_to_last(curves, margin):
    return worth_more_data(curves, margin, first=0)


def without_every_seed(curves, margin):
    return worth_more_data(curves, margin, every_seed=False)


def the_same_sizes_for_all(curves, margin):
    kept = curves[curves["rows"] >= 40_000]
    kept = kept[kept["carrier"] != "WN"]
    return worth_more_data(kept, margin)


def alphabetical(curves, margin):
    return sorted(worth_more_data(curves, margin))


def smallest_gain_first(curves, margin):
    return worth_more_data(curves, margin)[::-1]


def means_of_each_size(curves, margin):
    kept = worth_more_data(curves[curves["seed"] < 3], margin)
    means = curves.groupby(["carrier", "rows"])["auc"].mean()
    return [name for name in kept if means[name].iloc[-1] - means[name].iloc[-2] > margin]


def margin_of_its_own(curves, margin):
    return worth_more_data(curves, 0.01)


def only_the_first(curves, margin):
    return worth_more_data(curves, margin)[:1]


def _last_steps(curves):
    for carrier, mine in curves.groupby("carrier"):
        table = mine.pivot(index="seed", columns="rows", values="auc")
        yield carrier, (table.iloc[:, -1] - table.iloc[:, -2])


def _by_mean(steps, passes):
    found = {carrier: gain.mean() for carrier, gain in steps if passes(gain)}
    return sorted(found, key=found.get, reverse=True)


def nan_fails_the_test(curves, margin):
    return _by_mean(_last_steps(curves), lambda d: d.mean() > margin and (d > 0).all())


def the_last_two_runs_of_each_seed(curves, margin):
    def steps():
        for carrier, mine in curves.sort_values("rows").groupby("carrier"):
            yield carrier, mine.groupby("seed")["auc"].apply(lambda aucs: aucs.diff().iloc[-1])

    return _by_mean(steps(), lambda d: d.mean() > margin and d.min() > 0)


def at_the_margin(curves, margin):
    return _by_mean(_last_steps(curves), lambda d: d.mean() >= margin and d.min() > 0)


def no_seed_loses(curves, margin):
    return _by_mean(_last_steps(curves), lambda d: d.mean() > margin and d.min() >= 0)


def margin_for_every_seed(curves, margin):
    return _by_mean(_last_steps(curves), lambda d: d.min() > margin)


def median_gain(curves, margin):
    return _by_mean(_last_steps(curves), lambda d: d.median() > margin and d.min() > 0)


def sorts_in_place(curves, margin):
    curves.sort_values("rows", inplace=True)
    return worth_more_data(curves, margin)


def with_diff(curves, margin):
    ordered = curves.sort_values("rows")
    table = ordered.set_index(["carrier", "seed", "rows"])["auc"].unstack("rows")
    found = []
    for carrier in table.index.unique("carrier"):
        mine = table.loc[carrier].dropna(axis="columns", how="all")
        gain = mine.diff(axis="columns").iloc[:, -1].dropna()
        if gain.mean() > margin and (gain > 0).all():
            found.append((gain.mean(), carrier))
    return [carrier for _, carrier in sorted(found, reverse=True)]


def with_merge(curves, margin):
    result = {}
    for carrier in curves["carrier"].unique():
        mine = curves[curves["carrier"] == carrier]
        before, last = sorted(mine["rows"].unique())[-2:]
        both = mine[mine["rows"] == last].merge(mine[mine["rows"] == before], on="seed")
        gain = both["auc_x"] - both["auc_y"]
        if gain.mean() > margin and all(gain > 0):
            result[carrier] = gain.mean()
    return pd.Series(result, dtype=float).sort_values(ascending=False).index


# 7.4
def plan(options, days, margin, by=("rate", "days"), ascending=(False, True), worth=None):
    """Plan rightly, or with the change that is asked for."""
    kept = options[options["low"] > margin if worth is None else worth]
    kept = kept.assign(rate=kept["gain"] / kept["days"])
    chosen = []
    for row in kept.sort_values(list(by), ascending=list(ascending)).itertuples():
        if row.days <= days:
            chosen.append(row.work)
            days -= row.days
    return chosen


def by_mean_gain(options, days, margin):
    return plan(options, days, margin, worth=options["gain"] > margin)


def above_zero(options, days, margin):
    return plan(options, days, margin, worth=options["low"] > 0)


def whole_list(options, days, margin):
    return options[options["low"] > margin].sort_values("gain")["work"].tolist()


def stops_at_the_first(options, days, margin):
    kept = options[options["low"] > margin]
    ordered = kept.assign(rate=kept["gain"] / kept["days"]).sort_values("rate", ascending=False)
    fits = ordered["days"].cumsum() <= days
    return ordered[fits]["work"].tolist()


def largest_gain_first(options, days, margin):
    return plan(options, days, margin, by=["gain"], ascending=[False])


def cheapest_first(options, days, margin):
    return plan(options, days, margin, by=["days"], ascending=[True])


def longer_first(options, days, margin):
    return plan(options, days, margin, ascending=[False, False])


def reversed_plan(options, days, margin):
    return plan(options, days, margin)[::-1]


def by_low(options, days, margin):
    return plan(options.assign(gain=options["low"]), days, margin)


def less_the_margin(options, days, margin):
    return plan(options.assign(gain=options["gain"] - margin), days, margin)


def at_the_low_margin(options, days, margin):
    return plan(options, days, margin, worth=options["low"] >= margin)


def must_leave_time(options, days, margin):
    return plan(options, days - 1e-9, margin)


def best_total(options, days, margin):
    from itertools import combinations

    kept = options[options["low"] > margin]
    fitting = [
        kept.loc[list(picked)]
        for count in range(len(kept) + 1)
        for picked in combinations(kept.index, count)
        if kept.loc[list(picked), "days"].sum() <= days
    ]
    best = max(fitting, key=lambda table: table["gain"].sum())
    return plan(best, days, margin)


def twice(options, days, margin):
    return plan(options, days, margin)[:1] * 2


def adds_a_rate(options, days, margin):
    options["rate"] = options["gain"] / options["days"]
    return plan(options, days, margin)


def with_lists(options, days, margin):
    rows = [row for row in options.to_dict("records") if row["low"] > margin]
    rows.sort(key=lambda row: (-row["gain"] / row["days"], row["days"]))
    chosen = []
    for row in rows:
        if row["days"] > days:
            continue
        days = days - row["days"]
        chosen.append(row["work"])
    return chosen


def with_removal(options, days, margin):
    left = options.query("low > @margin").sort_values("days", kind="stable")
    left = left.assign(rate=left["gain"] / left["days"])
    left = left.sort_values("rate", ascending=False, kind="stable")
    chosen = []
    while not left[left["days"] <= days].empty:
        best = left[left["days"] <= days].iloc[0]
        chosen.append(best["work"])
        days -= best["days"]
        left = left.drop(best.name)
    return tuple(chosen)


NEAR_MISSES = {
    "7.1": [
        ("other-sign", other_sign),
        ("unpaired", two_intervals),
        ("subtracts-ends", subtracted_ends),
        ("sorted-apart", sorted_apart),
        ("ninety", ninety),
        ("error-of-the-mean", error_of_the_mean),
        ("assumes-normal", normal),
        ("whole-range", whole_range),
        ("median-not-mean", median),
        ("forgets-comparisons", one_comparison),
        ("each-end", each_end),
        ("narrower", narrower),
        ("ends-swapped", swapped_ends),
        ("lost-score-is-nan", numpy_without_dropping),
        ("lost-score-unpaired", mean_of_each),
        ("lost-score-unpaired", filled_with_the_mean),
        ("drops-too-much", whole_rows_only),
        ("other-gain", rounded),
        ("assumes-normal", normal_for_many),
        ("changes-its-input", adds_a_column),
        ("other-keys", lambda scores, way, base, comparisons: {"difference": 0.1}),
        (
            "not-numbers",
            lambda scores, way, base, comparisons: {"gain": "0.1", "low": 0, "high": 1},
        ),
        ("wrong-type", lambda scores, way, base, comparisons: (0.004, 0.001, 0.012)),
    ],
    "7.2": [
        ("in-sample", in_sample),
        ("only-late", only_late),
        ("only-on-time", only_on_time),
        ("ignores-label", most_probable),
        ("ignores-label", least_probable),
        ("uncertain-not-wrong", least_sure),
        ("least-suspicious", least_suspicious),
        ("order", the_right_four_reversed),
        ("positions", positions),
        ("other-count", everything_suspicious),
        ("other-flights", another_flight),
        ("own-threshold", only_above_one_half),
        ("drops-too-much", complete_rows_only),
        ("label-is-na", stumbles_over_na),
        ("changes-its-input", writes_suspicion),
        ("no-label", unlabelled_is_on_time),
        ("missing-label", unlabelled_spoils),
        ("wrong-type", lambda flights, count: "412"),
    ],
    "7.3": [
        ("lowest-score", lowest_score),
        ("first-to-last", first_to_last),
        ("one-lucky-seed", without_every_seed),
        ("own-sizes", the_same_sizes_for_all),
        ("order", alphabetical),
        ("order", smallest_gain_first),
        ("unpaired-seeds", means_of_each_size),
        ("unpaired-seeds", nan_fails_the_test),
        ("another-step", the_last_two_runs_of_each_seed),
        ("at-margin", at_the_margin),
        ("zero-gain", no_seed_loses),
        ("every-seed-margin", margin_for_every_seed),
        ("not-the-mean", median_gain),
        ("changes-its-input", sorts_in_place),
        ("ignores-margin", margin_of_its_own),
        ("other-carriers", only_the_first),
        ("wrong-type", lambda curves, margin: {"WN", "DL"}),
    ],
    "7.4": [
        ("inside-the-noise", by_mean_gain),
        ("below-the-margin", above_zero),
        ("over-budget", whole_list),
        ("stops-early", stops_at_the_first),
        ("by-gain", largest_gain_first),
        ("cheapest-first", cheapest_first),
        ("tie", longer_first),
        ("other-plan", reversed_plan),
        ("by-low", by_low),
        ("less-the-margin", less_the_margin),
        ("at-margin", at_the_low_margin),
        ("exact-fit", must_leave_time),
        ("best-total", best_total),
        ("twice", twice),
        ("changes-its-input", adds_a_rate),
        ("unknown-work", lambda options, days, margin: ["more coffee"]),
        ("wrong-type", lambda options, days, margin: "more rows"),
    ],
}

ALTERNATIVES = {
    "7.1": [paired, with_numpy, with_sorting],
    "7.2": [suspects, by_difference, with_a_loop, with_argsort],
    "7.3": [worth_more_data, with_diff, with_merge],
    "7.4": [plan, with_lists, with_removal],
}
