import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from flightline.experiments import leaks as measured
from flightline.features import arrival_features, departure_features
from flightline.leaks import TWINS
from flightline.point_in_time import changed_without_future


def at(*clock: str) -> pd.Series:
    """Times on 1 May 2013, UTC."""
    return pd.Series(pd.to_datetime([f"2013-05-01 {time}" for time in clock], utc=True))


@pytest.fixture(scope="module")
def week(flights: pd.DataFrame) -> pd.DataFrame:
    """The flights of a week with a snow storm, and the clock change of 10 March."""
    return flights[flights["month"].eq(3) & flights["day"].between(6, 12)]


@pytest.fixture
def shuttle() -> pd.DataFrame:
    """One aircraft back and forth: each flight is an hour late, and leaves late for it."""
    return pd.DataFrame(
        {
            "carrier": "UA",
            "origin": "EWR",
            "dest": "BOS",
            "tailnum": "N1",
            "scheduled_departure": at("10:00", "12:00", "14:00"),
            "actual_departure": at("09:55", "12:40", "15:00"),
            "dep_delay": [-5.0, 40.0, 60.0],
            "scheduled_arrival": at("11:00", "13:00", "15:00"),
            "actual_arrival": at("11:10", "13:50", "16:30"),
            "arr_delay": [10.0, 50.0, 90.0],
        }
    )


# --- The law, and who breaks it --------------------------------------------------------------


@settings(max_examples=6, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(position=st.integers(0, 10**9))
@pytest.mark.parametrize("name", TWINS)
def test_no_served_feature_changes_when_the_future_is_deleted(
    name: str, position: int, week: pd.DataFrame
) -> None:
    flight = week.iloc[[position % len(week)]]
    changed = changed_without_future(TWINS[name].served, flight, week)
    assert changed.eq(0).all(), changed[changed > 0].to_dict()


@pytest.mark.parametrize("name", TWINS)
def test_every_leaky_twin_breaks_the_law(name: str, week: pd.DataFrame) -> None:
    changed = changed_without_future(TWINS[name].leaky, week.iloc[5::400], week)
    assert changed.max() > 0.5, changed.to_dict()


@pytest.mark.parametrize("name", TWINS)
def test_both_twins_have_the_same_columns_and_index(name: str, week: pd.DataFrame) -> None:
    some = week.iloc[[30, 10, 20]]
    leaky, served = TWINS[name].leaky(some, week), TWINS[name].served(some, week)
    assert leaky.columns.tolist() == served.columns.tolist()
    assert leaky.index.tolist() == served.index.tolist() == some.index.tolist()


@pytest.mark.parametrize("name", TWINS)
def test_an_unknown_aircraft_has_no_feature(name: str, shuttle: pd.DataFrame) -> None:
    unknown = shuttle.assign(tailnum=None)
    for compute in (TWINS[name].leaky, TWINS[name].served):
        assert compute(unknown, unknown).filter(like="aircraft").isna().all(axis=None)


# --- What each one sees ----------------------------------------------------------------------


def test_the_whole_day_holds_the_flight_itself(shuttle: pd.DataFrame) -> None:
    twin = TWINS["whole day"]
    assert twin.leaky(shuttle, shuttle)["aircraft_day_delay"].tolist() == [50, 50, 50]
    so_far = twin.served(shuttle, shuttle)["aircraft_day_delay"]
    assert so_far.fillna(-1).tolist() == [-1, -1, 10]


def test_a_day_is_new_yorks(shuttle: pd.DataFrame) -> None:
    shift = pd.Timedelta(hours=13)
    late = shuttle.assign(
        **{name: shuttle[name] + shift for name in shuttle.select_dtypes("datetimetz")}
    )
    assert late["scheduled_departure"].dt.day.tolist() == [1, 2, 2]
    whole = TWINS["whole day"].leaky(late, late)["carrier_day_delay"]
    assert whole.tolist() == [50, 50, 50]


def test_windows_by_schedule_count_flights_in_the_air(shuttle: pd.DataFrame) -> None:
    last = shuttle.iloc[[2]]
    assert TWINS["by schedule"].leaky(last, shuttle)["carrier_arrival_delay_3h"].item() == 30
    assert TWINS["by schedule"].served(last, shuttle)["carrier_arrival_delay_3h"].item() == 10


def test_the_rows_before_are_flights_that_have_not_landed(shuttle: pd.DataFrame) -> None:
    twin = TWINS["rows before"]
    leaky = twin.leaky(shuttle, shuttle)["origin_last_20_delay"]
    assert leaky.fillna(-1).tolist() == [-1, 10, 30]
    landed = twin.served(shuttle, shuttle)["origin_last_20_delay"]
    assert landed.fillna(-1).tolist() == [-1, -1, 10]


def test_at_scheduled_departure_a_flight_sees_itself_leave(shuttle: pd.DataFrame) -> None:
    first = shuttle.iloc[[0]]
    twin = TWINS["at scheduled departure"]
    assert twin.leaky(first, shuttle)["aircraft_departure_delay_1h"].item() == -5
    assert twin.served(first, shuttle)["aircraft_departure_delay_1h"].isna().all()


def test_what_is_served_for_two_of_them_are_the_features_of_the_course(week: pd.DataFrame) -> None:
    for name, compute in (
        ("by schedule", arrival_features),
        ("at scheduled departure", departure_features),
    ):
        served = TWINS[name].served(week, week)
        pd.testing.assert_frame_equal(served, compute(week))


# --- The measured result ---------------------------------------------------------------------


@pytest.mark.parametrize("name", TWINS)
def test_a_leak_promises_more_than_the_honest_model_and_keeps_less(name: str) -> None:
    scores = measured.twin_scores(name)
    promised, served, honest = (scores[way]["auc"] for way in measured.WAYS)
    assert promised > honest + 0.02
    assert served < honest - 0.02
    assert [len(scores[way]["months"]) for way in measured.WAYS] == [4, 4, 4]


def test_the_artifact_knows_the_twins_of_the_module() -> None:
    assert list(measured.load_leaks()["twins"]) == list(TWINS)
    with pytest.raises(ValueError, match=r"No leaky twin 'news'\. There are: at scheduled dep"):
        measured.twin_scores("news")


def test_older_features_are_worth_less_and_more_so_for_a_model_of_fresh_ones() -> None:
    ages = measured.age_scores()
    alike = [ages[hours]["trained_alike"] for hours in measured.AGES]
    assert alike == sorted(alike, reverse=True)
    assert all(ages[h]["trained_hourly"] <= ages[h]["trained_alike"] for h in measured.AGES[1:])


def test_the_flights_of_the_time_machine_are_in_the_data(flights: pd.DataFrame) -> None:
    chosen = flights
    for name, value in measured.DAY.items():
        chosen = chosen[chosen[name] == value]
    day = measured.day_flights()
    assert sorted(flight["flight"] for flight in day) == sorted(
        "UA " + chosen["flight"].astype(str)
    )
    for flight in day:
        if flight["arrival"] is not None:
            assert flight["arrival"] - flight["scheduled_arrival"] == flight["arr_delay"]
