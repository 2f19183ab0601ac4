"""Chapter 04."""

import random
from itertools import pairwise

import numpy as np
import pandas as pd

from flightline import releases
from flightline.gates import MARGIN, MIN_FLIGHTS, SLACK, bootstrap_interval, judge, squared_error

# 4.1
COLLEAGUE = {
    "lint": [],
    "unit": [],
    "contract": [],
    "train": [],
    "quality": ["train"],
    "package": ["train"],
    "release": ["package"],
}
GOOD = {
    "lint": [],
    "unit": ["lint"],
    "contract": [],
    "train": ["unit", "contract"],
    "quality": ["train"],
    "package": ["quality"],
    "release": ["package"],
}
IN_A_ROW = {
    "contract": (),
    "lint": ("contract",),
    "unit": ("lint",),
    "train": ("unit",),
    "package": ("train",),
    "quality": ("package",),
    "release": ("quality",),
}
AT_THE_END = GOOD | {"train": [], "release": ["package", "unit", "contract"]}


# 4.2
def first_of_the_set(days, n, seed):
    return list(set(days))[:n]


def first_of_the_rows(days, n, seed):
    return list(dict.fromkeys(days))[:n]


def shuffled_set(days, n, seed):
    found = list(set(days))
    random.Random(seed).shuffle(found)
    return found[:n]


def unseeded(days, n, seed):
    found = sorted(set(days))
    return random.sample(found, min(n, len(found)))


def first_in_order(days, n, seed):
    return sorted(set(days))[:n]


def with_repeats(days, n, seed):
    return random.Random(seed).choices(sorted(set(days)), k=n)


def of_the_flights(days, n, seed):
    found = sorted(days)
    random.Random(seed).shuffle(found)
    return list(dict.fromkeys(found))[:n]


def by_hash(days, n, seed):
    return sorted(set(days), key=lambda day: hash((seed, day)))[:n]


def shared_generator(days, n, seed):
    random.seed(seed)
    found = sorted(set(days))
    return random.sample(found, min(n, len(found)))


def too_many_asked(days, n, seed):
    return random.Random(seed).sample(sorted(set(days)), n)


def always_full(days, n, seed):
    found = sorted(set(days))
    return random.Random(seed).sample(found, n) if len(found) >= n else []


def with_random(days, n, seed):
    found = sorted(set(days))
    return random.Random(seed).sample(found, min(n, len(found)))


def with_numpy(days, n, seed):
    return list(np.random.default_rng(seed).permutation(np.unique(days))[:n])


def with_pandas(days, n, seed):
    found = pd.Series(days).drop_duplicates().sort_values(ignore_index=True)
    return found.sample(min(n, len(found)), random_state=seed)


# 4.3
def prepared(scored, part="test"):
    rows = scored[scored["part"] == part] if part else scored
    ours = squared_error(rows["is_late"], rows["challenger"])
    return rows, ours - squared_error(rows["is_late"], rows["champion"])


def gate(
    scored,
    *,
    part="test",
    sign=1,
    margin=MARGIN,
    slack=SLACK,
    least=MIN_FLIGHTS,
    by="day",
    nan=True,
):
    rows, difference = prepared(scored, part)
    if len(rows) < least:
        return "wait"
    if nan and rows["challenger"].isna().any():
        return "keep"
    keep = ~np.isnan(difference)
    rows, difference = rows[keep], sign * difference[keep]
    high = bootstrap_interval(difference, rows["day"] if by == "day" else None)[1]
    worst = pd.Series(difference, rows.index).groupby(rows["origin"]).mean().max()
    return "promote" if high < -margin and worst <= slack else "keep"


def by_the_mean(scored):
    rows, difference = prepared(scored)
    if len(rows) < MIN_FLIGHTS or rows["challenger"].isna().any():
        return "wait" if len(rows) < MIN_FLIGHTS else "keep"
    slices = pd.Series(difference, rows.index).groupby(rows["origin"]).mean()
    return "promote" if difference.mean() < -MARGIN and slices.max() <= SLACK else "keep"


