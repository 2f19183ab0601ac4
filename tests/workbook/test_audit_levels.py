"""From evidence to levels, on toy repositories of known level; the minimum rule; next steps."""

from pathlib import Path

import pytest

from workbook.audit import Audit, audit
from workbook.audit.stages import (
    stages,
    tools_only,
    with_pipeline_test,
    with_schedule,
    write_files,
)

Files = dict[str, str]
LIB = "from sklearn.linear_model import Ridge\nimport mlflow\n\n\n"
TRAIN = {
    "app/__init__.py": "",
    "app/train.py": f"{LIB}def fit(X, y):\n    return Ridge().fit(X, y)\n",
}
TESTS = {
    "tests/test_app.py": "from app.train import fit\n\n\ndef test_model():\n    assert fit(X, y)\n"
}
STEP = "      - run: {}\n"
HEAD = "on: {}\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: actions/checkout@v5\n"


def workflow(name: str, *runs: str, on: str = "push") -> Files:
    text = HEAD.format(on) + "".join(STEP.format(run) for run in runs)
    return {f".github/workflows/{name}.yml": text}


CI = workflow("ci", "pytest")
PIPELINE = {"dvc.yaml": "stages:\n  train:\n    cmd: python -m app.train\n"}
CONTRACT = {
    "app/contract.py": "import pandera as pa\nS = pa.DataFrameSchema({})\nS.validate(table)\n"
}
GATE = {"app/gate.py": "def quality_gate(new, old):\n    return new.auc > old.auc\n"}
TRACKING = {"app/track.py": "import mlflow\nmlflow.log_metric('auc', 1)\n"}
REGISTRY = {"app/register.py": "import mlflow\nmlflow.register_model('runs:/a', 'm')\n"}
CANARY = {"app/canary.py": "def canary(bad, n):\n    return bad / n < 0.01\n"}
SERVING = {
    "app/api.py": "from fastapi import FastAPI\napp = FastAPI()\n\n\n@app.post('/')\ndef p(x):\n"
    "    return m(x)\n"
}
SERVICE_TEST = {
    "tests/test_api.py": "from app.api import app\n\n\ndef test_p():\n    assert app.x\n"
}
WHOLE = {"tests/test_all.py": "def test_whole_pipeline():\n    assert run_pipeline() == 0\n"}
SCHEDULE = workflow("train", "python -m app.train", on="{schedule: [{cron: '0 5 * * *'}]}")
DEPLOY = workflow("deploy", "helm upgrade api chart")
PROMOTE = workflow("promote", "python -m app.promote") | {"app/promote.py": "print(1)\n"}
DATA = {"data.csv.dvc": "outs:\n- md5: abc\n  path: data.csv\n"}
FEATURES = {
    "app/features.py": "x = 1\n",
    "tests/test_features.py": "from app.features import x\n\n\ndef test_x():\n    assert x == 1\n",
}
STORE = {
    "feature_store.yaml": "project: p\n",
    "app/store.py": "from feast import FeatureView\nv = FeatureView(name='a')\n",
}
WATCH = {"app/watch.py": "def live_auc(log):\n    return auc(log.y, log.p)\n"}
METRICS = {
    "app/metrics.py": "from prometheus_client import Counter\nC = Counter('a', 'b')\nC.inc()\n"
}
TRIGGER = {"app/trigger.py": "def should_retrain(auc, floor):\n    return auc < floor\n"}
TEMPLATE = {"copier.yml": "name: {type: str}\n"}

GOOGLE_1 = {**TRAIN, **PIPELINE, **SCHEDULE, **CONTRACT, **GATE, **CANARY, **TRACKING, **PROMOTE}
GOOGLE_2 = {**GOOGLE_1, **TESTS, **CI, **DEPLOY, **FEATURES, **REGISTRY, **STORE, **WHOLE, **WATCH}
MICROSOFT_1 = {**TRAIN, **PIPELINE, **SERVING, **TESTS, **CI, **WHOLE, **DEPLOY}
MICROSOFT_2 = {**MICROSOFT_1, **SCHEDULE, **TRACKING, **REGISTRY, **SERVICE_TEST}
MICROSOFT_3 = {**MICROSOFT_2, **DATA, **PROMOTE, **CANARY, **GATE}
MICROSOFT_4 = {**MICROSOFT_3, **TRIGGER, **METRICS}
AWS_3 = {**TRAIN, **PIPELINE, **REGISTRY, **TRACKING, **TESTS, **CI, **GATE, **WHOLE}


