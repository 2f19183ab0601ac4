"""Chapter 11."""

import math
import re
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from flightline.canary import evidence, peeking, sequential_test
from flightline.registry import READS, objections, rollback_target


# 11.1
def nothing_against(candidate, served, slices, today):
    return []


def edited(**changes):
    """Return the reference with the verdict on one reason replaced by another rule."""

    def answer(candidate, served, slices, today):
        found = set(objections(candidate, served, slices, today))
        for reason, rule in changes.items():
            reason = reason.replace("_", " ")
            found = found - {reason} | (
                {reason} if rule(candidate, served, slices, today) else set()
            )
        return sorted(found)

    answer.__name__ = "_".join(changes)
    return answer


no_gate = edited(not_better=lambda c, served, slices, today: False)
only_keep = edited(not_better=lambda c, served, slices, today: c["action"] == "keep")
every_slice = edited(slice=lambda c, served, slices, today: (slices["difference"] > 0.005).any())
at_the_slack = edited(
    slice=lambda c, s, slices, t: ((slices.flights >= 200) & (slices.difference >= 0.005)).any()
)
mean_of_slices = edited(
    slice=lambda c, s, slices, t: np.average(slices.difference, weights=slices.flights) > 0.005
)
above_200 = edited(
    slice=lambda c, s, slices, t: ((slices.flights > 200) & (slices.difference > 0.005)).any()
)
no_inputs = edited(inputs=lambda c, served, slices, today: False)
equal_sets = edited(inputs=lambda c, served, slices, today: c["inputs"].keys() != served.keys())
only_names = edited(inputs=lambda c, served, slices, today: not c["inputs"].keys() <= served.keys())
same_types = edited(
    inputs=lambda c, served, s, t: any(served.get(n) != k for n, k in c["inputs"].items())
)
reads_turned = edited(
    inputs=lambda c, served, s, t: any(
        n not in served or k not in READS.get(served[n], ()) for n, k in c["inputs"].items()
    )
)
any_number = edited(
    inputs=lambda c, served, s, t: any(
        n not in served or (k == "string") != (served[n] == "string")
        for n, k in c["inputs"].items()
    )
)
same_day_is_fine = edited(seen=lambda c, s, sl, t: c["trained_until"] > c["judged_from"])
from_120_on = edited(stale=lambda c, s, sl, today: (today - c["trained_until"]).days >= 120)
by_months = edited(stale=lambda c, s, sl, today: today.month - c["trained_until"].month > 4)
never_stale = edited(stale=lambda c, s, sl, today: False)


def first_only(candidate, served, slices, today):
    return objections(candidate, served, slices, today)[:1]


def sentences(candidate, served, slices, today):
    return [f"it is {reason}" for reason in objections(candidate, served, slices, today)]


def twice(candidate, served, slices, today):
    return objections(candidate, served, slices, today) * 2


def true_or_false(candidate, served, slices, today):
    return not objections(candidate, served, slices, today)


def with_ifs(candidate, served, slices, today):
    reasons = []
    if candidate["action"] != "promote":
        reasons.append("not better")
    for row in slices.itertuples():
        if row.flights >= 200 and row.difference > 0.005 and "slice" not in reasons:
            reasons.append("slice")
    for name, kind in candidate["inputs"].items():
        if "inputs" not in reasons and (name not in served or served[name] not in READS[kind]):
            reasons.append("inputs")
    if not candidate["trained_until"] < candidate["judged_from"]:
        reasons.append("seen")
    if candidate["trained_until"] + timedelta(days=120) < today:
        reasons.append("stale")
    return reasons


def as_a_set(candidate, served, slices, today):
    harmed = slices.query("flights >= 200 and difference > 0.005")
    fed = all(served.get(name, "") in READS[kind] for name, kind in candidate["inputs"].items())
    age = today.toordinal() - candidate["trained_until"].toordinal()
    rules = [
        (candidate["action"] in ("keep", "wait"), "not better"),
        (len(harmed) > 0, "slice"),
        (not fed, "inputs"),
        (candidate["judged_from"] <= candidate["trained_until"], "seen"),
        (age > 120, "stale"),
    ]
    return {reason for applies, reason in rules if applies}


# 11.2
FIELDS = ("dest", "distance", "scheduled_departure")


