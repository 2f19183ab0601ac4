"""Point-in-time joins: for each question, the latest row that was known at its moment."""

from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from flightline.definition import prediction_time

#: What becomes known of a flight when it leaves, and when it lands.
KNOWN_AT = {
    "actual_departure": ("dep_time", "dep_delay", "actual_departure"),
    "actual_arrival": ("arr_time", "arr_delay", "air_time", "actual_arrival", "is_late"),
}

#: The join of `as_of_duckdb`: of each question's entity, the latest row that isn't later.
ASOF_SQL = """
SELECT known.row
FROM asked ASOF LEFT JOIN known
  ON asked.entity = known.entity AND asked.moment >= known.known_at
ORDER BY asked.row
"""


def as_of(
    asked: pd.DataFrame,
    known: pd.DataFrame,
    by: str,
    moment: str = "prediction_time",
    known_at: str = "known_at",
    ttl: pd.Timedelta | None = None,
) -> pd.DataFrame:
    """Return, for each row asked about, the latest known row of its entity.

    Parameters
    ----------
    asked : pandas.DataFrame
        Needs the entity in column `by` and the moment (UTC) of the question.
    known : pandas.DataFrame
        Needs `by`, `known_at` (UTC, when the row's values became known) and the values.
    by, moment, known_at : str
        Names of columns.
    ttl : pandas.Timedelta, optional
        A row older than this at the moment counts as unknown. By default every age counts.

    Returns
    -------
    pandas.DataFrame
        The values of `known`, one row per row of `asked`, with its index; missing where nothing
        was known or where the entity is missing. A row known at the very moment counts as known.

    Raises
    ------
    ValueError
        When `known` has two rows of one entity at one time, so that nothing says which is the
        latest; when a time is missing or names no time zone.
    """
    questions, answers, rows = _sides(asked, known, by, moment, known_at)
    order = questions.sort_values("moment", kind="stable")
    found = pd.merge_asof(
        order,
        answers.sort_values("known_at", kind="stable").rename(columns={"row": "position"}),
        left_on="moment",
        right_on="known_at",
        by="entity",
        tolerance=ttl,
    )
    position = found.set_index("row")["position"].sort_index()
    return _take(rows, position, asked.index)


def as_of_duckdb(
    asked: pd.DataFrame,
    known: pd.DataFrame,
    by: str,
    moment: str = "prediction_time",
    known_at: str = "known_at",
    ttl: pd.Timedelta | None = None,
) -> pd.DataFrame:
    """Return the same frame as `as_of`, joined by DuckDB's ``ASOF JOIN``.

    Parameters
    ----------
    asked, known, by, moment, known_at, ttl
        As in `as_of`.

    Returns
    -------
    pandas.DataFrame
        As from `as_of`.

    Raises
    ------
    ValueError
        As in `as_of`.
    """
    questions, answers, rows = _sides(asked, known, by, moment, known_at)
    # DuckDB counts microseconds; as whole numbers the nanoseconds of pandas are compared exactly.
    with duckdb.connect() as database:
        database.register("asked", questions.assign(moment=questions["moment"].astype("int64")))
        database.register("known", answers.assign(known_at=answers["known_at"].astype("int64")))
        position = database.execute(ASOF_SQL).df()["row"]
    if ttl is not None:
        since = answers["known_at"].reindex(position).reset_index(drop=True)
        position = position.where(questions["moment"] - since <= ttl)
    return _take(rows, position, asked.index)


