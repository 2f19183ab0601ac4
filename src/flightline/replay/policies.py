"""The four decisions that a year on autopilot is left to, and three ways of taking them.

A policy gets what is known at its time and nothing else. `checked` asks it, and turns a wrong
answer into one sentence.
"""

import datetime
import dis
import functools
import hashlib
import inspect
import math
import numbers
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, is_dataclass
from importlib.util import decode_source
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from flightline.gates import bootstrap_interval

#: What `digest` tells by its text.
_PLAIN = numbers.Number | str | bytes | np.generic | datetime.date | datetime.timedelta
#: What each of the four is given, by the names in a learner's file.
GIVEN = {
    "threshold": ("false_alarm", "miss"),
    "alarm": ("today", "earlier"),
    "retrain": ("today", "earlier"),
    "gate": ("trial",),
}
NAMES = tuple(GIVEN)
#: A day with fewer judged flights says little about a model.
ENOUGH_JUDGED = 100


class PolicyError(ValueError):
    """A policy can't be asked, failed, or answered something else than it has to."""


@dataclass(frozen=True)
class Day:
    """What is known on the evening of a day, on New York's clock.

    Attributes
    ----------
    date
        The day.
    flights
        How many flights of the day were predicted, or should have been.
    failed
        Requests without an answer.
    findings
        What the contract found in the day's deliveries: a number for each family of
        `flightline.contracts` that found something.
    missing
        Share of missing values today, in the feature in which it exceeds the usual share by most.
        Features that are usually missing for over half of the flights are left out.
    missing_usual
        The share in the same feature in the champion's training data.
    drift
        Largest PSI of any feature today against the champion's training data. One day is compared
        with months, so that a value far above 0.25 is usual.
    announced
        Mean probability that was announced today; ``nan`` if every request failed.
    judged
        Flights whose label became complete since yesterday evening and that had an answer.
    judged_announced
        Mean probability that had been announced for them.
    late_rate
        Share of them that was late, as delivered; ``nan`` if none was judged. So are the other
        three of them.
    log_loss
        Of what was announced for them.
    usual_log_loss
        Of announcing the late rate of the champion's training data for them.
    champion
        The version that serves.
    champion_age
        Days since it was trained.
    since_retraining
        Days since the last training, whether it led to a release or not.
    since_call
        Days since somebody was called last, 1 on the evening after; as many as were played if
        nobody was. ``[*earlier, today][-today.since_call:]`` are the days since.
    """

    date: datetime.date
    flights: int
    failed: int
    findings: dict[str, int]
    missing: float
    missing_usual: float
    drift: float
    announced: float
    judged: int
    judged_announced: float
    late_rate: float
    log_loss: float
    usual_log_loss: float
    champion: int
    champion_age: int
    since_retraining: int
    since_call: int


@dataclass(frozen=True)
class Trial:
    """A candidate beside the champion, on flights that the candidate has not learned from.

    Attributes
    ----------
    late
        bool, shape (n,): the labels as delivered.
    champion, challenger
        float, shape (n,): the probabilities of both; the challenger's may hold ``nan``.
    day, origin
        str, shape (n,): date of departure (``"2013-07-09"``) and airport.
    """

    late: np.ndarray
    champion: np.ndarray
    challenger: np.ndarray
    day: np.ndarray
    origin: np.ndarray


def _check_parameters(name: str, policy: Callable[..., Any]) -> None:
    given = GIVEN[name]
    try:
        inspect.signature(policy).bind(*given)
    except TypeError as error:
        raise PolicyError(
            f"`{name}` is called as {name}({', '.join(given)}) and can't be: {error}."
        ) from None
    except ValueError:
        return  # Some functions in C don't tell.


@dataclass(frozen=True, kw_only=True)
class Policies:
    """Four small functions; each gets only what is known at its time.

    Attributes
    ----------
    threshold
        From the cost of a false alarm and of a miss to the probability from which to warn.
    alarm
        From today and the earlier days, the oldest first: call somebody?
    retrain
        From the same: train a candidate tonight?
    gate
        From a trial: may the candidate go to the canary?
    source
        Text of the file that `load_policies` read them from, and of those beside it that it
        imports; empty for functions of a program, and for a copy that others have replaced.
    """

    threshold: Callable[[float, float], float]
    alarm: Callable[[Day, Sequence[Day]], bool]
    retrain: Callable[[Day, Sequence[Day]], bool]
    gate: Callable[[Trial], bool]
    source: str = field(default="", init=False)

    def __post_init__(self) -> None:
        for name in NAMES:
            policy = getattr(self, name)
            if not callable(policy):
                raise PolicyError(
                    f"`{name}` is {_shown(policy)}, and has to be a function: give its name, "
                    "without brackets."
                )
            _check_parameters(name, policy)


