"""Four published maturity models as data: what they ask, in their words, with their sources.

One YAML file a model. An item either names the evidence by which a repository shows it (`shows`,
keys of :data:`workbook.audit.rules.RULES`) or the question to ask a team (`ask`), because no
repository can show it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

__all__ = [
    "MODELS",
    "Item",
    "Level",
    "Model",
    "Words",
    "band",
    "lowest",
    "model",
    "models",
    "words",
]

#: The models, in the order in which pages show them.
MODELS = ("google", "microsoft", "aws", "ml_test_score")
FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Level:
    """One level: its number and its name in the source."""

    number: int
    name: str


@dataclass(frozen=True)
class Item:
    """One thing that a model asks for.

    Attributes
    ----------
    key, area
        Its name here, and the part of the model that it belongs to.
    says
        The source's words.
    level
        The level that asks for it first; 0 in the ML Test Score, which has no levels.
    shows
        The evidence that has to be found, all of it; empty if a repository can't show the item.
    ask
        What to ask the team where a repository can't show the item.
    optional
        Whether the source calls it optional: it is reported and moves no level.
    """

    key: str
    area: str
    says: str
    level: int = 0
    shows: tuple[str, ...] = ()
    ask: str = ""
    optional: bool = False


@dataclass(frozen=True)
class Model:
    """A maturity model: `scale` is "levels", or "score" for the sum of points per section."""

    key: str
    name: str
    publisher: str
    title: str
    edition: str
    year: int
    url: str
    scale: Literal["levels", "score"]
    misread: str
    levels: tuple[Level, ...]
    items: tuple[Item, ...] = field(repr=False)

    @property
    def areas(self) -> tuple[str, ...]:
        """The parts of the model, in the order of its items."""
        return tuple(dict.fromkeys(item.area for item in self.items))

    @property
    def top(self) -> int:
        """The highest level, or the most points of a section."""
        return self.levels[-1].number

    def name_of(self, value: float) -> str:
        """Return the name of a level, or what a score means."""
        if self.scale == "score":
            return band(value)
        return next(level.name for level in self.levels if level.number == value)


@dataclass(frozen=True)
class Words:
    """A word for an immature team, the word it wants to earn, and the evidence between them."""

    before: str
    after: str
    means: str
    shows: tuple[str, ...]
    ask: str


@cache
def model(key: str) -> Model:
    """Read one model.

    Parameters
    ----------
    key : str
        One of `MODELS`.

    Raises
    ------
    LookupError
        If there is no such model.
    """
    if key not in MODELS:
        raise LookupError(f"There is no maturity model {key!r}; there are {', '.join(MODELS)}.")
    read = _read(f"{key}.yaml")
    levels = tuple(Level(**level) for level in read.pop("levels"))
    items = tuple(
        Item(**{**item, "shows": tuple(item.get("shows", ()))}) for item in read.pop("items")
    )
    return Model(**read, levels=levels, items=items)


def models() -> tuple[Model, ...]:
    """Read all four models."""
    return tuple(model(key) for key in MODELS)


@cache
def words() -> tuple[Words, ...]:
    """Read the course's three pairs of words."""
    return tuple(
        Words(w["from"], w["to"], w["means"], tuple(w["shows"]), w["ask"])
        for w in _read("words.yaml")
    )


def lowest(areas: dict[str, float]) -> float:
    """Apply the minimum rule: a team is as mature as its least mature part.

    Parameters
    ----------
    areas : dict of str to float
        The level or the points of each part.

    Raises
    ------
    ValueError
        If there is no part.
    """
    if not areas:
        raise ValueError("The minimum rule needs the level of one part or more.")
    return min(areas.values())


def band(score: float) -> str:
    """Say what an ML Test Score means, by the ranges of the paper (2017)."""
    test_score = model("ml_test_score")
    return next(level.name for level in test_score.levels if score <= level.number)


def _read(name: str) -> Any:
    import yaml

    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
