"""Chapter 08: a time machine, which shows what was known of a day's flights at each moment."""

from typing import Any

from flightline.experiments.leaks import day_flights
from workbook.explorer import Bar, Bars, Explorer, Slider, Table, View

Flight = dict[str, Any]


def time_machine(hour: int) -> View:
    """Show a day's flights as the table stood at a full hour, and three means of their delays."""
    now = 60 * hour
    flights = day_flights()
    landed = [flight for flight in flights if _has_landed(flight, now)]
    due = [flight for flight in flights if flight["scheduled_departure"] < now]
    known, by_schedule, whole_day = _mean(landed), _mean(due), _mean(flights)
    largest = max(_mean([flight]) or 0.0 for flight in flights) / 2
    return View(
        headline=f"At {hour}:00, {len(landed)} of {len(flights)} flights have landed. Mean delay "
        f"known: {_minutes(known)}; by schedule: {_minutes(by_schedule)}.",
        parts=(
            Bars(
                "Mean arrival delay so far",
                (
                    _bar("Flights that have landed", known, "good"),
                    _bar("Flights that were to have left", by_schedule, "bad"),
                    _bar("Flights of the whole day", whole_day, "bad"),
                ),
                largest=largest,
            ),
            Table(
                "United's flights from Newark to Boston, 12 September 2013",
                ("Flight", "To leave", f"Known at {hour}:00", "Arrival delay, in the end"),
                tuple(
                    (
                        flight["flight"],
                        _clock(flight["scheduled_departure"]),
                        _known(flight, now),
                        _minutes(flight["arr_delay"]),
                    )
                    for flight in flights
                ),
            ),
        ),
        note="New York's clock. Bars begin at 0, so a mean below it has none.",
    )


def _has_left(flight: Flight, now: int) -> bool:
    return flight["departure"] is not None and flight["departure"] < now


def _has_landed(flight: Flight, now: int) -> bool:
    return flight["arrival"] is not None and flight["arrival"] < now


def _mean(flights: list[Flight]) -> float | None:
    delays = [flight["arr_delay"] for flight in flights if flight["arr_delay"] is not None]
    return sum(delays) / len(delays) if delays else None


def _bar(label: str, mean: float | None, tone: Any) -> Bar:
    return Bar(label, max(mean or 0.0, 0.0), _minutes(mean), tone)


def _known(flight: Flight, now: int) -> str:
    if _has_landed(flight, now):
        return f"landed, {_lateness(flight['arr_delay'])}"
    if _has_left(flight, now):
        return f"in the air, left {_lateness(flight['dep_delay'])}"
    if flight["scheduled_departure"] < now:
        return "overdue: not left yet"
    return "the timetable"


def _lateness(delay: int) -> str:
    return f"{delay} min late" if delay > 0 else f"{-delay} min early" if delay else "on time"


def _minutes(delay: float | None) -> str:
    return "none" if delay is None else f"{delay:.0f} min"


def _clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02}"


EXPLORERS = (
    Explorer(
        id="8.time",
        title="A time machine",
        question="At which hour do the two means lie furthest apart, and whose delays are in it?",
        parameters=(Slider("hour", "Moment (hour of the day)", start=7, stop=24, step=1),),
        function=time_machine,
        key_states=({"hour": 12}, {"hour": 16}, {"hour": 18}, {"hour": 20}, {"hour": 24}),
    ),
)
