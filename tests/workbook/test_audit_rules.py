"""What counts as evidence, and what only looks like it."""

# The tables of cases read better with one case a line.
# ruff: noqa: E501

import json
from pathlib import Path

import pytest

from tests.workbook.test_audit_read import assert_ends
from workbook.audit import File, Tree
from workbook.audit.commands import fires
from workbook.audit.rules import EFFORTS, RULES, Evidence, Repository

TEST = "from m import add\n\n\ndef test_add():\n    assert add(1, 1) == 2\n"
CI = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: actions/checkout@v5\n      - run: {}\n"
NO_CHECKOUT = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: pytest\n"
FIT = "from sklearn.linear_model import Ridge\n\n\ndef fit(X, y):\n    return Ridge().fit(X, y)\n"


def repository(files: dict[str, str]) -> Repository:
    return Repository(Tree(tuple(File(path, files[path]) for path in sorted(files))))


def look(rule: str, files: dict[str, str]) -> list[Evidence]:
    return list(repository(files).evidence(rule))


def workflow(run: str, on: str = "push") -> dict[str, str]:
    text = CI.format(json.dumps(run)).replace("on: push", f"on: {on}")
    return {".github/workflows/ci.yml": text, "test_m.py": TEST}


def notebook(code: str) -> str:
    return json.dumps({"cells": [{"cell_type": "code", "source": code.splitlines(True)}]})


