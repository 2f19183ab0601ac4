"""The make commands: what they list, what they start, and what they say when they can't."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from flightline import processes
from tools import lab, ports, verify

ROOT = Path(__file__).resolve().parents[2]
MAKE = shutil.which("make") or "make"
COMMANDS = ("lab", "test", "book", "serve", "notebooks", "lint", "lock", "bench")


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([MAKE, *arguments], cwd=ROOT, capture_output=True, encoding="utf-8")


def test_make_alone_lists_every_command_and_runs_none() -> None:
    listed = make()
    assert listed.returncode == 0
    assert set(COMMANDS) <= set(re.findall(r"^  make (\w+)\t\S", listed.stdout, re.M))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_sets_up_first(command: str) -> None:
    recipe = make("--dry-run", command).stdout
    assert recipe.index("tools/setup_environment.py") < recipe.index(".venv/")


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket() as server:
        server.bind((processes.HOST, 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_busy_port_that_was_asked_for_is_named_in_a_sentence(busy_port: int) -> None:
    with pytest.raises(ports.PortError, match=f"^Port {busy_port} is busy; give another one"):
        ports.choose_port(str(busy_port), default=8888)


def test_a_busy_default_port_gives_way_to_the_next_free_one(busy_port: int) -> None:
    chosen = ports.choose_port(None, default=busy_port)
    assert busy_port < chosen < busy_port + ports.TRIES


@pytest.mark.parametrize("asked", ["abc", "0", "70000", "-1", "8888.0"])
def test_a_port_that_is_none_is_refused(asked: str) -> None:
    with pytest.raises(ports.PortError, match=f"PORT={re.escape(asked)} is not a port"):
        ports.choose_port(asked, default=8888)


@pytest.mark.parametrize("module", ["tools.lab", "tools.serve_book"])
def test_a_server_on_a_busy_port_ends_with_that_sentence(
    module: str, busy_port: int, tmp_path: Path
) -> None:
    code = (
        "import pathlib, sys, tools.serve_book as book, tools.lab as lab; "
        f"book.HTML = pathlib.Path({str(tmp_path)!r}); sys.exit(sys.modules[{module!r}].main())"
    )
    (tmp_path / "index.html").write_text("a book")
    outcome = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PORT": str(busy_port), "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert outcome.returncode == 1
    assert outcome.stderr.startswith(f"Port {busy_port} is busy")
    assert len(outcome.stderr.splitlines()) == 1


def test_no_browser_is_opened_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CI", "NO_BROWSER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert not lab.has_browser()
    monkeypatch.setenv("DISPLAY", ":0")
    assert lab.has_browser()
    monkeypatch.setenv("NO_BROWSER", "1")
    assert not lab.has_browser()


def test_kernels_run_repeatably_and_keep_the_learners_progress(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("WORKBOOK_PROGRESS", raising=False)
    environment = lab.lab_environment("secret")
    assert environment["OMP_NUM_THREADS"] == "1"
    assert environment["PYTHONHASHSEED"] == "0"
    assert "WORKBOOK_PROGRESS" not in environment


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGINT to send to a group")
def test_the_lab_answers_at_the_printed_address_to_its_token_only_and_stops() -> None:
    environment = {**os.environ, "NO_BROWSER": "1", "PYTHONPATH": str(ROOT / "src")}
    environment.pop("PORT", None)
    with subprocess.Popen(
        [sys.executable, "-m", "tools.lab"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        start_new_session=True,
        # As a script's background process begins; Ctrl-C has to stop it all the same.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    ) as server:
        assert server.stdout is not None
        try:
            said = ""
            while "Ctrl-C" not in said and server.poll() is None:
                said += server.stdout.readline()
            address = re.search(r"http://127\.0\.0\.1:(\d+)/(lab/tree/\S+)\?token=\w{32,}", said)
            assert address is not None, said
            assert address[2] == "lab/tree/notebooks/00_start_here.ipynb"
            assert len(said.splitlines()) <= 6, "the log is quiet"
            with urllib.request.urlopen(address[0], timeout=20) as page:
                assert b"JupyterLab" in page.read()
            contents = f"http://127.0.0.1:{address[1]}/api/contents"
            with pytest.raises(urllib.error.HTTPError, match="403"):
                urllib.request.urlopen(contents, timeout=20)
        finally:
            os.killpg(server.pid, signal.SIGINT)
            try:
                server.wait(timeout=20)
            except subprocess.TimeoutExpired:
                # Leaving the block would wait for it for ever.
                os.killpg(server.pid, signal.SIGKILL)
                raise
        assert "stopped" in server.stdout.read()
    assert ports.is_free(int(address[1]))


def test_verification_stops_at_the_first_failure_and_says_how_to_see_it(
    capfd: pytest.CaptureFixture[str],
) -> None:
    layers = (
        verify.Layer("one", "holds", (("python", "-c", "pass"),)),
        verify.Layer("two", "fails", (("python", "-c", "raise SystemExit(3)"),)),
        verify.Layer("three", "is not reached", (("python", "-c", "print('reached')"),)),
    )
    assert verify.verify(layers) == 1
    said, complained = capfd.readouterr()
    assert "== 1/3 one: holds" in said
    assert "three" not in said
    assert "FAILED: two (fails)" in complained
    assert "make test ONLY=two" in complained


def test_verification_ends_with_a_summary(capfd: pytest.CaptureFixture[str]) -> None:
    started = time.monotonic()
    assert verify.verify((verify.Layer("one", "holds", (("python", "-c", "pass"),)),)) == 0
    last = capfd.readouterr().out.splitlines()[-1]
    assert last == f"VERIFIED: one ({time.monotonic() - started:.0f} s)"


def test_an_unknown_layer_is_answered_with_the_ones_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert verify.main(["everything"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("There is no layer everything; there are style, code")


def test_every_test_belongs_to_exactly_one_layer() -> None:
    commands = [command for layer in verify.LAYERS for command in layer.commands]
    code = next(command for command in commands if "tests" in command)
    others = {name for command in commands for name in command if name.startswith("tests/")}
    left_out = {argument.removeprefix("--ignore=") for argument in code if "--ignore=" in argument}
    assert left_out == {name for name in others if (ROOT / name).is_dir()}
