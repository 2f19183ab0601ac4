"""One feature table by four engines: out of memory, out of order, and compared before believed.

The table holds, for each flight, how late New York's flights were that landed in the last full
hour before its prediction, and in the hour before that one. Both are known at prediction time.
It is computed from files that hold one year each; `write_years` makes as many as are wanted.

The workers of a cluster import this module: it imports no engine before it is asked to.
"""

from __future__ import annotations

import hashlib
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flightline.partitions import read_months

if TYPE_CHECKING:
    import pandas as pd
    import psutil
    from dask.dataframe import DataFrame as DaskFrame
    from distributed import Client

HOST = "127.0.0.1"
#: A copy of the year lies this many weeks after the one before: weekdays stay, years don't touch.
WEEKS_APART = 53
HOUR = "1h"
MEGABYTE = 1_000_000
#: The steps of an optimized plan in which Dask moves rows by their key.
SHUFFLES = ("TaskShuffle", "DiskShuffle", "P2PShuffle", "HashJoinP2P")
#: What a result is compared by: counts, and sums of whole numbers that no order of rows changes.
#: Rounding twice keeps the last digits of a mean out. The mean of fewer than 128 whole minutes is
#: never on the edge between two numbers of six decimals, and often on that between two of two.
SUMMARY_SQL = """
SELECT CAST(hour AS DATE) AS day, COUNT(*) AS flights,
  COUNT(last_hour) AS with_last, COUNT(hour_before) AS with_before,
  CAST(COALESCE(SUM(
    CAST(ROUND(ROUND(last_hour, 6) * 100) AS BIGINT) * (flight_id % 997)), 0) AS BIGINT)
    AS last_sum,
  CAST(COALESCE(SUM(
    CAST(ROUND(ROUND(hour_before, 6) * 100) AS BIGINT) * (flight_id % 997)), 0) AS BIGINT)
    AS before_sum
FROM read_parquet(?) GROUP BY day ORDER BY day
"""
FEATURES_SQL = """
COPY (
  WITH hourly AS (
    SELECT date_trunc('hour', actual_arrival) AS hour, AVG(arr_delay) AS delay
    FROM read_parquet('{files}') WHERE arr_delay IS NOT NULL GROUP BY 1
  ), asked AS (
    SELECT flight_id, date_trunc('hour', prediction_time) AS hour FROM read_parquet('{files}')
  )
  SELECT flight_id, asked.hour, one.delay AS last_hour, two.delay AS hour_before
  FROM asked
  LEFT JOIN hourly AS one ON one.hour = asked.hour - INTERVAL 1 HOUR
  LEFT JOIN hourly AS two ON two.hour = asked.hour - INTERVAL 2 HOURS
) TO '{out}' (FORMAT parquet)
"""


# --- the data ------------------------------------------------------------------------------------


def write_years(folder: Path, years: int) -> int:
    """Write the year several times, each time 53 weeks later: one Parquet file for each.

    Parameters
    ----------
    folder
        Is made where it doesn't exist; gets ``year-00.parquet`` and so on.
    years
        How many.

    Returns
    -------
    int
        The number of flights written. A row has `flight_id`, `prediction_time` and
        `actual_arrival` (UTC, microseconds) and `arr_delay` (minutes, missing for a flight that
        did not arrive), sorted by `prediction_time`.
    """
    import numpy as np
    import pandas as pd

    from flightline.data import load_flights
    from flightline.definition import prediction_time

    flights = load_flights(["scheduled_departure", "actual_arrival", "arr_delay"])
    table = pd.DataFrame(
        {
            "flight_id": np.arange(len(flights)),
            "prediction_time": prediction_time(flights).dt.as_unit("us"),
            "actual_arrival": flights["actual_arrival"].dt.as_unit("us"),
            "arr_delay": flights["arr_delay"],
        }
    ).sort_values("prediction_time", kind="stable")
    folder.mkdir(parents=True, exist_ok=True)
    for year in range(years):
        later = pd.Timedelta(weeks=WEEKS_APART * year)
        copy = table.assign(
            flight_id=table["flight_id"] + year * len(table),
            prediction_time=table["prediction_time"] + later,
            actual_arrival=table["actual_arrival"] + later,
        )
        copy.to_parquet(folder / f"year-{year:02}.parquet", index=False)
    return years * len(table)


