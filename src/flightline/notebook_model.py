"""The model of the lone notebook: maturity level 0, kept as it was found.

Chapter 01 takes it apart. No other module builds on it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import accuracy_score, precision_score, recall_score, roc_auc_score

from flightline.definition import split

TRAINING_ROWS = 40_000
SEED = 0


def fit(
    train: pd.DataFrame, columns: Sequence[str], seed: int = SEED
) -> HistGradientBoostingClassifier:
    """Fit gradient boosting with its default settings on a sample of the flights.

    Parameters
    ----------
    train : pandas.DataFrame
        Flights that arrived, with a boolean column `is_late`.
    columns
        The features: numbers as they are, texts as categories.
    seed
        Draws the sample, and is the model's own seed.
    """
    sample = train.sample(min(TRAINING_ROWS, len(train)), random_state=seed)
    model = HistGradientBoostingClassifier(categorical_features="from_dtype", random_state=seed)
    return model.fit(_features(sample, columns), sample["is_late"])


def predict(
    model: HistGradientBoostingClassifier, flights: pd.DataFrame, columns: Sequence[str]
) -> np.ndarray:
    """Return the probability (0 to 1) that each flight is late, float64 of shape (n,)."""
    return model.predict_proba(_features(flights, columns))[:, 1]


def recall(is_late: pd.Series, warned: np.ndarray) -> float:
    """Return the share of late flights that were warned of; nan where none was late."""
    return float(recall_score(is_late, warned, zero_division=np.nan))


def precision(is_late: pd.Series, warned: np.ndarray) -> float:
    """Return the share of warnings that were right; nan where nobody was warned."""
    return float(precision_score(is_late, warned, zero_division=np.nan))


def split_by_time(flights: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the flights of January to August and of September to December (New York)."""
    parts = split(flights)
    return flights[parts.train], flights[parts.test]


def split_by_day(flights: pd.DataFrame, seed: int = SEED) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return (train, test) with a random third of the days, whole, in the test."""
    days = flights["month"] * 100 + flights["day"]
    third = days.drop_duplicates().sample(frac=1 / 3, random_state=seed)
    in_test = days.isin(third)
    return flights[~in_test], flights[in_test]


def auc(train: pd.DataFrame, test: pd.DataFrame, columns: Sequence[str]) -> float:
    """Fit on one part, score on the other."""
    probability = predict(fit(train, columns), test, columns)
    return float(roc_auc_score(test["is_late"], probability))


def score_by_month(
    past: pd.DataFrame, future: pd.DataFrame, columns: Sequence[str]
) -> pd.DataFrame:
    """Fit on the past and score each month of the future.

    Returns
    -------
    pandas.DataFrame
        One row a month: `auc`, `accuracy` at a threshold of 0.5, the mean probability
        `announced` and the `late_rate`.
    """
    probability = predict(fit(past, columns), future, columns)
    scored = pd.DataFrame(
        {"month": future["month"], "is_late": future["is_late"], "probability": probability}
    )
    rows = {
        month: {
            "auc": roc_auc_score(group["is_late"], group["probability"]),
            "accuracy": accuracy_score(group["is_late"], group["probability"] > 0.5),
            "announced": group["probability"].mean(),
            "late_rate": group["is_late"].mean(),
        }
        for month, group in scored.groupby("month")
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("month")


def _features(flights: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    features = flights[list(columns)]
    texts = features.select_dtypes("object").columns
    return features.astype(dict.fromkeys(texts, "category"))