FOUND: list[tuple[str, dict[str, str], str]] = [
    ("tests", {"test_m.py": TEST}, "test_m.py:4"),
    ("tests", {"m_test.py": TEST}, "m_test.py:4"),
    ("tests", {"tests/test_m.py": "class TestM:\n    def test_a(self):\n        self.assertEqual(1, f())\n"}, "tests/test_m.py:2"),
    ("tests", {"test_m.py": "def test_a():\n    with pytest.raises(E):\n        f()\n"}, "test_m.py:1"),
    ("tests", {"a.test.js": "test('adds', () => { expect(add(1, 1)).toBe(2) })\n"}, "a.test.js:1"),
    ("tests", {"a_test.go": "func TestAdd(t *testing.T) {\n  t.Error(1)\n}\n"}, "a_test.go:1"),
    ("ci_tests", workflow("pytest -q"), ".github/workflows/ci.yml:7"),
    ("ci_tests", workflow("pip install -e . && uv run --frozen pytest"), ".github/workflows/ci.yml:7"),
    ("ci_tests", workflow(".venv/bin/python -m pytest test_m.py"), ".github/workflows/ci.yml:7"),
    ("ci_tests", workflow("CI=true python -m unittest"), ".github/workflows/ci.yml:7"),
    ("ci_tests", workflow("make test") | {"Makefile": "test: env\n\t@pytest\nenv:\n\tpip list\n"}, "Makefile:2"),
    ("ci_tests", workflow("./ci.sh") | {"ci.sh": "#!/bin/sh\nset -e\n# tests\npytest\n"}, "ci.sh:4"),
    ("ci_tests", workflow("npm test") | {"package.json": '{"scripts": {"test": "jest"}}'}, "package.json:1"),
    ("ci_tests", workflow("python -m tools.all") | {"tools/all.py": "RUN = ['pytest', '-q']\n"}, "tools/all.py:1"),
    ("ci_tests", {".gitlab-ci.yml": "unit:\n  script:\n    - pytest\n", "test_m.py": TEST}, ".gitlab-ci.yml:3"),
    ("ci_tests", {"Jenkinsfile": "stage('t') {\n  sh 'pytest'\n}\n", "test_m.py": TEST}, "Jenkinsfile:2"),
    ("ci_tests", {".github/workflows/ci.yml": NO_CHECKOUT.replace("runs-on: x", "container: a/b"), "test_m.py": TEST}, ".github/workflows/ci.yml:6"),
    ("ci_tests", workflow("check || exit 1; pytest"), ".github/workflows/ci.yml:7"),
    ("tests", {"test_m.py": f"from late.train import fit\n{TEST}", "src/late/train.py": FIT}, "test_m.py:5"),
    ("tests", {"test_m.py": f"from late.train import fit\n{TEST}", "late/train/__init__.py": FIT}, "test_m.py:5"),
    ("tests", {"test_m.py": f"from late import fit\nfrom late._version import v\n{TEST}", "late/__init__.py": FIT}, "test_m.py:6"),
    ("tests", {"test_m.py": f"from late.fast import fit\n{TEST}", "late/a.py": FIT, "setup.py": "setup(ext_modules=[fast])\n"}, "test_m.py:5"),
    ("tests", {"test_m.py": f"try:\n    from late.fast import fit\nexcept ImportError:\n    fit = None\n{TEST}", "late/a.py": FIT}, "test_m.py:8"),
    ("lock", {"requirements.txt": "# all\nnumpy==2.4.6 \\\n    --hash=sha256:ab\npandas==2.3.3  # why\n"}, "requirements.txt:2"),
    ("lock", {"requirements.lock": "numpy==2.4.6 \\\n    --hash=sha256:ab\n"}, "requirements.lock:1"),
    ("lock", {"uv.lock": 'version = 1\n[[package]]\nname = "a"\nversion = "1.0"\n'}, "uv.lock:2"),
    ("lock", {"renv.lock": '{"Packages": {"A": {"Version": "1.0"}}}'}, "renv.lock:1"),
    ("container", {"Dockerfile": "# base\nFROM python:3.12\nCOPY . .\n"}, "Dockerfile:2"),
    ("deploy", workflow("helm upgrade api chart"), ".github/workflows/ci.yml:7"),
    ("template", {"copier.yml": "name: {type: str}\n"}, "copier.yml:1"),
    ("data_versions", {"data.csv.dvc": "outs:\n- md5: abc\n  path: data.csv\n"}, "data.csv.dvc:2"),
    ("data_versions", {".gitattributes": "*.csv filter=lfs diff=lfs\n"}, ".gitattributes:1"),
    ("data_versions", {"data/SHA256SUMS": f"{'0' * 64}  a.parquet\n"}, "data/SHA256SUMS:1"),
    ("pipeline", {"dvc.yaml": "stages:\n  train:\n    cmd: python train.py\n"}, "dvc.yaml:3"),
    ("pipeline", {"flow.py": "from prefect import flow\n\n\n@flow\ndef main():\n    load()\n"}, "flow.py:5"),
    ("pipeline", {"dag.py": "from airflow import DAG\nwith DAG('a'):\n    pass\n"}, "dag.py:2"),
    ("data_contract", {"c.py": "import pandera.pandas as pa\nS = pa.DataFrameSchema({})\nS.validate(t)\n"}, "c.py:2"),
    ("data_contract", {"c.py": "from pandera import DataFrameModel\nclass S(DataFrameModel):\n    a: int\n\n\nS.validate(t)\n"}, "c.py:2"),
    ("data_contract", {"c.py": "def check_columns(t):\n    if 'delay' not in t:\n        raise ValueError('no delay')\n"}, "c.py:1"),
    ("feature_store", {"f.py": "from feast import FeatureView\nv = FeatureView(name='a')\n", "feature_store.yaml": "project: p\n"}, "f.py:2"),
    ("feature_tests", {"features.py": "x = 1\n", "test_m.py": TEST.replace("from m ", "from features ")}, "test_m.py:1"),
    ("parity_test", {"test_p.py": "def test_parity():\n    assert a() == b()\n"}, "test_p.py:1"),
    ("integration_test", {"test_p.py": "def test_whole_pipeline():\n    assert run_pipeline() == 0\n"}, "test_p.py:1"),
    ("training", {"a.ipynb": notebook("from sklearn.svm import SVC\nSVC().fit(X, y)\n")}, "a.ipynb [1]"),
    ("training_code", {"train.py": FIT}, "train.py:5"),
    ("model_tests", {"test_p.py": "def test_model():\n    assert fit(rows).predict(row) > 0\n"}, "test_p.py:1"),
    ("reproducible_test", {"test_p.py": "def test_training_is_deterministic():\n    assert fit(1) == fit(1)\n"}, "test_p.py:1"),
    ("tracking", {"t.py": "import mlflow\n\n\ndef track(auc):\n    mlflow.log_metric('auc', auc)\n", "main.py": "import t\nt.track(1)\n"}, "t.py:5"),
    ("tracking", {"t.py": "import mlflow\n\n\ndef track(auc):\n    mlflow.log_metric('auc', auc)\n", "pyproject.toml": "[project.scripts]\nt = 't:track'\n"}, "t.py:5"),
    ("tracking", {"t.py": "import mlflow\n\n\n@app.command()\ndef track(auc):\n    mlflow.log_metric('auc', auc)\n"}, "t.py:6"),
    ("tracking", {"t.py": "import mlflow\n\n\nclass Log(Callback):\n    def on_end(self, auc):\n        mlflow.log_metric('auc', auc)\n"}, "t.py:6"),
    ("tracking", {"t.py": "import mlflow as ml\nml.log_metric('auc', auc)\n"}, "t.py:2"),
    ("registry", {"t.py": "import mlflow\nmlflow.register_model(uri, 'm')\n"}, "t.py:2"),
    ("registry", {"t.py": "import mlflow\nmlflow.sklearn.log_model(m, registered_model_name='m')\n"}, "t.py:2"),
    ("tuning", {"t.py": "import optuna\ns = optuna.create_study()\n"}, "t.py:2"),
    ("baseline", {"t.py": "from sklearn.dummy import DummyClassifier\nd = DummyClassifier()\nprint(d.score(X, y))\n"}, "t.py:2"),
    ("ablation", {"t.py": "def ablation(X):\n    return [fit(X.drop(columns=c)) for c in X]\n"}, "t.py:1"),
    ("slices", {"t.py": "def worst_slice(t):\n    return min(auc(g) for g in t.groupby('s'))\n"}, "t.py:1"),
    ("inclusion", {"t.py": "import fairlearn.metrics as fm\nfm.MetricFrame(metrics=m)\n"}, "t.py:2"),
    ("model_gate", {"g.py": "def quality_gate(new, old):\n    return new.auc > old.auc + 0.01\n"}, "g.py:1"),
    ("model_gate", {"g.py": "def model_gate(candidate, incumbent):\n    return candidate < incumbent\n"}, "g.py:1"),
    ("model_gate", {"test_g.py": "def test_model_beats_baseline():\n    assert auc(fit(X)) > 0.7\n"}, "test_g.py:1"),
    ("serving", {"s.py": "from fastapi import FastAPI\napp = FastAPI()\n\n\n@app.post('/p')\ndef p(x):\n    return m(x)\n"}, "s.py:6"),
    ("model_release", workflow("python -m app.promote --model 3"), ".github/workflows/ci.yml:7"),
    ("canary", {"c.py": "def canary(errors, total):\n    return errors / total < 0.01\n"}, "c.py:1"),
    ("canary", {"k.yml": "kind: Canary\nspec: {}\n"}, "k.yml:1"),
    ("rollback", {"r.py": "def rollback(r):\n    r.alias('champion', r.previous())\n"}, "r.py:1"),
    ("service_metrics", {"s.py": "from prometheus_client import Counter\nC = Counter('a', 'b')\nC.labels('x').inc()\n"}, "s.py:2"),
    ("alerts", {"a.yml": "groups:\n- rules:\n  - alert: Late\n    expr: up == 0\n"}, "a.yml:3"),
    ("drift_watch", {"d.py": "def psi(a, b):\n    return sum((a - b) * log(a / b))\n"}, "d.py:1"),
    ("performance_watch", {"d.py": "def live_auc(log):\n    return roc_auc_score(log.y, log.p)\n"}, "d.py:1"),
    ("performance_watch", {"monitor.py": "def after(log):\n    return roc_auc_score(log.y, log.p)\n"}, "monitor.py:1"),
    ("model_age", {"a.py": "def is_stale(m, today):\n    return (today - m.trained_until).days > 90\n"}, "a.py:1"),
    ("numeric_test", {"test_n.py": "def test_n():\n    assert isfinite(predict(x)).all()\n"}, "test_n.py:1"),
    ("performance_test", {"l.py": "from locust import HttpUser\nclass U(HttpUser):\n    pass\n"}, "l.py:2"),
    ("scheduled_training", workflow("python train.py", on="{schedule: [{cron: '0 5 * * 1'}]}"), ".github/workflows/ci.yml:7"),
    ("scheduled_training", workflow("dvc repro", on="{schedule: [{cron: '0 5 * * 1'}]}") | {"dvc.yaml": "stages: {}\n"}, ".github/workflows/ci.yml:7"),
    ("scheduled_training", workflow("make train", on="{schedule: [{cron: '0 5 * * 1'}]}") | {"Makefile": "data train: env\n\tpython fit.py\n"}, ".github/workflows/ci.yml:7"),
    ("scheduled_training", workflow("python -m late.train", on="{schedule: [{cron: '0 5 * * 1'}]}") | {"late/train.py": FIT}, ".github/workflows/ci.yml:7"),
    ("scheduled_training", {"ops/crontab": "# every Monday\n0 5 * * 1 cd /app && python -m app.train\n"}, "ops/crontab:2"),
    ("retraining_trigger", {"r.py": "def should_retrain(auc, floor):\n    return auc < floor\n"}, "r.py:1"),
    ("tests", {"test_m.py": "@pytest.mark.skipif(sys.platform == 'win32', reason='a')\ndef test_a():\n    assert f() == 1\n"}, "test_m.py:2"),
    ("tests", {"test_m.py": "@unittest.skipUnless(HAS_GPU, 'a')\nclass TestA:\n    def test_a(self):\n        assert f() == 1\n"}, "test_m.py:3"),
    ("tests", {"test_m.py": "@pytest.mark.skipif('sys.platform == \"win32\"')\ndef test_a():\n    assert f() == 1\n"}, "test_m.py:2"),
    ("tests", {"test_m.py": "def test_a():\n    called = False\n    def note():\n        nonlocal called\n        called = True\n    f(note)\n    assert called\n"}, "test_m.py:1"),
    ("tests", {"test_m.py": "def test_a():\n    if f() is None:\n        return\n    assert f() == 1\n"}, "test_m.py:1"),
    ("tests", {"shop/tests.py": "class T(TestCase):\n    def test_a(self):\n        self.assertEqual(f(), 1)\n"}, "shop/tests.py:2"),
    ("ci_tests", workflow("tox -e lint,py311") | {"tox.ini": "[testenv]\ncommands =\n    pytest\n[testenv:lint]\ncommands = ruff check\n"}, ".github/workflows/ci.yml:7"),
    ("ci_tests", workflow("tox") | {"pyproject.toml": "[tool.tox.env_run_base]\ncommands = [\n  [\"pytest\"],\n]\n"}, ".github/workflows/ci.yml:7"),
    ("ci_tests", workflow("nox -s tests-3.12") | {"noxfile.py": "@nox.session\ndef tests(session):\n    session.run('pytest', '-q')\n"}, ".github/workflows/ci.yml:7"),
    ("ci_tests", workflow("pytest -q -n 2 --cov=m test_m.py::test_add"), ".github/workflows/ci.yml:7"),
    ("ci_tests", workflow("pytest -m unit -p no:cache 2> log.txt"), ".github/workflows/ci.yml:7"),
    ("ci_tests", workflow("pytest tests/unit") | {"part/tests/unit/test_n.py": TEST}, ".github/workflows/ci.yml:7"),
    ("ci_tests", workflow("python manage.py test"), ".github/workflows/ci.yml:7"),
    ("ci_tests", workflow("hatch test"), ".github/workflows/ci.yml:7"),
    ("ci_tests", workflow("coverage run -p --source m -m pytest"), ".github/workflows/ci.yml:7"),
    ("lock", {"requirements/prod.txt": "numpy==2.4.6\n"}, "requirements/prod.txt:1"),
    ("lock", {"requirements.txt": "--extra-index-url https://example.org/cpu\n-e .\nnumpy==2.4.6; python_version > '3' --hash=sha256:ab\n"}, "requirements.txt:3"),
    ("lock", {"requirements.txt": "numpy\n", "requirements.lock": "numpy==2.4.6\n"}, "requirements.lock:1"),
    ("lock", {"uv.lock": '[[package]]\nname = "a"\nversion = "1.0"\n[[package]]\nname = "own"\nsource = { editable = "." }\n'}, "uv.lock:1"),
    ("lock", {"pylock.toml": '[[packages]]\nname = "a"\nversion = "1.0"\n[[packages.wheels]]\nname = "a.whl"\n'}, "pylock.toml:1"),
    ("lock", {"conda-lock.yml": "package:\n- name: numpy\n  version: 2.4.6\n  hash:\n    sha256: ab\n"}, "conda-lock.yml:2"),
    ("lock", {"pixi.lock": "packages:\n- conda: https://example.org/numpy.conda\n  sha256: ab\n"}, "pixi.lock:2"),
    ("lock", {"environment.yml": "dependencies:\n- python=3.12\n- numpy=2.4.6\n- pip\n- pip:\n  - ruff==0.4.1\n"}, "environment.yml:2"),
    ("container", {"Dockerfile": "from python:3.12\ncopy . .\n"}, "Dockerfile:1"),
    ("deploy", workflow("kubectl -n prod apply -f k.yml"), ".github/workflows/ci.yml:7"),
    ("deploy", workflow("helm --namespace prod upgrade api chart"), ".github/workflows/ci.yml:7"),
    ("deploy", workflow("terraform -chdir=infra apply -auto-approve"), ".github/workflows/ci.yml:7"),
    ("deploy", workflow("aws --region x ecs update-service --service a"), ".github/workflows/ci.yml:7"),
    ("deploy", workflow("docker buildx build --push -t a ."), ".github/workflows/ci.yml:7"),
    ("deploy", workflow("databricks bundle deploy -t prod"), ".github/workflows/ci.yml:7"),
    ("deploy", workflow("argocd app sync api"), ".github/workflows/ci.yml:7"),
    ("deploy", workflow("az ml online-deployment update -n a"), ".github/workflows/ci.yml:7"),
    ("pipeline", {"dvc.yaml": "stages:\n  train:\n    cmd:\n    - python train.py\n"}, "dvc.yaml:4"),
    ("data_contract", {"c.py": "import pandera as pa\nschema = pa.DataFrameSchema({})\n", "d.py": "from c import schema\nschema(t)\n"}, "c.py:2"),
    ("training", {"a.py": "from transformers import Trainer\ntrainer = Trainer(m)\ntrainer.train()\n"}, "a.py:3"),
    ("training", {"a.py": "import lightning as L\ntrainer = L.Trainer()\ntrainer.fit(m)\n"}, "a.py:3"),
    ("training", {"a.py": "from ultralytics import YOLO\nmodel = YOLO('y.pt')\nmodel.train(data='d')\n"}, "a.py:3"),
    ("training", {"app/train.py": "from .model import make\nmake().fit(X, y)\n", "app/model.py": "from sklearn.svm import SVC\n\n\ndef make():\n    return SVC()\n"}, "app/train.py:2"),
    ("tracking", {"t.py": "import mlflow\n\n\ndef track(auc):\n    mlflow.log_metric('auc', auc)\n", "setup.py": "setup(entry_points={'console_scripts': ['t = t:track']})\n"}, "t.py:5"),
    ("tracking", {"t.py": "import mlflow\n\n\ndef track(auc):\n    mlflow.log_metric('auc', auc)\n", "Dockerfile": 'FROM a\nCMD ["t.track"]\n'}, "t.py:5"),
    ("tracking", {"t.py": "from lightning.pytorch.loggers import MLFlowLogger\nl = MLFlowLogger()\n"}, "t.py:2"),
    ("serving", {"s.py": "from fastapi import APIRouter\nr = APIRouter()\n\n\n@r.post('/p')\ndef p(x):\n    return clf.predict(x)\n"}, "s.py:6"),
    ("serving", {"a/s.py": "from flask import Blueprint\nfrom .late import answer\nb = Blueprint('a', 'b')\n\n\n@b.route('/p')\ndef p():\n    return answer()\n", "a/late.py": "def answer():\n    return joblib.load('m').decide()\n"}, "a/s.py:7"),
    ("serving", {"s.py": "from fastapi import FastAPI\napp = FastAPI()\n\n\n@app.post('/')\ndef predict(x):\n    return ask(x)\n"}, "s.py:6"),
    ("serving", {"s.py": "import bentoml\nsvc = bentoml.Service('a')\n\n\n@svc.api()\ndef p(x):\n    return runner.predict.run(x)\n"}, "s.py:6"),
    ("serving", {"s.py": "import kserve\nclass M(kserve.Model):\n    pass\n"}, "s.py:2"),
    ("rollback", {"r.py": "def rollback(store):\n    store.point(store.previous())\n"}, "r.py:1"),
    ("drift_watch", {"d.py": "def data_drift(a, b):\n    return abs(a.mean() - b.mean())\n"}, "d.py:1"),
    ("canary", {"c.py": "def shadow(request):\n    return champion(request) == challenger(request)\n"}, "c.py:1"),
    ("alerts", {"a.yml": "groups:\n- rules:\n  - alert: Late\n    expr: sum(rate(job:errors_total[5m])) > 1\n"}, "a.yml:3"),
    ("scheduled_training", {"d.py": "from airflow import DAG\nwith DAG('a', schedule='@daily'):\n    BashOperator(bash_command('python train.py'))\n"}, "d.py:2"),
    ("scheduled_training", {"d.py": "import schedule\nschedule.every().monday.do(train)\n"}, "d.py:2"),
    ("scheduled_training", {"d.py": "import dagster\n\n\n@dagster.schedule(cron_schedule='0 5 * * 1')\ndef weekly():\n    return train()\n"}, "d.py:4"),
    ("scheduled_training", {"d.py": "from apscheduler.schedulers.blocking import BlockingScheduler\ns = BlockingScheduler()\ns.add_job(train, 'cron', hour=5)\n"}, "d.py:3"),
    ("scheduled_training", {"k.yml": "kind: CronWorkflow\nspec:\n  schedules: ['0 5 * * 1']\n  templates:\n  - container:\n      command: [python, train.py]\n"}, "k.yml:1"),
]  # fmt: skip

