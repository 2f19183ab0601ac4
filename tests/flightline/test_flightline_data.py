import shutil
import time
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from flightline import data

LOADERS = {
    "flights": (data.load_flights, 336_776, 19 + 4),
    "weather": (data.load_weather, 26_115, 15),
    "planes": (data.load_planes, 3_322, 9),
    "airports": (data.load_airports, 1_458, 8),
    "airlines": (data.load_airlines, 16, 2),
}
TIMES = ["scheduled_departure", "actual_departure", "scheduled_arrival", "actual_arrival"]


def clock_minutes(hhmm: pd.Series) -> pd.Series:
    """Minutes after midnight; 2400 is midnight."""
    return (hhmm // 100 * 60 + hhmm % 100) % 1440


def local_minutes(times: pd.Series, zones: pd.Series) -> pd.Series:
    """Minutes after midnight on the clock of each row's time zone."""
    parts = []
    for zone, rows in times.groupby(zones):
        local = rows.dt.tz_convert(zone)
        parts.append(local.dt.hour * 60 + local.dt.minute)
    return pd.concat(parts).reindex(times.index)


# --- Loading ---------------------------------------------------------------------------------


@pytest.mark.parametrize("table", LOADERS)
def test_every_table_is_complete(table: str) -> None:
    load, rows, columns = LOADERS[table]
    assert load().shape == (rows, columns)


def test_the_data_takes_at_most_8_mb() -> None:
    assert sum(file.stat().st_size for file in data.data_dir().glob("*.parquet")) <= 8_000_000


@pytest.mark.parametrize("table", LOADERS)
def test_only_the_columns_asked_for_come_in_the_order_asked(table: str) -> None:
    load = LOADERS[table][0]
    wanted = list(load().columns[[1, 0]])
    assert list(load(wanted).columns) == wanted


def test_a_time_alone_equals_the_time_among_all_columns(flights: pd.DataFrame) -> None:
    for name in TIMES:
        pd.testing.assert_frame_equal(data.load_flights([name]), flights[[name]])


def test_only_needed_columns_are_read_from_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    original = data.pq.read_table
    monkeypatch.setattr(
        data.pq,
        "read_table",
        lambda path, columns: read.extend(columns) or original(path, columns=columns),
    )
    data.load_flights(["carrier", "actual_departure"])
    assert sorted(read) == ["carrier", "dep_delay", "minute", "time_hour"]


def test_integers_are_wide_enough_for_arithmetic(flights: pd.DataFrame) -> None:
    assert (flights["hour"] * 100 + flights["minute"]).equals(flights["sched_dep_time"])


def test_the_full_table_loads_in_under_a_second() -> None:
    data.load_flights(["year"])
    seconds = []
    for _ in range(3):
        # Processor time: other tests may share the machine.
        start = time.process_time()
        data.load_flights()
        seconds.append(time.process_time() - start)
    assert min(seconds) < 1


def test_an_unknown_column_names_the_near_matches() -> None:
    with pytest.raises(ValueError, match=r"no column 'dep_tme'.* 'dep_time'"):
        data.load_flights(["dep_tme"])


def test_a_column_like_no_other_lists_all() -> None:
    with pytest.raises(ValueError, match="It has: carrier, name"):
        data.load_airlines(["zzz"])


def test_a_single_string_is_refused() -> None:
    with pytest.raises(ValueError, match=r"write \['dest'\]"):
        data.load_flights("dest")


def test_no_column_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="columns is empty"):
        data.load_airlines([])


# --- Checksums -------------------------------------------------------------------------------


@pytest.fixture
def copied_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("SHA256SUMS", "airlines.parquet"):
        shutil.copy(data.data_dir() / name, tmp_path)
    monkeypatch.setattr(data, "_CHECKOUT_DATA", tmp_path)
    return tmp_path


def test_a_changed_file_is_refused_with_its_name_and_the_remedy(copied_data: Path) -> None:
    file = copied_data / "airlines.parquet"
    content = bytearray(file.read_bytes())
    content[100] ^= 1
    file.write_bytes(content)
    with pytest.raises(
        data.DataError, match=r"airlines\.parquet was changed.*git checkout -- data"
    ):
        data.load_airlines()


