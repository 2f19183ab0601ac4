"""Chapter 16: an alarm's limits, and what it does on recorded evenings."""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import groupby

from flightline.replay.policies import Day
from flightline.replay.recorded import Played, Tape, play_alarm, tapes
from workbook.explorer import Bar, Bars, Choice, Explorer, Slider, Table, View

#: Which of the evening's own numbers call somebody.
TODAY = {
    "both": "failed requests and findings",
    "drift": "the same, and a PSI above 2",
    "none": "neither",
}
#: How many bad days in a row call, and which share of what was announced is too good.
ROWS = {"0": "never", "1": "one", "2": "two running", "3": "three running"}
GOOD = {"0": "never", "0.5": "half", "0.6": "0.6", "0.8": "0.8"}


@cache
def _tapes() -> tuple[Tape, ...]:
    return tuple(tapes())


def alarm_of(
    today_shows: str, limit: float, row: int, good: float
) -> Callable[[Day, Sequence[Day]], bool]:
    """Return an alarm with these limits; 0 switches a question off."""

    def alarm(today: Day, earlier: Sequence[Day]) -> bool:
        if today_shows != "none" and (
            today.failed > 0.01 * today.flights or today.findings.keys() & {"range", "columns"}
        ):
            return True
        if today_shows == "drift" and today.drift > 2:
            return True
        if today.missing > today.missing_usual + limit:
            return True
        since = [*earlier, today][-today.since_call :]
        judged = [day for day in since if day.judged >= 100]
        last, week = judged[-row:] if row else [], judged[-7:]
        if row and len(last) == row and all(d.log_loss > d.usual_log_loss for d in last):
            return True
        late = sum(day.judged * day.late_rate for day in week)
        announced = sum(day.judged * day.judged_announced for day in week)
        return len(week) == 7 and late < good * announced

    return alarm


def played(alarm: Callable[[Day, Sequence[Day]], bool], tape: Tape) -> tuple[Played, int]:
    """Return what an alarm did on a tape, and on how many evenings a fault was in place."""
    called = set()

    def listening(today: Day, earlier: Sequence[Day]) -> bool:
        rings = alarm(today, earlier)
        if rings:
            called.add(today.date)
        return rings

    found = play_alarm(listening, tape)
    broken = 0
    pairs = zip(tape.days, tape.wrong, strict=True)
    for wrong, run in groupby(pairs, key=lambda pair: pair[1]):
        days = [day.date for day, _ in run]
        if wrong:
            broken += next((at for at, day in enumerate(days, 1) if day in called), len(days))
    return found, broken


def alarm_view(today_shows: str, limit: float, row: str, good: str) -> View:
    """Show what an alarm with these limits does on the tapes."""
    alarm = alarm_of(today_shows, limit, int(row), float(good))
    found = [(tape, *played(alarm, tape)) for tape in _tapes()]
    caught = sum(each.caught for _, each, _ in found)
    faults = sum(each.incidents for _, each, _ in found)
    false = sum(each.false_alarms for _, each, _ in found)
    evenings = sum(len(tape.days) for tape in _tapes())
    return View(
        headline=f"{caught} of {faults} faults caught, {false} calls for nothing.",
        parts=(
            Bars(
                f"Of {evenings} evenings",
                (
                    _bar("with a fault in place", sum(broken for *_, broken in found)),
                    _bar("with a call for nothing", false),
                ),
                largest=float(evenings),
            ),
            Table(
                "Tape by tape",
                ("Tape", "Faults caught", "Evenings with a fault", "Calls for nothing"),
                tuple(
                    (tape.name, f"{each.caught} of {each.incidents}", str(broken),
                     str(each.false_alarms))
                    for tape, each, broken in found
                ),
            ),
        ),
        note="Each tape was recorded with nobody acting. A fault that is called in is repaired.",
    )  # fmt: skip


def _bar(label: str, count: int) -> Bar:
    return Bar(label, float(count), f"{count}", "bad" if count else "good")


EXPLORERS = (
    Explorer(
        id="16.alarm",
        title="Whom does it wake, and when?",
        question="Which limits find all six faults and wake nobody for nothing?",
        parameters=(
            Choice("today_shows", "Today shows", tuple(TODAY.items())),
            Slider("limit", "Missing, above usual", start=0.05, stop=0.6, step=0.05),
            Choice("row", "Bad days that call", tuple(ROWS.items())),
            Choice("good", "Too good: late, of announced", tuple(GOOD.items())),
        ),
        function=alarm_view,
        key_states=(
            {"today_shows": "drift", "limit": 0.15, "row": "2", "good": "0.6"},
            {"today_shows": "both", "limit": 0.15, "row": "0", "good": "0"},
            {"today_shows": "none", "limit": 0.6, "row": "2", "good": "0.6"},
            {"today_shows": "both", "limit": 0.05, "row": "1", "good": "0.8"},
            {"today_shows": "both", "limit": 0.15, "row": "2", "good": "0.6"},
        ),
    ),
)
