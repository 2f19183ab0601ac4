import hashlib
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from flightline.data import data_dir
from flightline.experiments import measure_ablation
from flightline.experiments.ablation import (
    BUDGET,
    SEEDS,
    STEPS,
    difference,
    flags,
    halves,
    learning_curves,
    load_ablation,
    named,
    next_steps,
    outcome,
    plan_week,
    replicates,
    teams,
    trained_on,
    ways,
)
from flightline.labels import PLANTED_FAULT

START = (0, 0, 0, 0)
EVERY = [way for budget in range(BUDGET + 1) for way in ways(budget)]


@pytest.fixture(scope="module")
def bench() -> measure_ablation.Bench:
    return measure_ablation.make_bench()


def test_every_way_spends_its_budget_once() -> None:
    assert [len(ways(budget)) for budget in range(BUDGET + 1)] == [1, 4, 10, 20]
    assert len(set(EVERY)) == len(EVERY)


def test_every_way_was_measured_with_every_seed() -> None:
    for way in EVERY:
        result = outcome(*way)
        assert len(result["auc_by_seed"]) == SEEDS
        assert 0.5 < result["auc"] < 0.85
        assert result["low"] <= result["gain"] <= result["high"]


def test_what_was_not_measured_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'rows': 4.* was not measured: .* 3 in all"):
        outcome(rows=4)


def test_a_difference_turned_around_has_the_other_sign() -> None:
    there, back = difference((0, 1, 0, 0), START), difference(START, (0, 1, 0, 0))
    assert there["gain"] == pytest.approx(-back["gain"])
    assert there["low"] == pytest.approx(-back["high"])
    assert difference(START, START) == {"gain": 0, "low": 0, "high": 0}


def test_pairing_makes_the_interval_narrower() -> None:
    paired = difference((0, 1, 0, 1), (0, 1, 0, 0))
    apart = np.quantile(replicates((0, 1, 0, 1)), 0.975) - np.quantile(
        replicates((0, 1, 0, 0)), 0.025
    )
    assert paired["high"] - paired["low"] < apart


def test_the_interval_is_numpys_quantiles() -> None:
    gains = np.array(replicates((1, 0, 0, 0))) - np.array(replicates(START))
    found = difference((1, 0, 0, 0), START)
    assert [found["low"], found["high"]] == pytest.approx(np.quantile(gains, [0.025, 0.975]))


def test_more_comparisons_make_the_interval_wider() -> None:
    one, four = (difference((1, 0, 0, 0), START, comparisons=n) for n in (1, 4))
    assert four["low"] < one["low"] < one["gain"] == four["gain"] < one["high"] < four["high"]


def test_both_halves_of_the_days_agree_with_the_whole() -> None:
    for way in EVERY:
        assert np.mean(halves(way)) == pytest.approx(outcome(*way)["auc"], abs=0.01)


def test_the_best_three_steps_are_a_mixture() -> None:
    best = max(ways(BUDGET), key=lambda way: outcome(*way)["gain"])
    assert sum(steps > 0 for steps in best) >= 2
    for alone in range(len(STEPS)):
        way = tuple(BUDGET if at == alone else 0 for at in range(len(STEPS)))
        assert difference(best, way)["low"] > 0.005


def test_a_way_reads_as_words() -> None:
    assert named((0, 1, 0, 2)) == "1 features + 2 rows"
    assert named(START) == "nothing"


def test_the_next_steps_are_measured_from_where_one_stands() -> None:
    days = dict.fromkeys(STEPS, 1.0)
    by_work = {each["work"]: each for each in next_steps((0, 1, 0, 0), days)}
    assert list(by_work) == list(STEPS)
    expected = difference((0, 1, 1, 0), (0, 1, 0, 0), comparisons=len(STEPS))
    assert by_work["labels"] == {"work": "labels", "days": 1.0, **expected}


def test_a_plan_leaves_out_what_may_be_worth_nothing_and_what_does_not_fit() -> None:
    options = [
        {"work": "luck", "days": 1, "gain": 0.05, "low": -0.01},
        {"work": "small", "days": 1, "gain": 0.01, "low": 0.008},
        {"work": "large", "days": 2, "gain": 0.04, "low": 0.03},
        {"work": "rewrite", "days": 5, "gain": 0.20, "low": 0.15},
    ]
    assert plan_week(options, days=4, margin=0.005) == ["large", "small"]
    assert plan_week(options, days=4, margin=0.02) == ["large"]


