"""A year on autopilot: Flightline day by day, with faults in it and four policies in charge.

Names are imported when they are asked for: the policies alone need NumPy and nothing else, a replay
needs pandas and scikit-learn.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flightline.replay.engine import ReplayError, Result, replay
    from flightline.replay.incidents import PRACTICE, SCENARIOS, YEAR, Incident, Scenario
    from flightline.replay.policies import (
        DO_NOTHING,
        REFERENCE,
        RETRAIN_DAILY,
        Day,
        Policies,
        PolicyError,
        Trial,
        load_policies,
    )
    from flightline.replay.recorded import Played, Tape, play_alarm, tapes
    from flightline.replay.score import Outcome, Score

_MODULES = {
    "engine": ("ReplayError", "Result", "replay"),
    "incidents": ("PRACTICE", "SCENARIOS", "YEAR", "Incident", "Scenario"),
    "policies": (
        "DO_NOTHING",
        "REFERENCE",
        "RETRAIN_DAILY",
        "Day",
        "Policies",
        "PolicyError",
        "Trial",
        "load_policies",
    ),
    "score": ("Outcome", "Score"),
    "recorded": ("Played", "Tape", "play_alarm", "tapes"),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "DO_NOTHING",
    "PRACTICE",
    "REFERENCE",
    "RETRAIN_DAILY",
    "SCENARIOS",
    "YEAR",
    "Day",
    "Incident",
    "Outcome",
    "Played",
    "Policies",
    "PolicyError",
    "ReplayError",
    "Result",
    "Scenario",
    "Score",
    "Tape",
    "Trial",
    "load_policies",
    "play_alarm",
    "replay",
    "tapes",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
