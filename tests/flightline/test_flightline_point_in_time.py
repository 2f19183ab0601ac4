from collections.abc import Callable

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flightline.definition import prediction_time
from flightline.features import arrival_features
from flightline.leaks import TWINS
from flightline.point_in_time import as_known_at, as_of, as_of_duckdb, changed_without_future
from flightline.snapshots import aircraft_arrivals

Join = Callable[..., pd.DataFrame]
both_joins = pytest.mark.parametrize("join", [as_of, as_of_duckdb])


def at(*clock: str) -> pd.Series:
    """Times on 1 May 2013, UTC."""
    return pd.Series(pd.to_datetime([f"2013-05-01 {time}" for time in clock], utc=True))


def asked(entities: list[str | None], clock: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"tailnum": entities, "prediction_time": at(*clock)})


def known(entities: list[str | None], clock: list[str], values: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"tailnum": entities, "known_at": at(*clock), "delay": values})


# --- The join --------------------------------------------------------------------------------


@both_joins
def test_the_latest_row_that_is_not_later_is_taken(join: Join) -> None:
    rows = known(["N1", "N1", "N1", "N2"], ["08:00", "10:00", "12:01", "11:00"], [1, 2, 3, 4])
    found = join(asked(["N1"], ["12:00"]), rows, by="tailnum")
    assert found.to_dict("list") == {"delay": [2]}


@both_joins
def test_a_row_known_at_the_very_moment_counts(join: Join) -> None:
    found = join(asked(["N1"], ["12:00"]), known(["N1"], ["12:00"], [7.0]), by="tailnum")
    assert found["delay"].tolist() == [7.0]


@both_joins
def test_nothing_known_and_no_entity_are_missing(join: Join) -> None:
    rows = known(["N1", None], ["12:01", "08:00"], [7.0, 9.0])
    found = join(asked(["N1", None, "N3"], ["12:00"] * 3), rows, by="tailnum")
    assert found["delay"].isna().tolist() == [True, True, True]


@both_joins
def test_the_order_the_index_and_repeated_questions_are_kept(join: Join) -> None:
    rows = known(["N1", "N1"], ["11:00", "09:00"], [3.0, 2.0])
    questions = asked(["N1", "N1", "N1"], ["13:00", "10:00", "13:00"]).set_axis([5, 5, 1])
    found = join(questions, rows, by="tailnum")
    assert found.index.tolist() == [5, 5, 1]
    assert found["delay"].tolist() == [3.0, 2.0, 3.0]


@both_joins
@pytest.mark.parametrize(("ttl", "counts"), [(60, True), (59, False)])
def test_a_row_counts_up_to_and_including_its_time_to_live(
    join: Join, ttl: int, counts: bool
) -> None:
    rows = known(["N1"], ["11:00"], [7.0])
    found = join(asked(["N1"], ["12:00"]), rows, by="tailnum", ttl=pd.Timedelta(minutes=ttl))
    assert found["delay"].notna().tolist() == [counts]


@both_joins
def test_text_dates_and_microseconds_come_back_as_they_are(join: Join) -> None:
    rows = known(["N1"], ["11:00"], [7.0]).assign(gate="A1", landed=at("10:58"))
    rows = rows.assign(known_at=rows["known_at"].dt.as_unit("us"))
    found = join(asked(["N1", "N1"], ["12:00", "10:00"]), rows, by="tailnum")
    assert found["gate"].tolist() == ["A1", pytest.approx(float("nan"), nan_ok=True)]
    assert found["landed"].iloc[0] == at("10:58").iloc[0]
    assert pd.isna(found["landed"].iloc[1])


@both_joins
def test_other_names_of_columns_are_given(join: Join) -> None:
    questions = asked(["N1"], ["12:00"]).rename(columns={"prediction_time": "now"})
    rows = known(["N1"], ["11:00"], [7.0]).rename(columns={"known_at": "since"})
    found = join(questions, rows, by="tailnum", moment="now", known_at="since")
    assert found.to_dict("list") == {"delay": [7.0]}


@both_joins
def test_two_rows_at_one_time_are_an_error_that_names_them(join: Join) -> None:
    rows = known(["N1", "N1"], ["11:00", "11:00"], [1.0, 2.0])
    with pytest.raises(ValueError, match="Two rows of tailnum N1 are known at 2013-05-01 11:00"):
        join(asked(["N1"], ["12:00"]), rows, by="tailnum")


@both_joins
@pytest.mark.parametrize("side", ["asked", "known"])
def test_a_missing_time_is_an_error_that_says_on_which_side(join: Join, side: str) -> None:
    sides = {"asked": asked(["N1"], ["12:00"]), "known": known(["N1"], ["11:00"], [1.0])}
    time = {"asked": "prediction_time", "known": "known_at"}[side]
    sides[side] = pd.concat([sides[side], sides[side].assign(**{time: pd.NaT})])
    sides[side][time] = pd.to_datetime(sides[side][time], utc=True)
    with pytest.raises(ValueError, match=f"`{side}` has 1 rows without {time}"):
        join(sides["asked"], sides["known"], by="tailnum")


