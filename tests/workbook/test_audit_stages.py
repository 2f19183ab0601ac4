"""The staged Flightline is no facade: its tests pass, its pipeline runs, its lists are complete."""

import ast
import os
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from flightline.pipeline_template import sample_csv
from workbook.audit.stages import stages, with_pipeline_test, with_schedule, write_files

LAST = with_pipeline_test(with_schedule([*stages().values()][-1]))
HERE = {"flightline", "late", "tests", "__future__"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_files(LAST, tmp_path_factory.mktemp("flightline"))
    (folder / "data").mkdir()
    (folder / "data" / "flights.csv").write_bytes(sample_csv().encode())
    return folder


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    kept = {key: text for key, text in os.environ.items() if not key.startswith("PYTEST_")}
    settings = kept | {"DVC_NO_ANALYTICS": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    scripts = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        env=settings | {"PATH": scripts},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


def test_the_tests_of_the_last_stage_pass(folder: Path) -> None:
    done = run(folder, "pytest", "-q", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout
    assert re.search(r"\b9 passed", done.stdout)


def test_the_pipeline_workflow_can_lint_it(folder: Path) -> None:
    done = run(folder, "ruff", "check", "--no-cache", ".")
    assert done.returncode == 0, done.stdout


@pytest.mark.skipif(not os.environ.get("CI") or os.linesep != "\n", reason="slow, and by bytes")
def test_dvc_runs_the_pipeline_and_writes_the_lock_of_the_stage(folder: Path) -> None:
    (folder / ".dvc" / "config").write_text("[core]\n    no_scm = true\n")
    done = run(folder, "dvc", "repro", "--force")
    assert done.returncode == 0, done.stderr
    assert (folder / "dvc.lock").read_text(encoding="utf-8") == LAST["dvc.lock"]


@pytest.mark.parametrize("stage", [*stages()][1:])
def test_a_stage_lists_the_packages_and_holds_the_modules_that_it_imports(stage: str) -> None:
    files = stages()[stage]
    listed = set(re.findall(r"(?m)^([\w-]+)==", files["requirements.txt"]))
    known = packages_distributions()
    wanted, own = set(), set()
    for path, text in files.items():
        if path.endswith(".py"):
            wanted |= set(imported(text))
            own |= {name for name in imported(text) if name.startswith("flightline.")}
    tops = {name.partition(".")[0] for name in wanted} - HERE - set(sys.stdlib_module_names)
    assert {
        top for top in tops if not {each.lower().replace("_", "-") for each in known[top]} & listed
    } == set()
    for name in own:
        place = f"src/{name.replace('.', '/')}"
        assert {f"{place}.py", f"{place}/__init__.py"} & {*files} or name == "flightline", name


def imported(text: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.append(node.module)
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
    return found
