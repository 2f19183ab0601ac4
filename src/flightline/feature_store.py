"""Flightline's feature store: Feast with DuckDB over Parquet offline, and SQLite online.

A repository is a folder: `definitions.py` says what the features are, `feature_store.yaml` where
they are kept, and `data/` holds the rows. It is copied from `flightline.feature_repo`; another
online store is another `feature_store.yaml` and nothing else.

Feast takes seconds to import, so this module imports it where it is needed.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import re
import shutil
import sys
import warnings
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import pandas as pd

from flightline.client import ask
from flightline.data import load_flights
from flightline.definition import prediction_time
from flightline.processes import HOST, free_port, serving
from flightline.snapshots import AIRCRAFT_TTL, TTL, all_snapshots

if TYPE_CHECKING:
    from feast import FeatureStore

OnlineStore = Literal["sqlite", "redis", "postgres"]

#: The feature service that the model of the course reads.
SERVICE = "late_flights"
#: The join keys of its four entities.
ENTITIES = ("carrier", "origin", "dest", "tailnum")
TEMPLATE = Path(__file__).resolve().parent / "feature_repo" / "project"
#: For versions of Feast that report their use unless told not to. The course's has no such code.
QUIET = {"FEAST_USAGE": "False"}


class FeatureStoreError(RuntimeError):
    """The feature store can't do what was asked; the message says why and what helps."""


@dataclass(frozen=True)
class FeatureSummary:
    """What `make_features` wrote.

    Attributes
    ----------
    folder
        The repository.
    rows
        How many rows each table has, by the column that names its entity.
    first, last
        The earliest and the latest `known_at`, in UTC.
    online_store
        Which online store holds the latest rows; None if they were not materialized.
    """

    folder: Path
    rows: dict[str, int]
    first: pd.Timestamp
    last: pd.Timestamp
    online_store: OnlineStore | None = None


# --- the repository ------------------------------------------------------------------------------


def write_repository(
    folder: Path, online: OnlineStore = "sqlite", project: str = "flightline"
) -> Path:
    """Copy the definitions and the configuration of one online store to a folder.

    Parameters
    ----------
    folder
        Is made where it doesn't exist. Files of the same name are overwritten.
    online
        Which online store: the configuration of Redis and PostgreSQL reads their addresses from
        environment variables.
    project
        Keeps the keys or tables of two repositories in one online store apart.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    FeatureStoreError
        When there is no such online store, or the folder is a file.
    """
    if online not in get_args(OnlineStore):
        raise FeatureStoreError(
            f"There is no online store {online!r}. There are: {', '.join(get_args(OnlineStore))}."
        )
    _folder(folder / "data")
    shutil.copyfile(TEMPLATE / "definitions.py", folder / "definitions.py")
    config = configuration(online).replace("project: flightline", f"project: {project}")
    (folder / "feature_store.yaml").write_text(config, encoding="utf-8")
    return folder


def configuration(online: OnlineStore = "sqlite") -> str:
    """Return the template of `feature_store.yaml` for an online store."""
    name = "feature_store.yaml" if online == "sqlite" else f"feature_store.{online}.yaml"
    return (TEMPLATE / name).read_text(encoding="utf-8")


def write_tables(tables: Mapping[str, pd.DataFrame], folder: Path) -> dict[str, int]:
    """Write tables of stored features as Parquet, with times in microseconds.

    Parameters
    ----------
    tables
        As from `flightline.snapshots.all_snapshots`.
    folder
        Is made where it doesn't exist; gets one file ``NAME.parquet`` for each table.

    Returns
    -------
    dict
        The number of rows of each table.

    Raises
    ------
    FeatureStoreError
        When a table has two rows of one entity at one time, a `known_at` without a time zone, or
        when the folder is a file.
    """
    _folder(folder)
    for name, table in tables.items():
        if not isinstance(table["known_at"].dtype, pd.DatetimeTZDtype):
            raise FeatureStoreError(f"The table {name} has a known_at without a time zone.")
        doubled = table.duplicated([name, "known_at"])
        if doubled.any():
            row = table[doubled].iloc[0]
            raise FeatureStoreError(
                f"The table {name} has two rows of {row[name]} at {row['known_at']}: "
                "keep one of them."
            )
    for name, table in tables.items():
        # DuckDB counts microseconds: Feast can't materialize nanoseconds from it.
        known_at = table["known_at"].dt.tz_convert("UTC").dt.as_unit("us")
        table.assign(known_at=known_at).to_parquet(folder / f"{name}.parquet", index=False)
    return {name: len(table) for name, table in tables.items()}


