"""The decision memo."""

import pytest

from flightline.memo import MemoError, decision_memo

NUMBERS = {
    "threshold": 1 / 6,
    "warned": 0.22,
    "right": 0.34,
    "caught": 0.58,
    "baseline_warned": 0.3,
    "baseline_right": 0.25,
    "baseline_caught": 0.6,
    "cost": 400.0,
    "baseline_cost": 460.0,
    "saving": 60.0,
    "saving_low": 40.0,
    "saving_high": 80.0,
    "price": 10.0,
    "running_cost": 100_000.0,
    "flights": 300_000,
    "worst_missed": 0.64,
    "baseline": "the rule on the airport",
    "worst_slice": "VX",
}


def test_the_memo_holds_the_money_and_where_it_comes_from() -> None:
    memo = decision_memo(NUMBERS)
    assert "USD 80,000, interval USD 20,000 to USD 140,000" in memo
    assert "USD 10 a unit" in memo
    assert "worst carrier: VX, misses 64%" in memo


def test_the_baselines_numbers_stand_beside_the_models() -> None:
    memo = decision_memo(NUMBERS)
    assert "that is 22% of the flights (30%)" in memo
    assert "34% of warnings (25%)" in memo
    # 1,000 * 0.22 * 0.66 and 1,000 * 0.3 * 0.75.
    assert "false alarms per 1,000 flights: 145 (225)" in memo
    assert "58% of late flights (60%)" in memo


def test_shares_of_other_flights_are_refused_and_rounded_ones_are_not() -> None:
    decision_memo(NUMBERS | {"right": 0.33, "caught": 0.6})
    with pytest.raises(MemoError, match=r"38% of the flights were late, .* 12%: .* swapped"):
        decision_memo(NUMBERS | {"right": 0.58, "caught": 0.34})


def test_the_memo_is_one_screen() -> None:
    lines = decision_memo(NUMBERS).splitlines()
    assert len(lines) <= 10
    assert max(map(len, lines)) <= 84


@pytest.mark.parametrize(
    ("running_cost", "decision"),
    [(119_000, ": ship, "), (121_000, ": don't ship yet."), (241_000, ": don't ship. ")],
)
def test_the_recommendation_follows_from_the_interval(running_cost: int, decision: str) -> None:
    assert decision in decision_memo(NUMBERS | {"running_cost": running_cost})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"right": "many"}, "`right`"),
        ({"caught": 58}, "between 0 and 1"),
        ({"caught": float("nan")}, "has to be a number"),
        ({"baseline_caught": 1.2}, "between 0 and 1"),
        ({"price": -1}, "`price` is -1, and can't be below 0"),
        ({"running_cost": -1.0}, "`running_cost` is -1"),
        ({"flights": -300_000}, "`flights` is -300000"),
        ({"saving_low": 80.0, "saving_high": 40.0}, "low end above its high end"),
        ({"saving_low": 70.0}, "its own interval"),
        ({"cost": 300.0}, "baseline's cost minus"),
    ],
)
def test_numbers_that_cant_be_true_are_refused(change: dict[str, float], message: str) -> None:
    with pytest.raises(MemoError, match=message):
        decision_memo(NUMBERS | change)


def test_a_missing_number_is_named_with_what_it_is() -> None:
    with pytest.raises(MemoError, match="`price`: of one unit, in money"):
        decision_memo({name: value for name, value in NUMBERS.items() if name != "price"})