def without(files: Files, *gone: Files) -> Files:
    names = {name for part in gone for name in part}
    return {name: text for name, text in files.items() if name not in names}


# Name, files, and the levels of Google, Microsoft and AWS.
TOYS: list[tuple[str, Files, tuple[int, int, int]]] = [
    ("nothing", {"README.md": "# We do MLOps\n"}, (0, 0, 0)),
    ("everything bought", tools_only(), (0, 0, 1)),
    ("a module that trains", TRAIN, (0, 0, 1)),
    ("tests that nothing runs", {**TRAIN, **TESTS}, (0, 0, 1)),
    ("tests in CI", {**TRAIN, **TESTS, **CI}, (0, 0, 1)),
    ("google 1", GOOGLE_1, (1, 0, 1)),
    ("google 1 without a schedule", without(GOOGLE_1, SCHEDULE), (0, 0, 1)),
    ("google 1 without a contract", without(GOOGLE_1, CONTRACT), (0, 0, 1)),
    ("google 1 without a gate", without(GOOGLE_1, GATE), (0, 0, 1)),
    ("google 2", GOOGLE_2, (2, 0, 3)),
    ("google 2 without CI", without(GOOGLE_2, CI), (1, 0, 2)),
    ("google 2 without a store", without(GOOGLE_2, STORE), (1, 0, 3)),
    ("google 2 without training", without(GOOGLE_2, SCHEDULE), (0, 0, 3)),
    ("microsoft 1", MICROSOFT_1, (0, 1, 1)),
    ("microsoft 1 without deployment", without(MICROSOFT_1, DEPLOY), (0, 0, 1)),
    ("microsoft 2", MICROSOFT_2, (0, 2, 2)),
    ("microsoft 2 without a service test", without(MICROSOFT_2, SERVICE_TEST), (0, 1, 2)),
    ("microsoft 3", MICROSOFT_3, (0, 3, 3)),
    ("microsoft 3 without data versions", without(MICROSOFT_3, DATA), (0, 2, 3)),
    ("microsoft 4", MICROSOFT_4, (0, 4, 3)),
    ("microsoft 4 without metrics", without(MICROSOFT_4, METRICS), (0, 3, 3)),
    ("microsoft 4 without tests in CI", without(MICROSOFT_4, CI), (0, 0, 2)),
    ("aws 3", AWS_3, (0, 0, 3)),
    ("aws 4", {**AWS_3, **TEMPLATE}, (0, 0, 4)),
    ("aws 4 without a pipeline", without({**AWS_3, **TEMPLATE}, PIPELINE), (0, 0, 1)),
]


def audited(files: Files, folder: Path) -> Audit:
    return audit(str(write_files(files, folder)))


@pytest.mark.parametrize(("name", "files", "levels"), TOYS, ids=[toy[0] for toy in TOYS])
def test_a_toy_repository_has_its_known_level(
    tmp_path: Path, name: str, files: Files, levels: tuple[int, int, int]
) -> None:
    found = audited(files, tmp_path)
    assert tuple(found.of(key).value for key in ("google", "microsoft", "aws")) == levels


def test_every_tool_that_was_bought_and_not_used_is_named(tmp_path: Path) -> None:
    found = audited(tools_only(), tmp_path)
    assert [text.split()[0] for text in found.unused] == [
        "dvc",
        "evidently",
        "feast",
        "mlflow",
        "pandera",
        "prometheus-client",
        "pytest",
    ]
    assert found.of("ml_test_score").value == 0
    assert [rule for rule, evidence in found.evidence.items() if evidence] == ["training"]


def test_a_tool_in_use_is_not_named(tmp_path: Path) -> None:
    files = {**tools_only(), **TRACKING}
    assert not any(text.startswith("mlflow") for text in audited(files, tmp_path).unused)


