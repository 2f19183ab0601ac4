import io
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flightline import partitions


def some_flights(delays: list[float], first: str = "2013-02-10T12:00Z") -> pd.DataFrame:
    """One UA flight an hour."""
    hours = pd.date_range(first, periods=len(delays), freq="h")
    return pd.DataFrame(
        {
            "time_hour": hours,
            "carrier": "UA",
            "flight": range(1, len(delays) + 1),
            "scheduled_departure": hours + pd.Timedelta(minutes=15),
            "arr_delay": pd.Series(delays, dtype=float),
        }
    )


def files(root: Path) -> dict[str, tuple[bytes, int]]:
    return {
        path.relative_to(root).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in root.rglob("*")
        if path.is_file()
    }


def test_a_published_file_has_the_content_and_nothing_stays_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "table.csv"
    for content in ([b"old"], [b"new, ", b"in pieces"]):
        partitions.publish(target, content)
        assert target.read_bytes() == b"".join(content)
        assert list(tmp_path.iterdir()) == [target]


def test_a_content_that_fails_half_way_leaves_the_old_file_alone(tmp_path: Path) -> None:
    def failing():
        yield b"half"
        raise RuntimeError("the source went away")

    target = tmp_path / "table.csv"
    target.write_bytes(b"old")
    with pytest.raises(RuntimeError, match="went away"):
        partitions.publish(target, failing())
    assert files(tmp_path).keys() == {"table.csv"}
    assert target.read_bytes() == b"old"


def test_a_killed_process_leaves_the_old_file_and_the_next_one_uses_its_leftover(
    tmp_path: Path,
) -> None:
    program = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from flightline.partitions import publish\n"
        "def pieces():\n"
        "    yield b'half'\n"
        "    print('half', flush=True)\n"
        "    time.sleep(60)\n"
        "publish(Path(sys.argv[1]), pieces())\n"
    )
    target = tmp_path / "table.csv"
    target.write_bytes(b"old")
    command = [sys.executable, "-c", program, str(target)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half\n"
        process.kill()
    assert target.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 2
    partitions.publish(target, [b"new"])
    assert {name: content for name, (content, _) in files(tmp_path).items()} == {
        "table.csv": b"new"
    }


def test_the_content_is_on_the_disk_before_it_takes_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    sync, replace = os.fsync, os.replace

    def record_sync(descriptor: int) -> None:
        sync(descriptor)
        done.append("fsync")

    def record_replace(source: Path, target: Path) -> None:
        replace(source, target)
        done.append("replace")

    monkeypatch.setattr(os, "fsync", record_sync)
    monkeypatch.setattr(os, "replace", record_replace)
    partitions.publish(tmp_path / "table.csv", [b"new"])
    assert done[:2] == ["fsync", "replace"]


def test_a_month_is_new_york_s() -> None:
    departures = pd.to_datetime(["2013-03-01T04:59Z", "2013-03-01T05:00Z", "2014-01-01T04:59Z"])
    flights = pd.DataFrame({"scheduled_departure": departures})
    assert list(partitions.month_of(flights)) == ["2013-02", "2013-03", "2013-12"]


def test_the_month_agrees_with_the_recorded_one_for_every_flight(flights: pd.DataFrame) -> None:
    recorded = flights["month"].map(lambda month: f"2013-{month:02}")
    assert partitions.month_of(flights).equals(recorded)


def test_no_two_flights_share_the_key(flights: pd.DataFrame) -> None:
    assert not flights.duplicated(list(partitions.FLIGHT_KEY)).any()


def test_writing_a_month_again_changes_nothing_whatever_the_order(tmp_path: Path) -> None:
    february = some_flights([5, 31, float("nan")])
    assert partitions.write_month(tmp_path, "2013-02", february)
    before = files(tmp_path)
    assert not partitions.write_month(tmp_path, "2013-02", february.iloc[::-1])
    assert files(tmp_path) == before


def test_writing_a_month_replaces_it_and_leaves_the_others(tmp_path: Path) -> None:
    partitions.write_month(tmp_path, "2013-01", some_flights([1], "2013-01-05T12:00Z"))
    partitions.write_month(tmp_path, "2013-02", some_flights([5, 31]))
    january = files(tmp_path)["month=2013-01/flights.parquet"]
    partitions.write_month(tmp_path, "2013-02", some_flights([7]))
    assert list(partitions.read_months(tmp_path)["arr_delay"]) == [1, 7]
    assert files(tmp_path)["month=2013-01/flights.parquet"] == january


def test_a_flight_of_another_month_or_a_repeated_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="1 flights don't depart in 2013-02"):
        partitions.write_month(tmp_path, "2013-02", some_flights([1, 2], "2013-03-01T04:00Z"))
    doubled = pd.concat([some_flights([1]), some_flights([2])])
    with pytest.raises(ValueError, match="1 flights of 2013-02 occur twice"):
        partitions.write_month(tmp_path, "2013-02", doubled)
    assert partitions.published_months(tmp_path) == []


