"""What a shadow shows: missing answers, other decisions, and answers that it was not judged by."""

import json
import math
import threading
import time
from pathlib import Path

import pytest

from flightline.shadow import MIN_COPIES, compare, read_log


def record(number: int, champion: float, **shadow: object) -> dict[str, object]:
    return {
        "request_id": str(number),
        "flight": f"UA{number}",
        "late_probability": champion,
        "shadow_version": 3,
        **shadow,
    }


SAME = [record(number, 0.1, shadow_probability=0.1) for number in range(MIN_COPIES)]


def test_a_shadow_that_says_what_it_was_judged_by_has_no_objection() -> None:
    expected = {f"UA{number}": 0.1 + 1e-9 for number in range(MIN_COPIES)}
    found = compare(SAME, expected)
    assert found.objections == []
    assert (found.copies, found.failed, found.changed) == (MIN_COPIES, 0, 0.0)


def test_each_trouble_is_an_objection() -> None:
    failing = [*SAME[1:], record(0, 0.1, shadow_error="ValueError")]
    assert compare(failing).objections == ["no answer to 1 requests"]
    mismatch = compare(SAME, {"UA3": 0.2, "UA999": 0.9})
    assert mismatch.objections == ["1 answers differ from those it was judged by"]
    assert compare(SAME[:5]).objections == [f"5 copies, {MIN_COPIES} are needed"]


def test_a_changed_decision_counts_and_a_changed_probability_does_not() -> None:
    records = [
        record(1, 0.10, shadow_probability=0.12),
        record(2, 0.10, shadow_probability=0.20),
        record(3, 0.30, shadow_probability=0.10),
        record(4, 0.30, shadow_probability=0.90),
    ]
    found = compare(records)
    assert found.changed == 0.5
    assert found.champion_mean == pytest.approx(0.2)
    assert found.shadow_mean == pytest.approx(0.33)


def test_requests_without_a_shadow_are_left_out_and_none_at_all_is_no_number() -> None:
    found = compare([{"request_id": "1", "flight": "UA1", "late_probability": 0.5}])
    assert found.copies == 0
    assert math.isnan(found.shadow_mean)
    assert math.isnan(found.changed)


def test_the_log_is_read_in_the_order_of_the_requests_and_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "predictions.jsonl"
    path.write_text(json.dumps({"request_id": "a"}) + "\n" + '{"request_id": "half')

    def write_later() -> None:
        time.sleep(0.2)
        path.write_text('{"request_id": "a"}\n{"request_id": "b"}\n')

    thread = threading.Thread(target=write_later)
    thread.start()
    assert [one["request_id"] for one in read_log(tmp_path, ["b", "a"])] == ["b", "a"]
    thread.join()


def test_a_request_that_never_comes_is_told(tmp_path: Path) -> None:
    with pytest.raises(TimeoutError, match="1 requests aren't in"):
        read_log(tmp_path, ["x"], seconds=0.1)
