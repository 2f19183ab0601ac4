"""Clock times as the timetable writes them: whole numbers HHMM, so that 905 is 09:05.

Standard library only: the service and its tests need no package for it.
"""

#: Minutes of a day.
DAY = 24 * 60
#: A flight is late when it arrives this many minutes or more after schedule.
LATE_MINUTES = 30


def minutes_past_midnight(clock: int) -> int:
    """Return the minutes from midnight to a clock time.

    Parameters
    ----------
    clock
        HHMM, 0 to 2400.

    Raises
    ------
    ValueError
        When it is no clock time, such as 1275.
    """
    hours, minutes = divmod(clock, 100)
    if not 0 <= hours * 60 + minutes <= DAY or minutes > 59:
        raise ValueError(f"{clock} is no clock time: write HHMM, from 0 to 2400.")
    return hours * 60 + minutes


def delay_minutes(scheduled: int, actual: int) -> int:
    """Return how many minutes after schedule a flight landed, negative when it was early.

    Parameters
    ----------
    scheduled, actual
        HHMM on the clock of the destination. No date is given, so the landing is taken to be the
        one nearest to the schedule: at most 12 hours away.
    """
    difference = minutes_past_midnight(actual) - minutes_past_midnight(scheduled)
    return (difference + DAY // 2) % DAY - DAY // 2


def is_late(scheduled: int, actual: int) -> bool:
    """Tell whether a flight landed `LATE_MINUTES` late or more.

    Parameters
    ----------
    scheduled, actual
        HHMM on the clock of the destination.
    """
    return delay_minutes(scheduled, actual) >= LATE_MINUTES
