"""How many cases an A/B test needs, and when it may be decided."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightline import ab_test


def test_the_sample_size_is_that_of_the_textbook() -> None:
    # 0.5 * 0.5 + 0.6 * 0.4 = 0.49; (1.960 + 0.842) ** 2 = 7.849; / 0.01
    assert ab_test.cases_per_arm(0.5, 0.6) == 385


@given(st.floats(0.05, 0.9), st.floats(0.01, 0.05))
def test_half_the_difference_needs_some_four_times_the_cases(old: float, gap: float) -> None:
    whole, half = ab_test.cases_per_arm(old, old + gap), ab_test.cases_per_arm(old, old + gap / 2)
    assert 3.2 < half / whole < 4.8


def test_that_many_cases_find_the_difference_as_often_as_promised() -> None:
    cases = ab_test.cases_per_arm(0.4, 0.43)
    p_values = ab_test.simulate_p_values(0.4, 0.43, cases, 1, rounds=4_000)
    assert ab_test.found_by_peeking(p_values, 1) == pytest.approx(0.8, abs=0.02)


@pytest.mark.parametrize(("old", "new"), [(0.4, 0.4), (0, 0.1), (0.5, 1.2)])
def test_rates_that_cant_be_told_apart_are_refused(old: float, new: float) -> None:
    with pytest.raises(ValueError, match=r"[Rr]ates"):
        ab_test.cases_per_arm(old, new)


def test_one_look_at_two_equal_rates_is_wrong_as_often_as_promised_and_many_are_not() -> None:
    p_values = ab_test.simulate_p_values(0.4, 0.4, 150, 28, rounds=4_000)
    assert ab_test.found_by_peeking(p_values, 1) == pytest.approx(0.05, abs=0.012)
    assert ab_test.found_by_peeking(p_values, 28) > 0.2


def test_the_last_look_is_always_the_end() -> None:
    p_values = np.array([[0.9, 0.9, 0.01], [0.01, 0.9, 0.9]])
    assert ab_test.found_by_peeking(p_values, 1) == 0.5
    assert ab_test.found_by_peeking(p_values, 3) == 1


def test_arms_without_an_event_differ_in_nothing() -> None:
    assert ab_test.p_value(0, 0, 10) == 1
    assert ab_test.p_value(10, 10, 10) == 1


def _looks(*rows: tuple[int, float, float, float, float]) -> pd.DataFrame:
    columns = ["cases", "effect", "p_value", "harm", "harm_p_value"]
    return pd.DataFrame(rows, columns=columns)


def test_a_test_is_decided_at_its_planned_size_and_not_by_an_earlier_look() -> None:
    early = (500, 0.1, 0.001, 0.0, 1.0)
    assert ab_test.decide(_looks(early), 1000) == "wait"
    assert ab_test.decide(_looks(early, (1000, 0.01, 0.2, 0.0, 1.0)), 1000) == "keep"
    assert ab_test.decide(_looks(early, (1010, 0.03, 0.04, 0.0, 1.0)), 1000) == "ship"


def test_what_comes_after_the_planned_size_changes_nothing() -> None:
    looks = _looks((1000, 0.01, 0.2, 0.0, 1.0), (2000, 0.03, 0.001, 0.0, 1.0))
    assert ab_test.decide(looks, 1000) == "keep"


def test_a_significant_loss_is_no_reason_to_ship() -> None:
    assert ab_test.decide(_looks((1000, -0.03, 0.001, 0.0, 1.0)), 1000) == "keep"


def test_a_guardrail_stops_at_once_by_a_stricter_test() -> None:
    assert ab_test.decide(_looks((100, 0.1, 0.5, 0.1, 0.002)), 1000) == "stop"
    assert ab_test.decide(_looks((100, 0.1, 0.5, 0.1, 0.003)), 1000) == "wait"
    assert ab_test.decide(_looks((100, 0.1, 0.5, -0.1, 0.002)), 1000) == "wait"
    assert ab_test.decide(_looks((1000, 0.1, 0.001, 0.1, 0.001)), 1000) == "stop"


def test_minutes_per_viewer_rise_while_the_feed_loses_both_viewers_and_minutes() -> None:
    table = ab_test.watch_time()
    assert list(table.index) == list(range(1, 9))
    assert table["minutes_per_viewer"].iloc[0] == pytest.approx(0.3)
    last = table.iloc[-1]
    assert last["minutes_per_viewer"] > 0.2
    assert last["viewers"] < -0.15
    assert last["minutes_per_assigned"] < 0


def test_a_feed_that_changes_nothing_shows_nothing() -> None:
    table = ab_test.watch_time(novelty=0, habit=0, leaving=(0.03, 0.03))
    assert np.allclose(table, 0)
