"""`workbook audit` in a terminal."""

import json
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


def test_an_unknown_format_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["audit", "--format", "pdf"])
    assert "invalid choice" in capsys.readouterr().err
