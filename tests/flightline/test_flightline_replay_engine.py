"""The loop of a replay: what breaks, what a call mends, what a canary decides, and how it goes on.

Played on three weeks of February with incidents of their own, so that a replay takes a second.
"""

import dataclasses
import datetime
import filecmp
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from flightline.bundles import read_deployment
from flightline.contracts import NEW_YORK
from flightline.monitoring import is_mature, psi
from flightline.replay import (
    DO_NOTHING,
    REFERENCE,
    RETRAIN_DAILY,
    YEAR,
    Day,
    Incident,
    Policies,
    PolicyError,
    ReplayError,
    Result,
    Scenario,
    Trial,
    engine,
    replay,
    versions,
)
from flightline.replay.deliveries import deliveries
from flightline.replay.engine import ANSWERS, BUNDLES, REPORT, STATE
from flightline.replay.incidents import KINDS, damaged
from flightline.replay.versions import Version

#: Models of these tests learn from fewer flights than those of a replay: they are trained often.
FLIGHTS = 4_000


@pytest.fixture(scope="module", autouse=True)
def small_models() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(versions, "MOST_FLIGHTS", FLIGHTS)
        yield


def february(day: int) -> datetime.date:
    return datetime.date(2013, 2, day)


SMALL = Scenario(
    "small",
    february(5),
    february(24),
    (
        Incident("sign", "sign", "", february(7), february(9), "The sign is turned."),
        Incident("refused", "refused", "LGA", february(12), february(13), "A new name."),
        Incident("gusts", "gusts", "", february(15), february(16), "Gusts.", harmless=True),
        Incident(
            "settled", "settled", "", february(18), february(21), "Settled early.", rewrites=48
        ),
    ),
)


def on(*days: int) -> Any:
    """Return a policy that answers True on some days of February."""
    wanted = {february(day) for day in days}

    def policy(today: Day, earlier: Sequence[Day]) -> bool:
        assert [*(day.date for day in earlier), today.date] == [
            SMALL.first + datetime.timedelta(days=each) for each in range(len(earlier) + 1)
        ]
        return today.date in wanted

    return policy


def play(folder: Path, **policies: Any) -> Result:
    return replay(dataclasses.replace(DO_NOTHING, **policies), folder / "replay", SMALL)


def outcome(result: Result, name: str) -> Any:
    return next(each for each in result.outcomes if each.name == name)


def events(result: Result) -> list[tuple[int, str, int]]:
    """Return the releases as (day of February, event, version)."""
    return [(int(e["day"][-2:]), e["event"], e["version"]) for e in result.releases]


