from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightline.clock import delay_minutes, is_late, minutes_past_midnight

MIDNIGHT = datetime(2013, 3, 8)


@given(st.integers(0, 1439), st.integers(-719, 719))
def test_the_delay_between_two_moments_is_found_from_their_clock_readings(
    due: int, delay: int
) -> None:
    moments = [MIDNIGHT + timedelta(minutes=due), MIDNIGHT + timedelta(minutes=due + delay)]
    scheduled, actual = (moment.hour * 100 + moment.minute for moment in moments)
    assert delay_minutes(scheduled, actual) == delay


def test_a_flight_is_late_from_30_minutes_on() -> None:
    assert is_late(1155, 1225)
    assert not is_late(1155, 1224)


def test_midnight_may_be_written_in_two_ways() -> None:
    assert delay_minutes(2400, 5) == delay_minutes(0, 5) == 5
    assert minutes_past_midnight(2400) == 1440


@pytest.mark.parametrize("clock", [1275, 2401, 2500, -1])
def test_what_is_no_clock_time_is_refused(clock: int) -> None:
    with pytest.raises(ValueError, match=f"{clock} is no clock time"):
        minutes_past_midnight(clock)
