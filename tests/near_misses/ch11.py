"""Chapter 11."""

import math
import re
from datetime import datetime
from itertools import accumulate, pairwise
from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)

from flightline.canary import evidence, peeking, sequential_test
from flightline.registry import READS, objections, rollback_target


# 11.1
def nothing_against(candidate, served, slices):
    return []


def edited(**changes):
    """Return the reference with the verdict on one reason replaced by another rule."""

    def answer(candidate, served, slices):
        found = set(objections(candidate, served, slices))
        for reason, rule in changes.items():
            reason = reason.replace("_", " ")
            found = found - {reason} | ({reason} if rule(candidate, served, slices) else set())
        return sorted(found)

    answer.__name__ = "_".join(changes)
    return answer


no_gate = edited(not_better=lambda c, served, slices: False)
only_keep = edited(not_better=lambda c, served, slices: c["action"] == "keep")
every_slice = edited(slice=lambda c, served, slices: (slices["difference"] > 0.005).any())
at_the_slack = edited(
    slice=lambda c, s, slices: ((slices.flights >= 200) & (slices.difference >= 0.005)).any()
)
mean_of_slices = edited(
    slice=lambda c, s, slices: np.average(slices.difference, weights=slices.flights) > 0.005
)
above_200 = edited(
    slice=lambda c, s, slices: ((slices.flights > 200) & (slices.difference > 0.005)).any()
)
no_inputs = edited(inputs=lambda c, served, slices: False)
equal_sets = edited(inputs=lambda c, served, slices: c["inputs"].keys() != served.keys())
only_names = edited(inputs=lambda c, served, slices: not c["inputs"].keys() <= served.keys())
same_types = edited(
    inputs=lambda c, served, s: any(served.get(n) != k for n, k in c["inputs"].items())
)
reads_turned = edited(
    inputs=lambda c, served, s: any(
        n not in served or k not in READS.get(served[n], ()) for n, k in c["inputs"].items()
    )
)
any_number = edited(
    inputs=lambda c, served, s: any(
        n not in served or (k == "string") != (served[n] == "string")
        for n, k in c["inputs"].items()
    )
)
same_day_is_fine = edited(seen=lambda c, s, sl: c["trained_until"] > c["judged_from"])


def first_only(candidate, served, slices):
    return objections(candidate, served, slices)[:1]


def sentences(candidate, served, slices):
    return [f"it is {reason}" for reason in objections(candidate, served, slices)]


def twice(candidate, served, slices):
    return objections(candidate, served, slices) * 2


def one_for_each_column(candidate, served, slices):
    found = objections(candidate, served, slices)
    needs = candidate["inputs"].items()
    bad = [name for name, kind in needs if served.get(name) not in READS[kind]]
    return [each for each in found if each != "inputs"] + ["inputs"] * len(bad)


def with_a_new_column(candidate, served, slices):
    slices["counts"] = slices["flights"] >= 200
    return objections(candidate, served, slices)


def true_or_false(candidate, served, slices):
    return not objections(candidate, served, slices)


def with_ifs(candidate, served, slices):
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
    return reasons


def as_a_set(candidate, served, slices):
    harmed = slices.query("flights >= 200 and difference > 0.005")
    fed = all(served.get(name, "") in READS[kind] for name, kind in candidate["inputs"].items())
    rules = [
        (candidate["action"] in ("keep", "wait"), "not better"),
        (len(harmed) > 0, "slice"),
        (not fed, "inputs"),
        (candidate["judged_from"] <= candidate["trained_until"], "seen"),
    ]
    return {reason for applies, reason in rules if applies}


# 11.2
FIELDS = ("dest", "distance", "scheduled_departure")


def complaint(request, **skip):
    """Return the first complaint; each keyword leaves one rule out or puts another in."""
    for name in FIELDS:
        if name not in request and "missing" not in skip:
            return f"{name} is missing."
    if set(request) - {*FIELDS} and "unknown" not in skip:
        return "A request has three fields and no other."
    dest, distance = request.get("dest", "AAA"), request.get("distance", 1)
    when = request.get("scheduled_departure", "2013-09-01T00:00Z")
    if not skip.get("dest", is_code)(dest):
        return "dest must be 3 capital letters."
    if not skip.get("distance", is_distance)(distance):
        return "distance must be a number above 0, and finite."
    if not skip.get("text", lambda value: isinstance(value, str))(when):
        return "scheduled_departure must be a text."
    try:
        moment = datetime.fromisoformat(when)
    except (TypeError, ValueError):
        return None if "times" in skip else "scheduled_departure is no ISO 8601 time."
    if moment.tzinfo is None and "naive" not in skip:
        return "scheduled_departure needs a time zone."
    return None


def is_code(dest):
    return isinstance(dest, str) and re.fullmatch("[A-Z]{3}", dest) is not None


def is_distance(distance):
    return type(distance) in (int, float) and 0 < distance <= 6_000


def leaving_out(**skip):
    def answer(request):
        return complaint(request, **skip)

    answer.__name__ = "without_" + "_".join(skip)
    return answer


