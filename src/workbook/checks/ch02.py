"""The exercises of chapter 02: a pure function, tests, a lock, and a Containerfile."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from workbook.exercise import (
    Answer,
    Exercise,
    Stop,
    Verdict,
    names,
    number,
    text,
    wrong,
)

# --- 2.1 From a cell to a pure function ----------------------------------------------------------


def check_share_late_from(answer: Answer) -> Verdict | None:
    """Try flights in any order, at the very minute, cancelled, another table, and none at all."""
    import numpy as np
    import pandas as pd

    flights = pd.DataFrame(
        {
            "sched_dep_time": [
                1159,
                1200,
                1239,
                1240,
                730,
                1955,
                2030,
                2359,
                1805,
                500,
                1755,
                1815,
            ],
            "arr_delay": [95.0, 30, 45, -3, 120, 31, np.nan, 29, np.nan, 0, 40, 30],
        },
        index=[7, 3, 3, 0, 11, 2, 5, 9, 1, 4, 6, 8],
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
        return _another_table(answer, flights) or _without_flights(answer, flights)
    for message_id, options, message in SHARES:
        if np.isclose(found, _shares(flights, **options), equal_nan=True).all():
            return wrong(message_id, message)
    if len(set(found)) == 1 and np.isclose(found[0], right[0]):
        return wrong(
            "remembers",
            f"Asked from minute {ASKED[0]} and then from minute {ASKED[1]}, your function gives "
            "the first share twice. It keeps something outside itself: a result has to depend on "
            "the arguments of its own call.",
        )
    if len(set(found)) == 1:
        return wrong(
            "ignores-parameter",
            "Your function gives the same share whatever `first_minute` is. Does it still read a "
            "number, or a name, from the notebook around it?",
        )
    at = int(np.argmin(np.isclose(found, right, equal_nan=True)))
    return wrong(
        "other-share",
        f"On a small table, from minute {ASKED[at]} on, the share is {right[at]:.3g} and your "
        f"function says {found[at]:.3g}. Arrived flights, scheduled at `first_minute` or later: "
        "of these, which share was 30 minutes late or more?",
    )


#: Not 720 first: who remembers the first call has to look different from who always takes noon.
ASKED = (760, 720, 1080)


def _shares(
    flights: Any,
    convert: bool = True,
    inclusive: bool = True,
    arrived: bool = True,
    late: Callable[[Any], Any] = lambda delay: delay >= 30,
    divide_by_all: bool = False,
    fixed: int | None = None,
    unit: int = 1,
) -> tuple[float, ...]:
    clock = flights["sched_dep_time"]
    minutes = (clock // 100 * 60 + clock % 100 if convert else clock) // unit
    shares = []
    for asked in ASKED:
        first = (fixed or asked) // unit
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
        "A flight scheduled at `first_minute` itself is missing: the question says *at "
        "`first_minute` or later*.",
    ),
    (
        "hours-only",
        {"unit": 60},
        "You compare the hours and drop the minutes: from minute 760 on, which is 12:40, a flight "
        "of 12:00 counts too. Compare minutes with minutes.",
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
        "Whatever `first_minute` is, your function gives the share from minute 720 on. Is 720 "
        "written into it, read from the notebook, or kept from an earlier call? Use the parameter.",
    ),
)


def _another_table(answer: Answer, flights: Any) -> Verdict | None:
    other = flights.assign(arr_delay=flights["arr_delay"].to_numpy()[::-1])
    share, first = answer.call(other, ASKED[0], returns=number), _shares(flights)[0]
    right = _shares(other)[0]
    if abs(share - right) < 1e-9:
        return None
    if abs(share - first) < 1e-9:
        return wrong(
            "remembers",
            "Called with a second table, your function gives the share of the first. It keeps "
            "something outside itself: a result has to depend on the arguments of its own call.",
        )
    return wrong(
        "other-share",
        f"On a second table, from minute {ASKED[0]} on, the share is {right:.3g} and your function "
        f"says {share:.3g}. Does it keep something from its first call?",
    )


def _without_flights(answer: Answer, flights: Any) -> Verdict | None:
    import math

    if not math.isnan(answer.call(flights.iloc[:0], 720, returns=number)):
        return wrong(
            "no-flights-no-share",
            "Where no flight is left there is no share, and the question asks for `nan`: 0 would "
            "say that all were on time. (The mean of an empty column already is `nan`.)",
        )
    return None


# --- 2.2 Tests that kill mutants -----------------------------------------------------------------


def _difference(scheduled: int, actual: int) -> int:
    from flightline.clock import minutes_past_midnight

    return minutes_past_midnight(actual) - minutes_past_midnight(scheduled)


def _delay(scheduled: int, actual: int) -> int:
    return (_difference(scheduled, actual) + 720) % 1440 - 720


def _late_after_midnight_only(scheduled: int, actual: int) -> bool:
    difference = _difference(scheduled, actual)
    return (difference + 1440 if difference < -720 else difference) >= 30


def _early_before_midnight_only(scheduled: int, actual: int) -> bool:
    difference = _difference(scheduled, actual)
    return (difference - 1440 if difference > 720 else difference) >= 30


def _refusing(rule: Callable[[int, int], bool]) -> Callable[[int, int], bool]:
    """Let a wrong rule refuse what is no clock time, as the right function does."""

    def is_late(scheduled: int, actual: int) -> bool:
        _difference(scheduled, actual)
        return rule(scheduled, actual)

    return is_late


def check_my_tests(answer: Answer) -> Verdict | None:
    """Run the learner's tests on the right function and on each mutant."""
    from flightline.clock import is_late
    from workbook.mutants import Mutant, grade

    given = answer.value(text)
    mutants: tuple[Mutant, ...] = (
        Mutant("lives-always", lambda scheduled, actual: True, "calls every flight late"),
        Mutant(
            "lives-sign",
            lambda scheduled, actual: _delay(actual, scheduled) >= 30,
            "confuses early with late: it calls a flight late that lands before its time",
        ),
        Mutant("lives-never", lambda scheduled, actual: False, "calls no flight late"),
        Mutant(
            "lives-boundary",
            lambda scheduled, actual: _delay(scheduled, actual) > 30,
            "needs more than the definition does before it calls a flight late",
        ),
        Mutant(
            "lives-below",
            lambda scheduled, actual: _delay(scheduled, actual) >= 29,
            "is content with less than the definition asks before it calls a flight late",
        ),
        Mutant(
            "lives-hours",
            lambda scheduled, actual: actual // 100 > scheduled // 100,
            "looks at the hours and forgets the minutes past them",
        ),
        Mutant(
            "lives-hhmm",
            lambda scheduled, actual: (actual - scheduled + 1200) % 2400 - 1200 >= 30,
            "subtracts clock readings as if an hour had 100 minutes",
        ),
        Mutant(
            "lives-next-day",
            lambda scheduled, actual: _difference(scheduled, actual) % 1440 >= 30,
            "takes every flight that lands before its time for one of the next day",
        ),
        Mutant(
            "lives-early",
            lambda scheduled, actual: abs(_delay(scheduled, actual)) >= 30,
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
    mutants = tuple(replace(mutant, function=_refusing(mutant.function)) for mutant in mutants)
    return grade(given, "is_late", is_late, mutants, "flightline.clock")


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
        or _hole(answer)
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
    # No name here begins with another one, so lines sort as their names do.
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


def _hole(answer: Answer) -> Verdict | None:
    """Leave out a package that is needed, one that is needed further down, and a wanted one."""
    for missing in ("numpy", "six", "scipy"):
        holed = {name: package for name, package in INSTALLED.items() if name != missing}
        try:
            lines = answer.call(WANTED, holed, returns=names)
        except Stop as stop:
            if stop.verdict.message_id != "raises":
                raise
            continue
        is_pinned = any(line.startswith(missing) for line in lines)
        return wrong(
            "hides-hole",
            f"{missing} is {'wanted' if missing in WANTED else 'needed'} and isn't installed, and "
            f"your function {'pins it all the same' if is_pinned else 'leaves it out'}. A lock "
            "that can't work has to fail here, not at the customer's: let the error out.",
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

FILES = (
    "src/flightline/__init__.py",
    "src/flightline/service.py",
    "src/flightline/experiments/__init__.py",
    "src/flightline/experiments/schedule_model.py",
    "src/flightline/artifacts/schedule_model.json",
)
CONTEXT = (
    ".env",
    ".git/config",
    "data/flights.parquet",
    "notebooks/02_it_works_on_my_notebook.ipynb",
    "requirements.txt",
    *FILES,
)
COMMAND = ["-m", "flightline.service", "--host", "0.0.0.0"]


def check_my_containerfile(answer: Answer) -> Verdict | None:
    """Follow the build to its last stage, and its cache after two changes."""
    from flightline import containers
    from workbook.dry_build import BuildError, dry_build

    given = answer.value(text)
    try:
        instructions = containers.expanded(containers.parse(given))
        if not instructions or instructions[0].keyword not in ("FROM", "ARG"):
            return wrong("no-base", "A Containerfile starts from an image: its first line is FROM.")
        image = dry_build(instructions, CONTEXT)
    except BuildError as error:
        return wrong(error.kind, f"{error}{FAILED.get(error.kind, '')}")
    except ValueError as error:
        return wrong("no-containerfile", f"This can't be read as a Containerfile: {error}")
    return (
        _base(containers, instructions, image)
        or _secrets(image)
        or _cache(containers, instructions, image)
        or _starts(image)
        or _modules(image)
        or _packages(image, instructions)
        or _privilege(image)
    )


#: What follows from an error of the build, for whom it isn't enough.
FAILED = {
    "no-requirements": " Copy `requirements.txt` before it is needed.",
    "not-writable": " Install as root, and give up root after that.",
    "unknown-user": " Make one with `RUN useradd`, or take a number such as 10001, which needs no "
    "entry.",
}


def _base(containers: Any, instructions: list[Any], image: Any) -> Verdict | None:
    if "@sha256:" not in image.base:
        return wrong(
            "floating-base",
            f"`{image.base}` is a tag, and next month it can be another image. Keep the digest.",
        )
    if image.base != containers.BASE:
        return wrong(
            "other-base",
            "The last stage starts from another image than the careless file. Keep its base: a new "
            "Python is a change of its own.",
        )
    return None


def _secrets(image: Any) -> Verdict | None:
    if ".env" in image.layers:
        return wrong(
            "copies-secret",
            "`.env` is copied into a layer, and with it the password of the database. Whoever gets "
            "the image gets the password; deleting the file in a later layer doesn't remove it "
            "from the earlier one. Copy what the service needs by name.",
        )
    if ".env" in image.all_layers:
        return wrong(
            "secret-in-stage",
            "`.env` is copied into a layer of an earlier stage. The final image doesn't have it, "
            "but the build's cache does, and a cache is often shared. Copy what you need by name.",
        )
    if more := sorted(image.all_layers - {"requirements.txt", *FILES}):
        return wrong(
            "copies-too-much",
            f"`{more[0]}` is copied, and the service doesn't read it. It makes a layer larger "
            "and change more often.",
        )
    return None


def _cache(containers: Any, instructions: list[Any], image: Any) -> Verdict | None:
    after_code = containers.rebuilt(instructions, ["src/flightline/service.py"])
    if any(after_code[at] for at in image.installs):
        return wrong(
            "reinstalls",
            "A change of one line in `src/` installs all packages again, because the code is "
            "copied before they are installed. What changes often comes late.",
        )
    return None


def _starts(image: Any) -> Verdict | None:
    if not image.command:
        return wrong("no-command", "The image starts no service: keep the `CMD`.")
    said = " ".join(image.command)
    if image.in_shell:
        return wrong(
            "shell-form",
            f"`{said}` is no list in JSON, with brackets and double quotes, so a shell starts it. "
            "The shell gets the signal to stop and doesn't pass it on. Keep the form of the `CMD`.",
        )
    program, *rest = image.command
    is_python = re.fullmatch(r"(.*/)?python(3(\.\d+)?)?", program)
    options = [word for word in rest if word not in ("-u", "-B", "--host=0.0.0.0")]
    given = options + ["--host", "0.0.0.0"] * ("--host=0.0.0.0" in rest)
    if not is_python or given != COMMAND:
        return wrong(
            "other-command",
            f"A container would start `{said}`. The question asks for the same command as in the "
            f"careless file: `python {' '.join(COMMAND)}`.",
        )
    if not image.search_path:
        return wrong(
            "no-python", f"The command starts `{program}`, and the last stage has none there."
        )
    return None


def _modules(image: Any) -> Verdict | None:
    def inside(folder: str, file: str) -> bool:
        return bool(image.files.get(f"{folder.rstrip('/')}/{file.removeprefix('src/')}") == file)

    service = "src/flightline/service.py"
    if service not in image.files.values():
        return wrong("no-source", "The last stage lacks the code: nothing brings `src/` there.")
    found = [folder for folder in image.search_path if inside(folder, service)]
    if not found:
        where = next(path for path, file in image.files.items() if file == service)
        return wrong(
            "code-elsewhere",
            f"Python doesn't find `flightline`: the code is at `{where}`, and it looks in "
            f"{', '.join(f'`{folder}`' for folder in image.search_path)}. Compare what `COPY`, "
            "`WORKDIR` and `PYTHONPATH` say.",
        )
    if lost := [file for file in FILES if not inside(found[0], file)]:
        return wrong(
            "incomplete-source",
            f"The service reads `{lost[0]}` too, and it isn't beside the rest in the last stage. "
            "Copy the folder whole: a pattern such as `*.py` takes no folders along.",
        )
    return None


def _packages(image: Any, instructions: list[Any]) -> Verdict | None:
    from workbook.dry_build import PACKAGES

    if not image.installs:
        by_name = any(
            one.keyword == "RUN" and re.search(r"\bpip3? install\b", one.arguments)
            for one in instructions
        )
        if by_name:
            return wrong(
                "stale-packages",
                "pip installs something, but not what `requirements.txt` lists, so a change of "
                "that file installs nothing. Give it to pip with `-r`.",
            )
        return wrong("no-packages", "The image lacks its packages: nothing installs them.")
    places = {path.rsplit("/", 1)[0] for path, what in image.files.items() if what == PACKAGES}
    if not places:
        return wrong(
            "packages-left-behind",
            "The packages are installed in an earlier stage, and the last one doesn't take them "
            "over. A stage begins with its base and nothing else: copy them with `COPY --from`.",
        )
    if not places & set(image.search_path):
        return wrong(
            "packages-elsewhere",
            f"The packages are in `{sorted(places)[0]}`, and the Python that the command starts, "
            f"as user `{image.user}`, doesn't look there.",
        )
    return None


def _privilege(image: Any) -> Verdict | None:
    if image.uid == 0:
        return wrong(
            "runs-as-root",
            "The service runs as root, whose number is 0. Whoever finds a hole in it owns "
            "everything in the container. Name another `USER` before the service starts.",
        )
    if image.uid is None:
        return wrong(
            "unknown-user",
            f"There is no user `{image.user}` in the image, so the container can't start."
            f"{FAILED['unknown-user']}",
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