# --- the same table by four engines --------------------------------------------------------------


def by_pandas(years: Path, out: Path) -> None:
    """Make the feature table with pandas: everything is in memory at once.

    Parameters
    ----------
    years
        A folder that `write_years` filled.
    out
        A folder for the result: Parquet with `flight_id`, `hour` (of the prediction, UTC) and the
        mean arrival delays `last_hour` and `hour_before`, in minutes.
    """
    import pandas as pd

    flights = pd.read_parquet(years)
    landed = flights.dropna(subset=["arr_delay"])
    hour = landed["actual_arrival"].dt.floor(HOUR)
    hourly = landed["arr_delay"].groupby(hour).mean()
    asked = flights["prediction_time"].dt.floor(HOUR)
    step = pd.Timedelta(HOUR)
    table = pd.DataFrame(
        {
            "flight_id": flights["flight_id"],
            "hour": asked,
            "last_hour": (asked - step).map(hourly),
            "hour_before": (asked - 2 * step).map(hourly),
        }
    )
    table.to_parquet(_fresh(out) / "part.parquet", index=False)


def by_duckdb(years: Path, out: Path, memory: int | None = None) -> None:
    """Make the feature table with DuckDB, which reads in pieces and spills to disk.

    Parameters
    ----------
    years, out
        As in `by_pandas`.
    memory
        What its buffers may take, in megabytes; by default what DuckDB allows itself.
    """
    import duckdb

    with duckdb.connect() as database, tempfile.TemporaryDirectory() as spill:
        database.execute("SET enable_progress_bar = false")
        database.execute("SET preserve_insertion_order = false")
        database.execute(f"SET temp_directory = '{_quoted(Path(spill))}'")
        if memory is not None:
            database.execute(f"SET memory_limit = '{memory}MB'")
        files = _quoted(years / "*.parquet")
        target = _quoted(_fresh(out) / "part.parquet")
        database.execute(FEATURES_SQL.format(files=files, out=target))


def by_polars(years: Path, out: Path) -> None:
    """Make the feature table with polars' lazy frames, streamed to the file.

    Parameters
    ----------
    years, out
        As in `by_pandas`.
    """
    import polars as pl

    flights = pl.scan_parquet(years / "*.parquet")
    hourly = (
        flights.drop_nulls("arr_delay")
        .group_by(pl.col("actual_arrival").dt.truncate(HOUR).alias("landed"))
        .agg(pl.col("arr_delay").mean())
    )
    asked = flights.select("flight_id", hour=pl.col("prediction_time").dt.truncate(HOUR))
    for name, back in (("last_hour", "-1h"), ("hour_before", "-2h")):
        asked = (
            asked.with_columns(landed=pl.col("hour").dt.offset_by(back))
            .join(hourly.rename({"arr_delay": name}), on="landed", how="left")
            .drop("landed")
        )
    asked.sink_parquet(_fresh(out) / "part.parquet", engine="streaming")


def by_dask(years: Path, out: Path, split_out: int = 1) -> None:
    """Make the feature table with Dask, on the cluster that is connected or on threads.

    Parameters
    ----------
    years, out
        As in `by_pandas`.
    split_out
        Over how many partitions the hourly means are spread. With one they are a small table that
        is sent to every worker; with more the installed version loses values silently.
    """
    dask_table(years, split_out).to_parquet(_fresh(out), write_index=False)


def dask_table(years: Path, split_out: int = 1) -> DaskFrame:
    """Return the plan of `by_dask`: a Dask DataFrame that nothing has been computed of.

    Parameters
    ----------
    years, split_out
        As in `by_dask`.
    """
    import dask.dataframe as dd
    import pandas as pd

    step = pd.Timedelta(HOUR)
    flights = dd.read_parquet(years)
    arrivals = flights.dropna(subset=["arr_delay"])
    arrivals = arrivals.assign(key=arrivals["actual_arrival"].dt.floor(HOUR))
    hourly = arrivals.groupby("key")[["arr_delay"]].mean(split_out=split_out).reset_index()
    one = hourly.rename(columns={"arr_delay": "last_hour"})
    two = hourly.rename(columns={"arr_delay": "hour_before"})
    table = flights[["flight_id"]].assign(hour=flights["prediction_time"].dt.floor(HOUR))
    table = table.assign(key=table["hour"] - step).merge(one, on="key", how="left")
    table = table.assign(key=table["key"] - step).merge(two, on="key", how="left")
    return table[["flight_id", "hour", "last_hour", "hour_before"]]