def open_store(repository: Path) -> FeatureStore:
    """Open a repository as it stands.

    Raises
    ------
    FeatureStoreError
        When the folder holds no repository, or its configuration needs an environment variable
        that isn't set.
    """
    path = repository / "feature_store.yaml"
    if not path.is_file():
        raise FeatureStoreError(
            f"{repository} holds no feature_store.yaml: write the repository first."
        )
    wanted = re.findall(r"\$\{(\w+)\}", path.read_text(encoding="utf-8"))
    unset = [name for name in wanted if name not in os.environ]
    if unset:
        raise FeatureStoreError(
            f"The online store of {repository.name} needs the environment variable"
            f"{'s' if len(unset) > 1 else ''} {', '.join(unset)}."
        )
    os.environ.update(QUIET)
    from feast import FeatureStore

    # On import, Feast shows every deprecation warning of the process, and ibis causes one.
    warnings.filterwarnings("ignore", "fetch_arrow_table", DeprecationWarning, r"ibis\.")
    return FeatureStore(str(repository))


def apply(repository: Path) -> FeatureStore:
    """Register the definitions of a repository and prepare its online store.

    Applying twice changes nothing.

    Returns
    -------
    feast.FeatureStore
        The store.

    Raises
    ------
    FeatureStoreError
        As `open_store`, or when a table that the definitions name isn't there.
    """
    store = open_store(repository)
    missing = [name for name in ENTITIES if not (repository / "data" / f"{name}.parquet").is_file()]
    if missing:
        raise FeatureStoreError(
            f"{repository / 'data'} holds no {missing[0]}.parquet: write the tables first."
        )
    store.apply(definitions(repository))
    return store


