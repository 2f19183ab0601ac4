"""Policies: read from a file, asked, told apart, and the reference on recorded evenings."""

import dataclasses
import datetime
import math
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from flightline.replay import (
    REFERENCE,
    Day,
    Policies,
    PolicyError,
    Trial,
    load_policies,
    replay,
)
from flightline.replay.policies import (
    PLAYED,
    ask,
    ask_threshold,
    cheapest_threshold,
    digest,
    never,
    reference_gate,
    reference_retrain,
)
from flightline.replay.recorded import Tape, play_alarm, tapes

DATE = datetime.date(2013, 7, 9)
FILE = """
def threshold(false_alarm, miss):
    return false_alarm / (false_alarm + miss)
def alarm(today, earlier):
    return today.failed > 10
def retrain(today, earlier):
    return False
def gate(trial):
    return True
"""


def make_day(**changed: Any) -> Day:
    """Return an evening on which nothing is wrong."""
    quiet = Day(
        date=DATE,
        flights=900,
        failed=0,
        findings={},
        missing=0.1,
        missing_usual=0.08,
        drift=8.0,
        announced=0.15,
        judged=880,
        judged_announced=0.15,
        late_rate=0.16,
        log_loss=0.35,
        usual_log_loss=0.45,
        champion=1,
        champion_age=20,
        since_retraining=20,
        since_call=100,
    )
    return dataclasses.replace(quiet, **changed)


def make_trial(shift: float = 0.0, flights: int = 4_000) -> Trial:
    """Return a trial; a positive shift moves the challenger away from the labels."""
    rng = np.random.default_rng(0)
    p = rng.uniform(0.05, 0.4, flights)
    late = rng.random(flights) < p
    day = np.array([f"2013-07-{1 + each % 14:02}" for each in range(flights)])
    origin = np.array(["EWR", "JFK", "LGA"])[np.arange(flights) % 3]
    return Trial(late, p, np.clip(p + np.where(late, -shift, shift), 0, 1), day, origin)


# --- From a file -----------------------------------------------------------------------------


def test_a_file_with_four_functions_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(FILE, encoding="utf-8")
    policies = load_policies(path)
    assert policies.threshold(1, 5) == pytest.approx(1 / 6)
    assert policies.alarm(make_day(failed=11), ())
    assert len(digest(policies)) == 8


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (FILE.replace("def gate", "def gates"), "mine.py defines no function `gate`"),
        ("gate = alarm = retrain = threshold = 1", "no function `threshold`"),
        ("def alarm(:\n", "mine.py, line 1: "),
        ("import nothing_like_it", "ModuleNotFoundError"),
        ("exit(3)", "mine.py can't be run: SystemExit: 3."),
        ("\0", "mine.py"),
        (FILE.replace("(trial)", "()"), "`gate` is called as gate(trial) and can't be: too many"),
        (FILE.replace("earlier)", "earlier, more)"), "missing a required argument: 'more'"),
        ("import broken", "broken.py, line 1: "),
    ],
)
def test_a_wrong_file_is_named_in_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "mine.py"
    path.write_text(text, encoding="utf-8")
    (tmp_path / "broken.py").write_text("def (", encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        load_policies(path)
    assert said in str(caught.value)
    assert "line None" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        FILE.encode("utf-8-sig"),
        f"# -*- coding: latin-1 -*-\nAIRPORT = 'Zürich'\n{FILE}".encode("latin-1"),
        f"from __future__ import annotations\n{FILE}"
        "from dataclasses import dataclass\n@dataclass\nclass Limits:\n    few: float\n".encode(),
    ],
    ids=["BOM", "Latin-1", "a dataclass"],
)
def test_what_python_reads_is_read(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mine.py"
    path.write_bytes(content)
    assert load_policies(path).gate(make_trial())


def test_what_lies_beside_the_file_belongs_to_it(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(f"import limits_of_mine\n{FILE}", encoding="utf-8")
    found = []
    for limit in (3, 3, 40):
        (tmp_path / "limits_of_mine.py").write_text(f"LIMIT = {limit}", encoding="utf-8")
        found.append(digest(load_policies(path)))
    assert found[0] == found[1] != found[2]
    assert str(tmp_path) not in sys.path


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"nothing\.py can't be read"):
        load_policies(tmp_path / "nothing.py")


def test_other_policies_have_another_digest(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(FILE, encoding="utf-8")
    first = digest(load_policies(path))
    path.write_text(FILE.replace("> 10", "> 11"), encoding="utf-8")
    assert digest(load_policies(path)) != first
    assert len({digest(each) for each in PLAYED.values()}) == 3
    assert digest(dataclasses.replace(REFERENCE)) == digest(REFERENCE)


def test_functions_without_a_text_are_told_apart_by_their_code() -> None:
    def made(limit: int) -> Policies:
        scope: dict[str, Any] = {}
        exec(f"def alarm(today, earlier):\n    return today.failed > {limit}\n", scope)
        return dataclasses.replace(REFERENCE, alarm=scope["alarm"])

    assert digest(made(10)) == digest(made(10)) != digest(made(11))


#: Lets `made` in the next test make policies that differ in one number.
MADE = """
import functools
from dataclasses import dataclass

limit = {beside}

def helper(day):
    return day.failed > {helper}

def closed(number):
    return lambda today, earlier: today.failed > number

def two(today, earlier, number={default}):
    return helper(today) or today.failed > limit or today.origin in {{"EWR", "JFK", "LGA"}}

@dataclass
class Limits:
    number: int
    names: tuple = ("a", frozenset({{"EWR", "JFK", "LGA"}}))

class Callable:
    def __init__(self):
        self.limits = [Limits({attribute}), self]

    def __call__(self, today, earlier):
        return False

policies = [closed({closure}), two, Callable(), functools.partial(two, number={partial})]
"""


def made(**changed: int) -> list[str]:
    """Return the digests of policies, each of which holds its numbers otherwise."""
    numbers = dict.fromkeys(["beside", "helper", "default", "attribute", "closure", "partial"], 1)
    scope: dict[str, Any] = {"__name__": "made"}
    exec(MADE.format(**numbers | changed), scope)
    return [digest(dataclasses.replace(REFERENCE, alarm=each)) for each in scope["policies"]]


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("closure", [0]),
        ("beside", [1, 3]),
        ("helper", [1, 3]),
        ("default", [1, 3]),
        ("attribute", [2]),
        ("partial", [3]),
    ],
)
def test_what_a_policy_holds_tells_it_apart(name: str, others: list[int]) -> None:
    pairs = enumerate(zip(made(), made(**{name: 2}), strict=True))
    assert [at for at, (before, after) in pairs if before != after] == others


