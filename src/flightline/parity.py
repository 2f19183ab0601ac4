"""Parity: whether training and serving compute the same features for the same flights.

A model can't tell minutes from HHMM or °F from °C: it takes any number and returns a probability.
So the two sides are compared, row by row, before anything is served.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

#: Two numbers count as equal when they differ by no more than this share of them, or by this much.
RTOL = ATOL = 1e-9
#: A rule explains a difference when it holds for at least this share of the rows that differ.
EXPLAINED = 0.95
#: Fewer rows than this, or only one value, and a constant factor or shift is no evidence.
FEWEST_ROWS = 5

_FACTORS = {
    60.0: "seconds for minutes, or minutes for hours",
    1 / 60: "hours for minutes, or minutes for seconds",
    100.0: "per cent for a share",
    0.01: "a share for per cent",
    1.609344: "kilometres for miles",
    1 / 1.609344: "miles for kilometres",
    0.44704: "metres per second for miles per hour",
    25.4: "millimetres for inches",
}


@dataclass(frozen=True)
class Finding:
    """One way in which the two sides differ.

    Attributes
    ----------
    column
        The feature; empty where whole rows are missing.
    kind
        ``"rows"``, ``"column"``, ``"dtype"``, ``"missing"`` or ``"values"``.
    share
        Of the rows that training has, the share that differs.
    example
        One row that differs, in words.
    cause
        The likely cause, or an empty text.
    """

    column: str
    kind: str
    share: float
    example: str
    cause: str = ""

    def __str__(self) -> str:
        where = self.column or "rows"
        cause = f" ({self.cause})" if self.cause else ""
        return f"{where}: {self.share:.0%} differ, {self.example}{cause}"


def compare(training: pd.DataFrame, serving: pd.DataFrame) -> list[Finding]:
    """Compare the features that a model was trained on with what serving computes.

    Parameters
    ----------
    training, serving : pandas.DataFrame
        One row per case; the index names the case on both sides, in any order.

    Returns
    -------
    list of Finding
        Empty when the two agree. Rows first, then columns in the order of training, then columns
        that only serving has.

    Raises
    ------
    ValueError
        When an index names a case twice, or training has no rows, so that nothing is compared.
    """
    for side, table in (("training", training), ("serving", serving)):
        if not table.index.is_unique:
            twice = table.index[table.index.duplicated()][0]
            raise ValueError(f"{side} has two rows for {twice}: which is to be compared?")
    if training.empty:
        raise ValueError("training has no rows or no columns: there is nothing to compare.")
    findings = _rows(training, serving)
    shared = training.index.intersection(serving.index, sort=False)
    for name in training:
        if name not in serving:
            findings.append(Finding(str(name), "column", 1.0, "serving doesn't compute it"))
        elif len(shared):
            one, other = training[name].reindex(shared), serving[name].reindex(shared)
            findings += _column(str(name), one, other)
    extra = [name for name in serving if name not in training]
    findings += [Finding(str(name), "column", 1.0, "training never saw it") for name in extra]
    return findings


def assert_parity(training: pd.DataFrame, serving: pd.DataFrame) -> None:
    """Raise unless training and serving agree.

    Parameters
    ----------
    training, serving : pandas.DataFrame
        As in `compare`.

    Raises
    ------
    AssertionError
        When they differ; one line for each finding.
    ValueError
        As in `compare`.
    """
    findings = compare(training, serving)
    if findings:
        lines = "\n".join(f"- {finding}" for finding in findings)
        raise AssertionError(f"Training and serving differ:\n{lines}")


def _rows(training: pd.DataFrame, serving: pd.DataFrame) -> list[Finding]:
    lost = training.index.difference(serving.index, sort=False)
    added = serving.index.difference(training.index, sort=False)
    found = []
    if len(lost):
        example = f"serving has no row for {lost[0]}"
        found.append(Finding("", "rows", len(lost) / len(training), example))
    if len(added):
        example = f"only serving has a row for {added[0]}"
        found.append(Finding("", "rows", len(added) / len(training), example))
    return found


def _column(name: str, training: pd.Series, serving: pd.Series) -> list[Finding]:
    numeric = [pd.api.types.is_numeric_dtype(side) for side in (training, serving)]
    if numeric[0] != numeric[1]:
        example = f"{training.dtype} in training and {serving.dtype} in serving"
        return [Finding(name, "dtype", 1.0, example, _text_for_number(training, serving))]
    unknown = training.isna().to_numpy(), serving.isna().to_numpy()
    findings = _missing(name, training, serving, unknown[0], unknown[1])
    both = ~unknown[0] & ~unknown[1]
    one, other = training[both], serving[both]
    if numeric[0]:
        one, other = one.astype(float), other.astype(float)
        differs = ~np.isclose(one, other, rtol=RTOL, atol=ATOL)
    else:
        one, other = one.astype("object"), other.astype("object")
        differs = (one.to_numpy() != other.to_numpy()).astype(bool)
    if differs.any():
        one, other = one[differs], other[differs]
        cause = _cause(one.to_numpy(), other.to_numpy()) if numeric[0] else ""
        share = len(one) / len(training)
        findings.append(Finding(name, "values", share, _example(one, other), cause))
    return findings


def _missing(
    name: str, training: pd.Series, serving: pd.Series, here: np.ndarray, there: np.ndarray
) -> list[Finding]:
    differs = here != there
    if not differs.any():
        return []
    one, other = training[differs], serving[differs]
    cause = ""
    if here[differs].all():
        filled = other.dropna().unique()
        cause = f"serving fills gaps with {_text(filled[0])}" if len(filled) == 1 else ""
    elif there[differs].all():
        cause = "serving lacks what training had"
    return [Finding(name, "missing", float(differs.mean()), _example(one, other), cause)]


def _example(training: pd.Series, serving: pd.Series) -> str:
    case = training.index[0]
    return f"at {case}: {_text(training.iloc[0])} in training, {_text(serving.iloc[0])} in serving"


def _text(value: object) -> str:
    if pd.isna(value):  # type: ignore[call-overload]
        return "missing"
    return f"{value:.4g}" if isinstance(value, float | np.floating) else f"{value}"


def _text_for_number(training: pd.Series, serving: pd.Series) -> str:
    text = serving if pd.api.types.is_numeric_dtype(training) else training
    as_number = pd.to_numeric(text.astype("object"), errors="coerce")
    return "numbers kept as text" if as_number.notna().any() else ""


def _cause(training: np.ndarray, serving: np.ndarray) -> str:
    """Name the rule that turns most of the differing values of training into those of serving."""
    for cause, expected in _rules(training, serving):
        if np.isclose(serving, expected, rtol=1e-6, atol=1e-6).mean() >= EXPLAINED:
            return cause
    if len(training) >= FEWEST_ROWS and len(np.unique(training)) > 1:
        shift = serving - training
        if np.allclose(shift, shift[0]):
            return f"always {shift[0]:+.4g}"
    return ""


def _rules(training: np.ndarray, serving: np.ndarray) -> list[tuple[str, np.ndarray]]:
    hours, minutes = np.divmod(training, 60)
    clock_hours, clock_minutes = np.divmod(training, 100)
    # New York is 4 hours behind UTC in summer and 5 in winter.
    ahead = np.where(np.isclose((serving - training) % 1440, 240), 240, 300)
    rules = [
        ("HHMM for minutes after midnight", hours * 100 + minutes),
        ("minutes after midnight for HHMM", clock_hours * 60 + clock_minutes),
        ("°C for °F", (training - 32) * 5 / 9),
        ("°F for °C", training * 9 / 5 + 32),
        ("the sign is turned around", -training),
        ("UTC for New York's clock", (training + ahead) % 1440),
    ]
    return rules + [(cause, training * factor) for factor, cause in _FACTORS.items()]
