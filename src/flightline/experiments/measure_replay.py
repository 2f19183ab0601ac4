"""The replays behind `flightline.experiments.replays`."""

import datetime
import tempfile
from dataclasses import asdict
from typing import Any

from flightline.replay.engine import Result, replay
from flightline.replay.incidents import SCENARIOS, Incident, Scenario
from flightline.replay.policies import DO_NOTHING, PLAYED
from flightline.replay.recorded import Tape, to_json


def _day(month: int, day: int) -> datetime.date:
    return datetime.date(2013, month, day)


def _incident(
    kind: str, target: str, first: datetime.date, last: datetime.date, harmless: bool = False
) -> Incident:
    return Incident(f"{kind} {target}".strip(), kind, target, first, last, kind, harmless)


#: Faults for the tapes, none of which is in a scenario that is played.
TAPED = (
    Scenario(
        "spring",
        _day(4, 1),
        _day(5, 20),
        (
            _incident("refused", "JFK", _day(4, 13), _day(4, 19)),
            _incident("gusts", "", _day(4, 24), _day(4, 30), harmless=True),
            _incident("silent", "LGA", _day(5, 4), _day(5, 14)),
        ),
    ),
    Scenario(
        "summer",
        _day(6, 1),
        _day(7, 20),
        (
            _incident("seconds", "EWR", _day(6, 11), _day(6, 20)),
            _incident("rounded", "", _day(6, 28), _day(7, 4), harmless=True),
        ),
    ),
    Scenario(
        "autumn",
        _day(9, 1),
        _day(10, 31),
        (
            Incident("settled", "settled", "", _day(9, 20), _day(10, 3), "settled", rewrites=60),
            _incident("gusts", "", _day(10, 12), _day(10, 18), harmless=True),
        ),
    ),
    Scenario(
        "winter",
        _day(11, 5),
        _day(12, 30),
        (
            _incident("stale", "", _day(11, 18), _day(11, 28)),
            _incident("sign", "LGA", _day(12, 8), _day(12, 20)),
        ),
    ),
)


def record_tapes() -> str:
    """Play the taped scenarios with nobody acting and return the text of their artifact."""
    return to_json([_record(each) for each in TAPED])


def _record(scenario: Scenario) -> Tape:
    with tempfile.TemporaryDirectory() as folder:
        days = replay(DO_NOTHING, folder, scenario).days
    real = [each for each in scenario.incidents if not each.harmless]
    wrong = [any(each.on(day.date) for each in real) for day in days]
    return Tape(scenario.name, days, wrong)


def measure_replays() -> dict[str, dict[str, Any]]:
    """Play the baselines and the reference in each scenario and return the artifact."""
    found: dict[str, dict[str, Any]] = {}
    for scenario in SCENARIOS:
        found[scenario] = {}
        for name, policies in PLAYED.items():
            with tempfile.TemporaryDirectory() as folder:
                result = replay(policies, folder, scenario)
            found[scenario][name] = plain(result)
            print(f"{scenario}, {name}: {result.score.saved:,.0f}", flush=True)
    return found


def plain(result: Result) -> dict[str, Any]:
    """Return a result as data that JSON can hold."""
    outcomes = [
        {key: str(value) if isinstance(value, datetime.date) else value for key, value in row}
        for row in (asdict(each).items() for each in result.outcomes)
    ]
    return {
        "digest": result.policies,
        "score": asdict(result.score),
        "saved": result.saved,
        "outcomes": outcomes,
        "releases": result.releases,
        "calls": [[str(day), useful] for day, useful in result.calls],
    }
