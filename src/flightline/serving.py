"""The service: the probability that a flight is late, from whatever version is deployed.

``python -m flightline.serving --folder BUNDLES --port 8080`` serves what ``deployment.json`` in
that folder names, and follows it when it changes. It doesn't import MLflow: it loads bundles
(`flightline.bundles`), and nothing on its port can change what it serves.
"""

import argparse
import asyncio
import contextlib
import importlib
import json
import logging
import queue
import re
import threading
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)
from starlette.exceptions import HTTPException

from flightline.bundles import Bundle, BundleError, Deployment, load_bundle, read_deployment
from flightline.canary import in_canary
from flightline.scoring import WARN_FROM, flight_key, model_input, request_table

LOGGER = logging.getLogger("flightline.serving")
LOG = "predictions.jsonl"
LARGEST_BODY = 10_000
#: How often the service looks whether the deployment has changed.
SECONDS_TO_LOOK = 0.1
#: Copies that wait for the shadow; more are dropped, because no answer may wait for it.
LONGEST_QUEUE = 1_000
BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)


def read_time(value: Any) -> datetime:
    """Return the moment that a text in ISO 8601 names.

    Raises
    ------
    ValueError
        If it is no such text: pydantic would read a number as seconds since 1970, in a text too,
        and nobody means that here.
    """
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("is no ISO 8601 time") from None
    if not 2000 <= moment.year < 2100:
        raise ValueError("lies outside the years 2000 to 2099")
    return moment


Time = Annotated[AwareDatetime, BeforeValidator(read_time)]
Airport = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Delay = Annotated[float | None, Field(ge=-1_440, le=2_880, allow_inf_nan=False, strict=True)]

#: What is wrong, by pydantic's name for it. Its own messages speak of types and may quote input.
SENTENCES = {
    "missing": "is missing",
    "json_invalid": "The body is no JSON",
    "timezone_aware": "needs a time zone: add Z for UTC",
}


class Flight(BaseModel):
    """A request: the flight, and the recent delays in minutes that the feature store holds."""

    model_config = ConfigDict(extra="forbid")

    carrier: Annotated[str, Field(pattern=r"^[A-Z0-9]{2}$")]
    flight: Annotated[int, Field(ge=1, le=9_999, strict=True)]
    origin: Airport
    dest: Airport
    scheduled_departure: Time
    scheduled_arrival: Time
    distance: Annotated[float, Field(gt=0, le=6_000, allow_inf_nan=False, strict=True)]
    carrier_arrival_delay_3h: Delay
    origin_departure_delay_3h: Delay
    dest_arrival_delay_3h: Delay
    aircraft_last_arrival_delay: Delay

    @model_validator(mode="after")
    def _arrives_after_departure(self) -> "Flight":
        hours = (self.scheduled_arrival - self.scheduled_departure).total_seconds() / 3600
        if not 0 < hours <= 24:
            raise ValueError("scheduled_arrival lies within 24 hours after scheduled_departure")
        return self


@dataclass(frozen=True)
class Serving:
    """What answers at one moment: never changed, only replaced as a whole."""

    deployment: Deployment
    bundles: Mapping[int, Bundle]


