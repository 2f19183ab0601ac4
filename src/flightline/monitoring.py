"""Watch a model that serves: what comes in, what comes out, and what became of it.

Three questions, each with a measure of its own: has the input changed (`psi`, `ks_statistic`), do
the probabilities still mean what they say (`calibration_table`), and are they still worth
something (`performance`, on flights whose labels are complete: `is_mature`).
"""

import html
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.special import kolmogorov

from flightline.definition import LATE_MINUTES
from flightline.training import cost_per_1000, evaluate

#: Bins of a number, at the quantiles of the reference.
BINS = 10
#: The smallest share that a bin counts with: the logarithm of an empty bin would be infinite.
SMALLEST_SHARE = 0.0001
#: A population stability index above this is read as a large shift: a rule of thumb.
LARGE_SHIFT = 0.25
#: A model has decayed when its log-loss is this much above a fresh model's on the same flights.
LOSS_MARGIN = 0.005
#: Without a fresh model: when its Brier skill is this much lower than on the reference. It has to
#: be wide, because months differ by nearly as much under a model that is as good as a fresh one.
SKILL_LOSS = 0.1
#: Probabilities are off when their mean and the late rate differ by more than this.
CALIBRATION_GAP = 0.02
#: How long after scheduled arrival a flight's label counts as complete.
LABEL_WAIT = pd.Timedelta(hours=12)
#: Fewer flights with a label than this say nothing about a model.
MIN_FLIGHTS = 1_000
#: A warning is raised above it: the cost of a false alarm over that of both mistakes (1 and 5).
WARN_ABOVE = 1 / 6

Verdict = Literal["healthy", "drifted", "decayed", "unknown"]


class MonitoringError(ValueError):
    """A period can't be judged; the message says which table lacks what."""


# --- What comes in ---------------------------------------------------------------------------


def inner_edges(reference: pd.Series, bins: int = BINS) -> np.ndarray:
    """Return the edges between bins, at the quantiles of the reference.

    Parameters
    ----------
    reference : pandas.Series of numbers
        Missing values are left out.
    bins : int
        How many bins.

    Returns
    -------
    numpy.ndarray
        At most `bins` - 1 rising edges, fewer where values repeat. A value on an edge belongs to
        the bin below it. The first and the last bin have no outer edge, so that a value outside
        the reference's range is counted too.
    """
    values = reference.dropna().to_numpy(dtype=float)
    return np.unique(np.quantile(values, np.arange(1, bins) / bins)) if len(values) else values


def psi(reference: pd.Series, current: pd.Series, bins: int = BINS) -> float:
    """Return the population stability index of a column (Siddiqi, 2006).

    The sum over the bins of ``(current - reference) * log(current / reference)``, in shares.

    Parameters
    ----------
    reference, current : pandas.Series
        Numbers are binned at the quantiles of the reference. Of texts and categories each value
        is a bin, also one that the reference lacks. Missing values are a bin of their own.
    bins : int
        How many bins a number has.

    Returns
    -------
    float
        0 for the same distribution; shares below `SMALLEST_SHARE` count as that.

    Raises
    ------
    ValueError
        When one of the columns is empty.
    """
    if not len(reference) or not len(current):
        raise ValueError("PSI compares two columns of values, and one of them is empty.")
    before, after = _binned(reference, current, bins)
    names = before.index.union(after.index)
    shares = [side.reindex(names, fill_value=0.0).clip(SMALLEST_SHARE) for side in (before, after)]
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())


def ks_statistic(reference: pd.Series, current: pd.Series) -> float:
    """Return the largest distance between the two empirical distribution functions.

    The two-sample statistic of Kolmogorov and Smirnov, 0 to 1; missing values are left out.
    ``nan`` when a column holds no value.
    """
    before, after = (np.sort(side.dropna().to_numpy(dtype=float)) for side in (reference, current))
    if not len(before) or not len(after):
        return float("nan")
    at = np.concatenate([before, after])
    below = [np.searchsorted(side, at, side="right") / len(side) for side in (before, after)]
    return float(np.abs(below[0] - below[1]).max())


def ks_p_value(statistic: float, flights_before: int, flights_after: int) -> float:
    """Return how often two samples of one distribution differ as much (asymptotic)."""
    size = flights_before * flights_after / (flights_before + flights_after)
    return float(kolmogorov(statistic * math.sqrt(size)))


