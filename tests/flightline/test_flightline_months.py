"""The measured year, and parts of it measured again."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from flightline.experiments import months
from flightline.experiments.measure_months import Year, _every, evidently_sides
from flightline.monitoring import performance

# Evidently writes DeprecationWarnings of its own when it is imported: it gets a process of its own.
EVIDENTLY = """
import io, json, sys
import pandas as pd
from flightline.experiments.measure_months import run_evidently
import evidently.presets
sides = [pd.read_json(io.StringIO(text), orient="split") for text in sys.stdin]
print(json.dumps(run_evidently(*sides)))
"""


@pytest.fixture(scope="module", autouse=True)
def evidently() -> Iterator[subprocess.Popen[str] | None]:
    """Imports Evidently beside the other tests: that takes longer than all of them."""
    if not os.environ.get("CI"):
        yield None
        return
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", EVIDENTLY],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture(scope="module")
def year(flights: pd.DataFrame, weather: pd.DataFrame) -> Year:
    return Year(flights, weather)


def test_a_model_learns_from_labels_that_were_known_when_it_was_trained(year: Year) -> None:
    end = pd.Timestamp("2013-07-01 04:00", tz="UTC")
    for window, first in (("all", 1), ("last 3", 4)):
        rows = year.learned(6, window)
        assert year.flights["actual_arrival"][rows].max() < end
        assert sorted(set(year.month[rows])) == list(range(first, 7))


def test_the_model_of_march_measured_again_is_the_one_of_the_artifact(year: Year) -> None:
    july = year.month == 7
    again = performance(year.late[july], year.predict(year.learned(3, "all"), july))
    stored = months.scores(3, 7)
    assert {name: stored[name] for name in again} == pytest.approx(again, rel=0.01)


def test_the_champion_learned_from_the_flights_of_the_other_chapters(year: Year) -> None:
    learned, december = _every(year.train), year.month == 12
    assert int(learned.sum()) == 43_546
    again = performance(year.late[december], year.predict(learned, december))
    stored = months.champion_scores(12)
    assert {name: stored[name] for name in again} == pytest.approx(again, rel=0.01)


def test_drift_of_the_artifact_is_the_drift_of_the_data(year: Year) -> None:
    from flightline.monitoring import psi

    before = year.features["temp"][year.month <= 3]
    assert months.drift(7)["temp"]["psi"] == pytest.approx(
        psi(before, year.features["temp"][year.month == 7]), abs=0.001
    )


def test_the_model_of_march_loses_from_june_to_november() -> None:
    for month in range(6, 12):
        assert months.scores(month - 1, month)["high"] < 0
    assert months.scores(11, 12)["high"] > 0


def test_evidently_says_live_what_the_artifact_says(
    year: Year, evidently: subprocess.Popen[str] | None
) -> None:
    if evidently is None:
        pytest.skip("Importing Evidently takes 10 s: tried where CI is set.")
    sides = evidently_sides(year.features, year.month <= 8, year.month == 12)
    lines = [side.to_json(orient="split", double_precision=15) for side in sides]
    output, errors = evidently.communicate("\n".join(lines), timeout=120)
    assert evidently.returncode == 0, errors
    found, stored = json.loads(output.splitlines()[-1]), months.load_months()["evidently"]
    assert found["drifted_share"] == stored["drifted_share"]
    assert found["psi"] == pytest.approx(stored["psi"], abs=0.002)
    assert np.isfinite(list(found["psi"].values())).all()