def test_a_lock_is_no_list_of_wishes(tmp_path: Path) -> None:
    project = {
        "pyproject.toml": '[project]\nname = "a"\ndependencies = ["mlflow>=3"]\n',
        "requirements.txt": "mlflow==3.17.2\noptuna==5.0.0\n",
    }
    unused = audited(project, tmp_path).unused
    assert unused == (
        "mlflow (pyproject.toml) without tracked training runs or a registry of models",
    )


def test_the_level_is_that_of_the_lowest_part_that_files_can_show(tmp_path: Path) -> None:
    result = audited(MICROSOFT_2, tmp_path).of("microsoft")
    assert result.areas == {
        "Model creation": 2,
        "Model release": 2,
        "Application integration": 2,
        "People": None,
    }
    assert result.value == 2
    assert result.name == "Automated training"


def test_what_files_cannot_show_is_asked_up_to_the_level(tmp_path: Path) -> None:
    result = audited(MICROSOFT_2, tmp_path).of("microsoft")
    assert {item.level for item in result.asks} == {1, 2}
    assert {item.area for item in result.asks} >= {"People"}
    statuses = {item.item.key: item.status for item in result.items}
    assert statuses["downtime"] == statuses["versioned"] == "unknowable"
    assert statuses["metrics"] == "missing"


def test_an_optional_item_moves_no_level(tmp_path: Path) -> None:
    result = audited(GOOGLE_1, tmp_path).of("google")
    optional = next(item for item in result.items if item.item.optional)
    assert (optional.status, result.value) == ("missing", 1)


def test_the_step_that_is_alone_moves_the_level(tmp_path: Path) -> None:
    before = audited(without(GOOGLE_1, SCHEDULE), tmp_path / "before")
    step = next(step for step in before.steps if step.alone == ("Google",))
    assert step.rule.key == "scheduled_training"
    after = audited(GOOGLE_1, tmp_path / "after")
    assert (before.of("google").value, after.of("google").value) == (0, 1)


def test_steps_come_with_the_least_work_first(tmp_path: Path) -> None:
    found = audited(TRAIN, tmp_path)
    efforts = [("hours", "days", "weeks").index(step.rule.effort) for step in found.steps]
    assert efforts == sorted(efforts)
    missing = {rule for rule, evidence in found.evidence.items() if not evidence}
    assert {step.rule.key for step in found.steps} <= missing


def test_a_point_needs_automation_and_half_a_point_does_not(tmp_path: Path) -> None:
    by_hand = audited({**TRAIN, **TESTS}, tmp_path / "hand").of("ml_test_score")
    in_ci = audited({**TRAIN, **TESTS, **CI}, tmp_path / "ci").of("ml_test_score")
    points = [{r.item.key: r.points for r in result.items} for result in (by_hand, in_ci)]
    assert [each["infra-2"] for each in points] == [0.5, 1]


def test_the_score_is_the_lowest_section_and_not_the_mean(tmp_path: Path) -> None:
    result = audited({**GOOGLE_2, **SERVING}, tmp_path).of("ml_test_score")
    assert result.areas["Infrastructure"] > 2
    assert result.value == min(result.areas.values()) == result.areas["Model"] == 0
    assert {step.rule.theme for step in result.steps} == {"Models"}


def test_flightline_climbs_and_one_workflow_moves_it_to_level_1(tmp_path: Path) -> None:
    files = stages()
    found = [audited(stage, tmp_path / str(n)) for n, stage in enumerate(files.values())]
    kinds = [sum(map(bool, each.evidence.values())) for each in found]
    assert kinds == sorted(kinds)
    assert kinds[0] == 1
    assert kinds[-1] > 20
    assert [each.of("google").value for each in found] == [0] * len(files)
    assert [each.of("aws").value for each in found][-1] == 2
    scheduled = audited(with_schedule([*files.values()][-1]), tmp_path / "scheduled")
    assert scheduled.of("google").value == 1
    tested = with_pipeline_test(with_schedule([*files.values()][-1]))
    levels = [each.value for each in audited(tested, tmp_path / "tested").models]
    assert levels == [2, 3, 3, 0.5]


def test_an_unknown_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="knows no model 'mit'"):
        audited({}, tmp_path).of("mit")
