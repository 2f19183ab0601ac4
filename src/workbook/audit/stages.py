"""Repositories to audit: Flightline as it stood after some chapters, and a team with every tool.

Flightline's stages are made of its own files, copied as they are. What the course never kept as a
file of its own (a notebook, lists of packages, short tests) is written out below.
"""

from __future__ import annotations

import json
from pathlib import Path

import flightline

__all__ = ["Files", "stages", "tools_only", "with_pipeline_test", "with_schedule", "write_files"]

Files = dict[str, str]
PACKAGE = Path(flightline.__file__).parent
PROJECT = PACKAGE / "pipeline_template" / "project"
PINS = "numpy==2.4.6\npandas==2.3.3\npytest==9.0.0\nscikit-learn==1.9.1\n"
DVC_YAML = """stages:
  clean:
    cmd: python -m late.contract
    deps: [data/flights.csv]
    outs: [data/clean.parquet]
  train:
    cmd: python -m late.train
    deps: [data/clean.parquet]
    outs: [artifacts/model.json]
"""
DVC_LOCK = """schema: '2.0'
stages:
  clean:
    cmd: python -m late.contract
    outs:
    - path: data/clean.parquet
      md5: 7a1f0d5b9f2a4c03a6e2b1c8d9e0f415
"""
FEATURE_TEST = """from flightline.features import build_features
from flightline.parity import assert_parity


def test_features_know_nothing_of_the_future(flights):
    assert build_features(flights).notna().any().all()


def test_training_and_serving_have_parity(training, serving):
    assert assert_parity(training, serving) is None
"""
SERVICE_TEST = """from flightline.gates import judge
from flightline.registry import rollback_target
from flightline.serving import create_app


def test_the_service_refuses_a_bad_request(client):
    assert client.post("/predict", json={}).status_code == 422


def test_a_release_that_was_rolled_back_is_no_way_back(history):
    assert rollback_target(history) == 1
"""
PIPELINE_TEST = """from late.quality import main


def test_the_whole_pipeline():
    assert main() == 0
"""
SCHEDULE = """name: training
on:
  schedule:
    - cron: "0 5 1 * *"
jobs:
  train:
    runs-on: ubuntu-latest
    steps:
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
    functions |= {name: _project(name) for name in ("late/model.py", "tests/test_model.py")}
    functions |= {"requirements.txt": PINS, "src/flightline/__init__.py": _read("__init__.py")}
    pipeline = functions | {
        f"late/{name}.py": _project(f"late/{name}.py")
        for name in ("data", "contract", "train", "quality", "package", "app")
    }
    pipeline |= {"late/gates.py": _read("gates.py"), "pipeline.toml": _project("pipeline.toml")}
    pipeline[".github/workflows/pipeline.yml"] = _project("github/workflows/pipeline.yml")
    lineage = pipeline | _modules("contracts", "lineage", "partitions")
    lineage |= {"dvc.yaml": DVC_YAML, "dvc.lock": DVC_LOCK}
    tracked = lineage | _modules("features", "parity", "tracking", "training")
    tracked |= {
        f"feature_repo/{name}": _read(f"feature_repo/project/{name}")
        for name in ("definitions.py", "feature_store.yaml")
    }
    tracked["tests/test_features.py"] = FEATURE_TEST
    served = tracked | _modules("gates", "registry", "serving", "canary", "operations")
    served |= {"tests/test_serving.py": SERVICE_TEST}
    watched = served | _modules("monitoring", "alarms", "retraining")
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
    return files | {".github/workflows/training.yml": SCHEDULE}


def with_pipeline_test(files: Files) -> Files:
    """Return a stage with a test that runs the gate of the pipeline as a whole."""
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
    return {f"src/flightline/{name}.py": _read(f"{name}.py") for name in names}


def _read(name: str) -> str:
    return (PACKAGE / name).read_text(encoding="utf-8")


def _project(name: str) -> str:
    return (PROJECT / name).read_text(encoding="utf-8")


def _notebook() -> str:
    return _notebook_of(_read("notebook_model.py"))


def _notebook_of(code: str) -> str:
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "source": code.splitlines(True)}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