@pytest.fixture(scope="module")
def nothing(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Return the replay in which nobody acts."""
    return replay(DO_NOTHING, tmp_path_factory.mktemp("nothing"), SMALL)


# --- What is delivered -----------------------------------------------------------------------


def test_every_kind_damages_something_and_leaves_what_it_was_given(
    flights: pd.DataFrame, weather: pd.DataFrame
) -> None:
    flights, weather = flights.head(2_000), weather.head(200)
    before = flights.copy(), weather.copy()
    for kind in set(KINDS) - {"refused"}:
        incident = Incident(kind, kind, "", february(7), february(9), "")
        ours, air = damaged(incident, flights, weather)
        assert not (ours.equals(flights) and air.equals(weather)), kind
        again = damaged(incident, flights, weather)
        assert ours.equals(again[0]), kind
        assert air.equals(again[1]), kind
    assert flights.equals(before[0])
    assert weather.equals(before[1])


def test_only_the_days_of_an_incident_are_wrong_and_an_archive_further_back() -> None:
    delivered = deliveries(SMALL)
    day = delivered.flights["day"]
    sign = delivered.wrong["sign"]
    touched = day.iloc[sign.rows]
    # The day after still looks back at the days of the incident.
    assert (touched.min(), touched.max()) == (february(7), february(10))
    settled = delivered.wrong["settled"]
    assert day.iloc[settled.rows].min() == datetime.date(2013, 1, 1)
    assert day.iloc[settled.rows[settled.serving]].min() == february(18)
    assert np.nansum(settled.late) < 0.8 * np.nansum(delivered.late[settled.rows])


def test_what_comes_right_again_is_what_would_have_come() -> None:
    delivered = deliveries(SMALL)
    rows = delivered.rows(february(8))
    wrong, late = delivered.delivered(rows, ["sign"], archive=False)
    right, truth = delivered.delivered(rows, [], archive=False)
    assert list(wrong.columns) == list(right.columns)
    assert (wrong.dtypes == right.dtypes).all()
    assert (np.nanmean(late), np.nanmean(truth)) == pytest.approx((0, np.nanmean(truth)), abs=0.3)
    name = "carrier_arrival_delay_3h"
    assert wrong[name].to_numpy() == pytest.approx(-right[name].to_numpy(), nan_ok=True)
    before = delivered.rows(february(6))
    assert delivered.delivered(before, ["sign"], False)[0].equals(delivered.features.iloc[before])


def test_a_label_is_known_on_the_evening_on_which_it_is_mature(flights: pd.DataFrame) -> None:
    delivered = deliveries(SMALL)
    order = ["scheduled_departure", "carrier", "flight", "origin"]
    flights = flights.sort_values(order, kind="stable", ignore_index=True)
    flights = flights.head(len(delivered.day))
    for day in (february(5), february(20)):
        evening = pd.Timestamp(day, tz=NEW_YORK) + pd.DateOffset(days=1)
        mature = is_mature(flights, evening.tz_convert("UTC") - pd.Timedelta(seconds=1))
        assert ((delivered.known <= day.toordinal()) == mature.to_numpy()).all()


def test_drift_is_the_psi_of_the_chapters(nothing: Result) -> None:
    delivered = deliveries(SMALL)
    version = Version(nothing.folder / BUNDLES, 1, delivered)
    known = np.flatnonzero((delivered.known < SMALL.first.toordinal()) & ~np.isnan(delivered.late))
    rng = np.random.default_rng([versions.SEED, SMALL.first.toordinal() - 1])
    known = np.sort(rng.choice(known, FLIGHTS, replace=False))
    learned = delivered.features.iloc[known]
    today = delivered.features.iloc[delivered.rows(february(5))]
    largest = max(psi(learned[name], today[name]) for name in learned if name != "weekday")
    assert version.compare(today)[2] == pytest.approx(largest)


# --- What it costs ---------------------------------------------------------------------------


def test_the_score_adds_up_and_every_incident_costs_or_is_harmless(nothing: Result) -> None:
    score = nothing.score
    assert score.saved == pytest.approx(score.never_warning - sum(score.costs.values()))
    assert sum(nothing.saved) == pytest.approx(score.saved)
    assert (score.incidents, score.caught, score.false_alarms) == (3, 0, 0)
    assert score.recovery_days == pytest.approx((3 + 2 + 4) / 3)
    assert score.failed_requests == sum(day.failed for day in nothing.days) > 0
    assert outcome(nothing, "sign").cost > 50
    assert outcome(nothing, "refused").cost > 300
    assert abs(outcome(nothing, "gusts").cost) < 50
    # Nobody learns from it here, and what is served stays right.
    assert outcome(nothing, "settled").cost == 0
    lines = score.explain().splitlines()
    assert len(lines) <= 10
    assert all(len(line) <= 84 for line in lines)


def test_the_days_tell_what_is_wrong(nothing: Result) -> None:
    days = {day.date.day: day for day in nothing.days}
    assert len(days) == 20
    assert days[8].findings["range"] > 0
    assert days[9].late_rate < 0.5 * days[6].late_rate
    assert days[12].failed > 0.2 * days[12].flights
    assert days[12].findings["columns"] > 0
    assert days[20].late_rate < 0.7 * days[20].judged_announced
    assert days[14].failed == 0
    assert [days[each].since_call for each in (5, 6, 24)] == [1, 2, 20]
    assert (days[7].champion, days[7].champion_age) == (1, 3)


# --- What a call does ------------------------------------------------------------------------


def test_a_call_repairs_what_is_broken_and_a_call_the_day_after_is_not_false(
    nothing: Result, tmp_path: Path
) -> None:
    result = play(tmp_path, alarm=on(7, 8, 10))
    sign = outcome(result, "sign")
    assert (sign.caught, sign.action, sign.over) == (february(7), "repaired", february(7))
    assert sign.cost < outcome(nothing, "sign").cost
    assert [useful for _, useful in result.calls] == [True, True, False]
    assert result.score.false_alarms == 1
    assert result.score.costs["calls"] == 100
    assert result.days[3].late_rate > nothing.days[3].late_rate
    assert [day.since_call for day in result.days[2:7]] == [3, 1, 1, 2, 1]


def test_a_call_about_something_harmless_is_false(tmp_path: Path) -> None:
    result = play(tmp_path, alarm=on(10, 15))
    assert [useful for _, useful in result.calls] == [True, False]
    # What was delivered wrongly is delivered again after its end, which isn't a catch.
    assert outcome(result, "sign").caught is None


def test_a_model_that_learned_from_damage_is_rolled_back(tmp_path: Path) -> None:
    result = play(tmp_path, retrain=on(18), alarm=on(24))
    assert events(result)[:3] == [(18, "train", 2), (18, "canary", 2), events(result)[2]]
    _, event, version = events(result)[2]
    assert (event, version) in (("promote", 2), ("stop", 2))
    if event == "promote":
        assert events(result)[3] == (24, "rollback", 2)
        assert outcome(result, "settled").action == "rolled back"
        assert result.score.rollbacks == 1
    assert read_deployment(result.folder / BUNDLES).champion == 1


def test_a_canary_that_learned_from_damage_is_taken_back(tmp_path: Path) -> None:
    result = play(tmp_path, retrain=on(18), alarm=on(19))
    assert events(result) == [(18, "train", 2), (18, "canary", 2), (19, "stop", 2)]
    deployment = read_deployment(result.folder / BUNDLES)
    assert (deployment.champion, deployment.canary) == (1, None)
    assert result.score.rollbacks == 0


# --- Training, gate, canary ------------------------------------------------------------------


def test_a_candidate_learns_from_what_was_delivered_and_is_tried_on_what_it_has_not_seen(
    tmp_path: Path,
) -> None:
    trials: list[Trial] = []

    def gate(trial: Trial) -> bool:
        trials.append(trial)
        return False

    result = play(tmp_path, retrain=on(6, 19), gate=gate)
    assert events(result) == [
        (6, "train", 2),
        (6, "refuse", 2),
        (19, "train", 3),
        (19, "refuse", 3),
    ]
    assert result.score.costs["retraining"] == 1_000
    bundles = result.folder / BUNDLES
    rates = [
        json.loads((bundles / str(each) / "bundle.json").read_text("utf-8"))["late_rate"]
        for each in (2, 3)
    ]
    # The archive has lost its late flights by then.
    assert rates[1] < 0.8 * rates[0]
    early = trials[0]
    assert (min(early.day), max(early.day)) == ("2013-01-24", "2013-02-06")
    assert len({len(getattr(early, each.name)) for each in dataclasses.fields(Trial)}) == 1
    assert early.late.dtype == bool
    assert np.isfinite(early.challenger).all()


def test_a_second_candidate_waits_until_the_canary_has_ended(tmp_path: Path) -> None:
    result = play(tmp_path, retrain=on(6, 7, 8))
    done = events(result)
    assert done[:4] == [(6, "train", 2), (6, "canary", 2), (7, "train", 3), (8, "train", 4)]
    ended = done[4]
    assert ended[1] in ("promote", "stop")
    assert ended[0] <= 13
    # The newer one has taken the place of the one that waited.
    assert done[5] == (ended[0], "canary", 4)


def test_the_canary_answers_for_a_tenth_of_the_flights(tmp_path: Path) -> None:
    result = play(tmp_path, retrain=on(6))
    version = np.load(result.folder / ANSWERS / "2013-02-07.npy")[1]
    assert set(version) == {1, 2}
    assert 0.06 < (version == 2).mean() < 0.14


# --- Going on --------------------------------------------------------------------------------


def same_files(left: Path, right: Path) -> bool:
    names = {path.relative_to(left) for path in left.rglob("*") if path.is_file()}
    assert names == {path.relative_to(right) for path in right.rglob("*") if path.is_file()}
    return all(filecmp.cmp(left / name, right / name, shallow=False) for name in names)


BUSY = dataclasses.replace(DO_NOTHING, alarm=on(8, 20, 22), retrain=on(6, 7, 14, 19))

#: Plays in a process of its own and says after each day how many are done.
CHILD = f"""
import sys
sys.path.insert(0, sys.argv[2])
from test_flightline_replay_engine import BUSY, SMALL
from flightline.replay import replay, versions
versions.MOST_FLIGHTS = {FLIGHTS}
replay(BUSY, sys.argv[1], SMALL, progress=lambda day, done, total: print(done, flush=True))
"""


def kill(folder: Path, after: int) -> None:
    """Play in a process of its own, and kill it somewhere in the day that follows."""
    command = [sys.executable, "-c", CHILD, str(folder), str(Path(__file__).parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if int(line) == after:
                child.kill()
    assert child.returncode != 0


def test_killed_anywhere_it_goes_on_and_ends_the_same(tmp_path: Path) -> None:
    whole = replay(BUSY, tmp_path / "whole", SMALL)
    # Another day each time: what fails here names it.
    stop = random.randrange(2, 18)
    kill(tmp_path / "killed", stop)
    done = len(json.loads((tmp_path / "killed" / STATE).read_text("utf-8"))["days"])
    assert stop <= done < 20
    again = replay(BUSY, tmp_path / "killed", SMALL)
    assert dataclasses.replace(again, folder=whole.folder) == whole
    assert same_files(tmp_path / "whole", tmp_path / "killed"), f"killed after {done} days"


class StoppedError(Exception):
    """Raised by a test in place of Ctrl-C."""


def test_what_the_progress_raises_interrupts_and_the_day_before_is_kept(
    nothing: Result, tmp_path: Path
) -> None:
    seen: list[tuple[datetime.date, int, int]] = []

    def progress(day: datetime.date, done: int, total: int) -> None:
        seen.append((day, done, total))
        if done == 4:
            raise StoppedError

    with pytest.raises(StoppedError):
        replay(DO_NOTHING, tmp_path, SMALL, progress=progress)
    result = replay(DO_NOTHING, tmp_path, SMALL, progress=progress)
    assert seen[3:5] == [(february(8), 4, 20), (february(9), 5, 20)]
    assert len(seen) == 20
    assert result.score == nothing.score
    assert same_files(tmp_path, nothing.folder)
    # A replay that is done plays nothing.
    assert replay(DO_NOTHING, tmp_path, SMALL, progress=progress) == result
    assert len(seen) == 20


def stop_after(days: int) -> Any:
    def progress(day: datetime.date, done: int, total: int) -> None:
        if done == days:
            raise StoppedError

    return progress


def begin(
    folder: Path, days: int, policies: Policies = DO_NOTHING, last: datetime.date = SMALL.last
) -> Path:
    """Play a few days and stop."""
    with pytest.raises(StoppedError):
        replay(policies, folder, SMALL, last=last, progress=stop_after(days))
    return folder


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a replay of which two days are played; to be copied."""
    return begin(tmp_path_factory.mktemp("begun"), 2)


def test_killed_in_the_first_training_it_begins_again(
    nothing: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*args: Any) -> None:
        raise StoppedError

    with monkeypatch.context() as patch:
        patch.setattr(engine, "train", killed)
        begin(tmp_path, 0)
    (tmp_path / BUNDLES / "1").mkdir(parents=True)
    (tmp_path / BUNDLES / "1" / "model.joblib").write_bytes(b"half")
    (tmp_path / f"{STATE}.part").write_text("{", "utf-8")
    assert replay(DO_NOTHING, tmp_path, SMALL).score == nothing.score
    assert same_files(tmp_path, nothing.folder)


def test_a_model_of_a_day_that_is_not_done_is_trained_again(tmp_path: Path) -> None:
    policies = dataclasses.replace(DO_NOTHING, retrain=on(7))
    whole = replay(policies, tmp_path / "whole", SMALL, last=february(8))
    folder = begin(tmp_path / "stopped", 2, policies, last=february(8))
    shutil.copytree(folder / BUNDLES / "1", folder / BUNDLES / "2")
    assert replay(policies, folder, SMALL, last=february(8)).score == whole.score
    assert same_files(folder, whole.folder)


def test_one_replay_at_a_time_in_a_folder(nothing: Result, tmp_path: Path) -> None:
    said: list[str] = []

    def progress(day: datetime.date, done: int, total: int) -> None:
        if done <= 2:
            with pytest.raises(ReplayError) as caught:
                replay(DO_NOTHING, tmp_path, SMALL, fresh=done == 2)
            said.append(str(caught.value))

    assert replay(DO_NOTHING, tmp_path, SMALL, progress=progress).score == nothing.score
    wanted = f"Another replay runs in {tmp_path}: wait for it, or choose another folder."
    assert said == [wanted, wanted]


def test_a_policy_that_changes_the_folder_changes_no_file(
    nothing: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def alarm(today: Day, earlier: Sequence[Day]) -> bool:
        os.chdir(tmp_path / "elsewhere")
        return False

    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    replay(dataclasses.replace(DO_NOTHING, alarm=alarm), "mine", SMALL, last=february(7))
    assert not list((tmp_path / "elsewhere").iterdir())
    assert len(list((tmp_path / "mine" / ANSWERS).iterdir())) == 3


def test_a_policy_cannot_change_what_is_known_of_the_days(nothing: Result, tmp_path: Path) -> None:
    def alarm(today: Day, earlier: Sequence[Day]) -> bool:
        for day in (*earlier, today):
            object.__setattr__(day, "failed", 0)
            day.findings.clear()
            day.findings[day.date] = 1  # type: ignore[index]
        return False

    result = play(tmp_path, alarm=alarm)
    assert result.score == nothing.score
    assert [day.findings for day in result.days] == [day.findings for day in nothing.days]


# --- Policies that depend on something else --------------------------------------------------


class Counting:
    """Answers True at one of its calls."""

    calls = 0

    def __init__(self, at: int) -> None:
        self.at = at

    def __call__(self, today: Day, earlier: Sequence[Day]) -> bool:
        Counting.calls += 1
        return Counting.calls == self.at


def test_a_memory_is_rebuilt_in_a_new_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policies = dataclasses.replace(DO_NOTHING, alarm=Counting(8))
    monkeypatch.setattr(Counting, "calls", 0)
    whole = replay(policies, tmp_path / "whole", SMALL, last=february(12))
    monkeypatch.setattr(Counting, "calls", 0)
    begin(tmp_path / "stopped", 4, policies, last=february(12))
    monkeypatch.setattr(Counting, "calls", 0)
    again = replay(policies, tmp_path / "stopped", SMALL, last=february(12))
    assert again.calls == whole.calls == [(february(12), True)]


@pytest.mark.parametrize("name", ["alarm", "retrain"])
def test_another_answer_about_a_day_that_was_played_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    policies = dataclasses.replace(DO_NOTHING, **{name: Counting(6)})  # type: ignore[arg-type]
    monkeypatch.setattr(Counting, "calls", 0)
    begin(tmp_path, 4, policies)
    # As many calls as days: the sixth comes on the second day now.
    with pytest.raises(ReplayError, match=rf"`{name}` answered otherwise on 2013-02-06 .*--fresh"):
        replay(policies, tmp_path, SMALL)


def test_another_threshold_is_refused(tmp_path: Path) -> None:
    answers = iter([0.2, 0.3])
    policies = dataclasses.replace(DO_NOTHING, threshold=lambda false_alarm, miss: next(answers))
    begin(tmp_path, 1, policies)
    with pytest.raises(ReplayError, match=r"`threshold` answered otherwise before the first day"):
        replay(policies, tmp_path, SMALL)


# --- What lies in the folder -----------------------------------------------------------------


def test_another_replay_in_the_folder_is_not_touched_unless_it_is_said(
    nothing: Result, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(nothing.folder, tmp_path / "mine"))
    (folder / "mine.txt").write_text("mine", "utf-8")
    others: list[tuple[Policies, Scenario, datetime.date, str]] = [
        (RETRAIN_DAILY, SMALL, SMALL.last, "other policies"),
        (DO_NOTHING, dataclasses.replace(SMALL, name="other"), SMALL.last, "another scenario"),
        (DO_NOTHING, SMALL, february(8), "another period"),
        (DO_NOTHING, dataclasses.replace(SMALL, incidents=()), SMALL.last, "other incidents"),
    ]
    for policies, scenario, until, what in others:
        with pytest.raises(ReplayError, match=f"holds a replay of {what}.*--fresh"):
            replay(policies, folder, scenario, last=until)
    assert replay(DO_NOTHING, folder, SMALL).score == nothing.score

    def stop(day: datetime.date, done: int, total: int) -> None:
        raise StoppedError

    with pytest.raises(StoppedError):
        replay(REFERENCE, folder, SMALL, progress=stop, fresh=True)
    assert len(list((folder / ANSWERS).iterdir())) == 1
    assert (folder / "mine.txt").exists()


@pytest.mark.parametrize("name", [BUNDLES, ANSWERS, REPORT])
def test_what_no_replay_has_written_is_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    for fresh in (False, True):
        with pytest.raises(ReplayError, match=f"{name} of something else"):
            replay(DO_NOTHING, tmp_path, SMALL, fresh=fresh)
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_fresh_removes_nothing_before_it_can_begin(
    nothing: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*args: Any) -> None:
        raise StoppedError

    folder = Path(shutil.copytree(nothing.folder, tmp_path / "mine"))
    broken = dataclasses.replace(DO_NOTHING, threshold=lambda false_alarm, miss: None)  # type: ignore[arg-type,return-value]
    with pytest.raises(PolicyError):
        replay(broken, folder, SMALL, fresh=True)
    with monkeypatch.context() as patch:
        patch.setattr(engine, "deliveries", missing)
        with pytest.raises(StoppedError):
            replay(DO_NOTHING, folder, SMALL, fresh=True)
    assert same_files(folder, nothing.folder)


@pytest.mark.parametrize(
    "changed",
    [{"key": "x"}, {"key": None}, {"next": "soon"}, {"days": [{}]}, {"champion": 9}, {"sha256": 1}],
    ids=str,
)
def test_a_state_that_was_changed_is_named(
    begun: Path, tmp_path: Path, changed: dict[str, Any]
) -> None:
    state = json.loads((begun / STATE).read_text("utf-8"))
    (tmp_path / STATE).write_text(json.dumps({**state, **changed}), "utf-8")
    with pytest.raises(ReplayError, match=r"state\.json is damaged.*--fresh"):
        replay(DO_NOTHING, tmp_path, SMALL)


def test_no_state_and_a_file_in_the_folders_place_are_named(tmp_path: Path) -> None:
    for text in ("", '{"key": {"poli', "{}", "[1]"):
        (tmp_path / STATE).write_text(text, "utf-8")
        with pytest.raises(ReplayError, match="damaged"):
            replay(DO_NOTHING, tmp_path, SMALL)
    with pytest.raises(ReplayError, match="is a file"):
        replay(DO_NOTHING, tmp_path / STATE, SMALL)


@pytest.mark.parametrize(
    ("name", "keep", "said"),
    [
        (f"{ANSWERS}/2013-02-06.npy", None, r"2013-02-06\.npy is damaged"),
        (f"{ANSWERS}/2013-02-06.npy", 0, r"2013-02-06\.npy is damaged"),
        (f"{ANSWERS}/2013-02-06.npy", 900, r"2013-02-06\.npy is damaged"),
        (f"{BUNDLES}/1/model.joblib", 900, "The bundle of version 1 is damaged"),
        (f"{BUNDLES}/1/bundle.json", None, "There is no bundle of version 1"),
        (f"{BUNDLES}/1/bundle.json", 900, "There is no bundle of version 1"),
    ],
)
def test_a_damaged_file_is_named_with_what_to_do(
    begun: Path, tmp_path: Path, name: str, keep: int | None, said: str
) -> None:
    folder = Path(shutil.copytree(begun, tmp_path / "mine"))
    content = (folder / name).read_bytes()
    (folder / name).unlink()
    if keep is not None:
        (folder / name).write_bytes(content[:keep])
    with pytest.raises(ReplayError, match=rf"{said}.*: begin anew \(.*--fresh\)\.$"):
        replay(DO_NOTHING, folder, SMALL)


def test_no_such_scenario_or_period(tmp_path: Path) -> None:
    with pytest.raises(ReplayError, match="practice, year"):
        replay(DO_NOTHING, tmp_path, "summer")
    with pytest.raises(ReplayError, match="isn't a part of small"):
        replay(DO_NOTHING, tmp_path, SMALL, last=datetime.date(2013, 5, 1))
    assert not list(tmp_path.iterdir())


def test_a_policy_that_fails_stops_the_replay_with_its_name_and_the_day(tmp_path: Path) -> None:
    def alarm(today: Day, earlier: Sequence[Day]) -> Any:
        return None if today.date == february(6) else False

    with pytest.raises(PolicyError, match="`alarm` returned None on 2013-02-06"):
        play(tmp_path, alarm=alarm)
    assert json.loads((tmp_path / "replay" / STATE).read_text("utf-8"))["next"] == "2013-02-06"


# --- Scenarios -------------------------------------------------------------------------------


def test_scenarios_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="No kind"):
        Incident("a", "magic", "", february(1), february(2), "")
    with pytest.raises(ValueError, match="ends before it begins"):
        Incident("a", "sign", "", february(3), february(2), "")
    near = Incident("b", "sign", "", february(10), february(11), "")
    with pytest.raises(ValueError, match="a day between"):
        dataclasses.replace(SMALL, incidents=(SMALL.incidents[0], near))


def test_the_year_has_faults_that_practice_has_not() -> None:
    assert YEAR.last == datetime.date(2013, 12, 30)
    assert REFERENCE.retrain is not RETRAIN_DAILY.retrain
    assert sum(not each.harmless for each in YEAR.incidents) == 8
