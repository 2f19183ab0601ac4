import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from flightline import monitoring
from flightline.alarms import compare, faulty_days, in_celsius, watched
from flightline.monitoring import MonitoringError, PeriodReport, diagnose, monitor, psi

NAN = float("nan")


# --- Drift -----------------------------------------------------------------------------------


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(-50, 50), min_size=1, max_size=60))
def test_a_column_has_not_drifted_from_itself_whatever_its_order(values: list[int]) -> None:
    column = pd.Series(values, dtype=float)
    assert psi(column, column[::-1]) == 0


def test_psi_is_the_sum_over_the_bins_of_the_reference() -> None:
    before = pd.Series([1.0, 2.0, 3.0, 4.0])
    # Two bins, at the median 2.5: half and half, then a quarter and three quarters.
    after = pd.Series([0.0, 3.0, 9.0, 10.0])
    assert psi(before, after, bins=2) == pytest.approx(2 * 0.25 * math.log(0.75 / 0.25) / 2)


def test_a_value_outside_the_reference_is_counted_and_an_empty_bin_is_finite() -> None:
    before = pd.Series(range(100), dtype=float)
    assert 8 < psi(before, before + 1_000) < 10


def test_missing_values_are_a_bin_of_their_own() -> None:
    before = pd.Series(range(100), dtype=float)
    assert psi(before, before.where(before % 2 == 0)) > 3
    assert psi(before.where(before > 50), before.where(before > 50)) == 0


def test_a_category_that_the_reference_lacks_is_counted() -> None:
    before = pd.Series(["UA", "UA", "DL", None], dtype="category")
    after = pd.Series(["UA", "UA", "HA", None], dtype="category")
    assert psi(before, after) > 3
    assert psi(before, before.astype(object)) == 0


def test_repeated_values_make_fewer_bins() -> None:
    mostly_zero = pd.Series([0.0] * 95 + [1.0] * 5)
    assert monitoring.inner_edges(mostly_zero).tolist() == [0.0]
    with pytest.raises(ValueError, match="one of them is empty"):
        psi(mostly_zero, mostly_zero[:0])


def test_the_statistic_of_kolmogorov_and_smirnov_is_scipys() -> None:
    rng = np.random.default_rng(0)
    before, after = rng.normal(size=800), rng.normal(0.1, size=900).round(1)
    found = monitoring.ks_statistic(pd.Series(before), pd.Series([*after, NAN]))
    theirs = ks_2samp(before, after, method="asymp")
    assert found == pytest.approx(theirs.statistic)
    assert monitoring.ks_p_value(found, 800, 900) == pytest.approx(theirs.pvalue, rel=0.2)
    assert math.isnan(monitoring.ks_statistic(pd.Series([NAN]), pd.Series([1.0])))


def test_the_drift_table_is_sorted_and_names_what_is_missing() -> None:
    before = pd.DataFrame({"same": range(100), "moved": range(100), "code": ["a", "b"] * 50})
    table = monitoring.drift_table(before, before.assign(moved=before["moved"] + 50))
    assert table.index[0] == "moved"
    assert table.loc["same", ["psi", "ks", "p_value"]].tolist() == [0, 0, 1]
    assert table.loc["code"].isna().tolist() == [False, True, True]
    with pytest.raises(MonitoringError, match="no column 'code'"):
        monitoring.drift_table(before, before.drop(columns="code"))


# --- Labels and worth ------------------------------------------------------------------------


def at(*clock: str) -> pd.Series:
    return pd.Series(pd.to_datetime([f"2013-12-05 {time}" for time in clock], utc=True))


def test_maturity_goes_by_schedule_and_knowledge_by_landing() -> None:
    flights = pd.DataFrame(
        {
            "scheduled_arrival": at("10:00", "10:00", "20:00"),
            "actual_arrival": at("09:50", "21:59", "19:59"),
        }
    )
    now = pd.Timestamp("2013-12-05 22:00", tz="UTC")
    assert monitoring.labels_known(flights, now).tolist() == [True, True, True]
    assert monitoring.labels_known(flights, now - pd.Timedelta(hours=2)).tolist() == [
        True,
        False,
        True,
    ]
    assert monitoring.is_mature(flights, now).tolist() == [True, True, False]