def test_a_missing_file_is_refused_with_its_name_and_the_remedy(copied_data: Path) -> None:
    (copied_data / "airlines.parquet").unlink()
    with pytest.raises(data.DataError, match=r"airlines\.parquet is missing.*data/build\.py"):
        data.load_airlines()


def test_a_wheel_without_its_data_says_how_to_install_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "_CHECKOUT_DATA", tmp_path / "absent")
    monkeypatch.setattr(data, "_WHEEL_DATA", tmp_path)
    with pytest.raises(data.DataError, match=r"SHA256SUMS is missing.*pip install"):
        data.load_airlines()


def test_a_file_is_hashed_once_per_process(copied_data: Path) -> None:
    data.load_airlines()
    before = data._verified.cache_info().misses
    data.load_airlines()
    assert data._verified.cache_info().misses == before


# --- Times -----------------------------------------------------------------------------------


def test_times_are_utc(flights: pd.DataFrame) -> None:
    assert {str(flights[name].dtype) for name in TIMES} == {"datetime64[ns, UTC]"}


def test_every_destination_has_a_time_zone(flights: pd.DataFrame) -> None:
    zones = data.airport_time_zones()
    assert zones.index.is_unique
    assert flights["dest"].isin(zones.index).all()


def test_scheduled_departure_is_the_recorded_clock_in_new_york(flights: pd.DataFrame) -> None:
    local = flights["scheduled_departure"].dt.tz_convert("America/New_York")
    assert (local.dt.hour * 100 + local.dt.minute).eq(flights["sched_dep_time"]).all()
    assert local.dt.month.eq(flights["month"]).all()
    assert local.dt.day.eq(flights["day"]).all()


def test_scheduled_arrival_is_the_recorded_clock_at_the_destination(flights: pd.DataFrame) -> None:
    zones = flights["dest"].map(data.airport_time_zones())
    local = local_minutes(flights["scheduled_arrival"], zones)
    assert local.eq(clock_minutes(flights["sched_arr_time"])).all()


def test_every_flight_is_scheduled_to_take_a_plausible_time(flights: pd.DataFrame) -> None:
    minutes = (
        flights["scheduled_arrival"] - flights["scheduled_departure"]
    ).dt.total_seconds() / 60
    usual_air_time = flights.groupby(["origin", "dest"])["air_time"].transform("median")
    on_the_ground = (minutes - usual_air_time).dropna()
    assert on_the_ground.between(-10, 140).all()


def test_scheduled_plus_delay_agrees_with_the_recorded_departure(flights: pd.DataFrame) -> None:
    left = flights[flights["dep_time"].notna()]
    local = left["actual_departure"].dt.tz_convert("America/New_York")
    minutes = local.dt.hour * 60 + local.dt.minute
    assert minutes.eq(clock_minutes(left["dep_time"])).all()


def test_scheduled_plus_delay_agrees_with_the_recorded_arrival(flights: pd.DataFrame) -> None:
    arrived = flights[flights["arr_delay"].notna()]
    zones = arrived["dest"].map(data.airport_time_zones())
    local = local_minutes(arrived["actual_arrival"], zones)
    wrong = arrived[local.ne(clock_minutes(arrived["arr_time"]))]
    # 02:03 on 10 March does not exist: the clocks went from 02:00 to 03:00.
    assert wrong[["month", "day", "arr_time", "dest"]].values.tolist() == [[3, 9, 203.0, "PBI"]]


def test_the_time_in_the_air_fits_between_departure_and_arrival(flights: pd.DataFrame) -> None:
    flown = flights[flights["arr_delay"].notna()]
    minutes = (flown["actual_arrival"] - flown["actual_departure"]).dt.total_seconds() / 60
    taxi = minutes - flown["air_time"]
    assert taxi.between(1, 240).all()


def test_cancelled_flights_are_kept_without_actual_times(flights: pd.DataFrame) -> None:
    cancelled = flights[flights["dep_time"].isna()]
    assert len(cancelled) == 8_255
    assert cancelled[["actual_departure", "actual_arrival"]].isna().all(axis=None)
    assert cancelled[["scheduled_departure", "scheduled_arrival"]].notna().all(axis=None)


