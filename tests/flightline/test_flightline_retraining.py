import pytest

from flightline import retraining
from flightline.experiments import months
from flightline.experiments.months import SERVED, scores
from flightline.retraining import monthly, never, on_challenger, on_drift, outcome, play


def test_never_serves_the_model_of_march_all_year() -> None:
    assert play(never) == (3,) * 9
    assert outcome(play(never)).retrainings == 0


def test_monthly_serves_a_model_that_learned_until_the_month_before() -> None:
    assert play(monthly) == tuple(month - 1 for month in SERVED)
    assert outcome(play(monthly)).retrainings == 8


def test_a_trigger_decides_for_the_next_month_and_not_for_its_own() -> None:
    asked = []
    schedule = play(lambda trained, month: not asked.append((trained, month)) and month == 6)
    assert schedule == (3, 3, 3, 6, 6, 6, 6, 6, 6)
    assert asked == [(3, 4), (3, 5), (3, 6), (6, 7), (6, 8), (6, 9), (6, 10), (6, 11), (6, 12)]


def test_a_drift_alarm_retrains_every_month() -> None:
    assert play(on_drift) == play(monthly)


def test_the_challenger_retrains_seldom_and_gets_most_of_what_monthly_gets() -> None:
    few, all_months, none = (outcome(play(each)) for each in (on_challenger, monthly, never))
    assert 0 < few.retrainings <= 3
    gained = (none.mistakes - few.mistakes) / (none.mistakes - all_months.mistakes)
    assert 0.7 < gained < 1


def test_the_price_of_a_retraining_decides_between_the_two() -> None:
    few, all_months = outcome(play(on_challenger)), outcome(play(monthly))
    assert all_months.total(0) < few.total(0)
    assert all_months.total(1_000) > few.total(1_000)


def test_a_window_of_three_months_loses_in_december_even_against_the_model_of_march() -> None:
    assert scores(11, 12, "last 3")["low"] > 0


def test_an_outcome_adds_up_over_months() -> None:
    found = outcome((3,) * 9)
    cost = sum(scores(3, m)["cost"] * scores(3, m)["flights"] / 1000 for m in SERVED)
    assert found.mistakes == pytest.approx(cost)
    assert found.total(10) == found.mistakes
    with pytest.raises(ValueError, match="2 models for 9 months"):
        outcome((3, 3))
    with pytest.raises(ValueError, match="trained through month 4 for month 4"):
        outcome((4, *(3,) * 8))


@pytest.mark.parametrize("margin", [0.003, 0.005, 0.01])
def test_the_exercise_plays_the_same_policy(margin: float) -> None:
    chosen = retraining.retrain_after(retraining.excess_losses(), margin)
    schedule = play(lambda trained, month: month < 12 and on_challenger(trained, month, margin))
    assert chosen == sorted(set(schedule) - {3})


def test_retraining_stops_where_nothing_is_known() -> None:
    excess = {3: {4: 0.0, 5: 0.02}, 4: {5: 0.0}}
    assert retraining.retrain_after(excess, 0.01) == [5]
    assert retraining.retrain_after(excess, 0.02) == []


def test_the_artifact_answers_only_for_the_future() -> None:
    with pytest.raises(ValueError, match="later, up to 12"):
        months.scores(8, 8)
    assert months.scores(8, 9)["flights"] == months.champion_scores(9)["flights"]


def test_tables_of_the_year_hold_what_the_artifact_holds() -> None:
    costs = retraining.cost_by_month(list(retraining.POLICIES))
    assert costs.loc[7, "never"] == scores(3, 7)["cost"]
    assert costs.loc[7, "monthly, last 3"] == scores(6, 7, "last 3")["cost"]
    assert costs["on drift"].equals(costs["monthly, all months"].rename("on drift"))
    behind = retraining.behind_fresh()
    assert behind.index.tolist() == list(SERVED)
    assert behind["behind"].to_dict() == pytest.approx(
        {m: retraining.excess_loss(3, m) for m in SERVED}, abs=0.0002
    )
    assert behind.loc[7, ["low", "behind", "high"]].is_monotonic_increasing
    year = retraining.model_year(8)
    assert year.index.tolist() == [9, 10, 11, 12]
    assert year.loc[9, "log_loss"] == year.loc[9, "fresh_log_loss"]