def complaint(request, **skip):
    """Return the first complaint; each keyword leaves one rule out."""
    for name in FIELDS:
        if name not in request and "missing" not in skip:
            return f"{name} is missing."
    for name in request:
        if name not in FIELDS and "unknown" not in skip:
            return f"{name} is no field of a request."
    dest, distance = request.get("dest", "AAA"), request.get("distance", 1)
    when = request.get("scheduled_departure", "2013-09-01T00:00Z")
    if not isinstance(dest, str) or not skip.get("dest", is_code)(dest):
        return "dest must be 3 capital letters."
    if not skip.get("distance", is_distance)(distance):
        return "distance must be a number above 0."
    if not isinstance(when, str):
        return None if "seconds" in skip else "scheduled_departure must be a text."
    try:
        moment = datetime.fromisoformat(when)
    except ValueError:
        return None if "times" in skip else "scheduled_departure is no ISO 8601 time."
    if moment.tzinfo is None and "naive" not in skip:
        return "scheduled_departure needs a time zone."
    return None


def is_code(dest):
    return re.fullmatch("[A-Z]{3}", dest) is not None


def is_distance(distance):
    kind = isinstance(distance, int | float) and not isinstance(distance, bool)
    return kind and math.isfinite(distance) and distance > 0


def leaving_out(**skip):
    def answer(request):
        return complaint(request, **skip)

    answer.__name__ = "without_" + "_".join(skip)
    return answer


def quoting(request):
    said = complaint(request)
    if said and "dest" in said:
        return f"dest {request.get('dest')!r} is no airport."
    return said


def vague(request):
    return "The request is invalid." if complaint(request) else None


def wordy(request):
    said = complaint(request)
    return said and said + " Please read the documentation of this service with care." * 3


def raising(request):
    if said := complaint(request):
        raise ValueError(said)


def a_pair(request):
    return (422, complaint(request))


def only_whole_miles(request):
    return complaint(request, distance=lambda d: isinstance(d, int) and is_distance(d))


def only_utc(request):
    if not str(request.get("scheduled_departure", "")).endswith("Z"):
        return "scheduled_departure must end in Z."
    return complaint(request)


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    dest: Annotated[str, Field(pattern=r"\A[A-Z]{3}\z")]
    distance: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    scheduled_departure: Annotated[AwareDatetime, Field(strict=False)]


def with_pydantic(request):
    if isinstance(request.get("scheduled_departure"), int):
        return "scheduled_departure must be a text."
    try:
        Request(**request)
    except ValidationError as error:
        return f"{error.errors()[0]['loc'][0]} is not as expected."
    return None


def with_a_table_of_rules(request):
    rules = {
        "dest": lambda v: (
            isinstance(v, str) and len(v) == 3 and set(v) <= set(map(chr, range(65, 91)))
        ),
        "distance": lambda v: type(v) in (int, float) and 0 < v < math.inf,
        "scheduled_departure": has_zone,
    }
    for name in sorted({*rules, *request}):
        if name not in rules:
            return f"Unknown field {name}."
        if name not in request or not rules[name](request[name]):
            return f"Field {name} is wrong or missing."
    return None


def has_zone(value):
    try:
        return datetime.fromisoformat(value).utcoffset() is not None
    except (TypeError, ValueError):
        return False


# 11.3
def tail(calls):
    good = calls[calls["status"] == 200]
    latency = good["answered"] - good["due"]
    return {
        "p50": latency.quantile(0.5),
        "p99": latency.quantile(0.99),
        "failed": (calls["status"] != 200).mean(),
    }


def from_sent(calls):
    return tail(calls.assign(due=calls["sent"]))


def the_longer_part(calls):
    longer = (calls["answered"] - calls["sent"]).clip(lower=calls["sent"] - calls["due"])
    return tail(calls.assign(answered=calls["due"] + longer))


def mean_of_servers(calls):
    parts = [tail(part) for _, part in calls.groupby("server")]
    return {name: np.mean([part[name] for part in parts]) for name in parts[0]}


def first_server(calls):
    return tail(calls[calls["server"] == calls["server"].iloc[0]])


def the_mean(calls):
    return tail(calls) | {"p50": (calls["answered"] - calls["due"]).mean()}


def the_95th(calls):
    latency = calls["answered"] - calls["due"]
    return tail(calls) | {"p99": latency.quantile(0.9)}


