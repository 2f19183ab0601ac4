"""Servers that a lesson or a test starts, waits for and always stops.

The server does not run as a child of the notebook but under a small watchdog,
``python -m flightline.processes -- COMMAND``.
The notebook holds the other end of the watchdog's standard input.
When that end closes, the watchdog ends the server and everything the server started.
The system closes it whatever ends the notebook: the end of a ``with`` block, an error in a cell,
or a kernel killed without warning.
So there is one way to stop a server, and no way to forget it.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import BinaryIO

HOST = "127.0.0.1"
# With start_new_session, which Windows ignores: an interrupt of the notebook, and a kill of its
# group, must not reach the server.
OWN_GROUP = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
SECONDS_TO_STOP = 5.0
"""How long a server may take to finish its requests before it is ended without being asked."""


def free_port() -> int:
    """Return a TCP port on 127.0.0.1 that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Return whether nothing listens on a port of 127.0.0.1 and it can be bound."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        # macOS lets a second program bind the port of one that listens on every address.
        if probe.connect_ex((HOST, port)) == 0:
            return False
    with socket.socket() as probe:
        if os.name == "posix":
            # A server that has just stopped leaves its port waiting, not taken.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


@contextmanager
def serving(
    command: Sequence[str],
    ready: str,
    port: int,
    env: Mapping[str, str] | None = None,
    seconds: float = 60,
) -> Iterator[str]:
    """Run a server for the length of a ``with`` block.

    Parameters
    ----------
    command
        The server's command line, which must make it listen on 127.0.0.1 and ``port``.
    ready
        A path, such as ``"/health"``, that answers with a status from 200 to 299
        as soon as the server can work.
    port
        The port it listens on; see `free_port`.
    env
        Environment variables for the server, on top of the ones here.
    seconds
        How long the server may take to become ready.

    Yields
    ------
    str
        The base URL, such as ``"http://127.0.0.1:8000"``.

    Raises
    ------
    RuntimeError
        If the server ends before it is ready.
    TimeoutError
        If it is not ready in time. Both messages end with the server's last words.
    """
    base = f"http://{HOST}:{port}"
    with tempfile.TemporaryFile() as log:
        watchdog = subprocess.Popen(
            [sys.executable, "-m", "flightline.processes", "--", *command],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            start_new_session=True,
            creationflags=OWN_GROUP,
        )
        try:
            _wait_until_ready(watchdog, log, ready, port, seconds)
            yield base
        finally:
            _release(watchdog)


def in_background(server: AbstractContextManager[str], stack: ExitStack) -> Future[str]:
    """Start a server while the caller goes on.

    Parameters
    ----------
    server
        As from `serving`, not entered yet.
    stack
        The server stops when this is closed.

    Returns
    -------
    concurrent.futures.Future
        ``result()`` waits until the server is ready and returns its base URL, or raises what kept
        it from starting.
    """
    pool = ThreadPoolExecutor(max_workers=1)
    # First in, last out: a stack that is closed early waits for the server and then stops it.
    stack.callback(pool.shutdown)
    return pool.submit(stack.enter_context, server)


def _wait_until_ready(
    watchdog: subprocess.Popen[bytes], log: BinaryIO, ready: str, port: int, seconds: float
) -> None:
    where = f"http://{HOST}:{port}{ready}"
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if watchdog.poll() is not None:
            raise RuntimeError(
                f"the server ended with code {watchdog.returncode} before {where} answered; "
                f"its last words: {_last_words(log)}"
            )
        if answers(port, ready):
            return
        time.sleep(0.05)
    raise TimeoutError(
        f"the server did not answer {where} within {seconds:g} seconds; "
        f"its last words: {_last_words(log)}"
    )


def answers(port: int, path: str, seconds: float = 2.0) -> bool:
    """Return whether 127.0.0.1 answers ``path`` with a status from 200 to 299."""
    # http.client and not urllib: a proxy set in the environment must not see loopback requests.
    connection = http.client.HTTPConnection(HOST, port, timeout=seconds)
    try:
        connection.request("GET", path)
        return 200 <= connection.getresponse().status < 300
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _last_words(log: BinaryIO) -> str:
    log.seek(0)
    lines = log.read().decode(errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else "(it said nothing)"


def _release(watchdog: subprocess.Popen[bytes]) -> None:
    assert watchdog.stdin is not None
    watchdog.stdin.close()
    try:
        watchdog.wait(timeout=SECONDS_TO_STOP + 5)
    except subprocess.TimeoutExpired:
        watchdog.kill()
        watchdog.wait()


def _watch(command: Sequence[str]) -> int:
    """Run ``command`` until it ends or this process's standard input does; return its code."""
    child = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, start_new_session=True, creationflags=OWN_GROUP
    )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    threading.Thread(target=_stop_at_end_of_input, args=(child,), daemon=True).start()
    try:
        return child.wait()
    finally:
        _stop(child)


def _stop_at_end_of_input(child: subprocess.Popen[bytes]) -> None:
    while os.read(0, 1024):  # not sys.stdin: a reader's lock would block the interpreter's end
        pass
    _stop(child)


def _stop(child: subprocess.Popen[bytes]) -> None:
    """End ``child`` and every process it started: politely, then by force."""
    if sys.platform == "win32":
        tree = ["taskkill", "/T", "/F", "/PID", str(child.pid)]
        subprocess.run(tree, capture_output=True, check=False)
        return
    _signal_group(child.pid, signal.SIGTERM)
    end = time.monotonic() + SECONDS_TO_STOP
    while _group_lives(child) and time.monotonic() < end:
        time.sleep(0.02)
    _signal_group(child.pid, signal.SIGKILL)


def _group_lives(child: subprocess.Popen[bytes]) -> bool:
    child.poll()
    return _signal_group(child.pid, 0)


def _signal_group(group: int, number: int) -> bool:
    """Send a signal to a process group; return whether it still has a process."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _main(arguments: Sequence[str]) -> int:
    if len(arguments) < 2 or arguments[0] != "--":
        print("usage: python -m flightline.processes -- COMMAND ...", file=sys.stderr)
        return 2
    try:
        return _watch(arguments[1:])
    except FileNotFoundError:
        print(f"no such program: {arguments[1]}", file=sys.stderr)
        return 127


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
