"""The exercises of chapter 11: promoting, refusing, the tail, the canary and the way back."""

import math
import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from workbook.exercise import (
    NOT_ATTEMPTED,
    Answer,
    Exercise,
    Mismatch,
    Verdict,
    mapping,
    names,
    number,
    text,
    wrong,
)

# --- 11.1 May it serve? --------------------------------------------------------------------------

SERVED = {"distance": "long", "weekday": "long", "carrier": "string", "delay_3h": "double"}
CANDIDATE = {
    "action": "promote",
    "inputs": {"carrier": "string", "distance": "long", "delay_3h": "double"},
    "trained_until": date(2013, 6, 30),
    "judged_from": date(2013, 7, 1),
}
SLICES = [("EWR", 3_000, -0.01), ("JFK", 2_500, -0.002), ("LGA", 2_500, 0.005)]
REASONS = ("not better", "slice", "inputs", "seen")

Rows = list[tuple[str, int, float]]

OBJECTION_CASES: list[tuple[dict[str, Any], Rows, set[str], str, str]] = [
    (
        {},
        SLICES,
        set(),
        "objects-to-good",
        "This candidate has no fault: the gate says `promote`, no slice is worse by **more** than "
        "0.005, every input is served, and it was judged after its training. Your function objects "
        "all the same.",
    ),
    (
        {"action": "keep"},
        SLICES,
        {"not better"},
        "ignores-gate",
        "The gate said `keep`, and your function has nothing against the candidate.",
    ),
    (
        {"action": "wait"},
        SLICES,
        {"not better"},
        "wait-is-no-yes",
        "The gate said `wait`: there were too few flights to decide. That is not a `promote`.",
    ),
    (
        {},
        [*SLICES, ("SWF", 199, 0.3)],
        set(),
        "small-slice",
        "A slice of 199 flights decides nothing here: ten storms in it would stop any model. Look "
        "at slices of at least 200 flights.",
    ),
    (
        {},
        [*SLICES[:2], ("LGA", 200, 0.0051)],
        {"slice"},
        "average-hides-slice",
        "In this table LGA, with 200 flights, is worse by more than 0.005, and your function lets "
        "the candidate through. The average over all slices hides it.",
    ),
    (
        {"inputs": {"carrier": "string", "wind_gust": "double"}},
        SLICES,
        {"inputs"},
        "ignores-missing-input",
        "The candidate needs `wind_gust`, and the service doesn't have it. It would fail at its "
        "first request.",
    ),
    (
        {"inputs": {"carrier": "string"}},
        SLICES,
        set(),
        "wants-all-served",
        "The candidate needs one column and the service has four. What is served and not needed "
        "does no harm.",
    ),
    (
        {"inputs": {"distance": "string"}},
        SLICES,
        {"inputs"},
        "names-only",
        "The column is there, and its type is another: `distance` is served as `long`, and this "
        "candidate reads a `string`. Compare types too.",
    ),
    (
        {"inputs": {"distance": "double"}},
        SLICES,
        set(),
        "no-widening",
        "`distance` is served as `long`, and the candidate reads a `double`. By `READS` that loses "
        "nothing, so it is no objection.",
    ),
    (
        {"inputs": {"delay_3h": "long"}},
        SLICES,
        {"inputs"},
        "narrowing",
        "The candidate reads `delay_3h` as `long`, and it is served as `double`: 12.5 minutes and "
        "missing values have no whole number. `READS[needed]` lists what may be served.",
    ),
    (
        {"judged_from": date(2013, 6, 30)},
        SLICES,
        {"seen"},
        "judged-on-training",
        "The candidate was trained until 30 June and judged from 30 June on: it had seen that day. "
        "The first judged day must lie **after** the last day of training.",
    ),
    (
        {
            "action": "keep",
            "inputs": {"wind_gust": "double"},
            "trained_until": date(2013, 1, 31),
            "judged_from": date(2013, 1, 1),
        },
        [("EWR", 900, 0.2)],
        set(REASONS),
        "first-reason-only",
        "This candidate has all four faults. Whoever has to mend it wants to know every one, not "
        "only the first.",
    ),
    (
        {"inputs": {"carrier": "string", "distance": "string", "wind_gust": "double"}},
        [("EWR", 900, 0.2), ("JFK", 900, 0.2)],
        {"slice", "inputs"},
        "two-of-a-kind",
        "Two inputs and two slices are at fault here: `inputs` and `slice` are the reasons.",
    ),
]


