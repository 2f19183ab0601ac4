import numpy as np
import pandas as pd
import pytest

from flightline.definition import is_late, split
from flightline.features import FEATURE_SETS, build_features
from flightline.training import cost_per_1000, evaluate, make_model


@pytest.fixture(scope="module")
def small() -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(0)
    number = rng.normal(size=400)
    category = pd.Categorical(rng.choice(["a", "b"], size=400))
    late = number + (category == "a") + rng.normal(size=400) > 0.5
    features = pd.DataFrame({"number": number, "category": category})
    features.loc[::10, "number"] = np.nan
    return features, late


@pytest.mark.parametrize("kind", ["logistic", "boosting", "tuned"])
def test_a_model_takes_missing_values_and_categories(
    kind: str, small: tuple[pd.DataFrame, np.ndarray]
) -> None:
    features, late = small
    p = make_model(kind).fit(features, late).predict_proba(features)[:, 1]
    assert evaluate(late, p)["auc"] > 0.75


@pytest.mark.parametrize("kind", ["logistic", "boosting", "tuned"])
def test_a_category_never_seen_in_training_is_served(
    kind: str, small: tuple[pd.DataFrame, np.ndarray]
) -> None:
    features, late = small
    new = features.head(1).assign(category=pd.Categorical(["new"]))
    p = make_model(kind).fit(features, late).predict_proba(new)[0, 1]
    assert 0 < p < 1


@pytest.mark.parametrize("kind", ["boosting", "tuned"])
def test_one_seed_gives_one_model(kind: str, small: tuple[pd.DataFrame, np.ndarray]) -> None:
    features, late = small
    first, second = (make_model(kind, seed=3).fit(features, late) for _ in range(2))
    assert np.array_equal(first.predict_proba(features), second.predict_proba(features))


def test_an_unknown_kind_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match="logistic, boosting, tuned"):
        make_model("deep")


def test_evaluate_of_a_perfect_order() -> None:
    result = evaluate(np.array([False, False, True]), np.array([0.1, 0.2, 0.8]))
    assert result["auc"] == result["pr_auc"] == 1
    assert result["brier"] == pytest.approx((0.01 + 0.04 + 0.04) / 3)
    assert result["log_loss"] == pytest.approx(-np.log([0.9, 0.8, 0.8]).mean())


def test_cost_counts_false_alarms_once_and_misses_five_times() -> None:
    late = [True, True, False, False]
    alarm = [True, False, True, False]
    assert cost_per_1000(late, alarm) == 1000 * (1 + 5) / 4
    assert cost_per_1000(late, alarm, false_alarm=2, miss=1) == 1000 * (2 + 1) / 4


def test_each_set_of_features_lifts_the_auc(flights: pd.DataFrame, weather: pd.DataFrame) -> None:
    parts = split(flights)
    rng = np.random.default_rng(0)
    # A sample: the law holds for it as for the year, and the year takes half a minute.
    train = np.sort(rng.choice(np.flatnonzero(parts.train), 40_000, replace=False))
    test = np.sort(rng.choice(np.flatnonzero(parts.test), 40_000, replace=False))
    features = build_features(flights, weather)
    late = is_late(flights)
    widths = [7, 16, 28, 40]
    assert features.shape[1] == widths[-1]
    auc = []
    for width in widths:
        table = features.iloc[:, :width]
        model = make_model("boosting").fit(table.iloc[train], late.iloc[train].astype(bool))
        p = model.predict_proba(table.iloc[test])[:, 1]
        auc.append(evaluate(late.iloc[test].astype(bool), p)["auc"])
    assert auc == pytest.approx([0.65, 0.70, 0.77, 0.78], abs=0.015)
    assert len(FEATURE_SETS) == len(auc)
    assert min(np.diff(auc)) > 0.003
