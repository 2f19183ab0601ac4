import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightline.features import build_features
from flightline.parity import Finding, assert_parity, compare


@pytest.fixture
def training() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "departure_minute": [375.0, 600.0, 725.0, 1139.0, 480.0, 30.0],
            "temp": [32.0, 50.0, 41.0, 68.0, 95.0, 14.0],
            "wind_speed": [0.0, 11.5, 23.0, np.nan, 4.6, 8.1],
            "carrier": pd.Categorical(["UA", "B6", "UA", "DL", "AA", "UA"]),
        },
        index=[11, 12, 13, 14, 15, 16],
    )


def only(findings: list[Finding]) -> Finding:
    assert len(findings) == 1, [str(finding) for finding in findings]
    return findings[0]


# --- Agreement -------------------------------------------------------------------------------


def test_equal_frames_have_no_findings(training: pd.DataFrame) -> None:
    assert compare(training, training.copy()) == []
    assert_parity(training, training.copy())


def test_the_order_of_rows_and_columns_makes_no_difference(training: pd.DataFrame) -> None:
    assert compare(training, training.iloc[::-1, ::-1]) == []


def test_categories_and_texts_and_widths_of_numbers_are_the_same(training: pd.DataFrame) -> None:
    served = training.astype({"carrier": "object", "departure_minute": "int64"})
    assert compare(training, served) == []
    assert (
        compare(
            training,
            training.assign(
                carrier=training["carrier"].cat.set_categories(["AA", "B6", "DL", "EV", "UA"])
            ),
        )
        == []
    )


def test_rounding_in_the_last_digits_is_no_difference(training: pd.DataFrame) -> None:
    assert compare(training, training.assign(temp=training["temp"] * (1 + 1e-12))) == []


# --- Units -----------------------------------------------------------------------------------


def test_hhmm_for_minutes_is_named(training: pd.DataFrame) -> None:
    minute = training["departure_minute"]
    served = training.assign(departure_minute=minute // 60 * 100 + minute % 60)
    finding = only(compare(training, served))
    assert (finding.column, finding.kind) == ("departure_minute", "values")
    assert finding.cause == "HHMM for minutes after midnight"
    assert finding.share == pytest.approx(5 / 6), "00:30 is 30 both ways"
    assert finding.example == "at 11: 375 in training, 615 in serving"


def test_celsius_for_fahrenheit_is_named(training: pd.DataFrame) -> None:
    finding = only(compare(training, training.assign(temp=(training["temp"] - 32) * 5 / 9)))
    assert (finding.column, finding.cause, finding.share) == ("temp", "°C for °F", 1)


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda v: v * 0.44704, "metres per second for miles per hour"),
        (lambda v: v * 60, "seconds for minutes, or minutes for hours"),
        (lambda v: -v, "the sign is turned around"),
        (lambda v: v + 3, "always +3"),
        (lambda v: v**2 + 5, ""),
    ],
)
def test_other_rules_are_named_and_no_rule_is_invented(
    change: object, cause: str, training: pd.DataFrame
) -> None:
    finding = only(compare(training, training.assign(wind_speed=change(training["wind_speed"]))))
    assert finding.cause == cause
    assert "missing" not in finding.kind


def test_a_clock_in_utc_is_named_in_summer_and_winter(training: pd.DataFrame) -> None:
    minute = training["departure_minute"]
    served = training.assign(departure_minute=minute.add([240, 300] * 3) % 1440)
    assert only(compare(training, served)).cause == "UTC for New York's clock"


# --- Missing values, columns, types and rows -------------------------------------------------


def test_a_gap_filled_with_zero_is_found_and_named(training: pd.DataFrame) -> None:
    finding = only(compare(training, training.fillna({"wind_speed": 0.0})))
    assert (finding.kind, finding.cause) == ("missing", "serving fills gaps with 0")
    assert finding.share == pytest.approx(1 / 6)
    assert finding.example == "at 14: missing in training, 0 in serving"


def test_a_value_that_serving_lacks_is_found(training: pd.DataFrame) -> None:
    served = training.assign(temp=training["temp"].where(training["temp"] > 20))
    assert only(compare(training, served)).cause == "serving lacks what training had"


def test_a_gap_and_a_unit_are_two_findings(training: pd.DataFrame) -> None:
    served = training.assign(wind_speed=training["wind_speed"].fillna(0) * 0.44704)
    kinds = [finding.kind for finding in compare(training, served)]
    assert kinds == ["missing", "values"]


def test_a_column_that_one_side_lacks_is_found(training: pd.DataFrame) -> None:
    assert only(compare(training, training.drop(columns="temp"))).column == "temp"
    extra = only(compare(training, training.assign(gate="A1")))
    assert (extra.column, extra.kind, extra.example) == ("gate", "column", "training never saw it")


def test_numbers_kept_as_text_are_found(training: pd.DataFrame) -> None:
    finding = only(compare(training, training.assign(temp=training["temp"].astype(str))))
    assert (finding.kind, finding.cause) == ("dtype", "numbers kept as text")


def test_another_text_is_found(training: pd.DataFrame) -> None:
    served = training.assign(carrier=training["carrier"].astype(object).replace("UA", "ua"))
    finding = only(compare(training, served))
    assert finding.share == pytest.approx(1 / 2)
    assert finding.example == "at 11: UA in training, ua in serving"


def test_lost_and_added_rows_are_found(training: pd.DataFrame) -> None:
    lost = only(compare(training, training.drop(index=13)))
    assert (lost.kind, lost.share) == ("rows", pytest.approx(1 / 6))
    assert lost.example == "serving has no row for 13"
    added = only(compare(training.drop(index=13), training))
    assert added.example == "only serving has a row for 13"


def test_no_common_row_is_a_finding_and_not_agreement(training: pd.DataFrame) -> None:
    shares = [finding.share for finding in compare(training, training.set_axis(range(6)))]
    assert shares == [1, 1]


def test_a_case_twice_and_nothing_to_compare_are_errors(training: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="serving has two rows for 11"):
        compare(training, pd.concat([training, training.head(1)]))
    with pytest.raises(ValueError, match="there is nothing to compare"):
        compare(training.head(0), training)


def test_the_assertion_lists_what_differs(training: pd.DataFrame) -> None:
    served = training.assign(temp=(training["temp"] - 32) * 5 / 9).drop(columns="carrier")
    with pytest.raises(AssertionError) as error:
        assert_parity(training, served)
    assert str(error.value).splitlines() == [
        "Training and serving differ:",
        "- temp: 100% differ, at 11: 32 in training, 0 in serving (°C for °F)",
        "- carrier: 100% differ, serving doesn't compute it",
    ]


@given(
    values=st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), min_size=1, max_size=20),
    position=st.integers(0, 19),
)
def test_one_changed_value_is_always_found(values: list[float | None], position: int) -> None:
    training = pd.DataFrame({"x": pd.Series(values, dtype=float)})
    served = training.copy()
    at = position % len(values)
    old = served.loc[at, "x"]
    served.loc[at, "x"] = 0.5 if pd.isna(old) else old + 1
    finding = only(compare(training, served))
    assert finding.share == pytest.approx(1 / len(values))


def test_one_code_path_has_parity(flights: pd.DataFrame, weather: pd.DataFrame) -> None:
    together = build_features(flights, weather, sets=["schedule", "weather"])
    some = flights.iloc[[200_000, 5, 77_777]]
    assert (
        compare(
            together.loc[some.index], build_features(some, weather, sets=["schedule", "weather"])
        )
        == []
    )
