"""``flightline features | train | promote | serve | monitor`` in one folder; ``replay`` alone."""

import datetime
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pandas as pd
import pytest

from flightline.cli import ALARM, main
from flightline.operations import Workspace
from flightline.processes import free_port
from flightline.replay import SCENARIOS, Incident, Scenario, load_policies, versions
from flightline.scoring import requests

COMMANDS = ("features", "train", "promote", "serve", "monitor", "replay")


class Shell:
    """Runs the command in a folder and keeps what it printed."""

    def __init__(self, place: Workspace, capture: pytest.CaptureFixture[str]) -> None:
        self.place, self.capture = place, capture

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        self.capture.readouterr()
        status = main([arguments[0], "--folder", str(self.place.folder), *arguments[1:]])
        printed = self.capture.readouterr()
        return status, printed.out, printed.err


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a folder in which the features are made and two small models are logged."""
    place = Workspace(tmp_path_factory.mktemp("command") / "work")
    folder = ["--folder", str(place.folder)]
    assert main(["features", *folder]) == 0
    assert main(["train", *folder, "--rows", "6000", "--kind", "boosting"]) == 0
    assert main(["promote", *folder]) == 0
    return place


@pytest.fixture
def shell(place: Workspace, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(place, capsys)


@pytest.fixture
def empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(Workspace(tmp_path / "nothing"), capsys)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_says_what_it_does(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])
    assert "--folder" in capsys.readouterr().out


def test_the_help_of_replay_shows_policies_that_can_be_played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["replay", "--help"])
    lines = capsys.readouterr().out.splitlines()
    example = tmp_path / "example.py"
    example.write_text("\n".join(each.strip() for each in lines if " def " in each), "utf-8")
    assert load_policies(example).threshold(1.0, 5.0) == pytest.approx(1 / 6)


@pytest.mark.parametrize(
    ("arguments", "first"),
    [
        (("train",), "flightline features"),
        (("promote",), "flightline features"),
        (("promote", "--rollback"), "flightline promote"),
        (("serve",), "flightline promote"),
        (("monitor", "--month", "9"), "flightline promote"),
    ],
)
def test_a_step_that_comes_too_early_names_the_one_before(
    empty: Shell, arguments: tuple[str, ...], first: str
) -> None:
    status, out, err = empty(*arguments)
    assert (status, out) == (1, "")
    assert first in err
    assert err.count("\n") == 1
    assert not empty.place.folder.exists()


def test_features_are_those_of_the_store_at_prediction_time(place: Workspace) -> None:
    flights = pd.read_parquet(place.flights)
    assert len(flights) == 327_346
    assert flights["arr_delay"].notna().all()
    assert (flights["is_late"] == (flights["arr_delay"] >= 30)).all()
    assert (place.features / "feature_store.yaml").is_file()


def test_a_file_in_the_folders_place_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    (tmp_path / "taken").write_text("mine", encoding="utf-8")
    status, _, err = Shell(Workspace(tmp_path / "taken"), capsys)("features")
    assert status == 1
    assert "taken" in err
    assert "Traceback" not in err
    assert (tmp_path / "taken").read_text(encoding="utf-8") == "mine"


def test_damaged_features_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = Workspace(tmp_path)
    place.flights.write_text("no table", encoding="utf-8")
    status, _, err = Shell(place, capsys)("train")
    assert status == 1
    assert "run `flightline features` again" in err


def test_the_first_model_serves_and_says_so(place: Workspace) -> None:
    deployment = json.loads((place.bundles / "deployment.json").read_text(encoding="utf-8"))
    assert deployment["champion"] == 1


def test_what_serves_already_is_not_promoted_again(shell: Shell) -> None:
    status, _, err = shell("promote")
    assert status == 1
    assert re.search(r"Version 1, of the run \w{8}, serves already", err)


def test_an_unknown_run_is_named(shell: Shell) -> None:
    status, _, err = shell("promote", "--run-id", "nothing")
    assert status == 1
    assert "no run nothing" in err


def test_there_is_nothing_to_go_back_to_from_the_first(shell: Shell) -> None:
    status, _, err = shell("promote", "--rollback")
    assert status == 1
    assert "no good version" in err


@pytest.mark.parametrize("rows", ["0", "many", "999999"])
def test_a_number_of_rows_that_cannot_be(shell: Shell, rows: str) -> None:
    if rows == "999999":
        status, _, err = shell("train", "--rows", rows)
        assert status == 1
        assert "999,999" in err
    else:
        with pytest.raises(SystemExit, match="2"):
            shell("train", "--rows", rows)


def test_a_worse_model_stays_out_a_better_one_serves_and_is_taken_back(shell: Shell) -> None:
    assert shell("train", "--rows", "400", "--kind", "logistic")[0] == 0
    status, out, err = shell("promote")
    assert status == 1
    assert "Against version 1" in out
    assert "Version 2 may not serve" in err

    status, out, _ = shell("train", "--rows", "60000")
    assert status == 0
    assert re.search(r"AUC +0\.\d{3}\n", out)
    status, out, _ = shell("promote")
    assert status == 0
    assert "Version 3 is the champion" in out

    status, out, _ = shell("promote", "--rollback")
    assert (status, out) == (0, "Version 1 serves again in place of version 3.\n")


def test_a_month_is_judged_and_written_down(shell: Shell) -> None:
    status, out, _ = shell("monitor", "--month", "9")
    assert status in (0, ALARM)
    verdict = out.splitlines()[-2].split(":")[0]
    assert (status == ALARM) == (verdict == "decayed")
    page = (shell.place.reports / "2013-09.html").read_text(encoding="utf-8")
    assert verdict in page


def test_a_month_that_the_model_has_seen_is_refused(shell: Shell) -> None:
    status, _, err = shell("monitor", "--month", "7")
    assert status == 1
    assert "Choose 9 to 12" in err


def test_a_taken_port_is_named(shell: Shell) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        status, _, err = shell("serve", "--port", port)
    assert status == 1
    assert f"port {port}" in err


@pytest.fixture
def server(place: Workspace) -> Iterator[tuple[subprocess.Popen[str], str]]:
    port = free_port()
    command = [sys.executable, "-m", "flightline.cli", "serve", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--folder", str(place.folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    assert "Ctrl-C" in process.stdout.readline()
    yield process, f"http://127.0.0.1:{port}"
    process.kill()
    process.communicate()


def test_the_champion_answers_until_it_is_told_to_stop(
    place: Workspace, server: tuple[subprocess.Popen[str], str]
) -> None:
    process, url = server
    flight = requests(pd.read_parquet(place.flights).tail(1))[0]
    with httpx.Client(transport=httpx.HTTPTransport(retries=20), timeout=30) as client:
        client.get(f"{url}/ready")
        for _ in range(100):
            answer = client.post(f"{url}/predict", json=flight)
            if answer.status_code != 503:
                break
    assert answer.status_code == 200
    assert 0 <= answer.json()["late_probability"] <= 1
    if os.name != "nt":
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        assert process.returncode in (0, 130)
        assert "Traceback" not in err


# --- flightline replay -----------------------------------------------------------------------

POLICIES = """
def threshold(false_alarm, miss):
    return false_alarm / (false_alarm + miss)
