import csv
import importlib.util
import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from flightline import delivery
from flightline.data import data_dir

DATA = data_dir() / "delivery"
MONDAY = pd.Timestamp("2013-01-07 10:00", tz="UTC")


@pytest.fixture(scope="module")
def changes() -> pd.DataFrame:
    with delivery.cloned_history() as repository:
        return delivery.read_changes(repository)


@pytest.fixture(scope="module")
def delivered(changes: pd.DataFrame) -> pd.DataFrame:
    return delivery.deliveries(changes, delivery.load_deployments())


def hours(*values: float | None) -> list[pd.Timestamp]:
    return [pd.NaT if v is None else MONDAY + pd.Timedelta(hours=v) for v in values]


# --- the record ----------------------------------------------------------------------------------


def test_the_script_makes_the_same_commits_and_tables_again(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("build_delivery", DATA / "build.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    module.build(tmp_path)
    for name in ("deployments.csv", "findings.csv"):
        made, kept = (list(csv.reader((at / name).open())) for at in (tmp_path, DATA))
        assert made == kept, name
    heads = delivery.git(tmp_path, "bundle", "list-heads", str(tmp_path / "history.bundle"))
    assert heads.split()[0] == delivery.HISTORY_TIP


def test_the_clone_is_complete_and_leaves_nothing_behind() -> None:
    with delivery.cloned_history() as repository:
        assert delivery.git(repository, "fsck", "--strict") == ""
        assert delivery.git(repository, "rev-list", "--count", "main") == "561"
    assert not repository.parent.exists()


def test_git_reads_and_writes_no_configuration_of_the_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".gitconfig").write_text("[log]\n    date = broken\n[alias]\n    hi = status\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    with delivery.cloned_history() as repository:
        assert delivery.git(repository, "config", "--global", "--list") == ""
        assert len(delivery.read_changes(repository)) == 561
    assert os.listdir(tmp_path) == [".gitconfig"]


def test_a_git_that_fails_says_why_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(delivery.HistoryError, match="`git log` failed: fatal: not a git"):
        delivery.git(tmp_path, "log")


def test_a_damaged_bundle_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "delivery"
    folder.mkdir()
    monkeypatch.setattr(delivery, "data_dir", lambda: tmp_path)
    with (
        pytest.raises(delivery.HistoryError, match="is missing: restore"),
        delivery.cloned_history(),
    ):
        pass
    shutil.copy(DATA / "history.bundle", folder)
    monkeypatch.setattr(delivery, "HISTORY_TIP", "0" * 40)
    with (
        pytest.raises(delivery.HistoryError, match="not 0000000: restore"),
        delivery.cloned_history(),
    ):
        pass


def test_times_run_forward(changes: pd.DataFrame, delivered: pd.DataFrame) -> None:
    assert (changes["authored_at"] <= changes["merged_at"]).all()
    assert changes["merged_at"].is_monotonic_increasing
    deployments = delivery.load_deployments()
    assert deployments["deployed_at"].is_monotonic_increasing
    shipped = delivered.dropna()
    assert (shipped["deployed_at"] >= shipped["merged_at"]).all()


def test_failures_recover_and_only_failures_do() -> None:
    deployments = delivery.load_deployments()
    failed = deployments["incidents"] > 0
    assert deployments["recovered_at"].notna().equals(failed)
    assert (deployments["recovered_at"] > deployments["deployed_at"])[failed].all()
    assert set(delivery.load_findings()["deployment"]) == set(deployments["deployment"][failed])


def test_git_and_deliveries_agree_on_what_a_release_brought(delivered: pd.DataFrame) -> None:
    log = delivery.load_deployments().set_index("deployment")["commit"]
    with delivery.cloned_history() as repository:
        for number in (2, 57, 58, 59):
            span = f"{log[number - 1]}..{log[number]}"
            expected = delivery.git(repository, "rev-list", span).split()
            assert set(delivered.query("deployment == @number")["commit"]) == set(expected)


def test_a_change_that_was_rolled_back_is_delivered_twice(delivered: pd.DataFrame) -> None:
    twice = delivered[delivered["commit"].duplicated(keep=False)]
    assert twice["commit"].nunique() == len(twice) / 2 == 7


def test_a_merge_brings_both_sides() -> None:
    graph = pd.DataFrame(
        {
            "commit": ["a", "b", "c", "m", "n"],
            "parents": ["", "a", "a", "b c", "m"],
            "authored_at": hours(0, 1, 2, 3, 4),
            "merged_at": hours(0, 1, 2, 3, 4),
        }
    )
    log = pd.DataFrame({"deployment": [1, 2], "deployed_at": hours(5, 6), "commit": ["b", "m"]})
    found = delivery.deliveries(graph, log)
    assert found["deployment"].fillna(0).tolist() == [1, 1, 2, 2, 0]


# --- the metrics ---------------------------------------------------------------------------------


def test_lead_time_is_from_the_first_commit_to_the_first_deployment() -> None:
    delivered = pd.DataFrame(
        {
            "commit": ["a", "a", "b", "c"],
            "authored_at": hours(0, 0, 2, 3),
            "merged_at": hours(1, 1, 3, 4),
            "deployed_at": hours(30, 10, 12, None),
        }
    )
    assert delivery.lead_times(delivered).to_dict() == {"a": 10.0, "b": 10.0}


def test_a_deployment_fails_once_and_rework_is_counted_by_its_kind() -> None:
    log = pd.DataFrame(
        {
            "kind": ["planned", "rework", "planned", "rework", "planned"],
            "incidents": [2, 1, 0, 0, 0],
            "deployed_at": hours(0, 4, 9, 10, 11),
            "recovered_at": hours(4, None, None, None, None),
        }
    )
    assert delivery.change_fail_rate(log) == pytest.approx(2 / 5)
    assert delivery.rework_rate(log) == pytest.approx(2 / 5)
    assert delivery.recovery_hours(log).dropna().tolist() == [4.0]
    assert np.isnan(delivery.change_fail_rate(log[:0]))


def test_the_change_of_rhythm_shows_in_all_five_metrics(delivered: pd.DataFrame) -> None:
    log = delivery.load_deployments()
    week, delivered_week = (delivery.week_of(t["deployed_at"]) for t in (log, delivered))
    before = delivery.dora_metrics(delivered[delivered_week <= 20], log[week <= 20], 20)
    after = delivery.dora_metrics(delivered[delivered_week > 28], log[week > 28], 12)
    better = after - before
    assert better["deployments per week"] > 0
    assert (better.drop("deployments per week") < 0).all()


# --- control charts ------------------------------------------------------------------------------


def test_limits_are_the_mean_and_the_mean_moving_range_of_the_baseline() -> None:
    lower, upper = delivery.process_limits([10, 14, 12, 16, 900], baseline=4)
    assert (lower, upper) == pytest.approx((13 - 2.66 * 10 / 3, 13 + 2.66 * 10 / 3))
    assert delivery.outside_limits([10, 14, 12, 16, 900], baseline=4) == [4]


def test_limits_hold_nearly_all_of_a_steady_process() -> None:
    steady = np.random.default_rng(3).normal(50, 8, 4_000)
    assert len(delivery.outside_limits(steady, baseline=4_000)) / 4_000 < 0.01


def test_a_run_of_eight_on_one_side_is_found_and_a_value_on_the_mean_ends_it() -> None:
    base = [9.0, 11.0] * 4
    assert delivery.long_runs([*base, *[9.5] * 8], baseline=8) == [15]
    assert delivery.long_runs([*base, *[9.5] * 7, 10.0, *[9.5] * 7], baseline=8) == []


def test_the_first_signal_of_the_record_is_in_week_24(delivered: pd.DataFrame) -> None:
    weekly = delivery.weekly_lead_time(delivered)
    assert weekly.index.tolist() == list(range(1, 41))
    assert delivery.outside_limits(weekly, 20)[0] + 1 == 24
    assert min(delivery.outside_limits(weekly, 40)) + 1 < 20


# --- post-mortems --------------------------------------------------------------------------------


def test_conditions_are_ordered_by_hours_and_a_deployment_counts_once_for_each() -> None:
    findings = pd.DataFrame(
        {
            "deployment": [1, 1, 1, 2, 3],
            "who": ["Mei", "Tom", "Tom", "Raj", "Mei"],
            "condition": ["alarm", "alarm", "units", "units", None],
            "hours": [4.0, 4.0, 4.0, 1.0, 90.0],
        }
    )
    ordered = delivery.conditions_by_hours(findings)
    assert ordered.to_dict() == {"units": 5.0, "alarm": 4.0, "unexplained": 90.0}
    assert list(ordered.index) == ["units", "alarm", "unexplained"]
