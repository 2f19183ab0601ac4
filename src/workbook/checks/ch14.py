"""The exercises of chapter 14: levels, the minimum rule, tools without use, returns, evidence."""

from typing import Any

from workbook.exercise import (
    NOT_ATTEMPTED,
    Answer,
    Exercise,
    Mismatch,
    Stop,
    Verdict,
    mapping,
    names,
    number,
    wrong,
)

# --- 14.1 Score a team by each model -------------------------------------------------------------

LEVELS = {"google": 1, "microsoft": 0, "aws": 1, "ml_test_score": 0.5}
HIGHEST = {"google": 2, "microsoft": 4, "aws": 4, "ml_test_score": 7}
LEADS = {
    ("google", 0): (
        "google-too-low",
        "Go through the row of Google's level 1 once more: each of its six demands is met. Level 1 "
        "asks for no tests of the code; that comes with level 2.",
    ),
    ("google", 2): (
        "google-too-high",
        "Google's level 2 asks for services that test and build, and this team has no test.",
    ),
    ("microsoft", 1): (
        "microsoft-without-tests",
        "Microsoft's level 1 is DevOps without MLOps: the application code has automated tests. "
        "Which tests does this team have?",
    ),
    ("microsoft", 2): (
        "microsoft-skips-a-level",
        "Automated training is Microsoft's level 2, and the team has it. A level counts only if "
        "all levels below it are complete.",
    ),
    ("aws", 0): (
        "aws-too-low",
        "The first phase, Initial, asks only that data scientists can train and deploy a model. "
        "This team does.",
    ),
    ("aws", 2): (
        "aws-without-registry",
        "The pipeline is of the phase Repeatable, and that phase asks for more than a pipeline. Go "
        "through its line in the table once more.",
    ),
    ("aws", 3): (
        "aws-skips-a-phase",
        "Reliable builds on Repeatable, and Repeatable isn't complete: where are the models kept?",
    ),
}


def check_levels_of_catering(answer: Answer) -> Verdict | None:
    """Compare each level, and lead to what the team lacks."""
    given = answer.value(mapping)
    if any(value is ... for value in given.values()):
        return NOT_ATTEMPTED
    for key, right in LEVELS.items():
        if key not in given:
            return wrong("model-missing", f"`{key}` has no level yet.")
        try:
            value = number(given[key])
        except Mismatch:
            return wrong(
                "not-numbers",
                f"The level of `{key}` is a number. AWS's phases are counted: Initial is 1.",
            )
        if not 0 <= value <= HIGHEST[key]:
            return wrong("no-such-level", f"`{key}` goes from 0 to {HIGHEST[key]}.")
        if value == right:
            continue
        if key == "ml_test_score":
            return _test_score(value)
        if (key, int(value)) in LEADS and value == int(value):
            return wrong(*LEADS[key, int(value)])
        return wrong(
            "other-level",
            f"`{key}`: {value:g} isn't it. Take the levels from the lowest up, and stop at the "
            "first that isn't complete.",
        )
    return None


def _test_score(value: float) -> Verdict:
    if abs(value - 1.375) < 0.01:
        return wrong(
            "mean-of-sections",
            "That is the mean of the four sections. The paper takes the lowest, so that strength "
            "in one can't hide a hole in another.",
        )
    if value == 5.5:
        return wrong("sum-of-sections", "That is the sum. The score is the lowest section.")
    if value == 2.5:
        return wrong("best-section", "That is the best section. The score is the lowest.")
    if value == 1:
        return wrong(
            "band-not-score",
            "1 is the number of the row in which such a score falls (*serious holes*), or the "
            "points for infrastructure. Give the score itself: the points of the lowest section.",
        )
    return wrong("other-score", "The score is the lowest of the four sections.")


# --- 14.2 Apply the minimum rule -----------------------------------------------------------------

ITEMS: list[dict[str, Any]] = [
    {"key": "registry", "level": 2, "optional": False},
    {"key": "pipeline", "level": 1, "optional": False},
    {"key": "store", "level": 1, "optional": True},
    {"key": "ci", "level": 3, "optional": False},
    {"key": "contract", "level": 1, "optional": False},
    {"key": "canary", "level": 3, "optional": False},
]


