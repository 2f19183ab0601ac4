"""The set-up says in one sentence what is wrong, repairs itself, and does nothing twice."""

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tools import setup_environment

ROOT = Path(__file__).resolve().parents[2]

posix = pytest.mark.skipif(os.name == "nt", reason="the fake Pythons are shell scripts")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a checkout with what the set-up reads, in a folder with a space in its name."""
    root = tmp_path / "my checkout"
    (root / "tools").mkdir(parents=True)
    for name in setup_environment.INPUTS:
        shutil.copy(ROOT / name, root / name)
    return root


def fake_python(folder: Path, name: str, version: str, has_ensurepip: bool = True) -> Path:
    """Write a program that answers like a Python of that version."""
    folder.mkdir(exist_ok=True)
    program = folder / name
    answer = f"{program}\\n{version}\\n{'yes' if has_ensurepip else 'no'}"
    program.write_text(f"#!/bin/sh\nprintf '{answer}\\n'\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


def set_up(checkout: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(checkout / "tools" / "setup_environment.py"), *arguments],
        env={**os.environ, **variables},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )


def sentence(outcome: subprocess.CompletedProcess[str]) -> str:
    """Return the one line that a failed set-up says on the error stream."""
    assert outcome.returncode == 1
    assert "Traceback" not in outcome.stderr
    lines = outcome.stderr.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("Set-up stopped: ")
    return lines[0]


@posix
@pytest.mark.parametrize("version", ["3.8.18", "3.10.13", "3.14.0"])
def test_an_unsuitable_python_is_named_with_the_remedy(
    checkout: Path, tmp_path: Path, version: str
) -> None:
    python = fake_python(tmp_path / "bin", "python3", version)
    said = sentence(set_up(checkout, "--python", str(python)))
    assert f"Python 3.11, 3.12 or 3.13 is needed and this is {version} ({python})" in said
    assert "PYTHON=/path/to/python3.12" in said
    assert not (checkout / ".venv").exists()


@posix
def test_a_python_without_ensurepip_names_the_package_to_install(
    checkout: Path, tmp_path: Path
) -> None:
    python = fake_python(tmp_path / "bin", "python3", "3.12.3", has_ensurepip=False)
    said = sentence(set_up(checkout, "--python", str(python)))
    assert "sudo apt install python3.12-venv" in said


def test_a_named_python_that_does_not_start_is_said(checkout: Path) -> None:
    assert "PYTHON=no-such-python cannot be started" in sentence(
        set_up(checkout, "--python", "no-such-python")
    )


@posix
def test_the_newest_supported_python_is_found_when_python3_is_too_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "bin"
    old = fake_python(folder, "python3", "3.9.6")
    for name, version in (("python3.11", "3.11.2"), ("python3.13", "3.13.1")):
        fake_python(folder, name, version)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    monkeypatch.setattr(sys, "executable", str(old))
    assert setup_environment.find_python(None).version == "3.13.1"


@posix
def test_the_makefile_says_that_there_is_no_python(tmp_path: Path) -> None:
    make = shutil.which("make")
    assert make is not None
    outcome = subprocess.run(
        [make, "setup"],
        cwd=ROOT,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        encoding="utf-8",
    )
    assert outcome.returncode != 0
    assert outcome.stderr.splitlines()[0].startswith("Set-up stopped: no Python was found; install")


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("error: Failed to fetch: `x`\n  error sending request for url", "cannot be reached"),
        ("ERROR: No matching distribution found for uv==1", "cannot be reached"),
        ("OSError: [Errno 28] No space left on device", "is full; free about 2 GB"),
        ("error: failed to write (os error 28)", "is full; free about 2 GB"),
        ("PermissionError: [Errno 13] Permission denied: 'x'", "cannot be written"),
        ("error: Hash mismatch for `x`", "does not have the content"),
        ("invalid peer certificate: UnknownIssuer", "certificate is not trusted"),
        ("something else", "the last lines above"),
    ],
)
def test_a_failed_step_is_explained(output: str, expected: str) -> None:
    said = setup_environment.explain(output, "installing the packages")
    assert said.startswith("installing the packages failed")
    assert expected in said


def test_without_a_network_the_set_up_says_so_and_leaves_no_stamp(checkout: Path) -> None:
    outcome = set_up(
        checkout,
        "--python",
        sys.executable,
        PIP_CONFIG_FILE=os.devnull,
        PIP_FIND_LINKS="",
        PIP_INDEX_URL="http://127.0.0.1:9/simple",
        PIP_RETRIES="0",
    )
    assert "installing uv failed: the package index cannot be reached" in sentence(outcome)
    assert not (checkout / ".venv" / setup_environment.STAMP.name).exists()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_said(checkout: Path) -> None:
    checkout.chmod(0o555)
    try:
        assert "cannot be written" in sentence(set_up(checkout, "--python", sys.executable))
    finally:
        checkout.chmod(0o755)


def test_a_full_disk_is_said() -> None:
    said = setup_environment.explain_os_error(OSError(28, "No space left on device"))
    assert "is full; free about 2 GB" in said


def test_a_folder_that_is_no_environment_is_not_deleted(checkout: Path) -> None:
    kept = checkout / ".venv" / "thesis.txt"
    kept.parent.mkdir()
    kept.write_text("mine")
    assert "is not a Python environment; move it away" in sentence(
        set_up(checkout, "--python", sys.executable)
    )
    assert kept.read_text() == "mine"


class Recorder:
    """Stands for the steps that take long, and counts them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.steps: list[str] = []

    def make_venv(self, python: setup_environment.Interpreter) -> None:
        self.steps.append("make")
        (self.root / ".venv").mkdir(exist_ok=True)

    def install(self) -> None:
        self.steps.append("install")

    def probe(self, command: list[str]) -> setup_environment.Interpreter:
        return setup_environment.Interpreter(command[0], "3.12.1", True)