def drift_table(reference: pd.DataFrame, current: pd.DataFrame) -> pd.DataFrame:
    """Return the drift of every column of the reference.

    Returns
    -------
    pandas.DataFrame
        One row per column, the largest `psi` first; `ks` and its `p_value` are ``nan`` for
        categories.

    Raises
    ------
    MonitoringError
        When `current` lacks a column of `reference`.
    """
    missing = [name for name in reference if name not in current]
    if missing:
        raise MonitoringError(f"The current period has no column {missing[0]!r}.")
    rows = {}
    for name in reference:
        before, after = reference[name], current[name]
        row = {"psi": psi(before, after), "ks": float("nan"), "p_value": float("nan")}
        if _is_number(before):
            row["ks"] = ks_statistic(before, after)
            row["p_value"] = ks_p_value(row["ks"], before.count(), after.count())
        rows[name] = row
    return pd.DataFrame.from_dict(rows, orient="index").sort_values("psi", ascending=False)


def _is_number(values: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values))


def _binned(reference: pd.Series, current: pd.Series, bins: int) -> tuple[pd.Series, pd.Series]:
    """Return the share of each bin in both columns."""
    if _is_number(reference):
        edges = inner_edges(reference, bins)
        codes = [_bin_of(side, edges) for side in (reference, current)]
    else:
        codes = [
            side.astype(object).where(side.notna(), "(missing)").astype(str)
            for side in (reference, current)
        ]
    return codes[0].value_counts(normalize=True), codes[1].value_counts(normalize=True)


def _bin_of(values: pd.Series, edges: np.ndarray) -> pd.Series:
    bins = np.searchsorted(edges, values.to_numpy(dtype=float), side="left")
    return pd.Series(np.where(values.notna(), bins, -1))


# --- When a label counts ---------------------------------------------------------------------


def labels_known(flights: pd.DataFrame, now: pd.Timestamp) -> pd.Series:
    """Return the mask of flights that have landed: their label is written down.

    Parameters
    ----------
    flights : pandas.DataFrame
        Needs `actual_arrival`.
    now : pandas.Timestamp
        UTC.
    """
    return (flights["actual_arrival"] <= now).rename("labels_known")


def is_mature(
    flights: pd.DataFrame, now: pd.Timestamp, wait: pd.Timedelta = LABEL_WAIT
) -> pd.Series:
    """Return the mask of flights whose outcome is judged: decided by schedule, not by outcome.

    A flight counts from `wait` after its scheduled arrival, whether it was on time or not. Taking
    the flights that have landed instead would take the punctual ones first.

    Parameters
    ----------
    flights : pandas.DataFrame
        Needs `scheduled_arrival`.
    now : pandas.Timestamp
        UTC.
    wait : pandas.Timedelta
        Long enough that nearly every flight has landed by then.
    """
    return (flights["scheduled_arrival"] + wait <= now).rename("is_mature")


# --- What it is worth ------------------------------------------------------------------------


def brier_skill(is_late: pd.Series | np.ndarray, p: pd.Series | np.ndarray) -> float:
    """Return the Brier skill score: how much of the base rate's Brier score a model removes.

    1 is perfect, 0 as good as always announcing the late rate of these very flights. That rate is
    known only afterwards, which makes it a fair yardstick for a month and no model.

    Returns
    -------
    float
        ``nan`` when no flight or every flight was late: there was nothing to tell apart.
    """
    late, announced = np.asarray(is_late, dtype=float), np.asarray(p, dtype=float)
    rate = late.mean() if len(late) else float("nan")
    uncertainty = rate * (1 - rate)
    if not uncertainty > 0:
        return float("nan")
    return float(1 - ((announced - late) ** 2).mean() / uncertainty)


def performance(is_late: pd.Series | np.ndarray, p: pd.Series | np.ndarray) -> dict[str, float]:
    """Return what a period's probabilities were worth.

    Parameters
    ----------
    is_late : array of bool, shape (n,)
        Labels of flights that are complete.
    p : array of float, shape (n,)
        The probabilities that were served for them.

    Returns
    -------
    dict
        `flights`, `late_rate`, `announced` (the mean probability), `auc`, `brier`, `log_loss`,
        `skill` (`brier_skill`) and `cost` per 1,000 flights when a warning is raised above 1/6.
        ``nan`` where all flights have the same label and there is no order to judge.
    """
    late, announced = np.asarray(is_late, dtype=bool), np.asarray(p, dtype=float)
    found = {
        "flights": float(len(late)),
        "late_rate": float(late.mean()) if len(late) else float("nan"),
        "announced": float(announced.mean()) if len(late) else float("nan"),
    }
    judged = ("auc", "brier", "log_loss")
    if 0 < late.sum() < len(late):
        scores = evaluate(late, announced)
        found |= {name: scores[name] for name in judged}
    else:
        found |= dict.fromkeys(judged, float("nan"))
    cost = cost_per_1000(late, announced > WARN_ABOVE) if len(late) else float("nan")
    return found | {"skill": brier_skill(late, announced), "cost": cost}


