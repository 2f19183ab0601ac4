"""A lesson started from the template builds, and passes what every lesson has to pass."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from workbook import course

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def copy(tmp_path):
    """Return a copy of the course's sources, to add a chapter to."""
    ignored = shutil.ignore_patterns("__pycache__", "*.ipynb_checkpoints")
    for folder in ("src", "lessons", "tests", "data", "book", "notebooks"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    for file in ("pyproject.toml", "requirements.txt", "conftest.py", "_toc.yml"):
        shutil.copy(ROOT / file, tmp_path / file)
    return tmp_path


def run(folder, *command):
    environment = {**os.environ, "PYTHONPATH": str(folder / "src")}
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def test_a_new_lesson_builds_and_passes(copy):
    number = len(course.chapters())
    name = f"{number:02}_a_new_one"
    written = run(copy, "workbook.cli", "new-lesson", name, "--title", "Who counted the flights?")
    assert f"wrote lessons/{name}.md" in written
    run(copy, "workbook.cli", "build", name)
    run(copy, "workbook.cli", "build", "--solved", name)
    style = ("tests/lessons/test_style.py", "-k", f"{name} and not contents")
    run(copy, "pytest", "-q", "-p", "no:cacheprovider", *style)
    answers = ("tests/exercises", "-k", f"{number}.1")
    run(copy, "pytest", "-q", "-p", "no:cacheprovider", *answers)