DECOYS: list[tuple[str, dict[str, str]]] = [
    ("tests", {"test_plan.txt": "def test_a(): assert f()\n"}),
    ("tests", {"README.md": "We run `pytest`.\n\n    def test_a(): assert f()\n"}),
    ("tests", {"test_m.py": "# def test_a():\n#     assert f() == 1\n"}),
    ("tests", {"test_m.py": '"""\ndef test_a():\n    assert f() == 1\n"""\n'}),
    ("tests", {"test_m.py": "def test_a():\n    pass\n\n\ndef test_b():\n    assert True\n"}),
    ("tests", {"test_m.py": "@pytest.mark.skip\ndef test_a():\n    assert f() == 1\n"}),
    ("tests", {"test_m.py": "if False:\n    def test_a():\n        assert f() == 1\n"}),
    ("tests", {"test_m.py": ""}),
    ("tests", {"test_m.py": "def test_a():\n    value = f()\n    assert value == value\n"}),
    ("tests", {"test_m.py": "def test_a():\n    assert True or f() == 1\n"}),
    ("tests", {"test_m.py": "def test_a():\n    assert (f() == 1, 'one')\n"}),
    ("tests", {"test_m.py": "class TestA:\n    def test_a(self):\n        self.assertEqual(1, 1)\n        self.assertTrue(True)\n"}),
    ("tests", {"test_m.py": "def test_a():\n    try:\n        assert f() == 1\n    except AssertionError:\n        pass\n"}),
    ("tests", {"test_m.py": "def test_a():\n    with contextlib.suppress(Exception):\n        assert f() == 1\n"}),
    ("tests", {"test_m.py": "def test_a():\n    pytest.skip('later')\n    assert f() == 1\n"}),
    ("tests", {"contest.py": TEST}),
    ("ci_tests", workflow("echo pytest")),
    ("ci_tests", workflow("pip install pytest")),
    ("ci_tests", workflow("pytest --version")),
    ("ci_tests", workflow("pytest -q -k nothing_matches")),
    ("ci_tests", workflow("python -m pytest -k 'these or those'")),
    ("ci_tests", workflow("pytest || true")),
    ("ci_tests", workflow("pytest; exit 0")),
    ("ci_tests", workflow("# pytest")),
    ("ci_tests", workflow("echo Hello, world")),
    ("ci_tests", workflow("pytest", on="workflow_dispatch")),
    ("ci_tests", {".github/workflows/ci.yml": NO_CHECKOUT, "test_m.py": TEST}),
    ("ci_tests", workflow("exit 0; pytest")),
    ("tests", {"test_m.py": f"from late.nothing import main\n{TEST}", "late/__init__.py": "", "late/train.py": FIT}),
    ("tests", {"test_m.py": f"import late.nothing.main\n{TEST}", "src/late/train.py": FIT}),
    ("ci_tests", workflow("make test")),
    ("ci_tests", workflow("make test") | {"Makefile": "test:\n\techo all good\n"}),
    ("ci_tests", workflow("make test") | {"Makefile": "# test:\n#\tpytest\n"}),
    ("ci_tests", workflow("npm test") | {"package.json": '{"scripts": {"test": "exit 0"}}'}),
    ("ci_tests", {".github/workflows/ci.yml": CI.format("pytest")}),
    ("ci_tests", {"docs/ci.yml": CI.format("pytest"), "test_m.py": TEST}),
    ("ci_tests", {".github/workflows/ci.yml": CI.format("pytest").replace("runs-on: x", "if: false"), "test_m.py": TEST}),
    ("ci_tests", {".github/workflows/ci.yml": CI.format("pytest") + "        continue-on-error: true\n", "test_m.py": TEST}),
    ("ci_tests", {".github/workflows/ci.yml": "on: push\nname: run pytest\n", "test_m.py": TEST}),
    ("lock", {"requirements.txt": "numpy\npandas>=2\n"}),
    ("lock", {"requirements.txt": "numpy==2.4.6\npandas\n"}),
    ("lock", {"requirements.txt": "numpy==2.*\n"}),
    ("lock", {"requirements.txt": "# numpy==2.4.6\n"}),
    ("lock", {"requirements.txt": "numpy==2.4.6\ngit+https://example.org/a.git\n"}),
    ("lock", {"requirements.txt": ""}),
    ("lock", {"poetry.lock": ""}),
    ("lock", {"uv.lock": "version = 1\n"}),
    ("lock", {"package-lock.json": '{"packages": {"a": {}}}', "train.py": FIT}),
    ("container", {"Dockerfile": ""}),
    ("container", {"Dockerfile": "# FROM python:3.12\n# COPY . .\n"}),
    ("container", {"Dockerfile": "FROM python:3.12\n"}),
    ("deploy", workflow("echo kubectl apply")),
    ("deploy", workflow("kubectl apply --dry-run=client -f k.yml")),
    ("deploy", {"deploy.md": "helm upgrade api chart\n"}),
    ("template", {"cookiecutter.json": "{}"}),
    ("data_versions", {"data.csv.dvc": ""}),
    ("data_versions", {".gitattributes": "*.py text\n# *.csv filter=lfs\n"}),
    ("data_versions", {"SHA256SUMS": "to be computed\n"}),
    ("pipeline", {"dvc.yaml": "stages: {}\n"}),
    ("pipeline", {"dvc.yaml": "stages:\n  a:\n    cmd: echo done\n  b:\n    cmd: 'true'\n"}),
    ("pipeline", {"dvc.yaml": "# stages:\n#   train:\n#     cmd: python train.py\n"}),
    ("pipeline", {"flow.py": "from prefect import flow\n"}),
    ("pipeline", {"flow.py": "def flow(f):\n    return f\n\n\n@flow\ndef main():\n    load()\n"}),
    ("data_contract", {"c.py": "import pandera as pa\n# S = pa.DataFrameSchema({})\n"}),
    ("data_contract", {"contract.md": "DataFrameSchema({})\n"}),
    ("data_contract", {"c.py": "import pandera as pa\nS = pa.DataFrameSchema({})\n"}),
    ("data_contract", {"contract.py": "def check_contract(t):\n    raise NotImplementedError\n"}),
    ("data_contract", {"schema.yml": "tables: [flights]\n"}),
    ("feature_store", {"feature_store.yaml": "project: p\nprovider: local\n"}),
    ("feature_store", {"f.py": "from feast import FeatureView\nv = FeatureView(name='a')\n"}),
    ("feature_tests", {"test_features.py": "import features\n\n\ndef test_a():\n    assert 1 + x == 2\n"}),
    ("feature_tests", {"features.py": "x = 1\n", "test_m.py": "import features\n"}),
    ("integration_test", {"p.py": "def main():\n    return 0\n", "test_p.py": "from p import main\n\n\ndef test_whole_pipeline():\n    assert main() == 0\n"}),
    ("training", {"a.ipynb": notebook("# SVC().fit(X, y)\nprint('model.fit(X, y)')\n")}),
    ("training", {"a.py": "from shop import Mirror\nMirror().fit(coat)\n"}),
    ("training_code", {"a.ipynb": notebook(FIT)}),
    ("training_code", {"a.py": "from sklearn.svm import SVC\nSVC().fit(X, y)\n"}),
    ("model_tests", {"test_p.py": "def test_model_name():\n    assert NAME == 'm'\n"}),
    ("reproducible_test", {"test_p.py": "def test_is_deterministic():\n    assert sort(a) == sort(a)\n"}),
    ("tracking", {"a.py": "import mlflow\n\n\ndef track(auc):\n    mlflow.log_metric('auc', auc)\n"}),
    ("registry", {"a.py": "import mlflow\n\n\ndef keep(run):\n    mlflow.register_model(run, 'm')\n"}),
    ("baseline", {"a.py": "from sklearn.dummy import DummyClassifier\nDummyClassifier().fit(X, y)\n"}),
    ("tracking", {"requirements.txt": "mlflow==3.17.2\n", "a.py": "import mlflow\n"}),
    ("tracking", {"a.py": "def log_metric(a, b):\n    print(a, b)\n\n\nlog_metric('auc', 1)\n"}),
    ("registry", {"registry.md": "The alias `champion` points to version 3.\n"}),
    ("registry", {"a.py": "champion = 'models:/m@champion'\n"}),
    ("baseline", {"a.py": "def after_the_baseline(c):\n    return c[3:]\n"}),
    ("slices", {"a.py": "def slice_rows(t):\n    return t[1:3]\n"}),
    ("model_gate", {"g.py": "def quality_gate(new, old):\n    return True\n"}),
    ("model_gate", {"g.py": "def model_gate(new, old):\n    new.auc > old.auc\n    return True\n"}),
    ("model_gate", {"g.py": "def open_gate(height):\n    return height > 3\n"}),
    ("model_gate", {"test_g.py": "def test_model_beats_baseline():\n    assert auc([1], [1]) == 1\n"}),
    ("serving", {"s.py": "from fastapi import FastAPI\napp = FastAPI()\n"}),
    ("serving_tested", {"test_s.py": TEST}),
    ("model_release", workflow("echo promote")),
    ("model_release", workflow("pytest tests/test_promote.py")),
    ("canary", {"canary.md": "We release to 5 % first.\n", "c.py": "CANARY = 0.05\n"}),
    ("canary", {"c.py": "def canary():\n    raise NotImplementedError\n"}),
    ("canary", {"c.py": "def canary(errors):\n    if errors < 3:\n        return 'go'\n    else:\n        return 'go'\n"}),
    ("canary", {"c.py": "def canary_split(n, share):\n    return 'old' if n < share else 'old'\n"}),
    ("rollback", {"r.py": "def rollback():\n    print('rolled back')\n    return True\n"}),
    ("rollback", {"r.py": "def rollback():\n    pass\n"}),
    ("rollback", {"r.py": 'def rollback():\n    """Go back."""\n    raise NotImplementedError\n'}),
    ("rollback", {"test_r.py": "def test_rollback():\n    assert f() == 1\n"}),
    ("service_metrics", {"requirements.txt": "prometheus-client==0.20\n"}),
    ("service_metrics", {"s.py": "from collections import Counter\nc = Counter('abc')\n"}),
    ("service_metrics", {"s.py": "from prometheus_client import Counter\nC = Counter('a', 'b')\n"}),
    ("alerts", {"a.yml": "groups:\n- rules:\n  - alert: Late\n    expr: vector(0) > 1\n"}),
    ("alerts", {"monitoring.md": "- alert: Late\n  expr: up == 0\n"}),
    ("alerts", {"a.yml": "alert: somebody\n"}),
    ("alerts", {"a.yml": "groups:\n- rules:\n  - alert: Late\n  # expr: up == 0\n"}),
    ("drift_watch", {"d.py": "def drift():\n    ...\n"}),
    ("performance_watch", {"monitor.py": "def is_alive(url):\n    return get(url).status == 200\n"}),
    ("performance_watch", {"tests/near/monitor.py": "def a(t):\n    return roc_auc_score(t.y, t.p)\n"}),
    ("numeric_test", {"test_n.py": "def test_n():\n    assert isfinite(1.0)\n"}),
    ("performance_test", {"test_l.py": "def test_latency_is_a_number():\n    assert latency([1]) == 1\n"}),
    ("scheduled_training", workflow("python train.py")),
    ("scheduled_training", workflow("python clean.py", on="{schedule: [{cron: '0 5 * * 1'}]}")),
    ("scheduled_training", workflow("dvc repro", on="{schedule: [{cron: '0 5 * * 1'}]}")),
    ("scheduled_training", workflow("exit 0; dvc repro", on="{schedule: [{cron: '0 5 * * 1'}]}") | {"dvc.yaml": "stages: {}\n"}),
    ("scheduled_training", workflow("make train", on="{schedule: [{cron: '0 5 * * 1'}]}")),
    ("scheduled_training", workflow("make train", on="{schedule: [{cron: '0 5 * * 1'}]}") | {"Makefile": "test:\n\tpytest\ntrain := 1\n"}),
    ("scheduled_training", workflow("python -m late.train", on="{schedule: [{cron: '0 5 * * 1'}]}") | {"late/__init__.py": "", "late/fit.py": FIT}),
    ("scheduled_training", {".github/workflows/t.yml": NO_CHECKOUT.replace("push", "{schedule: [{cron: '0 5 * * 1'}]}").replace("pytest", "python -m late.train"), "late/train.py": FIT}),
    ("scheduled_training", workflow("dvc repro --dry", on="{schedule: [{cron: '0 5 * * 1'}]}")),
    ("scheduled_training", workflow("dvc repro", on="{schedule: [{cron: '0 0 30 2 *'}]}")),
    ("scheduled_training", {"ops/crontab": "# 0 5 * * 1 python -m app.train\n0 0 31 4 * python -m app.train\n"}),
    ("retraining_trigger", {"r.py": "def retrain_trigger(auc, floor):\n    if auc < floor:\n        print('retrain')\n"}),
    ("retraining_trigger", {"r.py": "def should_retrain(auc):\n    return False\n"}),
    ("tests", {"test_m.py": "@pytest.mark.skip\nclass TestA:\n    def test_a(self):\n        assert f() == 1\n"}),
    ("tests", {"test_m.py": "@unittest.skip('later')\nclass TestA(TestCase):\n    def test_a(self):\n        assert f() == 1\n"}),
    ("tests", {"test_m.py": f"pytestmark = pytest.mark.skip(reason='later')\n{TEST}"}),
    ("tests", {"test_m.py": f"pytestmark = [pytest.mark.slow, pytest.mark.skip]\n{TEST}"}),
    ("tests", {"test_m.py": "class TestA:\n    pytestmark = pytest.mark.skip\n    def test_a(self):\n        assert f() == 1\n"}),
    ("tests", {"test_m.py": "class TestA:\n    __test__ = False\n    def test_a(self):\n        assert f() == 1\n"}),
    ("tests", {"test_m.py": f"pytest.skip('later', allow_module_level=True)\n{TEST}"}),
    ("tests", {"test_m.py": f"raise SystemExit\n{TEST}"}),
    ("tests", {"test_m.py": "class TestA(TestCase):\n    def test_a(self):\n        self.skipTest('later')\n        assert f() == 1\n"}),
    ("tests", {"test_m.py": "@pytest.mark.skipif(True, reason='later')\ndef test_a():\n    assert f() == 1\n"}),
    ("tests", {"test_m.py": "def test_a():\n    return\n    assert f() == 1\n"}),
    ("tests", {"test_m.py": "def test_a():\n    x = 1\n    assert x == 1\n"}),
    ("tests", {"test_m.py": "def test_a(self):\n    x = 1\n    self.assertEqual(x, 1)\n"}),
    ("tests", {"test_m.py": "def make():\n    def test_a():\n        assert f() == 1\n    return test_a\n"}),
    ("ci_tests", workflow("pytest -h")),
    ("ci_tests", workflow("pytest --fixtures")),
    ("ci_tests", workflow("pytest --markers")),
    ("ci_tests", workflow("pytest tests/unit")),
    ("ci_tests", workflow("pytest -q --cov=m tests")),
    ("ci_tests", workflow("tox")),
    ("ci_tests", workflow("tox") | {"pyproject.toml": "[project]\nname = 'pytest'\n"}),
    ("ci_tests", workflow("tox -e lint") | {"tox.ini": "[testenv]\ncommands = pytest\n[testenv:lint]\ndeps =\n  pytest\ncommands = ruff check\n"}),
    ("ci_tests", workflow("nox -s docs") | {"noxfile.py": "def docs(session):\n    session.run('sphinx-build')\n\n\ndef tests(session):\n    session.run('pytest')\n"}),
    ("lock", {"requirements.txt": "numpy\n", "docs/requirements.txt": "sphinx==7.2.6\n"}),
    ("lock", {"requirements.txt": "numpy\n", "requirements-dev.txt": "ruff==0.4.1\n"}),
    ("lock", {"tests/data/requirements.txt": "numpy==2.4.6\n"}),
    ("lock", {"requirements/base.txt": "numpy\n", "requirements/prod.txt": "-r base.txt\ngunicorn==20.1\n"}),
    ("lock", {"requirements.txt": "-e git+https://example.org/a.git\nnumpy==2.4.6\n"}),
    ("lock", {"environment.yml": "dependencies:\n- python=3.12\n- numpy\n"}),
    ("lock", {"environment.yml": "dependencies:\n- python=3.12\n- numpy=2\n"}),
    ("lock", {"pylock.toml": '[[packages]]\nname = "a"\n[[packages.wheels]]\nversion = "1.0"\n[[packages]]\nname = "b"\n'}),
    ("container", {"examples/Dockerfile": "FROM python:3.12\nCOPY . .\n"}),
    ("container", {".devcontainer/Dockerfile": "FROM python:3.12\nRUN pip list\n"}),
    ("tracking", {"examples/t.py": "import mlflow\nmlflow.log_metric('auc', auc)\n"}),
    ("alerts", {"examples/a.yml": "groups:\n- rules:\n  - alert: Late\n    expr: up == 0\n"}),
    ("registry", {"t.py": "import mlflow\nmlflow.sklearn.log_model(m, registered_model_name=None)\n"}),
    ("serving", {"s.py": "from fastapi import FastAPI\napp = FastAPI()\n\n\n@app.get('/health')\ndef health():\n    return status()\n"}),
    ("serving", {"s.py": "from flask import Flask\napp = Flask('a')\n\n\n@app.route('/about')\ndef about():\n    return render_template('a.html')\n"}),
    ("deploy", workflow("az ml workspace show")),
    ("deploy", workflow("az ml job create -f train.yml")),
    ("deploy", workflow("heroku logs -a app")),
    ("deploy", workflow("ansible-playbook --check site.yml")),
    ("deploy", workflow("terraform apply -help")),
    ("deploy", workflow("kubectl rollout status deployment/api")),
    ("deploy", workflow("aws sagemaker create-training-job --name a")),
    ("data_versions", {".gitattributes": "docs/*.png filter=lfs diff=lfs\n*.md -filter=lfs\n"}),
    ("drift_watch", {"d.py": "def drift(x, v, t):\n    return x + v * t\n"}),
    ("rollback", {"r.py": "def rollback(session):\n    session.rollback()\n"}),
    ("canary", {"c.py": "def shadow(light, height):\n    return height / tan(light) if light > 0 else 0\n"}),
    ("training", {"a.py": "import torch\nmodel.train()\n"}),
    ("training", {"train.py": "from coats import Mirror\nMirror().fit(coat)\n", "coats.py": "Mirror = 1\n"}),
    ("scheduled_training", {"d.py": "from airflow import DAG\nwith DAG('train', schedule=None):\n    train()\n"}),
    ("scheduled_training", {"d.py": "from airflow import DAG\nwith DAG('send_newsletter', schedule='@daily'):\n    send()\n"}),
    ("scheduled_training", {"d.py": "from airflow import DAG\nwith DAG('train', schedule='@daily'):\n    pass\n"}),
    ("scheduled_training", {"d.py": "import schedule\nschedule.every().monday.do(send)\n"}),
    ("scheduled_training", {"d.py": "import shop\nshop.add_job(train, 'cron')\n"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "files", "place"), FOUND, ids=[f"{n}-{case[0]}" for n, case in enumerate(FOUND)]
)
def test_evidence_is_found_where_it_stands(rule: str, files: dict[str, str], place: str) -> None:
    found = look(rule, files)
    assert [evidence.place for evidence in found][:1] == [place]
    assert found[0].what


@pytest.mark.parametrize(
    ("rule", "files"), DECOYS, ids=[f"{n}-{case[0]}" for n, case in enumerate(DECOYS)]
)
def test_a_decoy_is_no_evidence(rule: str, files: dict[str, str]) -> None:
    assert look(rule, files) == []


def test_every_rule_is_seen_to_find_something() -> None:
    assert {rule for rule, _, _ in FOUND} | {"serving_tested"} == set(RULES)


def test_every_rule_says_what_to_do_and_what_it_costs() -> None:
    for key, rule in RULES.items():
        assert rule.key == key
        assert rule.step.endswith(".")
        assert rule.effort in EFFORTS


def test_the_way_to_a_test_runner_is_told() -> None:
    files = workflow("make check") | {"Makefile": "check: test\n\techo done\ntest:\n\tpytest -q\n"}
    found = look("ci_tests", files)
    way = ".github/workflows/ci.yml:7: make check → pytest -q"
    assert found == [Evidence("Makefile", 4, way, True)]


def test_a_test_of_the_service_imports_it() -> None:
    files = {
        "src/app/api.py": "from flask import Flask\napp = Flask('a')\n\n\n@app.route('/')\ndef p():\n"
        "    return m()\n",
        "tests/test_api.py": "from app.api import app\n\n\ndef test_p():\n    assert app.get() == 2\n",
    }
    assert [e.place for e in look("serving_tested", files)] == ["tests/test_api.py:1"]
    elsewhere = {**files, "tests/test_api.py": files["tests/test_api.py"].replace("app.api", "api")}
    assert look("serving_tested", elsewhere) == []


@pytest.mark.parametrize(
    ("schedule", "due"),
    [
        ("0 5 * * 1", True),
        ("0 0 29 2 *", True),
        ("0 0 30 2 *", False),
        ("0 0 31 apr,jun *", False),
        ("0 0 31 4-5 *", True),
        ("0 0 */10 2 *", True),
        ("0 0 30 2 1", True),
        ("@daily", True),
        ("sometimes", False),
    ],
)
def test_a_schedule_that_never_comes_due_is_none(schedule: str, due: bool) -> None:
    assert fires(schedule) == due


def test_a_choice_of_tests_that_exist_is_a_run_of_tests() -> None:
    assert look("ci_tests", workflow("pytest -k add"))
    assert look("ci_tests", workflow("pytest -k 'not slow'"))


def test_code_is_repeated_if_ci_runs_tests_that_import_it() -> None:
    gate = "def quality_gate(new, old):\n    return new.auc > old.auc\n"
    test = (
        "from app.gate import quality_gate\n\n\ndef test_a():\n    assert quality_gate(a, b) is x\n"
    )
    files = {"src/app/gate.py": gate, "tests/test_gate.py": test}
    assert [e.repeated for e in look("model_gate", files)] == [False]
    files |= {".github/workflows/ci.yml": CI.format("pytest")}
    assert [e.repeated for e in look("model_gate", files)] == [True]
    untested = files | {"tests/test_gate.py": TEST}
    assert [e.repeated for e in look("model_gate", untested)] == [False]


@pytest.mark.parametrize(
    ("rule", "files"),
    [
        ("pipeline", {"dvc.yaml": 'stages:\n  a:\n    cmd: "python a.py\\n\\nGoogle: level 2"\n'}),
        (
            "pipeline",
            {"dvc.yaml": "stages:\n  a:\n    cmd: |\n      python a.py\n      python b.py\n"},
        ),
        ("ci_tests", workflow("pytest \x1b[2J\x1b]0;owned\x07")),
        ("data_versions", {".gitattributes": "*.csv filter=lfs \x1b]8;;https://example.org\x07\n"}),
    ],
)
def test_what_stands_in_a_file_is_told_on_one_line(rule: str, files: dict[str, str]) -> None:
    found = look(rule, files)
    assert found
    for evidence in found:
        assert evidence.what.isprintable()
        assert len(evidence.what) <= 100


def test_half_of_a_pair_is_told_as_a_question_mark() -> None:
    assert Evidence("a.py", 1, "a \ud800\n\udc80b").what == "a ? ?b"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("check.py", "def " + "_check" * 80_000 + "(): pass\n"),
        ("alerts.yml", f"rules:\n- alert: a\n  expr: {'a' * 190_000}(\n"),
        ("colons.yml", f"rules:\n- alert: a\n  expr: {'a:' * 95_000}a(\n"),
        ("requirements.txt", ("a==1;" + " " * 1_900 + "z z\n") * 500),
        ("deep.py", f"import {'a.' * 400_000}a\n"),
        ("test_many.py", "def test_a():\n" + "".join(f"    a{n} = 1\n" for n in range(60_000))),
    ],
    ids=["name", "expression", "colons", "condition", "import", "constants"],
)
def test_no_name_takes_for_ever(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "test_it.py").write_text(TEST + f"\n\nimport {name.split('.')[0]}\n")
    assert_ends(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "def f(a):\n    return " + "1 if a else " * 990 + "1\n",
        f"def f():\n    return 0x{'f' * 5_000}\n",
    ],
    ids=["deep", "long"],
)
def test_code_that_is_too_much_for_python_breaks_nothing(text: str) -> None:
    assert look("tests", {"f.py": text, "test_m.py": TEST})
