"""Recorded evenings, to try an alarm on in an instant: other faults than those of a replay."""

import datetime
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from flightline.replay.policies import Day

ARTIFACT = Path(__file__).resolve().parents[1] / "artifacts" / "replay_tapes.json"
#: A call on one of so many days after an incident's last isn't counted as false: labels of its
#: flights still come in.
AFTER = 2


@dataclass(frozen=True)
class Tape:
    """Evenings of a period in which nobody acted.

    Attributes
    ----------
    name
        What happens in it.
    days
        What was known on each evening.
    wrong
        Whether something was broken on that day that should be repaired.
    """

    name: str
    days: list[Day]
    wrong: list[bool]


class Played(NamedTuple):
    """What an alarm did on a tape.

    Attributes
    ----------
    caught, incidents
        How many incidents it called in, and how many there were.
    false_alarms
        Calls while nothing was broken.
    days_until_caught
        Mean over the caught ones, 1 on the first evening; ``nan`` if none was caught.
    """

    caught: int
    incidents: int
    false_alarms: int
    days_until_caught: float


def play_alarm(alarm: Callable[[Day, Sequence[Day]], bool], tape: Tape) -> Played:
    """Play an alarm policy on a tape.

    After a call in an incident the rest of that incident is left out: it was repaired.

    Parameters
    ----------
    alarm : callable
        From today and the earlier days, the oldest first.
    tape : Tape
        Stays as it is; `since_call` is that of the calls of this alarm.
    """
    shown: list[Day] = []
    last_call = since_wrong = None
    incidents = false_alarms = 0
    delays: list[int] = []
    began = 0
    repaired = False
    for at, (day, wrong) in enumerate(zip(tape.days, tape.wrong, strict=True)):
        if wrong and (at == 0 or not tape.wrong[at - 1]):
            incidents, began, repaired = incidents + 1, at, False
        if wrong:
            since_wrong = at
        # Also the evening after, whose labels are those of the incident's last day.
        if repaired and since_wrong is not None and at - since_wrong <= 1:
            continue
        since_call = len(shown) + 1 if last_call is None else len(shown) - last_call
        today = replace(day, since_call=since_call)
        called = bool(alarm(today, tuple(shown)))
        shown.append(today)
        if not called:
            continue
        last_call = len(shown) - 1
        if wrong:
            repaired = True
            delays.append(at - began + 1)
        elif since_wrong is None or at - since_wrong > AFTER:
            false_alarms += 1
    mean = sum(delays) / len(delays) if delays else math.nan
    return Played(len(delays), incidents, false_alarms, mean)


def tapes() -> list[Tape]:
    """Return the recorded tapes, in the order of their periods."""
    return [
        Tape(each["name"], [_to_day(day) for day in each["days"]], list(each["wrong"]))
        for each in _read()
    ]


def to_json(recorded: Sequence[Tape]) -> str:
    """Return tapes as the text of `ARTIFACT`."""
    plain = [
        {
            "name": each.name,
            "days": [_from_day(day) for day in each.days],
            "wrong": each.wrong,
        }
        for each in recorded
    ]
    return json.dumps(plain, indent=None, separators=(",", ":")) + "\n"


@cache
def _read() -> list[dict[str, Any]]:
    return list(json.loads(ARTIFACT.read_text(encoding="utf-8")))


def _from_day(day: Day) -> dict[str, Any]:
    rounded = {
        name: round(value, 4) if isinstance(value, float) else value
        for name, value in asdict(day).items()
    }
    return {**rounded, "date": str(day.date)}


def _to_day(known: dict[str, Any]) -> Day:
    return Day(**{**known, "date": datetime.date.fromisoformat(known["date"])})