@dataclass
class Measures:
    """What ``/metrics`` tells, in Prometheus' format."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        # When each counter was made is of no use beside the counters, and doubles the page.
        disable_created_metrics()
        self.requests = Counter(
            "flightline_requests", "Answers by status.", ["status"], registry=self.registry
        )
        self.seconds = Histogram(
            "flightline_request_seconds",
            "Time to answer, seen from inside the service.",
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.predictions = Counter(
            "flightline_predictions",
            "Predictions by version and role.",
            ["version", "role"],
            registry=self.registry,
        )
        self.failures = Counter(
            "flightline_model_failures",
            "Predictions that raised, by version and role.",
            ["version", "role"],
            registry=self.registry,
        )
        self.dropped = Counter(
            "flightline_shadow_dropped",
            "Copies that the shadow had no time for.",
            registry=self.registry,
        )
        self.version = Gauge(
            "flightline_champion_version", "The version that serves.", registry=self.registry
        )


class Service:
    """Answers requests with the deployed models, and writes down what it answered."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.measures = Measures()
        self.serving: Serving | None = None
        self.problem = "No version is deployed yet."
        self._refused: Deployment | None = None
        self._lock, self._turn = threading.Lock(), threading.Lock()
        self._copies: queue.Queue[tuple[Serving, dict[str, Any], dict[str, Any]] | None]
        self._copies = queue.Queue(LONGEST_QUEUE)

    def follow(self) -> None:
        """Load what the folder deploys, if it is new, and switch to it.

        A deployment that can't be loaded changes nothing: what served before goes on.
        """
        try:
            deployment = read_deployment(self.folder)
        except BundleError as error:
            self.problem = str(error)
            return
        current = self.serving
        unchanged = deployment == (current.deployment if current else Deployment())
        if unchanged or deployment == self._refused:
            return
        loaded = current.bundles if current else {}
        try:
            bundles = {
                version: loaded.get(version) or load_bundle(self.folder, version)
                for version in deployment.versions
            }
        except BundleError as error:
            self.problem, self._refused = str(error), deployment
            return
        # One assignment: a request that has begun keeps the models it began with.
        self.serving = Serving(deployment, bundles) if deployment.versions else None
        self._refused = None
        self.problem = "" if self.serving else "No version is deployed yet."
        self.measures.version.set(deployment.champion or 0)

    def answer(self, request: dict[str, Any], request_id: str) -> dict[str, Any]:
        """Return the answer to a valid request.

        Raises
        ------
        NotReadyError
            If no version is deployed.
        """
        serving = self.serving
        if serving is None:
            raise NotReadyError
        key = flight_key(request)
        probability, version, role = self._predict(serving, request, key)
        record = {
            "request_id": request_id,
            "flight": key,
            "version": version,
            "role": role,
            "late_probability": probability,
        }
        shadow = serving.deployment.shadow
        if shadow is None:
            self._write(record)
        else:
            try:
                self._copies.put_nowait((serving, request, record))
            except queue.Full:
                self.measures.dropped.inc()
                self._write(record)
        return {
            "late_probability": round(probability, 4),
            "warn": probability >= WARN_FROM,
            "version": version,
            "request_id": request_id,
        }

    def _predict(
        self, serving: Serving, request: dict[str, Any], key: str
    ) -> tuple[float, int, str]:
        deployment = serving.deployment
        if deployment.canary is not None and in_canary(key, deployment.share, deployment.salt):
            # The passenger gets an answer even if the canary has none.
            with contextlib.suppress(Exception):
                probability = self._ask(serving, deployment.canary, "canary", request)
                return probability, deployment.canary, "canary"
        assert deployment.champion is not None
        probability = self._ask(serving, deployment.champion, "champion", request)
        return probability, deployment.champion, "champion"

    def _ask(self, serving: Serving, version: int, role: str, request: dict[str, Any]) -> float:
        bundle = serving.bundles[version]
        try:
            # Python computes for one at a time anyway: whole turns give shorter waits than slices.
            with self._turn:
                table = model_input(request_table(request))[list(bundle.inputs)]
                probability = float(bundle.model.predict_proba(table)[0, 1])
            if not 0 <= probability <= 1:
                raise ValueError("no probability")
        except Exception:
            self.measures.failures.labels(version, role).inc()
            raise
        self.measures.predictions.labels(version, role).inc()
        return probability

    def work_for_the_shadow(self) -> None:
        """Let the shadow answer the copies, one after the other, until there is a None."""
        while (copy := self._copies.get()) is not None:
            serving, request, record = copy
            version = serving.deployment.shadow
            assert version is not None
            record["shadow_version"] = version
            try:
                record["shadow_probability"] = self._ask(serving, version, "shadow", request)
            except Exception as error:
                record["shadow_error"] = type(error).__name__
            self._write(record)

    def stop(self) -> None:
        """End the shadow's thread when it has answered every copy."""
        self._copies.put(None)

    def _write(self, record: Mapping[str, Any]) -> None:
        line = json.dumps(record) + "\n"
        with self._lock, (self.folder / LOG).open("a", encoding="utf-8") as file:
            file.write(line)


class NotReadyError(Exception):
    """No version is deployed, so that nothing can be answered."""