def check_level_of(answer: Answer) -> Verdict | None:
    """Try a gap below, an optional item, a level without demands, and nothing at all."""
    level = _level(answer, ["pipeline", "contract"])
    if level == 0:
        return wrong(
            "optional-counts",
            "`pipeline` and `contract` are there, so level 1 is complete: `store` is optional, and "
            "whoever lacks it lacks nothing.",
        )
    if level == 2:
        return wrong(
            "first-gap",
            "With level 1 complete and `registry` of level 2 missing the level is 1, and your "
            "function says 2. Level 2 is the one that lacks something; asked for is the last one "
            "that is complete.",
        )
    if level != 1:
        return wrong("other-level", f"Level 1 is complete and level 2 isn't: 1, not {level:g}.")
    level = _level(answer, ["pipeline", "registry", "ci", "canary"])
    if level != 0:
        return wrong(
            "gap-below",
            f"`contract` of level 1 is missing, and your function says {level:g}. However much is "
            "there above: a level counts only if the levels below it are complete.",
        )
    level = _level(answer, ["pipeline", "contract", "registry", "ci"])
    if level != 2:
        return wrong(
            "half-a-level",
            f"Of level 3 `ci` is there and `canary` isn't, and your function says {level:g}. A "
            "level has no halves: level 2 is the last one complete.",
        )
    if _level(answer, [item["key"] for item in ITEMS]) != 3:
        return wrong("never-the-top", "Everything is there, so it is the highest level: 3.")
    level = _level(answer, [item["key"] for item in ITEMS], ITEMS[::-1])
    if level != 3:
        return wrong(
            "last-item",
            "The items come in any order, and here the last one in the list is of level 1. "
            f"Everything is there, so the level is the highest of any item, 3, and not {level:g}.",
        )
    gapped = [item for item in ITEMS if item["level"] != 2]
    if _level(answer, ["pipeline", "contract", "ci", "canary"], gapped) != 3:
        return wrong(
            "empty-level",
            "Here no item belongs to level 2, so level 2 asks for nothing, and level 3 is "
            "complete. Look for what is missing, and not for what is there.",
        )
    level = _level(answer, ["pipeline", "contract", "ci"], gapped)
    if level != 2:
        return wrong(
            "level-without-items",
            "Here level 2 asks for nothing, and of level 3 `canary` is missing. Up to level 2 "
            f"nothing is missing, so it is 2, and your function says {level:g}.",
        )
    topped = [*ITEMS, {"key": "template", "level": 4, "optional": True}]
    if _level(answer, [item["key"] for item in topped], topped) != 4:
        return wrong(
            "optional-top",
            "Everything is there, and the highest level of any item is 4. That the only item of "
            "level 4 is optional makes no difference to that.",
        )
    if _level(answer, [item["key"] for item in ITEMS], topped) != 4:
        return wrong(
            "optional-top-missing",
            "The only item of level 4 is optional, and here the team doesn't hold it. What is "
            "optional may be missing, so nothing is, and the level is the highest of any item: 4.",
        )
    if _level(answer, ["pipeline", "contract", "registry", "coffee"]) != 2:
        return wrong("other-keys", "A team may hold things that no item asks for; ignore them.")
    level = _level(answer, [])
    if level != 0:
        return wrong(
            "nothing",
            f"Nothing is held, and your function says {level:g} instead of 0. The items come in "
            "any order: the first of them is of level 2, and others of level 1 come after it.",
        )
    if any(answer.mutates(ITEMS, held) for held in ([], ["pipeline"], ["ci", "store"])):
        return wrong(
            "changes-its-input",
            "The level is right, and your function has changed `items` or `held`, which whoever "
            "calls it may still need. `sorted` returns a new list, and `sort` changes the old one.",
        )
    return None


def _level(answer: Answer, held: list[str], items: list[dict[str, Any]] = ITEMS) -> float:
    return answer.call(items, held, returns=number)


# --- 14.3 Bought, not used -----------------------------------------------------------------------

TOOLS = {
    "mlflow": ["tracking", "registry"],
    "feast": ["feature_store"],
    "pandera": ["data_contract"],
    "prometheus-client": ["service_metrics"],
    "evidently": ["drift_watch"],
}
EVIDENCE = {
    "tracking": ["train.py:7"],
    "registry": [],
    "feature_store": [],
    "data_contract": [],
    "service_metrics": [],
}


OTHER_SIGNS = (
    "feast<1",
    "feast!=0.5",
    "feast;python_version>='3.11'",
    "feast@https://example.org/feast.whl",
    "  feast  ",
    "feast\t# for the store",
)


