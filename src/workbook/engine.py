"""Runs a check against an answer that may do anything: raise, never end, or flood the screen."""

from __future__ import annotations

import builtins
import contextlib
import copy
import ctypes
import io
import linecache
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from workbook.exercise import (
    NOT_ATTEMPTED,
    Answer,
    Exercise,
    Mismatch,
    Stop,
    Verdict,
    kind_of,
    wrong,
)

T = TypeVar("T")

WORKER = "workbook-answer"
PRINTED_LINES = 8
PRINTED_CHARACTERS = 600


def evaluate(exercise: Exercise, given: Any) -> Verdict:
    """Check an answer under a time limit.

    Parameters
    ----------
    exercise
        The exercise.
    given
        The learner's function or value. It is called with copies, and never changed.

    Returns
    -------
    Verdict
        Always a verdict, whatever the answer does.
    """
    return judge(exercise, LocalAnswer(given, exercise.seconds))


def judge(exercise: Exercise, answer: Answer) -> Verdict:
    """Run an exercise's check on an answer, wherever the answer lives."""
    screen = Screen()
    with _captured(screen):
        try:
            found = exercise.check(answer) or Verdict("passed", message=exercise.why)
        except Stop as stop:
            found = stop.verdict
        except Exception as error:
            found = Verdict(
                "broken",
                message=f"The check of exercise {exercise.id} failed itself "
                f"(`{type(error).__name__}: {error}`). "
                "This is our fault, not yours: please report it.",
            )
    return Verdict(found.outcome, found.message_id, found.message, screen.shown())


class LocalAnswer:
    """An answer that lives in this process: a function or a value of the learner's.

    All its calls together may take `seconds`. What the check itself does isn't counted: importing
    pandas for the first time may take longer than any answer.
    """

    def __init__(self, given: Any, seconds: float) -> None:
        self._given = given
        self._seconds = seconds
        self._left = seconds

    def call(self, *args: Any, returns: Callable[[Any], T], **kwargs: Any) -> T:
        """Call the answer with copies of the arguments and read what it returns."""
        result = self._run(copy.deepcopy(args), copy.deepcopy(kwargs))
        return self._read(result, returns, "returns")

    def value(self, reads: Callable[[Any], T]) -> T:
        """Read a copy of an answer that is a value, not a function."""
        if callable(self._given):
            expected = _expected(reads, self._given)
            raise Stop(
                wrong("not-a-value", f"This exercise asks for {expected}, and you gave a function.")
            )
        return self._read(copy.deepcopy(self._given), reads, "is")

    def mutates(self, *args: Any) -> bool:
        """Tell whether calling the answer changes the arguments it is given."""
        given = copy.deepcopy(args)
        self._run(given, {})
        return not all(_same(before, after) for before, after in zip(args, given, strict=True))

    def _run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if self._given is ...:
            raise Stop(NOT_ATTEMPTED)
        if not callable(self._given):
            raise Stop(
                wrong(
                    "not-a-function",
                    f"`check` needs the function itself, and you gave {kind_of(self._given)}. "
                    "Pass the function's name, without brackets and without quotes.",
                )
            )
        started = time.monotonic()
        try:
            return run_for(self._left, lambda: self._given(*args, **kwargs))
        except OutOfTime:
            raise Stop(
                wrong(
                    "too-slow",
                    f"Your answer was stopped after {self._seconds:g} seconds. "
                    "Does a loop in it never end?",
                )
            ) from None
        except Exception as error:
            raise Stop(_raised(error, self._given)) from error
        except BaseException:
            raise Stop(
                wrong("exits", "Your answer tries to end the program. Return a value instead.")
            ) from None
        finally:
            self._left -= time.monotonic() - started

    def _read(self, result: Any, reads: Callable[[Any], T], verb: str) -> T:
        if result is ...:
            raise Stop(NOT_ATTEMPTED)
        try:
            return reads(result)
        except Mismatch as mismatch:
            expected = mismatch.expected
        if result is None and verb == "returns":
            raise Stop(
                wrong(
                    "returns-none",
                    f"Your function returns `None`, where {expected} is expected. "
                    "Does every path through it end in `return`?",
                )
            )
        raise Stop(
            wrong(
                "wrong-type",
                f"Your answer {verb} {kind_of(result)}, where {expected} is expected.",
            )
        )


