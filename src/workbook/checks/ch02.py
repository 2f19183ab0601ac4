"""The exercises of chapter 02: a pure function, tests, a lock, and a Containerfile."""

import re
from collections.abc import Callable
from typing import Any

from workbook.exercise import (
    Answer,
    Exercise,
    Verdict,
    names,
    number,
    text,
    wrong,
)

# --- 2.1 From a cell to a pure function ----------------------------------------------------------


def check_share_late_from(answer: Answer) -> Verdict | None:
    """Try flights in any order, at the very minute, cancelled, and none at all."""
    import numpy as np
    import pandas as pd

    flights = pd.DataFrame(
        {
            "sched_dep_time": [1159, 1200, 1239, 1240, 730, 1955, 2030, 2359, 1805, 500, 1755],
            "arr_delay": [95.0, 30, 45, -3, 120, 31, np.nan, 29, np.nan, 0, 40],
        },
        index=[7, 3, 3, 0, 11, 2, 5, 9, 1, 4, 6],
    )
    found = tuple(answer.call(flights, minute, returns=number) for minute in ASKED)
    right = _shares(flights)
    if answer.mutates(flights, ASKED[0]):
        return wrong(
            "changes-input",
            "Your function changes the table that it is given. Whoever calls it twice gets two "
            "answers, as with the cell. Compute the minutes into a new variable.",
        )
    if np.isclose(found, right).all():
        return _without_flights(answer, flights)
    for message_id, options, message in SHARES:
        if np.isclose(found, _shares(flights, **options), equal_nan=True).all():
            return wrong(message_id, message)
    if len(set(found)) == 1:
        return wrong(
            "ignores-parameter",
            "Your function gives the same share whatever `first_minute` is. Does it still read a "
            "number, or a name, from the notebook around it?",
        )
    return wrong(
        "other-share",
        f"On a small table, from minute {ASKED[0]} on, the share is {right[0]:.3g} and your "
        f"function says {found[0]:.3g}. Arrived flights, scheduled at `first_minute` or later: of "
        "these, which share was 30 minutes late or more?",
    )


ASKED = (720, 760, 1080)


def _shares(
    flights: Any,
    convert: bool = True,
    inclusive: bool = True,
    arrived: bool = True,
    late: Callable[[Any], Any] = lambda delay: delay >= 30,
    divide_by_all: bool = False,
    fixed: int | None = None,
) -> tuple[float, ...]:
    clock = flights["sched_dep_time"]
    minutes = clock // 100 * 60 + clock % 100 if convert else clock
    shares = []
    for asked in ASKED:
        first = fixed or asked
        chosen = flights[minutes >= first if inclusive else minutes > first]["arr_delay"]
        chosen = chosen.dropna() if arrived else chosen
        shares.append(late(chosen).sum() / (len(flights) if divide_by_all else len(chosen)))
    return tuple(float(share) for share in shares)


SHARES: tuple[tuple[str, dict[str, Any], str], ...] = (
    (
        "clock-not-minutes",
        {"convert": False},
        "`first_minute` counts minutes after midnight, and `sched_dep_time` is a clock reading: "
        "noon is minute 720 and reads 1200. Convert one of them before you compare.",
    ),
    (
        "after-not-from",
        {"inclusive": False},
        "A flight scheduled at `first_minute` itself is missing: the docstring says *at or after*.",
    ),
    (
        "counts-missing",
        {"arrived": False},
        "Flights without an arrival delay count as on time. They never arrived: leave them out "
        "before you take the mean.",
    ),
    (
        "late-from-31",
        {"late": lambda delay: delay > 30},
        "A flight that is late by 30 minutes counts as on time. Flightline's definition is 30 "
        "minutes **or more**.",
    ),
    (
        "of-all-flights",
        {"divide_by_all": True},
        "You divide by all flights of the table. The question is about those from `first_minute` "
        "on that arrived.",
    ),
    (
        "ignores-parameter",
        {"fixed": 720},
        "Your function always starts at minute 720. Use the parameter `first_minute`: a number "
        "that is written into the function is a global variable in disguise.",
    ),
)


