"""Chapter 04: break a step of the pipeline, and follow where it stops and what that costs."""

from flightline.ci import Status, dry_run
from workbook.explorer import Bar, Bars, Choice, Explorer, Step, Steps, StepState, View

MINUTES = {
    "lint": 1,
    "unit": 3,
    "contract": 2,
    "train": 40,
    "quality": 5,
    "package": 2,
    "release": 1,
}
#: Until a bad release is noticed; both ways of going back start then.
NOTICE = 60
UNDO = {"hand": 240, "pointer": 5}
LARGEST = NOTICE + UNDO["hand"]

#: For each place of the gates, what each step needs.
PLACES = {
    "early": {
        "lint": [],
        "unit": ["lint"],
        "contract": [],
        "train": ["unit", "contract"],
        "quality": ["train"],
        "package": ["quality"],
        "release": ["package"],
    },
    "late": {
        "train": [],
        "package": ["train"],
        "lint": ["package"],
        "unit": ["lint"],
        "contract": ["unit"],
        "quality": ["contract"],
        "release": ["quality"],
    },
    "beside": {
        "lint": [],
        "unit": [],
        "contract": [],
        "train": [],
        "quality": ["train"],
        "package": ["train"],
        "release": ["package"],
    },
}
#: For each fault, the step that fails on it.
FAULTS = {
    "none": None,
    "lint": "lint",
    "test": "unit",
    "flaky": "unit",
    "data": "contract",
    "model": "quality",
}
HARMLESS = ("none", "flaky")
STATES: dict[str, StepState] = {"passed": "passed", "failed": "stopped", "skipped": "skipped"}


def board(fault: str, place: str, undo: str) -> View:
    """Show what becomes of each step, and the minutes of the machine and of the users."""
    failing = FAULTS[fault]
    outcome = dry_run(PLACES[place], [failing] if failing else [])
    released = outcome["release"] == "passed"
    machine = sum(MINUTES[step] for step, status in outcome.items() if status != "skipped")
    users = NOTICE + UNDO[undo] if released and fault not in HARMLESS else 0
    boxes = tuple(
        Step(step, STATES[status], _detail(step, status)) for step, status in outcome.items()
    )
    bars = (
        Bar("Machine", machine, f"{machine} min"),
        Bar("Users with a bad release", users, f"{users} min", "bad" if users else "good"),
    )
    return View(
        headline=_headline(fault, failing, released, machine, users),
        parts=(Steps("The pipeline", boxes), Bars("What it cost", bars, LARGEST)),
        note="A stated model: each step takes the minutes in its box, one after another. A bad "
        f"release is noticed after {NOTICE} minutes; going back by hand takes {UNDO['hand']} "
        f"more, by pointer {UNDO['pointer']}.",
    )


def _detail(step: str, status: Status) -> str:
    minutes = 0 if status == "skipped" else MINUTES[step]
    return f"failed, {minutes} min" if status == "failed" else f"{minutes} min"


def _headline(fault: str, failing: str | None, released: bool, machine: int, users: int) -> str:
    if fault == "none":
        return f"A good change is released after {machine} minutes."
    if fault == "flaky":
        what = "is released all the same" if released else "is stopped for nothing"
        return f"{failing} fails by chance: a good change {what}, after {machine} minutes."
    if released:
        return f"{failing} fails and stops nothing: users have a bad release for {users} minutes."
    return f"Stopped by {failing} after {machine} minutes of machine time; no user saw it."


EXPLORERS = (
    Explorer(
        id="4.board",
        title="Break a step of the pipeline",
        question="Where does a fault stop, and what has it cost until then?",
        parameters=(
            Choice(
                "fault",
                "What is wrong with the change",
                (
                    ("model", "The model is worse than the champion"),
                    ("test", "A test fails"),
                    ("data", "The data break their promise"),
                    ("lint", "An undefined name that lint sees"),
                    ("flaky", "Nothing, and a flaky test fails"),
                    ("none", "Nothing"),
                ),
            ),
            Choice(
                "place",
                "Where the gates stand",
                (
                    ("early", "Each before what it protects, the cheap ones first"),
                    ("late", "All of them at the end, before the release"),
                    ("beside", "Beside the way: they run, and nothing needs them"),
                ),
            ),
            Choice(
                "undo",
                "How a release is undone",
                (("hand", "By hand"), ("pointer", "By moving the pointer")),
            ),
        ),
        function=board,
        key_states=(
            {"fault": "model", "place": "early", "undo": "hand"},
            {"fault": "model", "place": "beside", "undo": "hand"},
            {"fault": "model", "place": "beside", "undo": "pointer"},
            {"fault": "test", "place": "late", "undo": "pointer"},
            {"fault": "flaky", "place": "early", "undo": "pointer"},
        ),
    ),
)