def test_skill_is_measured_against_the_periods_own_rate() -> None:
    late = np.array([True, False, False, False])
    assert monitoring.brier_skill(late, np.full(4, 0.25)) == 0
    assert monitoring.brier_skill(late, late.astype(float)) == 1
    assert monitoring.brier_skill(late, np.full(4, 0.9)) < 0
    assert math.isnan(monitoring.brier_skill(late[1:], np.full(3, 0.1)))
    assert math.isnan(monitoring.brier_skill(late[:0], late[:0]))


def test_performance_without_an_order_to_judge() -> None:
    found = monitoring.performance(np.array([False, False]), np.array([0.1, 0.5]))
    assert found["late_rate"] == 0
    assert found["cost"] == 500
    assert math.isnan(found["auc"])
    assert math.isnan(monitoring.performance([], [])["announced"])


def test_by_period_keeps_periods_apart() -> None:
    table = monitoring.by_period(
        pd.Series([9, 10, 9, 10]),
        np.array([True, False, False, True]),
        np.array([0.9, 0.1, 0.2, 0.1]),
    )
    assert table["auc"].to_dict() == {9: 1.0, 10: 0.5}


def test_calibration_compares_what_was_announced_with_what_happened() -> None:
    p = np.repeat([0.1, 0.5], 100)
    late = np.concatenate([np.arange(100) < 10, np.arange(100) < 80])
    table = monitoring.calibration_table(late, p, bins=2)
    assert table["announced"].round(6).tolist() == [0.1, 0.5]
    assert table["late_rate"].tolist() == [0.1, 0.8]


CALM = {"psi": 0.1, "announced": 0.1, "late_rate": 0.1, "log_loss": 0.3, "fresh_log_loss": 0.3}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, []),
        ({"psi": 2.0}, ["drift"]),
        ({"log_loss": 0.5, "fresh_log_loss": 0.5}, []),
        ({"log_loss": 0.31}, ["decay"]),
        ({"announced": 0.2}, ["miscalibrated"]),
        ({"psi": 2.0, "log_loss": 0.4, "announced": 0.0}, ["drift", "decay", "miscalibrated"]),
    ],
)
def test_drift_decay_and_calibration_are_found_apart(change: dict, found: list[str]) -> None:
    assert diagnose(CALM | change) == found


# --- Alarms ----------------------------------------------------------------------------------


def test_an_alarm_costs_by_its_mistakes() -> None:
    values, wrong = [1, 2, 3, 4], [False, True, False, True]
    assert monitoring.alarm_cost(values, wrong, 1, 1, 20) == 1
    assert monitoring.alarm_cost(values, wrong, 3, 1, 20) == 20
    assert monitoring.best_threshold(values, wrong, 1, 20) == 1
    assert monitoring.best_threshold(values, wrong, 20, 1) == 3


def test_never_and_always_are_thresholds_too() -> None:
    assert monitoring.best_threshold([5, 1], [False, True], 10, 1) == math.inf
    assert monitoring.best_threshold([1, 1], [True, True], 1, 1) == -math.inf


def test_the_drill_changes_one_station_on_its_days_only() -> None:
    days = faulty_days(range(100))
    assert days == faulty_days(range(100))
    assert 3 < len(days) < 20
    weather = pd.DataFrame(
        {"day": np.repeat(np.arange(30), 2), "origin": ["JFK", "LGA"] * 30, "temp": 50.0}
    )
    wrong = in_celsius(weather, [20])
    assert wrong.eq(10).sum() == 1
    table = watched(weather.assign(temp=wrong), [19, 20, 21], weather["temp"])
    assert table["gap"].tolist() == [0, 40, 0]
    assert table["shift"].round(2).tolist() == [0, 20, 1.43]


def test_a_threshold_is_chosen_on_the_past_and_counted_later() -> None:
    past = pd.DataFrame({"gap": [1.0, 2.0, 9.0], "incident": [False, False, True]})
    later = pd.DataFrame({"gap": [3.0, 1.0, 8.0], "incident": [False, True, True]})
    found = compare(past, later, false_alarm=1, miss=10)
    assert found.loc["gap"].to_dict() == {
        "threshold": 2,
        "past": 0,
        "later": 11,
        "false_alarms": 1,
        "missed": 1,
    }


