"""Repositories to audit: Flightline as it stood after some chapters, and a team with every tool.

Flightline's stages are made of its own files, copied as they are, without its data. What the course
never kept as a file of its own (a notebook, lists of packages, short tests, a pipeline for DVC) is
written out below. The last stage works: a test of the course runs its tests and its pipeline.
"""

from __future__ import annotations

import hashlib
import json
import re
from importlib.metadata import version
from pathlib import Path

import yaml

import flightline

__all__ = ["Files", "stages", "tools_only", "with_pipeline_test", "with_schedule", "write_files"]

Files = dict[str, str]
PACKAGE = Path(flightline.__file__).parent
PROJECT = PACKAGE / "pipeline_template" / "project"
WORKFLOW = ".github/workflows/{}.yml"
#: What a stage adds to the packages that its code and its workflows need.
PACKAGES: dict[str, tuple[str, ...]] = {
    "functions": ("numpy", "pandas", "pytest", "ruff", "scikit-learn"),
    "lineage": ("dvc", "pandera", "pyarrow"),
    "tracked": ("duckdb", "feast", "mlflow", "psutil"),
    "served": ("fastapi", "httpx", "joblib", "prometheus-client", "pydantic", "starlette",
               "uvicorn"),
    "watched": ("evidently", "scipy"),
}  # fmt: skip
PYTEST = "[pytest]\npythonpath = . src\n"
RUFF = 'line-length = 100\n\n[lint]\nselect = ["B", "E", "F"]\n'
#: Contract and training are one stage, so that nothing is trained on what the contract refuses.
DVC_YAML = """stages:
  train:
    cmd: python -m late.contract && python -m late.train
    deps: [data/flights.csv, late/contract.py, late/data.py, late/model.py, late/train.py]
    outs: [artifacts/model.json]
  quality:
    cmd: python -m late.quality
    deps: [artifacts/model.json, data/flights.csv, late/data.py, late/gates.py, late/quality.py]
    outs: [artifacts/quality.json]
"""
#: The sample, and what the pipeline makes of it: MD5 and bytes. A test runs it and compares.
DATA = {
    "data/flights.csv": ("4a42e166a7f20e2b7d92b6ecaa84d28b", 574_202),
    "artifacts/model.json": ("e0303bc67745c46fe5ae73c38e7526ca", 131),
    "artifacts/quality.json": ("b652629be6f3a31fc25fdce98e9cc1f0", 297),
}
FIXTURES = """import random
import shutil
from pathlib import Path

import pandas as pd
import pytest


@pytest.fixture
def flights():
    minutes = pd.to_timedelta([0, 90, 180, 270, 360], unit="min")
    planned = pd.Timestamp("2013-05-02 10:00", tz="UTC") + minutes
    late = pd.Series([0.0, 50.0, 5.0, 120.0, 10.0])
    return pd.DataFrame(
        {
            "carrier": "UA",
            "origin": "EWR",
            "dest": "BOS",
            "tailnum": "N1",
            "distance": 200.0,
            "scheduled_departure": planned,
            "scheduled_arrival": planned + pd.Timedelta("1h"),
            "actual_departure": planned + pd.to_timedelta(late, unit="min"),
            "dep_delay": late,
        }
    )


@pytest.fixture
def project(tmp_path):
    shutil.copytree(Path(__file__).parents[1] / "late", tmp_path / "late")
    lines = ["day,sched_dep_time,carrier,origin,dest,is_late"]
    draw = random.Random(0)
    for n in range(12_000):
        clock, rate = draw.choice([(700, 0.1), (1900, 0.4)])
        day = f"2013-{n % 8 + 1:02}-{draw.randint(1, 28):02}"
        lines.append(f"{day},{clock},UA,EWR,BOS,{int(draw.random() < rate)}")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "flights.csv").write_text("\\n".join(lines))
    return tmp_path
"""
FEATURE_TEST = """import pandas as pd

from flightline.features import departure_features
from flightline.parity import assert_parity


def test_features_know_nothing_of_the_future(flights):
    changed = flights.copy()
    changed.loc[4, "dep_delay"] = 600.0
    pd.testing.assert_frame_equal(departure_features(changed), departure_features(flights))


def test_training_and_serving_have_parity(flights):
    training = departure_features(flights)
    serving = [departure_features(flights.loc[[one]], flights) for one in flights.index]
    assert training.notna().any(axis=None)
    assert_parity(training, pd.concat(serving))
"""
SERVICE_TEST = """import numpy as np
import pytest
from fastapi.testclient import TestClient

from flightline.bundles import Deployment, save_bundle, write_deployment
from flightline.registry import rollback_target
from flightline.serving import create_app

GOOD = {
    "carrier": "UA",
    "flight": 1,
    "origin": "EWR",
    "dest": "BOS",
    "scheduled_departure": "2013-05-02T10:00:00Z",
    "scheduled_arrival": "2013-05-02T11:00:00Z",
    "distance": 200.0,
    "carrier_arrival_delay_3h": None,
    "origin_departure_delay_3h": 5.0,
    "dest_arrival_delay_3h": 0.0,
    "aircraft_last_arrival_delay": None,
}


class Quarter:
    feature_names_in_ = np.array(["distance"])

    def predict_proba(self, table):
        return np.array([[0.75, 0.25]] * len(table))


@pytest.fixture
def client(tmp_path):
    save_bundle(tmp_path, Quarter(), 1, {"inputs": {"distance": "double"}})
    write_deployment(tmp_path, Deployment(champion=1))
    with TestClient(create_app(tmp_path)) as client:
        yield client


def test_the_service_answers(client):
    assert client.post("/predict", json=GOOD).json()["late_probability"] == 0.25


def test_the_service_refuses_a_bad_request(client):
    assert client.post("/predict", json=GOOD | {"flight": "one"}).status_code == 422


def test_a_release_that_was_rolled_back_is_no_way_back():
    moves = [("promote", 1), ("promote", 2), ("rollback", 1), ("promote", 3)]
    history = [{"event": event, "version": version} for event, version in moves]
    inputs = {"distance": "double"}
    versions = dict.fromkeys((1, 2, 3), inputs)
    assert rollback_target(history, versions, inputs) == 1
"""
PIPELINE_TEST = """import subprocess
import sys


def test_the_pipeline_makes_a_program_that_answers(project):
    def run(*words):
        return subprocess.check_output([sys.executable, *words], cwd=project)

    for step in ("contract", "train", "quality", "package"):
        run("-m", f"late.{step}")
    morning = float(run("artifacts/late.pyz", "UA", "BOS", "0700"))
    evening = float(run("artifacts/late.pyz", "UA", "BOS", "1900"))
    assert 0 < morning < evening < 1
"""
SCHEDULE = """on: {schedule: [{cron: "0 5 1 * *"}]}
jobs:
  train:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - uses: actions/setup-python@v6
        with: {python-version: "3.12"}
      - run: python -m pip install --requirement requirements.txt
      - run: dvc repro
"""


