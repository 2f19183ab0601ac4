"""Chapter 14: where a team stands by its own account, in four models, and what comes next."""

from functools import cache

from workbook.audit.levels import judge
from workbook.audit.rules import EFFORTS, RULES, Evidence
from workbook.explorer import Axis, Choice, Explorer, Radar, Table, View
from workbook.maturity import models

WAYS = ((0, "not at all"), (1, "by hand"), (2, "by itself"))
#: For each part: its label, what a team has that does it by hand, and what more if it runs by
#: itself.
PARTS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "code": (
        "Tests and builds",
        ("tests", "lock", "model_tests"),
        ("ci_tests", "integration_test", "deploy", "reproducible_test"),
    ),
    "data": (
        "Data",
        ("data_contract", "data_versions"),
        ("pipeline", "drift_watch"),
    ),
    "features": (
        "Features",
        ("feature_tests", "ablation"),
        ("parity_test", "feature_store"),
    ),
    "models": (
        "Models",
        ("training", "training_code", "tracking", "baseline", "tuning"),
        ("registry", "model_gate", "slices", "inclusion"),
    ),
    "release": (
        "Release",
        ("serving", "rollback"),
        ("serving_tested", "model_release", "canary", "service_metrics", "performance_test"),
    ),
    "watch": (
        "Monitoring",
        ("performance_watch", "model_age"),
        ("scheduled_training", "retraining_trigger", "alerts", "numeric_test"),
    ),
}
STEPS = 4


@cache
def stand(state: tuple[int, ...]) -> tuple[tuple[str, float, str], ...]:
    """Return the name, level and its meaning in each model, for how each part is done."""
    evidence = _evidence(state)
    results = (judge(model, evidence) for model in models())
    return tuple((r.model.name, r.value, r.name) for r in results)


def _evidence(state: tuple[int, ...]) -> dict[str, tuple[Evidence, ...]]:
    held: dict[str, tuple[Evidence, ...]] = {}
    for (_, by_hand, by_itself), way in zip(PARTS.values(), state, strict=True):
        place = (Evidence("the team says so", 1, "", repeated=way == 2),)
        held |= dict.fromkeys(by_hand if way else (), place)
        held |= dict.fromkeys(by_itself if way == 2 else (), place)
    return held


def steps(state: tuple[int, ...]) -> list[tuple[str, str, str]]:
    """Return what is missing for the next level of any model, the least work first."""
    evidence = _evidence(state)
    wanted: dict[str, list[str]] = {}
    for model in models():
        for step in judge(model, evidence).steps:
            wanted.setdefault(step.rule.key, []).append(model.name)
    order = sorted(wanted, key=lambda key: (EFFORTS.index(RULES[key].effort), -len(wanted[key])))
    return [(RULES[key].step, RULES[key].effort, ", ".join(wanted[key])) for key in order]


def assessment(code: int, data: int, features: int, models: int, release: int, watch: int) -> View:
    """Show the radar of the parts, the level in each model, and the next steps."""
    state = (code, data, features, models, release, watch)
    levels = stand(state)
    lowest = [label for (label, _, _), way in zip(PARTS.values(), state, strict=True)
              if way == min(state)]  # fmt: skip
    texts = dict(WAYS)
    return View(
        headline=", ".join(f"{name} {value:g}" for name, value, _ in levels) + ".",
        parts=(
            Radar(
                "How each part is done: 0 not at all, 1 by hand, 2 by itself",
                tuple(
                    Axis(label, way, texts[way])
                    for (label, _, _), way in zip(PARTS.values(), state, strict=True)
                ),
                largest=2,
            ),
            Table(
                "At most this level, by your own account",
                ("Model", "Level or score", "Meaning"),
                tuple((name, f"{value:g}", meaning) for name, value, meaning in levels),
            ),
            Table("Next steps", ("Do", "Effort", "For"), tuple(steps(state)[:STEPS])),
        ),
        note=_note(min(state), lowest),
    )


def _note(way: int, lowest: list[str]) -> str:
    if way == 2:
        return "No part is behind the others. Now look for the evidence."
    if len(lowest) == len(PARTS):
        return "No part is ahead of the others."
    return f"The lowest: {', '.join(lowest)}."


START = {"code": 2, "data": 1, "features": 1, "models": 1, "release": 1, "watch": 0}

EXPLORERS = (
    Explorer(
        id="14.assessment",
        title="Where does your team stand?",
        question="Which single part, done better, moves the most models?",
        parameters=tuple(Choice(key, label, WAYS) for key, (label, _, _) in PARTS.items()),
        function=assessment,
        key_states=(
            START,
            {**START, "data": 2},
            {"code": 2, "data": 2, "features": 2, "models": 2, "release": 2, "watch": 0},
            {"code": 0, "data": 2, "features": 2, "models": 2, "release": 2, "watch": 2},
            dict.fromkeys(PARTS, 2),
        ),
        save_as="maturity.md",
    ),
)