def shuffles(plan: DaskFrame) -> int:
    """Return how often a plan of Dask's moves rows between workers by their key.

    Parameters
    ----------
    plan : dask.dataframe.DataFrame
        Is optimized, not computed.
    """
    nodes = plan.optimize(fuse=False).expr.walk()
    moving = {node._name for node in nodes if type(node).__name__ in SHUFFLES}
    return len(moving)


ENGINES: Mapping[str, Callable[[Path, Path], None]] = {
    "pandas": by_pandas,
    "polars": by_polars,
    "DuckDB": by_duckdb,
    "Dask": by_dask,
}


def summary(out: Path) -> pd.DataFrame:
    """Return what a result is compared by: a row for each day, in whole numbers.

    Parameters
    ----------
    out
        A folder that an engine filled.

    Returns
    -------
    pandas.DataFrame
        `day`, `flights`, how many have each of the two values, and a sum of each in hundredths of
        a minute, weighted by `flight_id` so that two values that changed places are seen.
    """
    import duckdb

    with duckdb.connect() as database:
        # Where a query takes long, a notebook would get a progress bar.
        database.execute("SET enable_progress_bar = false")
        return database.execute(SUMMARY_SQL, [str(out / "*.parquet")]).df()


def checksum(out: Path) -> str:
    """Return eight characters that are the same for the same table, whatever wrote it.

    Neither the order of rows and columns nor the number of files matters, nor the last digits of a
    mean, which another order of adding changes: means are rounded to hundredths of a minute.

    Parameters
    ----------
    out
        A folder that an engine filled.
    """
    table = summary(out)
    text = table.assign(day=table["day"].astype("string")).to_csv(index=False, lineterminator="\n")
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _fresh(out: Path) -> Path:
    """Return an empty folder: parts of an earlier result would be counted twice."""
    out.mkdir(parents=True, exist_ok=True)
    for path in out.glob("*.parquet"):
        path.unlink()
    return out


def _quoted(path: Path) -> str:
    return path.as_posix().replace("'", "''")