def _without_flights(answer: Answer, flights: Any) -> Verdict | None:
    import math

    if not math.isnan(answer.call(flights.iloc[:0], 720, returns=number)):
        return wrong(
            "no-flights-no-share",
            "For a table without flights there is no share: return `nan`, not 0. (The mean of an "
            "empty column already is `nan`.)",
        )
    return None


# --- 2.2 Tests that kill mutants -----------------------------------------------------------------


def _minutes(clock: int) -> int:
    return clock // 100 * 60 + clock % 100


def _difference(scheduled: int, actual: int) -> int:
    return _minutes(actual) - _minutes(scheduled)


def _delay(scheduled: int, actual: int) -> int:
    return (_difference(scheduled, actual) + 720) % 1440 - 720


def _late_after_midnight_only(scheduled: int, actual: int) -> bool:
    difference = _difference(scheduled, actual)
    return (difference + 1440 if difference < -720 else difference) >= 30


def _early_before_midnight_only(scheduled: int, actual: int) -> bool:
    difference = _difference(scheduled, actual)
    return (difference - 1440 if difference > 720 else difference) >= 30


def check_my_tests(answer: Answer) -> Verdict | None:
    """Run the learner's tests on the right function and on each mutant."""
    from workbook.mutants import Mutant, grade

    given = answer.value(text)
    mutants = (
        Mutant("lives-always", lambda s, a: True, "calls every flight late"),
        Mutant(
            "lives-sign",
            lambda s, a: _delay(a, s) >= 30,
            "confuses early with late: it calls a flight late that lands before its time",
        ),
        Mutant("lives-never", lambda s, a: False, "calls no flight late"),
        Mutant(
            "lives-boundary",
            lambda s, a: _delay(s, a) > 30,
            "needs more than the definition does before it calls a flight late",
        ),
        Mutant(
            "lives-below",
            lambda s, a: _delay(s, a) >= 29,
            "is content with less than the definition asks before it calls a flight late",
        ),
        Mutant(
            "lives-hours",
            lambda s, a: _minutes(a) // 60 * 60 - _minutes(s) // 60 * 60 >= 30,
            "looks at the hours and forgets the minutes past them",
        ),
        Mutant(
            "lives-hhmm",
            lambda s, a: (a - s + 1200) % 2400 - 1200 >= 30,
            "subtracts clock readings as if an hour had 100 minutes",
        ),
        Mutant(
            "lives-next-day",
            lambda s, a: _difference(s, a) % 1440 >= 30,
            "takes every flight that lands before its time for one of the next day",
        ),
        Mutant(
            "lives-early",
            lambda s, a: abs(_delay(s, a)) >= 30,
            "calls a flight late whenever it is far from its time, on either side",
        ),
        Mutant(
            "lives-midnight",
            _early_before_midnight_only,
            "calls a flight on time that was due before midnight and landed late after it",
        ),
        Mutant(
            "lives-before-midnight",
            _late_after_midnight_only,
            "calls a flight late that was due after midnight and landed early, before it",
        ),
    )
    return grade(given, "is_late", lambda s, a: _delay(s, a) >= 30, mutants, "flightline.clock")


# --- 2.3 Pin an environment ----------------------------------------------------------------------

INSTALLED = {
    "jupyterlab": {"version": "4.4.1", "needs": ["tornado"]},
    "numpy": {"version": "2.2.6", "needs": []},
    "pandas": {"version": "2.3.3", "needs": ["numpy", "python-dateutil", "tzdata"]},
    "python-dateutil": {"version": "2.9.0.post0", "needs": ["six"]},
    "scipy": {"version": "1.15.3", "needs": ["numpy"]},
    "six": {"version": "1.17.0", "needs": []},
    "tornado": {"version": "6.5.1", "needs": []},
    "tzdata": {"version": "2025.2", "needs": []},
}
WANTED = ["scipy", "pandas"]
NEEDED = {"scipy", "pandas", "numpy", "python-dateutil", "tzdata", "six"}


