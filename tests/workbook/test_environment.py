"""The environment check says what is wrong and what to do."""

from importlib import metadata

import pytest

from workbook import environment


def test_this_machine_is_ready(capsys):
    environment.report()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert all(line.startswith("ok  ") for line in lines)


@pytest.mark.parametrize(
    ("version", "well"), [((3, 10), False), ((3, 11), True), ((3, 13), True), ((3, 14), False)]
)
def test_the_version_of_python(version, well):
    finding = environment.python_version(version)
    assert finding.well == well
    assert f"This is Python {version[0]}.{version[1]}." in finding.remedy


def test_another_version_of_a_package_is_named():
    def installed(name):
        return "0.1" if name == "pandas" else metadata.version(name)

    finding = environment.packages(installed)
    assert not finding.well
    assert finding.remedy.startswith("pandas is 0.1. Close JupyterLab and run `make lab`")


def test_a_missing_package_is_named():
    def installed(name):
        if name == "pyarrow":
            raise metadata.PackageNotFoundError(name)
        return metadata.version(name)

    assert "pyarrow is missing" in environment.packages(installed).remedy


def test_broken_data_are_told_with_their_remedy(monkeypatch):
    import flightline.data

    def broken():
        raise flightline.data.DataError("data/airlines.parquet was changed. Do this.")

    monkeypatch.setattr(flightline.data, "load_airlines", broken)
    finding = environment.data()
    assert (finding.well, finding.remedy) == (False, "data/airlines.parquet was changed. Do this.")


def test_progress_that_cannot_be_kept_is_told(monkeypatch, tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("WORKBOOK_PROGRESS", str(tmp_path / "file" / "progress.sqlite3"))
    environment.report()
    text = capsys.readouterr().out
    assert "NO  progress can be kept" in text
    assert "The exercises work all the same" in text