def by_period(
    periods: pd.Series, is_late: pd.Series | np.ndarray, p: pd.Series | np.ndarray
) -> pd.DataFrame:
    """Return `performance` for each value of `periods`, one row each."""
    table = pd.DataFrame({"late": np.asarray(is_late, dtype=bool), "p": np.asarray(p)})
    groups = table.groupby(np.asarray(periods))
    return pd.DataFrame({each: performance(part["late"], part["p"]) for each, part in groups}).T


def calibration_table(
    is_late: pd.Series | np.ndarray, p: pd.Series | np.ndarray, bins: int = BINS
) -> pd.DataFrame:
    """Return the late rate of flights that were given about the same probability.

    Parameters
    ----------
    is_late, p : arrays, shape (n,)
        As in `performance`.
    bins : int
        Bins with the same number of flights, by probability.

    Returns
    -------
    pandas.DataFrame
        One row per bin: `flights`, `announced`, `late_rate`.
    """
    table = pd.DataFrame({"late": np.asarray(is_late, dtype=float), "p": np.asarray(p)})
    groups = table.groupby(pd.qcut(table["p"], bins, labels=False, duplicates="drop"))
    found = groups.agg(flights=("p", "size"), announced=("p", "mean"), late_rate=("late", "mean"))
    return found.rename_axis("bin")


def diagnose(month: Mapping[str, float]) -> list[str]:
    """Say what happened in a period: drift, a decayed model, probabilities that are off.

    The three are independent. A month's score by itself is none of them: a hard month is hard for
    a fresh model too.

    Parameters
    ----------
    month : mapping
        `psi` (the largest of all features), `announced`, `late_rate`, and on the same flights the
        `log_loss` of the served model and `fresh_log_loss` of one trained up to the period.

    Returns
    -------
    list of str
        Of ``"drift"``, ``"decay"`` and ``"miscalibrated"``, in this order.
    """
    findings = {
        "drift": month["psi"] > LARGE_SHIFT,
        "decay": month["log_loss"] - month["fresh_log_loss"] > LOSS_MARGIN,
        "miscalibrated": abs(month["announced"] - month["late_rate"]) > CALIBRATION_GAP,
    }
    return [name for name, found in findings.items() if found]


# --- What an alarm costs ---------------------------------------------------------------------


def alarm_cost(
    values: Sequence[float] | np.ndarray | pd.Series,
    incident: Sequence[bool] | np.ndarray | pd.Series,
    threshold: float,
    false_alarm: float,
    miss: float,
) -> float:
    """Return what it would have cost to raise an alarm where a value is over the threshold.

    Parameters
    ----------
    values : array of float, shape (n,)
        What was watched, once per period.
    incident : array of bool, shape (n,)
        Whether something was wrong then.
    threshold, false_alarm, miss : float
        The limit, the cost of an alarm about nothing, and of an incident without an alarm.
    """
    alarm, wrong = np.asarray(values, dtype=float) > threshold, np.asarray(incident, dtype=bool)
    return float(false_alarm * (alarm & ~wrong).sum() + miss * (wrong & ~alarm).sum())


def best_threshold(
    values: Sequence[float] | np.ndarray | pd.Series,
    incident: Sequence[bool] | np.ndarray | pd.Series,
    false_alarm: float,
    miss: float,
) -> float:
    """Return the threshold that would have cost least, the highest of several.

    Returns
    -------
    float
        One of the values, ``-inf`` (always raise an alarm) or ``inf`` (never).
    """
    candidates = [float("inf"), *sorted(set(map(float, values)), reverse=True), float("-inf")]
    costs = [alarm_cost(values, incident, each, false_alarm, miss) for each in candidates]
    return candidates[costs.index(min(costs))]


# --- The report of a period ------------------------------------------------------------------