def seconds_pass(request):
    when = request.get("scheduled_departure")
    return None if isinstance(when, int) else complaint(request)


def seconds_in_a_text_pass(request):
    when = request.get("scheduled_departure")
    return None if isinstance(when, str) and when.isdecimal() else complaint(request)


def with_isfinite(request):
    return complaint(
        request,
        distance=lambda d: type(d) in (int, float) and math.isfinite(d) and 0 < d <= 6_000,
    )


def quoting(request):
    said = complaint(request)
    if said and "dest" in said:
        return f"dest {request.get('dest')!r} is no airport."
    return said


def naming_the_unknown(request):
    said = complaint(request)
    if said and "no other" in said:
        return f"{min(set(request) - {*FIELDS})} is no field."
    return said


def vague(request):
    return "The request is invalid." if complaint(request) else None


def all_at_once(request):
    said = complaint(request)
    return said and "One of dest, distance and scheduled_departure is wrong."


def wordy(request):
    said = complaint(request)
    return said and said + " Please read the documentation of this service with care." * 3


def empty_when_right(request):
    return complaint(request) or ""


def empty_for_the_unknown(request):
    said = complaint(request)
    return "" if said and "no other" in said else said


def the_last_fault(request):
    for name in reversed(FIELDS):
        if name in request and (
            said := complaint(dict.fromkeys(request) | GOOD | {name: request[name]})
        ):
            return said
    return complaint(request)


def in_the_order_sent(request):
    if set(request) - {*FIELDS} or not {*FIELDS} <= set(request):
        return complaint(request)
    for name in request:
        if said := complaint(GOOD | {name: request[name]}):
            return said
    return None


def values_first(request):
    for name in FIELDS:
        if name in request and (said := complaint(GOOD | {name: request[name]})):
            return said
    return complaint(request)


GOOD = {"dest": "JFK", "distance": 9, "scheduled_departure": "2013-09-01T00:00Z"}


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
    distance: Annotated[float, Field(gt=0, le=6_000)]
    scheduled_departure: Annotated[
        AwareDatetime, Field(strict=False), BeforeValidator(lambda v: datetime.fromisoformat(v))
    ]


def with_pydantic(request):
    if not isinstance(request.get("scheduled_departure", ""), str):
        request = request | {"scheduled_departure": "no text"}
    try:
        Request(**request)
    except ValidationError as error:
        found = {each["type"]: each["loc"][0] for each in reversed(error.errors())}
        if "missing" in found:
            return f"{found['missing']} is missing."
        if "extra_forbidden" in found:
            return "There is an unknown field."
        return f"{error.errors()[0]['loc'][0]} is not as expected."
    return None


def with_a_table_of_rules(request):
    rules = {
        "dest": lambda v: (
            isinstance(v, str) and len(v) == 3 and set(v) <= set(map(chr, range(65, 91)))
        ),
        "distance": lambda v: type(v) in (int, float) and 0 < v < 6_000.1,
        "scheduled_departure": has_zone,
    }
    for name in rules:
        if name not in request:
            return f"Where is {name}?"
    if len(request) > len(rules):
        return "A field has no meaning here."
    for name, rule in rules.items():
        if not rule(request[name]):
            return f"Field {name} is wrong."
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


def the_worst_server(calls):
    parts = [tail(part)["p99"] for _, part in calls.groupby("server")]
    return tail(calls) | {"p99": max(parts)}


def refusals_succeed(calls):
    good = (calls["status"] > 0) & (calls["status"] < 500)
    return tail(calls) | {"failed": 1 - good.mean()}


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


def of_the_errors(pick):
    def answer(differences, errors, harm, false_alarm, miss):
        same = [pick(errors)] * len(errors) if errors else []
        return walk(differences, same, harm, false_alarm, miss)

    answer.__name__ = f"{pick.__name__}_of_the_errors"
    return answer


def the_first_error(errors):
    return errors[0]


def pooled_alike(differences, errors, harm, false_alarm, miss):
    low, high = math.log(miss / (1 - false_alarm)), math.log((1 - miss) / false_alarm)
    for days in range(1, len(errors) + 1):
        mean = sum(differences[:days]) / days
        variance = sum(error**2 for error in errors[:days]) / days**2
        total = harm * (mean - harm / 2) / variance
        if total >= high:
            return "stop"
        if total <= low:
            return "promote"
    return "continue"


def a_tenth_for_ever(differences, errors, harm, false_alarm, miss):
    return walk(differences, errors, 0.1, false_alarm, miss)


def with_log10(differences, errors, harm, false_alarm, miss):
    low, high = math.log10(miss / (1 - false_alarm)), math.log10((1 - miss) / false_alarm)
    path = evidence(differences, errors, harm)
    crossed = [total for total in path if not low < total < high]
    if not crossed:
        return "continue"
    return "stop" if crossed[0] >= high else "promote"


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


def without_the_targets(history, versions, served):
    return only_promotions_served(
        [m | {"event": "promote"} if m["event"] == "by hand" else m for m in history],
        versions,
        served,
    )


