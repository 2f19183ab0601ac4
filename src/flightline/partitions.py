"""Monthly partitions of the flights: written whole or not at all, and twice as well as once.

A partition holds all flights scheduled to depart in one month, New York's time. It is replaced,
never added to: writing it again changes nothing, and a correction touches only its own month.

Importing this module imports neither pandas nor pyarrow.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

MONTHS = tuple(f"2013-{month:02}" for month in range(1, 13))
#: Identifies a flight; no two of the year share it.
FLIGHT_KEY = ("time_hour", "carrier", "flight")
FILE = "flights.parquet"


def publish(path: Path, chunks: Iterable[bytes]) -> None:
    """Replace a file by a new content at one moment: a reader gets the old or the new one, whole.

    Parameters
    ----------
    path
        The file. Its folder exists.
    chunks
        The content, in pieces.

    Notes
    -----
    The content goes to a file beside it, is forced to the disk, and takes the other's name in one
    step (`os.replace`, atomic by POSIX). If making the content fails, the file beside is removed;
    if the process dies, it stays and the next attempt overwrites it. One writer at a time.
    """
    aside = path.with_name(f".{path.name}.part")
    try:
        with aside.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def month_of(flights: pd.DataFrame) -> pd.Series:
    """Return the month of scheduled departure on New York's clock, as ``"2013-02"``.

    Parameters
    ----------
    flights : pandas.DataFrame
        Needs `scheduled_departure` in UTC.
    """
    local = flights["scheduled_departure"].dt.tz_convert("America/New_York")
    number = local.dt.year * 100 + local.dt.month
    names = {value: f"{value // 100}-{value % 100:02}" for value in number.unique()}
    return number.map(names).rename("month")


def partition_path(root: Path, month: str) -> Path:
    """Return where the partition of a month lies: ``month=2013-02/flights.parquet``."""
    return Path(root) / f"month={month}" / FILE


def published_months(root: Path) -> list[str]:
    """Return the months that have a partition, in order."""
    found = Path(root).glob(f"month=*/{FILE}")
    return sorted(path.parent.name.removeprefix("month=") for path in found)


def write_month(root: Path, month: str, flights: pd.DataFrame) -> bool:
    """Publish all flights of a month in place of what was there.

    Parameters
    ----------
    root
        The folder of the partitions.
    month
        Such as ``"2013-02"``.
    flights : pandas.DataFrame
        The whole month, in any order: the `FLIGHT_KEY`, `scheduled_departure`, and more.

    Returns
    -------
    bool
        Whether anything changed. The same flights give the same bytes, which are left alone.

    Raises
    ------
    ValueError
        When a flight belongs to another month or occurs twice.
    """
    others = flights[month_of(flights) != month]
    if len(others):
        raise ValueError(
            f"{len(others)} flights don't depart in {month}, New York's time. "
            "Write each month to its own partition."
        )
    twice = flights.duplicated(list(FLIGHT_KEY))
    if twice.any():
        raise ValueError(
            f"{twice.sum()} flights of {month} occur twice. Keep one row for each "
            f"{', '.join(FLIGHT_KEY)}."
        )
    buffer = io.BytesIO()
    ordered = flights.sort_values(list(FLIGHT_KEY)).reset_index(drop=True)
    ordered.to_parquet(buffer, compression="zstd")
    path = partition_path(root, month)
    if path.exists() and path.read_bytes() == buffer.getvalue():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    publish(path, [buffer.getvalue()])
    return True


def read_months(
    root: Path, months: Sequence[str] | None = None, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """Read partitions, all by default, in the order of the months.

    Raises
    ------
    FileNotFoundError
        When a month wasn't published, or nothing was.
    """
    import pandas as pd

    wanted = published_months(root) if months is None else list(months)
    missing = [month for month in wanted if not partition_path(root, month).exists()]
    if missing or not wanted:
        raise FileNotFoundError(
            f"No partition of {missing[0] if missing else 'any month'} is in {Path(root).name}. "
            "Publish it with write_month or backfill."
        )
    paths = [partition_path(root, month) for month in wanted]
    parts = [pd.read_parquet(path, columns=list(columns) if columns else None) for path in paths]
    return pd.concat(parts, ignore_index=True)


def backfill(root: Path, months: Iterable[str], make: Callable[[str], pd.DataFrame]) -> list[str]:
    """Make and publish the months that aren't published yet.

    Parameters
    ----------
    root
        The folder of the partitions.
    months
        The months that should exist afterwards.
    make
        Returns all flights of a month.

    Returns
    -------
    list of str
        The months that were written. After a crash, call it again: a partition that is there is
        whole, because it was published at one moment.
    """
    done = set(published_months(root))
    missing = [month for month in months if month not in done]
    for month in missing:
        write_month(root, month, make(month))
    return missing


def apply_corrections(flights: pd.DataFrame, corrections: pd.DataFrame) -> pd.DataFrame:
    """Return the flights with corrected arrival delays.

    Parameters
    ----------
    flights : pandas.DataFrame
        Published flights, each `FLIGHT_KEY` once.
    corrections : pandas.DataFrame
        The `FLIGHT_KEY` and `arr_delay` (minutes); of several for a flight the last one counts.

    Raises
    ------
    ValueError
        When a correction is about a flight that isn't there.
    """
    import pandas as pd

    key = list(FLIGHT_KEY)
    latest = corrections.drop_duplicates(key, keep="last").set_index(key)["arr_delay"]
    rows = pd.MultiIndex.from_frame(flights[key])
    unknown = ~latest.index.isin(rows)
    if unknown.any():
        raise ValueError(
            f"{unknown.sum()} corrections are about flights that were never published, the first "
            f"about {latest.index[unknown][0]}. Publish the flights first."
        )
    given = rows.isin(latest.index)
    corrected = flights["arr_delay"].copy()
    corrected[given] = latest.reindex(rows[given]).to_numpy()
    return flights.assign(arr_delay=corrected)


def correct(root: Path, corrections: pd.DataFrame) -> list[str]:
    """Apply corrections to the published partitions, and to no others.

    Parameters
    ----------
    root
        The folder of the partitions.
    corrections : pandas.DataFrame
        The `FLIGHT_KEY`, `scheduled_departure` and `arr_delay` (minutes).

    Returns
    -------
    list of str
        The months whose partition changed: none when the corrections were applied before.
    """
    month = month_of(corrections)
    return [
        name
        for name in sorted(month.unique())
        if write_month(
            root, name, apply_corrections(read_months(root, [name]), corrections[month == name])
        )
    ]


def late_rates(flights: pd.DataFrame, window: int = 1) -> pd.Series:
    """Return the late rate of the flights that arrived, by month.

    Parameters
    ----------
    flights : pandas.DataFrame
        Needs `scheduled_departure` and `arr_delay` (minutes).
    window
        How many months each value is about: its own and those before it. The first months have
        fewer.

    Returns
    -------
    pandas.Series
        Shares from 0 to 1, indexed by month in order.
    """
    from flightline.definition import LATE_MINUTES

    arrived = flights.dropna(subset=["arr_delay"])
    late = arrived["arr_delay"] >= LATE_MINUTES
    monthly = late.groupby(month_of(arrived)).agg(["sum", "size"]).sort_index()
    pooled = monthly.rolling(window, min_periods=1).sum()
    return (pooled["sum"] / pooled["size"]).rename("late_rate")


def _sync_folder(folder: Path) -> None:
    """Force the new name to the disk too, where a folder can be opened (not on Windows)."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):  # some network file systems refuse it
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