def check_lock(answer: Answer) -> Verdict | None:
    """Try shared needs, needs of needs, packages that nobody needs, and a circle."""
    lines = answer.call(WANTED, INSTALLED, returns=names)
    return (
        _pins(lines, INSTALLED)
        or _closure(lines)
        or _order(lines)
        or _circle(answer)
        or _again(answer)
    )


def _pins(lines: list[str], installed: dict[str, Any]) -> Verdict | None:
    from packaging.requirements import InvalidRequirement, Requirement

    for line in lines:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            return wrong(
                "no-requirement",
                f"`{line}` is no line that pip understands. A pinned package is written "
                "`name==version`.",
            )
        exact = re.fullmatch(r"===?[^*,]+", str(requirement.specifier))
        if not exact:
            return wrong(
                "not-pinned",
                f"`{line}` allows more than one version, so that next month it may install "
                "another. `==` and the full version allow one.",
            )
        if requirement.name not in installed:
            return wrong(
                "not-installed", f"`{line}` names a package that isn't among the installed ones."
            )
        version = installed[requirement.name]["version"]
        if not requirement.specifier.contains(version, prereleases=True):
            return wrong(
                "other-version",
                f"`{line}` isn't what was tested: {requirement.name} {version} is installed.",
            )
    return None


def _closure(lines: list[str]) -> Verdict | None:
    pinned = {re.split("=", line)[0].strip() for line in lines}
    if not {"scipy", "pandas"} <= pinned:
        missing = sorted({"scipy", "pandas"} - pinned)[0]
        return wrong("forgets-wanted", f"{missing} itself is wanted, and no line pins it.")
    if pinned == {"scipy", "pandas"}:
        return wrong(
            "only-wanted",
            "Only the wanted packages are pinned. numpy, which both of them call, may be another "
            "one tomorrow: pin what a package `needs`, too.",
        )
    if "six" not in pinned and {"numpy", "python-dateutil", "tzdata"} <= pinned:
        return wrong(
            "one-level",
            "pandas needs python-dateutil, and python-dateutil needs six: six is missing. Needs "
            "have needs of their own, as deep as it goes.",
        )
    if missing_names := sorted(NEEDED - pinned):
        return wrong(
            "misses-need",
            f"{missing_names[0]} is needed and no line pins it.",
        )
    if more := sorted(pinned - NEEDED):
        return wrong(
            "pins-everything",
            f"{more[0]} is pinned, and neither scipy nor pandas needs it. It only happens to be "
            "installed on this machine; a service that must carry it is larger and breaks more "
            "often.",
        )
    return None


def _order(lines: list[str]) -> Verdict | None:
    if len(set(lines)) < len(lines):
        return wrong(
            "twice", "numpy is needed by pandas and by scipy, and is pinned twice. Once is enough."
        )
    if lines != sorted(lines):
        return wrong(
            "unsorted",
            "The lines are complete, and not sorted by name. In a sorted lock a reviewer sees what "
            "an update changed, and nothing else moves.",
        )
    return None


def _circle(answer: Answer) -> Verdict | None:
    circle = {
        "a": {"version": "1.0", "needs": ["b"]},
        "b": {"version": "2.0", "needs": ["a"]},
        "c": {"version": "3.0", "needs": []},
    }
    lines = answer.call(["a"], circle, returns=names)
    if lines != ["a==1.0", "b==2.0"]:
        return wrong(
            "circle",
            "When a needs b and b needs a, the lock of a is `['a==1.0', 'b==2.0']`, and your "
            f"function says {lines}.",
        )
    return None


def _again(answer: Answer) -> Verdict | None:
    lines = answer.call([], INSTALLED, returns=names)
    if lines:
        return wrong("nothing-wanted", "Where nothing is wanted, nothing is pinned.")
    if answer.mutates(WANTED, INSTALLED):
        return wrong(
            "changes-input",
            "Your function changes the list or the dictionary that it is given. Work on a copy.",
        )
    return None