def stages() -> dict[str, Files]:
    """Return Flightline's files after some chapters, by what had been added.

    Returns
    -------
    dict
        The name of a stage, in order, to its files: path to text.
    """
    notebook = {"late_flights.ipynb": _notebook(), "requirements.txt": "pandas\nscikit-learn\n"}
    functions = _modules("definition", "clock", "notebook_model")
    functions |= {name: _project(name) for name in ("late/__init__.py", "late/model.py")}
    functions |= {"tests/test_model.py": _project("tests/test_model.py"), "pytest.ini": PYTEST}
    functions |= _requirements("functions")
    pipeline = functions | {
        f"late/{name}.py": _project(f"late/{name}.py")
        for name in ("data", "contract", "train", "quality", "package", "app")
    }
    pipeline |= {"late/gates.py": _read("gates.py"), "pipeline.toml": _project("pipeline.toml")}
    pipeline[WORKFLOW.format("pipeline")] = _project("github/workflows/pipeline.yml")
    pipeline |= {"ruff.toml": RUFF, ".gitignore": "__pycache__/\nartifacts/\n"}
    lineage = pipeline | _modules("contracts", "lineage", "partitions")
    lineage |= {"dvc.yaml": DVC_YAML, "dvc.lock": _dvc_lock(lineage)}
    lineage |= {".dvc/config": ""} | _requirements("lineage")
    tracked = lineage | _modules("features", "parity", "tracking", "training")
    tracked |= {
        f"feature_repo/{name}": _read(f"feature_repo/project/{name}")
        for name in ("definitions.py", "feature_store.yaml")
    }
    tracked |= {"tests/conftest.py": FIXTURES, "tests/test_features.py": FEATURE_TEST}
    tracked |= _requirements("tracked")
    served = tracked | _modules("gates", "registry", "serving", "canary")
    served |= {"tests/test_serving.py": SERVICE_TEST} | _requirements("served")
    watched = served | _modules("monitoring", "alarms", "retraining", "operations")
    watched |= _requirements("watched")
    return {
        "01 a notebook": notebook,
        "02 tests, lock": functions,
        "04 CI, gate": pipeline,
        "06 contracts, lineage": lineage,
        "10 features, tracking": tracked,
        "11 serving, rollback": served,
        "12 monitoring": watched,
        "13 value": watched | _modules("business", "ab_test", "memo"),
    }


