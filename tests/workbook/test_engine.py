"""Whatever an answer does, the learner gets one clear message and the notebook goes on."""

import sys
import threading
import time

import numpy as np
import pandas as pd
import pytest

from workbook.engine import PRINTED_CHARACTERS, WORKER, evaluate
from workbook.exercise import Exercise, Mismatch, column, names, number, text, truth, wrong


def exercise(check, seconds=5.0):
    return Exercise("9.9", "Twice", check, hints=("one", "two"), why="Because.", seconds=seconds)


def twice(answer):
    return None if answer.call(21, returns=number) == 42 else wrong("not-twice", "Not twice.")


def test_a_right_answer_passes_and_is_told_why():
    verdict = evaluate(exercise(twice), lambda x: 2 * x)
    assert (verdict.outcome, verdict.message) == ("passed", "Because.")


def test_a_wrong_answer_gets_the_message_of_its_check():
    verdict = evaluate(exercise(twice), lambda x: x)
    assert (verdict.outcome, verdict.message_id) == ("wrong", "not-twice")


@pytest.mark.parametrize("untouched", [..., lambda x: ...])
def test_dots_are_not_attempted(untouched):
    assert evaluate(exercise(twice), untouched).outcome == "not attempted"


def test_a_function_without_return_is_asked_for_it():
    verdict = evaluate(exercise(twice), lambda x: None)
    assert verdict.message_id == "returns-none"
    assert "`return`" in verdict.message


@pytest.mark.parametrize(("reads", "asked"), [(text, "a text in quotes"), (number, "a number")])
def test_a_function_in_place_of_a_value_is_told_what_is_asked(reads, asked):
    verdict = evaluate(exercise(lambda answer: answer.value(reads)), lambda: 42)
    assert verdict.message_id == "not-a-value"
    assert f"asks for {asked}," in verdict.message


def test_an_error_names_itself_and_the_line_and_shows_no_traceback():
    def careless(x):
        prices = {}
        return prices["late"]

    verdict = evaluate(exercise(twice), careless)
    assert verdict.message_id == "raises"
    assert 'prices["late"]' in verdict.message
    assert "KeyError" in verdict.message
    assert "Traceback" not in verdict.message


def test_endless_recursion_is_named():
    def again(x):
        return again(x)

    assert "calls itself without end" in evaluate(exercise(twice), again).message


@pytest.mark.parametrize("leave", [sys.exit, lambda: (_ for _ in ()).throw(KeyboardInterrupt)])
def test_an_answer_that_exits_does_not_end_the_notebook(leave):
    def leaving(x):
        result = leave()
        return next(result)

    assert evaluate(exercise(twice), leaving).message_id == "exits"


def loop(x):
    while True:
        pass


def loop_that_catches(x):
    while True:
        try:  # noqa: SIM105
            x += 1
        except Exception:
            pass


def loop_that_catches_everything(x):
    while True:
        try:  # noqa: SIM105
            x += 1
        except:  # noqa: E722
            pass


def loop_that_prints(x):
    while True:
        print("and on")


def sleeper(x):
    time.sleep(1.2)


@pytest.mark.parametrize(
    "endless", [loop, loop_that_catches, loop_that_catches_everything, loop_that_prints, sleeper]
)
def test_an_endless_answer_is_stopped(endless, capfd):
    started = time.monotonic()
    verdict = evaluate(exercise(twice, seconds=0.3), endless)
    assert verdict.message_id == "too-slow"
    assert "0.3 seconds" in verdict.message
    assert time.monotonic() - started < 5
    for thread in threading.enumerate():
        if thread.name == WORKER:
            thread.join(5)
            assert not thread.is_alive(), "the answer still runs"
    assert capfd.readouterr() == ("", "")


def test_what_an_answer_prints_is_shown_and_a_flood_is_cut(capsys):
    def noisy(x):
        for _ in range(100_000):
            print("line")
        return 2 * x

    verdict = evaluate(exercise(twice), noisy)
    assert verdict.outcome == "passed"
    assert verdict.printed.startswith("line\nline")
    assert verdict.printed.endswith("(cut)")
    assert len(verdict.printed) < PRINTED_CHARACTERS + 20
    assert capsys.readouterr().out == ""


def test_input_is_refused_in_place_of_waiting():
    verdict = evaluate(exercise(twice), lambda x: input("number? "))
    assert verdict.message_id == "raises"
    assert "input()" in verdict.message


def test_an_answer_cannot_change_what_it_is_checked_against():
    data = pd.DataFrame({"x": [1, 2]})

    def check(answer):
        answer.call(data, returns=number)
        return None if data["x"].tolist() == [1, 2] else wrong("changed", "Changed.")

    def greedy(frame):
        frame["x"] = 0
        return 1

    assert evaluate(exercise(check), greedy).outcome == "passed"


def test_a_check_can_ask_whether_an_answer_changes_its_input():
    def check(answer):
        return wrong("mutates", "Changed.") if answer.mutates(pd.DataFrame({"x": [1]})) else None

    def greedy(frame):
        frame["y"] = 1

    assert evaluate(exercise(check), greedy).message_id == "mutates"
    assert evaluate(exercise(check), lambda frame: frame.assign(y=1)).outcome == "passed"


def test_a_check_never_changes_a_value_of_the_learner():
    mine = [3, 1, 2]

    def check(answer):
        answer.value(lambda value: value).sort()

    evaluate(exercise(check), mine)
    assert mine == [3, 1, 2]


def test_a_check_that_fails_itself_is_our_fault_and_not_a_wrong_answer():
    def broken(answer):
        raise ZeroDivisionError("ours")

    verdict = evaluate(exercise(broken), lambda x: x)
    assert verdict.outcome == "broken"
    assert "our fault" in verdict.message


def test_a_call_in_place_of_a_function_is_explained():
    verdict = evaluate(exercise(twice), 42)
    assert verdict.message_id == "not-a-function"
    assert "without brackets" in verdict.message


@pytest.mark.parametrize(
    ("reads", "value", "expected"),
    [
        (number, np.float32(2), 2.0),
        (number, np.array([2]), 2.0),
        (number, 2, 2.0),
        (truth, np.bool_(True), True),
        (text, "late", "late"),
        (names, ("a", "b"), ["a", "b"]),
        (names, pd.Index(["a"]), ["a"]),
    ],
)
def test_a_reader_takes_a_value_however_it_was_made(reads, value, expected):
    assert reads(value) == expected


@pytest.mark.parametrize(
    ("reads", "value"),
    [
        (number, True),
        (number, "2"),
        (truth, 1),
        (text, 2),
        (names, "ab"),
        (names, [1]),
        (column, 3),
        (column, np.zeros((2, 2))),
    ],
)
def test_a_reader_refuses_what_it_does_not_read(reads, value):
    with pytest.raises(Mismatch):
        reads(value)


def test_an_exercise_needs_two_hints():
    with pytest.raises(ValueError, match="two hints"):
        Exercise("9.9", "Twice", twice, hints=("one",), why="Because.")
