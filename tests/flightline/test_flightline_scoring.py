"""A request and a row of the training table become the same columns."""

import json

import numpy as np
import pandas as pd
import pytest

from flightline import delivery_models
from flightline.experiments.measure_scoring_flights import scoring_flights
from flightline.scoring import (
    FLIGHT,
    RECENT,
    cost_per_flight,
    flight_key,
    load_scoring_flights,
    model_input,
    request_table,
    requests,
)
from flightline.training import cost_per_1000


@pytest.fixture(scope="module")
def live() -> pd.DataFrame:
    return load_scoring_flights("live")


def test_each_part_is_ordered_and_lies_in_its_months() -> None:
    months = {"learn": ("2013-01", "2013-06"), "gate": ("2013-07", "2013-08")}
    for part, (first, last) in {**months, "live": ("2013-09", "2013-09")}.items():
        flights = load_scoring_flights(part)  # type: ignore[arg-type]
        assert flights["scheduled_departure"].is_monotonic_increasing
        assert first <= flights["day"].min()[:7] <= flights["day"].max()[:7] <= last
        assert flights["is_late"].dtype == bool


def test_the_artifact_is_what_the_script_makes() -> None:
    made = scoring_flights()
    for part in ("learn", "gate", "live"):
        stored = load_scoring_flights(part)[[*FLIGHT, *RECENT, "is_late"]]  # type: ignore[arg-type]
        again = made[made["part"] == part].drop(columns="part").reset_index(drop=True)
        pd.testing.assert_frame_equal(stored, again[stored.columns])


def test_a_request_survives_json_and_gives_the_columns_of_the_table(live: pd.DataFrame) -> None:
    some = pd.concat([live.head(3), live.sample(40, random_state=0)])
    model = delivery_models.timetable_model()
    table = model_input(some)
    for row, request in enumerate(requests(some)):
        one = model_input(request_table(json.loads(json.dumps(request))))
        assert list(one.columns) == list(table.columns)
        assert one.dtypes.astype(str).tolist() == table.dtypes.astype(str).tolist()
        expected = table.iloc[[row]].reset_index(drop=True)
        for name in table:
            value, wanted = one[name].iloc[0], expected[name].iloc[0]
            assert value == pytest.approx(wanted, nan_ok=True, abs=0.005), name
    answers = delivery_models.late_probability(model, table)
    alone = [
        delivery_models.late_probability(model, model_input(request_table(request))).iloc[0]
        for request in requests(some)
    ]
    assert np.allclose(answers, alone, atol=1e-9)


def test_what_is_not_known_is_null_in_a_request(live: pd.DataFrame) -> None:
    unknown = live[live["aircraft_last_arrival_delay"].isna()].head(1)
    assert requests(unknown)[0]["aircraft_last_arrival_delay"] is None


def test_the_key_is_the_same_in_every_time_zone(live: pd.DataFrame) -> None:
    request = requests(live.head(1))[0]
    departure = pd.Timestamp(request["scheduled_departure"]).tz_convert("America/New_York")
    assert flight_key(request) == flight_key({**request, "scheduled_departure": str(departure)})
    assert flight_key(request) != flight_key({**request, "flight": request["flight"] + 1})


def test_the_cost_per_flight_is_the_cost_of_the_course() -> None:
    late, p = np.array([True, True, False, False]), np.array([0.1, 0.2, 0.2, 0.1])
    assert cost_per_flight(late, p).tolist() == [5, 0, 1, 0]
    assert 1000 * cost_per_flight(late, p).mean() == cost_per_1000(late, p >= 1 / 6)


def test_hours_and_minutes_make_the_same_model(live: pd.DataFrame) -> None:
    by_minutes, by_hours = delivery_models.tuned_model(), delivery_models.colleague_model()
    minutes = delivery_models.late_probability(by_minutes, model_input(live))
    hours = delivery_models.late_probability(by_hours, delivery_models.colleague_input(live))
    assert np.abs(minutes - hours).mean() < 0.002
    mixed_up = delivery_models.late_probability(by_hours, model_input(live))
    assert np.abs(minutes - mixed_up).mean() > 0.05
