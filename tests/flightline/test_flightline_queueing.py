import numpy as np
import pytest

from flightline import queueing
from flightline.queueing import CHANGES_PER_HOUR, FAULTY, leave_the_line, simulate, utilization

BATCHES = (1, 2, 3, 4, 6, 10, 20)


def test_a_line_serves_one_at_a_time_in_order() -> None:
    left = leave_the_line(np.array([0.0, 1.0, 10.0]), np.array([3.0, 2.0, 1.0]))
    assert left.tolist() == [3.0, 5.0, 11.0]


@pytest.mark.parametrize("load", [0.5, 0.8])
def test_the_line_agrees_with_the_theory_of_m_m_1(load: float) -> None:
    rng = np.random.default_rng(1)
    ready = rng.exponential(1 / load, (20, 50_000)).cumsum(axis=1)
    stay = leave_the_line(ready, rng.exponential(1.0, ready.shape)) - ready
    assert stay[:, 5_000:].mean() == pytest.approx(1 / (1 - load), rel=0.03)


def test_littles_law_holds() -> None:
    rng = np.random.default_rng(2)
    ready = rng.exponential(2.0, 50_000).cumsum()
    left = leave_the_line(ready, rng.gamma(2.0, 0.6, ready.shape))
    moments = np.linspace(ready[1_000], ready[-1_000], 40_000)
    inside = np.searchsorted(ready, moments) - np.searchsorted(left, moments)
    stay = (left - ready)[1_000:-1_000].mean()
    rate = 1 / np.diff(ready)[1_000:-1_000].mean()
    assert inside.mean() == pytest.approx(rate * stay, rel=0.02)


@pytest.mark.parametrize("batch", BATCHES)
def test_deployments_fail_as_often_as_the_model_says(batch: int) -> None:
    rate = simulate(batch, 0.5, 0.8, years=50).change_fail_rate.mean()
    assert rate == pytest.approx(1 - (1 - FAULTY * 0.2) ** batch, rel=0.08)


def test_alone_in_the_line_a_change_waits_for_its_batch_and_its_pipeline() -> None:
    # With perfect tests, no review and a slow trickle, lead time is batching, pipeline, mending.
    lead = simulate(20, 0.0, 1.0).lead_time_hours.mean()
    waiting = (20 - 1) / 2 / CHANGES_PER_HOUR
    assert lead == pytest.approx(waiting + 1.0 + 20 * FAULTY, rel=0.02)


def test_a_line_that_is_asked_for_too_much_never_settles() -> None:
    assert utilization(1, 1.0, 0.8) > 1 > utilization(2, 1.0, 0.8)
    short = simulate(1, 1.0, 0.8, changes=500).lead_time_hours.mean()
    long = simulate(1, 1.0, 0.8, changes=2_000).lead_time_hours.mean()
    assert long > 2 * short


def test_utilization_is_the_share_of_time_the_line_is_busy() -> None:
    flow = simulate(4, 0.5, 0.9, years=200)
    recovery = CHANGES_PER_HOUR * flow.failed_hours_per_100.mean() / 100
    rest = CHANGES_PER_HOUR * (0.5 + FAULTY * 0.9 + 1 / 0.9 / 4)
    assert utilization(4, 0.5, 0.9) == pytest.approx(recovery + rest, rel=0.01)


def test_larger_batches_fail_more_often_and_longer_but_not_more_per_change() -> None:
    flows = [simulate(batch, 0.5, 0.8) for batch in BATCHES]
    rates = [flow.change_fail_rate.mean() for flow in flows]
    hours = [flow.failed_hours_per_100.mean() for flow in flows]
    assert rates == sorted(rates)
    assert hours == sorted(hours)
    assert flows[0].failed_per_100.mean() >= flows[-1].failed_per_100.mean()


def test_batches_of_one_are_fastest_only_with_short_reviews_and_right_tests_together() -> None:
    def fastest(review: float, reliability: float) -> int:
        return min(
            BATCHES, key=lambda batch: simulate(batch, review, reliability).lead_time_hours.mean()
        )

    settings = [(1.0, 0.8), (0.25, 0.8), (1.0, 1.0), (0.25, 1.0)]
    assert [fastest(*setting) for setting in settings] == [3, 2, 2, 1]


def test_the_same_seed_gives_the_same_years() -> None:
    one, two = simulate(3, 0.5, 0.9), simulate(3, 0.5, 0.9)
    assert np.array_equal(one.lead_time_hours, two.lead_time_hours)
    assert not np.array_equal(one.lead_time_hours, simulate(3, 0.5, 0.9, seed=1).lead_time_hours)


def test_better_tests_never_lead_to_more_failures() -> None:
    rates = [simulate(4, 0.5, r).change_fail_rate for r in (0.6, 0.8, 1.0)]
    assert (rates[0] >= rates[1]).all()
    assert (rates[1] >= rates[2]).all()
    assert rates[2].max() == 0


def test_trials_have_a_row_for_each_batch_size_and_year() -> None:
    rows = queueing.trials([1, 5], 0.5, 0.9)
    assert [row["batch"] for row in rows] == [1] * queueing.YEARS + [5] * queueing.YEARS
    assert rows[-1]["year"] == queueing.YEARS


@pytest.mark.parametrize(
    ("batch", "review", "reliability"), [(0, 0.5, 0.9), (2, -1.0, 0.9), (2, 0.5, 0.0)]
)
def test_settings_outside_their_range_are_refused(
    batch: int, review: float, reliability: float
) -> None:
    with pytest.raises(ValueError, match=r"is from 1|is 0 or more"):
        simulate(batch, review, reliability)


def test_the_fastest_batch_within_the_budget_is_chosen() -> None:
    rows = [
        {"batch": batch, "lead_time_hours": lead, "change_fail_rate": rate}
        for batch, lead, rate in [(4, 1, 0.5), (3, 5, 0.25), (2, 5, 0.25), (2, 5, 0.0), (1, 9, 0.0)]
    ]
    assert queueing.choose_batch(rows, 0.5) == 4
    assert queueing.choose_batch(rows, 0.25) == 2
    assert queueing.choose_batch(rows, 0.0) == 1
    assert queueing.choose_batch(rows[:3], 0.1) is None