def create_app(folder: Path) -> FastAPI:
    """Return the service as an application.

    Parameters
    ----------
    folder : pathlib.Path
        Of the bundles and ``deployment.json``; the log of predictions is written there.
    """
    service = Service(folder)
    measures = service.measures

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(service.follow)
        watching = asyncio.create_task(_watch(service))
        shadow = threading.Thread(target=service.work_for_the_shadow, daemon=True)
        shadow.start()
        yield
        watching.cancel()
        service.stop()
        await asyncio.to_thread(shadow.join, 5)

    # Its pages of documentation load scripts from another server.
    app = FastAPI(title="Flightline", docs_url=None, redoc_url=None, lifespan=life)

    @app.middleware("http")
    async def around(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        began = time.perf_counter()
        request.state.id = _request_id(request)
        try:
            length = request.headers.get("content-length", "0")
            if not length.isdecimal() or int(length) > LARGEST_BODY:
                text = f"The body may have {LARGEST_BODY:,} bytes."
                response: Response = _problem(request, 413, text)
            else:
                response = await call_next(request)
        except Exception:
            # For those who run the service; the answer tells nothing of it.
            LOGGER.exception("request %s failed", request.state.id)
            response = _problem(request, 500, "The service failed. Quote the request id.")
        response.headers["X-Request-ID"] = request.state.id
        measures.requests.labels(response.status_code).inc()
        measures.seconds.observe(time.perf_counter() - began)
        return response

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return _problem(request, 422, sentence(error.errors()[0]))

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        return _problem(request, error.status_code, f"{error.detail}.")

    @app.exception_handler(NotReadyError)
    async def not_ready(request: Request, error: NotReadyError) -> Response:
        return _problem(request, 503, "No version is deployed yet.")

    @app.post("/predict")
    def predict(flight: Flight, request: Request) -> dict[str, Any]:
        return service.answer(flight.model_dump(), request.state.id)

    @app.get("/health")
    async def health() -> dict[str, str]:
        """Say that the process lives."""
        return {"status": "alive"}

    @app.get("/ready")
    async def ready() -> Response:
        """Say whether it can answer, and which versions do."""
        serving = service.serving
        if serving is None:
            return JSONResponse({"status": "not ready", "error": service.problem}, 503)
        deployed = serving.deployment
        content: dict[str, Any] = {"status": "ready", "champion": deployed.champion}
        content |= {"canary": deployed.canary, "share": deployed.share, "shadow": deployed.shadow}
        if service.problem:
            content["error"] = service.problem
        return JSONResponse(content)

    @app.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(measures.registry), media_type="text/plain; version=0.0.4")

    return app


def _warm_up() -> None:
    # Most of the time to the first answer is this import: do it while nobody asks yet.
    importlib.import_module("sklearn.ensemble")


async def _watch(service: Service) -> None:
    # In turn with loading a bundle: two threads that import scikit-learn at once can deadlock.
    await asyncio.to_thread(_warm_up)
    while True:
        await asyncio.sleep(SECONDS_TO_LOOK)
        await asyncio.to_thread(service.follow)


def _request_id(request: Request) -> str:
    given = request.headers.get("x-request-id", "")
    return given if re.fullmatch(r"[\w.-]{1,64}", given, re.ASCII) else uuid.uuid4().hex


def _problem(request: Request, status: int, text: str) -> JSONResponse:
    return JSONResponse({"error": text, "request_id": request.state.id}, status)


def sentence(error: Mapping[str, Any]) -> str:
    """Return what is wrong with a request, in one sentence that quotes nothing of it.

    Parameters
    ----------
    error : mapping
        One of pydantic's, with `type`, `loc`, `msg` and `ctx`.
    """
    kind, place = error["type"], [str(part) for part in error["loc"][1:]]
    context = error.get("ctx", {})
    if kind == "json_invalid" or not place:
        reason = str(context.get("error", "")) if kind == "value_error" else ""
        return f"{reason or SENTENCES.get(kind, 'The body is no JSON object')}."
    if kind == "extra_forbidden":
        # Its name was sent by a stranger, like any value.
        return "There is an unknown field: /openapi.json lists those of a request."
    name = place[0]
    if kind == "value_error":
        return f"{name} {context['error']}."
    if kind in SENTENCES:
        return f"{name} {SENTENCES[kind]}."
    limits = {"greater_than_equal": "ge", "greater_than": "gt"}
    limits |= {"less_than_equal": "le", "less_than": "lt"}
    if kind in limits:
        words = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
        limit = limits[kind]
        return f"{name} must be {words[limit]} {context[limit]:g}."
    if kind == "string_pattern_mismatch":
        letters = "2 capital letters or digits" if name == "carrier" else "3 capital letters"
        return f"{name} must be {letters}."
    wanted = {"string_type": "a text", "int_type": "a whole number", "float_type": "a number"}
    return f"{name} must be {wanted.get(kind, 'a finite number')}."


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until the process is told to stop."""
    parser = argparse.ArgumentParser(prog="python -m flightline.serving")
    parser.add_argument("--folder", type=Path, required=True, help="of the bundles")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    # The service counts requests itself; a line for each would double the work of logging.
    uvicorn.run(
        create_app(options.folder),
        host=options.host,
        port=options.port,
        log_level="warning",
        access_log=False,
    )


if __name__ == "__main__":
    main()
