"""The gate between champion and challenger, one rule at a time."""

import numpy as np
import pytest

from flightline.gates import bootstrap_interval, judge, squared_error
from flightline.pipeline_template import FIRST_JUDGED_DAY, sample, scores

DAYS = np.repeat(np.arange(60), 25)
ORIGINS = np.tile(["EWR", "JFK", "LGA"], 500)


def decide(gain: object, **options: object) -> str:
    """Judge a challenger whose squared errors are smaller by `gain`, flight by flight."""
    n = len(DAYS)
    champion = np.sqrt(np.random.default_rng(1).uniform(0.3, 0.6, n))
    challenger = np.sqrt(champion**2 - gain)
    slices = options.pop("slices", ORIGINS)
    return judge(np.zeros(n), champion, challenger, DAYS, slices, **options).action  # type: ignore[arg-type]


def noise(scale: float, seed: int = 0) -> np.ndarray:
    drawn = np.random.default_rng(seed).normal(0, scale, len(DAYS))
    return drawn - drawn.mean()


def test_a_better_challenger_is_promoted_and_a_worse_one_is_not() -> None:
    assert decide(0.02 + noise(0.01)) == "promote"
    assert decide(-0.02 + noise(0.01)) == "keep"


def test_pairing_finds_a_gain_far_smaller_than_the_spread_of_the_flights() -> None:
    assert decide(0.004 + noise(0.005)) == "promote"


def test_a_better_mean_with_an_interval_over_zero_is_not_enough() -> None:
    assert decide(0.003 + np.clip(noise(0.08), -0.25, 0.25)) == "keep"


def test_the_gain_has_to_clear_the_margin() -> None:
    assert decide(0.0005 + noise(0.001)) == "keep"
    assert decide(0.0005 + noise(0.001), margin=0.0001) == "promote"


def test_flights_of_one_day_are_not_independent() -> None:
    by_day = np.random.default_rng(3).normal(0, 0.03, 60)
    assert decide(0.005 + (by_day - by_day.mean())[DAYS]) == "keep"


def test_no_slice_may_be_harmed() -> None:
    harmed = 0.03 - 0.05 * (ORIGINS == "JFK")
    assert decide(harmed + noise(0.005)) == "keep"
    assert decide(harmed + noise(0.005), slack=0.03) == "promote"


def test_too_few_flights_decide_nothing() -> None:
    assert decide(0.02 + noise(0.01), min_flights=1_501) == "wait"
    assert decide(0.02 + noise(0.01), min_flights=1_500) == "promote"


def test_a_flight_without_an_answer_keeps_the_champion() -> None:
    gain = 0.02 + noise(0.01)
    gain[7] = np.nan
    assert decide(gain) == "keep"


def test_a_champion_without_an_answer_promotes_nobody() -> None:
    n = len(DAYS)
    champion = np.full(n, 0.6)
    champion[0] = np.nan
    assert judge(np.zeros(n), champion, np.full(n, 0.1), DAYS, ORIGINS).action == "keep"


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="columns of \\[2, 3\\] rows"):
        judge([0, 1, 0], [0.5, 0.5, 0.5], [0.5, 0.5], [1, 1, 2], ["a", "a", "b"])


def test_the_mean_of_the_squared_errors_is_the_brier_score() -> None:
    assert squared_error([1, 0], [0.8, 0.4]).mean() == pytest.approx((0.04 + 0.16) / 2)


def test_the_interval_of_independent_values_agrees_with_the_normal_one() -> None:
    values = np.random.default_rng(0).normal(5, 2, 4_000)
    low, high = bootstrap_interval(values)
    half = 1.96 * 2 / np.sqrt(4_000)
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=half / 8)


def test_the_interval_is_wider_where_groups_differ_and_the_same_for_the_same_seed() -> None:
    values = np.random.default_rng(0).normal(0, 1, 60)[DAYS]
    single, whole = bootstrap_interval(values), bootstrap_interval(values, DAYS)
    assert whole[1] - whole[0] > 3 * (single[1] - single[0])
    assert bootstrap_interval(values, DAYS) == whole != bootstrap_interval(values, DAYS, seed=1)


def test_nothing_has_no_interval() -> None:
    assert np.isnan(bootstrap_interval([])).all()


def test_the_sample_and_the_scores_are_of_flights_before_and_after_the_first_judged_day() -> None:
    flights, table = sample(), scores(["hour"])
    assert len(flights) == len(table) == 20_000
    assert ((flights["day"] >= FIRST_JUDGED_DAY) == (table["part"] == "test")).all()
    assert (table["champion"] == table["challenger"]).all()
    assert table.groupby("part")["champion"].mean().between(0.1, 0.3).all()