def alarm(today, earlier):
    return today.failed > 10
def retrain(today, earlier):
    return False
def gate(trial):
    return True
"""


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let practice be five days of February, with an airport whose requests are refused."""
    day = datetime.date(2013, 2, 4)
    end = day + datetime.timedelta(days=4)
    refused = Incident("refused", "refused", "LGA", end, end, "A column has a new name.")
    monkeypatch.setitem(SCENARIOS, "practice", Scenario("practice", day, end, (refused,)))
    monkeypatch.setattr(versions, "MOST_FLIGHTS", 4_000)


@pytest.mark.usefixtures("short")
def test_a_replay_prints_its_score_the_leaderboard_and_where_the_report_lies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "mine.py"
    mine.write_text(POLICIES, encoding="utf-8")
    command = ["replay", str(mine), "--folder", str(tmp_path / "played")]
    assert main(command) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert "1 of 1 incidents caught" in printed.out
    report = tmp_path / "played" / "practice" / "mine" / "report.html"
    assert report.is_file()
    assert str(report) in printed.out
    board = (tmp_path / "played" / "leaderboard.csv").read_text(encoding="utf-8")
    names = [line.split(",")[1] for line in board.splitlines()[1:]]
    assert sorted(names) == ["do nothing", "mine", "reference", "retrain daily"]

    # Once more: nothing is played, and everything is printed again.
    assert main(command) == 0
    assert capsys.readouterr().out == printed.out

    mine.write_text(POLICIES.replace("> 10", "> 20"), encoding="utf-8")
    assert main(command) == 1
    said = capsys.readouterr().err
    assert "other policies" in said
    assert "--fresh" in said
    assert main([*command, "--fresh", "--leaderboard", str(tmp_path / "other.csv")]) == 0
    assert (tmp_path / "other.csv").is_file()


