"""Tracking: a run can be found, compared and trained again from its record alone."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlparse
from uuid import uuid4

import numpy as np
import pandas as pd
import pytest

from flightline.experiments.measure_search import recipes, search_flights
from flightline.experiments.search import load_costs, load_search
from flightline.processes import answers
from flightline.scoring import load_scoring_flights
from flightline.tracking import (
    INGREDIENTS,
    Recipe,
    Tracker,
    TrackingError,
    Training,
    best_run,
    code_digest,
    compare_records,
    contenders,
    environment,
    fit,
    gaps,
    ingredients,
    quietly,
    table_digest,
    tracking_server,
    train,
)
from tests import servers

SMALL = Recipe(rows=500, parameters={"max_iter": 5, "max_leaf_nodes": 4})
IN_CI = os.environ.get("CI") == "true"
slow_server = pytest.mark.skipif(
    not IN_CI, reason="starts MLflow's server, which takes half a minute: runs where CI=true"
)


@pytest.fixture(scope="module")
def flights() -> pd.DataFrame:
    return search_flights()


@pytest.fixture(scope="module")
def training(flights: pd.DataFrame) -> Training:
    return fit(flights, SMALL)


@pytest.fixture(scope="module")
def tracker(tmp_path_factory: pytest.TempPathFactory) -> Tracker:
    place = tmp_path_factory.mktemp("tracking")
    return Tracker(f"sqlite:///{place.as_posix()}/mlflow.db", place / "files")


# --- digests -------------------------------------------------------------------------------------


def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "carrier": pd.Categorical(["AA", "UA"] * 6_000),
            "delay": np.arange(12_000.0),
            "is_late": [True, False, False] * 4_000,
        }
    )


def changed(row: int, column: str, value: object) -> pd.DataFrame:
    other = table()
    other.loc[row, column] = value
    return other


@pytest.mark.parametrize(
    "other",
    [
        changed(6_000, "delay", 0.5),
        changed(11_999, "delay", np.nan),
        changed(11_999, "is_late", True),
        changed(0, "carrier", "UA"),
        table().rename(columns={"delay": "lateness"}),
        table().astype({"delay": "int64"}),
        table().iloc[::-1],
        table()[["delay", "carrier", "is_late"]],
        table().head(11_999),
    ],
    ids=["value", "missing", "label", "category", "name", "type", "rows", "columns", "shorter"],
)
def test_any_change_of_a_table_changes_its_digest(other: pd.DataFrame) -> None:
    assert table_digest(other) != table_digest(table())


def test_the_index_is_no_data() -> None:
    assert table_digest(table().set_index(np.arange(12_000) + 7)) == table_digest(table())


def test_a_digest_is_the_same_in_another_process() -> None:
    program = (
        "import pandas as pd; from flightline.tracking import table_digest;"
        "print(table_digest(pd.DataFrame({'dest': ['LAX', None], 'miles': [2475, 1]})))"
    )
    env = {**os.environ, "PYTHONHASHSEED": "11"}
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=env
    )
    here = table_digest(pd.DataFrame({"dest": ["LAX", None], "miles": [2475, 1]}))
    assert said.stdout.strip() == here


def test_mlflow_s_own_digest_overlooks_late_rows_and_labels() -> None:
    with quietly():
        from mlflow.data.digest_utils import compute_pandas_digest

        before = compute_pandas_digest(table())
        assert compute_pandas_digest(changed(11_999, "delay", -1.0)) == before
        assert compute_pandas_digest(changed(0, "is_late", False)) == before
        assert compute_pandas_digest(changed(0, "delay", -1.0)) != before


def test_code_has_a_digest_and_a_module_that_is_missing_is_named() -> None:
    assert code_digest() == code_digest()
    assert code_digest() != code_digest(("flightline.training",))
    with pytest.raises(TrackingError, match="no module flightline_nothing"):
        code_digest(("flightline_nothing",))


# --- training by a recipe ------------------------------------------------------------------------


def test_a_record_holds_every_ingredient_and_survives_json(training: Training) -> None:
    assert tuple(training.record) == INGREDIENTS
    again = json.loads(json.dumps(training.record))
    assert again == training.record
    assert Recipe(**again["recipe"]) == SMALL
    assert {"python", "numpy", "scikit-learn"} <= set(environment())


def test_a_recipe_gives_the_same_model_again(flights: pd.DataFrame, training: Training) -> None:
    again = fit(flights, SMALL)
    assert again.metrics == training.metrics
    assert (again.costs == training.costs).all()


def test_the_metrics_come_with_an_interval_around_the_cost(training: Training) -> None:
    found = training.metrics
    assert found["cost_low"] < found["cost"] < found["cost_high"]
    assert found["cost"] == pytest.approx(1000 * training.costs.mean())
    assert len(training.costs) == len(training.days) == 8_000


def test_what_is_judged_was_not_learned_from(flights: pd.DataFrame) -> None:
    assert min(fit(flights, SMALL).days) == "2013-07-01"
    with pytest.raises(TrackingError, match="part of `train`"):
        Recipe(learn="train", judge="tune")


@pytest.mark.parametrize(
    ("recipe", "complaint"),
    [({"rows": 12_001}, r"wants 12,001 flights, there are 12,000"), ({"judge": "test"}, "`test`")],
)
def test_too_few_flights_are_told(
    flights: pd.DataFrame, recipe: dict[str, object], complaint: str
) -> None:
    with pytest.raises(TrackingError, match=complaint):
        fit(flights, Recipe(**recipe))


def test_a_missing_column_and_unknown_features_are_named(flights: pd.DataFrame) -> None:
    with pytest.raises(TrackingError, match="lacks dest"):
        fit(flights.drop(columns="dest"), SMALL)
    with pytest.raises(TrackingError, match="no features 'all'"):
        Recipe(features="all")


# --- the store -----------------------------------------------------------------------------------


def test_a_run_is_repeated_from_its_record_to_the_last_digit(
    tracker: Tracker, flights: pd.DataFrame, training: Training
) -> None:
    run_id = tracker.log(training, "small")
    assert tracker.record(run_id) == training.record
    repeat = tracker.repeat(run_id, flights)
    assert repeat.exact
    assert repeat.changed == ()


def test_other_data_are_refused(
    tracker: Tracker, flights: pd.DataFrame, training: Training
) -> None:
    run_id = tracker.log(training, "small")
    other = flights.assign(is_late=flights["is_late"].where(flights.index != 15_000, False))
    other.loc[15_000, "is_late"] = not flights.loc[15_000, "is_late"]
    with pytest.raises(TrackingError, match="not the data of the run: 20,000 rows"):
        tracker.repeat(run_id, other)


def test_other_code_and_another_environment_are_told(
    tracker: Tracker, flights: pd.DataFrame, training: Training
) -> None:
    record = json.loads(json.dumps(training.record))
    record["code"]["digest"] = "0" * 64
    record["environment"]["numpy"] = "1.0"
    run_id = tracker.log_record(record, training.metrics, "elsewhere")
    assert tracker.repeat(run_id, flights).changed == ("code", "environment")


def test_runs_are_nested_and_searched(tracker: Tracker, training: Training) -> None:
    with tracker.group("search") as parent:
        for name in ("a", "b"):
            tracker.log(training, name, parent)
    nested = tracker.runs(f"tags.mlflow.parentRunId = '{parent}'")
    assert sorted(nested["tags.mlflow.runName"]) == ["a", "b"]
    assert set(nested["status"]) == {"FINISHED"}
    assert set(nested["params.max_iter"]) == {"5"}
    assert tracker.runs("metrics.cost < 0").empty


def test_a_search_that_fails_is_marked(tracker: Tracker) -> None:
    with pytest.raises(ZeroDivisionError), tracker.group("broken"):
        raise ZeroDivisionError
    broken = tracker.runs("tags.mlflow.runName = 'broken'")
    assert list(broken["status"]) == ["FAILED"]


def test_a_run_without_a_record_cannot_be_repeated(tracker: Tracker, flights: pd.DataFrame) -> None:
    with tracker.group("empty") as run_id:
        pass
    with pytest.raises(TrackingError, match=r"The run empty has no record\.json"):
        tracker.repeat(run_id, flights)
    with pytest.raises(TrackingError, match="There is no run 0123"):
        tracker.record("0123")


def test_a_logged_dataset_carries_our_digest(tracker: Tracker, training: Training) -> None:
    run = tracker._client.get_run(tracker.log(training, "data"))
    (logged,) = run.inputs.dataset_inputs
    assert logged.dataset.digest == training.record["data"]["digest"][:32]
    assert run.data.tags["data"] == training.record["data"]["digest"]
    assert gaps(tracker.seen(run.info.run_id)) == ["environment"]


def test_the_command_s_function_trains_from_a_file_and_logs_the_model(
    tracker: Tracker, tmp_path: Path
) -> None:
    parts = [load_scoring_flights(part) for part in ("learn", "gate", "live")]
    file = tmp_path / "features.parquet"
    pd.concat(parts).drop(columns="day").to_parquet(file)
    said: list[str] = []
    recipe = Recipe(rows=500, parameters={"max_iter": 5}, learn="train", judge="test")
    place = (tracker.uri, tracker.artifacts)
    result = train(file, *place, recipe, name="trained", progress=said.append)
    assert tracker.metrics(result.run_id) == pytest.approx(result.metrics)
    seen = tracker.seen(result.run_id)
    assert {"record.json", "model/requirements.txt"} <= set(seen["artifacts"])
    assert gaps(seen) == []
    assert said[0] == "Reading features.parquet"
    with tracker.active() as mlflow:
        (logged,) = mlflow.search_logged_models(
            [tracker.experiment_id],
            filter_string=f"source_run_id = '{result.run_id}'",
            output_format="list",
        )
        info = mlflow.models.get_model_info(logged.model_uri)
    inputs = {column.name: column.type.name for column in info.signature.inputs}
    assert inputs["distance"] == "long"
    assert inputs["carrier"] == "string"
    assert info.saved_input_example_info


@pytest.mark.parametrize(("content", "reason"), [(None, "isn't there"), (b"x", "isn't a Parquet")])
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    file = tmp_path / "features.parquet"
    if content:
        file.write_bytes(content)
    with pytest.raises(TrackingError, match=reason):
        train(file, "sqlite:///nowhere.db")


# --- reading the store ---------------------------------------------------------------------------


def test_the_best_run_is_finished_small_enough_and_learned_from_enough_rows() -> None:
    runs = pd.DataFrame(
        [
            ("cheap", "FAILED", "12000", 1.0, 10.0),
            ("large", "FINISHED", "12000", 2.0, 101.0),
            ("quick", "FINISHED", "3000", 3.0, 10.0),
            ("heavier", "FINISHED", "12000", 4.0, 100.0),
            ("lighter", "FINISHED", "12000", 4.0, 99.0),
            ("parent", "FINISHED", None, np.nan, np.nan),
        ],
        columns=["run_id", "status", "params.rows", "metrics.cost", "metrics.size_kb"],
    )
    assert best_run(runs, 100, 12_000) == "lighter"
    assert best_run(runs, 9, 12_000) is None


def test_contenders_are_compared_flight_by_flight_and_drawn_by_day() -> None:
    rng = np.random.default_rng(0)
    days = np.repeat(np.arange(40), 50)
    storm = np.repeat(rng.gamma(1, 1, 40), 50)
    costs = pd.DataFrame({"best": storm})
    costs["always a little worse"] = storm + 0.05
    costs["now better now worse"] = storm + np.repeat(rng.normal(0.02, 0.3, 40), 50)
    costs["now better now worse"] -= costs["now better now worse"].mean() - storm.mean() - 0.01
    assert contenders(costs, days) == ["best", "now better now worse"]


def test_records_differ_where_both_are_known() -> None:
    first = {"data": "a", "seed": "0", "rows": 500, "code": None, "max_depth": None}
    second = {"data": "b", "seed": 0, "rows": "500", "commit": "c", "max_depth": "None"}
    expected = {"differ": ["data"], "unknown": ["code", "commit"]}
    assert compare_records(first, second) == expected


def test_two_runs_that_differ_in_the_seed_say_so(flights: pd.DataFrame, training: Training) -> None:
    other = fit(flights, Recipe(rows=500, seed=1, parameters=SMALL.parameters))
    found = compare_records(ingredients(training.record), ingredients(other.record))
    assert found["differ"] == ["seed"]


# --- the search ----------------------------------------------------------------------------------


def test_the_search_has_43_runs_and_the_cost_of_each_flight() -> None:
    runs, costs = load_search()["runs"], load_costs()
    assert [run["name"] for run in runs] == list(costs.columns[1:])
    assert len(runs) == 43
    for run, recipe in zip(runs, recipes(), strict=True):
        assert Recipe(**run["record"]["recipe"]) == recipe
        assert 1000 * costs[run["name"]].mean() == pytest.approx(run["metrics"]["cost"])


@pytest.mark.parametrize("name", ["try-01", "try-23"])
def test_the_search_can_be_trained_again(flights: pd.DataFrame, name: str) -> None:
    (run,) = [run for run in load_search()["runs"] if run["name"] == name]
    again = fit(flights, Recipe(**run["record"]["recipe"]))
    assert again.record["data"] == run["record"]["data"]
    for measure in ("auc", "brier", "cost"):
        assert again.metrics[measure] == pytest.approx(run["metrics"][measure], abs=1e-6)


def test_autolog_logged_the_training_s_score_and_no_other() -> None:
    logged = load_search()["autolog"]
    assert all(name.startswith("training_") for name in logged["metrics"])
    assert logged["params"]["random_state"] == "0"
    assert [(len(each["digest"]), each["rows"]) for each in logged["datasets"]] == [(8, 12_000)]
    assert "model/requirements.txt" in logged["artifacts"]
    assert gaps(logged) == ["data", "score"]


def test_the_runs_were_judged_once_more_on_later_flights() -> None:
    found = load_search()
    assert (found["later"]["first"], found["later"]["last"]) == ("2013-09-01", "2013-12-31")
    later = {run["name"]: run["later"] for run in found["runs"]}
    best = min(found["runs"], key=lambda run: run["metrics"]["cost"])["name"]
    assert later[best]["low"] == later[best]["high"] == 0
    for one in later.values():
        assert one["low"] <= one["cost"] - later[best]["cost"] <= one["high"]


# --- servers -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """A PostgreSQL database of this test's own, as SQLAlchemy wants it."""
    url = servers.postgres()
    import psycopg

    name = f"tracking_{uuid4().hex[:12]}"
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            place = urlparse(url)._replace(path=f"/{name}")
            yield place._replace(scheme="postgresql+psycopg").geturl()
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


