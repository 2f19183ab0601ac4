import pandas as pd
import pytest

from flightline.definition import arrived, is_late, prediction_time, split


def test_the_population_is_the_flights_that_arrived(flights: pd.DataFrame) -> None:
    assert arrived(flights).sum() == 336_776 - 8_255 - 1_175


def test_late_begins_at_30_minutes() -> None:
    flights = pd.DataFrame({"arr_delay": [-5.0, 29.0, 30.0, None]})
    assert is_late(flights).tolist() == [False, False, True, pd.NA]


def test_training_with_an_unlabelled_flight_fails_loudly() -> None:
    with pytest.raises(ValueError, match="to bool"):
        is_late(pd.DataFrame({"arr_delay": [45.0, None]})).astype(bool)


def test_the_split_has_the_sizes_of_the_course(flights: pd.DataFrame) -> None:
    parts = split(flights)
    sizes = {name: int(mask.sum()) for name, mask in parts._asdict().items()}
    assert sizes == {"train": 217_727, "learn": 160_678, "tune": 57_049, "test": 109_619}


def test_the_base_rate_falls_from_train_to_test(flights: pd.DataFrame) -> None:
    parts, late = split(flights), is_late(flights)
    assert late[parts.train].mean() == pytest.approx(0.1791, abs=5e-5)
    assert late[parts.test].mean() == pytest.approx(0.1259, abs=5e-5)


def test_the_parts_cover_the_arrived_flights_once_in_time_order(flights: pd.DataFrame) -> None:
    parts, departure = split(flights), flights["scheduled_departure"]
    assert (parts.train ^ parts.test).equals(arrived(flights).rename(parts.train.name))
    assert (parts.learn ^ parts.tune).equals(parts.train)
    assert departure[parts.learn].max() < departure[parts.tune].min()
    assert departure[parts.train].max() < departure[parts.test].min()


def test_months_are_new_york_s() -> None:
    # 03:30 UTC on 1 September is half past eleven in the evening of 31 August in New York.
    departure = pd.to_datetime(["2013-09-01 03:30", "2013-09-01 04:00"], utc=True)
    flights = pd.DataFrame({"scheduled_departure": departure, "arr_delay": [0.0, 0.0]})
    assert split(flights).train.tolist() == [True, False]


def test_no_flight_has_left_at_prediction_time(flights: pd.DataFrame) -> None:
    assert not (flights["actual_departure"] <= prediction_time(flights)).any()


def test_most_flights_have_left_at_scheduled_departure(flights: pd.DataFrame) -> None:
    left = flights["actual_departure"] < flights["scheduled_departure"]
    assert left.mean() == pytest.approx(0.545, abs=5e-4)