def check_bought_only(answer: Answer) -> Verdict | None:
    """Try versions, extras, other spellings, comments, and tools with several uses."""
    used = {"data_contract": ["checks.py:3"], "feature_store": []}
    first = _bought(answer, ["feast", "pandera"], used)
    if first == ["pandera"]:
        return wrong("inverted", "`pandera` is used and `feast` isn't: you return those in use.")
    if first == []:
        return wrong(
            "empty-list",
            "You return no tool here. `feast` is installed, and what was found of `feature_store` "
            "is an empty list, that is, nothing: `feast` was bought and isn't used.",
        )
    if first != ["feast"]:
        return wrong("other-tools", f"Only `feast` leaves no trace here, and you return {first}.")
    if "mlflow" in _bought(answer, ["mlflow"], EVIDENCE):
        return wrong(
            "needs-every-use",
            "`mlflow` is used: there is evidence of `tracking`. Without a registry it is used for "
            "less than it could be, and it isn't bought for nothing.",
        )
    if "mlflow" in _bought(answer, ["mlflow"], {"tracking": [], "registry": ["release.py:3"]}):
        return wrong(
            "first-use-only",
            "`mlflow` is used: nothing was found of `tracking`, and `registry` has a place. Any "
            "kind of the list will do, not only the first.",
        )
    lacking = _bought(answer, ["evidently"], EVIDENCE)
    if lacking != ["evidently"]:
        return wrong(
            "no-key",
            "The evidence has no key `drift_watch` at all, and that too means that nothing was "
            "found of `evidently`.",
        )
    pinned = _bought(answer, ["feast==0.67.0", "pandera>=0.24", "evidently ~= 0.7"], EVIDENCE)
    if pinned != ["evidently", "feast", "pandera"]:
        return wrong(
            "version-in-name",
            f"For `feast==0.67.0`, `pandera>=0.24` and `evidently ~= 0.7` you return {pinned}. "
            "The version isn't part of the name.",
        )
    if _bought(answer, ["feast[redis]>=0.60"], EVIDENCE) != ["feast"]:
        return wrong("extras-in-name", "`feast[redis]` is `feast` with an extra.")
    if _bought(answer, ["Prometheus_Client"], EVIDENCE) != ["prometheus-client"]:
        return wrong(
            "spelling",
            "`Prometheus_Client` is `prometheus-client`: packages are named without regard to "
            "capitals, and `_` and `-` are the same.",
        )
    for line in OTHER_SIGNS:
        found = _bought(answer, [line], EVIDENCE)
        if found != ["feast"]:
            return wrong(
                "other-signs",
                f"The line {line!r} installs `feast`, and you return {found}. A name ends at the "
                "first character that no name has.",
            )
    if _bought(answer, ["feast", "feast[redis]"], EVIDENCE) != ["feast"]:
        return wrong("twice", "`feast` stands on two lines here, and is one tool: name it once.")
    if _bought(answer, ["# feast==0.67.0", "", "numpy==2.4.6", "mlflow-skinny"], EVIDENCE):
        return wrong(
            "not-installed",
            "A commented line installs nothing, and neither `numpy` nor `mlflow-skinny` is among "
            "the `tools`.",
        )
    if _bought(answer, ["mlflow-skinny"], {}):
        return wrong(
            "longer-name",
            "`mlflow-skinny` is a package of its own: its name begins with `mlflow` and goes on.",
        )
    if answer.mutates(["feast", "mlflow", "evidently>=0.7", "numpy"], TOOLS, EVIDENCE):
        return wrong(
            "changes-its-input",
            "The tools are right, and your function has changed what it was given: `lines`, "
            "`tools` or `evidence`. Collect the tools in a list of your own.",
        )
    return None


def _bought(answer: Answer, lines: list[str], evidence: dict[str, list[str]]) -> list[str]:
    return sorted(answer.call(lines, TOOLS, evidence, returns=names))


# --- 14.4 A rule that isn't fooled ---------------------------------------------------------------

#: Gets an entry from a file that is run instead of read.
RAN: list[str] = []
RUNS = f"import {__name__} as checks\n\nchecks.RAN.append('ran')\n"
WORKS = "def rollback(registry):\n    registry.move('champion', registry.previous())\n"


