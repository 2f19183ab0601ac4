import numpy as np
import pandas as pd
import pytest

from flightline.labels import (
    ENOUGH_LOOKED_UP,
    broken_feeds,
    feed_surprise,
    in_feeds,
    judge_flags,
    most_suspicious,
    out_of_fold,
    sample_of_feeds,
)


def test_a_feed_is_one_carrier_in_one_month() -> None:
    flights = pd.DataFrame({"carrier": ["B6", "B6", "UA", "B6"], "month": [5, 7, 5, 6]})
    assert in_feeds(flights, [("B6", 5), ("B6", 6)]).tolist() == [True, False, False, True]
    assert not in_feeds(flights, []).any()


def test_flights_to_look_up_are_drawn_from_each_feed_and_never_twice() -> None:
    flights = pd.DataFrame({"carrier": ["B6"] * 50 + ["UA"] * 3, "month": 5})
    drawn = sample_of_feeds(flights, [("B6", 5), ("UA", 5)], count=10, seed=1)
    assert len(set(drawn)) == len(drawn) == 13
    assert flights.iloc[drawn]["carrier"].value_counts().to_dict() == {"B6": 10, "UA": 3}
    assert drawn.tolist() == sample_of_feeds(flights, [("B6", 5), ("UA", 5)], 10, 1).tolist()


def test_flags_are_judged_by_the_truth() -> None:
    flagged = np.array([True, True, False, False, False])
    wrong = np.array([True, False, True, True, False])
    judged = judge_flags(flagged, wrong)
    assert judged == pytest.approx({"flagged": 0.4, "precision": 1 / 2, "recall": 1 / 3})
    assert np.isnan(judge_flags(flagged, np.zeros(5, dtype=bool))["recall"])
    assert np.isnan(judge_flags(np.zeros(5, dtype=bool), wrong)["precision"])


def test_out_of_fold_a_flight_is_never_predicted_from_its_own_label() -> None:
    # One row of its kind is labelled late: only a model that saw it can expect that.
    features = pd.DataFrame({"minute": np.repeat([600.0, 700.0], 200)})
    late = np.zeros(400, dtype=bool)
    late[7] = True
    late[200:] = np.arange(200) % 2 == 0
    p = out_of_fold(features, late)
    assert p.shape == (400,)
    assert p[7] < 0.05
    assert p[200:].mean() == pytest.approx(0.5, abs=0.1)


def test_the_hardest_label_to_believe_comes_first() -> None:
    late = np.array([True, False, True, False])
    p = np.array([0.9, 0.8, 0.1, 0.3])
    assert most_suspicious(late, p, 3).tolist() == [2, 1, 3]


def test_equal_suspicions_keep_their_order() -> None:
    assert most_suspicious(np.array([True] * 3), np.full(3, 0.5), 3).tolist() == [0, 1, 2]


def test_surprise_is_counted_in_standard_errors() -> None:
    flights = pd.DataFrame({"carrier": ["AA"] * 100 + ["UA"] * 4, "month": 1})
    late = np.array([True] * 60 + [False] * 40 + [True] * 4)
    feeds = feed_surprise(flights, late, np.full(104, 0.5))
    assert feeds.loc[("AA", 1), "surprise"] == pytest.approx(2.0)
    assert feeds.loc[("UA", 1), "surprise"] == pytest.approx(2.0)
    assert feeds.loc[("AA", 1), "flights"] == 100
    assert feeds.loc[[("AA", 1), ("UA", 1)], "received"].tolist() == [0.6, 1.0]


def test_too_few_late_flights_surprise_as_much_as_too_many() -> None:
    flights = pd.DataFrame({"carrier": ["AA"] * 50 + ["UA"] * 50, "month": 1})
    late = np.array([True] * 30 + [False] * 20 + [True] * 10 + [False] * 40)
    assert feed_surprise(flights, late, np.full(100, 0.5)).index[0] == ("UA", 1)


def test_a_feed_is_broken_when_most_of_enough_labels_were_wrong() -> None:
    enough = ENOUGH_LOOKED_UP
    flights = pd.DataFrame(
        {"carrier": ["B6"] * enough + ["UA"] * enough + ["AA"] * (enough - 1), "month": 5}
    )
    half = [True, False] * (enough // 2)
    wrong = np.array([True] * enough + half + [True] * (enough - 1))
    assert broken_feeds(flights, wrong) == [("B6", 5)]
