"""Releases, the pointer to the one that serves, and the way back."""

from pathlib import Path

import pytest

from flightline import releases


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Three releases of one file each; the third serves."""
    for text in ("one", "two", "three"):
        file = tmp_path / "model.json"
        file.write_text(text, encoding="utf-8")
        number = releases.publish(tmp_path / "store", [file], commit=text)
        releases.point(tmp_path / "store", number)
    return tmp_path / "store"


def moves(*events: tuple[str, int]) -> list[dict[str, object]]:
    return [{"event": event, "to": number} for event, number in events]


def test_a_release_is_a_folder_with_its_files_and_its_commit(store: Path) -> None:
    assert (store / "2" / "model.json").read_text(encoding="utf-8") == "two"
    assert (store / "2" / "commit").read_text(encoding="utf-8") == "two\n"
    assert not list(store.glob("*.part"))


def test_a_published_release_does_not_serve_by_itself(store: Path, tmp_path: Path) -> None:
    assert releases.publish(store, [tmp_path / "model.json"], "four") == 4
    assert releases.current(store) == 3


def test_the_pointer_only_points_to_a_release(store: Path) -> None:
    with pytest.raises(LookupError, match="no release 9"):
        releases.point(store, 9)
    assert releases.current(store) == 3


def test_before_the_first_release_nothing_serves(tmp_path: Path) -> None:
    assert releases.current(tmp_path) is None
    assert releases.history(tmp_path) == []


def test_two_rollbacks_go_back_two_releases_and_a_third_goes_nowhere(store: Path) -> None:
    assert [releases.rollback(store), releases.rollback(store)] == [2, 1]
    assert releases.current(store) == 1
    with pytest.raises(LookupError, match="no good release"):
        releases.rollback(store)
    assert releases.current(store) == 1
    assert [move["event"] for move in releases.history(store)] == ["release"] * 3 + ["rollback"] * 2


@pytest.mark.parametrize(
    ("history", "target"),
    [
        (moves(("release", 1), ("release", 2), ("release", 5)), 2),
        (moves(("release", 1), ("release", 2), ("rollback", 1), ("release", 3)), 1),
        (moves(("release", 1), ("release", 3), ("release", 2), ("release", 4)), 2),
        (moves(("release", 1), ("release", 2), ("release", 2)), 1),
        (
            moves(("release", 1), ("release", 2), ("rollback", 1), ("release", 2), ("release", 3)),
            1,
        ),
        (moves(("release", 1)), None),
        ([], None),
    ],
)
def test_the_way_back_leads_to_the_last_release_that_served_and_was_never_left(
    history: list[dict[str, object]], target: int | None
) -> None:
    assert releases.rollback_target(history) == target


def test_what_cannot_be_undone_needs_a_person_and_what_is_undone_at_once_needs_none() -> None:
    change = {
        "chance_bad": 0.1,
        "cost_per_hour": 50,
        "person_catches": 0.5,
        "hours_waiting": 20,
        "value_per_hour": 2,
    }
    hours = {60: True, 0.1: False, None: True}
    found = {h: releases.needs_a_person(change | {"hours_to_undo": h}) for h in hours}
    assert found == hours