def check_rollback_evidence(answer: Answer) -> Verdict | None:
    """Try real functions first, then every decoy by itself."""
    found = _places(answer, {"ops/undo.py": f"import os\n\n\n{WORKS}"})
    if found == [("ops/undo.py", 1)]:
        return wrong("other-line", "The function begins on line 4 of its file, and you say 1.")
    if found != [("ops/undo.py", 4)]:
        explained = WORKS.replace(":\n", ':\n    """Go back."""\n', 1)
        if found == [] and _places(answer, {"ops/undo.py": explained}):
            return wrong(
                "one-statement",
                "The body of `rollback` on line 4 of `ops/undo.py` is one statement, without a "
                "docstring before it. One that does something is enough: look at each statement "
                "of the body, from the first.",
            )
        return wrong(
            "misses-function",
            f"In `ops/undo.py` a function `rollback` begins on line 4; you return {found}.",
        )
    RAN.clear()
    _places(answer, {"a.py": RUNS, "b.py": WORKS})
    if RAN:
        return wrong(
            "runs-code",
            "Your function ran a file that it was given to read: what stood at its top happened. "
            "Another's code may do anything. `ast.parse` looks and runs nothing.",
        )
    for lead, path, text, lines in FINDS:
        if _places(answer, {path: text}) != [(path, line) for line in lines]:
            return wrong(*lead)
    for path, text, lead in DECOYS:
        if _places(answer, {path: text}):
            return wrong(*lead)
    broken = {"a.py": "def rollback(:\n", "b.py": WORKS}
    if _places(answer, broken) != [("b.py", 1)]:
        return wrong(
            "gives-up",
            "`a.py` can't be parsed, so it shows nothing; `b.py` beside it still does.",
        )
    method = "class Registry:\n    def rollback(self):\n        self.undo()\n"
    two = method + "\n" * 6 + WORKS
    found = _places(answer, {"z.py": WORKS, "a.py": two}, in_order=True)
    if found != [("a.py", 2), ("a.py", 10), ("z.py", 1)]:
        return wrong(
            "order",
            "Sort by path, and by line as a number within a path, so that a report is the same "
            f"every time: lines 2 and 10 of `a.py` and then line 1 of `z.py`. You return {found}.",
        )
    return None


