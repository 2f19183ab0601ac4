"""Tests of tests: right ones pass, weak ones are told what lives, and none gets out of its box."""

import pytest

from workbook.mutants import Mutant, grade

MUTANTS = (
    Mutant("lives-zero", lambda x: 0, "always says 0"),
    Mutant("lives-sign", lambda x: -2 * x, "turns the sign around"),
)


def said(text: str, seconds: float = 5.0) -> str:
    verdict = grade(text, "double", lambda x: 2 * x, MUTANTS, "numbers", seconds)
    return verdict.message_id if verdict else ""


def body(*lines: str) -> str:
    return "def test_it():\n" + "\n".join(f"    {line}" for line in lines)


@pytest.mark.parametrize(
    "text",
    [
        body("assert double(2) == 4"),
        "    " + body("assert double(2) == 4").replace("\n", "\n    "),
        "from numbers import double\n" + body("assert double(2) == 4"),
        "import pytest\n@pytest.mark.parametrize('x', [1, 2])\ndef test_it(x):\n"
        "    assert double(x) == pytest.approx(x + x)",
        "import pytest\n"
        + body("with pytest.raises(TypeError):", "    double()")
        + "\n    assert double(1) == 2",
        "from pytest import raises, approx\n"
        + body("assert double(2) == approx(4)", "with raises(TypeError):", "    double()"),
        body("if double(2) != 4:", "    raise AssertionError"),
        body("assert double(x=2) == 4"),
        "def helper(x):\n    return x + x\n" + body("assert double(3) == helper(3)"),
    ],
)
def test_good_tests_pass(text: str) -> None:
    assert said(text) == ""


@pytest.mark.parametrize(
    ("text", "message_id"),
    [
        (body("assert double(0) == 0"), "kills-nothing"),
        (body("assert double(1) <= 2", "assert double(1) != 0"), "lives-sign"),
        (body("assert double(1) == 3"), "fails-on-original"),
        (body("double(1)"), "asserts-nothing"),
        (body("assert (double(1), 2)"), "asserts-tuple"),
        ("x = 1", "no-tests"),
        ("def test_it(x):\n    assert double(x) == 2 * x", "needs-fixture"),
        ("def test_it(:", "no-python"),
        ("\0", "no-python"),
    ],
)
def test_weak_tests_are_told_why(text: str, message_id: str) -> None:
    assert said(text) == message_id


@pytest.mark.parametrize(
    "line",
    [
        "import os",
        "from os import system",
        "import pytest as p, os",
        "from pytest import main",
        "().__class__.__bases__",
        "double.__globals__",
        "'{0.__class__}'.format(1)",
        "(lambda: 0).gi_frame",
        "__import__('os')",
        "class A: pass",
        "match double:\n        case object(): pass",
        "f'{double.__name__}'",
    ],
)
def test_tests_reach_nothing_but_the_function(line: str) -> None:
    assert said(body(line, "assert double(2) == 4")) == "reaches-out"


@pytest.mark.parametrize("name", ["open", "eval", "exec", "getattr", "type", "vars", "globals"])
def test_what_could_open_the_box_isnt_there(name: str) -> None:
    verdict = grade(body(f"{name}('x')", "assert 1"), "double", abs, MUTANTS)
    assert verdict is not None
    assert verdict.message_id == "fails-on-original"
    assert "NameError" in verdict.message


def test_tests_print_once_however_many_mutants_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert said(body("print('here')", "assert double(2) == 4")) == ""
    assert capsys.readouterr().out == "here\n"


def test_a_loop_without_end_is_stopped() -> None:
    assert said(body("while True: pass", "assert double(2) == 4"), seconds=0.2) == "too-slow"