@pytest.mark.usefixtures("short")
def test_ctrl_c_keeps_the_days_before_and_the_same_command_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["replay", "--folder", str(tmp_path)]
    state = tmp_path / "practice" / "reference" / "state.json"

    def stop(bar: object, day: datetime.date, done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("flightline.cli._Bar.__call__", stop)
        assert main(command) == 130
        assert "Run the command again to go on" in capsys.readouterr().err
        assert main([*command, "--fresh"]) == 130
    assert "Run it again without --fresh to go on" in capsys.readouterr().err
    assert len(json.loads(state.read_text(encoding="utf-8"))["days"]) == 2
    assert main(command) == 0
    assert len(json.loads(state.read_text(encoding="utf-8"))["days"]) == 5


@pytest.mark.parametrize(
    ("text", "arguments", "said"),
    [
        (None, [], "can't be read"),
        (POLICIES.replace("def gate", "def gates"), [], "no function `gate`"),
        ("def alarm(:", [], "line 1"),
        (POLICIES, ["--name", "../up"], "can't be used as a name"),
        (POLICIES, ["--name", "do nothing"], "taken by the course"),
        (POLICIES, ["--name", "a (2)"], "Choose one with --name; without it, the file's"),
        (POLICIES, ["--leaderboard", __file__], "is no leaderboard"),
    ],
)
def test_what_cannot_be_played_is_said_in_a_sentence(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    text: str | None,
    arguments: list[str],
    said: str,
) -> None:
    mine = tmp_path / "mine.py"
    if text is not None:
        mine.write_text(text, encoding="utf-8")
    assert main(["replay", str(mine), "--folder", str(tmp_path / "played"), *arguments]) == 1
    printed = capsys.readouterr()
    assert said in printed.err
    assert printed.err.count("\n") == 1
    assert not (tmp_path / "played").exists()


@pytest.mark.usefixtures("short")
def test_a_replay_whose_leaderboard_is_damaged_meanwhile_has_a_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    board = tmp_path / "leaderboard.csv"
    monkeypatch.setattr(
        "flightline.cli._Bar.__call__", lambda *_: board.write_text("notes", encoding="utf-8")
    )
    assert main(["replay", "--folder", str(tmp_path)]) == 1
    printed = capsys.readouterr()
    assert "is no leaderboard" in printed.err
    assert str(tmp_path / "practice" / "reference" / "report.html") in printed.out


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize(
    ("broken", "option"),
    [("engine.write_deployment", "--folder"), ("leaderboard._write", "--leaderboard")],
)
def test_a_full_disk_is_named_with_what_to_do(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    broken: str,
    option: str,
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(f"flightline.replay.{broken}", full)
    assert main(["replay", "--folder", str(tmp_path), "--fresh"]) == 1
    err = capsys.readouterr().err
    assert f"can't write in {tmp_path}" in err
    assert "(No space left on device). Run it again without --fresh when" in err
    assert f"choose another {option}." in err
    assert err.count("\n") == 1


@pytest.mark.usefixtures("short")
def test_a_replay_without_a_reader_writes_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, write = os.pipe()
    os.close(read)
    with monkeypatch.context() as patch, open(write, "w", encoding="ascii") as nobody:
        patch.setattr("sys.stdout", nobody)
        # Where stderr was closed, Python has none.
        patch.setattr("sys.stderr", None)
        assert main(["replay", "--folder", str(tmp_path)]) == 0
    assert (tmp_path / "leaderboard.csv").is_file()
    assert (tmp_path / "practice" / "reference" / "report.html").is_file()


@pytest.mark.usefixtures("short")
def test_a_terminal_may_lack_the_letters_of_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, out = tmp_path / "mine.py", tmp_path / "out.txt"
    mine.write_text(POLICIES, encoding="utf-8")
    command = ["replay", str(mine), "--folder", str(tmp_path), "--name", "Zoë"]
    with monkeypatch.context() as patch, out.open("w", encoding="ascii") as file:
        patch.setattr("sys.stdout", file)
        assert main(command) == 0
    assert "Zo\\xeb" in out.read_text("ascii")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.usefixtures("short")
def test_a_terminal_is_told_that_the_first_day_takes_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    with monkeypatch.context() as patch:
        patch.setattr("sys.stderr", terminal)
        assert main(["replay", "--folder", str(tmp_path)]) == 0
    preparing, days = terminal.getvalue().split("\n", 1)
    assert preparing == "Preparing the flights ..."
    assert "2013-02-08" in days