FINDS: tuple[tuple[tuple[str, str], str, str, tuple[int, ...]], ...] = (
    (
        (
            "other-names",
            "`roll_back_model` is a way back too: look for `rollback` or `roll_back` anywhere in "
            "the name.",
        ),
        "undo.py",
        "def roll_back_model(registry):\n    registry.undo()\n",
        (1,),
    ),
    (
        (
            "begins-with-rollback",
            "`do_rollback` holds `rollback`, though it doesn't begin with it: anywhere in the name "
            "is enough.",
        ),
        "undo.py",
        "def do_rollback(registry):\n    registry.undo()\n",
        (1,),
    ),
    (
        ("capitals", "`RollBack` is `rollback`, in small letters or capitals."),
        "undo.py",
        "def modelRollBack(registry):\n    registry.undo()\n",
        (1,),
    ),
    (
        ("async-functions", "An `async def` is a function too."),
        "undo.py",
        "async def rollback(registry):\n    await registry.undo()\n",
        (1,),
    ),
    (
        ("methods", "A method in a class is a function too: `Registry.rollback`, on line 2."),
        "undo.py",
        "class Registry:\n    def rollback(self):\n        self.undo()\n",
        (2,),
    ),
    (
        (
            "only-first",
            "Three functions stand in this file. The ones on lines 5 and 9 are ways back, and both "
            "are places.",
        ),
        "undo.py",
        "def deploy(r):\n    r.move()\n\n\ndef rollback(r):\n    r.undo()\n\n\n"
        "def rollback_all(r):\n    r.undo_all()\n",
        (5, 9),
    ),
    (
        (
            "nested",
            "A function may stand within another, and within a class in it: here the ways back "
            "begin on lines 2 and 6. Whatever its depth, it is in the tree.",
        ),
        "undo.py",
        "def build(r):\n    def rollback():\n        r.undo()\n\n    class Way:\n"
        "        def rollback(self):\n            r.undo()\n\n    return rollback, Way\n",
        (2, 6),
    ),
    (
        (
            "refuses-after-checking",
            "This function raises if there is nothing to go back to, and otherwise goes back. Only "
            "a body without any statement that does something is empty.",
        ),
        "undo.py",
        'def rollback(r):\n    """Go back."""\n    if not r.history:\n        raise ValueError\n'
        "    r.undo()\n",
        (1,),
    ),
    (
        (
            "last-statement",
            "This function restores and then ends the program. One statement that does something "
            "is enough, wherever it stands in the body.",
        ),
        "undo.py",
        "def rollback(r):\n    r.restore()\n    raise SystemExit\n",
        (1,),
    ),
    (
        (
            "decorator-line",
            "A decorator stands on line 1 here and `def` on line 2. The place is the line of "
            "`def`, which is the node's `lineno`.",
        ),
        "undo.py",
        "@retry(3)\ndef rollback(r):\n    r.undo()\n",
        (2,),
    ),
    (
        (
            "nested-in-match",
            "`rollback` on line 1 holds a second way back, `rollback_one` on line 2. A function "
            "that counts may have another inside that counts as well.",
        ),
        "undo.py",
        "def rollback(r):\n    def rollback_one():\n        r.undo()\n\n    rollback_one()\n",
        (1, 2),
    ),
    (
        (
            "under-a-condition",
            "A function may stand under `try` or `if`: here the ways back begin on lines 4 and 8. "
            "`ast.walk` visits them, too.",
        ),
        "undo.py",
        "try:\n    import registry\nexcept ImportError:\n    def rollback(r):\n        r.undo()\n\n"
        "if ONE:\n    def rollback_one(r):\n        r.undo()\n",
        (4, 8),
    ),
    (
        (
            "begins-with-test",
            "`testing.py` begins with `test` and not with `test_`: it is no file of tests.",
        ),
        "ops/testing.py",
        WORKS,
        (1,),
    ),
    (
        (
            "own-name",
            "`latest_rollback.py` holds `test_` in its name and doesn't begin with it: it is no "
            "file of tests.",
        ),
        "ops/latest_rollback.py",
        WORKS,
        (1,),
    ),
    (
        (
            "folder-of-tests",
            "`tests/undo.py` and `test_bench/undo.py` stand in folders named for tests. The file's "
            "own name decides, and `undo.py` doesn't begin with `test_`.",
        ),
        "tests/undo.py",
        WORKS,
        (1,),
    ),
    (
        (
            "folder-of-tests",
            "`tests/undo.py` and `test_bench/undo.py` stand in folders named for tests. The file's "
            "own name decides, and `undo.py` doesn't begin with `test_`.",
        ),
        "test_bench/undo.py",
        WORKS,
        (1,),
    ),
)
DECOYS = (
    (
        "README.md",
        WORKS,
        ("prose", "`README.md` isn't code that runs: only files that end in `.py` count."),
    ),
    (
        "undo.py.bak",
        WORKS,
        ("py-in-path", "`undo.py.bak` has `.py` in its name and doesn't end in it: an old copy."),
    ),
    (
        "ops/copy",
        WORKS,
        ("py-without-dot", "`ops/copy` ends in `py` and not in `.py`: it isn't a file of Python."),
    ),
    (
        "a.py",
        "def enroll(client):\n    client.add()\n\n\ndef payroll(team):\n    team.pay()\n",
        (
            "roll-alone",
            "`enroll` and `payroll` hold `roll` and take nothing back. Look for `rollback` or "
            "`roll_back`.",
        ),
    ),
    (
        "a.py",
        "# def rollback(registry):\n#     registry.undo()\n",
        ("comment", "A function that is commented out takes nothing back. Parse, don't search."),
    ),
    (
        "a.py",
        f'"""How it would look:\n\n{WORKS}"""\n',
        (
            "docstring",
            "The function stands in a docstring, as an example. For Python it is a text.",
        ),
    ),
    (
        "a.py",
        "def rollback(registry):\n    pass\n",
        ("empty-body", "`pass` takes nothing back. A name is a plan; the body is the evidence."),
    ),
    (
        "a.py",
        'def rollback(registry):\n    """Go back to the version before."""\n',
        ("only-docstring", "A docstring says what a function would do. This one does nothing."),
    ),
    (
        "a.py",
        'def rollback(registry):\n    """Go back."""\n    raise NotImplementedError\n',
        (
            "not-implemented",
            "`raise NotImplementedError` is what the team of the opening had: it says that there "
            "is no way back.",
        ),
    ),
    (
        "a.py",
        "def rollback(registry):\n    ...\n",
        ("ellipsis", "`...` as a body does nothing, like `pass`."),
    ),
    (
        "a.py",
        'def rollback(registry):\n    """Go back."""\n    return None\n',
        (
            "returns-a-constant",
            "All that this function does is to return `None`, whatever it is asked to take back.",
        ),
    ),
    (
        "a.py",
        "def rollback(registry):\n    return True\n",
        (
            "returns-a-constant",
            "All that this function does is to return `True`, whatever it is asked to take back.",
        ),
    ),
    (
        "a.py",
        "def deploy(client):\n    client.rollback()\n",
        ("call", "This is a call of something named rollback, and no function that does it."),
    ),
    (
        "a.py",
        "class Rollback:\n    version = 3\n",
        ("class", "This is a class named Rollback without any function."),
    ),
    (
        "tests/test_undo.py",
        "def test_rollback():\n    assert undo() == 1\n",
        (
            "test-file",
            "A test named `test_rollback` is evidence of a test. Leave out files whose own name "
            "begins with `test_`.",
        ),
    ),
)