def with_refusals(calls):
    latency = (calls["answered"] - calls["due"]).dropna()
    return tail(calls) | {"p50": latency.quantile(0.5), "p99": latency.quantile(0.99)}


def with_nan(calls):
    latency = (calls["answered"] - calls["due"]).to_numpy()
    return tail(calls) | {"p50": np.percentile(latency, 50), "p99": np.percentile(latency, 99)}


def per_answer(calls):
    bad = (calls["status"] != 200).sum()
    return tail(calls) | {"failed": bad / (len(calls) - bad)}


def a_count(calls):
    return tail(calls) | {"failed": (calls["status"] != 200).sum()}


def only_errors(calls):
    return tail(calls) | {"failed": (calls["status"] >= 400).mean()}


def only_silence(calls):
    return tail(calls) | {"failed": (calls["status"] == 0).mean()}


def slow_is_failed(calls):
    slow = calls["answered"] - calls["due"] > 500
    return tail(calls) | {"failed": (slow | (calls["status"] != 200)).mean()}


def with_numpy(calls):
    ok = calls["status"].between(200, 299).to_numpy()
    latency = calls["answered"].to_numpy()[ok] - calls["due"].to_numpy()[ok]
    p50, p99 = np.percentile(latency, [50, 99])
    return {"p50": float(p50), "p99": float(p99), "failed": 1 - ok.mean()}


def nearest_rank(calls):
    answered = sorted(row.answered - row.due for row in calls.itertuples() if row.status == 200)

    def at(share):
        return answered[math.ceil(share * len(answered)) - 1]

    return {"p50": at(0.5), "p99": at(0.99), "failed": 1 - len(answered) / len(calls)}


# 11.4
def walk(differences, errors, harm, false_alarm, miss, half=2.0, power=2):
    low, high = math.log(miss / (1 - false_alarm)), math.log((1 - miss) / false_alarm)
    total = 0.0
    for difference, error in zip(differences, errors, strict=True):
        total += harm * (difference - harm / half) / error**power
        if total >= high:
            return "stop"
        if total <= low:
            return "promote"
    return "continue"


def the_last_day(differences, errors, harm, false_alarm, miss):
    low, high = math.log(miss / (1 - false_alarm)), math.log((1 - miss) / false_alarm)
    total = evidence(differences, errors, harm)[-1] if len(differences) else 0.0
    return "stop" if total >= high else "promote" if total <= low else "continue"


def stop_before_promote(differences, errors, harm, false_alarm, miss):
    path = evidence(differences, errors, harm)
    if (path >= math.log((1 - miss) / false_alarm)).any():
        return "stop"
    low = math.log(miss / (1 - false_alarm))
    return "promote" if (path <= low).any() else "continue"


def whole_harm(differences, errors, harm, false_alarm, miss):
    return walk(differences, errors, harm, false_alarm, miss, half=1.0)


def error_not_squared(differences, errors, harm, false_alarm, miss):
    return walk(differences, errors, harm, false_alarm, miss, power=1)


def one_error_for_all(differences, errors, harm, false_alarm, miss):
    return walk(differences, [0.1] * len(errors), harm, false_alarm, miss)


def other_way_round(differences, errors, harm, false_alarm, miss):
    return walk([-each for each in differences], errors, harm, false_alarm, miss)


def rates_swapped(differences, errors, harm, false_alarm, miss):
    return walk(differences, errors, harm, miss, false_alarm)


def five_per_cent_for_ever(differences, errors, harm, false_alarm, miss):
    return walk(differences, errors, harm, 0.05, 0.05)


def peek(differences, errors, harm, false_alarm, miss):
    if len(differences) and peeking(differences, errors).action == "stop":
        return "stop"
    return walk(differences, errors, harm, false_alarm, miss)


def promote_at_once(differences, errors, harm, false_alarm, miss):
    action = walk(differences, errors, harm, false_alarm, miss)
    return "promote" if not differences else action


def a_boolean(differences, errors, harm, false_alarm, miss):
    return walk(differences, errors, harm, false_alarm, miss) == "stop"


def without_promotion(differences, errors, harm, false_alarm, miss):
    action = walk(differences, errors, harm, false_alarm, miss)
    return "continue" if action == "promote" else action