# --- The report ------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path: Path) -> Any:
    """Writes a reference and a period; returns their paths."""

    def write(**changes: Any) -> tuple[Path, Path]:
        rng = np.random.default_rng(1)
        p = rng.uniform(0, 0.6, 4_000)
        when = pd.Timestamp("2013-12-01", tz="UTC") + pd.to_timedelta(np.arange(4_000), unit="min")
        table = pd.DataFrame(
            {
                "scheduled_arrival": when,
                "arr_delay": np.where(rng.random(4_000) < p, 60.0, 0.0),
                "temp": rng.normal(50, 10, 4_000),
                "late_probability": p,
            }
        )
        table.to_parquet(tmp_path / "reference.parquet")
        table.assign(**changes).to_parquet(tmp_path / "period.parquet")
        return tmp_path / "period.parquet", tmp_path / "reference.parquet"

    return write


def test_a_period_like_the_reference_is_healthy(files: Any) -> None:
    report = monitor(*files())
    assert (report.verdict, report.findings, report.alarm) == ("healthy", [], False)
    assert report.predicted == report.judged == 4_000


def test_drift_alone_raises_no_alarm(files: Any) -> None:
    report = monitor(*files(temp=90.0))
    assert (report.verdict, report.alarm) == ("drifted", False)
    assert re.fullmatch(
        r"temp has a PSI of \d+\.\d\d\. Skill (0\.\d{3}), \1 on the reference\.", report.summary
    )


def test_probabilities_that_are_off_raise_one(files: Any) -> None:
    report = monitor(*files(late_probability=0.9))
    assert report.verdict == "decayed"
    assert report.alarm
    assert {"decay", "miscalibrated"} <= set(report.findings)


def test_a_shadow_that_is_better_raises_one(files: Any) -> None:
    period, reference = files()
    table = pd.read_parquet(period)
    better = np.where(table["arr_delay"] > 0, 0.9, 0.1)
    table.assign(challenger_probability=better).to_parquet(period)
    assert monitor(period, reference).findings == ["decay"]
    table.assign(challenger_probability=table["late_probability"]).to_parquet(period)
    held = monitor(period, reference)
    assert held.verdict == "healthy"
    assert re.fullmatch(r"Log-loss (0\.\d{3}), a challenger's \1\.", held.summary)


def test_labels_count_when_they_are_mature(files: Any) -> None:
    report = monitor(*files(), now="2013-12-02 00:00")
    # Midnight minus 12 hours: 720 minutes, and the flight of that very minute.
    assert (report.judged, report.predicted) == (721, 4_000)
    assert report.verdict == "unknown"
    assert report.summary == "721 labels are complete, 1,000 are needed to judge."
    assert monitor(*files(arr_delay=NAN)).verdict == "unknown"


def test_the_report_is_plain_data_and_one_small_page(files: Any, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    report = monitor(*files(), report=page)
    text = page.read_text(encoding="utf-8")
    assert len(text) < 10_000
    assert "healthy" in text
    assert not any(word in text for word in ("http", "src=", "<script"))
    assert json.loads(report.to_json())["verdict"] == "healthy"
    empty = monitor(*files(arr_delay=NAN))
    assert isinstance(empty, PeriodReport)
    assert json.loads(empty.to_json())["found"]["auc"] is None


def test_what_is_missing_is_named(files: Any, tmp_path: Path) -> None:
    period, reference = files()
    with pytest.raises(MonitoringError, match=r"No predictions at .*none\.parquet"):
        monitor(tmp_path / "none.parquet", reference)
    pd.read_parquet(period).drop(columns="temp").to_parquet(period)
    with pytest.raises(MonitoringError, match="no column 'temp', which the reference has"):
        monitor(period, reference)
    pd.read_parquet(reference).drop(columns="late_probability").to_parquet(period)
    with pytest.raises(MonitoringError, match=r"predictions in period\.parquet have no column"):
        monitor(period, reference)
    period.write_text("no table", encoding="utf-8")
    with pytest.raises(MonitoringError, match="can't be read as Parquet"):
        monitor(period, reference)
    pd.read_parquet(reference).head(0).to_parquet(period)
    with pytest.raises(MonitoringError, match="hold no flight"):
        monitor(period, reference)
    with pytest.raises(MonitoringError, match="flights without 'late_probability'"):
        monitor(*files(late_probability=NAN))
