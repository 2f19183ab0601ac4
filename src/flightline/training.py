"""Models, and how they are judged."""

from typing import Any, Literal

import numpy as np
import pandas as pd
from sklearn.base import ClassifierMixin
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    log_loss,
    roc_auc_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

ModelKind = Literal["logistic", "boosting", "tuned"]

#: The best of 25 settings on July and August, with all features, for models that learned from a
#: sample of January to June (`flightline.experiments.measure_mix`).
TUNED_PARAMETERS: dict[str, Any] = {
    "learning_rate": 0.06,
    "max_iter": 300,
    "max_leaf_nodes": 7,
    "min_samples_leaf": 200,
    "l2_regularization": 10.0,
    "max_features": 0.3,
}


def make_model(kind: ModelKind = "boosting", seed: int = 0, **parameters: Any) -> ClassifierMixin:
    """Return an untrained classifier that takes any table of `flightline.features`.

    Parameters
    ----------
    kind : {"logistic", "boosting", "tuned"}
        Logistic regression on scaled and one-hot encoded columns, gradient boosting with
        scikit-learn's defaults, or gradient boosting with `TUNED_PARAMETERS`.
    seed : int
        Seed of everything that is random.
    **parameters
        Passed on to the estimator, over the defaults above.

    Returns
    -------
    sklearn.base.ClassifierMixin
        With `fit(X, y)` and `predict_proba(X)`.

    Raises
    ------
    ValueError
        When `kind` is not one of the three.
    """
    if kind == "logistic":
        numeric = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
        return make_pipeline(
            make_column_transformer(
                (numeric, make_column_selector(dtype_include="number")),
                (
                    OneHotEncoder(handle_unknown="ignore"),
                    make_column_selector(dtype_include="category"),
                ),
            ),
            LogisticRegression(**{"max_iter": 1000, "random_state": seed, **parameters}),
        )
    if kind in ("boosting", "tuned"):
        defaults = TUNED_PARAMETERS if kind == "tuned" else {}
        # Early stopping holds out a random tenth: flights of the same hour on both sides.
        fixed = {"early_stopping": False, "random_state": seed}
        return HistGradientBoostingClassifier(**{**fixed, **defaults, **parameters})
    raise ValueError(f"No model kind {kind!r}. There are: logistic, boosting, tuned.")


def evaluate(y: pd.Series | np.ndarray, p: pd.Series | np.ndarray) -> dict[str, float]:
    """Judge predicted probabilities.

    Parameters
    ----------
    y : array of bool, shape (n,)
        Whether each flight was late.
    p : array of float, shape (n,)
        The predicted probability that it is.

    Returns
    -------
    dict
        `auc` and `pr_auc` (higher is better: the order), `brier` and `log_loss` (lower is better:
        the probabilities themselves).
    """
    return {
        "auc": float(roc_auc_score(y, p)),
        "pr_auc": float(average_precision_score(y, p)),
        "brier": float(brier_score_loss(y, p)),
        "log_loss": float(log_loss(y, p)),
    }


def cost_per_1000(
    y: pd.Series | np.ndarray,
    alarm: pd.Series | np.ndarray,
    false_alarm: float = 1,
    miss: float = 5,
) -> float:
    """Return what the mistakes cost per 1,000 flights.

    Parameters
    ----------
    y : array of bool, shape (n,)
        Whether each flight was late.
    alarm : array of bool, shape (n,)
        Whether an alarm was raised for it.
    false_alarm, miss : float
        Cost of an alarm for a flight that was on time, and of a late flight without one.

    Returns
    -------
    float
        In the unit of `false_alarm`.
    """
    late, raised = np.asarray(y, dtype=bool), np.asarray(alarm, dtype=bool)
    cost = false_alarm * (raised & ~late).sum() + miss * (late & ~raised).sum()
    return float(1000 * cost / len(late))
