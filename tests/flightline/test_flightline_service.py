import hashlib
import http.client
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from flightline.data import data_dir
from flightline.definition import is_late, split
from flightline.experiments.measure_schedule_model import measure_schedule_model
from flightline.experiments.schedule_model import load_schedule_model
from flightline.service import LARGEST_BODY, RequestError, ask, predict, started

FLIGHT = {
    "carrier": "UA",
    "origin": "EWR",
    "dest": "IAH",
    "scheduled_departure": "2013-09-02T21:15:00Z",
}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with started() as running:
        yield running


def test_a_probability_is_a_probability_and_evenings_are_later_than_mornings() -> None:
    morning = predict(FLIGHT | {"scheduled_departure": "2013-09-02T11:15:00Z"})
    assert 0 < morning < predict(FLIGHT) < 1


def test_the_hour_is_new_yorks_whatever_zone_the_request_names() -> None:
    same = FLIGHT | {"scheduled_departure": "2013-09-02T17:15:00-04:00"}
    assert predict(same) == predict(FLIGHT)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"origin": "LAX"}, "origin 'LAX' is not one of EWR, JFK, LGA."),
        ({"dest": "QQQ"}, "dest 'QQQ' is not in the training data."),
        ({"carrier": 7}, "carrier is missing or no text."),
        ({"scheduled_departure": "yesterday"}, "scheduled_departure is no ISO 8601 time."),
        ({"scheduled_departure": "2013-09-02T21:15:00"}, "has no time zone"),
    ],
)
def test_a_wrong_flight_is_refused_with_a_sentence(change: dict, says: str) -> None:
    with pytest.raises(RequestError, match=says):
        predict(FLIGHT | change)


def test_the_served_model_scores_what_its_record_says(flights: pd.DataFrame) -> None:
    test = flights[split(flights).test].sample(3000, random_state=1)
    asked = test[["carrier", "origin", "dest"]].assign(
        scheduled_departure=test["scheduled_departure"].map(pd.Timestamp.isoformat)
    )
    known = asked["dest"].isin(load_schedule_model()["weights"]["dest"])
    late = is_late(test)[known].astype(bool)
    probability = [predict(row) for row in asked[known].to_dict("records")]
    assert roc_auc_score(late, probability) == pytest.approx(load_schedule_model()["auc"], abs=0.03)


def test_training_again_gives_the_recorded_model() -> None:
    again, recorded = measure_schedule_model(), load_schedule_model()
    assert again["auc"] == pytest.approx(recorded["auc"], abs=0.002)
    assert again["intercept"] == pytest.approx(recorded["intercept"], abs=0.05)
    assert {name: list(values) for name, values in again["weights"].items()} == {
        name: list(values) for name, values in recorded["weights"].items()
    }


def test_the_model_was_trained_on_the_data_as_it_is() -> None:
    digest = hashlib.sha256((data_dir() / "SHA256SUMS").read_bytes()).hexdigest()
    assert load_schedule_model()["made_with"]["data"] == digest


def test_health_says_which_model_is_served(address: str) -> None:
    assert ask(address) == (200, {"status": "ok", "model": "schedule-2013-08"})


def test_a_flight_gets_its_probability_over_http(address: str) -> None:
    status, answer = ask(address, FLIGHT)
    assert status == 200
    assert answer["late_probability"] == pytest.approx(predict(FLIGHT), abs=1e-4)


def test_a_wrong_flight_gets_400_and_the_service_goes_on(address: str) -> None:
    status, answer = ask(address, FLIGHT | {"origin": "LAX"})
    assert status == 400
    assert "LAX" in answer["error"]
    assert ask(address)[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/", None, 404),
        ("POST", "/health", b"{}", 404),
        ("POST", "/predict", b"no json", 400),
        ("POST", "/predict", b"[1]", 400),
        ("POST", "/predict", b"\xff", 400),
        ("POST", "/predict", b" " * (LARGEST_BODY + 1), 400),
    ],
)
def test_any_other_request_gets_an_answer_in_json(
    address: str, method: str, path: str, body: bytes | None, status: int
) -> None:
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=10)
    try:
        connection.request(method, path, body)
        response = connection.getresponse()
        assert response.status == status
        assert response.headers["Content-Type"] == "application/json"
        assert b"error" in response.read()
    finally:
        connection.close()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM")
def test_the_service_ends_well_when_it_is_told_to_stop() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "flightline.service", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert "Serving" in process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=10)
    assert process.returncode == 0


def test_a_service_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "flightline").mkdir()
    (tmp_path / "flightline" / "__init__.py").touch()
    with pytest.raises(RuntimeError, match="did not start"), started(tmp_path):
        pass


def test_the_service_imports_no_package_that_has_to_be_installed() -> None:
    code = (
        "import sys; from flightline.service import predict; "
        "print([name for name in ('numpy', 'pandas', 'sklearn') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
