"""The explorers of the course, one module a chapter."""

import pkgutil
from importlib import import_module

from workbook.explorer import Explorer

__all__ = ["all_explorers", "find"]


def all_explorers() -> tuple[Explorer, ...]:
    """Return the explorers of all chapters, in the order of the course."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = (import_module(f"{__name__}.{name}") for name in names if name.startswith("ch"))
    return tuple(explorer for module in modules for explorer in module.EXPLORERS)


def find(explorer: str) -> Explorer:
    """Return the explorer with this id, importing only its chapter.

    Raises
    ------
    LookupError
        If no chapter declares it.
    """
    chapter, _, _ = explorer.partition(".")
    declared: tuple[Explorer, ...] = ()
    if chapter.isdigit() and f"ch{chapter:0>2}" in {m.name for m in pkgutil.iter_modules(__path__)}:
        declared = import_module(f"{__name__}.ch{chapter:0>2}").EXPLORERS
    for candidate in declared:
        if candidate.id == explorer:
            return candidate
    known = ", ".join(e.id for e in all_explorers()) or "none yet"
    raise LookupError(f"There is no explorer {explorer!r}. The course has: {known}.")