def test_the_digest_is_the_same_in_every_process() -> None:
    code = "from test_flightline_replay_policies import made; print(made())"
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in "12"
    }
    assert found == {f"{made()}\n"}


def test_a_copy_with_another_function_is_no_longer_the_files(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(FILE, encoding="utf-8")
    policies = load_policies(path)
    assert digest(dataclasses.replace(policies, alarm=never)) != digest(policies)


# --- Asking ----------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [True, False, np.True_, np.False_])
def test_a_yes_or_no_is_taken(answer: Any) -> None:
    policies = dataclasses.replace(REFERENCE, alarm=lambda today, earlier: answer)
    assert ask(policies, "alarm", DATE, make_day(), ()) is bool(answer)


class UnspeakableError(Exception):
    """Can't even be shown."""

    def __repr__(self) -> str:
        raise KeyError

    __str__ = __repr__


@pytest.mark.parametrize(
    "answer",
    [None, 1, "yes", np.array([True]), "long " * 50, pd.Series([True, False]), UnspeakableError()],
    ids=lambda answer: type(answer).__name__,
)
def test_anything_else_is_named_with_the_policy_and_the_day(answer: Any) -> None:
    policies = dataclasses.replace(REFERENCE, retrain=lambda today, earlier: answer)
    with pytest.raises(PolicyError) as caught:
        ask(policies, "retrain", DATE, make_day(), ())
    said = str(caught.value)
    assert said.startswith("The policy `retrain` returned ")
    assert "2013-07-09" in said
    assert said.endswith("it has to return True or False.")
    assert len(said) < 150
    assert "\n" not in said


def test_what_a_policy_raises_is_named() -> None:
    def gate(trial: Trial) -> bool:
        return 1 / 0 > 1

    policies = dataclasses.replace(REFERENCE, gate=gate)
    with pytest.raises(PolicyError, match=r"`gate` failed on 2013-07-09, line \d+: ZeroDiv"):
        ask(policies, "gate", DATE, make_trial())


@pytest.mark.parametrize("error", [UnspeakableError(), ValueError("long " * 1_000)])
def test_what_a_policy_raises_is_one_short_sentence(error: Exception) -> None:
    def alarm(today: Day, earlier: Any) -> bool:
        raise error

    with pytest.raises(PolicyError, match=type(error).__name__) as caught:
        ask(dataclasses.replace(REFERENCE, alarm=alarm), "alarm", DATE, make_day(), ())
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("answer", [1, 0.25, np.float32(0.5), math.inf])
def test_a_threshold_is_a_number(answer: Any) -> None:
    policies = dataclasses.replace(REFERENCE, threshold=lambda false_alarm, miss: answer)
    assert ask_threshold(policies, 1, 5) == answer


@pytest.mark.parametrize(
    "answer",
    [None, True, "0.5", math.nan, [0.5], 10**400, 10**5000, np.timedelta64(1), np.complex128(1j)],
    ids=lambda answer: type(answer).__name__,
)
def test_no_threshold(answer: Any) -> None:
    policies = dataclasses.replace(REFERENCE, threshold=lambda false_alarm, miss: answer)
    with pytest.raises(PolicyError, match=r"`threshold` returned .* has to return a number"):
        ask_threshold(policies, 1, 5)


# --- The reference ---------------------------------------------------------------------------


def test_the_threshold_follows_from_the_costs() -> None:
    assert cheapest_threshold(1, 5) == pytest.approx(1 / 6)
    assert all(each.threshold(1, 3) == pytest.approx(1 / 4) for each in PLAYED.values())


@pytest.mark.parametrize(
    ("changed", "calls"),
    [
        ({}, False),
        ({"drift": 30.0}, False),
        ({"log_loss": 0.5}, False),
        ({"findings": {"completeness": 8, "history": 20}}, False),
        ({"failed": 20}, True),
        ({"findings": {"range": 1}}, True),
        ({"findings": {"columns": 1}}, True),
        ({"missing": 0.6}, True),
    ],
)
def test_one_evening(changed: dict[str, Any], calls: bool) -> None:
    quiet = [make_day() for _ in range(5)]
    assert REFERENCE.alarm(make_day(**changed), quiet) is calls


def test_a_loss_above_the_usual_counts_on_the_second_evening_and_after_a_call_anew() -> None:
    bad = make_day(log_loss=0.5)
    assert REFERENCE.alarm(bad, [make_day(), bad])
    assert not REFERENCE.alarm(dataclasses.replace(bad, since_call=1), [make_day(), bad])


def test_fewer_late_flights_than_announced_count_over_days() -> None:
    few = make_day(late_rate=0.05)
    assert not REFERENCE.alarm(few, [make_day() for _ in range(6)])
    assert REFERENCE.alarm(few, [few, few])


@pytest.mark.parametrize(
    ("changed", "trains"),
    [
        ({"champion_age": 60, "since_retraining": 60}, True),
        ({"champion_age": 60, "since_retraining": 27}, False),
        ({"champion_age": 40, "since_retraining": 40}, False),
        ({"champion_age": 40, "since_retraining": 40, "late_rate": 0.3}, True),
        ({"champion_age": 60, "since_retraining": 60, "failed": 300}, False),
        ({"champion_age": 60, "since_retraining": 60, "judged": 50}, False),
    ],
)
def test_when_to_train(changed: dict[str, Any], trains: bool) -> None:
    days = [make_day(**changed) for _ in range(20)]
    assert reference_retrain(days[-1], days[:-1]) is trains


def test_the_gate_lets_an_equal_candidate_through_and_no_worse_one() -> None:
    assert reference_gate(make_trial())
    assert not reference_gate(make_trial(shift=0.05))
    assert not reference_gate(make_trial(flights=900))


@pytest.mark.parametrize(
    "challenger",
    [
        lambda trial: np.where(np.arange(len(trial.late)) == 7, np.nan, trial.challenger),
        lambda trial: trial.challenger * 0.5,
        lambda trial: np.where(trial.origin == "LGA", 0.6, trial.challenger),
    ],
    ids=["no answer", "announces half", "one airport worse"],
)
def test_the_gate_refuses(challenger: Callable[[Trial], np.ndarray]) -> None:
    trial = make_trial()
    assert not reference_gate(dataclasses.replace(trial, challenger=challenger(trial)))


# --- Tapes -----------------------------------------------------------------------------------


def test_the_reference_catches_what_is_on_the_tapes_and_cries_no_wolf() -> None:
    played = [play_alarm(REFERENCE.alarm, tape) for tape in tapes()]
    assert sum(each.incidents for each in played) == 6
    assert sum(each.caught for each in played) == 6
    assert sum(each.false_alarms for each in played) == 0


def test_never_and_always_are_found_out() -> None:
    for tape in tapes():
        assert play_alarm(never, tape)[:3] == (0, sum(_begins(tape.wrong)), 0)
        always = play_alarm(lambda today, earlier: True, tape)
        assert always.caught == always.incidents
        assert always.false_alarms > 10


def test_drift_alone_calls_on_every_evening() -> None:
    assert all(
        play_alarm(lambda today, earlier: today.drift > 0.25, tape).false_alarms > 10
        for tape in tapes()
    )


def test_after_a_call_the_rest_of_an_incident_is_left_out() -> None:
    days = [make_day(date=DATE + datetime.timedelta(days=each)) for each in range(8)]
    tape = Tape("made", days, [False, False, True, True, True, False, False, False])
    seen: list[tuple[int, int]] = []

    def alarm(today: Day, earlier: Any) -> bool:
        seen.append(((today.date - DATE).days, today.since_call))
        return today.date == days[3].date

    assert play_alarm(alarm, tape) == (1, 1, 0, 2.0)
    # Nobody called yet: all evenings count. After the call: those since.
    assert seen == [(0, 1), (1, 2), (2, 3), (3, 4), (6, 1), (7, 2)]


def _begins(wrong: list[bool]) -> list[bool]:
    return [now and not before for before, now in zip([False, *wrong], wrong, strict=False)]


def test_a_policy_that_was_called_is_told_to_lose_its_brackets() -> None:
    with pytest.raises(PolicyError, match=r"`threshold` is 0\.5, .* without brackets"):
        dataclasses.replace(REFERENCE, threshold=0.5)  # type: ignore[arg-type]


def test_what_are_no_policies_is_named(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"got a `list`: give Policies\(threshold="):
        replay([never], tmp_path, "practice")  # type: ignore[arg-type]
