import time

import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from flightline import features as ft
from flightline.definition import prediction_time


@pytest.fixture(scope="module")
def week(flights: pd.DataFrame) -> pd.DataFrame:
    """The flights of a week with a snow storm, and the clock change of 10 March."""
    return flights[flights["month"].eq(3) & flights["day"].between(6, 12)]


@pytest.fixture(scope="module")
def week_weather(weather: pd.DataFrame) -> pd.DataFrame:
    return weather[weather["month"].eq(3) & weather["day"].between(5, 12)]


@pytest.fixture(scope="module")
def week_features(week: pd.DataFrame, week_weather: pd.DataFrame) -> pd.DataFrame:
    return ft.build_features(week, week_weather)


def at(*clock: str) -> pd.Series:
    """Times on 1 May 2013, UTC."""
    return pd.Series(pd.to_datetime([f"2013-05-01 {time}" for time in clock], utc=True))


def make_flights(scheduled: list[str], **columns: object) -> pd.DataFrame:
    defaults = {"carrier": "UA", "origin": "EWR", "dest": "BOS", "tailnum": "N1"}
    return pd.DataFrame({"scheduled_departure": at(*scheduled), **defaults, **columns})


def make_history(landed: list[str], delays: list[float], **columns: object) -> pd.DataFrame:
    keys = {"carrier": "UA", "origin": "EWR", "dest": "BOS", "tailnum": "N1", **columns}
    return pd.DataFrame({"actual_arrival": at(*landed), "arr_delay": delays, **keys})


# --- The law ---------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(position=st.integers(0, 10**9))
def test_no_feature_changes_when_what_is_known_later_is_deleted(
    position: int, week: pd.DataFrame, week_weather: pd.DataFrame, week_features: pd.DataFrame
) -> None:
    flight = week.iloc[[position % len(week)]]
    now = prediction_time(flight).iloc[0]
    known = week.copy()
    known.loc[~(known["actual_departure"] < now), ["actual_departure", "dep_delay"]] = None
    known.loc[~(known["actual_arrival"] < now), ["actual_arrival", "arr_delay"]] = None
    observed = week_weather[week_weather["time_hour"] + pd.Timedelta(hours=1) <= now]
    alone = ft.build_features(flight, observed, history=known)
    together = week_features.loc[flight.index]
    # A table of one flight has only that flight's categories; the values are what counts.
    names = dict.fromkeys(("carrier", "origin", "dest"), "object")
    pd.testing.assert_frame_equal(alone.astype(names), together.astype(names), check_exact=True)


@settings(max_examples=25, deadline=None)
@given(position=st.integers(0, 10**9))
def test_rolling_features_equal_the_plain_mean_over_the_window(
    position: int, week: pd.DataFrame, week_features: pd.DataFrame
) -> None:
    flight = week.iloc[position % len(week)]
    now = flight["scheduled_departure"] - pd.Timedelta(minutes=60)
    for noun, known_at, delay in (
        ("arrival", "actual_arrival", "arr_delay"),
        ("departure", "actual_departure", "dep_delay"),
    ):
        for hours in (1, 3, 24):
            recent = week[
                (week[known_at] >= now - pd.Timedelta(hours=hours)) & (week[known_at] < now)
            ]
            for entity, column in ft.ENTITIES.items():
                expected = recent.loc[recent[column] == flight[column], delay].mean()
                value = week_features.loc[flight.name, f"{entity}_{noun}_delay_{hours}h"]
                assert value == pytest.approx(expected, nan_ok=True)


# --- Edges of the window ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("landed", "counted"),
    [("10:59", True), ("11:00", False), ("11:01", False), ("10:00", True), ("09:59", False)],
)
def test_the_hour_before_prediction_time_begins_inside_and_ends_outside(
    landed: str, counted: bool
) -> None:
    flights = make_flights(["12:00"])
    feature = ft.arrival_features(flights, make_history([landed], [40.0]))
    assert feature["carrier_arrival_delay_1h"].notna().tolist() == [counted]


def test_events_of_the_same_minute_all_count() -> None:
    history = make_history(["10:30", "10:30"], [10.0, 50.0])
    feature = ft.arrival_features(make_flights(["12:00"]), history)
    assert feature["origin_arrival_delay_1h"].tolist() == [30.0]