@pytest.fixture
def steps(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    recorder = Recorder(checkout)
    venv = checkout / ".venv"
    monkeypatch.setattr(setup_environment, "ROOT", checkout)
    monkeypatch.setattr(setup_environment, "VENV", venv)
    monkeypatch.setattr(setup_environment, "STAMP", venv / setup_environment.STAMP.name)
    monkeypatch.setattr(setup_environment, "make_venv", recorder.make_venv)
    monkeypatch.setattr(setup_environment, "install_packages", recorder.install)
    monkeypatch.setattr(setup_environment, "install_uv", lambda: None)
    monkeypatch.setattr(setup_environment, "probe", recorder.probe)
    return recorder.steps


def test_a_second_set_up_does_nothing(steps: list[str]) -> None:
    setup_environment.set_up(None)
    setup_environment.set_up(None)
    assert steps == ["make", "install"]


def test_changed_packages_are_installed_into_the_same_environment(
    steps: list[str], checkout: Path
) -> None:
    setup_environment.set_up(None)
    with (checkout / "requirements.txt").open("a") as lock:
        lock.write("# changed\n")
    setup_environment.set_up(None)
    assert steps == ["make", "install", "install"]


def test_an_interrupted_set_up_is_started_afresh(
    steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(setup_environment, "install_packages", interrupt)
        with pytest.raises(KeyboardInterrupt):
            setup_environment.set_up(None)
    setup_environment.set_up(None)
    assert steps == ["make", "make", "install"]


def test_a_moved_checkout_gets_a_new_environment(steps: list[str], checkout: Path) -> None:
    setup_environment.set_up(None)
    stamp = checkout / ".venv" / setup_environment.STAMP.name
    content = json.loads(stamp.read_text())
    stamp.write_text(json.dumps({**content, "root": "/where/it/was"}))
    setup_environment.set_up(None)
    assert steps == ["make", "install", "make", "install"]


def test_another_python_gets_a_new_environment(
    steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    setup_environment.set_up(None)

    def probe(command: list[str]) -> setup_environment.Interpreter:
        version = "3.13.0" if command == ["python3.13"] else "3.12.1"
        return setup_environment.Interpreter(command[0], version, True)

    monkeypatch.setattr(setup_environment, "probe", probe)
    setup_environment.set_up("python3.13")
    assert steps == ["make", "install", "make", "install"]


def test_the_pinned_uv_is_found_in_the_lock_with_its_hashes() -> None:
    pinned = setup_environment.pinned_uv((ROOT / "requirements.txt").read_text(encoding="utf-8"))
    assert pinned[1].count(".") == 2
    assert pinned[0].count("--hash=sha256:") > 5
