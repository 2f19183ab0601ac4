"""Runs a check against an answer that may do anything: raise, never end, or flood the screen."""

from __future__ import annotations

import builtins
import contextlib
import ctypes
import io
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from workbook.exercise import NOT_ATTEMPTED, Answer, Exercise, LocalAnswer, Stop, Verdict, wrong

WORKER = "workbook-check"
PRINTED_LINES = 8
PRINTED_CHARACTERS = 600


class OutOfTime(BaseException):
    """Raised inside an answer that has used up its time; `except Exception` doesn't catch it."""


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
    return judge(exercise, LocalAnswer(given)) if given is not ... else NOT_ATTEMPTED


def judge(exercise: Exercise, answer: Answer) -> Verdict:
    """Run an exercise's check on an answer, wherever the answer lives."""
    verdicts: list[Verdict] = []
    screen = Screen()

    def work() -> None:
        # Out of time: the thread ends without a word, and the one that waits tells the learner.
        with contextlib.suppress(OutOfTime):
            verdicts.append(_verdict(exercise, answer))

    worker = threading.Thread(target=work, name=WORKER, daemon=True)
    with _captured(screen):
        worker.start()
        try:
            worker.join(exercise.seconds)
        finally:
            if worker.is_alive():
                _end(worker)
    if not verdicts:
        verdicts.append(
            wrong(
                "too-slow",
                f"Your answer was stopped after {exercise.seconds:g} seconds. "
                "Does a loop in it never end?",
            )
        )
    found = verdicts[0]
    return Verdict(found.outcome, found.message_id, found.message, screen.shown())


def _verdict(exercise: Exercise, answer: Answer) -> Verdict:
    try:
        return exercise.check(answer) or Verdict("passed", message=exercise.why)
    except Stop as stop:
        return stop.verdict
    except OutOfTime:
        raise
    except (SystemExit, KeyboardInterrupt, GeneratorExit):
        return wrong("exits", "Your answer tries to end the program. Return a value instead.")
    except BaseException as error:
        return Verdict(
            "broken",
            message=f"The check of exercise {exercise.id} failed itself "
            f"(`{type(error).__name__}: {error}`). This is our fault, not yours: please report it.",
        )


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


def _end(worker: threading.Thread, patience: float = 0.5) -> None:
    """Raise OutOfTime inside a thread, again and again until it ends or patience runs out.

    Signals would be simpler but don't exist on Windows. An answer that waits inside one long call
    (`time.sleep`) ends when that call returns; a loop that catches everything is hit again between
    two of its steps. The thread is a daemon, so the notebook goes on in any case.
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
