"""MLflow's server and Flightline's give the same answers; the script measures both for real."""

import os
from pathlib import Path
from typing import Any

import httpx
import pytest

from flightline import delivery_models
from flightline.experiments.measure_serving_speed import (
    measure_serving_speed,
    mlflow_bodies,
    mlflow_command,
    mlflow_environment,
)
from flightline.experiments.serving_speed import REQUESTS, SERVERS, load_serving_speed
from flightline.processes import free_port, serving
from flightline.registry import Registry
from flightline.scoring import load_scoring_flights, model_input

in_ci = pytest.mark.skipif(
    "CI" not in os.environ, reason="starts MLflow's server, which takes long: runs where CI is set"
)


def complete(measured: dict[str, Any]) -> bool:
    numbers = {"start", "p50", "p95", "p99", "failed", "per_second", "bad"}
    return all(set(measured[server]) == numbers for server in SERVERS)


def test_the_recorded_measurement_is_complete_and_nothing_failed() -> None:
    recorded = load_serving_speed()
    assert complete(recorded)
    assert recorded["requests"] == REQUESTS
    for server in SERVERS:
        assert recorded[server]["failed"] == 0
        assert recorded[server]["p50"] <= recorded[server]["p95"] <= recorded[server]["p99"]


@in_ci
def test_the_script_measures_both_servers() -> None:
    measured = measure_serving_speed(count=25, rate=10)
    assert complete(measured)
    assert [measured[server]["failed"] for server in SERVERS] == [0, 0]
    assert measured["mlflow"]["bad"]["status"] == 400
    assert measured["flightline"]["bad"]["status"] == 422
    assert not measured["flightline"]["bad"]["stack"]


@in_ci
def test_mlflow_s_server_answers_as_the_model_does(tmp_path: Path) -> None:
    registry = Registry(f"sqlite:///{(tmp_path / 'mlflow.db').as_posix()}", tmp_path / "files")
    table = model_input(load_scoring_flights("live").head(5))
    model = delivery_models.half_year_model()
    registry.move(registry.register(model, table), "promote")
    port = free_port()
    command = mlflow_command("models:/flightline@champion", port)
    with serving(command, "/ping", port, mlflow_environment(registry), seconds=180) as url:
        answers = [
            httpx.post(f"{url}/invocations", json=body, trust_env=False, timeout=30).json()
            for body in mlflow_bodies(5)
        ]
    expected = delivery_models.late_probability(model, table)
    served = [answer["predictions"][0][1] for answer in answers]
    assert served == pytest.approx(expected.tolist())
