"""The workflow files, CITATION.cff and the Binder folder say what their readers understand."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def matches_schema(schema: str, *paths: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema]
    return subprocess.run(
        [*command, *map(str, paths)], capture_output=True, encoding="utf-8", cwd=ROOT
    )


@pytest.mark.parametrize(
    ("schema", "paths"),
    [
        ("vendor.github-workflows", WORKFLOWS),
        ("custom.github-workflows-require-timeout", WORKFLOWS),
        ("vendor.citation-file-format", [ROOT / "CITATION.cff"]),
    ],
)
def test_the_files_match_their_schema(schema: str, paths: list[Path]) -> None:
    outcome = matches_schema(schema, *paths)
    assert outcome.returncode == 0, outcome.stdout


def test_the_schema_finds_a_planted_fault(tmp_path: Path) -> None:
    text = (ROOT / ".github" / "workflows" / "verify.yml").read_text(encoding="utf-8")
    broken = tmp_path / "broken.yml"
    broken.write_text(text.replace("runs-on:", "runs-one:"), encoding="utf-8")
    assert matches_schema("vendor.github-workflows", broken).returncode != 0


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_only_read_and_pins_its_actions(path: Path) -> None:
    workflow = read(path)
    assert workflow["permissions"] == {"contents": "read"}
    assert "concurrency" in workflow
    text = path.read_text(encoding="utf-8")
    used = re.findall(r"uses: (.+)", text)
    unpinned = [
        use for use in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use)
    ]
    assert unpinned == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_make_command_of_a_workflow_exists(path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    listed = set(re.findall(r"^(\w+):.*## ", makefile, re.M))
    steps = [step for job in read(path)["jobs"].values() for step in job["steps"]]
    asked = {name for step in steps for name in re.findall(r"\bmake (\w+)", step.get("run", ""))}
    assert asked
    assert asked <= listed


def test_the_course_is_verified_on_every_system_and_python_it_promises() -> None:
    matrix = read(ROOT / ".github" / "workflows" / "verify.yml")["jobs"]["test"]["strategy"][
        "matrix"
    ]
    assert matrix["os"] == ["ubuntu-latest", "macos-latest", "windows-latest"]
    assert matrix["python"] == ["3.11", "3.12", "3.13"]


def test_binder_installs_what_everybody_installs() -> None:
    lines = (ROOT / ".binder" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not line.startswith("#")] == ["-r ../requirements.txt"]
    python = (ROOT / ".binder" / "runtime.txt").read_text(encoding="utf-8").strip()
    assert python in ("python-3.11", "python-3.12", "python-3.13")
    if os.name != "nt":
        assert os.access(ROOT / ".binder" / "postBuild", os.X_OK)


@pytest.mark.skipif(os.name == "nt", reason="the scripts are for Linux")
@pytest.mark.parametrize("script", [".ci/run", ".ci/servers", ".binder/postBuild"])
def test_the_scripts_are_valid_shell(script: str) -> None:
    outcome = subprocess.run(["bash", "-n", str(ROOT / script)], capture_output=True)
    assert outcome.returncode == 0, outcome.stderr


@pytest.mark.skipif(os.name == "nt", reason="the script is for Linux")
def test_the_verification_script_runs_the_readmes_command_and_needs_no_apt(tmp_path: Path) -> None:
    tools = {"make": 'echo "make $* CI=$CI"', "bash": "", "dirname": "", "env": ""}
    for name, body in tools.items():
        program = tmp_path / name
        if body:
            program.write_text(f"#!/bin/sh\n{body}\n")
            program.chmod(0o755)
        else:
            program.symlink_to(f"/usr/bin/{name}" if name != "bash" else "/bin/bash")
    servers = {"FLIGHTLINE_TEST_POSTGRES": "one", "FLIGHTLINE_TEST_REDIS": "another"}
    outcome = subprocess.run(
        [str(ROOT / ".ci" / "run")],
        env={"PATH": str(tmp_path), **servers},
        capture_output=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
    )
    assert outcome.stdout == "make test CI=true\n", outcome.stderr
    assert outcome.returncode == 0
