import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flightline.contracts import FAMILIES, Batch, check_batch, count_by_family, load_batch
from flightline.experiments.fault_matrix import findings_by_family, load_matrix, stories
from flightline.faults import FAULTS, damaged, inject, main


@pytest.fixture(scope="module")
def may() -> Batch:
    return load_batch(5)


def seen(batch: Batch) -> set[str]:
    counts = count_by_family(check_batch(batch))
    return set(counts.index[counts > 0])


@pytest.mark.parametrize("fault", FAULTS)
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_a_fault_is_seen_by_the_checks_that_it_names_and_by_no_others(
    fault: str, seed: int, may: Batch
) -> None:
    assert seen(inject(may, [fault], seed)) == FAULTS[fault].seen_by


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_damages_its_table_and_leaves_the_batch_alone(fault: str, may: Batch) -> None:
    before = may.flights.copy(), may.weather.copy()
    hit = inject(may, [fault])
    other = "weather" if FAULTS[fault].table == "flights" else "flights"
    assert not getattr(hit, FAULTS[fault].table).equals(getattr(may, FAULTS[fault].table))
    assert getattr(hit, other) is getattr(may, other)
    pd.testing.assert_frame_equal(may.flights, before[0])
    pd.testing.assert_frame_equal(may.weather, before[1])


@pytest.mark.parametrize("fault", FAULTS)
def test_the_same_seed_does_the_same_damage(fault: str, may: Batch) -> None:
    table = getattr(may, FAULTS[fault].table)
    pd.testing.assert_frame_equal(damaged(table, fault, 3), damaged(table, fault, 3))


def test_the_order_in_which_faults_are_named_does_not_matter(may: Batch) -> None:
    one = inject(may, ["renamed_column", "celsius"], seed=1)
    other = inject(may, ["celsius", "renamed_column"], seed=1)
    pd.testing.assert_frame_equal(one.weather, other.weather)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_single_day_can_be_damaged_too(fault: str, may: Batch) -> None:
    table = getattr(may, FAULTS[fault].table)
    day = table[table["day"] == 14]
    assert not damaged(day, fault).equals(day.reset_index(drop=True))


def test_every_fault_but_one_is_seen_by_somebody() -> None:
    assert [name for name, fault in FAULTS.items() if not fault.seen_by] == ["knots"]


def test_an_unknown_fault_names_the_known_ones(may: Batch) -> None:
    with pytest.raises(ValueError, match=r"no fault 'hail'\. There are: celsius"):
        inject(may, ["hail"])


def test_the_list_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--list"])
    assert len(capsys.readouterr().out.splitlines()) == len(FAULTS)


def test_a_damaged_month_is_written(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "flightline.faults", "renamed_column", "--month", "2"]
    done = subprocess.run(
        [*command, "--out", str(tmp_path / "bad")], check=True, capture_output=True, text=True
    )
    assert "Wrote weather.parquet: 2,010 rows." in done.stdout
    weather = pd.read_parquet(tmp_path / "bad" / "weather.parquet")
    assert "temperature" in weather.columns
    assert len(pd.read_parquet(tmp_path / "bad" / "flights.parquet")) == 24_951


@pytest.mark.parametrize("arguments", [[], ["celsius"], ["hail", "--out", "nowhere"]])
def test_what_is_missing_on_the_command_line_is_said(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert "error:" in capsys.readouterr().err
    assert not Path("nowhere").exists()


# --- The measured matrix -------------------------------------------------------------------------


def test_the_matrix_holds_every_fault_and_every_pair() -> None:
    assert list(stories()) == list(FAULTS)
    assert load_matrix()["families"] == list(FAMILIES)
    assert len(load_matrix()["findings"]) == 1 + 14 + 14 * 13 // 2


@pytest.mark.parametrize("fault", FAULTS)
def test_the_matrix_agrees_with_a_live_injection(fault: str, may: Batch) -> None:
    live = count_by_family(check_batch(inject(may, [fault])))
    assert findings_by_family(fault) == live.to_dict()


def test_the_matrix_agrees_with_a_live_pair(may: Batch) -> None:
    live = count_by_family(check_batch(inject(may, ["missing_day", "late_duplicates"])))
    assert findings_by_family("late_duplicates", "missing_day") == live.to_dict()


def test_three_faults_at_once_were_not_measured() -> None:
    with pytest.raises(ValueError, match="was not measured"):
        findings_by_family("knots", "celsius", "missing_day")
