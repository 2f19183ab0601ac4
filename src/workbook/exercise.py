"""What an exercise is: a question with a check, hints and the reason behind its solution.

A check is a plain function of an :class:`Answer`. It returns ``None`` when the answer is right,
or ``wrong(message_id, message)`` for the first thing worth saying. It never touches the learner's
objects: :meth:`Answer.call` and :meth:`Answer.value` work on copies.

The check sees an answer only through :class:`Answer` and the readers below, as data. So the same
check also runs where the answer lives in another process.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

T = TypeVar("T")
Outcome = Literal["passed", "not attempted", "wrong", "broken"]


@dataclass(frozen=True)
class Verdict:
    """What a check found.

    Attributes
    ----------
    outcome
        ``"passed"``, ``"not attempted"``, ``"wrong"``, or ``"broken"``: the check itself failed,
        which is our fault and never the learner's.
    message_id
        Names the misconception of a wrong answer (``"drops-cancelled"``); empty otherwise.
    message
        Markdown for the learner.
    printed
        What the answer printed while it was checked, cut to a few lines.
    """

    outcome: Outcome
    message_id: str = ""
    message: str = ""
    printed: str = ""


def wrong(message_id: str, message: str) -> Verdict:
    """Say what is wrong with an answer, and why, in a sentence a tutor would say."""
    return Verdict("wrong", message_id, message)


NOT_ATTEMPTED = Verdict(
    "not attempted", message="Replace the `...` with your answer, run the cell, then check again."
)


class Stop(Exception):  # noqa: N818 - not an error: it carries a verdict out of a check
    """Ends a check early with a verdict."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.message)
        self.verdict = verdict


class Mismatch(Exception):  # noqa: N818 - it carries what a reader expected
    """Raised by a reader when a value isn't what it reads."""

    def __init__(self, expected: str) -> None:
        super().__init__(expected)
        self.expected = expected


# --- readers: turn what the learner gave into a plain value, however it was written -------------


def number(value: Any) -> float:
    """Read a finite or infinite number, of Python's or NumPy's making."""
    if hasattr(value, "item") and getattr(value, "size", 1) == 1:
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise Mismatch("a number")
    return float(value)


def truth(value: Any) -> bool:
    """Read True or False, of Python's or NumPy's making."""
    if hasattr(value, "item") and getattr(value, "size", 1) == 1:
        value = value.item()
    if not isinstance(value, bool):
        raise Mismatch("`True` or `False`")
    return value


def text(value: Any) -> str:
    """Read a text."""
    if not isinstance(value, str):
        raise Mismatch("a text in quotes")
    return str(value)


def names(value: Any) -> list[str]:
    """Read several texts, from any collection of them (list, tuple, set, index, column)."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise Mismatch("a list of texts")
    found = list(value)
    if not all(isinstance(item, str) for item in found):
        raise Mismatch("a list of texts")
    return [str(item) for item in found]


def mapping(value: Any) -> dict[Any, Any]:
    """Read a dictionary."""
    if not isinstance(value, dict):
        raise Mismatch("a dictionary")
    return dict(value)


def table(value: Any) -> Any:
    """Read a pandas DataFrame."""
    import pandas as pd

    if not isinstance(value, pd.DataFrame):
        raise Mismatch("a pandas DataFrame")
    return value


def column(value: Any) -> Any:
    """Read a one-dimensional column of values as a pandas Series."""
    import numpy as np
    import pandas as pd

    if isinstance(value, pd.Series):
        return value
    sequences = list | tuple | np.ndarray | pd.Index | pd.api.extensions.ExtensionArray
    if isinstance(value, sequences) and getattr(value, "ndim", 1) == 1:
        return pd.Series(value)
    raise Mismatch("a column of values (a pandas Series or an array)")


def kind_of(value: Any) -> str:
    """Name what a value is, in a learner's words."""
    if value is None:
        return "`None`"
    if isinstance(value, type):
        return f"the class `{value.__name__}`"
    if callable(value):
        return "a function"
    words = {
        bool: "`True` or `False`",
        int: "a whole number",
        float: "a number",
        str: "a text",
        list: "a list",
        tuple: "a tuple",
        dict: "a dictionary",
        set: "a set",
    }
    name = type(value).__name__
    article = "an" if name[0].lower() in "aeiou" else "a"
    return words.get(type(value), f"{article} `{name}`")


class Answer(Protocol):
    """How a check sees an answer."""

    def call(self, *args: Any, returns: Callable[[Any], T], **kwargs: Any) -> T:
        """Call the answer with copies of the arguments and read what it returns."""
        ...

    def value(self, reads: Callable[[Any], T]) -> T:
        """Read an answer that is a value, not a function."""
        ...

    def mutates(self, *args: Any) -> bool:
        """Tell whether calling the answer changes the arguments it is given."""
        ...


@dataclass(frozen=True)
class Exercise:
    """One exercise of a chapter.

    Attributes
    ----------
    id
        Chapter and number: ``"1.2"``.
    title
        Names what is asked, in a few words.
    check
        Returns ``None`` for a right answer and ``wrong(...)`` otherwise.
    hints
        Two or more, each a step further; none gives the answer away.
    why
        Why the solution is right. Shown with the solution and to the learner who passed.
    starter
        What checking the untouched starter must say: ``"not attempted"``, or ``"wrong:ID"`` for an
        exercise that starts from code with a fault in it.
    seconds
        How long an answer may take.
    """

    id: str
    title: str
    check: Callable[[Answer], Verdict | None]
    hints: tuple[str, ...]
    why: str
    starter: str = "not attempted"
    seconds: float = 5.0

    def __post_init__(self) -> None:
        if len(self.hints) < 2:
            raise ValueError(f"Exercise {self.id} needs two hints or more.")