def _places(
    answer: Answer, files: dict[str, str], in_order: bool = False
) -> list[tuple[str, float]]:
    found = answer.call(files, returns=_pairs)
    return found if in_order else sorted(found)


def _pairs(value: Any) -> list[tuple[str, float]]:
    if isinstance(value, list | tuple | set):
        if any(item is ... for item in value):
            raise Mismatch("a list of pairs of path and line")
        if one := [item for item in value if isinstance(item, str)]:
            raise Stop(
                wrong(
                    "wrong-type",
                    f"Your list holds texts, such as {one[0]!r}. Asked for are pairs of path and "
                    'line, such as `("a.py", 4)`, one for each function.',
                )
            )
    try:
        return [(str(path), _whole(number(line))) for path, line in value]
    except (TypeError, ValueError, Mismatch):
        raise Mismatch('a list of pairs of path and line, such as `[("a.py", 4)]`') from None


def _whole(line: float) -> float:
    return int(line) if line == int(line) else line


# --- 14.5 The steps with the best return ----------------------------------------------------------


def check_best_steps(answer: Answer) -> Verdict | None:
    """Try a cheap step that moves nothing, shared steps, up to four models, one at its top."""
    missing = {"A": ["schedule"], "B": ["tests", "ci"], "C": ["canary", "gate"]}
    days = {"schedule": 2, "tests": 5, "ci": 0.5, "canary": 10, "gate": 3}
    found = _steps(answer, missing, days)
    if found == ["ci"]:
        return wrong(
            "cheapest-step",
            "`ci` is the least work, and alone it moves no model: B also lacks `tests`. A step "
            "that moves no level has no return yet.",
        )
    if found != ["schedule"]:
        return wrong(
            "other-steps",
            f"`schedule` alone moves A in 2 days: half a level a day. You return {found}.",
        )
    missing = {"A": ["schedule"], "B": ["schedule", "ci"], "C": ["tests"]}
    days = {"schedule": 3, "ci": 1, "tests": 2.5}
    found = _steps(answer, missing, days)
    if found == ["tests"] or found == ["schedule"]:
        return wrong(
            "one-model-at-a-time",
            "`schedule` and `ci` take 4 days together and complete A **and** B: half a level a "
            f"day. {found} moves one model, and less a day.",
        )
    if found != ["ci", "schedule"]:
        return wrong("other-steps", f"Not {found}: `ci` and `schedule` move two models in 4 days.")
    missing = {"A": ["gate", "ci"], "B": ["gate", "tests"], "C": ["canary"]}
    days = {"gate": 10, "ci": 1, "tests": 1, "canary": 8}
    found = _steps(answer, missing, days)
    if found == ["canary"]:
        return wrong(
            "no-unions",
            "The lists of A and B share `gate`. Together they take 12 days and move two models, "
            "which is more a day than `canary`. Try what several models lack together, too.",
        )
    if found != ["ci", "gate", "tests"]:
        return wrong(
            "counts-twice",
            "A step that two models lack is done once: A and B together take 12 days, not 22. "
            f"You return {found}.",
        )
    return _more_models(answer) or _models_at_their_top(answer)


def _more_models(answer: Answer) -> Verdict | None:
    """Let the best return be that of three models, and of four, which share one step."""
    own = {"A": "ci", "B": "tests", "C": "canary", "D": "alerts"}
    days = {"gate": 9.0} | dict.fromkeys(own.values(), 1.0)
    alone = {"D": ["store"]}
    for many in (3, 4):
        missing = {name: ["gate", own[name]] for name in "ABCD"[:many]} | alone
        best = sorted({step for name in "ABCD"[:many] for step in missing[name]})
        found = _steps(answer, missing, days | {"store": 8.0})
        if found != best:
            return wrong(
                "too-few-models",
                f"{many} of these models lack `gate` and one day's work each. All {many} together "
                f"take {9 + many} days, which is the most levels a day; you return {found}.",
            )
        alone = {}
    return None