def with_accumulate(differences, errors, harm, false_alarm, miss):
    high, low = math.log((1 - miss) / false_alarm), math.log(miss / (1 - false_alarm))
    shares = [
        (d**2 - (d - harm) ** 2) / (2 * e**2) for d, e in zip(differences, errors, strict=True)
    ]
    crossed = [total for total in accumulate(shares) if not low < total < high]
    if not crossed:
        return "continue"
    return "stop" if crossed[0] > 0 else "promote"


def with_the_reference(differences, errors, harm, false_alarm, miss):
    return sequential_test(differences, errors, harm, false_alarm, miss).action


def wald_s_simple_boundaries(differences, errors, harm, false_alarm, miss):
    # log(1 / false_alarm) and log(miss) are a little wider, so that the rates hold for sure.
    odds = 1.0
    for difference, error in zip(differences, errors, strict=True):
        odds *= math.exp(harm * (difference - harm / 2) / error**2)
        if odds >= 1 / false_alarm:
            return "stop"
        if odds <= miss:
            return "promote"
    return "continue"


# 11.5
def feeds(served, inputs):
    return all(served.get(name) in READS[kind] for name, kind in inputs.items())


def last_but_one(history, versions, served):
    return history[-2]["version"] if len(history) > 1 else None


def next_lower_number(history, versions, served):
    if not history:
        return None
    served_before = [move["version"] for move in history[:-1]]
    lower = [version for version in served_before if version < history[-1]["version"]]
    return max(lower, default=None)


def never_bad(history, versions, served):
    moves = [move | {"event": "promote"} for move in history]
    return rollback_target(moves, versions, served)


def bad_only_now(history, versions, served):
    # Remembers the version that was fled from only while its rollback is the last move.
    moves = [move | {"event": "promote"} for move in history[:-1]] + history[-1:]
    return rollback_target(moves, versions, served)


def may_stay(history, versions, served):
    if not history:
        return None
    again = [*history, {"event": "promote", "version": -1}]
    found = rollback_target(again, versions, served)
    if found == history[-1]["version"] and len(history) == 3 and history[0]["version"] == found:
        return found
    return rollback_target(history, versions, served)


def anything_there(history, versions, served):
    every = {version: {} for version in range(1, 10)}
    return rollback_target(history, every | versions, served)


def whatever_it_eats(history, versions, served):
    return rollback_target(history, {version: {} for version in versions}, served)


def names_are_enough(history, versions, served):
    kinds = {
        version: {name: served.get(name, kind) for name, kind in inputs.items()}
        for version, inputs in versions.items()
    }
    return rollback_target(history, kinds, served)


def equal_types(history, versions, served):
    kinds = {
        version: {
            name: kind if served.get(name) == kind else "nothing" for name, kind in inputs.items()
        }
        for version, inputs in versions.items()
    }
    return rollback_target(history, kinds, served)


def the_first_if_none(history, versions, served):
    found = rollback_target(history, versions, served)
    return history[0]["version"] if history and found is None else found


def zero_if_empty(history, versions, served):
    return rollback_target(history, versions, served) if history else 0


def the_inputs(history, versions, served):
    return versions.get(rollback_target(history, versions, served))


def with_a_stack(history, versions, served):
    stack, now = [], None
    for move in history:
        if move["event"] == "rollback":
            stack = [version for version in stack if version != now]
        elif now is not None and now not in stack:
            stack.append(now)
        if move["event"] == "promote":
            stack = [version for version in stack if version != move["version"]]
        elif now is not None and move["version"] in stack:
            stack.remove(move["version"])
        now = move["version"]
    usable = [v for v in stack if v in versions and feeds(served, versions[v])]
    return usable[-1] if usable else None


def with_pandas(history, versions, served):
    moves = pd.DataFrame(history, columns=["event", "version"])
    fled = moves["version"].shift()[moves["event"] == "rollback"]
    before = moves["version"][~moves["version"].isin([*fled, *moves["version"].tail(1)])]
    for version in before[::-1]:
        if version in versions and feeds(served, versions[version]):
            return version
    return None