# --- Three ways ------------------------------------------------------------------------------


def cheapest_threshold(false_alarm: float, miss: float) -> float:
    """Return the probability from which a warning costs less than silence (Elkan, 2001)."""
    from flightline.business import Costs, cost_threshold

    return cost_threshold(Costs(false_alarm=false_alarm, miss=miss))


def never(today: Day, earlier: Sequence[Day]) -> bool:
    """Do nothing."""
    return False


def always(today: Day, earlier: Sequence[Day]) -> bool:
    """Do it each evening."""
    return True


def open_gate(trial: Trial) -> bool:
    """Let every candidate through."""
    return True


def reference_alarm(today: Day, earlier: Sequence[Day]) -> bool:
    """Call when answers fail, deliveries break the contract, or announced and delivered part.

    Days before the last call don't count: what they show was looked at.
    """
    if damaged(today):
        return True
    since = [*earlier, today][-today.since_call :]
    judged = [day for day in since if day.judged >= ENOUGH_JUDGED]
    if len(judged) >= 2 and all(day.log_loss > day.usual_log_loss for day in judged[-2:]):
        return True
    week = judged[-7:]
    announced, late = expected(week)
    # Three days may be half as late as announced by chance, a week hardly.
    return len(week) >= 3 and late < (0.45 if len(week) < 6 else 0.58) * announced


def reference_retrain(today: Day, earlier: Sequence[Day]) -> bool:
    """Train when the champion is old or off the mark, and what came lately can be learned from."""
    days = [*earlier, today]
    if today.since_retraining < 28 or any(damaged(day) for day in days[-7:]):
        return False
    if sum(day.judged for day in days[-today.since_retraining :]) < 5_000:
        return False
    announced, late = expected(days[-14:])
    judged = sum(day.judged for day in days[-14:])
    return today.champion_age >= 60 or abs(announced - late) > 0.08 * judged


def damaged(day: Day) -> bool:
    """Tell whether the day itself shows that something is broken, whatever becomes of flights."""
    return (
        day.failed > 0.01 * day.flights
        or day.findings.get("range", 0) + day.findings.get("columns", 0) > 0
        or day.missing > day.missing_usual + 0.15
    )


def expected(days: Sequence[Day]) -> tuple[float, float]:
    """Return how many of the judged flights were announced as late, and how many were."""
    judged = [day for day in days if day.judged]
    announced = sum(day.judged * day.judged_announced for day in judged)
    return announced, sum(day.judged * day.late_rate for day in judged)


def reference_gate(trial: Trial) -> bool:
    """Let through what always answers and is, on enough days, no worse, at any airport.

    A fresh model that is as good today is better tomorrow: it needn't win by a margin. One that
    announces much less or more than the champion has learned from something else.
    """
    if len(trial.late) < 1_000 or len(np.unique(trial.day)) < 7:
        return False
    if not np.isfinite(trial.challenger).all():
        return False
    if not 0.7 <= trial.challenger.mean() / trial.champion.mean() <= 1.4:
        return False
    difference = (trial.challenger - trial.late) ** 2 - (trial.champion - trial.late) ** 2
    airports = [difference[trial.origin == each] for each in np.unique(trial.origin)]
    if any(len(each) >= 100 and each.mean() > 0.01 for each in airports):
        return False
    return bootstrap_interval(difference, trial.day, rounds=500)[1] < 0.002


#: The champion of the first day serves to the end, and nobody is ever called.
DO_NOTHING = Policies(threshold=cheapest_threshold, alarm=never, retrain=never, gate=open_gate)
#: A candidate each evening, and every one goes to the canary; nobody is ever called.
RETRAIN_DAILY = Policies(threshold=cheapest_threshold, alarm=never, retrain=always, gate=open_gate)
#: The course's own. Its limits were chosen with both scenarios in view, and so that it calls nobody
#: from April to December without incidents; the tapes came later, and it was not changed for them.
REFERENCE = Policies(
    threshold=cheapest_threshold,
    alarm=reference_alarm,
    retrain=reference_retrain,
    gate=reference_gate,
)