@both_joins
def test_a_time_without_a_zone_is_an_error(join: Join) -> None:
    rows = known(["N1"], ["11:00"], [1.0])
    rows["known_at"] = rows["known_at"].dt.tz_localize(None)
    with pytest.raises(ValueError, match="known_at without a time zone"):
        join(asked(["N1"], ["12:00"]), rows, by="tailnum")


moments = st.integers(0, 6).map(lambda minute: f"12:{minute:02}")
entities = st.sampled_from(["N1", "N2", None])


@settings(max_examples=40, deadline=None)
@given(
    questions=st.lists(st.tuples(entities, moments), min_size=1, max_size=8),
    rows=st.lists(st.tuples(entities, moments), max_size=8, unique=True),
    ttl=st.one_of(st.none(), st.integers(0, 4)),
)
def test_both_joins_agree_with_looking_for_it_row_by_row(
    questions: list[tuple[str | None, str]],
    rows: list[tuple[str | None, str]],
    ttl: int | None,
) -> None:
    entity, clock = zip(*questions, strict=True)
    question = asked(list(entity), list(clock))
    answer = known([e for e, _ in rows], [t for _, t in rows], [float(i) for i in range(len(rows))])
    answer["known_at"] = pd.to_datetime(answer["known_at"], utc=True)
    age = None if ttl is None else pd.Timedelta(minutes=ttl)
    pandas = as_of(question, answer, by="tailnum", ttl=age)
    pd.testing.assert_frame_equal(as_of_duckdb(question, answer, by="tailnum", ttl=age), pandas)
    for row in question.itertuples():
        mine = answer[
            (answer["tailnum"] == row.tailnum) & (answer["known_at"] <= row.prediction_time)
        ]
        if age is not None:
            mine = mine[mine["known_at"] >= row.prediction_time - age]
        expected = mine.sort_values("known_at")["delay"].iloc[-1] if len(mine) else float("nan")
        assert pandas["delay"].iloc[row.Index] == pytest.approx(expected, nan_ok=True)


def test_both_joins_give_the_same_frame_for_the_whole_year(flights: pd.DataFrame) -> None:
    questions = flights[["tailnum"]].assign(prediction_time=prediction_time(flights))
    arrivals = aircraft_arrivals(flights)
    found = as_of(questions, arrivals, by="tailnum")
    assert found["aircraft_last_arrival_delay"].notna().sum() > 300_000
    pd.testing.assert_frame_equal(as_of_duckdb(questions, arrivals, by="tailnum"), found)


# --- Deleting the future ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def week(flights: pd.DataFrame) -> pd.DataFrame:
    """The flights of a week with a snow storm, and the clock change of 10 March."""
    return flights[flights["month"].eq(3) & flights["day"].between(6, 12)]


def test_what_is_known_of_a_flight_grows_when_it_leaves_and_when_it_lands() -> None:
    flight = pd.DataFrame(
        {
            "scheduled_departure": at("10:00"),
            "actual_departure": at("10:20"),
            "dep_delay": 20.0,
            "actual_arrival": at("12:05"),
            "arr_delay": 5.0,
            "air_time": 90.0,
        }
    )
    left = ["scheduled_departure", "actual_departure", "dep_delay"]
    landed = [*left, "actual_arrival", "arr_delay", "air_time"]
    stages = {"10:20": left[:1], "10:21": left, "12:05": left, "12:06": landed}
    for clock, columns in stages.items():
        then = as_known_at(flight, at(clock).iloc[0])
        assert [name for name in then if then[name].notna().all()] == columns, clock


def test_deleting_the_future_keeps_every_row_and_the_original(week: pd.DataFrame) -> None:
    before = week.copy()
    then = as_known_at(week, week["scheduled_departure"].min())
    assert then.shape == week.shape
    assert then["arr_delay"].isna().all()
    pd.testing.assert_frame_equal(week, before)


def test_a_point_in_time_feature_does_not_change_without_the_future(week: pd.DataFrame) -> None:
    changed = changed_without_future(arrival_features, week.iloc[3000:3040:10], week)
    assert len(changed) == 12
    assert changed.eq(0).all()


def test_a_leak_changes_and_the_share_says_for_how_many(week: pd.DataFrame) -> None:
    some = week.iloc[3000:3040:10]
    changed = changed_without_future(TWINS["whole day"].leaky, some, week)
    assert changed["carrier_day_delay"] == 1
    own = changed_without_future(lambda few, _: few[["arr_delay", "distance"]], some, week)
    assert own.to_dict() == {"arr_delay": 0, "distance": 0}, "taken from the flight, not history"
