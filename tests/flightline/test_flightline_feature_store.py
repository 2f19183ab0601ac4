"""The feature store gives training and serving the same values, and says so where it can't."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd
import pytest

from flightline import feature_store
from flightline.definition import prediction_time
from flightline.feature_store import FeatureStoreError
from flightline.snapshots import AIRCRAFT_TTL, TTL, all_snapshots, snapshot_features
from tests import servers

IN_CI = os.environ.get("CI") == "true"
NOON = pd.Timestamp("2013-09-12 16:00", tz="UTC")
HOUR = pd.Timedelta(hours=1)
AIRCRAFT = "aircraft_last_arrival_delay"


@pytest.fixture(scope="module")
def september(flights: pd.DataFrame) -> pd.DataFrame:
    return flights[flights["month"].eq(9) & flights["day"].between(9, 13)]


@pytest.fixture(scope="module")
def tables(september: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return all_snapshots(september)


@pytest.fixture(scope="module")
def repository(tables: dict[str, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = feature_store.write_repository(tmp_path_factory.mktemp("store"))
    feature_store.write_tables(tables, folder / "data")
    return folder


@pytest.fixture(scope="module")
def store(repository: Path):
    return feature_store.apply(repository)


def asked_at(flights: pd.DataFrame, moment: pd.Timestamp) -> pd.DataFrame:
    """Return flights that are asked about at one moment."""
    return flights[prediction_time(flights) == moment]


def aircraft_row(known_at: pd.Timestamp, delay: float) -> pd.DataFrame:
    return pd.DataFrame({"tailnum": ["N1"], "known_at": [known_at], AIRCRAFT: [delay]})


def last_arrival(store) -> float:
    response = store.get_online_features(
        features=[f"aircraft_arrivals:{AIRCRAFT}"], entity_rows=[{"tailnum": "N1"}]
    )
    return response.to_dict()[AIRCRAFT][0]


# --- the offline store ---------------------------------------------------------------------------


def test_history_is_the_frame_of_the_point_in_time_join_to_the_last_row(
    store, september, tables
) -> None:
    some = september.sample(2000, random_state=0)
    expected = snapshot_features(some, tables)
    found = feature_store.historical_features(store, some)
    pd.testing.assert_frame_equal(found, expected, check_exact=True)
    assert some["tailnum"].isna().any()
    assert expected[AIRCRAFT].isna().any()
    assert expected[AIRCRAFT].notna().any()


def test_the_same_question_twice_gives_two_rows(store, september) -> None:
    twice = september.iloc[[700, 700, 3]]
    assert len(feature_store.historical_features(store, twice)) == 3


def test_the_file_offline_store_loses_rows_and_the_count_tells(tables, september, tmp_path) -> None:
    folder = feature_store.write_repository(tmp_path, project="file_store")
    feature_store.write_tables(tables, folder / "data")
    config = folder / "feature_store.yaml"
    config.write_text(config.read_text().replace("type: duckdb", "type: file"))
    store = feature_store.apply(folder)
    twice = september.iloc[[700, 700, 3]]
    with pytest.raises(FeatureStoreError, match=r"returned \d rows for 3 flights"):
        feature_store.historical_features(store, twice)


def test_retrieved_rows_come_back_in_the_order_of_the_flights(september) -> None:
    some = september.iloc[[5, 2, 9]]
    shuffled = feature_store.entity_rows(some).assign(value=[1.0, 2.0, 3.0]).iloc[[2, 0, 1]]
    found = feature_store.in_order_of(some, shuffled)
    assert found.index.equals(some.index)
    assert found.columns.tolist() == ["value"]
    assert found["value"].tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([0, 2], "returned 2 rows for 3 flights: 1 are lost, the first is flight_row 1"),
        ([0, 1, 2, 2], "returned 4 rows for 3 flights: flight_row 2 is there 2 times"),
        ([0, 2, 2], "returned 3 rows for 3 flights: 1 are lost, the first is flight_row 1"),
    ],
)
def test_lost_and_doubled_rows_are_refused(september, rows, message) -> None:
    some = september.iloc[:3]
    with pytest.raises(FeatureStoreError, match=message):
        feature_store.in_order_of(some, feature_store.entity_rows(some).iloc[rows])


def test_the_second_service_reads_the_same_values(store, september) -> None:
    some = september.sample(200, random_state=1)
    first = feature_store.historical_features(store, some)
    second = feature_store.historical_features(store, some, "late_departures")
    assert second.shape == (200, 4)
    pd.testing.assert_frame_equal(second, first[second.columns.tolist()])


def test_the_ttl_of_the_views_are_those_of_the_snapshots(store) -> None:
    views = {view.name: view.ttl for view in store.list_feature_views()}
    assert views.pop("aircraft_arrivals") == AIRCRAFT_TTL.to_pytimedelta()
    assert set(views.values()) == {TTL.to_pytimedelta()}


def test_a_view_is_described_as_plain_data(store) -> None:
    assert feature_store.described(store.get_feature_view("aircraft_arrivals")) == {
        "name": "aircraft_arrivals",
        "join_keys": ["tailnum"],
        "ttl_hours": 24.0,
        "features": {AIRCRAFT: "Float64"},
        "source": "tailnum.parquet",
        "timestamp_field": "known_at",
    }
    assert feature_store.described(...) is ...


# --- the online stores ---------------------------------------------------------------------------


def environment_of(kind: str) -> dict[str, str]:
    if kind == "redis":
        return {"FLIGHTLINE_REDIS": servers.redis()}
    if kind == "postgres":
        url = urlsplit(servers.postgres())
        return {
            "FLIGHTLINE_POSTGRES_HOST": url.hostname or "",
            "FLIGHTLINE_POSTGRES_PORT": str(url.port or 5432),
            "FLIGHTLINE_POSTGRES_DATABASE": url.path.strip("/"),
            "FLIGHTLINE_POSTGRES_USER": url.username or "",
            "FLIGHTLINE_POSTGRES_PASSWORD": url.password or "",
            "FLIGHTLINE_POSTGRES_SSLMODE": "disable",
        }
    return {}


@pytest.fixture(params=["sqlite", "redis", "postgres"])
def online(request, tables, tmp_path, monkeypatch) -> Iterator:
    """Each online store in turn, by its configuration only, emptied afterwards."""
    for name, value in environment_of(request.param).items():
        monkeypatch.setenv(name, value)
    project = f"test_{os.getpid()}_{request.param}"
    folder = feature_store.write_repository(tmp_path / "repository", request.param, project)
    feature_store.write_tables(tables, folder / "data")
    store = feature_store.apply(folder)
    yield store
    store.teardown()


def test_every_online_store_serves_what_training_sees(online, september) -> None:
    flights = asked_at(september, NOON)
    feature_store.materialize(online, until=NOON, since=NOON - 24 * HOUR)
    served = feature_store.online_features(online, flights)
    trained = feature_store.historical_features(online, flights)
    assert len(flights) > 10
    recent = trained.notna()
    assert recent.to_numpy().mean() > 0.9
    pd.testing.assert_frame_equal(served[recent], trained, check_exact=True)


def test_incremental_materialization_moves_the_values_on(online, september) -> None:
    feature_store.materialize(online, until=NOON, since=NOON - 24 * HOUR)
    later = asked_at(september, NOON + HOUR)
    before = feature_store.online_features(online, later)
    feature_store.materialize(online, until=NOON + HOUR)
    after = feature_store.online_features(online, later)
    expected = feature_store.historical_features(online, later)
    name = "carrier_arrival_delay_1h"
    known = expected[name].notna()
    assert (after.loc[known, name] == expected.loc[known, name]).all()
    assert not before[name].equals(after[name])


def test_only_redis_keeps_a_newer_value_when_an_older_row_is_written(online) -> None:
    online.write_to_online_store("aircraft_arrivals", aircraft_row(NOON, 50.0))
    online.write_to_online_store("aircraft_arrivals", aircraft_row(NOON - HOUR, 7.0))
    newer_kept = online.config.online_store.type == "redis"
    assert last_arrival(online) == (50.0 if newer_kept else 7.0)


def test_materializing_is_quiet(store, capfd) -> None:
    feature_store.materialize(store, until=NOON, since=NOON - HOUR, views=["carrier_delays"])
    assert capfd.readouterr() == ("", "")


def test_the_installed_feast_has_no_telemetry() -> None:
    import feast

    code = Path(feast.__file__).parent.rglob("*.py")
    found = [path.name for path in code if "feast.usage" in path.read_text(encoding="utf-8")]
    assert not found
    assert os.environ["FEAST_USAGE"] == "False"


# --- the feature server --------------------------------------------------------------------------


def answer(values: list, since: list[str], status: str = "PRESENT") -> dict:
    return {
        "metadata": {"feature_names": ["carrier", AIRCRAFT]},
        "results": [
            {"values": ["UA"] * len(values), "event_timestamps": since},
            {"values": values, "event_timestamps": since, "statuses": [status] * len(values)},
        ],
    }


def test_values_that_are_too_old_or_from_later_are_left_out() -> None:
    since = ["2013-09-12T16:00:00Z", "2013-09-11T15:59:00Z", "2013-09-12T16:00:01Z",
             "2013-09-11T16:00:00Z", "1970-01-01T00:00:00Z"]  # fmt: skip
    moments = pd.Series(NOON, index=[4, 3, 2, 1, 0])
    found = feature_store.fresh_features(
        answer([1.0, 2.0, 3.0, 4.0, None], since), moments, feature_store.ttl_of([AIRCRAFT])
    )
    assert found.index.tolist() == [4, 3, 2, 1, 0]
    assert found[AIRCRAFT].fillna(-1).tolist() == [1.0, -1, -1, 4.0, -1]


def test_an_answer_that_lacks_a_feature_is_refused() -> None:
    with pytest.raises(FeatureStoreError, match="lacks other"):
        feature_store.fresh_features(
            answer([1.0], ["2013-09-12T16:00:00Z"]), pd.Series([NOON]), {"other": TTL}
        )


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


slow = pytest.mark.skipif(not IN_CI, reason="starts Feast's server, about 10 s: set CI=true")


@slow
def test_the_feature_server_answers_what_training_sees(store, repository, september) -> None:
    flights = asked_at(september, NOON)
    feature_store.materialize(store, until=NOON, since=NOON - 24 * HOUR)
    with feature_store.feature_server(repository) as url:
        found = feature_store.ask_server(url, flights)
        with pytest.raises(FeatureStoreError, match=r"404.*nothing"):
            feature_store.ask_server(url, flights, "nothing")
    port = int(url.rsplit(":", 1)[1])
    assert not listens(port)
    trained = feature_store.historical_features(store, flights)
    served = feature_store.fresh_features(
        found, prediction_time(flights), feature_store.ttl_of(trained)
    )
    pd.testing.assert_frame_equal(served, trained, check_exact=True)


PARENT = """
import pathlib, sys, time
from flightline.feature_store import feature_server
with feature_server(pathlib.Path(sys.argv[1])) as url:
    print(url, flush=True)
    time.sleep(60)