@dataclass(frozen=True)
class PeriodReport:
    """What became of a period, as plain data.

    Attributes
    ----------
    verdict
        ``"healthy"``; ``"drifted"``: the input changed, and nothing says that the answers are
        worse; ``"decayed"``: they are worse than a challenger's, or than on the reference, or the
        probabilities are off; ``"unknown"``: too few labels are complete.
    summary
        In one sentence.
    predicted, judged
        How many flights were predicted, and how many have a complete label.
    findings
        As `diagnose`; ``"decay"`` also when the skill fell and there is no challenger.
    expected, found
        `performance` on the reference and in the period.
    drift
        The `psi` of each feature, the largest first.
    calibration
        Rows of `calibration_table` for the period.
    """

    verdict: Verdict
    summary: str
    predicted: int
    judged: int
    findings: list[str]
    expected: dict[str, float]
    found: dict[str, float]
    drift: dict[str, float]
    calibration: list[dict[str, float]]

    @property
    def alarm(self) -> bool:
        """Whether a person has to act: drift alone is no reason to wake anybody."""
        return self.verdict == "decayed"

    def to_json(self) -> str:
        """Return the report as JSON; what could not be judged is null."""
        return json.dumps(_plain(asdict(self)), indent=1, allow_nan=False)


#: The columns of a table of predictions that are no features.
KEYS = ("scheduled_departure", "scheduled_arrival", "actual_arrival", "arr_delay")
PREDICTION = "late_probability"
#: Optional: what a fresh model in the shadow answered for the same flights.
CHALLENGER = "challenger_probability"


def monitor(
    predictions: str | Path,
    reference: str | Path,
    report: str | Path | None = None,
    now: str | pd.Timestamp | None = None,
    wait: pd.Timedelta = LABEL_WAIT,
    min_flights: int = MIN_FLIGHTS,
) -> PeriodReport:
    """Judge a period from two files: what was served in it, and what it is compared with.

    Parameters
    ----------
    predictions, reference : path
        Parquet files with `scheduled_arrival` (UTC), `arr_delay` (minutes, missing as long as it
        isn't known), `late_probability`, and the features: every other column of the reference,
        but for `scheduled_departure`, `actual_arrival` and `challenger_probability`. The
        predictions may have the latter: what a fresh model answered in the shadow. Without it
        decay is judged by the skill on the reference, which sees only large losses
        (`SKILL_LOSS`). Of the reference the model must not have learned: on flights that it knows
        it looks better than it is.
    report : path, optional
        Where to write the report as one HTML file without anything to load.
    now : timestamp, optional
        When the period is judged, in UTC. By default every label counts as complete.
    wait : pandas.Timedelta
        How long after scheduled arrival a label counts.
    min_flights : int
        Fewer labels than this decide nothing.

    Returns
    -------
    PeriodReport
        Its `alarm` is True where a command should end with an error.

    Raises
    ------
    MonitoringError
        When a file is missing, isn't Parquet, is empty or lacks a column.
    """
    before, after = _read(reference, "reference"), _read(predictions, "predictions")
    features = [str(name) for name in before if name not in (*KEYS, PREDICTION, CHALLENGER)]
    missing = [name for name in features if name not in after]
    if missing:
        raise MonitoringError(
            f"The predictions in {Path(predictions).name} have no column {missing[0]!r}, which "
            "the reference has. Write the features beside the probability when serving."
        )
    mature = pd.Series(True, after.index) if now is None else is_mature(after, _utc(now), wait)
    found = _judge(
        before[before["arr_delay"].notna()],
        after,
        after[mature & after["arr_delay"].notna()],
        [*features, PREDICTION],
        min_flights,
    )
    if report is not None:
        Path(report).write_text(to_html(found), encoding="utf-8", newline="\n")
    return found


