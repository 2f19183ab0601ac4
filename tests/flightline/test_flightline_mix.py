import hashlib
import subprocess
import sys
from itertools import product

import numpy as np
import pandas as pd
import pytest

from flightline.data import data_dir
from flightline.definition import is_late, split
from flightline.experiments import measure_mix
from flightline.experiments.mix import LEVELS, PARTS, WEEKS, load_mix, mix_outcome
from flightline.features import build_features
from flightline.training import TUNED_PARAMETERS

MIXES = list(product(WEEKS, repeat=len(PARTS)))
BUDGET = [mix for mix in MIXES if sum(mix) == 12]


def cost(mix: tuple[int, ...]) -> float:
    return mix_outcome(*mix)["cost"]


def test_every_mix_has_an_outcome() -> None:
    outcomes = [mix_outcome(*mix) for mix in MIXES]
    assert [outcome["weeks"] for outcome in outcomes] == [sum(mix) for mix in MIXES]
    assert all(0.5 < outcome["auc"] < 0.85 for outcome in outcomes)
    assert all(0 < outcome["cost"] < 1000 for outcome in outcomes)


def test_every_level_says_what_it_buys() -> None:
    assert list(LEVELS) == list(PARTS)
    assert {len(texts) for texts in LEVELS.values()} == {len(WEEKS)}


def test_weeks_that_were_not_measured_are_refused() -> None:
    with pytest.raises(ValueError, match="data takes 0, 3, 6 or 9 weeks, not 4"):
        mix_outcome(3, 4, 3, 3)


def test_no_single_part_wins() -> None:
    alone = [mix for mix in MIXES if sum(weeks > 0 for weeks in mix) == 1]
    best = min(BUDGET, key=cost)
    assert sum(weeks > 0 for weeks in best) >= 3
    assert cost(best) < min(map(cost, alone)) - 10


def test_all_the_work_beats_any_twelve_weeks() -> None:
    assert cost((9, 9, 9, 9)) < min(map(cost, BUDGET))


def test_reading_the_outcome_imports_neither_pandas_nor_scikit_learn() -> None:
    code = (
        "import sys; from flightline.experiments.mix import mix_outcome; mix_outcome(3, 3, 3, 3); "
        "print([name for name in ('numpy', 'pandas', 'sklearn') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_the_artifact_was_measured_on_the_data_as_it_is() -> None:
    digest = hashlib.sha256((data_dir() / "SHA256SUMS").read_bytes()).hexdigest()
    assert load_mix()["made_with"]["data"] == digest


def test_measuring_again_gives_the_recorded_outcome(
    flights: pd.DataFrame, weather: pd.DataFrame
) -> None:
    parts = split(flights)
    kept = parts.train | parts.test
    bench = measure_mix.Bench(
        build_features(flights, weather, sets=["schedule"])[kept],
        is_late(flights)[kept].astype(bool).to_numpy(),
        flights.loc[kept, "month"].to_numpy(),
    )
    for devops, again in enumerate(measure_mix.measure_devops(bench, "logistic", {})):
        assert again["auc"] == pytest.approx(load_mix()["auc"][devops][0][0], abs=0.005)
        assert again["cost"] == pytest.approx(load_mix()["cost"][devops][0][0], rel=0.05)


def test_the_tuned_model_has_the_settings_that_were_found() -> None:
    assert load_mix()["settings"][-1]["best_of_25"] == TUNED_PARAMETERS


def test_a_review_only_looks_at_the_month_before() -> None:
    month = np.repeat([8, 9, 10, 11, 12], 50)
    late = np.tile([True, False], 125)
    p = np.where(late, 0.4, 0.1)
    bench = measure_mix.Bench(pd.DataFrame(index=range(250)), late, month)
    before = measure_mix.review(bench, p)
    assert np.array_equal(before, late & (month > 8))
    changed = p.copy()
    changed[month == 10] = 0.0
    after = measure_mix.review(bench, changed)
    assert np.array_equal(after[month <= 9], before[month <= 9])