"""


@slow
def test_the_feature_server_is_gone_when_its_parent_is_killed(store, repository) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(repository)], stdout=subprocess.PIPE
    )
    try:
        assert parent.stdout is not None
        port = int(parent.stdout.readline().decode().strip().rsplit(":", 1)[1])
        assert listens(port)
    finally:
        parent.kill()
        parent.communicate()
    end = time.monotonic() + 15
    while listens(port) and time.monotonic() < end:
        time.sleep(0.05)
    assert not listens(port)


# --- the repository and the command --------------------------------------------------------------


def test_the_configurations_differ_in_the_online_store_only() -> None:
    kinds = ("sqlite", "redis", "postgres")
    texts = [feature_store.configuration(kind).split("online_store:") for kind in kinds]
    heads, ends = zip(*texts, strict=True)
    assert len(set(heads)) == 1
    assert {end.splitlines()[-1] for end in ends} == {"entity_key_serialization_version: 3"}


def test_a_missing_variable_is_named(tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("FLIGHTLINE_REDIS", raising=False)
    folder = feature_store.write_repository(tmp_path, "redis")
    with pytest.raises(FeatureStoreError, match="environment variable FLIGHTLINE_REDIS"):
        feature_store.open_store(folder)


def test_errors_say_what_is_missing(tmp_path, tables) -> None:
    with pytest.raises(FeatureStoreError, match=r"no feature_store\.yaml"):
        feature_store.open_store(tmp_path)
    with pytest.raises(FeatureStoreError, match="no online store 'mysql'"):
        feature_store.write_repository(tmp_path, "mysql")  # type: ignore[arg-type]
    folder = feature_store.write_repository(tmp_path / "repository")
    with pytest.raises(FeatureStoreError, match=r"no carrier\.parquet"):
        feature_store.apply(folder)
    (tmp_path / "file").write_text("")
    with pytest.raises(FeatureStoreError, match="a file is in its place"):
        feature_store.write_tables(tables, tmp_path / "file")


def test_tables_are_written_in_microseconds_and_checked(tmp_path, tables) -> None:
    table = tables["tailnum"].head(3)
    nanoseconds = table.assign(known_at=table["known_at"].dt.as_unit("ns"))
    assert feature_store.write_tables({"tailnum": nanoseconds}, tmp_path) == {"tailnum": 3}
    written = pd.read_parquet(tmp_path / "tailnum.parquet")
    assert str(written["known_at"].dtype) == "datetime64[us, UTC]"
    with pytest.raises(FeatureStoreError, match="two rows of"):
        feature_store.write_tables({"tailnum": table.iloc[[0, 0]]}, tmp_path)
    naive = table.assign(known_at=table["known_at"].dt.tz_localize(None))
    with pytest.raises(FeatureStoreError, match="without a time zone"):
        feature_store.write_tables({"tailnum": naive}, tmp_path)


def test_the_command_writes_tables_up_to_a_moment(tables, tmp_path) -> None:
    found = feature_store.make_features(tmp_path, "2013-09-12T16:00", tables=tables)
    assert found.last == NOON
    assert found.online_store is None
    assert set(found.rows) == set(feature_store.ENTITIES)
    carrier = pd.read_parquet(tmp_path / "data" / "carrier.parquet")
    assert carrier["known_at"].max() == NOON
    assert len(carrier) == found.rows["carrier"]


def test_the_command_loads_the_online_store(tables, september, tmp_path) -> None:
    found = feature_store.make_features(tmp_path, NOON, online="sqlite", tables=tables)
    assert found.online_store == "sqlite"
    flights = asked_at(september, NOON)
    served = feature_store.online_features(feature_store.open_store(tmp_path), flights)
    assert served["origin_arrival_delay_3h"].notna().all()


def test_the_command_refuses_what_it_cannot_do(tables, tmp_path) -> None:
    with pytest.raises(FeatureStoreError, match="'yesterday-ish' is no moment"):
        feature_store.make_features(tmp_path, "yesterday-ish", tables=tables)
    with pytest.raises(FeatureStoreError, match="choose a later moment"):
        feature_store.make_features(tmp_path, "2013-01-01", tables=tables)
