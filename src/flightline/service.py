"""The Flightline service: the probability that a flight arrives late, over HTTP.

``python -m flightline.service --port 8080`` answers ``GET /health`` and ``POST /predict``. It uses
the standard library only and writes nothing to disk, so that its image holds Python, a few files
of code and the weights of the model.
"""

import argparse
import json
import math
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flightline.experiments.schedule_model import load_schedule_model

NEW_YORK = ZoneInfo("America/New_York")
LARGEST_BODY = 10_000
SECONDS = 10


class RequestError(ValueError):
    """A request that can't be answered; the message says what to change."""


def predict(flight: Mapping[str, Any]) -> float:
    """Return the probability (0 to 1) that a flight arrives 30 minutes late or more.

    Parameters
    ----------
    flight
        `carrier`, `origin` and `dest` as codes, and `scheduled_departure` as an ISO 8601 text with
        a time zone.

    Raises
    ------
    RequestError
        When a field is missing or wrong, or when the model has never seen its value.
    """
    model = load_schedule_model()
    log_odds = model["intercept"]
    for feature, value in _features(flight).items():
        weights = model["weights"][feature]
        if value not in weights:
            known = f"one of {', '.join(weights)}" if len(weights) < 10 else "in the training data"
            raise RequestError(f"{feature} {value!r} is not {known}.")
        log_odds += weights[value]
    return 1 / (1 + math.exp(-log_odds))


def _features(flight: Mapping[str, Any]) -> dict[str, str]:
    for name in ("carrier", "origin", "dest", "scheduled_departure"):
        if not isinstance(flight.get(name), str):
            raise RequestError(f"{name} is missing or no text.")
    try:
        departure = datetime.fromisoformat(flight["scheduled_departure"])
    except ValueError:
        raise RequestError("scheduled_departure is no ISO 8601 time.") from None
    if departure.tzinfo is None:
        raise RequestError("scheduled_departure has no time zone: add Z for UTC.")
    local = departure.astimezone(NEW_YORK)
    return {
        "hour": str(local.hour),
        "weekday": str(local.weekday()),
        **{name: flight[name] for name in ("carrier", "origin", "dest")},
    }


class Handler(BaseHTTPRequestHandler):
    """Answers one connection; every answer is JSON."""

    server_version = "flightline"
    sys_version = ""
    timeout = SECONDS

    def do_GET(self) -> None:
        """Tell whether the service is ready, and which model it serves."""
        if self.path == "/health":
            self._answer(HTTPStatus.OK, {"status": "ok", "model": load_schedule_model()["name"]})
        else:
            self._answer(HTTPStatus.NOT_FOUND, {"error": "There are GET /health, POST /predict."})

    def do_POST(self) -> None:
        """Predict for the flight in the body."""
        if self.path != "/predict":
            self._answer(HTTPStatus.NOT_FOUND, {"error": "There are GET /health, POST /predict."})
            return
        try:
            probability = predict(self._body())
        except RequestError as error:
            self._answer(HTTPStatus.BAD_REQUEST, {"error": str(error)})
        else:
            answer = {
                "late_probability": round(probability, 4),
                "model": load_schedule_model()["name"],
            }
            self._answer(HTTPStatus.OK, answer)

    def _body(self) -> Mapping[str, Any]:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            # What is left of the body would be read as the next request.
            self.close_connection = True
            raise RequestError(f"Send a body of at most {LARGEST_BODY:,} bytes and its length.")
        try:
            flight = json.loads(self.rfile.read(int(length)))
        except ValueError:
            raise RequestError("The body is no JSON.") from None
        if not isinstance(flight, dict):
            raise RequestError("The body is no JSON object.")
        return flight

    def _answer(self, status: HTTPStatus, body: Mapping[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Log to standard output, where a container engine collects it."""
        print(format % args, flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until the process is told to stop (Ctrl+C, or SIGTERM as container engines send)."""
    parser = argparse.ArgumentParser(prog="python -m flightline.service")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080, help="0 takes a free one")
    options = parser.parse_args(arguments)
    load_schedule_model()
    with ThreadingHTTPServer((options.host, options.port), Handler) as server:

        def stop(number: int, frame: object) -> None:
            # shutdown() waits for the loop that this handler interrupts.
            threading.Thread(target=server.shutdown, daemon=True).start()

        # As process 1 of a container, a program that doesn't handle SIGTERM ignores it.
        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        print(f"Serving on {options.host} port {server.server_port}", flush=True)
        server.serve_forever(poll_interval=0.1)


@contextmanager
def started(source: Path | None = None) -> Iterator[str]:
    """Start the service as a process of its own on a free port, and stop it in any case.

    Parameters
    ----------
    source
        The folder that holds `flightline`; by default the one that this module comes from.

    Yields
    ------
    str
        Its address, ``http://127.0.0.1:PORT``.

    Raises
    ------
    RuntimeError
        When the process ends before it serves.
    """
    source = source or Path(__file__).resolve().parents[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "flightline.service", "--port", "0"],
        env=os.environ | {"PYTHONPATH": str(source)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        found = re.search(r"port (\d+)", first)
        if not found:
            raise RuntimeError(f"The service did not start: {first.strip() or 'it said nothing'}.")
        yield f"http://127.0.0.1:{found[1]}"
    finally:
        process.terminate()
        process.communicate(timeout=SECONDS)


def ask(address: str, flight: Mapping[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
    """Ask a running service for its health, or for a flight.

    Returns
    -------
    tuple
        The HTTP status and the answer.
    """
    if flight is None:
        request = urllib.request.Request(f"{address}/health")
    else:
        request = urllib.request.Request(f"{address}/predict", json.dumps(flight).encode())
    # A proxy that the environment names has no business between this machine and itself.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(request, timeout=SECONDS) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


if __name__ == "__main__":
    main()
