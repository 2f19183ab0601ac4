"""The Containerfile: linted, pinned, without rights, cache-friendly, and complete."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from flightline import containers
from flightline.service import ask, started

ROOT = Path(__file__).resolve().parents[2]
INSTRUCTIONS = containers.parse((ROOT / "Containerfile").read_text(encoding="utf-8"))
STARTS = [one for one in INSTRUCTIONS if one.keyword == "FROM"]
TARGETS = {one.arguments.split()[-1]: one.stage for one in STARTS}


def up_to(target: str) -> list[containers.Instruction]:
    return [one for one in INSTRUCTIONS if one.stage <= TARGETS[target]]


def again(target: str, changed: str) -> list[str]:
    """List the instructions of a target that a change runs again."""
    runs = containers.rebuilt(INSTRUCTIONS, [changed])
    own = containers.lineage(up_to(target))
    return [str(one) for one, dirty in zip(INSTRUCTIONS, runs, strict=True) if dirty and one in own]


def test_hadolint_finds_nothing() -> None:
    findings = containers.lint((ROOT / "Containerfile").read_text(encoding="utf-8"))
    if findings is None:
        assert os.name == "nt" or not os.environ.get("CI"), "hadolint has to be installed in CI"
        pytest.skip("hadolint isn't installed")
    assert findings == []


def test_hadolint_finds_a_planted_fault() -> None:
    findings = containers.lint("FROM python\nRUN pip install pandas\n")
    if findings is None:
        pytest.skip("hadolint isn't installed")
    assert any("DL3006" in finding for finding in findings)


def test_hadolint_says_what_chapter_02_quotes() -> None:
    findings = containers.lint("FROM python:3.12\nCMD python -m flightline.service\n")
    if findings is None:
        pytest.skip("hadolint isn't installed")
    said = "DL3025 Use arguments JSON notation for CMD and ENTRYPOINT arguments"
    assert findings == [f"line 2: {said}"]
    lesson = (ROOT / "lessons" / "02_it_works_on_my_notebook.md").read_text(encoding="utf-8")
    assert said in lesson


def test_there_are_the_two_targets_and_both_start_from_one_pinned_base() -> None:
    assert {"service", "course"} <= set(TARGETS)
    images = {one.arguments.split()[0] for one in STARTS} - set(TARGETS)
    assert images == {containers.BASE}
    assert "@sha256:" in containers.BASE


@pytest.mark.parametrize("target", ["service", "course"])
def test_nobody_runs_as_root(target: str) -> None:
    assert containers.user(up_to(target)) == "10001"


@pytest.mark.parametrize("target", ["service", "course"])
def test_every_copied_path_exists_and_nothing_is_copied_wholesale(target: str) -> None:
    for one in up_to(target):
        for path in containers.sources(one):
            assert path not in (".", "./", "/")
            assert (ROOT / path).exists(), f"{one} copies what doesn't exist"


def test_neither_git_nor_settings_nor_an_environment_file_gets_into_a_layer() -> None:
    private = [".env", ".git/config", ".venv/pyvenv.cfg", "secrets/token.txt", "id_rsa"]
    assert containers.copied(INSTRUCTIONS, private) == set()


def test_a_change_of_code_installs_no_package_again() -> None:
    runs = again("course", "src/flightline/service.py")
    assert not any("--require-hashes" in one for one in runs)
    assert any(one.startswith("COPY src/") for one in runs)


def test_a_change_of_the_lock_installs_the_packages_again() -> None:
    assert any("--require-hashes" in one for one in again("course", "requirements.txt"))


def test_the_service_doesnt_change_with_the_course() -> None:
    assert again("service", "requirements.txt") == []
    assert again("service", "lessons/00_start_here.md") == []


def test_the_files_that_the_service_copies_are_enough_to_serve(tmp_path: Path) -> None:
    """Replay the COPY instructions and start the service from what they bring."""
    for one in containers.lineage(up_to("service")):
        if one.keyword == "COPY":
            target = tmp_path / one.arguments.split()[-1]
            target.mkdir(parents=True, exist_ok=True)
            for path in containers.sources(one):
                shutil.copy(ROOT / path, target)
    command = "import flightline; print(flightline.__file__)"
    found = subprocess.run(
        [sys.executable, "-c", command],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(found.stdout.strip()).is_relative_to(tmp_path)
    with started(tmp_path) as address:
        assert ask(address) == (200, {"status": "ok", "model": "schedule-2013-08"})


def test_the_ignore_file_lets_through_what_is_copied_and_nothing_at_the_top_else() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    allowed = {line[1:].rstrip("/") for line in lines if line.startswith("!")}
    wanted = {path.rstrip("/") for one in INSTRUCTIONS for path in containers.sources(one)}
    assert "*" in lines
    assert {path.split("/")[0] for path in wanted} == allowed
    assert ".git" not in allowed