def two_intervals(scored):
    rows = scored[scored["part"] == "test"]
    if len(rows) < MIN_FLIGHTS:
        return "wait"
    ours = bootstrap_interval(squared_error(rows["is_late"], rows["challenger"]), rows["day"])
    theirs = bootstrap_interval(squared_error(rows["is_late"], rows["champion"]), rows["day"])
    return "promote" if ours[1] < theirs[0] - MARGIN else "keep"


def other_sign(scored):
    return gate(scored, sign=-1)


def on_everything(scored):
    return gate(scored, part=None)


def on_training(scored):
    return gate(scored, part="train")


def by_flight(scored):
    return gate(scored, by="flight")


def without_margin(scored):
    return gate(scored, margin=0)


def without_slices(scored):
    return gate(scored, slack=1)


def every_slice_better(scored):
    return gate(scored, slack=0)


def without_minimum(scored):
    return gate(scored, least=0)


def more_than_the_minimum(scored):
    return gate(scored, least=MIN_FLIGHTS + 1)


def counts_all_rows(scored):
    action = gate(scored, least=0)
    return "wait" if len(scored) < MIN_FLIGHTS else action


def leaves_nan_out(scored):
    return gate(scored, nan=False)


def slack_over_all_rows(scored):
    rows, difference = prepared(scored, None)
    slices = pd.Series(difference, rows.index).groupby(rows["origin"]).mean()
    action = gate(scored, slack=1)
    return "keep" if action == "promote" and slices.max() > SLACK else action


def nan_anywhere(scored):
    action = gate(scored)
    return "keep" if action == "promote" and scored["challenger"].isna().any() else action


def nan_first(scored):
    return "keep" if prepared(scored)[0]["challenger"].isna().any() else gate(scored)


def mean_of_day_means(scored):
    rows, difference = prepared(scored)
    if gate(scored) == "wait" or rows["challenger"].isna().any():
        return gate(scored)
    column = pd.Series(difference, rows.index)
    high = bootstrap_interval(column.groupby(rows["day"]).mean())[1]
    worst = column.groupby(rows["origin"]).mean().max()
    return "promote" if high < -MARGIN and worst <= SLACK else "keep"


def says_yes(scored):
    return "yes"


def with_judge(scored):
    rows = scored[scored["part"] == "test"]
    columns = (rows[name] for name in ("is_late", "champion", "challenger", "day", "origin"))
    return judge(*columns).action


def by_hand(scored):
    rows = scored.query("part == 'test'").copy()
    if len(rows) < 1000:
        return "wait"
    rows["gain"] = (rows.champion - rows.is_late) ** 2 - (rows.challenger - rows.is_late) ** 2
    if rows.gain.isna().any():
        return "keep"
    days = rows.groupby("day").gain.agg(["sum", "count"]).to_numpy()
    drawn = days[np.random.default_rng(5).integers(0, len(days), (4000, len(days)))].sum(axis=1)
    low = np.quantile(drawn[:, 0] / drawn[:, 1], 0.025)
    slices_ok = (rows.groupby("origin").gain.mean() >= -0.005).all()
    return "promote" if low > 0.001 and slices_ok else "keep"


# 4.4
def one_less(history):
    return history[-1]["to"] - 1 or None


def last_but_one(history):
    return history[-2]["to"] if len(history) > 1 else None


def another_than_current(history):
    earlier = [move["to"] for move in history if move["to"] != history[-1]["to"]]
    return earlier[-1] if earlier else None


def highest_below(history):
    lower = [move["to"] for move in history if move["to"] < history[-1]["to"]]
    return max(lower, default=None)


def current_one(history):
    return history[-1]["to"]


def first_one(history):
    return history[0]["to"]


def knows_the_bad(history):
    bad = {a["to"] for a, b in pairwise(history) if b["event"] == "rollback"}
    good = [move["to"] for move in history[:-1] if move["to"] not in bad]
    return good[-1] if good else None


def forgets_the_last_move(history):
    bad = {a["to"] for a, b in pairwise(history[:-1]) if b["event"] == "rollback"}
    current = history[-1]["to"]
    good = [move["to"] for move in history if move["to"] not in bad | {current}]
    return good[-1] if good else None


