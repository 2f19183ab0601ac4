"""From costs to a threshold, and from a saving to money."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flightline import business
from flightline.business import Costs, Estimate
from flightline.training import cost_per_1000

prices = st.floats(0.1, 100)


def test_five_false_alarms_for_a_miss_put_the_threshold_at_one_in_six() -> None:
    assert business.cost_threshold(Costs()) == pytest.approx(1 / 6)


def test_acting_that_averts_only_part_of_the_harm_raises_the_threshold() -> None:
    assert business.cost_threshold(Costs(right_alarm=3)) == pytest.approx(1 / 3)


def test_a_warning_that_averts_nothing_never_pays() -> None:
    assert business.cost_threshold(Costs(right_alarm=5)) == math.inf
    assert business.cost_threshold(Costs(right_alarm=6)) == math.inf


def test_a_free_false_alarm_is_refused() -> None:
    with pytest.raises(ValueError, match="check the costs"):
        business.cost_threshold(Costs(false_alarm=1, right_silence=1))


@given(prices, prices, prices, prices, st.floats(0.01, 0.99))
def test_above_the_threshold_a_warning_is_expected_to_cost_less(
    silence: float, extra: float, alarm: float, averted: float, p: float
) -> None:
    costs = Costs(silence + extra, alarm + averted, alarm, silence)
    warning = p * costs.right_alarm + (1 - p) * costs.false_alarm
    quiet = p * costs.miss + (1 - p) * costs.right_silence
    threshold = business.cost_threshold(costs)
    if not math.isclose(p, threshold, abs_tol=1e-9):
        assert (warning < quiet) == (p > threshold)


def test_the_cost_of_a_flight_is_that_of_its_outcome() -> None:
    cost = business.cost_per_flight(
        [True, True, False, False], [True, False, True, False], Costs(1, 5, 2, 0.5)
    )
    assert cost.tolist() == [2, 5, 1, 0.5]


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=30))
def test_by_default_it_is_the_cost_of_the_other_chapters(rows: list[tuple[bool, bool]]) -> None:
    late, warned = map(np.array, zip(*rows, strict=True))
    ours = 1000 * business.cost_per_flight(late, warned).mean()
    assert ours == pytest.approx(cost_per_1000(late, warned))


@given(st.floats(0.001, 0.999), st.floats(0.1, 50))
def test_undoing_a_weight_divides_the_odds(p: float, weight: float) -> None:
    odds = weight * p / (1 - p)
    assert business.unweighted(np.array([odds / (1 + odds)]), weight)[0] == pytest.approx(p)


def test_a_rule_of_thumb_doesnt_warn_of_what_it_doesnt_know() -> None:
    values, late = np.array([np.nan, 30.0, 10.0]), np.array([False, True, False])
    assert business.best_limit(values, late, [5, 20]) == 20
    assert business.best_limit(values, late, [20, 30]) == 30


def test_a_saving_is_taken_flight_by_flight_and_its_interval_draws_days() -> None:
    rng = np.random.default_rng(0)
    day = np.repeat(np.arange(40), 50)
    weather = rng.normal(0, 1, 40)[day]
    saved = business.saving_per_1000(weather + 1, np.zeros(2000), day)
    paired = business.saving_per_1000(weather + 1, weather, day)
    assert saved.high - saved.low > 300
    assert (paired.value, paired.low, paired.high) == pytest.approx((1000, 1000, 1000))


def test_the_value_of_a_year_is_net_at_all_three_numbers() -> None:
    value = business.yearly_value(Estimate(50, 30, 70), 2, 60_000, 1_000_000)
    assert value == Estimate(40_000, 0, 80_000)


@pytest.fixture
def flights() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    origin = np.repeat(["EWR", "JFK", "TEB"], [4000, 4000, 60])
    p = rng.beta(1, np.where(origin == "JFK", 8, 4))
    return pd.DataFrame(
        {
            "origin": origin,
            "day": rng.integers(0, 30, len(p)),
            "probability": p,
            "is_late": rng.random(len(p)) < p,
        }
    )


def test_each_slice_is_counted_by_itself_and_the_worst_comes_first(flights: pd.DataFrame) -> None:
    table = business.slice_table(flights, "origin", 1 / 6)
    assert list(table.index) == ["JFK", "EWR"]
    late = flights[(flights["origin"] == "JFK") & flights["is_late"]]
    assert table.loc["JFK", "missed"] == pytest.approx((late["probability"] < 1 / 6).mean())
    assert (table["low"] < table["missed"]).all()
    assert (table["missed"] < table["high"]).all()


def test_the_same_threshold_misses_more_where_late_flights_are_rare(flights: pd.DataFrame) -> None:
    table = business.slice_table(flights, "origin", 1 / 6)
    # Calibrated in both, by construction.
    assert (table["announced"] - table["late"]).abs().max() < 0.02
    assert table.loc["JFK", "missed"] > table.loc["EWR", "missed"] + 0.1


def test_at_the_gate_each_share_has_its_own_whole() -> None:
    late = [True, True, True, False, False, False, False, False]
    warned = [True, False, False, True, False, False, False, False]
    gate = business.at_the_gate(late, warned)
    assert gate == {
        "warned": 0.25, "right": 0.5, "caught": 1 / 3, "false_alarms": 125, "misses": 250,
    }  # fmt: skip
    assert 1 * gate["false_alarms"] + 5 * gate["misses"] == cost_per_1000(late, warned)


def test_where_nobody_is_warned_no_warning_is_right() -> None:
    gate = business.at_the_gate([True, False], [False, False])
    assert math.isnan(gate["right"])
    assert gate["caught"] == 0


def test_the_numbers_of_the_memo_leave_small_carriers_out(flights: pd.DataFrame) -> None:
    table = flights.rename(columns={"origin": "carrier"})
    numbers = business.warning_numbers(table, 1 / 6)
    slices = business.slice_table(table, "carrier", 1 / 6)
    assert numbers["worst_slice"] == "JFK"
    assert numbers["worst_missed"] == pytest.approx(slices["missed"].iloc[0])
    warned, late = table["probability"] >= 1 / 6, table["is_late"]
    both = (warned & late).sum()
    assert numbers["caught"] == pytest.approx(both / late.sum())
    assert numbers["right"] == pytest.approx(both / warned.sum())


@settings(max_examples=20)
@given(st.floats(0.1, 0.9))
def test_thresholds_of_equal_opportunity_miss_the_same_share_everywhere(missed: float) -> None:
    rng = np.random.default_rng(2)
    flights = pd.DataFrame(
        {"origin": ["EWR", "JFK"] * 500, "is_late": True, "probability": rng.random(1000)}
    )
    thresholds = business.equal_miss_thresholds(flights, "origin", missed)
    below = flights["probability"] < flights["origin"].map(thresholds)
    assert below.groupby(flights["origin"]).mean().tolist() == pytest.approx([missed] * 2, abs=0.01)
