"""The service answers, refuses in one sentence, leaks nothing, and changes models in flight."""

import json
import shutil
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flightline import bundles, delivery_models, loadtest
from flightline.bundles import Deployment, save_bundle, write_deployment
from flightline.canary import in_canary
from flightline.client import ask, serve_command, wait_until
from flightline.processes import free_port, serving
from flightline.scoring import flight_key, load_scoring_flights, model_input, requests
from flightline.serving import LARGEST_BODY, create_app

with warnings.catch_warnings():
    # It recommends a package that nobody else here needs.
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

LIVE = load_scoring_flights("live").iloc[500:560]
REQUESTS = requests(LIVE)
GOOD = REQUESTS[0]


class Raising:
    """A model that fails for every flight, with a secret in its message."""

    feature_names_in_ = np.array(["distance"])

    def predict_proba(self, table: Any) -> Any:
        raise KeyError("/secret/path")


class Percent:
    """A model that answers in per cent."""

    def predict_proba(self, table: Any) -> Any:
        return np.array([[75.0, 25.0]])


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundles")
    models = [delivery_models.timetable_model(), delivery_models.half_year_model()]
    for version, model in enumerate(models, start=1):
        inputs = dict.fromkeys(map(str, model.feature_names_in_), "double")
        save_bundle(folder, model, version, {"inputs": inputs})
    for version, broken in ((3, Raising()), (4, Percent())):
        save_bundle(folder, broken, version, {"inputs": {"distance": "long"}})
    return folder


@pytest.fixture
def folder(store: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(store, tmp_path / "bundles"))


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient]:
    write_deployment(folder, Deployment(champion=2))
    with TestClient(create_app(folder)) as client:
        yield client


def until(true: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


def log(folder: Path) -> list[dict[str, Any]]:
    path = folder / "predictions.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_an_answer_is_the_model_s_with_its_version_and_the_request_s_id(
    client: TestClient, folder: Path
) -> None:
    model = bundles.load_bundle(folder, 2).model
    expected = delivery_models.late_probability(model, model_input(LIVE))
    for request, probability in zip(REQUESTS[:10], expected, strict=False):
        response = client.post("/predict", json=request)
        answer = response.json()
        assert response.status_code == 200
        assert answer["late_probability"] == pytest.approx(probability, abs=6e-5)
        assert answer["warn"] == (probability >= 1 / 6)
        assert answer["version"] == 2
        assert answer["request_id"] == response.headers["X-Request-ID"]


def test_a_request_id_is_kept_if_it_is_harmless(client: TestClient) -> None:
    sent = {"X-Request-ID": "gate-7.A_1"}
    assert client.post("/predict", json=GOOD, headers=sent).json()["request_id"] == "gate-7.A_1"
    for harmful in ("a b", "x" * 65, "<script>", 'a"b'):
        response = client.get("/health", headers={"X-Request-ID": harmful})
        assert response.headers["X-Request-ID"] != harmful


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"dest": "los angeles"}, "dest must be 3 capital letters."),
        ({"carrier": "United"}, "carrier must be 2 capital letters or digits."),
        ({"dest": None}, "dest must be a text."),
        ({"flight": "1545"}, "flight must be a whole number."),
        ({"flight": True}, "flight must be a whole number."),
        ({"flight": 0}, "flight must be at least 1."),
        ({"distance": "far"}, "distance must be a number."),
        ({"distance": False}, "distance must be a number."),
        ({"distance": -1}, "distance must be more than 0."),
        ({"carrier_arrival_delay_3h": 1e6}, "carrier_arrival_delay_3h must be at most 2880."),
        ({"scheduled_departure": "tomorrow"}, "scheduled_departure is no ISO 8601 time."),
        ({"scheduled_departure": 1.5e9}, "scheduled_departure is no ISO 8601 time."),
        ({"scheduled_departure": "1378152000"}, "scheduled_departure is no ISO 8601 time."),
        ({"scheduled_departure": ["2013-09-01"]}, "scheduled_departure is no ISO 8601 time."),
        (
            {"scheduled_departure": "0001-01-01T00:00:00Z"},
            "scheduled_departure lies outside the years 2000 to 2099.",
        ),
        (
            {"scheduled_departure": "2013-09-01T10:00:00"},
            "scheduled_departure needs a time zone: add Z for UTC.",
        ),
        (
            {"scheduled_arrival": GOOD["scheduled_departure"]},
            "scheduled_arrival lies within 24 hours after scheduled_departure.",
        ),
        ({"wind": 12}, "There is an unknown field: /openapi.json lists those of a request."),
        ({"distance": 10**400}, "distance must be a number."),
    ],
)
def test_a_bad_field_is_named_in_one_sentence(
    client: TestClient, change: dict[str, Any], said: str
) -> None:
    response = client.post("/predict", json={**GOOD, **change})
    assert response.status_code == 422
    assert response.json()["error"] == said
    assert set(response.json()) == {"error", "request_id"}