#: By the name on the leaderboard.
PLAYED = {"do nothing": DO_NOTHING, "retrain daily": RETRAIN_DAILY, "reference": REFERENCE}

# --- From a file -----------------------------------------------------------------------------


def load_policies(path: str | Path) -> Policies:
    """Read the four functions from a Python file.

    Parameters
    ----------
    path : path
        The file defines `threshold`, `alarm`, `retrain` and `gate`. It is run: load only files that
        you trust.

    Raises
    ------
    PolicyError
        When it can't be read or run, or a function is missing.
    """
    file = Path(path).absolute()
    try:
        content = file.read_bytes()
    except OSError:
        raise PolicyError(f"{path} can't be read: give the path of a Python file.") from None
    module = ModuleType("flightline_policies")
    module.__file__ = str(file)
    # A dataclass of the file looks its module up.
    sys.modules[module.__name__] = module
    try:
        with _beside(file.parent) as imported:
            exec(compile(content, str(file), "exec"), vars(module))
    except SyntaxError as error:
        where = f", line {error.lineno}" if error.lineno else ""
        name = Path(error.filename or file).name
        raise PolicyError(f"{name}{where}: {error.msg}.") from None
    except (Exception, SystemExit) as error:
        raise PolicyError(f"{file.name} can't be run: {_said(error)}.") from None
    for name in NAMES:
        if not callable(getattr(module, name, None)):
            raise PolicyError(f"{file.name} defines no function `{name}`: all four are needed.")
    policies = Policies(**{name: getattr(module, name) for name in NAMES})
    object.__setattr__(policies, "source", "\n".join(map(decode_source, [content, *imported])))
    return policies


@contextmanager
def _beside(folder: Path) -> Iterator[list[bytes]]:
    """Let a file import what lies beside it; fills a list with what it imported."""
    before, imported = set(sys.modules), list[bytes]()
    sys.path.insert(0, str(folder))
    try:
        yield imported
    finally:
        sys.path.remove(str(folder))
        for name in sorted(set(sys.modules) - before):
            file = Path(getattr(sys.modules[name], "__file__", None) or "")
            if file.parent == folder and file.suffix == ".py":
                # The next load reads it again: it may be another by then.
                del sys.modules[name]
                imported.append(file.read_bytes())


# --- Telling apart ---------------------------------------------------------------------------


def digest(policies: Policies) -> str:
    """Return eight characters that change with the policies.

    Those of a file are told apart by its text. Others are by the text of the four functions, what
    these hold (defaults, closures, attributes), and the data and functions beside them that they
    name; functions of other modules aren't looked at.
    """
    text = policies.source or "\n".join(_text(getattr(policies, name), {}) for name in NAMES)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _text(value: Any, seen: dict[int, tuple[int, Any]]) -> str:
    """Return a value as a text that is the same in every process.

    Parameters
    ----------
    value
        A policy, or something that it holds.
    seen
        What was met so far, by its address, with its number; it is told once.
    """
    if value is None or isinstance(value, _PLAIN):
        return repr(value)
    if isinstance(value, tuple):
        return f"({', '.join(_text(each, seen) for each in value)})"
    if isinstance(value, set | frozenset):
        # Their order depends on the process.
        return f"{{{', '.join(sorted(_text(each, seen) for each in value))}}}"
    if isinstance(value, CodeType):
        return _code_text(value, seen)
    if id(value) in seen:
        return f"number {seen[id(value)][0]}"
    seen[id(value)] = len(seen), value
    if isinstance(value, FunctionType):
        return "\n".join([_source(value, seen), *_held(value, seen)])
    return _text(_parts(value), seen)


def _parts(value: Any) -> Any:
    """Return what makes up a value that isn't plain, or its name when that can't be told."""
    if isinstance(value, list | dict):
        return tuple(value.items() if isinstance(value, dict) else value)
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, functools.partial):
        return value.func, value.args, value.keywords
    if isinstance(value, MethodType):
        return value.__func__, value.__self__
    if not isinstance(value, type) and hasattr(value, "__dict__"):
        if callable(value):
            return type(value).__qualname__, type(value).__call__, vars(value)
        if is_dataclass(value):
            return type(value).__qualname__, vars(value)
    return getattr(value, "__qualname__", type(value).__qualname__)


