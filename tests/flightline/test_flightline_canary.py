"""Routing by hash, and a stopping rule with the error rates that it promises."""

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightline.canary import (
    HARM,
    Outcome,
    boundaries,
    daily_differences,
    evidence,
    in_canary,
    peeking,
    rates,
    sequential_test,
    simulate,
)
from flightline.experiments.canary_rates import (
    CANARIES,
    ROUNDS,
    RULES,
    SHARES,
    canary_case,
    load_canary_rates,
)

FLIGHTS = [f"UA{number}/2013-09-01T10:00Z" for number in range(4_000)]


@pytest.mark.parametrize("share", [0.0, 0.01, 0.1, 0.5, 1.0])
def test_the_canary_gets_its_share(share: float) -> None:
    got = np.mean([in_canary(flight, share) for flight in FLIGHTS])
    assert abs(got - share) <= 4 * math.sqrt(share * (1 - share) / len(FLIGHTS))


@given(st.text(), st.floats(0, 1), st.floats(0, 1))
def test_a_flight_of_a_small_share_stays_in_a_larger_one(flight: str, a: float, b: float) -> None:
    if in_canary(flight, min(a, b)):
        assert in_canary(flight, max(a, b))


def test_every_process_routes_a_flight_alike() -> None:
    program = (
        "from flightline.canary import in_canary\n"
        "print([n for n in range(200) if in_canary(f'UA{n}', 0.2, 's')])"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == str([n for n in range(200) if in_canary(f"UA{n}", 0.2, "s")])


def test_another_salt_draws_other_flights() -> None:
    first, second = (
        {flight for flight in FLIGHTS if in_canary(flight, 0.1, salt)} for salt in "ab"
    )
    assert len(first & second) < 0.3 * len(first)


def test_the_differences_are_taken_within_each_day() -> None:
    cost = np.array([1.0, 3.0, 0.0, 0.0, 5.0, 5.0, 6.0, 8.0])
    canary = np.array([True, True, False, False, False, False, True, True])
    difference, error = daily_differences(cost, ["a"] * 4 + ["b"] * 4, canary)
    assert difference == pytest.approx([2.0, 2.0])
    assert error == pytest.approx([1.0, 1.0])


def test_a_day_without_both_arms_is_left_out() -> None:
    cost = np.array([1.0, 0.0, 5.0, 1.0, 0.0, 0.0])
    canary = np.array([True, True, True, True, False, False])
    difference, _ = daily_differences(cost, ["a", "a", "b", "b", "b", "b"], canary)
    assert len(difference) == 1
    assert [len(each) for each in daily_differences(cost[:0], [], canary[:0])] == [0, 0]


def test_a_day_that_cost_nothing_tells_nothing() -> None:
    canary = np.array([True, True, False, False])
    assert len(daily_differences(np.zeros(4), ["a"] * 4, canary)[0]) == 0


def test_the_boundaries_are_wald_s() -> None:
    assert boundaries(0.05, 0.1) == pytest.approx((math.log(0.1 / 0.95), math.log(0.9 / 0.05)))


def test_evidence_of_one_look_is_the_log_likelihood_ratio() -> None:
    x, s = 0.3, 0.2
    log_density = [-((x - mean) ** 2) / (2 * s**2) for mean in (HARM, 0)]
    assert evidence([x], [s])[0] == pytest.approx(log_density[0] - log_density[1])


def test_the_first_crossing_decides() -> None:
    harmful, good = [0.5] * 3, [-0.5] * 30
    assert sequential_test(harmful + good, [0.1] * 33) == Outcome("stop", 1)
    assert sequential_test(good + harmful, [0.1] * 33) == Outcome("promote", 1)
    assert sequential_test([HARM / 2] * 40, [0.1] * 40) == Outcome("continue", 40)


def test_columns_of_different_length_or_an_error_of_zero_are_refused() -> None:
    with pytest.raises(ValueError, match="2 differences and 1 errors"):
        sequential_test([0.1, 0.2], [0.1])
    for error in (0.0, float("nan")):
        with pytest.raises(ValueError, match="error of 0, or none"):
            sequential_test([0.1], [error])


@pytest.mark.parametrize(("mean", "wrong"), [(0.0, "stop"), (HARM, "promote")])
def test_the_rule_keeps_both_error_rates_on_normal_noise(mean: float, wrong: str) -> None:
    rng = np.random.default_rng(1)
    error = rng.uniform(0.08, 0.2, (1_000, 200))
    found = [sequential_test(rng.normal(mean, each), each).action for each in error]
    assert found.count("continue") == 0
    assert found.count(wrong) / len(found) <= 0.06


def test_peeking_does_not_keep_its_error_rate() -> None:
    rng = np.random.default_rng(2)
    error = np.full(28, 0.1)
    stopped = [peeking(rng.normal(0, error), error).action == "stop" for _ in range(1_000)]
    assert np.mean(stopped) > 0.15


def test_rates_add_up_and_are_nothing_for_no_outcome() -> None:
    found = rates([Outcome("stop", 2), Outcome("promote", 4), Outcome("promote", 6)])
    assert found["stop"] + found["promote"] + found["continue"] == pytest.approx(1)
    assert found["looks"] == 4
    assert math.isnan(rates([])["looks"])


def test_a_simulation_is_repeatable_and_covers_each_rule() -> None:
    rng = np.random.default_rng(4)
    cost, days = rng.choice([0.0, 5.0], 3_000), np.repeat(np.arange(30), 100)
    first, second = (simulate(cost, cost, days, 0.2, days=10, rounds=20) for _ in range(2))
    assert first == second
    assert set(first) == {"sequential", "peeking"}
    assert len(first["sequential"]) == 20


def test_the_recorded_rates_are_complete() -> None:
    recorded = load_canary_rates()
    assert recorded["rounds"] == ROUNDS
    for name in CANARIES:
        for share in SHARES:
            case = canary_case(name, share)
            assert set(case["rules"]) == set(RULES)
            for found in case["rules"].values():
                total = found["stop"] + found["promote"] + found["continue"]
                assert total == pytest.approx(1, abs=0.002)


@pytest.mark.parametrize("share", SHARES)
def test_on_real_flights_the_rule_keeps_its_rates_and_the_tempting_ones_do_not(
    share: float,
) -> None:
    same = canary_case("same", share)["rules"]
    assert same["sequential"]["stop"] <= 0.06
    assert same["peeking"]["stop"] >= 0.15
    assert canary_case("timetable", share)["rules"]["sequential"]["promote"] <= 0.06


@pytest.mark.parametrize("share", [0.1, 0.2, 0.5])
def test_the_days_differ_by_more_than_their_errors_and_that_lets_harm_through(share: float) -> None:
    recorded, rules = load_canary_rates(), canary_case("hours", share)["rules"]
    assert recorded["swing"]["hours"] > recorded["error"][f"{share:g}"]
    assert rules["mixed"]["promote"] <= 0.06
    assert rules["sequential"]["promote"] > 1.5 * rules["mixed"]["promote"]
