"""Grades a learner's tests: they must pass on the right function and fail on every wrong one.

The tests arrive as text, so that they cross from one process to another as data. They run in this
process, in milliseconds, with next to nothing in reach: plain Python, the function under test and
the part of pytest that small tests use (`raises`, `approx`, `mark.parametrize`). A text that wants
more is refused before it runs.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import itertools
import textwrap
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, SimpleNamespace
from typing import Any

from workbook.engine import OutOfTime, run_for
from workbook.exercise import Verdict, wrong

FILE = "<your tests>"
ATTRIBUTES = {"mark", "parametrize", "raises", "approx", "param"}
BUILTINS = [
    "abs",
    "all",
    "any",
    "bool",
    "dict",
    "divmod",
    "enumerate",
    "filter",
    "float",
    "frozenset",
    "int",
    "isinstance",
    "len",
    "list",
    "map",
    "max",
    "min",
    "print",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "sorted",
    "str",
    "sum",
    "tuple",
    "zip",
    "True",
    "False",
    "None",
    "ArithmeticError",
    "AssertionError",
    "Exception",
    "IndexError",
    "KeyError",
    "LookupError",
    "RuntimeError",
    "StopIteration",
    "TypeError",
    "ValueError",
    "ZeroDivisionError",
]
REFUSED = (ast.ClassDef, ast.AsyncFunctionDef, ast.Await, ast.Match)


@dataclass(frozen=True)
class Mutant:
    """A wrong function that the tests should fail on.

    Attributes
    ----------
    id
        The message id of tests that let it live.
    function
        Takes what the right function takes.
    behaviour
        What it does wrong, in words and never as code: "calls every flight late".
    """

    id: str
    function: Callable[..., Any]
    behaviour: str


class Refused(Exception):  # noqa: N818 - it carries a verdict
    """Raised when the text can't be run as tests."""

    def __init__(self, message_id: str, message: str) -> None:
        super().__init__(message)
        self.verdict = wrong(message_id, message)


@dataclass(frozen=True)
class Failure:
    """Why tests failed: the line of theirs that was running, and the error."""

    line: str
    error: Exception


def grade(
    text: str,
    name: str,
    original: Callable[..., Any],
    mutants: Sequence[Mutant],
    module: str = "",
    seconds: float = 5.0,
) -> Verdict | None:
    """Say the first thing worth saying about a learner's tests, or None if they are good.

    Parameters
    ----------
    text
        The source of the tests: functions named ``test_...``, with or without parametrization.
    name
        The name under which the tests find the function.
    original, mutants
        The right function and the wrong ones, in the order in which they are worth mentioning.
    module
        The module from which the tests may import the function, if they do.
    seconds
        How long all runs together may take.

    Returns
    -------
    Verdict or None
        Message ids: ``no-python``, ``reaches-out``, ``no-tests``, ``asserts-nothing``,
        ``asserts-tuple``, ``needs-fixture``, ``fails-on-original``, ``kills-nothing``,
        ``too-slow``, or a surviving mutant's.
    """
    try:
        return run_for(seconds, lambda: _grade(text, name, original, mutants, module))
    except OutOfTime:
        return wrong(
            "too-slow",
            f"Your tests were stopped after {seconds:g} seconds. Does a loop in them never end?",
        )
    except Refused as refused:
        return refused.verdict


def _grade(
    text: str,
    name: str,
    original: Callable[..., Any],
    mutants: Sequence[Mutant],
    module: str,
) -> Verdict | None:
    text = textwrap.dedent(text)
    code = read(text, name, module)
    failure = run(code, text, name, original)
    if failure is not None:
        said = _said(failure.error)
        return wrong(
            "fails-on-original",
            f"Your tests fail on the right function, at `{failure.line}`{said}. A test that fails "
            "on right code is soon switched off. Work the expected value out by hand.",
        )
    # What the tests print was said once, by the run on the right function.
    alive = [
        mutant for mutant in mutants if run(code, text, name, mutant.function, silent=True) is None
    ]
    if not alive:
        return None
    if len(alive) == len(mutants):
        return wrong(
            "kills-nothing",
            f"Your tests pass on the right function and on each of {len(mutants)} wrong ones: "
            f"whatever `{name}` returns, they are content. Compare what it returns with what it "
            "should return.",
        )
    killed = len(mutants) - len(alive)
    return wrong(
        alive[0].id,
        f"Your tests kill {killed} of {len(mutants)} mutants. One that lives "
        f"{alive[0].behaviour}. Which arguments would tell it from the right function?",
    )


def read(text: str, name: str, module: str = "") -> CodeType:
    """Compile tests after looking through them.

    Raises
    ------
    Refused
        When they aren't Python, reach for more than they need, or can't fail.
    """
    try:
        tree = ast.parse(text, FILE)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        where = f" in line {error.lineno}" if isinstance(error, SyntaxError) else ""
        raise Refused("no-python", f"The text is no Python{where}{_said(error)}.") from None
    tree.body = [
        found
        for node in tree.body
        for found in (_imported(node) if _allowed_import(node, name, module) else [node])
    ]
    for node in ast.walk(tree):
        if reached := _reaches_out(node):
            raise Refused(
                "reaches-out",
                f"The check runs your tests with `{name}`, pytest's `raises`, `approx` and "
                f"`mark.parametrize`, and plain Python, and nothing else: {reached} isn't among "
                "them. Write test functions that call the function and assert.",
            )
    tests = [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test")
    ]
    if not tests:
        raise Refused(
            "no-tests",
            "pytest would find no test here: it collects functions whose names begin with `test_`.",
        )
    asserts = [node for node in ast.walk(tree) if isinstance(node, ast.Assert)]
    if not asserts and not any(_can_fail(node) for node in ast.walk(tree)):
        raise Refused(
            "asserts-nothing",
            "Your tests assert nothing, so they can't fail: they only prove that the function "
            "runs. Write `assert` before a comparison.",
        )
    for node in asserts:
        if isinstance(node.test, ast.Tuple) and node.test.elts:
            raise Refused(
                "asserts-tuple",
                f"`{ast.unparse(node)}` asserts a tuple, and a tuple that holds something is "
                "always true. Leave the brackets away.",
            )
    return compile(tree, FILE, "exec")