def _models_at_their_top(answer: Answer) -> Verdict | None:
    missing = {"A": [], "B": ["ci"], "C": ["gate"], "D": ["gate"]}
    found = _steps(answer, missing, {"ci": 3.5, "gate": 6})
    if found != ["gate"]:
        return wrong(
            "complete-model",
            "A lacks nothing: it is at its top, and no step moves it. `gate` moves C and D in 6 "
            f"days, a third of a level a day, and `ci` moves only B in 3.5; you return {found}.",
        )
    if _steps(answer, {"A": []}, {"ci": 4}) != []:
        return wrong("nothing-left", "Where no model lacks anything, there is no step: `[]`.")
    return None


def _steps(answer: Answer, missing: dict[str, list[str]], days: dict[str, float]) -> list[str]:
    return sorted(answer.call(missing, days, returns=names))


EXERCISES = (
    Exercise(
        "14.1",
        "Score a team by each model",
        check_levels_of_catering,
        hints=(
            "Take one model at a time, and its levels from the lowest up. Ask of each demand which "
            "sentence about the team answers it.",
            "The team has no tests. In which columns of the table do tests stand, and how low?",
            "Yesterday's model is gone when today's is written. Which phase rules that out?",
        ),
        why="Google asks for tests only at level 2, so a pipeline that trains, validates and "
        "delivers by itself is at level 1. Microsoft begins with DevOps: without tests it is level "
        "0, whatever comes after. AWS's Repeatable keeps its models in a registry, and here they "
        "are overwritten, so the phase is Initial, 1. The ML Test Score is the lowest section, "
        "0.5. One team, four answers: a level means nothing without its model and year.",
    ),
    Exercise(
        "14.2",
        "Apply the minimum rule",
        check_level_of,
        hints=(
            "Which items matter, and which of these does the team not hold?",
            "Of the items that are missing, one decides. What does it say about the level that the "
            "team has?",
            "Which level does a team have if the lowest thing that it lacks belongs to level 3, "
            "and no item belongs to level 2?",
        ),
        why="The lowest missing demand decides: the team is one level below it. Looking at what is "
        "missing handles a gap, a level without demands and an optional item alike, and no "
        "strength above makes up for it.",
    ),
    Exercise(
        "14.3",
        "Bought, not used",
        check_bought_only,
        hints=(
            "Two lookups for each tool: is it among the packages, and what was found of it?",
            "What does `evidence` say of a kind if nothing was found? There are two ways.",
            "A tool with several uses is in use if there is evidence of one of them.",
        ),
        why="What is listed and what is used are two things, and the difference is what was "
        "bought. A tool counts as used with one kind of evidence; a key that is missing and an "
        "empty list both say that nothing was found.",
    ),
    Exercise(
        "14.4",
        "A rule that isn't fooled",
        check_rollback_evidence,
        hints=(
            "Go through the files one by one: is it code at all, can it be parsed, and what in it "
            "is a function?",
            "`ast.walk` visits methods and inner functions too, so one loop over it is enough. One "
            "file that can't be parsed mustn't end the loop over the others.",
            "A body does something if one of its statements does. A function that checks first and "
            "may raise still goes back.",
        ),
        why="Parsed code has functions and bodies; a text search has words. The rule asks for a "
        "body that does something, because that is what a plan, a comment and a promise lack. It "
        "can still be wrong: only a person, or a test that CI runs, can say that the way back "
        "works.",
    ),
    Exercise(
        "14.5",
        "The steps with the best return",
        check_best_steps,
        hints=(
            "Which sets of steps are worth trying? A set that completes no model returns nothing.",
            "Besides what one model lacks, try what two or more lack together "
            "(`itertools.combinations`), and let `moved_per_day` compare.",
            "Three or four models may share a step as well as two. And what can't move is never a "
            "reason for a step.",
        ),
        why="A level moves when the last of its missing steps is done, so what has a return is a "
        "set of steps. Sets that several models need together can beat each of them alone, because "
        "what they share is paid once. With four models there are fifteen sets: try them all.",
    ),
)
