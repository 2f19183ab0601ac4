"""`workbook audit` in a terminal."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from workbook.cli import main


def test_the_report_of_a_folder_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", str(tmp_path)]) == 0
    assert "Google: level 0, Manual process" in capsys.readouterr().out


def test_without_a_path_it_is_the_folder_one_stands_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["audit", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == tmp_path.name


@pytest.mark.parametrize("format", ["text", "json", "markdown", "html"])
def test_a_report_can_be_written_in_each_format(tmp_path: Path, format: str) -> None:
    out = tmp_path / "report"
    assert main(["audit", str(tmp_path), "--format", format, "--out", str(out)]) == 0
    assert "Google" in out.read_text("utf-8")


def test_a_folder_that_does_not_exist_ends_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", str(tmp_path / "nowhere")]) == 1
    assert "nowhere doesn't exist" in capsys.readouterr().err


#: `workbook audit` in a shell of its own: who reads its output, the status, and what it says.
ENDS = [
    ('"$@" | head -1; exit ${PIPESTATUS[0]}', 141, ""),
    ('"$@" >&-', 1, "The report can't be printed: standard output is closed. Give --out FILE.\n"),
    ('"$@" >/dev/full', 1, "The output can't be written: No space left on device.\n"),
]


@pytest.mark.skipif(sys.platform != "linux", reason="in the words of Linux")
@pytest.mark.parametrize(("shell", "status", "told"), ENDS, ids=["head", "closed", "full"])
def test_output_that_nobody_takes_ends_without_a_traceback(
    tmp_path: Path, shell: str, status: int, told: str
) -> None:
    # More than a pipe holds, or `head` would go without anybody noticing.
    for number in range(1_000):
        (tmp_path / f"test_{number}.py").write_text("def test_it():\n    assert f(1) == 2\n")
    command = [sys.executable, "-m", "workbook.cli", "audit", str(tmp_path), "--format", "json"]
    done = subprocess.run(
        ["bash", "-c", shell, "-", *command], capture_output=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stderr) == (status, told)


def test_an_empty_path_is_not_the_folder_one_stands_in(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["audit", ""]) == 1
    assert capsys.readouterr().err.startswith("The path is empty: give the folder")


def test_an_empty_name_of_a_report_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", str(tmp_path), "--out", ""]) == 1
    assert capsys.readouterr().err.endswith("--out needs the name of a file.\n")


def test_a_dash_is_standard_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["audit", "--out", "-"]) == 0
    assert capsys.readouterr().out.startswith("Audit of ")
    assert os.listdir() == []


def test_a_report_replaces_a_report_and_no_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, report = tmp_path / "train.py", tmp_path / "report.md"
    for file in (code, report):
        file.write_text("x = 1\n")
    assert main(["audit", str(tmp_path), "--out", str(code)]) == 1
    assert capsys.readouterr().err.endswith("is no report: give --out another name.\n")
    assert main(["audit", str(tmp_path), "--out", str(report)]) == 0
    assert (code.read_text() == "x = 1\n", report.read_text() == "x = 1\n") == (True, False)


def test_an_unknown_format_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["audit", "--format", "pdf"])
    assert "invalid choice" in capsys.readouterr().err