def test_reading_the_outcome_imports_neither_pandas_nor_scikit_learn() -> None:
    code = (
        "import sys; from flightline.experiments.ablation import outcome; outcome(1, 1, 1, 0); "
        "print([name for name in ('numpy', 'pandas', 'sklearn') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_the_artifact_was_measured_on_the_data_as_it_is() -> None:
    digest = hashlib.sha256((data_dir() / "SHA256SUMS").read_bytes()).hexdigest()
    assert load_ablation()["made_with"]["data"] == digest


def test_measuring_again_gives_the_recorded_outcome(bench: measure_ablation.Bench) -> None:
    for way in (START, (0, 0, 1, 0), (1, 0, 0, 0)):
        recorded = outcome(*way)["auc_by_seed"][2]
        p = measure_ablation.Team(bench, 2).predict(way)
        again = roc_auc_score(bench.late[bench.score], p)
        assert again == pytest.approx(recorded, abs=5e-3)


def test_flagging_again_gives_the_recorded_shares(bench: measure_ablation.Bench) -> None:
    again = measure_ablation.measure_flags(measure_ablation.Team(bench, 2))
    recorded = load_ablation()["teams"][2]
    for kind, found in recorded["flags"].items():
        assert again["flags"][kind]["flagged"] == pytest.approx(found["flagged"], abs=0.01)
    for kept, score in recorded["trained_on"].items():
        assert again["trained_on"][kept] == pytest.approx(score, abs=0.01)


def test_flags_are_there_for_every_kind_of_error_and_seed() -> None:
    found = pd.DataFrame(flags())
    assert found.groupby("errors")["seed"].apply(list).to_dict() == {
        kind: list(range(SEEDS)) for kind in ("feed", "random", "none")
    }
    assert (found["recall"].isna() == (found["errors"] == "none")).all()


def test_dropping_flags_is_there_for_every_seed() -> None:
    found = pd.DataFrame(trained_on())
    assert found.groupby("labels").size().to_dict() == {"all": SEEDS, "unflagged": SEEDS}
    assert set(found.columns) == {"labels", "seed", "auc", "log_loss", "expected"}


def test_each_team_adds_different_tables_and_repairs_only_broken_feeds() -> None:
    for team in teams():
        assert len(set(team["tables"])) == BUDGET
        assert {feed for step in team["broken"] for feed in step} <= set(PLANTED_FAULT)


def test_the_fault_is_in_the_training_labels_only(bench: measure_ablation.Bench) -> None:
    wrong = bench.flights[bench.received != bench.late]
    assert set(wrong["carrier"]) == {"B6"}
    assert set(wrong["month"]) == {5, 6}


def test_tables_share_no_column_and_have_all(bench: measure_ablation.Bench) -> None:
    columns = [name for names in bench.tables.values() for name in names]
    assert sorted(columns) == sorted(bench.features.columns)


def test_the_settings_of_more_steps_are_at_least_as_good_where_they_are_chosen(
    bench: measure_ablation.Bench,
) -> None:
    team = measure_ablation.Team(bench, 0)
    one, two = team.settings(1, 0, 0), team.settings(2, 0, 0)
    columns = team.columns(0)
    assert team.loss(columns, bench.received, two) <= team.loss(columns, bench.received, one)


def test_weighted_auc_is_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    late = rng.random(500) < 0.3
    p = (rng.random(500) + late).round(1)
    weights = rng.integers(0, 4, size=(500, 3))
    expected = [roc_auc_score(late, p, sample_weight=column) for column in weights.T]
    assert measure_ablation.weighted_aucs(late, p, weights) == pytest.approx(expected)


def test_days_are_resampled_whole() -> None:
    day = np.repeat([101, 102, 103], 5)
    weights = measure_ablation.resample_days(day, 20, np.random.default_rng(0))
    assert weights.shape == (15, 20)
    assert (weights.reshape(3, 5, 20) == weights.reshape(3, 5, 20)[:, :1]).all()
    assert (weights.sum(axis=0) == 15).all()


def test_learning_curves_have_every_size_and_seed() -> None:
    curves = pd.DataFrame(learning_curves())
    assert set(curves.groupby("carrier").size()) == {SEEDS * len(measure_ablation.CURVE_ROWS)}
    assert curves["auc"].between(0.5, 0.95).all()
