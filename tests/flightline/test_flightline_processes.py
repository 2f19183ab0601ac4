"""Servers are ready when they are handed over, and gone whatever ends the one who started them."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack

import pytest

from flightline.processes import answers, free_port, in_background, serving

SERVER = """
import http.server, os, subprocess, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/ready" else 404)
        self.end_headers()
        self.wfile.write(os.environ.get("GREETING", "").encode())
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + SERVER
WRAPPED = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SERVER!r}, sys.argv[1]])"


def command(program: str, port: int) -> list[str]:
    return [sys.executable, "-c", program, str(port)]


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def gone(port: int, seconds: float = 15) -> bool:
    end = time.monotonic() + seconds
    while listens(port) and time.monotonic() < end:
        time.sleep(0.05)
    return not listens(port)


def test_a_free_port_is_one_that_can_be_bound() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", free_port()))


def test_a_server_in_the_background_is_ready_with_its_result_and_ends_with_the_stack() -> None:
    port = free_port()
    with ExitStack() as stack:
        starting = in_background(serving(command(SERVER, port), "/ready", port), stack)
        assert starting.result() == f"http://127.0.0.1:{port}"
        assert answers(port, "/ready")
    assert not listens(port)


def test_a_stack_that_is_closed_early_leaves_no_server_behind() -> None:
    port = free_port()
    with ExitStack() as stack:
        in_background(serving(command(SERVER, port), "/ready", port), stack)
    assert gone(port)


def test_what_keeps_a_server_in_the_background_from_starting_is_raised_by_its_result() -> None:
    with ExitStack() as stack:
        failing = in_background(serving(command("1 / 0", 1), "/ready", free_port()), stack)
        with pytest.raises(RuntimeError, match="ZeroDivisionError"):
            failing.result()


def test_the_server_answers_inside_the_block_and_is_gone_after_it() -> None:
    port = free_port()
    with serving(command(SERVER, port), "/ready", port, {"GREETING": "hello"}) as url:
        assert url == f"http://127.0.0.1:{port}"
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/ready")
        assert connection.getresponse().read() == b"hello"
        connection.close()
        assert not answers(port, "/nothing")
    assert not listens(port)


def test_the_server_is_gone_after_an_error_in_the_block() -> None:
    port = free_port()
    with (
        pytest.raises(ZeroDivisionError),
        serving(command(SERVER, port), "/ready", port),
    ):
        raise ZeroDivisionError
    assert not listens(port)


def test_a_server_that_a_server_started_is_gone_too() -> None:
    port = free_port()
    with serving(command(WRAPPED, port), "/ready", port):
        assert listens(port)
    assert not listens(port)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends every process by force")
def test_a_server_that_ignores_the_request_to_stop_is_ended_by_force(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = free_port()
    began = time.monotonic()
    with serving(command(STUBBORN, port), "/ready", port):
        pass
    assert not listens(port)
    assert time.monotonic() - began > 4


def test_a_server_that_ends_at_once_is_told_with_its_last_words() -> None:
    port = free_port()
    program = "import sys; print('starting'); sys.exit('the model is missing')"
    with (
        pytest.raises(RuntimeError, match=r"ended with code 1 .*the model is missing"),
        serving(command(program, port), "/ready", port),
    ):
        pass


def test_a_program_that_does_not_exist_is_named() -> None:
    with (
        pytest.raises(RuntimeError, match="no such program: no-such-server"),
        serving(["no-such-server"], "/ready", free_port()),
    ):
        pass


def test_a_server_that_never_becomes_ready_is_stopped_in_time() -> None:
    port = free_port()
    with (
        pytest.raises(TimeoutError, match=r"/other within 1 seconds"),
        serving(command(SERVER, port), "/other", port, seconds=1),
    ):
        pass
    assert not listens(port)


PARENT = """
import sys, time
from flightline.processes import serving
with serving([sys.executable, "-c", sys.argv[2], sys.argv[1]], "/ready", int(sys.argv[1])):
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("program", [SERVER, WRAPPED], ids=["server", "wrapped server"])
def test_the_server_is_gone_when_its_parent_is_killed(program: str) -> None:
    port = free_port()
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(port), program], stdout=subprocess.PIPE
    )
    try:
        assert parent.stdout is not None
        assert parent.stdout.readline().strip() == b"ready"
        assert listens(port)
    finally:
        parent.kill()
        parent.communicate()
    assert gone(port)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no process groups to signal")
def test_an_interrupt_of_the_notebook_leaves_its_server_alone() -> None:
    port = free_port()
    program = PARENT.replace("import sys, time", "import signal, sys, time", 1).replace(
        'print("ready"', 'signal.signal(signal.SIGINT, signal.SIG_IGN); print("ready"'
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(port), SERVER],
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        assert parent.stdout is not None
        parent.stdout.readline()
        os.killpg(parent.pid, signal.SIGINT)
        time.sleep(0.5)
        assert answers(port, "/ready")
    finally:
        parent.kill()
        parent.communicate()
    assert gone(port)


def test_a_killed_kernel_takes_its_server_with_it() -> None:
    from jupyter_client.manager import start_new_kernel

    port = free_port()
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        source = (
            "import sys\nfrom flightline.processes import serving\n"
            f"server = serving([sys.executable, '-c', {SERVER!r}, '{port}'], '/ready', {port})\n"
            "server.__enter__()"
        )
        reply = client.execute_interactive(source, timeout=60, output_hook=lambda _: None)
        assert reply["content"]["status"] == "ok"
        assert listens(port)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert gone(port)
