import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from flightline import snapshots as sn
from flightline.definition import prediction_time
from flightline.features import arrival_features, departure_features
from flightline.point_in_time import as_known_at, changed_without_future


@pytest.fixture(scope="module")
def week(flights: pd.DataFrame) -> pd.DataFrame:
    """The flights of a week with a snow storm, and the clock change of 10 March."""
    return flights[flights["month"].eq(3) & flights["day"].between(6, 12)]


@pytest.fixture(scope="module")
def tables(week: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return sn.all_snapshots(week)


def at(*clock: str) -> pd.Series:
    """Times on 1 May 2013, UTC."""
    return pd.Series(pd.to_datetime([f"2013-05-01 {time}" for time in clock], utc=True))


def make_history(landed: list[str], delays: list[float], **columns: object) -> pd.DataFrame:
    """Return flights of an hour each that left as late as they arrived."""
    arrival = at(*landed)
    delay = pd.to_timedelta(pd.Series(delays), unit="min")
    keys = {"carrier": "UA", "origin": "EWR", "dest": "BOS", "tailnum": "N1", **columns}
    return pd.DataFrame(
        {
            "actual_departure": arrival - pd.Timedelta(hours=1),
            "dep_delay": delays,
            "scheduled_arrival": arrival - delay,
            "actual_arrival": arrival,
            "arr_delay": delays,
            **keys,
        }
    )


# --- The law ---------------------------------------------------------------------------------


@settings(max_examples=5, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(position=st.integers(0, 10**9))
def test_no_stored_feature_changes_when_the_future_is_deleted(
    position: int, week: pd.DataFrame
) -> None:
    flight = week.iloc[[position % len(week)]]

    def stored(flights: pd.DataFrame, history: pd.DataFrame) -> pd.DataFrame:
        return sn.snapshot_features(flights, sn.all_snapshots(history))

    if as_known_at(week, prediction_time(flight).iloc[0])["arr_delay"].notna().sum() < 50:
        return  # too early in the week to have a history
    changed = changed_without_future(stored, flight, week)
    assert len(changed) == 19
    assert changed.eq(0).all(), changed[changed > 0].to_dict()


@pytest.mark.parametrize("entity", sn.SNAPSHOT_ENTITIES)
def test_a_snapshot_equals_the_feature_of_a_flight_that_is_asked_at_its_moment(
    entity: str, week: pd.DataFrame, tables: dict[str, pd.DataFrame]
) -> None:
    on_the_hour = week[week["scheduled_departure"].dt.minute.eq(0)]
    exact = pd.concat(
        [arrival_features(on_the_hour, week), departure_features(on_the_hour, week)], axis=1
    )
    stored = sn.snapshot_features(on_the_hour, {entity: tables[entity]})
    assert len(on_the_hour) > 300
    pd.testing.assert_frame_equal(stored, exact[stored.columns])


# --- Snapshots of carriers, origins and destinations -----------------------------------------


def test_a_flight_that_landed_between_two_snapshots_is_in_the_later_one() -> None:
    table = sn.delay_snapshots(make_history(["10:30"], [40.0]), "carrier")
    first = table.dropna(subset=["carrier_arrival_delay_1h"])
    assert first["known_at"].tolist() == [at("11:00").iloc[0]]
    assert first["carrier_arrival_delay_1h"].tolist() == [40.0]


@pytest.mark.parametrize(("landed", "snapshot"), [("10:59", "11:00"), ("11:00", "12:00")])
def test_the_minute_of_a_snapshot_is_not_over(landed: str, snapshot: str) -> None:
    table = sn.delay_snapshots(make_history([landed], [40.0]), "carrier")
    first = table.dropna(subset=["carrier_arrival_delay_3h"])["known_at"].iloc[0]
    assert first == at(snapshot).iloc[0]


def test_a_row_is_named_once_and_holds_something(tables: dict[str, pd.DataFrame]) -> None:
    for entity, table in tables.items():
        assert not table.duplicated([entity, "known_at"]).any()
        assert table["known_at"].dtype == "datetime64[us, UTC]"
        values = table.drop(columns=[entity, "known_at"])
        assert values.notna().any(axis=1).all()


def test_snapshots_are_as_far_apart_as_asked(week: pd.DataFrame) -> None:
    table = sn.delay_snapshots(week, "origin", every=pd.Timedelta(hours=3))
    assert set(table["known_at"].dt.hour) == set(range(0, 24, 3))
    assert table["known_at"].dt.minute.eq(0).all()


# --- Arrivals of aircraft --------------------------------------------------------------------


def test_an_arrival_is_known_when_its_minute_is_over() -> None:
    table = sn.aircraft_arrivals(make_history(["10:30"], [40.0]))
    assert table["known_at"].tolist() == [at("10:31").iloc[0]]
    assert table["aircraft_last_arrival_delay"].tolist() == [40.0]


def test_of_two_arrivals_in_a_minute_the_one_scheduled_later_is_kept() -> None:
    for delays in ([40.0, 10.0], [10.0, 40.0]):
        table = sn.aircraft_arrivals(make_history(["10:30", "10:30"], delays))
        assert table["aircraft_last_arrival_delay"].tolist() == [10.0]


def test_an_unknown_aircraft_and_a_flight_that_never_landed_are_no_arrivals() -> None:
    history = make_history(["10:30", "11:30"], [40.0, 10.0], tailnum=[None, "N2"])
    history.loc[1, ["actual_arrival", "arr_delay"]] = None
    assert sn.aircraft_arrivals(history).empty


# --- Reading them ----------------------------------------------------------------------------


@pytest.mark.parametrize(("departure", "known"), [("14:30", True), ("15:01", False)])
def test_an_old_snapshot_counts_as_unknown(departure: str, known: bool) -> None:
    table = pd.DataFrame(
        {"carrier": ["UA"], "known_at": at("11:00"), "carrier_arrival_delay_3h": [40.0]}
    )
    flights = pd.DataFrame({"carrier": ["UA"], "scheduled_departure": at(departure)})
    found = sn.snapshot_features(flights, {"carrier": table})
    assert found["carrier_arrival_delay_3h"].notna().tolist() == [known]


def test_an_aircraft_is_remembered_for_a_day() -> None:
    table = sn.aircraft_arrivals(make_history(["10:30"], [40.0]))
    departures = at("11:31", "11:32").dt.floor("min") + pd.Timedelta(days=1)
    flights = pd.DataFrame({"tailnum": "N1", "scheduled_departure": departures})
    found = sn.snapshot_features(flights, {"tailnum": table})["aircraft_last_arrival_delay"]
    assert found.notna().tolist() == [True, False]


def test_every_flight_gets_its_row(week: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> None:
    backwards = week.iloc[::-1]
    found = sn.snapshot_features(backwards, tables)
    assert found.shape == (len(week), 19)
    pd.testing.assert_frame_equal(found.iloc[::-1], sn.snapshot_features(week, tables))