# --- 2.4 Order a Containerfile -------------------------------------------------------------------

CONTEXT = (
    ".env",
    ".git/config",
    "data/flights.parquet",
    "notebooks/02_it_works_on_my_notebook.ipynb",
    "requirements.txt",
    "src/flightline/__init__.py",
    "src/flightline/service.py",
)


def check_my_containerfile(answer: Answer) -> Verdict | None:
    """Replay the build's cache after two changes, and look at what is copied and who runs it."""
    from flightline import containers

    given = answer.value(text)
    try:
        instructions = containers.parse(given)
    except ValueError as error:
        return wrong("no-containerfile", f"This can't be built: {error}")
    starts = [one for one in instructions if one.keyword == "FROM"]
    if not starts or instructions[0].keyword not in ("FROM", "ARG"):
        return wrong("no-base", "A Containerfile starts from an image: its first line is `FROM`.")
    return (
        _complete(containers, instructions)
        or _secrets(containers, instructions)
        or _cache(containers, instructions)
        or _privilege(containers, instructions)
        or _base(starts)
    )


def _installs(one: Any) -> bool:
    return one.keyword == "RUN" and bool(
        re.search(r"\b(pip3?|uv)\b.*\b(install|sync)\b", one.arguments)
    )


def _complete(containers: Any, instructions: list[Any]) -> Verdict | None:
    own = containers.lineage(instructions)
    source = {"src/flightline/__init__.py", "src/flightline/service.py"}
    if not source <= containers.copied(instructions, CONTEXT):
        return wrong("no-source", "The image lacks the code: nothing copies `src/`.")
    if not any(_installs(one) for one in instructions):
        return wrong("no-packages", "The image lacks its packages: nothing installs them.")
    if not any(one.keyword in ("CMD", "ENTRYPOINT") for one in own):
        return wrong("no-command", "The image starts nothing: keep the `CMD`.")
    at = next(at for at, one in enumerate(instructions) if _installs(one))
    before = containers.copied(instructions[:at], CONTEXT) | set(
        containers.sources(instructions[at])
    )
    if "requirements.txt" in instructions[at].arguments and "requirements.txt" not in before:
        return wrong(
            "installs-too-early",
            "The packages are installed from `requirements.txt` before that file is in the image. "
            "The build stops there.",
        )
    return None


def _secrets(containers: Any, instructions: list[Any]) -> Verdict | None:
    inside = containers.copied(instructions, CONTEXT)
    if ".env" in inside:
        return wrong(
            "copies-secret",
            "`.env` is copied into a layer, and with it the password of the database. Whoever gets "
            "the image gets the password; deleting the file in a later layer doesn't remove it "
            "from the earlier one. Copy what the service needs by name.",
        )
    needed = {"requirements.txt"} | {file for file in CONTEXT if file.startswith("src/")}
    if more := sorted(inside - needed):
        return wrong(
            "copies-too-much",
            f"`{more[0]}` is copied, and the service doesn't read it. It makes the image larger "
            "and its layers change more often.",
        )
    return None


def _cache(containers: Any, instructions: list[Any]) -> Verdict | None:
    after_code = containers.rebuilt(instructions, ["src/flightline/service.py"])
    after_packages = containers.rebuilt(instructions, ["requirements.txt"])
    installs = [at for at, one in enumerate(instructions) if _installs(one)]
    if any(after_code[at] for at in installs):
        return wrong(
            "reinstalls",
            "A change of one line in `src/` installs all packages again, because the code is "
            "copied before they are installed. What changes often comes late.",
        )
    if not any(after_packages[at] for at in installs):
        return wrong(
            "stale-packages",
            "A change of `requirements.txt` installs nothing: the old packages stay in the cache. "
            "Copy the file before the packages are installed from it.",
        )
    return None