def check_objections(answer: Answer) -> Verdict | None:
    """Try candidates with one fault each, at the edges of the rules, then one with all."""
    import pandas as pd

    for change, rows, expected, message_id, message in OBJECTION_CASES:
        slices = pd.DataFrame(rows, columns=["slice", "flights", "difference"])
        found = answer.call(CANDIDATE | change, SERVED, slices, returns=names)
        unknown = sorted(set(found) - set(REASONS))
        if unknown:
            return wrong(
                "unknown-reason",
                f"`{unknown[0]}` is none of the four reasons: {', '.join(REASONS)}.",
            )
        if len(found) != len(set(found)):
            return wrong("twice", f"Each reason once: your list is {found}.")
        if set(found) != expected:
            return wrong(message_id, message)
    slices = pd.DataFrame(SLICES, columns=["slice", "flights", "difference"])
    if answer.mutates(CANDIDATE, SERVED, slices):
        return wrong(
            "changes-its-input",
            "Your function changes what it is given. Whoever asks it looks at the same table and "
            "dictionaries next: leave them as they are.",
        )
    return None


# --- 11.2 What is wrong with this request? -------------------------------------------------------

REQUEST = {
    "dest": "LAX",
    "distance": 2475,
    "scheduled_departure": "2013-09-01T22:30:00Z",
}
BAD_REQUESTS: list[tuple[dict[str, Any], str, str, str]] = [
    ({"dest": 42}, "dest", "wrong-kind", "`dest` is a number here, and passes."),
    ({"dest": "los angeles"}, "dest", "any-text", "`dest` is no code of three capital letters."),
    (
        {"dest": "lax"},
        "dest",
        "small-letters",
        "`lax` passes. The model knows `LAX`; for an unknown code it gives some answer, and nobody "
        "notices.",
    ),
    (
        {"dest": "LAX\n"},
        "dest",
        "trailing-newline",
        "`LAX` with a line break behind it passes. In a regular expression `$` also matches before "
        "a final line break: `re.fullmatch` doesn't.",
    ),
    (
        {"dest": "ÄÖÜ"},
        "dest",
        "other-alphabets",
        "`ÄÖÜ` passes: `isalpha` and `isupper` are true for the letters of every alphabet. Airport "
        "codes have A to Z.",
    ),
    ({"dest": ["L", "A", "X"]}, "dest", "a-list", "A list of three letters passes as `dest`."),
    ({"distance": "1907"}, "distance", "number-as-text", '`"1907"` is a text, not a number.'),
    (
        {"distance": True},
        "distance",
        "true-is-a-number",
        "`True` passes as a distance: in Python a bool is an int. Rule it out.",
    ),
    ({"distance": None}, "distance", "nothing", "`None` passes as a distance."),
    ({"distance": -5}, "distance", "negative", "A distance of -5 miles passes."),
    ({"distance": 0}, "distance", "zero", "A distance of 0 miles passes."),
    (
        {"distance": float("nan")},
        "distance",
        "not-a-number",
        "NaN passes. Python's JSON reader takes it, and every comparison with it is false: "
        "`NaN <= 0` too.",
    ),
    ({"distance": float("inf")}, "distance", "infinite", "An infinite distance passes."),
    ({"distance": 6_001}, "distance", "too-far", "A distance of 6,001 miles passes."),
    ({"distance": 10**400}, "distance", "huge", "A distance of 10**400 miles passes."),
    (
        {"scheduled_departure": "tomorrow"},
        "scheduled_departure",
        "no-time",
        "`tomorrow` passes as a time.",
    ),
    (
        {"scheduled_departure": 1378074600},
        "scheduled_departure",
        "number-as-time",
        "A number passes as a time. Seconds, milliseconds? Ask for a text.",
    ),
    (
        {"scheduled_departure": "1378074600"},
        "scheduled_departure",
        "number-in-a-text",
        "A text that holds a number, `1378074600`, passes as a time. It is not ISO 8601.",
    ),
    (
        {"scheduled_departure": "2013-10-06T07:45:00"},
        "scheduled_departure",
        "no-zone",
        "A time without a zone passes. New York's clock or UTC? Four hours lie between them.",
    ),
]
#: Two faults each: the first in the order of the rules is the one to name.
TWICE_BAD: list[tuple[dict[str, Any], str]] = [
    ({"distance": -5, "dest": "lax"}, "dest"),
    ({"scheduled_departure": "tomorrow", "distance": "far"}, "distance"),
    ({"dest": ..., "distance": -5}, "dest"),
    ({"dest": "lax", "distance": ...}, "distance"),
    ({"dest": ..., "scheduled_departure": ...}, "dest"),
]