def test_reading_names_the_month_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="any month"):
        partitions.read_months(tmp_path)
    partitions.write_month(tmp_path, "2013-02", some_flights([1]))
    with pytest.raises(FileNotFoundError, match="2013-03"):
        partitions.read_months(tmp_path, ["2013-02", "2013-03"])
    assert list(partitions.read_months(tmp_path, columns=["flight"]).columns) == ["flight"]


def test_a_backfill_that_failed_goes_on_where_it_stopped(tmp_path: Path) -> None:
    months = ["2013-01", "2013-02", "2013-03"]
    asked: list[str] = []

    def make(month: str) -> pd.DataFrame:
        asked.append(month)
        if asked == months[:2]:
            raise RuntimeError("killed")
        return some_flights([1], f"{month}-10T12:00Z")

    with pytest.raises(RuntimeError, match="killed"):
        partitions.backfill(tmp_path, months, make)
    assert partitions.published_months(tmp_path) == ["2013-01"]
    assert partitions.backfill(tmp_path, months, make) == ["2013-02", "2013-03"]
    assert partitions.backfill(tmp_path, months, make) == []
    assert asked == ["2013-01", "2013-02", "2013-02", "2013-03"]


def test_the_last_correction_of_a_flight_counts_and_the_input_stays() -> None:
    february = some_flights([5, 31, float("nan")])
    before = february.copy()
    corrections = pd.concat([february.iloc[[2, 1]], february.iloc[[1]]]).assign(
        arr_delay=[12.0, 1.0, 2.0]
    )
    corrected = partitions.apply_corrections(february, corrections)
    assert list(corrected["arr_delay"]) == [5, 2, 12]
    assert february.equals(before)


def test_a_correction_of_an_unknown_flight_is_refused() -> None:
    stranger = some_flights([5]).assign(carrier="XX")
    with pytest.raises(ValueError, match="1 corrections are about flights that were never"):
        partitions.apply_corrections(some_flights([5]), stranger)


def test_a_correction_rewrites_its_month_once_and_no_other(tmp_path: Path) -> None:
    january, february = some_flights([1], "2013-01-05T12:00Z"), some_flights([5, 31])
    partitions.write_month(tmp_path, "2013-01", january)
    partitions.write_month(tmp_path, "2013-02", february)
    before = files(tmp_path)
    corrections = pd.concat([february.iloc[[0]].assign(arr_delay=60.0), january])
    assert partitions.correct(tmp_path, corrections) == ["2013-02"]
    assert partitions.correct(tmp_path, corrections) == []
    after = files(tmp_path)
    assert after["month=2013-01/flights.parquet"] == before["month=2013-01/flights.parquet"]
    assert list(partitions.read_months(tmp_path)["arr_delay"]) == [1, 60, 31]


def test_a_late_rate_counts_arrivals_and_pools_its_window() -> None:
    flights = pd.concat(
        [
            some_flights([30, 29, float("nan")], "2013-01-05T12:00Z"),
            some_flights([45]),
            some_flights([0, 0, 0], "2013-03-05T12:00Z"),
        ]
    )
    assert list(partitions.late_rates(flights)) == [1 / 2, 1, 0]
    assert list(partitions.late_rates(flights, window=2)) == [1 / 2, 2 / 3, 1 / 4]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-60, 600), min_size=1, max_size=6), st.data())
def test_any_order_and_repetition_of_writes_ends_in_the_same_bytes(
    tmp_path_factory: pytest.TempPathFactory, delays: list[float], data: st.DataObject
) -> None:
    root = tmp_path_factory.mktemp("table")
    february = some_flights(delays)
    for _ in range(data.draw(st.integers(1, 3))):
        order = data.draw(st.permutations(range(len(delays))))
        partitions.write_month(root, "2013-02", february.iloc[list(order)])
    once = io.BytesIO()
    february.to_parquet(once, compression="zstd")
    assert partitions.partition_path(root, "2013-02").read_bytes() == once.getvalue()


def test_importing_it_imports_no_pandas() -> None:
    code = "import sys, flightline.partitions; print('pandas' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