def _privilege(containers: Any, instructions: list[Any]) -> Verdict | None:
    name = containers.user(instructions)
    if name == "root":
        return wrong(
            "runs-as-root",
            "The service runs as root. Whoever finds a hole in it owns everything in the "
            "container. Name another `USER` before the service starts.",
        )
    own = containers.lineage(instructions)
    made = any(
        one.keyword == "RUN"
        and "add" in one.arguments
        and re.search(rf"\b{re.escape(name)}\b", one.arguments)
        for one in own
    )
    if not name.isdecimal() and not made and not name.startswith("$"):
        return wrong(
            "unknown-user",
            f"There is no user `{name}` in the image, so the container can't start. Make one with "
            "`RUN useradd`, or take a number such as 10001, which needs no entry.",
        )
    for at, one in enumerate(own):
        usual = not re.search(r"--user|--target|--prefix|venv", one.arguments)
        if not (_installs(one) and usual and containers.user(own[:at]) != "root"):
            continue
        return wrong(
            "user-too-early",
            "The packages are installed by a user who may not write where pip puts them. Install "
            "as root, and give up root after that.",
        )
    return None


def _base(starts: list[Any]) -> Verdict | None:
    stages = {one.arguments.split()[-1] for one in starts if " as " in one.arguments.casefold()}
    for one in starts:
        image = one.arguments.split()[0]
        if image not in stages and "@sha256:" not in image and not image.startswith("$"):
            return wrong(
                "floating-base",
                f"`{image}` is a tag, and next month it can be another image. Keep the digest.",
            )
    return None


EXERCISES = (
    Exercise(
        "2.1",
        "From a cell to a pure function",
        check_share_late_from,
        hints=(
            "Everything that the function needs comes in through its two parameters, and all that "
            "it makes goes out through `return`.",
            "Give the minutes a name of their own instead of writing them back into the table.",
            "Two masks choose the flights: scheduled late enough, and arrived.",
        ),
        why="The result depends on the two arguments alone, and nothing else changes. So the "
        "function can be called in any order and as often as you like, tested without a notebook, "
        "and moved into a file as it is.",
    ),
    Exercise(
        "2.2",
        "Tests that kill mutants",
        check_my_tests,
        starter="wrong:lives-always",
        hints=(
            "Think of the definition as a border. What is just inside, what is just outside?",
            "Early flights, flights that cross a full hour, and flights that cross midnight: each "
            "can go wrong in its own way, and midnight can be crossed in two directions.",
            "Before you write `assert`, work the minutes out on paper: how long is it from one "
            "clock time to the other?",
        ),
        why="Each assertion sits where a plausible mistake and the right function differ: at the "
        "border of 30 minutes, on the early side, across a full hour, and across midnight in both "
        "directions. Cases in the middle would pass whatever the function does.",
    ),
    Exercise(
        "2.3",
        "Pin an environment",
        check_lock,
        hints=(
            "Start from the wanted names. For each, look up what it needs, and treat those names "
            "the same way.",
            "Keep a set of the names that are done, and a list of those still to be looked at. The "
            "set also protects you from circles.",
            "The lines come last: one for each name in the set, in order.",
        ),
        why="The lock holds the wanted packages and all that they need, directly or not, each with "
        "the one version that was tested. Packages that are installed for another reason stay out. "
        "Sorted lines make an update readable in review.",
    ),
    Exercise(
        "2.4",
        "Order a Containerfile",
        check_my_containerfile,
        starter="wrong:copies-secret",
        hints=(
            "`COPY . /app` copies all files at once. Which two things does the service need, and "
            "which of them changes more often?",
            "An instruction is run again when something that it copies has changed, and so is all "
            "that follows. What is slow and changes seldom goes first.",
            "Who runs the last instruction? A number works as a user without being created.",
        ),
        why="The packages are installed in a layer that depends on `requirements.txt` alone, so a "
        "change of code reuses it. Only what the service needs is copied, by name, so no secret "
        "and no data gets into a layer. The process that faces the network isn't root.",
    ),
)