def check_complaint(answer: Answer) -> Verdict | None:
    """Try good requests, then each kind of bad one, and read the sentence."""
    if (complaint := _say(answer, REQUEST)) is not None:
        return wrong(
            "refuses-good",
            f"This request is right, so that `None` is right, and your function says "
            f"{_short(complaint)}: {REQUEST}.",
        )
    for good in (
        REQUEST | {"distance": 80.5},
        REQUEST | {"distance": 6_000},
        REQUEST | {"scheduled_departure": "2013-09-01T18:30:00-04:00"},
        dict(reversed(REQUEST.items())),
    ):
        if (complaint := _say(answer, good)) is not None:
            return wrong(
                "too-strict",
                f"This request is right too, and your function says {_short(complaint)}: {good}.",
            )
    for field in REQUEST:
        complaint = _say(answer, {name: REQUEST[name] for name in REQUEST if name != field})
        if complaint is None:
            return wrong("missing-field", f"A request without `{field}` passes.")
        if found := _unclear(complaint, field, []):
            return found
    for change, field, message_id, message in BAD_REQUESTS:
        complaint = _say(answer, REQUEST | change)
        if complaint is None:
            return wrong(message_id, message)
        if found := _unclear(complaint, field, _texts(change.values())):
            return found
    return _unknown(answer) or _first_fault(answer)


def _unknown(answer: Answer) -> Verdict | None:
    for name in ("distanse", "x" * 500, "<script>"):
        complaint = _say(answer, REQUEST | {name: 2475})
        if complaint is None:
            return wrong(
                "unknown-field",
                f"A field that nobody knows, {_short(name)}, passes. The client believes that it "
                "told you something.",
            )
        if found := _unclear(complaint, "", [name]):
            return found
    return None


def _first_fault(answer: Answer) -> Verdict | None:
    """Try requests with two faults, in several orders of their fields."""
    for change, field in TWICE_BAD:
        request = {name: value for name, value in (REQUEST | change).items() if value is not ...}
        for asked in (request, dict(reversed(request.items()))):
            complaint = _say(answer, asked) or ""
            if not _names(complaint, field) or _others(complaint, field):
                return wrong(
                    "not-the-first",
                    f"`{asked}` breaks two rules, and the first of the list that is broken is "
                    f"about `{field}`. Your sentence is {_short(complaint)}.",
                )
    complaint = _say(answer, REQUEST | {"dest": "lax", "wind": 12}) or ""
    if _names(complaint, "dest"):
        return wrong(
            "unknown-after-values",
            "With an unknown field and a wrong `dest`, the second rule is broken and the third "
            f"too: speak of the unknown field. Your sentence is {_short(complaint)}.",
        )
    return None


def _say(answer: Answer, request: dict[str, Any]) -> str | None:
    return answer.call(request, returns=_text_or_none)


