"""What a replay was worth: a score that adds up, and what became of each incident."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: What each mistake costs, in units of one false alarm, as in the whole course.
FALSE_ALARM, MISS = 1.0, 5.0
#: A request without an answer counts like silence, and this much on top.
NO_ANSWER = 1.0
#: A call that finds nothing to repair.
FALSE_CALL = 100.0
#: Dollars a unit.
PRICE = 10.0

#: What a day costs, by kind.
KINDS_OF_COST = ("misses", "warnings", "no_answer", "retraining", "calls")


@dataclass(frozen=True)
class Score:
    """What a replay was worth.

    Attributes
    ----------
    scenario
        The scenario's name.
    saved
        Cost of never warning minus all costs, in units of one false alarm.
    incidents
        How many began, without the harmless ones.
    caught
        How many of them a call ended.
    false_alarms
        Calls that found nothing to repair.
    recovery_days
        Mean number of days from an incident's first to its last harm; 0 without incidents.
    failed_requests
        Requests without an answer.
    retrainings, promotions, rollbacks
        Candidates that were trained, canaries that became champions, and releases taken back
        after a call.
    never_warning
        Cost of never warning for the same flights.
    costs
        All costs by kind: `misses`, `warnings` (for flights that were on time), `no_answer` (what
        a request costs on top of silence), `retraining` and `calls`.
    """

    scenario: str
    saved: float
    incidents: int
    caught: int
    false_alarms: int
    recovery_days: float
    failed_requests: int
    retrainings: int
    promotions: int
    rollbacks: int
    never_warning: float
    costs: dict[str, float]

    @property
    def money(self) -> float:
        """`saved` in dollars."""
        return self.saved * PRICE

    def explain(self) -> str:
        """Return the score as at most ten lines that add up."""
        costs = self.costs
        rows = (
            ("never warning would have cost", self.never_warning),
            ("late flights without a warning", -costs["misses"]),
            ("warnings for flights that were on time", -costs["warnings"]),
            (f"{_number(self.failed_requests, 'request')} without an answer", -costs["no_answer"]),
            (_number(self.retrainings, "retraining"), -costs["retraining"]),
            (_number(self.false_alarms, "false alarm"), -costs["calls"]),
        )
        # Adding 0 turns a negative zero into zero.
        lines = [f"{what:<42}{value + 0.0:>11,.0f}" for what, value in rows]
        lines.append(f"{'saved, in units of one false alarm':<42}{self.saved:>11,.0f}")
        lines.append(f"{'saved, in dollars':<42}{self.money:>11,.0f}")
        # No line is longer than those above: they just fit on a phone, in the report.
        lines.append(f"{self.caught} of {self.incidents} incidents caught; each was over after")
        lines.append(
            f"{self.recovery_days:.1f} days on average; {_number(self.promotions, 'promotion')}, "
            f"{_number(self.rollbacks, 'rollback')}."
        )
        return "\n".join(lines)


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


@dataclass(frozen=True)
class Outcome:
    """What became of an incident.

    Attributes
    ----------
    name, story, first_day, last_day, harmless
        As `flightline.replay.incidents.Incident`, ended by the end of the replay.
    caught
        The day on whose evening a call ended it, or None.
    action
        What was done then: ``"repaired"``, ``"rolled back"``, or empty.
    over
        The last day on which it did harm, or could have.
    cost
        What its damage cost, in units: the day's mistakes minus those that the same model, or the
        last good one, would have made with what should have been delivered.
    """

    name: str
    story: str
    first_day: datetime.date
    last_day: datetime.date
    harmless: bool
    caught: datetime.date | None
    action: str
    over: datetime.date
    cost: float

    @property
    def days(self) -> int:
        """Days from the first to the last harm."""
        return (self.over - self.first_day).days + 1


def score(
    costs: Sequence[Mapping[str, float]], outcomes: Sequence[Outcome], counts: Mapping[str, Any]
) -> Score:
    """Add up a replay.

    Parameters
    ----------
    costs : sequence of mappings
        A day each: `KINDS_OF_COST` and `never_warning`.
    outcomes : sequence of Outcome
        Of all incidents that began.
    counts : mapping
        The other fields of `Score` that are counted.
    """
    totals = {name: sum(day[name] for day in costs) for name in KINDS_OF_COST}
    never = sum(day["never_warning"] for day in costs)
    real = [each for each in outcomes if not each.harmless]
    return Score(
        saved=never - sum(totals.values()),
        incidents=len(real),
        caught=sum(each.caught is not None for each in real),
        recovery_days=sum(each.days for each in real) / len(real) if real else 0.0,
        never_warning=never,
        costs=totals,
        **counts,
    )
