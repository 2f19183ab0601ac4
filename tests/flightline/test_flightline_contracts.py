import pandas as pd
import pandera.pandas as pa
import pytest

from flightline import contracts as ct


@pytest.fixture(scope="module")
def may() -> ct.Batch:
    return ct.load_batch(5)


def families(findings: pd.DataFrame) -> set[str]:
    return set(findings["family"])


# --- What the real data breaks -----------------------------------------------------------------


def test_the_contract_finds_nothing_in_may(may: ct.Batch) -> None:
    assert ct.check_batch(may).empty


def test_the_only_impossible_row_of_weather_is_the_night_of_the_wind(weather: pd.DataFrame) -> None:
    found = ct.check_weather(weather)
    assert found[["family", "value"]].to_numpy().tolist() == [["range", "1048.36058"]]
    assert weather.loc[found["row"].item(), "time_hour"] == pd.Timestamp("2013-02-12 08:00Z")


def test_the_flights_of_the_year_keep_their_contract(flights: pd.DataFrame) -> None:
    assert ct.check_flights(flights).empty


def test_local_hours_would_be_a_wrong_key(weather: pd.DataFrame) -> None:
    local = pa.DataFrameSchema(unique=["origin", "year", "month", "day", "hour"], name="weather")
    found = ct.check_schema(local, weather)
    assert families(found) == {"key"}
    assert len(found) == 6


def test_31_december_and_the_hours_around_the_clock_change_are_absent(
    weather: pd.DataFrame,
) -> None:
    bounds = pd.to_datetime(["2013-01-01", "2014-01-01"]).tz_localize(ct.NEW_YORK)
    absent = ct.absent_hours(weather, *bounds)
    local = absent.get_level_values("time_hour").tz_convert(ct.NEW_YORK)
    assert len(absent) == 165
    assert (local.strftime("%m-%d") == "12-31").sum() == 72


def test_december_lacks_its_last_day_and_says_which_hours() -> None:
    found = ct.check_batch(ct.load_batch(12))
    assert families(found) == {"completeness"}
    assert found["row"].isna().all()
    assert found["value"].str.contains("2013-12-31").sum() == 72


# --- Limits, ties and what is missing ------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "impossible"),
    [
        ("wind_gust", 253.0, False),
        ("wind_gust", 253.1, True),
        ("wind_speed", -0.1, True),
        ("humid", 100.0, False),
        ("visib", 10.1, True),
        ("temp", None, False),
    ],
)
def test_a_value_on_a_limit_or_missing_is_possible(
    may: ct.Batch, name: str, value: float | None, impossible: bool
) -> None:
    weather = may.weather.head(1).assign(**{name: value}).astype({name: float})
    weather = weather.assign(dewp=float("nan"))
    assert ("range" in families(ct.check_weather(weather))) == impossible


def test_a_dew_point_may_reach_the_temperature_and_not_pass_it(may: ct.Batch) -> None:
    fog = may.weather.head(1).assign(temp=50.0, dewp=50.0, humid=100.0)
    assert ct.check_weather(fog).empty
    assert "relation" in families(ct.check_weather(fog.assign(dewp=51.0)))


@pytest.mark.parametrize(("hours", "stuck"), [(23, False), (24, True)])
def test_a_sensor_is_stuck_after_24_equal_hours(may: ct.Batch, hours: int, stuck: bool) -> None:
    weather = may.weather.query("origin == 'JFK'").copy()
    weather["wind_dir"] = [float(i % 300) for i in range(len(weather))]
    weather.iloc[100 : 100 + hours, weather.columns.get_loc("wind_dir")] = 77.5
    found = ct.check_weather(weather.sample(frac=1, random_state=0))
    assert ("history" in families(found)) == stuck


def test_a_missing_column_ends_the_examination(may: ct.Batch) -> None:
    found = ct.check_weather(may.weather.drop(columns="dewp").assign(humid=500.0))
    assert families(found) <= {"columns", "range"}
    assert "dewp: column_in_dataframe" in found["check"].tolist()


def test_a_wrong_type_is_a_finding_about_columns(may: ct.Batch) -> None:
    found = ct.check_flights(may.flights.assign(distance=may.flights["distance"].astype(str)))
    assert "columns" in families(found)


def test_every_row_with_a_repeated_key_is_named(may: ct.Batch) -> None:
    twice = pd.concat([may.flights, may.flights.tail(1)], ignore_index=True)
    found = ct.check_flights(twice)
    assert found["row"].tolist() == [len(twice) - 2, len(twice) - 1]


def test_unknown_airports_and_airlines_are_found_and_the_four_islands_are_known(
    may: ct.Batch,
) -> None:
    assert "SJU" in may.flights["dest"].tolist()
    some = may.flights.head(2).assign(dest=["QQQ", "SJU"], carrier=["B6", "ZZ"])
    found = ct.check_flights(some)
    assert found[["check", "row"]].to_numpy().tolist() == [
        ["dest is a known airport", 0],
        ["carrier is a known airline", 1],
    ]


def test_a_day_with_few_flights_is_thin(may: ct.Batch) -> None:
    kept = may.flights[(may.flights["day"] != 20) | (may.flights.index % 2 == 0)]
    found = ct.check_batch(may._replace(flights=kept))
    assert found["value"].str.startswith("2013-05-20 has").tolist() == [True]


def test_labels_that_repeat_are_refused(may: ct.Batch) -> None:
    with pytest.raises(ValueError, match="weather share a label"):
        ct.check_weather(pd.concat([may.weather, may.weather]))


def test_the_schemas_survive_being_written_and_read() -> None:
    for schema in (ct.WEATHER, ct.FLIGHTS):
        again = pa.DataFrameSchema.from_yaml(schema.to_yaml())
        assert list(again.columns) == list(schema.columns)
        assert again.unique == schema.unique


def test_counts_hold_every_family(may: ct.Batch) -> None:
    counts = ct.count_by_family(ct.check_batch(may))
    assert counts.to_dict() == dict.fromkeys(ct.FAMILIES, 0)
