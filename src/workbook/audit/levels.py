"""From evidence to items, from items to the level of each model, and to the next steps.

The minimum rule holds throughout: an item needs all of its evidence, a level all of its items,
and a team is as mature as its least mature part.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from workbook.audit.read import Limits, Tree, read_tree
from workbook.audit.rules import EFFORTS, RULES, Evidence, Repository, Rule, find
from workbook.maturity import Item, Model, lowest, models

__all__ = ["Audit", "ItemResult", "ModelResult", "Step", "audit", "audit_tree"]

Status = Literal["found", "missing", "unknowable"]

#: What buying a tool is for: the package, and the evidence of which one piece shows its use.
TOOLS = {
    "dvc": ("data_versions", "pipeline"),
    "evidently": ("drift_watch",),
    "fairlearn": ("inclusion",),
    "feast": ("feature_store",),
    "great-expectations": ("data_contract",),
    "locust": ("performance_test",),
    "mlflow": ("tracking", "registry"),
    "optuna": ("tuning",),
    "pandera": ("data_contract",),
    "prometheus-client": ("service_metrics",),
    "pytest": ("tests",),
    "wandb": ("tracking",),
}


@dataclass(frozen=True)
class ItemResult:
    """An item of a model: found, missing, or unknowable from a repository.

    `points` are of the ML Test Score: 1 if automation repeats it, 0.5 if somebody can do it by
    hand, 0 otherwise.
    """

    item: Item
    status: Status
    evidence: tuple[Evidence, ...] = ()
    missing: tuple[str, ...] = ()
    points: float = 0.0


@dataclass(frozen=True)
class Step:
    """Something to do next, and the names of the models that it brings nearer to their next level.

    `alone` names those that it moves by itself.
    """

    rule: Rule
    models: tuple[str, ...]
    alone: tuple[str, ...] = ()


@dataclass(frozen=True)
class ModelResult:
    """Where a repository stands in one model, as far as it can show it.

    Attributes
    ----------
    value
        The level, or the points of the lowest section.
    areas
        The same for each part; None where a repository can't show any of it.
    asks
        What has to be asked before anybody claims the level.
    steps
        What is missing for the next level, the least work first.
    """

    model: Model
    value: float
    areas: dict[str, float | None]
    items: tuple[ItemResult, ...]
    asks: tuple[Item, ...]
    steps: tuple[Step, ...]

    @property
    def name(self) -> str:
        """The name of the level, or what the score means."""
        return self.model.name_of(self.value)


@dataclass(frozen=True)
class Audit:
    """Everything that the files of a repository show.

    `unused` names packages that are installed and whose use leaves no trace.
    """

    name: str
    read: int
    seen: int
    notes: tuple[str, ...]
    evidence: dict[str, tuple[Evidence, ...]]
    models: tuple[ModelResult, ...]
    steps: tuple[Step, ...]
    unused: tuple[str, ...]

    def of(self, key: str) -> ModelResult:
        """Return the result of one model.

        Raises
        ------
        LookupError
            If there is no such model.
        """
        for result in self.models:
            if result.model.key == key:
                return result
        raise LookupError(f"The audit knows no model {key!r}.")


def audit(path: str, limits: Limits | None = None) -> Audit:
    """Audit a folder; nothing in it is run.

    Parameters
    ----------
    path : str
        The folder.
    limits : Limits, optional
        How much to read at most.

    Raises
    ------
    workbook.audit.read.AuditError
        If it isn't a folder that can be read.
    """
    return audit_tree(read_tree(path, limits))


def audit_tree(tree: Tree) -> Audit:
    """Audit what was read."""
    repository = Repository(tree)
    evidence = find(repository)
    results = tuple(judge(model, evidence) for model in models())
    return Audit(
        name=tree.name,
        read=len(tree.files),
        seen=tree.seen,
        notes=tree.notes,
        evidence=evidence,
        models=results,
        steps=_together(results),
        unused=tuple(_unused(tree, evidence)),
    )


def judge(model: Model, evidence: dict[str, tuple[Evidence, ...]]) -> ModelResult:
    """Apply a model to the evidence: the level of each part, and the lowest of them."""
    items = tuple(_item(item, evidence) for item in model.items)
    if model.scale == "score":
        areas: dict[str, float | None] = {
            area: sum(r.points for r in items if r.item.area == area) for area in model.areas
        }
    else:
        areas = {area: _level(area, items, model.top) for area in model.areas}
    value = lowest({area: level for area, level in areas.items() if level is not None})
    asks = tuple(
        result.item
        for result in items
        if result.status == "unknowable" and (model.scale == "score" or result.item.level <= value)
    )
    return ModelResult(model, value, areas, items, asks, _steps(model, value, areas, items))


def _item(item: Item, evidence: dict[str, tuple[Evidence, ...]]) -> ItemResult:
    if not item.shows:
        return ItemResult(item, "unknowable")
    missing = tuple(rule for rule in item.shows if not evidence.get(rule))
    found = tuple(_best(evidence[rule]) for rule in item.shows if evidence.get(rule))
    if missing:
        return ItemResult(item, "missing", found, missing)
    points = 1.0 if found[-1].repeated else 0.5
    return ItemResult(item, "found", found, (), points)


def _best(found: tuple[Evidence, ...]) -> Evidence:
    """Prefer evidence that automation repeats, then code before notebooks, then the first."""
    return min(found, key=lambda e: (not e.repeated, e.unit == "cell"))


def _level(area: str, items: Iterable[ItemResult], top: int) -> float | None:
    knowable = [
        r for r in items
        if r.item.area == area and r.status != "unknowable" and not r.item.optional
    ]  # fmt: skip
    if not knowable:
        return None
    missing = [r.item.level for r in knowable if r.status == "missing"]
    return float(min(missing) - 1 if missing else top)


def _steps(
    model: Model,
    value: float,
    areas: dict[str, float | None],
    items: tuple[ItemResult, ...],
) -> tuple[Step, ...]:
    """Return what is missing for the next level, or in the lowest sections."""
    if model.scale == "score":
        low = {area for area, points in areas.items() if points == value}
        wanted = [r for r in items if r.item.area in low]
    else:
        wanted = [r for r in items if r.item.level == value + 1 and not r.item.optional]
    keys = list(dict.fromkeys(rule for result in wanted for rule in result.missing))
    if model.scale == "score":
        alone = {
            r.missing[0] for r in wanted if len(r.missing) == 1 and len(low) == 1
        }  # fmt: skip
    else:
        alone = set(keys) if len(keys) == 1 else set()
    steps = [Step(RULES[k], (model.name,), (model.name,) if k in alone else ()) for k in keys]
    return tuple(sorted(steps, key=_order))


def _order(step: Step) -> tuple[int, int, int, int]:
    return (
        EFFORTS.index(step.rule.effort),
        -len(step.alone),
        -len(step.models),
        list(RULES).index(step.rule.key),
    )


def _together(results: Iterable[ModelResult]) -> tuple[Step, ...]:
    """Merge the steps of all models: the least work first, then what moves most."""
    helped: dict[str, list[str]] = {}
    alone: dict[str, list[str]] = {}
    for result in results:
        for step in result.steps:
            helped.setdefault(step.rule.key, []).extend(step.models)
            alone.setdefault(step.rule.key, []).extend(step.alone)
    steps = [Step(RULES[key], tuple(names), tuple(alone[key])) for key, names in helped.items()]
    return tuple(sorted(steps, key=_order))


def _unused(tree: Tree, evidence: dict[str, tuple[Evidence, ...]]) -> Iterable[str]:
    named = _dependencies(tree)
    for tool, rules in TOOLS.items():
        if tool in named and not any(evidence[rule] for rule in rules):
            wanted = " or ".join(RULES[rule].title for rule in rules)
            yield f"{tool} ({named[tool]}) without {wanted}"


def _dependencies(tree: Tree) -> dict[str, str]:
    """Return the packages that a repository asks for, and where; a lock is no wish."""
    found: dict[str, str] = {}
    for file in tree.named("pyproject.toml"):
        try:
            project = tomllib.loads(file.text).get("project", {})
            listed = [str(text) for text in project.get("dependencies", [])]
        except (ValueError, AttributeError, TypeError, RecursionError):
            continue
        for text in listed:
            found.setdefault(_package(text), file.path)
    if not found:
        for file in tree.named("requirements*.txt", "requirements*.in"):
            for number, line in enumerate(file.lines, start=1):
                if line[:1].isalpha():
                    found.setdefault(_package(line), f"{file.path}:{number}")
    return found


def _package(text: str) -> str:
    match = re.match(r"[A-Za-z0-9._-]+", text.strip())
    return re.sub(r"[._]", "-", match[0].lower()) if match else ""