SERVE = """
import sys, time
from pathlib import Path
from flightline.tracking import tracking_server
with tracking_server(sys.argv[1], Path(sys.argv[2])) as url:
    print(url, flush=True)
    time.sleep(120)
"""


@slow_server
def test_a_server_on_postgres_keeps_runs_and_is_gone_when_its_parent_is_killed(
    postgres: str, tmp_path: Path, training: Training, flights: pd.DataFrame
) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", SERVE, postgres, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert parent.stdout is not None
        url = parent.stdout.readline().strip()
        port = urlparse(url).port
        assert port
        remote = Tracker(url)
        run_id = remote.log(training, "remote", with_model=True)
        assert remote.repeat(run_id, flights).exact
        assert list(tmp_path.rglob("record.json"))
    finally:
        parent.kill()
        parent.communicate()
    end = time.monotonic() + 20
    while answers(port, "/health") and time.monotonic() < end:
        time.sleep(0.1)
    assert not answers(port, "/health")
    assert Tracker(postgres).metrics(run_id) == pytest.approx(training.metrics)


@slow_server
def test_a_server_with_a_password_lets_nobody_in_without_it(
    tmp_path: Path, training: Training, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow.exceptions import MlflowException

    backend = f"sqlite:///{tmp_path.as_posix()}/mlflow.db"
    password = "a-password-for-this-test"
    with tracking_server(backend, tmp_path / "files", password) as url:
        with pytest.raises(MlflowException, match="401"):
            Tracker(url).log(training, "anonymous")
        monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "admin")
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "another-password")
        with pytest.raises(MlflowException, match="401"):
            Tracker(url).log(training, "wrong")
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", password)
        run_id = Tracker(url).log(training, "admin")
        assert Tracker(url).metrics(run_id) == pytest.approx(training.metrics)