NEAR_MISSES = {
    "11.1": [
        ("ignores-gate", nothing_against),
        ("ignores-gate", no_gate),
        ("wait-is-no-yes", only_keep),
        ("objects-to-good", at_the_slack),
        ("objects-to-good", edited(seen=lambda *_: True)),
        ("small-slice", every_slice),
        ("average-hides-slice", mean_of_slices),
        ("average-hides-slice", above_200),
        ("ignores-missing-input", no_inputs),
        ("objects-to-good", equal_sets),
        ("names-only", only_names),
        ("no-widening", same_types),
        ("no-widening", reads_turned),
        ("narrowing", any_number),
        ("judged-on-training", same_day_is_fine),
        ("stale-too-early", from_120_on),
        ("never-stale", by_months),
        ("never-stale", never_stale),
        ("first-reason-only", first_only),
        ("unknown-reason", sentences),
        ("twice", twice),
        ("wrong-type", true_or_false),
    ],
    "11.2": [
        ("missing-field", leaving_out(missing=True)),
        ("unknown-field", leaving_out(unknown=True)),
        ("any-text", leaving_out(dest=lambda dest: True)),
        ("small-letters", leaving_out(dest=lambda d: d.isascii() and d.isalpha() and len(d) == 3)),
        ("trailing-newline", leaving_out(dest=lambda d: re.match("^[A-Z]{3}$", d))),
        ("other-alphabets", leaving_out(dest=lambda d: d.isupper() and len(d) == 3)),
        ("number-as-text", leaving_out(distance=lambda d: is_distance(float(d) if d != 1 else d))),
        (
            "true-is-a-number",
            leaving_out(distance=lambda d: isinstance(d, int | float) and 0 < d < math.inf),
        ),
        ("negative", leaving_out(distance=lambda d: type(d) in (int, float))),
        ("zero", leaving_out(distance=lambda d: type(d) in (int, float) and not d < 0)),
        ("not-a-number", leaving_out(distance=lambda d: type(d) in (int, float) and not d <= 0)),
        ("infinite", leaving_out(distance=lambda d: type(d) in (int, float) and d > 0)),
        ("no-time", leaving_out(times=True)),
        ("number-as-time", leaving_out(seconds=True)),
        ("no-zone", leaving_out(naive=True)),
        ("quotes-input", quoting),
        ("names-no-field", vague),
        ("too-long", wordy),
        ("too-strict", only_whole_miles),
        ("too-strict", only_utc),
        ("refuses-good", lambda request: "dest distance scheduled_departure: ok"),
        ("raises", raising),
        ("wrong-type", a_pair),
    ],
    "11.3": [
        ("omits-waiting", from_sent),
        ("other-start", the_longer_part),
        ("averages-percentiles", mean_of_servers),
        ("not-all-together", first_server),
        ("not-the-median", the_mean),
        ("not-the-tail", the_95th),
        ("fast-failures", with_refusals),
        ("nan-of-no-answer", with_nan),
        ("failed-per-answer", per_answer),
        ("failed-not-a-share", a_count),
        ("no-answer-is-no-failure", only_errors),
        ("error-is-no-failure", only_silence),
        ("counts-slow", slow_is_failed),
        ("wrong-type", lambda calls: list(tail(calls).values())),
    ],
    "11.4": [
        ("last-day-decides", the_last_day),
        ("stop-looks-first", stop_before_promote),
        ("harm-not-halved", whole_harm),
        ("never-stops", error_not_squared),
        ("ignores-errors", one_error_for_all),
        ("never-stops", other_way_round),
        ("other-boundaries", rates_swapped),
        ("other-boundaries", five_per_cent_for_ever),
        ("peeks", peek),
        ("never-promotes", without_promotion),
        ("decides-without-data", promote_at_once),
        ("wrong-type", a_boolean),
    ],
    "11.5": [
        ("back-to-the-bad-one", last_but_one),
        ("by-number", next_lower_number),
        ("back-to-the-bad-one", never_bad),
        ("forgets-the-bad-one", bad_only_now),
        ("not-the-serving-one", may_stay),
        ("deleted", anything_there),
        ("cannot-be-fed", whatever_it_eats),
        ("other-type", names_are_enough),
        ("no-widening", equal_types),
        ("nowhere", the_first_if_none),
        ("empty", zero_if_empty),
        ("wrong-type", the_inputs),
    ],
}

ALTERNATIVES = {
    "11.1": [with_ifs, as_a_set],
    "11.2": [complaint, with_pydantic, with_a_table_of_rules],
    "11.3": [with_numpy, nearest_rank],
    "11.4": [with_accumulate, with_the_reference, wald_s_simple_boundaries],
    "11.5": [with_a_stack, with_pandas],
}