def test_every_field_is_needed(client: TestClient) -> None:
    for name in GOOD:
        request = {key: value for key, value in GOOD.items() if key != name}
        assert client.post("/predict", json=request).json()["error"] == f"{name} is missing."


@pytest.mark.parametrize("body", [b"", b"{", b"[1, 2]", b'"text"', b"null", b"\xff\xfe"])
def test_a_body_that_is_no_object_is_refused(client: TestClient, body: bytes) -> None:
    response = client.post("/predict", content=body)
    assert response.status_code in (400, 422)
    assert len(response.json()["error"]) < 60


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_number_that_is_none_is_refused(client: TestClient, value: str) -> None:
    body = json.dumps(GOOD).replace(f'"distance": {GOOD["distance"]}', f'"distance": {value}')
    response = client.post("/predict", content=body)
    assert response.status_code == 422


def test_a_long_body_is_refused_unread(client: TestClient) -> None:
    response = client.post("/predict", content=b" " * (LARGEST_BODY + 1))
    assert (response.status_code, set(response.json())) == (413, {"error", "request_id"})


def test_an_unknown_path_and_method_are_refused_in_the_same_form(client: TestClient) -> None:
    for response in (client.get("/nothing"), client.get("/predict"), client.get("/docs")):
        assert response.status_code in (404, 405)
        assert set(response.json()) == {"error", "request_id"}


def test_a_failing_model_leaks_neither_stack_nor_path(folder: Path) -> None:
    write_deployment(folder, Deployment(champion=3))
    with TestClient(create_app(folder), raise_server_exceptions=False) as client:
        response = client.post("/predict", json=GOOD)
    assert response.status_code == 500
    assert response.json()["error"] == "The service failed. Quote the request id."
    for secret in ("Traceback", "KeyError", "secret", "/", "flightline"):
        assert secret not in response.text


def test_alive_is_not_ready(folder: Path) -> None:
    with TestClient(create_app(folder)) as client:
        assert client.get("/health").status_code == 200
        assert client.get("/ready").status_code == 503
        refused = client.post("/predict", json=GOOD)
        assert (refused.status_code, refused.json()["error"]) == (
            503,
            "No version is deployed yet.",
        )
        write_deployment(folder, Deployment(champion=1))
        until(lambda: client.get("/ready").status_code == 200)
        assert client.post("/predict", json=GOOD).json()["version"] == 1


def test_a_deployment_that_cannot_be_loaded_changes_nothing(
    client: TestClient, folder: Path
) -> None:
    with (folder / "1" / "model.joblib").open("ab") as file:
        file.write(b"x")
    write_deployment(folder, Deployment(champion=1))
    until(lambda: "error" in client.get("/ready").json())
    assert client.get("/ready").json()["error"] == (
        "The bundle of version 1 is damaged: export it again."
    )
    assert client.post("/predict", json=GOOD).json()["version"] == 2
    write_deployment(folder, Deployment(champion=2, shadow=4))
    until(lambda: "error" not in client.get("/ready").json())