def as_known_at(history: pd.DataFrame, moment: pd.Timestamp) -> pd.DataFrame:
    """Return the flights as they stood in the table at a moment: the future is deleted.

    The timetable is known in advance, so every row stays. What is known from the departure is
    missing unless the flight left before the moment, and what is known from the arrival unless it
    landed before it. The very minute doesn't count: the clocks have no seconds. When a
    cancellation became known is not in the data, so a cancelled flight looks like one that has
    not left.

    Parameters
    ----------
    history : pandas.DataFrame
        Needs `actual_departure` and `actual_arrival` (UTC) if it has a column of `KNOWN_AT`.
    moment : pandas.Timestamp
        UTC.

    Returns
    -------
    pandas.DataFrame
        A copy, with the same index and columns.
    """
    known = history.copy()
    for event, columns in KNOWN_AT.items():
        present = [name for name in columns if name in history]
        if present:
            happened = history[event] < moment
            known[present] = history[present].where(happened)
    return known


def changed_without_future(
    compute: Callable[[pd.DataFrame, pd.DataFrame], pd.DataFrame],
    flights: pd.DataFrame,
    history: pd.DataFrame,
) -> pd.Series:
    """Compute features again with the future deleted, and tell which of them change.

    A feature that is point-in-time correct never does.

    Parameters
    ----------
    compute : callable
        Takes flights and history, returns the features of the flights.
    flights : pandas.DataFrame
        A few flights of `history`, each computed by itself.
    history : pandas.DataFrame
        As for `as_known_at`.

    Returns
    -------
    pandas.Series
        The share of the flights for which each feature changes, from 0 to 1.
    """
    full = compute(flights, history)
    changed = []
    for position, now in enumerate(prediction_time(flights)):
        flight = flights.iloc[[position]]
        then = compute(flight, as_known_at(history, now))
        pairs = zip(then.iloc[0].to_list(), full.iloc[position].to_list(), strict=True)
        changed.append([not _same(one, other) for one, other in pairs])
    return pd.DataFrame(changed, columns=full.columns).mean()


def _same(one: Any, other: Any) -> bool:
    if pd.isna(one) or pd.isna(other):
        return bool(pd.isna(one) and pd.isna(other))
    if isinstance(one, int | float | np.number):
        return bool(np.isclose(float(one), float(other), rtol=1e-9, atol=1e-9))
    return bool(one == other)


def _sides(
    asked: pd.DataFrame, known: pd.DataFrame, by: str, moment: str, known_at: str
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the questions and the answers, numbered, and the values that the answers stand for."""
    rows = known.dropna(subset=[by])
    moments, times = _moments(asked, moment, "asked"), _moments(rows, known_at, "known")
    questions = pd.DataFrame({"entity": asked[by].to_numpy(dtype=object), "moment": moments.array})
    answers = pd.DataFrame({"entity": rows[by].to_numpy(dtype=object), "known_at": times.array})
    doubled = answers.duplicated(["entity", "known_at"])
    if doubled.any():
        first = answers[doubled].iloc[0]
        raise ValueError(
            f"Two rows of {by} {first['entity']} are known at {first['known_at']}: "
            "keep one of them."
        )
    values = [name for name in known.columns if name not in (by, known_at)]
    return (
        questions.assign(row=np.arange(len(questions))),
        answers.assign(row=np.arange(len(answers))),
        rows[values].reset_index(drop=True),
    )


def _moments(table: pd.DataFrame, column: str, which: str) -> pd.Series:
    """Return a column of times in nanoseconds: an as-of join refuses two units."""
    times = table[column]
    if not isinstance(times.dtype, pd.DatetimeTZDtype):
        raise ValueError(
            f"`{which}` has {column} without a time zone ({times.dtype}): "
            "say whose clock it is with tz_localize, and convert it to UTC."
        )
    if times.isna().any():
        raise ValueError(
            f"`{which}` has {times.isna().sum():,} rows without {column}: drop them, "
            "nobody can tell what was known then."
        )
    return times.dt.tz_convert("UTC").dt.as_unit("ns")


def _take(rows: pd.DataFrame, position: pd.Series, index: pd.Index) -> pd.DataFrame:
    """Return the rows at the positions, missing where a position is."""
    return rows.reindex(position.fillna(-1).astype("int64")).set_axis(index)
