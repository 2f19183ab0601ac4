"""The decision memo."""

import pytest

from flightline.memo import MemoError, decision_memo

NUMBERS = {
    "threshold": 1 / 6,
    "warned": 0.22,
    "right": 0.34,
    "caught": 0.58,
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
    assert "VX, 64% of late flights missed" in memo


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