def test_nothing_known_is_missing_and_not_zero() -> None:
    feature = ft.arrival_features(make_flights(["12:00"]), make_history([], []))
    assert feature.isna().all(axis=None)


def test_unknown_aircraft_share_no_history() -> None:
    history = make_history(["10:30"], [40.0], tailnum=None)
    feature = ft.arrival_features(make_flights(["12:00"], tailnum=None), history)
    assert feature.filter(like="aircraft").isna().all(axis=None)
    assert feature["carrier_arrival_delay_1h"].tolist() == [40.0]


def test_each_entity_looks_at_its_own_flights_only() -> None:
    history = make_history(["10:30", "10:40"], [10.0, 90.0], carrier=["UA", "B6"])
    feature = ft.arrival_features(make_flights(["12:00"]), history)
    assert feature["carrier_arrival_delay_3h"].tolist() == [10.0]
    assert feature["origin_arrival_delay_3h"].tolist() == [50.0]


def test_the_index_and_the_order_of_the_flights_are_kept() -> None:
    flights = make_flights(["14:00", "12:00", "13:00"]).set_axis([7, 7, 3])
    feature = ft.arrival_features(flights, make_history(["10:30", "11:30"], [10.0, 30.0]))
    assert feature.index.tolist() == [7, 7, 3]
    assert feature["dest_arrival_delay_1h"].fillna(-1).tolist() == [-1, 10.0, 30.0]


def test_times_in_microseconds_give_the_same_features(week: pd.DataFrame) -> None:
    coarse = week.assign(
        **{name: week[name].dt.as_unit("us") for name in week.select_dtypes("datetimetz")}
    )
    pd.testing.assert_frame_equal(ft.arrival_features(coarse), ft.arrival_features(week))


# --- Weather ---------------------------------------------------------------------------------


def make_weather(hours: list[str], temperatures: list[float], **columns: object) -> pd.DataFrame:
    measured = dict.fromkeys(("dewp", "humid", "wind_dir", "wind_speed", "wind_gust"), 1.0)
    more = {"precip": 0.0, "visib": 10.0, "origin": "EWR", **columns}
    return pd.DataFrame({"time_hour": at(*hours), "temp": temperatures, **measured, **more})


@pytest.mark.parametrize(("departure", "temperature"), [("14:00", 51.0), ("13:59", 50.0)])
def test_an_observation_is_known_one_hour_after_its_label(
    departure: str, temperature: float
) -> None:
    weather = make_weather(["11:00", "12:00", "13:00"], [50.0, 51.0, 52.0])
    feature = ft.weather_features(make_flights([departure]), weather)
    assert feature["temp"].tolist() == [temperature]


def test_weather_is_the_origin_s() -> None:
    weather = make_weather(["11:00", "11:00"], [50.0, 70.0], origin=["EWR", "JFK"])
    assert ft.weather_features(make_flights(["13:30"], origin="JFK"), weather)["temp"].item() == 70


def test_old_weather_is_missing() -> None:
    feature = ft.weather_features(make_flights(["20:00"]), make_weather(["11:00"], [50.0]))
    assert feature.isna().all(axis=None)


def test_an_impossible_wind_is_missing(flights: pd.DataFrame, weather: pd.DataFrame) -> None:
    assert weather["wind_speed"].max() > 1000
    assert ft.weather_features(flights, weather)["wind_speed"].max() < 50


# --- Schedule and the whole ------------------------------------------------------------------


def test_departure_minute_counts_minutes_and_not_hhmm(flights: pd.DataFrame) -> None:
    minute = ft.schedule_features(flights)["departure_minute"]
    assert minute.eq(flights["hour"] * 60 + flights["minute"]).all()


def test_cancelled_flights_have_features_too(
    week: pd.DataFrame, week_features: pd.DataFrame
) -> None:
    cancelled = week["dep_time"].isna()
    assert cancelled.sum() > 100
    assert week_features.loc[cancelled, "carrier_departure_delay_24h"].notna().mean() > 0.9


def test_24_rolling_features_of_the_year_take_seconds(flights: pd.DataFrame) -> None:
    start = time.process_time()
    columns = ft.arrival_features(flights).shape[1] + ft.departure_features(flights).shape[1]
    assert columns == 24
    assert time.process_time() - start < 10


def test_an_unknown_set_names_the_known_ones(week: pd.DataFrame, weather: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="schedule, weather, arrivals, departures"):
        ft.build_features(week, weather, sets=["news"])