def _expected(reads: Callable[[Any], Any], given: Any) -> str:
    """Say what a reader asks for, by what it says of a value that it can't read."""
    try:
        reads(given)
    except Mismatch as mismatch:
        return mismatch.expected
    return "a value"


def _same(before: Any, after: Any) -> bool:
    if hasattr(before, "equals"):
        return bool(type(before) is type(after) and before.equals(after))
    if hasattr(before, "dtype"):
        return bool((before == after).all())
    return bool(before == after)


def _raised(error: Exception, function: Any) -> Verdict:
    """Say what an answer raised and on which of its lines, without a traceback."""
    code = getattr(function, "__code__", None)
    where = ""
    step = error.__traceback__
    while step is not None:
        if code is not None and step.tb_frame.f_code.co_filename == code.co_filename:
            line = linecache.getline(code.co_filename, step.tb_lineno).strip()
            where = f" in its line `{line}`" if line else ""
        step = step.tb_next
    if isinstance(error, RecursionError):
        return wrong("raises", f"Your function calls itself without end{where}.")
    detail = str(error).strip().splitlines()
    said = f": {detail[0][:200]}" if detail else ""
    return wrong("raises", f"Your function stops with `{type(error).__name__}`{said}{where}.")


# --- running what may never end ------------------------------------------------------------------


class OutOfTime(BaseException):
    """Raised inside an answer that has used up its time; `except Exception` doesn't catch it."""


def run_for(seconds: float, call: Callable[[], T]) -> T:
    """Call something, and give up on it after a while.

    Parameters
    ----------
    seconds
        How long it may take.
    call
        Runs in a thread of its own. Signals would be simpler but don't exist on Windows.

    Raises
    ------
    OutOfTime
        When the time is up. Whatever `call` raises is raised here too.
    """
    results: list[T] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            results.append(call())
        except BaseException as error:
            errors.append(error)

    worker = threading.Thread(target=work, name=WORKER, daemon=True)
    worker.start()
    try:
        worker.join(max(seconds, 0.001))
    finally:
        if worker.is_alive():
            _end(worker)
    if results:
        return results[0]
    raise errors[0] if errors else OutOfTime


def _end(worker: threading.Thread, patience: float = 0.5) -> None:
    """Raise OutOfTime inside a thread, again and again until it ends or patience runs out.

    An answer that waits inside one long call (`time.sleep`) ends when that call returns; a loop
    that catches everything is hit again between two of its steps. The thread is a daemon, so the
    notebook goes on in any case.
    """
    until = time.monotonic() + patience
    interval = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)
    try:
        while worker.is_alive() and time.monotonic() < until:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(worker.ident or 0), ctypes.py_object(OutOfTime)
            )
            worker.join(0.003)
    finally:
        sys.setswitchinterval(interval)


# --- what an answer prints and asks --------------------------------------------------------------


class Screen(io.TextIOBase):
    """Takes what an answer prints and keeps only its beginning."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._kept = 0
        self._cut = False

    def writable(self) -> bool:
        """Tell that it can be written to, as a text stream does."""
        return True

    def write(self, text: str) -> int:
        """Keep the text as far as there is room, and drop the rest."""
        room = PRINTED_CHARACTERS - self._kept
        if room > 0:
            self._parts.append(text[:room])
            self._kept += len(self._parts[-1])
        self._cut = self._cut or len(text) > room
        return len(text)

    def shown(self) -> str:
        """Return the beginning of what was printed, and say so if there was more."""
        lines = "".join(self._parts).rstrip().splitlines()
        cut = self._cut or len(lines) > PRINTED_LINES
        return "\n".join(lines[:PRINTED_LINES] + (["… (cut)"] if cut else []))


@contextlib.contextmanager
def _captured(screen: Screen) -> Iterator[None]:
    """Send what is printed to the screen, and answer `input()` with an error, for a while."""

    def no_input(prompt: object = "") -> str:
        raise RuntimeError("input() can't be used in an answer")

    ask: Callable[..., str] = builtins.input
    builtins.input = no_input
    try:
        with contextlib.redirect_stdout(screen), contextlib.redirect_stderr(screen):
            yield
    finally:
        builtins.input = ask