def _judge(
    before: pd.DataFrame,
    after: pd.DataFrame,
    judged: pd.DataFrame,
    columns: list[str],
    min_flights: int,
) -> PeriodReport:
    table = drift_table(before[columns], after[columns])["psi"].round(4)
    drift = {str(name): float(value) for name, value in table.items()}
    expected = performance(before["arr_delay"] >= LATE_MINUTES, before[PREDICTION])
    late = judged["arr_delay"] >= LATE_MINUTES
    found = performance(late, judged[PREDICTION])
    largest = max(drift, key=lambda name: drift[name])
    fresh = _fresh_log_loss(judged, late)
    findings = diagnose({"psi": drift[largest], **found, "fresh_log_loss": fresh})
    if CHALLENGER not in judged and found["skill"] < expected["skill"] - SKILL_LOSS:
        findings.append("decay")
    verdict: Verdict = "healthy"
    if len(judged) < min_flights or math.isnan(found["skill"]):
        verdict, findings = "unknown", [each for each in findings if each == "drift"]
        summary = f"{len(judged):,} labels are complete, {min_flights:,} are needed to judge."
    elif {"decay", "miscalibrated"} & set(findings):
        verdict = "decayed"
        summary = (
            f"{_compared(expected, found, fresh)}; announced "
            f"{found['announced']:.1%}, late were {found['late_rate']:.1%}."
        )
    elif findings:
        verdict = "drifted"
        summary = (
            f"{largest} has a PSI of {drift[largest]:.2f}. {_compared(expected, found, fresh)}."
        )
    else:
        summary = f"{_compared(expected, found, fresh)}."
    calibration = calibration_table(late, judged[PREDICTION]) if len(judged) else pd.DataFrame()
    rows = [
        {str(name): value for name, value in row.items()} for row in calibration.to_dict("records")
    ]
    return PeriodReport(
        verdict,
        summary,
        len(after),
        len(judged),
        findings,
        expected,
        found,
        drift,
        rows,
    )


def _compared(expected: dict[str, float], found: dict[str, float], fresh: float) -> str:
    """Return what decay was judged by: a challenger's log-loss, or the skill on the reference."""
    if math.isnan(fresh):
        return f"Skill {found['skill']:.3f}, {expected['skill']:.3f} on the reference"
    return f"Log-loss {found['log_loss']:.3f}, a challenger's {fresh:.3f}"


def _fresh_log_loss(judged: pd.DataFrame, late: pd.Series) -> float:
    if CHALLENGER not in judged:
        return float("nan")
    return performance(late, judged[CHALLENGER])["log_loss"]


def to_html(report: PeriodReport) -> str:
    """Return the report as one small HTML page that loads nothing."""
    scores = [
        (name, f"{report.expected[name]:.4g}", f"{report.found[name]:.4g}")
        for name in report.expected
    ]
    drift = [(name, f"{value:.2f}") for name, value in list(report.drift.items())[:10]]
    calibration = [
        (f"{row['announced']:.1%}", f"{row['late_rate']:.1%}", f"{row['flights']:,.0f}")
        for row in report.calibration
    ]
    parts = [
        _html_table("Performance", ("Measure", "Reference", "Period"), scores),
        _html_table("Largest drift", ("Column", "PSI"), drift),
        _html_table("Calibration", ("Announced", "Late", "Flights"), calibration),
    ]
    title = f"Flightline: {report.verdict}"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>\n'
        "<style>body{font:16px sans-serif;max-width:40em;margin:2em auto}"
        "td,th{padding:.2em 1em .2em 0;text-align:left}</style></head>\n"
        f"<body><h1>{title}</h1>\n<p>{html.escape(report.summary)}</p>\n"
        f"<p>{report.predicted:,} flights predicted, {report.judged:,} judged.</p>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def _html_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{html.escape(name)}</th>" for name in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<h2>{title}</h2><table><tr>{head}</tr>{body}</table>"


def _read(path: str | Path, what: str) -> pd.DataFrame:
    file = Path(path)
    if not file.is_file():
        raise MonitoringError(f"No {what} at {file}. Give the path of a Parquet file.")
    try:
        table = pd.read_parquet(file)
    except (OSError, ValueError) as error:
        raise MonitoringError(f"The {what} in {file.name} can't be read as Parquet.") from error
    missing = [name for name in ("scheduled_arrival", "arr_delay", PREDICTION) if name not in table]
    if missing:
        raise MonitoringError(f"The {what} in {file.name} have no column {missing[0]!r}.")
    if table.empty:
        raise MonitoringError(f"The {what} in {file.name} hold no flight.")
    if table[PREDICTION].isna().any():
        raise MonitoringError(
            f"The {what} in {file.name} have flights without {PREDICTION!r}. Leave out what was "
            "not predicted."
        )
    return table


def _utc(now: str | pd.Timestamp) -> pd.Timestamp:
    moment = pd.Timestamp(now)
    return moment.tz_localize("UTC") if moment.tz is None else moment.tz_convert("UTC")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and math.isnan(value) else value
