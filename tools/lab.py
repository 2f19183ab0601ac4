"""Start JupyterLab at the first chapter: on this machine only, behind a token."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import webbrowser
from pathlib import Path
from types import FrameType

from flightline.processes import HOST
from tools.ports import PortError, choose_port
from workbook.build import ENVIRONMENT

ROOT = Path(__file__).resolve().parent.parent
FIRST_PAGE = "lab/tree/notebooks/00_start_here.ipynb"
START_LIMIT = 120.0


def lab_command(port: int) -> list[str]:
    """Build the command that starts JupyterLab; the token goes by the environment."""
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--Application.log_level=ERROR",
        "--LabApp.log_level=ERROR",
        f"--ServerApp.ip={HOST}",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={ROOT}",
        "--ServerApp.answer_yes=True",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--ServerApp.allow_root=True")
    return command


def lab_environment(token: str) -> dict[str, str]:
    """Build the environment of the kernels: repeatable like a build, but progress is kept."""
    repeatable = {name: value for name, value in ENVIRONMENT.items() if name != "WORKBOOK_PROGRESS"}
    return {**os.environ, **repeatable, "JUPYTER_TOKEN": token}


def wait_until_ready(port: int, server: subprocess.Popen[bytes]) -> bool:
    """Wait until the server answers; False if it stopped or took too long."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with opener.open(f"http://{HOST}:{port}/api", timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    return False


def has_browser() -> bool:
    """Whether opening a browser makes sense here."""
    if os.environ.get("NO_BROWSER") or os.environ.get("CI"):
        return False
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def stop(signum: int, frame: FrameType | None) -> None:
    """Leave through the clean-up below when asked to terminate."""
    raise SystemExit(0)


def main() -> int:
    """Run JupyterLab until Ctrl-C."""
    try:
        port = choose_port(os.environ.get("PORT"), default=8888)
    except PortError as error:
        print(error, file=sys.stderr)
        return 1
    token = os.environ.get("JUPYTER_TOKEN") or secrets.token_hex(24)
    signal.signal(signal.SIGTERM, stop)
    # A process that a script started in the background ignores Ctrl-C otherwise.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    server = subprocess.Popen(lab_command(port), cwd=ROOT, env=lab_environment(token))
    try:
        if not wait_until_ready(port, server):
            print("JupyterLab did not start; what it said is above.", file=sys.stderr)
            return 1
        address = f"http://{HOST}:{port}/{FIRST_PAGE}?token={token}"
        print(f"JupyterLab is running at\n\n  {address}\n\nCtrl-C stops it.", flush=True)
        if has_browser():
            webbrowser.open(address)
        return server.wait()
    except KeyboardInterrupt:
        print("\nJupyterLab stopped.")
        return 0
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    sys.exit(main())
