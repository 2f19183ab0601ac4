import os
import subprocess
import sys
from pathlib import Path

import pytest

from flightline.dvc_project import DvcProject, what_ran

PIPELINE = """\
stages:
  upper:
    cmd: python upper.py
    deps: [upper.py, raw]
    outs: [upper.txt]
"""
UPPER = """\
from pathlib import Path
Path("upper.txt").write_text(Path("raw/a.txt").read_text().upper())
"""


def test_a_project_runs_what_changed_and_brings_older_versions_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text("this is no configuration\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    with DvcProject(tmp_path / "project", tmp_path / "private") as project:
        raw = project.folder / "raw"
        raw.mkdir()
        (raw / "a.txt").write_text("old")
        (project.folder / "upper.py").write_text(UPPER)
        (project.folder / "dvc.yaml").write_text(PIPELINE)
        project.dvc("add", "raw")

        assert what_ran(project.dvc("repro")) == {"ran": ["upper"], "skipped": []}
        project.commit("First")
        assert what_ran(project.dvc("repro")) == {"ran": [], "skipped": ["upper"]}

        (raw / "a.txt").write_text("new")
        assert what_ran(project.dvc("repro"))["ran"] == ["upper"]
        project.commit("Second")
        assert (project.folder / "upper.txt").read_text() == "NEW"

        project.git("checkout", "--quiet", "HEAD~1")
        project.dvc("checkout")
        assert (raw / "a.txt").read_text() == "old"
        assert (project.folder / "upper.txt").read_text() == "OLD"

        assert project.git("log", "-1", "--format=%an %at") == ["Flightline 1364796000"]
        assert "raw/a.txt" not in project.git("ls-files")
        with pytest.raises(RuntimeError, match="`dvc metrics nothing` failed"):
            project.dvc("metrics", "nothing")
        with pytest.raises(RuntimeError, match="`git checkout nothing` failed"):
            project.git("checkout", "nothing")
    assert sorted(path.name for path in home.iterdir()) == [".gitconfig"]
    assert project._session.returncode is not None


def test_an_error_inside_the_with_statement_ends_the_process(tmp_path: Path) -> None:
    with (
        pytest.raises(KeyError),
        DvcProject(tmp_path / "project", tmp_path / "private") as project,
    ):
        raise KeyError
    assert project._session.poll() is not None


def test_what_ran_reads_the_names_of_the_stages() -> None:
    printed = [
        "Stage 'summary@2013-01' didn't change, skipping",
        "Running stage 'summary@2013-02':",
        "> python summary.py",
        "Updating lock file 'dvc.lock'",
    ]
    assert what_ran(printed) == {"ran": ["summary@2013-02"], "skipped": ["summary@2013-01"]}


def test_importing_the_module_does_not_import_dvc() -> None:
    code = "import sys, flightline.dvc_project; print('dvc' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout.strip() == "False"
