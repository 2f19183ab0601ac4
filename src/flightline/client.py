"""A client of the service, for lessons, tests and people at a shell."""

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

#: No answer within this time is no answer.
SECONDS = 10.0


def serve_command(folder: Path, port: int) -> list[str]:
    """Return the command that serves a folder of bundles on 127.0.0.1 (`flightline.serving`)."""
    program = [sys.executable, "-m", "flightline.serving"]
    return [*program, "--folder", str(folder), "--port", str(port)]


def ask(
    url: str, body: Any = None, headers: Mapping[str, str] | None = None
) -> tuple[int, dict[str, Any]]:
    """Ask a service on this machine: by POST with a JSON body, or by GET without.

    Returns
    -------
    tuple
        The HTTP status and the JSON of the answer; text that isn't JSON comes as ``{"text": ...}``.

    Raises
    ------
    httpx.HTTPError
        If there is no answer.
    """
    import httpx

    # Loopback is nobody's proxy business, and needs no certificates, which take long to load.
    with httpx.Client(timeout=SECONDS, trust_env=False, verify=False) as client:
        if body is None:
            response = client.get(url, headers=headers)
        else:
            response = client.post(url, json=body, headers=headers)
    try:
        content = response.json()
    except ValueError:
        content = {"text": response.text}
    return response.status_code, content


def wait_until(url: str, seconds: float = 60, **wanted: Any) -> dict[str, Any]:
    """Wait until the service is ready and serves what is wanted: ``wait_until(url, champion=2)``.

    Returns
    -------
    dict
        What ``/ready`` says then.

    Raises
    ------
    TimeoutError
        If it doesn't happen in time; the message ends with what the service said last.
    """
    end = time.monotonic() + seconds
    while True:
        status, said = ask(f"{url}/ready")
        if status == 200 and all(said.get(name) == value for name, value in wanted.items()):
            return said
        if time.monotonic() > end:
            raise TimeoutError(f"After {seconds:g} s the service doesn't serve {wanted}: {said}")
        time.sleep(0.05)
