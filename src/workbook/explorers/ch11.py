"""Chapter 11: how a canary ends, by the model in it, by its share, and by the rule."""

from flightline.canary import boundaries
from flightline.experiments.canary_rates import SHARES, canary_case
from workbook.explorer import (
    Bar,
    Bars,
    Choice,
    Explorer,
    Lines,
    Series,
    Step,
    Steps,
    StepState,
    Table,
    View,
)

CANARIES = (
    ("same", "the champion itself"),
    ("repaired", "version 4, a little better"),
    ("hours", "version 3, delays in hours"),
    ("timetable", "knows only the timetable"),
)
RULES = (
    ("sequential", "evidence, on the days as they were"),
    ("mixed", "evidence, with the flights dealt anew over the days"),
    ("peeking", "a 5 % test each day"),
)
GOOD = ("same", "repaired")
LAST_DAY = 28
LIMIT = 5.0
WORDS = {"stop": "stopped", "promote": "promoted", "continue": "still open"}


def how_it_ends(canary: str, share: float, rule: str) -> View:
    """Show what became of a thousand canaries, and the evidence of one."""
    case = canary_case(canary, share)
    found = case["rules"][rule]
    right = "promote" if canary in GOOD else "stop"
    return View(
        headline=(
            f"{found['stop']:.0%} stopped, {found['promote']:.0%} promoted, "
            f"{found['continue']:.0%} still open after {LAST_DAY} days. {_verdict(canary, found)}"
        ),
        parts=(
            Steps("Where the requests go", _split(share, canary)),
            Bars(
                "What became of 1,000 canaries",
                tuple(
                    Bar(
                        WORDS[action].capitalize(),
                        found[action],
                        f"{found[action]:.1%}",
                        "neutral" if action == "continue" else "good" if action == right else "bad",
                    )
                    for action in ("stop", "promote", "continue")
                ),
                largest=1.0,
            ),
            _evidence(case),
            Table(
                "Until it was decided, or 28 days were over",
                ("Measure", "Value"),
                (
                    ("Days until then, median", f"{found['looks']:.0f}"),
                    ("Cost above the champion's, in false alarms", f"{found['excess']:.0f}"),
                ),
            ),
        ),
        note="Replayed on the flights of September to December, each canary from another day and "
        "with other flights. The line is one of them, from 1 November, by evidence on the "
        "days as they were. A test each day never promotes: after 28 days somebody has to decide.",
    )


def _split(share: float, canary: str) -> tuple[Step, ...]:
    tone: StepState = "passed" if canary in GOOD else "stopped"
    return (
        Step("Champion", "passed", f"{1 - share:.0%} of the flights"),
        Step("Canary", tone, f"{share:.0%} of the flights", current=True),
    )


def _evidence(case: dict) -> Lines:
    low, high = boundaries()
    path = [max(-LIMIT, min(LIMIT, value)) for value in case["path"]]
    days = tuple(str(day) for day in range(1, LAST_DAY + 1))
    rest = (None,) * (LAST_DAY - len(path))
    return Lines(
        f"Evidence of harm in one canary: {WORDS[case['decision']]} on day {case['looks']}",
        days,
        "day",
        "log-likelihood ratio",
        (
            Series("evidence", (*path, *rest)),
            Series("stop above", (round(high, 2),) * LAST_DAY),
            Series("promote below", (round(low, 2),) * LAST_DAY),
        ),
        y_range=(-LIMIT, LIMIT),
        digits=1,
    )


def _verdict(canary: str, found: dict) -> str:
    if canary in GOOD:
        return "Every stop is a false alarm."
    if found["promote"]:
        return "Every promotion lets harm through."
    return "None was promoted."


EXPLORERS = (
    Explorer(
        id="11.canary",
        title="How a canary ends",
        question="When does the rule keep its 5 %, and what does a larger share buy?",
        parameters=(
            Choice("canary", "Model in the canary", CANARIES),
            Choice("share", "Share of the flights", tuple((s, f"{s:.0%}") for s in SHARES)),
            Choice("rule", "Rule", RULES),
        ),
        function=how_it_ends,
        key_states=(
            {"canary": "same", "share": 0.1, "rule": "peeking"},
            {"canary": "same", "share": 0.1, "rule": "sequential"},
            {"canary": "hours", "share": 0.5, "rule": "sequential"},
            {"canary": "hours", "share": 0.5, "rule": "mixed"},
            {"canary": "hours", "share": 0.01, "rule": "sequential"},
        ),
    ),
)