def test_a_canary_answers_its_flights_and_no_others(client: TestClient, folder: Path) -> None:
    write_deployment(folder, Deployment(champion=2, canary=1, share=0.3, salt="s"))
    until(lambda: client.get("/ready").json()["canary"] == 1)
    for request in REQUESTS:
        expected = 1 if in_canary(flight_key(request), 0.3, "s") else 2
        assert client.post("/predict", json=request).json()["version"] == expected
    assert {record["role"] for record in log(folder)} == {"champion", "canary"}


@pytest.mark.parametrize("broken", [3, 4])
def test_a_canary_that_fails_costs_nobody_an_answer(
    client: TestClient, folder: Path, broken: int
) -> None:
    write_deployment(folder, Deployment(champion=2, canary=broken, share=1.0))
    until(lambda: client.get("/ready").json()["canary"] == broken)
    assert client.post("/predict", json=GOOD).json()["version"] == 2
    counted = f'flightline_model_failures_total{{role="canary",version="{broken}"}} 1.0'
    assert counted in client.get("/metrics").text


def test_a_shadow_gets_every_request_and_answers_nobody(client: TestClient, folder: Path) -> None:
    write_deployment(folder, Deployment(champion=2, shadow=1))
    until(lambda: client.get("/ready").json()["shadow"] == 1)
    answers = [client.post("/predict", json=request).json() for request in REQUESTS[:20]]
    assert {answer["version"] for answer in answers} == {2}
    until(lambda: len(log(folder)) == 20)
    assert all("shadow_probability" in record for record in log(folder))


def test_a_failing_shadow_is_written_down_and_nobody_notices(
    client: TestClient, folder: Path
) -> None:
    write_deployment(folder, Deployment(champion=2, shadow=3))
    until(lambda: client.get("/ready").json()["shadow"] == 3)
    assert client.post("/predict", json=GOOD).status_code == 200
    until(lambda: len(log(folder)) == 1)
    assert log(folder)[0]["shadow_error"] == "KeyError"


def test_metrics_count_requests_by_status_and_predictions_by_version(client: TestClient) -> None:
    client.post("/predict", json=GOOD)
    client.post("/predict", json={})
    response = client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    for line in (
        'flightline_requests_total{status="200"} 1.0',
        'flightline_requests_total{status="422"} 1.0',
        'flightline_predictions_total{role="champion",version="2"} 1.0',
        "flightline_champion_version 2.0",
        "flightline_request_seconds_count 2.0",
    ):
        assert line in response.text


def test_models_change_under_load_without_a_failed_request(folder: Path) -> None:
    port = free_port()
    write_deployment(folder, Deployment(champion=1))
    with serving(serve_command(folder, port), "/ready", port) as url:
        with loadtest.background_load(f"{url}/predict", REQUESTS, rate=30, clients=4) as load:
            for version in (2, 1, 2):
                time.sleep(0.7)
                write_deployment(folder, Deployment(champion=version))
                wait_until(url, champion=version)
            time.sleep(0.7)
        assert load.failed == 0
        assert set(load.by_version()) == {1, 2}
        assert load.answers[-1]["version"] == 2


def test_the_client_asks_and_waits(folder: Path) -> None:
    port = free_port()
    write_deployment(folder, Deployment(champion=2))
    with serving(serve_command(folder, port), "/health", port) as url:
        assert wait_until(url, champion=2)["status"] == "ready"
        assert ask(f"{url}/predict", GOOD, {"X-Request-ID": "a"})[1]["request_id"] == "a"
        assert ask(f"{url}/nothing")[0] == 404
        assert "flightline_requests_total" in ask(f"{url}/metrics")[1]["text"]
        with pytest.raises(TimeoutError, match=r"After 0\.2 s .*'champion': 9"):
            wait_until(url, seconds=0.2, champion=9)


def test_the_server_does_not_import_mlflow() -> None:
    program = "import sys, flightline.serving; print('mlflow' in sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "False"