def definitions(repository: Path) -> list[Any]:
    """Return the entities, feature views and feature services of a repository's definitions."""
    from feast import Entity, FeatureService, FeatureView

    # Under a name of its own and not kept, so that two repositories don't mix.
    spec = importlib.util.spec_from_file_location("definitions", repository / "definitions.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    kinds = (Entity, FeatureView, FeatureService)
    return [value for value in vars(module).values() if isinstance(value, kinds)]


def described(view: Any) -> Any:
    """Return a feature view as plain data, and anything else as it is.

    Returns
    -------
    dict
        `name`, `join_keys`, `ttl_hours`, `features` (name to type), `source` (the file's name) and
        `timestamp_field`.
    """
    if not all(hasattr(view, name) for name in ("entity_columns", "features", "batch_source")):
        return view
    source = view.batch_source
    return {
        "name": view.name,
        "join_keys": view.join_keys or list(view.entities),
        "ttl_hours": view.ttl.total_seconds() / 3600 if view.ttl else 0.0,
        "features": {field.name: str(field.dtype) for field in view.features},
        "source": Path(source.path).name,
        "timestamp_field": source.timestamp_field,
    }


# --- training: the offline store -----------------------------------------------------------------


def entity_rows(flights: pd.DataFrame) -> pd.DataFrame:
    """Return what the offline store is asked: who, and at which moment.

    Parameters
    ----------
    flights : pandas.DataFrame
        Needs `ENTITIES` and `scheduled_departure`.

    Returns
    -------
    pandas.DataFrame
        `flight_row` (the position of the flight), the join keys and `event_timestamp`, which is
        the prediction time in UTC and microseconds.
    """
    rows = flights[list(ENTITIES)].reset_index(drop=True)
    moments = prediction_time(flights).dt.as_unit("us").reset_index(drop=True)
    return rows.assign(flight_row=range(len(rows)), event_timestamp=moments)


def in_order_of(flights: pd.DataFrame, retrieved: pd.DataFrame) -> pd.DataFrame:
    """Return retrieved features in the order and with the index of the flights.

    Parameters
    ----------
    flights : pandas.DataFrame
        The flights that were asked about.
    retrieved : pandas.DataFrame
        One row per flight in any order, named by `flight_row`, the flight's position.

    Returns
    -------
    pandas.DataFrame
        Without `flight_row`, the join keys and the time.

    Raises
    ------
    FeatureStoreError
        When a flight is missing or is there twice.
    """
    counts = retrieved["flight_row"].value_counts()
    lost = [row for row in range(len(flights)) if row not in counts.index]
    if lost:
        raise FeatureStoreError(
            f"The offline store returned {len(retrieved):,} rows for {len(flights):,} flights: "
            f"{len(lost):,} are lost, the first is flight_row {lost[0]}."
        )
    if len(retrieved) != len(flights):
        raise FeatureStoreError(
            f"The offline store returned {len(retrieved):,} rows for {len(flights):,} flights: "
            f"flight_row {counts.index[0]} is there {counts.iloc[0]} times."
        )
    ordered = retrieved.sort_values("flight_row").set_axis(flights.index)
    return ordered.drop(columns=["flight_row", "event_timestamp", *ENTITIES], errors="ignore")


def historical_features(
    store: FeatureStore, flights: pd.DataFrame, service: str = SERVICE
) -> pd.DataFrame:
    """Return the features of flights, each as it was known at its prediction time.

    Parameters
    ----------
    store
        As from `apply`.
    flights : pandas.DataFrame
        As for `entity_rows`. Ask for thousands at once and not for hundreds of thousands: DuckDB's
        join behind it takes minutes for the year.
    service
        A feature service of the repository.

    Returns
    -------
    pandas.DataFrame
        The columns of the service in their order, the index of `flights`; ``NaN`` where nothing
        was known within the view's TTL.

    Raises
    ------
    FeatureStoreError
        When a row is lost or doubled on the way.
    """
    job = store.get_historical_features(
        entity_df=entity_rows(flights), features=store.get_feature_service(service)
    )
    return in_order_of(flights, job.to_df())[service_columns(store, service)]


def service_columns(store: FeatureStore, service: str = SERVICE) -> list[str]:
    """Return the names of a service's features, in order."""
    views = store.get_feature_service(service).feature_view_projections
    return [field.name for view in views for field in view.features]


# --- serving: the online store -------------------------------------------------------------------


def materialize(
    store: FeatureStore,
    until: pd.Timestamp,
    since: pd.Timestamp | None = None,
    views: Iterable[str] | None = None,
) -> None:
    """Copy each entity's latest row into the online store.

    Parameters
    ----------
    store
        As from `apply`.
    until
        UTC; a row known at this very moment counts.
    since
        Rows from this moment on. By default those after the last materialization, which the
        registry remembers for each view.
    views
        Names of feature views. By default all.
    """
    names = None if views is None else list(views)
    # Feast prints its progress and has no setting for it.
    with contextlib.redirect_stdout(io.StringIO()):
        if since is None:
            store.materialize_incremental(until.to_pydatetime(), feature_views=names)
        else:
            store.materialize(since.to_pydatetime(), until.to_pydatetime(), feature_views=names)


def entity_values(flights: pd.DataFrame) -> dict[str, list[str]]:
    """Return the join keys of flights as the feature server takes them.

    A missing tail number becomes an empty text, which no aircraft has.
    """
    return {name: flights[name].fillna("").tolist() for name in ENTITIES}


def online_features(
    store: FeatureStore, flights: pd.DataFrame, service: str = SERVICE
) -> pd.DataFrame:
    """Read the latest features of flights from the online store, in this process.

    Returns
    -------
    pandas.DataFrame
        The columns of the service, the index of `flights`. However old: see `fresh_features`.
    """
    values = entity_values(flights)
    keys = [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]
    response = store.get_online_features(
        features=store.get_feature_service(service), entity_rows=keys
    )
    found = response.to_dict()
    columns = {name: found[name] for name in service_columns(store, service)}
    return pd.DataFrame(columns, index=flights.index, dtype=float)


def feature_server(repository: Path, seconds: float = 60) -> AbstractContextManager[str]:
    """Run the feature server of a repository on 127.0.0.1 for the length of a ``with`` block.

    Yields
    ------
    str
        Its base URL.
    """
    port = free_port()
    # -O: without assertions typeguard leaves Feast's classes as they are, and it starts in half
    # the time.
    feast = [sys.executable, "-O", "-m", "feast.cli.cli", "--chdir", str(repository)]
    command = [*feast, "serve", "--host", HOST, "--port", str(port), "--no-access-log"]
    return serving(command, "/health", port, QUIET, seconds)


def ask_server(url: str, flights: pd.DataFrame, service: str = SERVICE) -> dict[str, Any]:
    """Ask the feature server for the latest features of flights.

    Returns
    -------
    dict
        The JSON of its answer.

    Raises
    ------
    FeatureStoreError
        When it refuses; with its reason.
    """
    body = {"feature_service": service, "entities": entity_values(flights)}
    status, answer = ask(f"{url}/get-online-features", body)
    if status != 200:
        raise FeatureStoreError(f"The feature server answers {status}: {answer}")
    return answer


def fresh_features(
    answer: Mapping[str, Any], moments: pd.Series, ttl: Mapping[str, pd.Timedelta]
) -> pd.DataFrame:
    """Return the features in an answer of the feature server, without those that are too old.

    The server answers with the latest value, however old. The offline store doesn't, so that a
    model would get in service what it never saw in training.

    Parameters
    ----------
    answer
        As from `ask_server`.
    moments : pandas.Series
        The prediction time of each flight, in UTC, in the order that was asked.
    ttl
        By feature: the age up to which it counts. Names of the answer that are not in it, such as
        the join keys, are left out.

    Returns
    -------
    pandas.DataFrame
        The columns of `ttl` in their order, the index of `moments`; ``NaN`` where there is no
        value, where it is older than its TTL, and where it is from after the moment.

    Raises
    ------
    FeatureStoreError
        When the answer lacks a feature.
    """
    results = dict(zip(answer["metadata"]["feature_names"], answer["results"], strict=True))
    lacking = [name for name in ttl if name not in results]
    if lacking:
        raise FeatureStoreError(f"The answer lacks {', '.join(lacking)}.")
    columns = {}
    for name, limit in ttl.items():
        known_at = pd.Series(
            pd.to_datetime(results[name]["event_timestamps"], utc=True, format="ISO8601"),
            index=moments.index,
        )
        age = moments - known_at
        values = pd.Series(results[name]["values"], index=moments.index, dtype=float)
        columns[name] = values.where((age >= pd.Timedelta(0)) & (age <= limit))
    return pd.DataFrame(columns, index=moments.index)


def ttl_of(columns: Iterable[str]) -> dict[str, pd.Timedelta]:
    """Return the TTL of each stored feature."""
    return {name: AIRCRAFT_TTL if name.startswith("aircraft") else TTL for name in columns}


# --- the command ---------------------------------------------------------------------------------


def make_features(
    folder: Path,
    until: str | pd.Timestamp | None = None,
    online: OnlineStore | None = None,
    tables: Mapping[str, pd.DataFrame] | None = None,
) -> FeatureSummary:
    """Write a repository with its tables, and load the latest rows into the online store.

    Parameters
    ----------
    folder
        Is made where it doesn't exist.
    until
        Rows known up to this moment, in UTC where it names no time zone. By default all.
    online
        Applies the definitions and materializes into this online store. By default the tables are
        written and no more, which needs no Feast.
    tables
        As from `flightline.snapshots.all_snapshots`. By default those of the course's flights.

    Returns
    -------
    FeatureSummary
        What was written.

    Raises
    ------
    FeatureStoreError
        When `until` can't be read or nothing was known then, when the folder is a file, or as
        `apply`.
    """
    moment = None if until is None else _moment(until)
    write_repository(folder, online or "sqlite")
    tables = all_snapshots(load_flights()) if tables is None else tables
    if moment is not None:
        tables = {name: table[table["known_at"] <= moment] for name, table in tables.items()}
    empty = [name for name, table in tables.items() if table.empty]
    if empty:
        raise FeatureStoreError(
            f"Nothing was known of {', '.join(empty)} at {moment}: choose a later moment."
        )
    rows = write_tables(tables, folder / "data")
    first = min(table["known_at"].min() for table in tables.values())
    last = max(table["known_at"].max() for table in tables.values())
    if online is not None:
        store = apply(folder)
        materialize(store, until=last, since=last - max(TTL, AIRCRAFT_TTL))
    return FeatureSummary(folder, rows, first, last, online)


def _moment(value: str | pd.Timestamp) -> pd.Timestamp:
    try:
        moment = pd.Timestamp(value)
    except ValueError:
        raise FeatureStoreError(
            f"{value!r} is no moment: write it like 2013-09-12T17:00."
        ) from None
    return moment.tz_localize("UTC") if moment.tzinfo is None else moment.tz_convert("UTC")


def _folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise FeatureStoreError(f"{path} can't be made: a file is in its place.") from None
