import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightline.contracts import check_batch, load_batch
from flightline.faults import FAULTS, inject
from flightline.quarantine import sort_out

LABELS = st.lists(st.integers(-50, 50), unique=True, max_size=12)
CHECKS = st.sampled_from(["too hot", "too cold", "no key"])


def findings_of(found: list[tuple[object, str]], family: str = "range") -> pd.DataFrame:
    table = pd.DataFrame(found, columns=["row", "check"], dtype=object)
    return table.assign(family=family, table="weather", value="")


@given(data=st.data(), labels=LABELS)
def test_in_is_accepted_plus_quarantined(data: st.DataObject, labels: list[int]) -> None:
    rows = st.sampled_from(labels) if labels else st.nothing()
    found = data.draw(st.lists(st.tuples(rows, CHECKS)))
    absent = data.draw(st.lists(st.just((pd.NA, "an hour is absent"))))
    table = pd.DataFrame({"temp": [float("nan")] * len(labels)}, index=labels)
    before = table.copy()
    accepted, quarantined = sort_out(table, findings_of(found + absent))
    assert sorted([*accepted.index, *quarantined.index]) == sorted(labels)
    assert set(quarantined.index) == {row for row, _ in found}
    assert [*accepted.index] == [label for label in labels if label in accepted.index]
    assert [*quarantined.index] == [label for label in labels if label in quarantined.index]
    for label, reason in quarantined["reason"].items():
        assert reason.split("; ") == sorted({check for row, check in found if row == label})
    pd.testing.assert_frame_equal(table, before)


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_makes_rows_disappear(fault: str) -> None:
    batch = inject(load_batch(5), [fault])
    found = check_batch(batch)
    for name in ("flights", "weather"):
        table = getattr(batch, name)
        accepted, quarantined = sort_out(table, found[found["table"] == name])
        assert len(accepted) + len(quarantined) == len(table)
        assert quarantined.drop(columns="reason").equals(table.loc[quarantined.index])


def test_a_table_without_its_columns_is_quarantined_whole() -> None:
    table = pd.DataFrame({"temperature": [50.0, 51.0]})
    found = findings_of([(pd.NA, "temp: column_in_dataframe")], "columns")
    accepted, quarantined = sort_out(table, found)
    assert accepted.empty
    assert quarantined["reason"].tolist() == ["temp: column_in_dataframe"] * 2


def test_a_row_that_the_table_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match="name row 7, which the table lacks"):
        sort_out(pd.DataFrame({"temp": [50.0]}), findings_of([(7, "too hot")]))


def test_labels_that_repeat_are_refused() -> None:
    table = pd.DataFrame({"temp": [50.0, 51.0]}, index=[1, 1])
    with pytest.raises(ValueError, match="share a label"):
        sort_out(table, findings_of([]))