def _source(function: FunctionType, seen: dict[int, tuple[int, Any]]) -> str:
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        return _code_text(function.__code__, seen)


def _code_text(code: CodeType, seen: dict[int, tuple[int, Any]]) -> str:
    """Return what a function does; names of files and numbers of lines are left out."""
    constants = _text(code.co_consts, seen)
    return repr((code.co_code.hex(), code.co_names, code.co_varnames, constants))


def _held(function: FunctionType, seen: dict[int, tuple[int, Any]]) -> list[str]:
    """Return what a function uses beside its text."""
    if function.__module__ == __name__:
        return []  # What the course's own use belongs to the rules.
    names = sorted(_names(function.__code__) & function.__globals__.keys())
    beside = {name: function.__globals__[name] for name in names}
    held = {
        "defaults": [function.__defaults__, function.__kwdefaults__],
        "closure": [_content(cell) for cell in function.__closure__ or ()],
        "attributes": vars(function),
        "beside": {name: each for name, each in beside.items() if _is_looked_at(each, function)},
    }
    return [f"{name}: {_text(each, seen)}" for name, each in held.items()]


def _is_looked_at(value: Any, function: FunctionType) -> bool:
    if isinstance(value, FunctionType):
        return value.__globals__ is function.__globals__
    return not isinstance(value, type | ModuleType)


def _names(code: CodeType) -> set[str]:
    """Return the names of the module that a function, or one in it, looks up."""
    found = {each.argval for each in dis.get_instructions(code) if each.opname == "LOAD_GLOBAL"}
    return found.union(*(_names(each) for each in code.co_consts if isinstance(each, CodeType)))


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None  # Assigned later, or never.


# --- Asking ----------------------------------------------------------------------------------


def ask_threshold(policies: Policies, false_alarm: float, miss: float) -> float:
    """Return the probability from which to warn.

    Raises
    ------
    PolicyError
        When the policy fails or returns no number.
    """
    answer = _ask("threshold", "before the first day", policies.threshold, false_alarm, miss)
    # np.timedelta64 counts as a number.
    if isinstance(answer, numbers.Real) and not isinstance(answer, bool | np.timedelta64):
        try:
            number = float(answer)
        except OverflowError:
            number = math.nan
        if not math.isnan(number):
            return number
    raise _wrong("threshold", "before the first day", answer, "a number")


def ask(policies: Policies, name: str, day: datetime.date, *known: Any) -> bool:
    """Return what `alarm`, `retrain` or `gate` decides.

    Parameters
    ----------
    policies : Policies
        Of which one is asked.
    name : str
        Which.
    day : datetime.date
        For the message.
    *known
        What the policy is given.

    Raises
    ------
    PolicyError
        When the policy fails or returns neither True nor False.
    """
    answer = _ask(name, f"on {day}", getattr(policies, name), *known)
    if not isinstance(answer, bool | np.bool_):
        raise _wrong(name, f"on {day}", answer, "True or False")
    return bool(answer)


def _ask(name: str, when: str, policy: Callable[..., Any], *known: Any) -> Any:
    try:
        return policy(*known)
    except (Exception, SystemExit) as error:
        where = _line(policy, error)
        raise PolicyError(f"The policy `{name}` failed {when}{where}: {_said(error)}.") from None


def _line(policy: Callable[..., Any], error: BaseException) -> str:
    """Return in which line of the policy's own file it failed, where that can be told."""
    code = getattr(policy, "__code__", None)
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if code is not None and frame.filename == code.co_filename
    ]
    return f", line {lines[-1]}" if lines else ""


def _wrong(name: str, when: str, answer: Any, wanted: str) -> PolicyError:
    said = f"The policy `{name}` returned {_shown(answer)} {when}; it has to return {wanted}."
    return PolicyError(said)


def _shown(value: Any) -> str:
    try:
        return _line_of(repr(value), 40)
    except Exception:
        return f"a `{type(value).__name__}`"


def _said(error: BaseException) -> str:
    kind = type(error).__name__
    try:
        text = str(error).strip().splitlines()
    except Exception:
        return kind
    return f"{kind}: {_line_of(text[0], 200).rstrip('.')}" if text else kind


def _line_of(text: str, longest: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 3]}..."