def last_release_event(history):
    released = [move["to"] for move in history if move["event"] == "release"]
    earlier = [number for number in released if number != history[-1]["to"]]
    return earlier[-1] if earlier else None


def highest_good(history):
    bad = {a["to"] for a, b in pairwise(history) if b["event"] == "rollback"}
    good = {move["to"] for move in history} - bad - {history[-1]["to"]}
    return max(good, default=None)


def clears_the_stain(history):
    bad, served = set(), []
    for move in history:
        if move["event"] == "rollback":
            bad.add(served[-1])
        else:
            bad.discard(move["to"])
        served.append(move["to"])
    good = [number for number in served if number not in bad | {served[-1]}]
    return good[-1] if good else None


def with_pairs(history):
    bad = {a["to"] for a, b in pairwise(history) if b["event"] == "rollback"}
    out = bad | {history[-1]["to"]}
    return next((move["to"] for move in reversed(history) if move["to"] not in out), None)


def never_none(history):
    return releases.rollback_target(history) or history[0]["to"]


def zero_for_none(history):
    return releases.rollback_target(history) or 0


def with_sets(history):
    bad, served = set(), []
    for move in history:
        if move["event"] == "rollback":
            bad.add(served[-1])
        served.append(move["to"])
    for number in reversed(served):
        if number not in bad and number != served[-1]:
            return number
    return None


def as_a_stack(history):
    stack = []
    for move in history:
        if move["event"] == "rollback":
            while stack and stack[-1] != move["to"]:
                stack.pop()
        elif not stack or stack[-1] != move["to"]:
            stack.append(move["to"])
    return stack[-2] if len(stack) > 1 else None


def leaves_the_current_only_after_a_rollback(history):
    bad = {a["to"] for a, b in pairwise(history) if b["event"] == "rollback"}
    if history[-1]["event"] == "rollback":
        bad.add(history[-1]["to"])
    good = [move["to"] for move in history[:-1] if move["to"] not in bad]
    return good[-1] if good else None


# 4.5
def costs(change, chance=None, undo=None, catches=None, waiting=True):
    hours = change["hours_to_undo"]
    if hours is None:
        return 1.0, 0.0
    harm = (chance or change["chance_bad"]) * (undo or hours) * change["cost_per_hour"]
    wait = change["hours_waiting"] * change["value_per_hour"] if waiting else 0
    missed = 1 - (change["person_catches"] if catches is None else catches)
    return harm, wait + missed * harm


def ignores_chance(change):
    without, with_person = costs(change, chance=1)
    return with_person < without


def ignores_undo(change):
    without, with_person = costs(change, undo=24)
    return with_person < without


def ignores_waiting(change):
    without, with_person = costs(change, waiting=False)
    return with_person < without


def perfect_person(change):
    without, with_person = costs(change, catches=1)
    return with_person < without


def at_a_tie(change):
    without, with_person = costs(change)
    return with_person <= without


def other_way(change):
    return not releases.needs_a_person(change)


def zero_hours(change):
    return releases.needs_a_person(change | {"hours_to_undo": change["hours_to_undo"] or 0})


def none_forgotten(change):
    harm = change["chance_bad"] * change["hours_to_undo"] * change["cost_per_hour"]
    return change["hours_waiting"] * change["value_per_hour"] < change["person_catches"] * harm


def falsy_is_none(change):
    return not change["hours_to_undo"] or none_forgotten(change)


def by_what_is_saved(change):
    return change["hours_to_undo"] is None or none_forgotten(change)


def with_infinity(change):
    hours = change["hours_to_undo"]
    if hours is None:
        hours = float("inf")
    saved = change["person_catches"] * change["chance_bad"] * hours * change["cost_per_hour"]
    return np.bool_(saved > change["hours_waiting"] * change["value_per_hour"])


