"""Which of our own modules a piece of code imports, directly or through others.

Read from the text, without importing anything, so that it is fast and safe.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import cache
from pathlib import Path

OURS = ("flightline", "workbook")


def imported_modules(sources: Iterable[str]) -> list[str]:
    """Return the names of our modules that code imports; code that can't be parsed has none."""
    found: set[str] = set()
    for source in sources:
        try:
            tree = ast.parse(source)
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module)
                found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return sorted(name for name in found if name.split(".")[0] in OURS)


def closure(source: Path, modules: Iterable[str]) -> list[Path]:
    """Return the files of the modules and of all that they import, in order.

    Parameters
    ----------
    source
        The folder that holds the packages.
    modules
        Dotted names. What isn't a module (a function imported from one) is passed over.
    """
    waiting = list(modules)
    files: dict[str, Path] = {}
    while waiting:
        name = waiting.pop()
        path = _file(source, name)
        if name in files or path is None:
            continue
        files[name] = path
        waiting += _imports_of(path, path.stat().st_mtime_ns)
        if "." in name:
            waiting.append(name.rsplit(".", 1)[0])
    return [files[name] for name in sorted(files)]


def _file(source: Path, name: str) -> Path | None:
    stem = source.joinpath(*name.split("."))
    for path in (stem.with_suffix(".py"), stem / "__init__.py"):
        if path.is_file():
            return path
    return None


@cache
def _imports_of(path: Path, changed: int) -> tuple[str, ...]:
    return tuple(imported_modules([path.read_text(encoding="utf-8")]))
