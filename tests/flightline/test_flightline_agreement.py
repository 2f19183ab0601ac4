"""The chapters speak of the same flights: their artifacts agree with the one definition."""

import hashlib
import json
from pathlib import Path

import pytest

from flightline.data import data_dir, load_flights
from flightline.definition import is_late, split
from flightline.experiments import canary_rates, mix, months, scoring_flights, search
from flightline.experiments.measure_leaks import EVERY, Bench
from flightline.scoring import load_scoring_flights

ARTIFACTS = Path(scoring_flights.ARTIFACT).parent


@pytest.fixture(scope="module")
def tested() -> tuple[int, float]:
    """Return how many flights September to December have, and the share that was late."""
    flights = load_flights()
    test = split(flights).test
    return int(test.sum()), float(is_late(flights)[test].mean())


def test_the_test_flights_are_the_same_in_chapters_10_to_12(tested: tuple[int, float]) -> None:
    count, late = tested
    later = search.load_search()["later"]
    assert later["flights"] == canary_rates.load_canary_rates()["flights"] == count
    assert later["late"] == pytest.approx(late, abs=1e-4)
    by_month = [months.champion_scores(month) for month in months.CHAMPION_MONTHS]
    assert sum(month["flights"] for month in by_month) == count
    late_flights = sum(month["flights"] * month["late_rate"] for month in by_month)
    assert late_flights / count == pytest.approx(late, abs=1e-3)


def test_never_to_warn_costs_what_the_late_rate_says(tested: tuple[int, float]) -> None:
    assert mix.load_mix()["references"]["never_alarm"] == pytest.approx(5_000 * tested[1], abs=0.1)


def test_chapters_08_09_and_12_train_on_the_same_flights() -> None:
    flights = load_flights()
    bench = Bench(flights)
    learned = flights.index[split(flights).train][::EVERY]
    assert flights.index[bench.train].equals(learned)


def test_small_tables_hold_flights_of_their_part_of_the_split() -> None:
    for part, mask in (("learn", "learn"), ("gate", "tune"), ("live", "test")):
        flights = load_scoring_flights(part)  # type: ignore[arg-type]
        assert getattr(split(flights.assign(arr_delay=0.0)), mask).all()


def test_artifacts_were_made_from_the_data_of_the_course() -> None:
    today = hashlib.sha256((data_dir() / "SHA256SUMS").read_bytes()).hexdigest()
    named = {}
    for path in sorted(ARTIFACTS.glob("*.json")):
        artifact = json.loads(path.read_text(encoding="utf-8"))
        made_with = artifact.get("made_with", {}) if isinstance(artifact, dict) else {}
        if "data" in made_with:
            named[path.name] = made_with["data"]
    assert len(named) >= 4
    assert {name for name, data in named.items() if data != today} == set()