NEAR_MISSES = {
    "4.1": [
        ("gate-beside", COLLEAGUE),
        ("gate-beside", GOOD | {"package": ["train"]}),
        ("gate-beside", GOOD | {"train": ["contract"]}),
        ("gate-after-release", GOOD | {"quality": ["release"], "package": ["train"]}),
        ("judges-nothing", GOOD | {"quality": [], "package": ["train", "quality"]}),
        ("releases-nothing", GOOD | {"release": ["quality"]}),
        ("packages-nothing", GOOD | {"package": [], "release": ["package", "quality"]}),
        ("trains-on-bad-data", AT_THE_END),
        (
            "trains-untested-code",
            GOOD | {"train": ["contract"], "release": ["package", "unit"]},
        ),
        ("no-order", GOOD | {"contract": ["train"]}),
        ("no-order", GOOD | {"unit": ["tests"]}),
        ("step-missing", {step: GOOD[step] for step in ("lint", "unit", "train", "release")}),
        ("no-order", GOOD | {"lint": ["release"]}),
        ("no-list", GOOD | {"unit": "lint"}),
        ("wrong-type", list(GOOD)),
    ],
    "4.2": [
        ("set-order", first_of_the_set),
        ("order-dependent", first_of_the_rows),
        ("order-dependent", shuffled_set),
        ("hash-order", by_hash),
        ("not-seeded", unseeded),
        ("ignores-seed", first_in_order),
        ("counts-flights", with_repeats),
        ("weighs-flights", of_the_flights),
        ("raises", too_many_asked),
        ("too-few-days", always_full),
        ("other-number", lambda days, n, seed: sorted(set(days))),
        ("invents-days", lambda days, n, seed: [str(i) for i in range(n)]),
        ("wrong-type", lambda days, n, seed: ", ".join(sorted(set(days))[:n])),
    ],
    "4.3": [
        ("wrong-sign", other_sign),
        ("judges-on-training", on_everything),
        ("judges-on-training", on_training),
        ("unpaired", two_intervals),
        ("point-estimate", by_the_mean),
        ("flights-not-days", by_flight),
        ("ignores-margin", without_margin),
        ("ignores-slices", without_slices),
        ("slices-on-training", slack_over_all_rows),
        ("days-not-flights", mean_of_day_means),
        ("slice-too-strict", every_slice_better),
        ("too-little-data", without_minimum),
        ("too-little-data", counts_all_rows),
        ("enough-is-enough", more_than_the_minimum),
        ("nan-in-training", nan_anywhere),
        ("nan-before-minimum", nan_first),
        ("nan-passes", leaves_nan_out),
        ("never-promotes", lambda scored: "keep"),
        ("unknown-action", says_yes),
        ("wrong-type", lambda scored: True),
    ],
    "4.4": [
        ("counts-numbers", one_less),
        ("flips-back", last_but_one),
        ("highest-number", highest_below),
        ("highest-number", highest_good),
        ("back-to-the-bad", last_release_event),
        ("forgives", clears_the_stain),
        ("forgives", as_a_stack),
        ("flips-back", another_than_current),
        ("flips-back", forgets_the_last_move),
        ("second-rollback", knows_the_bad),
        ("same-again", leaves_the_current_only_after_a_rollback),
        ("stays", current_one),
        ("other-release", first_one),
        ("nowhere-to-go", never_none),
        ("nowhere-to-go", zero_for_none),
        ("wrong-type", lambda history: history[-2]),
    ],
    "4.5": [
        ("ignores-chance", ignores_chance),
        ("ignores-undo", ignores_undo),
        ("ignores-waiting", ignores_waiting),
        ("perfect-person", perfect_person),
        ("tie", at_a_tie),
        ("worth-the-wait", other_way),
        ("cannot-be-undone", zero_hours),
        ("zero-is-none", falsy_is_none),
        ("raises", none_forgotten),
        ("wrong-type", lambda change: "delivery"),
    ],
}

ALTERNATIVES = {
    "4.1": [IN_A_ROW, GOOD | {"package": ["train"], "release": {"package", "quality"}}],
    "4.2": [with_random, shared_generator, with_numpy, with_pandas],
    "4.3": [gate, with_judge, by_hand],
    "4.4": [releases.rollback_target, with_sets, with_pairs],
    "4.5": [releases.needs_a_person, by_what_is_saved, with_infinity],
}