def only_promotions_served(history, versions, served):
    for move in reversed(history[:-1]):
        version = move["version"]
        if move["event"] != "promote" or version in {history[-1]["version"], *fled(history)}:
            continue
        if version in versions and feeds(served, versions[version]):
            return version
    return None


def nothing_by_hand(history, versions, served):
    moves = [m for m in history if m["event"] != "by hand"]
    return rollback_target(moves, versions, served)


def fled(history):
    pairs = pairwise(history)
    return [before["version"] for before, after in pairs if after["event"] == "rollback"]


def pops_to_the_target(history, versions, served):
    stack = []
    for move in history:
        if move["event"] == "rollback":
            while stack and stack[-1] != move["version"]:
                stack.pop()
        else:
            stack.append(move["version"])
    bad = {*fled(history), *(stack[-1:])}
    usable = [v for v in stack if v not in bad and v in versions and feeds(served, versions[v])]
    return usable[-1] if usable else None


def forgiving(history, versions, served):
    bad = set()
    for at, move in enumerate(history):
        if move["event"] == "rollback":
            bad.add(history[at - 1]["version"])
        bad.discard(move["version"])
    for move in reversed(history):
        version = move["version"]
        if version in bad or version == history[-1]["version"] or version not in versions:
            continue
        if feeds(served, versions[version]):
            return version
    return None


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
    stack = []
    for move in history:
        stack = [version for version in stack if version != move["version"]] + [move["version"]]
    bad = {*fled(history), *stack[-1:]}
    usable = [v for v in stack if v in versions and feeds(served, versions[v]) and v not in bad]
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
        ("first-reason-only", first_only),
        ("unknown-reason", sentences),
        ("twice", twice),
        ("twice", one_for_each_column),
        ("changes-its-input", with_a_new_column),
        ("wrong-type", true_or_false),
    ],
    "11.2": [
        ("missing-field", leaving_out(missing=True)),
        ("unknown-field", leaving_out(unknown=True)),
        ("wrong-kind", leaving_out(dest=lambda d: not isinstance(d, str) or is_code(d))),
        ("any-text", leaving_out(dest=lambda d: isinstance(d, str))),
        (
            "small-letters",
            leaving_out(dest=lambda d: re.fullmatch("[A-Za-z]{3}", str(d)) is not None),
        ),
        ("trailing-newline", leaving_out(dest=lambda d: re.match("^[A-Z]{3}$", str(d)))),
        (
            "other-alphabets",
            leaving_out(
                dest=lambda d: isinstance(d, str) and d.isalpha() and d.isupper() and len(d) == 3
            ),
        ),
        ("a-list", leaving_out(dest=lambda d: not isinstance(d, int) and is_code("".join(d)))),
        (
            "number-as-text",
            leaving_out(distance=lambda d: is_distance(float(d) if isinstance(d, str) else d)),
        ),
        (
            "true-is-a-number",
            leaving_out(distance=lambda d: isinstance(d, int | float) and 0 < d <= 6_000),
        ),
        ("nothing", leaving_out(distance=lambda d: d is None or is_distance(d))),
        ("negative", leaving_out(distance=lambda d: type(d) in (int, float))),
        ("zero", leaving_out(distance=lambda d: type(d) in (int, float) and not d < 0)),
        ("not-a-number", leaving_out(distance=lambda d: type(d) in (int, float) and not d <= 0)),
        ("infinite", leaving_out(distance=lambda d: type(d) in (int, float) and d > 0)),
        ("too-far", leaving_out(distance=lambda d: type(d) in (int, float) and 0 < d < math.inf)),
        (
            "huge",
            leaving_out(distance=lambda d: is_distance(d) or (type(d) is int and d > 10**9)),
        ),
        ("raises", with_isfinite),
        ("no-time", leaving_out(times=True)),
        ("number-as-time", seconds_pass),
        ("number-in-a-text", seconds_in_a_text_pass),
        ("no-zone", leaving_out(naive=True)),
        ("names-several", all_at_once),
        ("quotes-input", naming_the_unknown),
        ("no-sentence", empty_for_the_unknown),
        ("refuses-good", empty_when_right),
        ("not-the-first", the_last_fault),
        ("not-the-first", in_the_order_sent),
        ("not-the-first", values_first),
        ("quotes-input", quoting),
        ("names-no-field", vague),
        ("no-sentence", wordy),
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
        ("worst-server", the_worst_server),
        ("refusal-is-no-failure", refusals_succeed),
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
        ("other-logarithm", with_log10),
        ("other-harm", a_tenth_for_ever),
        ("not-its-own-error", of_the_errors(the_first_error)),
        ("not-its-own-error", of_the_errors(max)),
        ("not-its-own-error", of_the_errors(np.mean)),
        ("not-its-own-error", pooled_alike),
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
        ("by-hand-served", only_promotions_served),
        ("rollback-served", without_the_targets),
        ("by-hand-served", nothing_by_hand),
        ("forgets-the-passed-over", pops_to_the_target),
        ("forgives", forgiving),
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
