"""The artifact of freshness can be read without heavy packages, and says what it should."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from flightline.experiments import freshness
from flightline.experiments.measure_freshness import (
    auc_gain,
    last_run,
    mean_age,
    rows_per_day,
    served,
)

NOON = pd.Timestamp("2013-09-12 12:00", tz="UTC")
MINUTE = pd.Timedelta(minutes=1)


def test_reading_the_artifact_imports_nothing_heavy() -> None:
    program = (
        "import sys; from flightline.experiments.freshness import load_freshness; "
        "load_freshness(); print({'pandas', 'sklearn', 'feast'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.decode().strip() == "set()"


def test_older_values_cost_more_and_write_less() -> None:
    costs = freshness.interval_costs()
    assert tuple(costs) == freshness.INTERVALS
    ages = [found["age"] for found in costs.values()]
    rows = [found["rows"] for found in costs.values()]
    assert ages == sorted(ages)
    assert rows == sorted(rows, reverse=True)
    assert costs[60]["hourly_model"] == costs[60]["own_model"]


def test_stale_values_cross_both_alternatives() -> None:
    costs = freshness.outage_costs()
    assert tuple(costs) == freshness.OUTAGES
    better = {
        way: [hours for hours, found in costs.items() if found["stale"] > found[way]]
        for way in ("missing", "fallback")
    }
    assert better == {"missing": [*range(9), 18, 24], "fallback": [0, 1, 2, 3, 4]}
    assert costs[0]["stale"] == freshness.interval_costs()[60]["hourly_model"]


def test_an_old_value_of_one_kind_costs_less_than_all_of_them() -> None:
    for found in freshness.outage_costs().values():
        assert found["stale"] <= found["delays"] <= found["aircraft"]
        assert found["missing"] < found["no_delays"] < found["no_aircraft"]


def test_the_gain_of_a_quarter_of_an_hour_lies_in_its_interval() -> None:
    found, costs = freshness.quarter_hour_gain(), freshness.interval_costs()
    assert found["low"] < found["difference"] < found["high"]
    gain = costs[15]["hourly_model"] - costs[60]["hourly_model"]
    assert found["difference"] == pytest.approx(gain, abs=2e-4)


def test_days_are_drawn_whole() -> None:
    truth, days = np.array([True, False] * 4), np.repeat(["a", "b"], 4)
    right, wrong = truth.astype(float), 1.0 - truth
    same = {"difference": 1.0, "low": 1.0, "high": 1.0}
    assert auc_gain(truth, days, right, wrong) == same


def test_the_stored_features_help_the_second_model() -> None:
    found = freshness.second_model()
    assert found["with"] > found["without"] + 0.02


def test_the_last_run_is_at_the_moment_itself_or_before() -> None:
    moments = pd.Series([NOON, NOON + 29 * MINUTE, NOON + 30 * MINUTE])
    assert last_run(moments, 30).tolist() == [NOON, NOON, NOON + 30 * MINUTE]


@pytest.fixture
def carriers() -> dict[str, pd.DataFrame]:
    known_at = [NOON, NOON + 30 * MINUTE, NOON + 60 * MINUTE, NOON + 60 * MINUTE]
    table = pd.DataFrame({"carrier": ["UA", "UA", "UA", "B6"], "known_at": known_at})
    return {"carrier": table.assign(delay=[1.0, 2.0, 3.0, 4.0])}


def test_a_run_writes_one_row_for_each_entity_with_a_new_one(carriers) -> None:
    assert rows_per_day(carriers, 30) == 4
    assert rows_per_day(carriers, 60) == 3


def test_a_flight_gets_what_the_last_run_wrote(carriers) -> None:
    asked_at = pd.Series([NOON + 45 * MINUTE, NOON + 75 * MINUTE])
    flights = pd.DataFrame({"carrier": "UA", "scheduled_departure": asked_at + 60 * MINUTE})
    assert served(flights, carriers, 30)["delay"].tolist() == [2.0, 3.0]
    assert served(flights, carriers, 60)["delay"].tolist() == [1.0, 3.0]
    assert served(flights, carriers, 60, 60 * MINUTE)["delay"].fillna(0).tolist() == [0.0, 1.0]
    assert mean_age(flights, carriers, 30) == 15.0
    assert mean_age(flights, carriers, 60) == 30.0