def with_schedule(files: Files) -> Files:
    """Return a stage with a workflow that trains on the first day of each month."""
    return files | {WORKFLOW.format("training"): SCHEDULE}


def with_pipeline_test(files: Files) -> Files:
    """Return a stage with a test that runs the pipeline, step by step, on made-up flights."""
    return files | {"tests/test_pipeline.py": PIPELINE_TEST}


def tools_only() -> Files:
    """Return the repository of a team that bought everything and changed nothing."""
    return {
        "README.md": "# MLOps at level 2\nCI/CD, a champion alias, canary, rollback.\n",
        "requirements.txt": "dvc\nevidently\nfeast\nmlflow\npandera\nprometheus-client\npytest\n",
        "feature_store.yaml": "project: bags\nregistry: data/registry.db\nprovider: local\n",
        "Dockerfile": "# the platform team will fill this in\n",
        "monitoring.md": "We will alert on drift.\n",
        "test_plan.txt": "def test_everything(): assert True\n",
        ".github/workflows/ci.yml": (
            "name: ci\non: push\njobs:\n  hello:\n    runs-on: ubuntu-latest\n    steps:\n"
            "      - run: echo 'pytest will run here'\n      # - run: pytest\n"
        ),
        "bags.ipynb": _notebook_of(
            "import mlflow\nimport pandera as pa\nfrom sklearn.linear_model import Ridge\n"
            "model = Ridge().fit(X, y)\n# mlflow.log_metric('auc', 0.9)\n"
        ),
        "src/rollback.py": "def rollback():\n    raise NotImplementedError\n",
        "tests/test_model.py": "def test_model():\n    pass\n",
    }


def write_files(files: Files, folder: Path) -> Path:
    """Write files below a folder and return it."""
    for name, text in files.items():
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return Path(folder)


def _modules(*names: str) -> Files:
    """Return modules of Flightline with all that they import of it, at the top or in functions."""
    found: Files = {}
    waiting = ["__init__", *names]
    while waiting:
        name = waiting.pop()
        path = f"{name.replace('.', '/')}.py"
        if f"src/flightline/{path}" not in found:
            found[f"src/flightline/{path}"] = _read(path)
            waiting += re.findall(r"(?m)^ *from flightline\.([\w.]+) import", _read(path))
    return found


def _requirements(stage: str) -> Files:
    """Return the packages of a stage and those before it, as installed here."""
    order = list(PACKAGES)
    listed = {name for each in order[: order.index(stage) + 1] for name in PACKAGES[each]}
    return {"requirements.txt": "".join(f"{name}=={version(name)}\n" for name in sorted(listed))}


def _dvc_lock(files: Files) -> str:
    """Return what DVC writes after a run of the pipeline: the digest of what it read and made."""
    lines = ["schema: '2.0'", "stages:"]
    for stage, keys in yaml.safe_load(DVC_YAML)["stages"].items():
        lines += [f"  {stage}:", f"    cmd: {keys['cmd']}"]
        for kind in ("deps", "outs"):
            lines.append(f"    {kind}:")
            for path in keys[kind]:
                digest, size = DATA.get(path) or _digest(files[path])
                lines += [f"    - path: {path}", "      hash: md5"]
                lines += [f"      md5: {digest}", f"      size: {size}"]
    return "\n".join(lines) + "\n"


def _digest(text: str) -> tuple[str, int]:
    data = text.encode()
    return hashlib.md5(data, usedforsecurity=False).hexdigest(), len(data)


def _read(name: str) -> str:
    return (PACKAGE / name).read_text(encoding="utf-8")


def _project(name: str) -> str:
    return (PROJECT / name).read_text(encoding="utf-8")


def _notebook() -> str:
    return _notebook_of(_read("notebook_model.py"))


def _notebook_of(code: str) -> str:
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "source": code.splitlines(True)}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
