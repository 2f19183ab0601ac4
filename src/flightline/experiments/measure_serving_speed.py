"""The measurement behind `flightline.experiments.serving_speed`."""

import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from flightline import delivery_models, loadtest
from flightline.client import serve_command
from flightline.experiments.serving_speed import RATE, REQUESTS
from flightline.processes import free_port, serving
from flightline.registry import Registry
from flightline.scoring import load_scoring_flights, model_input, requests
from flightline.tracking import QUIET, as_served

WARM_UP = 20


def mlflow_bodies(count: int) -> list[dict[str, Any]]:
    """Return requests for MLflow's server: the model's columns, made by the client."""
    table = as_served(model_input(load_scoring_flights("live").head(count)))
    rows = json.loads(table.to_json(orient="values"))
    columns = list(table.columns)
    return [{"dataframe_split": {"columns": columns, "data": [row]}} for row in rows]


def mlflow_command(model: str, port: int) -> list[str]:
    """Return the command that serves a model by MLflow, in this very environment."""
    return [
        *(sys.executable, "-m", "mlflow", "models", "serve", "--model-uri", model),
        *("--env-manager", "local", "--host", "127.0.0.1", "--port", str(port)),
    ]


def mlflow_environment(registry: Registry) -> dict[str, str]:
    """Return what MLflow's server reads: the registry's address, and where its commands are."""
    here = str(Path(sys.executable).parent)
    path = os.pathsep.join([here, os.environ.get("PATH", "")])
    return {**QUIET, "MLFLOW_TRACKING_URI": registry.uri, "PATH": path}


def measure_serving_speed(count: int = REQUESTS, rate: float = RATE) -> dict[str, Any]:
    """Register a model, serve it by both servers in turn, and ask them the same flights."""
    flights = load_scoring_flights("live").head(count)
    with TemporaryDirectory() as folder:
        place = Path(folder)
        registry = Registry(f"sqlite:///{place / 'mlflow.db'}", place / "artifacts")
        model = delivery_models.half_year_model()
        version = registry.register(model, model_input(flights))
        registry.move(version, "by hand")
        registry.deploy(place / "bundles")
        port = free_port()
        of_mlflow = _measure(
            mlflow_command(f"models:/{registry.name}/{version}", port),
            ("/ping", "/invocations"),
            port,
            mlflow_bodies(count),
            rate,
            mlflow_environment(registry),
        )
        port = free_port()
        of_flightline = _measure(
            serve_command(place / "bundles", port),
            ("/ready", "/predict"),
            port,
            requests(flights),
            rate,
        )
    return {
        "requests": count,
        "rate": rate,
        "cores": os.cpu_count(),
        "mlflow": of_mlflow,
        "flightline": of_flightline,
    }


def _measure(
    command: Sequence[str],
    paths: tuple[str, str],
    port: int,
    bodies: Sequence[Mapping[str, Any]],
    rate: float,
    env: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    ready, ask = paths
    began = time.perf_counter()
    with serving(command, ready, port, env, seconds=180) as url:
        start = time.perf_counter() - began
        loadtest.closed_load(url + ask, bodies[:WARM_UP])
        load = loadtest.open_load(url + ask, bodies, rate)
        began = time.perf_counter()
        loadtest.closed_load(url + ask, bodies, clients=4)
        per_second = len(bodies) / (time.perf_counter() - began)
        bad = httpx.post(url + ask, json=_without_distance(bodies[0]), trust_env=False, timeout=30)
    return {
        "start": round(start, 1),
        **{name: round(value, 1) for name, value in load.percentiles(50, 95, 99).items()},
        "failed": load.failed,
        "per_second": round(per_second),
        "bad": {
            "status": bad.status_code,
            "length": len(bad.text),
            "stack": "Traceback" in bad.text,
        },
    }


def _without_distance(body: Mapping[str, Any]) -> dict[str, Any]:
    if "dataframe_split" not in body:
        return {name: value for name, value in body.items() if name != "distance"}
    split = body["dataframe_split"]
    at = split["columns"].index("distance")
    columns = [name for name in split["columns"] if name != "distance"]
    rows = [row[:at] + row[at + 1 :] for row in split["data"]]
    return {"dataframe_split": {"columns": columns, "data": rows}}