def test_diverted_flights_are_kept_with_their_departure(flights: pd.DataFrame) -> None:
    diverted = flights[flights["dep_time"].notna() & flights["arr_delay"].isna()]
    assert len(diverted) == 1_175
    assert diverted["actual_departure"].notna().all()
    assert diverted["actual_arrival"].isna().all()


@settings(max_examples=60, deadline=None)
@given(
    departure=st.datetimes(pd.Timestamp("2013-01-01"), pd.Timestamp("2013-12-31")),
    minutes=st.integers(30, 22 * 60),
    dest=st.sampled_from(["BOS", "ORD", "DEN", "PHX", "LAX", "ANC", "HNL", "SJU"]),
)
@example(departure=datetime(2013, 3, 10, 3, 30), minutes=180, dest="BOS")
@example(departure=datetime(2013, 3, 11, 3, 30), minutes=300, dest="LAX")
@example(departure=datetime(2013, 11, 3, 3, 30), minutes=240, dest="BOS")
@example(departure=datetime(2013, 11, 4, 4, 30), minutes=50, dest="BOS")
def test_an_arrival_is_recovered_from_its_local_clock(
    departure: datetime, minutes: int, dest: str
) -> None:
    leaves = pd.Timestamp(departure).floor("min").tz_localize("UTC")
    lands = leaves + pd.Timedelta(minutes=minutes)
    here = leaves.tz_convert("America/New_York")
    there = lands.tz_convert(data.airport_time_zones()[dest])
    assume(there.date() >= here.date())
    # The clock alone can't tell the two hours from 01:00 on 3 November apart.
    assume((there + pd.Timedelta(hours=-1)).hour != there.hour)
    flight = pd.DataFrame({"sched_arr_time": [there.hour * 100 + there.minute], "dest": [dest]})
    assert data._scheduled_arrival(flight, pd.Series([leaves]))[0] == lands


# --- Known faults, as data/README.md states them ---------------------------------------------


def test_midnight_is_written_2400(flights: pd.DataFrame) -> None:
    assert [flights[name].eq(2400).sum() for name in ("dep_time", "arr_time")] == [29, 150]


def test_some_diverted_flights_have_an_arrival_time(flights: pd.DataFrame) -> None:
    assert (flights["arr_time"].notna() & flights["arr_delay"].isna()).sum() == 717


def test_four_destinations_are_missing_from_airports(flights: pd.DataFrame) -> None:
    missing = flights.loc[~flights["dest"].isin(data.load_airports(["faa"])["faa"]), "dest"]
    assert set(missing) == set(data.MISSING_TIME_ZONES)
    assert len(missing) == 7_602


def test_aircraft_are_missing_from_planes(flights: pd.DataFrame) -> None:
    planes = data.load_planes()
    absent = ~flights["tailnum"].isin(planes["tailnum"])
    unnamed = flights["tailnum"].isna()
    assert (absent.sum(), unnamed.sum()) == (52_606, 2_512)
    assert flights.loc[absent & ~unnamed, "tailnum"].nunique() == 721
    assert len(flights.merge(planes)) == 4_630


def test_the_date_does_not_make_a_flight_number_unique(flights: pd.DataFrame) -> None:
    number = ["carrier", "flight"]
    assert flights.duplicated(["year", "month", "day", *number]).sum() == 24
    assert flights.duplicated(["time_hour", *number]).sum() == 0


def test_one_wind_is_impossible() -> None:
    assert data.load_weather()["wind_speed"].nlargest(2).round().tolist() == [1048, 43]


def test_weather_has_gaps(flights: pd.DataFrame) -> None:
    keys = data.load_weather(["origin", "time_hour"])
    span = (keys["time_hour"].max() - keys["time_hour"].min()) / pd.Timedelta(hours=1) + 1
    gaps = span - keys["origin"].value_counts()
    assert gaps.to_dict() == {"EWR": 27, "JFK": 24, "LGA": 24}
    joined = flights.merge(keys, on=["origin", "time_hour"], how="left", indicator=True)
    assert joined["_merge"].eq("left_only").sum() == 1_556


def test_an_hour_of_weather_repeats_on_the_local_clock_only() -> None:
    weather = data.load_weather()
    assert weather.duplicated(["origin", "year", "month", "day", "hour"]).sum() == 3
    assert weather.duplicated(["origin", "time_hour"]).sum() == 0