# --- a limit that holds --------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """How one engine fared.

    Attributes
    ----------
    engine
        Of `ENGINES`.
    finished
        False where it was ended because one of its processes passed the limit.
    peak
        The most that one of its processes had in memory, in megabytes.
    seconds
        From start to end, with Python's start and the imports.
    """

    engine: str
    finished: bool
    peak: float
    seconds: float


def run_limited(engine: str, years: Path, out: Path, limit: int | None = None) -> Outcome:
    """Let an engine make the table in processes of its own, none of which may pass a limit.

    A watcher looks at the resident memory fifty times a second and ends the engine when it is too
    much. Dask's nannies do so with their workers and Linux does so with a container; this way
    works on every system.

    Parameters
    ----------
    engine
        Of `ENGINES`. Dask gets a cluster of two workers, and each of its processes the limit.
    years, out
        As in `by_pandas`.
    limit
        Megabytes (of 1,000,000 bytes) for each process; by default there is none.

    Returns
    -------
    Outcome
        What happened.

    Raises
    ------
    ValueError
        When there is no such engine.
    RuntimeError
        When it ended with an error of its own.
    """
    import psutil

    if engine not in ENGINES:
        raise ValueError(f"There is no engine {engine!r}. There are: {', '.join(ENGINES)}.")
    command = [sys.executable, "-m", "flightline.scale", engine, str(years), str(out)]
    command += [] if limit is None else [str(limit)]
    began = time.perf_counter()
    with tempfile.TemporaryFile() as log:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log
        )
        watched = psutil.Process(child.pid)
        peak, finished = 0.0, True
        try:
            while child.poll() is None:
                peak = max(peak, _largest(watched))
                if limit is not None and peak > limit:
                    finished = False
                    break
                time.sleep(0.02)
        finally:
            _end(watched)
            child.wait()
        if finished and child.returncode:
            log.seek(0)
            lines = log.read().decode(errors="replace").strip().splitlines()
            last = lines[-1] if lines else "(it said nothing)"
            raise RuntimeError(f"{engine} ended with code {child.returncode}: {last}")
    return Outcome(engine, finished, round(peak, 1), round(time.perf_counter() - began, 2))


def _family(process: psutil.Process) -> list[psutil.Process]:
    """Return a process and all that it started, directly or not."""
    import psutil

    try:
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def _largest(process: psutil.Process) -> float:
    """Return the resident memory of the largest process of a family, in megabytes."""
    import psutil

    largest = 0
    for member in _family(process):
        try:
            largest = max(largest, member.memory_info().rss)
        except psutil.Error:
            continue
    return largest / MEGABYTE


def _end(process: psutil.Process) -> None:
    import psutil

    for member in reversed(_family(process)):
        try:
            member.kill()
        except psutil.Error:
            continue


# --- a cluster on this machine -------------------------------------------------------------------


@contextmanager
def cluster(workers: int = 2, memory: int | None = None) -> Iterator[Client]:
    """Run a Dask cluster for the length of a ``with`` block, on 127.0.0.1 and without a dashboard.

    Parameters
    ----------
    workers
        Processes with one thread each. A nanny restarts a worker that dies.
    memory
        Megabytes for each worker: from 60 per cent on it spills to disk, at 95 its nanny ends it.
        By default there is no limit.

    Yields
    ------
    distributed.Client
        Connected, with all workers there.
    """
    import dask
    from distributed import Client, LocalCluster

    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        dask.config.set({"temporary-directory": folder}),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host=HOST,
            dashboard_address=None,
            memory_limit=memory * MEGABYTE if memory else None,
            local_directory=folder,
            silence_logs=logging.CRITICAL,
        ) as local,
        Client(local) as client,
    ):
        client.wait_for_workers(workers)
        yield client


def worker_pids(client: Client) -> list[int]:
    """Return the process ids of the workers, in the order of their names."""
    pids: dict[str, int] = client.run(os.getpid)
    return [pids[address] for address in sorted(pids)]


def kill_a_worker(client: Client) -> int:
    """Kill the process of the worker that holds the most results, and return its process id.

    It isn't asked, and its results are lost with it.
    """
    import psutil

    held = client.has_what()
    pids: dict[str, int] = client.run(os.getpid)
    pid = pids[max(sorted(pids), key=lambda address: len(held.get(address, ())))]
    psutil.Process(pid).kill()
    return pid


# --- windows over the edges of partitions --------------------------------------------------------

#: The longest window of the rolling features.
LONGEST = "24h"


def write_months(root: Path, months: Sequence[str] | None = None) -> list[str]:
    """Publish the flights by month, as in chapter 06, and return the months.

    Parameters
    ----------
    root
        The folder of the partitions.
    months
        Such as ``"2013-02"``; by default all twelve.
    """
    from flightline.data import load_flights
    from flightline.partitions import FLIGHT_KEY, MONTHS, backfill, month_of

    columns = [*FLIGHT_KEY, "origin", "dest", "tailnum"]
    columns += ["scheduled_departure", "actual_arrival", "arr_delay"]
    flights = load_flights(columns)
    month = month_of(flights)
    wanted = list(MONTHS if months is None else months)
    return backfill(root, wanted, lambda name: flights[month == name])


def lookback(
    history: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp, window: pd.Timedelta
) -> pd.DataFrame:
    """Return the rows that a partition's windows can see.

    Parameters
    ----------
    history : pandas.DataFrame
        Needs `actual_arrival`, when a row became known (UTC).
    first, last : pandas.Timestamp
        The first and the last moment at which the partition asks.
    window : pandas.Timedelta
        How far back the longest window reaches.

    Returns
    -------
    pandas.DataFrame
        The rows known from `first` − `window`, included, to `last`, excluded. By when a row was
        **known**: a flight that landed inside the window may have been scheduled long before it.
    """
    known = history["actual_arrival"]
    return history[(known >= first - window) & (known < last)]


def month_features(
    root: Path, month: str, reach: str = "known", entity: str = "origin"
) -> pd.DataFrame:
    """Return one month's rolling arrival delays of an entity, from its partition's files.

    Parameters
    ----------
    root
        The folder that `write_months` filled.
    month
        Such as ``"2013-02"``.
    reach
        Which history it sees: ``"known"`` is right; ``"own"`` is the month's own flights only, and
        ``"scheduled"`` adds those scheduled in the 24 hours before the first prediction.
    entity
        The column that names it.

    Returns
    -------
    pandas.DataFrame
        The columns `1h`, `3h` and `24h` in minutes, in the order of the partition's file.
    """
    import pandas as pd

    from flightline.definition import prediction_time
    from flightline.features import windowed_delays
    from flightline.partitions import published_months

    months = published_months(root)
    at = months.index(month)
    flights = read_months(root, [month])
    history = read_months(root, months[max(at - 1, 0) : at + 1])
    asked = prediction_time(flights)
    first, last, window = asked.min(), asked.max(), pd.Timedelta(LONGEST)
    if reach == "known":
        history = lookback(history, first, last, window)
    elif reach == "scheduled":
        history = history[history["scheduled_departure"] >= first - window]
    else:
        history = flights
    return windowed_delays(flights[entity], asked, history, entity, "actual_arrival", "arr_delay")


def year_features(root: Path) -> pd.DataFrame:
    """Return the same features of all published months, computed in one piece."""
    from flightline.definition import prediction_time
    from flightline.features import windowed_delays

    flights = read_months(root)
    return windowed_delays(
        flights["origin"],
        prediction_time(flights),
        flights,
        "origin",
        "actual_arrival",
        "arr_delay",
    )


def differing(parts: pd.DataFrame, whole: pd.DataFrame) -> pd.Series:
    """Return for each column in how many rows two tables differ by more than a rounding error.

    Parameters
    ----------
    parts, whole : pandas.DataFrame
        The same columns, and the same flights in the same order.

    Raises
    ------
    ValueError
        When one has more rows than the other.
    """
    import numpy as np
    import pandas as pd

    if len(parts) != len(whole):
        raise ValueError(f"The parts have {len(parts):,} rows and the whole has {len(whole):,}.")
    same = np.isclose(parts, whole, rtol=0, atol=1e-6, equal_nan=True)
    return pd.Series((~same).sum(axis=0), index=whole.columns)


# --- the time that stays -------------------------------------------------------------------------


def speedup(serial: float, workers: int) -> float:
    """Return how many times faster a job gets on several workers, at best.

    Parameters
    ----------
    serial
        The share of the time on one worker that can't be divided, from 0 to 1.
    workers
        How many share the rest.

    Returns
    -------
    float
        Amdahl's law: 1 ÷ (serial + (1 − serial) ÷ workers).
    """
    if not 0 <= serial <= 1 or workers < 1:
        raise ValueError("The serial share lies between 0 and 1, and there is a worker or more.")
    return 1 / (serial + (1 - serial) / workers)


def serial_share(gain: float, workers: int) -> float:
    """Return the serial share that a measured speedup on some workers implies.

    Parameters
    ----------
    gain
        The time on one worker divided by the time on several.
    workers
        How many; 2 or more.
    """
    if workers < 2:
        raise ValueError("A speedup is measured on two workers or more.")
    return min(1.0, max(0.0, (workers / gain - 1) / (workers - 1)))


def main(arguments: Sequence[str]) -> None:
    """Let one engine make the table: ``python -m flightline.scale ENGINE YEARS OUT [LIMIT]``."""
    engine, years, out = arguments[0], Path(arguments[1]), Path(arguments[2])
    limit = int(arguments[3]) if len(arguments) > 3 else None
    if engine == "Dask":
        with cluster(memory=limit):
            by_dask(years, out)
    elif engine == "DuckDB":
        by_duckdb(years, out, limit // 3 if limit else None)
    else:
        ENGINES[engine](years, out)


if __name__ == "__main__":
    main(sys.argv[1:])
