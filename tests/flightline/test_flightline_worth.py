"""The stored predictions, and parts of them made again."""

import numpy as np
import pandas as pd
import pytest

from flightline.definition import is_late, split
from flightline.experiments.measure_worth import aircraft_last_delay, every
from flightline.experiments.worth import WEIGHTS, load_worth
from flightline.training import cost_per_1000, evaluate


def test_each_part_holds_its_flights_in_the_order_of_the_day() -> None:
    test, tune = load_worth("test"), load_worth("tune")
    assert (len(test), len(tune)) == (109_619, 57_049)
    assert test["day"].is_monotonic_increasing
    assert (test["day"].min(), test["day"].max()) == ("2013-09-01", "2013-12-31")
    assert (tune["day"].min(), tune["day"].max()) == ("2013-07-01", "2013-08-31")


def test_an_unknown_part_is_refused() -> None:
    with pytest.raises(ValueError, match="tune, test"):
        load_worth("train")  # type: ignore[arg-type]


def test_the_model_is_the_one_of_the_other_chapters() -> None:
    flights = load_worth()
    assert evaluate(flights["is_late"], flights["probability"])["auc"] == pytest.approx(
        0.781, abs=0.001
    )
    assert cost_per_1000(flights["is_late"], flights["probability"] >= 1 / 6) == pytest.approx(
        407, abs=1
    )


def test_outcomes_weights_and_the_rule_of_thumb_are_made_again(flights: pd.DataFrame) -> None:
    parts, late = split(flights), is_late(flights)
    for part, learned in (("tune", parts.learn), ("test", parts.train)):
        sample = late[every(learned)].astype(bool)
        assert WEIGHTS[part] == pytest.approx((~sample).sum() / sample.sum(), abs=0.001)
    test = flights[parts.test].sort_values("scheduled_departure", kind="stable")
    stored = load_worth()
    assert (stored["is_late"].to_numpy() == late[test.index].astype(bool).to_numpy()).all()
    again = aircraft_last_delay(test, flights)
    assert np.array_equal(stored["aircraft_last_delay"], again, equal_nan=True)
