"""One table by four engines, limits that hold, windows over edges, and a worker that dies."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flightline import scale
from flightline.data import load_flights
from flightline.definition import prediction_time
from flightline.experiments.measure_scale import measure_scale
from flightline.experiments.scale import SIZES, fits, load_scale, measured
from flightline.partitions import MONTHS

in_ci = pytest.mark.skipif("CI" not in os.environ, reason="takes long: runs where CI is set")


@pytest.fixture(scope="module")
def years(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("years")
    scale.write_years(folder, 2)
    return folder


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("months")
    scale.write_months(folder, MONTHS[:3])
    return folder


@pytest.fixture(scope="module")
def truth(years: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("truth")
    scale.by_pandas(years, out)
    return scale.checksum(out)


# --- the data ------------------------------------------------------------------------------------


def test_a_copy_keeps_weekdays_and_begins_after_the_one_before_has_ended(years: Path) -> None:
    first, second = (pd.read_parquet(years / f"year-0{year}.parquet") for year in (0, 1))
    later = second["prediction_time"] - first["prediction_time"]
    assert later.unique().tolist() == [pd.Timedelta(weeks=scale.WEEKS_APART)]
    assert first["actual_arrival"].max() < second["prediction_time"].min()
    assert not set(first["flight_id"]) & set(second["flight_id"])
    assert len(first) == len(second) == len(load_flights(["year"]))


# --- the same table by four engines --------------------------------------------------------------


@pytest.mark.parametrize("engine", scale.ENGINES)
def test_every_engine_makes_the_same_table(
    engine: str, years: Path, truth: str, tmp_path: Path
) -> None:
    scale.ENGINES[engine](years, tmp_path)
    assert scale.checksum(tmp_path) == truth


def test_the_values_are_those_of_a_loop_over_some_flights(years: Path, tmp_path: Path) -> None:
    scale.by_duckdb(years, tmp_path)
    table = pd.read_parquet(tmp_path).set_index("flight_id").sort_index()
    flights = pd.read_parquet(years).set_index("flight_id").sort_index()
    landed = flights.dropna(subset=["arr_delay"])
    for flight in flights.sample(15, random_state=1).index:
        hour = flights.loc[flight, "prediction_time"].floor("1h")
        for name, back in (("last_hour", 1), ("hour_before", 2)):
            start = hour - pd.Timedelta(hours=back)
            inside = (landed["actual_arrival"] >= start) & (
                landed["actual_arrival"] < start + pd.Timedelta(hours=1)
            )
            expected = landed.loc[inside, "arr_delay"].mean()
            assert table.loc[flight, name] == pytest.approx(expected, nan_ok=True)


def test_a_value_is_known_at_prediction_time(years: Path, tmp_path: Path) -> None:
    """The last full hour has ended by then: nothing of the table changes if the future does."""
    flights = pd.read_parquet(years / "year-00.parquet")
    now = pd.Timestamp("2013-06-01 12:00", tz="UTC")
    changed = flights.assign(
        arr_delay=flights["arr_delay"].where(flights["actual_arrival"] < now, 999.0)
    )
    for name, table in (("as-it-was", flights), ("changed", changed)):
        (tmp_path / name).mkdir()
        table.to_parquet(tmp_path / name / "year-00.parquet", index=False)
        scale.by_pandas(tmp_path / name, tmp_path / f"{name}-out")
    one, other = (
        pd.read_parquet(tmp_path / f"{name}-out").set_index("flight_id")
        for name in ("as-it-was", "changed")
    )
    asked = flights.loc[flights["prediction_time"] <= now, "flight_id"]
    pd.testing.assert_frame_equal(one.loc[asked], other.loc[asked])


@pytest.mark.parametrize("split_out", [4, 8])
def test_dask_still_loses_values_silently_when_the_means_are_spread(
    split_out: int, years: Path, truth: str, tmp_path: Path
) -> None:
    """When this fails, the installed Dask is mended: rewrite the opening of chapter 15."""
    scale.by_dask(years, tmp_path, split_out)
    found = scale.summary(tmp_path)
    assert scale.checksum(tmp_path) != truth
    assert found["with_before"].sum() < found["with_last"].sum() / 2
    counted = scale.dask_table(years, split_out)["hour_before"].count().compute()
    assert counted > found["with_before"].sum() * 2, "asked for a count, it makes another plan"


def test_the_right_plan_sends_a_small_table_and_the_wrong_one_moves_rows(years: Path) -> None:
    assert scale.shuffles(scale.dask_table(years)) == 0
    wrong = scale.dask_table(years, 8)
    assert 0 < scale.shuffles(wrong) < scale.shuffles(wrong[["hour_before"]])


# --- the checksum --------------------------------------------------------------------------------


def _table(rows: int) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    hours = pd.date_range("2013-01-01", periods=rows, freq="7h", tz="UTC")
    return pd.DataFrame(
        {
            "flight_id": np.arange(rows),
            "hour": hours,
            "last_hour": rng.normal(5, 20, rows).round(2),
            "hour_before": rng.normal(5, 20, rows).round(2),
        }
    )


def _sum_of(table: pd.DataFrame, folder: Path, parts: int = 1) -> str:
    folder.mkdir()
    for number, rows in enumerate(np.array_split(np.arange(len(table)), parts)):
        table.iloc[rows].to_parquet(folder / f"{number}.parquet", index=False)
    return scale.checksum(folder)


def test_a_checksum_minds_values_and_not_their_order(tmp_path: Path) -> None:
    table = _table(50)
    right = _sum_of(table, tmp_path / "a")
    assert _sum_of(table.sample(frac=1, random_state=1), tmp_path / "b", parts=3) == right
    noise = table.assign(last_hour=table["last_hour"] + 1e-9)
    assert _sum_of(noise, tmp_path / "c") == right
    changes = {
        "a value": table.assign(last_hour=table["last_hour"].where(table.index != 3, 1.0)),
        "a gap": table.assign(last_hour=table["last_hour"].where(table.index != 3)),
        "a row less": table.iloc[1:],
        "a row twice": pd.concat([table, table.iloc[:1]]),
        "other hours": table.assign(hour=table["hour"] + pd.Timedelta(days=1)),
    }
    for what, changed in changes.items():
        assert _sum_of(changed, tmp_path / what.replace(" ", "-")) != right, what


def test_the_last_digit_of_a_mean_changes_no_checksum(tmp_path: Path) -> None:
    """Means of 8 or 40 whole minutes lie on the edge between two hundredths."""
    table = _table(50)
    edges = np.arange(50) / np.where(np.arange(50) % 2, 8, 40)
    for toward in (-np.inf, np.inf):
        name = f"to{toward}"
        noise = table.assign(last_hour=np.nextafter(edges, toward))
        exact = table.assign(last_hour=edges)
        assert _sum_of(noise, tmp_path / name) == _sum_of(exact, tmp_path / f"{name}-exact")


def test_no_hour_has_so_many_arrivals_that_its_mean_lies_on_an_edge_of_six_decimals() -> None:
    landed = load_flights(["actual_arrival", "arr_delay"]).dropna()
    assert landed.groupby(landed["actual_arrival"].dt.floor("1h")).size().max() < 128


def test_a_checksum_sees_two_values_of_one_day_that_changed_places(tmp_path: Path) -> None:
    table = _table(10)
    swapped = table.copy()
    swapped.loc[[0, 1], "last_hour"] = table.loc[[1, 0], "last_hour"].to_numpy()
    assert _sum_of(table, tmp_path / "a") != _sum_of(swapped, tmp_path / "b")


def test_a_result_replaces_the_one_before(years: Path, truth: str, tmp_path: Path) -> None:
    (tmp_path / "old.parquet").write_bytes(b"from yesterday")
    scale.by_polars(years, tmp_path)
    assert scale.checksum(tmp_path) == truth


# --- a limit that holds --------------------------------------------------------------------------


def test_an_engine_that_passes_the_limit_is_ended(years: Path, tmp_path: Path) -> None:
    outcome = scale.run_limited("pandas", years, tmp_path, limit=60)
    assert not outcome.finished
    assert outcome.peak > 60
    assert not list(tmp_path.glob("*.parquet"))


def test_an_engine_below_the_limit_finishes(years: Path, truth: str, tmp_path: Path) -> None:
    outcome = scale.run_limited("DuckDB", years, tmp_path, limit=900)
    assert outcome.finished
    assert 20 < outcome.peak < 900
    assert scale.checksum(tmp_path) == truth


def test_an_engine_with_an_error_of_its_own_is_not_one_that_was_too_large(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="pandas ended with code 1: FileNotFoundError"):
        scale.run_limited("pandas", tmp_path / "nothing", tmp_path, limit=900)
    with pytest.raises(ValueError, match="There is no engine 'Spark'"):
        scale.run_limited("Spark", tmp_path, tmp_path)


# --- the cluster ---------------------------------------------------------------------------------


def test_a_cluster_listens_here_only_survives_a_kill_and_leaves_nothing(
    years: Path, root: Path, truth: str, tmp_path: Path
) -> None:
    from distributed import as_completed

    before = {child.pid for child in psutil.Process().children(recursive=True)}
    whole = scale.year_features(root)
    with scale.cluster(memory=900) as client:
        family = [psutil.Process(), *psutil.Process().children(recursive=True)]
        if sys.platform == "linux":  # elsewhere other processes' ports need rights
            ports = [one for each in family for one in each.net_connections("inet")]
            listening = {one.laddr.ip for one in ports if one.status == psutil.CONN_LISTEN}
            assert listening == {scale.HOST}
        scale.by_dask(years, tmp_path)
        assert scale.checksum(tmp_path) == truth

        months = MONTHS[:3]
        tasks = client.map(scale.month_features, [root] * 3, months, pure=False)
        next(iter(as_completed(tasks)))
        killed = scale.kill_a_worker(client)
        parts = pd.concat(client.gather(tasks))
        assert scale.differing(parts, whole).sum() == 0
        client.wait_for_workers(2)
        pids = scale.worker_pids(client)
        assert len(pids) == 2
        assert killed not in pids
    after = {child.pid for child in psutil.Process().children(recursive=True)}
    assert not set(pids) & after
    assert after <= before | {pid for pid in after if "tracker" in _command(pid)}


def _command(pid: int) -> str:
    try:
        return " ".join(psutil.Process(pid).cmdline())
    except psutil.Error:
        return "tracker"


# --- windows over the edges of partitions --------------------------------------------------------


def test_windows_by_month_equal_those_of_the_whole_and_two_ways_of_cutting_do_not(
    root: Path,
) -> None:
    whole = scale.year_features(root)
    wrong = {}
    for reach in ("known", "own", "scheduled"):
        parts = pd.concat([scale.month_features(root, month, reach) for month in MONTHS[:3]])
        wrong[reach] = scale.differing(parts, whole)
    assert wrong["known"].sum() == 0
    assert (wrong["own"] > 0).all()
    assert wrong["scheduled"]["24h"] > 0


def test_windows_of_another_entity_are_right_too(root: Path) -> None:
    from flightline.features import windowed_delays
    from flightline.partitions import read_months

    flights = read_months(root)
    asked = prediction_time(flights)
    whole = windowed_delays(flights["dest"], asked, flights, "dest", "actual_arrival", "arr_delay")
    parts = [scale.month_features(root, month, entity="dest") for month in MONTHS[:3]]
    found = pd.concat(parts)
    assert np.allclose(found, whole, atol=1e-6, equal_nan=True)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(-200, 200), min_size=1, max_size=20), st.integers(1, 48))
def test_a_lookback_holds_every_row_of_every_window_and_no_other(
    minutes: list[int], hours: int
) -> None:
    first = pd.Timestamp("2013-02-01", tz="UTC")
    last = first + pd.Timedelta(minutes=90)
    window = pd.Timedelta(hours=hours)
    known = pd.Series([first + pd.Timedelta(minutes=15 * each) for each in minutes])
    history = pd.DataFrame({"actual_arrival": known})
    kept = scale.lookback(history, first, last, window)
    asked = pd.date_range(first, last, freq="1min")
    seen = [any(moment - window <= landed < moment for moment in asked) for landed in known]
    assert kept.index.tolist() == history.index[seen].tolist()


# --- the time that stays -------------------------------------------------------------------------


def test_tables_of_other_lengths_are_not_compared(root: Path) -> None:
    whole = scale.year_features(root)
    with pytest.raises(ValueError, match="The parts have"):
        scale.differing(whole.iloc[1:], whole)


def test_amdahl_s_law() -> None:
    assert scale.speedup(0, 8) == 8
    assert scale.speedup(1, 8) == 1
    assert scale.speedup(0.1, 10**9) == pytest.approx(10, rel=1e-6)
    assert scale.serial_share(scale.speedup(0.25, 2), 2) == pytest.approx(0.25)
    assert scale.serial_share(2.4, 2) == 0
    assert scale.serial_share(0.5, 2) == 1
    with pytest.raises(ValueError, match="between 0 and 1"):
        scale.speedup(1.5, 2)
    with pytest.raises(ValueError, match="two workers"):
        scale.serial_share(1, 1)


# --- the recorded measurement --------------------------------------------------------------------


def test_the_recorded_measurement_is_complete_and_all_engines_agreed() -> None:
    found = load_scale()
    assert found["equal"]
    assert tuple(found["sizes"]) == SIZES
    assert set(found["engines"]) == set(scale.ENGINES)
    for engine in scale.ENGINES:
        for what in ("peak", "seconds"):
            assert len(found["engines"][engine][what]) == len(SIZES)
    assert set(found["night"]) == {"one", "two", "training"}
    assert json.dumps(found, indent=1) + "\n" == _artifact().read_text(encoding="utf-8")


def _artifact() -> Path:
    from flightline.experiments.scale import ARTIFACT

    return ARTIFACT


def test_what_the_chapter_says_of_the_recorded_measurement_holds() -> None:
    assert not fits("pandas", 20, 1_000)
    assert all(fits(engine, 20, 1_000) for engine in ("DuckDB", "polars"))
    seconds = {engine: measured(engine, 20, "seconds") for engine in scale.ENGINES}
    assert max(seconds["DuckDB"], seconds["polars"]) < seconds["pandas"]
    assert seconds["DuckDB"] * 2 < seconds["Dask"]
    one_year = {engine: measured(engine, 1, "seconds") for engine in scale.ENGINES}
    assert max(one_year, key=one_year.__getitem__) == "Dask", "its start takes the longest"
    for size in SIZES:
        one_process = min(measured(engine, size, "peak") for engine in ("DuckDB", "polars"))
        assert one_process < measured("Dask", size, "peak"), "Dask never fits alone"


@in_ci
def test_the_script_measures_every_engine() -> None:
    found = measure_scale(sizes=(1,), months=MONTHS[:2], repeats=1)
    assert found["equal"]
    for engine in scale.ENGINES:
        assert found["engines"][engine]["peak"][0] > 20
        assert found["engines"][engine]["seconds"][0] > 0
    assert all(seconds > 0 for seconds in found["night"].values())
