"""A load test counts waiting from when a request was due, and failures as failures."""

import http.server
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from flightline.loadtest import Load, background_load, closed_load, open_load, queue_latency


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        time.sleep(body.get("sleep", 0))
        content = json.dumps({"version": body.get("version", 1)}).encode()
        self.send_response(body.get("status", 200))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_each_body_is_asked_once_and_the_answers_keep_their_order(url: str) -> None:
    bodies = [{"version": number, "sleep": 0.01 * (number % 3)} for number in range(12)]
    for load in (open_load(url, bodies, rate=200), closed_load(url, bodies, clients=3)):
        assert [answer["version"] for answer in load.answers] == list(range(12))
        assert load.failed == 0
        assert load.by_version() == {number: 1 for number in range(12)}


def test_an_open_test_counts_a_stall_for_everybody_who_waited(url: str) -> None:
    bodies = [{"sleep": 0.5 if number == 5 else 0} for number in range(30)]
    closed = closed_load(url, bodies)
    opened = open_load(url, bodies, rate=50, clients=1)
    assert (closed.latency > 100).sum() == 1
    assert (opened.latency > 100).sum() >= 15
    assert (opened.service_time > 100).sum() == 1


def test_a_status_from_400_on_and_a_missing_answer_are_failures(url: str) -> None:
    bodies = [{}, {"status": 422}, {"status": 500}]
    assert closed_load(url, bodies).failed == 2
    load = closed_load("http://127.0.0.1:1/", [{}])
    assert (load.failed, load.status.tolist(), load.answers) == (1, [0], [{}])


def test_background_load_lasts_as_long_as_the_block(url: str) -> None:
    with background_load(url, [{"version": 1}, {"version": 2}], rate=100) as load:
        assert len(load.status) == 0
        time.sleep(0.5)
    assert 20 <= len(load.status) <= 60
    assert load.failed == 0
    assert set(load.by_version()) == {1, 2}


def test_background_load_ends_when_the_block_fails(url: str) -> None:
    before = threading.active_count()
    with pytest.raises(ZeroDivisionError), background_load(url, [{}], rate=20):
        raise ZeroDivisionError
    time.sleep(0.1)
    assert threading.active_count() <= before + 2


def test_percentiles_are_of_the_latency() -> None:
    load = Load(due=np.zeros(101), sent=np.full(101, 0.05), answered=np.arange(101) / 1000)
    assert load.percentiles(50, 99) == pytest.approx({"p50": 50.0, "p99": 99.0})


def test_a_queue_without_a_stall_hides_nothing() -> None:
    closed, opened = queue_latency([0.01] * 100, rate=50)
    assert closed == pytest.approx(opened)


def test_a_stall_makes_the_open_tail_long() -> None:
    work = np.full(1_000, 0.01)
    work[200] = 2.0
    closed, opened = queue_latency(work, rate=50)
    assert np.percentile(closed, 99) == pytest.approx(10)
    assert np.percentile(opened, 99) > 1_500