def _text_or_none(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise Mismatch("a sentence, or `None` for a right request")
    return text(value)


def _short(value: str) -> str:
    return repr(value if len(value) <= 60 else f"{value[:60]}…")


def _texts(values: Iterable[Any]) -> list[str]:
    # A bare `inf` or `True` may well stand in a sentence that quotes nothing.
    return [str(value) for value in values if type(value) in (str, int)]


def _names(complaint: str, field: str) -> bool:
    return re.search(rf"\b{field}\b", complaint) is not None


def _others(complaint: str, field: str) -> list[str]:
    return [name for name in REQUEST if name != field and _names(complaint, name)]


def _unclear(complaint: str, field: str, sent: list[str]) -> Verdict | None:
    if field and not _names(complaint, field):
        return wrong(
            "names-no-field",
            f"`{field}` is wrong, and your sentence doesn't name it: {_short(complaint)}. Whoever "
            "reads it has to guess.",
        )
    if field and _others(complaint, field):
        return wrong(
            "names-several",
            f"Only `{field}` is wrong, and your sentence names `{_others(complaint, field)[0]}` "
            f"too: {_short(complaint)}. Whoever reads it has to guess.",
        )
    if any(len(value) > 2 and value in complaint for value in sent):
        return wrong(
            "quotes-input",
            f"Your sentence quotes what was sent: {_short(complaint)}. It ends up in logs and on "
            "pages, and what a stranger sends, the name of an unknown field too, may be a script "
            "or a secret. Say what you expect.",
        )
    if not complaint.strip() or len(complaint) > 120 or "\n" in complaint.strip():
        return wrong(
            "no-sentence",
            f"One line of 1 to 120 characters is asked for, and yours is {_short(complaint)}.",
        )
    return None


# --- 11.3 Read the tail --------------------------------------------------------------------------


def check_tail(answer: Answer) -> Verdict | None:
    """Try a stall, two unequal servers, and calls that failed quickly."""
    import numpy as np

    stalled = _calls({"a": [10.0] * 90 + [1_000.0] * 10}, waited=lambda n: 0.0)
    report = _report(answer, stalled)
    if isinstance(report, Verdict):
        return report
    if not np.isclose(report["p50"], 10):
        return wrong(
            "not-the-median",
            "Of 100 calls 90 took 10 ms and 10 took 1,000 ms: the median, `p50`, is 10 ms. Yours "
            f"is {report['p50']:.4g}.",
        )
    if not np.isclose(report["p99"], 1_000):
        return wrong(
            "not-the-tail",
            "Of 100 calls 90 took 10 ms and 10 took 1,000 ms: 99 per cent are answered within "
            f"1,000 ms. Your `p99` is {report['p99']:.4g}.",
        )
    if report["failed"] != 0:
        return wrong("counts-slow", "Every call was answered with 200, if slowly: `failed` is 0.")
    waiting = _calls({"a": [10.0] * 100}, waited=lambda n: 2_000.0 if n >= 80 else 0.0)
    report = _report(answer, waiting)
    assert not isinstance(report, Verdict)
    if np.isclose(report["p99"], 10):
        return wrong(
            "omits-waiting",
            "Here 20 calls were sent two seconds after they were due, because the client waited "
            "for the server. Who asks at that moment waits these two seconds. Count from `due`.",
        )
    if not np.isclose(report["p99"], 2_010):
        return wrong(
            "other-start",
            "Here the last 20 of 100 calls waited 2,000 ms and then took 10 ms: `p99` is 2,010 ms "
            f"and not {report['p99']:.4g}.",
        )
    uneven = _calls({"a": [10.0] * 900, "b": [500.0] * 100}, waited=lambda n: 0.0)
    report = _report(answer, uneven)
    assert not isinstance(report, Verdict)
    if np.isclose(report["p99"], 255) or np.isclose(report["p50"], 255):
        return wrong(
            "averages-percentiles",
            "Server a gave 900 answers in 10 ms, b 100 in 500 ms. You take each server's "
            "percentile and average them: 255 ms, which nobody saw. Percentiles come from all "
            "calls together.",
        )
    if not np.isclose([report["p50"], report["p99"]], [10, 500]).all():
        return wrong(
            "not-all-together",
            "Server a gave 900 answers in 10 ms, b 100 in 500 ms: together `p50` is 10 and `p99` "
            f"500. Yours are {report['p50']:.4g} and {report['p99']:.4g}.",
        )
    rare = _calls({"a": [10.0] * 995, "b": [500.0] * 5}, waited=lambda n: 0.0)
    report = _report(answer, rare)
    assert not isinstance(report, Verdict)
    if not np.isclose(report["p99"], 10):
        return wrong(
            "worst-server",
            "Server a gave 995 answers in 10 ms, b 5 in 500 ms: 99 per cent of the 1,000 came "
            f"within 10 ms. Your `p99` is {report['p99']:.4g}, and few of the answers were b's.",
        )
    return _with_failures(answer)


def _with_failures(answer: Answer) -> Verdict | None:
    import numpy as np

    calls = _calls({"a": [1.0] * 120 + [40.0] * 60 + [80.0] * 20}, waited=lambda n: 0.0)
    calls = calls.sort_index()
    calls.loc[calls.index[:50], "status"] = 503
    calls.loc[calls.index[50:80], "status"] = 422
    calls.loc[calls.index[80:120], "status"] = 0
    calls.loc[calls.index[80:120], "answered"] = np.nan
    report = _report(answer, calls)
    assert not isinstance(report, Verdict)
    if np.isclose(report["failed"], 1.5):
        return wrong(
            "failed-per-answer",
            "Of 200 calls 120 failed: that is 0.6 of all calls, not 1.5 per answered one.",
        )
    if report["failed"] in (60, 120):
        return wrong("failed-not-a-share", "`failed` is a share from 0 to 1.")
    if np.isclose(report["failed"], 0.4):
        return wrong(
            "no-answer-is-no-failure",
            "40 of the 200 calls had no answer at all (status 0), and you don't count them. For "
            "who asked, that is the worst case.",
        )
    if np.isclose(report["failed"], 0.2):
        return wrong(
            "error-is-no-failure",
            "80 of the 200 calls were answered with 503 or 422. An answer that says *I can't*, or "
            "*I won't*, is a failure here.",
        )
    if np.isclose(report["failed"], 0.45):
        return wrong(
            "refusal-is-no-failure",
            "30 of the 200 calls were answered with 422, and you don't count them. By the text a "
            "call succeeded if its status is 200.",
        )
    if not np.isclose(report["failed"], 0.6):
        return wrong(
            "other-failed",
            "Of 200 calls 50 got status 503, 30 got 422 and 40 none: `failed` is 0.6, and yours is "
            f"{report['failed']:.4g}.",
        )
    if np.isnan(report["p50"]) or np.isnan(report["p99"]):
        return wrong(
            "nan-of-no-answer",
            "A call without an answer has no `answered`, and it turns your percentiles into `nan`. "
            "Take them over the calls that got a 200.",
        )
    if not np.isclose([report["p50"], report["p99"]], [40, 80]).all():
        return wrong(
            "fast-failures",
            "80 calls were refused within 1 ms, and they make your percentiles look good. How long "
            "an answer takes is a question about answers: here `p50` is 40 and `p99` is 80.",
        )
    return None


def _calls(service: dict[str, list[float]], waited: Any) -> Any:
    """Return calls by server, the last one first, in no order of time."""
    import pandas as pd

    rows = [
        {"server": server, "due": 20.0 * n, "sent": 20.0 * n + waited(n), "took": took}
        for server, times in service.items()
        for n, took in enumerate(times)
    ]
    calls = pd.DataFrame(rows)
    calls["answered"] = calls["sent"] + calls["took"]
    calls["status"] = 200
    mixed = calls.drop(columns="took").sample(frac=1, random_state=1)
    return mixed.sort_values("server", kind="stable", ascending=False)


def _report(answer: Answer, calls: Any) -> dict[str, float] | Verdict:
    given = answer.call(calls, returns=mapping)
    if any(value is ... for value in given.values()):
        return NOT_ATTEMPTED
    if set(given) != {"p50", "p99", "failed"}:
        raise Mismatch("a dictionary with the keys `p50`, `p99` and `failed`")
    try:
        return {name: number(value) for name, value in given.items()}
    except Mismatch:
        raise Mismatch("a dictionary whose three values are numbers") from None


# --- 11.4 When does the canary stop? -------------------------------------------------------------

ACTIONS = ("stop", "promote", "continue")


def check_canary(answer: Answer) -> Verdict | None:
    """Try days in which one rule decides, then a hundred canaries."""
    for differences, errors, expected, message_id, message in _canaries():
        action = _decide(answer, differences, errors)
        if action != expected:
            return wrong(message_id, message.format(action))
    action = _decide(answer, [0.1] * 3, [0.1] * 3, harm=0.3)
    if action != "promote":
        return wrong(
            "other-harm",
            "Here `harm` is 0.3, and on three days the canary costs 0.1 more, with an error of "
            "0.1: nearer to no harm than to this one. By the formula the evidence is -1.5 a day, "
            f"which promotes; your rule says `{action}`. Does it use `harm`?",
        )
    uneven = _decide(answer, [0.21] * 3, [0.1] * 3, false_alarm=0.001, miss=0.2)
    even = _decide(answer, [-0.12] * 3, [0.1] * 3, false_alarm=0.2, miss=0.001)
    if (uneven, even) != ("continue", "continue"):
        return wrong(
            "other-boundaries",
            "With a false-alarm rate of 0.001 and a miss rate of 0.2, three middling days must "
            "leave it open, and the other way round too. The upper boundary is "
            "log((1 - miss) / false_alarm), the lower one log(miss / (1 - false_alarm)).",
        )
    return _rates(answer)


def _canaries() -> list[tuple[list[float], list[float], str, str, str]]:
    quiet, loud = 0.1, 1.0
    return [
        (
            [],
            [],
            "continue",
            "decides-without-data",
            "Before the first day there is no evidence, and your rule says `{}`.",
        ),
        (
            [0.3, 0.3, 0.3],
            [quiet] * 3,
            "stop",
            "never-stops",
            "On three days in a row the canary costs 0.3 more per flight, three standard errors "
            "each time, and your rule says `{}`.",
        ),
        (
            [-0.2] * 5,
            [quiet] * 5,
            "promote",
            "never-promotes",
            "On five days in a row the canary is cheaper by 0.2, two standard errors each time, "
            "and your rule says `{}`.",
        ),
        (
            [0.05] * 6,
            [quiet] * 6,
            "continue",
            "harm-not-halved",
            "On each day the difference is 0.05, just as far from 0 as from a harm of 0.1. That "
            "speaks for neither, and your rule says `{}`. Look at the formula again.",
        ),
        (
            [-0.05] * 2,
            [quiet] * 2,
            "continue",
            "other-logarithm",
            "After these two days the evidence is -2.0. The lower boundary, log(0.05 / 0.95), is "
            "-2.94 by the natural logarithm (`math.log`, `np.log`), and -1.28 by `log10`. Your "
            "rule says `{}`.",
        ),
        (
            [0.3, 0.3, 0.3, -0.3, -0.3, -0.3, -0.3, -0.3, -0.3, -0.3],
            [quiet] * 10,
            "stop",
            "last-day-decides",
            "After three days the evidence has crossed the upper boundary. Then the canary is "
            "over, and what would have come after doesn't count. Your rule says `{}`.",
        ),
        (
            [0.17, 0.16],
            [quiet] * 2,
            "continue",
            "peeks",
            "After the first of these days the canary looks worse, by 1.7 standard errors, and a "
            "single test would stop it. Your rule says `{}`; at every look such a test gets "
            "another chance to be wrong.",
        ),
        (
            [-0.3, -0.3, 0.6, 0.6],
            [quiet] * 4,
            "promote",
            "stop-looks-first",
            "On the first day the lower boundary is crossed, before the bad days come. The first "
            "crossing decides, whichever it is, and your rule says `{}`.",
        ),
        (
            [0.9, 0.9, 0.9],
            [loud] * 3,
            "continue",
            "ignores-errors",
            "Here 0.9 is less than one standard error: a few flights on stormy days. Divide by the "
            "error squared; your rule says `{}`.",
        ),
        (
            [0.1, 0.3, 0.3],
            [loud, quiet, quiet],
            "stop",
            "not-its-own-error",
            "The first day has an error of 1.0, the other two of 0.1. Divided by its own error "
            "squared, the first adds 0.005 to the evidence and each of the others 2.5, which "
            "stops the canary. Your rule says `{}`.",
        ),
        (
            [0.1, 3.0],
            [quiet, loud],
            "continue",
            "not-its-own-error",
            "The first day has an error of 0.1, the second of 1.0. Divided by its own error "
            "squared, the first adds 0.5 to the evidence and the second 0.3, which decides "
            "nothing. Your rule says `{}`.",
        ),
    ]


def _rates(answer: Answer) -> Verdict | None:
    import numpy as np

    rng = np.random.default_rng(5)
    days, canaries = 40, 60
    for mean, bad, message_id, message in (
        (
            0.0,
            "stop",
            "false-alarms",
            "Of 60 canaries as good as the champion your rule stops {}; at a false-alarm rate of "
            "0.05 some 3 are right.",
        ),
        (
            0.1,
            "promote",
            "misses",
            "Of 60 canaries that cost 0.1 more per flight your rule promotes {}; at a miss rate of "
            "0.05 some 3 are right.",
        ),
    ):
        errors = rng.uniform(0.08, 0.15, (canaries, days))
        found = [
            _decide(answer, rng.normal(mean, each).round(4).tolist(), each.round(4).tolist())
            for each in errors
        ]
        if found.count(bad) > 9:
            return wrong(message_id, message.format(found.count(bad)))
        if found.count("continue") > 6:
            return wrong(
                "never-decides",
                f"After {days} days your rule still says `continue` for {found.count('continue')} "
                f"of {canaries} canaries.",
            )
    return None


def _decide(
    answer: Answer,
    differences: list[float],
    errors: list[float],
    false_alarm: float = 0.05,
    miss: float = 0.05,
    harm: float = 0.1,
) -> str:
    return answer.call(differences, errors, harm, false_alarm, miss, returns=_action)


def _action(value: Any) -> str:
    if value not in ACTIONS:
        raise Mismatch('`"stop"`, `"promote"` or `"continue"`')
    return str(value)


# --- 11.5 Back to which version? -----------------------------------------------------------------

FEEDS = {"distance": "long", "delay_3h": "double"}
ALL = {version: {"distance": "long", "delay_3h": "double"} for version in range(1, 10)}


def _moves(*moves: tuple[str, int]) -> list[dict[str, Any]]:
    return [{"event": event, "version": version} for event, version in moves]


P, R, H = "promote", "rollback", "by hand"
SIMPLE = _moves((P, 2), (P, 4))
WAYS_BACK: list[tuple[list[dict[str, Any]], dict[int, Any], int | None, str, str]] = [
    (
        SIMPLE,
        ALL,
        2,
        "not-the-one-before",
        "Version 4 serves and version 2 served before it, without trouble: back to 2. Yours says "
        "{}.",
    ),
    (
        _moves((P, 5), (P, 3), (P, 7)),
        ALL,
        3,
        "by-number",
        "Version 3 served after version 5: when it served counts, not its number. Yours says {}.",
    ),
    (
        _moves((P, 1), (P, 2), (P, 3), (R, 2)),
        ALL,
        1,
        "back-to-the-bad-one",
        "Somebody went back from 3 to 2, and now 2 is in trouble as well. Version 3 was left for a "
        "reason; the next is 1. Yours says {}.",
    ),
    (
        _moves((P, 1), (H, 2), (P, 3)),
        ALL,
        2,
        "by-hand-served",
        "Version 2 came by hand and served until 3 did: whatever the event, it served. Back to 2. "
        "Yours says {}.",
    ),
    (
        _moves((P, 1), (P, 2), (P, 1)),
        ALL,
        2,
        "not-the-serving-one",
        "Version 1 serves again, as a promotion. The latest other version that served is 2. Yours "
        "says {}.",
    ),
    (
        _moves((P, 1), (P, 2), (P, 3)),
        {version: inputs for version, inputs in ALL.items() if version != 2},
        1,
        "deleted",
        "Version 2 isn't among `versions` any more: somebody deleted its files. Back to 1. Yours "
        "says {}.",
    ),
    (
        _moves((P, 5), (P, 1), (P, 2), (R, 1), (P, 3)),
        {version: inputs for version, inputs in ALL.items() if version != 1},
        5,
        "forgets-the-bad-one",
        "Version 2 was rolled back from before 3 came, and stays out for good. Version 1, which "
        "followed it, has been deleted: back to 5. Yours says {}.",
    ),
    (
        _moves((P, 1), (P, 2), (P, 3), (R, 1), (P, 4)),
        ALL,
        1,
        "rollback-served",
        "Somebody went back from 3 to 1, and 1 served until 4 came: where a rollback leads has "
        "served too, and latest. Back to 1. Yours says {}.",
    ),
    (
        _moves((P, 1), (P, 2), (P, 3), (R, 1), (P, 4)),
        {version: inputs for version, inputs in ALL.items() if version != 1},
        2,
        "forgets-the-passed-over",
        "Somebody went back from 3 to 1, past 2, and 1 has been deleted since. Nobody went back "
        "from 2: that is the way. Yours says {}.",
    ),
    (
        _moves((P, 1), (P, 2), (R, 1), (P, 2), (P, 3)),
        ALL,
        1,
        "forgives",
        "Somebody went back from 2 once. That it was promoted again doesn't make it good by the "
        "rule: back to 1. Yours says {}.",
    ),
    (
        _moves((P, 1), (P, 2), (P, 3)),
        {**ALL, 2: {"distance": "long", "wind_gust": "double"}},
        1,
        "cannot-be-fed",
        "Version 2 needs `wind_gust`, which the service doesn't provide any more. It would answer "
        "nothing. Back to 1. Yours says {}.",
    ),
    (
        _moves((P, 1), (P, 2), (P, 3)),
        {**ALL, 2: {"distance": "string"}},
        1,
        "other-type",
        "Version 2 reads `distance` as a `string`, and the service provides a `long`. Back to 1. "
        "Yours says {}.",
    ),
    (
        _moves((P, 1), (P, 2), (P, 3)),
        {**ALL, 2: {"distance": "double"}},
        2,
        "no-widening",
        "Version 2 reads `distance` as a `double`, which a `long` can be (`READS`): back to 2. "
        "Yours says {}.",
    ),
    (
        _moves((P, 1), (P, 2), (R, 1)),
        ALL,
        None,
        "nowhere",
        "Version 1 serves after a rollback from 2. There is nothing else to go back to: `None`. "
        "Yours says {}.",
    ),
    ([], ALL, None, "empty", "Where nothing ever served there is no way back: `None`, not {}."),
]


def check_way_back(answer: Answer) -> Verdict | None:
    """Try histories in which one rule decides."""
    for history, versions, expected, message_id, message in WAYS_BACK:
        target = answer.call(history, versions, FEEDS, returns=_version)
        if target != expected:
            return wrong(message_id, message.format(target))
    return None


def _version(value: Any) -> int | None:
    if value is None:
        return None
    try:
        found = number(value)
    except Mismatch:
        raise Mismatch("the number of a version, or `None`") from None
    if not math.isfinite(found) or found != int(found):
        raise Mismatch("the number of a version, or `None`")
    return int(found)


EXERCISES = (
    Exercise(
        "11.1",
        "May it serve?",
        check_objections,
        hints=(
            "Start with an empty list, and let each of the four questions add to it or not. "
            "No question depends on the answer to another.",
            "For the inputs: go through what the candidate needs. Two things can be wrong with a "
            "column, and `dict.get` lets one comparison cover both.",
            "The edges are in the text: what does *more than* mean for exactly 0.005, and *at "
            "least* for exactly 200? Dates can be compared like numbers.",
        ),
        why="The gate of chapter 04 asks whether the model is better. Serving adds what a table of "
        "scores can't know: whether the service can feed it, and whether its score is about days "
        "that it hadn't seen. All reasons are told, because each may take another person to mend.",
    ),
    Exercise(
        "11.2",
        "What is wrong with this request?",
        check_complaint,
        hints=(
            "Names first: which fields are missing, and which are unknown? Then take the fields "
            "one by one.",
            "Ask for the type before you compare: `-5 <= 0` is a question to a number. In Python "
            "`isinstance(True, int)` is true.",
            "Say what is right and refuse the rest: NaN, infinity and 10**400 all fail a question "
            "with two limits. A `datetime` without a zone has `tzinfo` None.",
        ),
        why="Each rule closes a door through which a model would have got something that it "
        "answers without complaint: a model never says no. The sentence names the field and what "
        "is expected, which is what the client needs; it repeats nothing of what was sent.",
    ),
    Exercise(
        "11.3",
        "Read the tail",
        check_tail,
        hints=(
            "Two questions, over two sets of rows: how many calls failed, of all; and how long the "
            "answers took, of those that got one.",
            "Since when has the passenger been waiting? The table has two columns that could mark "
            "that moment.",
            "`Series.quantile` takes a share between 0 and 1. You don't need the column `server`.",
        ),
        why="From `due`, because waiting for one's turn is waiting. Over all calls together, "
        "because a percentile of percentiles is a percentile of nothing. Over answers only, with "
        "the failures beside them, because refusing quickly would improve the percentile.",
    ),
    Exercise(
        "11.4",
        "When does the canary stop?",
        check_canary,
        hints=(
            "What must you remember from one day to the next? It is a single number.",
            "If a day decides, the function returns at once. What does it return when the days "
            "are used up?",
            "What a day adds is the formula above, with that day's own error: a day with a large "
            "one adds little. The boundaries don't change from day to day.",
        ),
        why="Each day adds its log-likelihood ratio, and the walk ends at the first boundary it "
        "crosses. The two boundaries are where the promised error rates come from, so that you may "
        "look every day: the rule was made for it. What it assumes about the days is put to the "
        "test next.",
    ),
    Exercise(
        "11.5",
        "Back to which version?",
        check_way_back,
        hints=(
            "First read the history once and note two things: in which order versions served, and "
            "which of them somebody fled from.",
            "A rollback names the version that it goes to. The one it flees from is the version "
            "that served at that moment.",
            "Then go through the order from its end, and take the first version that passes every "
            "condition: not serving, not bad, still there, can be fed.",
        ),
        why="A way back has to lead to something that works. So a version that was fled from is "
        "out, however recent; and so is one whose files are gone or whose inputs nobody provides "
        "any more, because a server that can't load it or feed it answers nothing.",
    ),
)