def run(
    code: CodeType, text: str, name: str, function: Callable[..., Any], silent: bool = False
) -> Failure | None:
    """Run every test with a function under the given name; return the first failure.

    A silent run prints nothing.

    Raises
    ------
    Refused
        When a test wants an argument that it isn't given.
    """
    known = {one: getattr(builtins, one) for one in BUILTINS}
    space: dict[str, Any] = {
        "__builtins__": known | ({"print": lambda *values, **options: None} if silent else {}),
        "__name__": "tests",
        "pytest": PYTEST,
        name: function,
    }
    try:
        exec(code, space)
        tests = [
            value
            for key, value in space.items()
            if key.startswith("test") and hasattr(value, "__code__")
        ]
        for test in tests:
            for arguments in _cases(test):
                test(**arguments)
    except Refused:
        raise
    except Exception as error:
        return Failure(_line(error, text), error)
    return None


# --- what pytest does for a small test -----------------------------------------------------------


def _parametrize(names: str | Iterable[str], values: Iterable[Any], ids: Any = None) -> Any:
    if isinstance(names, str):
        keys = [one.strip() for one in names.split(",") if one.strip()]
    else:
        keys = list(names)
    rows = [row if len(keys) > 1 else (row,) for row in values]

    def decorate(test: Any) -> Any:
        cases = [dict(zip(keys, row, strict=True)) for row in rows]
        test.cases = [*getattr(test, "cases", []), cases]
        return test

    return decorate


@contextmanager
def _raises(expected: Any, match: str | None = None) -> Iterator[None]:
    try:
        yield
    except expected:
        return
    raise AssertionError("nothing was raised")


def _approx(value: float, rel: float = 1e-6, abs: float = 1e-12) -> Any:
    tolerance = max(rel * builtins.abs(value), abs)

    class Near:
        def __eq__(self, other: object) -> bool:
            return isinstance(other, int | float) and builtins.abs(other - value) <= tolerance

        __hash__ = None  # type: ignore[assignment]

    return Near()


def _param(*values: Any, id: str | None = None) -> Any:
    return values if len(values) > 1 else values[0]


PYTEST = SimpleNamespace(
    mark=SimpleNamespace(parametrize=_parametrize), raises=_raises, approx=_approx, param=_param
)


def _cases(test: Any) -> Iterator[dict[str, Any]]:
    given = getattr(test, "cases", [])
    known = {key for cases in given for row in cases for key in row}
    for parameter in inspect.signature(test).parameters.values():
        if parameter.default is parameter.empty and parameter.name not in known:
            raise Refused(
                "needs-fixture",
                f"`{test.__name__}` wants an argument `{parameter.name}`, and nothing provides it. "
                "Call the function by its name, or parametrize the test.",
            )
    for rows in itertools.product(*given):
        yield {key: value for row in rows for key, value in row.items()}


# --- looking through the text --------------------------------------------------------------------


def _allowed_import(node: ast.stmt, name: str, module: str) -> bool:
    if isinstance(node, ast.Import):
        return all(alias.name == "pytest" and alias.asname is None for alias in node.names)
    if not isinstance(node, ast.ImportFrom):
        return False
    known = {"pytest": set(vars(PYTEST)), module: {name}}.get(node.module or " ", set())
    return all(alias.name in known and alias.asname is None for alias in node.names)


def _imported(node: ast.stmt) -> list[ast.stmt]:
    """Return what stands for an allowed import: the names of pytest that it asks for."""
    if not isinstance(node, ast.ImportFrom) or node.module != "pytest":
        return []
    lines = [f"{alias.name} = pytest.{alias.name}" for alias in node.names]
    return ast.parse("\n".join(lines), FILE).body


def _can_fail(node: ast.AST) -> bool:
    """Tell whether a piece of code can make a test fail without `assert`."""
    return isinstance(node, ast.Raise) or "raises" in (
        getattr(node, "attr", ""),
        getattr(node, "id", ""),
    )


def _reaches_out(node: ast.AST) -> str:
    """Name what a piece of code reaches for that tests don't need; empty if nothing."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return f"`{ast.unparse(node)}`"
    if isinstance(node, REFUSED):
        return {ast.ClassDef: "a class", ast.Match: "`match`"}.get(type(node), "`async`")
    if isinstance(node, ast.Attribute) and node.attr not in ATTRIBUTES:
        return f"`.{node.attr}`"
    if isinstance(node, ast.Name) and node.id.startswith("_") and node.id != "_":
        return f"`{node.id}`"
    return ""


def _line(error: Exception, text: str) -> str:
    lines = text.splitlines()
    numbers = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == FILE and frame.lineno
    ]
    return lines[numbers[-1] - 1].strip() if numbers and numbers[-1] <= len(lines) else "its start"


def _said(error: BaseException) -> str:
    if isinstance(error, AssertionError) and not str(error):
        return ""
    detail = error.msg if isinstance(error, SyntaxError) else str(error).strip().split("\n")[0]
    return (
        f": `{type(error).__name__}: {detail[:120]}`" if detail else f": `{type(error).__name__}`"
    )
