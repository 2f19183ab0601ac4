"""Load tests: how long answers take when many ask, seen from outside.

Two ways to ask. In an *open* test requests are due at fixed moments, as passengers come, whether
the server is ready or not. In a *closed* test each client waits for its answer before it asks
again: when the server stalls, the test stops asking, and the stall is counted once. G. Tene, the
author of wrk2, named that coordinated omission. So `latency` counts from when a request was due.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

#: A request without an answer within this time has failed.
SECONDS = 10.0


@dataclass
class Load:
    """What a load test saw, a value for each request in the order in which they were due.

    Attributes
    ----------
    due, sent, answered
        Seconds since the test began, float64 of shape (n,).
    status
        The HTTP status; 0 where there was no answer.
    answers
        The JSON of each answer, an empty dict where there was none.
    """

    due: np.ndarray = field(default_factory=lambda: np.empty(0))
    sent: np.ndarray = field(default_factory=lambda: np.empty(0))
    answered: np.ndarray = field(default_factory=lambda: np.empty(0))
    status: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=int))
    answers: list[dict[str, Any]] = field(default_factory=list)

    @property
    def latency(self) -> np.ndarray:
        """Milliseconds from when a request was due to its answer."""
        return 1000 * (self.answered - self.due)

    @property
    def service_time(self) -> np.ndarray:
        """Milliseconds from when a request was sent to its answer; it hides waiting."""
        return 1000 * (self.answered - self.sent)

    @property
    def failed(self) -> int:
        """How many requests had no answer, or one with a status from 400 on."""
        return int(((self.status == 0) | (self.status >= 400)).sum())

    def percentiles(self, *percents: float) -> dict[str, float]:
        """Return percentiles of the latency in milliseconds: ``{"p50": 9.8, "p99": 31.0}``."""
        values = np.percentile(self.latency, percents)
        named = zip(percents, values, strict=True)
        return {f"p{percent:g}": float(value) for percent, value in named}

    def by_version(self) -> dict[int, int]:
        """Return how many answers each version of the model gave, in order of the version."""
        counts = Counter(answer["version"] for answer in self.answers if "version" in answer)
        return dict(sorted(counts.items()))


def open_load(url: str, bodies: Sequence[Mapping[str, Any]], rate: float, clients: int = 8) -> Load:
    """Ask once for each body, at fixed moments.

    Parameters
    ----------
    url : str
        To which each body is sent as JSON by POST.
    bodies : sequence of mappings
        The requests.
    rate : float
        Requests per second.
    clients : int
        Connections. When all of them wait, the next request is sent late and counted from when it
        was due.

    Returns
    -------
    Load
        One value for each body.
    """
    due = np.arange(len(bodies)) / rate
    return _run(url, bodies, due, clients, threading.Event())


def closed_load(url: str, bodies: Sequence[Mapping[str, Any]], clients: int = 1) -> Load:
    """Ask once for each body, each client as soon as it has the answer to the one before.

    A request counts as due when it is sent.
    """
    return _run(url, bodies, None, clients, threading.Event())


@contextmanager
def background_load(
    url: str, bodies: Sequence[Mapping[str, Any]], rate: float, clients: int = 8
) -> Iterator[Load]:
    """Keep asking while the ``with`` block runs, going through the bodies again and again.

    Yields
    ------
    Load
        Empty inside the block, complete after it.
    """
    load, stop = Load(), threading.Event()
    due = np.arange(int(rate * 600)) / rate

    def work() -> None:
        load.__dict__.update(_run(url, bodies, due, clients, stop).__dict__)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield load
    finally:
        stop.set()
        thread.join()


def _run(
    url: str,
    bodies: Sequence[Mapping[str, Any]],
    due: np.ndarray | None,
    clients: int,
    stop: threading.Event,
) -> Load:
    import httpx

    numbers = iter(range(len(bodies) if due is None else len(due)))
    lock = threading.Lock()
    seen: list[tuple[int, float, float, float, int, dict[str, Any]]] = []
    clock = time.perf_counter
    # Loopback is nobody's proxy business, and needs no certificates, which take long to load.
    connections = [
        httpx.Client(timeout=SECONDS, trust_env=False, verify=False) for _ in range(clients)
    ]
    began = clock()

    def work(client: httpx.Client) -> None:
        with client:
            while True:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                if due is not None and stop.wait(max(0.0, due[number] + began - clock())):
                    return
                sent = clock() - began
                status, answer = _ask(client, url, bodies[number % len(bodies)])
                moment = sent if due is None else float(due[number])
                seen.append((number, moment, sent, clock() - began, status, answer))

    threads = [threading.Thread(target=work, args=(client,)) for client in connections]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seen.sort(key=lambda one: one[0])
    times = np.array([one[1:4] for one in seen]).reshape(-1, 3)
    status = np.array([one[4] for one in seen], dtype=int)
    return Load(times[:, 0], times[:, 1], times[:, 2], status, [one[5] for one in seen])


def _ask(client: Any, url: str, body: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    import httpx

    try:
        response = client.post(url, json=dict(body))
        content = response.json()
    except (httpx.HTTPError, ValueError):
        return 0, {}
    return response.status_code, content if isinstance(content, dict) else {"answer": content}


def queue_latency(
    service_time: Sequence[float] | np.ndarray, rate: float
) -> tuple[np.ndarray, np.ndarray]:
    """Compute what a closed and an open test of one server with one client would report.

    Parameters
    ----------
    service_time : array of float, shape (n,)
        How long the server works on each request, in seconds.
    rate : float
        Requests per second of the open test.

    Returns
    -------
    tuple of array, shape (n,)
        Latencies in milliseconds: closed, where the next request is sent when the answer is
        there, and open, where it is due at its moment and waits for its turn.
    """
    work = np.asarray(service_time, dtype=float)
    due = np.arange(len(work)) / rate
    done, free = np.empty(len(work)), 0.0
    for number, seconds in enumerate(work):
        free = max(free, due[number]) + seconds
        done[number] = free
    return 1000 * work, 1000 * (done - due)
