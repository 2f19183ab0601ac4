"""Every command in README.md and CONTRIBUTING.md exists and takes the options it is given."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = Path(sys.executable).parent
PAGES = ("README.md", "CONTRIBUTING.md")
REPOSITORY = "https://github.com/mlops-workbook/mlops-workbook"


def commands() -> list[str]:
    """List the commands in the shell blocks, and the make commands in the text."""
    found: dict[str, None] = {}
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        for block in re.findall(r"^```bash\n(.*?)^```", text, re.M | re.S):
            found.update(dict.fromkeys(block.splitlines()))
        found.update(dict.fromkeys(re.findall(r"`(make [^`]+)`", text)))
    return list(found)


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, encoding="utf-8", stdin=subprocess.DEVNULL
    )


def test_the_two_commands_come_first() -> None:
    shown = commands()
    assert [line for line in shown if line.startswith("make ")][:2] == ["make lab", "make test"]


@pytest.mark.parametrize("line", [line for line in commands() if line.startswith("make ")])
def test_make_knows_the_command(line: str) -> None:
    target = shlex.split(line)[1]
    listed = run("make").stdout
    assert f"  make {target}\t" in listed
    outcome = run("make", "--dry-run", *shlex.split(line)[1:])
    assert outcome.returncode == 0, outcome.stderr


@pytest.mark.parametrize("line", [line for line in commands() if not line.startswith("make ")])
def test_the_command_is_what_its_program_expects(line: str) -> None:
    program, *arguments = shlex.split(line)
    if program == "git":
        assert arguments == ["clone", REPOSITORY]
    elif program == "cd":
        assert arguments == [REPOSITORY.rsplit("/", 1)[1]]
    elif program == "source":
        assert arguments == [".venv/bin/activate"]
    elif program == "pip":
        pip = [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet"]
        outcome = run(*pip, "--no-index", *arguments[1:])
        assert outcome.returncode == 0, outcome.stderr
    else:
        found = shutil.which(program, path=str(SCRIPTS))
        assert found is not None
        subcommand = arguments[:1] if program in ("flightline", "workbook", "jupyter-book") else []
        manual = run(found, *subcommand, "--help")
        assert manual.returncode == 0, manual.stderr
        for option in (argument for argument in arguments if argument.startswith("--")):
            assert option in manual.stdout


@pytest.mark.parametrize("page", PAGES)
def test_links_to_files_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_the_layers_in_contributing_are_those_of_make_test() -> None:
    from tools.verify import LAYERS

    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = text.split("## What each layer proves")[1].split("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.M) == [layer.name for layer in LAYERS]
